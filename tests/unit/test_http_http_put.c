/* SPDX-License-Identifier: MIT */
/* Claims about lib/http/http_put.c: what is written, and what is never shown. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/text.h"
#include "lib/http/http.h"
#include "sstp/error.h"

static char buf[2048];
static struct drbg drbg;
static char id[HTTP_ID_MAX + 1];

static const char *request(const char *host, const char *cookie)
{
	struct wr w = wr_init(buf, sizeof(buf) - 1);

	http_put_request(&w, host, cookie, &drbg, id);
	buf[wr_len(&w)] = '\0';
	return w.bad ? NULL : buf;
}

static void test_request_has_the_lines_of_ms_sstp_3_2_4_1(void **state)
{
	(void)state;
	drbg_init(&drbg, (const uint8_t[32]){1});
	assert_string_equal(
		request("vpn.example.test", NULL),
		"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
		"Content-Length: 18446744073709551615\r\n"
		"Host: vpn.example.test\r\n"
		"SSTPCORRELATIONID: {1943455A-CB06-475B-9DA5-E8E913903B57}\r\n\r\n");
	assert_string_equal(id, "{1943455A-CB06-475B-9DA5-E8E913903B57}");
}

static void test_correlation_id_is_a_new_random_guid_each_time(void **state)
{
	char last[HTTP_ID_MAX + 1] = "";

	(void)state;
	drbg_init(&drbg, (const uint8_t[32]){2});
	for (unsigned i = 0; i < 50; i++) {
		request("a", NULL);
		assert_int_equal(strlen(id), 38);
		for (unsigned k = 0; k < 38; k++) {
			char form = "{xxxxxxxx-xxxx-4xxx-Vxxx-xxxxxxxxxxxx}"[k];

			if (form == 'x')
				assert_non_null(strchr("0123456789ABCDEF", id[k]));
			else if (form == 'V')
				assert_non_null(strchr("89AB", id[k]));
			else
				assert_int_equal(id[k], form);
		}
		assert_string_not_equal(id, last);
		strcpy(last, id);
	}
}

static void test_cookie_is_sent_when_there_is_one(void **state)
{
	(void)state;
	assert_non_null(strstr(request("a", "k=v; l=w"), "\r\nCookie: k=v; l=w\r\n\r\n"));
	assert_null(strstr(request("a", NULL), "Cookie"));
}

static void test_values_that_would_break_the_head_are_refused(void **state)
{
	(void)state;
	assert_null(request("a\r\nX: y", NULL));
	assert_null(request("a\tb", NULL));
	assert_null(request("a", "k=v\n"));
	assert_null(request("a\x7f", NULL));
}

static void test_a_writer_that_is_too_small_turns_bad(void **state)
{
	size_t n = strlen(request("a", NULL));

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct wr w = wr_init(buf, i);

		http_put_request(&w, "a", NULL, &drbg, id);
		assert_true(w.bad);
	}
}

static const char date[] = "Thu, 09 Nov 2006 00:51:09 GMT";

static const char *reply(uint16_t code, bool is_head)
{
	struct http h = {.server = true, .code = code, .is_head = is_head};
	struct wr w = wr_init(buf, sizeof(buf) - 1);

	http_put_reply(&h, &w, "SSTP", date);
	assert_false(w.bad);
	buf[wr_len(&w)] = '\0';
	return buf;
}

static void test_every_reply_has_at_most_five_headers_and_an_exact_length(void **state)
{
	static const uint16_t codes[] = {200, 400, 404, 405, 408, 414, 421, 431, 501, 503, 505};

	(void)state;
	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const char *text = reply(codes[i], false);
		const char *body = strstr(text, "\r\n\r\n") + 4;
		unsigned lines = 0;

		for (const char *p = text; p < body; p++)
			lines += *p == '\n';
		assert_true(lines - 2 <= 5);
		assert_int_equal(atoi(text + 9), codes[i]);
		assert_non_null(strstr(text, "\r\nDate: Thu, 09 Nov 2006 00:51:09 GMT\r\n"));
		if (codes[i] == 200) {
			assert_string_equal(body, "");
			continue;
		}
		assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
		assert_int_equal(atoi(strstr(text, "Content-Length: ") + 16), strlen(body));
		assert_true(strlen(body) > 0);
		/* A head alone says how long the body would be (RFC 9110 9.3.2). */
		assert_non_null(strstr(reply(codes[i], true), "Content-Length: "));
		assert_string_equal(strstr(buf, "\r\n\r\n"), "\r\n\r\n");
	}
}

