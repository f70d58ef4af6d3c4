/* SPDX-License-Identifier: MIT */
/* Claims about analyse/filter/parse.c, check.c, literal.c and filter.c: what compiles, and errors.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/filter/filter.h"

/* Wrong filters: the part that is marked, and words of the message. */
static const struct {
	const char *filter;
	const char *marked;
	const char *says;
} wrong[] = {
	{"sstp.majorverson == 1", "sstp.majorverson", "did you mean sstp.majorversion?"},
	{"sstp.mesagetype", "sstp.mesagetype", "did you mean sstp.messagetype"},
	{"messagetype == 1", "messagetype", "sstp.messagetype"},
	{"ip.adr == 1.2.3.4", "ip.adr", "ip.addr"},
	{"tpc", "tpc", "did you mean tcp"},
	{"qwertyuiop", "qwertyuiop", "-G fields"},
	{"tcp.port == abc", "abc", "unsigned integer of 2 bytes"},
	{"tcp.port == \"443\"", "\"443\"", "443 without quotes"},
	{"tcp.port == 70000", "70000", "the largest is 65535"},
	{"tcp.port == 99999999999999999999", "99999999999999999999", "too large"},
	{"tcp.port == 0x", "0x", "unsigned integer"},
	{"tcp.port == 089", "089", "unsigned integer"},
	{"tcp.port == 4.5", "4.5", "unsigned integer"},
	{"tcp.port == 0b12", "0b12", "unsigned integer"},
	{"sstp.iscontrol == yes", "yes", "True, False"},
	{"sstp.messagetype == \"SSTP_MSG_NO\"", "\"SSTP_MSG_NO\"", "SSTP_MSG_CALL_CONNECT_REQUEST"},
	{"ip.src == 10.78.0", "10.78.0", "IPv4 address"},
	{"ip.src == 10.78.0.2/33", "10.78.0.2/33", "from 0 to 32"},
	{"ip.src == \"10.78.0.2\"", "\"10.78.0.2\"", "without quotes"},
	{"ip.src == localhost", "localhost", "IPv4 address"},
	{"ipv6.src == fe80::1/129", "fe80::1/129", "from 0 to 128"},
	{"ipv6.src == 1.2.3.4", "1.2.3.4", "IPv6 address"},
	{"eth.src == ff:ff", "ff:ff", "Ethernet address"},
	{"sstp[0:2] == zz", "zz", "byte sequence"},
	{"sstp[0:2] == 0x0a4e", "0x0a4e", "byte sequence"},
	{"frame.time == 2024", "2024", "date and time"},
	{"frame.time > \"2024-13-01\"", "\"2024-13-01\"", "date and time"},
	{"frame.time_delta > 1e3", "1e3", "duration"},
	{"frame.time_delta > \"0.5\"", "\"0.5\"", "duration"},
	{"ip.proto == tcp", "ip.proto == tcp", "cannot be compared"},
	{"ip.src == ipv6.src", "ip.src == ipv6.src", "cannot be compared"},
	{"sstp.iscontrol == tcp.port", "sstp.iscontrol == tcp.port", "cannot be compared"},
	{"tls.record == 1", "tls.record", "== does not work"},
	{"tcp.port contains 1", "tcp.port", "contains does not work"},
	{"ip.src matches \"1\"", "ip.src", "matches does not work"},
	{"http.host matches abc", "abc", "double quotes"},
	{"\"abc\" matches http.host", "http.host", "double quotes"},
	{"\"abc\" matches http.host == \"abc\"", "http.host", "double quotes"},
	{"\"abc\" matches \"abc\"", "\"abc\"", "neither is the other side"},
	{"http.host matches \"[\"", "\"[\"", "the pattern is wrong"},
	{"http.host matches \"10\\.78\"", "\\.", "escape sequence"},
	{"sstp & tcp.port", "sstp & tcp.port", "cannot be compared"},
	{"frame.time_delta * 2 > 1", "frame.time_delta", "* does not work"},
	{"http.host + 1 == 2", "http.host", "+ does not work"},
	{"-http.host == 2", "http.host", "- does not work"},
	{"http.host == -5", "-5", "minus sign"},
	{"tcp.flags[0] == 2", "tcp.flags[0]", "@"},
	{"ip.src[0:0] == 2", "0:0", "range"},
	{"ip.src[2-1] == 2", "2-1", "range"},
	{"ip.src[] == 2", "]", "range"},
	{"ip.src[1,] == 2", "]", "range"},
	{"ip.src[a] == 2", "a", "range"},
	{"ip.src[1:2:3] == 2", "1:2:3", "range"},
	{"ip.src[1 == 2", "[", "closing ]"},
	{"ip.src#a == 2", "#", "layer"},
	{"ip.addr#-1 == 1.2.3.4", "#", "layer"},
	{"len() > 1", "len()", "takes one argument, not 0"},
	{"len(tcp, ip) > 1", "len(tcp, ip)", "takes one argument, not 2"},
	{"nofunc(tcp) == 1", "nofunc", "there is no function nofunc()"},
	{"len(tcp)", "len(tcp)", "compare it"},
	{"upper(tcp.port) == \"A\"", "tcp.port", "strings only"},
	{"upper(\"a\") == \"A\"", "\"a\"", "must be a field"},
	{"abs(ip.src) == 1", "ip.src", "numbers and durations"},
	{"string(sstp) == \"a\"", "sstp", "does not take"},
	{"max(1, 2) == 2", "max(1, 2)", "must be a field"},
	{"max(tcp.port, ip.src) > 1", "ip.src", "the other argument"},
	{"443 == 443", "443", "neither is the other side"},
	{"and", "and", "a field or a value"},
	{"sstp and", "", "the filter ends"},
	{"sstp and and tcp", "and", "a field or a value"},
	{"sstp sstp", "sstp", "should stand"},
	{"(sstp", "", "the filter ends"},
	{"sstp)", ")", "should stand"},
	{"()", ")", "a field or a value"},
	{"not", "", "the filter ends"},
	{"tcp.port ==", "", "the filter ends"},
	{"tcp.port in 443", "443", "a set in { }"},
	{"tcp.port in {}", "}", "a field or a value"},
	{"tcp.port in {443,}", "}", "a field or a value"},
	{"tcp.port in {443 444}", "444", "a comma or }"},
	{"tcp.port in {a}", "a", "unsigned integer"},
	{"tcp.port not 443", "443", "\"in\""},
	{"all tcp", "", "a comparison"},
	{"any == 1", "==", "a field or a value"},
	{"tcp.port = 443", "=", "write =="},
	{"sstp | tcp", "|", "||"},
	{"{tcp.port == 1", "==", "}"},
	{".nosuch", ".nosuch", "must be a field"},
	{"@5", "5", "a field"},
};

