/* SPDX-License-Identifier: MIT */
/* The helpers that all dissectors share. */
#include "analyse/dissect.h"

#include <string.h>

void dissect_init(struct dissect *d)
{
	memset(d, 0, sizeof(*d));
	field_tree_init(&d->tree);
	tcp_view_init(&d->view);
}

void dissect_fini(struct dissect *d)
{
	field_tree_fini(&d->tree);
	tcp_view_fini(&d->view);
}

void dissect_begin(struct dissect *d, const struct field_set *wanted, bool lines, struct origin now)
{
	field_tree_reset(&d->tree, wanted);
	column_reset(&d->column, lines);
	d->before_ns = d->now.frame ? d->now.ns : now.ns;
	if (!d->now.frame)
		d->first_ns = d->displayed_ns = now.ns;
	d->now = now;
	d->protocols_text = text_init(d->protocols, sizeof(d->protocols));
	d->protocols_node = FIELD_SKIPPED;
	d->nesting = 0;
	d->tls_open = d->record_open = d->tls_named = d->tls_seen = false;
	d->units = 0;
	d->tcp_pending = d->tcp_part = false;
	d->before = NULL;
}

void dissect_end(struct dissect *d)
{
	struct field *f;

	dissect_leave_tls(d);
	if (d->protocols_node == FIELD_SKIPPED)
		return;
	f = &d->tree.nodes[d->protocols_node];
	f->value.p = (const uint8_t *)d->protocols;
	f->n = (uint32_t)text_len(&d->protocols_text);
}

void dissect_displayed(struct dissect *d)
{
	d->displayed_ns = d->now.ns;
	if (d->tcp_pending)
		dissect_tcp_line(d);
	if (d->tcp_part)
		column_text(&d->column, " [TCP segment of a reassembled PDU]");
	if (d->before)
		column_before(&d->column, d->before);
	d->tcp_pending = d->tcp_part = false;
	d->before = NULL;
}

size_t dissect_at(const struct dissect *d, const uint8_t *p)
{
	return p && d->tree.n_sources ? (size_t)(p - d->tree.sources[d->tree.source].bytes) : 0;
}

void dissect_name(struct dissect *d, const char *name)
{
	if (!field_wanted(&d->tree, FIELD_FRAME_PROTOCOLS))
		return;
	if (text_len(&d->protocols_text))
		text_char(&d->protocols_text, ':');
	text_str(&d->protocols_text, name);
}

uint32_t dissect_protocol(struct dissect *d, enum field_id id, const struct rd *r, size_t header)
{
	dissect_name(d, field_infos[id].name);
	return field_add_protocol(&d->tree, id, dissect_at(d, r->p), header, rd_left(r));
}

uint64_t dissect_uint(struct dissect *d, struct rd *r, enum field_id id, size_t n)
{
	uint64_t v = dissect_look(d, r, id, n);

	rd_take(r, n);
	return v;
}

uint64_t dissect_look(struct dissect *d, const struct rd *r, enum field_id id, size_t n)
{
	struct rd ahead = *r;
	uint64_t v = 0;

	if (rd_left(r) < n)
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | rd_u8(&ahead);
	field_add_bits(&d->tree, id, dissect_at(d, r->p), n, v);
	return v;
}

struct view dissect_bytes(struct dissect *d, struct rd *r, enum field_id id, size_t n)
{
	struct view v = {rd_take(r, n), n};

	if (!v.p)
		return (struct view){NULL, 0};
	field_add_bytes(&d->tree, id, dissect_at(d, v.p), n);
	return v;
}

void dissect_ip4(struct dissect *d, struct rd *r, enum field_id id)
{
	const uint8_t *p = rd_take(r, 4);

	if (p)
		field_add_ip4(&d->tree, id, dissect_at(d, p));
}

void dissect_ip6(struct dissect *d, struct rd *r, enum field_id id)
{
	dissect_bytes(d, r, id, 16);
}

void dissect_checksum(struct dissect *d, enum field_id id, enum checksum_status status)
{
	field_flag(&d->tree, field_add_uint(&d->tree, id, 0, 0, status), FIELD_GENERATED);
}

enum checksum_status dissect_verify(struct rd r, uint32_t sum)
{
	while (rd_left(&r) > 1) {
		sum += rd_be16(&r);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (rd_left(&r))
		sum += (uint32_t)rd_u8(&r) << 8;
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff ? CHECKSUM_GOOD : CHECKSUM_BAD;
}

void dissect_malformed(struct dissect *d, const struct rd *r, const char *what)
{
	field_malformed(&d->tree, dissect_at(d, r->p), rd_left(r), "%s", what);
	column_comma(&d->column);
	column_info(&d->column, "[Malformed: %s]", what);
}

void dissect_data(struct dissect *d, struct rd data)
{
	uint32_t node;

	if (!rd_left(&data))
		return;
	node = dissect_protocol(d, FIELD_DATA, &data, rd_left(&data));
	field_label(&d->tree, node, "Data (%zu bytes)", rd_left(&data));
	field_open(&d->tree, node);
	field_add_bytes(&d->tree, FIELD_DATA_DATA, dissect_at(d, data.p), rd_left(&data));
	node = field_add_uint(&d->tree, FIELD_DATA_LEN, dissect_at(d, data.p), 0, rd_left(&data));
	field_flag(&d->tree, node, FIELD_GENERATED);
	field_close(&d->tree);
}
