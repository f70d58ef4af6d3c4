# SPDX-License-Identifier: MIT
"""sstpd as a stranger sees it: a client of the tests' own (peer.py) that goes by MS-SSTP alone, or breaks it."""

import email.utils
import random
import re
import struct
import time

import peer
from peer import (ACK, BINDING, BINDING_REQUEST, CONNECTED, DISCONNECT, DISCONNECT_ACK, ECHO_REQUEST,
                  ECHO_RESPONSE, GOOD_REQUEST, NAK, PLAIN_ABORT, PROTOCOL_ID, REQUEST, SHA1, Peer, abort, attribute,
                  message, status, together)
from suite import GATEWAY4, PORT, SERVER4, Server, cabled_hosts, call, claim, lab, test

UNEXPECTED, INVALID, NOT_SUPPORTED, BAD_BINDING = abort(2, 5), abort(2, 7), abort(2, 9), abort(3, 4)
GOODBYE = message(DISCONNECT, status(0, 0))
ACKNOWLEDGED = message(DISCONNECT_ACK)


def serve(the_lab, settings=None):
    """sstpd that asks for PAP; returns it and the host of the strangers."""
    server_host, client_host = cabled_hosts(the_lab)
    return Server(server_host, {"auth.methods": "pap", **(settings or {})}), client_host


def at_each_depth(host, depths, *steps):
    """Takes each step (a function of a peer) on connections of its own, one for each depth, all at once."""
    together(*[lambda step=step, depth=depth: step(Peer(host).further(depth)) for step in steps for depth in depths])


def asks(sent, answer):
    return lambda one: one.answers(sent, answer)


@test("protocol")
def messages_out_of_place_are_answered_with_call_abort(the_lab):
    _, host = serve(the_lab)
    out_of_place = [message(number) for number in (ACK, NAK, DISCONNECT_ACK)]
    before = [message(ECHO_REQUEST), message(ECHO_RESPONSE)]
    at_each_depth(host, (0, 2, 4), *[asks(each, UNEXPECTED) for each in out_of_place])
    at_each_depth(host, (0, 2), *[asks(each, UNEXPECTED) for each in before])
    at_each_depth(host, (2, 4), asks(GOOD_REQUEST, UNEXPECTED))
    at_each_depth(host, (0, 4), lambda one: one.answers(one.binding(nonce=one.nonce or bytes(32)), UNEXPECTED))
    at_each_depth(host, (0, 2, 4), *[asks(message(number), INVALID) for number in (0, 10, 0x100, 0xFFFF)])


@test("protocol")
def malformed_messages_are_answered_with_call_abort(the_lab):
    _, host = serve(the_lab)
    ppp = attribute(PROTOCOL_ID, b"\0\1")
    malformed = [
        message(REQUEST, ppp, count=2),
        message(REQUEST, ppp, b"\0\0\0\0", count=1),
        *[message(REQUEST, attribute(PROTOCOL_ID, b"\0\1", length=length)) for length in (0, 1, 3, 0xFFF)],
        b"\x10\x01\x00\x04",
        b"\x10\x01\x00\x06\x00\x08",
    ]
    at_each_depth(host, (0,), *[asks(each, INVALID) for each in malformed])
    at_each_depth(host, (2,), asks(message(CONNECTED, attribute(BINDING, bytes(100)), count=0), NOT_SUPPORTED))
    at_each_depth(host, (4,), asks(message(ECHO_REQUEST, ppp), INVALID))


@test("protocol")
def what_cannot_be_cut_ends_the_call_without_a_message(the_lab):
    _, host = serve(the_lab)
    rubbish = [bytes([version]) + message(ECHO_REQUEST)[1:] for version in (0x00, 0x11, 0x1F, 0x20, 0xFF)]
    rubbish += [b"\x10\x00\x00\x00", b"\x10\x01\x00\x03", b"\x55" + random.Random(1).randbytes(63)]

    def ends(octets, depth):
        one = Peer(host).further(depth)
        one.send(octets)
        claim(one.gone() < 1, f"{octets[:8].hex()} did not end the connection at once")

    together(*[lambda each=each, depth=depth: ends(each, depth) for each in rubbish for depth in (0, 2, 4)])


