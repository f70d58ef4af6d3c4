/* SPDX-License-Identifier: MIT */
/* Fetches algorithms from a library context of our own, so that no one else gets the legacy ones.
 */
#include "analyse/tls_crypto.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdlib.h>

#include "lib/crypto/hkdf_label.h"

struct tls_crypto {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *standard;
	OSSL_PROVIDER *legacy;    /* NULL: not installed */
	OSSL_PROVIDER *global[2]; /* in the default context; NULL: not needed so far */
	EVP_CIPHER *cipher[TLS_CIPHERS];
	EVP_MD *md[TLS_HASHES];
	EVP_MAC *hmac;
	EVP_KDF_CTX *prf;
	EVP_KDF_CTX *hkdf;
};

static const char *const md_names[TLS_HASHES] = {
	[TLS_MD5] = "MD5",       [TLS_SHA1] = "SHA1",        [TLS_SHA256] = "SHA256",
	[TLS_SHA384] = "SHA384", [TLS_MD5SHA1] = "MD5-SHA1",
};

static EVP_KDF_CTX *new_kdf(struct tls_crypto *c, const char *name)
{
	EVP_KDF *kdf = EVP_KDF_fetch(c->lib, name, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;

	EVP_KDF_free(kdf);
	return ctx;
}

struct tls_crypto *tls_crypto_new(void)
{
	struct tls_crypto *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->lib = OSSL_LIB_CTX_new();
	if (c->lib) {
		c->standard = OSSL_PROVIDER_load(c->lib, "default");
		c->legacy = OSSL_PROVIDER_load(c->lib, "legacy");
		c->hmac = EVP_MAC_fetch(c->lib, "HMAC", NULL);
		c->prf = new_kdf(c, "TLS1-PRF");
		c->hkdf = new_kdf(c, "HKDF");
	}
	if (!c->lib || !c->standard || !c->hmac || !c->prf || !c->hkdf) {
		tls_crypto_free(c);
		return NULL;
	}
	return c;
}

void tls_crypto_free(struct tls_crypto *c)
{
	if (!c)
		return;
	for (int i = 0; i < TLS_CIPHERS; i++)
		EVP_CIPHER_free(c->cipher[i]);
	for (int i = 0; i < TLS_HASHES; i++)
		EVP_MD_free(c->md[i]);
	EVP_MAC_free(c->hmac);
	EVP_KDF_CTX_free(c->prf);
	EVP_KDF_CTX_free(c->hkdf);
	for (int i = 0; i < 2; i++)
		if (c->global[i])
			OSSL_PROVIDER_unload(c->global[i]);
	if (c->legacy)
		OSSL_PROVIDER_unload(c->legacy);
	if (c->standard)
		OSSL_PROVIDER_unload(c->standard);
	OSSL_LIB_CTX_free(c->lib);
	free(c);
}

OSSL_LIB_CTX *tls_crypto_lib(const struct tls_crypto *c)
{
	return c->lib;
}

bool tls_crypto_old_files(struct tls_crypto *c)
{
	static const char *const names[2] = {"default", "legacy"};

	for (int i = 0; i < 2; i++)
		if (!c->global[i])
			c->global[i] = OSSL_PROVIDER_load(NULL, names[i]);
	return c->global[0] && c->global[1];
}

EVP_CIPHER *tls_crypto_cipher(struct tls_crypto *c, enum tls_cipher cipher)
{
	const char *name = tls_cipher_row(cipher)->name;

	if (!c->cipher[cipher] && name)
		c->cipher[cipher] = EVP_CIPHER_fetch(c->lib, name, NULL);
	return c->cipher[cipher];
}

EVP_MD *tls_crypto_md(struct tls_crypto *c, enum tls_hash hash)
{
	if (!c->md[hash] && md_names[hash])
		c->md[hash] = EVP_MD_fetch(c->lib, md_names[hash], NULL);
	return c->md[hash];
}

/* Makes a parameter of a digest's name; OpenSSL wants it without const and does not change it. */
static OSSL_PARAM digest_param(const char *key, enum tls_hash hash)
{
	union {
		const char *from;
		char *to;
	} name = {md_names[hash]};

	return OSSL_PARAM_construct_utf8_string(key, name.to, 0);
}

static OSSL_PARAM bytes_param(const char *key, struct view v)
{
	union {
		const uint8_t *from;
		void *to;
	} bytes = {v.p};

	return OSSL_PARAM_construct_octet_string(key, bytes.to, v.n);
}

EVP_MAC_CTX *tls_crypto_hmac(struct tls_crypto *c, enum tls_hash hash, struct view key)
{
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(c->hmac);
	OSSL_PARAM params[] = {digest_param(OSSL_MAC_PARAM_DIGEST, hash), OSSL_PARAM_END};

	if (mac && EVP_MAC_init(mac, key.p, key.n, params) != 1) {
		EVP_MAC_CTX_free(mac);
		return NULL;
	}
	return mac;
}

int tls_crypto_hash(struct tls_crypto *c, enum tls_hash hash, const struct view *parts, size_t n,
		    uint8_t *out)
{
	EVP_MD *md = tls_crypto_md(c, hash);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = md && ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;

	for (size_t i = 0; i < n && ok; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}

int tls_crypto_prf(struct tls_crypto *c, enum tls_hash hash, struct view secret, const char *label,
		   struct view seed, uint8_t *out, size_t n)
{
	struct view text = {(const uint8_t *)label, strlen(label)};
	OSSL_PARAM params[] = {
		digest_param(OSSL_KDF_PARAM_DIGEST, hash),
		bytes_param(OSSL_KDF_PARAM_SECRET, secret),
		bytes_param(OSSL_KDF_PARAM_SEED, text), /* several seeds are joined */
		bytes_param(OSSL_KDF_PARAM_SEED, seed),
		OSSL_PARAM_END,
	};
	int ok;

	EVP_KDF_CTX_reset(c->prf);
	ok = EVP_KDF_derive(c->prf, out, n, params) == 1;
	EVP_KDF_CTX_reset(c->prf);
	return ok ? 0 : -1;
}

int tls_crypto_expand(struct tls_crypto *c, enum tls_hash hash, struct view secret,
		      const char *label, uint8_t *out, size_t n)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	uint8_t info[HKDF_LABEL_MAX];
	struct wr w = wr_init(info, sizeof(info));
	OSSL_PARAM params[5];
	int ok;

	put_hkdf_label(&w, n, label);
	params[0] = digest_param(OSSL_KDF_PARAM_DIGEST, hash);
	params[1] = bytes_param(OSSL_KDF_PARAM_KEY, secret);
	params[2] = bytes_param(OSSL_KDF_PARAM_INFO, (struct view){info, wr_len(&w)});
	params[3] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	params[4] = OSSL_PARAM_construct_end();
	EVP_KDF_CTX_reset(c->hkdf);
	ok = !w.bad && EVP_KDF_derive(c->hkdf, out, n, params) == 1;
	EVP_KDF_CTX_reset(c->hkdf);
	return ok ? 0 : -1;
}
