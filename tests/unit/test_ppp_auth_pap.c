/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/auth_pap.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_wire.h"

#define ALICE  "05 616c696365 "        /* "alice" */
#define WONDER "09 776f6e646572313233" /* "wonder123" */

static struct pump_side s;

static void test_client_sends_name_and_password_and_takes_the_ack(void **state)
{
	uint8_t id;

	(void)state;
	wire_start(&s, false, SSTP_AUTH_PAP);
	id = s.auth.id;
	wire_expect(&s, PAP_REQUEST, id, ALICE WONDER);
	assert_int_equal(wire_give(&s, PAP_ACK, id, "02 6869"), SSTP_OK);
	assert_int_equal(auth_status(&s.auth), AUTH_DONE);
	assert_string_equal(auth_message(&s.auth), "hi");
	wire_expect_nothing(&s);
}

static void test_client_takes_an_ack_without_any_message(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_PAP);
	assert_int_equal(wire_give(&s, PAP_ACK, s.auth.id, ""), SSTP_OK);
	assert_int_equal(auth_status(&s.auth), AUTH_DONE);
}

static void test_client_fails_on_nak_with_the_servers_words(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_PAP);
	assert_int_equal(wire_give(&s, PAP_NAK, s.auth.id, "05 6e6f0a6e6f"), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
	assert_string_equal(auth_message(&s.auth), "no?no");
}

static void test_client_repeats_with_a_new_identifier_and_takes_an_answer_to_any(void **state)
{
	uint8_t first;

	(void)state;
	for (uint8_t answered = 0; answered < 3; answered++) {
		wire_start(&s, false, SSTP_AUTH_PAP);
		first = s.auth.id;
		wire_expect(&s, PAP_REQUEST, first, ALICE WONDER);
		auth_tick(&s.auth, auth_deadline(&s.auth));
		wire_expect(&s, PAP_REQUEST, (uint8_t)(first + 1), ALICE WONDER);
		auth_tick(&s.auth, auth_deadline(&s.auth));
		wire_expect(&s, PAP_REQUEST, (uint8_t)(first + 2), ALICE WONDER);
		assert_int_equal(wire_give(&s, PAP_ACK, (uint8_t)(first + 3), "00"), SSTP_E_PPP_ID);
		assert_int_equal(wire_give(&s, PAP_ACK, (uint8_t)(first - 1), "00"), SSTP_E_PPP_ID);
		assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
		assert_int_equal(wire_give(&s, PAP_ACK, (uint8_t)(first + answered), "00"),
				 SSTP_OK);
		assert_int_equal(auth_status(&s.auth), AUTH_DONE);
	}
}

static void test_client_discards_a_malformed_reply(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_PAP);
	assert_int_equal(wire_give(&s, PAP_ACK, s.auth.id, "03 6869"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, PAP_NAK, s.auth.id, "03 6869"), SSTP_E_AUTH_PACKET);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
}

static void test_client_answers_no_requests(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_PAP);
	assert_int_equal(wire_give(&s, PAP_REQUEST, 1, ALICE WONDER), SSTP_E_PPP_CODE);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
}

static void test_server_waits_asks_and_acks(void **state)
{
	const struct sstp_auth_request *q;

	(void)state;
	wire_start(&s, true, SSTP_AUTH_PAP);
	wire_expect_nothing(&s);
	assert_int_equal(wire_give(&s, PAP_REQUEST, 7, ALICE WONDER), SSTP_OK);
	q = auth_request(&s.auth);
	assert_non_null(q);
	assert_int_equal(q->method, SSTP_AUTH_PAP);
	assert_string_equal(q->user, "alice");
	assert_string_equal(q->password, "wonder123");
	wire_expect_nothing(&s);
	wire_answer(&s, "wonder123");
	wire_expect(&s, PAP_ACK, 7, "00");
	assert_int_equal(auth_status(&s.auth), AUTH_DONE);
}

static void test_server_naks_in_words_that_tell_little(void **state)
{
	struct sstp_auth_answer ans = {.err = SSTP_E_AUTH_EXPIRED};

	(void)state;
	wire_start(&s, true, SSTP_AUTH_PAP);
	wire_give(&s, PAP_REQUEST, 7, ALICE WONDER);
	wire_answer(&s, "wonder124");
	wire_expect(&s, PAP_NAK, 7, "0d 4163636573732064656e696564"); /* Access denied */
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);

	wire_start(&s, true, SSTP_AUTH_PAP);
	wire_give(&s, PAP_REQUEST, 7, ALICE WONDER);
	auth_answer(&s.auth, &ans, WIRE_NOW);
	wire_expect(&s, PAP_NAK, 7, "10 50617373776f72642065787069726564"); /* Password expired */
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_EXPIRED);
}

