/* SPDX-License-Identifier: MIT */
/* Claims about lib/sstp/packet_put.c: every message's octets, as MS-SSTP 2.2 and 4.7 draw them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/sstp/packet.h"

static uint8_t nonce[SSTP_NONCE];
static uint8_t cert[32];

static int set_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		nonce[i] = (uint8_t)(0x40 + i);
		cert[i] = (uint8_t)(0x80 + i);
	}
	return 0;
}

static void expect(const struct wr *w, const char *bytes, size_t n)
{
	assert_false(w->bad);
	assert_int_equal(wr_len(w), n);
	assert_memory_equal(w->start, bytes, n);
}

static void test_call_connect_request_is_14_octets_with_ppp(void **state)
{
	uint8_t b[64];
	struct wr w = wr_init(b, sizeof(b));

	(void)state;
	sstp_put_request(&w);
	expect(&w, "\x10\x01\x00\x0e\x00\x01\x00\x01\x00\x01\x00\x06\x00\x01", 14);
}

static void test_call_connect_ack_is_48_octets_with_mask_and_nonce(void **state)
{
	uint8_t b[64];
	struct wr w = wr_init(b, sizeof(b));

	(void)state;
	sstp_put_ack(&w, 3, nonce);
	assert_int_equal(wr_len(&w), 48);
	assert_memory_equal(b, "\x10\x01\x00\x30\x00\x02\x00\x01\x00\x04\x00\x28\x00\x00\x00\x03",
			    16);
	assert_memory_equal(b + 16, nonce, 32);
}

static void test_call_connected_is_112_octets_with_an_empty_mac(void **state)
{
	static const uint8_t zeros[32];
	uint8_t b[128];
	struct wr w = wr_init(b, sizeof(b));

	(void)state;
	sstp_put_connected(&w, 2, nonce, cert);
	assert_int_equal(wr_len(&w), 112);
	assert_memory_equal(b, "\x10\x01\x00\x70\x00\x04\x00\x01\x00\x03\x00\x68\x00\x00\x00\x02",
			    16);
	assert_memory_equal(b + 16, nonce, 32);
	assert_memory_equal(b + 48, cert, 32);
	assert_memory_equal(b + 80, zeros, 32);
}

static void test_call_abort_has_one_status_info_or_none(void **state)
{
	uint8_t b[64];
	struct wr w = wr_init(b, sizeof(b));

	(void)state;
	sstp_put_abort(&w, 3, 4);
	expect(&w,
	       "\x10\x01\x00\x14\x00\x05\x00\x01\x00\x02\x00\x0c\x00\x00\x00\x03\x00\x00\x00\x04",
	       20);
	w = wr_init(b, sizeof(b));
	sstp_put_abort(&w, 0, 0);
	expect(&w, "\x10\x01\x00\x08\x00\x05\x00\x00", 8);
}

static void test_call_disconnect_says_no_error(void **state)
{
	uint8_t b[64];
	struct wr w = wr_init(b, sizeof(b));

	(void)state;
	sstp_put_disconnect(&w);
	expect(&w,
	       "\x10\x01\x00\x14\x00\x06\x00\x01\x00\x02\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00",
	       20);
}

static void test_plain_messages_are_8_octets(void **state)
{
	static const char *const want[] = {
		"\x10\x01\x00\x08\x00\x07\x00\x00",
		"\x10\x01\x00\x08\x00\x08\x00\x00",
		"\x10\x01\x00\x08\x00\x09\x00\x00",
	};
	uint8_t b[64];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct wr w = wr_init(b, sizeof(b));

		sstp_put_plain(&w, SSTP_MSG_CALL_DISCONNECT_ACK + i);
		expect(&w, want[i], 8);
	}
}

static void test_nak_has_a_status_info_for_each_refusal_and_64_octets_of_value_at_most(void **state)
{
	uint8_t b[256], value[100];
	struct wr w = wr_init(b, sizeof(b));
	const struct sstp_refusal r[] = {
		{1, 4, {(const uint8_t *)"\x00\x02", 2}},
		{9, 2, {NULL, 0}},
		{3, 1, {value, sizeof(value)}},
	};

	(void)state;
	memset(value, 0x5a, sizeof(value));
	sstp_put_nak(&w, r, 3);
	assert_int_equal(wr_len(&w), 8 + 14 + 12 + 76);
	assert_memory_equal(b, "\x10\x01\x00\x6e\x00\x03\x00\x03", 8);
	assert_memory_equal(b + 8, "\x00\x02\x00\x0e\x00\x00\x00\x01\x00\x00\x00\x04\x00\x02", 14);
	assert_memory_equal(b + 22, "\x00\x02\x00\x0c\x00\x00\x00\x09\x00\x00\x00\x02", 12);
	assert_memory_equal(b + 34, "\x00\x02\x00\x4c\x00\x00\x00\x03\x00\x00\x00\x01", 12);
	assert_memory_equal(b + 46, value, 64);
}

static void test_the_longest_nak_fits_a_packet(void **state)
{
	uint8_t b[SSTP_PACKET_MAX], value[64];
	struct sstp_refusal r[SSTP_REFUSALS_MAX];
	struct wr w = wr_init(b, sizeof(b));
	struct sstp_header h;

	(void)state;
	memset(value, 1, sizeof(value));
	for (unsigned i = 0; i < SSTP_REFUSALS_MAX; i++)
		r[i] = (struct sstp_refusal){3, 1, {value, sizeof(value)}};
	sstp_put_nak(&w, r, SSTP_REFUSALS_MAX);
	assert_false(w.bad);
	assert_int_equal(sstp_parse_header(b, &h), 0);
	assert_int_equal(h.length, wr_len(&w));
}

static void test_data_header_counts_itself(void **state)
{
	uint8_t b[4];

	(void)state;
	sstp_put_data_header(b, 0);
	assert_memory_equal(b, "\x10\x00\x00\x04", 4);
	sstp_put_data_header(b, 4091);
	assert_memory_equal(b, "\x10\x00\x0f\xff", 4);
}

static void test_a_writer_that_is_too_small_turns_bad_and_stays_in_its_bounds(void **state)
{
	(void)state;
	for (size_t n = 0; n < SSTP_CONNECTED_LEN; n++) {
		uint8_t *b = test_malloc(n + 1);
		struct wr w = wr_init(b, n);

		sstp_put_connected(&w, 1, nonce, cert);
		assert_true(w.bad);
		w = wr_init(b, n);
		sstp_put_ack(&w, 1, nonce);
		assert_int_equal(w.bad, n < 48);
		w = wr_init(b, n);
		sstp_put_abort(&w, 2, 5);
		assert_int_equal(w.bad, n < 20);
		test_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call_connect_request_is_14_octets_with_ppp),
		cmocka_unit_test(test_call_connect_ack_is_48_octets_with_mask_and_nonce),
		cmocka_unit_test(test_call_connected_is_112_octets_with_an_empty_mac),
		cmocka_unit_test(test_call_abort_has_one_status_info_or_none),
		cmocka_unit_test(test_call_disconnect_says_no_error),
		cmocka_unit_test(test_plain_messages_are_8_octets),
		cmocka_unit_test(
			test_nak_has_a_status_info_for_each_refusal_and_64_octets_of_value_at_most),
		cmocka_unit_test(test_the_longest_nak_fits_a_packet),
		cmocka_unit_test(test_data_header_counts_itself),
		cmocka_unit_test(test_a_writer_that_is_too_small_turns_bad_and_stays_in_its_bounds),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
