/* SPDX-License-Identifier: MIT */
/* The keys that MS-CHAPv2 leaves behind; see mschap.h. Not for MPPE, which SSTP does not use. */
#include "lib/crypto/mschap.h"

#include <nettle/sha1.h>

#include "lib/base/secret.h"

/* RFC 3079 3.4, their names there: Magic1 makes the master key, 2 and 3 one direction each. */
static const uint8_t magic1[27] = "This is the MPPE Master Key";
static const uint8_t magic2[84] = "On the client side, this is the send key; "
				  "on the server side, it is the receive key.";
static const uint8_t magic3[84] = "On the client side, this is the receive key; "
				  "on the server side, it is the send key.";
static const uint8_t pad1[40];
static const uint8_t pad2[40] = {
	0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
	0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
	0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
};

void mschap_master_key(const uint8_t hash_hash[16], const uint8_t response[MSCHAP_NT],
		       uint8_t out[MSCHAP_MASTER_KEY])
{
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, 16, hash_hash);
	sha1_update(&sha, MSCHAP_NT, response);
	sha1_update(&sha, sizeof(magic1), magic1);
	sha1_digest(&sha, MSCHAP_MASTER_KEY, out);
	wipe(&sha, sizeof(sha));
}

void mschap_start_key(const uint8_t master[MSCHAP_MASTER_KEY], bool send, bool server, uint8_t *out,
		      size_t n)
{
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, MSCHAP_MASTER_KEY, master);
	sha1_update(&sha, sizeof(pad1), pad1);
	/* What one side sends with, the other receives with. */
	sha1_update(&sha, sizeof(magic2), send == server ? magic3 : magic2);
	sha1_update(&sha, sizeof(pad2), pad2);
	sha1_digest(&sha, n, out);
	wipe(&sha, sizeof(sha));
}

void mschap_hlak(const uint8_t nt[16], const uint8_t response[MSCHAP_NT], uint8_t out[MSCHAP_HLAK])
{
	uint8_t hash_hash[16];
	uint8_t master[MSCHAP_MASTER_KEY];

	mschap_hash_hash(nt, hash_hash);
	mschap_master_key(hash_hash, response, master);
	mschap_start_key(master, true, false, out, MSCHAP_START_KEY);
	mschap_start_key(master, false, false, out + MSCHAP_START_KEY, MSCHAP_START_KEY);
	wipe(hash_hash, sizeof(hash_hash));
	wipe(master, sizeof(master));
}
