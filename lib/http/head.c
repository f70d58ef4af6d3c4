/* SPDX-License-Identifier: MIT */
/* Cuts an HTTP head into lines, headers and words; see head.h. Knows the names of none of them. */
#include "lib/http/head.h"
#include "lib/base/text.h"

uint8_t head_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

int head_hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = head_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

bool head_is_exactly(struct view v, const char *s)
{
	return v.n == text_size(s) && (!v.n || !memcmp(v.p, s, v.n));
}

bool head_is(struct view v, const char *s)
{
	if (v.n != text_size(s))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (head_lower(v.p[i]) != head_lower((uint8_t)s[i]))
			return false;
	return true;
}

bool head_is_token(struct view v)
{
	static const char others[15] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = head_lower(v.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    !memchr(others, c, sizeof(others)))
			return false;
	}
	return v.n > 0;
}

struct view head_line(struct rd *r)
{
	size_t left = rd_left(r);
	const uint8_t *lf = left ? memchr(r->p, '\n', left) : NULL;
	struct view line = {r->p, lf ? (size_t)(lf - r->p) : left};

	rd_take(r, lf ? line.n + 1 : line.n);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

struct view head_word(struct view *v)
{
	const uint8_t *blank = v->n ? memchr(v->p, ' ', v->n) : NULL;
	struct view word = {v->p, blank ? (size_t)(blank - v->p) : v->n};
	struct rd rest = rd_init(v->p, v->n);

	rd_take(&rest, blank ? word.n + 1 : word.n);
	*v = rd_rest(&rest);
	return word;
}

/* Returns v without the blanks, and line ends of folds, around it. */
static struct view trim(struct view v)
{
	struct rd r = rd_init(v.p, v.n);
	size_t n = 0;

	while (rd_left(&r) && (is_blank(*r.p) || *r.p == '\r' || *r.p == '\n'))
		rd_u8(&r);
	v = rd_rest(&r);
	for (size_t i = 0; i < v.n; i++)
		if (!is_blank(v.p[i]) && v.p[i] != '\r' && v.p[i] != '\n')
			n = i + 1;
	v.n = n;
	return v;
}

bool head_field(struct rd *r, struct head_field *out)
{
	struct view line = head_line(r);
	const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
	struct rd value = rd_init(line.p, line.n);

	*out = (struct head_field){0};
	if (!line.n)
		return false;
	if (colon)
		out->name = (struct view){line.p, (size_t)(colon - line.p)};
	if (!head_is_token(out->name)) {
		*out = (struct head_field){0};
		r->bad = true;
		return false;
	}
	rd_take(&value, out->name.n + 1);
	while (rd_left(r) && is_blank(*r->p)) {
		head_line(r);
		value.end = r->p;
	}
	out->value = trim(rd_rest(&value));
	return true;
}
