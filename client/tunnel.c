/* SPDX-License-Identifier: MIT */
/* tunnel.h. */
#include "client/tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "lib/base/text.h"

static const uint8_t zero[16];

/* Notes what failed; returns err. */
static int fail(struct tunnel *t, int err, const char *what, const char *of)
{
	snprintf(t->error, sizeof(t->error), "%s%s: %s", what, of, strerror(-err));
	return err;
}

static const char *explain_open(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return "a tunnel needs root, or the capability CAP_NET_ADMIN";
	case -ENOENT:
	case -ENODEV:
		return "this kernel or container has no /dev/net/tun (try: modprobe tun)";
	case -EBUSY:
		return "an interface of that name is in use; choose another with --dev";
	case -EINVAL:
		return "an interface of that name is there and is no tunnel; choose another with "
		       "--dev";
	default:
		return strerror(-err);
	}
}

struct tunnel *tunnel_open(const struct options *opt, char error[TUNNEL_ERROR])
{
	struct tunnel *t = calloc(1, sizeof(*t));
	int err;

	if (!t) {
		snprintf(error, TUNNEL_ERROR, "there is no memory for the tunnel");
		return NULL;
	}
	t->opt = opt;
	err = tun_open(&t->tun, *opt->dev ? opt->dev : "sstp%d", false);
	if (err) {
		snprintf(error, TUNNEL_ERROR, "the tunnel interface cannot be made: %s",
			 explain_open(err));
		free(t);
		return NULL;
	}
	if (t->tun.features != TUN_ALL) {
		char text[64];

		log_info("the kernel grants the interface %s only these offloads: %s", t->tun.name,
			 tun_features(&t->tun, text, sizeof(text)));
	}
	t->ifindex = nl_ifindex(t->tun.name);
	t->nl = nl_open();
	if (!t->nl || !t->ifindex) {
		snprintf(error, TUNNEL_ERROR, "the kernel's routing socket cannot be opened: %s",
			 strerror(errno));
		tunnel_close(t);
		return NULL;
	}
	way_init(&t->way, t->nl, t->ifindex);
	return t;
}

void tunnel_close(struct tunnel *t)
{
	if (!t)
		return;
	if (resolv_undo(&t->resolv) < 0)
		log_warn("the system may still know the tunnel's name servers");
	if (t->nl)
		way_undo(&t->way);
	tun_close(&t->tun); /* takes its addresses and routes with it */
	nl_close(t->nl);
	free(t);
}

/* Gives the device a long queue for bursts, in which a flow does not wait for another's. */
static void set_queue(struct tunnel *t)
{
	int err = nl_link_queue(t->nl, t->ifindex, TUN_QUEUE);

	if (err)
		log_info("the interface keeps its short queue: %s", strerror(-err));
	err = nl_link_discipline(t->nl, t->ifindex, "fq_codel");
	if (err)
		log_info("the interface keeps its queueing discipline, for this kernel has no "
			 "fq_codel: %s",
			 strerror(-err));
}

int tunnel_up(struct tunnel *t, uint16_t mtu, const struct net_addr *server)
{
	int err;

	t->server = *server;
	if (t->up)
		return 0;
	/* Without IPv6 in the kernel there is nothing to keep from making addresses. */
	nl_link_addrgen_none(t->nl, t->ifindex);
	err = nl_link_set(t->nl, t->ifindex, true, mtu);
	if (err)
		return fail(t, err, "the interface cannot be brought up", "");
	set_queue(t);
	t->up = true;
	return 0;
}

static void note_dns(struct tunnel *t, int family, const uint8_t *addr)
{
	struct resolv_server *s = &t->dns[t->dns_n];
	size_t n = family == AF_INET ? 4 : 16;

	for (size_t i = 0; i < t->dns_n; i++)
		if (t->dns[i].family == family && memcmp(t->dns[i].addr, addr, n) == 0)
			return;
	if (t->dns_n == RESOLV_MAX || memcmp(addr, zero, n) == 0)
		return;
	memset(s, 0, sizeof(*s));
	s->family = family;
	memcpy(s->addr, addr, n);
	t->dns_n++;
	t->dns_new = true;
}

static void forget_dns(struct tunnel *t, int family)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->dns_n; i++)
		if (t->dns[i].family != family)
			t->dns[kept++] = t->dns[i];
	t->dns_n = kept;
}

static int add_route(struct tunnel *t, const struct ip_net *net)
{
	char text[IP_NET_TEXT];
	int err = 0;

	if (way_holds(net, &t->server))
		err = way_pin(&t->way, &t->server);
	if (err)
		return fail(t, err, "the way to the server cannot be kept outside the tunnel", "");
	err = way_add(&t->way, net);
	if (err == -EEXIST) {
		snprintf(t->error, sizeof(t->error),
			 "there is a route to %s already, which leads elsewhere: leave out --route "
			 "for it, or take it away",
			 ip_net_text(net, text));
		return err;
	}
	return err ? fail(t, err, "no route into the tunnel can be set for ",
			  ip_net_text(net, text))
		   : 0;
}

/* Sets the routes of one family that the user asked for. */
static int add_routes(struct tunnel *t, int family)
{
	int err;

	for (size_t i = 0; i < t->opt->routes_n; i++) {
		if (t->opt->routes[i].family != family)
			continue;
		err = add_route(t, &t->opt->routes[i]);
		if (err)
			return err;
	}
	if (!t->opt->default_route)
		return 0;
	err = way_pin(&t->way, &t->server);
	if (err)
		return fail(t, err, "the way to the server cannot be kept outside the tunnel", "");
	err = way_add_default(&t->way, family);
	return err ? fail(t, err, "the default route cannot be set", "") : 0;
}

