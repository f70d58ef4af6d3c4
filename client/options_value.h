/* SPDX-License-Identifier: MIT */
/* How the value of each option is read; for options.c only. */
#ifndef CLIENT_OPTIONS_VALUE_H
#define CLIENT_OPTIONS_VALUE_H

#include "client/options.h"

/* Reads an option's value, NULL when it has none, into *o; returns what is wrong with it, or NULL.
 */
typedef const char *option_reader(struct options *o, const char *value);

/* One for each option of the table in options.c; their names are the options'. */
option_reader read_user, read_password_file, read_auth, read_ca, read_crl, read_pin, read_insecure,
	read_any_usage, read_server_name, read_tls10, read_tls13, read_ciphers, read_rekey,
	read_ktls, read_proxy, read_congestion, read_ipv4, read_ipv6, read_route,
	read_default_route, read_no_dns, read_no_ip4, read_no_ip6, read_mtu, read_dev, read_hello,
	read_json, read_quiet, read_verbose, read_trace, read_keylog;

#endif
