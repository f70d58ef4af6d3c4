/* SPDX-License-Identifier: MIT */
/* nd.h: RFC 4861 4.1, 4.2, 4.6; RFC 4191 2.3; RFC 8106 5.1. */
#include "io/nd.h"

#include <string.h>

#include "io/ip.h"
#include "lib/base/cursor.h"

#define ICMP6   58
#define SOLICIT 133
#define ADVERT  134
#define HOPS    255 /* proves that no router has forwarded it (RFC 4861 3.1) */
#define HEAD    40  /* an IPv6 header */

#define OPT_PREFIX 3
#define OPT_MTU    5
#define OPT_ROUTE  24
#define OPT_RDNSS  25

#define FLAG_MANAGED    0x80
#define FLAG_OTHER      0x40
#define FLAG_ON_LINK    0x80
#define FLAG_AUTONOMOUS 0x40

/* Returns the checksum of an ICMPv6 message with its pseudo-header (RFC 8200 8.1). */
static uint16_t icmp_sum(const uint8_t *src, const uint8_t *dst, struct view message)
{
	uint32_t sum = ip_sum(src, 16, 0);

	sum = ip_sum(dst, 16, sum);
	sum += (uint32_t)message.n + ICMP6;
	return ip_fold(ip_sum(message.p, message.n, sum));
}

/* Reads the ICMPv6 message of that type in the packet; false when it is another, or was forwarded,
 * or its checksum is wrong. */
static bool open_message(const uint8_t *p, size_t n, uint8_t type, struct ip_head *head,
			 struct rd *body)
{
	struct rd r;

	if (!ip_parse(p, n, head) || head->version != 6 || head->proto != ICMP6 ||
	    head->hops != HOPS)
		return false;
	if (icmp_sum(head->src, head->dst, head->payload) != 0)
		return false;
	r = rd_init(head->payload.p, head->payload.n);
	if (rd_u8(&r) != type || rd_u8(&r) != 0)
		return false;
	rd_take(&r, 2); /* checksum */
	*body = r;
	return !r.bad;
}

bool nd_is_solicit(const uint8_t *p, size_t n)
{
	struct ip_head head;
	struct rd r;

	if (!open_message(p, n, SOLICIT, &head, &r))
		return false;
	rd_take(&r, 4); /* reserved */
	while (rd_left(&r) && !r.bad) {
		struct rd option = r;
		size_t len;

		rd_u8(&option);
		len = (size_t)rd_u8(&option) * 8;
		if (len == 0)
			return false;
		rd_take(&r, len);
	}
	return !r.bad;
}

bool nd_is_advert(const uint8_t *p, size_t n)
{
	struct ip_head head;

	return ip_parse(p, n, &head) && head.version == 6 && head.proto == ICMP6 &&
	       head.payload.n && head.payload.p[0] == ADVERT;
}

/* Copies the first bits of a prefix and clears the others. */
static void cut_prefix(uint8_t out[16], const uint8_t prefix[16], unsigned bits)
{
	memset(out, 0, 16);
	for (unsigned i = 0; i < bits; i++)
		out[i / 8] |= (uint8_t)(prefix[i / 8] & 0x80 >> i % 8);
}

static void read_prefix(struct rd r, struct nd_advert *out)
{
	uint8_t bits = rd_u8(&r), flags = rd_u8(&r);
	uint32_t valid = rd_be32(&r), preferred = rd_be32(&r);
	uint8_t prefix[16];

	rd_take(&r, 4); /* reserved */
	rd_copy(&r, prefix, sizeof(prefix));
	/* RFC 4862 5.5.3: (b) never link-local, (c) preferred not over valid; a multicast or
	 * over-long prefix is none. */
	if (r.bad || bits > 128 || ip6_is_link_local(prefix) || ip6_is_multicast(prefix) ||
	    preferred > valid)
		return;
	if (out->has_prefix && (out->autonomous || !(flags & FLAG_AUTONOMOUS)))
		return;
	cut_prefix(out->prefix, prefix, bits);
	out->has_prefix = true;
	out->prefix_bits = bits;
	out->on_link = flags & FLAG_ON_LINK;
	out->autonomous = flags & FLAG_AUTONOMOUS;
	out->valid = valid;
	out->preferred = preferred;
}

static void read_dns(struct rd r, struct nd_advert *out)
{
	rd_take(&r, 2); /* reserved */
	out->dns_life = rd_be32(&r);
	while (rd_left(&r) >= 16 && out->dns_n < ND_DNS_MAX)
		rd_copy(&r, out->dns[out->dns_n++], 16);
}

static void read_route(struct rd r, struct nd_advert *out)
{
	struct nd_route *route = &out->routes[out->routes_n];
	uint8_t bits = rd_u8(&r), flags = rd_u8(&r), prefix[16] = {0};
	uint32_t life = rd_be32(&r);

	/* Preference 10 is reserved, and such an option ignored (RFC 4191 2.3). The prefix may be
	 * cut short to 0, 8 or 16 octets. */
	if (r.bad || bits > 128 || (flags & 0x18) == 0x10 || rd_left(&r) * 8 < bits ||
	    rd_left(&r) > sizeof(prefix) || out->routes_n == ND_ROUTES_MAX)
		return;
	rd_copy(&r, prefix, rd_left(&r));
	cut_prefix(route->prefix, prefix, bits);
	route->bits = bits;
	route->life = life;
	out->routes_n++;
}

