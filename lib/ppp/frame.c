/* SPDX-License-Identifier: MIT */
/* PPP frames: heads read and written, names of protocols; see ppp.h and frame.h. */
#include "lib/ppp/frame.h"

#include "lib/ppp/auth.h"
#include "lib/ppp/ppp.h"

#define ADDRESS 0xff /* all stations (RFC 1662 3.1) */
#define CONTROL 0x03 /* unnumbered information */
#define ROOM    4    /* octets in front for the SSTP header */

struct protocol_row {
	uint16_t protocol;
	uint8_t layer; /* enum sstp_layer */
	bool secret;   /* its packets are redacted before they are traced */
	const char *name;
};

/* clang-format off */
static const struct protocol_row protocols[] = {
	{PPP_IP4,    SSTP_LAYER_PPP,    false, "ipv4"},
	{PPP_IP6,    SSTP_LAYER_PPP,    false, "ipv6"},
	{PPP_IPCP,   SSTP_LAYER_IPCP,   false, "ipcp"},
	{PPP_IPV6CP, SSTP_LAYER_IPV6CP, false, "ipv6cp"},
	{PPP_CCP,    SSTP_LAYER_CCP,    false, "ccp"},
	{PPP_ECP,    SSTP_LAYER_PPP,    false, "ecp"},
	{PPP_LCP,    SSTP_LAYER_LCP,    false, "lcp"},
	{PPP_PAP,    SSTP_LAYER_PAP,    true,  "pap"},
	{PPP_CHAP,   SSTP_LAYER_CHAP,   true,  "chap"},
	{PPP_EAP,    SSTP_LAYER_EAP,    true,  "eap"},
	{PPP_CBCP,   SSTP_LAYER_PPP,    false, "cbcp"},
	{0xc025,     SSTP_LAYER_PPP,    false, "lqr"},
	{0x00fd,     SSTP_LAYER_CCP,    false, "compressed"},
	{0x002d,     SSTP_LAYER_PPP,    false, "vj-compressed"},
	{0x002f,     SSTP_LAYER_PPP,    false, "vj-uncompressed"},
	{0x003d,     SSTP_LAYER_PPP,    false, "multilink"},
	{0x8029,     SSTP_LAYER_PPP,    false, "atcp"},
	{0x802b,     SSTP_LAYER_PPP,    false, "ipxcp"},
	{0x803f,     SSTP_LAYER_PPP,    false, "nbfcp"},
	{0x8281,     SSTP_LAYER_PPP,    false, "mplscp"},
	{0xc02b,     SSTP_LAYER_PPP,    false, "bacp"},
	{0xc02d,     SSTP_LAYER_PPP,    false, "bap"},
};
/* clang-format on */

static const struct protocol_row *find_protocol(uint16_t protocol)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].protocol == protocol)
			return &protocols[i];
	return NULL;
}

const char *ppp_protocol_name(uint16_t protocol)
{
	const struct protocol_row *row = find_protocol(protocol);

	return row ? row->name : NULL;
}

enum sstp_layer ppp_layer(uint16_t protocol)
{
	const struct protocol_row *row = find_protocol(protocol);

	return row ? row->layer : SSTP_LAYER_PPP;
}

int ppp_parse_frame(struct rd frame, struct ppp_frame *out)
{
	struct rd r = frame;
	struct rd head = frame;
	uint8_t hi;

	*out = (struct ppp_frame){0};
	if (rd_u8(&head) == ADDRESS && rd_u8(&head) == CONTROL) {
		out->address = true;
		r = head;
	}
	hi = rd_u8(&r);
	if (hi & 1) {
		/* RFC 1661 2: an odd first octet is the last; 00ff is no protocol, but a broken
		 * FF 03. */
		if (hi == ADDRESS)
			return SSTP_E_PPP_FRAME;
		out->short_protocol = true;
		out->protocol = hi;
	} else {
		out->protocol = be16(hi, rd_u8(&r));
	}
	out->payload = r;
	return r.bad ? SSTP_E_PPP_FRAME : SSTP_OK;
}

int cp_parse_packet(struct rd payload, struct cp_packet *out)
{
	struct rd r = payload;
	size_t have = rd_left(&payload);
	uint16_t length;
	bool bad;

	out->code = rd_u8(&r);
	out->id = rd_u8(&r);
	length = rd_be16(&r);
	bad = r.bad || length < CP_HEAD || length > have;
	if (!bad)
		have = length;
	out->data = rd_sub(&r, have < CP_HEAD ? 0 : have - CP_HEAD);
	out->packet = rd_sub(&payload, have);
	return bad ? SSTP_E_PPP_LENGTH : SSTP_OK;
}

struct wr ppp_begin_frame(struct outq *q, uint16_t protocol, size_t max)
{
	struct wr w = outq_begin(q, PPP_UNIT_HEAD + max);

	wr_zero(&w, ROOM);
	wr_u8(&w, ADDRESS);
	wr_u8(&w, CONTROL);
	wr_be16(&w, protocol);
	return w;
}

bool ppp_end_frame(struct outq *q, struct tracer *t, const struct wr *w)
{
	struct rd frame = rd_init(w->start, wr_len(w));

	if (!outq_end(q, w))
		return false;
	rd_take(&frame, ROOM);
	ppp_trace_frame(t, SSTP_TRACE_TX, frame);
	return true;
}

void ppp_trace_frame(struct tracer *t, enum sstp_trace_kind kind, struct rd frame)
{
	const struct protocol_row *row;
	uint8_t copy[SSTP_TRACE_BYTES];
	struct ppp_frame f;
	struct view from_protocol;
	size_t head, kept;

	if (!t->ring || ppp_parse_frame(frame, &f))
		return;
	if (f.address)
		rd_take(&frame, 2);
	from_protocol = rd_rest(&frame);
	row = find_protocol(f.protocol);
	if (!row || !row->secret) {
		trace_msg(t, kind, ppp_layer(f.protocol), from_protocol.p, from_protocol.n);
		return;
	}
	head = from_protocol.n - rd_left(&f.payload);
	kept = from_protocol.n < sizeof(copy) ? from_protocol.n : sizeof(copy);
	memcpy(copy, from_protocol.p, kept);
	auth_redact(f.protocol, copy + head, kept - head);
	trace_msg(t, kind, row->layer, copy, kept);
}
