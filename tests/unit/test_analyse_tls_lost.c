/* SPDX-License-Identifier: MIT */
/*
 * TLS streams of which the capture lost a part: what is left is opened, what is missing is told,
 * and nothing is made up. Started with the directory of the captures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/analyse_collect.h"
#include "tests/unit/analyse_peers.h"

#include <time.h>

#define RECORDS 200
#define RECORD  1000

static const char *dir;

struct loss {
	uint64_t first; /* segments with payload, from 0 */
	uint64_t n;
	uint64_t every; /* repeated so often; 0: once */
	int way;        /* WAYS: both */
	uint32_t jump;  /* bytes by which the client's sequence numbers are too high behind it */
};

static bool is_up(const struct packet *p)
{
	return p->tcp.to == 443 || p->tcp.to == 20443;
}

static bool is_lost(const struct loss *l, const struct packet *p, uint64_t count[WAYS])
{
	enum way way = is_up(p) ? WAY_TO_SERVER : WAY_TO_CLIENT;
	uint64_t i;

	if (!p->tcp.wire)
		return false;
	i = count[way]++;
	if ((l->way != WAYS && l->way != (int)way) || i < l->first)
		return false;
	i -= l->first;
	return (l->every ? i % l->every : i) < l->n;
}

/* Returns the frame with a higher sequence number. */
static struct frame jump(const struct frame *frame, const struct packet *p, uint32_t by)
{
	static uint8_t bytes[65536];
	struct frame moved = *frame;
	size_t at = (size_t)(p->ip.payload - frame->bytes) + 4;
	struct wr w = wr_init(bytes + at, 4);

	memcpy(bytes, frame->bytes, frame->n);
	wr_be32(&w, p->tcp.seq + by);
	moved.bytes = bytes;
	return moved;
}

/* Runs a capture without the segments that the loss takes. */
static void run_lossy(struct collect *all, struct capture *c, struct tls_keys *keys,
		      const struct loss *l)
{
	struct flow_config how = {0};
	struct flow *f = flow_new(keys, &how, &collect_sink, all);
	uint64_t count[WAYS] = {0, 0};
	struct frame frame;

	assert_non_null(f);
	while (capture_next(c, &frame) == CAPTURE_FRAME) {
		struct packet p;

		packet_read(&frame, &p);
		if (is_lost(l, &p, count))
			continue;
		if (l->jump && count[WAY_TO_SERVER] > l->first && p.tcp.wire && is_up(&p))
			frame = jump(&frame, &p, l->jump);
		flow_frame(f, &frame);
	}
	flow_finish(f);
	flow_free(f);
	capture_close(c);
	assert_false(all->broken);
	tls_keys_free(keys);
}

/* Checks that all that came out was sent, in this order; returns how many bytes are missing. */
static size_t check_pieces(const char *what, const struct collect_side *s, const uint8_t *sent,
			   size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < s->marks; i++) {
		size_t end = i + 1 < s->marks ? s->mark[i + 1].at : s->n;
		size_t size = end - s->mark[i].at;
		const uint8_t *p;

		if (size < 8) {
			at += size; /* too short to be found again: OpenSSL's 1/n-1 splitting */
			continue;
		}
		p = memmem(sent + at, n - at, s->bytes + s->mark[i].at, size);
		if (!p)
			fail_msg("%s: data that were never sent", what);
		at = (size_t)(p - sent) + size;
	}
	return n - s->n;
}

/* What becomes of the client's direction of a session with a loss. */
struct result {
	size_t missing;
	unsigned gaps;
	unsigned resyncs;
	unsigned holes;
	uint64_t bad;
	bool closed;
	char why[NOTE_TEXT];
};

static struct result judge(const char *what, struct collect *all, const uint8_t *sent, size_t n)
{
	const struct collect_conn *c = all->conn[0];
	struct result r = {.bad = c->facts.bad};

	assert_int_equal(all->conns, 1);
	for (size_t i = 0; i < c->notes; i++) {
		if (c->note[i].way != WAY_TO_SERVER)
			continue;
		r.gaps += c->note[i].kind == NOTE_GAP;
		r.resyncs += c->note[i].kind == NOTE_RESYNC;
		r.holes += c->note[i].kind == NOTE_HOLE;
		if (c->note[i].kind == NOTE_CLOSED) {
			r.closed = true;
			snprintf(r.why, sizeof(r.why), "%s", c->note[i].text);
		}
	}
	r.missing = check_pieces(what, &c->side[WAY_TO_SERVER], sent, n);
	return r;
}

