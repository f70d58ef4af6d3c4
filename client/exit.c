/* SPDX-License-Identifier: MIT */
/* exit.h: which error ends with which code, and what the user can do about it. */
#include "client/exit.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	const char *name;
	const char *meaning;
} codes[EXIT_CODE_COUNT] = {
#define X(num, id, text, means) [EXIT_##id] = {text, means},
	EXIT_CODES(X)
#undef X
};

const char *exit_name(enum exit_code code)
{
	return codes[code < EXIT_CODE_COUNT ? code : EXIT_INTERNAL].name;
}

const char *exit_meaning(enum exit_code code)
{
	return codes[code < EXIT_CODE_COUNT ? code : EXIT_INTERNAL].meaning;
}

#define SERVER_GAVE_UP                                                                             \
	"The server's log says why; it may allow none of the methods given with --auth, or have "  \
	"no address left."

/* What the link's errors mean to the caller of the program; those not listed are of the protocol.
 */
static const struct {
	int err;
	enum exit_code code;    /* before the tunnel was up */
	enum exit_code once_up; /* after that */
	const char *advice;
} links[] = {
	{SSTP_E_USER, EXIT_ASKED, EXIT_ASKED, NULL},
	{SSTP_E_PEER_DISCONNECT, EXIT_SERVER, EXIT_SERVER, SERVER_GAVE_UP},
	{SSTP_E_PPP_TERMINATED, EXIT_SERVER, EXIT_SERVER, SERVER_GAVE_UP},
	{SSTP_E_PEER_ABORT, EXIT_PROTOCOL, EXIT_SERVER,
	 "The server's log says why; a crypto binding that fails there means that something "
	 "between here and there ends the TLS connection."},
	{SSTP_E_EOF, EXIT_PROTOCOL, EXIT_LOST, "Look at the server's log, and try again."},
	{SSTP_E_HELLO_TIME, EXIT_PROTOCOL, EXIT_LOST,
	 "The network in between is down, or the server is: try again."},
	{SSTP_E_PPP_ECHO_TIME, EXIT_PROTOCOL, EXIT_LOST,
	 "The network in between is down, or the server is: try again."},
	{SSTP_E_NEGOTIATION_TIME, EXIT_PROTOCOL, EXIT_PROTOCOL,
	 "The server stopped to answer: try again, and look at its log."},
	{SSTP_E_AUTH_FAILED, EXIT_AUTH, EXIT_AUTH,
	 "Check both; a domain is written as DOMAIN\\user."},
	{SSTP_E_AUTH_NO_METHOD, EXIT_AUTH, EXIT_AUTH,
	 "See which methods the server offers, and allow one with --auth."},
	{SSTP_E_AUTH_SERVER, EXIT_AUTH, EXIT_AUTH,
	 "Do not go on: change your password if it may have been seen."},
	{SSTP_E_AUTH_EXPIRED, EXIT_AUTH, EXIT_AUTH, "Change it on the server; SSTP cannot."},
	{SSTP_E_AUTH_DISABLED, EXIT_AUTH, EXIT_AUTH, "Ask the server's administrator."},
	{SSTP_E_NO_NETWORK, EXIT_PROTOCOL, EXIT_SERVER,
	 "Ask whether the server has addresses to give; --no-ip4 and --no-ip6 narrow what is asked "
	 "for."},
	{SSTP_E_HASH_PROTOCOL, EXIT_PROTOCOL, EXIT_PROTOCOL,
	 "The server offers no crypto binding that is known here."},
	{SSTP_E_PPP_REJECTED, EXIT_PROTOCOL, EXIT_SERVER, NULL},
};

enum exit_code exit_of_link(int err, bool was_up)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].err == err)
			return was_up ? links[i].once_up : links[i].code;
	if (sstp_err_class(err) == SSTP_CLASS_AUTH)
		return EXIT_AUTH;
	if (err <= SSTP_E_HTTP_METHOD && err > SSTP_E_PPP_FRAME)
		return EXIT_HTTP;
	return EXIT_PROTOCOL;
}

const char *advice_on_link(int err, bool was_up)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].err == err)
			return was_up && links[i].once_up == EXIT_SERVER ? NULL : links[i].advice;
	if (exit_of_link(err, was_up) == EXIT_HTTP)
		return "Check host and port; a web server or a proxy may stand in between.";
	return NULL;
}

const char *advice_on_tls(enum tls_fault fault)
{
	static const char *const advice[TLS_FAULTS] = {
		[TLS_FAULT_NET] = "Try again; if it stays so, look at the server's log.",
		[TLS_FAULT_PROTOCOL] = "Ask which TLS versions the server speaks; --tls10 allows "
				       "old ones.",
		[TLS_FAULT_NOT_TLS] = "Check the port.",
		[TLS_FAULT_EXPIRED] = "Ask for a new certificate, or set the clock here.",
		[TLS_FAULT_UNKNOWN_CA] = "If you know its authority, give the authority's "
					 "certificate with --ca FILE.",
		[TLS_FAULT_SELF_SIGNED] = "If it is yours, give the certificate with --ca FILE, or "
					  "its SHA-256 with --pin.",
		[TLS_FAULT_NAME] = "Connect to a name that the certificate has, or say with "
				   "--server-name which one to expect.",
		[TLS_FAULT_EKU] = "Ask for a certificate with the extended key usage serverAuth; "
				  "--any-usage takes one that has none.",
		[TLS_FAULT_PIN] = "If the server was given a new certificate, ask for its new "
				  "SHA-256; if not, somebody is in between.",
		[TLS_FAULT_REVOKED] = "Do not go on; ask the server's administrator.",
		[TLS_FAULT_CERT] = "Ask the server's administrator.",
	};

	return fault < TLS_FAULTS ? advice[fault] : NULL;
}

const char *advice_on_connect(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return "Nothing listens there: check the port, and whether the server runs.";
	case ETIMEDOUT:
	case EHOSTUNREACH:
		return "The host is down, or a firewall drops what is sent to it.";
	case ENETUNREACH:
		return "This machine has no route to it: check the network here.";
	case EACCES:
	case EPERM:
		return "A firewall on this machine forbids it.";
	default:
		return NULL;
	}
}
