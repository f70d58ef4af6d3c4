# SPDX-License-Identifier: MIT
"""
Calls of ours, captured by sstpdump and opened by it. What it makes of them is held against what sstp told in its
trace: every octet of every SSTP packet, in order, both ways.
"""

import json
import re

import uml

from suite import GATEWAY4, NAME, PASSWORD, SERVER4, USER, Client, Server, cabled_hosts, claim, lab, ping, program

MASK = 0x2A  # what the trace has in place of secrets
SECRET = ("chap", "eap", "pap")
IP_PACKETS = (b"\xff\x03\x00\x21", b"\xff\x03\x00\x57")  # the trace leaves them out
REQUEST, ACK, CONNECTED, DISCONNECT, DISCONNECT_ACK = 1, 2, 4, 6, 7
SENT, RECEIVED = [REQUEST, CONNECTED, DISCONNECT], [ACK, DISCONNECT_ACK]


class Case:
    """
    A call to make: the version of TLS and the cipher by the name that TLS gives it, and whether encrypt-then-MAC and
    the extended master secret are to be spoken where they can. how: what a kind of Calls needs to know besides.
    """

    def __init__(self, version, suite, extensions=True, **how):
        self.version, self.suite, self.how = version, suite, how
        self.etm = extensions and version != "1.3" and "CBC" in suite
        self.ems = extensions and version != "1.3"

    def __repr__(self):
        return f"{self.suite} in TLS {self.version}"


def split_packets(stream):
    """The SSTP packets that octets consist of."""
    packets = []
    while stream:
        size = int.from_bytes(stream[2:4], "big") & 0xFFF
        claim(stream[0] == 0x10 and 4 <= size <= len(stream), f"no SSTP packet begins with {stream[:16].hex()}")
        packets.append(stream[:size])
        stream = stream[size:]
    return packets


def traced(client, kind):
    """What sstp says in its trace that it sent (tx) or received (rx), as SSTP packets with their secrets masked."""
    packets = []
    for line in client.program.lines:
        if line.startswith('{"t":') and (told := json.loads(line))["kind"] == kind and told["layer"] != "http":
            octets = bytes.fromhex(told["hex"])
            if told["layer"] != "sstp":
                octets = b"\x10\x00" + (len(octets) + 6).to_bytes(2, "big") + b"\xff\x03" + octets
            packets.append((octets, told["layer"] in SECRET))
    return packets


def agree(packet, told, secret):
    return len(packet) == len(told) and all(a == b or (secret and b == MASK) for a, b in zip(packet, told))


