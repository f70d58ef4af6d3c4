/* SPDX-License-Identifier: MIT */
/* Random bytes from the kernel. */
#ifndef IO_RANDOM_H
#define IO_RANDOM_H

#include <stddef.h>

/*
 * Fills n bytes at p from the kernel's generator. Never returns with fewer: when the kernel has
 * none to give, the program says so and aborts, for nothing here is safe without them.
 */
void random_bytes(void *p, size_t n);

#endif
