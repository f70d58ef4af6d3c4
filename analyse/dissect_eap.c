/* SPDX-License-Identifier: MIT */
/* EAP and its methods (RFC 3748, EAP-MSCHAPv2, EAP-TLS and PEAP); lib/ppp parses what it speaks. */
#include "analyse/dissect.h"
#include "lib/ppp/auth_packet.h"
#include "lib/ppp/frame.h"
#include "sstp/error.h"

/* Methods that lib/ppp does not speak. */
enum eap_other_type {
	EAP_TLS = 13,
	EAP_TTLS = 21,
	EAP_PEAP = 25,
	EAP_MSAUTH_TLV = 33,
	EAP_FAST = 43
};

#define FLAG_LENGTH       0x80
#define MSCHAPV2_RESERVED 8

static uint32_t add_view(struct dissect *d, enum field_id id, struct view v)
{
	return v.p ? field_add_bytes(&d->tree, id, dissect_at(d, v.p), v.n) : FIELD_SKIPPED;
}

static void show_rest(struct dissect *d, struct rd *r, enum field_id id)
{
	if (rd_left(r))
		dissect_bytes(d, r, id, rd_left(r));
}

static int show_md5(struct dissect *d, struct rd r)
{
	struct chap_value v = {0};
	int err = chap_parse_value(r, &v);

	dissect_uint(d, &r, FIELD_EAP_MD5_VALUE_SIZE, 1);
	add_view(d, FIELD_EAP_MD5_VALUE, v.value);
	if (v.name.n)
		add_view(d, FIELD_EAP_MD5_EXTRA_DATA, v.name);
	return err;
}

/* The parts of a response's value (RFC 2759 4). */
static void show_response(struct dissect *d, struct view value)
{
	struct rd r = rd_init(value.p, value.n);

	dissect_bytes(d, &r, FIELD_EAP_MS_CHAP_V2_PEER_CHALLENGE, 16);
	dissect_bytes(d, &r, FIELD_EAP_MS_CHAP_V2_RESERVED, MSCHAPV2_RESERVED);
	dissect_bytes(d, &r, FIELD_EAP_MS_CHAP_V2_NT_RESPONSE, 24);
	dissect_uint(d, &r, FIELD_EAP_MS_CHAP_V2_FLAGS, 1);
	if (r.bad)
		add_view(d, FIELD_EAP_MS_CHAP_V2_RESPONSE, value);
}

static int show_mschapv2_value(struct dissect *d, const struct eap_mschapv2 *m)
{
	struct chap_value v = {0};
	struct rd r = m->body;
	int err = chap_parse_value(r, &v);

	dissect_uint(d, &r, FIELD_EAP_MS_CHAP_V2_VALUE_SIZE, 1);
	if (m->op == MSCHAPV2_CHALLENGE)
		add_view(d, FIELD_EAP_MS_CHAP_V2_CHALLENGE, v.value);
	else
		show_response(d, v.value);
	add_view(d, FIELD_EAP_MS_CHAP_V2_NAME, v.name);
	column_text(&d->column, " NAME='");
	column_safe(&d->column, v.name.p, v.name.n);
	column_text(&d->column, "'");
	return err;
}

static int show_mschapv2(struct dissect *d, struct rd data)
{
	struct eap_mschapv2 m = {0};
	int err = eap_parse_mschapv2(data, &m);
	const char *name = field_value_name(FIELD_EAP_MS_CHAP_V2_OPCODE, m.op);
	struct rd r = data;

	column_info(&d->column, " %s", name ? name : "");
	dissect_uint(d, &r, FIELD_EAP_MS_CHAP_V2_OPCODE, 1);
	if (m.brief || err)
		return err;
	dissect_uint(d, &r, FIELD_EAP_MS_CHAP_V2_ID, 1);
	dissect_uint(d, &r, FIELD_EAP_MS_CHAP_V2_LENGTH, 2);
	r = m.body;
	switch (m.op) {
	case MSCHAPV2_CHALLENGE:
	case MSCHAPV2_RESPONSE:
		return show_mschapv2_value(d, &m);
	case MSCHAPV2_SUCCESS:
		show_rest(d, &r, FIELD_EAP_MS_CHAP_V2_MESSAGE);
		break;
	case MSCHAPV2_FAILURE:
		show_rest(d, &r, FIELD_EAP_MS_CHAP_V2_FAILURE_REQUEST);
		break;
	default:
		show_rest(d, &r, FIELD_EAP_MS_CHAP_V2_DATA);
	}
	return SSTP_OK;
}

