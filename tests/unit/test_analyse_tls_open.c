/* SPDX-License-Identifier: MIT */
/*
 * Record protection and key derivation alone: published vectors, and records that the test seals by
 * its own hand in every suite of the table, whole, changed and cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyse/tls_open.h"

#include <openssl/hmac.h>
#include <stdlib.h>

static struct tls_crypto *crypto;
static uint8_t plain[TLS_PLAIN_MAX];

static int set_up(void **state)
{
	(void)state;
	crypto = tls_crypto_new();
	return crypto ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tls_crypto_free(crypto);
	return 0;
}

static void unhex(const char *hex, uint8_t *out)
{
	for (size_t i = 0; hex[2 * i]; i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
}

static void test_prf_gives_the_published_vectors(void **state)
{
	/* "TLS 1.2 PRF test vectors" (IETF TLS list, 2009), SHA-256 and SHA-384, first 32 bytes */
	static const struct {
		enum tls_hash hash;
		const char *secret, *seed, *out;
	} v[] = {
		{TLS_SHA256, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
		 "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"},
		{TLS_SHA384, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
		 "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t secret[16], seed[16], want[32], got[32];

		unhex(v[i].secret, secret);
		unhex(v[i].seed, seed);
		unhex(v[i].out, want);
		assert_int_equal(tls_crypto_prf(crypto, v[i].hash, (struct view){secret, 16},
						"test label", (struct view){seed, 16}, got, 32),
				 0);
		assert_memory_equal(got, want, 32);
	}
}

static void test_expand_gives_the_keys_of_rfc_8448(void **state)
{
	/* section 3: the server's handshake traffic secret, and what it expands to */
	uint8_t secret[32], key[16], iv[12], want_key[16], want_iv[12];
	struct view s = {secret, 32};

	(void)state;
	unhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38", secret);
	unhex("3fce516009c21727d0f2e4e86ee403bc", want_key);
	unhex("5d313eb2671276ee13000b30", want_iv);
	assert_int_equal(tls_crypto_expand(crypto, TLS_SHA256, s, "key", key, 16), 0);
	assert_int_equal(tls_crypto_expand(crypto, TLS_SHA256, s, "iv", iv, 12), 0);
	assert_memory_equal(key, want_key, 16);
	assert_memory_equal(iv, want_iv, 12);
}

/* The sending side, written apart from the code under test. */
struct sealer {
	const struct tls_suite *suite;
	const struct tls_cipher_row *row;
	uint16_t version;
	bool etm;
	uint64_t seq;
	uint8_t mac[48], key[32], iv[16];
	EVP_CIPHER_CTX *cipher;
};

static void put_head(uint8_t to[13], uint64_t seq, uint8_t type, uint16_t version, size_t n)
{
	for (int i = 0; i < 8; i++)
		to[i] = (uint8_t)(seq >> (56 - 8 * i));
	to[8] = type;
	to[9] = (uint8_t)(version >> 8);
	to[10] = (uint8_t)version;
	to[11] = (uint8_t)(n >> 8);
	to[12] = (uint8_t)n;
}

static size_t put_mac(struct sealer *s, const uint8_t *p, size_t n, uint8_t *to)
{
	size_t size = tls_hash_size(s->suite->mac);
	uint8_t *text = malloc(13 + n);
	unsigned out;

	put_head(text, s->seq, 23, s->version, n);
	if (n)
		memcpy(text + 13, p, n);
	assert_non_null(HMAC(tls_crypto_md(crypto, s->suite->mac), s->mac, (int)size, text, 13 + n,
			     to, &out));
	free(text);
	return out;
}

static size_t seal_aead(struct sealer *s, const uint8_t *p, size_t n, uint8_t *to)
{
	bool inner = s->version == TLS_1_3;
	size_t explicit = inner ? 0 : s->row->explicit;
	uint8_t *text = calloc(1, n + 40);
	uint8_t head[13], nonce[12];
	struct view aad = {head, 13};
	size_t size = n;
	int done;

	memcpy(text, p, n);
	if (inner) { /* with padding, the more the longer */
		text[size++] = 23;
		size += n % 30;
		put_head(head, s->seq, 23, TLS_1_2, size + s->row->tag);
		aad = (struct view){head + 8, 5};
	} else {
		put_head(head, s->seq, 23, s->version, n);
	}
	memcpy(nonce, s->iv, 12);
	if (explicit) {
		for (int i = 0; i < 8; i++)
			nonce[4 + i] = to[i] = (uint8_t)((s->seq + 77) >> (56 - 8 * i));
	} else {
		for (int i = 0; i < 8; i++)
			nonce[11 - i] ^= (uint8_t)(s->seq >> (8 * i));
	}
	EVP_CIPHER_CTX_reset(s->cipher);
	EVP_EncryptInit_ex(s->cipher, tls_crypto_cipher(crypto, s->suite->cipher), NULL, NULL,
			   NULL);
	EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL);
	if (s->row->ccm)
		EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_SET_TAG, s->row->tag, NULL);
	EVP_EncryptInit_ex(s->cipher, NULL, NULL, s->key, nonce);
	if (s->row->ccm)
		EVP_EncryptUpdate(s->cipher, NULL, &done, NULL, (int)size);
	EVP_EncryptUpdate(s->cipher, NULL, &done, aad.p, (int)aad.n);
	assert_int_equal(EVP_EncryptUpdate(s->cipher, to + explicit, &done, text, (int)size), 1);
	EVP_EncryptFinal_ex(s->cipher, to + explicit + done, &done);
	EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_GET_TAG, s->row->tag, to + explicit + size);
	free(text);
	return explicit + size + s->row->tag;
}

