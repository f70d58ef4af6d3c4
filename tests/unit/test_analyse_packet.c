/* SPDX-License-Identifier: MIT */
/* Headers of every link type and IP version, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyse/packet.h"

#include <pcap/dlt.h>

#define SEGMENT      "\x9c\x40\x01\xbb\0\0\0\x64\0\0\0\xc8\x60\x18\x12\x34\0\0\0\0\1\1\1\0hello"
#define SEGMENT_SIZE 29

/* A packet in the making. */
struct made {
	uint8_t bytes[512];
	struct wr w;
};

static void begin(struct made *m)
{
	memset(m->bytes, 0, sizeof(m->bytes));
	m->w = wr_init(m->bytes, sizeof(m->bytes));
}

static void put(struct made *m, const char *bytes, size_t n)
{
	wr_bytes(&m->w, bytes, n);
}

static void put_ip4(struct made *m)
{
	put(m, "\x45\x10", 2);
	wr_be16(&m->w, 20 + SEGMENT_SIZE);
	put(m, "\x12\x34\x40\0\x40\x06\0\0\x0a\0\0\1\x0a\0\0\2", 16);
	put(m, SEGMENT, SEGMENT_SIZE);
}

/* Puts an IPv6 packet with these extension headers. */
static void put_ip6(struct made *m, uint8_t next, const char *more, size_t n)
{
	put(m, "\x60\x01\x23\x45", 4);
	wr_be16(&m->w, (uint16_t)(n + SEGMENT_SIZE));
	wr_u8(&m->w, next);
	wr_u8(&m->w, 63);
	for (int i = 0; i < 2; i++) {
		put(m, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0", 15);
		wr_u8(&m->w, (uint8_t)(i + 1));
	}
	put(m, more, n);
	put(m, SEGMENT, SEGMENT_SIZE);
}

static struct packet read_as(const struct made *m, int link, uint32_t n)
{
	static struct frame f;
	struct packet p;

	assert_false(m->w.bad);
	f = (struct frame){
		.bytes = m->bytes, .n = n, .wire = (uint32_t)wr_len(&m->w), .link = link};
	packet_read(&f, &p);
	return p;
}

static void check_tcp(const struct packet *p)
{
	assert_int_equal(p->tcp.header, 24);
	assert_int_equal(p->tcp.from, 40000);
	assert_int_equal(p->tcp.to, 443);
	assert_int_equal(p->tcp.seq, 100);
	assert_int_equal(p->tcp.ack, 200);
	assert_int_equal(p->tcp.flags, TCP_PSH | TCP_ACK);
	assert_int_equal(p->tcp.window, 0x1234);
	assert_int_equal(p->tcp.n, 5);
	assert_int_equal(p->tcp.wire, 5);
	assert_memory_equal(p->tcp.payload, "hello", 5);
}

static const struct {
	const char *what;
	int link;
	const char *before;
	size_t n;
	unsigned vlans;
} links[] = {
	{"Ethernet", DLT_EN10MB, "\1\1\1\1\1\1\2\2\2\2\2\2\x08\0", 14, 0},
	{"VLAN", DLT_EN10MB, "\1\1\1\1\1\1\2\2\2\2\2\2\x81\0\x20\x64\x08\0", 18, 1},
	{"QinQ", DLT_EN10MB, "\1\1\1\1\1\1\2\2\2\2\2\2\x88\xa8\0\7\x81\0\x20\x64\x08\0", 22, 2},
	{"QinQ, old", DLT_EN10MB, "\1\1\1\1\1\1\2\2\2\2\2\2\x91\0\0\7\x81\0\x20\x64\x08\0", 22, 2},
	{"PPPoE", DLT_EN10MB, "\1\1\1\1\1\1\2\2\2\2\2\2\x88\x64\x11\0\0\1\0\x33\0\x21", 22, 0},
	{"cooked", DLT_LINUX_SLL, "\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\0", 16, 0},
	{"cooked, VLAN", DLT_LINUX_SLL, "\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x81\0\0\7\x08\0", 20, 1},
	{"cooked 2", DLT_LINUX_SLL2, "\x08\0\0\0\0\0\0\2\0\1\0\6\1\2\3\4\5\6\0\0", 20, 0},
	{"raw", DLT_RAW, "", 0, 0},
	{"raw, OpenBSD", 14, "", 0, 0},
	{"raw, as in files", 101, "", 0, 0},
	{"IPv4", DLT_IPV4, "", 0, 0},
	{"null, little", DLT_NULL, "\2\0\0\0", 4, 0},
	{"null, big", DLT_NULL, "\0\0\0\2", 4, 0},
	{"loop", DLT_LOOP, "\0\0\0\2", 4, 0},
};

static void test_packet_finds_ip_behind_every_link_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct made m;
		struct packet p;

		begin(&m);
		put(&m, links[i].before, links[i].n);
		put_ip4(&m);
		p = read_as(&m, links[i].link, (uint32_t)wr_len(&m.w));
		if (p.ip.version != 4)
			fail_msg("%s: no IP packet", links[i].what);
		assert_int_equal(p.link.length, links[i].n);
		assert_int_equal(p.link.vlans, links[i].vlans);
		assert_int_equal(p.ip.header, 20);
		assert_int_equal(p.ip.total, 20 + SEGMENT_SIZE);
		assert_int_equal(p.ip.ttl, 64);
		assert_int_equal(p.ip.tos, 0x10);
		assert_int_equal(p.ip.id, 0x1234);
		assert_true(p.ip.dont);
		assert_memory_equal(p.ip.dst, "\x0a\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
		check_tcp(&p);
	}
}

