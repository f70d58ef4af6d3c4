/* SPDX-License-Identifier: MIT */
/*
 * Verdicts; see verdict.h. Each of the functions in the table knows one way in which a call can go;
 * the first that has something to say says it.
 */
#include "analyse/verdict.h"

#include "analyse/tls_suite.h"
#include "lib/base/text.h"
#include "sstp/error.h"

#include <stdarg.h>
#include <stdio.h>

/* A verdict in the making. */
struct verdict {
	char *text;
	enum severity severity;
};

static bool say(struct verdict *v, enum severity s, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool say(struct verdict *v, enum severity s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(v->text, VERDICT_TEXT, format, ap);
	va_end(ap);
	v->severity = s;
	return true;
}

#define FAIL(...) say(v, SEVERITY_ERROR, __VA_ARGS__)

/* Returns "; the server's words are ..." with the words, or nothing. */
static const char *words(const char *who, const char *text)
{
	static char room[200];

	room[0] = '\0';
	if (text && text[0])
		snprintf(room, sizeof(room), " (the %s says \"%.128s\")", who, text);
	return room;
}

static const char *user_of(const struct call *c)
{
	return c->auth.user && c->auth.user[0] ? c->auth.user : "an unnamed user";
}

/* Returns how a connection ended, to complete "the server ...". */
static const char *how_gone(const struct call *c, enum way *by)
{
	*by = WAY_TO_CLIENT;
	if (c->end.how == FLOW_END_RESET) {
		*by = c->end.reset_by;
		return "reset the connection";
	}
	if (c->end.fin[0].frame || c->end.fin[1].frame) {
		bool client = !c->end.fin[1].frame ||
			      (c->end.fin[0].frame && c->end.fin[0].frame < c->end.fin[1].frame);

		*by = client ? WAY_TO_SERVER : WAY_TO_CLIENT;
		return "closed the connection";
	}
	return NULL;
}

/* --- before SSTP --- */

/* The TLS handshake was refused. */
static bool on_alert(const struct call *c, struct verdict *v)
{
	static const char *const hints[256] = {
		[40] = "the two share no TLS version or cipher suite",
		[42] = "the certificate is damaged or of a kind that it does not take",
		[43] = "the certificate is of a kind that it does not take",
		[44] = "the certificate was revoked: renew it",
		[45] = "the certificate has expired, or a clock is wrong",
		[46] = "the certificate was not accepted, often because of its name",
		[48] = "the certificate's issuer is not among the trusted ones: install the CA's "
		       "certificate",
		[70] = "the two share no TLS version",
		[71] = "the key or cipher is too weak for the other side's policy",
		[80] = "an internal error; see the log of that side",
		[112] = "it does not know the server name asked for",
		[116] = "a client certificate is demanded",
	};

	for (int w = 0; w < WAYS; w++) {
		uint8_t code = c->end.alert_code[w];

		if (c->end.alert[w] && !c->http.request)
			return FAIL("the %s refused the TLS handshake with alert %s%s%s",
				    call_who((enum way)w), tls_alert_name(code),
				    hints[code] ? ": " : "", hints[code] ? hints[code] : "");
	}
	return false;
}

/* The server did not take part in the TLS handshake. */
static bool on_no_hello(const struct call *c, struct verdict *v)
{
	enum way by;
	const char *how = how_gone(c, &by);

	if (c->number || !c->tls.unanswered)
		return false;
	if (how)
		return FAIL("the %s %s before the server answered the TLS handshake: look at what "
			    "listens on port %u, and at firewalls in between",
			    call_who(by), how, c->peer[WAY_TO_CLIENT].port);
	return FAIL("the server has not answered the TLS handshake by the end of the capture");
}

/* Nothing, or only one direction, could be read. */
static bool on_closed(const struct call *c, struct verdict *v)
{
	const char *why = c->closed[0] ? c->closed[0] : c->closed[1];

	if (!why)
		return false;
	if (!c->number)
		return say(v, SEVERITY_WARNING, "the connection cannot be read: %s", why);
	if (c->closed[0] && c->closed[1])
		return say(v, SEVERITY_WARNING, "the call cannot be read further: %s", why);
	return say(v, SEVERITY_WARNING, "what the %s sent cannot be read: %s",
		   c->closed[0] ? "client" : "server", why);
}

/* The HTTP request has no answer. */
static bool on_silence(const struct call *c, struct verdict *v)
{
	enum way by;
	const char *how = how_gone(c, &by);

	if (!c->http.request || c->http.reply || c->traffic[WAY_TO_CLIENT].packets)
		return false;
	if (how)
		return FAIL("the %s %s before the HTTP request was answered: look at the log of "
			    "the server, or of a proxy in front of it",
			    call_who(by), how);
	return FAIL("the server has not answered the HTTP request by the end of the capture");
}

/* Returns what to do about an HTTP status. */
static const char *http_hint(const struct call *c)
{
	switch (c->http.code) {
	case 400:
		return "the server, or a proxy in front of it, finds the request malformed";
	case 401:
	case 403:
		return "access is denied by a web server or proxy in front of the SSTP server";
	case 407:
		return "a proxy wants a login of its own";
	case 408:
	case 504:
		return "a proxy in front of the SSTP server got no answer from it";
	case 421:
		return "the server does not serve that host name";
	case 502:
	case 503:
		return "the SSTP service is not running or full, or a proxy cannot reach it";
	default:
		return "check host and port: this may not be an SSTP server";
	}
}

/* The HTTP request was refused. */
static bool on_http(const struct call *c, struct verdict *v)
{
	const char *reason = c->http.reason ? c->http.reason : "";
	const char *target = c->http.target ? c->http.target : "";

	if (!c->http.reply || c->http.code == 200)
		return false;
	if (c->http.code >= 300 && c->http.code < 400)
		return FAIL("the server answered HTTP %u %s: it redirects, as web servers do, and "
			    "is no SSTP server under that name",
			    c->http.code, reason);
	if (c->http.code == 404 && c->http.err == SSTP_E_HTTP_URI)
		return FAIL("the server answered HTTP 404 %s because the client asked for another "
			    "path than SSTP's: %s; check the client, or what rewrites its requests",
			    reason, target);
	if (c->http.code == 404)
		return FAIL("the server answered HTTP 404 %s: SSTP is not served at this address; "
			    "a web server answers in its place",
			    reason);
	if (c->http.code == 405 || c->http.code == 501 || !c->http.is_1_1)
		return FAIL("the server answered HTTP %u %s: it is an ordinary web server, not an "
			    "SSTP server; check host and port, or what forwards the connection",
			    c->http.code, reason);
	return FAIL("the server answered HTTP %u %s: %s", c->http.code, reason, http_hint(c));
}

/* --- SSTP --- */

/* CALL_CONNECT_NAK. */
static bool on_nak(const struct call *c, struct verdict *v)
{
	if (!c->end.naks || c->binding.requested)
		return false;
	if (c->end.nak_attrib == SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID &&
	    c->end.nak_status == SSTP_STATUS_VALUE_NOT_SUPPORTED)
		return FAIL("the server refused the call because the client asked for encapsulated "
			    "protocol %u instead of PPP (1): the client is at fault",
			    c->end.asked_protocol);
	return FAIL("the server refused the call request: %s in attribute %s; the client is at "
		    "fault",
		    sstp_status_name(c->end.nak_status), sstp_attrib_name(c->end.nak_attrib));
}

/* Returns what is wrong with the crypto binding; NULL when nothing is known to be. */
static const char *binding_fault(const struct call *c)
{
	const struct call_binding *b = &c->binding;

	if (b->hash_ok == CHECK_WRONG && b->hash != SSTP_HASH_SHA1 && b->hash != SSTP_HASH_SHA256)
		return "the crypto binding's hash protocol is none that exists: the client is at "
		       "fault";
	if (b->hash_ok == CHECK_WRONG)
		return "the crypto binding uses a hash protocol that the server did not offer: "
		       "allow SHA256 on both sides";
	if (b->nonce_ok == CHECK_WRONG)
		return "the nonce in the crypto binding is not the one that the server sent: the "
		       "client "
		       "is at fault, or the message was replayed";
	if (b->cert_ok == CHECK_WRONG)
		return "the certificate hash does not match: the client saw another certificate "
		       "than the one in this capture (a TLS terminator is in between, or the "
		       "certificate was renewed), or is at fault";
	if (b->mac_ok == CHECK_WRONG)
		return "the compound MAC is wrong: the client's key is not that of this "
		       "authentication, so it is at fault, or somebody in the middle passes the "
		       "authentication on";
	return NULL;
}

/*
 * The server answered CALL_CONNECTED by CALL_ABORT. MS-SSTP wants VALUE_NOT_SUPPORTED then, but
 * accel-ppp says INVALID_FRAME_RECEIVED.
 */
static bool on_binding(const struct call *c, struct verdict *v)
{
	const char *fault = binding_fault(c);

	if (!c->binding.seen || !c->end.aborted[WAY_TO_CLIENT] || call_is_up(c) ||
	    c->end.abort_status[WAY_TO_CLIENT] == SSTP_STATUS_NEGOTIATION_TIMEOUT)
		return false;
	if (fault)
		return FAIL("the server rejected the call because %s", fault);
	if (c->binding.mac_ok == CHECK_OK)
		return FAIL("the server rejected the call because of the crypto binding, though "
			    "nonce, certificate hash and compound MAC are right: the server was "
			    "given another certificate than the one that clients see (it was "
			    "renewed, or a TLS terminator is in between), or has other keys from "
			    "its authentication server");
	if (c->binding.cert_ok == CHECK_OK)
		return FAIL("the server rejected the call because of the crypto binding: nonce, "
			    "hash protocol and certificate hash are right, so its compound MAC is "
			    "wrong (client and server have different keys: --password checks "
			    "whose), or the server was given another certificate than clients see "
			    "(it was renewed, or a TLS terminator is in between)");
	return FAIL("the server rejected the call because of the crypto binding, and the "
		    "certificate is not in the capture: it was renewed, a TLS terminator is in "
		    "between, or the compound MAC is wrong");
}

/* Returns the status of a CALL_ABORT in words. */
static const char *abort_words(uint32_t status)
{
	switch (status) {
	case SSTP_STATUS_VALUE_NOT_SUPPORTED:
		return "it does not accept a value";
	case SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED:
		return "a message came when it does not belong";
	case SSTP_STATUS_RETRY_COUNT_EXCEEDED:
		return "the call request was refused too many times";
	case SSTP_STATUS_INVALID_FRAME_RECEIVED:
		return "a message was malformed";
	case SSTP_STATUS_NEGOTIATION_TIMEOUT:
		return "the negotiation was not finished in time, usually within 60 s: the "
		       "authentication is too slow, or packets are lost";
	case SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG:
		return "an attribute is missing or does not belong into the message";
	default:
		return sstp_status_name(status);
	}
}

/* Returns how far the call got, to complete "while". */
static const char *stage(const struct call *c)
{
	if (call_is_up(c))
		return "the call was up";
	if (c->binding.seen)
		return "addresses were negotiated";
	if (c->auth.result == CALL_RUNNING)
		return "the user was being authenticated";
	if (c->phase[CALL_LCP].begin.frame && !c->cp[CALL_CP_LCP].open)
		return "LCP was being negotiated";
	if (c->binding.requested)
		return "PPP was to begin";
	return "SSTP was being negotiated";
}

/* CALL_ABORT for any other reason. */
static bool on_abort(const struct call *c, struct verdict *v)
{
	const struct call_end *e = &c->end;
	enum way by = e->aborted[0] && e->aborted[1]
			      ? (e->abort_at[1].frame < e->abort_at[0].frame ? WAY_TO_CLIENT
									     : WAY_TO_SERVER)
			      : (e->aborted[1] ? WAY_TO_CLIENT : WAY_TO_SERVER);

	if (!e->aborted[by])
		return false;
	if (!e->abort_has_status[by])
		return FAIL("the %s aborted the call without saying why, while %s", call_who(by),
			    stage(c));
	return FAIL("the %s aborted the call while %s: %s (%s)", call_who(by), stage(c),
		    abort_words(e->abort_status[by]), sstp_status_name(e->abort_status[by]));
}

/* --- PPP --- */

/* Authentication failed. */
static bool on_auth(const struct call *c, struct verdict *v)
{
	const struct call_auth *a = &c->auth;
	const char *name = call_auth_name(a) ? call_auth_name(a) : "PPP";
	const char *said = words("server", a->words);

	if (a->result != CALL_FAILED)
		return false;
	switch (a->error) {
	case 646:
		return FAIL("%s may not log on at this time%s", user_of(c), said);
	case 647:
		return FAIL("the account of %s is disabled%s", user_of(c), said);
	case 648:
		return FAIL("the password of %s has expired%s", user_of(c), said);
	case 649:
		return FAIL("%s may not dial in: the account lacks the permission%s", user_of(c),
			    said);
	default:
		return FAIL("authentication by %s failed: user name or password of %s is wrong%s",
			    name, user_of(c), said);
	}
}

/* No authentication method, or no agreement in LCP. */
static bool on_lcp(const struct call *c, struct verdict *v)
{
	const struct call_cp *lcp = &c->cp[CALL_CP_LCP];
	enum way by;
	const char *how = how_gone(c, &by);

	if (lcp->open || !c->binding.requested || c->middle || c->end.how == FLOW_END_CAPTURE)
		return false;
	if (c->auth.result != CALL_NOT_BEGUN || c->binding.seen)
		return false;
	if (!lcp->requests[WAY_TO_SERVER] && !lcp->requests[WAY_TO_CLIENT])
		return FAIL("PPP never began: neither side sent LCP; the %s %s",
			    how ? call_who(by) : "connection", how ? how : "was lost");
	for (int w = 0; w < WAYS; w++) {
		enum way other = way_back((enum way)w);

		if (lcp->requests[w] && !lcp->requests[other] && !lcp->acked[w] && !lcp->naks[w] &&
		    !lcp->rejects[w])
			return FAIL(
				"the %s does not answer LCP, though SSTP was agreed on: its PPP "
				"is at fault; see its log",
				call_who(other));
	}
	if (lcp->naks[WAY_TO_CLIENT] + lcp->rejects[WAY_TO_CLIENT] > 1)
		return FAIL("no authentication method, or no other option of the server, was "
			    "acceptable to the client: allow a common one on both sides%s",
			    words(call_who(c->end.lcp_first), c->end.lcp_words));
	return FAIL("LCP did not come to an agreement before the %s %s%s",
		    how ? call_who(by) : "connection", how ? how : "was lost",
		    words(call_who(c->end.lcp_first), c->end.lcp_words));
}

/* The call broke off between authentication and data. */
static bool on_stop(const struct call *c, struct verdict *v)
{
	enum way by;
	const char *how = how_gone(c, &by);

	if (call_is_up(c) || c->middle || c->end.how == FLOW_END_CAPTURE)
		return false;
	if (c->end.disconnected[0] || c->end.disconnected[1]) {
		by = c->end.disconnected[1] ? WAY_TO_CLIENT : WAY_TO_SERVER;
		return FAIL("the %s disconnected while %s%s", call_who(by), stage(c),
			    words(call_who(c->end.lcp_first), c->end.lcp_words));
	}
	if (how)
		return FAIL("the %s %s while %s%s", call_who(by), how, stage(c),
			    words(call_who(c->end.lcp_first), c->end.lcp_words));
	return FAIL("the call broke off while %s", stage(c));
}

/* --- calls that were up --- */

/* Returns how long the call was up, in words. */
static const char *duration(const struct call *c)
{
	static char room[40];
	struct origin from =
		c->phase[CALL_BINDING].end.frame ? c->phase[CALL_BINDING].end : c->first;
	uint64_t s = (c->last.ns - from.ns) / 1000000000;

	if (c->last.ns < from.ns)
		s = 0;
	if (s >= 3600)
		snprintf(room, sizeof(room), "%u h %u min", (unsigned)(s / 3600),
			 (unsigned)(s / 60 % 60));
	else if (s >= 60)
		snprintf(room, sizeof(room), "%u min %u s", (unsigned)(s / 60), (unsigned)(s % 60));
	else
		snprintf(room, sizeof(room), "%u.%u s", (unsigned)s,
			 (unsigned)((c->last.ns - from.ns) / 100000000 % 10));
	return room;
}

/* Returns the words about a capture that begins too late. */
static const char *late(const struct call *c)
{
	return c->middle ? "the capture begins in the middle of the call; " : "";
}

/* The capture ended first. */
static bool on_cut(const struct call *c, struct verdict *v)
{
	if (c->end.how != FLOW_END_CAPTURE && c->end.how != FLOW_END_EVICTED)
		return false;
	if (c->end.first_set)
		return false;
	if (c->end.how == FLOW_END_EVICTED)
		return say(v, SEVERITY_NOTE,
			   "%sthere were too many connections to follow this one to its end",
			   late(c));
	if (call_is_up(c) || c->middle)
		return say(v, SEVERITY_NOTE, "%sthe call is still up at the end of the capture%s%s",
			   late(c), c->middle ? "" : ", after ", c->middle ? "" : duration(c));
	return say(v, SEVERITY_NOTE, "the capture ends while %s", stage(c));
}

/* It ended in order. */
static bool on_goodbye(const struct call *c, struct verdict *v)
{
	const char *who = call_who(c->end.first);
	const char *by = "CALL_DISCONNECT";
	enum way lcp = c->end.lcp_first;

	if (!c->end.first_set)
		return false;
	if (c->end.lcp_first_set && lcp == c->end.first)
		by = c->end.disconnected[0] || c->end.disconnected[1]
			     ? "LCP Terminate and CALL_DISCONNECT"
			     : "LCP Terminate";
	return say(v, SEVERITY_NOTE, "%sthe call was good; the %s ended it by %s after %s%s",
		   late(c), who, by, duration(c), words(call_who(lcp), c->end.lcp_words));
}

/* It was up, and the connection went away. */
static bool on_loss(const struct call *c, struct verdict *v)
{
	const struct call_echo *e = c->echo[CALL_ECHO_SSTP];
	enum way by;
	const char *how = how_gone(c, &by);

	if (c->holes)
		return say(v, SEVERITY_NOTE,
			   "%sthe call was good as far as the capture shows; what it lacks may "
			   "tell how "
			   "the call ended after %s",
			   late(c), duration(c));
	for (int w = 0; w < WAYS; w++)
		if (e[w].waiting.frame && how && by == (enum way)w)
			return FAIL(
				"%sthe %s gave the call up after %s because its echo request was "
				"not answered: the other side is gone, or a firewall in "
				"between forgot the connection",
				late(c), call_who((enum way)w), duration(c));
	if (!how)
		return FAIL("%sthe connection was lost after %s without a goodbye", late(c),
			    duration(c));
	return FAIL("%sthe %s %s after %s without ending the call first", late(c), call_who(by),
		    how, duration(c));
}

enum severity verdict_write(const struct call *c, char text[VERDICT_TEXT])
{
	static bool (*const cases[])(const struct call *, struct verdict *) = {
		on_alert, on_no_hello, on_closed, on_silence, on_http, on_nak,     on_binding,
		on_auth,  on_abort,    on_lcp,    on_cut,     on_stop, on_goodbye,
	};
	struct verdict v = {text, SEVERITY_NOTE};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cases[i](c, &v))
			return v.severity;
	on_loss(c, &v);
	return v.severity;
}

struct origin verdict_at(const struct call *c)
{
	if (c->end.naks && !c->binding.requested)
		return c->end.nak_at;
	if (c->end.aborted[WAY_TO_CLIENT])
		return c->end.abort_at[WAY_TO_CLIENT];
	if (c->end.aborted[WAY_TO_SERVER])
		return c->end.abort_at[WAY_TO_SERVER];
	if (c->auth.result == CALL_FAILED)
		return c->auth.failed_at;
	if (c->phase[CALL_ENDING].begin.frame)
		return c->phase[CALL_ENDING].begin;
	return c->last;
}
