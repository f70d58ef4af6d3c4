/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes authentication: one role of one method, with an honest peer beside it whose packets can be
 * passed on, damaged or held back.
 *
 * Input: role and method (one octet), then operations: code, length, bytes. It is a fault when the
 * server lets somebody in that its owner did not, or when either side ends with a key that the
 * honest peer does not have.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/crypto/nthash.h"
#include "lib/ppp/auth_body.h"
#include "lib/ppp/ppp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PASSWORD "correct horse"

struct side {
	struct auth auth;
	struct auth_config cfg;
	struct drbg random;
	struct tracer trace;
	struct sstp_trace ring[64];
};

struct game {
	struct side victim;
	struct side peer;
	uint64_t now;
	bool let_in;   /* the victim's owner said yes, or gave the password */
	bool has_hlak; /* the peer had this key at some time */
	uint8_t hlak[32];
};

static const enum sstp_auth lists[][3] = {
	{SSTP_AUTH_PAP},          {SSTP_AUTH_CHAP_MD5},
	{SSTP_AUTH_MSCHAPV2},     {SSTP_AUTH_EAP_MD5, SSTP_AUTH_EAP_MSCHAPV2},
	{SSTP_AUTH_EAP_MSCHAPV2},
};

static void start_side(struct side *s, bool server, const enum sstp_auth *methods)
{
	static const uint8_t seeds[2][32] = {{1}, {2}};

	drbg_init(&s->random, seeds[server]);
	tracer_init(&s->trace, s->ring, 64);
	s->cfg = (struct auth_config){
		.server = server,
		.user = server ? NULL : "CORP\\alice",
		.password = server ? NULL : PASSWORD,
		.name = server ? "vpn" : NULL,
		.methods = methods,
		.restart_ms = 3000,
		.total_ms = 55000,
		.random = &s->random,
		.trace = &s->trace,
	};
	auth_init(&s->auth, &s->cfg);
	auth_start(&s->auth, methods[0], 0);
}

/* Gives a side a copy of exactly n octets, so that reading past them is found. */
static void give(struct game *g, struct side *s, uint16_t proto, const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	if (n)
		memcpy(copy, bytes, n);
	(void)auth_input(&s->auth, proto, rd_init(copy, n), g->now);
	free(copy);
}

/* Shows and redacts a packet; if it is an honest one, looks for the password in what is left. */
static void show(uint16_t proto, const uint8_t *bytes, size_t n, bool honest)
{
	uint8_t copy[AUTH_PACKET_MAX];
	char line[256];
	struct text t = text_init(line, sizeof(line));

	auth_show(&t, proto, rd_init(bytes, n));
	if (n)
		memcpy(copy, bytes, n);
	auth_redact(proto, copy, n);
	if (honest && (memmem(line, text_len(&t), PASSWORD, strlen(PASSWORD)) ||
		       memmem(copy, n, PASSWORD, strlen(PASSWORD))))
		abort();
}

/* Moves one packet from one side to the other, changed by what the input says. */
static void pass(struct game *g, struct side *from, struct side *to, struct rd damage)
{
	uint8_t bytes[AUTH_PACKET_MAX];
	struct wr w = wr_init(bytes, sizeof(bytes));
	uint16_t proto;

	if (!auth_output(&from->auth, &proto, &w))
		return;
	if (w.bad)
		abort();
	show(proto, bytes, wr_len(&w), true);
	while (rd_left(&damage) >= 2) {
		size_t at = rd_u8(&damage);
		uint8_t change = rd_u8(&damage);

		if (at < wr_len(&w))
			bytes[at] ^= change;
	}
	give(g, to, proto, bytes, wr_len(&w));
}

/* Gives the victim a packet with a head that it will look at: right length, identifier nearly. */
static void forge(struct game *g, struct rd op)
{
	uint8_t bytes[4 + 256];
	struct wr w = wr_init(bytes, sizeof(bytes));
	struct view rest;

	wr_u8(&w, rd_u8(&op) % 5);
	wr_u8(&w, (uint8_t)(g->victim.auth.id + rd_u8(&op) % 3));
	rest = rd_rest(&op);
	wr_be16(&w, (uint16_t)(4 + rest.n));
	wr_bytes(&w, rest.p, rest.n);
	give(g, &g->victim, g->victim.auth.method->protocol, bytes, wr_len(&w));
}

