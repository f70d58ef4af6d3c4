# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: the register of tests, and sstpd and sstp on two cabled hosts."""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

import lab  # noqa: E402

BUILD = os.path.join(lab.CHECKOUT, "build")  # where the programs are; prepare() sets it
LONG = False  # whether to carry gigabytes where megabytes would do
TESTS = []

NAME, PORT = "vpn.example.org", 443
SERVER4, CLIENT4 = "192.0.2.1", "192.0.2.2"
SERVER6, CLIENT6 = "2001:db8:1::1", "2001:db8:1::2"
POOL4, POOL6 = "10.0.0.0/24", "fd00:77::/48"
GATEWAY4, GATEWAY6 = "10.0.0.1", "fd00:77::1"  # the server's own addresses inside the tunnel
USER, PASSWORD = "alice", "wonder 123 \u00e4\u20ac"


class Skip(Exception):
    """The test cannot run on this machine; the text says why."""


def test(*groups):
    """Registers a test: a function whose name is a claim, called with a Lab. Groups choose tests by --only."""
    def register(function):
        TESTS.append((function, groups))
        return function
    return register


def claim(true, otherwise):
    if not true:
        raise lab.LabError(otherwise)


def say(line):
    """
    Prints a line in one write, for shares of the tests write into one pipe; print() makes two where
    PYTHONUNBUFFERED is set, and another share's line comes between.
    """
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def prepare(build, long=False):
    """Once, inside the laboratory: where the programs are, and the names that lead to the server."""
    global BUILD, LONG  # pylint: disable=global-statement
    BUILD, LONG = build, long
    lab.resolve(NAME, SERVER4, SERVER6)
    lab.resolve("four.example.org", SERVER4)
    lab.resolve("other.example.org", SERVER4)


def program(name):
    return os.path.join(BUILD, name)


