/* SPDX-License-Identifier: MIT */
/* The frame itself and its link layer: Ethernet, VLAN, Linux cooked captures, loopback. */
#include "analyse/dissect.h"
#include "analyse/flow.h"

#include <pcap/dlt.h>

#define ENCAP_UNKNOWN 0

/* A link type: Wireshark's number for it, its protocol and its length. */
static const struct link_row {
	int dlt;
	int encap;
	enum field_id protocol;
} links[] = {
	{DLT_EN10MB, 1, FIELD_ETH},
	{DLT_LINUX_SLL, 25, FIELD_SLL},
	{DLT_LINUX_SLL2, 210, FIELD_SLL},
	{DLT_NULL, 15, FIELD_NULL},
	{DLT_LOOP, 15, FIELD_NULL},
	{DLT_RAW, 7, FIELD_RAW},
	{14, 7, FIELD_RAW},
	{101, 7, FIELD_RAW},
	{DLT_IPV4, 129, FIELD_RAW},
	{DLT_IPV6, 130, FIELD_RAW},
};

static const struct link_row *find_link(int dlt)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (links[i].dlt == dlt)
			return &links[i];
	return NULL;
}

static void add_generated(struct dissect *d, uint32_t node)
{
	field_flag(&d->tree, node, FIELD_GENERATED);
}

static void show_frame(struct dissect *d, const struct frame *f, const struct link_row *link)
{
	struct field_tree *t = &d->tree;
	uint64_t ns = f->origin.ns;
	uint32_t node;

	if (!field_wanted_of(t, FIELD_FRAME))
		return;
	node = field_add_protocol(t, FIELD_FRAME, 0, f->n, f->n);
	field_label(t, node, "Frame %llu: %u bytes on wire (%u bits), %u bytes captured (%u bits)",
		    (unsigned long long)f->origin.frame, f->wire, f->wire * 8, f->n, f->n * 8);
	field_open(t, node);
	field_add_int(t, FIELD_FRAME_ENCAP_TYPE, 0, 0, link ? link->encap : ENCAP_UNKNOWN);
	field_add_time(t, FIELD_FRAME_TIME, (int64_t)ns);
	field_add_time(t, FIELD_FRAME_TIME_EPOCH, (int64_t)ns);
	add_generated(d, field_add_time(t, FIELD_FRAME_TIME_DELTA, (int64_t)(ns - d->before_ns)));
	add_generated(d, field_add_time(t, FIELD_FRAME_TIME_DELTA_DISPLAYED,
					(int64_t)(ns - d->displayed_ns)));
	add_generated(d, field_add_time(t, FIELD_FRAME_TIME_RELATIVE, (int64_t)(ns - d->first_ns)));
	if (f->iface)
		field_add_uint(t, FIELD_FRAME_INTERFACE_ID, 0, 0, f->iface);
	field_add_uint(t, FIELD_FRAME_NUMBER, 0, 0, f->origin.frame);
	field_add_uint(t, FIELD_FRAME_LEN, 0, 0, f->wire);
	field_add_uint(t, FIELD_FRAME_CAP_LEN, 0, 0, f->n);
	add_generated(d, field_add_bool(t, FIELD_FRAME_MARKED, 0, 0, false));
	add_generated(d, field_add_bool(t, FIELD_FRAME_IGNORED, 0, 0, false));
	d->protocols_node = field_add_text(t, FIELD_FRAME_PROTOCOLS, "");
	add_generated(d, d->protocols_node);
	field_close(t);
}

/* Writes six octets as an Ethernet address. */
static void ether_text(char out[18], const uint8_t *p)
{
	struct text t = text_init(out, 18);

	for (unsigned i = 0; i < 6; i++) {
		if (i)
			text_char(&t, ':');
		text_hex(&t, p[i], 2);
	}
}

static void show_ethernet(struct dissect *d, struct rd *r)
{
	char from[18], to[18];
	struct rd all = *r;
	uint32_t node;
	struct view src, dst;

	node = dissect_protocol(d, FIELD_ETH, &all, 14);
	field_flag(&d->tree, node, FIELD_HEADER);
	field_open(&d->tree, node);
	dst = dissect_bytes(d, r, FIELD_ETH_DST, 6);
	src = dissect_bytes(d, r, FIELD_ETH_SRC, 6);
	dissect_uint(d, r, FIELD_ETH_TYPE, 2);
	field_close(&d->tree);
	dissect_name(d, "ethertype");
	if (src.n && dst.n && !d->tree.wanted) {
		ether_text(from, src.p);
		ether_text(to, dst.p);
		field_label(&d->tree, node, "Ethernet II, Src: %s (%s), Dst: %s (%s)", from, from,
			    to, to);
	}
	if (src.n && dst.n)
		column_addresses(&d->column, 6, src.p, dst.p);
}

