#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The dissection against tshark's: the same filters select the same frames, the same fields have the
same values.

Usage: dissect_test.py FILTER_RUN SSTPDUMP. Skipped (77) without tshark 4.0. Frames in which tshark is
known to see less or other layers are left out of the comparison of filters:
- it stops after the first SSTP packet of a TCP segment that carries inner IP, and loses packets that
  are split over TLS records: frames in which we find more SSTP packets;
- it takes the TCP port 8000 inside of the tunnel, and what it has lost track of, for HTTP: frames with
  HTTP inside of the tunnel; of those the fields of HTTP are not compared either. sstpdump shows inner
  packets up to their TCP header.
What differs besides is in dissect_known.txt, each with its reason.
"""
import collections
import ipaddress
import os
import subprocess
import sys

import filters_test
import record_filters
import tshark_fields

# Values that are compared as numbers; others as text.
NUMBERS = ("FT_BOOLEAN", "FT_UINT8", "FT_UINT16", "FT_UINT24", "FT_UINT32", "FT_UINT64", "FT_INT16",
           "FT_INT32", "FT_FRAMENUM")
LEFT_OUT = ("FT_NONE", "FT_PROTOCOL", "FT_ABSOLUTE_TIME")
AT_ONCE = 100  # fields of one run of sstpdump
# Captures over which each filter also runs over trees of its own fields only.
FEW = ("accel-sha1-binding", "accel-fail-http404-uri")


def known():
    """({filter}, {field}) that are known to differ."""
    filters, fields = set(), set()
    with open(os.path.join(tshark_fields.HERE, "dissect_known.txt"), encoding="utf-8") as f:
        for line in f:
            what = line.split(" ## ")[0]
            if line.startswith("field "):
                fields.add(what[6:])
            elif not line.startswith("#"):
                filters.add(what)
    return filters, fields


def expand(text):
    out = set()
    for part in text.split(","):
        if part:
            first, _, last = part.partition("-")
            out |= set(range(int(first), int(last or first) + 1))
    return out


def their_fields(text):
    """{frame: {field: [values in hex or decimal]}} of what tshark_fields.packets() made."""
    frames = {}
    for line in text.splitlines():
        if line.startswith("packet "):
            now = frames.setdefault(int(line[7:]), collections.defaultdict(list))
        else:
            name, _, _, value = line.split(" ", 3)
            now[name].append(value)
    return frames


def as_ours(kind, value):
    """A value of tshark_fields.packets() as -T fields writes it."""
    value = "" if value == "-" else value
    if kind in ("FT_STRING", "FT_STRINGZ"):
        text = bytes.fromhex(value).decode(errors="replace")
        for char, escape in (("\\", "\\\\"), ("\r", "\\r"), ("\n", "\\n"), ("\t", "\\t")):
            text = text.replace(char, escape)
        return text
    if kind == "FT_ETHER":
        return ":".join(value[i:i + 2] for i in range(0, 12, 2))
    if kind in ("FT_IPv4", "FT_IPv6"):
        return str(ipaddress.ip_address(bytes.fromhex(value)))
    return value


def our_fields(sstpdump, base, names, types):
    """{frame: {field: [values]}} of -T fields."""
    frames = collections.defaultdict(dict)
    for start in range(0, len(names), AT_ONCE):
        part = names[start:start + AT_ONCE]
        command = [sstpdump, "-r", base + ".pcap", "--keylog", base + ".keylog", "-T", "fields",
                   "-E", "aggregator=|", "-e", "frame.number"]
        for name in part:
            command += ["-e", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False,
                              env={**os.environ, "TZ": "UTC"})
        if done.returncode not in (0, 1):  # 1: findings
            sys.exit(f"{command} ended with {done.returncode}")
        for line in done.stdout.decode(errors="replace").splitlines():
            number, *values = line.split("\t")
            for name, value in zip(part, values):
                if not value:
                    continue
                value = value.split("|")
                if types[name] in NUMBERS:
                    value = [str(int(v, 0)) for v in value]
                frames[int(number)][name] = value
    return frames


def is_part(few, many):
    """Whether few stand in many in this order."""
    rest = iter(many)
    return all(value in rest for value in few)


def inner_http(fields):
    """Whether tshark takes something inside of the tunnel for HTTP."""
    return len(fields.get("ip", [])) > 1 and "http" in fields


def compare_fields(name, ours, theirs, types, known_fields):
    """Complains about values of tshark's that we have not; returns the fields, and how many values."""
    wrong, seen, values = set(), set(), 0
    for number, fields in theirs.items():
        for field, want in fields.items():
            if types[field] in LEFT_OUT or field in known_fields:
                continue
            if inner_http(fields) and field.startswith(("http.", "data.", "frame.protocols")):
                continue
            want = [as_ours(types[field], v) for v in want]
            want = [v for v in want if v != ""]
            got = ours.get(number, {}).get(field, [])
            values += len(want)
            seen.add(field)
            if not is_part(want, got) and field not in wrong:
                wrong.add(field)
                print(f"{name} frame {number} {field}\n  tshark   {want[:5]}\n  sstpdump {got[:5]}")
    return wrong, seen, values


