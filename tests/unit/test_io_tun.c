/* SPDX-License-Identifier: MIT */
/*
 * Claims about io/tun.c on kernels that refuse something: ioctl() is ours here, and refuses what a
 * test asks it to; the rest is the kernel, in a network namespace of the test's own. Skipped where
 * none can be made.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/ip.h"
#include "io/l4.h"
#include "io/net.h"
#include "io/netlink.h"
#include "io/tun.h"

#ifndef TUN_F_USO4 /* Linux 6.2 */
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define PORT 20998

static const uint8_t own4[16] = {10, 9, 1, 2}, peer4[16] = {10, 9, 1, 1};

static struct tun *tun, *more;
static struct netlink *nl;
static const char *reason; /* why everything is skipped */
static unsigned granted;   /* what this kernel grants when nothing is refused */

/* What ioctl() refuses. */
static struct refusal {
	unsigned offloads;   /* TUNSETOFFLOAD with one of these flags */
	bool all_offloads;   /* TUNSETOFFLOAD */
	short flags;         /* TUNSETIFF with one of these */
	bool set_size;       /* TUNSETVNETHDRSZ */
	bool get_size;       /* TUNGETVNETHDRSZ */
	unsigned queues;     /* TUNSETIFF once so many have been opened; 0: no limit */
	unsigned opened;     /* so far */
	unsigned complaints; /* how often something was refused */
} refuse;

static bool is_refused(unsigned long request, void *arg)
{
	switch (request) {
	case TUNSETOFFLOAD:
		return refuse.all_offloads || refuse.offloads & (uintptr_t)arg;
	case TUNSETIFF:
		return refuse.flags & ((struct ifreq *)arg)->ifr_flags ||
		       (refuse.queues && refuse.opened++ >= refuse.queues);
	case TUNSETVNETHDRSZ:
		return refuse.set_size;
	case TUNGETVNETHDRSZ:
		return refuse.get_size;
	default:
		return false;
	}
}

/* The C library's, before it reaches the kernel. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!is_refused(request, arg))
		return (int)syscall(SYS_ioctl, fd, request, arg);
	refuse.complaints++;
	errno = EINVAL;
	return -1;
}

static int set_up(void **state)
{
	(void)state;
	tun = calloc(1, sizeof(*tun));
	more = calloc(1, sizeof(*more));
	if (!tun || !more)
		return -1;
	tun->fd = more->fd = -1;
	if (unshare(CLONE_NEWNET) < 0)
		reason = "no network namespace can be made: root is needed";
	else if (tun_open(tun, "unit%d", false) < 0)
		reason = "no TUN device can be made here";
	else
		nl = nl_open();
	granted = tun->features;
	tun_close(tun);
	return reason || nl ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	nl_close(nl);
	free(tun);
	free(more);
	return 0;
}

static int close_both(void **state)
{
	(void)state;
	tun_close(tun);
	tun_close(more);
	refuse = (struct refusal){0};
	return 0;
}

static void need_kernel(void)
{
	if (!reason)
		return;
	print_message("skipped: %s\n", reason);
	skip();
}

/* Gives the device its address. */
static void bring_up(void)
{
	unsigned index = nl_ifindex(tun->name);

	assert_int_equal(nl_link_addrgen_none(nl, index), 0);
	assert_int_equal(nl_link_set(nl, index, true, 1400), 0);
	assert_int_equal(nl_addr_add(nl, index, AF_INET, own4, 24, NULL), 0);
}

/* Waits for a UDP packet to PORT to come out of t and returns it. */
static struct tun_packet await_udp(struct tun *t)
{
	for (int i = 0; i < 50; i++) {
		struct pollfd p = {.fd = t->fd, .events = POLLIN};
		int n;

		assert_int_equal(poll(&p, 1, 5000), 1);
		n = tun_read(t, 1400, clock_us());
		assert_true(n >= 0);
		for (int k = 0; k < n; k++) {
			const uint8_t *b = t->in[k].p;
			struct l4 h;

			if (l4_parse(b, t->in[k].n, &h) && h.protocol == L4_UDP &&
			    l4_get16(b + h.at + 2) == PORT)
				return t->in[k];
		}
	}
	fail_msg("no packet came");
	return (struct tun_packet){0};
}

/* Makes the answer to a UDP packet of it: the checksums stay as they are, and the kernel checks. */
static void turn_around(uint8_t *p)
{
	uint8_t keep[4];

	memcpy(keep, p + 12, 4);
	memcpy(p + 12, p + 16, 4);
	memcpy(p + 16, keep, 4);
	memcpy(keep, p + 20, 2);
	memcpy(p + 20, p + 22, 2);
	memcpy(p + 22, keep, 2);
}

