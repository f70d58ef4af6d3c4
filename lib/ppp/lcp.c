/* SPDX-License-Identifier: MIT */
/* LCP's options and codes; see lcp.h. */
#include "lib/ppp/lcp.h"

#include "sstp/error.h"
#include "lib/ppp/ppp.h"

#define CHAP_MD5      5    /* RFC 1994 3 */
#define CHAP_MSCHAPV2 0x81 /* RFC 2759 3 */

static struct lcp *to_lcp(struct cp *c)
{
	return (struct lcp *)c;
}

static const struct lcp *as_lcp(const struct cp *c)
{
	return (const struct lcp *)c;
}

/* How a method is asked for in LCP; all EAP methods look the same there. */
struct auth_form {
	uint16_t protocol;
	uint8_t algorithm; /* CHAP only */
};

static const struct auth_form forms[SSTP_AUTHS] = {
	[SSTP_AUTH_PAP] = {PPP_PAP, 0},
	[SSTP_AUTH_CHAP_MD5] = {PPP_CHAP, CHAP_MD5},
	[SSTP_AUTH_MSCHAPV2] = {PPP_CHAP, CHAP_MSCHAPV2},
	[SSTP_AUTH_EAP_MD5] = {PPP_EAP, 0},
	[SSTP_AUTH_EAP_MSCHAPV2] = {PPP_EAP, 0},
};

static bool same_form(enum sstp_auth a, enum sstp_auth b)
{
	return forms[a].protocol == forms[b].protocol && forms[a].algorithm == forms[b].algorithm;
}

static void put_form(struct wr *w, enum sstp_auth method)
{
	wr_be16(w, forms[method].protocol);
	if (forms[method].algorithm)
		wr_u8(w, forms[method].algorithm);
}

/* Returns the first configured method that the option's value stands for, SSTP_AUTH_NONE if none.
 */
static enum sstp_auth find_method(const struct lcp *l, struct rd value)
{
	const enum sstp_auth *m = l->cfg->methods;
	struct auth_form form = {.protocol = rd_be16(&value)};

	if (form.protocol == PPP_CHAP)
		form.algorithm = rd_u8(&value);
	if (value.bad || rd_left(&value))
		return SSTP_AUTH_NONE;
	while (*m && (forms[*m].protocol != form.protocol || forms[*m].algorithm != form.algorithm))
		m++;
	return *m;
}

/* The method asked for was not taken: goes on with `wish` if it is untried, else with the next one.
 */
static int ask_next(struct lcp *l, enum sstp_auth wish)
{
	const enum sstp_auth *m = l->cfg->methods;
	int next = -1;

	for (int i = 0; m[i]; i++)
		if (same_form(m[i], m[l->asked]))
			l->tried |= (uint8_t)(1 << i);
	for (int i = 0; m[i]; i++) {
		if (l->tried & 1 << i)
			continue;
		if (next < 0 || m[i] == wish)
			next = i;
	}
	if (next < 0)
		return SSTP_E_AUTH_NO_METHOD;
	l->asked = (uint8_t)next;
	return 1;
}

static enum cp_verdict judge_auth(const struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	/* The server does not authenticate itself by a protocol of its own. */
	if (as_lcp(c)->cfg->server)
		return CP_REJECT;
	return find_method(as_lcp(c), value) ? CP_ACK : CP_NAK;
}

/* Suggests the client's methods, one after another. */
static void suggest_auth(struct cp *c, const struct cp_option *o, struct wr *w)
{
	struct lcp *l = to_lcp(c);
	const enum sstp_auth *m = l->cfg->methods;

	(void)o;
	if (!m[l->suggested])
		l->suggested = 0;
	put_form(w, m[l->suggested++]);
	while (m[l->suggested] && same_form(m[l->suggested], m[l->suggested - 1]))
		l->suggested++;
}

static void accept_auth(struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	to_lcp(c)->demanded = find_method(as_lcp(c), value);
}

static bool put_auth(const struct cp *c, const struct cp_option *o, struct wr *w)
{
	const struct lcp *l = as_lcp(c);

	(void)o;
	if (!l->cfg->server || l->cfg->bypass)
		return false;
	put_form(w, l->cfg->methods[l->asked]);
	return true;
}

static int nak_auth(struct cp *c, const struct cp_option *o, struct rd value)
{
	int next = ask_next(to_lcp(c), find_method(as_lcp(c), value));

	(void)o;
	return next < 0 ? next : 0;
}

static int reject_auth(struct cp *c, const struct cp_option *o)
{
	(void)o;
	return ask_next(to_lcp(c), SSTP_AUTH_NONE);
}

static enum cp_verdict judge_mru(const struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)c;
	(void)o;
	return rd_be16(&value) >= LCP_MRU_MIN ? CP_ACK : CP_NAK;
}

static void suggest_mru(struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)c;
	(void)o;
	wr_be16(w, LCP_MRU_DEFAULT);
}

static void accept_mru(struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	c->env->peer_mru = rd_be16(&value);
}

static bool put_mru(const struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)o;
	wr_be16(w, as_lcp(c)->mru);
	return true;
}

