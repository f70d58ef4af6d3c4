/* SPDX-License-Identifier: MIT */
/*
 * pool.h: the free numbers of each lane are a queue, so that a number rests as long as possible
 * before another user gets it; each number also stands in a chain found by its last user's hash.
 */
#include "server/pool.h"

#include <stdlib.h>
#include <string.h>

#define EXCLUDED UINT64_MAX /* a holder that never gives back */

struct pool_slot {
	uint64_t user;                 /* hash of the last user's name */
	uint64_t holder;               /* 0: free */
	uint32_t prev, next;           /* in the lane's queue of free numbers */
	uint32_t user_prev, user_next; /* in the bucket's chain */
	bool reserved;                 /* for pool_take_this() only */
	bool queued;                   /* stands in the lane's queue */
	bool known;                    /* had a user: stands in a chain */
};

/* Returns the lane that a number belongs to. */
static uint32_t lane_of(const struct pool *p, uint32_t i)
{
	return p->lanes > 1 ? i % p->lanes : 0;
}

/* Takes a number out of its lane's queue, if it is in. */
static void leave_queue(struct pool *p, uint32_t i)
{
	struct pool_slot *s = &p->slots[i];
	uint32_t lane = lane_of(p, i);

	if (!s->queued)
		return;
	s->queued = false;
	if (s->prev == POOL_NONE)
		p->heads[lane] = s->next;
	else
		p->slots[s->prev].next = s->next;
	if (s->next == POOL_NONE)
		p->tails[lane] = s->prev;
	else
		p->slots[s->next].prev = s->prev;
	p->free--;
}

/* Puts a number at the end of its lane's queue, if it is free for everybody. */
static void join_queue(struct pool *p, uint32_t i)
{
	struct pool_slot *s = &p->slots[i];
	uint32_t lane = lane_of(p, i);

	if (s->holder != 0 || s->reserved || s->queued)
		return;
	s->queued = true;
	s->next = POOL_NONE;
	s->prev = p->tails[lane];
	if (s->prev == POOL_NONE)
		p->heads[lane] = i;
	else
		p->slots[s->prev].next = i;
	p->tails[lane] = i;
	p->free++;
}

static uint32_t *find_bucket(struct pool *p, uint64_t user)
{
	return &p->buckets[(user ^ user >> 32) & p->bucket_mask];
}

/* Moves a number into the chain of its new user. */
static void set_user(struct pool *p, uint32_t i, uint64_t user)
{
	struct pool_slot *s = &p->slots[i];
	uint32_t *bucket;

	if (s->known && s->user == user)
		return;
	if (s->known) {
		if (s->user_prev == POOL_NONE)
			*find_bucket(p, s->user) = s->user_next;
		else
			p->slots[s->user_prev].user_next = s->user_next;
		if (s->user_next != POOL_NONE)
			p->slots[s->user_next].user_prev = s->user_prev;
	}
	bucket = find_bucket(p, user);
	s->known = true;
	s->user = user;
	s->user_prev = POOL_NONE;
	s->user_next = *bucket;
	if (*bucket != POOL_NONE)
		p->slots[*bucket].user_prev = i;
	*bucket = i;
}

/* Finds the free number that the user had last; POOL_NONE when there is none. */
static uint32_t find_last(struct pool *p, uint64_t user)
{
	uint32_t i = *find_bucket(p, user);

	while (i != POOL_NONE && (p->slots[i].user != user || !p->slots[i].queued))
		i = p->slots[i].user_next;
	return i;
}

bool pool_init(struct pool *p, uint32_t n, uint32_t lanes)
{
	uint32_t buckets = 1;

	while (buckets < n && buckets < UINT32_C(1) << 31)
		buckets *= 2;
	*p = (struct pool){.n = n, .lanes = lanes, .bucket_mask = buckets - 1};
	p->slots = calloc(n, sizeof(*p->slots));
	p->heads = malloc(lanes * sizeof(*p->heads));
	p->tails = malloc(lanes * sizeof(*p->tails));
	p->buckets = malloc(buckets * sizeof(*p->buckets));
	if (!p->slots || !p->heads || !p->tails || !p->buckets) {
		pool_fini(p);
		return false;
	}
	memset(p->heads, 0xff, lanes * sizeof(*p->heads));
	memset(p->tails, 0xff, lanes * sizeof(*p->tails));
	memset(p->buckets, 0xff, buckets * sizeof(*p->buckets));
	for (uint32_t i = 0; i < n; i++)
		join_queue(p, i);
	return true;
}

void pool_fini(struct pool *p)
{
	free(p->slots);
	free(p->heads);
	free(p->tails);
	free(p->buckets);
	*p = (struct pool){0};
}

void pool_exclude(struct pool *p, uint32_t i)
{
	leave_queue(p, i);
	p->slots[i].holder = EXCLUDED;
}

void pool_reserve(struct pool *p, uint32_t i, bool reserved)
{
	if (i >= p->n)
		return;
	p->slots[i].reserved = reserved;
	if (reserved)
		leave_queue(p, i);
	else
		join_queue(p, i);
}

uint32_t pool_take(struct pool *p, uint64_t user, uint64_t holder, uint32_t lane)
{
	uint32_t i = find_last(p, user);

	for (uint32_t k = 0; k < p->lanes && i == POOL_NONE; k++)
		i = p->heads[(lane + k) % p->lanes];
	if (i == POOL_NONE)
		return POOL_NONE;
	leave_queue(p, i);
	p->slots[i].holder = holder;
	set_user(p, i, user);
	return i;
}

bool pool_take_this(struct pool *p, uint32_t i, uint64_t user, uint64_t holder, uint64_t *before)
{
	if (i >= p->n || p->slots[i].holder == EXCLUDED)
		return false;
	*before = p->slots[i].holder;
	leave_queue(p, i);
	p->slots[i].holder = holder;
	set_user(p, i, user);
	return true;
}

void pool_give(struct pool *p, uint32_t i, uint64_t holder)
{
	if (i >= p->n || holder == 0 || p->slots[i].holder != holder)
		return;
	p->slots[i].holder = 0;
	join_queue(p, i);
}

uint64_t pool_holder(const struct pool *p, uint32_t i)
{
	return i < p->n ? p->slots[i].holder : 0;
}
