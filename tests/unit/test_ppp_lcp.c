/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/lcp.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/ppp_rig.h"

static struct rig r;

static void test_every_mru_from_68_on_is_taken(void **state)
{
	static const uint16_t mrus[] = {68, 576, 1280, 1400, 1500, 1614, 4091, 4092, 65535};

	(void)state;
	for (size_t i = 0; i < sizeof(mrus) / sizeof(mrus[0]); i++) {
		struct ppp_info info;
		uint8_t frame[] = {0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 8, 1, 4, 0, 0};

		frame[10] = (uint8_t)(mrus[i] >> 8);
		frame[11] = (uint8_t)mrus[i];
		rig_init(&r, SSTP_SERVER, 1);
		rig_start(&r, true);
		rig_sent(&r);
		rig_feed_bytes(&r, frame, sizeof(frame));
		assert_int_equal(r.ppp.lcp.cp.state, CP_ACK_SENT);
		ppp_info(&r.ppp, &info);
		assert_int_equal(info.peer_mru, mrus[i]);
		rig_fini(&r);
	}
}

static void test_no_more_is_offered_than_sstp_carries(void **state)
{
	static const struct {
		uint16_t configured, offered;
	} cases[] = {{0, 4091}, {1500, 1500}, {4091, 4091}, {4092, 4091}, {9000, 4091}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_init(&r, SSTP_SERVER, 1);
		r.cfg.mru = cases[i].configured;
		rig_start(&r, true);
		assert_int_equal(r.ppp.lcp.mru, cases[i].offered);
		rig_fini(&r);
	}
}

static void test_no_mru_means_1500_also_after_another_one(void **state)
{
	struct ppp_info info;

	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	rig_start(&r, true);
	rig_feed(&r, "c021 01010008 01040fa0");
	rig_feed(&r, "c021 01020004");
	ppp_info(&r.ppp, &info);
	assert_int_equal(info.peer_mru, 1500);
	rig_fini(&r);
}

static void test_the_server_asks_for_the_methods_in_their_order_once_each(void **state)
{
	static const char *const asked[] = {"chap-81", "eap", "chap-05", "pap"};
	char words[100];

	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	r.cfg.auth[0] = SSTP_AUTH_MSCHAPV2;
	r.cfg.auth[1] = SSTP_AUTH_EAP_MD5;
	r.cfg.auth[2] = SSTP_AUTH_EAP_MSCHAPV2;
	r.cfg.auth[3] = SSTP_AUTH_CHAP_MD5;
	r.cfg.auth[4] = SSTP_AUTH_PAP;
	rig_start(&r, false);
	for (unsigned i = 0; i < 4; i++) {
		char nak[32] = "c021 03000009 0305c22380";

		strcpy(words, rig_sent(&r));
		assert_non_null(strstr(words, asked[i]));
		nak[8] = (char)('1' + i); /* its identifier */
		rig_feed(&r, nak);
	}
	rig_expect(&r, "lcp terminate-request id=5");
	assert_int_equal(r.ppp.lcp.cp.err, SSTP_E_AUTH_NO_METHOD);
	rig_fini(&r);
}

static void test_a_suggested_method_of_the_list_is_preferred_to_the_next(void **state)
{
	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	r.cfg.auth[0] = SSTP_AUTH_EAP_MSCHAPV2;
	r.cfg.auth[1] = SSTP_AUTH_MSCHAPV2;
	r.cfg.auth[2] = SSTP_AUTH_PAP;
	rig_start(&r, false);
	rig_sent(&r);
	rig_feed(&r, "c021 03010008 0304c023");
	assert_non_null(strstr(rig_sent(&r), "auth=pap"));
	/* and when it is refused as well, the one that was left out is asked for */
	rig_feed(&r, "c021 04020008 0304c023");
	assert_non_null(strstr(rig_sent(&r), "auth=chap-81"));
	rig_fini(&r);
}

static void test_a_new_negotiation_begins_with_the_first_method_again(void **state)
{
	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	rig_start(&r, false);
	rig_sent(&r);
	rig_feed(&r, "c021 03010008 0304c227");
	assert_non_null(strstr(rig_sent(&r), "auth=eap"));
	cp_down(&r.ppp.lcp.cp, r.now);
	cp_up(&r.ppp.lcp.cp, r.now);
	assert_non_null(strstr(rig_sent(&r), "auth=chap-81"));
	rig_fini(&r);
}

static void test_the_server_never_opens_without_the_method_it_asked_for(void **state)
{
	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	rig_start(&r, false);
	rig_feed(&r, "c021 01010004");
	/* an Ack without the method is no Ack */
	rig_feed(&r, "c021 02010004");
	assert_int_equal(r.ppp.lcp.cp.state, CP_ACK_SENT);
	/* Naks without end do not take the option away */
	for (unsigned i = 1; i < 16; i++) {
		uint8_t nak[] = {0xff, 0x03, 0xc0, 0x21, 3, (uint8_t)i, 0, 8, 3, 4, 0xff, 0xff};

		rig_feed_bytes(&r, nak, sizeof(nak));
		assert_int_not_equal(r.ppp.phase, PPP_NETWORK);
	}
	assert_false(r.events & (PPP_EV_AUTHENTICATED | PPP_EV_LCP_UP));
	assert_int_equal(r.ppp.lcp.cp.err, SSTP_E_AUTH_NO_METHOD);
	rig_fini(&r);
}

