/* SPDX-License-Identifier: MIT */
/*
 * Runs golden files against one subject. Each section runs whole; a stream's also byte by byte and
 * cut at random places with fixed seeds, and must write the same log each time. Prints TAP, one
 * line a section.
 *
 *   golden_NAME [--list] [--bless] FILE[#HEADING]...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/golden/golden.h"
#include "tests/golden/log.h"
#include "tests/golden/script.h"

#define RANDOM_RUNS 12
#define TICKS_MAX   100000

/* How one run cuts the bytes it feeds. */
enum cut { CUT_WHOLE, CUT_BYTES, CUT_RANDOM };

struct run {
	const struct script_file *f;
	enum cut cut;
	uint32_t random; /* state of the cutter */
	void *subject;
	bool open;
	uint64_t now;
	struct golden_args config;
	char *config_text[GOLDEN_WORDS];
	unsigned config_lines;
	uint8_t *bytes; /* of "<" lines that are not fed yet */
	size_t n;
	struct golden_log log;
};

static struct golden_log *log_now;

struct golden_log *golden_log_now(void)
{
	return log_now;
}

static void complain(const struct run *r, size_t line, const char *what)
{
	fprintf(stderr, "%s:%zu: %s\n", r->f->path, line + 1, what);
	exit(2);
}

static void complain_unused(const struct run *r, size_t line, const struct golden_args *a,
			    unsigned from)
{
	char text[256];

	for (unsigned i = from; i < a->n; i++)
		if (!a->used[i]) {
			snprintf(text, sizeof(text), "nobody knows the word \"%s\"", a->word[i]);
			complain(r, line, text);
		}
}

static void drain(struct run *r)
{
	golden_subject.drain(r->subject, &r->log);
}

static void open_subject(struct run *r, size_t line)
{
	const char *complaint;

	if (r->open)
		return;
	complaint = golden_subject.open(r->subject, &r->config);
	if (complaint)
		complain(r, line, complaint);
	complain_unused(r, line, &r->config, 0);
	r->open = true;
	drain(r);
}

static void add_config(struct run *r, size_t line, const char *text)
{
	struct golden_args a;

	if (r->config_lines == GOLDEN_WORDS)
		complain(r, line, "too many config lines");
	r->config_text[r->config_lines] = strdup(text);
	script_words(r->config_text[r->config_lines++], &a);
	for (unsigned i = 0; i < a.n; i++) {
		const char *value = strchr(a.word[i], '=');
		size_t key = value ? (size_t)(value - a.word[i]) + 1 : strlen(a.word[i]) + 1;
		unsigned at = 0;

		/* A later line overrides an earlier one: sections override their setup. */
		while (at < r->config.n && strncmp(r->config.word[at], a.word[i], key) != 0)
			at++;
		if (at == GOLDEN_WORDS)
			complain(r, line, "too many config words");
		r->config.word[at] = a.word[i];
		r->config.n += at == r->config.n;
	}
}

static size_t next_cut(struct run *r, size_t left)
{
	size_t n;

	if (r->cut == CUT_WHOLE)
		return left;
	if (r->cut == CUT_BYTES)
		return 1;
	r->random = r->random * 1664525 + 1013904223;
	n = 1 + (r->random >> 16) % ((r->random >> 8 & 1) ? 7 : 90);
	return n < left ? n : left;
}

/* Feeds the collected bytes; each piece in memory of its own size, so that reading past it shows.
 */
static void feed_bytes(struct run *r)
{
	size_t at = 0;

	while (at < r->n) {
		size_t n = next_cut(r, r->n - at);
		uint8_t *piece = malloc(n);

		if (!piece)
			abort();
		memcpy(piece, r->bytes + at, n);
		r->log.input += n;
		golden_subject.feed(r->subject, piece, n, r->now);
		free(piece);
		drain(r);
		at += n;
	}
	free(r->bytes);
	r->bytes = NULL;
	r->n = 0;
}

