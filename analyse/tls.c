/* SPDX-License-Identifier: MIT */
/*
 * Records of a TLS connection. A record that lies in one segment is opened from the packet itself;
 * one that does not is put together in a buffer first. What a record then does depends on the state
 * of its direction: clear, open, waiting for a key, shut.
 */
#include "analyse/tls_local.h"

#include "lib/base/secret.h"

bool tls_looks_like(const uint8_t *bytes, size_t n)
{
	if (n && (bytes[0] < TLS_CHANGE_CIPHER || bytes[0] > TLS_HEARTBEAT))
		return false;
	return (n < 2 || bytes[1] == 3) && (n < 3 || bytes[2] <= 4);
}

size_t tls_whole(const uint8_t *header)
{
	size_t n = be16(header[3], header[4]);

	return tls_looks_like(header, TLS_HEADER) && n <= TLS_BODY_MAX ? TLS_HEADER + n : 0;
}

void tls_buffer_free(struct tls *t, struct tls_buffer *b)
{
	if (b->p)
		wipe(b->p, b->n);
	budget_free(t->env->budget, b->p, b->size);
	*b = (struct tls_buffer){0};
}

/* Makes room for n bytes altogether. */
static bool reserve(struct tls *t, struct tls_buffer *b, size_t n)
{
	size_t size = 512;
	uint8_t *p;

	if (n <= b->size)
		return true;
	while (size < n)
		size *= 2;
	p = budget_alloc(t->env->budget, size);
	if (!p)
		return false;
	if (b->n)
		memcpy(p, b->p, b->n);
	n = b->n;
	tls_buffer_free(t, b);
	*b = (struct tls_buffer){p, n, size};
	return true;
}

bool tls_buffer_add(struct tls *t, struct tls_buffer *b, const uint8_t *p, size_t n, size_t max)
{
	if (n > max || b->n > max - n || !reserve(t, b, b->n + n))
		return false;
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	return true;
}

struct tls *tls_new(const struct tls_env *env, void *ctx)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t) {
		t->env = env;
		t->ctx = ctx;
		t->allowance = TLS_TRY_BYTES;
	}
	return t;
}

static void free_held(struct tls *t, struct tls_held *h)
{
	budget_free(t->env->budget, h, sizeof(*h) + h->in.have);
}

void tls_forget_handshake(struct tls *t)
{
	struct tls_hs *hs = t->hs;

	if (!hs)
		return;
	for (int w = 0; w < WAYS; w++)
		tls_buffer_free(t, &hs->script[w]);
	tls_buffer_free(t, &hs->premaster);
	tls_buffer_free(t, &hs->ticket);
	wipe(hs, sizeof(*hs));
	free(hs);
	t->hs = NULL;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	for (int w = 0; w < WAYS; w++) {
		struct tls_side *s = &t->side[w];

		tls_opener_free(s->opener);
		tls_opener_free(s->next);
		tls_buffer_free(t, &s->part);
		tls_buffer_free(t, &s->message);
		while (s->held) {
			struct tls_held *h = s->held;

			s->held = h->next;
			free_held(t, h);
		}
	}
	tls_forget_handshake(t);
	free(t->facts.cert);
	wipe(t, sizeof(*t));
	free(t);
}

const struct tls_facts *tls_facts(const struct tls *t)
{
	return &t->facts;
}

void tls_began_before(struct tls *t)
{
	t->middle = true;
}

void tls_note(struct tls *t, enum note_kind kind, enum way way, const struct tls_in *in,
	      uint64_t count, const char *text)
{
	struct note n = {kind, way, in->last, in->offset, count, text};

	t->env->sink->note(t->ctx, &n);
}

/* Fills the record that the sink gets. */
static struct tls_record describe(enum way way, const struct tls_in *in, enum tls_seen seen)
{
	return (struct tls_record){
		.way = way,
		.seen = seen,
		.type = in->raw.type,
		.content = in->raw.type,
		.version = in->raw.version,
		.length = (uint16_t)in->raw.n,
		.number = in->number,
		.offset = in->offset,
		.first = in->first,
		.last = in->last,
	};
}

