/* SPDX-License-Identifier: MIT */
/*
 * Brings the stations together: headers, fragments, connections, reassembly, TLS. Says who is the
 * client, what a stream carries, and when a connection ends.
 */
#include "analyse/flow.h"

#include "analyse/conn.h"
#include "analyse/fragment.h"
#include "analyse/tls_open.h"

#include <malloc.h>
#include <stdio.h>

#define HTTPS_PORT    443
#define RESET_WINDOW  (1u << 24) /* how far from the stream a reset may be */
#define PRESSURE_LOOK 64         /* connections looked at for memory to give back, a frame */
#define MEMORY_EVERY  1024       /* frames between two looks at the program's memory */
#define MEMORY_SHARE  16         /* of the connections that are let go then */

struct flow {
	struct flow_sink sink;
	void *ctx;
	struct conns conns;
	uint32_t conns_max;
	uint32_t next_number;
	struct budget budget;
	size_t memory; /* that the program may have allocated */
	struct tls_keys *keys;
	struct tls_env env;
	struct fragments *fragments; /* NULL: none were seen */
	struct origin now;
	struct conn *leaving;    /* taken out of the table, to be closed */
	struct conn *delivering; /* whose stream the callbacks below are called for */
	unsigned delivering_end;
	struct flow_stats stats;
};

/* What the TLS station tells, passed on with the connection. */
static void pass_record(void *ctx, const struct tls_record *r)
{
	struct conn *c = ctx;

	if (c->flow->sink.record)
		c->flow->sink.record(c->flow->ctx, &c->pub, r);
}

static void pass_message(void *ctx, const struct tls_message *m)
{
	struct conn *c = ctx;

	if (c->flow->sink.message)
		c->flow->sink.message(c->flow->ctx, &c->pub, m);
}

static void pass_data(void *ctx, const struct tls_data *d)
{
	struct conn *c = ctx;

	if (c->flow->sink.data)
		c->flow->sink.data(c->flow->ctx, &c->pub, d);
}

static void pass_note(void *ctx, const struct note *n)
{
	struct conn *c = ctx;

	if (c->flow->sink.note)
		c->flow->sink.note(c->flow->ctx, &c->pub, n);
}

static const struct tls_sink tls_sink = {pass_record, pass_message, pass_data, pass_note};

struct flow *flow_new(struct tls_keys *keys, const struct flow_config *how,
		      const struct flow_sink *sink, void *ctx)
{
	struct flow *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->sink = *sink;
	f->ctx = ctx;
	f->keys = keys;
	f->conns_max = how->conns ? how->conns : FLOW_CONNS_MAX;
	f->budget.limit = how->budget ? how->budget : FLOW_BUDGET;
	f->memory = how->memory ? how->memory : FLOW_MEMORY;
	f->env.keys = keys;
	f->env.budget = &f->budget;
	f->env.sink = &tls_sink;
	f->env.more_keys = how->more_keys;
	f->env.plain = malloc(TLS_PLAIN_MAX);
	if (conns_init(&f->conns) < 0 || !f->env.plain) {
		flow_free(f);
		return NULL;
	}
	return f;
}

static enum way way_of(const struct conn *c, unsigned end)
{
	return end == c->client ? WAY_TO_SERVER : WAY_TO_CLIENT;
}

/* Frees what a connection holds, but not the connection. */
static void release_conn(struct flow *f, struct conn *c)
{
	tcp_half_fini(&c->half[0], &f->budget);
	tcp_half_fini(&c->half[1], &f->budget);
	tls_free(c->tls);
	c->tls = NULL;
	c->pub.tls = NULL;
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	while (f->conns.oldest) {
		struct conn *c = f->conns.oldest;

		conns_detach(&f->conns, c);
		release_conn(f, c);
		free(c);
	}
	conns_fini(&f->conns);
	if (f->fragments)
		fragment_fini(f->fragments);
	free(f->fragments);
	free(f->env.plain);
	free(f);
}

