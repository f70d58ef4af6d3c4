/* SPDX-License-Identifier: MIT */
/*
 * Connections: who is the client, what a stream is, when it ends; many at once, keys that come
 * late, packets out of order and in fragments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/analyse_collect.h"
#include "tests/unit/analyse_peers.h"

#define POST  "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n\r\n"
#define REPLY "HTTP/1.1 200 OK\r\n\r\n\x10\1\0\x08\0\2\0\0"

static uint64_t seed = 3;

static uint32_t roll(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static struct collect *run(const struct wire *w, const struct flow_config *how)
{
	struct collect *all = calloc(1, sizeof(*all));
	struct tls_keys *k = tls_keys_new();

	assert_non_null(all);
	assert_non_null(k);
	assert_int_equal(collect_run(all, wire_open(w), k, how), CAPTURE_END);
	assert_false(all->broken);
	tls_keys_free(k);
	return all;
}

static void drop(struct collect *all)
{
	collect_fini(all);
	free(all);
}

static void say(struct wire *w, struct wire_tcp *t, enum way way, const char *text)
{
	wire_send(w, t, way, (const uint8_t *)text, strlen(text));
}

static void check_said(const struct collect_conn *c, enum way way, const char *text)
{
	assert_int_equal(c->side[way].n, strlen(text));
	assert_memory_equal(c->side[way].bytes, text, strlen(text));
}

static const struct flow_config usual;

static void test_conn_passes_plain_sstp_through_however_it_is_cut(void **state)
{
	(void)state;
	for (size_t mss = 1; mss < sizeof(POST); mss++) {
		struct wire_tcp t = {.client = 50000, .server = 8080, .mss = mss};
		struct collect *all;
		struct wire w;

		wire_init(&w, 1);
		wire_connect(&w, &t);
		wire_send(&w, &t, WAY_TO_SERVER, (const uint8_t *)POST, sizeof(POST) - 1);
		wire_send(&w, &t, WAY_TO_CLIENT, (const uint8_t *)REPLY, sizeof(REPLY) - 1);
		wire_close(&w, &t);
		all = run(&w, &usual);
		assert_int_equal(all->conns, 1);
		assert_int_equal(all->conn[0]->last.kind, FLOW_PLAIN);
		check_said(all->conn[0], WAY_TO_SERVER, POST);
		assert_int_equal(all->conn[0]->side[WAY_TO_CLIENT].n, sizeof(REPLY) - 1);
		assert_memory_equal(all->conn[0]->side[WAY_TO_CLIENT].bytes, REPLY,
				    sizeof(REPLY) - 1);
		assert_int_equal(all->conn[0]->why, FLOW_END_FIN);
		assert_int_equal(all->conn[0]->finished, 3);
		assert_int_equal(all->conn[0]->last.packets[WAY_TO_CLIENT],
				 2 + (sizeof(REPLY) - 2 + mss) / mss);
		drop(all);
		wire_fini(&w);
	}
}

static void test_conn_does_not_hand_out_what_is_neither_tls_nor_sstp(void **state)
{
	static const char *const starts[] = {
		"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x", "SSTP_DUPLEX_POS!",
		"\x16\x02\x01",           "\x16",      "S"};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		struct wire_tcp t = {.client = 50000, .server = 443};
		struct collect *all;
		struct wire w;

		wire_init(&w, 1);
		wire_connect(&w, &t);
		say(&w, &t, WAY_TO_SERVER, starts[i]);
		say(&w, &t, WAY_TO_CLIENT, "hello");
		all = run(&w, &usual);
		assert_int_equal(all->conns, 0);
		assert_int_equal(all->packets, 5);
		drop(all);
		wire_fini(&w);
	}
}

static void test_conn_knows_the_client_by_what_it_says(void **state)
{
	(void)state;
	for (int syn = 0; syn < 2; syn++) {
		/* by its ports the server would be the client */
		struct wire_tcp t = {.client = 500, .server = 8080, .mss = 7};
		struct collect *all;
		struct wire w;

		wire_init(&w, 1);
		if (syn)
			wire_connect(&w, &t);
		say(&w, &t, WAY_TO_SERVER, POST);
		say(&w, &t, WAY_TO_CLIENT, "HTTP/1.1 200 OK\r\n\r\n");
		all = run(&w, &usual);
		assert_int_equal(all->conns, 1);
		assert_int_equal(all->conn[0]->last.peer[WAY_TO_SERVER].port, 500);
		assert_int_equal(all->conn[0]->last.peer[WAY_TO_CLIENT].port, 8080);
		assert_int_equal(all->conn[0]->last.middle, !syn);
		check_said(all->conn[0], WAY_TO_SERVER, POST);
		check_said(all->conn[0], WAY_TO_CLIENT, "HTTP/1.1 200 OK\r\n\r\n");
		assert_int_equal(all->conn[0]->why, FLOW_END_CAPTURE);
		drop(all);
		wire_fini(&w);
	}
}

