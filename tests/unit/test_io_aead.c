/* SPDX-License-Identifier: MIT */
/* Claims about io/aead.c and io/aead_vector.c. */
#include "io/aead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unhex.h"

/* AES-GCM's test cases 4 and 16 (McGrew, Viega: The Galois/Counter Mode of Operation, appendix B)
 * and the example of RFC 8439 2.8.2. */
struct vector {
	enum aead_cipher cipher;
	const char *key, *nonce, *ad, *plain, *sealed, *tag;
};

static const struct vector vectors[] = {
	{AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	 "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	 "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
	 "49a6b525b16aedf5aa0de657ba637b39",
	 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5a"
	 "ac84aa051ba30b396a0aac973d58e091",
	 "5bc94fbc3221a5db94fae95ae7121a47"},
	{AEAD_AES_256_GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	 "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	 "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
	 "49a6b525b16aedf5aa0de657ba637b39",
	 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
	 "56828838c5f61e6393ba7a0abcc9f662",
	 "76fc6ece0f4e1768cddf8853bb2d551b"},
	{AEAD_CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	 "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
	 "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966"
	 "204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f72207468652066757475"
	 "72652c2073756e73637265656e20776f756c642062652069742e",
	 "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69"
	 "da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad67594"
	 "5585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
	 "1ae10b594f09e26a7e902ecbd0600691"},
};

static const struct aead_maker *const makers[] = {&aead_openssl, &aead_vector};
#define MAKERS (sizeof(makers) / sizeof(makers[0]))

static void check_vector(const struct aead_maker *maker, const struct vector *v)
{
	uint8_t key[AEAD_KEY_MAX], nonce[AEAD_NONCE], ad[32], plain[128], sealed[128], out[128];
	uint8_t tag[AEAD_TAG], made[AEAD_TAG];
	struct aead *seal = maker->make(v->cipher, true), *open = maker->make(v->cipher, false);
	size_t ad_n = unhex(v->ad, ad, sizeof(ad)), n = unhex(v->plain, plain, sizeof(plain));

	if (!seal && maker == &aead_vector) /* not on this processor, or not this cipher */
		return;
	assert_true(seal && open);
	assert_int_equal(unhex(v->key, key, sizeof(key)), aead_key_size(v->cipher));
	unhex(v->nonce, nonce, sizeof(nonce));
	unhex(v->sealed, sealed, sizeof(sealed));
	unhex(v->tag, tag, sizeof(tag));
	assert_true(aead_set_key(seal, key) && aead_set_key(open, key));
	for (size_t cut = 0; cut <= n; cut++) { /* whole, and in two pieces at every place */
		assert_true(aead_begin(seal, nonce, ad, ad_n));
		assert_true(aead_update(seal, plain, cut, out));
		assert_true(aead_update(seal, plain + cut, n - cut, out + cut));
		assert_true(aead_seal(seal, made));
		assert_memory_equal(out, sealed, n);
		assert_memory_equal(made, tag, AEAD_TAG);
		assert_true(aead_begin(open, nonce, ad, ad_n));
		assert_true(aead_update(open, out, cut, out)); /* in place */
		assert_true(aead_update(open, out + cut, n - cut, out + cut));
		assert_true(aead_open(open, tag));
		assert_memory_equal(out, plain, n);
	}
	aead_free(seal);
	aead_free(open);
}

static void test_every_library_makes_what_the_published_vectors_say(void **state)
{
	(void)state;
	for (size_t m = 0; m < MAKERS; m++)
		for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
			check_vector(makers[m], &vectors[i]);
}

static void test_a_message_with_any_bit_of_tag_nonce_or_data_changed_is_refused(void **state)
{
	uint8_t key[AEAD_KEY_MAX] = {7}, nonce[AEAD_NONCE] = {0}, ad[5] = {23, 3, 3},
		text[40] = {0};
	uint8_t tag[AEAD_TAG], out[sizeof(text)];
	/* every bit of these is changed in turn */
	const struct {
		uint8_t *p;
		size_t n;
	} parts[] = {{tag, sizeof(tag)}, {nonce, sizeof(nonce)}, {ad, sizeof(ad)}, {text, 40}};

	(void)state;
	for (int c = AEAD_AES_128_GCM; c <= AEAD_CHACHA20_POLY1305; c++) {
		struct aead *seal = aead_new((enum aead_cipher)c, true);
		struct aead *open = aead_new((enum aead_cipher)c, false);

		assert_true(seal && open && aead_set_key(seal, key) && aead_set_key(open, key));
		assert_true(aead_begin(seal, nonce, ad, sizeof(ad)));
		assert_true(aead_update(seal, text, sizeof(text), text) && aead_seal(seal, tag));
		for (size_t part = 0; part < 4; part++)
			for (size_t bit = 0; bit < 8 * parts[part].n; bit++) {
				uint8_t *at = parts[part].p + bit / 8;

				*at ^= (uint8_t)(1 << bit % 8);
				assert_true(aead_begin(open, nonce, ad, sizeof(ad)));
				assert_true(aead_update(open, text, sizeof(text), out));
				assert_false(aead_open(open, tag));
				*at ^= (uint8_t)(1 << bit % 8);
			}
		assert_true(aead_begin(open, nonce, ad, sizeof(ad)));
		assert_true(aead_update(open, text, sizeof(text), out) && aead_open(open, tag));
		aead_free(seal);
		aead_free(open);
	}
}

static void test_both_libraries_seal_the_same_bytes_at_every_length(void **state)
{
	static uint8_t text[16385], out[2][sizeof(text)];
	uint8_t key[AEAD_KEY_MAX], nonce[AEAD_NONCE] = {0}, tag[2][AEAD_TAG];

	(void)state;
	memset(key, 0x5a, sizeof(key));
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * i >> 3);
	for (int c = AEAD_AES_128_GCM; c <= AEAD_AES_256_GCM; c++) {
		struct aead *a[2] = {aead_openssl.make((enum aead_cipher)c, true),
				     aead_vector.make((enum aead_cipher)c, true)};

		assert_non_null(a[0]);
		for (size_t n = 0; a[1] && n <= sizeof(text); n += n < 1100 ? 1 : 1237) {
			nonce[0] = (uint8_t)n;
			for (size_t m = 0; m < 2; m++) {
				assert_true(n % 300 || aead_set_key(a[m], key));
				assert_true(aead_begin(a[m], nonce, key, n % 32));
				assert_true(aead_update(a[m], text, n, out[m]));
				assert_true(aead_seal(a[m], tag[m]));
			}
			assert_memory_equal(out[0], out[1], n);
			assert_memory_equal(tag[0], tag[1], AEAD_TAG);
		}
		aead_free(a[0]);
		aead_free(a[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_library_makes_what_the_published_vectors_say),
		cmocka_unit_test(
			test_a_message_with_any_bit_of_tag_nonce_or_data_changed_is_refused),
		cmocka_unit_test(test_both_libraries_seal_the_same_bytes_at_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
