/* SPDX-License-Identifier: MIT */
/* IPv4 and IPv6 with their options and extension headers; packet.h parses, this shows. */
#include "analyse/dissect.h"
#include "analyse/packet.h"

#include <stdio.h>
#include <string.h>

#define NESTING_MAX 6 /* packets in packets in packets */

enum ip_protocol {
	IP_HOPOPTS = 0,
	IP_ICMP = 1,
	IP_IN_IP = 4,
	IP_UDP = 17,
	IP6_IN_IP = 41,
	IP_ROUTING = 43,
	IP_FRAGMENT = 44,
	IP_ICMPV6 = 58,
	IP_DSTOPTS = 60,
};

static void show_payload(struct dissect *d, const struct ip_header *h)
{
	struct tcp_ends ends = {.version = h->version};
	struct rd r = rd_init(h->payload, h->n);
	const char *name = field_value_name(FIELD_IP_PROTO, h->protocol);

	if (h->fragment && (h->offset || h->more)) {
		column_protocol(&d->column, h->version == 4 ? "IPv4" : "IPv6");
		column_info(&d->column, "Fragmented IP protocol (proto=%s %u, off=%u, ID=%04x)",
			    name ? name : "?", h->protocol, h->offset, h->id);
		dissect_data(d, r);
		return;
	}
	switch (h->protocol) {
	case IP_TCP:
		memcpy(ends.src, h->src, h->version == 4 ? 4 : 16);
		memcpy(ends.dst, h->dst, h->version == 4 ? 4 : 16);
		dissect_tcp(d, &ends, r);
		break;
	case IP_UDP:
		dissect_udp(d, r);
		break;
	case IP_ICMP:
		dissect_icmp(d, r, h->ttl);
		break;
	case IP_ICMPV6:
		dissect_icmpv6(d, h, r);
		break;
	case IP_IN_IP:
	case IP6_IN_IP:
		dissect_ip(d, r);
		break;
	default:
		column_protocol(&d->column, h->version == 4 ? "IPv4" : "IPv6");
		column_info(&d->column, "%s (%u)", name ? name : "Protocol", h->protocol);
		dissect_data(d, r);
	}
}

/* Writes both addresses into the label of an IP node. */
static void label_addresses(struct dissect *d, uint32_t node, const struct ip_header *h)
{
	char from[COLUMN_ADDRESS], to[COLUMN_ADDRESS];
	struct text a = text_init(from, sizeof(from)), b = text_init(to, sizeof(to));

	if (d->tree.wanted)
		return;
	if (h->version == 4) {
		text_ip4(&a, h->src);
		text_ip4(&b, h->dst);
	} else {
		text_ip6(&a, h->src);
		text_ip6(&b, h->dst);
	}
	field_label(&d->tree, node, "Internet Protocol Version %u, Src: %s, Dst: %s", h->version,
		    from, to);
}

/* The options of an IPv4 header (RFC 791 3.1): types and lengths. */
static void show_options4(struct dissect *d, struct rd r)
{
	while (rd_left(&r)) {
		uint8_t type = (uint8_t)dissect_look(d, &r, FIELD_IP_OPT_TYPE, 1);
		uint8_t length;

		rd_u8(&r);
		if (type == 0)
			return;
		if (type == 1)
			continue;
		length = (uint8_t)dissect_uint(d, &r, FIELD_IP_OPT_LEN, 1);
		if (length < 2 || !rd_take(&r, length - 2u)) {
			dissect_malformed(d, &r, "an IP option's length is wrong");
			return;
		}
	}
}

static void show_ip4(struct dissect *d, struct rd r, const struct ip_header *h)
{
	struct field_tree *t = &d->tree;
	uint32_t node = dissect_protocol(d, FIELD_IP, &r, h->header), flags;
	size_t options = h->header > 20 ? h->header - 20u : 0;

	field_flag(t, node, FIELD_HEADER);
	label_addresses(d, node, h);
	if (!field_wanted_of(t, FIELD_IP))
		return;
	field_open(t, node);
	field_label(t, field_add_uint(t, FIELD_IP_VERSION, dissect_at(d, r.p), 1, 4),
		    "0100 .... = Version: 4");
	field_label(t, field_add_uint(t, FIELD_IP_HDR_LEN, dissect_at(d, r.p), 1, h->header),
		    ".... %u%u%u%u = Header Length: %u bytes (%u)", h->header >> 5 & 1,
		    h->header >> 4 & 1, h->header >> 3 & 1, h->header >> 2 & 1, h->header,
		    h->header / 4);
	rd_u8(&r);
	field_open(t, field_add_uint(t, FIELD_IP_DSFIELD, dissect_at(d, r.p), 1, h->tos));
	dissect_look(d, &r, FIELD_IP_DSFIELD_DSCP, 1);
	dissect_uint(d, &r, FIELD_IP_DSFIELD_ECN, 1);
	field_close(t);
	dissect_uint(d, &r, FIELD_IP_LEN, 2);
	dissect_uint(d, &r, FIELD_IP_ID, 2);
	flags = field_add_uint(t, FIELD_IP_FLAGS, dissect_at(d, r.p), 1, h->dont * 2u + h->more);
	field_label(t, flags, "Flags: 0x%x%s%s", h->dont * 2u + h->more,
		    h->dont ? ", Don't fragment" : "", h->more ? ", More fragments" : "");
	field_open(t, flags);
	dissect_look(d, &r, FIELD_IP_FLAGS_RB, 1);
	dissect_look(d, &r, FIELD_IP_FLAGS_DF, 1);
	dissect_look(d, &r, FIELD_IP_FLAGS_MF, 1);
	field_close(t);
	field_add_uint(t, FIELD_IP_FRAG_OFFSET, dissect_at(d, r.p), 2, h->offset);
	rd_take(&r, 2);
	dissect_uint(d, &r, FIELD_IP_TTL, 1);
	dissect_uint(d, &r, FIELD_IP_PROTO, 1);
	dissect_uint(d, &r, FIELD_IP_CHECKSUM, 2);
	dissect_checksum(d, FIELD_IP_CHECKSUM_STATUS, CHECKSUM_UNVERIFIED);
	dissect_ip4(d, &r, FIELD_IP_SRC);
	dissect_ip4(d, &r, FIELD_IP_DST);
	show_options4(d, rd_sub(&r, options));
	field_close(t);
}

