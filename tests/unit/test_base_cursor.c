/* SPDX-License-Identifier: MIT */
/* Claims about lib/base/cursor.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/cursor.h"

static void test_reading_past_the_end_yields_zeros_and_sticks(void **state)
{
	static const uint8_t wire[] = {0x12, 0x34, 0x56};
	struct rd r = rd_init(wire, sizeof(wire));

	(void)state;
	assert_int_equal(rd_be16(&r), 0x1234);
	assert_false(r.bad);
	assert_int_equal(rd_be16(&r), 0);
	assert_true(r.bad);
	assert_int_equal(rd_u8(&r), 0);
	assert_true(r.bad);
	assert_int_equal(rd_left(&r), 0);
}

static void test_sub_reader_ends_where_its_length_says(void **state)
{
	static const uint8_t wire[] = {1, 2, 3, 4, 5};
	struct rd r = rd_init(wire, sizeof(wire));
	struct rd s = rd_sub(&r, 2);

	(void)state;
	assert_int_equal(rd_be16(&s), 0x0102);
	assert_int_equal(rd_left(&s), 0);
	assert_int_equal(rd_u8(&r), 3);
	s = rd_sub(&r, 3);
	assert_true(s.bad);
	assert_true(r.bad);
	assert_null(rd_take(&s, 1));
}

static void test_copy_of_too_much_zeroes_the_destination(void **state)
{
	uint8_t dst[4] = {9, 9, 9, 9};
	struct rd r = rd_init("ab", 2);

	(void)state;
	rd_copy(&r, dst, sizeof(dst));
	assert_true(r.bad);
	assert_memory_equal(dst, "\0\0\0\0", 4);
}

static void test_empty_reader_over_null_is_not_bad_until_read(void **state)
{
	struct rd r = rd_init(NULL, 0);

	(void)state;
	assert_false(r.bad);
	assert_int_equal(rd_left(&r), 0);
	rd_take(&r, 0);
	assert_false(r.bad);
	rd_u8(&r);
	assert_true(r.bad);
}

static void test_writer_never_passes_its_end_and_sticks(void **state)
{
	uint8_t buf[4] = {0};
	struct wr w = wr_init(buf, 3);

	(void)state;
	wr_be16(&w, 0xabcd);
	wr_be16(&w, 0x1111);
	assert_true(w.bad);
	wr_u8(&w, 7);
	assert_int_equal(wr_len(&w), 2);
	assert_memory_equal(buf, "\xab\xcd\0\0", 4);
}

static void test_patch_is_confined_to_what_was_written(void **state)
{
	uint8_t buf[8] = {0};
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	wr_be32(&w, 0x01020304);
	wr_patch16(&w, 2, 0xffee);
	assert_false(w.bad);
	assert_memory_equal(buf, "\x01\x02\xff\xee", 4);
	wr_patch16(&w, 3, 0);
	assert_true(w.bad);
	assert_memory_equal(buf, "\x01\x02\xff\xee", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading_past_the_end_yields_zeros_and_sticks),
		cmocka_unit_test(test_sub_reader_ends_where_its_length_says),
		cmocka_unit_test(test_copy_of_too_much_zeroes_the_destination),
		cmocka_unit_test(test_empty_reader_over_null_is_not_bad_until_read),
		cmocka_unit_test(test_writer_never_passes_its_end_and_sticks),
		cmocka_unit_test(test_patch_is_confined_to_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
