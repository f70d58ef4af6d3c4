/* SPDX-License-Identifier: MIT */
/*
 * Reads a configuration file through libinih, line by line so that every complaint names its line,
 * and goes on after an error so that one run shows them all. What a value means is conf_value.c's.
 */
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "server/conf.h"

#define LINE_MAX_LEN 2048

/* One reading of one file. */
struct reading {
	struct conf *c;
	FILE *in;
	const char *path;
	struct conf_faults *faults;
	unsigned line; /* of the line handed to libinih last */
	bool due;      /* that line holds a key, and conf_key() was not called for it yet */
	bool lost;     /* inside a section that is unknown: complained about once */
};

void conf_fault(struct conf_faults *f, const char *file, unsigned line, const char *form, ...)
{
	char what[1024];
	char where[32] = "";
	va_list args;
	FILE *out;
	char *all = NULL;
	size_t len = 0;

	va_start(args, form);
	vsnprintf(what, sizeof(what), form, args);
	va_end(args);
	if (line)
		snprintf(where, sizeof(where), ":%u", line);
	f->n++;
	out = open_memstream(&all, &len);
	if (!out)
		return;
	fprintf(out, "%s%s%s: %s\n", f->text ? f->text : "", file, where, what);
	fclose(out);
	free(f->text);
	f->text = all;
	f->len = len;
}

void conf_faults_free(struct conf_faults *f)
{
	free(f->text);
	*f = (struct conf_faults){0};
}

/* Writes the keys of a section, or the sections (section NULL), as "a, b, c". */
static const char *list_names(const char *section, char *buf, size_t n)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < conf_rows_n && len < n; i++) {
		const struct conf_row *row = &conf_rows[i];
		const char *name = section ? row->key : row->section;

		if (section ? !row->key || strcmp(row->section, section) != 0 : row->key != NULL)
			continue;
		len += (size_t)snprintf(buf + len, n - len, "%s%s", len ? ", " : "", name);
	}
	return buf;
}

/* Looks at a line that begins a section; its keys are looked up by libinih's idea of it. */
static void enter_section(struct reading *r, const char *line)
{
	const char *end = strchr(line, ']');
	char name[64];
	char names[512];
	const char *rest;

	r->lost = true;
	if (!end) {
		conf_fault(r->faults, r->path, r->line, "the section's closing ] is missing");
		return;
	}
	rest = end + 1 + strspn(end + 1, " \t\r");
	if (!strchr("#;", *rest))
		conf_fault(r->faults, r->path, r->line,
			   "\"%.60s\" stands behind the section; begin a new line with it", rest);
	snprintf(name, sizeof(name), "%.*s", (int)(end - line - 1), line + 1);
	if (conf_find(name, NULL))
		r->lost = false;
	else
		conf_fault(r->faults, r->path, r->line, "there is no section [%s]; there are %s",
			   name, list_names(NULL, names, sizeof(names)));
}

/* Complains when libinih made no key of the line before. */
static void settle_line(struct reading *r)
{
	if (r->due)
		conf_fault(r->faults, r->path, r->line,
			   "this is neither \"key = value\" nor "
			   "\"[section]\" nor a comment");
	r->due = false;
}

/* Reads a line into buf (n bytes), empty if it cannot be one of a configuration; false at the end.
 */
static bool take_line(struct reading *r, char *buf, size_t n)
{
	bool binary = false;
	size_t len = 0;
	int c;

	while ((c = fgetc(r->in)) != EOF && c != '\n') {
		binary = binary || c == '\0';
		if (len < n)
			buf[len] = (char)c;
		len++;
	}
	if (c == EOF && (len == 0 || ferror(r->in)))
		return false;
	r->line++;
	if (binary)
		conf_fault(r->faults, r->path, r->line,
			   "there is a byte 0 in the line; write text");
	else if (len >= n)
		conf_fault(r->faults, r->path, r->line,
			   "the line is longer than the %zu characters that are read", n - 1);
	buf[binary || len >= n ? 0 : len] = '\0';
	return true;
}

