/* SPDX-License-Identifier: MIT */
/*
 * Runs many display filters over one capture in one pass. Arguments: the capture, its key log, the
 * file of filters. Prints "== FILTER" and the numbers of the frames that it takes, one a line. With
 * --few each filter runs over trees that hold only the fields it needs, as sstpdump runs it.
 */
#include "analyse/filter/filter.h"
#include "analyse/frames.h"
#include "analyse/tls_keys.h"

#include <stdlib.h>
#include <string.h>

#define LINE_ROOM 65536
#define FILTERS   2000

struct run {
	char *texts[FILTERS];
	struct filter *filters[FILTERS];
	unsigned from, to; /* the ones that run */
	unsigned n;
	char *hits[FILTERS]; /* growing text */
	size_t used[FILTERS];
};

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "no memory, or no file\n");
		exit(2);
	}
	return p;
}

static void read_filters(struct run *r, const char *path)
{
	char *line = need(malloc(LINE_ROOM)), text[512];
	FILE *f = need(fopen(path, "r"));
	struct filter_error err;

	while (r->n < FILTERS && fgets(line, LINE_ROOM, f)) {
		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#')
			continue;
		r->texts[r->n] = need(strdup(line));
		if (filter_compile(&r->filters[r->n], line, &err)) {
			filter_error_text(&err, line, text, sizeof(text));
			fprintf(stderr, "%s\n", text);
			exit(1);
		}
		r->n++;
	}
	fclose(f);
	free(line);
}

static void on_frame(void *ctx, struct dissect *d, const struct flow_packet *p)
{
	struct run *r = ctx;

	(void)p;
	for (unsigned i = r->from; i < r->to; i++) {
		if (!filter_match(r->filters[i], &d->tree))
			continue;
		r->hits[i] = need(realloc(r->hits[i], r->used[i] + 24));
		r->used[i] += (size_t)sprintf(r->hits[i] + r->used[i], "%llu\n",
					      (unsigned long long)d->now.frame);
	}
}

static void read_capture(struct run *r, const char *path, const char *keylog,
			 const struct field_set *wanted)
{
	struct frames_config config = {.wanted = wanted, .ctx = r, .frame = on_frame};
	struct frames *frames = need(frames_new(&config));
	struct tls_keys *keys = need(tls_keys_new());
	struct flow_config how = {0};
	char why[TLS_KEYS_WHY > CAPTURE_WHY ? TLS_KEYS_WHY : CAPTURE_WHY];
	struct capture *c;
	struct flow *flow;
	struct frame f;

	if (tls_keys_load_log(keys, keylog, false, why) || capture_open(&c, path, why)) {
		fprintf(stderr, "%s\n", why);
		exit(2);
	}
	flow = need(flow_new(keys, &how, frames_sink(), frames));
	while (capture_next(c, &f) == CAPTURE_FRAME)
		flow_frame(flow, &f);
	flow_finish(flow);
	flow_free(flow);
	frames_free(frames);
	capture_close(c);
	tls_keys_free(keys);
}

int main(int argc, char **argv)
{
	static struct run r;
	bool few = argc > 1 && !strcmp(argv[1], "--few");

	if (argc - few != 4)
		return 2;
	argv += few;
	read_filters(&r, argv[3]);
	r.to = r.n;
	for (unsigned i = 0; few && i < r.n; i++) {
		struct field_set wanted = {0};

		filter_fields(r.filters[i], &wanted);
		r.from = i;
		r.to = i + 1;
		read_capture(&r, argv[1], argv[2], &wanted);
	}
	if (!few)
		read_capture(&r, argv[1], argv[2], NULL);
	for (unsigned i = 0; i < r.n; i++) {
		printf("== %s\n%s", r.texts[i], r.hits[i] ? r.hits[i] : "");
		filter_free(r.filters[i]);
		free(r.hits[i]);
		free(r.texts[i]);
	}
	return 0;
}
