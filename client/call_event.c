/* SPDX-License-Identifier: MIT */
/* What the link tells its owner, told on to the user and done to the tunnel. */
#include "client/call.h"

#include <stdio.h>
#include <string.h>

#include "client/say.h"
#include "io/clock.h"
#include "io/log.h"
#include "lib/base/text.h"

#define SETTLE_MS  3000 /* how long "connected" waits for the second address family */
#define TRACE_LINE 2048

void call_on_trace(void *arg, const struct sstp_trace *t)
{
	const struct call *c = arg;
	char line[TRACE_LINE];

	if (c->opt->trace == OPTIONS_TRACE_JSON)
		sstp_trace_json(t, line, sizeof(line));
	else
		sstp_trace_text(t, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
}

void call_on_packet(void *arg, uint8_t *p, size_t n)
{
	struct call *c = arg;
	int changed;

	if (c->over || !c->tunnel->up)
		return;
	if (!c->tunnel->ip6.up || !nd_is_advert(p, n)) {
		pump_clamp(&c->pump, p, n);
		(void)tun_write(&c->tunnel->tun, p, n); /* tun_flush() tells */
		return;
	}
	/* Taken here, not by the kernel, which would make addresses of its own. */
	changed = tunnel_advert(c->tunnel, p, n);
	if (changed < 0) {
		log_warn("%s: IPv6 is not set up", c->tunnel->error);
		tunnel_unset6(c->tunnel);
		return;
	}
	if (changed && c->told)
		tunnel_set_dns(c->tunnel);
	call_tell_connected(c, false);
}

void call_solicit(void *arg)
{
	struct call *c = arg;
	uint8_t room[SSTP_HEADROOM + ND_PACKET_MAX];
	uint64_t now = clock_ms();
	size_t n;

	if (!c->binding || !c->up6)
		return;
	n = autoconf_solicit(&c->tunnel->ip6, room + SSTP_HEADROOM);
	if (n == 0)
		return;
	if (pump_send(&c->pump, room + SSTP_HEADROOM, n, now) == SSTP_OK)
		pump_flush_run(&c->pump);
	loop_timer_at(&c->solicit, now + AUTOCONF_WAIT_MS);
	loop_later(c->loop, &c->again); /* sends it */
}

/* Writes the tunnel's addresses: "10.0.0.2 fd00::2". */
static const char *own_addresses(const struct call *c, char *buf, size_t n)
{
	struct text t = text_init(buf, n);
	char ip[IP_NET_TEXT];

	if (c->up4)
		text_str(&t, ip_text(AF_INET, c->tunnel->local4, ip));
	if (c->tunnel->has6) {
		text_str(&t, c->up4 ? " " : "");
		text_str(&t, ip_text(AF_INET6,
				     c->tunnel->ip6.has_global ? c->tunnel->ip6.global
							       : c->tunnel->ip6.local,
				     ip));
	}
	return buf;
}

/* Warns of what the user may take for granted and does not get. */
static void warn_of_gaps(const struct call *c)
{
	const struct autoconf *ip6 = &c->tunnel->ip6;

	if (ip6->answered && !ip6->has_global && ip6->advert.managed)
		log_warn("the server gives IPv6 addresses by DHCPv6 only, which is not spoken "
			 "here: IPv6 stays link-local");
	if (!c->opt->default_route)
		return;
	if (!c->up4)
		log_warn("the server gives no IPv4: IPv4 does not go through the tunnel");
	if (!ip6->has_global && !c->without6)
		log_warn("the server gives no IPv6 address: IPv6 does not go through the tunnel");
}

void call_tell_connected(struct call *c, bool time_is_over)
{
	const struct autoconf *ip6 = &c->tunnel->ip6;
	bool ready4 = c->up4 || c->opt->no_ip4;
	bool ready6 = c->opt->no_ip6 || c->without6 || (c->up6 && ip6->answered);
	char addresses[2 * IP_NET_TEXT];
	struct sstp_info info;

	if (c->told || c->down || !c->binding || (!c->up4 && !c->up6))
		return;
	if (!time_is_over && !(ready4 && ready6)) {
		if (c->settle.at == UINT64_MAX)
			loop_timer_at(&c->settle, clock_ms() + SETTLE_MS);
		return;
	}
	c->told = true;
	c->since = clock_ms();
	loop_timer_at(&c->settle, UINT64_MAX);
	tunnel_set_dns(c->tunnel);
	sstp_link_info(c->link, &info);
	own_addresses(c, addresses, sizeof(addresses));
	say("connected",
	    (struct say_field[]){{"interface", c->tunnel->tun.name, 0},
				 {"addresses", addresses, 0},
				 {"mtu", NULL, info.mtu},
				 {NULL, NULL, 0}},
	    "%s is up with %s, MTU %u", c->tunnel->tun.name, addresses, info.mtu);
	warn_of_gaps(c);
}

/* Brings the interface up, before its first address. False when it fails. */
static bool raise_tunnel(struct call *c)
{
	struct sstp_info info;

	sstp_link_info(c->link, &info);
	if (tunnel_up(c->tunnel, info.mtu, &c->peer) == 0)
		return true;
	call_fail(c, EXIT_LOCAL, NULL, "%s", c->tunnel->error);
	return false;
}

static void on_ip4(struct call *c, const struct sstp_addresses *a)
{
	char local[IP_NET_TEXT], peer[IP_NET_TEXT], dns[3 * IP_NET_TEXT];
	struct text t = text_init(dns, sizeof(dns));
	static const uint8_t none[4];

	ip_text(AF_INET, a->ip4_local, local);
	ip_text(AF_INET, a->ip4_peer, peer);
	for (int i = 0; i < 2; i++) {
		if (memcmp(a->dns4[i], none, 4) == 0)
			continue;
		text_str(&t, text_len(&t) ? " " : "");
		text_ip4(&t, a->dns4[i]);
	}
	say("ip4",
	    (struct say_field[]){
		    {"address", local, 0}, {"peer", peer, 0}, {"dns", dns, 0}, {NULL, NULL, 0}},
	    "%s, the server is %s%s%s", local, peer, *dns ? ", name servers " : "", dns);
	if (!raise_tunnel(c))
		return;
	if (tunnel_set4(c->tunnel, a) < 0) {
		call_fail(c, EXIT_LOCAL, NULL, "%s", c->tunnel->error);
		return;
	}
	c->up4 = true;
	call_tell_connected(c, false);
}

static void on_ip6(struct call *c, const struct sstp_addresses *a)
{
	uint8_t peer[16];
	char text[IP_NET_TEXT], local[IP_NET_TEXT];

	if (!raise_tunnel(c))
		return;
	if (tunnel_set6(c->tunnel, a->ip6_local_id) < 0) {
		/* A kernel without IPv6 is no reason to go without IPv4. */
		log_warn("%s: IPv6 is not set up", c->tunnel->error);
		c->without6 = true;
		call_tell_connected(c, false);
		return;
	}
	ip6_link_local(a->ip6_peer_id, peer);
	ip_text(AF_INET6, c->tunnel->ip6.local, local);
	ip_text(AF_INET6, peer, text);
	say("ip6", (struct say_field[]){{"address", local, 0}, {"peer", text, 0}, {NULL, NULL, 0}},
	    "%s, the server is %s", local, text);
	c->up6 = true;
	loop_timer_at(&c->solicit, clock_ms());
	call_tell_connected(c, false);
}

static void on_lcp_up(struct call *c, const struct sstp_event *ev)
{
	struct sstp_info info;

	sstp_link_info(c->link, &info);
	say("lcp",
	    (struct say_field[]){{"auth", sstp_auth_name(ev->auth), 0},
				 {"peer_mru", NULL, info.peer_mru},
				 {NULL, NULL, 0}},
	    "the link is established, the server takes %u bytes and asks for %s", info.peer_mru,
	    sstp_auth_name(ev->auth));
	if (ev->auth == SSTP_AUTH_PAP)
		log_info("PAP tells the server the password itself, inside TLS");
}

static void on_binding(struct call *c, uint32_t hash)
{
	const char *name = hash == SSTP_HASH_SHA256 ? "SHA-256" : "SHA-1";

	c->binding = true;
	say("binding", (struct say_field[]){{"hash", name, 0}, {NULL, NULL, 0}},
	    "the crypto binding was sent, with %s", name);
	if (c->up6)
		loop_timer_at(&c->solicit, clock_ms());
	call_tell_connected(c, false);
}

static void on_down_family(struct call *c, int family)
{
	if (family == AF_INET) {
		c->up4 = false;
		tunnel_unset4(c->tunnel);
	} else {
		c->up6 = false;
		tunnel_unset6(c->tunnel);
	}
	log_info("%s is down", family == AF_INET ? "IPv4" : "IPv6");
}

void call_on_event(void *arg, const struct sstp_event *ev)
{
	struct call *c = arg;

	if (c->over)
		return;
	switch (ev->type) {
	case SSTP_EV_HTTP:
		say("http", NULL, "the server speaks SSTP");
		break;
	case SSTP_EV_ACK:
		say("sstp", NULL, "the call is accepted");
		break;
	case SSTP_EV_LCP_UP:
		on_lcp_up(c, ev);
		break;
	case SSTP_EV_AUTHENTICATED:
		say("auth",
		    (struct say_field[]){{"method", sstp_auth_name(ev->auth), 0}, {NULL, NULL, 0}},
		    "logged in with %s", sstp_auth_name(ev->auth));
		break;
	case SSTP_EV_CONNECTED:
		on_binding(c, ev->value);
		break;
	case SSTP_EV_IP4_UP:
		on_ip4(c, ev->addr);
		break;
	case SSTP_EV_IP6_UP:
		on_ip6(c, ev->addr);
		break;
	case SSTP_EV_IP4_DOWN:
		on_down_family(c, AF_INET);
		break;
	case SSTP_EV_IP6_DOWN:
		on_down_family(c, AF_INET6);
		break;
	case SSTP_EV_DOWN:
		c->down = true;
		break;
	case SSTP_EV_COOKIE: /* the server's */
	case SSTP_EV_NEED_AUTH:
	case SSTP_EV_NEED_ADDRESS:
	case SSTP_EVENTS:
		break;
	}
}
