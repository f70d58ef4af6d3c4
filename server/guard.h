/* SPDX-License-Identifier: MIT */
/*
 * Who may connect: bounds on connections in all, on those that have not authenticated, on those of
 * one source, and on failed logins of one source. A source is an IPv4 address or an IPv6 /64.
 * Shared by the workers behind one lock; asked when a connection comes, authenticates, fails, ends.
 */
#ifndef SERVER_GUARD_H
#define SERVER_GUARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/net.h"

/* The bounds; see conf.def. */
struct guard_limits {
	uint32_t sessions;
	uint32_t unauth;
	uint32_t per_source;
	uint32_t fails; /* 0: not counted */
	uint32_t fail_window_s;
};

/* What guard_enter() says. */
enum guard_verdict {
	GUARD_IN,
	GUARD_SESSIONS,
	GUARD_UNAUTH,
	GUARD_SOURCE,
	GUARD_FAILS,
	GUARD_VERDICTS
};

struct guard_source;

struct guard {
	pthread_mutex_t lock;
	struct guard_limits limits;
	uint32_t sessions; /* connections now */
	uint32_t unauth;   /* of which have not authenticated */
	struct guard_source *sources;
	uint32_t sources_n;  /* how many there are */
	uint32_t *buckets;   /* chains by address */
	uint32_t free_first; /* sources never used or given up */
	uint64_t key;        /* for the hash of addresses: a peer must not choose its chain */
};

/* Makes a guard; false when memory is short. */
bool guard_init(struct guard *g, const struct guard_limits *limits, uint64_t key);
/* Frees what g holds; does nothing when g is all zero. */
void guard_fini(struct guard *g);
/* Asks whether a connection from the address may be served, and counts it if so. from NULL, here
 * and in guard_leave(): the source is not looked at. */
enum guard_verdict guard_enter(struct guard *g, const struct net_addr *from, uint64_t now_ms);
/* Tells that a connection that was let in has authenticated. */
void guard_authenticated(struct guard *g);
/* Tells that a login from the address failed. */
void guard_failed(struct guard *g, const struct net_addr *from, uint64_t now_ms);
/* Tells that a connection that was let in has ended, authenticated or not. */
void guard_leave(struct guard *g, const struct net_addr *from, bool authenticated);
/* Reads how many connections there are, and how many have not authenticated. */
void guard_count(struct guard *g, uint32_t *sessions, uint32_t *unauth);
/* Returns the verdict as the end of "refused: ...". */
const char *guard_text(enum guard_verdict v);

#endif
