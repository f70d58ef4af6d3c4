/* SPDX-License-Identifier: MIT */
/* TCP headers, of outer and inner connections; packet.h parses, this shows. */
#include "analyse/dissect.h"
#include "analyse/packet.h"

#include <stdio.h>

enum tcp_option {
	OPTION_END,
	OPTION_NOP,
	OPTION_MSS,
	OPTION_SCALE,
	OPTION_SACK_PERM,
	OPTION_SACK,
	OPTION_TIMES = 8,
};

static const struct {
	unsigned flag;
	char letter;
	const char *name;
} flags[] = {
	{TCP_FIN, 'F', "FIN"}, {TCP_SYN, 'S', "SYN"}, {TCP_RST, 'R', "RST"}, {TCP_PSH, 'P', "PSH"},
	{TCP_ACK, 'A', "ACK"}, {TCP_URG, 'U', "URG"}, {64, 'E', "ECE"},      {128, 'C', "CWR"},
};
#define FLAGS (sizeof(flags) / sizeof(*flags))

/* Takes the next option; false at the end of the list, or where it is malformed (r bad). */
static bool next_option(struct rd *r, uint8_t *kind, struct rd *value)
{
	uint8_t length;

	*value = rd_init(NULL, 0);
	if (!rd_left(r))
		return false;
	*kind = rd_u8(r);
	if (*kind == OPTION_END)
		return false;
	if (*kind == OPTION_NOP)
		return true;
	length = rd_u8(r);
	*value = rd_sub(r, length < 2 ? rd_left(r) + 1 : length - 2u);
	return !r->bad;
}

/* Reads the options that the summary and the view of the connection need. */
static void read_options(struct tcp_segment *s)
{
	struct rd r = s->options, v;
	uint8_t kind;

	s->shift = TCP_SCALE_NONE;
	while (next_option(&r, &kind, &v)) {
		if (kind == OPTION_MSS)
			s->mss = rd_be16(&v);
		else if (kind == OPTION_SCALE)
			s->shift = (int8_t)(rd_u8(&v) & 15);
		else if (kind == OPTION_SACK_PERM)
			s->sack_perm = true;
		else if (kind == OPTION_SACK)
			s->sack = v;
		else if (kind == OPTION_TIMES) {
			s->times = true;
			s->tsval = rd_be32(&v);
			s->tsecr = rd_be32(&v);
		}
	}
}

/* An edge of a block, relative as acknowledgements are. */
static void show_edge(struct dissect *d, struct rd *v, enum field_id id, uint32_t base)
{
	size_t at = dissect_at(d, v->p);

	field_add_uint(&d->tree, id, at, 4, rd_be32(v) - base);
}

static void show_option(struct dissect *d, uint8_t kind, struct rd *v, uint32_t ack_base)
{
	switch (kind) {
	case OPTION_MSS:
		dissect_uint(d, v, FIELD_TCP_OPTIONS_MSS_VAL, 2);
		break;
	case OPTION_SCALE: {
		unsigned shift = (unsigned)dissect_look(d, v, FIELD_TCP_OPTIONS_WSCALE_SHIFT, 1);

		field_add_uint(&d->tree, FIELD_TCP_OPTIONS_WSCALE_MULTIPLIER, dissect_at(d, v->p),
			       1, 1u << (shift & 15));
		break;
	}
	case OPTION_SACK:
		while (rd_left(v) >= 8) {
			show_edge(d, v, FIELD_TCP_OPTIONS_SACK_LE, ack_base);
			show_edge(d, v, FIELD_TCP_OPTIONS_SACK_RE, ack_base);
		}
		break;
	case OPTION_TIMES:
		dissect_uint(d, v, FIELD_TCP_OPTIONS_TIMESTAMP_TSVAL, 4);
		dissect_uint(d, v, FIELD_TCP_OPTIONS_TIMESTAMP_TSECR, 4);
		break;
	default:
		break;
	}
}

static void show_options(struct dissect *d, struct rd r, uint32_t ack_base)
{
	uint32_t node;
	uint8_t kind;
	struct rd v;

	if (!rd_left(&r))
		return;
	node = field_add_bytes(&d->tree, FIELD_TCP_OPTIONS, dissect_at(d, r.p), rd_left(&r));
	field_label(&d->tree, node, "Options: (%zu bytes)", rd_left(&r));
	field_open(&d->tree, node);
	for (;;) {
		struct rd whole = r;

		if (!next_option(&r, &kind, &v))
			break;
		dissect_look(d, &whole, FIELD_TCP_OPTION_KIND, 1);
		rd_u8(&whole);
		if (kind != OPTION_NOP)
			dissect_look(d, &whole, FIELD_TCP_OPTION_LEN, 1);
		show_option(d, kind, &v, ack_base);
	}
	if (r.bad)
		dissect_malformed(d, &r, "a TCP option's length is wrong");
	field_close(&d->tree);
}

