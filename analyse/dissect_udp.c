/* SPDX-License-Identifier: MIT */
/* UDP, ICMP and ICMPv6: headers, and the messages that people look for. */
#include "analyse/dissect.h"
#include "analyse/packet.h"

#define PORT_DNS  53
#define PORT_MDNS 5353

enum icmp_type { ICMP_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_REDIRECT = 5, ICMP_REQUEST = 8 };

enum icmp6_type {
	ICMP6_TOO_BIG = 2,
	ICMP6_REQUEST = 128,
	ICMP6_REPLY = 129,
	ICMP6_ASK_ROUTER = 133,
	ICMP6_ROUTER = 134,
	ICMP6_SOLICITATION = 135,
	ICMP6_NEIGHBOUR = 136,
	ICMP6_LISTENER = 143,
};

enum nd_option { ND_SOURCE = 1, ND_TARGET = 2, ND_PREFIX = 3, ND_MTU = 5, ND_RDNSS = 25 };

static void say_ports(struct text *t, uint16_t from, uint16_t to, size_t n)
{
	text_dec(t, from);
	text_str(t, " \xe2\x86\x92 ");
	text_dec(t, to);
	text_str(t, " Len=");
	text_dec(t, n);
}

void dissect_udp(struct dissect *d, struct rd datagram)
{
	struct field_tree *t = &d->tree;
	uint32_t node = dissect_protocol(d, FIELD_UDP, &datagram, 8);
	struct rd r = datagram, ports = datagram;
	uint16_t from = rd_be16(&ports), to = rd_be16(&ports);

	field_flag(t, node, FIELD_HEADER);
	field_label(t, node, "User Datagram Protocol, Src Port: %u, Dst Port: %u", from, to);
	field_open(t, node);
	dissect_uint(d, &r, FIELD_UDP_SRCPORT, 2);
	dissect_uint(d, &r, FIELD_UDP_DSTPORT, 2);
	dissect_uint(d, &r, FIELD_UDP_LENGTH, 2);
	dissect_uint(d, &r, FIELD_UDP_CHECKSUM, 2);
	dissect_checksum(d, FIELD_UDP_CHECKSUM_STATUS, CHECKSUM_UNVERIFIED);
	column_protocol(&d->column, "UDP");
	if (ports.bad || rd_left(&datagram) < 8) {
		dissect_malformed(d, &datagram, "the UDP header is cut off");
		field_close(t);
		return;
	}
	if (rd_left(&r))
		field_label(t,
			    field_add_bytes(t, FIELD_UDP_PAYLOAD, dissect_at(d, r.p), rd_left(&r)),
			    "UDP payload (%zu bytes)", rd_left(&r));
	field_close(t);
	if (d->column.wanted)
		say_ports(&d->column.text, from, to, rd_left(&r));
	if (from == PORT_DNS || to == PORT_DNS || from == PORT_MDNS || to == PORT_MDNS)
		dissect_dns(d, r);
	else
		dissect_data(d, r);
}

/* Reads a number twice: in the byte order of the wire and in the other one. */
static unsigned show_both(struct dissect *d, struct rd *r, enum field_id be, enum field_id le)
{
	size_t at = dissect_at(d, r->p);
	unsigned v = (unsigned)dissect_uint(d, r, be, 2);

	field_add_uint(&d->tree, le, at, 2, (v << 8 | v >> 8) & 0xffff);
	return v;
}

