/* SPDX-License-Identifier: MIT */
/*
 * Decodes Ethernet, VLAN tags, PPPoE, Linux cooked captures, raw IP and loopback; IPv4 and IPv6
 * with extension headers; TCP. A table says how the packets of each link type begin.
 */
#include "analyse/packet.h"

#include <pcap/dlt.h>

#define ETHERTYPE_VLAN  0x8100
#define ETHERTYPE_QINQ  0x88a8
#define ETHERTYPE_QINQ1 0x9100
#define ETHERTYPE_PPPOE 0x8864
#define PPP_IP4         0x0021
#define PPP_IP6         0x0057
#define EXTENSIONS_MAX  16

/* How a network packet is found in a frame. */
enum link_form {
	FORM_TYPED, /* an EtherType stands at `type`, the packet at `body` */
	FORM_RAW,   /* the packet itself, whatever its version */
	FORM_BSD,   /* four bytes of address family in the byte order of the capturing host */
};

struct link_row {
	int dlt;
	enum link_form form;
	uint8_t type;
	uint8_t body;
};

/* clang-format off */
static const struct link_row rows[] = {
	/* dlt             form        type  body */
	{DLT_EN10MB,       FORM_TYPED, 12,   14},
	{DLT_LINUX_SLL,    FORM_TYPED, 14,   16},
	{DLT_LINUX_SLL2,   FORM_TYPED,  0,   20},
	{DLT_RAW,          FORM_RAW,    0,    0},
	{14,               FORM_RAW,    0,    0}, /* DLT_RAW of OpenBSD */
	{101,              FORM_RAW,    0,    0}, /* LINKTYPE_RAW */
	{DLT_IPV4,         FORM_RAW,    0,    0},
	{DLT_IPV6,         FORM_RAW,    0,    0},
	{DLT_NULL,         FORM_BSD,    0,    4},
	{DLT_LOOP,         FORM_BSD,    0,    4},
};
/* clang-format on */

/* Returns the EtherType of an IP packet by its first half byte; 0 when it is neither version. */
static uint16_t type_by_version(struct rd r)
{
	unsigned version = rd_u8(&r) >> 4;

	return version == 4 ? ETHERTYPE_IP4 : version == 6 ? ETHERTYPE_IP6 : 0;
}

/* Looks through VLAN tags and a PPPoE session header for the EtherType that matters. */
static void read_tags(struct rd *r, struct link_header *out)
{
	while (out->vlans < VLAN_DEPTH &&
	       (out->protocol == ETHERTYPE_VLAN || out->protocol == ETHERTYPE_QINQ ||
		out->protocol == ETHERTYPE_QINQ1)) {
		uint16_t tag = rd_be16(r);

		if (out->vlans < 2)
			out->vlan[out->vlans] = tag;
		out->vlans++;
		out->protocol = rd_be16(r);
	}
	if (out->protocol == ETHERTYPE_PPPOE) {
		uint16_t ppp;

		rd_take(r, 6);
		ppp = rd_be16(r);
		out->protocol = ppp == PPP_IP4 ? ETHERTYPE_IP4 : ppp == PPP_IP6 ? ETHERTYPE_IP6 : 0;
	}
}

int packet_link(const struct frame *f, struct link_header *out)
{
	const struct link_row *row = NULL;
	struct rd r = rd_init(f->bytes, f->n);

	*out = (struct link_header){0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && !row; i++)
		if (rows[i].dlt == f->link)
			row = &rows[i];
	if (!row)
		return -1;
	if (row->form == FORM_TYPED) {
		struct rd type = r;

		rd_take(&type, row->type);
		out->protocol = rd_be16(&type);
		rd_take(&r, row->body);
		read_tags(&r, out);
	} else {
		/* the family's numbers differ between systems; the IP version is the same
		 * everywhere */
		rd_take(&r, row->body);
		out->protocol = type_by_version(r);
	}
	out->length = (uint16_t)(r.p - f->bytes);
	if (r.bad || (out->protocol != ETHERTYPE_IP4 && out->protocol != ETHERTYPE_IP6))
		return -1;
	return 0;
}

/* Sets the payload: what r has left, no more than the packet's own length leaves it. */
static void set_payload(struct ip_header *out, struct rd *r, uint32_t wire)
{
	struct view rest = rd_rest(r);

	out->payload = rest.p;
	out->wire = wire;
	out->n = rest.n < wire ? (uint32_t)rest.n : wire;
}

/* Reads an IPv4 header (RFC 791 section 3.1). */
static int read_ip4(struct rd r, size_t wire, struct ip_header *out)
{
	unsigned first = rd_u8(&r);
	unsigned header = (first & 15) * 4;
	unsigned flags;

	out->version = 4;
	out->tos = rd_u8(&r);
	out->total = rd_be16(&r);
	out->id = rd_be16(&r);
	flags = rd_be16(&r);
	out->dont = flags & 0x4000;
	out->more = flags & 0x2000;
	out->offset = (uint16_t)((flags & 0x1fff) * 8);
	out->fragment = out->more || out->offset;
	out->ttl = rd_u8(&r);
	out->protocol = rd_u8(&r);
	rd_take(&r, 2);
	rd_copy(&r, out->src, 4);
	rd_copy(&r, out->dst, 4);
	rd_take(&r, header - 20);
	out->header = (uint16_t)header;
	/* a sender that leaves cutting into segments to its network card may write no length */
	if (!out->total)
		out->total = (uint32_t)wire;
	if (header < 20 || r.bad || out->total < header)
		return -1;
	set_payload(out, &r, out->total - header);
	return 0;
}

