/* SPDX-License-Identifier: MIT */
/*
 * Packets from the TUN, on their way to clients: framed where they lie and sent a batch at a time;
 * those of another worker's sessions are handed over.
 */
#include <errno.h>
#include <string.h>

#include "io/clock.h"
#include "io/log.h"
#include "server/worker.h"

#define TUN_EACH 2 /* one batch more for so many sessions: all of them had their turn, too */

/* Returns whether the packet's destination is the session's: the route may have been old. */
static bool leads_here(const struct session *s, const uint8_t *p, size_t n)
{
	struct ip_head ip;

	if (!s->leased || !ip_parse(p, n, &ip))
		return false;
	return ip.version == 4 ? memcmp(ip.dst, s->lease.ip4, 4) == 0
			       : memcmp(ip.dst, s->lease.prefix6, 8) == 0;
}

void session_make_dirty(struct session *s)
{
	if (s->dirty || s->stage != STAGE_LINK)
		return;
	s->dirty = true;
	s->next = s->w->dirty;
	s->w->dirty = s;
}

/* Frames a packet for one of our own sessions. */
static void send_here(struct worker *w, uint32_t slot, uint8_t *p, size_t n, uint64_t now)
{
	struct session *s = slot < w->slots_n ? w->slots[slot] : NULL;
	struct pump_answer answer;
	int err;

	if (!s || s->stage != STAGE_LINK || !leads_here(s, p, n)) {
		w->stats.no_route++;
		return;
	}
	err = pump_carry(&s->pump, p, n, now, &answer);
	if (answer.n)
		tun_write(&w->tun, answer.bytes, answer.n);
	if (err != SSTP_OK) {
		s->drops.closed++;
		return;
	}
	s->active_ms = now;
	session_make_dirty(s);
}

void worker_flush(struct worker *w)
{
	struct session *s;

	while ((s = w->dirty) != NULL) {
		w->dirty = s->next;
		s->dirty = false;
		s->next = NULL;
		codel_suit(&w->tun.standing, path_is_near(&s->pump.path));
		session_settle(s);
	}
}

/* Hands a packet over to the worker that has the session. */
static void hand_over(struct worker *w, uint32_t word, const uint8_t *p, size_t n, uint64_t *rung)
{
	unsigned to = route_worker(word);
	struct worker *other = w->server->workers[to];

	w->stats.handed_over++;
	if (!ring_put(other->ring_in[w->index], p, n, route_slot(word)))
		w->stats.ring_full++;
	*rung |= UINT64_C(1) << to;
}

/* Routes what tun_read() has brought, and makes TLS records of it: its memory is used again. */
static void route_batch(struct worker *w, int n, uint64_t now, uint64_t *rung)
{
	for (int i = 0; i < n; i++) {
		struct tun_packet *in = &w->tun.in[i];
		uint32_t word = route_find(&w->server->routes, in->p, in->n);

		if (word == ROUTE_NONE)
			w->stats.no_route++;
		else if (route_worker(word) == w->index)
			send_here(w, route_slot(word), in->p, in->n, now);
		else
			hand_over(w, word, in->p, in->n, rung);
	}
	for (struct session *s = w->dirty; s; s = s->next)
		pump_flush_run(&s->pump);
}

/* How many batches the TUN may have read in a turn: as many as the sessions brought in theirs, for
 * all that may be answered. */
static unsigned batches_due(const struct worker *w)
{
	unsigned brought = w->served * (PUMP_TURN / TUN_BUFFER);

	return (brought > TUN_TURN ? brought : TUN_TURN) + w->sessions_n / TUN_EACH;
}

void worker_on_tun(void *arg, unsigned ready)
{
	struct worker *w = arg;
	uint64_t now_us = clock_us(), now = now_us / 1000;
	uint64_t rung = 0;
	unsigned due = batches_due(w);

	(void)ready;
	w->served = 0;
	for (unsigned i = 0; i < due; i++) {
		int n = tun_read(&w->tun, w->server->link.mtu, now_us);

		if (n < 0) {
			log_error("the interface %s cannot be read: %s", w->tun.name, strerror(-n));
			loop_fd_want(&w->tun_io, 0);
			break;
		}
		n = tun_keep_short(&w->tun, n, now_us);
		route_batch(w, n, now, &rung);
		if (w->tun.lone)
			worker_flush(w);
		if (w->tun.dry)
			break;
	}
	worker_flush(w);
	tun_flush(&w->tun); /* answers to packets that do not fit */
	for (unsigned to = 0; rung; to++, rung >>= 1)
		if (rung & 1)
			loop_ring(&w->server->workers[to]->ring_bell);
}

void worker_on_ring(void *arg)
{
	struct worker *w = arg;
	uint64_t now = clock_ms();

	for (unsigned from = 0; from < w->server->workers_n; from++) {
		struct ring *r = w->ring_in[from];
		uint32_t waiting = r ? ring_waiting(r) : 0;

		if (!waiting)
			continue;
		for (uint32_t i = 0; i < waiting; i++) {
			uint8_t *p;
			const struct ring_packet *in = ring_at(r, i, &p);

			send_here(w, in->word, p, in->len, now);
		}
		worker_flush(w);
		tun_flush(&w->tun);
		ring_done(r, waiting);
	}
}
