/* SPDX-License-Identifier: MIT */
/*
 * The NT hash: MD4 of a password in UTF-16LE (RFC 2759 8.3). It is worth as much as the password
 * itself to whoever has it. Not for MS-CHAPv2 proper (mschap.h).
 */
#ifndef LIB_CRYPTO_NTHASH_H
#define LIB_CRYPTO_NTHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NT_HASH_SIZE 16

/*
 * Hashes a password of n bytes of UTF-8 into out. Returns false, with out zeroed, when the bytes
 * are not UTF-8 (RFC 3629: overlong forms, surrogates and values past U+10FFFF are refused): such a
 * password has no NT hash that another system would compute too.
 */
bool nt_hash(const void *password, size_t n, uint8_t out[NT_HASH_SIZE]);

#endif