static void test_errors_mark_the_wrong_part_and_say_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const char *text = wrong[i].filter;
		struct filter_error err;
		struct filter *f;

		if (!filter_compile(&f, text, &err))
			fail_msg("compiles: %s", text);
		assert_null(f);
		if (strncmp(text + err.at, wrong[i].marked, strlen(wrong[i].marked)) ||
		    (*wrong[i].marked && strlen(wrong[i].marked) != err.n))
			fail_msg("%s: marked %.*s", text, (int)err.n, text + err.at);
		if (!strstr(err.text, wrong[i].says))
			fail_msg("%s: %s", text, err.text);
		assert_null(strchr(err.text, '\n'));
	}
}

/* What Wireshark 4.0 refuses or does not know, and ours takes on purpose. */
static void test_more_than_wireshark_4_0_is_taken(void **state)
{
	static const char *const good[] = {
		"",
		"  ",
		"443 == tcp.port",
		"sstp xor tcp",
		"sstp ^^ tcp",
		"@tcp.srcport == 01:bb",
		"@tcp.flags[0] & 0f",
		"sstp contains sstp.nonce",
		"http contains http.request.method",
		"len(ip.src) in {4}",
		"len(upper(http.host)) == 3",
		"lower(string(ip.src)) contains \"10\"",
		"tcp.srcport in {tcp.dstport - 1 .. tcp.dstport + 1}",
		"1 + tcp.srcport == 444",
		"1 < tcp.port < 100",
		"lcp.opt.type == \"Magic Number\"",
		"tcp.srcport == --443",
		"max(tcp.srcport, ip.ttl) > 5",
		"string(frame.time_delta) contains \"0.\"",
		"ipv6.src == ff02::1:ff00:0/104",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct filter_error err;
		struct filter *f;

		if (filter_compile(&f, good[i], &err))
			fail_msg("%s: %s", good[i], err.text);
		filter_free(f);
	}
}

/* Makes a text of `n` times `part`, with `middle` in the middle and n times `after` behind it. */
static char *repeat(const char *part, const char *middle, const char *after, size_t n)
{
	size_t one = strlen(part), end = strlen(after);
	char *text = malloc(n * (one + end) + strlen(middle) + 1), *p = text;

	assert_non_null(text);
	for (size_t i = 0; i < n; i++, p += one)
		memcpy(p, part, one);
	p = stpcpy(p, middle);
	for (size_t i = 0; i < n; i++, p += end)
		memcpy(p, after, end);
	*p = 0;
	return text;
}

