/* SPDX-License-Identifier: MIT */
/*
 * The SSTP machine for golden tests, behind the cutting of a stream into packets. config:
 * role=server|client hashes=sha1,sha256 cert=TEXT (what stands for the certificate's DER)
 * cert1=OCTETS cert256=OCTETS (its hashes, given) negotiation=MS hello=MS seed=OCTETS.
 *
 * Verbs: start; authenticated hlak=OCTETS; disconnect; fault (a missing key); eof; state; nonce
 * value=OCTETS (puts it in place of the random one); connected hash=1|2 hlak=OCTETS
 * [bad=nonce|cert|mac] [hash-octet=N] (feeds a CALL_CONNECTED made with the machine's nonce and
 * certificate).
 */
#include <stdio.h>
#include <string.h>

#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "lib/sstp/machine.h"
#include "sstp/error.h"
#include "tests/golden/golden.h"

#define RING 32

struct subject {
	struct machine m;
	struct outq out;
	struct drbg random;
	struct tracer trace;
	struct sstp_trace ring[RING];
	uint8_t have[SSTP_PACKET_MAX];
	size_t have_n;
	size_t data; /* octets of a data packet that was just taken, 0: none */
	bool show_state;
	bool closed;
};

static void set_certificate(struct golden_args *config, struct sstp_config *cfg)
{
	const char *der = golden_arg(config, "cert");
	uint8_t given[32];
	struct sha1_ctx h1;
	struct sha256_ctx h256;

	if (der) {
		sha1_init(&h1);
		sha1_update(&h1, strlen(der), (const uint8_t *)der);
		sha1_digest(&h1, sizeof(cfg->cert_sha1), cfg->cert_sha1);
		sha256_init(&h256);
		sha256_update(&h256, strlen(der), (const uint8_t *)der);
		sha256_digest(&h256, sizeof(cfg->cert_sha256), cfg->cert_sha256);
	}
	if (golden_octets(config, "cert1", given, sizeof(given)))
		memcpy(cfg->cert_sha1, given, sizeof(cfg->cert_sha1));
	if (golden_octets(config, "cert256", given, sizeof(given)))
		memcpy(cfg->cert_sha256, given, sizeof(cfg->cert_sha256));
}

static const char *open_subject(void *self, struct golden_args *config)
{
	struct subject *s = self;
	const char *role = golden_arg(config, "role");
	const char *hashes = golden_arg(config, "hashes");
	struct sstp_config cfg = {0};
	uint8_t seed[32];

	if (!role || (strcmp(role, "server") != 0 && strcmp(role, "client") != 0))
		return "config role=server or role=client is needed";
	cfg.role = !strcmp(role, "server") ? SSTP_SERVER : SSTP_CLIENT;
	if (hashes && strstr(hashes, "sha1"))
		cfg.hashes |= SSTP_HASH_SHA1;
	if (hashes && strstr(hashes, "sha256"))
		cfg.hashes |= SSTP_HASH_SHA256;
	cfg.negotiation_ms = (uint32_t)golden_number(config, "negotiation", 0);
	cfg.hello_ms = (uint32_t)golden_number(config, "hello", 0);
	golden_octets(config, "seed", seed, sizeof(seed));
	drbg_init(&s->random, seed);
	tracer_init(&s->trace, s->ring, RING);
	outq_init(&s->out);
	set_certificate(config, &cfg);
	machine_init(&s->m, &cfg, &s->out, &s->random, &s->trace);
	return NULL;
}

static void drain(void *self, struct golden_log *log);

/* Takes the packet that is complete. */
static void take_packet(struct subject *s, const struct sstp_header *h, uint64_t now)
{
	if (h->control) {
		machine_control(&s->m, rd_init(s->have, s->have_n), now);
	} else {
		machine_data(&s->m, now);
		s->data = s->have_n;
	}
	s->have_n = 0;
	drain(s, golden_log_now());
}

static void feed(void *self, uint8_t *p, size_t n, uint64_t now)
{
	struct subject *s = self;

	s->trace.now = now;
	for (size_t i = 0; i < n && !s->closed; i++) {
		struct sstp_header h;
		int err;

		s->have[s->have_n++] = p[i];
		if (s->have_n < SSTP_HEADER)
			continue;
		err = sstp_parse_header(s->have, &h);
		if (err) {
			machine_delineation(&s->m, err, now);
			s->closed = true;
		} else if (s->have_n == h.length) {
			take_packet(s, &h, now);
		}
	}
}