/* Answers what a server asks. */
static void answer(struct game *g, struct side *s, uint8_t how)
{
	struct sstp_auth_answer ans = {.err = SSTP_E_AUTH_DISABLED};

	if (auth_status(&s->auth) != AUTH_ASKING)
		return;
	if (how % 4) {
		ans.verdict = SSTP_ANSWER_SECRET;
		ans.has_password = how % 4 < 3;
		ans.has_nt_hash = how % 4 > 1;
		memcpy(ans.password, PASSWORD, sizeof(PASSWORD));
		(void)nt_hash(PASSWORD, strlen(PASSWORD), ans.nt_hash);
		if (s == &g->victim)
			g->let_in = true;
	}
	auth_answer(&s->auth, &ans, g->now);
}

static void let_time_pass(struct game *g)
{
	uint64_t at = earlier(auth_deadline(&g->victim.auth), auth_deadline(&g->peer.auth));

	if (at == TIME_NEVER)
		return;
	if (at > g->now)
		g->now = at;
	auth_tick(&g->victim.auth, g->now);
	auth_tick(&g->peer.auth, g->now);
	if (earlier(auth_deadline(&g->victim.auth), auth_deadline(&g->peer.auth)) <= g->now)
		abort(); /* a deadline that does not move: a busy loop */
}

/* Aborts when the victim is content and should not be. */
static void judge(struct game *g)
{
	const struct auth *v = &g->victim.auth;
	uint8_t hlak[32];

	if (g->peer.auth.has_hlak) {
		g->has_hlak = true;
		memcpy(g->hlak, g->peer.auth.hlak, sizeof(g->hlak));
	}
	if (auth_status(v) != AUTH_DONE)
		return;
	if (g->victim.cfg.server && !g->let_in)
		abort();
	if (auth_hlak(v, hlak) != SSTP_OK)
		abort();
	if (!v->method->keys)
		return;
	/* A client that found the proof right has the key of the server that made it. */
	if (!g->victim.cfg.server && !g->has_hlak)
		abort();
	if (g->has_hlak && memcmp(hlak, g->hlak, sizeof(hlak)) != 0)
		abort();
}

static void play(struct game *g, uint8_t code, struct rd op)
{
	struct view all = op.p ? (struct view){op.p, rd_left(&op)} : (struct view){NULL, 0};

	switch (code % 8) {
	case 0:
		give(g, &g->victim, g->victim.auth.method->protocol, all.p, all.n);
		break;
	case 1:
		forge(g, op);
		break;
	case 2:
		pass(g, &g->peer, &g->victim, op);
		break;
	case 3:
		pass(g, &g->victim, &g->peer, op);
		break;
	case 4:
		answer(g, &g->victim, rd_u8(&op));
		break;
	case 5:
		answer(g, &g->peer, rd_u8(&op));
		break;
	case 6:
		let_time_pass(g);
		break;
	case 7:
		show((uint16_t)(all.n & 1   ? PPP_EAP
				: all.n & 2 ? PPP_CHAP
					    : PPP_PAP),
		     all.p, all.n, false);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct game g;
	struct rd r = rd_init(data, size);
	uint8_t first = rd_u8(&r);
	bool server = first & 1;
	const enum sstp_auth *methods = lists[(first >> 1) % 5];

	memset(&g, 0, sizeof(g));
	start_side(&g.victim, server, methods);
	start_side(&g.peer, !server, methods);
	while (rd_left(&r) >= 2) {
		uint8_t code = rd_u8(&r);
		size_t n = rd_u8(&r);

		play(&g, code, rd_sub(&r, n < rd_left(&r) ? n : rd_left(&r)));
		judge(&g);
	}
	auth_fini(&g.victim.auth);
	auth_fini(&g.peer.auth);
	return 0;
}
