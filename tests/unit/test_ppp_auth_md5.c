/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/auth_md5.c, over CHAP. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_wire.h"

static struct pump_side s;

/* Computed with md5sum over 07, "wonder123", 00..0f. */
#define DIGEST "c44924b51f335ebacf8b3ed254688111"

static void test_client_digests_identifier_password_and_challenge(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_CHAP_MD5);
	assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 7, "10 000102030405060708090a0b0c0d0e0f"),
			 SSTP_OK);
	wire_expect(&s, CHAP_RESPONSE, 7, "10 " DIGEST " 616c696365");
}

static void test_server_takes_that_digest_and_makes_no_key(void **state)
{
	static const uint8_t zeros[32];
	uint8_t hlak[32] = {1};

	(void)state;
	wire_start(&s, true, SSTP_AUTH_CHAP_MD5);
	(void)wire_take(&s);
	s.auth.id = 7;
	unhex("000102030405060708090a0b0c0d0e0f", s.auth.challenge, 16);
	assert_int_equal(wire_give(&s, CHAP_RESPONSE, 7, "10 " DIGEST " 616c696365"), SSTP_OK);
	wire_answer(&s, PUMP_PASSWORD);
	wire_expect(&s, CHAP_SUCCESS, 7, "");
	assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_OK);
	assert_memory_equal(hlak, zeros, 32);
}

static void test_another_password_makes_another_digest(void **state)
{
	(void)state;
	wire_start(&s, true, SSTP_AUTH_CHAP_MD5);
	(void)wire_take(&s);
	s.auth.id = 7;
	unhex("000102030405060708090a0b0c0d0e0f", s.auth.challenge, 16);
	assert_int_equal(wire_give(&s, CHAP_RESPONSE, 7, "10 " DIGEST " 616c696365"), SSTP_OK);
	wire_answer(&s, "wonder124");
	wire_expect(&s, CHAP_FAILURE, 7, "4163636573732064656e696564");
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_digests_identifier_password_and_challenge),
		cmocka_unit_test(test_server_takes_that_digest_and_makes_no_key),
		cmocka_unit_test(test_another_password_makes_another_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