static void test_conn_is_new_when_its_ports_are_used_again(void **state)
{
	struct wire_tcp t = {.client = 50000, .server = 8080};
	struct collect *all;
	struct wire w;

	(void)state;
	wire_init(&w, 1);
	for (int i = 0; i < 4; i++) {
		t.seq[WAY_TO_SERVER] = 1000000u * (uint32_t)(4 - i);
		t.seq[WAY_TO_CLIENT] = 77000000u * (uint32_t)i;
		wire_connect(&w, &t);
		say(&w, &t, WAY_TO_SERVER, POST);
		say(&w, &t, WAY_TO_SERVER, i & 1 ? "one" : "two");
		if (i == 1)
			wire_close(&w, &t);
		if (i == 2)
			wire_segment(&w, &t, WAY_TO_CLIENT, TCP_RST | TCP_ACK, NULL, 0);
	}
	all = run(&w, &usual);
	assert_int_equal(all->conns, 4);
	for (unsigned i = 0; i < 4; i++) {
		static const enum flow_end ends[] = {FLOW_END_REUSED, FLOW_END_FIN, FLOW_END_RESET,
						     FLOW_END_CAPTURE};

		check_said(all->conn[i], WAY_TO_SERVER, i & 1 ? POST "one" : POST "two");
		assert_int_equal(all->conn[i]->why, ends[i]);
		assert_int_equal(all->conn[i]->last.number, i);
	}
	drop(all);
	wire_fini(&w);
}

static void test_conn_ignores_a_reset_from_far_away(void **state)
{
	struct wire_tcp t = {.client = 50000, .server = 8080};
	struct collect *all;
	struct wire w;

	(void)state;
	wire_init(&w, 1);
	wire_connect(&w, &t);
	say(&w, &t, WAY_TO_SERVER, POST);
	t.seq[WAY_TO_CLIENT] += 0x40000000;
	wire_segment(&w, &t, WAY_TO_CLIENT, TCP_RST, NULL, 0);
	t.seq[WAY_TO_CLIENT] -= 0x40000000;
	say(&w, &t, WAY_TO_CLIENT, "still there");
	wire_close(&w, &t);
	all = run(&w, &usual);
	check_said(all->conn[0], WAY_TO_CLIENT, "still there");
	assert_int_equal(all->conn[0]->why, FLOW_END_FIN);
	drop(all);
	wire_fini(&w);
}

static void test_conn_follows_many_at_once_and_lets_the_idlest_go(void **state)
{
	struct wire_tcp t[COLLECT_CONNS];
	struct flow_config few = {.conns = 16};
	struct collect *all;
	struct wire w;
	unsigned evicted = 0;

	(void)state;
	wire_init(&w, 1);
	for (unsigned i = 0; i < COLLECT_CONNS; i++) {
		t[i] = (struct wire_tcp){.client = (uint16_t)(50000 + i), .server = 8080, .mss = 5};
		wire_connect(&w, &t[i]);
	}
	for (size_t at = 0; at < sizeof(POST) - 1; at += 5)
		for (unsigned i = 0; i < COLLECT_CONNS; i++)
			wire_segment(&w, &t[i], WAY_TO_SERVER, TCP_ACK, (const uint8_t *)POST + at,
				     sizeof(POST) - 1 - at < 5 ? sizeof(POST) - 1 - at : 5);
	all = run(&w, &usual);
	assert_int_equal(all->conns, COLLECT_CONNS);
	for (unsigned i = 0; i < COLLECT_CONNS; i++)
		check_said(all->conn[i], WAY_TO_SERVER, POST);
	drop(all);
	for (unsigned i = 0; i < 20; i++) {
		t[i] = (struct wire_tcp){.client = (uint16_t)(60000 + i), .server = 8080};
		wire_connect(&w, &t[i]);
		say(&w, &t[i], WAY_TO_SERVER, POST);
	}
	all = run(&w, &few);
	for (unsigned i = 0; i < all->conns; i++)
		evicted += all->conn[i]->why == FLOW_END_EVICTED;
	assert_int_equal(evicted, 4);
	drop(all);
	wire_fini(&w);
}

