/* SPDX-License-Identifier: MIT */
/* IPV6CP's options; see ipv6cp.h. */
#include "lib/ppp/ipv6cp.h"

#include "sstp/error.h"
#include "lib/ppp/ppp.h"

/* The option types of RFC 5072 4 and RFC 5172 2. */
enum {
	INTERFACE_ID = 1,
	COMPRESSION = 2,
};

static const uint8_t no_id[IFID];

static struct ipv6cp *to_ipv6cp(struct cp *c)
{
	return (struct ipv6cp *)c;
}

static const struct ipv6cp *as_ipv6cp(const struct cp *c)
{
	return (const struct ipv6cp *)c;
}

static bool same_id(const uint8_t *a, const uint8_t *b)
{
	return !memcmp(a, b, IFID);
}

/*
 * Makes an identifier by chance that is not zero and not `other`. It is not globally unique: the u
 * bit is zero (RFC 5072 4.1).
 */
static void choose_id(struct cp *c, uint8_t id[IFID], const uint8_t *other)
{
	do {
		drbg_bytes(c->env->random, id, IFID);
		id[0] &= 0xfd;
	} while (same_id(id, no_id) || same_id(id, other));
}

/* RFC 5072 4.1: the four cases of the received identifier and ours. */
static enum cp_verdict judge_id(const struct cp *c, const struct cp_option *o, struct rd value)
{
	const uint8_t *id = rd_take(&value, IFID);
	const uint8_t *ours = as_ipv6cp(c)->agreed->ip6_local_id;
	bool zero = same_id(id, no_id);

	(void)o;
	if (same_id(id, ours))
		return zero ? CP_REJECT : CP_NAK;
	return zero ? CP_NAK : CP_ACK;
}

static void suggest_id(struct cp *c, const struct cp_option *o, struct wr *w)
{
	struct ipv6cp *i = to_ipv6cp(c);
	const uint8_t *ours = i->agreed->ip6_local_id;

	(void)o;
	memcpy(i->suggested, i->plan->ip6_peer_id, IFID);
	if (same_id(i->suggested, no_id) || same_id(i->suggested, ours))
		choose_id(c, i->suggested, ours);
	wr_bytes(w, i->suggested, IFID);
}

static void accept_id(struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	rd_copy(&value, to_ipv6cp(c)->agreed->ip6_peer_id, IFID);
}

static bool want_id(const struct cp *c, const struct cp_option *o)
{
	(void)c;
	(void)o;
	return true;
}

static bool put_id(const struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)o;
	wr_bytes(w, as_ipv6cp(c)->agreed->ip6_local_id, IFID);
	return true;
}

/* RFC 5072 4.1: the suggestion is taken unless it is the one that we made to the peer ourselves. */
static int nak_id(struct cp *c, const struct cp_option *o, struct rd value)
{
	struct ipv6cp *i = to_ipv6cp(c);
	const uint8_t *id = rd_take(&value, IFID);

	(void)o;
	if (same_id(id, no_id) || same_id(id, i->suggested) || same_id(id, i->agreed->ip6_peer_id))
		choose_id(c, i->agreed->ip6_local_id, i->agreed->ip6_peer_id);
	else
		memcpy(i->agreed->ip6_local_id, id, IFID);
	return 0;
}

static int reject_id(struct cp *c, const struct cp_option *o)
{
	(void)c;
	(void)o;
	return SSTP_E_PPP_NO_AGREEMENT;
}

/* clang-format off */
static const struct cp_option rows[] = {
	{.type = INTERFACE_ID, .min = 10, .max = 10, .kind = CP_IFID, .name = "interface-id",
	 .judge = judge_id, .suggest = suggest_id, .accept = accept_id, .wanted = want_id,
	 .put = put_id, .nak = nak_id, .reject = reject_id, .vital = SSTP_E_PPP_NO_AGREEMENT},
	{.type = COMPRESSION, .min = 4, .max = 255, .kind = CP_NUMBER, .name = "compression"},
};
/* clang-format on */

const struct cp_table ipv6cp_options = {rows, sizeof(rows) / sizeof(rows[0])};

/* The server needs an identifier of its own; a client's may be zero: the peer names one then. */
static void reset_ours(struct cp *c)
{
	struct ipv6cp *i = to_ipv6cp(c);
	uint8_t *ours = i->agreed->ip6_local_id;

	memcpy(ours, i->plan->ip6_local_id, IFID);
	if (i->server && same_id(ours, no_id))
		choose_id(c, ours, i->plan->ip6_peer_id);
	memset(i->suggested, 0, IFID);
}

static void reset_theirs(struct cp *c)
{
	memset(to_ipv6cp(c)->agreed->ip6_peer_id, 0, IFID);
}

static const struct cp_protocol ipv6cp_protocol = {
	.number = PPP_IPV6CP,
	.layer = SSTP_LAYER_IPV6CP,
	.options = &ipv6cp_options,
	.reset_ours = reset_ours,
	.reset_theirs = reset_theirs,
};

void ipv6cp_init(struct ipv6cp *i, const struct sstp_config *cfg, const struct sstp_addresses *plan,
		 struct sstp_addresses *agreed, struct cp_env *env)
{
	*i = (struct ipv6cp){
		.server = cfg->role == SSTP_SERVER,
		.plan = plan,
		.agreed = agreed,
	};
	cp_init(&i->cp, &ipv6cp_protocol, env);
}

bool ipv6cp_usable(const struct ipv6cp *i)
{
	return !same_id(i->agreed->ip6_local_id, no_id);
}
