/* SPDX-License-Identifier: MIT */
/* backlog.h: a list of chunks, each filled from its beginning and emptied in the same order. */
#include "io/backlog.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES   65536
#define CHUNK_PACKETS 256

/* Where a packet lies in its chunk and since when. */
struct slot {
	uint64_t since;
	uint16_t at, n;
};

struct backlog_chunk {
	struct backlog_chunk *next;
	unsigned taken, put;
	size_t end; /* where the next headroom goes */
	struct slot slots[CHUNK_PACKETS];
	uint8_t bytes[CHUNK_BYTES];
};

/* Returns a chunk that has room for n bytes; NULL when memory is short. */
static struct backlog_chunk *tail_for(struct backlog *b, size_t n)
{
	struct backlog_chunk *c = b->tail;

	if (c && c->put < CHUNK_PACKETS && c->end + BACKLOG_HEADROOM + n <= CHUNK_BYTES)
		return c;
	c = malloc(sizeof(*c));
	if (!c)
		return NULL;
	c->next = NULL;
	c->taken = c->put = 0;
	c->end = 0;
	if (b->tail)
		b->tail->next = c;
	else
		b->head = c;
	b->tail = c;
	return c;
}

bool backlog_put(struct backlog *b, const uint8_t *p, size_t n, uint64_t now)
{
	struct backlog_chunk *c =
		b->bytes + n <= BACKLOG_MOST && n <= CHUNK_BYTES / 2 ? tail_for(b, n) : NULL;

	if (!c) {
		b->dropped++;
		return false;
	}
	c->end += BACKLOG_HEADROOM;
	c->slots[c->put++] = (struct slot){now, (uint16_t)c->end, (uint16_t)n};
	memcpy(c->bytes + c->end, p, n);
	c->end += n;
	b->bytes += n;
	return true;
}

/* Returns the first chunk with a packet that was not taken; NULL when there is none. */
static struct backlog_chunk *first_waiting(struct backlog *b)
{
	struct backlog_chunk *c = b->head;

	while (c && c->taken == c->put)
		c = c->next;
	return c;
}

uint8_t *backlog_take(struct backlog *b, uint64_t now, size_t *n)
{
	struct backlog_chunk *c;

	while ((c = first_waiting(b)) != NULL) {
		const struct slot *s = &c->slots[c->taken++];
		uint8_t *p = c->bytes + s->at;

		*n = s->n;
		b->bytes -= s->n;
		if (!codel_drop(&b->codel, s->since, now, b->bytes))
			return p;
		if (codel_mark(p, s->n)) {
			b->marked++;
			return p;
		}
		b->dropped++;
	}
	return NULL;
}

void backlog_release(struct backlog *b)
{
	struct backlog_chunk *c;

	while ((c = b->head) != NULL && c->taken == c->put) {
		b->head = c->next;
		free(c);
	}
	if (!b->head)
		b->tail = NULL;
}

void backlog_fini(struct backlog *b)
{
	struct backlog_chunk *c;

	while ((c = b->head) != NULL) {
		b->head = c->next;
		free(c);
	}
	b->tail = NULL;
	b->bytes = 0;
}
