/* SPDX-License-Identifier: MIT */
/*
 * The key store: key log lines, files that grow, private keys with and without passwords. Started
 * with the directory of the captures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyse/tls_keys.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define R32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define S48 R32 "202122232425262728292a2b2c2d2e2f"

static const char *dir;
static const uint8_t id[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
			       16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static struct tls_keys *make(void)
{
	struct tls_keys *k = tls_keys_new();

	assert_non_null(k);
	return k;
}

static unsigned add(struct tls_keys *k, const char *text)
{
	return tls_keys_add_log(k, (struct view){(const uint8_t *)text, strlen(text)});
}

static size_t found(const struct tls_keys *k, enum tls_label label, size_t n)
{
	struct view v = tls_keys_find(k, label, (struct view){id, n});

	for (size_t i = 0; i < v.n; i++)
		assert_int_equal(v.p[i], i);
	return v.n;
}

static void test_keys_take_every_kind_of_key_log_line(void **state)
{
	struct tls_keys *k = make();

	(void)state;
	assert_int_equal(add(k, "# SSL/TLS secrets log file\r\n"
				"CLIENT_RANDOM " R32 " " S48 "\r\n"
				"CLIENT_HANDSHAKE_TRAFFIC_SECRET " R32 " " R32 "\n"
				"SERVER_HANDSHAKE_TRAFFIC_SECRET " R32 " " S48 "\n"
				"CLIENT_TRAFFIC_SECRET_0 " R32 "\t" R32 "\n"
				"SERVER_TRAFFIC_SECRET_0 " R32 " " R32 "\n"
				"CLIENT_EARLY_TRAFFIC_SECRET " R32 " " R32 "\n"
				"EXPORTER_SECRET " R32 " " R32 "\n"
				"PMS_CLIENT_RANDOM " R32 " 00010203\n"
				"RSA 0001020304050607 " S48 "\n"
				"RSA Session-ID:00010203 Master-Key:" S48),
			 9);
	assert_int_equal(found(k, TLS_LABEL_MASTER, 32), 48);
	assert_int_equal(found(k, TLS_LABEL_CLIENT_HANDSHAKE, 32), 32);
	assert_int_equal(found(k, TLS_LABEL_SERVER_HANDSHAKE, 32), 48);
	assert_int_equal(found(k, TLS_LABEL_CLIENT_TRAFFIC, 32), 32);
	assert_int_equal(found(k, TLS_LABEL_SERVER_TRAFFIC, 32), 32);
	assert_int_equal(found(k, TLS_LABEL_CLIENT_EARLY, 32), 32);
	assert_int_equal(found(k, TLS_LABEL_PREMASTER, 32), 4);
	assert_int_equal(found(k, TLS_LABEL_RSA, 8), 48);
	assert_int_equal(found(k, TLS_LABEL_SESSION, 4), 48);
	assert_int_equal(tls_keys_logged(k), 9);
	tls_keys_free(k);
}

static void test_keys_leave_out_lines_that_are_damaged(void **state)
{
	static const char *const lines[] = {
		"CLIENT_RANDOM " R32,
		"CLIENT_RANDOM " R32 " " R32,
		"CLIENT_RANDOM 0001 " S48,
		"CLIENT_RANDOM " R32 "00 " S48,
		"CLIENT_RANDOM " R32 " " S48 "0",
		"CLIENT_RANDOM " R32 " zz" S48,
		"CLIENT_RANDOMS " R32 " " S48,
		"client_random " R32 " " S48,
		"CLIENT_TRAFFIC_SECRET_0 " R32 " 0001",
		"CLIENT_TRAFFIC_SECRET_0 " R32 " " S48 S48,
		"RSA 00010203 " S48,
		"RSA Session-ID: Master-Key:" S48,
		"",
		"\n\n\r\n \n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct tls_keys *k = make();

		assert_int_equal(add(k, lines[i]), 0);
		assert_int_equal(found(k, TLS_LABEL_MASTER, 32), 0);
		tls_keys_free(k);
	}
}

static void test_keys_find_each_of_many(void **state)
{
	struct tls_keys *k = make();
	char line[256];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "CLIENT_RANDOM %08x%s %08x%s", i, &R32[8], i, &S48[8]);
		assert_int_equal(add(k, line), 1);
		snprintf(line, sizeof(line), "CLIENT_RANDOM %08x%s %08x%s", i, &R32[8], i + 1,
			 &S48[8]);
		assert_int_equal(add(k, line), 1); /* the later line counts */
	}
	for (uint32_t i = 0; i < 5000; i++) {
		uint8_t random[32];
		struct view v;

		memcpy(random, id, 32);
		random[0] = random[1] = 0;
		random[2] = (uint8_t)(i >> 8);
		random[3] = (uint8_t)i;
		v = tls_keys_find(k, TLS_LABEL_MASTER, (struct view){random, 32});
		assert_int_equal(v.n, 48);
		assert_int_equal(v.p[2] << 8 | v.p[3], i + 1);
	}
	tls_keys_free(k);
}

