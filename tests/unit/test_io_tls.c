/* SPDX-License-Identifier: MIT */
/* Claims about io/tls.c and io/tls_ctx.c: a client and a server over a socket pair. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/tls_pair.h"

static void test_handshake_yields_version_cipher_and_hashes(void **state)
{
	struct pair p = usual_pair();
	uint8_t sha1[2][20], sha256[2][32];

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	assert_string_equal(tls_version(p.client), "TLSv1.3");
	assert_string_equal(tls_cipher(p.client), tls_cipher(p.server));
	assert_string_equal(tls_sni(p.server), "vpn.example.org");
	assert_true(tls_peer_hashes(p.client, sha1[0], sha256[0]));
	assert_true(tls_own_hashes(p.server, sha1[1], sha256[1]));
	assert_memory_equal(sha1[0], sha1[1], 20);
	assert_memory_equal(sha256[0], sha256[1], 32);
	assert_false(tls_peer_hashes(p.server, sha1[0], sha256[0]));
	assert_string_equal(tls_error(p.client), "");
	drop_pair(&p);
}

static void test_hashes_are_those_of_the_whole_leaf_certificate(void **state)
{
	FILE *f = fopen(cert_file, "r");
	X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
	uint8_t der[4096], want[32], sha1[20], sha256[32];
	struct pair p = usual_pair();
	uint8_t *end = der;
	int n = i2d_X509(cert, NULL);

	(void)state;
	fclose(f);
	assert_in_range(n, 1, sizeof(der));
	i2d_X509(cert, &end);
	assert_int_equal(shake(&p), TLS_OK);
	assert_true(tls_peer_hashes(p.client, sha1, sha256));
	EVP_Digest(der, (size_t)n, want, NULL, EVP_sha1(), NULL);
	assert_memory_equal(sha1, want, sizeof(sha1));
	EVP_Digest(der, (size_t)n, want, NULL, EVP_sha256(), NULL);
	assert_memory_equal(sha256, want, sizeof(sha256));
	X509_free(cert);
	drop_pair(&p);
}

static void test_no_ticket_is_sent_after_the_handshake(void **state)
{
	struct pair p = usual_pair();

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	assert_int_equal(count_records(p.fd[0]), 0);
	drop_pair(&p);
}

static void test_one_write_is_one_record_and_one_flush_sends_many(void **state)
{
	static const uint8_t bytes[TLS_RECORD];
	struct pair p = usual_pair();
	static uint8_t got[10 * TLS_RECORD];
	size_t queued;

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	assert_int_equal(tls_write(p.client, bytes, sizeof(bytes)), TLS_OK);
	assert_int_equal(tls_write(p.client, bytes, 1), TLS_OK);
	assert_int_equal(tls_write(p.client, bytes, 1400), TLS_OK);
	queued = tls_queued(p.client);
	assert_in_range(queued, sizeof(bytes) + 1401, sizeof(bytes) + 1401 + 3 * 64);
	assert_int_equal(count_records(p.fd[1]), 0);
	assert_int_equal(tls_flush(p.client), TLS_OK);
	assert_int_equal(tls_queued(p.client), 0);
	assert_int_equal(count_records(p.fd[1]), 3);
	assert_int_equal(tls_read(p.server, got, sizeof(got)), sizeof(bytes) + 1401);
	assert_int_equal(tls_read(p.server, got, sizeof(got)), 0);
	drop_pair(&p);
}

static void test_whole_units_leave_and_the_rest_waits_for_more(void **state)
{
	static uint8_t bytes[9000], got[3 * sizeof(bytes)], sent[4 * sizeof(bytes)];
	struct pair p = usual_pair();
	size_t queued, total = 0;

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	for (int i = 0; i < 2; i++) {
		memset(bytes, i, sizeof(bytes));
		assert_int_equal(tls_write(p.client, bytes, sizeof(bytes)), TLS_OK);
	}
	queued = tls_queued(p.client);
	assert_int_equal(tls_flush_units(p.client, queued + 1), TLS_OK);
	assert_int_equal(tls_queued(p.client), queued);
	assert_int_equal(tls_flush_units(p.client, 4000), TLS_OK);
	assert_int_equal(tls_queued(p.client), queued - 16000);
	assert_int_equal(recv(p.fd[1], sent, sizeof(sent), MSG_PEEK), 16000);
	memset(bytes, 2, sizeof(bytes));
	assert_int_equal(tls_write(p.client, bytes, sizeof(bytes)), TLS_OK);
	assert_int_equal(tls_flush(p.client), TLS_OK);
	assert_int_equal(tls_queued(p.client), 0);
	for (long n = 1; n > 0; total += (size_t)n)
		n = tls_read(p.server, got + total, sizeof(got) - total);
	assert_int_equal(total, sizeof(got));
	for (size_t i = 0; i < sizeof(got); i++)
		assert_int_equal(got[i], i / sizeof(bytes));
	drop_pair(&p);
}

static void test_a_full_buffer_leaves_the_rest_for_the_next_read(void **state)
{
	static uint8_t bytes[5000], got[5000];
	struct pair p = usual_pair();
	size_t total = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	assert_int_equal(shake(&p), TLS_OK);
	assert_int_equal(tls_write(p.server, bytes, sizeof(bytes)), TLS_OK);
	assert_int_equal(tls_flush(p.server), TLS_OK);
	for (long n = 1; n > 0; total += (size_t)n)
		n = tls_read(p.client, got + total,
			     total + 999 < sizeof(got) ? 999 : sizeof(got) - total);
	assert_int_equal(total, sizeof(bytes));
	assert_memory_equal(got, bytes, sizeof(bytes));
	drop_pair(&p);
}

static void test_a_full_socket_keeps_the_bytes_in_order(void **state)
{
	static uint8_t bytes[TLS_RECORD], got[64 * TLS_RECORD];
	struct pair p = usual_pair();
	enum tls_result flushed = TLS_OK;
	unsigned written = 0;
	size_t total = 0;

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	for (; flushed == TLS_OK && written < 60; written++) {
		memset(bytes, (int)written, sizeof(bytes));
		assert_int_equal(tls_write(p.client, bytes, sizeof(bytes)), TLS_OK);
		flushed = tls_flush(p.client);
	}
	assert_int_equal(flushed, TLS_WANT_WRITE);
	assert_true(tls_queued(p.client) > 0);
	while (total < written * sizeof(bytes)) {
		long n = tls_read(p.server, got + total, sizeof(got) - total);

		assert_true(n >= 0);
		total += (size_t)n;
		flushed = tls_flush(p.client);
	}
	assert_int_equal(flushed, TLS_OK);
	for (unsigned i = 0; i < written; i++) {
		assert_int_equal(got[i * sizeof(bytes)], i);
		assert_int_equal(got[(i + 1) * sizeof(bytes) - 1], i);
	}
	drop_pair(&p);
}

static void test_bytes_before_close_notify_are_handed_out_first(void **state)
{
	struct pair p = usual_pair();
	char got[10];

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	tls_write(p.server, "bye", 3);
	tls_close(p.server);
	assert_int_equal(tls_flush(p.server), TLS_OK);
	assert_int_equal(tls_write(p.server, "more", 4), TLS_FAILED);
	assert_int_equal(tls_read(p.client, got, sizeof(got)), 3);
	assert_int_equal(tls_read(p.client, got, sizeof(got)), TLS_CLOSED);
	assert_int_equal(tls_read(p.client, got, sizeof(got)), TLS_CLOSED);
	drop_pair(&p);
}

static void test_a_stream_cut_off_is_not_a_goodbye(void **state)
{
	struct pair p = usual_pair();
	char got[10];

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	shutdown(p.fd[1], SHUT_RDWR);
	assert_int_equal(tls_read(p.client, got, sizeof(got)), TLS_FAILED);
	assert_int_equal(tls_fault(p.client), TLS_FAULT_NET);
	assert_string_equal(tls_error(p.client), "the peer hung up without a TLS goodbye");
	drop_pair(&p);
}

static void test_a_changed_record_is_refused(void **state)
{
	struct pair p = usual_pair();
	uint8_t wire[200];
	ssize_t n;

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	tls_write(p.server, "secret", 6);
	assert_int_equal(tls_flush(p.server), TLS_OK);
	n = recv(p.fd[0], wire, sizeof(wire), 0);
	assert_true(n > 10);
	wire[n - 1] ^= 1;
	assert_int_equal(send(p.fd[1], wire, (size_t)n, 0), n);
	assert_int_equal(tls_read(p.client, wire, sizeof(wire)), TLS_FAILED);
	assert_int_equal(tls_fault(p.client), TLS_FAULT_PROTOCOL);
	drop_pair(&p);
}

static void test_what_is_not_tls_is_named_so(void **state)
{
	struct pair p = usual_pair();

	(void)state;
	assert_int_equal(tls_handshake(p.client), TLS_WANT_READ);
	assert_int_equal(send(p.fd[1], "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0), 28);
	assert_int_equal(tls_handshake(p.client), TLS_FAILED);
	assert_int_equal(tls_fault(p.client), TLS_FAULT_NOT_TLS);
	assert_string_equal(tls_error(p.client), "the peer does not speak TLS");
	assert_int_equal(send(p.fd[0], "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
	while (recv(p.fd[1], (char[512]){0}, 512, MSG_PEEK) > 0) {
		if (tls_handshake(p.server) < 0)
			break;
	}
	assert_true(tls_fault(p.server) != TLS_FAULT_NONE);
	drop_pair(&p);
}

static void test_both_ends_may_insist_on_tls13(void **state)
{
	struct tls_client_conf client_conf = {.ca_file = ca_file, .tls10 = true};
	struct tls_server_conf server_conf = {
		.cert_file = cert_file, .key_file = key_file, .tls13_only = true};
	struct pair p = connect_pair(&client_conf, &server_conf);

	(void)state;
	assert_int_equal(shake(&p), TLS_OK);
	assert_string_equal(tls_version(p.client), "TLSv1.3");
	drop_pair(&p);
}

static void test_tls12_is_spoken_with_peers_that_know_no_better(void **state)
{
	struct pair p = usual_pair();

	(void)state;
	assert_int_equal(SSL_set_max_proto_version(p.client->ssl, TLS1_2_VERSION), 1);
	assert_int_equal(shake(&p), TLS_OK);
	assert_string_equal(tls_version(p.server), "TLSv1.2");
	assert_int_equal(count_records(p.fd[0]), 0);
	assert_int_equal(tls_write(p.client, "x", 1), TLS_OK);
	drop_pair(&p);
}

/* Claims that both ends, told the same list, agree on a cipher in a version, and carry bytes. */
static void expect_cipher(const char *list, int version, const char *cipher)
{
	struct tls_client_conf client_conf = {.ca_file = ca_file, .ciphers = list};
	struct tls_server_conf server_conf = {
		.cert_file = cert_file, .key_file = key_file, .ciphers = list};
	struct pair p = connect_pair(&client_conf, &server_conf);
	char got[8] = "";

	assert_int_equal(SSL_set_max_proto_version(p.client->ssl, version), 1);
	assert_int_equal(shake(&p), TLS_OK);
	assert_string_equal(tls_cipher(p.client), cipher);
	for (int i = 0; i < 2; i++) {
		struct tls *from = i ? p.server : p.client, *to = i ? p.client : p.server;

		assert_int_equal(tls_write(from, "there", 6), TLS_OK);
		assert_int_equal(tls_flush(from), TLS_OK);
		assert_int_equal(tls_read(to, got, sizeof(got)), 6);
		assert_string_equal(got, "there");
	}
	drop_pair(&p);
}