static void pass_time(struct run *r, size_t line, uint64_t to)
{
	unsigned ticks = 0;

	if (to < r->now)
		complain(r, line, "time does not go back");
	for (;;) {
		uint64_t due = golden_subject.deadline(r->subject);

		if (due > to)
			break;
		if (++ticks > TICKS_MAX)
			complain(r, line,
				 "the subject's deadline does not move: tick() has no end");
		r->now = due > r->now ? due : r->now;
		golden_subject.tick(r->subject, r->now);
		drain(r);
	}
	r->now = to;
}

static void do_verb(struct run *r, size_t line, const char *text)
{
	char *copy = strdup(text);
	struct golden_args a;
	const char *complaint;
	unsigned from = 0;

	script_words(copy, &a);
	open_subject(r, line);
	if (a.n >= 2 && !strcmp(a.word[0], "at")) {
		pass_time(r, line, strtoull(a.word[1], NULL, 10));
		from = 2;
	}
	if (from < a.n) {
		char *name = a.word[from];

		a.used[from] = true;
		for (unsigned i = 0; i < from; i++)
			a.used[i] = true;
		complaint = golden_subject.verb(r->subject, name, &a, r->now);
		if (complaint)
			complain(r, line, complaint);
		complain_unused(r, line, &a, from);
		drain(r);
	}
	free(copy);
}

static bool is_config(const char *text)
{
	return !strncmp(text, "config ", 7);
}

/* Reads the config lines of a range; those of a section come after those of its setup. */
static void read_config(struct run *r, struct script_range range)
{
	for (size_t i = range.from; i < range.to; i++)
		if (is_config(r->f->line[i]))
			add_config(r, i, r->f->line[i] + 7);
}

static void do_line(struct run *r, size_t line)
{
	const char *text = r->f->line[line];
	const char *word = text + strspn(text, " \t");
	bool more = word != text && r->n;
	const char *complaint;

	if (!*word || *word == '#' || is_config(word))
		return;
	if (!more)
		feed_bytes(r);
	if (*word == '<' || more) {
		open_subject(r, line);
		complaint = script_bytes(more ? word : word + 1, &r->bytes, &r->n);
		if (complaint)
			complain(r, line, complaint);
	} else {
		do_verb(r, line, word);
	}
}

static void do_range(struct run *r, struct script_range range)
{
	for (size_t i = range.from; i < range.to; i++)
		do_line(r, i);
	feed_bytes(r);
}

/* Runs one section; the log is the caller's to free. */
static struct golden_log run_section(const struct script_file *f, const struct script_section *s,
				     enum cut cut, uint32_t seed)
{
	struct run r = {.f = f, .cut = cut, .random = seed};

	log_now = &r.log;
	r.subject = calloc(1, golden_subject.size);
	if (!r.subject)
		abort();
	read_config(&r, s->setup);
	read_config(&r, s->in);
	do_range(&r, s->setup);
	if (r.open)
		log_clear(&r.log);
	do_range(&r, s->in);
	open_subject(&r, s->in.from);
	golden_subject.close(r.subject);
	free(r.subject);
	for (unsigned i = 0; i < r.config_lines; i++)
		free(r.config_text[i]);
	return r.log;
}

/* Returns line i of a text of lines, cut out of it, or NULL behind its end. */
static char *line_of(const char *text, size_t i)
{
	size_t n;

	for (; text && *text && i; i--)
		text = strchr(text, '\n') + 1;
	if (!text || !*text)
		return NULL;
	n = strcspn(text, "\n");
	return strndup(text, n);
}

/* Prints where `got` first differs from `want`, as TAP comments. */
static void print_difference(const char *want, const struct golden_log *got, const char *how)
{
	for (size_t i = 0;; i++) {
		char *w = line_of(want, i);
		char *g = line_of(got->text, i);
		size_t column = 0;

		if (w && g && !strcmp(w, g)) {
			free(w);
			free(g);
			continue;
		}
		while (w && g && w[column] && w[column] == g[column])
			column++;
		printf("# run %s: the log differs in line %zu, column %zu, after %zu bytes of "
		       "input\n#   expected: %s\n#   got:      %s\n",
		       how, i + 1, column + 1, i < got->lines ? got->fed[i] : got->input,
		       w ? w : "(nothing more)", g ? g : "(nothing more)");
		free(w);
		free(g);
		return;
	}
}

