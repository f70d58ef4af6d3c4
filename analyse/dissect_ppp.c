/* SPDX-License-Identifier: MIT */
/* PPP frames: the header, and which dissector takes the rest; lib/ppp parses. */
#include "analyse/dissect.h"
#include "lib/ppp/ppp.h"

/* The protocols that are known, and the names of their lines. */
static const struct protocol_row {
	uint16_t protocol;
	enum field_id id;
	const char *column;
	void (*dissect)(struct dissect *d, struct rd packet);
} protocols[] = {
	{PPP_IP4, FIELD_INVALID, "IPv4", dissect_ip},
	{PPP_IP6, FIELD_INVALID, "IPv6", dissect_ip},
	{PPP_LCP, FIELD_LCP, "PPP LCP", NULL},
	{PPP_IPCP, FIELD_IPCP, "PPP IPCP", NULL},
	{PPP_IPV6CP, FIELD_IPV6CP, "PPP IPV6CP", NULL},
	{PPP_CCP, FIELD_CCP, "PPP CCP", NULL},
	{PPP_PAP, FIELD_PAP, "PPP PAP", dissect_pap},
	{PPP_CHAP, FIELD_CHAP, "PPP CHAP", dissect_chap},
	{PPP_EAP, FIELD_EAP, "EAP", dissect_eap},
	{PPP_CBCP, FIELD_CBCP, "PPP CBCP", dissect_cbcp},
};

static const struct protocol_row *find_row(uint16_t protocol)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (protocols[i].protocol == protocol)
			return &protocols[i];
	return NULL;
}

/* A protocol that is not known: its name if it has one, and its octets. */
static void show_unknown(struct dissect *d, uint16_t protocol, struct rd payload)
{
	const char *name = field_value_name(FIELD_PPP_PROTOCOL, protocol);

	column_protocol(&d->column, "PPP");
	if (name)
		column_text(&d->column, name);
	else
		column_info(&d->column, "Protocol 0x%04x", protocol);
	dissect_data(d, payload);
}

void dissect_ppp(struct dissect *d, struct rd frame)
{
	struct field_tree *t = &d->tree;
	const struct protocol_row *row;
	struct ppp_frame f;
	struct rd r = frame;
	int err = ppp_parse_frame(frame, &f);
	uint32_t node;

	node = dissect_protocol(d, FIELD_PPP, &frame, 0);
	column_protocol(&d->column, "PPP");
	if (err) {
		dissect_malformed(d, &frame, sstp_err_text(err));
		return;
	}
	field_set_len(t, node, (size_t)(f.payload.p - frame.p));
	field_open(t, node);
	if (f.address) {
		dissect_uint(d, &r, FIELD_PPP_ADDRESS, 1);
		dissect_uint(d, &r, FIELD_PPP_CONTROL, 1);
	}
	dissect_uint(d, &r, FIELD_PPP_PROTOCOL, f.short_protocol ? 1 : 2);
	field_close(t);
	/* a burst of packets in one frame fills the line soon */
	if (!d->deep && (!d->column.wanted || d->column.text.cut))
		return;
	row = find_row(f.protocol);
	if (!row) {
		show_unknown(d, f.protocol, f.payload);
		return;
	}
	column_protocol(&d->column, row->column);
	if (row->dissect)
		row->dissect(d, f.payload);
	else
		dissect_cp(d, f.protocol, f.payload);
}