static void test_a_list_of_ciphers_names_those_of_every_version(void **state)
{
	static const char both[] = " ECDHE-ECDSA-AES128-CCM, TLS_AES_128_CCM_SHA256";

	(void)state;
	expect_cipher(both, TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256");
	expect_cipher(both, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM");
	expect_cipher("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", TLS1_2_VERSION,
		      "ECDHE-ECDSA-AES256-GCM-SHA384");
	expect_cipher("TLS_AES_128_CCM_8_SHA256:DEFAULT@SECLEVEL=0", TLS1_3_VERSION,
		      "TLS_AES_128_CCM_8_SHA256");
}

static void test_a_cipher_that_is_not_known_is_told_with_its_list(void **state)
{
	static const struct {
		const char *list, *text;
	} wrong[] = {
		{"NO-SUCH", "no cipher of \"NO-SUCH\" is known to OpenSSL"},
		{",", "no cipher of \",\" is known to OpenSSL"},
		{"DEFAULT:TLS_AES_1", "the cipher TLS_AES_1 of \"DEFAULT:TLS_AES_1\" is not known "
				      "to OpenSSL"},
		{"TLS_:DEFAULT", "the cipher TLS_ of \"TLS_:DEFAULT\" is not known to OpenSSL"},
	};
	char endless[2000] = "";
	struct tls_client_conf conf = {.ciphers = endless};
	struct tls_err err;

	(void)state;
	memset(endless, 'A', sizeof(endless) - 1);
	assert_null(tls_client_ctx(&conf, &err));
	assert_string_equal(err.text, "the list of ciphers is longer than 1023 characters");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		conf.ciphers = wrong[i].list;
		assert_null(tls_client_ctx(&conf, &err));
		assert_int_equal(err.fault, TLS_FAULT_CONFIG);
		assert_string_equal(err.text, wrong[i].text);
	}
}

static void test_versions_that_do_not_meet_are_told_on_both_ends(void **state)
{
	struct tls_client_conf client_conf = {.ca_file = ca_file};
	struct tls_server_conf server_conf = {
		.cert_file = cert_file, .key_file = key_file, .tls13_only = true};
	struct pair p = connect_pair(&client_conf, &server_conf);

	(void)state;
	assert_int_equal(SSL_set_max_proto_version(p.client->ssl, TLS1_2_VERSION), 1);
	assert_int_equal(shake(&p), TLS_FAILED);
	assert_string_equal(tls_error(p.server), "the peer and we share no version of TLS");
	assert_string_equal(tls_error(p.client),
			    "the peer and we share no version of TLS (it says so)");
	drop_pair(&p);
}

static void test_a_renegotiation_is_refused(void **state)
{
	struct pair p = usual_pair();
	char byte;

	(void)state;
	SSL_set_max_proto_version(p.client->ssl, TLS1_2_VERSION);
	SSL_clear_options(p.client->ssl, SSL_OP_NO_RENEGOTIATION);
	assert_int_equal(shake(&p), TLS_OK);
	assert_int_equal(SSL_renegotiate(p.client->ssl), 1);
	SSL_do_handshake(p.client->ssl);
	assert_int_equal(tls_flush(p.client), TLS_OK);
	assert_int_equal(tls_read(p.server, &byte, 1), 0); /* answers by a warning */
	assert_int_equal(tls_flush(p.server), TLS_OK);
	assert_int_equal(tls_read(p.client, &byte, 1), TLS_FAILED);
	assert_non_null(strstr(tls_error(p.client), "renegotiation"));
	drop_pair(&p);
}

static void test_http11_is_agreed_on_when_it_is_offered(void **state)
{
	static const uint8_t offers[][20] = {"\x02h2\x08http/1.1", "\x02h2"};
	const unsigned char *chosen;
	unsigned n;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pair p = usual_pair();

		assert_int_equal(SSL_set_alpn_protos(p.client->ssl, offers[i], i ? 3 : 12), 0);
		assert_int_equal(shake(&p), TLS_OK);
		SSL_get0_alpn_selected(p.client->ssl, &chosen, &n);
		assert_int_equal(n, i ? 0 : 8);
		drop_pair(&p);
	}
}

