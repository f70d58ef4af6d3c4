/* SPDX-License-Identifier: MIT */
/*
 * Units: a stream gives the same heads and packets however it is cut, a loss costs no more than the
 * packets it touches, and what is no SSTP is said to be none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyse/units.h"
#include "sstp/error.h"

#include <stdio.h>
#include <stdlib.h>

#define LOG_MAX 4096

static char log_text[LOG_MAX];
static size_t log_n;

static void take(void *ctx, const struct unit *u)
{
	static const char *const names[UNIT_KINDS] = {"http", "control", "data",   "body",
						      "bad",  "torn",    "skipped"};

	(void)ctx;
	log_n += (size_t)snprintf(log_text + log_n, LOG_MAX - log_n, "%c%s@%u+%zu",
				  u->way == WAY_TO_SERVER ? '>' : '<', names[u->kind],
				  (unsigned)u->offset, u->bytes.n);
	if (u->number)
		log_n += (size_t)snprintf(log_text + log_n, LOG_MAX - log_n, "#%u",
					  (unsigned)u->number);
	if (u->err)
		log_n += (size_t)snprintf(log_text + log_n, LOG_MAX - log_n, "!%s",
					  sstp_err_name(u->err));
	log_n += (size_t)snprintf(log_text + log_n, LOG_MAX - log_n, " ");
}

static struct units *start(void)
{
	struct units *u = units_new(take, NULL);

	assert_non_null(u);
	log_n = 0;
	log_text[0] = '\0';
	return u;
}

/* Feeds bytes in pieces of at most `size`, each a record of its own. */
static void feed(struct units *u, enum way way, const void *bytes, size_t n, size_t size)
{
	const uint8_t *p = bytes;
	static uint64_t number;

	for (size_t at = 0; at < n; at += size) {
		struct origin here = {number + 1, number + 1};
		struct tls_data d = {
			.way = way,
			.bytes = {p + at, n - at < size ? n - at : size},
			.offset = at,
			.number = ++number,
			.first = here,
			.last = here,
		};

		units_data(u, &d);
	}
}

static const char request[] = "SSTP_DUPLEX_POST /sra/ HTTP/1.1\r\nHost: a\r\n\r\n";
static const char reply[] = "HTTP/1.1 200 OK\r\nServer: b\r\n\r\n";
static const uint8_t packets[] = {
	0x10, 0x01, 0x00, 0x0e, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x06, 0x00, 0x01, /* 14 */
	0x10, 0x00, 0x00, 0x0c, 0xff, 0x03, 0xc0, 0x21, 0x09, 0x01, 0x00, 0x04,             /* 12 */
	0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00,                                     /* 8 */
};

static void test_units_are_the_same_however_the_stream_is_cut(void **state)
{
	uint8_t stream[256];
	size_t n = sizeof(request) - 1;

	(void)state;
	memcpy(stream, request, n);
	memcpy(stream + n, packets, sizeof(packets));
	n += sizeof(packets);
	for (size_t size = 1; size <= n; size++) {
		struct units *u = start();

		feed(u, WAY_TO_SERVER, stream, n, size);
		units_end(u, WAY_TO_SERVER);
		assert_true(units_is_sstp(u));
		assert_int_equal(units_held(u), 0);
		assert_string_equal(log_text,
				    ">http@0+44#1 >control@44+14#2 >data@58+12#3 >control@70+8#4 ");
		units_free(u);
	}
}

static void test_units_of_a_refused_request_end_with_a_body(void **state)
{
	static const char refused[] = "HTTP/1.1 404 Not Found\r\n\r\nno";
	struct units *u = start();

	(void)state;
	feed(u, WAY_TO_SERVER, request, sizeof(request) - 1, 100);
	feed(u, WAY_TO_CLIENT, refused, sizeof(refused) - 1, 100);
	assert_string_equal(log_text, ">http@0+44#1 <http@0+26#1 <body@26+2 ");
	units_free(u);
}

static void test_units_of_other_https_are_no_call(void **state)
{
	static const char get[] = "GET / HTTP/1.1\r\n\r\n";
	struct units *u = start();

	(void)state;
	feed(u, WAY_TO_SERVER, get, sizeof(get) - 1, 100);
	feed(u, WAY_TO_CLIENT, reply, sizeof(reply) - 1, 100);
	feed(u, WAY_TO_CLIENT, packets, sizeof(packets), 100);
	assert_false(units_is_sstp(u));
	assert_string_equal(log_text, ">http@0+18#1 <http@0+30#1 <body@30+34 ");
	units_free(u);
}

