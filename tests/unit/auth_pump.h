/* SPDX-License-Identifier: MIT */
/*
 * A client and a server of authentication joined by a pump in memory, with a virtual clock, a user
 * data base of one, and a log of every packet that went over. A packet can be damaged on its way.
 * After cmocka.h.
 */
#ifndef TESTS_UNIT_AUTH_PUMP_H
#define TESTS_UNIT_AUTH_PUMP_H

#include <string.h>

#include "lib/ppp/auth_body.h"
#include "lib/ppp/ppp.h"
#include "lib/crypto/nthash.h"

#define PUMP_USER     "alice"
#define PUMP_PASSWORD "wonder123"
#define PUMP_LOG      64
#define PUMP_RING     512

/* A packet as it went over the wire. */
struct pump_packet {
	bool from_server;
	uint16_t proto;
	size_t n;
	uint8_t bytes[AUTH_PACKET_MAX];
};

struct pump_side {
	struct auth auth;
	struct auth_config cfg;
	struct drbg random;
	struct tracer trace;
	struct sstp_trace ring[PUMP_RING];
};

/* What the server's owner knows of the users. */
enum pump_base {
	PUMP_BY_PASSWORD,
	PUMP_BY_NT_HASH,
	PUMP_BY_PROXY,  /* somebody else checks: ACCEPT with proof and key */
	PUMP_BY_NOBODY, /* every user is refused with `refusal` */
	PUMP_BASES
};

struct pump {
	struct pump_side client;
	struct pump_side server;
	uint64_t now;
	enum pump_base base;
	int refusal;
	uint64_t answer_after; /* ms that the owner takes */
	struct pump_packet log[PUMP_LOG];
	size_t logged;
	/* Damage done to packet `hit` of the log: `bit` flipped, or cut off after `keep` octets. */
	size_t hit;
	size_t bit;
	size_t keep;
	bool fix_length; /* the head's length follows the cut */
};

#define PUMP_NO_HIT SIZE_MAX

/* Every method there is, the list ended. */
static const enum sstp_auth pump_methods[] = {
	SSTP_AUTH_PAP,     SSTP_AUTH_CHAP_MD5,     SSTP_AUTH_MSCHAPV2,
	SSTP_AUTH_EAP_MD5, SSTP_AUTH_EAP_MSCHAPV2, SSTP_AUTH_NONE,
};

/* The list that holds only this method. */
static inline const enum sstp_auth *pump_only(enum sstp_auth method)
{
	static enum sstp_auth lists[SSTP_AUTHS][2];

	lists[method][0] = method;
	lists[method][1] = SSTP_AUTH_NONE;
	return lists[method];
}

/* Makes one side, idle. */
static inline void pump_side(struct pump_side *s, bool server, const enum sstp_auth *methods,
			     const char *user, const char *password)
{
	uint8_t seed[32] = {server ? 1 : 2};

	memset(s, 0, sizeof(*s));
	drbg_init(&s->random, seed);
	tracer_init(&s->trace, s->ring, PUMP_RING);
	s->cfg = (struct auth_config){
		.server = server,
		.user = server ? NULL : user,
		.password = server ? NULL : password,
		.name = server ? "vpn" : NULL,
		.methods = methods,
		.restart_ms = 3000,
		.total_ms = 55000,
		.random = &s->random,
		.trace = &s->trace,
	};
	auth_init(&s->auth, &s->cfg);
}

/* Makes both sides, not started, the client with the right password. */
static inline void pump_init(struct pump *p, const enum sstp_auth *methods)
{
	memset(p, 0, sizeof(*p));
	pump_side(&p->server, true, methods, NULL, NULL);
	pump_side(&p->client, false, methods, PUMP_USER, PUMP_PASSWORD);
	p->now = 1000;
	p->hit = PUMP_NO_HIT;
	p->refusal = SSTP_E_AUTH_FAILED;
}

static inline void pump_start(struct pump *p, enum sstp_auth method)
{
	auth_start(&p->server.auth, method, p->now);
	auth_start(&p->client.auth, method, p->now);
}

/* Takes the packet that a side has due; false when none is. */
static inline bool pump_take(struct pump_side *s, struct pump_packet *out)
{
	struct wr w = wr_init(out->bytes, sizeof(out->bytes));

	out->from_server = s->cfg.server;
	if (!auth_output(&s->auth, &out->proto, &w))
		return false;
	assert_false(w.bad);
	out->n = wr_len(&w);
	return true;
}

/* Gives a packet to a side. The copy on the heap has its exact size: reading past it is found. */
static inline int pump_give(struct pump_side *s, uint16_t proto, const uint8_t *bytes, size_t n,
			    uint64_t now)
{
	uint8_t *exact = test_malloc(n ? n : 1);
	int err;

	if (n)
		memcpy(exact, bytes, n);
	err = auth_input(&s->auth, proto, rd_init(exact, n), now);
	test_free(exact);
	return err;
}