@test("protocol")
def each_fault_of_a_request_is_named_and_the_fourth_request_is_the_last(the_lab):
    _, host = serve(the_lab)
    ppp = attribute(PROTOCOL_ID, b"\0\1")
    faults = [
        ((attribute(PROTOCOL_ID, b"\0\2"),), (status(1, 4, b"\0\2"),)),
        ((attribute(PROTOCOL_ID, b"\0\0"),), (status(1, 4, b"\0\0"),)),
        ((attribute(PROTOCOL_ID, b"\xab\xcd"),), (status(1, 4, b"\xab\xcd"),)),
        ((), (status(1, 10),)),
        ((ppp, ppp), (status(1, 1, b"\0\1"),)),
        ((ppp, attribute(0x55, b"xy")), (status(0x55, 2),)),
        ((ppp, status(1, 4)), (status(2, 11, struct.pack(">II", 1, 4)),)),
        *[((attribute(PROTOCOL_ID, b"\1" * size),), (status(1, 3, (b"\1" * size)[:64]),)) for size in (1, 3, 4, 200)],
        ((attribute(PROTOCOL_ID, b"\0\2"), attribute(0x7F)), (status(1, 4, b"\0\2"), status(0x7F, 2))),
    ]

    def refused(sent, refusals):
        one = Peer(host).further(0)
        for _ in range(3):
            one.answers(message(REQUEST, *sent), message(NAK, *refusals))
        one.answers(message(REQUEST, *sent), abort(2, 6))

    def forgiven():
        one = Peer(host).further(0)
        one.answers(message(REQUEST), message(NAK, status(1, 10)))
        one.send(GOOD_REQUEST)
        claim(one.message()[4:6] == b"\0\2", "a good request behind a refused one was not acknowledged")

    together(forgiven, *[lambda fault=fault: refused(*fault) for fault in faults])


@test("protocol")
def bits_that_are_reserved_do_not_matter(the_lab):
    _, host = serve(the_lab)
    reserved = message(REQUEST, attribute(PROTOCOL_ID, b"\0\1", reserved=0xFF), reserved=0xFF)
    head = message(CONNECTED, attribute(BINDING, bytes(100), reserved=0xFF), reserved=0xFF)[:12] + b"\xff\xff\xff"

    def whole_call(**binding):
        one = Peer(host).further(0)
        one.send(reserved)
        ack = one.message()
        claim(ack and ack[4:6] == b"\0\2", f"the request was answered by {ack and ack.hex()}")
        one.nonce = ack[16:]
        claim(one.authenticate(), "the right password was refused")
        one.send(one.binding(**binding))
        one.network()
        frame = struct.pack(">HHBBHI", 0xFF03, peer.LCP, 9, 1, 8, 0)
        one.send(struct.pack(">HH", 0x10FE, len(frame) + 4 | 0xA000) + frame)
        claim(one.frame(peer.LCP)[0] == 10, "an LCP echo request in a packet with reserved bits was not answered")
        one.answers(message(ECHO_REQUEST, reserved=0xFF), message(ECHO_RESPONSE))
        one.answers(message(DISCONNECT, attribute(2, b"\xff\xff\xff" + bytes(5), reserved=0xFF), reserved=0xFF),
                    ACKNOWLEDGED)

    together(lambda: whole_call(head=head), lambda: whole_call(head=head, protocol=SHA1, padding=0xFF))


