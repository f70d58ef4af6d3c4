/* SPDX-License-Identifier: MIT */
/*
 * Claims about io/steer.c, with the kernel running the program, in a network namespace of the
 * test's own. Skipped where none can be made, or where the kernel lets nobody steer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/ip.h"
#include "io/l4.h"
#include "io/net.h"
#include "io/netlink.h"
#include "io/steer.h"
#include "io/tun.h"

#define QUEUES 3
#define PORT   20997

static struct tun *tun; /* of QUEUES */
static struct netlink *nl;
static struct steer steer;
static const char *reason; /* why everything is skipped */

/* 172.31.255.0/24 and fd00:9:0:ff00::/56: numbers whose upper bits are set */
static const struct steer_nets nets = {
	.base4 = 0xac1fff00, .n4 = 200, .base6 = 0xfd0000090000ff00, .n6 = 200};
static const uint8_t own4[16] = {172, 31, 255, 1};
static const uint8_t own6[16] = {0xfd, 0, 0, 9, 0, 0, 0xff, 0, [15] = 1};

static int set_up(void **state)
{
	(void)state;
	tun = calloc(QUEUES, sizeof(*tun));
	if (!tun)
		return -1;
	for (int i = 0; i < QUEUES; i++)
		tun[i].fd = -1;
	if (unshare(CLONE_NEWNET) < 0)
		reason = "no network namespace can be made: root is needed";
	else if (tun_open(tun, "unit%d", true) < 0 || !tun->multi)
		reason = "no TUN device with several queues can be made here";
	for (int i = 1; !reason && i < QUEUES; i++)
		if (tun_open_more(&tun[i], tun) < 0 || tun[i].shared)
			return -1;
	if (!reason && steer_start(&steer, tun->fd, &nets) < 0)
		reason = "the kernel does not let this process steer TUN queues";
	nl = nl_open();
	return reason || nl ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	steer_stop(&steer);
	for (int i = 0; i < QUEUES; i++)
		tun_close(&tun[i]);
	nl_close(nl);
	free(tun);
	return 0;
}

static void need_kernel(void)
{
	unsigned index;

	if (reason) {
		print_message("skipped: %s\n", reason);
		skip();
	}
	index = nl_ifindex(tun->name);
	assert_int_equal(nl_link_addrgen_none(nl, index), 0);
	assert_int_equal(nl_link_set(nl, index, true, 1400), 0);
	nl_addr_add(nl, index, AF_INET, own4, 24, NULL); /* perhaps another test has */
	nl_addr_add(nl, index, AF_INET6, own6, 48, NULL);
}

/* Sends a datagram to the address and returns the queue that it came out of. */
static int queue_of(int family, const uint8_t ip[16])
{
	struct net_addr to = net_addr_make(family, ip, PORT);
	int sock = socket(family, SOCK_DGRAM, 0);
	struct pollfd p[QUEUES];

	assert_int_equal(sendto(sock, "where?", 6, 0, &to.any, to.len), 6);
	close(sock);
	for (int i = 0; i < QUEUES; i++)
		p[i] = (struct pollfd){.fd = tun[i].fd, .events = POLLIN};
	for (;;) {
		assert_true(poll(p, QUEUES, 5000) > 0);
		for (int q = 0; q < QUEUES; q++) {
			int n = p[q].revents ? tun_read(&tun[q], 1400, clock_us()) : 0;

			for (int k = 0; k < n; k++) {
				const uint8_t *b = tun[q].in[k].p;
				struct l4 h;

				if (l4_parse(b, tun[q].in[k].n, &h) && h.protocol == L4_UDP &&
				    l4_get16(b + h.at + 2) == PORT)
					return q;
			}
		}
	}
}

static int queue_of4(uint8_t i)
{
	uint8_t ip[16];

	memcpy(ip, own4, 16);
	ip[3] = i;
	return queue_of(AF_INET, ip);
}

static int queue_of6(uint8_t i)
{
	uint8_t ip[16];

	memcpy(ip, own6, 16);
	ip[7] = i;
	ip[14] = 0xab; /* any address of the /64 */
	return queue_of(AF_INET6, ip);
}

static void test_each_ipv4_address_has_its_queue(void **state)
{
	(void)state;
	need_kernel();
	for (uint8_t i = 2; i < 20; i++)
		steer_set4(&steer, i, i % QUEUES);
	for (uint8_t i = 2; i < 20; i++)
		assert_int_equal(queue_of4(i), i % QUEUES);
	steer_set4(&steer, 5, 0); /* the session was another worker's */
	assert_int_equal(queue_of4(5), 0);
}

static void test_each_ipv6_prefix_has_its_queue(void **state)
{
	(void)state;
	need_kernel();
	for (uint8_t i = 1; i < 20; i++)
		steer_set6(&steer, i, (i + 1u) % QUEUES);
	for (uint8_t i = 1; i < 20; i++)
		assert_int_equal(queue_of6(i), (i + 1) % QUEUES);
}

static void test_the_last_row_is_used_and_what_is_behind_it_goes_to_the_first_queue(void **state)
{
	static const uint8_t before[16] = {0xfd, 0, 0, 9, 0, 0, 0xfe, 0xff, [15] = 2};

	(void)state;
	need_kernel();
	steer_set4(&steer, 199, 2);
	steer_set6(&steer, 199, 2);
	steer_set4(&steer, 200, 2); /* there is no such row */
	steer_set6(&steer, 200, 2);
	assert_int_equal(queue_of4(199), 2);
	assert_int_equal(queue_of6(199), 2);
	assert_int_equal(queue_of4(200), 0);
	assert_int_equal(queue_of6(200), 0);
	assert_int_equal(queue_of(AF_INET6, before), 0);
}

static void test_what_is_not_started_takes_rows_and_does_nothing(void **state)
{
	struct steer none = {0};

	(void)state;
	assert_false(steer_on(&none));
	steer_set4(&none, 0, 1);
	steer_set6(&none, 0, 1);
	assert_true(steer_start(&none, -1, &nets) < 0); /* no device */
	assert_false(steer_on(&none));
	steer_stop(&none);
}

static void test_after_the_end_packets_still_come_to_their_queues(void **state)
{
	(void)state;
	need_kernel();
	assert_true(steer_on(&steer));
	steer_set4(&steer, 9, 1);
	steer_stop(&steer);
	assert_false(steer_on(&steer));
	assert_int_equal(queue_of4(9), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_ipv4_address_has_its_queue),
		cmocka_unit_test(test_each_ipv6_prefix_has_its_queue),
		cmocka_unit_test(
			test_the_last_row_is_used_and_what_is_behind_it_goes_to_the_first_queue),
		cmocka_unit_test(test_what_is_not_started_takes_rows_and_does_nothing),
		cmocka_unit_test(test_after_the_end_packets_still_come_to_their_queues),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
