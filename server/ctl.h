/* SPDX-License-Identifier: MIT */
/*
 * The control socket: sstpctl's other end, on the main thread. A request is a JSON object on a
 * line, {"verb": "kick", "id": 3}; so is its answer, {"ok": true, "kicked": 1} or {"ok": false,
 * "error": "..."}. One request at a time on a connection. ctl_verbs.def has the verbs.
 */
#ifndef SERVER_CTL_H
#define SERVER_CTL_H

#include <jansson.h>

#include "io/loop.h"

struct daemon;
struct ctl_client;

struct ctl {
	struct daemon *daemon;
	int fd; /* -1: closed */
	struct loop_fd io;
	struct ctl_client *clients;
	uint64_t last_client; /* numbers given to clients */
};

/* Starts to serve the listening socket fd, which is ctl's from now on. */
void ctl_start(struct ctl *ctl, struct daemon *d, int fd);
/* Closes the socket and all connections, and removes the socket's file. Answers that come later
 * are dropped. Does nothing when ctl was not started. */
void ctl_stop(struct ctl *ctl);

/* Answers the client whose number it is, if it is still there; takes `answer` over. */
void ctl_answer(struct ctl *ctl, uint64_t client, json_t *answer);
/* The same with {"ok": false, "error": text}. */
void ctl_refuse(struct ctl *ctl, uint64_t client, const char *text);
/* Carries a request out; the answer comes by ctl_answer(), now or later. */
void ctl_request(struct ctl *ctl, uint64_t client, const json_t *request);

#endif
