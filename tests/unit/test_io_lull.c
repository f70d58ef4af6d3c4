/* SPDX-License-Identifier: MIT */
/* Claims about io/lull.c: on its own, and beside a model of Linux's BBR on a path. */
#include "io/lull.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROUND   20     /* ms: the path's shortest round trip */
#define QUEUE   8      /* ms that what is sent waits in the path, while it is full */
#define MEASURE 200    /* ms that BBR measures for */
#define JIFFY   4      /* ms of the kernel's clock */
#define CRUISE  512    /* BBR's gain for its window while it knows the path */
#define RATE    20     /* segments a millisecond that the path carries */
#define BEGIN   100000 /* when the tests begin, ms */

/* As much of BBR as sees to the shortest round trip, at the sending end of a path. */
struct model {
	uint64_t now;
	uint32_t shortest_us;
	uint64_t window;            /* when it began */
	uint64_t measured_until;    /* 0: it does not measure */
	bool begins_again;          /* sends after a silence */
	uint32_t sent[ROUND + 256]; /* segments that are acknowledged that many ms from now */
	uint32_t flight;
	uint32_t random;
	unsigned measurings;
	unsigned silent_ms;
	unsigned longest_silence_ms;
};

static uint32_t random_below(struct model *m, uint32_t n)
{
	m->random = m->random * 1664525u + 1013904223u;
	return (m->random >> 8) % n;
}

/* An acknowledgement comes: what bbr_update_min_rtt() does with it. */
static void acknowledge(struct model *m, uint32_t round_us)
{
	const bool is_over = m->now / JIFFY > m->window / JIFFY + (uint64_t)LULL_WINDOW_MS / JIFFY;

	if (round_us < m->shortest_us || is_over) {
		m->shortest_us = round_us;
		m->window = m->now;
	}
	if (is_over && !m->begins_again && !m->measured_until) {
		m->measured_until = m->now + MEASURE;
		m->measurings++;
	}
	m->begins_again = false;
	if (m->measured_until && m->now >= m->measured_until) {
		m->measured_until = 0;
		m->window = m->now;
	}
}

/* A millisecond goes by, in which so many segments are offered. */
static void pass(struct model *m, uint32_t offered)
{
	const bool is_full = m->flight >= RATE * ROUND;
	const uint32_t most = m->measured_until ? LULL_FLIGHT : RATE * (ROUND + QUEUE);
	const uint32_t wait = ROUND + (is_full ? random_below(m, QUEUE + 1) : 0);

	m->now++;
	if (m->sent[0]) {
		m->flight -= m->sent[0];
		acknowledge(m, wait * 1000 + 50 + random_below(m, 200));
	}
	memmove(m->sent, m->sent + 1, sizeof(m->sent) - sizeof(m->sent[0]));
	if (offered > most - (m->flight < most ? m->flight : most))
		offered = m->flight < most ? most - m->flight : 0;
	m->silent_ms = offered ? 0 : m->silent_ms + 1;
	if (m->silent_ms > m->longest_silence_ms)
		m->longest_silence_ms = m->silent_ms;
	if (!offered)
		return;
	m->begins_again |= m->flight == 0;
	m->sent[wait] += offered;
	m->flight += offered;
}

static struct bbr say(const struct model *m)
{
	return (struct bbr){m->shortest_us, m->measured_until ? 256 : 320,
			    m->measured_until ? 256 : CRUISE};
}

static void look(const struct model *m, struct lull *l)
{
	const struct bbr bbr = say(m);
	const struct lull_flight flight = {m->flight, 0, (ROUND + QUEUE) * 1000,
					   UINT64_C(1448000) * RATE};

	if (m->now >= l->look_ms && lull_see(l, &bbr, m->now))
		lull_judge(l, &flight, m->now);
}

/* Runs so many milliseconds with so many segments offered each, and a look every so often. */
static void run(struct model *m, struct lull *l, unsigned ms, uint32_t offered, uint32_t gap)
{
	uint64_t next = m->now;

	for (uint64_t end = m->now + ms; m->now < end;) {
		if (l && (m->now >= next || (l->is_on && m->now >= l->look_ms))) {
			look(m, l);
			next = m->now + random_below(m, gap + 1);
		}
		pass(m, l && l->is_on ? 0 : offered);
	}
}

static struct model fresh(uint32_t seed)
{
	return (struct model){
		.now = BEGIN, .window = BEGIN, .shortest_us = UINT32_MAX, .random = seed};
}

static void test_without_lulls_bbr_silences_a_busy_connection_every_ten_seconds(void **state)
{
	struct model m = fresh(1);

	(void)state;
	run(&m, NULL, 60000, RATE, 0);
	assert_in_range(m.measurings, 4, 6);
	assert_true(m.longest_silence_ms < MEASURE); /* four packets a round trip still go */
}

static void test_with_lulls_bbr_never_measures_and_nothing_waits_for_70_ms(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 100; seed++) {
		struct model m = fresh(seed);
		struct lull l = {0};

		run(&m, &l, 60000, RATE, 3);
		assert_int_equal(m.measurings, 0);
		assert_in_range(m.longest_silence_ms, ROUND, 69);
	}
}

