/* SPDX-License-Identifier: MIT */
/*
 * The bound on what all connections of a capture together may hold back: segments out of order,
 * halves of records, records that wait for a key. Not for what a connection needs to exist.
 */
#ifndef ANALYSE_BUDGET_H
#define ANALYSE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

struct budget {
	size_t used;
	size_t limit;
	size_t peak;
};

/* Returns n bytes of memory charged to b; NULL when the bound, or the machine, has no room. */
static inline void *budget_alloc(struct budget *b, size_t n)
{
	void *p;

	if (n > b->limit || b->used > b->limit - n)
		return NULL;
	p = malloc(n);
	if (!p)
		return NULL;
	b->used += n;
	if (b->used > b->peak)
		b->peak = b->used;
	return p;
}

/* Gives back the n bytes at p that budget_alloc() returned; NULL is nothing. */
static inline void budget_free(struct budget *b, void *p, size_t n)
{
	if (!p)
		return;
	free(p);
	b->used -= n;
}

/* Returns whether less than half of the bound is left, when a holder should not keep spare room. */
static inline bool budget_tight(const struct budget *b)
{
	return b->used > b->limit / 2;
}

#endif
