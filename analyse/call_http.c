/* SPDX-License-Identifier: MIT */
/* Follows the HTTP exchange that opens a call (MS-SSTP 3.2.4.1). */
#include "analyse/call_follow.h"

#include "lib/http/head.h"
#include "lib/http/http.h"

#include <stdlib.h>

#define LINE_SHOWN 96 /* of a first line, in the ladder */

/* Adds a head to the ladder by its first line. */
static void step_line(struct call *c, const struct look *l)
{
	char *line = NULL;

	call_keep(&line, l->http.line, LINE_SHOWN);
	call_step(c, STEP_HTTP, l->way, l->unit->last, line);
	free(line);
}

static void on_request(struct call *c, const struct look *l)
{
	const struct look_http *h = &l->http;
	struct http parser;

	http_init(&parser, true, NULL);
	http_input(&parser, l->unit->bytes.p, l->unit->bytes.n);
	c->http.request = true;
	c->http.err = parser.err;
	c->http.sstpc = parser.sstpc;
	call_keep(&c->http.target, h->word[1], 256);
	if (h->hosts)
		call_keep(&c->http.host, h->host, 256);
	if (h->ids)
		call_keep(&c->http.id, h->id, HTTP_ID_MAX);
	call_begin(c, CALL_HTTP, l->unit->first);
}

static void on_reply(struct call *c, const struct look *l)
{
	const struct look_http *h = &l->http;
	struct http parser;

	http_init(&parser, false, NULL);
	http_input(&parser, l->unit->bytes.p, l->unit->bytes.n);
	if (parser.status == HTTP_MORE)
		return; /* class 1xx */
	c->http.reply = true;
	c->http.code = parser.code;
	c->http.is_1_1 = head_is_exactly(h->word[0], "HTTP/1.1");
	call_keep(&c->http.reason, h->rest, 128);
	if (h->server.n)
		call_keep(&c->http.server, h->server, 128);
	call_done(c, CALL_HTTP, l->unit->last);
}

void call_on_http(struct call *c, const struct look *l)
{
	if (l->http.request)
		on_request(c, l);
	else
		on_reply(c, l);
	step_line(c, l);
}

void call_on_proxy(struct call *c, const struct look *l)
{
	step_line(c, l);
}
