/* SPDX-License-Identifier: MIT */
/* Comparison of values. See value.h. */
#include "analyse/filter/value.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum family type_family(enum field_type type)
{
	static const uint8_t families[FT_TYPES] = {
		[FT_NONE] = FAMILY_NONE,
		[FT_PROTOCOL] = FAMILY_OCTETS,
		[FT_BOOLEAN] = FAMILY_BOOLEAN,
		[FT_UINT8] = FAMILY_NUMBER,
		[FT_UINT16] = FAMILY_NUMBER,
		[FT_UINT24] = FAMILY_NUMBER,
		[FT_UINT32] = FAMILY_NUMBER,
		[FT_UINT64] = FAMILY_NUMBER,
		[FT_INT16] = FAMILY_NUMBER,
		[FT_INT32] = FAMILY_NUMBER,
		[FT_FRAMENUM] = FAMILY_NUMBER,
		[FT_ABSOLUTE_TIME] = FAMILY_DATE,
		[FT_RELATIVE_TIME] = FAMILY_DURATION,
		[FT_STRING] = FAMILY_STRING,
		[FT_STRINGZ] = FAMILY_STRING,
		[FT_BYTES] = FAMILY_OCTETS,
		[FT_UINT_BYTES] = FAMILY_OCTETS,
		[FT_ETHER] = FAMILY_OCTETS,
		[FT_IPV4] = FAMILY_IP4,
		[FT_IPV6] = FAMILY_IP6,
	};

	return type < FT_TYPES ? families[type] : FAMILY_NONE;
}

struct fvalue fvalue_number(int64_t v)
{
	return (struct fvalue){.i = v, .kind = v < 0 ? FVALUE_MINUS : FVALUE_NUMBER};
}

/* Octets that values of a type have, for len(); Wireshark says 0 of booleans and times. */
static const uint8_t wire_octets[FT_TYPES] = {
	[FT_UINT8] = 1, [FT_UINT16] = 2, [FT_UINT24] = 3,   [FT_UINT32] = 4, [FT_UINT64] = 8,
	[FT_INT16] = 2, [FT_INT32] = 4,  [FT_FRAMENUM] = 4, [FT_IPV4] = 4,   [FT_IPV6] = 16,
};

struct fvalue fvalue_of(const struct field *f)
{
	enum field_type type = field_infos[f->id].type;
	struct fvalue v = {.p = f->value.p, .n = f->n, .len = wire_octets[type]};

	switch (type_family(type)) {
	case FAMILY_NONE:
		v.kind = FVALUE_NONE;
		break;
	case FAMILY_BOOLEAN:
	case FAMILY_NUMBER:
		v.u = f->value.u;
		v.kind = FVALUE_NUMBER;
		if ((type == FT_INT16 || type == FT_INT32) && f->value.i < 0)
			v.kind = FVALUE_MINUS;
		break;
	case FAMILY_DATE:
	case FAMILY_DURATION:
		v.i = f->value.i;
		v.kind = FVALUE_TIME;
		break;
	case FAMILY_STRING:
		v.kind = FVALUE_STRING;
		v.len = v.n;
		break;
	case FAMILY_OCTETS:
		v.kind = FVALUE_OCTETS;
		v.len = f->flags & FIELD_HEADER && f->len < f->n ? f->len : f->n;
		break;
	case FAMILY_IP4:
		v.u = f->value.u;
		v.n = 32;
		v.kind = FVALUE_IP4;
		break;
	case FAMILY_IP6:
		v.kind = f->n == 16 ? FVALUE_IP6 : FVALUE_NONE;
		v.n = 128;
		break;
	}
	return v;
}

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_octets(const struct fvalue *a, const struct fvalue *b)
{
	uint32_t n = a->n < b->n ? a->n : b->n;

	return n ? memcmp(a->p, b->p, n) : 0;
}

