#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
The manual page of sstpdump: every example in it runs, every option of --help is in it, and the other way round.
Prints TAP.

    manual_test.py SSTPDUMP sstpdump.1.scd
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

from tap import finish, ok

CAPTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "captures")
# what the files of the examples are
FILES = {"call.pcap": "accel-tls12-rsa-gcm.pcap", "vpn.pfx": "server.pfx", "vpn.key": "server.key",
         "failed.pcap": "accel-fail-wrong-password.pcap", "failed.keylog": "accel-fail-wrong-password.keylog"}
# what the output of an example must hold, by a word of its command
WORDS = {"--calls --password": "compound MAC right", "failed.keylog --calls": "password of alice is wrong",
         "--expert=error": "error", "--ladder": "CALL_CONNECTED sha256", "iscontrol": "SSTP_MSG_CALL_CONNECT_ACK",
         "echo_rtt": ".0", "-G fields": "sstp.call.echo_rtt", "vpn.pfx:sstp$": "CALL_CONNECT_REQUEST"}
MADE = {"--html": "call.html", "-w": "inner.pcapng"}


def check_example(folder, command, sstpdump):
    line = command.replace("sstpdump", sstpdump, 1)
    done = subprocess.run(["/bin/sh", "-c", line], cwd=folder, capture_output=True, timeout=60, check=False)
    out = done.stdout.decode() + done.stderr.decode()
    failed = "failed.pcap" in command
    ok(done.returncode == (1 if failed else 0), f"it runs: {command}", f"exit {done.returncode}\n{out}")
    for key, word in WORDS.items():
        if re.search(key, command):
            ok(word in out, f"it shows {word}: {command}", out[:1000])
    for option, path in MADE.items():
        if f" {option} " in command:
            made = os.path.join(folder, path)
            ok(os.path.exists(made) and os.path.getsize(made) > 1000, f"it makes {path}: {command}")


def options_of(text):
    return set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+|-[a-zA-Z])(?![\w-])", text))


def main():
    sstpdump, page = os.path.abspath(sys.argv[1]), sys.argv[2]
    with open(page, encoding="utf-8") as file:
        text = file.read()
    examples = re.findall(r"^\t\$ (.*)$", text, re.M)
    ok(len(examples) >= 10, "the page has examples", examples)
    with tempfile.TemporaryDirectory() as folder:
        for name, source in FILES.items():
            shutil.copy(os.path.join(CAPTURES, source), os.path.join(folder, name))
        for command in examples:
            check_example(folder, command, sstpdump)
    usage = subprocess.run([sstpdump, "--help"], capture_output=True, timeout=60, check=True).stdout.decode()
    prose = text.split("# EXAMPLES")[0].replace("*", " ").replace("[", " ").replace("_", " ")
    helped, written = options_of(usage.replace("[", " ").replace("=", " ")), options_of(prose)
    ok(helped <= written, "every option of --help is in the manual", sorted(helped - written))
    ok(written <= helped, "every option of the manual is in --help", sorted(written - helped))
    for code in range(4):
        ok(re.search(rf"^\*{code}\*$", text, re.M) is not None, f"exit code {code} is in the manual")
    return finish()


sys.exit(main())
