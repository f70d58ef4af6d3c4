/* SPDX-License-Identifier: MIT */
/* The life of a filter, and its errors for people. */
#include "analyse/filter/lex.h"
#include "analyse/filter/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MATCH_STEPS   1000000 /* of one pattern in one value, against patterns that explode */
#define MATCH_DEPTH   10000
#define SCRATCH_MAX   (4u << 20)
#define STACK_FIRST   64 /* values */
#define ERROR_CONTEXT 72 /* bytes of a long filter that an error shows */

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (struct regex *r = f->regexes; r; r = r->next) {
		pcre2_match_data_free(r->match);
		pcre2_code_free(r->code);
	}
	pcre2_match_context_free(f->limits);
	arena_fini(&f->arena);
	arena_fini(&f->scratch);
	free(f->stack);
	free(f);
}

static struct filter *new_filter(void)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	arena_init(&f->arena, FILTER_MEMORY_MAX);
	arena_init(&f->scratch, SCRATCH_MAX);
	f->room = STACK_FIRST;
	f->stack = calloc(f->room, sizeof(*f->stack));
	f->limits = pcre2_match_context_create(NULL);
	if (!f->stack || !f->limits) {
		filter_free(f);
		return NULL;
	}
	pcre2_set_match_limit(f->limits, MATCH_STEPS);
	pcre2_set_depth_limit(f->limits, MATCH_DEPTH);
	return f;
}

int filter_compile(struct filter **out, const char *text, struct filter_error *err)
{
	struct compile c = {.filter = new_filter(), .text = text, .err = err};

	*out = NULL;
	*err = (struct filter_error){0};
	if (!c.filter)
		return filter_fail(err, 0, 1, "there is no memory for this filter");
	if (strlen(text) > FILTER_LENGTH_MAX)
		filter_fail(err, FILTER_LENGTH_MAX, 1, "a filter has at most %d bytes",
			    FILTER_LENGTH_MAX);
	else if (!filter_parse(&c, &c.filter->root) &&
		 (!c.filter->root || !filter_check(&c, c.filter->root)))
		*out = c.filter;
	if (*out)
		return 0;
	filter_free(c.filter);
	return -1;
}

bool filter_match(struct filter *f, const struct field_tree *packet)
{
	return !f->root || filter_test(f, f->root, packet);
}

void filter_fields(const struct filter *f, struct field_set *s)
{
	field_set_join(s, &f->fields);
}

size_t filter_error_text(const struct filter_error *err, const char *filter, char *buf, size_t n)
{
	size_t all = strlen(filter), from = 0, marks, used;
	int wrote;

	if (err->at > ERROR_CONTEXT / 2 && all > ERROR_CONTEXT)
		from = err->at - ERROR_CONTEXT / 2;
	if (from > all)
		from = all;
	wrote = snprintf(buf, n, "%s\n    %.*s\n    ", err->text, ERROR_CONTEXT, filter + from);
	used = (size_t)wrote < n ? (size_t)wrote : n - 1;
	for (char *p = buf; p < buf + used; p++) /* control characters would move the mark */
		if ((unsigned char)*p < ' ' && *p != '\n')
			*p = ' ';
	marks = err->at + err->n - from > ERROR_CONTEXT ? ERROR_CONTEXT - (err->at - from) : err->n;
	for (size_t i = from; i < err->at + marks && used + 1 < n; i++)
		buf[used++] = i < err->at ? ' ' : i == err->at ? '^' : '~';
	buf[used] = 0;
	return used;
}
