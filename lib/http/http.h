/* SPDX-License-Identifier: MIT */
/*
 * The HTTP exchange that opens an SSTP connection (MS-SSTP 3.2.4.1, 4.1): SSTP_DUPLEX_POST and its
 * reply, both roles. Takes bytes in any pieces and stops exactly behind the head: what follows is
 * SSTP. Not an HTTP library: a request that is not SSTP's gets an error reply and no more.
 */
#ifndef LIB_HTTP_HTTP_H
#define LIB_HTTP_HTTP_H

#include "lib/base/cursor.h"
#include "lib/base/drbg.h"
#include "lib/base/tracer.h"

#define HTTP_HEAD_MAX    4096 /* bytes of a head, first line and empty line included */
#define HTTP_LINE_MAX    2048 /* bytes of one line */
#define HTTP_HEADERS_MAX 32   /* header lines */
#define HTTP_COOKIE_MAX  512
#define HTTP_ID_MAX      63 /* SSTPCORRELATIONID kept, printable */

enum http_status {
	HTTP_MORE,  /* the head is not complete */
	HTTP_DONE,  /* server: SSTP's request, reply is due; client: 200 received */
	HTTP_ERROR, /* http->err; server: http_put_reply() writes the error reply, then close */
};

struct http {
	bool server;
	const char *host_match; /* server: NULL takes any Host */
	enum http_status status;
	int err;       /* SSTP_E_HTTP_* */
	uint16_t code; /* server: HTTP status to answer; client: status received */
	size_t taken;  /* bytes of the head taken so far */
	size_t begin;  /* where the head begins: behind an empty line, or a reply of class 1xx */
	size_t line;   /* where the line at hand begins */
	/* the head as far as received */
	char head[HTTP_HEAD_MAX];
	/* found in it */
	char correlation_id[HTTP_ID_MAX + 1];
	char cookie[HTTP_COOKIE_MAX + 1];
	char message[64]; /* client: the reason phrase, printable */
	uint8_t headers;  /* header lines seen */
	bool is_head;     /* server: the method is HEAD, its reply has no body */
	bool sstpc; /* the head has sstpc's habits: order Host, Content-Length, SSTPCORRELATIONID,
		       broken GUID */
};

/*
 * Makes an object that waits for a request (server) or a reply (client).
 *
 * The server is tolerant (doc/protocol-policies.md): an empty line before the request, lines that
 * end in LF alone, folded values, the path in any case, percent-encoded, without its last slash or
 * with a query, no Host or any, any Content-Length or none. What it refuses, it refuses with:
 *
 *   400 the first line or a header line is malformed, a control byte, two cookies; Host missing or
 *       twice while host_match is set
 *   404 the path is not SSTP's             405 the method is not SSTP_DUPLEX_POST
 *   414 the request line is over HTTP_LINE_MAX
 *   421 the Host is not host_match         431 a header line or the head is too large
 *   501 a Transfer-Encoding                505 the version is not HTTP/1.1
 *
 * The owner may set code to 408 or 503 and status to HTTP_ERROR for reasons of its own.
 *
 * The client is strict: HTTP/1.1, status 200 with any reason, CR LF, nothing folded, and
 * Content-Length, if there is one, 18446744073709551615. Replies of class 1xx but 101 are passed
 * over.
 */
void http_init(struct http *h, bool server, const char *host_match);
/* Takes bytes up to the end of the head, never more; returns how many. Once not HTTP_MORE it takes
 * none. */
size_t http_input(struct http *h, const uint8_t *p, size_t n);
/*
 * Writes the client's request. cookie may be NULL. The correlation id is a new GUID from random,
 * with braces. A host or cookie with bytes that would break the head makes w bad.
 */
void http_put_request(struct wr *w, const char *host, const char *cookie, struct drbg *random,
		      char correlation_id[HTTP_ID_MAX + 1]);
/*
 * Writes the server's reply to what http_input() found: 200, or the error with "Connection: close"
 * and a short body. At most five headers, in one unit. date is now in the form of RFC 9110 5.6.7;
 * "" leaves the Date header out, as a server without a clock does.
 */
void http_put_reply(const struct http *h, struct wr *w, const char *server_header,
		    const char *date);
/*
 * Records a head (or its beginning) with the values of Cookie, Set-Cookie, Authorization and
 * Proxy-Authorization cut out.
 */
void http_trace(struct tracer *t, enum sstp_trace_kind kind, const void *head, size_t n);
/*
 * Writes a head, or its beginning, in words: the first line, then each header as `name="value"`
 * with the name in lower case. The values that http_trace() cuts out are cut out here as well.
 */
struct text;
void http_show(struct text *t, struct rd head);

#endif
