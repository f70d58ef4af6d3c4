/* SPDX-License-Identifier: MIT */
/* Claims about analyse/filter/lex.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "analyse/filter/lex.h"

static struct arena arena;
static struct filter_error err;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* Cuts a text; returns the tokens' kinds and texts as one string, or the error. */
static const char *cut(const char *text)
{
	static char out[512];
	struct lexer l;
	struct token t;
	size_t used = 0;

	err = (struct filter_error){0};
	lex_init(&l, text, &arena, &err);
	*out = 0;
	for (;;) {
		if (lex_next(&l, &t)) {
			snprintf(out, sizeof(out), "error at %zu+%zu: %s", err.at, err.n, err.text);
			return out;
		}
		if (t.kind == TOKEN_END)
			return out;
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%d", used ? " " : "",
					 t.kind);
		if (t.kind == TOKEN_WORD || t.kind == TOKEN_STRING || t.kind == TOKEN_CHAR)
			used += (size_t)snprintf(out + used, sizeof(out) - used, "<%.*s>",
						 (int)t.text_n, t.text);
	}
}

/* Cuts a text that is one token; asserts its kind and text. */
static void one(const char *text, enum token_kind kind, const char *value, size_t n)
{
	struct lexer l;
	struct token t;

	err = (struct filter_error){0};
	lex_init(&l, text, &arena, &err);
	assert_int_equal(lex_next(&l, &t), 0);
	assert_int_equal(t.kind, kind);
	assert_int_equal(t.text_n, n);
	assert_memory_equal(t.text, value, n);
	assert_int_equal(t.n, strlen(text));
	assert_int_equal(lex_next(&l, &t), 0);
	assert_int_equal(t.kind, TOKEN_END);
}

static void test_words_hold_names_numbers_and_addresses(void **state)
{
	static const char *const words[] = {
		"sstp.messagetype", "0x1bb",    "10.0.0.1",     "10.0.0.0/8", "fe80::/10", "::1",
		"aa:bb-cc.dd",      "0b101",    "2024-01-01",   "a-b",        ".tcp",      ":0a4e",
		"eap.msauth-tlv",   "\xc3\xa4", "ff02::1:2/64",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		one(words[i], TOKEN_WORD, words[i], strlen(words[i]));
}

static void test_operators_need_no_blanks_and_the_longest_wins(void **state)
{
	char expected[64];

	(void)state;
	snprintf(expected, sizeof(expected), "%d<a> %d %d<b>", TOKEN_WORD, TOKEN_ALL_EQ,
		 TOKEN_WORD);
	assert_string_equal(cut("a===b"), expected);
	snprintf(expected, sizeof(expected), "%d<1> %d %d<5>", TOKEN_WORD, TOKEN_DOTS, TOKEN_WORD);
	assert_string_equal(cut("1..5"), expected);
	snprintf(expected, sizeof(expected), "%d<1.2.3.4> %d %d<::1>", TOKEN_WORD, TOKEN_DOTS,
		 TOKEN_WORD);
	assert_string_equal(cut("1.2.3.4..::1"), expected);
	snprintf(expected, sizeof(expected), "%d<6> %d %d<2>", TOKEN_WORD, TOKEN_SLASH, TOKEN_WORD);
	assert_string_equal(cut("6/2"), expected);
	snprintf(expected, sizeof(expected), "%d %d %d %d %d %d %d", TOKEN_NOT, TOKEN_AND,
		 TOKEN_ANY_NE, TOKEN_MATCHES, TOKEN_XOR, TOKEN_XOR, TOKEN_BITAND);
	assert_string_equal(cut("!&&!==~^^xor bitwise_and"), expected);
	snprintf(expected, sizeof(expected), "%d<AND> %d<android>", TOKEN_WORD, TOKEN_WORD);
	assert_string_equal(cut("AND android"), expected);
	assert_string_equal(cut(" \t\n"), "");
}

static void test_strings_and_their_escapes(void **state)
{
	(void)state;
	one("\"\"", TOKEN_STRING, "", 0);
	one("\"a\\\"b\"", TOKEN_STRING, "a\"b", 3);
	one("\"\\\\\\n\\r\\t\\a\\b\\f\\v\\'\"", TOKEN_STRING, "\\\n\r\t\a\b\f\v'", 9);
	one("\"\\x41\\x4\\101\\0z\"", TOKEN_STRING, "A\004A\0z", 5);
	one("\"\\u00e4\\U0001F600\"", TOKEN_STRING, "\xc3\xa4\xf0\x9f\x98\x80", 6);
	one("r\"a\\d\\\"b\"", TOKEN_STRING, "a\\d\\\"b", 6);
	one("R\"\"", TOKEN_STRING, "", 0);
	one("'a'", TOKEN_CHAR, "a", 1);
	one("'\\''", TOKEN_CHAR, "'", 1);
	one("'\\0'", TOKEN_CHAR, "\0", 1);
}

static void test_errors_point_to_their_place(void **state)
{
	static const struct {
		const char *text;
		size_t at, n;
	} bad[] = {
		{"a == \"b", 5, 2},       {"a == \"\\q\"", 6, 2}, {"a == ''", 5, 2},
		{"a == 'bc'", 5, 4},      {"a = b", 2, 1},        {"a | b", 2, 1},
		{"a == \"\\u12\"", 6, 2}, {"a ; b", 2, 1},        {"\"\\ud800\"", 1, 2},
		{"\"\\xg\"", 1, 2},       {"\"a\\", 0, 3},        {"'", 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_memory_equal(cut(bad[i].text), "error at ", 9);
		assert_int_equal(err.at, bad[i].at);
		assert_int_equal(err.n, bad[i].n);
	}
}

static void test_a_range_reaches_to_its_bracket(void **state)
{
	struct lexer l;
	struct token t;

	(void)state;
	err = (struct filter_error){0};
	lex_init(&l, "a[ 1:2 , 3]b", &arena, &err);
	assert_int_equal(lex_next(&l, &t), 0);
	assert_int_equal(lex_next(&l, &t), 0);
	assert_int_equal(t.kind, TOKEN_LBRACKET);
	assert_int_equal(lex_range(&l, &t), 0);
	assert_int_equal(t.text_n, 8);
	assert_memory_equal(t.text, " 1:2 , 3", 8);
	assert_int_equal(lex_next(&l, &t), 0);
	assert_memory_equal(t.text, "b", 1);
	lex_init(&l, "a[1", &arena, &err);
	assert_int_equal(lex_next(&l, &t) | lex_next(&l, &t), 0);
	assert_int_equal(lex_range(&l, &t), -1);
	assert_int_equal(err.at, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_hold_names_numbers_and_addresses),
		cmocka_unit_test(test_operators_need_no_blanks_and_the_longest_wins),
		cmocka_unit_test(test_strings_and_their_escapes),
		cmocka_unit_test(test_errors_point_to_their_place),
		cmocka_unit_test(test_a_range_reaches_to_its_bracket),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
