/* SPDX-License-Identifier: MIT */
/*
 * Cuts application data into heads and packets; see units.h. Packets that lie whole in what comes
 * are handed out where they lie; only halves are kept.
 */
#include "analyse/units.h"

#include "sstp/error.h"
#include "lib/http/http.h"
#include "lib/ppp/ppp.h"

#include <stdlib.h>

#define METHOD     "SSTP_DUPLEX_POST "
#define PROTOCOL   "HTTP/"
#define CHAIN      3 /* packets in a row that prove that SSTP was found again */
#define CONTROL    8 /* bytes of the shortest control packet */
#define ATTRIBUTES 8 /* more than a control packet will have */

enum mode {
	MODE_START,   /* nothing was seen yet */
	MODE_HEAD,    /* an HTTP head */
	MODE_PACKETS, /* SSTP packets, one after the other */
	MODE_BODY,    /* no SSTP */
	MODE_SEARCH,  /* where does the next packet begin? */
};

/* One direction. */
struct side {
	enum way way;
	enum mode mode;
	int err;          /* MODE_SEARCH: why; 0: bytes are missing in the capture */
	uint64_t number;  /* of the last head or packet */
	uint64_t offset;  /* of the next byte in the application's stream */
	uint64_t skip;    /* bytes to come that belong to a torn packet */
	uint8_t *held;    /* the beginning of a head or packet */
	size_t held_n;    /* how many bytes */
	size_t held_room; /* how many fit */
	struct origin held_first;
	uint64_t held_record;
};

struct units {
	units_take *take;
	void *ctx;
	bool sstp;
	struct side side[WAYS];
};

/* What is left of the data at hand. */
struct piece {
	struct rd r;
	const struct tls_data *d;
	struct origin first; /* of the unit that begins here */
	uint64_t record;
};

struct units *units_new(units_take *take, void *ctx)
{
	struct units *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->take = take;
	u->ctx = ctx;
	u->side[WAY_TO_CLIENT].way = WAY_TO_CLIENT;
	return u;
}

static void drop_held(struct side *s)
{
	free(s->held);
	s->held = NULL;
	s->held_n = s->held_room = 0;
}

void units_free(struct units *u)
{
	if (!u)
		return;
	for (int w = 0; w < WAYS; w++)
		drop_held(&u->side[w]);
	free(u);
}

bool units_is_sstp(const struct units *u)
{
	return u->sstp;
}

/* Returns whether a head is that of a request for SSTP. */
static bool is_sstp_request(struct view head)
{
	return head.n >= strlen(METHOD) && !memcmp(head.p, METHOD, strlen(METHOD));
}

bool units_makes_sstp(const struct unit *u)
{
	if (u->kind == UNIT_HTTP)
		return u->way == WAY_TO_SERVER && is_sstp_request(u->bytes);
	return u->kind == UNIT_CONTROL || u->kind == UNIT_DATA;
}

size_t units_held(const struct units *u)
{
	return u->side[0].held_room + u->side[1].held_room;
}

/* Hands out n bytes at p, which end in d. */
static void give(struct units *u, struct side *s, enum unit_kind kind, struct view bytes,
		 const struct piece *from, const struct tls_data *d)
{
	struct unit unit = {
		.kind = kind,
		.way = s->way,
		.bytes = bytes,
		.err = kind == UNIT_BAD ? s->err : 0,
		.offset = s->offset,
		.record_first = from->record,
		.record = d ? d->number : from->record,
		.first = from->first,
		.last = d ? d->last : from->first,
	};

	if (kind == UNIT_CONTROL || kind == UNIT_DATA)
		sstp_parse_header(bytes.p, &unit.header);
	if (kind == UNIT_HTTP || kind == UNIT_CONTROL || kind == UNIT_DATA)
		unit.number = ++s->number;
	s->offset += bytes.n;
	u->take(u->ctx, &unit);
}

/* Keeps n bytes of a head or packet that will have `all`; false without memory. */
static bool hold(struct side *s, struct piece *p, size_t n, size_t all)
{
	if (s->held_n + n > s->held_room) {
		size_t room = all > s->held_n + n ? all : s->held_n + n;
		uint8_t *more = realloc(s->held, room);

		if (!more)
			return false;
		s->held = more;
		s->held_room = room;
	}
	if (!s->held_n) {
		s->held_first = p->first;
		s->held_record = p->record;
	}
	memcpy(s->held + s->held_n, rd_take(&p->r, n), n);
	s->held_n += n;
	return true;
}

