/* SPDX-License-Identifier: MIT */
/* Claims about io/codel.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "io/checksum.h"
#include "io/codel.h"

#define MS 1000

static void test_a_short_queue_is_never_touched(void **state)
{
	struct codel c = {0};

	(void)state;
	for (uint64_t t = 0; t < 10000 * MS; t += MS)
		assert_false(codel_drop(&c, t, t + 4 * MS, 100000));
}

static void test_a_burst_shorter_than_an_interval_passes(void **state)
{
	struct codel c = {0};

	(void)state;
	for (uint64_t t = 1000 * MS; t < 1099 * MS; t += MS)
		assert_false(codel_drop(&c, t - 50 * MS, t, 100000));
	assert_false(codel_drop(&c, 1099 * MS, 1099 * MS, 100000));
	assert_false(codel_drop(&c, 1050 * MS, 1150 * MS, 100000));
}

static void test_a_standing_queue_is_dropped_from_ever_faster(void **state)
{
	struct codel c = {0};
	unsigned drops = 0, early = 0;

	(void)state;
	for (uint64_t t = 1000 * MS; t < 4000 * MS; t += MS / 10) {
		drops += codel_drop(&c, t - 20 * MS, t, 100000);
		if (t < 2500 * MS)
			early = drops;
	}
	assert_true(drops - early > 2 * early);
	/* The sum of 100 ms / sqrt(i) over n drops is nearly 200 ms * sqrt(n) - 146 ms. */
	assert_in_range(drops, 225, 240);
}

static void test_the_last_packet_is_not_dropped(void **state)
{
	struct codel c = {0};

	(void)state;
	for (uint64_t t = 1000 * MS; t < 4000 * MS; t += MS)
		assert_false(codel_drop(&c, t - 20 * MS, t, 1500));
}

static void test_dropping_ends_with_the_wait_and_goes_on_where_it_was(void **state)
{
	struct codel c = {0};
	uint64_t t = 1000 * MS;
	uint32_t before;

	(void)state;
	for (; t < 3000 * MS; t += MS)
		codel_drop(&c, t - 20 * MS, t, 100000);
	before = c.count;
	assert_true(c.dropping && before > 10);
	assert_false(codel_drop(&c, t, t + MS, 100000));
	assert_false(c.dropping);
	for (int i = 0; i < 130 && !c.dropping; i++, t += MS)
		codel_drop(&c, t - 20 * MS, t, 100000);
	assert_true(c.dropping);
	assert_true(c.count > before / 2);
}

static void test_only_packets_that_take_marks_are_marked(void **state)
{
	uint8_t p4[20] = {0x45, 0x02, 0, 20, 0, 0, 0, 0, 64, 6}, p6[40] = {0x60, 0x10};

	(void)state;
	assert_true(codel_mark(p4, sizeof(p4)));
	assert_int_equal(p4[1], 0x03);
	assert_int_equal(checksum_sum(p4, 20), 0xffff);
	assert_true(codel_mark(p6, sizeof(p6)));
	assert_int_equal(p6[1], 0x30);
	p4[1] = p6[1] = 0;
	assert_false(codel_mark(p4, sizeof(p4)));
	assert_false(codel_mark(p6, sizeof(p6)));
	assert_false(codel_mark(p6, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_short_queue_is_never_touched),
		cmocka_unit_test(test_a_burst_shorter_than_an_interval_passes),
		cmocka_unit_test(test_a_standing_queue_is_dropped_from_ever_faster),
		cmocka_unit_test(test_the_last_packet_is_not_dropped),
		cmocka_unit_test(test_dropping_ends_with_the_wait_and_goes_on_where_it_was),
		cmocka_unit_test(test_only_packets_that_take_marks_are_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
