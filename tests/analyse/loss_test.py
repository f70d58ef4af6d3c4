#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Nobody is blamed for what the capture lacks: of good sessions, each packet in turn is left out, and the verdict
stays good, with notes at most. Prints TAP.

    loss_test.py SSTPDUMP
"""

import os
import struct
import subprocess
import sys
import tempfile

CAPTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "captures")
SSTPDUMP = os.path.abspath(sys.argv[1])
# the first packet whose loss leaves the stream readable, the handshake being over
SESSIONS = {"accel-tls12-rsa-gcm": 10, "accel-sha1-binding": 10, "accel-server-disconnect-hard": 10,
            "accel-server-disconnect-lcpterm": 10}
MOST = 110
failures = 0


def records(data):
    at = 24
    while at < len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        yield data[at:at + 16 + size]
        at += 16 + size


def blamed(path):
    """What is found, but for notes; and the verdict."""
    done = subprocess.run([SSTPDUMP, "-r", path, "--key", os.path.join(CAPTURES, "server.key"), "--expert=note",
                           "--password", "alice:wonder123"], capture_output=True, timeout=60, check=False)
    lines = done.stdout.decode().splitlines()
    return [line for line in lines if not line.startswith("note") or ("verdict" in line and "was good" not in line)]


with tempfile.TemporaryDirectory() as folder:
    for number, (name, first) in enumerate(sorted(SESSIONS.items()), 1):
        with open(os.path.join(CAPTURES, name + ".pcap"), "rb") as file:
            data = file.read()
        packets, wrong = list(records(data)), []
        for left_out in range(first, min(len(packets), MOST)):
            path = os.path.join(folder, "c.pcap")
            with open(path, "wb") as file:
                file.write(data[:24] + b"".join(packets[:left_out] + packets[left_out + 1:]))
            wrong += [f"without packet {left_out + 1}: {line}" for line in blamed(path)]
        print(f"{'not ' if wrong else ''}ok {number} - {name}: nobody is blamed for a packet that is missing")
        for line in wrong:
            print("#", line)
        failures += bool(wrong)
print(f"1..{len(SESSIONS)}")
sys.exit(failures != 0)
