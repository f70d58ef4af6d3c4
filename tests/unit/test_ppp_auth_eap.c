/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/auth_eap.c: what holds for every EAP method. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_wire.h"

#define IDENTITY    "01 616c696365"                             /* "alice" */
#define MD5_REQUEST "04 10 00112233445566778899aabbccddeeff 76" /* from "v" */
#define MS_REQUEST  "1a 01 05 0016 10 00112233445566778899aabbccddeeff 76"

static const enum sstp_auth both[] = {SSTP_AUTH_EAP_MSCHAPV2, SSTP_AUTH_EAP_MD5, SSTP_AUTH_NONE};
static const enum sstp_auth mixed[] = {SSTP_AUTH_PAP, SSTP_AUTH_EAP_MD5, SSTP_AUTH_MSCHAPV2,
				       SSTP_AUTH_EAP_MSCHAPV2, SSTP_AUTH_NONE};

static struct pump p;
static struct pump_side s;

static void start_with(bool server, const enum sstp_auth *methods)
{
	pump_side(&s, server, methods, PUMP_USER, PUMP_PASSWORD);
	auth_start(&s.auth, SSTP_AUTH_EAP_MSCHAPV2, WIRE_NOW);
}

/* Starts a server and gives it the identity; its first offer is taken and returned. */
static struct pump_packet start_identified(const enum sstp_auth *methods)
{
	struct pump_packet k;

	start_with(true, methods);
	k = wire_take(&s);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], IDENTITY), SSTP_OK);
	return wire_take(&s);
}

static void test_server_asks_for_the_identity_first(void **state)
{
	(void)state;
	start_with(true, both);
	wire_expect(&s, EAP_REQUEST, s.auth.id, "01");
}

static void test_server_offers_its_methods_in_its_order(void **state)
{
	struct pump_packet k;

	(void)state;
	k = start_identified(both);
	assert_int_equal(k.bytes[4], EAP_MSCHAPV2);
	assert_int_equal(auth_method(&s.auth), SSTP_AUTH_EAP_MSCHAPV2);
	k = start_identified(mixed);
	assert_int_equal(k.bytes[4], EAP_MD5);
	assert_int_equal(auth_method(&s.auth), SSTP_AUTH_EAP_MD5);
	assert_string_equal(auth_user(&s.auth), "alice");
}

static void test_server_turns_to_the_method_that_a_nak_names(void **state)
{
	struct pump_packet k;
	uint8_t id;

	(void)state;
	k = start_identified(both);
	id = k.bytes[1];
	assert_int_equal(wire_give(&s, EAP_RESPONSE, id, "03 0d1504"), SSTP_OK);
	k = wire_take(&s);
	assert_int_equal(k.bytes[0], EAP_REQUEST);
	assert_int_equal(k.bytes[1], (uint8_t)(id + 1));
	assert_int_equal(k.bytes[4], EAP_MD5);
	assert_int_equal(auth_method(&s.auth), SSTP_AUTH_EAP_MD5);
}

static void test_server_gives_up_when_a_nak_names_nothing_of_its_own(void **state)
{
	static const char *const naks[] = {"03", "03 00", "03 0d", "03 1a", "03 fe"};
	struct pump_packet k;

	(void)state;
	for (size_t i = 0; i < sizeof(naks) / sizeof(naks[0]); i++) {
		k = start_identified(both);
		assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], naks[i]), SSTP_OK);
		assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_NO_METHOD);
		wire_expect(&s, EAP_FAILURE, k.bytes[1], "");
	}
}

static void test_naks_cannot_go_round_in_circles(void **state)
{
	struct pump_packet k;

	(void)state;
	k = start_identified(both);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], "03 041a"), SSTP_OK);
	k = wire_take(&s);
	assert_int_equal(k.bytes[4], EAP_MD5);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], "03 041a"), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_NO_METHOD);
}

