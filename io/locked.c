/* SPDX-License-Identifier: MIT */
/* locked.h over mmap() and mlock(). */
#include "io/locked.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/base/secret.h"

void *locked_new(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* Both are wishes: without them the secret is as safe as the rest of the process. */
	(void)!mlock(p, n);
	(void)!madvise(p, n, MADV_DONTDUMP);
	return p;
}

void locked_free(void *p, size_t n)
{
	if (!p)
		return;
	wipe(p, n);
	munmap(p, n);
}

void locked_process(void)
{
	static const struct rlimit none = {0, 0};

	(void)!setrlimit(RLIMIT_CORE, &none);
	(void)!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
