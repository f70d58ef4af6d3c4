/* SPDX-License-Identifier: MIT */
/* Claims about io/fit.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "io/checksum.h"
#include "io/fit.h"
#include "io/l4.h"

/* Makes a SYN with these TCP options, filled up with NOP, and a right checksum; returns its length.
 */
static size_t make_syn(uint8_t *p, bool ip6, const uint8_t *options, size_t n)
{
	size_t at = ip6 ? 40 : 20, header = 20 + (n + 3) / 4 * 4;
	size_t len = at + header;
	uint16_t sum;

	memset(p, 0, len);
	p[0] = ip6 ? 0x60 : 0x45;
	if (ip6) {
		l4_put16(p + 4, (uint16_t)header);
		p[6] = L4_TCP;
		p[23] = 1;
		p[39] = 2;
	} else {
		l4_put16(p + 2, (uint16_t)len);
		p[9] = L4_TCP;
		memcpy(p + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
	}
	memset(p + at + 20, 1, header - 20);
	memcpy(p + at + 20, options, n);
	p[at + 12] = (uint8_t)(header / 4 << 4);
	p[at + 13] = 0x02;
	sum = checksum_add(l4_pseudo_sum(p, ip6, L4_TCP, header), checksum_sum(p + at, header));
	l4_put16(p + at + 16, (uint16_t)~sum);
	return len;
}

static bool is_right(const uint8_t *p, size_t n, bool ip6)
{
	size_t at = ip6 ? 40 : 20;

	return checksum_add(l4_pseudo_sum(p, ip6, L4_TCP, n - at), checksum_sum(p + at, n - at)) ==
	       0xffff;
}

static void test_mss_is_lowered_and_the_checksum_follows(void **state)
{
	static const uint8_t even[] = {2, 4, 0x05, 0xb4}, odd[] = {1, 2, 4, 0x05, 0xb4, 3, 3, 7};
	uint8_t p[128];

	(void)state;
	for (int ip6 = 0; ip6 < 2; ip6++) {
		size_t n = make_syn(p, ip6, even, sizeof(even));

		assert_true(fit_clamp_mss(p, n, 1400));
		assert_int_equal(l4_get16(p + n - 2), ip6 ? 1340 : 1360);
		assert_true(is_right(p, n, ip6));
		assert_false(fit_clamp_mss(p, n, 1400));
		n = make_syn(p, ip6, odd, sizeof(odd));
		assert_true(fit_clamp_mss(p, n, 1000));
		assert_int_equal(l4_get16(p + n - 5), ip6 ? 940 : 960);
		assert_true(is_right(p, n, ip6));
		p[n - 1] ^= 1; /* a checksum that was wrong stays wrong */
		assert_true(fit_clamp_mss(p, n, 900));
		assert_false(is_right(p, n, ip6));
	}
}

static void test_what_is_not_a_syn_with_a_large_mss_is_left_alone(void **state)
{
	static const uint8_t small[] = {2, 4, 0x02, 0x00}, none[] = {1, 1, 1, 1};
	static const uint8_t broken[][4] = {
		{2, 0, 0, 0}, {2, 9, 0, 0}, {3, 1, 2, 4}, {0, 2, 4, 5}, {1, 1, 1, 2}};
	uint8_t p[128], before[128];
	size_t n;

	(void)state;
	n = make_syn(p, false, small, 4);
	assert_false(fit_clamp_mss(p, n, 1400));
	n = make_syn(p, false, none, 4);
	assert_false(fit_clamp_mss(p, n, 1400));
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		n = make_syn(p, true, broken[i], 4);
		memcpy(before, p, n);
		assert_false(fit_clamp_mss(p, n, 500));
		assert_memory_equal(p, before, n);
	}
	n = make_syn(p, false, (const uint8_t[]){2, 4, 0x05, 0xb4}, 4);
	p[33] = L4_ACK;
	assert_false(fit_clamp_mss(p, n, 500));
	for (size_t cut = 0; cut < n; cut++)
		assert_false(fit_clamp_mss(p, cut, 500));
}

