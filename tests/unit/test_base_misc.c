/* SPDX-License-Identifier: MIT */
/* Claims about lib/base/drbg.c, lib/base/secret.c, lib/base/error.c, lib/base/tracer.c, timer.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>
#include <openssl/sha.h>

#include "sstp/error.h"
#include "lib/base/drbg.h"
#include "lib/base/secret.h"
#include "lib/base/timer.h"
#include "lib/base/tracer.h"

static void test_random_bytes_are_sha256_of_seed_and_counter(void **state)
{
	uint8_t in[40], want[64], got[64];
	struct drbg d;

	(void)state;
	memset(in, 0x5a, 32);
	memset(in + 32, 0, 8);
	SHA256(in, sizeof(in), want);
	in[32] = 1;
	SHA256(in, sizeof(in), want + 32);
	drbg_init(&d, in);
	drbg_bytes(&d, got, 64);
	assert_memory_equal(got, want, 64);
}

static void test_random_bytes_never_repeat_within_a_seed(void **state)
{
	static const uint8_t seed[32] = {1};
	struct drbg d;
	uint8_t a[5], b[5];

	(void)state;
	drbg_init(&d, seed);
	drbg_bytes(&d, a, sizeof(a));
	drbg_bytes(&d, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_not_equal(drbg_u32(&d), drbg_u32(&d));
}

static void test_wiping_zeroes_every_byte(void **state)
{
	uint8_t b[16];

	(void)state;
	memset(b, 0xff, sizeof(b));
	wipe(b, sizeof(b));
	for (size_t i = 0; i < sizeof(b); i++)
		assert_int_equal(b[i], 0);
	wipe(NULL, 0);
}

static void test_comparison_sees_every_bit(void **state)
{
	uint8_t a[20] = {0}, b[20] = {0};

	(void)state;
	assert_true(same_bytes(a, b, sizeof(a)));
	for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(same_bytes(a, b, sizeof(a)));
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_every_error_has_its_own_number_name_and_words(void **state)
{
	static const int nums[] = {
#define X(num, name, dashed, class, text) num,
#include "sstp/error.def"
#undef X
	};
	size_t n = sizeof(nums) / sizeof(nums[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true(nums[i] <= 0);
		assert_true(strlen(sstp_err_text(nums[i])) > 10);
		for (const char *p = sstp_err_name(nums[i]); *p; p++)
			assert_true(islower(*p) || isdigit(*p) || *p == '-');
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(nums[i], nums[k]);
			assert_string_not_equal(sstp_err_name(nums[i]), sstp_err_name(nums[k]));
		}
	}
	assert_string_equal(sstp_err_name(SSTP_E_NAK_LIMIT), "nak-limit");
	assert_string_equal(sstp_err_name(12345), "unknown-error");
	assert_int_equal(sstp_err_class(SSTP_E_AUTH_FAILED), SSTP_CLASS_AUTH);
	assert_int_equal(sstp_err_class(SSTP_OK), SSTP_CLASS_NONE);
}

static void test_a_full_trace_ring_keeps_the_oldest_and_counts_the_lost(void **state)
{
	struct sstp_trace ring[3], r;
	struct tracer t;

	(void)state;
	tracer_init(&t, ring, 3);
	t.now = 42;
	for (uint32_t i = 0; i < 5; i++)
		trace_note(&t, SSTP_LAYER_LINK, "n", i);
	assert_int_equal(t.lost, 2);
	assert_int_equal(tracer_room(&t), 0);
	for (uint32_t i = 0; i < 3; i++) {
		assert_true(tracer_next(&t, &r));
		assert_int_equal(r.value, i);
		assert_int_equal(r.now, 42);
	}
	assert_false(tracer_next(&t, &r));
	assert_int_equal(tracer_room(&t), 3);
}

static void test_a_long_message_is_kept_in_part_with_its_whole_length(void **state)
{
	static const uint8_t msg[SSTP_TRACE_BYTES + 9] = {7, 8};
	struct sstp_trace ring[1], r;
	struct tracer t;

	(void)state;
	tracer_init(&t, ring, 1);
	trace_msg(&t, SSTP_TRACE_RX, SSTP_LAYER_LCP, msg, sizeof(msg));
	assert_true(tracer_next(&t, &r));
	assert_int_equal(r.len, sizeof(msg));
	assert_int_equal(r.kept, SSTP_TRACE_BYTES);
	assert_memory_equal(r.bytes, msg, SSTP_TRACE_BYTES);
}

static void test_without_a_ring_nothing_is_stored(void **state)
{
	struct sstp_trace r;
	struct tracer t;

	(void)state;
	tracer_init(&t, NULL, 100);
	trace_fault(&t, SSTP_LAYER_SSTP, SSTP_E_TRUNCATED, 3);
	assert_false(tracer_next(&t, &r));
	assert_int_equal(t.lost, 0);
}

static void test_a_timer_fires_once_and_works_at_time_zero(void **state)
{
	struct timer t = {0};

	(void)state;
	assert_int_equal(timer_at(&t), TIME_NEVER);
	assert_false(timer_fired(&t, UINT64_MAX - 1));
	timer_start(&t, 0, 0);
	assert_true(timer_runs(&t));
	assert_int_equal(timer_at(&t), 0);
	assert_true(timer_fired(&t, 0));
	assert_false(timer_fired(&t, 0));
	timer_start(&t, 10, 5);
	assert_false(timer_fired(&t, 14));
	assert_true(timer_fired(&t, 15));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_bytes_are_sha256_of_seed_and_counter),
		cmocka_unit_test(test_random_bytes_never_repeat_within_a_seed),
		cmocka_unit_test(test_wiping_zeroes_every_byte),
		cmocka_unit_test(test_comparison_sees_every_bit),
		cmocka_unit_test(test_every_error_has_its_own_number_name_and_words),
		cmocka_unit_test(test_a_full_trace_ring_keeps_the_oldest_and_counts_the_lost),
		cmocka_unit_test(test_a_long_message_is_kept_in_part_with_its_whole_length),
		cmocka_unit_test(test_without_a_ring_nothing_is_stored),
		cmocka_unit_test(test_a_timer_fires_once_and_works_at_time_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
