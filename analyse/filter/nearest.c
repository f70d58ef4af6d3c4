/* SPDX-License-Identifier: MIT */
/* Names of fields that somebody may have meant: by edits of letters, and by their last part. */
#include "analyse/filter/filter.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_N 64
#define KEPT       8

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	return a < b ? (a < c ? a : c) : (b < c ? b : c);
}

/* Returns the letters to add, drop, change or swap with their neighbour to make a into b. */
static unsigned distance(const char *a, size_t an, const char *b, size_t bn)
{
	unsigned rows[3][NAME_MAX_N + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (unsigned j = 0; j <= bn; j++)
		last[j] = j;
	for (unsigned i = 1; i <= an; i++) {
		unsigned *spare = before;

		now[0] = i;
		for (unsigned j = 1; j <= bn; j++) {
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);

			now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[bn];
}

/* Returns how far a name is from a field's; a name without its protocol is near. */
static unsigned how_far(const char *name, size_t n, const char *field)
{
	size_t field_n = strlen(field);
	const char *dot = strchr(field, '.');
	unsigned far;

	if (field_n > NAME_MAX_N)
		return UINT16_MAX;
	far = distance(name, n, field, field_n);
	if (dot && !memchr(name, '.', n)) {
		unsigned tail = distance(name, n, dot + 1, strlen(dot + 1)) + 1;

		far = tail < far ? tail : far;
	}
	return far;
}

unsigned filter_nearest(const char *name, size_t n, enum field_id *out, unsigned max)
{
	unsigned far[KEPT] = {0}, count = 0, limit = n < 6 ? 1 : n < 12 ? 2 : (unsigned)n / 5;

	if (!n || n > NAME_MAX_N)
		return 0;
	max = max < KEPT ? max : KEPT;
	for (unsigned id = 1; id < FIELDS; id++) {
		unsigned d = how_far(name, n, field_infos[id].name), i = count;

		if (d > limit || (count && count == max && d >= far[count - 1]))
			continue;
		if (count < max)
			count++;
		else
			i--;
		for (; i && far[i - 1] > d; i--) {
			far[i] = far[i - 1];
			out[i] = out[i - 1];
		}
		far[i] = d;
		out[i] = id;
	}
	while (count > 1 && far[count - 1] > far[0] + 1)
		count--;
	return count;
}
