/* SPDX-License-Identifier: MIT */
/* Claims about client/proxy.c, over a socket pair. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/proxy.h"

static int fd[2];

static int open_pair(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd);
}

static int close_pair(void **state)
{
	(void)state;
	close(fd[0]);
	close(fd[1]);
	return 0;
}

/* Lets the proxy answer; returns what the client makes of it. */
static enum proxy_result answer(struct proxy *p, const char *reply)
{
	assert_int_equal(proxy_go(p, fd[0]), PROXY_READ);
	assert_int_equal(send(fd[1], reply, strlen(reply), 0), strlen(reply));
	return proxy_go(p, fd[0]);
}

static void test_the_request_is_the_one_of_ms_sstp_4_5(void **state)
{
	static const char want[] = "CONNECT vpn.example.org:443 HTTP/1.1\r\n"
				   "Host: vpn.example.org:443\r\nSSTPVERSION: 1.0\r\n\r\n";
	char got[300];
	struct proxy p;

	(void)state;
	proxy_init(&p, "vpn.example.org", 443);
	assert_int_equal(proxy_go(&p, fd[0]), PROXY_READ);
	assert_int_equal(recv(fd[1], got, sizeof(got), 0), strlen(want));
	assert_memory_equal(got, want, strlen(want));
	proxy_init(&p, "2001:db8::1", 8443);
	assert_int_equal(strncmp(p.out, "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n", 37), 0);
}

static void test_a_200_opens_the_way_and_what_follows_is_left(void **state)
{
	char got[10];
	struct proxy p;

	(void)state;
	proxy_init(&p, "h", 443);
	assert_int_equal(answer(&p, "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nTLS"),
			 PROXY_DONE);
	assert_int_equal(recv(fd[0], got, sizeof(got), 0), 3);
	assert_memory_equal(got, "TLS", 3);
}

static void test_a_reply_may_come_byte_by_byte(void **state)
{
	static const char reply[] = "HTTP/1.0 200 OK\r\n\r\n";
	enum proxy_result result = PROXY_READ;
	struct proxy p;

	(void)state;
	proxy_init(&p, "h", 443);
	for (size_t i = 0; i < sizeof(reply) - 1; i++) {
		assert_int_equal(result, PROXY_READ);
		assert_int_equal(send(fd[1], reply + i, 1, 0), 1);
		result = proxy_go(&p, fd[0]);
	}
	assert_int_equal(result, PROXY_DONE);
}

static void test_refusals_are_told_in_the_proxys_words(void **state)
{
	static const struct {
		const char *reply, *words;
	} cases[] = {
		{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
		 "it answered HTTP/1.1 407 Proxy Authentication Required"},
		{"HTTP/1.1 403 \x1b[2J\r\n\r\n", "it answered HTTP/1.1 403 \\x1b[2J"},
		{"SSH-2.0-OpenSSH\r\n\r\n", "it does not answer in HTTP"},
		{"HTTP/1.1 2000 OK\r\n\r\n", "it answered"},
		{"HTTP/1.1\r\n\r\n", "it answered"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proxy p;

		proxy_init(&p, "h", 443);
		assert_int_equal(answer(&p, cases[i].reply), PROXY_FAILED);
		assert_non_null(strstr(p.error, cases[i].words));
		close_pair(state);
		open_pair(state);
	}
}

static void test_an_endless_head_and_a_hang_up_are_failures(void **state)
{
	char line[] = "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n";
	enum proxy_result result = PROXY_READ;
	struct proxy p;

	(void)state;
	proxy_init(&p, "h", 443);
	for (int i = 0; i < 100 && result == PROXY_READ; i++)
		result = answer(&p, line);
	assert_int_equal(result, PROXY_FAILED);
	assert_non_null(strstr(p.error, "longer than any head"));
	close_pair(state);
	open_pair(state);
	proxy_init(&p, "h", 443);
	assert_int_equal(proxy_go(&p, fd[0]), PROXY_READ);
	shutdown(fd[1], SHUT_WR);
	assert_int_equal(proxy_go(&p, fd[0]), PROXY_FAILED);
	assert_string_equal(p.error, "it closed the connection");
}

int main(void)
{
	/* clang-format off */
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_request_is_the_one_of_ms_sstp_4_5, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_a_200_opens_the_way_and_what_follows_is_left, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_a_reply_may_come_byte_by_byte, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_refusals_are_told_in_the_proxys_words, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_an_endless_head_and_a_hang_up_are_failures, open_pair, close_pair),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
