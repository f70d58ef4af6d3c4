# SPDX-License-Identifier: MIT
"""
An SSTP client and a server that share no code with the suite: written from MS-SSTP, RFC 1661 and RFC 1334
alone. They stop wherever a test likes on the way into a call, and lie when they are told to. They authenticate
by PAP, so that the key is 32 octets of zero (MS-SSTP 3.2.5.2.4). What they receive is checked against all that
MS-SSTP 2.2 says of senders.
"""

import concurrent.futures
import contextlib
import ctypes
import hashlib
import hmac
import os
import socket
import ssl
import struct
import time
import uuid

from suite import PASSWORD, SERVER4, USER, claim

PATH = "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"
REQUEST, ACK, NAK, CONNECTED, ABORT, DISCONNECT, DISCONNECT_ACK, ECHO_REQUEST, ECHO_RESPONSE = range(1, 10)
PROTOCOL_ID, STATUS_INFO, BINDING, BINDING_REQUEST = range(1, 5)
SHA1, SHA256 = 1, 2
# which attributes a message holds, and how many
ATTRIBUTES = {REQUEST: ((PROTOCOL_ID,), (1,)), ACK: ((BINDING_REQUEST,), (1,)), NAK: ((STATUS_INFO,), range(1, 100)),
              CONNECTED: ((BINDING,), (1,)), ABORT: ((STATUS_INFO,), (0, 1)), DISCONNECT: ((STATUS_INFO,), (0, 1))}
BOTH_WAYS = (ABORT, DISCONNECT, DISCONNECT_ACK, ECHO_REQUEST, ECHO_RESPONSE)
FROM_SERVER, FROM_CLIENT = (ACK, NAK) + BOTH_WAYS, (REQUEST, CONNECTED) + BOTH_WAYS
HASHES = {SHA1: hashlib.sha1, SHA256: hashlib.sha256}
NO_KEY = bytes(32)
IP, LCP, PAP, IPCP = 0x0021, 0xC021, 0xC023, 0x8021
PATIENCE = 20  # seconds that anything may take that has no time of its own

