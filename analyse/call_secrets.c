/* SPDX-License-Identifier: MIT */
/*
 * Derives the higher-layer authentication key (MS-SSTP 3.2.5.2.2, 3.2.5.2.4) of a call from what
 * the user knows and what the call shows, and checks the compound MAC; see call_secrets.h.
 */
#include "analyse/call_secrets.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/crypto/mschap.h"
#include "lib/crypto/nthash.h"
#include "lib/ppp/auth_packet.h"

#include <stdio.h>
#include <stdlib.h>

/* A user's NT hash. */
struct user_hash {
	char name[SSTP_NAME_MAX + 1]; /* "": every user */
	uint8_t hash[NT_HASH_SIZE];
	enum call_key from;
};

struct call_secrets {
	struct user_hash user[SECRETS_MAX];
	unsigned users;
	uint8_t msk[SECRETS_MAX][SSTP_HLAK]; /* the first octets of each */
	unsigned msks;
	uint8_t radius[SECRETS_KEYS][SSTP_HLAK];
	unsigned radius_next;
	unsigned radius_n;
	char *shared;
};

struct call_secrets *call_secrets_new(void)
{
	return calloc(1, sizeof(struct call_secrets));
}

void call_secrets_free(struct call_secrets *s)
{
	if (!s)
		return;
	if (s->shared) {
		wipe(s->shared, strlen(s->shared));
		free(s->shared);
	}
	wipe(s, sizeof(*s));
	free(s);
}

/* Starts a user's row with the name before the colon; returns what follows, NULL when it is wrong.
 */
static const char *add_user(struct call_secrets *s, const char *text, const char *form,
			    char why[SECRETS_WHY])
{
	const char *colon = strchr(text, ':');

	if (!colon || (size_t)(colon - text) > SSTP_NAME_MAX) {
		snprintf(why, SECRETS_WHY, "this must be %s", form);
		return NULL;
	}
	if (s->users == SECRETS_MAX) {
		snprintf(why, SECRETS_WHY, "no more than %d users can be given", SECRETS_MAX);
		return NULL;
	}
	s->user[s->users] = (struct user_hash){0};
	memcpy(s->user[s->users].name, text, (size_t)(colon - text));
	return colon + 1;
}

int call_secrets_password(struct call_secrets *s, const char *text, char why[SECRETS_WHY])
{
	const char *password = add_user(s, text, "USER:PASSWORD", why);

	if (!password)
		return -1;
	if (!nt_hash(password, strlen(password), s->user[s->users].hash)) {
		snprintf(why, SECRETS_WHY, "the password is not UTF-8");
		return -1;
	}
	s->user[s->users++].from = CALL_KEY_PASSWORD;
	return 0;
}

/* Reads n octets; returns how many digits there were, or 0 when something else is among them. */
static size_t read_hex(const char *text, uint8_t *out, size_t n)
{
	size_t digits = 0;

	for (; text[digits]; digits++) {
		int v = text_hex_value(text[digits]);

		if (v < 0)
			return 0;
		if (digits / 2 < n)
			out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | v);
	}
	return digits;
}

int call_secrets_nt_hash(struct call_secrets *s, const char *text, char why[SECRETS_WHY])
{
	const char *hex = add_user(s, text, "USER:NT-HASH, with 32 hex digits", why);

	if (!hex)
		return -1;
	if (read_hex(hex, s->user[s->users].hash, NT_HASH_SIZE) != NT_HASH_SIZE * 2) {
		snprintf(why, SECRETS_WHY, "an NT hash has 32 hex digits");
		return -1;
	}
	s->user[s->users++].from = CALL_KEY_NT_HASH;
	return 0;
}

int call_secrets_msk(struct call_secrets *s, const char *text, char why[SECRETS_WHY])
{
	size_t digits;

	if (s->msks == SECRETS_MAX) {
		snprintf(why, SECRETS_WHY, "no more than %d keys can be given", SECRETS_MAX);
		return -1;
	}
	digits = read_hex(text, s->msk[s->msks], SSTP_HLAK);
	if (digits < SSTP_HLAK * 2 || digits % 2) {
		snprintf(why, SECRETS_WHY, "a master session key has 64 hex digits or more");
		return -1;
	}
	s->msks++;
	return 0;
}

int call_secrets_radius(struct call_secrets *s, const char *text, char why[SECRETS_WHY])
{
	if (s->shared || !*text) {
		snprintf(why, SECRETS_WHY,
			 s->shared ? "one RADIUS secret can be given"
				   : "a RADIUS secret is not empty");
		return -1;
	}
	s->shared = strdup(text);
	if (!s->shared) {
		snprintf(why, SECRETS_WHY, "no memory");
		return -1;
	}
	return 0;
}

struct view call_secrets_shared(const struct call_secrets *s)
{
	return (struct view){(const uint8_t *)s->shared, s->shared ? strlen(s->shared) : 0};
}

