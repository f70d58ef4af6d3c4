/* SPDX-License-Identifier: MIT */
/*
 * From keys to openers: finds the master secret of a handshake (key log, private key, earlier
 * session) and the traffic secrets of TLS 1.3, and derives record keys (RFC 5246 section 6.3, RFC
 * 7627, RFC 8446 section 7).
 */
#include "analyse/tls_local.h"

#include "lib/base/secret.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define PREMASTER_RSA 48
#define KEY_BLOCK_MAX (2 * (48 + 32 + 16))

/* Returns the hash of the PRF that a handshake uses. */
static enum tls_hash prf_of(const struct tls *t)
{
	return t->facts.version >= TLS_1_2 ? (enum tls_hash)t->hs->suite->prf : TLS_MD5SHA1;
}

void tls_secret_certificate(struct tls *t)
{
	struct tls_crypto *c = tls_keys_crypto(t->env->keys);
	struct view cert = {t->facts.cert, t->facts.cert_size};

	t->facts.cert_of_session = false;
	t->facts.has_cert_hash =
		tls_crypto_hash(c, TLS_SHA1, &cert, 1, t->facts.cert_sha1) == 0 &&
		tls_crypto_hash(c, TLS_SHA256, &cert, 1, t->facts.cert_sha256) == 0;
}

void tls_secret_session_certificate(struct tls *t)
{
	const struct tls_hs *hs = t->hs;

	if (!hs->offers || !hs->offered.has_cert || t->facts.cert)
		return;
	t->facts.has_cert_hash = t->facts.cert_of_session = true;
	memcpy(t->facts.cert_sha1, hs->offered.cert_sha1, 20);
	memcpy(t->facts.cert_sha256, hs->offered.cert_sha256, 32);
}

void tls_secret_remember(struct tls *t, struct view ticket)
{
	struct tls_session s = {0};

	if (t->hs && t->hs->has_master) {
		s.has_master = true;
		memcpy(s.master, t->hs->master, sizeof(s.master));
	}
	s.has_cert = t->facts.has_cert_hash;
	memcpy(s.cert_sha1, t->facts.cert_sha1, sizeof(s.cert_sha1));
	memcpy(s.cert_sha256, t->facts.cert_sha256, sizeof(s.cert_sha256));
	tls_keys_remember(t->env->keys, ticket, &s);
	wipe(&s, sizeof(s));
}

/* Decrypts a premaster secret with one private key; true when it is one. */
static bool try_private(struct tls *t, EVP_PKEY *key, uint8_t out[PREMASTER_RSA])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(
		tls_crypto_lib(tls_keys_crypto(t->env->keys)), key, NULL);
	uint8_t plain[1024];
	size_t n = sizeof(plain);
	bool ok;

	ok = EVP_PKEY_is_a(key, "RSA") && ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	     EVP_PKEY_decrypt(ctx, plain, &n, t->hs->premaster.p, t->hs->premaster.n) == 1 &&
	     n == PREMASTER_RSA && plain[0] == 3;
	if (ok)
		memcpy(out, plain, PREMASTER_RSA);
	ERR_clear_error();
	wipe(plain, sizeof(plain));
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* Decrypts the premaster secret with the private key of the server's certificate. */
static bool find_by_private(struct tls *t, uint8_t out[PREMASTER_RSA])
{
	const uint8_t *p = t->facts.cert;
	X509 *cert;
	EVP_PKEY *key = NULL;

	if (!p) { /* the certificate is lost: one of the keys may fit all the same */
		for (size_t i = 0; (key = tls_keys_private_at(t->env->keys, i)); i++)
			if (try_private(t, key, out))
				return true;
		return false;
	}
	cert = X509_new_ex(tls_crypto_lib(tls_keys_crypto(t->env->keys)), NULL);
	if (cert && d2i_X509(&cert, &p, (long)t->facts.cert_size))
		key = tls_keys_private(t->env->keys, X509_get0_pubkey(cert));
	X509_free(cert);
	ERR_clear_error();
	return key && try_private(t, key, out);
}

/* Makes the master secret of a premaster secret (RFC 5246 section 8.1, RFC 7627 section 4). */
static int make_master(struct tls *t, struct view premaster)
{
	struct tls_hs *hs = t->hs;
	struct tls_crypto *c = tls_keys_crypto(t->env->keys);
	enum tls_hash prf = prf_of(t);
	uint8_t seed[64];
	const struct tls_buffer *client = &hs->script[WAY_TO_SERVER];
	const struct tls_buffer *server = &hs->script[WAY_TO_CLIENT];

	if (hs->ems) {
		struct view parts[] = {
			{client->p, hs->first_hello},
			{server->p, server->n},
			{client->p + hs->first_hello, client->n - hs->first_hello},
		};
		struct view hash = {seed, tls_hash_size(prf)};

		if (tls_crypto_hash(c, prf, parts, 3, seed) < 0)
			return -1;
		return tls_crypto_prf(c, prf, premaster, "extended master secret", hash, hs->master,
				      48);
	}
	memcpy(seed, hs->client_random, 32);
	memcpy(seed + 32, hs->server_random, 32);
	return tls_crypto_prf(c, prf, premaster, "master secret", (struct view){seed, 64},
			      hs->master, 48);
}

