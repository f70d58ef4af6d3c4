/* SPDX-License-Identifier: MIT */
/*
 * The lines of an HTTP head (RFC 9112 2.1, 5): for this room, and for the analyser, which shows
 * heads of any kind.
 */
#ifndef LIB_HTTP_HEAD_H
#define LIB_HTTP_HEAD_H

#include "lib/base/cursor.h"

/* A header: its value has no blanks around it, but may have folds (RFC 9112 5.2) inside. */
struct head_field {
	struct view name;
	struct view value;
};

/* Takes the next line off r, without its line end. The last one may lack it. */
struct view head_line(struct rd *r);
/*
 * Takes the next header off r, with the lines folded into it. Returns false at the empty line that
 * ends the head, or where the bytes end; *out is all empty and r bad when the line is malformed.
 */
bool head_field(struct rd *r, struct head_field *out);
/* Takes what stands before the next blank off v, and the blank; all of v when there is none. */
struct view head_word(struct view *v);
/* Returns whether v is s, upper and lower case the same or not. */
bool head_is(struct view v, const char *s);
bool head_is_exactly(struct view v, const char *s);
/* Returns whether v is a token (RFC 9110 5.6.2) of at least one character. */
bool head_is_token(struct view v);
/* Returns c in lower case. */
uint8_t head_lower(uint8_t c);
/* Returns the value of a hex digit, -1 when it is none. */
int head_hex(uint8_t c);

#endif