/* Writes "SYN, ACK". */
static void flag_names(unsigned wire, struct text *t)
{
	bool some = false;

	for (size_t i = 0; i < FLAGS; i++) {
		if (!(wire & flags[i].flag))
			continue;
		text_str(t, some ? ", " : "");
		text_str(t, flags[i].name);
		some = true;
	}
	if (!some)
		text_str(t, "<None>");
}

static void show_flags(struct dissect *d, size_t off, unsigned wire)
{
	static const enum field_id bits[] = {
		FIELD_TCP_FLAGS_RES,  FIELD_TCP_FLAGS_AE,    FIELD_TCP_FLAGS_CWR,
		FIELD_TCP_FLAGS_ECE,  FIELD_TCP_FLAGS_URG,   FIELD_TCP_FLAGS_ACK,
		FIELD_TCP_FLAGS_PUSH, FIELD_TCP_FLAGS_RESET, FIELD_TCP_FLAGS_SYN,
		FIELD_TCP_FLAGS_FIN,
	};
	char names[64], letters[40];
	struct text t = text_init(names, sizeof(names)), l = text_init(letters, sizeof(letters));
	uint32_t node = field_add_bits(&d->tree, FIELD_TCP_FLAGS, off, 2, wire);

	flag_names(wire, &t);
	field_label(&d->tree, node, "Flags: 0x%03x (%s)", wire & 0xfff, names);
	field_open(&d->tree, node);
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		field_add_bits(&d->tree, bits[i], off, 2, wire);
	for (unsigned i = 12; i--;) { /* a middle dot for each flag that is not set */
		if (i < FLAGS && (wire & flags[i].flag))
			text_char(&l, flags[i].letter);
		else
			text_str(&l, "\xc2\xb7");
	}
	field_flag(&d->tree, field_add_text(&d->tree, FIELD_TCP_FLAGS_STR, letters),
		   FIELD_GENERATED);
	field_close(&d->tree);
}

static uint32_t generated(struct dissect *d, uint32_t node)
{
	field_flag(&d->tree, node, FIELD_GENERATED);
	return node;
}

static void show_window(struct dissect *d, struct rd *r, const struct tcp_segment *s)
{
	static const int factors[] = {-1, -2};
	int scale = s->shown.scale;
	size_t at = dissect_at(d, r->p);

	dissect_uint(d, r, FIELD_TCP_WINDOW_SIZE_VALUE, 2);
	generated(d, field_add_uint(&d->tree, FIELD_TCP_WINDOW_SIZE, at, 2,
				    (uint64_t)s->h.window << (scale > 0 ? scale : 0)));
	if (!(s->h.flags & TCP_SYN))
		generated(d, field_add_int(&d->tree, FIELD_TCP_WINDOW_SIZE_SCALEFACTOR, at, 2,
					   scale >= 0 ? 1 << scale : factors[-scale - 1]));
}

/* The numbers of the segment; r stands at the sequence number. */
static void show_numbers(struct dissect *d, struct rd *r, const struct tcp_segment *s)
{
	struct field_tree *t = &d->tree;
	const struct tcp_shown *shown = &s->shown;
	uint32_t next = shown->seq + s->h.wire + !!(s->h.flags & (TCP_SYN | TCP_FIN));

	generated(d, field_add_uint(t, FIELD_TCP_STREAM, 0, 0, shown->number));
	generated(d, field_add_uint(t, FIELD_TCP_LEN, dissect_at(d, r->p), 0, s->h.wire));
	field_label(t, field_add_uint(t, FIELD_TCP_SEQ, dissect_at(d, r->p), 4, shown->seq),
		    "Sequence Number: %u    (relative sequence number)", shown->seq);
	dissect_uint(d, r, FIELD_TCP_SEQ_RAW, 4);
	generated(d, field_add_uint(t, FIELD_TCP_NXTSEQ, dissect_at(d, r->p), 0, next));
	field_label(t, field_add_uint(t, FIELD_TCP_ACK, dissect_at(d, r->p), 4, shown->ack),
		    "Acknowledgment Number: %u    (relative ack number)", shown->ack);
	dissect_uint(d, r, FIELD_TCP_ACK_RAW, 4);
}

