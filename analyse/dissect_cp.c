/* SPDX-License-Identifier: MIT */
/*
 * The packets of LCP, IPCP, IPV6CP and CCP (RFC 1661 5, RFC 1570, RFC 1962) and their options.
 * lib/ppp takes packets and options apart; tables say which fields they are shown as.
 */
#include "analyse/dissect.h"
#include "lib/ppp/cp.h"
#include "lib/ppp/frame.h"
#include "lib/ppp/negotiate.h"
#include "lib/ppp/ppp.h"

enum value_form {
	VALUE_NONE,
	VALUE_NUMBER, /* of all octets that there are */
	VALUE_IP4,
	VALUE_BYTES,
	VALUE_AUTH,    /* a protocol, and for CHAP an algorithm */
	VALUE_QUALITY, /* a protocol, and a reporting period */
	VALUE_MPPE,    /* 32 supported bits */
	VALUE_BSD,     /* version and dictionary */
	VALUE_DEFLATE,
	VALUE_MVRCA,
	VALUE_VJ, /* a protocol, and for Van Jacobson's compression its slots */
};

/* An option: the node for it, its value's field and form. */
static const struct option_row {
	uint16_t protocol;
	uint8_t type;
	uint8_t form; /* enum value_form */
	enum field_id whole;
	enum field_id value;
} options[] = {
	{PPP_LCP, 0, VALUE_BYTES, FIELD_LCP_OPT_VENDOR, FIELD_LCP_OPT_DATA},
	{PPP_LCP, 1, VALUE_NUMBER, FIELD_LCP_OPT_MTU_BYTES, FIELD_LCP_OPT_MRU},
	{PPP_LCP, 2, VALUE_NUMBER, FIELD_LCP_OPT_ASYNCMAP_BYTES, FIELD_LCP_OPT_ASYNCMAP},
	{PPP_LCP, 3, VALUE_AUTH, FIELD_LCP_OPT_AUTH_PROTOCOL_BYTES, FIELD_LCP_OPT_AUTH_PROTOCOL},
	{PPP_LCP, 4, VALUE_QUALITY, FIELD_LCP_OPT_QUALITY_PROTOCOL_BYTES,
	 FIELD_LCP_OPT_QUALITY_PROTOCOL},
	{PPP_LCP, 5, VALUE_NUMBER, FIELD_LCP_OPT_MAGIC_NUMBER_BYTES, FIELD_LCP_OPT_MAGIC_NUMBER},
	{PPP_LCP, 7, VALUE_NONE, FIELD_LCP_OPT_FIELD_COMPRESS, FIELD_INVALID},
	{PPP_LCP, 8, VALUE_NONE, FIELD_LCP_OPT_ADDR_FIELD_COMPRESS, FIELD_INVALID},
	{PPP_LCP, 9, VALUE_NUMBER, FIELD_LCP_OPT_FCS_ALTERNATIVES_BYTES,
	 FIELD_LCP_OPT_FCS_ALTERNATIVES},
	{PPP_LCP, 10, VALUE_NUMBER, FIELD_LCP_OPT_SELF_DESC_PAD, FIELD_LCP_OPT_MAXIMUM},
	{PPP_LCP, 13, VALUE_NUMBER, FIELD_LCP_OPT_CALLBACK, FIELD_LCP_OPT_OPERATION},
	{PPP_LCP, 17, VALUE_NUMBER, FIELD_LCP_OPT_MULTILINK_MRRU, FIELD_LCP_OPT_MRRU},
	{PPP_LCP, 18, VALUE_NONE, FIELD_LCP_OPT_MULTILINK_SSNH, FIELD_INVALID},
	{PPP_LCP, 19, VALUE_NUMBER, FIELD_LCP_OPT_MULTILINK_EP_DISC, FIELD_LCP_OPT_EP_DISC_CLASS},
	{PPP_LCP, 23, VALUE_NUMBER, FIELD_LCP_OPT_LINK_DISCRIM_BYTES, FIELD_LCP_OPT_LINK_DISCRIM},
	{PPP_LCP, 28, VALUE_NUMBER, FIELD_LCP_OPT_INTERNATIONALIZATION, FIELD_LCP_OPT_MIBENUM},
	{PPP_IPCP, 1, VALUE_IP4, FIELD_IPCP_OPT_ADDRS, FIELD_IPCP_OPT_SRC_ADDRESS},
	{PPP_IPCP, 2, VALUE_VJ, FIELD_IPCP_OPT_COMPRESS, FIELD_IPCP_OPT_COMPRESS_PROTO},
	{PPP_IPCP, 3, VALUE_IP4, FIELD_IPCP_OPT_ADDR, FIELD_IPCP_OPT_IP_ADDRESS},
	{PPP_IPCP, 4, VALUE_IP4, FIELD_IPCP_OPT_MOBILEIPV4, FIELD_IPCP_OPT_MOBILENODEHOMEADDRESS},
	{PPP_IPCP, 129, VALUE_IP4, FIELD_IPCP_OPT_PRI_DNS, FIELD_IPCP_OPT_PRI_DNS_ADDRESS},
	{PPP_IPCP, 130, VALUE_IP4, FIELD_IPCP_OPT_PRI_NBNS, FIELD_IPCP_OPT_PRI_NBNS_ADDRESS},
	{PPP_IPCP, 131, VALUE_IP4, FIELD_IPCP_OPT_SEC_DNS, FIELD_IPCP_OPT_SEC_DNS_ADDRESS},
	{PPP_IPCP, 132, VALUE_IP4, FIELD_IPCP_OPT_SEC_NBNS, FIELD_IPCP_OPT_SEC_NBNS_ADDRESS},
	{PPP_IPV6CP, 1, VALUE_BYTES, FIELD_IPV6CP_OPT_INTERFACE_IDENTIFIER,
	 FIELD_IPV6CP_INTERFACE_IDENTIFIER},
	{PPP_IPV6CP, 2, VALUE_NONE, FIELD_IPV6CP_OPT_COMPRESS, FIELD_INVALID},
	{PPP_CCP, 0, VALUE_NUMBER, FIELD_CCP_OPT_OUI_BYTES, FIELD_CCP_OPT_OUI},
	{PPP_CCP, 1, VALUE_NONE, FIELD_CCP_OPT_PREDICT1, FIELD_INVALID},
	{PPP_CCP, 2, VALUE_NONE, FIELD_CCP_OPT_PREDICT2, FIELD_INVALID},
	{PPP_CCP, 17, VALUE_NUMBER, FIELD_CCP_OPT_STAC, FIELD_CCP_OPT_HISTORY_COUNT},
	{PPP_CCP, 18, VALUE_MPPE, FIELD_CCP_OPT_MPPE, FIELD_CCP_OPT_SUPPORTED_BITS},
	{PPP_CCP, 21, VALUE_BSD, FIELD_CCP_OPT_BSDCOMP, FIELD_CCP_OPT_VD},
	{PPP_CCP, 23, VALUE_NUMBER, FIELD_CCP_OPT_LZSDCP, FIELD_CCP_OPT_HISTORY_COUNT},
	{PPP_CCP, 24, VALUE_MVRCA, FIELD_CCP_OPT_MVRCA, FIELD_INVALID},
	{PPP_CCP, 26, VALUE_DEFLATE, FIELD_CCP_OPT_DEFLATE, FIELD_INVALID},
};

