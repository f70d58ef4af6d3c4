/* SPDX-License-Identifier: MIT */
/* Claims about client/way.c and client/tunnel.c, in a network namespace of the test's own. Skipped
 * where none can be made. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/tunnel.h"

static struct tun *outer; /* stands for the network card */
static struct netlink *nl;
static unsigned outer_index;
static const char *reason;

static const uint8_t card[16] = {192, 0, 2, 2}, gateway[16] = {192, 0, 2, 1};
static const uint8_t server_ip[16] = {203, 0, 113, 9}, elsewhere[16] = {198, 51, 100, 1};

/* A card with a default route through a gateway. */
static int set_up(void **state)
{
	struct nl_route r = {.family = AF_INET, .has_gateway = true};
	int err;

	(void)state;
	outer = calloc(1, sizeof(*outer));
	if (!outer)
		return -1;
	if (unshare(CLONE_NEWNET) < 0 || tun_open(outer, "card0", false) < 0) {
		reason = "no network namespace or TUN device can be made: root is needed";
		return 0;
	}
	nl = nl_open();
	outer_index = nl_ifindex("card0");
	memcpy(r.gateway, gateway, 4);
	err = nl_link_set(nl, outer_index, true, 1500);
	err |= nl_addr_add(nl, outer_index, AF_INET, card, 24, NULL);
	err |= nl_route_add(nl, &r);
	return err;
}

static int tear_down(void **state)
{
	(void)state;
	nl_close(nl);
	if (!reason)
		tun_close(outer);
	free(outer);
	return 0;
}

static void need_kernel(void)
{
	if (!reason)
		return;
	print_message("skipped: %s\n", reason);
	skip();
}

/* Returns the interface that packets to the address leave by. */
static unsigned way_out(const uint8_t *ip)
{
	struct nl_route r;

	return nl_route_get(nl, AF_INET, ip, &r) == 0 ? r.ifindex : 0;
}

static struct tunnel *open_up(const struct options *o)
{
	static const struct sstp_addresses addr = {.ip4_local = {10, 0, 0, 2},
						   .ip4_peer = {10, 0, 0, 1}};
	struct net_addr server = net_addr_make(AF_INET, server_ip, 443);
	char error[TUNNEL_ERROR];
	struct tunnel *t = tunnel_open(o, error);

	assert_non_null(t);
	assert_int_equal(tunnel_up(t, 1400, &server), 0);
	assert_int_equal(tunnel_set4(t, &addr), 0);
	return t;
}

static void test_without_routes_only_the_peer_is_behind_the_tunnel(void **state)
{
	static const uint8_t peer[16] = {10, 0, 0, 1};
	struct options o = {.no_dns = true};
	struct tunnel *t;

	(void)state;
	need_kernel();
	t = open_up(&o);
	assert_int_equal(way_out(peer), t->ifindex);
	assert_int_equal(way_out(elsewhere), outer_index);
	assert_false(t->way.pinned);
	tunnel_close(t);
	assert_int_equal(way_out(peer), outer_index);
}

static void test_the_default_route_spares_the_server_and_is_taken_back(void **state)
{
	struct options o = {.no_dns = true, .default_route = true};
	struct nl_route pin;
	struct tunnel *t;

	(void)state;
	need_kernel();
	t = open_up(&o);
	assert_int_equal(way_out(elsewhere), t->ifindex);
	assert_int_equal(way_out(server_ip), outer_index);
	assert_true(t->way.pinned);
	pin = t->way.pin;
	assert_memory_equal(pin.gateway, gateway, 4);
	assert_int_equal(nl_route_add(nl, &pin), -EEXIST);
	tunnel_close(t);
	assert_int_equal(way_out(elsewhere), outer_index);
	assert_int_equal(nl_route_del(nl, &pin), -ESRCH);
}