/* Compares the leading bits that both prefixes have. */
static int compare_ip6(const struct fvalue *a, const struct fvalue *b)
{
	uint32_t bits = a->n < b->n ? a->n : b->n, whole = bits / 8, rest = bits % 8;
	int c = memcmp(a->p, b->p, whole);

	if (c || !rest)
		return c;
	return (a->p[whole] >> (8 - rest)) - (b->p[whole] >> (8 - rest));
}

int fvalue_compare(const struct fvalue *a, const struct fvalue *b)
{
	uint32_t bits;
	int c;

	if (a->kind != b->kind) /* of one family: a number below 0 and one that is not */
		return a->kind == FVALUE_MINUS ? -1 : 1;
	switch ((enum fvalue_kind)a->kind) {
	case FVALUE_NONE:
		return 0;
	case FVALUE_NUMBER:
		return order(a->u, b->u);
	case FVALUE_MINUS:
	case FVALUE_TIME:
		return (a->i > b->i) - (a->i < b->i);
	case FVALUE_IP4:
		bits = a->n < b->n ? a->n : b->n;
		return bits ? order(a->u >> (32 - bits), b->u >> (32 - bits)) : 0;
	case FVALUE_IP6:
		return compare_ip6(a, b);
	case FVALUE_OCTETS:
		return a->n != b->n ? order(a->n, b->n) : compare_octets(a, b);
	case FVALUE_STRING:
		c = compare_octets(a, b);
		return c ? c : order(a->n, b->n);
	}
	return 0;
}

bool fvalue_contains(const struct fvalue *whole, const struct fvalue *part)
{
	return part->n && part->n <= whole->n && memmem(whole->p, whole->n, part->p, part->n);
}

bool fvalue_true(const struct fvalue *v)
{
	switch ((enum fvalue_kind)v->kind) {
	case FVALUE_NONE:
		return true;
	case FVALUE_NUMBER:
	case FVALUE_IP4:
		return v->u != 0;
	case FVALUE_MINUS:
	case FVALUE_TIME:
		return v->i != 0;
	case FVALUE_IP6:
		return memcmp(v->p, (const uint8_t[16]){0}, 16) != 0;
	case FVALUE_OCTETS:
	case FVALUE_STRING:
		for (uint32_t i = 0; i < v->n; i++)
			if (v->p[i])
				return true;
	}
	return false;
}

static size_t octets_text(const struct fvalue *v, char *buf, size_t n)
{
	size_t used = 0;

	for (uint32_t i = 0; i < v->n && n - used > 3; i++)
		used += (size_t)snprintf(buf + used, n - used, i ? ":%02x" : "%02x", v->p[i]);
	return used;
}

size_t fvalue_text(const struct fvalue *v, char *buf, size_t n)
{
	uint64_t ns = v->i < 0 ? -(uint64_t)v->i : (uint64_t)v->i;
	struct in_addr a;

	*buf = 0;
	switch ((enum fvalue_kind)v->kind) {
	case FVALUE_NONE:
		break;
	case FVALUE_NUMBER:
		snprintf(buf, n, "%" PRIu64, v->u);
		break;
	case FVALUE_MINUS:
		snprintf(buf, n, "%" PRId64, v->i);
		break;
	case FVALUE_TIME:
		snprintf(buf, n, "%s%" PRIu64 ".%09" PRIu64, v->i < 0 ? "-" : "", ns / 1000000000,
			 ns % 1000000000);
		break;
	case FVALUE_IP4:
		a.s_addr = htonl((uint32_t)v->u);
		inet_ntop(AF_INET, &a, buf, (socklen_t)n);
		break;
	case FVALUE_IP6:
		inet_ntop(AF_INET6, v->p, buf, (socklen_t)n);
		break;
	case FVALUE_OCTETS:
		return octets_text(v, buf, n);
	case FVALUE_STRING:
		snprintf(buf, n, "%.*s", (int)v->n, (const char *)v->p);
		break;
	}
	return strlen(buf);
}
