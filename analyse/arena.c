/* SPDX-License-Identifier: MIT */
/* Chunks of memory behind arena.h. */
#include "analyse/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define CHUNK_SIZE 16384

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

/* Links a chunk of at least n octets behind the one in use. */
static struct arena_chunk *add_chunk(struct arena *a, size_t n)
{
	size_t size = n > CHUNK_SIZE ? n : CHUNK_SIZE;
	struct arena_chunk *c;

	if (size > a->max - a->size)
		return NULL;
	c = malloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	c->size = size;
	c->used = 0;
	if (a->now) {
		c->next = a->now->next;
		a->now->next = c;
	} else {
		c->next = a->chunks;
		a->chunks = c;
	}
	a->size += size;
	return c;
}

void *arena_take(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->now;

	if (n > a->max)
		return NULL;
	n = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	while (c && c->size - c->used < n && c->next) {
		c = c->next;
		c->used = 0;
	}
	if (!c || c->size - c->used < n) {
		a->now = c;
		c = add_chunk(a, n);
		if (!c)
			return NULL;
	}
	a->now = c;
	c->used += n;
	return c->bytes + c->used - n;
}

void arena_reset(struct arena *a)
{
	a->now = a->chunks;
	if (a->now)
		a->now->used = 0;
}

void arena_fini(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
	arena_init(a, a->max);
}
