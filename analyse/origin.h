/* SPDX-License-Identifier: MIT */
/* Where a byte of a capture came from, and which way it went: the words every station shares. */
#ifndef ANALYSE_ORIGIN_H
#define ANALYSE_ORIGIN_H

#include <stdint.h>

/* A packet of the capture. */
struct origin {
	uint64_t frame; /* number of the packet, from 1; 0 = none */
	uint64_t ns;    /* when it was captured, ns since 1970 */
};

enum way { WAY_TO_SERVER, WAY_TO_CLIENT, WAYS };

/* Returns the other way. */
static inline enum way way_back(enum way w)
{
	return w == WAY_TO_SERVER ? WAY_TO_CLIENT : WAY_TO_SERVER;
}

#endif