void tls_show(struct tls *t, enum way way, const struct tls_in *in, enum tls_seen seen)
{
	struct tls_record r = describe(way, in, seen);

	t->env->sink->record(t->ctx, &r);
}

/* Lets an alert work, and tells it. */
static void take_alert(struct tls *t, enum way way, const struct tls_in *in, struct view plain)
{
	if (plain.n != 2)
		return;
	if (plain.p[1] == 0)
		t->facts.closed[way] = true;
	tls_note(t, NOTE_ALERT, way, in, be16(plain.p[0], plain.p[1]), tls_alert_name(plain.p[1]));
}

static void take_data(struct tls *t, enum way way, const struct tls_in *in, struct view plain)
{
	struct tls_side *s = &t->side[way];
	struct tls_data d = {
		.way = way,
		.bytes = plain,
		.offset = s->app_offset,
		.number = ++s->app_records,
		.first = in->first,
		.last = in->last,
	};

	s->app_offset += plain.n;
	if (plain.n)
		t->env->sink->data(t->ctx, &d);
}

/* Returns the stage of TLS 1.3 that a direction's first protected record is of. */
static enum tls_stage first_stage(const struct tls *t, enum way way)
{
	return way == WAY_TO_SERVER && t->facts.early ? STAGE_EARLY : STAGE_HANDSHAKE;
}

void tls_deliver(struct tls *t, enum way way, const struct tls_in *in, enum tls_seen seen,
		 uint8_t content, struct view plain)
{
	struct tls_record r = describe(way, in, seen);

	r.content = content;
	r.plain = plain;
	t->env->sink->record(t->ctx, &r);
	switch (content) {
	case TLS_CHANGE_CIPHER:
		/* before the ServerHello it may be one of TLS 1.3 too, which means nothing */
		if (t->facts.version != TLS_1_3)
			tls_turn(t, way, first_stage(t, way), in->last);
		break;
	case TLS_ALERT:
		take_alert(t, way, in, plain);
		break;
	case TLS_HANDSHAKE:
		tls_handshake_input(t, way, in, seen == TLS_SEEN_DECRYPTED, plain);
		break;
	case TLS_APPLICATION:
		take_data(t, way, in, plain);
		break;
	default:
		break;
	}
}

void tls_turn(struct tls *t, enum way way, enum tls_stage stage, struct origin at)
{
	struct tls_side *s = &t->side[way];
	struct tls_opener *made = NULL;
	enum tls_why why = WHY_NOTHING;
	enum tls_ready ready;

	s->stage = stage;
	if (t->facts.version == TLS_1_3) {
		ready = tls_secret_stage(t, way, &stage, &made, &why);
	} else {
		ready = tls_secret_openers(t, way, &why);
		made = s->next;
		s->next = NULL;
	}
	if (ready == READY_YES) {
		tls_opener_free(s->opener);
		s->opener = made;
		s->state = SIDE_OPEN;
		s->stage = stage;
		s->failed = 0;
		tls_tell_open(t, way, at);
	} else if (ready == READY_LATER) {
		s->state = SIDE_WAIT;
		s->why = why;
	} else {
		tls_shut(t, way, why, at);
	}
	if (t->facts.version != TLS_1_3 && t->side[WAY_TO_SERVER].opener &&
	    t->side[WAY_TO_CLIENT].opener && !t->side[WAY_TO_SERVER].next &&
	    !t->side[WAY_TO_CLIENT].next)
		tls_forget_handshake(t);
}

/* Keeps a record until its key comes; gives up when too much is kept. */
static void hold(struct tls *t, enum way way, const struct tls_in *in)
{
	struct tls_side *s = &t->side[way];
	struct tls_held *h = NULL;

	if (s->held_bytes + in->have <= TLS_HELD_MAX)
		h = budget_alloc(t->env->budget, sizeof(*h) + in->have);
	if (!h) {
		tls_shut(t, way, s->why, in->last);
		tls_show(t, way, in, TLS_SEEN_CLOSED);
		return;
	}
	h->next = NULL;
	h->in = *in;
	h->in.raw.body = h->bytes;
	h->in.before = (struct view){NULL, 0};
	if (in->have)
		memcpy(h->bytes, in->raw.body, in->have);
	s->held_bytes += in->have + sizeof(*h);
	*(s->held_last ? &s->held_last->next : &s->held) = h;
	s->held_last = h;
}

