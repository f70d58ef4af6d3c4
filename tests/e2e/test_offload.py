# SPDX-License-Identifier: MIT
"""Kernels that do less than others, on either side: what they refuse is told once and done without."""

import json
import os
import subprocess
import sys

from suite import GATEWAY4, GATEWAY6, Client, Server, cabled_hosts, claim, lab, program, refuse, start_load, test
from test_traffic import MEGABYTE, transfer

HERE = os.path.dirname(os.path.abspath(__file__))
DATAGRAMS = os.path.join(HERE, "datagrams.py")
ALL = "vnet csum tso uso"
SIZE, SIZE6 = 24 * MEGABYTE, 8 * MEGABYTE


def stats(server):
    return json.loads(server.ctl("-j", "stats"))


def datagram_sink(receiver, address, name):
    """What takes datagrams, and prints the number of each that is new and has the right bytes."""
    sink = receiver.start(name, [sys.executable, DATAGRAMS, "receive", address, "5002"], stdin=subprocess.PIPE)
    sink.wait_for("ready")
    return sink


def send_datagrams(sender, receiver, address, name):
    """Claims that bursts of datagrams arrive, each with the bytes that it was sent with."""
    sink = datagram_sink(receiver, address, f"datagrams-{name}")
    for first in range(0, 320, 64):  # a few at a time: a full queue would lose some, as it may
        sender.run([sys.executable, DATAGRAMS, "send", address, "5002", str(first), "64", "1200"])
        for _ in range(64):
            sink.wait_for(r"^\d+$")
    sink.process.stdin.close()


def carries(the_lab, settings=None, server_lacks="", client_lacks=""):
    """Calls, and carries TCP and UDP both ways over both families; returns the server."""
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host, settings, env=refuse(the_lab, server_lacks))
    client = Client(client_host, server, options=["--route", "fd00:77::/48"],
                    env=refuse(the_lab, client_lacks)).up()
    inner4, inner6 = client.phases["connected"]["addresses"].split()
    for name, ours, theirs, size in (("4", GATEWAY4, inner4, SIZE), ("6", GATEWAY6, inner6, SIZE6)):
        transfer(client_host, server_host, ours, size, f"{name}1")
        transfer(server_host, client_host, theirs, size, f"{name}2")
        send_datagrams(client_host, server_host, ours, f"{name}-up")
        send_datagrams(server_host, client_host, theirs, f"{name}-down")
    claim(server.only_session()["up"], "the session did not survive")
    client.hang_up()
    return server


def server_without(the_lab, lacks, left):
    """The kernel of the server refuses something: said once, shown, and everything arrives."""
    server = carries(the_lab, server_lacks=lacks)
    told = [line for line in server.program.lines if "grants the interface" in line]
    claim(len(told) == (left != ALL), f"sstpd said {told}")
    claim(left == ALL or told[0].endswith(f"only these offloads: {left}"), f"sstpd said {told}")
    shown = stats(server)["offloads"]
    claim(shown == left, f"sstpctl shows the offloads '{shown}', not '{left}'")


@test("offload")
def server_whose_kernel_has_no_super_packets_carries_everything(the_lab):
    server_without(the_lab, "vnet_hdr", "none")


@test("offload")
def server_whose_kernel_has_no_header_size_carries_everything(the_lab):
    server_without(the_lab, "hdrsz", "none")


@test("offload")
def server_whose_kernel_has_no_udp_segmentation_carries_everything(the_lab):
    server_without(the_lab, "uso", "vnet csum tso")


@test("offload")
def server_whose_kernel_has_no_tcp_segmentation_carries_everything(the_lab):
    server_without(the_lab, "tso", "vnet csum")


@test("offload", "sanitizers")
def server_whose_kernel_has_no_offloads_carries_everything(the_lab):
    server_without(the_lab, "offload", "vnet")


@test("offload")
def client_whose_kernel_has_no_super_packets_carries_everything(the_lab):
    carries(the_lab, client_lacks="vnet_hdr")


@test("offload")
def client_whose_kernel_has_no_udp_segmentation_carries_everything(the_lab):
    carries(the_lab, client_lacks="uso")


@test("offload", "sanitizers")
def client_whose_kernel_has_no_tcp_segmentation_carries_everything(the_lab):
    carries(the_lab, client_lacks="tso")


@test("offload")
def both_sides_without_offloads_carry_everything(the_lab):
    server = carries(the_lab, {"tun.offload": "none"}, client_lacks="hdrsz")
    claim(stats(server)["offloads"] == "none", "sstpctl does not show that offloads are off")
    claim(not server.program.said("grants the interface"), "sstpd complains of what it was told to do without")


@test("offload", "sanitizers")
def server_without_multi_queue_reads_one_queue_for_all_workers(the_lab):
    server = carries(the_lab, {"server.workers": 3}, server_lacks="multi_queue")
    told = [line for line in server.program.lines if "a queue for each worker" in line]
    claim(len(told) == 1, f"sstpd said {told}")
    shown = stats(server)
    claim((shown["queues"], shown["steering"]) == (1, "workers"), f"sstpctl shows {shown}")
    claim(shown["offloads"] == ALL, f"sstpctl shows the offloads '{shown['offloads']}'")


SPRAY = """
import socket, sys
for i in range(40):
    for address in sys.argv[1:]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
            each.sendto(b"to whom it may concern", (address, 9))
"""


def spray(the_lab, wrap=(), env=None):
    """
    Two workers with some sessions each, and datagrams of ever new flows to all of them from the server's host.
    Returns what sstpctl shows; every datagram must have gone to its session.
    """
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host, {"server.workers": 2}, wrap=wrap, env=env)
    load = start_load(client_host, "load", 16, "-k")
    load.wait_for('"up": 16')
    workers = {session["worker"] for session in server.sessions()}
    claim(workers == {0, 1}, f"16 calls are all with worker {workers}")
    server_host.run([sys.executable, "-c", SPRAY, *(session["ip4"] for session in server.sessions())])
    lab.wait_until(lambda: stats(server)["tx_packets"] >= 16 * 40, 10, "all datagrams are sent")
    few = [session for session in server.sessions() if session["tx_packets"] < 40]
    claim(not few, f"not every datagram went to its session: {few}")
    load.process.stdin.close()
    load.wait_end()
    return stats(server), [line for line in server.program.lines if "does not steer" in line]


@test("offload", "sanitizers")
def packets_come_to_the_worker_of_their_session(the_lab):
    shown, told = spray(the_lab)
    claim(shown["queues"] == 2 and shown["steering"] == "kernel", f"sstpctl shows {shown}")
    claim(not told, f"sstpd said {told}")
    claim(shown["handed_over"] == 0, f"{shown['handed_over']} packets came to the wrong worker")


def handed_over(the_lab, **how):
    shown, told = spray(the_lab, **how)
    claim(shown["queues"] == 2 and shown["steering"] == "workers", f"sstpctl shows {shown}")
    claim(len(told) == 1, f"sstpd said {told}")
    claim(shown["handed_over"] > 100, f"only {shown['handed_over']} packets were handed over: do flows not spread?")
    claim(shown["ring_full"] == 0, f"{shown['ring_full']} packets found no room")


@test("offload", "sanitizers")
def workers_hand_packets_over_where_bpf_is_not_allowed(the_lab):
    handed_over(the_lab, wrap=["setpriv", "--bounding-set", "-bpf,-sys_admin", "--inh-caps", "-bpf,-sys_admin"])


@test("offload")
def workers_hand_packets_over_where_the_kernel_cannot_steer(the_lab):
    handed_over(the_lab, env=refuse(the_lab, "steering"))