static size_t seal_cbc(struct sealer *s, const uint8_t *p, size_t n, uint8_t *to)
{
	size_t block = s->row->block;
	size_t start = s->version > TLS_1_0 ? block : 0;
	uint8_t *text = calloc(1, n + 400);
	size_t size = n, padding;
	int done;

	memcpy(text, p, n);
	if (!s->etm)
		size += put_mac(s, p, n, text + n);
	padding = block - size % block + block * (n % 8); /* up to 255 in all */
	if (padding > 256)
		padding -= block * (n % 8);
	memset(text + size, (int)(padding - 1), padding);
	size += padding;
	if (start) {
		for (size_t i = 0; i < sizeof(s->iv); i++)
			s->iv[i] = (uint8_t)(s->seq * 7 + i);
		memcpy(to, s->iv, block);
	}
	EVP_CIPHER_CTX_reset(s->cipher);
	EVP_EncryptInit_ex(s->cipher, tls_crypto_cipher(crypto, s->suite->cipher), NULL, s->key,
			   s->iv);
	EVP_CIPHER_CTX_set_padding(s->cipher, 0);
	assert_int_equal(EVP_EncryptUpdate(s->cipher, to + start, &done, text, (int)size), 1);
	free(text);
	size += start;
	memcpy(s->iv, to + size - block, block);
	if (s->etm)
		size += put_mac(s, to, size, to + size);
	return size;
}

static size_t seal_stream(struct sealer *s, const uint8_t *p, size_t n, uint8_t *to)
{
	int done;

	memcpy(to, p, n);
	n += put_mac(s, p, n, to + n);
	if (s->row->name)
		EVP_EncryptUpdate(s->cipher, to, &done, to, (int)n);
	return n;
}

/* Seals n bytes; returns the length of the body at `to`. */
static size_t seal(struct sealer *s, const uint8_t *p, size_t n, uint8_t *to)
{
	size_t size = s->row->mode == TLS_MODE_AEAD  ? seal_aead(s, p, n, to)
		      : s->row->mode == TLS_MODE_CBC ? seal_cbc(s, p, n, to)
						     : seal_stream(s, p, n, to);

	s->seq++;
	return size;
}

static struct tls_opener *start(struct sealer *s, const struct tls_suite *suite, uint16_t version,
				bool etm)
{
	struct tls_keyset keys;

	*s = (struct sealer){.suite = suite, .version = version, .etm = etm};
	s->row = tls_cipher_row(suite->cipher);
	for (size_t i = 0; i < 48; i++) {
		s->mac[i] = (uint8_t)(i * 3);
		s->key[i % 32] = (uint8_t)(i * 5 + 1);
		s->iv[i % 16] = (uint8_t)(i * 11);
	}
	s->cipher = EVP_CIPHER_CTX_new();
	if (s->row->mode == TLS_MODE_STREAM && s->row->name)
		EVP_EncryptInit_ex(s->cipher, tls_crypto_cipher(crypto, suite->cipher), NULL,
				   s->key, NULL);
	keys.mac = (struct view){s->mac, tls_hash_size(suite->mac)};
	keys.key = (struct view){s->key, s->row->key};
	keys.iv = (struct view){s->iv, s->row->mode == TLS_MODE_AEAD ? 12 : s->row->block};
	return tls_opener_new(crypto, suite, version, etm, &keys);
}

static struct tls_raw raw_of(const struct sealer *s, const uint8_t *body, size_t n)
{
	return (struct tls_raw){.type = 23,
				.version = s->version == TLS_1_3 ? TLS_1_2 : s->version,
				.body = body,
				.n = (uint32_t)n};
}

