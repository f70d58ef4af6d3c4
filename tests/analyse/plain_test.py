#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Calls without TLS, as behind a TLS terminator, built here packet by packet: whole, through a proxy, with a segment
missing, and with the beginning missing. Prints TAP.

    plain_test.py SSTPDUMP
"""

import os
import struct
import subprocess
import sys
import tempfile

from tap import finish, ok

HERE = os.path.dirname(os.path.abspath(__file__))
SSTPDUMP = os.path.abspath(sys.argv[1])
CLIENT, SERVER = ((10, 0, 0, 2), 40000), ((10, 0, 0, 3), 8080)
SYN, FIN, ACK, PSH = 2, 1, 16, 8


def messages():
    """(to the server?, bytes) of the call without fault: the seed of the fuzz harness, which see."""
    with open(os.path.join(HERE, "..", "fuzz", "corpus", "calls", "good"), "rb") as file:
        data = file.read()[1:]
    while data:
        kind, size = data[0], data[1] << 8 | data[2]
        yield kind & 1 == 0, data[3:3 + size]
        data = data[3 + size:]


class Capture:
    """A TCP connection written as a pcap file."""

    def __init__(self):
        self.packets, self.sequence, self.now = [], {True: 1000, False: 5000}, 1795357652_000000
        self.segment(True, b"", SYN)
        self.segment(False, b"", SYN | ACK)

    def segment(self, up, payload, flags=PSH | ACK):
        (source, port), (target, other) = (CLIENT, SERVER) if up else (SERVER, CLIENT)
        tcp = struct.pack(">HHIIHHHH", port, other, self.sequence[up], self.sequence[not up], 5 << 12 | flags, 65000, 0,
                          0)
        ip = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0, *source, *target)
        self.sequence[up] += len(payload) + (1 if flags & (SYN | FIN) else 0)
        self.now += 10000
        self.packets.append((self.now, bytes(12) + b"\x08\x00" + ip + tcp + payload))

    def end(self):
        self.segment(True, b"", FIN | ACK)
        self.segment(False, b"", FIN | ACK)
        return self

    def write(self, path, without=()):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for number, (time, packet) in enumerate(self.packets):
                if number not in without:
                    file.write(struct.pack("<IIII", time // 1000000, time % 1000000, len(packet), len(packet)) + packet)


def call(*first):
    """The call; what is first is said before it."""
    capture = Capture()
    for up, payload in (*first, *messages()):
        capture.segment(up, payload)
    return capture.end()


def report(path):
    done = subprocess.run([SSTPDUMP, "-r", path, "--calls", "--expert=note", "--password", "alice:wonder123"],
                          capture_output=True, timeout=60, check=False)
    return done.stdout.decode() + done.stderr.decode()


def main():
    good = "the call was good; the client ended it by LCP Terminate and CALL_DISCONNECT"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "c.pcap")
        call().write(path)
        text = report(path)
        ok(good in text and "none: behind a TLS terminator" in text, "a call without TLS is followed", text)
        ok("compound MAC right" in text and "certificate hash not checked" in text, "its binding is checked as far as it "
           "can be", text)
        consent = (False, b"HTTP/1.1 200 Connection established\r\n\r\n")
        asked = b"CONNECT vpn.example.test:443 HTTP/1.1\r\nHost: vpn.example.test:443\r\n"
        call((True, asked + b"SSTPVERSION: 1.0\r\n\r\n"), consent).write(path)
        text = report(path)
        ok(good in text and "through a proxy" in text and "S-4.5-01" not in text, "a proxy in front changes nothing",
           text)
        call((True, asked + b"\r\n"), consent).write(path)
        text = report(path)
        ok(good in text and "S-4.5-01" in text, "what was asked of the proxy is judged", text)
        call().write(path, without={14})
        text = report(path)
        ok(good in text and "the capture lacks" in text, "a segment that is missing is told, and the call goes on", text)
        ok("error" not in text, "and nobody is blamed for it", text)
        call().write(path, without=set(range(18)))
        text = report(path)
        ok("the capture begins in the middle" in text or "Call 1" not in text,
           "a capture that begins in the middle says so", text)
    return finish()


sys.exit(main())
