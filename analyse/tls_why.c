/* SPDX-License-Identifier: MIT */
/* Says, for people, why a direction of a connection stays closed and by what it was opened. */
#include "analyse/tls_local.h"

#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stdio.h>

/* Writes subject and fingerprint of the server's certificate. */
static void put_certificate(const struct tls *t, char *to, size_t room)
{
	const uint8_t *p = t->facts.cert;
	X509 *cert = p ? d2i_X509(NULL, &p, (long)t->facts.cert_size) : NULL;
	BIO *out = BIO_new(BIO_s_mem());
	char *subject = NULL;
	long n = 0;
	char print[65] = "";

	for (size_t i = 0; i < 32 && t->facts.has_cert_hash; i++)
		snprintf(print + 2 * i, 3, "%02x", t->facts.cert_sha256[i]);
	if (cert && out) {
		X509_NAME_print_ex(out, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253);
		n = BIO_get_mem_data(out, &subject);
	}
	if (print[0])
		snprintf(to, room, "certificate \"%.*s\", SHA-256 fingerprint %s",
			 n > 200 ? 200 : (int)n, subject ? subject : "", print);
	else
		snprintf(to, room, "certificate not in the capture");
	BIO_free(out);
	X509_free(cert);
}

/* Returns what is known of the suite, as words. */
static const char *suite_words(const struct tls *t)
{
	return t->facts.suite_name ? t->facts.suite_name : "no known cipher suite";
}

/* Writes the reason with the names that an administrator needs to act on it. */
static void put_reason(const struct tls *t, enum tls_why why, char *to, size_t room)
{
	char cert[400];

	switch (why) {
	case WHY_NO_KEY:
		put_certificate(t, cert, sizeof(cert));
		snprintf(to, room,
			 "no key for this certificate (%s): give its private key with --pfx or "
			 "--key, or a key log",
			 cert);
		break;
	case WHY_NEEDS_LOG:
		snprintf(to, room,
			 "ephemeral key exchange needs a key log (%s, %s): the certificate's "
			 "private "
			 "key cannot open it; record one with SSLKEYLOGFILE on either side",
			 tls_version_name(t->facts.version), suite_words(t));
		break;
	case WHY_NOT_IN_LOG:
		snprintf(to, room,
			 "the key log has no secrets of this connection (%s, %s): ephemeral key "
			 "exchange needs a key log of the very session",
			 tls_version_name(t->facts.version), suite_words(t));
		break;
	case WHY_RESUMED:
		snprintf(to, room,
			 "it resumes a session whose first handshake is not known: capture that "
			 "handshake too, or give a key log");
		break;
	case WHY_WRONG_KEY:
		snprintf(to, room,
			 "wrong key: the first protected records do not verify with what was given "
			 "(%s, %s)",
			 tls_version_name(t->facts.version), suite_words(t));
		break;
	case WHY_SUITE:
		snprintf(to, room, "unsupported cipher suite 0x%04x (%s)", t->facts.suite,
			 tls_version_name(t->facts.version));
		break;
	case WHY_VERSION:
		snprintf(to, room, "%s (0x%04x) is not supported, TLS 1.0 to 1.3 are",
			 tls_version_name(t->facts.version), t->facts.version);
		break;
	case WHY_ALGORITHM:
		snprintf(to, room, "OpenSSL on this host cannot do %s%s", suite_words(t),
			 t->facts.suite_name ? " (is its legacy provider installed?)" : "");
		break;
	default: {
		static const char *const texts[WHY_REASONS] = {
			[WHY_NO_HANDSHAKE] = "handshake not in the capture: start capturing before "
					     "the connection is made",
			[WHY_TORN] = "a part of the handshake is missing in the capture",
			[WHY_DAMAGED] = "the handshake is malformed",
			[WHY_COMPRESSION] = "TLS compression is not supported",
			[WHY_LOST] = "no record verifies any more behind a loss or damage",
		};

		snprintf(to, room, "%s", texts[why] ? texts[why] : "the reason is not known");
	}
	}
}

/* Shows what is held as closed, and lets it go. */
static void drop_held(struct tls *t, enum way way)
{
	struct tls_side *s = &t->side[way];

	while (s->held) {
		struct tls_held *h = s->held;

		s->held = h->next;
		tls_show(t, way, &h->in, h->in.torn ? TLS_SEEN_TORN : TLS_SEEN_CLOSED);
		s->expect = h->in.offset + TLS_HEADER + h->in.raw.n;
		budget_free(t->env->budget, h, sizeof(*h) + h->in.have);
	}
	s->held_last = NULL;
	s->held_bytes = 0;
}

void tls_shut(struct tls *t, enum way way, enum tls_why why, struct origin at)
{
	struct tls_side *s = &t->side[way];
	struct tls_in in = {.last = at, .offset = s->expect};
	char text[NOTE_TEXT];
	char reason[NOTE_TEXT - 64];

	if (s->state == SIDE_SHUT)
		return;
	put_reason(t, why, reason, sizeof(reason));
	snprintf(text, sizeof(text), "cannot decrypt the %s's direction: %s",
		 way == WAY_TO_SERVER ? "client" : "server", reason);
	s->state = SIDE_SHUT;
	s->why = why;
	tls_opener_free(s->opener);
	s->opener = NULL;
	tls_note(t, NOTE_CLOSED, way, &in, why, text);
	drop_held(t, way);
}

void tls_tell_open(struct tls *t, enum way way, struct origin at)
{
	static const char *const by[] = {
		[TLS_BY_NONE] = "no secret",
		[TLS_BY_LOG] = "the key log",
		[TLS_BY_RSA] = "the server's private key",
		[TLS_BY_SESSION] = "an earlier handshake in the capture",
	};
	struct tls_in in = {.last = at, .offset = t->side[way].expect};
	char text[NOTE_TEXT];

	snprintf(text, sizeof(text), "the %s's direction is decrypted with %s",
		 way == WAY_TO_SERVER ? "client" : "server", by[t->facts.by]);
	tls_note(t, NOTE_OPEN, way, &in, t->facts.by, text);
}
