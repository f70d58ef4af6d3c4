/* SPDX-License-Identifier: MIT */
/*
 * Damaged captures through the whole program, in one process: every capture of a directory, its
 *keys loaded, cut off at every byte (of the small ones) or changed at random, then reassembled,
 *decrypted, dissected, judged and printed in every form. Nothing may crash or hang, and memory must
 *not grow.
 *
 *	mutate_test DIRECTORY COUNT [SEED]
 *
 * Prints TAP.
 */
#include "analyse/frames.h"
#include "analyse/print.h"
#include "analyse/report.h"
#include "analyse/tls_keys.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CAPTURES   64
#define SMALL      4200        /* bytes of a capture that is cut off everywhere */
#define GROWTH_MAX (48 * 1024) /* KiB that memory may grow after the first rounds */
#define PART_MAX   20000       /* bytes of a large capture that are used */
#define CHANGES    8

struct file {
	char name[128];
	uint8_t *bytes;
	size_t n;
};

struct program {
	FILE *out;
	struct tls_keys *keys;
	struct call_secrets *secrets;
	struct report *report;
	unsigned frames;
};

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static void on_frame(void *ctx, struct dissect *d, const struct flow_packet *packet)
{
	struct program *p = ctx;

	report_packet(p->report, packet);
	print_summary(p->out, d, packet, true);
	if (p->frames++ % 4 == 0) {
		print_tree(p->out, d, true);
		print_json(p->out, d, packet);
		print_hex(p->out, d);
	}
}

static void on_opened(void *ctx, struct flow_conn *c, void **mine)
{
	struct program *p = ctx;

	*mine = report_opened(p->report, c);
}

static void on_unit(void *ctx, struct dissect *d, struct flow_conn *c, const struct unit *u)
{
	(void)ctx;
	report_unit(frames_mine(c), d, u);
}

static void on_note(void *ctx, struct dissect *d, struct flow_conn *c, const struct note *n)
{
	(void)ctx;
	(void)d;
	report_note(frames_mine(c), n);
}

static void on_message(void *ctx, struct flow_conn *c, const struct tls_message *m)
{
	(void)ctx;
	report_message(frames_mine(c), m);
}

static void on_finished(void *ctx, struct flow_conn *c, enum way way)
{
	(void)ctx;
	report_finished(frames_mine(c), way);
}

static void on_closed(void *ctx, struct dissect *d, void *mine, enum flow_end why, enum way by)
{
	(void)ctx;
	report_closed(mine, d, why, by);
}

static void feed(struct program *p, struct capture *c)
{
	struct frames_config config = {
		.lines = true,
		.ctx = p,
		.frame = on_frame,
		.opened = on_opened,
		.unit = on_unit,
		.note = on_note,
		.message = on_message,
		.finished = on_finished,
		.closed = on_closed,
	};
	struct flow_config how = {.more_keys = capture_may_hold_secrets(c)};
	struct frames *frames = frames_new(&config);
	struct flow *flow = flow_new(p->keys, &how, frames_sink(), frames);
	enum capture_next got;
	struct frame f;

	if (!frames || !flow)
		abort();
	while ((got = capture_next(c, &f)) > CAPTURE_END)
		if (got == CAPTURE_FRAME)
			flow_frame(flow, &f);
		else if (got == CAPTURE_SECRETS)
			flow_secrets(flow, capture_secrets(c));
	flow_finish(flow);
	flow_free(flow);
	frames_free(frames);
}

/* Runs the program over a capture in memory. */
static void run(struct program *p, const uint8_t *bytes, size_t n)
{
	struct report_config how = {.calls = true,
				    .ladder = true,
				    .expert = true,
				    .html = "/dev/null",
				    .secrets = p->secrets};
	struct source *source = source_of_bytes(bytes, n);
	char why[CAPTURE_WHY];
	struct capture *c;

	if (!source || report_new(&p->report, &how, p->out, why) < 0)
		abort();
	if (capture_open_source(&c, source, "a damaged capture", why) == 0) {
		feed(p, c);
		capture_close(c);
	}
	report_end(p->report, why);
	report_free(p->report);
	p->report = NULL;
}

