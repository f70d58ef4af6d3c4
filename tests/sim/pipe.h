/* SPDX-License-Identifier: MIT */
/*
 * One direction of a TLS connection on a virtual clock: bytes go in at a time and come out later,
 * in order, cut at places that have nothing to do with how they went in. Never loses a byte before
 * its end.
 */
#ifndef TESTS_SIM_PIPE_H
#define TESTS_SIM_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A seeded generator: the only source of chance in a run. */
struct dice {
	uint64_t state;
};

/* Returns the next 32 bits. */
uint32_t dice_u32(struct dice *d);
/* Returns a number under n (n at least 1). */
uint32_t dice_below(struct dice *d, uint32_t n);
/* Returns true once in n times. */
bool dice_one_in(struct dice *d, uint32_t n);

#define PIPE_SIZE   (1u << 18)
#define PIPE_CHUNKS 512

struct pipe_chunk {
	uint64_t at; /* when it may be read */
	size_t n;
};

struct pipe {
	uint8_t bytes[PIPE_SIZE];
	size_t head, tail; /* in bytes */
	struct pipe_chunk chunks[PIPE_CHUNKS];
	unsigned first, last; /* in chunks; only grow */
	uint64_t ready;       /* when the last chunk is due: order is kept */
	uint64_t eof_at;      /* UINT64_MAX: open */
	bool eof_told;
	/* the character of this direction */
	uint32_t delay_max;    /* ms */
	uint32_t cut_max;      /* bytes of the largest piece read at a time; 0: as it comes */
	uint32_t stall_one_in; /* chunks that stall; 0: none */
	uint32_t stall_ms;
};

/* Empties p; its character is set by the caller. */
void pipe_init(struct pipe *p);
/* Returns how many bytes p takes now. */
size_t pipe_room(const struct pipe *p);
/* Puts n bytes in at `now`. */
void pipe_write(struct pipe *p, struct dice *d, const uint8_t *b, size_t n, uint64_t now);
/* Ends p behind what is in it. */
void pipe_close(struct pipe *p, uint64_t now);
/* Returns when something can be read, or the end is to be told; UINT64_MAX for never. */
uint64_t pipe_due(const struct pipe *p);
/* Points *b to what can be read at `now` in one piece and returns its length; 0 when nothing can.
 */
size_t pipe_peek(struct pipe *p, struct dice *d, uint8_t **b, uint64_t now);
/* Takes n bytes out. */
void pipe_take(struct pipe *p, size_t n);

#endif
