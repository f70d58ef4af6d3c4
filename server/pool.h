/* SPDX-License-Identifier: MIT */
/*
 * Numbers 0 to n-1 that are taken and given back, each in constant time: what address pools are
 * made of (lease.h). A user who comes back gets the number of last time when it is free. Numbers
 * belong to lanes (number modulo lanes), so that a worker can be given numbers of its own lane.
 * Not thread-safe: lease.c locks.
 */
#ifndef SERVER_POOL_H
#define SERVER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX

struct pool_slot;

struct pool {
	uint32_t n;
	uint32_t lanes;
	uint32_t free; /* how many pool_take() may hand out */
	struct pool_slot *slots;
	uint32_t *heads;   /* for each lane: the free number that has been free for longest */
	uint32_t *tails;   /* for each lane: the one given back last */
	uint32_t *buckets; /* chains of numbers by their last user */
	uint32_t bucket_mask;
};

/* Makes a pool of n (at least 1) free numbers in `lanes` (at least 1) lanes. Returns false when
 * memory is short. */
bool pool_init(struct pool *p, uint32_t n, uint32_t lanes);
/* Frees what p holds. */
void pool_fini(struct pool *p);
/* Takes number i out of the pool for good; it must be free. */
void pool_exclude(struct pool *p, uint32_t i);
/* Keeps number i for pool_take_this() from now on, or no longer; whoever has it keeps it. */
void pool_reserve(struct pool *p, uint32_t i, bool reserved);
/*
 * Takes a number for holder (not 0): the user's of last time if it is free, else the one free for
 * longest in the lane, else of any lane. user is a hash of the user's name. Returns POOL_NONE when
 * nothing is free.
 */
uint32_t pool_take(struct pool *p, uint64_t user, uint64_t holder, uint32_t lane);
/*
 * Takes number i, and nothing else, for holder; *before is who held it until now, 0 when it was
 * free: that holder's pool_give() will do nothing. Returns false when i is excluded or none.
 */
bool pool_take_this(struct pool *p, uint32_t i, uint64_t user, uint64_t holder, uint64_t *before);
/* Gives number i back; does nothing unless holder has it. */
void pool_give(struct pool *p, uint32_t i, uint64_t holder);
/* Returns who holds number i, 0 for nobody. */
uint64_t pool_holder(const struct pool *p, uint32_t i);

#endif
