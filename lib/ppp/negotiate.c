/* SPDX-License-Identifier: MIT */
/* The walk over options, in every direction; see negotiate.h. */
#include "lib/ppp/negotiate.h"

#include "lib/ppp/cp.h"
#include "lib/ppp/ppp.h"

#define ITEM_HEAD 2
#define VALUE_MAX 32 /* octets of a value of ours */

int cp_next_item(struct rd *options, struct cp_item *out)
{
	struct rd whole = *options;
	uint8_t len;

	if (!rd_left(options))
		return 0;
	out->type = rd_u8(options);
	len = rd_u8(options);
	if (options->bad || len < ITEM_HEAD)
		return SSTP_E_PPP_OPTION;
	out->value = rd_sub(options, (size_t)len - ITEM_HEAD);
	out->whole = rd_sub(&whole, len);
	return out->whole.bad ? SSTP_E_PPP_OPTION : 1;
}

int cp_check_items(struct rd options, size_t *off)
{
	const size_t all = rd_left(&options);
	struct cp_item item;
	int more;

	do {
		*off = all - rd_left(&options);
		more = cp_next_item(&options, &item);
	} while (more > 0);
	return more;
}

const struct cp_option *cp_find_option(const struct cp_table *table, uint8_t type)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].type == type)
			return &table->rows[i];
	return NULL;
}

/* Returns the bit that stands for a row in masks. */
static uint32_t bit_of(const struct cp *c, const struct cp_option *o)
{
	return 1u << (o - c->protocol->options->rows);
}

static bool fits_row(const struct cp_option *o, const struct cp_item *item)
{
	size_t len = rd_left(&item->whole);

	return len >= o->min && len <= o->max;
}

/*
 * Judges one option of the peer's request. `seen` has the bits of those before it: RFC 1661 5.1
 * lets no option stand twice, so a second one is rejected.
 */
static enum cp_verdict judge_item(const struct cp *c, const struct cp_item *item, uint32_t *seen)
{
	const struct cp_option *o = cp_find_option(c->protocol->options, item->type);
	enum cp_verdict v = CP_NAK;

	if (!o || !o->judge || (*seen & bit_of(c, o)))
		return CP_REJECT;
	*seen |= bit_of(c, o);
	/* RFC 1661 6: a wrong length is Nak'ed with the right one. */
	if (fits_row(o, item))
		v = o->judge(c, o, item->value);
	return v == CP_NAK && !o->suggest ? CP_REJECT : v;
}

/* A Nak said too often becomes a Reject (RFC 1661 4.6, Max-Failure). */
static enum cp_verdict harden(const struct cp *c, enum cp_verdict v)
{
	return v == CP_NAK && c->naks >= CP_MAX_FAILURE ? CP_REJECT : v;
}

/* Returns whether the row's option is missing in a request with the options in `seen`. */
static bool is_missing(const struct cp *c, const struct cp_option *o, uint32_t seen)
{
	return o->wanted && !(seen & bit_of(c, o)) && o->wanted(c, o);
}

enum cp_verdict cp_judge(const struct cp *c, struct rd options)
{
	const struct cp_table *table = c->protocol->options;
	enum cp_verdict worst = CP_ACK;
	struct cp_item item;
	uint32_t seen = 0;

	while (cp_next_item(&options, &item) > 0) {
		enum cp_verdict v = harden(c, judge_item(c, &item, &seen));

		if (v > worst)
			worst = v;
	}
	for (size_t i = 0; i < table->n; i++)
		if (worst < CP_NAK && c->naks < CP_MAX_FAILURE &&
		    is_missing(c, &table->rows[i], seen))
			worst = CP_NAK;
	return worst;
}

int cp_vital(const struct cp *c, struct rd options)
{
	const struct cp_table *table = c->protocol->options;
	struct cp_item item;
	uint32_t seen = 0;

	while (cp_next_item(&options, &item) > 0) {
		enum cp_verdict v = judge_item(c, &item, &seen);
		const struct cp_option *o = cp_find_option(table, item.type);

		if ((v == CP_NAK || v == CP_NAK_ALONE) && o->vital)
			return o->vital;
	}
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].vital && is_missing(c, &table->rows[i], seen))
			return table->rows[i].vital;
	return 0;
}

/* Writes an option with the value in v. */
static void put_item(struct wr *w, uint8_t type, const struct wr *v)
{
	wr_u8(w, type);
	wr_u8(w, (uint8_t)(ITEM_HEAD + wr_len(v)));
	wr_bytes(w, v->start, wr_len(v));
}

static void put_suggestion(struct cp *c, const struct cp_option *o, struct wr *w)
{
	uint8_t bytes[VALUE_MAX];
	struct wr v = wr_init(bytes, sizeof(bytes));

	o->suggest(c, o, &v);
	if (wr_left(w) >= ITEM_HEAD + wr_len(&v))
		put_item(w, o->type, &v);
}

void cp_put_refusal(struct cp *c, struct rd options, enum cp_verdict what, struct wr *w)
{
	const struct cp_table *table = c->protocol->options;
	struct cp_item item;
	uint32_t seen = 0;

	/* What does not fit the packet is left for the next round. */
	while (cp_next_item(&options, &item) > 0) {
		struct view whole = rd_rest(&item.whole);
		enum cp_verdict v;

		item.whole = rd_init(whole.p, whole.n);
		v = harden(c, judge_item(c, &item, &seen));
		if (v != what)
			continue;
		if (what != CP_REJECT)
			put_suggestion(c, cp_find_option(table, item.type), w);
		else if (wr_left(w) >= whole.n)
			wr_bytes(w, whole.p, whole.n);
	}
	/* RFC 1661 5.3: options that must be there are appended. */
	for (size_t i = 0; what == CP_NAK && i < table->n; i++)
		if (is_missing(c, &table->rows[i], seen))
			put_suggestion(c, &table->rows[i], w);
}

