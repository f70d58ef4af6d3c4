# SPDX-License-Identifier: MIT
"""
Debian's sstpc and pppd, in User-Mode Linux, against sstpd. Nobody here wrote that client. CHAP-MD5 is missing:
sstpc 1.0.18 does not send CALL_CONNECTED after it.
"""

import hashlib
import os
import random

import uml

from suite import GATEWAY4, GATEWAY6, USER, Server, Skip, claim, test, user_options

SIZE = 200_000
SECONDS = 2.0
REAL_PASSWORD = "wonder123"


def server_for_guest(the_lab, method=None):
    if why := uml.missing():
        raise Skip(why)
    return Server(the_lab.host("server"), {"auth.methods": method} if method else None,
                  users=[(USER, REAL_PASSWORD)], user_options=user_options(method))


def serve_file(server):
    """A web server on the server's inner address; returns the URL and the checksum of the only file."""
    os.mkdir(server.lab.path("web"))
    content = random.Random(1).randbytes(SIZE)
    with open(server.lab.path("web/file"), "wb") as file:
        file.write(content)
    web = server.host.start("web", ["python3", "-u", "-m", "http.server", "--bind", "0.0.0.0",
                                    "--directory", server.lab.path("web"), "8000"])
    web.wait_for("Serving HTTP")
    return f"http://{GATEWAY4}:8000/file", hashlib.sha256(content).hexdigest()


def whole_call(the_lab, method, auth, tls):
    server = server_for_guest(the_lab, method)
    url, checksum = serve_file(server)
    guest = uml.SstpcGuest(server.host, server=uml.HOST_ADDRESS, user=USER, password=REAL_PASSWORD,
                           ca=server.certificate, auth=auth, tls=tls, ping=GATEWAY4, ping6=GATEWAY6, url=url)
    guest.wait_for(r"up 10\.0\.0\.\d+", 60)
    session = server.only_session()
    claim(session["method"] == method, f"the method was {session['method']}")
    claim(session["tls"] == f"TLSv{tls}", f"the TLS version was {session['tls']}")
    received = guest.wait_for(r"ping .* (\d+) received").group(1)
    claim(received == "5", f"{received} of 5 pings were answered")
    received = guest.wait_for(r"ping6 .* (\d+) received").group(1)
    claim(received == "3", f"{received} of 3 pings over IPv6 were answered")
    fetched = guest.wait_for(r"fetch bytes=(\d+) seconds=([\d.]+) sha256=(\w+)", 90)
    claim(fetched.group(3) == checksum, f"{fetched.group(1)} bytes came, not those that were sent")
    claim(float(fetched.group(2)) < SECONDS, f"{SIZE} bytes took {fetched.group(2)} s")
    guest.wait_for("end")
    guest.wait_end()
    server.wait_no_session()


@test("real")
def sstpc_works_with_tls12_and_mschapv2(the_lab):
    whole_call(the_lab, "mschapv2", "mschap-v2", "1.2")


@test("real")
def sstpc_works_with_tls13_and_mschapv2(the_lab):
    whole_call(the_lab, "mschapv2", "mschap-v2", "1.3")


@test("real")
def sstpc_works_with_tls12_and_eap_mschapv2(the_lab):
    whole_call(the_lab, "eap-mschapv2", "eap", "1.2")


@test("real")
def sstpc_works_with_tls13_and_eap_mschapv2(the_lab):
    whole_call(the_lab, "eap-mschapv2", "eap", "1.3")


@test("real")
def sstpc_works_with_tls12_and_pap(the_lab):
    whole_call(the_lab, "pap", "pap", "1.2")


@test("real")
def sstpc_works_with_tls13_and_pap(the_lab):
    whole_call(the_lab, "pap", "pap", "1.3")


def damaged(the_lab, field):
    server = server_for_guest(the_lab)
    guest = uml.SstpcGuest(server.host, server=uml.HOST_ADDRESS, user=USER, password=REAL_PASSWORD,
                           ca=server.certificate, damage=field)
    server.program.wait_for("crypto binding", 60)
    guest.wait_for("end", 60)
    guest.wait_end()
    server.wait_no_session()


@test("real")
def sstpc_with_a_wrong_mac_in_its_crypto_binding_is_refused(the_lab):
    damaged(the_lab, "mac")


@test("real")
def sstpc_with_another_certificate_in_its_crypto_binding_is_refused(the_lab):
    damaged(the_lab, "hash")


@test("real")
def sstpc_with_a_wrong_password_is_refused(the_lab):
    server = server_for_guest(the_lab)
    guest = uml.SstpcGuest(server.host, server=uml.HOST_ADDRESS, user=USER, password="wrong",
                           ca=server.certificate)
    server.program.wait_for("login failed", 60)
    guest.wait_for("end", 60)
    guest.wait_end()