/* Hands libinih the next line, without blanks in front: no line continues another. */
static char *read_line(char *buf, int n, void *stream)
{
	struct reading *r = stream;
	size_t skip;

	settle_line(r);
	if (!take_line(r, buf, (size_t)n))
		return NULL;
	skip = r->line == 1 && strncmp(buf, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	skip += strspn(buf + skip, " \t\r");
	memmove(buf, buf + skip, strlen(buf + skip) + 1);
	if (buf[0] == '[')
		enter_section(r, buf);
	else
		r->due = strchr("#;\r", buf[0]) == NULL; /* the end included */
	return buf;
}

/* Makes a value that is a path absolute, from the folder of the file. */
static void root_path(struct conf *c, const struct conf_row *row)
{
	char **field = (char **)(void *)((char *)c + row->offset);
	const char *slash = strrchr(c->path, '/');
	char *rooted;

	if (row->type != CONF_PATH || !*field || **field == '/' || !slash)
		return;
	if (asprintf(&rooted, "%.*s/%s", (int)(slash - c->path), c->path, *field) < 0)
		return;
	free(*field);
	*field = rooted;
}

/* libinih's handler: one key. Always 1: complaints are kept in r->faults. */
static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;
	const struct conf_row *row;
	struct conf_place *place;
	char names[512];
	char why[512];

	r->due = false;
	if (*section == '\0') {
		conf_fault(r->faults, r->path, r->line, "'%s' stands before the first [section]",
			   key);
		return 1;
	}
	if (r->lost)
		return 1;
	row = conf_find(section, key);
	if (!row) {
		conf_fault(r->faults, r->path, r->line, "[%s] has no key '%s'; it has %s", section,
			   key, list_names(section, names, sizeof(names)));
		return 1;
	}
	place = &r->c->places[row - conf_rows];
	if (place->line && !(row->flags & CONF_MANY)) {
		conf_fault(r->faults, r->path, r->line,
			   "[%s] %s was set in line %u already; keep one "
			   "of the two",
			   section, key, place->line);
		return 1;
	}
	place->line = r->line;
	if (conf_value(r->c, row, value, why, sizeof(why)))
		return 1;
	place->wrong = true;
	conf_fault(r->faults, r->path, r->line, "[%s] %s = %s: the value %s", section, key, value,
		   why);
	return 1;
}

void conf_defaults(struct conf *c)
{
	char why[256];

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < conf_rows_n; i++)
		if (conf_rows[i].key && *conf_rows[i].def)
			conf_value(c, &conf_rows[i], conf_rows[i].def, why, sizeof(why));
}

bool conf_read_stream(struct conf *c, FILE *in, const char *path, struct conf_faults *f)
{
	struct reading r = {.c = c, .in = in, .path = path, .faults = f};

	conf_defaults(c);
	c->places = calloc(conf_rows_n, sizeof(*c->places));
	c->path = strchr(path, '/') ? strdup(path) : NULL;
	if (!c->path && asprintf(&c->path, "./%s", path) < 0)
		c->path = NULL;
	if (!c->places || !c->path) {
		conf_fault(f, path, 0, "no memory to read it");
		return false;
	}
	ini_use_stack = false;
	ini_max_line = ini_initial_alloc = LINE_MAX_LEN;
	ini_allow_multiline = false;
	ini_parse_stream(read_line, &r, take_key, &r);
	settle_line(&r);
	if (ferror(in)) {
		conf_fault(f, path, 0, "cannot be read: %s", strerror(errno));
		return false; /* what is missing may stand in what was not read */
	}
	for (size_t i = 0; i < conf_rows_n; i++)
		if (conf_rows[i].key)
			root_path(c, &conf_rows[i]);
	conf_check(c, f);
	return f->n == 0;
}

bool conf_read(struct conf *c, const char *path, struct conf_faults *f)
{
	FILE *in = fopen(path, "re");
	bool good;

	if (!in) {
		memset(c, 0, sizeof(*c));
		conf_fault(f, path, 0, "cannot be opened: %s; sstpd --init DIR writes one",
			   strerror(errno));
		return false;
	}
	good = conf_read_stream(c, in, path, f);
	fclose(in);
	return good;
}

/* Returns whether the values of a row's type are malloc'd texts. */
static bool is_text(const struct conf_row *row)
{
	return row->key && (row->type == CONF_TEXT || row->type == CONF_PATH ||
			    row->type == CONF_NAME || row->type == CONF_IFNAME);
}

unsigned conf_line(const struct conf *c, const char *section, const char *key)
{
	return c->places ? c->places[conf_find(section, key) - conf_rows].line : 0;
}

const char *conf_blame(const struct conf *c, const char *text, char *buf, size_t n)
{
	const struct conf_row *found = NULL;
	size_t longest = 0;

	buf[0] = '\0';
	for (size_t i = 0; c->places && i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];
		const char *value =
			is_text(row) ? *(char *const *)(const void *)((const char *)c + row->offset)
				     : NULL;

		if (c->places[i].line && value && strlen(value) > longest && strstr(text, value)) {
			longest = strlen(value);
			found = row;
		}
	}
	if (found)
		snprintf(buf, n, "%s:%u: [%s] %s: ", c->path, c->places[found - conf_rows].line,
			 found->section, found->key);
	return buf;
}

void conf_free(struct conf *c)
{
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];

		if (is_text(row))
			free(*(char **)(void *)((char *)c + row->offset));
	}
	free(c->path);
	free(c->places);
	memset(c, 0, sizeof(*c));
}
