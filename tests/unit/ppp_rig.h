/* SPDX-License-Identifier: MIT */
/*
 * One PPP, or two joined in memory by a wire, with a virtual clock. Frames are looked at in words,
 * as ppp_show() writes them. After cmocka.h.
 */
#ifndef TESTS_UNIT_PPP_RIG_H
#define TESTS_UNIT_PPP_RIG_H

#include <string.h>

#include "lib/base/text.h"
#include "lib/ppp/ppp_body.h"
#include "sstp/error.h"
#include "tests/unit/unhex.h"

#define RIG_RING 512

struct rig {
	struct ppp ppp;
	struct sstp_config cfg;
	struct drbg random;
	struct outq out;
	struct tracer trace;
	struct sstp_trace ring[RIG_RING];
	uint64_t now;
	unsigned events; /* all that were told, since rig_init() or the test cleared them */
	unsigned told;   /* number of PPP_EV_DOWN told */
	char words[512]; /* of the frame that rig_sent() returned last */
};

/* Makes a rig of a role; the test may change r->cfg before rig_start(). */
static inline void rig_init(struct rig *r, enum sstp_role role, uint8_t seed)
{
	const uint8_t bytes[32] = {seed};

	memset(r, 0, sizeof(*r));
	r->cfg.role = role;
	r->now = 1000;
	drbg_init(&r->random, bytes);
	outq_init(&r->out);
	tracer_init(&r->trace, r->ring, RIG_RING);
	strcpy(r->cfg.user, "alice");
	strcpy(r->cfg.password, "wonder123");
}

/* Takes the events that are pending. */
static inline void rig_events(struct rig *r)
{
	unsigned ev = ppp_events(&r->ppp);

	r->told += !!(ev & PPP_EV_DOWN);
	r->events |= ev;
}

/* Empties the trace, which nobody looks at; false when something was lost. */
static inline bool rig_drain(struct rig *r)
{
	struct sstp_trace t;

	while (tracer_next(&r->trace, &t))
		;
	return !r->trace.lost;
}

static inline void rig_start(struct rig *r, bool bypass)
{
	ppp_init(&r->ppp, &r->cfg, &r->random, &r->out, &r->trace);
	ppp_up(&r->ppp, bypass, r->now);
	rig_events(r);
}

/* Feeds a frame; the copy on the heap has its exact size, so that reading past it is found. */
static inline void rig_feed_bytes(struct rig *r, const uint8_t *frame, size_t n)
{
	uint8_t *exact = test_malloc(n ? n : 1);

	if (n)
		memcpy(exact, frame, n);
	r->trace.now = r->now;
	ppp_input(&r->ppp, rd_init(exact, n), r->now);
	test_free(exact);
	rig_events(r);
	rig_drain(r);
}

/* Feeds a frame written in hex, behind FF 03. */
static inline void rig_feed(struct rig *r, const char *hex)
{
	uint8_t frame[2048] = {0xff, 0x03};
	size_t n = unhex(hex, frame + 2, sizeof(frame) - 2);

	rig_feed_bytes(r, frame, n + 2);
}

/* Takes the oldest frame that was sent and returns its words; "" when there is none. */
static inline const char *rig_sent(struct rig *r)
{
	struct text t = text_init(r->words, sizeof(r->words));
	const uint8_t *unit;
	size_t n = outq_peek(&r->out, &unit);

	if (!n)
		return "";
	assert_true(n > PPP_UNIT_HEAD);
	assert_memory_equal(unit, "\0\0\0\0\xff\x03", 6);
	ppp_show(&t, rd_init(unit + 4, n - 4));
	outq_sent(&r->out, n);
	return r->words;
}

#define rig_expect(r, words) assert_string_equal(rig_sent(r), words)

/* Lets time pass to `to`, every deadline on its way. */
static inline void rig_wait(struct rig *r, uint64_t to)
{
	unsigned ticks = 0;

	while (ppp_deadline(&r->ppp) <= to) {
		uint64_t at = ppp_deadline(&r->ppp);

		assert_true(ticks++ < 1000);
		r->now = at > r->now ? at : r->now;
		r->trace.now = r->now;
		ppp_tick(&r->ppp, r->now);
		rig_events(r);
		rig_drain(r);
	}
	r->now = to > r->now ? to : r->now;
}

/* Brings LCP of a rig with bypass up, with a peer that takes everything; the sent frames are gone.
 */
static inline void rig_open(struct rig *r)
{
	uint8_t frame[64] = {0};
	const uint8_t *unit;
	size_t n;

	rig_start(r, true);
	n = outq_peek(&r->out, &unit);
	memcpy(frame, unit + 4, n - 4);
	frame[4] = CP_CONFIGURE_ACK;
	outq_sent(&r->out, n);
	rig_feed_bytes(r, frame, n - 4);
	rig_feed(r, "c021 0101000e 010405dc 050611223344");
	rig_expect(r, "lcp configure-ack id=1 mru=1500 magic=0x11223344");
	assert_int_equal(r->ppp.phase, PPP_NETWORK);
}

