/* SPDX-License-Identifier: MIT */
/* Claims about client/options.c, client/options_value.c and client/exit.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/exit.h"
#include "client/options.h"

#define WORDS_MAX 24

static struct options o;
static char error[OPTIONS_ERROR];

/* Parses "sstp" and the words of line, which blanks separate. */
static enum options_result parse(const char *line)
{
	static char copy[2000];
	char program[] = "sstp", *argv[WORDS_MAX + 1] = {program}, *save = NULL;
	int argc = 1;

	strncpy(copy, line, sizeof(copy) - 1);
	for (char *w = strtok_r(copy, " ", &save); w && argc < WORDS_MAX;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	error[0] = '\0';
	return options_parse(&o, argc, argv, error);
}

static void test_defaults_are_what_the_help_says(void **state)
{
	(void)state;
	assert_int_equal(parse("connect vpn.example.org"), OPTIONS_CONNECT);
	assert_string_equal(o.host, "vpn.example.org");
	assert_int_equal(o.port, 443);
	assert_null(o.user);
	assert_int_equal(o.auth[0], SSTP_AUTH_NONE); /* the link's default, without PAP */
	assert_false(o.tls.insecure || o.tls.has_pin || o.tls.eku_optional || o.tls.tls10);
	assert_false(o.default_route || o.no_dns || o.json || o.quiet);
	assert_int_equal(o.trace, OPTIONS_TRACE_OFF);
	assert_int_equal(o.level, LOG_AT_NOTICE);
}

static void test_every_form_of_an_option_is_taken(void **state)
{
	static const char *const forms[] = {
		"connect h -u alice",     "connect h -ualice",      "-u alice connect h",
		"connect h --user alice", "connect --user=alice h", "-vu alice connect h",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(parse(forms[i]), OPTIONS_CONNECT);
		assert_string_equal(o.user, "alice");
		assert_string_equal(o.host, "h");
	}
	assert_int_equal(parse("connect -- -h"), OPTIONS_CONNECT);
	assert_string_equal(o.host, "-h");
}

static void test_values_are_read(void **state)
{
	(void)state;
	assert_int_equal(parse("connect [2001:db8::1]:8443 --auth pap,mschapv2 --route 10.1.2.3/8 "
			       "-r fd00::/48 "
			       "--mtu 1300 --hello 5 --dev vpn0 --proxy http://proxy:3128 -6 -vv "
			       "--trace=json --server-name n.example --no-ip4 --tls13"),
			 OPTIONS_CONNECT);
	assert_string_equal(o.host, "2001:db8::1");
	assert_int_equal(o.port, 8443);
	assert_int_equal(o.auth[0], SSTP_AUTH_PAP);
	assert_int_equal(o.auth[1], SSTP_AUTH_MSCHAPV2);
	assert_int_equal(o.auth[2], SSTP_AUTH_NONE);
	assert_int_equal(o.routes_n, 2);
	assert_int_equal(o.routes[0].addr[1], 0);
	assert_int_equal(o.routes[1].bits, 48);
	assert_int_equal(o.mtu, 1300);
	assert_int_equal(o.hello_ms, 5000);
	assert_string_equal(o.dev, "vpn0");
	assert_string_equal(o.proxy_host, "proxy");
	assert_int_equal(o.proxy_port, 3128);
	assert_int_equal(o.family, AF_INET6);
	assert_int_equal(o.level, LOG_AT_DEBUG);
	assert_int_equal(o.trace, OPTIONS_TRACE_JSON);
	assert_true(o.no_ip4 && o.tls.tls13_only);
}

static void test_a_pin_is_read_with_and_without_colons(void **state)
{
	static const char *const pins[] = {
		"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F",
		"00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14:15:16:17:18:19:1a:"
		"1b:"
		"1c:1d:1e:1f",
		"sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	};
	char line[200];

	(void)state;
	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		strcpy(line, "connect h --pin ");
		strcat(line, pins[i]);
		assert_int_equal(parse(line), OPTIONS_CONNECT);
		assert_true(o.tls.has_pin);
		for (uint8_t k = 0; k < 32; k++)
			assert_int_equal(o.tls.pin[k], k);
	}
}

static void test_what_is_wrong_is_said_with_what_would_be_right(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{"", "sstp connect HOST"},
		{"connect", "which host"},
		{"dance", "no command \"dance\""},
		{"connect h i", "what is \"i\" for"},
		{"connect h --nosuch", "no option --nosuch"},
		{"connect h -x", "no option -x"},
		{"connect h --user", "--user needs a value: USER"},
		{"connect h -u", "-u needs a value: USER"},
		{"connect h --json=yes", "--json takes no value"},
		{"connect h:0", "not HOST, HOST:PORT"},
		{"connect h --auth chap", "the methods are"},
		{"connect h --auth pap,pap", "twice"},
		{"connect h --auth ,", "the methods are"},
		{"connect h --auth=", "empty"},
		{"connect h --pin 00", "64 hex digits"},
		{"connect h --pin x", "64 hex digits"},
		{"connect h --route 10.0.0.0/33", "10.0.0.0/8"},
		{"connect h --mtu 575", "576 to 4087"},
		{"connect h --mtu 4088", "576 to 4087"},
		{"connect h --mtu 1400x", "576 to 4087"},
		{"connect h --mtu 1279", "--no-ip6"},
		{"connect h --hello 0", "1 to 3600"},
		{"connect h --server-name a/b", "not a host's name"},
		{"connect h --congestion abcdefghijklmnop", "1 to 15 letters"},
		{"connect h --dev a/b", "1 to 15 characters"},
		{"connect h --dev abcdefghijklmnop", "1 to 15 characters"},
		{"connect h --dev sstp%d", "1 to 15 characters"},
		{"connect h --proxy proxy", "HOST:PORT"},
		{"connect h --trace=xml", "text and json"},
		{"connect h --no-ip4 --no-ip6", "nothing to carry"},
		{"connect h --tls10 --tls13", "exclude"},
		{"connect h --insecure --ca f", "--insecure checks nothing"},
		{"connect h --ca=", "empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i].line) != OPTIONS_WRONG || !strstr(error, cases[i].words))
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", cases[i].line, error,
				 cases[i].words);
	}
	assert_int_equal(parse("connect h --mtu 1279 --no-ip6"), OPTIONS_CONNECT);
}

