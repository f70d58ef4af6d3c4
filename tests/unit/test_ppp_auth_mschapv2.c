/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/auth_mschapv2.c, over CHAP. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_wire.h"

#define CHALLENGE "10 00112233445566778899aabbccddeeff 76706e"

static struct pump p;
static struct pump_side s;

/* Gives the server the Response of RFC 2759 9.2 under a name, to the challenge from there. */
static void give_rfc2759_response(const char *name)
{
	char hex[512] = "31 21402324255E262A28295F2B3A337C7E 0000000000000000"
			"82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF 00";
	char octet[3];

	wire_start(&s, true, SSTP_AUTH_MSCHAPV2);
	(void)wire_take(&s);
	unhex("5B5D7C7D7B3F2F3E3C2C602132262628", s.auth.challenge, 16);
	for (; *name; name++) {
		octet[0] = "0123456789abcdef"[*name >> 4];
		octet[1] = "0123456789abcdef"[*name & 15];
		octet[2] = '\0';
		strcat(hex, octet);
	}
	assert_int_equal(wire_give(&s, CHAP_RESPONSE, s.auth.id, hex), SSTP_OK);
}

/* Gives a client that has answered a challenge this message with a Success or Failure. */
static void give_message(uint8_t code, const char *message)
{
	char hex[512] = "";
	char octet[3];

	for (; *message; message++) {
		octet[0] = "0123456789abcdef"[(uint8_t)*message >> 4];
		octet[1] = "0123456789abcdef"[*message & 15];
		octet[2] = '\0';
		strcat(hex, octet);
	}
	assert_int_equal(wire_give(&s, code, 1, hex), SSTP_OK);
}

/* Starts a client and makes it answer a challenge. */
static void start_answered(void)
{
	wire_start(&s, false, SSTP_AUTH_MSCHAPV2);
	assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, CHALLENGE), SSTP_OK);
	(void)wire_take(&s);
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

static void test_server_takes_the_response_of_rfc2759_and_proves_itself(void **state)
{
	static const char *const names[] = {"User", "DOMAIN\\User"};
	struct pump_packet k;
	uint8_t hlak[32];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		give_rfc2759_response(names[i]);
		assert_string_equal(auth_request(&s.auth)->user, names[i]);
		wire_answer(&s, "clientPass");
		k = wire_take(&s);
		assert_int_equal(k.bytes[0], CHAP_SUCCESS);
		assert_memory_equal(k.bytes + 4,
				    "S=407A5589115FD0D6209F510FE9C04566932CDA56 M=", 45);
		assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_OK);
		assert_hex_equal(hlak, 32,
				 "d5f0e9521e3ea9589645e86051c822268b7cdc149b993a1ba118cb15"
				 "3f56dccb");
	}
}

/* A call of pppd to accel-ppp, captured and decrypted; the key is the one their binding used. */
static void test_server_agrees_with_a_call_between_two_other_programs(void **state)
{
	struct pump_packet k;
	uint8_t hlak[32];

	(void)state;
	wire_start(&s, true, SSTP_AUTH_MSCHAPV2);
	(void)wire_take(&s);
	unhex("e0cbbc09cee6d07002cf22f82cb6e710", s.auth.challenge, 16);
	assert_int_equal(wire_give(&s, CHAP_RESPONSE, s.auth.id,
				   "31 39d64b7a915914eb82715a7566aa4f6d 0000000000000000"
				   "78d7b7f33fd4f8d0899fe95b639a2b9cf6d988f295824b61 00"
				   "616c696365"),
			 SSTP_OK);
	wire_answer(&s, "wonder123");
	k = wire_take(&s);
	assert_memory_equal(k.bytes + 4, "S=7F617800B485F317C3339882386DDB54987AC3B1", 42);
	assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_OK);
	assert_hex_equal(hlak, 32,
			 "e3c544d476f0ce640bee1910a62e8bb75740509ccab6b9544122cf81ae6f2813");
}

static void test_name_is_part_of_the_proof(void **state)
{
	(void)state;
	give_rfc2759_response("user");
	wire_answer(&s, "clientPass");
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_FAILED);
}

static void test_client_and_server_hash_the_name_without_its_domain(void **state)
{
	struct sstp_auth_answer ans = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

	(void)state;
	pump_init(&p, pump_only(SSTP_AUTH_MSCHAPV2));
	pump_side(&p.client, false, pump_only(SSTP_AUTH_MSCHAPV2), "CORP\\alice", PUMP_PASSWORD);
	p.answer_after = 1;
	pump_start(&p, SSTP_AUTH_MSCHAPV2);
	pump_settle(&p);
	assert_string_equal(auth_request(&p.server.auth)->user, "CORP\\alice");
	strcpy(ans.password, PUMP_PASSWORD);
	auth_answer(&p.server.auth, &ans, p.now);
	pump_settle(&p);
	assert_int_equal(auth_status(&p.client.auth), AUTH_DONE);
}

