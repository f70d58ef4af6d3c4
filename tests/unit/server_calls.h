/* SPDX-License-Identifier: MIT */
/*
 * Calls to a server in the same process: a client made of TLS, link and pump, on the loop of the
 * test, for tests that let a server's threads run without root. The test waits for what it wants
 * to see; nothing sleeps.
 */
#ifndef TESTS_UNIT_SERVER_CALLS_H
#define TESTS_UNIT_SERVER_CALLS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/loop.h"
#include "io/nd.h"
#include "io/net.h"
#include "io/pump.h"
#include "io/random.h"

#define CALL_WAIT_MS 20000 /* when a test that waits gives up */

/* The test's loop, and what it waits for. */
struct test_loop {
	struct loop *loop;
	bool (*until)(void *arg);
	void *arg;
	struct loop_timer timer;
	bool late;
};

/* One client. */
struct call {
	struct test_loop *test;
	int fd;
	struct loop_fd io;
	struct loop_timer timer;
	struct tls *tls;
	struct sstp_link *link;
	struct pump pump;
	struct sstp_config cfg;
	bool ip4, ip6, connected, down;
	struct sstp_addresses addr;
	struct nd_advert advert;
	unsigned adverts;
	unsigned packets; /* IPv4 packets received */
	uint8_t last[2048];
	size_t last_n;
};

/* Ends the wait when what is waited for has come. */
static inline void call_look(struct test_loop *t)
{
	if (t->until && t->until(t->arg))
		loop_stop(t->loop);
}

static inline void call_late(void *arg)
{
	struct test_loop *t = arg;

	t->late = true;
	loop_stop(t->loop);
}

/* Runs the loop until until(arg); returns false when it never came. */
static inline bool call_wait(struct test_loop *t, bool (*until)(void *arg), void *arg)
{
	t->until = until;
	t->arg = arg;
	t->late = false;
	if (until(arg))
		return true;
	loop_timer_at(&t->timer, clock_ms() + CALL_WAIT_MS);
	loop_run(t->loop);
	loop_timer_at(&t->timer, UINT64_MAX);
	t->until = NULL;
	return !t->late;
}

static inline void call_packet(void *arg, uint8_t *p, size_t n)
{
	struct call *c = arg;

	if (nd_is_advert(p, n)) {
		c->adverts += nd_parse_advert(p, n, &c->advert);
		return;
	}
	c->packets++;
	c->last_n = n < sizeof(c->last) ? n : sizeof(c->last);
	memcpy(c->last, p, c->last_n);
}

static inline void call_event(void *arg, const struct sstp_event *ev)
{
	struct call *c = arg;

	c->connected |= ev->type == SSTP_EV_CONNECTED;
	c->down |= ev->type == SSTP_EV_DOWN;
	if (ev->type == SSTP_EV_IP4_UP) {
		c->ip4 = true;
		memcpy(c->addr.ip4_local, ev->addr->ip4_local, 4);
		memcpy(c->addr.ip4_peer, ev->addr->ip4_peer, 4);
		memcpy(c->addr.dns4, ev->addr->dns4, sizeof(c->addr.dns4));
	}
	if (ev->type == SSTP_EV_IP6_UP) {
		c->ip6 = true;
		memcpy(c->addr.ip6_local_id, ev->addr->ip6_local_id, 8);
		memcpy(c->addr.ip6_peer_id, ev->addr->ip6_peer_id, 8);
	}
}

/* Sends what is due and waits on. */
static inline void call_settle(struct call *c)
{
	enum tls_result sent = pump_output(&c->pump, clock_ms());

	pump_events(&c->pump);
	if (c->down || sent < 0) {
		loop_fd_want(&c->io, 0);
		loop_timer_at(&c->timer, UINT64_MAX);
		tls_close(c->tls);
		tls_flush(c->tls);
		shutdown(c->fd, SHUT_RDWR);
	} else {
		loop_fd_want(&c->io, pump_wants(&c->pump));
		loop_timer_at(&c->timer, pump_deadline(&c->pump));
	}
	call_look(c->test);
}

