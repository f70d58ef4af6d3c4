/* SPDX-License-Identifier: MIT */
/* Claims about io/cert.c and io/random.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "io/cert.h"
#include "io/random.h"

static X509 *read_cert(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(cert);
	return cert;
}

static void test_the_certificate_is_what_clients_want(void **state)
{
	struct cert_pair pair;
	BIO *bio;
	EVP_PKEY *key;
	X509 *cert;
	int days = 0, seconds = 0;

	(void)state;
	assert_int_equal(cert_make("vpn.example.org", 825, &pair), 0);
	cert = read_cert(pair.cert);
	bio = BIO_new_mem_buf(pair.key, -1);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	assert_non_null(key);
	assert_int_equal(X509_check_private_key(cert, key), 1);
	assert_int_equal(EVP_PKEY_get_bits(key), 3072);
	assert_int_equal(X509_verify(cert, key), 1);
	assert_int_equal(X509_check_host(cert, "vpn.example.org", 0,
					 X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL),
			 1);
	assert_int_equal(X509_check_host(cert, "example.org", 0, 0, NULL), 0);
	assert_true(X509_get_extension_flags(cert) & EXFLAG_XKUSAGE);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_SERVER);
	assert_int_equal(X509_check_ca(cert), 0);
	assert_int_equal(X509_cmp_time(X509_get0_notBefore(cert), NULL), -1);
	ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert));
	assert_in_range(days, 824, 825);
	cert_wipe(&pair);
	assert_int_equal(pair.key[0], 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void test_an_address_becomes_an_ip_name(void **state)
{
	struct cert_pair pair;
	X509 *cert;

	(void)state;
	assert_int_equal(cert_make("2001:db8::1", 1, &pair), 0);
	cert = read_cert(pair.cert);
	assert_int_equal(X509_check_ip_asc(cert, "2001:db8::1", 0), 1);
	cert_wipe(&pair);
	X509_free(cert);
}

static void test_a_name_too_long_for_cn_stands_in_san(void **state)
{
	static const char name[] =
		"a-very-long-label-of-more-than-thirty-characters.and-another-one-"
		"of-the-same-kind.example.org";
	struct cert_pair pair;
	X509 *cert;

	(void)state;
	assert_int_equal(cert_make(name, 1, &pair), 0);
	cert = read_cert(pair.cert);
	assert_int_equal(X509_check_host(cert, name, 0, 0, NULL), 1);
	cert_wipe(&pair);
	X509_free(cert);
}

static void test_names_that_no_certificate_can_carry_are_refused(void **state)
{
	static const char *const bad[] = {
		"",     "a b", "a,DNS:evil.example", "a\nb", "x/y", "a..b", ".a", "a.", "-a",
		"a-.b", "a.*", "10.0.0.300"};
	static const char *const good[] = {"vpn.example.org", "a",        "*.example.org",
					   "3com.example",    "10.0.0.1", "fd00::1"};
	struct cert_pair pair;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cert_make(bad[i], 1, &pair), -EINVAL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(cert_name_usable(good[i]));
}

static void test_random_bytes_fill_all_and_differ(void **state)
{
	uint8_t a[300] = {0}, b[300] = {0};
	unsigned zeros = 0;

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++)
		zeros += a[i] == 0;
	assert_true(zeros < 30);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_certificate_is_what_clients_want),
		cmocka_unit_test(test_an_address_becomes_an_ip_name),
		cmocka_unit_test(test_a_name_too_long_for_cn_stands_in_san),
		cmocka_unit_test(test_names_that_no_certificate_can_carry_are_refused),
		cmocka_unit_test(test_random_bytes_fill_all_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
