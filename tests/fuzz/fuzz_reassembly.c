/* SPDX-License-Identifier: MIT */
/*
 * The input is a list of segments of one stream whose every byte is known by its position. Whatever
 * comes out must be that stream, with gaps where it says so, and no byte twice.
 */
#include "analyse/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STREAM 70000u
#define BUDGET (64u << 10)

struct check {
	uint8_t *stream;
	uint32_t at; /* position in the stream */
	bool ended;
};

static void on_bytes(void *ctx, const uint8_t *p, size_t n, struct origin from)
{
	struct check *c = ctx;

	(void)from;
	if (c->ended || c->at + n > STREAM || memcmp(p, c->stream + c->at, n) != 0)
		__builtin_trap();
	c->at += (uint32_t)n;
}

static void on_gap(void *ctx, uint32_t n, enum tcp_gap why)
{
	struct check *c = ctx;

	(void)why;
	if (!n || c->ended)
		__builtin_trap();
	c->at += n;
}

static void on_end(void *ctx)
{
	struct check *c = ctx;

	if (c->ended)
		__builtin_trap();
	c->ended = true;
}

/* Takes 8 bytes of input for a segment: where, how long, how much of it captured, and how. */
static void one_segment(struct tcp_half *h, struct rd *in, struct check *c, struct budget *b,
			const struct tcp_out *out)
{
	uint32_t base = 0xffffc000; /* wraps within the stream */
	uint32_t at = rd_be16(in);
	uint32_t n = rd_be16(in) % 3000;
	unsigned how = rd_u8(in);
	struct origin from = {1, (uint64_t)rd_u8(in) * 500000000u};
	struct tcp_header t = {.header = 20, .payload = c->stream + at, .flags = TCP_ACK};

	if (at + n > STREAM)
		n = STREAM - at;
	t.seq = base + 1 + at;
	t.wire = n;
	t.n = how & 1 && n ? n - rd_u8(in) % n : n;
	if (how & 2 && at + n == STREAM)
		t.flags |= TCP_FIN;
	if ((how & 0x1c) == 0x1c)
		tcp_half_acked(h, base + 1 + at, from, b, out);
	else
		tcp_half_input(h, &t, from, b, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t stream[STREAM];
	struct check c = {stream, 0, false};
	struct budget b = {.limit = BUDGET};
	struct tcp_out out = {&c, on_bytes, on_gap, on_end};
	struct tcp_header syn = {.seq = 0xffffc000, .flags = TCP_SYN, .header = 20};
	struct tcp_half h = {0};
	struct rd in = rd_init(data, size);

	for (uint32_t i = 0; i < STREAM; i++)
		stream[i] = (uint8_t)(i * 2654435761u >> 24);
	tcp_half_input(&h, &syn, (struct origin){1, 0}, &b, &out);
	while (rd_left(&in))
		one_segment(&h, &in, &c, &b, &out);
	tcp_half_flush(&h, &b, &out);
	if (h.offset != c.at || b.peak > BUDGET || h.front)
		__builtin_trap();
	tcp_half_fini(&h, &b);
	if (b.used)
		__builtin_trap();
	return 0;
}
