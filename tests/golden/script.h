/* SPDX-License-Identifier: MIT */
/* A golden file taken apart: its lines, and which of them are a section's script and log. */
#ifndef TESTS_GOLDEN_SCRIPT_H
#define TESTS_GOLDEN_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/golden/golden.h"

/* Lines [from, to) of a file, counted from 0. */
struct script_range {
	size_t from, to;
};

struct script_section {
	char *heading;             /* without "## " and without the reference in parentheses */
	size_t line;               /* of the heading */
	struct script_range setup; /* empty when there is none */
	struct script_range in;
	struct script_range log;
};

struct script_file {
	const char *path;
	char **line;
	size_t lines;
	struct script_section *section;
	size_t sections;
};

/* Reads a file; on any fault says on stderr what is wrong and where, and exits with 2. */
void script_read(struct script_file *f, const char *path);
/* Writes the file back with the lines of section i's log replaced by `text`. */
void script_bless(struct script_file *f, size_t i, const char *text);
/* Frees what script_read() made. */
void script_free(struct script_file *f);

/* Splits a line into words ("..." keeps blanks, # begins a comment); they point into `line`. */
void script_words(char *line, struct golden_args *a);
/*
 * Reads the bytes of a "<" line: hex octets, "text" with \r \n \t \0 \xNN \" \\, each of them
 * possibly followed by *COUNT, and # comments. Appends them to *bytes. Returns a complaint or NULL.
 */
const char *script_bytes(const char *text, uint8_t **bytes, size_t *n);

#endif
