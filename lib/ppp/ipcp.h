/* SPDX-License-Identifier: MIT */
/*
 * The IP Control Protocol (RFC 1332, RFC 1877): addresses and name servers. The server always says
 * its own address (RouterOS invents one otherwise) and insists on the client's; Van Jacobson's
 * compression is refused.
 */
#ifndef LIB_PPP_IPCP_H
#define LIB_PPP_IPCP_H

#include "sstp/link.h"
#include "lib/ppp/cp.h"

struct ipcp {
	struct cp cp;
	bool server;
	bool want_dns; /* client: ask for name servers */
	/* server: what is to be agreed on; client: what to ask for. Borrowed for its life. */
	const struct sstp_addresses *plan;
	/* What is agreed on so far; its IPv4 members are IPCP's to write. Borrowed for its life. */
	struct sstp_addresses *agreed;
};

/* Makes an IPCP in state Initial. */
void ipcp_init(struct ipcp *i, const struct sstp_config *cfg, const struct sstp_addresses *plan,
	       struct sstp_addresses *agreed, struct cp_env *env);
/* Returns whether what was agreed on is of use: our end has an address. */
bool ipcp_usable(const struct ipcp *i);
/* IPCP's option rows. */
extern const struct cp_table ipcp_options;

#endif
