/* SPDX-License-Identifier: MIT */
/* Which session a packet's destination leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "server/route.h"

static const uint8_t server_id[8] = {[7] = 1};

struct fixture {
	struct leases leases;
	struct routes routes;
	struct lease lease;
};

static int set_up(void **state)
{
	static struct fixture f;
	struct ip_net net4 = {AF_INET, {10, 0, 0, 0}, 24},
		      net6 = {AF_INET6, {0xfd, 0, 0, 0x77}, 48};
	struct lease_wish wish = {.user = "alice", .session = 1};

	assert_true(leases_init(&f.leases, &net4, NULL, &net6, server_id, 1));
	assert_true(routes_init(&f.routes, &f.leases));
	assert_true(lease_take(&f.leases, &wish, &f.lease));
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	routes_fini(&f->routes);
	leases_fini(&f->leases);
	return 0;
}

/* Looks up a header with that destination. */
static uint32_t find4(const struct fixture *f, const uint8_t dst[4])
{
	uint8_t p[20] = {0x45};

	memcpy(p + 16, dst, 4);
	return route_find(&f->routes, p, sizeof(p));
}

static uint32_t find6(const struct fixture *f, const uint8_t dst[16])
{
	uint8_t p[40] = {0x60};

	memcpy(p + 24, dst, 16);
	return route_find(&f->routes, p, sizeof(p));
}

static void test_words_keep_worker_and_slot_apart(void **state)
{
	(void)state;
	assert_int_not_equal(route_word(0, 0), ROUTE_NONE);
	assert_int_equal(route_worker(route_word(0, 0)), 0);
	assert_int_equal(route_worker(route_word(63, ROUTE_SLOT_MOST - 1)), 63);
	assert_int_equal(route_slot(route_word(63, ROUTE_SLOT_MOST - 1)), ROUTE_SLOT_MOST - 1);
}

static void test_a_lease_leads_to_its_session_until_cleared(void **state)
{
	struct fixture *f = *state;
	uint32_t word = route_word(1, 5);
	uint8_t inside[16];

	memcpy(inside, f->lease.prefix6, 16);
	memset(inside + 8, 0xab, 8);
	assert_int_equal(find4(f, f->lease.ip4), ROUTE_NONE);
	route_set(&f->routes, &f->lease, word);
	assert_int_equal(find4(f, f->lease.ip4), word);
	assert_int_equal(find6(f, inside), word);
	route_clear(&f->routes, &f->lease, route_word(0, 9)); /* another session's: stays */
	assert_int_equal(find4(f, f->lease.ip4), word);
	assert_int_equal(find6(f, inside), word);
	route_clear(&f->routes, &f->lease, word);
	assert_int_equal(find4(f, f->lease.ip4), ROUTE_NONE);
	assert_int_equal(find6(f, inside), ROUTE_NONE);
}

static void test_what_is_not_in_the_pools_leads_nowhere(void **state)
{
	struct fixture *f = *state;
	static const uint8_t before4[4] = {9, 255, 255, 255}, after4[4] = {10, 0, 1, 0};
	static const uint8_t before6[16] = {0xfd, 0, 0, 0x76, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t after6[16] = {0xfd, 0, 0, 0x77, 0, 1}, link_local[16] = {0xfe, 0x80};

	route_set(&f->routes, &f->lease, route_word(0, 1));
	assert_int_equal(find4(f, before4), ROUTE_NONE);
	assert_int_equal(find4(f, after4), ROUTE_NONE);
	assert_int_equal(find6(f, before6), ROUTE_NONE);
	assert_int_equal(find6(f, after6), ROUTE_NONE);
	assert_int_equal(find6(f, link_local), ROUTE_NONE);
}

static void test_every_address_of_a_pool_has_a_word_of_its_own(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 256; i++) {
		struct lease lease = {.index4 = i, .index6 = POOL_NONE};

		route_set(&f->routes, &lease, route_word(0, i));
	}
	for (uint32_t i = 0; i < 256; i++)
		assert_int_equal(find4(f, (uint8_t[4]){10, 0, 0, (uint8_t)i}), route_word(0, i));
}

static void test_short_and_strange_packets_lead_nowhere(void **state)
{
	struct fixture *f = *state;
	uint8_t p[40] = {0};

	route_set(&f->routes, &f->lease, route_word(0, 1));
	for (unsigned first = 0; first < 256; first++)
		for (size_t n = 0; n < 20; n++) {
			p[0] = (uint8_t)first;
			memcpy(p + 16, f->lease.ip4, 4);
			assert_int_equal(route_find(&f->routes, p, n), ROUTE_NONE);
		}
	p[0] = 0x60;
	memcpy(p + 24, f->lease.prefix6, 16);
	assert_int_equal(route_find(&f->routes, p, 39), ROUTE_NONE);
	assert_int_equal(route_find(&f->routes, p, 40), route_word(0, 1));
	p[0] = 0x50;
	assert_int_equal(route_find(&f->routes, p, 40), ROUTE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_keep_worker_and_slot_apart),
		cmocka_unit_test_setup_teardown(test_a_lease_leads_to_its_session_until_cleared,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_not_in_the_pools_leads_nowhere, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_every_address_of_a_pool_has_a_word_of_its_own,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_short_and_strange_packets_lead_nowhere, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