static uint8_t *read_file(const char *path, size_t *n)
{
	FILE *in = fopen(path, "rb");
	uint8_t *bytes = malloc(4u << 20);

	if (!in || !bytes)
		abort();
	*n = fread(bytes, 1, 4u << 20, in);
	fclose(in);
	return bytes;
}

/* Loads the captures, and adds every key log to the keys. */
static unsigned load(const char *directory, struct file *files, struct tls_keys *keys)
{
	DIR *d = opendir(directory);
	char path[512];
	unsigned n = 0;

	if (!d)
		return 0;
	for (struct dirent *e = readdir(d); e && n < CAPTURES; e = readdir(d)) {
		const char *dot = strrchr(e->d_name, '.');

		snprintf(path, sizeof(path), "%.200s/%.200s", directory, e->d_name);
		if (dot && !strcmp(dot, ".keylog")) {
			struct view text;
			uint8_t *bytes = read_file(path, &text.n);

			text.p = bytes;
			tls_keys_add_log(keys, text);
			free(bytes);
		}
		if (!dot || strcmp(dot, ".pcap") != 0)
			continue;
		snprintf(files[n].name, sizeof(files[n].name), "%.100s", e->d_name);
		files[n].bytes = read_file(path, &files[n].n);
		n++;
	}
	closedir(d);
	return n;
}

static long memory_kib(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_maxrss;
}

/* Damages a copy of n bytes: changes, swaps, repeats, leaves out. Returns how long it is then. */
static size_t damage(uint8_t *to, size_t n)
{
	unsigned changes = 1 + any(CHANGES);

	while (changes-- && n) {
		size_t at = any((uint32_t)n);
		size_t much = any(200);

		if (at + much > n)
			much = n - at;
		switch (any(5)) {
		case 0:
			to[at] ^= (uint8_t)(1u << any(8));
			break;
		case 1:
			to[at] = (uint8_t)any(256);
			break;
		case 2:
			memmove(to + at, to + at + much, n - at - much);
			n -= much;
			break;
		case 3:
			memmove(to + at, to + any((uint32_t)(n - much + 1)), much);
			break;
		default:
			n = at ? at : n;
			break;
		}
	}
	return n;
}

static void cut_everywhere(struct program *p, const struct file *f, unsigned number)
{
	for (size_t n = 0; n <= f->n; n++)
		run(p, f->bytes, n);
	printf("ok %u - %s, cut off at each of its %zu bytes\n", number, f->name, f->n);
}

int main(int argc, char **argv)
{
	static struct file files[CAPTURES];
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	struct program p = {.out = fopen("/dev/null", "w"), .keys = tls_keys_new()};
	uint8_t *room = malloc(PART_MAX);
	char why[SECRETS_WHY];
	unsigned n, tests = 0;
	long before;
	bool steady;

	p.secrets = call_secrets_new();
	n = p.keys && argc > 2 ? load(argv[1], files, p.keys) : 0;
	if (!n || !p.out || !room || call_secrets_password(p.secrets, "alice:wonder123", why)) {
		fprintf(stderr, "usage: mutate_test DIRECTORY COUNT [SEED]\n");
		return 2;
	}
	if (argc > 3)
		seed = strtoull(argv[3], NULL, 10);
	for (unsigned i = 0; i < n; i++)
		if (files[i].n <= SMALL)
			cut_everywhere(&p, &files[i], ++tests);
	before = memory_kib();
	for (unsigned i = 0; i < count; i++) {
		const struct file *f = &files[any(n)];
		size_t size = f->n < PART_MAX ? f->n : PART_MAX;

		memcpy(room, f->bytes, size);
		run(&p, room, damage(room, size));
	}
	steady = memory_kib() - before < GROWTH_MAX;
	printf("ok %u - %u damaged captures\n", ++tests, count);
	printf("%sok %u - memory grew by %ld KiB\n1..%u\n", steady ? "" : "not ", tests + 1,
	       memory_kib() - before, tests + 1);
	for (unsigned i = 0; i < n; i++)
		free(files[i].bytes);
	free(room);
	tls_keys_free(p.keys);
	call_secrets_free(p.secrets);
	fclose(p.out);
	return !steady;
}
