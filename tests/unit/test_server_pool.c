/* SPDX-License-Identifier: MIT */
/* Pools of numbers, and of addresses made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "server/lease.h"

static void test_every_number_is_handed_out_once_in_every_small_pool(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= 40; n++)
		for (uint32_t lanes = 1; lanes <= 5; lanes++) {
			struct pool p;
			bool seen[40] = {false};

			assert_true(pool_init(&p, n, lanes));
			assert_int_equal(p.free, n);
			for (uint32_t k = 0; k < n; k++) {
				uint32_t i = pool_take(&p, k + 1, k + 1, k);

				assert_true(i < n && !seen[i]);
				seen[i] = true;
			}
			assert_int_equal(p.free, 0);
			assert_int_equal(pool_take(&p, 99, 99, 0), POOL_NONE);
			pool_fini(&p);
		}
}

static void test_numbers_come_from_the_lane_while_it_has_some(void **state)
{
	struct pool p;

	(void)state;
	assert_true(pool_init(&p, 12, 3));
	for (uint32_t k = 0; k < 4; k++)
		assert_int_equal(pool_take(&p, k, 1, 1) % 3, 1);
	assert_int_equal(pool_take(&p, 9, 1, 1) % 3, 2); /* then of the next one */
	pool_fini(&p);
}

static void test_a_user_gets_his_last_number_again_while_it_is_free(void **state)
{
	struct pool p;
	uint32_t mine, other;

	(void)state;
	assert_true(pool_init(&p, 8, 2));
	mine = pool_take(&p, 7, 1, 0);
	pool_give(&p, mine, 1);
	other = pool_take(&p, 8, 2, 0);
	assert_int_not_equal(other, mine); /* it rests as long as others are free */
	assert_int_equal(pool_take(&p, 7, 3, 1), mine);
	assert_int_not_equal(pool_take(&p, 7, 4, 1), mine); /* a second session of his */
	pool_fini(&p);
}

static void test_a_number_given_back_is_the_last_to_be_taken(void **state)
{
	struct pool p;

	(void)state;
	assert_true(pool_init(&p, 4, 1));
	assert_int_equal(pool_take(&p, 1, 1, 0), 0);
	pool_give(&p, 0, 1);
	assert_int_equal(pool_take(&p, 2, 2, 0), 1);
	assert_int_equal(pool_take(&p, 3, 3, 0), 2);
	assert_int_equal(pool_take(&p, 4, 4, 0), 3);
	assert_int_equal(pool_take(&p, 5, 5, 0), 0);
	pool_fini(&p);
}

static void test_only_the_holder_gives_back(void **state)
{
	struct pool p;
	uint64_t before = 0;

	(void)state;
	assert_true(pool_init(&p, 2, 1));
	assert_int_equal(pool_take(&p, 1, 11, 0), 0);
	pool_give(&p, 0, 12);
	assert_int_equal(pool_holder(&p, 0), 11);
	assert_true(pool_take_this(&p, 0, 1, 12, &before)); /* taken over */
	assert_int_equal(before, 11);
	pool_give(&p, 0, 11);
	assert_int_equal(pool_holder(&p, 0), 12);
	pool_give(&p, 0, 12);
	pool_give(&p, 0, 12);
	assert_int_equal(p.free, 2);
	pool_give(&p, 77, 1);
	pool_fini(&p);
}

static void test_reserved_numbers_go_to_those_who_name_them(void **state)
{
	struct pool p;
	uint64_t before = 0;

	(void)state;
	assert_true(pool_init(&p, 2, 1));
	pool_reserve(&p, 0, true);
	assert_int_equal(pool_take(&p, 1, 1, 0), 1);
	assert_int_equal(pool_take(&p, 1, 2, 0), POOL_NONE);
	assert_true(pool_take_this(&p, 0, 5, 5, &before));
	assert_int_equal(before, 0);
	pool_give(&p, 0, 5);
	assert_int_equal(pool_take(&p, 5, 6, 0), POOL_NONE); /* still reserved */
	pool_reserve(&p, 0, false);
	assert_int_equal(pool_take(&p, 6, 7, 0), 0);
	pool_reserve(&p, 0, true); /* while it is held */
	pool_reserve(&p, 0, false);
	assert_int_equal(pool_take(&p, 6, 8, 0), POOL_NONE);
	pool_fini(&p);
}

