/* SPDX-License-Identifier: MIT */
/* Claims about lib/http/head.c: lines, headers and words of a head. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/http/head.h"

static struct rd text(const char *s)
{
	return rd_init(s, strlen(s));
}

static void expect(struct view v, const char *s)
{
	assert_true(head_is_exactly(v, s));
}

static void test_lines_end_in_cr_lf_or_lf_or_where_the_bytes_end(void **state)
{
	struct rd r = text("one\r\ntwo\n\r\nthree");

	(void)state;
	expect(head_line(&r), "one");
	expect(head_line(&r), "two");
	expect(head_line(&r), "");
	expect(head_line(&r), "three");
	assert_int_equal(rd_left(&r), 0);
	expect(head_line(&r), "");
}

static void test_headers_are_a_token_a_colon_and_a_trimmed_value(void **state)
{
	struct rd r = text("Host:  a b \t\r\nEmpty:\r\nX-1:v\r\n\r\nrest");
	struct head_field f;

	(void)state;
	assert_true(head_field(&r, &f));
	expect(f.name, "Host");
	expect(f.value, "a b");
	assert_true(head_field(&r, &f));
	expect(f.name, "Empty");
	expect(f.value, "");
	assert_true(head_field(&r, &f));
	expect(f.value, "v");
	assert_false(head_field(&r, &f));
	assert_false(r.bad);
	assert_int_equal(rd_left(&r), 4);
}

static void test_folded_lines_belong_to_the_value_before_them(void **state)
{
	struct rd r = text("A: one\r\n two\r\n\tthree\r\nB: x\r\n\r\n");
	struct head_field f;

	(void)state;
	assert_true(head_field(&r, &f));
	expect(f.value, "one\r\n two\r\n\tthree");
	assert_true(head_field(&r, &f));
	expect(f.name, "B");
	r = text("A:\r\n  \r\n v");
	assert_true(head_field(&r, &f));
	expect(f.value, "v");
	assert_int_equal(rd_left(&r), 0);
}

static void test_malformed_headers_make_the_reader_bad(void **state)
{
	static const char *const lines[] = {"Host\r\n",     ": x\r\n",      "Host : x\r\n",
					    "Ho st: x\r\n", "H\xc3: x\r\n", "H(: x\r\n"};

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct rd r = text(lines[i]);
		struct head_field f;

		assert_false(head_field(&r, &f));
		assert_true(r.bad);
		assert_int_equal(f.name.n, 0);
	}
}

static void test_words_are_cut_at_single_blanks(void **state)
{
	struct rd r = text("GET  / x");
	struct view v = rd_rest(&r);

	(void)state;
	expect(head_word(&v), "GET");
	expect(head_word(&v), "");
	expect(head_word(&v), "/");
	expect(head_word(&v), "x");
	expect(head_word(&v), "");
	assert_int_equal(v.n, 0);
}

static void test_comparison_knows_ascii_case_only(void **state)
{
	struct rd r = text("Content-LENGTH");
	struct view v = rd_rest(&r);

	(void)state;
	assert_true(head_is(v, "content-length"));
	assert_false(head_is(v, "content-lengt"));
	assert_false(head_is(v, "content-lengthy"));
	assert_false(head_is_exactly(v, "content-length"));
	assert_int_equal(head_lower('Z'), 'z');
	assert_int_equal(head_lower('['), '[');
	assert_int_equal(head_lower('@'), '@');
	assert_int_equal(head_lower(0xc4), 0xc4);
}

static void test_tokens_are_those_of_rfc_9110(void **state)
{
	static const char chars[] = "!#$%&'*+-.^_`|~0123456789"
				    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	(void)state;
	assert_false(head_is_token((struct view){NULL, 0}));
	for (unsigned c = 0; c < 256; c++) {
		uint8_t b = (uint8_t)c;

		assert_int_equal(head_is_token((struct view){&b, 1}),
				 memchr(chars, (int)c, sizeof(chars) - 1) != NULL);
	}
}

static void test_hex_digits_have_their_value(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		int due = -1;

		if (c >= '0' && c <= '9')
			due = (int)c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f' && c < 128)
			due = (int)(c | 0x20) - 'a' + 10;
		assert_int_equal(head_hex((uint8_t)c), due);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_end_in_cr_lf_or_lf_or_where_the_bytes_end),
		cmocka_unit_test(test_headers_are_a_token_a_colon_and_a_trimmed_value),
		cmocka_unit_test(test_folded_lines_belong_to_the_value_before_them),
		cmocka_unit_test(test_malformed_headers_make_the_reader_bad),
		cmocka_unit_test(test_words_are_cut_at_single_blanks),
		cmocka_unit_test(test_comparison_knows_ascii_case_only),
		cmocka_unit_test(test_tokens_are_those_of_rfc_9110),
		cmocka_unit_test(test_hex_digits_have_their_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