/* What a control protocol's fields are. */
static const struct cp_row {
	uint16_t protocol;
	enum field_id id, type, length;
} protocols[] = {
	{PPP_LCP, FIELD_LCP, FIELD_LCP_OPT_TYPE, FIELD_LCP_OPT_LENGTH},
	{PPP_IPCP, FIELD_IPCP, FIELD_IPCP_OPT_TYPE, FIELD_IPCP_OPT_LENGTH},
	{PPP_IPV6CP, FIELD_IPV6CP, FIELD_IPV6CP_OPT_TYPE, FIELD_IPV6CP_OPT_LENGTH},
	{PPP_CCP, FIELD_CCP, FIELD_CCP_OPT_TYPE, FIELD_CCP_OPT_LENGTH},
};

static const struct option_row *find_option(uint16_t protocol, uint8_t type)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].protocol == protocol && options[i].type == type)
			return &options[i];
	return NULL;
}

/* Shows several fields that are bits of the same octets, and passes these. */
static void show_bits(struct dissect *d, struct rd *v, size_t n, const enum field_id *ids,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		dissect_look(d, v, ids[i], n);
	rd_take(v, n);
}
#define SHOW_BITS(d, v, n, ids) show_bits(d, v, n, ids, sizeof(ids) / sizeof(*(ids)))

