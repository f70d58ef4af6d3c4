/* SPDX-License-Identifier: MIT */
/*
 * Claims about lib/ppp/auth.c, and those that hold for every method: both roles joined by a pump.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_pump.h"

static struct pump p;

static bool makes_keys(enum sstp_auth method)
{
	return method == SSTP_AUTH_MSCHAPV2 || method == SSTP_AUTH_EAP_MSCHAPV2;
}

static bool needs_clear_password(enum sstp_auth method)
{
	return method == SSTP_AUTH_CHAP_MD5 || method == SSTP_AUTH_EAP_MD5;
}

static bool both_done(void)
{
	return auth_status(&p.client.auth) == AUTH_DONE && auth_status(&p.server.auth) == AUTH_DONE;
}

/* Fails the test unless both sides are done, agree on the key, and it is zero where none is made.
 */
static void assert_in(enum sstp_auth method)
{
	static const uint8_t zeros[32];
	uint8_t client[32];
	uint8_t server[32];

	assert_true(both_done());
	assert_int_equal(auth_error(&p.server.auth), SSTP_OK);
	assert_int_equal(auth_method(&p.server.auth), method);
	assert_int_equal(auth_method(&p.client.auth), method);
	assert_string_equal(auth_user(&p.server.auth), PUMP_USER);
	assert_string_equal(auth_user(&p.client.auth), PUMP_USER);
	assert_int_equal(auth_hlak(&p.client.auth, client), SSTP_OK);
	assert_int_equal(auth_hlak(&p.server.auth, server), SSTP_OK);
	assert_memory_equal(client, server, 32);
	assert_int_equal(memcmp(client, zeros, 32) != 0, makes_keys(method));
	assert_int_equal(auth_deadline(&p.client.auth), TIME_NEVER);
	assert_int_equal(auth_deadline(&p.server.auth), TIME_NEVER);
}

/* Fails the test unless both sides have failed for this reason and hold no key. */
static void assert_out(int client_err, int server_err)
{
	uint8_t hlak[32];

	assert_int_equal(auth_status(&p.client.auth), AUTH_FAILED);
	assert_int_equal(auth_status(&p.server.auth), AUTH_FAILED);
	assert_int_equal(auth_error(&p.client.auth), client_err);
	assert_int_equal(auth_error(&p.server.auth), server_err);
	assert_int_equal(auth_hlak(&p.client.auth, hlak), SSTP_E_NOT_READY);
	assert_int_equal(auth_hlak(&p.server.auth, hlak), SSTP_E_NOT_READY);
}

static void test_every_method_lets_the_right_password_in(void **state)
{
	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++)
		for (enum pump_base base = PUMP_BY_PASSWORD; base <= PUMP_BY_PROXY; base++) {
			if (base == PUMP_BY_NT_HASH && needs_clear_password(*m))
				continue;
			pump_call(&p, *m, base, PUMP_USER, PUMP_PASSWORD);
			assert_in(*m);
			pump_fini(&p);
		}
}

static void test_every_method_keeps_a_wrong_password_out(void **state)
{
	static const char *const wrong[] = {"", "wonder12", "wonder1234", "Wonder123", "wonder124"};

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++)
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			pump_call(&p, *m, PUMP_BY_PASSWORD, PUMP_USER, wrong[i]);
			assert_out(SSTP_E_AUTH_FAILED, SSTP_E_AUTH_FAILED);
			if (needs_clear_password(*m))
				continue;
			pump_call(&p, *m, PUMP_BY_NT_HASH, PUMP_USER, wrong[i]);
			assert_out(SSTP_E_AUTH_FAILED, SSTP_E_AUTH_FAILED);
		}
}

