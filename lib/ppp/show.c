/* SPDX-License-Identifier: MIT */
/* Control frames in words; see show.h and ppp.h. Takes any octets, cut off anywhere. */
#include "lib/ppp/show.h"

#include "lib/base/text.h"
#include "lib/ppp/auth.h"
#include "lib/ppp/ccp.h"
#include "lib/ppp/cp.h"
#include "lib/ppp/ipcp.h"
#include "lib/ppp/ipv6cp.h"
#include "lib/ppp/lcp.h"
#include "lib/ppp/ppp.h"

#define SHOW_OCTETS 32 /* of data that has no words */

/* What the data of a code is. */
enum data_kind {
	DATA_OCTETS,
	DATA_OPTIONS,
	DATA_WORDS,    /* Terminate-Request */
	DATA_MAGIC,    /* a magic number, then octets */
	DATA_IDENTITY, /* a magic number, then words */
	DATA_SECONDS,  /* a magic number, seconds, then words */
	DATA_CODE,     /* a rejected packet */
	DATA_PROTOCOL, /* a rejected protocol, then its packet */
};

struct code_row {
	const char *name;
	enum data_kind data;
};

static const struct code_row codes[] = {
	[CP_CONFIGURE_REQUEST] = {"configure-request", DATA_OPTIONS},
	[CP_CONFIGURE_ACK] = {"configure-ack", DATA_OPTIONS},
	[CP_CONFIGURE_NAK] = {"configure-nak", DATA_OPTIONS},
	[CP_CONFIGURE_REJECT] = {"configure-reject", DATA_OPTIONS},
	[CP_TERMINATE_REQUEST] = {"terminate-request", DATA_WORDS},
	[CP_TERMINATE_ACK] = {"terminate-ack", DATA_OCTETS},
	[CP_CODE_REJECT] = {"code-reject", DATA_CODE},
	/* LCP only from here on */
	[CP_PROTOCOL_REJECT] = {"protocol-reject", DATA_PROTOCOL},
	[CP_ECHO_REQUEST] = {"echo-request", DATA_MAGIC},
	[CP_ECHO_REPLY] = {"echo-reply", DATA_MAGIC},
	[CP_DISCARD_REQUEST] = {"discard-request", DATA_MAGIC},
	[CP_IDENTIFICATION] = {"identification", DATA_IDENTITY},
	[CP_TIME_REMAINING] = {"time-remaining", DATA_SECONDS},
};

/* CCP's and ECP's own codes (RFC 1962 3). */
static const struct code_row reset_codes[] = {
	{"reset-request", DATA_OCTETS},
	{"reset-ack", DATA_OCTETS},
};

const struct cp_table *cp_options_of(uint16_t protocol)
{
	switch (protocol) {
	case PPP_LCP:
		return &lcp_options;
	case PPP_IPCP:
		return &ipcp_options;
	case PPP_IPV6CP:
		return &ipv6cp_options;
	case PPP_CCP:
		return &ccp_options;
	case PPP_ECP:
		return &ecp_options;
	default:
		return NULL;
	}
}

static const struct code_row *find_code(uint16_t protocol, uint8_t code)
{
	bool resets = protocol == PPP_CCP || protocol == PPP_ECP;

	if (resets && (code == 14 || code == 15))
		return &reset_codes[code - 14];
	if (code >= sizeof(codes) / sizeof(codes[0]) || !codes[code].name)
		return NULL;
	return code <= CP_CODE_REJECT || protocol == PPP_LCP ? &codes[code] : NULL;
}

const char *cp_code_name(uint16_t protocol, uint8_t code)
{
	const struct code_row *row = find_code(protocol, code);

	return row ? row->name : NULL;
}

static void show_octets(struct text *t, struct rd data)
{
	size_t n = rd_left(&data);

	if (!n)
		return;
	text_key(t, "data");
	text_hexbytes(t, rd_take(&data, n < SHOW_OCTETS ? n : SHOW_OCTETS),
		      n < SHOW_OCTETS ? n : SHOW_OCTETS);
	if (n > SHOW_OCTETS)
		text_str(t, "...");
}

static void show_words(struct text *t, struct rd data)
{
	struct view v = rd_rest(&data);

	if (!v.n)
		return;
	text_key(t, "message");
	text_char(t, '"');
	text_safe(t, v.p, v.n);
	text_char(t, '"');
}

static void show_magic(struct text *t, struct rd *data)
{
	text_key(t, "magic");
	text_str(t, "0x");
	text_hex(t, rd_be32(data), 8);
}

/* Writes a protocol's name, or its number where it has none. */
static void show_protocol(struct text *t, uint16_t protocol)
{
	const char *name = ppp_protocol_name(protocol);

	if (name) {
		text_str(t, name);
	} else {
		text_str(t, "0x");
		text_hex(t, protocol, 4);
	}
}

static void show_rejected_protocol(struct text *t, struct rd data)
{
	text_key(t, "protocol");
	show_protocol(t, rd_be16(&data));
	show_octets(t, data);
}

static void show_rejected_code(struct text *t, struct rd data)
{
	text_key(t, "code");
	text_dec(t, rd_u8(&data));
	show_octets(t, data);
}

static void show_data(struct text *t, enum data_kind kind, uint16_t protocol, struct rd data)
{
	const struct cp_table *options = cp_options_of(protocol);

	switch (kind) {
	case DATA_OPTIONS:
		if (options)
			cp_show_options(t, options, data);
		break;
	case DATA_WORDS:
		show_words(t, data);
		break;
	case DATA_MAGIC:
		show_magic(t, &data);
		show_octets(t, data);
		break;
	case DATA_IDENTITY:
		show_magic(t, &data);
		show_words(t, data);
		break;
	case DATA_SECONDS:
		show_magic(t, &data);
		text_key(t, "seconds");
		text_dec(t, rd_be32(&data));
		show_words(t, data);
		break;
	case DATA_CODE:
		show_rejected_code(t, data);
		break;
	case DATA_PROTOCOL:
		show_rejected_protocol(t, data);
		break;
	default:
		show_octets(t, data);
		break;
	}
}

static void show_packet(struct text *t, uint16_t protocol, struct rd payload)
{
	struct cp_packet p;
	const struct code_row *row;
	int err = cp_parse_packet(payload, &p);

	row = find_code(protocol, p.code);
	if (row) {
		text_str(t, row->name);
	} else {
		text_str(t, "code-");
		text_dec(t, p.code);
	}
	text_key(t, "id");
	text_dec(t, p.id);
	show_data(t, row ? row->data : DATA_OCTETS, protocol, p.data);
	if (err)
		text_str(t, " wrong-length");
}

void ppp_show(struct text *t, struct rd frame)
{
	struct ppp_frame f;

	if (ppp_parse_frame(frame, &f)) {
		text_str(t, "ppp malformed-frame");
		return;
	}
	if (f.protocol == PPP_PAP || f.protocol == PPP_CHAP || f.protocol == PPP_EAP) {
		auth_show(t, f.protocol, f.payload);
		return;
	}
	if (!ppp_protocol_name(f.protocol))
		text_str(t, "protocol ");
	show_protocol(t, f.protocol);
	text_char(t, ' ');
	/* Network control protocols are 8xxx, link control ones cxxx (RFC 1661 2). */
	if (f.protocol & 0x8000) {
		show_packet(t, f.protocol, f.payload);
	} else {
		text_dec(t, rd_left(&f.payload));
		text_str(t, " octets");
	}
}
