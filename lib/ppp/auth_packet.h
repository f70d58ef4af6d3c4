/* SPDX-License-Identifier: MIT */
/*
 * The packets of PAP (RFC 1334 2.2), CHAP (RFC 1994 4) and EAP (RFC 3748 4, 5;
 * draft-kamath-pppext-eap-mschapv2 2) behind the head that frame.h parses. Not for what they mean.
 *
 * Every parser takes what follows the head and yields views of it. Most return 0, or
 * SSTP_E_AUTH_PACKET when a length does not fit; the views that could be read are set even then, so
 * that a packet can be shown as far as it goes.
 */
#ifndef LIB_PPP_AUTH_PACKET_H
#define LIB_PPP_AUTH_PACKET_H

#include "lib/base/cursor.h"

enum pap_code {
	PAP_REQUEST = 1,
	PAP_ACK,
	PAP_NAK,
};

enum chap_code {
	CHAP_CHALLENGE = 1,
	CHAP_RESPONSE,
	CHAP_SUCCESS,
	CHAP_FAILURE,
};

enum eap_code {
	EAP_REQUEST = 1,
	EAP_RESPONSE,
	EAP_SUCCESS,
	EAP_FAILURE,
};

enum eap_type {
	EAP_IDENTITY = 1,
	EAP_NOTIFICATION = 2,
	EAP_NAK = 3,
	EAP_MD5 = 4,
	EAP_MSCHAPV2 = 26,
	EAP_EXPANDED = 254,
};

/* The OpCodes of EAP-MSCHAPv2; a response has the one of its request but for Challenge/Response. */
enum mschapv2_op {
	MSCHAPV2_CHALLENGE = 1,
	MSCHAPV2_RESPONSE,
	MSCHAPV2_SUCCESS,
	MSCHAPV2_FAILURE,
};

struct pap_request {
	struct view user;
	struct view password;
};

/* A Challenge or Response, of CHAP as of EAP-MD5 and EAP-MSCHAPv2. */
struct chap_value {
	struct view value;
	struct view name;
};

struct eap_mschapv2 {
	uint8_t op;
	uint8_t id;     /* MS-CHAPv2-ID; 0 in the short form */
	bool brief;     /* nothing but the OpCode: Success and Failure Response */
	struct rd body; /* what follows MS-Length */
};

/* Parses a PAP Authenticate-Request (RFC 1334 2.2.1). */
int pap_parse_request(struct rd data, struct pap_request *out);
/*
 * Parses a PAP Authenticate-Ack or -Nak (RFC 1334 2.2.2). A packet that ends before the length of
 * the message is taken as one without a message: some peers send it so.
 */
int pap_parse_reply(struct rd data, struct view *message);
/* Parses a CHAP Challenge or Response; an empty value is malformed (RFC 1994 4.1). */
int chap_parse_value(struct rd data, struct chap_value *out);
/* Parses what follows the type of an EAP-MSCHAPv2 packet; MS-Length must cover it exactly. */
int eap_parse_mschapv2(struct rd data, struct eap_mschapv2 *out);
/*
 * Splits an MS-CHAPv2 Failure's message (RFC 2759 6) into the code of E=, which it returns, and the
 * words of M=. Returns 0, and all of it as words, when it has another form.
 */
unsigned mschapv2_parse_failure(struct rd message, struct view *words);

#endif
