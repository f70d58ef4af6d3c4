/* SPDX-License-Identifier: MIT */
/* sstpctl's command line: which command, with what. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "io/log.h"

#define DEFAULT_CONF "/etc/sstpd/sstpd.conf"

/* The options that not every command takes, as bits. */
enum {
	TAKES_IP4 = 1,
	TAKES_EXPIRES = 2,
	TAKES_ENABLE = 4,
	TAKES_DISABLE = 8,
	TAKES_CLEARTEXT = 16,
	TAKES_USER = 32,
};

#define TAKES_ADD (TAKES_IP4 | TAKES_EXPIRES | TAKES_DISABLE | TAKES_CLEARTEXT)
#define TAKES_SET (TAKES_IP4 | TAKES_EXPIRES | TAKES_ENABLE | TAKES_DISABLE)

static const struct command {
	const char *words[2]; /* the second may be NULL */
	int min, max;         /* arguments */
	unsigned takes;       /* options */
	int (*run)(struct ctl_run *r);
	const char *args;
	const char *text;
} commands[] = {
	{{"user", "add"},
	 1,
	 1,
	 TAKES_ADD,
	 ctl_user_add,
	 "NAME",
	 "add a user; the password is asked for"},
	{{"user", "passwd"}, 1, 1, TAKES_CLEARTEXT, ctl_user_passwd, "NAME", "set a new password"},
	{{"user", "set"},
	 1,
	 1,
	 TAKES_SET,
	 ctl_user_set,
	 "NAME",
	 "set --ip4, --expires, --enable, --disable"},
	{{"user", "del"}, 1, 1, 0, ctl_user_del, "NAME", "delete a user"},
	{{"user", "list"}, 0, 0, 0, ctl_user_list, "", "list the users"},
	{{"sessions", NULL},
	 0,
	 1,
	 0,
	 ctl_sessions,
	 "[ID]",
	 "list the sessions, or tell all about one"},
	{{"kick", NULL},
	 1,
	 1,
	 TAKES_USER,
	 ctl_kick,
	 "ID|USER",
	 "end a session, or all of a user's"},
	{{"stats", NULL}, 0, 0, 0, ctl_stats, "", "tell what sstpd has counted"},
	{{"reload", NULL}, 0, 0, 0, ctl_reload, "", "let sstpd read certificate and users anew"},
	{{"shutdown", NULL}, 0, 0, 0, ctl_shutdown, "", "end sstpd"},
	{{"version", NULL}, 0, 0, 0, ctl_version, "", "tell sstpd's version"},
};

enum {
	OPT_IP4 = 256,
	OPT_EXPIRES,
	OPT_ENABLE,
	OPT_DISABLE,
	OPT_CLEARTEXT,
	OPT_USER,
	OPT_VERSION,
	OPT_HELP
};

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},
	{"json", no_argument, NULL, 'j'},
	{"ip4", required_argument, NULL, OPT_IP4},
	{"expires", required_argument, NULL, OPT_EXPIRES},
	{"enable", no_argument, NULL, OPT_ENABLE},
	{"disable", no_argument, NULL, OPT_DISABLE},
	{"cleartext", no_argument, NULL, OPT_CLEARTEXT},
	{"user", no_argument, NULL, OPT_USER},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static int print_usage(void)
{
	puts("usage: sstpctl [-c FILE] [-j] COMMAND\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];
		char form[64];

		snprintf(form, sizeof(form), "%s%s%s %s", c->words[0], c->words[1] ? " " : "",
			 c->words[1] ? c->words[1] : "", c->args);
		printf("  %-22s %s\n", form, c->text);
	}
	puts("\n"
	     "  -c, --config FILE   sstpd's configuration (default " DEFAULT_CONF ")\n"
	     "  -j, --json          one line of JSON instead of text\n"
	     "      --ip4 ADDRESS   user add, set: the user's own address, or none\n"
	     "      --expires DAY   user add, set: the last day, such as 2030-12-31, or never\n"
	     "      --enable        user set: the user may log in\n"
	     "      --disable       user add, set: the user may not log in\n"
	     "      --cleartext     user add, passwd: keep the password itself, for chap-md5 and "
	     "eap-md5\n"
	     "      --user          kick: the argument is a name, even if it looks like an id\n"
	     "      --version       print sstpctl's version\n"
	     "\n"
	     "A password is asked for twice on a terminal, else read as one line of standard "
	     "input.");
	return CTL_DONE;
}

