/* SPDX-License-Identifier: MIT */
/*
 * Orders segments by sequence number. The usual segment, the next one in turn, is delivered from
 * the packet itself; only a segment ahead of its turn is copied. Sequence numbers are compared by
 * their difference (RFC 9293 section 3.4), so that they may wrap.
 */
#include "analyse/tcp.h"

struct tcp_piece {
	struct tcp_piece *next;
	struct tcp_piece *prev;
	uint32_t seq;
	uint32_t n;    /* bytes that the capture has */
	uint32_t wire; /* bytes that it stands for */
	struct origin from;
	uint8_t bytes[];
};

/* A run of bytes of the stream on its way in. */
struct run {
	uint32_t seq;
	const uint8_t *p;
	uint32_t n;
	uint32_t wire;
	struct origin from;
};

/* Drops the first k bytes, at most wire, of a run. */
static void trim_run(struct run *r, uint32_t k)
{
	uint32_t real = k < r->n ? k : r->n;

	r->seq += k;
	r->wire -= k;
	r->p += real;
	r->n -= real;
}

/* Moves past n bytes that nobody will see. */
static void pass_gap(struct tcp_half *h, uint32_t n, enum tcp_gap why, const struct tcp_out *out)
{
	h->next += n;
	out->gap(out->ctx, n, why);
	h->offset += n;
}

/* Delivers a run that begins at h->next. */
static void deliver_run(struct tcp_half *h, const struct run *r, const struct tcp_out *out)
{
	if (r->n) {
		h->next += r->n;
		out->bytes(out->ctx, r->p, r->n, r->from);
		h->offset += r->n;
	}
	if (r->wire > r->n)
		pass_gap(h, r->wire - r->n, TCP_GAP_CUT, out);
}

static void unlink_front(struct tcp_half *h)
{
	h->front = h->front->next;
	if (h->front)
		h->front->prev = NULL;
	else
		h->back = NULL;
}

static void free_piece(struct tcp_half *h, struct tcp_piece *p, struct budget *b)
{
	h->held -= p->n;
	h->pieces--;
	budget_free(b, p, sizeof(*p) + p->n);
}

/* Delivers the end of the stream once all before it was. */
static void deliver_end(struct tcp_half *h, const struct tcp_out *out)
{
	if (h->fin && !h->ended && h->next == h->last) {
		h->ended = true;
		out->end(out->ctx);
	}
}

/* Delivers waiting pieces whose turn has come. */
static void drain(struct tcp_half *h, struct budget *b, const struct tcp_out *out)
{
	while (h->front && (int32_t)(h->front->seq - h->next) <= 0) {
		struct tcp_piece *p = h->front;
		struct run r = {p->seq, p->bytes, p->n, p->wire, p->from};
		uint32_t seen = h->next - p->seq;

		unlink_front(h);
		if (seen < r.wire) {
			trim_run(&r, seen);
			deliver_run(h, &r, out);
		}
		free_piece(h, p, b);
		h->patience = 0;
		h->hole_ns = r.from.ns;
	}
	deliver_end(h, out);
}

/* Gives up the hole in front of the waiting pieces. */
static void give_up(struct tcp_half *h, enum tcp_gap why, struct budget *b,
		    const struct tcp_out *out)
{
	pass_gap(h, h->front->seq - h->next, why, out);
	drain(h, b, out);
}

/* Makes a piece of the first n bytes (of the stream) of r and links it behind `after`. */
static struct tcp_piece *add_piece(struct tcp_half *h, const struct run *r, uint32_t wire,
				   struct tcp_piece *after, struct budget *b)
{
	uint32_t n = r->n < wire ? r->n : wire;
	struct tcp_piece *p;

	if (h->held + n > TCP_HELD_MAX || h->pieces == TCP_PIECES_MAX)
		return NULL;
	p = budget_alloc(b, sizeof(*p) + n);
	if (!p)
		return NULL;
	p->seq = r->seq;
	p->n = n;
	p->wire = wire;
	p->from = r->from;
	if (n)
		memcpy(p->bytes, r->p, n);
	p->prev = after;
	p->next = after ? after->next : h->front;
	*(p->prev ? &p->prev->next : &h->front) = p;
	*(p->next ? &p->next->prev : &h->back) = p;
	h->held += n;
	h->pieces++;
	return p;
}

/*
 * Lets a run wait; of bytes that wait already the first copy stays. Returns false when a bound is
 * reached, with r reduced to what was not taken.
 */
static bool hold_run(struct tcp_half *h, struct run *r, struct budget *b)
{
	struct tcp_piece *after = h->back;

	while (after && (int32_t)(after->seq - r->seq) > 0)
		after = after->prev;
	for (;;) {
		struct tcp_piece *next = after ? after->next : h->front;
		uint32_t room = r->wire;

		if (after) {
			int32_t over = (int32_t)(after->seq + after->wire - r->seq);

			if (over >= (int32_t)r->wire)
				return true;
			if (over > 0)
				trim_run(r, (uint32_t)over);
			room = r->wire;
		}
		if (next && next->seq - r->seq < room)
			room = next->seq - r->seq;
		if (room) {
			after = add_piece(h, r, room, after, b);
			if (!after)
				return false;
		}
		if (room == r->wire)
			return true;
		trim_run(r, room);
		after = next;
	}
}

