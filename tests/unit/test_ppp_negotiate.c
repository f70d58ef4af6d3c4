/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/negotiate.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "lib/ppp/negotiate.h"
#include "tests/unit/ppp_toy.h"

static uint8_t wire[512];

/* Reads options written in hex, in memory of their exact size. */
static struct rd options(const char *hex)
{
	size_t n = unhex(hex, wire, sizeof(wire));

	return rd_init(wire, n);
}

static void assert_refusal(struct toy *t, const char *request, enum cp_verdict what,
			   const char *answer)
{
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));

	assert_int_equal(cp_judge(&t->cp, options(request)), what);
	cp_put_refusal(&t->cp, options(request), what, &w);
	assert_false(w.bad);
	assert_hex_equal(buf, wr_len(&w), answer);
}

static void test_the_walk_advances_by_the_declared_length(void **state)
{
	struct rd r = options("010403e8 6305aabbcc 0302");
	struct cp_item item;

	(void)state;
	assert_int_equal(cp_next_item(&r, &item), 1);
	assert_int_equal(item.type, 1);
	assert_int_equal(rd_left(&item.value), 2);
	assert_int_equal(rd_left(&item.whole), 4);
	assert_int_equal(cp_next_item(&r, &item), 1);
	assert_int_equal(item.type, 0x63);
	assert_int_equal(rd_left(&item.value), 3);
	assert_int_equal(cp_next_item(&r, &item), 1);
	assert_int_equal(rd_left(&item.value), 0);
	assert_int_equal(cp_next_item(&r, &item), 0);
}

static void test_the_walk_ends_at_every_bad_length(void **state)
{
	static const struct {
		const char *hex;
		size_t off;
	} bad[] = {
		{"0100", 0},
		{"0101", 0},
		{"01", 0},
		{"0103", 0},
		{"01ff00", 0},
		{"010403e8 02", 4},
		{"010403e8 0201", 4},
		{"0302 0302 050400", 4},
	};
	size_t off;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(cp_check_items(options(bad[i].hex), &off), SSTP_E_PPP_OPTION);
		assert_int_equal(off, bad[i].off);
	}
	assert_int_equal(cp_check_items(options(""), &off), 0);
	assert_int_equal(cp_check_items(options("010403e8"), &off), 0);
}

static void test_every_truncation_of_good_options_is_found_or_ends_between_two(void **state)
{
	struct rd whole = options("010403e8 6305aabbcc 0302 020307");
	const size_t between[] = {0, 4, 9, 11, 14};
	size_t off;

	(void)state;
	for (size_t n = 0; n <= 14; n++) {
		uint8_t *exact = test_malloc(n + 1);
		bool good = false;

		memcpy(exact, whole.p, n);
		for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++)
			good = good || between[i] == n;
		assert_int_equal(cp_check_items(rd_init(exact, n), &off),
				 good ? 0 : SSTP_E_PPP_OPTION);
		test_free(exact);
	}
}

static void test_good_options_are_acknowledged(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	assert_int_equal(cp_judge(&t.cp, options("01040010 020307 0302")), CP_ACK);
	assert_int_equal(cp_judge(&t.cp, options("")), CP_ACK);
}

static void test_the_worst_option_decides_and_the_answer_names_only_its_kind(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	assert_refusal(&t, "01040005 020309 0302", CP_NAK, "0104000a 020307");
	assert_refusal(&t, "01040005 0403aa 0302 6302", CP_REJECT, "0403aa 6302");
}

static void test_a_wrong_length_is_corrected_where_there_is_a_right_one(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	assert_refusal(&t, "010310", CP_NAK, "0104000a");
	assert_refusal(&t, "0105001000", CP_NAK, "0104000a");
	assert_refusal(&t, "030300", CP_REJECT, "030300");
}

static void test_the_second_of_two_is_rejected(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	assert_refusal(&t, "01040010 01040012", CP_REJECT, "01040012");
	assert_refusal(&t, "0302 0302 0302", CP_REJECT, "0302 0302");
}

static void test_what_must_be_there_is_appended(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	t.picky = true;
	assert_refusal(&t, "", CP_NAK, "020307");
	assert_refusal(&t, "01040003", CP_NAK, "0104000a 020307");
	assert_int_equal(cp_judge(&t.cp, options("020307")), CP_ACK);
	/* not in a Configure-Reject */
	assert_refusal(&t, "6302", CP_REJECT, "6302");
}

static void test_a_nak_becomes_a_reject_after_max_failure(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	t.cp.naks = CP_MAX_FAILURE - 1;
	assert_refusal(&t, "01040005", CP_NAK, "0104000a");
	t.cp.naks = CP_MAX_FAILURE;
	assert_refusal(&t, "01040005", CP_REJECT, "01040005");
}

static void test_vital_options_are_found_wrong_and_missing(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	assert_int_equal(cp_vital(&t.cp, options("01040005")), 0);
	assert_int_equal(cp_vital(&t.cp, options("020308")), SSTP_E_PPP_NO_AGREEMENT);
	assert_int_equal(cp_vital(&t.cp, options("0302")), 0);
	t.picky = true;
	assert_int_equal(cp_vital(&t.cp, options("0302")), SSTP_E_PPP_NO_AGREEMENT);
}

