/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/eap_mschapv2.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_wire.h"

#define MS_REQUEST "1a 01 05 0018 10 00112233445566778899aabbccddeeff 76706e"
#define RFC2759_RESPONSE                                                                           \
	" 31 21402324255E262A28295F2B3A337C7E 0000000000000000"                                    \
	"82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF 00"

static struct pump p;
static struct pump_side s;

/* Starts a server and brings it to its challenge, which is the one of RFC 2759 9.2 under
 * identifier and MS-CHAPv2-ID 7. The identity is "id". */
static struct pump_packet start_challenged(void)
{
	struct pump_packet k;

	wire_start(&s, true, SSTP_AUTH_EAP_MSCHAPV2);
	k = wire_take(&s);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, k.bytes[1], "01 6964"), SSTP_OK);
	k = wire_take(&s);
	s.auth.id = 7;
	s.auth.eap.ms_id = 7;
	unhex("5B5D7C7D7B3F2F3E3C2C602132262628", s.auth.challenge, 16);
	return k;
}

/* Starts a client and makes it answer a challenge. */
static void start_answered(void)
{
	wire_start(&s, false, SSTP_AUTH_EAP_MSCHAPV2);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 5, MS_REQUEST), SSTP_OK);
	(void)wire_take(&s);
}

/* Gives the client a Success or Failure Request with this message. */
static int give_message(uint8_t id, uint8_t op, const char *message)
{
	uint8_t bytes[256] = {EAP_REQUEST, id, 0, 0, EAP_MSCHAPV2, op, 5};
	size_t n = 9 + strlen(message);

	bytes[3] = (uint8_t)n;
	bytes[8] = (uint8_t)(n - 5);
	memcpy(bytes + 9, message, strlen(message));
	return pump_give(&s, PPP_EAP, bytes, n, WIRE_NOW);
}

/* Writes the proof that the client waits for. */
static void make_proof(char proof[MSCHAP_PROOF + 1])
{
	struct mschap m = {s.auth.challenge, s.auth.response, PUMP_USER, strlen(PUMP_USER)};
	uint8_t hash[NT_HASH_SIZE];

	assert_true(nt_hash(PUMP_PASSWORD, strlen(PUMP_PASSWORD), hash));
	mschap_proof(&m, hash, s.auth.response + MSCHAP_NT_OFFSET, proof);
	proof[MSCHAP_PROOF] = '\0';
}

/* Brings a client to where it has seen the proof. */
static void start_proven(void)
{
	char proof[MSCHAP_PROOF + 1];

	start_answered();
	make_proof(proof);
	assert_int_equal(give_message(6, MSCHAPV2_SUCCESS, proof), SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 6, "1a 03");
}

static void test_challenge_has_the_drafts_form(void **state)
{
	struct pump_packet k = start_challenged();

	(void)state;
	assert_int_equal(k.n, 4 + 1 + 4 + 1 + 16 + 3);
	assert_int_equal(k.bytes[4], EAP_MSCHAPV2);
	assert_int_equal(k.bytes[5], MSCHAPV2_CHALLENGE);
	assert_int_equal(k.bytes[6], k.bytes[1]);
	assert_int_equal(be16(k.bytes[7], k.bytes[8]), k.n - 5);
	assert_int_equal(k.bytes[9], 16);
	assert_memory_equal(k.bytes + 26, "vpn", 3);
}

static void test_server_proves_itself_and_succeeds_when_the_client_agrees(void **state)
{
	struct pump_packet k;
	uint8_t hlak[32];

	(void)state;
	start_challenged();
	assert_int_equal(
		wire_give(&s, EAP_RESPONSE, 7, "1a 02 07 003a" RFC2759_RESPONSE "55736572"),
		SSTP_OK);
	assert_string_equal(auth_request(&s.auth)->user, "User");
	assert_int_equal(auth_request(&s.auth)->response_len, 49);
	wire_answer(&s, "clientPass");
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	k = wire_take(&s);
	assert_int_equal(k.bytes[0], EAP_REQUEST);
	assert_int_equal(k.bytes[1], 8);
	assert_int_equal(k.bytes[5], MSCHAPV2_SUCCESS);
	assert_int_equal(k.bytes[6], 7);
	assert_int_equal(be16(k.bytes[7], k.bytes[8]), k.n - 5);
	assert_memory_equal(k.bytes + 9, "S=407A5589115FD0D6209F510FE9C04566932CDA56 M=", 45);
	assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_E_NOT_READY);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 8, "1a 03"), SSTP_OK);
	wire_expect(&s, EAP_SUCCESS, 8, "");
	assert_int_equal(auth_status(&s.auth), AUTH_DONE);
	assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_OK);
	assert_hex_equal(hlak, 32,
			 "d5f0e9521e3ea9589645e86051c822268b7cdc149b993a1ba118cb153f56dccb");
}

