/* SPDX-License-Identifier: MIT */
/*
 * Follows authentication inside of PPP, by PAP, CHAP and EAP: method, user, outcome, and what the
 * keys of MS-CHAPv2 are derived from.
 */
#include "analyse/call_follow.h"

#include "lib/base/text.h"
#include "lib/crypto/mschap.h"
#include "lib/ppp/auth_packet.h"

#define CHAP_MD5      5
#define CHAP_MSCHAPV2 0x81

void call_on_auth_option(struct call *c, struct rd value)
{
	struct call_auth *a = &c->auth;

	a->asked = rd_be16(&value);
	a->algorithm = a->asked == PPP_CHAP ? rd_u8(&value) : 0;
	a->method = SSTP_AUTH_NONE;
	if (a->asked == PPP_PAP)
		a->method = SSTP_AUTH_PAP;
	else if (a->asked == PPP_CHAP && a->algorithm == CHAP_MD5)
		a->method = SSTP_AUTH_CHAP_MD5;
	else if (a->asked == PPP_CHAP && a->algorithm == CHAP_MSCHAPV2)
		a->method = SSTP_AUTH_MSCHAPV2;
}

static void begin(struct call *c, const struct look *l)
{
	call_begin(c, CALL_AUTH, l->unit->first);
	if (c->auth.result == CALL_NOT_BEGUN)
		c->auth.result = CALL_RUNNING;
}

static void succeed(struct call *c, const struct look *l)
{
	c->auth.result = CALL_DONE;
	call_done(c, CALL_AUTH, l->unit->last);
}

static void fail(struct call *c, const struct look *l)
{
	c->auth.result = CALL_FAILED;
	c->auth.failed_at = l->unit->last;
}

static void keep_user(struct call_auth *a, struct view name)
{
	call_keep(&a->user, name, SSTP_NAME_MAX);
}

static void keep_words(struct call_auth *a, struct view words)
{
	struct text t = text_init(a->words, sizeof(a->words));

	text_safe(&t, words.p, words.n);
}

static void on_pap(struct call *c, const struct look *l)
{
	struct rd data = l->data.cp.data;
	struct pap_request q;
	struct view words;

	if (l->data.cp.code == PAP_REQUEST) {
		if (!pap_parse_request(data, &q))
			keep_user(&c->auth, q.user);
		c->auth.tries++;
		return;
	}
	if (!pap_parse_reply(data, &words))
		keep_words(&c->auth, words);
	if (l->data.cp.code == PAP_ACK)
		succeed(c, l);
	else if (l->data.cp.code == PAP_NAK)
		fail(c, l);
}

/* Takes a challenge of MS-CHAPv2; keys come of the last one before the success. */
static void on_challenge(struct call_auth *a, struct rd data)
{
	struct chap_value v;

	a->has_challenge = !chap_parse_value(data, &v) && v.value.n == MSCHAP_CHALLENGE;
	if (a->has_challenge)
		memcpy(a->challenge, v.value.p, MSCHAP_CHALLENGE);
}

static void on_response(struct call_auth *a, struct rd data)
{
	struct chap_value v;

	a->tries++;
	if (chap_parse_value(data, &v))
		return;
	if (v.name.n)
		keep_user(a, v.name);
	a->has_response = v.value.n == MSCHAP_RESPONSE && v.name.n <= sizeof(a->name);
	if (!a->has_response)
		return;
	memcpy(a->response, v.value.p, MSCHAP_RESPONSE);
	if (v.name.n) {
		memcpy(a->name, v.name.p, v.name.n);
		a->name_n = (uint8_t)v.name.n;
	}
}

/* Takes the message of a success or failure; the proof in it is left out. */
static void on_message(struct call_auth *a, struct rd data, bool failure)
{
	struct view words = {data.p, rd_left(&data)};

	if (failure) {
		a->error = mschapv2_parse_failure(data, &words);
	} else if (words.n >= MSCHAP_PROOF && words.p[0] == 'S' && words.p[1] == '=') {
		rd_take(&data, MSCHAP_PROOF);
		words = rd_rest(&data);
	}
	keep_words(a, words);
}

static void on_chap(struct call *c, const struct look *l)
{
	struct rd data = l->data.cp.data;

	/* After a success the client may be challenged again; the keys are those of the first. */
	if (c->auth.result == CALL_DONE && l->data.cp.code <= CHAP_RESPONSE)
		return;
	switch (l->data.cp.code) {
	case CHAP_CHALLENGE:
		on_challenge(&c->auth, data);
		break;
	case CHAP_RESPONSE:
		on_response(&c->auth, data);
		break;
	case CHAP_SUCCESS:
		on_message(&c->auth, data, false);
		succeed(c, l);
		break;
	case CHAP_FAILURE:
		on_message(&c->auth, data, true);
		fail(c, l);
		break;
	default:
		break;
	}
}

static void on_eap_mschapv2(struct call *c, struct rd data, bool request)
{
	struct eap_mschapv2 m;

	c->auth.method = SSTP_AUTH_EAP_MSCHAPV2;
	if (eap_parse_mschapv2(data, &m))
		return;
	if (m.op == MSCHAPV2_CHALLENGE && request)
		on_challenge(&c->auth, m.body);
	else if (m.op == MSCHAPV2_RESPONSE && !request)
		on_response(&c->auth, m.body);
	else if (!m.brief && request)
		on_message(&c->auth, m.body, m.op == MSCHAPV2_FAILURE);
}

/* Takes a request or response of an EAP method. */
static void on_eap_type(struct call *c, struct rd data, bool request)
{
	uint8_t type = rd_u8(&data);

	if (data.bad)
		return;
	if (type == EAP_IDENTITY && !request)
		keep_user(&c->auth, rd_rest(&data));
	if (type <= EAP_NAK)
		return;
	c->auth.eap_type = type;
	c->auth.method = type == EAP_MD5 ? SSTP_AUTH_EAP_MD5 : SSTP_AUTH_NONE;
	if (type == EAP_MSCHAPV2)
		on_eap_mschapv2(c, data, request);
	else if (!request)
		c->auth.tries++;
}

static void on_eap(struct call *c, const struct look *l)
{
	struct rd data = l->data.cp.data;

	if (!c->auth.asked)
		c->auth.asked = PPP_EAP;
	if (l->data.cp.code == EAP_SUCCESS)
		succeed(c, l);
	else if (l->data.cp.code == EAP_FAILURE)
		fail(c, l);
	else if (c->auth.result != CALL_DONE)
		on_eap_type(c, data, l->data.cp.code == EAP_REQUEST);
}

void call_on_auth(struct call *c, const struct look *l)
{
	begin(c, l);
	if (l->data.cp_err)
		return;
	if (l->data.frame.protocol == PPP_PAP)
		on_pap(c, l);
	else if (l->data.frame.protocol == PPP_CHAP)
		on_chap(c, l);
	else
		on_eap(c, l);
}
