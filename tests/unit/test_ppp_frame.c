/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/frame.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "lib/ppp/frame.h"
#include "lib/ppp/ppp.h"
#include "sstp/error.h"
#include "tests/unit/unhex.h"

static int parse(const char *hex, struct ppp_frame *f)
{
	static uint8_t bytes[64];
	size_t n = unhex(hex, bytes, sizeof(bytes));

	return ppp_parse_frame(rd_init(bytes, n), f);
}

static void test_address_and_control_may_be_there_or_not(void **state)
{
	struct ppp_frame f;

	(void)state;
	assert_int_equal(parse("ff03 c021 01", &f), 0);
	assert_true(f.address);
	assert_int_equal(f.protocol, PPP_LCP);
	assert_int_equal(rd_left(&f.payload), 1);
	assert_int_equal(parse("c021 01", &f), 0);
	assert_false(f.address);
	assert_int_equal(f.protocol, PPP_LCP);
}

static void test_a_protocol_has_one_octet_when_the_first_is_odd(void **state)
{
	struct ppp_frame f;

	(void)state;
	assert_int_equal(parse("ff03 21 45", &f), 0);
	assert_true(f.short_protocol);
	assert_int_equal(f.protocol, PPP_IP4);
	assert_int_equal(rd_left(&f.payload), 1);
	assert_int_equal(parse("57", &f), 0);
	assert_int_equal(f.protocol, PPP_IP6);
	assert_int_equal(rd_left(&f.payload), 0);
	assert_int_equal(parse("0021 45", &f), 0);
	assert_false(f.short_protocol);
	assert_int_equal(f.protocol, PPP_IP4);
}

static void test_frames_that_end_in_their_head_are_malformed(void **state)
{
	static const char *const bad[] = {"",   "ff", "ff03",     "ff03c0",
					  "c0", "00", "ff04c021", "ff00"};
	struct ppp_frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &f), SSTP_E_PPP_FRAME);
}

static void test_a_packet_is_as_long_as_it_says_and_padding_is_cut_off(void **state)
{
	static const uint8_t wire[] = {1, 7, 0, 6, 0xaa, 0xbb, 0xcc};
	struct cp_packet p;

	(void)state;
	assert_int_equal(cp_parse_packet(rd_init(wire, sizeof(wire)), &p), 0);
	assert_int_equal(p.code, 1);
	assert_int_equal(p.id, 7);
	assert_int_equal(rd_left(&p.data), 2);
	assert_int_equal(rd_left(&p.packet), 6);
}

static void test_a_packet_is_refused_at_every_truncation_and_shown_as_far_as_it_goes(void **state)
{
	static const uint8_t wire[] = {9, 7, 0, 6, 0xaa, 0xbb};
	struct cp_packet p;

	(void)state;
	for (size_t n = 0; n < sizeof(wire); n++) {
		assert_int_equal(cp_parse_packet(rd_init(wire, n), &p), SSTP_E_PPP_LENGTH);
		assert_int_equal(p.code, n > 0 ? 9 : 0);
		assert_int_equal(rd_left(&p.data), n > 4 ? n - 4 : 0);
		assert_int_equal(rd_left(&p.packet), n);
	}
}

static void test_a_length_below_the_head_is_refused(void **state)
{
	(void)state;
	for (uint8_t n = 0; n < 4; n++) {
		const uint8_t wire[] = {1, 1, 0, n, 0, 0};
		struct cp_packet p;

		assert_int_equal(cp_parse_packet(rd_init(wire, sizeof(wire)), &p),
				 SSTP_E_PPP_LENGTH);
	}
}

