/* SPDX-License-Identifier: MIT */
/*
 * Crypto binding (MS-SSTP 3.2.5.2, 3.3.5.2.3) without keys: hash, nonce and certificate of
 * CALL_CONNECTED against CALL_CONNECT_ACK and TLS. The MAC is call_secrets.c's.
 */
#include "analyse/call_follow.h"

static enum call_check judge(bool ok)
{
	return ok ? CHECK_OK : CHECK_WRONG;
}

static void on_request(struct call_binding *b, const struct look_attr *a)
{
	struct sstp_binding_req req;

	if (b->requested || sstp_parse_binding_req(a->attr.value, &req))
		return;
	b->requested = true;
	b->hashes = req.hashes;
	memcpy(b->nonce, req.nonce, SSTP_NONCE);
}

static void on_connected(struct call *c, const struct look *l, const struct look_attr *a)
{
	struct call_binding *b = &c->binding;
	struct sstp_binding bound;

	if (b->seen || sstp_parse_binding(a->attr.value, &bound) ||
	    l->unit->bytes.n != SSTP_CONNECTED_LEN)
		return;
	b->seen = true;
	b->at = l->unit->last;
	b->hash = bound.hash;
	memcpy(b->msg, l->unit->bytes.p, SSTP_CONNECTED_LEN);
	b->hash_ok = judge(bound.hash == SSTP_HASH_SHA1 || bound.hash == SSTP_HASH_SHA256);
	if (b->requested) {
		if (!(bound.hash & b->hashes))
			b->hash_ok = CHECK_WRONG;
		b->nonce_ok = judge(!memcmp(bound.nonce, b->nonce, SSTP_NONCE));
	}
	if (!c->tls.has_cert_hash)
		return;
	if (bound.hash == SSTP_HASH_SHA1)
		b->cert_ok = judge(!memcmp(bound.cert, c->tls.cert_sha1, 20));
	else if (bound.hash == SSTP_HASH_SHA256)
		b->cert_ok = judge(!memcmp(bound.cert, c->tls.cert_sha256, 32));
}

void call_on_binding(struct call *c, const struct look *l)
{
	const struct look_attr *req = look_find(l, SSTP_ATTRIB_CRYPTO_BINDING_REQ);
	const struct look_attr *bound = look_find(l, SSTP_ATTRIB_CRYPTO_BINDING);
	unsigned type = look_type(l);

	if (type == SSTP_MSG_CALL_CONNECT_ACK && req)
		on_request(&c->binding, req);
	else if (type == SSTP_MSG_CALL_CONNECTED && bound)
		on_connected(c, l, bound);
}