@test("protocol")
def each_part_of_the_crypto_binding_is_checked(the_lab):
    server, host = serve(the_lab)
    earlier = Peer(host).further(4)
    replayed = earlier.binding()
    lies = [
        lambda one: {"nonce": bytes([one.nonce[0] ^ 1]) + one.nonce[1:]},
        lambda one: {"certificate": one.certificate + b"x"},
        lambda one: {"certificate": one.certificate + b"x", "protocol": SHA1},
        lambda one: {"key": b"\1" + bytes(31)},
        lambda one: {"key": b"\1" + bytes(31), "protocol": SHA1},
        *[lambda one, named=named: {"named": named} for named in (0x03, 0x04, 0x82)],
    ]

    def at_h3(make, answer):
        one = Peer(host).further(3)
        one.answers(make(one), answer)

    def flipped(one):
        whole = one.binding()
        return whole[:80] + bytes([whole[80] ^ 0x80]) + whole[81:]

    wrong = [lambda one, lie=lie: one.binding(**lie(one)) for lie in lies] + [flipped, lambda one: replayed]
    unfit = [
        lambda one: message(CONNECTED),
        lambda one: message(CONNECTED, attribute(BINDING, bytes(99))),
        lambda one: message(CONNECTED, attribute(BINDING, bytes(101))),
        lambda one: message(CONNECTED, status(3, 4)),
        lambda one: message(CONNECTED, attribute(BINDING_REQUEST, bytes(36))),
    ]
    together(*[lambda make=make: at_h3(make, BAD_BINDING) for make in wrong],
             *[lambda make=make: at_h3(make, NOT_SUPPORTED) for make in unfit])
    earlier.ping(2)
    claim(earlier.pong(2), "the calls that were refused disturbed another")


@test("protocol")
def a_hash_that_is_not_offered_is_refused(the_lab):
    _, host = serve(the_lab, {"sstp.hashes": "sha256"})
    one = Peer(host).further(3)
    claim(one.mask == peer.SHA256, f"the bitmask was {one.mask}")
    one.answers(one.binding(SHA1), BAD_BINDING)


@test("protocol")
def a_key_that_is_not_there_yet_is_not_zero(the_lab):
    server, host = serve(the_lab)
    one = Peer(host).further(2)
    one.send(one.binding())
    one.silent_for(1)
    claim(all(not each["up"] for each in server.sessions()), "a call without authentication is up")
    claim(not one.authenticate(password="wrong"), "a wrong password was taken")
    claim(one.message() == GOODBYE, "a client with a wrong password was not sent away")


@test("protocol")
def ends_take_the_time_that_the_specification_says(the_lab):
    server, host = serve(the_lab)
    provoke, everything = message(ACK), b"".join(message(number) for number in (1, 2, 3, 4, 6, 7, 8, 9, 10))

    def aborts(depth):
        one = Peer(host).further(depth)
        one.answers(PLAIN_ABORT, PLAIN_ABORT)
        one.send(PLAIN_ABORT, everything)
        one.gone_after(1)

    def disconnects(depth):
        one = Peer(host).further(depth)
        one.answers(GOODBYE, ACKNOWLEDGED)
        one.send(PLAIN_ABORT, everything)
        one.gone_after(1)

    def is_aborted(depth):
        one = Peer(host).further(depth)
        one.answers(provoke, UNEXPECTED)
        one.send(everything)
        one.gone_after(3)

    def both_abort():
        one = Peer(host).further(2)
        one.answers(provoke, UNEXPECTED)
        one.silent_for(0.5)
        one.send(PLAIN_ABORT)
        one.gone_after(1)

    together(*[lambda depth=depth, task=task: task(depth) for depth in (0, 2, 4)
               for task in (aborts, disconnects, is_aborted)], both_abort)
    server.wait_no_session()


@test("protocol")
def a_kick_waits_five_seconds_for_its_acknowledgement(the_lab):
    server, host = serve(the_lab)
    peers = [Peer(host).further(depth) for depth in (4, 4, 4, 2)]
    for each in [json_id["id"] for json_id in server.sessions()]:
        server.ctl("kick", str(each))

    def waits(one):
        claim(one.message() == GOODBYE, "the server did not say CALL_DISCONNECT")
        one.send(message(ECHO_REQUEST), message(ECHO_RESPONSE), GOOD_REQUEST)
        one.gone_after(5)

    def acknowledges(one):
        claim(one.message() == GOODBYE, "the server did not say CALL_DISCONNECT")
        one.send(ACKNOWLEDGED)
        claim(one.gone() < 0.4, "the server did not end the call at once")

    def collides(one):
        claim(one.message() == GOODBYE, "the server did not say CALL_DISCONNECT")
        one.answers(GOODBYE, ACKNOWLEDGED)
        one.gone_after(1)

    together(lambda: waits(peers[0]), lambda: acknowledges(peers[1]), lambda: collides(peers[2]),
             lambda: acknowledges(peers[3]))
    server.wait_no_session()
    Peer(host).further(4)


