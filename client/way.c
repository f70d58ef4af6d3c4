/* SPDX-License-Identifier: MIT */
/* way.h. */
#include "client/way.h"

#include <errno.h>
#include <string.h>

#include "io/log.h"

void way_init(struct way *w, struct netlink *nl, unsigned ifindex)
{
	memset(w, 0, sizeof(*w));
	w->nl = nl;
	w->ifindex = ifindex;
}

static const uint8_t *octets(const struct net_addr *a)
{
	return a->any.sa_family == AF_INET ? (const uint8_t *)&a->v4.sin_addr
					   : (const uint8_t *)&a->v6.sin6_addr;
}

bool way_holds(const struct ip_net *net, const struct net_addr *server)
{
	return net->family == server->any.sa_family &&
	       ip_prefix_holds(net->addr, net->bits, octets(server));
}

int way_pin(struct way *w, const struct net_addr *server)
{
	struct nl_route now;
	int err;

	if (w->pinned)
		return 0;
	err = nl_route_get(w->nl, server->any.sa_family, octets(server), &now);
	if (err)
		return err;
	/* The address that packets leave with is the kernel's to choose again when it changes. */
	now.has_src = false;
	err = nl_route_add(w->nl, &now);
	if (err == -EEXIST)
		return 0;
	if (err)
		return err;
	w->pin = now;
	w->pinned = true;
	return 0;
}

int way_add(struct way *w, const struct ip_net *net)
{
	struct nl_route r = {.family = net->family, .bits = net->bits, .ifindex = w->ifindex};
	struct nl_route now;
	int err;

	memcpy(r.dst, net->addr, sizeof(r.dst));
	err = nl_route_add(w->nl, &r);
	if (err == -EEXIST && nl_route_get(w->nl, net->family, net->addr, &now) == 0 &&
	    now.ifindex == w->ifindex)
		return 0;
	return err;
}

int way_add_default(struct way *w, int family)
{
	struct ip_net half = {.family = family, .bits = 1};
	int err = way_add(w, &half);

	half.addr[0] = 0x80;
	return err ? err : way_add(w, &half);
}

void way_undo(struct way *w)
{
	int err;

	if (!w->pinned)
		return;
	err = nl_route_del(w->nl, &w->pin);
	if (err && err != -ESRCH)
		log_warn("the route to the server stays behind: %s", strerror(-err));
	w->pinned = false;
}
