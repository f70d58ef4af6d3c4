#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Carries numbered UDP datagrams, whose contents follow from their numbers, in bursts that the kernel may keep
together (UDP_SEGMENT). The receiver prints "ready", and for each datagram that it has not seen before and
whose bytes are right a line with its number; it ends with its standard input.

    datagrams.py receive ADDRESS PORT
    datagrams.py send ADDRESS PORT FROM COUNT SIZE
"""

import hashlib
import os
import select
import socket
import sys

UDP_SEGMENT = 103  # linux/udp.h
BURST = 16         # datagrams in one system call


def contents(number, size):
    head = b"%08d" % number
    return (head + hashlib.sha256(head).digest() * (size // 32 + 1))[:size]


def receive(where):
    where.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    print("ready", flush=True)
    seen = set()
    while True:
        ready, _, _ = select.select([where, sys.stdin], [], [])
        if sys.stdin in ready and not os.read(0, 100):
            return
        if where not in ready:
            continue
        piece = where.recv(65536)
        number = int(piece[:8])
        if number not in seen and piece == contents(number, len(piece)):
            seen.add(number)
            print(number, flush=True)


def send(where, to, first, count, size):
    where.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
    for at in range(first, first + count, BURST):
        where.sendto(b"".join(contents(n, size) for n in range(at, min(at + BURST, first + count))), to)


def main():
    what, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as where:
        if what == "receive":
            where.bind((address, port))
            receive(where)
        else:
            send(where, (address, port), *map(int, sys.argv[4:7]))


main()