static void test_conn_holes_are_given_up_before_memory_is(void **state)
{
	static uint8_t filler[60000];
	struct wire_tcp t[20];
	struct flow_config small = {.budget = 600000};
	struct collect *all;
	struct wire w;

	(void)state;
	memset(filler, 'x', sizeof(filler));
	wire_init(&w, 1);
	for (unsigned i = 0; i < 20; i++) {
		t[i] = (struct wire_tcp){.client = (uint16_t)(50000 + i), .server = 8080};
		wire_connect(&w, &t[i]);
		say(&w, &t[i], WAY_TO_SERVER, POST);
		t[i].seq[WAY_TO_SERVER] += 10; /* lost, and never acknowledged */
		wire_send(&w, &t[i], WAY_TO_SERVER, filler, sizeof(filler));
	}
	all = run(&w, &small);
	assert_int_equal(all->conns, 20);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(all->conn[i]->why, FLOW_END_CAPTURE);
		assert_int_equal(all->conn[i]->side[WAY_TO_SERVER].n,
				 sizeof(POST) - 1 + sizeof(filler));
		assert_int_equal(all->conn[i]->last.lost[WAY_TO_SERVER], 10);
		assert_int_equal(collect_find(all->conn[i], NOTE_HOLE)->count, 10);
	}
	drop(all);
	wire_fini(&w);
}

static void test_conn_follows_ipv6(void **state)
{
	struct collect *all;
	struct wire w;
	uint32_t seq = 100;

	(void)state;
	wire_init(&w, 101);
	for (size_t at = 0; at <= sizeof(POST) - 1; at += 40) {
		uint8_t frame[200];
		struct wr out = wr_init(frame, sizeof(frame));

		wr_bytes(&out, "\x60\0\0\0", 4);
		wr_be16(&out, 28 + (at ? 40 : 0));
		wr_bytes(&out, "\0\x40", 2); /* a hop-by-hop header first */
		wr_zero(&out, 15);
		wr_u8(&out, 1);
		wr_zero(&out, 15);
		wr_u8(&out, 2);
		wr_bytes(&out, "\6\0\5\2\0\0\1\0", 8);
		wr_be16(&out, 5000);
		wr_be16(&out, 443);
		wr_be32(&out, seq);
		wr_be32(&out, 1);
		wr_bytes(&out, at ? "\x50\x10\1\0\0\0\0\0" : "\x50\2\1\0\0\0\0\0", 8);
		if (at)
			wr_bytes(&out, &POST[at - 40], 40);
		seq += at ? 40 : 1;
		wire_frame(&w, frame, wr_len(&out), wr_len(&out));
	}
	all = run(&w, &usual);
	assert_int_equal(all->conns, 1);
	assert_int_equal(all->conn[0]->last.peer[WAY_TO_SERVER].version, 6);
	assert_int_equal(all->conn[0]->last.peer[WAY_TO_SERVER].port, 5000);
	assert_int_equal(all->conn[0]->last.peer[WAY_TO_CLIENT].ip[15], 2);
	assert_int_equal(all->conn[0]->side[WAY_TO_SERVER].n, (sizeof(POST) - 1) / 40 * 40);
	assert_memory_equal(all->conn[0]->side[WAY_TO_SERVER].bytes, POST,
			    (sizeof(POST) - 1) / 40 * 40);
	drop(all);
	wire_fini(&w);
}

static void test_conn_looks_behind_the_talk_with_a_proxy(void **state)
{
	static const char *const talk[] = {
		"CONNECT vpn.example:443 HTTP/1.1\r\nHost: vpn.example:443\r\n\r\n",
		"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 30\r\n\r\n",
		"<html>who are you, then?</html>",
		"CONNECT vpn.example:443 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n",
		"HTTP/1.1 200 Connection established\r\n\r\n",
	};

	(void)state;
	for (size_t mss = 1; mss < 200; mss = mss < 20 ? mss + 1 : mss * 2) {
		struct wire_tcp t = {.client = 50000, .server = 3128, .mss = mss};
		struct collect *all;
		struct wire w;

		wire_init(&w, 1);
		wire_connect(&w, &t);
		for (size_t i = 0; i < 5; i++)
			say(&w, &t, i % 3 ? WAY_TO_CLIENT : WAY_TO_SERVER, talk[i]);
		say(&w, &t, WAY_TO_SERVER, POST);
		say(&w, &t, WAY_TO_CLIENT, "HTTP/1.1 200 OK\r\n\r\n");
		all = run(&w, &usual);
		assert_int_equal(all->conns, 1);
		assert_true(all->conn[0]->last.proxied);
		check_said(all->conn[0], WAY_TO_SERVER, POST);
		check_said(all->conn[0], WAY_TO_CLIENT, "HTTP/1.1 200 OK\r\n\r\n");
		drop(all);
		wire_fini(&w);
	}
}

