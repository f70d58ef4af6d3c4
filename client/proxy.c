/* SPDX-License-Identifier: MIT */
/* proxy.h. The lines of the head are cut by lib/http. */
#include "client/proxy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/cursor.h"
#include "lib/base/text.h"
#include "lib/http/head.h"

void proxy_init(struct proxy *p, const char *host, uint16_t port)
{
	bool v6 = strchr(host, ':') != NULL;
	char at[NET_HOST_MAX + 16];
	int n;

	memset(p, 0, sizeof(*p));
	snprintf(at, sizeof(at), "%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "", port);
	n = snprintf(p->out, sizeof(p->out),
		     "CONNECT %s HTTP/1.1\r\nHost: %s\r\nSSTPVERSION: 1.0\r\n\r\n", at, at);
	p->out_n = n > 0 && (size_t)n < sizeof(p->out) ? (size_t)n : 0;
}

static enum proxy_result fail(struct proxy *p, const char *what, const char *detail)
{
	snprintf(p->error, sizeof(p->error), "%s%s", what, detail);
	return PROXY_FAILED;
}

enum proxy_result proxy_judge(struct proxy *p)
{
	struct rd r = rd_init(p->in, p->in_n);
	struct view line, version, status;
	char words[100];
	struct text t = text_init(words, sizeof(words));

	if (p->in_n < 4 || memcmp(p->in + p->in_n - 4, "\r\n\r\n", 4) != 0)
		return p->in_n < sizeof(p->in)
			       ? PROXY_READ
			       : fail(p, "its reply is longer than any head should be", "");
	line = head_line(&r);
	text_safe(&t, line.p, line.n);
	version = head_word(&line);
	status = head_word(&line);
	if (!head_is(version, "HTTP/1.1") && !head_is(version, "HTTP/1.0"))
		return fail(p, "it does not answer in HTTP: ", words);
	if (status.n != 3 || status.p[0] != '2')
		return fail(p, "it answered ", words);
	return PROXY_DONE;
}

/* Reads byte by byte: what follows the head is TLS's. */
static enum proxy_result take(struct proxy *p, int fd)
{
	enum proxy_result result = PROXY_READ;

	while (result == PROXY_READ) {
		ssize_t got = recv(fd, p->in + p->in_n, 1, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return PROXY_READ;
		if (got < 0)
			return fail(p, "the connection to it broke: ", strerror(errno));
		if (got == 0)
			return fail(p, "it closed the connection", "");
		p->in_n++;
		result = proxy_judge(p);
	}
	return result;
}

enum proxy_result proxy_go(struct proxy *p, int fd)
{
	while (p->out_at < p->out_n) {
		ssize_t sent = send(fd, p->out + p->out_at, p->out_n - p->out_at, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return PROXY_WRITE;
		if (sent < 0)
			return fail(p, "the connection to it broke: ", strerror(errno));
		p->out_at += (size_t)sent;
	}
	return take(p, fd);
}
