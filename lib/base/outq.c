/* SPDX-License-Identifier: MIT */
/*
 * The output queue; see outq.h. Units lie one behind another, each after its length in two octets.
 * When the end is reached the rest is moved to the front: units are control traffic, few and small.
 */
#include "lib/base/outq.h"

#define PREFIX 2

void outq_init(struct outq *q)
{
	q->head = q->tail = q->sent = q->refused = 0;
}

/* Returns the length of the first unit. */
static size_t first_len(const struct outq *q)
{
	return be16(q->bytes[q->head], q->bytes[q->head + 1]);
}

struct wr outq_begin(struct outq *q, size_t max)
{
	if (max > outq_room(q))
		return wr_init(NULL, 0);
	if (q->tail + PREFIX + max > OUTQ_SIZE) {
		memmove(q->bytes, q->bytes + q->head, q->tail - q->head);
		q->tail -= q->head;
		q->head = 0;
	}
	return wr_init(q->bytes + q->tail + PREFIX, max);
}

bool outq_end(struct outq *q, const struct wr *w)
{
	size_t n = wr_len(w);

	if (w->bad || !n) {
		q->refused++;
		return false;
	}
	q->bytes[q->tail] = (uint8_t)(n >> 8);
	q->bytes[q->tail + 1] = (uint8_t)n;
	q->tail += (uint32_t)(PREFIX + n);
	return true;
}

size_t outq_peek(const struct outq *q, const uint8_t **p)
{
	if (q->head == q->tail)
		return 0;
	*p = q->bytes + q->head + PREFIX + q->sent;
	return first_len(q) - q->sent;
}

uint8_t *outq_front(struct outq *q, size_t *n)
{
	if (q->head == q->tail || q->sent)
		return NULL;
	*n = first_len(q);
	return q->bytes + q->head + PREFIX;
}

void outq_sent(struct outq *q, size_t n)
{
	if (q->head == q->tail)
		return;
	q->sent += (uint32_t)n;
	if (q->sent < first_len(q))
		return;
	q->head += (uint32_t)(PREFIX + first_len(q));
	q->sent = 0;
	if (q->head == q->tail)
		q->head = q->tail = 0;
}

size_t outq_room(const struct outq *q)
{
	size_t used = q->tail - q->head;

	return used + PREFIX >= OUTQ_SIZE ? 0 : OUTQ_SIZE - used - PREFIX;
}
