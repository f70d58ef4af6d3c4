/* SPDX-License-Identifier: MIT */
/* Claims about analyse/filter/eval.c and value.c: which packets a filter takes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/filter/filter.h"

static const uint8_t frame[] = {
	0x02, 0x00, 0x00, 0x00, 0x00, 0x01,             /* eth.dst */
	0xd6, 0x34, 0x29, 0xaf, 0x19, 0x02,             /* eth.src */
	0x10, 0x01, 0x00, 0x30, 0x00, 0x02, 0x00, 0x01, /* sstp */
	0xc1, 0xa1, 0x80, 0xaa, 0x09, 0xb1, 0x86, 0x0f, /* a nonce, short */
	'G',  'E',  'T',                                /* http.request.method */
	0xfe, 0x80, 0,    0,    0,    0,    0,    0,    /* ipv6.src */
	0,    0,    0,    0,    0,    0,    0,    1,
};

/* Fills a packet: two IPv4 layers, TCP in the outer one only, an SSTP message. */
static void fill(struct field_tree *t)
{
	field_source_add(t, "Frame", frame, sizeof(frame));
	field_add_uint(t, FIELD_FRAME_NUMBER, 0, 0, 12);
	field_add_time(t, FIELD_FRAME_TIME, 1704067200500000000); /* 2024-01-01 00:00:00.5 UTC */
	field_add_time(t, FIELD_FRAME_TIME_RELATIVE, 1500000000);
	field_add_bytes(t, FIELD_ETH_DST, 0, 6);
	field_add_bytes(t, FIELD_ETH_SRC, 6, 6);
	field_flag(t, field_add_protocol(t, FIELD_IP, 12, 4, 30), FIELD_HEADER);
	field_add_uint(t, FIELD_IP_SRC, 0, 0, 0x0a4e0002);
	field_add_uint(t, FIELD_IP_DST, 0, 0, 0x0a4e0003);
	field_add_uint(t, FIELD_IP_TTL, 0, 1, 64);
	field_add_protocol(t, FIELD_TCP, 0, 0, 0);
	field_add_uint(t, FIELD_TCP_SRCPORT, 0, 2, 42104);
	field_add_uint(t, FIELD_TCP_DSTPORT, 0, 2, 443);
	field_add_int(t, FIELD_TCP_WINDOW_SIZE_SCALEFACTOR, 0, 0, -1);
	field_add_protocol(t, FIELD_SSTP, 12, 8, 16);
	field_add_bits(t, FIELD_SSTP_ISCONTROL, 13, 1, 1);
	field_add_uint(t, FIELD_SSTP_LENGTH, 14, 2, 48);
	field_add_uint(t, FIELD_SSTP_MESSAGETYPE, 16, 2, 2);
	field_add_bytes(t, FIELD_SSTP_NONCE, 20, 8);
	field_add_bytes(t, FIELD_HTTP_REQUEST_METHOD, 28, 3);
	field_add_none(t, FIELD_TLS_RECORD, 0, 0);
	field_add_protocol(t, FIELD_IP, 12, 4, 8);
	field_add_uint(t, FIELD_IP_SRC, 0, 0, 0xc0a83210);
	field_add_uint(t, FIELD_IP_DST, 0, 0, 0xc0a83201);
	field_add_bytes(t, FIELD_IPV6_SRC, 31, 16);
	field_add_uint(t, FIELD_HTTP_CONTENT_LENGTH, 0, 0, UINT64_MAX);
}

