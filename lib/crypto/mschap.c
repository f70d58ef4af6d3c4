/* SPDX-License-Identifier: MIT */
/* MS-CHAPv2's proofs, both ways; see mschap.h. The keys are in mschap_keys.c. */
#include "lib/crypto/mschap.h"

#include <string.h>
#include <nettle/des.h>
#include <nettle/md4.h>
#include <nettle/sha1.h>

#include "lib/base/cursor.h"
#include "lib/base/secret.h"

static const uint8_t magic1[39] = "Magic server to client signing constant";
static const uint8_t magic2[41] = "Pad to make it do more than one iteration";

/* Returns b with its lowest bit set so that the number of ones is odd. */
static uint8_t set_odd_parity(uint8_t b)
{
	uint8_t p = b;

	p = (uint8_t)(p ^ p >> 4);
	p = (uint8_t)(p ^ p >> 2);
	p = (uint8_t)(p ^ p >> 1);
	return (uint8_t)(b ^ (~p & 1));
}

void mschap_des_key(const uint8_t key[7], uint8_t out[8])
{
	uint64_t bits = 0;

	for (int i = 0; i < 7; i++)
		bits = bits << 8 | key[i];
	for (int i = 0; i < 8; i++)
		out[i] = set_odd_parity((uint8_t)((bits >> (49 - 7 * i) & 0x7f) << 1));
	wipe(&bits, sizeof(bits));
}

void mschap_des(const uint8_t key[7], const uint8_t in[8], uint8_t out[8])
{
	struct des_ctx des;
	uint8_t key8[8];

	mschap_des_key(key, key8);
	/* The return value only tells of weak keys; a password may well give one. */
	(void)des_set_key(&des, key8);
	des_encrypt(&des, DES_BLOCK_SIZE, out, in);
	wipe(&des, sizeof(des));
	wipe(key8, sizeof(key8));
}

/* Returns the name without a domain in front. */
static struct view strip_domain(const char *user, size_t n)
{
	struct rd r = rd_init(user, n);
	struct rd left = r;
	struct view name;

	while (rd_left(&r))
		if (rd_u8(&r) == '\\')
			left = r;
	name = rd_rest(&left);
	return name;
}

void mschap_challenge_hash(const struct mschap *m, uint8_t out[8])
{
	struct view name = strip_domain(m->user, m->user_len);
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, MSCHAP_CHALLENGE, m->peer_challenge);
	sha1_update(&sha, MSCHAP_CHALLENGE, m->auth_challenge);
	if (name.n)
		sha1_update(&sha, name.n, name.p);
	sha1_digest(&sha, 8, out);
	wipe(&sha, sizeof(sha));
}

void mschap_nt_response(const struct mschap *m, const uint8_t nt[16], uint8_t out[MSCHAP_NT])
{
	uint8_t padded[21] = {0};
	uint8_t challenge[8];

	memcpy(padded, nt, 16);
	mschap_challenge_hash(m, challenge);
	for (int i = 0; i < 3; i++)
		mschap_des(&padded[7 * i], challenge, &out[8 * i]);
	wipe(padded, sizeof(padded));
	wipe(challenge, sizeof(challenge));
}

bool mschap_check_response(const struct mschap *m, const uint8_t nt[16],
			   const uint8_t response[MSCHAP_NT])
{
	uint8_t due[MSCHAP_NT];
	bool same;

	mschap_nt_response(m, nt, due);
	same = same_bytes(due, response, sizeof(due));
	wipe(due, sizeof(due));
	return same;
}

void mschap_hash_hash(const uint8_t nt[16], uint8_t out[16])
{
	struct md4_ctx md4;

	md4_init(&md4);
	md4_update(&md4, 16, nt);
	md4_digest(&md4, 16, out);
	wipe(&md4, sizeof(md4));
}

/* Writes n octets as upper-case hex digits: RFC 2759 5 asks for that case. */
static void put_hex(char *out, const uint8_t *in, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
}

void mschap_proof(const struct mschap *m, const uint8_t nt[16], const uint8_t response[MSCHAP_NT],
		  char out[MSCHAP_PROOF])
{
	uint8_t hash_hash[16];
	uint8_t challenge[8];
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;

	mschap_hash_hash(nt, hash_hash);
	mschap_challenge_hash(m, challenge);
	sha1_init(&sha);
	sha1_update(&sha, sizeof(hash_hash), hash_hash);
	sha1_update(&sha, MSCHAP_NT, response);
	sha1_update(&sha, sizeof(magic1), magic1);
	sha1_digest(&sha, sizeof(digest), digest);
	sha1_update(&sha, sizeof(digest), digest);
	sha1_update(&sha, sizeof(challenge), challenge);
	sha1_update(&sha, sizeof(magic2), magic2);
	sha1_digest(&sha, sizeof(digest), digest);
	memcpy(out, "S=", 2);
	put_hex(&out[2], digest, sizeof(digest));
	wipe(&sha, sizeof(sha));
	wipe(hash_hash, sizeof(hash_hash));
	wipe(challenge, sizeof(challenge));
	wipe(digest, sizeof(digest));
}

bool mschap_check_proof(const struct mschap *m, const uint8_t nt[16],
			const uint8_t response[MSCHAP_NT], const uint8_t proof[MSCHAP_PROOF])
{
	char due[MSCHAP_PROOF];
	bool same;

	mschap_proof(m, nt, response, due);
	same = same_bytes(due, proof, sizeof(due));
	wipe(due, sizeof(due));
	return same;
}
