/* SPDX-License-Identifier: MIT */
/* Connections of sstpctl: lines in, lines out. What a line asks for is ctl_verbs.c's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/log.h"
#include "io/net.h"
#include "server/ctl.h"
#include "server/main.h"

#define REQUEST_MOST 4096 /* bytes of a line */
#define CLIENTS_MOST 16

struct ctl_client {
	struct ctl_client *next;
	struct ctl *ctl;
	uint64_t number;
	int fd;
	struct loop_fd io;
	bool asked;    /* an answer is due; no further line is read */
	bool overlong; /* the line is too long: answered, and then closed */
	char in[REQUEST_MOST];
	size_t in_n;
	char *out; /* the answer with its line end */
	size_t out_n, out_at;
};

static void close_client(struct ctl_client *c)
{
	struct ctl_client **at = &c->ctl->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	loop_fd_want(&c->io, 0);
	close(c->fd);
	free(c->out);
	free(c);
}

static struct ctl_client *find_client(struct ctl *ctl, uint64_t number)
{
	struct ctl_client *c = ctl->clients;

	while (c && c->number != number)
		c = c->next;
	return c;
}

/* Carries out the first whole line of what came; false when there is none. */
static bool take_line(struct ctl_client *c)
{
	char *end = memchr(c->in, '\n', c->in_n);
	json_error_t err;
	json_t *request;
	size_t n;

	if (!end || c->asked)
		return false;
	n = (size_t)(end - c->in);
	request = json_loadb(c->in, n, JSON_REJECT_DUPLICATES, &err);
	c->in_n -= n + 1;
	memmove(c->in, end + 1, c->in_n);
	c->asked = true;
	if (json_is_object(request))
		ctl_request(c->ctl, c->number, request);
	else
		ctl_refuse(c->ctl, c->number, "the request is not a JSON object on one line");
	json_decref(request);
	return true;
}

/* Sends what is left of the answer; returns false when the client is gone. */
static bool send_answer(struct ctl_client *c)
{
	ssize_t sent =
		send(c->fd, c->out + c->out_at, c->out_n - c->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		close_client(c);
		return false;
	}
	if (sent > 0)
		c->out_at += (size_t)sent;
	if (c->out_at < c->out_n) {
		loop_fd_want(&c->io, LOOP_WRITE);
		return true;
	}
	free(c->out);
	c->out = NULL;
	c->asked = false;
	if (c->overlong) {
		close_client(c);
		return false;
	}
	loop_fd_want(&c->io, LOOP_READ);
	return true;
}

/* Reads what has come, and carries out what is whole. */
static void read_client(struct ctl_client *c)
{
	ssize_t got = read(c->fd, c->in + c->in_n, sizeof(c->in) - c->in_n);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		close_client(c);
		return;
	}
	c->in_n += (size_t)got;
	if (!take_line(c) && !c->asked && c->in_n == sizeof(c->in)) {
		c->asked = c->overlong = true;
		ctl_refuse(c->ctl, c->number, "the request is too long");
	}
}

static void on_client(void *arg, unsigned ready)
{
	struct ctl_client *c = arg;

	(void)ready;
	if (c->out) {
		if (send_answer(c))
			take_line(c);
	} else {
		read_client(c);
	}
}

void ctl_answer(struct ctl *ctl, uint64_t client, json_t *answer)
{
	struct ctl_client *c = find_client(ctl, client);
	char *text = c ? json_dumps(answer, JSON_COMPACT) : NULL;
	size_t n = text ? strlen(text) : 0;

	json_decref(answer);
	if (!c)
		return;
	c->out = text ? realloc(text, n + 1) : NULL;
	if (!c->out) {
		free(text);
		log_error("no memory for an answer to sstpctl");
		shutdown(c->fd, SHUT_RDWR);
		return;
	}
	c->out[n] = '\n';
	c->out_n = n + 1;
	c->out_at = 0;
	loop_fd_want(&c->io, LOOP_WRITE);
}

void ctl_refuse(struct ctl *ctl, uint64_t client, const char *text)
{
	ctl_answer(ctl, client, json_pack("{s:b, s:s}", "ok", 0, "error", text));
}

static unsigned count_clients(const struct ctl *ctl)
{
	unsigned n = 0;

	for (const struct ctl_client *c = ctl->clients; c; c = c->next)
		n++;
	return n;
}

static void on_connect(void *arg, unsigned ready)
{
	struct ctl *ctl = arg;
	int fd = net_accept(ctl->fd, NULL);
	struct ctl_client *c;

	(void)ready;
	if (fd < 0)
		return;
	c = count_clients(ctl) < CLIENTS_MOST ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		log_warn("a connection of sstpctl was refused: %u are there", CLIENTS_MOST);
		close(fd);
		return;
	}
	c->ctl = ctl;
	c->fd = fd;
	c->number = ++ctl->last_client;
	c->next = ctl->clients;
	ctl->clients = c;
	loop_fd_init(ctl->daemon->loop, &c->io, fd, on_client, c);
	loop_fd_want(&c->io, LOOP_READ);
}

void ctl_start(struct ctl *ctl, struct daemon *d, int fd)
{
	*ctl = (struct ctl){.daemon = d, .fd = fd};
	loop_fd_init(d->loop, &ctl->io, fd, on_connect, ctl);
	loop_fd_want(&ctl->io, LOOP_READ);
}

void ctl_stop(struct ctl *ctl)
{
	if (!ctl->daemon || ctl->fd < 0)
		return;
	for (struct ctl_client *next, *c = ctl->clients; c; c = next) {
		next = c->next;
		close_client(c);
	}
	loop_fd_want(&ctl->io, 0);
	close(ctl->fd);
	ctl->fd = -1;
	unlink(ctl->daemon->conf.control);
}
