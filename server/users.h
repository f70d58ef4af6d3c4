/* SPDX-License-Identifier: MIT */
/*
 * The users in SQLite: who may dial in, with which secret. sstpctl writes, sstpd reads; both may be
 * at it at the same time. A handle belongs to one thread at a time. Names are matched byte for
 * byte.
 */
#ifndef SERVER_USERS_H
#define SERVER_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sstp/link.h"

struct users;

/* One user. Wipe it: nt_hash is worth as much as the password. */
struct user {
	char name[SSTP_NAME_MAX + 1];
	uint8_t nt_hash[16];
	bool has_password; /* the password itself is stored too, for CHAP-MD5 and EAP-MD5 */
	char password[SSTP_PASSWORD_MAX + 1];
	bool enabled;
	bool has_ip4; /* has an address of his own */
	uint8_t ip4[4];
	int64_t created; /* seconds since 1970 */
	int64_t changed; /* when the password was set */
	int64_t expires; /* 0: never */
};

/* How users_open() opens. */
enum users_mode {
	USERS_READ,   /* sstpd */
	USERS_WRITE,  /* sstpctl */
	USERS_CREATE, /* sstpd --init: makes the file, which must not be there */
};

/* What the functions return besides 0. */
enum users_result {
	USERS_OK = 0,
	USERS_NONE = 1,    /* there is no such user */
	USERS_EXISTS = 2,  /* there is such a user already */
	USERS_FAILED = -1, /* users_error() says why */
};

/*
 * Opens the database at path. Returns NULL and writes why not, with what to do, into why (n bytes).
 */
struct users *users_open(const char *path, enum users_mode mode, char *why, size_t n);
/* Closes it. NULL is ignored. */
void users_close(struct users *u);
/* Returns what went wrong in the last call, in words. */
const char *users_error(const struct users *u);

/* Reads the user called name. USERS_OK, USERS_NONE or USERS_FAILED; *out is the caller's to wipe.
 */
enum users_result users_find(struct users *u, const char *name, struct user *out);
/* The same; a name like DOMAIN\alice that is not there is looked for once more as alice. */
enum users_result users_find_login(struct users *u, const char *name, struct user *out);
/* Adds the user; created and changed are set here. USERS_OK, USERS_EXISTS or USERS_FAILED. */
enum users_result users_add(struct users *u, const struct user *user);
/* Deletes the user called name. USERS_OK, USERS_NONE or USERS_FAILED. */
enum users_result users_del(struct users *u, const char *name);
/* Sets everything but name and created of the user called user->name; changed is set here when
 * new_password says so. USERS_OK, USERS_NONE or USERS_FAILED. */
enum users_result users_set(struct users *u, const struct user *user, bool new_password);
/* Calls back for each user in the order of names; the user is wiped after each call. */
enum users_result users_each(struct users *u, void (*on)(void *arg, const struct user *user),
			     void *arg);
/*
 * Sets a user's secrets from a password of n bytes: the NT hash, and the password itself when
 * cleartext asks for it. Returns NULL, or what is wrong with the password.
 */
const char *user_set_password(struct user *user, const char *password, size_t n, bool cleartext);
/* Returns NULL, or what is wrong with the name for a user. */
const char *user_name_fault(const char *name);

#endif
