/* SPDX-License-Identifier: MIT */
/* DNS (RFC 1035 4) to one line: the header, questions, and the records that people look for. */
#include "analyse/dissect.h"

#include <string.h>

#define NAME_MAX_N 256
#define JUMPS_MAX  64

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
};

/*
 * Reads a name, which may go on elsewhere in the message (RFC 1035 4.1.4), as text with dots; what
 * is not printable stands as \xNN. Sets r bad when it is malformed.
 */
static void read_name(struct rd message, struct rd *r, char out[NAME_MAX_N])
{
	struct text t = text_init(out, NAME_MAX_N);
	struct rd at = *r;
	bool jumped = false;

	for (unsigned jumps = 0; jumps < JUMPS_MAX;) {
		unsigned n = rd_u8(&at);

		if ((n & 0xc0) == 0xc0) {
			unsigned to = (n & 0x3f) << 8 | rd_u8(&at);

			if (!jumped)
				*r = at;
			jumped = true;
			jumps++;
			at = message;
			rd_take(&at, to);
			continue;
		}
		if (n == 0 || n > 63 || at.bad) {
			r->bad = at.bad || n > 63;
			break;
		}
		if (text_len(&t))
			text_char(&t, '.');
		text_safe(&t, at.p, n < rd_left(&at) ? n : rd_left(&at));
		rd_take(&at, n);
	}
	if (!jumped)
		*r = at;
	if (!text_len(&t))
		text_str(&t, "<Root>");
}

static void show_name(struct dissect *d, struct rd message, struct rd *r, enum field_id id,
		      char out[NAME_MAX_N])
{
	const uint8_t *from = r->p;

	read_name(message, r, out);
	field_add_copy(&d->tree, id, dissect_at(d, from), (size_t)(r->p - from), out, strlen(out));
}

/* Adds the name of a record's type to the summary. */
static void summarize_type(struct dissect *d, unsigned type)
{
	const char *name = field_value_name(FIELD_DNS_QRY_TYPE, type);

	if (name)
		column_info(&d->column, " %.*s", (int)strcspn(name, " "), name);
	else
		column_info(&d->column, " TYPE%u", type);
}

static void show_question(struct dissect *d, struct rd message, struct rd *r)
{
	char name[NAME_MAX_N];
	unsigned type;

	show_name(d, message, r, FIELD_DNS_QRY_NAME, name);
	type = (unsigned)dissect_uint(d, r, FIELD_DNS_QRY_TYPE, 2);
	dissect_uint(d, r, FIELD_DNS_QRY_CLASS, 2);
	summarize_type(d, type);
	column_info(&d->column, " %s", name);
}

/* What a record says, and what of it goes into the summary. */
static void show_answer(struct dissect *d, struct rd message, unsigned type, struct rd v,
			bool summary)
{
	static const struct {
		unsigned type;
		enum field_id id;
	} names[] = {{DNS_NS, FIELD_DNS_NS},
		     {DNS_CNAME, FIELD_DNS_CNAME},
		     {DNS_PTR, FIELD_DNS_PTR_DOMAIN_NAME},
		     {DNS_MX, FIELD_DNS_MX_MAIL_EXCHANGE}};
	char text[NAME_MAX_N] = "";
	struct text t = text_init(text, sizeof(text));

	if (type == DNS_A && rd_left(&v) == 4) {
		text_ip4(&t, v.p);
		dissect_ip4(d, &v, FIELD_DNS_A);
	} else if (type == DNS_AAAA && rd_left(&v) == 16) {
		text_ip6(&t, v.p);
		dissect_ip6(d, &v, FIELD_DNS_AAAA);
	} else if (type == DNS_TXT) {
		dissect_bytes(d, &v, FIELD_DNS_TXT, rd_u8(&v));
	}
	if (type == DNS_MX)
		rd_take(&v, 2);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct rd at = message;

		if (names[i].type != type)
			continue;
		rd_take(&at, (size_t)(v.p - message.p));
		show_name(d, message, &at, names[i].id, text);
	}
	if (summary && *text)
		column_info(&d->column, " %s", text);
}

static void show_record(struct dissect *d, struct rd message, struct rd *r, bool summary)
{
	char name[NAME_MAX_N];
	unsigned type, n;
	struct rd v;

	show_name(d, message, r, FIELD_DNS_RESP_NAME, name);
	type = (unsigned)dissect_uint(d, r, FIELD_DNS_RESP_TYPE, 2);
	dissect_uint(d, r, FIELD_DNS_RESP_CLASS, 2);
	dissect_uint(d, r, FIELD_DNS_RESP_TTL, 4);
	n = (unsigned)dissect_uint(d, r, FIELD_DNS_RESP_LEN, 2);
	v = rd_sub(r, n);
	if (r->bad)
		return;
	if (summary)
		summarize_type(d, type);
	show_answer(d, message, type, v, summary);
}

void dissect_dns(struct dissect *d, struct rd message)
{
	static const enum field_id bits[] = {
		FIELD_DNS_FLAGS_RESPONSE,      FIELD_DNS_FLAGS_OPCODE,
		FIELD_DNS_FLAGS_AUTHORITATIVE, FIELD_DNS_FLAGS_TRUNCATED,
		FIELD_DNS_FLAGS_RECDESIRED,    FIELD_DNS_FLAGS_RECAVAIL,
		FIELD_DNS_FLAGS_RCODE,
	};
	static const enum field_id counts[] = {FIELD_DNS_COUNT_QUERIES, FIELD_DNS_COUNT_ANSWERS,
					       FIELD_DNS_COUNT_AUTH_RR, FIELD_DNS_COUNT_ADD_RR};
	struct field_tree *t = &d->tree;
	struct rd r = message, peek;
	unsigned id, flags, n[4];

	field_open(t, dissect_protocol(d, FIELD_DNS, &message, rd_left(&message)));
	column_protocol(&d->column, "DNS");
	id = (unsigned)dissect_uint(d, &r, FIELD_DNS_ID, 2);
	peek = r;
	flags = rd_be16(&peek);
	field_open(t, field_add_uint(t, FIELD_DNS_FLAGS, dissect_at(d, r.p), 2, flags));
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		dissect_look(d, &r, bits[i], 2);
	field_close(t);
	rd_take(&r, 2);
	for (unsigned i = 0; i < 4; i++)
		n[i] = (unsigned)dissect_uint(d, &r, counts[i], 2);
	column_info(&d->column, "Standard query%s 0x%04x", flags & 0x8000 ? " response" : "", id);
	for (unsigned i = 0; i < n[0] && !r.bad; i++)
		show_question(d, message, &r);
	for (unsigned i = 0; i < n[1] + n[2] + n[3] && !r.bad; i++)
		show_record(d, message, &r, i < n[1]);
	if (r.bad)
		dissect_malformed(d, &message, "the DNS message is malformed or cut off");
	field_close(t);
}
