/* SPDX-License-Identifier: MIT */
/* clock.h over clock_gettime(). */
#include "io/clock.h"

#include <time.h>

uint64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail: the clock and the pointer are good */
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t clock_ms(void)
{
	return clock_us() / 1000;
}

uint64_t clock_unix(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec;
}

void clock_http_date(char *out, size_t n)
{
	time_t now = (time_t)clock_unix();
	struct tm tm;

	/* The names of days and months are English: no program here sets a locale. */
	if (!gmtime_r(&now, &tm) || !strftime(out, n, "%a, %d %b %Y %H:%M:%S GMT", &tm))
		*out = '\0';
}