static void test_units_pass_over_a_reply_of_class_1xx(void **state)
{
	static const char wait[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct units *u = start();

	(void)state;
	feed(u, WAY_TO_SERVER, request, sizeof(request) - 1, 100);
	feed(u, WAY_TO_CLIENT, wait, sizeof(wait) - 1, 100);
	feed(u, WAY_TO_CLIENT, reply, sizeof(reply) - 1, 100);
	feed(u, WAY_TO_CLIENT, packets, 14, 100);
	assert_string_equal(log_text, ">http@0+44#1 <http@0+25#1 <http@25+30#2 <control@55+14#3 ");
	units_free(u);
}

static void test_units_found_again_behind_a_loss_of_unknown_size(void **state)
{
	struct units *u = start();

	(void)state;
	feed(u, WAY_TO_SERVER, request, sizeof(request) - 1, 100);
	feed(u, WAY_TO_SERVER, packets, 10, 100);
	units_lost(u, WAY_TO_SERVER, 0);
	feed(u, WAY_TO_SERVER, packets + 17, sizeof(packets) - 17, 100);
	assert_string_equal(log_text, ">http@0+44#1 >torn@44+10 >skipped@54+9 >control@63+8#2 ");
	units_free(u);
}

static void test_units_lose_one_packet_when_the_loss_lies_inside(void **state)
{
	struct units *u = start();

	(void)state;
	feed(u, WAY_TO_SERVER, request, sizeof(request) - 1, 100);
	feed(u, WAY_TO_SERVER, packets, 6, 100);
	units_lost(u, WAY_TO_SERVER, 4);
	feed(u, WAY_TO_SERVER, packets + 10, sizeof(packets) - 10, 3);
	assert_string_equal(log_text, ">http@0+44#1 >torn@44+6 >skipped@54+3 >skipped@57+1 "
				      ">data@58+12#2 >control@70+8#3 ");
	units_free(u);
}

static void test_units_begin_in_the_middle_of_a_stream(void **state)
{
	struct units *u = start();

	(void)state;
	feed(u, WAY_TO_CLIENT, packets + 14, sizeof(packets) - 14, 100);
	assert_true(units_is_sstp(u));
	assert_string_equal(log_text, "<data@0+12#1 <control@12+8#2 ");
	units_free(u);
}

static void test_units_say_what_is_no_sstp_and_go_on_behind_it(void **state)
{
	uint8_t damaged[sizeof(packets)];
	struct units *u = start();

	(void)state;
	memcpy(damaged, packets, sizeof(packets));
	damaged[14] = 0x20;
	feed(u, WAY_TO_SERVER, request, sizeof(request) - 1, 100);
	feed(u, WAY_TO_SERVER, damaged, sizeof(damaged), 100);
	assert_string_equal(log_text,
			    ">http@0+44#1 >control@44+14#2 >bad@58+12!version >control@70+8#3 ");
	units_free(u);
}

static void test_units_refuse_a_length_below_the_header(void **state)
{
	static const uint8_t tiny[] = {0x10, 0x01, 0x00, 0x03};
	struct units *u = start();

	(void)state;
	feed(u, WAY_TO_SERVER, request, sizeof(request) - 1, 100);
	feed(u, WAY_TO_SERVER, tiny, sizeof(tiny), 1);
	feed(u, WAY_TO_SERVER, packets, sizeof(packets), 100);
	assert_string_equal(log_text, ">http@0+44#1 >bad@44+4!packet-length >control@48+14#2 "
				      ">data@62+12#3 >control@74+8#4 ");
	units_free(u);
}

static void test_units_end_a_half_packet_as_torn(void **state)
{
	struct units *u = start();

	(void)state;
	feed(u, WAY_TO_SERVER, request, sizeof(request) - 1, 100);
	feed(u, WAY_TO_SERVER, packets, 20, 7);
	units_end(u, WAY_TO_SERVER);
	assert_string_equal(log_text, ">http@0+44#1 >control@44+14#2 >torn@58+6 ");
	units_free(u);
}

static void test_units_refuse_a_head_without_end(void **state)
{
	struct units *u = start();

	(void)state;
	for (int i = 0; i < 200; i++)
		feed(u, WAY_TO_SERVER, "X-Padding: 123456789012345678\r\n", 31, 31);
	assert_non_null(strstr(log_text, "!http-too-large"));
	assert_false(units_is_sstp(u));
	units_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units_are_the_same_however_the_stream_is_cut),
		cmocka_unit_test(test_units_of_a_refused_request_end_with_a_body),
		cmocka_unit_test(test_units_of_other_https_are_no_call),
		cmocka_unit_test(test_units_pass_over_a_reply_of_class_1xx),
		cmocka_unit_test(test_units_found_again_behind_a_loss_of_unknown_size),
		cmocka_unit_test(test_units_lose_one_packet_when_the_loss_lies_inside),
		cmocka_unit_test(test_units_begin_in_the_middle_of_a_stream),
		cmocka_unit_test(test_units_say_what_is_no_sstp_and_go_on_behind_it),
		cmocka_unit_test(test_units_refuse_a_length_below_the_header),
		cmocka_unit_test(test_units_end_a_half_packet_as_torn),
		cmocka_unit_test(test_units_refuse_a_head_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
