# SPDX-License-Identifier: MIT
"""Our sessions in every TLS version, cipher and key exchange that sstpdump opens, opened by it."""

import os

from dumped import Case, EcdsaTls, OwnTls, RekeyedTls, RelayedTls

from suite import Skip, lab, program, test

UP_TO_12 = ("1.0", "1.1", "1.2")
CBC = ("AES_128_CBC_SHA", "AES_256_CBC_SHA")
RSA_12 = ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "AES_128_CCM", "AES_256_CCM", "AES_128_CCM_8", "AES_256_CCM_8",
          "AES_128_CBC_SHA256", "AES_256_CBC_SHA256")
DHE_12 = (*RSA_12, "CHACHA20_POLY1305_SHA256")
ECDHE_12 = ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_CBC_SHA256",
            "AES_256_CBC_SHA384")
ECDSA_12 = (*ECDHE_12, "AES_128_CCM", "AES_256_CCM", "AES_128_CCM_8", "AES_256_CCM_8")


def cases(exchange, suites_12):
    """
    Every suite of a key exchange: those that only TLS 1.2 has, and CBC with SHA-1 in all versions; CBC both with
    encrypt-then-MAC and the extended master secret and without them.
    """
    every = [("1.2", suite) for suite in suites_12] + [(version, suite) for version in UP_TO_12 for suite in CBC]
    return [Case(version, f"TLS_{exchange}_WITH_{suite}", extensions) for version, suite in every
            for extensions in ((True, False) if "CBC" in suite else (True,))]


def check_rsa(the_lab, calls):
    """Claims that the server's key alone opens the calls, in either form, as the key log does."""
    pfx = the_lab.path("rsa.pfx")
    lab.run(["openssl", "pkcs12", "-export", "-inkey", calls.server.key, "-in", calls.server.certificate, "-out", pfx,
             "-passout", "pass:sstp"])
    calls.check_log()
    calls.check("--key", calls.server.key)
    calls.check("--pfx", f"{pfx}:sstp")


def need_relay():
    """Skips the test where nothing speaks what our programs do not."""
    if not os.path.exists(program("tests/lab/gnutls_relay")):
        raise Skip("the relay was not built, for want of GnuTLS (tests/lab/deps installs it)")


@test("dump")
def sstpdump_opens_our_calls_by_rsa_key_exchange_with_pem_pfx_and_key_log(the_lab):
    check_rsa(the_lab, OwnTls(the_lab, cases("RSA", RSA_12)))


@test("dump")
def sstpdump_opens_our_calls_by_ecdhe_with_a_key_log(the_lab):
    OwnTls(the_lab, cases("ECDHE_RSA", ECDHE_12)).check_log()


@test("dump")
def sstpdump_opens_our_calls_by_ecdhe_and_ecdsa_with_a_key_log(the_lab):
    EcdsaTls(the_lab, cases("ECDHE_ECDSA", ECDSA_12)).check_log()


@test("dump")
def sstpdump_opens_our_calls_by_dhe_with_a_key_log(the_lab):
    OwnTls(the_lab, cases("DHE_RSA", DHE_12)).check_log()


@test("dump")
def sstpdump_opens_our_calls_in_every_suite_of_tls13(the_lab):
    OwnTls(the_lab, [Case("1.3", suite) for suite in OwnTls.suites]).check_log()


@test("dump")
def sstpdump_opens_our_calls_through_key_updates(the_lab):
    calls = RekeyedTls(the_lab, [Case("1.3", suite, options=["--rekey", "1"]) for suite in OwnTls.suites[1:3]])
    calls.check_log()
    calls.check_updates()


# names of TLS, and GnuTLS's for the same
CIPHERS = {"RC4_128_MD5": "+ARCFOUR-128:+MD5", "RC4_128_SHA": "+ARCFOUR-128:+SHA1",
           "3DES_EDE_CBC_SHA": "+3DES-CBC:+SHA1", "AES_128_CBC_SHA": "+AES-128-CBC:+SHA1",
           "AES_128_GCM_SHA256": "+AES-128-GCM:+AEAD"}