static void test_a_route_over_the_server_pins_it_too(void **state)
{
	struct options o = {.no_dns = true};
	struct tunnel *t;

	(void)state;
	need_kernel();
	assert_true(ip_net_parse("203.0.0.0/8", true, &o.routes[o.routes_n++]));
	assert_true(ip_net_parse("172.16.0.0/12", true, &o.routes[o.routes_n++]));
	t = open_up(&o);
	assert_true(t->way.pinned);
	assert_int_equal(way_out(server_ip), outer_index);
	assert_int_equal(way_out((const uint8_t[16]){203, 1, 1, 1}), t->ifindex);
	assert_int_equal(way_out((const uint8_t[16]){172, 20, 1, 1}), t->ifindex);
	tunnel_close(t);
	assert_int_equal(way_out((const uint8_t[16]){172, 20, 1, 1}), outer_index);
}

static void test_a_host_route_that_was_there_stays(void **state)
{
	struct options o = {.no_dns = true, .default_route = true};
	struct nl_route own = {.family = AF_INET, .bits = 32, .has_gateway = true};
	struct tunnel *t;

	(void)state;
	need_kernel();
	memcpy(own.dst, server_ip, 4);
	memcpy(own.gateway, gateway, 4);
	assert_int_equal(nl_route_add(nl, &own), 0);
	t = open_up(&o);
	assert_false(t->way.pinned);
	assert_int_equal(way_out(server_ip), outer_index);
	tunnel_close(t);
	assert_int_equal(nl_route_del(nl, &own), 0);
}

static void test_ipv6_follows_the_advertisement(void **state)
{
	static const uint8_t id[8] = {2, 0, 0, 0, 0, 0, 0, 7}, all_nodes[16] = {0xff, 2, [15] = 1};
	static const uint8_t router[16] = {0xfe, 0x80, [15] = 1};
	static const uint8_t pool[16] = {0xfd, 0, 0, 0x77, [15] = 1};
	static const struct nd_advert advert = {.has_prefix = true,
						.prefix = {0xfd, 0, 0, 0x77, 0, 0, 0, 5},
						.prefix_bits = 64,
						.autonomous = true,
						.valid = 600,
						.preferred = 600,
						.routes_n = 1,
						.routes = {{{0xfd, 0, 0, 0x77}, 48, 600}},
						.dns_n = 1,
						.dns_life = 600,
						.dns = {{0xfd, 0, [15] = 0x53}}};
	struct options o = {.no_dns = true, .no_ip4 = true};
	uint8_t p[ND_PACKET_MAX];
	struct nl_route way;
	struct tunnel *t;
	size_t n = nd_put_advert(&advert, router, all_nodes, p);

	(void)state;
	need_kernel();
	t = open_up(&o);
	assert_int_equal(tunnel_set6(t, id), 0);
	assert_int_equal(nl_route_get(nl, AF_INET6, pool, &way), -ENETUNREACH);
	assert_int_equal(tunnel_advert(t, p, n), 1);
	assert_int_equal(nl_route_get(nl, AF_INET6, pool, &way), 0);
	assert_int_equal(way.ifindex, t->ifindex);
	assert_memory_equal(way.src, "\xfd\0\0\x77\0\0\0\5\2\0\0\0\0\0\0\7", 16);
	assert_int_equal(t->dns_n, 1);
	tunnel_unset6(t);
	assert_int_equal(t->dns_n, 0);
	tunnel_close(t);
	assert_int_equal(nl_route_get(nl, AF_INET6, pool, &way), -ENETUNREACH);
}

static void test_an_interface_name_that_is_taken_is_an_error_in_words(void **state)
{
	struct options o = {.dev = "card0"};
	char error[TUNNEL_ERROR];

	(void)state;
	need_kernel();
	assert_null(tunnel_open(&o, error));
	assert_non_null(strstr(error, "in use; choose another with --dev"));
	strcpy(o.dev, "lo");
	assert_null(tunnel_open(&o, error));
	assert_non_null(strstr(error, "is no tunnel"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_routes_only_the_peer_is_behind_the_tunnel),
		cmocka_unit_test(test_the_default_route_spares_the_server_and_is_taken_back),
		cmocka_unit_test(test_a_route_over_the_server_pins_it_too),
		cmocka_unit_test(test_a_host_route_that_was_there_stays),
		cmocka_unit_test(test_ipv6_follows_the_advertisement),
		cmocka_unit_test(test_an_interface_name_that_is_taken_is_an_error_in_words),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
