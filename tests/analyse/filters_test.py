#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The filter language against tshark: filters.txt over tshark's own fields gives filters.golden.

Usage: filters_test.py FILTER_CHECK. Skipped (77) where tshark is missing or has another version.
filters_known.txt lists the filters that differ, each with its reason.
"""
import os
import subprocess
import sys
import tempfile

import record_filters
import tshark_fields


def golden():
    """{filter: {capture: "1-3,7"}}, in order."""
    result, now = {}, None
    with open(os.path.join(tshark_fields.HERE, "filters.golden"), encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("== "):
                now = result.setdefault(line[3:], {})
            else:
                name, frames = line.split(" ", 1)
                now[name] = frames
    return result


def known():
    """The filters that are known to differ."""
    with open(os.path.join(tshark_fields.HERE, "filters_known.txt"), encoding="utf-8") as f:
        return {line.split(" ## ")[0] for line in f if not line.startswith("#")}


def our_types(check):
    """{field: type} of sstpdump's fields."""
    text = subprocess.run([check, "--fields"], stdout=subprocess.PIPE, check=True).stdout.decode()
    return dict(line.split(" ") for line in text.splitlines())


def run(check, packets, filters):
    out = subprocess.run([check, packets, filters], stdout=subprocess.PIPE, check=True).stdout
    result, now = {}, None
    for line in out.decode().splitlines():
        if line.startswith("== "):
            now = result.setdefault(line[3:], [])
        else:
            now.append(int(line))
    return result


def has_tshark():
    """Whether the tshark that the golden was made with is here."""
    try:
        version = subprocess.run(["tshark", "--version"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return False
    return " 4.0." in version.splitlines()[0]


def main():
    check = sys.argv[1]
    if not has_tshark():
        return 77
    types = our_types(check)
    expected, wrong, differing = golden(), 0, set()
    if list(expected) != tshark_fields.filters():
        sys.exit("filters.golden does not belong to filters.txt: run record_filters.py")
    for name in record_filters.NAMES:
        base = os.path.join(record_filters.CAPTURES, name)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
            f.write(tshark_fields.packets(base + ".pcap", base + ".keylog", types))
            f.flush()
            ours = run(check, f.name, os.path.join(tshark_fields.HERE, "filters.txt"))
        for text, frames in expected.items():
            got, want = tshark_fields.ranges(ours[text]), frames.get(name, "")
            if got != want:
                differing.add(text)
            if got != want and text not in known():
                wrong += 1
                print(f"{name}: {text}\n  tshark   {want[:200]}\n  sstpdump {got[:200]}")
    for text in known() - differing:
        wrong += 1
        print(f"does not differ any more: {text}")
    print(f"{len(expected)} filters over {len(record_filters.NAMES)} captures: {len(known())} differ "
          f"for known reasons, {wrong} for others")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
