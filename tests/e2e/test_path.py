# SPDX-License-Identifier: MIT
"""The connection suits its path, also one that changes while it lasts."""

import sys

from suite import CLIENT4, GATEWAY4, SERVER4, Client, Server, Skip, add_cable, cabled_hosts, claim, lab, test
from test_offload import DATAGRAMS, datagram_sink
from test_traffic import MEGABYTE, transfer

ANY, FAST = "bbr", "cubic"  # the congestion control on any path, and on a short one that is fast and loses nothing


def control(host, port_is):
    """The TCP congestion control of the host's connection to or from port 443."""
    said = host.run(["ss", "-tinH", "state", "established", port_is, "=", ":443"]).split("\n")
    return said[1].split()[0] if len(said) > 1 else ""


def kernels(which):
    with open(f"/proc/sys/net/ipv4/tcp_{which}_congestion_control", encoding="ascii") as file:
        return file.read().split()


def need_bbr():
    if ANY not in kernels("available"):
        raise Skip(f"this kernel has no {ANY}")


def flood(client, **how):
    """Sends pings enough to keep both ends busy, also over a long path."""
    client.run(["ping", "-n", "-q", "-f", "-l", "100", "-c", "2000", "-W", "2", GATEWAY4], **how)


def await_both(server, client, wanted, why):
    """Waits, with some traffic, until both ends run the congestion control."""

    def are_there():
        flood(client, check=False)
        return control(server, "sport") == control(client, "dport") == wanted

    lab.wait_until(are_there, 15, f"{wanted} runs on both ends, for the path {why}")


def go_over(interface, server, client):
    """Sends what goes from one host to the other over the interface."""
    for host, peer in ((server, CLIENT4), (client, SERVER4)):
        host.run(f"ip route replace {peer}/32 dev {interface}")


def go_fast(sender, port_is, receiver, address):
    """Carries much, until the sender's connection runs what a fast path gets."""
    seeds = iter(range(1, 20))

    def is_there():
        transfer(sender, receiver, address, 256 * MEGABYTE, next(seeds))
        return control(sender, port_is) == FAST

    lab.wait_until(is_there, 30, f"{FAST} runs at {sender.name}, for the path is fast")


def changes_when_the_path_does(the_lab, why, **faults):
    need_bbr()
    server_host, client_host = cabled_hosts(the_lab)
    add_cable(the_lab, server_host, client_host, "detour", **faults)
    server = Server(server_host)
    client = Client(client_host, server, options=["--ipv4", "-v"]).up()
    go_fast(client_host, "dport", server_host, GATEWAY4)
    client.program.wait_for(f"{FAST} from here on, for the path is short")
    if FAST in kernels("allowed"):  # also to sstpd, which has no privileges
        claim(server.program.said(f"congestion control: {ANY}; {FAST} for"), "sstpd does not say what may run")
        go_fast(server_host, "sport", client_host, client.phases["ip4"]["address"])
    else:
        claim(server.program.said(f"congestion control: {ANY}$"), "sstpd does not say what runs")
    go_over("detour", server_host, client_host)
    await_both(server_host, client_host, ANY, why)
    client.program.wait_for(f"{ANY} from here on, for the path")
    claim(server.only_session()["up"], "the session did not survive")
    client.hang_up()


@test("traffic")
def bbr_runs_by_default_at_both_ends(the_lab):
    need_bbr()
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    client = Client(client_host, server).up()
    claim(client.phases["tcp"]["congestion"] == ANY, f"sstp runs {client.phases['tcp']['congestion']}")
    claim(server.program.said(f"TCP congestion control: {ANY}"), "sstpd does not say what runs")
    for _ in range(3):
        await_both(server_host, client_host, ANY, "has proved nothing")
    client.hang_up()


@test("traffic")
def a_fast_peer_gets_cubic_until_its_path_becomes_long(the_lab):
    changes_when_the_path_does(the_lab, "has become long", delay=4000)


@test("traffic")
def a_fast_peer_gets_cubic_until_its_path_loses_packets(the_lab):
    changes_when_the_path_does(the_lab, "loses packets", loss=10)


@test("traffic")
def a_path_is_judged_by_one_who_only_sends(the_lab):
    need_bbr()
    server_host, client_host = cabled_hosts(the_lab)
    add_cable(the_lab, server_host, client_host, "detour", delay=4000)
    client = Client(client_host, Server(server_host), options=["--ipv4"]).up()
    go_fast(client_host, "dport", server_host, GATEWAY4)
    datagram_sink(server_host, GATEWAY4, "sink")
    go_over("detour", server_host, client_host)

    def is_there():
        client_host.run([sys.executable, DATAGRAMS, "send", GATEWAY4, "5002", "0", "400", "1200"])
        return control(client_host, "dport") == ANY

    lab.wait_until(is_there, 15, f"{ANY} runs at the client, for the path has become long")
    client.hang_up()


@test("traffic")
def a_congestion_control_that_is_asked_for_stays(the_lab):
    need_bbr()
    server_host, client_host = cabled_hosts(the_lab)
    add_cable(the_lab, server_host, client_host, "detour", delay=4000)
    go_over(f"wire congctl {ANY}", server_host, client_host)  # what a route says is not asked
    server = Server(server_host, {"server.congestion": "reno"})
    client = Client(client_host, server, options=["--ipv4", "--congestion", "reno"]).up()
    claim(client.phases["tcp"]["congestion"] == "reno", f"sstp runs {client.phases['tcp']['congestion']}")
    transfer(client_host, server_host, GATEWAY4, 256 * MEGABYTE, 1)
    await_both(server_host, client_host, "reno", "is short")
    go_over("detour", server_host, client_host)
    flood(client_host)
    await_both(server_host, client_host, "reno", "has become long")
    client.hang_up()
