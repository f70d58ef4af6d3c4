/* SPDX-License-Identifier: MIT */
/*
 * Packets of a capture, one after the other: from a pcap or pcapng file, or from an interface. Does
 * not look into the packets (packet.h does).
 */
#ifndef ANALYSE_CAPTURE_H
#define ANALYSE_CAPTURE_H

#include "analyse/origin.h"
#include "analyse/source.h"
#include "lib/base/cursor.h"

#define CAPTURE_WHY 320

/* One captured packet. The bytes are valid until the next call of capture_next(). */
struct frame {
	struct origin origin;
	const uint8_t *bytes;
	uint32_t n;     /* bytes captured */
	uint32_t wire;  /* bytes the packet had */
	int link;       /* link type, a DLT_ value of libpcap */
	uint32_t iface; /* interface of a pcapng file; 0 in other captures */
};

enum capture_next {
	CAPTURE_FAULT = -1,  /* unreadable from here on: capture_fault() says why */
	CAPTURE_END = 0,     /* the file has ended, or the live capture was stopped */
	CAPTURE_FRAME = 1,   /* a packet */
	CAPTURE_SECRETS = 2, /* secrets for decryption came in between: capture_secrets() */
	CAPTURE_IDLE = 3,    /* live only: nothing came for a moment */
};

struct capture_live {
	const char *filter; /* libpcap filter; NULL or "" for every packet */
	uint32_t snaplen;   /* 0: whole packets */
	uint32_t buffer;    /* bytes of the kernel's buffer; 0: 16 MiB */
	bool promiscuous;
};

struct capture_stats {
	uint64_t frames;  /* packets handed out */
	uint64_t bytes;   /* captured bytes of them */
	uint64_t skipped; /* packets of the file that the filter refused */
	uint64_t dropped; /* live: packets that the kernel had no room for */
	uint64_t done;    /* bytes of the file read so far */
	uint64_t total;   /* bytes the file has; 0: not known */
};

struct capture;

/*
 * Opens the capture file at path, "-" for standard input. Returns 0 and the capture, which the
 * caller ends with capture_close(); -1 and the reason in why.
 */
int capture_open(struct capture **out, const char *path, char why[CAPTURE_WHY]);
/* Opens a capture over s, which it owns from here, also when it fails; else as capture_open(). */
int capture_open_source(struct capture **out, struct source *s, const char *name,
			char why[CAPTURE_WHY]);
/* Opens the network interface `iface` for live capture; else as capture_open(). */
int capture_open_live(struct capture **out, const char *iface, const struct capture_live *how,
		      char why[CAPTURE_WHY]);
/*
 * Hands out only packets that the libpcap filter takes; may be set once, before the first packet.
 * Returns 0; -1 and the reason in why when the filter is wrong.
 */
int capture_filter(struct capture *c, const char *filter, char why[CAPTURE_WHY]);
/* Moves to what comes next and says what that is; fills *f when it is a packet. */
enum capture_next capture_next(struct capture *c, struct frame *f);
/* Returns the key log text that CAPTURE_SECRETS announced, valid until the next capture_next(). */
struct view capture_secrets(const struct capture *c);
/* Returns whether secrets may still come between the packets, as they may in pcapng. */
bool capture_may_hold_secrets(const struct capture *c);
/* Returns why the capture became unreadable; "" when it did not. */
const char *capture_fault(const struct capture *c);
/* Ends a live capture from a signal handler: capture_next() returns CAPTURE_END soon. */
void capture_stop(struct capture *c);
/* Tells how far the capture is. */
void capture_stats(struct capture *c, struct capture_stats *out);
/* Ends c. NULL is allowed. */
void capture_close(struct capture *c);

#endif
