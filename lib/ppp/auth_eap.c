/* SPDX-License-Identifier: MIT */
/*
 * EAP (RFC 3748), both roles: Identity, Notification, Nak, identifiers, retransmission, Success and
 * Failure. What a method says is in eap_*.c. Requests are repeated by the server alone and
 * unchanged (4.1, 4.3); the client answers a repeated request with the same response.
 */
#include "lib/ppp/eap.h"

#include "lib/ppp/ppp.h"

static const struct eap_method *const eap_methods[] = {
	&eap_method_mschapv2,
	&eap_method_md5,
};

#define EAP_METHODS (sizeof(eap_methods) / sizeof(eap_methods[0]))

static const struct eap_method *find_by_type(uint8_t type)
{
	for (size_t i = 0; i < EAP_METHODS; i++)
		if (eap_methods[i]->type == type)
			return eap_methods[i];
	return NULL;
}

static const struct eap_method *find_by_auth(enum sstp_auth auth)
{
	for (size_t i = 0; i < EAP_METHODS; i++)
		if (eap_methods[i]->method->auth == auth)
			return eap_methods[i];
	return NULL;
}

/* Makes a method the one in use. */
static void choose(struct auth *a, const struct eap_method *m)
{
	a->eap.method = m;
	a->method = m->method;
}

/* --- server --- */

struct wr eap_begin_request(struct auth *a, uint8_t type)
{
	struct wr w = auth_begin(a, EAP_REQUEST, ++a->id);

	wr_u8(&w, type);
	return w;
}

void eap_end_request(struct auth *a, struct wr *w, enum eap_step step, uint64_t now)
{
	auth_end(a, w);
	a->eap.step = step;
	auth_await(a, false, now);
}

void eap_finish(struct auth *a, int err)
{
	struct wr w = auth_begin(a, err ? EAP_FAILURE : EAP_SUCCESS, a->id);

	auth_end(a, &w);
	if (err)
		auth_fail(a, err);
	else
		auth_done(a);
}

static void start(struct auth *a, uint64_t now)
{
	struct wr w;

	a->eap.step = EAP_STEP_IDENTITY;
	if (!a->cfg.server)
		return;
	w = eap_begin_request(a, EAP_IDENTITY);
	eap_end_request(a, &w, EAP_STEP_IDENTITY, now);
}

/* RFC 3748 4.1: a request is repeated as it was. */
static void again(struct auth *a, uint64_t now)
{
	a->due = true;
	auth_await(a, true, now);
}

/* Returns whether the peer's list of types, NULL for any, names the type. */
static bool wants(const struct rd *list, uint8_t type)
{
	struct rd r = list ? *list : rd_init(NULL, 0);

	while (rd_left(&r))
		if (rd_u8(&r) == type)
			return true;
	return !list;
}

/* Offers the first method of ours that was not offered yet and that the peer names. */
static void offer(struct auth *a, const struct rd *list, uint64_t now)
{
	for (const enum sstp_auth *auth = a->cfg.methods; *auth != SSTP_AUTH_NONE; auth++) {
		const struct eap_method *m = find_by_auth(*auth);
		struct wr w;

		if (!m || (a->eap.offered & 1u << *auth) || !wants(list, m->type))
			continue;
		choose(a, m);
		a->eap.offered |= 1u << *auth;
		w = eap_begin_request(a, m->type);
		m->offer(a, &w);
		eap_end_request(a, &w, EAP_STEP_OFFERED, now);
		return;
	}
	eap_finish(a, SSTP_E_AUTH_NO_METHOD);
}

static int take_identity(struct auth *a, struct rd data, uint64_t now)
{
	if (auth_keep_name(a, rd_rest(&data)))
		offer(a, NULL, now);
	else
		eap_finish(a, SSTP_E_AUTH_FAILED);
	return SSTP_OK;
}

static int on_response(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	struct rd data = p->data;
	uint8_t type = rd_u8(&data);

	if (data.bad)
		return SSTP_E_AUTH_PACKET;
	if (p->id != a->id)
		return SSTP_E_PPP_ID;
	if (a->eap.step == EAP_STEP_IDENTITY)
		return type == EAP_IDENTITY ? take_identity(a, data, now) : SSTP_E_AUTH_PACKET;
	if (type == EAP_NAK && a->eap.step == EAP_STEP_OFFERED) {
		offer(a, &data, now);
		return SSTP_OK;
	}
	/* RFC 3748 4.1: the type is that of the request; Expanded Nak answers Expanded Types only,
	 * which we never send. */
	if (type != a->eap.method->type)
		return SSTP_E_AUTH_PACKET;
	return a->eap.method->take(a, p->id, data, now);
}

static int on_repeated_response(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	(void)now;
	return p->id == a->id ? SSTP_OK : SSTP_E_PPP_ID;
}

/* --- client --- */

struct wr eap_begin_response(struct auth *a, uint8_t id, uint8_t type)
{
	struct wr w = auth_begin(a, EAP_RESPONSE, id);

	wr_u8(&w, type);
	return w;
}

static int answer_identity(struct auth *a, uint8_t id)
{
	struct wr w;

	/* RFC 3748 2.1: once a method has begun, no other type may be asked for. */
	if (a->eap.step != EAP_STEP_IDENTITY)
		return SSTP_E_UNEXPECTED;
	w = eap_begin_response(a, id, EAP_IDENTITY);
	auth_put_text(&w, a->cfg.user);
	auth_end(a, &w);
	return SSTP_OK;
}

/* RFC 3748 5.2: the words are for the user; the response is empty. */
static int answer_notification(struct auth *a, uint8_t id, struct rd data)
{
	struct wr w;

	auth_keep_words(a, rd_rest(&data), 0);
	w = eap_begin_response(a, id, EAP_NOTIFICATION);
	auth_end(a, &w);
	return SSTP_OK;
}

