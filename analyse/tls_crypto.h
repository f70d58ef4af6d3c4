/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's algorithms for TLS, fetched once: ciphers, hashes, key derivation. With the legacy
 * provider where it is installed, for RC4 and the RC2 of old key files. Knows nothing of records.
 */
#ifndef ANALYSE_TLS_CRYPTO_H
#define ANALYSE_TLS_CRYPTO_H

#include "analyse/tls_suite.h"
#include "lib/base/cursor.h"

#include <openssl/evp.h>

#define TLS_SECRET_MAX 64 /* bytes of the longest secret of a key schedule */

struct tls_crypto;

/* Makes the algorithms ready; NULL when OpenSSL cannot. End with tls_crypto_free(). */
struct tls_crypto *tls_crypto_new(void);
/* Ends c. NULL is allowed. */
void tls_crypto_free(struct tls_crypto *c);
/* Returns the library context that keys and certificates must be loaded in. */
OSSL_LIB_CTX *tls_crypto_lib(const struct tls_crypto *c);
/*
 * Makes the legacy algorithms known to OpenSSL's default context too, until c ends: OpenSSL 3.0
 * looks there for those of a PKCS#12 file, whatever context it was given. Returns whether it could.
 */
bool tls_crypto_old_files(struct tls_crypto *c);
/* Returns a cipher, owned by c; NULL when OpenSSL here has it not. */
EVP_CIPHER *tls_crypto_cipher(struct tls_crypto *c, enum tls_cipher cipher);
/* Returns a hash, owned by c; NULL when OpenSSL here has it not. */
EVP_MD *tls_crypto_md(struct tls_crypto *c, enum tls_hash hash);
/* Returns a context for HMAC with this hash and key, which the caller frees; NULL on failure. */
EVP_MAC_CTX *tls_crypto_hmac(struct tls_crypto *c, enum tls_hash hash, struct view key);
/* Hashes the n views one after the other into out (tls_hash_size() bytes); 0, or -1. */
int tls_crypto_hash(struct tls_crypto *c, enum tls_hash hash, const struct view *parts, size_t n,
		    uint8_t *out);
/*
 * The PRF of TLS 1.0 to 1.2 (RFC 2246 section 5, RFC 5246 section 5): fills n bytes at out. The
 * hash is TLS_MD5SHA1 before TLS 1.2. Returns 0, or -1.
 */
int tls_crypto_prf(struct tls_crypto *c, enum tls_hash hash, struct view secret, const char *label,
		   struct view seed, uint8_t *out, size_t n);
/* HKDF-Expand-Label of TLS 1.3 with an empty context (RFC 8446 section 7.1): 0, or -1. */
int tls_crypto_expand(struct tls_crypto *c, enum tls_hash hash, struct view secret,
		      const char *label, uint8_t *out, size_t n);

#endif
