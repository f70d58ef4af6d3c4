/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/show.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "lib/ppp/ppp.h"
#include "lib/ppp/show.h"
#include "tests/unit/unhex.h"

static const struct {
	const char *hex, *words;
} shown[] = {
	{"ff03 c021 01010013 01040fb4 0305c22381 0506a1b2c3d4",
	 "lcp configure-request id=1 mru=4020 auth=chap-81 magic=0xa1b2c3d4"},
	{"c021 01010004", "lcp configure-request id=1"},
	{"c021 03020008 0304c023", "lcp configure-nak id=2 auth=pap"},
	{"c021 03020008 0304c227", "lcp configure-nak id=2 auth=eap"},
	{"c021 0302000a 03061234 5678", "lcp configure-nak id=2 auth=0x1234-5678"},
	{"c021 04030006 0702", "lcp configure-reject id=3 pfc"},
	{"c021 05040007 627965", "lcp terminate-request id=4 message=\"bye\""},
	{"c021 06040004", "lcp terminate-ack id=4"},
	{"c021 07050008 630a0004", "lcp code-reject id=5 code=99 data=0a0004"},
	{"c021 08060008 80fd0102", "lcp protocol-reject id=6 protocol=ccp data=0102"},
	{"c021 08060006 7777", "lcp protocol-reject id=6 protocol=0x7777"},
	{"c021 09070008 00000000", "lcp echo-request id=7 magic=0x00000000"},
	{"c021 0c08000a 01020304 6869", "lcp identification id=8 magic=0x01020304 message=\"hi\""},
	{"c021 0d09000c 01020304 00000e10",
	 "lcp time-remaining id=9 magic=0x01020304 seconds=3600"},
	{"c021 0d090010 01020304 00000e10 6279652e",
	 "lcp time-remaining id=9 magic=0x01020304 seconds=3600 message=\"bye.\""},
	{"c021 63010006 abcd", "lcp code-99 id=1 data=abcd"},
	{"8021 01010010 03060a000001 002d", "ipcp configure-request id=1 ip-address=10.0.0.1 "
					    "malformed-option wrong-length"},
	{"8021 0101000a 002d0102 0304", "ipcp configure-request id=1 malformed-option"},
	{"8057 0101000e 010a 0200000000000001",
	 "ipv6cp configure-request id=1 interface-id=0200:0000:0000:0001"},
	{"8021 09010004", "ipcp code-9 id=1"},
	{"80fd 0e010004", "ccp reset-request id=1"},
	{"8053 0f010004", "ecp reset-ack id=1"},
	{"0021 45000014", "ipv4 4 octets"},
	{"57 60000000", "ipv6 4 octets"},
	{"8ef1 01010004", "protocol 0x8ef1 configure-request id=1"},
	{"1235 00", "protocol 0x1235 1 octets"},
	{"ff", "ppp malformed-frame"},
	{"", "ppp malformed-frame"},
	{"c021", "lcp code-0 id=0 wrong-length"},
};

static void show(const char *hex, char *buf, size_t n)
{
	uint8_t bytes[64];
	struct text t = text_init(buf, n);

	ppp_show(&t, rd_init(bytes, unhex(hex, bytes, sizeof(bytes))));
}

static void test_frames_are_shown_in_words(void **state)
{
	char buf[256];

	(void)state;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		show(shown[i].hex, buf, sizeof(buf));
		assert_string_equal(buf, shown[i].words);
	}
}

static void test_every_truncation_of_every_frame_can_be_shown(void **state)
{
	uint8_t bytes[64];
	char buf[256];

	(void)state;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		size_t all = unhex(shown[i].hex, bytes, sizeof(bytes));

		for (size_t n = 0; n <= all; n++) {
			uint8_t *exact = test_malloc(n + 1);
			struct text t = text_init(buf, sizeof(buf));

			memcpy(exact, bytes, n);
			ppp_show(&t, rd_init(exact, n));
			assert_true(text_len(&t) > 0);
			test_free(exact);
		}
	}
}

static void test_words_of_the_peer_can_not_forge_a_line(void **state)
{
	char buf[256];

	(void)state;
	show("c021 0501000a 0a22203d 0d1b", buf, sizeof(buf));
	assert_string_equal(buf, "lcp terminate-request id=1 message=\"\\x0a\\x22 =\\x0d\\x1b\"");
}

static void test_long_data_is_cut_off(void **state)
{
	uint8_t frame[60] = {0xc0, 0x21, 9, 1, 0, 58};
	char buf[256];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	ppp_show(&t, rd_init(frame, sizeof(frame)));
	assert_int_equal(strlen(buf), strlen("lcp echo-request id=1 magic=0x00000000 data=") + 67);
	assert_string_equal(buf + strlen(buf) - 3, "...");
	/* 32 octets are shown whole */
	frame[5] = 40;
	t = text_init(buf, sizeof(buf));
	ppp_show(&t, rd_init(frame, 2 + 40));
	assert_int_equal(strlen(buf), strlen("lcp echo-request id=1 magic=0x00000000 data=") + 64);
}

static void test_rows_and_codes_can_be_asked_for(void **state)
{
	static const uint16_t with[] = {PPP_LCP, PPP_IPCP, PPP_IPV6CP, PPP_CCP, PPP_ECP};

	(void)state;
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		const struct cp_table *table = cp_options_of(with[i]);

		assert_non_null(table);
		assert_true(table->n <= CP_ROWS_MAX);
		for (size_t k = 0; k < table->n; k++) {
			const struct cp_option *o = &table->rows[k];

			assert_ptr_equal(cp_find_option(table, o->type), o);
			assert_true(o->min >= 2 && o->max >= o->min);
			assert_true(o->kind < CP_KINDS);
			assert_true(*o->name);
			/* what is judged can be named, and what is wanted suggested */
			assert_true(!o->suggest || o->judge);
			assert_true(!o->wanted || o->suggest);
		}
	}
	assert_null(cp_options_of(PPP_CHAP));
	assert_string_equal(cp_code_name(PPP_IPCP, 1), "configure-request");
	assert_null(cp_code_name(PPP_IPCP, 9));
	assert_string_equal(cp_code_name(PPP_CCP, 15), "reset-ack");
	assert_null(cp_code_name(PPP_LCP, 0));
	assert_null(cp_code_name(PPP_LCP, 200));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_are_shown_in_words),
		cmocka_unit_test(test_every_truncation_of_every_frame_can_be_shown),
		cmocka_unit_test(test_words_of_the_peer_can_not_forge_a_line),
		cmocka_unit_test(test_long_data_is_cut_off),
		cmocka_unit_test(test_rows_and_codes_can_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
