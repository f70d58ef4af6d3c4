/* SPDX-License-Identifier: MIT */
/* From the flow's calls to dissected frames; see frames.h. */
#include "analyse/frames.h"

#include "sstp/error.h"

#include <stdlib.h>

/* What is kept for a connection. */
struct station {
	struct frames *frames;
	struct flow_conn *conn;
	struct units *units;
	void *mine;
};

struct frames {
	struct frames_config config;
	struct dissect dissect;
	const struct flow_packet *packet; /* the frame at hand; NULL between frames */
	struct view piece;                /* the application data at hand */
	const uint8_t *copy;              /* of it, once it is a source of the tree */
	unsigned source;
};

/* Protocols that lie inside of the TCP stream. */
static const enum field_id inside[] = {
	FIELD_HTTP, FIELD_SSTP,   FIELD_PPP,  FIELD_LCP,    FIELD_PAP,
	FIELD_CHAP, FIELD_EAP,    FIELD_IPCP, FIELD_IPV6CP, FIELD_CCP,
	FIELD_CBCP, FIELD_IP,     FIELD_IPV6, FIELD_TCP,    FIELD_UDP,
	FIELD_ICMP, FIELD_ICMPV6, FIELD_DNS,  FIELD_DATA,   FIELD_WS_MALFORMED,
};

struct frames *frames_new(const struct frames_config *config)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->config = *config;
	dissect_init(&f->dissect);
	return f;
}

void frames_free(struct frames *f)
{
	if (!f)
		return;
	dissect_fini(&f->dissect);
	free(f);
}

void *frames_mine(const struct flow_conn *c)
{
	const struct station *s = c->user;

	return s ? s->mine : NULL;
}

/* Finds out how deep a frame has to be dissected. */
static void set_depth(struct dissect *d)
{
	bool deep = !d->tree.wanted || field_wanted(&d->tree, FIELD_FRAME_PROTOCOLS);

	for (size_t i = 2; i < sizeof(inside) / sizeof(*inside) && !deep; i++)
		deep = field_wanted_of(&d->tree, inside[i]);
	d->deep = deep;
}

static void on_packet(void *ctx, const struct flow_packet *p)
{
	struct frames *f = ctx;

	f->packet = p;
	dissect_begin(&f->dissect, f->config.wanted, f->config.lines, p->headers->frame->origin);
	set_depth(&f->dissect);
	dissect_frame(&f->dissect, p);
}

static void on_closed(void *ctx, struct flow_conn *c, enum flow_end why, enum way by)
{
	struct frames *f = ctx;
	struct station *s = c->user;

	if (!s)
		return;
	if (f->config.closed)
		f->config.closed(f->config.ctx, f->packet ? &f->dissect : NULL, s->mine, why, by);
	units_free(s->units);
	free(s);
	c->user = NULL;
}

static void on_record(void *ctx, struct flow_conn *c, const struct tls_record *r)
{
	struct frames *f = ctx;

	(void)c;
	if (f->packet)
		dissect_record(&f->dissect, f->packet, r);
}

static void on_message(void *ctx, struct flow_conn *c, const struct tls_message *m)
{
	struct frames *f = ctx;

	if (f->packet)
		dissect_message(&f->dissect, f->packet, m);
	if (f->config.message)
		f->config.message(f->config.ctx, c, m);
}

/*
 * Makes a unit readable in a source of the tree, which is a copy of the piece at hand or, when the
 * unit came in several, of the unit. Returns false when there is no room for it.
 */
static bool read_unit(struct frames *f, const struct flow_conn *c, const struct unit *u,
		      struct rd *out)
{
	struct field_tree *t = &f->dissect.tree;
	const uint8_t *p = f->piece.p, *copy;
	bool here = p && u->bytes.p >= p && u->bytes.p + u->bytes.n <= p + f->piece.n;

	if (here && f->copy) {
		field_source_use(t, f->source);
		copy = f->copy;
	} else if (here) {
		copy = f->copy = field_source_copy(
			t, c->kind == FLOW_TLS ? "Decrypted TLS" : "TCP payload", p, f->piece.n);
		f->source = t->source;
	} else {
		copy = field_source_copy(t, "Reassembled data", u->bytes.p, u->bytes.n);
	}
	if (!copy)
		return false;
	*out = rd_init(copy + (here ? u->bytes.p - p : 0), u->bytes.n);
	return true;
}

static void dissect_unit(struct frames *f, const struct flow_conn *c, const struct unit *u)
{
	struct dissect *d = &f->dissect;
	struct rd r;

	/* a burst of packets in one frame: their line is full, and nobody asks for their fields */
	if (!d->deep && d->column.units && d->column.text.cut &&
	    !field_wanted(&d->tree, FIELD_HTTP) && !field_wanted_of(&d->tree, FIELD_SSTP))
		return;
	if (!read_unit(f, c, u, &r))
		return;
	d->encrypted = c->kind == FLOW_TLS;
	dissect_leave_tls(d);
	d->units++;
	d->tcp_pending = false;
	column_unit(&d->column);
	switch (u->kind) {
	case UNIT_HTTP:
		dissect_http(d, r, u->way == WAY_TO_SERVER);
		break;
	case UNIT_CONTROL:
	case UNIT_DATA:
		dissect_sstp(d, r);
		break;
	case UNIT_BODY:
		dissect_body(d, r);
		break;
	default:
		column_protocol(&d->column, "SSTP");
		dissect_malformed(d, &r,
				  u->kind == UNIT_BAD    ? sstp_err_text(u->err)
				  : u->kind == UNIT_TORN ? "the rest of the packet is not in the "
							   "capture"
							 : "passed over behind a loss, in search "
							   "of the next packet");
		dissect_data(d, r);
	}
	field_source_use(&d->tree, 0);
}