/* RFC 3748 5.3.1, 5.1: no Nak for Identity. 5.3.2: Expanded Nak for Expanded Types only. */
static void test_server_discards_naks_where_none_belong(void **state)
{
	struct pump_packet k;

	(void)state;
	start_with(true, both);
	k = wire_take(&s);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], "03 04"), SSTP_E_AUTH_PACKET);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	k = start_identified(both);
	assert_int_equal(
		wire_give(&s, EAP_RESPONSE, k.bytes[1], "fe 000000 00000003 fe 000000 00000004"),
		SSTP_E_AUTH_PACKET);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	wire_expect_nothing(&s);
}

static void test_server_takes_only_the_identifier_and_type_it_asked_for(void **state)
{
	struct pump_packet k;

	(void)state;
	start_with(true, both);
	k = wire_take(&s);
	for (unsigned id = 0; id < 256; id++)
		if (id != k.bytes[1])
			assert_int_equal(wire_give(&s, EAP_RESPONSE, (uint8_t)id, IDENTITY),
					 SSTP_E_PPP_ID);
	k = start_identified(both);
	for (unsigned type = 0; type < 256; type++) {
		char hex[8] = {"0123456789abcdef"[type >> 4], "0123456789abcdef"[type & 15]};

		if (type == EAP_NAK || type == EAP_MSCHAPV2)
			continue;
		assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], hex), SSTP_E_AUTH_PACKET);
	}
	assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], ""), SSTP_E_AUTH_PACKET);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
}

static void test_every_request_has_a_new_identifier(void **state)
{
	uint8_t last;

	(void)state;
	pump_call(&p, SSTP_AUTH_EAP_MSCHAPV2, PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
	last = (uint8_t)(p.log[0].bytes[1] - 1);
	for (size_t i = 0; i < p.logged; i++) {
		if (p.log[i].bytes[0] == EAP_REQUEST)
			last++;
		assert_int_equal(p.log[i].bytes[1], last);
	}
}

/* RFC 3748 4.1: a request is repeated as it was, by the server alone. */
static void test_server_repeats_its_request_unchanged(void **state)
{
	struct pump_packet first;
	struct pump_packet again;

	(void)state;
	first = start_identified(both);
	for (int i = 0; i < 3; i++) {
		auth_tick(&s.auth, auth_deadline(&s.auth));
		again = wire_take(&s);
		assert_int_equal(again.n, first.n);
		assert_memory_equal(again.bytes, first.bytes, first.n);
	}
	start_with(false, both);
	assert_int_equal(auth_deadline(&s.auth), WIRE_NOW + s.cfg.total_ms);
	wire_expect_nothing(&s);
}

static void test_client_answers_a_repeated_request_with_the_same_response(void **state)
{
	struct pump_packet first;
	struct pump_packet again;

	(void)state;
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 5, MS_REQUEST), SSTP_OK);
	first = wire_take(&s);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(wire_give(&s, EAP_REQUEST, 5, MS_REQUEST), SSTP_OK);
		again = wire_take(&s);
		assert_int_equal(again.n, first.n);
		assert_memory_equal(again.bytes, first.bytes, first.n);
	}
}

static void test_client_gives_its_name_as_identity(void **state)
{
	(void)state;
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 9, "01 48656c6c6f"), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 9, IDENTITY);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 10, "01"), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 10, IDENTITY);
}

/* RFC 3748 2.1 */
static void test_client_discards_other_types_once_a_method_has_begun(void **state)
{
	(void)state;
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 1, MS_REQUEST), SSTP_OK);
	(void)wire_take(&s);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 2, "01"), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 2, MD5_REQUEST), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 2, "0d 20"), SSTP_E_UNEXPECTED);
	wire_expect_nothing(&s);
	assert_int_equal(auth_method(&s.auth), SSTP_AUTH_EAP_MSCHAPV2);
}

