/* SPDX-License-Identifier: MIT */
/*
 * Packets from one worker to one other: a ring with one writer and one reader, without locks. Laid
 * out as tun_read() lays packets out, one after the other with RING_HEADROOM bytes before each, so
 * that the reader frames them in place.
 */
#ifndef SERVER_RING_H
#define SERVER_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_HEADROOM 8
#define RING_PACKETS  1024          /* a power of two */
#define RING_BYTES    (1024 * 1024) /* of headrooms and packets */

/* Where a packet lies and what its writer says about it. */
struct ring_packet {
	uint32_t off; /* of its first byte, past the headroom */
	uint32_t len;
	uint32_t word;
};

struct ring {
	_Alignas(64) _Atomic uint32_t tail; /* packets written, ever: the writer's */
	uint32_t write_off;                 /* where the next headroom goes */
	uint32_t head_seen;                 /* the writer's copy of head */
	uint64_t refused;                   /* packets that found no room */
	_Alignas(64) _Atomic uint32_t head; /* packets done with, ever: the reader's */
	_Alignas(64) struct ring_packet packets[RING_PACKETS];
	uint8_t bytes[RING_BYTES];
};

/* Makes an empty ring; NULL when memory is short. */
struct ring *ring_new(void);
/* Frees r. NULL is ignored. */
void ring_free(struct ring *r);
/* Writer: copies a packet in; false, and counted, when there is no room. */
bool ring_put(struct ring *r, const uint8_t *p, size_t n, uint32_t word);
/*
 * Reader: returns how many packets wait, from ring_at(r, 0) on; they stay until ring_done(), and
 * they and their headroom may be changed.
 */
uint32_t ring_waiting(const struct ring *r);
/* Reader: returns packet i (below ring_waiting()) and points *p at its bytes. */
const struct ring_packet *ring_at(struct ring *r, uint32_t i, uint8_t **p);
/* Reader: gives the room of the first n packets back. */
void ring_done(struct ring *r, uint32_t n);

#endif
