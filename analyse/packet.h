/* SPDX-License-Identifier: MIT */
/*
 * The headers of a packet: link layer, IP, TCP, each decoded once into a struct that the dissection
 * shows and the reassembly uses. Pure functions over borrowed bytes; nothing is put together here
 * (fragment.h and tcp.h do).
 */
#ifndef ANALYSE_PACKET_H
#define ANALYSE_PACKET_H

#include "analyse/capture.h"

#define VLAN_DEPTH    8 /* tags that are looked through */
#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_IP6 0x86dd
#define IP_TCP        6

/* What carries the network packet. */
struct link_header {
	uint16_t protocol; /* EtherType; 0: none that is known */
	uint8_t vlans;     /* number of VLAN tags */
	uint16_t vlan[2];  /* the outermost two, as tag control information */
	uint16_t length;   /* bytes before the network packet */
};

/* An IPv4 or IPv6 header with its options or extension headers. */
struct ip_header {
	uint8_t version;  /* 4 or 6; 0: there is none */
	uint8_t protocol; /* of the payload, behind all extension headers */
	uint8_t ttl;      /* or hop limit */
	uint8_t tos;      /* or traffic class */
	uint32_t id;      /* identification; IPv6: of the fragment header, or 0 */
	uint32_t flow;    /* IPv6 flow label */
	bool dont;        /* Don't Fragment */
	bool more;        /* more fragments follow */
	bool fragment;    /* the payload is a fragment */
	uint16_t offset;  /* of the fragment, in bytes */
	uint16_t header;  /* bytes of header and extension headers */
	uint32_t total;   /* bytes of the whole packet as it says itself */
	uint8_t src[16];  /* IPv4: the first 4 */
	uint8_t dst[16];
	const uint8_t *payload;
	uint32_t n;    /* captured bytes of the payload */
	uint32_t wire; /* bytes the payload has */
};

enum tcp_flag {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16,
	TCP_URG = 32,
};

/* A TCP segment. */
struct tcp_header {
	uint16_t from;
	uint16_t to;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	uint16_t flags; /* 12 bits; enum tcp_flag and more */
	uint16_t header;
	const uint8_t *payload;
	uint32_t n;    /* captured bytes */
	uint32_t wire; /* bytes it has */
};

/* A packet with the headers that were found. */
struct packet {
	const struct frame *frame;
	struct link_header link;
	struct ip_header ip;
	struct tcp_header tcp; /* header 0: there is none */
	bool reassembled;      /* tcp comes from several fragments, this frame being the last */
};

/* Reads the link-layer header of f; returns 0, or -1 when no IP packet follows. */
int packet_link(const struct frame *f, struct link_header *out);
/*
 * Reads an IP header, version 4 or 6, from n captured bytes of a packet of wire bytes. Returns 0,
 * or -1 when it is malformed or cut off; the payload is trimmed to the length that the header
 * declares.
 */
int packet_ip(const uint8_t *bytes, size_t n, size_t wire, struct ip_header *out);
/*
 * Passes over the extension headers that an IPv6 payload put together from fragments begins with:
 * sets protocol, payload, n and wire to what follows. Returns 0, or -1 when they are malformed.
 */
int packet_extensions(struct ip_header *ip);
/* Reads a TCP header from n captured bytes of wire; returns 0, or -1 when malformed or cut off. */
int packet_tcp(const uint8_t *bytes, size_t n, size_t wire, struct tcp_header *out);
/* Reads all headers of f that are there; tcp is left out of a fragment. */
void packet_read(const struct frame *f, struct packet *out);

#endif
