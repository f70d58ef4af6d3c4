/* SPDX-License-Identifier: MIT */
/* IPCP's options; see ipcp.h. */
#include "lib/ppp/ipcp.h"

#include "sstp/error.h"
#include "lib/ppp/ppp.h"

#define IP4 4

/* The option types: RFC 1332 3, RFC 1877 1. */
enum {
	IP_ADDRESSES = 1,
	IP_COMPRESSION = 2,
	IP_ADDRESS = 3,
	MOBILE_IP = 4,
	DNS1 = 129,
	NBNS1 = 130,
	DNS2 = 131,
	NBNS2 = 132,
};

static const uint8_t no_address[IP4];

static struct ipcp *to_ipcp(struct cp *c)
{
	return (struct ipcp *)c;
}

static const struct ipcp *as_ipcp(const struct cp *c)
{
	return (const struct ipcp *)c;
}

static bool is_zero(const uint8_t ip[IP4])
{
	return !memcmp(ip, no_address, IP4);
}

/* Returns the name server's address that an option is about. */
static const uint8_t *plan_server(const struct sstp_addresses *a, uint8_t type)
{
	switch (type) {
	case DNS1:
		return a->dns4[0];
	case DNS2:
		return a->dns4[1];
	case NBNS1:
		return a->nbns4[0];
	default:
		return a->nbns4[1];
	}
}

/* The peer's own address: the server has one for it, the client takes any that is one. */
static enum cp_verdict judge_address(const struct cp *c, const struct cp_option *o, struct rd value)
{
	const struct ipcp *i = as_ipcp(c);
	const uint8_t *ip = rd_take(&value, IP4);

	(void)o;
	if (i->server)
		return memcmp(ip, i->plan->ip4_peer, IP4) ? CP_NAK : CP_ACK;
	if (!is_zero(ip))
		return CP_ACK;
	return is_zero(i->plan->ip4_peer) ? CP_REJECT : CP_NAK;
}

static void suggest_address(struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)o;
	wr_bytes(w, as_ipcp(c)->plan->ip4_peer, IP4);
}

static void accept_address(struct cp *c, const struct cp_option *o, struct rd value)
{
	(void)o;
	rd_copy(&value, to_ipcp(c)->agreed->ip4_peer, IP4);
}

/* A client that does not say its address would use one that the server does not know. */
static bool want_address(const struct cp *c, const struct cp_option *o)
{
	(void)o;
	return as_ipcp(c)->server;
}

static bool put_address(const struct cp *c, const struct cp_option *o, struct wr *w)
{
	(void)o;
	wr_bytes(w, as_ipcp(c)->agreed->ip4_local, IP4);
	return true;
}

/* The client takes what it is given; the server keeps its address. */
static int nak_address(struct cp *c, const struct cp_option *o, struct rd value)
{
	struct ipcp *i = to_ipcp(c);
	const uint8_t *ip = rd_take(&value, IP4);

	(void)o;
	if (!i->server && !is_zero(ip))
		memcpy(i->agreed->ip4_local, ip, IP4);
	return 0;
}

static int reject_address(struct cp *c, const struct cp_option *o)
{
	(void)o;
	return as_ipcp(c)->server ? 0 : SSTP_E_PPP_NO_AGREEMENT;
}

/* A name server that the peer asks for: the server has it or not, the client never. */
static enum cp_verdict judge_server(const struct cp *c, const struct cp_option *o, struct rd value)
{
	const struct ipcp *i = as_ipcp(c);
	const uint8_t *have = plan_server(i->plan, o->type);

	if (!i->server || is_zero(have))
		return CP_REJECT;
	return memcmp(rd_take(&value, IP4), have, IP4) ? CP_NAK : CP_ACK;
}

static void suggest_server(struct cp *c, const struct cp_option *o, struct wr *w)
{
	wr_bytes(w, plan_server(as_ipcp(c)->plan, o->type), IP4);
}