static void show_cooked(struct dissect *d, struct rd *r, int version)
{
	struct rd all = *r;
	uint32_t node = dissect_protocol(d, FIELD_SLL, &all, version == 1 ? 16 : 20);

	field_flag(&d->tree, node, FIELD_HEADER);
	field_open(&d->tree, node);
	if (version == 2) {
		dissect_uint(d, r, FIELD_SLL_ETYPE, 2);
		rd_take(r, 2);
		dissect_uint(d, r, FIELD_SLL_IFINDEX, 4);
		dissect_uint(d, r, FIELD_SLL_HATYPE, 2);
		dissect_uint(d, r, FIELD_SLL_PKTTYPE, 1);
		dissect_uint(d, r, FIELD_SLL_HALEN, 1);
		dissect_bytes(d, r, FIELD_SLL_SRC_ETH, 6);
		rd_take(r, 2);
	} else {
		dissect_uint(d, r, FIELD_SLL_PKTTYPE, 2);
		dissect_uint(d, r, FIELD_SLL_HATYPE, 2);
		dissect_uint(d, r, FIELD_SLL_HALEN, 2);
		dissect_bytes(d, r, FIELD_SLL_SRC_ETH, 6);
		rd_take(r, 2);
		dissect_uint(d, r, FIELD_SLL_ETYPE, 2);
	}
	field_close(&d->tree);
	dissect_name(d, "ethertype");
}

static void show_vlan(struct dissect *d, struct rd *r)
{
	struct rd all = *r;
	uint32_t node = dissect_protocol(d, FIELD_VLAN, &all, 4);
	uint64_t tag;

	field_flag(&d->tree, node, FIELD_HEADER);
	field_open(&d->tree, node);
	tag = dissect_look(d, r, FIELD_VLAN_PRIORITY, 2);
	dissect_look(d, r, FIELD_VLAN_DEI, 2);
	dissect_uint(d, r, FIELD_VLAN_ID, 2);
	dissect_uint(d, r, FIELD_VLAN_ETYPE, 2);
	field_close(&d->tree);
	field_label(&d->tree, node, "802.1Q Virtual LAN, PRI: %u, DEI: %u, ID: %u",
		    (unsigned)(tag >> 13), (unsigned)(tag >> 12 & 1), (unsigned)(tag & 0xfff));
	dissect_name(d, "ethertype");
}

/* Shows the link layer's headers, as many octets as packet_link() found before the IP packet. */
static void show_link(struct dissect *d, const struct link_row *link, const struct link_header *h,
		      struct rd *r)
{
	switch (link ? link->protocol : FIELD_INVALID) {
	case FIELD_ETH:
		show_ethernet(d, r);
		break;
	case FIELD_SLL:
		show_cooked(d, r, link->dlt == DLT_LINUX_SLL ? 1 : 2);
		break;
	case FIELD_NULL:
		field_open(&d->tree, dissect_protocol(d, FIELD_NULL, r, 4));
		dissect_uint(d, r, FIELD_NULL_FAMILY, 4);
		field_close(&d->tree);
		break;
	case FIELD_RAW:
		dissect_protocol(d, FIELD_RAW, r, 0);
		break;
	default:
		break;
	}
	for (unsigned i = 0; i < h->vlans; i++)
		show_vlan(d, r);
}

/* Shows the TCP segment that was put together from IP fragments, this frame having the last. */
static void show_reassembled(struct dissect *d, const struct packet *p)
{
	const uint8_t *segment = p->tcp.payload - p->tcp.header;
	struct tcp_ends ends = {.version = p->ip.version};
	struct rd r = rd_init(segment, p->tcp.header + p->tcp.n);

	memcpy(ends.src, p->ip.src, p->ip.version == 4 ? 4 : 16);
	memcpy(ends.dst, p->ip.dst, p->ip.version == 4 ? 4 : 16);
	field_source_add(&d->tree, p->ip.version == 4 ? "Reassembled IPv4" : "Reassembled IPv6",
			 segment, p->tcp.header + p->tcp.n);
	dissect_tcp(d, &ends, r);
}

void dissect_frame(struct dissect *d, const struct flow_packet *p)
{
	const struct frame *f = p->headers->frame;
	const struct link_header *h = &p->headers->link;
	const struct link_row *link = find_link(f->link);
	struct rd r = rd_init(f->bytes, f->n);

	field_source_add(&d->tree, "Frame", f->bytes, f->n);
	show_frame(d, f, link);
	show_link(d, link, h, &r);
	if (h->protocol != ETHERTYPE_IP4 && h->protocol != ETHERTYPE_IP6) {
		column_protocol(&d->column, "Data");
		column_info(&d->column, "EtherType 0x%04x", h->protocol);
		dissect_data(d, r);
		return;
	}
	r = rd_init(f->bytes, f->n);
	rd_take(&r, h->length);
	dissect_ip(d, r);
	if (p->headers->reassembled)
		show_reassembled(d, p->headers);
}
