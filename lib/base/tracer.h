/* SPDX-License-Identifier: MIT */
/* Where the machines put trace records: a ring that the link's owner lends. Off is one branch. */
#ifndef LIB_BASE_TRACER_H
#define LIB_BASE_TRACER_H

#include "sstp/trace.h"
#include "lib/base/cursor.h"

struct tracer {
	struct sstp_trace *ring; /* NULL: off */
	uint32_t size;
	uint64_t head; /* next to hand out; head and tail only grow */
	uint64_t tail; /* next to fill */
	uint32_t lost; /* records that found the ring full */
	uint64_t now;  /* set by the link at each of its doors */
};

/* Lends t a ring of n records; NULL or 0 turns tracing off. */
void tracer_init(struct tracer *t, struct sstp_trace *ring, uint32_t n);
/* Hands out the oldest record; false when there is none. */
bool tracer_next(struct tracer *t, struct sstp_trace *out);
/* Returns how many records may still be stored; UINT32_MAX when tracing is off. */
uint32_t tracer_room(const struct tracer *t);

/* Records a message. The caller has cut secrets out of it. */
void trace_msg(struct tracer *t, enum sstp_trace_kind kind, enum sstp_layer layer, const void *p,
	       size_t n);
/* Records a change of state of the machine `name` (NULL: the layer's only one). */
void trace_state(struct tracer *t, enum sstp_layer layer, const char *name, const char *from,
		 const char *to);
/* Records that the timer `name` expired. */
void trace_timer(struct tracer *t, enum sstp_layer layer, const char *name);
/* Records a fault at offset off of the message at hand. */
void trace_fault(struct tracer *t, enum sstp_layer layer, int err, size_t off);
/* Records that something (value: PPP protocol, SSTP type, code) was dropped. */
void trace_drop(struct tracer *t, enum sstp_layer layer, int err, uint32_t value);
/* Records a fact. */
void trace_note(struct tracer *t, enum sstp_layer layer, const char *name, uint32_t value);

#endif
