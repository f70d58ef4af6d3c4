/* SPDX-License-Identifier: MIT */
/* Reassembly of one direction, against a stream that is known: order, loss, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyse/tcp.h"

#define STREAM 60000
#define GAPS   1024

/* What came out. A gap's bytes are left as 0xee. */
struct got {
	uint8_t bytes[STREAM];
	size_t n;
	struct {
		size_t at;
		uint32_t n;
		enum tcp_gap why;
	} gap[GAPS];
	unsigned gaps;
	unsigned ends;
	uint64_t last_frame;
};

static uint8_t stream[STREAM];
static struct got got;
static struct budget budget;
static uint64_t seed = 1;

static void take_bytes(void *ctx, const uint8_t *p, size_t n, struct origin from)
{
	(void)ctx;
	assert_true(got.n + n <= STREAM);
	memcpy(got.bytes + got.n, p, n);
	got.n += n;
	got.last_frame = from.frame;
}

static void take_gap(void *ctx, uint32_t n, enum tcp_gap why)
{
	(void)ctx;
	assert_true(got.gaps < GAPS && got.n + n <= STREAM);
	got.gap[got.gaps].at = got.n;
	got.gap[got.gaps].n = n;
	got.gap[got.gaps++].why = why;
	memset(got.bytes + got.n, 0xee, n);
	got.n += n;
}

static void take_end(void *ctx)
{
	(void)ctx;
	got.ends++;
}

static const struct tcp_out out = {NULL, take_bytes, take_gap, take_end};

static uint32_t roll(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < STREAM; i++)
		stream[i] = (uint8_t)(i * 7 + (i >> 8));
	got = (struct got){0};
	budget = (struct budget){.limit = 1u << 20};
	return 0;
}

/* Feeds bytes [at, at + n) of the stream, whose first byte has sequence number base + 1. */
static unsigned feed_at(struct tcp_half *h, uint32_t base, uint32_t at, uint32_t n, unsigned flags,
			uint64_t ns)
{
	static uint64_t frame;
	struct tcp_header t = {.seq = base + (flags & TCP_SYN ? 0 : 1) + at,
			       .flags = (uint16_t)(flags | TCP_ACK),
			       .header = 20,
			       .payload = stream + at,
			       .n = n,
			       .wire = n};

	return tcp_half_input(h, &t, (struct origin){++frame, ns}, &budget, &out);
}

static void start(struct tcp_half *h, uint32_t base)
{
	*h = (struct tcp_half){0};
	feed_at(h, base, 0, 0, TCP_SYN, 0);
}

static void check_stream(size_t n)
{
	assert_int_equal(got.n, n);
	assert_memory_equal(got.bytes, stream, n);
	assert_int_equal(got.gaps, 0);
}

static void test_tcp_delivers_segments_in_order_once(void **state)
{
	struct tcp_half h;

	(void)state;
	start(&h, 0xffffff00);
	for (uint32_t at = 0; at < 1000; at += 100) {
		assert_int_equal(feed_at(&h, 0xffffff00, at, 100, 0, 0), 0);
		assert_int_equal(feed_at(&h, 0xffffff00, at, 100, 0, 0), TCP_NOTE_OLD);
		assert_int_equal(feed_at(&h, 0xffffff00, at, 50, 0, 0), TCP_NOTE_OLD);
	}
	check_stream(1000);
	assert_int_equal(feed_at(&h, 0xffffff00, 950, 100, 0, 0), TCP_NOTE_OVERLAP);
	check_stream(1050);
	assert_int_equal(h.offset, 1050);
	assert_int_equal(budget.used, 0);
}

static void test_tcp_takes_keep_alives_for_what_they_are(void **state)
{
	struct tcp_half h;

	(void)state;
	start(&h, 5);
	feed_at(&h, 5, 0, 100, 0, 0);
	assert_int_equal(feed_at(&h, 5, 99, 1, 0, 0), TCP_NOTE_OLD);
	assert_int_equal(feed_at(&h, 5, 99, 0, 0, 0), 0);
	check_stream(100);
}