def excused(ours, theirs):
    """The frames in which tshark is known to see other layers."""
    frames = set()
    for number in set(ours) | set(theirs):
        fields = theirs.get(number, {})
        if len(ours.get(number, {}).get("sstp.length", [])) > len(fields.get("sstp.length", [])):
            frames.add(number)
        if inner_http(fields):
            frames.add(number)
    return frames


def compare_filters(run, base, name, leave_out, known_filters, args=()):
    """Complains about filters that select other frames; returns those that do, known ones too."""
    out = subprocess.run([run, *args, base + ".pcap", base + ".keylog",
                          os.path.join(tshark_fields.HERE, "filters.txt")],
                         stdout=subprocess.PIPE, check=True,
                         env={**os.environ, "TZ": "UTC"}).stdout.decode()
    ours, now, wrong = {}, set(), set()
    for line in out.splitlines():
        if line.startswith("== "):
            now = ours.setdefault(line[3:], set())
        else:
            now.add(int(line))
    for text, frames in filters_test.golden().items():
        differ = (expand(frames.get(name, "")) ^ ours[text]) - leave_out
        if not differ:
            continue
        wrong.add(text)
        if text not in known_filters:
            print(f"{name}: {text}: frames {tshark_fields.ranges(sorted(differ))[:150]}")
    return ours, wrong


def main():
    run, sstpdump = sys.argv[1:3]
    if not filters_test.has_tshark():
        return 77
    listing = subprocess.run([sstpdump, "-G", "fields"], stdout=subprocess.PIPE, check=True)
    types = {}
    for line in listing.stdout.decode().splitlines():
        kind, _, name, *rest = line.split("\t")
        types[name] = "FT_PROTOCOL" if kind == "P" else rest[0]
    either = {"eth.addr", "ip.addr", "ipv6.addr", "tcp.port", "udp.port"}
    known_filters, known_fields = known()
    wrong_fields, wrong_filters, seen, values = set(), set(), set(), 0
    for name in record_filters.NAMES:
        base = os.path.join(record_filters.CAPTURES, name)
        theirs = their_fields(tshark_fields.packets(
            base + ".pcap", base + ".keylog", {k: v for k, v in types.items() if k not in either}))
        names = [k for k, v in types.items() if v not in LEFT_OUT and k not in either]
        ours = our_fields(sstpdump, base, names, types)
        bad, some, n = compare_fields(name, ours, theirs, types, known_fields)
        wrong_fields |= bad
        seen |= some
        values += n
        whole, bad = compare_filters(run, base, name, excused(ours, theirs), known_filters)
        wrong_filters |= bad
        if name not in FEW:
            continue
        few, _ = compare_filters(run, base, name, set(range(1, 10000)), known_filters, ["--few"])
        for text, frames in whole.items():
            if few[text] != frames:
                wrong_filters.add(text + " (over its own fields only)")
                print(f"{name}: {text}: another selection over its own fields only")
    for text in known_filters - wrong_filters:
        print(f"does not differ any more: {text}")
    total = len(filters_test.golden())
    print(f"{len(seen)} fields with {values} values, {len(wrong_fields)} differ; {total} filters, "
          f"{total - len(wrong_filters)} select the same frames, {len(known_filters)} differ for known "
          f"reasons")
    return 1 if wrong_fields or wrong_filters != known_filters else 0


if __name__ == "__main__":
    sys.exit(main())
