/* SPDX-License-Identifier: MIT */
/* Who may connect, and when no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/guard.h"

static const struct guard_limits roomy = {1000, 1000, 1000, 5, 60};

static struct net_addr v4(uint8_t last)
{
	return net_addr_make(AF_INET, (uint8_t[4]){192, 0, 2, last}, 1000);
}

static struct net_addr v6(uint8_t net, uint8_t host)
{
	return net_addr_make(AF_INET6, (uint8_t[16]){0x20, 1, [7] = net, [15] = host}, 1000);
}

static void test_the_bounds_hold_and_give_way_when_one_leaves(void **state)
{
	static const struct guard_limits limits = {3, 2, 1000, 0, 60};
	struct net_addr a = v4(1), b = v4(2), c = v4(3), d = v4(4);
	struct guard g;

	(void)state;
	assert_true(guard_init(&g, &limits, 1));
	assert_int_equal(guard_enter(&g, &a, 0), GUARD_IN);
	assert_int_equal(guard_enter(&g, &b, 0), GUARD_IN);
	assert_int_equal(guard_enter(&g, &c, 0), GUARD_UNAUTH);
	guard_authenticated(&g);
	assert_int_equal(guard_enter(&g, &c, 0), GUARD_IN);
	assert_int_equal(guard_enter(&g, &d, 0), GUARD_SESSIONS);
	guard_leave(&g, &a, true);
	assert_int_equal(guard_enter(&g, &d, 0), GUARD_UNAUTH);
	guard_leave(&g, &b, false);
	assert_int_equal(guard_enter(&g, &d, 0), GUARD_IN);
	guard_fini(&g);
}

static void test_a_source_is_an_ipv4_address_or_an_ipv6_64(void **state)
{
	static const struct guard_limits limits = {100, 100, 2, 0, 60};
	struct net_addr from[] = {v6(1, 1), v6(1, 2), v6(1, 3), v6(2, 3),
				  v4(1),    v4(1),    v4(1),    v4(2)};
	static const enum guard_verdict want[] = {GUARD_IN, GUARD_IN, GUARD_SOURCE, GUARD_IN,
						  GUARD_IN, GUARD_IN, GUARD_SOURCE, GUARD_IN};
	struct guard g;

	(void)state;
	assert_true(guard_init(&g, &limits, 1));
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(guard_enter(&g, &from[i], 0), want[i]);
	guard_fini(&g);
}

static void test_failed_logins_shut_a_source_out_for_the_window(void **state)
{
	struct net_addr bad = v4(1), good = v4(2);
	struct guard g;

	(void)state;
	assert_true(guard_init(&g, &roomy, 1));
	for (unsigned i = 0; i < roomy.fails; i++) {
		assert_int_equal(guard_enter(&g, &bad, 1000), GUARD_IN);
		guard_failed(&g, &bad, 1000);
		guard_leave(&g, &bad, false);
	}
	assert_int_equal(guard_enter(&g, &bad, 1000), GUARD_FAILS);
	assert_int_equal(guard_enter(&g, &good, 1000), GUARD_IN);
	assert_int_equal(guard_enter(&g, &bad, 60999), GUARD_FAILS);
	assert_int_equal(guard_enter(&g, &bad, 61000), GUARD_IN);
	guard_fini(&g);
}

static void test_a_flood_of_sources_is_forgotten_and_not_grown_for(void **state)
{
	static const struct guard_limits limits = {2, 2, 2, 5, 60};
	struct net_addr own = v4(1);
	struct guard g;

	(void)state;
	assert_true(guard_init(&g, &limits, 99));
	assert_int_equal(guard_enter(&g, &own, 0), GUARD_IN);
	assert_int_equal(guard_enter(&g, &own, 0), GUARD_IN);
	guard_leave(&g, &own, false);
	for (uint32_t i = 0; i < 20000; i++) {
		struct net_addr a = net_addr_make(
			AF_INET,
			(uint8_t[4]){11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 1);

		guard_failed(&g, &a, i);
	}
	assert_int_equal(guard_enter(&g, &own, 30000), GUARD_IN); /* it is still known: */
	guard_leave(&g, &own, false);
	guard_leave(&g, &own, false);
	assert_int_equal(guard_enter(&g, &own, 30000), GUARD_IN);
	guard_fini(&g);
}

static void test_counts_return_to_nothing_after_a_random_life(void **state)
{
	static const struct guard_limits limits = {50, 30, 5, 3, 1};
	struct {
		struct net_addr from;
		bool in, authenticated;
	} calls[200] = {0};
	uint32_t sessions, unauth;
	struct guard g;

	(void)state;
	srand(11);
	assert_true(guard_init(&g, &limits, 5));
	for (uint64_t step = 0; step < 50000; step++) {
		size_t i = (size_t)rand() % 200;

		if (!calls[i].in) {
			calls[i].from =
				rand() % 2 ? v4((uint8_t)(rand() % 20)) : v6((uint8_t)rand(), 1);
			calls[i].in = guard_enter(&g, &calls[i].from, step) == GUARD_IN;
			calls[i].authenticated = false;
		} else if (rand() % 3 == 0 && !calls[i].authenticated) {
			guard_authenticated(&g);
			calls[i].authenticated = true;
		} else {
			if (rand() % 4 == 0)
				guard_failed(&g, &calls[i].from, step);
			guard_leave(&g, &calls[i].from, calls[i].authenticated);
			calls[i].in = false;
		}
	}
	for (size_t i = 0; i < 200; i++)
		if (calls[i].in)
			guard_leave(&g, &calls[i].from, calls[i].authenticated);
	guard_count(&g, &sessions, &unauth);
	assert_int_equal(sessions, 0);
	assert_int_equal(unauth, 0);
	guard_fini(&g);
}

static void test_every_verdict_has_words(void **state)
{
	(void)state;
	for (unsigned v = 0; v < GUARD_VERDICTS; v++)
		assert_true(strlen(guard_text((enum guard_verdict)v)) > 3);
	assert_non_null(strstr(guard_text(GUARD_FAILS), "fail_limit"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_bounds_hold_and_give_way_when_one_leaves),
		cmocka_unit_test(test_a_source_is_an_ipv4_address_or_an_ipv6_64),
		cmocka_unit_test(test_failed_logins_shut_a_source_out_for_the_window),
		cmocka_unit_test(test_a_flood_of_sources_is_forgotten_and_not_grown_for),
		cmocka_unit_test(test_counts_return_to_nothing_after_a_random_life),
		cmocka_unit_test(test_every_verdict_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
