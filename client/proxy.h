/* SPDX-License-Identifier: MIT */
/* The way through an HTTP proxy (MS-SSTP 4.5): CONNECT, and its reply. Without authentication, as
 * the protocol has none. */
#ifndef CLIENT_PROXY_H
#define CLIENT_PROXY_H

#include <stddef.h>
#include <stdint.h>

#include "io/net.h"

#define PROXY_HEAD_MAX 4096

/* One exchange with a proxy. */
struct proxy {
	char out[NET_HOST_MAX * 2 + 128];
	size_t out_n, out_at;
	char in[PROXY_HEAD_MAX];
	size_t in_n;
	char error[160];
};

enum proxy_result {
	PROXY_READ,   /* wait until the socket is readable */
	PROXY_WRITE,  /* wait until it is writable */
	PROXY_DONE,   /* the way to the server is open */
	PROXY_FAILED, /* error says why, as a clause */
};

/* Prepares p to ask for the way to host and port. */
void proxy_init(struct proxy *p, const char *host, uint16_t port);
/* Goes on over the socket; takes not one byte more than the proxy's reply. */
enum proxy_result proxy_go(struct proxy *p, int fd);
/* Judges the n bytes of a reply's head: PROXY_READ while it is not complete. */
enum proxy_result proxy_judge(struct proxy *p);

#endif
