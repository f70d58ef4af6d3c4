/* SPDX-License-Identifier: MIT */
/*
 * Follows PPP: what the control protocols agree on (RFC 1661, 1332, 5072, 1962), echoes, how much
 * data flows. Authentication is call_auth.c's.
 */
#include "analyse/call_follow.h"

#include "lib/base/text.h"
#include "lib/ppp/cp.h"
#include "lib/ppp/negotiate.h"

#define LCP_AUTH   3
#define TEXT_STEPS 200 /* of a packet, in the ladder */

/* The phase that each control protocol is. */
static const enum call_phase phases[CALL_CPS] = {
	[CALL_CP_LCP] = CALL_LCP,
	[CALL_CP_IPCP] = CALL_IPCP,
	[CALL_CP_IPV6CP] = CALL_IPV6CP,
	[CALL_CP_CCP] = CALL_PHASES,
};

/* Returns which control protocol has this number; CALL_CPS for none. */
static unsigned find_cp(uint16_t protocol)
{
	unsigned i = 0;

	while (i < CALL_CPS && call_cp_protocol(i) != protocol)
		i++;
	return i;
}

static void keep_options(struct call_options *to, const struct cp_packet *p)
{
	struct rd r = p->data;
	size_t n = rd_left(&r);

	to->id = p->id;
	to->n = (uint8_t)(n < CALL_OPTIONS ? n : CALL_OPTIONS);
	rd_copy(&r, to->bytes, to->n);
}

static void on_configure_request(struct call *c, unsigned cp, const struct look *l)
{
	struct call_cp *k = &c->cp[cp];

	if (k->open) { /* it is negotiated anew */
		k->open = false;
		memset(k->acked, 0, sizeof(k->acked));
	}
	k->acked[l->way] = false;
	k->requests[l->way]++;
	keep_options(&k->asked[l->way], &l->data.cp);
}

static void on_configure_ack(struct call *c, unsigned cp, const struct look *l)
{
	struct call_cp *k = &c->cp[cp];
	enum way asked = way_back(l->way);
	struct call_options *o = &k->asked[asked];
	struct rd value;
	struct cp_item item;
	struct rd r;

	if (!k->requests[asked] || o->id != l->data.cp.id)
		return;
	k->agreed[asked] = *o;
	k->acked[asked] = true;
	if (cp == CALL_CP_LCP && asked == WAY_TO_CLIENT) {
		r = rd_init(o->bytes, o->n);
		while (cp_next_item(&r, &item) > 0) {
			value = item.value;
			if (item.type == LCP_AUTH)
				call_on_auth_option(c, value);
		}
	}
	if (!k->acked[0] || !k->acked[1])
		return;
	k->open = true;
	if (phases[cp] < CALL_PHASES)
		call_done(c, phases[cp], l->unit->last);
}

/* RFC 1661 5.5: who asks first ends the call, when it is LCP. */
static void on_terminate(struct call *c, unsigned cp, const struct look *l)
{
	struct call_cp *k = &c->cp[cp];
	struct text t = text_init(c->end.lcp_words, sizeof(c->end.lcp_words));

	if (!k->terminated[0] && !k->terminated[1])
		k->terminate_at = l->unit->last;
	k->terminated[l->way] = true;
	if (cp != CALL_CP_LCP)
		return;
	call_ends(c, l->way, l->unit->last);
	if (c->end.lcp_first_set)
		return;
	c->end.lcp_first_set = true;
	c->end.lcp_first = l->way;
	text_safe(&t, l->data.cp.data.p, rd_left(&l->data.cp.data));
}

static void on_protocol_reject(struct call *c, const struct look *l)
{
	struct rd r = l->data.cp.data;
	unsigned cp = find_cp(rd_be16(&r));

	if (cp < CALL_CPS)
		c->cp[cp].refused[way_back(l->way)] = true;
}

static void on_lcp_echo(struct call *c, const struct look *l)
{
	struct call_echo *e = &c->echo[CALL_ECHO_LCP][l->way];

	if (l->data.cp.code == CP_ECHO_REQUEST) {
		e->id = l->data.cp.id;
		call_echo_asked(e, l->unit->last);
		return;
	}
	e = &c->echo[CALL_ECHO_LCP][way_back(l->way)];
	if (e->waiting.frame && e->id == l->data.cp.id)
		call_echo_answered(e, l->unit->last);
}

static void on_cp(struct call *c, unsigned cp, const struct look *l)
{
	struct call_cp *k = &c->cp[cp];

	if (phases[cp] < CALL_PHASES)
		call_begin(c, phases[cp], l->unit->first);
	switch (l->data.cp.code) {
	case CP_CONFIGURE_REQUEST:
		on_configure_request(c, cp, l);
		break;
	case CP_CONFIGURE_ACK:
		on_configure_ack(c, cp, l);
		break;
	case CP_CONFIGURE_NAK:
		k->naks[way_back(l->way)]++;
		break;
	case CP_CONFIGURE_REJECT:
		k->rejects[way_back(l->way)]++;
		break;
	case CP_TERMINATE_REQUEST:
		on_terminate(c, cp, l);
		break;
	case CP_PROTOCOL_REJECT:
		if (cp == CALL_CP_LCP)
			on_protocol_reject(c, l);
		break;
	case CP_ECHO_REQUEST:
	case CP_ECHO_REPLY:
		if (cp == CALL_CP_LCP)
			on_lcp_echo(c, l);
		break;
	default:
		break;
	}
}

/* Counts an IP packet. */
static void on_ip(struct call *c, const struct look *l)
{
	size_t n = rd_left(&l->data.frame.payload);
	struct call_traffic *t = &c->traffic[l->way];

	call_begin(c, CALL_DATA, l->unit->first);
	if (l->unit->last.frame > c->phase[CALL_DATA].end.frame)
		c->phase[CALL_DATA].end = l->unit->last;
	t->data++;
	t->inner += n;
	call_step_data(c, l->way, l->unit->last, n);
	call_plot_add(c, l->way, l->unit->last.ns, n);
}

void call_on_data(struct call *c, const struct look *l)
{
	uint16_t protocol = look_protocol(l);
	char room[TEXT_STEPS];
	struct text t = text_init(room, sizeof(room));
	unsigned cp = find_cp(protocol);

	if (l->data.is_ip) {
		on_ip(c, l);
		return;
	}
	ppp_show(&t, l->body);
	call_step(c, STEP_PPP, l->way, l->unit->last, room);
	if (protocol == PPP_PAP || protocol == PPP_CHAP || protocol == PPP_EAP)
		call_on_auth(c, l);
	else if (cp < CALL_CPS && l->data.has_cp && !l->data.cp_err)
		on_cp(c, cp, l);
}
