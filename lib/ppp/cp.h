/* SPDX-License-Identifier: MIT */
/*
 * One control protocol at work (RFC 1661 4, 5): the automaton's owner. It parses packets into
 * events, executes the actions, keeps the restart timer and the counters. Which options there are
 * is said by a table of rows (negotiate.h); LCP, IPCP and IPV6CP embed a struct cp as their first
 * member.
 */
#ifndef LIB_PPP_CP_H
#define LIB_PPP_CP_H

#include "lib/base/drbg.h"
#include "lib/base/outq.h"
#include "lib/base/timer.h"
#include "lib/base/tracer.h"
#include "lib/ppp/automaton.h"
#include "lib/ppp/frame.h"
#include "lib/ppp/negotiate.h"

/* The codes of RFC 1661 5 and RFC 1570 2. */
enum cp_code {
	CP_CONFIGURE_REQUEST = 1,
	CP_CONFIGURE_ACK,
	CP_CONFIGURE_NAK,
	CP_CONFIGURE_REJECT,
	CP_TERMINATE_REQUEST,
	CP_TERMINATE_ACK,
	CP_CODE_REJECT,
	CP_PROTOCOL_REJECT, /* LCP only from here on */
	CP_ECHO_REQUEST,
	CP_ECHO_REPLY,
	CP_DISCARD_REQUEST,
	CP_IDENTIFICATION,
	CP_TIME_REMAINING,
};

#define CP_MAX_CONFIGURE 10 /* RFC 1661 4.6 */
#define CP_MAX_TERMINATE 2
#define CP_MAX_FAILURE   5
#define CP_REQUEST_MAX   64 /* octets of options in a request of ours */
#define CP_MESSAGE_MAX   96 /* octets kept of the peer's words in a Terminate-Request */

/* What a control protocol borrows from its owner. */
struct cp_env {
	struct outq *out;
	struct tracer *trace;
	struct drbg *random;
	uint32_t restart_ms;
	uint16_t peer_mru; /* what the peer can take; LCP sets it */
};

/* What makes a control protocol this one and not another. */
struct cp_protocol {
	uint16_t number;
	uint8_t layer; /* enum sstp_layer */
	const struct cp_table *options;
	/* Our values, and the peer's, are as if nothing had been negotiated yet. */
	void (*reset_ours)(struct cp *c);
	void (*reset_theirs)(struct cp *c);
	/* Codes above Code-Reject that are known, as bits, and what takes them when Opened. */
	uint32_t extra_codes;
	void (*extra)(struct cp *c, const struct cp_packet *p, uint64_t now);
};

/* What happened and the owner has to see to; bits, in the order in which to look at them. */
enum cp_signal {
	CP_SIG_DOWN = 1 << 0,     /* this layer down */
	CP_SIG_UP = 1 << 1,       /* this layer up */
	CP_SIG_FINISHED = 1 << 2, /* this layer finished: err says why, 0 when it was closed */
	CP_SIG_REJECTED = 1 << 3, /* LCP: a protocol was rejected */
};

struct cp {
	const struct cp_protocol *protocol;
	struct cp_env *env;
	enum cp_state state;
	struct timer restart;
	uint8_t counter;  /* of restarts */
	uint8_t last_id;  /* of the last packet of ours that needed a new one */
	uint8_t naks;     /* Configure-Naks sent since our last Configure-Ack */
	uint8_t rejects;  /* Configure-Rejects sent since then */
	uint8_t refused;  /* Naks and Rejects taken since the negotiation began */
	bool outstanding; /* our Configure-Request has no valid answer yet */
	uint32_t off;     /* rows (bits) that the peer rejected */
	unsigned signals; /* enum cp_signal */
	int err;          /* why it failed */
	bool by_peer;     /* whether the peer terminated it */
	uint8_t request_id;
	uint8_t request_len;
	uint8_t request[CP_REQUEST_MAX];  /* the options of our Configure-Request */
	char message[CP_MESSAGE_MAX + 1]; /* the words of the peer's Terminate-Request, printable */
};

/* Makes c a protocol in state Initial. Both arguments are borrowed for its life. */
void cp_init(struct cp *c, const struct cp_protocol *protocol, struct cp_env *env);
/* The events Open, Close, Up and Down (RFC 1661 4.3). cp_close()'s err is what c->err will tell. */
void cp_open(struct cp *c, uint64_t now);
void cp_close(struct cp *c, int err, uint64_t now);
void cp_up(struct cp *c, uint64_t now);
void cp_down(struct cp *c, uint64_t now);
/* Takes a packet, the payload of a frame of its protocol. */
void cp_input(struct cp *c, struct rd payload, uint64_t now);
/* The peer refuses something that it can (bad: can not) be lived without. */
void cp_rejected(struct cp *c, bool bad, uint64_t now);
/* Returns when cp_tick() is due, and runs what is due. */
uint64_t cp_deadline(const struct cp *c);
void cp_tick(struct cp *c, uint64_t now);
/* Returns and clears the signals. */
unsigned cp_signals(struct cp *c);
/* Sends a packet of a code with the given id and data, cut off to fit the peer. */
void cp_send(struct cp *c, uint8_t code, uint8_t id, struct view data);
/* Returns a new identifier. */
uint8_t cp_new_id(struct cp *c);
/*
 * Copies untrusted words into out (n bytes), cut off, as printable ASCII with a NUL. Octets above
 * ASCII become '?'; with control characters they are no words, and out is empty.
 */
void cp_copy_words(char *out, size_t n, struct rd words);

#endif
