/* SPDX-License-Identifier: MIT */
/*
 * Sockets: listening, accepting, dialling, and their options. Everything is non-blocking and
 * close-on-exec. Not for names (dns.h) and not for what flows (tls.h).
 * Functions that may fail return -errno.
 */
#ifndef IO_NET_H
#define IO_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "io/loop.h"
#include "io/lull.h"
#include "io/path.h"

/* An IPv4 or IPv6 address with a port. */
struct net_addr {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

#define NET_ADDR_TEXT 72 /* room for any address as text */
#define NET_HOST_MAX  254

/* Makes an address of the 4 (AF_INET) or 16 (AF_INET6) octets at ip. */
struct net_addr net_addr_make(int family, const uint8_t *ip, uint16_t port);
/* Reads "10.0.0.1:443", "[fd00::1]:443", or either without the port, which is then `port`; no
 * names. Returns 0 or -EINVAL. */
int net_addr_parse(const char *text, uint16_t port, struct net_addr *out);
/* Writes the address as "10.0.0.1:443" or "[fd00::1]:443"; returns buf. */
const char *net_addr_text(const struct net_addr *a, char buf[NET_ADDR_TEXT]);
/* The same without port and brackets. */
const char *net_addr_ip(const struct net_addr *a, char buf[NET_ADDR_TEXT]);
/* Returns the address's port. */
uint16_t net_addr_port(const struct net_addr *a);
/*
 * Splits "HOST", "HOST:PORT", "1.2.3.4:PORT", "[v6]:PORT", "[v6]" or a bare "v6" into the host,
 * without brackets, and the port, left as it is when none stands there. Returns 0, or -EINVAL for
 * an empty or overlong host, or a port out of 1 to 65535.
 */
int net_split_host(const char *text, char host[NET_HOST_MAX], uint16_t *port);

/*
 * Opens a listening TCP socket with SO_REUSEADDR and SO_REUSEPORT; IPv6 sockets take IPv6 only.
 * Returns the descriptor, the caller's to close, or -errno.
 */
int net_listen(const struct net_addr *a, int backlog);
/* Opens a listening stream socket at a path with the given mode; a dead socket there is removed, a
 * live one is -EADDRINUSE. */
int net_listen_unix(const char *path, unsigned mode);
/* Connects to the stream socket at a path, waiting for it. The descriptor is a blocking one. */
int net_connect_unix(const char *path);
/* Accepts one connection; -EAGAIN when none waits. *peer may be NULL. */
int net_accept(int fd, struct net_addr *peer);
#define NET_CONGESTION      16    /* bytes of a congestion control's name, its end included */
#define NET_CONGESTION_AUTO "bbr" /* what "auto" asks for */

/* Returns the congestion control that a setting asks for: NET_CONGESTION_AUTO for "auto", "" for
 * "system", which is what the kernel gives, and any other as it is. */
const char *net_wanted_congestion(const char *setting);
/*
 * Sets the TCP congestion control of a connection, or of a listening socket for all that it will
 * accept; the kernel loads it as a module where it has to and the caller is privileged. Returns 0;
 * -ENOENT when the kernel has none of that name, -EPERM when it is only for the privileged: the
 * connection stays with what it has.
 */
int net_set_congestion(int fd, const char *name);
/* Writes the name of the congestion control that fd uses into buf, "unknown" for no TCP socket.
 * Returns buf. */
const char *net_congestion(int fd, char buf[NET_CONGESTION]);
/*
 * Says whether this kernel has, or loads for the caller, the congestion control, which may be
 * "auto" or "system": true, or false with the sentence that says it has not, and which ones it has,
 * in why (n bytes).
 */
bool net_has_congestion(const char *name, char *why, size_t n);
/* Returns what TCP knows of the path of fd's connection. */
struct path_facts net_path(int fd);
/* Returns what BBR says of fd's connection; all zero where another congestion control runs. */
struct bbr net_bbr(int fd);
/* Returns what TCP says of what is on its way on fd's connection. */
struct lull_flight net_flight(int fd);
/*
 * Sets what a tunnel's TCP connection wants from its beginning: no delay, keep-alive, the
 * congestion control, unless it is "", and what net_suit() sets for the path as it looks now. What
 * the kernel refuses is left out: all of it is about speed only.
 */
void net_tune(int fd, const char *congestion);
/*
 * Sets what suits the path: few unsent bytes in the kernel, for what waits there CoDel does not
 * see; some more for a near peer, to whom they are gone at once. A short path that loses nothing is
 * filled with what the peer has room for: what may be on its way, and wait at the peer, is bounded
 * there (with CAP_NET_ADMIN).
 */
void net_suit(int fd, const struct path *path);
/*
 * Lets the congestion control of fd, if it is `name`, measure the path anew, as for a new
 * connection. For when BBR believes in too little: on a path that loses packets it may take what it
 * sees of thin traffic for all that the path carries, and finds out the truth in seconds only.
 * Returns whether it was done: not where the kernel keeps `name` from the caller, who could leave
 * it, and not come back.
 */
bool net_start_anew(int fd, const char *name);
/* Acknowledges what has come on fd's connection at once: usually that waits for something to send.
 */
void net_acknowledge(int fd);
/* Lets at most so many bytes a second leave; 0: any number. */
void net_limit(int fd, uint64_t rate);
/* Reads the local address of a socket; -errno when it has none. */
int net_local(int fd, struct net_addr *out);

#define NET_DIAL_MAX 8

/*
 * One dial: tries the addresses in order, starts the next one when the one before has failed or has
 * not answered within 250 ms (RFC 8305 5), and keeps the first that answers.
 */
struct net_dial {
	struct loop *loop;
	struct net_addr addr[NET_DIAL_MAX];
	struct loop_fd fd[NET_DIAL_MAX];
	int sock[NET_DIAL_MAX];
	unsigned n;       /* addresses */
	unsigned started; /* how many were tried */
	unsigned open;    /* how many are under way */
	int err;          /* -errno of the last one that failed */
	int mark;
	uint64_t deadline;
	struct loop_timer timer;
	void (*done)(void *arg, int fd, const struct net_addr *to);
	void *arg;
};

/*
 * Dials the n (at least 1; more than NET_DIAL_MAX are ignored) addresses. `done` is told once,
 * never from within this call: the connected descriptor, the callee's, and where it leads; or
 * -errno of the last failure, -ETIMEDOUT after timeout_ms, and NULL. mark, if not 0, is set as
 * SO_MARK.
 */
void net_dial_start(struct net_dial *d, struct loop *l, const struct net_addr *addr, unsigned n,
		    uint32_t timeout_ms, int mark,
		    void (*done)(void *arg, int fd, const struct net_addr *to), void *arg);
/* Gives the dial up without telling `done`; does nothing once it was told. */
void net_dial_cancel(struct net_dial *d);

#endif
