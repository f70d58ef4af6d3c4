/* SPDX-License-Identifier: MIT */
/* net.h but for dialling, which is in net_dial.c. */
#include "io/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define UNSENT_FAR     65536 /* bytes in the kernel that wait for their first sending */
#define UNSENT_NEAR    262144
#define FLIGHT_NEAR    524288 /* bytes that a near peer is sent ahead of what it takes */
#define SUPER_MOST     65215 /* bytes of a super-packet's segments: Linux leaves the headers room */
#define BBR_STARTS     (2 << 8) /* BBR's own way to write a gain of 2 */
#define KEEPALIVE_IDLE 120      /* s: the protocol's own hello timers are quicker when they run */

struct net_addr net_addr_make(int family, const uint8_t *ip, uint16_t port)
{
	struct net_addr a;

	memset(&a, 0, sizeof(a));
	if (family == AF_INET) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
		memcpy(&a.v4.sin_addr, ip, 4);
		a.len = sizeof(a.v4);
	} else {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
		memcpy(&a.v6.sin6_addr, ip, 16);
		a.len = sizeof(a.v6);
	}
	return a;
}

/* Reads a decimal port of 1 to 65535. */
static bool read_port(const char *text, uint16_t *port)
{
	unsigned value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > 65535)
			return false;
	}
	*port = (uint16_t)value;
	return value != 0;
}

int net_split_host(const char *text, char host[NET_HOST_MAX], uint16_t *port)
{
	const char *end, *tail;
	size_t n;

	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return -EINVAL;
		tail = end + 1;
	} else {
		tail = strchr(text, ':');
		if (tail && strchr(tail + 1, ':'))
			tail = NULL; /* two colons without brackets: an IPv6 address alone */
		end = tail ? tail : text + strlen(text);
	}
	n = (size_t)(end - text);
	if (n == 0 || n >= NET_HOST_MAX)
		return -EINVAL;
	if (tail && *tail == ':' && !read_port(tail + 1, port))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	return 0;
}

int net_addr_parse(const char *text, uint16_t port, struct net_addr *out)
{
	char host[NET_HOST_MAX];
	uint8_t ip[16];

	if (net_split_host(text, host, &port) < 0)
		return -EINVAL;
	if (inet_pton(AF_INET, host, ip) == 1)
		*out = net_addr_make(AF_INET, ip, port);
	else if (inet_pton(AF_INET6, host, ip) == 1)
		*out = net_addr_make(AF_INET6, ip, port);
	else
		return -EINVAL;
	return 0;
}

const char *net_addr_ip(const struct net_addr *a, char buf[NET_ADDR_TEXT])
{
	const void *ip = a->any.sa_family == AF_INET ? (const void *)&a->v4.sin_addr
						     : (const void *)&a->v6.sin6_addr;

	if (!inet_ntop(a->any.sa_family, ip, buf, NET_ADDR_TEXT))
		snprintf(buf, NET_ADDR_TEXT, "?");
	return buf;
}

const char *net_addr_text(const struct net_addr *a, char buf[NET_ADDR_TEXT])
{
	bool v6 = a->any.sa_family == AF_INET6;
	char ip[NET_ADDR_TEXT];
	int n = snprintf(buf, NET_ADDR_TEXT, "%s%.46s%s:%u", v6 ? "[" : "", net_addr_ip(a, ip),
			 v6 ? "]" : "", net_addr_port(a));

	return n < 0 ? "?" : buf;
}

uint16_t net_addr_port(const struct net_addr *a)
{
	return ntohs(a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
}

/* Closes fd and returns the error that was at hand. */
static int close_with_error(int fd)
{
	int err = errno;

	close(fd);
	return -err;
}

static int set_one(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on));
}

int net_listen(const struct net_addr *a, int backlog)
{
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (set_one(fd, SOL_SOCKET, SO_REUSEADDR) < 0 ||
	    set_one(fd, SOL_SOCKET, SO_REUSEPORT) < 0 ||
	    (a->any.sa_family == AF_INET6 && set_one(fd, IPPROTO_IPV6, IPV6_V6ONLY) < 0) ||
	    bind(fd, &a->any, a->len) < 0 || listen(fd, backlog) < 0)
		return close_with_error(fd);
	return fd;
}

