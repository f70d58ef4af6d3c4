/* SPDX-License-Identifier: MIT */
/* Claims about lib/base/text.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "lib/base/text.h"

static void test_what_does_not_fit_is_cut_and_terminated(void **state)
{
	char buf[8];

	(void)state;
	for (size_t n = 1; n <= sizeof(buf); n++) {
		struct text t = text_init(buf, n);

		text_str(&t, "abcdefgh");
		assert_true(t.cut);
		assert_int_equal(text_len(&t), n - 1);
		assert_int_equal(strlen(buf), n - 1);
		assert_memory_equal(buf, "abcdefgh", n - 1);
	}
}

static void test_numbers_at_their_limits(void **state)
{
	char buf[128];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	text_dec(&t, UINT64_MAX);
	text_char(&t, ' ');
	text_int(&t, INT64_MIN);
	text_char(&t, ' ');
	text_hex(&t, 0, 1);
	text_char(&t, ' ');
	text_hex(&t, 0x1f, 8);
	text_char(&t, ' ');
	text_hex(&t, UINT64_MAX, 1);
	assert_string_equal(buf, "18446744073709551615 -9223372036854775808 0 0000001f "
				 "ffffffffffffffff");
	assert_false(t.cut);
}

static void test_untrusted_bytes_become_printable(void **state)
{
	char buf[64];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	text_safe(&t, (const uint8_t *)"a\"b\\c\n\x7f\xff", 8);
	assert_string_equal(buf, "a\\x22b\\x5cc\\x0a\\x7f\\xff");
}

static void test_json_strings_are_always_valid_utf8(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"plain", "\"plain\""},
		{"q\"b\\", "\"q\\\"b\\\\\""},
		{"\x01\n", "\"\\u0001\\u000a\""},
		{"\xc3\xa9", "\"\xc3\xa9\""},
		{"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
		{"\xc0\xaf", "\"\\ufffd\\ufffd\""},            /* overlong */
		{"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, /* surrogate */
		{"\xe2\x82", "\"\\ufffd\\ufffd\""},            /* cut off */
		{"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buf[64];
		struct text t = text_init(buf, sizeof(buf));

		text_json(&t, (const uint8_t *)cases[i].in, strlen(cases[i].in));
		assert_string_equal(buf, cases[i].out);
	}
}

static void test_addresses_read_as_the_c_library_writes_them(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint8_t ip[16];
		char ours[64], theirs[64];
		struct text t = text_init(ours, sizeof(ours));

		for (int k = 0; k < 16; k++) {
			seed = seed * 1664525 + 1013904223;
			/* many zero octets, so that zero runs of every shape come up */
			ip[k] = seed >> 30 ? 0 : (uint8_t)(seed >> 20);
		}
		/* inet_ntop() shows ::a.b.c.d, which RFC 5952 leaves to known prefixes */
		ip[0] |= 0x20;
		text_ip6(&t, ip);
		assert_non_null(inet_ntop(AF_INET6, ip, theirs, sizeof(theirs)));
		assert_string_equal(ours, theirs);
		t = text_init(ours, sizeof(ours));
		text_ip4(&t, ip);
		assert_non_null(inet_ntop(AF_INET, ip, theirs, sizeof(theirs)));
		assert_string_equal(ours, theirs);
	}
}

static void test_hex_digits_have_values_and_nothing_else_has(void **state)
{
	static const char digits[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

	(void)state;
	for (int c = -128; c < 128; c++) {
		const char *at = c > 0 ? memchr(digits, c, 16) : NULL;
		const char *at_upper = c > 0 ? memchr(upper, c, 16) : NULL;

		assert_int_equal(text_hex_value((char)c), at         ? at - digits
							  : at_upper ? at_upper - upper
								     : -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_does_not_fit_is_cut_and_terminated),
		cmocka_unit_test(test_hex_digits_have_values_and_nothing_else_has),
		cmocka_unit_test(test_numbers_at_their_limits),
		cmocka_unit_test(test_untrusted_bytes_become_printable),
		cmocka_unit_test(test_json_strings_are_always_valid_utf8),
		cmocka_unit_test(test_addresses_read_as_the_c_library_writes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