static inline void call_serve(struct call *c)
{
	static uint8_t buf[TLS_READ_SIZE];
	enum pump_result more;

	do
		more = pump_input(&c->pump, buf, sizeof(buf), clock_ms());
	while (more == PUMP_AGAIN);
	call_settle(c);
}

/* Makes the link once the server's certificate is known: its hashes go into the binding. */
static inline bool call_link(struct call *c)
{
	struct pump_owner owner = {call_packet, call_event, NULL, c};

	if (!tls_is_plain(c->tls) && !tls_peer_hashes(c->tls, c->cfg.cert_sha1, c->cfg.cert_sha256))
		return false;
	c->link = malloc(sstp_link_size());
	if (sstp_link_init(c->link, &c->cfg, clock_ms()) != SSTP_OK)
		return false;
	pump_init(&c->pump, c->link, c->tls, &owner);
	call_settle(c); /* the request is in the link's output */
	return true;
}

static inline void call_on_io(void *arg, unsigned ready)
{
	struct call *c = arg;

	(void)ready;
	if (!c->link) {
		enum tls_result result = tls_handshake(c->tls);

		if (result == TLS_WANT_READ || result == TLS_WANT_WRITE) {
			loop_fd_want(&c->io, result == TLS_WANT_READ ? LOOP_READ : LOOP_WRITE);
			return;
		}
		c->down = result != TLS_OK || !call_link(c);
	}
	if (!c->down)
		call_serve(c);
	else
		loop_fd_want(&c->io, 0);
	call_look(c->test);
}

static inline void call_on_timer(void *arg)
{
	struct call *c = arg;

	sstp_link_tick(c->link, clock_ms());
	call_settle(c);
}

/*
 * Starts a call; user and password are copied. Without tls the call is one that a TLS terminator
 * relays, and sha256 the hash of the certificate that its client saw. The call is the caller's to
 * free.
 */
static inline struct call *call_start_as(struct test_loop *t, struct tls_ctx *tls,
					 const uint8_t *sha256, const struct net_addr *to,
					 const char *user, const char *password)
{
	struct call *c = calloc(1, sizeof(*c));

	c->test = t;
	c->cfg = (struct sstp_config){.role = SSTP_CLIENT, .host = "localhost", .want_dns = true};
	if (sha256)
		memcpy(c->cfg.cert_sha256, sha256, sizeof(c->cfg.cert_sha256));
	c->fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(c->fd, &to->any, to->len) < 0)
		abort();
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	c->tls = tls ? tls_new(tls, c->fd, "localhost") : tls_new_plain(c->fd);
	random_bytes(c->cfg.seed, sizeof(c->cfg.seed));
	snprintf(c->cfg.user, sizeof(c->cfg.user), "%s", user);
	snprintf(c->cfg.password, sizeof(c->cfg.password), "%s", password);
	loop_fd_init(t->loop, &c->io, c->fd, call_on_io, c);
	loop_timer_init(t->loop, &c->timer, call_on_timer, c);
	call_on_io(c, LOOP_WRITE);
	return c;
}

/* Starts a call over TLS. */
static inline struct call *call_start(struct test_loop *t, struct tls_ctx *tls,
				      const struct net_addr *to, const char *user,
				      const char *password)
{
	return call_start_as(t, tls, NULL, to, user, password);
}

/* Ends the call without a word, if it has not ended, and frees it. */
static inline void call_free(struct call *c)
{
	loop_fd_want(&c->io, 0);
	loop_timer_at(&c->timer, UINT64_MAX);
	if (c->link) {
		pump_fini(&c->pump);
		sstp_link_fini(c->link);
		free(c->link);
	}
	tls_free(c->tls);
	close(c->fd);
	free(c);
}

/* Sends an IP packet through the call. */
static inline int call_send(struct call *c, const uint8_t *p, size_t n)
{
	uint8_t bytes[SSTP_HEADROOM + 2048];
	int err;

	memcpy(bytes + SSTP_HEADROOM, p, n);
	err = pump_send(&c->pump, bytes + SSTP_HEADROOM, n, clock_ms());
	pump_flush_run(&c->pump);
	call_settle(c);
	return err;
}

#endif
