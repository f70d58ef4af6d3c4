/* SPDX-License-Identifier: MIT */
/* PAP (RFC 1334) and CHAP with its Microsoft form (RFC 1994, RFC 2759); lib/ppp parses. */
#include "analyse/dissect.h"
#include "lib/crypto/mschap.h"
#include "lib/ppp/auth_packet.h"
#include "lib/ppp/frame.h"
#include "sstp/error.h"

#include <string.h>

#define VALUE_SHOWN 36 /* octets of a value in the summary */

/* Adds octets that a parser of lib/ppp has found. */
static uint32_t add_view(struct dissect *d, enum field_id id, struct view v)
{
	return v.p ? field_add_bytes(&d->tree, id, dissect_at(d, v.p), v.n) : FIELD_SKIPPED;
}

/* Opens the protocol and shows the head that both share; returns the packet. */
static struct cp_packet show_head(struct dissect *d, enum field_id protocol, struct rd packet,
				  const enum field_id ids[3])
{
	struct cp_packet c;
	const char *name;
	int err = cp_parse_packet(packet, &c);
	struct rd r = packet;

	field_open(&d->tree, dissect_protocol(d, protocol, &packet, rd_left(&packet)));
	dissect_uint(d, &r, ids[0], 1);
	dissect_uint(d, &r, ids[1], 1);
	dissect_uint(d, &r, ids[2], 2);
	name = field_value_name(ids[0], c.code);
	column_text(&d->column, name ? name : "Unknown");
	if (err) {
		dissect_malformed(d, &packet, sstp_err_text(err));
		c.code = 0;
	}
	return c;
}

/* Adds " (NAME='...')" and such to the summary. */
static void summarize(struct dissect *d, const char *before, struct view v, const char *after)
{
	column_text(&d->column, before);
	column_safe(&d->column, v.p, v.n);
	column_text(&d->column, after);
}

void dissect_pap(struct dissect *d, struct rd packet)
{
	static const enum field_id head[] = {FIELD_PAP_CODE, FIELD_PAP_IDENTIFIER,
					     FIELD_PAP_LENGTH};
	struct cp_packet c = show_head(d, FIELD_PAP, packet, head);
	struct rd r = c.data;
	struct pap_request request = {0};
	struct view message = {0};
	int err = 0;

	field_open(&d->tree,
		   field_add_none(&d->tree, FIELD_PAP_DATA, dissect_at(d, r.p), rd_left(&r)));
	switch (c.code) {
	case PAP_REQUEST:
		err = pap_parse_request(c.data, &request);
		dissect_uint(d, &r, FIELD_PAP_PEER_ID_LENGTH, 1);
		add_view(d, FIELD_PAP_PEER_ID, request.user);
		rd_take(&r, request.user.n);
		dissect_uint(d, &r, FIELD_PAP_PASSWORD_LENGTH, 1);
		add_view(d, FIELD_PAP_PASSWORD, request.password);
		summarize(d, " (Peer-ID='", request.user, "'");
		summarize(d, ", Password='", request.password, "')");
		break;
	case PAP_ACK:
	case PAP_NAK:
		err = pap_parse_reply(c.data, &message);
		dissect_uint(d, &r, FIELD_PAP_MESSAGE_LENGTH, 1);
		add_view(d, FIELD_PAP_MESSAGE, message);
		summarize(d, " (Message='", message, "')");
		break;
	default:
		if (c.code && rd_left(&r))
			dissect_bytes(d, &r, FIELD_PAP_STUFF, rd_left(&r));
	}
	if (err)
		dissect_malformed(d, &c.data, sstp_err_text(err));
	field_close(&d->tree);
	field_close(&d->tree);
}

/* The parts of an MS-CHAPv2 response (RFC 2759 4). */
static void show_response(struct dissect *d, struct view value)
{
	struct rd r = rd_init(value.p, value.n);

	if (value.n != MSCHAP_RESPONSE)
		return;
	dissect_bytes(d, &r, FIELD_CHAP_MSCHAPV2_PEER_CHALLENGE, MSCHAP_CHALLENGE);
	rd_take(&r, 8);
	dissect_bytes(d, &r, FIELD_CHAP_MSCHAPV2_NT_RESPONSE, MSCHAP_NT);
	dissect_uint(d, &r, FIELD_CHAP_MSCHAPV2_FLAGS, 1);
}

static void show_value(struct dissect *d, const struct cp_packet *c)
{
	struct chap_value v = {0};
	int err = chap_parse_value(c->data, &v);
	struct rd r = c->data;
	uint32_t node;

	dissect_uint(d, &r, FIELD_CHAP_VALUE_SIZE, 1);
	node = add_view(d, FIELD_CHAP_VALUE, v.value);
	field_open(&d->tree, node);
	if (c->code == CHAP_RESPONSE)
		show_response(d, v.value);
	field_close(&d->tree);
	add_view(d, FIELD_CHAP_NAME, v.name);
	summarize(d, " (NAME='", v.name, "', VALUE=0x");
	if (d->column.wanted && v.value.n) {
		text_hexbytes(&d->column.text, v.value.p,
			      v.value.n > VALUE_SHOWN ? VALUE_SHOWN : v.value.n);
		text_str(&d->column.text, v.value.n > VALUE_SHOWN ? "\xe2\x80\xa6)" : ")");
	}
	if (err)
		dissect_malformed(d, &c->data, sstp_err_text(err));
}

