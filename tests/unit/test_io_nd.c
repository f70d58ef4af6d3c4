/* SPDX-License-Identifier: MIT */
/* Claims about io/nd.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/ip.h"
#include "io/nd.h"

static const uint8_t local[16] = {0xfe, 0x80, [8] = 2, [15] = 1};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};

static const struct nd_advert full = {
	.hop_limit = 64,
	.other = true,
	.router_life = 1800,
	.has_prefix = true,
	.prefix = {0xfd, 0, 0, 0x77, 0, 0, 0, 5},
	.prefix_bits = 64,
	.on_link = true,
	.autonomous = true,
	.valid = 86400,
	.preferred = 14400,
	.mtu = 1400,
	.routes_n = 2,
	.routes = {{.prefix = {0xfd, 0, 0, 0x77}, .bits = 48, .life = 600},
		   {.prefix = {0x20, 1, 0x0d, 0xb8, 1}, .bits = 40, .life = 0}},
	.dns_n = 2,
	.dns_life = 300,
	.dns = {{0xfd, 0, [15] = 0x53}, {0xfd, 0, [15] = 0x54}},
};

/* Sums the ICMPv6 message anew, so that a change is not caught by the checksum alone. */
static void sum_again(uint8_t *p, size_t n)
{
	uint32_t sum;
	uint16_t folded;

	p[42] = p[43] = 0;
	sum = ip_sum(p + 8, 32, 0) + 58 + (uint32_t)(n - 40);
	folded = ip_fold(ip_sum(p + 40, n - 40, sum));
	p[42] = (uint8_t)(folded >> 8);
	p[43] = (uint8_t)folded;
}

static void test_solicitation_is_as_rfc4861_has_it(void **state)
{
	/* written by hand: fe80::200:0:0:1 to ff02::2, hop limit 255 */
	static const uint8_t wire[48] = {0x60, 0, 0, 0, 0,   8, 58,   255,  0xfe, 0x80, 0, 0,
					 0,    0, 0, 0, 2,   0, 0,    0,    0,    0,    0, 1,
					 0xff, 2, 0, 0, 0,   0, 0,    0,    0,    0,    0, 0,
					 0,    0, 0, 2, 133, 0, 0x7b, 0x36, 0,    0,    0, 0};
	uint8_t out[ND_PACKET_MAX];

	(void)state;
	assert_int_equal(nd_put_solicit(local, out), sizeof(wire));
	assert_memory_equal(out, wire, sizeof(wire));
	assert_true(nd_is_solicit(out, sizeof(wire)));
	assert_false(nd_is_advert(out, sizeof(wire)));
}

static void test_advertisement_survives_writing_and_reading(void **state)
{
	uint8_t out[ND_PACKET_MAX];
	size_t n = nd_put_advert(&full, local, all_nodes, out);
	struct nd_advert read;

	(void)state;
	assert_true(n > 0);
	assert_true(nd_is_advert(out, n));
	assert_false(nd_is_solicit(out, n));
	assert_true(nd_parse_advert(out, n, &read));
	assert_memory_equal(&read, &full, sizeof(full));
}

static void test_every_truncation_is_refused(void **state)
{
	uint8_t out[ND_PACKET_MAX];
	size_t n = nd_put_advert(&full, local, all_nodes, out);
	struct nd_advert read;

	(void)state;
	for (size_t cut = 0; cut < n; cut++)
		assert_false(nd_parse_advert(out, cut, &read));
	n = nd_put_solicit(local, out);
	for (size_t cut = 0; cut < n; cut++)
		assert_false(nd_is_solicit(out, cut));
}

static void test_every_changed_bit_of_the_message_is_refused(void **state)
{
	uint8_t out[ND_PACKET_MAX];
	size_t n = nd_put_advert(&full, local, all_nodes, out);
	struct nd_advert read;

	(void)state;
	for (size_t bit = 40 * 8; bit < n * 8; bit++) {
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(nd_parse_advert(out, n, &read));
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_a_forwarded_message_is_refused(void **state)
{
	uint8_t out[ND_PACKET_MAX];
	size_t n = nd_put_advert(&full, local, all_nodes, out);
	struct nd_advert read;

	(void)state;
	out[7] = 254;
	assert_false(nd_parse_advert(out, n, &read));
	n = nd_put_solicit(local, out);
	out[7] = 64;
	assert_false(nd_is_solicit(out, n));
}

static void test_an_advertisement_from_a_global_address_is_refused(void **state)
{
	static const uint8_t global[16] = {0xfd, 0, [15] = 1};
	uint8_t out[ND_PACKET_MAX];
	size_t n = nd_put_advert(&full, global, all_nodes, out);
	struct nd_advert read;

	(void)state;
	assert_false(nd_parse_advert(out, n, &read));
}

static void test_an_option_of_length_zero_is_refused(void **state)
{
	uint8_t out[ND_PACKET_MAX];
	size_t n = nd_put_advert(&full, local, all_nodes, out);
	struct nd_advert read;

	(void)state;
	out[57] = 0; /* the first option's length */
	sum_again(out, n);
	assert_false(nd_parse_advert(out, n, &read));
}

static void test_an_unknown_option_is_passed_over(void **state)
{
	uint8_t out[ND_PACKET_MAX];
	size_t n = nd_put_advert(&full, local, all_nodes, out);
	struct nd_advert read;

	(void)state;
	out[56] = 200; /* was the MTU */
	sum_again(out, n);
	assert_true(nd_parse_advert(out, n, &read));
	assert_int_equal(read.mtu, 0);
	assert_true(read.has_prefix);
}

static void test_prefixes_that_give_no_address_are_left_out(void **state)
{
	struct nd_advert a = full, read;
	uint8_t out[ND_PACKET_MAX];
	size_t n;

	(void)state;
	a.preferred = a.valid + 1; /* RFC 4862 5.5.3 (c) */
	n = nd_put_advert(&a, local, all_nodes, out);
	assert_true(nd_parse_advert(out, n, &read));
	assert_false(read.has_prefix);
	a = full;
	memcpy(a.prefix, local, 8); /* (b) */
	n = nd_put_advert(&a, local, all_nodes, out);
	assert_true(nd_parse_advert(out, n, &read));
	assert_false(read.has_prefix);
	a = full;
	a.prefix_bits = 60;
	n = nd_put_advert(&a, local, all_nodes, out);
	assert_true(nd_parse_advert(out, n, &read));
	assert_int_equal(read.prefix[7], 0); /* 5 lies behind the 60 bits */
}

static void test_a_router_that_says_little_is_understood(void **state)
{
	static const struct nd_advert little = {.managed = true};
	struct nd_advert read;
	uint8_t out[ND_PACKET_MAX];
	size_t n = nd_put_advert(&little, local, all_nodes, out);

	(void)state;
	assert_int_equal(n, 56);
	assert_true(nd_parse_advert(out, n, &read));
	assert_memory_equal(&read, &little, sizeof(read));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_solicitation_is_as_rfc4861_has_it),
		cmocka_unit_test(test_advertisement_survives_writing_and_reading),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_every_changed_bit_of_the_message_is_refused),
		cmocka_unit_test(test_a_forwarded_message_is_refused),
		cmocka_unit_test(test_an_advertisement_from_a_global_address_is_refused),
		cmocka_unit_test(test_an_option_of_length_zero_is_refused),
		cmocka_unit_test(test_an_unknown_option_is_passed_over),
		cmocka_unit_test(test_prefixes_that_give_no_address_are_left_out),
		cmocka_unit_test(test_a_router_that_says_little_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
