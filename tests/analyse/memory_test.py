#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
The bound on sstpdump's memory that its man page tells, against captures that are made to exceed it: connections
without end, gaps that nobody fills, records and heads that go on for ever, fragments without their rest, many
calls one after the other and at once. Every capture holds much more than the bound. Prints TAP.

    memory_test.py SSTPDUMP
"""

import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SSTPDUMP = os.path.abspath(sys.argv[1])
BOUND = 100  # MB, as in the man page
SYN, FIN, ACK, PSH = 2, 1, 16, 8
HEAD = b"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\nHost: vpn\r\n"
NOISE = bytes(range(256)) * 6


class Writer:
    """A pcap file of IPv4 packets."""

    def __init__(self, file):
        self.file, self.now = file, 0
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))

    def packet(self, data):
        self.now += 1
        self.file.write(struct.pack("<IIII", self.now // 100000, self.now % 100000 * 10, len(data), len(data)) + data)

    def ip(self, source, target, protocol, payload, number=0, offset=0):
        self.packet(struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), number, offset, 64, protocol, 0, source,
                                target) + payload)

    def tcp(self, client, up, sequence, payload, flags=ACK | PSH):
        """A segment of the connection of that number, from its client or to it."""
        ends = 0x0a000000 + client // 50000, 0xc0000201
        ports = 1024 + client % 50000, 443
        self.ip(*(ends if up else ends[::-1]), 6,
                struct.pack(">HHIIBBHHH", *(ports if up else ports[::-1]), sequence, 1, 0x50, flags, 65535, 0, 0) +
                payload)

    def open(self, client):
        self.tcp(client, True, 0, b"", SYN)
        self.tcp(client, False, 0, b"", SYN | ACK)


def messages():
    """(to the server?, bytes) of a whole call: the seed of the fuzz harness, which see."""
    with open(os.path.join(HERE, "..", "fuzz", "corpus", "calls", "good"), "rb") as file:
        data = file.read()[1:]
    while data:
        kind, size = data[0], data[1] << 8 | data[2]
        yield kind & 1 == 0, data[3:3 + size]
        data = data[3 + size:]


def many_connections(writer):
    for client in range(150000):
        writer.open(client)
        writer.tcp(client, True, 1, HEAD)


def gaps(writer):
    for client in range(2000):
        writer.open(client)
        writer.tcp(client, True, 1, HEAD)
    for i in range(100):
        for client in range(1000):
            writer.tcp(client, True, 3000 + i * 2000, NOISE)


def record_without_end(writer):
    for client in range(6000):
        writer.open(client)
        writer.tcp(client, True, 1, b"\x16\x03\x01\x40\x00\x01\x00\xff\xff" + NOISE)
    for i in range(10):
        for client in range(6000):
            writer.tcp(client, True, 10 + len(NOISE) * (i + 1), NOISE)


def head_without_end(writer):
    for client in range(50):
        writer.open(client)
        writer.tcp(client, True, 1, HEAD)
        for i in range(2000):
            writer.tcp(client, True, 1 + len(HEAD) + 1536 * i, b"X-Filler: " + b"x" * 1524 + b"\r\n")


def fragments(writer):
    for number in range(120000):
        writer.ip(0x0a000000 + number // 60000, 0xc0000201, 6, NOISE[:1024], number % 60000, 0x2000)


def whole_call(writer, client):
    writer.open(client)
    sequence = {True: 1, False: 1}
    for up, payload in CALL:
        writer.tcp(client, up, sequence[up], payload)
        sequence[up] += len(payload)
    return sequence


def calls_in_turn(writer):
    for client in range(30000):
        sequence = whole_call(writer, client)
        for up in (True, False):
            writer.tcp(client, up, sequence[up], b"", FIN | ACK)


def calls_at_once(writer):
    for client in range(20000):
        whole_call(writer, client)


def tls_calls_at_once(writer):
    """Copies of the first packets of a capture, each from a client of its own."""
    packets = []
    with open(TLS + ".pcap", "rb") as file:
        file.seek(24)
        while len(packets) < 45:
            size = struct.unpack("<8xI4x", file.read(16))[0]
            packets.append(file.read(size)[14:])
    client = packets[0][12:16]
    for number in range(12000):
        other = struct.pack(">I", 0x0b000000 + number)
        for packet in packets:
            source, target = (other if end == client else end for end in (packet[12:16], packet[16:20]))
            writer.packet(packet[:12] + source + target + packet[20:])


def malformed_call(writer):
    """A call of wrong messages, each of which is worth a finding."""
    sequence = whole_call(writer, 1)[True]
    wrong = b"\x10\x01\x00\x0c\x00\x09\x00\x01\x00\x07\x00\x04"
    for _ in range(60000):
        writer.tcp(1, True, sequence, wrong * 100)
        sequence += len(wrong) * 100


TLS = os.path.join(HERE, "..", "captures", "accel-tls13")
CALL = [each for each in messages()]
CASES = [
    (many_connections, "150,000 connections that nobody closes", ()),
    (gaps, "1,000 connections that each wait for a segment", ()),
    (record_without_end, "6,000 TLS records that never end", ()),
    (head_without_end, "50 HTTP heads that never end", ()),
    (fragments, "120,000 fragments without their rest", ()),
    (calls_in_turn, "30,000 calls one after the other", ("--calls", "--ladder", "--expert=note")),
    (calls_in_turn, "30,000 calls on a page", ("--html", os.devnull)),
    (calls_at_once, "20,000 calls at once", ("--calls", "--expert=note")),
    (tls_calls_at_once, "12,000 calls over TLS at once", ("--calls", "--expert=note", "--keylog", TLS + ".keylog")),
    (malformed_call, "6,000,000 wrong messages in one call", ("--calls", "--ladder", "--expert=note", "-Y", "sstp")),
]


def run(path, options):
    """Runs sstpdump; returns its status and its largest resident set in MB."""
    with open(os.devnull, "wb") as nothing:
        # posix_spawn: a fork's memory would count as the child's
        process = os.posix_spawn(SSTPDUMP, [SSTPDUMP, "-r", path, *(options or ("--calls",))], os.environ,
                                 file_actions=[(os.POSIX_SPAWN_DUP2, nothing.fileno(), 1),
                                               (os.POSIX_SPAWN_DUP2, nothing.fileno(), 2)])
        _, status, usage = os.wait4(process, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1000


def main():
    failures = 0
    print(f"1..{len(CASES)}")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "c.pcap")
        for number, (make, words, options) in enumerate(CASES, 1):
            with open(path, "wb", 1 << 20) as file:
                make(Writer(file))
            status, megabytes = run(path, options)
            good = status in (0, 1) and megabytes < BOUND
            failures += not good
            print(f"{'' if good else 'not '}ok {number} - {words}: {megabytes:.0f} MB of {BOUND}, "
                  f"capture of {os.stat(path).st_size / 1e6:.0f} MB, status {status}", flush=True)
    return failures != 0


sys.exit(main())
