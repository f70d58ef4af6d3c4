/* SPDX-License-Identifier: MIT */
/* options.h: the table, and the walk over argv. How values are read is in options_value.c. */
#include "client/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/exit.h"
#include "client/options_value.h"
#include "lib/base/text.h"

/* One option. arg NULL: it takes no value; read NULL: it is --help or --version. */
struct option {
	const char *name;
	char letter;
	const char *arg;
	bool arg_optional;
	option_reader *read;
	const char *help;
};

/* clang-format off */
static const struct option table[] = {
	{"user",          'u', "USER",      false, read_user,
	 "name to log in with; asked for when it is not given"},
	{"password-file", 0,   "FILE",      false, read_password_file,
	 "first line is the password; - for standard input"},
	{"auth",          0,   "LIST",      false, read_auth,
	 "methods allowed, best first: eap-mschapv2 mschapv2 eap-md5 chap-md5 pap (eap-mschapv2,mschapv2)"},
	{"ca",            0,   "FILE",      false, read_ca,
	 "trust the certificates in this PEM file instead of the system's"},
	{"crl",           0,   "FILE",      false, read_crl,
	 "refuse certificates on the revocation lists in this PEM file"},
	{"pin",           0,   "SHA256",    false, read_pin,
	 "take exactly the server certificate with this SHA-256, with --ca as well as its chain"},
	{"insecure",      0,   NULL,        false, read_insecure,
	 "take any certificate: whoever is in between can then read everything"},
	{"any-usage",     0,   NULL,        false, read_any_usage,
	 "take a certificate without extended key usage"},
	{"server-name",   0,   "NAME",      false, read_server_name,
	 "name to expect in the certificate, and to send, instead of HOST"},
	{"tls10",         0,   NULL,        false, read_tls10,
	 "allow TLS 1.0 and 1.1 too"},
	{"tls13",         0,   NULL,        false, read_tls13,
	 "allow TLS 1.3 only"},
	{"ciphers",       0,   "LIST",      false, read_ciphers,
	 "ciphers to offer, as in openssl-ciphers(1); TLS 1.3's by their names, TLS_..."},
	{"rekey",         0,   "MB",        false, read_rekey,
	 "take new TLS 1.3 keys whenever so many megabytes were sent"},
	{"ktls",          0,   NULL,        false, read_ktls,
	 "let the kernel seal what is sent with TLS 1.3, if it can"},
	{"proxy",         0,   "HOST:PORT", false, read_proxy,
	 "go through this HTTP proxy by CONNECT"},
	{"congestion",    0,   "NAME",      false, read_congestion,
	 "TCP congestion control of the connection, or system, or auto (bbr where the kernel has it)"},
	{"ipv4",          '4', NULL,        false, read_ipv4,
	 "reach the server over IPv4 only"},
	{"ipv6",          '6', NULL,        false, read_ipv6,
	 "reach the server over IPv6 only"},
	{"route",         'r', "NET",       false, read_route,
	 "send this network through the tunnel; may be repeated"},
	{"default-route", 0,   NULL,        false, read_default_route,
	 "send everything through the tunnel"},
	{"no-dns",        0,   NULL,        false, read_no_dns,
	 "leave the name servers as they are"},
	{"no-ip4",        0,   NULL,        false, read_no_ip4,
	 "no IPv4 inside the tunnel"},
	{"no-ip6",        0,   NULL,        false, read_no_ip6,
	 "no IPv6 inside the tunnel"},
	{"mtu",           0,   "BYTES",     false, read_mtu,
	 "largest packet in the tunnel, 576 to 4087 (1400)"},
	{"dev",           0,   "NAME",      false, read_dev,
	 "name of the interface (sstp0, sstp1, ...)"},
	{"hello",         0,   "SECONDS",   false, read_hello,
	 "silence after which the server is asked for a sign of life (60)"},
	{"json",          'j', NULL,        false, read_json,
	 "print each phase as a JSON object on a line"},
	{"quiet",         'q', NULL,        false, read_quiet,
	 "print errors only"},
	{"verbose",       'v', NULL,        false, read_verbose,
	 "print more; twice: everything"},
	{"trace",         0,   "FORM",      true,  read_trace,
	 "print every message and state change on standard error, as text or json"},
	{"keylog",        0,   "FILE",      false, read_keylog,
	 "append the TLS session keys to FILE, to read a capture with: whoever has FILE can too"},
	{"help",          'h', NULL,        false, NULL, "print this"},
	{"version",       'V', NULL,        false, NULL, "print the version"},
};
/* clang-format on */

