/* SPDX-License-Identifier: MIT */
/* The two clocks of the system. Nothing in lib/ reads one: its owners pass the time in. */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Returns milliseconds on a clock that never goes back: the clock of links, timers and loops. */
uint64_t clock_ms(void);
/* The same in microseconds. */
uint64_t clock_us(void);
/* Returns the seconds since 1970-01-01 UTC, for records that people and other programs read. */
uint64_t clock_unix(void);
/* Writes now as the Date header has it ("Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 5.6.7). */
void clock_http_date(char *out, size_t n);

#endif
