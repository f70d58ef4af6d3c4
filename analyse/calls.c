/* SPDX-License-Identifier: MIT */
/* Brings units, calls, rules and verdicts together; see calls.h. */
#include "analyse/calls.h"

#include "analyse/call_follow.h"
#include "analyse/radius.h"
#include "analyse/verdict.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define FATAL      2 /* of a TLS alert's level */
#define CONNECT    "CONNECT "
#define PROXIES    32   /* requests to proxies kept */
#define PROXY_HEAD 1024 /* bytes kept of each */

/* What is kept of an open connection. */
struct calls_conn {
	struct calls *owner;
	struct flow_conn *conn;
	struct calls_conn *next;
	struct calls_conn *before;
	struct judge_call seen;
	struct call call;
};

/* The beginning of a stream that may turn out to be a call through a proxy. */
struct proxy_head {
	uint32_t stream;
	struct origin at;
	size_t n;
	uint8_t bytes[PROXY_HEAD];
};

struct calls {
	struct proxy_head proxy[PROXIES];
	unsigned next_proxy;
	struct calls_config how;
	struct calls_sink sink;
	void *ctx;
	struct judge_shared *shared;
	struct radius *radius; /* NULL: no RADIUS secret was given */
	struct calls_conn *first;
	uint32_t count;
};

static struct judge_hand hand_of(struct calls *k)
{
	return (struct judge_hand){k->shared, k->sink.finding, k->ctx};
}

struct calls *calls_new(const struct calls_config *how, const struct calls_sink *sink, void *ctx)
{
	struct calls *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->how = *how;
	k->sink = *sink;
	k->ctx = ctx;
	k->shared = calloc(1, sizeof(*k->shared));
	if (call_secrets_shared(how->secrets).n)
		k->radius = radius_new(how->secrets);
	if (!k->shared || (call_secrets_shared(how->secrets).n && !k->radius)) {
		calls_free(k);
		return NULL;
	}
	return k;
}

static void free_conn(struct calls_conn *c)
{
	if (c->before)
		c->before->next = c->next;
	else
		c->owner->first = c->next;
	if (c->next)
		c->next->before = c->before;
	call_free(&c->call);
	free(c);
}

void calls_free(struct calls *k)
{
	if (!k)
		return;
	while (k->first)
		free_conn(k->first);
	radius_free(k->radius);
	free(k->shared);
	free(k);
}

const struct call *calls_of(const struct calls_conn *c)
{
	return &c->call;
}

uint32_t calls_count(const struct calls *k)
{
	return k->count;
}

/* Keeps a name that TLS told. */
static void keep_name(char **to, const char *name)
{
	if (!*to && name[0])
		call_keep(to, (struct view){(const uint8_t *)name, strlen(name)}, 256);
}

/* Copies what TLS knows by now. */
static void take_facts(struct calls_conn *k)
{
	const struct tls_facts *f = k->conn->tls;
	struct call_tls *t = &k->call.tls;

	if (!f)
		return;
	t->version = f->version;
	t->suite = f->suite_name;
	t->resumed = f->resumed;
	t->unanswered = f->client_hello && !f->server_hello;
	t->by = f->by;
	t->bad = f->bad;
	keep_name(&t->sni, f->sni);
	keep_name(&t->alpn, f->alpn);
	if (f->has_cert_hash && !t->has_cert_hash) {
		t->has_cert_hash = true;
		memcpy(t->cert_sha1, f->cert_sha1, sizeof(t->cert_sha1));
		memcpy(t->cert_sha256, f->cert_sha256, sizeof(t->cert_sha256));
	}
}

/* Adds the end of the TLS handshake to the ladder, when the first application data comes. */
static void step_tls(struct calls_conn *k, struct origin at)
{
	const struct call_tls *t = &k->call.tls;
	char room[160];

	if (k->call.kind != FLOW_TLS || k->call.http.request || k->call.middle ||
	    !k->call.phase[CALL_TLS].end.frame)
		return;
	snprintf(room, sizeof(room), "%s, %s%s", tls_version_name(t->version),
		 t->suite ? t->suite : "cipher suite unknown", t->resumed ? ", resumed" : "");
	call_step(&k->call, STEP_TLS, WAY_TO_SERVER, at, room);
}

/* Gives the call its number with the first unit that makes it one. */
static void number_call(struct calls_conn *k, const struct unit *u)
{
	if (k->call.number || !units_makes_sstp(u))
		return;
	k->call.number = ++k->owner->count;
	if (k->owner->how.plot)
		k->call.plot = calloc(1, sizeof(*k->call.plot));
}