/* Makes a session of TLS; the frames are in w. */
static struct peers *talk(struct wire *w, int version, const char *cipher, size_t n)
{
	struct peers_how how = {.version = version, .ciphers = cipher};
	struct peers *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	wire_init(w, 1);
	peers_init(p, w, &how);
	p->tcp.mss = 700;
	peers_connect(p, NULL);
	peers_shake(p);
	for (size_t i = 0; i < n; i++) {
		peers_send(p, WAY_TO_SERVER, 1 + i * 37 % 3000);
		peers_send(p, WAY_TO_CLIENT, 1 + i * 41 % 3000);
	}
	peers_close(p);
	return p;
}

static void hang_up(struct peers *p, struct wire *w)
{
	peers_fini(p);
	free(p);
	wire_fini(w);
}

static void check_all_data(const struct collect *all, const struct peers *p)
{
	const struct collect_note *n;

	assert_int_equal(all->conns, 1);
	n = collect_find(all->conn[0], NOTE_CLOSED);
	if (n)
		fail_msg("%s", n->text);
	for (int w = 0; w < WAYS; w++) {
		assert_int_equal(all->conn[0]->side[w].n, p->n[w]);
		assert_memory_equal(all->conn[0]->side[w].bytes, p->sent[w], p->n[w]);
	}
}

/* The frames of a capture, to be fed in another order or form. */
struct frames {
	struct frame f[4096];
	size_t n;
};

static struct frames *frames_of(const struct wire *w)
{
	struct frames *all = calloc(1, sizeof(*all));
	struct capture *c = wire_open(w);
	struct frame f;

	assert_non_null(all);
	while (capture_next(c, &f) == CAPTURE_FRAME) {
		uint8_t *copy = malloc(f.n);

		assert_true(copy && all->n < 4096);
		memcpy(copy, f.bytes, f.n);
		f.bytes = copy;
		all->f[all->n++] = f;
	}
	capture_close(c);
	return all;
}

static void frames_free(struct frames *all)
{
	for (size_t i = 0; i < all->n; i++) {
		union {
			const uint8_t *from;
			void *to;
		} p = {all->f[i].bytes};

		free(p.to);
	}
	free(all);
}

static void test_conn_does_not_mind_packets_out_of_order_and_twice(void **state)
{
	struct wire w;

	(void)state;
	for (int round = 0; round < 30; round++) {
		struct peers *p = talk(&w, round & 1 ? TLS1_3_VERSION : TLS1_2_VERSION,
				       round & 1 ? "TLS_AES_128_GCM_SHA256" : "AES128-SHA256", 40);
		struct frames *f = frames_of(&w);
		struct collect *all = calloc(1, sizeof(*all));
		struct tls_keys *k = tls_keys_new();
		struct flow *flow;

		assert_non_null(all);
		assert_non_null(k);
		tls_keys_add_log(k, (struct view){(const uint8_t *)p->log, p->log_n});
		flow = flow_new(k, &usual, &collect_sink, all);
		assert_non_null(flow);
		/* behind the handshake's first flights packets of both directions change places */
		for (size_t i = 4; i + 1 < f->n; i++) {
			size_t j = i + roll(i + 6 < f->n ? 6 : (uint32_t)(f->n - i));
			struct frame keep = f->f[i];

			f->f[i] = f->f[j];
			f->f[j] = keep;
		}
		for (size_t i = 0; i < f->n; i++) {
			flow_frame(flow, &f->f[i]);
			if (roll(5) == 0)
				flow_frame(flow, &f->f[roll((uint32_t)i + 1)]);
		}
		flow_finish(flow);
		flow_free(flow);
		assert_false(all->broken);
		check_all_data(all, p);
		drop(all);
		tls_keys_free(k);
		frames_free(f);
		hang_up(p, &w);
	}
}