/* Feeds a stream cut, repeated, overlapped and shuffled at random within a window. */
static void shuffle_once(uint32_t base)
{
	struct {
		uint32_t at;
		uint32_t n;
	} piece[600];
	unsigned pieces = 0;
	struct tcp_half h;
	uint32_t size = 2000 + roll(20000);

	got = (struct got){0};
	for (uint32_t at = 0; at < size;) {
		uint32_t n = 1 + roll(200);
		uint32_t back = roll(4) ? 0 : roll(at < 300 ? at + 1 : 300);

		if (n > size - at)
			n = size - at;
		piece[pieces].at = at - back;
		piece[pieces++].n = n + back;
		at += n;
	}
	for (unsigned i = 0; i < pieces; i++) {
		unsigned j = i + roll(i + 20 < pieces ? 20 : pieces - i);
		uint32_t at = piece[i].at;
		uint32_t n = piece[i].n;

		piece[i].at = piece[j].at;
		piece[i].n = piece[j].n;
		piece[j].at = at;
		piece[j].n = n;
	}
	start(&h, base);
	for (unsigned i = 0; i < pieces; i++)
		feed_at(&h, base, piece[i].at, piece[i].n, 0, 0);
	check_stream(size);
	assert_null(h.front);
	assert_int_equal(h.held, 0);
	assert_int_equal(h.pieces, 0);
	assert_int_equal(budget.used, 0);
}

static void test_tcp_puts_any_shuffle_in_order_over_a_wrap_too(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++)
		shuffle_once(i % 2 ? 0xffffffffu - roll(20000) : roll(0x7fffffff));
}

static void test_tcp_keeps_the_first_copy_of_a_byte(void **state)
{
	struct tcp_half h;
	uint8_t other[100];
	struct tcp_header t = {.seq = 101, .header = 20, .payload = other, .n = 100, .wire = 100};

	(void)state;
	memset(other, 0x55, sizeof(other));
	start(&h, 0);
	feed_at(&h, 0, 120, 30, 0, 0); /* waits */
	assert_int_equal(tcp_half_input(&h, &t, (struct origin){1, 0}, &budget, &out),
			 TCP_NOTE_AHEAD);
	feed_at(&h, 0, 0, 100, 0, 0);
	assert_int_equal(got.n, 200);
	assert_memory_equal(got.bytes, stream, 100);
	assert_memory_equal(got.bytes + 100, other, 20);
	assert_memory_equal(got.bytes + 120, stream + 120, 30);
	assert_memory_equal(got.bytes + 150, other, 50);
}

static unsigned ack(struct tcp_half *h, uint32_t ack, uint64_t ns)
{
	return tcp_half_acked(h, ack, (struct origin){1, ns}, &budget, &out);
}

static void check_one_gap(uint32_t at, uint32_t n, enum tcp_gap why)
{
	assert_int_equal(got.gaps, 1);
	assert_int_equal(got.gap[0].at, at);
	assert_int_equal(got.gap[0].n, n);
	assert_int_equal(got.gap[0].why, why);
}

static void test_tcp_gives_up_a_hole_that_the_peer_has_acknowledged(void **state)
{
	struct tcp_half h;
	unsigned i;

	(void)state;
	start(&h, 0);
	feed_at(&h, 0, 0, 100, 0, 0);
	feed_at(&h, 0, 200, 100, 0, 0);
	assert_int_equal(ack(&h, 101, 0), 0); /* asks for the missing one */
	for (i = 0; i < 1000; i++)
		assert_int_equal(ack(&h, 101, 0), 0);
	for (i = 0; !ack(&h, 301, 0); i++)
		assert_true(i < 1000);
	assert_int_equal(i, TCP_PATIENCE);
	check_one_gap(100, 100, TCP_GAP_LOST);
	assert_int_equal(got.n, 300);
	assert_memory_equal(got.bytes + 200, stream + 200, 100);
	assert_int_equal(h.offset, 300);
}

static void test_tcp_gives_up_an_acknowledged_hole_by_time(void **state)
{
	struct tcp_half h;

	(void)state;
	start(&h, 0);
	feed_at(&h, 0, 100, 100, 0, 1000);
	assert_int_equal(ack(&h, 201, 2000), 0);
	assert_int_equal(ack(&h, 201, 2000 + TCP_PATIENCE_NS), 0);
	assert_int_equal(ack(&h, 201, 2001 + TCP_PATIENCE_NS), TCP_NOTE_GAP);
	check_one_gap(0, 100, TCP_GAP_LOST);
}