void dissect_icmp(struct dissect *d, struct rd message, unsigned ttl)
{
	struct field_tree *t = &d->tree;
	struct rd r = message;
	const char *name;
	unsigned type, id, seq;

	field_open(t, dissect_protocol(d, FIELD_ICMP, &message, rd_left(&message)));
	column_protocol(&d->column, "ICMP");
	type = (unsigned)dissect_uint(d, &r, FIELD_ICMP_TYPE, 1);
	dissect_uint(d, &r, FIELD_ICMP_CODE, 1);
	dissect_uint(d, &r, FIELD_ICMP_CHECKSUM, 2);
	if (field_wanted(t, FIELD_ICMP_CHECKSUM_STATUS))
		dissect_checksum(d, FIELD_ICMP_CHECKSUM_STATUS, dissect_verify(message, 0));
	name = field_value_name(FIELD_ICMP_TYPE, type);
	column_text(&d->column, name ? name : "Unknown ICMP");
	if (rd_left(&r) < 4) {
		dissect_malformed(d, &message, "the ICMP message is cut off");
	} else if (type == ICMP_REQUEST || type == ICMP_REPLY) {
		id = show_both(d, &r, FIELD_ICMP_IDENT, FIELD_ICMP_IDENT_LE);
		seq = show_both(d, &r, FIELD_ICMP_SEQ, FIELD_ICMP_SEQ_LE);
		column_info(&d->column, "%s id=0x%04x, seq=%u/%u, ttl=%u",
			    type == ICMP_REPLY ? "   " : " ", id, seq,
			    (seq << 8 | seq >> 8) & 0xffff, ttl);
		dissect_data(d, r);
	} else if (type == ICMP_REDIRECT) {
		dissect_ip4(d, &r, FIELD_ICMP_REDIR_GW);
	} else if (type == ICMP_UNREACHABLE) {
		rd_take(&r, 2);
		dissect_uint(d, &r, FIELD_ICMP_MTU, 2);
	}
	field_close(t);
}

/* The options of neighbour discovery (RFC 4861 4.6). */
static void show_nd_options(struct dissect *d, struct rd r)
{
	while (rd_left(&r)) {
		struct rd whole = r, peek = r, o;
		unsigned type = rd_u8(&peek), length = rd_u8(&peek) * 8u;

		o = rd_sub(&r, length ? length : rd_left(&r) + 1);
		if (r.bad) {
			dissect_malformed(d, &whole,
					  "a neighbour discovery option's length is wrong");
			return;
		}
		field_open(&d->tree,
			   field_add_none(&d->tree, FIELD_ICMPV6_OPT, dissect_at(d, o.p), length));
		dissect_uint(d, &o, FIELD_ICMPV6_OPT_TYPE, 1);
		dissect_uint(d, &o, FIELD_ICMPV6_OPT_LENGTH, 1);
		if (type == ND_SOURCE || type == ND_TARGET) {
			dissect_bytes(d, &o, FIELD_ICMPV6_OPT_LINKADDR, 6);
		} else if (type == ND_PREFIX) {
			dissect_uint(d, &o, FIELD_ICMPV6_OPT_PREFIX_LENGTH, 1);
			rd_take(&o, 13);
			dissect_ip6(d, &o, FIELD_ICMPV6_OPT_PREFIX);
		} else if (type == ND_MTU) {
			rd_take(&o, 2);
			dissect_uint(d, &o, FIELD_ICMPV6_OPT_MTU, 4);
		} else if (type == ND_RDNSS) {
			rd_take(&o, 6);
			while (rd_left(&o) >= 16)
				dissect_ip6(d, &o, FIELD_ICMPV6_OPT_RDNSS);
		}
		field_close(&d->tree);
	}
}

static void show_router(struct dissect *d, struct rd *r)
{
	uint32_t node;
	uint8_t flags;
	struct rd peek;

	dissect_uint(d, r, FIELD_ICMPV6_ND_RA_CUR_HOP_LIMIT, 1);
	peek = *r;
	flags = rd_u8(&peek);
	node = field_add_uint(&d->tree, FIELD_ICMPV6_ND_RA_FLAG, dissect_at(d, r->p), 1, flags);
	field_open(&d->tree, node);
	dissect_look(d, r, FIELD_ICMPV6_ND_RA_FLAG_M, 1);
	dissect_uint(d, r, FIELD_ICMPV6_ND_RA_FLAG_O, 1);
	field_close(&d->tree);
	dissect_uint(d, r, FIELD_ICMPV6_ND_RA_ROUTER_LIFETIME, 2);
	dissect_uint(d, r, FIELD_ICMPV6_ND_RA_REACHABLE_TIME, 4);
	dissect_uint(d, r, FIELD_ICMPV6_ND_RA_RETRANS_TIMER, 4);
	show_nd_options(d, *r);
}