/* Cuts the IPv4 packet of an Ethernet frame into fragments of n bytes, and feeds the last one
 * first. */
static void feed_fragments(struct flow *flow, const struct frame *whole, uint32_t n)
{
	static uint16_t id;
	uint32_t size = whole->n - 34;
	uint32_t last = (size - 1) / n * n;

	id++;
	for (uint32_t at = last;; at -= n) {
		uint8_t bytes[WIRE_FRAME_MAX];
		uint32_t some = size - at < n ? size - at : n;
		struct frame f = *whole;

		memcpy(bytes, whole->bytes, 34);
		memcpy(bytes + 34, whole->bytes + 34 + at, some);
		bytes[16] = (uint8_t)((some + 20) >> 8);
		bytes[17] = (uint8_t)(some + 20);
		bytes[18] = (uint8_t)(id >> 8);
		bytes[19] = (uint8_t)id;
		bytes[20] = (uint8_t)(at / 8 >> 8 | (at + some < size ? 0x20 : 0));
		bytes[21] = (uint8_t)(at / 8);
		f.bytes = bytes;
		f.n = f.wire = some + 34;
		flow_frame(flow, &f);
		if (!at)
			break;
	}
}

static void test_conn_reads_streams_out_of_fragments(void **state)
{
	struct wire w;
	struct peers *p = talk(&w, TLS1_2_VERSION, "AES256-GCM-SHA384", 20);
	struct frames *f = frames_of(&w);
	struct collect *all = calloc(1, sizeof(*all));
	struct tls_keys *k = tls_keys_new();
	struct flow *flow;
	struct flow_stats stats;

	(void)state;
	assert_non_null(all);
	assert_non_null(k);
	tls_keys_add_log(k, (struct view){(const uint8_t *)p->log, p->log_n});
	flow = flow_new(k, &usual, &collect_sink, all);
	assert_non_null(flow);
	for (size_t i = 0; i < f->n; i++)
		feed_fragments(flow, &f->f[i], 8 + 8 * (uint32_t)(i % 30));
	flow_stats(flow, &stats);
	assert_true(stats.fragments > f->n);
	assert_int_equal(stats.tcp, f->n);
	flow_finish(flow);
	flow_free(flow);
	check_all_data(all, p);
	drop(all);
	tls_keys_free(k);
	frames_free(f);
	hang_up(p, &w);
}

/* Feeds a session whose secrets come behind `late` of its frames. */
static struct collect *run_late(struct peers *p, const struct wire *w, size_t late)
{
	struct flow_config live = {.more_keys = true};
	struct collect *all = calloc(1, sizeof(*all));
	struct tls_keys *k = tls_keys_new();
	struct frames *f = frames_of(w);
	struct flow *flow;

	assert_non_null(all);
	assert_non_null(k);
	flow = flow_new(k, &live, &collect_sink, all);
	assert_non_null(flow);
	for (size_t i = 0; i < f->n; i++) {
		if (i == late)
			flow_secrets(flow, (struct view){(const uint8_t *)p->log, p->log_n});
		flow_frame(flow, &f->f[i]);
	}
	flow_finish(flow);
	flow_free(flow);
	assert_false(all->broken);
	tls_keys_free(k);
	frames_free(f);
	return all;
}

