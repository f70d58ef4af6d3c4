/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/auth_chap.c, for both digests where nothing else is said. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_wire.h"

#define CHALLENGE "10 00112233445566778899aabbccddeeff 76706e" /* from "vpn" */

static struct pump p;
static struct pump_side s;

static const enum sstp_auth digests[] = {SSTP_AUTH_CHAP_MD5, SSTP_AUTH_MSCHAPV2};

/* Runs a call up to the point where the server asks. */
static void call_until_asked(enum sstp_auth method)
{
	pump_init(&p, pump_only(method));
	p.answer_after = 1;
	pump_start(&p, method);
	pump_settle(&p);
	assert_int_equal(auth_status(&p.server.auth), AUTH_ASKING);
}

/* Gives a packet of the log to the server once more. */
static int give_again(size_t i)
{
	return pump_give(&p.server, p.log[i].proto, p.log[i].bytes, p.log[i].n, p.now);
}

static void test_server_sends_sixteen_octets_and_its_name(void **state)
{
	struct pump_packet k;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		wire_start(&s, true, digests[i]);
		k = wire_take(&s);
		assert_int_equal(k.n, 4 + 1 + 16 + 3);
		assert_int_equal(k.bytes[0], CHAP_CHALLENGE);
		assert_int_equal(k.bytes[4], 16);
		assert_memory_equal(k.bytes + 21, "vpn", 3);
	}
}

/* RFC 1994 4.1: identifier and value change each time a Challenge is sent. */
static void test_every_challenge_is_new(void **state)
{
	struct pump_packet k[3];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		wire_start(&s, true, digests[i]);
		for (int n = 0; n < 3; n++) {
			k[n] = wire_take(&s);
			auth_tick(&s.auth, auth_deadline(&s.auth));
		}
		for (int n = 1; n < 3; n++) {
			assert_int_equal(k[n].bytes[1], (uint8_t)(k[0].bytes[1] + n));
			assert_memory_not_equal(k[n].bytes + 5, k[n - 1].bytes + 5, 16);
		}
	}
}

static void test_only_the_newest_challenge_can_be_answered(void **state)
{
	struct pump_packet k;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pump_init(&p, pump_only(digests[i]));
		pump_start(&p, digests[i]);
		pump_move(&p, &p.server, &p.client);
		assert_true(pump_take(&p.client, &k));
		auth_tick(&p.server.auth, auth_deadline(&p.server.auth));
		assert_int_equal(pump_give(&p.server, k.proto, k.bytes, k.n, p.now), SSTP_E_PPP_ID);
		assert_int_equal(auth_status(&p.server.auth), AUTH_RUNNING);
		pump_run(&p);
		assert_int_equal(auth_status(&p.server.auth), AUTH_DONE);
		assert_int_equal(auth_status(&p.client.auth), AUTH_DONE);
	}
}

static void test_client_answers_every_challenge_anew_and_believes_the_last(void **state)
{
	struct pump_packet first;
	struct pump_packet second;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		wire_start(&s, false, digests[i]);
		assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, CHALLENGE), SSTP_OK);
		first = wire_take(&s);
		assert_int_equal(first.bytes[0], CHAP_RESPONSE);
		assert_int_equal(first.bytes[1], 1);
		assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 2, CHALLENGE), SSTP_OK);
		second = wire_take(&s);
		assert_int_equal(second.bytes[1], 2);
		assert_memory_not_equal(first.bytes + 5, second.bytes + 5, first.n - 5);
		assert_int_equal(wire_give(&s, CHAP_SUCCESS, 1, ""), SSTP_E_PPP_ID);
		assert_int_equal(wire_give(&s, CHAP_FAILURE, 1, ""), SSTP_E_PPP_ID);
		assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	}
}

static void test_client_takes_no_result_before_it_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		wire_start(&s, false, digests[i]);
		for (unsigned id = 0; id < 256; id++) {
			assert_int_equal(wire_give(&s, CHAP_SUCCESS, (uint8_t)id, ""),
					 SSTP_E_UNEXPECTED);
			assert_int_equal(wire_give(&s, CHAP_FAILURE, (uint8_t)id, ""),
					 SSTP_E_UNEXPECTED);
		}
		assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	}
}

