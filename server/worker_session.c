/* SPDX-License-Identifier: MIT */
/*
 * The life of a call on its worker: TLS, link, drain, linger, dead. Nothing of what the bytes mean
 * is known here, nor why a call ends: the link says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "io/random.h"
#include "lib/base/timer.h"
#include "server/worker.h"

#define DRAIN_MS    5000 /* for the last bytes to leave */
#define LINGER_MS   2000 /* for the peer to close first */
#define REST_MS     1000 /* without a packet for so long a session is idle */
#define TRACE_RING  64   /* records kept between two turns */
#define SERVED_MOST 16   /* sessions that may have their turn before the TUN is read */

static void on_io(void *arg, unsigned ready);
static void on_timer(void *arg);
static void on_again(void *arg);

/* Doubles the table of sessions; false when memory is short. */
static bool grow_slots(struct worker *w)
{
	uint32_t n = w->slots_n ? 2 * w->slots_n : 64;
	struct session **slots;
	uint32_t *free_slots;

	if (n > ROUTE_SLOT_MOST)
		return false;
	slots = realloc(w->slots, n * sizeof(struct session *));
	if (!slots)
		return false;
	w->slots = slots;
	free_slots = realloc(w->free_slots, n * sizeof(*free_slots));
	if (!free_slots)
		return false;
	w->free_slots = free_slots;
	for (uint32_t i = n; i-- > w->slots_n;) {
		w->slots[i] = NULL;
		w->free_slots[w->free_n++] = i;
	}
	w->slots_n = n;
	return true;
}

/* Returns what the guard counts the session by: nothing, when all come from one terminator. */
static const struct net_addr *source_of(const struct session *s)
{
	return tls_is_plain(s->tls) ? NULL : &s->from;
}

void session_new(struct worker *w, int fd, const struct net_addr *from, bool plain)
{
	struct session *s = calloc(1, sizeof(*s));
	uint64_t now = clock_ms();

	if (s)
		s->tls = plain ? tls_new_plain(fd) : tls_new(w->cert.tls, fd, NULL);
	if (!s || !s->tls || (!w->free_n && !grow_slots(w))) {
		log_error("no memory for a connection");
		guard_leave(&w->server->guard, plain ? NULL : from, false);
		if (s)
			tls_free(s->tls);
		close(fd);
		free(s);
		return;
	}
	s->w = w;
	s->fd = fd;
	s->from = *from;
	s->id = atomic_fetch_add(&w->server->last_id, 1) + 1;
	s->slot = w->free_slots[--w->free_n];
	w->slots[s->slot] = s;
	w->sessions_n++;
	s->begin_ms = now;
	s->limit_ms = now + w->server->conf->tls_handshake_s * UINT64_C(1000);
	s->ra_ms = s->echo_ms = UINT64_MAX;
	s->lease.index4 = s->lease.index6 = POOL_NONE;
	loop_fd_init(w->loop, &s->io, fd, on_io, s);
	loop_timer_init(w->loop, &s->timer, on_timer, s);
	loop_later_init(&s->again, on_again, s);
	loop_fd_want(&s->io, LOOP_READ);
	loop_timer_at(&s->timer, s->limit_ms);
}

struct session *session_find(struct worker *w, uint32_t slot, uint64_t id)
{
	struct session *s = slot < w->slots_n ? w->slots[slot] : NULL;

	return s && s->id == id && s->stage != STAGE_DEAD ? s : NULL;
}

/* Takes the session from the list of those that did something lately, wherever it stands there. */
static void leave_awake(struct session *s)
{
	*s->at_awake = s->next_awake;
	if (s->next_awake)
		s->next_awake->at_awake = s->at_awake;
	s->at_awake = NULL;
}

/* Takes the session out of its worker's lists; the dirty ones are those of one turn, and few. */
static void leave_lists(struct session *s)
{
	struct session **at;

	if (s->dirty) {
		for (at = &s->w->dirty; *at != s;)
			at = &(*at)->next;
		*at = s->next;
		s->dirty = false;
	}
	if (s->at_awake)
		leave_awake(s);
}

/* Takes the session off the books; it is freed at the end of the turn. */
static void bury(struct session *s)
{
	struct worker *w = s->w;

	if (s->stage == STAGE_DEAD)
		return;
	session_give_back(s);
	s->stage = STAGE_DEAD;
	loop_fd_want(&s->io, 0);
	loop_timer_at(&s->timer, UINT64_MAX);
	loop_later_cancel(w->loop, &s->again);
	guard_leave(&w->server->guard, source_of(s), s->authenticated);
	w->slots[s->slot] = NULL;
	w->free_slots[w->free_n++] = s->slot;
	w->sessions_n--;
	leave_lists(s);
	s->next = w->dead;
	w->dead = s;
	loop_later(w->loop, &w->bury);
}