/* Takes a master secret as it is. */
static bool take_master(struct tls *t, struct view master, enum tls_by by)
{
	if (master.n != 48)
		return false;
	memcpy(t->hs->master, master.p, 48);
	t->hs->has_master = true;
	t->facts.by = by;
	return true;
}

/* Takes the master secret from the session that the handshake resumes. */
static enum tls_ready find_resumed(struct tls *t, enum tls_why *why)
{
	struct tls_hs *hs = t->hs;
	struct view id = {hs->session, hs->session_n};

	if (hs->offers && hs->offered.has_master &&
	    take_master(t, (struct view){hs->offered.master, 48}, TLS_BY_SESSION))
		return READY_YES;
	if (take_master(t, tls_keys_find(t->env->keys, TLS_LABEL_SESSION, id), TLS_BY_LOG))
		return READY_YES;
	*why = WHY_RESUMED;
	return t->env->more_keys ? READY_LATER : READY_NO;
}

/* Takes the premaster secret from where it may be; by says where it was. */
static struct view find_premaster(struct tls *t, uint8_t room[PREMASTER_RSA], enum tls_by *by)
{
	struct tls_hs *hs = t->hs;
	struct view start = {hs->premaster.p, 8};
	struct view found = {NULL, 0};

	*by = TLS_BY_LOG;
	if (hs->suite->kx == TLS_KX_RSA && hs->premaster.n >= 8)
		found = tls_keys_find(t->env->keys, TLS_LABEL_RSA, start);
	if (!found.n)
		found = tls_keys_find(t->env->keys, TLS_LABEL_PREMASTER,
				      (struct view){hs->client_random, 32});
	if (!found.n && hs->suite->kx == TLS_KX_RSA && find_by_private(t, room)) {
		*by = TLS_BY_RSA;
		found = (struct view){room, PREMASTER_RSA};
	}
	return found;
}

/* Finds the master secret of a full handshake by its premaster secret. */
static enum tls_ready find_full(struct tls *t, enum way way, enum tls_why *why)
{
	struct tls_hs *hs = t->hs;
	uint8_t room[PREMASTER_RSA];
	struct view premaster;
	enum tls_by by;
	int r = -1;

	if (!hs->sealed && way == WAY_TO_CLIENT && !t->side[WAY_TO_SERVER].torn) {
		*why = WHY_TORN; /* the client's message may still come out of a hole */
		return READY_LATER;
	}
	premaster = find_premaster(t, room, &by);
	if (premaster.n && hs->ems && !hs->whole) {
		*why = WHY_TORN;
		return READY_NO;
	}
	if (premaster.n)
		r = make_master(t, premaster);
	wipe(room, sizeof(room));
	if (r == 0) {
		hs->has_master = true;
		t->facts.by = by;
		return READY_YES;
	}
	if (hs->suite->kx == TLS_KX_RSA)
		*why = hs->sealed ? WHY_NO_KEY : WHY_TORN;
	else
		*why = tls_keys_logged(t->env->keys) ? WHY_NOT_IN_LOG : WHY_NEEDS_LOG;
	return t->env->more_keys ? READY_LATER : READY_NO;
}

/* Finds the master secret. */
static enum tls_ready find_master(struct tls *t, enum way way, enum tls_why *why)
{
	struct tls_hs *hs = t->hs;
	struct view id = {hs->client_random, 32};
	bool abbreviated = !hs->sealed && !hs->server_done;
	enum tls_ready r;

	if (hs->has_master)
		return READY_YES;
	if (abbreviated && !t->side[WAY_TO_SERVER].torn && !t->side[WAY_TO_CLIENT].torn) {
		t->facts.resumed = hs->resumed = true;
		tls_secret_session_certificate(t);
	}
	if (take_master(t, tls_keys_find(t->env->keys, TLS_LABEL_MASTER, id), TLS_BY_LOG))
		r = READY_YES;
	else if (hs->resumed)
		r = find_resumed(t, why);
	else
		r = find_full(t, way, why);
	if (r != READY_YES)
		return r;
	if (hs->session_n)
		tls_secret_remember(t, (struct view){hs->session, hs->session_n});
	if (hs->ticket.n)
		tls_secret_remember(t, (struct view){hs->ticket.p, hs->ticket.n});
	return r;
}

/* Takes the next n bytes of the key block. */
static struct view slice(struct rd *r, size_t n)
{
	struct rd part = rd_sub(r, n);

	return rd_rest(&part);
}

/* Cuts the key block into the keys of both directions (RFC 5246 section 6.3). */
static enum tls_ready make_openers(struct tls *t, enum tls_why *why)
{
	struct tls_hs *hs = t->hs;
	struct tls_crypto *c = tls_keys_crypto(t->env->keys);
	const struct tls_cipher_row *row = tls_cipher_row(hs->suite->cipher);
	size_t mac = tls_hash_size(hs->suite->mac);
	size_t iv = row->mode == TLS_MODE_AEAD ? row->fixed : row->block;
	uint8_t block[KEY_BLOCK_MAX];
	uint8_t seed[64];
	struct rd r = rd_init(block, sizeof(block));
	struct tls_keyset keys[WAYS];

