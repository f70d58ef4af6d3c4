# SPDX-License-Identifier: MIT
"""
What an administrator writes wrong: every mistake is an error that names the file, the line and what would be
right, with exit status 2, and nothing is silently ignored. The mistakes of single values are in
tests/unit/test_server_conf.c and test_client_options.c too; here the programs themselves say them.
"""

import os
import re
import subprocess

from suite import claim, lab, program, test

GOOD = """[server]
listen = 127.0.0.1:443
name = vpn.example.org
[tls]
certificate = cert.pem
key = key.pem
[auth]
database = users.db
[ipv4]
pool = 10.0.0.0/24
"""

# of each type of value in server/conf.def, what is none, besides what is no value of any type
WRONG = {
    "FLAG": ["", "2", "yes no", "ja"],
    "NUMBER": ["", "-1", "+1", "1x", "0x10", "1.5", "1 2", "4294967296", "18446744073709551616", "9" * 40, "ten"],
    "SECONDS": ["", "-1", "+1", "1x", "0x10", "1.5", "1 2", "4294967296", "18446744073709551616", "1 s", "1ms"],
    "LEVEL": ["", "Notice1", "5", "notice warning"],
    "TLS": ["", "1.1", "1.2x", "TLSv1.2", "1.2 1.3"],
    "HASHES": ["", ",", "sha512", "sha1 md5", "sha1 sha1"],
    "OFFLOAD": ["", "vnet tso", "csum", "gso", "vnet none", "none vnet", "vnet vnet"],
    "LISTEN": ["", "443", ":443", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:44x",
               "[::1]", "::1", "1.2.3:44", "1.2.3.400:44", "vpn.example.org:443", "[::1:443"],
    "METHODS": ["", ",", "MSCHAP", "mschapv2 mschapv2", "none"],
    "IP4": ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "::1", "10.0.0.1 10.0.0.2", "10.0.0.1/24", "10.1.0.1"],
    "IP4S": ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "::1", "1.1.1.1 2.2.2.2 3.3.3.3", "1.1.1.1 1.1.1.1"],
    "IP6S": ["", "1.2.3.4", "fd00::1::2", "fd00::12345", "fd00::1 fd00::2 fd00::3 fd00::4", "fd00::1 fd00::1"],
    "NET4": ["", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/24", "10.0.0.0/24x", "fd00::/48",
             "10.0.0.0/11", "10.0.0.0/31", "10.0.0/24"],
    "NET6": ["", "fd00::", "fd00::/", "fd00::/129", "fd00::1/48", "fd00::/48x", "10.0.0.0/24", "fd00::/15",
             "fd00::/63"],
    "IFID": ["", "1", "::", "fe80::1", "::1::2", "1.2.3.4"],
    "NAME": ["", "a b", "a" * 254, "-x", "a..b", "a/b"],
    "IFNAME": ["", "a/b", "sixteen-letters-", "..", "a b", "vpn%s", "vpn%d%d"],
    "PATH": ["", "/tmp/no-such-folder/file"],
    "TEXT": ["x" * 2000],
}
# and of some keys, what their type takes
WRONG_FOR = {
    "server.congestion": ["", "nonesuch", "BBR", "bbr cubic"],
    "server.user": ["no-such-user", "root:root"],
    "tls.ciphers": ["NONSENSE"],
    "http.server_header": ["", "x" * 65, "a\tb\x01"],
}
# an empty value of these says that there is none, as the manual has it
MAY_BE_EMPTY = {"server.user", "tls.ciphers", "tls.keylog", "ppp.dns", "ppp.nbns", "ipv4.server", "ipv6.pool",
                "ipv6.rdnss", "plain.listen", "plain.certificate"}
# "opened" only when the server runs, and so not asked for by sstpd -t
OPENED_LATER = {"tls.keylog", "control.socket"}


def keys():
    """The keys of server/conf.def: (section, key, type)."""
    with open(os.path.join(lab.CHECKOUT, "server", "conf.def"), encoding="utf-8") as file:
        return re.findall(r"^CONF_KEY\((\w+), (\w+), (\w+),", file.read(), re.MULTILINE)


