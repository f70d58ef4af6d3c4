/* SPDX-License-Identifier: MIT */
/*
 * Fragments of a datagram land in one buffer; a map with a bit for each 8 bytes, the unit of all
 * fragment offsets (RFC 791 section 3.2, RFC 8200 section 4.5), tells what came already.
 */
#include "analyse/fragment.h"

#include <stdlib.h>

#define DATAGRAM_MAX 65535u

static void drop_slot(struct fragments *f, struct fragment_slot *s)
{
	if (s->used)
		f->dropped++;
	s->used = false;
}

static bool is_slot_of(const struct fragment_slot *s, const struct ip_header *ip)
{
	/* IPv4 tells datagrams apart by protocol too; IPv6 does not (RFC 8200 section 4.5) */
	return s->used && s->id == ip->id && s->version == ip->version &&
	       (ip->version == 6 || s->protocol == ip->protocol) &&
	       memcmp(s->src, ip->src, 16) == 0 && memcmp(s->dst, ip->dst, 16) == 0;
}

/* Finds the slot of a fragment's datagram, or makes one of the slot that is oldest. */
static struct fragment_slot *find_slot(struct fragments *f, const struct ip_header *ip, uint64_t ns)
{
	struct fragment_slot *best = NULL;

	for (unsigned i = 0; i < FRAGMENT_SLOTS; i++) {
		struct fragment_slot *s = &f->slot[i];

		if (s->used && ns > s->ns && ns - s->ns > FRAGMENT_WAIT_NS)
			drop_slot(f, s);
		if (is_slot_of(s, ip))
			return s;
		if (!best || (best->used && (!s->used || s->ns < best->ns)))
			best = s;
	}
	drop_slot(f, best);
	best->used = true;
	best->spoiled = false;
	best->have = best->whole = 0;
	best->ns = ns;
	best->version = ip->version;
	best->protocol = ip->protocol;
	best->id = ip->id;
	memcpy(best->src, ip->src, 16);
	memcpy(best->dst, ip->dst, 16);
	memset(best->map, 0, sizeof(best->map));
	return best;
}

static bool grow_slot(struct fragment_slot *s, size_t n)
{
	size_t size = s->size ? s->size : 4096;
	uint8_t *p;

	if (n <= s->size)
		return true;
	while (size < n)
		size *= 2;
	p = realloc(s->bytes, size);
	if (!p)
		return false;
	s->bytes = p;
	s->size = size;
	return true;
}

/* Takes the 8 bytes at `unit` unless they came before; an IPv6 datagram is spoiled by overlaps. */
static void take_unit(struct fragment_slot *s, uint32_t unit, const uint8_t *from, uint32_t n)
{
	uint8_t bit = (uint8_t)(1u << (unit & 7));

	if (s->map[unit >> 3] & bit) {
		if (s->version == 6 && memcmp(s->bytes + unit * 8, from, n) != 0)
			s->spoiled = true;
		return;
	}
	s->map[unit >> 3] |= bit;
	memcpy(s->bytes + unit * 8, from, n);
	s->have += n;
}

/* Copies a fragment's bytes in; the first copy of any byte stays. */
static void take_fragment(struct fragment_slot *s, const struct ip_header *ip)
{
	uint32_t n = ip->more ? ip->n & ~7u : ip->n;

	if (!ip->more) {
		if (s->whole && s->whole != ip->offset + ip->n)
			s->spoiled = true;
		s->whole = ip->offset + ip->n;
	}
	for (uint32_t at = 0; at < n; at += 8)
		take_unit(s, (ip->offset + at) / 8, ip->payload + at, n - at < 8 ? n - at : 8);
}

bool fragment_add(struct fragments *f, const struct ip_header *ip, uint64_t ns, struct view *whole)
{
	struct fragment_slot *s;

	if (ip->n < ip->wire || ip->offset + ip->n > DATAGRAM_MAX || !ip->n)
		return false; /* cut off by the snapshot length, or longer than a datagram can be */
	s = find_slot(f, ip, ns);
	if (!grow_slot(s, ip->offset + ip->n)) {
		drop_slot(f, s);
		return false;
	}
	take_fragment(s, ip);
	if (!s->whole || s->spoiled || s->have < s->whole)
		return false;
	s->used = false;
	if (s->have > s->whole) { /* bytes behind the end */
		f->dropped++;
		return false;
	}
	f->whole++;
	*whole = (struct view){s->bytes, s->whole};
	return true;
}

void fragment_fini(struct fragments *f)
{
	for (unsigned i = 0; i < FRAGMENT_SLOTS; i++)
		free(f->slot[i].bytes);
}
