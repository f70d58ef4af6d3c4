/* SPDX-License-Identifier: MIT */
/* tls13.h. */
#include "io/tls13.h"

#include <openssl/hmac.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/secret.h"

/* The cipher suites that OpenSSL offers (RFC 8446 B.4). */
static const struct suite {
	uint16_t id;
	const EVP_CIPHER *(*cipher)(void);
	const EVP_MD *(*hash)(void);
} suites[] = {
	{0x1301, EVP_aes_128_gcm, EVP_sha256},
	{0x1302, EVP_aes_256_gcm, EVP_sha384},
	{0x1303, EVP_chacha20_poly1305, EVP_sha256},
};

/* HKDF-Expand-Label (RFC 8446 7.1) with an empty context, for outputs no longer than the hash. */
static bool expand(const struct tls13 *k, const char *label, uint8_t *out, size_t n)
{
	uint8_t info[64], block[EVP_MAX_MD_SIZE];
	struct wr w = wr_init(info, sizeof(info));
	unsigned size = 0;
	bool good;

	wr_be16(&w, (uint16_t)n);
	wr_u8(&w, (uint8_t)(6 + strlen(label)));
	wr_bytes(&w, "tls13 ", 6);
	wr_bytes(&w, label, strlen(label));
	wr_u8(&w, 0);
	wr_u8(&w, 1); /* HKDF-Expand's first and only block (RFC 5869 2.3) */
	good = !w.bad && HMAC(k->hash, k->secret, (int)k->secret_n, info, wr_len(&w), block, &size);
	good = good && n <= size;
	if (good)
		memcpy(out, block, n);
	wipe(block, sizeof(block));
	return good;
}

/* Gives the key of the secret at hand to the cipher, whose direction stays. */
static bool set_key(struct tls13 *k)
{
	size_t n = (size_t)EVP_CIPHER_CTX_get_key_length(k->cipher);
	uint8_t key[EVP_MAX_KEY_LENGTH];
	bool good = expand(k, "key", key, n) && expand(k, "iv", k->iv, sizeof(k->iv)) &&
		    EVP_CipherInit_ex(k->cipher, NULL, NULL, key, NULL, -1) == 1;

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
		k->cipher = EVP_CIPHER_CTX_new();
		return k->cipher && k->secret_n == (size_t)EVP_MD_get_size(k->hash) &&
		       EVP_CipherInit_ex(k->cipher, s->cipher(), NULL, NULL, NULL, seal) == 1 &&
		       set_key(k);
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

size_t tls13_key(const struct tls13 *k, uint8_t key[32])
{
	size_t n = (size_t)EVP_CIPHER_CTX_get_key_length(k->cipher);

	return n <= 32 && expand(k, "key", key, n) ? n : 0;
}

void tls13_wipe(struct tls13 *k)
{
	EVP_CIPHER_CTX_free(k->cipher);
	wipe(k, sizeof(*k));
}

/* Readies the cipher for the next record (RFC 8446 5.3), whose header is authenticated with it. */
static bool begin(struct tls13 *k, const uint8_t header[TLS13_HEADER])
{
	uint8_t nonce[sizeof(k->iv)];
	int n;

	memcpy(nonce, k->iv, sizeof(nonce));
	for (unsigned i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(k->sequence >> (56 - 8 * i));
	return EVP_CipherInit_ex(k->cipher, NULL, NULL, NULL, nonce, -1) == 1 &&
	       EVP_CipherUpdate(k->cipher, NULL, &n, header, TLS13_HEADER) == 1;
}

size_t tls13_seal(struct tls13 *k, uint8_t type, const uint8_t *content, size_t n, uint8_t *out)
{
	uint8_t *body = out + TLS13_HEADER, *tag = body + n + 1;
	struct wr w = wr_init(out, TLS13_HEADER);
	int size;

	wr_u8(&w, TLS13_APPLICATION);
	wr_be16(&w, 0x0303);
	wr_be16(&w, (uint16_t)(n + 1 + TLS13_TAG));
	if (!begin(k, out) || EVP_CipherUpdate(k->cipher, body, &size, content, (int)n) != 1 ||
	    EVP_CipherUpdate(k->cipher, body + n, &size, &type, 1) != 1 ||
	    EVP_CipherFinal_ex(k->cipher, tag, &size) != 1 ||
	    EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_GET_TAG, TLS13_TAG, tag) != 1)
		return 0;
	k->sequence++;
	return n + TLS13_OVERHEAD;
}

long tls13_open(struct tls13 *k, const uint8_t *record, size_t n, uint8_t *out, uint8_t *type)
{
	size_t inner = n - TLS13_HEADER - TLS13_TAG;
	const uint8_t *body = record + TLS13_HEADER;
	uint8_t tag[TLS13_TAG];
	int size;

	if (n < TLS13_HEADER + TLS13_BODY_LEAST)
		return -1;
	memcpy(tag, body + inner, sizeof(tag));
	if (!begin(k, record) || EVP_CipherUpdate(k->cipher, out, &size, body, (int)inner) != 1 ||
	    EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_SET_TAG, TLS13_TAG, tag) != 1 ||
	    EVP_CipherFinal_ex(k->cipher, out + inner, &size) != 1)
		return -1;
	k->sequence++;
	while (inner && !out[inner - 1]) /* padding (RFC 8446 5.4) */
		inner--;
	if (!inner)
		return -1;
	*type = out[inner - 1];
	return (long)inner - 1;
}
