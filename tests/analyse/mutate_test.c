/* SPDX-License-Identifier: MIT */
/*
 * Damaged captures through the whole program, in one process, with their keys loaded: reassembled,
 * decrypted, dissected, judged and printed in every form. Nothing may crash or hang, and memory
 * must not grow.
 *
 *	mutate_test [-a] DIRECTORY...		each capture cut off at every byte, and its
 *						packets at many lengths; -a: all cuts through
 *						the whole program: that takes its time
 *	mutate_test -n COUNT [-s SEED] DIRECTORY...	captures changed at random
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

#define CAPTURES      64
#define CAPTURE_MAX   (4u << 20)
#define SMALL         4200  /* bytes of a capture that the whole program sees cut everywhere */
#define LARGE         65536 /* and of one of which it never does */
#define GROWTH_MAX    (48 * 1024) /* KiB that memory may grow after the first rounds */
#define HEAD_MAX      12000       /* bytes of a large capture that are used of its beginning */
#define TAIL_MAX      6000        /* and of its end */
#define RECORDS_FIRST 4           /* headers and secrets among them */
#define SNAP_MAX      1600        /* bytes of a packet */
#define SNAP_CLOSE    150         /* headers, where every length is tried */
#define CHANGES       8

struct file {
	char name[128];
	uint8_t *bytes;
	size_t n;
	bool blocks; /* pcapng */
};

struct program {
	FILE *out;
	struct tls_keys *keys;
	struct call_secrets *secrets;
	struct report *report;
	unsigned frames;
	unsigned failed;
	bool all; /* every cut, however long it takes */
};

static uint64_t seed = 1;

/* Freed memory is kept back for long by default, which looks like growth. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=4";
}

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

static void feed(struct program *p, struct capture *c)
{
	struct frames_config config = {
		.lines = true,
		.ctx = p,
		.frame = on_frame,
		.opened = on_opened,
		.unit = on_unit,
	};
	struct flow_config how = {.more_keys = capture_may_hold_secrets(c)};
	enum capture_next got;
	struct frames *frames;
	struct flow *flow;
	struct frame f;

	report_listen(&config);
	frames = frames_new(&config);
	flow = flow_new(p->keys, &how, frames_sink(), frames);
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
	uint8_t *bytes = malloc(CAPTURE_MAX);

	if (!in || !bytes)
		abort();
	*n = fread(bytes, 1, CAPTURE_MAX, in);
	fclose(in);
	return bytes;
}

static void load_log(const char *path, struct tls_keys *keys)
{
	struct view text;
	uint8_t *bytes = read_file(path, &text.n);

	text.p = bytes;
	tls_keys_add_log(keys, text);
	free(bytes);
}

/* Loads the captures behind the first n, and adds every key log to the keys. Returns how many there
 * are then. */
static unsigned load(const char *directory, struct file *files, unsigned n, struct tls_keys *keys)
{
	DIR *d = opendir(directory);
	char path[512];

	if (!d)
		return n;
	for (struct dirent *e = readdir(d); e && n < CAPTURES; e = readdir(d)) {
		const char *dot = strrchr(e->d_name, '.');

		snprintf(path, sizeof(path), "%.200s/%.200s", directory, e->d_name);
		if (dot && !strcmp(dot, ".keylog"))
			load_log(path, keys);
		if (!dot || (strcmp(dot, ".pcap") != 0 && strcmp(dot, ".pcapng") != 0))
			continue;
		snprintf(files[n].name, sizeof(files[n].name), "%.100s", e->d_name);
		files[n].bytes = read_file(path, &files[n].n);
		files[n].blocks = !strcmp(dot, ".pcapng");
		n++;
	}
	closedir(d);
	return n;
}

/* Returns the size of the file's header, or record, at an offset. */
static size_t record_size(const struct file *f, size_t at)
{
	uint32_t n;

	if (!f->blocks && !at)
		return 24;
	memcpy(&n, f->bytes + at + (f->blocks ? 4 : 8), sizeof(n));
	return f->blocks ? n : n + 16;
}

