#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples of sstpdump's manual pages run: every command line, and every filter of
sstpdump-filter(7) that stands on a line of its own.

Usage: man_test.py SSTPDUMP PAGE.scd...
"""
import os
import shlex
import subprocess
import sys

CAPTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "captures")
# What the pages call the files of their readers.
FILES = {"call.pcap": "accel-tls13.pcap", "keys": "accel-tls13.keylog"}


def examples(page):
    """The indented lines of a page, with what scdoc takes for itself undone."""
    with open(page, encoding="utf-8") as f:
        for line in f:
            if line.startswith("\t") and line.strip():
                yield line.strip().removesuffix("++").replace("\\\\", "\\")


def main():
    sstpdump, wrong, count = os.path.abspath(sys.argv[1]), 0, 0
    for page in sys.argv[2:]:
        for line in examples(page):
            if line.startswith("sstpdump "):
                words = [FILES.get(w, w) for w in shlex.split(line)[1:]]
            elif page.endswith("filter.7.scd"):
                words = ["-r", FILES["call.pcap"], "-q", "-Y", line]
            else:
                continue
            count += 1
            done = subprocess.run([sstpdump, *words], cwd=CAPTURES, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
            if done.returncode not in (0, 1):
                wrong += 1
                print(f"{line}\n  ends with {done.returncode}: {done.stderr.decode()[:300]}")
    print(f"{count} examples, {wrong} wrong")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
