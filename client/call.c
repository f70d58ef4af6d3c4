/* SPDX-License-Identifier: MIT */
/* The stages before the link: name, TCP, proxy, TLS; and the call's beginning and end. */
#include "client/call.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/say.h"
#include "io/caps.h"
#include "io/clock.h"
#include "io/log.h"
#include "lib/base/text.h"

#define NAME_MS      20000
#define TCP_MS       20000
#define PROXY_MS     20000
#define TLS_MS       30000
#define SAME_WISH_MS 500 /* signals that come so close together are one wish */

void call_over(struct call *c, enum exit_code code)
{
	if (c->over)
		return;
	c->over = true;
	c->code = code;
	loop_stop(c->loop);
}

void call_fail(struct call *c, enum exit_code code, const char *advice, const char *fmt, ...)
{
	char sentence[700];
	va_list ap;

	if (c->over)
		return;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	log_error("%s%s%s", sentence, advice ? ". " : "", advice ? advice : "");
	if (c->opt->json)
		say("failed",
		    (struct say_field[]){{"exit", exit_name(code), 0},
					 {"code", NULL, (int64_t)code},
					 {"advice", advice ? advice : "", 0},
					 {NULL, NULL, 0}},
		    "%s", sentence);
	call_over(c, code);
}

static void on_limit(void *arg)
{
	struct call *c = arg;

	if (c->limit_code == EXIT_ASKED)
		call_over(c, EXIT_ASKED);
	else
		call_fail(c, c->limit_code, "Try again; if it stays so, look at the server's log.",
			  "%s", c->limit_text);
}

void call_limit(struct call *c, uint32_t ms, enum exit_code code, const char *text)
{
	c->limit_code = code;
	c->limit_text = text;
	loop_timer_at(&c->limit, ms ? clock_ms() + ms : UINT64_MAX);
}

static void on_signal(void *arg, int signo)
{
	struct call *c = arg;

	(void)signo;
	/* timeout(1) and others tell the process and its group: that is one wish, not two */
	if (c->asked_at && clock_ms() - c->asked_at < SAME_WISH_MS)
		return;
	if (c->asked_at || !c->linked || c->down) {
		call_over(c, EXIT_ASKED); /* the second time, or there is nobody to tell */
		return;
	}
	c->asked_at = clock_ms();
	say("ending", NULL, "hanging up");
	call_hang_up(c);
}

/* The name that the certificate must have. */
static const char *expected_name(const struct call *c)
{
	return c->opt->server_name ? c->opt->server_name : c->opt->host;
}

static void say_tls(struct call *c)
{
	uint8_t sha1[20], sha256[32];
	char hex[65] = "", names[300];
	struct text t = text_init(hex, sizeof(hex));

	if (tls_peer_hashes(c->tls, sha1, sha256))
		text_hexbytes(&t, sha256, sizeof(sha256));
	tls_peer_names(c->tls, names, sizeof(names));
	say("tls",
	    (struct say_field[]){{"version", tls_version(c->tls), 0},
				 {"cipher", tls_cipher(c->tls), 0},
				 {"names", names, 0},
				 {"sha256", hex, 0},
				 {NULL, NULL, 0}},
	    "%s, %s, certificate of %s%s", tls_version(c->tls), tls_cipher(c->tls), names,
	    c->opt->tls.insecure ? " (NOT CHECKED)" : "");
	log_info("the certificate's SHA-256 is %s", hex);
}

static void on_tls(void *arg, unsigned ready)
{
	struct call *c = arg;
	enum tls_result result = tls_handshake(c->tls);

	(void)ready;
	if (result == TLS_WANT_READ || result == TLS_WANT_WRITE) {
		loop_fd_want(&c->sock, result == TLS_WANT_READ ? LOOP_READ : LOOP_WRITE);
		return;
	}
	loop_fd_want(&c->sock, 0);
	if (result != TLS_OK) {
		call_fail(c, EXIT_TLS, advice_on_tls(tls_fault(c->tls)), "no TLS with %s: %s",
			  c->opt->host, tls_error(c->tls));
		return;
	}
	say_tls(c);
	call_start_link(c);
}

static void start_tls(struct call *c)
{
	c->tls = tls_new(c->tls_ctx, c->fd, expected_name(c));
	if (!c->tls) {
		call_fail(c, EXIT_INTERNAL, NULL, "there is no memory for TLS");
		return;
	}
	call_limit(c, TLS_MS, EXIT_TLS, "the server did not finish the TLS handshake in 30 s");
	loop_fd_init(c->loop, &c->sock, c->fd, on_tls, c);
	on_tls(c, LOOP_WRITE);
}

static void on_proxy(void *arg, unsigned ready)
{
	struct call *c = arg;
	enum proxy_result result = proxy_go(&c->proxy, c->fd);

	(void)ready;
	if (result == PROXY_READ || result == PROXY_WRITE) {
		loop_fd_want(&c->sock, result == PROXY_READ ? LOOP_READ : LOOP_WRITE);
		return;
	}
	loop_fd_want(&c->sock, 0);
	if (result == PROXY_FAILED) {
		call_fail(c, EXIT_HTTP,
			  "Check --proxy, and whether the proxy lets CONNECT through to that port.",
			  "the proxy %s does not lead to %s: %s", c->opt->proxy_host, c->opt->host,
			  c->proxy.error);
		return;
	}
	say("proxy", NULL, "%s leads to %s port %u", c->opt->proxy_host, c->opt->host,
	    c->opt->port);
	start_tls(c);
}