static void test_tcp_gives_up_a_hole_that_nobody_acknowledges_in_the_end(void **state)
{
	struct tcp_half h;

	(void)state;
	start(&h, 0);
	feed_at(&h, 0, 100, 100, 0, 1000);
	assert_int_equal(feed_at(&h, 0, 200, 100, 0, 1000 + TCP_UNACKED_NS), TCP_NOTE_AHEAD);
	assert_int_equal(feed_at(&h, 0, 300, 100, 0, 1001 + TCP_UNACKED_NS),
			 TCP_NOTE_AHEAD | TCP_NOTE_GAP);
	check_one_gap(0, 100, TCP_GAP_LOST);
	assert_int_equal(got.n, 400);
}

static void test_tcp_takes_a_late_retransmission_into_the_hole(void **state)
{
	struct tcp_half h;

	(void)state;
	start(&h, 0);
	feed_at(&h, 0, 100, 100, 0, 0);
	feed_at(&h, 0, 300, 100, 0, 0);
	assert_int_equal(feed_at(&h, 0, 0, 100, 0, 0), TCP_NOTE_FILLS);
	assert_int_equal(got.n, 200);
	assert_int_equal(feed_at(&h, 0, 150, 300, 0, 0), TCP_NOTE_FILLS | TCP_NOTE_OVERLAP);
	check_stream(450);
	assert_int_equal(budget.used, 0);
}

static void test_tcp_tells_what_the_snapshot_length_cut_off(void **state)
{
	struct tcp_half h;
	struct tcp_header t = {.seq = 1, .header = 20, .payload = stream, .n = 60, .wire = 100};

	(void)state;
	start(&h, 0);
	assert_int_equal(tcp_half_input(&h, &t, (struct origin){1, 0}, &budget, &out),
			 TCP_NOTE_CUT);
	check_one_gap(60, 40, TCP_GAP_CUT);
	feed_at(&h, 0, 100, 10, 0, 0);
	assert_int_equal(got.n, 110);
	assert_memory_equal(got.bytes + 100, stream + 100, 10);
}

static void test_tcp_ends_once_all_before_the_fin_is_there(void **state)
{
	struct tcp_half h;

	(void)state;
	start(&h, 7);
	feed_at(&h, 7, 100, 100, TCP_FIN, 0);
	assert_int_equal(got.ends, 0);
	feed_at(&h, 7, 100, 100, TCP_FIN, 0);
	feed_at(&h, 7, 0, 100, 0, 0);
	assert_int_equal(got.ends, 1);
	assert_int_equal(feed_at(&h, 7, 200, 100, 0, 0), TCP_NOTE_OLD); /* behind the end */
	check_stream(200);
	assert_int_equal(got.ends, 1);
}

static void test_tcp_flush_tells_what_never_came(void **state)
{
	struct tcp_half h;

	(void)state;
	start(&h, 0);
	feed_at(&h, 0, 50, 50, 0, 0);
	feed_at(&h, 0, 400, 0, TCP_FIN, 0);
	tcp_half_flush(&h, &budget, &out);
	assert_int_equal(got.gaps, 2);
	assert_int_equal(got.gap[0].n, 50);
	assert_int_equal(got.gap[1].n, 300);
	assert_int_equal(got.ends, 1);
	assert_int_equal(budget.used, 0);
}

static void test_tcp_starts_in_the_middle_of_a_stream(void **state)
{
	struct tcp_half h = {0};

	(void)state;
	feed_at(&h, 0x12345678, 0, 100, 0, 0);
	assert_true(h.middle);
	feed_at(&h, 0x12345678, 100, 100, 0, 0);
	check_stream(200);
}

