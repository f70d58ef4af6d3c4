/* SPDX-License-Identifier: MIT */
/*
 * Walks the blocks of a pcapng file by their declared lengths. A section may be of either byte
 * order and has interfaces of its own, each with a link type and a resolution of time stamps.
 */
#include "analyse/pcapng.h"

#include <stdlib.h>

#define BLOCK_SECTION   0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_OLD       2u /* Packet Block, obsolete */
#define BLOCK_SIMPLE    3u
#define BLOCK_ENHANCED  6u
#define BLOCK_SECRETS   10u
#define ORDER_MAGIC     0x1a2b3c4du
#define SECRETS_TLS     0x544c534bu /* TLS key log */
#define OPTION_END      0u
#define OPTION_TSRESOL  9u
#define OPTION_TSOFFSET 14u
#define INTERFACES_MAX  4096u
#define NS              1000000000u

struct interface {
	int link;
	uint32_t snaplen;
	uint8_t resolution; /* as in if_tsresol */
	int64_t offset;     /* seconds to add */
};

struct pcapng {
	struct source *s;
	bool little;
	size_t skip; /* length of the block that is on show */
	struct interface *ifaces;
	uint32_t n_ifaces;
	struct view secrets;
	const char *fault;
};

bool pcapng_is(const uint8_t first[4])
{
	return first[0] == 0x0a && first[1] == 0x0d && first[2] == 0x0d && first[3] == 0x0a;
}

struct pcapng *pcapng_new(struct source *s)
{
	struct pcapng *p = calloc(1, sizeof(*p));

	if (p) {
		p->s = s;
		p->fault = "";
	}
	return p;
}

void pcapng_free(struct pcapng *p)
{
	if (!p)
		return;
	free(p->ifaces);
	free(p);
}

struct view pcapng_secrets(const struct pcapng *p)
{
	return p->secrets;
}

const char *pcapng_fault(const struct pcapng *p)
{
	return p->fault;
}

/* Reads 32 bits in the section's byte order. */
static uint32_t read32(const struct pcapng *p, struct rd *r)
{
	uint32_t v = rd_be32(r);

	return p->little ? __builtin_bswap32(v) : v;
}

static uint16_t read16(const struct pcapng *p, struct rd *r)
{
	uint16_t v = rd_be16(r);

	return p->little ? __builtin_bswap16(v) : v;
}

static enum capture_next fail(struct pcapng *p, const char *fault)
{
	const char *deeper = source_fault(p->s);

	p->fault = deeper ? deeper : fault;
	return CAPTURE_FAULT;
}

/* Makes nanoseconds of a time stamp in the interface's units. */
static uint64_t to_ns(const struct interface *i, uint64_t ts)
{
	uint64_t sec;
	uint64_t ns;

	if (i->resolution & 0x80) {
		unsigned bits = i->resolution & 0x7f;

		if (bits > 63)
			return 0;
		sec = ts >> bits;
		ts &= ((uint64_t)1 << bits) - 1;
		ns = (uint64_t)(((unsigned __int128)ts * NS) >> bits);
	} else {
		uint64_t unit = 1;

		if (i->resolution > 18)
			return 0;
		for (unsigned n = 0; n < i->resolution; n++)
			unit *= 10;
		sec = ts / unit;
		ns = (uint64_t)((unsigned __int128)(ts % unit) * NS / unit);
	}
	return (sec + (uint64_t)i->offset) * NS + ns;
}

/* Reads the options of an interface that change time stamps. */
static void read_interface_options(struct pcapng *p, struct rd *r, struct interface *i)
{
	while (rd_left(r) >= 4) {
		unsigned code = read16(p, r);
		unsigned n = read16(p, r);
		struct rd value = rd_sub(r, n);

		rd_take(r, -n & 3);
		if (code == OPTION_END || value.bad)
			return;
		if (code == OPTION_TSRESOL && n == 1)
			i->resolution = rd_u8(&value);
		if (code == OPTION_TSOFFSET && n == 8) {
			uint64_t first = read32(p, &value);
			uint64_t second = read32(p, &value);

			i->offset =
				(int64_t)(p->little ? second << 32 | first : first << 32 | second);
		}
	}
}

