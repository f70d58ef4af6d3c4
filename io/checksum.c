/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum; see checksum.h. Sums 64-bit lanes of native words: the ones' complement
 * sum does not care for the order of octets until the end (RFC 1071 2 B). The lanes are vectors of
 * the compiler's; on x86 a second build of the same loop uses AVX2 when the processor has it.
 */
#include "io/checksum.h"

#include <stdbool.h>
#include <string.h>

#define LANES 4

typedef uint64_t lanes __attribute__((vector_size(8 * LANES), aligned(8)));

/* Folds a sum of native 32-bit words into 16 bits and puts it into big-endian order. */
static uint16_t fold_native(uint64_t s)
{
	uint16_t v;

	s = (s & 0xffffffffu) + (s >> 32);
	s = (s & 0xffffffffu) + (s >> 32);
	s = (s & 0xffffu) + (s >> 16);
	s = (s & 0xffffu) + (s >> 16);
	v = (uint16_t)s;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap16(v);
#endif
	return v;
}

/* Sums the last few bytes, in words of 4, the very last one filled up with zeros. */
static uint64_t sum_tail(const uint8_t *p, size_t n)
{
	uint64_t s = 0;
	uint32_t w;

	for (; n >= 4; p += 4, n -= 4) {
		memcpy(&w, p, 4);
		s += w;
	}
	if (n) {
		w = 0;
		memcpy(&w, p, n);
		s += w;
	}
	return s;
}

/* The loop that everything else is about; dst is NULL when nothing is to be copied. */
static inline __attribute__((always_inline)) uint64_t sum_lanes(uint8_t *dst, const uint8_t *p,
								size_t n)
{
	lanes low = {0}, high = {0}, v;
	size_t wide = n - n % sizeof(lanes);
	uint64_t s = 0;

	for (size_t i = 0; i < wide; i += sizeof(lanes)) {
		memcpy(&v, p + i, sizeof(v));
		if (dst)
			memcpy(dst + i, &v, sizeof(v));
		low += v & 0xffffffffu;
		high += v >> 32;
	}
	for (int i = 0; i < LANES; i++)
		s += low[i] + high[i];
	if (dst && n > wide)
		memcpy(dst + wide, p + wide, n - wide);
	return s + sum_tail(p + wide, n - wide);
}

#if defined(__x86_64__)
static __attribute__((target("avx2"))) uint64_t sum_avx2(const uint8_t *p, size_t n)
{
	return sum_lanes(NULL, p, n);
}

static __attribute__((target("avx2"))) uint64_t copy_avx2(uint8_t *dst, const uint8_t *p, size_t n)
{
	return sum_lanes(dst, p, n);
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
#define sum_avx2(p, n)       sum_lanes(NULL, p, n)
#define copy_avx2(dst, p, n) sum_lanes(dst, p, n)
#define has_avx2()           false
#endif

uint16_t checksum_sum(const uint8_t *p, size_t n)
{
	return fold_native(has_avx2() ? sum_avx2(p, n) : sum_lanes(NULL, p, n));
}

uint16_t checksum_copy(uint8_t *dst, const uint8_t *src, size_t n)
{
	return fold_native(has_avx2() ? copy_avx2(dst, src, n) : sum_lanes(dst, src, n));
}

uint16_t checksum_sum_plain(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i < n; i++) {
		s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
		s = (s & 0xffff) + (s >> 16);
	}
	return (uint16_t)s;
}
