#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
A TLS terminator as stands before a server farm: takes TLS at one port and hands the plain bytes to another.

    terminator.py CERTIFICATE KEY ADDRESS:PORT PLAIN_ADDRESS:PORT      prints "ready" once it listens
"""

import select
import socket
import ssl
import sys
import threading


def split(text):
    address, _, port = text.rpartition(":")
    return address, int(port)


def carry(outer, inner):
    """Copies both ways until one side ends."""
    ends = {outer: inner, inner: outer}
    while True:
        # what TLS has decrypted already is not seen by select()
        ready = [outer] if outer.pending() else select.select(list(ends), [], [])[0]
        for end in ready:
            piece = end.recv(65536)
            if not piece:
                outer.close()
                inner.close()
                return
            ends[end].sendall(piece)


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    listener = socket.create_server(split(sys.argv[3]))
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        outer = context.wrap_socket(connection, server_side=True)
        inner = socket.create_connection(split(sys.argv[4]))
        threading.Thread(target=carry, args=(outer, inner), daemon=True).start()


main()
