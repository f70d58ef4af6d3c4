# SPDX-License-Identifier: MIT
"""What ./demo leaves behind when it is not let to its end: nothing."""

import os
import signal

from suite import claim, lab, test

# (what the demo does when the signal comes, the signal, whether its whole process group gets it)
MOMENTS = (
    ("The client: sstp connect", signal.SIGHUP, True),
    ("Pings through the tunnel", signal.SIGTERM, False),
    ("Pings through the tunnel", signal.SIGINT, True),  # as Ctrl-C
    ("Pings through the tunnel", signal.SIGKILL, False),
    ("Throughput through the tunnel", signal.SIGINT, False),
    ("Throughput through the tunnel", signal.SIGTERM, True),
)


def processes():
    """The command lines of all processes of the laboratory but this one and its kernel's threads."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                found[pid] = file.read().replace("\0", " ").strip()
        except OSError:  # it has ended
            continue
    return {pid: line for pid, line in found.items() if line and int(pid) != os.getpid()}


@test("demo")
def demo_ends_by_a_signal_at_any_moment_and_leaves_nothing(the_lab):
    before, run_before, here = processes(), sorted(os.listdir("/run")), lab.Host(the_lab, None)
    scratch = the_lab.path("tmp")
    os.mkdir(scratch)
    for number, (title, sent, to_group) in enumerate(MOMENTS):
        # a group of its own, in which no signal is ignored because this test runs in the background
        demo = here.start(f"demo{number}", ["setsid", "env", "--default-signal", os.path.join(lab.CHECKOUT, "demo")],
                          env={"TMPDIR": scratch})
        demo.wait_for(title, 120)
        if "Throughput" in title:
            lab.wait_until(lambda: any("iperf3 --forceflush -i" in line for line in processes().values()), 10,
                           "iperf3 runs")
        os.kill(-demo.process.pid if to_group else demo.process.pid, sent)
        where = f"{sent.name} at '{title}'"
        status = demo.wait_end(3)
        claim(status == -sent, f"{where}: the demo ended with {status}")
        lab.wait_until(lambda: processes() == before, 3, f"{where}: its processes end, of {processes()}")
        claim(sorted(os.listdir("/run")) == run_before, f"{where}: /run has {os.listdir('/run')}")
        claim(os.listdir(scratch) == [], f"{where}: {os.listdir(scratch)} is left")
