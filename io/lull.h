/* SPDX-License-Identifier: MIT */
/*
 * A lull: a connection is left empty for a moment, just when BBR would measure the path.
 *
 * BBR wants to see the shortest round trip anew every ten seconds. When no packet has been as quick
 * for so long, it keeps four packets on their way for 200 ms (PROBE_RTT), in which every flow
 * inside stands still. It does without where it meets a connection that begins again after a
 * silence: the path was empty, so the first packet out is the measure. All of what was sent is
 * acknowledged within a round trip, a tenth of the time on many paths; it must be within the right
 * one. Neither that moment nor what BBR waits for is told by the kernel: it is seen when the
 * shortest round trip changes, or a measuring ends. Where that was not seen well enough, nothing is
 * done, and BBR measures as it always does.
 */
#ifndef IO_LULL_H
#define IO_LULL_H

#include <stdbool.h>
#include <stdint.h>

#include "io/bbr.h"

#define LULL_WINDOW_MS 10000 /* how long BBR believes in a shortest round trip */
#define LULL_LOOK_MS   10    /* from look to look */
#define LULL_SOON_MS   300   /* before its window ends, all that TCP knows is looked at */
#define LULL_KNOWN_MS  60    /* when BBR measured must be known as well as this */
#define LULL_TICK_MS   10    /* of the kernel's clock, at most (HZ=100) */
#define LULL_FLIGHT    4     /* segments on their way in a PROBE_RTT: with fewer it costs nothing */
#define LULL_BUSY_MS   200   /* for so long after there were more, it would still cost much */

/* What TCP says of what is on its way. */
struct lull_flight {
	uint32_t segments; /* sent, and not acknowledged */
	uint32_t unsent;   /* bytes that the kernel holds still */
	uint32_t rtt_us;   /* smoothed */
	uint64_t rate;     /* bytes a second that arrive */
};

/* All zero: a connection that was never looked at. */
struct lull {
	uint64_t look_ms; /* when to look again */
	uint64_t seen_ms; /* when was looked last, 0: never */
	uint64_t from_ms; /* BBR's window began between this moment, 0: nobody knows, */
	uint64_t to_ms;   /* and this one */
	uint64_t busy_ms; /* when enough was on its way last */
	struct bbr last;
	bool is_on; /* nothing may be sent */
};

/* Takes what BBR says now; returns whether lull_judge() wants to be asked, too. */
bool lull_see(struct lull *l, const struct bbr *bbr, uint64_t now_ms);
/* Returns whether all of what was sent is acknowledged. */
bool lull_is_empty(const struct lull_flight *f);
/* Begins or ends a lull (l->is_on). */
void lull_judge(struct lull *l, const struct lull_flight *flight, uint64_t now_ms);

#endif
