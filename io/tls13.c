/* SPDX-License-Identifier: MIT */
/* tls13.h. */
#include "io/tls13.h"

#include <openssl/hmac.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/secret.h"
#include "lib/crypto/hkdf_label.h"

/* The cipher suites (RFC 8446 B.4). */
static const struct suite {
	uint16_t id;
	enum aead_cipher cipher;
	const EVP_MD *(*hash)(void);
} suites[] = {
	{0x1301, AEAD_AES_128_GCM, EVP_sha256},
	{0x1302, AEAD_AES_256_GCM, EVP_sha384},
	{0x1303, AEAD_CHACHA20_POLY1305, EVP_sha256},
};

/* HKDF-Expand-Label (RFC 8446 7.1) with an empty context, for outputs no longer than the hash. */
static bool expand(const struct tls13 *k, const char *label, uint8_t *out, size_t n)
{
	uint8_t info[HKDF_LABEL_MAX + 1], block[EVP_MAX_MD_SIZE];
	struct wr w = wr_init(info, sizeof(info));
	unsigned size = 0;
	bool good;

	put_hkdf_label(&w, n, label);
	wr_u8(&w, 1); /* HKDF-Expand's first and only block (RFC 5869 2.3) */
	good = !w.bad && HMAC(k->hash, k->secret, (int)k->secret_n, info, wr_len(&w), block, &size);
	good = good && n <= size;
	if (good)
		memcpy(out, block, n);
	wipe(block, sizeof(block));
	return good;
}

/* Gives the key of the secret at hand to the cipher. */
static bool set_key(struct tls13 *k)
{
	uint8_t key[AEAD_KEY_MAX];
	bool good = tls13_key(k, key) && expand(k, "iv", k->iv, sizeof(k->iv)) &&
		    aead_set_key(k->aead, key);

	wipe(key, sizeof(key));
	k->sequence = 0;
	return good;
}

bool tls13_start(struct tls13 *k, uint16_t suite, bool seal)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		const struct suite *s = &suites[i];

		if (s->id != suite)
			continue;
		k->hash = s->hash();
		k->cipher = s->cipher;
		k->aead = aead_new(k->cipher, seal);
		return k->aead && k->secret_n == (size_t)EVP_MD_get_size(k->hash) && set_key(k);
	}
	return false;
}

bool tls13_next(struct tls13 *k)
{
	uint8_t next[TLS13_SECRET_MAX];
	bool good = expand(k, "traffic upd", next, k->secret_n);

	if (good)
		memcpy(k->secret, next, k->secret_n);
	wipe(next, sizeof(next));
	return good && set_key(k);
}

size_t tls13_key(const struct tls13 *k, uint8_t key[AEAD_KEY_MAX])
{
	size_t n = aead_key_size(k->cipher);

	return expand(k, "key", key, n) ? n : 0;
}

void tls13_wipe(struct tls13 *k)
{
	aead_free(k->aead);
	wipe(k, sizeof(*k));
}

/* Readies the cipher for the next record (RFC 8446 5.3), whose header is authenticated with it. */
static bool begin(struct tls13 *k, const uint8_t header[TLS13_HEADER])
{
	uint8_t nonce[AEAD_NONCE];

	memcpy(nonce, k->iv, sizeof(nonce));
	for (unsigned i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(k->sequence >> (56 - 8 * i));
	return aead_begin(k->aead, nonce, header, TLS13_HEADER);
}

size_t tls13_seal(struct tls13 *k, uint8_t type, const uint8_t *content, size_t n, uint8_t *out)
{
	uint8_t *body = out + TLS13_HEADER, *tag = body + n + 1;
	struct wr w = wr_init(out, TLS13_HEADER);

	wr_u8(&w, TLS13_APPLICATION);
	wr_be16(&w, 0x0303);
	wr_be16(&w, (uint16_t)(n + 1 + TLS13_TAG));
	if (!begin(k, out) || !aead_update(k->aead, content, n, body) ||
	    !aead_update(k->aead, &type, 1, body + n) || !aead_seal(k->aead, tag))
		return 0;
	k->sequence++;
	return n + TLS13_OVERHEAD;
}

long tls13_open(struct tls13 *k, const uint8_t *record, size_t n, uint8_t *out, uint8_t *type)
{
	size_t inner = n - TLS13_HEADER - TLS13_TAG;
	const uint8_t *body = record + TLS13_HEADER;

	if (n < TLS13_HEADER + TLS13_BODY_LEAST)
		return -1;
	if (!begin(k, record) || !aead_update(k->aead, body, inner, out) ||
	    !aead_open(k->aead, body + inner))
		return -1;
	k->sequence++;
	while (inner && !out[inner - 1]) /* padding (RFC 8446 5.4) */
		inner--;
	if (!inner)
		return -1;
	*type = out[inner - 1];
	return (long)inner - 1;
}
