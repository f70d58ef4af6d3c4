/* SPDX-License-Identifier: MIT */
/*
 * Claims about io/offload.c, io/checksum.c and io/l4.c. What splitting must give is
 * written down once more here, one packet at a time and without any cleverness, and compared on
 * random trains.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "io/checksum.h"
#include "io/l4.h"
#include "io/offload.h"

#define TRAIN_MAX  96
#define PACKET_MAX 2048

/* How many random trains are tried: sanitizers are slow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRAINS 50000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TRAINS 50000
#endif
#endif
#ifndef TRAINS
#define TRAINS 1000000
#endif

struct packet {
	size_t n;
	uint8_t p[PACKET_MAX];
};

struct train {
	unsigned n;
	struct packet packets[TRAIN_MAX + 1]; /* one more: where splitting looks for another */
};

static uint64_t dice_state;

static uint32_t dice(uint32_t below)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((dice_state >> 33) % below);
}

/* The obvious checksum over pseudo header and L4, octet by octet. */
static uint16_t reference_checksum(const uint8_t *ip, size_t n, size_t at, uint8_t protocol)
{
	uint32_t s = protocol + (uint32_t)(n - at);
	size_t from = ip[0] >> 4 == 6 ? 8 : 12;
	size_t to = ip[0] >> 4 == 6 ? 40 : 20;

	for (size_t i = from; i < to; i++)
		s += i % 2 ? ip[i] : (uint32_t)ip[i] << 8;
	for (size_t i = at; i < n; i++)
		s += (i - at) % 2 ? ip[i] : (uint32_t)ip[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

/* What a random flow looks like. */
struct flow {
	bool ip6, udp, df;
	uint8_t tos, ttl, options;
	uint16_t id, window, port;
	uint32_t seq, ack;
	size_t size;
};

static void make_flow(struct flow *f)
{
	*f = (struct flow){.ip6 = dice(2),
			   .udp = dice(4) == 0,
			   .df = dice(2),
			   .tos = (uint8_t)dice(4),
			   .ttl = 64,
			   .options = (uint8_t)(dice(3) * 12),
			   .id = (uint16_t)(0xfff0 + dice(32)),
			   .window = 1000,
			   .port = (uint16_t)(1000 + dice(3)),
			   .seq = 0xffff0000u + dice(0x20000),
			   .ack = dice(1000),
			   .size = 1 + dice(1300)};
}

static void seal(struct packet *k, size_t at, bool udp)
{
	uint8_t *field = k->p + at + (udp ? 6 : 16);
	uint16_t sum;

	l4_put16(field, 0);
	sum = reference_checksum(k->p, k->n, at, udp ? L4_UDP : L4_TCP);
	l4_put16(field, udp && !sum ? 0xffff : sum);
	if (k->p[0] >> 4 == 4) {
		l4_put16(k->p + 10, 0);
		l4_put16(k->p + 10, (uint16_t)~checksum_sum_plain(k->p, 20));
	}
}

/* Writes n octets, a different piece of the same noise each time. */
static void fill_payload(uint8_t *p, size_t n)
{
	static uint8_t noise[1 << 16];

	if (!noise[0])
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)(i * 2654435761u >> 13 | !i);
	memcpy(p, noise + dice(sizeof(noise) - PACKET_MAX), n);
}

/* Writes the flow's next packet with `payload` octets. */
static void make_packet(struct flow *f, struct packet *k, size_t payload, uint8_t flags)
{
	size_t at = f->ip6 ? 40 : 20;
	size_t header = f->udp ? 8 : 20u + f->options;
	uint8_t *l4 = k->p + at;

	memset(k->p, 0, at + header);
	k->n = at + header + payload;
	if (f->ip6) {
		k->p[0] = 0x60;
		k->p[1] = (uint8_t)(f->tos << 4);
		l4_put16(k->p + 4, (uint16_t)(k->n - 40));
		k->p[6] = f->udp ? L4_UDP : L4_TCP;
		k->p[7] = f->ttl;
		k->p[23] = 1;
		k->p[39] = 2;
	} else {
		k->p[0] = 0x45;
		k->p[1] = f->tos;
		l4_put16(k->p + 2, (uint16_t)k->n);
		l4_put16(k->p + 4, f->id);
		k->p[6] = f->df ? 0x40 : 0;
		k->p[8] = f->ttl;
		k->p[9] = f->udp ? L4_UDP : L4_TCP;
		memcpy(k->p + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
	}
	l4_put16(l4, f->port);
	l4_put16(l4 + 2, 80);
	if (f->udp) {
		l4_put16(l4 + 4, (uint16_t)(8 + payload));
	} else {
		l4_put32(l4 + 4, f->seq);
		l4_put32(l4 + 8, f->ack);
		l4[12] = (uint8_t)(header / 4 << 4);
		l4[13] = flags;
		l4_put16(l4 + 14, f->window);
		memset(l4 + 20, 1, f->options);
	}
	fill_payload(k->p + at + header, payload);
	seal(k, at, f->udp);
	f->seq += (uint32_t)payload;
	f->id++;
}

/* Disturbs a flow, or the packet just made, in one of the ways that must end a run. */
static void disturb(struct flow *f, struct packet *k)
{
	size_t at = f->ip6 ? 40 : 20;

	switch (dice(12)) {
	case 0:
		f->seq += 1 + dice(100); /* a gap, or an old segment */
		break;
	case 1:
		f->ack++;
		break;
	case 2:
		f->window ^= 1;
		break;
	case 3:
		f->tos ^= 1;
		break;
	case 4:
		f->id += 5;
		break;
	case 5:
		k->p[at + 5] ^= 0x10; /* checksum now wrong */
		break;
	case 6:
		k->p[k->n - 1] ^= 0x01; /* payload damaged on the way */
		break;
	case 7:
		f->df = !f->df;
		break;
	case 8:
		f->size = 1 + dice(1300);
		break;
	case 9:
		if (!f->ip6)
			k->p[7] = 1; /* a fragment now, whatever the checksum says */
		break;
	case 10:
		k->p[f->ip6 ? 6 : 9] = 1; /* another protocol */
		break;
	default:
		f->ttl++;
		break;
	}
}

static void make_train(struct train *t)
{
	struct flow flows[3];

	for (int i = 0; i < 3; i++)
		make_flow(&flows[i]);
	t->n = 1 + dice(dice(16) ? 16 : TRAIN_MAX);
	for (unsigned i = 0; i < t->n; i++) {
		struct flow *f = &flows[dice(10) < 7 ? 0 : 1 + dice(2)];
		size_t payload = dice(10) ? f->size : dice((uint32_t)f->size + 1);
		uint8_t flags = L4_ACK;

		if (dice(12) == 0)
			flags |= (uint8_t)(1u << dice(8));
		if (!dice(20))
			f->id--; /* the same id again */
		make_packet(f, &t->packets[i], payload, flags);
		if (!dice(10))
			disturb(f, &t->packets[i]);
	}
}

/* A key that is the same for packets whose order matters: addresses and ports. */
static bool is_one_flow(const struct packet *a, const struct packet *b)
{
	struct l4 ha, hb;

	if (!l4_parse(a->p, a->n, &ha) || !l4_parse(b->p, b->n, &hb))
		return false;
	return ha.ip6 == hb.ip6 && ha.protocol == hb.protocol &&
	       !memcmp(a->p + ha.at, b->p + hb.at, 4) &&
	       !memcmp(a->p + (ha.ip6 ? 8 : 12), b->p + (hb.ip6 ? 8 : 12), ha.ip6 ? 32 : 8);
}

/* Splits one super-packet to the end of a train. */
static void split_into(struct train *t, const struct offload *o, const uint8_t *p, size_t n,
		       size_t mtu)
{
	struct split s;
	size_t len;

	assert_int_equal(split_begin(&s, o, p, n, mtu), SPLIT_OK);
	for (;;) {
		assert_true(t->n <= TRAIN_MAX);
		len = split_next(&s, t->packets[t->n].p);
		if (!len)
			return;
		assert_true(len <= mtu);
		t->packets[t->n++].n = len;
	}
}

static unsigned supers; /* super-packets of several packets seen in a whole test */

static void write_flow(struct train *out, struct merge_flow *f)
{
	struct offload o;
	size_t n = merge_take(f, &o);

	supers += o.gso != OFFLOAD_NONE;
	split_into(out, &o, f->bytes, n, PACKET_MAX);
	merge_done(f);
}

static void copy_packet(struct packet *to, const struct packet *from)
{
	to->n = from->n;
	memcpy(to->p, from->p, from->n);
}

/* Merges a train and splits what comes of it. */
static void there_and_back(struct merge *m, const struct train *in, struct train *out)
{
	struct merge_flow *f;

	out->n = 0;
	for (unsigned i = 0; i < in->n; i++) {
		const struct packet *k = &in->packets[i];
		enum merge_result r;

		while ((r = merge_add(m, k->p, k->n, &f)) == MERGE_FIRST)
			write_flow(out, f);
		if (r == MERGE_PASS)
			copy_packet(&out->packets[out->n++], k);
	}
	while ((f = merge_pending(m)))
		write_flow(out, f);
}

/* Compares packets; identifications of unfragmentable IPv4 packets mean nothing (RFC 6864 4.1). */
static bool is_same_packet(const struct packet *a, const struct packet *b)
{
	if (a->n != b->n)
		return false;
	if (a->p[0] >> 4 == 4 && a->p[6] & 0x40 && b->p[6] & 0x40) /* 4: id, 10: checksum */
		return !memcmp(a->p, b->p, 4) && !memcmp(a->p + 6, b->p + 6, 4) &&
		       !memcmp(a->p + 12, b->p + 12, a->n - 12);
	return !memcmp(a->p, b->p, a->n);
}

/* Every packet of `in` must come out once, and those of one flow in their order. */
static void assert_same_train(const struct train *in, const struct train *out)
{
	static bool used[TRAIN_MAX];

	assert_int_equal(in->n, out->n);
	memset(used, 0, sizeof(used));
	for (unsigned i = 0; i < in->n; i++) {
		unsigned k = 0;

		while (k < out->n &&
		       (used[k] || !is_same_packet(&in->packets[i], &out->packets[k]))) {
			/* An unused, different packet of the same flow stands before it: order
			 * lost. */
			if (!used[k] && is_one_flow(&in->packets[i], &out->packets[k]))
				fail_msg("packet %u of a flow was overtaken", i);
			k++;
		}
		if (k == out->n)
			fail_msg("packet %u did not come out as it went in", i);
		used[k] = true;
	}
}

static void test_splitting_what_was_merged_gives_the_same_packets(void **state)
{
	const char *trains = getenv("OFFLOAD_TRAINS");
	struct merge *m = malloc(sizeof(*m));
	struct train *in = malloc(sizeof(*in)), *out = malloc(sizeof(*out));
	unsigned long want = trains ? strtoul(trains, NULL, 10) : TRAINS, packets = 0;

	(void)state;
	assert_true(m && in && out);
	merge_init(m, true);
	supers = 0;
	for (uint64_t seed = 1; seed <= want; seed++) {
		dice_state = seed;
		make_train(in);
		there_and_back(m, in, out);
		assert_same_train(in, out);
		packets += in->n;
	}
	assert_true(supers > packets / 100); /* merging did happen */
	print_message("%lu trains of %lu packets, %u super-packets\n", want, packets, supers);
	free(m);
	free(in);
	free(out);
}

static void test_a_plain_run_becomes_one_super_packet(void **state)
{
	struct merge *m = malloc(sizeof(*m));
	struct merge_flow *f;
	struct flow flow;
	struct packet k;
	struct offload o;

	(void)state;
	assert_non_null(m);
	merge_init(m, false);
	dice_state = 1;
	flow = (struct flow){.ttl = 64, .window = 9, .port = 5, .size = 1000, .id = 65530};
	for (int i = 0; i < 40; i++) {
		make_packet(&flow, &k, i == 39 ? 10 : 1000, i == 39 ? L4_ACK | L4_PSH : L4_ACK);
		assert_int_equal(merge_add(m, k.p, k.n, &f), MERGE_TAKEN);
	}
	f = merge_pending(m);
	assert_non_null(f);
	assert_int_equal(merge_take(f, &o), 40 + 39 * 1000 + 10);
	assert_int_equal(o.gso, OFFLOAD_TCP4);
	assert_int_equal(o.gso_size, 1000);
	assert_int_equal(o.flags, OFFLOAD_NEEDS_CSUM);
	assert_int_equal(f->bytes[33], L4_ACK | L4_PSH);
	merge_done(f);
	assert_null(merge_pending(m));
	free(m);
}

static void test_segments_follow_a_smaller_mtu(void **state)
{
	struct flow flow = {.ttl = 64, .window = 9, .port = 5, .id = 7, .seq = 100};
	struct train out = {0};
	struct packet k;
	const struct offload o = {.gso = OFFLOAD_TCP4, .gso_size = 1400};

	(void)state;
	make_packet(&flow, &k, 1500, L4_ACK | L4_PSH | L4_FIN | L4_CWR);
	split_into(&out, &o, k.p, k.n, 540);
	assert_int_equal(out.n, 3);
	for (unsigned i = 0; i < 3; i++) {
		struct packet sealed = out.packets[i];

		assert_int_equal(sealed.n, 540);
		assert_int_equal(l4_get16(sealed.p + 4), 7 + i);
		assert_int_equal(l4_get32(sealed.p + 24), 100 + i * 500);
		assert_int_equal(sealed.p[33], i == 0   ? L4_ACK | L4_CWR
					       : i == 1 ? L4_ACK
							: L4_ACK | L4_PSH | L4_FIN);
		seal(&sealed, 20, false);
		assert_memory_equal(sealed.p, out.packets[i].p, sealed.n);
	}
}

static void test_a_datagram_that_does_not_fit_is_not_cut(void **state)
{
	struct flow flow = {.udp = true, .ttl = 64, .port = 5};
	const struct offload o = {.gso = OFFLOAD_UDP, .gso_size = 1000};
	struct packet k;
	struct split s;

	(void)state;
	make_packet(&flow, &k, 2000 - 28, 0);
	assert_int_equal(split_begin(&s, &o, k.p, k.n, 1000), SPLIT_TOO_LARGE);
	assert_int_equal(split_begin(&s, &o, k.p, k.n, 1028), SPLIT_OK);
	assert_int_equal(split_begin(&s, &(struct offload){0}, k.p, k.n, 1000), SPLIT_TOO_LARGE);
}

static void test_headers_that_contradict_each_other_are_refused(void **state)
{
	struct flow flow = {.ttl = 64, .port = 5};
	struct packet k;
	struct split s;

	(void)state;
	make_packet(&flow, &k, 900, L4_ACK);
	for (size_t n = 0; n < k.n; n++)
		assert_int_not_equal(
			split_begin(&s, &(struct offload){.gso = OFFLOAD_TCP4, .gso_size = 100},
				    k.p, n, 1400),
			SPLIT_OK);
	assert_int_equal(split_begin(&s, &(struct offload){.gso = OFFLOAD_TCP6, .gso_size = 100},
				     k.p, k.n, 1400),
			 SPLIT_BAD);
	assert_int_equal(split_begin(&s, &(struct offload){.gso = OFFLOAD_TCP4}, k.p, k.n, 1400),
			 SPLIT_BAD);
	assert_int_equal(split_begin(&s, &(struct offload){.gso = OFFLOAD_UDP, .gso_size = 100},
				     k.p, k.n, 1400),
			 SPLIT_BAD);
	assert_int_equal(split_begin(&s,
				     &(struct offload){.flags = OFFLOAD_NEEDS_CSUM,
						       .csum_start = 930,
						       .csum_offset = 16},
				     k.p, k.n, 1400),
			 SPLIT_BAD);
}

static void test_a_partial_checksum_is_completed(void **state)
{
	for (int i = 0; i < 2000; i++) {
		struct flow flow;
		struct packet k, want;
		uint8_t out[PACKET_MAX];
		struct offload o = {.flags = OFFLOAD_NEEDS_CSUM};
		struct split s;
		size_t at;

		(void)state;
		dice_state = (uint64_t)i;
		make_flow(&flow);
		make_packet(&flow, &want, dice(1300), L4_ACK);
		k = want;
		at = flow.ip6 ? 40 : 20;
		o.csum_start = (uint16_t)at;
		o.csum_offset = flow.udp ? 6 : 16;
		l4_put16(k.p + at + o.csum_offset,
			 l4_pseudo_sum(k.p, flow.ip6, flow.udp ? L4_UDP : L4_TCP, k.n - at));
		assert_int_equal(split_begin(&s, &o, k.p, k.n, PACKET_MAX), SPLIT_OK);
		assert_int_equal(split_next(&s, out), want.n);
		assert_memory_equal(out, want.p, want.n);
		assert_int_equal(split_next(&s, out), 0);
	}
}

static void test_wide_and_plain_checksums_are_equal(void **state)
{
	static uint8_t buf[70000], copy[70000];

	(void)state;
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(dice(4) ? 0xff : dice(256));
	for (int i = 0; i < 20000; i++) {
		size_t n = i < 2000 ? (size_t)i % 200 : dice(i % 50 ? 3000 : 66000);
		size_t from = dice(64);
		uint16_t want = checksum_sum_plain(buf + from, n);

		assert_int_equal(checksum_sum(buf + from, n), want);
		assert_int_equal(checksum_copy(copy + dice(8), buf + from, n), want);
	}
	checksum_copy(copy, buf, sizeof(buf));
	assert_memory_equal(copy, buf, sizeof(buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splitting_what_was_merged_gives_the_same_packets),
		cmocka_unit_test(test_a_plain_run_becomes_one_super_packet),
		cmocka_unit_test(test_segments_follow_a_smaller_mtu),
		cmocka_unit_test(test_a_datagram_that_does_not_fit_is_not_cut),
		cmocka_unit_test(test_headers_that_contradict_each_other_are_refused),
		cmocka_unit_test(test_a_partial_checksum_is_completed),
		cmocka_unit_test(test_wide_and_plain_checksums_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