class Calls:
    """Calls with some pings, one after the other, captured where TLS is the one of the case."""

    settings, pings = {}, 2

    def __init__(self, the_lab, cases):
        self.lab, self.cases, self.clients = the_lab, cases, []
        server_host, self.host = cabled_hosts(the_lab)
        self.server = self.start_server(server_host)
        self.capture, self.keylog = the_lab.path("calls.pcapng"), the_lab.path("keylog")
        dump = server_host.start("sstpdump", [program("sstpdump"), "-i", "wire", "-w", self.capture])
        dump.wait_for("Capturing on")
        self.prepare()
        for number, case in enumerate(cases):
            client = self.dial(f"sstp-{number}", case).up()
            self.traffic(client)
            client.hang_up()
            client.wait_phase("ended")
            self.server.wait_no_session()
            self.clients.append(client)
        lab.wait_until(lambda: self.ends() == 2 * len(cases), 20, "sstpdump writes the end of every connection")
        dump.stop()

    def start_server(self, host):
        return Server(host, self.settings)

    def prepare(self):
        """What the first call needs."""

    def dial(self, name, case):
        """Starts the call of a case."""
        raise NotImplementedError

    def traffic(self, client):
        ping(client.host, GATEWAY4, self.pings)

    def ends(self):
        """How many ends of connections the capture holds, itself complete or not."""
        fins = lab.run([program("sstpdump"), "-r", self.capture, "-Y", "tcp.flags.fin == 1", "-T", "fields", "-e",
                        "tcp.stream", "-e", "tcp.srcport"], check=False)
        return len(set(fins.splitlines()))

    def dump(self, *options):
        return lab.run([program("sstpdump"), "-r", self.capture, *options])

    def check(self, *keys):
        """Claims that those keys open every call to the last octet."""
        calls = [json.loads(line) for line in self.dump(*keys, "--calls", "-T", "json", "--password",
                                                        f"{USER}:{PASSWORD}").splitlines()]
        claim(len(calls) == len(self.cases), f"{len(calls)} of {len(self.cases)} calls were seen")
        for call, case in zip(calls, self.cases):
            self.check_call(call, case)
        self.check_octets(keys)

    def check_log(self):
        """check() with the key log; and claims that the handshakes went as wanted, and that tshark agrees."""
        self.check("--keylog", self.keylog)
        self.check_handshakes()
        self.check_tshark()

    def check_tshark(self):
        """
        Claims that tshark sees in the frames what sstpdump does. All that it is known to miss is what follows an SSTP
        packet with an IP packet in the same TCP segment.
        """
        wanted = ["-Y", "tls.handshake.type == 2 || sstp", "-T", "fields", *(f"-e{field}" for field in (
            "frame.number", "tls.handshake.version", "tls.handshake.extensions.supported_version",
            "tls.handshake.ciphersuite", "sstp.length", "sstp.messagetype", "ppp.protocol", "chap.name", "icmp.type"))]
        theirs = lab.run(["tshark", "-r", self.capture, "-o", f"tls.keylog_file:{self.keylog}", *wanted]).splitlines()
        ours = self.dump("--keylog", self.keylog, *wanted).splitlines()
        claim(len(theirs) == len(ours) > 0, f"tshark finds {len(theirs)} frames, sstpdump {len(ours)}")
        for their, our in zip(theirs, ours):
            less = all(map(str.startswith, our.split("\t"), their.split("\t")))
            claim(their == our or (less and re.search("0x00(21|57)", their)), f"tshark: '{their}', sstpdump: '{our}'")

    def check_call(self, call, case):
        """Claims that sstpdump says of a call what is right."""
        tls, binding = call["tls"], call["crypto_binding"]
        claim(call["verdict"].startswith("the call was good; the client ended it"), f"{case}: {call['verdict']}")
        claim((tls["version"], tls["cipher"]) == (f"TLS {case.version}", case.suite), f"{case}: it was {tls}")
        claim({binding[what] for what in ("hash", "nonce", "certificate_hash", "compound_mac")} == {"right"},
              f"{case}: {binding}")
        claim(call["authentication"]["result"] == "succeeded", f"{case}: {call['authentication']}")
        claim(tls["resumed"] == case.how.get("resumed", False), f"{case}: it was resumed {tls['resumed']}")

    def check_handshakes(self):
        """
        Claims that each server's hello, one for each handshake, agreed on encrypt-then-MAC (22) and the extended master
        secret (23) where they are wanted.
        """
        hellos = [line.split("\t") for line in self.dump(
            "--keylog", self.keylog, "-Y", "tls.handshake.type == 2", "-T", "fields", "-e", "tcp.stream", "-e",
            "tls.handshake.extension.type").splitlines()]
        for number, case in enumerate(self.cases):
            seen = [types.split(",") for stream, types in hellos if int(stream) == number]
            claim(len(seen) == case.how.get("handshakes", 1), f"{case}: there were {len(seen)} handshakes")
            claim(all(("22" in types, "23" in types) == (case.etm, case.ems) for types in seen), f"{case}: {seen}")

    def streams(self, keys):
        """{(TCP stream, "tx" or "rx"): the SSTP packets in it} as sstpdump opens them."""
        told, streams = self.dump(*keys, "-Y", "sstp", "-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e",
                                  "tcp.dstport"), {}
        frames = self.dump(*keys, "-Y", "sstp", "-x").strip("\n").split("\n\n")
        where = [line.split("\t") for line in told.splitlines()]
        claim([number for number, _, _ in where] == [frame.split()[0] for frame in frames],
              "-x shows other frames than -T fields")
        for (_, stream, port), text in zip(where, frames):
            packets = streams.setdefault((int(stream), "tx" if port == "443" else "rx"), [])
            for block in text.split("Decrypted TLS")[1:]:
                packets += split_packets(b"".join(bytes.fromhex(line[6:54]) for line in block.splitlines()[1:]))
        return streams

    def check_octets(self, keys):
        """Claims that the packets in the capture are those of sstp's trace, and as many IP packets as it counted."""
        streams = self.streams(keys)
        claim(len(streams) == 2 * len(self.cases), f"there are {len(streams)} streams")
        for number, (case, client) in enumerate(zip(self.cases, self.clients)):
            for way, messages, icmp in (("tx", SENT, 8), ("rx", RECEIVED, 0)):
                carried = [packet for packet in streams[number, way] if packet[4:8] in IP_PACKETS]
                others = [packet for packet in streams[number, way] if packet[4:8] not in IP_PACKETS]
                told = traced(client, way)
                claim(len(others) == len(told), f"{case}: {len(others)} packets, sstp told of {len(told)} {way}")
                for packet, (octets, secret) in zip(others, told):
                    claim(agree(packet, octets, secret), f"{case}: {packet.hex()} is not {octets.hex()}")
                types = [packet[5] for packet in others if packet[1] == 1]
                claim(types == messages, f"{case}: the messages {way} were {types}")
                # what comes while sstp hangs up it does not count
                extra = len(carried) - client.phases["ended"][f"{way}_packets"]
                claim(extra == 0 or (way == "rx" and extra > 0), f"{case}: {extra} IP packets too many {way}")
                echoes = [packet[28] for packet in carried if packet[4:8] == IP_PACKETS[0]]
                claim(echoes == [icmp] * self.pings, f"{case}: the ICMP types {way} were {echoes}")


