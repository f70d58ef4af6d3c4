/* SPDX-License-Identifier: MIT */
/*
 * Authentication: the doors of auth.h, the table of methods, status and time. What a packet means
 * is in auth_pap.c, auth_chap.c and auth_eap.c. Packets are traced by the owner, as it sees them
 * all; status, faults and timers here.
 */
#include "lib/ppp/auth_body.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/ppp/ppp.h"

#define BIT(status) (1u << (status))

/* clang-format off */
static const struct auth_method *const methods[SSTP_AUTHS] = {
	[SSTP_AUTH_PAP]          = &auth_method_pap,
	[SSTP_AUTH_CHAP_MD5]     = &auth_method_chap_md5,
	[SSTP_AUTH_MSCHAPV2]     = &auth_method_mschapv2,
	[SSTP_AUTH_EAP_MD5]      = &auth_method_eap_md5,
	[SSTP_AUTH_EAP_MSCHAPV2] = &auth_method_eap_mschapv2,
};

static const char *const status_names[AUTH_STATUSES] = {
	[AUTH_IDLE]    = "idle",
	[AUTH_RUNNING] = "running",
	[AUTH_ASKING]  = "asking",
	[AUTH_DONE]    = "done",
	[AUTH_FAILED]  = "failed",
};

/* What a refused peer is told: no more than it needs to know. */
static const struct { int err; const char *words; } refusals[] = {
	{SSTP_E_AUTH_EXPIRED,  "Password expired"},
	{SSTP_E_AUTH_DISABLED, "Account disabled"},
	{SSTP_E_AUTH_BACKEND,  "Try again later"},
};
/* clang-format on */

void auth_init(struct auth *a, const struct auth_config *cfg)
{
	memset(a, 0, sizeof(*a));
	a->cfg = *cfg;
}

void auth_fini(struct auth *a)
{
	wipe(a, sizeof(*a));
}

/* Moves to a status and records it. */
static void set_status(struct auth *a, enum auth_status status)
{
	if (a->status == status)
		return;
	trace_state(a->cfg.trace, a->method ? a->method->layer : SSTP_LAYER_PPP, "auth",
		    status_names[a->status], status_names[status]);
	a->status = status;
}

/* Forgets everything but the configuration, as before the first start. */
static void reset(struct auth *a)
{
	struct auth_config cfg = a->cfg;
	enum auth_status status = a->status;

	wipe(a, sizeof(*a));
	a->cfg = cfg;
	a->status = status;
}

/* Returns the row that speaks for a method; for EAP the first EAP method that is allowed. */
static const struct auth_method *find_method(const struct auth *a, enum sstp_auth method)
{
	const struct auth_method *wanted = method < SSTP_AUTHS ? methods[method] : NULL;

	for (const enum sstp_auth *m = a->cfg.methods; wanted && *m != SSTP_AUTH_NONE; m++)
		if (*m == method || (wanted->protocol == PPP_EAP && *m < SSTP_AUTHS &&
				     methods[*m]->protocol == PPP_EAP))
			return methods[*m];
	return NULL;
}

void auth_start(struct auth *a, enum sstp_auth method, uint64_t now)
{
	reset(a);
	a->method = find_method(a, method);
	set_status(a, AUTH_RUNNING);
	if (!a->method) {
		auth_fail(a, SSTP_E_AUTH_NO_METHOD);
		return;
	}
	if (!a->cfg.server &&
	    (auth_view(a->cfg.user, SSTP_NAME_MAX + 1).n > SSTP_NAME_MAX ||
	     auth_view(a->cfg.password, SSTP_PASSWORD_MAX + 1).n > SSTP_PASSWORD_MAX)) {
		auth_fail(a, SSTP_E_CONFIG);
		return;
	}
	/* Identifiers begin anywhere: RFC 3748 4.1 wants them hard to guess. */
	a->id = (uint8_t)drbg_u32(a->cfg.random);
	timer_start(&a->total, now, a->cfg.total_ms);
	a->method->start(a, now);
}

/* Returns the error for a packet of `proto`, or what the method makes of it. */
static int take_packet(struct auth *a, uint16_t proto, const struct cp_packet *p, uint64_t now)
{
	if (!a->method || proto != a->method->protocol)
		return SSTP_E_PPP_PROTOCOL;
	return a->method->input(a, p, now);
}

int auth_input(struct auth *a, uint16_t proto, struct rd packet, uint64_t now)
{
	struct cp_packet p;
	int err = cp_parse_packet(packet, &p);

	if (!err)
		err = take_packet(a, proto, &p, now);
	if (err)
		trace_drop(a->cfg.trace, ppp_layer(proto), err, proto);
	return err;
}

