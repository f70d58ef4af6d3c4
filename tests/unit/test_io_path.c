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
	assert_false(path_judge(&p, &none, false, 5));
	assert_false(path_is_near(&p) || path_loses(&p));
	assert_int_equal(p.look_ms, 5 + PATH_LOOK_MS);
}

static void test_a_peer_is_near_by_its_shortest_round_trip_until_there_is_traffic(void **state)
{
	struct path p = {0};
	struct path_facts facts = {.rtt_us = 20000, .rtt_min_us = PATH_NEAR_US};

	(void)state;
	assert_false(path_judge(&p, &facts, false, 1));
	facts.rtt_min_us--;
	facts.sent += PATH_BUSY - 1;
	assert_true(path_judge(&p, &facts, false, 2));
	assert_true(path_is_near(&p));
	facts.sent += PATH_BUSY;
	assert_true(
		path_judge(&p, &facts, false, 3)); /* now the 20 ms are no delay of the peer's */
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
		assert_int_equal(path_judge(&p, &facts, false, i), steps[i].is_near != before);
		assert_int_equal(path_is_near(&p), steps[i].is_near);
		before = steps[i].is_near;
	}
}

/* Looks, and looks again: what was sent again counts at the second look. */
static bool judge_twice(struct path *p, const struct path_facts *facts, uint64_t now)
{
	bool changed = path_judge(p, facts, false, now);

	return path_judge(p, facts, false, now) || changed;
}

static void test_one_segment_in_a_thousand_sent_again_is_loss_for_a_minute(void **state)
{
	struct path p = {0};
	struct path_facts facts = {.rtt_us = 20000};

	(void)state;
	judge_twice(&p, &facts, 1000);
	facts.sent += 100000;
	facts.resent += 100;
	assert_false(path_judge(&p, &facts, false, 1800)); /* the peer may have had them all */
	facts.sent += 100000;
	assert_false(path_lost_within(&p, PATH_CALM_MS, 2000));
	assert_true(path_judge(&p, &facts, false, 2000));
	assert_true(path_loses(&p));
	assert_true(path_lost_within(&p, 10000, 11999));
	assert_false(path_lost_within(&p, 10000, 12000));
	facts.sent += 100000;
	assert_false(judge_twice(&p, &facts, 2000 + PATH_CALM_MS - 1));
	assert_true(path_loses(&p));
	assert_true(path_judge(&p, &facts, false, 2000 + PATH_CALM_MS));
	assert_false(path_loses(&p));
}

static void test_a_probe_now_and_then_is_no_loss_even_where_the_counts_wrap_around(void **state)
{
	struct path p = {.lost = UINT32_MAX,
			 .last = {.sent = UINT32_MAX - 10, .resent = UINT32_MAX}};
	struct path_facts facts = {.sent = 100, .resent = 2};

	(void)state;
	assert_false(judge_twice(&p, &facts, 1000)); /* 3 of 111, while hardly anything is sent */
	facts.resent += 150;
	path_judge(&p, &facts, false, 1800);
	facts.sent += 1000000;
	assert_false(path_judge(&p, &facts, false, 2000)); /* 150 of 1000000 */
	facts.resent += 4;
	path_judge(&p, &facts, false, 2800);
	facts.sent += 20000;
	assert_true(path_judge(&p, &facts, false, 3000)); /* 4 of 20000 */
}

static void test_segments_that_overtake_each_other_are_no_loss(void **state)
{
	struct path p = {0};
	struct path_facts facts = {.needless = UINT32_MAX - 9, .resent = UINT32_MAX};

	(void)state;
	p.lost = 9; /* of those sent again before */
	p.last = facts;
	for (uint64_t now = 1000; now < 20000; now += PATH_LOOK_MS) {
		facts.sent += 20000;
		facts.resent += 45;
		assert_false(
			path_judge(&p, &facts, false, now)); /* not yet told that all had arrived */
		facts.needless += 45;
	}
	assert_false(path_loses(&p));
	facts.resent += 45;
	path_judge(&p, &facts, false, 20000);
	facts.needless += 41;
	assert_true(path_judge(&p, &facts, false, 20200));
	assert_true(path_loses(&p)); /* 4 were lost */
}

static void test_a_belief_in_far_less_than_the_path_has_carried_is_told_once(void **state)
{
	static const struct {
		uint64_t rate, belief;
		bool is_full, is_low;
	} steps[] = {
		{0, 10, true, false},     /* nothing is known to be better */
		{9000, 900, true, false}, /* nobody will see the 9000 twice */
		{900, 460, true, false},  {100, 451, true, false},
		{100, 449, false, false},                          /* nothing waits */
		{100, 449, true, true},   {100, 40, true, false},  /* carries 100 now */
		{700, 300, true, false},  {700, 300, true, false}, /* and 700 */
		{800, 349, true, true},   {900, 0, true, false},   /* the kernel does not tell */
	};
	struct path p = {0};
	struct path_facts facts = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		facts.rate = steps[i].rate;
		facts.belief = steps[i].belief;
		path_judge(&p, &facts, steps[i].is_full, i);
		assert_int_equal(path_is_low(&p), steps[i].is_low);
	}
}

/* Looks at a path of 20 ms, every PATH_LOOK_MS, on which so much arrives without a break. */
static void look(struct path *p, struct path_facts *facts, uint64_t rate)
{
	facts->rate = rate;
	facts->acked += rate * PATH_LOOK_MS / 1000;
	path_judge(p, facts, false, p->look_ms ? p->look_ms : 1);
}

