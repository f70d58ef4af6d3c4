/* SPDX-License-Identifier: MIT */
/*
 * PAP (RFC 1334 2), both roles. The client repeats its request, each time with a new identifier;
 * the server only answers, and answers again when asked again.
 */
#include "lib/ppp/auth_body.h"

#include "lib/base/secret.h"
#include "lib/crypto/nthash.h"
#include "lib/ppp/ppp.h"

/* Client: sends the request. */
static void put_request(struct auth *a)
{
	struct view user = auth_view(a->cfg.user, SSTP_NAME_MAX);
	struct view password = auth_view(a->cfg.password, SSTP_PASSWORD_MAX);
	struct wr w = auth_begin(a, PAP_REQUEST, a->id);

	wr_u8(&w, (uint8_t)user.n);
	wr_bytes(&w, user.p, user.n);
	wr_u8(&w, (uint8_t)password.n);
	wr_bytes(&w, password.p, password.n);
	auth_end(a, &w);
}

/* Server: sends the answer that was given, to the request with this id. */
static void put_reply(struct auth *a, uint8_t id)
{
	bool in = a->status == AUTH_DONE;
	const char *words = in ? "" : auth_refusal(a->err);
	struct wr w = auth_begin(a, in ? PAP_ACK : PAP_NAK, id);

	wr_u8(&w, (uint8_t)auth_view(words, SSTP_NAME_MAX).n);
	auth_put_text(&w, words);
	auth_end(a, &w);
}

static void start(struct auth *a, uint64_t now)
{
	if (a->cfg.server)
		return;
	a->first = a->id;
	put_request(a);
	auth_await(a, false, now);
}

static void again(struct auth *a, uint64_t now)
{
	a->id++; /* RFC 1334 2.2.1: changed each time a request is issued */
	put_request(a);
	auth_await(a, true, now);
}

static void tell(struct auth *a, int err, uint64_t now)
{
	(void)now;
	if (err)
		auth_fail(a, err);
	else
		auth_done(a);
	put_reply(a, a->id);
}

/* Returns whether the request is the one that the owner is being asked about. */
static bool same_request(const struct auth *a, const struct pap_request *q)
{
	struct view password = auth_view(a->password, SSTP_PASSWORD_MAX);
	struct view user = auth_view(a->user, SSTP_NAME_MAX);

	return q->user.n == user.n && same_bytes(q->user.p, user.p, user.n) &&
	       q->password.n == password.n && same_bytes(q->password.p, password.p, password.n);
}

static int on_request(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	struct pap_request q;
	int err = pap_parse_request(p->data, &q);

	if (err)
		return err;
	a->id = p->id;
	if (!auth_keep_name(a, q.user) ||
	    (q.password.n && memchr(q.password.p, '\0', q.password.n))) {
		tell(a, SSTP_E_AUTH_FAILED, now);
		return SSTP_OK;
	}
	memset(a->password, 0, sizeof(a->password));
	if (q.password.n)
		memcpy(a->password, q.password.p, q.password.n);
	auth_ask(a, p->id);
	return SSTP_OK;
}

/* The client did not want to wait: the answer will go to its newest request. */
static int on_repeated_request(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	struct pap_request q;
	int err = pap_parse_request(p->data, &q);

	(void)now;
	if (err)
		return err;
	if (!same_request(a, &q))
		return SSTP_E_UNEXPECTED;
	a->id = p->id;
	return SSTP_OK;
}

/* RFC 1334 2.2.1: later requests get the reply code that the first one got. */
static int on_late_request(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	struct pap_request q;
	int err = pap_parse_request(p->data, &q);

	(void)now;
	if (err)
		return err;
	put_reply(a, p->id);
	return SSTP_OK;
}

/* Takes the message of a reply. Any of our requests may be the one answered: all said the same. */
static int take_reply(struct auth *a, const struct cp_packet *p)
{
	struct view message;
	int err = pap_parse_reply(p->data, &message);

	if (!err && (uint8_t)(p->id - a->first) >= a->tries)
		err = SSTP_E_PPP_ID;
	if (!err)
		auth_keep_words(a, message, 0);
	return err;
}

static int on_ack(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	int err = take_reply(a, p);

	(void)now;
	if (err)
		return err;
	a->due = false;
	auth_done(a);
	return SSTP_OK;
}

static int on_nak(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	int err = take_reply(a, p);

	(void)now;
	if (err)
		return err;
	a->due = false;
	auth_fail(a, SSTP_E_AUTH_FAILED);
	return SSTP_OK;
}

static int input(struct auth *a, const struct cp_packet *p, uint64_t now)
{
	/* clang-format off */
	static const struct auth_rule rules[] = {
		{PAP_REQUEST, true,  1u << AUTH_RUNNING,                    on_request},
		{PAP_REQUEST, true,  1u << AUTH_ASKING,                     on_repeated_request},
		{PAP_REQUEST, true,  1u << AUTH_DONE | 1u << AUTH_FAILED,   on_late_request},
		{PAP_ACK,     false, 1u << AUTH_RUNNING,                    on_ack},
		{PAP_NAK,     false, 1u << AUTH_RUNNING,                    on_nak},
	};
	/* clang-format on */

	return auth_apply(a, rules, sizeof(rules) / sizeof(rules[0]), p, now);
}

/* Compares passwords in the time that the longest takes. */
static bool same_password(const char *x, const char *y)
{
	char padded[2][SSTP_PASSWORD_MAX + 1] = {{0}};
	struct view vx = auth_view(x, SSTP_PASSWORD_MAX);
	struct view vy = auth_view(y, SSTP_PASSWORD_MAX);
	bool same;

	memcpy(padded[0], vx.p, vx.n);
	memcpy(padded[1], vy.p, vy.n);
	same = same_bytes(padded[0], padded[1], sizeof(padded[0]));
	wipe(padded, sizeof(padded));
	return same;
}

static int check(struct auth *a, const struct sstp_auth_answer *ans)
{
	uint8_t hash[NT_HASH_SIZE];
	bool same = false;

	if (!ans->has_password && !ans->has_nt_hash)
		return SSTP_E_AUTH_BACKEND;
	if (ans->has_password)
		same = same_password(a->password, ans->password);
	else if (nt_hash(a->password, auth_view(a->password, SSTP_PASSWORD_MAX).n, hash))
		same = same_bytes(hash, ans->nt_hash, sizeof(hash));
	wipe(hash, sizeof(hash));
	return same ? SSTP_OK : SSTP_E_AUTH_FAILED;
}

const struct auth_method auth_method_pap = {
	.auth = SSTP_AUTH_PAP,
	.protocol = PPP_PAP,
	.layer = SSTP_LAYER_PAP,
	.start = start,
	.input = input,
	.again = again,
	.check = check,
	.tell = tell,
};
