/* SPDX-License-Identifier: MIT */
/* What subjects use: arguments, and the log with its trace lines. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/tracer.h"
#include "tests/golden/golden.h"
#include "tests/golden/log.h"
#include "tests/golden/script.h"

const char *golden_arg(struct golden_args *a, const char *key)
{
	size_t n = strlen(key);

	for (unsigned i = 0; i < a->n; i++)
		if (!strncmp(a->word[i], key, n) && a->word[i][n] == '=') {
			a->used[i] = true;
			return a->word[i] + n + 1;
		}
	return NULL;
}

uint64_t golden_number(struct golden_args *a, const char *key, uint64_t otherwise)
{
	const char *v = golden_arg(a, key);

	return v ? strtoull(v, NULL, 0) : otherwise;
}

size_t golden_octets(struct golden_args *a, const char *key, uint8_t *out, size_t max)
{
	const char *v = golden_arg(a, key);
	uint8_t *bytes = NULL;
	size_t n = 0;

	memset(out, 0, max);
	if (v && script_bytes(v, &bytes, &n))
		n = 0;
	if (n)
		memcpy(out, bytes, n < max ? n : max);
	free(bytes);
	return n;
}

bool golden_flag(struct golden_args *a, const char *word)
{
	for (unsigned i = 0; i < a->n; i++)
		if (!strcmp(a->word[i], word)) {
			a->used[i] = true;
			return true;
		}
	return false;
}

void log_clear(struct golden_log *log)
{
	log->n = log->lines = log->input = 0;
}

void log_free(struct golden_log *log)
{
	free(log->text);
	free(log->fed);
	*log = (struct golden_log){0};
}

static void append(struct golden_log *log, const char *s, size_t n)
{
	log->text = realloc(log->text, log->n + n + 1);
	if (!log->text)
		abort();
	memcpy(log->text + log->n, s, n);
	log->n += n;
	log->text[log->n] = '\0';
}

void golden_line(struct golden_log *log, const char *format, ...)
{
	char line[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line))
		abort();
	append(log, line, (size_t)n);
	append(log, "\n", 1);
	log->fed = realloc(log->fed, (log->lines + 1) * sizeof(*log->fed));
	if (!log->fed)
		abort();
	log->fed[log->lines++] = log->input;
}

void golden_hex(struct golden_log *log, const char *mark, const uint8_t *p, size_t n)
{
	char line[80];

	for (size_t i = 0; i < n; i += 16) {
		size_t at = 0;

		for (size_t k = i; k < n && k < i + 16; k++) {
			const char *gap = k == i ? "" : k % 8 == 0 ? "  " : " ";

			at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%02x", gap, p[k]);
		}
		golden_line(log, "  %s %s", i ? " " : mark, line);
	}
}

void golden_trace(struct golden_log *log, struct tracer *t)
{
	struct sstp_trace record;
	char line[2048];

	while (tracer_next(t, &record)) {
		sstp_trace_text(&record, line, sizeof(line));
		golden_line(log, "%s", line);
	}
	if (t->lost) {
		golden_line(log, "the subject's trace ring is too small: %u lost", t->lost);
		t->lost = 0;
	}
}
