/* SPDX-License-Identifier: MIT */
/*
 * CoDel (RFC 8289): decides, from how long packets have waited, which of them a queue should drop
 * or mark so that it stays short. Pure: the queue itself is somebody else's.
 */
#ifndef IO_CODEL_H
#define IO_CODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is meant where a struct codel has 0. */
#define CODEL_TARGET_US   5000   /* a standing queue longer than this is too long (RFC 8289 4.3) */
#define CODEL_INTERVAL_US 100000 /* a round trip, at worst (4.2) */

/* The same for a peer on the same network: times made for the Internet would let megabytes wait. */
#define CODEL_NEAR_TARGET_US   1000
#define CODEL_NEAR_INTERVAL_US 30000

struct codel {
	uint32_t target;      /* microseconds; 0: CODEL_TARGET_US */
	uint32_t interval;    /* microseconds; 0: CODEL_INTERVAL_US */
	uint64_t first_above; /* when the wait will have been too long for an interval; 0: it is not
			       */
	uint64_t drop_next;
	uint32_t count; /* drops since it began to drop */
	uint32_t last_count;
	bool dropping;
};

/* Takes the times that suit the distance of those who send through the queue. */
static inline void codel_suit(struct codel *c, bool is_near)
{
	c->target = is_near ? CODEL_NEAR_TARGET_US : 0;
	c->interval = is_near ? CODEL_NEAR_INTERVAL_US : 0;
}

/*
 * Tells what to do with the packet that was just taken from the queue: it waited from `since` to
 * `now` (microseconds), and `left` bytes are queued behind it. Returns true: drop it, or mark it,
 * and take the next one.
 */
bool codel_drop(struct codel *c, uint64_t since, uint64_t now, size_t left);
/* Marks an IP packet of n bytes as having met congestion (RFC 3168); false when it does not take
 * marks. */
bool codel_mark(uint8_t *p, size_t n);

#endif
