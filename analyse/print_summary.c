/* SPDX-License-Identifier: MIT */
/* One line a packet: number, time, addresses, protocol, length, info. */
#include "analyse/field_text.h"
#include "analyse/print.h"

#include <string.h>

/* Colours of a terminal by protocol; the first that fits. */
static const struct {
	const char *protocol; /* begins so */
	const char *color;
} colors[] = {
	{"SSTP", "\033[1;36m"}, {"PPP", "\033[36m"},  {"EAP", "\033[36m"}, {"HTTP", "\033[1;35m"},
	{"TLS", "\033[33m"},    {"ICMP", "\033[32m"}, {"DNS", "\033[34m"},
};

static const char *color_of(const struct column *c)
{
	if (strstr(c->info, "Malformed") || strstr(c->info, "not captured"))
		return "\033[1;31m";
	for (size_t i = 0; i < sizeof(colors) / sizeof(*colors); i++)
		if (!strncmp(c->protocol, colors[i].protocol, strlen(colors[i].protocol)))
			return colors[i].color;
	return "";
}

/* Appends s, and blanks up to so many columns: before it or behind it. */
static void pad(struct text *t, const char *s, size_t width, bool before)
{
	size_t n = strlen(s);

	if (!before)
		text_str(t, s);
	for (; n < width; n++)
		text_char(t, ' ');
	if (before)
		text_str(t, s);
}

void print_summary(FILE *out, const struct dissect *d, const struct flow_packet *p, bool color)
{
	const struct column *c = &d->column;
	char line[COLUMN_INFO + 256], word[COLUMN_ADDRESS];
	struct text t = text_init(line, sizeof(line)), w = text_init(word, sizeof(word));
	int64_t ns = (int64_t)(d->now.ns - d->first_ns);

	text_dec(&w, d->now.frame);
	pad(&t, word, 5, true);
	text_char(&t, ' ');
	w = text_init(word, sizeof(word));
	field_duration_text(&w, ns);
	word[text_len(&w) - 3] = 0; /* microseconds */
	pad(&t, word, 10, true);
	text_char(&t, ' ');
	w = text_init(word, sizeof(word));
	column_address_text(&w, &c->source);
	pad(&t, word, 12, true);
	text_str(&t, " \xe2\x86\x92 ");
	w = text_init(word, sizeof(word));
	column_address_text(&w, &c->target);
	pad(&t, word, 12, false);
	text_char(&t, ' ');
	text_str(&t, c->protocol);
	text_char(&t, ' ');
	text_dec(&t, p->headers->frame->wire);
	text_char(&t, ' ');
	text_str(&t, c->info);
	if (color)
		fputs(color_of(c), out);
	fwrite(line, 1, text_len(&t), out);
	fputs(color ? "\033[0m\n" : "\n", out);
}
