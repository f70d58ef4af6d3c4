/* SPDX-License-Identifier: MIT */
/*
 * Calls of real sessions: crypto bindings come out as an independent program computed them
 * (binding.txt), whatever the user knows, and each failing session's verdict names its cause.
 * Started with the directory of the captures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/analyse_calls.h"
#include "tests/unit/unhex.h"

#include "lib/crypto/nthash.h"

static const char *dir;

static const char *path_of(const char *name, const char *ext)
{
	static char room[4][512];
	static unsigned next;
	char *to = room[next++ % 4];

	snprintf(to, sizeof(room[0]), "%s/%s%s", dir, name, ext);
	return to;
}

/* Runs the capture NAME with its key log. */
static void run(struct keep *all, const char *name, struct call_secrets *secrets)
{
	struct tls_keys *keys = tls_keys_new();
	char why[TLS_KEYS_WHY];

	assert_non_null(keys);
	assert_int_equal(tls_keys_load_log(keys, path_of(name, ".keylog"), false, why), 0);
	keep_run(all, path_of(name, ".pcap"), keys, secrets);
	tls_keys_free(keys);
	assert_true(all->n > 0);
	assert_int_equal(all->call[0].number, 1);
}

static struct call_secrets *with_password(const char *text)
{
	struct call_secrets *s = call_secrets_new();
	char why[SECRETS_WHY];

	assert_non_null(s);
	if (text)
		assert_int_equal(call_secrets_password(s, text, why), 0);
	return s;
}

/* A session of binding.txt. */
struct due {
	char name[64];
	unsigned hash;
	char nonce[80], cert[80], hlak[80], cmk[80], mac[80];
};

/* Reads the next session; false at the end. */
static bool read_due(FILE *in, struct due *d)
{
	char lines[5][512];

	for (int i = 0; i < 5; i++)
		if (!fgets(lines[i], sizeof(lines[i]), in))
			return false;
	assert_int_equal(sscanf(lines[0], "== %63s", d->name), 1);
	assert_int_equal(sscanf(lines[1], "hash protocol %u nonce %79s", &d->hash, d->nonce), 2);
	assert_int_equal(sscanf(lines[2], "cert hash in packet %79s", d->cert), 1);
	assert_int_equal(sscanf(lines[3], "client send||recv HLAK=%79s CMK=%79s CMAC=%79s MATCH",
				d->hlak, d->cmk, d->mac),
			 3);
	return true;
}

static void check_due(const struct due *d, const struct call_binding *b)
{
	size_t n = d->hash == SSTP_HASH_SHA1 ? 20 : 32;
	struct sstp_binding bound;
	uint8_t cmk[32];

	assert_true(b->seen);
	assert_int_equal(b->hash, d->hash);
	assert_hex_equal(b->nonce, sizeof(b->nonce), d->nonce);
	assert_hex_equal(b->hlak, sizeof(b->hlak), d->hlak);
	assert_int_equal(binding_cmk(b->hash, b->hlak, cmk), n);
	assert_hex_equal(cmk, n, d->cmk);
	assert_hex_equal(b->mac, n, d->mac);
	assert_int_equal(sstp_parse_binding(rd_init(b->msg + 12, SSTP_CONNECTED_LEN - 12), &bound),
			 0);
	assert_hex_equal(bound.cert, n, d->cert);
	assert_int_equal(b->hash_ok, CHECK_OK);
	assert_int_equal(b->nonce_ok, CHECK_OK);
	assert_int_equal(b->cert_ok, CHECK_OK);
	assert_int_equal(b->mac_ok, CHECK_OK);
}

static void test_bindings_are_those_that_another_program_computed(void **state)
{
	FILE *in = fopen(path_of("binding", ".txt"), "r");
	unsigned n = 0;
	struct due d;

	(void)state;
	assert_non_null(in);
	while (read_due(in, &d)) {
		struct call_secrets *s = with_password("alice:wonder123");
		struct keep all;

		run(&all, d.name, s);
		check_due(&d, &all.call[0].binding);
		assert_int_equal(all.call[0].binding.key, CALL_KEY_PASSWORD);
		keep_fini(&all);
		call_secrets_free(s);
		n++;
	}
	fclose(in);
	assert_int_equal(n, 6);
}

