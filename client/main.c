/* SPDX-License-Identifier: MIT */
/* sstp: the client program. Reads the command line, gets the password, makes one call. */
#include <stdio.h>
#include <signal.h>
#include <string.h>

#include "client/call.h"
#include "client/say.h"
#include "io/locked.h"
#include "io/log.h"

#define HELP_MAX 8192

static enum exit_code connect_as_told(const struct options *o)
{
	struct login *l = locked_new(sizeof(*l));
	char error[OPTIONS_ERROR];
	enum exit_code code;

	if (!l) {
		log_error("there is no memory for the password");
		return EXIT_INTERNAL;
	}
	code = login_get(l, o, error);
	if (code)
		log_error("%s", error);
	else
		code = call_run(o, l);
	locked_free(l, sizeof(*l));
	return code;
}

int main(int argc, char **argv)
{
	static char help[HELP_MAX];
	char error[OPTIONS_ERROR];
	struct options o;

	signal(SIGPIPE, SIG_IGN);
	log_init("sstp", LOG_AT_NOTICE);
	switch (options_parse(&o, argc, argv, error)) {
	case OPTIONS_HELP:
		fputs(options_help(help, sizeof(help)), stdout);
		return EXIT_ASKED;
	case OPTIONS_VERSION:
		puts("sstp " PROGRAM_VERSION);
		return EXIT_ASKED;
	case OPTIONS_WRONG:
		log_error("%s", error);
		return EXIT_USAGE;
	case OPTIONS_CONNECT:
		break;
	}
	locked_process();
	log_set_level(o.level);
	say_init(o.json, o.quiet);
	if (o.tls.insecure)
		log_warn(
			"--insecure: the server's certificate is not checked, so whoever stands in "
			"between can pose as the server, read and change everything, and attack "
			"the password (or read it, with pap)");
	return (int)connect_as_told(&o);
}
