# SPDX-License-Identifier: MIT
"""sstp as a server of the tests' own (peer.py) sees it, which goes by MS-SSTP alone, or breaks it."""

import re
import time

import peer
from peer import (ACK, BINDING, BINDING_REQUEST, CONNECTED, DISCONNECT, DISCONNECT_ACK, ECHO_REQUEST,
                  ECHO_RESPONSE, GOOD_REQUEST, NAK, PLAIN_ABORT, PROTOCOL_ID, SHA1, SHA256, Listener, abort,
                  attribute, message, status, together)
from suite import NAME, Client, cabled_hosts, claim, lab, test

UNEXPECTED, INVALID, NOT_SUPPORTED = abort(2, 5), abort(2, 7), abort(2, 9)
GOODBYE = message(DISCONNECT, status(0, 0))
ACKNOWLEDGED = message(DISCONNECT_ACK)
PPP = attribute(PROTOCOL_ID, b"\0\1")
REFUSED = message(NAK, status(1, 4, b"\0\1"))


class Calls:
    """Calls of sstp to servers of the test's own, each on a port of its own so that they go side by side."""

    def __init__(self, the_lab):
        self.server, self.client = cabled_hosts(the_lab)
        self.certificate, self.key = the_lab.path("server.crt"), the_lab.path("server.key")
        lab.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                 "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-addext",
                 "extendedKeyUsage=serverAuth", "-keyout", self.key, "-out", self.certificate])
        self.port = 1000

    def call(self, *options):
        """Starts a call; returns sstp and the server's end of its connection."""
        self.port += 1
        listener = Listener(self.server, self.certificate, self.key, port=self.port)
        client = Client(self.client, self, to=f"{NAME}:{listener.port}", name=f"sstp-{listener.port}",
                        options=["--auth", "pap", "--no-dns", "--no-ip6", *options])
        return client, listener.accept()

    def each(self, depths, *steps):
        """Takes each step (a function of the server's end) on calls of its own, one for each depth."""
        for step in steps:
            for depth in depths:
                client, one = self.call()
                step(one.further(depth))
                one.hang_up()
                client.program.wait_end()


def asks(sent, answer):
    return lambda one: one.answers(sent, answer)