static void test_too_many_routes_are_refused(void **state)
{
	char program[] = "sstp", connect[] = "connect", host[] = "h",
	     route[] = "--route=10.0.0.0/8";
	char *argv[3 + OPTIONS_ROUTES + 1] = {program, connect, host};

	(void)state;
	for (int i = 0; i <= OPTIONS_ROUTES; i++)
		argv[3 + i] = route;
	assert_int_equal(options_parse(&o, 3 + OPTIONS_ROUTES, argv, error), OPTIONS_CONNECT);
	assert_int_equal(options_parse(&o, 3 + OPTIONS_ROUTES + 1, argv, error), OPTIONS_WRONG);
	assert_non_null(strstr(error, "64 routes"));
}

static void test_help_and_version_win(void **state)
{
	static char help[8192];
	char code[8];

	(void)state;
	assert_int_equal(parse("--help"), OPTIONS_HELP);
	assert_int_equal(parse("help"), OPTIONS_HELP);
	assert_int_equal(parse("connect h -h"), OPTIONS_HELP);
	assert_int_equal(parse("-V"), OPTIONS_VERSION);
	options_help(help, sizeof(help));
	assert_true(strlen(help) > 2000 && strlen(help) < sizeof(help) - 1);
	for (char *line = help, *end; (end = strchr(line, '\n')); line = end + 1)
		assert_true(end - line <= 100);
	for (int i = 0; i < EXIT_CODE_COUNT; i++) {
		assert_non_null(strstr(help, exit_meaning((enum exit_code)i)));
		snprintf(code, sizeof(code), "%4d", i);
		assert_non_null(strstr(help, code));
	}
}

static const char *manual; /* the path of the manual page's source */

