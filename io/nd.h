/* SPDX-License-Identifier: MIT */
/*
 * The two messages of IPv6 Neighbor Discovery (RFC 4861) that a PPP link needs: Router Solicitation
 * and Router Advertisement, as whole IPv6 packets. Pure: the server answers the one, the client
 * takes its address from the other.
 */
#ifndef IO_ND_H
#define IO_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_PACKET_MAX 320
#define ND_DNS_MAX    4
#define ND_ROUTES_MAX 4

/* A network behind the router (RFC 4191 2.3). */
struct nd_route {
	uint8_t prefix[16]; /* host bits cleared */
	uint8_t bits;
	uint32_t life; /* seconds; 0: no more */
};

/* What a router advertises. */
struct nd_advert {
	uint8_t hop_limit;    /* 0: not told */
	bool managed;         /* addresses by DHCPv6 */
	bool other;           /* other configuration by DHCPv6 */
	uint16_t router_life; /* seconds as default router; 0: is none */
	bool has_prefix;      /* the first prefix with the A flag (4.6.2) */
	uint8_t prefix[16];   /* host bits cleared */
	uint8_t prefix_bits;
	bool on_link;    /* the prefix's L flag */
	bool autonomous; /* the prefix's A flag */
	uint32_t valid;  /* the prefix's lifetimes, seconds */
	uint32_t preferred;
	uint32_t mtu; /* 0: not told */
	uint8_t routes_n;
	struct nd_route routes[ND_ROUTES_MAX];
	uint8_t dns_n; /* RFC 8106 5.1 */
	uint32_t dns_life;
	uint8_t dns[ND_DNS_MAX][16];
};

/* Returns whether the IPv6 packet is a valid Router Solicitation (RFC 4861 6.1.1). */
bool nd_is_solicit(const uint8_t *p, size_t n);
/* Returns whether the IPv6 packet is a Router Advertisement, valid or not: worth parsing. */
bool nd_is_advert(const uint8_t *p, size_t n);
/* Reads a Router Advertisement; false unless it is valid (RFC 4861 6.1.2: hop limit 255, link-local
 * source, checksum, no option of length 0). */
bool nd_parse_advert(const uint8_t *p, size_t n, struct nd_advert *out);
/* Writes a Router Solicitation from a link-local address (or ::, all zero) to all routers; returns
 * its length. */
size_t nd_put_solicit(const uint8_t src[16], uint8_t out[ND_PACKET_MAX]);
/* Writes a Router Advertisement from a link-local address to dst (ff02::1 or the solicitor);
 * returns its length. */
size_t nd_put_advert(const struct nd_advert *a, const uint8_t src[16], const uint8_t dst[16],
		     uint8_t out[ND_PACKET_MAX]);

#endif
