/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/cp.c, by means of a made-up protocol. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "lib/ppp/cp.h"
#include "tests/unit/ppp_toy.h"

static void test_it_opens_when_each_side_has_acknowledged_the_other(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	toy_expect(&t, "");
	assert_int_equal(cp_deadline(&t.cp), TIME_NEVER);
}

static void test_packets_before_the_lower_layer_is_up_are_dropped(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_feed(&t, "0101 0004", 0);
	cp_open(&t.cp, 0);
	toy_feed(&t, "0101 0004", 0);
	toy_expect(&t, "");
	assert_int_equal(t.cp.state, CP_STARTING);
}

static void test_a_request_is_repeated_with_its_identifier_at_most_ten_times(void **state)
{
	struct toy t;
	unsigned sent = 0;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	while (cp_deadline(&t.cp) != TIME_NEVER) {
		sent++;
		toy_expect(&t, "0101 0008 010403e8");
		assert_int_equal(cp_deadline(&t.cp), sent * 3000);
		cp_tick(&t.cp, sent * 3000 - 1);
		toy_expect(&t, "");
		cp_tick(&t.cp, sent * 3000);
	}
	assert_int_equal(sent, CP_MAX_CONFIGURE);
	assert_int_equal(cp_signals(&t.cp), CP_SIG_FINISHED);
	assert_int_equal(t.cp.err, SSTP_E_PPP_TIME);
	assert_int_equal(t.cp.state, CP_STOPPED);
}

static void test_a_nak_makes_a_new_request_with_a_new_identifier(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	toy_expect(&t, "0101 0008 010403e8");
	toy_feed(&t, "0301 0008 01040500", 0);
	toy_expect(&t, "0102 0008 01040500");
	toy_feed(&t, "0402 0008 01040500", 0);
	toy_expect(&t, "0103 0004");
}

static void test_answers_that_do_not_fit_are_discarded(void **state)
{
	static const char *const wrong[] = {
		"0202 0008 010403e8", /* another identifier */
		"0201 0004",          /* other options */
		"0201 0008 010403e9", "0201 000a 010403e8 0302", "0301 0004",
		"0401 0008 010403e9", "0401 0006 0302",          "0401 0004",
	};
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	toy_expect(&t, "0101 0008 010403e8");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		toy_feed(&t, wrong[i], 0);
		toy_expect(&t, "");
		assert_int_equal(t.cp.state, CP_REQ_SENT);
	}
	toy_feed(&t, "0201 0008 010403e8", 0);
	assert_int_equal(t.cp.state, CP_ACK_RCVD);
}

static void test_one_answer_is_taken_only(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	toy_feed(&t, "0201 0008 010403e8", 0);
	toy_feed(&t, "0301 0008 01040500", 0);
	toy_feed(&t, "0401 0008 010403e8", 0);
	toy_expect(&t, "");
	assert_int_equal(t.cp.state, CP_OPENED);
}

static void test_an_acknowledged_request_is_taken_and_forgotten_with_the_next(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	toy_feed(&t, "0101 000a 01040100 0302", 0);
	assert_int_equal(t.peer_size, 0x100);
	assert_int_equal(t.flags, 1);
	toy_feed(&t, "0102 0004", 0);
	assert_int_equal(t.peer_size, 0);
	assert_int_equal(t.flags, 0);
}

static void test_a_refused_request_is_not_taken(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	toy_expect(&t, "0101 0008 010403e8");
	toy_feed(&t, "0101 000a 01040101 0302", 0);
	toy_expect(&t, "0301 0008 0104000a");
	assert_int_equal(t.peer_size, 0);
	assert_int_equal(t.flags, 0);
}

static void test_a_new_negotiation_begins_with_nothing_agreed(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	assert_int_equal(t.resets, 1);
	t.cp.off = 1;
	t.cp.refused = 3;
	t.size = 5;
	toy_feed(&t, "010a 0004", 0);
	assert_int_equal(t.resets, 2);
	toy_expect(&t, "0102 0008 010403e8");
	toy_expect(&t, "020a 0004");
	assert_int_equal(cp_signals(&t.cp), CP_SIG_DOWN);
	assert_int_equal(t.cp.state, CP_ACK_SENT);
	assert_int_equal(t.cp.refused, 0);
}

static void test_malformed_packets_change_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"01",
		"0101",
		"0101 00",
		"0101 0003",
		"0101 0005",
		"0101 0006 0101",
		"0101 0006 0103",
		"0201 0006 0100",
		"0301 0005 01",
		"0401 0007 030105",
		"0701 0004",
	};
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		toy_feed(&t, bad[i], 0);
		toy_expect(&t, "");
		assert_int_equal(t.cp.state, CP_OPENED);
		assert_int_equal(cp_signals(&t.cp), 0);
	}
}