static void test_binding_is_checked_by_nt_hash_and_by_master_session_key(void **state)
{
	struct call_secrets *s = call_secrets_new();
	uint8_t hash[NT_HASH_SIZE];
	char text[64] = "alice:";
	char why[SECRETS_WHY];
	struct keep all;

	(void)state;
	assert_true(nt_hash("wonder123", 9, hash));
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(text + 6 + 2 * i, 3, "%02x", hash[i]);
	assert_int_equal(call_secrets_nt_hash(s, text, why), 0);
	run(&all, "accel-tls13", s);
	assert_int_equal(all.call[0].binding.mac_ok, CHECK_OK);
	assert_int_equal(all.call[0].binding.key, CALL_KEY_NT_HASH);
	keep_fini(&all);
	call_secrets_free(s);

	s = call_secrets_new();
	assert_int_equal(call_secrets_msk(s,
					  "fe00fa79d107937f120d844b48559e6e"
					  "bfaca69f74f31073a35f08e5a01fd607",
					  why),
			 0);
	run(&all, "accel-tls13", s);
	assert_int_equal(all.call[0].binding.mac_ok, CHECK_OK);
	assert_int_equal(all.call[0].binding.key, CALL_KEY_MSK);
	keep_fini(&all);
	call_secrets_free(s);
}

