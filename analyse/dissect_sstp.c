/* SPDX-License-Identifier: MIT */
/* SSTP packets and their attributes (MS-SSTP 2.2); lib/sstp parses, this shows. */
#include "analyse/dissect.h"
#include "lib/sstp/packet.h"
#include "sstp/link.h"

#define SHA1_SIZE 20

/* Three reserved octets at the front of most values. */
static void show_reserved(struct dissect *d, struct rd *v)
{
	dissect_bytes(d, v, FIELD_SSTP_RESERVED, 3);
}

static int show_protocol(struct dissect *d, struct rd v)
{
	uint16_t protocol;
	int err = sstp_parse_protocol(v, &protocol);

	dissect_uint(d, &v, FIELD_SSTP_ENCAPSULATEDPROTOCOL, 2);
	return err;
}

static int show_status(struct dissect *d, struct rd v)
{
	struct sstp_status_info info;
	int err = sstp_parse_status(v, &info);

	show_reserved(d, &v);
	dissect_uint(d, &v, FIELD_SSTP_ATTRIBID, 1);
	dissect_uint(d, &v, FIELD_SSTP_STATUS, 4);
	dissect_bytes(d, &v, FIELD_SSTP_ATTRIBVALUE, rd_left(&v));
	return err;
}

static int show_binding_request(struct dissect *d, struct rd v)
{
	struct sstp_binding_req req;
	int err = sstp_parse_binding_req(v, &req);

	show_reserved(d, &v);
	dissect_uint(d, &v, FIELD_SSTP_HASH, 1);
	dissect_bytes(d, &v, FIELD_SSTP_NONCE, SSTP_NONCE);
	return err;
}

/* A hash of 32 octets, of which SHA1 uses the first 20. */
static void show_hash(struct dissect *d, struct rd *v, enum field_id id, bool sha1)
{
	dissect_bytes(d, v, id, sha1 ? SHA1_SIZE : 32);
	if (sha1)
		dissect_bytes(d, v, FIELD_SSTP_PADDING, 32 - SHA1_SIZE);
}

static int show_binding(struct dissect *d, struct rd v)
{
	struct sstp_binding b;
	int err = sstp_parse_binding(v, &b);
	bool sha1;

	show_reserved(d, &v);
	sha1 = dissect_uint(d, &v, FIELD_SSTP_HASH, 1) == SSTP_HASH_SHA1;
	dissect_bytes(d, &v, FIELD_SSTP_NONCE, SSTP_NONCE);
	show_hash(d, &v, FIELD_SSTP_CERT_HASH, sha1);
	show_hash(d, &v, FIELD_SSTP_COMPOUNDMAC, sha1);
	return err;
}

static int show_unknown(struct dissect *d, struct rd v)
{
	if (rd_left(&v))
		dissect_bytes(d, &v, FIELD_SSTP_DATAUNKNOWN, rd_left(&v));
	return SSTP_OK;
}

static void show_attribute(struct dissect *d, struct rd whole, const struct sstp_attr *a)
{
	static int (*const show[SSTP_ATTRIBS])(struct dissect * d, struct rd v) = {
		[SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID] = show_protocol,
		[SSTP_ATTRIB_STATUS_INFO] = show_status,
		[SSTP_ATTRIB_CRYPTO_BINDING] = show_binding,
		[SSTP_ATTRIB_CRYPTO_BINDING_REQ] = show_binding_request,
	};
	const char *name = field_value_name(FIELD_SSTP_ATTRIBID, a->id);
	struct field_tree *t = &d->tree;
	uint32_t node = field_add_none(t, FIELD_TEXT, dissect_at(d, whole.p), rd_left(&whole));
	int err;

	field_label(t, node, "Attribute %s", name ? name : "unknown");
	field_open(t, node);
	dissect_uint(d, &whole, FIELD_SSTP_ATTRIBRESERVED, 1);
	dissect_uint(d, &whole, FIELD_SSTP_ATTRIBID, 1);
	dissect_look(d, &whole, FIELD_SSTP_ATTRIBLENGTHRESERVED, 2);
	dissect_uint(d, &whole, FIELD_SSTP_ATTRIBLENGTH, 2);
	err = a->id < SSTP_ATTRIBS && show[a->id] ? show[a->id](d, a->value)
						  : show_unknown(d, a->value);
	if (err)
		dissect_malformed(d, &a->value, sstp_err_text(err));
	field_close(t);
}

