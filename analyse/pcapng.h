/* SPDX-License-Identifier: MIT */
/*
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng): packets, interfaces, and the Decryption
 * Secrets Blocks that libpcap does not hand out. Not for classic pcap, which libpcap reads.
 */
#ifndef ANALYSE_PCAPNG_H
#define ANALYSE_PCAPNG_H

#include "analyse/capture.h"

struct pcapng;

/* Returns whether a file with these first 4 bytes is pcapng. */
bool pcapng_is(const uint8_t first[4]);
/* Makes a reader over s, which must outlive it; NULL without memory. */
struct pcapng *pcapng_new(struct source *s);
/* Ends p. NULL is allowed. */
void pcapng_free(struct pcapng *p);
/* Moves on; fills all of *f but the number of the frame. Never returns CAPTURE_IDLE. */
enum capture_next pcapng_next(struct pcapng *p, struct frame *f);
/* Returns the secrets that the last pcapng_next() announced. */
struct view pcapng_secrets(const struct pcapng *p);
/* Returns why reading stopped; "" when it did not. */
const char *pcapng_fault(const struct pcapng *p);

#endif