static void append(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void test_keys_follow_a_log_that_grows_line_by_line(void **state)
{
	char path[] = "/tmp/test_analyse_keys.XXXXXX";
	char why[TLS_KEYS_WHY];
	struct tls_keys *k = make();
	int fd = mkstemp(path);

	(void)state;
	append(fd, "# nothing yet\n");
	assert_int_equal(tls_keys_load_log(k, path, true, why), 0);
	assert_false(tls_keys_poll(k));
	append(fd, "CLIENT_RANDOM " R32 " ");
	assert_false(tls_keys_poll(k));
	append(fd, S48);
	assert_false(tls_keys_poll(k)); /* the line has no end yet */
	append(fd, "\nCLIENT_TR");
	assert_true(tls_keys_poll(k));
	assert_int_equal(found(k, TLS_LABEL_MASTER, 32), 48);
	append(fd, "AFFIC_SECRET_0 " R32 " " R32 "\n");
	assert_true(tls_keys_poll(k));
	assert_int_equal(found(k, TLS_LABEL_CLIENT_TRAFFIC, 32), 32);
	assert_int_equal(ftruncate(fd, 0), 0); /* emptied, and written anew */
	lseek(fd, 0, SEEK_SET);
	append(fd, "SERVER_TRAFFIC_SECRET_0 " R32 " " R32 "\n");
	assert_true(tls_keys_poll(k));
	assert_int_equal(found(k, TLS_LABEL_SERVER_TRAFFIC, 32), 32);
	close(fd);
	remove(path);
	assert_false(tls_keys_poll(k));
	fd = open(path, O_WRONLY | O_CREAT, 0600); /* another file of the same name */
	append(fd, "CLIENT_EARLY_TRAFFIC_SECRET " R32 " " R32 "\n");
	assert_true(tls_keys_poll(k));
	close(fd);
	remove(path);
	tls_keys_free(k);
}

static void test_keys_follow_a_log_that_is_not_there_yet(void **state)
{
	char path[] = "/tmp/test_analyse_keys.XXXXXX";
	char why[TLS_KEYS_WHY];
	struct tls_keys *k = make();
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	remove(path);
	assert_int_equal(tls_keys_load_log(k, path, false, why), -1);
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(tls_keys_load_log(k, path, true, why), 0);
	assert_false(tls_keys_poll(k));
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	append(fd, "CLIENT_RANDOM " R32 " " S48 "\n");
	assert_true(tls_keys_poll(k));
	close(fd);
	remove(path);
	tls_keys_free(k);
}

static void test_keys_pass_over_lines_without_end(void **state)
{
	char path[] = "/tmp/test_analyse_keys.XXXXXX";
	char why[TLS_KEYS_WHY];
	struct tls_keys *k = make();
	int fd = mkstemp(path);

	(void)state;
	for (int i = 0; i < 3000; i++)
		append(fd, "no line end ");
	append(fd, "\nCLIENT_RANDOM " R32 " " S48 "\n");
	assert_int_equal(tls_keys_load_log(k, path, true, why), 0);
	assert_int_equal(found(k, TLS_LABEL_MASTER, 32), 48);
	close(fd);
	remove(path);
	tls_keys_free(k);
}

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void test_keys_load_pfx_files_old_and_new(void **state)
{
	char why[TLS_KEYS_WHY];

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "server-legacy3des.pfx" : "server.pfx";
		struct tls_keys *k = make();

		assert_int_equal(tls_keys_load_pfx(k, path_of(name), NULL, why), TLS_LOAD_PASSWORD);
		assert_non_null(strstr(why, "a password is needed"));
		assert_int_equal(tls_keys_load_pfx(k, path_of(name), "wrong", why),
				 TLS_LOAD_PASSWORD);
		assert_non_null(strstr(why, "the password is wrong"));
		assert_null(tls_keys_private_at(k, 0));
		assert_int_equal(tls_keys_load_pfx(k, path_of(name), "sstp", why), TLS_LOAD_OK);
		assert_non_null(tls_keys_private_at(k, 0));
		/* the same key again is no other key */
		assert_int_equal(tls_keys_load_key(k, path_of("server.key"), NULL, why),
				 TLS_LOAD_OK);
		assert_null(tls_keys_private_at(k, 1));
		tls_keys_free(k);
	}
}

