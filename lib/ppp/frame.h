/* SPDX-License-Identifier: MIT */
/*
 * PPP frames and the packets of control protocols inside them: heads only. Not for options
 * (negotiate.h) and not for what a packet means.
 */
#ifndef LIB_PPP_FRAME_H
#define LIB_PPP_FRAME_H

#include "lib/base/cursor.h"
#include "lib/base/outq.h"
#include "lib/base/tracer.h"

/* Octets in front of a packet in a unit: room for the SSTP header, FF 03, the protocol. */
#define PPP_UNIT_HEAD 8
/* Octets of a packet's head: code, identifier, length. */
#define CP_HEAD 4

/* The head that LCP, the NCPs and the authentication protocols share (RFC 1661 5, RFC 1994 4). */
struct cp_packet {
	uint8_t code;
	uint8_t id;
	struct rd data;   /* what follows the head, without padding */
	struct rd packet; /* head and data */
};

/*
 * Parses a control protocol's packet. Octets behind its length are padding and ignored (RFC 1661
 * 5). Returns 0, or SSTP_E_PPP_LENGTH when the length is below 4 or runs past the frame: discard
 * it. *out is filled in as far as there are octets even then, so that it can be shown.
 */
int cp_parse_packet(struct rd payload, struct cp_packet *out);

/*
 * Opens a unit in q for a frame of `protocol` with at most max octets behind its head, and writes
 * four zero octets (room for the SSTP header), FF 03 and the protocol. FF 03 is always sent: some
 * peers end the call without it (RFC 1661 6.6 makes leaving it out optional).
 */
struct wr ppp_begin_frame(struct outq *q, uint16_t protocol, size_t max);
/*
 * Closes the unit and records it as sent, secrets cut out. Returns false when it did not fit and
 * is lost, as if on the wire: retransmission is the protocols' business.
 */
bool ppp_end_frame(struct outq *q, struct tracer *t, const struct wr *w);
/* Records a received control frame, from its protocol field on, secrets cut out. */
void ppp_trace_frame(struct tracer *t, enum sstp_trace_kind kind, struct rd frame);

#endif