/* Counts an SSTP packet. */
static void count_packet(struct call *c, const struct unit *u)
{
	struct call_traffic *t = &c->traffic[u->way];

	t->packets++;
	t->bytes += u->bytes.n;
	t->last = u->last;
}

/* Lets the call take a unit that is one of SSTP's, and judges it. */
static void follow(struct calls_conn *k, const struct unit *u)
{
	struct judge_hand hand = hand_of(k->owner);
	struct call *c = &k->call;
	const char *state;
	struct look l;

	look_at(u, &l);
	if (u->kind == UNIT_CONTROL) {
		bool seen = c->binding.seen;

		take_facts(k);
		call_on_binding(c, &l);
		if (c->binding.seen && !seen)
			call_secrets_check(k->owner->how.secrets, c);
	}
	judge_unit(&hand, c, &k->seen, &l);
	if (u->kind == UNIT_HTTP) {
		take_facts(k);
		step_tls(k, u->first);
		call_on_http(c, &l);
	} else if (u->kind == UNIT_CONTROL) {
		call_on_control(c, &l);
	} else if (u->kind == UNIT_DATA) {
		call_on_data(c, &l);
	}
	if (u->kind == UNIT_CONTROL || u->kind == UNIT_DATA)
		count_packet(c, u);
	state = u->kind == UNIT_BAD ? NULL : call_on_state(c, &l);
	if (state)
		judge_state(&hand, c, &k->seen, &l, state);
}

void calls_unit(struct calls_conn *k, const struct unit *u)
{
	struct call *c = &k->call;

	c->last = u->last;
	number_call(k, u);
	if (u->kind == UNIT_TORN || u->kind == UNIT_SKIPPED)
		k->seen.torn = true;
	if (u->kind == UNIT_BAD) {
		c->bad++;
		call_step(c, STEP_NOTE, u->way, u->last, "bytes that are no SSTP packet");
	}
	if (c->number && u->kind != UNIT_BODY && u->kind != UNIT_TORN && u->kind != UNIT_SKIPPED)
		follow(k, u);
}

/* Keeps the head of a request to a proxy until it is known what comes behind it. */
static void keep_proxy(struct calls *k, const struct flow_packet *p)
{
	const struct tcp_header *t = &p->headers->tcp;
	struct proxy_head *to;

	if (t->n < strlen(CONNECT) || memcmp(t->payload, CONNECT, strlen(CONNECT)) != 0)
		return;
	to = &k->proxy[k->next_proxy++ % PROXIES];
	to->stream = p->conn->number;
	to->at = p->headers->frame->origin;
	to->n = t->n < PROXY_HEAD ? t->n : PROXY_HEAD;
	memcpy(to->bytes, t->payload, to->n);
}

void calls_packet(struct calls *k, const struct flow_packet *p)
{
	if (k->radius)
		radius_packet(k->radius, p->headers);
	if (p->conn && p->way == WAY_TO_SERVER && p->conn->kind == FLOW_UNKNOWN)
		keep_proxy(k, p);
}

/* Judges the request to the proxy through which a connection was made. */
static void take_proxy(struct calls_conn *c)
{
	struct judge_hand hand = hand_of(c->owner);

	c->call.http.via_proxy = true;
	for (unsigned i = 0; i < PROXIES; i++) {
		const struct proxy_head *h = &c->owner->proxy[i];
		struct unit u = {.kind = UNIT_HTTP,
				 .way = WAY_TO_SERVER,
				 .bytes = {h->bytes, h->n},
				 .first = h->at,
				 .last = h->at};
		struct look l;

		if (!h->n || h->stream != c->conn->number)
			continue;
		look_at(&u, &l);
		judge_proxy(&hand, &c->call, &c->seen, &l);
		call_on_proxy(&c->call, &l);
		return;
	}
}

struct calls_conn *calls_opened(struct calls *k, struct flow_conn *conn)
{
	struct calls_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->owner = k;
	c->conn = conn;
	c->next = k->first;
	if (k->first)
		k->first->before = c;
	k->first = c;
	c->call.stream = conn->number;
	c->call.kind = conn->kind;
	c->call.middle = conn->middle;
	c->call.first = conn->first;
	c->call.last = conn->last;
	memcpy(c->call.peer, conn->peer, sizeof(c->call.peer));
	if (conn->proxied)
		take_proxy(c);
	if (conn->middle)
		return c;
	call_begin(&c->call, CALL_TCP, conn->first);
	call_done(&c->call, CALL_TCP, conn->last);
	call_step(&c->call, STEP_TCP, WAY_TO_SERVER, conn->first, "TCP connection");
	if (conn->kind == FLOW_TLS)
		call_begin(&c->call, CALL_TLS, conn->last);
	return c;
}

