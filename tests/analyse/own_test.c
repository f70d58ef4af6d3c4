/* SPDX-License-Identifier: MIT */
/*
 * Our own client and server, judged: by every method of authentication, with echoes, data and an
 * orderly end, the rules find nothing in their conversation, crypto binding verified by the
 * password; a wrong password is named as what it is. Prints TAP.
 */
#include "analyse/calls.h"
#include "tests/fuzz/pair.h"

#include <stdio.h>
#include <string.h>

#define START_NS 1795357652000000000u
#define NS_MS    1000000u

/* What looks on while the two talk. */
struct tap {
	struct pair_middle middle; /* first */
	struct pair *pair;
	struct calls_conn *call;
	struct units *units;
	struct flow_conn conn;
	struct tls_facts facts;
	uint64_t frame;
	uint64_t records[WAYS];
	char found[4096];
	char verdict[1024];
	enum call_check mac;
	enum call_key key;
};

static unsigned tests;
static unsigned failed;

static void ok(bool good, const char *method, const char *claim, const char *detail)
{
	printf("%sok %u - %s: %s\n", good ? "" : "not ", ++tests, method, claim);
	if (!good)
		printf("# %s\n", detail);
	failed += !good;
}

static void take_unit(void *ctx, const struct unit *u)
{
	struct tap *t = ctx;

	calls_unit(t->call, u);
}

/* Sees bytes on their way, and leaves them as they are. */
static size_t look_on(struct pair_middle *m, bool to_server, uint8_t *p, size_t n, size_t max)
{
	struct tap *t = (struct tap *)m;
	enum way way = to_server ? WAY_TO_SERVER : WAY_TO_CLIENT;
	struct tls_data d = {.way = way, .bytes = {p, n}, .number = ++t->records[way]};

	(void)max;
	d.first.frame = ++t->frame;
	d.first.ns = START_NS + t->pair->now * NS_MS;
	d.last = t->conn.last = d.first;
	units_data(t->units, &d);
	return n;
}

/* Notes that are policy: see doc/protocol-policies.md. Neither is more than a note. */
static bool is_policy(const char *id)
{
	static const char *const rows[] = {
		"S-4.1-04",     /* the reply has no Date: libsstp has no clock */
		"S-3.2.4.2-02", /* CALL_DISCONNECT ends PPP too, without LCP Terminate before */
		"S-5.3.3-02",   /* a method without keys was asked for */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i], id))
			return true;
	return false;
}

static void on_finding(void *ctx, const struct call *c, const struct finding *f)
{
	struct tap *t = ctx;
	size_t n = strlen(t->found);

	(void)c;
	if (f->rule != judge_verdict_rule() &&
	    (f->severity > SEVERITY_NOTE || !is_policy(f->rule->id)))
		snprintf(t->found + n, sizeof(t->found) - n, "%s %s: %s; ", f->rule->id,
			 call_who(f->way), f->text);
}

static void on_closed(void *ctx, struct call *c)
{
	struct tap *t = ctx;

	snprintf(t->verdict, sizeof(t->verdict), "%s: %s", severity_name(c->severity), c->verdict);
	t->mac = c->binding.mac_ok;
	t->key = c->binding.key;
}

static void begin(struct tap *t, struct pair *p, struct calls *k)
{
	t->middle.mutate = look_on;
	t->pair = p;
	t->facts.version = TLS_1_3;
	t->facts.has_cert_hash = true; /* of zeros, as the links' configurations say */
	t->conn.kind = FLOW_TLS;
	t->conn.tls = &t->facts;
	t->conn.peer[WAY_TO_CLIENT].port = 443;
	t->conn.first = t->conn.last = (struct origin){1, START_NS};
	t->call = calls_opened(k, &t->conn);
	t->units = units_new(take_unit, t);
}

/* Lets time pass for both, and both talk until they have nothing to say. */
static void talk(struct pair *p, struct tap *t, uint64_t ms)
{
	p->now += ms;
	sstp_link_tick(p->c.link, p->now);
	sstp_link_tick(p->s.link, p->now);
	pair_pump(p, PAIR_STAGES, &t->middle);
}

/* A whole call: up, echoes of both kinds, data, an end. */
static void make_call(struct pair *p, struct tap *t)
{
	uint8_t room[SSTP_HEADROOM + 28] = {[SSTP_HEADROOM] = 0x45};
	uint8_t *ip = room + SSTP_HEADROOM;

	pair_pump(p, PAIR_STAGES, &t->middle);
	ip[3] = 28;
	if (!sstp_link_send(p->c.link, ip, 28, p->now))
		look_on(&t->middle, true, room, sizeof(room), sizeof(room));
	sstp_link_ping(p->c.link, p->now);
	talk(p, t, 20);
	for (int i = 0; i < 3; i++)
		talk(p, t, 60000);
	sstp_link_close(p->c.link, SSTP_E_USER, p->now);
	talk(p, t, 20);
}

/* Runs a call by a method, and tells what was found. */
static void run(struct tap *t, enum sstp_auth method, bool wrong)
{
	struct calls_sink sink = {on_finding, on_closed};
	struct calls_config how = {.secrets = call_secrets_new()};
	char why[SECRETS_WHY];
	struct calls *k;
	struct pair p;

	memset(t, 0, sizeof(*t));
	call_secrets_password(how.secrets, "User:clientPass", why);
	k = calls_new(&how, &sink, t);
	pair_init(&p, method, wrong);
	begin(t, &p, k);
	make_call(&p, t);
	for (int w = 0; w < WAYS; w++) {
		units_end(t->units, (enum way)w);
		calls_finished(t->call, (enum way)w);
	}
	calls_closed(t->call, FLOW_END_FIN, WAY_TO_SERVER);
	units_free(t->units);
	calls_free(k);
	call_secrets_free(how.secrets);
	pair_fini(&p);
}

int main(void)
{
	static struct tap t;

	for (enum sstp_auth m = SSTP_AUTH_NONE + 1; m < SSTP_AUTHS; m++) {
		const char *name = sstp_auth_name(m);
		bool keys = m == SSTP_AUTH_MSCHAPV2 || m == SSTP_AUTH_EAP_MSCHAPV2;

		run(&t, m, false);
		ok(!t.found[0], name, "nothing but policies is found in our own call", t.found);
		ok(!strncmp(t.verdict, "note: the call was good; the client ended it", 44), name,
		   "the call was good", t.verdict);
		ok(t.mac == CHECK_OK && t.key == (keys ? CALL_KEY_PASSWORD : CALL_KEY_ZERO), name,
		   "the compound MAC is verified", t.verdict);
		run(&t, m, true);
		ok(strstr(t.verdict, "password of User is wrong") != NULL, name,
		   "a wrong password is named", t.verdict);
		ok(!t.found[0], name, "nor in the call that is refused", t.found);
	}
	printf("1..%u\n", tests);
	return failed != 0;
}