void tls_retry(struct tls *t)
{
	for (int w = 0; w < WAYS; w++) {
		struct tls_side *s = &t->side[w];
		struct tls_held *h;

		if (s->state != SIDE_WAIT || t->ended)
			continue;
		if (!s->held)
			tls_turn(t, w, s->stage, s->first);
		else
			tls_turn(t, w, s->stage, s->held->in.first);
		if (s->state != SIDE_OPEN)
			continue;
		h = s->held;
		s->held = s->held_last = NULL;
		s->held_bytes = 0;
		while (h) {
			struct tls_held *next = h->next;

			tls_take(t, w, &h->in);
			free_held(t, h);
			h = next;
		}
	}
}

bool tls_waits(const struct tls *t)
{
	return t->side[0].state == SIDE_WAIT || t->side[1].state == SIDE_WAIT;
}

/* Counts a record that does not open, and draws the line somewhere. */
static void take_failed(struct tls *t, enum way way, const struct tls_in *in)
{
	struct tls_side *s = &t->side[way];

	s->failed++;
	if (!s->opener->opened &&
	    (s->later || (t->facts.early && t->facts.version == TLS_1_3 && way == WAY_TO_SERVER))) {
		/* of keys that are not known: early data, or a handshake that was not logged */
		s->opener->seq = 0;
		tls_show(t, way, in, TLS_SEEN_CLOSED);
		return;
	}
	t->facts.bad++;
	tls_show(t, way, in, TLS_SEEN_BAD);
	if (!s->opener->opened) {
		if (s->failed >= TLS_WRONG_MAX)
			tls_shut(t, way, WHY_WRONG_KEY, in->last);
		return;
	}
	tls_note(t, NOTE_BAD, way, in, 1,
		 "the MAC of a TLS record is wrong: the record was changed, or the capture is "
		 "damaged");
	if (in->raw.type == TLS_APPLICATION)
		tls_note(t, NOTE_HOLE, way, in, 1, "the data of a damaged TLS record are missing");
	if (s->failed >= TLS_BAD_MAX)
		tls_shut(t, way, WHY_LOST, in->last);
}

/* Moves the client's direction from early data to the handshake's keys when a record shows it. */
static bool leave_early(struct tls *t, enum way way, const struct tls_in *in, size_t *n,
			uint8_t *content)
{
	struct tls_side *s = &t->side[way];
	struct tls_opener *made;
	enum tls_why why;
	enum tls_stage stage = STAGE_HANDSHAKE;

	if (t->facts.version != TLS_1_3 || s->stage != STAGE_EARLY || way != WAY_TO_SERVER ||
	    tls_secret_stage(t, way, &stage, &made, &why) != READY_YES)
		return false;
	if (tls_opener_open(made, &in->raw, t->env->plain, n, content) != TLS_OPENED) {
		tls_opener_free(made);
		return false;
	}
	tls_opener_free(s->opener);
	s->opener = made;
	s->stage = stage;
	return true;
}

/* Opens a record of a direction whose keys are there. */
static void take_protected(struct tls *t, enum way way, const struct tls_in *in)
{
	struct tls_side *s = &t->side[way];
	uint8_t content = in->raw.type;
	size_t n = 0;
	bool ok;

	if (t->facts.version == TLS_1_3 && in->raw.type != TLS_APPLICATION) {
		/* TLS 1.3 protects nothing but what looks like application data */
		if (content == TLS_HANDSHAKE)
			tls_show(t, way, in, TLS_SEEN_BAD);
		else
			tls_deliver(t, way, in, TLS_SEEN_PLAIN, content,
				    (struct view){in->raw.body, in->raw.n});
		return;
	}
	if (s->guess) {
		ok = tls_guess(t, way, in, &n, &content);
		if (!ok && s->opener->iv_lost) {
			/* its first block needs what is lost; the next record has what it needs */
			tls_opener_chain(s->opener, (struct view){in->raw.body, in->raw.n});
			tls_show(t, way, in, TLS_SEEN_TORN);
			return;
		}
	} else {
		ok = tls_opener_open(s->opener, &in->raw, t->env->plain, &n, &content) ==
		     TLS_OPENED;
		if (!ok)
			ok = leave_early(t, way, in, &n, &content);
	}
	if (!ok) {
		take_failed(t, way, in);
		return;
	}
	s->failed = 0;
	t->facts.opened[way]++;
	t->allowance += n;
	if (t->allowance > TLS_TRY_BYTES)
		t->allowance = TLS_TRY_BYTES;
	tls_deliver(t, way, in, TLS_SEEN_DECRYPTED, content, (struct view){t->env->plain, n});
}