/* Reads one IPv6 extension header of type `protocol`; returns how long it is, 0 when it is none. */
static uint32_t read_extension(struct rd *r, struct ip_header *out)
{
	uint8_t type = out->protocol;
	uint32_t n;

	switch (type) {
	case 0:   /* hop by hop */
	case 43:  /* routing */
	case 60:  /* destination options */
	case 135: /* mobility */
	case 139: /* host identity */
	case 140: /* shim6 */
		out->protocol = rd_u8(r);
		n = rd_u8(r) * 8u + 8;
		rd_take(r, n - 2);
		return n;
	case 51: /* authentication header */
		out->protocol = rd_u8(r);
		n = rd_u8(r) * 4u + 8;
		rd_take(r, n - 2);
		return n;
	case 44: /* fragment */
		out->protocol = rd_u8(r);
		rd_take(r, 1);
		out->offset = rd_be16(r);
		out->more = out->offset & 1;
		out->offset &= 0xfff8;
		out->fragment = out->more || out->offset;
		out->id = rd_be32(r);
		return 8;
	default:
		return 0;
	}
}

/* Reads extension headers up to the first fragment header; returns how many bytes they have. */
static uint32_t read_extensions(struct rd *r, struct ip_header *out)
{
	uint32_t passed = 0;

	for (unsigned i = 0; i < EXTENSIONS_MAX && !out->fragment; i++) {
		uint32_t n = read_extension(r, out);

		if (!n)
			break;
		passed += n;
	}
	return passed;
}

/* Reads an IPv6 header and its extension headers (RFC 8200 section 4). */
static int read_ip6(struct rd r, size_t wire, struct ip_header *out)
{
	uint32_t first = rd_be32(&r);
	uint32_t length = rd_be16(&r);
	uint32_t passed;

	out->version = 6;
	out->tos = (uint8_t)(first >> 20);
	out->flow = first & 0xfffff;
	out->protocol = rd_u8(&r);
	out->ttl = rd_u8(&r);
	rd_copy(&r, out->src, 16);
	rd_copy(&r, out->dst, 16);
	if (!length && wire > 40)
		length = (uint32_t)wire - 40;
	out->total = length + 40;
	passed = read_extensions(&r, out);
	if (r.bad || passed > length)
		return -1;
	out->header = (uint16_t)(40 + passed);
	set_payload(out, &r, length - passed);
	return 0;
}

int packet_extensions(struct ip_header *ip)
{
	struct rd r = rd_init(ip->payload, ip->n);
	uint32_t passed;

	ip->fragment = false;
	passed = read_extensions(&r, ip);
	if (r.bad || passed > ip->wire || ip->fragment)
		return -1;
	set_payload(ip, &r, ip->wire - passed);
	return 0;
}

int packet_ip(const uint8_t *bytes, size_t n, size_t wire, struct ip_header *out)
{
	struct rd r = rd_init(bytes, n);
	uint16_t type = n ? type_by_version(r) : 0;
	int ret = -1;

	*out = (struct ip_header){0};
	if (type == ETHERTYPE_IP4)
		ret = read_ip4(r, wire, out);
	else if (type == ETHERTYPE_IP6)
		ret = read_ip6(r, wire, out);
	if (ret < 0)
		out->version = 0;
	return ret;
}

int packet_tcp(const uint8_t *bytes, size_t n, size_t wire, struct tcp_header *out)
{
	struct rd r = rd_init(bytes, n);
	struct view rest;
	unsigned word;

	*out = (struct tcp_header){0};
	out->from = rd_be16(&r);
	out->to = rd_be16(&r);
	out->seq = rd_be32(&r);
	out->ack = rd_be32(&r);
	word = rd_be16(&r);
	out->window = rd_be16(&r);
	rd_take(&r, 4);
	out->flags = word & 0xfff;
	word = (word >> 12) * 4;
	rd_take(&r, word - 20);
	if (word < 20 || r.bad || word > wire)
		return -1;
	rest = rd_rest(&r);
	out->header = (uint16_t)word;
	out->payload = rest.p;
	out->n = (uint32_t)rest.n;
	out->wire = (uint32_t)(wire - word);
	return 0;
}

void packet_read(const struct frame *f, struct packet *out)
{
	out->frame = f;
	out->reassembled = false;
	out->tcp.header = 0;
	out->ip.version = 0;
	if (packet_link(f, &out->link) < 0)
		return;
	if (packet_ip(f->bytes + out->link.length, f->n - out->link.length,
		      f->wire > out->link.length ? f->wire - out->link.length : 0, &out->ip) < 0)
		return;
	if (out->ip.protocol == IP_TCP && !out->ip.fragment &&
	    packet_tcp(out->ip.payload, out->ip.n, out->ip.wire, &out->tcp) < 0)
		out->tcp.header = 0;
}
