/* SPDX-License-Identifier: MIT */
/*
 * SSTP packets and attributes (MS-SSTP 2.2): bytes to struct and back, nothing else. The machine
 * (machine.h), the link and the analyser all use these; there is no second parser.
 */
#ifndef LIB_SSTP_PACKET_H
#define LIB_SSTP_PACKET_H

#include "lib/base/cursor.h"

#define SSTP_VERSION       0x10
#define SSTP_HEADER        4    /* bytes of the header of every packet */
#define SSTP_PACKET_MAX    4095 /* the length field has 12 bits */
#define SSTP_NONCE         32
#define SSTP_CONNECTED_LEN 112 /* bytes of a CALL_CONNECTED with its one attribute */

enum sstp_msg {
	SSTP_MSG_NONE,
	SSTP_MSG_CALL_CONNECT_REQUEST,
	SSTP_MSG_CALL_CONNECT_ACK,
	SSTP_MSG_CALL_CONNECT_NAK,
	SSTP_MSG_CALL_CONNECTED,
	SSTP_MSG_CALL_ABORT,
	SSTP_MSG_CALL_DISCONNECT,
	SSTP_MSG_CALL_DISCONNECT_ACK,
	SSTP_MSG_ECHO_REQUEST,
	SSTP_MSG_ECHO_RESPONSE,
	SSTP_MSGS
};

enum sstp_attrib {
	SSTP_ATTRIB_NO_ERROR,
	SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID,
	SSTP_ATTRIB_STATUS_INFO,
	SSTP_ATTRIB_CRYPTO_BINDING,
	SSTP_ATTRIB_CRYPTO_BINDING_REQ,
	SSTP_ATTRIBS
};

/* MS-SSTP 2.2.8. */
enum sstp_status {
	SSTP_STATUS_NO_ERROR,
	SSTP_STATUS_DUPLICATE_ATTRIBUTE,
	SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE,
	SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH,
	SSTP_STATUS_VALUE_NOT_SUPPORTED,
	SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED,
	SSTP_STATUS_RETRY_COUNT_EXCEEDED,
	SSTP_STATUS_INVALID_FRAME_RECEIVED,
	SSTP_STATUS_NEGOTIATION_TIMEOUT,
	SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG,
	SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING,
	SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG,
	SSTP_STATUSES
};

/* Names as MS-SSTP writes them without prefix ("CALL_CONNECT_REQUEST"); "UNKNOWN" for what it does
 * not name, never NULL. */
const char *sstp_msg_name(unsigned type);
const char *sstp_attrib_name(unsigned id);
const char *sstp_status_name(uint32_t status);

/* A packet's header. */
struct sstp_header {
	uint8_t version;
	bool control;
	uint16_t length; /* of the whole packet, 12 bits; reserved bits are not kept */
};

/*
 * Reads a header (2.2.1) from at least SSTP_HEADER bytes. Returns 0, or what makes the stream
 * impossible to delineate (3.1.5.1): SSTP_E_VERSION, SSTP_E_PACKET_LENGTH (under 4).
 */
int sstp_parse_header(const uint8_t b[SSTP_HEADER], struct sstp_header *out);

/* A control packet's body: type, count, and a reader over the attributes. */
struct sstp_control {
	uint16_t type;
	uint16_t count;
	struct rd attrs;
};

/*
 * Reads a control packet's body, the bytes after the header (2.2.2). Returns 0 or SSTP_E_TRUNCATED
 * (under 4 bytes). The type may be unknown. Attributes are only cut by sstp_next_attr().
 */
int sstp_parse_control(struct rd body, struct sstp_control *out);

/* One attribute: its value is `length` - 4 bytes. */
struct sstp_attr {
	uint8_t id;
	uint16_t length; /* as declared, header included, 12 bits */
	struct rd value;
};

/*
 * Cuts the next attribute off r by its declared length (2.2.4). Returns 0, SSTP_E_TRUNCATED when
 * the length is under 4 or runs past r's end; r is used up then.
 */
int sstp_next_attr(struct rd *r, struct sstp_attr *out);

/*
 * Each reads the value of one kind of attribute and returns 0, or SSTP_E_ATTR_LENGTH when it has
 * not the length of its kind. What *out points to are the bytes of v.
 */

/* Reads an Encapsulated Protocol ID value (2.2.5). */
int sstp_parse_protocol(struct rd v, uint16_t *protocol);

/* Crypto Binding Request (2.2.6). */
struct sstp_binding_req {
	uint8_t hashes;       /* bitmask, upper six bits cleared */
	const uint8_t *nonce; /* SSTP_NONCE octets */
};
/* Reads a Crypto Binding Request value. */
int sstp_parse_binding_req(struct rd v, struct sstp_binding_req *out);

/* Crypto Binding (2.2.7); cert and mac are 32 octets each, of which SHA1 uses the first 20. */
struct sstp_binding {
	uint8_t hash;
	const uint8_t *nonce;
	const uint8_t *cert;
	const uint8_t *mac;
};
/* Reads a Crypto Binding value. */
int sstp_parse_binding(struct rd v, struct sstp_binding *out);

/* Status Info (2.2.8). */
struct sstp_status_info {
	uint8_t attrib;
	uint32_t status;
	struct view value; /* AttribValue, at most 64 octets in a NAK */
};
/* Reads a Status Info value, of 8 octets or more. */
int sstp_parse_status(struct rd v, struct sstp_status_info *out);

/* What is wrong with one attribute of a CALL_CONNECT_REQUEST. */
struct sstp_refusal {
	uint8_t attrib;
	uint32_t status;
	struct view value; /* the refused value, to be sent back up to 64 octets */
};
#define SSTP_REFUSALS_MAX 32 /* more faults than these in one request are not listed */
#define SSTP_VALUE_MAX    64 /* octets of a refused value that a NAK sends back (2.2.8) */

/* Each writes one whole packet, header included; w turns bad when it does not fit. */

/* CALL_CONNECT_REQUEST (2.2.9) for PPP. */
void sstp_put_request(struct wr *w);
/* CALL_CONNECT_ACK (2.2.10). */
void sstp_put_ack(struct wr *w, uint8_t hashes, const uint8_t nonce[SSTP_NONCE]);
/* CALL_CONNECT_NAK (2.2.12) with one Status Info for each of the n refusals, at least 1. */
void sstp_put_nak(struct wr *w, const struct sstp_refusal *r, unsigned n);
/* CALL_CONNECTED with the compound MAC zeroed; binding_seal() fills it in. */
void sstp_put_connected(struct wr *w, uint8_t hash, const uint8_t nonce[SSTP_NONCE],
			const uint8_t cert[32]);
/* CALL_ABORT; attrib and status both 0 leaves the Status Info out. */
void sstp_put_abort(struct wr *w, uint8_t attrib, uint32_t status);
/* CALL_DISCONNECT (2.2.14) with a Status Info of NO_ERROR. */
void sstp_put_disconnect(struct wr *w);
/* A message without attributes: CALL_DISCONNECT_ACK, ECHO_REQUEST, ECHO_RESPONSE. */
void sstp_put_plain(struct wr *w, enum sstp_msg type);
/* Writes the header of a data packet of `payload` bytes into b. */
void sstp_put_data_header(uint8_t b[SSTP_HEADER], size_t payload);

/*
 * Writes a control packet (header included) in words: "call-connect-ack hashes=sha1,sha256
 * nonce=...". What does not fit its length is said; the mere beginning of a packet, whose header
 * says that it goes on, ends behind its last whole attribute.
 */
struct text;
void sstp_show(struct text *t, struct rd packet);

#endif
