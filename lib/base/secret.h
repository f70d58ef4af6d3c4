/* SPDX-License-Identifier: MIT */
/* What every secret needs: wiping that the compiler keeps, and comparison in constant time. */
#ifndef LIB_BASE_SECRET_H
#define LIB_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Overwrites n bytes with zeros; the compiler may not leave it out. */
void wipe(void *p, size_t n);
/* Returns whether the n bytes at a and b are the same, in time that depends on n only. */
bool same_bytes(const void *a, const void *b, size_t n);

#endif
