/* SPDX-License-Identifier: MIT */
/*
 * The rules that judge calls: each row of the list that looking can test is a rule of the table and
 * finds its fault in a damaged call of the files in judge, and nothing is found in the call without
 * damage.
 *
 *	judge_test conformance.tsv FILE.md... [--bless]
 *
 * Prints TAP. With --bless it writes what was found into the files, where the diff shows it.
 */
#include "judge_stream.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE_BYTES 8192
#define FOUND_MAX  16384

/* A section of a file. */
struct section {
	char title[200];
	char found[FOUND_MAX]; /* as it should be */
};

static unsigned tests;
static unsigned failed;

static void ok(bool good, const char *claim, const char *what)
{
	printf("%sok %u - %s: %s\n", good ? "" : "not ", ++tests, what, claim);
	failed += !good;
}

/* Adds what was found as a line. */
static void on_finding(void *ctx, const struct call *c, const struct finding *f)
{
	char *to = ctx;
	size_t n = strlen(to);

	(void)c;
	if (f->rule == judge_verdict_rule())
		return;
	snprintf(to + n, FOUND_MAX - n, "> %s %s: %s\n", f->rule->id, call_who(f->way), f->text);
}

/* Adds the verdict as a line. */
static void on_closed(void *ctx, struct call *c)
{
	char *to = ctx;
	size_t n = strlen(to);

	snprintf(to + n, FOUND_MAX - n, "= %s: %s\n", severity_name(c->severity), c->verdict);
}

static const struct calls_sink sink = {on_finding, on_closed};

static void judge(const struct stream *s, char found[FOUND_MAX])
{
	found[0] = '\0';
	stream_judge(s, &sink, found);
}

/* Returns whether a rule's id stands in front of a line of what was found. */
static bool has(const char *found, const char *id)
{
	char due[80];

	if (!strcmp(id, judge_verdict_rule()->id))
		return strstr(found, "= ") != NULL;
	snprintf(due, sizeof(due), "> %s ", id);
	return strstr(found, due) != NULL;
}

static void test_clean(void)
{
	static struct stream s;
	char found[FOUND_MAX];

	stream_init(&s, SSTP_HASH_SHA256);
	judge(&s, found);
	ok(!strchr(found, '>'), "nothing is found", "the call without fault, SHA256");
	stream_init(&s, SSTP_HASH_SHA1);
	judge(&s, found);
	ok(!strchr(found, '>'), "nothing is found", "the call without fault, SHA1");
}

static const struct rule *find_rule(const char *id)
{
	const struct rule *r;

	for (size_t i = 0; (r = judge_rule(i)); i++)
		if (!strcmp(r->id, id))
			return r;
	return NULL;
}

/* Returns the i-th field of a line of the list, cut off there. */
static char *field(char *line, unsigned i)
{
	char *at = line;

	while (i-- && at)
		at = strchr(at, '\t') ? strchr(at, '\t') + 1 : NULL;
	return at;
}

/* Checks that every row of mode P is a rule with its section and level, and has a section. */
static unsigned test_table(FILE *list, const char *titles)
{
	char line[4096];
	unsigned rows = 0;

	while (fgets(line, sizeof(line), list)) {
		char *id = line;
		char *section = field(line, 1);
		char *level = field(line, 2);
		char *end = field(line, 3);
		char *mode = field(line, 8);
		const struct rule *r;
		char due[80];

		if (!mode || strcmp(mode, "P\n") != 0)
			continue;
		section[-1] = level[-1] = end[-1] = '\0';
		rows++;
		r = find_rule(id);
		ok(r && !strcmp(r->section, section) && !strcmp(rule_level_name(r->level), level),
		   "is a rule with its section and level", id);
		snprintf(due, sizeof(due), "## %.60s ", id);
		ok(strstr(titles, due) != NULL, "has a damaged call", id);
	}
	return rows;
}

/* Ends a section: has the call judged and compares. */
static void end_section(const struct section *k, const struct stream *s, FILE *bless)
{
	char found[FOUND_MAX];
	char id[40];

	if (!k->title[0])
		return;
	judge(s, found);
	if (bless)
		fprintf(bless, "%s\n", found);
	sscanf(k->title, "%39[^ :]", id);
	ok(has(found, id), "is found", k->title);
	if (!bless)
		ok(!strcmp(found, k->found), "and what was found is as it was", k->title);
	if (!bless && strcmp(found, k->found) != 0)
		printf("# due:\n%s# found:\n%s", k->found, found);
}

/* Runs a file; everything but what is found is copied to bless. */
static void run_sections(FILE *in, FILE *bless)
{
	static struct stream s;
	struct section k = {{0}, {0}};
	char line[LINE_BYTES];

	while (fgets(line, sizeof(line), in)) {
		size_t n;

		if (line[0] == '>' || line[0] == '=') {
			n = strlen(k.found);
			snprintf(k.found + n, sizeof(k.found) - n, "%s", line);
			continue;
		}
		if (!strncmp(line, "## ", 3)) {
			end_section(&k, &s, bless);
			stream_init(&s, SSTP_HASH_SHA256);
			memset(&k, 0, sizeof(k));
			snprintf(k.title, sizeof(k.title), "%.*s", (int)sizeof(k.title) - 1,
				 line + 3);
			k.title[strcspn(k.title, "\n")] = '\0';
		}
		/* the blank line behind what is found is written with it */
		if (bless && (line[0] != '\n' || !k.title[0]))
			fputs(line, bless);
		line[strcspn(line, "\n")] = '\0';
		if (k.title[0] && line[0] == '\t' && stream_damage(&s, line + 1) < 0)
			ok(0, "can be executed", line + 1);
	}
	end_section(&k, &s, bless);
}

static char *read_all(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!in || !text || !fread(text, 1, (1 << 20) - 1, in)) {
		fprintf(stderr, "judge_test: cannot read %s\n", path);
		exit(2);
	}
	fclose(in);
	return text;
}

/* Runs the sections of one file. */
static void run_file(const char *path, bool blessing)
{
	char *text = read_all(path);
	FILE *in = fmemopen(text, strlen(text), "r");
	FILE *bless = blessing ? fopen(path, "w") : NULL;

	run_sections(in, bless);
	fclose(in);
	if (bless)
		fclose(bless);
	free(text);
}

int main(int argc, char **argv)
{
	bool blessing = argc > 2 && !strcmp(argv[argc - 1], "--bless");
	FILE *list = argc > 2 ? fopen(argv[1], "r") : NULL;
	char *all = calloc(1, 1 << 20);
	int files = argc - blessing;
	unsigned rows;

	if (!list || !all) {
		fprintf(stderr, "usage: judge_test conformance.tsv FILE.md... [--bless]\n");
		return 2;
	}
	for (int i = 2; i < files; i++) {
		char *text = read_all(argv[i]);

		strncat(all, text, (1 << 20) - strlen(all) - 1);
		free(text);
	}
	test_clean();
	rows = test_table(list, all);
	ok(rows == 112, "has 112 rows that looking can test", "the list");
	for (int i = 2; i < files; i++)
		run_file(argv[i], blessing);
	printf("1..%u\n", tests);
	fclose(list);
	free(all);
	return failed != 0;
}
