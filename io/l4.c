/* SPDX-License-Identifier: MIT */
/* Headers of IP, TCP and UDP; see l4.h. */
#include "io/l4.h"

#include "io/checksum.h"
#include "lib/base/cursor.h"

#define IP4_HEADER 20
#define IP6_HEADER 40

/* Reads an IPv4 header; false unless what follows is a whole datagram's payload. */
static bool parse_ip4(struct rd *r, size_t n, struct l4 *out)
{
	size_t header = (size_t)(rd_u8(r) & 15) * 4;
	uint16_t total, fragment;

	rd_take(r, 1);
	total = rd_be16(r);
	rd_take(r, 2);
	fragment = rd_be16(r);
	rd_take(r, 1);
	out->protocol = rd_u8(r);
	rd_take(r, 10);
	out->fragment = fragment & 0x3fff;
	out->at = header;
	if (header < IP4_HEADER || total != n || out->fragment)
		return false;
	rd_take(r, header - IP4_HEADER);
	return !r->bad;
}

/* Reads an IPv6 header and the extension headers that every segment repeats. */
static bool parse_ip6(struct rd *r, size_t n, struct l4 *out)
{
	size_t payload;
	uint8_t next;

	rd_take(r, 4);
	payload = rd_be16(r);
	next = rd_u8(r);
	rd_take(r, 33);
	out->at = IP6_HEADER;
	if (payload + IP6_HEADER != n)
		return false;
	while (next == 0 || next == 43 || next == 60) {
		size_t len;

		next = rd_u8(r);
		len = ((size_t)rd_u8(r) + 1) * 8;
		rd_take(r, len - 2);
		out->at += len;
		if (r->bad)
			return false;
	}
	out->fragment = next == 44;
	out->protocol = next;
	return !r->bad;
}

bool l4_parse(const uint8_t *p, size_t n, struct l4 *out)
{
	struct rd r = rd_init(p, n), tcp;

	*out = (struct l4){.ip6 = n && p[0] >> 4 == 6};
	if (!n || (p[0] >> 4 != 4 && !out->ip6))
		return false;
	if (!(out->ip6 ? parse_ip6(&r, n, out) : parse_ip4(&r, n, out)))
		return false;
	if (out->protocol == L4_UDP) {
		out->header = 8;
		return rd_left(&r) >= 8;
	}
	if (out->protocol != L4_TCP)
		return false;
	tcp = r;
	rd_take(&tcp, 12);
	out->header = (size_t)(rd_u8(&tcp) >> 4) * 4;
	return !tcp.bad && out->header >= 20 && out->header <= rd_left(&r);
}

uint16_t l4_pseudo_sum(const uint8_t *ip, bool ip6, uint8_t protocol, size_t len)
{
	uint16_t sum = ip6 ? checksum_sum(ip + 8, 32) : checksum_sum(ip + 12, 8);

	return checksum_add(
		sum, checksum_add(protocol, checksum_add((uint16_t)len, (uint16_t)(len >> 16))));
}

void l4_put_ip_length(uint8_t *ip, bool ip6, size_t n, uint16_t step)
{
	if (ip6) {
		l4_put16(ip + 4, (uint16_t)(n - IP6_HEADER));
		return;
	}
	l4_put16(ip + 2, (uint16_t)n);
	l4_put16(ip + 4, (uint16_t)(l4_get16(ip + 4) + step));
	l4_put16(ip + 10, 0);
	l4_put16(ip + 10, (uint16_t)~checksum_sum(ip, (size_t)(ip[0] & 15) * 4));
}