static void test_an_unknown_user_gets_packets_like_a_wrong_password(void **state)
{
	size_t sizes[PUMP_LOG];
	size_t n;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_call(&p, *m, PUMP_BY_PASSWORD, PUMP_USER, "wrong");
		n = p.logged;
		for (size_t i = 0; i < n; i++)
			sizes[i] = p.log[i].n;
		pump_call(&p, *m, PUMP_BY_PASSWORD, "mallo", "wrong");
		assert_out(SSTP_E_AUTH_FAILED, SSTP_E_AUTH_FAILED);
		assert_int_equal(p.logged, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p.log[i].n, sizes[i]);
	}
}

static void test_an_unknown_user_with_an_empty_password_stays_out(void **state)
{
	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_call(&p, *m, PUMP_BY_NOBODY, PUMP_USER, "");
		assert_out(SSTP_E_AUTH_FAILED, SSTP_E_AUTH_FAILED);
	}
}

static void test_an_empty_password_is_a_password(void **state)
{
	struct sstp_auth_answer ans;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_init(&p, pump_only(*m));
		pump_side(&p.client, false, pump_only(*m), PUMP_USER, "");
		p.answer_after = 1;
		pump_start(&p, *m);
		pump_settle(&p);
		ans = (struct sstp_auth_answer){.verdict = SSTP_ANSWER_SECRET,
						.has_password = true};
		auth_answer(&p.server.auth, &ans, p.now);
		pump_run(&p);
		assert_in(*m);
	}
}

static void test_the_owners_reason_reaches_the_server_side(void **state)
{
	static const int reasons[] = {SSTP_E_AUTH_FAILED, SSTP_E_AUTH_EXPIRED, SSTP_E_AUTH_DISABLED,
				      SSTP_E_AUTH_BACKEND};

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++)
		for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
			pump_init(&p, pump_only(*m));
			p.base = PUMP_BY_NOBODY;
			p.refusal = reasons[i];
			pump_start(&p, *m);
			pump_run(&p);
			assert_int_equal(auth_error(&p.server.auth), reasons[i]);
			assert_int_equal(auth_status(&p.client.auth), AUTH_FAILED);
		}
}

static void test_a_refusal_without_reason_is_a_wrong_password(void **state)
{
	(void)state;
	pump_init(&p, pump_only(SSTP_AUTH_PAP));
	p.base = PUMP_BY_NOBODY;
	p.refusal = SSTP_OK;
	pump_start(&p, SSTP_AUTH_PAP);
	pump_run(&p);
	assert_out(SSTP_E_AUTH_FAILED, SSTP_E_AUTH_FAILED);
}

static void test_md5_with_nothing_but_an_nt_hash_fails_and_says_so(void **state)
{
	struct sstp_trace t;
	bool noted;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		if (!needs_clear_password(*m))
			continue;
		pump_call(&p, *m, PUMP_BY_NT_HASH, PUMP_USER, PUMP_PASSWORD);
		assert_out(SSTP_E_AUTH_FAILED, SSTP_E_AUTH_NO_METHOD);
		noted = false;
		while (tracer_next(&p.server.trace, &t))
			if (t.kind == SSTP_TRACE_NOTE && !strcmp(t.name, "clear-password-needed"))
				noted = true;
		assert_true(noted);
	}
}

static void test_an_answer_without_a_secret_is_the_data_bases_fault(void **state)
{
	struct sstp_auth_answer ans;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		ans = (struct sstp_auth_answer){.verdict = SSTP_ANSWER_SECRET};
		pump_init(&p, pump_only(*m));
		p.answer_after = 1;
		pump_start(&p, *m);
		pump_settle(&p);
		auth_answer(&p.server.auth, &ans, p.now);
		pump_run(&p);
		assert_out(SSTP_E_AUTH_FAILED, SSTP_E_AUTH_BACKEND);
	}
}

