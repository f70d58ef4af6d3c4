/* SPDX-License-Identifier: MIT */
/*
 * Puts IP datagrams together from their fragments. Bounded: FRAGMENT_SLOTS datagrams at once, the
 * one that waits longest gives way; one that is not whole after FRAGMENT_WAIT_NS of capture time is
 * dropped.
 */
#ifndef ANALYSE_FRAGMENT_H
#define ANALYSE_FRAGMENT_H

#include "analyse/packet.h"

#define FRAGMENT_SLOTS   64
#define FRAGMENT_WAIT_NS 30000000000u

struct fragment_slot {
	bool used;
	bool spoiled;   /* fragments contradict each other: never whole (RFC 5722) */
	uint32_t have;  /* bytes that came */
	uint32_t whole; /* length of the payload; 0 until the last fragment came */
	uint64_t ns;    /* when the first fragment came */
	uint8_t version;
	uint8_t protocol;
	uint32_t id;
	uint8_t src[16];
	uint8_t dst[16];
	uint8_t *bytes; /* room for the payload, grows */
	size_t size;
	uint8_t map[1024]; /* one bit for each 8 bytes that came */
};

struct fragments {
	struct fragment_slot slot[FRAGMENT_SLOTS];
	uint64_t whole;   /* datagrams put together */
	uint64_t dropped; /* datagrams given up */
};

/*
 * Adds the fragment ip, captured at ns. Returns true and the payload in *whole when it completes
 * its datagram; the payload is valid until the next call.
 */
bool fragment_add(struct fragments *f, const struct ip_header *ip, uint64_t ns, struct view *whole);
/* Frees what f holds. */
void fragment_fini(struct fragments *f);

#endif