/* The octets that form a whole number: as many as the field's type has. */
static size_t octets_of(enum field_id id, const struct rd *v)
{
	uint64_t max = field_type_max(field_infos[id].type);
	size_t n = max > 0xffffff ? 4 : max > 0xffff ? 3 : max > 0xff ? 2 : 1;

	return n < rd_left(v) ? n : rd_left(v);
}

static void show_mppe(struct dissect *d, struct rd *v)
{
	static const enum field_id bits[] = {
		FIELD_CCP_OPT_SUPPORTED_BITS_H, FIELD_CCP_OPT_SUPPORTED_BITS_M,
		FIELD_CCP_OPT_SUPPORTED_BITS_S, FIELD_CCP_OPT_SUPPORTED_BITS_L,
		FIELD_CCP_OPT_SUPPORTED_BITS_D, FIELD_CCP_OPT_SUPPORTED_BITS_C,
	};
	struct rd peek = *v;
	uint32_t node = FIELD_SKIPPED;

	if (rd_left(v) >= 4)
		node = field_add_uint(&d->tree, FIELD_CCP_OPT_SUPPORTED_BITS, dissect_at(d, v->p),
				      4, rd_be32(&peek));
	field_open(&d->tree, node);
	SHOW_BITS(d, v, 4, bits);
	field_close(&d->tree);
}

static void show_value(struct dissect *d, const struct option_row *row, struct rd *v)
{
	static const enum field_id bsd[] = {FIELD_CCP_OPT_VD, FIELD_CCP_OPT_VD_VERS,
					    FIELD_CCP_OPT_VD_DICT};
	static const enum field_id deflate[] = {FIELD_CCP_OPT_WINDOW, FIELD_CCP_OPT_METHOD};
	static const enum field_id check[] = {FIELD_CCP_OPT_MBZ, FIELD_CCP_OPT_CHK};
	static const enum field_id mvrca[] = {FIELD_CCP_OPT_FE, FIELD_CCP_OPT_P,
					      FIELD_CCP_OPT_HISTORY_BITS};

	switch (row->form) {
	case VALUE_NUMBER:
		dissect_uint(d, v, row->value, octets_of(row->value, v));
		break;
	case VALUE_IP4:
		dissect_ip4(d, v, row->value);
		if (row->whole == FIELD_IPCP_OPT_ADDRS && rd_left(v) >= 4)
			dissect_ip4(d, v, FIELD_IPCP_OPT_DST_ADDRESS);
		break;
	case VALUE_BYTES:
		dissect_bytes(d, v, row->value, rd_left(v));
		break;
	case VALUE_AUTH:
		if (dissect_uint(d, v, row->value, 2) == PPP_CHAP)
			dissect_uint(d, v, FIELD_LCP_OPT_ALGORITHM, 1);
		break;
	case VALUE_QUALITY:
		dissect_uint(d, v, row->value, 2);
		dissect_uint(d, v, FIELD_LCP_OPT_REPORTING_PERIOD, 4);
		break;
	case VALUE_VJ:
		dissect_uint(d, v, row->value, 2);
		if (rd_left(v) >= 2) {
			dissect_uint(d, v, FIELD_IPCP_OPT_MAX_SLOT_ID, 1);
			dissect_uint(d, v, FIELD_IPCP_OPT_COMP_SLOT_ID, 1);
		}
		break;
	case VALUE_MPPE:
		show_mppe(d, v);
		break;
	case VALUE_BSD:
		SHOW_BITS(d, v, 1, bsd);
		break;
	case VALUE_DEFLATE:
		SHOW_BITS(d, v, 1, deflate);
		SHOW_BITS(d, v, 1, check);
		break;
	case VALUE_MVRCA:
		SHOW_BITS(d, v, 1, mvrca);
		dissect_uint(d, v, FIELD_CCP_OPT_CONTEXTS, 1);
		break;
	default:
		break;
	}
}

