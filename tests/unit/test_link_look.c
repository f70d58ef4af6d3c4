/* SPDX-License-Identifier: MIT */
/* Claims about lib/link/look.c: what people see of a link, and why it is down, in words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sstp/link.h"

#define SSTPC_HEAD                                                                                 \
	"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"               \
	"Host: vpn.example.test\r\nContent-Length: 18446744073709551615\r\n"                       \
	"SSTPCORRELATIONID: {6B2891D4-CA2D-C688-53EA2E71}\r\n\r\n"

static struct sstp_link *start(enum sstp_role role)
{
	const struct sstp_config conf = {.role = role,
					 .host = role == SSTP_CLIENT ? "vpn.example.test" : NULL,
					 .user = "alice"};
	struct sstp_link *l = malloc(sstp_link_size());

	assert_non_null(l);
	assert_int_equal(sstp_link_init(l, &conf, 1), SSTP_OK);
	return l;
}

static void feed(struct sstp_link *l, const char *text)
{
	uint8_t bytes[512];
	size_t n = strlen(text);

	memcpy(bytes, text, n);
	assert_int_equal(sstp_link_input(l, bytes, n, 2), n);
}

static void stop(struct sstp_link *l)
{
	sstp_link_fini(l);
	free(l);
}

static void assert_why(const struct sstp_why *why, const char *want)
{
	char text[200];

	assert_int_equal(sstp_why_text(why, text, sizeof(text)), strlen(want));
	assert_string_equal(text, want);
}

static void test_methods_have_the_names_of_the_configuration(void **state)
{
	static const char *const names[] = {"none",     "pap",     "chap-md5",
					    "mschapv2", "eap-md5", "eap-mschapv2"};

	(void)state;
	for (unsigned i = 0; i < SSTP_AUTHS; i++)
		assert_string_equal(sstp_auth_name((enum sstp_auth)i), names[i]);
	assert_string_equal(sstp_auth_name(SSTP_AUTHS), "none");
}

static void test_a_new_link_knows_nothing_of_its_peer(void **state)
{
	struct sstp_link *l = start(SSTP_SERVER);
	struct sstp_info info;

	(void)state;
	sstp_link_info(l, &info);
	assert_string_equal(info.correlation_id, "");
	assert_string_equal(info.agent, "");
	assert_string_equal(info.user, "");
	assert_false(info.one_per_record || info.ip4_up || info.ip6_up);
	assert_int_equal(sstp_link_why(l).who, SSTP_BY_NOBODY);
	assert_string_equal(sstp_link_why(l).message, "");
	stop(l);
}

static void test_sstpc_is_shown_by_name_with_its_id(void **state)
{
	struct sstp_link *l = start(SSTP_SERVER);
	struct sstp_info info;

	(void)state;
	feed(l, SSTPC_HEAD);
	sstp_link_info(l, &info);
	assert_string_equal(info.correlation_id, "{6B2891D4-CA2D-C688-53EA2E71}");
	assert_string_equal(info.agent, "sstpc");
	assert_true(info.one_per_record);
	stop(l);
}

static void test_a_refused_request_is_told_with_its_http_status(void **state)
{
	struct sstp_link *l = start(SSTP_CLIENT);
	struct sstp_why why;

	(void)state;
	feed(l, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	why = sstp_link_why(l);
	assert_int_equal(why.err, SSTP_E_HTTP_STATUS);
	assert_int_equal(why.layer, SSTP_LAYER_HTTP);
	assert_int_equal(why.status, 404);
	why.message = "";
	assert_why(&why, "the server answered the HTTP request with another status than 200 "
			 "(HTTP status 404)");
	stop(l);
}

static void test_every_part_of_a_reason_is_put_into_words(void **state)
{
	struct sstp_why why = {.err = SSTP_E_PEER_ABORT, .layer = SSTP_LAYER_SSTP, .message = ""};

	(void)state;
	assert_why(&why, "the peer aborted the call");
	why.status = 4;
	assert_why(&why, "the peer aborted the call (status 4 VALUE_NOT_SUPPORTED)");
	why.off = 12;
	assert_why(&why, "the peer aborted the call (status 4 VALUE_NOT_SUPPORTED), at octet 12 of "
			 "the sstp message");
	why.status = why.off = 0;
	why.message = "go away";
	assert_why(&why, "the peer aborted the call: \"go away\"");
}

static void test_words_that_do_not_fit_are_cut(void **state)
{
	const struct sstp_why why = {.err = SSTP_E_PEER_ABORT, .message = ""};
	char text[9];

	(void)state;
	assert_int_equal(sstp_why_text(&why, text, sizeof(text)), 8);
	assert_string_equal(text, "the peer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods_have_the_names_of_the_configuration),
		cmocka_unit_test(test_a_new_link_knows_nothing_of_its_peer),
		cmocka_unit_test(test_sstpc_is_shown_by_name_with_its_id),
		cmocka_unit_test(test_a_refused_request_is_told_with_its_http_status),
		cmocka_unit_test(test_every_part_of_a_reason_is_put_into_words),
		cmocka_unit_test(test_words_that_do_not_fit_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
