/* SPDX-License-Identifier: MIT */
/*
 * Crypto binding (MS-SSTP 3.2.5.2, 3.3.5.2.3): ties the authentication inside the tunnel to the TLS
 * connection outside. Pure functions over the 112 bytes of CALL_CONNECTED.
 */
#ifndef LIB_SSTP_BINDING_H
#define LIB_SSTP_BINDING_H

#include "lib/sstp/packet.h"

#define SSTP_HLAK 32 /* octets of the higher-layer authentication key */

/* What a received binding is held against. */
struct binding_expect {
	uint8_t hashes;             /* offered */
	const uint8_t *nonce;       /* sent, 32 octets */
	const uint8_t *cert_sha1;   /* 20 octets */
	const uint8_t *cert_sha256; /* 32 octets */
	const uint8_t *hlak;        /* 32 octets */
};

/* Derives the compound MAC key (3.2.5.2.3): 20 or 32 octets into cmk; returns how many. */
size_t binding_cmk(uint8_t hash, const uint8_t hlak[SSTP_HLAK], uint8_t cmk[32]);
/*
 * Computes the compound MAC over a CALL_CONNECTED (3.2.5.2.3, 3.3.5.2.4): octets 80..111, and for
 * SHA1 68..79, taken as zero, all others as they are. The MAC is 20 or 32 octets, padded to
 * 32 with zeros. The hash is SSTP_HASH_SHA1 or SSTP_HASH_SHA256.
 */
void binding_mac(uint8_t hash, const uint8_t hlak[SSTP_HLAK], const uint8_t msg[SSTP_CONNECTED_LEN],
		 uint8_t mac[32]);
/* Fills in the compound MAC of a CALL_CONNECTED that sstp_put_connected() wrote. */
void binding_seal(uint8_t msg[SSTP_CONNECTED_LEN], const uint8_t hlak[SSTP_HLAK]);
/*
 * Checks a CALL_CONNECTED: hash, nonce, certificate, MAC, each on its own and each in constant
 * time. Returns 0 or the first of SSTP_E_BINDING_HASH, _NONCE, _CERT, _MAC.
 */
int binding_check(const uint8_t msg[SSTP_CONNECTED_LEN], const struct sstp_binding *b,
		  const struct binding_expect *e);
/* Returns where in CALL_CONNECTED the field stands that an error of binding_check() is about. */
size_t binding_offset(int err);

#endif
