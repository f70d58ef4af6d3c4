/* SPDX-License-Identifier: MIT */
/* Claims about lib/sstp/check.c: what is wrong with a message, where, and what CALL_ABORT says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/sstp/check.h"
#include "sstp/error.h"
#include "tests/unit/unhex.h"

#define REQUEST_CRYPTO "00 04 00 28" ZERO36
#define ZERO4          "00 00 00 00"
#define ZERO36         ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4
#define ZERO100        ZERO36 ZERO36 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4

static uint8_t bytes[SSTP_PACKET_MAX];

/* Makes a message of `count` attributes out of hex; the result points into static memory. */
static struct sstp_control message(unsigned count, const char *attributes)
{
	struct sstp_control c = {.type = 1, .count = (uint16_t)count};

	c.attrs = rd_init(bytes, unhex(attributes, bytes, sizeof(bytes)));
	return c;
}

static void expect(struct check k, int err, unsigned attrib, unsigned status, size_t off)
{
	assert_int_equal(k.err, err);
	assert_int_equal(k.attrib, attrib);
	assert_int_equal(k.status, status);
	assert_int_equal(k.off, off);
}

static void test_plain_messages_take_no_attribute(void **state)
{
	(void)state;
	assert_int_equal(check_plain(message(0, "")).err, SSTP_OK);
	expect(check_plain(message(1, "")), SSTP_E_ATTR_COUNT, 2, 7, 8);
	expect(check_plain(message(0, "00")), SSTP_E_ATTR_COUNT, 2, 7, 8);
	expect(check_plain(message(1, "00 02 00 0c" ZERO4 ZERO4)), SSTP_E_ATTR_COUNT, 2, 7, 8);
}

static void test_a_count_that_does_not_fit_is_invalid(void **state)
{
	struct sstp_refusal r[SSTP_REFUSALS_MAX];
	struct sstp_status_info info;
	unsigned n;

	(void)state;
	expect(check_request(message(2, "00 01 00 06 00 01"), r, &n), SSTP_E_ATTR_COUNT, 2, 7, 14);
	expect(check_request(message(0, "00 01 00 06 00 01"), r, &n), SSTP_E_ATTR_COUNT, 2, 7, 8);
	expect(check_request(message(1, "00 01 00 06 00 01 00"), r, &n), SSTP_E_ATTR_COUNT, 2, 7,
	       14);
	expect(check_request(message(1, "00 01 00 03 00 01"), r, &n), SSTP_E_TRUNCATED, 2, 7, 8);
	expect(check_request(message(1, "00 01 00 07 00 01"), r, &n), SSTP_E_TRUNCATED, 2, 7, 8);
	expect(check_disconnect(message(1, "00 02 00")), SSTP_E_TRUNCATED, 2, 7, 8);
	expect(check_nak(message(2, "00 02 00 0c" ZERO4 ZERO4), &info), SSTP_E_ATTR_COUNT, 2, 7,
	       20);
}

static void test_disconnect_tolerates_what_its_attributes_say(void **state)
{
	(void)state;
	assert_int_equal(check_disconnect(message(0, "")).err, SSTP_OK);
	assert_int_equal(check_disconnect(message(1, "00 02 00 0c" ZERO4 "00 00 00 05")).err,
			 SSTP_OK);
	assert_int_equal(check_disconnect(message(1, "00 02 00 0e" ZERO4 ZERO4 "61 62")).err,
			 SSTP_OK);
	assert_int_equal(check_disconnect(message(1, "00 09 00 04")).err, SSTP_OK);
}

static void test_the_first_readable_status_info_is_found(void **state)
{
	struct sstp_status_info info;

	(void)state;
	assert_false(find_status(message(0, ""), &info));
	assert_int_equal(info.status, 0);
	assert_true(find_status(
		message(3, "00 01 00 06 00 01 00 02 00 05 00 00 02 00 0c 00 00 00 03 00 00 00 04"),
		&info));
	assert_int_equal(info.attrib, 3);
	assert_int_equal(info.status, 4);
	assert_false(find_status(message(1, "00 02 00 20 00 00 00 03 00 00 00 04"), &info));
	assert_int_equal(info.status, 0);
}

static void test_nak_is_status_info_and_nothing_else(void **state)
{
	struct sstp_status_info info;

	(void)state;
	assert_int_equal(check_nak(message(2, "00 02 00 0e 00 00 00 01 00 00 00 04 00 02"
					      "00 02 00 0c 00 00 00 09 00 00 00 02"),
				   &info)
				 .err,
			 SSTP_OK);
	assert_int_equal(info.attrib, 1);
	assert_int_equal(info.status, 4);
	assert_int_equal(info.value.n, 2);
	expect(check_nak(message(0, ""), &info), SSTP_E_ATTR_MISSING, 2, 7, 8);
	expect(check_nak(message(1, "00 02 00 0b" ZERO4 "00 00 00"), &info), SSTP_E_ATTR_LENGTH, 2,
	       7, 8);
	expect(check_nak(message(2, "00 02 00 0c" ZERO4 ZERO4 "00 01 00 06 00 01"), &info),
	       SSTP_E_ATTR_UNKNOWN, 2, 7, 20);
}