/* Takes a record that the capture has only in part. */
static void take_torn(struct tls *t, enum way way, const struct tls_in *in)
{
	struct tls_side *s = &t->side[way];

	tls_show(t, way, in, TLS_SEEN_TORN);
	if (s->state == SIDE_OPEN && !s->guess)
		tls_opener_pass(s->opener, in->raw.n, (struct view){in->raw.body, in->have});
	if (in->raw.type == TLS_HANDSHAKE || (t->hs && t->facts.version == TLS_1_3))
		tls_handshake_torn(t, way);
	else if (in->raw.type == TLS_CHANGE_CIPHER && t->facts.version != TLS_1_3)
		tls_turn(t, way, first_stage(t, way), in->last);
	if (in->raw.type == TLS_APPLICATION && s->state == SIDE_OPEN)
		tls_note(
			t, NOTE_HOLE, way, in, 1,
			"the data of a TLS record are missing: a part of it is not in the capture");
}

/* Takes the first protected record of a direction that nothing has announced. */
static void begin_protected(struct tls *t, enum way way, const struct tls_in *in)
{
	struct tls_side *s = &t->side[way];

	if (t->facts.version && t->facts.version != TLS_1_3) {
		/* ChangeCipherSpec is lost, or there was never a handshake */
		s->guess = true;
	}
	tls_turn(t, way, first_stage(t, way), in->last);
	if (s->guess && s->opener)
		s->opener->iv_lost = true;
}

void tls_take(struct tls *t, enum way way, const struct tls_in *in)
{
	struct tls_side *s = &t->side[way];

	if (in->guess) {
		s->guess = true;
		if (s->opener)
			s->opener->iv_lost = true;
	}
	if (s->state == SIDE_CLEAR && in->raw.type == TLS_APPLICATION)
		begin_protected(t, way, in);
	if (s->state == SIDE_WAIT)
		hold(t, way, in);
	else if (in->torn)
		take_torn(t, way, in);
	else if (s->state == SIDE_CLEAR)
		tls_deliver(t, way, in, TLS_SEEN_PLAIN, in->raw.type,
			    (struct view){in->raw.body, in->raw.n});
	else if (s->state == SIDE_OPEN)
		take_protected(t, way, in);
	else
		tls_show(t, way, in, TLS_SEEN_CLOSED);
	/* while a number is guessed at, all since the last record that opened counts as lost */
	if (s->state != SIDE_WAIT && !(s->guess && s->state == SIDE_OPEN))
		s->expect = in->offset + TLS_HEADER + in->raw.n;
}

/* Takes the whole record at p, which is at `offset` in the stream. */
static void take_whole(struct tls *t, enum way way, const uint8_t *p, uint64_t offset,
		       struct origin first, struct origin last)
{
	struct rd r = rd_init(p, TLS_HEADER);
	struct tls_in in = {.offset = offset, .first = first, .last = last};

	in.raw.type = rd_u8(&r);
	in.raw.version = rd_be16(&r);
	in.raw.n = in.have = rd_be16(&r);
	in.raw.body = r.p;
	in.number = ++t->side[way].records;
	tls_take(t, way, &in);
}

