#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
sstpdump on an interface: in a network namespace of its own a real session is sent over a pair of interfaces while
its key log is written; the call is judged as it ends, Ctrl-C ends with a summary, -w writes a ring, -c and -a end
by themselves, and a large input gets a progress bar on a terminal. Prints TAP. Needs root.

    live_test.py SSTPDUMP
"""

import glob
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from tap import finish, ok

CAPTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "captures")
SSTPDUMP = os.path.abspath(sys.argv[1])
NAME = "accel-tls12-ecdhe"
SEND, LISTEN = "dumplive0", "dumplive1"
PATIENCE = 30


def frames():
    """The packets of the capture, as they were on the Ethernet."""
    with open(os.path.join(CAPTURES, NAME + ".pcap"), "rb") as file:
        data = file.read()
    at = 24
    while at < len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


class Live:
    """A running sstpdump; what it prints is collected as it comes."""

    def __init__(self, *args):
        self.process = subprocess.Popen([SSTPDUMP, "-i", LISTEN, *args], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.lines, self.news = [], threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.until("Capturing on")

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line)
                self.news.notify()

    def until(self, word):
        with self.news:
            return self.news.wait_for(lambda: any(word in line for line in self.lines), PATIENCE)

    def end(self, number=None):
        if number:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return code, "".join(self.lines)


def send(wire, packets):
    for packet in packets:
        wire.send(packet)


def check_call(wire, folder):
    """A call is judged when it ends, though its keys came after its first packets."""
    keylog = os.path.join(folder, "keys")
    packets = list(frames())
    live = Live("--keylog", keylog, "--expert=note", "--calls")
    send(wire, packets[:9])
    with open(os.path.join(CAPTURES, NAME + ".keylog"), encoding="utf-8") as file:
        secrets = file.read()
    with open(keylog, "w", encoding="utf-8") as file:
        file.write(secrets)
    send(wire, packets[9:])
    ok(live.until("the call was good"), "a call is judged while the capture goes on", "".join(live.lines))
    code, text = live.end(signal.SIGINT)
    ok(code == 0 and "packets captured" in text and "dropped by the kernel" in text,
       "Ctrl-C ends the capture with a summary", f"{code}\n{text[-500:]}")


def check_count(wire):
    live = Live("-c", "10", "-P", "-w", "/dev/null")
    send(wire, frames())
    code, text = live.end()
    ok(code == 1 and "10 shown" in text, "-c ends by itself", text[-500:])
    code, text = Live("-a", "duration:1").end()
    ok(code == 0, "-a ends by itself", text[-500:])


def check_ring(wire, folder):
    live = Live("-w", os.path.join(folder, "ring.pcapng"), "-b", "filesize:20", "-b", "files:3", "-c", "200", "tcp")
    send(wire, frames())
    live.end()
    files = sorted(glob.glob(os.path.join(folder, "ring_*.pcapng")))
    ok(len(files) == 3, "a ring keeps three files", files)
    done = [subprocess.run([SSTPDUMP, "-r", path], capture_output=True, check=False) for path in files]
    ok(all(d.returncode in (0, 1) and d.stdout for d in done), "each of them can be read", done)


def check_filter(wire):
    live = Live("-c", "1", "udp")
    send(wire, frames())
    packet = bytes.fromhex("0200000000010200000000020800") + bytes.fromhex(
        "4500001e00000000401100000a0000010a00000230390050000a0000") + b"hi"
    wire.send(packet)
    _, text = live.end()
    ok("UDP" in text, "a capture filter follows the options", text)


def check_progress():
    """Reading a large input draws a bar on a terminal."""
    with open(os.path.join(CAPTURES, NAME + ".pcap"), "rb") as file:
        head, body = file.read(24), file.read()
    screen, terminal = pty.openpty()
    reader, writer = os.pipe()
    process = subprocess.Popen([SSTPDUMP, "-r", "-", "--expert"], stdin=reader, stdout=subprocess.DEVNULL,
                               stderr=terminal)
    os.close(reader)
    os.close(terminal)
    seen = b""
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(head)
        for _ in range(100000):
            pipe.write(body)
            if select.select([screen], [], [], 0)[0]:
                seen += os.read(screen, 4096)
            if b"MB" in seen:
                break
    process.wait(PATIENCE)
    ok(b"packets" in seen and b"MB" in seen, "a large input has a progress bar", seen)


def inside():
    for command in (f"ip link add {SEND} type veth peer name {LISTEN}", f"ip link set {SEND} up",
                    f"ip link set {LISTEN} up"):
        subprocess.run(command.split(), check=True)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire, tempfile.TemporaryDirectory() as folder:
        wire.bind((SEND, 0))
        check_call(wire, folder)
        check_count(wire)
        check_ring(wire, folder)
        check_filter(wire)
    check_progress()
    return finish()


if os.environ.get("DUMPLIVE_INSIDE"):
    sys.exit(inside())
if os.geteuid() != 0:
    print("1..0 # SKIP needs root for a network namespace")
    sys.exit(0)
sys.exit(subprocess.run(["unshare", "-n", sys.executable, *sys.argv], env={**os.environ, "DUMPLIVE_INSIDE": "1"},
                        check=False).returncode)
