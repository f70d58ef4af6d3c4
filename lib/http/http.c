/* SPDX-License-Identifier: MIT */
/*
 * Takes an HTTP head byte by byte and judges it when it is whole; see http.h for what is taken and
 * what is refused. Writes nothing: http_put.c does.
 */
#include "lib/http/http.h"

#include "sstp/error.h"
#include "lib/base/text.h"
#include "lib/http/head.h"

#define SSTP_METHOD "SSTP_DUPLEX_POST"
#define SSTP_PATH   "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"
#define SSTP_LENGTH "18446744073709551615"

/* The first line of a request. */
struct request {
	struct view method, target;
	uint8_t major, minor;
};

/* The headers that mean something here. */
enum header {
	HEADER_HOST,
	HEADER_CONTENT_LENGTH,
	HEADER_CORRELATION_ID,
	HEADER_COOKIE,
	HEADER_TRANSFER_ENCODING,
	HEADERS
};

static const char *const header_names[HEADERS] = {
	"host", "content-length", "sstpcorrelationid", "cookie", "transfer-encoding",
};

/* What the headers say: how often each stands there, the first value of each, and the order. */
struct headers {
	unsigned count[HEADERS];
	struct view value[HEADERS];
	bool wrong_length;
	uint32_t order; /* one octet a header, known ones as 1 + enum header, others as 0xff */
};

void http_init(struct http *h, bool server, const char *host_match)
{
	memset(h, 0, sizeof(*h));
	h->server = server;
	h->host_match = host_match;
}

static void fail(struct http *h, uint16_t code, int err)
{
	h->status = HTTP_ERROR;
	h->err = err;
	if (h->server)
		h->code = code;
}

static struct rd read_head(const struct http *h)
{
	return rd_init(h->head + h->begin, h->taken - h->begin);
}

/* Reads "HTTP/1.1" and the like. */
static bool parse_version(struct view v, uint8_t *major, uint8_t *minor)
{
	struct rd r = rd_init(v.p, v.n);
	struct view name = {rd_take(&r, 5), 5};
	uint8_t a = rd_u8(&r);
	uint8_t dot = rd_u8(&r);
	uint8_t b = rd_u8(&r);

	if (r.bad || rd_left(&r) || !head_is_exactly(name, "HTTP/") || dot != '.' || a < '0' ||
	    a > '9' || b < '0' || b > '9')
		return false;
	*major = (uint8_t)(a - '0');
	*minor = (uint8_t)(b - '0');
	return true;
}

static bool parse_request_line(struct view line, struct request *out)
{
	out->method = head_word(&line);
	out->target = head_word(&line);
	return head_is_token(out->method) && out->target.n &&
	       parse_version(line, &out->major, &out->minor);
}

/* Takes one character of a path off r, a percent-encoded one (RFC 3986 2.1) decoded. */
static uint8_t take_path_char(struct rd *r)
{
	uint8_t c = rd_u8(r);
	int hi, lo;

	if (c != '%')
		return c;
	hi = head_hex(rd_u8(r));
	lo = head_hex(rd_u8(r));
	if (hi < 0 || lo < 0)
		r->bad = true;
	return r->bad ? 0 : (uint8_t)(hi << 4 | lo);
}

/* Returns whether the target of the request is SSTP's path, in absolute form (RFC 9112 3.2.2) or
 * not, with any query. */
static bool is_sstp_path(struct view target)
{
	static const char *const schemes[] = {"https://", "http://"};
	struct rd r = rd_init(target.p, target.n);
	const char *want = SSTP_PATH;

	for (size_t i = 0; i < 2; i++) {
		struct rd trial = r;
		size_t n = text_size(schemes[i]);
		struct view scheme = {rd_take(&trial, n), n};

		if (trial.bad || !head_is(scheme, schemes[i]))
			continue;
		while (rd_left(&trial) && *trial.p != '/')
			rd_u8(&trial);
		r = trial;
		break;
	}
	while (rd_left(&r) && *r.p != '?') {
		uint8_t c = take_path_char(&r);

		if (r.bad || !*want || head_lower(c) != head_lower((uint8_t)*want))
			return false;
		want++;
	}
	/* nmap's sstp-discover leaves the last slash out; Windows takes that. */
	return !*want || !want[1];
}

/* Returns v without a port and a last dot. */
static struct view host_name(struct view v)
{
	size_t i = v.n;

	while (i && v.p[i - 1] >= '0' && v.p[i - 1] <= '9')
		i--;
	if (i && v.p[i - 1] == ':' && (i == 1 || v.p[i - 2] == ']' || !memchr(v.p, ':', i - 1)))
		v.n = i - 1;
	if (v.n && v.p[v.n - 1] == '.')
		v.n--;
	return v;
}

