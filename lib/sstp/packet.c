/* SPDX-License-Identifier: MIT */
/* Parses SSTP packets and attributes, and names them; see packet.h. Judges no message: check.c. */
#include "lib/sstp/packet.h"

#include "sstp/error.h"

#define LENGTH_MASK 0x0fff /* the upper four bits are reserved: ignored (2.2.1, 2.2.4) */
#define ATTR_HEADER 4

static const char *name_of(const char *const *names, size_t n, uint32_t i)
{
	return i < n && names[i] ? names[i] : "UNKNOWN";
}

const char *sstp_msg_name(unsigned type)
{
	static const char *const names[SSTP_MSGS] = {
		[SSTP_MSG_CALL_CONNECT_REQUEST] = "CALL_CONNECT_REQUEST",
		[SSTP_MSG_CALL_CONNECT_ACK] = "CALL_CONNECT_ACK",
		[SSTP_MSG_CALL_CONNECT_NAK] = "CALL_CONNECT_NAK",
		[SSTP_MSG_CALL_CONNECTED] = "CALL_CONNECTED",
		[SSTP_MSG_CALL_ABORT] = "CALL_ABORT",
		[SSTP_MSG_CALL_DISCONNECT] = "CALL_DISCONNECT",
		[SSTP_MSG_CALL_DISCONNECT_ACK] = "CALL_DISCONNECT_ACK",
		[SSTP_MSG_ECHO_REQUEST] = "ECHO_REQUEST",
		[SSTP_MSG_ECHO_RESPONSE] = "ECHO_RESPONSE",
	};

	return name_of(names, SSTP_MSGS, type);
}

const char *sstp_attrib_name(unsigned id)
{
	static const char *const names[SSTP_ATTRIBS] = {
		[SSTP_ATTRIB_NO_ERROR] = "NO_ERROR",
		[SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID] = "ENCAPSULATED_PROTOCOL_ID",
		[SSTP_ATTRIB_STATUS_INFO] = "STATUS_INFO",
		[SSTP_ATTRIB_CRYPTO_BINDING] = "CRYPTO_BINDING",
		[SSTP_ATTRIB_CRYPTO_BINDING_REQ] = "CRYPTO_BINDING_REQ",
	};

	return name_of(names, SSTP_ATTRIBS, id);
}

const char *sstp_status_name(uint32_t status)
{
	static const char *const names[SSTP_STATUSES] = {
		[SSTP_STATUS_NO_ERROR] = "NO_ERROR",
		[SSTP_STATUS_DUPLICATE_ATTRIBUTE] = "DUPLICATE_ATTRIBUTE",
		[SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE] = "UNRECOGNIZED_ATTRIBUTE",
		[SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH] = "INVALID_ATTRIB_VALUE_LENGTH",
		[SSTP_STATUS_VALUE_NOT_SUPPORTED] = "VALUE_NOT_SUPPORTED",
		[SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED] = "UNACCEPTED_FRAME_RECEIVED",
		[SSTP_STATUS_RETRY_COUNT_EXCEEDED] = "RETRY_COUNT_EXCEEDED",
		[SSTP_STATUS_INVALID_FRAME_RECEIVED] = "INVALID_FRAME_RECEIVED",
		[SSTP_STATUS_NEGOTIATION_TIMEOUT] = "NEGOTIATION_TIMEOUT",
		[SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG] = "ATTRIB_NOT_SUPPORTED_IN_MSG",
		[SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING] = "REQUIRED_ATTRIBUTE_MISSING",
		[SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG] = "STATUS_INFO_NOT_SUPPORTED_IN_MSG",
	};

	return name_of(names, SSTP_STATUSES, status);
}

int sstp_parse_header(const uint8_t b[SSTP_HEADER], struct sstp_header *out)
{
	struct rd r = rd_init(b, SSTP_HEADER);

	out->version = rd_u8(&r);
	out->control = rd_u8(&r) & 1; /* the upper seven bits are reserved: ignored */
	out->length = rd_be16(&r) & LENGTH_MASK;
	if (out->version != SSTP_VERSION)
		return SSTP_E_VERSION;
	return out->length < SSTP_HEADER ? SSTP_E_PACKET_LENGTH : SSTP_OK;
}

int sstp_parse_control(struct rd body, struct sstp_control *out)
{
	out->type = rd_be16(&body);
	out->count = rd_be16(&body);
	out->attrs = body;
	return body.bad ? SSTP_E_TRUNCATED : SSTP_OK;
}

int sstp_next_attr(struct rd *r, struct sstp_attr *out)
{
	rd_u8(r); /* reserved: ignored */
	out->id = rd_u8(r);
	out->length = rd_be16(r) & LENGTH_MASK;
	if (r->bad || out->length < ATTR_HEADER) {
		rd_rest(r);
		out->value = rd_init(NULL, 0);
		return SSTP_E_TRUNCATED;
	}
	out->value = rd_sub(r, out->length - ATTR_HEADER);
	return r->bad ? SSTP_E_TRUNCATED : SSTP_OK;
}

/* Returns what a parser of a value of fixed length has to return. */
static int end_of_value(const struct rd *v)
{
	return v->bad || rd_left(v) ? SSTP_E_ATTR_LENGTH : SSTP_OK;
}

int sstp_parse_protocol(struct rd v, uint16_t *protocol)
{
	*protocol = rd_be16(&v);
	return end_of_value(&v);
}

int sstp_parse_binding_req(struct rd v, struct sstp_binding_req *out)
{
	rd_take(&v, 3); /* reserved: ignored */
	out->hashes = rd_u8(&v) & 3;
	out->nonce = rd_take(&v, SSTP_NONCE);
	return end_of_value(&v);
}

int sstp_parse_binding(struct rd v, struct sstp_binding *out)
{
	rd_take(&v, 3); /* reserved: ignored */
	out->hash = rd_u8(&v);
	out->nonce = rd_take(&v, SSTP_NONCE);
	out->cert = rd_take(&v, 32);
	out->mac = rd_take(&v, 32);
	return end_of_value(&v);
}

int sstp_parse_status(struct rd v, struct sstp_status_info *out)
{
	rd_take(&v, 3); /* reserved: ignored */
	out->attrib = rd_u8(&v);
	out->status = rd_be32(&v);
	out->value = rd_rest(&v);
	return v.bad ? SSTP_E_ATTR_LENGTH : SSTP_OK;
}