/* MS-SSTP 3.2.5.2.2: zeros are for methods that make no keys, not for keys that went missing. */
static void test_acceptance_without_the_key_leaves_no_key_to_bind_with(void **state)
{
	struct sstp_auth_answer ans = {0};
	uint8_t hlak[32];

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_init(&p, pump_only(*m));
		p.answer_after = 1;
		pump_start(&p, *m);
		pump_settle(&p);
		pump_accept(auth_request(&p.server.auth), &ans);
		ans.has_hlak = false;
		auth_answer(&p.server.auth, &ans, p.now);
		pump_run(&p);
		assert_true(both_done());
		assert_int_equal(auth_hlak(&p.server.auth, hlak),
				 makes_keys(*m) ? SSTP_E_BINDING_NO_KEY : SSTP_OK);
	}
}

static void test_acceptance_without_the_proof_is_the_data_bases_fault(void **state)
{
	static const enum sstp_auth keyed[] = {SSTP_AUTH_MSCHAPV2, SSTP_AUTH_EAP_MSCHAPV2};
	struct sstp_auth_answer ans = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pump_init(&p, pump_only(keyed[i]));
		p.answer_after = 1;
		pump_start(&p, keyed[i]);
		pump_settle(&p);
		pump_accept(auth_request(&p.server.auth), &ans);
		ans.proof[41] = '\0';
		auth_answer(&p.server.auth, &ans, p.now);
		pump_run(&p);
		assert_out(SSTP_E_AUTH_FAILED, SSTP_E_AUTH_BACKEND);
	}
}

static void test_a_late_answer_counts_and_repetitions_meanwhile_change_nothing(void **state)
{
	struct pump_packet *last;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_init(&p, pump_only(*m));
		p.answer_after = 1;
		pump_start(&p, *m);
		pump_settle(&p);
		assert_int_equal(auth_status(&p.server.auth), AUTH_ASKING);
		assert_int_equal(auth_request(&p.server.auth)->method, *m);
		assert_string_equal(auth_request(&p.server.auth)->user, PUMP_USER);
		assert_int_equal(auth_request(&p.server.auth)->user_len, strlen(PUMP_USER));
		last = &p.log[p.logged - 1];
		for (int i = 0; i < 3; i++) {
			assert_int_equal(
				pump_give(&p.server, last->proto, last->bytes, last->n, p.now),
				SSTP_OK);
			assert_int_equal(auth_status(&p.server.auth), AUTH_ASKING);
		}
		p.now += 20000;
		auth_tick(&p.server.auth, p.now);
		assert_int_equal(auth_status(&p.server.auth), AUTH_ASKING);
		p.answer_after = 0;
		pump_run(&p);
		assert_in(*m);
		assert_null(auth_request(&p.server.auth));
	}
}

static void test_an_answer_that_nobody_asked_for_is_wiped_and_ignored(void **state)
{
	struct sstp_auth_answer ans = {.verdict = SSTP_ANSWER_ACCEPT, .has_hlak = true};
	struct sstp_auth_answer zeros = {0};

	(void)state;
	pump_init(&p, pump_only(SSTP_AUTH_PAP));
	auth_answer(&p.server.auth, &ans, p.now);
	assert_int_equal(auth_status(&p.server.auth), AUTH_IDLE);
	auth_start(&p.server.auth, SSTP_AUTH_PAP, p.now);
	strcpy(ans.password, PUMP_PASSWORD);
	auth_answer(&p.server.auth, &ans, p.now);
	assert_int_equal(auth_status(&p.server.auth), AUTH_RUNNING);
	assert_memory_equal(ans.password, zeros.password, sizeof(ans.password));
}

static void test_an_answer_after_the_time_is_over_is_ignored(void **state)
{
	struct sstp_auth_answer ans = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

	(void)state;
	pump_init(&p, pump_only(SSTP_AUTH_MSCHAPV2));
	p.answer_after = 1;
	pump_start(&p, SSTP_AUTH_MSCHAPV2);
	pump_settle(&p);
	while (pump_wait(&p))
		pump_settle(&p);
	assert_int_equal(auth_error(&p.server.auth), SSTP_E_AUTH_TIME);
	strcpy(ans.password, PUMP_PASSWORD);
	auth_answer(&p.server.auth, &ans, p.now);
	assert_int_equal(auth_status(&p.server.auth), AUTH_FAILED);
}

