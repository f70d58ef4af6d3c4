/* SPDX-License-Identifier: MIT */
/*
 * The queue of what a link has to send: whole units, in order. A unit is what may leave in one TLS
 * record: an HTTP head, or one SSTP packet. Not for IP packets, which never wait here.
 */
#ifndef LIB_BASE_OUTQ_H
#define LIB_BASE_OUTQ_H

#include "lib/base/cursor.h"

#define OUTQ_SIZE 16384

struct outq {
	uint32_t head;    /* offset of the first unit's length prefix */
	uint32_t tail;    /* offset past the last unit */
	uint32_t sent;    /* bytes of the first unit that are gone already */
	uint32_t refused; /* units that did not fit, ever */
	uint8_t bytes[OUTQ_SIZE];
};

/* Empties the queue. */
void outq_init(struct outq *q);
/*
 * Opens a unit of at most `max` bytes at the end of the queue and returns a writer over it; a
 * writer without room (every write makes it bad) when it does not fit. One unit is open at a time.
 */
struct wr outq_begin(struct outq *q, size_t max);
/* Closes the unit written by w. A bad or empty w adds nothing and counts as refused; returns false
 * then. */
bool outq_end(struct outq *q, const struct wr *w);
/* Points *p to what is left of the first unit and returns how long it is; 0 when the queue is
 * empty. */
size_t outq_peek(const struct outq *q, const uint8_t **p);
/* Returns the first unit for a last touch and its length in *n; NULL when there is none or a part
 * of it is gone already. */
uint8_t *outq_front(struct outq *q, size_t *n);
/* Drops n bytes, at most what outq_peek() returned, from the front. */
void outq_sent(struct outq *q, size_t n);
/* Returns the number of bytes that a new unit may have. */
size_t outq_room(const struct outq *q);

#endif