/* Reads all headers behind the first line. Returns false when one is malformed. */
static bool parse_headers(const struct http *h, struct headers *out)
{
	struct rd r = read_head(h);
	struct head_field f;

	*out = (struct headers){0};
	head_line(&r);
	while (head_field(&r, &f)) {
		unsigned i = 0;

		while (i < HEADERS && !head_is(f.name, header_names[i]))
			i++;
		out->order = out->order << 8 | (i < HEADERS ? i + 1 : 0xff);
		if (i == HEADERS)
			continue;
		if (!out->count[i]++)
			out->value[i] = f.value;
		if (i == HEADER_CONTENT_LENGTH && !head_is_exactly(f.value, SSTP_LENGTH))
			out->wrong_length = true;
	}
	return !r.bad;
}

/* Copies a value, its folds made blanks; false when it is too long or not printable. */
static bool copy_value(struct view v, char *out, size_t size)
{
	out[0] = '\0';
	if (v.n >= size)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		bool fold = v.p[i] == '\r' || v.p[i] == '\n' || v.p[i] == '\t';

		if (!fold && (v.p[i] < 0x20 || v.p[i] > 0x7e)) {
			out[0] = '\0';
			return false;
		}
		out[i] = fold ? ' ' : (char)v.p[i];
	}
	out[v.n] = '\0';
	return true;
}

/*
 * Returns whether the id has the broken form of sstpc 1.0.18: four groups instead of five, of hex
 * digits without leading zeros beyond the fourth, second, second and fourth digit.
 */
static bool is_sstpc_id(struct view id)
{
	static const struct {
		uint8_t start;
		uint8_t least, most;
	} groups[] = {{'{', 4, 8}, {'-', 2, 4}, {'-', 2, 4}, {'-', 4, 8}};
	struct rd r = rd_init(id.p, id.n);

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		unsigned digits = 0;

		if (rd_u8(&r) != groups[i].start)
			return false;
		for (struct rd next = r; head_hex(rd_u8(&next)) >= 0; r = next)
			digits++;
		if (digits < groups[i].least || digits > groups[i].most)
			return false;
	}
	return rd_u8(&r) == '}' && !r.bad && rd_left(&r) == 0;
}

static bool is_sstpc(const struct headers *f)
{
	return f->order == ((HEADER_HOST + 1) << 16 | (HEADER_CONTENT_LENGTH + 1) << 8 |
			    (HEADER_CORRELATION_ID + 1)) &&
	       is_sstpc_id(f->value[HEADER_CORRELATION_ID]);
}

/* Checks method, path and version (MS-SSTP 4.1). Returns the status to answer. */
static uint16_t judge_request_line(const struct request *r, int *err)
{
	if (r->major != 1) {
		*err = SSTP_E_HTTP_VERSION;
		return 505;
	}
	if (!is_sstp_path(r->target)) {
		*err = SSTP_E_HTTP_URI;
		return 404;
	}
	if (!head_is_exactly(r->method, SSTP_METHOD)) {
		*err = SSTP_E_HTTP_METHOD;
		return 405;
	}
	if (r->minor != 1) {
		*err = SSTP_E_HTTP_VERSION;
		return 505;
	}
	return 200;
}

/* Checks the headers of a request. Returns the status to answer. */
static uint16_t judge_request_headers(const struct http *h, const struct headers *f, int *err)
{
	*err = SSTP_E_HTTP_HOST;
	if (h->host_match && f->count[HEADER_HOST] != 1)
		return 400;
	if (h->host_match && !head_is(host_name(f->value[HEADER_HOST]), h->host_match))
		return 421;
	*err = SSTP_E_HTTP_CODING;
	if (f->count[HEADER_TRANSFER_ENCODING])
		return 501;
	*err = SSTP_E_HTTP_SYNTAX;
	if (f->count[HEADER_COOKIE] > 1)
		return 400;
	*err = SSTP_OK;
	return 200;
}

/* Judges a whole request. */
static void end_request(struct http *h)
{
	struct rd r = read_head(h);
	struct request request;
	struct headers f;
	int err = SSTP_E_HTTP_SYNTAX;
	uint16_t code = 400;
	struct view id;

	if (parse_request_line(head_line(&r), &request) && parse_headers(h, &f)) {
		h->is_head = head_is_exactly(request.method, "HEAD");
		code = judge_request_line(&request, &err);
		if (code == 200)
			code = judge_request_headers(h, &f, &err);
	}
	if (code != 200) {
		fail(h, code, err);
		return;
	}
	id = f.value[HEADER_CORRELATION_ID];
	if (id.n > HTTP_ID_MAX)
		id.n = HTTP_ID_MAX;
	if (!copy_value(id, h->correlation_id, sizeof(h->correlation_id)))
		h->correlation_id[0] = '\0';
	if (f.value[HEADER_COOKIE].n > HTTP_COOKIE_MAX) {
		fail(h, 431, SSTP_E_HTTP_TOO_LARGE);
		return;
	}
	if (!copy_value(f.value[HEADER_COOKIE], h->cookie, sizeof(h->cookie))) {
		fail(h, 400, SSTP_E_HTTP_SYNTAX);
		return;
	}
	h->sstpc = is_sstpc(&f);
	h->code = 200;
	h->status = HTTP_DONE;
}

