/* SPDX-License-Identifier: MIT */
/*
 * A call without fault as a list of named messages, which a test damages and then has judged: no
 * capture, no TLS. The commands that damage it are described in judge/README.md.
 */
#ifndef TESTS_ANALYSE_JUDGE_STREAM_H
#define TESTS_ANALYSE_JUDGE_STREAM_H

#include "analyse/calls.h"

#define STREAM_MESSAGES 64
#define STREAM_BYTES    8192

/* What one side sends at once. */
struct message {
	char name[40];
	enum way way;
	uint64_t wait_ms; /* after the one before */
	size_t n;
	uint8_t bytes[STREAM_BYTES];
};

struct stream {
	struct message message[STREAM_MESSAGES];
	size_t n;
	uint8_t hash; /* SSTP_HASH_SHA1 or SSTP_HASH_SHA256 */
	uint16_t port;
	unsigned calls;    /* how often the call is made */
	char proxy[512];   /* request to a proxy in front; "": none */
	enum flow_end how; /* how the connection ends */
	enum way by;       /* who resets it, or closes it first */
	bool middle;       /* it begins before the capture */
	bool unanswered;
	enum way alert_way;     /* who sends a TLS alert at the end */
	uint8_t alert;          /* its description; 0: none */
	char closed[WAYS][128]; /* why a direction cannot be read; "": it can */
	const char *password;   /* to check compound MACs with; NULL: none is given */
	uint8_t cert_sha1[20];  /* of the server's certificate */
	uint8_t cert_sha256[32];
};

/* Makes the call without fault. */
void stream_init(struct stream *s, uint8_t hash);
/* Executes one command; returns 0, or -1 when it is none or names nothing. */
int stream_damage(struct stream *s, const char *command);
/* Has the call judged; sink and ctx are told. */
void stream_judge(const struct stream *s, const struct calls_sink *sink, void *ctx);

#endif
