/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/auth_packet.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/ppp/auth_packet.h"
#include "sstp/error.h"
#include "unhex.h"

static uint8_t wire[256];

/* Returns a reader over bytes written in hex. */
static struct rd hex(const char *text)
{
	return rd_init(wire, unhex(text, wire, sizeof(wire)));
}

static void assert_view(struct view v, const char *due)
{
	assert_int_equal(v.n, strlen(due));
	if (v.n)
		assert_memory_equal(v.p, due, v.n);
}

static void test_pap_request_yields_user_and_password(void **state)
{
	struct pap_request q;

	(void)state;
	assert_int_equal(pap_parse_request(hex("03 616263 02 7879"), &q), SSTP_OK);
	assert_view(q.user, "abc");
	assert_view(q.password, "xy");
	assert_int_equal(pap_parse_request(hex("00 00"), &q), SSTP_OK);
	assert_int_equal(q.user.n + q.password.n, 0);
}

static void test_pap_request_refuses_every_truncation(void **state)
{
	struct rd whole = hex("03 616263 02 7879");
	struct pap_request q;

	(void)state;
	for (size_t n = 0; n < rd_left(&whole); n++)
		assert_int_equal(pap_parse_request(rd_init(wire, n), &q), SSTP_E_AUTH_PACKET);
}

static void test_pap_reply_may_lack_its_message_but_not_a_part_of_it(void **state)
{
	struct view m;

	(void)state;
	assert_int_equal(pap_parse_reply(hex(""), &m), SSTP_OK);
	assert_int_equal(m.n, 0);
	assert_int_equal(pap_parse_reply(hex("00"), &m), SSTP_OK);
	assert_int_equal(m.n, 0);
	assert_int_equal(pap_parse_reply(hex("02 6869"), &m), SSTP_OK);
	assert_view(m, "hi");
	assert_int_equal(pap_parse_reply(hex("03 6869"), &m), SSTP_E_AUTH_PACKET);
	assert_view(m, "hi");
}

static void test_chap_value_has_at_least_one_octet(void **state)
{
	struct chap_value v;

	(void)state;
	assert_int_equal(chap_parse_value(hex("02 aabb 6e616d65"), &v), SSTP_OK);
	assert_int_equal(v.value.n, 2);
	assert_view(v.name, "name");
	assert_int_equal(chap_parse_value(hex("02 aabb"), &v), SSTP_OK);
	assert_int_equal(v.name.n, 0);
	assert_int_equal(chap_parse_value(hex("00 6e616d65"), &v), SSTP_E_AUTH_PACKET);
	assert_int_equal(chap_parse_value(hex("03 aabb"), &v), SSTP_E_AUTH_PACKET);
	assert_int_equal(chap_parse_value(hex(""), &v), SSTP_E_AUTH_PACKET);
}

static void test_eap_mschapv2_length_must_be_exact(void **state)
{
	struct eap_mschapv2 m;

	(void)state;
	assert_int_equal(eap_parse_mschapv2(hex("01 07 0006 aabb"), &m), SSTP_OK);
	assert_int_equal(m.op, MSCHAPV2_CHALLENGE);
	assert_int_equal(m.id, 7);
	assert_false(m.brief);
	assert_int_equal(rd_left(&m.body), 2);
	assert_int_equal(eap_parse_mschapv2(hex("01 07 0005 aabb"), &m), SSTP_E_AUTH_PACKET);
	assert_int_equal(eap_parse_mschapv2(hex("01 07 0007 aabb"), &m), SSTP_E_AUTH_PACKET);
	assert_int_equal(eap_parse_mschapv2(hex("01 07 00"), &m), SSTP_E_AUTH_PACKET);
	assert_int_equal(eap_parse_mschapv2(hex(""), &m), SSTP_E_AUTH_PACKET);
}

static void test_eap_mschapv2_has_a_form_of_one_octet(void **state)
{
	struct eap_mschapv2 m;

	(void)state;
	assert_int_equal(eap_parse_mschapv2(hex("03"), &m), SSTP_OK);
	assert_true(m.brief);
	assert_int_equal(m.op, MSCHAPV2_SUCCESS);
	assert_int_equal(rd_left(&m.body), 0);
}

static void test_mschapv2_failure_yields_code_and_words(void **state)
{
	static const struct {
		const char *message;
		unsigned code;
		const char *words;
	} rows[] = {
		{"E=691 R=0 C=00 V=3 M=Access denied", 691, "Access denied"},
		{"E=648 R=1", 648, ""},
		{"Access denied", 0, "Access denied"},
		{"E=x M=no", 0, "E=x M=no"},
		{"", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct view words;
		struct rd r = rd_init(rows[i].message, strlen(rows[i].message));

		assert_int_equal(mschapv2_parse_failure(r, &words), rows[i].code);
		assert_view(words, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pap_request_yields_user_and_password),
		cmocka_unit_test(test_pap_request_refuses_every_truncation),
		cmocka_unit_test(test_pap_reply_may_lack_its_message_but_not_a_part_of_it),
		cmocka_unit_test(test_chap_value_has_at_least_one_octet),
		cmocka_unit_test(test_eap_mschapv2_length_must_be_exact),
		cmocka_unit_test(test_eap_mschapv2_has_a_form_of_one_octet),
		cmocka_unit_test(test_mschapv2_failure_yields_code_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