libc = ctypes.CDLL(None, use_errno=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


@contextlib.contextmanager
def inside(host):
    """This thread in the host's network namespace: the sockets made here stay there."""
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{host.name}", "rb") as there:
        claim(libc.setns(there.fileno(), 0) == 0, f"cannot enter {host.name}: {os.strerror(ctypes.get_errno())}")
        try:
            yield
        finally:
            libc.setns(home.fileno(), 0)


def together(*tasks):
    """Runs tasks at the same time, each in a thread, and returns when all have; the first error is raised."""
    with concurrent.futures.ThreadPoolExecutor(len(tasks)) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()


def attribute(number, value=b"", length=None, reserved=0):
    """An attribute; length and reserved bits may be lies."""
    said = len(value) + 4 if length is None else length
    return struct.pack(">BBH", reserved, number, said | (reserved & 0xF) << 12) + value


def message(number, *attributes, count=None, reserved=0):
    """A control message; its count and reserved bits may be lies."""
    body = struct.pack(">HH", number, len(attributes) if count is None else count) + b"".join(attributes)
    return struct.pack(">BBH", 0x10, 1 | (reserved & 0xFE), (len(body) + 4) | (reserved & 0xF) << 12) + body


def status(attrib, code, value=b""):
    return attribute(STATUS_INFO, struct.pack(">II", attrib, code) + value)


def abort(attrib, code):
    return message(ABORT, status(attrib, code))


GOOD_REQUEST = message(REQUEST, attribute(PROTOCOL_ID, b"\0\1"))
PLAIN_ABORT = message(ABORT)


def compound_mac(protocol, key, whole):
    """The Compound MAC of a CALL_CONNECTED of 112 octets (MS-SSTP 3.2.5.2)."""
    size = HASHES[protocol]().digest_size
    cmk = hmac.digest(key, b"SSTP inner method derived CMK" + struct.pack("<HB", size, 1), HASHES[protocol])
    zeroed = whole[:48 + size] + bytes(32 - size) + bytes(32)
    return hmac.digest(cmk, zeroed, HASHES[protocol])


class Stream:
    """One end of a connection that carries SSTP: packets, messages, PPP frames, and when it ended."""

    def __init__(self, connection, messages):
        self.socket, self.messages = connection, messages
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bytes, self.frames, self.ended = b"", [], None
        self.certificate = self.nonce = None

    # -- octets

    def send(self, *pieces):
        """Sends each piece as one TLS record."""
        for piece in pieces:
            self.socket.sendall(piece)

    def _more(self, end):
        """Receives more octets until the time end; False when the stream has ended, None when time is over."""
        left = end - time.monotonic()
        if left <= 0:
            return None
        self.socket.settimeout(left)
        try:
            piece = self.socket.recv(65536)
        except TimeoutError:
            return None
        if not piece:
            self.ended = time.monotonic()
            return False
        self.bytes += piece
        return True

    def rest(self):
        """All octets until the stream's end."""
        end = time.monotonic() + PATIENCE
        while self._more(end):
            pass
        claim(self.ended, "the connection stayed")
        return self.bytes

    def say_goodbye(self):
        """Sends close_notify, and leaves the connection as it is."""
        with contextlib.suppress(ssl.SSLError):  # the server's octets are still on their way
            self.socket.unwrap()

    def hang_up(self):
        self.socket.close()

    # -- packets

    def packet(self, timeout=PATIENCE):
        """The next packet as (is it control, body), or None when the stream has ended or time is over."""
        end = time.monotonic() + timeout
        while len(self.bytes) < 4 or len(self.bytes) < int.from_bytes(self.bytes[2:4], "big"):
            if not self._more(end):
                return None
        version, kind, length = struct.unpack(">BBH", self.bytes[:4])
        claim(version == 0x10 and kind in (0, 1) and 4 <= length <= 4095, f"a packet began {self.bytes[:4].hex()}")
        body, self.bytes = self.bytes[4:length], self.bytes[length:]
        if kind == 1:
            check_message(body, self.messages)
        return kind == 1, body

    def message(self, timeout=PATIENCE):
        """The next control message, whole; None when the stream ends first. PPP frames are kept for frame()."""
        end = time.monotonic() + timeout
        while packet := self.packet(end - time.monotonic()):
            if packet[0]:
                return b"\x10\x01" + struct.pack(">H", len(packet[1]) + 4) + packet[1]
            self.frames.append(packet[1])
        return None

    def answers(self, sent, expected, timeout=PATIENCE):
        """Claims that a message is answered by another."""
        self.send(sent)
        got = self.message(timeout)
        claim(got == expected, f"{sent[:16].hex()} was answered by {got and got.hex()}, not {expected.hex()}")

    def silent_for(self, seconds):
        """Claims that no control message comes in that time, and that the stream does not end."""
        got = self.message(seconds)
        claim(got is None and self.ended is None, f"in silence came {got.hex() if got else 'the end of the stream'}")

    def gone(self, timeout=PATIENCE):
        """
        Waits for the end, by close_notify and then FIN, without any control message before it. Returns how
        long it took.
        """
        began = time.monotonic()
        got = self.message(timeout)
        claim(got is None, f"a message came before the end: {got and got.hex()}")
        claim(self.ended is not None, f"the connection did not end within {timeout} s")
        with socket.socket(fileno=os.dup(self.socket.fileno())) as below:  # what TLS has not read
            below.settimeout(PATIENCE)
            claim(below.recv(1) == b"", "octets came behind close_notify")
        self.socket.close()
        return self.ended - began

    def gone_after(self, seconds, tolerance=0.4):
        took = self.gone(seconds + tolerance + 1)
        claim(abs(took - seconds) <= tolerance, f"the connection ended after {took:.2f} s, not {seconds}")

    # -- PPP

    def send_frame(self, protocol, body):
        frame = struct.pack(">HH", 0xFF03, protocol) + body
        self.send(struct.pack(">HH", 0x1000, len(frame) + 4) + frame)

    def frame(self, protocol, timeout=PATIENCE):
        """The next PPP frame of a protocol, without its head; None when none comes. Others are let go."""
        end = time.monotonic() + timeout
        while True:
            while self.frames:
                body = self.frames.pop(0)
                body = body[2:] if body[:2] == b"\xff\x03" else body
                size = 1 if body[0] & 1 else 2
                if int.from_bytes(body[:size], "big") == protocol:
                    return body[size:]
            packet = self.packet(end - time.monotonic())
            if packet is None:
                return None
            claim(not packet[0], f"a control message came while PPP was going on: {packet[1].hex()}")
            self.frames.append(packet[1])

    def negotiate(self, protocol, options):
        """Brings a control protocol up: asks with options, acknowledges what the server asks."""
        mine = theirs = False
        asked = b"\x01\x01" + struct.pack(">H", 4 + len(options)) + options
        self.send_frame(protocol, asked)
        while not (mine and theirs):
            got = self.frame(protocol)
            claim(got, f"the negotiation of {protocol:04x} came to a stop")
            if got[0] == 1:
                self.send_frame(protocol, b"\x02" + got[1:])
                theirs = got
            elif got[0] == 2 and got[1] == asked[1]:
                mine = asked
            elif got[0] == 3:
                asked = bytes([1, asked[1] + 1]) + got[2:]
                self.send_frame(protocol, asked)
        return mine, theirs


class Peer(Stream):
    """A client's connection to sstpd from a host; further() takes it as far into a call as a test wants it."""

    def __init__(self, host, address=SERVER4, port=443, tls=True):
        with inside(host):
            connection = socket.create_connection((address, port), timeout=PATIENCE)
        if tls:
            connection = context.wrap_socket(connection, suppress_ragged_eofs=False)
        super().__init__(connection, FROM_SERVER)
        if tls:
            self.certificate = self.socket.getpeercert(binary_form=True)
        self.address = self.mask = None
        self.id = "{" + str(uuid.uuid4()).upper() + "}"

    def post(self, *headers, method="SSTP_DUPLEX_POST", target=PATH, version="HTTP/1.1", behind=b""):
        """Sends the request head, and behind it more octets in the same record; returns the status and headers."""
        lines = [f"{method} {target} {version}", "Content-Length: 18446744073709551615", "Host: vpn.example.org",
                 f"SSTPCORRELATIONID: {self.id}", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + behind)
        end = time.monotonic() + PATIENCE
        while b"\r\n\r\n" not in self.bytes:
            claim(self._more(end), "no whole reply came to the HTTP request")
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        first, *rest = head.decode("ascii").split("\r\n")
        claim(first.startswith("HTTP/1.1 "), f"the reply began with '{first}'")
        return int(first.split(" ")[1]), dict(line.split(": ", 1) for line in rest)

    def authenticate(self, user=USER, password=PASSWORD):
        """LCP, and PAP; returns whether the server took the password."""
        _, asked = self.negotiate(LCP, b"")
        claim(b"\x03\x04\xc0\x23" in asked, f"the server did not ask for PAP: {asked.hex()}")
        user, password = user.encode(), password.encode()
        body = bytes([len(user)]) + user + bytes([len(password)]) + password
        self.send_frame(PAP, b"\x01\x01" + struct.pack(">H", 4 + len(body)) + body)
        answer = self.frame(PAP)
        claim(answer, "the server did not answer the password")
        if answer[0] != 2:
            farewell = self.frame(LCP)
            claim(farewell and farewell[0] == 5, f"the server did not terminate LCP: {farewell and farewell.hex()}")
            self.send_frame(LCP, b"\x06" + farewell[1:2] + b"\0\4")
        return answer[0] == 2

    def network(self):
        """IPCP; keeps the address that the server gives."""
        mine, _ = self.negotiate(IPCP, b"\x03\x06\0\0\0\0")
        self.address = mine[6:10]

    def ping(self, number, to=bytes((10, 0, 0, 1)), size=56):
        """Sends an ICMP echo request through the tunnel."""
        icmp = struct.pack(">BBHHH", 8, 0, 0, 7, number) + bytes(size)
        icmp = icmp[:2] + struct.pack(">H", checksum(icmp)) + icmp[4:]
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), number, 0, 64, 1, 0, self.address, to)
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
        self.send_frame(IP, head + icmp)

    def pong(self, number, timeout=PATIENCE):
        """Waits for the ICMP echo reply of a number; False when it does not come."""
        end = time.monotonic() + timeout
        while packet := self.frame(IP, end - time.monotonic()):
            if packet[9] == 1 and packet[20] == 0 and packet[26:28] == struct.pack(">H", number):
                return True
        return False

    # -- how far into a call

    def binding(self, protocol=SHA256, key=NO_KEY, certificate=None, nonce=None, named=None, head=None, padding=0):
        """CALL_CONNECTED; named is the hash that it says, head and padding what stands in fields to be ignored."""
        digest = HASHES[protocol](certificate or self.certificate).digest()
        rest = 32 - len(digest)
        whole = (head or message(CONNECTED, attribute(BINDING, bytes(100)))[:15]) + bytes([named or protocol]) + \
            (nonce or self.nonce) + digest + bytes([padding]) * rest + bytes(32)
        return whole[:80] + compound_mac(protocol, key, whole) + bytes([padding]) * rest

    def further(self, depth):
        """H0: HTTP done; H2: CALL_CONNECT_ACK received; H3: authenticated; H4: CALL_CONNECTED sent and taken."""
        code, _ = self.post()
        claim(code == 200, f"the server answered {code}")
        if depth >= 2:
            self.send(GOOD_REQUEST)
            ack = self.message()
            claim(ack and ack[:15] == bytes.fromhex("100100300002000100040028000000") and len(ack) == 48,
                  f"CALL_CONNECT_ACK was {ack and ack.hex()}")
            self.mask, self.nonce = ack[15], ack[16:]
        if depth >= 3:
            claim(self.authenticate(), "the right password was refused")
        if depth >= 4:
            self.send(self.binding())
            self.network()
            self.ping(1)
            claim(self.pong(1), "no packet came through the tunnel")
        return self


