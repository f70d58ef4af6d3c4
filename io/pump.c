/* SPDX-License-Identifier: MIT */
/* pump.h. Knows the order in which bytes must leave, and nothing of what they mean. */
#include "io/pump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/ip.h"
#include "io/log.h"
#include "io/net.h"

void pump_init(struct pump *p, struct sstp_link *link, struct tls *tls, const struct pump_owner *to)
{
	memset(p, 0, sizeof(*p));
	p->link = link;
	p->tls = tls;
	p->to = *to;
	p->fd = -1;
	p->super_size = PUMP_SUPER;
}

/* Does what follows from what the path is like. */
static void suit_path(struct pump *p)
{
	codel_suit(&p->waiting.codel, path_is_near(&p->path));
	net_suit(p->fd, &p->path);
}

/* Looks at the path; returns whether it has changed. */
static bool look(struct pump *p, uint64_t now)
{
	const struct path_facts facts = net_path(p->fd);
	const uint64_t limit = path_limit(&p->path);
	bool changed = path_judge(&p->path, &facts, p->full, now);

	if (facts.super_size)
		p->super_size = facts.super_size;
	if (path_limit(&p->path) != limit)
		net_limit(p->fd, path_limit(&p->path));
	if (path_is_low(&p->path))
		net_start_anew(p->fd, NET_CONGESTION_AUTO);
	return changed;
}

void pump_watch(struct pump *p, int fd, uint64_t now)
{
	p->fd = fd;
	look(p, now);
	suit_path(p);
}

void pump_fini(struct pump *p)
{
	free(p->held);
	p->held = NULL;
	p->held_n = p->held_at = 0;
	backlog_fini(&p->waiting);
	p->run = NULL;
	p->run_n = 0;
}

/* Hands the trace records over, oldest first. */
static void drain_trace(struct pump *p)
{
	struct sstp_trace trace;

	if (p->to.trace)
		while (sstp_link_trace(p->link, &trace))
			p->to.trace(p->to.arg, &trace);
}

void pump_events(struct pump *p)
{
	struct sstp_event ev;
	struct sstp_info info;

	drain_trace(p);
	while (sstp_link_event(p->link, &ev)) {
		p->to.event(p->to.arg, &ev);
		sstp_link_info(p->link, &info);
		p->single = info.one_per_record;
		p->mtu = info.mtu;
		drain_trace(p);
	}
}

/* Notes that TLS is of no use any more. */
static enum tls_result note(struct pump *p, enum tls_result result)
{
	if (result < 0 && p->broken == TLS_OK)
		p->broken = result;
	return result;
}

/* Returns whether nothing may be sent, for a lull. */
static bool is_silent(const struct pump *p)
{
	return p->lull.is_on && p->has_asked;
}

/* Sends what is queued, or whole multiples of so many bytes of it, and notes whether the socket
 * took that. */
static enum tls_result flush(struct pump *p, size_t unit)
{
	enum tls_result result = TLS_WANT_WRITE;

	if (!is_silent(p))
		result = note(p, tls_flush_units(p->tls, unit));
	p->full = result == TLS_WANT_WRITE;
	return result;
}

/* Returns whether so much is queued that it is worth a system call. */
static bool has_gathered(const struct pump *p)
{
	return tls_queued(p->tls) >= PUMP_GATHER * p->super_size;
}

/* Makes a record of the run. */
static void write_run(struct pump *p)
{
	if (p->run_n && p->broken != TLS_FAILED)
		note(p, tls_write(p->tls, p->run, p->run_n));
	p->run = NULL;
	p->run_n = 0;
}

void pump_flush_run(struct pump *p)
{
	write_run(p);
	p->batch_us = 0;
	if (!p->full && p->broken != TLS_FAILED && has_gathered(p))
		flush(p, p->super_size);
}

/* Queues what the link has to say, a unit a record; stops where the queue is full. */
static void queue_units(struct pump *p)
{
	const uint8_t *unit;
	size_t n;

	while (!has_gathered(p) && (n = sstp_link_output(p->link, &unit)) != 0) {
		if (n > TLS_RECORD)
			n = TLS_RECORD;
		if (p->broken != TLS_FAILED)
			note(p, tls_write(p->tls, unit, n));
		sstp_link_sent(p->link, n);
	}
}

/* Frames a packet and adds it to the run. */
static int gather(struct pump *p, uint8_t *packet, size_t n, uint64_t now)
{
	uint8_t *frame = packet - SSTP_HEADROOM;
	int err = sstp_link_send(p->link, packet, n, now);
	const uint8_t *unit;

	if (err)
		return err;
	n += SSTP_HEADROOM;
	if (sstp_link_output(p->link, &unit)) { /* was said before this packet came */
		write_run(p);
		queue_units(p);
	}
	if (p->run_n && (p->single || p->run + p->run_n != frame || p->run_n + n > TLS_RECORD))
		write_run(p);
	if (!p->run_n)
		p->run = frame;
	p->run_n += n;
	return SSTP_OK;
}

