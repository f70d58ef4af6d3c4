/* SPDX-License-Identifier: MIT */
/*
 * The input is what both directions of a TLS connection carry, in steps: a byte that says which way
 * (bit 0) or what kind of step it is, two bytes of length, the bytes. The keys of the test captures
 * are at hand; every step may also lose bytes, or bring the connection's end.
 */
#include "analyse/tls.h"
#include "analyse/tls_open.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define BUDGET (128u << 10)

static struct tls_keys *keys;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const logs[] = {"accel-tls13",
					   "accel-tls12-ecdhe",
					   "accel-sha1-binding",
					   "gnutls/tls10-rc4-sha",
					   "gnutls/tls10-3des",
					   "gnutls/tls13-resumed",
					   "gnutls/tls12-rsa-cbc-rehandshake"};
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

static void touch(struct view v)
{
	static volatile uint8_t sum;

	for (size_t i = 0; i < v.n; i++)
		sum = (uint8_t)(sum + v.p[i]);
}

static void on_record(void *ctx, const struct tls_record *r)
{
	(void)ctx;
	touch(r->plain);
}

static void on_message(void *ctx, const struct tls_message *m)
{
	(void)ctx;
	touch(m->body);
}

static void on_data(void *ctx, const struct tls_data *d)
{
	(void)ctx;
	touch(d->bytes);
}

static void on_note(void *ctx, const struct note *n)
{
	(void)ctx;
	touch((struct view){(const uint8_t *)n->text, strlen(n->text)});
}

static const struct tls_sink sink = {on_record, on_message, on_data, on_note};

static void one_step(struct tls *t, struct rd *in, uint64_t frame)
{
	unsigned how = rd_u8(in);
	enum way way = how & 1 ? WAY_TO_CLIENT : WAY_TO_SERVER;
	size_t n = rd_be16(in);
	struct origin from = {frame, frame};
	struct rd bytes;

	if (how == 0xf0)
		tls_gap(t, way, n + 1, from);
	else if (how == 0xf1)
		tls_gap(t, WAY_TO_CLIENT, n + 1, from);
	else if (how == 0xf2)
		tls_retry(t);
	else if (how == 0xf3)
		tls_began_before(t);
	if (how >= 0xf0)
		return;
	bytes = rd_sub(in, n < rd_left(in) ? n : rd_left(in));
	tls_input(t, way, bytes.p, rd_left(&bytes), from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t plain[TLS_PLAIN_MAX];
	struct budget budget = {.limit = BUDGET};
	struct tls_env env = {keys, &budget, &sink, size & 1, plain};
	struct tls *t = tls_new(&env, NULL);
	struct rd in = rd_init(data, size);

	if (!t)
		return 0;
	for (uint64_t frame = 1; rd_left(&in); frame++)
		one_step(t, &in, frame);
	tls_end(t, (struct origin){0, 0});
	tls_free(t);
	if (budget.used || budget.peak > BUDGET)
		__builtin_trap();
	return 0;
}