def set_keys(path, settings):
    """Sets "section.key" to value in an INI file, in place of what stands there."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for name, value in settings.items():
        section, key = name.split(".")
        head = lines.index(f"[{section}]") if f"[{section}]" in lines else None
        if head is None:
            lines += [f"[{section}]", f"{key} = {value}"]
            continue
        end = next((i for i in range(head + 1, len(lines)) if lines[i].startswith("[")), len(lines))
        lines[head + 1:end] = [line for line in lines[head + 1:end] if not re.match(rf"{key}\s*=", line)]
        lines.insert(head + 1, f"{key} = {value}")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


class Server:
    """
    sstpd on a host: the set-up that `sstpd --init` writes, with settings {"section.key": value} changed. wrap: words
    before the command.
    """

    def __init__(self, host, settings=None, users=((USER, PASSWORD),), user_options=(), pool=POOL4,
                 wrap=(), env=None):
        self.host, self.lab = host, host.lab
        self.dir = self.lab.path("sstpd")
        self.conf, self.certificate, self.key = (f"{self.dir}/{name}" for name in ("sstpd.conf", "cert.pem", "key.pem"))
        host.run([program("sstpd"), "--init", self.dir, "--listen", f"0.0.0.0:{PORT}", "--listen", f"[::]:{PORT}",
                  "--name", NAME, "--pool", pool, "--pool6", POOL6])
        set_keys(self.conf, settings or {})
        for user, password in users:
            self.ctl("user", "add", user, *user_options, stdin=password + "\n")
        self.program = self.host.start("sstpd", [*wrap, program("sstpd"), "-c", self.conf], env=env)
        self.program.wait_for("ready name=")

    def ctl(self, *words, stdin=None):
        return self.host.run([program("sstpctl"), "-c", self.conf, *words], stdin=stdin)

    def sessions(self):
        return json.loads(self.ctl("-j", "sessions"))["sessions"]

    def only_session(self):
        sessions = self.sessions()
        claim(len(sessions) == 1, f"there are {len(sessions)} sessions, not one")
        return sessions[0]

    def wait_sessions(self, count, timeout=10):
        lab.wait_until(lambda: len(self.sessions()) == count, timeout, f"sstpd has {count} sessions left")

    def wait_no_session(self, timeout=10):
        self.wait_sessions(0, timeout)


class Client:
    """sstp on a host; every phase that it tells is awaited as JSON."""

    def __init__(self, host, server, to=NAME, user=USER, password=PASSWORD, options=(), ca=None, name="sstp",
                 env=None):
        self.host, self.lab, self.phases = host, host.lab, {}
        secret = self.lab.write(f"{name}.password", password + "\n")
        os.chmod(secret, 0o600)
        trust = [] if ca is False else ["--ca", ca or server.certificate]
        self.program = host.start(name, [program("sstp"), "connect", to, "-u", user, "--json",
                                         "--password-file", secret, *trust, *options], env=env)

    def wait_phase(self, name, timeout=20):
        """Waits until sstp tells the phase; returns what it told, and keeps what it told on the way."""
        while name not in self.phases:
            told = json.loads(self.program.wait_for(r'^\{"event".*\}$', timeout).group(0))
            self.phases[told["event"]] = told
            if told["event"] == "failed" and name != "failed":
                raise lab.LabError(f"sstp failed: {told['text']}")
        return self.phases[name]

    def up(self):
        """Waits until the tunnel carries packets."""
        self.wait_phase("connected")
        return self

    def hang_up(self):
        status = self.program.stop()
        claim(status == 0, f"sstp ended with {status} when it was asked to; {self.program.last_words()}")

    def fails(self, name):
        """Claims that the call fails, with that name of an exit code; returns the sentence."""
        told = self.wait_phase("failed", 60)
        ended = self.program.wait_end()
        claim(ended == told["code"], f"sstp ended with {ended} after it told {told['code']}")
        claim(told["exit"] == name, f"sstp failed with {told['exit']}, not {name}: {told['text']}")
        claim(told["advice"] or name == "server", f"sstp gave no advice on '{told['text']}'")
        return told["text"]


def cabled_hosts(the_lab):
    """The server's and the client's host, joined by a cable with IPv4 and IPv6."""
    server, client = the_lab.host("server"), the_lab.host("client")
    lab.cable(server, "wire", client, "wire")
    lab.address(server, "wire", f"{SERVER4}/24", f"{SERVER6}/64")
    lab.address(client, "wire", f"{CLIENT4}/24", f"{CLIENT6}/64")
    return server, client


def add_cable(the_lab, server, client, name, **knobs):
    """Joins two hosts by tests/lab/wire.c with those faults: interfaces of that name, without addresses."""
    cable = lab.Host(the_lab, None).start(name, [program("tests/lab/wire"), server.name, client.name, name, *(
        f"{knob}={value}" for knob, value in knobs.items())], stdin=subprocess.PIPE)
    cable.wait_for("ready")
    return cable


def faulty_cable(the_lab, **knobs):
    """Two hosts as cabled_hosts() makes them, joined by such a cable; and the cable."""
    server, client = the_lab.host("server"), the_lab.host("client")
    cable = add_cable(the_lab, server, client, "wire", **knobs)
    lab.address(server, "wire", f"{SERVER4}/24", f"{SERVER6}/64")
    lab.address(client, "wire", f"{CLIENT4}/24", f"{CLIENT6}/64")
    return server, client, cable


def refuse(the_lab, words):
    """Environment of a program whose kernel refuses that (tests/lab/refuse.c)."""
    if not words:
        return {}
    library = the_lab.path("refuse.so")
    if not os.path.exists(library):
        lab.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", library,
                 os.path.join(lab.CHECKOUT, "tests", "lab", "refuse.c")])
    return {"LD_PRELOAD": library, "SSTP_REFUSE": words}


# settings of an sstpd that thousands call at once, from one address
MANY_CALLS = {"server.max_per_source": 100000, "server.max_unauthenticated": 100000, "tls.handshake_timeout": 600}


def start_load(host, name, calls, *options, wrap=()):
    """sstp-load, which makes so many calls; with -k until its input is closed."""
    secret = host.lab.write("load.password", PASSWORD + "\n")
    return host.start(name, [*wrap, program("tools/sstp-load"), "-s", f"{SERVER4}:{PORT}", "-u", USER, "-w", secret,
                             "-n", str(calls), *options], stdin=subprocess.PIPE)


def set_cable(cable, **knobs):
    """Changes the faults of a cable."""
    cable.process.stdin.write(" ".join(f"{name}={value}" for name, value in knobs.items()).encode() + b"\n")
    cable.process.stdin.flush()
    cable.wait_for("changed")


def call(the_lab, settings=None, options=(), **server):
    """sstpd, and sstp connected to it."""
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host, settings, **server)
    return server, Client(client_host, server, options=["--route", POOL6, *options]).up()


def user_options(method):
    """How sstpctl must store a password for an authentication method."""
    return ["--cleartext"] if method in ("chap-md5", "eap-md5") else []


def ping(host, address, count=3):
    """
    Claims that each of some pings is answered. One at a time: of several, ping waits for the last ones only as
    long as two round trips, which on a busy machine is too short, while its -W holds for a single one.
    """
    for _ in range(count):
        said = host.run(["ping", "-n", "-q", "-c", "1", "-W", "5", address], check=False)
        claim(" 1 received" in said, f"ping {address}: {' '.join(said.split())}")
