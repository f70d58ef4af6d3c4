/* SPDX-License-Identifier: MIT */
/* Rules about what comes when, and what both sides agree on (MS-SSTP 1.3, 3.1.5.2, 3.2, 4.3, 4.4).
 */
#include "analyse/judge_rules.h"

#include "lib/ppp/cp.h"
#include "lib/ppp/lcp.h"
#include "lib/ppp/negotiate.h"

#define HTTPS_PORT  443
#define WINDOWS_MRU 1614
#define OPTION_MRU  1

/* Returns whether something that is not there can be held against the call. */
static bool is_whole(const struct judge *j)
{
	return !j->call->middle && !j->seen->torn;
}

/* S-1.3-01 */
static bool check_layers(struct judge *j)
{
	return is_whole(j) && j->look->data.is_ip && !j->seen->connects &&
	       say(j, "the %s sent an IP packet before CALL_CONNECTED", call_who(j->way));
}

/* S-3.2.4.1-02 */
static bool check_https(struct judge *j)
{
	return is_whole(j) && j->way == WAY_TO_SERVER && !j->call->http.reply &&
	       say(j, "the client sent SSTP before the HTTP reply");
}

/* S-3.2.5.2-01 */
static bool check_port(struct judge *j)
{
	unsigned port = j->call->peer[WAY_TO_CLIENT].port;

	return j->call->kind == FLOW_TLS && !j->call->http.via_proxy && port != HTTPS_PORT &&
	       say(j, "the server listens on TCP port %u, not 443", port);
}

/* S-3.2.5.2-02: accel-ppp begins IPCP as soon as authentication is done; clients cope */
static bool check_sequence(struct judge *j)
{
	uint16_t protocol = look_protocol(j->look);

	if (!is_whole(j) || j->seen->connects)
		return false;
	return (protocol == PPP_IPCP || protocol == PPP_IPV6CP) &&
	       say(j, "the %s sent %s before CALL_CONNECTED", call_who(j->way),
		   ppp_protocol_name(protocol));
}

/* S-3.1.5.2-02: pppd asks for less, or for nothing; that works */
static bool check_mru(struct judge *j)
{
	const struct look *l = j->look;
	struct cp_item item;
	struct rd options;

	if (look_protocol(l) != PPP_LCP || l->data.cp_err ||
	    l->data.cp.code != CP_CONFIGURE_REQUEST)
		return false;
	options = l->data.cp.data;
	while (cp_next_item(&options, &item) > 0) {
		uint16_t mru;

		if (item.type != OPTION_MRU)
			continue;
		mru = rd_be16(&item.value);
		return mru != LCP_MRU_MAX &&
		       say(j, "the %s asks for an MRU of %u, not 4091", call_who(j->way), mru);
	}
	return say(j, "the %s asks for no MRU; 4091 is SSTP's", call_who(j->way));
}

/* S-3.1.5.2-04 */
static bool check_large(struct judge *j)
{
	size_t n = rd_left(&j->look->data.frame.payload);

	return j->look->data.is_ip && n > WINDOWS_MRU &&
	       say(j, "an IP packet of %zu bytes: Windows drops what is over %u by default", n,
		   WINDOWS_MRU);
}

/* S-3.2.4.2-02 */
static bool check_goodbye(struct judge *j)
{
	const struct call *c = j->call;
	const struct call_end *e = &c->end;
	bool lcp = c->cp[CALL_CP_LCP].terminated[WAY_TO_SERVER];

	if (!is_whole(j) || !call_is_up(c) || !e->over || e->how == FLOW_END_CAPTURE ||
	    !e->first_set || e->first != WAY_TO_SERVER || e->aborted[WAY_TO_SERVER])
		return false;
	if (!lcp)
		return say(j, "the client left without an LCP Terminate-Request");
	return !e->disconnected[WAY_TO_SERVER] && !e->disconnected[WAY_TO_CLIENT] &&
	       say(j, "the client left without CALL_DISCONNECT");
}

/* S-4.4-01 */
static bool check_end(struct judge *j)
{
	const struct call_end *e = &j->call->end;

	return is_whole(j) && j->seen->acks && e->over && e->how != FLOW_END_CAPTURE &&
	       !e->aborted[0] && !e->aborted[1] && !e->disconnected[0] && !e->disconnected[1] &&
	       say(j, "the call ended with neither CALL_ABORT nor CALL_DISCONNECT");
}

/* S-4.3-01 */
static bool check_idle(struct judge *j)
{
	const struct origin now = j->look->unit->last;
	unsigned type = look_type(j->look);

	return j->seen->connects && type != SSTP_MSG_ECHO_REQUEST &&
	       say(j, "nothing was sent for %u s, not even an echo request",
		   (unsigned)((now.ns - j->seen->last.ns) / 1000000000));
}

/* clang-format off */
static const struct rule rows[] = {
	{"S-1.3-01",     "1.3",     INFO, WHEN_DATA | RULE_OF_ORDER,    check_layers},
	{"S-3.1.5.2-02", "3.1.5.2", LEVEL_MUST, SEVERITY_NOTE, WHEN_DATA, check_mru},
	{"S-3.1.5.2-04", "3.1.5.2", INFO, WHEN_DATA,    check_large},
	{"S-3.2.4.1-02", "3.2.4.1", MUST, WHEN_PACKET | RULE_OF_ORDER,  check_https},
	{"S-3.2.4.2-02", "3.2.4.2", INFO, WHEN_END,     check_goodbye},
	{"S-3.2.5.2-01", "3.2.5.2", LEVEL_MUST, SEVERITY_NOTE, WHEN_REQUEST, check_port},
	{"S-3.2.5.2-02", "3.2.5.2", LEVEL_MUST, SEVERITY_NOTE, WHEN_DATA | RULE_OF_ORDER, check_sequence},
	{"S-4.3-01",     "4.3",     INFO, WHEN_IDLE | RULE_OF_ORDER,    check_idle},
	{"S-4.4-01",     "4.4",     INFO, WHEN_END,     check_end},
};
/* clang-format on */

const struct rules order_rules = RULES(rows);