static void test_the_identity_serves_when_the_response_names_nobody(void **state)
{
	(void)state;
	start_challenged();
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, "1a 02 07 0036" RFC2759_RESPONSE), SSTP_OK);
	assert_string_equal(auth_request(&s.auth)->user, "id");
}

static void test_server_discards_a_response_that_does_not_fit(void **state)
{
	static const struct {
		const char *hex;
		int err;
	} wrong[] = {
		{"1a", SSTP_E_AUTH_PACKET},
		{"1a 02", SSTP_E_AUTH_PACKET},
		{"1a 03", SSTP_E_UNEXPECTED}, /* too early */
		{"1a 04", SSTP_E_UNEXPECTED},
		{"1a 01 07 0036" RFC2759_RESPONSE, SSTP_E_AUTH_PACKET}, /* OpCode */
		{"1a 07 07 0036" RFC2759_RESPONSE, SSTP_E_AUTH_PACKET},
		{"1a 02 08 0036" RFC2759_RESPONSE, SSTP_E_PPP_ID},      /* MS-CHAPv2-ID */
		{"1a 02 07 0035" RFC2759_RESPONSE, SSTP_E_AUTH_PACKET}, /* MS-Length */
		{"1a 02 07 003b" RFC2759_RESPONSE, SSTP_E_AUTH_PACKET},
		{"1a 02 07 0016 10 00112233445566778899aabbccddeeff 55", SSTP_E_AUTH_PACKET},
	};

	(void)state;
	start_challenged();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, wrong[i].hex), wrong[i].err);
		assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
		wire_expect_nothing(&s);
	}
}

static void test_refusal_is_a_failure_request_and_then_eap_failure(void **state)
{
	struct pump_packet k;

	(void)state;
	start_challenged();
	wire_give(&s, EAP_RESPONSE, 7, "1a 02 07 003a" RFC2759_RESPONSE "55736572");
	wire_answer(&s, "wrong");
	k = wire_take(&s);
	assert_int_equal(k.bytes[0], EAP_REQUEST);
	assert_int_equal(k.bytes[5], MSCHAPV2_FAILURE);
	assert_int_equal(k.bytes[6], 7);
	assert_int_equal(be16(k.bytes[7], k.bytes[8]), k.n - 5);
	assert_memory_equal(k.bytes + 9, "E=691 R=0 C=", 12);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 8, "1a 03"), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 8, "1a 04"), SSTP_OK);
	wire_expect(&s, EAP_FAILURE, 8, "");
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

static void test_a_client_that_never_says_it_was_refused_is_refused_all_the_same(void **state)
{
	(void)state;
	start_challenged();
	wire_give(&s, EAP_RESPONSE, 7, "1a 02 07 003a" RFC2759_RESPONSE "55736572");
	wire_answer(&s, "wrong");
	while (auth_deadline(&s.auth) != TIME_NEVER)
		auth_tick(&s.auth, auth_deadline(&s.auth));
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

static void test_a_client_that_does_not_believe_the_server_ends_the_call(void **state)
{
	(void)state;
	start_challenged();
	wire_give(&s, EAP_RESPONSE, 7, "1a 02 07 003a" RFC2759_RESPONSE "55736572");
	wire_answer(&s, "clientPass");
	(void)wire_take(&s);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 8, "1a 02"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 8, "03 04"), SSTP_E_AUTH_PACKET);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 8, "1a 04"), SSTP_OK);
	wire_expect(&s, EAP_FAILURE, 8, "");
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_SERVER);
}

static void test_success_response_may_carry_what_a_request_carries(void **state)
{
	(void)state;
	start_challenged();
	wire_give(&s, EAP_RESPONSE, 7, "1a 02 07 003a" RFC2759_RESPONSE "55736572");
	wire_answer(&s, "clientPass");
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 8, "1a 03 07 0004"), SSTP_OK);
	assert_int_equal(auth_status(&s.auth), AUTH_DONE);
}

