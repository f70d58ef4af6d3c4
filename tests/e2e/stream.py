#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Carries a known number of pseudo-random bytes over TCP; both ends print "sha256 HEX seconds S".

    stream.py receive ADDRESS PORT          prints "ready" once it listens
    stream.py send ADDRESS PORT BYTES SEED
"""

import hashlib
import random
import socket
import sys
import time

PIECE = 1 << 20


def receive(connection):
    digest = hashlib.sha256()
    while piece := connection.recv(PIECE):
        digest.update(piece)
    return digest


def send(connection, size, seed):
    digest, source = hashlib.sha256(), random.Random(seed)
    blocks = [source.randbytes(PIECE) for _ in range(16)]
    while size > 0:
        # the same few blocks in an order and with a shift that never repeats: cheap, and no two places alike
        shift = source.randrange(PIECE)
        block = blocks[source.randrange(len(blocks))]
        piece = (block[shift:] + block[:shift])[:size]
        connection.sendall(piece)
        digest.update(piece)
        size -= len(piece)
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1)  # until the other side has all
    return digest


def main():
    what, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if what == "receive":
        listener = socket.create_server((address, port), family=family)
        print("ready", flush=True)
        connection, _ = listener.accept()
    else:
        connection = socket.create_connection((address, port), timeout=30)
        connection.settimeout(120)
    began = time.monotonic()
    digest = receive(connection) if what == "receive" else send(connection, int(sys.argv[4]), int(sys.argv[5]))
    print(f"sha256 {digest.hexdigest()} seconds {time.monotonic() - began:.2f}", flush=True)


main()