static void test_ack_is_one_crypto_binding_request(void **state)
{
	struct sstp_binding_req req;

	(void)state;
	assert_int_equal(check_ack(message(1, "00 04 00 28 00 00 00 03" ZERO4 ZERO4 ZERO4 ZERO4
						      ZERO4 ZERO4 ZERO4 ZERO4),
				   3, &req)
				 .err,
			 SSTP_OK);
	assert_int_equal(req.hashes, 3);
	assert_ptr_equal(req.nonce, bytes + 8);
	expect(check_ack(message(0, ""), 3, &req), SSTP_E_ATTR_MISSING, 2, 9, 8);
	expect(check_ack(message(1,
				 "00 04 00 27 00 00 00 03" ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4
				 "00 00 00"),
			 3, &req),
	       SSTP_E_ATTR_LENGTH, 2, 9, 8);
	expect(check_ack(message(1, "00 01 00 06 00 01"), 3, &req), SSTP_E_ATTR_UNKNOWN, 2, 9, 8);
	expect(check_ack(message(1, "00 02 00 0c" ZERO4 ZERO4), 3, &req), SSTP_E_STATUS_INFO, 2, 9,
	       8);
	expect(check_ack(message(2, REQUEST_CRYPTO REQUEST_CRYPTO), 3, &req), SSTP_E_ATTR_DUPLICATE,
	       2, 9, 48);
	expect(check_ack(message(2, REQUEST_CRYPTO), 3, &req), SSTP_E_ATTR_COUNT, 2, 7, 48);
}

static void test_ack_without_a_hash_in_common_is_refused_by_value(void **state)
{
	static const struct {
		const char *mask;
		uint8_t ours;
		bool good;
	} cases[] = {
		{"00", 3, false}, {"01", 1, true},  {"02", 1, false}, {"01", 2, false},
		{"03", 2, true},  {"fc", 3, false}, {"fe", 2, true},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256] = "00 04 00 28 00 00 00 ";
		struct sstp_binding_req req;
		struct check k;

		strcat(text, cases[i].mask);
		strcat(text, ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4);
		k = check_ack(message(1, text), cases[i].ours, &req);
		if (cases[i].good)
			assert_int_equal(k.err, SSTP_OK);
		else
			expect(k, SSTP_E_HASH_PROTOCOL, 4, 4, 15);
	}
}

static void test_call_connected_is_one_crypto_binding_of_104_octets(void **state)
{
	struct sstp_binding b;

	(void)state;
	assert_int_equal(check_connected(message(1, "00 03 00 68" ZERO100), &b).err, SSTP_OK);
	assert_ptr_equal(b.nonce, bytes + 8);
	expect(check_connected(message(0, ""), &b), SSTP_E_ATTR_MISSING, 2, 9, 8);
	expect(check_connected(
		       message(1, "00 03 00 67" ZERO36 ZERO36 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4
				  "00 00 00"),
		       &b),
	       SSTP_E_ATTR_LENGTH, 2, 9, 8);
	expect(check_connected(message(1, "00 03 00 68" ZERO36), &b), SSTP_E_TRUNCATED, 2, 9, 8);
	expect(check_connected(message(2, "00 03 00 68" ZERO100), &b), SSTP_E_ATTR_COUNT, 2, 9,
	       112);
	expect(check_connected(message(2, "00 03 00 68" ZERO100 "00 02 00 0c" ZERO4 "00 00 00 01"),
			       &b),
	       SSTP_E_STATUS_INFO, 2, 9, 112);
	expect(check_connected(message(1, "00 02 00 0c" ZERO4 "00 00 00 01"), &b),
	       SSTP_E_STATUS_INFO, 2, 9, 8);
	expect(check_connected(message(1, "00 09 00 04"), &b), SSTP_E_ATTR_UNKNOWN, 2, 9, 8);
}

/* Checks a request that can be cut, and returns how many refusals it gets. */
static unsigned refusals(unsigned count, const char *attributes, struct sstp_refusal *r)
{
	unsigned n;

	assert_int_equal(check_request(message(count, attributes), r, &n).err, SSTP_OK);
	return n;
}

static void expect_refusal(const struct sstp_refusal *r, unsigned attrib, unsigned status, size_t n)
{
	assert_int_equal(r->attrib, attrib);
	assert_int_equal(r->status, status);
	assert_int_equal(r->value.n, n);
}