static void test_alerts_are_put_into_words(void **state)
{
	static const struct {
		uint8_t alert;
		const char *text;
	} cases[] = {
		{40, "the peer finds no cipher or key in common (alert handshake_failure)"},
		{70, "the peer and we share no version of TLS (it says so)"},
		{48, "the peer does not trust our certificate: it does not know who issued it"},
		{22, "the peer refused with the TLS alert \"record overflow\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t alert[] = {0x15, 0x03, 0x03, 0, 2, 2, cases[i].alert};
		struct pair p = usual_pair();

		assert_int_equal(tls_handshake(p.client), TLS_WANT_READ);
		assert_int_equal(send(p.fd[1], alert, sizeof(alert), 0), sizeof(alert));
		assert_int_equal(tls_handshake(p.client), TLS_FAILED);
		assert_int_equal(tls_fault(p.client), TLS_FAULT_PROTOCOL);
		assert_string_equal(tls_error(p.client), cases[i].text);
		drop_pair(&p);
	}
}

static void test_the_key_log_is_the_owners_alone_and_names_both_ends(void **state)
{
	char path[80], line[300];
	struct tls_client_conf client_conf = {.ca_file = ca_file, .keylog_file = path};
	struct tls_server_conf server_conf = {.cert_file = cert_file, .key_file = key_file};
	struct stat st;
	struct pair p;
	unsigned lines = 0;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/keylog", folder);
	p = connect_pair(&client_conf, &server_conf);
	assert_int_equal(shake(&p), TLS_OK);
	drop_pair(&p);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		lines++;
		assert_true(strstr(line, "_SECRET") != NULL && strlen(line) > 100);
	}
	fclose(f);
	unlink(path);
	assert_true(lines >= 4);
}

