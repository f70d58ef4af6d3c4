/* SPDX-License-Identifier: MIT */
/* Claims about io/backlog.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "io/backlog.h"

#define MS 1000

/* Puts an IPv4 packet of n bytes in, all of the rest being `fill`. */
static bool put(struct backlog *b, size_t n, uint8_t fill, uint8_t ecn, uint64_t now)
{
	uint8_t p[4000];

	memset(p, fill, n);
	p[0] = 0x45;
	p[1] = ecn;
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	return backlog_put(b, p, n, now);
}

static void test_packets_come_out_as_they_went_in(void **state)
{
	struct backlog b = {0};
	size_t n, bytes = 0;
	uint8_t *p;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 1000; i++) {
			assert_true(put(&b, 20 + i % 900, (uint8_t)i, 0, 1));
			bytes += 20 + i % 900;
		}
		assert_int_equal(b.bytes, bytes);
		for (unsigned i = 0; i < 1000; i++) {
			p = backlog_take(&b, 1, &n);
			assert_non_null(p);
			assert_int_equal(n, 20 + i % 900);
			assert_int_equal(p[n - 1], (uint8_t)i);
			bytes -= n;
			memset(p - BACKLOG_HEADROOM, 0xff,
			       BACKLOG_HEADROOM + n); /* ours to change */
		}
		assert_null(backlog_take(&b, 1, &n));
		backlog_release(&b);
		assert_null(b.head);
	}
	assert_int_equal(b.dropped + b.marked, 0);
}

static void test_packets_in_a_row_lie_in_a_row(void **state)
{
	struct backlog b = {0};
	uint8_t *first, *second;
	size_t n;

	(void)state;
	put(&b, 100, 1, 0, 1);
	put(&b, 200, 2, 0, 1);
	first = backlog_take(&b, 1, &n);
	second = backlog_take(&b, 1, &n);
	assert_ptr_equal(first + 100 + BACKLOG_HEADROOM, second);
	backlog_fini(&b);
}

static void test_a_full_queue_takes_no_more_and_counts(void **state)
{
	struct backlog b = {0};
	unsigned taken = 0;

	(void)state;
	while (put(&b, 1400, 0, 0, 1))
		taken++;
	assert_int_equal(taken, BACKLOG_MOST / 1400);
	assert_int_equal(b.dropped, 1);
	backlog_fini(&b);
	assert_int_equal(b.bytes, 0);
	assert_true(put(&b, 1400, 0, 0, 1));
	backlog_fini(&b);
}

/* Lets a queue of 20 ms stand for two seconds; returns how many packets came out. */
static unsigned stand(struct backlog *b, uint8_t ecn)
{
	unsigned out = 0;
	size_t n;

	for (uint64_t now = 0; now < 2000 * MS; now += MS) {
		put(b, 1000, 0, ecn, now);
		if (now >= 20 * MS && backlog_take(b, now, &n))
			out++;
		backlog_release(b);
	}
	return out;
}

static void test_a_standing_queue_is_shortened(void **state)
{
	struct backlog b = {0};

	(void)state;
	stand(&b, 0);
	assert_true(b.dropped > 10);
	assert_int_equal(b.marked, 0);
	assert_true(b.bytes < 19 * 1000); /* each drop is one packet less that waits */
	backlog_fini(&b);
}

static void test_packets_that_take_marks_are_marked_not_dropped(void **state)
{
	struct backlog b = {0};

	(void)state;
	assert_int_equal(stand(&b, 1), 1980);
	assert_true(b.marked > 10);
	assert_int_equal(b.dropped, 0);
	backlog_fini(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_come_out_as_they_went_in),
		cmocka_unit_test(test_packets_in_a_row_lie_in_a_row),
		cmocka_unit_test(test_a_full_queue_takes_no_more_and_counts),
		cmocka_unit_test(test_a_standing_queue_is_shortened),
		cmocka_unit_test(test_packets_that_take_marks_are_marked_not_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
