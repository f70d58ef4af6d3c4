# SPDX-License-Identifier: MIT
"""What happens when one side dies, the cable is cut, or somebody lies."""

import os
import signal

import uml

from suite import GATEWAY4, NAME, Client, Server, cabled_hosts, call, claim, lab, ping, test

HELLO = 2  # seconds; short, so that a dead cable is noticed while the test waits


@test("faults", "threads")
def client_notices_that_the_server_was_killed(the_lab):
    server, client = call(the_lab)
    routes_after = client.host.run("ip route show")
    server.program.signal(signal.SIGKILL)
    ended = client.program.wait_end()
    claim(ended > 0, f"sstp ended with {ended}")
    claim("tun" not in client.host.run("ip -o link") and "sstp" not in client.host.run("ip -o link"),
          "sstp left its interface behind")
    claim(client.host.run("ip route show") != routes_after, "sstp left its routes behind")


@test("faults", "threads")
def server_frees_the_session_of_a_killed_client(the_lab):
    server, client = call(the_lab)
    claim(len(server.sessions()) == 1, "no session")
    client.program.signal(signal.SIGKILL)
    lab.wait_until(lambda: server.sessions() == [], 10, "sstpd ends the session of a killed client")
    again = Client(client.host, server, name="again").up()
    ping(again.host, GATEWAY4)
    again.hang_up()


@test("faults")
def a_cut_cable_is_noticed_by_both_after_the_hello_timers(the_lab):
    server, client = call(the_lab, {"sstp.hello": HELLO}, ["--hello", str(HELLO)])
    ping(client.host, GATEWAY4)
    client.host.run("ip link set wire down")
    client.program.wait_for("nothing was heard from the peer", 4 * HELLO + 5)
    claim(client.program.wait_end() > 0, "sstp ended as if all were well")
    lab.wait_until(lambda: server.sessions() == [], 4 * HELLO + 5, "sstpd notices the cut cable")


def damaged(the_lab, field):
    """The client's CALL_CONNECTED is damaged on its way into TLS: CALL_ABORT with CRYPTO_BINDING, value 4."""
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    client = Client(client_host, server, options=["-v"],
                    env={"LD_PRELOAD": uml.build_shim(the_lab.dir), "SSTP_DAMAGE": field})
    client.program.wait_for("CALL_ABORT|aborted the call")
    claim(client.program.wait_end() > 0, "sstp ended as if all were well")
    server.program.wait_for("crypto binding")
    claim(server.sessions() == [], "sstpd has a session with a wrong crypto binding")


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
