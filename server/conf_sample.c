/* SPDX-License-Identifier: MIT */
/* Writes conf.def as a commented configuration file; `sstpd --init` fills in what was asked for. */
#include <string.h>

#include "server/conf.h"

#define WIDTH 90

/* Writes text as comment lines no wider than WIDTH. */
static void write_comment(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strlen(text);

		if (len > WIDTH) {
			len = WIDTH;
			while (len > 1 && text[len] != ' ')
				len--;
		}
		fprintf(out, "# %.*s\n", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

/* Writes one key; returns whether a value was given for it. */
static bool write_given(FILE *out, const struct conf_row *row, const struct conf_given *given,
			size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(given[i].section, row->section) != 0 ||
		    strcmp(given[i].key, row->key) != 0)
			continue;
		fprintf(out, "%s = %s\n", row->key, given[i].value);
		any = true;
	}
	return any;
}

void conf_write_sample(FILE *out, const struct conf_given *given, size_t n)
{
	fputs("# sstpd.conf(5). Paths are relative to this file's folder. What stands behind a # "
	      "is "
	      "the default.\n",
	      out);
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];

		if (!row->key) {
			fprintf(out, "\n[%s]\n", row->section);
			write_comment(out, row->text);
			continue;
		}
		fputc('\n', out);
		write_comment(out, row->text);
		if (!write_given(out, row, given, n))
			fprintf(out, "#%s =%s%s\n", row->key, *row->def ? " " : "", row->def);
	}
}
