/* SPDX-License-Identifier: MIT */
/* sstpd's command line. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "io/log.h"
#include "server/main.h"

static const char usage[] =
	"usage: sstpd -c FILE [-t]\n"
	"       sstpd --init DIR --listen ADDR:PORT --name NAME [--pool NET] [--pool6 NET]\n"
	"\n"
	"  -c, --config FILE   serve, in the foreground, as FILE says; see sstpd.conf(5)\n"
	"  -t, --test          only check FILE and the files it names\n"
	"      --init DIR      write a working set-up into DIR, which is empty or not there yet\n"
	"      --listen A:P    address and port to listen on; may be given more than once\n"
	"      --name NAME     the name that clients dial\n"
	"      --pool NET      IPv4 network for clients (default 10.0.0.0/24)\n"
	"      --pool6 NET     IPv6 network for clients, a /64 for each\n"
	"      --version       print the version\n"
	"      --help          print this\n";

enum { OPT_INIT = 256, OPT_LISTEN, OPT_NAME, OPT_POOL, OPT_POOL6, OPT_VERSION, OPT_HELP };

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},
	{"test", no_argument, NULL, 't'},
	{"init", required_argument, NULL, OPT_INIT},
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"name", required_argument, NULL, OPT_NAME},
	{"pool", required_argument, NULL, OPT_POOL},
	{"pool6", required_argument, NULL, OPT_POOL6},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* What the command line asks for. */
struct command {
	const char *config;
	bool test, version, help;
	const char *listen[CONF_LISTEN_MAX];
	struct init_wish init;
};

static int complain(const char *what)
{
	fprintf(stderr, "sstpd: %s; sstpd --help tells more\n", what);
	return EXIT_USAGE;
}

/* Takes one option; false when it is none. */
static bool take_option(struct command *c, int opt)
{
	switch (opt) {
	case 'c':
		c->config = optarg;
		return true;
	case 't':
		c->test = true;
		return true;
	case OPT_INIT:
		c->init.dir = optarg;
		return true;
	case OPT_LISTEN:
		if (c->init.listen_n == CONF_LISTEN_MAX)
			return false;
		c->listen[c->init.listen_n++] = optarg;
		return true;
	case OPT_NAME:
		c->init.name = optarg;
		return true;
	case OPT_POOL:
		c->init.pool4 = optarg;
		return true;
	case OPT_POOL6:
		c->init.pool6 = optarg;
		return true;
	case OPT_VERSION:
		c->version = true;
		return true;
	case OPT_HELP:
		c->help = true;
		return true;
	default:
		return false;
	}
}

/* Reads the configuration; what is wrong is printed. */
static bool read_conf(struct conf *c, const char *path)
{
	struct conf_faults faults = {0};
	bool good = conf_read(c, path, &faults);

	if (faults.text)
		fputs(faults.text, stderr);
	conf_faults_free(&faults);
	return good;
}

static int run_config(const struct command *c)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int status = EXIT_USAGE;

	if (!d)
		return EXIT_FAILURE;
	if (read_conf(&d->conf, c->config)) {
		log_set_level((enum log_level)d->conf.log_level);
		if (check_files(&d->conf))
			status = c->test ? EXIT_SUCCESS : daemon_run(d);
		if (c->test && status == EXIT_SUCCESS)
			printf("%s: good\n", c->config);
	}
	conf_free(&d->conf);
	free(d);
	return status;
}

static int run_init(struct command *c)
{
	c->init.listen = c->listen;
	if (c->config || c->test)
		return complain("--init writes a configuration and takes none");
	if (!c->init.listen_n)
		return complain("--init needs --listen ADDR:PORT, such as 0.0.0.0:443");
	for (unsigned i = 0; i < c->init.listen_n; i++)
		if (!*c->listen[i])
			return complain("--listen is empty; write ADDR:PORT, such as 0.0.0.0:443");
	if (!*c->init.dir)
		return complain("--init needs the folder to write into");
	if (!c->init.name)
		return complain("--init needs --name, the name that clients dial");
	return init_dir(&c->init);
}

int main(int argc, char **argv)
{
	struct command c = {0};
	int opt;

	log_init("sstpd", LOG_AT_NOTICE);
	while ((opt = getopt_long(argc, argv, "c:t", options, NULL)) != -1)
		if (!take_option(&c, opt))
			return complain("the command line is not understood");
	if (optind < argc)
		return complain("there is an argument too many");
	if (c.help) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (c.version) {
		puts("sstpd " SSTP_VERSION);
		return EXIT_SUCCESS;
	}
	if (c.init.dir)
		return run_init(&c);
	if (c.init.listen_n || c.init.name || c.init.pool4 || c.init.pool6)
		return complain("--listen, --name, --pool and --pool6 go with --init");
	if (!c.config)
		return complain("no configuration is named: sstpd -c FILE");
	return run_config(&c);
}
