/* SPDX-License-Identifier: MIT */
/* Cuts a filter's text into tokens: operators by table, words, strings with their escapes. */
#include "analyse/filter/lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Operators of signs; of those that begin alike the longest stands first. */
static const struct {
	const char *text;
	enum token_kind kind;
} signs[] = {
	{"===", TOKEN_ALL_EQ}, {"!==", TOKEN_ANY_NE}, {"==", TOKEN_ANY_EQ}, {"!=", TOKEN_ALL_NE},
	{"~=", TOKEN_ANY_NE},  {"<=", TOKEN_LE},      {">=", TOKEN_GE},     {"&&", TOKEN_AND},
	{"||", TOKEN_OR},      {"^^", TOKEN_XOR},     {"..", TOKEN_DOTS},   {"<", TOKEN_LT},
	{">", TOKEN_GT},       {"!", TOKEN_NOT},      {"~", TOKEN_MATCHES}, {"&", TOKEN_BITAND},
	{"(", TOKEN_LPAREN},   {")", TOKEN_RPAREN},   {"{", TOKEN_LBRACE},  {"}", TOKEN_RBRACE},
	{"[", TOKEN_LBRACKET}, {",", TOKEN_COMMA},    {"#", TOKEN_HASH},    {"@", TOKEN_AT},
	{"+", TOKEN_PLUS},     {"-", TOKEN_MINUS},    {"*", TOKEN_STAR},    {"/", TOKEN_SLASH},
	{"%", TOKEN_PERCENT},
};

/* Operators of letters. */
static const struct {
	const char *text;
	enum token_kind kind;
} words[] = {
	{"and", TOKEN_AND},
	{"or", TOKEN_OR},
	{"xor", TOKEN_XOR},
	{"not", TOKEN_NOT},
	{"eq", TOKEN_ANY_EQ},
	{"any_eq", TOKEN_ANY_EQ},
	{"all_eq", TOKEN_ALL_EQ},
	{"ne", TOKEN_ALL_NE},
	{"all_ne", TOKEN_ALL_NE},
	{"any_ne", TOKEN_ANY_NE},
	{"lt", TOKEN_LT},
	{"le", TOKEN_LE},
	{"gt", TOKEN_GT},
	{"ge", TOKEN_GE},
	{"contains", TOKEN_CONTAINS},
	{"matches", TOKEN_MATCHES},
	{"in", TOKEN_IN},
	{"any", TOKEN_ANY},
	{"all", TOKEN_ALL},
	{"bitwise_and", TOKEN_BITAND},
};