static const struct option_bit {
	int opt;
	unsigned bit;
} option_bits[] = {
	{OPT_IP4, TAKES_IP4},         {OPT_EXPIRES, TAKES_EXPIRES},     {OPT_ENABLE, TAKES_ENABLE},
	{OPT_DISABLE, TAKES_DISABLE}, {OPT_CLEARTEXT, TAKES_CLEARTEXT}, {OPT_USER, TAKES_USER},
};

/* Returns the bit of an option; 0 for one that every command takes. */
static unsigned bit_of(int opt)
{
	for (size_t i = 0; i < sizeof(option_bits) / sizeof(option_bits[0]); i++)
		if (option_bits[i].opt == opt)
			return option_bits[i].bit;
	return 0;
}

/* Returns the name of the first of the options in a set. */
static const char *name_of(unsigned set)
{
	for (const struct option *o = options; o->name; o++)
		if (bit_of(o->val) & set)
			return o->name;
	return "";
}

/* Takes one option; false when it is none. */
static bool take_option(struct ctl_run *r, const char **config, int opt)
{
	switch (opt) {
	case 'c':
		*config = optarg;
		return true;
	case 'j':
		r->json = true;
		return true;
	case OPT_IP4:
		r->ip4 = optarg;
		return true;
	case OPT_EXPIRES:
		r->expires = optarg;
		return true;
	case OPT_ENABLE:
		r->enabled = "yes";
		return true;
	case OPT_DISABLE:
		r->enabled = "no";
		return true;
	case OPT_CLEARTEXT:
		r->cleartext = true;
		return true;
	case OPT_USER:
		r->by_user = true;
		return true;
	default:
		return false;
	}
}

/* Finds the command that the words name, and leaves its arguments in r. */
static const struct command *find_command(struct ctl_run *r, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];
		int words = c->words[1] ? 2 : 1;

		if (argc < words || strcmp(argv[0], c->words[0]) != 0 ||
		    (c->words[1] && strcmp(argv[1], c->words[1]) != 0))
			continue;
		r->argc = argc - words;
		r->argv = argv + words;
		return c;
	}
	return NULL;
}

/* Reads the configuration and runs the command. */
static int run(const struct command *c, struct ctl_run *r, const char *config)
{
	struct conf_faults faults = {0};
	int status;

	if (!conf_read(&r->conf, config, &faults)) {
		if (!r->json && faults.text)
			fputs(faults.text, stderr);
		else if (faults.text)
			faults.text[strcspn(faults.text, "\n")] = '\0'; /* the first one */
		status =
			r->json ? ctl_fail(r, CTL_USAGE, "%s",
					   faults.text ? faults.text : "the configuration is wrong")
				: CTL_USAGE;
	} else {
		status = c->run(r);
	}
	conf_faults_free(&faults);
	conf_free(&r->conf);
	return status;
}

int main(int argc, char **argv)
{
	const char *config = DEFAULT_CONF;
	const struct command *c;
	struct ctl_run r = {0};
	unsigned given = 0;
	int opt;

	log_init("sstpctl", LOG_AT_WARN);
	while ((opt = getopt_long(argc, argv, "c:j", options, NULL)) != -1) {
		if (opt == OPT_HELP)
			return print_usage();
		if (opt == OPT_VERSION) {
			puts("sstpctl " SSTP_VERSION);
			return CTL_DONE;
		}
		if (!take_option(&r, &config, opt))
			return CTL_USAGE; /* getopt has said why */
		given |= bit_of(opt);
	}
	c = find_command(&r, argc - optind, argv + optind);
	if (!c)
		return ctl_fail(&r, CTL_USAGE, "%s; sstpctl --help lists the commands",
				optind < argc ? "there is no such command"
					      : "a command is missing");
	if (r.argc < c->min || r.argc > c->max)
		return ctl_fail(&r, CTL_USAGE, "%s%s%s takes: %s", c->words[0],
				c->words[1] ? " " : "", c->words[1] ? c->words[1] : "",
				*c->args ? c->args : "nothing");
	if (given & ~c->takes)
		return ctl_fail(&r, CTL_USAGE,
				"%s%s%s takes no --%s; sstpctl --help tells which does",
				c->words[0], c->words[1] ? " " : "", c->words[1] ? c->words[1] : "",
				name_of(given & ~c->takes));
	return run(c, &r, config);
}
