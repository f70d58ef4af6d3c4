/* SPDX-License-Identifier: MIT */
/*
 * MS-CHAPv2 (RFC 2759) and the keys that come of it (RFC 3079 3), as pure functions over fixed
 * sizes. Everything starts from the NT hash (nthash.h). Not for packets: those are ppp's.
 */
#ifndef LIB_CRYPTO_MSCHAP_H
#define LIB_CRYPTO_MSCHAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSCHAP_CHALLENGE  16 /* either side's challenge */
#define MSCHAP_RESPONSE   49 /* the value of a Response: peer challenge, 8 reserved, 24, flags */
#define MSCHAP_NT         24 /* the NT-Response in it */
#define MSCHAP_NT_OFFSET  24 /* where it starts */
#define MSCHAP_PROOF      42 /* "S=" and 40 hex digits */
#define MSCHAP_HLAK       32
#define MSCHAP_START_KEY  16 /* longest start key */
#define MSCHAP_MASTER_KEY 16

/* What both sides of an exchange have seen; all borrowed. */
struct mschap {
	const uint8_t *auth_challenge; /* MSCHAP_CHALLENGE octets, the authenticator's */
	const uint8_t *peer_challenge; /* MSCHAP_CHALLENGE octets, the peer's */
	const char *user;              /* as in the packet: a domain in front is left out here */
	size_t user_len;
};

/* Expands 7 octets of key to the 8 of DES, each with odd parity (RFC 2759 8.6). */
void mschap_des_key(const uint8_t key[7], uint8_t out[8]);
/* Encrypts one block with DES under a key of 7 octets (RFC 2759 8.6 DesEncrypt). */
void mschap_des(const uint8_t key[7], const uint8_t in[8], uint8_t out[8]);
/*
 * Computes ChallengeHash (RFC 2759 8.2). Of a name such as DOMAIN\alice only what stands after the
 * last backslash is hashed, as the RFC says and Windows does.
 */
void mschap_challenge_hash(const struct mschap *m, uint8_t out[8]);
/* Computes GenerateNTResponse (RFC 2759 8.1) from the NT hash. */
void mschap_nt_response(const struct mschap *m, const uint8_t nt[16], uint8_t out[MSCHAP_NT]);
/* Returns whether `response` is the NT-Response for the NT hash, in constant time. */
bool mschap_check_response(const struct mschap *m, const uint8_t nt[16],
			   const uint8_t response[MSCHAP_NT]);
/* Computes HashNtPasswordHash (RFC 2759 8.4). */
void mschap_hash_hash(const uint8_t nt[16], uint8_t out[16]);
/*
 * Computes GenerateAuthenticatorResponse (RFC 2759 8.7): "S=" and 40 upper-case hex digits, no NUL.
 */
void mschap_proof(const struct mschap *m, const uint8_t nt[16], const uint8_t response[MSCHAP_NT],
		  char out[MSCHAP_PROOF]);
/* Returns whether the MSCHAP_PROOF bytes at `proof` are the ones due, in constant time. */
bool mschap_check_proof(const struct mschap *m, const uint8_t nt[16],
			const uint8_t response[MSCHAP_NT], const uint8_t proof[MSCHAP_PROOF]);
/* Computes GetMasterKey (RFC 3079 3.4) from HashNtPasswordHash. */
void mschap_master_key(const uint8_t hash_hash[16], const uint8_t response[MSCHAP_NT],
		       uint8_t out[MSCHAP_MASTER_KEY]);
/* Computes the first n octets, at most 16, of GetAsymmetricStartKey (RFC 3079 3.4). */
void mschap_start_key(const uint8_t master[MSCHAP_MASTER_KEY], bool send, bool server, uint8_t *out,
		      size_t n);
/*
 * Computes the higher-layer authentication key of MS-SSTP 3.2.5.2.2 from the NT hash: client
 * MasterSendKey | client MasterReceiveKey, which are the server's MasterReceiveKey | MasterSendKey.
 */
void mschap_hlak(const uint8_t nt[16], const uint8_t response[MSCHAP_NT], uint8_t out[MSCHAP_HLAK]);

#endif
