/* SPDX-License-Identifier: MIT */
/*
 * Writes packets into pcapng files: one, or a ring of several of which the oldest are removed. Any
 * link types in one file, times in nanoseconds. Knows nothing of what the packets are.
 */
#ifndef ANALYSE_WRITER_H
#define ANALYSE_WRITER_H

#include "analyse/origin.h"
#include "lib/base/cursor.h"

#define WRITER_WHY   300
#define WRITER_LINKS 16 /* link types in a file */
#define WRITER_PATH  1024
#define LINK_PPP     9   /* link types as files name them */
#define LINK_RAW     101 /* IPv4 or IPv6 */

/* When a new file is begun, and how many stay; 0: never, all. */
struct writer_ring {
	uint64_t bytes;
	uint64_t seconds;
	unsigned files;
};

/* What pcapng can say of a packet's way. */
enum writer_way { WRITER_UNKNOWN, WRITER_IN, WRITER_OUT };

struct writer;

/* Opens path for writing, "-" for standard output. Returns 0; -1 and the reason in why. */
int writer_open(struct writer **out, const char *path, const struct writer_ring *ring,
		char why[WRITER_WHY]);
/* Writes a packet that had `wire` bytes; does nothing after a failure. */
void writer_put(struct writer *w, int link, uint64_t ns, struct view bytes, uint32_t wire,
		enum writer_way way);
/* Makes all that was written readable for others. */
void writer_flush(struct writer *w);
/* Returns how many packets were written. */
uint64_t writer_count(const struct writer *w);
/* Ends the file and frees w, NULL is allowed. Returns 0; -1 and the reason in why when anything
 * could not be written. */
int writer_close(struct writer *w, char why[WRITER_WHY]);

#endif
