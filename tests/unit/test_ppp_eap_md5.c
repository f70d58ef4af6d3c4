/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/eap_md5.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_wire.h"

static struct pump p;
static struct pump_side s;

/* Computed with md5sum over 07, "wonder123", 00..0f. */
#define DIGEST "c44924b51f335ebacf8b3ed254688111"

/* Starts a server and brings it to its challenge, which is made 00..0f under identifier 7. */
static void start_challenged(void)
{
	struct pump_packet k;

	wire_start(&s, true, SSTP_AUTH_EAP_MD5);
	k = wire_take(&s);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], "01 616c696365"), SSTP_OK);
	k = wire_take(&s);
	assert_int_equal(k.n, 4 + 1 + 1 + 16 + 3);
	assert_int_equal(k.bytes[4], EAP_MD5);
	assert_int_equal(k.bytes[5], 16);
	assert_memory_equal(k.bytes + 22, "vpn", 3);
	s.auth.id = 7;
	unhex("000102030405060708090a0b0c0d0e0f", s.auth.challenge, 16);
}

static void test_client_digests_with_the_identifier_of_eap(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_EAP_MD5);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 7, "04 10 000102030405060708090a0b0c0d0e0f"),
			 SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 7, "04 10 " DIGEST " 616c696365");
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 8, ""), SSTP_E_PPP_ID);
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 7, ""), SSTP_OK);
	assert_int_equal(auth_status(&s.auth), AUTH_DONE);
}

static void test_server_asks_for_the_user_of_the_identity(void **state)
{
	const struct sstp_auth_request *q;

	(void)state;
	start_challenged();
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, "04 10 " DIGEST " 6d616c6c6f7279"),
			 SSTP_OK);
	q = auth_request(&s.auth);
	assert_non_null(q);
	assert_int_equal(q->method, SSTP_AUTH_EAP_MD5);
	assert_string_equal(q->user, "alice");
	assert_int_equal(q->id, 7);
	assert_int_equal(q->response_len, 16);
	wire_answer(&s, PUMP_PASSWORD);
	wire_expect(&s, EAP_SUCCESS, 7, "");
}

static void test_wrong_password_gets_a_failure(void **state)
{
	(void)state;
	start_challenged();
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, "04 10 " DIGEST), SSTP_OK);
	wire_answer(&s, "wonder124");
	wire_expect(&s, EAP_FAILURE, 7, "");
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

static void test_a_response_of_another_size_is_discarded(void **state)
{
	(void)state;
	start_challenged();
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, "04"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, "04 00"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, "04 0f aabbccddeeff00112233445566778899"),
			 SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, "04 11 aabbccddeeff0011223344556677889900"),
			 SSTP_E_AUTH_PACKET);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
}

static void test_client_discards_a_challenge_that_is_empty_or_cut_off(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_EAP_MD5);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 7, "04"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 7, "04 00"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 7, "04 02 aa"), SSTP_E_AUTH_PACKET);
	wire_expect_nothing(&s);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 7, "01"), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 7, "01 616c696365");
}

static void test_no_key_is_made(void **state)
{
	static const uint8_t zeros[32];
	uint8_t hlak[32];

	(void)state;
	pump_call(&p, SSTP_AUTH_EAP_MD5, PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
	assert_int_equal(auth_hlak(&p.client.auth, hlak), SSTP_OK);
	assert_memory_equal(hlak, zeros, 32);
	assert_int_equal(auth_hlak(&p.server.auth, hlak), SSTP_OK);
	assert_memory_equal(hlak, zeros, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_digests_with_the_identifier_of_eap),
		cmocka_unit_test(test_server_asks_for_the_user_of_the_identity),
		cmocka_unit_test(test_wrong_password_gets_a_failure),
		cmocka_unit_test(test_a_response_of_another_size_is_discarded),
		cmocka_unit_test(test_client_discards_a_challenge_that_is_empty_or_cut_off),
		cmocka_unit_test(test_no_key_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
