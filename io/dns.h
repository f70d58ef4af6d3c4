/* SPDX-License-Identifier: MIT */
/* Names to addresses: getaddrinfo() in a helper thread, so that the loop goes on. */
#ifndef IO_DNS_H
#define IO_DNS_H

#include "io/net.h"

struct dns;

/*
 * Looks host up for TCP and the port. `done` is told once, from the loop: n addresses, in the order
 * to try, with IPv6 and IPv4 taking turns, valid during the call; or n = 0 and the error in words.
 * family is AF_UNSPEC, AF_INET or AF_INET6. Returns a handle for dns_cancel(), which is gone once
 * `done` was told; NULL when no thread could be had, and `done` is not told then.
 */
struct dns *
dns_start(struct loop *l, const char *host, uint16_t port, int family, uint32_t timeout_ms,
	  void (*done)(void *arg, const struct net_addr *addr, unsigned n, const char *error),
	  void *arg);
/* Gives the look-up up; `done` is not told. The helper thread ends by itself, whenever it does. */
void dns_cancel(struct dns *d);

#endif
