/* SPDX-License-Identifier: MIT */
/* A connection comes: asked about at the guard, tuned, and made a session. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "server/worker.h"

#define ACCEPT_TURN 64 /* connections taken in one turn of the loop */

/* Takes one connection; false when none waits. */
static bool accept_one(struct listener *l)
{
	struct worker *w = l->w;
	struct net_addr from;
	enum guard_verdict v;
	int fd = net_accept(l->fd, &from);

	if (fd == -EAGAIN)
		return false;
	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
		log_error("no connection can be accepted: %s; pausing for a second", strerror(-fd));
		worker_listen(w, false); /* until the slow clock's next tick */
		return false;
	}
	if (fd < 0)
		return true; /* it went away while it waited */
	v = guard_enter(&w->server->guard, l->plain ? NULL : &from, clock_ms());
	if (v != GUARD_IN) {
		w->stats.refused++;
		log_refused(w, &from, v);
		close(fd);
		return true;
	}
	w->stats.accepted++;
	net_tune(fd, w->server->congestion);
	session_new(w, fd, &from, l->plain);
	return true;
}

static void on_listen(void *arg, unsigned ready)
{
	struct listener *l = arg;

	(void)ready;
	for (unsigned i = 0; i < ACCEPT_TURN && l->w->listening; i++)
		if (!accept_one(l))
			break;
}

void worker_listen(struct worker *w, bool on)
{
	w->listening = on;
	for (unsigned i = 0; i < w->listens_n; i++) {
		struct listener *l = &w->listens[i];

		if (!l->w) {
			l->w = w;
			loop_fd_init(w->loop, &l->io, l->fd, on_listen, l);
		}
		loop_fd_want(&l->io, on ? LOOP_READ : 0);
	}
}
