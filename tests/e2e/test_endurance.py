# SPDX-License-Identifier: MIT
"""
Correctness under speed: bytes both ways at once and their checksums, while other sessions come and go and keys
change with every megabyte, over an outer link that loses, reorders, repeats and damages packets.
`tests/e2e/run --long` carries 10.7 GB in each of them.
"""

import json
import sys
import time

import suite
from suite import GATEWAY4, GATEWAY6, Client, Server, cabled_hosts, claim, faulty_cable, refuse, start_load, test
from test_traffic import MEGABYTE, STREAM

GIGABYTE = 1 << 30
KEPT = 16  # sessions besides that of sstp that stay; as many come and go
FAULTS = {"delay": 1000, "queue": 4000, "loss": 0.3, "reorder": 0.5, "duplicate": 0.3, "corrupt": 0.3}


class Flow:
    """Bytes on their way over TCP from one host to another."""

    def __init__(self, sender, receiver, address, size, number, port):
        self.sink = receiver.start(f"sink-{number}", [sys.executable, STREAM, "receive", address, str(port)])
        self.sink.wait_for("ready")
        self.source = sender.start(f"source-{number}", [sys.executable, STREAM, "send", address, str(port), str(size),
                                                        str(number)])

    def arrives(self, seconds):
        """Claims that the bytes arrive unchanged; returns how long they took."""
        sent = self.source.wait_for(r"sha256 (\w+) seconds ([\d.]+)", seconds)
        received = self.sink.wait_for(r"sha256 (\w+)", 30)
        claim(sent.group(1) == received.group(1), "the bytes that arrived are not those that were sent")
        return float(sent.group(2))


def endure(the_lab, hosts, size, settings=None, client_lacks=""):
    """
    Carries `size` bytes each way over IPv4 and, at the same time, a quarter of that over IPv6, beside KEPT sessions
    with pings of their own and others that come and go.
    """
    size = 4 * GIGABYTE if suite.LONG else size
    server_host, client_host = hosts
    began = time.monotonic()
    server = Server(server_host, {"server.workers": 2, "tls.rekey": 1, **(settings or {})})
    client = Client(client_host, server, options=["--route", "fd00:77::/48", "--rekey", "1"],
                    env=refuse(the_lab, client_lacks)).up()
    inner4, inner6 = client.phases["connected"]["addresses"].split()
    keeper = start_load(client_host, "keeper", KEPT, "-k", "-r", "200", "-t", "2")
    keeper.wait_for(f'"up": {KEPT}', 60)
    churn = start_load(client_host, "churn", KEPT, "-j", str(KEPT), "-c")
    flows = [Flow(client_host, server_host, GATEWAY4, size, 1, 5001),
             Flow(server_host, client_host, inner4, size, 2, 5001),
             Flow(client_host, server_host, GATEWAY6, size // 4, 3, 5002),
             Flow(server_host, client_host, inner6, size // 4, 4, 5002)]
    took = [flow.arrives(3000 if suite.LONG else 120) for flow in flows]
    churn.process.stdin.close()
    told = json.loads(churn.wait_for(r'^\{"calls.*\}$', 60).group(0))
    keeper.process.stdin.close()
    claim(keeper.wait_end(60) == 0, f"the sessions that stay did not: {keeper.last_words()}")
    claim(told["up"] > 0, "no session came and went")
    claim(told["failed"] == 0, f"of the sessions that come and go {told['failed']} failed")
    server.wait_sessions(1, 60)  # a last word may be lost, and be sent again
    claim(server.only_session()["up"], "the session did not survive")
    client.hang_up()
    server.wait_no_session()
    shown = json.loads(server.ctl("-j", "stats"))
    claim(shown["spoofed"] == 0, f"sstpd took {shown['spoofed']} packets for spoofed")
    suite.say(f"# {the_lab.name}: {2.5 * size / 1e9:.2f} GB unchanged in {max(took):.1f} s, {told['up']} sessions came "
              f"and went, {shown['handed_over']} packets handed over, {time.monotonic() - began:.1f} s in all")


@test("endurance", "sanitizers")
def bytes_arrive_unchanged_while_sessions_come_and_go(the_lab):
    endure(the_lab, cabled_hosts(the_lab), 64 * MEGABYTE)


@test("endurance", "sanitizers")
def bytes_arrive_unchanged_over_a_faulty_cable(the_lab):
    server, client, cable = faulty_cable(the_lab, **FAULTS)
    endure(the_lab, (server, client), 8 * MEGABYTE)
    cable.process.stdin.close()
    cable.wait_end()
    faults = [line for line in cable.lines if "corrupt" in line]
    claim(len(faults) == 2 and all(" loss 0," not in line for line in faults), f"the cable was no faulty one: {faults}")


@test("endurance")
def bytes_arrive_unchanged_without_offloads_at_the_server(the_lab):
    endure(the_lab, cabled_hosts(the_lab), 16 * MEGABYTE, {"tun.offload": "none"})


@test("endurance")
def bytes_arrive_unchanged_without_offloads_at_the_client(the_lab):
    endure(the_lab, cabled_hosts(the_lab), 16 * MEGABYTE, client_lacks="vnet_hdr")


@test("endurance")
def bytes_arrive_unchanged_over_tls_12(the_lab):
    endure(the_lab, cabled_hosts(the_lab), 16 * MEGABYTE, {"tls.ciphers": "AES128-GCM-SHA256"})