static void test_tcp_believes_strays_only_when_they_persist(void **state)
{
	struct tcp_half h;

	(void)state;
	start(&h, 0);
	feed_at(&h, 0, 0, 100, 0, 0);
	for (int i = 1; i < (int)TCP_STRAYS_MAX; i++)
		assert_int_equal(feed_at(&h, 0x60000000, 0, 10, 0, 0), TCP_NOTE_STRAY);
	feed_at(&h, 0, 100, 100, 0, 0);
	check_stream(200);
	for (int i = 1; i < (int)TCP_STRAYS_MAX; i++)
		assert_int_equal(feed_at(&h, 0x60000000, 0, 10, 0, 0), TCP_NOTE_STRAY);
	assert_int_equal(got.n, 200);
}

static void test_tcp_holds_no_more_than_its_bounds(void **state)
{
	struct tcp_half h;
	size_t most = 0;

	(void)state;
	budget.limit = 40000;
	start(&h, 0);
	for (uint32_t at = 10; at + 90 <= STREAM; at += 100) {
		feed_at(&h, 0, at, 90, 0, 0);
		most = budget.used > most ? budget.used : most;
	}
	assert_true(most <= budget.limit && most > budget.limit / 2);
	assert_true(got.gaps > 0);
	assert_int_equal(got.gap[0].why, TCP_GAP_BOUND);
	tcp_half_fini(&h, &budget);
	assert_int_equal(budget.used, 0);
}

static void test_tcp_delivers_on_when_nothing_can_be_held_at_all(void **state)
{
	struct tcp_half h;

	(void)state;
	budget.limit = 0;
	start(&h, 0);
	assert_int_equal(feed_at(&h, 0, 100, 100, 0, 0), TCP_NOTE_AHEAD | TCP_NOTE_GAP);
	check_one_gap(0, 100, TCP_GAP_BOUND);
	assert_int_equal(got.n, 200);
	assert_memory_equal(got.bytes + 100, stream + 100, 100);
}

static void test_tcp_reports_the_packet_that_bytes_came_in(void **state)
{
	struct tcp_half h = {0};
	struct tcp_header first = {.seq = 1, .header = 20, .payload = stream, .n = 10, .wire = 10};
	struct tcp_header second = {
		.seq = 11, .header = 20, .payload = stream + 10, .n = 10, .wire = 10};

	(void)state;
	start(&h, 0);
	tcp_half_input(&h, &second, (struct origin){70, 0}, &budget, &out);
	tcp_half_input(&h, &first, (struct origin){71, 0}, &budget, &out);
	assert_int_equal(got.last_frame, 70);
	check_stream(20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_tcp_delivers_segments_in_order_once, set_up),
		cmocka_unit_test_setup(test_tcp_takes_keep_alives_for_what_they_are, set_up),
		cmocka_unit_test_setup(test_tcp_puts_any_shuffle_in_order_over_a_wrap_too, set_up),
		cmocka_unit_test_setup(test_tcp_keeps_the_first_copy_of_a_byte, set_up),
		cmocka_unit_test_setup(test_tcp_gives_up_a_hole_that_the_peer_has_acknowledged,
				       set_up),
		cmocka_unit_test_setup(test_tcp_gives_up_an_acknowledged_hole_by_time, set_up),
		cmocka_unit_test_setup(test_tcp_gives_up_a_hole_that_nobody_acknowledges_in_the_end,
				       set_up),
		cmocka_unit_test_setup(test_tcp_takes_a_late_retransmission_into_the_hole, set_up),
		cmocka_unit_test_setup(test_tcp_tells_what_the_snapshot_length_cut_off, set_up),
		cmocka_unit_test_setup(test_tcp_ends_once_all_before_the_fin_is_there, set_up),
		cmocka_unit_test_setup(test_tcp_flush_tells_what_never_came, set_up),
		cmocka_unit_test_setup(test_tcp_starts_in_the_middle_of_a_stream, set_up),
		cmocka_unit_test_setup(test_tcp_believes_strays_only_when_they_persist, set_up),
		cmocka_unit_test_setup(test_tcp_holds_no_more_than_its_bounds, set_up),
		cmocka_unit_test_setup(test_tcp_delivers_on_when_nothing_can_be_held_at_all,
				       set_up),
		cmocka_unit_test_setup(test_tcp_reports_the_packet_that_bytes_came_in, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