/* Takes a run that is ahead of its turn; gives holes up until it fits. */
static unsigned take_ahead(struct tcp_half *h, struct run *r, struct budget *b,
			   const struct tcp_out *out)
{
	unsigned notes = TCP_NOTE_AHEAD;

	if (!h->front)
		h->hole_ns = r->from.ns;
	while (!hold_run(h, r, b)) {
		uint32_t seen;

		notes |= TCP_NOTE_GAP;
		if (h->front && (int32_t)(h->front->seq - r->seq) <= 0)
			give_up(h, TCP_GAP_BOUND, b, out);
		else
			pass_gap(h, r->seq - h->next, TCP_GAP_BOUND, out);
		seen = h->next - r->seq;
		if ((int32_t)seen >= 0) {
			if (seen < r->wire) {
				trim_run(r, seen);
				deliver_run(h, r, out);
			}
			drain(h, b, out);
			break;
		}
	}
	return notes;
}

/* Decides about a segment far from where the stream is; returns whether to believe it. */
static bool accept_stray(struct tcp_half *h, uint32_t seq, struct budget *b,
			 const struct tcp_out *out)
{
	if (++h->strays < TCP_STRAYS_MAX)
		return false;
	while (h->front)
		give_up(h, TCP_GAP_LOST, b, out);
	pass_gap(h, seq - h->next, TCP_GAP_LOST, out);
	return true;
}

/* Takes the bytes of a segment. */
static unsigned take_run(struct tcp_half *h, struct run *r, struct budget *b,
			 const struct tcp_out *out)
{
	int32_t ahead = (int32_t)(r->seq - h->next);
	unsigned notes = r->n < r->wire ? TCP_NOTE_CUT : 0;

	if (ahead >= (int32_t)TCP_WINDOW || ahead <= -(int32_t)TCP_WINDOW) {
		if (!accept_stray(h, r->seq, b, out))
			return TCP_NOTE_STRAY;
		notes |= TCP_NOTE_GAP;
		ahead = 0;
	}
	h->strays = 0;
	if (ahead > 0)
		return notes | take_ahead(h, r, b, out);
	if (ahead < 0) {
		uint32_t seen = (uint32_t)-ahead;

		if (seen >= r->wire)
			return notes | TCP_NOTE_OLD;
		trim_run(r, seen);
		notes |= TCP_NOTE_OVERLAP;
	}
	if (h->front)
		notes |= TCP_NOTE_FILLS;
	deliver_run(h, r, out);
	if (h->front)
		drain(h, b, out);
	return notes;
}

/* Gives the hole in front up when it has been one for long enough. */
static unsigned judge_hole(struct tcp_half *h, uint64_t ns, struct budget *b,
			   const struct tcp_out *out)
{
	bool acked =
		h->patience && (h->patience > TCP_PATIENCE || ns - h->acked_ns > TCP_PATIENCE_NS);

	if (ns < h->hole_ns || (h->patience && ns < h->acked_ns))
		acked = h->patience > TCP_PATIENCE; /* clocks that run backwards prove nothing */
	else if (ns - h->hole_ns > TCP_UNACKED_NS)
		acked = true;
	if (!acked)
		return 0;
	give_up(h, TCP_GAP_LOST, b, out);
	return TCP_NOTE_GAP;
}

/* Remembers where the stream ends, when that can be true. */
static void note_end(struct tcp_half *h, uint32_t last)
{
	if (h->fin || last - h->next >= TCP_WINDOW)
		return;
	h->fin = true;
	h->last = last;
}

unsigned tcp_half_input(struct tcp_half *h, const struct tcp_header *t, struct origin from,
			struct budget *b, const struct tcp_out *out)
{
	struct run r = {t->seq, t->payload, t->n, t->wire, from};
	unsigned notes = 0;

	if (t->flags & TCP_SYN)
		r.seq++;
	if (!h->started) {
		h->started = true;
		h->middle = !(t->flags & TCP_SYN);
		h->base = h->middle ? t->seq - 1 : t->seq;
		h->next = r.seq;
	}
	if (t->flags & TCP_FIN && !(t->flags & TCP_RST))
		note_end(h, r.seq + r.wire);
	/* a reset's payload is a text for people (RFC 9293 section 3.5.3), not part of the stream
	 */
	if (r.wire && !h->ended && !(t->flags & TCP_RST))
		notes = take_run(h, &r, b, out);
	else if (r.wire)
		notes = TCP_NOTE_OLD;
	deliver_end(h, out);
	if (h->front) {
		if (h->patience)
			h->patience++;
		notes |= judge_hole(h, from.ns, b, out);
	}
	return notes;
}

unsigned tcp_half_acked(struct tcp_half *h, uint32_t ack, struct origin from, struct budget *b,
			const struct tcp_out *out)
{
	if (!h->front)
		return 0;
	if (h->patience) {
		h->patience++;
	} else if ((int32_t)(ack - h->front->seq) >= 0) {
		h->patience = 1;
		h->acked_ns = from.ns;
	}
	return judge_hole(h, from.ns, b, out);
}

void tcp_half_flush(struct tcp_half *h, struct budget *b, const struct tcp_out *out)
{
	while (h->front)
		give_up(h, TCP_GAP_LOST, b, out);
	if (h->fin && !h->ended && (int32_t)(h->last - h->next) > 0)
		pass_gap(h, h->last - h->next, TCP_GAP_LOST, out);
	deliver_end(h, out);
}

void tcp_half_fini(struct tcp_half *h, struct budget *b)
{
	while (h->front) {
		struct tcp_piece *p = h->front;

		unlink_front(h);
		free_piece(h, p, b);
	}
	*h = (struct tcp_half){0};
}