@test("protocol")
def a_connection_that_breaks_is_cleaned_up_at_once(the_lab):
    server, host = serve(the_lab)
    for depth in (0, 2, 4):
        for how in (Peer.say_goodbye, Peer.hang_up):
            one = Peer(host).further(depth)
            how(one)
            server.wait_no_session(1)
    aborted, kicked = Peer(host).further(4), Peer(host).further(4)
    aborted.answers(message(ACK), UNEXPECTED)
    aborted.hang_up()
    lab.wait_until(lambda: len(server.sessions()) == 1, 1, "sstpd lets the aborted call go")
    server.ctl("kick", str(server.only_session()["id"]))
    claim(kicked.message() == GOODBYE, "the server did not say CALL_DISCONNECT")
    kicked.hang_up()
    server.wait_no_session(1)


@test("protocol")
def the_negotiation_has_its_time(the_lab):
    _, host = serve(the_lab, {"sstp.negotiation_timeout": 2})

    def times_out(depth, talk=False):
        one = Peer(host).further(depth)
        began = time.monotonic()
        if talk:
            one.silent_for(1)
            one.send_frame(peer.LCP, b"\x09\x01\0\x08\0\0\0\0")
        claim(one.message() == abort(2, 8), "the server did not say CALL_ABORT with NEGOTIATION_TIMEOUT")
        took = time.monotonic() - began
        claim(abs(took - 2) < 0.5, f"the negotiation took {took:.2f} s, not 2")
        one.gone_after(3)

    together(lambda: times_out(0), lambda: times_out(2), lambda: times_out(3, talk=True))


@test("protocol")
def hello_counts_from_the_last_packet_heard(the_lab):
    server, host = serve(the_lab, {"sstp.hello": 2})
    quiet, talks, echoes = (Peer(host).further(4) for _ in range(3))
    server.host.start("talk", ["ping", "-n", "-i", "0.2", "-w", "6", ".".join(map(str, quiet.address))])

    def dies():
        claim(quiet.message(3) == message(ECHO_REQUEST), "no echo request came although only the server talked")
        quiet.gone_after(2, 0.6)

    def lives_by_data():
        for _ in range(5):
            talks.silent_for(1)
            talks.send(b"\x10\x00\x00\x04")

    def lives_by_answers():
        for answer in (message(ECHO_RESPONSE), b"\x10\x00\x00\x04", message(ECHO_RESPONSE)):
            claim(echoes.message(3) == message(ECHO_REQUEST), "no echo request came")
            echoes.send(answer)
        for _ in range(10):
            echoes.send(message(ECHO_REQUEST))
        got = [echoes.message(1) for _ in range(10)]
        claim(got == [message(ECHO_RESPONSE)] * 10, "ten echo requests did not get ten responses")

    together(dies, lives_by_data, lives_by_answers)


@test("protocol")
def no_data_passes_before_call_connected(the_lab):
    server, host = serve(the_lab)
    one = Peer(host).further(3)
    one.network()
    address = ".".join(map(str, one.address))
    one.ping(1)
    said = server.host.run(["ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", address], check=False)
    claim(" 0 received" in said, "a packet came back from a call without crypto binding")
    claim(one.frame(peer.IP, 0.5) is None, "the server sent IP, or answered it, before CALL_CONNECTED")
    one.send(one.binding())
    one.ping(2)
    claim(one.pong(2), "no packet passes after CALL_CONNECTED")