static void test_excluded_numbers_are_never_taken(void **state)
{
	struct pool p;
	uint64_t before;

	(void)state;
	assert_true(pool_init(&p, 3, 2));
	pool_exclude(&p, 1);
	assert_int_equal(pool_take(&p, 1, 1, 1), 0);
	assert_int_equal(pool_take(&p, 2, 2, 1), 2);
	assert_int_equal(pool_take(&p, 3, 3, 1), POOL_NONE);
	assert_false(pool_take_this(&p, 1, 1, 9, &before));
	assert_false(pool_take_this(&p, 3, 1, 9, &before));
	pool_fini(&p);
}

/* What the pool must look like, kept the slow way. */
struct model {
	uint64_t holder[64];
	bool reserved[64];
};

static void check_free(const struct pool *p, const struct model *m, uint32_t n)
{
	uint32_t free_n = 0;

	for (uint32_t i = 0; i < n; i++) {
		free_n += !m->holder[i] && !m->reserved[i];
		assert_int_equal(pool_holder(p, i), m->holder[i]);
	}
	assert_int_equal(p->free, free_n);
}

static void test_a_long_random_life_agrees_with_a_simple_model(void **state)
{
	struct model m = {{0}, {false}};
	const uint32_t n = 37;
	struct pool p;

	(void)state;
	srand(7);
	assert_true(pool_init(&p, n, 4));
	for (uint64_t step = 1; step < 20000; step++) {
		uint32_t at = (uint32_t)rand() % n;
		uint64_t user = (uint64_t)rand() % 50, before = 0;

		switch (rand() % 4) {
		case 0:
			at = pool_take(&p, user, step, (uint32_t)rand() % 4);
			if (at != POOL_NONE) {
				assert_true(!m.holder[at] && !m.reserved[at]);
				m.holder[at] = step;
			}
			break;
		case 1:
			pool_give(&p, at, m.holder[at]);
			m.holder[at] = 0;
			break;
		case 2:
			assert_true(pool_take_this(&p, at, user, step, &before));
			assert_int_equal(before, m.holder[at]);
			m.holder[at] = step;
			break;
		default:
			m.reserved[at] = !m.reserved[at];
			pool_reserve(&p, at, m.reserved[at]);
		}
		check_free(&p, &m, n);
	}
	pool_fini(&p);
}

static const uint8_t server_id[8] = {[7] = 1};

static void test_a_network_lends_all_but_its_ends_and_the_servers(void **state)
{
	for (uint8_t bits = 24; bits <= 30; bits++) {
		struct ip_net net4 = {AF_INET, {10, 1, 2, 0}, bits}, none = {0};
		uint32_t n = (UINT32_C(1) << (32 - bits)) - 3;
		struct leases l;
		struct lease lease;

		assert_true(leases_init(&l, &net4, NULL, &none, server_id, 2));
		for (uint32_t k = 0; k < n; k++) {
			struct lease_wish wish = {.user = "u", .session = k + 1, .lane = k};

			assert_true(lease_take(&l, &wish, &lease));
			assert_true(lease.ip4[3] >= 2 && lease.ip4[3] <= n + 1);
			assert_int_equal(lease.index6, POOL_NONE);
		}
		assert_false(
			lease_take(&l, &(struct lease_wish){.user = "v", .session = 999}, &lease));
		leases_fini(&l);
	}
	(void)state;
}

