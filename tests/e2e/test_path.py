# SPDX-License-Identifier: MIT
"""The connection suits its path, also one that changes while it lasts."""

import sys

from suite import GATEWAY4, Client, Server, Skip, claim, faulty_cable, lab, set_cable, test
from test_offload import DATAGRAMS, datagram_sink

NEAR, FAR = "cubic", "bbr"


def control(host, port_is):
    """The TCP congestion control of the host's connection to or from port 443."""
    said = host.run(["ss", "-tinH", "state", "established", port_is, "=", ":443"]).split("\n")
    return said[1].split()[0] if len(said) > 1 else ""


def need_bbr():
    with open("/proc/sys/net/ipv4/tcp_available_congestion_control", encoding="ascii") as file:
        if FAR not in file.read().split():
            raise Skip("this kernel has no bbr")


def await_both(server, client, wanted, why):
    """Waits, with some traffic, until both ends run the congestion control."""

    def are_there():
        client.run(["ping", "-n", "-q", "-f", "-c", "200", "-W", "2", GATEWAY4], check=False)
        return control(server, "sport") == control(client, "dport") == wanted

    lab.wait_until(are_there, 15, f"{wanted} runs on both ends, for the path {why}")


def changes_when_the_path_does(the_lab, why, **faults):
    need_bbr()
    server_host, client_host, cable = faulty_cable(the_lab)
    server = Server(server_host)
    client = Client(client_host, server).up()
    await_both(server_host, client_host, NEAR, "is short")
    set_cable(cable, **faults)
    await_both(server_host, client_host, FAR, why)
    set_cable(cable, **dict.fromkeys(faults, 0))
    claim(server.only_session()["up"], "the session did not survive")
    client.hang_up()


@test("traffic")
def a_near_peer_gets_cubic_until_its_path_becomes_long(the_lab):
    changes_when_the_path_does(the_lab, "has become long", delay=4000)


@test("traffic")
def a_near_peer_gets_cubic_until_its_path_loses_packets(the_lab):
    changes_when_the_path_does(the_lab, "loses packets", loss=10)


@test("traffic")
def a_path_is_judged_by_one_who_only_sends(the_lab):
    need_bbr()
    server_host, client_host, cable = faulty_cable(the_lab)
    client = Client(client_host, Server(server_host)).up()
    datagram_sink(server_host, GATEWAY4, "sink")
    await_both(server_host, client_host, NEAR, "is short")
    set_cable(cable, delay=4000)

    def is_there():
        client_host.run([sys.executable, DATAGRAMS, "send", GATEWAY4, "5002", "0", "400", "1200"])
        return control(client_host, "dport") == FAR

    lab.wait_until(is_there, 15, f"{FAR} runs at the client, for the path has become long")
    client.hang_up()


@test("traffic")
def a_congestion_control_that_is_asked_for_stays(the_lab):
    server_host, client_host, cable = faulty_cable(the_lab)
    server = Server(server_host, {"server.congestion": "reno"})
    client = Client(client_host, server, options=["--congestion", "reno"]).up()
    claim(client.phases["tcp"]["congestion"] == "reno", f"sstp runs {client.phases['tcp']['congestion']}")
    await_both(server_host, client_host, "reno", "is short")
    set_cable(cable, delay=4000)
    client_host.run(["ping", "-n", "-q", "-f", "-c", "100", "-W", "2", GATEWAY4])
    await_both(server_host, client_host, "reno", "has become long")
    client.hang_up()
