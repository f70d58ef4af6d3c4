/* SPDX-License-Identifier: MIT */
/*
 * Everything that may open a TLS stream: private keys, key log lines, and what earlier handshakes
 * of the capture left for resumed ones. Shared by all connections. Secrets are wiped when it ends.
 */
#ifndef ANALYSE_TLS_KEYS_H
#define ANALYSE_TLS_KEYS_H

#include "analyse/tls_crypto.h"

#define TLS_KEYS_WHY     320
#define TLS_SESSIONS_MAX 4096 /* handshakes remembered for resumption */
#define TLS_KEYLOG_FILES 8

/* What a key log line gives (NSS key log format; RFC 9850). */
enum tls_label {
	TLS_LABEL_MASTER,           /* CLIENT_RANDOM */
	TLS_LABEL_CLIENT_EARLY,     /* CLIENT_EARLY_TRAFFIC_SECRET */
	TLS_LABEL_CLIENT_HANDSHAKE, /* CLIENT_HANDSHAKE_TRAFFIC_SECRET */
	TLS_LABEL_SERVER_HANDSHAKE, /* SERVER_HANDSHAKE_TRAFFIC_SECRET */
	TLS_LABEL_CLIENT_TRAFFIC,   /* CLIENT_TRAFFIC_SECRET_0 */
	TLS_LABEL_SERVER_TRAFFIC,   /* SERVER_TRAFFIC_SECRET_0 */
	TLS_LABEL_PREMASTER,        /* PMS_CLIENT_RANDOM */
	TLS_LABEL_RSA,              /* RSA: first 8 bytes of the encrypted premaster secret */
	TLS_LABEL_SESSION,          /* RSA Session-ID:... Master-Key:... */
	TLS_LABELS,
};

/* What a handshake leaves for those that resume it. */
struct tls_session {
	uint8_t id[32]; /* hash of the session id or ticket */
	uint64_t age;   /* counts up; 0: nothing is here */
	bool has_master;
	bool has_cert;
	uint8_t master[48];
	uint8_t cert_sha1[20];
	uint8_t cert_sha256[32];
};

enum tls_load {
	TLS_LOAD_OK = 0,
	TLS_LOAD_FAILED = -1,
	TLS_LOAD_PASSWORD = -2, /* encrypted, and the password is wrong or missing */
};

struct tls_keys;

/* Makes an empty store; NULL when OpenSSL cannot. End with tls_keys_free(). */
struct tls_keys *tls_keys_new(void);
/* Wipes and frees k. NULL is allowed. */
void tls_keys_free(struct tls_keys *k);
/* Returns the algorithms, owned by k. */
struct tls_crypto *tls_keys_crypto(const struct tls_keys *k);

/*
 * Adds the private keys of a PKCS#12 file, or of a PEM or DER file, decrypted with password (NULL:
 * none was given). On failure why says what to do; nothing is added then.
 */
enum tls_load tls_keys_load_pfx(struct tls_keys *k, const char *path, const char *password,
				char why[TLS_KEYS_WHY]);
enum tls_load tls_keys_load_key(struct tls_keys *k, const char *path, const char *password,
				char why[TLS_KEYS_WHY]);
/*
 * Splits FILE[:PASSWORD] in place: the longest beginning that is a file is FILE. Returns the
 * password; NULL when there is none.
 */
char *tls_keys_split(char *spec);
/*
 * Adds what the key log file at path has now, and remembers it for tls_keys_poll(). With `follow`
 * the file need not exist yet. Returns 0; -1 and the reason in why.
 */
int tls_keys_load_log(struct tls_keys *k, const char *path, bool follow, char why[TLS_KEYS_WHY]);
/* Adds the lines of a key log; returns how many had a secret of use. */
unsigned tls_keys_add_log(struct tls_keys *k, struct view text);
/* Reads what was appended to key logs; returns whether a secret was added. */
bool tls_keys_poll(struct tls_keys *k);

/* Returns the secret under label and id; NULL and 0 when there is none. */
struct view tls_keys_find(const struct tls_keys *k, enum tls_label label, struct view id);
/* Returns the private key that belongs to a public key; NULL when there is none. Owned by k. */
EVP_PKEY *tls_keys_private(const struct tls_keys *k, const EVP_PKEY *public_key);
/* Returns the i-th private key, NULL past the last. */
EVP_PKEY *tls_keys_private_at(const struct tls_keys *k, size_t i);
/* Returns how many secrets key logs gave; also those that replaced others. */
uint64_t tls_keys_logged(const struct tls_keys *k);
/* Remembers what a session id or ticket stands for; an old one gives way. */
void tls_keys_remember(struct tls_keys *k, struct view id, const struct tls_session *s);
/* Returns what a session id or ticket stands for; NULL when that is not known. */
const struct tls_session *tls_keys_recall(const struct tls_keys *k, struct view id);

#endif
