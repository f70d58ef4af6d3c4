/* SPDX-License-Identifier: MIT */
/* Claims about lib/base/outq.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/outq.h"

static struct outq q;

/* Adds a unit of n bytes of value v; returns whether it was taken. */
static bool add_unit(size_t n, uint8_t v)
{
	struct wr w = outq_begin(&q, n);
	uint8_t *at = wr_room(&w, n);

	if (at)
		memset(at, v, n);
	return outq_end(&q, &w);
}

static void test_units_come_out_whole_and_in_order(void **state)
{
	const uint8_t *p;

	(void)state;
	outq_init(&q);
	assert_true(add_unit(3, 'a'));
	assert_true(add_unit(5, 'b'));
	assert_int_equal(outq_peek(&q, &p), 3);
	assert_memory_equal(p, "aaa", 3);
	outq_sent(&q, 3);
	assert_int_equal(outq_peek(&q, &p), 5);
	assert_memory_equal(p, "bbbbb", 5);
	outq_sent(&q, 5);
	assert_int_equal(outq_peek(&q, &p), 0);
}

static void test_a_unit_may_leave_in_pieces(void **state)
{
	const uint8_t *p;

	(void)state;
	outq_init(&q);
	assert_true(add_unit(4, 'x'));
	outq_sent(&q, 1);
	assert_int_equal(outq_peek(&q, &p), 3);
	outq_sent(&q, 3);
	assert_int_equal(outq_peek(&q, &p), 0);
	outq_sent(&q, 10); /* nothing is there: nothing happens */
	assert_int_equal(outq_peek(&q, &p), 0);
}

static void test_what_does_not_fit_is_refused_and_counted(void **state)
{
	(void)state;
	outq_init(&q);
	assert_true(add_unit(OUTQ_SIZE - 2, 1));
	assert_false(add_unit(1, 2));
	assert_int_equal(q.refused, 1);
	assert_int_equal(outq_room(&q), 0);
}

static void test_an_abandoned_unit_leaves_no_trace(void **state)
{
	const uint8_t *p;
	struct wr w;

	(void)state;
	outq_init(&q);
	w = outq_begin(&q, 10);
	wr_zero(&w, 11);
	assert_false(outq_end(&q, &w));
	w = outq_begin(&q, 10);
	assert_false(outq_end(&q, &w));
	assert_int_equal(outq_peek(&q, &p), 0);
	assert_int_equal(q.refused, 2);
}

static void test_any_mix_of_adding_and_sending_keeps_the_bytes(void **state)
{
	uint32_t seed = 7;
	uint8_t next_in = 0, next_out = 0;
	unsigned queued = 0;

	(void)state;
	outq_init(&q);
	for (int i = 0; i < 100000; i++) {
		const uint8_t *p;
		size_t n;

		seed = seed * 1664525 + 1013904223;
		if (seed >> 31) {
			if (add_unit(1 + (seed >> 8) % 3000, next_in)) {
				next_in++;
				queued++;
			}
			continue;
		}
		n = outq_peek(&q, &p);
		assert_int_equal(n == 0, queued == 0);
		if (!n)
			continue;
		assert_int_equal(p[0], next_out);
		assert_int_equal(p[n - 1], next_out);
		if ((seed >> 8) % 4 == 0 && n > 1) {
			outq_sent(&q, n / 2);
			continue;
		}
		outq_sent(&q, n);
		next_out++;
		queued--;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units_come_out_whole_and_in_order),
		cmocka_unit_test(test_a_unit_may_leave_in_pieces),
		cmocka_unit_test(test_what_does_not_fit_is_refused_and_counted),
		cmocka_unit_test(test_an_abandoned_unit_leaves_no_trace),
		cmocka_unit_test(test_any_mix_of_adding_and_sending_keeps_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
