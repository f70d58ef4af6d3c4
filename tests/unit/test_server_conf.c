/* SPDX-License-Identifier: MIT */
/* The configuration: what a file may say, and what is said about one that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/log.h"
#include "server/conf.h"

#define GOOD                                                                                       \
	"[server]\nlisten = 0.0.0.0:443\nname = vpn.example.org\n"                                 \
	"[tls]\ncertificate = cert.pem\nkey = key.pem\n"                                           \
	"[auth]\ndatabase = users.db\n"                                                            \
	"[ipv4]\npool = 10.0.0.0/24\n"

static const char *man_page; /* the argument: sstpd.conf(5)'s source */

/* Reads a text as the file "/etc/d/sstpd.conf". */
static bool read_text(struct conf *c, const char *text, struct conf_faults *f)
{
	char *copy = strdup(text);
	FILE *in = fmemopen(copy, strlen(copy), "r");
	bool good;

	memset(f, 0, sizeof(*f));
	good = conf_read_stream(c, in, "/etc/d/sstpd.conf", f);
	fclose(in);
	free(copy);
	return good;
}

/* Claims that the text has exactly n faults, of which one contains `says`. */
static void expect_fault(const char *text, unsigned n, const char *says)
{
	struct conf_faults f;
	struct conf c;

	assert_false(read_text(&c, text, &f));
	if (f.n != n || !strstr(f.text, says))
		fail_msg("%u faults, wanted %u with \"%s\":\n%s", f.n, n, says, f.text);
	conf_faults_free(&f);
	conf_free(&c);
}

static void expect_good(const char *text, struct conf *c)
{
	struct conf_faults f;

	if (!read_text(c, text, &f))
		fail_msg("refused:\n%s", f.text);
	conf_faults_free(&f);
}

static void test_the_least_file_is_good_and_paths_start_at_its_folder(void **state)
{
	struct conf c;

	(void)state;
	expect_good(GOOD, &c);
	assert_string_equal(c.certificate, "/etc/d/cert.pem");
	assert_string_equal(c.database, "/etc/d/users.db");
	assert_string_equal(c.control, "/etc/d/control.sock");
	assert_string_equal(c.name, "vpn.example.org");
	assert_int_equal(c.listen.n, 1);
	assert_int_equal(net_addr_port(&c.listen.at[0]), 443);
	assert_int_equal(c.pool4.bits, 24);
	assert_int_equal(c.pool6.bits, 0);
	conf_free(&c);
}

static void test_defaults_are_those_of_the_table(void **state)
{
	struct conf c;

	(void)state;
	conf_defaults(&c);
	assert_int_equal(c.mtu, 1400);
	assert_int_equal(c.mru, 4091);
	assert_int_equal(c.hello_s, 60);
	assert_int_equal(c.tls_min, CONF_TLS_1_2);
	assert_int_equal(c.log_level, LOG_AT_NOTICE);
	assert_int_equal(c.hashes, SSTP_HASH_SHA1 | SSTP_HASH_SHA256);
	assert_int_equal(c.methods.at[0], SSTP_AUTH_MSCHAPV2);
	assert_int_equal(c.methods.at[1], SSTP_AUTH_EAP_MSCHAPV2);
	assert_int_equal(c.methods.at[2], SSTP_AUTH_NONE);
	assert_int_equal(c.server_id.ip[0][15], 1);
	assert_int_equal(c.offload, 15);
	assert_true(c.max_per_source < c.max_unauth); /* one source leaves room for others */
	conf_free(&c);
}

static void test_every_default_is_taken_by_its_own_key(void **state)
{
	struct conf c;
	char why[256];

	(void)state;
	conf_defaults(&c);
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];

		if (row->key && *row->def && !conf_value(&c, row, row->def, why, sizeof(why)))
			fail_msg("[%s] %s = %s: %s", row->section, row->key, row->def, why);
	}
	conf_free(&c);
}

static void test_every_type_takes_what_it_should(void **state)
{
	struct conf c;

	(void)state;
	expect_good(GOOD
		    "[ipv6]\npool = fd00:77::/48\nserver_id = ::a:b:c:d\nrdnss = fd00::1 fd00::2\n"
		    "[ppp]\ndns = 10.0.0.1, 9.9.9.9\nmtu = 1300\n"
		    "[sstp]\nhashes = sha256\nhello = 2m\n"
		    "[session]\nidle_timeout = 1h\nsession_timeout = 2d\n"
		    "[tun]\noffload = none\nname = vpn0\n",
		    &c);
	assert_int_equal(c.pool6.bits, 48);
	assert_int_equal(c.server_id.ip[0][9], 0x0a);
	assert_int_equal(c.rdnss.n, 2);
	assert_int_equal(c.dns.ip[1][0], 9);
	assert_int_equal(c.hashes, SSTP_HASH_SHA256);
	assert_int_equal(c.hello_s, 120);
	assert_int_equal(c.idle_s, 3600);
	assert_int_equal(c.session_s, 172800);
	assert_int_equal(c.offload, 0);
	assert_string_equal(c.tun_name, "vpn0");
	conf_free(&c);
}

