/* SPDX-License-Identifier: MIT */
/* CHAP's MD5; see chapmd5.h. */
#include "lib/crypto/chapmd5.h"

#include <nettle/md5.h>

#include "lib/base/secret.h"

void chap_md5(uint8_t id, const void *secret, size_t secret_len, const uint8_t *challenge,
	      size_t challenge_len, uint8_t out[CHAP_MD5_SIZE])
{
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, 1, &id);
	if (secret_len)
		md5_update(&md5, secret_len, secret);
	if (challenge_len)
		md5_update(&md5, challenge_len, challenge);
	md5_digest(&md5, CHAP_MD5_SIZE, out);
	wipe(&md5, sizeof(md5));
}
