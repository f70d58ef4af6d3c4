#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
What sstpdump prints of each capture, in every form about calls and packets, against tests/analyse/golden; and the
same whatever opens the capture: key log, .pfx (new and old), .pem, secrets in pcapng, gzip, standard input. Prints
TAP.

    golden_test.py SSTPDUMP [--bless]
"""

import gzip
import os
import shutil
import subprocess
import sys
import tempfile

from tap import finish, ok

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = os.path.join(HERE, "..", "captures")
GOLDEN = os.path.join(HERE, "golden")
SSTPDUMP = os.path.abspath(sys.argv[1])
BLESS = "--bless" in sys.argv

SECRET = ["--password", "alice:wonder123"]
FORMS = [
    ["--calls"],
    ["--ladder"],
    ["--expert=note"],
    ["--calls", "-T", "json"],
    [],
    ["-V", "-Y", "sstp.iscontrol == 1 or http"],
    ["-T", "fields", "-e", "frame.number", "-e", "sstp.call.state", "-e", "sstp.call.peer_state",
     "-e", "sstp.call.finding", "-Y", "sstp.iscontrol == 1"],
]
# what the exit code says: 1 for sessions that failed
FAILED = 1


def run(*args, stdin=None):
    """The output and exit code of sstpdump."""
    done = subprocess.run([SSTPDUMP, *args], stdin=stdin, capture_output=True, timeout=60, check=False)
    return done.stdout.decode() + done.stderr.decode(), done.returncode


def capture(name, ext=".pcap"):
    return os.path.join(CAPTURES, name + ext)


def all_forms(name):
    """Everything that is printed of a capture, and its exit code."""
    text, codes = "", set()
    for form in FORMS:
        out, code = run("-r", capture(name), "--keylog", capture(name, ".keylog"), *SECRET, *form)
        text += f"$ sstpdump -r {name}.pcap --keylog {name}.keylog {' '.join(SECRET + form)}\n{out}\n"
        codes.add(code)
    return text, codes


def first_difference(due, got):
    for number, (a, b) in enumerate(zip(due.splitlines(), got.splitlines()), 1):
        if a != b:
            return f"line {number}\ndue: {a}\ngot: {b}"
    return f"{len(due.splitlines())} lines due, {len(got.splitlines())} printed"


def check_golden(name):
    path = os.path.join(GOLDEN, name + ".txt")
    got, codes = all_forms(name)
    if BLESS:
        os.makedirs(GOLDEN, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(got)
    with open(path, encoding="utf-8") as file:
        due = file.read()
    ok(due == got, f"{name}: what is printed is as it was", first_difference(due, got))
    ok(codes == {FAILED if "fail" in name else 0}, f"{name}: the exit code tells whether it failed", codes)


def check_openers():
    """The same calls, whatever opens the capture."""
    rsa = "accel-tls12-rsa-gcm"
    due, _ = run("-r", capture(rsa), "--keylog", capture(rsa, ".keylog"), "--calls")
    due = due.replace("opened by logged secrets", "OPENED")
    for option in (["--pfx", capture("server", ".pfx") + ":sstp"], ["--key", capture("server", ".key")],
                   ["--pfx", capture("server-legacy3des", ".pfx") + ":sstp"]):
        got, _ = run("-r", capture(rsa), *option, "--calls")
        got = got.replace("opened by the server's private key", "OPENED")
        ok(got == due, f"{os.path.basename(option[1])} opens the call as the key log does",
           first_difference(due, got))
    for name in ("accel-tls13", "accel-tls12-ecdhe"):
        due, _ = run("-r", capture(name), "--keylog", capture(name, ".keylog"), "--calls")
        got, _ = run("-r", os.path.join(CAPTURES, "pcapng", name + ".pcapng"), "--calls")
        ok(got == due, f"secrets in {name}.pcapng open the call", first_difference(due, got))
    with tempfile.TemporaryDirectory() as folder, open(capture(rsa), "rb") as file:
        packed = os.path.join(folder, "c.pcap.gz")
        with gzip.open(packed, "wb") as out:
            out.write(file.read())
        due, _ = run("-r", capture(rsa), "--keylog", capture(rsa, ".keylog"), "--calls")
        got, _ = run("-r", packed, "--keylog", capture(rsa, ".keylog"), "--calls")
        ok(got == due, "a packed capture gives the same", first_difference(due, got))
        file.seek(0)
        got, _ = run("-r", "-", "--keylog", capture(rsa, ".keylog"), "--calls", stdin=file)
        ok(got == due, "standard input gives the same", first_difference(due, got))


def tshark_fields(path, *fields):
    """What tshark reads in a file: a line a packet."""
    wanted = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(["tshark", "-r", path, "-T", "fields", *wanted], capture_output=True, timeout=60, check=False)
    return done.stdout.decode().splitlines()


def check_written():
    """What -w writes is what tshark reads again."""
    name = "accel-tls13"
    with open(os.path.join(CAPTURES, "truth", name + ".tsv"), encoding="utf-8") as file:
        data = [line.split("\t") for line in file if "\tDATA\t" in line]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.pcapng")
        run("-r", capture(name), "--keylog", capture(name, ".keylog"), "-w", path)
        sizes = sorted(int(line) for line in tshark_fields(path, "frame.len"))
        ok(sizes == sorted(int(row[4]) - 4 for row in data), "-w writes every PPP frame", len(sizes))
        kinds = set(tshark_fields(path, "frame.encap_type"))
        ok(kinds == {"4"}, "as link type PPP", kinds)
        protocols = {line for line in tshark_fields(path, "ppp.protocol")}
        ok({"0xc021", "0xc223", "0x8021", "0x0021"} <= protocols, "with all their protocols", protocols)
        run("-r", capture(name), "--keylog", capture(name, ".keylog"), "-w", path, "--inner")
        count_ip = sum("IPv4" in row[5] or "IPv6" in row[5] for row in data)
        inner = tshark_fields(path, "ip.version", "ipv6.version")
        ok(len(inner) == count_ip and all(line.strip() for line in inner), "--inner writes every IP packet", len(inner))


def check_exit_codes():
    """2 for wrong usage, 3 for what cannot be read, 1 for findings."""
    cases = [
        (2, "no capture is named", []),
        (2, "an option does not exist", ["--frobnicate"]),
        (2, "the filter is wrong", ["-r", capture("accel-tls13"), "-Y", "sstp.nonsense"]),
        (2, "the severity is none", ["-r", capture("accel-tls13"), "--expert=bad"]),
        (2, "the password has no user", ["-r", capture("accel-tls13"), "--password", "wonder123"]),
        (2, "the key file is none", ["-r", capture("accel-tls13"), "--key", capture("binding", ".txt")]),
        (3, "the capture does not exist", ["-r", capture("nothing")]),
        (3, "the capture is none", ["-r", capture("binding", ".txt")]),
        (1, "nothing can be decrypted", ["-r", capture("accel-tls13"), "--expert"]),
        (0, "notes are no findings", ["-r", capture("accel-tls13"), "--keylog",
                                      capture("accel-tls13", ".keylog"), "--expert=note"]),
        (0, "a warning is less than an error", ["-r", capture("accel-tls13"), "--expert=error"]),
    ]
    for due, claim, args in cases:
        out, code = run(*args)
        ok(code == due, f"exit code {due}: {claim}", f"{code}\n{out}")
        if due > 1:
            ok(out.strip() != "", f"and it says why: {claim}")


for capture_name in sorted(f[:-5] for f in os.listdir(CAPTURES) if f.endswith(".pcap")):
    check_golden(capture_name)
check_openers()
if shutil.which("tshark"):
    check_written()
check_exit_codes()
sys.exit(finish())
