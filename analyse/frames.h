/* SPDX-License-Identifier: MIT */
/*
 * Dissected frames, one after the other: the sink of flow.h that cuts each connection's data into
 * units (units.h), has every frame dissected, and hands it out when all that the frame completes is
 * in its tree. Others may listen to the units of the streams as well. Prints nothing, judges
 * nothing.
 */
#ifndef ANALYSE_FRAMES_H
#define ANALYSE_FRAMES_H

#include "analyse/dissect.h"
#include "analyse/flow.h"
#include "analyse/units.h"

struct frames;

struct frames_config {
	const struct field_set *wanted; /* see field_tree_reset(); borrowed */
	bool lines;                     /* summaries are wanted */
	void *ctx;
	/* A frame is complete. Its tree and summary are valid during the call. */
	void (*frame)(void *ctx, struct dissect *d, const struct flow_packet *p);
	/* A unit of a connection, just dissected; NULL: not interested. It may add fields. */
	void (*unit)(void *ctx, struct dissect *d, struct flow_conn *c, const struct unit *u);
	/* Something that is no bytes; NULL: not interested. */
	void (*note)(void *ctx, struct dissect *d, struct flow_conn *c, const struct note *n);
	/* As in struct flow_sink; NULL: not interested. c->user is ours: take `mine` in its place.
	 */
	void (*opened)(void *ctx, struct flow_conn *c, void **mine);
	/* d is NULL when the capture, and no frame, ends it */
	void (*closed)(void *ctx, struct dissect *d, void *mine, enum flow_end why, enum way by);
	void (*message)(void *ctx, struct flow_conn *c, const struct tls_message *m);
	void (*finished)(void *ctx, struct flow_conn *c, enum way way);
};

/* Makes a reader of frames; NULL without memory. */
struct frames *frames_new(const struct frames_config *config);
/* Frees f, after the flow that feeds it. NULL is allowed. */
void frames_free(struct frames *f);
/* Returns the sink to give to flow_new(), with f as its ctx. */
const struct flow_sink *frames_sink(void);
/* Returns what `opened` has kept for a connection; NULL when nothing. */
void *frames_mine(const struct flow_conn *c);

#endif
