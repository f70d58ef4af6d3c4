/* SPDX-License-Identifier: MIT */
/*
 * TLS cipher suites as data: what each number means for keys, records and hashes. Suites that are
 * not in the table cannot be decrypted.
 */
#ifndef ANALYSE_TLS_SUITE_H
#define ANALYSE_TLS_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_version {
	TLS_1_0 = 0x0301,
	TLS_1_1 = 0x0302,
	TLS_1_2 = 0x0303,
	TLS_1_3 = 0x0304,
};

/* How the two sides get a common secret. */
enum tls_exchange {
	TLS_KX_RSA,       /* encrypted to the server's certificate: its key opens the stream */
	TLS_KX_EPHEMERAL, /* (EC)DHE: nothing but the key log opens the stream */
	TLS_KX_STATIC,    /* ECDH with the certificate's key */
	TLS_KX_13,        /* TLS 1.3, always ephemeral */
};

enum tls_cipher {
	TLS_NULL,
	TLS_RC4,
	TLS_3DES,
	TLS_AES128_CBC,
	TLS_AES256_CBC,
	TLS_AES128_GCM,
	TLS_AES256_GCM,
	TLS_AES128_CCM,
	TLS_AES256_CCM,
	TLS_AES128_CCM8,
	TLS_AES256_CCM8,
	TLS_CHACHA20,
	TLS_CIPHERS,
};

enum tls_mode { TLS_MODE_STREAM, TLS_MODE_CBC, TLS_MODE_AEAD };

struct tls_cipher_row {
	const char *name; /* as OpenSSL fetches it; NULL: nothing to do */
	uint8_t mode;     /* enum tls_mode */
	uint8_t key;      /* bytes of key */
	uint8_t block;    /* CBC: bytes of block and IV */
	uint8_t fixed;    /* AEAD: bytes of IV that come from the keys, up to TLS 1.2 */
	uint8_t explicit; /* AEAD: bytes of nonce in each record, up to TLS 1.2 */
	uint8_t tag;      /* AEAD: bytes of tag */
	bool ccm;
};

enum tls_hash { TLS_AEAD_MAC, TLS_MD5, TLS_SHA1, TLS_SHA256, TLS_SHA384, TLS_MD5SHA1, TLS_HASHES };

struct tls_suite {
	uint16_t id;
	uint8_t kx;     /* enum tls_exchange */
	uint8_t cipher; /* enum tls_cipher */
	uint8_t mac;    /* enum tls_hash; TLS_AEAD_MAC when the cipher brings its own */
	uint8_t prf;    /* enum tls_hash of the key schedule from TLS 1.2 on */
	const char *name;
};

/* Returns the suite with this number; NULL when it is not known. */
const struct tls_suite *tls_suite_by_id(uint16_t id);
/* Returns the i-th suite of the table, NULL past its end. */
const struct tls_suite *tls_suite_at(size_t i);
/* Returns what is to know about a cipher. */
const struct tls_cipher_row *tls_cipher_row(enum tls_cipher c);
/* Returns the bytes that a hash has; 0 for TLS_AEAD_MAC. */
size_t tls_hash_size(enum tls_hash h);
/* Returns "TLS 1.2" and the like; "SSL 3.0" too, and "TLS" for what is none. */
const char *tls_version_name(uint16_t version);
/* Returns the name of an alert's description (RFC 8446 section 6); "unknown" for others. */
const char *tls_alert_name(uint8_t description);

#endif