/* Waits for what the stage waits for, at most until its limit. */
static void wait_for(struct session *s, unsigned want)
{
	loop_fd_want(&s->io, want);
	loop_timer_at(&s->timer, s->limit_ms);
}

/* Everything is sent: shuts our side down and waits for the peer, so that no reset overtakes what
 * it has not read yet. */
static void linger(struct session *s)
{
	s->stage = STAGE_LINGER;
	s->limit_ms = clock_ms() + LINGER_MS;
	if (shutdown(s->fd, SHUT_WR) < 0) {
		bury(s);
		return;
	}
	wait_for(s, LOOP_READ);
}

/* Sends what is left of a call that is over. */
static void drain(struct session *s)
{
	enum tls_result result = tls_flush(s->tls);

	if (result == TLS_OK)
		linger(s);
	else if (result == TLS_WANT_WRITE)
		wait_for(s, LOOP_WRITE);
	else
		bury(s);
}

/* The link is down: the end is logged, what was lent goes back, the rest is sent. */
static void finish(struct session *s)
{
	s->down = true;
	log_end(s);
	session_give_back(s);
	s->stage = STAGE_DRAIN;
	s->limit_ms = clock_ms() + DRAIN_MS;
	if (s->pump.broken != TLS_OK) {
		bury(s);
		return;
	}
	tls_close(s->tls);
	drain(s);
}

/* Returns when the session must be looked at, whatever comes. */
static uint64_t next_deadline(const struct session *s)
{
	const struct conf *c = s->w->server->conf;
	uint64_t at = earlier(pump_deadline(&s->pump), earlier(s->ra_ms, s->echo_ms));

	if (s->up && c->idle_s)
		at = earlier(at, s->active_ms + c->idle_s * UINT64_C(1000));
	if (s->up && c->session_s)
		at = earlier(at, s->up_ms + c->session_s * UINT64_C(1000));
	return at;
}

/* Notes that the session does something. */
static void wake(struct session *s)
{
	if (s->at_awake)
		return;
	s->at_awake = &s->w->awake;
	s->next_awake = s->w->awake;
	if (s->next_awake)
		s->next_awake->at_awake = &s->next_awake;
	s->w->awake = s;
}

void session_rest_idle(struct worker *w, uint64_t now)
{
	for (struct session *s = w->awake, *next; s; s = next) {
		next = s->next_awake;
		if (s->active_ms + REST_MS > now)
			continue;
		leave_awake(s);
		tls_rest(s->tls);
	}
}

void session_settle(struct session *s)
{
	enum tls_result result;

	if (s->stage != STAGE_LINK)
		return;
	wake(s);
	pump_events(&s->pump);
	result = pump_output(&s->pump, clock_ms());
	s->drops.queue = s->pump.waiting.dropped;
	pump_events(&s->pump);
	if (result < 0 && !s->down)
		sstp_link_eof(s->link, clock_ms());
	pump_events(&s->pump);
	if (s->down) {
		finish(s);
		return;
	}
	loop_fd_want(&s->io, pump_wants(&s->pump));
	loop_timer_at(&s->timer, next_deadline(s));
}

/* Returns what a session may cost now: the more had their turn before it, the less. */
static size_t fair_share(const struct worker *w)
{
	size_t share = PUMP_TURN_ALONE / (w->served + 1);

	return share > PUMP_TURN ? share : PUMP_TURN;
}

/* Reads and feeds the link, a fair share of the loop's turn. */
static void serve_link(struct session *s)
{
	struct worker *w = s->w;
	enum pump_result result = pump_input(&s->pump, w->buf, fair_share(w), clock_ms());

	tun_flush(&w->tun);
	if (result == PUMP_AGAIN)
		loop_later(w->loop, &s->again);
	session_make_dirty(s);
	/* The kernel may have answered already. Its answers to what thousands bring must not wait
	 * until all had their turn, and after the last one nothing else is to be done. */
	if ((++w->served >= SERVED_MOST || !loop_has_more(w->loop)) && w->tun_io.want)
		worker_on_tun(w, LOOP_READ);
	else
		worker_flush(w);
}

/* Puts the certificate of the connection, a fresh seed and the date into a link's configuration. */
static void make_link_config(struct session *s, struct sstp_config *cfg)
{
	*cfg = s->w->server->link;
	random_bytes(cfg->seed, sizeof(cfg->seed));
	clock_http_date(cfg->date, sizeof(cfg->date));
	if (!tls_own_hashes(s->tls, cfg->cert_sha1, cfg->cert_sha256)) {
		memcpy(cfg->cert_sha1, s->w->cert.plain_sha1, sizeof(cfg->cert_sha1));
		memcpy(cfg->cert_sha256, s->w->cert.plain_sha256, sizeof(cfg->cert_sha256));
	}
	if (log_wants(LOG_AT_DEBUG))
		s->trace = calloc(TRACE_RING, sizeof(*s->trace));
	cfg->trace = s->trace;
	cfg->trace_n = s->trace ? TRACE_RING : 0;
}