/* Says that bytes of the application's stream are missing, where there is no TLS that says it. */
static void tell_hole(struct conn *c, enum way way, uint32_t n)
{
	struct note note = {NOTE_HOLE,
			    way,
			    c->flow->now,
			    c->plain_offset[way],
			    n,
			    "bytes of the stream are missing here"};

	c->plain_offset[way] += n;
	pass_note(c, &note);
}

static void deliver_gap(void *ctx, uint32_t n, enum tcp_gap why)
{
	static const char *const reasons[] = {
		[TCP_GAP_LOST] = "are not in the capture",
		[TCP_GAP_CUT] = "were cut off by the capture's snapshot length",
		[TCP_GAP_BOUND] = "did not come before too much waited behind them",
	};
	struct flow *f = ctx;
	struct conn *c = f->delivering;
	enum way way = way_of(c, f->delivering_end);
	struct note note = {NOTE_GAP, way, f->now, c->half[f->delivering_end].offset, n, NULL};
	char text[NOTE_TEXT];

	c->pub.lost[way] += n;
	f->stats.lost += n;
	if (c->pub.kind == FLOW_UNKNOWN)
		c->torn = true;
	if (c->pub.kind != FLOW_TLS && c->pub.kind != FLOW_PLAIN)
		return;
	snprintf(text, sizeof(text), "%u bytes of the TCP stream %s", n, reasons[why]);
	note.text = text;
	pass_note(c, &note);
	if (c->tls)
		tls_gap(c->tls, way, n, f->now);
	else
		tell_hole(c, way, n);
}

/* Hands out bytes of a stream whose kind is known. */
static void hand_out(struct conn *c, enum way way, const uint8_t *bytes, size_t n,
		     struct origin from)
{
	if (c->pub.kind == FLOW_TLS) {
		tls_input(c->tls, way, bytes, n, from);
	} else if (c->pub.kind == FLOW_PLAIN) {
		struct tls_data d = {
			.way = way,
			.bytes = {bytes, n},
			.offset = c->plain_offset[way],
			.first = from,
			.last = from,
		};

		c->plain_offset[way] += n;
		pass_data(c, &d);
	}
}

/* Exchanges the roles: what was taken for the server has spoken like a client. */
static void swap_roles(struct conn *c)
{
	struct flow_conn *p = &c->pub;
	struct flow_conn old = *p;
	struct conn was = *c;

	c->client = !c->client;
	for (int w = 0; w < WAYS; w++) {
		enum way o = way_back((enum way)w);

		p->peer[w] = old.peer[o];
		p->packets[w] = old.packets[o];
		p->bytes[w] = old.bytes[o];
		p->lost[w] = old.lost[o];
		c->sniff_n[w] = was.sniff_n[o];
		memcpy(c->sniff[w], was.sniff[o], CONN_SNIFF);
		c->sniff_from[w] = was.sniff_from[o];
	}
}

/* Settles what a connection is, by the first bytes of `way`, and hands out what was kept. */
static void settle_kind(struct conn *c, enum way way, enum flow_kind kind)
{
	const uint8_t *p = c->sniff[way];
	struct flow *f = c->flow;

	if (!c->roles_known && way == WAY_TO_CLIENT &&
	    ((kind == FLOW_TLS && p[0] == TLS_HANDSHAKE && p[5] == 1) || kind == FLOW_PLAIN))
		swap_roles(c);
	else if (!c->roles_known && way == WAY_TO_SERVER && kind == FLOW_TLS &&
		 p[0] == TLS_HANDSHAKE && p[5] == 2)
		swap_roles(c);
	c->pub.kind = kind;
	if (kind == FLOW_TLS) {
		c->tls = tls_new(&f->env, c);
		if (!c->tls) {
			c->pub.kind = FLOW_OTHER;
			return;
		}
		c->pub.tls = tls_facts(c->tls);
		if (c->pub.middle || c->torn)
			tls_began_before(c->tls);
	}
	if (kind == FLOW_OTHER)
		return;
	c->opened = true;
	if (f->sink.opened)
		f->sink.opened(f->ctx, &c->pub);
	for (int w = 0; w < WAYS; w++)
		if (c->sniff_n[w])
			hand_out(c, (enum way)w, c->sniff[w], c->sniff_n[w], c->sniff_from[w]);
}

