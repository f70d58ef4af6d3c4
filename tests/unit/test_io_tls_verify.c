/* SPDX-License-Identifier: MIT */
/* Claims about io/tls_verify.c: which certificates are believed, and what is said of the others. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/socket.h>

#include "io/tls.h"
#include "tests/unit/certs.h"

static char folder[] = "/tmp/test_io_verify.XXXXXX";
static char ca_file[64], cert_file[64], key_file[64];
static struct cert_made ca;

static int make_files(void **state)
{
	static const struct cert_wish wish = {.cn = "Test CA", .to_days = 10, .ca = true};

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(ca_file, sizeof(ca_file), "%s/ca", folder);
	snprintf(cert_file, sizeof(cert_file), "%s/cert", folder);
	snprintf(key_file, sizeof(key_file), "%s/key", folder);
	ca = cert_issue(&wish, NULL);
	cert_write(&ca, NULL, ca_file, NULL);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	cert_drop(&ca);
	unlink(ca_file);
	unlink(cert_file);
	unlink(key_file);
	return rmdir(folder);
}

/*
 * Shows a client the certificate that cert_write() left; returns what it makes of it, and what it
 * says in error.
 */
static enum tls_fault judge_file(const struct tls_client_conf *conf, const char *name,
				 char error[TLS_ERROR_TEXT])
{
	struct tls_server_conf server_conf = {.cert_file = cert_file, .key_file = key_file};
	enum tls_result client = TLS_WANT_READ, server = TLS_WANT_READ;
	struct tls_err err;
	struct tls_ctx *client_ctx = tls_client_ctx(conf, &err);
	struct tls_ctx *server_ctx = tls_server_ctx(&server_conf, &err);
	struct tls *c, *s;
	enum tls_fault fault;
	int fd[2];

	assert_non_null(client_ctx);
	if (!server_ctx)
		fail_msg("%s", err.text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	c = tls_new(client_ctx, fd[0], name);
	s = tls_new(server_ctx, fd[1], NULL);
	for (int turn = 0; turn < 20 && client > 0; turn++) {
		client = tls_handshake(c);
		if (server > 0)
			server = tls_handshake(s);
	}
	assert_true(client <= 0);
	fault = tls_fault(c);
	snprintf(error, TLS_ERROR_TEXT, "%s", tls_error(c));
	assert_int_equal(client == TLS_OK, fault == TLS_FAULT_NONE);
	tls_free(c);
	tls_free(s);
	tls_ctx_free(client_ctx);
	tls_ctx_free(server_ctx);
	close(fd[0]);
	close(fd[1]);
	return fault;
}

/* The same for a certificate made as wished, signed by the CA. */
static enum tls_fault judge(const struct cert_wish *wish, const char *name,
			    char error[TLS_ERROR_TEXT])
{
	struct tls_client_conf conf = {.ca_file = ca_file};
	struct cert_made made = cert_issue(wish, &ca);

	cert_write(&made, NULL, cert_file, key_file);
	cert_drop(&made);
	return judge_file(&conf, name, error);
}

static const struct cert_wish good = {
	.cn = "vpn.example.org", .alt = "DNS:vpn.example.org", .eku = "serverAuth", .to_days = 10};

static void test_names_are_taken_from_san_and_from_cn_only_without_san(void **state)
{
	static const struct {
		const char *cn, *alt, *name;
		enum tls_fault fault;
	} cases[] = {
		{"a.example", "DNS:vpn.example", "vpn.example", TLS_FAULT_NONE},
		{"a.example", "DNS:vpn.example", "VPN.Example", TLS_FAULT_NONE},
		{"a.example", "DNS:vpn.example", "a.example", TLS_FAULT_NAME},
		{"a.example", "IP:10.0.0.1", "a.example", TLS_FAULT_NAME},
		{"a.example", NULL, "a.example", TLS_FAULT_NONE},
		{"a.example", NULL, "b.example", TLS_FAULT_NAME},
		{"x", "DNS:*.example.org", "vpn.example.org", TLS_FAULT_NONE},
		{"x", "DNS:*.example.org", "a.b.example.org", TLS_FAULT_NAME},
		{"x", "DNS:*.example.org", "example.org", TLS_FAULT_NAME},
		{"x", "DNS:v*.example.org", "vpn.example.org", TLS_FAULT_NAME},
		{"x", "IP:10.0.0.1", "10.0.0.1", TLS_FAULT_NONE},
		{"x", "IP:10.0.0.1", "10.0.0.2", TLS_FAULT_NAME},
		{"x", "DNS:10.0.0.1", "10.0.0.1", TLS_FAULT_NAME},
		{"x", "IP:fd00::1", "fd00:0::1", TLS_FAULT_NONE},
		{"10.0.0.1", NULL, "10.0.0.1", TLS_FAULT_NONE},
		{"*.0.0.1", NULL, "10.0.0.1", TLS_FAULT_NAME},
	};
	char error[TLS_ERROR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cert_wish wish = good;

		wish.cn = cases[i].cn;
		wish.alt = cases[i].alt;
		if (judge(&wish, cases[i].name, error) != cases[i].fault)
			fail_msg("CN %s, SAN %s, asked for %s: %s", wish.cn,
				 wish.alt ? wish.alt : "none", cases[i].name, error);
	}
}

static void test_a_wrong_name_is_told_with_the_right_ones(void **state)
{
	struct cert_wish wish = good;
	char error[TLS_ERROR_TEXT];

	(void)state;
	wish.alt = "DNS:vpn.example.org,DNS:*.corp.example,IP:10.0.0.1";
	assert_int_equal(judge(&wish, "other.example.org", error), TLS_FAULT_NAME);
	assert_string_equal(error,
			    "the server's certificate is for vpn.example.org, *.corp.example, "
			    "10.0.0.1, not for other.example.org");
}

static void test_a_zero_byte_in_a_name_matches_nothing(void **state)
{
	struct cert_made made = {X509_new(), NULL};
	char error[TLS_ERROR_TEXT];
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	struct tls_client_conf conf = {.ca_file = ca_file};
	struct cert_wish wish = good;

	(void)state;
	X509_free(made.cert);
	wish.alt = NULL;
	made = cert_issue(&wish, &ca);
	ASN1_STRING_set(text, "vpn.example.org\0.evil.example", 29);
	GENERAL_NAME_set0_value(one, GEN_DNS, text);
	sk_GENERAL_NAME_push(names, one);
	X509_add1_ext_i2d(made.cert, NID_subject_alt_name, names, 0, 0);
	GENERAL_NAMES_free(names);
	assert_true(X509_sign(made.cert, ca.key, EVP_sha256()) > 0);
	cert_write(&made, NULL, cert_file, key_file);
	cert_drop(&made);
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_NAME);
	assert_non_null(strstr(error, "vpn.example.org\\x00.evil.example"));
}