static void test_what_does_not_fit_the_answer_is_left_for_the_next(void **state)
{
	struct toy t;
	uint8_t buf[7];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	toy_init(&t);
	cp_put_refusal(&t.cp, options("0404aabb 6305010203 0402"), CP_REJECT, &w);
	assert_false(w.bad);
	assert_hex_equal(buf, wr_len(&w), "0404aabb 0402");
	/* and what just fits is in it */
	w = wr_init(buf, 4);
	cp_put_refusal(&t.cp, options("0404aabb"), CP_REJECT, &w);
	assert_hex_equal(buf, wr_len(&w), "0404aabb");
	w = wr_init(buf, 4);
	cp_put_refusal(&t.cp, options("01040005"), CP_NAK, &w);
	assert_hex_equal(buf, wr_len(&w), "0104000a");
}

static void test_a_request_has_what_is_asked_for_and_not_rejected(void **state)
{
	struct toy t;
	uint8_t buf[16];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	toy_init(&t);
	t.size = 0x1234;
	cp_put_request(&t.cp, &w);
	assert_hex_equal(buf, wr_len(&w), "01041234");
	assert_int_equal(cp_take_rejects(&t.cp, options("01041234")), 0);
	w = wr_init(buf, sizeof(buf));
	cp_put_request(&t.cp, &w);
	assert_int_equal(wr_len(&w), 0);
}

static void test_a_reject_must_be_part_of_the_request(void **state)
{
	static const uint8_t request[] = {1, 4, 3, 0xe8, 3, 2};
	const struct rd r = rd_init(request, sizeof(request));

	(void)state;
	assert_true(cp_is_part(r, options("010403e8")));
	assert_true(cp_is_part(r, options("0302")));
	assert_true(cp_is_part(r, options("0302 010403e8")));
	assert_false(cp_is_part(r, options("")));
	assert_false(cp_is_part(r, options("010403e9")));
	assert_false(cp_is_part(r, options("0102")));
	assert_false(cp_is_part(r, options("010403e8 0402")));
	assert_false(cp_is_part(rd_init(NULL, 0), options("0302")));
}

static void test_naks_are_taken_for_what_was_asked_only(void **state)
{
	struct toy t;

	(void)state;
	toy_init(&t);
	cp_open(&t.cp, 0);
	cp_up(&t.cp, 0);
	assert_int_equal(cp_take_naks(&t.cp, options("01040777 020309 6303ff")), 0);
	assert_int_equal(t.size, 0x777);
	assert_int_equal(cp_take_naks(&t.cp, options("010309")), 0);
	assert_int_equal(t.size, 0x777);
	t.cp.request_len = 0; /* nothing was asked for */
	assert_int_equal(cp_take_naks(&t.cp, options("01040999")), 0);
	assert_int_equal(t.size, 0x777);
	t.cp.request_len = 4;
	t.cp.refused = CP_MAX_FAILURE + 1;
	assert_int_equal(cp_take_naks(&t.cp, options("01040888")), 0);
	assert_int_equal(t.size, 0x777);
	assert_int_equal(t.cp.off, 1);
}

static void assert_shown(const char *hex, const char *words)
{
	char buf[256];
	struct text t = text_init(buf, sizeof(buf));

	cp_show_options(&t, &toy_options, options(hex));
	assert_string_equal(buf, words);
}

static void test_options_are_shown_by_the_rows(void **state)
{
	(void)state;
	assert_shown("", "");
	assert_shown("010403e8 020307 0302 0402", " size=1000 colour=07 flag known");
	assert_shown("01030a", " size=0a");
	assert_shown("6304beef 64020000", " option-99=beef option-100 malformed-option");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_walk_advances_by_the_declared_length),
		cmocka_unit_test(test_the_walk_ends_at_every_bad_length),
		cmocka_unit_test(
			test_every_truncation_of_good_options_is_found_or_ends_between_two),
		cmocka_unit_test(test_good_options_are_acknowledged),
		cmocka_unit_test(test_the_worst_option_decides_and_the_answer_names_only_its_kind),
		cmocka_unit_test(test_a_wrong_length_is_corrected_where_there_is_a_right_one),
		cmocka_unit_test(test_the_second_of_two_is_rejected),
		cmocka_unit_test(test_what_must_be_there_is_appended),
		cmocka_unit_test(test_a_nak_becomes_a_reject_after_max_failure),
		cmocka_unit_test(test_vital_options_are_found_wrong_and_missing),
		cmocka_unit_test(test_what_does_not_fit_the_answer_is_left_for_the_next),
		cmocka_unit_test(test_a_request_has_what_is_asked_for_and_not_rejected),
		cmocka_unit_test(test_a_reject_must_be_part_of_the_request),
		cmocka_unit_test(test_naks_are_taken_for_what_was_asked_only),
		cmocka_unit_test(test_options_are_shown_by_the_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
