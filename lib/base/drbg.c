/* SPDX-License-Identifier: MIT */
/* Random bytes from a seed; see drbg.h. */
#include "lib/base/drbg.h"

#include <string.h>
#include <nettle/sha2.h>

#include "lib/base/secret.h"

void drbg_init(struct drbg *d, const uint8_t seed[32])
{
	memcpy(d->seed, seed, sizeof(d->seed));
	d->counter = 0;
}

void drbg_bytes(struct drbg *d, void *out, size_t n)
{
	uint8_t *o = out;
	uint8_t block[SHA256_DIGEST_SIZE];

	for (size_t off = 0; off < n; off += sizeof(block)) {
		struct sha256_ctx h;
		uint8_t count[8];

		for (int i = 0; i < 8; i++)
			count[i] = (uint8_t)(d->counter >> (8 * i));
		d->counter++;
		sha256_init(&h);
		sha256_update(&h, sizeof(d->seed), d->seed);
		sha256_update(&h, sizeof(count), count);
		sha256_digest(&h, sizeof(block), block);
		memcpy(o + off, block, n - off < sizeof(block) ? n - off : sizeof(block));
		wipe(&h, sizeof(h));
	}
	wipe(block, sizeof(block));
}

uint32_t drbg_u32(struct drbg *d)
{
	uint8_t b[4];

	drbg_bytes(d, b, sizeof(b));
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
