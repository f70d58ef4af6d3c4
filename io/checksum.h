/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum (RFC 1071), fast: with wide registers where the machine has them. Pure. A
 * sum is the folded ones' complement sum of big-endian 16-bit words, not inverted; pieces of even
 * length can be added with checksum_add().
 */
#ifndef IO_CHECKSUM_H
#define IO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Returns the sum of n bytes; an odd last byte counts as if a zero followed. */
uint16_t checksum_sum(const uint8_t *p, size_t n);
/* Copies n bytes that do not overlap and returns their sum, in one pass. */
uint16_t checksum_copy(uint8_t *dst, const uint8_t *src, size_t n);
/* The same as checksum_sum() without wide registers: what the others are tested against. */
uint16_t checksum_sum_plain(const uint8_t *p, size_t n);

/* Adds two sums. */
static inline uint16_t checksum_add(uint16_t a, uint16_t b)
{
	uint32_t s = (uint32_t)a + b;

	return (uint16_t)(s + (s >> 16));
}

#endif