int auth_apply(struct auth *a, const struct auth_rule *rules, size_t n, const struct cp_packet *p,
	       uint64_t now)
{
	int err = SSTP_E_PPP_CODE;

	for (size_t i = 0; i < n; i++) {
		if (rules[i].code != p->code || rules[i].server != a->cfg.server)
			continue;
		if (rules[i].when & BIT(a->status))
			return rules[i].on(a, p, now);
		err = SSTP_E_UNEXPECTED;
	}
	return err;
}

int auth_repeat(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	(void)now;
	if (p->id != a->id || !a->out_len)
		return SSTP_E_PPP_ID;
	a->due = true;
	return SSTP_OK;
}

struct wr auth_begin(struct auth *a, uint8_t code, uint8_t id)
{
	struct wr w = wr_init(a->out, sizeof(a->out));

	a->due = false;
	a->out_len = 0;
	wr_u8(&w, code);
	wr_u8(&w, id);
	wr_be16(&w, 0);
	return w;
}

void auth_end(struct auth *a, struct wr *w)
{
	wr_patch16(w, 2, (uint16_t)wr_len(w));
	a->out_len = w->bad ? 0 : wr_len(w);
	a->due = !w->bad;
}

bool auth_output(struct auth *a, uint16_t *proto, struct wr *w)
{
	if (!a->due)
		return false;
	a->due = false;
	*proto = a->method->protocol;
	wr_bytes(w, a->out, a->out_len);
	return true;
}

void auth_await(struct auth *a, bool again, uint64_t now)
{
	a->tries = again ? (uint8_t)(a->tries + 1) : 1;
	timer_start(&a->restart, now, (uint64_t)a->cfg.restart_ms << (a->tries - 1));
}

void auth_stop_waiting(struct auth *a)
{
	timer_stop(&a->restart);
}

uint64_t auth_deadline(const struct auth *a)
{
	return earlier(timer_at(&a->restart), timer_at(&a->total));
}

void auth_tick(struct auth *a, uint64_t now)
{
	bool over = timer_fired(&a->total, now);

	if (!over && !timer_fired(&a->restart, now))
		return;
	trace_timer(a->cfg.trace, a->method->layer, over ? "auth-total" : "auth-restart");
	if (over || a->tries >= AUTH_TRIES)
		auth_fail(a, a->refusal ? a->refusal : SSTP_E_AUTH_TIME);
	else
		a->method->again(a, now);
}

/* Stops the clocks and wipes what no later packet needs. */
static void settle(struct auth *a)
{
	timer_stop(&a->restart);
	timer_stop(&a->total);
	a->request = (struct sstp_auth_request){0};
	wipe(a->password, sizeof(a->password));
	wipe(a->proof, sizeof(a->proof));
	if (a->cfg.server) {
		wipe(a->response, sizeof(a->response));
	} else if (!a->due) {
		wipe(a->out, sizeof(a->out)); /* it may hold the password */
		a->out_len = 0;
	}
}

void auth_done(struct auth *a)
{
	settle(a);
	a->err = SSTP_OK;
	set_status(a, AUTH_DONE);
}

void auth_fail(struct auth *a, int err)
{
	settle(a);
	wipe(a->hlak, sizeof(a->hlak));
	a->has_hlak = false;
	a->err = err;
	set_status(a, AUTH_FAILED);
	trace_fault(a->cfg.trace, a->method ? a->method->layer : SSTP_LAYER_PPP, err, 0);
}

void auth_ask(struct auth *a, uint8_t id)
{
	auth_stop_waiting(a);
	a->request = (struct sstp_auth_request){
		.method = a->method->auth,
		.user = a->user,
		.user_len = auth_view(a->user, SSTP_NAME_MAX).n,
		.password = a->method->protocol == PPP_PAP ? a->password : NULL,
		.id = id,
		.challenge = a->challenge,
		.response = a->response,
		.response_len = a->response_len,
	};
	set_status(a, AUTH_ASKING);
}

/* Takes the key and the proof of somebody who checked the response in our place. */
static int take_keys(struct auth *a, const struct sstp_auth_answer *ans)
{
	if (!a->method->keys)
		return SSTP_OK;
	a->has_hlak = ans->has_hlak;
	if (ans->has_hlak)
		memcpy(a->hlak, ans->hlak, sizeof(a->hlak));
	memcpy(a->proof, ans->proof, sizeof(a->proof));
	/* Without "S=" the peer would refuse the success; better to say whose fault that is. */
	return auth_view(ans->proof, sizeof(ans->proof)).n >= MSCHAP_PROOF &&
			       ans->proof[0] == 'S' && ans->proof[1] == '='
		       ? SSTP_OK
		       : SSTP_E_AUTH_BACKEND;
}

