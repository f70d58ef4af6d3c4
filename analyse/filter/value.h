/* SPDX-License-Identifier: MIT */
/* Values as filters compare them: what a field's node holds, and what a literal says. */
#ifndef ANALYSE_FILTER_VALUE_H
#define ANALYSE_FILTER_VALUE_H

#include "analyse/field.h"

enum fvalue_kind {
	FVALUE_NONE,   /* a label: there, without a value */
	FVALUE_NUMBER, /* u; a boolean is 0 or 1 */
	FVALUE_MINUS,  /* i, below 0 */
	FVALUE_TIME,   /* i: ns */
	FVALUE_IP4,    /* u, and n bits of prefix */
	FVALUE_IP6,    /* p: 16 octets, and n bits of prefix */
	FVALUE_OCTETS, /* p, n */
	FVALUE_STRING, /* p, n */
};

struct fvalue {
	union {
		uint64_t u;
		int64_t i;
		const uint8_t *p;
	};
	uint32_t n;
	uint32_t len; /* what len() says, and where slices end: of eth and ip, their header's end */
	uint8_t kind; /* enum fvalue_kind */
};

/* Families of types whose values can be compared with each other. */
enum family {
	FAMILY_NONE,
	FAMILY_BOOLEAN,
	FAMILY_NUMBER,
	FAMILY_DATE,
	FAMILY_DURATION,
	FAMILY_STRING,
	FAMILY_OCTETS,
	FAMILY_IP4,
	FAMILY_IP6,
};
enum family type_family(enum field_type type);

/* Returns the value that a node of a packet holds. */
struct fvalue fvalue_of(const struct field *f);
/* Returns the value of a signed number. */
struct fvalue fvalue_number(int64_t v);
/*
 * Compares two values of one family: below, at or above 0 as a is below, equal to or above b.
 * Addresses are compared in the bits that both prefixes have. Shorter octets are below longer ones,
 * as in Wireshark; strings are ordered as words are.
 */
int fvalue_compare(const struct fvalue *a, const struct fvalue *b);
/* Returns whether the octets of part stand somewhere in whole; empty ones do not. */
bool fvalue_contains(const struct fvalue *whole, const struct fvalue *part);
#define FVALUE_TEXT_MAX 1024

/* Writes a value as string() gives it, cut to n bytes; returns the length. */
size_t fvalue_text(const struct fvalue *v, char *buf, size_t n);
/* Returns whether a value is other than zero, which is what a test of arithmetic asks. */
bool fvalue_true(const struct fvalue *v);

#endif
