/* SPDX-License-Identifier: MIT */
/*
 * Claims about every method when a packet is damaged on its way: each bit of each packet flipped,
 * each packet cut off at every length. Damage must never end with both sides content, but for
 * octets that neither side can or need vouch for, which are listed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_pump.h"

static struct pump p;

/* Octets [from, to) of packet `packet` of a call that may change without anybody minding. */
struct tolerated {
	enum sstp_auth method;
	size_t packet;
	size_t from;
	size_t to;
};

#define LENGTH 2, 4 /* shorter by as much as the octets that do not matter */
#define END    SIZE_MAX
#define VALUE  (4 + 1) /* where a value starts in CHAP */

/* clang-format off */
static const struct tolerated tolerated[] = {
	/* An Ack says all with its code; its message may be missing (auth_packet.h). */
	{SSTP_AUTH_PAP, 1, LENGTH}, {SSTP_AUTH_PAP, 1, 4, END},
	/* The server's name in a challenge is for people. */
	{SSTP_AUTH_CHAP_MD5, 0, LENGTH}, {SSTP_AUTH_CHAP_MD5, 0, VALUE + 16, END},
	{SSTP_AUTH_MSCHAPV2, 0, LENGTH}, {SSTP_AUTH_MSCHAPV2, 0, VALUE + 16, END},
	/* Reserved octets and flags of a response (RFC 2759 4). */
	{SSTP_AUTH_MSCHAPV2, 1, VALUE + 16, VALUE + 24}, {SSTP_AUTH_MSCHAPV2, 1, VALUE + 48, VALUE + 49},
	/* What follows the proof is for people. */
	{SSTP_AUTH_MSCHAPV2, 2, LENGTH}, {SSTP_AUTH_MSCHAPV2, 2, 4 + MSCHAP_PROOF, END},
	/* EAP-MD5: the names beside challenge and response; the identity counts. */
	{SSTP_AUTH_EAP_MD5, 2, LENGTH}, {SSTP_AUTH_EAP_MD5, 2, 1 + VALUE + 16, END},
	{SSTP_AUTH_EAP_MD5, 3, LENGTH}, {SSTP_AUTH_EAP_MD5, 3, 1 + VALUE + 16, END},
	/* EAP-MSCHAPv2: the identity, as the name beside the response counts. */
	{SSTP_AUTH_EAP_MSCHAPV2, 1, LENGTH}, {SSTP_AUTH_EAP_MSCHAPV2, 1, 5, END},
	/* The server's name; its length is held by MS-Length. */
	{SSTP_AUTH_EAP_MSCHAPV2, 2, 5 + VALUE + 16, END},
	{SSTP_AUTH_EAP_MSCHAPV2, 3, 5 + VALUE + 16, 5 + VALUE + 24},
	{SSTP_AUTH_EAP_MSCHAPV2, 3, 5 + VALUE + 48, 5 + VALUE + 49},
	/* MS-CHAPv2-ID of the Success Request, the words behind the proof. */
	{SSTP_AUTH_EAP_MSCHAPV2, 4, 6, 7}, {SSTP_AUTH_EAP_MSCHAPV2, 4, 5 + 4 + MSCHAP_PROOF, END},
	/* EAP-Success may be one ahead, as the proof was seen already. */
	{SSTP_AUTH_EAP_MSCHAPV2, 6, 1, 2},
};
/* clang-format on */

static bool is_tolerated(enum sstp_auth method, size_t packet, size_t octet)
{
	for (size_t i = 0; i < sizeof(tolerated) / sizeof(tolerated[0]); i++) {
		const struct tolerated *t = &tolerated[i];

		if (t->method == method && t->packet == packet && octet >= t->from && octet < t->to)
			return true;
	}
	return false;
}

/* Runs a call with one packet damaged, without time passing: nothing is repeated. */
static void call_damaged(enum sstp_auth method, size_t hit, size_t bit, size_t keep, bool fix)
{
	pump_init(&p, pump_only(method));
	p.hit = hit;
	p.bit = bit;
	p.keep = keep;
	p.fix_length = fix;
	pump_start(&p, method);
	pump_settle(&p);
}

static bool both_done(void)
{
	return auth_status(&p.client.auth) == AUTH_DONE && auth_status(&p.server.auth) == AUTH_DONE;
}

/* Fails the test when both are content and the octet is none of those that do not matter, or when
 * the keys differ. */
static void judge(enum sstp_auth method, size_t hit, size_t octet)
{
	uint8_t client[32];
	uint8_t server[32];

	if (!both_done())
		return;
	if (!is_tolerated(method, hit, octet))
		fail_msg("method %d packet %zu octet %zu: damage went unnoticed", method, hit,
			 octet);
	assert_int_equal(auth_hlak(&p.client.auth, client), SSTP_OK);
	assert_int_equal(auth_hlak(&p.server.auth, server), SSTP_OK);
	assert_memory_equal(client, server, 32);
}