/* Opens records of many lengths, and refuses each when a bit is another. */
static void check_suite(const struct tls_suite *suite, uint16_t version, bool etm)
{
	static uint8_t text[17000], body[TLS_BODY_MAX];
	struct sealer s;
	struct tls_opener *o = start(&s, suite, version, etm);

	if (!o)
		fail_msg("%s: no opener", suite->name);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 17);
	for (size_t n = 0; n <= 16384; n = n < 40 ? n + 1 : n * 3) {
		size_t size = seal(&s, text, n, body);
		struct tls_raw raw = raw_of(&s, body, size);
		uint8_t type;
		size_t got;

		if (tls_opener_open(o, &raw, plain, &got, &type) != TLS_OPENED)
			fail_msg("%s %x etm %d: %zu bytes do not open", suite->name, version, etm,
				 n);
		assert_int_equal(got, n);
		assert_int_equal(type, 23);
		assert_memory_equal(plain, text, n);
	}
	assert_int_equal(o->seq, s.seq);
	for (int i = 0; i < 40; i++) {
		size_t size = seal(&s, text, 100, body);
		struct tls_raw raw = raw_of(&s, body, size);
		uint8_t type;
		size_t got;

		body[(size_t)i * size / 40] ^= (uint8_t)(1 << i % 8);
		if (tls_opener_open(o, &raw, plain, &got, &type) == TLS_OPENED)
			fail_msg("%s %x etm %d: a changed record opens", suite->name, version, etm);
	}
	tls_opener_free(o);
	EVP_CIPHER_CTX_free(s.cipher);
}

static void test_opener_opens_every_suite_of_the_table(void **state)
{
	const struct tls_suite *suite;
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; (suite = tls_suite_at(i)); i++, count++) {
		bool aead = suite->mac == TLS_AEAD_MAC;

		assert_ptr_equal(tls_suite_by_id(suite->id), suite);
		if (suite->kx == TLS_KX_13) {
			check_suite(suite, TLS_1_3, false);
			continue;
		}
		for (uint16_t v = aead ? TLS_1_2 : TLS_1_0; v <= TLS_1_2; v++) {
			check_suite(suite, v, false);
			if (!aead)
				check_suite(suite, v, true);
		}
	}
	assert_true(count > 90);
	assert_null(tls_suite_by_id(0x1306));
	assert_null(tls_suite_by_id(0xffff));
}

static void test_opener_finds_the_number_of_a_record_behind_a_loss(void **state)
{
	const struct tls_suite *suite;
	static uint8_t text[500], body[8][1000];

	(void)state;
	for (size_t i = 0; (suite = tls_suite_at(i)); i++) {
		uint16_t version = suite->kx == TLS_KX_13 ? TLS_1_3 : TLS_1_2;
		struct sealer s;
		struct tls_opener *o = start(&s, suite, version, false);
		uint64_t lost_bytes = 0;
		size_t size[8], got;
		uint8_t type;
		struct tls_raw raw;
		struct view none = {NULL, 0};

		for (int r = 0; r < 8; r++)
			size[r] = seal(&s, text, 100 + (size_t)r * 7, body[r]);
		raw = raw_of(&s, body[0], size[0]);
		assert_int_equal(tls_opener_open(o, &raw, plain, &got, &type), TLS_OPENED);
		for (int r = 1; r < 5; r++)
			lost_bytes += size[r];
		raw = raw_of(&s, body[5], size[5]);
		for (uint64_t lost = 0; lost < 8; lost++) {
			enum tls_opened want = lost == 4 ? TLS_OPENED : TLS_OPEN_BAD;

			if (lost == 5)
				break;
			if (tls_opener_try(o, &raw, lost, lost_bytes, none, plain, &got, &type) !=
			    want)
				fail_msg("%s: %lu lost", suite->name, (unsigned long)lost);
		}
		assert_int_equal(got, 135);
		raw = raw_of(&s, body[6], size[6]);
		assert_int_equal(tls_opener_open(o, &raw, plain, &got, &type), TLS_OPENED);
		tls_opener_free(o);
		EVP_CIPHER_CTX_free(s.cipher);
	}
}

static void test_opener_refuses_every_truncation(void **state)
{
	const struct tls_suite *suite;
	static uint8_t text[64], body[1000];

	(void)state;
	for (size_t i = 0; (suite = tls_suite_at(i)); i++) {
		uint16_t version = suite->kx == TLS_KX_13 ? TLS_1_3 : TLS_1_2;
		struct sealer s;
		struct tls_opener *o = start(&s, suite, version, false);
		size_t size = seal(&s, text, sizeof(text), body);
		uint8_t type;
		size_t got;

		for (size_t n = 0; n < size; n++) {
			struct tls_raw raw = raw_of(&s, body, n);
			uint8_t *exact = malloc(n ? n : 1);

			memcpy(exact, body, n);
			raw.body = exact;
			assert_int_not_equal(tls_opener_try(o, &raw, 0, 0, (struct view){NULL, 0},
							    plain, &got, &type),
					     TLS_OPENED);
			free(exact);
		}
		tls_opener_free(o);
		EVP_CIPHER_CTX_free(s.cipher);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prf_gives_the_published_vectors),
		cmocka_unit_test(test_expand_gives_the_keys_of_rfc_8448),
		cmocka_unit_test(test_opener_opens_every_suite_of_the_table),
		cmocka_unit_test(test_opener_finds_the_number_of_a_record_behind_a_loss),
		cmocka_unit_test(test_opener_refuses_every_truncation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
