/* SPDX-License-Identifier: MIT */
/* loop.h over libev. */
#include "io/loop.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"

struct loop {
	struct ev_loop *ev;
	ev_prepare before_sleep;
	ev_idle awake; /* active while something is queued: the turn does not sleep then */
	struct loop_later later; /* head of a ring */
};

static void take_out(struct loop_later *w)
{
	w->prev->next = w->next;
	w->next->prev = w->prev;
	w->next = w->prev = NULL;
	w->queued = false;
}

static void put_last(struct loop_later *head, struct loop_later *w)
{
	w->next = head;
	w->prev = head->prev;
	head->prev->next = w;
	head->prev = w;
	w->queued = true;
}

/* Does nothing: that the watcher is active is what keeps libev awake. */
static void on_awake(struct ev_loop *ev, ev_idle *w, int revents)
{
	(void)ev;
	(void)w;
	(void)revents;
}

/* Runs what was queued before this moment; what a callback queues waits for the next turn. */
static void on_prepare(struct ev_loop *ev, ev_prepare *w, int revents)
{
	struct loop *l = w->data;
	struct loop_later batch;

	(void)revents;
	batch.next = batch.prev = &batch;
	if (l->later.next != &l->later) {
		batch = l->later;
		batch.next->prev = &batch;
		batch.prev->next = &batch;
		l->later.next = l->later.prev = &l->later;
	}
	while (batch.next != &batch) {
		struct loop_later *one = batch.next;

		take_out(one);
		one->on(one->arg);
	}
	if (l->later.next != &l->later)
		ev_idle_start(ev, &l->awake);
	else
		ev_idle_stop(ev, &l->awake);
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!l->ev) {
		free(l);
		return NULL;
	}
	l->later.next = l->later.prev = &l->later;
	ev_prepare_init(&l->before_sleep, on_prepare);
	l->before_sleep.data = l;
	ev_prepare_start(l->ev, &l->before_sleep);
	ev_unref(l->ev);
	ev_idle_init(&l->awake, on_awake);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	ev_idle_stop(l->ev, &l->awake);
	ev_ref(l->ev);
	ev_prepare_stop(l->ev, &l->before_sleep);
	ev_loop_destroy(l->ev);
	free(l);
}

void loop_run(struct loop *l)
{
	ev_run(l->ev, 0);
}

bool loop_has_more(const struct loop *l)
{
	return ev_pending_count(l->ev) != 0;
}

void loop_stop(struct loop *l)
{
	ev_break(l->ev, EVBREAK_ALL);
}

static void on_fd(struct ev_loop *ev, ev_io *io, int revents)
{
	struct loop_fd *w = (struct loop_fd *)io;
	unsigned ready =
		(revents & EV_READ ? LOOP_READ : 0) | (revents & EV_WRITE ? LOOP_WRITE : 0);

	(void)ev;
	if (revents & EV_ERROR) {
		/* libev has stopped a descriptor that epoll refuses; its owner finds out by using
		 * it. */
		ready = LOOP_READ | LOOP_WRITE;
		w->want = 0;
	}
	w->on(w->arg, ready);
}

void loop_fd_init(struct loop *l, struct loop_fd *w, int fd, void (*on)(void *arg, unsigned ready),
		  void *arg)
{
	memset(w, 0, sizeof(*w));
	w->loop = l;
	w->on = on;
	w->arg = arg;
	ev_io_init(&w->io, on_fd, fd, 0);
}

void loop_fd_want(struct loop_fd *w, unsigned want)
{
	if (w->want == want || !w->loop)
		return;
	if (w->want)
		ev_io_stop(w->loop->ev, &w->io);
	w->want = want;
	if (!want)
		return;
	ev_io_set(&w->io, w->io.fd,
		  (want & LOOP_READ ? EV_READ : 0) | (want & LOOP_WRITE ? EV_WRITE : 0));
	ev_io_start(w->loop->ev, &w->io);
}

