/* SPDX-License-Identifier: MIT */
/*
 * A client link and a server link that talk without delay, up to a stage: where the fuzz harnesses
 * of the link let a hostile peer take over. Everything is fixed by the arguments.
 */
#ifndef TESTS_FUZZ_PAIR_H
#define TESTS_FUZZ_PAIR_H

#include "sstp/link.h"

enum pair_stage {
	PAIR_START,         /* nothing was said */
	PAIR_HTTP,          /* the server has accepted the request */
	PAIR_ACK,           /* SSTP is negotiated */
	PAIR_LCP,           /* LCP is open */
	PAIR_AUTHENTICATED, /* PPP authentication is over */
	PAIR_UP,            /* IP flows */
	PAIR_STAGES
};

struct pair_end {
	struct sstp_link *link;
	struct sstp_trace ring[128];
	enum pair_stage stage; /* reached, by its events */
	bool connected, authenticated, down;
	uint32_t events; /* told so far */
};

struct pair {
	struct pair_end c, s;
	uint64_t now;
};

/* A middle that rewrites bytes on their way. */
struct pair_middle {
	/* Rewrites the n bytes at p in place; returns how many there are then, at most max. */
	size_t (*mutate)(struct pair_middle *m, bool to_server, uint8_t *p, size_t n, size_t max);
	const uint8_t *script;
	size_t left;
};

/* Makes both links at virtual time 1. A wrong password is the client's. Aborts when memory is out.
 */
void pair_init(struct pair *p, enum sstp_auth method, bool wrong_password);
/* Lets both talk until the server, or the client, reaches the stage or nothing moves any more. */
void pair_pump(struct pair *p, enum pair_stage until, struct pair_middle *m);
/* Lets the owner of one end do its part: events, answers, trace (rendered, to run that code too).
 */
void pair_attend(struct pair *p, struct pair_end *e);
/* Frees both. */
void pair_fini(struct pair *p);

#endif
