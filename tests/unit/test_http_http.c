/* SPDX-License-Identifier: MIT */
/*
 * Claims about lib/http/http.c: pieces and limits. What is taken and refused, case by case, is in
 * tests/golden/http.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/http/http.h"
#include "sstp/error.h"

#define REQUEST_LINE "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
#define REQUEST                                                                                    \
	REQUEST_LINE "Content-Length: 18446744073709551615\r\nHost: vpn.example.test\r\n"          \
		     "SSTPCORRELATIONID: {8DF9CFF3-8ABE-4B4B-9B5B-4A62FF0A8A2E}\r\n\r\n"
#define REPLY "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"

static struct http h;

static size_t feed(const char *s)
{
	return http_input(&h, (const uint8_t *)s, strlen(s));
}

static void test_every_truncation_of_a_good_head_asks_for_more(void **state)
{
	static const char *const heads[] = {REPLY, REQUEST};

	(void)state;
	for (unsigned server = 0; server < 2; server++)
		for (size_t n = 0; n <= strlen(heads[server]); n++) {
			http_init(&h, server, NULL);
			assert_int_equal(http_input(&h, (const uint8_t *)heads[server], n), n);
			assert_int_equal(h.status,
					 n == strlen(heads[server]) ? HTTP_DONE : HTTP_MORE);
		}
}

static void test_it_stops_exactly_behind_the_head(void **state)
{
	(void)state;
	http_init(&h, true, NULL);
	assert_int_equal(feed(REQUEST "\x10\x01"), strlen(REQUEST));
	assert_int_equal(h.status, HTTP_DONE);
	assert_int_equal(h.taken, strlen(REQUEST));
	assert_int_equal(feed("more"), 0);
	http_init(&h, false, NULL);
	assert_int_equal(feed(REPLY REPLY), strlen(REPLY));
	assert_int_equal(feed(REPLY), 0);
}

static void test_an_error_takes_nothing_more(void **state)
{
	(void)state;
	http_init(&h, true, NULL);
	assert_int_equal(feed("GET\r\nHost: a\r\n\r\n"), 5);
	assert_int_equal(h.status, HTTP_ERROR);
	assert_int_equal(h.err, SSTP_E_HTTP_SYNTAX);
	assert_int_equal(feed(REQUEST), 0);
	assert_int_equal(h.status, HTTP_ERROR);
}

/* Feeds a request whose only header has a value that makes its line n octets long. */
static void feed_line_of(size_t n)
{
	char line[HTTP_LINE_MAX + 16] = "X:";

	memset(line + 2, 'y', n - 4);
	memcpy(line + n - 2, "\r\n", 3);
	http_init(&h, true, NULL);
	feed(REQUEST_LINE);
	feed(line);
	feed("\r\n");
}

static void test_the_longest_line_is_taken_and_one_octet_more_refused(void **state)
{
	(void)state;
	feed_line_of(HTTP_LINE_MAX);
	assert_int_equal(h.status, HTTP_DONE);
	feed_line_of(HTTP_LINE_MAX + 1);
	assert_int_equal(h.status, HTTP_ERROR);
	assert_int_equal(h.code, 431);
}

/* Feeds a request of n octets. */
static void feed_head_of(size_t n)
{
	size_t left = n - strlen(REQUEST_LINE) - 2;

	http_init(&h, true, NULL);
	feed(REQUEST_LINE);
	while (left) {
		char line[1024] = "X:";
		size_t take = left < 1000 ? left : left < 1010 ? 500 : 1000;

		memset(line + 2, 'y', take - 4);
		memcpy(line + take - 2, "\r\n", 3);
		feed(line);
		left -= take;
	}
	feed("\r\n");
}

static void test_the_largest_head_is_taken_and_one_octet_more_refused(void **state)
{
	(void)state;
	feed_head_of(HTTP_HEAD_MAX);
	assert_int_equal(h.status, HTTP_DONE);
	feed_head_of(HTTP_HEAD_MAX + 1);
	assert_int_equal(h.status, HTTP_ERROR);
	assert_int_equal(h.code, 431);
	assert_int_equal(h.err, SSTP_E_HTTP_TOO_LARGE);
}