/* A session of records of one size, half of it before and half behind a KeyUpdate. */
static struct result lose(int version, const char *cipher, size_t record, size_t mss,
			  const struct loss *l)
{
	struct peers_how how = {.version = version, .ciphers = cipher};
	struct peers *p = calloc(1, sizeof(*p));
	struct collect *all = calloc(1, sizeof(*all));
	struct tls_keys *k = tls_keys_new();
	struct result r;
	struct wire w;

	assert_non_null(p);
	assert_non_null(all);
	assert_non_null(k);
	wire_init(&w, 1);
	peers_init(p, &w, &how);
	p->tcp.mss = mss;
	peers_connect(p, NULL);
	peers_shake(p);
	for (int i = 0; i < RECORDS; i++) {
		if (i == RECORDS / 2 && version == TLS1_3_VERSION)
			SSL_key_update(p->ssl[WAY_TO_SERVER], SSL_KEY_UPDATE_NOT_REQUESTED);
		peers_send(p, WAY_TO_SERVER, record);
		peers_send(p, WAY_TO_CLIENT, 10);
	}
	peers_close(p);
	tls_keys_add_log(k, (struct view){(const uint8_t *)p->log, p->log_n});
	run_lossy(all, wire_open(&w), k, l);
	r = judge(cipher, all, p->sent[WAY_TO_SERVER], p->n[WAY_TO_SERVER]);
	collect_fini(all);
	free(all);
	peers_fini(p);
	free(p);
	wire_fini(&w);
	return r;
}

static const struct {
	int version;
	const char *cipher;
	bool chained; /* the record behind a lost one may lack what it needs */
} kinds[] = {
	{TLS1_VERSION, "AES128-SHA", true},
	{TLS1_VERSION, "NULL-SHA", false},
	{TLS1_1_VERSION, "AES256-SHA", false},
	{TLS1_2_VERSION, "AES128-SHA256", false},
	{TLS1_2_VERSION, "AES128-GCM-SHA256", false},
	{TLS1_2_VERSION, "AES256-CCM8", false},
	{TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", false},
	{TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", false},
};

static void test_lost_records_cost_no_more_than_themselves(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		/* each record is a segment of its own; the handshake takes few of the first 10 */
		struct loss l = {.first = 50, .n = 3, .way = WAY_TO_SERVER};
		struct result r = lose(kinds[i].version, kinds[i].cipher, RECORD, 4000, &l);

		assert_false(r.closed);
		assert_in_range(r.missing, 3 * RECORD, (kinds[i].chained ? 4 : 3) * RECORD);
		assert_int_equal(r.gaps, 1);
		assert_int_equal(r.resyncs, 1);
		assert_int_equal(r.holes, 1);
		assert_int_equal(r.bad, 0);
	}
}

static void test_lost_long_runs_are_crossed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct loss l = {.first = 20, .n = 150, .way = WAY_TO_SERVER};
		struct result r = lose(kinds[i].version, kinds[i].cipher, 16000, 20000, &l);

		if (r.closed)
			fail_msg("%s: %s", kinds[i].cipher, r.why);
		/* of TLS 1.3 the run takes the KeyUpdate with it */
		assert_in_range(r.missing, 149 * 16000, 151 * 16000);
		assert_int_equal(r.resyncs, 1);
	}
}

static void test_lost_parts_of_records_cost_the_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		/* each record is five segments, one in the middle is lost now and then */
		struct loss l = {.first = 52, .n = 1, .every = 50, .way = WAY_TO_SERVER};
		struct result r = lose(kinds[i].version, kinds[i].cipher, RECORD, 220, &l);

		assert_false(r.closed);
		assert_true(r.gaps > 10);
		assert_true(r.missing >= r.gaps * RECORD / 2);
		assert_true(r.missing <= r.gaps * RECORD * 2);
	}
}

static void test_lost_key_update_is_found_out(void **state)
{
	struct loss l = {.first = 95, .n = 30, .way = WAY_TO_SERVER};
	struct result r = lose(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", RECORD, 4000, &l);

	(void)state;
	assert_false(r.closed);
	/* a segment more or less is the KeyUpdate's own */
	assert_in_range(r.missing, 28 * RECORD, 30 * RECORD);
	assert_int_equal(r.resyncs, 1);
}

static void test_lost_change_cipher_spec_does_not_close_the_stream(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct loss l = {.first = 1, .n = 2, .way = WAY_TO_SERVER};
		struct result r = lose(kinds[i].version, kinds[i].cipher, RECORD, 4000, &l);

		if (r.closed)
			fail_msg("%s: %s", kinds[i].cipher, r.why);
		assert_true(r.missing <= 3 * RECORD);
	}
}

