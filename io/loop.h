/* SPDX-License-Identifier: MIT */
/*
 * The event loop: file descriptors, deadlines, signals, work for later in the turn, and a bell that
 * other threads may ring. Thin over libev. One loop a thread; only loop_ring() may be called from
 * another one. The watchers are the caller's memory, must stay where they are while they are in
 * use, and must be stopped before they are freed. A callback may stop or free any watcher, its own
 * included.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

#define LOOP_READ  1u
#define LOOP_WRITE 2u

/* Waits for a file descriptor. `ready` has the LOOP_ bits that hold; errors show as both. */
struct loop_fd {
	ev_io io; /* first: libev hands it back */
	struct loop *loop;
	void (*on)(void *arg, unsigned ready);
	void *arg;
	unsigned want;
};

/* A deadline in clock_ms() time. */
struct loop_timer {
	ev_timer ev; /* first */
	struct loop *loop;
	void (*on)(void *arg);
	void *arg;
	uint64_t at;    /* when it is due, UINT64_MAX: never */
	uint64_t armed; /* when libev wakes us, never after `at` */
};

/* A signal; for the main thread's loop only. */
struct loop_signal {
	ev_signal ev; /* first */
	struct loop *loop;
	void (*on)(void *arg, int signo);
	void *arg;
};

/* Work that is put off to the end of the turn, when all ready descriptors were served once. */
struct loop_later {
	struct loop_later *next;
	struct loop_later *prev;
	void (*on)(void *arg);
	void *arg;
	bool queued;
};

/* A bell: rung from any thread, heard in the loop's own. Rings may be heard as one. */
struct loop_bell {
	ev_async ev; /* first */
	struct loop *loop;
	void (*on)(void *arg);
	void *arg;
};

/* Makes a loop; NULL when the kernel gives no epoll. Freed with loop_free(). */
struct loop *loop_new(void);
/* Frees l. All its watchers must have been stopped. */
void loop_free(struct loop *l);
/* Serves events until loop_stop(). */
void loop_run(struct loop *l);
/* In a callback: returns whether more of what this turn found ready is still to be served. */
bool loop_has_more(const struct loop *l);
/* Lets loop_run() return after the callback at hand. */
void loop_stop(struct loop *l);

/* Prepares w for fd, which stays the caller's; nothing is waited for yet. */
void loop_fd_init(struct loop *l, struct loop_fd *w, int fd, void (*on)(void *arg, unsigned ready),
		  void *arg);
/* Waits for exactly the LOOP_ bits in want; 0 stops w. Costs nothing when want is unchanged. */
void loop_fd_want(struct loop_fd *w, unsigned want);

/* Prepares t; it is not running. */
void loop_timer_init(struct loop *l, struct loop_timer *t, void (*on)(void *arg), void *arg);
/*
 * Makes t due at `at` in clock_ms() time, UINT64_MAX for never: it fires once, at `at` or a little
 * later. Cheap when a running timer is put off, as a link's deadline is by every packet.
 */
void loop_timer_at(struct loop_timer *t, uint64_t at);

/* Starts to listen for a signal. */
void loop_signal_start(struct loop *l, struct loop_signal *s, int signo,
		       void (*on)(void *arg, int signo), void *arg);
/* Stops listening; does nothing when s is all zero or stopped. */
void loop_signal_stop(struct loop_signal *s);

/* Prepares w; nothing is queued. */
void loop_later_init(struct loop_later *w, void (*on)(void *arg), void *arg);
/*
 * Queues w to run once at the end of this turn; does nothing when it is queued already. Queued from
 * a loop_later callback, it runs at the end of the next turn, which then does not sleep: so a long
 * piece of work goes on without starving the descriptors.
 */
void loop_later(struct loop *l, struct loop_later *w);
/* Takes w out of the queue, if it is in. */
void loop_later_cancel(struct loop *l, struct loop_later *w);

/* Starts to listen for b. A loop with a bell runs until loop_stop(). */
void loop_bell_start(struct loop *l, struct loop_bell *b, void (*on)(void *arg), void *arg);
/* Rings b; the only function here that any thread may call, and a signal handler. */
void loop_ring(struct loop_bell *b);
/* Stops listening; no thread may ring b any more. */
void loop_bell_stop(struct loop_bell *b);

#endif