/* RFC 1994 4.1: a response to the same challenge gets the same reply. */
static void test_a_repeated_response_gets_the_same_success(void **state)
{
	struct pump_packet k;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pump_call(&p, digests[i], PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
		assert_int_equal(p.logged, 3);
		for (int n = 0; n < 3; n++) {
			assert_int_equal(give_again(1), SSTP_OK);
			k = wire_take(&p.server);
			assert_int_equal(k.n, p.log[2].n);
			assert_memory_equal(k.bytes, p.log[2].bytes, k.n);
			assert_int_equal(auth_status(&p.server.auth), AUTH_DONE);
		}
		p.log[1].bytes[1]++;
		assert_int_equal(give_again(1), SSTP_E_PPP_ID);
		wire_expect_nothing(&p.server);
	}
}

static void test_a_repeated_response_gets_the_same_failure(void **state)
{
	struct pump_packet k;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pump_call(&p, digests[i], PUMP_BY_PASSWORD, PUMP_USER, "wrong");
		assert_int_equal(give_again(1), SSTP_OK);
		k = wire_take(&p.server);
		assert_int_equal(k.n, p.log[2].n);
		assert_memory_equal(k.bytes, p.log[2].bytes, k.n);
		assert_int_equal(auth_status(&p.server.auth), AUTH_FAILED);
	}
}

static void test_another_response_meanwhile_does_not_replace_the_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		call_until_asked(digests[i]);
		p.log[1].bytes[5] ^= 1;
		p.log[1].bytes[30] ^= 1;
		assert_int_equal(give_again(1), SSTP_OK);
		p.answer_after = 0;
		pump_run(&p);
		assert_int_equal(auth_status(&p.server.auth), AUTH_DONE);
	}
}

static void test_server_asks_with_identifier_challenge_and_response(void **state)
{
	const struct sstp_auth_request *q;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		call_until_asked(digests[i]);
		q = auth_request(&p.server.auth);
		assert_int_equal(q->id, p.log[0].bytes[1]);
		assert_memory_equal(q->challenge, p.log[0].bytes + 5, 16);
		assert_int_equal(q->response_len, i ? 49 : 16);
		assert_memory_equal(q->response, p.log[1].bytes + 5, q->response_len);
		assert_null(q->password);
	}
}

static void test_a_response_of_another_size_is_discarded(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (unsigned n = 0; n < 64; n++) {
			char hex[256] = "";

			if (n == (i ? 49 : 16))
				continue;
			hex[0] = "0123456789abcdef"[n >> 4];
			hex[1] = "0123456789abcdef"[n & 15];
			memset(hex + 2, 'a', 2 * n);
			wire_start(&s, true, digests[i]);
			assert_int_equal(wire_give(&s, CHAP_RESPONSE, s.auth.id, hex),
					 SSTP_E_AUTH_PACKET);
			assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
		}
}

static void test_bad_names_are_refused_without_asking(void **state)
{
	char too_long[2 * (SSTP_NAME_MAX + 1) + 1];
	const char *const names[] = {"6100", "610d0a", "7f", "1b", too_long};

	(void)state;
	memset(too_long, '6', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			char hex[1024] = "";

			memset(hex, 'a', 2 + (i ? 98 : 32));
			memcpy(hex, i ? "31" : "10", 2);
			wire_start(&s, true, digests[i]);
			(void)wire_take(&s);
			assert_int_equal(
				wire_give(&s, CHAP_RESPONSE, s.auth.id, strcat(hex, names[k])),
				SSTP_OK);
			assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
			assert_string_equal(auth_user(&s.auth), "");
			assert_int_equal(wire_take(&s).bytes[0], CHAP_FAILURE);
		}
}

