/* SPDX-License-Identifier: MIT */
/*
 * Claims about io/offload.c against the kernel: super-packets are put on one end of a
 * veth pair, and what comes out of the other end is compared, byte for byte, with what splitting
 * gives. With offloads off the kernel segments them itself; with offloads on they cross whole, as
 * they would come out of a TUN device. In a network namespace of the test's own; skipped where none
 * can be made.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "io/l4.h"
#include "io/offload.h"

#define ROUNDS      400
#define MTU         1500
#define SUPER_MAX   65535
#define SEGMENT_MAX 40

static const char *reason; /* why everything is skipped */
static int near_end = -1, far_end = -1, control = -1;
static uint64_t dice_state = 1;

/* A super-packet, as a TUN device would describe it. */
struct super {
	struct offload o;
	size_t n, at; /* its length, and where TCP or UDP begins */
	uint8_t p[SUPER_MAX];
};

/* What came out of the veth. */
struct arrival {
	struct virtio_net_hdr h;
	size_t n;
	uint8_t p[SUPER_MAX];
};

static struct super super;
static struct arrival arrival;

static uint32_t dice(uint32_t below)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((dice_state >> 33) % below);
}

/* Opens a socket that sends to and receives from an interface, with a struct virtio_net_hdr. */
static int open_end(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, room = 8 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	return fd;
}

static int set_up(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0) {
		reason = "no network namespace can be made: root is needed";
		return 0;
	}
	if (system("exec >&2; ip link add near type veth peer name far && "
		   "ip link set far addrgenmode none up && "
		   "ip link set near addrgenmode none up") != 0) {
		reason = "no veth pair can be made here";
		return 0;
	}
	control = socket(AF_INET, SOCK_DGRAM, 0);
	near_end = open_end("near");
	far_end = open_end("far");
	return near_end >= 0 && far_end >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	close(near_end);
	close(far_end);
	close(control);
	return 0;
}

/* Lets the near end do checksums, and with them all segmentation, or not. */
static void set_offloads(bool on)
{
	static const struct {
		uint32_t command;
		bool turn_off_only;
	} rows[] = {{ETHTOOL_STXCSUM, false}, {ETHTOOL_SSG, false}, {ETHTOOL_STSO, false}};
	struct ifreq ifr = {.ifr_name = "near"};

	if (reason) {
		print_message("skipped: %s\n", reason);
		skip();
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ethtool_value value = {.cmd = rows[i].command, .data = on};

		ifr.ifr_data = (void *)&value;
		assert_int_equal(ioctl(control, SIOCETHTOOL, &ifr), 0);
	}
}

static void make_ip(struct super *s, bool ip6, uint8_t protocol)
{
	uint8_t *p = s->p;

	memset(p, 0, 40);
	if (ip6) {
		p[0] = (uint8_t)(0x60 | dice(16));
		p[1] = (uint8_t)dice(256);
		p[2] = (uint8_t)dice(256);
		l4_put16(p + 4, (uint16_t)(s->n - 40));
		p[6] = protocol;
		p[7] = (uint8_t)(1 + dice(255));
		for (int i = 8; i < 40; i++)
			p[i] = (uint8_t)dice(256);
		p[8] = p[24] = 0xfd;
	} else {
		p[0] = 0x45;
		p[1] = (uint8_t)dice(256);
		l4_put16(p + 4, (uint16_t)dice(65536));
		p[6] = dice(2) ? 0x40 : 0;
		p[8] = (uint8_t)(1 + dice(255));
		p[9] = protocol;
		l4_put32(p + 12, 0x0a000000 | dice(1 << 24));
		l4_put32(p + 16, 0x0a000000 | dice(1 << 24));
		l4_put_ip_length(p, false, s->n, 0);
	}
}

static void make_tcp(uint8_t *p, size_t options)
{
	static const uint8_t flags[] = {0x01, 0x08, 0x20, 0x40, 0x80}; /* FIN PSH URG ECE CWR */

	l4_put16(p, (uint16_t)dice(65536));
	l4_put16(p + 2, (uint16_t)dice(65536));
	l4_put32(p + 4, dice(2) ? 0xffffff00u + dice(256) : dice(1u << 31));
	l4_put32(p + 8, dice(1u << 31));
	p[12] = (uint8_t)((20 + options) / 4 << 4);
	p[13] = L4_ACK;
	for (size_t i = 0; i < sizeof(flags); i++)
		if (!dice(3))
			p[13] |= flags[i];
	l4_put16(p + 14, (uint16_t)dice(65536));
	l4_put16(p + 18, (uint16_t)dice(65536));
	for (size_t i = 0; i < options; i++)
		p[20 + i] = (uint8_t)dice(256);
}