int pump_send(struct pump *p, uint8_t *packet, size_t n, uint64_t now)
{
	if (p->broken == TLS_FAILED)
		return SSTP_E_CLOSED;
	if (!p->full && !p->waiting.head)
		return gather(p, packet, n, now);
	if (!p->batch_us)
		p->batch_us = clock_us();
	backlog_put(&p->waiting, packet, n, p->batch_us); /* or it is counted there */
	return SSTP_OK;
}

void pump_clamp(const struct pump *p, uint8_t *packet, size_t n)
{
	if (fit_may_have_mss(packet, n) && p->mtu)
		fit_clamp_mss(packet, n, p->mtu);
}

/* Sends an IPv4 packet in fragments; false when it may not be cut. */
static bool send_fragments(struct pump *p, const uint8_t *packet, size_t n, uint64_t now)
{
	uint8_t piece[SSTP_HEADROOM + SSTP_MTU_MAX];
	struct fit_cut cut;
	size_t len;

	if (!fit_cut_begin(&cut, packet, n, p->mtu))
		return false;
	while ((len = fit_cut_next(&cut, piece + SSTP_HEADROOM)) != 0) {
		pump_send(p, piece + SSTP_HEADROOM, len, now);
		write_run(p);
	}
	return true;
}

int pump_carry(struct pump *p, uint8_t *packet, size_t n, uint64_t now, struct pump_answer *answer)
{
	struct ip_head ip;

	answer->n = 0;
	pump_clamp(p, packet, n);
	if (n <= p->mtu || !p->mtu)
		return pump_send(p, packet, n, now);
	if (send_fragments(p, packet, n, now))
		return SSTP_OK;
	/* In the name of the destination: an address of our own, coming in, would not be believed.
	 */
	if (now != p->answered_ms && ip_parse(packet, n, &ip))
		answer->n = fit_too_big(answer->bytes, ip.dst, packet, n, p->mtu);
	p->answered_ms = now;
	return SSTP_E_TOO_LARGE;
}

/* Lets the kernel seal what is sent, once the peer is known to take packets as they come. */
static void offload(struct pump *p)
{
	int err;

	if (!p->mtu || tls_queued(p->tls))
		return;
	p->try_kernel = false;
	err = p->single ? -EOPNOTSUPP : tls_offload(p->tls);
	if (err)
		log_info("the kernel does not seal TLS records: %s",
			 p->single ? "the client wants records of one packet" : strerror(-err));
	else
		log_info("the kernel seals TLS records (kTLS)");
}

/* Makes records of some of the packets that wait; false when none was left. */
static bool take_sip(struct pump *p)
{
	uint64_t now = clock_us();
	size_t taken = 0, n;
	uint8_t *packet;

	while (taken < PUMP_SIP && (packet = backlog_take(&p->waiting, now, &n)) != NULL)
		if (gather(p, packet, n, now / 1000) == SSTP_OK)
			taken += n;
	write_run(p);
	backlog_release(&p->waiting);
	return taken != 0;
}

/*
 * Has BBR measure the path anew as soon as it holds something back and believes in much less than
 * the path has carried. A loss while a flow inside begins is enough for that: until it is mended
 * BBR sends no more than was on its way, and takes that for what the path carries. The flow meets a
 * queue then, ends its own start, and may be slow for a minute. Near the looks at the path are
 * enough, and what BBR believes goes up and down with each round of less than a millisecond.
 */
static void keep_belief(struct pump *p, const struct bbr *bbr)
{
	if (path_is_near(&p->path) || !path_exceeds(&p->path, bbr->rate) ||
	    !net_flight(p->fd).unsent)
		return;
	path_forget(&p->path);
	net_start_anew(p->fd, NET_CONGESTION_AUTO);
}

/* Begins or ends a lull. What is sent last before one asks for an answer, and what is sent first
 * after one is BBR's measure, not a small packet alone: what acknowledges them must not be late. */
static void keep_lull(struct pump *p, const struct bbr *bbr, uint64_t now)
{
	const bool was_on = p->lull.is_on;

	/* where packets are being lost, what was sent is seldom acknowledged in time */
	if (lull_see(&p->lull, bbr, now) &&
	    (was_on || !path_lost_within(&p->path, LULL_WINDOW_MS, now))) {
		const struct lull_flight flight = net_flight(p->fd);

		lull_judge(&p->lull, &flight, now);
		if (!was_on)
			p->has_asked = lull_is_empty(&flight);
	}
	if (!was_on && p->lull.is_on) {
		if (!p->has_asked)
			sstp_link_ping(p->link, now);
	} else if (was_on && !p->lull.is_on && p->waiting.head) {
		take_sip(p);
	}
	if (p->lull.is_on) /* what the other end waits for may be no more than this */
		net_acknowledge(p->fd);
}