/* Takes bytes of a connection until it is clear what it is; returns how many it took. */
static size_t take_unknown(struct conn *c, enum way way, const uint8_t *bytes, size_t n,
			   struct origin from)
{
	size_t at = 0;

	while (c->pub.kind == FLOW_UNKNOWN && at < n) {
		size_t took;
		enum flow_kind kind = conn_sniff(c, way, bytes + at, n - at, from, &took);

		at += took;
		if (kind != FLOW_UNKNOWN) {
			settle_kind(c, way, kind);
		} else if (!took) { /* a server's first bytes, too many to keep */
			c->torn = true;
			return n;
		}
	}
	return at;
}

static void deliver_bytes(void *ctx, const uint8_t *bytes, size_t n, struct origin from)
{
	struct flow *f = ctx;
	struct conn *c = f->delivering;
	unsigned end = f->delivering_end;

	if (c->pub.kind == FLOW_UNKNOWN) {
		size_t took = take_unknown(c, way_of(c, end), bytes, n, from);

		bytes += took;
		n -= took;
	}
	if (n)
		hand_out(c, way_of(c, end), bytes, n, from);
}

static void deliver_end(void *ctx)
{
	struct flow *f = ctx;
	struct conn *c = f->delivering;

	if (c->opened && f->sink.finished)
		f->sink.finished(f->ctx, &c->pub, way_of(c, f->delivering_end));
}

/* Returns where the stream of one end goes. */
static struct tcp_out out_of(struct flow *f, struct conn *c, unsigned end)
{
	f->delivering = c;
	f->delivering_end = end;
	return (struct tcp_out){f, deliver_bytes, deliver_gap, deliver_end};
}

/* Hands out what a connection holds back, and says goodbye to the sink. */
static void close_conn(struct flow *f, struct conn *c, enum flow_end why, enum way by)
{
	if (c->closed)
		return;
	for (unsigned end = 0; end < 2; end++) {
		struct tcp_out out = out_of(f, c, end);

		tcp_half_flush(&c->half[end], &f->budget, &out);
	}
	c->closed = true;
	if (c->tls)
		tls_end(c->tls, f->now);
	if (c->opened && f->sink.closed)
		f->sink.closed(f->ctx, &c->pub, why, by);
	release_conn(f, c);
}

/* Takes a connection out of the table; it is closed once the frame at hand has been told. */
static void dismiss_conn(struct flow *f, struct conn *c, enum flow_end why)
{
	conns_detach(&f->conns, c);
	c->leaves = why;
	c->older = f->leaving;
	f->leaving = c;
	if (why == FLOW_END_EVICTED)
		f->stats.evicted++;
}

/* Closes the connections that were dismissed. */
static void close_leaving(struct flow *f)
{
	while (f->leaving) {
		struct conn *c = f->leaving;

		f->leaving = c->older;
		close_conn(f, c, c->leaves, WAY_TO_SERVER);
		free(c);
	}
}

/* Says who is the client of a new connection: who sends the SYN, or else who has the higher port.
 */
static void set_roles(struct conn *c, unsigned from, const struct tcp_header *t)
{
	unsigned other = !from;

	c->roles_known = t->flags & TCP_SYN;
	if (c->roles_known)
		c->client = (uint8_t)(t->flags & TCP_ACK ? other : from);
	else if (t->from == HTTPS_PORT || t->to == HTTPS_PORT)
		c->client = (uint8_t)(t->from == HTTPS_PORT ? other : from);
	else
		c->client = (uint8_t)(t->from < t->to ? other : from);
	for (unsigned end = 0; end < 2; end++) {
		struct flow_peer *p = &c->pub.peer[way_of(c, end)];

		p->version = c->key.version;
		p->port = c->key.port[end];
		memcpy(p->ip, c->key.ip[end], 16);
	}
}