static void test_32_headers_are_taken_and_one_more_refused(void **state)
{
	(void)state;
	for (unsigned n = 32; n <= 33; n++) {
		http_init(&h, true, NULL);
		feed(REQUEST_LINE);
		for (unsigned i = 0; i < n; i++)
			feed("X: y\r\n");
		feed("\r\n");
		assert_int_equal(h.status, n == 32 ? HTTP_DONE : HTTP_ERROR);
	}
}

static void test_the_longest_cookie_is_kept_and_one_octet_more_refused(void **state)
{
	(void)state;
	for (size_t n = HTTP_COOKIE_MAX; n <= HTTP_COOKIE_MAX + 1; n++) {
		char cookie[HTTP_COOKIE_MAX + 2] = "";

		memset(cookie, 'c', n);
		http_init(&h, true, NULL);
		feed(REQUEST_LINE "Cookie: ");
		feed(cookie);
		feed("\r\n\r\n");
		assert_int_equal(h.status, n == HTTP_COOKIE_MAX ? HTTP_DONE : HTTP_ERROR);
		if (h.status == HTTP_DONE)
			assert_string_equal(h.cookie, cookie);
		else
			assert_string_equal(h.cookie, "");
	}
}

static void test_every_control_octet_is_refused(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 0x20; c++) {
		uint8_t octet = (uint8_t)c;

		if (c == '\t' || c == '\r' || c == '\n')
			continue;
		http_init(&h, true, NULL);
		feed(REQUEST_LINE "X: ");
		assert_int_equal(http_input(&h, &octet, 1), 1);
		assert_int_equal(h.status, HTTP_ERROR);
		assert_int_equal(h.code, 400);
	}
}

static void test_host_match_compares_names_not_spellings(void **state)
{
	static const struct {
		const char *match, *host;
		bool good;
	} cases[] = {
		{"vpn.example.test", "vpn.example.test", true},
		{"vpn.example.test", "VPN.EXAMPLE.TEST:443", true},
		{"VPN.example.test", "vpn.example.test.", true},
		{"vpn.example.test", "vpn.example.test.:8443", true},
		{"vpn.example.test", "vpn.example.tes", false},
		{"vpn.example.test", "a.vpn.example.test", false},
		{"vpn.example.test", "", false},
		{"[2001:db8::1]", "[2001:db8::1]:443", true},
		{"[2001:db8::1]", "[2001:db8::1]", true},
		{"2001:db8::1", "2001:db8::1", true},
		{"vpn.example.test", ":443", false},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		http_init(&h, true, cases[i].match);
		feed(REQUEST_LINE "Host: ");
		feed(cases[i].host);
		feed("\r\n\r\n");
		assert_int_equal(h.status, cases[i].good ? HTTP_DONE : HTTP_ERROR);
		assert_int_equal(h.code, cases[i].good ? 200 : 421);
	}
}

static void test_the_message_of_the_server_is_cut_and_printable(void **state)
{
	(void)state;
	http_init(&h, false, NULL);
	feed("HTTP/1.1 403 "
	     "0123456789012345678901234567890123456789012345678901234567890123456789\xff\r\n\r\n");
	assert_int_equal(h.status, HTTP_ERROR);
	assert_int_equal(h.code, 403);
	assert_int_equal(strlen(h.message), sizeof(h.message) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_truncation_of_a_good_head_asks_for_more),
		cmocka_unit_test(test_it_stops_exactly_behind_the_head),
		cmocka_unit_test(test_an_error_takes_nothing_more),
		cmocka_unit_test(test_the_longest_line_is_taken_and_one_octet_more_refused),
		cmocka_unit_test(test_the_largest_head_is_taken_and_one_octet_more_refused),
		cmocka_unit_test(test_32_headers_are_taken_and_one_more_refused),
		cmocka_unit_test(test_the_longest_cookie_is_kept_and_one_octet_more_refused),
		cmocka_unit_test(test_every_control_octet_is_refused),
		cmocka_unit_test(test_host_match_compares_names_not_spellings),
		cmocka_unit_test(test_the_message_of_the_server_is_cut_and_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