/* Returns the number of packets in an undamaged call, and their lengths. */
static size_t measure(enum sstp_auth method, size_t *lengths)
{
	call_damaged(method, PUMP_NO_HIT, SIZE_MAX, SIZE_MAX, false);
	assert_true(both_done());
	for (size_t i = 0; i < p.logged; i++)
		lengths[i] = p.log[i].n;
	return p.logged;
}

static void test_a_flipped_bit_never_leaves_both_sides_content(void **state)
{
	size_t lengths[PUMP_LOG];

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		size_t n = measure(*m, lengths);

		for (size_t hit = 0; hit < n; hit++)
			for (size_t bit = 0; bit < 8 * lengths[hit]; bit++) {
				call_damaged(*m, hit, bit, SIZE_MAX, false);
				judge(*m, hit, bit / 8);
			}
	}
}

/* The client of a method without proof cannot tell a Nak that became an Ack; all others can. */
static void test_a_flipped_bit_never_lets_a_wrong_password_in(void **state)
{
	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		bool keyed = *m == SSTP_AUTH_MSCHAPV2 || *m == SSTP_AUTH_EAP_MSCHAPV2;
		size_t bits = 1;

		for (size_t hit = 0, bit = 0; bits; bit++) {
			pump_init(&p, pump_only(*m));
			pump_side(&p.client, false, pump_only(*m), PUMP_USER, "wonder124");
			p.hit = hit;
			p.keep = SIZE_MAX;
			p.bit = bit;
			pump_start(&p, *m);
			pump_settle(&p);
			assert_int_not_equal(auth_status(&p.server.auth), AUTH_DONE);
			if (keyed)
				assert_int_not_equal(auth_status(&p.client.auth), AUTH_DONE);
			bits = hit < p.logged ? 8 * p.log[hit].n : 0;
			if (bit + 1 >= bits) {
				hit++;
				bit = SIZE_MAX;
			}
		}
	}
}

static void test_a_packet_shorter_than_its_length_is_never_taken(void **state)
{
	size_t lengths[PUMP_LOG];

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		size_t n = measure(*m, lengths);

		for (size_t hit = 0; hit < n; hit++)
			for (size_t keep = 0; keep < lengths[hit]; keep++) {
				call_damaged(*m, hit, SIZE_MAX, keep, false);
				assert_false(both_done());
				assert_int_equal(p.logged, hit + 1);
			}
	}
}

static void test_a_packet_cut_off_with_its_length_set_right_proves_nothing(void **state)
{
	size_t lengths[PUMP_LOG];

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		size_t n = measure(*m, lengths);

		for (size_t hit = 0; hit < n; hit++)
			for (size_t keep = 0; keep < lengths[hit]; keep++) {
				call_damaged(*m, hit, SIZE_MAX, keep, true);
				judge(*m, hit, keep);
			}
	}
}

static void test_octets_behind_the_length_are_padding(void **state)
{
	uint8_t padded[AUTH_PACKET_MAX + 7];

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		struct pump_packet k;
		bool moved = true;

		pump_init(&p, pump_only(*m));
		pump_start(&p, *m);
		while (moved) {
			struct pump_side *to = &p.client;

			moved = pump_take(&p.server, &k);
			if (!moved) {
				moved = pump_take(&p.client, &k);
				to = &p.server;
			}
			if (moved) {
				memset(padded, 0xa5, sizeof(padded));
				memcpy(padded, k.bytes, k.n);
				assert_int_equal(pump_give(to, k.proto, padded, k.n + 7, p.now), 0);
			}
			if (auth_status(&p.server.auth) == AUTH_ASKING)
				pump_answer(&p);
			moved |= p.server.auth.due;
		}
		assert_true(both_done());
	}
}

/* Both roles of every method take every short packet there is of their codes. */
static void test_short_packets_of_every_kind_are_survived(void **state)
{
	uint8_t bytes[12];

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		uint16_t proto;
		struct pump_packet k;

		pump_init(&p, pump_only(*m));
		pump_start(&p, *m);
		assert_true(pump_take(&p.server, &k) || pump_take(&p.client, &k));
		proto = k.proto;
		for (uint8_t code = 1; code < 5; code++)
			for (size_t n = 0; n <= sizeof(bytes); n++)
				for (unsigned fill = 0; fill < 256; fill++) {
					memset(bytes, (int)fill, sizeof(bytes));
					bytes[0] = code;
					bytes[1] = p.server.auth.id;
					bytes[2] = 0;
					bytes[3] = (uint8_t)n;
					(void)pump_give(&p.server, proto, bytes, n, p.now);
					(void)pump_give(&p.client, proto, bytes, n, p.now);
					assert_int_not_equal(auth_status(&p.server.auth),
							     AUTH_DONE);
				}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_flipped_bit_never_leaves_both_sides_content),
		cmocka_unit_test(test_a_flipped_bit_never_lets_a_wrong_password_in),
		cmocka_unit_test(test_a_packet_shorter_than_its_length_is_never_taken),
		cmocka_unit_test(test_a_packet_cut_off_with_its_length_set_right_proves_nothing),
		cmocka_unit_test(test_octets_behind_the_length_are_padding),
		cmocka_unit_test(test_short_packets_of_every_kind_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
