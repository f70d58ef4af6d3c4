/* SPDX-License-Identifier: MIT */
/* random.h over getrandom(). */
#include "io/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "io/log.h"

void random_bytes(void *p, size_t n)
{
	char *at = p;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			log_error("the kernel gives no random bytes: %s", strerror(errno));
			abort();
		}
		at += got;
		n -= (size_t)got;
	}
}
