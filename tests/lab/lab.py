# SPDX-License-Identifier: MIT
"""
The network laboratory of the tests and of ./demo: hosts (network namespaces), cables (veth), programs whose
output is awaited, and a Linux with kernel PPP (User-Mode Linux, uml.py).

Everything lives in name spaces of its own (network, mount, process), made by enter(). When the script ends,
by whatever cause, SIGKILL included, the kernel takes all of it away: processes, interfaces, routes. Two
laboratories on one machine do not see each other.

Nothing here sleeps for a guessed time: every wait is for an event and has a bound.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class LabError(Exception):
    """Something did not happen as the test claims; the text says what."""


def enter():
    """Goes on in name spaces of its own, of which this process is the first and last inhabitant."""
    if os.environ.get("SSTP_LAB") != str(os.getpid()):
        if os.geteuid() != 0:
            sys.exit(f"{sys.argv[0]}: makes network namespaces and tunnels, so it must run as root "
                     f"(try: sudo {' '.join(map(shlex.quote, sys.argv))})")
        os.environ["SSTP_LAB"] = "1"  # what getpid() is, inside
        os.execvp("unshare", ["unshare", "--fork", "--kill-child", "--pid", "--mount-proc", "--mount", "--net",
                              sys.executable, *sys.argv])
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, lambda number, frame: sys.exit(128 + number))
    # an empty /run (network namespaces' names, control sockets, no resolver service) and hosts of our own
    run("mount -t tmpfs -o mode=755 tmpfs /run")
    os.mkdir("/run/netns")
    run("cp /etc/hosts /run/hosts")
    run("mount --bind /run/hosts /etc/hosts")
    run("ip link set lo up")


def resolve(name, *addresses):
    """Makes name lead to the addresses, inside the laboratory only."""
    with open("/etc/hosts", "a", encoding="utf-8") as hosts:
        hosts.writelines(f"{each} {name}\n" for each in addresses)


def run(command, check=True, timeout=60, stdin=None):
    """Runs a command (text or list) to its end and returns its standard output."""
    argv = shlex.split(command) if isinstance(command, str) else command
    done = subprocess.run(argv, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise LabError(f"'{' '.join(argv)}' ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def wait_until(happened, timeout, what):
    """Asks happened() until it is true. For what has no event to wait on, such as the kernel's tables."""
    end = time.monotonic() + timeout
    while not (answer := happened()):
        if time.monotonic() > end:
            raise LabError(f"not within {timeout} s: {what}")
        time.sleep(0.02)
    return answer


class Program:
    """A running program. Its output goes line by line, with the time since began, to a log file, and can be awaited."""

    def __init__(self, name, argv, log, began, env=None, stdin=None):
        self.name, self.argv, self.log, self.began = name, argv, log, began
        self.lines = []
        self.seen = 0  # how many lines wait_for() has passed
        self.ended = False
        self.more = threading.Condition()
        self.process = subprocess.Popen(argv, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, bufsize=0)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with open(self.log, "ab", buffering=0) as log:
            for line in self.process.stdout:
                log.write(b"%9.3f %s" % (time.monotonic() - self.began, line))
                with self.more:
                    self.lines.append(line.decode(errors="replace").rstrip("\r\n"))
                    self.more.notify_all()
        with self.more:
            self.ended = True
            self.more.notify_all()

    def wait_for(self, pattern, timeout=20):
        """Waits for a line, after those already passed, that pattern is found in; returns the match."""
        end = time.monotonic() + timeout
        with self.more:
            while True:
                while self.seen < len(self.lines):
                    self.seen += 1
                    if found := re.search(pattern, self.lines[self.seen - 1]):
                        return found
                if self.ended:
                    raise LabError(f"{self.name} ended without saying '{pattern}'; {self.last_words()}")
                left = end - time.monotonic()
                if left <= 0:
                    raise LabError(f"{self.name} did not say '{pattern}' within {timeout} s; {self.last_words()}")
                self.more.wait(left)

    def said(self, pattern):
        """The match of pattern in any line so far, or None."""
        with self.more:
            return next((found for line in self.lines if (found := re.search(pattern, line))), None)

    def last_words(self):
        words = " | ".join(self.lines[-3:]) or "it said nothing"
        return f"last: {words} (all in {self.log})"

    def wait_end(self, timeout=20):
        """Waits for the program's end; returns its exit status, negative for a signal."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} did not end within {timeout} s; {self.last_words()}") from None
        self.reader.join(timeout)
        return status

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout=20):
        """Asks the program to end (SIGTERM) and returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait_end(timeout)

    def finish(self):
        """Ends the program: in order if it can, which gives sanitizers a chance to speak, else by force."""
        try:
            self.stop(10)
        except LabError:
            self.process.kill()
            self.wait_end()


class Host:
    """A network namespace. Host(lab, None) is the one the script itself lives in."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        if name is not None:
            run(f"ip netns add {name}")
            self.run("ip link set lo up")

    def _inside(self, command):
        argv = shlex.split(command) if isinstance(command, str) else list(command)
        return argv if self.name is None else ["ip", "netns", "exec", self.name, *argv]

    def at(self):
        """Words for ip(8) that say "in this namespace"."""
        return [] if self.name is None else ["netns", self.name]

    def run(self, command, **how):
        return run(self._inside(command), **how)

    def start(self, name, command, env=None, stdin=None):
        """Starts a program here; it is killed at the laboratory's end if it still runs."""
        program = Program(name, self._inside(command), self.lab.path(f"{name}.log"), self.lab.began, env, stdin)
        self.lab.programs.append(program)
        return program


class Lab:
    """
    A directory and the things started for one test. Used in a with statement; at its end everything is
    stopped, and the directory is kept where keep is set or the test failed.
    """

    def __init__(self, name, keep=None):
        self.name, self.keep = name, keep
        self.programs, self.hosts = [], []
        self.began = time.monotonic()

    def __enter__(self):
        base = self.keep or tempfile.gettempdir()
        os.makedirs(base, exist_ok=True)
        self.dir = tempfile.mkdtemp(prefix=f"{self.name[:24]}-", dir=base)
        os.chmod(self.dir, 0o755)
        return self

    def __exit__(self, kind, error, trace):
        for program in reversed(self.programs):
            program.finish()
        for host in self.hosts:
            run(f"ip netns del {host.name}", check=False)
        if kind is None:
            self._fail_on_sanitizers()
            if self.keep is None:
                run(["rm", "-rf", self.dir])

    def _fail_on_sanitizers(self):
        for program in self.programs:
            if report := program.said(r"SUMMARY: \w*Sanitizer.*|runtime error: .*"):
                raise LabError(f"{program.name}: {report.group(0)} (all in {program.log})")

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def host(self, name):
        host = Host(self, name)
        self.hosts.append(host)
        return host


def cable(one, one_if, other, other_if):
    """Joins two hosts by a veth pair, up at both ends, without link-local addresses that come late."""
    run(["ip", "link", "add", one_if, *one.at(), "type", "veth", "peer", "name", other_if, *other.at()])
    one.run(f"ip link set {one_if} addrgenmode none up")
    other.run(f"ip link set {other_if} addrgenmode none up")


def address(host, interface, *addresses):
    """Gives a host's interface addresses, usable at once (no duplicate address detection)."""
    for each in addresses:
        host.run(["ip", "addr", "add", each, "dev", interface, *(["nodad"] if ":" in each else [])])