static void test_an_unknown_code_is_a_bad_request(void **state)
{
	(void)state;
	assert_int_equal(atoi(reply(999, false) + 9), 400);
	assert_int_equal(atoi(reply(0, false) + 9), 400);
}

static const char *trace(const char *head)
{
	static struct sstp_trace ring[2];
	static char words[1024];
	struct tracer t;
	struct sstp_trace record;
	struct text out = text_init(words, sizeof(words));

	tracer_init(&t, ring, 2);
	http_trace(&t, SSTP_TRACE_RX, head, strlen(head));
	assert_true(tracer_next(&t, &record));
	assert_int_equal(record.layer, SSTP_LAYER_HTTP);
	assert_null(memmem(record.bytes, record.kept, "secret", 6));
	http_show(&out, rd_init(record.bytes, record.kept));
	return words;
}

static void test_secrets_are_cut_out_before_a_head_is_stored(void **state)
{
	(void)state;
	assert_string_equal(trace("GET / HTTP/1.1\r\nHost: a\r\nCOOKIE: secret\r\nX: y\r\n\r\n"),
			    "GET / HTTP/1.1 host=\"a\" cookie=\"***\" x=\"y\"");
	trace("GET / HTTP/1.1\r\nCookie: a;\r\n secret\r\n\r\n");
	trace("GET / HTTP/1.1\r\nCookie : secret\r\n\r\n");
	trace("GET / HTTP/1.1\r\nAuthorization: Basic secret");
	trace("HTTP/1.1 200\r\nSet-Cookie: secret\r\nProxy-Authorization:secret\r\n\r\n");
	trace("GET / HTTP/1.1\r\nbroken\r\n secret\r\nCookie: secret\r\n\r\n");
	trace("GET / HTTP/1.1\nCookie:secret\nCookie:secret\n\n");
}

static void test_tracing_that_is_off_stores_nothing(void **state)
{
	struct tracer t;
	struct sstp_trace record;

	(void)state;
	tracer_init(&t, NULL, 0);
	http_trace(&t, SSTP_TRACE_RX, "GET", 3);
	assert_false(tracer_next(&t, &record));
}

static void test_showing_hides_secrets_and_escapes_the_rest(void **state)
{
	static const char head[] = "GET / HTTP/1.1\r\nCookie: secret\r\nX: a\"b\xff\r\n\r\n";
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	http_show(&t, rd_init(head, sizeof(head) - 1));
	assert_string_equal(buf, "GET / HTTP/1.1 cookie=\"***\" x=\"a\\x22b\\xff\"");
	for (size_t n = 0; n < sizeof(head); n++) {
		t = text_init(buf, sizeof(buf));
		http_show(&t, rd_init(head, n));
		assert_null(strstr(buf, "secret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_has_the_lines_of_ms_sstp_3_2_4_1),
		cmocka_unit_test(test_correlation_id_is_a_new_random_guid_each_time),
		cmocka_unit_test(test_cookie_is_sent_when_there_is_one),
		cmocka_unit_test(test_values_that_would_break_the_head_are_refused),
		cmocka_unit_test(test_a_writer_that_is_too_small_turns_bad),
		cmocka_unit_test(test_every_reply_has_at_most_five_headers_and_an_exact_length),
		cmocka_unit_test(test_an_unknown_code_is_a_bad_request),
		cmocka_unit_test(test_secrets_are_cut_out_before_a_head_is_stored),
		cmocka_unit_test(test_tracing_that_is_off_stores_nothing),
		cmocka_unit_test(test_showing_hides_secrets_and_escapes_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