static void on_timer(struct ev_loop *ev, ev_timer *timer, int revents);

/* Lets libev wake us at t->at. */
static void arm(struct loop_timer *t)
{
	uint64_t now = clock_ms();
	int64_t after = 86400000; /* wakes once a day at least: keeps the sum exact in a double */

	if (t->at < now + 86400000)
		after = (int64_t)(t->at -
				  now); /* negative when it is due: due timers keep their order */
	t->armed = t->at < now ? now : now + (uint64_t)after;
	ev_timer_stop(t->loop->ev, &t->ev);
	ev_now_update(t->loop->ev);
	ev_timer_set(&t->ev, (double)after / 1000.0, 0.0);
	ev_timer_start(t->loop->ev, &t->ev);
}

static void on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
	struct loop_timer *t = (struct loop_timer *)timer;

	(void)ev;
	(void)revents;
	t->armed = UINT64_MAX;
	if (t->at == UINT64_MAX)
		return;
	if (clock_ms() < t->at) { /* it was put off meanwhile */
		arm(t);
		return;
	}
	t->at = UINT64_MAX;
	t->on(t->arg);
}

void loop_timer_init(struct loop *l, struct loop_timer *t, void (*on)(void *arg), void *arg)
{
	memset(t, 0, sizeof(*t));
	t->loop = l;
	t->on = on;
	t->arg = arg;
	t->at = t->armed = UINT64_MAX;
	ev_init(&t->ev, on_timer);
}

void loop_timer_at(struct loop_timer *t, uint64_t at)
{
	if (!t->loop)
		return;
	t->at = at;
	if (at == UINT64_MAX) {
		ev_timer_stop(t->loop->ev, &t->ev);
		t->armed = UINT64_MAX;
	} else if (t->armed > at) {
		arm(t);
	}
}

static void on_signal(struct ev_loop *ev, ev_signal *sig, int revents)
{
	struct loop_signal *s = (struct loop_signal *)sig;

	(void)ev;
	(void)revents;
	s->on(s->arg, s->ev.signum);
}

void loop_signal_start(struct loop *l, struct loop_signal *s, int signo,
		       void (*on)(void *arg, int signo), void *arg)
{
	memset(s, 0, sizeof(*s));
	s->loop = l;
	s->on = on;
	s->arg = arg;
	ev_signal_init(&s->ev, on_signal, signo);
	ev_signal_start(l->ev, &s->ev);
}

void loop_signal_stop(struct loop_signal *s)
{
	if (s->loop)
		ev_signal_stop(s->loop->ev, &s->ev);
	s->loop = NULL;
}

void loop_later_init(struct loop_later *w, void (*on)(void *arg), void *arg)
{
	memset(w, 0, sizeof(*w));
	w->on = on;
	w->arg = arg;
}

void loop_later(struct loop *l, struct loop_later *w)
{
	if (!w->queued)
		put_last(&l->later, w);
}

void loop_later_cancel(struct loop *l, struct loop_later *w)
{
	(void)l;
	if (w->queued)
		take_out(w);
}

static void on_bell(struct ev_loop *ev, ev_async *async, int revents)
{
	struct loop_bell *b = (struct loop_bell *)async;

	(void)ev;
	(void)revents;
	b->on(b->arg);
}

void loop_bell_start(struct loop *l, struct loop_bell *b, void (*on)(void *arg), void *arg)
{
	memset(b, 0, sizeof(*b));
	b->loop = l;
	b->on = on;
	b->arg = arg;
	ev_async_init(&b->ev, on_bell);
	ev_async_start(l->ev, &b->ev);
}

void loop_ring(struct loop_bell *b)
{
	ev_async_send(b->loop->ev, &b->ev);
}

void loop_bell_stop(struct loop_bell *b)
{
	if (b->loop)
		ev_async_stop(b->loop->ev, &b->ev);
	b->loop = NULL;
}
