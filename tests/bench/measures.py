# SPDX-License-Identifier: MIT
"""What tests/bench/datapath measures, and how: one method for each measure, one number or a few for each call."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

import suite
from suite import CLIENT4, SERVER4, lab

LOSSES = ("0%", "0.1%", "1%")  # of the long outer path
PATH = {"rate": 200, "delay": 10000, "queue": 1000}  # Mbit/s, microseconds one way, packets
CONTROL = "cubic"  # what Linux uses by default
UDP_SIZE, UDP_LOSS, UDP_STEPS = 200, 1.0, 8
UDP_FIRST, UDP_BUFFER = 1000000, 4 << 20  # packets a second to begin with; bytes: none is lost by the receiver
SESSIONS, SESSION_KBIT, SESSION_BURST = 1000, 1000, 50  # ms from burst to burst: four or five packets each


def has(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def go_first():
    """Asks the scheduler to put us before what else runs here: it would disturb one measure more than another."""
    try:
        with open("/proc/self/autogroup", "w", encoding="ascii") as file:
            file.write("-19")
    except OSError:
        pass  # no autogroups: the priority alone does it
    os.nice(-19)


def processor_seconds():
    """Processor time that all programs of the laboratory have used, those included that have ended."""
    ticks = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile: its parent, ours, has its time
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def as_debian(*hosts):
    """
    Gives the connections over the routes that the hosts have by now, and that do not choose a congestion control,
    the one that Linux has by default, whatever this kernel's is: before tunnels are started, and again when they are
    up. Settings of the host may be locked, and iperf3 chooses too late: it connects first, and what begins with BBR
    is paced by a timer to its end.
    """
    for host in hosts:
        for family in ("-4", "-6"):
            for route in host.run(["ip", family, "route", "show"]).splitlines():
                if "congctl" not in route:
                    host.run(f"ip {family} route change {route.replace(' linkdown', '')} congctl {CONTROL}")


class Bench:
    """The measures over two hosts between which the tunnels are up."""

    def __init__(self, server, client, sstpd, seconds):
        self.server, self.client, self.sstpd, self.seconds = server, client, sstpd, seconds
        self.number = 0

    def _iperf3(self, address, seconds, *options):
        """One test with a server of its own: iperf3's server may still be busy with the last words of another."""
        self.number += 1
        port = 20000 + self.number % 20000
        sink = self.server.start(f"iperf3-{self.number}", ["iperf3", "-s", "-1", "--forceflush", "-p", str(port)])
        sink.wait_for("listening")
        said = self.client.run(["iperf3", "-J", "-c", address, "-p", str(port), "-t", str(seconds), *options],
                               timeout=seconds + 60, check=False)
        sink.process.kill()
        told = json.loads(said or '{"error": "it said nothing"}')
        if "error" in told:
            raise lab.LabError(f"iperf3 to {address}: {told['error']}")
        return told["end"]

    def plain_tls(self, way):
        """Gbit/s and processor seconds per GB of a TLS stream of 16 KiB writes without a tunnel."""
        sender, receiver = (self.client, self.server) if way == "up" else (self.server, self.client)
        address = SERVER4 if way == "up" else CLIENT4
        self.number += 1
        stream = suite.program("tests/bench/tls_stream")
        sink = receiver.start(f"tls-{self.number}", [stream, "receive", "4433", self.sstpd.certificate,
                                                     self.sstpd.key])
        sink.wait_for("ready")
        before = processor_seconds()
        sender.run([stream, "send", address, "4433", str(self.seconds), "TLS_AES_128_GCM_SHA256"],
                   timeout=self.seconds + 30)
        found = sink.wait_for(r"received ([\d.]+) bytes.* ([\d.]+) Gbit/s")
        sink.wait_end()
        return {"gbit": float(found.group(2)),
                "cpu": (processor_seconds() - before) / (float(found.group(1)) / 1e9)}

    def tcp(self, address, way, streams):
        """The same of iperf3's TCP streams to the inner address; its own processor time counts, too."""
        before = processor_seconds()
        end = self._iperf3(address, self.seconds, "-P", str(streams), *(["-R"] if way == "down" else []))
        return {"gbit": end["sum_received"]["bits_per_second"] / 1e9,
                "cpu": (processor_seconds() - before) / (end["sum_received"]["bytes"] / 1e9),
                "retransmits": end["sum_sent"].get("retransmits", 0)}

    def _packets(self, address, rate):
        """Sends so many packets a second for a second; returns how many a second were, and percent lost."""
        self.number += 1
        port, program = str(20000 + self.number % 20000), suite.program("tests/bench/packet_rate")
        sink = self.server.start(f"packets-{self.number}", [program, "receive", port, str(UDP_BUFFER)])
        sink.wait_for("ready")
        said = self.client.run([program, "send", address, port, str(UDP_SIZE), str(rate), "1"])
        sent, took = re.search(r"sent (\d+) packets in ([\d.]+) s", said).groups()
        received = int(sink.wait_for(r"received (\d+)").group(1))
        sink.wait_end()
        return int(sent) / float(took), 100 * (1 - received / int(sent))

    def udp(self, address):
        """The most packets a second, of UDP_SIZE bytes, of which less than UDP_LOSS percent are lost."""
        low, high, best = 0, None, 0
        for _ in range(UDP_STEPS):
            rate = (low + high) // 2 if high else UDP_FIRST
            sent, lost = self._packets(address, rate)
            if lost < UDP_LOSS:
                best, low = max(best, sent), rate
                if high is None:
                    break
            else:
                high = min(rate, int(sent)) if high is None else rate
        return best

    def _ping(self, address, count, interval):
        said = self.client.run(["ping", "-n", "-c", str(count), "-i", str(interval), "-W", "2", address],
                               check=False, timeout=count * interval + 30)
        times = [float(each) for each in re.findall(r"time=([\d.]+) ms", said)]
        return statistics.median(times) if times else float("inf")

    def rtt(self, address):
        """The median round trip in ms through an idle tunnel."""
        return self._ping(address, 100, 0.01)

    def tcp_and_rtt(self, address, way, seconds):
        """Gbit/s of one stream and the median round trip beside it; the first second does not count."""
        stream = threading.Thread(target=lambda: results.append(
            self._iperf3(address, seconds, "-O", "1", *(["-R"] if way == "down" else []))))
        results = []
        stream.start()
        time.sleep(1.5)
        ms = self._ping(address, int(seconds / 0.05) - 10, 0.05)
        stream.join()
        if not results:
            raise lab.LabError(f"iperf3 to {address} failed")
        return {"gbit": results[0]["sum_received"]["bits_per_second"] / 1e9, "ms": ms}


