/* SPDX-License-Identifier: MIT */
/*
 * Router advertisements (RFC 4861 6.2): the session's /64 for the client's own addresses, this
 * server as its router, and name servers. A few soon after the link is up, then now and then.
 */
#include <string.h>

#include "io/nd.h"
#include "io/random.h"
#include "server/worker.h"

#define INITIAL_MOST    3       /* MAX_INITIAL_RTR_ADVERTISEMENTS */
#define INITIAL_MS      4000    /* at most MAX_INITIAL_RTR_ADVERT_INTERVAL, 16 s */
#define INTERVAL_MIN_MS 200000  /* MinRtrAdvInterval */
#define INTERVAL_MAX_MS 600000  /* MaxRtrAdvInterval */
#define SOLICITED_MS    500     /* at most MAX_RA_DELAY_TIME */
#define LIFETIME_S      1800    /* AdvDefaultLifetime: three times the longest interval */
#define VALID_S         2592000 /* AdvValidLifetime */
#define PREFERRED_S     604800  /* AdvPreferredLifetime */

void ra_start(struct session *s, uint64_t now)
{
	if (s->ra_sent == 0 && s->ra_ms == UINT64_MAX)
		s->ra_ms = now;
}

void ra_solicited(struct session *s, uint64_t now)
{
	uint64_t at = s->ra_last_ms + SOLICITED_MS;

	if (!s->connected || !s->ip6_up)
		return;
	if (at < now)
		at = now;
	if (at < s->ra_ms)
		s->ra_ms = at;
}

/* Says when the next advertisement is due. */
static void plan_next(struct session *s, uint64_t now)
{
	uint32_t r;

	s->ra_last_ms = now;
	if (++s->ra_sent < INITIAL_MOST) {
		s->ra_ms = now + INITIAL_MS;
		return;
	}
	random_bytes(&r, sizeof(r));
	s->ra_ms = now + INTERVAL_MIN_MS + r % (INTERVAL_MAX_MS - INTERVAL_MIN_MS);
}

/* Fills in what the configuration says. */
static void fill_advert(const struct session *s, struct nd_advert *a)
{
	const struct conf *c = s->w->server->conf;

	*a = (struct nd_advert){.hop_limit = 64,
				.managed = c->ra_managed,
				.other = c->ra_other,
				.router_life = c->ra_default ? LIFETIME_S : 0,
				.has_prefix = true,
				.prefix_bits = 64,
				.autonomous = true,
				.valid = VALID_S,
				.preferred = PREFERRED_S,
				.mtu = c->mtu,
				.dns_n = (uint8_t)c->rdnss.n,
				.dns_life = LIFETIME_S};
	memcpy(a->prefix, s->lease.prefix6, 16);
	/* The way to this server's own address and to the other sessions, which a client that takes
	 * no default route from here would not find (RFC 4191). */
	a->routes_n = 1;
	a->routes[0] = (struct nd_route){.bits = c->pool6.bits, .life = LIFETIME_S};
	memcpy(a->routes[0].prefix, c->pool6.addr, 16);
	memcpy(a->dns, c->rdnss.ip, sizeof(c->rdnss.ip));
}

void ra_tick(struct session *s, uint64_t now)
{
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
	uint8_t bytes[SSTP_HEADROOM + ND_PACKET_MAX];
	uint8_t router[16];
	struct nd_advert a;
	size_t n;

	if (now < s->ra_ms || !s->leased)
		return;
	fill_advert(s, &a);
	ip6_link_local(s->addr.ip6_local_id, router);
	n = nd_put_advert(&a, router, all_nodes, bytes + SSTP_HEADROOM);
	/* One that cannot be sent now is as lost as on any wire; the next one follows. */
	pump_send(&s->pump, bytes + SSTP_HEADROOM, n, now);
	pump_flush_run(&s->pump);
	plan_next(s, now);
}
