/* SPDX-License-Identifier: MIT */
/*
 * The table of TCP connections by addresses and ports, and in the order of their last packet. Knows
 * what a connection is, not what it carries; flow.c does.
 */
#ifndef ANALYSE_CONN_H
#define ANALYSE_CONN_H

#include "analyse/flow.h"

#define CONN_SNIFF 16 /* first bytes of a direction that tell what it is */

/* Addresses and ports of a connection, the lesser end first, so that both directions are the same.
 */
struct conn_key {
	uint8_t ip[2][16];
	uint16_t port[2];
	uint8_t version;
};

struct conn {
	struct flow_conn pub; /* first: the sink gets a pointer to it */
	struct conn_key key;
	struct conn *chain; /* same slot of the table */
	struct conn *older;
	struct conn *newer;
	struct flow *flow;
	struct tls *tls;
	struct tcp_half half[2]; /* by end of the key */
	uint8_t client;          /* which end is the client */
	bool roles_known;        /* from a SYN */
	bool opened;             /* the sink knows it */
	bool closed;
	bool torn; /* bytes are missing before it was clear what the stream is */
	struct {
		bool on;         /* an HTTP head of the talk with a proxy is passed over */
		uint8_t matched; /* bytes of its end that were seen */
		uint32_t passed;
	} head[WAYS];
	uint8_t sniff_n[WAYS];
	uint8_t sniff[WAYS][CONN_SNIFF];
	struct origin sniff_from[WAYS];
	uint64_t plain_offset[WAYS];
	enum flow_end leaves; /* why it was taken out of the table */
};

struct conns {
	struct conn **table;
	uint32_t size; /* a power of 2 */
	uint32_t count;
	uint64_t salt;
	struct conn *oldest;
	struct conn *newest;
};

/* Makes an empty table; 0, or -1 without memory. */
int conns_init(struct conns *c);
/* Frees the table, which must be empty of connections. */
void conns_fini(struct conns *c);
/* Makes the key of a segment; returns which end of it has sent it. */
unsigned conn_key_of(const struct ip_header *ip, const struct tcp_header *tcp,
		     struct conn_key *out);
/* Finds a connection, and makes it the newest; NULL when there is none. */
struct conn *conns_find(struct conns *c, const struct conn_key *key);
/* Adds a connection as the newest; NULL without memory. */
struct conn *conns_add(struct conns *c, const struct conn_key *key);
/* Takes a connection out of the table; the caller frees it. */
void conns_detach(struct conns *c, struct conn *conn);

/*
 * Takes the next bytes of a direction of a connection of which it is not known what it is, *took of
 * them: keeps them in `sniff`, or passes over them when they are the talk with a proxy. Returns the
 * kind; FLOW_UNKNOWN: not clear yet.
 */
enum flow_kind conn_sniff(struct conn *c, enum way way, const uint8_t *bytes, size_t n,
			  struct origin from, size_t *took);

#endif