/* One extension header of IPv6; returns what follows it. */
static uint8_t show_extension(struct dissect *d, uint8_t kind, struct rd *r)
{
	static const struct {
		uint8_t kind;
		enum field_id next, len;
	} rows[] = {
		{IP_HOPOPTS, FIELD_IPV6_HOPOPTS_NXT, FIELD_IPV6_HOPOPTS_LEN},
		{IP_DSTOPTS, FIELD_IPV6_DSTOPTS_NXT, FIELD_IPV6_DSTOPTS_LEN},
		{IP_ROUTING, FIELD_IPV6_ROUTING_NXT, FIELD_IPV6_ROUTING_LEN},
	};
	uint8_t next = 0, size;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].kind != kind)
			continue;
		next = (uint8_t)dissect_uint(d, r, rows[i].next, 1);
		size = (uint8_t)dissect_uint(d, r, rows[i].len, 1);
		if (kind == IP_ROUTING) {
			struct rd body = *r;

			dissect_uint(d, &body, FIELD_IPV6_ROUTING_TYPE, 1);
			dissect_uint(d, &body, FIELD_IPV6_ROUTING_SEGLEFT, 1);
		}
		rd_take(r, 6 + 8u * size);
		return next;
	}
	next = (uint8_t)dissect_uint(d, r, FIELD_IPV6_FRAGHDR_NXT, 1);
	rd_u8(r);
	dissect_look(d, r, FIELD_IPV6_FRAGHDR_OFFSET, 2);
	dissect_uint(d, r, FIELD_IPV6_FRAGHDR_MORE, 2);
	dissect_uint(d, r, FIELD_IPV6_FRAGHDR_IDENT, 4);
	return next;
}

static void show_ip6(struct dissect *d, struct rd r, const struct ip_header *h)
{
	struct field_tree *t = &d->tree;
	uint32_t node = dissect_protocol(d, FIELD_IPV6, &r, h->header);
	struct rd header = rd_sub(&r, h->header);
	uint8_t next;

	field_flag(t, node, FIELD_HEADER);
	label_addresses(d, node, h);
	if (!field_wanted_of(t, FIELD_IPV6) && !field_wanted_of(t, FIELD_IP))
		return;
	field_open(t, node);
	field_flag(t, field_add_uint(t, FIELD_IP_VERSION, dissect_at(d, header.p), 1, 6),
		   FIELD_HIDDEN);
	field_label(t, field_add_uint(t, FIELD_IPV6_VERSION, dissect_at(d, header.p), 1, 6),
		    "0110 .... = Version: 6");
	field_open(t, field_add_uint(t, FIELD_IPV6_TCLASS, dissect_at(d, header.p), 4, h->tos));
	dissect_look(d, &header, FIELD_IPV6_TCLASS_DSCP, 4);
	dissect_look(d, &header, FIELD_IPV6_TCLASS_ECN, 4);
	field_close(t);
	dissect_uint(d, &header, FIELD_IPV6_FLOW, 4);
	dissect_uint(d, &header, FIELD_IPV6_PLEN, 2);
	next = (uint8_t)dissect_uint(d, &header, FIELD_IPV6_NXT, 1);
	dissect_uint(d, &header, FIELD_IPV6_HLIM, 1);
	dissect_ip6(d, &header, FIELD_IPV6_SRC);
	dissect_ip6(d, &header, FIELD_IPV6_DST);
	while (rd_left(&header) && (next == IP_HOPOPTS || next == IP_DSTOPTS ||
				    next == IP_ROUTING || next == IP_FRAGMENT))
		next = show_extension(d, next, &header);
	field_close(t);
}

void dissect_ip(struct dissect *d, struct rd packet)
{
	struct ip_header h;

	if (d->nesting >= NESTING_MAX) {
		dissect_malformed(d, &packet, "packets are nested too deeply");
		return;
	}
	if (packet_ip(packet.p, rd_left(&packet), rd_left(&packet), &h)) {
		column_protocol(&d->column, "IP");
		dissect_malformed(d, &packet, "the IP header is malformed or cut off");
		return;
	}
	d->nesting++;
	column_addresses(&d->column, h.version == 4 ? 4 : 16, h.src, h.dst);
	packet.end = h.payload + h.n;
	if (h.version == 4)
		show_ip4(d, packet, &h);
	else
		show_ip6(d, packet, &h);
	show_payload(d, &h);
	d->nesting--;
}
