/* SPDX-License-Identifier: MIT */
/* Text into a fixed buffer; see text.h. No locale, no format strings. */
#include "lib/base/text.h"

#include <string.h>

static const char digits16[] = "0123456789abcdef";

struct text text_init(char *buf, size_t n)
{
	buf[0] = '\0';
	return (struct text){buf, buf, buf + n, false};
}

size_t text_len(const struct text *t)
{
	return (size_t)(t->p - t->start);
}

int text_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t text_size(const char *s)
{
	return (size_t)((const char *)memchr(s, '\0', TEXT_MAX + 1) - s);
}

void text_bytes(struct text *t, const char *s, size_t n)
{
	size_t room = (size_t)(t->end - t->p) - 1;

	if (n > room) {
		n = room;
		t->cut = true;
	}
	if (n)
		memcpy(t->p, s, n);
	t->p += n;
	*t->p = '\0';
}

void text_char(struct text *t, char c)
{
	if (t->end - t->p > 1) {
		*t->p++ = c;
		*t->p = '\0';
	} else {
		t->cut = true;
	}
}

void text_str(struct text *t, const char *s)
{
	if (s)
		text_bytes(t, s, text_size(s));
}

void text_dec(struct text *t, uint64_t v)
{
	char buf[20];
	size_t i = sizeof(buf);

	do {
		buf[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	text_bytes(t, buf + i, sizeof(buf) - i);
}

void text_int(struct text *t, int64_t v)
{
	if (v < 0) {
		text_char(t, '-');
		text_dec(t, (uint64_t)0 - (uint64_t)v);
	} else {
		text_dec(t, (uint64_t)v);
	}
}

void text_hex(struct text *t, uint64_t v, unsigned digits)
{
	char buf[16];
	size_t i = sizeof(buf);

	do {
		buf[--i] = digits16[v & 15];
		v >>= 4;
	} while (i && (v || sizeof(buf) - i < digits));
	text_bytes(t, buf + i, sizeof(buf) - i);
}

void text_hexbytes(struct text *t, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char pair[2] = {digits16[p[i] >> 4], digits16[p[i] & 15]};

		text_bytes(t, pair, 2);
	}
}

void text_safe(struct text *t, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\') {
			text_char(t, (char)p[i]);
		} else {
			text_str(t, "\\x");
			text_hexbytes(t, p + i, 1);
		}
	}
}

/* Returns the length of the UTF-8 sequence at p, 0 when it is none (RFC 3629 4). */
static size_t utf8_len(const uint8_t *p, size_t n)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t v;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	len = (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	if (!len || len > n)
		return 0;
	v = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3fu);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	return len;
}

/* Returns how many of the n octets at p, from the first on, a JSON string has as they are. */
static size_t json_plain(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

void text_json(struct text *t, const uint8_t *p, size_t n)
{
	text_char(t, '"');
	for (size_t i = 0; i < n;) {
		size_t plain = json_plain(p + i, n - i), len;

		text_bytes(t, (const char *)p + i, plain);
		i += plain;
		if (i == n)
			break;
		len = utf8_len(p + i, n - i);
		if (!len) {
			text_str(t, "\\ufffd");
			len = 1;
		} else if (p[i] == '"' || p[i] == '\\') {
			text_char(t, '\\');
			text_char(t, (char)p[i]);
		} else if (p[i] < 0x20 || p[i] == 0x7f) {
			text_str(t, "\\u");
			text_hex(t, p[i], 4);
		} else {
			text_bytes(t, (const char *)p + i, len);
		}
		i += len;
	}
	text_char(t, '"');
}

void text_ip4(struct text *t, const uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			text_char(t, '.');
		text_dec(t, ip[i]);
	}
}

/* Finds the first longest run of at least two zero groups; returns its length, 0 when there is
 * none. */
static int zero_run(const uint16_t g[8], int *at)
{
	int best = 1;

	*at = -1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !g[i + n])
			n++;
		if (n > best) {
			best = n;
			*at = i;
		}
	}
	return *at < 0 ? 0 : best;
}

void text_ip6(struct text *t, const uint8_t ip[16])
{
	uint16_t g[8];
	int at, run;

	for (int i = 0; i < 8; i++)
		g[i] = (uint16_t)((unsigned)ip[2 * i] << 8 | ip[2 * i + 1]);
	run = zero_run(g, &at);
	for (int i = 0; i < 8; i++) {
		if (run && i == at) {
			text_str(t, "::");
			i += run - 1;
			continue;
		}
		if (i && !(run && i == at + run))
			text_char(t, ':');
		text_hex(t, g[i], 1);
	}
}

void text_key(struct text *t, const char *key)
{
	text_char(t, ' ');
	text_str(t, key);
	text_char(t, '=');
}