static void test_request_for_ppp_is_acceptable(void **state)
{
	struct sstp_refusal r[SSTP_REFUSALS_MAX];

	(void)state;
	assert_int_equal(refusals(1, "00 01 00 06 00 01", r), 0);
	assert_int_equal(refusals(1, "ff 01 f0 06 00 01", r), 0); /* reserved bits */
	/* recognised attributes that no rule refuses */
	assert_int_equal(refusals(2, "00 01 00 06 00 01 00 02 00 0c" ZERO4 ZERO4, r), 0);
	assert_int_equal(refusals(2, "00 01 00 06 00 01" REQUEST_CRYPTO, r), 0);
}

static void test_each_fault_of_a_request_has_its_status(void **state)
{
	struct sstp_refusal r[SSTP_REFUSALS_MAX];

	(void)state;
	assert_int_equal(refusals(2, "00 01 00 06 00 01 00 02 00 0c 00 00 00 01 00 00 00 04", r),
			 1);
	expect_refusal(&r[0], 2, 0x0b, 8);
	assert_int_equal(refusals(1, "00 01 00 08 00 01 00 00", r), 1);
	expect_refusal(&r[0], 1, 3, 4);
	assert_int_equal(refusals(2, "00 01 00 06 00 01 00 01 00 06 00 01", r), 1);
	expect_refusal(&r[0], 1, 1, 2);
	assert_int_equal(refusals(2, "00 01 00 06 00 01 00 07 00 06 aa bb", r), 1);
	expect_refusal(&r[0], 7, 2, 0);
	assert_int_equal(refusals(1, "00 01 00 06 00 02", r), 1);
	expect_refusal(&r[0], 1, 4, 2);
	assert_memory_equal(r[0].value.p, "\x00\x02", 2);
	assert_int_equal(refusals(0, "", r), 1);
	expect_refusal(&r[0], 1, 0x0a, 0);
	assert_int_equal(refusals(1, "00 00 00 04", r), 2); /* no attribute has the ID 0 */
	expect_refusal(&r[0], 0, 2, 0);
	expect_refusal(&r[1], 1, 0x0a, 0);
}

static void test_wrong_lengths_of_every_known_attribute_are_refused(void **state)
{
	static const char *const attributes[] = {
		"00 01 00 04",
		"00 02 00 0b" ZERO4 "00 00 00",
		"00 03 00 08" ZERO4,
		"00 04 00 29" ZERO36 "00",
	};
	struct sstp_refusal r[SSTP_REFUSALS_MAX];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		char text[512] = "00 01 00 06 00 01 ";
		bool second = i == 0;

		strcat(text, attributes[i]);
		assert_int_equal(refusals(second ? 1 : 2, second ? attributes[0] : text, r), 1);
		assert_int_equal(r[0].attrib, i + 1);
		assert_int_equal(r[0].status, 3);
	}
}

static void test_several_faults_are_listed_in_the_order_they_stand(void **state)
{
	struct sstp_refusal r[SSTP_REFUSALS_MAX];

	(void)state;
	assert_int_equal(
		refusals(3, "00 09 00 05 01 00 01 00 06 00 02 00 02 00 0c" ZERO4 "00 00 00 05", r),
		3);
	expect_refusal(&r[0], 9, 2, 0);
	expect_refusal(&r[1], 1, 4, 2);
	expect_refusal(&r[2], 2, 0x0b, 8);
}

static void test_refusals_are_bounded_and_the_missing_attribute_is_always_among_them(void **state)
{
	struct sstp_refusal r[SSTP_REFUSALS_MAX + 1];
	char text[4000] = "";

	(void)state;
	r[SSTP_REFUSALS_MAX].status = 12345;
	for (unsigned i = 0; i < 2 * SSTP_REFUSALS_MAX; i++)
		strcat(text, "00 09 00 04 ");
	assert_int_equal(refusals(2 * SSTP_REFUSALS_MAX, text, r), SSTP_REFUSALS_MAX);
	expect_refusal(&r[SSTP_REFUSALS_MAX - 1], 1, 0x0a, 0);
	assert_int_equal(r[SSTP_REFUSALS_MAX].status, 12345);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_messages_take_no_attribute),
		cmocka_unit_test(test_a_count_that_does_not_fit_is_invalid),
		cmocka_unit_test(test_disconnect_tolerates_what_its_attributes_say),
		cmocka_unit_test(test_the_first_readable_status_info_is_found),
		cmocka_unit_test(test_nak_is_status_info_and_nothing_else),
		cmocka_unit_test(test_ack_is_one_crypto_binding_request),
		cmocka_unit_test(test_ack_without_a_hash_in_common_is_refused_by_value),
		cmocka_unit_test(test_call_connected_is_one_crypto_binding_of_104_octets),
		cmocka_unit_test(test_request_for_ppp_is_acceptable),
		cmocka_unit_test(test_each_fault_of_a_request_has_its_status),
		cmocka_unit_test(test_wrong_lengths_of_every_known_attribute_are_refused),
		cmocka_unit_test(test_several_faults_are_listed_in_the_order_they_stand),
		cmocka_unit_test(
			test_refusals_are_bounded_and_the_missing_attribute_is_always_among_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