static bool compare(const char *want, const struct golden_log *got, const char *how)
{
	const char *text = got->n ? got->text : "";

	if (!strcmp(want, text))
		return true;
	print_difference(want, got, how);
	return false;
}

static char *text_of(const struct script_file *f, struct script_range range)
{
	size_t n = 0;
	char *text = calloc(1, 1);

	for (size_t i = range.from; text && i < range.to; i++) {
		size_t len = strlen(f->line[i]);

		text = realloc(text, n + len + 2);
		if (!text)
			break;
		memcpy(text + n, f->line[i], len);
		memcpy(text + n + len, "\n", 2);
		n += len + 1;
	}
	if (!text)
		abort();
	return text;
}

/* Runs the section in every other way and compares with the whole run. */
static bool runs_agree(const struct script_file *f, const struct script_section *s,
		       const char *whole)
{
	bool good = true;
	char how[40];

	for (uint32_t seed = 0; golden_subject.stream && good && seed <= RANDOM_RUNS; seed++) {
		struct golden_log log =
			run_section(f, s, seed ? CUT_RANDOM : CUT_BYTES, seed * 2654435761u);

		snprintf(how, sizeof(how), seed ? "cut at random, seed %u" : "byte by byte", seed);
		good = compare(whole, &log, how);
		log_free(&log);
	}
	return good;
}

/* Runs section i and prints its TAP line; rewrites its log when blessing. Returns whether it is
 * good. */
static bool test_section(struct script_file *f, size_t i, unsigned number, const char *name,
			 bool bless)
{
	const struct script_section *s = &f->section[i];
	struct golden_log log = run_section(f, s, CUT_WHOLE, 0);
	char *want = text_of(f, s->log);
	const char *got = log.n ? log.text : "";
	bool good = bless || compare(want, &log, "whole");

	good = runs_agree(f, s, got) && good;
	printf("%s %u - golden/%s#%s\n", good ? "ok" : "not ok", number, name, s->heading);
	if (bless && good && strcmp(want, got) != 0) {
		printf("# blessed\n");
		script_bless(f, i, got);
	}
	free(want);
	log_free(&log);
	return good;
}

/* Returns the path's last two parts: subject/file.md. */
static const char *short_name(const char *path)
{
	const char *p = path + strlen(path);
	unsigned slashes = 0;

	while (p > path && (p[-1] != '/' || ++slashes < 2))
		p--;
	return p;
}

/* Runs, or lists, the sections of `argument` = FILE or FILE#HEADING. Returns how many are bad. */
static unsigned do_file(const char *argument, bool list, bool bless, unsigned *number)
{
	char *path = strdup(argument);
	char *heading = path ? strchr(path, '#') : NULL;
	struct script_file f;
	unsigned bad = 0, found = 0;
	size_t i;

	if (!path)
		abort();
	if (heading)
		*heading++ = '\0';
	script_read(&f, path);
	for (i = 0; i < f.sections; i++) {
		if (heading && strcmp(heading, f.section[i].heading) != 0)
			continue;
		found++;
		if (list) {
			printf("golden/%s#%s\n", short_name(path), f.section[i].heading);
			continue;
		}
		bad += !test_section(&f, i, ++*number, short_name(path), bless);
		if (bless) {
			script_free(&f);
			script_read(&f, path);
		}
	}
	if (!found) {
		fprintf(stderr, "%s: no section \"%s\"; --list names them\n", path, heading);
		exit(2);
	}
	script_free(&f);
	free(path);
	return bad;
}

int main(int argc, char **argv)
{
	bool list = false, bless = false;
	unsigned number = 0, bad = 0;
	int i = 1;

	for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
		list = list || !strcmp(argv[i], "--list");
		bless = bless || !strcmp(argv[i], "--bless");
	}
	if (i == argc) {
		fprintf(stderr, "usage: golden_%s [--list] [--bless] FILE[#HEADING]...\n",
			golden_subject.name);
		return 2;
	}
	for (; i < argc; i++)
		bad += do_file(argv[i], list, bless, &number);
	if (!list)
		printf("1..%u\n", number);
	return bad ? 1 : 0;
}