/* Whatever the peer likes to send fits, up to what SSTP can carry. */
static int nak_mru(struct cp *c, const struct cp_option *o, struct rd value)
{
	uint16_t mru = rd_be16(&value);

	(void)o;
	if (mru >= LCP_MRU_MIN)
		to_lcp(c)->mru = mru < LCP_MRU_MAX ? mru : LCP_MRU_MAX;
	return 0;
}

static uint32_t new_magic(struct cp *c)
{
	uint32_t magic;

	do
		magic = drbg_u32(c->env->random);
	while (!magic || magic == to_lcp(c)->magic);
	return magic;
}

/* RFC 1661 6.4: our own number tells of a loop; zero is illegal. */
static enum cp_verdict judge_magic(const struct cp *c, const struct cp_option *o, struct rd value)
{
	uint32_t magic = rd_be32(&value);

	(void)o;
	if (!magic)
		return CP_REJECT;
	return magic == as_lcp(c)->magic ? CP_NAK_ALONE : CP_ACK;
}

static void suggest_magic(struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)o;
	wr_be32(w, new_magic(c));
}

static bool put_magic(const struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)o;
	wr_be32(w, as_lcp(c)->magic);
	return true;
}

/* RFC 1661 6.4: a new number is chosen, not the suggested one. */
static int nak_magic(struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	(void)value;
	to_lcp(c)->magic = new_magic(c);
	return 0;
}

/* Without the option the number in echoes is zero (RFC 1661 5.8). */
static int reject_magic(struct cp *c, const struct cp_option *o)
{
	(void)o;
	to_lcp(c)->magic = 0;
	return 0;
}

/* Options that cost us nothing: the peer may get what it sends compressed, but need not. */
static enum cp_verdict judge_harmless(const struct cp *c, const struct cp_option *o,
				      struct rd value)
{
	(void)c;
	(void)o;
	(void)value;
	return CP_ACK;
}

/* clang-format off */
static const struct cp_option rows[] = {
	{.type = 1, .min = 4, .max = 4, .kind = CP_U16, .name = "mru",
	 .judge = judge_mru, .suggest = suggest_mru, .accept = accept_mru,
	 .put = put_mru, .nak = nak_mru},
	/* sstpc's pppd asks for it; there is nothing to escape in SSTP (RFC 1662 7.1) */
	{.type = 2, .min = 6, .max = 6, .kind = CP_HEX32, .name = "asyncmap", .judge = judge_harmless},
	{.type = 3, .min = 4, .max = 255, .kind = CP_AUTH, .name = "auth",
	 .judge = judge_auth, .suggest = suggest_auth, .accept = accept_auth,
	 .put = put_auth, .nak = nak_auth, .reject = reject_auth, .vital = SSTP_E_AUTH_NO_METHOD},
	{.type = 4, .min = 4, .max = 255, .kind = CP_NUMBER, .name = "quality"},
	{.type = 5, .min = 6, .max = 6, .kind = CP_HEX32, .name = "magic",
	 .judge = judge_magic, .suggest = suggest_magic,
	 .put = put_magic, .nak = nak_magic, .reject = reject_magic, .vital = SSTP_E_PPP_LOOP},
	{.type = 7, .min = 2, .max = 2, .kind = CP_FLAG, .name = "pfc", .judge = judge_harmless},
	{.type = 8, .min = 2, .max = 2, .kind = CP_FLAG, .name = "acfc", .judge = judge_harmless},
	{.type = 9, .min = 3, .max = 3, .kind = CP_OCTETS, .name = "fcs-alternatives"},
	{.type = 10, .min = 3, .max = 3, .kind = CP_OCTETS, .name = "self-describing-pad"},
	{.type = 11, .min = 4, .max = 255, .kind = CP_OCTETS, .name = "numbered-mode"},
	{.type = 13, .min = 3, .max = 255, .kind = CP_OCTETS, .name = "callback"},
	{.type = 15, .min = 2, .max = 2, .kind = CP_FLAG, .name = "compound-frames"},
	{.type = 17, .min = 4, .max = 4, .kind = CP_U16, .name = "mrru"},
	{.type = 18, .min = 2, .max = 2, .kind = CP_FLAG, .name = "short-sequence"},
	{.type = 19, .min = 3, .max = 255, .kind = CP_OCTETS, .name = "endpoint"},
	{.type = 23, .min = 4, .max = 4, .kind = CP_U16, .name = "link-discriminator"},
	{.type = 27, .min = 3, .max = 255, .kind = CP_OCTETS, .name = "multilink-head"},
	{.type = 28, .min = 3, .max = 255, .kind = CP_OCTETS, .name = "internationalization"},
};
/* clang-format on */

const struct cp_table lcp_options = {rows, sizeof(rows) / sizeof(rows[0])};

static void reset_ours(struct cp *c)
{
	struct lcp *l = to_lcp(c);

	l->mru = l->cfg->mru;
	l->magic = new_magic(c);
	l->asked = l->tried = l->suggested = 0;
	l->echo_sent = false;
}