static void test_packet_keeps_the_tags_of_the_outermost_two_vlans(void **state)
{
	struct made m;
	struct packet p;

	(void)state;
	begin(&m);
	put(&m, "\1\1\1\1\1\1\2\2\2\2\2\2\x88\xa8\0\7\x81\0\x20\x64\x81\0\0\x09\x08\0", 26);
	put_ip4(&m);
	p = read_as(&m, DLT_EN10MB, (uint32_t)wr_len(&m.w));
	assert_int_equal(p.link.vlans, 3);
	assert_int_equal(p.link.vlan[0], 7);
	assert_int_equal(p.link.vlan[1], 0x2064);
	check_tcp(&p);
}

static void test_packet_passes_over_ipv6_extension_headers(void **state)
{
	static const struct {
		uint8_t next;
		const char *bytes;
		size_t n;
	} chains[] = {
		{6, "", 0},
		{0, "\6\0\5\2\0\0\1\0", 8},
		{0,
		 "\x2b\0\5\2\0\0\1\0\x3c\2\0\0\0\0\0\0\1\2\3\4\5\6\7\x08\1\2\3\4\5\6\7\x08\6\0\1\4"
		 "\0\0\0\0",
		 40},
		{51, "\6\1\0\0\0\0\0\1\0\0\0\2", 12},
		{44, "\6\0\0\0\0\0\0\7", 8}, /* an atomic fragment (RFC 6946) */
		{135, "\6\0\0\0\0\0\0\0", 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++) {
		struct made m;
		struct packet p;

		begin(&m);
		put_ip6(&m, chains[i].next, chains[i].bytes, chains[i].n);
		p = read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w));
		assert_int_equal(p.ip.version, 6);
		assert_int_equal(p.ip.protocol, IP_TCP);
		assert_int_equal(p.ip.header, 40 + chains[i].n);
		assert_int_equal(p.ip.flow, 0x12345);
		assert_int_equal(p.ip.ttl, 63);
		check_tcp(&p);
	}
}

