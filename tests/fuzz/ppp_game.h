/* SPDX-License-Identifier: MIT */
/*
 * What the harnesses of PPP share: one PPP in either role, fed with operations, and what must hold
 * whatever they are.
 *
 * Input: one octet of configuration, then operations. An octet below 0xf0 is the length of a packet
 * that follows; the others are OP_.... Nothing random is left: the same input does the same.
 */
#ifndef TESTS_FUZZ_PPP_GAME_H
#define TESTS_FUZZ_PPP_GAME_H

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/ppp/ppp_body.h"
#include "lib/ppp/show.h"

enum game_op {
	OP_WAIT = 0xf0, /* until the next deadline */
	OP_CLOSE,
	OP_ECHO,
	OP_ACCEPT,
	OP_REFUSE,
	OP_ASSIGN,
	OP_ASSIGN_IP4,
	OP_DOWN,
	OP_WAIT_LONG, /* a minute, every deadline on the way */
};

/* The bits of the configuration octet. */
#define GAME_SERVER  0x01
#define GAME_BYPASS  0x02
#define GAME_NO_IP4  0x04
#define GAME_NO_IP6  0x08
#define GAME_DNS     0x10
#define GAME_METHODS 0xe0 /* 0: the default ones; else the list begins there */

struct game {
	struct ppp ppp;
	struct sstp_config cfg;
	struct drbg random;
	struct outq out;
	struct tracer trace;
	struct sstp_trace ring[64];
	uint64_t now;
	bool bypass;
	bool let_in;     /* the server's owner gave the password */
	unsigned told;   /* PPP_EV_DOWN */
	unsigned wanted; /* PPP_EV_NEED_ADDRESS */
};

static const struct sstp_addresses game_lease = {
	.ip4_local = {10, 0, 0, 1},
	.ip4_peer = {10, 0, 0, 2},
	.dns4 = {{9, 9, 9, 9}},
	.nbns4 = {{10, 0, 0, 53}},
	.ip6_local_id = {0, 0, 0, 0, 0, 0, 0, 1},
	.ip6_peer_id = {0, 0, 0, 0, 0, 0, 0, 0x22},
};

/* Ends the program when something that must hold does not. */
static inline void game_must(bool holds)
{
	if (!holds)
		abort();
}

/* Makes a PPP and brings its lower layer up. */
static inline void game_init(struct game *g, uint8_t config)
{
	static const uint8_t seed[32];
	unsigned first = config >> 5;

	memset(g, 0, sizeof(*g));
	g->cfg.role = config & GAME_SERVER ? SSTP_SERVER : SSTP_CLIENT;
	g->cfg.no_ip4 = config & GAME_NO_IP4;
	g->cfg.no_ip6 = config & GAME_NO_IP6;
	g->cfg.want_dns = config & GAME_DNS;
	for (unsigned i = 0; first && first + i < SSTP_AUTHS; i++)
		g->cfg.auth[i] = (enum sstp_auth)(first + i);
	strcpy(g->cfg.user, "alice");
	strcpy(g->cfg.password, "wonder123");
	g->bypass = config & GAME_BYPASS;
	drbg_init(&g->random, seed);
	outq_init(&g->out);
	tracer_init(&g->trace, g->ring, 64);
	ppp_init(&g->ppp, &g->cfg, &g->random, &g->out, &g->trace);
	ppp_up(&g->ppp, g->bypass, g->now);
}

/* What is sent is a whole frame, of a packet whose length fits, with options that can be walked. */
static inline void game_check_frame(const uint8_t *unit, size_t n)
{
	struct rd r = rd_init(unit, n);
	struct ppp_frame f;
	struct cp_packet p;
	size_t off;

	game_must(n > PPP_UNIT_HEAD && !rd_be32(&r));
	game_must(!ppp_parse_frame(r, &f) && f.address && !f.short_protocol);
	game_must(!cp_parse_packet(f.payload, &p) && rd_left(&p.packet) == rd_left(&f.payload));
	if (cp_options_of(f.protocol) && p.code >= 1 && p.code <= 4)
		game_must(!cp_check_items(p.data, &off));
	game_must(p.code != 0);
}

