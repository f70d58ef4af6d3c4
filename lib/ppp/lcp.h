/* SPDX-License-Identifier: MIT */
/*
 * The Link Control Protocol (RFC 1661, RFC 1570, RFC 1994 3): what its options mean in either role,
 * echoes and Protocol-Reject. How a negotiation goes is in cp.c.
 */
#ifndef LIB_PPP_LCP_H
#define LIB_PPP_LCP_H

#include "sstp/link.h"
#include "lib/ppp/cp.h"

#define LCP_MRU_DEFAULT 1500 /* RFC 1661 6.1: what counts while nothing was negotiated */
#define LCP_MRU_MIN     68   /* below it not even IPv4 works (RFC 791) */
#define LCP_MRU_MAX     4091 /* what fits into an SSTP packet (MS-SSTP 3.1.5.2) */

/* How LCP is to behave; borrowed for its life. */
struct lcp_config {
	bool server;
	bool bypass;                   /* server: the peer need not authenticate */
	uint16_t mru;                  /* to offer */
	const enum sstp_auth *methods; /* in order of preference, SSTP_AUTH_NONE ends */
};

struct lcp {
	struct cp cp;
	const struct lcp_config *cfg;
	/* ours */
	uint16_t mru;
	uint32_t magic;
	uint8_t asked; /* server: index of the method asked for */
	uint8_t tried; /* server: bits of the methods that the peer did not take */
	/* the peer's */
	uint8_t suggested;       /* client: how many methods were suggested */
	enum sstp_auth demanded; /* client: the method that the server asked for */
	uint16_t rejected;       /* CP_SIG_REJECTED: the protocol */
	/* echo */
	bool echo_sent; /* an answer to echo_id is awaited */
	uint8_t echo_id;
	uint64_t echo_at;
	uint32_t echo_ms; /* the last round trip, 0: none yet */
};

/* Makes an LCP in state Initial. */
void lcp_init(struct lcp *l, const struct lcp_config *cfg, struct cp_env *env);
/* Returns the method by which the client has to authenticate, SSTP_AUTH_NONE for not at all. */
enum sstp_auth lcp_auth(const struct lcp *l);
/* Sends an Echo-Request when LCP is opened (RFC 1661 5.8). */
void lcp_echo(struct lcp *l, uint64_t now);
/* Sends a Protocol-Reject for a frame when LCP is opened (RFC 1661 5.7). */
void lcp_reject_protocol(struct lcp *l, uint16_t protocol, struct rd payload);
/* LCP's option rows. */
extern const struct cp_table lcp_options;

#endif
