/* SPDX-License-Identifier: MIT */
/* lease.h: numbers of two pools as addresses, behind a lock. */
#include "server/lease.h"

#include <string.h>
#include <sys/socket.h>

static uint32_t number4(const uint8_t ip[4])
{
	return (uint32_t)be16(ip[0], ip[1]) << 16 | be16(ip[2], ip[3]);
}

static void put_number4(uint8_t ip[4], uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		ip[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Adds i to the upper half of an address. */
static void add_prefix6(uint8_t ip[16], uint32_t i)
{
	for (unsigned at = 8; at-- > 4; i >>= 8)
		ip[at] |= (uint8_t)i; /* the bits were zero: the network's own are further left */
}

/* FNV-1a, 64 bits: names to numbers, not a secret. */
static uint64_t hash_name(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

static bool init4(struct leases *l, const struct ip_net *net, const uint8_t *server, uint32_t lanes)
{
	uint32_t n = UINT32_C(1) << (32 - net->bits);

	l->base4 = number4(net->addr);
	if (!pool_init(&l->pool4, n, lanes))
		return false;
	l->has4 = true;
	pool_exclude(&l->pool4, 0);
	pool_exclude(&l->pool4, n - 1);
	put_number4(l->server4, server ? number4(server) : l->base4 + 1);
	pool_exclude(&l->pool4, number4(l->server4) - l->base4);
	return true;
}

static bool init6(struct leases *l, const struct ip_net *net, const uint8_t id[8], uint32_t lanes)
{
	unsigned bits = 64u - net->bits;
	uint32_t n = bits > 20 ? LEASE_MOST : UINT32_C(1) << bits;

	memcpy(l->net6, net->addr, 16);
	memcpy(l->server6, net->addr, 8);
	memcpy(l->server6 + 8, id, 8);
	if (!pool_init(&l->pool6, n, lanes))
		return false;
	l->has6 = true;
	pool_exclude(&l->pool6, 0);
	return true;
}

bool leases_init(struct leases *l, const struct ip_net *net4, const uint8_t *server4,
		 const struct ip_net *net6, const uint8_t server_id[8], uint32_t lanes)
{
	memset(l, 0, sizeof(*l));
	pthread_mutex_init(&l->lock, NULL);
	if ((net4->bits && !init4(l, net4, server4, lanes)) ||
	    (net6->bits && !init6(l, net6, server_id, lanes))) {
		leases_fini(l);
		return false;
	}
	return true;
}

void leases_fini(struct leases *l)
{
	pool_fini(&l->pool4);
	pool_fini(&l->pool6);
	pthread_mutex_destroy(&l->lock);
}

void leases_reserve(struct leases *l, const uint8_t (*ips)[4], size_t n)
{
	pthread_mutex_lock(&l->lock);
	for (uint32_t i = 0; i < l->pool4.n; i++)
		pool_reserve(&l->pool4, i, false);
	for (size_t i = 0; i < n; i++)
		pool_reserve(&l->pool4, number4(ips[i]) - l->base4, true);
	pthread_mutex_unlock(&l->lock);
}

/* Lends the IPv4 half. */
static bool take4(struct leases *l, const struct lease_wish *w, uint64_t user, struct lease *out)
{
	if (w->fixed4) {
		out->index4 = number4(w->fixed4) - l->base4;
		if (!pool_take_this(&l->pool4, out->index4, user, w->session, &out->replaced))
			out->index4 = POOL_NONE;
	} else {
		out->index4 = pool_take(&l->pool4, user, w->session, w->lane);
	}
	if (out->index4 == POOL_NONE)
		return false;
	put_number4(out->ip4, l->base4 + out->index4);
	return true;
}

/* Lends the IPv6 half. */
static bool take6(struct leases *l, const struct lease_wish *w, uint64_t user, struct lease *out)
{
	out->index6 = pool_take(&l->pool6, user, w->session, w->lane);
	if (out->index6 == POOL_NONE)
		return false;
	memcpy(out->prefix6, l->net6, 16);
	add_prefix6(out->prefix6, out->index6);
	return true;
}

bool lease_take(struct leases *l, const struct lease_wish *wish, struct lease *out)
{
	uint64_t user = hash_name(wish->user);
	bool good;

	*out = (struct lease){.index4 = POOL_NONE, .index6 = POOL_NONE};
	pthread_mutex_lock(&l->lock);
	good = (!l->has6 || take6(l, wish, user, out)) && (!l->has4 || take4(l, wish, user, out));
	if (!good) {
		pool_give(&l->pool6, out->index6, wish->session);
		out->index6 = POOL_NONE;
	}
	pthread_mutex_unlock(&l->lock);
	return good;
}

void lease_give(struct leases *l, struct lease *lease, uint64_t session)
{
	pthread_mutex_lock(&l->lock);
	pool_give(&l->pool4, lease->index4, session);
	pool_give(&l->pool6, lease->index6, session);
	pthread_mutex_unlock(&l->lock);
	lease->index4 = lease->index6 = POOL_NONE;
}

void leases_count(struct leases *l, uint32_t *free4, uint32_t *n4, uint32_t *free6, uint32_t *n6)
{
	pthread_mutex_lock(&l->lock);
	*free4 = l->pool4.free;
	*n4 = l->has4 ? l->pool4.n - 3 : 0;
	*free6 = l->pool6.free;
	*n6 = l->has6 ? l->pool6.n - 1 : 0;
	pthread_mutex_unlock(&l->lock);
}