static inline void game_check_cp(const struct cp *c)
{
	game_must(c->state < CP_STATES);
	game_must(timer_runs(&c->restart) == (cp_timed(c->state) != 0));
	game_must(c->request_len <= CP_REQUEST_MAX && c->naks <= CP_MAX_FAILURE);
}

/* Takes what came of an operation, and checks what must hold. */
static inline void game_check(struct game *g)
{
	struct ppp_info info;
	struct sstp_trace t;
	const uint8_t *unit;
	unsigned ev = ppp_events(&g->ppp);
	size_t n;

	while ((n = outq_peek(&g->out, &unit))) {
		game_check_frame(unit, n);
		outq_sent(&g->out, n);
	}
	while (tracer_next(&g->trace, &t)) {
		char words[300];
		struct text text = text_init(words, sizeof(words));

		if (t.kind == SSTP_TRACE_RX || t.kind == SSTP_TRACE_TX)
			ppp_show(&text, rd_init(t.bytes, t.kept));
	}
	game_check_cp(&g->ppp.lcp.cp);
	game_check_cp(&g->ppp.ipcp.cp);
	game_check_cp(&g->ppp.ipv6cp.cp);
	ppp_info(&g->ppp, &info);
	g->told += !!(ev & PPP_EV_DOWN);
	g->wanted += !!(ev & PPP_EV_NEED_ADDRESS);
	game_must(g->told <= 1 && g->wanted <= 1);
	if ((ev & PPP_EV_AUTHENTICATED) && g->cfg.role == SSTP_SERVER)
		game_must(g->bypass || g->let_in);
	if (info.ip4_up || info.ip6_up)
		game_must(info.phase == PPP_NETWORK && g->ppp.authenticated);
}

/* Feeds a packet behind `head`, in memory of its exact size. */
static inline void game_feed(struct game *g, const void *head, size_t head_n, const uint8_t *p,
			     size_t n)
{
	uint8_t *exact = malloc(head_n + n + 1);

	game_must(exact != NULL);
	if (head_n)
		memcpy(exact, head, head_n);
	if (n)
		memcpy(exact + head_n, p, n);
	g->trace.now = g->now;
	ppp_input(&g->ppp, rd_init(exact, head_n + n), g->now);
	free(exact);
	game_check(g);
}

/* Lets the next deadline pass, unless it is behind `limit`; returns whether it did. */
static inline bool game_tick(struct game *g, uint64_t limit)
{
	uint64_t at = ppp_deadline(&g->ppp);

	if (at == TIME_NEVER || at > limit)
		return false;
	g->now = at > g->now ? at : g->now;
	ppp_tick(&g->ppp, g->now);
	game_must(ppp_deadline(&g->ppp) > g->now);
	game_check(g);
	return true;
}

static inline void game_answer(struct game *g, bool accept)
{
	struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_REJECT, .err = SSTP_E_AUTH_FAILED};

	if (accept) {
		a.verdict = SSTP_ANSWER_SECRET;
		a.has_password = true;
		strcpy(a.password, "wonder123");
		g->let_in = g->let_in || ppp_auth_request(&g->ppp);
	}
	ppp_answer(&g->ppp, &a, g->now);
}

static inline void game_assign(struct game *g, bool ip6)
{
	struct sstp_addresses a = game_lease;

	if (!ip6) {
		memset(a.ip6_local_id, 0, IFID);
		memset(a.ip6_peer_id, 0, IFID);
	}
	ppp_assign(&g->ppp, &a, g->now);
}

