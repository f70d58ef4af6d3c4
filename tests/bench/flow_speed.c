/* SPDX-License-Identifier: MIT */
/*
 * Reads a capture through the analyser's lower half - capture, reassembly, decryption - and says
 * how fast that was: flow_speed CAPTURE KEYLOG. What dissection costs is not in here.
 */
#include "analyse/flow.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static uint64_t data_bytes;
static uint64_t records;

static void count_data(void *ctx, struct flow_conn *c, const struct tls_data *d)
{
	(void)ctx;
	(void)c;
	data_bytes += d->bytes.n;
}

static void count_record(void *ctx, struct flow_conn *c, const struct tls_record *r)
{
	(void)ctx;
	(void)c;
	(void)r;
	records++;
}

static void tell_note(void *ctx, struct flow_conn *c, const struct note *n)
{
	(void)ctx;
	if (n->kind != NOTE_OPEN && n->kind != NOTE_ALERT)
		fprintf(stderr, "connection %u: %s\n", c->number, n->text);
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static const struct flow_sink sink = {
		.data = count_data, .record = count_record, .note = tell_note};
	struct flow_config how = {0};
	struct tls_keys *keys = tls_keys_new();
	char why[CAPTURE_WHY];
	struct capture_stats stats;
	struct capture *c;
	struct rusage usage;
	struct frame frame;
	struct flow *f;
	double start, took, cpu;

	if (argc != 3 || !keys || tls_keys_load_log(keys, argv[2], false, why) < 0 ||
	    capture_open(&c, argv[1], why) < 0) {
		fprintf(stderr, "usage: flow_speed CAPTURE KEYLOG\n");
		return 2;
	}
	f = flow_new(keys, &how, &sink, NULL);
	start = seconds(CLOCK_MONOTONIC);
	while (f && capture_next(c, &frame) == CAPTURE_FRAME)
		flow_frame(f, &frame);
	flow_finish(f);
	took = seconds(CLOCK_MONOTONIC) - start;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	capture_stats(c, &stats);
	getrusage(RUSAGE_SELF, &usage);
	printf("%lu packets, %lu MB, %lu TLS records, %lu MB of data in %.2f s: %.0f MB/s, "
	       "%.0f packets/s; %.2f s of one core: %.0f MB/s; %ld MB of memory\n",
	       (unsigned long)stats.frames, (unsigned long)(stats.done >> 20),
	       (unsigned long)records, (unsigned long)(data_bytes >> 20), took,
	       (double)stats.done / took / 1e6, (double)stats.frames / took, cpu,
	       (double)stats.done / cpu / 1e6, usage.ru_maxrss >> 10);
	flow_free(f);
	capture_close(c);
	tls_keys_free(keys);
	return 0;
}