static struct conn *new_conn(struct flow *f, const struct conn_key *key, unsigned from,
			     const struct tcp_header *t)
{
	struct conn *c;

	while (f->conns.count >= f->conns_max)
		dismiss_conn(f, f->conns.oldest, FLOW_END_EVICTED);
	c = conns_add(&f->conns, key);
	if (!c)
		return NULL;
	c->flow = f;
	c->pub.number = f->next_number++;
	c->pub.first = f->now;
	c->pub.middle = !(t->flags & TCP_SYN);
	set_roles(c, from, t);
	f->stats.conns++;
	return c;
}

/* Returns whether a SYN opens a new connection with the addresses and ports of c. */
static bool is_reuse(const struct conn *c, unsigned from, const struct tcp_header *t)
{
	const struct tcp_half *h = &c->half[from];

	if (!(t->flags & TCP_SYN) || t->flags & TCP_ACK)
		return false;
	return c->closed || (h->started && (h->middle || h->base != t->seq));
}

/* Returns whether a reset is one that its receiver would take. */
static bool is_reset(const struct conn *c, unsigned from, const struct tcp_header *t)
{
	const struct tcp_half *h = &c->half[from];
	uint32_t ahead = t->seq - h->next;

	if (!(t->flags & TCP_RST))
		return false;
	return !h->started || ahead < RESET_WINDOW || -ahead < RESET_WINDOW;
}

/* Takes from a connection what it holds back; returns whether it holds something still. */
static bool relieve_conn(struct flow *f, struct conn *c)
{
	for (unsigned end = 0; end < 2; end++) {
		struct tcp_out out = out_of(f, c, end);

		if (c->half[end].front)
			tcp_half_flush(&c->half[end], &f->budget, &out);
	}
	if (c->tls && tls_waits(c->tls))
		tls_stop_waiting(c->tls, f->now);
	return c->tls && tls_holds(c->tls);
}

/*
 * Makes room when memory is scarce, beginning with the connections that are idle for longest: their
 * holes are given up, keys are not waited for any more, and who holds halves of records is let go.
 */
static void relieve_pressure(struct flow *f)
{
	struct conn *c = f->conns.oldest;

	while (c && c != f->conns.newest && f->budget.used > f->budget.limit / 4 * 3) {
		struct conn *next = c->newer;

		if (relieve_conn(f, c))
			dismiss_conn(f, c, FLOW_END_EVICTED);
		c = next;
	}
	close_leaving(f);
}

/* Takes the segment of a connection. */
static void take_segment(struct flow *f, struct conn *c, unsigned from, struct flow_packet *p)
{
	const struct tcp_header *t = &p->headers->tcp;
	struct tcp_out out;

	if (c->closed)
		return;
	out = out_of(f, c, from);
	p->notes = tcp_half_input(&c->half[from], t, f->now, &f->budget, &out);
	if (t->flags & TCP_ACK && c->half[!from].started) {
		out = out_of(f, c, !from);
		p->notes |= tcp_half_acked(&c->half[!from], t->ack, f->now, &f->budget, &out);
	}
	if (is_reset(c, from, t))
		close_conn(f, c, FLOW_END_RESET, way_of(c, from));
	else if (c->half[0].ended && c->half[1].ended)
		close_conn(f, c, FLOW_END_FIN, way_of(c, from));
}

/* Finds or makes the connection of a segment. */
static struct conn *find_conn(struct flow *f, const struct packet *headers, unsigned *from)
{
	const struct tcp_header *t = &headers->tcp;
	struct conn_key key;
	struct conn *c;

	*from = conn_key_of(&headers->ip, t, &key);
	c = conns_find(&f->conns, &key);
	if (c && is_reuse(c, *from, t)) {
		dismiss_conn(f, c, FLOW_END_REUSED);
		c = NULL;
	}
	return c ? c : new_conn(f, &key, *from, t);
}

