/* SPDX-License-Identifier: MIT */
/* Writes the two heads of the exchange, and shows heads in words; see http.h. Parses none. */
#include "lib/http/http.h"

#include "lib/base/text.h"
#include "lib/http/head.h"

static void put(struct wr *w, const char *s)
{
	wr_bytes(w, s, text_size(s));
}

/* Writes a value of the caller's; makes w bad when it would break the head. */
static void put_value(struct wr *w, const char *s)
{
	for (const char *c = s; *c; c++)
		if ((uint8_t)*c < 0x20 || *c == 0x7f)
			w->bad = true;
	put(w, s);
}

static void put_header(struct wr *w, const char *name, const char *value)
{
	put(w, name);
	put(w, ": ");
	put_value(w, value);
	put(w, "\r\n");
}

/* Writes a random GUID (RFC 9562 5.4) in the form of MS-DTYP 2.3.4.3. */
static void make_guid(struct drbg *random, char out[HTTP_ID_MAX + 1])
{
	static const char digits[] = "0123456789ABCDEF";
	static const char form[] = "{xxxxxxxx-xxxx-4xxx-Vxxx-xxxxxxxxxxxx}";

	for (size_t i = 0; i < sizeof(form); i++) {
		uint32_t r = form[i] == 'x' || form[i] == 'V' ? drbg_u32(random) : 0;

		out[i] = form[i];
		if (form[i] == 'x')
			out[i] = digits[r & 15];
		else if (form[i] == 'V')
			out[i] = digits[8 | (r & 3)];
	}
}

void http_put_request(struct wr *w, const char *host, const char *cookie, struct drbg *random,
		      char correlation_id[HTTP_ID_MAX + 1])
{
	make_guid(random, correlation_id);
	put(w, "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n");
	put_header(w, "Content-Length", "18446744073709551615");
	put_header(w, "Host", host);
	put_header(w, "SSTPCORRELATIONID", correlation_id);
	if (cookie)
		put_header(w, "Cookie", cookie);
	put(w, "\r\n");
}

/* The error replies: status, reason (RFC 9110 15), and a body for people. */
static const struct {
	uint16_t code;
	const char *reason;
	const char *body;
} replies[] = {
	{400, "Bad Request", "The request is malformed.\n"},
	{404, "Not Found", "There is nothing here.\n"},
	{405, "Method Not Allowed", "This is an SSTP server; it takes SSTP_DUPLEX_POST only.\n"},
	{408, "Request Timeout", "The request did not come in time.\n"},
	{414, "URI Too Long", "The request line is too long.\n"},
	{421, "Misdirected Request", "This server does not serve that host name.\n"},
	{431, "Request Header Fields Too Large", "The request's headers are too large.\n"},
	{501, "Not Implemented", "The request's transfer coding is not supported.\n"},
	{503, "Service Unavailable", "No more connections are taken now.\n"},
	{505, "HTTP Version Not Supported", "This server speaks HTTP/1.1 only.\n"},
};
#define REPLIES (sizeof(replies) / sizeof(replies[0]))

static void put_error(const struct http *h, struct wr *w, const char *server_header,
		      const char *date)
{
	char number[24];
	struct text t = text_init(number, sizeof(number));
	size_t i = REPLIES - 1;

	while (i && replies[i].code != h->code)
		i--;
	text_dec(&t, replies[i].code);
	put(w, "HTTP/1.1 ");
	put(w, number);
	put(w, " ");
	put(w, replies[i].reason);
	put(w, "\r\n");
	if (replies[i].code == 405) /* in the place of Server, for there are five at most */
		put_header(w, "Allow", "SSTP_DUPLEX_POST");
	else
		put_header(w, "Server", server_header);
	if (*date)
		put_header(w, "Date", date);
	put_header(w, "Content-Type", "text/plain");
	t = text_init(number, sizeof(number));
	text_dec(&t, text_size(replies[i].body));
	put_header(w, "Content-Length", number);
	put_header(w, "Connection", "close");
	put(w, "\r\n");
	if (!h->is_head)
		put(w, replies[i].body);
}

void http_put_reply(const struct http *h, struct wr *w, const char *server_header, const char *date)
{
	if (h->code != 200) {
		put_error(h, w, server_header, date);
		return;
	}
	put(w, "HTTP/1.1 200 OK\r\n");
	put_header(w, "Content-Length", "18446744073709551615");
	put_header(w, "Server", server_header);
	if (*date)
		put_header(w, "Date", date);
	put(w, "\r\n");
}

static bool is_secret(struct view name)
{
	return head_is(name, "cookie") || head_is(name, "set-cookie") ||
	       head_is(name, "authorization") || head_is(name, "proxy-authorization");
}

/* Overwrites the bytes [from, to) of a copy of a head, line ends excepted. */
static void cut_out(uint8_t *from, const uint8_t *to)
{
	for (; from < to; from++)
		if (*from != '\r' && *from != '\n')
			*from = '*';
}

void http_trace(struct tracer *t, enum sstp_trace_kind kind, const void *head, size_t n)
{
	uint8_t copy[HTTP_HEAD_MAX];
	struct rd r;
	struct head_field f;

	if (!t->ring)
		return;
	if (n > sizeof(copy))
		n = sizeof(copy);
	memcpy(copy, head, n);
	r = rd_init(copy, n);
	head_line(&r);
	while (rd_left(&r)) {
		size_t from = n - rd_left(&r);

		/* A malformed line may be a secret one: all of it goes. */
		if (head_field(&r, &f) ? is_secret(f.name) : r.bad)
			cut_out(copy + from + (r.bad ? 0 : f.name.n + 1), r.p);
		r.bad = false;
	}
	trace_msg(t, kind, SSTP_LAYER_HTTP, copy, n);
}

void http_show(struct text *t, struct rd head)
{
	struct view first;
	struct head_field f;

	do
		first = head_line(&head);
	while (!first.n && rd_left(&head));
	text_safe(t, first.p, first.n);
	while (head_field(&head, &f)) {
		text_char(t, ' ');
		for (size_t i = 0; i < f.name.n; i++)
			text_char(t, (char)head_lower(f.name.p[i]));
		text_str(t, "=\"");
		if (is_secret(f.name))
			text_str(t, "***");
		else
			text_safe(t, f.value.p, f.value.n);
		text_char(t, '"');
	}
	if (head.bad && rd_left(&head))
		text_str(t, " (malformed header)");
}
