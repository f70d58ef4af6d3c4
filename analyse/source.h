/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a capture file, from a path or standard input, unpacked when they are gzip. Knows
 * nothing of capture formats. A source reads ahead into one buffer, and its readers look into that
 * buffer.
 */
#ifndef ANALYSE_SOURCE_H
#define ANALYSE_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct source;

/* No reader may look further ahead than this. */
#define SOURCE_LOOK_MAX (16u << 20)

/*
 * Opens the file at path, "-" for standard input. Returns 0 and the source, which the caller ends
 * with source_close(); -1 and the reason in why (n bytes), with nothing to close.
 */
int source_open(struct source **out, const char *path, char *why, size_t n);
/* Makes a source of a copy of n bytes, taken as they are; NULL without memory. */
struct source *source_of_bytes(const void *bytes, size_t n);
/* Ends s. NULL is allowed. */
void source_close(struct source *s);
/*
 * Points *at to the next bytes and returns how many there are: at least want, unless the data end
 * before. They stay valid until the next call on s. want is at most SOURCE_LOOK_MAX.
 */
size_t source_look(struct source *s, size_t want, const uint8_t **at);
/* Drops the next n bytes, which source_look() has shown. */
void source_skip(struct source *s, size_t n);
/* Drops the next n bytes whether seen or not; returns how many there were. */
uint64_t source_pass(struct source *s, uint64_t n);
/* Returns why reading ended early (an error of the system, broken gzip); NULL when it did not. */
const char *source_fault(const struct source *s);
/* Tells how many bytes of the file were read and how many it has (0: not known). */
void source_progress(const struct source *s, uint64_t *done, uint64_t *total);
/* Returns a stdio stream that reads from s and does not close it; NULL without memory. */
FILE *source_stream(struct source *s);

#endif