/* TLS is there: makes the link. The client's first bytes may have come already. */
static void start_link(struct session *s)
{
	struct pump_owner owner = {session_packet, session_event, NULL, s};
	struct sstp_config cfg;
	int err = SSTP_E_CONFIG;

	make_link_config(s, &cfg);
	s->link = malloc(sstp_link_size());
	if (s->link)
		err = sstp_link_init(s->link, &cfg, clock_ms());
	if (err) {
		free(s->link);
		s->link = NULL;
		log_tls_failed(s, "local", s->link ? sstp_err_text(err) : "no memory for a call");
		bury(s);
		return;
	}
	if (s->trace)
		owner.trace = log_trace;
	pump_init(&s->pump, s->link, s->tls, &owner);
	pump_watch(&s->pump, s->fd, clock_ms());
	s->pump.try_kernel = s->w->server->conf->ktls;
	s->stage = STAGE_LINK;
	s->reached = "http";
	s->limit_ms = UINT64_MAX;
	serve_link(s);
}

static void serve_tls(struct session *s)
{
	enum tls_result result = tls_handshake(s->tls);

	if (result == TLS_OK) {
		start_link(s);
	} else if (result == TLS_WANT_READ || result == TLS_WANT_WRITE) {
		wait_for(s, result == TLS_WANT_READ ? LOOP_READ : LOOP_WRITE);
	} else {
		s->w->stats.tls_failed++;
		log_tls_failed(s, "tls", NULL);
		s->stage = STAGE_DRAIN; /* an alert may be on its way */
		s->limit_ms = clock_ms() + DRAIN_MS;
		drain(s);
	}
}

/* Waits for the peer's end, without looking at what comes before it. */
static void serve_linger(struct session *s)
{
	ssize_t got = read(s->fd, s->w->buf, sizeof(s->w->buf));

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		bury(s);
}

static void on_io(void *arg, unsigned ready)
{
	struct session *s = arg;

	switch (s->stage) {
	case STAGE_TLS:
		serve_tls(s);
		break;
	case STAGE_LINK:
		if ((ready & LOOP_READ) || s->pump.held)
			serve_link(s);
		else
			session_settle(s); /* sends what waits */
		break;
	case STAGE_DRAIN:
		drain(s);
		break;
	case STAGE_LINGER:
		serve_linger(s);
		break;
	case STAGE_DEAD:
	case STAGES:
		break;
	}
}

static void on_again(void *arg)
{
	struct session *s = arg;

	if (s->stage == STAGE_LINK)
		serve_link(s);
}

/* Ends the session when it was idle, or there, for too long. */
static void check_age(struct session *s, uint64_t now)
{
	const struct conf *c = s->w->server->conf;

	if (!s->up)
		return;
	if (c->session_s && now >= s->up_ms + c->session_s * UINT64_C(1000))
		sstp_link_close(s->link, SSTP_E_SESSION_TIME, now);
	else if (c->idle_s && now >= s->active_ms + c->idle_s * UINT64_C(1000))
		sstp_link_close(s->link, SSTP_E_IDLE, now);
}

static void serve_time(struct session *s)
{
	uint64_t now = clock_ms();

	sstp_link_tick(s->link, now);
	check_age(s, now);
	if (now >= s->echo_ms) {
		sstp_link_ping(s->link, now);
		s->echo_ms = now + s->w->server->conf->lcp_echo_s * UINT64_C(1000);
	}
	ra_tick(s, now);
	session_settle(s);
}

static void on_timer(void *arg)
{
	struct session *s = arg;

	if (s->stage == STAGE_LINK) {
		serve_time(s);
		return;
	}
	if (s->stage == STAGE_TLS) {
		s->w->stats.tls_failed++;
		log_tls_failed(s, "timeout", "the TLS handshake was not finished in time");
	}
	bury(s);
}

void session_end(struct session *s, int err)
{
	if (s->stage == STAGE_TLS) {
		log_tls_failed(s, sstp_err_name(err), sstp_err_text(err));
		bury(s);
	} else if (s->stage == STAGE_LINK) {
		sstp_link_close(s->link, err, clock_ms());
		session_settle(s);
	}
}

void session_kill(struct session *s)
{
	if (s->stage == STAGE_LINK)
		log_end(s);
	bury(s);
}