static void test_binding_says_what_is_missing(void **state)
{
	static const struct {
		const char *password, *missing;
	} rows[] = {
		{NULL, "give the user's password"},
		{"bob:wonder123", "give the user's password"},
		{"alice:wrong", "not the one that the client used"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call_secrets *s = with_password(rows[i].password);
		struct keep all;

		run(&all, "accel-tls13", s);
		assert_int_equal(all.call[0].binding.mac_ok, CHECK_UNKNOWN);
		assert_non_null(strstr(all.call[0].binding.missing, rows[i].missing));
		keep_fini(&all);
		call_secrets_free(s);
	}
}

static void test_password_of_anybody_needs_no_user(void **state)
{
	struct call_secrets *s = with_password(":wonder123");
	struct keep all;

	(void)state;
	run(&all, "accel-sha1-binding", s);
	assert_int_equal(all.call[0].binding.mac_ok, CHECK_OK);
	keep_fini(&all);
	call_secrets_free(s);
}

static void test_wrong_secrets_are_refused_with_a_reason(void **state)
{
	struct call_secrets *s = call_secrets_new();
	char why[SECRETS_WHY] = "";

	(void)state;
	assert_int_equal(call_secrets_password(s, "alice", why), -1);
	assert_non_null(strstr(why, "USER:PASSWORD"));
	assert_int_equal(call_secrets_password(s, "alice:\xff", why), -1);
	assert_non_null(strstr(why, "UTF-8"));
	assert_int_equal(call_secrets_nt_hash(s, "alice:12", why), -1);
	assert_non_null(strstr(why, "32 hex digits"));
	assert_int_equal(call_secrets_msk(s, "zz", why), -1);
	assert_non_null(strstr(why, "64 hex digits"));
	assert_int_equal(call_secrets_radius(s, "", why), -1);
	assert_int_equal(call_secrets_radius(s, "one", why), 0);
	assert_int_equal(call_secrets_radius(s, "two", why), -1);
	call_secrets_free(s);
}

static void test_verdicts_name_the_cause(void **state)
{
	static const struct {
		const char *name;
		enum severity severity;
		const char *words;
	} rows[] = {
		{"accel-fail-binding-certhash", SEVERITY_ERROR, "certificate hash does not match"},
		{"accel-fail-binding-hashproto", SEVERITY_ERROR, "hash protocol is none"},
		{"accel-fail-binding-mac", SEVERITY_ERROR, "compound MAC is wrong"},
		{"accel-fail-binding-nonce", SEVERITY_ERROR, "nonce in the crypto binding"},
		{"accel-fail-encap-nak", SEVERITY_ERROR, "encapsulated protocol 2"},
		{"accel-fail-http404-uri", SEVERITY_ERROR, "another path than SSTP's"},
		{"accel-fail-wrong-password", SEVERITY_ERROR, "password of alice is wrong"},
		{"plainweb-fail-http501", SEVERITY_ERROR, "ordinary web server"},
		{"accel-server-disconnect-hard", SEVERITY_NOTE,
		 "the server ended it by CALL_DISCONNECT"},
		{"accel-server-disconnect-lcpterm", SEVERITY_NOTE,
		 "the server ended it by LCP Terminate and CALL_DISCONNECT"},
		{"accel-tls13", SEVERITY_NOTE, "the client ended it by LCP Terminate"},
		{"accel-tls12-ecdhe", SEVERITY_NOTE, "the call was good"},
	};

	(void)state;
	for (size_t with = 0; with < 2; with++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct call_secrets *s = with_password(with ? "alice:wonder123" : NULL);
			struct keep all;

			run(&all, rows[i].name, s);
			if (!strstr(all.call[0].verdict, rows[i].words))
				fail_msg("%s: %s", rows[i].name, all.call[0].verdict);
			assert_int_equal(all.call[0].severity, rows[i].severity);
			keep_fini(&all);
			call_secrets_free(s);
		}
}

static void test_a_call_without_keys_says_what_it_takes(void **state)
{
	struct tls_keys *keys = tls_keys_new();
	struct call_secrets *s = with_password(NULL);
	struct keep all;

	(void)state;
	keep_run(&all, path_of("accel-tls13", ".pcap"), keys, s);
	assert_int_equal(all.n, 1);
	assert_int_equal(all.call[0].number, 0);
	assert_int_equal(all.call[0].severity, SEVERITY_WARNING);
	assert_non_null(strstr(all.call[0].verdict, "needs a key log"));
	keep_fini(&all);
	tls_keys_free(keys);
	call_secrets_free(s);
}

static void test_a_call_is_known_in_detail(void **state)
{
	static const uint8_t client[4] = {192, 168, 50, 20};
	struct call_secrets *s = with_password(NULL);
	const struct call *c;
	struct keep all;
	uint8_t ip[4];

	(void)state;
	run(&all, "accel-tls13", s);
	c = &all.call[0];
	assert_int_equal(c->traffic[0].packets + c->traffic[1].packets, 324);
	assert_string_equal(c->auth.user, "alice");
	assert_string_equal(call_auth_name(&c->auth), "mschapv2");
	assert_int_equal(c->auth.result, CALL_DONE);
	assert_true(call_is_up(c));
	call_ip4(c, WAY_TO_SERVER, ip);
	assert_memory_equal(ip, client, 4);
	assert_int_equal(call_mru(c, WAY_TO_CLIENT), 1400);
	assert_int_equal(c->echo[CALL_ECHO_SSTP][WAY_TO_CLIENT].answered, 1);
	assert_int_equal(c->tls.version, TLS_1_3);
	for (int p = 0; p < CALL_PHASES; p++)
		assert_true(c->phase[p].begin.frame && c->phase[p].end.frame);
	assert_non_null(c->plot);
	keep_fini(&all);
	call_secrets_free(s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bindings_are_those_that_another_program_computed),
		cmocka_unit_test(test_binding_is_checked_by_nt_hash_and_by_master_session_key),
		cmocka_unit_test(test_binding_says_what_is_missing),
		cmocka_unit_test(test_password_of_anybody_needs_no_user),
		cmocka_unit_test(test_wrong_secrets_are_refused_with_a_reason),
		cmocka_unit_test(test_verdicts_name_the_cause),
		cmocka_unit_test(test_a_call_without_keys_says_what_it_takes),
		cmocka_unit_test(test_a_call_is_known_in_detail),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	dir = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
