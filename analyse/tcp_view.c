/* SPDX-License-Identifier: MIT */
/* The table behind tcp_view.h. */
#include "analyse/tcp_view.h"

#include <stdlib.h>
#include <string.h>

void tcp_view_init(struct tcp_view *v)
{
	*v = (struct tcp_view){0};
}

void tcp_view_fini(struct tcp_view *v)
{
	free(v->table);
	tcp_view_init(v);
}

/* Returns whether a connection is the one of a segment, and in *back which side sent it. */
static bool is_of(const struct tcp_viewed *c, const struct tcp_ends *e, const struct tcp_seen *s,
		  unsigned *back)
{
	size_t n = e->version == 4 ? 4 : 16;

	if (!c->used || c->ends.version != e->version)
		return false;
	if (c->port[0] == s->from && c->port[1] == s->to && !memcmp(c->ends.src, e->src, n) &&
	    !memcmp(c->ends.dst, e->dst, n)) {
		*back = 0;
		return true;
	}
	*back = 1;
	return c->port[0] == s->to && c->port[1] == s->from && !memcmp(c->ends.src, e->dst, n) &&
	       !memcmp(c->ends.dst, e->src, n);
}

/* Hashes what both directions have in common. */
static uint32_t hash_of(const struct tcp_ends *e, const struct tcp_seen *s)
{
	uint32_t h = (uint32_t)s->from * 0x9e3779b1u + (uint32_t)s->to * 0x9e3779b1u;

	for (unsigned i = 0; i < 16; i++)
		h += (uint32_t)(e->src[i] + e->dst[i]) * (0x85ebca6bu + i * 0x10001u);
	return (h ^ h >> 15) * 0x2c1b3c6du;
}

/* Finds the connection of a segment, or makes it. */
static struct tcp_viewed *find(struct tcp_view *v, const struct tcp_ends *e,
			       const struct tcp_seen *s, unsigned *back)
{
	uint32_t slot = hash_of(e, s) >> 8 & (TCP_VIEWS - 1) & ~(uint32_t)(TCP_WAYS - 1);
	struct tcp_viewed *best = NULL;
	bool found = false;

	if (!v->table)
		v->table = calloc(TCP_VIEWS, sizeof(*v->table));
	if (!v->table)
		return NULL;
	for (unsigned i = 0; i < TCP_WAYS && !found; i++) {
		struct tcp_viewed *c = &v->table[slot + i];

		found = is_of(c, e, s, back);
		if (found || !best || (best->used && (!c->used || c->last < best->last)))
			best = c;
	}
	if (found &&
	    !(s->syn && !s->has_ack && best->has_syn[*back] && s->seq != best->base[*back]))
		return best;
	*back = 0;
	*best = (struct tcp_viewed){
		.used = true,
		.ends = *e,
		.port = {s->from, s->to},
		.number = v->count++,
		.first = s->ns,
		.last = s->ns,
		.shift = {TCP_SCALE_NONE, TCP_SCALE_NONE},
	};
	return best;
}

/* Learns the numbers that count as 0 from a segment. */
static void learn(struct tcp_viewed *c, const struct tcp_seen *s, unsigned back)
{
	if (s->syn) {
		c->base[back] = s->seq;
		c->has_base[back] = c->has_syn[back] = true;
		c->shift[back] = s->shift;
	}
	if (!c->has_base[back]) {
		c->base[back] = s->seq - 1;
		c->has_base[back] = true;
	}
	if (s->has_ack && !c->has_base[!back]) {
		c->base[!back] = s->ack - 1;
		c->has_base[!back] = true;
	}
}

void tcp_view_segment(struct tcp_view *v, const struct tcp_ends *ends, const struct tcp_seen *s,
		      struct tcp_shown *out)
{
	unsigned back = 0;
	struct tcp_viewed *c = find(v, ends, s, &back);

	*out = (struct tcp_shown){.seq = s->seq,
				  .ack = s->ack,
				  .scale = TCP_SCALE_UNKNOWN,
				  .first = s->ns,
				  .before = s->ns};
	if (!c)
		return;
	learn(c, s, back);
	out->number = c->number;
	out->seq = s->seq - c->base[back];
	out->ack = s->has_ack ? s->ack - c->base[!back] : 0;
	out->ack_base = c->has_base[!back] ? c->base[!back] : 0;
	if (s->syn)
		out->scale = 0;
	else if (c->has_syn[0] && c->has_syn[1])
		out->scale = c->shift[0] < 0 || c->shift[1] < 0 ? TCP_SCALE_NONE : c->shift[back];
	out->first = c->first;
	out->before = c->last;
	c->last = s->ns;
}
