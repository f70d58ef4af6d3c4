/* SPDX-License-Identifier: MIT */
/* Writes control packets in words, for traces and the analyser; see packet.h. Takes any bytes. */
#include "lib/sstp/packet.h"

#include "sstp/error.h"
#include "sstp/link.h"
#include "lib/base/text.h"

/* Appends a name of MS-SSTP's in lower case with dashes, or the number when it has none. */
static void show_name(struct text *t, const char *name, uint32_t number)
{
	if (!memcmp(name, "UNKNOWN", 8)) {
		text_str(t, "0x");
		text_hex(t, number, 2);
		return;
	}
	for (; *name; name++)
		text_char(t, *name == '_' ? '-' : (char)(*name | 0x20));
}

static void show_hashes(struct text *t, uint8_t hashes)
{
	if (hashes & SSTP_HASH_SHA1)
		text_str(t, "sha1");
	if (hashes == (SSTP_HASH_SHA1 | SSTP_HASH_SHA256))
		text_char(t, ',');
	if (hashes & SSTP_HASH_SHA256)
		text_str(t, "sha256");
	if (!(hashes & (SSTP_HASH_SHA1 | SSTP_HASH_SHA256)))
		text_dec(t, hashes);
}

static void show_octets(struct text *t, const char *key, const uint8_t *p, size_t n)
{
	text_key(t, key);
	text_hexbytes(t, p, n);
}

static bool show_protocol(struct text *t, struct rd v)
{
	uint16_t protocol;

	if (sstp_parse_protocol(v, &protocol))
		return false;
	text_key(t, "protocol");
	if (protocol == 1) {
		text_str(t, "ppp");
	} else {
		text_str(t, "0x");
		text_hex(t, protocol, 4);
	}
	return true;
}

static bool show_status(struct text *t, struct rd v)
{
	struct sstp_status_info info;

	if (sstp_parse_status(v, &info))
		return false;
	text_key(t, "status");
	show_name(t, sstp_status_name(info.status), info.status);
	text_key(t, "attrib");
	show_name(t, sstp_attrib_name(info.attrib), info.attrib);
	if (info.value.n)
		show_octets(t, "value", info.value.p, info.value.n);
	return true;
}

static bool show_binding(struct text *t, struct rd v)
{
	struct sstp_binding b;
	size_t n;

	if (sstp_parse_binding(v, &b))
		return false;
	n = b.hash == SSTP_HASH_SHA1 ? 20 : 32;
	text_key(t, "hash");
	show_hashes(t, b.hash);
	show_octets(t, "nonce", b.nonce, SSTP_NONCE);
	show_octets(t, "cert", b.cert, n);
	show_octets(t, "mac", b.mac, n);
	return true;
}

static bool show_binding_req(struct text *t, struct rd v)
{
	struct sstp_binding_req req;

	if (sstp_parse_binding_req(v, &req))
		return false;
	text_key(t, "hashes");
	show_hashes(t, req.hashes);
	show_octets(t, "nonce", req.nonce, SSTP_NONCE);
	return true;
}

/* Writes an attribute; one of unknown kind or wrong length as it is. */
static void show_attr(struct text *t, const struct sstp_attr *a)
{
	static bool (*const shows[SSTP_ATTRIBS])(struct text *, struct rd) = {
		[SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID] = show_protocol,
		[SSTP_ATTRIB_STATUS_INFO] = show_status,
		[SSTP_ATTRIB_CRYPTO_BINDING] = show_binding,
		[SSTP_ATTRIB_CRYPTO_BINDING_REQ] = show_binding_req,
	};

	if (a->id < SSTP_ATTRIBS && shows[a->id] && shows[a->id](t, a->value))
		return;
	text_key(t, "attribute");
	show_name(t, a->id ? sstp_attrib_name(a->id) : "UNKNOWN", a->id);
	text_key(t, "length");
	text_dec(t, a->length);
}

/* Returns whether these are all the bytes of the packet, and not the beginning of a longer one. */
static bool is_whole(struct rd packet)
{
	size_t n = rd_left(&packet);
	const uint8_t *b = rd_take(&packet, SSTP_HEADER);
	struct sstp_header h;

	return b && !sstp_parse_header(b, &h) && h.length <= n;
}

void sstp_show(struct text *t, struct rd packet)
{
	bool whole = is_whole(packet);
	struct sstp_control c;
	struct sstp_attr a;
	unsigned n = 0;

	rd_take(&packet, SSTP_HEADER);
	if (sstp_parse_control(packet, &c)) {
		text_str(t, "(truncated)");
		return;
	}
	show_name(t, sstp_msg_name(c.type), c.type);
	for (; rd_left(&c.attrs) && n < c.count; n++) {
		if (sstp_next_attr(&c.attrs, &a)) {
			text_str(t, whole ? " (truncated)" : "");
			return;
		}
		show_attr(t, &a);
	}
	if (n < c.count && whole) {
		text_key(t, "count");
		text_dec(t, c.count);
	}
	if (rd_left(&c.attrs)) {
		text_key(t, "behind");
		text_dec(t, rd_left(&c.attrs));
	}
}
