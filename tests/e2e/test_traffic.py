# SPDX-License-Identifier: MIT
"""What goes in comes out: large transfers, both address families, many sessions."""

import os
import sys

from suite import GATEWAY4, GATEWAY6, SERVER6, Client, Server, cabled_hosts, call, claim, ping, test

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


def both_ways(the_lab, gateway, family, size):
    server, client = call(the_lab)
    inner = client.phases["connected"]["addresses"].split()[family]
    transfer(client.host, server.host, gateway, size, 1)
    transfer(server.host, client.host, inner, size, 2)
    claim(server.only_session()["up"], "the session did not survive the transfers")
    client.hang_up()


@test("traffic")
def a_gigabyte_each_way_arrives_unchanged(the_lab):
    both_ways(the_lab, GATEWAY4, 0, 1024 * MEGABYTE)


@test("traffic")
def a_quarter_gigabyte_each_way_over_ipv6_arrives_unchanged(the_lab):
    both_ways(the_lab, GATEWAY6, 1, 256 * MEGABYTE)


@test("sanitizers")
def some_megabytes_each_way_arrive_unchanged(the_lab):
    both_ways(the_lab, GATEWAY4, 0, 32 * MEGABYTE)


@test("traffic", "sanitizers")
def bytes_arrive_unchanged_while_both_sides_change_their_keys(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host, {"tls.rekey": "1"})
    client = Client(client_host, server, options=["--rekey", "1"]).up()
    inner = client.phases["connected"]["addresses"].split()[0]
    transfer(client_host, server_host, GATEWAY4, 64 * MEGABYTE, 1)
    transfer(server_host, client_host, inner, 64 * MEGABYTE, 2)
    claim(server.only_session()["up"], "the session did not survive the change of keys")
    client.hang_up()


@test("traffic")
def a_call_over_outer_ipv6_carries_traffic(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    client = Client(client_host, server, options=["--ipv6"]).up()
    claim(SERVER6 in client.phases["tcp"]["address"], f"sstp went to {client.phases['tcp']['address']}")
    ping(client.host, GATEWAY4)
    client.hang_up()
