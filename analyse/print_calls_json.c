/* SPDX-License-Identifier: MIT */
/* --calls -T json: a call as one JSON object on one line; see print_call.h. Times are in seconds.
 */
#include "analyse/print_call.h"

#include "analyse/tls_suite.h"
#include "lib/base/text.h"
#include "lib/sstp/machine.h"

#include <inttypes.h>
#include <string.h>

/* Writes objects member by member; `first` says whether a comma is due. */
struct json {
	FILE *out;
	bool first;
};

static void put_string(FILE *out, const char *s)
{
	char room[2048];
	struct text t = text_init(room, sizeof(room));

	text_json(&t, (const uint8_t *)s, strlen(s));
	fputs(room, out);
}

static void key(struct json *j, const char *name)
{
	if (!j->first)
		fputc(',', j->out);
	j->first = false;
	fprintf(j->out, "\"%s\":", name);
}

static void open_with(struct json *j, const char *name, char with)
{
	if (name)
		key(j, name);
	else if (!j->first)
		fputc(',', j->out);
	fputc(with, j->out);
	j->first = true;
}

static void close_with(struct json *j, char with)
{
	fputc(with, j->out);
	j->first = false;
}

/* A member that is left out when it is not known. */
static void put_text(struct json *j, const char *name, const char *value)
{
	if (!value)
		return;
	key(j, name);
	put_string(j->out, value);
}

static void put_number(struct json *j, const char *name, uint64_t value)
{
	key(j, name);
	fprintf(j->out, "%" PRIu64, value);
}

static void put_bool(struct json *j, const char *name, bool value)
{
	key(j, name);
	fputs(value ? "true" : "false", j->out);
}

static void put_seconds(struct json *j, const char *name, uint64_t ns)
{
	key(j, name);
	fputs(call_seconds_text(ns), j->out);
}

static void put_hex(struct json *j, const char *name, const uint8_t *p, size_t n)
{
	key(j, name);
	fputc('"', j->out);
	for (size_t i = 0; i < n; i++)
		fprintf(j->out, "%02x", p[i]);
	fputc('"', j->out);
}

static void put_tls(struct json *j, const struct call *c)
{
	const struct call_tls *t = &c->tls;

	if (c->kind != FLOW_TLS)
		return;
	open_with(j, "tls", '{');
	if (t->version)
		put_text(j, "version", tls_version_name(t->version));
	put_text(j, "cipher", t->suite);
	put_text(j, "server_name", t->sni);
	put_text(j, "opened", call_opened_by_text(t->by));
	put_bool(j, "resumed", t->resumed);
	if (t->has_cert_hash) {
		put_hex(j, "certificate_sha256", t->cert_sha256, sizeof(t->cert_sha256));
		put_hex(j, "certificate_sha1", t->cert_sha1, sizeof(t->cert_sha1));
	}
	close_with(j, '}');
}

static void put_http(struct json *j, const struct call *c)
{
	const struct call_http *h = &c->http;

	open_with(j, "http", '{');
	put_text(j, "target", h->target);
	put_text(j, "host", h->host);
	put_text(j, "correlation_id", h->id);
	put_bool(j, "sstpc", h->sstpc);
	if (h->reply) {
		put_number(j, "status", h->code);
		put_text(j, "reason", h->reason);
		put_text(j, "server", h->server);
	}
	close_with(j, '}');
}

static void put_phases(struct json *j, const struct call *c)
{
	open_with(j, "phases", '[');
	for (int p = 0; p < CALL_PHASES; p++) {
		const struct call_span *s = &c->phase[p];

		if (!s->begin.frame)
			continue;
		open_with(j, NULL, '{');
		put_text(j, "name", call_phase_name((enum call_phase)p));
		put_seconds(j, "begin", call_since(c, s->begin.ns));
		put_number(j, "begin_packet", s->begin.frame);
		if (s->end.frame) {
			put_seconds(j, "end", call_since(c, s->end.ns));
			put_number(j, "end_packet", s->end.frame);
		}
		close_with(j, '}');
	}
	close_with(j, ']');
}

static void put_ppp(struct json *j, const struct call *c)
{
	static const char *const names[CALL_CPS] = {"lcp", "ipcp", "ipv6cp", "ccp"};

	open_with(j, "ppp", '{');
	for (int p = 0; p < CALL_CPS; p++) {
		const struct call_cp *k = &c->cp[p];

		if (!k->requests[0] && !k->requests[1])
			continue;
		open_with(j, names[p], '{');
		put_bool(j, "open", k->open);
		for (int w = 0; w < WAYS; w++) {
			const char *options = call_options_text(c, (enum call_cp_id)p, (enum way)w);

			if (k->acked[w])
				put_text(j, call_who((enum way)w), *options ? options + 1 : "");
		}
		close_with(j, '}');
	}
	close_with(j, '}');
}

