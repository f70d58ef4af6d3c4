/* SPDX-License-Identifier: MIT */
/* Dialling: several addresses, staggered, the first that answers wins (RFC 8305, without its
 * sorting: that is getaddrinfo()'s and dns.c's). */
#include "io/net.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"

#define STAGGER_MS 250 /* RFC 8305 5: Connection Attempt Delay */

static void start_next(struct net_dial *d);

static void drop_attempt(struct net_dial *d, unsigned i)
{
	if (d->sock[i] < 0)
		return;
	loop_fd_want(&d->fd[i], 0);
	close(d->sock[i]);
	d->sock[i] = -1;
	d->open--;
}

static void finish(struct net_dial *d, int fd, const struct net_addr *to)
{
	void (*done)(void *, int, const struct net_addr *) = d->done;

	net_dial_cancel(d);
	done(d->arg, fd, to);
}

/* Keeps d->err as the error of the attempt that got furthest: a refusal tells more than a timeout,
 * a timeout more than an address that has no route. */
static void note_error(struct net_dial *d, int err)
{
	if (d->err == 0 || d->err == -ENETUNREACH || d->err == -EHOSTUNREACH ||
	    err == -ECONNREFUSED)
		d->err = err;
}

/* One attempt has failed: the next address is tried at once. */
static void attempt_failed(struct net_dial *d, int err)
{
	note_error(d, err);
	if (d->started < d->n)
		start_next(d);
	else if (d->open == 0)
		loop_timer_at(&d->timer, clock_ms()); /* tells `done` from the loop */
}

static void on_socket(void *arg, unsigned ready)
{
	struct net_dial *d = arg;

	(void)ready;
	for (unsigned i = 0; i < d->started; i++) {
		int err = 0;
		socklen_t n = sizeof(err);
		struct sockaddr_storage peer;
		socklen_t peer_n = sizeof(peer);

		if (d->sock[i] < 0)
			continue;
		if (getsockopt(d->sock[i], SOL_SOCKET, SO_ERROR, &err, &n) < 0)
			err = errno;
		if (err) {
			drop_attempt(d, i);
			attempt_failed(d, -err);
			return;
		}
		if (getpeername(d->sock[i], (struct sockaddr *)&peer, &peer_n) == 0) {
			int fd = d->sock[i];

			loop_fd_want(&d->fd[i], 0);
			d->sock[i] = -1;
			d->open--;
			finish(d, fd, &d->addr[i]);
			return;
		}
	}
}

/* Starts the connection to address i; returns 0 or -errno. */
static int start_attempt(struct net_dial *d, unsigned i)
{
	const struct net_addr *a = &d->addr[i];
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if ((d->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &d->mark, sizeof(d->mark)) < 0) ||
	    (connect(fd, &a->any, a->len) < 0 && errno != EINPROGRESS)) {
		err = -errno;
		close(fd);
		return err;
	}
	d->sock[i] = fd;
	d->open++;
	loop_fd_init(d->loop, &d->fd[i], fd, on_socket, d);
	loop_fd_want(&d->fd[i], LOOP_WRITE);
	return 0;
}

static void start_next(struct net_dial *d)
{
	uint64_t now = clock_ms();

	while (d->started < d->n) {
		int err = start_attempt(d, d->started++);

		if (!err)
			break;
		note_error(d, err);
	}
	if (d->open == 0)
		loop_timer_at(&d->timer, now);
	else if (d->started < d->n && now + STAGGER_MS < d->deadline)
		loop_timer_at(&d->timer, now + STAGGER_MS);
	else
		loop_timer_at(&d->timer, d->deadline);
}

static void on_timer(void *arg)
{
	struct net_dial *d = arg;

	if (d->open == 0 && d->started == d->n)
		finish(d, d->err ? d->err : -EHOSTUNREACH, NULL);
	else if (clock_ms() >= d->deadline)
		finish(d, d->err == -ECONNREFUSED ? d->err : -ETIMEDOUT, NULL);
	else
		start_next(d);
}

void net_dial_start(struct net_dial *d, struct loop *l, const struct net_addr *addr, unsigned n,
		    uint32_t timeout_ms, int mark,
		    void (*done)(void *arg, int fd, const struct net_addr *to), void *arg)
{
	memset(d, 0, sizeof(*d));
	d->loop = l;
	d->n = n < NET_DIAL_MAX ? n : NET_DIAL_MAX;
	memcpy(d->addr, addr, d->n * sizeof(d->addr[0]));
	for (unsigned i = 0; i < NET_DIAL_MAX; i++)
		d->sock[i] = -1;
	d->mark = mark;
	d->done = done;
	d->arg = arg;
	d->deadline = clock_ms() + timeout_ms;
	loop_timer_init(l, &d->timer, on_timer, d);
	start_next(d);
}

void net_dial_cancel(struct net_dial *d)
{
	if (!d->done)
		return;
	for (unsigned i = 0; i < d->started; i++)
		drop_attempt(d, i);
	loop_timer_at(&d->timer, UINT64_MAX);
	d->done = NULL;
}