static void test_hostile_filters_are_refused_and_long_ones_run(void **state)
{
	static const struct {
		const char *part, *middle, *after;
		size_t n;
		bool good;
	} big[] = {
		{"(", "sstp", ")", FILTER_NESTING_MAX - 2, true},
		{"(", "sstp", ")", FILTER_NESTING_MAX + 1, false},
		{"!", "sstp", "", 5000, false},
		{"-", "1 == tcp.port", "", 5000, false},
		{"{", "tcp.port == 1", "", 5000, false},
		{"len(", "sstp == 1", "", 3000, false},
		{"(", "", "", 16000, false},
		{"sstp or ", "sstp", "", 2000, true},
		{"1+", "tcp.port == 1", "", FILTER_HEIGHT_MAX, true},
		{"1+", "tcp.port == 1", "", FILTER_HEIGHT_MAX + 1, false},
		{"1+", "tcp.port == 1", "", 8000, false},
		{"", "sstp", "[0]", FILTER_HEIGHT_MAX, true},
		{"", "sstp", "[0]", 5000, false},
		{"sstp||", "sstp", "", 2700, true},
		{"tcp.port in {", "1", "", 1000, false},
		{"tcp.port<", "5", "", 1800, true},
		{"a", "", "", FILTER_LENGTH_MAX + 1, false},
		{"sstp[0]", "", "[0]", 1, true},
	};
	struct field_tree t;

	(void)state;
	field_tree_init(&t);
	field_tree_reset(&t, NULL);
	field_add_uint(&t, FIELD_TCP_SRCPORT, 0, 2, 1);
	for (size_t i = 0; i < sizeof(big) / sizeof(*big); i++) {
		char *text = repeat(big[i].part, big[i].middle, big[i].after, big[i].n);
		struct filter_error err;
		struct filter *f;
		int result = filter_compile(&f, text, &err);

		if (result != (big[i].good ? 0 : -1))
			fail_msg("%.40s: %s", text, err.text);
		if (f)
			filter_match(f, &t);
		filter_free(f);
		free(text);
	}
	field_tree_fini(&t);
}

static void test_an_error_is_shown_under_the_filter(void **state)
{
	static const char text[] = "sstp and tcp.port == abc";
	struct filter_error err;
	char shown[400], *filter;
	struct filter *f;

	(void)state;
	assert_int_equal(filter_compile(&f, text, &err), -1);
	filter_error_text(&err, text, shown, sizeof(shown));
	assert_non_null(strstr(shown, "\n    sstp and tcp.port == abc\n"));
	assert_string_equal(strrchr(shown, '\n'), "\n                         ^~~");
	filter = repeat("sstp or ", "x", "", 100);
	assert_int_equal(filter_compile(&f, filter, &err), -1);
	filter_error_text(&err, filter, shown, sizeof(shown));
	assert_non_null(strstr(shown, "sstp or x\n"));
	assert_true(strlen(shown) < 300);
	for (size_t n = 1; n < 100; n++)
		assert_true(filter_error_text(&err, filter, shown, n) < n);
	free(filter);
}

static void test_a_filter_names_the_fields_it_needs(void **state)
{
	struct field_set s = {0};
	struct filter_error err;
	struct field_tree t;
	struct filter *f;

	(void)state;
	assert_int_equal(filter_compile(&f, "sstp.length > 5 and ip.addr == 1.2.3.4 or tls", &err),
			 0);
	filter_fields(f, &s);
	filter_free(f);
	field_tree_init(&t);
	field_tree_reset(&t, &s);
	assert_true(field_wanted(&t, FIELD_SSTP_LENGTH));
	assert_true(field_wanted(&t, FIELD_IP_SRC));
	assert_true(field_wanted(&t, FIELD_IP_DST));
	assert_true(field_wanted(&t, FIELD_TLS));
	assert_true(field_wanted_of(&t, FIELD_SSTP));
	assert_false(field_wanted(&t, FIELD_SSTP));
	assert_false(field_wanted(&t, FIELD_TLS_RECORD));
	assert_false(field_wanted_of(&t, FIELD_PPP));
	field_tree_fini(&t);
}

static void test_near_names_come_best_first(void **state)
{
	enum field_id near[3];

	(void)state;
	assert_int_equal(filter_nearest("sstp.lenght", 11, near, 3) > 0, 1);
	assert_int_equal(near[0], FIELD_SSTP_LENGTH);
	assert_int_equal(filter_nearest("TCP.PORT", 8, near, 3) > 0, 1);
	assert_int_equal(near[0], FIELD_TCP_PORT);
	assert_int_equal(filter_nearest("zzzzzzzzzz", 10, near, 3), 0);
	assert_int_equal(filter_nearest("", 0, near, 3), 0);
	assert_int_equal(filter_nearest("sstp.lengh", 10, near, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_mark_the_wrong_part_and_say_what_is_wrong),
		cmocka_unit_test(test_more_than_wireshark_4_0_is_taken),
		cmocka_unit_test(test_hostile_filters_are_refused_and_long_ones_run),
		cmocka_unit_test(test_an_error_is_shown_under_the_filter),
		cmocka_unit_test(test_a_filter_names_the_fields_it_needs),
		cmocka_unit_test(test_near_names_come_best_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
