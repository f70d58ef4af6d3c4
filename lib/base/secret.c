/* SPDX-License-Identifier: MIT */
/* Wiping and constant-time comparison; see secret.h. */
#include "lib/base/secret.h"

#include <string.h>
#include <nettle/memops.h>

void wipe(void *p, size_t n)
{
	if (!n)
		return;
	memset(p, 0, n);
	/* The compiler must assume that somebody reads what p points to. */
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

bool same_bytes(const void *a, const void *b, size_t n)
{
	return nettle_memeql_sec(a, b, n);
}