static void test_server_refuses_names_with_control_characters_without_asking(void **state)
{
	(void)state;
	start_challenged();
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 7, "1a 02 07 0038" RFC2759_RESPONSE "610a"),
			 SSTP_OK);
	assert_null(auth_request(&s.auth));
	assert_int_equal(wire_take(&s).bytes[5], MSCHAPV2_FAILURE);
	assert_int_equal(wire_give(&s, EAP_RESPONSE, 8, "1a 04"), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

static void test_client_response_has_the_drafts_form(void **state)
{
	struct pump_packet k;

	(void)state;
	wire_start(&s, false, SSTP_AUTH_EAP_MSCHAPV2);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 9, MS_REQUEST), SSTP_OK);
	k = wire_take(&s);
	assert_int_equal(k.n, 4 + 1 + 4 + 1 + 49 + 5);
	assert_int_equal(k.bytes[1], 9);
	assert_int_equal(k.bytes[5], MSCHAPV2_RESPONSE);
	assert_int_equal(k.bytes[6], 5);
	assert_int_equal(be16(k.bytes[7], k.bytes[8]), k.n - 5);
	assert_int_equal(k.bytes[9], 49);
	assert_memory_equal(k.bytes + 59, PUMP_USER, 5);
}

static void test_client_takes_success_only_after_it_saw_the_proof(void **state)
{
	uint8_t hlak[32];

	(void)state;
	start_answered();
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 5, ""), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 6, ""), SSTP_E_UNEXPECTED);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	start_proven();
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_E_NOT_READY);
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 6, ""), SSTP_OK);
	assert_int_equal(auth_status(&s.auth), AUTH_DONE);
	assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_OK);
}

static void test_success_may_be_one_ahead_but_no_more(void **state)
{
	(void)state;
	start_proven();
	for (unsigned id = 0; id < 256; id++)
		if (id != 6 && id != 7)
			assert_int_equal(wire_give(&s, EAP_SUCCESS, (uint8_t)id, ""),
					 SSTP_E_PPP_ID);
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 7, ""), SSTP_OK);
	assert_int_equal(auth_status(&s.auth), AUTH_DONE);
}

/* RFC 3748 4.2: after the success was agreed on. */
static void test_client_discards_a_failure_after_the_proof(void **state)
{
	(void)state;
	start_proven();
	assert_int_equal(wire_give(&s, EAP_FAILURE, 6, ""), SSTP_E_UNEXPECTED);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	assert_int_equal(give_message(7, MSCHAPV2_FAILURE, "E=691"), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 7, MS_REQUEST), SSTP_E_UNEXPECTED);
	assert_int_equal(wire_give(&s, EAP_SUCCESS, 6, ""), SSTP_OK);
}

static void test_client_does_not_believe_a_missing_or_wrong_proof(void **state)
{
	char proof[MSCHAP_PROOF + 1];

	(void)state;
	for (int k = 0; k < 3; k++) {
		start_answered();
		make_proof(proof);
		if (k == 0)
			proof[0] = '\0';
		else if (k == 1)
			proof[41] = '\0';
		else
			proof[20] = proof[20] == '0' ? '1' : '0';
		assert_int_equal(give_message(6, MSCHAPV2_SUCCESS, proof), SSTP_OK);
		assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_SERVER);
		wire_expect_nothing(&s);
		assert_int_equal(wire_give(&s, EAP_SUCCESS, 5, ""), SSTP_E_UNEXPECTED);
	}
}

static void test_client_takes_no_proof_before_it_answered(void **state)
{
	(void)state;
	wire_start(&s, false, SSTP_AUTH_EAP_MSCHAPV2);
	assert_int_equal(
		give_message(1, MSCHAPV2_SUCCESS, "S=0000000000000000000000000000000000000000"),
		SSTP_E_UNEXPECTED);
	assert_int_equal(give_message(1, MSCHAPV2_FAILURE, "E=691"), SSTP_E_UNEXPECTED);
	wire_expect_nothing(&s);
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
}

static void test_client_acknowledges_a_refusal_and_fails_with_its_words(void **state)
{
	(void)state;
	start_answered();
	assert_int_equal(give_message(6, MSCHAPV2_FAILURE, "E=648 R=0 C=00 V=3 M=too old"),
			 SSTP_OK);
	wire_expect(&s, EAP_RESPONSE, 6, "1a 04");
	assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	assert_int_equal(wire_give(&s, EAP_FAILURE, 6, ""), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_EXPIRED);
	assert_string_equal(auth_message(&s.auth), "too old (E=648)");
}