/* RFC 1334 2.2.1 */
static void test_server_gives_a_repeated_request_the_same_reply_code(void **state)
{
	(void)state;
	wire_start(&s, true, SSTP_AUTH_PAP);
	wire_give(&s, PAP_REQUEST, 7, ALICE WONDER);
	wire_answer(&s, "wonder123");
	wire_expect(&s, PAP_ACK, 7, "00");
	for (uint8_t id = 7; id < 10; id++) {
		assert_int_equal(wire_give(&s, PAP_REQUEST, id, ALICE WONDER), SSTP_OK);
		wire_expect(&s, PAP_ACK, id, "00");
		assert_int_equal(auth_status(&s.auth), AUTH_DONE);
	}
	assert_int_equal(wire_give(&s, PAP_REQUEST, 11, ALICE), SSTP_E_AUTH_PACKET);
	wire_expect_nothing(&s);

	wire_start(&s, true, SSTP_AUTH_PAP);
	wire_give(&s, PAP_REQUEST, 7, ALICE WONDER);
	wire_answer(&s, "other");
	assert_int_equal(wire_give(&s, PAP_REQUEST, 8, ALICE "05 6f74686572"), SSTP_OK);
	wire_expect(&s, PAP_NAK, 8, "0d 4163636573732064656e696564");
	assert_int_equal(auth_status(&s.auth), AUTH_FAILED);
}

static void test_server_answers_the_newest_of_equal_requests_while_it_asks(void **state)
{
	(void)state;
	wire_start(&s, true, SSTP_AUTH_PAP);
	wire_give(&s, PAP_REQUEST, 7, ALICE WONDER);
	assert_int_equal(wire_give(&s, PAP_REQUEST, 8, ALICE WONDER), SSTP_OK);
	assert_int_equal(wire_give(&s, PAP_REQUEST, 9, ALICE "03 616263"), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, PAP_REQUEST, 9, "03 626f62" WONDER), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, PAP_REQUEST, 9, "05 616c69"), SSTP_E_AUTH_PACKET);
	assert_string_equal(auth_request(&s.auth)->password, "wonder123");
	wire_answer(&s, "wonder123");
	wire_expect(&s, PAP_ACK, 8, "00");
}

static void test_server_refuses_names_with_control_characters_without_asking(void **state)
{
	static const char *const names[] = {"03 610062 ", "03 610a62 ", "03 1b5b62 ", "01 7f ",
					    "01 00 "};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char hex[64];

		strcpy(hex, names[i]);
		wire_start(&s, true, SSTP_AUTH_PAP);
		assert_int_equal(wire_give(&s, PAP_REQUEST, 7, strcat(hex, WONDER)), SSTP_OK);
		assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
		assert_string_equal(auth_user(&s.auth), "");
		wire_expect(&s, PAP_NAK, 7, "0d 4163636573732064656e696564");
	}
}

static void test_server_refuses_a_password_with_a_nul(void **state)
{
	(void)state;
	wire_start(&s, true, SSTP_AUTH_PAP);
	assert_int_equal(wire_give(&s, PAP_REQUEST, 7, ALICE "0a 776f6e64657231323300"), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

static void test_server_checks_utf8_passwords_against_an_nt_hash(void **state)
{
	struct sstp_auth_answer ans;

	(void)state;
	for (int valid = 0; valid < 2; valid++) {
		wire_start(&s, true, SSTP_AUTH_PAP);
		wire_give(&s, PAP_REQUEST, 7, valid ? ALICE "04 f09f9491" : ALICE "03 f09f94");
		ans = (struct sstp_auth_answer){.verdict = SSTP_ANSWER_SECRET, .has_nt_hash = true};
		unhex("5f7b3ff474e4237afd6a078f3c4d8632", ans.nt_hash, 16);
		auth_answer(&s.auth, &ans, WIRE_NOW);
		assert_int_equal(auth_status(&s.auth), valid ? AUTH_DONE : AUTH_FAILED);
	}
}

static void test_passwords_that_begin_alike_differ(void **state)
{
	static const char *const wrong[] = {"wonder12", "wonder1234", "", "wonder123 "};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		wire_start(&s, true, SSTP_AUTH_PAP);
		wire_give(&s, PAP_REQUEST, 7, ALICE WONDER);
		wire_answer(&s, wrong[i]);
		assert_int_equal(auth_status(&s.auth), AUTH_FAILED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_sends_name_and_password_and_takes_the_ack),
		cmocka_unit_test(test_client_takes_an_ack_without_any_message),
		cmocka_unit_test(test_client_fails_on_nak_with_the_servers_words),
		cmocka_unit_test(
			test_client_repeats_with_a_new_identifier_and_takes_an_answer_to_any),
		cmocka_unit_test(test_client_discards_a_malformed_reply),
		cmocka_unit_test(test_client_answers_no_requests),
		cmocka_unit_test(test_server_waits_asks_and_acks),
		cmocka_unit_test(test_server_naks_in_words_that_tell_little),
		cmocka_unit_test(test_server_gives_a_repeated_request_the_same_reply_code),
		cmocka_unit_test(test_server_answers_the_newest_of_equal_requests_while_it_asks),
		cmocka_unit_test(test_server_refuses_names_with_control_characters_without_asking),
		cmocka_unit_test(test_server_refuses_a_password_with_a_nul),
		cmocka_unit_test(test_server_checks_utf8_passwords_against_an_nt_hash),
		cmocka_unit_test(test_passwords_that_begin_alike_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