/* Makes a random super-packet. */
static void make_super(struct super *s, bool udp)
{
	bool ip6 = dice(2);
	size_t options = udp ? 0 : dice(11) * 4;
	size_t l4 = udp ? 8 : 20 + options, most;
	size_t segments = 2 + dice(SEGMENT_MAX - 1);

	s->at = ip6 ? 40 : 20;
	most = MTU - s->at - l4;
	s->o = (struct offload){.flags = OFFLOAD_NEEDS_CSUM,
				.gso_size = (uint16_t)(dice(2) ? most : 1 + dice((uint32_t)most)),
				.hdr_len = (uint16_t)(s->at + l4),
				.csum_start = (uint16_t)s->at,
				.csum_offset = udp ? 6 : 16};
	s->n = s->at + l4 + (segments - 1) * s->o.gso_size + 1 + dice(s->o.gso_size);
	make_ip(s, ip6, udp ? L4_UDP : L4_TCP);
	if (udp) {
		s->o.gso = OFFLOAD_UDP;
		l4_put16(s->p + s->at, (uint16_t)dice(65536));
		l4_put16(s->p + s->at + 2, (uint16_t)dice(65536));
		l4_put16(s->p + s->at + 4, (uint16_t)(s->n - s->at));
	} else {
		make_tcp(s->p + s->at, options);
		s->o.gso = ip6 ? OFFLOAD_TCP6 : OFFLOAD_TCP4;
		if (s->p[s->at + 13] & L4_CWR)
			s->o.gso |= OFFLOAD_ECN;
	}
	for (size_t i = s->at + l4; i < s->n; i++)
		s->p[i] = (uint8_t)dice(256);
	l4_put16(s->p + s->at + s->o.csum_offset,
		 l4_pseudo_sum(s->p, ip6, udp ? L4_UDP : L4_TCP, s->n - s->at));
}

