# SPDX-License-Identifier: MIT
"""The connection suits its path, also one that changes while it lasts."""

import sys
import threading

from suite import (CLIENT4, GATEWAY4, SERVER4, Client, Server, Skip, add_cable, cabled_hosts, claim, faulty_cable, lab,
                   test)
from test_offload import DATAGRAMS, datagram_sink
from test_traffic import MEGABYTE, transfer

BBR = "bbr"  # the congestion control, where nothing else is asked for


def control(host, port_is):
    """The TCP congestion control of the host's connection to or from port 443."""
    said = host.run(["ss", "-tinH", "state", "established", port_is, "=", ":443"]).split("\n")
    return said[1].split()[0] if len(said) > 1 else ""


def need_bbr():
    with open("/proc/sys/net/ipv4/tcp_available_congestion_control", encoding="ascii") as file:
        if BBR not in file.read().split():
            raise Skip(f"this kernel has no {BBR}")


def flood(client, **how):
    """Sends pings enough to keep both ends busy, also over a long path."""
    client.run(["ping", "-n", "-q", "-f", "-l", "100", "-c", "2000", "-W", "2", GATEWAY4], **how)


def claim_both(server, client, wanted):
    """Claims that both ends run the congestion control, with some traffic both ways."""
    flood(client, check=False)
    runs = control(server, "sport"), control(client, "dport")
    claim(runs == (wanted, wanted), f"sstpd and sstp run {runs} instead of {wanted}")


def go_over(interface, server, client):
    """Sends what goes from one host to the other over the interface."""
    for host, peer in ((server, CLIENT4), (client, SERVER4)):
        host.run(f"ip route replace {peer}/32 dev {interface}")


def is_told_of_the_path(the_lab, wanted, **faults):
    server_host, client_host = cabled_hosts(the_lab)
    add_cable(the_lab, server_host, client_host, "detour", **faults)
    server = Server(server_host, {"server.log_level": "info"})
    client = Client(client_host, server, options=["--ipv4", "-v"]).up()
    flood(client_host)
    ends = client.program, server.program
    claim(not any(end.said("the path to the other end") for end in ends), "a path that is as it was is told of")
    go_over("detour", server_host, client_host)

    def are_told():
        flood(client_host, check=False)
        return all(end.said(f"the path to the other end is {wanted}") for end in ends)

    lab.wait_until(are_told, 15, f"both ends tell that the path is {wanted}")
    claim(server.only_session()["up"], "the session did not survive")
    client.hang_up()


@test("traffic")
def bbr_runs_by_default_at_both_ends(the_lab):
    need_bbr()
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    client = Client(client_host, server).up()
    claim(client.phases["tcp"]["congestion"] == BBR, f"sstp runs {client.phases['tcp']['congestion']}")
    claim(server.program.said(f"TCP congestion control: {BBR}"), "sstpd does not say what runs")
    claim_both(server_host, client_host, BBR)
    transfer(client_host, server_host, GATEWAY4, 256 * MEGABYTE, 1)
    transfer(server_host, client_host, client.phases["ip4"]["address"], 256 * MEGABYTE, 2)
    claim_both(server_host, client_host, BBR)
    client.hang_up()


@test("traffic")
def a_path_that_becomes_long_is_noticed_at_both_ends(the_lab):
    is_told_of_the_path(the_lab, "long", delay=4000)


@test("traffic")
def a_path_that_begins_to_lose_packets_is_noticed_at_both_ends(the_lab):
    is_told_of_the_path(the_lab, "(short|long), and loses packets", loss=10)


@test("traffic")
def a_path_is_judged_by_one_who_only_sends(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    add_cable(the_lab, server_host, client_host, "detour", delay=4000)
    client = Client(client_host, Server(server_host), options=["--ipv4", "-v"]).up()
    datagram_sink(server_host, GATEWAY4, "sink")
    go_over("detour", server_host, client_host)

    def is_told():
        client_host.run([sys.executable, DATAGRAMS, "send", GATEWAY4, "5002", "0", "400", "1200"])
        return client.program.said("the path to the other end is long")

    lab.wait_until(is_told, 15, "the client tells that the path is long")
    client.hang_up()


@test("traffic")
def a_busy_path_is_not_silenced_every_ten_seconds(the_lab):
    need_bbr()
    server_host, client_host, _ = faulty_cable(the_lab, rate=50, delay=10000, queue=1000)
    server = Server(server_host)
    client = Client(client_host, server, options=["--ipv4"]).up()
    arrived = []
    carrier = threading.Thread(
        target=lambda: arrived.append(transfer(client_host, server_host, GATEWAY4, 200 * MEGABYTE, 1)))
    carrier.start()
    measurings, before = 0, False
    while carrier.is_alive():
        now = "cwnd_gain:1)" in client_host.run(["ss", "-tinH", "dport", "=", ":443"])
        measurings += now and not before
        before = now
        carrier.join(0.05)
    claim(arrived, "the transfer failed")
    claim(measurings <= 2, f"BBR kept the path empty {measurings} times in 34 s")
    client.hang_up()


@test("traffic")
def a_congestion_control_that_is_asked_for_stays(the_lab):
    need_bbr()
    server_host, client_host = cabled_hosts(the_lab)
    add_cable(the_lab, server_host, client_host, "detour", delay=4000)
    go_over(f"wire congctl {BBR}", server_host, client_host)  # what a route says is not asked
    server = Server(server_host, {"server.congestion": "reno"})
    client = Client(client_host, server, options=["--ipv4", "--congestion", "reno"]).up()
    claim(client.phases["tcp"]["congestion"] == "reno", f"sstp runs {client.phases['tcp']['congestion']}")
    claim_both(server_host, client_host, "reno")
    go_over("detour", server_host, client_host)
    flood(client_host)
    claim_both(server_host, client_host, "reno")
    client.hang_up()
