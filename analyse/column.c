/* SPDX-License-Identifier: MIT */
/* The columns of a packet's line; see column.h. */
#include "analyse/column.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void column_reset(struct column *c, bool wanted)
{
	c->wanted = wanted;
	c->source.n = c->target.n = 0;
	c->protocol[0] = 0;
	c->text = text_init(c->info, sizeof(c->info));
	c->begin = c->info;
	c->units = 0;
}

/* Cuts the info off where the unit at hand begins. */
static void forget_unit(struct column *c)
{
	c->text.p = c->begin;
	*c->text.p = 0;
	c->text.cut = false;
}

void column_before(struct column *c, const char *words)
{
	size_t n = strlen(words), had, keep;

	if (!c->wanted)
		return;
	had = text_len(&c->text);
	keep = had + n < sizeof(c->info) ? had : sizeof(c->info) - 1 - n;
	memmove(c->info + n, c->info, keep);
	memcpy(c->info, words, n);
	c->text.p = c->info + n + keep;
	*c->text.p = 0;
}

void column_unit(struct column *c)
{
	if (!c->wanted)
		return;
	if (c->units++ == 0) {
		c->begin = c->info;
		forget_unit(c);
		return;
	}
	if (c->units == 2) {
		column_before(c, " ");
		column_before(c, c->protocol);
	}
	if (c->text.p > c->info)
		text_str(&c->text, " | ");
	c->begin = c->text.p;
}

void column_protocol(struct column *c, const char *name)
{
	struct text named;

	if (!c->wanted)
		return;
	named = text_init(c->protocol, sizeof(c->protocol));
	text_str(&named, name);
	forget_unit(c);
	if (c->units > 1) { /* the column has room for one name: the others say theirs */
		text_str(&c->text, name);
		text_char(&c->text, ' ');
	}
}

void column_info(struct column *c, const char *format, ...)
{
	size_t room;
	va_list args;
	int n;

	if (!c->wanted)
		return;
	room = (size_t)(c->text.end - c->text.p);
	va_start(args, format);
	n = vsnprintf(c->text.p, room, format, args);
	va_end(args);
	c->text.cut = (size_t)n >= room;
	c->text.p += c->text.cut ? room - 1 : (size_t)n;
}

void column_text(struct column *c, const char *text)
{
	if (c->wanted)
		text_str(&c->text, text);
}

void column_safe(struct column *c, const void *bytes, size_t n)
{
	if (c->wanted)
		text_safe(&c->text, bytes, n);
}

void column_comma(struct column *c)
{
	if (c->wanted && c->text.p > c->begin)
		text_str(&c->text, ", ");
}

void column_addresses(struct column *c, unsigned n, const uint8_t *source, const uint8_t *target)
{
	if (!c->wanted)
		return;
	c->source.n = c->target.n = (uint8_t)n;
	memcpy(c->source.octets, source, n);
	memcpy(c->target.octets, target, n);
}

void column_address_text(struct text *t, const struct column_address *a)
{
	if (a->n == 4)
		text_ip4(t, a->octets);
	else if (a->n == 16)
		text_ip6(t, a->octets);
	for (unsigned i = 0; a->n == 6 && i < 6; i++) {
		if (i)
			text_char(t, ':');
		text_hex(t, a->octets[i], 2);
	}
}
