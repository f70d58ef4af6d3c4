/* SPDX-License-Identifier: MIT */
/* path.h. */
#include "io/path.h"

/* One segment sent again among so many, and at least this number, is loss: a tail loss probe now
 * and then is none. */
#define ONE_IN   5000
#define AT_LEAST 4

/* Returns whether much was sent again since the last look. */
static bool has_lost(const struct path *p, const struct path_facts *now)
{
	uint32_t sent = now->sent - p->last.sent, resent = now->resent - p->last.resent;

	return resent >= AT_LEAST && resent >= sent / ONE_IN;
}

/* Returns whether the peer is near. An acknowledgement may wait for 40 ms, if nothing else hurries
 * it: a path with little traffic stays what it was, or, at first, what its best round trip says. */
static bool judge_distance(const struct path *p, const struct path_facts *now)
{
	if (p->was_busy && now->sent - p->last.sent < PATH_BUSY)
		return p->is_near;
	if (p->was_busy)
		return now->rtt_us && now->rtt_us < (p->is_near ? PATH_FAR_US : PATH_NEAR_US);
	return now->rtt_min_us && now->rtt_min_us < PATH_NEAR_US;
}

/* Returns whether the congestion control is the one that holds back, and by much. A rate counts
 * when two looks in a row have seen it: acknowledgements that come together show more. */
static bool judge_rate(struct path *p, const struct path_facts *now, bool is_full)
{
	uint64_t rate = now->rate < p->last.rate ? now->rate : p->last.rate;

	if (is_full && now->pacing && now->pacing < p->best / PATH_LOW) {
		p->best = 0;
		return true;
	}
	if (rate > p->best)
		p->best = rate;
	return false;
}

bool path_judge(struct path *p, const struct path_facts *now, bool is_full, uint64_t now_ms)
{
	bool was_near = p->is_near, did_lose = p->calm_ms != 0;

	if (has_lost(p, now))
		p->calm_ms = now_ms + PATH_CALM_MS;
	else if (now_ms >= p->calm_ms)
		p->calm_ms = 0;
	p->is_low = judge_rate(p, now, is_full);
	p->was_busy |= p->look_ms && now->sent - p->last.sent >= PATH_BUSY;
	p->is_near = judge_distance(p, now);
	p->last = *now;
	p->look_ms = now_ms + PATH_LOOK_MS;
	return p->is_near != was_near || (p->calm_ms != 0) != did_lose;
}