/* The records of a Multicast Listener Report (RFC 3810 5.2). */
static void show_listener(struct dissect *d, struct rd *r)
{
	unsigned n;

	dissect_bytes(d, r, FIELD_ICMPV6_RESERVED, 2);
	n = (unsigned)dissect_uint(d, r, FIELD_ICMPV6_MLDR_NB_MCAST_RECORDS, 2);
	while (n-- && rd_left(r)) {
		unsigned aux, sources;

		rd_u8(r);
		aux = rd_u8(r);
		sources = rd_be16(r);
		dissect_ip6(d, r, FIELD_ICMPV6_MLDR_MAR_MULTICAST_ADDRESS);
		rd_take(r, sources * 16u + aux * 4u);
	}
	if (r->bad)
		dissect_malformed(d, r, "a multicast record is cut off");
}

/* Returns the sum over IPv6's pseudo header (RFC 8200 8.1). */
static uint32_t pseudo_sum(const struct ip_header *ip, size_t n)
{
	struct rd src = rd_init(ip->src, 16), dst = rd_init(ip->dst, 16);
	uint32_t sum = (uint32_t)n + 58;

	while (rd_left(&src))
		sum += (uint32_t)rd_be16(&src) + rd_be16(&dst);
	return sum;
}

void dissect_icmpv6(struct dissect *d, const struct ip_header *ip, struct rd message)
{
	struct field_tree *t = &d->tree;
	struct rd r = message;
	const char *name;
	unsigned type, id, seq;

	field_open(t, dissect_protocol(d, FIELD_ICMPV6, &message, rd_left(&message)));
	column_protocol(&d->column, "ICMPv6");
	type = (unsigned)dissect_uint(d, &r, FIELD_ICMPV6_TYPE, 1);
	dissect_uint(d, &r, FIELD_ICMPV6_CODE, 1);
	dissect_uint(d, &r, FIELD_ICMPV6_CHECKSUM, 2);
	if (field_wanted(t, FIELD_ICMPV6_CHECKSUM_STATUS))
		dissect_checksum(d, FIELD_ICMPV6_CHECKSUM_STATUS,
				 dissect_verify(message, pseudo_sum(ip, rd_left(&message))));
	name = field_value_name(FIELD_ICMPV6_TYPE, type);
	column_text(&d->column, name ? name : "Unknown ICMPv6");
	switch (type) {
	case ICMP6_REQUEST:
	case ICMP6_REPLY:
		id = (unsigned)dissect_uint(d, &r, FIELD_ICMPV6_ECHO_IDENTIFIER, 2);
		seq = (unsigned)dissect_uint(d, &r, FIELD_ICMPV6_ECHO_SEQUENCE_NUMBER, 2);
		column_info(&d->column, " id=0x%04x, seq=%u, hop limit=%u", id, seq, ip->ttl);
		dissect_data(d, r);
		break;
	case ICMP6_TOO_BIG:
		dissect_uint(d, &r, FIELD_ICMPV6_MTU, 4);
		break;
	case ICMP6_ASK_ROUTER:
		dissect_bytes(d, &r, FIELD_ICMPV6_RESERVED, 4);
		show_nd_options(d, r);
		break;
	case ICMP6_ROUTER:
		show_router(d, &r);
		break;
	case ICMP6_SOLICITATION:
	case ICMP6_NEIGHBOUR:
		dissect_bytes(d, &r, FIELD_ICMPV6_RESERVED, 4);
		dissect_ip6(d, &r,
			    type == ICMP6_SOLICITATION ? FIELD_ICMPV6_ND_NS_TARGET_ADDRESS
						       : FIELD_ICMPV6_ND_NA_TARGET_ADDRESS);
		show_nd_options(d, r);
		break;
	case ICMP6_LISTENER:
		show_listener(d, &r);
		break;
	default:
		dissect_data(d, r);
	}
	if (r.bad)
		dissect_malformed(d, &message, "the ICMPv6 message is cut off");
	field_close(t);
}
