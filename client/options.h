/* SPDX-License-Identifier: MIT */
/* The command line of sstp: one table says what there is, and reads, checks and explains it. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/ip.h"
#include "io/log.h"
#include "io/net.h"
#include "io/tls.h"
#include "sstp/link.h"

#define OPTIONS_ROUTES 64
#define OPTIONS_ERROR  256

enum options_trace {
	OPTIONS_TRACE_OFF,
	OPTIONS_TRACE_TEXT,
	OPTIONS_TRACE_JSON,
};

/* What the user asked for. Strings point into argv. */
struct options {
	char host[NET_HOST_MAX];
	uint16_t port;
	const char *user; /* NULL: not given */
	const char *password_file;
	enum sstp_auth auth[SSTP_AUTHS];
	/* whom to trust */
	struct tls_client_conf tls;
	const char *server_name; /* NULL: the host */
	/* the way there */
	int family; /* AF_UNSPEC, or the only one to use for the connection */
	char proxy_host[NET_HOST_MAX];
	uint16_t proxy_port; /* 0: no proxy */
	bool ktls;
	const char *congestion; /* NULL: the default */
	/* the tunnel */
	char dev[IFNAMSIZ];
	uint16_t mtu; /* 0: the default */
	bool no_ip4, no_ip6;
	struct ip_net routes[OPTIONS_ROUTES];
	size_t routes_n;
	bool default_route;
	bool no_dns;
	uint32_t hello_ms; /* 0: the default */
	/* what is told */
	bool json, quiet;
	enum log_level level;
	enum options_trace trace;
};

enum options_result {
	OPTIONS_CONNECT, /* go on */
	OPTIONS_HELP,    /* print the help */
	OPTIONS_VERSION, /* print the version */
	OPTIONS_WRONG,   /* error says what is wrong */
};

/* Reads the command line into *o; what is wrong stands in error then, as a sentence. */
enum options_result options_parse(struct options *o, int argc, char **argv,
				  char error[OPTIONS_ERROR]);
/* Writes the help into buf, which is n bytes long, and returns buf. */
const char *options_help(char *buf, size_t n);

#endif
