/* SPDX-License-Identifier: MIT */
/* Writes SSTP packets; see packet.h. Every reserved bit and octet is zero (MS-SSTP 2.2). */
#include "lib/sstp/packet.h"

#define PROTOCOL_PPP 1

/* Begins a control packet; finish() fills in its length. */
static void begin(struct wr *w, enum sstp_msg type, uint16_t attributes)
{
	wr_u8(w, SSTP_VERSION);
	wr_u8(w, 1);
	wr_be16(w, 0);
	wr_be16(w, (uint16_t)type);
	wr_be16(w, attributes);
}

/* Sets the length of the packet that is all of w. */
static void finish(struct wr *w)
{
	if (wr_len(w) > SSTP_PACKET_MAX)
		w->bad = true;
	wr_patch16(w, 2, (uint16_t)wr_len(w));
}

/* Begins an attribute with a value of n octets. */
static void put_attr(struct wr *w, enum sstp_attrib id, size_t n)
{
	wr_u8(w, 0);
	wr_u8(w, (uint8_t)id);
	wr_be16(w, (uint16_t)(4 + n));
}

static void put_status(struct wr *w, uint8_t attrib, uint32_t status, struct view value)
{
	put_attr(w, SSTP_ATTRIB_STATUS_INFO, 8 + value.n);
	wr_zero(w, 3);
	wr_u8(w, attrib);
	wr_be32(w, status);
	wr_bytes(w, value.p, value.n);
}

void sstp_put_request(struct wr *w)
{
	begin(w, SSTP_MSG_CALL_CONNECT_REQUEST, 1);
	put_attr(w, SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID, 2);
	wr_be16(w, PROTOCOL_PPP);
	finish(w);
}

void sstp_put_ack(struct wr *w, uint8_t hashes, const uint8_t nonce[SSTP_NONCE])
{
	begin(w, SSTP_MSG_CALL_CONNECT_ACK, 1);
	put_attr(w, SSTP_ATTRIB_CRYPTO_BINDING_REQ, 4 + SSTP_NONCE);
	wr_zero(w, 3);
	wr_u8(w, hashes);
	wr_bytes(w, nonce, SSTP_NONCE);
	finish(w);
}

void sstp_put_nak(struct wr *w, const struct sstp_refusal *r, unsigned n)
{
	begin(w, SSTP_MSG_CALL_CONNECT_NAK, (uint16_t)n);
	for (unsigned i = 0; i < n; i++) {
		struct view value = r[i].value;

		if (value.n > SSTP_VALUE_MAX)
			value.n = SSTP_VALUE_MAX;
		put_status(w, r[i].attrib, r[i].status, value);
	}
	finish(w);
}

void sstp_put_connected(struct wr *w, uint8_t hash, const uint8_t nonce[SSTP_NONCE],
			const uint8_t cert[32])
{
	begin(w, SSTP_MSG_CALL_CONNECTED, 1);
	put_attr(w, SSTP_ATTRIB_CRYPTO_BINDING, 4 + SSTP_NONCE + 64);
	wr_zero(w, 3);
	wr_u8(w, hash);
	wr_bytes(w, nonce, SSTP_NONCE);
	wr_bytes(w, cert, 32);
	wr_zero(w, 32);
	finish(w);
}

void sstp_put_abort(struct wr *w, uint8_t attrib, uint32_t status)
{
	bool told = attrib || status;

	begin(w, SSTP_MSG_CALL_ABORT, told);
	if (told)
		put_status(w, attrib, status, (struct view){NULL, 0});
	finish(w);
}

void sstp_put_disconnect(struct wr *w)
{
	begin(w, SSTP_MSG_CALL_DISCONNECT, 1);
	put_status(w, SSTP_ATTRIB_NO_ERROR, SSTP_STATUS_NO_ERROR, (struct view){NULL, 0});
	finish(w);
}

void sstp_put_plain(struct wr *w, enum sstp_msg type)
{
	begin(w, type, 0);
	finish(w);
}

void sstp_put_data_header(uint8_t b[SSTP_HEADER], size_t payload)
{
	struct wr w = wr_init(b, SSTP_HEADER);

	wr_u8(&w, SSTP_VERSION);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(SSTP_HEADER + payload));
}