static void test_packet_leaves_fragments_alone(void **state)
{
	struct made m;
	struct packet p;

	(void)state;
	begin(&m);
	put_ip6(&m, 44, "\6\0\x01\x21\0\0\0\7", 8);
	p = read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w));
	assert_true(p.ip.fragment && p.ip.more);
	assert_int_equal(p.ip.offset, 0x120);
	assert_int_equal(p.ip.id, 7);
	assert_int_equal(p.tcp.header, 0);
}

static void test_packet_trims_what_ethernet_pads(void **state)
{
	struct made m;
	struct packet p;

	(void)state;
	begin(&m);
	put(&m, links[0].before, links[0].n);
	put_ip4(&m);
	wr_zero(&m.w, 6);
	p = read_as(&m, DLT_EN10MB, (uint32_t)wr_len(&m.w));
	check_tcp(&p);
}

static void test_packet_takes_the_frame_for_the_length_when_the_card_cuts_segments(void **state)
{
	struct made m;
	struct packet p;

	(void)state;
	begin(&m);
	put_ip4(&m);
	m.bytes[2] = m.bytes[3] = 0;
	p = read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w));
	check_tcp(&p);
}

static void test_packet_says_what_was_cut_off(void **state)
{
	struct made m;
	struct packet p;

	(void)state;
	begin(&m);
	put_ip4(&m);
	p = read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w) - 2);
	assert_int_equal(p.tcp.n, 3);
	assert_int_equal(p.tcp.wire, 5);
}

static void test_packet_refuses_every_truncation_of_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct made m;

		begin(&m);
		put(&m, links[i].before, links[i].n);
		put_ip4(&m);
		for (size_t n = 0; n < links[i].n + 20; n++)
			assert_int_equal(read_as(&m, links[i].link, (uint32_t)n).ip.version, 0);
		for (size_t n = links[i].n + 20; n < links[i].n + 44; n++)
			assert_int_equal(read_as(&m, links[i].link, (uint32_t)n).tcp.header, 0);
	}
	for (int chain = 0; chain < 2; chain++) {
		struct made m;

		begin(&m);
		put_ip6(&m, chain ? 0 : 6, "\6\0\5\2\0\0\1\0", chain ? 8 : 0);
		for (uint32_t n = 0; n < (chain ? 48u : 40u); n++)
			assert_int_equal(read_as(&m, DLT_RAW, n).ip.version, 0);
	}
}

static void test_packet_refuses_headers_that_contradict_themselves(void **state)
{
	struct made m;

	(void)state;
	begin(&m);
	put_ip4(&m);
	m.bytes[0] = 0x44; /* 16 bytes of header */
	assert_int_equal(read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w)).ip.version, 0);
	m.bytes[0] = 0x45;
	m.bytes[3] = 19; /* total length */
	assert_int_equal(read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w)).ip.version, 0);
	m.bytes[3] = 20 + SEGMENT_SIZE;
	m.bytes[32] = 0x40; /* 16 bytes of TCP header */
	assert_int_equal(read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w)).tcp.header, 0);
	m.bytes[32] = 0xf0; /* 60, more than there are */
	assert_int_equal(read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w)).tcp.header, 0);
	m.bytes[0] = 0x55;
	assert_int_equal(read_as(&m, DLT_RAW, (uint32_t)wr_len(&m.w)).ip.version, 0);
	assert_int_equal(read_as(&m, 9999, (uint32_t)wr_len(&m.w)).ip.version, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_finds_ip_behind_every_link_type),
		cmocka_unit_test(test_packet_keeps_the_tags_of_the_outermost_two_vlans),
		cmocka_unit_test(test_packet_passes_over_ipv6_extension_headers),
		cmocka_unit_test(test_packet_leaves_fragments_alone),
		cmocka_unit_test(test_packet_trims_what_ethernet_pads),
		cmocka_unit_test(
			test_packet_takes_the_frame_for_the_length_when_the_card_cuts_segments),
		cmocka_unit_test(test_packet_says_what_was_cut_off),
		cmocka_unit_test(test_packet_refuses_every_truncation_of_headers),
		cmocka_unit_test(test_packet_refuses_headers_that_contradict_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