static const char *const taken[] = {
	"",
	"sstp",
	"tls.record",
	"not udp",
	"sstp and tcp or udp",
	"udp or sstp and tcp",
	"sstp xor udp",
	"!(sstp xor tcp)",
	"not sstp xor tcp",
	"sstp.length == 48",
	"48 == sstp.length",
	"sstp.length == 0x30 and sstp.length == 060 and sstp.length == 0b110000",
	"sstp.length == '0'",
	"sstp.messagetype == SSTP_MSG_CALL_CONNECT_ACK",
	"sstp.iscontrol and sstp.iscontrol == True and sstp.iscontrol != false",
	"tcp.port == 443",
	"tcp.port == 42104",
	"not tcp.port != 443",
	"tcp.port !== 443",
	"not tcp.port === 443",
	"all tcp.port >= 443",
	"any tcp.port != 443",
	"not all tcp.port == 443",
	"all tcp.port in {443, 42104}",
	"tcp.port in {1..500}",
	"not tcp.port in {500..40000}",
	"udp.port not in {1}",
	"not udp.port == 1",
	"not udp.port != 1",
	"ip.addr == 10.78.0.2",
	"ip.addr == 192.168.0.0/16",
	"ip.src == 10.0.0.0/8",
	"ip.src#1 == 10.78.0.2",
	"not ip.src#1 == 192.168.50.16",
	"ip.src#2 == 192.168.50.16",
	"ip.src#[-1] == 192.168.50.16",
	"ip.src#[1-2] == 192.168.50.16",
	"ip.addr#[2:] == 192.168.50.1",
	"not ip#3",
	"ip.src[0:2] == 0a:4e",
	"ip.src[-1] == 2",
	"ip.src & 255.255.0.0 == 10.78.0.0",
	"count(ip.addr) == 4 and count(ip) == 2",
	"ip[0] == 10 and not ip#1[4] and ip contains \"GET\"",
	"len(ip#1) == 4 and len(ip#2) == 8 and len(sstp) == 16",
	"ipv6.src == fe80::1 and ipv6.src == fe80::/10 and ipv6.src != ff00::/8",
	"ipv6.src == fe80::ffff/64",
	"ipv6.src[0:2] == fe:80 and len(ipv6.src) == 16",
	"ipv6.src & ffff:: == fe80::",
	"eth.src == d6:34:29:af:19:02 and eth.src[0:3] == d63429 and eth.src contains 29:af",
	"eth.addr == 02:00:00:00:00:01",
	"sstp[0:4] == 10:01:00:30",
	"sstp[0,2-3] == 10:00:30",
	"sstp[100,0] == 10",
	"not sstp[0:100]",
	"sstp contains 00:02 and sstp contains sstp.nonce",
	"sstp matches \"^\\x10\\x01\"",
	"sstp.nonce[0] > 80 and sstp.nonce[0:2] < 00:00:00",
	"@sstp.length == 00:30",
	"@sstp.length[1] == 30",
	"http.request.method == \"GET\" and http.request.method == GET",
	"http.request.method matches \"^get$\" and not http.request.method matches \"(?-i)get\"",
	"http.request.method contains \"ET\" and not http.request.method contains \"\"",
	"http.request.method matches \"\"",
	"http.request.method < \"GETX\" and http.request.method > \"GE\"",
	"http.request.method in {\"A\"..\"H\"}",
	"lower(http.request.method) == \"get\" and upper(http.request.method) == \"GET\"",
	"len(http.request.method) == 3",
	"http.request.method[0] == 'G'",
	"string(tcp.srcport) == \"42104\" and string(ip.src) matches \"^192\"",
	"string(eth.src) == \"d6:34:29:af:19:02\" and string(ipv6.src) == \"fe80::1\"",
	"string(frame.time_relative) == \"1.500000000\"",
	"string(tcp.window_size_scalefactor) == \"-1\"",
	"tcp.srcport + tcp.dstport == 42547",
	"tcp.dstport - tcp.srcport == -41661 and tcp.dstport - tcp.srcport < 0",
	"abs(tcp.dstport - tcp.srcport) == 41661",
	"-tcp.srcport == -42104 and - -tcp.srcport == 42104",
	"tcp.dstport * 2 + 1 == 887 and {tcp.dstport + 1} * 2 == 888",
	"tcp.dstport / 2 == 221 and tcp.dstport % 2 == 1",
	"not tcp.dstport / 0 == 1 and not tcp.dstport % 0",
	"tcp.dstport & 3 == 3 and tcp.dstport & 1 and not tcp.dstport & 4",
	"tcp.port & -1 == 443",
	"tcp.window_size_scalefactor == -1 and tcp.window_size_scalefactor < 0",
	"tcp.window_size_scalefactor & -1 == -1",
	"http.content_length == 18446744073709551615 and not http.content_length + 1 > 0",
	"http.content_length > tcp.window_size_scalefactor",
	"http.content_length * 2 > 0 or http.content_length * http.content_length > 0 or sstp",
	"max(tcp.srcport, tcp.dstport, udp.srcport) == 42104",
	"min(tcp.srcport, 22) == 22 and max(ip.src) == 192.168.50.16",
	"udp.srcport == 1 or max(udp.srcport, 5) == 5",
	"frame.number in {1, 10..12}",
	"frame.number == {1+2}*4",
	"1 < frame.number < 13 and not 1 < frame.number < 12",
	"frame.time_relative == 1.5 and frame.time_relative > 1.499999999",
	"frame.time_relative in {0.5..2} and frame.time_relative - 1 == 0.5",
	"frame.time_relative > -1 and -frame.time_relative < 0",
	"frame.time == \"2024-01-01T00:00:00.5Z\" and frame.time > \"2024-01-01 00:00:00 UTC\"",
	("frame.time == \"2024-01-01 02:00:00.500+02:00\" and frame.time < \"2023-12-31 23:30 "
	 "-0100\""),
	"frame.time in {\"2023-01-01\" .. \"2025-01-01\"}",
	"frame.time > \"Dec 30, 2023 00:00:00\" and frame.time < \"Jan 3, 2024 00:00:00.25\"",
	"tcp.srcport in {tcp.dstport + 41661, 5}",
	"sstp.length == 48 == ip.ttl - 16",
};

