/* SPDX-License-Identifier: MIT */
/*
 * Making packets fit a tunnel, as pure functions: the MSS of TCP handshakes is lowered, packets
 * that are still too large are cut up where IP allows that, and answered with an ICMP error where
 * it does not.
 */
#ifndef IO_FIT_H
#define IO_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIT_ERROR_MAX 1280 /* bytes of an ICMP error, at most (RFC 4443 2.4 c) */

/* Returns whether the packet may be one that fit_clamp_mss() changes: quick, for every packet. */
static inline bool fit_may_have_mss(const uint8_t *p, size_t n)
{
	const size_t at = n && p[0] >> 4 == 6 ? 40 : (size_t)(p[0] & 15) * 4;
	const bool tcp = n >= 40 && p[p[0] >> 4 == 6 ? 6 : 9] == 6;

	return tcp && n >= at + 20 && p[at + 13] & 0x02;
}

/*
 * Lowers the MSS option of a TCP segment with SYN to what packets of mtu bytes allow (RFC
 * 9293 3.7.1); the checksum follows. Returns whether anything was changed. All other packets are
 * left alone.
 */
bool fit_clamp_mss(uint8_t *p, size_t n, size_t mtu);
/*
 * Writes the ICMP error that tells the sender of the n bytes at p that only mtu bytes fit (RFC 1191
 * 4, RFC 4443 3.2) to out, FIT_ERROR_MAX bytes; from is our address, of the packet's IP version.
 * Returns its length; 0 when the packet must not be answered: an ICMP error, a later fragment, or
 * one whose source or destination is not a single host.
 */
size_t fit_too_big(uint8_t *out, const uint8_t *from, const uint8_t *p, size_t n, size_t mtu);

/* An IPv4 packet being cut into fragments; borrowed bytes. */
struct fit_cut {
	const uint8_t *p;
	size_t n, header, step, at;
};

/* Starts to cut the n bytes at p; false when it may not be cut: IPv6, DF, or no room for 8 bytes.
 */
bool fit_cut_begin(struct fit_cut *c, const uint8_t *p, size_t n, size_t mtu);
/* Writes the next fragment to out, which has room for the mtu; returns its length, 0 when all are
 * out. */
size_t fit_cut_next(struct fit_cut *c, uint8_t *out);

#endif