	memcpy(seed, hs->server_random, 32);
	memcpy(seed + 32, hs->client_random, 32);
	*why = WHY_ALGORITHM;
	if (tls_crypto_prf(c, prf_of(t), (struct view){hs->master, 48}, "key expansion",
			   (struct view){seed, 64}, block, 2 * (mac + row->key + iv)) < 0)
		return READY_NO;
	for (int w = 0; w < WAYS; w++)
		keys[w].mac = slice(&r, mac);
	for (int w = 0; w < WAYS; w++)
		keys[w].key = slice(&r, row->key);
	for (int w = 0; w < WAYS; w++)
		keys[w].iv = slice(&r, iv);
	for (int w = 0; w < WAYS; w++) {
		tls_opener_free(t->side[w].next);
		t->side[w].next = tls_opener_new(c, hs->suite, t->facts.version, hs->etm, &keys[w]);
	}
	wipe(block, sizeof(block));
	ERR_clear_error();
	return t->side[0].next && t->side[1].next ? READY_YES : READY_NO;
}

/* Says what is wrong with the handshake before keys are looked for; READY_YES: nothing. */
static enum tls_ready judge_handshake(const struct tls *t, enum tls_why *why)
{
	const struct tls_hs *hs = t->hs;
	bool torn = t->side[WAY_TO_CLIENT].torn || t->side[WAY_TO_SERVER].torn;

	*why = t->middle ? WHY_NO_HANDSHAKE : torn ? WHY_TORN : WHY_DAMAGED;
	if (!hs || (hs->hello && !t->facts.client_hello))
		return READY_NO;
	if (!hs->hello) {
		*why = t->middle ? WHY_NO_HANDSHAKE : WHY_TORN;
		return t->side[WAY_TO_CLIENT].torn || t->middle ? READY_NO : READY_LATER;
	}
	if (t->facts.version < TLS_1_0 || t->facts.version > TLS_1_3)
		*why = WHY_VERSION;
	else if (!hs->suite || (hs->suite->kx == TLS_KX_13) != (t->facts.version == TLS_1_3))
		*why = WHY_SUITE;
	else if (hs->compression)
		*why = WHY_COMPRESSION;
	else
		return READY_YES;
	return READY_NO;
}

enum tls_ready tls_secret_openers(struct tls *t, enum way way, enum tls_why *why)
{
	enum tls_ready r;

	if (t->side[way].next)
		return READY_YES;
	r = judge_handshake(t, why);
	if (r == READY_YES)
		r = find_master(t, way, why);
	if (r == READY_YES)
		r = make_openers(t, why);
	return r;
}

/* Returns the secret of a stage; an empty view when no one logged it. */
static struct view find_secret(const struct tls *t, enum way way, enum tls_stage stage)
{
	static const uint8_t labels[3][WAYS] = {
		[STAGE_EARLY] = {TLS_LABEL_CLIENT_EARLY, TLS_LABELS},
		[STAGE_HANDSHAKE] = {TLS_LABEL_CLIENT_HANDSHAKE, TLS_LABEL_SERVER_HANDSHAKE},
		[STAGE_TRAFFIC] = {TLS_LABEL_CLIENT_TRAFFIC, TLS_LABEL_SERVER_TRAFFIC},
	};

	return tls_keys_find(t->env->keys, labels[stage][way],
			     (struct view){t->facts.client_random, 32});
}

enum tls_ready tls_secret_stage(struct tls *t, enum way way, enum tls_stage *stage,
				struct tls_opener **out, enum tls_why *why)
{
	const struct tls_suite *suite = tls_suite_by_id(t->facts.suite);
	enum tls_stage at = *stage;
	struct view secret;
	enum tls_ready r = READY_YES;

	*out = NULL;
	*why = WHY_SUITE;
	if (t->hs)
		r = judge_handshake(t, why);
	if (r != READY_YES)
		return r;
	if (!suite)
		return READY_NO;
	secret = find_secret(t, way, at);
	while (!secret.n && at < STAGE_TRAFFIC)
		secret = find_secret(t, way, ++at);
	if (!secret.n) {
		*why = tls_keys_logged(t->env->keys) ? WHY_NOT_IN_LOG : WHY_NEEDS_LOG;
		return t->env->more_keys ? READY_LATER : READY_NO;
	}
	/* a log with the last secrets only: the handshake stays closed, the data open */
	t->side[way].later = at == STAGE_TRAFFIC && *stage != STAGE_TRAFFIC;
	*stage = at;
	*why = WHY_ALGORITHM;
	*out = tls_opener_of_secret(tls_keys_crypto(t->env->keys), suite, secret);
	ERR_clear_error();
	if (*out)
		t->facts.by = TLS_BY_LOG;
	return *out ? READY_YES : READY_NO;
}
