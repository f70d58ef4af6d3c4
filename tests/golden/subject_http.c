/* SPDX-License-Identifier: MIT */
/*
 * HTTP for golden tests. config: role=server|client host=NAME (client: its Host; server: the only
 * one taken) cookie=TEXT server=TEXT seed=OCTETS. Each head is logged when it is complete, then
 * what was found in it, and what is sent. The octets behind the head are counted at `close`.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/http/http.h"
#include "sstp/error.h"
#include "tests/golden/golden.h"

#define RING 16

struct subject {
	struct http http;
	struct drbg random;
	struct tracer trace;
	struct sstp_trace ring[RING];
	char host[256];
	char cookie[HTTP_COOKIE_MAX + 1];
	char server_header[64], date[64];
	uint8_t sent[2048];
	size_t sent_n;
	size_t rest;
	bool told;
	bool closed;
};

static void copy_arg(struct golden_args *a, const char *key, char *out, size_t size)
{
	const char *v = golden_arg(a, key);

	if (v)
		strncat(out, v, size - 1);
}

static const char *open_subject(void *self, struct golden_args *config)
{
	struct subject *s = self;
	const char *role = golden_arg(config, "role");
	char id[HTTP_ID_MAX + 1];
	uint8_t seed[32];
	struct wr w = wr_init(s->sent, sizeof(s->sent));

	if (!role || (strcmp(role, "server") != 0 && strcmp(role, "client") != 0))
		return "config role=server or role=client is needed";
	golden_octets(config, "seed", seed, sizeof(seed));
	drbg_init(&s->random, seed);
	tracer_init(&s->trace, s->ring, RING);
	copy_arg(config, "host", s->host, sizeof(s->host));
	copy_arg(config, "cookie", s->cookie, sizeof(s->cookie));
	copy_arg(config, "server", s->server_header, sizeof(s->server_header));
	copy_arg(config, "date", s->date, sizeof(s->date));
	if (!s->server_header[0])
		strcpy(s->server_header, "SSTP");
	http_init(&s->http, !strcmp(role, "server"), s->host[0] ? s->host : NULL);
	if (!s->http.server) {
		http_put_request(&w, s->host, s->cookie[0] ? s->cookie : NULL, &s->random, id);
		s->sent_n = w.bad ? 0 : wr_len(&w);
		http_trace(&s->trace, SSTP_TRACE_TX, s->sent, s->sent_n);
	}
	return NULL;
}

static void feed(void *self, uint8_t *p, size_t n, uint64_t now)
{
	struct subject *s = self;

	s->trace.now = now;
	s->rest += n - http_input(&s->http, p, n);
}

static const char *verb(void *self, const char *name, struct golden_args *args, uint64_t now)
{
	struct subject *s = self;

	(void)args;
	(void)now;
	if (strcmp(name, "close") != 0)
		return "http knows the verb close only";
	s->closed = true;
	return NULL;
}

static uint64_t deadline(void *self)
{
	(void)self;
	return UINT64_MAX;
}

static void tick(void *self, uint64_t now)
{
	(void)self;
	(void)now;
}

static void log_text(struct golden_log *log, const uint8_t *p, size_t n)
{
	struct rd r = rd_init(p, n);

	while (rd_left(&r)) {
		char line[1024];
		struct text t = text_init(line, sizeof(line));
		uint8_t c;

		do {
			c = rd_u8(&r);
			text_safe(&t, &c, 1);
		} while (c != '\n' && rd_left(&r));
		golden_line(log, "  > %s", line);
	}
}

static void tell(struct subject *s, struct golden_log *log)
{
	const struct http *h = &s->http;
	struct wr w = wr_init(s->sent, sizeof(s->sent));

	s->told = true;
	http_trace(&s->trace, SSTP_TRACE_RX, h->head + h->begin, h->taken - h->begin);
	golden_trace(log, &s->trace);
	golden_line(log, "%s code=%u%s%s taken=%zu", h->status == HTTP_DONE ? "done" : "error",
		    h->code, h->err ? " " : "", h->err ? sstp_err_name(h->err) : "", h->taken);
	if (h->correlation_id[0])
		golden_line(log, "correlation-id \"%s\"", h->correlation_id);
	if (h->cookie[0])
		golden_line(log, "cookie \"%s\"", h->cookie);
	if (h->message[0])
		golden_line(log, "message \"%s\"", h->message);
	if (h->sstpc)
		golden_line(log, "sstpc");
	if (h->server) {
		http_put_reply(h, &w, s->server_header, s->date);
		log_text(log, s->sent, wr_len(&w));
	}
}

static void drain(void *self, struct golden_log *log)
{
	struct subject *s = self;

	golden_trace(log, &s->trace);
	if (s->sent_n) {
		log_text(log, s->sent, s->sent_n);
		s->sent_n = 0;
	}
	if (s->http.status != HTTP_MORE && !s->told)
		tell(s, log);
	if (s->closed)
		golden_line(log, "%zu octets behind the head", s->rest);
	s->closed = false;
}

static void close_subject(void *self)
{
	(void)self;
}

const struct golden_subject golden_subject = {
	.name = "http",
	.size = sizeof(struct subject),
	.stream = true,
	.open = open_subject,
	.feed = feed,
	.verb = verb,
	.deadline = deadline,
	.tick = tick,
	.drain = drain,
	.close = close_subject,
};