/* Does what an octet from 0xf0 on says. */
static inline void game_do(struct game *g, uint8_t op)
{
	uint64_t limit = g->now + 60000;
	unsigned ticks = 0;

	switch (op) {
	case OP_WAIT:
		game_tick(g, TIME_NEVER - 1);
		break;
	case OP_WAIT_LONG:
		while (game_tick(g, limit))
			game_must(ticks++ < 1000);
		g->now = limit;
		break;
	case OP_CLOSE:
		ppp_close(&g->ppp, g->now);
		break;
	case OP_ECHO:
		ppp_echo(&g->ppp, g->now);
		break;
	case OP_ACCEPT:
	case OP_REFUSE:
		game_answer(g, op == OP_ACCEPT);
		break;
	case OP_ASSIGN:
	case OP_ASSIGN_IP4:
		game_assign(g, op == OP_ASSIGN);
		break;
	case OP_DOWN:
		ppp_down(&g->ppp, g->now);
		break;
	default:
		break;
	}
	game_check(g);
}

/* Plays the operations; each packet goes in behind `head`. Ends the link in order and wipes it. */
static inline void game_play(struct game *g, const void *head, size_t head_n, struct rd ops)
{
	while (rd_left(&ops)) {
		uint8_t op = rd_u8(&ops);
		size_t n = op < rd_left(&ops) ? op : rd_left(&ops);

		if (op >= OP_WAIT)
			game_do(g, op);
		else
			game_feed(g, head, head_n, rd_take(&ops, n), n);
	}
	game_do(g, OP_CLOSE);
	game_do(g, OP_WAIT_LONG);
	game_do(g, OP_WAIT_LONG);
	game_must(g->told == 1 || g->ppp.phase == PPP_DEAD);
	ppp_fini(&g->ppp);
}

/* Opens LCP with a peer that takes everything, and assigns addresses: what an NCP's harness needs.
 */
static inline void game_open(struct game *g)
{
	static const uint8_t request[] = {0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 14, 1,
					  4,    0x0f, 0xfb, 5,    6, 1, 2, 3,  4};
	const uint8_t *unit;
	size_t n = outq_peek(&g->out, &unit);
	uint8_t ack[64];

	game_must(n > PPP_UNIT_HEAD && n <= sizeof(ack));
	memcpy(ack, unit + 4, n - 4);
	ack[4] = CP_CONFIGURE_ACK;
	game_feed(g, NULL, 0, request, sizeof(request));
	game_feed(g, NULL, 0, ack, n - 4);
	game_must(g->ppp.phase == PPP_NETWORK);
	game_assign(g, true);
	g->now++;
	game_tick(g, g->now);
}

/* --- a mutator that knows options: the rows are its dictionary -------------------------------- */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* Writes a request, Nak or Reject with a few options of the protocol's rows, some of odd lengths.
 */
static inline size_t game_make_packet(uint8_t *out, uint16_t protocol, unsigned seed)
{
	const struct cp_table *table = cp_options_of(protocol);
	size_t n = 4;

	srand(seed);
	for (int i = rand() % 4; i >= 0; i--) {
		const struct cp_option *o = &table->rows[(size_t)rand() % table->n];
		size_t len = o->min + (rand() % 8 ? 0u : (unsigned)rand() % 3u);

		out[n] = o->type;
		out[n + 1] = (uint8_t)(len - (rand() % 16 == 0));
		for (size_t k = 2; k < len; k++)
			out[n + k] = (uint8_t)(rand() % 4 ? rand() % 3 : rand());
		n += len;
	}
	out[0] = (uint8_t)(1 + rand() % 4);
	out[1] = (uint8_t)(rand() % 4);
	out[2] = 0;
	out[3] = (uint8_t)n;
	return n;
}

/* Appends an operation with a made packet, or leaves it to libFuzzer. head goes before the packet.
 */
static inline size_t game_mutate(uint8_t *data, size_t size, size_t max, unsigned seed,
				 uint16_t protocol, bool with_head)
{
	uint8_t packet[256] = {0xff, 0x03, (uint8_t)(protocol >> 8), (uint8_t)protocol};
	size_t head = with_head ? 4 : 0;
	size_t n;

	if (seed % 4)
		return LLVMFuzzerMutate(data, size, max);
	n = head + game_make_packet(packet + head, protocol, seed);
	if (!size || n >= OP_WAIT || size + 1 + n > max)
		return LLVMFuzzerMutate(data, size, max);
	data[size] = (uint8_t)n;
	memcpy(data + size + 1, packet, n);
	return size + 1 + n;
}

#endif
