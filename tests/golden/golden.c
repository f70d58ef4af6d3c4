/* SPDX-License-Identifier: MIT */
/* What subjects use: arguments, and the log with its trace lines. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/tracer.h"
#include "sstp/error.h"
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

/* Writes what follows the mark and the layer: the words of one record. */
static void show_record(struct text *t, const struct sstp_trace *r)
{
	text_char(t, ' ');
	switch (r->kind) {
	case SSTP_TRACE_RX:
	case SSTP_TRACE_TX:
		golden_subject.show(t, r->layer, rd_init(r->bytes, r->kept));
		break;
	case SSTP_TRACE_STATE:
		text_str(t, r->name ? r->name : "");
		text_str(t, r->name ? " " : "");
		text_str(t, r->from);
		text_str(t, " -> ");
		text_str(t, r->to);
		break;
	case SSTP_TRACE_FAULT:
		text_str(t, sstp_err_name(r->err));
		text_key(t, "off");
		text_dec(t, r->off);
		break;
	case SSTP_TRACE_DROP:
		text_str(t, sstp_err_name(r->err));
		text_key(t, "value");
		text_hex(t, r->value, 4);
		break;
	case SSTP_TRACE_NOTE:
		text_str(t, r->name);
		text_key(t, "value");
		text_dec(t, r->value);
		break;
	default:
		text_str(t, r->name);
	}
}

void golden_trace(struct golden_log *log, struct tracer *t)
{
	static const char marks[SSTP_TRACE_KINDS] = {'<', '>', '=', '@', '!', '-', '*'};
	static const char *const layers[SSTP_LAYERS] = {"link", "http",   "sstp", "ppp",
							"lcp",  "pap",    "chap", "eap",
							"ipcp", "ipv6cp", "ccp"};
	struct sstp_trace r;
	char line[2048];

	while (tracer_next(t, &r)) {
		struct text text = text_init(line, sizeof(line));

		text_dec(&text, r.now);
		text_char(&text, ' ');
		text_char(&text, marks[r.kind]);
		text_char(&text, ' ');
		text_str(&text, layers[r.layer]);
		show_record(&text, &r);
		golden_line(log, "%s", line);
	}
	if (t->lost) {
		golden_line(log, "the subject's trace ring is too small: %u lost", t->lost);
		t->lost = 0;
	}
}
