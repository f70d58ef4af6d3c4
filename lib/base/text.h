/* SPDX-License-Identifier: MIT */
/*
 * Writes text into a buffer of the caller's: what lib/ has instead of stdio. Always terminated by a
 * NUL; what does not fit is cut off and `cut` is set. Not for wire bytes (cursor.h).
 */
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *start;
	char *p;   /* where the terminating NUL stands */
	char *end; /* one past the last byte of the buffer */
	bool cut;
};

#define TEXT_MAX 65535 /* no string in lib/ is longer */

/* Returns the value of a hex digit in either case; -1 for any other character. */
int text_hex_value(char c);
/* Returns the length of a NUL-terminated string of at most TEXT_MAX bytes: lib/ does without
 * libc's. */
size_t text_size(const char *s);
/* Returns an empty text over the n (at least 1) bytes at buf. */
struct text text_init(char *buf, size_t n);
/* Returns the length written so far. */
size_t text_len(const struct text *t);
/* Appends one character. */
void text_char(struct text *t, char c);
/* Appends a NUL-terminated string; NULL appends nothing. */
void text_str(struct text *t, const char *s);
/* Appends n bytes as they are. */
void text_bytes(struct text *t, const char *s, size_t n);
/* Appends v in decimal. */
void text_dec(struct text *t, uint64_t v);
/* Appends a signed value in decimal. */
void text_int(struct text *t, int64_t v);
/* Appends v in lower-case hex, at least `digits` digits wide. */
void text_hex(struct text *t, uint64_t v, unsigned digits);
/* Appends n bytes as lower-case hex pairs without separators. */
void text_hexbytes(struct text *t, const uint8_t *p, size_t n);
/* Appends n untrusted bytes: printable ASCII as it is, `"`, `\` and all else as \xNN. */
void text_safe(struct text *t, const uint8_t *p, size_t n);
/* Appends n untrusted bytes as a JSON string with its quotes; bytes that are not UTF-8 become
 * U+FFFD. */
void text_json(struct text *t, const uint8_t *p, size_t n);
/* Appends an IPv4 address of 4 octets. */
void text_ip4(struct text *t, const uint8_t ip[4]);
/* Appends an IPv6 address of 16 octets in RFC 5952 form. */
void text_ip6(struct text *t, const uint8_t ip[16]);
/* Appends " key=" : the form of every argument in a trace line. */
void text_key(struct text *t, const char *key);

#endif
