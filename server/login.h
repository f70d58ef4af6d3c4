/* SPDX-License-Identifier: MIT */
/*
 * Threads that look users up, so that a worker never waits for a disk. A job is handed in, and
 * comes back as a letter to the worker's box. The link itself checks the peer's proof: what comes
 * back is the secret to check it against.
 */
#ifndef SERVER_LOGIN_H
#define SERVER_LOGIN_H

#include "server/mail.h"
#include "server/users.h"
#include "sstp/link.h"

struct login_pool;

/* One question and its answer. Handed in, it belongs to the pool; as a letter, to its receiver. */
struct login_job {
	struct mail mail; /* `open` is the asker's */
	struct mailbox *reply_to;
	uint32_t slot; /* the asker's: which session, and that it is still the same */
	uint64_t session;
	enum sstp_auth method;
	char user[SSTP_NAME_MAX + 1];
	struct sstp_auth_answer answer;  /* the answer; wiped by whoever uses it */
	char account[SSTP_NAME_MAX + 1]; /* the user's name in the database */
	bool has_ip4;                    /* the user has an address of his own */
	uint8_t ip4[4];
};

/*
 * Starts n threads over the database at path. NULL, and why not in why (size bytes).
 */
struct login_pool *login_start(const char *path, unsigned n, char *why, size_t size);
/* Answers what is queued, then ends the threads. NULL is ignored. */
void login_stop(struct login_pool *p);
/* Hands a job in. */
void login_ask(struct login_pool *p, struct login_job *job);
/* Makes the threads open the database anew before the next look-up. */
void login_reload(struct login_pool *p);
/* Answers a job from an open database, at once: what the threads do. u NULL: it cannot be asked. */
void login_look_up(struct users *u, struct login_job *job, int64_t now_unix);

#endif
