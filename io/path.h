/* SPDX-License-Identifier: MIT */
/*
 * What the path of a TCP connection is like, judged a few times a second from what TCP knows of it:
 * whether the peer is near, within a millisecond, as on the same network, and whether packets are
 * lost: both may change while the connection lasts. And when the congestion control has come to
 * believe in much less than it has carried, or fills the path and does not see it. What follows
 * from it is the caller's affair.
 */
#ifndef IO_PATH_H
#define IO_PATH_H

#include <stdbool.h>
#include <stdint.h>

#define PATH_LOOK_MS 200
#define PATH_NEAR_US 1000  /* a peer becomes near below this round trip */
#define PATH_FAR_US  5000  /* and far from this one on: a near peer's grows under load */
#define PATH_BUSY    50    /* segments between two looks that make the smoothed one count */
#define PATH_CALM_MS 60000 /* without loss, until a path counts as one that loses nothing */
#define PATH_LOW     2     /* so many times less than was carried is much less */
#define PATH_HOLD    3     /* round trips without growth until the start is held back */

/* What TCP knows (Linux tcp_info); all zero: nothing. */
struct path_facts {
	uint32_t rtt_us; /* smoothed round trip: with little traffic it has the peer's delays in it
			  */
	uint32_t rtt_min_us; /* the shortest one of the last minutes */
	uint32_t sent;       /* segments with data; may wrap around */
	uint32_t resent;     /* segments that were sent again; may wrap around */
	uint32_t needless;   /* of them, those that had arrived after all; may wrap around */
	uint64_t rate;       /* what arrived of late, bytes a second */
	uint64_t belief; /* what BBR believes that the path carries, bytes a second, 0: unknown */
	uint32_t flight; /* segments on their way */
	uint64_t acked;  /* bytes that arrived in all */
	uint32_t super_size; /* bytes of whole segments that leave as one super-packet (TSO) */
	bool is_starting;    /* the congestion control still looks for how much the path carries */
};

/* All zero: a path that was never looked at, neither near nor lossy. */
struct path {
	uint64_t look_ms; /* when it is to be looked at again */
	uint64_t calm_ms; /* when what was lost will be forgotten; 0: nothing was */
	struct path_facts last;
	uint32_t lost;     /* segments; may wrap around */
	uint64_t best;     /* rate that the path has carried, bytes a second */
	uint64_t limit;    /* what may leave at most, bytes a second; 0: anything */
	uint64_t held;     /* what the path carried when the start was held back last */
	uint64_t still;    /* rate when the start last grew */
	uint64_t since_ms; /* it has not grown, or is held back; 0: there is no start */
	uint64_t leave_ms; /* until then the start is left alone: it was wrong to hold it back */
	bool was_busy;     /* once */
	bool is_near;
	bool is_low;
};

/* Takes what is known now, and whether the connection is full, so that more waits to be sent;
 * returns whether path_is_near() or path_loses() has changed. */
bool path_judge(struct path *p, const struct path_facts *now, bool is_full, uint64_t now_ms);

static inline bool path_is_near(const struct path *p)
{
	return p->is_near;
}

/* Returns whether the path has carried much more than what BBR believes in (0: that is unknown). */
bool path_exceeds(const struct path *p, uint64_t belief);

/* Forgets what the path has carried: it may carry less now. */
static inline void path_forget(struct path *p)
{
	p->best = 0;
}

/* Returns whether the last look found that the congestion control believes in too little: in much
 * less than the path has carried, while more waits, or it goes on from where its start was held
 * back, and the path carries more. Either is told once, until the path has carried as much again.
 */
static inline bool path_is_low(const struct path *p)
{
	return p->is_low;
}

/* Returns how many bytes a second may leave at most, to end a start-up that sees no end; 0: any. */
static inline uint64_t path_limit(const struct path *p)
{
	return p->limit;
}

/* Returns whether packets were lost on the path of late. */
static inline bool path_loses(const struct path *p)
{
	return p->calm_ms != 0;
}

/* Returns whether a look in the last ms milliseconds, PATH_CALM_MS at most, found that. */
static inline bool path_lost_within(const struct path *p, uint64_t ms, uint64_t now_ms)
{
	return p->calm_ms + ms > now_ms + PATH_CALM_MS;
}

#endif
