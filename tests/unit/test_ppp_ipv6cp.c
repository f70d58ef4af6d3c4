/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/ipv6cp.c: the four cases of RFC 5072 4.1, and what comes of suggestions. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/ppp_rig.h"

static struct rig r;

static void open_server(const char *local, const char *peer)
{
	struct sstp_addresses a = {0};

	rig_init(&r, SSTP_SERVER, 1);
	r.cfg.no_ip4 = true;
	unhex(local, a.ip6_local_id, IFID);
	unhex(peer, a.ip6_peer_id, IFID);
	rig_open(&r);
	ppp_assign(&r.ppp, &a, r.now);
	rig_events(&r);
}

static void open_client(void)
{
	rig_init(&r, SSTP_CLIENT, 1);
	r.cfg.no_ip4 = true;
	rig_open(&r);
	rig_wait(&r, r.now + 1);
}

#define ZERO "0000000000000000"
#define ONE  "0000000000000001"
#define TWO  "0000000000000002"

static void test_different_and_not_zero_is_acknowledged(void **state)
{
	(void)state;
	open_server(ONE, TWO);
	rig_sent(&r);
	rig_feed(&r, "8057 0101000e 010a 0000000000000003");
	rig_expect(&r, "ipv6cp configure-ack id=1 interface-id=0000:0000:0000:0003");
	rig_fini(&r);
}

static void test_zero_and_our_own_are_answered_with_what_is_planned(void **state)
{
	(void)state;
	open_server(ONE, TWO);
	rig_sent(&r);
	rig_feed(&r, "8057 0101000e 010a " ZERO);
	rig_expect(&r, "ipv6cp configure-nak id=1 interface-id=0000:0000:0000:0002");
	rig_feed(&r, "8057 0102000e 010a " ONE);
	rig_expect(&r, "ipv6cp configure-nak id=2 interface-id=0000:0000:0000:0002");
	rig_fini(&r);
}

static void test_without_a_plan_the_suggestion_is_random_local_and_not_ours(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		open_server(ONE, ZERO);
		rig_sent(&r);
		r.random.counter = i;
		rig_feed(&r, "8057 0101000e 010a " ZERO);
		assert_memory_not_equal(r.ppp.ipv6cp.suggested, "\0\0\0\0\0\0\0\0", IFID);
		assert_memory_not_equal(r.ppp.ipv6cp.suggested, "\0\0\0\0\0\0\0\1", IFID);
		assert_int_equal(r.ppp.ipv6cp.suggested[0] & 2, 0);
		rig_fini(&r);
	}
}

static void test_a_server_without_an_identifier_makes_one(void **state)
{
	(void)state;
	open_server(ZERO, TWO);
	rig_sent(&r);
	assert_memory_not_equal(r.ppp.agreed.ip6_local_id, "\0\0\0\0\0\0\0\0", IFID);
	assert_memory_not_equal(r.ppp.agreed.ip6_local_id, "\0\0\0\0\0\0\0\2", IFID);
	rig_fini(&r);
}

static void test_both_zero_is_rejected(void **state)
{
	(void)state;
	open_client();
	rig_expect(&r, "ipv6cp configure-request id=1 interface-id=0000:0000:0000:0000");
	rig_feed(&r, "8057 0101000e 010a " ZERO);
	rig_expect(&r, "ipv6cp configure-reject id=1 interface-id=0000:0000:0000:0000");
	rig_fini(&r);
}

static void test_the_client_takes_what_the_server_names(void **state)
{
	(void)state;
	open_client();
	rig_sent(&r);
	rig_feed(&r, "8057 0101000e 010a " ONE);
	rig_expect(&r, "ipv6cp configure-ack id=1 interface-id=0000:0000:0000:0001");
	rig_feed(&r, "8057 0301000e 010a " TWO);
	rig_expect(&r, "ipv6cp configure-request id=2 interface-id=0000:0000:0000:0002");
	rig_feed(&r, "8057 0202000e 010a " TWO);
	assert_true(r.events & PPP_EV_IP6_UP);
	assert_memory_equal(r.ppp.agreed.ip6_local_id, "\0\0\0\0\0\0\0\2", IFID);
	assert_memory_equal(r.ppp.agreed.ip6_peer_id, "\0\0\0\0\0\0\0\1", IFID);
	rig_fini(&r);
}

static void test_a_suggestion_that_would_make_both_the_same_is_not_taken(void **state)
{
	(void)state;
	open_client();
	rig_sent(&r);
	rig_feed(&r, "8057 0101000e 010a " ONE);
	rig_feed(&r, "8057 0301000e 010a " ONE);
	assert_memory_not_equal(r.ppp.agreed.ip6_local_id, "\0\0\0\0\0\0\0\1", IFID);
	assert_memory_not_equal(r.ppp.agreed.ip6_local_id, "\0\0\0\0\0\0\0\0", IFID);
	rig_fini(&r);
}

static void test_a_new_negotiation_forgets_the_peers_identifier(void **state)
{
	(void)state;
	open_server(ONE, TWO);
	rig_feed(&r, "8057 0101000e 010a 0000000000000003");
	assert_memory_equal(r.ppp.agreed.ip6_peer_id, "\0\0\0\0\0\0\0\3", IFID);
	r.ppp.ipv6cp.cp.protocol->reset_theirs(&r.ppp.ipv6cp.cp);
	assert_memory_equal(r.ppp.agreed.ip6_peer_id, "\0\0\0\0\0\0\0\0", IFID);
	rig_fini(&r);
}

static void test_two_ends_that_begin_with_the_same_identifier_part(void **state)
{
	(void)state;
	open_server(ONE, ONE);
	rig_sent(&r);
	rig_feed(&r, "8057 0101000e 010a " ONE);
	assert_memory_not_equal(r.ppp.ipv6cp.suggested, "\0\0\0\0\0\0\0\1", IFID);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_different_and_not_zero_is_acknowledged),
		cmocka_unit_test(test_zero_and_our_own_are_answered_with_what_is_planned),
		cmocka_unit_test(test_without_a_plan_the_suggestion_is_random_local_and_not_ours),
		cmocka_unit_test(test_a_server_without_an_identifier_makes_one),
		cmocka_unit_test(test_both_zero_is_rejected),
		cmocka_unit_test(test_the_client_takes_what_the_server_names),
		cmocka_unit_test(test_a_suggestion_that_would_make_both_the_same_is_not_taken),
		cmocka_unit_test(test_a_new_negotiation_forgets_the_peers_identifier),
		cmocka_unit_test(test_two_ends_that_begin_with_the_same_identifier_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
