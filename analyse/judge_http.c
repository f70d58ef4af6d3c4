/* SPDX-License-Identifier: MIT */
/* Rules about the HTTP exchange (MS-SSTP 3.2.4.1, 4.1, 4.5). */
#include "analyse/judge_rules.h"

#include "lib/http/head.h"

#define METHOD "SSTP_DUPLEX_POST"
#define PATH   "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"
#define LENGTH "18446744073709551615"
#define TENANT "tenantid"

static const struct look_http *head(const struct judge *j)
{
	return &j->look->http;
}

/* Splits v at the first c; *rest is what follows, its p NULL when c is not there. */
static struct view split(struct view v, char c, struct view *rest)
{
	const uint8_t *at = v.n ? memchr(v.p, c, v.n) : NULL;
	struct rd r = rd_init(v.p, v.n);
	struct view first = v;

	*rest = (struct view){NULL, 0};
	if (!at)
		return first;
	first.n = (size_t)(at - v.p);
	rd_take(&r, first.n + 1);
	*rest = rd_rest(&r);
	return first;
}

/* S-3.2.4.1-03 */
static bool check_line(struct judge *j)
{
	struct view query;
	struct view path = split(head(j)->word[1], '?', &query);

	if (!head_is_exactly(head(j)->word[0], METHOD))
		return say(j, "the method is %s, not " METHOD, say_text(head(j)->word[0]));
	return !head_is_exactly(path, PATH) && say(j, "the path is %s, not " PATH, say_text(path));
}

/* S-3.2.4.1-04 */
static bool check_version(struct judge *j)
{
	if (!head_is_exactly(head(j)->rest, "HTTP/1.1"))
		return say(j, "the version is \"%s\", not HTTP/1.1", say_text(head(j)->rest));
	return head(j)->hosts != 1 &&
	       say(j, "the request has %u Host headers, not one", head(j)->hosts);
}

/* S-3.2.4.1-05 */
static bool check_length(struct judge *j)
{
	const struct look_http *h = head(j);

	if (h->codings)
		return say(j, "the request has a Transfer-Encoding");
	if (!h->lengths)
		return say(j, "the request has no Content-Length");
	return !head_is_exactly(h->length, LENGTH) &&
	       say(j, "Content-Length is %s, not " LENGTH, say_text(h->length));
}

/* Returns the query of the request; p is NULL when it has none. */
static struct view query_of(const struct judge *j)
{
	struct view query;

	split(head(j)->word[1], '?', &query);
	return query;
}

/* S-3.2.4.1-08 */
static bool check_query(struct judge *j)
{
	struct view query = query_of(j);

	return query.p && say(j, "the request names a tenant: %s", say_text(query));
}

/* S-3.2.4.1-09 */
static bool check_tenant(struct judge *j)
{
	struct view query = query_of(j);
	struct view value;
	struct view name = split(query, '=', &value);

	return query.p && !head_is_exactly(name, TENANT) &&
	       say(j, "the query variable is %s, not " TENANT, say_text(name));
}

/* S-3.2.4.1-10: RFC 3986's unreserved characters and percent-encoding */
static bool check_tenant_value(struct judge *j)
{
	struct view query = query_of(j);
	struct view value;

	split(query, '=', &value);
	if (!query.p)
		return false;
	if (!value.n)
		return say(j, "the tenant is empty");
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];
		bool plain = head_hex(c) >= 0 || (head_lower(c) >= 'a' && head_lower(c) <= 'z') ||
			     (c && strchr("-._~%", c));

		if (!plain)
			return say(j, "the tenant %s is not escaped", say_text(value));
	}
	return false;
}

/* S-3.2.4.1-12; the value is as good as a password and is not shown */
static bool check_cookie(struct judge *j)
{
	const struct look_http *h = head(j);

	if (h->cookies > 1)
		return say(j, "the request has %u Cookie headers, not one", h->cookies);
	return h->cookies && !memchr(h->cookie.p, '=', h->cookie.n) &&
	       say(j, "the Cookie header is no NAME=VALUE");
}