class Answering(Stream):
    """A server's end of a connection of sstp; further() takes it as far into a call as a test wants it."""

    def __init__(self, connection, certificate):
        super().__init__(connection, FROM_CLIENT)
        self.certificate, self.request = certificate, b""

    def read_request(self):
        """Waits for the request head and returns its lines."""
        end = time.monotonic() + PATIENCE
        while b"\r\n\r\n" not in self.bytes:
            claim(self._more(end), "no whole request came")
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        return head.decode("ascii").split("\r\n")

    def acknowledge(self, mask, reserved=0):
        """Sends CALL_CONNECT_ACK; reserved stands in fields to be ignored."""
        self.nonce = os.urandom(32)
        value = bytes((reserved, reserved, reserved, mask)) + self.nonce
        self.send(message(ACK, attribute(BINDING_REQUEST, value, reserved=reserved), reserved=reserved))

    def authenticate(self, refuse=False):
        """LCP, and PAP; takes any password, or none."""
        self.negotiate(LCP, b"\x03\x04\xc0\x23")
        asked = self.frame(PAP)
        claim(asked and asked[0] == 1, f"the client did not authenticate by PAP: {asked and asked.hex()}")
        self.send_frame(PAP, (b"\x03" if refuse else b"\x02") + asked[1:2] + b"\0\5\0")

    def expect_connected(self, protocol, key=NO_KEY):
        """Claims that CALL_CONNECTED comes next, and that its binding is right to the last octet."""
        got = self.message()
        digest = HASHES[protocol](self.certificate).digest()
        whole = message(CONNECTED, attribute(BINDING, bytes(100)))[:15] + bytes([protocol]) + self.nonce + digest + \
            bytes(64 - len(digest))
        mac = compound_mac(protocol, key, whole)
        claim(got == whole[:80] + mac + bytes(32 - len(mac)), f"CALL_CONNECTED was {got and got.hex()}")

    def further(self, depth, mask=3):
        """H0: 200 sent; H1: call request received; H2: acknowledged; H3: authenticated; H4: CALL_CONNECTED received."""
        self.read_request()
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n")
        if depth >= 1:
            got = self.message()
            claim(got == GOOD_REQUEST, f"the first message was {got and got.hex()}")
        if depth >= 2:
            self.acknowledge(mask)
        if depth >= 3:
            self.authenticate()
        if depth >= 4:
            self.expect_connected(SHA256 if mask & SHA256 else SHA1)
        return self