/* RFC 1994 2: the authenticator may challenge again at any time. */
static void test_client_answers_a_challenge_after_the_success(void **state)
{
	uint8_t before[32];
	uint8_t after[32];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pump_call(&p, digests[i], PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
		assert_int_equal(auth_hlak(&p.client.auth, before), SSTP_OK);
		auth_start(&p.server.auth, digests[i], p.now);
		pump_settle(&p);
		assert_int_equal(p.logged, 6);
		assert_int_equal(auth_status(&p.server.auth), AUTH_DONE);
		assert_int_equal(auth_status(&p.client.auth), AUTH_DONE);
		assert_int_equal(auth_hlak(&p.client.auth, after), SSTP_OK);
		assert_memory_equal(before, after, 32);
	}
}

static void test_client_that_fails_a_later_challenge_has_failed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pump_call(&p, digests[i], PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
		auth_start(&p.server.auth, digests[i], p.now);
		p.base = PUMP_BY_NOBODY;
		pump_settle(&p);
		assert_int_equal(auth_error(&p.client.auth), SSTP_E_AUTH_FAILED);
	}
}

static void test_md5_takes_a_challenge_of_any_size_but_none(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_CHAP_MD5);
	assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, "00 76"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, "02 76"), SSTP_E_AUTH_PACKET);
	wire_expect_nothing(&s);
	assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, "01 76"), SSTP_OK);
	/* md5sum of 01, "wonder123", 76 */
	wire_expect(&s, CHAP_RESPONSE, 1, "10 7758908110bce8dc740c9827784abe9a 616c696365");
}

static void test_md5_failure_tells_the_servers_words(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_CHAP_MD5);
	wire_give(&s, CHAP_CHALLENGE, 1, CHALLENGE);
	assert_int_equal(wire_give(&s, CHAP_FAILURE, 1, "6e6f 1b 5b"), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
	assert_string_equal(auth_message(&s.auth), "no?[");
}

static void test_mschapv2_challenge_has_sixteen_octets(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 32; n++) {
		char hex[128] = "";

		if (n == 16)
			continue;
		hex[0] = "0123456789abcdef"[n >> 4];
		hex[1] = "0123456789abcdef"[n & 15];
		memset(hex + 2, 'a', 2 * n);
		wire_start(&s, false, SSTP_AUTH_MSCHAPV2);
		assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, hex), SSTP_E_AUTH_PACKET);
		wire_expect_nothing(&s);
	}
}

static void test_each_role_discards_what_the_other_should_get(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		wire_start(&s, true, digests[i]);
		assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, CHALLENGE), SSTP_E_PPP_CODE);
		assert_int_equal(wire_give(&s, CHAP_SUCCESS, 1, ""), SSTP_E_PPP_CODE);
		assert_int_equal(wire_give(&s, CHAP_FAILURE, 1, ""), SSTP_E_PPP_CODE);
		wire_start(&s, false, digests[i]);
		assert_int_equal(wire_give(&s, CHAP_RESPONSE, 1, CHALLENGE), SSTP_E_PPP_CODE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_sends_sixteen_octets_and_its_name),
		cmocka_unit_test(test_every_challenge_is_new),
		cmocka_unit_test(test_only_the_newest_challenge_can_be_answered),
		cmocka_unit_test(test_client_answers_every_challenge_anew_and_believes_the_last),
		cmocka_unit_test(test_client_takes_no_result_before_it_answered),
		cmocka_unit_test(test_a_repeated_response_gets_the_same_success),
		cmocka_unit_test(test_a_repeated_response_gets_the_same_failure),
		cmocka_unit_test(test_another_response_meanwhile_does_not_replace_the_first),
		cmocka_unit_test(test_server_asks_with_identifier_challenge_and_response),
		cmocka_unit_test(test_a_response_of_another_size_is_discarded),
		cmocka_unit_test(test_bad_names_are_refused_without_asking),
		cmocka_unit_test(test_client_answers_a_challenge_after_the_success),
		cmocka_unit_test(test_client_that_fails_a_later_challenge_has_failed),
		cmocka_unit_test(test_md5_takes_a_challenge_of_any_size_but_none),
		cmocka_unit_test(test_md5_failure_tells_the_servers_words),
		cmocka_unit_test(test_mschapv2_challenge_has_sixteen_octets),
		cmocka_unit_test(test_each_role_discards_what_the_other_should_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