static void test_listen_adds_up_and_takes_ipv6(void **state)
{
	struct conf c;
	char text[NET_ADDR_TEXT];

	(void)state;
	expect_good(GOOD "[server]\nlisten = [::]:443, 127.0.0.1:8443\n", &c);
	assert_int_equal(c.listen.n, 3);
	assert_string_equal(net_addr_text(&c.listen.at[1], text), "[::]:443");
	assert_string_equal(net_addr_text(&c.listen.at[2], text), "127.0.0.1:8443");
	conf_free(&c);
}

static void test_comments_blanks_and_byte_order_marks_are_taken(void **state)
{
	struct conf c;

	(void)state;
	expect_good("\xef\xbb\xbf# a comment\r\n; another\r\n\r\n   \n" GOOD
		    "   [ppp]\n\t mtu = 1350 ; small\n",
		    &c);
	assert_int_equal(c.mtu, 1350);
	conf_free(&c);
}

static void test_unknown_names_are_told_with_line_and_what_there_is(void **state)
{
	(void)state;
	expect_fault(GOOD "lisen = 1\n", 1,
		     "/etc/d/sstpd.conf:11: [ipv4] has no key 'lisen'; it has pool, server");
	expect_fault(GOOD "[srever]\nlisten = 1.2.3.4:5\n", 1,
		     "sstpd.conf:11: there is no section [srever]; there are server, tls, http");
	expect_fault(GOOD "[srever]\n", 1, "sstpd.conf:11: there is no section");
	expect_fault("name = x\n" GOOD, 1,
		     "sstpd.conf:1: 'name' stands before the first [section]");
}

static void test_lines_that_are_nothing_are_told(void **state)
{
	(void)state;
	expect_fault(
		GOOD "what is this\n", 1,
		"sstpd.conf:11: this is neither \"key = value\" nor \"[section]\" nor a comment");
	expect_fault(GOOD "[ppp\n", 1, "sstpd.conf:11: the section's closing ] is missing");
	expect_fault(GOOD "[ppp] mtu = 1300\n", 1,
		     "sstpd.conf:11: \"mtu = 1300\" stands behind the section");
}

static void test_a_line_too_long_is_told_and_the_next_one_read(void **state)
{
	char *text = malloc(8192);

	(void)state;
	strcpy(text, GOOD "server = ");
	memset(text + strlen(GOOD "server = "), '1', 4000);
	strcpy(text + strlen(GOOD "server = ") + 4000, "\nwhat\n");
	expect_fault(text, 2, "sstpd.conf:11: the line is longer than the");
	expect_fault(text, 2, "sstpd.conf:12: this is neither");
	free(text);
}

static void test_a_byte_0_is_told_and_the_next_line_read(void **state)
{
	static char text[] = GOOD "server = 10.0.0.\0001\nwhat\n";
	FILE *in = fmemopen(text, sizeof(text) - 1, "r");
	struct conf_faults f = {0};
	struct conf c;

	(void)state;
	assert_false(conf_read_stream(&c, in, "sstpd.conf", &f));
	fclose(in);
	assert_int_equal(f.n, 2);
	assert_non_null(strstr(f.text, "sstpd.conf:11: there is a byte 0 in the line"));
	assert_non_null(strstr(f.text, "sstpd.conf:12: this is neither"));
	conf_faults_free(&f);
	conf_free(&c);
}

static void test_the_last_line_needs_no_end(void **state)
{
	struct conf c;

	(void)state;
	expect_good(GOOD "[ppp]\nmtu = 1300", &c);
	assert_int_equal(c.mtu, 1300);
	assert_int_equal(conf_line(&c, "ppp", "mtu"), 12);
	assert_int_equal(conf_line(&c, "ppp", "mru"), 0);
	conf_free(&c);
	expect_fault(GOOD "[ppp]\nmtu = 1", 1, "sstpd.conf:12: [ppp] mtu = 1: the value is out");
}

static void test_a_key_given_twice_is_told_with_both_lines(void **state)
{
	(void)state;
	expect_fault(GOOD "pool = 10.1.0.0/24\n", 1, ":11: [ipv4] pool was set in line 10 already");
}

