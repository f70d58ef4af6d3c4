/* SPDX-License-Identifier: MIT */
/*
 * Finds its way back behind a loss: where does a record begin, and what number has it? Where keys
 * are at hand a record is believed when its MAC or tag verifies, with as many records lost as it
 * takes; otherwise when another header follows it. The work is bounded by an allowance that every
 * record opened earns back.
 */
#include "analyse/tls_local.h"

#define LOST_NEAR       128  /* how far from the likeliest number others are tried at first */
#define LOST_FAR        4096 /* and in the end */
#define TRY_COST        512  /* what a try costs beside its bytes */
#define SMALLEST_RECORD 22   /* header, and a body of a byte with a MAC or tag of 16 */

void tls_lose(struct tls_side *s)
{
	s->lost = true;
	s->guess = true;
	s->passing = false;
	s->scan = 0;
	if (s->opener)
		s->opener->iv_lost = true;
}

/* Tries to open a record with `lost` records before it. */
static bool try_lost(struct tls *t, struct tls_opener *o, const struct tls_in *in, uint64_t lost,
		     uint64_t missing, size_t *n, uint8_t *content)
{
	uint64_t headers = lost * TLS_HEADER;
	uint64_t cost = in->raw.n + TRY_COST;

	if (o->row->mode == TLS_MODE_STREAM)
		cost += missing; /* the cipher runs over all of it */
	if (headers > missing || (!lost && missing))
		return false;
	if (t->allowance < cost) {
		t->allowance = 0;
		return false;
	}
	t->allowance -= cost;
	return tls_opener_try(o, &in->raw, lost, missing - headers, in->before, t->env->plain, n,
			      content) == TLS_OPENED;
}

/*
 * Tries all numbers that the record can have; *lost is the one it has. Begins with what most
 * senders' explicit nonces say, which count up by one a record, and goes on around the number that
 * it has if all lost records were as long as this one.
 */
static bool try_numbers(struct tls *t, struct tls_opener *o, const struct tls_in *in,
			uint64_t missing, uint64_t reach, uint64_t *lost, size_t *n,
			uint8_t *content)
{
	uint64_t most = missing / SMALLEST_RECORD + 1;
	uint64_t middle = missing / (TLS_HEADER + (uint64_t)in->raw.n);

	*lost = tls_opener_nonce(o, &in->raw) - o->nonce - 1;
	if (o->opened && *lost && *lost <= most && try_lost(t, o, in, *lost, missing, n, content))
		return true;
	for (uint64_t d = 0; d <= reach && t->allowance; d++) {
		*lost = middle - d;
		if (d <= middle && try_lost(t, o, in, *lost, missing, n, content))
			return true;
		*lost = middle + d;
		if (d && *lost <= most && try_lost(t, o, in, *lost, missing, n, content))
			return true;
		if (d > middle && *lost > most)
			break;
	}
	return false;
}

/* Replaces the opener of s when `made` opens the record: the loss hid a change of keys. */
static bool try_other(struct tls *t, struct tls_side *s, struct tls_opener *made,
		      const struct tls_in *in, uint64_t missing, uint64_t *lost, size_t *n,
		      uint8_t *content)
{
	uint64_t middle = missing / (TLS_HEADER + (uint64_t)in->raw.n);
	bool ok = made && try_numbers(t, made, in, missing, middle + LOST_NEAR, lost, n, content);

	if (made && !ok && t->allowance >= in->raw.n)
		ok = tls_opener_try(made, &in->raw, 0, 0, in->before, t->env->plain, n, content) ==
		     TLS_OPENED;
	if (!ok) {
		tls_opener_free(made);
		return false;
	}
	tls_opener_free(s->opener);
	s->opener = made;
	return true;
}

/* Tries the keys that TLS 1.3 uses next: of the next stage, or behind a KeyUpdate. */
static bool try_next_keys(struct tls *t, enum way way, const struct tls_in *in, uint64_t missing,
			  uint64_t *lost, size_t *n, uint8_t *content)
{
	struct tls_side *s = &t->side[way];
	struct tls_opener *made = NULL;
	enum tls_stage stage = STAGE_TRAFFIC;
	enum tls_why why;

	if (t->facts.version != TLS_1_3)
		return false;
	if (s->stage == STAGE_TRAFFIC)
		return try_other(t, s, tls_opener_updated(tls_keys_crypto(t->env->keys), s->opener),
				 in, missing, lost, n, content);
	if (tls_secret_stage(t, way, &stage, &made, &why) != READY_YES ||
	    !try_other(t, s, made, in, missing, lost, n, content))
		return false;
	s->stage = stage;
	return true;
}

