/* SPDX-License-Identifier: MIT */
/*
 * Runs display filters over packets that somebody else dissected: fields come in as text, not from
 * our dissection, so that a difference is the filter language's. Arguments: the file of packets and
 * the file of filters. Packets are lines "packet NUMBER", each followed by lines "FIELD LAYER KIND
 * VALUE" with the kinds number, time, bytes (in hex; - for none), and headerN, bytes of which the
 * first N are a protocol's header. Prints, for each filter,
 * "== FILTER" and the numbers of the packets it takes, one a line; exit status 1 when a filter does
 * not compile. With --fields it prints the fields that it takes, and their types.
 */
#include "analyse/filter/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_N (1 << 20)
#define FILTERS    2000

struct check {
	char *texts[FILTERS];
	struct filter *filters[FILTERS];
	unsigned n;
	char *hits[FILTERS]; /* growing text */
	size_t used[FILTERS];
};

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "no memory\n");
		exit(2);
	}
	return p;
}

static int read_filters(struct check *c, const char *path, char *line)
{
	FILE *f = need(fopen(path, "r"));
	int bad = 0;

	while (c->n < FILTERS && fgets(line, LINE_MAX_N, f)) {
		struct filter_error err;

		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#')
			continue;
		c->texts[c->n] = need(strdup(line));
		if (filter_compile(&c->filters[c->n], line, &err)) {
			char text[512];

			filter_error_text(&err, line, text, sizeof(text));
			fprintf(stderr, "%s\n", text);
			bad = 1;
		}
		c->n++;
	}
	fclose(f);
	return bad;
}

static void run_filters(struct check *c, const struct field_tree *t, unsigned long number)
{
	for (unsigned i = 0; number && i < c->n; i++) {
		if (!c->filters[i] || !filter_match(c->filters[i], t))
			continue;
		c->hits[i] = need(realloc(c->hits[i], c->used[i] + 24));
		c->used[i] += (size_t)sprintf(c->hits[i] + c->used[i], "%lu\n", number);
	}
}

static size_t read_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned octet;

	while (*hex && *hex != '-' && sscanf(hex, "%2x", &octet) == 1) {
		out[n++] = (uint8_t)octet;
		hex += 2;
	}
	return n;
}

static int64_t read_time(const char *s)
{
	int64_t seconds = strtoll(s, NULL, 10), ns = 0, unit = 1000000000;
	const char *dot = strchr(s, '.');

	for (dot = dot ? dot + 1 : ""; *dot >= '0' && *dot <= '9'; dot++) {
		unit /= 10;
		ns += (*dot - '0') * unit;
	}
	return seconds * 1000000000 + (*s == '-' ? -ns : ns);
}

static void add_octets(struct field_tree *t, enum field_id id, uint8_t *octets, size_t n)
{
	if (field_infos[id].type == FT_IPV4 && n == 4) {
		field_add_uint(t, id, 0, 4,
			       (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
				       (uint32_t)octets[2] << 8 | octets[3]);
	} else {
		field_add_copy(t, id, 0, n, octets, n);
	}
}

static void add_header(struct field_tree *t, enum field_id id, uint8_t *octets, size_t n, int len)
{
	uint32_t node = field_add_copy(t, id, 0, 0, octets, n);

	t->nodes[node].len = (uint32_t)len;
	field_flag(t, node, FIELD_HEADER);
}

static void read_field(struct field_tree *t, char *line, uint8_t *octets)
{
	char *name = strtok(line, " "), *layer = strtok(NULL, " "), *kind = strtok(NULL, " ");
	char *value = strtok(NULL, " \n");
	enum field_id id = name ? field_find(name, strlen(name)) : FIELD_INVALID;

	if (!id || !value) {
		fprintf(stderr, "no such field: %s\n", name ? name : "");
		exit(2);
	}
	t->layers[field_infos[id].protocol] = (uint8_t)atoi(layer);
	if (!strcmp(kind, "bytes"))
		add_octets(t, id, octets, read_hex(value, octets));
	else if (!strncmp(kind, "header", 6))
		add_header(t, id, octets, read_hex(value, octets), atoi(kind + 6));
	else if (!strcmp(kind, "time"))
		field_add_time(t, id, read_time(value));
	else
		field_add_uint(t, id, 0, 0, strtoull(value, NULL, 10));
}

/* Prints the fields that packets may have, with their types: those that stand for no others. */
static int list_fields(void)
{
	for (unsigned id = 1; id < FIELDS; id++)
		if (!field_infos[id].either[0])
			printf("%s %s\n", field_infos[id].name,
			       field_type_name(field_infos[id].type));
	return 0;
}

int main(int argc, char **argv)
{
	static struct check c;
	unsigned long number = 0;
	struct field_tree t;
	uint8_t *octets;
	char *line;
	FILE *f;
	int bad;

	if (argc == 2 && !strcmp(argv[1], "--fields"))
		return list_fields();
	if (argc != 3)
		return 2;
	line = need(malloc(LINE_MAX_N));
	octets = need(malloc(LINE_MAX_N));
	bad = read_filters(&c, argv[2], line);
	f = need(fopen(argv[1], "r"));
	field_tree_init(&t);
	while (fgets(line, LINE_MAX_N, f)) {
		if (strncmp(line, "packet ", 7)) {
			read_field(&t, line, octets);
			continue;
		}
		run_filters(&c, &t, number);
		number = strtoul(line + 7, NULL, 10);
		field_tree_reset(&t, NULL);
	}
	run_filters(&c, &t, number);
	for (unsigned i = 0; i < c.n; i++) {
		printf("== %s\n%s", c.texts[i], c.hits[i] ? c.hits[i] : "");
		filter_free(c.filters[i]);
		free(c.hits[i]);
		free(c.texts[i]);
	}
	field_tree_fini(&t);
	fclose(f);
	free(octets);
	free(line);
	return bad;
}
