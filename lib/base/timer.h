/* SPDX-License-Identifier: MIT */
/* One deadline. A machine owns a few of these; its owner asks for the earliest and calls tick(). */
#ifndef LIB_BASE_TIMER_H
#define LIB_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_NEVER UINT64_MAX

struct timer {
	uint64_t at; /* ms on the caller's clock, and one more; 0 = not running */
};

/* Starts t, or starts it again: it expires ms after now. */
static inline void timer_start(struct timer *t, uint64_t now, uint64_t ms)
{
	t->at = now + ms + 1;
}

/* Stops t. */
static inline void timer_stop(struct timer *t)
{
	t->at = 0;
}

/* Returns whether t is running. */
static inline bool timer_runs(const struct timer *t)
{
	return t->at != 0;
}

/* Returns when t expires, TIME_NEVER when it is not running. */
static inline uint64_t timer_at(const struct timer *t)
{
	return t->at ? t->at - 1 : TIME_NEVER;
}

/* Returns whether t has expired by now, and stops it then. */
static inline bool timer_fired(struct timer *t, uint64_t now)
{
	if (now < timer_at(t))
		return false;
	t->at = 0;
	return true;
}

/* Returns the earlier of two points in time. */
static inline uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