def ask(*argv):
    """Runs a program; returns its exit status (negative: a signal) and what it wrote on standard error."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    return done.returncode, done.stderr.decode(errors="replace")


def working_files(the_lab):
    """The folder of a set-up that works, whose sstpd.conf is to be written anew."""
    folder = the_lab.path("sstpd")
    lab.run([program("sstpd"), "--init", folder, "--listen", "127.0.0.1:443", "--name", "vpn.example.org"])
    return folder


def without(section, key):
    """GOOD without that key, if it has it."""
    return re.sub(rf"(\[{section}\]\n(?:[^\[]*\n)?){key} = .*\n", r"\1", GOOD)


class Complaints:
    """Gathers what is wrong with many cases, to tell it all at once."""

    def __init__(self):
        self.all = []

    def check(self, case, status, said, *words):
        if status != 2 or not all(re.search(word, said) for word in words):
            self.all.append(f"{case}: status {status}, said {said.strip()[:300]!r}, wanted {words}")
        elif "Sanitizer" in said or "runtime error" in said:
            self.all.append(f"{case}: {said[:300]!r}")

    def tell(self):
        claim(not self.all, f"{len(self.all)} mistakes: " + " ; ".join(self.all[:100]))


@test("wrong", "sanitizers")
def wrong_value_of_every_key_is_an_error_with_file_and_line(the_lab):
    folder, wrong = working_files(the_lab), Complaints()
    conf = f"{folder}/sstpd.conf"
    for section, key, kind in keys():
        name = f"{section}.{key}"
        for value in WRONG[kind] + WRONG_FOR.get(name, []):
            if value == "" and name in MAY_BE_EMPTY or name in OPENED_LATER and value:
                continue
            text = without(section, key) + f"[{section}]\n{key} = {value}\n"
            the_lab.write("sstpd/sstpd.conf", text)
            line = text.count("\n")
            status, said = ask(program("sstpd"), "-t", "-c", conf)
            wrong.check(f"[{section}] {key} = {value[:60]}", status, said, rf"sstpd\.conf:{line}: ", re.escape(key))
    wrong.tell()


@test("wrong", "sanitizers")
def wrong_form_of_the_file_is_an_error_with_file_and_line(the_lab):
    folder, wrong = working_files(the_lab), Complaints()
    conf, good, end = f"{folder}/sstpd.conf", GOOD.encode(), GOOD.count("\n")
    forms = [
        (b"name = x\n" + good, 1, "before the first"),
        (b"= x\n" + good, 1, "before the first"),
        (good + b"lisen = 1\n", end + 1, "it has pool, server"),
        (good + b"Server = 10.0.0.1\n", end + 1, "no key 'Server'; it has"),
        (good + b"[IPv6]\npool = fd00::/48\n", end + 1, r"no section \[IPv6\]; there are server, tls"),
        (good + b"[ ipv6 ]\npool = fd00::/48\n", end + 1, r"no section \[ ipv6 \]"),
        (good + b"[]\n", end + 1, r"no section \[\]"),
        (good + b"[ipv6\n", end + 1, "closing ]"),
        (good + b"[ipv6] pool = fd00::/48\n", end + 1, "stands behind the section"),
        (good + b"pool = 10.1.0.0/24\n", end + 1, f"set in line {end} already"),
        (good + b"[server]\nname = other.example.org\n", end + 2, "set in line 3 already"),
        (good + b"server\n", end + 1, 'neither "key = value"'),
        (good + b"= 10.0.0.1\n", end + 1, "no key ''"),
        (good + b"server = 10.0.0.\x001\n", end + 1, "a byte 0"),
        (b"\0" * 100 + b"\n" + good, 1, "a byte 0"),
        (good + b"server = " + b"1" * (1 << 20) + b"\n", end + 1, "longer than"),
        (good + b"x" * (1 << 20), end + 1, "longer than"),
        (b"[" + b"x" * (1 << 20) + b"\n" + good, 1, "longer than"),
        (good.replace(b"\n", b"\r\n") + b"lisen = 1\r\n", end + 1, "it has pool, server"),
        (b"\xef\xbb\xbf" + good + b"lisen = 1", end + 1, "it has pool, server"),
        (b"\xff\xfe" + good.decode().encode("utf-16-le"), 1, "a byte 0"),
        (good.replace(b"cert.pem", b"key.pem"), 5, "key.pem"),
        (good.replace(b"users.db", b"sstpd.conf"), 8, "sstpd.conf cannot be read"),
        (good.replace(b"key.pem", b"none.pem"), 6, "none.pem"),
        (good.replace(b"key.pem", b"."), 6, "/."),
        (good.replace(b"cert.pem", b"users.db"), 5, "users.db"),
    ]
    for text, line, words in forms:
        with open(conf, "wb") as file:
            file.write(text)
        for argv in (["sstpd", "-t", "-c", conf], ["sstpd", "-c", conf], ["sstpctl", "-c", conf, "user", "list"]):
            if argv[0] == "sstpctl" and words in ("key.pem", "none.pem", "/.", "users.db", "sstpd.conf cannot be read"):
                continue  # of the files that are named, sstpctl opens the database only
            wrong.check(f"{argv[:2]} {text[:20]}...{text[-40:]}", *ask(program(argv[0]), *argv[1:]),
                        rf"sstpd\.conf:{line}: ", words)
    for form in (good.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + good, good[:-1], good + b"[ipv6]",
                 good + b"[ipv6] ; none"):
        with open(conf, "wb") as file:
            file.write(form)
        status, said = ask(program("sstpd"), "-t", "-c", conf)
        claim(status == 0, f"{form[-20:]} is refused: {said}")
    for path, words in ((f"{folder}/none", "No such file"), (folder, "Is a directory"), ("", "No such file")):
        for name in ("sstpd", "sstpctl"):
            more = ["stats"] if name == "sstpctl" else []
            wrong.check(f"{name} -c {path}", *ask(program(name), "-c", path, *more), path, words)
    wrong.check("unreadable", *ask("setpriv", "--reuid=65534", "--clear-groups", program("sstpd"), "-c", conf),
                conf, "Permission denied")
    wrong.tell()


@test("wrong", "sanitizers")
def wrong_command_lines_are_errors_that_say_what_would_be_right(the_lab):
    wrong, conf = Complaints(), working_files(the_lab) + "/sstpd.conf"
    new = ["--init", the_lab.path("new"), "--listen", "127.0.0.1:443", "--name", "vpn.example.org"]
    pem = os.path.join(os.path.dirname(conf), "cert.pem")
    junk = the_lab.write("junk", "no PEM\n")
    call = ["sstp", "connect", "127.0.0.1", "-u", "a", "--password-file", the_lab.write("password", "secret\n")]
    for argv, *words in (
            (["sstpd"], "sstpd -c FILE"), (["sstpd", "-c"], "argument"), (["sstpd", "-x"], "--help"),
            (["sstpd", "-c", conf, "more"], "too many"), (["sstpd", "--test=yes", "-c", conf], "argument"),
            (["sstpd", *new[:2]], "--listen ADDR:PORT"), (["sstpd", *new[:4]], "--name"),
            (["sstpd", "-c", conf, *new], "takes none"), (["sstpd", "-t", *new], "takes none"),
            (["sstpd", *new[2:]], "--init"), (["sstpd", *new, "--pool", "10.0.0.1/24"], "the network is 10.0.0.0/24"),
            (["sstpd", *new, "--pool", "x"], "10.0.0.0/24"), (["sstpd", *new, "--pool6", "fd00::/64"], "16 to 62"),
            (["sstpd", *new, "--listen", "443"], "0.0.0.0:443"), (["sstpd", *new, "--name", "a b"], "vpn.example.org"),
            (["sstpd", *new, "--name", ""], "name"), (["sstpd", *new, "--listen", ""], "listen"),
            (["sstpd", *new, "--pool", "", "--pool6", ""], "pool"), (["sstpd", *new, "--init", ""], "init"),
            (["sstpctl", "-c", conf], "sstpctl --help"), (["sstpctl", "-c", conf, "dance"], "sstpctl --help"),
            (["sstpctl", "-c", conf, "user"], "sstpctl --help"), (["sstpctl", "-c", conf, "user", "add"], "NAME"),
            (["sstpctl", "-c", conf, "user", "add", "a", "b"], "NAME"), (["sstpctl", "-c", conf, "-x"], "x"),
            (["sstpctl", "-c", conf, "kick"], r"ID\|USER"), (["sstpctl", "-c", conf, "sessions", "x"], "x"),
            (["sstpctl", "-c", conf, "stats", "--expires", "never"], "--expires"),
            (["sstpctl", "-c", conf, "user", "add", "a", "--ip4", "10.0.0.300"], "10.0.0.300"),
            (["sstpctl", "-c", conf, "user", "add", "a", "--expires", "2030-13-01"], "2030-12-31"),
            (["sstpctl", "-c", conf, "user", "add", ""], "name"),
            (["sstpctl", "-c", conf, "user", "list", "--cleartext"], "--cleartext"),
            (["sstp"], "sstp connect"), (["sstp", "connect"], "host"), (["sstp", "connect", "h", "-x"], "-x"),
            ([*call, "--congestion", "nonesuch"], "nonesuch", "it has .*reno"),
            ([*call, "--congestion", "BBR"], "BBR", "it has .*reno"),
            ([*call, "--ca", the_lab.path("none")], "none"),
            ([*call, "--ca", the_lab.dir], the_lab.dir),
            ([*call, "--ca", junk], junk),
            ([*call, "--crl", junk], junk),
            ([*call, "--crl", pem], pem),
            ([*call, "--ciphers", "NONSENSE"], "NONSENSE"),
            ([*call, "--keylog", "/tmp/no-such-folder/file"], "/tmp/no-such-folder/file"),
            ([*call[:3], "-u", "a", "--password-file", the_lab.path("none")], the_lab.path("none")),
            (["sstp", "connect", "127.0.0.1", "-u", "a", "--password-file", the_lab.dir], the_lab.dir),
            ([*call, "--mtu", "+1400"], "576 to 4087"),
            ([*call, "--hello", "5s"], "1 to 3600"),
            ([*call, "--rekey", "-1"], "1 to 1000000"),
            ([*call, "--route", "10.0.0.0/-1"], "10.0.0.0/8"),
            ([*call, "--server-name", "a b"], "name"),
            ([*call, "--proxy", "proxy:x"], "HOST:PORT"),
            (["sstp", "connect", "127.0.0.1:"], "HOST:PORT"),
            (["sstpdump", "--nosuch"], "nosuch")):
        wrong.check(" ".join(argv), *ask(program(argv[0]), *argv[1:]), *words)
    wrong.tell()
