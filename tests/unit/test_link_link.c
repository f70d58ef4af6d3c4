/* SPDX-License-Identifier: MIT */
/*
 * Claims about lib/link/link.c that no golden can make: octets that the trace cuts short, what is
 * refused at the start, and many calls side by side.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/cursor.h"
#include "sstp/link.h"

#define CALLS 1000

static const char post[] =
	"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n\r\n";
static const uint8_t request[] = {0x10, 1, 0, 14, 0, 1, 0, 1, 0, 1, 0, 6, 0, 1};

/* Makes a link; NULL when it refuses the configuration. The caller ends it with drop(). */
static struct sstp_link *make(const struct sstp_config *cfg)
{
	struct sstp_link *l = malloc(sstp_link_size());

	assert_non_null(l);
	if (sstp_link_init(l, cfg, 0) == SSTP_OK)
		return l;
	free(l);
	return NULL;
}

static void drop(struct sstp_link *l)
{
	if (l)
		sstp_link_fini(l);
	free(l);
}

static void feed(struct sstp_link *l, const void *bytes, size_t n, uint64_t now)
{
	uint8_t copy[512];

	assert_true(n <= sizeof(copy));
	memcpy(copy, bytes, n);
	assert_int_equal(sstp_link_input(l, copy, n, now), n);
}

/* Takes the next unit of output as text. */
static const char *take_text(struct sstp_link *l, char buf[1024])
{
	const uint8_t *p;
	size_t n = sstp_link_output(l, &p);

	assert_true(n < 1024);
	memcpy(buf, p, n);
	buf[n] = '\0';
	sstp_link_sent(l, n);
	return buf;
}

/* Takes units of output until CALL_CONNECT_ACK, and copies its nonce. */
static void take_nonce(struct sstp_link *l, uint8_t nonce[32])
{
	const uint8_t *p;
	size_t n;

	while ((n = sstp_link_output(l, &p)) != 48)
		sstp_link_sent(l, n);
	assert_memory_equal(p, "\x10\1\0\x30\0\2\0\1\0\4\0\x28\0\0\0\3", 16);
	memcpy(nonce, p + 16, 32);
}

static void test_a_cookie_is_sent_only_when_authentication_is_to_be_bypassed(void **state)
{
	struct sstp_config cfg = {
		.role = SSTP_CLIENT, .host = "vpn.example.org", .cookie = "a=b; c=\"d\""};
	struct sstp_link *l = make(&cfg);
	char text[1024];
	const char *at;

	(void)state;
	assert_null(strstr(take_text(l, text), "Cookie"));
	drop(l);
	cfg.bypass = true;
	l = make(&cfg);
	at = strstr(take_text(l, text), "\r\nCookie: a=b; c=\"d\"\r\n");
	assert_non_null(at);
	assert_null(strstr(at + 8, "Cookie"));
	drop(l);
}

static void test_a_configuration_that_cannot_work_is_refused(void **state)
{
	static const struct {
		struct sstp_config cfg;
		bool good;
	} cases[] = {
		{{.role = SSTP_SERVER}, true},
		{{.role = SSTP_SERVER, .mtu = 4087}, true},
		{{.role = SSTP_SERVER, .mtu = 4088}, false},
		{{.role = SSTP_SERVER, .mtu = 9000}, false},
		{{.role = SSTP_SERVER, .mtu = 67}, false},
		{{.role = SSTP_SERVER, .no_ip4 = true, .no_ip6 = true}, false},
		{{.role = SSTP_CLIENT, .host = "a"}, true},
		{{.role = SSTP_CLIENT}, false},
		{{.role = SSTP_CLIENT, .host = "a\r\nX: y"}, false},
		{{.role = SSTP_CLIENT, .host = "a", .bypass = true, .cookie = "a\n"}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sstp_link *l = make(&cases[i].cfg);

		if (!l == cases[i].good)
			fail_msg("case %zu is %s", i, l ? "taken" : "refused");
		drop(l);
	}
}

static int compare_nonces(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static void test_a_thousand_calls_have_a_thousand_nonces(void **state)
{
	static uint8_t nonces[CALLS][32];
	unsigned ones[256] = {0};

	(void)state;
	for (unsigned i = 0; i < CALLS; i++) {
		struct sstp_config cfg = {.seed = {(uint8_t)i, (uint8_t)(i >> 8)}};
		struct sstp_link *l;

		cfg.role = SSTP_SERVER;
		l = make(&cfg);
		feed(l, post, sizeof(post) - 1, 0);
		feed(l, request, sizeof(request), 0);
		take_nonce(l, nonces[i]);
		for (unsigned bit = 0; bit < 256; bit++)
			ones[bit] += nonces[i][bit / 8] >> bit % 8 & 1;
		drop(l);
	}
	for (unsigned bit = 0; bit < 256; bit++) /* 16 standard deviations: about half of each */
		assert_in_range(ones[bit], CALLS / 4, CALLS - CALLS / 4);
	qsort(nonces, CALLS, sizeof(nonces[0]), compare_nonces);
	for (unsigned i = 1; i < CALLS; i++)
		assert_memory_not_equal(nonces[i - 1], nonces[i], 32);
}

static void test_calls_side_by_side_know_nothing_of_each_other(void **state)
{
	struct sstp_config cfg = {.role = SSTP_SERVER, .seed = {1}};
	struct sstp_link *fresh, *asked;
	struct sstp_info info;
	uint8_t nonce[32], other[32];

	(void)state;
	asked = make(&cfg);
	cfg.seed[0] = 2;
	fresh = make(&cfg);
	feed(asked, post, sizeof(post) - 1, 0);
	feed(fresh, post, sizeof(post) - 1, 30000);
	feed(asked, request, sizeof(request), 30000);
	take_nonce(asked, nonce);
	sstp_link_info(fresh, &info);
	assert_string_equal(info.state, "connect-request-pending");
	sstp_link_info(asked, &info);
	assert_string_equal(info.state, "call-connected-pending");
	/* One ends by a message out of place, the other goes on with a nonce and a time of its own.
	 */
	feed(asked, request, sizeof(request), 40000);
	sstp_link_info(asked, &info);
	assert_string_equal(info.state, "call-abort-pending");
	feed(fresh, request, sizeof(request), 50000);
	take_nonce(fresh, other);
	assert_memory_not_equal(nonce, other, 32);
	sstp_link_tick(asked, 43000);
	assert_int_equal(sstp_link_why(asked).err, SSTP_E_UNEXPECTED);
	assert_int_equal(sstp_link_why(fresh).who, SSTP_BY_NOBODY);
	assert_int_equal(sstp_link_deadline(asked), UINT64_MAX);
	drop(asked);
	sstp_link_info(fresh, &info);
	assert_string_equal(info.state, "call-connected-pending");
	drop(fresh);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_cookie_is_sent_only_when_authentication_is_to_be_bypassed),
		cmocka_unit_test(test_a_configuration_that_cannot_work_is_refused),
		cmocka_unit_test(test_a_thousand_calls_have_a_thousand_nonces),
		cmocka_unit_test(test_calls_side_by_side_know_nothing_of_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
