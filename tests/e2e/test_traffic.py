# SPDX-License-Identifier: MIT
"""What goes in comes out: large transfers, both address families, many sessions."""

import os
import sys

from suite import GATEWAY4, NAME, SERVER6, Client, Server, cabled_hosts, call, claim, lab, ping, test

STREAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stream.py")
MEGABYTE = 1 << 20


def transfer(sender, receiver, address, size, seed):
    """Carries size bytes over TCP between two hosts and claims that they arrive unchanged."""
    sink = receiver.start(f"sink-{seed}", [sys.executable, STREAM, "receive", address, "5001"])
    sink.wait_for("ready")
    source = sender.start(f"source-{seed}", [sys.executable, STREAM, "send", address, "5001", str(size), str(seed)])
    sent = source.wait_for(r"sha256 (\w+)", 180).group(1)
    received = sink.wait_for(r"sha256 (\w+)", 30).group(1)
    claim(sent == received, "the bytes that arrived are not those that were sent")


@test("traffic")
def a_gigabyte_each_way_arrives_unchanged(the_lab):
    server, client = call(the_lab)
    inner = server.sessions()[0]["ipv4"]
    transfer(client.host, server.host, GATEWAY4, 1024 * MEGABYTE, 1)
    transfer(server.host, client.host, inner, 1024 * MEGABYTE, 2)
    client.hang_up()


@test("traffic", "threads")
def megabytes_over_ipv6_arrive_unchanged(the_lab):
    server, client = call(the_lab)
    inner = server.sessions()[0]["ipv6"]
    transfer(client.host, server.host, server_address6(server), 64 * MEGABYTE, 3)
    transfer(server.host, client.host, inner, 64 * MEGABYTE, 4)
    client.hang_up()


def server_address6(server):
    shown = server.host.run("ip -6 -o addr show scope global")
    return next(line.split()[3].split("/")[0] for line in shown.split("\n") if "fd00:77:" in line)


@test("traffic")
def a_call_over_outer_ipv6_carries_traffic(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server_host.run(f"ip addr del 192.0.2.1/24 dev wire")
    server = Server(server_host)
    client = Client(client_host, server, to=NAME).up()
    claim(client.program.said(SERVER6.replace("::", "::")), "sstp did not say that it went over IPv6")
    ping(client.host, GATEWAY4)
    client.hang_up()
