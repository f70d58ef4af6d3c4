#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Prints a line for each IP packet that comes into, or goes out of, an interface without link layer:

    4|6 tos=N length=N protocol=N [fragment] [syn mss=N]

and "ready" before. Runs until it is ended.

    sniff.py INTERFACE
"""

import socket
import struct
import sys

ETH_P_ALL, TCP = 3, 6


def mss_of(tcp):
    """The value of the MSS option of a TCP header, or None."""
    at, end = 20, (tcp[12] >> 4) * 4
    while at < end and tcp[at] != 0:
        if tcp[at] == 2:
            return struct.unpack_from("!H", tcp, at + 2)[0]
        at += 1 if tcp[at] == 1 else tcp[at + 1]
    return None


def describe(packet):
    if packet[0] >> 4 == 4:
        tos, (length, _, fragment), protocol = packet[1], struct.unpack_from("!HHH", packet, 2), packet[9]
        rest, fragment = packet[(packet[0] & 15) * 4:], fragment & 0x3fff
    else:
        tos = struct.unpack_from("!H", packet)[0] >> 4 & 255
        length, protocol = struct.unpack_from("!HB", packet, 4)
        length, rest, fragment = length + 40, packet[40:], protocol == 44
    words = [str(packet[0] >> 4), f"tos={tos}", f"length={length}", f"protocol={protocol}"]
    if fragment:
        words.append("fragment")
    elif protocol == TCP and rest[13] & 2:
        words.append(f"syn mss={mss_of(rest)}")
    return " ".join(words)


def main():
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL)) as wire:
        wire.bind((sys.argv[1], ETH_P_ALL))
        print("ready", flush=True)
        while True:
            print(describe(wire.recv(65536)), flush=True)


main()