static void read_option(uint8_t type, struct rd value, struct nd_advert *out)
{
	if (type == OPT_PREFIX) {
		read_prefix(value, out);
	} else if (type == OPT_RDNSS) {
		read_dns(value, out);
	} else if (type == OPT_ROUTE) {
		read_route(value, out);
	} else if (type == OPT_MTU) {
		rd_take(&value, 2);
		out->mtu = rd_be32(&value);
	} /* RFC 4861 4.6: unknown options are ignored */
}

bool nd_parse_advert(const uint8_t *p, size_t n, struct nd_advert *out)
{
	struct ip_head head;
	struct rd r;
	uint8_t flags;

	memset(out, 0, sizeof(*out));
	if (!open_message(p, n, ADVERT, &head, &r) || !ip6_is_link_local(head.src))
		return false;
	out->hop_limit = rd_u8(&r);
	flags = rd_u8(&r);
	out->managed = flags & FLAG_MANAGED;
	out->other = flags & FLAG_OTHER;
	out->router_life = rd_be16(&r);
	rd_take(&r, 8); /* reachable time, retransmission timer: nobody to reach but the peer */
	while (rd_left(&r) && !r.bad) {
		uint8_t type = rd_u8(&r);
		size_t len = (size_t)rd_u8(&r) * 8;

		if (len == 0)
			return false;
		read_option(type, rd_sub(&r, len - 2), out);
	}
	return !r.bad;
}

/* Writes the IPv6 header before the message, which ends at w->p, and the message's checksum. */
static size_t seal(struct wr *w, const uint8_t src[16], const uint8_t dst[16])
{
	size_t n = wr_len(w);
	struct wr head = wr_init(w->start, HEAD);

	wr_be32(&head, 0x60000000);
	wr_be16(&head, (uint16_t)(n - HEAD));
	wr_u8(&head, ICMP6);
	wr_u8(&head, HOPS);
	wr_bytes(&head, src, 16);
	wr_bytes(&head, dst, 16);
	wr_patch16(w, HEAD + 2, icmp_sum(src, dst, (struct view){w->start + HEAD, n - HEAD}));
	return w->bad ? 0 : n;
}

size_t nd_put_solicit(const uint8_t src[16], uint8_t out[ND_PACKET_MAX])
{
	static const uint8_t all_routers[16] = {0xff, 0x02, [15] = 2};
	struct wr w = wr_init(out, ND_PACKET_MAX);

	wr_zero(&w, HEAD);
	wr_u8(&w, SOLICIT);
	wr_u8(&w, 0);
	wr_zero(&w, 6); /* checksum, reserved; PPP has no link-layer address to tell */
	return seal(&w, src, all_routers);
}

static void put_prefix(struct wr *w, const struct nd_advert *a)
{
	wr_u8(w, OPT_PREFIX);
	wr_u8(w, 4);
	wr_u8(w, a->prefix_bits);
	wr_u8(w,
	      (uint8_t)((a->on_link ? FLAG_ON_LINK : 0) | (a->autonomous ? FLAG_AUTONOMOUS : 0)));
	wr_be32(w, a->valid);
	wr_be32(w, a->preferred);
	wr_be32(w, 0);
	wr_bytes(w, a->prefix, 16);
}

static void put_route(struct wr *w, const struct nd_route *r)
{
	wr_u8(w, OPT_ROUTE);
	wr_u8(w, 3);
	wr_u8(w, r->bits);
	wr_u8(w, 0); /* medium preference */
	wr_be32(w, r->life);
	wr_bytes(w, r->prefix, 16);
}

size_t nd_put_advert(const struct nd_advert *a, const uint8_t src[16], const uint8_t dst[16],
		     uint8_t out[ND_PACKET_MAX])
{
	struct wr w = wr_init(out, ND_PACKET_MAX);

	wr_zero(&w, HEAD);
	wr_u8(&w, ADVERT);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	wr_u8(&w, a->hop_limit);
	wr_u8(&w, (uint8_t)((a->managed ? FLAG_MANAGED : 0) | (a->other ? FLAG_OTHER : 0)));
	wr_be16(&w, a->router_life);
	wr_zero(&w, 8);
	if (a->mtu) {
		wr_u8(&w, OPT_MTU);
		wr_u8(&w, 1);
		wr_be16(&w, 0);
		wr_be32(&w, a->mtu);
	}
	if (a->has_prefix)
		put_prefix(&w, a);
	for (unsigned i = 0; i < a->routes_n; i++)
		put_route(&w, &a->routes[i]);
	if (a->dns_n) {
		wr_u8(&w, OPT_RDNSS);
		wr_u8(&w, (uint8_t)(1 + 2 * a->dns_n));
		wr_be16(&w, 0);
		wr_be32(&w, a->dns_life);
		wr_bytes(&w, a->dns, (size_t)a->dns_n * 16);
	}
	return seal(&w, src, dst);
}
