# SPDX-License-Identifier: MIT
"""
Gives each of some threads of a program a part of a processor, by a control group of its own with a quota: with the
cpu controller of cgroup v1, or with cgroup v2's threaded groups, whichever the machine has.
"""

import os
import sys

PERIOD = 10000  # microseconds; the kernel may spend the quota of each anywhere in it
PREFIX = "sstp-quota-"


class Unable(Exception):
    """The machine has no control groups that we can make; the text says why."""


def _write(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def _mounts(kind):
    """Mount points of the file systems of that kind, with their options."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            _, where, this, options = line.split()[:4]
            if this == kind:
                yield where, options.split(",")


class _Version1:
    def __init__(self):
        self.root = next((where for where, options in _mounts("cgroup") if "cpu" in options), None)
        if self.root is None:
            raise Unable("cgroup v1 is mounted without its cpu controller")

    def begin(self, _name, _pid):
        """The folder that the groups of the process's threads are made in: any thread may be in any group."""
        return self.root

    @staticmethod
    def add(group, thread):
        _write(f"{group}/tasks", thread)

    @staticmethod
    def limit(group, quota):
        _write(f"{group}/cpu.shares", 262144)
        _write(f"{group}/cpu.cfs_period_us", PERIOD)
        _write(f"{group}/cpu.cfs_quota_us", quota)

    def end(self, _folder, groups, _pid):
        for group in groups:
            with open(f"{group}/tasks", encoding="ascii") as file:
                for thread in file.read().split():
                    _write(f"{self.root}/tasks", thread)
            os.rmdir(group)


class _Version2:
    """A thread may leave its process's group only for a threaded group below it, so the process gets one, too."""

    def __init__(self):
        self.root = next((where for where, _ in _mounts("cgroup2")), None)
        if self.root is None:
            raise Unable("no cgroup file system is mounted")
        with open(f"{self.root}/cgroup.controllers", encoding="ascii") as file:
            if "cpu" not in file.read().split():
                raise Unable(f"{self.root} has no cpu controller")

    def begin(self, name, pid):
        _write(f"{self.root}/cgroup.subtree_control", "+cpu")
        folder = f"{self.root}/{name}"
        os.mkdir(folder)
        try:
            _write(f"{folder}/cgroup.procs", pid)
        except OSError:
            os.rmdir(folder)
            raise
        return folder

    @staticmethod
    def add(group, thread):
        _write(f"{group}/cgroup.type", "threaded")
        _write(f"{os.path.dirname(group)}/cgroup.subtree_control", "+cpu")
        _write(f"{group}/cgroup.threads", thread)

    @staticmethod
    def limit(group, quota):
        _write(f"{group}/cpu.weight", 10000)
        _write(f"{group}/cpu.max", f"{quota} {PERIOD}")

    def end(self, folder, groups, pid):
        if os.path.isdir(f"/proc/{pid}"):
            _write(f"{self.root}/cgroup.procs", pid)
        for group in (*groups, folder):
            os.rmdir(group)


def _version():
    try:
        return _Version1()
    except Unable:
        return _Version2()


class Quotas:
    """
    In a with statement: threads of process pid may use `share` of a processor each, before what else runs there, and
    thread n only processor n. At its end, by whatever cause but SIGKILL, the groups are gone; what a killed run has
    left is removed by the next.
    """

    def __init__(self, name, pid, threads, share):
        self.name, self.pid, self.threads, self.share = PREFIX + name, pid, threads, share
        self.folder, self.groups = None, []

    def __enter__(self):
        self.version = _version()
        _remove_old(self.version.root)
        try:
            self.folder = self.version.begin(self.name, self.pid)
            for number, thread in enumerate(self.threads):
                group = f"{self.folder}/{self.name}-{number}"
                os.mkdir(group)
                self.groups.append(group)
                self.version.add(group, thread)
                os.sched_setaffinity(thread, {number})
            for group in self.groups:
                self.version.limit(group, int(PERIOD * self.share))
        except OSError as error:
            self.__exit__()
            raise Unable(f"a control group cannot be made: {error}") from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.folder is not None:
                self.version.end(self.folder, self.groups, self.pid)
        except OSError as error:
            print(f"# a control group is left over: {error}", file=sys.stderr)


def _remove_old(root):
    """Removes the groups of a run that was killed: those that nobody is in."""
    for name in os.listdir(root):
        if name.startswith(PREFIX):
            for group in (*(f"{root}/{name}/{each}" for each in os.listdir(f"{root}/{name}")), f"{root}/{name}"):
                try:
                    os.rmdir(group)
                except OSError:
                    pass  # a file, or somebody is in
