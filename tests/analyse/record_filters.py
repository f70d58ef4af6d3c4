#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records which frames tshark selects: filters.txt and tests/captures to filters.golden.

The golden has a line "== FILTER" for each filter, and below it one line for each capture in which
the filter selects something: its name and the frame numbers. Run it after changing filters.txt, with
tshark 4.0.17; it refuses a filter that tshark refuses.
"""
import os
import sys

import tshark_fields

CAPTURES = os.path.join(tshark_fields.HERE, "..", "captures")
NAMES = ["accel-tls12-rsa-gcm", "accel-tls12-rsa-cbc-noems-noetm", "accel-tls13",
         "accel-sha1-binding", "accel-server-disconnect-hard", "accel-fail-binding-certhash",
         "accel-fail-encap-nak", "accel-fail-http404-uri", "accel-fail-wrong-password",
         "plainweb-fail-http501"]


def main():
    wanted = tshark_fields.filters()
    doubles = {w for w in wanted if wanted.count(w) > 1}
    if doubles:
        sys.exit(f"twice in the list: {doubles}")
    selected = {}
    for name in NAMES:
        base = os.path.join(CAPTURES, name)
        selected[name] = tshark_fields.select(base + ".pcap", base + ".keylog", wanted)
    out = []
    for i, text in enumerate(wanted):
        out.append(f"== {text}")
        for name in NAMES:
            frames = selected[name][i]
            if isinstance(frames, str):
                sys.exit(f"tshark refuses {text}: {frames}")
            if frames:
                out.append(f"{name} {tshark_fields.ranges(frames)}")
    with open(os.path.join(tshark_fields.HERE, "filters.golden"), "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
