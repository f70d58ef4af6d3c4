/* SPDX-License-Identifier: MIT */
/* What tests of calls share: runs a capture, cuts units, and keeps every call that ends. */
#ifndef TESTS_UNIT_ANALYSE_CALLS_H
#define TESTS_UNIT_ANALYSE_CALLS_H

#include "analyse/calls.h"
#include "analyse/flow.h"

#include <stdio.h>
#include <stdlib.h>

#define KEEP_CALLS 16

struct keep {
	struct calls *calls;
	struct call call[KEEP_CALLS];
	size_t n;
};

struct keep_conn {
	struct calls_conn *call;
	struct units *units;
};

static inline void keep_unit(void *ctx, const struct unit *u)
{
	struct keep_conn *k = ctx;

	calls_unit(k->call, u);
}

static inline void keep_packet(void *ctx, const struct flow_packet *p)
{
	struct keep *all = ctx;

	calls_packet(all->calls, p);
}

static inline void keep_opened(void *ctx, struct flow_conn *c)
{
	struct keep *all = ctx;
	struct keep_conn *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->call = calls_opened(all->calls, c);
	k->units = units_new(keep_unit, k);
	c->user = k;
}

static inline void keep_message(void *ctx, struct flow_conn *c, const struct tls_message *m)
{
	struct keep_conn *k = c->user;

	(void)ctx;
	calls_message(k->call, m);
}

static inline void keep_data(void *ctx, struct flow_conn *c, const struct tls_data *d)
{
	struct keep_conn *k = c->user;

	(void)ctx;
	units_data(k->units, d);
}

static inline void keep_note(void *ctx, struct flow_conn *c, const struct note *n)
{
	struct keep_conn *k = c->user;

	(void)ctx;
	if (n->kind == NOTE_HOLE)
		units_lost(k->units, n->way, c->kind == FLOW_PLAIN ? n->count : 0);
	calls_note(k->call, n);
}

static inline void keep_finished(void *ctx, struct flow_conn *c, enum way way)
{
	struct keep_conn *k = c->user;

	(void)ctx;
	units_end(k->units, way);
	calls_finished(k->call, way);
}

static inline void keep_closed(void *ctx, struct flow_conn *c, enum flow_end why, enum way by)
{
	struct keep_conn *k = c->user;

	(void)ctx;
	calls_closed(k->call, why, by);
	units_free(k->units);
	free(k);
	c->user = NULL;
}

/* Takes the call that has ended. */
static inline void keep_call(void *ctx, struct call *c)
{
	struct keep *all = ctx;

	if (all->n == KEEP_CALLS)
		return;
	all->call[all->n++] = *c;
	memset(c, 0, sizeof(*c));
}

/* Runs the capture at path; end with keep_fini(). */
static inline void keep_run(struct keep *all, const char *path, struct tls_keys *keys,
			    struct call_secrets *secrets)
{
	static const struct flow_sink sink = {
		.packet = keep_packet,
		.opened = keep_opened,
		.message = keep_message,
		.data = keep_data,
		.note = keep_note,
		.finished = keep_finished,
		.closed = keep_closed,
	};
	static const struct calls_sink calls_sink = {.closed = keep_call};
	struct calls_config how = {.secrets = secrets, .plot = true};
	struct flow_config config = {.more_keys = false};
	char why[CAPTURE_WHY];
	struct capture *c;
	struct frame frame;
	enum capture_next got;
	struct flow *f;

	memset(all, 0, sizeof(*all));
	all->calls = calls_new(&how, &calls_sink, all);
	f = flow_new(keys, &config, &sink, all);
	if (!all->calls || !f || capture_open(&c, path, why) < 0)
		abort();
	while ((got = capture_next(c, &frame)) > CAPTURE_END)
		if (got == CAPTURE_FRAME)
			flow_frame(f, &frame);
		else if (got == CAPTURE_SECRETS)
			flow_secrets(f, capture_secrets(c));
	flow_finish(f);
	flow_free(f);
	capture_close(c);
}

static inline void keep_fini(struct keep *all)
{
	calls_free(all->calls);
	for (size_t i = 0; i < all->n; i++)
		call_free(&all->call[i]);
}

#endif