/* Writes the types we would take: one octet each, or in the Expanded form (RFC 3748 5.3.2). */
static void put_wanted(struct auth *a, struct wr *w, bool expanded)
{
	for (const enum sstp_auth *auth = a->cfg.methods; *auth != SSTP_AUTH_NONE; auth++) {
		const struct eap_method *m = find_by_auth(*auth);

		if (!m)
			continue;
		if (expanded) {
			wr_be32(w, (uint32_t)EAP_EXPANDED << 24);
			wr_be32(w, m->type);
		} else {
			wr_u8(w, m->type);
		}
	}
}

/* Refuses a type, naming those we take; in the form that the request had (RFC 3748 5.3). */
static int answer_nak(struct auth *a, uint8_t id, uint8_t type)
{
	bool expanded = type == EAP_EXPANDED;
	struct wr w;

	if (a->eap.step != EAP_STEP_IDENTITY && a->eap.step != EAP_STEP_NAKKED)
		return SSTP_E_UNEXPECTED;
	w = eap_begin_response(a, id, expanded ? EAP_EXPANDED : EAP_NAK);
	if (expanded) {
		wr_be16(&w, 0);
		wr_u8(&w, 0);
		wr_be32(&w, EAP_NAK);
	}
	put_wanted(a, &w, expanded);
	auth_end(a, &w);
	a->eap.step = EAP_STEP_NAKKED;
	return SSTP_OK;
}

static int answer_method(struct auth *a, uint8_t id, uint8_t type, struct rd data, uint64_t now)
{
	const struct eap_method *m = find_by_type(type);
	const struct eap_method *before = a->eap.method;
	const struct auth_method *method = a->method;
	int err;

	if (before && before != m)
		return SSTP_E_UNEXPECTED;
	if (!m || !auth_allows(a, m->method->auth))
		return answer_nak(a, id, type);
	choose(a, m);
	err = m->take(a, id, data, now);
	if (err) {
		a->eap.method = before;
		a->method = method;
	}
	return err;
}

static int on_request(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	struct rd data = p->data;
	uint8_t type = rd_u8(&data);
	int err;

	if (data.bad)
		return SSTP_E_AUTH_PACKET;
	if (a->eap.answered && p->id == a->id) {
		a->due = a->out_len != 0;
		return SSTP_OK;
	}
	if (type == EAP_NAK) /* RFC 3748 5.3: in responses only */
		err = SSTP_E_AUTH_PACKET;
	else if (type == EAP_IDENTITY)
		err = answer_identity(a, p->id);
	else if (type == EAP_NOTIFICATION)
		err = answer_notification(a, p->id, data);
	else
		err = answer_method(a, p->id, type, data, now);
	if (!err) {
		a->id = p->id;
		a->eap.answered = true;
	}
	return err;
}

/*
 * RFC 3748 4.2: Success counts only as the end of a method, and of ours only after the server has
 * proved itself. Its identifier is that of the last response; Microsoft's IAS counts it up, which
 * is borne where the proof has been seen already.
 */
static int on_success(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	uint8_t ahead = (uint8_t)(p->id - a->id);

	(void)now;
	if (!a->eap.method || a->eap.step != a->eap.method->success)
		return SSTP_E_UNEXPECTED;
	if (ahead > (a->eap.step == EAP_STEP_PROVEN ? 1 : 0))
		return SSTP_E_PPP_ID;
	a->due = false;
	auth_done(a);
	return SSTP_OK;
}

/* RFC 3748 4.2: after both sides have said that all is well, a Failure is discarded. */
static int on_failure(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	(void)now;
	if (!a->eap.answered || a->eap.step == EAP_STEP_PROVEN)
		return SSTP_E_UNEXPECTED;
	if (p->id != a->id)
		return SSTP_E_PPP_ID;
	a->due = false;
	if (a->refusal)
		auth_fail(a, a->refusal);
	else
		auth_fail(a, a->eap.step == EAP_STEP_NAKKED ? SSTP_E_AUTH_NO_METHOD
							    : SSTP_E_AUTH_FAILED);
	return SSTP_OK;
}

static int input(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	/* clang-format off */
	static const struct auth_rule rules[] = {
		{EAP_RESPONSE, true,  1u << AUTH_RUNNING,                   on_response},
		{EAP_RESPONSE, true,  1u << AUTH_ASKING,                    on_repeated_response},
		{EAP_RESPONSE, true,  1u << AUTH_DONE | 1u << AUTH_FAILED,  auth_repeat},
		{EAP_REQUEST,  false, 1u << AUTH_RUNNING,                   on_request},
		{EAP_SUCCESS,  false, 1u << AUTH_RUNNING,                   on_success},
		{EAP_FAILURE,  false, 1u << AUTH_RUNNING,                   on_failure},
	};
	/* clang-format on */

	return auth_apply(a, rules, sizeof(rules) / sizeof(rules[0]), p, now);
}

static void tell(struct auth *a, int err, uint64_t now)
{
	a->eap.method->tell(a, err, now);
}

const struct auth_method auth_method_eap_md5 = {
	.auth = SSTP_AUTH_EAP_MD5,
	.protocol = PPP_EAP,
	.layer = SSTP_LAYER_EAP,
	.start = start,
	.input = input,
	.again = again,
	.check = md5_check,
	.tell = tell,
};

const struct auth_method auth_method_eap_mschapv2 = {
	.auth = SSTP_AUTH_EAP_MSCHAPV2,
	.protocol = PPP_EAP,
	.layer = SSTP_LAYER_EAP,
	.keys = true,
	.start = start,
	.input = input,
	.again = again,
	.check = mschapv2_check,
	.tell = tell,
};
