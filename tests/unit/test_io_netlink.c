/* SPDX-License-Identifier: MIT */
/* Claims about io/netlink.c, and about the queue that io/tun.c opens, in a network namespace of the
 * test's own. Skipped where none can be made. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/ip.h"
#include "io/net.h"
#include "io/netlink.h"
#include "io/tun.h"

static struct tun *tun;
static struct netlink *nl;
static const char *reason; /* why everything is skipped */

static const uint8_t own4[16] = {10, 9, 0, 2}, peer4[16] = {10, 9, 0, 1};
static const uint8_t own6[16] = {0xfd, 0, 0, 9, [15] = 2};

static int set_up(void **state)
{
	(void)state;
	tun = calloc(1, sizeof(*tun));
	if (!tun)
		return -1;
	tun->fd = -1;
	if (unshare(CLONE_NEWNET) < 0)
		reason = "no network namespace can be made: root is needed";
	else if (tun_open(tun, "unit%d", false) < 0)
		reason = "no TUN device can be made here";
	else
		nl = nl_open();
	return reason || nl ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	nl_close(nl);
	if (!reason)
		tun_close(tun);
	free(tun);
	return 0;
}

/* Skips the test where there is nothing to test on. */
static void need_kernel(void)
{
	if (!reason)
		return;
	print_message("skipped: %s\n", reason);
	skip();
}

/* Asks the kernel for the MTU (SIOCGIFMTU) or the queue (SIOCGIFTXQLEN) of the device. */
static int read_value(unsigned long what)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%.15s", tun->name);
	assert_int_equal(ioctl(sock, what, &ifr), 0);
	close(sock);
	return ifr.ifr_ifru.ifru_ivalue; /* where both are */
}

