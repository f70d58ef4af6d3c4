/* SPDX-License-Identifier: MIT */
/* path.h. */
#include "io/path.h"

/* One segment sent again among so many, and at least this number, is loss: a tail loss probe now
 * and then is none. */
#define ONE_IN   5000
#define AT_LEAST 4

#define QUEUE_PART 4  /* a round trip longer by this part of the shortest one: there is a queue */
#define FLIGHT     64 /* segments: fewer make no long queue, where the path is not a slow one */
#define GROWTH     5  /* quarters: so much more is growth, as BBR itself sees it, or less a fall */
#define MORE       3  /* halves: so much more than it was held for, and the path was not full */
#define HOLD_PART  16 /* less than the path carries, so that the queue goes */

/* Returns whether there was traffic since the last look. */
static bool is_busy(const struct path *p, const struct path_facts *now)
{
	return now->sent - p->last.sent >= PATH_BUSY;
}

/* Returns whether much was lost of late. What was sent again is lost but for what the peer has had
 * twice (RFC 2883), where packets overtake each other; it says so a round trip later, which is why
 * what was sent again since the last look does not count yet. */
static bool judge_loss(struct path *p, const struct path_facts *now)
{
	const uint32_t sent = now->sent - p->last.sent;
	const int32_t more = (int32_t)(p->last.resent - now->needless - p->lost);

	if (more > 0)
		p->lost += (uint32_t)more;
	return more >= AT_LEAST && (uint32_t)more >= sent / ONE_IN;
}

/* Returns whether the peer is near. An acknowledgement may wait for 40 ms, if nothing else hurries
 * it: a path with little traffic stays what it was, or, at first, what its best round trip says. */
static bool judge_distance(const struct path *p, const struct path_facts *now)
{
	if (p->was_busy && !is_busy(p, now))
		return p->is_near;
	if (p->was_busy)
		return now->rtt_us && now->rtt_us < (p->is_near ? PATH_FAR_US : PATH_NEAR_US);
	return now->rtt_min_us && now->rtt_min_us < PATH_NEAR_US;
}

/* Returns how long ago the last look was, in milliseconds; there was one. */
static uint64_t since_look(const struct path *p, uint64_t now_ms)
{
	return now_ms - (p->look_ms - PATH_LOOK_MS);
}

/* Returns what was carried in this look and the one before: acknowledgements that come together
 * show more in one. */
static uint64_t carried(const struct path *p, const struct path_facts *now)
{
	return now->rate < p->last.rate ? now->rate : p->last.rate;
}

bool path_exceeds(const struct path *p, uint64_t belief)
{
	return belief && belief < p->best / PATH_LOW;
}

/* Returns whether the congestion control is the one that holds back, and by much, or goes on from
 * where it was held wrongly. */
static bool judge_rate(struct path *p, const struct path_facts *now, bool is_full, uint64_t now_ms)
{
	const uint64_t rate = carried(p, now);

	if (p->held && rate / MORE > p->held / 2) {
		p->leave_ms = now_ms + PATH_CALM_MS;
		p->held = 0;
		return true;
	}
	if (is_full && path_exceeds(p, now->belief)) {
		path_forget(p);
		return true;
	}
	if (rate > p->best)
		p->best = rate;
	return false;
}

/* Returns whether a rate is so much higher than another that it has grown. */
static bool has_grown(uint64_t from, uint64_t to)
{
	return to / GROWTH > from / 4;
}

/* Returns whether a start-up that seeks how much the path carries finds no more, while what was
 * sent waits in the path. What waits may be another's, and the other way's, when few segments are
 * on their way or little arrives between bursts. And what arrives later for a loss says little: a
 * full path carries as much as it did, and not much less. */
static bool is_still(const struct path *p, const struct path_facts *now, uint64_t now_ms)
{
	const uint64_t rate = carried(p, now);

	return p->since_ms && !has_grown(p->still, now->rate) && !has_grown(rate, p->still) &&
	       now->flight >= FLIGHT &&
	       now->rtt_us > now->rtt_min_us + now->rtt_min_us / QUEUE_PART &&
	       (now->acked - p->last.acked) * 1000 >= rate / 2 * since_look(p, now_ms);
}

/*
 * Returns at how much the start-up of the congestion control must be held, 0: not at all. BBR sends
 * up to three times what the path holds until it sees that nothing more arrives, and it does not
 * look while it has nothing to send now and then: a flow inside, which limits itself, makes that
 * last, with a queue in the path all the while. What is held a little below what the path carries
 * always has something to send. If not, it is left alone.
 */
static uint64_t judge_start(struct path *p, const struct path_facts *now, uint64_t now_ms)
{
	const bool is_long = (now_ms - p->since_ms) * 1000 >= PATH_HOLD * (uint64_t)now->rtt_us;

	if (!now->is_starting || now_ms < p->leave_ms) {
		p->since_ms = 0;
		return 0;
	}
	if (p->limit && !is_long)
		return p->limit;
	if (p->limit) {
		p->leave_ms = now_ms + PATH_CALM_MS;
		p->held = 0;
		return 0;
	}
	if (!is_still(p, now, now_ms)) {
		p->still = now->rate;
		p->since_ms = now_ms;
		return 0;
	}
	if (!is_long)
		return 0;
	p->since_ms = now_ms + PATH_LOOK_MS;
	p->held = carried(p, now);
	return p->held - p->held / HOLD_PART;
}

bool path_judge(struct path *p, const struct path_facts *now, bool is_full, uint64_t now_ms)
{
	const bool was_near = p->is_near, did_lose = p->calm_ms != 0;

	if (judge_loss(p, now))
		p->calm_ms = now_ms + PATH_CALM_MS;
	else if (now_ms >= p->calm_ms)
		p->calm_ms = 0;
	p->is_low = judge_rate(p, now, is_full, now_ms);
	p->limit = judge_start(p, now, now_ms);
	p->was_busy |= p->look_ms && is_busy(p, now);
	p->is_near = judge_distance(p, now);
	p->last = *now;
	p->look_ms = now_ms + PATH_LOOK_MS;
	return p->is_near != was_near || (p->calm_ms != 0) != did_lose;
}
