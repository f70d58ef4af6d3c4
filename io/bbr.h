/* SPDX-License-Identifier: MIT */
/* What BBR, the congestion control, says of a connection: Linux's tcp_bbr_info, in its units. */
#ifndef IO_BBR_H
#define IO_BBR_H

#include <stdint.h>

#define BBR_UNIT 256 /* a gain of 1 */

/* All zero: another congestion control runs. */
struct bbr {
	uint32_t shortest_us; /* round trip, as BBR has it */
	uint32_t pacing_gain; /* of BBR_UNIT */
	uint32_t window_gain; /* of BBR_UNIT */
	uint64_t rate;        /* what BBR believes that the path carries, bytes a second */
};

#endif