void cp_accept(struct cp *c, struct rd options)
{
	struct cp_item item;

	while (cp_next_item(&options, &item) > 0) {
		const struct cp_option *o = cp_find_option(c->protocol->options, item.type);

		if (o && o->accept)
			o->accept(c, o, item.value);
	}
}

void cp_put_request(const struct cp *c, struct wr *w)
{
	const struct cp_table *table = c->protocol->options;

	for (size_t i = 0; i < table->n; i++) {
		const struct cp_option *o = &table->rows[i];
		uint8_t bytes[VALUE_MAX];
		struct wr v = wr_init(bytes, sizeof(bytes));

		if (o->put && !(c->off & bit_of(c, o)) && o->put(c, o, &v))
			put_item(w, o->type, &v);
	}
}

/* Returns whether two readers have the same octets left. */
static bool same_octets(struct rd a, struct rd b)
{
	struct view x = rd_rest(&a);
	struct view y = rd_rest(&b);

	return x.n == y.n && (!x.n || !memcmp(x.p, y.p, x.n));
}

/* Finds the option of a type in options. */
static bool find_item(struct rd options, uint8_t type, struct cp_item *out)
{
	while (cp_next_item(&options, out) > 0)
		if (out->type == type)
			return true;
	return false;
}

bool cp_is_part(struct rd request, struct rd options)
{
	struct cp_item item, ours;

	if (!rd_left(&options))
		return false;
	while (cp_next_item(&options, &item) > 0)
		if (!find_item(request, item.type, &ours) || !same_octets(item.whole, ours.whole))
			return false;
	return true;
}

int cp_take_naks(struct cp *c, struct rd options)
{
	const struct rd request = rd_init(c->request, c->request_len);
	struct cp_item item, ours;
	int err = 0;

	while (!err && cp_next_item(&options, &item) > 0) {
		const struct cp_option *o = cp_find_option(c->protocol->options, item.type);

		/* What we did not ask for is not asked for because the peer would like it. */
		if (!o || !find_item(request, item.type, &ours))
			continue;
		if (c->refused > CP_MAX_FAILURE && !o->vital)
			c->off |= bit_of(c, o);
		else if (o->nak && fits_row(o, &item))
			err = o->nak(c, o, item.value);
	}
	return err;
}

int cp_take_rejects(struct cp *c, struct rd options)
{
	struct cp_item item;

	while (cp_next_item(&options, &item) > 0) {
		const struct cp_option *o = cp_find_option(c->protocol->options, item.type);
		int err = o && o->reject ? o->reject(c, o) : 0;

		if (err < 0)
			return err;
		if (o && !err)
			c->off |= bit_of(c, o);
	}
	return 0;
}

/* Writes an authentication protocol: "pap", "eap", "chap-81", or its number. */
static void show_auth(struct text *t, struct rd value)
{
	uint16_t protocol = rd_be16(&value);
	const char *name = ppp_protocol_name(protocol);
	struct view rest = rd_rest(&value);

	if (name) {
		text_str(t, name);
	} else {
		text_str(t, "0x");
		text_hex(t, protocol, 4);
	}
	if (rest.n) {
		text_char(t, '-');
		text_hexbytes(t, rest.p, rest.n);
	}
}

/* Writes a value of the length that its kind needs. */
static void show_value(struct text *t, enum cp_kind kind, struct rd value)
{
	struct rd r = value;
	struct view all = rd_rest(&value);

	switch (kind) {
	case CP_U16:
		text_dec(t, rd_be16(&r));
		break;
	case CP_HEX32:
		text_str(t, "0x");
		text_hex(t, rd_be32(&r), 8);
		break;
	case CP_IP4:
		text_ip4(t, all.p);
		break;
	case CP_IFID:
		for (int i = 0; i < 4; i++) {
			if (i)
				text_char(t, ':');
			text_hex(t, rd_be16(&r), 4);
		}
		break;
	case CP_AUTH:
	case CP_NUMBER:
		show_auth(t, r);
		break;
	default:
		text_hexbytes(t, all.p, all.n);
		break;
	}
}

/* Returns how many octets of value a kind needs at least. */
static size_t kind_needs(enum cp_kind kind)
{
	static const uint8_t needs[CP_KINDS] = {
		[CP_U16] = 2,  [CP_HEX32] = 4, [CP_IP4] = 4,
		[CP_IFID] = 8, [CP_AUTH] = 2,  [CP_NUMBER] = 2,
	};

	return needs[kind];
}

static void show_item(struct text *t, const struct cp_table *table, const struct cp_item *item)
{
	const struct cp_option *o = cp_find_option(table, item->type);
	struct rd value = item->value;
	struct view octets = rd_rest(&value);

	if (!o) {
		text_str(t, " option-");
		text_dec(t, item->type);
	} else {
		text_char(t, ' ');
		text_str(t, o->name);
	}
	if (!octets.n)
		return;
	text_char(t, '=');
	if (o && fits_row(o, item) && octets.n >= kind_needs(o->kind))
		show_value(t, o->kind, item->value);
	else
		text_hexbytes(t, octets.p, octets.n);
}

void cp_show_options(struct text *t, const struct cp_table *table, struct rd options)
{
	struct cp_item item;
	int more;

	while ((more = cp_next_item(&options, &item)) > 0)
		show_item(t, table, &item);
	if (more < 0)
		text_str(t, " malformed-option");
}
