/* SPDX-License-Identifier: MIT */
/*
 * Random bytes as a pure function of a 32-byte seed: SHA-256(seed || counter). The owner seeds it
 * from the system's generator; a test seeds it with a constant, and the session repeats bit for
 * bit.
 */
#ifndef LIB_BASE_DRBG_H
#define LIB_BASE_DRBG_H

#include <stddef.h>
#include <stdint.h>

struct drbg {
	uint8_t seed[32];
	uint64_t counter;
};

/* Seeds d. */
void drbg_init(struct drbg *d, const uint8_t seed[32]);
/* Fills n bytes at out. */
void drbg_bytes(struct drbg *d, void *out, size_t n);
/* Returns 32 random bits. */
uint32_t drbg_u32(struct drbg *d);

#endif
