/* SPDX-License-Identifier: MIT */
/*
 * A packet from a client, on its way to the TUN: its source must be the client's own, its
 * destination one that is worth sending to. Routing is the kernel's.
 */
#include <string.h>

#include "io/clock.h"
#include "io/ip.h"
#include "io/nd.h"
#include "server/worker.h"

/* Returns whether an IPv4 destination makes sense on a routed network (RFC 1812 5.3.7): multicast
 * and limited broadcast are not forwarded, loopback and 0/8 never seen on a wire. */
static bool may_go4(const uint8_t dst[4])
{
	return dst[0] != 0 && dst[0] != 127 && dst[0] < 224;
}

/* The same for IPv6: link-local and multicast end on this link; ::1 and :: are never on a wire. */
static bool may_go6(const uint8_t dst[16])
{
	static const uint8_t nowhere[15];

	if (ip6_is_link_local(dst) || ip6_is_multicast(dst))
		return false;
	return memcmp(dst, nowhere, 15) != 0 || dst[15] > 1;
}

/* Returns whether the IPv6 source is the client's: in its /64, or its link-local address. */
static bool owns6(const struct session *s, const uint8_t src[16])
{
	uint8_t link_local[16];

	if (memcmp(src, s->lease.prefix6, 8) == 0)
		return true;
	ip6_link_local(s->addr.ip6_peer_id, link_local);
	return memcmp(src, link_local, 16) == 0;
}

/* Takes what is meant for the router on the link and not for the network behind it. */
static bool take_local6(struct session *s, const uint8_t *p, size_t n, const struct ip_head *ip)
{
	static const uint8_t unspecified[16];

	if (nd_is_solicit(p, n)) {
		ra_solicited(s, clock_ms());
		return true;
	}
	/* Before it has an address a client asks whether anybody has it (RFC 4862 5.4): nobody. */
	return memcmp(ip->src, unspecified, 16) == 0 && ip6_is_multicast(ip->dst);
}

void session_packet(void *arg, uint8_t *p, size_t n)
{
	struct session *s = arg;
	struct ip_head ip;

	if (!ip_parse(p, n, &ip) || !s->leased) {
		s->drops.filtered++;
		return;
	}
	if (ip.version == 6 && take_local6(s, p, n, &ip))
		return;
	if (ip.version == 4 ? memcmp(ip.src, s->lease.ip4, 4) != 0 : !owns6(s, ip.src)) {
		s->drops.spoofed++;
		return;
	}
	s->active_ms = clock_ms();
	if (ip.version == 4 ? !may_go4(ip.dst) : !may_go6(ip.dst)) {
		s->drops.filtered++;
		return;
	}
	pump_clamp(&s->pump, p, n);
	tun_write(&s->w->tun, p, n);
}