static void test_client_acknowledges_a_notification_and_keeps_its_words(void **state)
{
	(void)state;
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 1, "02 68656c6c6f"), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 1, "02");
	assert_string_equal(auth_message(&s.auth), "hello");
	assert_int_equal(wire_give(&s, EAP_REQUEST, 2, "01"), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 2, IDENTITY);
}

static void test_client_naks_what_it_may_not_use_naming_what_it_may(void **state)
{
	static const enum sstp_auth one[] = {SSTP_AUTH_MSCHAPV2, SSTP_AUTH_EAP_MSCHAPV2,
					     SSTP_AUTH_NONE};

	(void)state;
	start_with(false, one);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 1, MD5_REQUEST), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 1, "03 1a");
	assert_int_equal(wire_give(&s, EAP_REQUEST, 2, "0d 20"), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 2, "03 1a");
	assert_int_equal(wire_give(&s, EAP_REQUEST, 3, MS_REQUEST), SSTP_OK);
	assert_int_equal(wire_take(&s).bytes[4], EAP_MSCHAPV2);
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 1, "0d 20"), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 1, "03 1a04");
}

/* RFC 3748 5.3.2 */
static void test_client_refuses_an_expanded_type_in_expanded_form(void **state)
{
	(void)state;
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 1, "fe 000137 00000001 aa"), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 1,
		    "fe 000000 00000003 fe 000000 0000001a fe 000000 00000004");
}

static void test_client_discards_a_request_of_type_nak_or_none(void **state)
{
	(void)state;
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 1, "03 04"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 1, ""), SSTP_E_AUTH_PACKET);
	wire_expect_nothing(&s);
}

static void test_client_takes_no_success_out_of_the_blue(void **state)
{
	(void)state;
	start_with(false, both);
	for (unsigned id = 0; id < 256; id++) {
		assert_int_equal(wire_give(&s, EAP_SUCCESS, (uint8_t)id, ""), SSTP_E_UNEXPECTED);
		assert_int_equal(wire_give(&s, EAP_FAILURE, (uint8_t)id, ""), SSTP_E_UNEXPECTED);
	}
	assert_int_equal(wire_give(&s, EAP_REQUEST, 7, "01"), SSTP_OK);
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 7, ""), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 8, "0d 20"), SSTP_OK);
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 8, ""), SSTP_E_UNEXPECTED);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
}

static void test_client_takes_a_failure_at_once_when_it_is_for_its_response(void **state)
{
	(void)state;
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 7, "01"), SSTP_OK);
	assert_int_equal(wire_give(&s, EAP_FAILURE, 6, ""), SSTP_E_PPP_ID);
	assert_int_equal(wire_give(&s, EAP_FAILURE, 7, ""), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

static void test_a_failure_after_a_nak_means_that_no_method_fits(void **state)
{
	(void)state;
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 8, "0d 20"), SSTP_OK);
	assert_int_equal(wire_give(&s, EAP_FAILURE, 8, ""), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_NO_METHOD);
}

static void test_lists_that_share_a_method_meet_at_it(void **state)
{
	static const enum sstp_auth only_md5[] = {SSTP_AUTH_EAP_MD5, SSTP_AUTH_NONE};

	(void)state;
	pump_init(&p, both);
	pump_side(&p.client, false, only_md5, PUMP_USER, PUMP_PASSWORD);
	pump_start(&p, SSTP_AUTH_EAP_MSCHAPV2);
	pump_run(&p);
	assert_int_equal(auth_status(&p.server.auth), AUTH_DONE);
	assert_int_equal(auth_status(&p.client.auth), AUTH_DONE);
	assert_int_equal(auth_method(&p.server.auth), SSTP_AUTH_EAP_MD5);
	assert_int_equal(auth_method(&p.client.auth), SSTP_AUTH_EAP_MD5);
}

