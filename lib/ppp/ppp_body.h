/* SPDX-License-Identifier: MIT */
/* The body of struct ppp, for the link to embed; for ppp.c's eyes only. ppp.h is the contract. */
#ifndef LIB_PPP_PPP_BODY_H
#define LIB_PPP_PPP_BODY_H

#include "lib/ppp/auth_body.h"
#include "lib/ppp/ipcp.h"
#include "lib/ppp/ipv6cp.h"
#include "lib/ppp/lcp.h"
#include "lib/ppp/ppp.h"

#define PPP_WAITING_MAX 160 /* octets of a Configure-Request that waits for addresses */

/* The network control protocols. */
enum ppp_net { PPP_NET_IP4, PPP_NET_IP6, PPP_NETS };

/* A Configure-Request that came before our side of its protocol could begin. */
struct ppp_waiting {
	size_t n; /* 0: none */
	uint8_t bytes[PPP_WAITING_MAX];
};

struct ppp {
	struct outq *out;
	struct tracer *trace;
	const struct sstp_config *cfg;
	enum ppp_phase phase;
	unsigned events; /* enum ppp_event, pending */
	bool bypass;
	bool authenticated;   /* or need not be */
	bool keyed;           /* authentication ran: the key is its, not zeros */
	bool asking;          /* PPP_EV_NEED_AUTH was told, its answer is due */
	bool wanting;         /* server: PPP_EV_NEED_ADDRESS was told, once in a link's life */
	bool assigned;        /* server: and answered */
	bool started;         /* the network phase's protocols were begun */
	bool over;            /* PPP_EV_DOWN was told */
	bool on[PPP_NETS];    /* which of them are to be negotiated */
	bool flows[PPP_NETS]; /* which are opened */
	struct timer network; /* client: they begin once the owner took the keys */
	struct ppp_waiting waiting[PPP_NETS];
	uint64_t dropped;

	int err; /* the first reason to end, with whose and where */
	bool by_peer;
	enum sstp_layer layer;
	char message[AUTH_MESSAGE_MAX];

	enum sstp_auth methods[SSTP_AUTHS + 1];
	/* Who authenticates, kept when auth forgets; as a server not changed once addresses were
	 * asked for. */
	char user[SSTP_NAME_MAX + 1];
	enum sstp_auth method;
	struct sstp_addresses plan;   /* what we want to have agreed on */
	struct sstp_addresses agreed; /* what is */
	struct cp_env env;
	struct lcp_config lcp_cfg;
	struct auth_config auth_cfg;
	struct lcp lcp;
	struct ipcp ipcp;
	struct ipv6cp ipv6cp;
	struct auth auth;
};

#endif
