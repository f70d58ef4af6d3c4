/* SPDX-License-Identifier: MIT */
/* lull.h. */
#include "io/lull.h"

#define SPARE         4 /* this part of a round trip: some are longer than the smoothed one */
#define SPARE_MS      2
#define LONGEST_MS    250 /* that emptying the path may take: BBR's measuring does not take longer */
#define CLOSE_LOOK_MS 1   /* from look to look in a lull, and close to one */
#define US_PER_MS     1000

/* Returns whether BBR measures the shortest round trip. */
static bool is_measuring(const struct bbr *bbr)
{
	return bbr->pacing_gain == BBR_UNIT && bbr->window_gain == BBR_UNIT;
}

/* Returns when BBR's window ends at the earliest; it is known when it began. */
static uint64_t earliest_end(const struct lull *l)
{
	return l->from_ms + LULL_WINDOW_MS;
}

bool lull_see(struct lull *l, const struct bbr *bbr, uint64_t now_ms)
{
	const bool is_new = bbr->shortest_us != l->last.shortest_us ||
			    (is_measuring(&l->last) && !is_measuring(bbr));

	if (is_new) {
		l->from_ms = l->seen_ms;
		l->to_ms = now_ms;
		l->is_on = false;
	}
	if (!bbr->shortest_us || l->to_ms - l->from_ms > LULL_KNOWN_MS ||
	    (!l->is_on && now_ms >= earliest_end(l)))
		l->from_ms = 0;
	l->last = *bbr;
	l->seen_ms = now_ms;
	l->look_ms = now_ms + LULL_LOOK_MS;
	return l->from_ms && now_ms + LULL_SOON_MS >= earliest_end(l);
}

bool lull_is_empty(const struct lull_flight *f)
{
	return !f->segments && !f->unsent;
}

/* Returns how long the connection needs until all of what was sent is acknowledged. */
static uint64_t time_to_empty(const struct lull_flight *f)
{
	const uint64_t unsent_us = f->rate ? f->unsent * UINT64_C(1000000) / f->rate : 0;

	return (f->rtt_us + f->rtt_us / SPARE + unsent_us) / US_PER_MS + SPARE_MS;
}

/* Returns how long it is until a lull must begin for the connection to be empty when BBR's window
 * ends, UINT64_MAX: there is none to begin. */
static uint64_t time_to_lull(const struct lull *l, const struct lull_flight *f, uint64_t now_ms)
{
	const uint64_t need = time_to_empty(f), left = earliest_end(l) - now_ms;

	if (now_ms >= earliest_end(l) || now_ms - l->busy_ms > LULL_BUSY_MS ||
	    is_measuring(&l->last) || need > LONGEST_MS)
		return UINT64_MAX;
	return left > need ? left - need : 0;
}

/* Ends a lull. What is sent now begins BBR's window anew when it is acknowledged, which is usually
 * seen, but not if the round trip is the same to the microsecond. */
static void end_lull(struct lull *l, const struct lull_flight *f, uint64_t now_ms)
{
	l->is_on = false;
	l->from_ms = lull_is_empty(f) ? now_ms : 0;
	l->to_ms = now_ms + f->rtt_us / US_PER_MS + LULL_LOOK_MS;
}

/* Returns whether what is sent now is acknowledged after BBR's window has ended. */
static bool is_safe(const struct lull *l, uint64_t now_ms)
{
	return now_ms + l->last.shortest_us / US_PER_MS >= l->to_ms + LULL_WINDOW_MS + LULL_TICK_MS;
}

void lull_judge(struct lull *l, const struct lull_flight *flight, uint64_t now_ms)
{
	uint64_t left;

	if (flight->segments > LULL_FLIGHT)
		l->busy_ms = now_ms;
	if (l->is_on && (lull_is_empty(flight) ? is_safe(l, now_ms) : now_ms >= earliest_end(l))) {
		end_lull(l, flight, now_ms);
		return;
	}
	left = time_to_lull(l, flight, now_ms);
	l->is_on |= left == 0;
	if (l->is_on || left < 2 * LULL_LOOK_MS)
		l->look_ms = now_ms + CLOSE_LOOK_MS;
}
