/* SPDX-License-Identifier: MIT */
/*
 * dns.h: a detached thread calls getaddrinfo() and rings the loop's bell. getaddrinfo() cannot be
 * interrupted, so a look-up that was given up lives on until it returns: whoever comes last, the
 * thread or the loop, frees it.
 */
#include "io/dns.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"

/* What the thread and the loop share. */
struct job {
	atomic_int owners; /* 2: both; the one who takes it to 0 frees it */
	pthread_mutex_t lock;
	bool wanted; /* the loop still listens to the bell */
	struct loop_bell bell;
	char host[NET_HOST_MAX];
	char port[8];
	int family;
	int result; /* getaddrinfo()'s */
	int sys;    /* errno of EAI_SYSTEM */
	struct addrinfo *found;
};

struct dns {
	struct job *job;
	struct loop_timer timer;
	uint32_t timeout_ms;
	void (*done)(void *arg, const struct net_addr *addr, unsigned n, const char *error);
	void *arg;
};

static void drop_job(struct job *job)
{
	if (atomic_fetch_sub(&job->owners, 1) != 1)
		return;
	if (job->found)
		freeaddrinfo(job->found);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

static void *look_up(void *arg)
{
	struct job *job = arg;
	struct addrinfo hints = {
		.ai_family = job->family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

	job->result = getaddrinfo(job->host, job->port, &hints, &job->found);
	if (job->result == EAI_NONAME || job->result == EAI_ADDRFAMILY) {
		/* AI_ADDRCONFIG leaves out addresses that only loopback could reach. */
		hints.ai_flags = 0;
		job->result = getaddrinfo(job->host, job->port, &hints, &job->found);
	}
	job->sys = errno;
	pthread_mutex_lock(&job->lock);
	if (job->wanted)
		loop_ring(&job->bell);
	pthread_mutex_unlock(&job->lock);
	drop_job(job);
	return NULL;
}

/* Ends the loop's part and frees d. */
static void let_go(struct dns *d)
{
	pthread_mutex_lock(&d->job->lock);
	d->job->wanted = false;
	loop_bell_stop(&d->job->bell);
	pthread_mutex_unlock(&d->job->lock);
	drop_job(d->job);
	loop_timer_at(&d->timer, UINT64_MAX);
	free(d);
}

/* Appends the next address of the family, if there is one, and moves *at past it. */
static void take_next(struct addrinfo **at, int family, struct net_addr *out, unsigned *n)
{
	for (; *at; *at = (*at)->ai_next) {
		struct addrinfo *one = *at;

		if (one->ai_family != family || one->ai_addrlen > sizeof(out->v6))
			continue;
		if (*n < NET_DIAL_MAX) {
			memset(&out[*n], 0, sizeof(out[*n]));
			memcpy(&out[*n].any, one->ai_addr, one->ai_addrlen);
			out[(*n)++].len = one->ai_addrlen;
		}
		*at = one->ai_next;
		return;
	}
}

/* Lets the families take turns, beginning with the one that the resolver prefers (RFC 8305 4). */
static unsigned interlace(struct addrinfo *found, struct net_addr out[NET_DIAL_MAX])
{
	int first = found->ai_family == AF_INET ? AF_INET : AF_INET6;
	struct addrinfo *a = found, *b = found;
	unsigned n = 0;

	while (n < NET_DIAL_MAX && (a || b)) {
		take_next(&a, first, out, &n);
		take_next(&b, first == AF_INET ? AF_INET6 : AF_INET, out, &n);
	}
	return n;
}

static const char *explain(const struct job *job)
{
	switch (job->result) {
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
	case EAI_ADDRFAMILY:
		return "there is no such host";
	case EAI_AGAIN:
		return "no name server answers";
	case EAI_SYSTEM:
		return strerror(job->sys);
	default:
		return gai_strerror(job->result);
	}
}

static void on_found(void *arg)
{
	struct dns *d = arg;
	void (*done)(void *, const struct net_addr *, unsigned, const char *) = d->done;
	void *done_arg = d->arg;
	struct net_addr addr[NET_DIAL_MAX];
	const char *error = "it has no address that can be used";
	unsigned n = 0;

	/* The bell orders the thread's writes before this; the lock shows it to TSan as well. */
	pthread_mutex_lock(&d->job->lock);
	pthread_mutex_unlock(&d->job->lock);
	if (d->job->result != 0)
		error = explain(d->job);
	else if (d->job->found)
		n = interlace(d->job->found, addr);
	let_go(d);
	done(done_arg, addr, n, n ? NULL : error);
}

static void on_timeout(void *arg)
{
	struct dns *d = arg;
	void (*done)(void *, const struct net_addr *, unsigned, const char *) = d->done;
	void *done_arg = d->arg;
	char text[64];

	snprintf(text, sizeof(text), "no name server answered within %u s", d->timeout_ms / 1000);
	let_go(d);
	done(done_arg, NULL, 0, text);
}

/* Starts a detached thread with every signal blocked: they are the main thread's. */
static int start_thread(struct job *job)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, look_up, job);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

struct dns *
dns_start(struct loop *l, const char *host, uint16_t port, int family, uint32_t timeout_ms,
	  void (*done)(void *arg, const struct net_addr *addr, unsigned n, const char *error),
	  void *arg)
{
	struct dns *d = calloc(1, sizeof(*d));
	struct job *job = calloc(1, sizeof(*job));

	if (!d || !job) {
		free(d);
		free(job);
		return NULL;
	}
	snprintf(job->host, sizeof(job->host), "%s", host);
	snprintf(job->port, sizeof(job->port), "%u", port);
	job->family = family;
	job->wanted = true;
	atomic_init(&job->owners, 2);
	pthread_mutex_init(&job->lock, NULL);
	d->job = job;
	d->done = done;
	d->arg = arg;
	d->timeout_ms = timeout_ms;
	loop_bell_start(l, &job->bell, on_found, d);
	loop_timer_init(l, &d->timer, on_timeout, d);
	if (start_thread(job) != 0) {
		atomic_store(&job->owners, 1);
		let_go(d);
		return NULL;
	}
	loop_timer_at(&d->timer, clock_ms() + timeout_ms);
	return d;
}

void dns_cancel(struct dns *d)
{
	if (d)
		let_go(d);
}