int tunnel_set4(struct tunnel *t, const struct sstp_addresses *a)
{
	bool has_peer = memcmp(a->ip4_peer, zero, 4) != 0;
	int err;

	tunnel_unset4(t);
	memcpy(t->local4, a->ip4_local, 4);
	memcpy(t->peer4, has_peer ? a->ip4_peer : a->ip4_local, 4);
	err = nl_addr_add(t->nl, t->ifindex, AF_INET, t->local4, 32, t->peer4);
	if (err)
		return fail(t, err, "the IPv4 address cannot be set", "");
	t->has4 = true;
	for (int i = 0; i < 2; i++)
		note_dns(t, AF_INET, a->dns4[i]);
	return add_routes(t, AF_INET);
}

void tunnel_unset4(struct tunnel *t)
{
	if (t->has4)
		nl_addr_del(t->nl, t->ifindex, AF_INET, t->local4, 32, t->peer4);
	t->has4 = false;
	forget_dns(t, AF_INET);
}

int tunnel_set6(struct tunnel *t, const uint8_t id[8])
{
	int err;

	tunnel_unset6(t);
	autoconf_start(&t->ip6, id);
	err = nl_addr_add(t->nl, t->ifindex, AF_INET6, t->ip6.local, 64, NULL);
	if (err && err != -EEXIST) {
		t->ip6.up = false; /* advertisements are the kernel's to ignore then */
		return fail(t, err, "the IPv6 link-local address cannot be set", "");
	}
	t->has6 = true;
	return 0;
}

static void unset_global(struct tunnel *t)
{
	if (memcmp(t->set6, zero, 16) != 0)
		nl_addr_del(t->nl, t->ifindex, AF_INET6, t->set6, t->set6_bits, NULL);
	memset(t->set6, 0, sizeof(t->set6));
}

void tunnel_unset6(struct tunnel *t)
{
	unset_global(t);
	if (t->has6)
		nl_addr_del(t->nl, t->ifindex, AF_INET6, t->ip6.local, 64, NULL);
	t->has6 = false;
	t->ip6.up = false;
	forget_dns(t, AF_INET6);
}

/* Sets the networks that the server says lie behind it. A default route needs --default-route. */
static void follow_routes(struct tunnel *t)
{
	const struct nd_advert *advert = &t->ip6.advert;
	char text[IP_NET_TEXT];

	for (unsigned i = 0; i < advert->routes_n; i++) {
		struct ip_net net = {.family = AF_INET6, .bits = advert->routes[i].bits};

		memcpy(net.addr, advert->routes[i].prefix, 16);
		if (net.bits == 0 || advert->routes[i].life == 0 || ip6_is_link_local(net.addr) ||
		    ip6_is_multicast(net.addr) || way_holds(&net, &t->server))
			continue;
		if (way_add(&t->way, &net) < 0)
			log_warn("the route to %s that the server advertises cannot be set",
				 ip_net_text(&net, text));
	}
}

int tunnel_advert(struct tunnel *t, const uint8_t *p, size_t n)
{
	struct autoconf *a = &t->ip6;
	bool first = !a->answered;
	int err;

	if (!autoconf_advert(a, p, n))
		return 0;
	for (unsigned i = 0; i < a->advert.dns_n && a->advert.dns_life; i++)
		note_dns(t, AF_INET6, a->advert.dns[i]);
	if (first)
		follow_routes(t);
	if (a->has_global && memcmp(a->global, t->set6, 16) == 0)
		return t->dns_new;
	unset_global(t);
	if (!a->has_global)
		return first;
	err = nl_addr_add(t->nl, t->ifindex, AF_INET6, a->global, a->global_bits, NULL);
	if (err && err != -EEXIST)
		return fail(t, err, "the IPv6 address cannot be set", "");
	memcpy(t->set6, a->global, 16);
	t->set6_bits = a->global_bits;
	err = add_routes(t, AF_INET6);
	return err ? err : 1;
}

void tunnel_set_dns(struct tunnel *t)
{
	char list[RESOLV_MAX * IP_NET_TEXT], ip[IP_NET_TEXT];
	struct text text = text_init(list, sizeof(list));
	int err;

	if (!t->dns_new || t->opt->no_dns)
		return;
	t->dns_new = false;
	for (size_t i = 0; i < t->dns_n; i++) {
		text_str(&text, i ? " " : "");
		text_str(&text, ip_text(t->dns[i].family, t->dns[i].addr, ip));
	}
	err = resolv_set(&t->resolv, t->tun.name, t->dns, t->dns_n, t->opt->default_route);
	if (err == -ENOENT)
		log_notice("the name servers %s are not used: neither systemd-resolved nor "
			   "resolvconf is here to be told",
			   list);
	else if (err)
		log_warn("the name servers %s are not used: %s failed; see whether it works, or "
			 "give --no-dns",
			 list, resolv_by(&t->resolv));
	else
		say("names",
		    (struct say_field[]){{"servers", list, 0},
					 {"by", resolv_by(&t->resolv), 0},
					 {NULL, NULL, 0}},
		    "%s, by %s%s", list, resolv_by(&t->resolv),
		    t->opt->default_route ? "" : " (for this interface only)");
}
