/* SPDX-License-Identifier: MIT */
/*
 * How TLS 1.3 protects the records of one direction (RFC 8446 5.2, 7.1 to 7.3). Bytes in, bytes
 * out: knows nothing of sockets, nor of what a record means.
 */
#ifndef IO_TLS13_H
#define IO_TLS13_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/aead.h"

#define TLS13_HEADER     5        /* bytes before what is protected */
#define TLS13_TAG        AEAD_TAG /* bytes of the tag, in all cipher suites */
#define TLS13_OVERHEAD   22       /* header, type and tag */
#define TLS13_INNER_MOST 16385    /* what is protected: content, type, padding (RFC 8446 5.4) */
#define TLS13_BODY_MOST  16640    /* what follows the header (RFC 8446 5.2) */
#define TLS13_BODY_LEAST 17       /* a type and a tag */
#define TLS13_SECRET_MAX 48

/* The content types of RFC 8446 5.1 that follow a handshake. */
enum tls13_type {
	TLS13_ALERT = 21,
	TLS13_HANDSHAKE = 22,
	TLS13_APPLICATION = 23,
};

/* The keys of a direction. All zero: none. */
struct tls13 {
	struct aead *aead;
	enum aead_cipher cipher;
	const EVP_MD *hash;
	uint8_t secret[TLS13_SECRET_MAX]; /* the traffic secret, secret_n bytes of it */
	size_t secret_n;
	uint8_t iv[AEAD_NONCE];
	uint64_t sequence; /* of the next record */
};

/* Makes the keys of the traffic secret that k has, for a cipher suite of TLS 1.3 (RFC 8446 B.4), to
 * seal or to open records; false when the suite is not known or a library refuses. */
bool tls13_start(struct tls13 *k, uint16_t suite, bool seal);
/* Goes on to the next generation of keys (RFC 8446 7.2); false when a library refuses. */
bool tls13_next(struct tls13 *k);
/* Writes the key at hand to key, which the caller wipes; returns its length, 0 when OpenSSL
 * refuses. */
size_t tls13_key(const struct tls13 *k, uint8_t key[AEAD_KEY_MAX]);
/* Wipes everything. */
void tls13_wipe(struct tls13 *k);
/*
 * Writes a record of n bytes of content (at most 16384) and the given type to out, which has room
 * for n + TLS13_OVERHEAD. Returns its length; 0 when the cipher's library refuses.
 */
size_t tls13_seal(struct tls13 *k, uint8_t type, const uint8_t *content, size_t n, uint8_t *out);
/*
 * Opens a record of n bytes, its header included, into out, which has room for n - 21 bytes and may
 * be the record's own at offset TLS13_HEADER. Returns the length of the content and its type in
 * *type; -1 when the tag is wrong, or there is no content type. Nothing at out may be used then.
 */
long tls13_open(struct tls13 *k, const uint8_t *record, size_t n, uint8_t *out, uint8_t *type);

#endif
