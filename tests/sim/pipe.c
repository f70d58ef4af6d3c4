/* SPDX-License-Identifier: MIT */
/* Bytes with delays on a virtual clock; see pipe.h. */
#include "tests/sim/pipe.h"

#include <stdlib.h>
#include <string.h>

uint32_t dice_u32(struct dice *d)
{
	/* splitmix64: any seed, also 0, gives a good sequence */
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) >> 16);
}

uint32_t dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)((uint64_t)dice_u32(d) * n >> 32);
}

bool dice_one_in(struct dice *d, uint32_t n)
{
	return n && dice_below(d, n) == 0;
}

void pipe_init(struct pipe *p)
{
	p->head = p->tail = 0;
	p->first = p->last = 0;
	p->ready = 0;
	p->eof_at = UINT64_MAX;
	p->eof_told = false;
	p->delay_max = p->cut_max = p->stall_one_in = p->stall_ms = 0;
}

size_t pipe_room(const struct pipe *p)
{
	return p->last - p->first < PIPE_CHUNKS ? PIPE_SIZE - (p->tail - p->head) : 0;
}

void pipe_write(struct pipe *p, struct dice *d, const uint8_t *b, size_t n, uint64_t now)
{
	uint64_t at = now + (p->delay_max ? dice_below(d, p->delay_max + 1) : 0);

	if (dice_one_in(d, p->stall_one_in))
		at += p->stall_ms;
	if (p->eof_at != UINT64_MAX || !n)
		return; /* written to a closed connection: gone */
	if (n > pipe_room(p))
		abort(); /* the caller asks pipe_room() first */
	if (p->tail + n > PIPE_SIZE) {
		memmove(p->bytes, p->bytes + p->head, p->tail - p->head);
		p->tail -= p->head;
		p->head = 0;
	}
	memcpy(p->bytes + p->tail, b, n);
	p->tail += n;
	if (at > p->ready)
		p->ready = at;
	p->chunks[p->last++ % PIPE_CHUNKS] = (struct pipe_chunk){p->ready, n};
}

void pipe_close(struct pipe *p, uint64_t now)
{
	if (p->eof_at == UINT64_MAX)
		p->eof_at = p->ready > now ? p->ready : now;
}

uint64_t pipe_due(const struct pipe *p)
{
	if (p->first != p->last)
		return p->chunks[p->first % PIPE_CHUNKS].at;
	return p->eof_told ? UINT64_MAX : p->eof_at;
}

size_t pipe_peek(struct pipe *p, struct dice *d, uint8_t **b, uint64_t now)
{
	size_t n = 0;

	for (unsigned i = p->first; i != p->last && p->chunks[i % PIPE_CHUNKS].at <= now; i++)
		n += p->chunks[i % PIPE_CHUNKS].n;
	if (p->cut_max && n > p->cut_max)
		n = 1 + dice_below(d, p->cut_max);
	*b = p->bytes + p->head;
	return n;
}

void pipe_take(struct pipe *p, size_t n)
{
	p->head += n;
	while (n) {
		struct pipe_chunk *c = &p->chunks[p->first % PIPE_CHUNKS];
		size_t part = c->n < n ? c->n : n;

		c->n -= part;
		n -= part;
		if (!c->n)
			p->first++;
	}
	if (p->first == p->last)
		p->head = p->tail = 0;
}