static bool put_server(const struct cp *c, const struct cp_option *o, struct wr *w)
{
	const struct ipcp *i = as_ipcp(c);

	if (i->server || !i->want_dns)
		return false;
	wr_bytes(w, plan_server(i->agreed, o->type), IP4);
	return true;
}

static int nak_server(struct cp *c, const struct cp_option *o, struct rd value)
{
	struct sstp_addresses *a = to_ipcp(c)->agreed;

	rd_copy(&value, o->type == DNS1 ? a->dns4[0] : a->dns4[1], IP4);
	return 0;
}

/* The client goes on without; what it had asked for does not count. */
static int reject_server(struct cp *c, const struct cp_option *o)
{
	struct sstp_addresses *a = to_ipcp(c)->agreed;

	memset(o->type == DNS1 ? a->dns4[0] : a->dns4[1], 0, IP4);
	return 0;
}

/* clang-format off */
static const struct cp_option rows[] = {
	{.type = IP_ADDRESSES, .min = 10, .max = 10, .kind = CP_OCTETS, .name = "ip-addresses"},
	{.type = IP_COMPRESSION, .min = 4, .max = 255, .kind = CP_NUMBER, .name = "compression"},
	{.type = IP_ADDRESS, .min = 6, .max = 6, .kind = CP_IP4, .name = "ip-address",
	 .judge = judge_address, .suggest = suggest_address, .accept = accept_address,
	 .wanted = want_address, .put = put_address, .nak = nak_address, .reject = reject_address,
	 .vital = SSTP_E_PPP_NO_AGREEMENT},
	{.type = MOBILE_IP, .min = 6, .max = 6, .kind = CP_IP4, .name = "mobile-ip"},
	{.type = DNS1, .min = 6, .max = 6, .kind = CP_IP4, .name = "dns1",
	 .judge = judge_server, .suggest = suggest_server,
	 .put = put_server, .nak = nak_server, .reject = reject_server},
	{.type = NBNS1, .min = 6, .max = 6, .kind = CP_IP4, .name = "nbns1",
	 .judge = judge_server, .suggest = suggest_server},
	{.type = DNS2, .min = 6, .max = 6, .kind = CP_IP4, .name = "dns2",
	 .judge = judge_server, .suggest = suggest_server,
	 .put = put_server, .nak = nak_server, .reject = reject_server},
	{.type = NBNS2, .min = 6, .max = 6, .kind = CP_IP4, .name = "nbns2",
	 .judge = judge_server, .suggest = suggest_server},
};
/* clang-format on */

const struct cp_table ipcp_options = {rows, sizeof(rows) / sizeof(rows[0])};

static void reset_ours(struct cp *c)
{
	struct ipcp *i = to_ipcp(c);
	struct sstp_addresses *a = i->agreed;

	memcpy(a->ip4_local, i->plan->ip4_local, IP4);
	memcpy(a->dns4, i->plan->dns4, sizeof(a->dns4));
	memcpy(a->nbns4, i->plan->nbns4, sizeof(a->nbns4));
}

static void reset_theirs(struct cp *c)
{
	memset(to_ipcp(c)->agreed->ip4_peer, 0, IP4);
}

static const struct cp_protocol ipcp_protocol = {
	.number = PPP_IPCP,
	.layer = SSTP_LAYER_IPCP,
	.options = &ipcp_options,
	.reset_ours = reset_ours,
	.reset_theirs = reset_theirs,
};

void ipcp_init(struct ipcp *i, const struct sstp_config *cfg, const struct sstp_addresses *plan,
	       struct sstp_addresses *agreed, struct cp_env *env)
{
	*i = (struct ipcp){
		.server = cfg->role == SSTP_SERVER,
		.want_dns = cfg->want_dns,
		.plan = plan,
		.agreed = agreed,
	};
	cp_init(&i->cp, &ipcp_protocol, env);
}

bool ipcp_usable(const struct ipcp *i)
{
	return !is_zero(i->agreed->ip4_local);
}
