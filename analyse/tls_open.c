/* SPDX-License-Identifier: MIT */
/*
 * Record protection of TLS 1.0 to 1.3, seen from the receiver: stream and CBC ciphers with MAC
 * before or after encryption, and AEAD ciphers (RFC 5246 section 6.2.3, RFC 7366, RFC 8446
 * section 5.2).
 */
#include "analyse/tls_open.h"

#include "lib/base/secret.h"

#include <stdlib.h>

#define TAG_MAX    16
#define MAC_MAX    48
#define AAD_MAX    13
#define SKIP_CHUNK 4096

/* Sets the lengths of nonce and tag that an AEAD cipher needs before its key. */
static bool set_lengths(struct tls_opener *o, EVP_CIPHER *cipher)
{
	if (EVP_DecryptInit_ex(o->cipher, cipher, NULL, NULL, NULL) != 1)
		return false;
	if (o->row->mode != TLS_MODE_AEAD)
		return true;
	if (EVP_CIPHER_CTX_ctrl(o->cipher, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL) != 1)
		return false;
	return !o->row->ccm ||
	       EVP_CIPHER_CTX_ctrl(o->cipher, EVP_CTRL_AEAD_SET_TAG, o->row->tag, NULL) == 1;
}

/* Sets up cipher and MAC contexts. */
static bool set_keys(struct tls_opener *o, struct tls_crypto *c, const struct tls_keyset *keys)
{
	if (o->row->name) {
		EVP_CIPHER *cipher = tls_crypto_cipher(c, o->suite->cipher);

		o->cipher = cipher ? EVP_CIPHER_CTX_new() : NULL;
		if (!o->cipher || !set_lengths(o, cipher) ||
		    EVP_DecryptInit_ex(o->cipher, NULL, NULL, keys->key.p, NULL) != 1)
			return false;
		EVP_CIPHER_CTX_set_padding(o->cipher, 0);
	}
	if (o->suite->mac != TLS_AEAD_MAC) {
		o->mac = tls_crypto_hmac(c, o->suite->mac, keys->mac);
		if (!o->mac)
			return false;
	}
	if (keys->iv.n)
		memcpy(o->iv, keys->iv.p, keys->iv.n < 16 ? keys->iv.n : 16);
	return true;
}

struct tls_opener *tls_opener_new(struct tls_crypto *c, const struct tls_suite *suite,
				  uint16_t version, bool etm, const struct tls_keyset *keys)
{
	struct tls_opener *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->suite = suite;
	o->row = tls_cipher_row(suite->cipher);
	o->version = version;
	o->etm = etm && o->row->mode == TLS_MODE_CBC;
	if (!set_keys(o, c, keys)) {
		tls_opener_free(o);
		return NULL;
	}
	return o;
}

struct tls_opener *tls_opener_of_secret(struct tls_crypto *c, const struct tls_suite *suite,
					struct view secret)
{
	const struct tls_cipher_row *row = tls_cipher_row(suite->cipher);
	uint8_t key[32];
	uint8_t iv[12];
	struct tls_keyset keys = {.key = {key, row->key}, .iv = {iv, sizeof(iv)}};
	struct tls_opener *o = NULL;

	if (secret.n == tls_hash_size(suite->prf) &&
	    tls_crypto_expand(c, suite->prf, secret, "key", key, row->key) == 0 &&
	    tls_crypto_expand(c, suite->prf, secret, "iv", iv, sizeof(iv)) == 0)
		o = tls_opener_new(c, suite, TLS_1_3, false, &keys);
	if (o)
		memcpy(o->secret, secret.p, secret.n);
	wipe(key, sizeof(key));
	return o;
}

struct tls_opener *tls_opener_updated(struct tls_crypto *c, const struct tls_opener *o)
{
	uint8_t next[TLS_SECRET_MAX];
	size_t n = tls_hash_size(o->suite->prf);
	struct tls_opener *made = NULL;

	if (tls_crypto_expand(c, o->suite->prf, (struct view){o->secret, n}, "traffic upd", next,
			      n) == 0)
		made = tls_opener_of_secret(c, o->suite, (struct view){next, n});
	wipe(next, sizeof(next));
	return made;
}