static void test_unknown_codes_are_rejected_in_every_state_that_takes_packets(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	toy_feed(&t, "0805 0006 abcd", 0);
	toy_expect(&t, "0702 000a 0805 0006 abcd");
	toy_feed(&t, "ff05 0004", 0);
	toy_expect(&t, "0703 0008 ff05 0004");
	cp_close(&t.cp, 0, 0);
	toy_expect(&t, "0504 0004");
	toy_feed(&t, "0006 0004", 0);
	toy_expect(&t, "0705 0008 0006 0004");
}

static void test_extra_codes_count_when_opened_only(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	toy_feed(&t, "0901 0004", 0);
	assert_int_equal(t.extras, 0);
	toy_init(&t);
	toy_open(&t);
	toy_feed(&t, "0901 0004", 0);
	assert_int_equal(t.extras, 1);
}

static void test_a_packet_is_cut_off_to_fit_the_peer(void **state)
{
	uint8_t data[200] = {0};
	const uint8_t *unit;
	struct toy t;

	(void)state;
	toy_init(&t);
	t.env.peer_mru = 100;
	cp_send(&t.cp, CP_CODE_REJECT, 1, (struct view){data, sizeof(data)});
	assert_int_equal(outq_peek(&t.out, &unit), PPP_UNIT_HEAD + 100);
	assert_int_equal(unit[PPP_UNIT_HEAD + 3], 100);
}

static void test_insisting_on_a_vital_value_ends_in_a_terminate_request(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	toy_expect(&t, "0101 0008 010403e8");
	for (int i = 0; i < CP_MAX_FAILURE; i++) {
		toy_feed(&t, "0101 0007 020308", 0);
		toy_expect(&t, "0301 0007 020307");
	}
	toy_feed(&t, "0101 0007 020308", 0);
	toy_expect(&t, "0502 0004");
	assert_int_equal(t.cp.err, SSTP_E_PPP_NO_AGREEMENT);
	toy_feed(&t, "0602 0004", 0);
	assert_int_equal(cp_signals(&t.cp), CP_SIG_FINISHED);
}

static void test_a_vital_option_that_stays_away_is_not_forgiven(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	t.picky = true;
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	for (int i = 0; i <= CP_MAX_FAILURE; i++)
		toy_feed(&t, "0101 0004", 0);
	assert_int_equal(t.cp.state, CP_CLOSING);
	assert_int_equal(t.cp.err, SSTP_E_PPP_NO_AGREEMENT);
}

static void test_the_counters_begin_anew_with_an_ack_of_ours(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < CP_MAX_FAILURE; i++)
			toy_feed(&t, "0101 0007 020308", 0);
		toy_feed(&t, "0101 0007 020307", 0);
		assert_int_equal(t.cp.state, CP_ACK_SENT);
		while (t.out.head != t.out.tail) {
			const uint8_t *unit;

			outq_sent(&t.out, outq_peek(&t.out, &unit));
		}
	}
}

static void test_closing_asks_twice_and_then_gives_up(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	cp_close(&t.cp, SSTP_E_IDLE, 100);
	assert_int_equal(cp_signals(&t.cp), CP_SIG_DOWN);
	toy_expect(&t, "0502 0004");
	cp_tick(&t.cp, 3100);
	toy_expect(&t, "0503 0004");
	cp_tick(&t.cp, 6100);
	toy_expect(&t, "");
	assert_int_equal(cp_signals(&t.cp), CP_SIG_FINISHED);
	assert_int_equal(t.cp.err, SSTP_E_IDLE);
	assert_false(t.cp.by_peer);
}

static void test_a_terminate_request_is_answered_and_its_words_kept(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	toy_feed(&t, "0544 0007 627965", 0);
	toy_expect(&t, "0644 0004");
	assert_int_equal(cp_signals(&t.cp), CP_SIG_DOWN);
	assert_string_equal(t.cp.message, "bye");
	assert_true(t.cp.by_peer);
	assert_int_equal(t.cp.err, SSTP_E_PPP_TERMINATED);
	cp_tick(&t.cp, 3000);
	assert_int_equal(cp_signals(&t.cp), CP_SIG_FINISHED);
}

static void test_a_peer_that_terminated_and_came_back_is_forgiven(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	toy_feed(&t, "0544 0007 627965", 0);
	assert_true(t.cp.by_peer);
	toy_feed(&t, "0201 0008 010403e8", 0);
	toy_feed(&t, "0109 0004", 0);
	assert_int_equal(t.cp.state, CP_OPENED);
	assert_false(t.cp.by_peer);
	assert_int_equal(t.cp.err, 0);
	assert_string_equal(t.cp.message, "");
}