static void show_header(struct dissect *d, struct rd all, const struct tcp_segment *s)
{
	struct field_tree *t = &d->tree;
	uint32_t node = dissect_protocol(d, FIELD_TCP, &all, s->h.header);
	struct rd r = all;
	uint16_t wire;

	field_label(t, node,
		    "Transmission Control Protocol, Src Port: %u, Dst Port: %u, Seq: %u, Ack: %u, "
		    "Len: %u",
		    s->h.from, s->h.to, s->shown.seq, s->shown.ack, s->h.wire);
	if (!field_wanted_of(t, FIELD_TCP))
		return;
	field_open(t, node);
	dissect_uint(d, &r, FIELD_TCP_SRCPORT, 2);
	dissect_uint(d, &r, FIELD_TCP_DSTPORT, 2);
	show_numbers(d, &r, s);
	field_label(t, field_add_uint(t, FIELD_TCP_HDR_LEN, dissect_at(d, r.p), 1, s->h.header),
		    "Header Length: %u bytes (%u)", s->h.header, s->h.header / 4);
	wire = s->h.flags;
	show_flags(d, dissect_at(d, r.p), wire);
	rd_take(&r, 2);
	show_window(d, &r, s);
	dissect_uint(d, &r, FIELD_TCP_CHECKSUM, 2);
	dissect_checksum(d, FIELD_TCP_CHECKSUM_STATUS, CHECKSUM_UNVERIFIED);
	dissect_uint(d, &r, FIELD_TCP_URGENT_POINTER, 2);
	show_options(d, s->options, s->shown.ack_base);
	generated(d, field_add_time(t, FIELD_TCP_TIME_RELATIVE,
				    (int64_t)(d->now.ns - s->shown.first)));
	generated(d,
		  field_add_time(t, FIELD_TCP_TIME_DELTA, (int64_t)(d->now.ns - s->shown.before)));
	if (s->h.n)
		field_label(
			t,
			field_add_bytes(t, FIELD_TCP_PAYLOAD, dissect_at(d, s->h.payload), s->h.n),
			"TCP payload (%u bytes)", s->h.n);
	field_close(t);
}

void dissect_tcp_line(struct dissect *d)
{
	const struct tcp_segment *s = &d->segment;
	const struct tcp_shown *shown = &s->shown;
	struct column *c = &d->column;
	struct text *t = &c->text;

	text_dec(t, s->h.from);
	text_str(t, " \xe2\x86\x92 ");
	text_dec(t, s->h.to);
	text_str(t, " [");
	flag_names(s->h.flags, t);
	text_str(t, "] Seq=");
	text_dec(t, shown->seq);
	if (s->h.flags & TCP_ACK) {
		text_str(t, " Ack=");
		text_dec(t, shown->ack);
	}
	text_str(t, " Win=");
	text_dec(t, (uint64_t)s->h.window << (shown->scale > 0 ? shown->scale : 0));
	text_str(t, " Len=");
	text_dec(t, s->h.wire);
	if (s->mss)
		column_info(c, " MSS=%u", s->mss);
	column_text(c, s->sack_perm ? " SACK_PERM" : "");
	if (s->times) {
		text_str(t, " TSval=");
		text_dec(t, s->tsval);
		text_str(t, " TSecr=");
		text_dec(t, s->tsecr);
	}
	if (s->shift >= 0)
		column_info(c, " WS=%u", 1u << s->shift);
	for (struct rd sack = s->sack; rd_left(&sack) >= 8;) {
		uint32_t left = rd_be32(&sack), right = rd_be32(&sack);

		column_info(c, " SLE=%u SRE=%u", left - s->shown.ack_base,
			    right - s->shown.ack_base);
	}
}

/* The line of the outer segment waits until it is known that nothing inside of it has one. */
static void summarize(struct dissect *d, const struct tcp_segment *s)
{
	column_protocol(&d->column, "TCP");
	if (!d->column.wanted)
		return;
	d->segment = *s;
	d->tcp_pending = !d->column.units;
	if (!d->tcp_pending)
		dissect_tcp_line(d);
}

void dissect_tcp(struct dissect *d, const struct tcp_ends *ends, struct rd segment)
{
	struct tcp_segment s = {.h = {0}};
	struct tcp_seen seen;

	if (packet_tcp(segment.p, rd_left(&segment), rd_left(&segment), &s.h)) {
		column_protocol(&d->column, "TCP");
		dissect_protocol(d, FIELD_TCP, &segment, rd_left(&segment));
		dissect_malformed(d, &segment, "the TCP header is malformed or cut off");
		return;
	}
	s.options = segment;
	rd_take(&s.options, 20);
	s.options.end = s.h.payload;
	read_options(&s);
	seen = (struct tcp_seen){
		.from = s.h.from,
		.to = s.h.to,
		.seq = s.h.seq,
		.ack = s.h.ack,
		.syn = s.h.flags & TCP_SYN,
		.has_ack = s.h.flags & TCP_ACK,
		.shift = s.shift,
		.ns = d->now.ns,
	};
	tcp_view_segment(&d->view, ends, &seen, &s.shown);
	show_header(d, segment, &s);
	summarize(d, &s);
}