/* Looks at the path when it is time to. */
static void watch(struct pump *p, uint64_t now)
{
	if (p->fd < 0)
		return;
	if (now >= p->path.look_ms && look(p, now)) {
		suit_path(p);
		log_info("the path to the other end is %s, and loses %s",
			 path_is_near(&p->path) ? "short" : "long",
			 path_loses(&p->path) ? "packets" : "nothing");
	}
	if (now >= p->lull.look_ms) {
		const struct bbr bbr = net_bbr(p->fd);

		keep_belief(p, &bbr);
		keep_lull(p, &bbr, now);
	}
}

/* Queues and sends all that there is, unless the socket is full. */
static enum tls_result send_all(struct pump *p)
{
	for (;;) {
		enum tls_result result;
		const uint8_t *unit;

		queue_units(p);
		if (p->broken == TLS_FAILED)
			return p->broken;
		result = flush(p, 1);
		if (result == TLS_OK && p->lull.is_on) {
			p->has_asked = p->full = true;
			return TLS_WANT_WRITE;
		}
		if (result != TLS_OK)
			return result;
		if (p->try_kernel)
			offload(p);
		if (!sstp_link_output(p->link, &unit) && !(p->waiting.head && take_sip(p)))
			return result;
	}
}

enum tls_result pump_output(struct pump *p, uint64_t now)
{
	const bool was_on = p->lull.is_on;
	enum tls_result result;

	write_run(p);
	p->batch_us = 0;
	result = send_all(p);
	watch(p, now); /* now, for it takes time that nothing should wait for */
	return p->lull.is_on == was_on ? result : send_all(p);
}

/* Hands out the packets that the last input left waiting. */
static bool deliver(struct pump *p)
{
	bool any = false;
	uint8_t *packet;
	size_t n;

	while ((n = sstp_link_packet(p->link, &packet)) != 0) {
		p->to.packet(p->to.arg, packet, n);
		any = true;
	}
	return any;
}

/*
 * Gives the link n bytes and the owner what comes of them; returns how many the link took. What
 * happened before a packet is told before the packet is handed out.
 */
static size_t feed(struct pump *p, uint8_t *bytes, size_t n, uint64_t now)
{
	unsigned stuck = 0;
	size_t at = 0;

	while (at < n && stuck < 2) {
		size_t took = sstp_link_input(p->link, bytes + at, n - at, now);

		pump_events(p);
		stuck = deliver(p) || took ? 0 : stuck + 1;
		at += took;
		if (at < n) /* it may wait for its output to be taken */
			queue_units(p);
	}
	return at;
}

/* Keeps what the link did not take. False when memory is short: the stream cannot go on. */
static bool hold(struct pump *p, const uint8_t *bytes, size_t n)
{
	p->held = malloc(n);
	if (!p->held)
		return false;
	memcpy(p->held, bytes, n);
	p->held_n = n;
	p->held_at = 0;
	return true;
}

/* Feeds what was held; true when nothing is held any more. */
static bool feed_held(struct pump *p, uint64_t now)
{
	if (!p->held)
		return true;
	p->held_at += feed(p, p->held + p->held_at, p->held_n - p->held_at, now);
	if (p->held_at < p->held_n)
		return false;
	free(p->held);
	p->held = NULL;
	return true;
}

static enum pump_result end_of_stream(struct pump *p, uint64_t now)
{
	if (!p->eof) {
		p->eof = true;
		sstp_link_eof(p->link, now);
		pump_events(p);
	}
	return PUMP_BROKEN;
}

enum pump_result pump_input(struct pump *p, uint8_t *buf, size_t most, uint64_t now)
{
	if (p->eof)
		return PUMP_BROKEN;
	if (!feed_held(p, now))
		return tls_queued(p->tls) ? PUMP_WAIT : PUMP_AGAIN;
	for (size_t total = 0; total < most && !p->held;) {
		long got = tls_read(p->tls, buf, TLS_RECORD);
		size_t took;

		if (got == 0)
			return PUMP_WAIT;
		if (got < 0) {
			note(p, (enum tls_result)got);
			return end_of_stream(p, now);
		}
		took = feed(p, buf, (size_t)got, now);
		if (took < (size_t)got && !hold(p, buf + took, (size_t)got - took)) {
			p->broken = TLS_FAILED;
			return end_of_stream(p, now);
		}
		total += (size_t)got;
	}
	return PUMP_AGAIN;
}

unsigned pump_wants(const struct pump *p)
{
	const bool has_more = tls_queued(p->tls) || p->held; /* what is held waits for room, too */
	const unsigned wants = has_more && !is_silent(p) ? LOOP_WRITE : 0;

	return p->held || p->eof ? wants : wants | LOOP_READ;
}

uint64_t pump_deadline(const struct pump *p)
{
	const uint64_t at = sstp_link_deadline(p->link);

	return p->lull.is_on && p->lull.look_ms < at ? p->lull.look_ms : at;
}

bool pump_full(const struct pump *p)
{
	return p->full;
}
