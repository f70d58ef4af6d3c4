/* SPDX-License-Identifier: MIT */
/* -x: the octets of a packet's sources, sixteen a line, with their characters. */
#include "analyse/print.h"

#define PER_LINE 16

static void put_line(FILE *out, const uint8_t *p, size_t off, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char line[128];
	struct text t = text_init(line, sizeof(line));

	text_hex(&t, off, 4);
	text_str(&t, "  ");
	for (size_t i = 0; i < PER_LINE; i++) {
		text_char(&t, i < n ? digits[p[i] >> 4] : ' ');
		text_char(&t, i < n ? digits[p[i] & 15] : ' ');
		text_char(&t, ' ');
	}
	text_str(&t, "  ");
	for (size_t i = 0; i < n; i++)
		text_char(&t, p[i] >= ' ' && p[i] < 0x7f ? (char)p[i] : '.');
	fprintf(out, "%s\n", line);
}

void print_hex(FILE *out, const struct dissect *d)
{
	const struct field_tree *t = &d->tree;

	for (unsigned i = 0; i < t->n_sources; i++) {
		const struct field_source *s = &t->sources[i];

		if (t->n_sources > 1)
			fprintf(out, "%s (%zu bytes):\n", s->name, s->n);
		for (size_t off = 0; off < s->n; off += PER_LINE)
			put_line(out, s->bytes + off, off,
				 s->n - off < PER_LINE ? s->n - off : PER_LINE);
	}
	fputc('\n', out);
}
