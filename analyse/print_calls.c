/* SPDX-License-Identifier: MIT */
/* --calls: a call as a block of lines, each with a label; see print_call.h. */
#include "analyse/print_call.h"

#include "analyse/tls_suite.h"
#include "lib/base/text.h"
#include "lib/sstp/machine.h"

#include <string.h>

#define LABEL "  %-15s "

static void put_label(FILE *out, const char *label)
{
	fprintf(out, LABEL, label);
}

static void put_hex(FILE *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%02x", p[i]);
}

static void put_times(FILE *out, const struct call *c)
{
	put_label(out, "Time");
	fprintf(out, "%s, for %s s, packets %llu to %llu\n", call_time_text(c->first.ns),
		call_seconds_text(call_since(c, c->last.ns)), (unsigned long long)c->first.frame,
		(unsigned long long)c->last.frame);
}

static void put_tls(FILE *out, const struct call *c)
{
	const struct call_tls *t = &c->tls;

	put_label(out, "TLS");
	if (c->kind == FLOW_PLAIN) {
		fputs("none: behind a TLS terminator\n", out);
		return;
	}
	fprintf(out, "%s, %s%s, %s\n",
		t->version ? tls_version_name(t->version) : "version unknown",
		t->suite ? t->suite : "cipher suite unknown", t->resumed ? ", resumed" : "",
		call_opened_by_text(t->by));
	if (t->sni) {
		put_label(out, "Server name");
		fprintf(out, "%s\n", t->sni);
	}
	if (!t->has_cert_hash)
		return;
	put_label(out, "Certificate");
	fputs("sha256 ", out);
	put_hex(out, t->cert_sha256, sizeof(t->cert_sha256));
	fputs("\n", out);
	put_label(out, "");
	fputs("sha1 ", out);
	put_hex(out, t->cert_sha1, sizeof(t->cert_sha1));
	fputs("\n", out);
}

static void put_http(FILE *out, const struct call *c)
{
	const struct call_http *h = &c->http;

	if (h->request) {
		put_label(out, "HTTP request");
		fprintf(out, "%s%s%s%s%s\n", h->target ? h->target : "", h->host ? ", host " : "",
			h->host ? h->host : "", h->sstpc ? ", as sstpc sends it" : "",
			h->via_proxy ? ", through a proxy" : "");
	}
	if (h->reply) {
		put_label(out, "HTTP reply");
		fprintf(out, "%u %s%s%s\n", h->code, h->reason ? h->reason : "",
			h->server ? ", from " : "", h->server ? h->server : "");
	}
	if (h->id) {
		put_label(out, "Correlation id");
		fprintf(out, "%s\n", h->id);
	}
}

static void put_phases(FILE *out, const struct call *c)
{
	const char *label = "Phases";

	for (int p = 0; p < CALL_PHASES; p++) {
		const struct call_span *s = &c->phase[p];

		if (!s->begin.frame)
			continue;
		put_label(out, label);
		label = "";
		fprintf(out, "%-15s from %s s", call_phase_name((enum call_phase)p),
			call_seconds_text(call_since(c, s->begin.ns)));
		if (s->end.frame)
			fprintf(out, ", for %s s, packets %llu to %llu\n",
				call_seconds_text(s->end.ns > s->begin.ns ? s->end.ns - s->begin.ns
									  : 0),
				(unsigned long long)s->begin.frame,
				(unsigned long long)s->end.frame);
		else
			fprintf(out, ", not done, packet %llu\n",
				(unsigned long long)s->begin.frame);
	}
}

/* A control protocol: what each side got, or why it got nothing. */
static void put_cp(FILE *out, const struct call *c, enum call_cp_id id, const char *name)
{
	const struct call_cp *k = &c->cp[id];
	const char *label = name;

	for (int w = 0; w < WAYS; w++) {
		const char *options = call_options_text(c, id, (enum way)w);

		if (!k->requests[w])
			continue;
		put_label(out, label);
		label = "";
		fprintf(out, "%s:%s\n", call_who((enum way)w),
			k->refused[w]  ? " refused by Protocol-Reject"
			: !k->acked[w] ? " no agreement"
			: *options     ? options
				       : " no options");
	}
}

static void put_auth(FILE *out, const struct call *c)
{
	static const char *const results[] = {"was not begun", "is not finished", "succeeded",
					      "FAILED"};
	const struct call_auth *a = &c->auth;
	const char *name = call_auth_name(a);

	if (!name && a->result == CALL_NOT_BEGUN)
		return;
	put_label(out, "Authentication");
	fprintf(out, "%s%s%s %s", name ? name : "unknown method", a->user ? " of " : "",
		a->user ? a->user : "", results[a->result]);
	if (a->error)
		fprintf(out, ", error %u", a->error);
	if (a->words[0])
		fprintf(out, ", \"%s\"", a->words);
	fputs("\n", out);
}

static void put_binding(FILE *out, const struct call *c)
{
	const struct call_binding *b = &c->binding;

	if (!b->seen)
		return;
	put_label(out, "Crypto binding");
	fprintf(out, "%s (%s), nonce %s, certificate hash %s, compound MAC %s",
		b->hash == SSTP_HASH_SHA1     ? "sha1"
		: b->hash == SSTP_HASH_SHA256 ? "sha256"
					      : "unknown hash",
		call_check_text(b->hash_ok), call_check_text(b->nonce_ok),
		call_check_text(b->cert_ok), call_check_text(b->mac_ok));
	if (b->missing)
		fprintf(out, ": %s", b->missing);
	else if (b->key)
		fprintf(out, " (%s)", call_key_text(b->key));
	fputs("\n", out);
}

