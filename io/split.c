/* SPDX-License-Identifier: MIT */
/* Super-packets into packets; see offload.h. */
#include "io/offload.h"

#include <string.h>

#include "io/checksum.h"
#include "io/l4.h"

/* Looks at the headers of a TCP or UDP super-packet; false when they make no sense. */
static bool read_headers(struct split *s, const struct offload *o)
{
	struct l4 h;

	if (!l4_parse(s->p, s->n, &h))
		return false;
	s->ip6 = h.ip6;
	s->udp = h.protocol == L4_UDP;
	s->l4 = h.at;
	s->headers = h.at + h.header;
	switch (o->gso & ~OFFLOAD_ECN) {
	case OFFLOAD_TCP4:
		return !h.ip6 && h.protocol == L4_TCP;
	case OFFLOAD_TCP6:
		return h.ip6 && h.protocol == L4_TCP;
	case OFFLOAD_UDP:
		return h.protocol == L4_UDP;
	default:
		return false;
	}
}

/* Sums what every segment's checksum has in common: addresses, protocol, and the header as it
 * stands, without sequence number, flags and checksum (TCP), length and checksum (UDP). */
static uint16_t sum_constant(const struct split *s)
{
	uint8_t h[L4_HEADER_MAX];
	size_t n = s->headers - s->l4;

	memcpy(h, s->p + s->l4, n);
	if (s->udp) {
		memset(h + 4, 0, 4);
	} else {
		memset(h + 4, 0, 4);
		memset(h + 12, 0, 2);
		memset(h + 16, 0, 2);
	}
	return checksum_add(l4_pseudo_sum(s->p, s->ip6, s->udp ? L4_UDP : L4_TCP, 0),
			    checksum_sum(h, n));
}

static enum split_result begin_whole(struct split *s, const struct offload *o, size_t mtu)
{
	s->whole = true;
	if (s->n > mtu)
		return SPLIT_TOO_LARGE;
	if (!(o->flags & OFFLOAD_NEEDS_CSUM))
		return SPLIT_OK;
	s->csum_start = o->csum_start;
	s->csum_offset = o->csum_offset;
	return (size_t)o->csum_start + o->csum_offset + 2 <= s->n ? SPLIT_OK : SPLIT_BAD;
}

enum split_result split_begin(struct split *s, const struct offload *o, const uint8_t *p, size_t n,
			      size_t mtu)
{
	*s = (struct split){.p = p, .n = n};
	if (!n)
		return SPLIT_BAD;
	if (o->gso == OFFLOAD_NONE)
		return begin_whole(s, o, mtu);
	if (!read_headers(s, o) || !o->gso_size || s->headers >= n)
		return SPLIT_BAD;
	s->size = o->gso_size;
	if (s->headers + s->size > mtu) {
		if (s->udp || s->headers >= mtu)
			return SPLIT_TOO_LARGE;
		s->size = mtu - s->headers;
	}
	s->sum = sum_constant(s);
	return SPLIT_OK;
}

/* The one packet: copied, and its checksum completed in the same pass where the kernel left it to
 * us. */
static size_t next_whole(struct split *s, uint8_t *out)
{
	uint16_t sum;

	if (s->at)
		return 0;
	s->at = s->n;
	if (!s->csum_start) {
		memcpy(out, s->p, s->n);
		return s->n;
	}
	memcpy(out, s->p, s->csum_start);
	sum = checksum_copy(out + s->csum_start, s->p + s->csum_start, s->n - s->csum_start);
	/* 0 and 0xffff are the same sum; UDP may not say 0, and nobody minds the other (RFC 768).
	 */
	l4_put16(out + s->csum_start + s->csum_offset, sum == 0xffff ? 0xffff : (uint16_t)~sum);
	return s->n;
}

/* Writes TCP's fields of this segment and returns what they add to the sum. */
static uint16_t put_tcp(const struct split *s, uint8_t *tcp, bool last)
{
	uint32_t seq = l4_get32(s->p + s->l4 + 4) + (uint32_t)s->at;
	uint8_t flags = tcp[13];

	l4_put32(tcp + 4, seq);
	if (!last)
		flags &= (uint8_t) ~(L4_FIN | L4_PSH);
	if (s->index)
		flags &= (uint8_t)~L4_CWR;
	tcp[13] = flags;
	return checksum_add(checksum_add((uint16_t)(seq >> 16), (uint16_t)seq),
			    (uint16_t)((unsigned)tcp[12] << 8 | flags));
}

size_t split_next(struct split *s, uint8_t *out)
{
	size_t left = s->whole ? 0 : s->n - s->headers - s->at;
	size_t payload = left < s->size ? left : s->size;
	size_t l4_len = s->headers - s->l4 + payload;
	uint8_t *l4 = out + s->l4;
	uint16_t sum;

	if (s->whole)
		return next_whole(s, out);
	if (!payload)
		return 0;
	memcpy(out, s->p, s->headers);
	sum = checksum_copy(out + s->headers, s->p + s->headers + s->at, payload);
	sum = checksum_add(sum, checksum_add(s->sum, (uint16_t)l4_len));
	if (s->udp) {
		l4_put16(l4 + 4, (uint16_t)l4_len);
		sum = checksum_add(sum, (uint16_t)l4_len);
	} else {
		sum = checksum_add(sum, put_tcp(s, l4, payload == left));
	}
	sum = (uint16_t)~sum;
	l4_put16(l4 + (s->udp ? 6 : 16), s->udp && !sum ? 0xffff : sum);
	l4_put_ip_length(out, s->ip6, s->headers + payload, s->index);
	s->at += payload;
	s->index++;
	return s->headers + payload;
}
