/* SPDX-License-Identifier: MIT */
/* A worker's thread: made, started, stopped, freed; and its slow clock. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "server/worker.h"

#define SLOW_MS 1000 /* the slow clock's tick */

/* Frees the sessions that ended in this turn: no callback can be inside them now. */
static void bury_dead(void *arg)
{
	struct worker *w = arg;
	struct session *s;

	while ((s = w->dead) != NULL) {
		w->dead = s->next;
		if (s->link) {
			pump_fini(&s->pump);
			sstp_link_fini(s->link);
			free(s->link);
		}
		tls_free(s->tls);
		close(s->fd);
		free(s->trace);
		free(s);
	}
	if (w->stopping && w->sessions_n == 0)
		loop_stop(w->loop);
}

/* Ends what is left when patience is over. */
static void stop_now(struct worker *w)
{
	for (uint32_t i = 0; i < w->slots_n; i++)
		if (w->slots[i])
			session_kill(w->slots[i]);
	loop_later(w->loop, &w->bury);
}

static void on_second(void *arg)
{
	struct worker *w = arg;
	uint64_t now = clock_ms();

	log_lost(w);
	session_rest_idle(w, now);
	if (!w->stopping && !w->listening)
		worker_listen(w, true);
	if (w->stopping && now >= w->stop_ms)
		stop_now(w);
	loop_timer_at(&w->second,
		      w->stopping && w->stop_ms < now + SLOW_MS ? w->stop_ms : now + SLOW_MS);
}

static struct ring **make_rings(unsigned n, unsigned self)
{
	struct ring **rings = calloc(n, sizeof(struct ring *));

	for (unsigned i = 0; rings && i < n; i++)
		if (i != self)
			rings[i] = ring_new();
	return rings;
}

static bool has_rings(const struct worker *w)
{
	for (unsigned i = 0; i < w->server->workers_n; i++)
		if (i != w->index && !w->ring_in[i])
			return false;
	return true;
}

struct worker *worker_new(struct server *server, unsigned index)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->server = server;
	w->index = index;
	w->tun.fd = -1;
	w->loop = loop_new();
	w->ring_in = make_rings(server->workers_n, index);
	if (!w->loop || !w->ring_in || !has_rings(w)) {
		worker_free(w);
		return NULL;
	}
	mail_init(&w->box, w->loop, w);
	loop_bell_start(w->loop, &w->ring_bell, worker_on_ring, w);
	loop_timer_init(w->loop, &w->second, on_second, w);
	loop_later_init(&w->bury, bury_dead, w);
	return w;
}

/* Closes the listening sockets: who dials from now on is refused, not kept waiting. */
static void stop_listening(struct worker *w)
{
	worker_listen(w, false);
	while (w->listens_n)
		close(w->listens[--w->listens_n].fd);
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	if (w->box.arg) {
		mail_fini(&w->box);
		stop_now(w);
		loop_later_cancel(w->loop, &w->bury);
		bury_dead(w);
		loop_bell_stop(&w->ring_bell);
		loop_timer_at(&w->second, UINT64_MAX);
	}
	stop_listening(w);
	if (w->tun_io.loop)
		loop_fd_want(&w->tun_io, 0);
	tun_close(&w->tun);
	for (unsigned i = 0; w->ring_in && i < w->server->workers_n; i++)
		ring_free(w->ring_in[i]);
	free(w->ring_in);
	free(w->slots);
	free(w->free_slots);
	if (w->loop)
		loop_free(w->loop);
	free(w);
}

static void *run_thread(void *arg)
{
	struct worker *w = arg;

	loop_run(w->loop);
	mail_post(w->server->main_box, &w->gone);
	return NULL;
}

int worker_start(struct worker *w)
{
	char name[16];
	sigset_t all, before;
	int err;

	loop_fd_init(w->loop, &w->tun_io, w->tun.fd, worker_on_tun, w);
	loop_fd_want(&w->tun_io, w->tun.shared ? 0 : LOOP_READ);
	worker_listen(w, true);
	loop_timer_at(&w->second, clock_ms() + SLOW_MS);
	w->budget.last_ms = 0;
	sigfillset(&all); /* signals are main's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&w->thread, NULL, run_thread, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	w->started = true;
	snprintf(name, sizeof(name), "sstpd-%u", w->index);
	pthread_setname_np(w->thread, name);
	return 0;
}

void worker_join(struct worker *w)
{
	if (!w->started)
		return;
	pthread_join(w->thread, NULL);
	w->started = false;
}

void worker_stop(struct worker *w, uint32_t patience_ms)
{
	uint64_t at = clock_ms() + patience_ms;

	if (w->stopping && at >= w->stop_ms)
		return;
	w->stopping = true;
	w->stop_ms = at;
	stop_listening(w);
	for (uint32_t i = 0; i < w->slots_n; i++)
		if (w->slots[i])
			session_end(w->slots[i], SSTP_E_SHUTDOWN);
	loop_timer_at(&w->second, w->stop_ms);
	loop_later(w->loop, &w->bury);
}
