/* SPDX-License-Identifier: MIT */
/*
 * -T json: a packet as one object on one line. The summary's columns are members, and "layers"
 * holds the tree with the names and values of tshark's JSON; a name that stands several times side
 * by side has an array of its values, so that every object has each name once.
 */
#include "analyse/field_text.h"
#include "analyse/print.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_ROOM 512

/* Writes n bytes as a JSON string. */
static void put_string(FILE *out, const void *p, size_t n)
{
	size_t room = n * 6 + 8; /* \u00NN at worst */
	char small[VALUE_ROOM], *buf = room > sizeof(small) ? malloc(room) : small;
	struct text t;

	if (!buf) {
		fputs("null", out);
		return;
	}
	t = text_init(buf, room);
	text_json(&t, p, n);
	fputs(buf, out);
	if (buf != small)
		free(buf);
}

/* Writes a node's value as a string. */
static void put_value(FILE *out, const struct field *f)
{
	size_t room = (size_t)f->n * 3 + VALUE_ROOM;
	char small[VALUE_ROOM], *buf = small;
	struct text t;

	if (field_is_text(f)) {
		put_string(out, f->value.p, f->n);
		return;
	}
	if (room > sizeof(small))
		buf = malloc(room);
	if (!buf) {
		fputs("null", out);
		return;
	}
	t = text_init(buf, room);
	field_value_text(&t, f, FIELD_OCTETS_COLON);
	put_string(out, buf, text_len(&t));
	if (buf != small)
		free(buf);
}

/* What a node is called: its field, or for a text its words. */
static const char *key_of(const struct field *f)
{
	return f->id == FIELD_TEXT && f->label ? f->label : field_infos[f->id].name;
}

/* Returns whether a node stands for an object: a protocol or a text with fields in it. */
static bool is_object(const struct field *f, uint32_t i)
{
	uint8_t type = field_infos[f->id].type;

	return f->end > i + 1 && (type == FT_PROTOCOL || type == FT_NONE);
}

static bool same_key(const struct field *a, const struct field *b)
{
	return a->id == b->id && (a->id != FIELD_TEXT || !strcmp(key_of(a), key_of(b)));
}

static void put_members(FILE *out, const struct field_tree *t, uint32_t from, uint32_t end);

/* Writes what a key has: the values of the nodes of this key among the siblings from i on. */
static void put_values(FILE *out, const struct field_tree *t, uint32_t i, uint32_t end, bool trees)
{
	unsigned count = 0;
	bool first = true;

	for (uint32_t j = i; j < end; j = t->nodes[j].end)
		count +=
			same_key(&t->nodes[j], &t->nodes[i]) && (!trees || t->nodes[j].end > j + 1);
	if (count > 1)
		fputc('[', out);
	for (uint32_t j = i; j < end; j = t->nodes[j].end) {
		const struct field *f = &t->nodes[j];

		if (!same_key(f, &t->nodes[i]) || (trees && f->end == j + 1))
			continue;
		if (!first)
			fputc(',', out);
		first = false;
		if (trees || is_object(f, j))
			put_members(out, t, j + 1, f->end);
		else
			put_value(out, f);
	}
	if (count > 1)
		fputc(']', out);
}

/* Returns whether a sibling before i has its key. */
static bool seen_before(const struct field_tree *t, uint32_t from, uint32_t i)
{
	for (uint32_t j = from; j < i; j = t->nodes[j].end)
		if (same_key(&t->nodes[j], &t->nodes[i]))
			return true;
	return false;
}

/* Returns whether a node of this key among the siblings has fields in it besides its value. */
static bool has_trees(const struct field_tree *t, uint32_t i, uint32_t end)
{
	for (uint32_t j = i; j < end; j = t->nodes[j].end)
		if (same_key(&t->nodes[j], &t->nodes[i]) && t->nodes[j].end > j + 1 &&
		    !is_object(&t->nodes[j], j))
			return true;
	return false;
}

static void put_members(FILE *out, const struct field_tree *t, uint32_t from, uint32_t end)
{
	bool first = true;

	fputc('{', out);
	for (uint32_t i = from; i < end; i = t->nodes[i].end) {
		const char *key = key_of(&t->nodes[i]);

		if (seen_before(t, from, i))
			continue;
		if (!first)
			fputc(',', out);
		first = false;
		put_string(out, key, strlen(key));
		fputc(':', out);
		put_values(out, t, i, end, false);
		if (!has_trees(t, i, end))
			continue;
		fprintf(out, ",\"%s_tree\":", key);
		put_values(out, t, i, end, true);
	}
	fputc('}', out);
}

static void put_address(FILE *out, const struct column_address *a)
{
	char text[COLUMN_ADDRESS];
	struct text t = text_init(text, sizeof(text));

	column_address_text(&t, a);
	put_string(out, text, text_len(&t));
}

void print_json(FILE *out, const struct dissect *d, const struct flow_packet *p)
{
	const struct column *c = &d->column;
	char time[40];
	struct text t = text_init(time, sizeof(time));

	field_duration_text(&t, (int64_t)(d->now.ns - d->first_ns));
	fprintf(out, "{\"number\":%llu,\"time\":%s,\"source\":", (unsigned long long)d->now.frame,
		time);
	put_address(out, &c->source);
	fputs(",\"destination\":", out);
	put_address(out, &c->target);
	fputs(",\"protocol\":", out);
	put_string(out, c->protocol, strlen(c->protocol));
	fprintf(out, ",\"length\":%u,\"info\":", p->headers->frame->wire);
	put_string(out, c->info, strlen(c->info));
	fputs(",\"layers\":", out);
	put_members(out, &d->tree, 0, d->tree.count);
	fputs("}\n", out);
}