static void test_a_method_that_is_not_allowed_does_not_start(void **state)
{
	static const enum sstp_auth chap_only[] = {SSTP_AUTH_MSCHAPV2, SSTP_AUTH_NONE};
	struct pump_packet k;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		if (*m == SSTP_AUTH_MSCHAPV2)
			continue;
		pump_init(&p, chap_only);
		pump_start(&p, *m);
		assert_out(SSTP_E_AUTH_NO_METHOD, SSTP_E_AUTH_NO_METHOD);
		assert_false(pump_take(&p.client, &k));
		assert_false(pump_take(&p.server, &k));
	}
	pump_init(&p, pump_methods);
	pump_start(&p, SSTP_AUTH_NONE);
	assert_out(SSTP_E_AUTH_NO_METHOD, SSTP_E_AUTH_NO_METHOD);
	pump_start(&p, SSTP_AUTHS);
	assert_out(SSTP_E_AUTH_NO_METHOD, SSTP_E_AUTH_NO_METHOD);
}

static void test_a_client_that_may_not_use_pap_never_sends_its_password(void **state)
{
	static const uint8_t ack[] = {PAP_ACK, 1, 0, 5, 0};
	static const enum sstp_auth others[] = {SSTP_AUTH_MSCHAPV2, SSTP_AUTH_CHAP_MD5,
						SSTP_AUTH_EAP_MSCHAPV2, SSTP_AUTH_NONE};
	struct pump_packet k;

	(void)state;
	pump_init(&p, others);
	auth_start(&p.client.auth, SSTP_AUTH_PAP, p.now);
	assert_int_equal(auth_error(&p.client.auth), SSTP_E_AUTH_NO_METHOD);
	assert_false(pump_take(&p.client, &k));
	assert_int_equal(pump_give(&p.client, PPP_PAP, ack, sizeof(ack), p.now),
			 SSTP_E_PPP_PROTOCOL);
	assert_int_equal(auth_status(&p.client.auth), AUTH_FAILED);
}

static void test_packets_of_another_protocol_are_discarded(void **state)
{
	static const uint16_t protos[] = {PPP_PAP, PPP_CHAP, PPP_EAP, PPP_LCP, 0};
	static const uint8_t packet[] = {1, 1, 0, 4};

	(void)state;
	pump_init(&p, pump_methods);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(pump_give(&p.server, protos[i], packet, 4, p.now),
				 SSTP_E_PPP_PROTOCOL);
	pump_start(&p, SSTP_AUTH_MSCHAPV2);
	for (size_t i = 0; i < 5; i++)
		if (protos[i] != PPP_CHAP)
			assert_int_equal(pump_give(&p.server, protos[i], packet, 4, p.now),
					 SSTP_E_PPP_PROTOCOL);
}

static void test_unknown_codes_are_discarded_by_both_roles(void **state)
{
	uint8_t packet[8] = {0, 1, 0, 8};

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++)
		for (int code = 0; code < 256; code++) {
			uint16_t proto = *m == SSTP_AUTH_PAP      ? PPP_PAP
					 : *m < SSTP_AUTH_EAP_MD5 ? PPP_CHAP
								  : PPP_EAP;

			if (code > 0 && code < 5)
				continue;
			pump_init(&p, pump_only(*m));
			pump_start(&p, *m);
			packet[0] = (uint8_t)code;
			assert_int_equal(pump_give(&p.server, proto, packet, 8, p.now),
					 SSTP_E_PPP_CODE);
			assert_int_equal(pump_give(&p.client, proto, packet, 8, p.now),
					 SSTP_E_PPP_CODE);
		}
}

