/* SPDX-License-Identifier: MIT */
/* Claims about analyse/arena.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "analyse/arena.h"

static void test_pieces_are_apart_and_aligned(void **state)
{
	struct arena a;
	unsigned char *pieces[200];

	(void)state;
	arena_init(&a, 1u << 20);
	for (unsigned i = 0; i < 200; i++) {
		pieces[i] = arena_take(&a, i * 7);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		memset(pieces[i], (int)i, i * 7);
	}
	for (unsigned i = 0; i < 200; i++)
		for (unsigned j = 0; j < i * 7; j++)
			assert_int_equal(pieces[i][j], i);
	arena_fini(&a);
}

static void test_it_never_holds_more_than_its_bound(void **state)
{
	struct arena a;
	unsigned n = 0;

	(void)state;
	arena_init(&a, 100000);
	while (arena_take(&a, 1000) && n < 1000)
		n++;
	assert_in_range(n, 64, 100);
	assert_true(a.size <= 100000);
	assert_null(arena_take(&a, SIZE_MAX));
	assert_null(arena_take(&a, 100001));
	arena_fini(&a);
	assert_int_equal(a.size, 0);
	assert_non_null(arena_take(&a, 1));
	arena_fini(&a);
}

static void test_reset_keeps_the_memory(void **state)
{
	struct arena a;
	void *first;
	size_t size;

	(void)state;
	arena_init(&a, 1u << 20);
	first = arena_take(&a, 10);
	for (unsigned i = 0; i < 100; i++)
		assert_non_null(arena_take(&a, 1000));
	assert_non_null(arena_take(&a, 50000));
	size = a.size;
	for (unsigned round = 0; round < 10; round++) {
		arena_reset(&a);
		assert_ptr_equal(arena_take(&a, 10), first);
		for (unsigned i = 0; i < 100; i++)
			assert_non_null(arena_take(&a, 1000));
		assert_non_null(arena_take(&a, 50000));
		assert_int_equal(a.size, size);
	}
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_apart_and_aligned),
		cmocka_unit_test(test_it_never_holds_more_than_its_bound),
		cmocka_unit_test(test_reset_keeps_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