/* Counts a segment, and says where in the stream it is. */
static void describe_segment(struct flow *f, struct conn *c, unsigned from, struct flow_packet *p)
{
	const struct tcp_header *t = &p->headers->tcp;
	const struct tcp_half *h = &c->half[from];
	const struct tcp_half *back = &c->half[!from];

	p->conn = &c->pub;
	p->way = way_of(c, from);
	p->seq = h->started ? t->seq - h->base : !(t->flags & TCP_SYN);
	p->ack = back->started ? t->ack - back->base : 1;
	c->pub.last = f->now;
	c->pub.packets[p->way]++;
	c->pub.bytes[p->way] += t->n;
}

/* Puts fragments together; returns whether h has a TCP segment now. */
static bool take_fragment(struct flow *f, struct packet *h)
{
	struct view whole;

	f->stats.fragments++;
	if (!f->fragments)
		f->fragments = calloc(1, sizeof(*f->fragments));
	if (!f->fragments || !fragment_add(f->fragments, &h->ip, f->now.ns, &whole))
		return false;
	h->reassembled = true;
	h->ip.payload = whole.p;
	h->ip.n = h->ip.wire = (uint32_t)whole.n;
	if (h->ip.version == 6 && packet_extensions(&h->ip) < 0)
		return false;
	return h->ip.protocol == IP_TCP &&
	       packet_tcp(h->ip.payload, h->ip.n, h->ip.wire, &h->tcp) == 0;
}

/* Tries again what waits for keys. */
static void retry_waiting(struct flow *f)
{
	for (struct conn *c = f->conns.newest; c; c = c->older)
		if (c->tls && tls_waits(c->tls))
			tls_retry(c->tls);
}

/* Lets some of the idlest connections go when the program has allocated too much. */
static void save_memory(struct flow *f)
{
	struct mallinfo2 heap = mallinfo2();

	if (heap.uordblks + heap.hblkhd < f->memory)
		return;
	for (uint32_t n = f->conns.count / MEMORY_SHARE; n; n--)
		dismiss_conn(f, f->conns.oldest, FLOW_END_EVICTED);
}

void flow_frame(struct flow *f, const struct frame *frame)
{
	struct packet headers;
	struct flow_packet p = {.headers = &headers};
	struct conn *c = NULL;
	unsigned from = 0;

	f->now = frame->origin;
	f->stats.frames++;
	packet_read(frame, &headers);
	if (headers.ip.version && headers.ip.fragment && !take_fragment(f, &headers))
		headers.tcp.header = 0;
	if (headers.tcp.header)
		c = find_conn(f, &headers, &from);
	if (c) {
		f->stats.tcp++;
		describe_segment(f, c, from, &p);
	}
	if (f->sink.packet)
		f->sink.packet(f->ctx, &p);
	close_leaving(f);
	if (c) {
		take_segment(f, c, from, &p);
		if (f->env.more_keys && c->tls && tls_waits(c->tls) && tls_keys_poll(f->keys))
			retry_waiting(f);
	}
	if (f->budget.used > f->budget.limit - f->budget.limit / 8)
		relieve_pressure(f);
	if (f->stats.frames % MEMORY_EVERY == 0)
		save_memory(f);
	if (f->sink.done)
		f->sink.done(f->ctx, &p);
}

void flow_secrets(struct flow *f, struct view text)
{
	if (tls_keys_add_log(f->keys, text))
		retry_waiting(f);
}

void flow_idle(struct flow *f)
{
	if (tls_keys_poll(f->keys))
		retry_waiting(f);
}

void flow_finish(struct flow *f)
{
	for (struct conn *c = f->conns.oldest; c; c = c->newer)
		close_conn(f, c, FLOW_END_CAPTURE, WAY_TO_SERVER);
}

void flow_stats(const struct flow *f, struct flow_stats *out)
{
	*out = f->stats;
	out->held_peak = f->budget.peak;
}
