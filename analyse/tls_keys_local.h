/* SPDX-License-Identifier: MIT */
/* The body of the key store, for the files that fill it: tls_keys.c, tls_keylog.c, tls_keyfile.c.
 */
#ifndef ANALYSE_TLS_KEYS_LOCAL_H
#define ANALYSE_TLS_KEYS_LOCAL_H

#include "analyse/tls_keys.h"

#include <sys/types.h>

#define KEYLOG_LINE 4096 /* longer lines are not key log lines */

struct keylog_file {
	char *path;
	int fd; /* -1: not there yet */
	dev_t dev;
	ino_t ino;
	off_t at;      /* how far it was read */
	size_t have;   /* bytes of a line that has no end yet */
	bool overlong; /* that line is too long to be one */
	char line[KEYLOG_LINE];
};

struct secret;

struct tls_keys {
	struct tls_crypto *crypto;
	EVP_PKEY **keys;
	size_t n_keys;
	struct secret **table; /* size is a power of 2 */
	size_t size;
	size_t used;
	uint64_t logged;
	struct keylog_file *logs[TLS_KEYLOG_FILES];
	size_t n_logs;
	struct tls_session *sessions; /* TLS_SESSIONS_MAX places; NULL: none so far */
	uint64_t sessions_age;
};

/* Adds a private key, which k owns from here; 0, or -1 without memory. */
int tls_keys_add_private(struct tls_keys *k, EVP_PKEY *key);
/* Adds or replaces a secret; 0, or -1 without memory. */
int tls_keys_add_secret(struct tls_keys *k, enum tls_label label, struct view id,
			struct view secret);
/* Closes a followed key log and frees it. */
void tls_keylog_close(struct keylog_file *f);

#endif
