/* SPDX-License-Identifier: MIT */
/*
 * Opens protected records of one direction under one set of keys: decrypts, and verifies MAC or
 * tag. Where the keys come from is tls_secret.c's business, where records begin is tls.c's.
 */
#ifndef ANALYSE_TLS_OPEN_H
#define ANALYSE_TLS_OPEN_H

#include "analyse/tls_crypto.h"

#define TLS_HEADER    5
#define TLS_BODY_MAX  (16384 + 2048) /* RFC 5246 section 6.2.3 */
#define TLS_PLAIN_MAX (TLS_BODY_MAX + 64)

/* A record as it is on the wire. */
struct tls_raw {
	uint8_t type;
	uint16_t version;
	const uint8_t *body;
	uint32_t n;
};

/* The keys of one direction, as slices of a key block or made of a traffic secret. */
struct tls_keyset {
	struct view mac;
	struct view key;
	struct view iv;
};

struct tls_opener {
	const struct tls_suite *suite;
	const struct tls_cipher_row *row;
	uint16_t version;
	bool etm;               /* encrypt-then-MAC (RFC 7366) */
	bool iv_lost;           /* TLS 1.0 CBC: the block before the next record was not seen */
	uint64_t seq;           /* number of the next record */
	uint64_t nonce;         /* explicit nonce of the last record that opened */
	uint64_t opened;        /* records that opened */
	EVP_CIPHER_CTX *cipher; /* NULL: TLS_NULL */
	EVP_MAC_CTX *mac;       /* NULL: AEAD */
	uint8_t iv[16];
	uint8_t secret[TLS_SECRET_MAX]; /* TLS 1.3: what the keys are made of */
};

enum tls_opened {
	TLS_OPENED = 0,
	TLS_OPEN_BAD = -1,   /* MAC or tag is wrong */
	TLS_OPEN_SHORT = -2, /* too short for what it must hold */
};

/* Makes an opener; NULL when OpenSSL has not got the cipher. End with tls_opener_free(). */
struct tls_opener *tls_opener_new(struct tls_crypto *c, const struct tls_suite *suite,
				  uint16_t version, bool etm, const struct tls_keyset *keys);
/* Makes an opener of a TLS 1.3 traffic secret of the suite's hash size; NULL as above. */
struct tls_opener *tls_opener_of_secret(struct tls_crypto *c, const struct tls_suite *suite,
					struct view secret);
/* Makes the opener that follows o after a KeyUpdate (RFC 8446 section 7.2); NULL as above. */
struct tls_opener *tls_opener_updated(struct tls_crypto *c, const struct tls_opener *o);
/* Wipes and frees o. NULL is allowed. */
void tls_opener_free(struct tls_opener *o);
/*
 * Opens the next record into out (TLS_PLAIN_MAX bytes): its content's type, and length in *n. After
 * a failure o is ready for the record that follows.
 */
enum tls_opened tls_opener_open(struct tls_opener *o, const struct tls_raw *raw, uint8_t *out,
				size_t *n, uint8_t *type);
/*
 * Opens a record of which it is not known how many were lost before it: tries `lost`. `stream` is
 * how many bytes the lost records' bodies had (RC4 only), `before` what stands before the record on
 * the wire (TLS 1.0 CBC). Only a success changes o.
 */
enum tls_opened tls_opener_try(struct tls_opener *o, const struct tls_raw *raw, uint64_t lost,
			       uint64_t stream, struct view before, uint8_t *out, size_t *n,
			       uint8_t *type);
/* Takes the IV of the next record, TLS 1.0 CBC, from the end of the one before. */
void tls_opener_chain(struct tls_opener *o, struct view body);
/* Passes over a record of n bytes whose body was not seen whole; `tail` is what was of its end. */
void tls_opener_pass(struct tls_opener *o, size_t n, struct view tail);
/* Returns the explicit nonce of a record, 0 when the cipher has none. */
uint64_t tls_opener_nonce(const struct tls_opener *o, const struct tls_raw *raw);

#endif
