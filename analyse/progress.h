/* SPDX-License-Identifier: MIT */
/* A bar on the terminal that shows how far a large file was read. Nothing where there is none. */
#ifndef ANALYSE_PROGRESS_H
#define ANALYSE_PROGRESS_H

#include "analyse/capture.h"

struct progress {
	bool on;
	uint64_t began; /* ns of a clock that never goes back */
	uint64_t shown; /* when the bar was drawn last; 0: never */
	unsigned calls;
};

/* Makes a bar that is drawn on standard error if that is a terminal and `wanted`. */
void progress_init(struct progress *p, bool wanted);
/* Draws the bar anew when it is time to; cheap to call for every packet. */
void progress_step(struct progress *p, struct capture *c);
/* Wipes the bar off the screen. */
void progress_end(struct progress *p);

#endif