void call_secrets_add_hlak(struct call_secrets *s, const uint8_t hlak[SSTP_HLAK])
{
	memcpy(s->radius[s->radius_next], hlak, SSTP_HLAK);
	s->radius_next = (s->radius_next + 1) % SECRETS_KEYS;
	if (s->radius_n < SECRETS_KEYS)
		s->radius_n++;
}

/* Takes a key and the MAC that it gives; returns whether it is the one in the packet. */
static bool try_key(struct call_binding *b, enum call_key key, const uint8_t hlak[SSTP_HLAK])
{
	b->key = key;
	memcpy(b->hlak, hlak, SSTP_HLAK);
	binding_mac(b->hash, hlak, b->msg, b->mac);
	return same_bytes(b->mac, b->msg + SSTP_CONNECTED_LEN - sizeof(b->mac),
			  b->hash == SSTP_HASH_SHA1 ? 20 : 32);
}

/* Returns whether the row is for the user, whose name may have a domain in front. */
static bool is_user(const struct user_hash *u, const struct call_auth *a)
{
	size_t n = strlen(u->name);

	if (n > a->name_n || memcmp(u->name, a->name + a->name_n - n, n) != 0)
		return false;
	return !n || n == a->name_n || a->name[a->name_n - n - 1] == '\\';
}

/* Finds the hash that made the response which the call shows; *named: one was given for the user.
 */
static const struct user_hash *find_hash(const struct call_secrets *s, const struct call_auth *a,
					 bool *named)
{
	struct mschap m = {a->challenge, a->response, (const char *)a->name, a->name_n};

	*named = false;
	for (unsigned i = 0; i < s->users; i++) {
		if (!is_user(&s->user[i], a))
			continue;
		*named = true;
		if (mschap_check_response(&m, s->user[i].hash, a->response + MSCHAP_NT_OFFSET))
			return &s->user[i];
	}
	return NULL;
}

/* Tries what brings a key without the exchange. */
static bool try_keys(struct call_binding *b, enum call_key key, const uint8_t (*keys)[SSTP_HLAK],
		     unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (try_key(b, key, keys[i]))
			return true;
	return false;
}

static const char *try_user(const struct call_secrets *s, struct call *c)
{
	struct call_auth *a = &c->auth;
	const struct user_hash *u;
	uint8_t hlak[SSTP_HLAK];
	bool named;

	if (!a->has_challenge || !a->has_response)
		return "the authentication is not in the capture: give the key with --msk";
	u = find_hash(s, a, &named);
	if (!u)
		return named ? "the password given is not the one that the client used"
			     : "give the user's password: --password USER:PASSWORD, or --nt-hash";
	mschap_hlak(u->hash, a->response + MSCHAP_NT_OFFSET, hlak);
	c->binding.mac_ok = try_key(&c->binding, u->from, hlak) ? CHECK_OK : CHECK_WRONG;
	wipe(hlak, sizeof(hlak));
	return NULL;
}

/* Returns whether the method leaves both sides without keys: the HLAK is zero then. */
static bool is_keyless(const struct call_auth *a)
{
	return a->method == SSTP_AUTH_PAP || a->method == SSTP_AUTH_CHAP_MD5 ||
	       a->method == SSTP_AUTH_EAP_MD5;
}

static bool is_mschapv2(const struct call_auth *a)
{
	return a->method == SSTP_AUTH_MSCHAPV2 || a->method == SSTP_AUTH_EAP_MSCHAPV2;
}

void call_secrets_check(const struct call_secrets *s, struct call *c)
{
	static const uint8_t zero[SSTP_HLAK];
	struct call_binding *b = &c->binding;
	bool bypassed =
		!c->auth.asked && c->auth.result == CALL_NOT_BEGUN && c->cp[CALL_CP_LCP].open;

	b->key = CALL_KEY_NONE;
	b->mac_ok = CHECK_UNKNOWN;
	b->missing = NULL;
	if (!b->seen || (b->hash != SSTP_HASH_SHA1 && b->hash != SSTP_HASH_SHA256))
		return;
	if (is_keyless(&c->auth) || bypassed) {
		b->mac_ok = try_key(b, CALL_KEY_ZERO, zero) ? CHECK_OK : CHECK_WRONG;
		return;
	}
	if (try_keys(b, CALL_KEY_MSK, s->msk, s->msks) ||
	    try_keys(b, CALL_KEY_RADIUS, s->radius, s->radius_n)) {
		b->mac_ok = CHECK_OK;
		return;
	}
	b->key = CALL_KEY_NONE;
	if (is_mschapv2(&c->auth))
		b->missing = try_user(s, c);
	else if (s->msks)
		b->missing = "none of the keys given with --msk fits: they are of other calls, or "
			     "the MAC is wrong";
	else
		b->missing = "give the method's master session key: --msk HEX";
}
