/* SPDX-License-Identifier: MIT */
/* Claims about lib/sstp/packet.c: parsing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/sstp/packet.h"
#include "sstp/error.h"

static int parse_header(uint8_t a, uint8_t b, uint8_t c, uint8_t d, struct sstp_header *h)
{
	uint8_t wire[4] = {a, b, c, d};

	return sstp_parse_header(wire, h);
}

static void test_header_is_read_left_to_right(void **state)
{
	struct sstp_header h;

	(void)state;
	assert_int_equal(parse_header(0x10, 0x01, 0x02, 0x34, &h), SSTP_OK);
	assert_int_equal(h.version, 0x10);
	assert_true(h.control);
	assert_int_equal(h.length, 0x234);
	assert_int_equal(parse_header(0x10, 0x00, 0x00, 0x04, &h), SSTP_OK);
	assert_false(h.control);
	assert_int_equal(h.length, 4);
}

static void test_reserved_bits_of_the_header_are_ignored(void **state)
{
	struct sstp_header h;

	(void)state;
	for (unsigned i = 0; i < 128; i++) {
		assert_int_equal(parse_header(0x10, (uint8_t)(i << 1), 0xf0, 0x08, &h), SSTP_OK);
		assert_false(h.control);
		assert_int_equal(h.length, 8);
		assert_int_equal(parse_header(0x10, (uint8_t)(i << 1 | 1), 0x80, 0x08, &h),
				 SSTP_OK);
		assert_true(h.control);
		assert_int_equal(h.length, 8);
	}
}

static void test_every_version_but_1_0_is_refused(void **state)
{
	struct sstp_header h;

	(void)state;
	for (unsigned v = 0; v < 256; v++)
		assert_int_equal(parse_header((uint8_t)v, 1, 0, 8, &h),
				 v == 0x10 ? SSTP_OK : SSTP_E_VERSION);
}

static void test_every_length_from_4_to_4095_is_taken(void **state)
{
	struct sstp_header h;

	(void)state;
	for (unsigned n = 0; n < 0x10000; n++) {
		int err = parse_header(0x10, 0, (uint8_t)(n >> 8), (uint8_t)n, &h);

		assert_int_equal(h.length, n & 0xfff);
		assert_int_equal(err, (n & 0xfff) < 4 ? SSTP_E_PACKET_LENGTH : SSTP_OK);
	}
}

static void test_control_body_needs_type_and_count(void **state)
{
	static const uint8_t wire[] = {0x00, 0x05, 0x00, 0x02, 0xaa};
	struct sstp_control c;

	(void)state;
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(sstp_parse_control(rd_init(wire, n), &c), SSTP_E_TRUNCATED);
	assert_int_equal(sstp_parse_control(rd_init(wire, 5), &c), SSTP_OK);
	assert_int_equal(c.type, 5);
	assert_int_equal(c.count, 2);
	assert_int_equal(rd_left(&c.attrs), 1);
}

static void test_attributes_are_cut_by_their_declared_length(void **state)
{
	static const uint8_t wire[] = {0x00, 0x01, 0x00, 0x06, 0x00, 0x01,
				       0xff, 0x02, 0xf0, 0x05, 0x77, 0x00};
	struct rd r = rd_init(wire, sizeof(wire));
	struct sstp_attr a;

	(void)state;
	assert_int_equal(sstp_next_attr(&r, &a), SSTP_OK);
	assert_int_equal(a.id, 1);
	assert_int_equal(a.length, 6);
	assert_int_equal(rd_left(&a.value), 2);
	assert_int_equal(sstp_next_attr(&r, &a), SSTP_OK);
	assert_int_equal(a.id, 2);
	assert_int_equal(a.length, 5);
	assert_int_equal(rd_u8(&a.value), 0x77);
	assert_int_equal(rd_left(&a.value), 0);
	assert_int_equal(rd_left(&r), 1);
}

static void test_an_attribute_length_below_4_or_past_the_end_uses_the_reader_up(void **state)
{
	struct sstp_attr a;

	(void)state;
	for (unsigned n = 0; n < 0x1000; n++) {
		uint8_t wire[12] = {0, 1, (uint8_t)(n >> 8), (uint8_t)n};
		struct rd r = rd_init(wire, sizeof(wire));
		bool fits = n >= 4 && n <= sizeof(wire);

		assert_int_equal(sstp_next_attr(&r, &a), fits ? SSTP_OK : SSTP_E_TRUNCATED);
		assert_int_equal(rd_left(&r), fits ? sizeof(wire) - n : 0);
	}
	for (size_t n = 0; n < 4; n++) {
		struct rd r = rd_init("\0\1\0\4", n);

		assert_int_equal(sstp_next_attr(&r, &a), SSTP_E_TRUNCATED);
		assert_int_equal(rd_left(&r), 0);
	}
}

/* Parses the first n octets of a value of zeros, in memory of that size. */
static int parse_value(unsigned id, size_t n)
{
	uint8_t *p = test_calloc(1, n + 1);
	struct rd v = rd_init(p + 1, n);
	struct sstp_binding_req req;
	struct sstp_binding binding;
	struct sstp_status_info info;
	uint16_t protocol;
	int err = -1;

	if (id == SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID)
		err = sstp_parse_protocol(v, &protocol);
	else if (id == SSTP_ATTRIB_STATUS_INFO)
		err = sstp_parse_status(v, &info);
	else if (id == SSTP_ATTRIB_CRYPTO_BINDING)
		err = sstp_parse_binding(v, &binding);
	else if (id == SSTP_ATTRIB_CRYPTO_BINDING_REQ)
		err = sstp_parse_binding_req(v, &req);
	test_free(p);
	return err;
}