static int unix_addr(const char *path, struct sockaddr_un *out)
{
	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(out->sun_path))
		return -ENAMETOOLONG;
	memcpy(out->sun_path, path, strlen(path));
	return 0;
}

int net_connect_unix(const char *path)
{
	struct sockaddr_un a;
	int fd, err = unix_addr(path, &a);

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return close_with_error(fd);
	return fd;
}

int net_listen_unix(const char *path, unsigned mode)
{
	struct sockaddr_un a;
	int fd, err = unix_addr(path, &a);
	mode_t mask;

	if (err)
		return err;
	fd = net_connect_unix(path);
	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd == -ECONNREFUSED)
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	mask = umask(~mode & 0777); /* born with its mode: no moment in which others may connect */
	err = bind(fd, (struct sockaddr *)&a, sizeof(a));
	umask(mask);
	if (err < 0 || listen(fd, 16) < 0)
		return close_with_error(fd);
	return fd;
}

int net_accept(int fd, struct net_addr *peer)
{
	struct net_addr a;
	int got;

	memset(&a, 0, sizeof(a));
	a.len = sizeof(a.v6);
	do
		got = accept4(fd, &a.any, &a.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (got < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (got < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (peer)
		*peer = a;
	return got;
}

/* Sets an option that is about speed only: refused is as good as not asked for. */
static void wish(int fd, int level, int option, const void *value, socklen_t n)
{
	(void)!setsockopt(fd, level, option, value, n);
}

void net_tune(int fd, const char *congestion)
{
	static const int on = 1, idle = KEEPALIVE_IDLE;
	const struct path_facts facts = net_path(fd);
	struct path path = {0};

	wish(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	wish(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	wish(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	if (*congestion)
		(void)net_set_congestion(fd, congestion);
	path_judge(&path, &facts, false, 0);
	net_suit(fd, &path);
}

/*
 * Bounds what was sent and not acknowledged on a calm path, one that is short and loses nothing, or
 * gives that back to the kernel, which lets it grow to megabytes. Kernels before 5.15 cannot take a
 * bound back (SO_BUF_LOCK): they get none.
 */
static void bound_flight(int fd, bool is_calm)
{
	static const int bound = FLIGHT_NEAR, unlocked = 0;
	int locked;
	socklen_t n = sizeof(locked);

	if (getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &locked, &n) < 0)
		return;
	if (is_calm)
		wish(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bound, sizeof(bound));
	else if (locked)
		wish(fd, SOL_SOCKET, SO_BUF_LOCK, &unlocked, sizeof(unlocked));
}

void net_suit(int fd, const struct path *path)
{
	const int unsent = path_is_near(path) ? UNSENT_NEAR : UNSENT_FAR;

	bound_flight(fd, path_is_near(path) && !path_loses(path));
	wish(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

const char *net_wanted_congestion(const char *setting)
{
	if (strcmp(setting, "system") == 0)
		return "";
	return strcmp(setting, "auto") == 0 ? NET_CONGESTION_AUTO : setting;
}

int net_set_congestion(int fd, const char *name)
{
	socklen_t n = (socklen_t)strlen(name);

	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, n) < 0 ? -errno : 0;
}

/* Writes the congestion controls that the kernel has at hand, with blanks in between. */
static void list_congestion(char *buf, int n)
{
	FILE *in = fopen("/proc/sys/net/ipv4/tcp_available_congestion_control", "re");

	if (!in || !fgets(buf, n, in))
		snprintf(buf, (size_t)n, "others"); /* no /proc here */
	if (in)
		fclose(in);
	buf[strcspn(buf, "\n")] = '\0';
}

/* Sets a congestion control also where it is set, which by itself does nothing: from reno, which is
 * there always, for everybody. Returns what net_set_congestion() does. */
static int set_anew(int fd, const char *name)
{
	int err = net_set_congestion(fd, "reno");

	return err ? err : net_set_congestion(fd, name);
}

/* Returns what set_anew() does, on a socket of its own. */
static int try_congestion(const char *name)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = set_anew(fd, name);
	close(fd);
	return err;
}

bool net_has_congestion(const char *name, char *why, size_t n)
{
	const bool is_ours = strcmp(name, "auto") == 0 || strcmp(name, "system") == 0;
	int err = is_ours ? 0 : try_congestion(name);
	char names[256];

	if (err == -ENOENT) {
		list_congestion(names, sizeof(names));
		snprintf(why, n, "this kernel has no TCP congestion control \"%s\"; it has %s%s",
			 name, names, geteuid() == 0 ? "" : ", and may load more for root");
	} else if (err) {
		snprintf(why, n, "the TCP congestion control \"%s\" cannot be used: %s%s", name,
			 strerror(-err), err == -EPERM ? "; it is for root" : "");
	}
	return err == 0;
}

const char *net_congestion(int fd, char buf[NET_CONGESTION])
{
	socklen_t n = NET_CONGESTION - 1;

	memset(buf, 0, NET_CONGESTION);
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, buf, &n) < 0)
		snprintf(buf, NET_CONGESTION, "unknown");
	return buf;
}

bool net_start_anew(int fd, const char *name)
{
	char runs[NET_CONGESTION];

	return strcmp(net_congestion(fd, runs), name) == 0 && try_congestion(name) == 0 &&
	       set_anew(fd, name) == 0;
}

void net_acknowledge(int fd)
{
	const int on = 1;

	wish(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

void net_limit(int fd, uint64_t rate)
{
	const uint64_t most = rate ? rate : UINT64_MAX;

	wish(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &most, sizeof(most));
}

struct bbr net_bbr(int fd)
{
	union tcp_cc_info info;
	socklen_t n = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, &info, &n) < 0 || /* Linux 4.2 */
	    n < sizeof(info.bbr))
		return (struct bbr){0};
	return (struct bbr){info.bbr.bbr_min_rtt, info.bbr.bbr_pacing_gain, info.bbr.bbr_cwnd_gain,
			    (uint64_t)info.bbr.bbr_bw_hi << 32 | info.bbr.bbr_bw_lo};
}

/* Returns how many bytes leave at once, of segments of mss bytes. */
static uint32_t super_size(uint32_t mss)
{
	return mss == 0 || mss > SUPER_MOST ? mss : SUPER_MOST / mss * mss;
}

/* Asks TCP for what it knows of fd's connection; false when it says nothing. */
static bool ask_tcp(int fd, struct tcp_info *info)
{
	socklen_t n = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &n) == 0;
}

struct path_facts net_path(int fd)
{
	struct path_facts facts = {0};
	struct tcp_info info;

	if (ask_tcp(fd, &info)) {
		const struct bbr bbr = net_bbr(fd);

		facts.rtt_us = info.tcpi_rtt;
		facts.rtt_min_us = info.tcpi_min_rtt; /* Linux 4.6 */
		facts.sent = info.tcpi_data_segs_out; /* Linux 4.6 */
		facts.resent = info.tcpi_total_retrans;
		facts.needless = info.tcpi_dsack_dups; /* Linux 4.19 */
		facts.rate = info.tcpi_delivery_rate;  /* Linux 4.9 */
		facts.flight = info.tcpi_unacked;
		facts.acked = info.tcpi_bytes_acked; /* Linux 4.1 */
		facts.super_size = super_size(info.tcpi_snd_mss);
		facts.is_starting = bbr.pacing_gain > BBR_STARTS;
		facts.belief = bbr.rate;
	}
	return facts;
}

struct lull_flight net_flight(int fd)
{
	struct tcp_info info;

	if (!ask_tcp(fd, &info))
		return (struct lull_flight){0};
	return (struct lull_flight){.segments = info.tcpi_unacked,
				    .unsent = info.tcpi_notsent_bytes, /* Linux 4.6 */
				    .rtt_us = info.tcpi_rtt,
				    .rate = info.tcpi_delivery_rate};
}

int net_local(int fd, struct net_addr *out)
{
	memset(out, 0, sizeof(*out));
	out->len = sizeof(out->v6);
	return getsockname(fd, &out->any, &out->len) < 0 ? -errno : 0;
}