static void test_extended_key_usage_must_name_servers(void **state)
{
	static const struct {
		const char *eku;
		enum tls_fault fault;
	} cases[] = {
		{"serverAuth", TLS_FAULT_NONE},
		{"anyExtendedKeyUsage", TLS_FAULT_NONE},
		{"clientAuth,serverAuth", TLS_FAULT_NONE},
		{"clientAuth", TLS_FAULT_EKU},
		{"clientAuth,anyExtendedKeyUsage", TLS_FAULT_NONE},
		{"codeSigning", TLS_FAULT_EKU},
		{NULL, TLS_FAULT_EKU},
	};
	char error[TLS_ERROR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cert_wish wish = good;

		wish.eku = cases[i].eku;
		if (judge(&wish, "vpn.example.org", error) != cases[i].fault)
			fail_msg("EKU %s: %s", wish.eku ? wish.eku : "none", error);
	}
}

static void test_any_usage_does_not_lift_the_key_usage(void **state)
{
	struct cert_wish wish = good;
	char error[TLS_ERROR_TEXT];

	(void)state;
	wish.eku = "anyExtendedKeyUsage";
	wish.usage = "keyCertSign";
	assert_int_not_equal(judge(&wish, "vpn.example.org", error), TLS_FAULT_NONE);
	wish.usage = "digitalSignature";
	assert_int_equal(judge(&wish, "vpn.example.org", error), TLS_FAULT_NONE);
}

static void test_a_missing_extended_key_usage_is_taken_when_asked_for(void **state)
{
	struct tls_client_conf conf = {.ca_file = ca_file, .eku_optional = true};
	struct cert_wish wish = good;
	char error[TLS_ERROR_TEXT];

	(void)state;
	wish.eku = NULL;
	assert_int_equal(judge(&wish, "vpn.example.org", error), TLS_FAULT_EKU);
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_NONE);
	wish.eku = "clientAuth"; /* a wrong one stays wrong */
	judge(&wish, "vpn.example.org", error);
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_EKU);
}

static void test_dates_are_told(void **state)
{
	struct cert_wish wish = good;
	char error[TLS_ERROR_TEXT];

	(void)state;
	wish.from_days = 2;
	assert_int_equal(judge(&wish, "vpn.example.org", error), TLS_FAULT_EXPIRED);
	assert_non_null(strstr(error, "is not valid before 20"));
	assert_non_null(strstr(error, "the clock here says 20"));
}

static void test_an_expired_authority_is_told(void **state)
{
	static const struct cert_wish wish = {
		.cn = "Old CA", .from_days = -20, .to_days = -1, .ca = true};
	struct cert_made old = cert_issue(&wish, NULL), leaf = cert_issue(&good, &old);
	char old_file[80], error[TLS_ERROR_TEXT];
	struct tls_client_conf conf = {.ca_file = old_file};

	(void)state;
	snprintf(old_file, sizeof(old_file), "%s/old", folder);
	cert_write(&old, NULL, old_file, NULL);
	cert_write(&leaf, NULL, cert_file, key_file);
	cert_drop(&old);
	cert_drop(&leaf);
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_EXPIRED);
	assert_non_null(strstr(error, "expired on 20"));
	unlink(old_file);
}