static void test_a_rejected_code_of_the_basic_ones_ends_it_others_do_not(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	toy_feed(&t, "0701 0008 09010004", 0);
	assert_int_equal(t.cp.state, CP_OPENED);
	for (unsigned code = 1; code <= 7; code++) {
		char reject[] = "0701 0008 00010004";

		reject[11] = (char)('0' + code);
		toy_init(&t);
		toy_open(&t);
		toy_feed(&t, reject, 0);
		assert_int_equal(t.cp.state, CP_STOPPING);
		assert_int_equal(t.cp.err, SSTP_E_PPP_REJECTED);
	}
}

static void test_the_lower_layer_going_sends_nothing(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	toy_open(&t);
	cp_down(&t.cp, 5);
	toy_expect(&t, "");
	assert_int_equal(cp_signals(&t.cp), CP_SIG_DOWN);
	assert_int_equal(cp_deadline(&t.cp), TIME_NEVER);
	cp_down(&t.cp, 5);
	assert_int_equal(cp_signals(&t.cp), 0);
}

static void test_every_packet_of_three_options_leaves_a_legal_state(void **state)
{
	struct toy t;

	(void)state;
	/* every code, every length of an option in the middle, in every state reached by the way */
	for (unsigned code = 0; code < 20; code++)
		for (unsigned len = 0; len < 12; len++) {
			uint8_t p[16] = {(uint8_t)code, 1, 0,  14, 3, 2, 1,
					 (uint8_t)len,  0, 16, 3,  2, 4, 2};
			uint8_t *exact;

			toy_init(&t);
			if (len & 1)
				toy_open(&t);
			else
				cp_open(&t.cp, 0), cp_up(&t.cp, 0);
			exact = test_malloc(14);
			memcpy(exact, p, 14);
			cp_input(&t.cp, rd_init(exact, 14), 0);
			test_free(exact);
			assert_true(t.cp.state < CP_STATES);
			assert_int_equal(timer_runs(&t.cp.restart), cp_timed(t.cp.state));
		}
}

static void assert_words(const char *hex, const char *words)
{
	uint8_t bytes[64];
	char out[8];

	cp_copy_words(out, sizeof(out), rd_init(bytes, unhex(hex, bytes, sizeof(bytes))));
	assert_string_equal(out, words);
}

static void test_words_are_printable_and_cut_off(void **state)
{
	(void)state;
	assert_words("", "");
	assert_words("68692021", "hi !");
	assert_words("68e964", "h?d");
	assert_words("680a64", "");
	assert_words("687f1f", "");
	assert_words("687f7e", "h?~");
	assert_words("61626364656667686970", "abcdefg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_opens_when_each_side_has_acknowledged_the_other),
		cmocka_unit_test(test_packets_before_the_lower_layer_is_up_are_dropped),
		cmocka_unit_test(test_a_request_is_repeated_with_its_identifier_at_most_ten_times),
		cmocka_unit_test(test_a_nak_makes_a_new_request_with_a_new_identifier),
		cmocka_unit_test(test_answers_that_do_not_fit_are_discarded),
		cmocka_unit_test(test_one_answer_is_taken_only),
		cmocka_unit_test(test_an_acknowledged_request_is_taken_and_forgotten_with_the_next),
		cmocka_unit_test(test_a_refused_request_is_not_taken),
		cmocka_unit_test(test_a_new_negotiation_begins_with_nothing_agreed),
		cmocka_unit_test(test_malformed_packets_change_nothing),
		cmocka_unit_test(test_unknown_codes_are_rejected_in_every_state_that_takes_packets),
		cmocka_unit_test(test_extra_codes_count_when_opened_only),
		cmocka_unit_test(test_a_packet_is_cut_off_to_fit_the_peer),
		cmocka_unit_test(test_insisting_on_a_vital_value_ends_in_a_terminate_request),
		cmocka_unit_test(test_a_vital_option_that_stays_away_is_not_forgiven),
		cmocka_unit_test(test_the_counters_begin_anew_with_an_ack_of_ours),
		cmocka_unit_test(test_closing_asks_twice_and_then_gives_up),
		cmocka_unit_test(test_a_terminate_request_is_answered_and_its_words_kept),
		cmocka_unit_test(test_a_peer_that_terminated_and_came_back_is_forgiven),
		cmocka_unit_test(test_a_rejected_code_of_the_basic_ones_ends_it_others_do_not),
		cmocka_unit_test(test_the_lower_layer_going_sends_nothing),
		cmocka_unit_test(test_every_packet_of_three_options_leaves_a_legal_state),
		cmocka_unit_test(test_words_are_printable_and_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