static void put_auth(struct json *j, const struct call *c)
{
	static const char *const results[] = {"not begun", "running", "succeeded", "failed"};
	const struct call_auth *a = &c->auth;

	open_with(j, "authentication", '{');
	put_text(j, "method", call_auth_name(a));
	put_text(j, "user", a->user);
	put_text(j, "result", results[a->result]);
	if (a->error)
		put_number(j, "error", a->error);
	if (a->words[0])
		put_text(j, "message", a->words);
	close_with(j, '}');
}

static void put_binding(struct json *j, const struct call *c)
{
	const struct call_binding *b = &c->binding;

	if (!b->seen)
		return;
	open_with(j, "crypto_binding", '{');
	put_number(j, "packet", b->at.frame);
	put_number(j, "hash_protocol", b->hash);
	put_text(j, "hash", call_check_text(b->hash_ok));
	put_text(j, "nonce", call_check_text(b->nonce_ok));
	put_text(j, "certificate_hash", call_check_text(b->cert_ok));
	put_text(j, "compound_mac", call_check_text(b->mac_ok));
	put_text(j, "key", call_key_text(b->key));
	put_text(j, "missing", b->missing);
	close_with(j, '}');
}

static void put_addresses(struct json *j, const struct call *c)
{
	open_with(j, "addresses", '{');
	for (int w = 0; w < WAYS; w++) {
		uint8_t ip[4];
		uint8_t id[8];

		call_ip4(c, (enum way)w, ip);
		if (memcmp(ip, "\0\0\0", 4) != 0)
			put_text(j, w ? "server_ip4" : "client_ip4", call_ip4_text(ip));
		if (call_ip6_id(c, (enum way)w, id))
			put_text(j, w ? "server_ip6" : "client_ip6", call_ip6_id_text(id));
	}
	for (unsigned i = 0; i < 4; i++) {
		static const char *const names[] = {"dns1", "dns2", "wins1", "wins2"};
		uint8_t ip[4];

		if (call_name_server(c, i, ip))
			put_text(j, names[i], call_ip4_text(ip));
	}
	close_with(j, '}');
}

static void put_echo(struct json *j, const char *name, const struct call_echo *e)
{
	if (!e->asked)
		return;
	open_with(j, name, '{');
	put_number(j, "asked", e->asked);
	put_number(j, "answered", e->answered);
	if (e->answered) {
		put_seconds(j, "least", e->least);
		put_seconds(j, "mean", e->sum / e->answered);
		put_seconds(j, "most", e->most);
	}
	close_with(j, '}');
}

static void put_ways(struct json *j, const struct call *c)
{
	for (int w = 0; w < WAYS; w++) {
		const struct call_traffic *t = &c->traffic[w];

		open_with(j, call_who((enum way)w), '{');
		put_text(j, "address", call_peer_text(&c->peer[w]));
		put_text(j, "state", sstp_state_name(c->machine.side[w].state));
		put_number(j, "packets", t->packets);
		put_number(j, "bytes", t->bytes);
		put_number(j, "ip_packets", t->data);
		put_number(j, "ip_bytes", t->inner);
		put_number(j, "lost_bytes", c->lost[w]);
		put_echo(j, "sstp_echo", &c->echo[CALL_ECHO_SSTP][w]);
		put_echo(j, "lcp_echo", &c->echo[CALL_ECHO_LCP][w]);
		put_text(j, "unreadable", c->closed[w]);
		close_with(j, '}');
	}
}

static void put_findings(struct json *j, const struct call *c)
{
	open_with(j, "findings", '[');
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct finding *f = &c->findings[i];

		if (f->rule == judge_verdict_rule())
			continue;
		open_with(j, NULL, '{');
		put_text(j, "id", f->rule->id);
		put_text(j, "section", f->rule->section);
		put_text(j, "level", rule_level_name(f->rule->level));
		put_text(j, "severity", severity_name(f->severity));
		put_text(j, "side", call_who(f->way));
		put_number(j, "packet", f->at.frame);
		put_number(j, "count", f->count);
		put_text(j, "text", f->text ? f->text : "");
		close_with(j, '}');
	}
	close_with(j, ']');
}

void print_call_json(FILE *out, const struct call *c)
{
	static const char *const hows[] = {"closed", "reset", "reused", "evicted", "capture"};
	struct json j = {out, true};

	open_with(&j, NULL, '{');
	put_number(&j, "call", c->number);
	put_number(&j, "tcp_stream", c->stream);
	put_text(&j, "severity", severity_name(c->severity));
	put_text(&j, "verdict", c->verdict ? c->verdict : "");
	put_text(&j, "time", call_time_text(c->first.ns));
	put_seconds(&j, "duration", call_since(c, c->last.ns));
	put_number(&j, "first_packet", c->first.frame);
	put_number(&j, "last_packet", c->last.frame);
	put_text(&j, "end", hows[c->end.how]);
	put_tls(&j, c);
	put_http(&j, c);
	put_phases(&j, c);
	put_ppp(&j, c);
	put_auth(&j, c);
	put_binding(&j, c);
	put_addresses(&j, c);
	put_ways(&j, c);
	put_findings(&j, c);
	close_with(&j, '}');
	fputc('\n', out);
}
