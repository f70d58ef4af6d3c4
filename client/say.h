/* SPDX-License-Identifier: MIT */
/*
 * What the program tells its user on standard output: one line for each phase of a call, as text or
 * as one JSON object a line. Not for diagnostics (io/log.h).
 */
#ifndef CLIENT_SAY_H
#define CLIENT_SAY_H

#include <stdbool.h>
#include <stdint.h>

/* A value for machines; text NULL: the number counts. An all-zero field ends a list. */
struct say_field {
	const char *key;
	const char *text;
	int64_t number;
};

/* Chooses the form; quiet leaves the lines of text out, JSON is printed all the same. */
void say_init(bool json, bool quiet);
/*
 * Prints that a phase was reached. As text: the phase and the sentence, which may hold untrusted
 * bytes; as JSON: "event" is the phase, "text" the sentence, and then the fields, NULL for none.
 */
void say(const char *phase, const struct say_field *fields, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