/* Says what the loss cost. */
static void tell_found(struct tls *t, enum way way, const struct tls_in *in, uint64_t lost)
{
	tls_note(t, NOTE_RESYNC, way, in, lost,
		 "TLS records are found again behind the loss, and verify");
	tls_note(t, NOTE_HOLE, way, in, lost, "the data of lost TLS records are missing here");
}

bool tls_guess(struct tls *t, enum way way, const struct tls_in *in, size_t *n, uint8_t *content)
{
	struct tls_side *s = &t->side[way];
	uint64_t missing = in->offset - s->expect;
	uint64_t lost = 0;

	if (!try_numbers(t, s->opener, in, missing, LOST_NEAR, &lost, n, content) &&
	    !try_next_keys(t, way, in, missing, &lost, n, content) &&
	    !try_numbers(t, s->opener, in, missing, LOST_FAR, &lost, n, content))
		return false;
	s->guess = false;
	tell_found(t, way, in, lost);
	return true;
}

/* Returns whether a header can belong to the connection, as far as that is known. */
static bool fits(const struct tls *t, const struct tls_side *s, const uint8_t *header)
{
	struct rd r = rd_init(header, TLS_HEADER);
	unsigned type = rd_u8(&r);
	unsigned version = rd_be16(&r);

	if (!tls_whole(header) || tls_whole(header) == TLS_HEADER)
		return false;
	if (!t->facts.version)
		return true;
	if (version != (t->facts.version == TLS_1_3 ? TLS_1_2 : t->facts.version))
		return false;
	return s->state != SIDE_OPEN || t->facts.version != TLS_1_3 || type == TLS_APPLICATION;
}

enum found { FOUND_NOT, FOUND_MORE, FOUND };

/* Judges a whole record that cannot be opened now, by what follows it. */
static enum found judge_by_next(const struct tls *t, const struct tls_side *s, size_t whole)
{
	size_t next = s->scan + whole;

	if (s->part.n == next)
		return FOUND; /* ends with what came in, as records do */
	if (s->part.n < next + TLS_HEADER)
		return FOUND_MORE;
	return fits(t, s, s->part.p + next) ? FOUND : FOUND_NOT;
}

/* Takes the record found at `scan`. */
static enum found take_found(struct tls *t, enum way way, size_t whole, struct origin from)
{
	struct tls_side *s = &t->side[way];
	struct rd r = rd_init(s->part.p + s->scan, whole);
	size_t before = s->scan < TLS_TAIL ? s->scan : TLS_TAIL;
	struct tls_in in = {.guess = true, .first = from, .last = from};
	size_t n = 0;
	uint8_t content;
	enum found found;

	in.raw.type = rd_u8(&r);
	in.raw.version = rd_be16(&r);
	in.raw.n = in.have = rd_be16(&r);
	in.raw.body = r.p;
	in.before = (struct view){s->part.p + s->scan - before, before};
	in.offset = s->offset - s->part.n + s->scan;
	in.number = s->records + 1;
	if (s->state == SIDE_OPEN) {
		if (!tls_guess(t, way, &in, &n, &content))
			return FOUND_NOT;
		s->lost = false;
		s->records++;
		s->expect = in.offset + whole;
		t->facts.opened[way]++;
		tls_deliver(t, way, &in, TLS_SEEN_DECRYPTED, content,
			    (struct view){t->env->plain, n});
		return FOUND;
	}
	found = judge_by_next(t, s, whole);
	if (found != FOUND)
		return found;
	s->lost = false;
	s->records++;
	tls_take(t, way, &in);
	return FOUND;
}

/* Drops the first n bytes of what is searched, but for a tail that openers may ask for. */
static void drop_searched(struct tls_side *s, size_t n, bool keep)
{
	if (keep && n > TLS_TAIL)
		n -= TLS_TAIL;
	else if (keep)
		n = 0;
	s->part.n -= n;
	if (n && s->part.n)
		memmove(s->part.p, s->part.p + n, s->part.n);
	s->scan = keep ? s->scan - n : 0;
}

void tls_search(struct tls *t, enum way way, struct origin from)
{
	struct tls_side *s = &t->side[way];

	while (s->scan + TLS_HEADER <= s->part.n) {
		const uint8_t *header = s->part.p + s->scan;
		size_t whole;
		enum found found;

		if (!fits(t, s, header)) {
			s->scan++;
			continue;
		}
		whole = tls_whole(header);
		if (s->part.n - s->scan < whole)
			break;
		found = take_found(t, way, whole, from);
		if (found == FOUND) {
			s->first = from;
			drop_searched(s, s->scan + whole, false);
			return;
		}
		if (found == FOUND_MORE)
			break;
		s->scan++;
	}
	if (t->allowance == 0 && s->state == SIDE_OPEN)
		tls_shut(t, way, WHY_LOST, from);
	drop_searched(s, s->scan, true);
}
