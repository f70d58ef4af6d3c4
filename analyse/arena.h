/* SPDX-License-Identifier: MIT */
/*
 * Memory that is taken in pieces and given back all at once, bounded. Pieces stay where they are
 * until arena_reset(), which keeps the memory for the next round.
 */
#ifndef ANALYSE_ARENA_H
#define ANALYSE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	struct arena_chunk *now; /* the one pieces are taken from */
	size_t size;             /* octets of all chunks */
	size_t max;              /* bound on size */
};

/* Makes an empty arena that never holds more than about max octets. */
void arena_init(struct arena *a, size_t max);
/* Takes n octets, aligned for any object, not zeroed; NULL without memory or past the bound. */
void *arena_take(struct arena *a, size_t n);
/* Takes back all pieces. */
void arena_reset(struct arena *a);
/* Frees everything; a may be used again. */
void arena_fini(struct arena *a);

#endif