/* Hands out the held bytes, and forgets them. */
static void give_held(struct units *u, struct side *s, enum unit_kind kind,
		      const struct tls_data *d)
{
	struct piece from = {.first = s->held_first, .record = s->held_record};
	struct view bytes = {s->held, s->held_n};

	give(u, s, kind, bytes, &from, d);
	s->held_n = 0;
	if (s->held_room > SSTP_HEADER)
		drop_held(s);
}

/* --- finding SSTP again --- */

/* Returns the length of the packet that can begin at r; 0: none can. Few others look like one. */
static size_t plausible(struct rd r)
{
	const uint8_t *b = rd_take(&r, SSTP_HEADER);
	struct sstp_header h;
	struct sstp_control c;
	struct ppp_frame f;
	size_t body;

	if (!b || sstp_parse_header(b, &h) || b[1] > 1 || b[2] > 0x0f)
		return 0;
	body = h.length - SSTP_HEADER;
	if (rd_left(&r) > body)
		r = rd_sub(&r, body);
	if (h.control) {
		if (h.length < CONTROL || sstp_parse_control(r, &c))
			return 0;
		return c.type && c.type < SSTP_MSGS && c.count <= ATTRIBUTES ? h.length : 0;
	}
	return !ppp_parse_frame(r, &f) && ppp_protocol_name(f.protocol) ? h.length : 0;
}

/* Returns whether packets begin at r: a few in a row, or one up to the end of the record. */
static bool is_start(struct rd r, bool at_record)
{
	for (int i = 0; i < CHAIN; i++) {
		size_t n = plausible(r);

		if (!n)
			return false;
		if (n == rd_left(&r))
			return true;
		if (n > rd_left(&r))
			return i > 0 || at_record;
		rd_take(&r, n);
	}
	return true;
}

/* Passes over what is no packet. */
static void search(struct units *u, struct side *s, struct piece *p)
{
	struct rd r = p->r;
	bool whole = p->r.p == p->d->bytes.p;
	struct view skipped;

	while (rd_left(&r) && !is_start(r, whole && r.p == p->r.p))
		rd_take(&r, 1);
	skipped.n = (size_t)(r.p - p->r.p);
	skipped.p = rd_take(&p->r, skipped.n);
	if (skipped.n)
		give(u, s, s->err ? UNIT_BAD : UNIT_SKIPPED, skipped, p, p->d);
	if (!rd_left(&p->r))
		return;
	s->mode = MODE_PACKETS;
	s->err = 0;
	u->sstp = true;
}

/* --- packets --- */

/* Returns how many bytes the packet has that begins in held and what comes; 0: not known yet. */
static size_t packet_size(struct side *s, const struct piece *p)
{
	uint8_t b[SSTP_HEADER];
	struct sstp_header h;
	struct rd r = p->r;
	size_t have = s->held_n < SSTP_HEADER ? s->held_n : SSTP_HEADER;

	if (have + rd_left(&r) < SSTP_HEADER)
		return 0;
	if (have)
		memcpy(b, s->held, have);
	rd_copy(&r, b + have, SSTP_HEADER - have);
	s->err = sstp_parse_header(b, &h);
	return s->err ? 0 : h.length;
}

/* Takes one packet, or the beginning of one. */
static void take_packet(struct units *u, struct side *s, struct piece *p)
{
	size_t all = packet_size(s, p);
	size_t left = rd_left(&p->r);
	struct view bytes;

	if (s->err) {
		if (s->held_n && hold(s, p, SSTP_HEADER - s->held_n, SSTP_HEADER))
			give_held(u, s, UNIT_BAD, p->d);
		s->mode = MODE_SEARCH;
		return;
	}
	if (!all || s->held_n + left < all) {
		if (!hold(s, p, left, all ? all : SSTP_HEADER))
			units_lost(u, s->way, 0);
		return;
	}
	if (s->held_n) {
		if (hold(s, p, all - s->held_n, all))
			give_held(u, s, s->held[1] & 1 ? UNIT_CONTROL : UNIT_DATA, p->d);
		else
			units_lost(u, s->way, 0);
		return;
	}
	bytes.n = all;
	bytes.p = rd_take(&p->r, all);
	give(u, s, bytes.p[1] & 1 ? UNIT_CONTROL : UNIT_DATA, bytes, p, p->d);
}

/* --- heads --- */

/* Decides what follows a head. */
static enum mode after_head(struct units *u, const struct side *s)
{
	struct rd head = rd_init(s->held, s->held_n);
	struct http h;