static const char *const not_taken[] = {
	"udp",
	"sstp and udp",
	"sstp.length != 48",
	"tcp.port != 443",
	"all tcp.port == 443",
	"udp.port != 1",
	"udp.port in {1..65535}",
	"all udp.port == 1",
	"udp.port + tcp.port > 0",
	"count(udp) == 0",
	"max(udp.srcport) > 0",
	"ip.src#3",
	"ip.addr#[:1] == 10.78.0.2",
	"sstp[16]",
	"sstp[-17]",
	"sstp[-20:5] contains 10",
	"sstp == 10:01",
	"http.request.method == \"get\"",
	"http.request.method contains 00",
	"tcp.port in {450..443}",
	"eth.src & 00:00:00:00:00:00",
	"sstp.nonce & ff",
	"frame.time_relative > 1.5",
};

static int run(struct field_tree *t, const char *text, bool expected)
{
	struct field_set wanted = {0};
	struct filter_error err;
	struct filter *f;
	bool all, few;

	if (filter_compile(&f, text, &err))
		fail_msg("%s: %s", text, err.text);
	field_tree_reset(t, NULL);
	fill(t);
	all = filter_match(f, t);
	filter_fields(f, &wanted);
	field_tree_reset(t, &wanted);
	fill(t);
	few = filter_match(f, t);
	filter_free(f);
	if (all != expected || few != expected)
		fail_msg("%s: %d in the whole tree, %d in one of its fields only", text, all, few);
	return 0;
}

static void test_filters_take_the_packets_they_describe(void **state)
{
	struct field_tree t;

	(void)state;
	field_tree_init(&t);
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		run(&t, taken[i], true);
	for (size_t i = 0; i < sizeof(not_taken) / sizeof(*not_taken); i++)
		run(&t, not_taken[i], false);
	field_tree_fini(&t);
}

static void test_times_without_a_zone_are_local(void **state)
{
	struct field_tree t;

	(void)state;
	field_tree_init(&t);
	setenv("TZ", "UTC-3", 1);
	run(&t, "frame.time == \"2024-01-01 03:00:00.5\"", true);
	setenv("TZ", "UTC", 1);
	run(&t, "frame.time == \"2024-01-01 00:00:00.5\"", true);
	field_tree_fini(&t);
}

static void test_products_of_many_values_are_bounded(void **state)
{
	struct filter_error err;
	struct field_tree t;
	struct filter *f;

	(void)state;
	field_tree_init(&t);
	field_tree_reset(&t, NULL);
	for (unsigned i = 0; i < 3000; i++)
		field_add_uint(&t, FIELD_TCP_OPTION_KIND, 0, 1, 2);
	assert_int_equal(filter_compile(&f,
					"{tcp.option_kind + tcp.option_kind} * "
					"{tcp.option_kind + tcp.option_kind} == 5",
					&err),
			 0);
	assert_false(filter_match(f, &t));
	filter_free(f);
	field_tree_fini(&t);
}