@test("protocol")
def packets_and_records_have_nothing_to_do_with_each_other(the_lab):
    _, host = serve(the_lab)
    one = Peer(host)
    one.post(behind=GOOD_REQUEST[:3])
    one.send(*[GOOD_REQUEST[at:at + 1] for at in range(3, len(GOOD_REQUEST))])
    ack = one.message()
    claim(ack and len(ack) == 48, "a request in pieces was not acknowledged")
    one.nonce = ack[16:]
    claim(one.authenticate(), "the right password was refused")
    binding = one.binding()
    one.send(binding[:2], binding[2:50], binding[50:])
    one.network()
    echo = struct.pack(">HHHHBBHI", 0x1000, 16, 0xFF03, peer.LCP, 9, 1, 8, 0)
    one.send(echo * 25 + message(ECHO_REQUEST) + echo * 25)
    answers = [one.packet() for _ in range(51)]
    order = [control for control, _ in answers]
    claim(order == [False] * 25 + [True] + [False] * 25, "51 packets of one record were not answered in their order")
    largest = struct.pack(">HHHHBBHI", 0x1000, 4095, 0xFF03, peer.LCP, 9, 2, 4087, 0) + bytes(4079)
    one.send(largest)
    answer = one.frame(peer.LCP)
    claim(answer[:4] == b"\x0a\x02\x05\xdc" and len(answer) == 1500,  # the peer's MRU, as it named none
          "an LCP echo request in a packet of 4,095 octets was not answered up to the MRU")
    one.ping(3)
    claim(one.pong(3), "the stream is out of step")


@test("protocol")
def calls_know_nothing_of_each_other(the_lab):
    server, host = serve(the_lab)
    half, whole, other = Peer(host).further(2), Peer(host).further(4), Peer(host).further(4)
    aborted, third = Peer(host).further(4), Peer(host)
    aborted.answers(PLAIN_ABORT, PLAIN_ABORT)
    third.further(4)  # while the other waits for its second to pass
    other.answers(GOODBYE, ACKNOWLEDGED)
    whole.ping(2)
    claim(whole.pong(2), "a call was disturbed by others that ended")
    half.answers(message(ECHO_REQUEST), UNEXPECTED)
    nonces = {half.nonce, whole.nonce, other.nonce, aborted.nonce, third.nonce}
    claim(len(nonces) == 5, "two calls had the same nonce")
    whole.answers(message(ECHO_REQUEST), message(ECHO_RESPONSE))
    lab.wait_until(lambda: len(server.sessions()) == 2, 5, "three of five calls are over")


@test("protocol")
def a_hundred_calls_have_a_hundred_nonces(the_lab):
    _, host = serve(the_lab)
    nonces = []
    for _ in range(100):
        one = Peer(host).further(2)
        nonces.append(one.nonce)
        one.hang_up()
    claim(len(set(nonces)) == 100, "two calls had the same nonce")
    for at in range(32):
        claim(len({nonce[at] for nonce in nonces}) > 50, f"octet {at} of the nonce hardly changes")


@test("protocol")
def the_log_names_the_clients_correlation_id(the_lab):
    server, host = serve(the_lab)
    one = Peer(host).further(4)
    server.program.wait_for(f'session 1 up .*correlation="{one.id}"')
    one.answers(GOODBYE, ACKNOWLEDGED)
    server.program.wait_for(f'session 1 end .*correlation="{one.id}"')
    wrong = Peer(host).further(2)
    claim(not wrong.authenticate(password="wrong"), "a wrong password was taken")
    server.program.wait_for(f'login failed .*correlation="{wrong.id}"')
    odd = Peer(host)
    odd.id = "no GUID"
    odd.further(4)
    server.program.wait_for('session 3 up .*correlation="no GUID"')


@test("protocol")
def other_http_requests_get_an_error_and_the_end(the_lab):
    _, host = serve(the_lab)

    def refused(code, **how):
        one = Peer(host)
        got, headers = one.post(**how)
        claim(got == code, f"{how} was answered by {got}, not {code}")
        claim(headers["Connection"] == "close", f"the reply does not say that it is the last: {headers}")
        one.send(GOOD_REQUEST)
        length = 0 if how.get("method") == "HEAD" else int(headers["Content-Length"])
        claim(len(one.rest()) == length, "more than the error page came")

    together(*[lambda method=method: refused(405, method=method) for method in ("GET", "POST", "HEAD")],
             lambda: refused(404, target="/"), lambda: refused(404, target="/sra_{00000000}/"),
             lambda: refused(505, version="HTTP/1.0"))
    one = Peer(host)
    code, headers = one.post(target=peer.PATH + "?tenantid=x")
    claim(code == 200 and headers["Content-Length"] == "18446744073709551615", f"a tenantid was answered by {code}")
    age = time.time() - email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
    claim(headers["Server"] and -2 < age < 10, f"the reply was dated {headers['Date']}")


