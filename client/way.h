/* SPDX-License-Identifier: MIT */
/*
 * Routes: which networks lead into the tunnel, and the way to the server, which must not. Those
 * into the tunnel go away with its interface; the one to the server is taken back by way_undo().
 */
#ifndef CLIENT_WAY_H
#define CLIENT_WAY_H

#include "io/ip.h"
#include "io/net.h"
#include "io/netlink.h"

struct way {
	struct netlink *nl; /* borrowed */
	unsigned ifindex;   /* of the tunnel */
	bool pinned;
	struct nl_route pin;
};

/* Prepares w; nothing is set. */
void way_init(struct way *w, struct netlink *nl, unsigned ifindex);
/*
 * Keeps the way to the server's address as it is now, by a route to that host alone. Does nothing
 * when it is pinned, or when such a route is there already, which is left alone at the end too.
 * Returns 0 or -errno.
 */
int way_pin(struct way *w, const struct net_addr *server);
/* Returns whether the network holds the server's address: then it must be pinned first. */
bool way_holds(const struct ip_net *net, const struct net_addr *server);
/* Leads a network into the tunnel. Returns 0 or -errno; a route that is there already is an error
 * only when it leads elsewhere. */
int way_add(struct way *w, const struct ip_net *net);
/*
 * Leads everything of the family into the tunnel: by the two halves of the address space, which win
 * over a default route without touching it.
 */
int way_add_default(struct way *w, int family);
/* Takes back what does not go away with the interface. */
void way_undo(struct way *w);

#endif
