/* SPDX-License-Identifier: MIT */
/* The tree of fields of a packet: nodes, sources and the arena. See field.h. */
#include "analyse/field.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX   (16u << 20)
#define LABEL_MAX   512
#define FIRST_NODES 256

void field_tree_init(struct field_tree *t)
{
	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, ARENA_MAX);
}

void field_tree_fini(struct field_tree *t)
{
	arena_fini(&t->arena);
	free(t->nodes);
	field_tree_init(t);
}

void field_tree_reset(struct field_tree *t, const struct field_set *wanted)
{
	t->wanted = wanted;
	t->count = 0;
	t->depth = 0;
	t->level = 0;
	t->n_sources = 0;
	t->source = 0;
	t->full = false;
	arena_reset(&t->arena);
	memset(t->layers, 0, sizeof(t->layers));
}

size_t field_tree_memory(const struct field_tree *t)
{
	return sizeof(*t) + t->room * sizeof(*t->nodes) + t->arena.size;
}

/* Takes n octets of the arena; NULL, and the tree full, when they are not to be had. */
static void *take(struct field_tree *t, size_t n)
{
	void *p = arena_take(&t->arena, n);

	if (!p)
		t->full = true;
	return p;
}

unsigned field_source_add(struct field_tree *t, const char *name, const uint8_t *bytes, size_t n)
{
	if (t->n_sources == FIELD_SOURCES_MAX) {
		t->full = true;
		t->n_sources--;
	}
	t->sources[t->n_sources] = (struct field_source){name, bytes, n};
	t->source = t->n_sources++;
	return t->source;
}

const uint8_t *field_source_copy(struct field_tree *t, const char *name, const uint8_t *bytes,
				 size_t n)
{
	uint8_t *copy = t->n_sources < FIELD_SOURCES_MAX ? take(t, n ? n : 1) : NULL;

	if (!copy) {
		t->full = true;
		return NULL;
	}
	if (n)
		memcpy(copy, bytes, n);
	field_source_add(t, name, copy, n);
	return copy;
}

unsigned field_source_use(struct field_tree *t, unsigned source)
{
	unsigned before = t->source;

	t->source = source;
	return before;
}

/* Makes room for one more node. */
static bool grow(struct field_tree *t)
{
	uint32_t room = t->room ? t->room * 2 : FIRST_NODES;
	struct field *nodes;

	if (t->room >= FIELD_NODES_MAX)
		return false;
	nodes = realloc(t->nodes, room * sizeof(*nodes));
	if (!nodes)
		return false;
	t->nodes = nodes;
	t->room = room;
	return true;
}

/* Adds a node without a value; NULL when the field is not wanted or there is no room. */
static struct field *add(struct field_tree *t, enum field_id id, size_t off, size_t len)
{
	size_t all = t->n_sources ? t->sources[t->source].n : 0;
	struct field *f;

	if (!field_wanted(t, id))
		return NULL;
	if (t->count == t->room && !grow(t)) {
		t->full = true;
		return NULL;
	}
	if (off > all)
		off = all;
	if (len > all - off)
		len = all - off;
	f = &t->nodes[t->count];
	memset(f, 0, sizeof(*f));
	f->id = (uint16_t)id;
	f->source = (uint8_t)t->source;
	f->layer = t->layers[field_infos[id].protocol];
	f->off = (uint32_t)off;
	f->len = (uint32_t)len;
	f->end = ++t->count;
	f->depth = t->level;
	return f;
}

/* Returns the index of a node that add() returned. */
static uint32_t index_of(const struct field_tree *t, const struct field *f)
{
	return f ? (uint32_t)(f - t->nodes) : FIELD_SKIPPED;
}

/* Returns whether values of a type are the octets that their node covers. */
static bool is_octets(unsigned type)
{
	return type == FT_STRING || type == FT_STRINGZ || type == FT_BYTES || type == FT_UINT_BYTES;
}

/* Points a node's value to the octets that it covers. */
static void view_octets(const struct field_tree *t, struct field *f)
{
	if (!t->n_sources)
		return;
	f->value.p = t->sources[t->source].bytes + f->off;
	f->n = f->len;
}

uint32_t field_add_none(struct field_tree *t, enum field_id id, size_t off, size_t len)
{
	return index_of(t, add(t, id, off, len));
}

uint32_t field_add_protocol(struct field_tree *t, enum field_id id, size_t off, size_t len,
			    size_t all)
{
	struct field *f;

	if (t->layers[id] < UINT8_MAX && field_infos[id].protocol == id)
		t->layers[id]++;
	f = add(t, id, off, all);
	if (f) {
		view_octets(t, f);
		f->len = len < f->n ? (uint32_t)len : f->n;
	}
	return index_of(t, f);
}

uint32_t field_add_uint(struct field_tree *t, enum field_id id, size_t off, size_t len, uint64_t v)
{
	struct field *f = add(t, id, off, len);

	if (f)
		f->value.u = v;
	return index_of(t, f);
}