void tls_opener_free(struct tls_opener *o)
{
	if (!o)
		return;
	EVP_CIPHER_CTX_free(o->cipher);
	EVP_MAC_CTX_free(o->mac);
	wipe(o, sizeof(*o));
	free(o);
}

/* Writes what MAC and AEAD cover besides the content: number, type, version, length. */
static void put_header(uint8_t to[AAD_MAX], uint64_t seq, const struct tls_raw *raw, size_t n)
{
	struct wr w = wr_init(to, AAD_MAX);

	wr_be32(&w, (uint32_t)(seq >> 32));
	wr_be32(&w, (uint32_t)seq);
	wr_u8(&w, raw->type);
	wr_be16(&w, raw->version);
	wr_be16(&w, (uint16_t)n);
}

/* Returns whether mac is the MAC of the n bytes at p. */
static bool check_mac(const struct tls_opener *o, uint64_t seq, const struct tls_raw *raw,
		      const uint8_t *p, size_t n, const uint8_t *mac)
{
	uint8_t header[AAD_MAX];
	uint8_t want[EVP_MAX_MD_SIZE];
	size_t size = 0;

	put_header(header, seq, raw, n);
	return EVP_MAC_init(o->mac, NULL, 0, NULL) == 1 &&
	       EVP_MAC_update(o->mac, header, sizeof(header)) == 1 &&
	       EVP_MAC_update(o->mac, p, n) == 1 &&
	       EVP_MAC_final(o->mac, want, &size, sizeof(want)) == 1 && same_bytes(want, mac, size);
}

/* Makes the nonce of a record (RFC 5288 section 3, RFC 7905 section 2, RFC 8446 section 5.3). */
static void put_nonce(const struct tls_opener *o, uint64_t seq, const uint8_t *explicit,
		      uint8_t nonce[12])
{
	memcpy(nonce, o->iv, 12);
	if (explicit)
		memcpy(nonce + o->row->fixed, explicit, o->row->explicit);
	else
		for (int i = 0; i < 8; i++)
			nonce[11 - i] ^= (uint8_t)(seq >> (8 * i));
}