def resident(program):
    """Bytes of memory that only this process holds, and its share of the rest."""
    with open(f"/proc/{program.process.pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1)) * 1024


def load(host, name, calls, *options):
    """sstp-load, on the last processor."""
    return suite.start_load(host, name, calls, *options, wrap=("taskset", "-c", str(os.cpu_count() - 1)))


def one_core_server(host):
    """sstpd with one worker, on the first processor."""
    server = suite.Server(host, {"server.workers": 1, **suite.MANY_CALLS}, pool="10.0.0.0/16")
    lab.run(f"taskset -a -p -c 0 {server.program.process.pid}")
    return server


def _memory(table):
    """Bytes that sstpd grows by for each of many idle sessions, and those that OpenSSL keeps of them."""
    with lab.Lab("memory") as the_lab:
        server_host, client_host = suite.cabled_hosts(the_lab)
        server = one_core_server(server_host)
        before = resident(server.program)
        keeper = load(client_host, "keeper", SESSIONS, "-j", "32", "-k")
        keeper.wait_for(rf'"up": {SESSIONS}\b', 300)
        grown = (resident(server.program) - before) / SESSIONS
        tls = lab.run([suite.program("tests/bench/tls_memory"), server.certificate, server.key])
        table.put("sstp", "memory", {"all": grown, "openssl": float(tls.split()[0])})


def many_sessions(table, seconds):
    """Many sessions with traffic on one core, and the memory of a session."""
    _memory(table)
    with lab.Lab("sessions") as the_lab:
        server_host, client_host = suite.cabled_hosts(the_lab)
        one_core_server(server_host)
        busy = load(client_host, "busy", SESSIONS, "-j", "32", "-k", "-r", str(SESSION_KBIT),
                     "-t", str(seconds), "-i", str(SESSION_BURST))
        busy.wait_for(rf'"up": {SESSIONS}\b', 300)
        before = processor_seconds()
        told = json.loads(busy.wait_for(r'\{"pings.*\}', seconds + 60).group(0))
        told["cpu"] = (processor_seconds() - before) / seconds
        table.put("sstp", "sessions", told)
        busy.process.stdin.close()
        busy.wait_end(60)


def instructions(table):
    """Instructions of libsstp for a packet, each way."""
    said = subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "instructions"),
                           suite.program("tests/bench/link_cost")], capture_output=True, text=True, check=False)
    for way, value in re.findall(r"per packet (\w+): ([\d.]+)", said.stdout):
        table.put("sstp", f"instructions {way}", {"count": float(value)})