static void test_after_a_pause_bbr_measures_once_at_most(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 50; seed++) {
		struct model m = fresh(seed);
		struct lull l = {0};

		run(&m, &l, 5000, RATE, 3);
		run(&m, NULL, 30000 + seed * 100, 0, 3); /* nobody looks where nothing happens */
		m.measurings = 0;
		m.longest_silence_ms = 0;
		run(&m, &l, 60000, RATE, 3);
		assert_in_range(m.measurings, 0, 1);
		assert_in_range(m.longest_silence_ms, ROUND, 69);
	}
}

static void test_thin_traffic_has_no_lulls(void **state)
{
	struct model m = fresh(7);
	struct lull l = {0};

	(void)state;
	run(&m, &l, 100, RATE, 3);
	for (unsigned i = 0; i < 3000; i++) {
		run(&m, &l, 1, 1, 0);
		for (unsigned k = 0; k < 19; k++) {
			run(&m, &l, 1, 0, 0);
			assert_false(l.is_on);
		}
	}
}

static void test_another_congestion_control_has_no_lulls(void **state)
{
	const struct bbr none = {0};
	struct lull l = {0};

	(void)state;
	for (uint64_t now = BEGIN; now < BEGIN + 30000; now += LULL_LOOK_MS) {
		assert_false(lull_see(&l, &none, now));
		assert_int_equal(l.look_ms, now + LULL_LOOK_MS);
	}
}

/* A connection whose window began just before BEGIN, and that is busy. */
static struct lull known(const struct bbr *bbr)
{
	struct lull l = {0};
	struct bbr other = *bbr;

	other.shortest_us++;
	assert_false(lull_see(&l, &other, BEGIN - 5));
	assert_false(lull_see(&l, bbr, BEGIN));
	return l;
}

static void test_what_was_not_seen_well_enough_begins_no_lull(void **state)
{
	const struct bbr bbr = {ROUND * 1000, 256, CRUISE}, new = {ROUND * 1000 + 1, 256, CRUISE};
	struct lull l = known(&bbr);

	(void)state;
	assert_false(lull_see(&l, &new, BEGIN + LULL_KNOWN_MS + 1));
	assert_false(lull_see(&l, &new, BEGIN + LULL_WINDOW_MS - 1));
	l = known(&bbr);
	assert_false(lull_see(&l, &new, BEGIN + LULL_KNOWN_MS));
	assert_true(lull_see(&l, &new, BEGIN + LULL_WINDOW_MS - 1));
	assert_false(lull_see(&l, &new, BEGIN + LULL_WINDOW_MS)); /* it is over */
}

/* The same, in a lull: it began a round trip before the window ends. */
static struct lull begun(const struct bbr *bbr, const struct lull_flight *busy, uint64_t end)
{
	struct lull l = known(bbr);

	assert_true(lull_see(&l, bbr, end - ROUND));
	lull_judge(&l, busy, end - ROUND);
	assert_true(l.is_on);
	return l;
}

static void test_a_connection_that_does_not_get_empty_in_time_goes_on(void **state)
{
	const struct bbr bbr = {ROUND * 1000, 256, CRUISE};
	const struct lull_flight busy = {100, 0, ROUND * 1000, 1000000};
	const uint64_t end = BEGIN - 5 + LULL_WINDOW_MS;
	struct lull l = begun(&bbr, &busy, end);

	(void)state;
	lull_judge(&l, &busy, end - 1);
	assert_true(l.is_on);
	lull_judge(&l, &busy, end);
	assert_false(l.is_on);
}

static void test_a_lull_ends_when_bbr_has_seen_a_shorter_round_trip(void **state)
{
	const struct bbr bbr = {ROUND * 1000, 256, CRUISE}, shorter = {ROUND * 999, 256, CRUISE};
	const struct lull_flight busy = {100, 0, ROUND * 1000, 1000000};
	const uint64_t end = BEGIN - 5 + LULL_WINDOW_MS;
	struct lull l = begun(&bbr, &busy, end);

	(void)state;
	assert_false(lull_see(&l, &shorter, end - ROUND + 2));
	assert_false(l.is_on);
	assert_true(lull_see(&l, &shorter, end - ROUND - 1 + LULL_WINDOW_MS));
}

static void test_a_path_that_takes_longer_to_empty_than_bbr_measures_is_left_alone(void **state)
{
	const struct bbr bbr = {ROUND * 1000, 256, CRUISE};
	const struct lull_flight slow = {100, 1000000, ROUND * 1000, 1000000};
	struct lull l = known(&bbr);

	(void)state;
	for (uint64_t now = BEGIN; now < BEGIN + LULL_WINDOW_MS; now++) {
		if (lull_see(&l, &bbr, now))
			lull_judge(&l, &slow, now);
		assert_false(l.is_on);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_without_lulls_bbr_silences_a_busy_connection_every_ten_seconds),
		cmocka_unit_test(test_with_lulls_bbr_never_measures_and_nothing_waits_for_70_ms),
		cmocka_unit_test(test_after_a_pause_bbr_measures_once_at_most),
		cmocka_unit_test(test_thin_traffic_has_no_lulls),
		cmocka_unit_test(test_another_congestion_control_has_no_lulls),
		cmocka_unit_test(test_what_was_not_seen_well_enough_begins_no_lull),
		cmocka_unit_test(test_a_connection_that_does_not_get_empty_in_time_goes_on),
		cmocka_unit_test(test_a_lull_ends_when_bbr_has_seen_a_shorter_round_trip),
		cmocka_unit_test(
			test_a_path_that_takes_longer_to_empty_than_bbr_measures_is_left_alone),
	};

	return cmocka_run_group_tests_name("io/lull", tests, NULL, NULL);
}
