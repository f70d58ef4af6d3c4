/* SPDX-License-Identifier: MIT */
/*
 * offload.h: super-packets into packets, then packets into super-packets. A packet joins its flow's
 * super-packet only if splitting that again gives the same packets: everything but sequence number,
 * identification, length and checksum is the same, and its own checksum is right.
 */
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

void merge_init(struct merge *m, bool udp)
{
	m->udp = udp;
	m->next = 0;
	m->last = &m->flows[0];
	for (unsigned i = 0; i < MERGE_FLOWS; i++)
		m->flows[i] = (struct merge_flow){.bytes = m->bytes[i]};
}

/* Returns whether two packets with equal header lengths belong to one flow: addresses and ports. */
static bool is_same_flow(const struct merge_flow *f, const uint8_t *p, const struct l4 *h)
{
	bool same_ip =
		h->ip6 ? !memcmp(f->bytes + 8, p + 8, 32) : !memcmp(f->bytes + 12, p + 12, 8);

	return f->n && f->ip6 == h->ip6 && f->udp == (h->protocol == L4_UDP) && same_ip &&
	       !memcmp(f->bytes + f->l4, p + h->at, 4);
}

static struct merge_flow *find_flow(struct merge *m, const uint8_t *p, const struct l4 *h)
{
	if (is_same_flow(m->last, p, h)) /* packets come in runs */
		return m->last;
	for (unsigned i = 0; i < MERGE_FLOWS; i++)
		if (is_same_flow(&m->flows[i], p, h))
			return m->last = &m->flows[i];
	return NULL;
}

/* Returns whether a lone packet could begin or join a super-packet. */
static bool is_mergeable(const struct merge *m, const uint8_t *p, size_t n, const struct l4 *h)
{
	const uint8_t *l4 = p + h->at;

	if (n > MERGE_MAX || h->at + h->header == n || h->ip6 != (p[0] >> 4 == 6))
		return false;
	if (!h->ip6 && (p[0] & 15) != 5)
		return false; /* IPv4 options: the kernel copies them, others may not */
	if (h->ip6 && h->at != 40)
		return false;
	if (h->protocol == L4_UDP)
		return m->udp && l4_get16(l4 + 4) == n - h->at && l4_get16(l4 + 6);
	return (l4[13] & ~L4_PSH) == L4_ACK && !(l4[12] & 15);
}

/* Returns whether the header p differs from the flow's only where segments differ. */
static bool is_same_shape(const struct merge_flow *f, const uint8_t *p, const struct l4 *h)
{
	const uint8_t *a = f->bytes, *b = p;
	size_t at = h->at;

	if (f->l4 != at || f->headers != at + h->header)
		return false;
	/* version, TOS or traffic class, flow label; TTL or hop limit; DF */
	if (h->ip6 ? memcmp(a, b, 4) || a[6] != b[6] || a[7] != b[7]
		   : memcmp(a, b, 2) || a[6] != b[6] || a[7] != b[7] || memcmp(a + 8, b + 8, 2))
		return false;
	if (f->udp)
		return true;
	/* acknowledgment, data offset, window, urgent pointer, options; PSH is the flow's to decide
	 */
	return !memcmp(a + at + 8, b + at + 8, 5) && !memcmp(a + at + 14, b + at + 14, 2) &&
	       !memcmp(a + at + 18, b + at + 18, h->header - 18);
}

/* Returns whether the packet's identification continues the flow's (RFC 6864 4.1 for DF). */
static bool is_id_next(const struct merge_flow *f, const uint8_t *p)
{
	uint16_t id = l4_get16(p + 4);
	bool df = p[6] & 0x40;

	if (f->ip6)
		return true;
	if (df && id == f->first_id && (f->count == 1 || f->same_id))
		return true;
	return id == (uint16_t)(f->last_id + 1) && !f->same_id;
}

static bool is_next(const struct merge_flow *f, const uint8_t *p, size_t n, const struct l4 *h)
{
	size_t payload = n - h->at - h->header;

	return !f->ended && is_same_shape(f, p, h) && payload <= f->size &&
	       f->n + payload <= MERGE_MAX && is_id_next(f, p) &&
	       (f->udp ? f->count < MERGE_UDP_MAX : l4_get32(p + h->at + 4) == f->next_seq);
}

/* Copies n - from bytes of the packet behind what the flow has, verifying the checksum on the way.
 */
