/* SPDX-License-Identifier: MIT */
/* The store of keys: a hash table of secrets, a list of private keys, a cache of sessions. */
#include "analyse/tls_keys_local.h"

#include "lib/base/secret.h"

#include <stdlib.h>

#define TABLE_MIN   64
#define WAYS_OF_SET 8 /* places that a session may be in */

struct secret {
	struct secret *next;
	uint8_t label;
	uint8_t id_size;
	uint16_t size;
	uint8_t bytes[]; /* id, then the secret */
};

struct tls_keys *tls_keys_new(void)
{
	struct tls_keys *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->crypto = tls_crypto_new();
	k->table = calloc(TABLE_MIN, sizeof(struct secret *));
	k->size = TABLE_MIN;
	if (!k->crypto || !k->table) {
		tls_keys_free(k);
		return NULL;
	}
	return k;
}

static void free_secret(struct secret *s)
{
	wipe(s, sizeof(*s) + s->id_size + s->size);
	free(s);
}

void tls_keys_free(struct tls_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; k->table && i < k->size; i++) {
		while (k->table[i]) {
			struct secret *s = k->table[i];

			k->table[i] = s->next;
			free_secret(s);
		}
	}
	for (size_t i = 0; i < k->n_keys; i++)
		EVP_PKEY_free(k->keys[i]);
	for (size_t i = 0; i < k->n_logs; i++)
		tls_keylog_close(k->logs[i]);
	if (k->sessions)
		wipe(k->sessions, TLS_SESSIONS_MAX * sizeof(*k->sessions));
	free(k->sessions);
	free(k->table);
	free(k->keys);
	tls_crypto_free(k->crypto);
	free(k);
}

struct tls_crypto *tls_keys_crypto(const struct tls_keys *k)
{
	return k->crypto;
}

/* FNV-1a: ids are random numbers, nobody gains from making them collide in his own key log. */
static size_t slot_of(const struct tls_keys *k, enum tls_label label, struct view id)
{
	uint64_t h = 0xcbf29ce484222325u ^ label;

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ id.p[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32) & (k->size - 1);
}

/* Returns the link that points to the secret, or to where it would be. */
static struct secret **find_link(const struct tls_keys *k, enum tls_label label, struct view id)
{
	struct secret **at = &k->table[slot_of(k, label, id)];

	while (*at && ((*at)->label != label || (*at)->id_size != id.n ||
		       memcmp((*at)->bytes, id.p, id.n) != 0))
		at = &(*at)->next;
	return at;
}

/* Doubles the table; it stays as it is without memory. */
static void grow_table(struct tls_keys *k)
{
	struct secret **old = k->table;
	size_t n = k->size;
	struct secret **table = calloc(n * 2, sizeof(*table));

	if (!table)
		return;
	k->table = table;
	k->size = n * 2;
	for (size_t i = 0; i < n; i++) {
		while (old[i]) {
			struct secret *s = old[i];
			size_t to = slot_of(k, s->label, (struct view){s->bytes, s->id_size});

			old[i] = s->next;
			s->next = table[to];
			table[to] = s;
		}
	}
	free(old);
}

int tls_keys_add_secret(struct tls_keys *k, enum tls_label label, struct view id,
			struct view secret)
{
	struct secret *s = malloc(sizeof(*s) + id.n + secret.n);
	struct secret **at;

	if (!s)
		return -1;
	s->label = (uint8_t)label;
	s->id_size = (uint8_t)id.n;
	s->size = (uint16_t)secret.n;
	memcpy(s->bytes, id.p, id.n);
	memcpy(s->bytes + id.n, secret.p, secret.n);
	at = find_link(k, label, id);
	s->next = *at ? (*at)->next : NULL;
	if (*at)
		free_secret(*at);
	else
		k->used++;
	*at = s;
	if (k->used > k->size)
		grow_table(k);
	return 0;
}

struct view tls_keys_find(const struct tls_keys *k, enum tls_label label, struct view id)
{
	const struct secret *s = *find_link(k, label, id);

	return s ? (struct view){s->bytes + s->id_size, s->size} : (struct view){NULL, 0};
}

int tls_keys_add_private(struct tls_keys *k, EVP_PKEY *key)
{
	EVP_PKEY **more;

	for (size_t i = 0; i < k->n_keys; i++) {
		if (EVP_PKEY_eq(k->keys[i], key) == 1) {
			EVP_PKEY_free(key);
			return 0;
		}
	}
	more = realloc(k->keys, (k->n_keys + 1) * sizeof(*more));
	if (!more) {
		EVP_PKEY_free(key);
		return -1;
	}
	k->keys = more;
	k->keys[k->n_keys++] = key;
	return 0;
}

EVP_PKEY *tls_keys_private(const struct tls_keys *k, const EVP_PKEY *public_key)
{
	for (size_t i = 0; i < k->n_keys; i++)
		if (EVP_PKEY_eq(k->keys[i], public_key) == 1)
			return k->keys[i];
	return NULL;
}

EVP_PKEY *tls_keys_private_at(const struct tls_keys *k, size_t i)
{
	return i < k->n_keys ? k->keys[i] : NULL;
}

uint64_t tls_keys_logged(const struct tls_keys *k)
{
	return k->logged;
}

/* Hashes an id or ticket to the fixed size that the cache holds. */
static int hash_id(const struct tls_keys *k, struct view id, uint8_t out[32])
{
	return id.n ? tls_crypto_hash(k->crypto, TLS_SHA256, &id, 1, out) : -1;
}

/* Returns the set of places that an id may be in. */
static struct tls_session *set_of(const struct tls_keys *k, const uint8_t id[32])
{
	return k->sessions + be16(id[0], id[1]) % (TLS_SESSIONS_MAX / WAYS_OF_SET) * WAYS_OF_SET;
}

static struct tls_session *find_session(const struct tls_keys *k, const uint8_t id[32])
{
	struct tls_session *set = k->sessions ? set_of(k, id) : NULL;

	for (size_t i = 0; set && i < WAYS_OF_SET; i++)
		if (set[i].age && memcmp(set[i].id, id, 32) == 0)
			return &set[i];
	return NULL;
}

/* Returns the place in the set of an id that was filled longest ago. */
static struct tls_session *oldest_session(const struct tls_keys *k, const uint8_t id[32])
{
	struct tls_session *set = set_of(k, id);
	struct tls_session *oldest = set;

	for (size_t i = 1; i < WAYS_OF_SET; i++)
		if (set[i].age < oldest->age)
			oldest = &set[i];
	return oldest;
}

void tls_keys_remember(struct tls_keys *k, struct view id, const struct tls_session *s)
{
	uint8_t hash[32];
	struct tls_session *to;

	if (hash_id(k, id, hash) < 0)
		return;
	if (!k->sessions)
		k->sessions = calloc(TLS_SESSIONS_MAX, sizeof(*k->sessions));
	if (!k->sessions)
		return;
	to = find_session(k, hash);
	if (!to)
		to = oldest_session(k, hash);
	*to = *s;
	memcpy(to->id, hash, 32);
	to->age = ++k->sessions_age;
}

const struct tls_session *tls_keys_recall(const struct tls_keys *k, struct view id)
{
	uint8_t hash[32];

	return hash_id(k, id, hash) < 0 ? NULL : find_session(k, hash);
}
