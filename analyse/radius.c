/* SPDX-License-Identifier: MIT */
/* Keys from RADIUS; see radius.h. */
#include "analyse/radius.h"

#include "lib/base/secret.h"

#include <nettle/md5.h>
#include <stdlib.h>

#define IP_UDP         17
#define ACCESS_REQUEST 1
#define ACCESS_ACCEPT  2
#define AUTHENTICATOR  16
#define VENDOR         26 /* attribute Vendor-Specific */
#define MICROSOFT      311
#define SEND_KEY       16
#define RECV_KEY       17
#define HALF           16  /* octets of each key in the HLAK */
#define PENDING        256 /* requests remembered */
#define KEY_MAX        64  /* octets of an encrypted key; 32 are usual */

/* A request that may be answered. */
struct request {
	uint8_t ip[16];
	uint16_t port;
	uint8_t id;
	bool used;
	uint8_t authenticator[AUTHENTICATOR];
};

struct radius {
	struct call_secrets *secrets;
	struct request request[PENDING];
	unsigned next;
};

/* A RADIUS packet in its UDP datagram. */
struct datagram {
	uint16_t from, to;
	uint8_t code, id;
	const uint8_t *authenticator;
	struct rd attributes;
};

struct radius *radius_new(struct call_secrets *secrets)
{
	struct radius *r = calloc(1, sizeof(*r));

	if (r)
		r->secrets = secrets;
	return r;
}

void radius_free(struct radius *r)
{
	free(r);
}

/* Takes a datagram apart; false when it is no RADIUS packet. */
static bool parse(const struct ip_header *ip, struct datagram *out)
{
	struct rd r = rd_init(ip->payload, ip->n);
	uint16_t length;

	out->from = rd_be16(&r);
	out->to = rd_be16(&r);
	rd_take(&r, 4); /* length and checksum of UDP */
	out->code = rd_u8(&r);
	out->id = rd_u8(&r);
	length = rd_be16(&r);
	out->authenticator = rd_take(&r, AUTHENTICATOR);
	if (r.bad || length < 20 || length - 20u > rd_left(&r))
		return false;
	out->attributes = rd_sub(&r, length - 20u);
	return true;
}

static void keep_request(struct radius *r, const struct ip_header *ip, const struct datagram *d)
{
	struct request *q = &r->request[r->next++ % PENDING];

	*q = (struct request){.port = d->from, .id = d->id, .used = true};
	memcpy(q->ip, ip->src, sizeof(q->ip));
	memcpy(q->authenticator, d->authenticator, AUTHENTICATOR);
}

static struct request *find_request(struct radius *r, const struct ip_header *ip,
				    const struct datagram *d)
{
	for (unsigned i = 0; i < PENDING; i++) {
		struct request *q = &r->request[i];

		if (q->used && q->port == d->to && q->id == d->id &&
		    !memcmp(q->ip, ip->dst, ip->version == 4 ? 4 : 16))
			return q;
	}
	return NULL;
}

/* Decrypts a key (RFC 2548 2.4.2): blocks of 16, each under a digest of the one before. */
static bool open_key(struct view secret, const uint8_t *authenticator, struct rd v,
		     uint8_t out[HALF])
{
	const uint8_t *salt = rd_take(&v, 2);
	const uint8_t *before = authenticator;
	uint8_t plain[KEY_MAX];
	uint8_t pad[HALF];
	size_t n = rd_left(&v);
	bool ok;

	if (!salt || n < HALF || n % HALF || n > sizeof(plain))
		return false;
	for (size_t at = 0; at < n; at += HALF) {
		const uint8_t *block = rd_take(&v, HALF);
		struct md5_ctx md5;

		md5_init(&md5);
		md5_update(&md5, secret.n, secret.p);
		md5_update(&md5, AUTHENTICATOR, before);
		if (!at)
			md5_update(&md5, 2, salt);
		md5_digest(&md5, HALF, pad);
		for (size_t i = 0; i < HALF; i++)
			plain[at + i] = block[i] ^ pad[i];
		before = block;
	}
	ok = plain[0] >= HALF && plain[0] < n;
	if (ok)
		memcpy(out, plain + 1, HALF);
	wipe(plain, sizeof(plain));
	return ok;
}

/* Takes the keys out of one Vendor-Specific attribute; returns bits of those found. */
static unsigned take_vendor(struct view secret, const uint8_t *authenticator, struct rd v,
			    uint8_t hlak[SSTP_HLAK])
{
	unsigned found = 0;

	if (rd_be32(&v) != MICROSOFT)
		return 0;
	while (rd_left(&v) >= 2) {
		uint8_t type = rd_u8(&v);
		uint8_t length = rd_u8(&v);
		struct rd value = rd_sub(&v, length < 2 ? SIZE_MAX : length - 2u);

		if (v.bad)
			break;
		if (type == RECV_KEY && open_key(secret, authenticator, value, hlak))
			found |= 1;
		if (type == SEND_KEY && open_key(secret, authenticator, value, hlak + HALF))
			found |= 2;
	}
	return found;
}

static void take_accept(struct radius *r, const struct request *q, struct rd attributes)
{
	struct view secret = call_secrets_shared(r->secrets);
	uint8_t hlak[SSTP_HLAK];
	unsigned found = 0;

	while (rd_left(&attributes) >= 2) {
		uint8_t type = rd_u8(&attributes);
		uint8_t length = rd_u8(&attributes);
		struct rd value = rd_sub(&attributes, length < 2 ? SIZE_MAX : length - 2u);

		if (attributes.bad)
			break;
		if (type == VENDOR)
			found |= take_vendor(secret, q->authenticator, value, hlak);
	}
	if (found == 3)
		call_secrets_add_hlak(r->secrets, hlak);
	wipe(hlak, sizeof(hlak));
}

void radius_packet(struct radius *r, const struct packet *p)
{
	struct request *q;
	struct datagram d;

	if (!p->ip.version || p->ip.protocol != IP_UDP || p->ip.fragment || !parse(&p->ip, &d))
		return;
	if (d.code == ACCESS_REQUEST) {
		keep_request(r, &p->ip, &d);
	} else if (d.code == ACCESS_ACCEPT) {
		q = find_request(r, &p->ip, &d);
		if (q)
			take_accept(r, q, d.attributes);
	}
}