static void test_each_session_gets_a_prefix_of_its_own(void **state)
{
	struct ip_net net6 = {AF_INET6, {0xfd, 0, 0, 0x77}, 48}, none = {0};
	struct lease a, b;
	struct leases l;

	(void)state;
	assert_true(leases_init(&l, &none, NULL, &net6, server_id, 2));
	assert_int_equal(l.server6[15], 1);
	assert_int_equal(l.server6[7], 0);
	assert_true(lease_take(&l, &(struct lease_wish){.user = "a", .session = 1}, &a));
	assert_true(lease_take(&l, &(struct lease_wish){.user = "b", .session = 2}, &b));
	assert_int_equal(a.index4, POOL_NONE);
	assert_memory_equal(a.prefix6, net6.addr, 6);
	assert_memory_not_equal(a.prefix6, b.prefix6, 8);
	assert_memory_not_equal(a.prefix6, net6.addr, 8);
	leases_fini(&l);
}

static void test_when_one_family_has_nothing_the_other_is_not_lent(void **state)
{
	struct ip_net net4 = {AF_INET, {10, 0, 0, 0}, 30}, net6 = {AF_INET6, {0xfd}, 60};
	uint32_t free4, n4, free6, n6;
	struct leases l;
	struct lease a;

	(void)state;
	assert_true(leases_init(&l, &net4, NULL, &net6, server_id, 1));
	assert_true(lease_take(&l, &(struct lease_wish){.user = "a", .session = 1}, &a));
	assert_int_equal(a.ip4[3], 2);
	assert_false(lease_take(&l, &(struct lease_wish){.user = "b", .session = 2}, &a));
	leases_count(&l, &free4, &n4, &free6, &n6);
	assert_int_equal(free4, 0);
	assert_int_equal(n4, 1);
	assert_int_equal(free6, 14);
	assert_int_equal(n6, 15);
	leases_fini(&l);
}

static void test_a_fixed_address_is_kept_and_taken_over(void **state)
{
	struct ip_net net4 = {AF_INET, {10, 0, 0, 0}, 29}, none = {0};
	static const uint8_t mine[1][4] = {{10, 0, 0, 4}}, outside[4] = {10, 0, 1, 4};
	static const uint8_t server[4] = {10, 0, 0, 6};
	struct lease_wish wish = {.user = "alice", .fixed4 = mine[0], .session = 100};
	struct lease a, b;
	struct leases l;

	(void)state;
	assert_true(leases_init(&l, &net4, server, &none, server_id, 1));
	leases_reserve(&l, mine, 1);
	for (uint64_t k = 1; k <= 4; k++) {
		assert_true(lease_take(&l, &(struct lease_wish){.user = "x", .session = k}, &a));
		assert_int_not_equal(a.ip4[3], 4);
		assert_int_not_equal(a.ip4[3], 6);
	}
	assert_true(lease_take(&l, &wish, &a));
	assert_memory_equal(a.ip4, mine[0], 4);
	assert_int_equal(a.replaced, 0);
	wish.session = 101;
	assert_true(lease_take(&l, &wish, &b));
	assert_int_equal(b.replaced, 100);
	lease_give(&l, &a, 100); /* the old session's end takes nothing from the new one */
	wish.session = 102;
	assert_true(lease_take(&l, &wish, &a));
	assert_int_equal(a.replaced, 101);
	wish.fixed4 = outside;
	assert_false(lease_take(&l, &wish, &a));
	wish.fixed4 = server;
	assert_false(lease_take(&l, &wish, &a));
	leases_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_number_is_handed_out_once_in_every_small_pool),
		cmocka_unit_test(test_numbers_come_from_the_lane_while_it_has_some),
		cmocka_unit_test(test_a_user_gets_his_last_number_again_while_it_is_free),
		cmocka_unit_test(test_a_number_given_back_is_the_last_to_be_taken),
		cmocka_unit_test(test_only_the_holder_gives_back),
		cmocka_unit_test(test_reserved_numbers_go_to_those_who_name_them),
		cmocka_unit_test(test_excluded_numbers_are_never_taken),
		cmocka_unit_test(test_a_long_random_life_agrees_with_a_simple_model),
		cmocka_unit_test(test_a_network_lends_all_but_its_ends_and_the_servers),
		cmocka_unit_test(test_each_session_gets_a_prefix_of_its_own),
		cmocka_unit_test(test_when_one_family_has_nothing_the_other_is_not_lent),
		cmocka_unit_test(test_a_fixed_address_is_kept_and_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
