/* SPDX-License-Identifier: MIT */
/*
 * The filter compiler and evaluator over any text: neither crashes, hangs or leaks, an error lies
 * within the text, and what compiles gives one answer for one packet, whatever else the tree holds.
 */
#include "analyse/filter/filter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t frame[64] = {0x10, 0x01, 0x00, 0x0e, 'G', 'E', 'T', ' ', 0xfe, 0x80};

/* Adds two of every field, with values that are easy to hit. */
static void fill(struct field_tree *t)
{
	field_source_add(t, "Frame", frame, sizeof(frame));
	for (unsigned i = 0; i < 2 * FIELDS - 2; i++) {
		unsigned id = 1 + i % (FIELDS - 1);

		switch (field_infos[id].type) {
		case FT_NONE:
			field_add_none(t, id, 0, 4);
			break;
		case FT_PROTOCOL:
			field_add_protocol(t, id, i % 8, 4, 20);
			break;
		case FT_IPV4:
			field_add_ip4(t, id, i % 16);
			break;
		case FT_IPV6:
			field_add_bytes(t, id, i % 16, 16);
			break;
		case FT_ETHER:
			field_add_bytes(t, id, i % 16, 6);
			break;
		case FT_ABSOLUTE_TIME:
		case FT_RELATIVE_TIME:
			field_add_time(t, id, (int64_t)i * 500000000 - 1000000000);
			break;
		case FT_STRING:
		case FT_STRINGZ:
		case FT_BYTES:
		case FT_UINT_BYTES:
			field_add_bytes(t, id, i % 8, i % 9);
			break;
		default:
			field_add_uint(t, id, 0, 2, i % 5);
		}
	}
}

/* Returns a packet with every field, made once: a filter does not change it. */
static const struct field_tree *everything(void)
{
	static struct field_tree t;
	static bool is_there;

	if (!is_there) {
		field_tree_init(&t);
		field_tree_reset(&t, NULL);
		fill(&t);
		is_there = true;
	}
	return &t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), shown[512];
	struct field_set wanted = {0};
	struct filter_error err;
	struct field_tree t;
	struct filter *f;
	bool all;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (filter_compile(&f, text, &err)) {
		if (err.at > strlen(text) || !err.n || !err.text[0])
			abort();
		filter_error_text(&err, text, shown, sizeof(shown));
		free(text);
		return 0;
	}
	filter_fields(f, &wanted);
	field_tree_init(&t);
	field_tree_reset(&t, &wanted);
	filter_match(f, &t); /* a packet without any field */
	all = filter_match(f, everything());
	fill(&t);
	if (filter_match(f, &t) != all)
		abort();
	field_tree_fini(&t);
	filter_free(f);
	free(text);
	return 0;
}
