/* SPDX-License-Identifier: MIT */
/*
 * The summary of a packet: what stands in the columns of its one line. Dissectors write it from the
 * outside in; what comes later in the packet replaces what came before. Not the line itself
 * (print_summary.h).
 */
#ifndef ANALYSE_COLUMN_H
#define ANALYSE_COLUMN_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLUMN_ADDRESS 48 /* of an address as text */
#define COLUMN_NAME    16
#define COLUMN_INFO    1024

/* An address, as octets: few packets' lines are ever written. */
struct column_address {
	uint8_t n; /* octets: 4 IPv4, 6 Ethernet, 16 IPv6; 0: none */
	uint8_t octets[16];
};

struct column {
	bool wanted; /* nothing is written otherwise */
	struct column_address source;
	struct column_address target;
	char protocol[COLUMN_NAME];
	char info[COLUMN_INFO];
	struct text text; /* over info */
	char *begin;      /* of what the innermost unit says; what other units said stands before */
	unsigned units;
};

/* Empties c for the next packet. */
void column_reset(struct column *c, bool wanted);
/*
 * Begins another unit of the packet (an SSTP packet, say): the first replaces what the packet's own
 * headers said, the others are added to it.
 */
void column_unit(struct column *c);
/* Names the protocol, and empties what the unit has said so far. */
void column_protocol(struct column *c, const char *name);
/* Adds to the info. */
void column_info(struct column *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void column_text(struct column *c, const char *text);
/* Adds bytes that a peer has chosen: what is not printable ASCII stands as \xNN. */
void column_safe(struct column *c, const void *bytes, size_t n);
/* Puts words in front of all that was said. */
void column_before(struct column *c, const char *words);
/* Adds ", " when the unit has said something already. */
void column_comma(struct column *c);
/* Sets the addresses, of n octets each. */
void column_addresses(struct column *c, unsigned n, const uint8_t *source, const uint8_t *target);
/* Appends an address as text. */
void column_address_text(struct text *t, const struct column_address *a);

#endif
