# SPDX-License-Identifier: MIT
"""Our sessions in every TLS version, cipher and key exchange that both ends speak, opened by sstpdump."""

import json
import os

import uml

from suite import GATEWAY4, NAME, PASSWORD, USER, Client, Server, cabled_hosts, claim, lab, ping, program, test

SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
CBC = ("AES128-SHA", "AES256-SHA")
CBC_12 = ("AES128-SHA256", "AES256-SHA256")
AEAD_12 = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-CCM", "AES256-CCM", "AES128-CCM8", "AES256-CCM8")
ECDHE_12 = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-SHA256", "AES256-SHA384")
WITHOUT = {"SSTP_NO_ETM": "1", "SSTP_NO_EMS": "1"}


def rsa_server(the_lab, host):
    """sstpd with an RSA certificate, which RSA key exchange needs, and every cipher allowed."""
    certificate, key = the_lab.path("rsa.pem"), the_lab.path("rsa.key")
    lab.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days",
             "30", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-addext",
             "extendedKeyUsage=serverAuth"])
    os.chmod(key, 0o600)
    server = Server(host, {"tls.certificate": certificate, "tls.key": key, "tls.min_version": "1.0",
                           "tls.ciphers": "ALL:@SECLEVEL=0"})
    server.certificate, server.key = certificate, key
    return server


class Calls:
    """Calls with some pings, one after the other, captured by sstpdump itself."""

    def __init__(self, the_lab, cases):
        server_host, client_host = cabled_hosts(the_lab)
        self.server, self.cases = rsa_server(the_lab, server_host), cases
        self.capture, self.keylog = the_lab.path("calls.pcapng"), the_lab.path("keylog")
        dump = server_host.start("sstpdump", [program("sstpdump"), "-i", "wire", "-w", self.capture])
        dump.wait_for("Capturing on")
        shim = uml.build_shim(the_lab.dir)
        for number, (version, cipher, *how) in enumerate(cases):
            options = ["--keylog", self.keylog, "--tls10"]
            env = {"LD_PRELOAD": shim, "SSTP_TLS": version, **(how[0] if how else {})}
            if version == "1.3":
                env["SSTP_SUITES"] = cipher
            else:
                options += ["--ciphers", f"{cipher}:@SECLEVEL=0"]
            client = Client(client_host, self.server, options=options, name=f"sstp-{number}", env=env).up()
            tls = client.phases["tls"]
            claim((tls["version"].removesuffix(".0"), tls["cipher"]) == (f"TLSv{version}".removesuffix(".0"), cipher),
                  f"the call was by {tls['version']}, {tls['cipher']}, not {version}, {cipher}")
            ping(client.host, GATEWAY4, 2)
            client.hang_up()
            self.server.wait_no_session()
        lab.wait_until(lambda: self.ends() == 2 * len(cases), 20, "sstpdump writes the end of every connection")
        dump.stop()

    def ends(self):
        """How many FINs the capture holds, complete or not."""
        return lab.run([program("sstpdump"), "-r", self.capture, "-Y", "tcp.flags.fin == 1"], check=False).count("\n")

    def dump(self, *options):
        return lab.run([program("sstpdump"), "-r", self.capture, *options])

    def check_log(self):
        return self.check("--keylog", self.keylog)

    def check(self, *keys):
        """Claims that those keys open every call to the last packet; returns the lines of its packets."""
        calls = [json.loads(line) for line in self.dump(*keys, "--calls", "-T", "json", "--password",
                                                        f"{USER}:{PASSWORD}").splitlines()]
        claim(len(calls) == len(self.cases), f"{len(calls)} of {len(self.cases)} calls were seen")
        for call, case in zip(calls, self.cases):
            claim(call["verdict"].startswith("the call was good; the client ended it") and
                  call["tls"]["version"] == f"TLS {case[0]}", f"{case}: {call['tls']}: {call['verdict']}")
        said = self.dump(*keys, "--calls", "--password", f"{USER}:{PASSWORD}")
        claim(said.count("compound MAC right") == len(self.cases), f"a compound MAC is not right: {said}")
        return self.dump(*keys, "-Y", "sstp", "-T", "fields", "-e", "frame.number", "-e", "sstp.length")


@test("dump")
def sstpdump_opens_our_calls_by_rsa_key_exchange_with_pem_pfx_and_key_log(the_lab):
    calls = Calls(the_lab, [*(("1.2", cipher) for cipher in (*AEAD_12, *CBC_12)),
                            *((version, cipher, how) for version in ("1.0", "1.1", "1.2") for cipher in CBC
                              for how in ({}, WITHOUT))])
    pfx = the_lab.path("rsa.pfx")
    lab.run(["openssl", "pkcs12", "-export", "-inkey", calls.server.key, "-in", calls.server.certificate, "-out", pfx,
             "-passout", "pass:sstp"])
    by_log = calls.check_log()
    claim(calls.check("--key", calls.server.key) == by_log, "the PEM key opens other packets than the key log")
    claim(calls.check("--pfx", f"{pfx}:sstp") == by_log, "the PKCS#12 file opens other packets than the key log")


@test("dump")
def sstpdump_opens_our_calls_by_ephemeral_key_exchange_with_a_key_log(the_lab):
    Calls(the_lab, [*(("1.2", f"ECDHE-RSA-{cipher}") for cipher in ECDHE_12),
                    *((version, f"ECDHE-RSA-{cipher}", how) for version in ("1.0", "1.1", "1.2") for cipher in CBC
                      for how in ({}, WITHOUT))]).check_log()


@test("dump")
def sstpdump_opens_our_calls_in_every_suite_of_tls13(the_lab):
    Calls(the_lab, [("1.3", suite) for suite in SUITES]).check_log()
