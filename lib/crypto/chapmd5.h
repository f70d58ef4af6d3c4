/* SPDX-License-Identifier: MIT */
/* The digest of CHAP with MD5 (RFC 1994 2, 4.1), which EAP's MD5-Challenge shares (RFC 3748 5.4).
 */
#ifndef LIB_CRYPTO_CHAPMD5_H
#define LIB_CRYPTO_CHAPMD5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAP_MD5_SIZE 16

/* Computes MD5(identifier | secret | challenge). */
void chap_md5(uint8_t id, const void *secret, size_t secret_len, const uint8_t *challenge,
	      size_t challenge_len, uint8_t out[CHAP_MD5_SIZE]);

#endif
