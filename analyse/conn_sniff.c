/* SPDX-License-Identifier: MIT */
/*
 * What a stream is, by its first bytes: TLS, SSTP without TLS, or neither. A client that reaches
 * its server through an HTTP proxy says CONNECT first (RFC 9110 section 9.3.6), and again when the
 * proxy wants to know who it is; what follows the proxy's consent is the stream that matters.
 */
#include "analyse/conn.h"

#define HTTPS_PORT 443
#define HEAD_MAX   (64u << 10) /* bytes of an HTTP head that are passed over */
#define WORD       8           /* bytes that tell an HTTP head of a proxy */

static const char sstp_method[CONN_SNIFF] = {'S', 'S', 'T', 'P', '_', 'D', 'U', 'P',
					     'L', 'E', 'X', '_', 'P', 'O', 'S', 'T'};
static const char connect_method[WORD] = {'C', 'O', 'N', 'N', 'E', 'C', 'T', ' '};
static const char http_version[WORD] = {'H', 'T', 'T', 'P', '/', '1', '.', '1'};

/* Judges the first n bytes of a direction; FLOW_UNKNOWN: more are needed. */
static enum flow_kind judge_start(const struct conn *c, const uint8_t *p, size_t n)
{
	if (tls_looks_like(p, n)) {
		/* without a SYN it takes the type of the first message to know who is the client */
		size_t need = c->roles_known || p[0] != TLS_HANDSHAKE ? 3 : 6;

		return n < need ? FLOW_UNKNOWN : FLOW_TLS;
	}
	if (memcmp(p, sstp_method, n < CONN_SNIFF ? n : CONN_SNIFF) == 0)
		return n < CONN_SNIFF ? FLOW_UNKNOWN : FLOW_PLAIN;
	if ((c->pub.middle || c->torn) &&
	    (c->key.port[0] == HTTPS_PORT || c->key.port[1] == HTTPS_PORT))
		return FLOW_TLS; /* the middle of a record */
	return FLOW_OTHER;
}

/* Passes over an HTTP head up to the empty line that ends it; returns how many bytes it took. */
static size_t pass_head(struct conn *c, enum way way, const uint8_t *bytes, size_t n)
{
	static const uint8_t end[4] = {'\r', '\n', '\r', '\n'};

	for (size_t i = 0; i < n; i++) {
		uint8_t *matched = &c->head[way].matched;

		*matched = bytes[i] == end[*matched] ? *matched + 1 : bytes[i] == '\r';
		if (*matched == sizeof(end)) {
			c->head[way].on = false;
			return i + 1;
		}
	}
	c->head[way].passed += (uint32_t)n;
	return n;
}

/* Returns whether the first n bytes begin, or may still begin, the head of a talk with a proxy. */
static bool may_be_proxy(const struct conn *c, enum way way, const uint8_t *p, size_t n)
{
	const char *word = way == WAY_TO_SERVER ? connect_method : http_version;

	if (way == WAY_TO_CLIENT && !c->pub.proxied)
		return false;
	return memcmp(p, word, n < WORD ? n : WORD) == 0;
}

/* Starts to pass over a head; a client's says that all before was between it and the proxy. */
static void start_head(struct conn *c, enum way way)
{
	c->sniff_n[way] = 0;
	c->head[way].on = true;
	c->head[way].matched = 0;
	c->head[way].passed = WORD;
	if (way == WAY_TO_CLIENT)
		return;
	c->pub.proxied = true;
	c->sniff_n[WAY_TO_CLIENT] = 0;
	c->head[WAY_TO_CLIENT].on = false;
	c->torn = false;
}

enum flow_kind conn_sniff(struct conn *c, enum way way, const uint8_t *bytes, size_t n,
			  struct origin from, size_t *took)
{
	uint8_t *p = c->sniff[way];
	size_t have = c->sniff_n[way];
	size_t room = (have < WORD ? WORD : CONN_SNIFF) - have;
	enum flow_kind kind;

	if (c->head[way].on) {
		*took = pass_head(c, way, bytes, n);
		return c->head[way].passed > HEAD_MAX ? FLOW_OTHER : FLOW_UNKNOWN;
	}
	*took = n < room ? n : room;
	if (!have)
		c->sniff_from[way] = from;
	memcpy(p + have, bytes, *took);
	have += *took;
	c->sniff_n[way] = (uint8_t)have;
	if (may_be_proxy(c, way, p, have)) {
		if (have == WORD)
			start_head(c, way);
		return FLOW_UNKNOWN;
	}
	kind = judge_start(c, p, have);
	/* plain SSTP is known by what the client says; a server, or a proxy, may be heard first */
	if (kind == FLOW_OTHER && way == WAY_TO_CLIENT &&
	    (c->pub.proxied || !c->sniff_n[WAY_TO_SERVER]))
		kind = FLOW_UNKNOWN;
	return kind;
}
