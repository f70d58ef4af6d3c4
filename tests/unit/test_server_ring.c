/* SPDX-License-Identifier: MIT */
/* Packets between two threads: all of them, unchanged and in order. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/ring.h"

#define PACKETS 200000u

/* The length of packet i, and what is in it. */
static size_t length_of(uint32_t i)
{
	return 1 + i * 2654435761u % 1500;
}

static void fill(uint8_t *p, uint32_t i)
{
	memset(p, (int)(i & 0xff), length_of(i));
}

static void test_a_packet_comes_out_as_it_went_in(void **state)
{
	struct ring *r = ring_new();
	uint8_t in[3] = {1, 2, 3};
	uint8_t *out;

	(void)state;
	assert_int_equal(ring_waiting(r), 0);
	assert_true(ring_put(r, in, 3, 77));
	assert_int_equal(ring_waiting(r), 1);
	assert_int_equal(ring_at(r, 0, &out)->word, 77);
	assert_int_equal(ring_at(r, 0, &out)->len, 3);
	assert_memory_equal(out, in, 3);
	memset(out - RING_HEADROOM, 0xff, RING_HEADROOM); /* is the reader's to write */
	ring_done(r, 1);
	assert_int_equal(ring_waiting(r), 0);
	ring_free(r);
}

static void test_a_run_lies_in_one_piece_with_headroom_between(void **state)
{
	struct ring *r = ring_new();
	uint8_t in[100] = {0};
	uint8_t *a, *b;

	(void)state;
	assert_true(ring_put(r, in, 100, 1));
	assert_true(ring_put(r, in, 50, 2));
	ring_at(r, 0, &a);
	ring_at(r, 1, &b);
	assert_ptr_equal(a + 100 + RING_HEADROOM, b);
	ring_free(r);
}

static void test_a_full_ring_refuses_and_goes_on(void **state)
{
	struct ring *r = ring_new();
	uint8_t in[65535] = {0};
	uint32_t n = 0;

	(void)state;
	while (ring_put(r, in, sizeof(in), n))
		n++;
	assert_true(n >= 14);
	assert_int_equal(r->refused, 1);
	ring_done(r, 1);
	assert_true(ring_put(r, in, 60000, n));
	for (uint32_t k = 0; k < RING_PACKETS; k++)
		ring_put(r, in, 1, k);
	assert_false(ring_put(r, in, 1, 0));
	ring_done(r, ring_waiting(r));
	assert_false(ring_put(r, in, RING_BYTES, 0)); /* would never fit */
	assert_true(ring_put(r, in, 1, 0));
	ring_free(r);
}

static void *write_all(void *arg)
{
	struct ring *r = arg;
	uint8_t p[1600];

	for (uint32_t i = 0; i < PACKETS; i++) {
		fill(p, i);
		while (!ring_put(r, p, length_of(i), i))
			sched_yield();
	}
	return NULL;
}

static void test_nothing_is_lost_changed_or_reordered_between_threads(void **state)
{
	struct ring *r = ring_new();
	uint8_t want[1600];
	uint32_t next = 0;
	pthread_t writer;

	(void)state;
	pthread_create(&writer, NULL, write_all, r);
	while (next < PACKETS) {
		uint32_t n = ring_waiting(r);

		if (!n)
			sched_yield();
		for (uint32_t i = 0; i < n; i++, next++) {
			uint8_t *p;
			const struct ring_packet *in = ring_at(r, i, &p);

			assert_int_equal(in->word, next);
			assert_int_equal(in->len, length_of(next));
			fill(want, next);
			assert_memory_equal(p, want, in->len);
			memset(p - RING_HEADROOM, 0xee, RING_HEADROOM);
		}
		ring_done(r, n);
	}
	pthread_join(writer, NULL);
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_packet_comes_out_as_it_went_in),
		cmocka_unit_test(test_a_run_lies_in_one_piece_with_headroom_between),
		cmocka_unit_test(test_a_full_ring_refuses_and_goes_on),
		cmocka_unit_test(test_nothing_is_lost_changed_or_reordered_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
