# SPDX-License-Identifier: MIT
"""Packets at the edges: too large, in fragments, marked as congested, of connections that think the path wider."""

import os
import re
import sys

from suite import GATEWAY4, GATEWAY6, POOL4, Client, Server, cabled_hosts, call, claim, faulty_cable, lab, ping, test
from test_traffic import MEGABYTE, STREAM, transfer

SNIFF = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sniff.py")
MTU, WIDE = 1400, 1500
SEND = """
import socket, sys
address, port, tos = sys.argv[1], 9, int(sys.argv[2])
six = ":" in address
with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM) as each:
    each.setsockopt(*((socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if six else (socket.IPPROTO_IP, socket.IP_TOS)), tos)
    each.sendto(b"marked", (address, port))
"""


def ends(the_lab, settings=None, options=()):
    """
    A call, and its two ends: (host, its interface, the other's IPv4 address, the other's IPv6 address), the
    client's first.
    """
    server, client = call(the_lab, settings, options)
    inner4, inner6 = client.phases["connected"]["addresses"].split()
    return server, client, ((client.host, client.phases["connected"]["interface"], GATEWAY4, GATEWAY6),
                            (server.host, "sstpd0", inner4, inner6))


def both_directions(the_ends):
    """(near end, far end) for each direction."""
    return (the_ends, the_ends[::-1])


def sniff(end, name):
    host, interface = end[:2]
    program = host.start(f"sniff-{name}", [sys.executable, SNIFF, interface])
    program.wait_for("ready")
    return program


@test("packets")
def an_mtu_of_4087_at_both_ends_carries_packets_as_large(the_lab):
    server, client, both = ends(the_lab, {"ppp.mtu": 4087}, ["--mtu", "4087"])
    for host, interface, far4, far6 in both:
        claim("mtu 4087 " in host.run(f"ip link show {interface}"), f"the MTU of {interface} is not 4087")
        for far, header in ((far4, 28), (far6, 48)):
            said = host.run(["ping", "-n", "-q", "-M", "do", "-c", "3", "-i", "0.05", "-W", "2",
                             "-s", str(4087 - header), far])
            claim(" 3 received" in said, f"ping of 4087 bytes to {far}: {' '.join(said.split())}")
    transfer(client.host, server.host, GATEWAY4, 16 * MEGABYTE, 1)
    transfer(server.host, client.host, both[1][2], 16 * MEGABYTE, 2)
    claim(server.only_session()["mtu"] == 4087, f"sstpctl shows the MTU {server.only_session()['mtu']}")
    client.hang_up()


@test("packets")
def ends_of_different_mtu_agree_on_what_each_can_send(the_lab):
    server, client, both = ends(the_lab, {"ppp.mtu": 4087}, ["--mtu", "1400"])
    transfer(client.host, server.host, GATEWAY4, 8 * MEGABYTE, 1)
    transfer(server.host, client.host, both[1][2], 8 * MEGABYTE, 2)
    for host, _, far4, _ in both:
        ping(host, far4)
    client.hang_up()


@test("packets", "sanitizers")
def a_packet_that_does_not_fit_and_may_not_be_cut_is_answered(the_lab):
    _, client, both = ends(the_lab)
    for host, interface, far4, far6 in both:
        host.run(f"ip link set {interface} mtu {WIDE}")
        for far, header, words in ((far4, 28, rf"[Ff]rag needed.*mtu ?= ?{MTU}|mtu={MTU}"),
                                   (far6, 48, rf"[Pp]acket too big: mtu={MTU}|mtu ?= ?{MTU}")):
            said = host.run(["ping", "-n", "-M", "do", "-c", "2", "-i", "0.2", "-W", "1", "-s", str(WIDE - header), far],
                            check=False)
            claim(re.search(words, said), f"a packet of {WIDE} bytes to {far}: {' '.join(said.split())}")
    client.hang_up()