/* Returns 0 when the answer lets the peer in, or why it does not. */
static int judge(struct auth *a, const struct sstp_auth_answer *ans)
{
	struct sstp_auth_answer nobody = {.has_nt_hash = true, .has_password = true};

	switch (ans->verdict) {
	case SSTP_ANSWER_SECRET:
		return a->method->check(a, ans);
	case SSTP_ANSWER_ACCEPT:
		return take_keys(a, ans);
	case SSTP_ANSWER_REJECT:
		break;
	}
	/* The same work as for a user who exists, so that time does not tell who does. */
	(void)a->method->check(a, &nobody);
	return ans->err < 0 ? ans->err : SSTP_E_AUTH_FAILED;
}

void auth_answer(struct auth *a, struct sstp_auth_answer *ans, uint64_t now)
{
	if (a->status == AUTH_ASKING) {
		int err = judge(a, ans);

		if (err) {
			a->has_hlak = false;
			wipe(a->hlak, sizeof(a->hlak));
		}
		a->request = (struct sstp_auth_request){0};
		wipe(a->password, sizeof(a->password));
		set_status(a, AUTH_RUNNING);
		a->method->tell(a, err, now);
	}
	wipe(ans, sizeof(*ans));
}

void auth_keep_response(struct auth *a, struct view v)
{
	a->response_len = (uint8_t)v.n;
	memcpy(a->response, v.p, v.n);
}

bool auth_keep_name(struct auth *a, struct view name)
{
	struct rd r = rd_init(name.p, name.n);

	memset(a->user, 0, sizeof(a->user));
	if (name.n > SSTP_NAME_MAX)
		return false;
	while (rd_left(&r)) {
		uint8_t c = rd_u8(&r);

		if (c < 0x20 || c == 0x7f)
			return false;
	}
	if (name.n)
		memcpy(a->user, name.p, name.n);
	return true;
}

void auth_keep_words(struct auth *a, struct view words, unsigned code)
{
	struct text t = text_init(a->message, sizeof(a->message));
	struct rd r = rd_init(words.p, words.n);

	while (rd_left(&r)) {
		uint8_t c = rd_u8(&r);

		text_char(&t, c >= 0x20 && c < 0x7f ? (char)c : '?');
	}
	if (!code)
		return;
	text_str(&t, text_len(&t) ? " (E=" : "(E=");
	text_dec(&t, code);
	text_char(&t, ')');
}

const char *auth_refusal(int err)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].err == err)
			return refusals[i].words;
	return "Access denied";
}

struct view auth_view(const char *s, size_t max)
{
	const char *nul = s ? memchr(s, '\0', max) : s;

	return (struct view){(const uint8_t *)s, nul ? (size_t)(nul - s) : s ? max : 0};
}

void auth_put_text(struct wr *w, const char *s)
{
	struct view v = auth_view(s, SSTP_NAME_MAX);

	wr_bytes(w, v.p, v.n);
}

bool auth_allows(const struct auth *a, enum sstp_auth method)
{
	for (const enum sstp_auth *m = a->cfg.methods; *m != SSTP_AUTH_NONE; m++)
		if (*m == method)
			return true;
	return false;
}

enum auth_status auth_status(const struct auth *a)
{
	return a->status;
}

int auth_error(const struct auth *a)
{
	return a->status == AUTH_FAILED ? a->err : SSTP_OK;
}

const char *auth_message(const struct auth *a)
{
	return a->message;
}

enum sstp_auth auth_method(const struct auth *a)
{
	return a->method ? a->method->auth : SSTP_AUTH_NONE;
}

const char *auth_user(const struct auth *a)
{
	return a->cfg.server || !a->cfg.user ? a->user : a->cfg.user;
}

const struct sstp_auth_request *auth_request(const struct auth *a)
{
	return a->status == AUTH_ASKING ? &a->request : NULL;
}

int auth_hlak(const struct auth *a, uint8_t hlak[32])
{
	memset(hlak, 0, 32);
	if (a->status != AUTH_DONE)
		return SSTP_E_NOT_READY;
	if (!a->method->keys)
		return SSTP_OK;
	if (!a->has_hlak)
		return SSTP_E_BINDING_NO_KEY;
	memcpy(hlak, a->hlak, 32);
	return SSTP_OK;
}
