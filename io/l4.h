/* SPDX-License-Identifier: MIT */
/*
 * The headers of IP, TCP and UDP as far as segmentation needs them: where they are, and how their
 * checksums are made. Pure, and only for packets of which enough is there: l4_parse() checks that
 * once, the others rely on it.
 */
#ifndef IO_L4_H
#define IO_L4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define L4_TCP        6
#define L4_UDP        17
#define L4_HEADER_MAX 60 /* of TCP, with options */

#define L4_FIN 0x01
#define L4_PSH 0x08
#define L4_ACK 0x10
#define L4_CWR 0x80

/* Where TCP or UDP is in a packet. */
struct l4 {
	bool ip6;
	bool fragment;    /* or a part of one: not to be touched */
	uint8_t protocol; /* L4_TCP or L4_UDP */
	size_t at;        /* offset of the TCP or UDP header */
	size_t header;    /* its length */
};

/*
 * Finds TCP or UDP in an IP packet of n bytes. Returns false when there is neither, when a header
 * is cut off or contradicts itself, or when IPv6 extension headers other than hop-by-hop, routing
 * and destination options come first.
 */
bool l4_parse(const uint8_t *p, size_t n, struct l4 *out);
/* Returns the pseudo header's sum (RFC 9293 3.1, RFC 8200 8.1) with a payload of len bytes. */
uint16_t l4_pseudo_sum(const uint8_t *ip, bool ip6, uint8_t protocol, size_t len);
/*
 * Sets the IP header's length to that of a packet of n bytes. IPv4: adds `step` to the
 * identification and makes the header checksum anew.
 */
void l4_put_ip_length(uint8_t *ip, bool ip6, size_t n, uint16_t step);

/* Reads and writes big-endian values at offsets that l4_parse() has vouched for. */
static inline uint16_t l4_get16(const uint8_t *p)
{
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t l4_get32(const uint8_t *p)
{
	return (uint32_t)l4_get16(p) << 16 | l4_get16(p + 2);
}

static inline void l4_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void l4_put32(uint8_t *p, uint32_t v)
{
	l4_put16(p, (uint16_t)(v >> 16));
	l4_put16(p + 2, (uint16_t)v);
}

#endif
