/* SPDX-License-Identifier: MIT */
/* The trace ring; see tracer.h. Rendering is in lib/link/trace.c, which knows the rooms' words. */
#include "lib/base/tracer.h"

void tracer_init(struct tracer *t, struct sstp_trace *ring, uint32_t n)
{
	*t = (struct tracer){.ring = n ? ring : NULL, .size = ring ? n : 0};
}

bool tracer_next(struct tracer *t, struct sstp_trace *out)
{
	if (t->head == t->tail)
		return false;
	*out = t->ring[t->head++ % t->size];
	return true;
}

uint32_t tracer_room(const struct tracer *t)
{
	return t->ring ? t->size - (uint32_t)(t->tail - t->head) : UINT32_MAX;
}

/* Returns the next free record with its head filled in; NULL when tracing is off or the ring full.
 */
static struct sstp_trace *new_record(struct tracer *t, enum sstp_trace_kind kind,
				     enum sstp_layer layer)
{
	struct sstp_trace *r;

	if (!t->ring)
		return NULL;
	if (!tracer_room(t)) {
		t->lost++;
		return NULL;
	}
	r = &t->ring[t->tail++ % t->size];
	memset(r, 0, offsetof(struct sstp_trace, bytes));
	r->now = t->now;
	r->kind = (uint8_t)kind;
	r->layer = (uint8_t)layer;
	return r;
}

void trace_msg(struct tracer *t, enum sstp_trace_kind kind, enum sstp_layer layer, const void *p,
	       size_t n)
{
	struct sstp_trace *r = new_record(t, kind, layer);

	if (!r)
		return;
	r->len = (uint16_t)n;
	r->kept = (uint16_t)(n < sizeof(r->bytes) ? n : sizeof(r->bytes));
	memcpy(r->bytes, p, r->kept);
}

void trace_state(struct tracer *t, enum sstp_layer layer, const char *name, const char *from,
		 const char *to)
{
	struct sstp_trace *r = new_record(t, SSTP_TRACE_STATE, layer);

	if (!r)
		return;
	r->name = name;
	r->from = from;
	r->to = to;
}

void trace_timer(struct tracer *t, enum sstp_layer layer, const char *name)
{
	struct sstp_trace *r = new_record(t, SSTP_TRACE_TIMER, layer);

	if (r)
		r->name = name;
}

void trace_fault(struct tracer *t, enum sstp_layer layer, int err, size_t off)
{
	struct sstp_trace *r = new_record(t, SSTP_TRACE_FAULT, layer);

	if (!r)
		return;
	r->err = (int16_t)err;
	r->off = (uint32_t)off;
}

void trace_drop(struct tracer *t, enum sstp_layer layer, int err, uint32_t value)
{
	struct sstp_trace *r = new_record(t, SSTP_TRACE_DROP, layer);

	if (!r)
		return;
	r->err = (int16_t)err;
	r->value = value;
}

void trace_note(struct tracer *t, enum sstp_layer layer, const char *name, uint32_t value)
{
	struct sstp_trace *r = new_record(t, SSTP_TRACE_NOTE, layer);

	if (!r)
		return;
	r->name = name;
	r->value = value;
}
