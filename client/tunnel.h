/* SPDX-License-Identifier: MIT */
/*
 * This machine's end of the tunnel: the interface, its addresses, routes and name servers. Knows
 * nothing of SSTP. Everything it sets is gone after tunnel_close().
 */
#ifndef CLIENT_TUNNEL_H
#define CLIENT_TUNNEL_H

#include "client/autoconf.h"
#include "client/options.h"
#include "client/way.h"
#include "io/resolv.h"
#include "io/tun.h"

#define TUNNEL_ERROR 256

struct tunnel {
	const struct options *opt;
	struct tun tun;
	struct netlink *nl;
	unsigned ifindex;
	struct net_addr server; /* the other end of the outer connection */
	struct way way;
	struct resolv resolv;
	bool up; /* the interface is */
	bool has4, has6;
	uint8_t local4[4], peer4[4];
	struct resolv_server dns[RESOLV_MAX];
	size_t dns_n;
	bool dns_new; /* changed since the system was told */
	struct autoconf ip6;
	uint8_t set6[16]; /* the global address that is set; all zero: none */
	uint8_t set6_bits;
	char error[TUNNEL_ERROR];
};

/* Makes the interface, which is down yet. Returns NULL with error filled, or the tunnel, to be
 * closed with tunnel_close(). */
struct tunnel *tunnel_open(const struct options *opt, char error[TUNNEL_ERROR]);
/* Undoes everything and frees t. NULL is ignored. */
void tunnel_close(struct tunnel *t);
/* Brings the interface up. server is where the outer connection leads. Returns 0 or -errno, and
 * t->error says what failed; so do all below. */
int tunnel_up(struct tunnel *t, uint16_t mtu, const struct net_addr *server);
/* Sets IPv4: the address, the peer's, the routes asked for; notes the name servers. */
int tunnel_set4(struct tunnel *t, const struct sstp_addresses *a);
/* Takes IPv4 away. */
void tunnel_unset4(struct tunnel *t);
/* Sets the link-local address. */
int tunnel_set6(struct tunnel *t, const uint8_t id[8]);
/* Takes IPv6 away. */
void tunnel_unset6(struct tunnel *t);
/* Takes a router advertisement: sets the address, the routes; notes the name servers. Returns 1
 * when something changed. */
int tunnel_advert(struct tunnel *t, const uint8_t *p, size_t n);
/* Tells the system the name servers that are noted. Only complains on failure. */
void tunnel_set_dns(struct tunnel *t);

#endif
