/* SPDX-License-Identifier: MIT */
/*
 * What a session is lent: an IPv4 address of the pool and an IPv6 /64 of the pool. Shared by the
 * workers behind one lock: taken when a session comes up, given back when it ends, never looked at
 * on the packet path.
 */
#ifndef SERVER_LEASE_H
#define SERVER_LEASE_H

#include <pthread.h>

#include "io/ip.h"
#include "server/pool.h"

#define LEASE_MOST (UINT32_C(1) << 20) /* how much of a large pool is used */

struct leases {
	pthread_mutex_t lock;
	bool has4, has6;
	uint32_t base4; /* the network's first address, as a number */
	uint8_t net6[16];
	uint8_t server4[4]; /* the server's own address in the pool */
	uint8_t server6[16];
	struct pool pool4;
	struct pool pool6;
};

/* A session's part. Index POOL_NONE: not lent. */
struct lease {
	uint32_t index4;
	uint32_t index6;
	uint8_t ip4[4];
	uint8_t prefix6[16]; /* the /64, its lower half zero */
	uint64_t replaced;   /* the session that held the fixed address until now; 0: none */
};

/* What a session asks for. */
struct lease_wish {
	const char *user;
	const uint8_t *fixed4; /* the user's own address, or NULL */
	uint64_t session;      /* not 0 */
	uint32_t lane;         /* the worker */
};

/*
 * Makes the pools of the networks (bits 0: none); server4 is the server's address in net4, NULL
 * takes the first; the server's IPv6 address is the first /64 with server_id. Returns false when
 * memory is short.
 */
bool leases_init(struct leases *l, const struct ip_net *net4, const uint8_t *server4,
		 const struct ip_net *net6, const uint8_t server_id[8], uint32_t lanes);
/* Frees what l holds. */
void leases_fini(struct leases *l);
/* Keeps the n IPv4 addresses at ips for sessions that ask for them by address, and no others. */
void leases_reserve(struct leases *l, const uint8_t (*ips)[4], size_t n);
/*
 * Lends what the pools have. A fixed address outside the pool, or the server's, counts as none
 * free. Returns false, and nothing is lent, when a pool that is configured has nothing.
 */
bool lease_take(struct leases *l, const struct lease_wish *wish, struct lease *out);
/* Takes back what the session was lent; whatever went to another session meanwhile stays there. */
void lease_give(struct leases *l, struct lease *lease, uint64_t session);
/* Reads how many addresses and prefixes are free and how many there are. */
void leases_count(struct leases *l, uint32_t *free4, uint32_t *n4, uint32_t *free6, uint32_t *n6);

#endif