static void test_unknown_and_self_signed_issuers_are_told_apart(void **state)
{
	static const struct cert_wish other_wish = {.cn = "Other CA", .to_days = 10, .ca = true};
	struct tls_client_conf conf = {.ca_file = ca_file};
	struct cert_made other = cert_issue(&other_wish, NULL);
	struct cert_made leaf = cert_issue(&good, &other), lonely = cert_issue(&good, NULL);
	char error[TLS_ERROR_TEXT];

	(void)state;
	cert_write(&leaf, NULL, cert_file, key_file);
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_UNKNOWN_CA);
	assert_non_null(strstr(error, "/CN=Other CA"));
	cert_write(&leaf, &other, cert_file, key_file); /* the whole chain changes nothing */
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_UNKNOWN_CA);
	cert_write(&lonely, NULL, cert_file, key_file);
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_SELF_SIGNED);
	conf.ca_file = cert_file; /* trusted as it is, when the user names it */
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_NONE);
	assert_int_equal(judge_file(&conf, "other.example", error), TLS_FAULT_NAME);
	cert_drop(&other);
	cert_drop(&leaf);
	cert_drop(&lonely);
}

static void test_a_pin_replaces_the_chain_but_not_with_a_ca(void **state)
{
	struct tls_client_conf conf = {.has_pin = true};
	struct cert_made lonely = cert_issue(&good, NULL);
	char error[TLS_ERROR_TEXT];

	(void)state;
	cert_write(&lonely, NULL, cert_file, key_file);
	X509_digest(lonely.cert, EVP_sha256(), conf.pin, NULL);
	cert_drop(&lonely);
	assert_int_equal(judge_file(&conf, "whatever.example", error), TLS_FAULT_NONE);
	conf.ca_file = ca_file;
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_SELF_SIGNED);
	conf.ca_file = NULL;
	conf.pin[31] ^= 1;
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_PIN);
	assert_non_null(strstr(error, "its SHA-256 is "));
}

static void test_insecure_takes_anything(void **state)
{
	struct tls_client_conf conf = {.insecure = true};
	struct cert_made lonely = cert_issue(&good, NULL);
	char error[TLS_ERROR_TEXT];

	(void)state;
	cert_write(&lonely, NULL, cert_file, key_file);
	cert_drop(&lonely);
	assert_int_equal(judge_file(&conf, "other.example", error), TLS_FAULT_NONE);
}

static void test_a_revoked_certificate_is_refused(void **state)
{
	struct cert_made leaf = cert_issue(&good, &ca), fine = cert_issue(&good, &ca);
	char crl_file[80], error[TLS_ERROR_TEXT];
	struct tls_client_conf conf = {.ca_file = ca_file, .crl_file = crl_file};
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, -60), *later = X509_gmtime_adj(NULL, 86400);
	FILE *f;

	(void)state;
	snprintf(crl_file, sizeof(crl_file), "%s/crl", folder);
	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca.cert));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, later);
	X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(leaf.cert));
	X509_REVOKED_set_revocationDate(entry, now);
	X509_CRL_add0_revoked(crl, entry);
	X509_CRL_sign(crl, ca.key, EVP_sha256());
	f = fopen(crl_file, "w");
	assert_non_null(f);
	PEM_write_X509_CRL(f, crl);
	fclose(f);
	cert_write(&leaf, NULL, cert_file, key_file);
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_REVOKED);
	cert_write(&fine, NULL, cert_file, key_file);
	assert_int_equal(judge_file(&conf, "vpn.example.org", error), TLS_FAULT_NONE);
	unlink(crl_file);
	X509_CRL_free(crl);
	ASN1_TIME_free(now);
	ASN1_TIME_free(later);
	cert_drop(&leaf);
	cert_drop(&fine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_taken_from_san_and_from_cn_only_without_san),
		cmocka_unit_test(test_a_wrong_name_is_told_with_the_right_ones),
		cmocka_unit_test(test_a_zero_byte_in_a_name_matches_nothing),
		cmocka_unit_test(test_extended_key_usage_must_name_servers),
		cmocka_unit_test(test_any_usage_does_not_lift_the_key_usage),
		cmocka_unit_test(test_a_missing_extended_key_usage_is_taken_when_asked_for),
		cmocka_unit_test(test_dates_are_told),
		cmocka_unit_test(test_an_expired_authority_is_told),
		cmocka_unit_test(test_unknown_and_self_signed_issuers_are_told_apart),
		cmocka_unit_test(test_a_pin_replaces_the_chain_but_not_with_a_ca),
		cmocka_unit_test(test_insecure_takes_anything),
		cmocka_unit_test(test_a_revoked_certificate_is_refused),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