@test("protocol")
def the_clients_request_is_the_one_of_the_specification_and_nothing_comes_before_the_reply(the_lab):
    calls, ids = Calls(the_lab), []
    for reply in (b"HTTP/1.1 200\r\nContent-Length: 18446744073709551615\r\nServer: Microsoft-HTTPAPI/2.0\r\n"
                  b"Date: Thu, 09 Nov 2006 00:51:09 GMT\r\n\r\n", b"HTTP/1.1 200 Any reason\r\n\r\n"):
        client, one = calls.call()
        first, *headers = one.read_request()
        claim(first == f"SSTP_DUPLEX_POST {peer.PATH} HTTP/1.1", f"the request line was '{first}'")
        headers = dict(line.split(": ", 1) for line in headers)
        ids.append(headers.pop("SSTPCORRELATIONID"))
        claim(headers == {"Content-Length": "18446744073709551615", "Host": f"{NAME}:{calls.port}"},
              f"the headers were {headers}")
        one.silent_for(1)
        claim(not one.bytes, f"before the reply came {one.bytes[:20].hex()}")
        one.answers(reply, GOOD_REQUEST)
        one.hang_up()
        client.fails("protocol")
    claim(all(re.fullmatch(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", each) for each in ids), f"ids: {ids}")
    claim(ids[0] != ids[1], "two attempts had the same id")


@test("protocol")
def a_client_that_is_not_let_in_by_http_sends_no_sstp(the_lab):
    calls = Calls(the_lab)
    for reply in (b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
                  b"HTTP/1.1 401 No\r\n\r\n", b"HTTP/1.1 204 Nothing\r\n\r\n"):
        client, one = calls.call()
        one.read_request()
        one.send(reply)
        claim(one.rest() == b"", f"behind {reply[:12]} came {one.bytes.hex()}")
        client.fails("http")


@test("protocol")
def a_client_answers_messages_out_of_place_with_call_abort(the_lab):
    calls = Calls(the_lab)
    connected = message(CONNECTED, attribute(BINDING, bytes(100)))
    calls.each((1, 2, 4), *[asks(each, UNEXPECTED) for each in (GOOD_REQUEST, connected, ACKNOWLEDGED)])
    calls.each((1, 2), *[asks(message(number), UNEXPECTED) for number in (ECHO_REQUEST, ECHO_RESPONSE)])
    calls.each((2, 4), asks(REFUSED, UNEXPECTED),
               asks(message(ACK, attribute(BINDING_REQUEST, bytes((0, 0, 0, 3)) + bytes(32))), UNEXPECTED))
    calls.each((1, 2, 4), *[asks(message(number), INVALID) for number in (0, 10, 0x100, 0xFFFF)])


@test("protocol")
def a_client_takes_no_acknowledgement_that_is_not_right(the_lab):
    calls = Calls(the_lab)

    def asked(mask, size=36):
        return attribute(BINDING_REQUEST, (bytes((0, 0, 0, mask)) + bytes(range(40)))[:size])

    unfit = [(), (asked(3, 35),), (asked(3, 37),), (asked(3), asked(3)), (asked(3), attribute(9)), (PPP,),
             (asked(3), status(1, 4))]
    calls.each((1,), *[asks(message(ACK, *each), NOT_SUPPORTED) for each in unfit],
               *[asks(message(ACK, asked(mask)), abort(4, 4)) for mask in (0, 0x80)],
               asks(message(ACK, asked(3), count=2), INVALID),
               asks(message(ACK, asked(3), b"\0\0\0\0", count=1), INVALID))
    calls.each((1,), *[asks(message(NAK, *each), INVALID) for each in ((), (PPP,), (attribute(2, bytes(7)),))])


@test("protocol")
def a_client_asks_four_times_at_most(the_lab):
    _, one = Calls(the_lab).call()
    one.further(1)
    for _ in range(3):
        one.answers(REFUSED, GOOD_REQUEST)
    one.answers(REFUSED, abort(2, 6))


@test("protocol")
def a_clients_crypto_binding_is_right_for_either_hash(the_lab):
    calls = Calls(the_lab)
    for mask, protocol in ((3, SHA256), (2, SHA256), (1, SHA1), (0x82, SHA256)):
        _, one = calls.call()
        one.further(1)
        one.acknowledge(mask, reserved=0xFF)
        one.authenticate()
        one.expect_connected(protocol)
        one.answers(message(ECHO_REQUEST, reserved=0xFF), message(ECHO_RESPONSE))
        one.answers(message(DISCONNECT, attribute(2, b"\xff\xff\xff" + bytes(5), reserved=0xFF), reserved=0xFF),
                    ACKNOWLEDGED)


@test("protocol")
def no_ppp_comes_before_the_acknowledgement_and_a_refused_password_disconnects(the_lab):
    client, one = Calls(the_lab).call()
    one.further(1)
    one.send_frame(peer.LCP, b"\1\1\0\4")
    claim(one.packet(1) is None and not one.ended, "a client talked PPP before CALL_CONNECT_ACK, or hung up")
    one.acknowledge(3)
    one.authenticate(refuse=True)
    got = one.message()
    claim(got == GOODBYE, f"a client whose password was refused sent {got and got.hex()}")
    one.send(ACKNOWLEDGED)
    client.fails("auth")


@test("protocol")
def what_cannot_be_cut_makes_a_client_close_without_a_message(the_lab):
    calls = Calls(the_lab)

    def ends(octets):
        def step(one):
            one.send(octets)
            claim(one.gone() < 1, f"{octets.hex()} did not end the connection at once")
        return step

    rubbish = (b"\x11\x01\x00\x08\x00\x08\x00\x00", b"\x10\x00\x00\x03", b"\x10\x01\x00\x00", b"rubbish")
    calls.each((1, 2, 4), *[ends(each) for each in rubbish])


@test("protocol")
def a_clients_ends_take_the_time_that_the_specification_says(the_lab):
    calls = Calls(the_lab)
    everything = b"".join(message(number) for number in (1, 2, 3, 4, 6, 7, 8, 9, 10))

    def is_told(sent, answer, seconds):
        def step(client, one):
            one.answers(sent, answer)
            one.send(PLAIN_ABORT if answer in (PLAIN_ABORT, ACKNOWLEDGED) else b"", everything)
            one.gone_after(seconds)
            client.program.wait_end()
        return step

    def hangs_up(reply, answer, seconds):
        def step(client, one):
            client.program.process.terminate()
            claim(one.message() == GOODBYE, "the client did not say CALL_DISCONNECT")
            if answer:
                one.answers(reply, answer)
            else:
                one.send(reply)
            one.gone_after(seconds)
            claim(client.program.wait_end() == 0, "a client that was asked to end did not end well")
        return step

    steps = [is_told(PLAIN_ABORT, PLAIN_ABORT, 1), is_told(GOODBYE, ACKNOWLEDGED, 1),
             is_told(message(10), INVALID, 3), hangs_up(ACKNOWLEDGED, b"", 0), hangs_up(GOODBYE, ACKNOWLEDGED, 1),
             hangs_up(message(ECHO_REQUEST) + GOOD_REQUEST, b"", 5)]
    together(*[lambda step=step, pair=calls.call(), depth=depth: step(pair[0], pair[1].further(depth))
               for step in steps for depth in (1, 2, 4)])


@test("protocol")
def a_client_says_hello_and_hangs_up_when_nobody_answers(the_lab):
    calls = Calls(the_lab)
    client, one = calls.call("--hello", "2")
    one.further(4)
    for answer in (message(ECHO_RESPONSE), b"\x10\x00\x00\x04"):
        began = time.monotonic()
        claim(one.message(3) == message(ECHO_REQUEST), "no echo request came")
        claim(time.monotonic() - began > 1.5, "an echo request came too early")
        one.send(answer)
    claim(one.message(3) == message(ECHO_REQUEST), "no echo request came")
    one.gone_after(2)
    claim("nothing was heard" in client.fails("protocol"), "sstp does not say that nothing was heard")
