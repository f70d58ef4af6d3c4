/* SPDX-License-Identifier: MIT */
/*
 * Addresses, routes and links over rtnetlink. Each call is one request and its answer, done at
 * once: for setting up and tearing down, not for the packet path. Everything returns 0 or -errno
 * unless told otherwise. Families are AF_INET with 4 octets and AF_INET6 with 16.
 */
#ifndef IO_NETLINK_H
#define IO_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct netlink;

/* A route: to dst/bits, through a gateway or straight out of an interface. */
struct nl_route {
	int family;
	uint8_t dst[16];
	uint8_t bits;
	bool has_gateway;
	uint8_t gateway[16];
	unsigned ifindex; /* 0: as the gateway says */
	uint32_t metric;  /* 0: the kernel's default */
	uint32_t mtu;     /* 0: the interface's */
	bool unreachable; /* instead of a way: packets are refused */
	bool has_src;     /* preferred source address */
	uint8_t src[16];
};

/* Opens a netlink socket; NULL, and errno says why. Belongs to one thread. */
struct netlink *nl_open(void);
/* Closes it. NULL is ignored. */
void nl_close(struct netlink *nl);
/* Returns the interface's index, 0 when there is none of that name. */
unsigned nl_ifindex(const char *name);

/* Sets the interface up (or down) and its MTU, if mtu is not 0. */
int nl_link_set(struct netlink *nl, unsigned ifindex, bool up, uint32_t mtu);
/* Lets so many packets wait for the interface: for a TUN device, in each of its queues. */
int nl_link_queue(struct netlink *nl, unsigned ifindex, uint32_t packets);
/* Gives the interface a queueing discipline by name, such as "fq_codel", instead of the one it has;
 * -ENOENT when the kernel has none of that name. */
int nl_link_discipline(struct netlink *nl, unsigned ifindex, const char *name);
/* Keeps the kernel from giving the interface IPv6 addresses of its own making. */
int nl_link_addrgen_none(struct netlink *nl, unsigned ifindex);
/*
 * Adds an address with a prefix length; peer, if not NULL, is the other end of a point-to-point
 * link. An IPv6 address is usable at once (no duplicate address detection). -EEXIST: it is there.
 */
int nl_addr_add(struct netlink *nl, unsigned ifindex, int family, const uint8_t *addr, uint8_t bits,
		const uint8_t *peer);
/* Takes an address away. */
int nl_addr_del(struct netlink *nl, unsigned ifindex, int family, const uint8_t *addr, uint8_t bits,
		const uint8_t *peer);
/* Adds a route; -EEXIST when one to the same network with the same metric is there. */
int nl_route_add(struct netlink *nl, const struct nl_route *r);
/* Takes a route away; -ESRCH when it is not there. */
int nl_route_del(struct netlink *nl, const struct nl_route *r);
/* Asks the kernel how it would reach dst now: gateway, interface and source in *out, whose dst is
 * that host. */
int nl_route_get(struct netlink *nl, int family, const uint8_t *dst, struct nl_route *out);

#endif
