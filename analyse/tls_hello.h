/* SPDX-License-Identifier: MIT */
/* What a ClientHello and a ServerHello say, as far as decryption and people want to know. */
#ifndef ANALYSE_TLS_HELLO_H
#define ANALYSE_TLS_HELLO_H

#include "lib/base/cursor.h"

/* The views point into the message. */
struct tls_hello {
	uint16_t version;      /* ServerHello: the one chosen, extensions considered */
	uint16_t suite;        /* ServerHello */
	uint8_t compression;   /* ServerHello */
	const uint8_t *random; /* 32 bytes */
	struct view session;
	struct view suites;       /* ClientHello: numbers of two bytes */
	struct view compressions; /* ClientHello */
	struct view extensions;   /* for tls_next_extension() */
	struct view sni;
	struct view alpn;   /* the first, or the only one */
	struct view ticket; /* SessionTicket, or the first identity of a pre_shared_key */
	bool has_ems;
	bool has_etm;
	bool early; /* early_data */
	bool psk;   /* ServerHello: a pre-shared key was chosen */
	bool retry; /* ServerHello is a HelloRetryRequest */
};

/* One extension of a hello. */
struct tls_extension {
	uint16_t type;
	struct rd body;
	struct rd whole; /* with type and length */
};

/* Takes the next extension off a list; false at its end, or (list bad) where it is cut off. */
bool tls_next_extension(struct rd *list, struct tls_extension *out);
/* Reads a ClientHello's body (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2): 0, or -1. */
int tls_parse_client_hello(struct rd body, struct tls_hello *out);
/* Reads a ServerHello's body (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3): 0, or -1. */
int tls_parse_server_hello(struct rd body, struct tls_hello *out);
/* Reads the extensions of EncryptedExtensions (RFC 8446 section 4.3.1): 0, or -1. */
int tls_parse_encrypted_extensions(struct rd body, struct tls_hello *out);
/* Returns the first certificate of a Certificate message; tls13: with context. n 0: there is none.
 */
struct view tls_parse_certificate(struct rd body, bool tls13);
/* Returns the ticket of a NewSessionTicket message (RFC 5077, RFC 8446 section 4.6.1). */
struct view tls_parse_ticket(struct rd body, bool tls13);

#endif
