/* SPDX-License-Identifier: MIT */
/*
 * Cuts the application data of a connection into HTTP heads and SSTP packets, however they are
 * spread over TLS records. Where the capture has lost bytes, and where what is there is no SSTP, it
 * says so and looks for the next packet. What the units mean is no business of this file.
 *
 * Of a connection that is no SSTP call, such as any other HTTPS, only the first head is a unit of
 * its own; the rest comes as UNIT_BODY.
 */
#ifndef ANALYSE_UNITS_H
#define ANALYSE_UNITS_H

#include "analyse/tls.h"
#include "lib/sstp/packet.h"

enum unit_kind {
	UNIT_HTTP,    /* the head of a request or reply, with its empty line */
	UNIT_CONTROL, /* an SSTP control packet */
	UNIT_DATA,    /* an SSTP data packet */
	UNIT_BODY,    /* what follows a head that opens no call, a piece at a time */
	UNIT_BAD,     /* no SSTP packet can begin here (MS-SSTP 3.1.5.1), or no HTTP head: err */
	UNIT_TORN,    /* the beginning of a packet or head whose rest is not in the capture */
	UNIT_SKIPPED, /* passed over behind a loss, in search of the next packet */
	UNIT_KINDS,
};

/* A piece of one direction's application data. Everything is valid during the call. */
struct unit {
	enum unit_kind kind;
	enum way way;
	uint64_t number;           /* of heads and packets in this direction, from 1; others: 0 */
	struct view bytes;         /* all of it, its header included */
	struct sstp_header header; /* CONTROL, DATA */
	int err;                   /* BAD: SSTP_E_*, else 0 */
	uint64_t offset;           /* of its first byte in the application's stream */
	uint64_t record_first;     /* TLS application data record with its first byte; plain: 0 */
	uint64_t record;           /* the one with its last byte */
	struct origin first;       /* packet with its first byte */
	struct origin last;        /* packet with its last byte */
};

typedef void units_take(void *ctx, const struct unit *u);

struct units;

/* Makes a cutter for one connection; take is called with ctx for every unit. NULL: no memory. */
struct units *units_new(units_take *take, void *ctx);
/* Frees u without a word. NULL is allowed. */
void units_free(struct units *u);
/* Takes the next application data of a direction. */
void units_data(struct units *u, const struct tls_data *d);
/*
 * Takes note that application data of a direction is missing here: so many bytes, 0 when that is
 * not known.
 */
void units_lost(struct units *u, enum way way, uint64_t bytes);
/* A direction has ended: hands out what is left of a half packet. */
void units_end(struct units *u, enum way way);
/* Returns whether the client asked for SSTP, or what was seen can be nothing else. */
bool units_is_sstp(const struct units *u);
/* Returns whether a unit shows that its connection is SSTP. */
bool units_makes_sstp(const struct unit *u);
/* Returns how many bytes u holds back. */
size_t units_held(const struct units *u);

#endif