static void test_what_is_missing_is_told_all_at_once(void **state)
{
	(void)state;
	expect_fault("# nothing\n", 4, "[server] name is missing");
	expect_fault("# nothing\n", 4, "[ipv4] pool and [ipv6] pool are both missing");
	expect_fault("[server]\nlisten = 0.0.0.0:443\n", 5, "[tls] key is missing");
	expect_fault("[plain]\nlisten = 127.0.0.1:80\n", 4, "[plain] certificate is missing");
}

static void test_a_name_that_no_certificate_carries_is_told(void **state)
{
	(void)state;
	expect_fault("[server]\nlisten = 0.0.0.0:443\nname = vpn example\n[tls]\n"
		     "certificate = c\nkey = k\n[auth]\ndatabase = u\n[ipv4]\npool = 10.0.0.0/24\n",
		     1,
		     "sstpd.conf:3: [server] name = vpn example: the value is neither a DNS name");
}

static void test_a_key_given_wrong_is_not_called_missing(void **state)
{
	(void)state;
	expect_fault("[server]\nname = vpn.example.org\nlisten = 443\n[auth]\ndatabase = u.db\n"
		     "[ipv4]\npool = 10.0.0.1/24\nserver = 10.0.0.1\n",
		     2, "sstpd.conf:3: [server] listen = 443");
}

static void test_a_key_left_empty_that_is_needed_is_told_with_its_line(void **state)
{
	(void)state;
	expect_fault("[server]\nname =\nlisten =\n[tls]\ncertificate =\nkey = key.pem\n"
		     "[auth]\ndatabase =\n[ipv4]\npool =\n",
		     4, "sstpd.conf:2: [server] name is empty; write the name");
	expect_fault(GOOD "[tls]\n[auth]\n[control]\nsocket =\n", 1,
		     "sstpd.conf:14: [control] socket is empty; write a file name");
	expect_fault(GOOD "[server]\ncongestion =\n", 1,
		     "sstpd.conf:12: [server] congestion is empty");
	expect_fault("[server]\nlisten = 0.0.0.0:443\nname = vpn\n[tls]\ncertificate = c\n"
		     "key = k\n[auth]\ndatabase = u\n[ipv4]\npool =\n[ipv6]\npool =\n",
		     1, "[ipv4] pool and [ipv6] pool are both missing");
}

static void test_what_fails_later_is_told_where_it_was_written(void **state)
{
	char text[256];
	struct conf c;

	(void)state;
	expect_good(GOOD "[server]\nuser = nobody2\n", &c);
	assert_string_equal(conf_blame(&c, "/etc/d/key.pem cannot be read", text, sizeof(text)),
			    "/etc/d/sstpd.conf:6: [tls] key: ");
	assert_string_equal(conf_blame(&c, "there is no user \"nobody2\"", text, sizeof(text)),
			    "/etc/d/sstpd.conf:12: [server] user: ");
	assert_string_equal(conf_blame(&c, "no memory", text, sizeof(text)), "");
	conf_free(&c);
	conf_defaults(&c);
	assert_string_equal(conf_blame(&c, "/etc/d/key.pem", text, sizeof(text)), "");
	conf_free(&c);
}

