/* SPDX-License-Identifier: MIT */
/* Memory for secrets: not swapped, not dumped, wiped when it is given back. */
#ifndef IO_LOCKED_H
#define IO_LOCKED_H

#include <stddef.h>

/*
 * Returns n zeroed bytes on pages of their own that are kept out of swap, as far as the limit on
 * locked memory allows, and out of core dumps; NULL when memory is short. For a few objects only.
 */
void *locked_new(size_t n);
/* Wipes the n bytes at p and gives them back. NULL is ignored. */
void locked_free(void *p, size_t n);
/* Keeps the whole process from being dumped, and from being looked into by its user's other
 * processes. */
void locked_process(void);

#endif
