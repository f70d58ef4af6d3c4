/* SPDX-License-Identifier: MIT */
/*
 * Captures cut off and changed at random: nothing crashes, nothing is held beyond the bound, and a
 * changed byte never gives data that were not sent. Started with the directory of the captures and
 * how many changed captures to try.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/analyse_collect.h"

#define BUDGET (256u << 10)

static const char *dir;
static unsigned long rounds = 500;
static uint64_t seed = 11;
static struct tls_keys *keys;

static const char *const names[] = {
	"accel-fail-encap-nak.pcap",
	"accel-fail-http404-uri.pcap",
	"accel-fail-wrong-password.pcap",
	"accel-server-disconnect-hard.pcap",
	"plainweb-fail-http501.pcap",
	"pcapng/accel-tls13.pcapng",
	"accel-tls12-rsa-cbc.pcap",
	"gnutls/tls10-rc4-sha.pcap",
	"gnutls/tls10-3des-etm.pcap",
	"gnutls/tls13-resumed.pcap",
	"gnutls/tls12-rsa-cbc-rehandshake.pcap",
};

static uint32_t roll(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static uint8_t *load(const char *name, size_t *n)
{
	char path[512];
	uint8_t *bytes = malloc(1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	assert_non_null(bytes);
	*n = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	return bytes;
}

struct sum {
	uint64_t data;
	uint64_t bad;
};

static void on_data(void *ctx, struct flow_conn *c, const struct tls_data *d)
{
	struct sum *s = ctx;

	(void)c;
	s->data += d->bytes.n;
}

static void on_record(void *ctx, struct flow_conn *c, const struct tls_record *r)
{
	struct sum *s = ctx;

	(void)c;
	s->bad += r->seen == TLS_SEEN_BAD;
}

/* Reads a capture to wherever it goes. */
static struct sum read_all(const uint8_t *bytes, size_t n)
{
	static const struct flow_sink sink = {.data = on_data, .record = on_record};
	struct flow_config how = {.conns = 16, .budget = BUDGET};
	struct sum sum = {0, 0};
	char why[CAPTURE_WHY];
	struct flow_stats stats;
	struct capture *c;
	struct frame frame;
	struct flow *f;
	enum capture_next got;

	if (capture_open_source(&c, source_of_bytes(bytes, n), "test", why) < 0)
		return sum;
	f = flow_new(keys, &how, &sink, &sum);
	assert_non_null(f);
	while ((got = capture_next(c, &frame)) > CAPTURE_END) {
		if (got == CAPTURE_FRAME)
			flow_frame(f, &frame);
		else if (got == CAPTURE_SECRETS)
			flow_secrets(f, capture_secrets(c));
	}
	flow_finish(f);
	flow_stats(f, &stats);
	assert_true(stats.held_peak <= BUDGET);
	flow_free(f);
	capture_close(c);
	return sum;
}

static void test_damage_cut_off_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t n;
		uint8_t *bytes = load(names[i], &n);
		uint64_t before = 0;

		for (size_t cut = 0; cut <= n; cut++) {
			uint64_t data = read_all(bytes, cut).data;

			assert_true(data >= before); /* more capture, never less data */
			before = data;
		}
		assert_true(before > 200);
		free(bytes);
	}
}

static void test_damage_cut_off_in_headers_and_at_random(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n;
		uint8_t *bytes = load(names[i], &n);
		uint64_t all = read_all(bytes, n).data;

		for (size_t cut = 0; cut < 200; cut++)
			assert_true(read_all(bytes, cut).data <= all);
		for (unsigned long r = 0; r < rounds / 20; r++)
			assert_true(read_all(bytes, roll((uint32_t)n)).data <= all);
		free(bytes);
	}
}

/* Changes a copy: bits, bytes, runs that are doubled, dropped or moved. */
static size_t change(uint8_t *to, const uint8_t *from, size_t n)
{
	unsigned changes = 1 + roll(8);

	memcpy(to, from, n);
	for (unsigned i = 0; i < changes && n > 100; i++) {
		size_t at = roll((uint32_t)n);
		size_t some = 1 + roll(64);

		if (some > n - at)
			some = n - at;
		switch (roll(6)) {
		case 0:
			to[at] ^= (uint8_t)(1u << roll(8));
			break;
		case 1:
			to[at] = (uint8_t)roll(256);
			break;
		case 2:
			memset(to + at, roll(2) ? 0xff : 0, some);
			break;
		case 3:
			memmove(to + at, to + at + some, n - at - some);
			n -= some;
			break;
		case 4:
			memmove(to + at, to + roll((uint32_t)(n - some + 1)), some);
			break;
		default:
			memmove(to + at + some, to + at, n - at);
			n += some;
			break;
		}
	}
	return n;
}

static void test_damage_of_any_kind_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n;
		uint8_t *bytes = load(names[i], &n);
		uint8_t *copy = malloc(n + 1024);
		uint64_t all = read_all(bytes, n).data;

		assert_non_null(copy);
		for (unsigned long r = 0; r < rounds * 10000 / n; r++) {
			size_t size = change(copy, bytes, n);

			/* what was moved or doubled may be seen twice, never more */
			assert_true(read_all(copy, size).data <= all * 2);
		}
		free(copy);
		free(bytes);
	}
}

static void test_damage_of_a_payload_byte_is_found_by_mac_or_tag(void **state)
{
	size_t n;
	uint8_t *bytes = load("accel-server-disconnect-hard.pcap", &n);
	uint64_t all = read_all(bytes, n).data;
	uint64_t less = 0, bad = 0;

	(void)state;
	for (size_t at = n / 2; at < n; at += 37) {
		struct sum sum;

		bytes[at] ^= 0x10;
		sum = read_all(bytes, n);
		assert_true(sum.data <= all);
		less += sum.data < all;
		bad += sum.bad;
		bytes[at] ^= 0x10;
	}
	assert_true(bad > 10);
	assert_true(less >= bad);
	free(bytes);
}

static int load_keys(void **state)
{
	static const char *const logs[] = {"accel-tls13", "gnutls/tls10-rc4-sha",
					   "gnutls/tls10-3des-etm", "gnutls/tls13-resumed",
					   "accel-server-disconnect-hard"};
	char path[512];
	char why[TLS_KEYS_WHY];

	(void)state;
	keys = tls_keys_new();
	if (!keys)
		return -1;
	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++) {
		snprintf(path, sizeof(path), "%s/%s.keylog", dir, logs[i]);
		if (tls_keys_load_log(keys, path, false, why) < 0)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/server.key", dir);
	return tls_keys_load_key(keys, path, NULL, why);
}

static int free_keys(void **state)
{
	(void)state;
	tls_keys_free(keys);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage_cut_off_at_every_byte),
		cmocka_unit_test(test_damage_cut_off_in_headers_and_at_random),
		cmocka_unit_test(test_damage_of_any_kind_is_survived),
		cmocka_unit_test(test_damage_of_a_payload_byte_is_found_by_mac_or_tag),
	};

	dir = argc > 1 ? argv[1] : "tests/captures";
	if (argc > 2)
		rounds = strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, load_keys, free_keys);
}
