/* SPDX-License-Identifier: MIT */
/*
 * The IPv6 Control Protocol (RFC 5072): interface identifiers. Addresses come over the link itself,
 * by router advertisements, and are none of its business.
 */
#ifndef LIB_PPP_IPV6CP_H
#define LIB_PPP_IPV6CP_H

#include "sstp/link.h"
#include "lib/ppp/cp.h"

#define IFID 8 /* octets of an interface identifier */

struct ipv6cp {
	struct cp cp;
	bool server;
	/* Our identifier and the one to suggest to the peer; zero: the peer, or chance, decides.
	 * Borrowed for its life. */
	const struct sstp_addresses *plan;
	/* What is agreed on so far; its IPv6 members are IPV6CP's to write. Borrowed for its life.
	 */
	struct sstp_addresses *agreed;
	uint8_t suggested[IFID]; /* in our last Configure-Nak */
};

/* Makes an IPV6CP in state Initial. */
void ipv6cp_init(struct ipv6cp *i, const struct sstp_config *cfg, const struct sstp_addresses *plan,
		 struct sstp_addresses *agreed, struct cp_env *env);
/* Returns whether what was agreed on is of use: our end has an identifier. */
bool ipv6cp_usable(const struct ipv6cp *i);
/* IPV6CP's option rows. */
extern const struct cp_table ipv6cp_options;

#endif
