# SPDX-License-Identifier: MIT
"""What happens when one side dies, the cable is cut, or somebody lies."""

import signal

import uml

from suite import GATEWAY4, Client, Server, cabled_hosts, call, claim, ping, test

HELLO = 2  # seconds; short, so that a dead cable is noticed while the test waits
PRIVATE = "10.20.0.0/16"  # a network behind the server


def state_of(host):
    """What sstp changes on a host: interfaces, addresses, routes."""
    return [host.run(["ip", "-brief", "link"]), host.run(["ip", "route", "show", "table", "all"])]


@test("faults", "sanitizers")
def client_notices_that_the_server_was_killed_and_leaves_nothing_behind(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    before = state_of(client_host)
    client = Client(client_host, server, options=["--route", PRIVATE]).up()
    claim(PRIVATE in client_host.run("ip route"), "sstp did not set the route")
    server.program.signal(signal.SIGKILL)
    client.fails("lost")
    claim(state_of(client_host) == before, "sstp left an interface or a route behind")


@test("faults", "sanitizers")
def server_frees_the_session_of_a_killed_client(the_lab):
    server, client = call(the_lab)
    server.only_session()
    client.program.signal(signal.SIGKILL)
    server.wait_no_session()
    again = Client(client.host, server, name="again").up()
    ping(again.host, GATEWAY4)
    again.hang_up()


@test("faults")
def a_cut_cable_is_noticed_by_both_after_the_hello_timers(the_lab):
    server, client = call(the_lab, {"sstp.hello": HELLO}, ["--hello", str(HELLO)])
    ping(client.host, GATEWAY4)
    client.host.run("ip link set wire down")
    said = client.fails("lost")
    claim("nothing was heard from the peer" in said, f"sstp said '{said}'")
    server.program.wait_for("session 1 end .*code=hello-time", 4 * HELLO + 5)


@test("faults", "sanitizers")
def a_server_that_is_stopped_says_goodbye_to_its_clients(the_lab):
    server, client = call(the_lab)
    claim(server.program.stop() == 0, f"sstpd did not end in order; {server.program.last_words()}")
    client.fails("server")


def damaged(the_lab, field):
    """The client's CALL_CONNECTED is damaged on its way into TLS: CALL_ABORT with CRYPTO_BINDING, value 4."""
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    client = Client(client_host, server, options=["--trace"],
                    env={"LD_PRELOAD": uml.build_shim(the_lab.dir), "SSTP_DAMAGE": field})
    client.fails("protocol")
    claim(client.program.said("< sstp call-abort status=value-not-supported attrib=crypto-binding"),
          "sstp did not receive CALL_ABORT with CRYPTO_BINDING (3) and VALUE_NOT_SUPPORTED (4)")
    server.program.wait_for("crypto binding")
    server.wait_no_session()


@test("faults")
def a_crypto_binding_with_a_wrong_mac_is_refused(the_lab):
    damaged(the_lab, "mac")


@test("faults")
def a_crypto_binding_with_another_certificate_is_refused(the_lab):
    damaged(the_lab, "hash")


@test("faults")
def a_crypto_binding_with_another_nonce_is_refused(the_lab):
    damaged(the_lab, "nonce")


@test("faults")
def a_crypto_binding_with_a_hash_not_offered_is_refused(the_lab):
    damaged(the_lab, "hashproto")