static inline void rig_fini(struct rig *r)
{
	ppp_fini(&r->ppp);
}

/* --- two of them ------------------------------------------------------------------------------ */

struct wire {
	struct rig client, server;
	struct sstp_addresses lease; /* what the server assigns */
	const char *password;        /* what the server knows */
	unsigned moved;              /* frames, both ways */
	unsigned asked;              /* how often the server wanted addresses */
	unsigned lose;               /* percent of the frames of LCP, IPCP and IPV6CP */
	/* Damage: called for each frame that is about to arrive. NULL: none. */
	void (*damage)(struct wire *w, uint8_t *frame, size_t *n);
	uint32_t seed; /* for damage */
};

static inline void wire_init(struct wire *w, uint8_t seed)
{
	memset(w, 0, sizeof(*w));
	rig_init(&w->client, SSTP_CLIENT, (uint8_t)(2 * seed + 1));
	rig_init(&w->server, SSTP_SERVER, (uint8_t)(2 * seed + 2));
	w->client.cfg.want_dns = true;
	w->password = "wonder123";
	w->lease = (struct sstp_addresses){
		.ip4_local = {10, 0, 0, 1},
		.ip4_peer = {10, 0, 0, 2},
		.dns4 = {{9, 9, 9, 9}, {1, 1, 1, 1}},
		.ip6_local_id = {0, 0, 0, 0, 0, 0, 0, 1},
		.ip6_peer_id = {0, 0, 0, 0, 0, 0, 0, 2},
	};
}

/* Returns the next number of the wire's own chance. */
static inline uint32_t wire_random(struct wire *w)
{
	w->seed = w->seed * 1664525u + 1013904223u;
	return w->seed >> 8;
}

/* Moves one frame; false when there is none. */
static inline bool wire_move(struct wire *w, struct rig *from, struct rig *to)
{
	uint8_t frame[4200];
	const uint8_t *unit;
	size_t n = outq_peek(&from->out, &unit);

	if (!n)
		return false;
	assert_true(n > PPP_UNIT_HEAD && n <= sizeof(frame));
	memcpy(frame, unit + 4, n - 4);
	outq_sent(&from->out, n);
	w->moved++;
	n -= 4;
	if (wire_random(w) % 100 < w->lose && frame[2] != 0xc2 && frame[3] != 0x23)
		return true;
	if (w->damage)
		w->damage(w, frame, &n);
	rig_feed_bytes(to, frame, n);
	return true;
}

/* Answers what the server's owner is asked. */
static inline void wire_answer(struct wire *w)
{
	struct rig *s = &w->server;
	struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

	if (ppp_auth_request(&s->ppp)) {
		strcpy(a.password, w->password);
		ppp_answer(&s->ppp, &a, s->now);
	}
	rig_events(s);
	if (s->events & PPP_EV_NEED_ADDRESS) {
		s->events &= ~(unsigned)PPP_EV_NEED_ADDRESS;
		w->asked++;
		ppp_assign(&s->ppp, &w->lease, s->now);
	}
	rig_events(s);
	rig_drain(s);
}

/* Moves frames and answers questions until both ends are quiet at this moment. */
static inline void wire_settle(struct wire *w)
{
	unsigned rounds = 0;
	bool moved = true;

	while (moved) {
		assert_true(rounds++ < 2000);
		moved = wire_move(w, &w->server, &w->client);
		moved |= wire_move(w, &w->client, &w->server);
		wire_answer(w);
		rig_wait(&w->client, w->client.now);
		rig_wait(&w->server, w->server.now);
		moved |= w->client.out.head != w->client.out.tail;
		moved |= w->server.out.head != w->server.out.tail;
	}
}

/* Lets time pass to `to` on both ends. */
static inline void wire_wait(struct wire *w, uint64_t to)
{
	wire_settle(w);
	for (;;) {
		uint64_t at = earlier(ppp_deadline(&w->client.ppp), ppp_deadline(&w->server.ppp));

		if (at > to)
			break;
		rig_wait(&w->client, at);
		rig_wait(&w->server, at);
		wire_settle(w);
	}
	rig_wait(&w->client, to);
	rig_wait(&w->server, to);
}

static inline void wire_start(struct wire *w, bool bypass)
{
	rig_start(&w->server, bypass);
	rig_start(&w->client, bypass);
	wire_settle(w);
}

static inline void wire_fini(struct wire *w)
{
	rig_fini(&w->client);
	rig_fini(&w->server);
}

#endif