/* Reads a status line (RFC 9112 4); the reason may be missing, with or without its blank. */
static bool parse_status_line(struct http *h, struct view line, uint8_t *major, uint8_t *minor)
{
	struct view version = head_word(&line);
	struct view code = head_word(&line);
	struct text message = text_init(h->message, sizeof(h->message));
	uint16_t n = 0;

	if (!parse_version(version, major, minor) || code.n != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (code.p[i] < '0' || code.p[i] > '9')
			return false;
		n = (uint16_t)(n * 10 + code.p[i] - '0');
	}
	h->code = n;
	text_safe(&message, line.p, line.n);
	return n >= 100;
}

/* Judges a whole reply. */
static void end_reply(struct http *h)
{
	struct rd r = read_head(h);
	uint8_t major = 0, minor = 0;
	struct headers f;

	if (!parse_status_line(h, head_line(&r), &major, &minor) || !parse_headers(h, &f)) {
		fail(h, 0, SSTP_E_HTTP_SYNTAX);
	} else if (h->code == 101 || h->code > 200) {
		fail(h, 0, SSTP_E_HTTP_STATUS);
	} else if (major != 1 || minor != 1) {
		fail(h, 0, SSTP_E_HTTP_VERSION);
	} else if (h->code < 200) {
		h->begin = h->taken;
		h->headers = 0;
	} else if (f.wrong_length) {
		fail(h, 0, SSTP_E_HTTP_LENGTH);
	} else if (f.count[HEADER_TRANSFER_ENCODING]) {
		fail(h, 0, SSTP_E_HTTP_CODING);
	} else {
		h->status = HTTP_DONE;
	}
}

static bool is_first_line(struct http *h, struct view line)
{
	struct request request;
	uint8_t major, minor;

	return h->server ? parse_request_line(line, &request)
			 : parse_status_line(h, line, &major, &minor);
}

/* Looks at a line, head[line..taken) with its line end. */
static void end_line(struct http *h)
{
	struct rd r = rd_init(h->head + h->line, h->taken - h->line);
	struct view line = head_line(&r);
	bool first = h->line == h->begin;
	bool folded = line.n && (line.p[0] == ' ' || line.p[0] == '\t');

	if (!h->server && (h->taken < h->line + 2 || h->head[h->taken - 2] != '\r'))
		fail(h, 400, SSTP_E_HTTP_SYNTAX);
	else if (first && !line.n && h->server)
		h->begin = h->taken; /* RFC 9112 2.2 */
	else if (folded && (first || !h->headers || !h->server))
		fail(h, 400, SSTP_E_HTTP_SYNTAX);
	else if (first && !is_first_line(h, line))
		fail(h, 400, SSTP_E_HTTP_SYNTAX);
	else if (!first && line.n && ++h->headers > HTTP_HEADERS_MAX)
		fail(h, 431, SSTP_E_HTTP_TOO_LARGE);
	else if (!line.n && h->server)
		end_request(h);
	else if (!line.n)
		end_reply(h);
	h->line = h->taken;
}

/* Takes one byte of the head. */
static void take_byte(struct http *h, uint8_t b)
{
	bool after_cr = h->taken > h->line && h->head[h->taken - 1] == '\r';

	h->head[h->taken++] = (char)b;
	if ((after_cr && b != '\n') || b == 0x7f ||
	    (b < 0x20 && b != '\n' && b != '\r' && b != '\t'))
		fail(h, 400, SSTP_E_HTTP_SYNTAX);
	else if (h->taken - h->line > HTTP_LINE_MAX)
		fail(h, h->line == h->begin ? 414 : 431, SSTP_E_HTTP_TOO_LARGE);
	else if (b == '\n')
		end_line(h);
	if (h->status == HTTP_MORE && h->taken == HTTP_HEAD_MAX)
		fail(h, 431, SSTP_E_HTTP_TOO_LARGE);
}

size_t http_input(struct http *h, const uint8_t *p, size_t n)
{
	struct rd r = rd_init(p, n);

	while (rd_left(&r) && h->status == HTTP_MORE)
		take_byte(h, rd_u8(&r));
	return n - rd_left(&r);
}
