/* SPDX-License-Identifier: MIT */
/*
 * The input is a capture file, pcap or pcapng. It is read to its end with the keys of the test
 * captures at hand, with little memory and few connections, so that every bound is met.
 */
#include "analyse/flow.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define CONNS  8
#define BUDGET (256u << 10)

static struct tls_keys *keys;

/* Loads a key log and the server's private key, so that real records open and what follows is met.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const logs[] = {"accel-tls13", "accel-tls12-ecdhe",
					   "accel-sha1-binding"};
	char path[512];
	char why[TLS_KEYS_WHY];

	(void)argc;
	(void)argv;
	keys = tls_keys_new();
	if (!keys)
		abort();
	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++) {
		snprintf(path, sizeof(path), "%s/%s.keylog", CAPTURES, logs[i]);
		if (tls_keys_load_log(keys, path, false, why) < 0)
			abort();
	}
	snprintf(path, sizeof(path), "%s/server.key", CAPTURES);
	if (tls_keys_load_key(keys, path, NULL, why) != TLS_LOAD_OK)
		abort();
	return 0;
}

/* Reads every byte that is handed out, so that the sanitizers see it. */
static void touch(struct view v)
{
	static volatile uint8_t sum;

	for (size_t i = 0; i < v.n; i++)
		sum = (uint8_t)(sum + v.p[i]);
}

static void on_record(void *ctx, struct flow_conn *c, const struct tls_record *r)
{
	(void)ctx;
	(void)c;
	touch(r->plain);
}

static void on_message(void *ctx, struct flow_conn *c, const struct tls_message *m)
{
	(void)ctx;
	(void)c;
	touch(m->body);
}

static void on_data(void *ctx, struct flow_conn *c, const struct tls_data *d)
{
	(void)ctx;
	(void)c;
	touch(d->bytes);
}

static void on_note(void *ctx, struct flow_conn *c, const struct note *n)
{
	(void)ctx;
	(void)c;
	touch((struct view){(const uint8_t *)n->text, strlen(n->text)});
}

static const struct flow_sink sink = {
	.record = on_record, .message = on_message, .data = on_data, .note = on_note};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow_config how = {.conns = CONNS, .budget = BUDGET, .more_keys = size & 1};
	struct source *s = source_of_bytes(data, size);
	char why[CAPTURE_WHY];
	struct capture *c;
	struct flow_stats stats;
	struct flow *f;
	struct frame frame;
	enum capture_next got;

	if (!s || capture_open_source(&c, s, "fuzz", why) < 0)
		return 0;
	f = flow_new(keys, &how, &sink, NULL);
	if (!f)
		abort();
	while ((got = capture_next(c, &frame)) > CAPTURE_END) {
		if (got == CAPTURE_FRAME)
			flow_frame(f, &frame);
		else if (got == CAPTURE_SECRETS)
			flow_secrets(f, capture_secrets(c));
	}
	flow_finish(f);
	flow_stats(f, &stats);
	if (stats.held_peak > BUDGET)
		abort();
	flow_free(f);
	capture_close(c);
	return 0;
}
