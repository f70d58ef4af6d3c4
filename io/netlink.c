/* SPDX-License-Identifier: MIT */
/* netlink.h over libmnl. */
#include "io/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_MAX 512
#define ANSWER_MAX  16384

struct netlink {
	struct mnl_socket *sock;
	uint32_t seq;
	char request[REQUEST_MAX];
	char answer[ANSWER_MAX];
};

struct netlink *nl_open(void)
{
	struct netlink *nl = calloc(1, sizeof(*nl));

	if (!nl)
		return NULL;
	nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (nl->sock && mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(nl->sock);
		nl->sock = NULL;
	}
	if (!nl->sock) {
		free(nl);
		return NULL;
	}
	return nl;
}

void nl_close(struct netlink *nl)
{
	if (!nl)
		return;
	mnl_socket_close(nl->sock);
	free(nl);
}

unsigned nl_ifindex(const char *name)
{
	return if_nametoindex(name);
}

/* Begins a request in nl's buffer. */
static struct nlmsghdr *begin(struct netlink *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->request);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++nl->seq;
	return h;
}

/* Sends the request and takes its answers; cb, if not NULL, is given each message of data. */
static int talk(struct netlink *nl, const struct nlmsghdr *h, mnl_cb_t cb, void *data)
{
	unsigned port = mnl_socket_get_portid(nl->sock);
	int more = MNL_CB_OK;

	if (mnl_socket_sendto(nl->sock, h, h->nlmsg_len) < 0)
		return -errno;
	while (more > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(nl->sock, nl->answer, sizeof(nl->answer));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		more = mnl_cb_run(nl->answer, (size_t)got, nl->seq, port, cb, data);
		if (more < 0)
			return -errno;
		if (cb && more == MNL_CB_OK && !(h->nlmsg_flags & NLM_F_ACK))
			break; /* one answer, no acknowledgement after it */
	}
	return 0;
}

static size_t addr_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

int nl_link_set(struct netlink *nl, unsigned ifindex, bool up, uint32_t mtu)
{
	struct nlmsghdr *h = begin(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	ifi->ifi_change = IFF_UP;
	ifi->ifi_flags = up ? IFF_UP : 0;
	if (mtu)
		mnl_attr_put_u32(h, IFLA_MTU, mtu);
	return talk(nl, h, NULL, NULL);
}

int nl_link_queue(struct netlink *nl, unsigned ifindex, uint32_t packets)
{
	struct nlmsghdr *h = begin(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	mnl_attr_put_u32(h, IFLA_TXQLEN, packets);
	return talk(nl, h, NULL, NULL);
}

int nl_link_discipline(struct netlink *nl, unsigned ifindex, const char *name)
{
	struct nlmsghdr *h = begin(nl, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));

	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_ROOT;
	mnl_attr_put_strz(h, TCA_KIND, name);
	return talk(nl, h, NULL, NULL);
}

int nl_link_addrgen_none(struct netlink *nl, unsigned ifindex)
{
	struct nlmsghdr *h = begin(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	struct nlattr *spec, *inet6;

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(h, AF_INET6);
	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(h, inet6);
	mnl_attr_nest_end(h, spec);
	return talk(nl, h, NULL, NULL);
}

static int change_addr(struct netlink *nl, bool add, unsigned ifindex, int family,
		       const uint8_t *addr, uint8_t bits, const uint8_t *peer)
{
	struct nlmsghdr *h = begin(nl, add ? RTM_NEWADDR : RTM_DELADDR,
				   add ? NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL : NLM_F_ACK);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));
	size_t n = addr_size(family);

	ifa->ifa_family = (uint8_t)family;
	ifa->ifa_prefixlen = bits;
	ifa->ifa_index = ifindex;
	if (family == AF_INET6)
		mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD);
	mnl_attr_put(h, IFA_LOCAL, n, addr);
	mnl_attr_put(h, IFA_ADDRESS, n, peer ? peer : addr);
	return talk(nl, h, NULL, NULL);
}

