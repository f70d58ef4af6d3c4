/* SPDX-License-Identifier: MIT */
/*
 * From packets to application data: the door between the capture and the dissection. Give it every
 * frame; it calls the sink back with headers, TLS records, handshake messages, application data in
 * order, and notes about what is missing or cannot be read. Streams are TLS, or SSTP without TLS as
 * behind a TLS terminator; other TCP streams are followed but not handed out.
 *
 *	struct flow *f = flow_new(keys, &how, &sink, ctx);
 *	while ((got = capture_next(c, &frame)) > CAPTURE_END)
 *		if (got == CAPTURE_FRAME)
 *			flow_frame(f, &frame);
 *		else if (got == CAPTURE_SECRETS)
 *			flow_secrets(f, capture_secrets(c));
 *		else
 *			flow_idle(f);
 *	flow_finish(f);
 *	flow_free(f);
 *
 * Order of calls for one frame: packet; then, for what the frame completes, any of opened, record,
 * message, data, note, finished, closed; then done. A record is told before its messages and data.
 * flow_secrets(), flow_idle() and flow_finish() call back too, outside of any frame, for what was
 * held back until then. Views and structs are valid during the call, a flow_conn until after its
 * closed call.
 */
#ifndef ANALYSE_FLOW_H
#define ANALYSE_FLOW_H

#include "analyse/packet.h"
#include "analyse/tcp.h"
#include "analyse/tls.h"

#define FLOW_CONNS_MAX 8192u       /* connections followed at once, unless told */
#define FLOW_BUDGET    (32u << 20) /* bytes that all hold back together, unless told */
#define FLOW_MEMORY    (64u << 20) /* bytes that the program may have allocated, unless told */

enum flow_kind {
	FLOW_UNKNOWN, /* no byte was seen yet */
	FLOW_TLS,
	FLOW_PLAIN, /* SSTP over TCP: a TLS terminator took the TLS off */
	FLOW_OTHER,
};

/* How a connection ended. */
enum flow_end {
	FLOW_END_FIN,     /* both sides closed */
	FLOW_END_RESET,   /* a side reset it */
	FLOW_END_REUSED,  /* its addresses and ports belong to a new connection */
	FLOW_END_EVICTED, /* too many connections at once: the one idle for longest was let go */
	FLOW_END_CAPTURE, /* the capture ended first */
};

struct flow_peer {
	uint8_t version; /* 4 or 6 */
	uint8_t ip[16];  /* IPv4: the first 4 */
	uint16_t port;
};

struct flow_conn {
	uint32_t number; /* from 0, in order of appearance, as Wireshark's tcp.stream */
	enum flow_kind kind;
	bool middle;                 /* it began before the capture */
	bool proxied;                /* through an HTTP proxy, which peer[WAY_TO_CLIENT] is then */
	struct flow_peer peer[WAYS]; /* [WAY_TO_SERVER]: the client, who sends that way */
	struct origin first;
	struct origin last;
	uint64_t packets[WAYS];
	uint64_t bytes[WAYS];        /* of TCP payload as captured, retransmissions too */
	uint64_t lost[WAYS];         /* of the stream that the capture has not got */
	const struct tls_facts *tls; /* FLOW_TLS only */
	void *user;                  /* the sink's; NULL until it sets it */
};

/* A frame, and what TCP makes of it. */
struct flow_packet {
	const struct packet *headers;
	struct flow_conn *conn; /* NULL: it is not TCP, or cut off */
	enum way way;
	uint32_t seq;   /* relative to the start of the stream */
	uint32_t ack;   /* likewise, when the ACK flag is set */
	unsigned notes; /* enum tcp_note bits; known in done() */
};

/* Callbacks; NULL: not interested. ctx is what flow_new() was given. */
struct flow_sink {
	void (*packet)(void *ctx, const struct flow_packet *p);
	/* The kind is known, and who is the client. Not called for FLOW_OTHER. */
	void (*opened)(void *ctx, struct flow_conn *c);
	void (*record)(void *ctx, struct flow_conn *c, const struct tls_record *r);
	void (*message)(void *ctx, struct flow_conn *c, const struct tls_message *m);
	void (*data)(void *ctx, struct flow_conn *c, const struct tls_data *d);
	void (*note)(void *ctx, struct flow_conn *c, const struct note *n);
	/* A side sent its FIN, and all before it was handed out. */
	void (*finished)(void *ctx, struct flow_conn *c, enum way way);
	/* The last call for a connection that opened. by: who reset it. */
	void (*closed)(void *ctx, struct flow_conn *c, enum flow_end why, enum way by);
	void (*done)(void *ctx, const struct flow_packet *p);
};

struct flow_config {
	uint32_t conns; /* 0: FLOW_CONNS_MAX */
	size_t budget;  /* 0: FLOW_BUDGET */
	/* 0: FLOW_MEMORY. When the whole program has allocated more, the connections that are idle
	 * for longest are let go, and with them what was made for them. */
	size_t memory;
	bool more_keys; /* keys may still come: the capture is live, or may hold secrets */
};

struct flow_stats {
	uint64_t frames;
	uint64_t tcp;       /* frames with a TCP segment */
	uint64_t fragments; /* IP fragments */
	uint64_t conns;     /* connections seen */
	uint64_t evicted;
	uint64_t lost;    /* bytes of streams that the capture has not got */
	size_t held_peak; /* most bytes held back at once */
};

struct flow;

/* Makes an analyser; keys must outlive it and are filled by the caller, also later. NULL: no
 * memory. */
struct flow *flow_new(struct tls_keys *keys, const struct flow_config *how,
		      const struct flow_sink *sink, void *ctx);
/* Takes the next frame of the capture. */
void flow_frame(struct flow *f, const struct frame *frame);
/* Takes key log text that came between the frames; what waits for it is tried again. */
void flow_secrets(struct flow *f, struct view text);
/* Nothing comes for a moment: looks whether key logs have grown. */
void flow_idle(struct flow *f);
/* The capture has ended: hands out what is held back, and closes every connection. */
void flow_finish(struct flow *f);
/* Tells what was seen so far. */
void flow_stats(const struct flow *f, struct flow_stats *out);
/* Frees f without a word to the sink. NULL is allowed. */
void flow_free(struct flow *f);

#endif