static void reset_theirs(struct cp *c)
{
	c->env->peer_mru = LCP_MRU_DEFAULT;
	to_lcp(c)->demanded = SSTP_AUTH_NONE;
}

static void fault(struct cp *c, int err)
{
	trace_fault(c->env->trace, SSTP_LAYER_LCP, err, 6);
}

/* RFC 1661 5.8: answered with our magic number and the same data. */
static void on_echo_request(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	struct rd data = p->data;
	uint32_t magic = rd_be32(&data);
	struct lcp *l = to_lcp(c);
	uint8_t reply[LCP_MRU_MAX];
	struct wr w = wr_init(reply, sizeof(reply));
	struct view rest = rd_rest(&data);

	if (data.bad) {
		fault(c, SSTP_E_PPP_LENGTH);
		return;
	}
	if (magic && magic == l->magic) {
		fault(c, SSTP_E_PPP_LOOP);
		cp_close(c, SSTP_E_PPP_LOOP, now);
		return;
	}
	wr_be32(&w, l->magic);
	wr_bytes(&w, rest.p, rest.n);
	if (!w.bad)
		cp_send(c, CP_ECHO_REPLY, p->id, (struct view){reply, wr_len(&w)});
}

/*
 * A reply with our own magic number is none: the peer copies what it gets (RFC 1661 5.8). It does
 * not mean a loop, for over a loop our request would have come back first, and ends nothing.
 */
static void on_echo_reply(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	struct rd data = p->data;
	uint32_t magic = rd_be32(&data);
	struct lcp *l = to_lcp(c);

	if (data.bad) {
		fault(c, SSTP_E_PPP_LENGTH);
	} else if (magic && magic == l->magic) {
		fault(c, SSTP_E_PPP_LOOP);
	} else if (!l->echo_sent || p->id != l->echo_id) {
		fault(c, SSTP_E_PPP_ID);
	} else {
		uint64_t ms = now > l->echo_at ? now - l->echo_at : 1;

		l->echo_sent = false;
		l->echo_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
		trace_note(c->env->trace, SSTP_LAYER_LCP, "echo-ms", l->echo_ms);
	}
}

static void on_protocol_reject(struct cp *c, const struct cp_packet *p)
{
	struct rd data = p->data;

	to_lcp(c)->rejected = rd_be16(&data);
	if (data.bad)
		fault(c, SSTP_E_PPP_LENGTH);
	else
		c->signals |= CP_SIG_REJECTED;
}

/* Codes above Code-Reject; Discard-Request, Identification and Time-Remaining want nothing done. */
static void take_extra(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	if (p->code == CP_PROTOCOL_REJECT)
		on_protocol_reject(c, p);
	else if (p->code == CP_ECHO_REQUEST)
		on_echo_request(c, p, now);
	else if (p->code == CP_ECHO_REPLY)
		on_echo_reply(c, p, now);
}

static const struct cp_protocol lcp_protocol = {
	.number = PPP_LCP,
	.layer = SSTP_LAYER_LCP,
	.options = &lcp_options,
	.reset_ours = reset_ours,
	.reset_theirs = reset_theirs,
	.extra_codes = 1u << CP_PROTOCOL_REJECT | 1u << CP_ECHO_REQUEST | 1u << CP_ECHO_REPLY |
		       1u << CP_DISCARD_REQUEST | 1u << CP_IDENTIFICATION | 1u << CP_TIME_REMAINING,
	.extra = take_extra,
};

void lcp_init(struct lcp *l, const struct lcp_config *cfg, struct cp_env *env)
{
	*l = (struct lcp){.cfg = cfg};
	cp_init(&l->cp, &lcp_protocol, env);
	env->peer_mru = LCP_MRU_DEFAULT;
}

enum sstp_auth lcp_auth(const struct lcp *l)
{
	if (!l->cfg->server)
		return l->demanded;
	return l->cfg->bypass ? SSTP_AUTH_NONE : l->cfg->methods[l->asked];
}

void lcp_echo(struct lcp *l, uint64_t now)
{
	uint8_t magic[4];
	struct wr w = wr_init(magic, sizeof(magic));

	if (l->cp.state != CP_OPENED)
		return;
	wr_be32(&w, l->magic);
	l->echo_id = cp_new_id(&l->cp);
	l->echo_at = now;
	l->echo_sent = true;
	cp_send(&l->cp, CP_ECHO_REQUEST, l->echo_id, (struct view){magic, sizeof(magic)});
}

void lcp_reject_protocol(struct lcp *l, uint16_t protocol, struct rd payload)
{
	uint8_t data[LCP_MRU_MAX];
	struct wr w = wr_init(data, sizeof(data));
	struct view rest = rd_rest(&payload);

	if (l->cp.state != CP_OPENED)
		return;
	wr_be16(&w, protocol);
	wr_bytes(&w, rest.p, rest.n < wr_left(&w) ? rest.n : wr_left(&w));
	cp_send(&l->cp, CP_PROTOCOL_REJECT, cp_new_id(&l->cp), (struct view){data, wr_len(&w)});
}