static void show_option(struct dissect *d, const struct cp_row *p, const struct cp_item *item)
{
	const struct option_row *row = find_option(p->protocol, item->type);
	const char *name = field_value_name(p->type, item->type);
	struct rd whole = item->whole, v = item->value;
	uint32_t node;

	node = field_add_protocol(&d->tree, row ? row->whole : FIELD_TEXT, dissect_at(d, whole.p),
				  rd_left(&whole), rd_left(&whole));
	if (!row)
		field_label(&d->tree, node, "Option: %s (%u)", name ? name : "unknown", item->type);
	field_open(&d->tree, node);
	dissect_uint(d, &whole, p->type, 1);
	dissect_uint(d, &whole, p->length, 1);
	if (row)
		show_value(d, row, &v);
	if (v.bad)
		dissect_malformed(d, &item->whole, "the option's length is wrong");
	else if (rd_left(&v) && p->protocol == PPP_LCP)
		dissect_bytes(d, &v, FIELD_LCP_OPT_DATA, rd_left(&v));
	field_close(&d->tree);
}

static void show_options(struct dissect *d, const struct cp_row *p, struct rd data)
{
	uint32_t node;
	struct rd r = data;
	struct cp_item item;
	int more;

	if (!rd_left(&data))
		return;
	node = field_add_none(&d->tree, FIELD_TEXT, dissect_at(d, r.p), rd_left(&r));
	field_label(&d->tree, node, "Options: (%zu bytes)", rd_left(&r));
	field_open(&d->tree, node);
	for (;;) {
		data = r;
		more = cp_next_item(&r, &item);
		if (more <= 0)
			break;
		field_label_more(&d->tree, node, ", %s",
				 field_value_name(p->type, item.type)
					 ? field_value_name(p->type, item.type)
					 : "unknown option");
		show_option(d, p, &item);
	}
	if (more < 0)
		dissect_malformed(d, &data, sstp_err_text(more));
	field_close(&d->tree);
}

/* Octets of LCP's packets behind the magic number, or of any protocol's. */
static void show_rest(struct dissect *d, struct rd *r, enum field_id id)
{
	if (rd_left(r))
		dissect_bytes(d, r, id, rd_left(r));
}

/* The codes that are no negotiation. */
static void show_other(struct dissect *d, const struct cp_row *p, const struct cp_packet *packet)
{
	struct rd r = packet->data;

	if (p->protocol != PPP_LCP || packet->code < CP_PROTOCOL_REJECT ||
	    packet->code > CP_TIME_REMAINING) {
		show_rest(d, &r, FIELD_PPP_DATA);
		return;
	}
	if (packet->code == CP_PROTOCOL_REJECT) {
		uint64_t protocol = dissect_uint(d, &r, FIELD_LCP_REJ_PROTO, 2);
		const char *name = field_value_name(FIELD_LCP_REJ_PROTO, protocol);

		column_info(&d->column, ", %s (0x%04x)", name ? name : "protocol",
			    (unsigned)protocol);
		show_rest(d, &r, FIELD_LCP_DATA);
	} else {
		dissect_uint(d, &r, FIELD_LCP_MAGIC_NUMBER, 4);
		if (packet->code == CP_TIME_REMAINING)
			dissect_uint(d, &r, FIELD_LCP_SECS_REMAINING, 4);
		if (packet->code == CP_IDENTIFICATION) {
			column_text(&d->column, ": ");
			column_safe(&d->column, r.p, rd_left(&r));
		}
		show_rest(d, &r,
			  packet->code >= CP_IDENTIFICATION ? FIELD_LCP_MESSAGE : FIELD_LCP_DATA);
	}
}

void dissect_cp(struct dissect *d, uint16_t protocol, struct rd packet)
{
	const struct cp_row *p = protocols;
	struct cp_packet c;
	struct rd r = packet;
	const char *name;
	int err;

	while (p->protocol != protocol)
		p++;
	err = cp_parse_packet(packet, &c);
	field_open(&d->tree, dissect_protocol(d, p->id, &packet, rd_left(&packet)));
	dissect_uint(d, &r, FIELD_PPP_CODE, 1);
	dissect_uint(d, &r, FIELD_PPP_IDENTIFIER, 1);
	dissect_uint(d, &r, FIELD_PPP_LENGTH, 2);
	name = field_value_name(FIELD_PPP_CODE, c.code);
	column_text(&d->column, name ? name : "Unknown");
	if (err)
		dissect_malformed(d, &packet, sstp_err_text(err));
	else if (c.code >= CP_CONFIGURE_REQUEST && c.code <= CP_CONFIGURE_REJECT)
		show_options(d, p, c.data);
	else
		show_other(d, p, &c);
	field_close(&d->tree);
}