static void show_control(struct dissect *d, struct rd body)
{
	struct sstp_control c;
	int err = sstp_parse_control(body, &c);
	const char *name = field_value_name(FIELD_SSTP_MESSAGETYPE, c.type);
	unsigned n = 0;

	if (err) {
		dissect_malformed(d, &body, sstp_err_text(err));
		return;
	}
	dissect_uint(d, &body, FIELD_SSTP_MESSAGETYPE, 2);
	dissect_uint(d, &body, FIELD_SSTP_NUMATTRIB, 2);
	if (name)
		column_info(&d->column, "%s; ", name);
	else
		column_info(&d->column, "unknown message 0x%04x; ", c.type);
	while (rd_left(&c.attrs)) {
		struct rd whole = c.attrs;
		struct sstp_attr a;

		err = sstp_next_attr(&c.attrs, &a);
		if (err) {
			show_unknown(d, whole);
			dissect_malformed(d, &whole, sstp_err_text(err));
			return;
		}
		whole.end = c.attrs.p;
		show_attribute(d, whole, &a);
		n++;
	}
	if (n != c.count)
		dissect_malformed(d, &body, sstp_err_text(SSTP_E_ATTR_COUNT));
}

/* Says in the packet's line what the header says, for each of the packets: without a format. */
static void say_kind(struct column *c, const struct sstp_header *h)
{
	if (!c->wanted)
		return;
	text_str(&c->text, "SSTP-");
	text_dec(&c->text, h->version >> 4);
	text_char(&c->text, '.');
	text_dec(&c->text, h->version & 15);
	text_str(&c->text, h->control ? " Type: CONTROL, " : " Type: DATA, ");
}

void dissect_sstp(struct dissect *d, struct rd packet)
{
	struct field_tree *t = &d->tree;
	struct rd r = packet, body = packet;
	struct sstp_header h;
	uint32_t node, version;
	int err;

	dissect_name(d, "http");
	node = dissect_protocol(d, FIELD_SSTP, &packet, rd_left(&packet));
	column_protocol(&d->column, "SSTP");
	if (rd_left(&packet) < SSTP_HEADER) {
		dissect_malformed(d, &packet, "the SSTP header is cut off");
		return;
	}
	err = sstp_parse_header(packet.p, &h);
	rd_take(&body, SSTP_HEADER);
	field_open(t, node);
	version = field_add_none(t, FIELD_TEXT, dissect_at(d, r.p), 1);
	field_label(t, version, "Version %u.%u", h.version >> 4, h.version & 15);
	field_open(t, version);
	dissect_look(d, &r, FIELD_SSTP_MAJORVERSION, 1);
	dissect_look(d, &r, FIELD_SSTP_MINORVERSION, 1);
	field_close(t);
	rd_u8(&r);
	field_add_bytes(t, FIELD_SSTP_RESERVED, dissect_at(d, r.p), 1);
	dissect_uint(d, &r, FIELD_SSTP_ISCONTROL, 1);
	field_add_uint(t, FIELD_SSTP_LENGTH, dissect_at(d, r.p), 2, h.length);
	say_kind(&d->column, &h);
	if (err)
		dissect_malformed(d, &packet, sstp_err_text(err));
	else if (h.control)
		show_control(d, body);
	if (!h.control)
		field_set_len(t, node, SSTP_HEADER);
	field_close(t);
	if (!err && !h.control)
		dissect_ppp(d, body);
}
