/* SPDX-License-Identifier: MIT */
/* Packets written in hex, given to and expected of one side of an authentication. After cmocka.h.
 */
#ifndef TESTS_UNIT_AUTH_WIRE_H
#define TESTS_UNIT_AUTH_WIRE_H

#include "auth_pump.h"
#include "unhex.h"

#define WIRE_NOW 1000

/* Gives a packet in hex whose length field is set here; ID is the identifier. Returns the error. */
static inline int wire_give(struct pump_side *s, uint8_t code, uint8_t id, const char *hex)
{
	uint8_t bytes[512] = {code, id};
	size_t n = 4 + unhex(hex, bytes + 4, sizeof(bytes) - 4);

	bytes[2] = (uint8_t)(n >> 8);
	bytes[3] = (uint8_t)n;
	return pump_give(s, s->auth.method->protocol, bytes, n, WIRE_NOW);
}

/* Fails the test unless this very packet is due, and nothing else. */
static inline void wire_expect(struct pump_side *s, uint8_t code, uint8_t id, const char *hex)
{
	uint8_t due[512] = {code, id};
	size_t n = 4 + unhex(hex, due + 4, sizeof(due) - 4);
	struct pump_packet k;

	due[2] = (uint8_t)(n >> 8);
	due[3] = (uint8_t)n;
	assert_true(pump_take(s, &k));
	assert_int_equal(k.proto, s->auth.method->protocol);
	assert_int_equal(k.n, n);
	assert_memory_equal(k.bytes, due, n);
	assert_false(pump_take(s, &k));
}

/* Fails the test unless nothing is due. */
static inline void wire_expect_nothing(struct pump_side *s)
{
	struct pump_packet k;

	assert_false(pump_take(s, &k));
}

/* Takes whatever is due. */
static inline struct pump_packet wire_take(struct pump_side *s)
{
	struct pump_packet k;

	assert_true(pump_take(s, &k));
	return k;
}

/* Starts a side alone, with one method. */
static inline void wire_start(struct pump_side *s, bool server, enum sstp_auth method)
{
	pump_side(s, server, pump_only(method), PUMP_USER, PUMP_PASSWORD);
	auth_start(&s->auth, method, WIRE_NOW);
}

/* Answers what the server asks with a password. */
static inline void wire_answer(struct pump_side *s, const char *password)
{
	struct sstp_auth_answer ans = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

	memcpy(ans.password, password, strlen(password) + 1);
	assert_int_equal(auth_status(&s->auth), AUTH_ASKING);
	auth_answer(&s->auth, &ans, WIRE_NOW);
}

#endif