static int read_interface(struct pcapng *p, struct rd *r)
{
	struct interface i = {.resolution = 6};
	struct interface *more;

	i.link = read16(p, r);
	rd_take(r, 2);
	i.snaplen = read32(p, r);
	read_interface_options(p, r, &i);
	if (r->bad || p->n_ifaces == INTERFACES_MAX)
		return -1;
	if (!(p->n_ifaces & (p->n_ifaces - 1))) {
		more = realloc(p->ifaces, (p->n_ifaces ? p->n_ifaces * 2 : 1) * sizeof(*more));
		if (!more)
			return -1;
		p->ifaces = more;
	}
	p->ifaces[p->n_ifaces++] = i;
	return 0;
}

/* Reads the body of a block that holds a packet; returns whether f is filled. */
static bool read_packet(struct pcapng *p, uint32_t type, struct rd *r, struct frame *f)
{
	const struct interface *i;
	uint64_t ts = 0;

	f->iface = 0;
	if (type == BLOCK_ENHANCED) {
		f->iface = read32(p, r);
	} else if (type == BLOCK_OLD) {
		f->iface = read16(p, r);
		rd_take(r, 2);
	}
	if (f->iface >= p->n_ifaces)
		return false;
	i = &p->ifaces[f->iface];
	if (type == BLOCK_SIMPLE) {
		f->wire = f->n = read32(p, r);
		if (i->snaplen && f->n > i->snaplen)
			f->n = i->snaplen;
		if (f->n > rd_left(r))
			f->n = (uint32_t)rd_left(r);
	} else {
		ts = (uint64_t)read32(p, r) << 32;
		ts |= read32(p, r);
		f->n = read32(p, r);
		f->wire = read32(p, r);
	}
	f->origin.ns = type == BLOCK_SIMPLE ? 0 : to_ns(i, ts);
	f->link = i->link;
	f->bytes = rd_take(r, f->n);
	return f->bytes != NULL;
}

/* Reads a Decryption Secrets Block; returns whether it holds a TLS key log. */
static bool read_secrets(struct pcapng *p, struct rd *r)
{
	uint32_t type = read32(p, r);
	struct rd body = rd_sub(r, read32(p, r));

	p->secrets = (struct view){body.p, rd_left(&body)};
	return !body.bad && type == SECRETS_TLS;
}

/* Starts a section: takes its byte order from the magic that follows the block's length. */
static bool start_section(struct pcapng *p, const uint8_t *at)
{
	struct rd r = rd_init(at + 8, 4);
	uint32_t magic = rd_be32(&r);

	p->little = magic == __builtin_bswap32(ORDER_MAGIC);
	p->n_ifaces = 0;
	return p->little || magic == ORDER_MAGIC;
}

/* Brings the next whole block on show: its type, and a reader over its body. */
static enum capture_next next_block(struct pcapng *p, uint32_t *type, struct rd *body)
{
	const uint8_t *at;
	size_t have;
	uint32_t n;
	struct rd r;

	source_skip(p->s, p->skip);
	p->skip = 0;
	have = source_look(p->s, 12, &at);
	if (!have && !source_fault(p->s))
		return CAPTURE_END;
	if (have < 12)
		return fail(p, "the file ends in the middle of a block");
	r = rd_init(at, 8);
	*type = rd_be32(&r);
	if (*type == BLOCK_SECTION && !start_section(p, at))
		return fail(p, "a section header has no byte-order magic");
	if (p->little)
		*type = __builtin_bswap32(*type);
	n = read32(p, &r);
	if (n < 12 || n & 3)
		return fail(p, "a block has an impossible length");
	if (n > SOURCE_LOOK_MAX)
		return fail(p, "a block is longer than 16 MiB");
	if (source_look(p->s, n, &at) < n)
		return fail(p, "the file ends in the middle of a block");
	p->skip = n;
	*body = rd_init(at + 8, n - 12);
	return CAPTURE_FRAME;
}

enum capture_next pcapng_next(struct pcapng *p, struct frame *f)
{
	for (;;) {
		uint32_t type = 0;
		struct rd body;
		enum capture_next got = next_block(p, &type, &body);

		if (got != CAPTURE_FRAME)
			return got;
		switch (type) {
		case BLOCK_INTERFACE:
			if (read_interface(p, &body) < 0)
				return fail(p, "an interface block is damaged");
			break;
		case BLOCK_ENHANCED:
		case BLOCK_OLD:
		case BLOCK_SIMPLE:
			if (!read_packet(p, type, &body, f))
				return fail(p, "a packet block is damaged");
			return CAPTURE_FRAME;
		case BLOCK_SECRETS:
			if (read_secrets(p, &body))
				return CAPTURE_SECRETS;
			break;
		default: /* names, statistics, private blocks: no packets in there */
			break;
		}
	}
}