static void test_keys_load_pfx_with_rc2_and_without_password(void **state)
{
	static const struct {
		int key;
		int cert;
		const char *password;
	} kinds[] = {
		{NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC, "secret"},
		{NID_pbe_WithSHA1And128BitRC2_CBC, NID_pbe_WithSHA1And128BitRC2_CBC, "secret"},
		{NID_pbe_WithSHA1And128BitRC4, NID_pbe_WithSHA1And128BitRC4, "secret"},
		{NID_aes_256_cbc, NID_aes_256_cbc, ""},
	};
	OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *one = OSSL_PROVIDER_load(lib, "default");
	OSSL_PROVIDER *two = OSSL_PROVIDER_load(lib, "legacy");
	EVP_PKEY *key;

	(void)state;
	assert_non_null(two);
	key = EVP_PKEY_Q_keygen(lib, NULL, "RSA", (size_t)1024);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char path[] = "/tmp/test_analyse_keys.XXXXXX";
		char why[TLS_KEYS_WHY];
		struct tls_keys *k = make();
		PKCS12 *p12 = PKCS12_create_ex(kinds[i].password, "name", key, NULL, NULL,
					       kinds[i].key, kinds[i].cert, 1000, 1, 0, lib, NULL);
		FILE *f = fdopen(mkstemp(path), "wb");

		assert_non_null(p12);
		assert_int_equal(i2d_PKCS12_fp(f, p12), 1);
		fclose(f);
		if (tls_keys_load_pfx(k, path, *kinds[i].password ? kinds[i].password : NULL,
				      why) != TLS_LOAD_OK)
			fail_msg("%zu: %s", i, why);
		assert_int_equal(EVP_PKEY_eq(tls_keys_private_at(k, 0), key), 1);
		PKCS12_free(p12);
		remove(path);
		tls_keys_free(k);
	}
	EVP_PKEY_free(key);
	OSSL_PROVIDER_unload(two);
	OSSL_PROVIDER_unload(one);
	OSSL_LIB_CTX_free(lib);
}

static void test_keys_load_pem_encrypted_and_der(void **state)
{
	char why[TLS_KEYS_WHY];
	struct tls_keys *k = make();
	EVP_PKEY *key;

	(void)state;
	assert_int_equal(tls_keys_load_key(k, path_of("server.key"), NULL, why), TLS_LOAD_OK);
	key = tls_keys_private_at(k, 0);
	for (int form = 0; form < 2; form++) {
		char path[] = "/tmp/test_analyse_keys.XXXXXX";
		struct tls_keys *other = make();
		FILE *f = fdopen(mkstemp(path), "wb");

		if (form == 0)
			assert_int_equal(PEM_write_PKCS8PrivateKey(f, key, EVP_aes_128_cbc(),
								   "pass", 4, NULL, NULL),
					 1);
		else
			assert_int_equal(i2d_PrivateKey_fp(f, key), 1);
		fclose(f);
		if (form == 0) {
			assert_int_equal(tls_keys_load_key(other, path, NULL, why),
					 TLS_LOAD_PASSWORD);
			assert_int_equal(tls_keys_load_key(other, path, "wrong", why),
					 TLS_LOAD_PASSWORD);
		}
		assert_int_equal(tls_keys_load_key(other, path, form ? NULL : "pass", why),
				 TLS_LOAD_OK);
		assert_int_equal(EVP_PKEY_eq(tls_keys_private_at(other, 0), key), 1);
		remove(path);
		tls_keys_free(other);
	}
	tls_keys_free(k);
}

