/* SPDX-License-Identifier: MIT */
/*
 * A machine with all it borrows, and ways to bring it into every state through its own doors. For
 * tests of lib/sstp; include after cmocka.h.
 */
#ifndef TESTS_UNIT_SSTP_RIG_H
#define TESTS_UNIT_SSTP_RIG_H

#include <string.h>

#include "lib/sstp/machine.h"
#include "lib/sstp/table.h"

#define RIG_RING 64

struct rig {
	struct machine m;
	struct outq out;
	struct drbg random;
	struct tracer trace;
	struct sstp_trace ring[RIG_RING];
	uint64_t now;
};

static const uint8_t rig_hlak[SSTP_HLAK] = {1, 2, 3, 4, 5, 6, 7, 8};

static inline void rig_init(struct rig *r, enum sstp_role role)
{
	struct sstp_config cfg = {.role = role};
	const uint8_t seed[32] = {42};

	memset(r, 0, sizeof(*r));
	memset(cfg.cert_sha1, 0x11, sizeof(cfg.cert_sha1));
	memset(cfg.cert_sha256, 0x22, sizeof(cfg.cert_sha256));
	r->now = 1000;
	outq_init(&r->out);
	drbg_init(&r->random, seed);
	tracer_init(&r->trace, r->ring, RIG_RING);
	machine_init(&r->m, &cfg, &r->out, &r->random, &r->trace);
}

/* Takes the next message out of the queue; returns its length, 0 when there is none. */
static inline size_t rig_sent(struct rig *r, uint8_t msg[SSTP_PACKET_MAX])
{
	const uint8_t *p;
	size_t n = outq_peek(&r->out, &p);

	if (n)
		memcpy(msg, p, n);
	outq_sent(&r->out, n);
	return n;
}

/* Empties the queue and the flags. */
static inline void rig_quiet(struct rig *r)
{
	uint8_t msg[SSTP_PACKET_MAX];
	struct sstp_trace t;

	while (rig_sent(r, msg))
		;
	machine_flags(&r->m);
	while (tracer_next(&r->trace, &t))
		;
}

static inline void rig_feed(struct rig *r, const void *msg, size_t n)
{
	machine_control(&r->m, rd_init(msg, n), r->now);
}

/* Writes the message of a type as a good peer sends it in this call; returns its length. */
static inline size_t rig_message(struct rig *r, unsigned type, uint8_t msg[SSTP_PACKET_MAX])
{
	struct wr w = wr_init(msg, SSTP_PACKET_MAX);
	struct sstp_refusal refusal = {SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID,
				       SSTP_STATUS_VALUE_NOT_SUPPORTED,
				       {(const uint8_t *)"\0\2", 2}};
	static const uint8_t nonce[SSTP_NONCE] = {7, 7, 7};

	switch (type) {
	case SSTP_MSG_CALL_CONNECT_REQUEST:
		sstp_put_request(&w);
		break;
	case SSTP_MSG_CALL_CONNECT_ACK:
		sstp_put_ack(&w, 3, nonce);
		break;
	case SSTP_MSG_CALL_CONNECT_NAK:
		sstp_put_nak(&w, &refusal, 1);
		break;
	case SSTP_MSG_CALL_CONNECTED:
		sstp_put_connected(&w, SSTP_HASH_SHA256, r->m.nonce, r->m.cert_sha256);
		binding_seal(msg, rig_hlak);
		break;
	case SSTP_MSG_CALL_ABORT:
		sstp_put_abort(&w, SSTP_ATTRIB_STATUS_INFO, SSTP_STATUS_INVALID_FRAME_RECEIVED);
		break;
	case SSTP_MSG_CALL_DISCONNECT:
		sstp_put_disconnect(&w);
		break;
	default:
		sstp_put_plain(&w, type);
	}
	return wr_len(&w);
}

static inline void rig_feed_type(struct rig *r, unsigned type)
{
	uint8_t msg[SSTP_PACKET_MAX];

	rig_feed(r, msg, rig_message(r, type, msg));
}

/* Brings the machine to the state Call_Connected. */
static inline void rig_connect(struct rig *r)
{
	bool server = r->m.role == SSTP_SERVER;

	machine_start(&r->m, r->now);
	rig_feed_type(r, server ? SSTP_MSG_CALL_CONNECT_REQUEST : SSTP_MSG_CALL_CONNECT_ACK);
	machine_authenticated(&r->m, rig_hlak, r->now);
	if (server)
		rig_feed_type(r, SSTP_MSG_CALL_CONNECTED);
}

/* Makes a machine that is in `state` with nothing left to do. */
static inline void rig_to(struct rig *r, enum sstp_role role, enum sstp_state state)
{
	static const struct sstp_why why = {.who = SSTP_BY_US, .err = -95};

	rig_init(r, role);
	switch (state) {
	case SSTP_DISCONNECTED:
		break;
	case SSTP_REQUEST_SENT:
	case SSTP_REQUEST_PENDING:
		machine_start(&r->m, r->now);
		break;
	case SSTP_ACK_RECEIVED:
	case SSTP_CONNECTED_PENDING:
		machine_start(&r->m, r->now);
		rig_feed_type(r, role == SSTP_SERVER ? SSTP_MSG_CALL_CONNECT_REQUEST
						     : SSTP_MSG_CALL_CONNECT_ACK);
		break;
	default:
		rig_connect(r);
	}
	if (state == SSTP_DISCONNECT_ACK_PENDING)
		machine_disconnect(&r->m, &why, r->now);
	if (state == SSTP_DISCONNECT_TIMEOUT_PENDING)
		rig_feed_type(r, SSTP_MSG_CALL_DISCONNECT);
	if (state == SSTP_ABORT_PENDING)
		rig_feed_type(r, 99);
	if (state == SSTP_ABORT_TIMEOUT_PENDING)
		rig_feed_type(r, SSTP_MSG_CALL_ABORT);
	rig_quiet(r);
}

#endif
