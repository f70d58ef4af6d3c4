/* SPDX-License-Identifier: MIT */
/*
 * CHAP (RFC 1994), both roles, with the digests of RFC 1994 (MD5) and RFC 2759 (MS-CHAPv2) as rows
 * of a table. Every challenge sent is a new one, with a new identifier (RFC 1994 4.1), and only the
 * newest counts; the wait doubles each time, so that an answer that takes long gets its chance.
 */
#include "lib/ppp/auth_body.h"

#include "lib/ppp/ppp.h"

/* What the digests of CHAP do differently. */
struct chap_digest {
	uint8_t challenge_size; /* 0: any */
	uint8_t response_size;
	int (*put_response)(struct auth *a, struct wr *w, uint8_t id, struct view challenge);
	void (*put_success)(struct auth *a, struct wr *w);
	void (*put_failure)(struct auth *a, struct wr *w, int err);
	int (*take_success)(struct auth *a, struct rd message);
	int (*take_failure)(struct auth *a, struct rd message);
};

static void put_no_message(struct auth *a, struct wr *w)
{
	(void)a;
	(void)w;
}

static void put_words(struct auth *a, struct wr *w, int err)
{
	(void)a;
	auth_put_text(w, auth_refusal(err));
}

static int take_any_success(struct auth *a, struct rd message)
{
	auth_keep_words(a, rd_rest(&message), 0);
	return SSTP_OK;
}

static int take_any_failure(struct auth *a, struct rd message)
{
	auth_keep_words(a, rd_rest(&message), 0);
	return SSTP_E_AUTH_FAILED;
}

static const struct chap_digest md5 = {
	.response_size = 16,
	.put_response = md5_put_response,
	.put_success = put_no_message,
	.put_failure = put_words,
	.take_success = take_any_success,
	.take_failure = take_any_failure,
};

static const struct chap_digest mschapv2 = {
	.challenge_size = MSCHAP_CHALLENGE,
	.response_size = MSCHAP_RESPONSE,
	.put_response = mschapv2_put_response,
	.put_success = mschapv2_put_success,
	.put_failure = mschapv2_put_failure,
	.take_success = mschapv2_take_success,
	.take_failure = mschapv2_take_failure,
};

static const struct chap_digest *digest(const struct auth *a)
{
	return a->method->auth == SSTP_AUTH_MSCHAPV2 ? &mschapv2 : &md5;
}

/* Server: makes and sends a new challenge. */
static void put_challenge(struct auth *a)
{
	struct wr w;

	a->id++;
	drbg_bytes(a->cfg.random, a->challenge, sizeof(a->challenge));
	w = auth_begin(a, CHAP_CHALLENGE, a->id);
	wr_u8(&w, sizeof(a->challenge));
	wr_bytes(&w, a->challenge, sizeof(a->challenge));
	auth_put_text(&w, a->cfg.name);
	auth_end(a, &w);
}

static void start(struct auth *a, uint64_t now)
{
	if (!a->cfg.server)
		return;
	put_challenge(a);
	auth_await(a, false, now);
}

static void again(struct auth *a, uint64_t now)
{
	put_challenge(a);
	auth_await(a, true, now);
}

static void tell(struct auth *a, int err, uint64_t now)
{
	struct wr w = auth_begin(a, err ? CHAP_FAILURE : CHAP_SUCCESS, a->id);

	(void)now;
	if (err)
		digest(a)->put_failure(a, &w, err);
	else
		digest(a)->put_success(a, &w);
	auth_end(a, &w);
	if (err)
		auth_fail(a, err);
	else
		auth_done(a);
}

static int on_response(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	struct chap_value v;
	int err = chap_parse_value(p->data, &v);

	if (p->id != a->id)
		return SSTP_E_PPP_ID;
	if (err || v.value.n != digest(a)->response_size)
		return SSTP_E_AUTH_PACKET;
	auth_keep_response(a, v.value);
	if (auth_keep_name(a, v.name))
		auth_ask(a, p->id);
	else
		tell(a, SSTP_E_AUTH_FAILED, now);
	return SSTP_OK;
}

static int on_repeated_response(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	(void)now;
	return p->id == a->id ? SSTP_OK : SSTP_E_PPP_ID;
}

/* Client: RFC 1994 4.1 wants every challenge answered, after the success as well. */
static int on_challenge(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	struct chap_value v;
	struct wr w;
	int err = chap_parse_value(p->data, &v);

	(void)now;
	if (err || (digest(a)->challenge_size && v.value.n != digest(a)->challenge_size))
		return SSTP_E_AUTH_PACKET;
	w = auth_begin(a, CHAP_RESPONSE, p->id);
	err = digest(a)->put_response(a, &w, p->id, v.value);
	if (err) {
		auth_fail(a, err);
		return SSTP_OK;
	}
	a->id = p->id;
	a->awaiting = true;
	auth_end(a, &w);
	return SSTP_OK;
}

/* Client: returns 0 when p is the answer to the response that waits for one. */
static int match_result(const struct auth *a, const struct cp_packet *p)
{
	if (!a->awaiting)
		return SSTP_E_UNEXPECTED;
	return p->id == a->id ? SSTP_OK : SSTP_E_PPP_ID;
}

static int on_success(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	int err = match_result(a, p);

	(void)now;
	if (err)
		return err;
	a->awaiting = false;
	a->due = false;
	err = digest(a)->take_success(a, p->data);
	if (err)
		auth_fail(a, err);
	else
		auth_done(a);
	return SSTP_OK;
}

static int on_failure(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	int err = match_result(a, p);

	(void)now;
	if (err)
		return err;
	a->awaiting = false;
	a->due = false;
	auth_fail(a, digest(a)->take_failure(a, p->data));
	return SSTP_OK;
}

static int input(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	/* clang-format off */
	static const struct auth_rule rules[] = {
		{CHAP_RESPONSE,  true,  1u << AUTH_RUNNING,                    on_response},
		{CHAP_RESPONSE,  true,  1u << AUTH_ASKING,                     on_repeated_response},
		{CHAP_RESPONSE,  true,  1u << AUTH_DONE | 1u << AUTH_FAILED,   auth_repeat},
		{CHAP_CHALLENGE, false, 1u << AUTH_RUNNING | 1u << AUTH_DONE,  on_challenge},
		{CHAP_SUCCESS,   false, 1u << AUTH_RUNNING | 1u << AUTH_DONE,  on_success},
		{CHAP_FAILURE,   false, 1u << AUTH_RUNNING | 1u << AUTH_DONE,  on_failure},
	};
	/* clang-format on */

	return auth_apply(a, rules, sizeof(rules) / sizeof(rules[0]), p, now);
}

const struct auth_method auth_method_chap_md5 = {
	.auth = SSTP_AUTH_CHAP_MD5,
	.protocol = PPP_CHAP,
	.layer = SSTP_LAYER_CHAP,
	.start = start,
	.input = input,
	.again = again,
	.check = md5_check,
	.tell = tell,
};

const struct auth_method auth_method_mschapv2 = {
	.auth = SSTP_AUTH_MSCHAPV2,
	.protocol = PPP_CHAP,
	.layer = SSTP_LAYER_CHAP,
	.keys = true,
	.start = start,
	.input = input,
	.again = again,
	.check = mschapv2_check,
	.tell = tell,
};