static void test_failure_has_the_form_of_rfc2759_and_allows_no_retry(void **state)
{
	static const struct {
		int err;
		const char *head, *tail;
	} cases[] = {
		{SSTP_E_AUTH_FAILED, "E=691 R=0 C=", " V=3 M=Access denied"},
		{SSTP_E_AUTH_DISABLED, "E=647 R=0 C=", " V=3 M=Account disabled"},
		{SSTP_E_AUTH_EXPIRED, "E=648 R=0 C=", " V=3 M=Password expired"},
		{SSTP_E_AUTH_BACKEND, "E=691 R=0 C=", " V=3 M=Try again later"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sstp_auth_answer ans = {.err = cases[i].err};
		struct pump_packet k;

		give_rfc2759_response("User");
		auth_answer(&s.auth, &ans, WIRE_NOW);
		k = wire_take(&s);
		assert_int_equal(k.bytes[0], CHAP_FAILURE);
		assert_int_equal(k.n, 4 + 12 + 32 + strlen(cases[i].tail));
		assert_memory_equal(k.bytes + 4, cases[i].head, 12);
		for (size_t n = 16; n < 48; n++)
			assert_non_null(strchr("0123456789ABCDEF", k.bytes[n]));
		assert_memory_equal(k.bytes + 48, cases[i].tail, strlen(cases[i].tail));
		assert_int_equal(auth_error(&s.auth), cases[i].err);
	}
}

static void test_server_takes_no_second_response_after_a_failure(void **state)
{
	(void)state;
	give_rfc2759_response("User");
	wire_answer(&s, "wrong");
	(void)wire_take(&s);
	assert_int_equal(wire_give(&s, CHAP_RESPONSE, (uint8_t)(s.auth.id + 1), "31 00"),
			 SSTP_E_PPP_ID);
	wire_expect_nothing(&s);
	assert_int_equal(auth_status(&s.auth), AUTH_FAILED);
}

static void test_client_believes_a_proof_with_any_words_behind_it(void **state)
{
	/* None; RFC 2759's; without the blank, as Windows Server 2019 sends it. */
	static const char *const words[] = {"", " M=Welcome", "M=Welcome", " "};
	char message[128];
	uint8_t hlak[32];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		start_answered();
		make_proof(message);
		give_message(CHAP_SUCCESS, strcat(message, words[i]));
		assert_int_equal(auth_status(&s.auth), AUTH_DONE);
		assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_OK);
	}
}

static void test_client_does_not_believe_a_missing_or_wrong_proof(void **state)
{
	char proof[MSCHAP_PROOF + 1];
	char message[64];
	uint8_t hlak[32];

	(void)state;
	for (int k = 0; k < 8; k++) {
		start_answered();
		make_proof(proof);
		strcpy(message, proof);
		if (k == 0)
			strcpy(message, "");
		else if (k == 1)
			strcpy(message, "M=Welcome");
		else if (k == 2)
			message[41] = '\0'; /* a digit short */
		else if (k == 3)
			message[2] = message[2] == '0' ? '1' : '0';
		else if (k == 4)
			message[41] = message[41] == '0' ? '1' : '0';
		else if (k == 5)
			message[0] = 's';
		else if (k == 6)
			memmove(message + 1, proof, 43), message[0] = ' ';
		else
			memset(message + 2, '0', 40);
		give_message(CHAP_SUCCESS, message);
		assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_SERVER);
		assert_int_equal(auth_hlak(&s.auth, hlak), SSTP_E_NOT_READY);
	}
}

static void test_client_does_not_believe_the_proof_of_an_older_challenge(void **state)
{
	char proof[MSCHAP_PROOF + 1];

	(void)state;
	start_answered();
	make_proof(proof);
	assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, CHALLENGE), SSTP_OK);
	give_message(CHAP_SUCCESS, proof);
	assert_int_equal(auth_error(&s.auth), SSTP_E_AUTH_SERVER);
}