uint32_t field_add_int(struct field_tree *t, enum field_id id, size_t off, size_t len, int64_t v)
{
	struct field *f = add(t, id, off, len);

	if (f)
		f->value.i = v;
	return index_of(t, f);
}

uint32_t field_add_bool(struct field_tree *t, enum field_id id, size_t off, size_t len, bool v)
{
	return field_add_uint(t, id, off, len, v);
}

uint32_t field_add_bytes(struct field_tree *t, enum field_id id, size_t off, size_t len)
{
	struct field *f = add(t, id, off, len);

	if (f)
		view_octets(t, f);
	return index_of(t, f);
}

uint32_t field_add_ip4(struct field_tree *t, enum field_id id, size_t off)
{
	struct field *f = add(t, id, off, 4);

	if (f && f->len == 4) {
		const uint8_t *p = t->sources[t->source].bytes + f->off;

		f->value.u =
			(uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	}
	return index_of(t, f);
}

uint32_t field_add_time(struct field_tree *t, enum field_id id, int64_t ns)
{
	return field_add_int(t, id, 0, 0, ns);
}

uint32_t field_add_copy(struct field_tree *t, enum field_id id, size_t off, size_t len,
			const void *bytes, size_t n)
{
	struct field *f = add(t, id, off, len);
	void *copy = f ? take(t, n) : NULL;

	if (copy) {
		if (n)
			memcpy(copy, bytes, n);
		f->value.p = copy;
		f->n = (uint32_t)n;
	}
	return index_of(t, f);
}

uint32_t field_add_text(struct field_tree *t, enum field_id id, const char *text)
{
	return field_add_copy(t, id, 0, 0, text, strlen(text));
}

uint32_t field_add_bits(struct field_tree *t, enum field_id id, size_t off, size_t len,
			uint64_t wire)
{
	const struct field_info *info = &field_infos[id];
	uint64_t v = info->mask ? wire & info->mask : wire;

	if (info->type == FT_BOOLEAN)
		v = v != 0;
	else if (info->mask)
		v >>= __builtin_ctz(info->mask);
	return field_add_uint(t, id, off, len, v);
}

void field_open(struct field_tree *t, uint32_t node)
{
	if (t->depth >= FIELD_DEPTH_MAX) {
		node = FIELD_SKIPPED;
		t->full = true;
	} else {
		t->open[t->depth] = node;
	}
	t->depth++;
	if (node != FIELD_SKIPPED)
		t->level++;
}

void field_close(struct field_tree *t)
{
	uint32_t node;

	if (!t->depth)
		return;
	t->depth--;
	node = t->depth < FIELD_DEPTH_MAX ? t->open[t->depth] : FIELD_SKIPPED;
	if (node == FIELD_SKIPPED)
		return;
	t->nodes[node].end = t->count;
	t->level--;
}

void field_flag(struct field_tree *t, uint32_t node, unsigned flags)
{
	if (node != FIELD_SKIPPED)
		t->nodes[node].flags = (uint8_t)(t->nodes[node].flags | flags);
}

void field_set_len(struct field_tree *t, uint32_t node, size_t len)
{
	struct field *f;
	const struct field_source *s;

	if (node == FIELD_SKIPPED)
		return;
	f = &t->nodes[node];
	s = &t->sources[f->source];
	f->len = len > s->n - f->off ? (uint32_t)(s->n - f->off) : (uint32_t)len;
	if (is_octets(field_infos[f->id].type))
		f->n = f->len;
}

/* Writes a node's text: `before` and then the format. */
static void __attribute__((format(printf, 4, 0)))
label(struct field_tree *t, struct field *f, const char *before, const char *format, va_list args)
{
	char text[LABEL_MAX];
	int had = snprintf(text, sizeof(text), "%s", before);
	size_t used = had < LABEL_MAX ? (size_t)had : LABEL_MAX - 1, n;
	char *copy;

	vsnprintf(text + used, sizeof(text) - used, format, args);
	n = strlen(text) + 1;
	copy = take(t, n);
	if (copy)
		f->label = memcpy(copy, text, n);
}

void field_label(struct field_tree *t, uint32_t node, const char *format, ...)
{
	va_list args;

	if (t->wanted || node == FIELD_SKIPPED)
		return;
	va_start(args, format);
	label(t, &t->nodes[node], "", format, args);
	va_end(args);
}

void field_label_more(struct field_tree *t, uint32_t node, const char *format, ...)
{
	struct field *f;
	va_list args;

	if (t->wanted || node == FIELD_SKIPPED)
		return;
	f = &t->nodes[node];
	va_start(args, format);
	label(t, f, f->label ? f->label : field_infos[f->id].title, format, args);
	va_end(args);
}

void field_malformed(struct field_tree *t, size_t off, size_t len, const char *format, ...)
{
	uint32_t node = field_add_protocol(t, FIELD_WS_MALFORMED, off, len, len);
	va_list args;

	if (t->wanted || node == FIELD_SKIPPED)
		return;
	va_start(args, format);
	label(t, &t->nodes[node], "Malformed: ", format, args);
	va_end(args);
}
