/* SPDX-License-Identifier: MIT */
/* Claims about lib/crypto/hkdf_label.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nettle/hkdf.h>
#include <nettle/hmac.h>

#include "lib/crypto/hkdf_label.h"
#include "unhex.h"

static void test_labels_are_those_of_rfc8448(void **state)
{
	static const struct {
		const char *label;
		size_t n;
		const char *info;
	} rows[] = {
		{"key", 16, "00 10 09 74 6c 73 31 33 20 6b 65 79 00"},
		{"iv", 12, "00 0c 08 74 6c 73 31 33 20 69 76 00"},
		{"finished", 32, "00 20 0e 74 6c 73 31 33 20 66 69 6e 69 73 68 65 64 00"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t info[HKDF_LABEL_MAX];
		struct wr w = wr_init(info, sizeof(info));

		put_hkdf_label(&w, rows[i].n, rows[i].label);
		assert_false(w.bad);
		assert_hex_equal(info, wr_len(&w), rows[i].info);
	}
}

/* Section 3, "{client} derive write traffic keys for application data". */
static void test_keys_that_they_expand_are_those_of_rfc8448(void **state)
{
	static const char secret_hex[] =
		"9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
	static const struct {
		const char *label;
		size_t n;
		const char *out;
	} rows[] = {
		{"key", 16, "17422dda596ed5d9acd890e3c63f5051"},
		{"iv", 12, "5b78923dee08579033e523d9"},
	};
	struct hmac_sha256_ctx hmac;
	uint8_t secret[32];

	(void)state;
	hmac_sha256_set_key(&hmac, unhex(secret_hex, secret, sizeof(secret)), secret);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t info[HKDF_LABEL_MAX], out[32];
		struct wr w = wr_init(info, sizeof(info));

		put_hkdf_label(&w, rows[i].n, rows[i].label);
		hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
			    (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE,
			    wr_len(&w), info, rows[i].n, out);
		assert_hex_equal(out, rows[i].n, rows[i].out);
	}
}

static void test_a_label_that_does_not_fit_is_told(void **state)
{
	uint8_t info[HKDF_LABEL_MAX];

	(void)state;
	for (size_t room = 0; room < 13; room++) {
		struct wr w = wr_init(info, room);

		put_hkdf_label(&w, 16, "key");
		assert_true(w.bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels_are_those_of_rfc8448),
		cmocka_unit_test(test_keys_that_they_expand_are_those_of_rfc8448),
		cmocka_unit_test(test_a_label_that_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
