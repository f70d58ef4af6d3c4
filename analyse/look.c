/* SPDX-License-Identifier: MIT */
/* Takes units apart; see look.h. */
#include "analyse/look.h"

#include "analyse/packet.h"
#include "lib/http/head.h"

uint8_t look_octet(struct rd r, size_t at)
{
	rd_take(&r, at);
	return rd_u8(&r);
}

bool look_zero(struct rd r, size_t at, size_t n)
{
	uint8_t any = 0;

	rd_take(&r, at);
	for (size_t i = 0; i < n; i++)
		any |= rd_u8(&r);
	return !r.bad && !any;
}

static void look_control(struct rd body, struct look_control *out)
{
	struct rd r;

	out->n = 0;
	out->attr_err = 0;
	out->err = sstp_parse_control(body, &out->c);
	if (out->err) {
		out->left = 0;
		return;
	}
	r = out->c.attrs;
	while (out->n < out->c.count && out->n < LOOK_ATTRS && rd_left(&r)) {
		struct look_attr *a = &out->attr[out->n];
		struct rd head = r;

		a->at = (uint16_t)(SSTP_HEADER + (size_t)(r.p - body.p));
		a->reserved = rd_u8(&head);
		rd_u8(&head);
		a->r = (uint8_t)(rd_u8(&head) >> 4);
		out->attr_err = sstp_next_attr(&r, &a->attr);
		if (out->attr_err)
			break;
		out->n++;
	}
	out->left = out->attr_err ? 0 : rd_left(&r);
}

/* Notes a header that the rules ask for. */
static void look_header(struct look_http *h, const struct head_field *f)
{
	const struct {
		const char *name;
		struct view *value;
		unsigned *count;
	} known[] = {
		{"host", &h->host, &h->hosts},
		{"content-length", &h->length, &h->lengths},
		{"sstpcorrelationid", &h->id, &h->ids},
		{"cookie", &h->cookie, &h->cookies},
		{"transfer-encoding", NULL, &h->codings},
		{"server", &h->server, NULL},
		{"date", &h->date, NULL},
		{"sstpversion", &h->version, NULL},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!head_is(f->name, known[i].name))
			continue;
		if (known[i].value && !known[i].value->n)
			*known[i].value = f->value;
		if (known[i].count)
			++*known[i].count;
		return;
	}
	h->others++;
}

static void look_http(const struct unit *u, struct look_http *out)
{
	struct rd r = rd_init(u->bytes.p, u->bytes.n);
	struct head_field f;

	*out = (struct look_http){.request = u->way == WAY_TO_SERVER};
	out->line = head_line(&r);
	out->rest = out->line;
	out->word[0] = head_word(&out->rest);
	out->word[1] = head_word(&out->rest);
	while (head_field(&r, &f))
		look_header(out, &f);
	out->malformed = r.bad;
}

static void look_data(struct look *l)
{
	struct rd payload;

	l->data.has_cp = l->data.is_ip = false;
	l->data.ip_total = 0;
	l->data.frame_err = ppp_parse_frame(l->body, &l->data.frame);
	if (l->data.frame_err)
		return;
	payload = l->data.frame.payload;
	if (l->data.frame.protocol == PPP_IP4 || l->data.frame.protocol == PPP_IP6) {
		struct ip_header ip;
		size_t n = rd_left(&payload);

		l->data.is_ip = true;
		if (!packet_ip(payload.p, n, n, &ip))
			l->data.ip_total = ip.total;
	} else if (l->data.frame.protocol & 0x8000) {
		l->data.has_cp = true;
		l->data.cp_err = cp_parse_packet(payload, &l->data.cp);
	}
}

void look_at(const struct unit *u, struct look *out)
{
	struct rd r = rd_init(u->bytes.p, u->bytes.n);

	out->unit = u;
	out->way = u->way;
	if (u->kind == UNIT_HTTP) {
		look_http(u, &out->http);
		return;
	}
	if (u->kind != UNIT_CONTROL && u->kind != UNIT_DATA)
		return;
	rd_u8(&r);
	out->reserved = (uint8_t)(rd_u8(&r) >> 1);
	out->r = (uint8_t)(rd_be16(&r) >> 12);
	out->body = r;
	if (u->kind == UNIT_CONTROL)
		look_control(r, &out->control);
	else
		look_data(out);
}

unsigned look_type(const struct look *l)
{
	return l->unit->kind == UNIT_CONTROL && !l->control.err ? l->control.c.type : 0;
}

const struct look_attr *look_find(const struct look *l, unsigned id)
{
	if (l->unit->kind != UNIT_CONTROL)
		return NULL;
	for (unsigned i = 0; i < l->control.n; i++)
		if (l->control.attr[i].attr.id == id)
			return &l->control.attr[i];
	return NULL;
}

uint16_t look_protocol(const struct look *l)
{
	return l->unit->kind == UNIT_DATA && !l->data.frame_err ? l->data.frame.protocol : 0;
}