static void start_proxy(struct call *c)
{
	proxy_init(&c->proxy, c->opt->host, c->opt->port);
	call_limit(c, PROXY_MS, EXIT_HTTP, "the proxy did not answer in 20 s");
	loop_fd_init(c->loop, &c->sock, c->fd, on_proxy, c);
	on_proxy(c, LOOP_WRITE);
}

static void on_dialled(void *arg, int fd, const struct net_addr *to)
{
	struct call *c = arg;
	const char *host = c->opt->proxy_port ? c->opt->proxy_host : c->opt->host;
	uint16_t port = c->opt->proxy_port ? c->opt->proxy_port : c->opt->port;
	char text[NET_ADDR_TEXT], runs[NET_CONGESTION];

	if (fd < 0) {
		call_fail(c, EXIT_REACH, advice_on_connect(-fd), "no connection to %s port %u: %s",
			  host, port, strerror(-fd));
		return;
	}
	c->fd = fd;
	c->peer = *to;
	/* a name was tried before */
	net_tune(fd, net_wanted_congestion(c->opt->congestion ? c->opt->congestion : "auto"));
	net_congestion(fd, runs);
	say("tcp",
	    (struct say_field[]){{"address", net_addr_text(to, text), 0},
				 {"congestion", runs, 0},
				 {NULL, NULL, 0}},
	    "%s answers; TCP congestion control is %s", text, runs);
	if (c->opt->proxy_port)
		start_proxy(c);
	else
		start_tls(c);
}

static void on_found(void *arg, const struct net_addr *addr, unsigned n, const char *error)
{
	struct call *c = arg;
	const char *host = c->opt->proxy_port ? c->opt->proxy_host : c->opt->host;
	char list[NET_DIAL_MAX * NET_ADDR_TEXT], ip[NET_ADDR_TEXT];
	struct text t = text_init(list, sizeof(list));

	c->dns = NULL;
	if (n == 0) {
		call_fail(c, EXIT_REACH, "Check the name, and the network here.",
			  "the host %s was not found: %s", host, error);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		text_str(&t, i ? " " : "");
		text_str(&t, net_addr_ip(&addr[i], ip));
	}
	say("dns", (struct say_field[]){{"host", host, 0}, {"addresses", list, 0}, {NULL, NULL, 0}},
	    "%s is %s", host, list);
	net_dial_start(&c->dial, c->loop, addr, n, TCP_MS, 0, on_dialled, c);
}

static void start_name(struct call *c)
{
	const char *host = c->opt->proxy_port ? c->opt->proxy_host : c->opt->host;
	uint16_t port = c->opt->proxy_port ? c->opt->proxy_port : c->opt->port;

	c->dns = dns_start(c->loop, host, port, c->opt->family, NAME_MS, on_found, c);
	if (!c->dns)
		call_fail(c, EXIT_INTERNAL, NULL, "no thread can be started to look up %s", host);
}

/* Checks that the kernel has the congestion control, if one is asked for: the default may fail. */
static bool check_congestion(struct call *c)
{
	const char *asked = c->opt->congestion;
	char why[512];

	if (!asked || net_has_congestion(asked, why, sizeof(why)))
		return true;
	call_fail(c, EXIT_USAGE, "Leave the option out, or write system for the system's own.",
		  "--congestion %s: %s", asked, why);
	return false;
}

/* Makes what can fail on this machine before anybody is called. */
static bool prepare(struct call *c)
{
	char error[TUNNEL_ERROR];
	struct tls_err tls_err;

	if (!check_congestion(c))
		return false;
	c->tls_ctx = tls_client_ctx(&c->opt->tls, &tls_err);
	if (!c->tls_ctx) {
		call_fail(c, EXIT_USAGE, NULL, "%s", tls_err.text);
		return false;
	}
	c->tunnel = tunnel_open(c->opt, error);
	if (!c->tunnel) {
		call_fail(c, EXIT_LOCAL, NULL, "%s", error);
		return false;
	}
	if (caps_keep_net_admin() < 0) /* the files and the interface are open */
		log_warn("the privileges that are not needed cannot be given up");
	c->buf = malloc(TLS_RECORD);
	if (!c->buf)
		call_fail(c, EXIT_INTERNAL, NULL, "there is no memory for the connection");
	return c->buf != NULL;
}

static void clean_up(struct call *c)
{
	dns_cancel(c->dns);
	net_dial_cancel(&c->dial);
	loop_fd_want(&c->sock, 0);
	call_free_link(c);
	tls_free(c->tls);
	tls_ctx_free(c->tls_ctx);
	if (c->fd >= 0)
		close(c->fd);
	tunnel_close(c->tunnel);
	loop_timer_at(&c->limit, UINT64_MAX);
	for (int i = 0; i < CALL_SIGNALS; i++)
		loop_signal_stop(&c->signals[i]);
	free(c->buf);
}

enum exit_code call_run(const struct options *opt, struct login *l)
{
	static const int signals[CALL_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct call *c = calloc(1, sizeof(*c));
	enum exit_code code = EXIT_INTERNAL;
	struct loop *loop = loop_new();

	if (!c || !loop) {
		log_error("there is no memory, or no epoll, for the program");
		loop_free(loop);
		free(c);
		return EXIT_INTERNAL;
	}
	c->opt = opt;
	c->login = l;
	c->loop = loop;
	c->fd = -1;
	loop_timer_init(loop, &c->limit, on_limit, c);
	for (int i = 0; i < CALL_SIGNALS; i++)
		loop_signal_start(loop, &c->signals[i], signals[i], on_signal, c);
	if (prepare(c))
		start_name(c);
	if (!c->over)
		loop_run(loop);
	code = c->code;
	clean_up(c);
	loop_free(loop);
	free(c);
	return code;
}
