/* SPDX-License-Identifier: MIT */
/* HTTP heads, SSTP's own and those of other servers; lib/http cuts them, this shows. */
#include "analyse/dissect.h"
#include "lib/http/head.h"

#include <stdio.h>
#include <string.h>

/* Headers that have a field of their own. */
static const struct {
	const char *name;
	enum field_id id;
} headers[] = {
	{"Host", FIELD_HTTP_HOST},
	{"Content-Length", FIELD_HTTP_CONTENT_LENGTH_HEADER},
	{"Content-Type", FIELD_HTTP_CONTENT_TYPE},
	{"Transfer-Encoding", FIELD_HTTP_TRANSFER_ENCODING},
	{"Connection", FIELD_HTTP_CONNECTION},
	{"User-Agent", FIELD_HTTP_USER_AGENT},
	{"Server", FIELD_HTTP_SERVER},
	{"Date", FIELD_HTTP_DATE},
	{"Location", FIELD_HTTP_LOCATION},
	{"Authorization", FIELD_HTTP_AUTHORIZATION},
	{"WWW-Authenticate", FIELD_HTTP_WWW_AUTHENTICATE},
	{"Cookie", FIELD_HTTP_COOKIE},
	{"Set-Cookie", FIELD_HTTP_SET_COOKIE},
	{"Cache-Control", FIELD_HTTP_CACHE_CONTROL},
	{"Accept", FIELD_HTTP_ACCEPT},
	{"Last-Modified", FIELD_HTTP_LAST_MODIFIED},
	{"X-Forwarded-For", FIELD_HTTP_X_FORWARDED_FOR},
};

static uint32_t add_view(struct dissect *d, enum field_id id, struct view v)
{
	return field_add_bytes(&d->tree, id, dissect_at(d, v.p), v.n);
}

/* Reads a decimal number; false when it is something else or too large. */
static bool read_decimal(struct view v, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		unsigned digit = (unsigned)(v.p[i] - '0');

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return v.n > 0;
}

static void show_header(struct dissect *d, const struct head_field *f, struct view line,
			bool to_server)
{
	struct field_tree *t = &d->tree;
	enum field_id id = FIELD_HTTP_UNKNOWN_HEADER;
	struct view whole = f->value;
	uint32_t node;
	uint64_t n;

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (head_is(f->name, headers[i].name))
			id = headers[i].id;
	if (id == FIELD_HTTP_UNKNOWN_HEADER)
		whole = line;
	node = add_view(d, id, whole);
	field_label(t, node, "%.*s: %.*s", (int)f->name.n, (const char *)f->name.p, (int)f->value.n,
		    (const char *)f->value.p);
	field_open(t, node);
	/* SSTP's own, 2^64 - 1, is no length: Wireshark has no number for it either */
	if (id == FIELD_HTTP_CONTENT_LENGTH_HEADER && read_decimal(f->value, &n) && n != UINT64_MAX)
		field_flag(t,
			   field_add_uint(t, FIELD_HTTP_CONTENT_LENGTH, dissect_at(d, f->value.p),
					  f->value.n, n),
			   FIELD_GENERATED);
	node = add_view(d, to_server ? FIELD_HTTP_REQUEST_LINE : FIELD_HTTP_RESPONSE_LINE, line);
	field_flag(t, node, FIELD_HIDDEN);
	field_close(t);
}

/* Returns the target. */
static struct view show_request_line(struct dissect *d, struct view line)
{
	struct view target;

	add_view(d, FIELD_HTTP_REQUEST_METHOD, head_word(&line));
	target = head_word(&line);
	add_view(d, FIELD_HTTP_REQUEST_URI, target);
	add_view(d, FIELD_HTTP_REQUEST_VERSION, line);
	return target;
}

/* Adds the whole address that a request asks for. */
static void show_address(struct dissect *d, struct view host, struct view target)
{
	char text[1024];
	int n;

	if (!host.n || !field_wanted(&d->tree, FIELD_HTTP_REQUEST_FULL_URI))
		return;
	n = snprintf(text, sizeof(text), "%s://%.*s%.*s", d->encrypted ? "https" : "http",
		     (int)host.n, (const char *)host.p, (int)target.n, (const char *)target.p);
	if (n > 0 && (size_t)n < sizeof(text))
		field_flag(&d->tree, field_add_text(&d->tree, FIELD_HTTP_REQUEST_FULL_URI, text),
			   FIELD_GENERATED);
}

static void show_status_line(struct dissect *d, struct view line)
{
	struct view code;
	uint64_t n = 0;

	add_view(d, FIELD_HTTP_RESPONSE_VERSION, head_word(&line));
	code = head_word(&line);
	if (read_decimal(code, &n))
		field_add_uint(&d->tree, FIELD_HTTP_RESPONSE_CODE, dissect_at(d, code.p), code.n,
			       n & 0xffff);
	add_view(d, FIELD_HTTP_RESPONSE_PHRASE, line);
}

/* Returns what stands between two places, line ends included. */
static struct view between(const uint8_t *from, const uint8_t *to)
{
	return (struct view){from, (size_t)(to - from)};
}

void dissect_http(struct dissect *d, struct rd head, bool to_server)
{
	struct field_tree *t = &d->tree;
	struct rd r = head;
	struct head_field f;
	struct view first = head_line(&r);
	struct view host = {NULL, 0}, target = {NULL, 0};
	const uint8_t *at = r.p;
	uint32_t node;

	column_protocol(&d->column, "HTTP");
	column_safe(&d->column, first.p, first.n);
	column_text(&d->column, " ");
	field_open(t, dissect_protocol(d, FIELD_HTTP, &head, rd_left(&head)));
	node = field_add_bool(t, FIELD_HTTP_NOTIFICATION, dissect_at(d, first.p), first.n, true);
	field_flag(t, node, FIELD_HIDDEN);
	field_flag(t,
		   field_add_bool(t, to_server ? FIELD_HTTP_REQUEST : FIELD_HTTP_RESPONSE,
				  dissect_at(d, first.p), first.n, true),
		   FIELD_HIDDEN);
	if (to_server)
		target = show_request_line(d, first);
	else
		show_status_line(d, first);
	while (head_field(&r, &f)) {
		show_header(d, &f, between(at, r.p), to_server);
		if (to_server && head_is(f.name, "Host"))
			host = f.value;
		at = r.p;
	}
	if (r.bad)
		dissect_malformed(d, &(struct rd){at, head.end, false},
				  "a header line is malformed");
	show_address(d, host, target);
	field_close(t);
}

void dissect_body(struct dissect *d, struct rd body)
{
	if (d->column.wanted && d->column.text.p == d->column.begin) {
		column_protocol(&d->column, "HTTP");
		column_text(&d->column, "Continuation");
	}
	field_open(&d->tree, dissect_protocol(d, FIELD_HTTP, &body, rd_left(&body)));
	dissect_data(d, body);
	field_close(&d->tree);
}
