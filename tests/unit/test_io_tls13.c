/* SPDX-License-Identifier: MIT */
/* Claims about io/tls13.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "io/tls13.h"

/* RFC 8448 3, "{client} derive write traffic keys for application data" and "{client} send
 * application_data record". */
static const uint8_t rfc8448_secret[32] = {0x9e, 0x40, 0x64, 0x6c, 0xe7, 0x9a, 0x7f, 0x9d,
					   0xc0, 0x5a, 0xf8, 0x88, 0x9b, 0xce, 0x65, 0x52,
					   0x87, 0x5a, 0xfa, 0x0b, 0x06, 0xdf, 0x00, 0x87,
					   0xf7, 0x92, 0xeb, 0xb7, 0xc1, 0x75, 0x04, 0xa5};
static const uint8_t rfc8448_iv[12] = {0x5b, 0x78, 0x92, 0x3d, 0xee, 0x08,
				       0x57, 0x90, 0x33, 0xe5, 0x23, 0xd9};
static const uint8_t rfc8448_record[72] = {
	0x17, 0x03, 0x03, 0x00, 0x43, 0xa2, 0x3f, 0x70, 0x54, 0xb6, 0x2c, 0x94, 0xd0, 0xaf, 0xfa,
	0xfe, 0x82, 0x28, 0xba, 0x55, 0xcb, 0xef, 0xac, 0xea, 0x42, 0xf9, 0x14, 0xaa, 0x66, 0xbc,
	0xab, 0x3f, 0x2b, 0x98, 0x19, 0xa8, 0xa5, 0xb4, 0x6b, 0x39, 0x5b, 0xd5, 0x4a, 0x9a, 0x20,
	0x44, 0x1e, 0x2b, 0x62, 0x97, 0x4e, 0x1f, 0x5a, 0x62, 0x92, 0xa2, 0x97, 0x70, 0x14, 0xbd,
	0x1e, 0x3d, 0xea, 0xe6, 0x3a, 0xee, 0xbb, 0x21, 0x69, 0x49, 0x15, 0xe4};

static struct tls13 keys(uint16_t suite, bool seal)
{
	struct tls13 k = {.secret_n = suite == 0x1302 ? 48 : 32};

	memcpy(k.secret, rfc8448_secret, 32);
	assert_true(tls13_start(&k, suite, seal));
	return k;
}

static void test_a_record_is_sealed_and_opened_as_in_rfc8448(void **state)
{
	struct tls13 sender = keys(0x1301, true), receiver = keys(0x1301, false);
	uint8_t content[50], out[100], type;

	(void)state;
	for (unsigned i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)i;
	assert_memory_equal(sender.iv, rfc8448_iv, sizeof(rfc8448_iv));
	assert_int_equal(tls13_seal(&sender, TLS13_APPLICATION, content, sizeof(content), out), 72);
	assert_memory_equal(out, rfc8448_record, sizeof(rfc8448_record));
	assert_int_equal(tls13_open(&receiver, rfc8448_record, 72, out, &type), 50);
	assert_int_equal(type, TLS13_APPLICATION);
	assert_memory_equal(out, content, sizeof(content));
	tls13_wipe(&sender);
	tls13_wipe(&receiver);
}

static void test_every_suite_opens_what_it_seals_through_generations_of_keys(void **state)
{
	static uint8_t content[16384], record[sizeof(content) + TLS13_OVERHEAD];

	(void)state;
	for (uint16_t suite = 0x1301; suite <= 0x1303; suite++) {
		struct tls13 sender = keys(suite, true), receiver = keys(suite, false);

		for (unsigned i = 0; i < 400; i++) {
			size_t n = i * i % sizeof(content), size;
			uint8_t type = 0;

			memset(content, (int)i, n);
			size = tls13_seal(&sender, TLS13_HANDSHAKE, content, n, record);
			assert_int_equal(size, n + TLS13_OVERHEAD);
			assert_int_equal(
				tls13_open(&receiver, record, size, record + TLS13_HEADER, &type),
				n);
			assert_int_equal(type, TLS13_HANDSHAKE);
			assert_memory_equal(record + TLS13_HEADER, content, n);
			if (i % 50 == 49) {
				assert_true(tls13_next(&sender) && tls13_next(&receiver));
				assert_int_equal(sender.sequence, 0);
			}
		}
		tls13_wipe(&sender);
		tls13_wipe(&receiver);
	}
}

static void test_a_record_with_any_bit_changed_or_out_of_order_is_refused(void **state)
{
	uint8_t record[72], out[72], type;

	(void)state;
	for (unsigned bit = 0; bit < 8 * sizeof(record); bit++) {
		struct tls13 k = keys(0x1301, false);

		memcpy(record, rfc8448_record, sizeof(record));
		record[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(tls13_open(&k, record, sizeof(record), out, &type), -1);
		tls13_wipe(&k);
	}
	for (size_t n = 5; n < sizeof(record); n++) {
		struct tls13 k = keys(0x1301, false);

		assert_int_equal(tls13_open(&k, rfc8448_record, n, out, &type), -1);
		k.sequence = 1;
		assert_int_equal(tls13_open(&k, rfc8448_record, 72, out, &type), -1);
		tls13_wipe(&k);
	}
}

static void test_padding_is_taken_off_and_a_record_of_nothing_else_refused(void **state)
{
	static const uint8_t padded[] = {'h', 'i', TLS13_APPLICATION, 0, 0, 0}, zeros[6];
	struct tls13 sender = keys(0x1303, true), receiver = keys(0x1303, false);
	uint8_t record[64], out[64], type;
	size_t n;

	(void)state;
	n = tls13_seal(&sender, 0, padded, sizeof(padded), record); /* a "type" of 0 is padding */
	assert_int_equal(tls13_open(&receiver, record, n, out, &type), 2);
	assert_int_equal(type, TLS13_APPLICATION);
	n = tls13_seal(&sender, 0, zeros, sizeof(zeros), record);
	assert_int_equal(tls13_open(&receiver, record, n, out, &type), -1);
	tls13_wipe(&sender);
	tls13_wipe(&receiver);
}

static void test_unknown_suites_and_secrets_of_another_length_make_no_keys(void **state)
{
	struct tls13 k = {.secret_n = 32};

	(void)state;
	assert_false(tls13_start(&k, 0x1304, true));
	assert_false(tls13_start(&k, 0x1302, true));
	tls13_wipe(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_record_is_sealed_and_opened_as_in_rfc8448),
		cmocka_unit_test(test_every_suite_opens_what_it_seals_through_generations_of_keys),
		cmocka_unit_test(test_a_record_with_any_bit_changed_or_out_of_order_is_refused),
		cmocka_unit_test(test_padding_is_taken_off_and_a_record_of_nothing_else_refused),
		cmocka_unit_test(test_unknown_suites_and_secrets_of_another_length_make_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