/* Finds KEY=value in a message of MS-CHAPv2 (RFC 2759 6); the value ends at a blank. */
static struct view find_key(struct view m, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i + n <= m.n; i++) {
		struct view v = {m.p + i + n, 0};

		if (memcmp(m.p + i, key, n) || (i && m.p[i - 1] != ' '))
			continue;
		while (i + n + v.n < m.n && v.p[v.n] != ' ')
			v.n++;
		return v;
	}
	return (struct view){NULL, 0};
}

static void show_message(struct dissect *d, const struct cp_packet *c)
{
	struct view m = {c->data.p, rd_left(&c->data)};
	struct view proof = find_key(m, "S="), error = find_key(m, "E="), retry = find_key(m, "R=");
	unsigned number = 0;

	field_open(&d->tree, add_view(d, FIELD_CHAP_MESSAGE, m));
	if (c->code == CHAP_SUCCESS)
		add_view(d, FIELD_CHAP_MSCHAPV2_AUTHENTICATOR, proof);
	for (size_t i = 0; i < error.n && i < 6 && error.p[i] >= '0' && error.p[i] <= '9'; i++)
		number = number * 10 + (unsigned)(error.p[i] - '0');
	if (c->code == CHAP_FAILURE && error.n)
		field_add_uint(&d->tree, FIELD_CHAP_MSCHAPV2_ERROR, dissect_at(d, error.p), error.n,
			       number);
	if (c->code == CHAP_FAILURE && retry.n)
		field_add_bool(&d->tree, FIELD_CHAP_MSCHAPV2_RETRY, dissect_at(d, retry.p), 1,
			       *retry.p == '1');
	field_close(&d->tree);
	summarize(d, " (MESSAGE='", m, "')");
}

void dissect_chap(struct dissect *d, struct rd packet)
{
	static const enum field_id head[] = {FIELD_CHAP_CODE, FIELD_CHAP_IDENTIFIER,
					     FIELD_CHAP_LENGTH};
	struct cp_packet c = show_head(d, FIELD_CHAP, packet, head);
	struct rd r = c.data;

	switch (c.code) {
	case CHAP_CHALLENGE:
	case CHAP_RESPONSE:
		field_open(&d->tree, field_add_none(&d->tree, FIELD_CHAP_DATA, dissect_at(d, r.p),
						    rd_left(&r)));
		show_value(d, &c);
		field_close(&d->tree);
		break;
	case CHAP_SUCCESS:
	case CHAP_FAILURE:
		if (rd_left(&r))
			show_message(d, &c);
		break;
	default:
		if (c.code && rd_left(&r))
			dissect_bytes(d, &r, FIELD_CHAP_STUFF, rd_left(&r));
	}
	field_close(&d->tree);
}

void dissect_cbcp(struct dissect *d, struct rd packet)
{
	static const char *const codes[] = {"", "Callback Request", "Callback Response",
					    "Callback Ack"};
	static const enum field_id whole[] = {
		FIELD_TEXT, FIELD_CBCP_OPT_NO_CALLBACK, FIELD_CBCP_OPT_CALLBACK_USER,
		FIELD_CBCP_OPT_CALLBACK_ADMIN, FIELD_CBCP_OPT_CALLBACK_LIST};
	struct cp_packet c;
	struct rd r = packet, o;
	int err = cp_parse_packet(packet, &c);

	field_open(&d->tree, dissect_protocol(d, FIELD_CBCP, &packet, rd_left(&packet)));
	dissect_uint(d, &r, FIELD_PPP_CODE, 1);
	dissect_uint(d, &r, FIELD_PPP_IDENTIFIER, 1);
	dissect_uint(d, &r, FIELD_PPP_LENGTH, 2);
	column_text(&d->column, c.code && c.code < 4 ? codes[c.code] : "Unknown");
	r = c.data;
	while (!err && rd_left(&r)) {
		struct rd peek = r;
		unsigned type = rd_u8(&peek), length = rd_u8(&peek);

		o = rd_sub(&r, length < 2 ? rd_left(&r) + 1 : length);
		if (r.bad)
			break;
		field_open(&d->tree, field_add_protocol(&d->tree, whole[type < 5 ? type : 0],
							dissect_at(d, o.p), length, length));
		dissect_uint(d, &o, FIELD_CBCP_OPT_TYPE, 1);
		dissect_uint(d, &o, FIELD_CBCP_OPT_LENGTH, 1);
		if (type > 1 && rd_left(&o))
			dissect_uint(d, &o, FIELD_CBCP_CALLBACK_DELAY, 1);
		if (type > 1 && rd_left(&o) > 1) {
			dissect_uint(d, &o, FIELD_CBCP_ADDRESS_TYPE, 1);
			dissect_bytes(d, &o, FIELD_CBCP_ADDRESS, rd_left(&o));
		}
		field_close(&d->tree);
	}
	if (err || r.bad)
		dissect_malformed(d, &packet,
				  err ? sstp_err_text(err) : "an option's length is wrong");
	field_close(&d->tree);
}
