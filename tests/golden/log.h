/* SPDX-License-Identifier: MIT */
/* The log of one run: text, and for each line how much input had been fed when it was written. */
#ifndef TESTS_GOLDEN_LOG_H
#define TESTS_GOLDEN_LOG_H

#include <stddef.h>

#include "tests/golden/golden.h"

struct golden_log {
	char *text; /* lines, each with its line end; NULL while empty */
	size_t n;
	size_t *fed; /* for each line */
	size_t lines;
	size_t input; /* bytes fed so far */
};

/* Empties the log. */
void log_clear(struct golden_log *log);
/* Frees the log's memory; it is empty then. */
void log_free(struct golden_log *log);

#endif