/* Takes a record that was passed over, of which header and tail are known. */
static void take_passed(struct tls *t, enum way way, struct origin last)
{
	struct tls_side *s = &t->side[way];
	struct rd r = rd_init(s->head, TLS_HEADER);
	struct tls_in in = {.first = s->first, .last = last, .torn = s->pass_torn};

	s->passing = false;
	in.raw.type = rd_u8(&r);
	in.raw.version = rd_be16(&r);
	in.raw.n = rd_be16(&r);
	in.raw.body = s->tail;
	in.have = s->tail_n;
	in.number = ++s->records;
	in.offset = s->offset - TLS_HEADER - in.raw.n;
	if (in.torn || s->state != SIDE_SHUT)
		tls_take(t, way, &in);
	else
		tls_show(t, way, &in, TLS_SEEN_CLOSED);
}

/* Keeps the last bytes of what is passed over. */
static void keep_tail(struct tls_side *s, const uint8_t *p, size_t n)
{
	size_t keep = n < TLS_TAIL ? n : TLS_TAIL;
	size_t old = s->tail_n;

	if (old + keep > TLS_TAIL) {
		size_t drop = old + keep - TLS_TAIL;

		old -= drop;
		memmove(s->tail, s->tail + drop, old);
	}
	memcpy(s->tail + old, p + n - keep, keep);
	s->tail_n = (uint8_t)(old + keep);
}

/* Begins to pass over the rest of the record whose header is at p. */
static void start_pass(struct tls_side *s, const uint8_t *header, uint32_t left, bool torn)
{
	s->passing = true;
	s->pass_torn = torn;
	s->pass = left;
	s->tail_n = 0;
	memcpy(s->head, header, TLS_HEADER);
}

/* Passes over bytes of a record; returns how many it took. */
static size_t take_pass(struct tls *t, enum way way, const uint8_t *p, size_t n, struct origin from)
{
	struct tls_side *s = &t->side[way];

	if (n > s->pass)
		n = s->pass;
	if (s->pass_torn)
		keep_tail(s, p, n);
	s->pass -= (uint32_t)n;
	s->offset += n;
	if (!s->pass)
		take_passed(t, way, from);
	return n;
}

/* Takes the whole records that `part` holds, and moves what follows them to its front. */
static void drain_part(struct tls *t, enum way way, struct origin from)
{
	struct tls_side *s = &t->side[way];
	uint64_t offset = s->offset - s->part.n;
	size_t at = 0;

	while (s->part.n - at >= TLS_HEADER && !s->lost) {
		size_t whole = tls_whole(s->part.p + at);

		if (!whole)
			tls_lose(s);
		if (!whole || s->part.n - at < whole)
			break;
		take_whole(t, way, s->part.p + at, offset + at, s->first, from);
		at += whole;
		s->first = from;
	}
	s->part.n -= at;
	if (s->part.n && at)
		memmove(s->part.p, s->part.p + at, s->part.n);
	if (!s->part.n && budget_tight(t->env->budget))
		tls_buffer_free(t, &s->part);
}

/* Takes what `part` holds, searching where no record begins, until more bytes are needed. */
static void settle(struct tls *t, enum way way, struct origin from)
{
	struct tls_side *s = &t->side[way];

	for (;;) {
		if (s->lost)
			tls_search(t, way, from);
		if (s->lost)
			return;
		drain_part(t, way, from);
		if (!s->lost)
			return;
	}
}

/* Adds to the record on its way; returns how many bytes it took. */
static size_t fill_part(struct tls *t, enum way way, const uint8_t *p, size_t n, struct origin from)
{
	struct tls_side *s = &t->side[way];
	size_t want = TLS_HEADER;

	if (s->part.n >= TLS_HEADER)
		want = tls_whole(s->part.p);
	if (n > want - s->part.n)
		n = want - s->part.n;
	if (!reserve(t, &s->part, want) || !tls_buffer_add(t, &s->part, p, n, TLS_WHOLE_MAX)) {
		/* too much is held back by all connections together: this record is let go */
		if (s->part.n >= TLS_HEADER)
			start_pass(s, s->part.p, (uint32_t)(want - s->part.n), true);
		else
			tls_lose(s);
		s->part.n = 0;
		return 0;
	}
	s->offset += n;
	if (s->part.n >= TLS_HEADER)
		settle(t, way, from);
	return n;
}

