/* SPDX-License-Identifier: MIT */
/*
 * ring.h: two counters that only grow. Bytes are taken in a circle; a packet never wraps around its
 * end. The writer knows what is free from the place of the oldest packet that is not done.
 */
#include "server/ring.h"

#include <stdlib.h>
#include <string.h>

struct ring *ring_new(void)
{
	struct ring *r = aligned_alloc(64, (sizeof(*r) + 63) / 64 * 64);

	if (r)
		memset(r, 0, offsetof(struct ring, packets));
	return r;
}

void ring_free(struct ring *r)
{
	free(r);
}

/* Finds where n bytes in one piece are free; UINT32_MAX when nowhere. */
static uint32_t find_room(const struct ring *r, uint32_t tail, uint32_t n)
{
	uint32_t oldest;

	if (tail == r->head_seen)
		return 0;
	oldest = r->packets[r->head_seen % RING_PACKETS].off - RING_HEADROOM;
	if (r->write_off > oldest) {
		if (RING_BYTES - r->write_off >= n)
			return r->write_off;
		return oldest > n ? 0 : UINT32_MAX;
	}
	return oldest - r->write_off > n ? r->write_off : UINT32_MAX;
}

bool ring_put(struct ring *r, const uint8_t *p, size_t n, uint32_t word)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	struct ring_packet *slot = &r->packets[tail % RING_PACKETS];
	uint32_t at;

	r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
	at = n < RING_BYTES / 2 && tail - r->head_seen < RING_PACKETS
		     ? find_room(r, tail, (uint32_t)n + RING_HEADROOM)
		     : UINT32_MAX;
	if (at == UINT32_MAX) {
		r->refused++;
		return false;
	}
	memcpy(r->bytes + at + RING_HEADROOM, p, n);
	*slot = (struct ring_packet){at + RING_HEADROOM, (uint32_t)n, word};
	r->write_off = at + RING_HEADROOM + (uint32_t)n;
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

uint32_t ring_waiting(const struct ring *r)
{
	return atomic_load_explicit(&r->tail, memory_order_acquire) -
	       atomic_load_explicit(&r->head, memory_order_relaxed);
}

const struct ring_packet *ring_at(struct ring *r, uint32_t i, uint8_t **p)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	const struct ring_packet *slot = &r->packets[(head + i) % RING_PACKETS];

	*p = r->bytes + slot->off;
	return slot;
}

void ring_done(struct ring *r, uint32_t n)
{
	atomic_fetch_add_explicit(&r->head, n, memory_order_release);
}
