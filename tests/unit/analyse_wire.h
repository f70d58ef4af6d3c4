/* SPDX-License-Identifier: MIT */
/*
 * Makes captures for tests of the analyser: frames of a TCP connection, and a pcap file in memory.
 * Puts headers by its own hand, so that the parsers under test do not mark their own work.
 */
#ifndef TESTS_UNIT_ANALYSE_WIRE_H
#define TESTS_UNIT_ANALYSE_WIRE_H

#include "analyse/capture.h"
#include "analyse/packet.h"

#include <stdlib.h>

#define WIRE_FRAME_MAX 65600

/* A pcap file that grows. */
struct wire {
	uint8_t *p;
	size_t n;
	size_t size;
	uint64_t ns; /* time stamp of the next frame */
};

/* A connection between 10.0.0.1:client and 10.0.0.2:server. */
struct wire_tcp {
	uint16_t client;
	uint16_t server;
	uint32_t seq[WAYS]; /* next sequence number of who sends that way */
	size_t mss;
};

static inline void wire_add(struct wire *w, const void *p, size_t n)
{
	if (w->n + n > w->size) {
		w->size = (w->n + n) * 2;
		w->p = realloc(w->p, w->size);
		if (!w->p)
			abort();
	}
	if (n)
		memcpy(w->p + w->n, p, n);
	w->n += n;
}

static inline void wire_le32(struct wire *w, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

	wire_add(w, b, 4);
}

/* Starts a pcap file with nanosecond time stamps. */
static inline void wire_init(struct wire *w, uint32_t link)
{
	*w = (struct wire){.ns = 1700000000000000000u};
	wire_le32(w, 0xa1b23c4d);
	wire_le32(w, 4u << 16 | 2);
	wire_le32(w, 0);
	wire_le32(w, 0);
	wire_le32(w, 262144);
	wire_le32(w, link);
}

/* Adds a frame of which n of `whole` bytes were captured. */
static inline void wire_frame(struct wire *w, const uint8_t *p, size_t n, size_t whole)
{
	wire_le32(w, (uint32_t)(w->ns / 1000000000u));
	wire_le32(w, (uint32_t)(w->ns % 1000000000u));
	wire_le32(w, (uint32_t)n);
	wire_le32(w, (uint32_t)whole);
	wire_add(w, p, n);
	w->ns += 100000; /* 0.1 ms */
}

/* Writes Ethernet, IPv4 and TCP headers and n payload bytes to frame; returns its length. */
static inline size_t wire_build(uint8_t frame[WIRE_FRAME_MAX], const struct wire_tcp *t,
				enum way way, unsigned flags, uint32_t seq, uint32_t ack,
				const uint8_t *p, size_t n)
{
	struct wr w = wr_init(frame, WIRE_FRAME_MAX);
	bool up = way == WAY_TO_SERVER;

	wr_bytes(&w, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0", 14);
	wr_bytes(&w, "\x45\0", 2);
	wr_be16(&w, (uint16_t)(40 + n));
	wr_bytes(&w, "\0\0\x40\0\x40\x06\0\0", 8);
	wr_be32(&w, up ? 0x0a000001 : 0x0a000002);
	wr_be32(&w, up ? 0x0a000002 : 0x0a000001);
	wr_be16(&w, up ? t->client : t->server);
	wr_be16(&w, up ? t->server : t->client);
	wr_be32(&w, seq);
	wr_be32(&w, ack);
	wr_be16(&w, (uint16_t)(0x5000 | flags));
	wr_be16(&w, 65535);
	wr_be32(&w, 0);
	wr_bytes(&w, p, n);
	if (w.bad)
		abort();
	return wr_len(&w);
}

/* Adds one segment; its sequence number is what was sent before. */
static inline void wire_segment(struct wire *w, struct wire_tcp *t, enum way way, unsigned flags,
				const uint8_t *p, size_t n)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	size_t size = wire_build(frame, t, way, flags, t->seq[way], t->seq[way_back(way)], p, n);

	wire_frame(w, frame, size, size);
	t->seq[way] += (uint32_t)n + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
}

/* Adds n bytes in segments of the connection's size. */
static inline void wire_send(struct wire *w, struct wire_tcp *t, enum way way, const uint8_t *p,
			     size_t n)
{
	while (n) {
		size_t some = n < t->mss ? n : t->mss;

		wire_segment(w, t, way, TCP_ACK | TCP_PSH, p, some);
		p += some;
		n -= some;
	}
}

/* Starts a connection with its three segments. */
static inline void wire_connect(struct wire *w, struct wire_tcp *t)
{
	if (!t->mss)
		t->mss = 1448;
	wire_segment(w, t, WAY_TO_SERVER, TCP_SYN, NULL, 0);
	wire_segment(w, t, WAY_TO_CLIENT, TCP_SYN | TCP_ACK, NULL, 0);
	wire_segment(w, t, WAY_TO_SERVER, TCP_ACK, NULL, 0);
}

/* Ends a connection. */
static inline void wire_close(struct wire *w, struct wire_tcp *t)
{
	wire_segment(w, t, WAY_TO_SERVER, TCP_FIN | TCP_ACK, NULL, 0);
	wire_segment(w, t, WAY_TO_CLIENT, TCP_FIN | TCP_ACK, NULL, 0);
	wire_segment(w, t, WAY_TO_SERVER, TCP_ACK, NULL, 0);
}

/* Opens what was made as a capture. */
static inline struct capture *wire_open(const struct wire *w)
{
	char why[CAPTURE_WHY];
	struct capture *c;

	if (capture_open_source(&c, source_of_bytes(w->p, w->n), "test", why) < 0)
		abort();
	return c;
}

static inline void wire_fini(struct wire *w)
{
	free(w->p);
	*w = (struct wire){0};
}

#endif
