/* SPDX-License-Identifier: MIT */
/*
 * Authentication packets in words, and copies of them without secrets. Both take packets that are
 * cut off or malformed. Secret are passwords, responses, proofs ("S=..."), and whatever is not
 * known not to be; challenges are not.
 */
#include "lib/ppp/auth.h"

#include "lib/base/text.h"
#include "lib/crypto/mschap.h"
#include "lib/ppp/auth_packet.h"
#include "lib/ppp/frame.h"
#include "lib/ppp/ppp.h"

/* --- redaction: a writer walks the copy, keeping some octets and blotting others --- */

/* Moves on over n octets, or as many as there are. */
static uint8_t *walk(struct wr *w, size_t n)
{
	return wr_room(w, n < wr_left(w) ? n : wr_left(w));
}

/* Moves on over one octet and returns it; 0 at the end. */
static uint8_t walk_u8(struct wr *w)
{
	uint8_t *at = wr_left(w) ? wr_room(w, 1) : NULL;

	return at ? *at : 0;
}

/* Overwrites n octets, or as many as there are. */
static void blot(struct wr *w, size_t n)
{
	size_t left = n < wr_left(w) ? n : wr_left(w);
	uint8_t *at = walk(w, left);

	if (at)
		memset(at, '*', left);
}

/* Blots the digits of a success message's proof. */
static void redact_message(struct wr *w)
{
	if (walk_u8(w) == 'S' && walk_u8(w) == '=')
		blot(w, MSCHAP_PROOF - 2);
}

/* Blots a response's value; everything, when it is not as long as a response is. */
static void redact_value(struct wr *w)
{
	uint8_t n = walk_u8(w);

	blot(w, n == 16 || n == MSCHAP_RESPONSE ? n : SIZE_MAX);
}

static void redact_pap(struct wr *w, uint8_t code)
{
	uint8_t n;

	if (code == PAP_ACK || code == PAP_NAK)
		return;
	if (code == PAP_REQUEST) {
		n = walk_u8(w);
		if (n < wr_left(w)) {
			walk(w, n);
			walk_u8(w);
		}
	}
	blot(w, SIZE_MAX);
}

static void redact_chap(struct wr *w, uint8_t code)
{
	if (code == CHAP_RESPONSE)
		redact_value(w);
	else if (code == CHAP_SUCCESS)
		redact_message(w);
	else if (code != CHAP_CHALLENGE && code != CHAP_FAILURE)
		blot(w, SIZE_MAX);
}

static void redact_eap_mschapv2(struct wr *w, uint8_t code)
{
	uint8_t op = walk_u8(w);

	walk(w, 3); /* MS-CHAPv2-ID, MS-Length */
	if (op == MSCHAPV2_SUCCESS)
		redact_message(w);
	else if (op == MSCHAPV2_RESPONSE)
		redact_value(w);
	else if (code != EAP_REQUEST || op > MSCHAPV2_FAILURE)
		blot(w, SIZE_MAX);
}

static void redact_eap(struct wr *w, uint8_t code)
{
	uint8_t type = walk_u8(w);

	if (type == EAP_MSCHAPV2 && (code == EAP_REQUEST || code == EAP_RESPONSE))
		redact_eap_mschapv2(w, code);
	else if (type == EAP_MD5 && code == EAP_RESPONSE)
		redact_value(w);
	else if (code != EAP_REQUEST && type > EAP_NAK && type != EAP_EXPANDED)
		blot(w, SIZE_MAX);
}

void auth_redact(uint16_t proto, uint8_t *p, size_t n)
{
	struct wr w = wr_init(p, n);
	uint8_t code = walk_u8(&w);

	walk(&w, 3); /* identifier, length */
	if (proto == PPP_PAP)
		redact_pap(&w, code);
	else if (proto == PPP_CHAP)
		redact_chap(&w, code);
	else if (proto == PPP_EAP)
		redact_eap(&w, code);
	else
		blot(&w, SIZE_MAX);
}

/* --- words --- */

static const char *const pap_codes[] = {
	[PAP_REQUEST] = "authenticate-request",
	[PAP_ACK] = "authenticate-ack",
	[PAP_NAK] = "authenticate-nak",
};

static const char *const chap_codes[] = {
	[CHAP_CHALLENGE] = "challenge",
	[CHAP_RESPONSE] = "response",
	[CHAP_SUCCESS] = "success",
	[CHAP_FAILURE] = "failure",
};

static const char *const eap_codes[] = {
	[EAP_REQUEST] = "request",
	[EAP_RESPONSE] = "response",
	[EAP_SUCCESS] = "success",
	[EAP_FAILURE] = "failure",
};

/* Appends the name of a code, or its number. */
static void show_code(struct text *t, const char *const *names, size_t n, uint8_t code)
{
	text_char(t, ' ');
	if (code < n && names[code]) {
		text_str(t, names[code]);
	} else {
		text_str(t, "code-");
		text_dec(t, code);
	}
}

static void show_number(struct text *t, const char *key, unsigned v)
{
	text_key(t, key);
	text_dec(t, v);
}

