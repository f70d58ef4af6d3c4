/* SPDX-License-Identifier: MIT */
/* Reads golden files: Markdown on the outside, one command a line on the inside. Runs nothing. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/golden/script.h"

static void die(const char *path, size_t line, const char *what)
{
	fprintf(stderr, "%s:%zu: %s\n", path, line + 1, what);
	exit(2);
}

static void *grow(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		abort();
	return q;
}

static void read_lines(struct script_file *f)
{
	FILE *in = fopen(f->path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t n;

	if (!in) {
		fprintf(stderr, "%s: %s\n", f->path, strerror(errno));
		exit(2);
	}
	while ((n = getline(&text, &room, in)) >= 0) {
		if (n > 0 && text[n - 1] == '\n')
			text[n - 1] = '\0';
		f->line = grow(f->line, (f->lines + 1) * sizeof(*f->line));
		f->line[f->lines] = strdup(text);
		if (!f->line[f->lines++])
			abort();
	}
	free(text);
	fclose(in);
}

/* Cuts a trailing reference in parentheses and blanks off the heading's text. */
static char *make_heading(const char *text)
{
	char *h = strdup(text);
	size_t n;
	char *open;

	if (!h)
		abort();
	n = strlen(h);
	while (n && isspace((unsigned char)h[n - 1]))
		h[--n] = '\0';
	open = strrchr(h, '(');
	if (n && h[n - 1] == ')' && open && open > h && isspace((unsigned char)open[-1])) {
		*open = '\0';
		n = strlen(h);
		while (n && isspace((unsigned char)h[n - 1]))
			h[--n] = '\0';
	}
	return h;
}

/* Returns the lines between the fence at `at` and its end, and moves *at onto that end. */
static struct script_range take_fence(const struct script_file *f, size_t *at)
{
	struct script_range r = {*at + 1, *at + 1};

	while (r.to < f->lines && strcmp(f->line[r.to], "```") != 0)
		r.to++;
	if (r.to == f->lines)
		die(f->path, *at, "this fence has no end");
	*at = r.to;
	return r;
}

static struct script_section *add_section(struct script_file *f, size_t line,
					  struct script_range setup)
{
	struct script_section *s;

	f->section = grow(f->section, (f->sections + 1) * sizeof(*f->section));
	s = &f->section[f->sections++];
	*s = (struct script_section){
		.heading = make_heading(f->line[line] + 3), .line = line, .setup = setup};
	for (size_t i = 0; i + 1 < f->sections; i++)
		if (!strcmp(f->section[i].heading, s->heading))
			die(f->path, line, "another section has the same heading");
	return s;
}

static void check_section(const struct script_file *f, const struct script_section *s)
{
	if (!s->in.from || !s->log.from)
		die(f->path, s->line, "a section needs an ```in fence and a ```log fence");
}

void script_read(struct script_file *f, const char *path)
{
	struct script_range setup = {0, 0};
	struct script_section *s = NULL;

	*f = (struct script_file){.path = path};
	read_lines(f);
	for (size_t i = 0; i < f->lines; i++) {
		const char *l = f->line[i];

		if (!strncmp(l, "## ", 3)) {
			if (s)
				check_section(f, s);
			s = add_section(f, i, setup);
		} else if (!strcmp(l, "```setup")) {
			setup = take_fence(f, &i);
			if (s && !s->in.from)
				s->setup = setup;
		} else if (!strcmp(l, "```in")) {
			if (!s || s->in.from)
				die(path, i, "one ```in fence a section, behind its heading");
			s->in = take_fence(f, &i);
		} else if (!strcmp(l, "```log")) {
			if (!s || !s->in.from || s->log.from)
				die(path, i, "one ```log fence a section, behind its ```in fence");
			s->log = take_fence(f, &i);
		} else if (!strncmp(l, "```", 3)) {
			die(path, i, "unknown kind of fence: setup, in and log are known");
		}
	}
	if (s)
		check_section(f, s);
	else
		die(path, 0, "no section");
}

