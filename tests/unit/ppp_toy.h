/* SPDX-License-Identifier: MIT */
/*
 * A control protocol made up for tests, number 8ef1: "size", a 16-bit number that must be even and
 * at least 10; "colour", one octet that has to be there and is 7; "flag", which is fine; "known",
 * which is refused. After cmocka.h.
 */
#ifndef TESTS_UNIT_PPP_TOY_H
#define TESTS_UNIT_PPP_TOY_H

#include <string.h>

#include "lib/ppp/cp.h"
#include "sstp/error.h"
#include "tests/unit/unhex.h"

#define TOY_PROTOCOL 0x8ef1

enum { TOY_SIZE = 1, TOY_COLOUR, TOY_FLAG, TOY_KNOWN };

struct toy {
	struct cp cp;
	struct cp_env env;
	struct outq out;
	struct tracer trace;
	struct drbg random;
	bool asks;     /* whether "size" is in our request */
	bool picky;    /* whether "colour" has to be in the peer's */
	uint16_t size; /* ours */
	uint16_t peer_size;
	unsigned flags; /* taken from the peer */
	unsigned resets;
	unsigned extras;
};

static inline enum cp_verdict toy_judge_size(const struct cp *c, const struct cp_option *o,
					     struct rd value)
{
	uint16_t size = rd_be16(&value);

	(void)c;
	(void)o;
	return size & 1 || size < 10 ? CP_NAK : CP_ACK;
}

static inline void toy_suggest_size(struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)c;
	(void)o;
	wr_be16(w, 10);
}

static inline void toy_accept_size(struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	((struct toy *)c)->peer_size = rd_be16(&value);
}

static inline bool toy_put_size(const struct cp *c, const struct cp_option *o, struct wr *w)
{
	const struct toy *t = (const struct toy *)c;

	(void)o;
	if (t->asks)
		wr_be16(w, t->size);
	return t->asks;
}

static inline int toy_nak_size(struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	((struct toy *)c)->size = rd_be16(&value);
	return 0;
}

static inline enum cp_verdict toy_judge_colour(const struct cp *c, const struct cp_option *o,
					       struct rd value)
{
	(void)c;
	(void)o;
	return rd_u8(&value) == 7 ? CP_ACK : CP_NAK;
}

static inline void toy_suggest_colour(struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)c;
	(void)o;
	wr_u8(w, 7);
}

static inline bool toy_want_colour(const struct cp *c, const struct cp_option *o)
{
	(void)o;
	return ((const struct toy *)c)->picky;
}

static inline enum cp_verdict toy_judge_flag(const struct cp *c, const struct cp_option *o,
					     struct rd value)
{
	(void)c;
	(void)o;
	(void)value;
	return CP_ACK;
}

static inline void toy_accept_flag(struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	(void)value;
	((struct toy *)c)->flags++;
}

static inline void toy_reset_ours(struct cp *c)
{
	((struct toy *)c)->size = 1000;
	((struct toy *)c)->resets++;
}

static inline void toy_reset_theirs(struct cp *c)
{
	((struct toy *)c)->peer_size = 0;
	((struct toy *)c)->flags = 0;
}

static inline void toy_extra(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	(void)p;
	(void)now;
	((struct toy *)c)->extras++;
}

static const struct cp_option toy_rows[] = {
	{.type = TOY_SIZE,
	 .min = 4,
	 .max = 4,
	 .kind = CP_U16,
	 .name = "size",
	 .judge = toy_judge_size,
	 .suggest = toy_suggest_size,
	 .accept = toy_accept_size,
	 .put = toy_put_size,
	 .nak = toy_nak_size},
	{.type = TOY_COLOUR,
	 .min = 3,
	 .max = 3,
	 .kind = CP_OCTETS,
	 .name = "colour",
	 .judge = toy_judge_colour,
	 .suggest = toy_suggest_colour,
	 .wanted = toy_want_colour,
	 .vital = SSTP_E_PPP_NO_AGREEMENT},
	{.type = TOY_FLAG,
	 .min = 2,
	 .max = 2,
	 .kind = CP_FLAG,
	 .name = "flag",
	 .judge = toy_judge_flag,
	 .accept = toy_accept_flag},
	{.type = TOY_KNOWN, .min = 2, .max = 9, .kind = CP_OCTETS, .name = "known"},
};

static const struct cp_table toy_options = {toy_rows, sizeof(toy_rows) / sizeof(toy_rows[0])};

static const struct cp_protocol toy_protocol = {
	.number = TOY_PROTOCOL,
	.layer = SSTP_LAYER_PPP,
	.options = &toy_options,
	.reset_ours = toy_reset_ours,
	.reset_theirs = toy_reset_theirs,
	.extra_codes = 1u << CP_ECHO_REQUEST,
	.extra = toy_extra,
};

static inline void toy_init(struct toy *t)
{
	const uint8_t seed[32] = {7};

	memset(t, 0, sizeof(*t));
	outq_init(&t->out);
	drbg_init(&t->random, seed);
	t->env = (struct cp_env){&t->out, &t->trace, &t->random, 3000, 1500};
	cp_init(&t->cp, &toy_protocol, &t->env);
	t->asks = true;
}

/* Feeds a packet written in hex. */
static inline void toy_feed(struct toy *t, const char *hex, uint64_t now)
{
	uint8_t bytes[2048];
	size_t n = unhex(hex, bytes, sizeof(bytes));
	uint8_t *exact = test_malloc(n ? n : 1);

	memcpy(exact, bytes, n);
	cp_input(&t->cp, rd_init(exact, n), now);
	test_free(exact);
}

/* Fails the test unless the next packet sent is the one in hex; "" when none is. */
static inline void toy_expect(struct toy *t, const char *hex)
{
	const uint8_t *unit = NULL;
	size_t n = outq_peek(&t->out, &unit);

	if (!*hex) {
		assert_int_equal(n, 0);
		return;
	}
	assert_true(n >= PPP_UNIT_HEAD);
	assert_hex_equal(unit + PPP_UNIT_HEAD, n - PPP_UNIT_HEAD, hex);
	outq_sent(&t->out, n);
}

/* Brings it to Opened. */
static inline void toy_open(struct toy *t)
{
	cp_open(&t->cp, 0);
	cp_up(&t->cp, 0);
	toy_expect(t, "0101 0008 010403e8");
	toy_feed(t, "0201 0008 010403e8", 0);
	toy_feed(t, "0109 0004", 0);
	toy_expect(t, "0209 0004");
	assert_int_equal(t->cp.state, CP_OPENED);
	assert_int_equal(cp_signals(&t->cp), CP_SIG_UP);
}

#endif
