#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Makes the seed corpora of fuzz_lcp, fuzz_ipcp, fuzz_ipv6cp and fuzz_ppp of the golden tests of PPP:
one file a section, its frames and verbs as the operations of ppp_game.h.

    tests/fuzz/seed_ppp.py [OUT_DIR]
"""

import glob
import hashlib
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "corpus")
VERBS = {"close": 0xf1, "echo": 0xf2, "accept": 0xf3, "refuse": 0xf4, "assign": 0xf5, "down": 0xf7}
METHODS = ["", "pap", "chap-md5", "mschapv2", "eap-md5", "eap-mschapv2"]
HEADS = {"lcp": b"\xff\x03\xc0\x21", "ipcp": b"\xff\x03\x80\x21", "ipv6cp": b"\xff\x03\x80\x57"}


def sections(path):
    """The scripts of a file, each with the setup before it."""
    setup = ""
    for kind, body in re.findall(r"^```(setup|in)\n(.*?)^```$", open(path).read(), re.M | re.S):
        if kind == "setup":
            setup = body
        else:
            yield setup + body


def config_octet(script):
    octet = 0
    for words in re.findall(r"^config (.*)$", script, re.M):
        octet = 0x01 if "role=server" in words else octet
        for word, bit in (("bypass", 0x02), ("no-ip4", 0x04), ("no-ip6", 0x08), ("want-dns", 0x10)):
            octet |= bit if word in words.split() else 0
        first = re.search(r"auth=([\w-]+)", words)
        octet |= METHODS.index(first.group(1)) << 5 if first else 0
    return octet


def octets(code):
    """The bytes of a "<" line: hex, "text", either repeated by *COUNT."""
    data = b""
    for text, digits, count in re.findall(r'(?:"([^"]*)"|([0-9a-fA-F]{2}))(?:\*(\d+))?', code):
        data += (text.encode() or bytes.fromhex(digits)) * int(count or 1)
    return data


def operations(script):
    """("<", frame) or ("verb", octet), in order."""
    frame = None
    for line in script.split("\n"):
        code = line.split("#")[0]
        more = frame is not None and line[:1] in (" ", "\t")
        if not more and frame is not None:
            yield "<", octets(frame)
            frame = None
        if more:
            frame += code
        elif line.startswith("<"):
            frame = code[1:]
        else:
            words = code.split()
            if words[:1] == ["at"]:
                yield "verb", 0xf0
                words = words[2:]
            if words and words[0] in VERBS:
                yield "verb", VERBS[words[0]]


def write(name, data):
    folder = os.path.join(OUT, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as file:
        file.write(data)


def main():
    for path in sorted(glob.glob(os.path.join(HERE, "../golden/ppp/*.md"))):
        for script in sections(path):
            octet = bytes([config_octet(script)])
            ops = list(operations(script))
            whole = octet
            parts = {name: octet for name in HEADS}
            for kind, value in ops:
                if kind == "verb":
                    whole += bytes([value])
                    parts = {name: part + bytes([value]) for name, part in parts.items()}
                elif len(value) < 0xf0:
                    whole += bytes([len(value)]) + value
                    for name, head in HEADS.items():
                        if value.startswith(head):
                            parts[name] += bytes([len(value) - 4]) + value[4:]
            write("ppp", whole)
            for name, part in parts.items():
                if len(part) > 6 and name in (os.path.basename(path)[:-3], "lcp"):
                    write(name, part)


if __name__ == "__main__":
    main()