void script_bless(struct script_file *f, size_t i, const char *text)
{
	struct script_range log = f->section[i].log;
	FILE *out = fopen(f->path, "w");

	if (!out) {
		fprintf(stderr, "%s: %s\n", f->path, strerror(errno));
		exit(2);
	}
	for (size_t l = 0; l < f->lines; l++) {
		if (l == log.from)
			fputs(text, out);
		if (l < log.from || l >= log.to)
			fprintf(out, "%s\n", f->line[l]);
	}
	if (fclose(out)) {
		fprintf(stderr, "%s: %s\n", f->path, strerror(errno));
		exit(2);
	}
}

void script_free(struct script_file *f)
{
	for (size_t i = 0; i < f->lines; i++)
		free(f->line[i]);
	for (size_t i = 0; i < f->sections; i++)
		free(f->section[i].heading);
	free(f->line);
	free(f->section);
	*f = (struct script_file){0};
}

void script_words(char *line, struct golden_args *a)
{
	char *p = line;

	*a = (struct golden_args){0};
	while (a->n < GOLDEN_WORDS) {
		char *to;
		bool quoted = false;

		while (isspace((unsigned char)*p))
			p++;
		if (!*p || *p == '#')
			return;
		a->word[a->n++] = to = p;
		for (; *p && (quoted || !isspace((unsigned char)*p)); p++) {
			if (*p == '"')
				quoted = !quoted;
			else
				*to++ = *p;
		}
		if (*p)
			p++;
		*to = '\0';
	}
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = strchr(digits, tolower((unsigned char)c));

	return c && at ? (int)(at - digits) : -1;
}

/* Returns the value of two hex digits, -1 when they are none. */
static int hex_pair(const char *p)
{
	int hi = hex_digit(p[0]);
	int lo = hi < 0 ? -1 : hex_digit(p[1]);

	return lo < 0 ? -1 : hi * 16 + lo;
}

static void append(uint8_t **bytes, size_t *n, uint8_t b)
{
	*bytes = grow(*bytes, *n + 1);
	(*bytes)[(*n)++] = b;
}

/* Reads what stands behind a backslash; moves *at behind it. Returns -1 when it is no escape. */
static int take_escape(const char **at)
{
	static const char names[] = "rnt0\"\\";
	static const char values[] = "\r\n\t\0\"\\";
	const char *p = *at;
	const char *name = strchr(names, *p);

	if (*p == 'x' && hex_pair(p + 1) >= 0) {
		*at = p + 3;
		return hex_pair(p + 1);
	}
	if (!*p || !name)
		return -1;
	*at = p + 1;
	return (unsigned char)values[name - names];
}

/* Reads "text"; *at stands on the quote and is moved behind the closing one. */
static const char *take_text(const char **at, uint8_t **bytes, size_t *n)
{
	const char *p = *at + 1;

	while (*p && *p != '"') {
		int b = (unsigned char)*p++;

		if (b == '\\')
			b = take_escape(&p);
		if (b < 0)
			return "unknown escape";
		append(bytes, n, (uint8_t)b);
	}
	*at = p + 1;
	return *p ? NULL : "the text has no closing quote";
}

/* Repeats the bytes from `from` on as often as *COUNT at *at says. */
static const char *take_count(const char **at, uint8_t **bytes, size_t *n, size_t from)
{
	size_t unit = *n - from;
	char *end;
	unsigned long count;

	if (**at != '*')
		return NULL;
	count = strtoul(*at + 1, &end, 10);
	if (end == *at + 1 || count > 100000)
		return "a count up to 100000 must follow *";
	*at = end;
	if (!count)
		*n = from;
	for (unsigned long i = 1; i < count; i++)
		for (size_t k = 0; k < unit; k++)
			append(bytes, n, (*bytes)[from + k]);
	return NULL;
}

const char *script_bytes(const char *text, uint8_t **bytes, size_t *n)
{
	const char *p = text;

	while (*p && *p != '#') {
		size_t from = *n;
		const char *complaint = NULL;

		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		if (*p == '"') {
			complaint = take_text(&p, bytes, n);
		} else if (hex_pair(p) >= 0) {
			append(bytes, n, (uint8_t)hex_pair(p));
			p += 2;
		} else {
			complaint = "neither hex octets nor \"text\"";
		}
		if (!complaint)
			complaint = take_count(&p, bytes, n, from);
		if (complaint)
			return complaint;
	}
	return NULL;
}