static void test_contexts_say_which_file_is_wrong(void **state)
{
	struct tls_server_conf conf = {.cert_file = "/nonexistent", .key_file = key_file};
	struct tls_client_conf client_conf = {.ca_file = key_file};
	struct tls_err err;

	(void)state;
	assert_null(tls_server_ctx(&conf, &err));
	assert_string_equal(err.text, "/nonexistent cannot be read: No such file or directory");
	conf = (struct tls_server_conf){.cert_file = cert_file, .key_file = ca_file};
	assert_null(tls_server_ctx(&conf, &err));
	assert_non_null(strstr(err.text, "no usable private key"));
	conf = (struct tls_server_conf){.cert_file = ca_file, .key_file = key_file};
	assert_null(tls_server_ctx(&conf, &err));
	assert_non_null(strstr(err.text, "not the one of the certificate"));
	assert_int_equal(err.fault, TLS_FAULT_CONFIG);
	assert_null(tls_client_ctx(&client_conf, &err));
	assert_non_null(strstr(err.text, "holds no certificate"));
}

static void test_a_server_context_describes_its_certificate(void **state)
{
	struct tls_server_conf conf = {.cert_file = cert_file, .key_file = key_file};
	struct tls_err err;
	struct tls_ctx *ctx = tls_server_ctx(&conf, &err);
	uint8_t sha1[20], sha256[32];
	char text[300];

	(void)state;
	assert_non_null(ctx);
	assert_int_equal(strncmp(tls_ctx_describe(ctx, text, sizeof(text)),
				 "certificate for vpn.example.org, valid until 20", 47),
			 0);
	assert_in_range(tls_ctx_days_left(ctx), 9, 10);
	tls_ctx_hashes(ctx, sha1, sha256);
	tls_ctx_free(ctx);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake_yields_version_cipher_and_hashes),
		cmocka_unit_test(test_hashes_are_those_of_the_whole_leaf_certificate),
		cmocka_unit_test(test_no_ticket_is_sent_after_the_handshake),
		cmocka_unit_test(test_one_write_is_one_record_and_one_flush_sends_many),
		cmocka_unit_test(test_whole_units_leave_and_the_rest_waits_for_more),
		cmocka_unit_test(test_a_full_buffer_leaves_the_rest_for_the_next_read),
		cmocka_unit_test(test_a_full_socket_keeps_the_bytes_in_order),
		cmocka_unit_test(test_bytes_before_close_notify_are_handed_out_first),
		cmocka_unit_test(test_a_stream_cut_off_is_not_a_goodbye),
		cmocka_unit_test(test_a_changed_record_is_refused),
		cmocka_unit_test(test_what_is_not_tls_is_named_so),
		cmocka_unit_test(test_both_ends_may_insist_on_tls13),
		cmocka_unit_test(test_tls12_is_spoken_with_peers_that_know_no_better),
		cmocka_unit_test(test_a_list_of_ciphers_names_those_of_every_version),
		cmocka_unit_test(test_a_cipher_that_is_not_known_is_told_with_its_list),
		cmocka_unit_test(test_versions_that_do_not_meet_are_told_on_both_ends),
		cmocka_unit_test(test_a_renegotiation_is_refused),
		cmocka_unit_test(test_http11_is_agreed_on_when_it_is_offered),
		cmocka_unit_test(test_alerts_are_put_into_words),
		cmocka_unit_test(test_the_key_log_is_the_owners_alone_and_names_both_ends),
		cmocka_unit_test(test_contexts_say_which_file_is_wrong),
		cmocka_unit_test(test_a_server_context_describes_its_certificate),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
