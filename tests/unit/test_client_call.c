/* SPDX-License-Identifier: MIT */
/*
 * Claims about client/call.c, client/call_link.c and client/call_event.c: whole calls over
 * loopback, in a network namespace of the test's own, to a server of a thread of the test's.
 * Skipped where no namespace can be made.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <time.h>
#include <unistd.h>

#include "client/call.h"
#include "client/say.h"
#include "io/cert.h"
#include "io/clock.h"
#include "io/locked.h"
#include "io/tls_inner.h" /* to show certificates that a server of ours refuses to */
#include "tests/unit/certs.h"

/* What the server of a test does. */
enum script {
	SERVE,        /* let the client in, and end when it hangs up */
	REFUSE,       /* the password is another one */
	DROP,         /* let it in, then close the TCP connection */
	HANG_UP,      /* let it in, then disconnect */
	PROXY,        /* answer CONNECT first, then as SERVE */
	PROXY_REFUSE, /* answer CONNECT with 403 */
	WEB,          /* be another server, behind TLS */
};

static struct {
	enum script script;
	int listener;
	struct net_addr at;
	pthread_t thread;
	struct tls_ctx *ctx;
	uint8_t buf[TLS_READ_SIZE];
	/* one call */
	struct tls *tls;
	struct sstp_link *link;
	struct pump pump;
	bool up, down, stop;
	unsigned solicits;
	unsigned datagrams;
	sem_t heard; /* a datagram came */
	/* what came of it */
	bool shaken;           /* TLS came about */
	bool asked;            /* the client sent something over it */
	bool goodbye;          /* the client's close_notify came after the link's end */
	char request[300];     /* what the proxy was asked */
	ssize_t after_refusal; /* what the proxy's client sent after the refusal; 0: it closed */
} server;

static char folder[] = "/tmp/test_client_call.XXXXXX";
static char cert_file[64], key_file[64];
static const char *reason; /* why everything is skipped */

static void on_packet(void *arg, uint8_t *p, size_t n)
{
	(void)arg;
	server.solicits += nd_is_solicit(p, n);
	if (n > 20 && p[0] == 0x45 && p[9] == 17) {
		server.datagrams++;
		sem_post(&server.heard);
	}
}

static void let_in(void)
{
	struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

	snprintf(a.password, sizeof(a.password), "%s",
		 server.script == REFUSE ? "another" : "hunter2");
	sstp_link_answer(server.link, &a, clock_ms());
}

static void on_event(void *arg, const struct sstp_event *ev)
{
	static const struct sstp_addresses addr = {.ip4_local = {10, 7, 0, 1},
						   .ip4_peer = {10, 7, 0, 2},
						   .ip6_local_id = {[7] = 1},
						   .ip6_peer_id = {[7] = 2}};

	(void)arg;
	if (ev->type == SSTP_EV_NEED_AUTH)
		let_in();
	else if (ev->type == SSTP_EV_NEED_ADDRESS)
		sstp_link_assign(server.link, &addr, clock_ms());
	else if (ev->type == SSTP_EV_DOWN)
		server.down = true;
}

/* Answers a router solicitation with a prefix, as sstpd does. */
static void advertise(void)
{
	static const uint8_t router[16] = {0xfe, 0x80, [15] = 1}, all[16] = {0xff, 2, [15] = 1};
	static const struct nd_advert advert = {.router_life = 1800,
						.has_prefix = true,
						.prefix = {0xfd, 7},
						.prefix_bits = 64,
						.autonomous = true,
						.valid = 600,
						.preferred = 600};
	uint8_t room[SSTP_HEADROOM + ND_PACKET_MAX];
	size_t n = nd_put_advert(&advert, router, all, room + SSTP_HEADROOM);

	pump_send(&server.pump, room + SSTP_HEADROOM, n, clock_ms());
	pump_flush_run(&server.pump);
	server.up = true;
}

/* Waits until the socket is ready; false when nothing comes for 10 s. */
static bool wait_for(int fd, short events, int ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, ms) > 0;
}

