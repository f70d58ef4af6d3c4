# SPDX-License-Identifier: MIT
"""What users and administrators do with a service that runs."""

import os
import signal
import sys

from suite import (GATEWAY4, NAME, PASSWORD, SERVER4, USER, Client, Server, cabled_hosts, call, claim,
                   lab, ping, program, set_keys, test)

TERMINATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "terminator.py")


@test("service", "sanitizers")
def calls_at_the_same_time_do_not_disturb_each_other(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host, users=[(USER, PASSWORD), ("bob", "builder")])
    alice = Client(client_host, server, name="alice").up()
    Client(client_host, server, user="bob", password="wrong", name="stranger").fails("auth")
    bob_host = the_lab.host("bob")
    lab.cable(server_host, "side", bob_host, "side")
    lab.address(server_host, "side", "198.51.100.1/24")
    lab.address(bob_host, "side", "198.51.100.2/24")
    bob_host.run(f"ip route add {SERVER4} via 198.51.100.1")
    bob = Client(bob_host, server, user="bob", password="builder", options=["--ipv4"], name="bob").up()
    alice4, bob4 = (client.phases["ip4"]["address"] for client in (alice, bob))
    claim(alice4 != bob4, f"both have {bob4}")
    claim(sorted(session["user"] for session in server.sessions()) == [USER, "bob"], "sstpctl does not list both")
    ping(server.host, alice4)
    ping(server.host, bob4)
    alice.hang_up()
    ping(server.host, bob4)
    bob.hang_up()
    server.wait_no_session()


@test("service")
def default_route_leads_through_the_tunnel_and_is_restored(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    client_host.run(f"ip route add default via {SERVER4}")
    server_host.run("ip addr add 198.51.100.1/32 dev lo")
    server = Server(server_host)
    before = client_host.run("ip route show table all")
    client = Client(client_host, server, options=["--ipv4", "--default-route"]).up()
    device = client.phases["connected"]["interface"]
    claim(f"dev {device}" in client_host.run("ip route get 198.51.100.1"), "the default route is not the tunnel")
    claim("dev wire" in client_host.run(f"ip route get {SERVER4}"), "the server is looked for inside its own tunnel")
    ping(client_host, "198.51.100.1")
    client.hang_up()
    claim(client_host.run("ip route show table all") == before, "the routes are not as they were")


@test("service")
def spoofed_source_addresses_are_dropped_and_counted(the_lab):
    server, client = call(the_lab)
    device = client.phases["connected"]["interface"]
    client.host.run(f"ip addr add 172.31.0.1/32 dev {device}")
    server.host.run("ip route add 172.31.0.1/32 dev sstpd0")
    lost = client.host.run(["ping", "-n", "-q", "-c", "3", "-i", "0.05", "-W", "1", "-I", "172.31.0.1", GATEWAY4],
                           check=False)
    claim(" 0 received" in lost, "a spoofed ping was answered")
    spoofed = server.only_session()["spoofed"]
    claim(spoofed == 3, f"sstpctl counts {spoofed} spoofed packets, not 3")
    ping(client.host, GATEWAY4)
    client.hang_up()


@test("service")
def kicked_user_is_told_and_may_come_back(the_lab):
    server, client = call(the_lab)
    server.ctl("kick", USER)
    client.fails("server")
    server.wait_no_session()
    Client(client.host, server, name="again").up().hang_up()


@test("service", "sanitizers")
def reload_takes_users_and_certificate_and_leaves_sessions_alone(the_lab):
    server, client = call(the_lab)
    server.ctl("user", "add", "carol", stdin="christmas\n")
    for path in (server.key, server.certificate):
        os.rename(path, path + ".old")
    lab.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
             "-addext", f"subjectAltName=DNS:{NAME}", "-addext", "extendedKeyUsage=serverAuth",
             "-keyout", server.key, "-out", server.certificate])
    server.program.signal(signal.SIGHUP)
    server.program.wait_for("reloaded certificate and users")
    ping(client.host, GATEWAY4)
    Client(client.host, server, ca=server.certificate + ".old", name="late").fails("tls")
    carol = Client(client.host, server, user="carol", password="christmas", name="carol").up()
    carol.hang_up()
    client.hang_up()


@test("service")
def pinned_certificate_needs_no_authority_and_another_is_refused(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    said = lab.run(["openssl", "x509", "-in", server.certificate, "-noout", "-fingerprint", "-sha256"])
    pin = said.strip().split("=")[1].replace(":", "").lower()
    Client(client_host, server, ca=False, options=["--pin", pin]).up().hang_up()
    other = ("0" if pin[0] != "0" else "1") + pin[1:]
    Client(client_host, server, ca=False, options=["--pin", other], name="other").fails("tls")


@test("service")
def plain_http_behind_a_tls_terminator_carries_a_call(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host, {"plain.listen": "127.0.0.1:8080", "plain.certificate": "cert.pem"})
    terminator = server_host.start("terminator", [sys.executable, TERMINATOR, server.certificate, server.key,
                                                  f"{SERVER4}:4443", "127.0.0.1:8080"])
    terminator.wait_for("ready")
    client = Client(client_host, server, to="four.example.org:4443", options=["--server-name", NAME]).up()
    ping(client_host, GATEWAY4)
    claim(server.only_session()["from"].startswith("127.0.0.1:"), "the call did not come through the terminator")
    client.hang_up()


@test("service")
def a_cipher_that_is_not_known_is_told_with_its_line_and_ends_with_2(the_lab):
    server_host, _ = cabled_hosts(the_lab)
    server = Server(server_host)
    server.program.stop()
    set_keys(server.conf, {"tls.ciphers": "DEFAULT:TLS_AES_128_CMC_SHA256"})
    with open(server.conf, encoding="utf-8") as file:
        line = next(number for number, text in enumerate(file, 1) if text.startswith("ciphers ="))
    wrong = server_host.start("wrong", [program("sstpd"), "-t", "-c", server.conf])
    ended = wrong.wait_end()
    claim(ended == 2, f"sstpd ended with {ended}")
    claim(wrong.said(rf"sstpd\.conf:{line}: \[tls\] ciphers: the cipher TLS_AES_128_CMC_SHA256 of .* is not known"),
          f"the cipher's line is not named; {wrong.last_words()}")


@test("service")
def configuration_that_is_wrong_is_told_with_its_line_and_ends_with_2(the_lab):
    server_host, _ = cabled_hosts(the_lab)
    server = Server(server_host)
    server.program.stop()
    with open(server.conf, "a", encoding="utf-8") as file:
        file.write("[ppp]\nmtu = 70000\n[sstp]\nhelo = 5\n")
    lines = sum(1 for _ in open(server.conf, encoding="utf-8"))
    wrong = server_host.start("wrong", [program("sstpd"), "-c", server.conf])
    ended = wrong.wait_end()
    claim(ended == 2, f"sstpd ended with {ended}")
    claim(wrong.said(rf"sstpd\.conf:{lines - 2}: .*mtu"), f"the value's line is not named; {wrong.last_words()}")
    claim(wrong.said(rf"sstpd\.conf:{lines}: .*helo"), f"the unknown key's line is not named; {wrong.last_words()}")