@test("protocol")
def a_server_that_stops_waits_for_its_clients_and_takes_no_more(the_lab):
    server, host = serve(the_lab)
    one, other = Peer(host).further(4), Peer(host).further(4)
    server.program.process.terminate()

    def acknowledges():
        claim(one.message() == GOODBYE, "the server did not say CALL_DISCONNECT")
        one.send(ACKNOWLEDGED)
        claim(one.gone() < 1, "the server did not end the call")

    def is_silent():
        claim(other.message() == GOODBYE, "the server did not say CALL_DISCONNECT")
        try:
            Peer(host)
        except OSError:
            pass
        else:
            claim(False, "a server that is stopping took a new connection")
        other.gone_after(5)

    together(acknowledges, is_silent)
    claim(server.program.wait_end() == 0, f"sstpd did not end in order; {server.program.last_words()}")


@test("protocol")
def a_terminators_certificate_counts_behind_it(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    shown = the_lab.path("terminator.crt")
    lab.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=terminator",
             "-keyout", the_lab.path("terminator.key"), "-out", shown])
    server = Server(server_host, {"auth.methods": "pap", "plain.listen": f"{SERVER4}:80", "plain.certificate": shown})
    der = the_lab.path("terminator.der")
    lab.run(["openssl", "x509", "-in", shown, "-outform", "DER", "-out", der])

    def behind(certificate):
        one = Peer(client_host, port=80, tls=False).further(3)
        one.certificate = certificate
        one.network()
        return one

    with open(der, "rb") as file:
        certificate = file.read()
    right = behind(certificate)
    right.send(right.binding())
    right.ping(1)
    claim(right.pong(1), "a call behind the terminator does not carry packets")
    wrong = behind(Peer(client_host, port=PORT).certificate)
    wrong.answers(wrong.binding(), BAD_BINDING)
    claim(server.sessions(), "the right call is gone")


@test("protocol")
def idle_and_old_sessions_are_disconnected(the_lab):
    _, host = serve(the_lab, {"session.idle_timeout": 1, "session.session_timeout": 3})
    idle, busy = Peer(host).further(4), Peer(host).further(4)

    def is_idle():
        began = time.monotonic()
        claim(idle.message() == GOODBYE, "the server did not say CALL_DISCONNECT")
        claim(time.monotonic() - began < 1.8, "an idle session stayed for too long")
        idle.gone_after(5)

    def is_old():
        end = time.monotonic() + 2
        while time.monotonic() < end:
            busy.ping(2)
            claim(busy.pong(2), "a busy session was not served")
            claim(busy.message(0.3) is None, "a busy session was ended early")
        claim(busy.message() == GOODBYE, "the server did not say CALL_DISCONNECT")
        busy.answers(GOODBYE, ACKNOWLEDGED)

    together(is_idle, is_old)


@test("protocol")
def a_tunnels_mtu_is_1400_and_larger_packets_cross_in_fragments(the_lab):
    server, client = call(the_lab)
    for host in (server.host, client.host):
        links = host.run(["ip", "-oneline", "link", "show", "type", "tun"])
        claim(re.findall(r" mtu (\d+) ", links) == ["1400"], f"the tunnel's interface is: {links}")
    inside = client.phases["connected"]["addresses"].split()[0]
    for host, address in ((client.host, GATEWAY4), (server.host, inside)):
        said = host.run(["ping", "-n", "-c", "3", "-i", "0.2", "-s", "8000", "-W", "2", address])
        claim(" 3 received" in said, f"pings of 8,000 octets: {' '.join(said.split())}")
        host.run(["ping", "-n", "-c", "1", "-s", "1372", "-M", "do", "-W", "2", address])
        said = host.run(["ping", "-n", "-c", "1", "-s", "1373", "-M", "do", "-W", "2", address], check=False)
        claim(" 0 received" in said, "a packet of 1,401 octets crossed in one piece")
