/* SPDX-License-Identifier: MIT */
/* -V: the tree of a packet, a line each field, with where its octets stand. */
#include "analyse/field_text.h"
#include "analyse/print.h"

#define LINE_MAX_N 2048
#define OFFSETS    14 /* columns in front for "1234-1240" */

/* Writes which octets a node covers, and of which source when it is not the frame. */
static void put_offsets(struct text *t, const struct field *f)
{
	size_t before = text_len(t);

	if (f->len) {
		if (f->source) {
			text_dec(t, f->source);
			text_char(t, ':');
		}
		text_dec(t, f->off);
		if (f->len > 1) {
			text_char(t, '-');
			text_dec(t, f->off + f->len - 1);
		}
	}
	while (text_len(t) - before < OFFSETS)
		text_char(t, ' ');
}

void print_tree(FILE *out, const struct dissect *d, bool offsets)
{
	const struct field_tree *tree = &d->tree;
	char line[LINE_MAX_N];

	for (uint32_t i = 0; i < tree->count; i++) {
		const struct field *f = &tree->nodes[i];
		struct text t = text_init(line, sizeof(line));

		if (f->flags & FIELD_HIDDEN)
			continue;
		if (offsets)
			put_offsets(&t, f);
		for (unsigned level = 0; level < f->depth; level++)
			text_str(&t, "    ");
		field_line(&t, f);
		fprintf(out, "%s\n", line);
	}
	if (tree->full)
		fprintf(out, "[the packet has more fields than are shown]\n");
	fputc('\n', out);
}
