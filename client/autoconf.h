/* SPDX-License-Identifier: MIT */
/*
 * IPv6 inside the tunnel: the addresses that follow from the interface identifier (RFC 5072 5) and
 * from the server's router advertisements (RFC 4862 5.5). Pure: tells what to ask and what came of
 * the answers; the tunnel gives it to the kernel.
 */
#ifndef CLIENT_AUTOCONF_H
#define CLIENT_AUTOCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/nd.h"

#define AUTOCONF_SOLICITS 3    /* RFC 4861 10: MAX_RTR_SOLICITATIONS */
#define AUTOCONF_WAIT_MS  4000 /* RTR_SOLICITATION_INTERVAL */

struct autoconf {
	bool up;
	uint8_t id[8];
	uint8_t local[16]; /* fe80::id */
	unsigned asked;    /* solicitations sent */
	bool answered;     /* a valid advertisement came */
	bool has_global;
	uint8_t global[16]; /* prefix::id */
	uint8_t global_bits;
	struct nd_advert advert; /* the last valid one */
};

/* Starts with the interface identifier that IPV6CP agreed on. */
void autoconf_start(struct autoconf *a, const uint8_t id[8]);
/* Writes the next Router Solicitation; 0 when it was answered, or asked often enough. */
size_t autoconf_solicit(struct autoconf *a, uint8_t out[ND_PACKET_MAX]);
/*
 * Takes an IPv6 packet that nd_is_advert() holds for an advertisement. Returns false when it is not
 * valid. Then `advert` is what it says, and has_global and global are what follows: a prefix that
 * is not for autoconfiguration, or not 64 bits long, gives no address; a valid lifetime of 0 takes
 * it away.
 */
bool autoconf_advert(struct autoconf *a, const uint8_t *p, size_t n);

#endif