static bool copy_verified(struct merge_flow *f, const uint8_t *p, size_t n, size_t from,
			  const struct l4 *h)
{
	uint16_t sum = l4_pseudo_sum(p, h->ip6, h->protocol, n - h->at);

	sum = checksum_add(sum, checksum_sum(p + h->at, h->header));
	memcpy(f->bytes + f->n, p + from, h->at + h->header > from ? h->at + h->header - from : 0);
	if (from < h->at + h->header)
		sum = checksum_add(sum,
				   checksum_copy(f->bytes + h->at + h->header,
						 p + h->at + h->header, n - h->at - h->header));
	else
		sum = checksum_add(sum, checksum_copy(f->bytes + f->n, p + from, n - from));
	return sum == 0xffff;
}

/* Notes what the packet just copied means for the next one. */
static void advance(struct merge_flow *f, const uint8_t *p, size_t n, const struct l4 *h)
{
	size_t payload = n - h->at - h->header;
	uint16_t id = l4_get16(p + 4);

	f->same_id = !f->ip6 && f->count && id == f->first_id;
	f->last_id = id;
	f->count++;
	f->next_seq = l4_get32(p + h->at + 4) + (uint32_t)payload;
	f->ended = payload < f->size;
	if (!f->udp && p[h->at + 13] & L4_PSH) {
		f->bytes[h->at + 13] |= L4_PSH;
		f->ended = true;
	}
}

/* Begins a super-packet with this packet; false when its checksum is wrong. */
static bool begin_flow(struct merge_flow *f, const uint8_t *p, size_t n, const struct l4 *h)
{
	f->n = 0;
	if (!copy_verified(f, p, n, 0, h))
		return false;
	f->n = n;
	f->l4 = h->at;
	f->headers = h->at + h->header;
	f->size = n - f->headers;
	f->ip6 = h->ip6;
	f->udp = h->protocol == L4_UDP;
	f->count = 0;
	f->first_id = l4_get16(p + 4);
	advance(f, p, n, h);
	return true;
}

/* Returns a flow for a new super-packet; when all are taken, the one whose turn it is, to be
 * written. */
static struct merge_flow *free_flow(struct merge *m)
{
	for (unsigned i = 0; i < MERGE_FLOWS; i++)
		if (!m->flows[i].n)
			return &m->flows[i];
	return &m->flows[m->next++ % MERGE_FLOWS];
}

enum merge_result merge_add(struct merge *m, const uint8_t *p, size_t n, struct merge_flow **out)
{
	struct merge_flow *f;
	struct l4 h;

	if (!l4_parse(p, n, &h))
		return MERGE_PASS;
	f = find_flow(m, p, &h);
	if (f && is_mergeable(m, p, n, &h) && is_next(f, p, n, &h) &&
	    copy_verified(f, p, n, f->headers, &h)) {
		f->n += n - f->headers;
		advance(f, p, n, &h);
		return MERGE_TAKEN;
	}
	if (f) {
		/* What the flow has is older than this packet: it goes first. */
		*out = f;
		return MERGE_FIRST;
	}
	if (!is_mergeable(m, p, n, &h))
		return MERGE_PASS;
	f = free_flow(m);
	if (f->n) {
		*out = f;
		return MERGE_FIRST;
	}
	if (!begin_flow(f, p, n, &h))
		return MERGE_PASS;
	m->last = f;
	return MERGE_TAKEN;
}

struct merge_flow *merge_pending(struct merge *m)
{
	for (unsigned i = 0; i < MERGE_FLOWS; i++)
		if (m->flows[i].n)
			return &m->flows[i];
	return NULL;
}

size_t merge_take(struct merge_flow *f, struct offload *o)
{
	size_t l4_len = f->n - f->l4;
	uint8_t protocol = f->udp ? L4_UDP : L4_TCP;
	uint16_t offset = f->udp ? 6 : 16;

	*o = (struct offload){.flags = OFFLOAD_DATA_VALID};
	if (f->count == 1)
		return f->n;
	if (f->udp)
		l4_put16(f->bytes + f->l4 + 4, (uint16_t)l4_len);
	l4_put_ip_length(f->bytes, f->ip6, f->n, 0);
	l4_put16(f->bytes + f->l4 + offset, l4_pseudo_sum(f->bytes, f->ip6, protocol, l4_len));
	o->flags = OFFLOAD_NEEDS_CSUM;
	o->gso = f->udp ? OFFLOAD_UDP : f->ip6 ? OFFLOAD_TCP6 : OFFLOAD_TCP4;
	o->hdr_len = (uint16_t)f->headers;
	o->gso_size = (uint16_t)f->size;
	o->csum_start = (uint16_t)f->l4;
	o->csum_offset = offset;
	return f->n;
}

void merge_done(struct merge_flow *f)
{
	f->n = 0;
}