int filter_fail(struct filter_error *err, size_t at, size_t n, const char *format, ...)
{
	va_list args;

	if (err->text[0])
		return -1;
	err->at = at;
	err->n = n ? n : 1;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

void lex_init(struct lexer *l, const char *text, struct arena *arena, struct filter_error *err)
{
	*l = (struct lexer){.text = text, .n = strlen(text), .arena = arena, .err = err};
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == ':' || (c & 0x80);
}

/* Returns how many digits of base stand at p, at most max. */
static size_t count_digits(const char *p, size_t max, int base)
{
	size_t n = 0;

	for (; n < max; n++)
		if (base == 8 ? p[n] < '0' || p[n] > '7' : !isxdigit((unsigned char)p[n]))
			break;
	return n;
}

/* Returns the value of n digits. */
static unsigned long digits_value(const char *p, size_t n, int base)
{
	unsigned long v = 0;

	for (; n; n--, p++) {
		int c = tolower((unsigned char)*p);

		v = v * (unsigned)base + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v;
}

/* Writes the UTF-8 of a code point; returns its length, 0 when there is no such character. */
static size_t put_utf8(char *out, unsigned long c)
{
	unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};

	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	for (unsigned i = n - 1; i; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(first[n] | c);
	return n;
}

/*
 * Reads the escape behind a backslash at p, which has left bytes. Writes what it stands for to out
 * (4 bytes of room) and its length to *put; returns the bytes read, 0 when it is none.
 */
static size_t read_escape(const char *p, size_t left, char *out, size_t *put)
{
	static const char plain[] = "\"\"\\\\''a\ab\bf\fn\nr\rt\tv\v";
	size_t n;

	*put = 1;
	if (!left)
		return 0;
	for (const char *s = plain; *s; s += 2) {
		if (*p == s[0]) {
			*out = s[1];
			return 1;
		}
	}
	n = count_digits(p, left < 3 ? left : 3, 8);
	if (n) {
		*out = (char)digits_value(p, n, 8);
		return n;
	}
	left--;
	if (*p == 'x') {
		n = count_digits(p + 1, left < 2 ? left : 2, 16);
		*out = (char)digits_value(p + 1, n, 16);
		return n ? n + 1 : 0;
	}
	n = *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
	if (!n || left < n || count_digits(p + 1, n, 16) != n)
		return 0;
	*put = put_utf8(out, digits_value(p + 1, n, 16));
	return *put ? n + 1 : 0;
}

/* Reads a string or character up to the closing quote; l->at stands behind the opening one. */
static int lex_quoted(struct lexer *l, struct token *t, char quote, bool raw)
{
	char *out = arena_take(l->arena, l->n - l->at + 4);
	size_t put = 0;

	if (!out)
		return filter_fail(l->err, t->at, 1, "there is no memory for this string");
	while (l->at < l->n && l->text[l->at] != quote) {
		size_t did, wrote;

		if (l->text[l->at] != '\\') {
			out[put++] = l->text[l->at++];
			continue;
		}
		if (raw) {
			out[put++] = l->text[l->at++];
			if (l->at < l->n)
				out[put++] = l->text[l->at++];
			continue;
		}
		did = read_escape(l->text + l->at + 1, l->n - l->at - 1, out + put, &wrote);
		if (!did && l->at + 1 < l->n)
			return filter_fail(l->err, l->at, 2,
					   "\\%c is not an escape sequence; write \\\\ for a "
					   "backslash, or r\"...\" for a string without escapes",
					   l->text[l->at + 1]);
		put += did ? wrote : 0;
		l->at += did + 1;
	}
	if (l->at >= l->n)
		return filter_fail(l->err, t->at, l->n - t->at, "the closing %c is missing", quote);
	l->at++;
	t->n = l->at - t->at;
	t->text = out;
	t->text_n = put;
	return 0;
}

/* Returns how many bytes of "/24" at p belong to the address word before it. */
static size_t prefix_length(const char *word, size_t n, const char *p, size_t left)
{
	unsigned dots = 0, colons = 0, others = 0;
	size_t digits = 0;

	for (size_t i = 0; i < n; i++) {
		dots += word[i] == '.';
		colons += word[i] == ':';
		others += !isxdigit((unsigned char)word[i]) && word[i] != '.' && word[i] != ':';
	}
	if (others || (dots != 3 && colons < 2) || left < 2 || p[0] != '/')
		return 0;
	while (digits + 1 < left && isdigit((unsigned char)p[1 + digits]))
		digits++;
	return digits ? digits + 1 : 0;
}

/* Reads a word: letters, digits and . : - inside, an address with its /prefix. */
static void lex_word(struct lexer *l, struct token *t)
{
	const char *p = l->text + t->at;
	size_t left = l->n - t->at, n = 0;

	while (n < left && (is_word(p[n]) || (n && p[n] == '-'))) {
		if (p[n] == '.' && n + 1 < left && p[n + 1] == '.')
			break;
		n++;
	}
	n += prefix_length(p, n, p + n, left - n);
	t->kind = TOKEN_WORD;
	t->text = p;
	t->text_n = t->n = n;
	l->at += n;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].text) == n && !memcmp(words[i].text, p, n))
			t->kind = words[i].kind;
}

static int lex_char(struct lexer *l, struct token *t)
{
	t->kind = TOKEN_CHAR;
	l->at++;
	if (lex_quoted(l, t, '\'', false))
		return -1;
	if (t->text_n != 1)
		return filter_fail(l->err, t->at, t->n,
				   t->text_n ? "'...' holds one character; use \"...\" for a string"
					     : "'' holds no character");
	return 0;
}

int lex_next(struct lexer *l, struct token *out)
{
	const char *p;
	size_t left;

	while (l->at < l->n && isspace((unsigned char)l->text[l->at]))
		l->at++;
	p = l->text + l->at;
	left = l->n - l->at;
	*out = (struct token){.kind = TOKEN_END, .at = l->at, .n = 1};
	if (!left)
		return 0;
	if (*p == '"' || ((*p == 'r' || *p == 'R') && left > 1 && p[1] == '"')) {
		out->kind = TOKEN_STRING;
		l->at += *p == '"' ? 1 : 2;
		return lex_quoted(l, out, '"', *p != '"');
	}
	if (*p == '\'')
		return lex_char(l, out);
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		size_t n = strlen(signs[i].text);

		if (n > left || memcmp(signs[i].text, p, n))
			continue;
		out->kind = signs[i].kind;
		out->n = n;
		l->at += n;
		return 0;
	}
	if (is_word(*p)) {
		lex_word(l, out);
		return 0;
	}
	if (*p == '=')
		return filter_fail(l->err, l->at, 1, "= is not an operator; to compare, write ==");
	if (*p == '|')
		return filter_fail(l->err, l->at, 1, "| is not an operator; write || or \"or\"");
	return filter_fail(l->err, l->at, 1, "this character has no meaning in a filter");
}

int lex_range(struct lexer *l, struct token *out)
{
	const char *p = l->text + l->at;
	const char *end = memchr(p, ']', l->n - l->at);

	*out = (struct token){.kind = TOKEN_WORD, .at = l->at, .text = p};
	if (!end)
		return filter_fail(l->err, l->at ? l->at - 1 : 0, 1, "the closing ] is missing");
	out->n = out->text_n = (size_t)(end - p);
	l->at += out->n + 1;
	return 0;
}
