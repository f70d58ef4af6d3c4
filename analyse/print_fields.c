/* SPDX-License-Identifier: MIT */
/* -T fields: chosen fields of a packet on one line, with tshark's -E options. */
#include "analyse/field_text.h"
#include "analyse/print.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_ROOM 256

void print_fields_init(struct print_fields *f)
{
	*f = (struct print_fields){
		.separator = '\t', .aggregator = ',', .occurrence = 'a', .escape = true};
}

int print_fields_add(struct print_fields *f, const char *name)
{
	enum field_id id = field_find(name, strlen(name));

	if (!id || f->n == PRINT_FIELDS_MAX)
		return -1;
	f->ids[f->n++] = id;
	return 0;
}

/* Reads a character: itself, /t for a tab, /s for a blank. */
static int read_char(const char *s, char *out)
{
	if (!strcmp(s, "/t"))
		*out = '\t';
	else if (!strcmp(s, "/s"))
		*out = ' ';
	else if (s[0] && !s[1])
		*out = s[0];
	else
		return -1;
	return 0;
}

static int read_bool(const char *s, bool *out)
{
	if (strcmp(s, "y") && strcmp(s, "n"))
		return -1;
	*out = *s == 'y';
	return 0;
}

int print_fields_option(struct print_fields *f, const char *option)
{
	const char *equals = strchr(option, '=');
	size_t n = equals ? (size_t)(equals - option) : 0;
	const char *v = equals ? equals + 1 : "";

	if (n == 6 && !memcmp(option, "header", n))
		return read_bool(v, &f->header);
	if (n == 3 && !memcmp(option, "bom", n))
		return read_bool(v, &f->bom);
	if (n == 6 && !memcmp(option, "escape", n))
		return read_bool(v, &f->escape);
	if (n == 9 && !memcmp(option, "separator", n))
		return read_char(v, &f->separator);
	if (n == 10 && !memcmp(option, "aggregator", n))
		return read_char(v, &f->aggregator);
	if (n == 10 && !memcmp(option, "occurrence", n) && v[0] && strchr("fla", v[0]) && !v[1]) {
		f->occurrence = v[0];
		return 0;
	}
	if (n == 5 && !memcmp(option, "quote", n) && v[0] && strchr("dsn", v[0]) && !v[1]) {
		f->quote = v[0] == 'd' ? '"' : v[0] == 's' ? '\'' : 0;
		return 0;
	}
	return -1;
}

void print_fields_wanted(const struct print_fields *f, struct field_set *s)
{
	for (unsigned i = 0; i < f->n; i++)
		field_set_add(s, f->ids[i]);
}

void print_fields_head(FILE *out, const struct print_fields *f)
{
	if (f->bom)
		fputs("\xef\xbb\xbf", out);
	for (unsigned i = 0; f->header && i < f->n; i++) {
		if (i)
			fputc(f->separator, out);
		fputs(field_infos[f->ids[i]].name, out);
	}
	if (f->header)
		fputc('\n', out);
}

/* Writes bytes, those that would break the line by a backslash and a letter. */
static void put_escaped(FILE *out, const struct print_fields *f, const char *s, size_t n)
{
	static const char from[] = "\\\t\n\r\f\v\a\b", to[] = "\\tnrfvab";

	for (size_t i = 0; i < n; i++) {
		const char *at = s[i] ? strchr(from, s[i]) : NULL;

		if (f->escape && at)
			fprintf(out, "\\%c", to[at - from]);
		else if (f->quote && s[i] == f->quote)
			fprintf(out, "%c%c", f->quote, f->quote);
		else if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)s[i]);
		else
			fputc(s[i], out);
	}
}

static void put_value(FILE *out, const struct print_fields *f, const struct field *node)
{
	size_t room = field_is_text(node) ? 1 : (size_t)node->n * 2 + VALUE_ROOM;
	char small[VALUE_ROOM], *buf;
	struct text t;

	if (field_is_text(node)) {
		put_escaped(out, f, (const char *)node->value.p, node->n);
		return;
	}
	if (field_infos[node->id].type == FT_PROTOCOL)
		room = VALUE_ROOM;
	buf = room > sizeof(small) ? malloc(room) : small;
	if (!buf)
		return;
	t = text_init(buf, room);
	field_value_text(&t, node, FIELD_OCTETS_PLAIN);
	fwrite(buf, 1, text_len(&t), out);
	if (buf != small)
		free(buf);
}

/* Returns whether a node is an occurrence of a field, which may stand for two. */
static bool is_of(enum field_id id, const struct field *node)
{
	const uint16_t *either = field_infos[id].either;

	return node->id == id || (either[0] && (node->id == either[0] || node->id == either[1]));
}

static void put_field(FILE *out, const struct print_fields *f, enum field_id id,
		      const struct field_tree *t)
{
	const struct field *last = NULL;
	bool some = false;

	for (uint32_t i = 0; i < t->count; i++) {
		if (!is_of(id, &t->nodes[i]))
			continue;
		last = &t->nodes[i];
		if (f->occurrence == 'l')
			continue;
		if (some)
			fputc(f->aggregator, out);
		else if (f->quote)
			fputc(f->quote, out);
		put_value(out, f, last);
		some = true;
		if (f->occurrence == 'f')
			break;
	}
	if (f->occurrence == 'l' && last) {
		if (f->quote)
			fputc(f->quote, out);
		put_value(out, f, last);
		some = true;
	}
	if (some && f->quote)
		fputc(f->quote, out);
}

void print_fields_line(FILE *out, const struct print_fields *f, const struct dissect *d)
{
	for (unsigned i = 0; i < f->n; i++) {
		if (i)
			fputc(f->separator, out);
		put_field(out, f, f->ids[i], &d->tree);
	}
	fputc('\n', out);
}
