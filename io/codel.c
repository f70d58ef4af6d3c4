/* SPDX-License-Identifier: MIT */
/* CoDel; see codel.h. Names and steps are those of RFC 8289 5. */
#include "io/codel.h"

#include "io/l4.h"

#define MAXPACKET 1500 /* no fewer bytes than this make a standing queue */

/* Returns the square root, rounded down, of v. */
static uint32_t square_root(uint32_t v)
{
	uint32_t root = 0;

	for (uint32_t bit = 1u << 15; bit; bit >>= 1)
		if ((uint64_t)(root | bit) * (root | bit) <= v)
			root |= bit;
	return root;
}

/* Returns the interval, in microseconds. */
static uint64_t interval_of(const struct codel *c)
{
	return c->interval ? c->interval : CODEL_INTERVAL_US;
}

/* The control law (RFC 8289 5.4): the next drop comes sooner with each, by the square root. */
static uint64_t control_law(const struct codel *c, uint64_t t, uint32_t count)
{
	/* 256 times the root, for precision at small counts */
	uint32_t root = square_root(count < UINT16_MAX ? count << 16 : UINT32_MAX);

	return t + interval_of(c) * 256 / root;
}

/* Returns whether the wait has been too long for a whole interval. */
static bool is_standing(struct codel *c, uint64_t wait, uint64_t now, size_t left)
{
	if (wait < (c->target ? c->target : CODEL_TARGET_US) || left <= MAXPACKET) {
		c->first_above = 0;
		return false;
	}
	if (!c->first_above) {
		c->first_above = now + interval_of(c);
		return false;
	}
	return now >= c->first_above;
}

bool codel_drop(struct codel *c, uint64_t since, uint64_t now, size_t left)
{
	bool standing = is_standing(c, now > since ? now - since : 0, now, left);
	uint32_t delta;

	if (c->dropping) {
		if (!standing) {
			c->dropping = false;
			return false;
		}
		if (now < c->drop_next)
			return false;
		c->count++;
		c->drop_next = control_law(c, c->drop_next, c->count);
		return true;
	}
	if (!standing)
		return false;
	/* If it stopped a short while ago, it goes on with nearly the rate it had (RFC 8289 5.5).
	 */
	delta = c->count - c->last_count;
	c->dropping = true;
	c->count = delta > 1 && now - c->drop_next < 16 * interval_of(c) ? delta : 1;
	c->drop_next = control_law(c, now, c->count);
	c->last_count = c->count;
	return true;
}

bool codel_mark(uint8_t *p, size_t n)
{
	if (n >= 40 && p[0] >> 4 == 6) {
		if (!(p[1] >> 4 & 3))
			return false;
		p[1] |= 0x30;
		return true;
	}
	if (n < 20 || p[0] >> 4 != 4 || !(p[1] & 3))
		return false;
	if ((p[1] & 3) == 3)
		return true;
	p[1] |= 3;
	l4_put_ip_length(p, false, l4_get16(p + 2), 0);
	return true;
}
