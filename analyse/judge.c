/* SPDX-License-Identifier: MIT */
/* Asks the rules at each moment, and keeps what they find; see judge.h. The rules are in judge_*.c.
 */
#include "analyse/judge_rules.h"

#include "lib/base/text.h"
#include "lib/sstp/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define IDLE_NS 65000000000u /* Hello is to be heard after 60 s (3.1.2.3) */
#define IP_MAX  1614         /* octets of IP that every known peer takes (3.1.5.2) */

static const struct rules *const tables[] = {
	&frame_rules, &attr_rules,  &binding_rules, &message_rules,
	&http_rules,  &order_rules, &own_rules,
};

const struct rule *judge_rule(size_t i)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		if (i < tables[t]->n)
			return &tables[t]->row[i];
		i -= tables[t]->n;
	}
	return NULL;
}

const struct rule *judge_verdict_rule(void)
{
	return &own_rules.row[0];
}

const char *rule_level_name(enum rule_level l)
{
	static const char *const names[] = {"INFO", "MAY", "SHOULD", "MUST"};

	return names[l];
}

bool say(struct judge *j, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(j->words, sizeof(j->words), format, ap);
	va_end(ap);
	return true;
}

/* Returns one of a few rooms for text, in turn. */
static struct text next_room(void)
{
	static char rooms[4][128];
	static unsigned next;

	return text_init(rooms[next++ % 4], sizeof(rooms[0]));
}

const char *say_hex(const uint8_t *p, size_t n)
{
	struct text t = next_room();

	text_hexbytes(&t, p, n < 32 ? n : 32);
	return t.start;
}

const char *say_text(struct view v)
{
	struct text t = next_room();

	text_safe(&t, v.p, v.n < 100 ? v.n : 100);
	return t.start;
}

const char *message_name(const struct judge *j)
{
	return sstp_msg_name(look_type(j->look));
}

int first_difference(const struct look *l, const uint8_t *due, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i >= l->unit->bytes.n || l->unit->bytes.p[i] != due[i])
			return (int)i;
	return l->unit->bytes.n > n ? (int)n : -1;
}

/* Keeps a finding, or counts it when the rule has found the same of that side before. */
static void keep(const struct judge_hand *h, struct call *c, const struct finding *f,
		 const char *text)
{
	struct finding *to;

	for (size_t i = 0; i < c->n_findings; i++)
		if (c->findings[i].rule == f->rule && c->findings[i].way == f->way) {
			c->findings[i].count++;
			return;
		}
	if (c->n_findings == JUDGE_FINDINGS)
		return;
	to = realloc(c->findings, (c->n_findings + 1) * sizeof(*to));
	if (!to)
		return;
	c->findings = to;
	to += c->n_findings++;
	*to = *f;
	to->count = 1;
	to->text = strdup(text);
	if (h->tell)
		h->tell(h->ctx, c, to);
}

/* Returns whether a rule has found something in the call already. */
static bool has_found(const struct call *c, const struct rule *r)
{
	for (size_t i = 0; i < c->n_findings; i++)
		if (c->findings[i].rule == r)
			return true;
	return false;
}

/* Asks every rule of a moment. */
static void ask(const struct judge_hand *h, struct call *c, struct judge *j, unsigned when)
{
	const struct rule *r;

	for (size_t i = 0; (r = judge_rule(i)); i++) {
		struct finding f = {.rule = r, .severity = r->severity};

		if (!(r->when & when) || (when == WHEN_END && has_found(c, r)))
			continue;
		j->rule = r;
		j->way = j->look ? j->look->way : WAY_TO_SERVER;
		j->at = j->look ? j->look->unit->last : c->last;
		if (!r->check(j))
			continue;
		f.way = j->way;
		f.at = j->at;
		keep(h, c, &f, j->words);
	}
}

