/* SPDX-License-Identifier: MIT */
/* aead.h: the part of Intel's Multi-Buffer Crypto for IPsec, called one message at a time. */
#include "io/aead.h"

#ifdef HAVE_IPSEC_MB
#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/secret.h"

/* The functions for a size of key. */
struct gcm {
	aes_gcm_pre_t pre;
	aes_gcm_init_t init;
	aes_gcm_enc_dec_update_t update[2]; /* opens, seals */
	aes_gcm_enc_dec_finalize_t finalize[2];
};

struct by_vector {
	struct gcm_key_data key; /* wants its alignment */
	struct gcm_context_data message;
	struct aead aead;
	const struct gcm *gcm;
	bool seal;
};

#define ALIGNMENT 64

static struct gcm gcms[2]; /* written once, by find() */
static bool found;

/* Finds the functions for this processor, if it has the instructions that make them worth it. */
static void find(void)
{
	static const uint64_t wanted = IMB_CPUFLAGS_AVX512_T2 | IMB_FEATURE_SELF_TEST_PASS;
	IMB_MGR *m = alloc_mb_mgr(0);

	if (!m)
		return;
	if ((m->features & IMB_CPUFLAGS_AVX512_T2) == IMB_CPUFLAGS_AVX512_T2)
		init_mb_mgr_avx512(m);
	found = m->used_arch == IMB_ARCH_AVX512 && (m->features & wanted) == wanted;
	gcms[AEAD_AES_128_GCM] = (struct gcm){
		m->gcm128_pre,
		m->gcm128_init,
		{m->gcm128_dec_update, m->gcm128_enc_update},
		{m->gcm128_dec_finalize, m->gcm128_enc_finalize},
	};
	gcms[AEAD_AES_256_GCM] = (struct gcm){
		m->gcm256_pre,
		m->gcm256_init,
		{m->gcm256_dec_update, m->gcm256_enc_update},
		{m->gcm256_dec_finalize, m->gcm256_enc_finalize},
	};
	free_mb_mgr(m);
}

static struct by_vector *of(struct aead *a)
{
	return (struct by_vector *)((char *)a - offsetof(struct by_vector, aead));
}

static struct aead *vector_make(enum aead_cipher cipher, bool seal)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct by_vector *v;

	if (cipher == AEAD_CHACHA20_POLY1305 || pthread_once(&once, find) != 0 || !found)
		return NULL;
	v = aligned_alloc(ALIGNMENT, (sizeof(*v) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
	if (!v)
		return NULL;
	memset(v, 0, sizeof(*v));
	v->aead.maker = &aead_vector;
	v->gcm = &gcms[cipher];
	v->seal = seal;
	return &v->aead;
}

static bool vector_set_key(struct aead *a, const uint8_t *key)
{
	of(a)->gcm->pre(key, &of(a)->key);
	return true;
}

static bool vector_begin(struct aead *a, const uint8_t nonce[AEAD_NONCE], const uint8_t *ad,
			 size_t n)
{
	struct by_vector *v = of(a);

	v->gcm->init(&v->key, &v->message, nonce, ad, n);
	return true;
}

static bool vector_update(struct aead *a, const uint8_t *in, size_t n, uint8_t *out)
{
	struct by_vector *v = of(a);

	v->gcm->update[v->seal](&v->key, &v->message, out, in, n);
	return true;
}

static bool vector_seal(struct aead *a, uint8_t tag[AEAD_TAG])
{
	struct by_vector *v = of(a);

	v->gcm->finalize[v->seal](&v->key, &v->message, tag, AEAD_TAG);
	return true;
}

static bool vector_open(struct aead *a, const uint8_t tag[AEAD_TAG])
{
	uint8_t expected[AEAD_TAG];
	bool same;

	vector_seal(a, expected);
	same = same_bytes(expected, tag, AEAD_TAG);
	wipe(expected, sizeof(expected));
	return same;
}

static void vector_free(struct aead *a)
{
	struct by_vector *v = of(a);

	wipe(v, sizeof(*v));
	free(v);
}

const struct aead_maker aead_vector = {
	"Intel Multi-Buffer Crypto",
	vector_make,
	vector_set_key,
	vector_begin,
	vector_update,
	vector_seal,
	vector_open,
	vector_free,
};

#else

static struct aead *none_make(enum aead_cipher cipher, bool seal)
{
	(void)cipher;
	(void)seal;
	return NULL;
}

const struct aead_maker aead_vector = {.name = "none", .make = none_make};

#endif
