/* SPDX-License-Identifier: MIT */
/*
 * The bytes that say what a secret of TLS 1.3 is expanded for. Expanding it is the caller's, with
 * the crypto library that it has.
 */
#ifndef LIB_CRYPTO_HKDF_LABEL_H
#define LIB_CRYPTO_HKDF_LABEL_H

#include "lib/base/cursor.h"

#define HKDF_LABEL_MAX 32 /* bytes that any label of RFC 8446 gives */

/* Writes the HkdfLabel for n bytes of output, with an empty context (RFC 8446 7.1). */
static inline void put_hkdf_label(struct wr *w, size_t n, const char *label)
{
	size_t length = strlen(label);

	wr_be16(w, (uint16_t)n);
	wr_u8(w, (uint8_t)(6 + length));
	wr_bytes(w, "tls13 ", 6);
	wr_bytes(w, label, length);
	wr_u8(w, 0);
}

#endif