class OwnTls(Calls):
    """Calls whose TLS is our programs' own."""

    suites = ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
              "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256")
    settings = {"tls.min_version": "1.0", "tls.ciphers": ":".join(("ALL:@SECLEVEL=0", *suites))}

    def prepare(self):
        self.shim = uml.build_shim(self.lab.dir)

    def dial(self, name, case):
        env = {"LD_PRELOAD": self.shim, "SSTP_TLS": case.version}
        if not case.ems:
            env |= {"SSTP_NO_ETM": "1", "SSTP_NO_EMS": "1"}
        ciphers = case.suite + (":DEFAULT:@SECLEVEL=0" if case.version == "1.3" else ":@SECLEVEL=0")
        return Client(self.host, self.server, name=name, env=env, options=[
            "--trace=json", "--keylog", self.keylog, "--tls10", "--ciphers", ciphers, *case.how.get("options", ())])


class EcdsaTls(OwnTls):
    """The same with an ECDSA certificate."""

    def start_server(self, host):
        certificate, key = host.lab.path("ecdsa.pem"), host.lab.path("ecdsa.key")
        lab.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                 key, "-out", certificate, "-days", "30", "-subj", f"/CN={NAME}", "-addext",
                 f"subjectAltName=DNS:{NAME}", "-addext", "extendedKeyUsage=serverAuth"])
        server = Server(host, {**self.settings, "tls.certificate": certificate, "tls.key": key})
        server.certificate, server.key = certificate, key
        return server


class RekeyedTls(OwnTls):
    """Calls in which either side takes new keys of TLS 1.3, at least once."""

    settings = {**OwnTls.settings, "tls.rekey": "1"}
    pings = 760  # a good megabyte

    def traffic(self, client):
        said = client.host.run(["ping", "-n", "-q", "-f", "-c", str(self.pings), "-s", "1372", "-W", "5", GATEWAY4],
                               check=False)
        claim(" 0% packet loss" in said, f"pings were lost: {said}")

    def check_updates(self):
        """Claims that the capture holds the messages by which both sides took new keys."""
        lines = self.dump("--keylog", self.keylog, "-Y", "tls.handshake.type == 24", "-T", "fields", "-e", "tcp.stream",
                          "-e", "tcp.dstport").splitlines()
        sides = {(int(stream), port == "443") for stream, port in map(str.split, lines)}
        claim(len(sides) == 2 * len(self.cases), f"key updates came {sides}")


class RelayedTls(Calls):
    """
    Calls between two relays, with a TLS in between that is GnuTLS's. case.how: its priority string, another one for the
    relay that accepts, and words for either relay; without a priority the relays of the case before go on.
    """

    settings = {"server.listen": "127.0.0.1:443", "plain.listen": "127.0.0.1:80", "plain.certificate": "cert.pem"}

    def prepare(self):
        self.relays = []

    def relay(self, host, name, *words, env=None):
        relay = host.start(name, [program("tests/lab/gnutls_relay"), f"certificate={self.server.certificate}",
                                  f"key={self.server.key}", *words], env=env)
        relay.wait_for("ready")
        self.relays.append(relay)

    def dial(self, name, case):
        if priority := case.how.get("priority"):
            while self.relays:
                self.relays.pop().stop()
            self.relay(self.server.host, f"{name}-server", f"from={SERVER4}:443", "to=127.0.0.1:80",
                       f"accept={case.how.get('accept', priority)}", *case.how.get("server_words", ()))
            self.relay(self.host, f"{name}-client", "from=127.0.0.1:443", f"to={SERVER4}:443", "accept=NORMAL",
                       f"connect={priority}", *case.how.get("words", ()), env={"SSLKEYLOGFILE": self.keylog})
        return Client(self.host, self.server, to="127.0.0.1:443", name=name,
                      options=["--trace=json", "--server-name", NAME])
