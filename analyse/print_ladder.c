/* SPDX-License-Identifier: MIT */
/* --ladder: a call drawn in characters; see print_call.h. */
#include "analyse/print_call.h"

#include <string.h>

#define WIDTH 72          /* columns between the two sides */
#define ROOM  (WIDTH - 4) /* for text */

/* Writes what both sides sent in a step of data. */
static void say_data(char *room, size_t n, const struct call_step *s)
{
	snprintf(room, n, "IP: %llu packets of %llu bytes up, %llu of %llu down",
		 (unsigned long long)s->count[WAY_TO_SERVER],
		 (unsigned long long)s->bytes[WAY_TO_SERVER],
		 (unsigned long long)s->count[WAY_TO_CLIENT],
		 (unsigned long long)s->bytes[WAY_TO_CLIENT]);
}

/* Draws a line between the two sides with n characters of text in it. */
static void put_line(FILE *out, const char *text, int n, char left, char right, char fill)
{
	int before = (ROOM - n) / 2;

	fputc(left, out);
	for (int i = 0; i < before; i++)
		fputc(fill, out);
	fprintf(out, " %.*s ", n, text);
	for (int i = before + n; i < ROOM; i++)
		fputc(fill, out);
	fputc(right, out);
}

/* Returns how much of a text fits on one line: whole words, if there are. */
static int fitting(const char *text)
{
	int n = (int)strlen(text);

	if (n <= ROOM)
		return n;
	for (n = ROOM; n > ROOM / 2; n--)
		if (text[n] == ' ')
			return n;
	return ROOM;
}

/* Writes the rest of a text that did not fit on the line of its arrow. */
static void put_rest(FILE *out, const char *text)
{
	while (*text) {
		int n;

		text += strspn(text, " ");
		n = fitting(text);
		fprintf(out, "%12s %8s |     %-*.*s|\n", "", "", WIDTH - 5, n, text);
		text += n;
	}
}

static void put_step(FILE *out, const struct call *c, const struct call_step *s)
{
	bool up = s->way == WAY_TO_SERVER;
	char fill = s->kind == STEP_TCP || s->kind == STEP_TLS ? '~' : '-';
	char data[160];
	const char *text = s->text ? s->text : "";
	int n;

	if (s->kind == STEP_DATA) {
		say_data(data, sizeof(data), s);
		text = data;
		fill = '=';
	}
	n = fitting(text);
	fprintf(out, "%12s %8llu |", call_seconds_text(call_since(c, s->at.ns)),
		(unsigned long long)s->at.frame);
	if (s->kind == STEP_NOTE)
		put_line(out, text, n, '.', '.', '.');
	else if (s->kind == STEP_DATA)
		put_line(out, text, n, '<', '>', fill);
	else
		put_line(out, text, n, up ? fill : '<', up ? '>' : fill, fill);
	fputs("|\n", out);
	put_rest(out, text + n);
}

void print_ladder(FILE *out, const struct call *c)
{
	const struct call_step *s;

	fprintf(out, "Call %u  %s: %s\n", c->number, severity_name(c->severity),
		c->verdict ? c->verdict : "");
	fprintf(out, "%12s %8s  client %-30s %*s server\n", "seconds", "packet",
		call_peer_text(&c->peer[WAY_TO_SERVER]), WIDTH - 43,
		call_peer_text(&c->peer[WAY_TO_CLIENT]));
	for (size_t i = 0; (s = call_step_at(c, i)); i++) {
		if (i == c->steps.n && c->steps.left_out)
			fprintf(out, "%12s %8s  (%llu steps are left out)\n", "", "",
				(unsigned long long)c->steps.left_out);
		put_step(out, c, s);
	}
	fputs("\n", out);
}