class Listener:
    """Listens on a host as an SSTP server would, with a certificate and key from files."""

    def __init__(self, host, certificate, key, address=SERVER4, port=443):
        self.port = port
        with inside(host):
            self.socket = socket.create_server((address, port))
        self.socket.settimeout(PATIENCE)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        with open(certificate, encoding="ascii") as file:
            self.certificate = ssl.PEM_cert_to_DER_cert(file.read())

    def accept(self):
        connection, _ = self.socket.accept()
        connection.settimeout(PATIENCE)
        return Answering(self.context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False),
                         self.certificate)


def checksum(octets):
    octets += bytes(len(octets) & 1)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def check_message(body, messages):
    """Claims that a message is one of some, and what MS-SSTP 2.2 allows."""
    number, count = struct.unpack(">HH", body[:4])
    claim(number in messages, f"message {number} came the wrong way")
    allowed, counts = ATTRIBUTES.get(number, ((), (0,)))
    claim(count in counts, f"message {number} came with {count} attributes")
    at = 4
    for _ in range(count):
        reserved, kind, length = struct.unpack(">BBH", body[at:at + 4])
        claim(reserved == 0 and kind in allowed and length < 4096,
              f"message {number} held an attribute that began {body[at:at + 4].hex()}")
        claim(kind == PROTOCOL_ID or body[at + 4:at + 7] == bytes(3),
              f"reserved octets of message {number} were {body[at + 4:at + 7].hex()}")
        at += length
    claim(at == len(body), f"message {number} is {len(body)} octets, its attributes end at {at}")