/* Damages a packet if it is the one to be hit. */
static inline void pump_damage(const struct pump *p, struct pump_packet *k)
{
	if (p->logged != p->hit)
		return;
	if (p->keep < k->n) {
		k->n = p->keep;
		if (p->fix_length && k->n >= 4) {
			k->bytes[2] = (uint8_t)(k->n >> 8);
			k->bytes[3] = (uint8_t)k->n;
		}
	}
	if (p->bit / 8 < k->n)
		k->bytes[p->bit / 8] ^= (uint8_t)(1u << p->bit % 8);
}

/* Moves what one side has due to the other; returns whether there was anything. */
static inline bool pump_move(struct pump *p, struct pump_side *from, struct pump_side *to)
{
	struct pump_packet k;

	if (!pump_take(from, &k))
		return false;
	pump_damage(p, &k);
	assert_true(p->logged < PUMP_LOG);
	p->log[p->logged++] = k;
	(void)pump_give(to, k.proto, k.bytes, k.n, p->now);
	return true;
}

/* Fills in what somebody who knows the password would answer in the link's place. */
static inline void pump_accept(const struct sstp_auth_request *q, struct sstp_auth_answer *ans)
{
	uint8_t hash[NT_HASH_SIZE];
	struct mschap m = {.auth_challenge = q->challenge,
			   .peer_challenge = q->response,
			   .user = q->user,
			   .user_len = q->user_len};

	ans->verdict = SSTP_ANSWER_ACCEPT;
	if (q->method != SSTP_AUTH_MSCHAPV2 && q->method != SSTP_AUTH_EAP_MSCHAPV2)
		return;
	assert_true(nt_hash(PUMP_PASSWORD, strlen(PUMP_PASSWORD), hash));
	mschap_proof(&m, hash, q->response + MSCHAP_NT_OFFSET, ans->proof);
	mschap_hlak(hash, q->response + MSCHAP_NT_OFFSET, ans->hlak);
	ans->has_hlak = true;
}

/* Answers for the server's owner. */
static inline void pump_answer(struct pump *p)
{
	const struct sstp_auth_request *q = auth_request(&p->server.auth);
	struct sstp_auth_answer ans = {.verdict = SSTP_ANSWER_REJECT, .err = p->refusal};

	assert_non_null(q);
	if (p->base == PUMP_BY_NOBODY || strcmp(q->user, PUMP_USER) != 0) {
		auth_answer(&p->server.auth, &ans, p->now);
		return;
	}
	if (p->base == PUMP_BY_PROXY) {
		pump_accept(q, &ans);
	} else {
		ans.verdict = SSTP_ANSWER_SECRET;
		ans.has_password = p->base == PUMP_BY_PASSWORD;
		ans.has_nt_hash = p->base == PUMP_BY_NT_HASH;
		if (ans.has_password)
			strcpy(ans.password, PUMP_PASSWORD);
		else
			assert_true(nt_hash(PUMP_PASSWORD, strlen(PUMP_PASSWORD), ans.nt_hash));
	}
	auth_answer(&p->server.auth, &ans, p->now);
	for (size_t i = 0; i < sizeof(ans.password); i++)
		assert_int_equal(ans.password[i], 0);
}

/* Moves packets both ways and answers questions until nothing is due at this moment. */
static inline void pump_settle(struct pump *p)
{
	bool moved = true;

	while (moved) {
		moved = pump_move(p, &p->server, &p->client);
		moved |= pump_move(p, &p->client, &p->server);
		if (auth_status(&p->server.auth) == AUTH_ASKING && !p->answer_after) {
			pump_answer(p);
			moved = true;
		}
	}
}

/* Lets time pass to the next deadline of either side; false when there is none. */
static inline bool pump_wait(struct pump *p)
{
	uint64_t at = earlier(auth_deadline(&p->server.auth), auth_deadline(&p->client.auth));

	if (at == TIME_NEVER)
		return false;
	assert_true(at >= p->now);
	p->now = at;
	p->server.trace.now = at;
	p->client.trace.now = at;
	auth_tick(&p->server.auth, at);
	auth_tick(&p->client.auth, at);
	return true;
}

/* Runs until both sides have ended. */
static inline void pump_run(struct pump *p)
{
	int rounds = 0;

	do {
		pump_settle(p);
		assert_true(rounds++ < 100);
	} while (pump_wait(p));
}

/* Starts and runs the authentication with one method, by the given data base and password. */
static inline void pump_call(struct pump *p, enum sstp_auth method, enum pump_base base,
			     const char *user, const char *password)
{
	pump_init(p, pump_only(method));
	pump_side(&p->client, false, pump_only(method), user, password);
	p->base = base;
	pump_start(p, method);
	pump_run(p);
}

/* Returns whether needle (n bytes) is anywhere in the m bytes of haystack. */
static inline bool pump_holds(const void *haystack, size_t m, const void *needle, size_t n)
{
	const uint8_t *at = haystack;

	for (size_t i = 0; n && i + n <= m; i++)
		if (!memcmp(at + i, needle, n))
			return true;
	return false;
}

static inline void pump_fini(struct pump *p)
{
	auth_fini(&p->client.auth);
	auth_fini(&p->server.auth);
}

#endif