#define OPTION_COUNT (sizeof(table) / sizeof(table[0]))

static enum options_result wrong(char error[OPTIONS_ERROR], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static enum options_result wrong(char error[OPTIONS_ERROR], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, OPTIONS_ERROR, fmt, ap);
	va_end(ap);
	return OPTIONS_WRONG;
}

static const struct option *find_long(const char *name, size_t n)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (strlen(table[i].name) == n && strncmp(table[i].name, name, n) == 0)
			return &table[i];
	return NULL;
}

static const struct option *find_letter(char letter)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (table[i].letter == letter)
			return &table[i];
	return NULL;
}

/* Gives an option its value; value NULL: it has none. */
static enum options_result apply(struct options *o, const struct option *opt, const char *value,
				 char error[OPTIONS_ERROR])
{
	const char *complaint;

	if (!opt->read)
		return opt->letter == 'h' ? OPTIONS_HELP : OPTIONS_VERSION;
	complaint = opt->read(o, value);
	if (complaint)
		return wrong(error, "--%s%s%.100s: %s", opt->name, value ? " " : "",
			     value ? value : "", complaint);
	return OPTIONS_CONNECT;
}

/* Reads the option at argv[*i], which is "--name", "--name=value" or "--name value". */
static enum options_result take_long(struct options *o, int *i, int argc, char **argv,
				     char error[OPTIONS_ERROR])
{
	const char *name = argv[*i] + 2;
	const char *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *opt = find_long(name, n);

	if (!opt)
		return wrong(error, "there is no option --%.*s; see sstp --help",
			     (int)(n < 60 ? n : 60), name);
	if (equals && !opt->arg)
		return wrong(error, "--%s takes no value", opt->name);
	if (equals || !opt->arg || opt->arg_optional)
		return apply(o, opt, equals ? equals + 1 : NULL, error);
	if (*i + 1 >= argc)
		return wrong(error, "--%s needs a value: %s", opt->name, opt->arg);
	return apply(o, opt, argv[++*i], error);
}

/* Reads the letters at argv[*i]: "-v", "-vv", "-uNAME", "-u NAME". */
static enum options_result take_letters(struct options *o, int *i, int argc, char **argv,
					char error[OPTIONS_ERROR])
{
	for (const char *c = argv[*i] + 1; *c; c++) {
		const struct option *opt = find_letter(*c);
		enum options_result result;

		if (!opt)
			return wrong(error, "there is no option -%c; see sstp --help", *c);
		if (opt->arg && c[1])
			return apply(o, opt, c + 1, error);
		if (opt->arg && *i + 1 >= argc)
			return wrong(error, "-%c needs a value: %s", *c, opt->arg);
		result = apply(o, opt, opt->arg ? argv[++*i] : NULL, error);
		if (result != OPTIONS_CONNECT || opt->arg)
			return result;
	}
	return OPTIONS_CONNECT;
}

/* Checks what no option can see alone. */
static enum options_result check_whole(const struct options *o, char error[OPTIONS_ERROR])
{
	if (o->no_ip4 && o->no_ip6)
		return wrong(error, "--no-ip4 and --no-ip6 leave nothing to carry");
	if (o->tls.tls10 && o->tls.tls13_only)
		return wrong(error, "--tls10 and --tls13 exclude each other");
	if (o->tls.insecure && (o->tls.ca_file || o->tls.has_pin))
		return wrong(error, "--insecure checks nothing: leave out --ca and --pin, or it");
	if (o->mtu && o->mtu < 1280 && !o->no_ip6)
		return wrong(error, "IPv6 needs an MTU of at least 1280: give --no-ip6 as well");
	return OPTIONS_CONNECT;
}

