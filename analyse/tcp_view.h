/* SPDX-License-Identifier: MIT */
/*
 * What is known of TCP connections for showing them: their number, the sequence numbers that count
 * as 0, the window scale, times. Outer and inner connections alike. Puts nothing in order (tcp.h
 * does that for the outer ones). Bounded: a table of TCP_VIEWS connections in which a new one takes
 * the place of one that was idle for long.
 */
#ifndef ANALYSE_TCP_VIEW_H
#define ANALYSE_TCP_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_VIEWS 4096 /* a power of 2 */
#define TCP_WAYS  4    /* places that a connection may have in the table */

/* The addresses of a segment. */
struct tcp_ends {
	uint8_t version; /* 4 or 6 */
	uint8_t src[16]; /* IPv4: the first 4, the rest zero */
	uint8_t dst[16];
};

enum tcp_scale {
	TCP_SCALE_UNKNOWN = -1, /* the SYNs were not seen */
	TCP_SCALE_NONE = -2,    /* window scaling is not used */
};

struct tcp_viewed {
	bool used;
	struct tcp_ends ends; /* of the first segment */
	uint16_t port[2];
	uint32_t number; /* from 0, in order of appearance */
	uint64_t first;  /* ns */
	uint64_t last;
	uint32_t base[2]; /* of the first segment's sender, and of the other side */
	bool has_base[2];
	bool has_syn[2];
	int8_t shift[2]; /* window scale option of the SYN; TCP_SCALE_NONE without one */
};

struct tcp_view {
	struct tcp_viewed *table;
	uint32_t count;
};

/* A segment as far as it matters here. */
struct tcp_seen {
	uint16_t from, to;
	uint32_t seq, ack;
	bool syn, has_ack;
	int8_t shift; /* of a window scale option; TCP_SCALE_NONE without one */
	uint64_t ns;
};

/* What is to show of it. */
struct tcp_shown {
	uint32_t number;
	uint32_t seq; /* relative */
	uint32_t ack;
	uint32_t ack_base; /* what counts as 0 of the other side */
	int scale;         /* shift of the window, or enum tcp_scale */
	uint64_t first;    /* time of the connection's first segment */
	uint64_t before;   /* time of the segment before this one; its own for the first */
};

/* Makes an empty view; frees it. */
void tcp_view_init(struct tcp_view *v);
void tcp_view_fini(struct tcp_view *v);
/* Takes note of a segment and tells what to show; plain numbers when there is no memory. */
void tcp_view_segment(struct tcp_view *v, const struct tcp_ends *ends, const struct tcp_seen *s,
		      struct tcp_shown *out);

#endif
