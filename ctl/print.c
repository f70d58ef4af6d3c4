/* SPDX-License-Identifier: MIT */
/* Results: tables and sentences for people; one line of JSON for programs. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

int ctl_fail(const struct ctl_run *r, int status, const char *form, ...)
{
	char text[1024];
	va_list args;

	va_start(args, form);
	vsnprintf(text, sizeof(text), form, args);
	va_end(args);
	if (r->json)
		ctl_print_json(json_pack("{s:b, s:s}", "ok", 0, "error", text));
	else
		fprintf(stderr, "sstpctl: %s\n", text);
	return status;
}

int ctl_print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
	return CTL_DONE;
}

/* Writes a value as a word; peers' texts were escaped or checked by sstpd. */
static const char *value_text(const json_t *v, char *buf, size_t n)
{
	if (json_is_integer(v))
		snprintf(buf, n, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_string(v))
		snprintf(buf, n, "%s", json_string_value(v));
	else if (json_is_boolean(v))
		snprintf(buf, n, "%s", json_is_true(v) ? "yes" : "no");
	else
		snprintf(buf, n, "-");
	for (char *p = buf; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?'; /* a terminal must not obey it */
	return *buf ? buf : "-";
}

/* Writes a number of seconds as 1d02h03m04s without what is zero in front. */
static void age_text(json_int_t s, char *buf, size_t n)
{
	if (s >= 86400)
		snprintf(buf, n, "%" PRId64 "d%02dh", (int64_t)(s / 86400), (int)(s / 3600 % 24));
	else if (s >= 3600)
		snprintf(buf, n, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
	else if (s >= 60)
		snprintf(buf, n, "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else
		snprintf(buf, n, "%ds", (int)s);
}

/* Prints an object's keys and values, a line each. */
static void print_all(const json_t *o)
{
	const char *key;
	json_t *value;
	char buf[512];

	json_object_foreach((json_t *)(uintptr_t)o, key, value)
	{
		if (!json_is_object(value) && !json_is_array(value))
			printf("%-18s %s\n", key, value_text(value, buf, sizeof(buf)));
	}
}

/* Prints a row of the table of sessions. */
static void print_row(const json_t *s)
{
	static const char *const keys[] = {"id", "user", "from", "ip4", "ip6"};
	static const int widths[] = {6, 16, 22, 15, 22};
	char buf[512];

	for (size_t i = 0; i < 5; i++)
		printf("%-*s ", widths[i],
		       value_text(json_object_get(s, keys[i]), buf, sizeof(buf)));
	age_text(json_integer_value(json_object_get(s, "seconds")), buf, sizeof(buf));
	printf("%-8s ", json_is_true(json_object_get(s, "up")) ? buf : "starting");
	printf("%12" PRId64 " %12" PRId64 "\n",
	       (int64_t)json_integer_value(json_object_get(s, "rx_bytes")),
	       (int64_t)json_integer_value(json_object_get(s, "tx_bytes")));
}

void ctl_print_sessions(const json_t *list, bool all_keys)
{
	size_t n = json_array_size(list);

	if (all_keys) {
		for (size_t i = 0; i < n; i++)
			print_all(json_array_get(list, i));
		return;
	}
	if (n == 0) {
		puts("there are no sessions");
		return;
	}
	printf("%-6s %-16s %-22s %-15s %-22s %-8s %12s %12s\n", "ID", "USER", "FROM", "IPV4",
	       "IPV6", "UP", "RX BYTES", "TX BYTES");
	for (size_t i = 0; i < n; i++)
		print_row(json_array_get(list, i));
}

void ctl_print_stats(const json_t *stats)
{
	const json_t *workers = json_object_get(stats, "workers");

	print_all(stats);
	for (size_t i = 0; i < json_array_size(workers); i++) {
		const json_t *w = json_array_get(workers, i);
		char buf[64];

		printf("worker %zu           sessions %s", i,
		       value_text(json_object_get(w, "sessions"), buf, sizeof(buf)));
		printf(" rx_bytes %s",
		       value_text(json_object_get(w, "rx_bytes"), buf, sizeof(buf)));
		printf(" tx_bytes %s\n",
		       value_text(json_object_get(w, "tx_bytes"), buf, sizeof(buf)));
	}
}