/* Puts a super-packet on the near end; false when the kernel knows no such thing. */
static bool send_super(const struct super *s)
{
	static uint8_t frame[sizeof(struct virtio_net_hdr) + ETH_HLEN + SUPER_MAX];
	struct virtio_net_hdr h = {.flags = s->o.flags,
				   .gso_type = s->o.gso,
				   .hdr_len = (uint16_t)(s->o.hdr_len + ETH_HLEN),
				   .gso_size = s->o.gso_size,
				   .csum_start = (uint16_t)(s->o.csum_start + ETH_HLEN),
				   .csum_offset = s->o.csum_offset};
	uint8_t *at = frame + sizeof(h);
	ssize_t sent;

	memcpy(frame, &h, sizeof(h));
	memset(at, 0xff, 6);
	memset(at + 6, 2, 6); /* what arrives is recognised by this sender */
	l4_put16(at + 12, s->p[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	memcpy(at + ETH_HLEN, s->p, s->n);
	sent = send(near_end, frame, sizeof(h) + ETH_HLEN + s->n, 0);
	return sent == (ssize_t)(sizeof(h) + ETH_HLEN + s->n);
}

/* Waits for the next of our packets at the far end. */
static void await(struct arrival *a)
{
	static uint8_t frame[sizeof(struct virtio_net_hdr) + ETH_HLEN + SUPER_MAX + 1];
	const uint8_t *at = frame + sizeof(a->h);

	for (;;) {
		ssize_t got = recv(far_end, frame, sizeof(frame), 0);

		if (got < (ssize_t)(sizeof(a->h) + ETH_HLEN))
			fail_msg("no packet came: %s", strerror(errno));
		if (memcmp(at + 6, "\2\2\2\2\2\2", 6) != 0)
			continue; /* the kernel's own */
		memcpy(&a->h, frame, sizeof(a->h));
		a->n = (size_t)got - sizeof(a->h) - ETH_HLEN;
		memcpy(a->p, at + ETH_HLEN, a->n);
		return;
	}
}

/* Claims that splitting a super-packet gives what the kernel gives. */
static void compare_segments(const struct super *s)
{
	uint8_t ours[MTU];
	struct split split;
	size_t n;

	assert_int_equal(split_begin(&split, &s->o, s->p, s->n, MTU), SPLIT_OK);
	for (int i = 0; (n = split_next(&split, ours)) != 0; i++) {
		await(&arrival);
		assert_int_equal(arrival.h.gso_type, OFFLOAD_NONE);
		if (arrival.n != n || memcmp(arrival.p, ours, n) != 0) {
			print_message("segment %d of a packet of %zu bytes, gso_size %u:\n", i,
				      s->n, s->o.gso_size);
			assert_int_equal(arrival.n, n);
			assert_memory_equal(arrival.p, ours, n);
		}
	}
}

/* Claims that a super-packet that crossed as it was splits as the one that was sent. */
static void compare_supers(const struct super *s)
{
	uint8_t ours[MTU], theirs[MTU];
	struct split a, b;
	size_t n;

	await(&arrival);
	assert_int_equal(arrival.h.gso_type, s->o.gso);
	assert_int_equal(
		split_begin(
			&a,
			&(struct offload){.flags = arrival.h.flags,
					  .gso = arrival.h.gso_type,
					  .hdr_len = (uint16_t)(arrival.h.hdr_len - ETH_HLEN),
					  .gso_size = arrival.h.gso_size,
					  .csum_start = (uint16_t)(arrival.h.csum_start - ETH_HLEN),
					  .csum_offset = arrival.h.csum_offset},
			arrival.p, arrival.n, MTU),
		SPLIT_OK);
	assert_int_equal(split_begin(&b, &s->o, s->p, s->n, MTU), SPLIT_OK);
	do {
		n = split_next(&b, ours);
		assert_int_equal(split_next(&a, theirs), n);
		assert_memory_equal(ours, theirs, n);
	} while (n);
}

/* Sends random super-packets and compares each. */
static void compare_many(bool udp, bool offloads)
{
	set_offloads(offloads);
	for (int i = 0; i < ROUNDS; i++) {
		make_super(&super, udp);
		if (!send_super(&super)) {
			assert_true(udp && errno == EINVAL);
			print_message("skipped: this kernel has no UDP segmentation\n");
			skip();
		}
		if (offloads)
			compare_supers(&super);
		else
			compare_segments(&super);
	}
}

static void test_tcp_is_split_as_the_kernel_does_it(void **state)
{
	(void)state;
	compare_many(false, false);
}

static void test_udp_is_split_as_the_kernel_does_it(void **state)
{
	(void)state;
	compare_many(true, false);
}

static void test_tcp_that_crossed_whole_is_split_the_same(void **state)
{
	(void)state;
	compare_many(false, true);
}

static void test_udp_that_crossed_whole_is_split_the_same(void **state)
{
	(void)state;
	compare_many(true, true);
}

/* Merges a run of full segments as the kernel makes them, and gives the result to the kernel. */
static void merge_and_compare(struct merge *m)
{
	struct merge_flow *f;
	size_t headers, n;
	struct offload o;
	struct split s;
	static uint8_t segment[MTU];

	make_super(&super, false);
	headers = super.o.hdr_len;
	super.p[super.at + 13] = L4_ACK; /* a run has no other flags */
	super.o.gso &= (uint8_t)~OFFLOAD_ECN;
	assert_int_equal(split_begin(&s, &super.o, super.p, super.n, MTU), SPLIT_OK);
	while ((n = split_next(&s, segment)) != 0)
		assert_int_equal(merge_add(m, segment, n, &f), MERGE_TAKEN);
	f = merge_pending(m);
	assert_non_null(f);
	n = merge_take(f, &o);
	assert_int_equal(n, super.n);
	assert_int_equal(o.gso_size, super.o.gso_size);
	assert_int_equal(o.hdr_len, headers);
	assert_memory_equal(f->bytes, super.p, n);
	merge_done(f);
	assert_true(send_super(&super));
	compare_segments(&super);
}

static void test_what_the_kernel_would_segment_is_merged_into_what_it_was(void **state)
{
	struct merge *m = malloc(sizeof(*m));

	(void)state;
	assert_non_null(m);
	merge_init(m, true);
	set_offloads(false);
	for (int i = 0; i < ROUNDS; i++)
		merge_and_compare(m);
	free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_is_split_as_the_kernel_does_it),
		cmocka_unit_test(test_udp_is_split_as_the_kernel_does_it),
		cmocka_unit_test(test_tcp_that_crossed_whole_is_split_the_same),
		cmocka_unit_test(test_udp_that_crossed_whole_is_split_the_same),
		cmocka_unit_test(test_what_the_kernel_would_segment_is_merged_into_what_it_was),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
