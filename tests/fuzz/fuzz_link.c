/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes one link, with everything its owner may do, from any stage of a call. Built twice: with
 * FUZZ_SERVER set to 1 or 0, which says who the victim is.
 *
 * Input: method, stage, then operations: code, length, bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "tests/fuzz/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feeds a copy of n bytes, draining packets; gives up when the link takes nothing more. */
static void feed(struct pair *p, struct pair_end *e, const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1), *packet;
	const uint8_t *out;
	size_t taken, left;

	if (!copy)
		abort();
	memcpy(copy, bytes, n);
	for (size_t off = 0; off < n; off += taken) {
		taken = sstp_link_input(e->link, copy + off, n - off, p->now);
		if (taken > n - off)
			abort();
		left = sstp_link_packet(e->link, &packet);
		if (left && !e->connected) {
			pair_attend(p, e); /* CONNECTED may have been told by this very input */
			if (!e->connected)
				abort();
		}
		for (size_t i = 0; i < left; i++)
			*(volatile uint8_t *)&packet[i] = packet[i];
		pair_attend(p, e);
		while ((left = sstp_link_output(e->link, &out)))
			sstp_link_sent(e->link, left);
	}
	free(copy);
}

static void send_packet(struct pair *p, struct pair_end *e, const uint8_t *bytes, size_t n)
{
	uint8_t buf[SSTP_HEADROOM + 256];

	memcpy(buf + SSTP_HEADROOM, bytes, n);
	if (sstp_link_send(e->link, buf + SSTP_HEADROOM, n, p->now) == 0 && !e->connected)
		abort();
}

static void let_time_pass(struct pair *p, struct pair_end *e)
{
	uint64_t due = sstp_link_deadline(e->link);

	if (due == UINT64_MAX)
		return;
	if (due > p->now)
		p->now = due;
	sstp_link_tick(e->link, p->now);
	if (sstp_link_deadline(e->link) <= p->now)
		abort(); /* a deadline that does not move: a busy loop */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	enum sstp_auth method = (enum sstp_auth)(1 + rd_u8(&r) % (SSTP_AUTHS - 1));
	enum pair_stage stage = (enum pair_stage)(rd_u8(&r) % PAIR_STAGES);
	struct pair p;
	struct pair_end *e;

	pair_init(&p, method, false);
	pair_pump(&p, stage, NULL);
	e = FUZZ_SERVER ? &p.s : &p.c;
	while (rd_left(&r) >= 2) {
		uint8_t op = rd_u8(&r);
		size_t n = rd_u8(&r);
		struct view v;

		if (n == 255)
			n = rd_be16(&r);
		if (n > rd_left(&r))
			n = rd_left(&r);
		v = (struct view){rd_take(&r, n), n};
		switch (op % 8) {
		case 1:
			let_time_pass(&p, e);
			break;
		case 2:
			send_packet(&p, e, v.p, n < 256 ? n : 256);
			break;
		case 3:
			sstp_link_ping(e->link, p.now);
			break;
		case 4:
			if (n == 0)
				sstp_link_close(e->link, SSTP_E_USER, p.now);
			else if (n == 1)
				sstp_link_eof(e->link, p.now);
			break;
		default:
			feed(&p, e, v.p, n);
			break;
		}
		pair_attend(&p, e);
	}
	pair_fini(&p);
	return 0;
}
