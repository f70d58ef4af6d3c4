/* SPDX-License-Identifier: MIT */
/* Claims about lib/crypto/chapmd5.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/crypto/chapmd5.h"
#include "unhex.h"

/* Computed with md5sum over identifier, secret and challenge. */
static void test_digest_is_md5_of_identifier_secret_and_challenge(void **state)
{
	uint8_t out[CHAP_MD5_SIZE];

	(void)state;
	chap_md5(1, "s3cret", 6, (const uint8_t *)"\xaa\xbb", 2, out);
	assert_hex_equal(out, sizeof(out), "0f6693b6c7c8dd9e839f75e7bf54e5ed");
}

/* MD5("a") and MD5("abc") of RFC 1321 A.5. */
static void test_secret_and_challenge_may_be_empty(void **state)
{
	uint8_t out[CHAP_MD5_SIZE];

	(void)state;
	chap_md5('a', "", 0, NULL, 0, out);
	assert_hex_equal(out, sizeof(out), "0cc175b9c0f1b6a831c399e269772661");
	chap_md5('a', "bc", 2, NULL, 0, out);
	assert_hex_equal(out, sizeof(out), "900150983cd24fb0d6963f7d28e17f72");
	chap_md5('a', NULL, 0, (const uint8_t *)"bc", 2, out);
	assert_hex_equal(out, sizeof(out), "900150983cd24fb0d6963f7d28e17f72");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest_is_md5_of_identifier_secret_and_challenge),
		cmocka_unit_test(test_secret_and_challenge_may_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