static void test_keys_say_why_a_file_is_of_no_use(void **state)
{
	char why[TLS_KEYS_WHY];
	struct tls_keys *k = make();

	(void)state;
	assert_int_equal(tls_keys_load_pfx(k, "/tmp/nowhere.pfx", NULL, why), TLS_LOAD_FAILED);
	assert_non_null(strstr(why, "/tmp/nowhere.pfx: No such file"));
	assert_int_equal(tls_keys_load_pfx(k, path_of("server.key"), NULL, why), TLS_LOAD_FAILED);
	assert_non_null(strstr(why, "it is no PKCS#12 file"));
	assert_int_equal(tls_keys_load_key(k, path_of("server.crt"), NULL, why), TLS_LOAD_FAILED);
	assert_non_null(strstr(why, "no private key was found"));
	assert_int_equal(tls_keys_load_key(k, "/tmp/nowhere.pem", NULL, why), TLS_LOAD_FAILED);
	tls_keys_free(k);
}

static void test_keys_split_file_and_password(void **state)
{
	char path[] = "/tmp/test:analyse:keys.XXXXXX";
	char spec[128];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(spec, sizeof(spec), "%s", path);
	assert_null(tls_keys_split(spec));
	assert_string_equal(spec, path);
	snprintf(spec, sizeof(spec), "%s:pass:word", path);
	assert_string_equal(tls_keys_split(spec), "pass:word");
	assert_string_equal(spec, path);
	snprintf(spec, sizeof(spec), "%s:", path);
	assert_string_equal(tls_keys_split(spec), "");
	snprintf(spec, sizeof(spec), "not-there.pfx:pass:word");
	assert_string_equal(tls_keys_split(spec), "pass:word");
	assert_string_equal(spec, "not-there.pfx");
	snprintf(spec, sizeof(spec), "not-there.pfx");
	assert_null(tls_keys_split(spec));
	remove(path);
}

static void test_keys_remember_sessions_and_forget_the_oldest(void **state)
{
	struct tls_keys *k = make();
	struct tls_session s = {.has_master = true};
	uint32_t n;

	(void)state;
	for (n = 0; n < TLS_SESSIONS_MAX * 20; n++) {
		s.master[0] = (uint8_t)n;
		tls_keys_remember(k, (struct view){(uint8_t *)&n, sizeof(n)}, &s);
	}
	n = 5;
	assert_null(tls_keys_recall(k, (struct view){(uint8_t *)&n, sizeof(n)}));
	for (n = TLS_SESSIONS_MAX * 20 - 500; n < TLS_SESSIONS_MAX * 20; n++) {
		const struct tls_session *one =
			tls_keys_recall(k, (struct view){(uint8_t *)&n, sizeof(n)});

		assert_non_null(one);
		assert_int_equal(one->master[0], (uint8_t)n);
	}
	n--;
	s.master[0] = 99;
	tls_keys_remember(k, (struct view){(uint8_t *)&n, sizeof(n)}, &s);
	assert_int_equal(tls_keys_recall(k, (struct view){(uint8_t *)&n, sizeof(n)})->master[0],
			 99);
	assert_null(tls_keys_recall(k, (struct view){NULL, 0}));
	tls_keys_free(k);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_take_every_kind_of_key_log_line),
		cmocka_unit_test(test_keys_leave_out_lines_that_are_damaged),
		cmocka_unit_test(test_keys_find_each_of_many),
		cmocka_unit_test(test_keys_follow_a_log_that_grows_line_by_line),
		cmocka_unit_test(test_keys_follow_a_log_that_is_not_there_yet),
		cmocka_unit_test(test_keys_pass_over_lines_without_end),
		cmocka_unit_test(test_keys_load_pfx_files_old_and_new),
		cmocka_unit_test(test_keys_load_pfx_with_rc2_and_without_password),
		cmocka_unit_test(test_keys_load_pem_encrypted_and_der),
		cmocka_unit_test(test_keys_say_why_a_file_is_of_no_use),
		cmocka_unit_test(test_keys_split_file_and_password),
		cmocka_unit_test(test_keys_remember_sessions_and_forget_the_oldest),
	};

	dir = argc > 1 ? argv[1] : "tests/captures";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