static bool shake_hands(int fd)
{
	enum tls_result result = TLS_WANT_READ;

	while (result > 0) {
		if (!wait_for(fd, result == TLS_WANT_READ ? POLLIN : POLLOUT, 10000))
			return false;
		result = tls_handshake(server.tls);
	}
	return result == TLS_OK;
}

/* Takes turns until the client's goodbye, or the script ends the call. */
static void serve_link(int fd)
{
	enum pump_result result = PUMP_WAIT;
	uint64_t end = clock_ms() + 20000;

	while (result != PUMP_BROKEN && clock_ms() < end) {
		wait_for(fd, pump_wants(&server.pump) & LOOP_WRITE ? POLLIN | POLLOUT : POLLIN, 20);
		result = pump_input(&server.pump, server.buf, sizeof(server.buf), clock_ms());
		sstp_link_tick(server.link, clock_ms());
		pump_events(&server.pump);
		if (server.solicits && !server.up)
			advertise();
		pump_output(&server.pump, clock_ms());
		if (server.up && server.script == DROP)
			return;
		if (server.up && server.script == HANG_UP && !server.stop) {
			server.stop = true;
			sstp_link_close(server.link, SSTP_E_SHUTDOWN, clock_ms());
			pump_output(&server.pump, clock_ms());
		}
	}
	server.goodbye = server.down && server.pump.broken == TLS_CLOSED;
}

static void serve_sstp(int fd)
{
	struct sstp_config cfg = {.role = SSTP_SERVER, .seed = {7}, .auth = {SSTP_AUTH_MSCHAPV2}};
	struct pump_owner owner = {on_packet, on_event, NULL, NULL};

	tls_own_hashes(server.tls, cfg.cert_sha1, cfg.cert_sha256);
	server.link = malloc(sstp_link_size());
	if (server.link && sstp_link_init(server.link, &cfg, clock_ms()) == 0) {
		pump_init(&server.pump, server.link, server.tls, &owner);
		serve_link(fd);
		pump_fini(&server.pump);
		sstp_link_fini(server.link);
	}
	free(server.link);
}

/* Plays the proxy's part on the same connection. */
static bool serve_proxy(int fd)
{
	const char *reply = server.script == PROXY ? "HTTP/1.1 200 Connection established\r\n\r\n"
						   : "HTTP/1.1 403 Forbidden\r\n\r\n";
	char more[100];
	size_t at = 0;

	while (!strstr(server.request, "\r\n\r\n")) {
		ssize_t got = -1;

		if (wait_for(fd, POLLIN, 10000))
			got = recv(fd, server.request + at, sizeof(server.request) - 1 - at, 0);
		if (got <= 0)
			return false;
		at += (size_t)got;
	}
	(void)!send(fd, reply, strlen(reply), MSG_NOSIGNAL);
	if (server.script == PROXY)
		return true;
	wait_for(fd, POLLIN, 10000);
	server.after_refusal = recv(fd, more, sizeof(more), 0);
	return false;
}

