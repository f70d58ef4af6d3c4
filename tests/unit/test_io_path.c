/* SPDX-License-Identifier: MIT */
/* Claims about io/path.c. */
#include "io/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_a_path_that_tcp_knows_nothing_of_is_far_and_loses_nothing(void **state)
{
	struct path p = {0};
	struct path_facts none = {0};

	(void)state;
	assert_false(path_judge(&p, &none, 5));
	assert_false(path_is_near(&p) || path_loses(&p));
	assert_int_equal(p.look_ms, 5 + PATH_LOOK_MS);
}

static void test_a_peer_is_near_by_its_shortest_round_trip_until_there_is_traffic(void **state)
{
	struct path p = {0};
	struct path_facts facts = {.rtt_us = 20000, .rtt_min_us = PATH_NEAR_US};

	(void)state;
	assert_false(path_judge(&p, &facts, 1));
	facts.rtt_min_us--;
	facts.sent += PATH_BUSY - 1;
	assert_true(path_judge(&p, &facts, 2));
	assert_true(path_is_near(&p));
	facts.sent += PATH_BUSY;
	assert_true(path_judge(&p, &facts, 3)); /* now the 20 ms are no delay of the peer's */
	assert_false(path_is_near(&p));
}

static void
test_a_busy_peer_is_near_below_a_millisecond_and_stays_so_while_load_delays_it(void **state)
{
	static const struct {
		uint32_t rtt_us;
		uint32_t sent;
		bool is_near;
	} steps[] = {
		{PATH_NEAR_US, PATH_BUSY, false},    {PATH_NEAR_US - 1, PATH_BUSY, true},
		{PATH_FAR_US - 1, PATH_BUSY, true},  {PATH_FAR_US, PATH_BUSY - 1, true},
		{PATH_FAR_US, PATH_BUSY, false},     {PATH_FAR_US - 1, PATH_BUSY, false},
		{PATH_NEAR_US - 1, 0, false},        {PATH_NEAR_US, PATH_BUSY, false},
		{PATH_NEAR_US - 1, PATH_BUSY, true},
	};
	struct path p = {.look_ms = 1};
	struct path_facts facts = {.rtt_min_us = 100};
	bool before = false;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		facts.rtt_us = steps[i].rtt_us;
		facts.sent += steps[i].sent;
		assert_int_equal(path_judge(&p, &facts, i), steps[i].is_near != before);
		assert_int_equal(path_is_near(&p), steps[i].is_near);
		before = steps[i].is_near;
	}
}

static void test_one_segment_in_a_thousand_sent_again_is_loss_for_a_minute(void **state)
{
	struct path p = {0};
	struct path_facts facts = {.rtt_us = 100};

	(void)state;
	path_judge(&p, &facts, 1000);
	facts.sent += 100000;
	facts.resent += 100;
	assert_true(path_judge(&p, &facts, 2000));
	assert_true(path_loses(&p));
	facts.sent += 100000;
	assert_false(path_judge(&p, &facts, 2000 + PATH_CALM_MS - 1));
	assert_true(path_loses(&p));
	assert_true(path_judge(&p, &facts, 2000 + PATH_CALM_MS));
	assert_false(path_loses(&p));
}

static void test_a_probe_now_and_then_is_no_loss_even_where_the_counts_wrap_around(void **state)
{
	struct path p = {.last = {.sent = UINT32_MAX - 10, .resent = UINT32_MAX}};
	struct path_facts facts = {.sent = 100, .resent = 2};

	(void)state;
	assert_false(path_judge(&p, &facts, 1000)); /* 3 of 111, while hardly anything is sent */
	facts.sent += 1000000;
	facts.resent += 150;
	assert_false(path_judge(&p, &facts, 2000)); /* 150 of 1000000 */
	facts.sent += 20000;
	facts.resent += 4;
	assert_true(path_judge(&p, &facts, 3000)); /* 4 of 20000 */
}

static void test_the_beginning_and_the_end_of_much_traffic_are_told_once(void **state)
{
	static const struct {
		uint32_t sent;
		uint64_t took; /* looks' time */
		bool turned;
	} steps[] = {
		{PATH_BUSY - 1, 1, false},
		{PATH_BUSY, 2, false}, /* no more a look than before */
		{PATH_BUSY, 1, true},
		{PATH_BUSY * 100, 1, false},
		{PATH_BUSY * 10, 1, false},
		{PATH_BUSY * 6, 1, true}, /* less than a sixteenth of the most */
		{PATH_BUSY * 2, 10, false},
		{0, 50, false},
		{PATH_BUSY * 10, 10, true},
		{PATH_BUSY, 50, true},
	};
	struct path p = {0};
	struct path_facts facts = {.sent = 1000};
	uint64_t now = 1000;

	(void)state;
	path_judge(&p, &facts, now); /* what was sent before is no beginning */
	assert_false(path_turned(&p));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		facts.sent += steps[i].sent;
		now += steps[i].took * PATH_LOOK_MS;
		path_judge(&p, &facts, now);
		assert_int_equal(path_turned(&p), steps[i].turned);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_path_that_tcp_knows_nothing_of_is_far_and_loses_nothing),
		cmocka_unit_test(
			test_a_peer_is_near_by_its_shortest_round_trip_until_there_is_traffic),
		cmocka_unit_test(
			test_a_busy_peer_is_near_below_a_millisecond_and_stays_so_while_load_delays_it),
		cmocka_unit_test(test_one_segment_in_a_thousand_sent_again_is_loss_for_a_minute),
		cmocka_unit_test(
			test_a_probe_now_and_then_is_no_loss_even_where_the_counts_wrap_around),
		cmocka_unit_test(test_the_beginning_and_the_end_of_much_traffic_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
