# SPDX-License-Identifier: MIT
"""Our sessions as an independent dissector sees them: tshark, with the TLS keys."""

import shutil

import uml

from suite import GATEWAY4, Client, Server, Skip, cabled_hosts, claim, lab, ping, test

# SSTP messages by number, as they must follow each other (MS-SSTP 2.2.4)
REQUEST, ACK, CONNECTED, DISCONNECT, DISCONNECT_ACK = "0x0001", "0x0002", "0x0004", "0x0006", "0x0007"


def tshark(capture, keylog, *options):
    said = lab.run(["tshark", "-n", "-r", capture, "-o", f"tls.keylog_file:{keylog}", *options], timeout=120)
    return [line for line in said.split("\n") if line]


def captured_call(the_lab, tls):
    """A call from start to end with some pings, captured; returns the capture and the key log."""
    if shutil.which("tshark") is None:
        raise Skip("tshark is not installed (tests/lab/deps installs it)")
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host)
    capture, keylog = the_lab.path("call.pcapng"), the_lab.path("keylog")
    dump = server_host.start("dumpcap", ["dumpcap", "-q", "-i", "wire", "-f", "tcp port 443", "-w", capture])
    dump.wait_for("File: ")
    client = Client(client_host, server, options=["--keylog", keylog],
                    env={"LD_PRELOAD": uml.build_shim(the_lab.dir), "SSTP_TLS": tls}).up()
    claim(client.phases["tls"]["version"] == f"TLSv{tls}", f"the version was {client.phases['tls']['version']}")
    ping(client.host, GATEWAY4, 5)
    client.hang_up()
    server.wait_no_session()
    lab.wait_until(lambda: len(tshark(capture, keylog, "-Y", "tcp.flags.fin == 1")) == 2, 10,
                   "dumpcap writes the end of the connection")
    dump.stop()
    return capture, keylog


def looks_right_to_tshark(the_lab, tls):
    capture, keylog = captured_call(the_lab, tls)
    malformed = tshark(capture, keylog, "-Y", "_ws.malformed || _ws.expert.severity == error")
    claim(not malformed, f"tshark finds malformed packets: {malformed[:3]}")
    messages = [each for line in tshark(capture, keylog, "-Y", "sstp.messagetype", "-T", "fields", "-e",
                                        "sstp.messagetype") for each in line.split(",")]
    claim(messages == [REQUEST, ACK, CONNECTED, DISCONNECT, DISCONNECT_ACK], f"the messages were {messages}")
    protocols = set(tshark(capture, keylog, "-Y", "ppp", "-T", "fields", "-e", "ppp.protocol"))
    for number, name in (("0xc021", "LCP"), ("0xc223", "CHAP"), ("0x8021", "IPCP"), ("0x8057", "IPV6CP")):
        claim(any(number in line for line in protocols), f"tshark saw no {name}")


@test("wire")
def tshark_finds_our_tls12_call_well_formed_and_in_order(the_lab):
    looks_right_to_tshark(the_lab, "1.2")


@test("wire")
def tshark_finds_our_tls13_call_well_formed_and_in_order(the_lab):
    looks_right_to_tshark(the_lab, "1.3")
