/* SPDX-License-Identifier: MIT */
/* Parses the hellos and the messages around them. Pure: bytes in, views out. */
#include "analyse/tls_hello.h"

#include "analyse/tls_suite.h"

enum extension {
	EXT_SERVER_NAME = 0,
	EXT_ALPN = 16,
	EXT_ENCRYPT_THEN_MAC = 22,
	EXT_EXTENDED_MASTER_SECRET = 23,
	EXT_SESSION_TICKET = 35,
	EXT_PRE_SHARED_KEY = 41,
	EXT_EARLY_DATA = 42,
	EXT_SUPPORTED_VERSIONS = 43,
};

/* The random of a ServerHello that asks for another ClientHello (RFC 8446 section 4.1.3). */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static struct view take_view(struct rd *r, size_t n)
{
	struct rd sub = rd_sub(r, n);

	return rd_rest(&sub);
}

/* Reads a length of 24 bits. */
static uint32_t read24(struct rd *r)
{
	uint32_t high = rd_u8(r);

	return high << 16 | rd_be16(r);
}

/* Reads the host name of a server_name extension (RFC 6066 section 3). */
static struct view read_server_name(struct rd r)
{
	struct rd list = rd_sub(&r, rd_be16(&r));

	while (rd_left(&list)) {
		uint8_t type = rd_u8(&list);
		struct view name = take_view(&list, rd_be16(&list));

		if (type == 0 && !list.bad)
			return name;
	}
	return (struct view){NULL, 0};
}

/* Reads the first protocol of an ALPN extension (RFC 7301 section 3.1). */
static struct view read_alpn(struct rd r)
{
	struct rd list = rd_sub(&r, rd_be16(&r));

	return take_view(&list, rd_u8(&list));
}

/* Reads the first identity that a client offers as pre-shared key (RFC 8446 section 4.2.11). */
static struct view read_identity(struct rd r)
{
	struct rd list = rd_sub(&r, rd_be16(&r));

	return take_view(&list, rd_be16(&list));
}

/* Reads one extension of either hello. */
static void read_extension(unsigned type, struct rd r, bool client, struct tls_hello *out)
{
	switch (type) {
	case EXT_SERVER_NAME:
		if (client)
			out->sni = read_server_name(r);
		break;
	case EXT_ALPN:
		out->alpn = read_alpn(r);
		break;
	case EXT_ENCRYPT_THEN_MAC:
		out->has_etm = true;
		break;
	case EXT_EXTENDED_MASTER_SECRET:
		out->has_ems = true;
		break;
	case EXT_SESSION_TICKET:
		if (rd_left(&r))
			out->ticket = rd_rest(&r);
		break;
	case EXT_PRE_SHARED_KEY:
		out->psk = true;
		if (client)
			out->ticket = read_identity(r);
		break;
	case EXT_EARLY_DATA:
		out->early = true;
		break;
	case EXT_SUPPORTED_VERSIONS:
		if (!client)
			out->version = rd_be16(&r);
		break;
	default:
		break;
	}
}

bool tls_next_extension(struct rd *list, struct tls_extension *out)
{
	const uint8_t *start = list->p;

	if (!rd_left(list))
		return false;
	out->type = rd_be16(list);
	out->body = rd_sub(list, rd_be16(list));
	out->whole = rd_init(start, (size_t)(list->p - start));
	return !list->bad;
}

/* Reads a list of extensions, which may be left out altogether. */
static int read_extensions(struct rd *r, bool client, struct tls_hello *out)
{
	struct tls_extension e;
	struct rd list;

	if (!rd_left(r))
		return r->bad ? -1 : 0;
	list = rd_sub(r, rd_be16(r));
	out->extensions = (struct view){list.p, rd_left(&list)};
	while (tls_next_extension(&list, &e))
		read_extension(e.type, e.body, client, out);
	return list.bad ? -1 : 0;
}

int tls_parse_client_hello(struct rd body, struct tls_hello *out)
{
	*out = (struct tls_hello){0};
	out->version = rd_be16(&body);
	out->random = rd_take(&body, 32);
	out->session = take_view(&body, rd_u8(&body));
	out->suites = take_view(&body, rd_be16(&body));
	out->compressions = take_view(&body, rd_u8(&body));
	if (body.bad || out->session.n > 32)
		return -1;
	return read_extensions(&body, true, out);
}

int tls_parse_server_hello(struct rd body, struct tls_hello *out)
{
	*out = (struct tls_hello){0};
	out->version = rd_be16(&body);
	out->random = rd_take(&body, 32);
	out->session = take_view(&body, rd_u8(&body));
	out->suite = rd_be16(&body);
	out->compression = rd_u8(&body);
	if (body.bad || out->session.n > 32)
		return -1;
	out->retry = memcmp(out->random, retry_random, 32) == 0;
	return read_extensions(&body, false, out);
}

int tls_parse_encrypted_extensions(struct rd body, struct tls_hello *out)
{
	*out = (struct tls_hello){0};
	return read_extensions(&body, false, out);
}

struct view tls_parse_certificate(struct rd body, bool tls13)
{
	struct rd list;

	if (tls13)
		rd_take(&body, rd_u8(&body));
	list = rd_sub(&body, read24(&body));
	return take_view(&list, read24(&list));
}

struct view tls_parse_ticket(struct rd body, bool tls13)
{
	rd_take(&body, 4); /* lifetime */
	if (tls13) {
		rd_take(&body, 4); /* age_add */
		rd_take(&body, rd_u8(&body));
	}
	return take_view(&body, rd_be16(&body));
}
