/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/ipcp.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/ppp_rig.h"

static struct rig r;

/* Brings a server to where IPCP began, with `a` assigned. */
static void open_server(const struct sstp_addresses *a)
{
	rig_init(&r, SSTP_SERVER, 1);
	r.cfg.no_ip6 = true;
	rig_open(&r);
	ppp_assign(&r.ppp, a, r.now);
	rig_events(&r);
}

/* The same for a client. */
static void open_client(bool want_dns)
{
	rig_init(&r, SSTP_CLIENT, 1);
	r.cfg.no_ip6 = true;
	r.cfg.want_dns = want_dns;
	rig_open(&r);
	rig_wait(&r, r.now + 1);
}

static const struct sstp_addresses lease = {
	.ip4_local = {10, 0, 0, 1},
	.ip4_peer = {10, 0, 0, 2},
	.dns4 = {{9, 9, 9, 9}},
	.nbns4 = {{0}, {10, 0, 0, 54}},
};

static void test_the_server_says_its_own_address_at_once(void **state)
{
	(void)state;
	open_server(&lease);
	rig_expect(&r, "ipcp configure-request id=1 ip-address=10.0.0.1");
	rig_fini(&r);
}

static void test_each_name_server_is_named_or_rejected_by_itself(void **state)
{
	static const struct {
		const char *request, *answer;
	} cases[] = {
		{"8021 0101000a 810600000000", "ipcp configure-nak id=1 dns1=9.9.9.9 ip-address="},
		{"8021 0101000a 830600000000", "ipcp configure-reject id=1 dns2=0.0.0.0"},
		{"8021 0101000a 820600000000", "ipcp configure-reject id=1 nbns1=0.0.0.0"},
		{"8021 0101000a 840600000000",
		 "ipcp configure-nak id=1 nbns2=10.0.0.54 ip-address="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_server(&lease);
		rig_sent(&r);
		rig_feed(&r, cases[i].request);
		rig_sent(&r);
		assert_memory_equal(r.words, cases[i].answer, strlen(cases[i].answer));
		rig_fini(&r);
	}
}

static void test_any_address_but_the_assigned_one_is_corrected(void **state)
{
	(void)state;
	for (unsigned last = 0; last < 256; last++) {
		uint8_t frame[] = {0xff, 3, 0x80, 0x21, 1, 1, 0, 10, 3, 6, 10, 0, 0, (uint8_t)last};

		open_server(&lease);
		rig_sent(&r);
		rig_feed_bytes(&r, frame, sizeof(frame));
		if (last == 2)
			rig_expect(&r, "ipcp configure-ack id=1 ip-address=10.0.0.2");
		else
			rig_expect(&r, "ipcp configure-nak id=1 ip-address=10.0.0.2");
		rig_fini(&r);
	}
}

static void test_a_client_asks_for_name_servers_only_when_it_wants_them(void **state)
{
	(void)state;
	open_client(false);
	rig_expect(&r, "ipcp configure-request id=1 ip-address=0.0.0.0");
	rig_fini(&r);
	open_client(true);
	rig_expect(&r, "ipcp configure-request id=1 ip-address=0.0.0.0 dns1=0.0.0.0 dns2=0.0.0.0");
	rig_fini(&r);
}

static void test_a_client_with_a_wish_asks_for_that_address_and_gives_it_up_when_told(void **state)
{
	(void)state;
	rig_init(&r, SSTP_CLIENT, 1);
	r.cfg.no_ip6 = true;
	memcpy(r.cfg.addr.ip4_local, "\x0a\x00\x00\x63", 4);
	rig_open(&r);
	rig_wait(&r, r.now + 1);
	rig_expect(&r, "ipcp configure-request id=1 ip-address=10.0.0.99");
	rig_feed(&r, "8021 0301000a 03060a000002");
	rig_expect(&r, "ipcp configure-request id=2 ip-address=10.0.0.2");
	rig_fini(&r);
}

static void test_a_suggestion_of_zero_is_no_address(void **state)
{
	(void)state;
	open_client(false);
	rig_sent(&r);
	rig_feed(&r, "8021 0301000a 03060a000002");
	rig_sent(&r);
	rig_feed(&r, "8021 0302000a 030600000000");
	rig_expect(&r, "ipcp configure-request id=3 ip-address=10.0.0.2");
	rig_fini(&r);
}

static void test_a_rejected_name_server_is_not_told_as_one(void **state)
{
	(void)state;
	rig_init(&r, SSTP_CLIENT, 1);
	r.cfg.no_ip6 = true;
	r.cfg.want_dns = true;
	memcpy(r.cfg.addr.dns4[0], "\x08\x08\x08\x08", 4);
	rig_open(&r);
	rig_wait(&r, r.now + 1);
	rig_sent(&r);
	rig_feed(&r, "8021 04010010 810608080808 830600000000");
	rig_expect(&r, "ipcp configure-request id=2 ip-address=0.0.0.0");
	rig_feed(&r, "8021 0302000a 03060a000002");
	rig_feed(&r, "8021 0203000a 03060a000002");
	rig_feed(&r, "8021 0101000a 03060a000001");
	assert_true(r.events & PPP_EV_IP4_UP);
	assert_memory_equal(r.ppp.agreed.dns4[0], "\0\0\0\0", 4);
	assert_memory_equal(r.ppp.agreed.ip4_local, "\x0a\0\0\2", 4);
	assert_memory_equal(r.ppp.agreed.ip4_peer, "\x0a\0\0\1", 4);
	rig_fini(&r);
}

static void test_each_name_server_is_rejected_by_itself(void **state)
{
	(void)state;
	rig_init(&r, SSTP_CLIENT, 1);
	r.cfg.no_ip6 = true;
	r.cfg.want_dns = true;
	memset(r.cfg.addr.dns4, 8, sizeof(r.cfg.addr.dns4));
	rig_open(&r);
	rig_wait(&r, r.now + 1);
	rig_sent(&r);
	rig_feed(&r, "8021 0401000a 830608080808");
	rig_expect(&r, "ipcp configure-request id=2 ip-address=0.0.0.0 dns1=8.8.8.8");
	assert_memory_equal(r.ppp.agreed.dns4, "\x8\x8\x8\x8\0\0\0\0", 8);
	rig_fini(&r);
}

static void test_truncated_packets_are_discarded(void **state)
{
	static const uint8_t whole[] = {0xff, 3, 0x80, 0x21, 1,    1, 0, 16, 3, 6,
					10,   0, 0,    2,    0x81, 6, 9, 9,  9, 9};

	(void)state;
	for (size_t n = 4; n < sizeof(whole); n++) {
		open_server(&lease);
		rig_sent(&r);
		rig_feed_bytes(&r, whole, n);
		rig_expect(&r, "");
		rig_fini(&r);
	}
	open_server(&lease);
	rig_sent(&r);
	rig_feed_bytes(&r, whole, sizeof(whole));
	rig_expect(&r, "ipcp configure-ack id=1 ip-address=10.0.0.2 dns1=9.9.9.9");
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_server_says_its_own_address_at_once),
		cmocka_unit_test(test_each_name_server_is_named_or_rejected_by_itself),
		cmocka_unit_test(test_any_address_but_the_assigned_one_is_corrected),
		cmocka_unit_test(test_a_client_asks_for_name_servers_only_when_it_wants_them),
		cmocka_unit_test(
			test_a_client_with_a_wish_asks_for_that_address_and_gives_it_up_when_told),
		cmocka_unit_test(test_a_suggestion_of_zero_is_no_address),
		cmocka_unit_test(test_a_rejected_name_server_is_not_told_as_one),
		cmocka_unit_test(test_each_name_server_is_rejected_by_itself),
		cmocka_unit_test(test_truncated_packets_are_discarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