static void test_a_refused_client_does_not_wait_long_for_the_end(void **state)
{
	(void)state;
	start_answered();
	assert_int_equal(give_message(6, MSCHAPV2_FAILURE, "E=691 R=1"), SSTP_OK);
	assert_int_equal(auth_deadline(&s.auth), WIRE_NOW + 3000);
	auth_tick(&s.auth, WIRE_NOW + 3000);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

static void test_client_discards_a_request_that_does_not_fit(void **state)
{
	static const char *const wrong[] = {
		"1a",
		"1a 01",
		"1a 03",
		"1a 01 05 0017 10 00112233445566778899aabbccddeeff 76706e", /* MS-Length */
		"1a 01 05 0019 10 00112233445566778899aabbccddeeff 76706e",
		"1a 01 05 0014 0f 00112233445566778899aabbccddee", /* size */
		"1a 01 05 0016 11 00112233445566778899aabbccddeeff11",
		"1a 02 05 0018 10 00112233445566778899aabbccddeeff 76706e", /* OpCode */
		"1a 07 05 0004",
		"1a 00 05 0004",
	};

	(void)state;
	wire_start(&s, false, SSTP_AUTH_EAP_MSCHAPV2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_not_equal(wire_give(&s, EAP_REQUEST, 5, wrong[i]), SSTP_OK);
		wire_expect_nothing(&s);
		assert_int_equal(auth_status(&s.auth), AUTH_RUNNING);
	}
	assert_int_equal(wire_give(&s, EAP_REQUEST, 5, MS_REQUEST), SSTP_OK);
}

static void test_client_with_a_password_that_is_not_utf8_says_so(void **state)
{
	(void)state;
	pump_side(&s, false, pump_only(SSTP_AUTH_EAP_MSCHAPV2), PUMP_USER, "\xc0\x80");
	auth_start(&s.auth, SSTP_AUTH_EAP_MSCHAPV2, WIRE_NOW);
	assert_int_equal(wire_give(&s, EAP_REQUEST, 5, MS_REQUEST), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_CONFIG);
	wire_expect_nothing(&s);
}

/* The exchange of the draft's chapter 3, as it goes over the wire. */
static void test_a_call_has_seven_packets(void **state)
{
	static const uint8_t codes[] = {EAP_REQUEST, EAP_RESPONSE, EAP_REQUEST, EAP_RESPONSE,
					EAP_REQUEST, EAP_RESPONSE, EAP_SUCCESS};

	(void)state;
	pump_call(&p, SSTP_AUTH_EAP_MSCHAPV2, PUMP_BY_NT_HASH, PUMP_USER, PUMP_PASSWORD);
	assert_int_equal(p.logged, sizeof(codes));
	for (size_t i = 0; i < sizeof(codes); i++)
		assert_int_equal(p.log[i].bytes[0], codes[i]);
	pump_call(&p, SSTP_AUTH_EAP_MSCHAPV2, PUMP_BY_NT_HASH, PUMP_USER, "wrong");
	assert_int_equal(p.logged, sizeof(codes));
	assert_int_equal(p.log[6].bytes[0], EAP_FAILURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenge_has_the_drafts_form),
		cmocka_unit_test(test_server_proves_itself_and_succeeds_when_the_client_agrees),
		cmocka_unit_test(test_the_identity_serves_when_the_response_names_nobody),
		cmocka_unit_test(test_server_discards_a_response_that_does_not_fit),
		cmocka_unit_test(test_refusal_is_a_failure_request_and_then_eap_failure),
		cmocka_unit_test(
			test_a_client_that_never_says_it_was_refused_is_refused_all_the_same),
		cmocka_unit_test(test_a_client_that_does_not_believe_the_server_ends_the_call),
		cmocka_unit_test(test_success_response_may_carry_what_a_request_carries),
		cmocka_unit_test(test_server_refuses_names_with_control_characters_without_asking),
		cmocka_unit_test(test_client_response_has_the_drafts_form),
		cmocka_unit_test(test_client_takes_success_only_after_it_saw_the_proof),
		cmocka_unit_test(test_success_may_be_one_ahead_but_no_more),
		cmocka_unit_test(test_client_discards_a_failure_after_the_proof),
		cmocka_unit_test(test_client_does_not_believe_a_missing_or_wrong_proof),
		cmocka_unit_test(test_client_takes_no_proof_before_it_answered),
		cmocka_unit_test(test_client_acknowledges_a_refusal_and_fails_with_its_words),
		cmocka_unit_test(test_a_refused_client_does_not_wait_long_for_the_end),
		cmocka_unit_test(test_client_discards_a_request_that_does_not_fit),
		cmocka_unit_test(test_client_with_a_password_that_is_not_utf8_says_so),
		cmocka_unit_test(test_a_call_has_seven_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
