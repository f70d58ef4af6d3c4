/* SPDX-License-Identifier: MIT */
/*
 * The ladder's steps and the throughput plot: what a call keeps of its course, in bounded memory.
 * Of a long call the first and the last steps stay.
 */
#include "analyse/call_follow.h"

#include <stdlib.h>

#define GROW      16
#define BIN_FIRST 1000000 /* ns a bin of the plot at first; doubled as often as needed */

/* Returns the last step; NULL when there is none. */
static struct call_step *last_step(struct call_steps *s)
{
	if (s->tail_n)
		return &s->tail[(s->tail_at + s->tail_n - 1) % CALL_STEPS_TAIL];
	return s->n ? &s->head[s->n - 1] : NULL;
}

/* Returns the place for the next step; NULL without memory. */
static struct call_step *new_step(struct call_steps *s)
{
	struct call_step *to;

	if (s->n < CALL_STEPS_HEAD) {
		if (s->n % GROW == 0) {
			struct call_step *more =
				realloc(s->head, (s->n + GROW) * sizeof(s->head[0]));

			if (!more)
				return NULL;
			s->head = more;
		}
		to = s->head ? &s->head[s->n++] : NULL;
	} else {
		if (!s->tail)
			s->tail = calloc(CALL_STEPS_TAIL, sizeof(s->tail[0]));
		if (!s->tail)
			return NULL;
		if (s->tail_n == CALL_STEPS_TAIL) {
			free(s->tail[s->tail_at].text);
			s->tail_at = (s->tail_at + 1) % CALL_STEPS_TAIL;
			s->left_out++;
		} else {
			s->tail_n++;
		}
		to = &s->tail[(s->tail_at + s->tail_n - 1) % CALL_STEPS_TAIL];
	}
	if (to)
		memset(to, 0, sizeof(*to));
	return to;
}

void call_step(struct call *c, enum call_step_kind kind, enum way way, struct origin at,
	       const char *text)
{
	struct call_step *s = new_step(&c->steps);

	if (!s)
		return;
	s->kind = (uint8_t)kind;
	s->way = (uint8_t)way;
	s->at = s->until = at;
	s->text = text ? strdup(text) : NULL;
}

void call_step_data(struct call *c, enum way way, struct origin at, uint64_t bytes)
{
	struct call_step *s = last_step(&c->steps);

	if (!s || s->kind != STEP_DATA) {
		call_step(c, STEP_DATA, way, at, NULL);
		s = last_step(&c->steps);
		if (!s || s->kind != STEP_DATA)
			return;
	}
	s->count[way]++;
	s->bytes[way] += bytes;
	s->until = at;
}

void call_steps_fini(struct call_steps *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->head[i].text);
	for (size_t i = 0; i < s->tail_n; i++)
		free(s->tail[(s->tail_at + i) % CALL_STEPS_TAIL].text);
	free(s->head);
	free(s->tail);
}

/* Makes the bins twice as wide. */
static void widen(struct call_plot *p)
{
	for (size_t i = 0; i < CALL_BINS; i++)
		for (int w = 0; w < WAYS; w++) {
			size_t from = 2 * i;

			p->bytes[i][w] =
				from < CALL_BINS ? p->bytes[from][w] + p->bytes[from + 1][w] : 0;
		}
	p->width *= 2;
}

void call_plot_add(struct call *c, enum way way, uint64_t ns, uint64_t bytes)
{
	struct call_plot *p = c->plot;

	if (!p)
		return;
	if (!p->width) {
		p->width = BIN_FIRST;
		p->from = ns;
	}
	if (ns < p->from)
		ns = p->from; /* clocks of captures step back at times */
	while ((ns - p->from) / p->width >= CALL_BINS)
		widen(p);
	p->bytes[(ns - p->from) / p->width][way] += bytes;
}