enum options_result options_parse(struct options *o, int argc, char **argv,
				  char error[OPTIONS_ERROR])
{
	const char *command = NULL, *host = NULL;
	bool only_words = false;

	memset(o, 0, sizeof(*o));
	o->port = 443;
	o->level = LOG_AT_NOTICE;
	for (int i = 1; i < argc; i++) {
		enum options_result result = OPTIONS_CONNECT;
		const char *arg = argv[i];

		if (!only_words && strcmp(arg, "--") == 0)
			only_words = true;
		else if (!only_words && arg[0] == '-' && arg[1] == '-')
			result = take_long(o, &i, argc, argv, error);
		else if (!only_words && arg[0] == '-' && arg[1])
			result = take_letters(o, &i, argc, argv, error);
		else if (!command)
			command = arg;
		else if (!host)
			host = arg;
		else
			return wrong(error, "one host is enough: what is \"%.60s\" for?", arg);
		if (result != OPTIONS_CONNECT)
			return result;
	}
	if (!command)
		return wrong(error, "what shall I do? Try: sstp connect HOST -u USER");
	if (strcmp(command, "help") == 0)
		return OPTIONS_HELP;
	if (strcmp(command, "connect") != 0)
		return wrong(error, "there is no command \"%.60s\"; try: sstp connect HOST",
			     command);
	if (!host)
		return wrong(error, "connect to which host? Try: sstp connect HOST");
	if (net_split_host(host, o->host, &o->port) < 0)
		return wrong(error, "\"%.100s\" is not HOST, HOST:PORT or [IPV6]:PORT", host);
	return check_whole(o, error);
}

/* Appends the words of s, lines no longer than 100, those after the first indented by 28. */
static void add_wrapped(struct text *t, const char *s)
{
	size_t column = 28;

	while (*s) {
		size_t n = strcspn(s, " ");

		if (column > 28 && column + 1 + n > 100) {
			text_str(t, "\n                            ");
			column = 28;
		} else if (column > 28) {
			text_char(t, ' ');
			column++;
		}
		text_bytes(t, s, n);
		column += n;
		s += n;
		while (*s == ' ')
			s++;
	}
	text_char(t, '\n');
}

static void add_option(struct text *t, const struct option *opt)
{
	size_t start = text_len(t);

	text_str(t, "  ");
	if (opt->letter) {
		text_char(t, '-');
		text_char(t, opt->letter);
		text_str(t, ", ");
	} else {
		text_str(t, "    ");
	}
	text_str(t, "--");
	text_str(t, opt->name);
	if (opt->arg) {
		text_str(t, opt->arg_optional ? "[=" : " ");
		text_str(t, opt->arg);
		text_str(t, opt->arg_optional ? "]" : "");
	}
	do
		text_char(t, ' ');
	while (text_len(t) - start < 28);
	add_wrapped(t, opt->help);
}

const char *options_help(char *buf, size_t n)
{
	struct text t = text_init(buf, n);

	text_str(&t, "Usage: sstp connect HOST[:PORT] [OPTIONS]\n"
		     "Opens an SSTP tunnel to HOST, port 443, and keeps it until Ctrl-C.\n\n");
	for (size_t i = 0; i < OPTION_COUNT; i++)
		add_option(&t, &table[i]);
	text_str(&t,
		 "\nThe password is taken from --password-file, the file that $SSTP_PASSWORD_FILE"
		 " names,\nthe systemd credential sstp.password, or asked for. Never from the"
		 " command line.\n\nExit codes:\n");
	for (int i = 0; i < EXIT_CODE_COUNT; i++) {
		text_str(&t, i < 10 ? "   " : "  ");
		text_dec(&t, (uint64_t)i);
		text_str(&t, "  ");
		text_str(&t, exit_meaning((enum exit_code)i));
		text_char(&t, '\n');
	}
	return buf;
}
