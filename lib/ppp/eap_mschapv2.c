/* SPDX-License-Identifier: MIT */
/*
 * EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2), both roles:
 *
 *	server                          client
 *	Challenge Request            ->
 *	                             <- Response
 *	Success Request (S=)         ->
 *	                             <- Success Response      only if S= is right
 *	EAP-Success                  ->
 *
 * or, instead, Failure Request (E=691 R=0), Failure Response, EAP-Failure. Changing passwords is
 * left out: a refused client is refused.
 */
#include "lib/ppp/eap.h"

#define LENGTH_AT 7 /* where MS-Length stands in the EAP packet */
#define BEFORE_OP 5 /* octets in front of what MS-Length counts */

/* Writes OpCode, MS-CHAPv2-ID and room for MS-Length. */
static void put_head(struct wr *w, enum mschapv2_op op, uint8_t ms_id)
{
	wr_u8(w, (uint8_t)op);
	wr_u8(w, ms_id);
	wr_be16(w, 0);
}

/* Sets MS-Length, once all is written. */
static void put_length(struct wr *w)
{
	wr_patch16(w, LENGTH_AT, (uint16_t)(wr_len(w) - BEFORE_OP));
}

/* --- server --- */

static void offer(struct auth *a, struct wr *w)
{
	drbg_bytes(a->cfg.random, a->challenge, sizeof(a->challenge));
	a->eap.ms_id = a->id;
	put_head(w, MSCHAPV2_CHALLENGE, a->eap.ms_id);
	wr_u8(w, sizeof(a->challenge));
	wr_bytes(w, a->challenge, sizeof(a->challenge));
	auth_put_text(w, a->cfg.name);
	put_length(w);
}

static void tell(struct auth *a, int err, uint64_t now)
{
	struct wr w = eap_begin_request(a, EAP_MSCHAPV2);

	a->refusal = err;
	put_head(&w, err ? MSCHAPV2_FAILURE : MSCHAPV2_SUCCESS, a->eap.ms_id);
	if (err)
		mschapv2_put_failure(a, &w, err);
	else
		mschapv2_put_success(a, &w);
	put_length(&w);
	eap_end_request(a, &w, err ? EAP_STEP_REFUSED : EAP_STEP_CONFIRM, now);
}

/* The user is the one named here, where the proof is; the identity only if there is none. */
static int on_response(struct auth *a, uint8_t id, const struct eap_mschapv2 *m, uint64_t now)
{
	struct chap_value v;
	int err = chap_parse_value(m->body, &v);

	(void)id;
	if (err || v.value.n != MSCHAP_RESPONSE)
		return SSTP_E_AUTH_PACKET;
	if (m->id != a->eap.ms_id)
		return SSTP_E_PPP_ID;
	auth_keep_response(a, v.value);
	if (v.name.n && !auth_keep_name(a, v.name))
		tell(a, SSTP_E_AUTH_FAILED, now);
	else
		auth_ask(a, a->eap.ms_id);
	return SSTP_OK;
}

static int on_agreed(struct auth *a, uint8_t id, const struct eap_mschapv2 *m, uint64_t now)
{
	(void)id;
	(void)m;
	(void)now;
	eap_finish(a, SSTP_OK);
	return SSTP_OK;
}

/* The client does not believe our proof: it has another password than we. */
static int on_doubted(struct auth *a, uint8_t id, const struct eap_mschapv2 *m, uint64_t now)
{
	(void)id;
	(void)m;
	(void)now;
	eap_finish(a, SSTP_E_AUTH_SERVER);
	return SSTP_OK;
}

static int on_refusal_taken(struct auth *a, uint8_t id, const struct eap_mschapv2 *m, uint64_t now)
{
	(void)id;
	(void)m;
	(void)now;
	eap_finish(a, a->refusal);
	return SSTP_OK;
}

/* --- client --- */

/* Sends a response that is nothing but its OpCode. */
static void put_brief(struct auth *a, uint8_t id, enum mschapv2_op op, enum eap_step step)
{
	struct wr w = eap_begin_response(a, id, EAP_MSCHAPV2);

	wr_u8(&w, (uint8_t)op);
	auth_end(a, &w);
	a->eap.step = step;
}

