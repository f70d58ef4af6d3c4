/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD library that makes a program's kernel older than it is, as far as TUN devices go: a
 * test tool, no part of the suite. SSTP_REFUSE names what ioctl() refuses with EINVAL, separated by
 * blanks:
 *
 *	vnet_hdr     IFF_VNET_HDR: super-packets at all
 *	hdrsz        TUNSETVNETHDRSZ, TUNGETVNETHDRSZ
 *	uso, tso     TUNSETOFFLOAD with those
 *	offload      TUNSETOFFLOAD
 *	multi_queue  IFF_MULTI_QUEUE
 *	steering     TUNSETSTEERINGEBPF
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#ifndef TUN_F_USO4 /* Linux 6.2 */
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* Returns whether a word is among those of SSTP_REFUSE. */
static bool is_named(const char *word)
{
	const char *all = getenv("SSTP_REFUSE");
	size_t n = strlen(word);

	for (const char *at = all ? strstr(all, word) : NULL; at; at = strstr(at + 1, word))
		if ((at == all || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

static bool is_refused(unsigned long request, void *arg)
{
	uintptr_t flags =
		request == TUNSETIFF ? (uint16_t)((struct ifreq *)arg)->ifr_flags : (uintptr_t)arg;

	switch (request) {
	case TUNSETIFF:
		return (flags & IFF_VNET_HDR && is_named("vnet_hdr")) ||
		       (flags & IFF_MULTI_QUEUE && is_named("multi_queue"));
	case TUNSETOFFLOAD:
		return is_named("offload") ||
		       (flags & (TUN_F_USO4 | TUN_F_USO6) && is_named("uso")) ||
		       (flags & (TUN_F_TSO4 | TUN_F_TSO6) && is_named("tso"));
	case TUNSETVNETHDRSZ:
	case TUNGETVNETHDRSZ:
		return is_named("hdrsz");
	case TUNSETSTEERINGEBPF:
		return is_named("steering");
	default:
		return false;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) =
		(int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!is_refused(request, arg))
		return next(fd, request, arg);
	errno = EINVAL;
	return -1;
}
