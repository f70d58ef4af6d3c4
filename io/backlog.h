/* SPDX-License-Identifier: MIT */
/*
 * The packets that wait while a connection's socket is full: a bounded queue that CoDel keeps
 * short. Packets lie as tun_read() lays them out, one after the other with room for framing, and
 * memory is held only while there are any. Reads no clock; times are microseconds.
 */
#ifndef IO_BACKLOG_H
#define IO_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/codel.h"

#define BACKLOG_HEADROOM 8       /* free bytes before each packet: SSTP_HEADROOM */
#define BACKLOG_MOST     1048576 /* bytes of packets, at most */

struct backlog_chunk;

/* All zero: empty. */
struct backlog {
	struct codel codel;
	struct backlog_chunk *head, *tail;
	size_t bytes;     /* of the packets that wait */
	uint64_t dropped; /* packets for which there was no room, or that CoDel took out */
	uint64_t marked;  /* packets that CoDel has marked instead (RFC 3168) */
};

/* Puts a copy of an IP packet in; false, and counted, when there is no room. */
bool backlog_put(struct backlog *b, const uint8_t *p, size_t n, uint64_t now);
/*
 * Takes the next packet that is to be sent and sets *n to its length; NULL when none is left. It,
 * and its headroom, may be changed, and stay until backlog_release() or backlog_fini().
 */
uint8_t *backlog_take(struct backlog *b, uint64_t now, size_t *n);
/* Gives the memory of the packets taken back. */
void backlog_release(struct backlog *b);
/* Drops everything. */
void backlog_fini(struct backlog *b);

#endif
