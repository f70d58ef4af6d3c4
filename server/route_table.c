/* SPDX-License-Identifier: MIT */
/* route.h: an array indexed by what is left of an address when the pool's network is taken off. */
#include "server/route.h"

#include <stdlib.h>
#include <string.h>

bool routes_init(struct routes *r, const struct leases *l)
{
	*r = (struct routes){.base4 = l->base4};
	r->n4 = l->has4 ? l->pool4.n : 0;
	r->n6 = l->has6 ? l->pool6.n : 0;
	memcpy(r->net6, l->net6, 16);
	r->to4 = calloc(r->n4 + 1u, sizeof(*r->to4));
	r->to6 = calloc(r->n6 + 1u, sizeof(*r->to6));
	if (!r->to4 || !r->to6) {
		routes_fini(r);
		return false;
	}
	return true;
}

/* Reads the upper half of an address as a number. */
static uint64_t upper_half(const uint8_t ip[16])
{
	struct rd in = rd_init(ip, 8);
	uint64_t high = rd_be32(&in);

	return high << 32 | rd_be32(&in);
}

int routes_steer(struct routes *r, int tun_fd)
{
	const struct steer_nets nets = {
		.base4 = r->base4, .n4 = r->n4, .base6 = upper_half(r->net6), .n6 = r->n6};

	return steer_start(&r->steer, tun_fd, &nets);
}

void routes_fini(struct routes *r)
{
	steer_stop(&r->steer);
	free(r->to4);
	free(r->to6);
	*r = (struct routes){0};
}

void route_set(struct routes *r, const struct lease *lease, uint32_t word)
{
	if (lease->index4 < r->n4)
		atomic_store_explicit(&r->to4[lease->index4], word, memory_order_release);
	if (lease->index6 < r->n6)
		atomic_store_explicit(&r->to6[lease->index6], word, memory_order_release);
	steer_set4(&r->steer, lease->index4, route_worker(word));
	steer_set6(&r->steer, lease->index6, route_worker(word));
}

void route_clear(struct routes *r, const struct lease *lease, uint32_t word)
{
	uint32_t seen = word;

	if (lease->index4 < r->n4)
		atomic_compare_exchange_strong(&r->to4[lease->index4], &seen, ROUTE_NONE);
	seen = word;
	if (lease->index6 < r->n6)
		atomic_compare_exchange_strong(&r->to6[lease->index6], &seen, ROUTE_NONE);
}

/* Returns the number of the /64 in the pool that the address is of; n6 or more when in none. */
static uint32_t index6(const struct routes *r, const uint8_t dst[16])
{
	uint64_t i = upper_half(dst) - upper_half(r->net6);

	return i < r->n6 ? (uint32_t)i : UINT32_MAX;
}

uint32_t route_find(const struct routes *r, const uint8_t *p, size_t n)
{
	struct rd in = rd_init(p, n);
	unsigned version = rd_u8(&in) >> 4;
	const uint8_t *dst;
	uint32_t i;

	if (version == 4) {
		rd_take(&in, 15);
		i = rd_be32(&in) - r->base4;
		if (in.bad || i >= r->n4)
			return ROUTE_NONE;
		return atomic_load_explicit(&r->to4[i], memory_order_acquire);
	}
	rd_take(&in, 23);
	dst = rd_take(&in, 16);
	if (version != 6 || !dst)
		return ROUTE_NONE;
	i = index6(r, dst);
	return i < r->n6 ? atomic_load_explicit(&r->to6[i], memory_order_acquire) : ROUTE_NONE;
}
