# SPDX-License-Identifier: MIT
"""Who gets in, by which method, and what the one hears who does not."""

from suite import (CLIENT4, GATEWAY4, NAME, POOL6, Client, Server, cabled_hosts, call, claim, lab, ping, test)


def call_with(method, the_lab):
    """A call in which both sides allow one method only, with pings both ways over IPv4 and IPv6."""
    server, client = call(the_lab, {"auth.methods": method}, ["--auth", method])
    claim(client.program.said(method), f"sstp did not say that it used {method}")
    ping(client.host, GATEWAY4)
    ping(client.host, POOL6.replace("::/48", "::1"))
    session = server.sessions()[0]
    claim(session["auth"] == method, f"sstpctl says the method was {session['auth']}")
    ping(server.host, session["ipv4"])
    client.hang_up()


@test("auth")
def pap_carries_ipv4_and_ipv6(the_lab):
    call_with("pap", the_lab)


@test("auth")
def chap_md5_carries_ipv4_and_ipv6(the_lab):
    call_with("chap-md5", the_lab)


@test("auth", "threads")
def mschapv2_carries_ipv4_and_ipv6(the_lab):
    call_with("mschapv2", the_lab)


@test("auth")
def eap_md5_carries_ipv4_and_ipv6(the_lab):
    call_with("eap-md5", the_lab)


@test("auth", "threads")
def eap_mschapv2_carries_ipv4_and_ipv6(the_lab):
    call_with("eap-mschapv2", the_lab)


def refused(the_lab, why, status, **client):
    """A call that does not come about: sstp says why, exits with status, and leaves nothing behind."""
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    routes = client_host.run("ip route show table all")
    client = Client(client_host, server, **client)
    client.program.wait_for(why)
    ended = client.program.wait_end()
    claim(ended == status, f"sstp ended with {ended}, not {status}; {client.program.last_words()}")
    claim(server.sessions() == [], "sstpd still has a session")
    claim(client_host.run("ip route show table all") == routes, "sstp left routes behind")


@test("auth", "threads")
def wrong_password_is_refused(the_lab):
    refused(the_lab, "user name or password is wrong", 3, password="wonder124")


@test("auth")
def unknown_user_is_refused_like_a_wrong_password(the_lab):
    refused(the_lab, "user name or password is wrong", 3, user="mallory")


@test("auth")
def certificate_of_another_authority_is_refused(the_lab):
    other = the_lab.path("other.crt")
    lab.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
             "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", the_lab.path("other.key"), "-out", other])
    refused(the_lab, "certificate", 4, ca=other)


@test("auth")
def certificate_of_another_name_is_refused(the_lab):
    refused(the_lab, "other.example.org", 4, to="other.example.org")