static void test_the_manual_has_every_option_and_exit_code(void **state)
{
	static char help[8192], page[40000];
	FILE *f = fopen(manual, "r");
	char name[40];
	size_t n;

	(void)state;
	assert_non_null(f);
	n = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	page[n] = '\0';
	for (char *at = strstr(options_help(help, sizeof(help)), "  "); at;
	     at = strstr(at + 1, "--")) {
		n = strspn(at, "-abcdefghijklmnopqrstuvwxyz0123456789");
		if (n < 4 || n >= sizeof(name))
			continue;
		memcpy(name, at, n);
		name[n] = '\0';
		if (!strstr(page, name))
			fail_msg("%s is not in the manual", name);
	}
	for (int i = 0; i < EXIT_CODE_COUNT; i++) {
		char entry[200];

		snprintf(entry, sizeof(entry), "|  %d\n:  %s\n:  %s\n", i,
			 exit_name((enum exit_code)i), exit_meaning((enum exit_code)i));
		if (!strstr(page, entry))
			fail_msg("exit code %d is not in the manual", i);
	}
}

static void test_errors_of_the_link_map_to_exit_codes(void **state)
{
	static const struct {
		int err;
		enum exit_code before, after;
	} cases[] = {
		{SSTP_E_USER, EXIT_ASKED, EXIT_ASKED},
		{SSTP_E_HTTP_STATUS, EXIT_HTTP, EXIT_HTTP},
		{SSTP_E_HTTP_SYNTAX, EXIT_HTTP, EXIT_HTTP},
		{SSTP_E_AUTH_FAILED, EXIT_AUTH, EXIT_AUTH},
		{SSTP_E_AUTH_SERVER, EXIT_AUTH, EXIT_AUTH},
		{SSTP_E_AUTH_NO_METHOD, EXIT_AUTH, EXIT_AUTH},
		{SSTP_E_EOF, EXIT_PROTOCOL, EXIT_LOST},
		{SSTP_E_HELLO_TIME, EXIT_PROTOCOL, EXIT_LOST},
		{SSTP_E_PEER_DISCONNECT, EXIT_SERVER, EXIT_SERVER},
		{SSTP_E_PEER_ABORT, EXIT_PROTOCOL, EXIT_SERVER},
		{SSTP_E_BINDING_MAC, EXIT_PROTOCOL, EXIT_PROTOCOL},
		{SSTP_E_TRUNCATED, EXIT_PROTOCOL, EXIT_PROTOCOL},
		{SSTP_E_PPP_LOOP, EXIT_PROTOCOL, EXIT_PROTOCOL},
		{SSTP_E_NO_NETWORK, EXIT_PROTOCOL, EXIT_SERVER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(exit_of_link(cases[i].err, false), cases[i].before);
		assert_int_equal(exit_of_link(cases[i].err, true), cases[i].after);
	}
	assert_string_equal(exit_name(EXIT_AUTH), "auth");
	assert_string_equal(exit_name(EXIT_CODE_COUNT), "internal");
}

static void test_every_certificate_fault_comes_with_advice(void **state)
{
	(void)state;
	for (int f = TLS_FAULT_NET; f < TLS_FAULTS; f++)
		assert_non_null(advice_on_tls((enum tls_fault)f));
	assert_null(advice_on_tls(TLS_FAULT_NONE));
	assert_non_null(strstr(advice_on_tls(TLS_FAULT_NAME), "--server-name"));
	assert_non_null(advice_on_connect(ECONNREFUSED));
	assert_null(advice_on_connect(EIO));
	assert_non_null(advice_on_link(SSTP_E_PEER_DISCONNECT, false));
	assert_null(advice_on_link(SSTP_E_PEER_DISCONNECT, true));
	assert_null(advice_on_link(SSTP_E_TRUNCATED, false));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_what_the_help_says),
		cmocka_unit_test(test_every_form_of_an_option_is_taken),
		cmocka_unit_test(test_values_are_read),
		cmocka_unit_test(test_a_pin_is_read_with_and_without_colons),
		cmocka_unit_test(test_what_is_wrong_is_said_with_what_would_be_right),
		cmocka_unit_test(test_too_many_routes_are_refused),
		cmocka_unit_test(test_help_and_version_win),
		cmocka_unit_test(test_the_manual_has_every_option_and_exit_code),
		cmocka_unit_test(test_errors_of_the_link_map_to_exit_codes),
		cmocka_unit_test(test_every_certificate_fault_comes_with_advice),
	};

	if (argc != 2)
		return 2;
	manual = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