static void put_addresses(FILE *out, const struct call *c)
{
	static const char *const servers[] = {"DNS", "DNS", "WINS", "WINS"};
	const char *label = "Addresses";

	for (int w = 0; w < WAYS; w++) {
		enum way side = (enum way)w;
		uint8_t ip[4];
		uint8_t id[8];

		call_ip4(c, side, ip);
		if (memcmp(ip, "\0\0\0", 4) != 0) {
			put_label(out, label);
			label = "";
			fprintf(out, "%s %s\n", call_who(side), call_ip4_text(ip));
		}
		if (call_ip6_id(c, side, id)) {
			put_label(out, label);
			label = "";
			fprintf(out, "%s %s\n", call_who(side), call_ip6_id_text(id));
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		uint8_t ip[4];

		if (!call_name_server(c, i, ip))
			continue;
		put_label(out, label);
		label = "";
		fprintf(out, "%s %s\n", servers[i], call_ip4_text(ip));
	}
}

static void put_traffic(FILE *out, const struct call *c)
{
	for (int w = 0; w < WAYS; w++) {
		const struct call_traffic *t = &c->traffic[w];

		put_label(out, w ? "" : "Traffic");
		fprintf(out, "%s %llu SSTP packets of %llu bytes, with %llu IP packets of %llu\n",
			call_who((enum way)w), (unsigned long long)t->packets,
			(unsigned long long)t->bytes, (unsigned long long)t->data,
			(unsigned long long)t->inner);
	}
}

static void put_echoes(FILE *out, const struct call *c)
{
	static const char *const kinds[CALL_ECHOES] = {"SSTP", "LCP"};
	const char *label = "Echoes";

	for (int k = 0; k < CALL_ECHOES; k++)
		for (int w = 0; w < WAYS; w++) {
			const struct call_echo *e = &c->echo[k][w];

			if (!e->asked)
				continue;
			put_label(out, label);
			label = "";
			fprintf(out, "%s: the %s asked %llu times, %llu answers", kinds[k],
				call_who((enum way)w), (unsigned long long)e->asked,
				(unsigned long long)e->answered);
			if (e->answered)
				fprintf(out, ", round trip %.3f to %.3f ms, mean %.3f",
					(double)e->least / 1e6, (double)e->most / 1e6,
					(double)e->sum / (double)e->answered / 1e6);
			fputs("\n", out);
		}
}

static void put_end(FILE *out, const struct call *c)
{
	static const char *const hows[] = {"both sides closed the connection", "was reset",
					   "its addresses were used anew", "was let go",
					   "the capture ended"};
	const struct call_end *e = &c->end;

	put_label(out, "End");
	if (e->how == FLOW_END_RESET)
		fprintf(out, "the %s reset the connection", call_who(e->reset_by));
	else
		fputs(hows[e->how], out);
	for (int w = 0; w < WAYS; w++) {
		const char *who = call_who((enum way)w);

		if (e->aborted[w])
			fprintf(out, "; CALL_ABORT by the %s in packet %llu", who,
				(unsigned long long)e->abort_at[w].frame);
		if (e->disconnected[w])
			fprintf(out, "; CALL_DISCONNECT by the %s in packet %llu", who,
				(unsigned long long)e->disconnect_at[w].frame);
		if (c->cp[CALL_CP_LCP].terminated[w])
			fprintf(out, "; LCP Terminate-Request by the %s", who);
	}
	fprintf(out, "; states: client %s, server %s\n",
		sstp_state_name(c->machine.side[WAY_TO_SERVER].state),
		sstp_state_name(c->machine.side[WAY_TO_CLIENT].state));
}

static void put_findings(FILE *out, const struct call *c)
{
	const char *label = "Findings";

	for (size_t i = 0; i < c->n_findings; i++) {
		const struct finding *f = &c->findings[i];

		if (f->rule == judge_verdict_rule())
			continue;
		put_label(out, label);
		label = "";
		fprintf(out, "%s %s (%s, %s) packet %llu", severity_name(f->severity), f->rule->id,
			rule_level_name(f->rule->level), f->rule->section,
			(unsigned long long)f->at.frame);
		if (f->count > 1)
			fprintf(out, " and %llu more", (unsigned long long)f->count - 1);
		fprintf(out, ": %s\n", f->text ? f->text : "");
	}
}

void print_call(FILE *out, const struct call *c)
{
	if (c->number)
		fprintf(out, "Call %u", c->number);
	else
		fputs("Unread connection", out);
	fprintf(out, "  %s -> %s  tcp.stream %u\n", call_peer_text(&c->peer[WAY_TO_SERVER]),
		call_peer_text(&c->peer[WAY_TO_CLIENT]), c->stream);
	put_label(out, "Verdict");
	fprintf(out, "%s: %s\n", severity_name(c->severity), c->verdict ? c->verdict : "");
	put_times(out, c);
	put_tls(out, c);
	if (c->number) {
		put_http(out, c);
		put_phases(out, c);
		put_cp(out, c, CALL_CP_LCP, "LCP");
		put_auth(out, c);
		put_binding(out, c);
		put_cp(out, c, CALL_CP_IPCP, "IPCP");
		put_cp(out, c, CALL_CP_IPV6CP, "IPV6CP");
		put_cp(out, c, CALL_CP_CCP, "CCP");
		put_addresses(out, c);
		put_traffic(out, c);
		put_echoes(out, c);
		put_end(out, c);
		put_findings(out, c);
	}
	fputs("\n", out);
}