void calls_message(struct calls_conn *c, const struct tls_message *m)
{
	if (c->call.phase[CALL_HTTP].begin.frame)
		return;
	call_begin(&c->call, CALL_TLS, m->last);
	c->call.phase[CALL_TLS].end = m->last;
	c->call.last = m->last;
}

/* Notes a TLS alert: count is level << 8 | description. */
static void on_alert(struct call *c, const struct note *n)
{
	uint8_t description = (uint8_t)n->count;
	char room[80];

	if (!description) {
		c->end.tls_closed[n->way] = true;
		call_begin(c, CALL_ENDING, n->at);
	} else if (n->count >> 8 == FATAL || !c->end.alert[n->way]) {
		c->end.alert[n->way] = true;
		c->end.alert_code[n->way] = description;
	}
	snprintf(room, sizeof(room), "TLS alert %s", tls_alert_name(description));
	call_step(c, STEP_TLS, n->way, n->at, room);
}

/* Keeps why a direction cannot be read. */
static void keep_why(struct call *c, const struct note *n)
{
	free(c->closed[n->way]);
	c->closed[n->way] = n->text ? strdup(n->text) : NULL;
}

void calls_note(struct calls_conn *c, const struct note *n)
{
	c->call.last = n->at;
	switch (n->kind) {
	case NOTE_HOLE:
		judge_lost(&c->call, &c->seen, n->way, c->call.traffic[n->way].last);
		c->call.machine.blind = true;
		c->call.holes++;
		call_step(&c->call, STEP_NOTE, n->way, n->at, n->text);
		break;
	case NOTE_CLOSED:
		keep_why(&c->call, n);
		break;
	case NOTE_OPEN:
		free(c->call.closed[n->way]);
		c->call.closed[n->way] = NULL;
		break;
	case NOTE_ALERT:
		on_alert(&c->call, n);
		break;
	case NOTE_BAD:
		call_step(&c->call, STEP_NOTE, n->way, n->at, n->text);
		break;
	default:
		break;
	}
}

void calls_finished(struct calls_conn *c, enum way way)
{
	c->call.end.fin[way] = c->conn->last;
	c->call.last = c->conn->last;
	call_begin(&c->call, CALL_ENDING, c->conn->last);
	call_step(&c->call, STEP_TCP, way, c->conn->last, "FIN");
}

/* Notes how the connection ended. */
static void take_end(struct calls_conn *k, enum flow_end why, enum way by)
{
	struct call *c = &k->call;

	c->end.over = true;
	c->end.how = why;
	c->end.reset_by = by;
	c->lost[0] = k->conn->lost[0];
	c->lost[1] = k->conn->lost[1];
	if (c->last.ns < k->conn->last.ns)
		c->last = k->conn->last;
	if (why == FLOW_END_RESET)
		call_step(c, STEP_TCP, by, c->last, "RST");
	if (why != FLOW_END_CAPTURE)
		call_done(c, CALL_ENDING, c->last);
}

/* Judges a call that is over. */
static void sentence(struct calls_conn *k)
{
	struct judge_hand hand = hand_of(k->owner);
	struct call *c = &k->call;
	char text[VERDICT_TEXT];

	if (c->binding.seen && c->binding.mac_ok == CHECK_UNKNOWN)
		call_secrets_check(k->owner->how.secrets, c);
	if (c->number)
		judge_end(&hand, c, &k->seen);
	c->severity = verdict_write(c, text);
	c->verdict = strdup(text);
	judge_add_verdict(&hand, c, c->severity, verdict_at(c), text);
}

/* Returns whether a connection is a call, or may have become one but for what went wrong. */
static bool is_worth_telling(const struct call *c)
{
	bool refused = c->end.alert[0] || c->end.alert[1] || c->tls.unanswered;

	return c->number || c->closed[0] || c->closed[1] ||
	       (refused && !c->middle && !c->phase[CALL_HTTP].begin.frame);
}

void calls_closed(struct calls_conn *c, enum flow_end why, enum way by)
{
	struct calls *k = c->owner;

	take_facts(c);
	take_end(c, why, by);
	if (is_worth_telling(&c->call)) {
		sentence(c);
		if (k->sink.closed)
			k->sink.closed(k->ctx, &c->call);
	}
	free_conn(c);
}
