/* SPDX-License-Identifier: MIT */
/*
 * What the dissectors share: the packet at hand with its tree of fields and its summary, and small
 * helpers that read and show at once. Each dissect_*.c is one family of protocols; a dissector
 * takes a reader over its octets, which lie in the tree's current source, adds its fields, and
 * hands what it carries to the next. Malformed octets are shown as malformed, and the caller goes
 * on. The octets are parsed by libsstp wherever libsstp has a parser.
 */
#ifndef ANALYSE_DISSECT_H
#define ANALYSE_DISSECT_H

#include "analyse/column.h"
#include "analyse/field.h"
#include "analyse/tcp_view.h"
#include "analyse/packet.h"
#include "lib/base/cursor.h"

#define DISSECT_PROTOCOLS 256

struct flow_packet;
struct tls_record;
struct tls_message;

/* A TCP segment with what its options say. */
struct tcp_segment {
	struct tcp_header h;
	struct tcp_shown shown;
	struct rd options;
	struct rd sack; /* edges of the blocks */
	uint32_t tsval, tsecr;
	uint16_t mss;
	int8_t shift;
	bool sack_perm;
	bool times;
};

struct dissect {
	struct field_tree tree;
	struct column column;
	struct origin now; /* the frame at hand */
	uint64_t first_ns; /* time of the first frame, of the one before, of the one displayed last
			    */
	uint64_t before_ns;
	uint64_t displayed_ns;
	bool encrypted;       /* what is inside of the TCP stream came out of TLS */
	bool deep;            /* somebody wants to know what is inside of the TCP stream */
	struct tcp_view view; /* of all TCP connections, outer and inner ones */
	/* frame.protocols: written while the packet is dissected */
	char protocols[DISSECT_PROTOCOLS];
	struct text protocols_text;
	uint32_t protocols_node;
	/* what the summary gets when it is shown */
	struct tcp_segment segment;
	bool tcp_pending;   /* the line of `segment` */
	bool tcp_part;      /* it completes nothing */
	const char *before; /* words in front; NULL: none */
	unsigned nesting;   /* of packets in packets */
	uint32_t tls_node;  /* the TLS protocol node that is open, FIELD_SKIPPED for none */
	uint32_t record_node;
	bool tls_open;
	bool tls_named;       /* the summary is that of a TLS record */
	bool tls_seen;        /* the frame completes a TLS record */
	unsigned units;       /* of application data that the frame completes */
	uint16_t tls_version; /* of that record */
	bool record_open;
};

/* Makes d ready for field_tree_reset(); dissect_fini() frees what it holds. */
void dissect_init(struct dissect *d);
void dissect_fini(struct dissect *d);

/* Begins a frame: empties tree and summary. wanted as in field_tree_reset(); lines: the summary is
 * wanted. */
void dissect_begin(struct dissect *d, const struct field_set *wanted, bool lines,
		   struct origin now);
/* Ends a frame. */
void dissect_end(struct dissect *d);
/*
 * The frame that just ended is displayed: completes its summary, and makes the next one's
 * frame.time_delta_displayed count from it.
 */
void dissect_displayed(struct dissect *d);

/* Returns where p lies in the current source. */
size_t dissect_at(const struct dissect *d, const uint8_t *p);
/* Adds a protocol whose octets are all that r has, of which `header` are its own. */
uint32_t dissect_protocol(struct dissect *d, enum field_id id, const struct rd *r, size_t header);
/* Adds a name to frame.protocols. */
void dissect_name(struct dissect *d, const char *name);
/* Read an integer of n octets (at most 8), big endian, and add it; nothing is added past the end.
 */
uint64_t dissect_uint(struct dissect *d, struct rd *r, enum field_id id, size_t n);
/* The same, but leaves r where it is: for the fields of bits of it that follow. */
uint64_t dissect_look(struct dissect *d, const struct rd *r, enum field_id id, size_t n);
/* Reads n octets and adds them as bytes or a string. */
struct view dissect_bytes(struct dissect *d, struct rd *r, enum field_id id, size_t n);
/* Reads 4 octets, or 16 for IPv6, and adds them as an address. */
void dissect_ip4(struct dissect *d, struct rd *r, enum field_id id);
void dissect_ip6(struct dissect *d, struct rd *r, enum field_id id);
/*
 * Adds how a checksum was found. Those of IP, TCP and UDP are not verified: captures are full of
 * packets whose sender has left them to the network card.
 */
enum checksum_status { CHECKSUM_BAD, CHECKSUM_GOOD, CHECKSUM_UNVERIFIED };
void dissect_checksum(struct dissect *d, enum field_id id, enum checksum_status status);
/* Returns whether the Internet checksum (RFC 1071) over r, begun with `sum`, is right. */
enum checksum_status dissect_verify(struct rd r, uint32_t sum);
/* Marks what r is over as malformed from its start on. */
void dissect_malformed(struct dissect *d, const struct rd *r, const char *what);

/* The frame, its link layer, IP and TCP headers: what flow.h's packet call tells. */
void dissect_frame(struct dissect *d, const struct flow_packet *p);
/* Writes the line of d->segment. */
void dissect_tcp_line(struct dissect *d);
/* A TLS record, and what it holds. */
void dissect_record(struct dissect *d, const struct flow_packet *p, const struct tls_record *r);
void dissect_message(struct dissect *d, const struct flow_packet *p, const struct tls_message *m);
/* Names the version of TLS in the summary, which a frame's last message may have told. */
void dissect_name_tls(struct dissect *d, const struct flow_packet *p);
/* Ends the TLS record and protocol that are open, before what they carry. */
void dissect_leave_tls(struct dissect *d);
/* An HTTP head; to_server: it should be a request. */
void dissect_http(struct dissect *d, struct rd head, bool to_server);
/* Octets of an HTTP stream that are no head. */
void dissect_body(struct dissect *d, struct rd body);
/* One SSTP packet, whole. */
void dissect_sstp(struct dissect *d, struct rd packet);
/* A PPP frame. */
void dissect_ppp(struct dissect *d, struct rd frame);
/* Packets of PPP's protocols, behind the protocol field. */
void dissect_cp(struct dissect *d, uint16_t protocol, struct rd packet);
void dissect_pap(struct dissect *d, struct rd packet);
void dissect_chap(struct dissect *d, struct rd packet);
void dissect_eap(struct dissect *d, struct rd packet);
void dissect_cbcp(struct dissect *d, struct rd packet);
/* An IP packet, version 4 or 6. */
void dissect_ip(struct dissect *d, struct rd packet);
/* Payloads of IP. */
void dissect_tcp(struct dissect *d, const struct tcp_ends *ends, struct rd segment);
void dissect_udp(struct dissect *d, struct rd datagram);
void dissect_icmp(struct dissect *d, struct rd message, unsigned ttl);
void dissect_icmpv6(struct dissect *d, const struct ip_header *ip, struct rd message);
void dissect_dns(struct dissect *d, struct rd message);
/* Octets that nobody knows. */
void dissect_data(struct dissect *d, struct rd data);

#endif
