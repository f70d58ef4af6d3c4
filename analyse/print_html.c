/* SPDX-License-Identifier: MIT */
/*
 * --html: calls as one page that needs nothing but itself. The pictures are print_svg.c's.
 * Everything that comes from the capture goes through print_html_text(), and the page forbids
 * scripts and the network by its policy.
 */
#include "analyse/print_call.h"

#include "analyse/tls_suite.h"

#include <string.h>

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	"'unsafe-inline'\">\n"
	"<title>SSTP calls</title>\n"
	"<style>\n"
	"body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1000px;padding:0 1em;"
	"color:#1b1f24;background:#fff}\n"
	"section{border-top:3px solid #d0d7de;margin-top:2.5em;padding-top:.5em}\n"
	"h1{font-size:1.5em}h2{font-size:1.25em}h3{font-size:1em;margin:1.6em 0 .4em}\n"
	".verdict{padding:.6em .9em;border-left:6px solid}\n"
	".note{border-color:#2da44e;background:#eaf7ee}\n"
	".warning{border-color:#bf8700;background:#fff6dd}\n"
	".error{border-color:#cf222e;background:#ffebe9}\n"
	"table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;"
	"padding:.15em 1em .15em 0}\n"
	"th{font-weight:600;white-space:nowrap}\n"
	".findings td,.findings th{border-top:1px solid #d0d7de}\n"
	"svg{display:block;max-width:100%;height:auto;font:12px system-ui,sans-serif}\n"
	"svg line{shape-rendering:crispEdges}\n"
	"code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}\n"
	"@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}"
	"svg{background:#fff}.verdict{color:#1b1f24}}\n"
	"</style>\n"
	"</head>\n"
	"<body>\n"
	"<h1>SSTP calls</h1>\n";

void print_html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text, out);
			break;
		}
	}
}

void print_html_head(FILE *out)
{
	fputs(head, out);
}

void print_html_foot(FILE *out, uint32_t calls, uint64_t left_out)
{
	fprintf(out, "<p id=\"summary\">%u call%s in the capture", calls, calls == 1 ? "" : "s");
	if (left_out)
		fprintf(out, "; %llu of them are not drawn here", (unsigned long long)left_out);
	fputs(".</p>\n</body>\n</html>\n", out);
}

/* Writes a row of the table of facts; nothing when there is no value. */
static void put_row(FILE *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	fprintf(out, "<tr><th>%s</th><td>", name);
	print_html_text(out, value);
	fputs("</td></tr>\n", out);
}

static void put_tls(FILE *out, const struct call *c)
{
	const struct call_tls *t = &c->tls;
	char room[200];

	if (c->kind != FLOW_TLS) {
		put_row(out, "TLS", "none: behind a TLS terminator");
		return;
	}
	snprintf(room, sizeof(room), "%s, %s%s, %s",
		 t->version ? tls_version_name(t->version) : "version unknown",
		 t->suite ? t->suite : "cipher suite unknown", t->resumed ? ", resumed" : "",
		 call_opened_by_text(t->by));
	put_row(out, "TLS", room);
	put_row(out, "Server name", t->sni);
	if (!t->has_cert_hash)
		return;
	fputs("<tr><th>Certificate</th><td><code>sha256 ", out);
	for (size_t i = 0; i < sizeof(t->cert_sha256); i++)
		fprintf(out, "%02x", t->cert_sha256[i]);
	fputs("</code></td></tr>\n", out);
}

static void put_binding(FILE *out, const struct call *c)
{
	const struct call_binding *b = &c->binding;
	char room[400];

	if (!b->seen)
		return;
	snprintf(room, sizeof(room),
		 "hash protocol %s, nonce %s, certificate hash %s, compound MAC %s%s%s",
		 call_check_text(b->hash_ok), call_check_text(b->nonce_ok),
		 call_check_text(b->cert_ok), call_check_text(b->mac_ok), b->missing ? ": " : "",
		 b->missing ? b->missing : "");
	put_row(out, "Crypto binding", room);
}

static void put_addresses(FILE *out, const struct call *c)
{
	for (int w = 0; w < WAYS; w++) {
		uint8_t ip[4];
		char room[64];

		call_ip4(c, (enum way)w, ip);
		if (memcmp(ip, "\0\0\0", 4) == 0)
			continue;
		snprintf(room, sizeof(room), "%s %s", call_who((enum way)w), call_ip4_text(ip));
		put_row(out, "Inner address", room);
	}
}

static void put_facts(FILE *out, const struct call *c)
{
	char room[400];

	fputs("<table class=\"facts\">\n", out);
	snprintf(room, sizeof(room), "%s, for %s s, packets %llu to %llu",
		 call_time_text(c->first.ns), call_seconds_text(call_since(c, c->last.ns)),
		 (unsigned long long)c->first.frame, (unsigned long long)c->last.frame);
	put_row(out, "Time", room);
	put_tls(out, c);
	put_row(out, "Correlation id", c->http.id);
	if (call_auth_name(&c->auth)) {
		snprintf(room, sizeof(room), "%s%s%s", call_auth_name(&c->auth),
			 c->auth.user ? " of " : "", c->auth.user ? c->auth.user : "");
		put_row(out, "Authentication", room);
	}
	put_binding(out, c);
	put_addresses(out, c);
	for (int w = 0; w < WAYS; w++) {
		const struct call_traffic *t = &c->traffic[w];

		snprintf(room, sizeof(room), "%s: %llu SSTP packets, %llu IP packets of %llu bytes",
			 call_who((enum way)w), (unsigned long long)t->packets,
			 (unsigned long long)t->data, (unsigned long long)t->inner);
		put_row(out, w ? "" : "Traffic", room);
	}
	fputs("</table>\n", out);
}

static void put_findings(FILE *out, const struct call *c)
{
	fputs("<h3>Findings</h3>\n<table class=\"findings\">\n<tr><th>Severity</th><th>Row</th>"
	      "<th>Section</th><th>Packet</th><th>By</th><th>What</th></tr>\n",
	      out);
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct finding *f = &c->findings[i];

		if (f->rule == judge_verdict_rule())
			continue;
		fprintf(out, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%llu</td><td>%s</td><td>",
			severity_name(f->severity), f->rule->id, f->rule->section,
			(unsigned long long)f->at.frame, call_who(f->way));
		print_html_text(out, f->text ? f->text : "");
		if (f->count > 1)
			fprintf(out, " (%llu times)", (unsigned long long)f->count);
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

void print_html_call(FILE *out, const struct call *c)
{
	fprintf(out, "<section class=\"call\" id=\"call-%u\">\n<h2>Call %u: ", c->number,
		c->number);
	print_html_text(out, call_peer_text(&c->peer[WAY_TO_SERVER]));
	fputs(" to ", out);
	print_html_text(out, call_peer_text(&c->peer[WAY_TO_CLIENT]));
	fprintf(out, "</h2>\n<p class=\"verdict %s\">", severity_name(c->severity));
	print_html_text(out, c->verdict ? c->verdict : "");
	fputs("</p>\n", out);
	put_facts(out, c);
	fputs("<h3>Phases</h3>\n", out);
	print_svg_phases(out, c);
	if (c->plot && c->plot->width) {
		fputs("<h3>Throughput</h3>\n", out);
		print_svg_plot(out, c);
	}
	fputs("<h3>Ladder</h3>\n", out);
	print_svg_ladder(out, c);
	put_findings(out, c);
	fputs("</section>\n", out);
}