static void test_client_reads_the_failure_in_clear_text(void **state)
{
	static const struct {
		const char *message;
		int err;
		const char *words;
	} cases[] = {
		{"E=691 R=1 C=0123456789ABCDEF0123456789ABCDEF V=3 M=Go away", SSTP_E_AUTH_FAILED,
		 "Go away (E=691)"},
		{"E=691 R=0 C=0123456789ABCDEF0123456789ABCDEF V=3", SSTP_E_AUTH_FAILED,
		 "user name or password is wrong (E=691)"},
		{"E=646 R=0", SSTP_E_AUTH_DISABLED,
		 "the account may not log on at this time (E=646)"},
		{"E=647 R=0", SSTP_E_AUTH_DISABLED, "the account is disabled (E=647)"},
		{"E=648 R=0 V=3", SSTP_E_AUTH_EXPIRED, "the password has expired (E=648)"},
		{"E=649 R=0", SSTP_E_AUTH_DISABLED, "the account may not dial in (E=649)"},
		{"E=709 R=0", SSTP_E_AUTH_EXPIRED, "the password could not be changed (E=709)"},
		{"E=812 M=policy", SSTP_E_AUTH_FAILED, "policy (E=812)"},
		{"E=812", SSTP_E_AUTH_FAILED, "(E=812)"},
		{"no form at all", SSTP_E_AUTH_FAILED, "no form at all"},
		{"", SSTP_E_AUTH_FAILED, ""},
		{"E", SSTP_E_AUTH_FAILED, "E"},
		{"E=", SSTP_E_AUTH_FAILED, "E="},
		{"E=x R=0", SSTP_E_AUTH_FAILED, "E=x R=0"},
		{"E=99999999999999999999", SSTP_E_AUTH_FAILED, "E=99999999999999999999"},
		{"M=a E=691", SSTP_E_AUTH_FAILED, "M=a E=691"},
		{"E=691 M=\x1b[31m", SSTP_E_AUTH_FAILED, "?[31m (E=691)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_answered();
		give_message(CHAP_FAILURE, cases[i].message);
		assert_int_equal(auth_error(&s.auth), cases[i].err);
		assert_string_equal(auth_message(&s.auth), cases[i].words);
	}
}

static void test_client_does_not_try_again_when_allowed_to(void **state)
{
	(void)state;
	start_answered();
	give_message(CHAP_FAILURE, "E=691 R=1 C=0123456789ABCDEF0123456789ABCDEF V=3 M=again?");
	assert_int_equal(auth_status(&s.auth), AUTH_FAILED);
	wire_expect_nothing(&s);
}

static void test_client_response_has_zeros_where_they_are_reserved(void **state)
{
	struct pump_packet k;

	(void)state;
	wire_start(&s, false, SSTP_AUTH_MSCHAPV2);
	assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, CHALLENGE), SSTP_OK);
	k = wire_take(&s);
	assert_int_equal(k.n, 4 + 1 + 49 + 5);
	assert_int_equal(k.bytes[4], 49);
	assert_memory_equal(k.bytes + 5 + 16, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(k.bytes[5 + 48], 0);
	assert_memory_equal(k.bytes + 54, PUMP_USER, 5);
}

static void test_client_with_a_password_that_is_not_utf8_says_so(void **state)
{
	(void)state;
	pump_side(&s, false, pump_only(SSTP_AUTH_MSCHAPV2), PUMP_USER, "\xff\xfe");
	auth_start(&s.auth, SSTP_AUTH_MSCHAPV2, WIRE_NOW);
	assert_int_equal(wire_give(&s, CHAP_CHALLENGE, 1, CHALLENGE), SSTP_OK);
	assert_int_equal(auth_error(&s.auth), SSTP_E_CONFIG);
	wire_expect_nothing(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_takes_the_response_of_rfc2759_and_proves_itself),
		cmocka_unit_test(test_server_agrees_with_a_call_between_two_other_programs),
		cmocka_unit_test(test_name_is_part_of_the_proof),
		cmocka_unit_test(test_client_and_server_hash_the_name_without_its_domain),
		cmocka_unit_test(test_failure_has_the_form_of_rfc2759_and_allows_no_retry),
		cmocka_unit_test(test_server_takes_no_second_response_after_a_failure),
		cmocka_unit_test(test_client_believes_a_proof_with_any_words_behind_it),
		cmocka_unit_test(test_client_does_not_believe_a_missing_or_wrong_proof),
		cmocka_unit_test(test_client_does_not_believe_the_proof_of_an_older_challenge),
		cmocka_unit_test(test_client_reads_the_failure_in_clear_text),
		cmocka_unit_test(test_client_does_not_try_again_when_allowed_to),
		cmocka_unit_test(test_client_response_has_zeros_where_they_are_reserved),
		cmocka_unit_test(test_client_with_a_password_that_is_not_utf8_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