OLD = ("RC4_128_MD5", "RC4_128_SHA", "3DES_EDE_CBC_SHA")


def relayed(version, exchange, cipher, extensions=True, more="", **how):
    """A call by way of GnuTLS; exchange as TLS names it, "" for TLS 1.3. more: words of the priority string."""
    wanted = "" if extensions else ":%NO_ETM:%NO_SESSION_HASH"
    priority = f"NONE:+VERS-TLS{version}:{CIPHERS[cipher]}:+COMP-NULL:+SIGN-ALL:+GROUP-ALL{wanted}{more}"
    if not exchange:
        return Case(version, f"TLS_{cipher}", priority=priority, **how)
    return Case(version, f"TLS_{exchange}_WITH_{cipher}", extensions, **how,
                priority=f"{priority}:+{exchange.replace('_', '-')}")


def twice(*case, **how):
    """A relayed call, and another one that resumes its session."""
    first = relayed(*case, **how, words=["resume=1"])
    return [first, Case(first.version, first.suite, resumed=True)]


@test("dump")
def sstpdump_opens_our_calls_by_rc4_and_3des_with_pem_pfx_and_key_log(the_lab):
    need_relay()
    check_rsa(the_lab, RelayedTls(the_lab, [relayed(version, "RSA", cipher, extensions) for version in UP_TO_12
                                            for cipher in OLD for extensions in (True, False)]))


@test("dump")
def sstpdump_opens_our_calls_by_rc4_and_3des_with_ephemeral_keys(the_lab):
    need_relay()
    RelayedTls(the_lab, [relayed(version, *how) for version in UP_TO_12 for how in (
        ("ECDHE_RSA", "RC4_128_SHA"), ("ECDHE_RSA", "3DES_EDE_CBC_SHA"), ("DHE_RSA", "3DES_EDE_CBC_SHA"))]).check_log()


@test("dump")
def sstpdump_opens_our_calls_in_resumed_sessions(the_lab):
    need_relay()
    RelayedTls(the_lab, [*twice("1.3", "", "AES_128_GCM_SHA256"), *twice("1.2", "ECDHE_RSA", "AES_128_GCM_SHA256"),
                         *twice("1.2", "DHE_RSA", "AES_128_CBC_SHA", more=":%NO_TICKETS")]).check_log()


@test("dump")
def sstpdump_opens_our_calls_in_resumed_sessions_with_the_key_of_the_first(the_lab):
    need_relay()
    check_rsa(the_lab, RelayedTls(the_lab, [
        case for how in (("1.2", "AES_128_GCM_SHA256"), ("1.2", "RC4_128_SHA"), ("1.0", "3DES_EDE_CBC_SHA"))
        for more in ("", ":%NO_TICKETS") for case in twice(how[0], "RSA", how[1], more=more)]))


@test("dump")
def sstpdump_opens_our_calls_through_a_renegotiation(the_lab):
    need_relay()
    check_rsa(the_lab, RelayedTls(the_lab, [
        relayed(version, "RSA", cipher, words=["again=6"], handshakes=2) for version, cipher in (
            ("1.0", "3DES_EDE_CBC_SHA"), ("1.1", "RC4_128_SHA"), ("1.2", "AES_128_CBC_SHA"),
            ("1.2", "AES_128_GCM_SHA256"))] + [
        relayed("1.2", "RSA", "AES_128_CBC_SHA", server_words=["ask=5"], handshakes=2)]))


@test("dump")
def sstpdump_opens_our_call_after_a_hello_retry_request(the_lab):
    need_relay()
    case = relayed("1.3", "", "AES_128_GCM_SHA256", handshakes=2)
    case.how["accept"] = case.how["priority"].replace("+GROUP-ALL", "+GROUP-SECP521R1")
    RelayedTls(the_lab, [case]).check_log()
