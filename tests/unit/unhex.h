/* SPDX-License-Identifier: MIT */
/* Bytes written as hex digits in a test; blanks between them are skipped. After cmocka.h. */
#ifndef TESTS_UNIT_UNHEX_H
#define TESTS_UNIT_UNHEX_H

#include <stdint.h>
#include <string.h>

/* Converts hex text to at most `max` bytes at out and returns how many; fails the test on others.
 */
static inline size_t unhex(const char *text, uint8_t *out, size_t max)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	size_t half = 0;

	for (; *text; text++) {
		const char *at = strchr(digits, *text);

		if (*text == ' ')
			continue;
		assert_non_null(at);
		assert_true(half / 2 < max);
		out[half / 2] = (uint8_t)((half & 1 ? out[half / 2] << 4 : 0) |
					  (uint8_t)((at - digits) & 15));
		half++;
	}
	assert_int_equal(half & 1, 0);
	return half / 2;
}

/* Fails the test unless the n bytes at p are the ones written in hex. */
static inline void assert_hex_equal(const void *p, size_t n, const char *text)
{
	uint8_t due[1024];

	assert_int_equal(unhex(text, due, sizeof(due)), n);
	assert_memory_equal(p, due, n);
}

#endif
