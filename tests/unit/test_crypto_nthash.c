/* SPDX-License-Identifier: MIT */
/* Claims about lib/crypto/nthash.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <nettle/md4.h>

#include "lib/crypto/nthash.h"
#include "unhex.h"

/* Fails the test unless the password, NUL-terminated UTF-8, has this hash. */
static void assert_nt_hash(const char *password, const char *due)
{
	uint8_t hash[NT_HASH_SIZE];

	assert_true(nt_hash(password, strlen(password), hash));
	assert_hex_equal(hash, sizeof(hash), due);
}

/* Writes the UTF-8 of the UTF-16LE text whose bytes are the ASCII of s: every pair one character.
 */
static size_t pairs_as_utf8(const char *s, char *out)
{
	size_t n = 0;

	for (; s[0] && s[1]; s += 2) {
		unsigned c = (unsigned)s[0] | (unsigned)s[1] << 8;

		out[n++] = (char)(0xe0 | c >> 12);
		out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		out[n++] = (char)(0x80 | (c & 0x3f));
	}
	return n;
}

static void test_nt_hash_agrees_with_the_md4_vectors_of_rfc1320(void **state)
{
	static const char *const vectors[][2] = {
		{"", "31d6cfe0d16ae931b73c59d7e0c089c0"},
		{"message digest", "d9130a8164549fe818874806e1c7014b"},
		{"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		 "043f8582f241db351ce627e153e7f0e4"},
		{"1234567890123456789012345678901234567890"
		 "1234567890123456789012345678901234567890",
		 "e33b4ddc9c38f2199c3e7b164fcc0536"},
	};
	char utf8[256];
	uint8_t hash[NT_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		assert_true(nt_hash(utf8, pairs_as_utf8(vectors[i][0], utf8), hash));
		assert_hex_equal(hash, sizeof(hash), vectors[i][1]);
	}
}

static void test_the_library_agrees_with_the_md4_vectors_of_odd_length(void **state)
{
	static const char *const vectors[][2] = {
		{"a", "bde52cb31de33e46245e05fbdbd6fb24"},
		{"abc", "a448017aaf21d8525fc10ae87aa6729d"},
	};
	uint8_t hash[MD4_DIGEST_SIZE];
	struct md4_ctx md4;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		md4_init(&md4);
		md4_update(&md4, strlen(vectors[i][0]), (const uint8_t *)vectors[i][0]);
		md4_digest(&md4, sizeof(hash), hash);
		assert_hex_equal(hash, sizeof(hash), vectors[i][1]);
	}
}

static void test_nt_hash_of_ascii_is_the_known_one(void **state)
{
	(void)state;
	assert_nt_hash("password", "8846f7eaee8fb117ad06bdd830b7586c");
	assert_nt_hash("clientPass", "44ebba8d5312b8d611474411f56989ae");
	assert_nt_hash("MyPw", "fc156af7edcd6c0edde3337d427f4eac");
}

/* Computed with iconv and OpenSSL's MD4. */
static void test_nt_hash_converts_utf8_to_utf16_with_surrogates(void **state)
{
	(void)state;
	assert_nt_hash("Gr\xc3\xbc\xc3\x9f"
		       "e",
		       "2816114083c3d8e78cfa2bdb9cde7ae6");
	assert_nt_hash("\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c",
		       "507e3ee80df7db7c1fdd8d50ae8db606");
	assert_nt_hash("\xe5\xaf\x86\xe7\xa0\x81", "f900556f89880c4084e3c644c6c20b9c");
	assert_nt_hash("\xf0\x9f\x94\x91", "5f7b3ff474e4237afd6a078f3c4d8632");
	assert_nt_hash("a\xf0\x9f\x94\x91\xe2\x82\xac", "588de33f5819dad752d028e91258a244");
	assert_nt_hash("\xf4\x8f\xbf\xbf", "9e0ad9dae64dd4cc4419ddf6420f8e42");
}

static void test_what_is_not_utf8_has_no_nt_hash(void **state)
{
	static const char *const wrong[] = {
		"\x80",                 /* begins with a continuation */
		"a\xff",                /* never in UTF-8 */
		"\xfe\x83\xbf\xbf\xbf", /* the old five-octet form */
		"\xc3",                 /* ends too early, at each length */
		"\xe2\x82",
		"\xf0\x9f\x94",
		"\xc3 a", /* no continuation */
		"\xe2(\xa1",
		"\xf0\x9f\x94(",
		"\xc0\x80", /* overlong, in each length */
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80", /* surrogates */
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80", /* past U+10FFFF */
		"\xf7\xbf\xbf\xbf",
	};
	static const uint8_t zeros[NT_HASH_SIZE];
	uint8_t hash[NT_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(hash, 0x55, sizeof(hash));
		assert_false(nt_hash(wrong[i], strlen(wrong[i]), hash));
		assert_memory_equal(hash, zeros, sizeof(hash));
	}
}

static void test_neighbours_of_the_forbidden_ranges_are_allowed(void **state)
{
	static const char *const right[] = {
		"\x7f",         "\xc2\x80",         "\xdf\xbf",
		"\xe0\xa0\x80", "\xed\x9f\xbf",     "\xee\x80\x80",
		"\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
	};
	uint8_t hash[NT_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_true(nt_hash(right[i], strlen(right[i]), hash));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nt_hash_agrees_with_the_md4_vectors_of_rfc1320),
		cmocka_unit_test(test_the_library_agrees_with_the_md4_vectors_of_odd_length),
		cmocka_unit_test(test_nt_hash_of_ascii_is_the_known_one),
		cmocka_unit_test(test_nt_hash_converts_utf8_to_utf16_with_surrogates),
		cmocka_unit_test(test_what_is_not_utf8_has_no_nt_hash),
		cmocka_unit_test(test_neighbours_of_the_forbidden_ranges_are_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
