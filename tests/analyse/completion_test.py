#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The completions of sstpdump: bash completes options, fields and values; zsh takes its file.

Usage: completion_test.py SSTPDUMP COMPLETION_DIR
"""
import os
import shutil
import subprocess
import sys

# What is typed, and what the completion must offer, the rest of it being of no interest.
CASES = [
    (["sstpdump", "--key"], ["--key", "--keylog"]),
    (["sstpdump", "-"], ["-r", "-Y", "--pfx", "--help"]),
    (["sstpdump", "-Y", "sstp.mess"], ["sstp.messagetype"]),
    (["sstpdump", "-Y", "tcp and sstp.mess"], ["tcp and sstp.messagetype"]),
    (["sstpdump", "-Y", "!(sstp.mess"], ["!(sstp.messagetype"]),
    (["sstpdump", "-Y", "sstp.hash == \"SHA2"], ["sstp.hash == \"SHA256"]),
    (["sstpdump", "-e", "ipcp.opt.pri_d"], ["ipcp.opt.pri_dns", "ipcp.opt.pri_dns_address"]),
    (["sstpdump", "-T", "j"], ["json"]),
    (["sstpdump", "-G", ""], ["fields", "values"]),
]
SCRIPT = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_sstpdump
printf '%s\\n' "${COMPREPLY[@]}"
"""


def main():
    sstpdump, folder = sys.argv[1:3]
    path = os.path.dirname(os.path.abspath(sstpdump)) + ":" + os.environ["PATH"]
    env = {**os.environ, "PATH": path}
    wrong = 0
    for typed, expected in CASES:
        out = subprocess.run(["bash", "-c", SCRIPT, "bash", os.path.join(folder, "sstpdump.bash"), *typed],
                             stdout=subprocess.PIPE, env=env, check=True).stdout.decode().splitlines()
        missing = [e for e in expected if e not in out]
        if missing:
            wrong += 1
            print(f"{typed}: {missing} missing in {out[:10]}")
    if shutil.which("zsh"):
        done = subprocess.run(["zsh", "-n", os.path.join(folder, "_sstpdump")], check=False)
        wrong += done.returncode != 0
    print(f"{len(CASES)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
