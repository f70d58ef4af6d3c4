/* SPDX-License-Identifier: MIT */
/* Two links that talk; see pair.h. */
#include "tests/fuzz/pair.h"

#include <stdlib.h>
#include <string.h>

static void start_end(struct pair_end *e, struct sstp_config *cfg, uint64_t now)
{
	e->link = malloc(sstp_link_size());
	cfg->trace = e->ring;
	cfg->trace_n = sizeof(e->ring) / sizeof(e->ring[0]);
	if (!e->link || sstp_link_init(e->link, cfg, now))
		abort();
}

void pair_init(struct pair *p, enum sstp_auth method, bool wrong_password)
{
	struct sstp_config c = {.role = SSTP_CLIENT, .host = "vpn.example.org", .want_dns = true};
	struct sstp_config s = {.role = SSTP_SERVER};

	memset(p, 0, sizeof(*p));
	p->now = 1;
	c.seed[0] = 1;
	s.seed[0] = 2;
	c.auth[0] = s.auth[0] = method;
	strcpy(c.user, "User");
	strcpy(c.password, wrong_password ? "wrong" : "clientPass");
	start_end(&p->c, &c, p->now);
	start_end(&p->s, &s, p->now);
}

static void give_answer(struct pair *p, struct pair_end *e)
{
	struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

	if (!sstp_link_auth(e->link))
		abort(); /* asked without a question */
	strcpy(a.password, "clientPass");
	sstp_link_answer(e->link, &a, p->now);
}

static void give_addresses(struct pair *p, struct pair_end *e)
{
	static const struct sstp_addresses a = {
		.ip4_local = {10, 0, 0, 1},
		.ip4_peer = {10, 0, 0, 2},
		.dns4 = {{10, 0, 0, 53}},
		.ip6_local_id = {0, 0, 0, 0, 0, 0, 0, 1},
		.ip6_peer_id = {0, 0, 0, 0, 0, 0, 0, 2},
	};

	sstp_link_assign(e->link, &a, p->now);
}

static void take_event(struct pair *p, struct pair_end *e, const struct sstp_event *ev)
{
	static const enum pair_stage stages[SSTP_EVENTS] = {
		[SSTP_EV_HTTP] = PAIR_HTTP,  [SSTP_EV_ACK] = PAIR_ACK,
		[SSTP_EV_LCP_UP] = PAIR_LCP, [SSTP_EV_AUTHENTICATED] = PAIR_AUTHENTICATED,
		[SSTP_EV_IP4_UP] = PAIR_UP,
	};

	if (e->down)
		abort(); /* DOWN is the last event */
	e->events++;
	if (stages[ev->type] > e->stage)
		e->stage = stages[ev->type];
	if (ev->type == SSTP_EV_NEED_AUTH)
		give_answer(p, e);
	else if (ev->type == SSTP_EV_NEED_ADDRESS)
		give_addresses(p, e);
	else if (ev->type == SSTP_EV_AUTHENTICATED)
		e->authenticated = true;
	else if (ev->type == SSTP_EV_CONNECTED)
		e->connected = true;
	else if (ev->type == SSTP_EV_DOWN)
		e->down = true;
}

void pair_attend(struct pair *p, struct pair_end *e)
{
	struct sstp_event ev;
	struct sstp_trace t;
	struct sstp_info info;
	struct sstp_why why;
	char line[2048];

	while (sstp_link_event(e->link, &ev))
		take_event(p, e, &ev);
	while (sstp_link_trace(e->link, &t)) {
		sstp_trace_text(&t, line, sizeof(line));
		sstp_trace_json(&t, line, sizeof(line));
	}
	sstp_link_info(e->link, &info);
	why = sstp_link_why(e->link);
	if (e->down != (why.who != SSTP_BY_NOBODY))
		abort(); /* down has a reason, and nothing else has */
	sstp_why_text(&why, line, sizeof(line));
}

/* Moves what `from` has to send to `to`; returns whether anything moved. */
static bool move(struct pair *p, struct pair_end *from, struct pair_end *to, struct pair_middle *m)
{
	uint8_t buf[16384], *packet;
	const uint8_t *out;
	size_t n = sstp_link_output(from->link, &out), taken;

	if (!n)
		return false;
	memcpy(buf, out, n);
	sstp_link_sent(from->link, n);
	if (m)
		n = m->mutate(m, to == &p->s, buf, n, sizeof(buf));
	for (size_t off = 0; off < n; off += taken) {
		taken = sstp_link_input(to->link, buf + off, n - off, p->now);
		if (sstp_link_packet(to->link, &packet) && !to->connected)
			abort(); /* data before CALL_CONNECTED */
		pair_attend(p, to);
		if (!taken && !move(p, to, from, m))
			break;
	}
	return true;
}

void pair_pump(struct pair *p, enum pair_stage until, struct pair_middle *m)
{
	for (int turn = 0; turn < 1000; turn++) {
		bool moved = false;

		pair_attend(p, &p->c);
		pair_attend(p, &p->s);
		if (p->c.stage >= until || p->s.stage >= until)
			return;
		moved |= move(p, &p->c, &p->s, m);
		if (p->c.stage >= until || p->s.stage >= until)
			return;
		moved |= move(p, &p->s, &p->c, m);
		if (!moved)
			return;
	}
}

void pair_fini(struct pair *p)
{
	sstp_link_fini(p->c.link);
	sstp_link_fini(p->s.link);
	free(p->c.link);
	free(p->s.link);
}