static void test_a_frame_goes_out_behind_the_room_for_the_sstp_header(void **state)
{
	struct outq q;
	struct tracer t = {0};
	struct wr w;
	const uint8_t *unit;

	(void)state;
	outq_init(&q);
	w = ppp_begin_frame(&q, PPP_LCP, 2);
	wr_be16(&w, 0x0102);
	assert_true(ppp_end_frame(&q, &t, &w));
	assert_int_equal(outq_peek(&q, &unit), PPP_UNIT_HEAD + 2);
	assert_hex_equal(unit, PPP_UNIT_HEAD + 2, "00000000 ff03 c021 0102");
}

static void test_a_frame_that_does_not_fit_is_not_sent_and_not_traced(void **state)
{
	static struct sstp_trace ring[4];
	struct outq q;
	struct tracer t;
	struct wr w;
	const uint8_t *unit;

	(void)state;
	outq_init(&q);
	tracer_init(&t, ring, 4);
	w = ppp_begin_frame(&q, PPP_LCP, 1);
	wr_be16(&w, 0x0102);
	assert_false(ppp_end_frame(&q, &t, &w));
	w = ppp_begin_frame(&q, PPP_LCP, OUTQ_SIZE);
	assert_false(ppp_end_frame(&q, &t, &w));
	assert_int_equal(outq_peek(&q, &unit), 0);
	assert_int_equal(tracer_room(&t), 4);
}

static void test_a_trace_begins_at_the_protocol_and_holds_no_password(void **state)
{
	static const uint8_t pap[] = {0xff, 0x03, 0xc0, 0x23, 1,   1,   0,   15,  2,   'm',
				      'e',  8,    's',  'e',  'c', 'r', 'e', 't', '1', '2'};
	static struct sstp_trace ring[4];
	struct sstp_trace r;
	struct tracer t;

	(void)state;
	tracer_init(&t, ring, 4);
	ppp_trace_frame(&t, SSTP_TRACE_RX, rd_init(pap, sizeof(pap)));
	assert_true(tracer_next(&t, &r));
	assert_int_equal(r.layer, SSTP_LAYER_PAP);
	assert_int_equal(r.kept, sizeof(pap) - 2);
	assert_memory_equal(r.bytes, "\xc0\x23\x01\x01", 4);
	for (size_t i = 0; i + 6 <= r.kept; i++)
		assert_memory_not_equal(r.bytes + i, "secret", 6);
}

static void test_a_malformed_frame_is_not_traced(void **state)
{
	static struct sstp_trace ring[4];
	struct tracer t;

	(void)state;
	tracer_init(&t, ring, 4);
	ppp_trace_frame(&t, SSTP_TRACE_RX, rd_init("\xff", 1));
	assert_int_equal(tracer_room(&t), 4);
}

static void test_protocols_have_names_and_layers(void **state)
{
	(void)state;
	assert_string_equal(ppp_protocol_name(PPP_CCP), "ccp");
	assert_null(ppp_protocol_name(0x4321));
	assert_int_equal(ppp_layer(PPP_IPV6CP), SSTP_LAYER_IPV6CP);
	assert_int_equal(ppp_layer(0x4321), SSTP_LAYER_PPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_and_control_may_be_there_or_not),
		cmocka_unit_test(test_a_protocol_has_one_octet_when_the_first_is_odd),
		cmocka_unit_test(test_frames_that_end_in_their_head_are_malformed),
		cmocka_unit_test(test_a_packet_is_as_long_as_it_says_and_padding_is_cut_off),
		cmocka_unit_test(
			test_a_packet_is_refused_at_every_truncation_and_shown_as_far_as_it_goes),
		cmocka_unit_test(test_a_length_below_the_head_is_refused),
		cmocka_unit_test(test_a_frame_goes_out_behind_the_room_for_the_sstp_header),
		cmocka_unit_test(test_a_frame_that_does_not_fit_is_not_sent_and_not_traced),
		cmocka_unit_test(test_a_trace_begins_at_the_protocol_and_holds_no_password),
		cmocka_unit_test(test_a_malformed_frame_is_not_traced),
		cmocka_unit_test(test_protocols_have_names_and_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
