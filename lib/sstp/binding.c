/* SPDX-License-Identifier: MIT */
/* Crypto binding over nettle's HMAC; see binding.h. */
#include "lib/sstp/binding.h"

#include <nettle/hmac.h>

#include "sstp/error.h"
#include "sstp/link.h"
#include "lib/base/secret.h"

/* Offsets in CALL_CONNECTED (2.2.11). */
#define MSG_HASH  15
#define MSG_NONCE 16
#define MSG_CERT  48
#define MSG_MAC   80

/* Computes HMAC over the n bytes at p with a key as long as the hash; 20 or 32 octets into mac. */
static size_t hmac(uint8_t hash, size_t key_n, const uint8_t *key, const uint8_t *p, size_t n,
		   uint8_t mac[32])
{
	if (hash == SSTP_HASH_SHA1) {
		struct hmac_sha1_ctx h;

		hmac_sha1_set_key(&h, key_n, key);
		hmac_sha1_update(&h, n, p);
		hmac_sha1_digest(&h, SHA1_DIGEST_SIZE, mac);
		wipe(&h, sizeof(h));
		return SHA1_DIGEST_SIZE;
	} else {
		struct hmac_sha256_ctx h;

		hmac_sha256_set_key(&h, key_n, key);
		hmac_sha256_update(&h, n, p);
		hmac_sha256_digest(&h, SHA256_DIGEST_SIZE, mac);
		wipe(&h, sizeof(h));
		return SHA256_DIGEST_SIZE;
	}
}

size_t binding_cmk(uint8_t hash, const uint8_t hlak[SSTP_HLAK], uint8_t cmk[32])
{
	static const char seed[29] = "SSTP inner method derived CMK"; /* without its NUL */
	uint8_t length = hash == SSTP_HASH_SHA1 ? SHA1_DIGEST_SIZE : SHA256_DIGEST_SIZE;
	uint8_t input[sizeof(seed) + 3];
	struct wr w = wr_init(input, sizeof(input));

	wr_bytes(&w, seed, sizeof(seed));
	wr_u8(&w, length); /* LEN is little-endian (3.2.5.2.2) */
	wr_u8(&w, 0);
	wr_u8(&w, 1); /* T1 of PRF+ is all that is needed: it is as long as the key */
	return hmac(hash, SSTP_HLAK, hlak, input, sizeof(input), cmk);
}

void binding_mac(uint8_t hash, const uint8_t hlak[SSTP_HLAK], const uint8_t msg[SSTP_CONNECTED_LEN],
		 uint8_t mac[32])
{
	uint8_t input[SSTP_CONNECTED_LEN];
	uint8_t cmk[32];
	struct rd r = rd_init(msg, SSTP_CONNECTED_LEN);
	struct wr w = wr_init(input, sizeof(input));
	size_t kept = hash == SSTP_HASH_SHA1 ? MSG_CERT + SHA1_DIGEST_SIZE : MSG_MAC;
	size_t n = binding_cmk(hash, hlak, cmk);

	wr_bytes(&w, rd_take(&r, kept), kept);
	wr_zero(&w, SSTP_CONNECTED_LEN - kept);
	memset(mac, 0, 32);
	hmac(hash, n, cmk, input, sizeof(input), mac);
	wipe(cmk, sizeof(cmk));
}

void binding_seal(uint8_t msg[SSTP_CONNECTED_LEN], const uint8_t hlak[SSTP_HLAK])
{
	binding_mac(msg[MSG_HASH], hlak, msg, &msg[MSG_MAC]);
}

int binding_check(const uint8_t msg[SSTP_CONNECTED_LEN], const struct sstp_binding *b,
		  const struct binding_expect *e)
{
	bool sha1 = b->hash == SSTP_HASH_SHA1;
	size_t n = sha1 ? SHA1_DIGEST_SIZE : SHA256_DIGEST_SIZE;
	uint8_t mac[32];
	bool good;

	if ((!sha1 && b->hash != SSTP_HASH_SHA256) || !(b->hash & e->hashes))
		return SSTP_E_BINDING_HASH;
	if (!same_bytes(b->nonce, e->nonce, SSTP_NONCE))
		return SSTP_E_BINDING_NONCE;
	if (!same_bytes(b->cert, sha1 ? e->cert_sha1 : e->cert_sha256, n))
		return SSTP_E_BINDING_CERT;
	binding_mac(b->hash, e->hlak, msg, mac);
	good = same_bytes(b->mac, mac, n);
	wipe(mac, sizeof(mac));
	return good ? SSTP_OK : SSTP_E_BINDING_MAC;
}

size_t binding_offset(int err)
{
	switch (err) {
	case SSTP_E_BINDING_HASH:
		return MSG_HASH;
	case SSTP_E_BINDING_NONCE:
		return MSG_NONCE;
	case SSTP_E_BINDING_CERT:
		return MSG_CERT;
	default:
		return MSG_MAC;
	}
}