	if (s->way == WAY_TO_SERVER) {
		if (!is_sstp_request((struct view){s->held, s->held_n}))
			return MODE_BODY;
		u->sstp = true;
		return MODE_PACKETS;
	}
	http_init(&h, false, NULL);
	http_input(&h, head.p, rd_left(&head));
	if (h.status == HTTP_MORE)
		return MODE_HEAD; /* a reply of class 1xx: another one follows */
	if (h.code == 200 && !u->sstp && u->side[WAY_TO_SERVER].mode != MODE_BODY)
		return MODE_SEARCH; /* the request is not in the capture */
	return h.code == 200 && u->sstp ? MODE_PACKETS : MODE_BODY;
}

/* Returns whether the held bytes end in an empty line. */
static bool is_head(const struct side *s)
{
	const uint8_t *end = s->held + s->held_n;

	return (s->held_n >= 2 && end[-1] == '\n' && end[-2] == '\n') ||
	       (s->held_n >= 3 && end[-1] == '\n' && end[-2] == '\r' && end[-3] == '\n');
}

/* Takes the next line of a head. */
static void take_head(struct units *u, struct side *s, struct piece *p)
{
	const uint8_t *lf = memchr(p->r.p, '\n', rd_left(&p->r));
	size_t n = lf ? (size_t)(lf - p->r.p) + 1 : rd_left(&p->r);
	enum mode next;

	if (s->held_n + n > HTTP_HEAD_MAX) {
		s->err = SSTP_E_HTTP_TOO_LARGE;
		if (s->held_n)
			give_held(u, s, UNIT_BAD, p->d);
		s->mode = MODE_BODY;
		return;
	}
	if (!hold(s, p, n, s->held_n + n)) {
		units_lost(u, s->way, 0);
		return;
	}
	if (!is_head(s))
		return;
	next = after_head(u, s);
	give_held(u, s, UNIT_HTTP, p->d);
	s->mode = next;
}

/* Looks at the first byte of a direction. */
static void begin(struct side *s, const struct piece *p)
{
	struct rd r = p->r;
	uint8_t first = rd_u8(&r);

	s->mode = first >= 'A' && first <= 'z' ? MODE_HEAD : MODE_SEARCH;
}

static void take_body(struct units *u, struct side *s, struct piece *p)
{
	struct view bytes = rd_rest(&p->r);

	give(u, s, UNIT_BODY, bytes, p, p->d);
}

/* Leaves out what comes of a torn packet. */
static void skip_torn(struct units *u, struct side *s, struct piece *p)
{
	struct view bytes;

	bytes.n = rd_left(&p->r) < s->skip ? rd_left(&p->r) : (size_t)s->skip;
	bytes.p = rd_take(&p->r, bytes.n);
	s->skip -= bytes.n;
	give(u, s, UNIT_SKIPPED, bytes, p, p->d);
}

void units_data(struct units *u, const struct tls_data *d)
{
	struct side *s = &u->side[d->way];
	struct piece p = {rd_init(d->bytes.p, d->bytes.n), d, d->first, d->number};

	if (s->mode == MODE_START && d->bytes.n)
		begin(s, &p);
	while (rd_left(&p.r)) {
		if (s->skip)
			skip_torn(u, s, &p);
		else if (s->mode == MODE_PACKETS)
			take_packet(u, s, &p);
		else if (s->mode == MODE_SEARCH)
			search(u, s, &p);
		else if (s->mode == MODE_HEAD)
			take_head(u, s, &p);
		else
			take_body(u, s, &p);
	}
}

void units_lost(struct units *u, enum way way, uint64_t bytes)
{
	struct side *s = &u->side[way];
	size_t need = 0;

	if (s->mode == MODE_PACKETS && s->held_n >= SSTP_HEADER) {
		struct sstp_header h;

		if (!sstp_parse_header(s->held, &h))
			need = h.length - s->held_n;
	} else if (s->mode == MODE_PACKETS) {
		need = (size_t)s->skip;
	}
	if (s->held_n)
		give_held(u, s, UNIT_TORN, NULL);
	drop_held(s);
	s->offset += bytes;
	s->skip = bytes && bytes <= need ? need - bytes : 0;
	if (s->mode != MODE_BODY && (!bytes || bytes > need)) {
		s->mode = MODE_SEARCH;
		s->err = 0;
	}
}

void units_end(struct units *u, enum way way)
{
	struct side *s = &u->side[way];

	if (s->held_n)
		give_held(u, s, UNIT_TORN, NULL);
	drop_held(s);
}