static void test_the_sender_is_told_what_fits(void **state)
{
	uint8_t p[1500] = {0x45}, out[FIT_ERROR_MAX];
	size_t n;

	(void)state;
	p[9] = L4_UDP;
	memcpy(p + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
	n = fit_too_big(out, (const uint8_t *)"\x0a\0\0\xfe", p, sizeof(p), 1280);
	assert_int_equal(n, 576);
	assert_int_equal(checksum_sum(out, 20), 0xffff);
	assert_int_equal(checksum_sum(out + 20, n - 20), 0xffff);
	assert_memory_equal(out + 16, p + 12, 4);
	assert_memory_equal(out + 20, "\x03\x04", 2);
	assert_int_equal(l4_get16(out + 26), 1280);
	assert_memory_equal(out + 28, p, n - 28);

	memset(p, 0, 40);
	p[0] = 0x60;
	p[6] = L4_UDP;
	p[23] = p[39] = 9;
	n = fit_too_big(out, p + 24, p, sizeof(p), 1300);
	assert_int_equal(n, FIT_ERROR_MAX);
	assert_int_equal(
		checksum_add(l4_pseudo_sum(out, true, 58, n - 40), checksum_sum(out + 40, n - 40)),
		0xffff);
	assert_int_equal(out[40], 2);
	assert_int_equal(l4_get32(out + 44), 1300);
}

static void test_errors_are_not_answered_with_errors(void **state)
{
	uint8_t p[100] = {0x45}, out[FIT_ERROR_MAX];
	static const uint8_t from[16] = {10, 0, 0, 1};

	(void)state;
	p[9] = 1;
	memcpy(p + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
	p[20] = 3;
	assert_int_equal(fit_too_big(out, from, p, sizeof(p), 68), 0);
	p[20] = 8;
	assert_int_not_equal(fit_too_big(out, from, p, sizeof(p), 68), 0);
	p[7] = 1; /* a later fragment */
	assert_int_equal(fit_too_big(out, from, p, sizeof(p), 68), 0);
	p[7] = 0;
	p[16] = 224;
	assert_int_equal(fit_too_big(out, from, p, sizeof(p), 68), 0);
	for (size_t n = 0; n < 20; n++)
		assert_int_equal(fit_too_big(out, from, p, n, 68), 0);
	memset(p, 0, sizeof(p));
	p[0] = 0x60;
	p[6] = 58;
	p[23] = p[39] = 1;
	p[40] = 1;
	assert_int_equal(fit_too_big(out, from, p, sizeof(p), 68), 0);
	p[40] = 128;
	assert_int_not_equal(fit_too_big(out, from, p, sizeof(p), 68), 0);
}

static void test_fragments_make_up_the_packet(void **state)
{
	uint8_t p[3000] = {0x45}, out[1500], back[3000];
	struct fit_cut c;
	size_t n, seen = 0;

	(void)state;
	for (size_t i = 20; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 7);
	l4_put16(p + 2, sizeof(p));
	for (size_t mtu = 28; mtu < 1500; mtu += 13) {
		seen = 0;
		assert_true(fit_cut_begin(&c, p, sizeof(p), mtu));
		while ((n = fit_cut_next(&c, out))) {
			size_t at = (size_t)(l4_get16(out + 6) & 0x1fff) * 8;

			assert_true(n <= mtu);
			assert_int_equal(l4_get16(out + 2), n);
			assert_int_equal(checksum_sum(out, 20), 0xffff);
			assert_int_equal(at, seen);
			memcpy(back + at, out + 20, n - 20);
			seen += n - 20;
			assert_int_equal(!(l4_get16(out + 6) & 0x2000), seen == sizeof(p) - 20);
		}
		assert_int_equal(seen, sizeof(p) - 20);
		assert_memory_equal(back, p + 20, seen);
	}
	l4_put16(p + 6, 0x4000);
	assert_false(fit_cut_begin(&c, p, sizeof(p), 1400));
	l4_put16(p + 6, 0);
	assert_false(fit_cut_begin(&c, p, sizeof(p), 27));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mss_is_lowered_and_the_checksum_follows),
		cmocka_unit_test(test_what_is_not_a_syn_with_a_large_mss_is_left_alone),
		cmocka_unit_test(test_the_sender_is_told_what_fits),
		cmocka_unit_test(test_errors_are_not_answered_with_errors),
		cmocka_unit_test(test_fragments_make_up_the_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