/* Runs the AEAD cipher over n bytes of ciphertext. */
static bool run_aead(const struct tls_opener *o, const uint8_t nonce[12], struct view aad,
		     const uint8_t *from, size_t n, uint8_t *out)
{
	uint8_t tag[TAG_MAX];
	int done;

	memcpy(tag, from + n, o->row->tag);
	if (o->row->ccm) {
		/* CCM takes tag and length first, and verifies in the one update */
		return EVP_CIPHER_CTX_ctrl(o->cipher, EVP_CTRL_AEAD_SET_TAG, o->row->tag, tag) ==
			       1 &&
		       EVP_DecryptInit_ex(o->cipher, NULL, NULL, NULL, nonce) == 1 &&
		       EVP_DecryptUpdate(o->cipher, NULL, &done, NULL, (int)n) == 1 &&
		       EVP_DecryptUpdate(o->cipher, NULL, &done, aad.p, (int)aad.n) == 1 &&
		       EVP_DecryptUpdate(o->cipher, out, &done, from, (int)n) == 1;
	}
	return EVP_DecryptInit_ex(o->cipher, NULL, NULL, NULL, nonce) == 1 &&
	       EVP_DecryptUpdate(o->cipher, NULL, &done, aad.p, (int)aad.n) == 1 &&
	       EVP_DecryptUpdate(o->cipher, out, &done, from, (int)n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(o->cipher, EVP_CTRL_AEAD_SET_TAG, o->row->tag, tag) == 1 &&
	       EVP_DecryptFinal_ex(o->cipher, out + done, &done) == 1;
}

/* Takes padding and inner type off a TLS 1.3 plaintext. */
static enum tls_opened strip_inner(const uint8_t *out, size_t *n, uint8_t *type)
{
	while (*n && !out[*n - 1])
		--*n;
	if (!*n)
		return TLS_OPEN_BAD;
	*type = out[--*n];
	return TLS_OPENED;
}

static enum tls_opened open_aead(const struct tls_opener *o, uint64_t seq,
				 const struct tls_raw *raw, uint8_t *out, size_t *n, uint8_t *type)
{
	bool inner = o->version == TLS_1_3;
	size_t explicit = inner ? 0 : o->row->explicit;
	uint8_t header[AAD_MAX];
	uint8_t nonce[12];
	struct view aad = {header, AAD_MAX};

	if (raw->n < explicit + o->row->tag + inner)
		return TLS_OPEN_SHORT;
	*n = raw->n - explicit - o->row->tag;
	put_nonce(o, seq, explicit ? raw->body : NULL, nonce);
	if (inner) {
		put_header(header, seq, raw, raw->n);
		aad = (struct view){header + 8, TLS_HEADER};
	} else {
		put_header(header, seq, raw, *n);
	}
	if (!run_aead(o, nonce, aad, raw->body + explicit, *n, out))
		return TLS_OPEN_BAD;
	*type = raw->type;
	return inner ? strip_inner(out, n, type) : TLS_OPENED;
}

/* Opens a record of a stream cipher, or of none. */
static enum tls_opened open_stream(const struct tls_opener *o, uint64_t seq,
				   const struct tls_raw *raw, uint8_t *out, size_t *n)
{
	size_t mac = tls_hash_size(o->suite->mac);
	int done;

	if (o->cipher && EVP_DecryptUpdate(o->cipher, out, &done, raw->body, (int)raw->n) != 1)
		return TLS_OPEN_BAD;
	if (!o->cipher)
		memcpy(out, raw->body, raw->n);
	if (raw->n < mac)
		return TLS_OPEN_SHORT;
	*n = raw->n - mac;
	return check_mac(o, seq, raw, out, *n, out + *n) ? TLS_OPENED : TLS_OPEN_BAD;
}

/* Returns how many bytes of padding, its length byte included, end the n bytes; 0: it is malformed.
 */
static size_t padding_of(const uint8_t *p, size_t n)
{
	size_t padding = (size_t)p[n - 1] + 1;

	if (padding > n)
		return 0;
	for (size_t i = 1; i < padding; i++)
		if (p[n - 1 - i] != p[n - 1])
			return 0;
	return padding;
}

static enum tls_opened open_cbc(const struct tls_opener *o, uint64_t seq, const uint8_t *iv,
				const struct tls_raw *raw, uint8_t *out, size_t *n)
{
	size_t mac = tls_hash_size(o->suite->mac);
	size_t block = o->row->block;
	struct view text = {raw->body, raw->n};
	size_t padding;
	int done;

	if (o->etm) {
		if (text.n < mac)
			return TLS_OPEN_SHORT;
		text.n -= mac;
		if (!check_mac(o, seq, raw, text.p, text.n, text.p + text.n))
			return TLS_OPEN_BAD;
	}
	if (o->version > TLS_1_0) {
		if (text.n < block)
			return TLS_OPEN_SHORT;
		iv = text.p;
		text.p += block;
		text.n -= block;
	}
	if (!block || !text.n || text.n % block)
		return TLS_OPEN_SHORT;
	if (EVP_DecryptInit_ex(o->cipher, NULL, NULL, NULL, iv) != 1 ||
	    EVP_DecryptUpdate(o->cipher, out, &done, text.p, (int)text.n) != 1)
		return TLS_OPEN_BAD;
	padding = padding_of(out, text.n);
	if (!padding || (!o->etm && padding + mac > text.n))
		return TLS_OPEN_BAD;
	*n = text.n - padding - (o->etm ? 0 : mac);
	if (!o->etm && !check_mac(o, seq, raw, out, *n, out + *n))
		return TLS_OPEN_BAD;
	return TLS_OPENED;
}

static enum tls_opened open_at(const struct tls_opener *o, uint64_t seq, const uint8_t *iv,
			       const struct tls_raw *raw, uint8_t *out, size_t *n, uint8_t *type)
{
	*type = raw->type;
	switch ((enum tls_mode)o->row->mode) {
	case TLS_MODE_AEAD:
		return open_aead(o, seq, raw, out, n, type);
	case TLS_MODE_CBC:
		return open_cbc(o, seq, iv, raw, out, n);
	case TLS_MODE_STREAM:
		break;
	}
	return open_stream(o, seq, raw, out, n);
}

/* Returns the ciphertext of a CBC record, which an encrypt-then-MAC record ends with a MAC. */
static struct view cbc_text(const struct tls_opener *o, struct view body)
{
	size_t mac = o->etm ? tls_hash_size(o->suite->mac) : 0;

	body.n = body.n > mac ? body.n - mac : 0;
	return body;
}

void tls_opener_chain(struct tls_opener *o, struct view body)
{
	size_t block = o->row->block;

	if (o->row->mode != TLS_MODE_CBC || o->version != TLS_1_0)
		return;
	body = cbc_text(o, body);
	o->iv_lost = !body.p || body.n < block;
	if (!o->iv_lost)
		memcpy(o->iv, body.p + body.n - block, block);
}

uint64_t tls_opener_nonce(const struct tls_opener *o, const struct tls_raw *raw)
{
	struct rd r = rd_init(raw->body, raw->n);
	uint64_t high;

	if (o->version == TLS_1_3 || o->row->explicit != 8)
		return 0;
	high = rd_be32(&r);
	return high << 32 | rd_be32(&r);
}

enum tls_opened tls_opener_open(struct tls_opener *o, const struct tls_raw *raw, uint8_t *out,
				size_t *n, uint8_t *type)
{
	enum tls_opened r = open_at(o, o->seq, o->iv, raw, out, n, type);

	o->seq++;
	tls_opener_chain(o, (struct view){raw->body, raw->n});
	if (r == TLS_OPENED) {
		o->opened++;
		o->nonce = tls_opener_nonce(o, raw);
	}
	return r;
}

/* Moves a stream cipher over n bytes that were not seen. */
static void skip_stream(EVP_CIPHER_CTX *cipher, uint64_t n)
{
	uint8_t waste[SKIP_CHUNK] = {0};
	int done;

	while (n) {
		int some = n < sizeof(waste) ? (int)n : (int)sizeof(waste);

		if (EVP_DecryptUpdate(cipher, waste, &done, waste, some) != 1)
			return;
		n -= (uint64_t)some;
	}
}

/* Tries a stream cipher on a copy of its state, which cannot go back. */
static enum tls_opened try_stream(struct tls_opener *o, const struct tls_raw *raw, uint64_t seq,
				  uint64_t stream, uint8_t *out, size_t *n)
{
	struct tls_opener copy = *o;
	enum tls_opened r = TLS_OPEN_BAD;

	if (!o->cipher)
		return open_stream(o, seq, raw, out, n);
	copy.cipher = EVP_CIPHER_CTX_new();
	if (copy.cipher && EVP_CIPHER_CTX_copy(copy.cipher, o->cipher) == 1) {
		skip_stream(copy.cipher, stream);
		r = open_stream(&copy, seq, raw, out, n);
	}
	if (r == TLS_OPENED) {
		EVP_CIPHER_CTX_free(o->cipher);
		o->cipher = copy.cipher;
	} else {
		EVP_CIPHER_CTX_free(copy.cipher);
	}
	wipe(&copy, sizeof(copy));
	return r;
}

enum tls_opened tls_opener_try(struct tls_opener *o, const struct tls_raw *raw, uint64_t lost,
			       uint64_t stream, struct view before, uint8_t *out, size_t *n,
			       uint8_t *type)
{
	const uint8_t *iv = o->iv;
	enum tls_opened r;

	before = cbc_text(o, before);
	if (o->row->mode == TLS_MODE_CBC && o->version == TLS_1_0) {
		if (before.n < o->row->block && o->iv_lost)
			return TLS_OPEN_BAD;
		if (before.n >= o->row->block)
			iv = before.p + before.n - o->row->block;
	}
	*type = raw->type;
	if (o->row->mode == TLS_MODE_STREAM)
		r = try_stream(o, raw, o->seq + lost, stream, out, n);
	else
		r = open_at(o, o->seq + lost, iv, raw, out, n, type);
	if (r != TLS_OPENED)
		return r;
	o->seq += lost + 1;
	o->opened++;
	o->nonce = tls_opener_nonce(o, raw);
	tls_opener_chain(o, (struct view){raw->body, raw->n});
	return r;
}

void tls_opener_pass(struct tls_opener *o, size_t n, struct view tail)
{
	o->seq++;
	tls_opener_chain(o, tail);
	if (o->row->mode == TLS_MODE_STREAM && o->cipher)
		skip_stream(o->cipher, n);
}
