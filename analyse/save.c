/* SPDX-License-Identifier: MIT */
/* What -w writes; see save.h. */
#include "analyse/save.h"

#include "lib/ppp/ppp.h"

#include <stdio.h>
#include <stdlib.h>

/* A PPP frame or IP packet of the frame at hand. */
struct held {
	size_t at; /* in the bytes */
	size_t n;
	uint64_t ns;
	enum writer_way way;
};

struct save {
	struct writer *writer;
	enum save_what what;
	struct held *held;
	size_t n;
	size_t room;
	uint8_t *bytes;
	size_t used;
	size_t size;
};

int save_open(struct save **out, const char *path, enum save_what what,
	      const struct writer_ring *ring, char why[WRITER_WHY])
{
	struct save *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (!s) {
		snprintf(why, WRITER_WHY, "there is no memory");
		return -1;
	}
	s->what = what;
	if (writer_open(&s->writer, path, ring, why) < 0) {
		free(s);
		return -1;
	}
	*out = s;
	return 0;
}

/* Makes room for one more of n bytes; false without memory. */
static bool make_room(struct save *s, size_t n)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct held *more = realloc(s->held, room * sizeof(*more));

		if (!more)
			return false;
		s->held = more;
		s->room = room;
	}
	if (s->used + n > s->size) {
		size_t size = 2 * (s->used + n);
		uint8_t *more = realloc(s->bytes, size);

		if (!more)
			return false;
		s->bytes = more;
		s->size = size;
	}
	return true;
}

void save_unit(struct save *s, const struct unit *u)
{
	struct rd r = rd_init(u->bytes.p, u->bytes.n);
	struct ppp_frame f;
	struct view v;

	if (!s || s->what == SAVE_RAW || u->kind != UNIT_DATA)
		return;
	rd_take(&r, SSTP_HEADER);
	if (s->what == SAVE_INNER) {
		if (ppp_parse_frame(r, &f) || (f.protocol != PPP_IP4 && f.protocol != PPP_IP6))
			return;
		r = f.payload;
	}
	v = rd_rest(&r);
	if (!v.n || !make_room(s, v.n))
		return;
	s->held[s->n++] = (struct held){s->used, v.n, u->last.ns,
					u->way == WAY_TO_SERVER ? WRITER_OUT : WRITER_IN};
	memcpy(s->bytes + s->used, v.p, v.n);
	s->used += v.n;
}

/* Writes what is held, or forgets it. */
static void release(struct save *s, bool taken)
{
	for (size_t i = 0; taken && i < s->n; i++) {
		const struct held *h = &s->held[i];

		writer_put(s->writer, s->what == SAVE_PPP ? LINK_PPP : LINK_RAW, h->ns,
			   (struct view){s->bytes + h->at, h->n}, (uint32_t)h->n, h->way);
	}
	s->n = s->used = 0;
}

void save_frame(struct save *s, const struct frame *f, bool taken)
{
	if (!s)
		return;
	if (s->what == SAVE_RAW && taken)
		writer_put(s->writer, f->link, f->origin.ns, (struct view){f->bytes, f->n}, f->wire,
			   WRITER_UNKNOWN);
	release(s, taken);
}

void save_flush(struct save *s)
{
	if (s)
		writer_flush(s->writer);
}

int save_close(struct save *s, char why[WRITER_WHY])
{
	int result;

	if (!s)
		return 0;
	release(s, true);
	result = writer_close(s->writer, why);
	free(s->held);
	free(s->bytes);
	free(s);
	return result;
}
