/* SPDX-License-Identifier: MIT */
/* Claims about io/ip.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/socket.h>

#include "io/ip.h"

/* An IPv4 packet with a header of 24 octets and 4 octets of payload, and 2 octets behind it. */
static const uint8_t packet4[] = {0x46, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0,
				  1,    8, 8, 8,  8, 1, 1, 1, 0,  1,  2, 3, 4,  9, 9};
/* An IPv6 packet with 3 octets of payload. */
static const uint8_t packet6[] = {0x60, 0, 0, 0, 0, 3, 58, 255, 0xfe, 0x80, 0, 0, 0, 0, 0,
				  0,    0, 0, 0, 0, 0, 0,  0,   1,    0xff, 2, 0, 0, 0, 0,
				  0,    0, 0, 0, 0, 0, 0,  0,   0,    2,    7, 8, 9};

static void test_heads_are_read_as_far_as_the_packets_own_length(void **state)
{
	struct ip_head h;

	(void)state;
	assert_true(ip_parse(packet4, sizeof(packet4), &h));
	assert_int_equal(h.version, 4);
	assert_int_equal(h.proto, 17);
	assert_int_equal(h.hops, 64);
	assert_memory_equal(h.src, "\x0a\0\0\x01", 4);
	assert_memory_equal(h.dst, "\x08\x08\x08\x08", 4);
	assert_int_equal(h.payload.n, 4);
	assert_int_equal(h.payload.p[0], 1);
	assert_true(ip_parse(packet6, sizeof(packet6), &h));
	assert_int_equal(h.version, 6);
	assert_int_equal(h.proto, 58);
	assert_int_equal(h.hops, 255);
	assert_int_equal(h.src[15], 1);
	assert_int_equal(h.dst[15], 2);
	assert_int_equal(h.payload.n, 3);
	assert_int_equal(h.payload.p[2], 9);
}

static void test_every_truncation_of_a_packet_is_refused(void **state)
{
	struct ip_head h;

	(void)state;
	for (size_t n = 0; n < 28; n++)
		assert_false(ip_parse(packet4, n, &h));
	for (size_t n = 0; n < sizeof(packet6); n++)
		assert_false(ip_parse(packet6, n, &h));
}

static void test_lengths_and_versions_that_lie_are_refused(void **state)
{
	uint8_t p[sizeof(packet4)];
	struct ip_head h;

	(void)state;
	memcpy(p, packet4, sizeof(p));
	p[0] = 0x44; /* a header of 16 octets */
	assert_false(ip_parse(p, sizeof(p), &h));
	p[0] = 0x48; /* a header longer than the packet */
	assert_false(ip_parse(p, sizeof(p), &h));
	p[0] = 0x56;
	assert_false(ip_parse(p, sizeof(p), &h));
	p[0] = 0x46;
	p[3] = 31;
	assert_false(ip_parse(p, sizeof(p), &h));
}

static void test_kinds_of_ipv6_addresses(void **state)
{
	static const uint8_t id[8] = {2, 0, 0, 0xff, 0xfe, 0, 0, 1};
	uint8_t a[16];

	(void)state;
	ip6_link_local(id, a);
	assert_memory_equal(a, "\xfe\x80\0\0\0\0\0\0\x02\0\0\xff\xfe\0\0\x01", 16);
	assert_true(ip6_is_link_local(a));
	a[1] = 0xbf;
	assert_true(ip6_is_link_local(a));
	a[1] = 0xc0;
	assert_false(ip6_is_link_local(a));
	assert_false(ip6_is_multicast(a));
	a[0] = 0xff;
	assert_true(ip6_is_multicast(a));
}

static void test_prefixes_are_compared_bit_by_bit(void **state)
{
	static const uint8_t net[4] = {10, 0x80, 0, 0}, a[4] = {10, 0xbf, 1, 2};

	(void)state;
	assert_true(ip_prefix_holds(net, 0, a));
	assert_true(ip_prefix_holds(net, 8, a));
	assert_true(ip_prefix_holds(net, 10, a));
	assert_false(ip_prefix_holds(net, 11, a));
	assert_false(ip_prefix_holds(net, 32, a));
	assert_true(ip_prefix_holds(a, 32, a));
}

static void test_checksum_of_the_rfc1071_example(void **state)
{
	static const uint8_t p[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	static const uint8_t odd[] = {0x01, 0x02, 0x03};

	(void)state;
	assert_int_equal(ip_fold(ip_sum(p, sizeof(p), 0)), 0x220d);
	assert_int_equal(ip_fold(ip_sum(odd, sizeof(odd), 0)), 0xffff - 0x0402);
	assert_int_equal(ip_fold(ip_sum(p + 4, 4, ip_sum(p, 4, 0))), 0x220d);
}

static void test_networks_are_read_and_written(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"10.1.2.3", "10.1.2.3/32"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"fd00::/48", "fd00::/48"},
		{"fd00::1:2/49", "fd00::/49"},
		{"::/0", "::/0"},
		{"::1", "::1/128"},
		{"10.0.0.128/25", "10.0.0.128/25"},
	};
	static const char *const bad[] = {
		"",           "10.0.0.0/33", "10.0.0.0/",   "10.0.0/8", "10.0.0.0/8x",
		"fd00::/129", "example/8",   "10.0.0.0/-1", "/8",       "10.0.0.0/0008"};
	struct ip_net net;
	char text[IP_NET_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(ip_net_parse(cases[i].in, false, &net));
		assert_string_equal(ip_net_text(&net, text), cases[i].out);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ip_net_parse(bad[i], false, &net));
	assert_false(ip_net_parse("10.1.2.3/8", true, &net));
	assert_true(ip_net_parse("10.1.2.3/32", true, &net));
	assert_int_equal(net.family, AF_INET);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads_are_read_as_far_as_the_packets_own_length),
		cmocka_unit_test(test_every_truncation_of_a_packet_is_refused),
		cmocka_unit_test(test_lengths_and_versions_that_lie_are_refused),
		cmocka_unit_test(test_kinds_of_ipv6_addresses),
		cmocka_unit_test(test_prefixes_are_compared_bit_by_bit),
		cmocka_unit_test(test_checksum_of_the_rfc1071_example),
		cmocka_unit_test(test_networks_are_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