/* Remembers what later rules will ask for. */
static void remember(struct judge_call *s, const struct look *l)
{
	struct sstp_refusal refusals[SSTP_REFUSALS_MAX];
	enum way back = way_back(l->way);

	s->last = l->unit->last;
	if (l->way == WAY_TO_SERVER &&
	    (l->unit->kind == UNIT_CONTROL || l->unit->kind == UNIT_DATA))
		s->client_spoke = true;
	switch (look_type(l)) {
	case SSTP_MSG_CALL_CONNECT_REQUEST:
		s->requests++;
		if (!check_request(l->control.c, refusals, &s->refusals).err && !s->refusals)
			s->good_requests++;
		break;
	case SSTP_MSG_CALL_CONNECT_ACK:
		s->acks++;
		break;
	case SSTP_MSG_CALL_CONNECTED:
		s->connects++;
		break;
	case SSTP_MSG_CALL_DISCONNECT:
		s->disconnects[l->way]++;
		break;
	case SSTP_MSG_CALL_DISCONNECT_ACK:
		s->disconnects[back] -= s->disconnects[back] > 0;
		break;
	case SSTP_MSG_ECHO_REQUEST:
		s->echoes[l->way]++;
		break;
	case SSTP_MSG_ECHO_RESPONSE:
		s->echoes[back] -= s->echoes[back] > 0;
		break;
	default:
		break;
	}
}

bool judge_is_usual(const struct call *c, const struct judge_call *seen, const struct look *l)
{
	size_t n = rd_left(&l->data.frame.payload);

	return l->data.is_ip && !l->reserved && !l->r && !l->data.frame_err &&
	       l->data.ip_total == n && n <= IP_MAX && (c->binding.seen || c->middle) &&
	       l->unit->last.ns - seen->last.ns < IDLE_NS;
}

/* Returns the moments that a unit is. */
static unsigned moments(const struct judge_call *s, const struct look *l)
{
	const uint64_t ns = l->unit->last.ns;
	unsigned type = look_type(l);
	unsigned when = 0;

	if (s->last.frame && ns > s->last.ns && ns - s->last.ns >= IDLE_NS)
		when |= WHEN_IDLE;
	switch (l->unit->kind) {
	case UNIT_HTTP:
		return l->http.request ? WHEN_REQUEST : WHEN_REPLY;
	case UNIT_CONTROL:
		if (l->control.err)
			return when | WHEN_STUB;
		when |= WHEN_CONTROL;
		return type && type < SSTP_MSGS ? when | WHEN_CALL_REQUEST << (type - 1) : when;
	case UNIT_DATA:
		return when | WHEN_DATA;
	case UNIT_BAD:
		return WHEN_BAD;
	default:
		return 0;
	}
}

static struct judge make_judge(const struct judge_hand *h, const struct call *c,
			       const struct judge_call *seen, const struct look *l)
{
	return (struct judge){.call = c,
			      .seen = seen,
			      .shared = h->shared,
			      .look = l,
			      .way = l ? l->way : WAY_TO_SERVER};
}

void judge_unit(const struct judge_hand *h, struct call *c, struct judge_call *seen,
		const struct look *l)
{
	struct judge j = make_judge(h, c, seen, l);

	if (l->unit->kind == UNIT_DATA && judge_is_usual(c, seen, l)) {
		seen->last = l->unit->last;
		seen->client_spoke = true;
		return;
	}
	ask(h, c, &j, moments(seen, l));
	remember(seen, l);
}

void judge_proxy(const struct judge_hand *h, struct call *c, struct judge_call *seen,
		 const struct look *l)
{
	struct judge j = make_judge(h, c, seen, l);

	ask(h, c, &j, WHEN_PROXY);
}

void judge_state(const struct judge_hand *h, struct call *c, struct judge_call *seen,
		 const struct look *l, const char *state)
{
	struct judge j = make_judge(h, c, seen, l);

	j.state = state;
	ask(h, c, &j, WHEN_STATE);
}

void judge_lost(struct call *c, struct judge_call *seen, enum way side, struct origin last)
{
	size_t kept = 0;

	seen->torn = true;
	for (size_t i = 0; i < c->n_findings; i++) {
		struct finding *f = &c->findings[i];

		if ((f->rule->when & RULE_OF_ORDER) && f->way != side && f->at.frame > last.frame)
			free(f->text);
		else
			c->findings[kept++] = *f;
	}
	c->n_findings = kept;
}

void judge_end(const struct judge_hand *h, struct call *c, struct judge_call *seen)
{
	struct judge j = make_judge(h, c, seen, NULL);

	ask(h, c, &j, WHEN_END);
}

void judge_add_verdict(const struct judge_hand *h, struct call *c, enum severity s,
		       struct origin at, const char *text)
{
	struct finding f = {judge_verdict_rule(), s, WAY_TO_SERVER, at, 0, NULL};

	keep(h, c, &f, text);
}