static void test_conn_waits_a_while_for_keys_that_come_late(void **state)
{
	static const struct {
		int version;
		const char *cipher;
	} kinds[] = {{TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256"},
		     {TLS1_VERSION, "DHE-RSA-AES128-SHA"},
		     {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256"}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct wire w;
		struct peers *p = talk(&w, kinds[i].version, kinds[i].cipher, 15);

		for (size_t late = 0; late < 40; late += 3) {
			struct collect *all = run_late(p, &w, late);

			check_all_data(all, p);
			drop(all);
		}
		hang_up(p, &w);
	}
}

static void test_conn_gives_up_waiting_when_much_is_held(void **state)
{
	struct wire w;
	struct peers *p = talk(&w, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 200);
	struct collect *all = run_late(p, &w, 4000);

	(void)state;
	assert_non_null(collect_find(all->conn[0], NOTE_CLOSED));
	assert_non_null(strstr(collect_find(all->conn[0], NOTE_CLOSED)->text,
			       "ephemeral key exchange needs a key log"));
	assert_int_equal(all->conn[0]->side[0].n, 0);
	assert_true(all->conn[0]->side[0].seen[TLS_SEEN_CLOSED] > 200);
	drop(all);
	hang_up(p, &w);
}

static void test_conn_says_that_the_handshake_is_not_in_the_capture(void **state)
{
	struct wire w;
	struct peers *p = talk(&w, TLS1_2_VERSION, "AES128-GCM-SHA256", 50);
	struct frames *f = frames_of(&w);

	(void)state;
	for (size_t from = 15; from < 60; from++) {
		struct collect *all = calloc(1, sizeof(*all));
		struct tls_keys *k = tls_keys_new();
		const struct collect_note *n;
		struct flow *flow;

		assert_non_null(all);
		assert_non_null(k);
		tls_keys_add_log(k, (struct view){(const uint8_t *)p->log, p->log_n});
		flow = flow_new(k, &usual, &collect_sink, all);
		assert_non_null(flow);
		for (size_t i = from; i < f->n; i++)
			flow_frame(flow, &f->f[i]);
		flow_finish(flow);
		flow_free(flow);
		assert_int_equal(all->conns, 1);
		assert_true(all->conn[0]->last.middle);
		n = collect_find(all->conn[0], NOTE_CLOSED);
		assert_non_null(n);
		assert_non_null(strstr(n->text, "handshake not in the capture"));
		assert_int_equal(all->conn[0]->side[0].n + all->conn[0]->side[1].n, 0);
		drop(all);
		tls_keys_free(k);
	}
	frames_free(f);
	hang_up(p, &w);
}

static void test_conn_says_wrong_key_and_unsupported_suite(void **state)
{
	static const struct {
		int version;
		const char *cipher;
		bool damage;
		const char *want;
	} cases[] = {
		{TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", true, "wrong key"},
		{TLS1_1_VERSION, "DHE-RSA-AES128-SHA", true, "wrong key"},
		{TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", true, "wrong key"},
		{TLS1_2_VERSION, "ECDHE-ARIA128-GCM-SHA256", false,
		 "unsupported cipher suite 0xc060 (TLS 1.2)"},
		{TLS1_2_VERSION, "CAMELLIA128-SHA", false,
		 "unsupported cipher suite 0x0041 (TLS 1.2)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct wire w;
		struct peers *p = talk(&w, cases[i].version, cases[i].cipher, 10);
		struct collect *all;
		const struct collect_note *n;

		for (size_t at = 0; cases[i].damage && at < p->log_n; at++)
			if (p->log[at] == '\n') /* the last digit of each secret */
				p->log[at - 1] = p->log[at - 1] == '0' ? '1' : '0';
		all = run_late(p, &w, 0);
		assert_int_equal(all->conns, 1);
		n = collect_find(all->conn[0], NOTE_CLOSED);
		assert_non_null(n);
		if (!strstr(n->text, cases[i].want))
			fail_msg("\"%s\" does not say \"%s\"", n->text, cases[i].want);
		assert_int_equal(all->conn[0]->side[0].n + all->conn[0]->side[1].n, 0);
		drop(all);
		hang_up(p, &w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_passes_plain_sstp_through_however_it_is_cut),
		cmocka_unit_test(test_conn_does_not_hand_out_what_is_neither_tls_nor_sstp),
		cmocka_unit_test(test_conn_knows_the_client_by_what_it_says),
		cmocka_unit_test(test_conn_is_new_when_its_ports_are_used_again),
		cmocka_unit_test(test_conn_ignores_a_reset_from_far_away),
		cmocka_unit_test(test_conn_follows_many_at_once_and_lets_the_idlest_go),
		cmocka_unit_test(test_conn_holes_are_given_up_before_memory_is),
		cmocka_unit_test(test_conn_follows_ipv6),
		cmocka_unit_test(test_conn_looks_behind_the_talk_with_a_proxy),
		cmocka_unit_test(test_conn_does_not_mind_packets_out_of_order_and_twice),
		cmocka_unit_test(test_conn_reads_streams_out_of_fragments),
		cmocka_unit_test(test_conn_waits_a_while_for_keys_that_come_late),
		cmocka_unit_test(test_conn_gives_up_waiting_when_much_is_held),
		cmocka_unit_test(test_conn_says_that_the_handshake_is_not_in_the_capture),
		cmocka_unit_test(test_conn_says_wrong_key_and_unsupported_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
