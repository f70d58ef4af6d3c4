/* SPDX-License-Identifier: MIT */
/* The progress bar; see progress.h. */
#include "analyse/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define EVERY     1024       /* packets between looks at the clock */
#define FIRST_NS  500000000u /* a file that is read faster needs no bar */
#define REDRAW_NS 100000000u
#define WIDTH     40
#define MB        1000000.0

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void progress_init(struct progress *p, bool wanted)
{
	*p = (struct progress){.on = wanted && isatty(STDERR_FILENO) == 1};
	if (p->on)
		p->began = now_ns();
}

void progress_step(struct progress *p, struct capture *c)
{
	struct capture_stats s;
	uint64_t now;
	int filled;

	if (!p->on || ++p->calls % EVERY)
		return;
	now = now_ns();
	if (now - p->began < FIRST_NS || (p->shown && now - p->shown < REDRAW_NS))
		return;
	capture_stats(c, &s);
	p->shown = now;
	if (!s.total) {
		fprintf(stderr, "\r%llu packets, %.0f MB", (unsigned long long)s.frames,
			(double)s.done / MB);
		return;
	}
	filled = (int)(WIDTH * s.done / s.total);
	filled = filled > WIDTH ? WIDTH : filled;
	fprintf(stderr, "\r[%.*s%*s] %3d %%  %.0f of %.0f MB, %.0f MB/s ", filled,
		"########################################", WIDTH - filled, "",
		(int)(100 * s.done / s.total), (double)s.done / MB, (double)s.total / MB,
		(double)s.done / MB / ((double)(now - p->began) / 1e9));
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->on = false;
}