static void test_every_bad_value_is_told_with_what_is_right(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"[ppp]\nmtu = 9000\n", "[ppp] mtu = 9000: the value is out of range; 576 to 4087"},
		{"[ppp]\nmtu = 14oo\n", "is not a number"},
		{"[ppp]\nmtu = +1400\n", "is not a number"},
		{"[ppp]\nmtu =\n", "is not a number"},
		{"[http]\nserver_header = a\tb\n", "has a control character in it"},
		{"[sstp]\nhashes = sha1, sha1\n", "has 'sha1' in it twice"},
		{"[ppp]\nnbns = 1.1.1.1 1.1.1.1\n", "has '1.1.1.1' in it twice"},
		{"[ipv6]\nrdnss = fd00::1 fd00:0::1\n", "has 'fd00:0::1' in it twice"},
		{"[tun]\noffload =\n", "is empty; write none for no offload"},
		{"[tun]\noffload = vnet vnet\n", "has 'vnet' in it twice"},
		{"[ppp]\nmtu = -1\n", "is not a number"},
		{"[ppp]\nmtu = 99999999999999999999\n", "is not a number"},
		{"[sstp]\nhello = 1w\n", "is not a number of seconds (or with m, h, d"},
		{"[sstp]\nhello = 0\n", "out of range; 1 to 3600 seconds"},
		{"[sstp]\nhashes = md5\n", "has 'md5' in it; sha256 and sha1 are known"},
		{"[sstp]\nhashes =\n", "is empty"},
		{"[ppp]\ndns = 1.2.3\n", "'1.2.3' in it, which is not an IPv4 address"},
		{"[ppp]\ndns = 1.1.1.1 2.2.2.2 3.3.3.3\n", "more addresses than the 2"},
		{"[ipv6]\nrdnss = 10.0.0.1\n", "'10.0.0.1' in it, which is not an IPv6 address"},
		{"[ipv6]\nserver_id = fe80::1\n", "is not an interface identifier, such as ::1"},
		{"[ipv6]\nserver_id = ::\n", "is not an interface identifier"},
		{"[ipv6]\npool = fd00::/64\n", "has a prefix of 64 bits; 16 to 62 are taken"},
		{"[ipv6]\npool = fd00::1/48\n", "the network is fd00::/48"},
		{"[ipv6]\npool = 10.0.0.0/24\n", "is not a network; write it as fd00:1234::/48"},
		{"[ipv6]\npool = fd00::\n", "is not a network"},
		{"[tls]\nmin_version = 1.1\n", "is not one of 1.0, 1.2, 1.3"},
		{"[server]\nlog_level = loud\n",
		 "is not one of error, warning, notice, info, debug"},
		{"[server]\nmatch_host = maybe\n", "is not yes or no"},
		{"[server]\nlisten = 443\n", "'443' in it, which is not ADDRESS:PORT"},
		{"[server]\nlisten = 1.2.3.4\n",
		 "which is not ADDRESS:PORT; write it as 0.0.0.0:443"},
		{"[server]\nlisten = 1.2.3.4:0\n", "which is not ADDRESS:PORT"},
		{"[server]\nlisten = vpn.example.org:443\n", "which is not ADDRESS:PORT"},
		{"[server]\nlisten = 0.0.0.0:443\n", "names 0.0.0.0:443 a second time"},
		{"[auth]\nmethods = mschapv2, kerberos\n",
		 "has 'kerberos' in it; known are mschapv2"},
		{"[auth]\nmethods = pap, pap\n", "has 'pap' in it twice"},
		{"[auth]\nmethods =\n", "is empty; nobody could log in"},
		{"[tun]\nname = a-name-that-is-too-long\n", "23 characters long; at most 15"},
		{"[tun]\nname = vpn 0\n", "is no name for an interface; write it as vpn0"},
		{"[tun]\nname = a/b\n", "is no name for an interface"},
		{"[tun]\nname =\n", "is no name for an interface"},
		{"[tun]\nname = vpn%s\n", "has a % in it that is not the one %d"},
		{"[tun]\nname = vpn%d%d\n", "has a % in it that is not the one %d"},
		{"[plain]\ncertificate = c.pem\n",
		 "sstpd.conf:12: [plain] certificate is set, but [plain] listen is not"},
		{"[tun]\noffload = tso\n", "leaves one out that another one needs"},
		{"[tun]\noffload = vnet, gso\n", "has 'gso' in it"},
		{"[ipv4]\nserver = 10.0.1.1\n", "[ipv4] server is not an address of [ipv4] pool"},
		{"[ipv4]\nserver = 10.0.0.255\n", "[ipv4] server is not an address of [ipv4] pool"},
		{"[ipv6]\npool = fd00::/48\n[ppp]\nmtu = 1200\n", "needs at least 1280"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), "%s%s", GOOD, cases[i].line);
		expect_fault(text, 1, cases[i].says);
	}
}

static void test_a_socket_name_too_long_is_told(void **state)
{
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), "%s[control]\nsocket = /%0120d\n", GOOD, 1);
	expect_fault(text, 1, "is longer than the 107 characters that a socket's name may have");
}

static void test_a_missing_file_is_told(void **state)
{
	struct conf_faults f = {0};
	struct conf c;

	(void)state;
	assert_false(conf_read(&c, "/tmp/no-such-folder/sstpd.conf", &f));
	assert_non_null(
		strstr(f.text, "/tmp/no-such-folder/sstpd.conf: cannot be opened: No such file"));
	conf_faults_free(&f);
	conf_free(&c);
	assert_false(conf_read(&c, "/tmp", &f));
	assert_string_equal(f.text, "/tmp: cannot be read: Is a directory\n");
	conf_faults_free(&f);
	conf_free(&c);
}