static void test_a_silent_peer_gets_five_tries_each_twice_as_long_as_the_last(void **state)
{
	static const uint64_t due[] = {1000, 2000, 4000, 8000, 16000};
	static const enum sstp_auth client_first[] = {SSTP_AUTH_PAP};
	struct pump_packet k;
	struct pump_side *s;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_init(&p, pump_only(*m));
		s = *m == client_first[0] ? &p.client : &p.server;
		s->auth.cfg.restart_ms = 1000;
		auth_start(&s->auth, *m, p.now);
		for (size_t i = 0; i < 5; i++) {
			assert_true(pump_take(s, &k));
			assert_false(pump_take(s, &k));
			assert_int_equal(auth_deadline(&s->auth), p.now + due[i]);
			auth_tick(&s->auth, p.now + due[i] - 1);
			assert_false(pump_take(s, &k));
			p.now += due[i];
			auth_tick(&s->auth, p.now);
		}
		assert_false(pump_take(s, &k));
		assert_int_equal(auth_error(&s->auth), SSTP_E_AUTH_TIME);
		assert_int_equal(auth_deadline(&s->auth), TIME_NEVER);
	}
}

static void test_the_whole_has_its_time(void **state)
{
	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_init(&p, pump_only(*m));
		p.server.auth.cfg.total_ms = 5000;
		p.client.auth.cfg.total_ms = 5000;
		pump_start(&p, *m);
		while (pump_wait(&p))
			assert_true(p.now <= 6000);
		assert_int_equal(p.now, 6000);
		assert_out(SSTP_E_AUTH_TIME, SSTP_E_AUTH_TIME);
	}
}

static void test_a_lost_packet_is_made_good_by_repetition(void **state)
{
	size_t n;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_call(&p, *m, PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
		n = p.logged;
		/* The last packet of EAP is not repeated (RFC 3748 4.2); TCP does not lose it. */
		for (size_t hit = 0; hit < n - (*m >= SSTP_AUTH_EAP_MD5); hit++) {
			pump_init(&p, pump_only(*m));
			p.hit = hit;
			p.keep = 0;
			p.bit = SIZE_MAX;
			pump_start(&p, *m);
			pump_run(&p);
			if (hit + 1 < n || *m == SSTP_AUTH_PAP)
				assert_in(*m);
			assert_int_equal(auth_status(&p.server.auth), AUTH_DONE);
		}
	}
}

static void test_starting_again_forgets_the_call_before(void **state)
{
	uint8_t first[32];
	uint8_t second[32];

	(void)state;
	pump_call(&p, SSTP_AUTH_MSCHAPV2, PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
	assert_in(SSTP_AUTH_MSCHAPV2);
	assert_int_equal(auth_hlak(&p.server.auth, first), SSTP_OK);
	auth_start(&p.server.auth, SSTP_AUTH_MSCHAPV2, p.now);
	assert_int_equal(auth_status(&p.server.auth), AUTH_RUNNING);
	assert_int_equal(auth_hlak(&p.server.auth, second), SSTP_E_NOT_READY);
	assert_string_equal(auth_user(&p.server.auth), "");
	auth_start(&p.client.auth, SSTP_AUTH_MSCHAPV2, p.now);
	pump_run(&p);
	assert_in(SSTP_AUTH_MSCHAPV2);
	assert_int_equal(auth_hlak(&p.server.auth, second), SSTP_OK);
	assert_memory_not_equal(first, second, 32);
}

static void test_fini_leaves_nothing_behind(void **state)
{
	static const struct auth empty;

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_call(&p, *m, PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
		pump_fini(&p);
		assert_memory_equal(&p.client.auth, &empty, sizeof(empty));
		assert_memory_equal(&p.server.auth, &empty, sizeof(empty));
	}
}

static void test_no_password_stays_in_a_finished_object(void **state)
{
	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_call(&p, *m, PUMP_BY_PASSWORD, PUMP_USER, PUMP_PASSWORD);
		assert_false(pump_holds(&p.server.auth, sizeof(struct auth), PUMP_PASSWORD,
					strlen(PUMP_PASSWORD)));
		assert_false(pump_holds(&p.client.auth, sizeof(struct auth), PUMP_PASSWORD,
					strlen(PUMP_PASSWORD)));
	}
}

