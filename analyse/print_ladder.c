/* SPDX-License-Identifier: MIT */
/* --ladder: a call drawn in characters; see print_call.h. */
#include "analyse/print_call.h"

#include <string.h>

#define WIDTH 66 /* columns between the two sides */

/* Writes what both sides sent in a step of data. */
static void say_data(char *room, size_t n, const struct call_step *s)
{
	snprintf(room, n, "IP: %llu packets of %llu bytes up, %llu of %llu down",
		 (unsigned long long)s->count[WAY_TO_SERVER],
		 (unsigned long long)s->bytes[WAY_TO_SERVER],
		 (unsigned long long)s->count[WAY_TO_CLIENT],
		 (unsigned long long)s->bytes[WAY_TO_CLIENT]);
}

/* Draws a line between the two sides with a text in it: an arrow, or one that both cause. */
static void put_line(FILE *out, const char *text, char left, char right, char fill)
{
	int n = (int)strlen(text);
	int room = WIDTH - 4;
	int shown = n < room ? n : room;
	int before = (room - shown) / 2;

	fputc(left, out);
	fputc(fill, out);
	for (int i = 0; i < before; i++)
		fputc(fill, out);
	fprintf(out, " %.*s ", shown, text);
	for (int i = before + shown; i < room - 2; i++)
		fputc(fill, out);
	fputc(fill, out);
	fputc(right, out);
}

static void put_step(FILE *out, const struct call *c, const struct call_step *s)
{
	char data[160];
	const char *text = s->text ? s->text : "";

	fprintf(out, "%12s %8llu |", call_seconds_text(call_since(c, s->at.ns)),
		(unsigned long long)s->at.frame);
	switch (s->kind) {
	case STEP_DATA:
		say_data(data, sizeof(data), s);
		put_line(out, data, '<', '>', '=');
		break;
	case STEP_NOTE:
		put_line(out, text, '.', '.', '.');
		break;
	case STEP_TCP:
	case STEP_TLS:
		put_line(out, text, s->way == WAY_TO_SERVER ? '~' : '<',
			 s->way == WAY_TO_SERVER ? '>' : '~', '~');
		break;
	default:
		put_line(out, text, s->way == WAY_TO_SERVER ? '-' : '<',
			 s->way == WAY_TO_SERVER ? '>' : '-', '-');
		break;
	}
	fputs("|\n", out);
	/* what did not fit */
	if (s->kind != STEP_DATA && strlen(text) > WIDTH - 4)
		fprintf(out, "%12s %8s |  %.*s...\n", "", "", WIDTH - 8, text + WIDTH - 4);
}

void print_ladder(FILE *out, const struct call *c)
{
	const struct call_step *s;

	fprintf(out, "Call %u  %s: %s\n", c->number, severity_name(c->severity),
		c->verdict ? c->verdict : "");
	fprintf(out, "%12s %8s  client %-36s %22s server\n", "seconds", "packet",
		call_peer_text(&c->peer[WAY_TO_SERVER]), call_peer_text(&c->peer[WAY_TO_CLIENT]));
	for (size_t i = 0; (s = call_step_at(c, i)); i++) {
		if (i == c->steps.n && c->steps.left_out)
			fprintf(out, "%12s %8s  (%llu steps are left out)\n", "", "",
				(unsigned long long)c->steps.left_out);
		put_step(out, c, s);
	}
	fputs("\n", out);
}