/* Sends a datagram out of the device and its answer back in, through `in`. */
static void carry(struct tun *out, struct tun *in)
{
	struct net_addr to = net_addr_make(AF_INET, peer4, PORT);
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct pollfd p = {.fd = sock, .events = POLLIN};
	struct tun_packet packet;
	char got[16];

	assert_int_equal(sendto(sock, "and back", 8, 0, &to.any, to.len), 8);
	packet = await_udp(out);
	turn_around(packet.p);
	assert_int_equal(tun_write(in, packet.p, packet.n), 0);
	assert_int_equal(tun_flush(in), 0);
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(recv(sock, got, sizeof(got), 0), 8);
	assert_memory_equal(got, "and back", 8);
	close(sock);
}

/* Opens a device while something is refused, claims what is left of the features, and uses it. */
static void claim_left(struct refusal what, unsigned left)
{
	need_kernel();
	refuse = what;
	assert_int_equal(tun_open(tun, "unit%d", false), 0);
	assert_true(refuse.complaints > 0);
	assert_int_equal(tun->features, left & granted);
	bring_up();
	carry(tun, tun);
}

static void test_without_the_header_flag_packets_go_one_by_one(void **state)
{
	char text[64];

	(void)state;
	claim_left((struct refusal){.flags = IFF_VNET_HDR}, 0);
	assert_string_equal(tun_features(tun, text, sizeof(text)), "none");
}

static void test_a_header_size_that_cannot_be_set_but_is_right_will_do(void **state)
{
	(void)state;
	claim_left((struct refusal){.set_size = true}, TUN_ALL);
}

static void test_a_header_size_that_is_unknown_leads_to_no_header(void **state)
{
	(void)state;
	claim_left((struct refusal){.set_size = true, .get_size = true}, 0);
}

static void test_without_uso_there_is_still_tso(void **state)
{
	char text[64];

	(void)state;
	claim_left((struct refusal){.offloads = TUN_F_USO4 | TUN_F_USO6},
		   TUN_VNET | TUN_CSUM | TUN_TSO);
	assert_string_equal(tun_features(tun, text, sizeof(text)), "vnet csum tso");
}

static void test_without_tso_checksums_are_still_ours(void **state)
{
	(void)state;
	claim_left((struct refusal){.offloads = TUN_F_TSO4 | TUN_F_TSO6}, TUN_VNET | TUN_CSUM);
}

static void test_without_any_offload_the_header_stays(void **state)
{
	(void)state;
	claim_left((struct refusal){.offloads = TUN_F_CSUM}, TUN_VNET);
}

static void test_without_the_offload_call_the_header_stays(void **state)
{
	(void)state;
	claim_left((struct refusal){.all_offloads = true}, TUN_VNET);
}

static void test_features_not_asked_for_are_not_used(void **state)
{
	static const unsigned wanted[] = {0, TUN_VNET, TUN_VNET | TUN_CSUM,
					  TUN_VNET | TUN_CSUM | TUN_TSO, TUN_ALL};

	(void)state;
	need_kernel();
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_int_equal(tun_open_with(tun, "unit%d", false, wanted[i]), 0);
		assert_int_equal(tun->features, wanted[i] & granted);
		assert_false(tun->multi);
		bring_up();
		carry(tun, tun);
		tun_close(tun);
	}
}

/* Sends that many datagrams out of the device: on return they are in its queue. */
static void send_out(unsigned n)
{
	struct net_addr to = net_addr_make(AF_INET, peer4, PORT);
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	while (n--)
		assert_int_equal(sendto(sock, "out", 3, 0, &to.any, to.len), 3);
	close(sock);
}

static void test_the_first_packet_after_quiet_comes_alone_and_its_successors_together(void **state)
{
	static const unsigned features[] = {0, TUN_ALL};
	uint64_t now = clock_us();

	(void)state;
	need_kernel();
	for (int i = 0; i < 2; i++, now += 10000) {
		assert_int_equal(tun_open_with(tun, "unit%d", false, features[i]), 0);
		bring_up();
		send_out(3);
		assert_int_equal(tun_read(tun, 1400, now), 1);
		assert_true(tun->lone && !tun->dry);
		assert_true(tun_read(tun, 1400, now) >= 2);
		assert_true(!tun->lone && tun->dry);
		send_out(2); /* soon after */
		assert_true(tun_read(tun, 1400, now + 900) >= 2);
		assert_false(tun->lone);
		send_out(2);
		assert_int_equal(tun_read(tun, 1400, now + 1900), 1);
		assert_true(tun->lone);
		tun_close(tun);
	}
}

