/* SPDX-License-Identifier: MIT */
/*
 * Calls from decrypted bytes to everything that is printed of them. The input is a list of events:
 * an octet with the way (bit 0) and the kind (bits 1 to 3), two octets of length, octets. What
 * comes out must be bounded: findings, steps, and no text that a terminal or browser would take for
 * more than text.
 */
#include "analyse/calls.h"
#include "analyse/print_call.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum event { EVENT_DATA, EVENT_LOST, EVENT_ALERT, EVENT_FIN, EVENT_WAIT, EVENT_CLOSED, EVENTS };

struct feed {
	struct calls_conn *call;
	struct units *units;
	struct flow_conn conn;
	struct origin now;
	uint64_t records;
};

static void take_unit(void *ctx, const struct unit *u)
{
	struct feed *f = ctx;

	calls_unit(f->call, u);
}

/* Traps on what is no printable ASCII. */
static void check_text(const char *text)
{
	for (; text && *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			__builtin_trap();
}

static void on_closed(void *ctx, struct call *c)
{
	size_t steps = 0;
	FILE *out = ctx;

	check_text(c->verdict);
	for (const struct call_step *s; (s = call_step_at(c, steps)); steps++)
		check_text(s->text);
	for (size_t i = 0; i < c->n_findings; i++)
		check_text(c->findings[i].text);
	if (!c->verdict || steps > CALL_STEPS_HEAD + CALL_STEPS_TAIL ||
	    c->n_findings > JUDGE_FINDINGS)
		__builtin_trap();
	print_call(out, c);
	print_call_json(out, c);
	print_ladder(out, c);
	print_html_call(out, c);
	for (size_t i = 0; i < c->n_findings; i++)
		print_finding(out, c, &c->findings[i]);
}

static void one_event(struct feed *f, struct rd *in)
{
	uint8_t head = rd_u8(in);
	uint16_t n = rd_be16(in);
	enum way way = head & 1 ? WAY_TO_CLIENT : WAY_TO_SERVER;
	struct tls_data d = {.way = way, .number = ++f->records};
	struct note note = {.way = way, .text = "told by the input", .count = n};

	f->now.frame++;
	f->now.ns += 1000000;
	f->conn.last = note.at = d.first = d.last = f->now;
	switch (head >> 1 & 7) {
	case EVENT_LOST:
		note.kind = NOTE_HOLE;
		units_lost(f->units, way, n);
		calls_note(f->call, &note);
		break;
	case EVENT_ALERT:
		note.kind = NOTE_ALERT;
		calls_note(f->call, &note);
		break;
	case EVENT_FIN:
		calls_finished(f->call, way);
		break;
	case EVENT_WAIT:
		f->now.ns += (uint64_t)n * 1000000000u;
		break;
	case EVENT_CLOSED:
		note.kind = NOTE_CLOSED;
		calls_note(f->call, &note);
		break;
	default:
		d.bytes.n = n < rd_left(in) ? n : rd_left(in);
		d.bytes.p = rd_take(in, d.bytes.n);
		units_data(f->units, &d);
		break;
	}
}

static void run(struct calls *k, struct rd in)
{
	struct tls_facts facts = {.version = TLS_1_2, .has_cert_hash = true, .sni = "a"};
	uint8_t how = rd_u8(&in);
	struct feed f = {.now = {1, 1795357652000000000u}};

	f.conn.kind = how & 1 ? FLOW_PLAIN : FLOW_TLS;
	f.conn.middle = how >> 1 & 1;
	f.conn.tls = how & 1 ? NULL : &facts;
	f.conn.peer[0].version = f.conn.peer[1].version = how & 4 ? 6 : 4;
	f.conn.first = f.conn.last = f.now;
	f.call = calls_opened(k, &f.conn);
	f.units = units_new(take_unit, &f);
	if (!f.call || !f.units)
		abort();
	while (rd_left(&in))
		one_event(&f, &in);
	for (int w = 0; w < WAYS; w++)
		units_end(f.units, (enum way)w);
	calls_closed(f.call, (enum flow_end)(how >> 3 & 3), how >> 5 & 1);
	units_free(f.units);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct call_secrets *secrets;
	static FILE *out;
	struct calls_config how = {.plot = true};
	struct calls_sink sink = {.closed = on_closed};
	char why[SECRETS_WHY];
	struct calls *k;

	if (!out)
		out = fopen("/dev/null", "w");
	if (!secrets) {
		secrets = call_secrets_new();
		if (!secrets || call_secrets_password(secrets, "alice:wonder123", why))
			abort();
	}
	how.secrets = secrets;
	k = calls_new(&how, &sink, out);
	if (!k || !out)
		abort();
	run(k, rd_init(data, size));
	calls_free(k);
	return 0;
}
