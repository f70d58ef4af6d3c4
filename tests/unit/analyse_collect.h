/* SPDX-License-Identifier: MIT */
/* What tests of the analyser share: runs a capture, and keeps all that the sink is told. */
#ifndef TESTS_UNIT_ANALYSE_COLLECT_H
#define TESTS_UNIT_ANALYSE_COLLECT_H

#include "analyse/flow.h"

#include <stdio.h>
#include <stdlib.h>

#define COLLECT_CONNS 64
#define COLLECT_MARKS 4096
#define COLLECT_NOTES 256

/* Where a piece of data begins in the collected bytes. */
struct collect_mark {
	size_t at;
	uint64_t number;
	struct origin first;
	struct origin last;
};

struct collect_side {
	uint8_t *bytes;
	size_t n;
	size_t size;
	struct collect_mark mark[COLLECT_MARKS];
	size_t marks;
	uint64_t records;
	uint64_t seen[TLS_SEEN_TORN + 1];
};

struct collect_note {
	enum note_kind kind;
	enum way way;
	uint64_t count;
	char text[NOTE_TEXT];
};

struct collect_conn {
	struct flow_conn *conn;
	struct flow_conn last;  /* as it was when it closed */
	struct tls_facts facts; /* likewise */
	struct collect_side side[WAYS];
	struct collect_note note[COLLECT_NOTES];
	size_t notes;
	unsigned messages;
	unsigned finished;
	bool closed;
	enum flow_end why;
};

struct collect {
	struct collect_conn *conn[COLLECT_CONNS];
	size_t conns;
	uint64_t packets;
	uint64_t done;
	unsigned tcp_notes;
	uint64_t with[TCP_NOTE_GAP + 1]; /* packets with a tcp_note */
	bool broken;                     /* a callback came where it must not */
	bool strict;                     /* callbacks must come between packet and done */
	bool inside;                     /* they do */
};

static inline struct collect_conn *collect_of(struct flow_conn *c)
{
	return c->user;
}

static inline void collect_packet(void *ctx, const struct flow_packet *p)
{
	struct collect *all = ctx;

	(void)p;
	all->packets++;
	all->broken |= all->strict && all->inside;
	all->inside = true;
}

static inline void collect_done(void *ctx, const struct flow_packet *p)
{
	struct collect *all = ctx;

	all->done++;
	all->inside = false;
	all->tcp_notes |= p->notes;
	for (unsigned bit = 1; bit <= TCP_NOTE_GAP; bit *= 2)
		if (p->notes & bit)
			all->with[bit]++;
}

static inline void collect_opened(void *ctx, struct flow_conn *c)
{
	struct collect *all = ctx;

	all->broken |= all->strict && !all->inside;
	if (all->conns == COLLECT_CONNS || c->user) {
		all->broken = true;
		return;
	}
	all->conn[all->conns] = calloc(1, sizeof(struct collect_conn));
	if (!all->conn[all->conns])
		abort();
	all->conn[all->conns]->conn = c;
	c->user = all->conn[all->conns++];
}

static inline void collect_record(void *ctx, struct flow_conn *c, const struct tls_record *r)
{
	struct collect *all = ctx;
	struct collect_conn *k = collect_of(c);

	all->broken |= all->strict && !all->inside;
	if (!k) {
		all->broken = true;
		return;
	}
	all->broken |= r->number != ++k->side[r->way].records;
	k->side[r->way].seen[r->seen]++;
}

static inline void collect_message(void *ctx, struct flow_conn *c, const struct tls_message *m)
{
	(void)ctx;
	(void)m;
	collect_of(c)->messages++;
}

static inline void collect_data(void *ctx, struct flow_conn *c, const struct tls_data *d)
{
	struct collect *all = ctx;
	struct collect_side *s = &collect_of(c)->side[d->way];

	if (s->n + d->bytes.n > s->size) {
		s->size = (s->n + d->bytes.n) * 2;
		s->bytes = realloc(s->bytes, s->size);
		if (!s->bytes)
			abort();
	}
	if (s->marks < COLLECT_MARKS)
		s->mark[s->marks++] = (struct collect_mark){s->n, d->number, d->first, d->last};
	if (d->number)
		all->broken |= d->offset != s->n;
	memcpy(s->bytes + s->n, d->bytes.p, d->bytes.n);
	s->n += d->bytes.n;
}

static inline void collect_note(void *ctx, struct flow_conn *c, const struct note *n)
{
	struct collect_conn *k = collect_of(c);
	struct collect_note *to;

	(void)ctx;
	if (k->notes == COLLECT_NOTES)
		return;
	to = &k->note[k->notes++];
	to->kind = n->kind;
	to->way = n->way;
	to->count = n->count;
	snprintf(to->text, sizeof(to->text), "%s", n->text ? n->text : "");
}

static inline void collect_finished(void *ctx, struct flow_conn *c, enum way way)
{
	(void)ctx;
	collect_of(c)->finished |= 1u << way;
}

static inline void collect_closed(void *ctx, struct flow_conn *c, enum flow_end why, enum way by)
{
	struct collect *all = ctx;
	struct collect_conn *k = collect_of(c);

	(void)by;
	all->broken |= k->closed || (all->strict && !all->inside);
	k->closed = true;
	k->why = why;
	k->last = *c;
	if (c->tls)
		k->facts = *c->tls;
	c->user = NULL;
}

static const struct flow_sink collect_sink = {
	.packet = collect_packet,
	.opened = collect_opened,
	.record = collect_record,
	.message = collect_message,
	.data = collect_data,
	.note = collect_note,
	.finished = collect_finished,
	.closed = collect_closed,
	.done = collect_done,
};

/* Frees what was collected. */
static inline void collect_fini(struct collect *all)
{
	for (size_t i = 0; i < all->conns; i++) {
		for (int w = 0; w < WAYS; w++)
			free(all->conn[i]->side[w].bytes);
		free(all->conn[i]);
	}
	*all = (struct collect){0};
}

/* Returns the first note of a kind; NULL when there is none. */
static inline const struct collect_note *collect_find(const struct collect_conn *c,
						      enum note_kind kind)
{
	for (size_t i = 0; i < c->notes; i++)
		if (c->note[i].kind == kind)
			return &c->note[i];
	return NULL;
}

/* Runs an open capture to its end and closes it; returns how it ended. */
static inline enum capture_next collect_run(struct collect *all, struct capture *c,
					    struct tls_keys *keys, const struct flow_config *how)
{
	struct flow *f = flow_new(keys, how, &collect_sink, all);
	struct frame frame;
	enum capture_next got;

	if (!f)
		abort();
	while ((got = capture_next(c, &frame)) > CAPTURE_END) {
		all->strict = got == CAPTURE_FRAME;
		if (got == CAPTURE_FRAME)
			flow_frame(f, &frame);
		else if (got == CAPTURE_SECRETS)
			flow_secrets(f, capture_secrets(c));
		else
			flow_idle(f);
	}
	all->strict = false;
	flow_finish(f);
	flow_free(f);
	capture_close(c);
	return got;
}

#endif
