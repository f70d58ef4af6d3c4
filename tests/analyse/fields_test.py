#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every field of sstpdump that has a name of Wireshark's has its type, base and mask, and all 20 of
its sstp.* fields are there.

Usage: fields_test.py SSTPDUMP. Skipped (77) without tshark 4.0.
"""
import subprocess
import sys

import filters_test

OWN = ("sstp.call.", "chap.mschapv2.")
SSTP = """majorversion minorversion iscontrol reserved length messagetype numattrib attribid attribreserved
attriblength attriblengthreserved attribvalue hash nonce cert_hash padding compoundmac
encapsulatedprotocol status dataunknown""".split()
# Ports have bases of their own there, an address of IPv4 the netmask's.
BASES = {"BASE_PT_TCP": "BASE_DEC", "BASE_PT_UDP": "BASE_DEC", "BASE_OUI": "BASE_HEX",
         "BASE_NETMASK": "", "BASE_NONE": "", "BASE_HEX_DEC": "BASE_HEX"}


def listing(command):
    """{name: (type, base, mask)}, of protocols ("FT_PROTOCOL", "", 0)."""
    out = subprocess.run(command + ["-G", "fields"], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=True).stdout
    fields = {}
    for line in out.decode(errors="replace").splitlines():
        kind, _, name, *rest = line.split("\t")
        if kind == "P":
            fields.setdefault(name, ("FT_PROTOCOL", "", 0))
        elif kind == "F":
            base = BASES.get(rest[2], rest[2])
            mask = int(rest[3] or "0", 16)
            if rest[0] == "FT_BOOLEAN" and not mask:
                base = ""
            fields.setdefault(name, (rest[0], base, mask))
    return fields


def main():
    if not filters_test.has_tshark():
        return 77
    ours, theirs = listing([sys.argv[1]]), listing(["tshark"])
    wrong = [f"sstp.{name} is missing" for name in SSTP if f"sstp.{name}" not in ours]
    for name, what in ours.items():
        if name.startswith(OWN):
            if name in theirs:
                wrong.append(f"{name} is a field of Wireshark's")
        elif name == "text":
            continue
        elif name not in theirs:
            wrong.append(f"{name} is no field of Wireshark's")
        elif what != theirs[name] and what[0] != "FT_PROTOCOL":
            wrong.append(f"{name} is {what}, there {theirs[name]}")
        elif what[0] != theirs[name][0]:
            wrong.append(f"{name} is {what[0]}, there {theirs[name][0]}")
    print("\n".join(wrong + [f"{len(ours)} fields, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
