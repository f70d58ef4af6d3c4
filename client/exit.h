/* SPDX-License-Identifier: MIT */
/*
 * How the program ends: its exit codes, each with its name for machines. The man page repeats this
 * table; scripts rely on it.
 */
#ifndef CLIENT_EXIT_H
#define CLIENT_EXIT_H

#include <stdbool.h>

#include "io/tls.h"
#include "sstp/link.h"

/* clang-format off */
#define EXIT_CODES(X) \
	X(0,  ASKED,    "asked",    "ended as asked, by a signal")				\
	X(1,  INTERNAL, "internal", "out of memory, or a fault in the program")			\
	X(2,  USAGE,    "usage",    "the command line or a file it names is wrong")		\
	X(3,  REACH,    "reach",    "the name was not found, or no connection came about")	\
	X(4,  TLS,      "tls",      "TLS failed, or the server's certificate was refused")	\
	X(5,  HTTP,     "http",     "no SSTP server answers there, or its proxy refused")	\
	X(6,  AUTH,     "auth",     "user name, password or authentication method refused")	\
	X(7,  PROTOCOL, "protocol", "the negotiation failed, the crypto binding included")	\
	X(8,  LOCAL,    "local",    "interface, address, route or permission on this machine")	\
	X(9,  LOST,     "lost",     "the tunnel was up, and the connection was lost")		\
	X(10, SERVER,   "server",   "the server ended the call")
/* clang-format on */

enum exit_code {
#define X(num, name, text, meaning) EXIT_##name = (num),
	EXIT_CODES(X)
#undef X
		EXIT_CODE_COUNT
};

/* Returns the code's name for machines. */
const char *exit_name(enum exit_code code);
/* Returns what the code means, as the help and the man page say it. */
const char *exit_meaning(enum exit_code code);
/* Returns the code for a link that went down for err; was_up: it had carried packets. */
enum exit_code exit_of_link(int err, bool was_up);

/* What the user can do about a fault, as a sentence; NULL when nothing can be said. */
const char *advice_on_tls(enum tls_fault fault);
/* The same for a link that went down for err; was_up: it had carried packets. */
const char *advice_on_link(int err, bool was_up);
/* The same for a failed connection, err being a positive errno. */
const char *advice_on_connect(int err);

#endif