static void serve_web(int fd)
{
	static const char reply[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

	ssize_t got;

	while ((got = tls_read(server.tls, server.buf, sizeof(server.buf))) == 0)
		if (!wait_for(fd, POLLIN, 10000))
			return;
	server.asked = got > 0;
	tls_write(server.tls, reply, sizeof(reply) - 1);
	tls_flush(server.tls);
	wait_for(fd, POLLIN, 10000); /* the client closes */
}

static void *run_server(void *arg)
{
	int fd = wait_for(server.listener, POLLIN, 10000) ? net_accept(server.listener, NULL) : -1;

	(void)arg;
	if (fd < 0)
		return NULL;
	if ((server.script != PROXY && server.script != PROXY_REFUSE) || serve_proxy(fd)) {
		server.tls = tls_new(server.ctx, fd, NULL);
		server.shaken = shake_hands(fd);
		if (server.shaken && server.script == WEB)
			serve_web(fd);
		else if (server.shaken)
			serve_sstp(fd);
		tls_free(server.tls);
	}
	close(fd);
	return NULL;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	static const uint8_t loopback[4] = {127, 0, 0, 1};
	struct tls_server_conf conf = {.cert_file = cert_file, .key_file = key_file};
	struct cert_pair pair;
	struct netlink *nl;
	struct tls_err err;

	(void)state;
	if (unshare(CLONE_NEWNET) < 0) {
		reason = "no network namespace can be made: root is needed";
		return 0;
	}
	if (access("/dev/net/tun", R_OK | W_OK) < 0) {
		reason = "there is no /dev/net/tun";
		return 0;
	}
	nl = nl_open();
	if (!nl || nl_link_set(nl, nl_ifindex("lo"), true, 0) < 0 || !mkdtemp(folder) ||
	    cert_make("127.0.0.1", 2, &pair) < 0)
		return -1;
	nl_close(nl);
	snprintf(cert_file, sizeof(cert_file), "%s/cert", folder);
	snprintf(key_file, sizeof(key_file), "%s/key", folder);
	write_text(cert_file, pair.cert);
	write_text(key_file, pair.key);
	cert_wipe(&pair);
	server.ctx = tls_server_ctx(&conf, &err);
	server.at = net_addr_make(AF_INET, loopback, 0);
	server.listener = net_listen(&server.at, 4);
	say_init(false, true);
	log_init("sstp", LOG_AT_ERROR);
	return server.ctx && net_local(server.listener, &server.at) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tls_ctx_free(server.ctx);
	unlink(cert_file);
	unlink(key_file);
	return reason ? 0 : rmdir(folder);
}

/* Makes one call to a server that follows the script; returns the exit code. */
static enum exit_code call(enum script script, struct options *o)
{
	struct login *l = locked_new(sizeof(*l));
	enum exit_code code;

	if (reason) {
		print_message("skipped: %s\n", reason);
		skip();
	}
	server.script = script;
	server.link = NULL;
	server.up = server.down = server.stop = server.goodbye = server.shaken = server.asked =
		false;
	server.solicits = 0;
	server.datagrams = 0;
	server.after_refusal = -1;
	memset(server.request, 0, sizeof(server.request));
	snprintf(o->host, sizeof(o->host), "127.0.0.1");
	if (!o->proxy_port)
		o->port = net_addr_port(&server.at);
	if (!o->tls.ca_file)
		o->tls.ca_file = cert_file;
	o->no_dns = true;
	snprintf(l->user, sizeof(l->user), "alice");
	snprintf(l->password, sizeof(l->password), "hunter2");
	assert_int_equal(pthread_create(&server.thread, NULL, run_server, NULL), 0);
	code = call_run(o, l);
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	locked_free(l, sizeof(*l));
	return code;
}

/* Opens a socket that tells when an address or a route of this network namespace changes. */
static int watch_network(void)
{
	struct sockaddr_nl all = {.nl_family = AF_NETLINK,
				  .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
					       RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
					       RTMGRP_IPV6_ROUTE};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&all, sizeof(all)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Waits for the next change; false when none comes for 10 s. */
static bool network_changes(int watch)
{
	char news[8192];

	return wait_for(watch, POLLIN, 10000) && recv(watch, news, sizeof(news), 0) > 0;
}

/* Once the tunnel is there with its global address, sends a packet through it and then asks the
 * client to end, as a user does. */
static void *hang_up_when_up(void *arg)
{
	static const uint8_t ip6[16] = {0xfd, 7, [15] = 2};
	struct net_addr to = net_addr_make(AF_INET, (const uint8_t[4]){10, 7, 0, 1}, 20998);
	struct net_addr own6 = net_addr_make(AF_INET6, ip6, 0);
	int sock = socket(AF_INET, SOCK_DGRAM, 0), probe = socket(AF_INET6, SOCK_DGRAM, 0);
	const int *watch = arg;
	struct timespec end;

	while (bind(probe, &own6.any, own6.len) < 0 && network_changes(*watch))
		;
	while (sendto(sock, "hello", 5, 0, &to.any, to.len) < 0 && network_changes(*watch))
		;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	sem_timedwait(&server.heard, &end);
	close(sock);
	close(probe);
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGINT); /* as when a process group is told as well */
	return NULL;
}

/* A call that the user ends once it carries packets. */
static void call_and_hang_up(enum script script, struct options *o)
{
	int watch = watch_network();
	pthread_t user = pthread_self();

	assert_true(watch >= 0);
	sem_init(&server.heard, 0, 0);
	if (!reason)
		assert_int_equal(pthread_create(&user, NULL, hang_up_when_up, &watch), 0);
	assert_int_equal(call(script, o), EXIT_ASKED);
	pthread_join(user, NULL);
	close(watch);
	assert_true(server.datagrams > 0);
	assert_true(server.solicits > 0);
	assert_true(server.goodbye);
}

static void test_a_call_carries_packets_and_ends_with_goodbyes_in_order(void **state)
{
	struct options o = {.level = LOG_AT_ERROR};

	(void)state;
	call_and_hang_up(SERVE, &o);
}

static void test_a_call_goes_through_a_proxy_unchanged(void **state)
{
	struct options o = {.port = 443, .proxy_port = net_addr_port(&server.at)};

	(void)state;
	snprintf(o.proxy_host, sizeof(o.proxy_host), "127.0.0.1");
	call_and_hang_up(PROXY, &o);
	assert_string_equal(server.request, "CONNECT 127.0.0.1:443 HTTP/1.1\r\n"
					    "Host: 127.0.0.1:443\r\nSSTPVERSION: 1.0\r\n\r\n");
}

static void test_a_proxy_that_refuses_sees_no_tls(void **state)
{
	struct options o = {.port = 443, .proxy_port = net_addr_port(&server.at)};

	(void)state;
	snprintf(o.proxy_host, sizeof(o.proxy_host), "127.0.0.1");
	assert_int_equal(call(PROXY_REFUSE, &o), EXIT_HTTP);
	assert_int_equal(server.after_refusal, 0);
}

static void test_a_wrong_password_is_an_exit_code_of_its_own(void **state)
{
	struct options o = {.level = LOG_AT_ERROR};

	(void)state;
	assert_int_equal(call(REFUSE, &o), EXIT_AUTH);
}

static void test_a_lost_connection_and_a_server_that_hangs_up_differ(void **state)
{
	struct options o = {.level = LOG_AT_ERROR};

	(void)state;
	assert_int_equal(call(DROP, &o), EXIT_LOST);
	assert_int_equal(call(HANG_UP, &o), EXIT_SERVER);
	assert_true(server.goodbye);
}

static void test_a_web_server_is_not_taken_for_an_sstp_server(void **state)
{
	struct options o = {.level = LOG_AT_ERROR};

	(void)state;
	assert_int_equal(call(WEB, &o), EXIT_HTTP);
}

static void test_a_wrong_name_ends_before_any_request(void **state)
{
	struct options o = {.server_name = "other.example.org"};

	(void)state;
	assert_int_equal(call(WEB, &o), EXIT_TLS);
	assert_false(server.shaken);
	assert_false(server.asked);
}

/* A call to a server that shows a certificate made as wished, its dates and all; returns the exit
 * code. */
static enum exit_code call_to(const struct cert_wish *wish, const struct cert_made *issuer,
			      const char *ca_file)
{
	struct tls_server_conf conf = {.cert_file = cert_file, .key_file = key_file};
	struct options o = {.level = LOG_AT_ERROR, .tls.ca_file = ca_file};
	struct cert_made leaf = cert_issue(wish, issuer);
	struct tls_ctx *usual = server.ctx;
	struct tls_err err;
	enum exit_code code;

	server.ctx = tls_server_ctx(&conf, &err);
	assert_non_null(server.ctx);
	assert_int_equal(SSL_CTX_use_certificate(server.ctx->ssl, leaf.cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(server.ctx->ssl, leaf.key), 1);
	code = call(WEB, &o);
	tls_ctx_free(server.ctx);
	server.ctx = usual;
	cert_drop(&leaf);
	return code;
}

static void test_a_certificate_that_is_no_good_ends_before_any_request(void **state)
{
	static const struct cert_wish ca_wish = {.cn = "CA", .to_days = 10, .ca = true};
	static const struct {
		const char *what, *alt, *eku;
		int from_days, to_days;
		enum { BY_CA, BY_ANOTHER, BY_ITSELF } issuer;
		bool good;
	} cases[] = {
		{"good", "IP:127.0.0.1", "serverAuth", 0, 9, BY_CA, true},
		{"any usage", "IP:127.0.0.1", "anyExtendedKeyUsage", 0, 9, BY_CA, true},
		{"name in the CN only", NULL, "serverAuth", 0, 9, BY_CA, true},
		{"self-signed", "IP:127.0.0.1", "serverAuth", 0, 9, BY_ITSELF, false},
		{"expired", "IP:127.0.0.1", "serverAuth", -9, -1, BY_CA, false},
		{"not yet valid", "IP:127.0.0.1", "serverAuth", 1, 9, BY_CA, false},
		{"another authority", "IP:127.0.0.1", "serverAuth", 0, 9, BY_ANOTHER, false},
		{"another name", "IP:127.0.0.2", "serverAuth", 0, 9, BY_CA, false},
		{"usage for clients", "IP:127.0.0.1", "clientAuth", 0, 9, BY_CA, false},
		{"no usage", "IP:127.0.0.1", NULL, 0, 9, BY_CA, false},
	};
	struct cert_made issuers[2];
	char ca_file[64];

	(void)state;
	if (reason)
		skip();
	for (unsigned i = 0; i < 2; i++)
		issuers[i] = cert_issue(&ca_wish, NULL);
	snprintf(ca_file, sizeof(ca_file), "%s/ca", folder);
	cert_write(&issuers[BY_CA], NULL, ca_file, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cert_wish wish = {.cn = "127.0.0.1",
					 .alt = cases[i].alt,
					 .eku = cases[i].eku,
					 .from_days = cases[i].from_days,
					 .to_days = cases[i].to_days};
		const struct cert_made *issuer =
			cases[i].issuer == BY_ITSELF ? NULL : &issuers[cases[i].issuer];
		enum exit_code code = call_to(&wish, issuer, ca_file);

		if (code != (cases[i].good ? EXIT_HTTP : EXIT_TLS) ||
		    server.shaken != cases[i].good || server.asked != cases[i].good)
			fail_msg("certificate: %s: exit %d, a request was%s sent", cases[i].what,
				 code, server.asked ? "" : " not");
	}
	cert_drop(&issuers[0]);
	cert_drop(&issuers[1]);
	unlink(ca_file);
}

static void test_what_fails_here_is_told_to_the_server(void **state)
{
	struct options o = {.level = LOG_AT_ERROR, .no_ip6 = true};

	(void)state;
	/* The address of the loopback interface leads elsewhere already. */
	assert_true(ip_net_parse("127.0.0.1/32", true, &o.routes[o.routes_n++]));
	assert_int_equal(call(SERVE, &o), EXIT_LOCAL);
	assert_true(server.down);
	assert_true(server.goodbye);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_carries_packets_and_ends_with_goodbyes_in_order),
		cmocka_unit_test(test_a_call_goes_through_a_proxy_unchanged),
		cmocka_unit_test(test_a_proxy_that_refuses_sees_no_tls),
		cmocka_unit_test(test_a_wrong_password_is_an_exit_code_of_its_own),
		cmocka_unit_test(test_a_lost_connection_and_a_server_that_hangs_up_differ),
		cmocka_unit_test(test_a_web_server_is_not_taken_for_an_sstp_server),
		cmocka_unit_test(test_a_wrong_name_ends_before_any_request),
		cmocka_unit_test(test_a_certificate_that_is_no_good_ends_before_any_request),
		cmocka_unit_test(test_what_fails_here_is_told_to_the_server),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