static void test_the_sample_is_read_back_with_what_was_given(void **state)
{
	static const struct conf_given given[] = {
		{"server", "listen", "192.0.2.1:443"},
		{"server", "listen", "[2001:db8::1]:443"},
		{"server", "name", "vpn.example.org"},
		{"tls", "certificate", "cert.pem"},
		{"tls", "key", "key.pem"},
		{"auth", "database", "users.db"},
		{"ipv4", "pool", "10.9.0.0/16"},
	};
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct conf c;

	(void)state;
	conf_write_sample(out, given, sizeof(given) / sizeof(given[0]));
	fclose(out);
	expect_good(text, &c);
	assert_int_equal(c.listen.n, 2);
	assert_int_equal(c.pool4.bits, 16);
	assert_int_equal(c.mtu, 1400);
	conf_free(&c);
	free(text);
}

/* Takes the # away from every default. */
static void uncomment_defaults(char *text)
{
	char *from = text, *to = text;

	while (*from) {
		if (from[0] == '#' && from[1] >= 'a' && from[1] <= 'z')
			from++;
		while (*from && *from != '\n')
			*to++ = *from++;
		if (*from)
			*to++ = *from++;
	}
	*to = '\0';
}

static void test_the_sample_with_all_defaults_in_force_is_good(void **state)
{
	static const struct conf_given given[] = {
		{"server", "listen", "192.0.2.1:443"}, {"server", "name", "vpn.example.org"},
		{"tls", "certificate", "cert.pem"},    {"tls", "key", "key.pem"},
		{"auth", "database", "users.db"},      {"ipv4", "pool", "10.9.0.0/16"},
	};
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct conf c;

	(void)state;
	conf_write_sample(out, given, sizeof(given) / sizeof(given[0]));
	fclose(out);
	uncomment_defaults(text);
	assert_non_null(strstr(text, "\nmtu = 1400\n"));
	expect_good(text, &c);
	conf_free(&c);
	free(text);
}

/* Reads the whole manual page. */
static char *read_man_page(void)
{
	FILE *in = fopen(man_page, "r");
	char *text = NULL;
	size_t n = 0;

	assert_non_null(in);
	assert_true(getdelim(&text, &n, '\0', in) > 0);
	fclose(in);
	return text;
}

static void test_the_manual_has_every_key_as_the_table_says_it(void **state)
{
	char *page = read_man_page();
	const char *at = page;

	(void)state;
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];
		char head[128];
		const char *found;

		if (row->key)
			snprintf(head, sizeof(head), "*%s* =", row->key);
		else
			snprintf(head, sizeof(head), "# [%s]", row->section);
		found = strstr(at, head);
		if (!found)
			fail_msg("%s is not in the manual, or not in its place", head);
		at = found;
		found = strstr(at, row->text);
		if (!found)
			fail_msg("[%s] %s: the manual does not say \"%s\"", row->section,
				 row->key ? row->key : "", row->text);
	}
	free(page);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_least_file_is_good_and_paths_start_at_its_folder),
		cmocka_unit_test(test_defaults_are_those_of_the_table),
		cmocka_unit_test(test_every_default_is_taken_by_its_own_key),
		cmocka_unit_test(test_every_type_takes_what_it_should),
		cmocka_unit_test(test_listen_adds_up_and_takes_ipv6),
		cmocka_unit_test(test_comments_blanks_and_byte_order_marks_are_taken),
		cmocka_unit_test(test_unknown_names_are_told_with_line_and_what_there_is),
		cmocka_unit_test(test_lines_that_are_nothing_are_told),
		cmocka_unit_test(test_a_line_too_long_is_told_and_the_next_one_read),
		cmocka_unit_test(test_a_byte_0_is_told_and_the_next_line_read),
		cmocka_unit_test(test_the_last_line_needs_no_end),
		cmocka_unit_test(test_a_key_given_twice_is_told_with_both_lines),
		cmocka_unit_test(test_what_is_missing_is_told_all_at_once),
		cmocka_unit_test(test_a_key_given_wrong_is_not_called_missing),
		cmocka_unit_test(test_a_key_left_empty_that_is_needed_is_told_with_its_line),
		cmocka_unit_test(test_what_fails_later_is_told_where_it_was_written),
		cmocka_unit_test(test_a_name_that_no_certificate_carries_is_told),
		cmocka_unit_test(test_every_bad_value_is_told_with_what_is_right),
		cmocka_unit_test(test_a_socket_name_too_long_is_told),
		cmocka_unit_test(test_a_missing_file_is_told),
		cmocka_unit_test(test_the_sample_is_read_back_with_what_was_given),
		cmocka_unit_test(test_the_sample_with_all_defaults_in_force_is_good),
		cmocka_unit_test(test_the_manual_has_every_key_as_the_table_says_it),
	};

	man_page = argc > 1 ? argv[1] : "doc/sstpd.conf.5.scd";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
