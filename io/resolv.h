/* SPDX-License-Identifier: MIT */
/*
 * The system's name servers while a tunnel is up: told to systemd-resolved (resolvectl) or to
 * resolvconf, whichever is there; /etc/resolv.conf is never written by us.
 */
#ifndef IO_RESOLV_H
#define IO_RESOLV_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLV_MAX 6

/* What was done, to be undone. All zero: nothing. */
struct resolv {
	enum { RESOLV_NOTHING, RESOLV_RESOLVED, RESOLV_RESOLVCONF } by;
	char ifname[IFNAMSIZ];
};

/* A name server's address. */
struct resolv_server {
	int family; /* AF_INET, AF_INET6 */
	uint8_t addr[16];
};

/*
 * Names the n servers as those of the interface; `all` says that every name goes to them. Called
 * again, replaces what it did. Waits for the helper program, at most 5 s. Returns 0; -ENOENT when
 * neither program is there; -EIO when it failed.
 */
int resolv_set(struct resolv *r, const char *ifname, const struct resolv_server *s, size_t n,
	       bool all);
/* Undoes what resolv_set() did; does nothing after that. Returns as resolv_set(). */
int resolv_undo(struct resolv *r);
/* Returns the name of the program that was told, "" for none. */
const char *resolv_by(const struct resolv *r);

#endif
