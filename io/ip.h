/* SPDX-License-Identifier: MIT */
/* What the drivers need to know of an IP packet: version, addresses, protocol. Pure. */
#ifndef IO_IP_H
#define IO_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/cursor.h"

/* The part of an IP header that is looked at; addr points into the packet. */
struct ip_head {
	uint8_t version;    /* 4 or 6 */
	uint8_t proto;      /* the protocol, or IPv6's first next header */
	uint8_t hops;       /* TTL or hop limit */
	const uint8_t *src; /* 4 or 16 octets */
	const uint8_t *dst;
	struct view payload; /* what follows the (first) header, as far as the packet's own length
				goes */
};

/* Reads the header of the n bytes at p; false unless it is a whole IPv4 or IPv6 packet whose own
 * length fits in n. */
bool ip_parse(const uint8_t *p, size_t n, struct ip_head *out);
/* Returns whether the IPv6 address is link-local (fe80::/10). */
bool ip6_is_link_local(const uint8_t a[16]);
/* Returns whether the IPv6 address is a multicast one (ff00::/8). */
bool ip6_is_multicast(const uint8_t a[16]);
/* Returns whether the n bits of prefix at p are those of the address a (both 4 or 16 octets). */
bool ip_prefix_holds(const uint8_t *p, unsigned bits, const uint8_t *a);
/* Writes the link-local address of an interface identifier (RFC 4291 2.5.6). */
void ip6_link_local(const uint8_t id[8], uint8_t out[16]);
/* Returns the Internet checksum (RFC 1071) of the n bytes at p added to `sum`, not yet folded. */
uint32_t ip_sum(const uint8_t *p, size_t n, uint32_t sum);
/* Folds a sum into the checksum to put on the wire. */
uint16_t ip_fold(uint32_t sum);

/* An IP network as people write it: "10.0.0.0/8", "fd00::/48", or an address alone. */
struct ip_net {
	int family; /* AF_INET or AF_INET6 */
	uint8_t addr[16];
	uint8_t bits;
};

#define IP_NET_TEXT 56

/* Reads a network; host bits are cleared when `strict` is not set, and refused when it is. Returns
 * false for what is none. */
bool ip_net_parse(const char *text, bool strict, struct ip_net *out);
/* Writes the network as text; returns buf. */
const char *ip_net_text(const struct ip_net *net, char buf[IP_NET_TEXT]);
/* Writes an address of 4 or 16 octets as text; returns buf. */
const char *ip_text(int family, const uint8_t *addr, char buf[IP_NET_TEXT]);

#endif
