/* SPDX-License-Identifier: MIT */
/*
 * Judges the content of control messages (MS-SSTP 2.2.9 to 2.2.15, 3.2.5.3, 3.3.5.2). A message is
 * judged only in a state that takes it: the machine asks. For the files of this room only.
 */
#ifndef LIB_SSTP_CHECK_H
#define LIB_SSTP_CHECK_H

#include "lib/sstp/packet.h"

/* What is wrong with a message, and what CALL_ABORT has to say about it. */
struct check {
	int err;        /* 0: nothing */
	uint8_t attrib; /* AttribID and Status for CALL_ABORT */
	uint32_t status;
	size_t off; /* where in the packet */
};

/* A message without attributes: CALL_DISCONNECT_ACK, ECHO_REQUEST, ECHO_RESPONSE (2.2.15). */
struct check check_plain(struct sstp_control c);
/* CALL_DISCONNECT: that its attributes can be cut; what they say is tolerated. */
struct check check_disconnect(struct sstp_control c);
/* CALL_CONNECT_NAK (2.2.12): one Status Info or more and nothing else; *out is the first. */
struct check check_nak(struct sstp_control c, struct sstp_status_info *out);
/* CALL_CONNECT_ACK (2.2.10, 3.2.5.3.2): one Crypto Binding Request with a hash that is in `hashes`.
 * Points into the message. */
struct check check_ack(struct sstp_control c, uint8_t hashes, struct sstp_binding_req *out);
/* CALL_CONNECTED (2.2.11, 3.3.5.2.3): exactly one Crypto Binding of 104 octets. The binding itself
 * is binding_check()'s. *out points into the message. */
struct check check_connected(struct sstp_control c, struct sstp_binding *out);
/*
 * CALL_CONNECT_REQUEST (2.2.9, 3.3.5.2.2). A result without error says that the message can be cut:
 * it is acceptable when *n, the number of refusals, is 0. Refused values point into the message.
 */
struct check check_request(struct sstp_control c, struct sstp_refusal r[SSTP_REFUSALS_MAX],
			   unsigned *n);
/* Reads the first Status Info of a CALL_ABORT or CALL_DISCONNECT, malformed as it may be;
 * false when there is none. */
bool find_status(struct sstp_control c, struct sstp_status_info *out);

#endif
