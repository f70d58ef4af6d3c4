# SPDX-License-Identifier: MIT
"""Who gets in, by which method, and what the one hears who does not."""

from suite import (GATEWAY4, GATEWAY6, NAME, Client, Server, cabled_hosts, call, claim, lab, ping, test,
                   user_options)


def call_with(method, the_lab):
    """A call in which both sides allow one method only, with pings both ways, over IPv4 and IPv6."""
    server, client = call(the_lab, {"auth.methods": method}, ["--auth", method], user_options=user_options(method))
    claim(client.phases["auth"]["method"] == method, f"sstp says the method was {client.phases['auth']}")
    session = server.only_session()
    claim(session["method"] == method, f"sstpctl says the method was {session['method']}")
    ping(client.host, GATEWAY4)
    ping(client.host, GATEWAY6)
    for address in client.phases["connected"]["addresses"].split():
        ping(server.host, address)
    client.hang_up()
    server.wait_no_session()


@test("auth")
def pap_carries_ipv4_and_ipv6(the_lab):
    call_with("pap", the_lab)


@test("auth")
def chap_md5_carries_ipv4_and_ipv6(the_lab):
    call_with("chap-md5", the_lab)


@test("auth", "sanitizers")
def mschapv2_carries_ipv4_and_ipv6(the_lab):
    call_with("mschapv2", the_lab)


@test("auth")
def eap_md5_carries_ipv4_and_ipv6(the_lab):
    call_with("eap-md5", the_lab)


@test("auth", "sanitizers")
def eap_mschapv2_carries_ipv4_and_ipv6(the_lab):
    call_with("eap-mschapv2", the_lab)


def refused(the_lab, exit_name, **client):
    """A call that does not come about: sstp says why and leaves nothing behind. Returns what it said."""
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    routes = client_host.run("ip route show table all")
    said = Client(client_host, server, **client).fails(exit_name)
    server.wait_no_session()
    claim(client_host.run("ip route show table all") == routes, "sstp left routes behind")
    return said


@test("auth", "sanitizers")
def wrong_password_is_refused(the_lab):
    said = refused(the_lab, "auth", password="wonder124")
    claim("user name or password is wrong" in said, f"sstp said '{said}'")


@test("auth")
def unknown_user_is_refused_like_a_wrong_password(the_lab):
    said = refused(the_lab, "auth", user="mallory")
    claim("user name or password is wrong" in said, f"sstp said '{said}'")


@test("auth")
def certificate_of_another_authority_is_refused(the_lab):
    other = the_lab.path("other.crt")
    lab.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
             "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", the_lab.path("other.key"), "-out", other])
    said = refused(the_lab, "tls", ca=other)
    claim("certificate" in said, f"sstp said '{said}'")


@test("auth")
def certificate_of_another_name_is_refused(the_lab):
    said = refused(the_lab, "tls", to="other.example.org")
    claim("certificate" in said and "other.example.org" in said, f"sstp said '{said}'")