static void test_a_client_name_or_password_that_is_too_long_is_a_configuration_error(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	pump_init(&p, pump_methods);
	pump_side(&p.client, false, pump_methods, text, "x");
	auth_start(&p.client.auth, SSTP_AUTH_PAP, p.now);
	assert_int_equal(auth_error(&p.client.auth), SSTP_E_CONFIG);
	pump_side(&p.client, false, pump_methods, "x", text);
	auth_start(&p.client.auth, SSTP_AUTH_PAP, p.now);
	assert_int_equal(auth_error(&p.client.auth), SSTP_E_CONFIG);
}

static void test_names_and_passwords_may_be_as_long_as_they_may_be(void **state)
{
	char user[SSTP_NAME_MAX + 1];
	char password[SSTP_PASSWORD_MAX + 1];
	struct sstp_auth_answer ans;

	(void)state;
	memset(user, 'u', SSTP_NAME_MAX);
	memset(password, 'p', SSTP_PASSWORD_MAX);
	user[SSTP_NAME_MAX] = password[SSTP_PASSWORD_MAX] = '\0';
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		pump_init(&p, pump_only(*m));
		pump_side(&p.client, false, pump_only(*m), user, password);
		p.answer_after = 1;
		pump_start(&p, *m);
		pump_settle(&p);
		assert_string_equal(auth_request(&p.server.auth)->user, user);
		ans = (struct sstp_auth_answer){.verdict = SSTP_ANSWER_SECRET,
						.has_password = true};
		memcpy(ans.password, password, sizeof(password));
		auth_answer(&p.server.auth, &ans, p.now);
		pump_run(&p);
		assert_true(both_done());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_method_lets_the_right_password_in),
		cmocka_unit_test(test_every_method_keeps_a_wrong_password_out),
		cmocka_unit_test(test_an_unknown_user_gets_packets_like_a_wrong_password),
		cmocka_unit_test(test_an_unknown_user_with_an_empty_password_stays_out),
		cmocka_unit_test(test_an_empty_password_is_a_password),
		cmocka_unit_test(test_the_owners_reason_reaches_the_server_side),
		cmocka_unit_test(test_a_refusal_without_reason_is_a_wrong_password),
		cmocka_unit_test(test_md5_with_nothing_but_an_nt_hash_fails_and_says_so),
		cmocka_unit_test(test_an_answer_without_a_secret_is_the_data_bases_fault),
		cmocka_unit_test(test_acceptance_without_the_key_leaves_no_key_to_bind_with),
		cmocka_unit_test(test_acceptance_without_the_proof_is_the_data_bases_fault),
		cmocka_unit_test(
			test_a_late_answer_counts_and_repetitions_meanwhile_change_nothing),
		cmocka_unit_test(test_an_answer_that_nobody_asked_for_is_wiped_and_ignored),
		cmocka_unit_test(test_an_answer_after_the_time_is_over_is_ignored),
		cmocka_unit_test(test_a_method_that_is_not_allowed_does_not_start),
		cmocka_unit_test(test_a_client_that_may_not_use_pap_never_sends_its_password),
		cmocka_unit_test(test_packets_of_another_protocol_are_discarded),
		cmocka_unit_test(test_unknown_codes_are_discarded_by_both_roles),
		cmocka_unit_test(test_a_silent_peer_gets_five_tries_each_twice_as_long_as_the_last),
		cmocka_unit_test(test_the_whole_has_its_time),
		cmocka_unit_test(test_a_lost_packet_is_made_good_by_repetition),
		cmocka_unit_test(test_starting_again_forgets_the_call_before),
		cmocka_unit_test(test_fini_leaves_nothing_behind),
		cmocka_unit_test(test_no_password_stays_in_a_finished_object),
		cmocka_unit_test(
			test_a_client_name_or_password_that_is_too_long_is_a_configuration_error),
		cmocka_unit_test(test_names_and_passwords_may_be_as_long_as_they_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
