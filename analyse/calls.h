/* SPDX-License-Identifier: MIT */
/*
 * Makes calls from what flow.h tells: one for each connection, fed with units, followed, judged,
 * and given a verdict when it ends. The functions named as flow's callbacks are to be called from
 * them. What is told about a call is told through struct calls_sink. Prints nothing.
 */
#ifndef ANALYSE_CALLS_H
#define ANALYSE_CALLS_H

#include "analyse/call_secrets.h"
#include "analyse/judge.h"

/* Callbacks; NULL: not interested. */
struct calls_sink {
	/* Something was found, for the first time in this call. */
	judge_tell *finding;
	/*
	 * The connection is gone and judged. Not called for connections that were read and are no
	 * SSTP. number is 0 when nothing of it could be read. The callee may take what *c owns and
	 * zero it; it is freed after this.
	 */
	void (*closed)(void *ctx, struct call *c);
};

struct calls_config {
	struct call_secrets *secrets; /* borrowed, must outlive; not NULL */
	bool plot;                    /* calls keep a throughput plot */
};

struct calls;
struct calls_conn; /* a connection that may be a call */

/* Makes a follower of calls; NULL without memory. */
struct calls *calls_new(const struct calls_config *how, const struct calls_sink *sink, void *ctx);
/* Frees it, and the calls that are still open, without a word to the sink. */
void calls_free(struct calls *k);
/* Looks at any packet of the capture, after what it brought to connections. */
void calls_packet(struct calls *k, const struct flow_packet *p);

/* A connection has opened: returns what the functions below take. NULL without memory: leave out.
 */
struct calls_conn *calls_opened(struct calls *k, struct flow_conn *conn);
/* What flow.h tells of a connection, its data cut into units. */
void calls_message(struct calls_conn *c, const struct tls_message *m);
void calls_unit(struct calls_conn *c, const struct unit *u);
void calls_note(struct calls_conn *c, const struct note *n);
void calls_finished(struct calls_conn *c, enum way way);
/* The connection has closed: judges the call, and frees c. */
void calls_closed(struct calls_conn *c, enum flow_end why, enum way by);

/* Returns the call that a connection is. */
const struct call *calls_of(const struct calls_conn *c);
/* Returns how many SSTP calls there were. */
uint32_t calls_count(const struct calls *k);

#endif