/* Copies whole records: all of a small capture, the first and the last ones of a large one. */
static size_t take_part(const struct file *f, uint8_t *to)
{
	size_t n = 0, size;

	for (size_t at = 0; at < f->n; at += size) {
		size = record_size(f, at);
		if (at + size > HEAD_MAX && at + TAIL_MAX < f->n)
			continue;
		memcpy(to + n, f->bytes + at, size);
		n += size;
	}
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

/* Reads a capture of n bytes without the rest of the program. Returns how many frames it has. */
static unsigned count_frames(const uint8_t *bytes, size_t n)
{
	struct source *source = source_of_bytes(bytes, n);
	char why[CAPTURE_WHY];
	enum capture_next got;
	struct capture *c;
	struct frame f;
	unsigned frames = 0;

	if (!source)
		abort();
	if (capture_open_source(&c, source, "a capture that is cut off", why) < 0)
		return 0;
	while ((got = capture_next(c, &f)) > CAPTURE_END)
		frames += got == CAPTURE_FRAME;
	capture_close(c);
	return frames;
}

/*
 * Reads a record of a file cut off at every byte, behind the file's first records. Returns for how
 * many cuts the reader hands out more than what stands before.
 */
static unsigned cut_record(const struct file *f, size_t at, size_t size, uint8_t *room)
{
	unsigned frames, wrong = 0;
	size_t before = 0;

	for (unsigned i = 0; i < RECORDS_FIRST && before < at; i++)
		before += record_size(f, before);
	memcpy(room, f->bytes, before);
	memcpy(room + before, f->bytes + at, size);
	frames = count_frames(room, before);
	for (size_t cut = 1; cut < size; cut++)
		wrong += count_frames(room, before + cut) != frames;
	return wrong;
}

/*
 * Cuts the file off at every byte. The program sees every cut of a small file, and of others those
 * between two records: the reader hands out the same frames for all cuts within a record, which is
 * tested, too. If all are asked for it sees every cut of all but the large files.
 */
static void cut_file(struct program *p, const struct file *f, unsigned number)
{
	uint8_t *room = malloc(f->n);
	unsigned wrong = 0;
	size_t size;

	if (!room)
		abort();
	for (size_t at = 0; at < f->n; at += size) {
		size = record_size(f, at);
		wrong += cut_record(f, at, size, room);
		run(p, f->bytes, at);
		for (size_t cut = at + 1; f->n <= (p->all ? LARGE : SMALL) && cut < at + size;
		     cut++)
			run(p, f->bytes, cut);
	}
	run(p, f->bytes, f->n);
	free(room);
	printf("%sok %u - %s, cut off at each of its %zu bytes\n", wrong ? "not " : "", number,
	       f->name, f->n);
	p->failed += wrong != 0;
}

/* Writes a pcap file whose packets have no more than n bytes. Returns its size. */
static size_t snap(const struct file *f, size_t n, uint8_t *to)
{
	size_t made = 0, size;

	for (size_t at = 0; at < f->n; at += size) {
		size_t keep = size = record_size(f, at);

		if (at && keep > n + 16)
			keep = n + 16;
		memcpy(to + made, f->bytes + at, keep);
		if (at) {
			uint32_t captured = (uint32_t)(keep - 16);

			memcpy(to + made + 8, &captured, sizeof(captured));
		}
		made += keep;
	}
	return made;
}

/* Cuts every packet off, as a capture with a small snapshot length does. */
static void cut_packets(struct program *p, const struct file *f, unsigned number)
{
	const size_t close = f->n < LARGE ? 1 : 7;
	uint8_t *room = malloc(f->n);

	if (!room)
		abort();
	for (size_t n = 0; n <= SNAP_MAX; n += n < SNAP_CLOSE ? close : 37)
		run(p, room, snap(f, n, room));
	free(room);
	printf("ok %u - %s, its packets cut off\n", number, f->name);
}

/* Damages captures chosen at random. */
static void damage_files(struct program *p, const struct file *files, unsigned n, unsigned count,
			 unsigned number)
{
	uint8_t *room = malloc(CAPTURE_MAX);

	if (!room)
		abort();
	for (unsigned i = 0; i < count; i++)
		run(p, room, damage(room, take_part(&files[any(n)], room)));
	free(room);
	printf("ok %u - %u damaged captures\n", number, count);
}

/* Runs the tests. Returns how many there were. */
static unsigned test_all(struct program *p, const struct file *files, unsigned n, unsigned count)
{
	unsigned tests = 0;

	if (count)
		damage_files(p, files, n, count, ++tests);
	for (unsigned i = 0; i < n && !count; i++) {
		cut_file(p, &files[i], ++tests);
		if (!files[i].blocks)
			cut_packets(p, &files[i], ++tests);
	}
	return tests;
}

static int usage(void)
{
	fprintf(stderr, "usage: mutate_test [-a] [-n COUNT] [-s SEED] DIRECTORY...\n");
	return 2;
}

int main(int argc, char **argv)
{
	static struct file files[CAPTURES];
	struct program p = {.out = fopen("/dev/null", "w"), .keys = tls_keys_new()};
	char why[SECRETS_WHY];
	unsigned n = 0, count = 0, tests;
	long before;
	bool steady;

	for (int o; (o = getopt(argc, argv, "an:s:")) != -1;)
		if (o == 'n')
			count = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 'a')
			p.all = true;
		else if (o == 's')
			seed = strtoull(optarg, NULL, 10);
		else
			return usage();
	p.secrets = call_secrets_new();
	while (p.keys && optind < argc)
		n = load(argv[optind++], files, n, p.keys);
	if (!n || !p.out || call_secrets_password(p.secrets, "alice:wonder123", why))
		return usage();
	for (unsigned i = 0; i < n; i++)
		run(&p, files[i].bytes, files[i].n);
	before = memory_kib();
	tests = test_all(&p, files, n, count);
	steady = memory_kib() - before < GROWTH_MAX;
	printf("%sok %u - memory grew by %ld KiB\n1..%u\n", steady ? "" : "not ", tests + 1,
	       memory_kib() - before, tests + 1);
	for (unsigned i = 0; i < n; i++)
		free(files[i].bytes);
	tls_keys_free(p.keys);
	call_secrets_free(p.secrets);
	fclose(p.out);
	return !steady || p.failed;
}