static void test_a_pattern_that_explodes_ends(void **state)
{
	static const char text[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	struct filter_error err;
	struct field_tree t;
	struct filter *f;

	(void)state;
	field_tree_init(&t);
	field_tree_reset(&t, NULL);
	field_add_text(&t, FIELD_HTTP_HOST, text);
	assert_int_equal(filter_compile(&f, "http.host matches r\"^(a+)+$\"", &err), 0);
	assert_false(filter_match(f, &t));
	filter_free(f);
	field_tree_fini(&t);
}

/* Compiles and asks what can be asked; returns whether it compiles. */
static bool try_filter(const struct field_tree *t, const char *text)
{
	struct filter_error err;
	struct filter *f;

	if (filter_compile(&f, text, &err)) {
		if (!err.text[0] || err.at > strlen(text))
			fail_msg("%s: an error without text or place", text);
		return false;
	}
	filter_match(f, t);
	filter_free(f);
	return true;
}

/* Each kind of operand beside each other, with each operator, alone and in a row of three. */
static void test_every_pair_of_operands_is_refused_or_answered(void **state)
{
	static const char *const operands[] = {
		"http.request.method", /* a row of three takes the first five only */
		"\"a\"",
		"48",
		"-sstp.length",
		"sstp[0:2]",
		"'a'",
		"ip.src",
		"1 + 1",
		"1.2.3.4/8",
		"fe80::1",
		"True",
		"0.5",
		"aa:bb",
		"\"2024-01-01\"",
		"upper(http.request.method)",
		"len(sstp)",
		"max(sstp.length, 1)",
		"{sstp.length & 1}",
		"@sstp.length",
		"ip.src#1",
		"ipv6.src",
		"eth.src",
		"frame.time",
		"frame.time_relative",
		"sstp.iscontrol",
		"sstp",
		"tls.record",
		"http.content_length",
		"tcp.window_size_scalefactor",
		"udp.port",
	};
	static const char *const ops[] = {
		"==", "===", "!=", "!==", "<", "<=", ">",   ">=",  "contains", "matches",
		"+",  "-",   "*",  "/",   "%", "&",  "and", "xor", "in {1,",   "not in {\"a\" ..",
	};
	size_t n = sizeof(operands) / sizeof(*operands), few = 5,
	       n_ops = sizeof(ops) / sizeof(*ops);
	size_t good = 0, tried = 0;
	struct field_tree t;
	char text[160];

	(void)state;
	field_tree_init(&t);
	field_tree_reset(&t, NULL);
	fill(&t);
	for (size_t i = 0; i < n * n * n_ops; i++, tried++) {
		const char *op = ops[i % n_ops];

		snprintf(text, sizeof(text), "%s %s %s%s", operands[i / n_ops / n], op,
			 operands[i / n_ops % n], strchr(op, '{') ? "}" : "");
		good += try_filter(&t, text);
	}
	for (size_t i = 0; i < few * few * few * n_ops * n_ops; i++, tried++) {
		const char *op = ops[i % n_ops], *next = ops[i / n_ops % n_ops];
		size_t which = i / n_ops / n_ops;

		if (strchr(op, '{'))
			continue;
		snprintf(text, sizeof(text), "%s %s %s %s %s%s", operands[which % few], op,
			 operands[which / few % few], next, operands[which / few / few],
			 strchr(next, '{') ? "}" : "");
		good += try_filter(&t, text);
	}
	assert_in_range(good, tried / 20, tried - tried / 20);
	field_tree_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters_take_the_packets_they_describe),
		cmocka_unit_test(test_times_without_a_zone_are_local),
		cmocka_unit_test(test_products_of_many_values_are_bounded),
		cmocka_unit_test(test_a_pattern_that_explodes_ends),
		cmocka_unit_test(test_every_pair_of_operands_is_refused_or_answered),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
