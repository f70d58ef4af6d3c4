/* SPDX-License-Identifier: MIT */
/* What is known of a call, asked for; see call.h. */
#include "analyse/call_follow.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/ppp/auth_packet.h"
#include "lib/ppp/negotiate.h"

#include <stdlib.h>

#define LCP_MRU    1
#define IPCP_IP    3
#define IPV6CP_ID  1
#define EAP_TLS    13
#define EAP_TTLS   21
#define EAP_PEAP   25
#define EAP_TEAP   55
#define CHAP_MS_V1 0x80

const char *call_phase_name(enum call_phase phase)
{
	static const char *const names[CALL_PHASES] = {
		"tcp",  "tls",    "http", "sstp",  "lcp", "authentication", "crypto binding",
		"ipcp", "ipv6cp", "data", "ending"};

	return names[phase];
}

const char *severity_name(enum severity s)
{
	static const char *const names[SEVERITIES] = {"note", "warning", "error"};

	return names[s];
}

const char *call_who(enum way way)
{
	return way == WAY_TO_SERVER ? "client" : "server";
}

uint16_t call_cp_protocol(enum call_cp_id id)
{
	static const uint16_t protocols[CALL_CPS] = {PPP_LCP, PPP_IPCP, PPP_IPV6CP, PPP_CCP};

	return protocols[id];
}

const char *call_auth_name(const struct call_auth *a)
{
	if (a->method)
		return sstp_auth_name(a->method);
	if (a->eap_type == EAP_TLS)
		return "eap-tls";
	if (a->eap_type == EAP_TTLS)
		return "eap-ttls";
	if (a->eap_type == EAP_PEAP)
		return "peap";
	if (a->eap_type == EAP_TEAP)
		return "teap";
	if (a->asked == PPP_EAP)
		return "eap";
	if (a->asked == PPP_CHAP)
		return a->algorithm == CHAP_MS_V1 ? "ms-chap" : "chap";
	return NULL;
}

bool call_is_up(const struct call *c)
{
	bool bound = c->binding.seen || c->holes; /* it may be among what is missing */

	return bound && (c->cp[CALL_CP_IPCP].open || c->cp[CALL_CP_IPV6CP].open ||
			 c->traffic[0].data || c->traffic[1].data);
}

/* Finds an option that a side got acknowledged; returns whether it is there. */
static bool find_option(const struct call_options *o, uint8_t type, struct rd *value)
{
	struct rd r = rd_init(o->bytes, o->n);
	struct cp_item item;

	while (cp_next_item(&r, &item) > 0) {
		*value = item.value;
		if (item.type == type)
			return true;
	}
	return false;
}

void call_ip4(const struct call *c, enum way side, uint8_t ip[4])
{
	struct rd value;

	memset(ip, 0, 4);
	if (find_option(&c->cp[CALL_CP_IPCP].agreed[side], IPCP_IP, &value))
		rd_copy(&value, ip, 4);
}

bool call_ip6_id(const struct call *c, enum way side, uint8_t id[8])
{
	struct rd value;

	memset(id, 0, 8);
	if (!find_option(&c->cp[CALL_CP_IPV6CP].agreed[side], IPV6CP_ID, &value))
		return false;
	rd_copy(&value, id, 8);
	return !value.bad;
}

uint16_t call_mru(const struct call *c, enum way side)
{
	struct rd value;

	return find_option(&c->cp[CALL_CP_LCP].agreed[side], LCP_MRU, &value) ? rd_be16(&value) : 0;
}

const struct call_step *call_step_at(const struct call *c, size_t i)
{
	const struct call_steps *s = &c->steps;

	if (i < s->n)
		return &s->head[i];
	i -= s->n;
	if (i >= s->tail_n)
		return NULL;
	return &s->tail[(s->tail_at + i) % CALL_STEPS_TAIL];
}

void call_keep(char **to, struct view bytes, size_t most)
{
	char room[1024];
	struct text t = text_init(room, sizeof(room));

	text_safe(&t, bytes.p, bytes.n < most ? bytes.n : most);
	free(*to);
	*to = strdup(room);
}

void call_begin(struct call *c, enum call_phase p, struct origin at)
{
	if (!c->phase[p].begin.frame)
		c->phase[p].begin = at;
}

void call_done(struct call *c, enum call_phase p, struct origin at)
{
	call_begin(c, p, at);
	if (!c->phase[p].end.frame)
		c->phase[p].end = at;
}

void call_ends(struct call *c, enum way by, struct origin at)
{
	call_begin(c, CALL_ENDING, at);
	if (c->end.first_set)
		return;
	c->end.first_set = true;
	c->end.first = by;
}

void call_free(struct call *c)
{
	char **owned[] = {&c->auth.user,   &c->http.target, &c->http.host, &c->http.id,
			  &c->http.reason, &c->http.server, &c->tls.sni,   &c->tls.alpn,
			  &c->closed[0],   &c->closed[1],   &c->verdict};

	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		free(*owned[i]);
	for (size_t i = 0; i < c->n_findings; i++)
		free(c->findings[i].text);
	free(c->findings);
	free(c->plot);
	call_steps_fini(&c->steps);
	wipe(c, sizeof(*c));
}