/* Takes what is at the start of a record; returns how many bytes it took. */
static size_t take_fresh(struct tls *t, enum way way, const uint8_t *p, size_t n,
			 struct origin from)
{
	struct tls_side *s = &t->side[way];
	size_t whole = n >= TLS_HEADER ? tls_whole(p) : 0;

	s->first = from;
	if (n < TLS_HEADER || n < whole) {
		if (n >= TLS_HEADER && s->state == SIDE_SHUT) {
			start_pass(s, p, (uint32_t)(whole - TLS_HEADER), false);
			s->offset += TLS_HEADER;
			return TLS_HEADER;
		}
		return fill_part(t, way, p, n, from);
	}
	if (!whole) {
		tls_lose(s);
		return 0;
	}
	s->offset += whole;
	take_whole(t, way, p, s->offset - whole, from, from);
	return whole;
}

/* Adds to what is searched for a record; returns how many bytes it took. */
static size_t fill_search(struct tls *t, enum way way, const uint8_t *p, size_t n,
			  struct origin from)
{
	struct tls_side *s = &t->side[way];
	size_t room = 2 * TLS_WHOLE_MAX - s->part.n;

	if (n > room)
		n = room;
	if (!tls_buffer_add(t, &s->part, p, n, 2 * TLS_WHOLE_MAX)) {
		tls_buffer_free(t, &s->part);
		s->scan = 0;
	}
	s->offset += n;
	settle(t, way, from);
	return n;
}

void tls_input(struct tls *t, enum way way, const uint8_t *bytes, size_t n, struct origin from)
{
	struct tls_side *s = &t->side[way];

	while (n) {
		size_t took;

		if (s->lost)
			took = fill_search(t, way, bytes, n, from);
		else if (s->passing)
			took = take_pass(t, way, bytes, n, from);
		else if (s->part.n)
			took = fill_part(t, way, bytes, n, from);
		else
			took = take_fresh(t, way, bytes, n, from);
		bytes += took;
		n -= took;
	}
	if (t->wake) {
		t->wake = false;
		tls_retry(t);
	}
}

void tls_gap(struct tls *t, enum way way, uint64_t n, struct origin from)
{
	struct tls_side *s = &t->side[way];

	if (!s->lost && !s->passing && s->part.n >= TLS_HEADER)
		start_pass(s, s->part.p, (uint32_t)(tls_whole(s->part.p) - s->part.n), true);
	if (s->state == SIDE_CLEAR)
		tls_handshake_torn(t, way);
	if (!s->lost)
		s->part.n = 0;
	if (s->passing) {
		uint64_t inside = n < s->pass ? n : s->pass;

		s->pass_torn = true;
		s->tail_n = 0;
		s->pass -= (uint32_t)inside;
		s->offset += inside;
		n -= inside;
		if (!s->pass)
			take_passed(t, way, from);
	}
	if (!n)
		return;
	s->part.n = 0;
	tls_lose(s);
	s->offset += n;
}

void tls_stop_waiting(struct tls *t, struct origin at)
{
	for (int w = 0; w < WAYS; w++)
		if (t->side[w].state == SIDE_WAIT)
			tls_shut(t, w, t->side[w].why, at);
}

void tls_end(struct tls *t, struct origin at)
{
	if (t->ended)
		return;
	tls_stop_waiting(t, at);
	for (int w = 0; w < WAYS; w++) {
		struct tls_side *s = &t->side[w];

		if (s->state == SIDE_OPEN && s->failed && !s->opener->opened)
			tls_shut(t, w, WHY_WRONG_KEY, at);
	}
	t->ended = true;
	tls_trim(t);
}

size_t tls_holds(const struct tls *t)
{
	size_t n = 0;

	for (int w = 0; w < WAYS; w++)
		n += t->side[w].part.size + t->side[w].message.size + t->side[w].held_bytes;
	return n;
}

void tls_trim(struct tls *t)
{
	for (int w = 0; w < WAYS; w++) {
		if (!t->side[w].part.n)
			tls_buffer_free(t, &t->side[w].part);
		if (!t->side[w].message.n)
			tls_buffer_free(t, &t->side[w].message);
	}
}