static void test_an_interface_gets_its_mtu_and_addresses(void **state)
{
	unsigned index;
	char line[200], all[1000] = "";
	FILE *f;

	(void)state;
	need_kernel();
	index = nl_ifindex(tun->name);
	assert_true(index > 0);
	assert_int_equal(nl_ifindex("nosuch0"), 0);
	assert_int_equal(nl_link_addrgen_none(nl, index), 0);
	assert_int_equal(nl_link_set(nl, index, true, 1400), 0);
	assert_int_equal(nl_link_queue(nl, index, 3000), 0);
	assert_int_equal(nl_addr_add(nl, index, AF_INET, own4, 32, peer4), 0);
	assert_int_equal(nl_addr_add(nl, index, AF_INET, own4, 32, peer4), -EEXIST);
	assert_int_equal(nl_addr_add(nl, index, AF_INET6, own6, 64, NULL), 0);
	assert_int_equal(read_value(SIOCGIFMTU), 1400);
	assert_int_equal(read_value(SIOCGIFTXQLEN), 3000);
	f = fopen("/proc/self/net/if_inet6", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		strncat(all, line, sizeof(all) - strlen(all) - 1);
	fclose(f);
	assert_non_null(strstr(all, "fd000009000000000000000000000002"));
	assert_null(strstr(all, "fe80")); /* none of the kernel's own making */
	assert_int_equal(nl_link_set(nl, 4711, true, 0), -ENODEV);
	assert_int_equal(nl_link_queue(nl, 4711, 3000), -ENODEV);
	assert_int_equal(nl_link_discipline(nl, index, "pfifo"), 0);
	assert_int_equal(nl_link_discipline(nl, index, "nonesuch"), -ENOENT);
	assert_int_equal(nl_link_discipline(nl, 4711, "pfifo"), -ENODEV);
}

static void test_routes_are_added_found_and_taken_away(void **state)
{
	struct nl_route r = {.family = AF_INET, .dst = {172, 16}, .bits = 12}, got;
	struct nl_route through = {.family = AF_INET,
				   .dst = {192, 168},
				   .bits = 16,
				   .has_gateway = true,
				   .gateway = {10, 9, 0, 1}};
	static const uint8_t in[16] = {172, 20, 1, 1}, via[16] = {192, 168, 3, 4};

	(void)state;
	need_kernel();
	r.ifindex = nl_ifindex(tun->name);
	assert_int_equal(nl_route_get(nl, AF_INET, in, &got), -ENETUNREACH);
	assert_int_equal(nl_route_add(nl, &r), 0);
	assert_int_equal(nl_route_add(nl, &r), -EEXIST);
	assert_int_equal(nl_route_get(nl, AF_INET, in, &got), 0);
	assert_int_equal(got.ifindex, r.ifindex);
	assert_false(got.has_gateway);
	assert_int_equal(got.bits, 32);
	assert_memory_equal(got.src, own4, 4);
	assert_int_equal(nl_route_add(nl, &through), 0);
	assert_int_equal(nl_route_get(nl, AF_INET, via, &got), 0);
	assert_true(got.has_gateway);
	assert_memory_equal(got.gateway, peer4, 4);
	assert_int_equal(nl_route_del(nl, &through), 0);
	assert_int_equal(nl_route_del(nl, &r), 0);
	assert_int_equal(nl_route_del(nl, &r), -ESRCH);
	assert_int_equal(nl_route_get(nl, AF_INET, in, &got), -ENETUNREACH);
}

static void test_ipv6_routes_and_refusals(void **state)
{
	struct nl_route r = {.family = AF_INET6, .dst = {0x20, 1, 0x0d, 0xb8}, .bits = 32}, got;
	struct nl_route no = {.family = AF_INET6,
			      .dst = {0x20, 1, 0x0d, 0xb8, 0xbb},
			      .bits = 40,
			      .unreachable = true};
	static const uint8_t in[16] = {0x20, 1, 0x0d, 0xb8, 1},
			     refused[16] = {0x20, 1, 0x0d, 0xb8, 0xbb, 1};

	(void)state;
	need_kernel();
	r.ifindex = nl_ifindex(tun->name);
	assert_int_equal(nl_route_add(nl, &r), 0);
	assert_int_equal(nl_route_add(nl, &no), 0);
	assert_int_equal(nl_route_get(nl, AF_INET6, in, &got), 0);
	assert_int_equal(got.ifindex, r.ifindex);
	assert_int_equal(nl_route_get(nl, AF_INET6, refused, &got), -EHOSTUNREACH);
	assert_int_equal(nl_route_del(nl, &no), 0);
	assert_int_equal(nl_route_del(nl, &r), 0);
}

/* Waits until the queue has the UDP packet to the port, and returns its length. */
static size_t await_udp(uint16_t port, const uint8_t **udp)
{
	for (int i = 0; i < 50; i++) {
		struct pollfd p = {.fd = tun->fd, .events = POLLIN};
		int n;

		assert_int_equal(poll(&p, 1, 5000), 1);
		n = tun_read(tun, 1400, clock_us());
		assert_true(n >= 0);
		for (int k = 0; k < n; k++) {
			struct ip_head h;

			assert_true(ip_parse(tun->in[k].p, tun->in[k].n, &h));
			if (h.proto != 17 || be16(h.payload.p[2], h.payload.p[3]) != port)
				continue;
			*udp = h.payload.p;
			return h.payload.n;
		}
	}
	return 0;
}

static void test_packets_come_out_of_the_kernel_and_go_back_in(void **state)
{
	struct net_addr to = net_addr_make(AF_INET, peer4, 20999), from;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	const uint8_t *udp = NULL;
	uint8_t packet[28 + 5] = {0x45, 0, 0,  33, 0, 0, 0, 0, 64, 17, 0, 0,  10, 9,
				  0,    1, 10, 9,  0, 2, 0, 0, 0,  0,  0, 13, 0,  0};
	struct wr w = wr_init(packet, sizeof(packet));
	struct pollfd p = {.fd = sock, .events = POLLIN};
	char got[16];

	(void)state;
	need_kernel();
	assert_int_equal(sendto(sock, "hello", 5, 0, &to.any, to.len), 5);
	assert_int_equal(await_udp(20999, &udp), 13);
	assert_memory_equal(udp + 8, "hello", 5);
	/* the answer, from the peer's side, without a UDP checksum */
	wr_room(&w, 20);
	wr_bytes(&w, udp + 2, 2);
	wr_bytes(&w, udp, 2);
	wr_be16(&w, 13);
	wr_be16(&w, 0);
	wr_bytes(&w, "world", 5);
	wr_patch16(&w, 10, ip_fold(ip_sum(packet, 20, 0)));
	assert_int_equal(tun_write(tun, packet, sizeof(packet)), 0);
	assert_int_equal(tun_flush(tun), 0);
	assert_int_equal(poll(&p, 1, 5000), 1);
	from.len = sizeof(from.v6);
	assert_int_equal(recvfrom(sock, got, sizeof(got), 0, &from.any, &from.len), 5);
	assert_memory_equal(got, "world", 5);
	close(sock);
}

static void test_a_name_that_is_taken_is_refused(void **state)
{
	static struct tun second;

	(void)state;
	need_kernel();
	assert_int_equal(tun_open(&second, tun->name, false), -EBUSY);
	assert_int_equal(second.fd, -1);
	assert_int_equal(tun_open(&second, "a-name-longer-than-any", false), -ENAMETOOLONG);
	tun_close(&second);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_interface_gets_its_mtu_and_addresses),
		cmocka_unit_test(test_routes_are_added_found_and_taken_away),
		cmocka_unit_test(test_ipv6_routes_and_refusals),
		cmocka_unit_test(test_packets_come_out_of_the_kernel_and_go_back_in),
		cmocka_unit_test(test_a_name_that_is_taken_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