static int on_challenge(struct auth *a, uint8_t id, const struct eap_mschapv2 *m, uint64_t now)
{
	struct chap_value v;
	struct wr w;
	int err = chap_parse_value(m->body, &v);

	(void)now;
	if (err || v.value.n != MSCHAP_CHALLENGE)
		return SSTP_E_AUTH_PACKET;
	w = eap_begin_response(a, id, EAP_MSCHAPV2);
	put_head(&w, MSCHAPV2_RESPONSE, m->id);
	err = mschapv2_put_response(a, &w, m->id, v.value);
	if (err) {
		auth_fail(a, err);
		return SSTP_OK;
	}
	put_length(&w);
	auth_end(a, &w);
	a->eap.step = EAP_STEP_RESPONDED;
	return SSTP_OK;
}

/*
 * MS-CHAPv2-ID is not compared in Success and Failure: what they say is tied to the response by
 * the proof, and servers differ in the number they put there.
 */
static int on_success(struct auth *a, uint8_t id, const struct eap_mschapv2 *m, uint64_t now)
{
	int err = mschapv2_take_success(a, m->body);

	(void)now;
	if (err)
		auth_fail(a, err);
	else
		put_brief(a, id, MSCHAPV2_SUCCESS, EAP_STEP_PROVEN);
	return SSTP_OK;
}

/* The Failure that has to follow is waited for, but not for long. */
static int on_failure(struct auth *a, uint8_t id, const struct eap_mschapv2 *m, uint64_t now)
{
	a->refusal = mschapv2_take_failure(a, m->body);
	put_brief(a, id, MSCHAPV2_FAILURE, EAP_STEP_REFUSED);
	timer_start(&a->total, now, a->cfg.restart_ms);
	return SSTP_OK;
}

/* --- both --- */

#define IN(step) (1u << EAP_STEP_##step)

/* Which OpCode a role takes in which step, whether it may be nothing but the OpCode, what follows.
 */
static const struct op_rule {
	enum mschapv2_op op;
	bool server;
	bool brief;
	unsigned steps;
	int (*on)(struct auth *a, uint8_t id, const struct eap_mschapv2 *m, uint64_t now);
} rules[] = {
	/* clang-format off */
	{MSCHAPV2_RESPONSE,  true,  false, IN(OFFERED),                              on_response},
	{MSCHAPV2_SUCCESS,   true,  true,  IN(CONFIRM),                              on_agreed},
	{MSCHAPV2_FAILURE,   true,  true,  IN(CONFIRM),                              on_doubted},
	{MSCHAPV2_FAILURE,   true,  true,  IN(REFUSED),                              on_refusal_taken},
	{MSCHAPV2_CHALLENGE, false, false, IN(IDENTITY) | IN(NAKKED) | IN(RESPONDED), on_challenge},
	{MSCHAPV2_SUCCESS,   false, false, IN(RESPONDED),                            on_success},
	{MSCHAPV2_FAILURE,   false, false, IN(RESPONDED),                            on_failure},
	/* clang-format on */
};

static int take(struct auth *a, uint8_t id, struct rd data, uint64_t now)
{
	struct eap_mschapv2 m;
	int err = eap_parse_mschapv2(data, &m);

	if (err)
		return err;
	err = SSTP_E_AUTH_PACKET;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct op_rule *r = &rules[i];

		if (r->op != m.op || r->server != a->cfg.server || (m.brief && !r->brief))
			continue;
		if (r->steps & 1u << a->eap.step)
			return r->on(a, id, &m, now);
		err = SSTP_E_UNEXPECTED;
	}
	return err;
}

const struct eap_method eap_method_mschapv2 = {
	.type = EAP_MSCHAPV2,
	.method = &auth_method_eap_mschapv2,
	.offer = offer,
	.tell = tell,
	.take = take,
	.success = EAP_STEP_PROVEN,
};
