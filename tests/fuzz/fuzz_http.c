/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the HTTP exchange, both roles: whatever comes, in whatever pieces, the result is the same,
 * and a server has a reply for it.
 *
 * Input: flags (1 server, 2 with a Host to match), seed of the cutting, then the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

/* Feeds a copy of n bytes, in memory of that size. Returns how many were taken. */
static size_t feed(struct http *h, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	size_t taken;

	must(copy != NULL);
	memcpy(copy, p, n);
	taken = http_input(h, copy, n);
	must(taken <= n);
	must(taken == n || h->status != HTTP_MORE);
	free(copy);
	return taken;
}

static void feed_in_pieces(struct http *h, const uint8_t *p, size_t n, uint32_t seed)
{
	size_t off = 0;

	while (off < n && h->status == HTTP_MORE) {
		size_t piece;

		seed = seed * 1664525 + 1013904223;
		piece = 1 + (seed >> 20) % 40;
		off += feed(h, p + off, piece < n - off ? piece : n - off);
	}
}

static void check_reply(const struct http *h)
{
	uint8_t reply[1024];
	struct wr w = wr_init(reply, sizeof(reply));

	http_put_reply(h, &w, "SSTP", "");
	must(!w.bad && wr_len(&w) > 20 && !memcmp(reply, "HTTP/1.1 ", 9));
	must((h->status == HTTP_DONE) == !memcmp(reply + 9, "200", 3));
}

static void check_showing(const struct http *h)
{
	struct sstp_trace ring[1];
	struct tracer t;
	char words[4096];
	struct text out = text_init(words, sizeof(words));

	tracer_init(&t, ring, 1);
	http_trace(&t, SSTP_TRACE_RX, h->head, h->taken);
	http_show(&out, rd_init(ring[0].bytes, ring[0].kept));
	for (const char *c = words; *c; c++)
		must(*c >= 0x20 && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http whole, pieces;
	bool server;

	if (size < 2)
		return 0;
	server = data[0] & 1;
	http_init(&whole, server, data[0] & 2 ? "vpn.example.test" : NULL);
	http_init(&pieces, server, data[0] & 2 ? "vpn.example.test" : NULL);
	feed(&whole, data + 2, size - 2);
	feed_in_pieces(&pieces, data + 2, size - 2, data[1]);
	must(!memcmp(&whole, &pieces, sizeof(whole)));
	must((whole.status == HTTP_ERROR) == (whole.err != 0));
	must(whole.taken <= HTTP_HEAD_MAX);
	if (whole.status != HTTP_MORE)
		must(feed(&whole, data, size) == 0);
	if (server && whole.status != HTTP_MORE)
		check_reply(&whole);
	check_showing(&whole);
	return 0;
}