/* What TCP knows of a start-up with a queue in the path. */
static const struct path_facts starting = {
	.rtt_us = 30000, .rtt_min_us = 20000, .flight = 500, .is_starting = true};

static void
test_a_start_that_grows_no_more_is_held_below_what_it_carries_until_it_ends(void **state)
{
	struct path p = {0};
	struct path_facts facts = starting;

	(void)state;
	look(&p, &facts, 8000000);
	look(&p, &facts, 16000000);
	look(&p, &facts, 22000000); /* a quarter more each time: it grows */
	assert_int_equal(path_limit(&p), 0);
	look(&p, &facts, 24000000);
	assert_int_equal(path_limit(&p), 22000000 / 16 * 15);
	look(&p, &facts, 22000000 / 16 * 15);
	assert_int_equal(path_limit(&p), 22000000 / 16 * 15);
	facts.is_starting = false;
	look(&p, &facts, 22000000 / 16 * 15);
	assert_int_equal(path_limit(&p), 0);
	assert_false(path_is_low(&p));
}

static void test_a_start_that_carries_much_less_than_it_did_is_not_at_its_end(void **state)
{
	struct path p = {0};
	struct path_facts facts = starting;

	(void)state;
	look(&p, &facts, 8000000);
	look(&p, &facts, 24000000);
	look(&p, &facts, 8000000); /* what was lost comes later */
	assert_int_equal(path_limit(&p), 0);
	look(&p, &facts, 24000000);
	assert_int_equal(path_limit(&p), 0);
	look(&p, &facts, 22000000);
	assert_int_equal(path_limit(&p), 22000000 / 16 * 15);
}

static void test_a_long_path_is_given_three_round_trips_to_grow(void **state)
{
	struct path p = {0};
	struct path_facts facts = starting;

	(void)state;
	facts.rtt_us = 150000;
	for (unsigned i = 0; i < 3; i++) {
		look(&p, &facts, 8000000);
		assert_int_equal(path_limit(&p), 0);
	}
	look(&p, &facts, 8000000); /* 600 ms without growth */
	assert_int_equal(path_limit(&p), 7500000);
}

static void test_a_start_is_not_held_for_a_queue_that_may_be_another_s(void **state)
{
	static const struct {
		uint32_t rtt_us, flight, part; /* that arrives, of what would without breaks */
		bool is_starting;
	} rows[] = {
		{25000, 500, 1, true},  /* the round trip is hardly longer */
		{30000, 63, 1, true},   /* few segments */
		{30000, 500, 3, true},  /* bursts */
		{30000, 500, 1, false}, /* no start-up */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct path p = {0};
		struct path_facts facts = {.rtt_us = rows[i].rtt_us,
					   .rtt_min_us = 20000,
					   .flight = rows[i].flight,
					   .is_starting = rows[i].is_starting,
					   .rate = 9000000};

		for (uint64_t now = 1; now < 2000; now += PATH_LOOK_MS) {
			facts.acked += facts.rate / rows[i].part * PATH_LOOK_MS / 1000;
			path_judge(&p, &facts, true, now);
			assert_int_equal(path_limit(&p), 0);
		}
	}
}

static void test_a_start_that_goes_on_though_it_is_held_is_left_alone_for_a_minute(void **state)
{
	struct path p = {0};
	struct path_facts facts = starting;
	unsigned looks = 0;

	(void)state;
	look(&p, &facts, 8000000);
	look(&p, &facts, 8000000);
	assert_int_equal(path_limit(&p), 7500000);
	facts.rtt_us = 70000;
	look(&p, &facts, 7500000);
	look(&p, &facts, 7500000);
	assert_int_equal(path_limit(&p), 7500000);
	look(&p, &facts, 7500000); /* more than three round trips after the first */
	for (; !path_limit(&p); looks++)
		look(&p, &facts, 8000000);
	assert_true(looks * PATH_LOOK_MS >= PATH_CALM_MS);
}

static void test_a_path_that_carries_more_than_it_was_held_for_is_sought_anew(void **state)
{
	struct path p = {0};
	struct path_facts facts = starting;

	(void)state;
	look(&p, &facts, 8000000);
	look(&p, &facts, 8000000);
	assert_int_equal(path_limit(&p), 7500000);
	facts.is_starting = false;
	look(&p, &facts, 12100000);
	look(&p, &facts, 11900000); /* within one look it may be more */
	assert_false(path_is_low(&p));
	look(&p, &facts, 12100000);
	assert_false(path_is_low(&p));
	look(&p, &facts, 12100000);
	assert_true(path_is_low(&p));
	facts.is_starting = true;
	for (unsigned i = 0; i < 5; i++) {
		look(&p, &facts, 13000000);
		assert_false(path_is_low(&p));
		assert_int_equal(path_limit(&p), 0); /* not for another minute */
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
		cmocka_unit_test(test_segments_that_overtake_each_other_are_no_loss),
		cmocka_unit_test(test_a_belief_in_far_less_than_the_path_has_carried_is_told_once),
		cmocka_unit_test(
			test_a_start_that_grows_no_more_is_held_below_what_it_carries_until_it_ends),
		cmocka_unit_test(test_a_start_that_carries_much_less_than_it_did_is_not_at_its_end),
		cmocka_unit_test(test_a_long_path_is_given_three_round_trips_to_grow),
		cmocka_unit_test(test_a_start_is_not_held_for_a_queue_that_may_be_another_s),
		cmocka_unit_test(
			test_a_start_that_goes_on_though_it_is_held_is_left_alone_for_a_minute),
		cmocka_unit_test(test_a_path_that_carries_more_than_it_was_held_for_is_sought_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