static void test_every_length_but_the_right_one_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 200; n++) {
		assert_int_equal(parse_value(SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID, n),
				 n == 2 ? SSTP_OK : SSTP_E_ATTR_LENGTH);
		assert_int_equal(parse_value(SSTP_ATTRIB_STATUS_INFO, n),
				 n >= 8 ? SSTP_OK : SSTP_E_ATTR_LENGTH);
		assert_int_equal(parse_value(SSTP_ATTRIB_CRYPTO_BINDING, n),
				 n == 100 ? SSTP_OK : SSTP_E_ATTR_LENGTH);
		assert_int_equal(parse_value(SSTP_ATTRIB_CRYPTO_BINDING_REQ, n),
				 n == 36 ? SSTP_OK : SSTP_E_ATTR_LENGTH);
	}
}

static void test_values_are_read_where_they_stand_and_reserved_octets_are_ignored(void **state)
{
	uint8_t wire[100] = {0xff, 0xff, 0xff, 0x02};
	struct sstp_binding b;
	struct sstp_binding_req req;
	struct sstp_status_info info;
	uint16_t protocol;

	(void)state;
	assert_int_equal(sstp_parse_binding(rd_init(wire, 100), &b), SSTP_OK);
	assert_int_equal(b.hash, 2);
	assert_ptr_equal(b.nonce, wire + 4);
	assert_ptr_equal(b.cert, wire + 36);
	assert_ptr_equal(b.mac, wire + 68);
	wire[3] = 0xfd; /* the upper six bits are ignored */
	assert_int_equal(sstp_parse_binding_req(rd_init(wire, 36), &req), SSTP_OK);
	assert_int_equal(req.hashes, 1);
	assert_ptr_equal(req.nonce, wire + 4);
	memcpy(wire + 3, "\x02\x00\x00\x00\x0bxy", 7);
	assert_int_equal(sstp_parse_status(rd_init(wire, 10), &info), SSTP_OK);
	assert_int_equal(info.attrib, 2);
	assert_int_equal(info.status, 0x0b);
	assert_int_equal(info.value.n, 2);
	assert_memory_equal(info.value.p, "xy", 2);
	assert_int_equal(sstp_parse_protocol(rd_init("\x12\x34", 2), &protocol), SSTP_OK);
	assert_int_equal(protocol, 0x1234);
}

static void test_names_are_those_of_the_specification_and_never_null(void **state)
{
	(void)state;
	assert_string_equal(sstp_msg_name(1), "CALL_CONNECT_REQUEST");
	assert_string_equal(sstp_msg_name(9), "ECHO_RESPONSE");
	assert_string_equal(sstp_attrib_name(4), "CRYPTO_BINDING_REQ");
	assert_string_equal(sstp_status_name(11), "STATUS_INFO_NOT_SUPPORTED_IN_MSG");
	for (unsigned i = 0; i < 300; i++) {
		assert_non_null(sstp_msg_name(i));
		assert_non_null(sstp_attrib_name(i));
		assert_non_null(sstp_status_name(i));
	}
	assert_string_equal(sstp_msg_name(0), "UNKNOWN");
	assert_string_equal(sstp_msg_name(10), "UNKNOWN");
	assert_string_equal(sstp_attrib_name(5), "UNKNOWN");
	assert_string_equal(sstp_status_name(0xffffffff), "UNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_is_read_left_to_right),
		cmocka_unit_test(test_reserved_bits_of_the_header_are_ignored),
		cmocka_unit_test(test_every_version_but_1_0_is_refused),
		cmocka_unit_test(test_every_length_from_4_to_4095_is_taken),
		cmocka_unit_test(test_control_body_needs_type_and_count),
		cmocka_unit_test(test_attributes_are_cut_by_their_declared_length),
		cmocka_unit_test(
			test_an_attribute_length_below_4_or_past_the_end_uses_the_reader_up),
		cmocka_unit_test(test_every_length_but_the_right_one_is_refused),
		cmocka_unit_test(
			test_values_are_read_where_they_stand_and_reserved_octets_are_ignored),
		cmocka_unit_test(test_names_are_those_of_the_specification_and_never_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