static void test_a_second_queue_has_the_features_of_the_first(void **state)
{
	(void)state;
	need_kernel();
	refuse.offloads = TUN_F_USO4;
	assert_int_equal(tun_open(tun, "unit%d", true), 0);
	assert_true(tun->multi);
	refuse.offloads = 0;
	assert_int_equal(tun_open_more(more, tun), 0);
	assert_false(more->shared);
	assert_string_equal(more->name, tun->name);
	assert_int_equal(more->features, tun->features);
}

static void test_without_multi_queue_the_second_writes_into_the_first(void **state)
{
	(void)state;
	need_kernel();
	refuse.flags = IFF_MULTI_QUEUE;
	assert_int_equal(tun_open(tun, "unit%d", true), 0);
	assert_false(tun->multi);
	assert_int_equal(tun->features, granted);
	assert_int_equal(tun_open_more(more, tun), 0);
	assert_true(more->shared);
	assert_string_equal(more->name, tun->name);
	bring_up();
	carry(tun, more);
}

static void test_a_queue_too_many_writes_into_the_first(void **state)
{
	(void)state;
	need_kernel();
	refuse.queues = 1;
	assert_int_equal(tun_open(tun, "unit%d", true), 0);
	assert_true(tun->multi);
	assert_int_equal(tun_open_more(more, tun), 0);
	assert_true(more->shared);
	bring_up();
	carry(tun, more);
}

/* Lets turns of a millisecond go by, each of which brings ten packets of 100 octets, with `tos` in
 * their header; returns how many were taken out. */
static unsigned turn(struct tun *t, uint64_t *now, unsigned turns, bool dry, uint8_t tos)
{
	static uint8_t packets[10][100];
	unsigned lost = 0;

	for (; turns; turns--, *now += 1000) {
		int left;

		for (int i = 0; i < 10; i++) {
			memset(packets[i], 0, sizeof(packets[i]));
			packets[i][0] = 0x45;
			packets[i][1] = tos;
			packets[i][99] = (uint8_t)i;
			t->in[i] = (struct tun_packet){packets[i], sizeof(packets[i])};
		}
		t->dry = dry;
		left = tun_keep_short(t, 10, *now);
		for (int i = 1; i < left; i++)
			assert_true(t->in[i].p[99] > t->in[i - 1].p[99]);
		lost += 10 - (unsigned)left;
	}
	return lost;
}

static void
test_a_queue_that_is_found_empty_loses_nothing_and_a_standing_one_more_and_more(void **state)
{
	const unsigned interval = CODEL_NEAR_INTERVAL_US / 1000; /* turns */
	static struct tun t;
	uint64_t now = 1000000;
	unsigned first, second;

	(void)state;
	t.fd = -1;
	codel_suit(&t.standing, true);
	assert_int_equal(turn(&t, &now, 1000, true, 0), 0);
	for (int i = 0; i < 30; i++) { /* a burst now and then stands for less than an interval */
		assert_int_equal(turn(&t, &now, interval - 5, false, 0), 0);
		assert_int_equal(turn(&t, &now, 1, true, 0), 0);
	}
	first = turn(&t, &now, 7 * interval, false, 0);
	second = turn(&t, &now, 7 * interval, false, 0);
	assert_true(first >= 3 && second > first && second < 50);
	assert_int_equal(turn(&t, &now, 1, true, 0) + turn(&t, &now, interval - 5, false, 0), 0);
	assert_int_equal(t.queue_drops, first + second);
	first = turn(&t, &now, 7 * interval, false, 2); /* ECN-capable: marked, not dropped */
	assert_int_equal(first, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, close_both)
	static const struct CMUnitTest tests[] = {
		CASE(test_without_the_header_flag_packets_go_one_by_one),
		CASE(test_a_header_size_that_cannot_be_set_but_is_right_will_do),
		CASE(test_a_header_size_that_is_unknown_leads_to_no_header),
		CASE(test_without_uso_there_is_still_tso),
		CASE(test_without_tso_checksums_are_still_ours),
		CASE(test_without_any_offload_the_header_stays),
		CASE(test_without_the_offload_call_the_header_stays),
		CASE(test_features_not_asked_for_are_not_used),
		CASE(test_the_first_packet_after_quiet_comes_alone_and_its_successors_together),
		CASE(test_a_second_queue_has_the_features_of_the_first),
		CASE(test_without_multi_queue_the_second_writes_into_the_first),
		CASE(test_a_queue_too_many_writes_into_the_first),
		CASE(test_a_queue_that_is_found_empty_loses_nothing_and_a_standing_one_more_and_more),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