static void test_lost_hello_says_so(void **state)
{
	struct loss l = {.first = 0, .n = 1, .way = WAY_TO_SERVER};
	struct result r = lose(TLS1_2_VERSION, "AES128-GCM-SHA256", RECORD, 4000, &l);

	(void)state;
	assert_true(r.closed);
	assert_non_null(strstr(r.why, "part of the handshake is missing"));
	assert_int_equal(r.missing, RECORDS * RECORD);
	l.way = WAY_TO_CLIENT;
	r = lose(TLS1_2_VERSION, "AES128-GCM-SHA256", RECORD, 4000, &l);
	assert_true(r.closed);
	assert_non_null(strstr(r.why, "part of the handshake is missing"));
}

static void test_lost_segments_of_rc4_sessions_are_passed_over(void **state)
{
	static const char *const names[] = {"tls10-rc4-sha", "tls12-rc4-sha",  "tls10-rc4-md5",
					    "tls10-3des",    "tls10-3des-etm", "tls11-3des"};
	static uint8_t text[65536];
	char path[512];
	FILE *f;
	size_t n;

	(void)state;
	snprintf(path, sizeof(path), "%s/gnutls/text", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		/* the client's last two flights are some lines, and all others */
		struct loss l = {.first = 3, .n = 1, .way = WAY_TO_SERVER};
		struct collect *all = calloc(1, sizeof(*all));
		struct tls_keys *k = tls_keys_new();
		char why[TLS_KEYS_WHY];
		struct capture *c;
		struct result r;

		assert_non_null(all);
		assert_non_null(k);
		snprintf(path, sizeof(path), "%s/gnutls/%s.keylog", dir, names[i]);
		assert_int_equal(tls_keys_load_log(k, path, false, why), 0);
		snprintf(path, sizeof(path), "%s/gnutls/%s.pcap", dir, names[i]);
		assert_int_equal(capture_open(&c, path, why), 0);
		run_lossy(all, c, k, &l);
		r = judge(names[i], all, text, n);
		assert_false(r.closed);
		assert_int_equal(r.gaps, 1);
		/* TLS 1.0 with CBC loses the record behind the lost one too */
		if (r.missing == 0 || r.missing > 8200)
			fail_msg("%s: %zu of %zu bytes are missing", names[i], r.missing, n);
		collect_fini(all);
		free(all);
	}
}

/* A stream cipher runs over all that is missing, for every number that is tried. */
static void test_lost_gigabytes_of_rc4_are_given_up_soon(void **state)
{
	struct loss l = {.first = 3, .n = 1, .way = WAY_TO_SERVER, .jump = 1000u << 20};
	struct collect *all = calloc(1, sizeof(*all));
	struct tls_keys *k = tls_keys_new();
	clock_t began = clock();
	char why[TLS_KEYS_WHY];
	char path[512];
	struct capture *c;
	const struct collect_note *n;

	(void)state;
	assert_non_null(all);
	assert_non_null(k);
	snprintf(path, sizeof(path), "%s/gnutls/tls10-rc4-sha.keylog", dir);
	assert_int_equal(tls_keys_load_log(k, path, false, why), 0);
	snprintf(path, sizeof(path), "%s/gnutls/tls10-rc4-sha.pcap", dir);
	assert_int_equal(capture_open(&c, path, why), 0);
	run_lossy(all, c, k, &l);
	n = collect_find(all->conn[0], NOTE_CLOSED);
	assert_non_null(n);
	assert_non_null(strstr(n->text, "no record verifies any more behind a loss"));
	assert_true(clock() - began < 5 * CLOCKS_PER_SEC);
	collect_fini(all);
	free(all);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_records_cost_no_more_than_themselves),
		cmocka_unit_test(test_lost_long_runs_are_crossed),
		cmocka_unit_test(test_lost_parts_of_records_cost_the_record),
		cmocka_unit_test(test_lost_key_update_is_found_out),
		cmocka_unit_test(test_lost_change_cipher_spec_does_not_close_the_stream),
		cmocka_unit_test(test_lost_hello_says_so),
		cmocka_unit_test(test_lost_segments_of_rc4_sessions_are_passed_over),
		cmocka_unit_test(test_lost_gigabytes_of_rc4_are_given_up_soon),
	};

	dir = argc > 1 ? argv[1] : "tests/captures";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
