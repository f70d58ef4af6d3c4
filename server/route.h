/* SPDX-License-Identifier: MIT */
/*
 * Which session an inner address leads to, looked up for every packet from the TUN without a lock:
 * one atomic word for each IPv4 address and each IPv6 /64 of the pools. A word that has just
 * changed may be seen old: the session found checks that the address is its own.
 */
#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/steer.h"
#include "server/lease.h"

#define ROUTE_NONE      0u
#define ROUTE_SLOT_MOST (1u << 24)

/* A word says where a session lives: its worker and its place there. ROUTE_NONE: nowhere. */

struct routes {
	uint32_t base4, n4;
	uint8_t net6[16];
	uint32_t n6;
	_Atomic uint32_t *to4;
	_Atomic uint32_t *to6;
	struct steer steer; /* the kernel's part: which worker's queue a packet comes to */
};

/* Packs worker (below 255) and slot (below ROUTE_SLOT_MOST) into a word. */
static inline uint32_t route_word(unsigned worker, uint32_t slot)
{
	return (uint32_t)(worker + 1) << 24 | slot;
}

/* Returns the worker of a word that is not ROUTE_NONE. */
static inline unsigned route_worker(uint32_t word)
{
	return (word >> 24) - 1;
}

/* Returns the slot of a word. */
static inline uint32_t route_slot(uint32_t word)
{
	return word & (ROUTE_SLOT_MOST - 1);
}

/* Makes empty routes for the pools of l. Returns false when memory is short. */
bool routes_init(struct routes *r, const struct leases *l);
/*
 * Has the kernel put packets for a session into the queue of its worker: queue k of tun_fd's device
 * is worker k's. Returns 0, or -errno when the kernel does not; then packets come to any worker.
 */
int routes_steer(struct routes *r, int tun_fd);
/* Frees what r holds. */
void routes_fini(struct routes *r);
/* Leads the lease's addresses to word. */
void route_set(struct routes *r, const struct lease *lease, uint32_t word);
/* Leads them nowhere, unless they lead to another word than this one meanwhile. */
void route_clear(struct routes *r, const struct lease *lease, uint32_t word);
/* Returns where the IP packet of n bytes at p is to go; ROUTE_NONE for nowhere. */
uint32_t route_find(const struct routes *r, const uint8_t *p, size_t n);

#endif