static void on_unit(void *ctx, const struct unit *u)
{
	struct station *s = ctx;
	struct frames *f = s->frames;
	struct dissect *d = &f->dissect;

	if (f->packet && (d->deep || d->column.wanted || field_wanted_of(&d->tree, FIELD_HTTP) ||
			  field_wanted_of(&d->tree, FIELD_SSTP)))
		dissect_unit(f, s->conn, u);
	if (f->config.unit)
		f->config.unit(f->config.ctx, d, s->conn, u);
}

static void on_opened(void *ctx, struct flow_conn *c)
{
	struct frames *f = ctx;
	struct station *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->frames = f;
	s->conn = c;
	s->units = units_new(on_unit, s);
	c->user = s;
	if (f->config.opened)
		f->config.opened(f->config.ctx, c, &s->mine);
}

static void on_finished(void *ctx, struct flow_conn *c, enum way way)
{
	struct frames *f = ctx;
	struct station *s = c->user;

	if (s && s->units)
		units_end(s->units, way);
	if (f->config.finished)
		f->config.finished(f->config.ctx, c, way);
}

static void on_data(void *ctx, struct flow_conn *c, const struct tls_data *t)
{
	struct frames *f = ctx;
	struct station *s = c->user;

	if (!s || !s->units)
		return;
	f->piece = t->bytes;
	f->copy = NULL;
	units_data(s->units, t);
	f->piece = (struct view){NULL, 0};
}

static void on_note(void *ctx, struct flow_conn *c, const struct note *n)
{
	struct frames *f = ctx;
	struct station *s = c->user;

	if (n->kind == NOTE_HOLE && s && s->units)
		units_lost(s->units, n->way, c->kind == FLOW_PLAIN ? n->count : 0);
	if (f->config.note)
		f->config.note(f->config.ctx, &f->dissect, c, n);
}

/* Adds what only the TCP stream as a whole tells: retransmissions and gaps. */
static void add_analysis(struct dissect *d, unsigned notes, bool has_data)
{
	static const struct {
		unsigned note;
		enum field_id id;
		const char *words;
	} rows[] = {
		{TCP_NOTE_OLD, FIELD_TCP_ANALYSIS_RETRANSMISSION, "[TCP Retransmission] "},
		{TCP_NOTE_FILLS, FIELD_TCP_ANALYSIS_OUT_OF_ORDER, "[TCP Out-Of-Order] "},
		{TCP_NOTE_AHEAD | TCP_NOTE_GAP, FIELD_TCP_ANALYSIS_LOST_SEGMENT,
		 "[TCP Previous segment not captured] "},
	};
	struct field_tree *t = &d->tree;

	for (size_t i = 0; has_data && i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t node;

		if (!(notes & rows[i].note))
			continue;
		node = field_add_none(t, FIELD_TCP_ANALYSIS_FLAGS, 0, 0);
		field_flag(t, node, FIELD_GENERATED);
		field_open(t, node);
		field_flag(t, field_add_none(t, rows[i].id, 0, 0), FIELD_GENERATED);
		field_close(t);
		d->before = rows[i].words;
		return;
	}
}

/* A segment that completes nothing: a part of a TLS record or of a unit. */
static void show_part(struct dissect *d, const struct flow_packet *p)
{
	const struct tcp_header *t = &p->headers->tcp;

	if (p->conn->kind == FLOW_OTHER || p->conn->kind == FLOW_UNKNOWN)
		return;
	d->tcp_part = true;
	if (p->conn->kind == FLOW_TLS && !p->headers->reassembled) {
		struct rd r = rd_init(t->payload, t->n);

		dissect_protocol(d, FIELD_TLS, &r, t->n);
	}
}

static void on_done(void *ctx, const struct flow_packet *p)
{
	struct frames *f = ctx;
	struct dissect *d = &f->dissect;

	dissect_leave_tls(d);
	field_source_use(&d->tree, 0);
	if (p->conn)
		add_analysis(d, p->notes, p->headers->tcp.n > 0);
	if (p->conn && p->headers->tcp.n && !d->units && !d->tls_seen && !(p->notes & TCP_NOTE_OLD))
		show_part(d, p);
	dissect_name_tls(d, p);
	dissect_end(d);
	f->config.frame(f->config.ctx, d, p);
	f->packet = NULL;
}

const struct flow_sink *frames_sink(void)
{
	static const struct flow_sink sink = {
		.packet = on_packet,
		.opened = on_opened,
		.record = on_record,
		.message = on_message,
		.data = on_data,
		.note = on_note,
		.finished = on_finished,
		.closed = on_closed,
		.done = on_done,
	};

	return &sink;
}