int nl_addr_add(struct netlink *nl, unsigned ifindex, int family, const uint8_t *addr, uint8_t bits,
		const uint8_t *peer)
{
	return change_addr(nl, true, ifindex, family, addr, bits, peer);
}

int nl_addr_del(struct netlink *nl, unsigned ifindex, int family, const uint8_t *addr, uint8_t bits,
		const uint8_t *peer)
{
	return change_addr(nl, false, ifindex, family, addr, bits, peer);
}

static int change_route(struct netlink *nl, bool add, const struct nl_route *r)
{
	struct nlmsghdr *h = begin(nl, add ? RTM_NEWROUTE : RTM_DELROUTE,
				   add ? NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL : NLM_F_ACK);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(h, sizeof(*rtm));
	size_t n = addr_size(r->family);

	rtm->rtm_family = (uint8_t)r->family;
	rtm->rtm_dst_len = r->bits;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = RTPROT_STATIC;
	rtm->rtm_type = r->unreachable ? RTN_UNREACHABLE : RTN_UNICAST;
	rtm->rtm_scope = r->has_gateway || r->unreachable || r->family == AF_INET6
				 ? RT_SCOPE_UNIVERSE
				 : RT_SCOPE_LINK;
	if (r->bits)
		mnl_attr_put(h, RTA_DST, n, r->dst);
	if (r->has_gateway)
		mnl_attr_put(h, RTA_GATEWAY, n, r->gateway);
	if (r->ifindex)
		mnl_attr_put_u32(h, RTA_OIF, r->ifindex);
	if (r->metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	if (r->has_src)
		mnl_attr_put(h, RTA_PREFSRC, n, r->src);
	if (r->mtu) {
		struct nlattr *metrics = mnl_attr_nest_start(h, RTA_METRICS);

		mnl_attr_put_u32(h, RTAX_MTU, r->mtu);
		mnl_attr_nest_end(h, metrics);
	}
	return talk(nl, h, NULL, NULL);
}

int nl_route_add(struct netlink *nl, const struct nl_route *r)
{
	return change_route(nl, true, r);
}

int nl_route_del(struct netlink *nl, const struct nl_route *r)
{
	return change_route(nl, false, r);
}

static int on_route_attr(const struct nlattr *attr, void *data)
{
	struct nl_route *out = data;
	const void *value = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr), n = addr_size(out->family);
	uint16_t type = mnl_attr_get_type(attr);

	if (type == RTA_OIF && len == 4) {
		out->ifindex = mnl_attr_get_u32(attr);
	} else if (type == RTA_GATEWAY && len == n) {
		memcpy(out->gateway, value, n);
		out->has_gateway = true;
	} else if (type == RTA_PREFSRC && len == n) {
		memcpy(out->src, value, n);
		out->has_src = true;
	}
	return MNL_CB_OK;
}

/* Reads the kernel's answer to RTM_GETROUTE. */
static int on_route(const struct nlmsghdr *h, void *data)
{
	struct nl_route *out = data;
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	out->unreachable = rtm->rtm_type == RTN_UNREACHABLE || rtm->rtm_type == RTN_BLACKHOLE ||
			   rtm->rtm_type == RTN_PROHIBIT;
	return mnl_attr_parse(h, sizeof(*rtm), on_route_attr, out);
}

int nl_route_get(struct netlink *nl, int family, const uint8_t *dst, struct nl_route *out)
{
	struct nlmsghdr *h = begin(nl, RTM_GETROUTE, 0);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(h, sizeof(*rtm));
	size_t n = addr_size(family);

	memset(out, 0, sizeof(*out));
	out->family = family;
	out->bits = (uint8_t)(n * 8);
	memcpy(out->dst, dst, n);
	rtm->rtm_family = (uint8_t)family;
	rtm->rtm_dst_len = out->bits;
	mnl_attr_put(h, RTA_DST, n, dst);
	return talk(nl, h, on_route, out);
}
