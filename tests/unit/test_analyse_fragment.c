/* SPDX-License-Identifier: MIT */
/* Datagrams out of fragments: any order, repeated, missing, contradicting, too many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyse/fragment.h"

#include <stdlib.h>

#define SIZE 60000

static uint8_t data[SIZE];
static uint64_t seed = 7;

static uint32_t roll(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static struct ip_header fragment(uint8_t version, uint32_t id, uint32_t at, uint32_t n, bool more)
{
	return (struct ip_header){.version = version,
				  .protocol = IP_TCP,
				  .id = id,
				  .fragment = true,
				  .more = more,
				  .offset = (uint16_t)at,
				  .src = {10, 0, 0, 1},
				  .dst = {10, 0, 0, 2},
				  .payload = data + at,
				  .n = n,
				  .wire = n};
}

static struct fragments *make(void)
{
	struct fragments *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 13 + (i >> 9));
	return f;
}

static void drop(struct fragments *f)
{
	fragment_fini(f);
	free(f);
}

static void check_whole(const struct view *v, size_t n)
{
	assert_int_equal(v->n, n);
	assert_memory_equal(v->p, data, n);
}

static void test_fragments_make_a_datagram_in_any_order(void **state)
{
	struct fragments *f = make();

	(void)state;
	for (uint32_t round = 0; round < 500; round++) {
		uint32_t total = 9 + roll(SIZE - 9);
		uint32_t step = 8 * (1 + roll(400));
		uint32_t n = (total + step - 1) / step;
		uint32_t order[SIZE / 8 + 1];
		struct view whole = {NULL, 0};
		bool done = false;

		if (n < 2)
			continue;
		for (uint32_t i = 0; i < n; i++)
			order[i] = i;
		for (uint32_t i = 0; i < n; i++) {
			uint32_t j = i + roll(n - i);
			uint32_t keep = order[i];

			order[i] = order[j];
			order[j] = keep;
		}
		for (uint32_t i = 0; i < n; i++) {
			uint32_t at = order[i] * step;
			uint32_t size = total - at < step ? total - at : step;
			struct ip_header ip =
				fragment(round & 1 ? 4 : 6, round, at, size, at + size < total);

			assert_false(done);
			done = fragment_add(f, &ip, 0, &whole);
			if (!done && i + 1 < n) /* again: nothing changes */
				assert_false(fragment_add(f, &ip, 0, &whole));
		}
		assert_true(done);
		check_whole(&whole, total);
	}
	drop(f);
}

static void test_fragments_of_different_datagrams_do_not_mix(void **state)
{
	struct fragments *f = make();
	struct view whole;
	struct ip_header a = fragment(4, 1, 0, 16, true);
	struct ip_header b = fragment(4, 1, 16, 16, false);

	(void)state;
	assert_false(fragment_add(f, &a, 0, &whole));
	b.id = 2;
	assert_false(fragment_add(f, &b, 0, &whole));
	b.id = 1;
	b.protocol = 17;
	assert_false(fragment_add(f, &b, 0, &whole));
	b.protocol = IP_TCP;
	b.src[3] = 9;
	assert_false(fragment_add(f, &b, 0, &whole));
	b.src[3] = 1;
	assert_true(fragment_add(f, &b, 0, &whole));
	check_whole(&whole, 32);
	drop(f);
}

static void test_fragments_that_contradict_each_other_spoil_an_ipv6_datagram(void **state)
{
	struct fragments *f = make();
	struct view whole;
	struct ip_header a = fragment(6, 1, 0, 16, true);
	struct ip_header other = fragment(6, 1, 8, 16, true);
	struct ip_header b = fragment(6, 1, 24, 8, false);

	(void)state;
	other.payload = data + 100;
	assert_false(fragment_add(f, &a, 0, &whole));
	assert_false(fragment_add(f, &other, 0, &whole));
	assert_false(fragment_add(f, &b, 0, &whole));
	a.version = other.version = b.version = 4; /* IPv4: the first copy stays */
	assert_false(fragment_add(f, &a, 0, &whole));
	assert_false(fragment_add(f, &other, 0, &whole));
	assert_true(fragment_add(f, &b, 0, &whole));
	assert_memory_equal(whole.p, data, 16);
	assert_memory_equal(whole.p + 16, data + 108, 8);
	drop(f);
}

static void test_fragments_that_do_not_come_make_room_in_time_and_number(void **state)
{
	struct fragments *f = make();
	struct view whole;
	struct ip_header first = fragment(4, 1, 0, 16, true);
	struct ip_header last = fragment(4, 1, 16, 16, false);

	(void)state;
	assert_false(fragment_add(f, &first, 0, &whole));
	assert_false(fragment_add(f, &last, FRAGMENT_WAIT_NS + 1, &whole)); /* too late */
	assert_int_equal(f->dropped, 1);
	for (uint32_t id = 100; id < 100 + FRAGMENT_SLOTS; id++) {
		first.id = id;
		assert_false(fragment_add(f, &first, FRAGMENT_WAIT_NS + id, &whole));
	}
	last.id = 100 + FRAGMENT_SLOTS - 1;
	assert_true(fragment_add(f, &last, FRAGMENT_WAIT_NS + 200, &whole));
	assert_int_equal(f->whole, 1);
	drop(f);
}

static void test_fragments_beyond_a_datagram_are_refused(void **state)
{
	struct fragments *f = make();
	struct view whole;
	struct ip_header ip = fragment(4, 1, 0, 1000, true);

	(void)state;
	ip.offset = 65528;
	assert_false(fragment_add(f, &ip, 0, &whole));
	ip.offset = 0;
	ip.n = 900; /* cut off by the snapshot length */
	assert_false(fragment_add(f, &ip, 0, &whole));
	for (int i = 0; i < FRAGMENT_SLOTS; i++)
		assert_false(f->slot[i].used);
	drop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments_make_a_datagram_in_any_order),
		cmocka_unit_test(test_fragments_of_different_datagrams_do_not_mix),
		cmocka_unit_test(test_fragments_that_contradict_each_other_spoil_an_ipv6_datagram),
		cmocka_unit_test(test_fragments_that_do_not_come_make_room_in_time_and_number),
		cmocka_unit_test(test_fragments_beyond_a_datagram_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
