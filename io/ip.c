/* SPDX-License-Identifier: MIT */
/* ip.h: RFC 791, RFC 8200 headers as far as they are looked at, and networks as text. */
#include "io/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool parse4(struct rd r, size_t n, struct ip_head *out)
{
	size_t head_n = (size_t)(rd_u8(&r) & 0x0f) * 4;
	size_t total;

	rd_take(&r, 1); /* TOS */
	total = rd_be16(&r);
	rd_take(&r, 4); /* identification, fragment */
	out->version = 4;
	out->hops = rd_u8(&r);
	out->proto = rd_u8(&r);
	rd_take(&r, 2); /* checksum: the kernel's to judge */
	out->src = rd_take(&r, 4);
	out->dst = rd_take(&r, 4);
	if (r.bad || head_n < 20 || total < head_n || total > n)
		return false;
	rd_take(&r, head_n - 20);
	out->payload = (struct view){r.p, total - head_n};
	return true;
}

static bool parse6(struct rd r, struct ip_head *out)
{
	size_t payload_n;

	rd_take(&r, 4); /* version, class, flow */
	payload_n = rd_be16(&r);
	out->version = 6;
	out->proto = rd_u8(&r);
	out->hops = rd_u8(&r);
	out->src = rd_take(&r, 16);
	out->dst = rd_take(&r, 16);
	if (r.bad || rd_left(&r) < payload_n)
		return false;
	out->payload = (struct view){r.p, payload_n};
	return true;
}

bool ip_parse(const uint8_t *p, size_t n, struct ip_head *out)
{
	struct rd r = rd_init(p, n), peek = r;
	unsigned version = rd_u8(&peek) >> 4;

	if (version == 4)
		return parse4(r, n, out);
	return version == 6 && parse6(r, out);
}

bool ip6_is_link_local(const uint8_t a[16])
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

bool ip6_is_multicast(const uint8_t a[16])
{
	return a[0] == 0xff;
}

bool ip_prefix_holds(const uint8_t *p, unsigned bits, const uint8_t *a)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(p, a, whole) != 0)
		return false;
	return rest == 0 || ((p[whole] ^ a[whole]) & (0xff00 >> rest & 0xff)) == 0;
}

void ip6_link_local(const uint8_t id[8], uint8_t out[16])
{
	struct wr w = wr_init(out, 16);

	wr_be16(&w, 0xfe80);
	wr_zero(&w, 6);
	wr_bytes(&w, id, 8);
}

uint32_t ip_sum(const uint8_t *p, size_t n, uint32_t sum)
{
	struct rd r = rd_init(p, n);

	while (rd_left(&r) >= 2) {
		sum += rd_be16(&r);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (rd_left(&r))
		sum += be16(rd_u8(&r), 0);
	return sum;
}

uint16_t ip_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(~sum & 0xffff);
}

/* Clears the bits of net behind its prefix; returns whether any was set. */
static bool clear_host_bits(struct ip_net *net)
{
	size_t size = net->family == AF_INET ? 4 : 16;
	uint8_t any = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned kept = net->bits > i * 8 ? net->bits - (unsigned)i * 8 : 0;
		uint8_t mask = (uint8_t)(0xff >> (kept < 8 ? kept : 8));

		any |= net->addr[i] & mask;
		net->addr[i] &= (uint8_t)~mask;
	}
	return any != 0;
}

bool ip_net_parse(const char *text, bool strict, struct ip_net *out)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char addr[IP_NET_TEXT];
	unsigned bits = 0, max;

	memset(out, 0, sizeof(*out));
	if (n >= sizeof(addr))
		return false;
	memcpy(addr, text, n);
	addr[n] = '\0';
	if (inet_pton(AF_INET, addr, out->addr) == 1)
		out->family = AF_INET;
	else if (inet_pton(AF_INET6, addr, out->addr) == 1)
		out->family = AF_INET6;
	else
		return false;
	max = out->family == AF_INET ? 32 : 128;
	if (slash) {
		const char *digit = slash + 1;

		if (!*digit || strlen(digit) > 3)
			return false;
		for (; *digit; digit++) {
			if (*digit < '0' || *digit > '9')
				return false;
			bits = bits * 10 + (unsigned)(*digit - '0');
		}
		if (bits > max)
			return false;
	}
	out->bits = (uint8_t)(slash ? bits : max);
	return !clear_host_bits(out) || !strict;
}

const char *ip_text(int family, const uint8_t *addr, char buf[IP_NET_TEXT])
{
	if (!inet_ntop(family, addr, buf, IP_NET_TEXT))
		snprintf(buf, IP_NET_TEXT, "?");
	return buf;
}

const char *ip_net_text(const struct ip_net *net, char buf[IP_NET_TEXT])
{
	char addr[IP_NET_TEXT];

	snprintf(buf, IP_NET_TEXT, "%.46s/%u", ip_text(net->family, net->addr, addr), net->bits);
	return buf;
}
