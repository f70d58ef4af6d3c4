/* SPDX-License-Identifier: MIT */
/*
 * One direction of a TCP connection, put in order: retransmissions and overlaps are dropped,
 * segments ahead of their turn wait, and what the capture lost is reported as a gap behind which
 * the stream goes on. Knows neither addresses nor what the bytes mean (flow.h, tls.h).
 *
 * Bounded: TCP_HELD_MAX bytes in TCP_PIECES_MAX pieces wait in one direction, and no more than the
 * budget in all together. When a bound is reached the hole in front is given up, not the data.
 */
#ifndef ANALYSE_TCP_H
#define ANALYSE_TCP_H

#include "analyse/budget.h"
#include "analyse/packet.h"

#define TCP_HELD_MAX    (8u << 20)
#define TCP_PIECES_MAX  8192u
#define TCP_PATIENCE    64u          /* segments after the peer acknowledged a hole */
#define TCP_PATIENCE_NS 2000000000u  /* or this long */
#define TCP_UNACKED_NS  30000000000u /* a hole that nobody acknowledged */
#define TCP_STRAYS_MAX  16u          /* segments out of any window before they are believed */
#define TCP_WINDOW      (1u << 30)   /* the largest window of RFC 7323 */

/* What a segment was; the packet's line shows it. */
enum tcp_note {
	TCP_NOTE_OLD = 1,     /* every byte was seen before: a retransmission or a keep-alive */
	TCP_NOTE_OVERLAP = 2, /* some bytes were seen before */
	TCP_NOTE_AHEAD = 4,   /* bytes before it are missing so far */
	TCP_NOTE_FILLS = 8,   /* fills a hole in front of waiting bytes */
	TCP_NOTE_CUT = 16,    /* the capture holds only a part of it */
	TCP_NOTE_STRAY = 32,  /* out of any window; dropped */
	TCP_NOTE_GAP = 64,    /* bytes were given up as lost before or in it */
};

enum tcp_gap {
	TCP_GAP_LOST,  /* the capture has not got it */
	TCP_GAP_CUT,   /* cut off by the snapshot length */
	TCP_GAP_BOUND, /* it might still come, but too much waited behind it */
};

struct tcp_piece;

struct tcp_half {
	bool started;
	bool middle; /* the stream began before the capture */
	bool fin;    /* the end of the stream is known: `last` */
	bool ended;  /* and was delivered */
	uint8_t strays;
	uint32_t base;           /* sequence number that counts as 0 */
	uint32_t next;           /* sequence number of the next byte to deliver */
	uint32_t last;           /* sequence number of the FIN */
	uint64_t offset;         /* position of that byte in the stream */
	struct tcp_piece *front; /* waiting pieces, in order, without overlaps */
	struct tcp_piece *back;
	size_t held;
	uint32_t pieces;
	uint32_t patience; /* segments since the hole was acknowledged; 0: it was not */
	uint64_t hole_ns;  /* when the hole in front was first seen */
	uint64_t acked_ns; /* when it was acknowledged */
};

/* Where the ordered stream goes. The bytes are borrowed for the time of the call. */
struct tcp_out {
	void *ctx;
	void (*bytes)(void *ctx, const uint8_t *bytes, size_t n, struct origin from);
	void (*gap)(void *ctx, uint32_t n, enum tcp_gap why); /* n bytes are missing here */
	void (*end)(void *ctx);                               /* the stream ended with a FIN */
};

/* Takes a segment of this direction; delivers what has become whole. Returns enum tcp_note bits. */
unsigned tcp_half_input(struct tcp_half *h, const struct tcp_header *t, struct origin from,
			struct budget *b, const struct tcp_out *out);
/*
 * Takes an acknowledgement that the receiver of this direction sent: bytes that it has are not
 * late, they are missing in the capture. Gives a hole up when it has been acknowledged for long
 * enough; returns TCP_NOTE_GAP then.
 */
unsigned tcp_half_acked(struct tcp_half *h, uint32_t ack, struct origin from, struct budget *b,
			const struct tcp_out *out);
/* Delivers all that waits, with the gaps in between; what comes later can still be added. */
void tcp_half_flush(struct tcp_half *h, struct budget *b, const struct tcp_out *out);
/* Frees what h holds; h is as new. */
void tcp_half_fini(struct tcp_half *h, struct budget *b);

#endif
