/* SPDX-License-Identifier: MIT */
/* EAP's MD5-Challenge (RFC 3748 5.4), both roles: CHAP inside EAP, without keys. */
#include "lib/ppp/eap.h"

#define MD5_RESPONSE 16

static void offer(struct auth *a, struct wr *w)
{
	drbg_bytes(a->cfg.random, a->challenge, sizeof(a->challenge));
	wr_u8(w, sizeof(a->challenge));
	wr_bytes(w, a->challenge, sizeof(a->challenge));
	auth_put_text(w, a->cfg.name);
}

/* The user is the one of the Identity response; the name here is not needed (RFC 3748 5.4). */
static int take_response(struct auth *a, struct rd data)
{
	struct chap_value v;
	int err = chap_parse_value(data, &v);

	if (err || v.value.n != MD5_RESPONSE)
		return SSTP_E_AUTH_PACKET;
	auth_keep_response(a, v.value);
	auth_ask(a, a->id);
	return SSTP_OK;
}

static void tell(struct auth *a, int err, uint64_t now)
{
	(void)now;
	eap_finish(a, err);
}

static int take_request(struct auth *a, uint8_t id, struct rd data)
{
	struct chap_value v;
	struct wr w;
	int err = chap_parse_value(data, &v);

	if (err)
		return err;
	w = eap_begin_response(a, id, EAP_MD5);
	(void)md5_put_response(a, &w, id, v.value); /* cannot fail: any password will do */
	auth_end(a, &w);
	a->eap.step = EAP_STEP_RESPONDED;
	return SSTP_OK;
}

static int take(struct auth *a, uint8_t id, struct rd data, uint64_t now)
{
	(void)now;
	return a->cfg.server ? take_response(a, data) : take_request(a, id, data);
}

const struct eap_method eap_method_md5 = {
	.type = EAP_MD5,
	.method = &auth_method_eap_md5,
	.offer = offer,
	.tell = tell,
	.take = take,
	.success = EAP_STEP_RESPONDED,
};
