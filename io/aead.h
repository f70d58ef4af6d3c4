/* SPDX-License-Identifier: MIT */
/*
 * The ciphers of TLS 1.3 records: AES-GCM (RFC 5116) and ChaCha20-Poly1305 (RFC 8439), one message
 * after the other under the same key. Two libraries make them: OpenSSL, always; and Intel's
 * Multi-Buffer Crypto for IPsec, if it was there at build time, for AES-GCM on processors whose
 * vector instructions do AES on four blocks at once (VAES and AVX-512), which OpenSSL 3.0 leaves
 * unused: it is three times as fast there. The bytes are the same.
 */
#ifndef IO_AEAD_H
#define IO_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AEAD_KEY_MAX 32
#define AEAD_NONCE   12
#define AEAD_TAG     16

enum aead_cipher {
	AEAD_AES_128_GCM,
	AEAD_AES_256_GCM,
	AEAD_CHACHA20_POLY1305,
};

/* A cipher in one direction with a key; what follows the table is its maker's. */
struct aead {
	const struct aead_maker *maker;
};

/* What a library does for the functions below. */
struct aead_maker {
	const char *name;
	/* NULL: it does not make this cipher on this processor, or there is no memory. */
	struct aead *(*make)(enum aead_cipher cipher, bool seal);
	bool (*set_key)(struct aead *a, const uint8_t *key);
	bool (*begin)(struct aead *a, const uint8_t nonce[AEAD_NONCE], const uint8_t *ad, size_t n);
	bool (*update)(struct aead *a, const uint8_t *in, size_t n, uint8_t *out);
	bool (*seal)(struct aead *a, uint8_t tag[AEAD_TAG]);
	bool (*open)(struct aead *a, const uint8_t tag[AEAD_TAG]);
	void (*free)(struct aead *a);
};

extern const struct aead_maker aead_openssl;
extern const struct aead_maker aead_vector; /* makes nothing where it cannot */

/* Makes a cipher that seals or opens, from the fastest library that has it; it has no key yet. The
 * caller frees it. NULL when no library has it or there is no memory. */
struct aead *aead_new(enum aead_cipher cipher, bool seal);
/* Wipes and frees it; NULL is allowed. */
void aead_free(struct aead *a);

/* Returns the bytes of a cipher's key. */
size_t aead_key_size(enum aead_cipher cipher);

/* Takes another key, aead_key_size() bytes; false when the library refuses. */
static inline bool aead_set_key(struct aead *a, const uint8_t *key)
{
	return a->maker->set_key(a, key);
}

/* Begins a message whose n bytes of additional data at ad are authenticated with it. */
static inline bool aead_begin(struct aead *a, const uint8_t nonce[AEAD_NONCE], const uint8_t *ad,
			      size_t n)
{
	return a->maker->begin(a, nonce, ad, n);
}

/* Seals or opens the next n bytes of it, to out, which is in or lies elsewhere. What is opened must
 * not be used before aead_open() says so. */
static inline bool aead_update(struct aead *a, const uint8_t *in, size_t n, uint8_t *out)
{
	return a->maker->update(a, in, n, out);
}

/* Ends a message that is sealed, and writes its tag. */
static inline bool aead_seal(struct aead *a, uint8_t tag[AEAD_TAG])
{
	return a->maker->seal(a, tag);
}

/* Ends a message that is opened; false when it is not what was sealed. */
static inline bool aead_open(struct aead *a, const uint8_t tag[AEAD_TAG])
{
	return a->maker->open(a, tag);
}

#endif