static void test_a_round_trip_is_measured_from_the_last_request(void **state)
{
	struct ppp_info info;
	uint8_t reply[] = {0xff, 0x03, 0xc0, 0x21, 10, 0, 0, 8, 0x11, 0x22, 0x33, 0x44};

	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	rig_open(&r);
	ppp_echo(&r.ppp, r.now);
	r.now += 50;
	ppp_echo(&r.ppp, r.now);
	reply[5] = r.ppp.lcp.echo_id;
	r.now += 7;
	rig_feed_bytes(&r, reply, sizeof(reply));
	ppp_info(&r.ppp, &info);
	assert_int_equal(info.echo_ms, 7);
	rig_fini(&r);
}

static void test_an_echo_of_an_earlier_negotiation_is_not_counted(void **state)
{
	uint8_t reply[] = {0xff, 0x03, 0xc0, 0x21, 10, 0, 0, 8, 0x11, 0x22, 0x33, 0x44};

	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	rig_open(&r);
	ppp_echo(&r.ppp, r.now);
	reply[5] = r.ppp.lcp.echo_id;
	rig_feed(&r, "c021 01090004");
	assert_false(r.ppp.lcp.echo_sent);
	rig_feed_bytes(&r, reply, sizeof(reply));
	assert_int_equal(r.ppp.lcp.echo_ms, 0);
	rig_fini(&r);
}

static void test_without_the_option_our_magic_number_is_zero(void **state)
{
	uint8_t reject[] = {0xff, 0x03, 0xc0, 0x21, 4, 1, 0, 10, 5, 6, 0, 0, 0, 0};
	struct wr w = wr_init(reject + 10, 4);

	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	rig_start(&r, true);
	rig_sent(&r);
	wr_be32(&w, r.ppp.lcp.magic);
	rig_feed_bytes(&r, reject, sizeof(reject));
	rig_expect(&r, "lcp configure-request id=2 mru=4091");
	rig_feed(&r, "c021 02020008 01040ffb");
	rig_feed(&r, "c021 01010004");
	rig_sent(&r);
	ppp_echo(&r.ppp, r.now);
	rig_expect(&r, "lcp echo-request id=3 magic=0x00000000");
	/* zero is not our own number: it does not tell of a loop */
	rig_feed(&r, "c021 09070008 00000000");
	rig_expect(&r, "lcp echo-reply id=7 magic=0x00000000");
	rig_feed(&r, "c021 0a030008 00000000");
	assert_int_not_equal(r.ppp.lcp.echo_ms, 0);
	rig_fini(&r);
}

static void test_the_smallest_mru_may_be_suggested_to_us_as_well(void **state)
{
	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	rig_start(&r, true);
	rig_feed(&r, "c021 03010008 01040043");
	assert_int_equal(r.ppp.lcp.mru, 4091);
	rig_feed(&r, "c021 03020008 01040044");
	assert_int_equal(r.ppp.lcp.mru, 68);
	rig_fini(&r);
}

static void test_a_long_echo_comes_back_as_far_as_the_peer_takes_it(void **state)
{
	uint8_t echo[4000] = {0xff, 0x03, 0xc0, 0x21, 9, 1, 0x0f, 0x9c, 0x11, 0x22, 0x33, 0x44};
	const uint8_t *unit;

	(void)state;
	rig_init(&r, SSTP_SERVER, 1);
	rig_open(&r);
	rig_feed_bytes(&r, echo, sizeof(echo));
	assert_int_equal(outq_peek(&r.out, &unit), PPP_UNIT_HEAD + 1500);
	rig_fini(&r);
}

static void test_two_magic_numbers_of_ours_are_never_the_same(void **state)
{
	uint32_t last = 0;

	(void)state;
	rig_init(&r, SSTP_CLIENT, 1);
	rig_start(&r, true);
	for (unsigned i = 1; i < 10; i++) {
		uint8_t nak[] = {0xff, 0x03, 0xc0, 0x21, 3, (uint8_t)i, 0, 10, 5, 6, 1, 2, 3, 4};

		assert_int_not_equal(r.ppp.lcp.magic, 0);
		assert_int_not_equal(r.ppp.lcp.magic, last);
		last = r.ppp.lcp.magic;
		rig_feed_bytes(&r, nak, sizeof(nak));
	}
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_mru_from_68_on_is_taken),
		cmocka_unit_test(test_no_more_is_offered_than_sstp_carries),
		cmocka_unit_test(test_no_mru_means_1500_also_after_another_one),
		cmocka_unit_test(test_the_server_asks_for_the_methods_in_their_order_once_each),
		cmocka_unit_test(test_a_suggested_method_of_the_list_is_preferred_to_the_next),
		cmocka_unit_test(test_a_new_negotiation_begins_with_the_first_method_again),
		cmocka_unit_test(test_the_server_never_opens_without_the_method_it_asked_for),
		cmocka_unit_test(test_a_round_trip_is_measured_from_the_last_request),
		cmocka_unit_test(test_an_echo_of_an_earlier_negotiation_is_not_counted),
		cmocka_unit_test(test_without_the_option_our_magic_number_is_zero),
		cmocka_unit_test(test_the_smallest_mru_may_be_suggested_to_us_as_well),
		cmocka_unit_test(test_a_long_echo_comes_back_as_far_as_the_peer_takes_it),
		cmocka_unit_test(test_two_magic_numbers_of_ours_are_never_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