/* Feeds a CALL_CONNECTED that is right but for what `bad` names. */
static const char *feed_connected(struct subject *s, struct golden_args *a, uint64_t now)
{
	uint8_t hash = (uint8_t)golden_number(a, "hash", 2);
	const char *bad = golden_arg(a, "bad");
	uint8_t hlak[SSTP_HLAK], msg[SSTP_CONNECTED_LEN], cert[32] = {0};
	struct wr w = wr_init(msg, sizeof(msg));

	golden_octets(a, "hlak", hlak, sizeof(hlak));
	if (hash == SSTP_HASH_SHA1)
		memcpy(cert, s->m.cert_sha1, 20);
	else
		memcpy(cert, s->m.cert_sha256, 32);
	sstp_put_connected(&w, hash, s->m.nonce, cert);
	if (bad && !strcmp(bad, "nonce"))
		msg[16] ^= 1;
	if (bad && !strcmp(bad, "cert"))
		msg[48] ^= 1;
	binding_seal(msg, hlak);
	if (bad && !strcmp(bad, "mac"))
		msg[80] ^= 1;
	msg[15] = (uint8_t)golden_number(a, "hash-octet", msg[15]);
	feed(s, msg, sizeof(msg), now);
	return NULL;
}

static const char *verb(void *self, const char *name, struct golden_args *a, uint64_t now)
{
	struct subject *s = self;
	struct sstp_why why = {.who = SSTP_BY_US, .layer = SSTP_LAYER_LINK, .err = SSTP_E_USER};
	uint8_t octets[32];

	s->trace.now = now;
	if (!strcmp(name, "start")) {
		machine_start(&s->m, now);
	} else if (!strcmp(name, "authenticated")) {
		golden_octets(a, "hlak", octets, sizeof(octets));
		machine_authenticated(&s->m, octets, now);
	} else if (!strcmp(name, "disconnect")) {
		machine_disconnect(&s->m, &why, now);
	} else if (!strcmp(name, "fault")) {
		machine_abort(&s->m, SSTP_E_BINDING_NO_KEY, SSTP_ATTRIB_CRYPTO_BINDING,
			      SSTP_STATUS_VALUE_NOT_SUPPORTED, now);
	} else if (!strcmp(name, "eof")) {
		machine_eof(&s->m, now);
	} else if (!strcmp(name, "state")) {
		s->show_state = true;
	} else if (!strcmp(name, "nonce")) {
		golden_octets(a, "value", s->m.nonce, sizeof(s->m.nonce));
	} else if (!strcmp(name, "connected")) {
		return feed_connected(s, a, now);
	} else {
		return "sstp does not know this verb";
	}
	return NULL;
}

static uint64_t deadline(void *self)
{
	return machine_deadline(&((struct subject *)self)->m);
}

static void tick(void *self, uint64_t now)
{
	struct subject *s = self;

	s->trace.now = now;
	machine_tick(&s->m, now);
}

static void tell_flags(struct subject *s, struct golden_log *log)
{
	static const char *const names[] = {"ppp-up", "connected", "ppp-down", "closed"};
	static const char *const by[] = {"nobody", "us", "peer", "network"};
	unsigned flags = machine_flags(&s->m);
	const struct sstp_why *why = &s->m.why;

	for (unsigned i = 0; i < 4; i++)
		if (flags & 1u << i)
			golden_line(log, "flag %s", names[i]);
	if (flags & MACHINE_CLOSED)
		golden_line(log, "why by=%s err=%s status=%u off=%u message=\"%s\"", by[why->who],
			    sstp_err_name(why->err), why->status, why->off,
			    why->message ? why->message : "");
}

static void drain(void *self, struct golden_log *log)
{
	struct subject *s = self;
	const uint8_t *p;
	size_t n;

	golden_trace(log, &s->trace);
	tell_flags(s, log);
	while ((n = outq_peek(&s->out, &p)) > 0) {
		golden_hex(log, ">", p, n);
		outq_sent(&s->out, n);
	}
	if (s->data)
		golden_line(log, "data packet of %zu octets, control frames %s", s->data,
			    machine_passes_control(&s->m) ? "pass" : "are dropped");
	s->data = 0;
	if (s->show_state && machine_deadline(&s->m) == UINT64_MAX)
		golden_line(log, "state %s", sstp_state_name(s->m.state));
	else if (s->show_state)
		golden_line(log, "state %s until %llu", sstp_state_name(s->m.state),
			    (unsigned long long)machine_deadline(&s->m));
	s->show_state = false;
}

static void close_subject(void *self)
{
	machine_fini(&((struct subject *)self)->m);
}

const struct golden_subject golden_subject = {
	.name = "sstp",
	.size = sizeof(struct subject),
	.stream = true,
	.open = open_subject,
	.feed = feed,
	.verb = verb,
	.deadline = deadline,
	.tick = tick,
	.drain = drain,
	.close = close_subject,
};