static void test_lists_that_share_nothing_fail_on_both_sides(void **state)
{
	(void)state;
	pump_init(&p, pump_only(SSTP_AUTH_EAP_MSCHAPV2));
	pump_side(&p.client, false, pump_only(SSTP_AUTH_EAP_MD5), PUMP_USER, PUMP_PASSWORD);
	auth_start(&p.server.auth, SSTP_AUTH_EAP_MSCHAPV2, p.now);
	auth_start(&p.client.auth, SSTP_AUTH_EAP_MD5, p.now);
	pump_run(&p);
	assert_int_equal(auth_error(&p.server.auth), SSTP_E_AUTH_NO_METHOD);
	assert_int_equal(auth_error(&p.client.auth), SSTP_E_AUTH_NO_METHOD);
}

static void test_server_refuses_an_identity_with_control_characters(void **state)
{
	struct pump_packet k;

	(void)state;
	start_with(true, both);
	k = wire_take(&s);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], "01 610062"), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
	wire_expect(&s, EAP_FAILURE, k.bytes[1], "");
}

static void test_server_says_success_again_when_asked_again(void **state)
{
	struct pump_packet *last;
	struct pump_packet k;

	(void)state;
	for (const enum sstp_auth *m = both; *m; m++) {
		pump_call(&p, *m, PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
		last = &p.log[p.logged - 2];
		assert_int_equal(last->bytes[0], EAP_RESPONSE);
		assert_int_equal(pump_give(&p.server, last->proto, last->bytes, last->n, p.now),
				 SSTP_OK);
		k = wire_take(&p.server);
		assert_int_equal(k.bytes[0], EAP_SUCCESS);
		assert_int_equal(k.bytes[1], last->bytes[1]);
		assert_int_equal(auth_status(&p.server.auth), AUTH_DONE);
	}
}

static void test_each_role_discards_what_the_other_should_get(void **state)
{
	(void)state;
	start_with(true, both);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 1, "01"), SSTP_E_PPP_CODE);
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 1, ""), SSTP_E_PPP_CODE);
	assert_int_equal(wire_give(&s, EAP_FAILURE, 1, ""), SSTP_E_PPP_CODE);
	start_with(false, both);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 1, IDENTITY), SSTP_E_PPP_CODE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_asks_for_the_identity_first),
		cmocka_unit_test(test_server_offers_its_methods_in_its_order),
		cmocka_unit_test(test_server_turns_to_the_method_that_a_nak_names),
		cmocka_unit_test(test_server_gives_up_when_a_nak_names_nothing_of_its_own),
		cmocka_unit_test(test_naks_cannot_go_round_in_circles),
		cmocka_unit_test(test_server_discards_naks_where_none_belong),
		cmocka_unit_test(test_server_takes_only_the_identifier_and_type_it_asked_for),
		cmocka_unit_test(test_every_request_has_a_new_identifier),
		cmocka_unit_test(test_server_repeats_its_request_unchanged),
		cmocka_unit_test(test_client_answers_a_repeated_request_with_the_same_response),
		cmocka_unit_test(test_client_gives_its_name_as_identity),
		cmocka_unit_test(test_client_discards_other_types_once_a_method_has_begun),
		cmocka_unit_test(test_client_acknowledges_a_notification_and_keeps_its_words),
		cmocka_unit_test(test_client_naks_what_it_may_not_use_naming_what_it_may),
		cmocka_unit_test(test_client_refuses_an_expanded_type_in_expanded_form),
		cmocka_unit_test(test_client_discards_a_request_of_type_nak_or_none),
		cmocka_unit_test(test_client_takes_no_success_out_of_the_blue),
		cmocka_unit_test(test_client_takes_a_failure_at_once_when_it_is_for_its_response),
		cmocka_unit_test(test_a_failure_after_a_nak_means_that_no_method_fits),
		cmocka_unit_test(test_lists_that_share_a_method_meet_at_it),
		cmocka_unit_test(test_lists_that_share_nothing_fail_on_both_sides),
		cmocka_unit_test(test_server_refuses_an_identity_with_control_characters),
		cmocka_unit_test(test_server_says_success_again_when_asked_again),
		cmocka_unit_test(test_each_role_discards_what_the_other_should_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