static void show_string(struct text *t, const char *key, struct view v)
{
	text_key(t, key);
	text_char(t, '"');
	text_safe(t, v.p, v.n);
	text_char(t, '"');
}

/* Appends a message, its proof blotted. */
static void show_message(struct text *t, struct rd r)
{
	struct rd head = r;

	text_key(t, "message");
	text_char(t, '"');
	if (rd_u8(&head) == 'S' && rd_u8(&head) == '=') {
		text_str(t, "S=***");
		rd_take(&r, rd_left(&r) < MSCHAP_PROOF ? rd_left(&r) : MSCHAP_PROOF);
	}
	text_safe(t, r.p, rd_left(&r));
	text_char(t, '"');
}

/* Appends name and, for a challenge, value. */
static int show_value(struct text *t, struct rd data, bool challenge)
{
	struct chap_value v;
	int err = chap_parse_value(data, &v);

	if (challenge) {
		text_key(t, "value");
		text_hexbytes(t, v.value.p, v.value.n);
	}
	show_string(t, "name", v.name);
	return err;
}

static int show_pap(struct text *t, uint8_t code, struct rd data)
{
	struct pap_request q;
	struct view message;
	int err = SSTP_OK;

	if (code == PAP_REQUEST) {
		err = pap_parse_request(data, &q);
		show_string(t, "name", q.user);
	} else if (code == PAP_ACK || code == PAP_NAK) {
		err = pap_parse_reply(data, &message);
		show_string(t, "message", message);
	}
	return err;
}

static int show_chap(struct text *t, uint8_t code, struct rd data)
{
	if (code == CHAP_CHALLENGE || code == CHAP_RESPONSE)
		return show_value(t, data, code == CHAP_CHALLENGE);
	if (code == CHAP_SUCCESS || code == CHAP_FAILURE)
		show_message(t, data);
	return SSTP_OK;
}

static int show_eap_mschapv2(struct text *t, struct rd data)
{
	struct eap_mschapv2 m;
	int err = eap_parse_mschapv2(data, &m);

	text_str(t, " mschapv2");
	show_code(t, chap_codes, sizeof(chap_codes) / sizeof(chap_codes[0]), m.op);
	if (m.brief)
		return err;
	show_number(t, "ms-id", m.id);
	if (m.op == MSCHAPV2_CHALLENGE || m.op == MSCHAPV2_RESPONSE)
		return show_value(t, m.body, m.op == MSCHAPV2_CHALLENGE) ? SSTP_E_AUTH_PACKET : err;
	if (m.op == MSCHAPV2_SUCCESS || m.op == MSCHAPV2_FAILURE)
		show_message(t, m.body);
	return err;
}

/* Appends the types that a Nak names. */
static void show_types(struct text *t, struct rd data)
{
	text_str(t, " nak");
	text_key(t, "types");
	for (bool first = true; rd_left(&data); first = false) {
		if (!first)
			text_char(t, ',');
		text_dec(t, rd_u8(&data));
	}
}

static int show_eap(struct text *t, uint8_t code, struct rd data)
{
	uint8_t type;

	if (code != EAP_REQUEST && code != EAP_RESPONSE)
		return SSTP_OK;
	type = rd_u8(&data);
	if (data.bad)
		return SSTP_E_AUTH_PACKET;
	switch (type) {
	case EAP_IDENTITY:
		text_str(t, " identity");
		show_string(t, code == EAP_REQUEST ? "message" : "name", rd_rest(&data));
		return SSTP_OK;
	case EAP_NOTIFICATION:
		text_str(t, " notification");
		show_string(t, "message", rd_rest(&data));
		return SSTP_OK;
	case EAP_NAK:
		show_types(t, data);
		return SSTP_OK;
	case EAP_MD5:
		text_str(t, " md5");
		return show_value(t, data, code == EAP_REQUEST);
	case EAP_MSCHAPV2:
		return show_eap_mschapv2(t, data);
	default:
		show_number(t, "type", type);
		return SSTP_OK;
	}
}

/* One protocol: its name, its codes, how the rest is shown. */
static const struct show_row {
	uint16_t proto;
	const char *name;
	const char *const *codes;
	size_t n;
	int (*show)(struct text *t, uint8_t code, struct rd data);
} rows[] = {
	{PPP_PAP, "pap", pap_codes, sizeof(pap_codes) / sizeof(pap_codes[0]), show_pap},
	{PPP_CHAP, "chap", chap_codes, sizeof(chap_codes) / sizeof(chap_codes[0]), show_chap},
	{PPP_EAP, "eap", eap_codes, sizeof(eap_codes) / sizeof(eap_codes[0]), show_eap},
};

void auth_show(struct text *t, uint16_t proto, struct rd packet)
{
	struct rd rest = packet;
	struct cp_packet p = {0};
	int err = cp_parse_packet(packet, &p);

	if (err) { /* shown as far as it goes */
		rd_take(&rest, 4);
		p.data = rest;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].proto != proto)
			continue;
		text_str(t, rows[i].name);
		show_code(t, rows[i].codes, rows[i].n, p.code);
		show_number(t, "id", p.id);
		if (rows[i].show(t, p.code, p.data) || err)
			text_str(t, " cut-off");
	}
}
