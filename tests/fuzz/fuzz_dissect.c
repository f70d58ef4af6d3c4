/* SPDX-License-Identifier: MIT */
/*
 * The dissectors and printers over any bytes. The first octet chooses what the rest is taken for:
 * an SSTP packet, a PPP frame, an HTTP head, an IP packet, or several in one frame. Nothing
 * crashes, every node lies in its source and in its parent, and a tree of few fields has the values
 * that the whole tree has.
 */
#include "analyse/frames.h"
#include "analyse/print.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *sink;

static void dissect_one(struct dissect *d, unsigned kind, struct rd r)
{
	column_unit(&d->column);
	switch (kind & 7) {
	case 0:
		dissect_sstp(d, r);
		break;
	case 1:
		dissect_ppp(d, r);
		break;
	case 2:
		dissect_http(d, r, true);
		break;
	case 3:
		dissect_http(d, r, false);
		break;
	case 4:
		dissect_ip(d, r);
		break;
	case 5:
		dissect_eap(d, r);
		break;
	case 6:
		dissect_dns(d, r);
		break;
	default:
		dissect_cbcp(d, r);
	}
}

/* Dissects the input: whole, or in pieces of one frame when the kind says so. */
static void dissect_all(struct dissect *d, const struct field_set *wanted, const uint8_t *data,
			size_t size)
{
	struct origin now = {1, 1};
	unsigned kind = data[0];
	size_t piece = kind & 0x80 ? 1 + (kind >> 3 & 15) * 8u : size;

	dissect_begin(d, wanted, true, now);
	d->deep = true;
	field_source_add(&d->tree, "Frame", data, size);
	for (size_t at = 1; at < size; at += piece)
		dissect_one(d, kind, rd_init(data + at, size - at < piece ? size - at : piece));
	dissect_end(d);
}

static void check_tree(const struct field_tree *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		const struct field *f = &t->nodes[i];

		if (f->source >= t->n_sources || f->off > t->sources[f->source].n ||
		    f->len > t->sources[f->source].n - f->off || f->end <= i || f->end > t->count)
			abort();
		for (uint32_t j = i + 1; j < f->end; j = t->nodes[j].end)
			if (t->nodes[j].depth != f->depth + 1 || t->nodes[j].end > f->end)
				abort();
	}
}

/* Returns whether two nodes have one value. */
static bool same_value(const struct field *a, const struct field *b)
{
	switch (field_infos[a->id].type) {
	case FT_STRING:
	case FT_STRINGZ:
	case FT_BYTES:
	case FT_UINT_BYTES:
	case FT_ETHER:
	case FT_IPV6:
	case FT_PROTOCOL:
		return a->n == b->n && (!a->n || !memcmp(a->value.p, b->value.p, a->n));
	default:
		return a->value.u == b->value.u;
	}
}

/* Compares the values of one field in two trees. */
static void compare(const struct field_tree *all, const struct field_tree *few, enum field_id id)
{
	uint32_t j = 0;

	for (uint32_t i = 0; i < all->count; i++) {
		if (all->nodes[i].id != id)
			continue;
		if (j >= few->count || few->nodes[j].id != id ||
		    few->nodes[j].layer != all->nodes[i].layer ||
		    !same_value(&few->nodes[j], &all->nodes[i]))
			abort();
		j++;
	}
	if (j != few->count)
		abort();
}

static void print_all(const struct dissect *d)
{
	struct print_fields fields;
	struct frame frame = {.origin = d->now};
	struct packet headers = {.frame = &frame};
	struct flow_packet p = {.headers = &headers};

	print_fields_init(&fields);
	print_fields_add(&fields, "sstp.nonce");
	print_fields_add(&fields, "http.request.uri");
	print_fields_add(&fields, "ip.addr");
	print_summary(sink, d, &p, true);
	print_tree(sink, d, true);
	print_hex(sink, d);
	print_json(sink, d, &p);
	print_fields_line(sink, &fields, d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dissect all, few;
	static bool ready;
	struct field_set wanted = {0};
	enum field_id id;

	if (!ready) {
		sink = fopen("/dev/null", "w");
		dissect_init(&all);
		dissect_init(&few);
		ready = true;
	}
	if (size < 2 || !sink)
		return 0;
	dissect_all(&all, NULL, data, size);
	check_tree(&all.tree);
	print_all(&all);
	id = 1 + (data[0] * 251u + data[size - 1]) % (FIELDS - 1);
	if (all.tree.full || field_infos[id].either[0] || id == FIELD_FRAME_PROTOCOLS ||
	    field_infos[id].type == FT_NONE)
		return 0;
	field_set_add(&wanted, id);
	dissect_all(&few, &wanted, data, size);
	if (field_infos[id].protocol != FIELD_TCP) /* the view of connections has seen it before */
		compare(&all.tree, &few.tree, id);
	return 0;
}