@test("packets", "sanitizers")
def a_packet_that_does_not_fit_but_may_be_cut_arrives(the_lab):
    _, client, both = ends(the_lab)
    for host, interface, far4, _ in both:
        host.run(f"ip link set {interface} mtu {WIDE}")
        said = host.run(["ping", "-n", "-q", "-M", "dont", "-c", "3", "-i", "0.05", "-W", "2", "-s", str(WIDE - 28), far4])
        claim(" 3 received" in said, f"a packet of {WIDE} bytes to {far4}: {' '.join(said.split())}")
    client.hang_up()


@test("packets", "sanitizers")
def fragments_pass(the_lab):
    _, client, both = ends(the_lab)
    for near, far in both_directions(both):
        seen = sniff(far, near[1])
        for address in near[2:]:
            said = near[0].run(["ping", "-n", "-q", "-c", "3", "-i", "0.05", "-W", "2", "-s", "9000", address])
            claim(" 3 received" in said, f"ping of 9000 bytes to {address}: {' '.join(said.split())}")
            seen.wait_for(rf"^{6 if ':' in address else 4} .*fragment")
    client.hang_up()


@test("packets")
def connections_learn_what_fits_both_ways(the_lab):
    """Each end thinks the path wider than it is: in SYN and SYN-ACK the MSS is made to fit what the link carries."""
    _, client, both = ends(the_lab)
    for host, interface, _, _ in both:
        host.run(f"ip link set {interface} mtu {WIDE}")
    for number, (near, far) in enumerate(both_directions(both)):
        for address, header in ((near[2], 40), (near[3], 60)):
            there, back = sniff(far, f"there-{number}-{header}"), sniff(near, f"back-{number}-{header}")
            transfer(near[0], far[0], address, MEGABYTE, 10 * header + number)
            there.wait_for(rf"syn mss={MTU - header}$")  # what came in
            back.wait_for(rf"syn mss={WIDE - header}$")  # what went out
            back.wait_for(rf"syn mss={MTU - header}$")   # the answer to it
            there.stop()
            back.stop()
    client.hang_up()


@test("packets")
def congestion_marks_are_carried_through(the_lab):
    _, client, both = ends(the_lab)
    for near, far in both_directions(both):
        seen = sniff(far, near[1])
        for address in near[2:]:
            for tos in (0, 1, 2, 3, 0xb8 | 2):
                near[0].run([sys.executable, "-c", SEND, address, str(tos)])
                seen.wait_for(rf"^{6 if ':' in address else 4} tos={tos} .*protocol=17")
    client.hang_up()


def marks_seen(host):
    """How many packets a host has received that were marked on their way (RFC 3168)."""
    names, values = (line.split() for line in host.run("cat /proc/net/netstat").split("\n") if line.startswith("IpExt"))
    return int(values[names.index("InCEPkts")])


@test("packets")
def a_queue_that_stands_marks_packets_instead_of_dropping_them(the_lab):
    server_host, client_host, _ = faulty_cable(the_lab, rate=20, delay=5000, queue=100)
    for host in (server_host, client_host):
        host.run("sysctl -q -w net.ipv4.tcp_ecn=1")
    server = Server(server_host)
    client = Client(client_host, server).up()
    inner4 = client.phases["ip4"]["address"]
    # a sender that fills queues, whatever this machine's own is
    server_host.run(f"ip route change {POOL4} dev sstpd0 proto kernel scope link src {GATEWAY4} congctl cubic")
    sink = client_host.start("sink", [sys.executable, STREAM, "receive", inner4, "5001"])
    sink.wait_for("ready")
    source = server_host.start("source", [sys.executable, STREAM, "send", inner4, "5001", str(8 * MEGABYTE), "1"])
    sent = source.wait_for(r"sha256 (\w+)", 60).group(1)
    claim(sink.wait_for(r"sha256 (\w+)").group(1) == sent, "the bytes that arrived are not those that were sent")
    session = server.only_session()
    marks = marks_seen(client_host)
    claim(session["queue_marks"] > 0, "sstpd has marked nothing, although the session's queue was full for seconds")
    # packets of a flow that follow each other may reach the kernel as one
    claim(0 < marks <= session["queue_marks"], f"{session['queue_marks']} packets were marked and {marks} came marked")
    claim(session["queue_drops"] == 0, f"sstpd dropped {session['queue_drops']} packets that could be marked")
    client.hang_up()
