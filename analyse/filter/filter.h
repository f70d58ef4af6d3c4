/* SPDX-License-Identifier: MIT */
/*
 * Display filters in Wireshark's language: text to a compiled filter, and a compiled filter to yes
 * or no for a dissected packet. Not the capture filters of libpcap. What the language is stands in
 * sstpdump-filter(7).
 */
#ifndef ANALYSE_FILTER_FILTER_H
#define ANALYSE_FILTER_FILTER_H

#include "analyse/field.h"

#define FILTER_LENGTH_MAX  16384   /* bytes of a filter's text */
#define FILTER_NESTING_MAX 100     /* parentheses, braces, calls and negations in each other */
#define FILTER_HEIGHT_MAX  1000    /* operators whose operand is the result of another */
#define FILTER_VALUES_MAX  131072  /* values at hand in one packet; more are left out */
#define FILTER_PAIRS_MAX   1048576 /* pairs of values an operator goes through in a packet */
#define FILTER_MEMORY_MAX  (8u << 20)

/* What is wrong with a filter, and with which part of its text. */
struct filter_error {
	size_t at;      /* first byte */
	size_t n;       /* bytes; at least 1, and may lie behind the text's end */
	char text[256]; /* in words, without a line end */
};

struct filter;

/*
 * Compiles a filter. Returns 0 and the filter, which the caller ends with filter_free(); -1 and
 * what is wrong in err. An empty text, or one of blanks, is a filter that takes every packet.
 */
int filter_compile(struct filter **out, const char *text, struct filter_error *err);
/* Ends f. NULL is allowed. */
void filter_free(struct filter *f);
/*
 * Returns whether f takes the packet. Keeps scratch memory in f, so that one thread at a time may
 * use it.
 */
bool filter_match(struct filter *f, const struct field_tree *packet);
/* Adds the fields that f looks at to s: a tree with these is all that f needs. */
void filter_fields(const struct filter *f, struct field_set *s);

/*
 * Writes an error for people into buf, cut to n: three lines, the message, the filter and a line
 * that marks the wrong part. Returns the length.
 */
size_t filter_error_text(const struct filter_error *err, const char *filter, char *buf, size_t n);
/*
 * Writes the names of the fields nearest to name, best first, at most `max` of them, into out.
 * Returns how many there are; 0 when none is near.
 */
unsigned filter_nearest(const char *name, size_t n, enum field_id *out, unsigned max);

#endif
