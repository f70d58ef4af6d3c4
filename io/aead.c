/* SPDX-License-Identifier: MIT */
/* aead.h: the choice of a library, and OpenSSL's part. */
#include "io/aead.h"

#include <openssl/evp.h>
#include <stdlib.h>

static const size_t key_sizes[] = {
	[AEAD_AES_128_GCM] = 16,
	[AEAD_AES_256_GCM] = 32,
	[AEAD_CHACHA20_POLY1305] = 32,
};

size_t aead_key_size(enum aead_cipher cipher)
{
	return key_sizes[cipher];
}

struct aead *aead_new(enum aead_cipher cipher, bool seal)
{
	struct aead *a = aead_vector.make(cipher, seal);

	return a ? a : aead_openssl.make(cipher, seal);
}

void aead_free(struct aead *a)
{
	if (a)
		a->maker->free(a);
}

struct by_openssl {
	struct aead aead;
	EVP_CIPHER_CTX *ctx;
};

static EVP_CIPHER_CTX *ctx_of(struct aead *a)
{
	return ((struct by_openssl *)a)->ctx;
}

static void openssl_free(struct aead *a)
{
	EVP_CIPHER_CTX_free(ctx_of(a)); /* wipes it */
	free(a);
}

static struct aead *openssl_make(enum aead_cipher cipher, bool seal)
{
	static const EVP_CIPHER *(*const ciphers[])(void) = {
		[AEAD_AES_128_GCM] = EVP_aes_128_gcm,
		[AEAD_AES_256_GCM] = EVP_aes_256_gcm,
		[AEAD_CHACHA20_POLY1305] = EVP_chacha20_poly1305,
	};
	struct by_openssl *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->aead.maker = &aead_openssl;
	o->ctx = EVP_CIPHER_CTX_new();
	if (!o->ctx || EVP_CipherInit_ex(o->ctx, ciphers[cipher](), NULL, NULL, NULL, seal) != 1) {
		openssl_free(&o->aead);
		return NULL;
	}
	return &o->aead;
}

static bool openssl_set_key(struct aead *a, const uint8_t *key)
{
	return EVP_CipherInit_ex(ctx_of(a), NULL, NULL, key, NULL, -1) == 1;
}

static bool openssl_begin(struct aead *a, const uint8_t nonce[AEAD_NONCE], const uint8_t *ad,
			  size_t n)
{
	int size;

	return EVP_CipherInit_ex(ctx_of(a), NULL, NULL, NULL, nonce, -1) == 1 &&
	       EVP_CipherUpdate(ctx_of(a), NULL, &size, ad, (int)n) == 1;
}

static bool openssl_update(struct aead *a, const uint8_t *in, size_t n, uint8_t *out)
{
	int size;

	return EVP_CipherUpdate(ctx_of(a), out, &size, in, (int)n) == 1;
}

static bool openssl_seal(struct aead *a, uint8_t tag[AEAD_TAG])
{
	int size;

	return EVP_CipherFinal_ex(ctx_of(a), tag, &size) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx_of(a), EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, tag) == 1;
}

static bool openssl_open(struct aead *a, const uint8_t tag[AEAD_TAG])
{
	uint8_t expected[AEAD_TAG], none;
	int size;

	for (unsigned i = 0; i < AEAD_TAG; i++) /* OpenSSL wants to be able to write it */
		expected[i] = tag[i];
	return EVP_CIPHER_CTX_ctrl(ctx_of(a), EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, expected) == 1 &&
	       EVP_CipherFinal_ex(ctx_of(a), &none, &size) == 1;
}

const struct aead_maker aead_openssl = {
	"OpenSSL",      openssl_make, openssl_set_key, openssl_begin,
	openssl_update, openssl_seal, openssl_open,    openssl_free,
};