/* EAP-TLS, EAP-TTLS, PEAP and EAP-FAST begin alike (RFC 5216 3): flags, a length, TLS. */
static int show_tls(struct dissect *d, struct rd r)
{
	static const enum field_id bits[] = {FIELD_EAP_TLS_FLAGS, FIELD_EAP_TLS_FLAGS_LEN_INCLUDED,
					     FIELD_EAP_TLS_FLAGS_MORE_FRAGMENTS,
					     FIELD_EAP_TLS_FLAGS_START,
					     FIELD_EAP_TLS_FLAGS_VERSION};
	struct rd peek = r;
	uint8_t flags = rd_u8(&peek);

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		dissect_look(d, &r, bits[i], 1);
	rd_u8(&r);
	if (flags & FLAG_LENGTH)
		dissect_uint(d, &r, FIELD_EAP_TLS_LEN, 4);
	if (rd_left(&r))
		column_info(&d->column, " %zu bytes of TLS", rd_left(&r));
	show_rest(d, &r, FIELD_EAP_DATA);
	return r.bad ? SSTP_E_AUTH_PACKET : SSTP_OK;
}

/* Microsoft's TLVs inside PEAP: type, length, value; crypto binding has parts. */
static int show_tlvs(struct dissect *d, struct rd r)
{
	while (rd_left(&r)) {
		uint64_t type;
		struct rd v;

		dissect_look(d, &r, FIELD_EAP_MSAUTH_TLV_MANDATORY, 2);
		type = dissect_uint(d, &r, FIELD_EAP_MSAUTH_TLV_TYPE, 2) & 0x3fff;
		v = rd_sub(&r, dissect_uint(d, &r, FIELD_EAP_MSAUTH_TLV_LEN, 2));
		if (r.bad)
			return SSTP_E_AUTH_PACKET;
		if (type == 3) {
			dissect_uint(d, &v, FIELD_EAP_MSAUTH_TLV_STATUS, 2);
		} else if (type == 12) {
			rd_u8(&v);
			dissect_uint(d, &v, FIELD_EAP_MSAUTH_TLV_CRYPTO_VERSION, 1);
			dissect_uint(d, &v, FIELD_EAP_MSAUTH_TLV_CRYPTO_RECEIVED_VERSION, 1);
			dissect_uint(d, &v, FIELD_EAP_MSAUTH_TLV_CRYPTO_SUBTYPE, 1);
			dissect_bytes(d, &v, FIELD_EAP_MSAUTH_TLV_CRYPTO_NONCE, 32);
			dissect_bytes(d, &v, FIELD_EAP_MSAUTH_TLV_CRYPTO_CMAC, 20);
		} else {
			show_rest(d, &v, FIELD_EAP_MSAUTH_TLV_VAL);
		}
	}
	return SSTP_OK;
}

/* Shows what follows the type of a request or response. */
static int show_type(struct dissect *d, unsigned type, struct rd r)
{
	switch (type) {
	case EAP_IDENTITY:
		column_text(&d->column, rd_left(&r) ? " '" : "");
		column_safe(&d->column, r.p, rd_left(&r));
		column_text(&d->column, rd_left(&r) ? "'" : "");
		show_rest(d, &r, FIELD_EAP_IDENTITY);
		return SSTP_OK;
	case EAP_NOTIFICATION:
		show_rest(d, &r, FIELD_EAP_NOTIFICATION);
		return SSTP_OK;
	case EAP_NAK:
		while (rd_left(&r))
			dissect_uint(d, &r, FIELD_EAP_DESIRED_TYPE, 1);
		return SSTP_OK;
	case EAP_MD5:
		return show_md5(d, r);
	case EAP_MSCHAPV2:
		return show_mschapv2(d, r);
	case EAP_TLS:
	case EAP_TTLS:
	case EAP_PEAP:
	case EAP_FAST:
		return show_tls(d, r);
	case EAP_MSAUTH_TLV:
		return show_tlvs(d, r);
	default:
		show_rest(d, &r, FIELD_EAP_DATA);
		return SSTP_OK;
	}
}

void dissect_eap(struct dissect *d, struct rd packet)
{
	struct cp_packet c;
	struct rd r = packet;
	int err = cp_parse_packet(packet, &c);
	const char *name;
	unsigned type;

	field_open(&d->tree, dissect_protocol(d, FIELD_EAP, &packet, rd_left(&packet)));
	dissect_uint(d, &r, FIELD_EAP_CODE, 1);
	dissect_uint(d, &r, FIELD_EAP_ID, 1);
	dissect_uint(d, &r, FIELD_EAP_LEN, 2);
	name = field_value_name(FIELD_EAP_CODE, c.code);
	column_text(&d->column, name ? name : "Unknown");
	r = c.data;
	if (!err && (c.code == EAP_REQUEST || c.code == EAP_RESPONSE)) {
		type = (unsigned)dissect_uint(d, &r, FIELD_EAP_TYPE, 1);
		name = field_value_name(FIELD_EAP_TYPE, type);
		column_info(&d->column, ", %s", name ? name : "unknown method");
		err = r.bad ? SSTP_E_AUTH_PACKET : show_type(d, type, r);
	}
	if (err)
		dissect_malformed(d, &packet, sstp_err_text(err));
	field_close(&d->tree);
}