/* Returns whether v is {8-4-4-4-12} hex digits (MS-DTYP 2.3.4.3). */
static bool is_guid(struct view v)
{
	static const char form[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";

	if (v.n != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (form[i] == 'x' ? head_hex(v.p[i]) < 0 : v.p[i] != (uint8_t)form[i])
			return false;
	return true;
}

/* Looks an id up among those of earlier calls, and keeps it. */
static bool is_known(uint64_t *known, struct view v)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	uint64_t *place;

	for (size_t i = 0; i < v.n; i++)
		hash = (hash ^ v.p[i]) * 1099511628211u;
	place = &known[hash % JUDGE_KNOWN];
	if (*place == hash)
		return true;
	*place = hash;
	return false;
}

/* S-3.2.4.1-13; A-35: sstpc sends a broken one, and every server takes any or none */
static bool check_id(struct judge *j)
{
	const struct look_http *h = head(j);

	if (!h->ids)
		return say(j, "the request has no SSTPCORRELATIONID");
	if (!is_guid(h->id))
		return say(j, "SSTPCORRELATIONID %s is no GUID", say_text(h->id));
	return is_known(j->shared->ids, h->id) &&
	       say(j, "SSTPCORRELATIONID %s was used in an earlier call of this capture",
		   say_text(h->id));
}

/* S-4.1-01 */
static bool check_example(struct judge *j)
{
	const struct look_http *h = head(j);

	if (h->malformed)
		return say(j, "a header line of the request is malformed");
	if (!h->hosts || !h->lengths || !h->ids)
		return say(j, "the request lacks %s",
			   !h->hosts     ? "Host"
			   : !h->lengths ? "Content-Length"
					 : "SSTPCORRELATIONID");
	return h->others && say(j, "the request has %u headers beside the known ones", h->others);
}

/* S-4.1-04 */
static bool check_reply(struct judge *j)
{
	const struct look_http *h = head(j);

	if (!head_is_exactly(h->word[1], "200"))
		return h->word[1].n && *h->word[1].p != '1' &&
		       say(j, "the status is %s, not 200", say_text(h->word[1]));
	if (!head_is_exactly(h->length, LENGTH))
		return say(j, "the reply's Content-Length is %s, not " LENGTH,
			   h->lengths ? say_text(h->length) : "missing");
	return (!h->server.n || !h->date.n) &&
	       say(j, "the reply has no %s header", h->server.n ? "Date" : "Server");
}

/* S-4.5-01 */
static bool check_proxy(struct judge *j)
{
	const struct look_http *h = head(j);

	if (!h->request)
		return false;
	if (!head_is_exactly(h->rest, "HTTP/1.1") || h->word[1].n < 5 ||
	    memcmp(h->word[1].p + h->word[1].n - 4, ":443", 4) != 0)
		return say(j,
			   "the request to the proxy is \"%s\", not CONNECT <server>:443 HTTP/1.1",
			   say_text(h->line));
	if (h->host.n != h->word[1].n || memcmp(h->host.p, h->word[1].p, h->host.n) != 0)
		return say(j, "Host of the request to the proxy is not its target");
	return !head_is_exactly(h->version, "1.0") &&
	       say(j, "the request to the proxy has no SSTPVERSION: 1.0");
}

/* clang-format off */
static const struct rule rows[] = {
	{"S-3.2.4.1-03", "3.2.4.1", MUST,   WHEN_REQUEST, check_line},
	{"S-3.2.4.1-04", "3.2.4.1", MUST,   WHEN_REQUEST, check_version},
	{"S-3.2.4.1-05", "3.2.4.1", MUST,   WHEN_REQUEST, check_length},
	{"S-3.2.4.1-08", "3.2.4.1", LEVEL_MAY,    SEVERITY_NOTE, WHEN_REQUEST, check_query},
	{"S-3.2.4.1-09", "3.2.4.1", MUST,   WHEN_REQUEST, check_tenant},
	{"S-3.2.4.1-10", "3.2.4.1", SHOULD, WHEN_REQUEST, check_tenant_value},
	{"S-3.2.4.1-12", "3.2.4.1", MUST,   WHEN_REQUEST, check_cookie},
	{"S-3.2.4.1-13", "3.2.4.1", LEVEL_SHOULD, SEVERITY_NOTE, WHEN_REQUEST, check_id},
	{"S-4.1-01",     "4.1",     INFO,   WHEN_REQUEST, check_example},
	{"S-4.1-04",     "4.1",     INFO,   WHEN_REPLY,   check_reply},
	{"S-4.5-01",     "4.5",     INFO,   WHEN_PROXY,   check_proxy},
};
/* clang-format on */

const struct rules http_rules = RULES(rows);
