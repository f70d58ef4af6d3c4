/* SPDX-License-Identifier: MIT */
/*
 * Capture files of every kind: byte orders, time stamps, gzip, pcapng's blocks; and what is said
 * about those that are damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/analyse_wire.h"

#include <netinet/in.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

/* A file that grows, in a byte order. */
struct file {
	uint8_t p[4096];
	size_t n;
	bool big;
};

static void put(struct file *f, const void *p, size_t n)
{
	assert_true(f->n + n <= sizeof(f->p));
	memcpy(f->p + f->n, p, n);
	f->n += n;
}

static void put32(struct file *f, uint32_t v)
{
	uint32_t out = f->big ? __builtin_bswap32(v) : v; /* the test runs on little-endian hosts */

	put(f, &out, 4);
}

static void put16(struct file *f, uint16_t v)
{
	uint16_t out = f->big ? __builtin_bswap16(v) : v;

	put(f, &out, 2);
}

/* Wraps what `body` holds into a block of pcapng. */
static void put_block(struct file *f, uint32_t type, const struct file *body)
{
	uint32_t n = (uint32_t)(12 + ((body->n + 3) & ~(size_t)3));

	put32(f, type);
	put32(f, n);
	put(f, body->p, body->n);
	while (f->n % 4)
		put(f, "", 1);
	put32(f, n);
}

static void put_section(struct file *f)
{
	struct file b = {.big = f->big};

	put32(&b, 0x1a2b3c4d);
	put16(&b, 1);
	put16(&b, 0);
	put32(&b, 0xffffffff);
	put32(&b, 0xffffffff);
	put_block(f, 0x0a0d0d0a, &b);
}

/* Adds an interface; resolution 0: no option. */
static void put_interface(struct file *f, uint16_t link, uint8_t resolution, uint32_t offset)
{
	struct file b = {.big = f->big};

	put16(&b, link);
	put16(&b, 0);
	put32(&b, 100);
	put16(&b, 2); /* a name, to be passed over */
	put16(&b, 3);
	put(&b, "eth", 4);
	if (resolution) {
		put16(&b, 9);
		put16(&b, 1);
		put(&b, &resolution, 1);
		put(&b, "\0\0", 3);
	}
	if (offset) {
		put16(&b, 14);
		put16(&b, 8);
		if (f->big)
			put32(&b, 0);
		put32(&b, offset);
		if (!f->big)
			put32(&b, 0);
	}
	put32(&b, 0);
	put_block(f, 1, &b);
}

static void put_enhanced(struct file *f, uint32_t iface, uint64_t ts, const char *text)
{
	struct file b = {.big = f->big};

	put32(&b, iface);
	put32(&b, (uint32_t)(ts >> 32));
	put32(&b, (uint32_t)ts);
	put32(&b, (uint32_t)strlen(text));
	put32(&b, (uint32_t)strlen(text) + 100);
	put(&b, text, strlen(text));
	put_block(f, 6, &b);
}

static void put_secrets(struct file *f, uint32_t type, const char *text)
{
	struct file b = {.big = f->big};

	put32(&b, type);
	put32(&b, (uint32_t)strlen(text));
	put(&b, text, strlen(text));
	put_block(f, 10, &b);
}

static struct capture *open_file(const struct file *f)
{
	char why[CAPTURE_WHY] = "";
	struct capture *c;

	if (capture_open_source(&c, source_of_bytes(f->p, f->n), "test", why) < 0)
		fail_msg("%s", why);
	return c;
}

static void check_frame(struct capture *c, uint64_t number, uint64_t ns, const char *text, int link)
{
	struct frame f;

	assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
	assert_int_equal(f.origin.frame, number);
	assert_int_equal(f.origin.ns, ns);
	assert_int_equal(f.n, strlen(text));
	assert_memory_equal(f.bytes, text, f.n);
	assert_int_equal(f.link, link);
}

static void check_end(struct capture *c)
{
	struct frame f;

	assert_int_equal(capture_next(c, &f), CAPTURE_END);
	assert_int_equal(capture_next(c, &f), CAPTURE_END);
	assert_string_equal(capture_fault(c), "");
	capture_close(c);
}

static void test_capture_reads_pcap_of_every_byte_order_and_resolution(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct file f = {.big = i & 1};
		struct capture *c;

		put32(&f, i & 2 ? 0xa1b23c4d : 0xa1b2c3d4);
		put16(&f, 2);
		put16(&f, 4);
		put32(&f, 0);
		put32(&f, 0);
		put32(&f, 65535);
		put32(&f, DLT_EN10MB);
		put32(&f, 17);
		put32(&f, i & 2 ? 123456789 : 123456);
		put32(&f, 5);
		put32(&f, 5);
		put(&f, "hello", 5);
		c = open_file(&f);
		check_frame(c, 1, i & 2 ? 17123456789u : 17123456000u, "hello", DLT_EN10MB);
		check_end(c);
	}
}

static void test_capture_reads_pcapng_of_both_byte_orders(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct file f = {.big = big};
		struct file simple = {.big = big};
		struct file old = {.big = big};
		struct file other = {.big = big};
		struct capture *c;

		put_section(&f);
		put_interface(&f, DLT_EN10MB, 0, 0);
		put_interface(&f, DLT_LINUX_SLL2, 9, 0);
		put_interface(&f, DLT_RAW, 0x80 | 10, 7); /* 1/1024 s, 7 s later */
		put_enhanced(&f, 0, 1000001, "one");
		put(&other, "nothing", 7);
		put_block(&f, 0x80000001, &other);
		put_enhanced(&f, 1, 1000001, "two");
		put_enhanced(&f, 2, 1536, "three");
		put32(&simple, 4);
		put(&simple, "four", 4);
		put_block(&f, 3, &simple);
		put16(&old, 1);
		put16(&old, 0);
		put32(&old, 0);
		put32(&old, 5);
		put32(&old, 4);
		put32(&old, 4);
		put(&old, "five", 4);
		put_block(&f, 2, &old);
		f.big = !f.big; /* a section of the other byte order, with interfaces of its own */
		put_section(&f);
		put_interface(&f, DLT_NULL, 0, 0);
		put_enhanced(&f, 0, 2, "six");
		c = open_file(&f);
		assert_true(capture_may_hold_secrets(c));
		check_frame(c, 1, 1000001000, "one", DLT_EN10MB);
		check_frame(c, 2, 1000001, "two", DLT_LINUX_SLL2);
		check_frame(c, 3, 8500000000, "three", DLT_RAW);
		check_frame(c, 4, 0, "four", DLT_EN10MB);
		check_frame(c, 5, 5, "five", DLT_LINUX_SLL2);
		check_frame(c, 6, 2000, "six", DLT_NULL);
		check_end(c);
	}
}

static void test_capture_hands_out_secrets_where_they_stand(void **state)
{
	struct file f = {0};
	struct capture *c;
	struct frame frame;
	struct view v;

	(void)state;
	put_section(&f);
	put_secrets(&f, 0x544c534b, "CLIENT_RANDOM ab cd\n");
	put_interface(&f, DLT_EN10MB, 0, 0);
	put_secrets(&f, 0x57474b4c, "of WireGuard");
	put_enhanced(&f, 0, 0, "one");
	put_secrets(&f, 0x544c534b, "more");
	c = open_file(&f);
	assert_int_equal(capture_next(c, &frame), CAPTURE_SECRETS);
	v = capture_secrets(c);
	assert_int_equal(v.n, 20);
	assert_memory_equal(v.p, "CLIENT_RANDOM ab cd\n", 20);
	check_frame(c, 1, 0, "one", DLT_EN10MB);
	assert_int_equal(capture_next(c, &frame), CAPTURE_SECRETS);
	assert_int_equal(capture_secrets(c).n, 4);
	check_end(c);
}

/* Reads f to its end; returns how it ended, and how many frames it had. */
static enum capture_next drain(const struct file *f, size_t n, unsigned *frames, char *fault)
{
	char why[CAPTURE_WHY] = "";
	struct capture *c;
	struct frame frame;
	enum capture_next got;

	*frames = 0;
	*fault = 0;
	if (capture_open_source(&c, source_of_bytes(f->p, n), "test", why) < 0) {
		assert_non_null(strstr(why, "test is no capture"));
		return CAPTURE_FAULT;
	}
	while ((got = capture_next(c, &frame)) > CAPTURE_END)
		*frames += got == CAPTURE_FRAME;
	snprintf(fault, CAPTURE_WHY, "%s", capture_fault(c));
	if (got == CAPTURE_FAULT)
		assert_string_not_equal(fault, "");
	capture_close(c);
	return got;
}

static void test_capture_says_where_a_cut_off_file_ends(void **state)
{
	struct file ng = {0};
	struct file old = {0};
	char fault[CAPTURE_WHY];
	unsigned frames;

	(void)state;
	put_section(&ng);
	put_interface(&ng, DLT_EN10MB, 6, 0);
	put_enhanced(&ng, 0, 0, "one");
	put_enhanced(&ng, 0, 0, "two");
	for (size_t n = 0; n < ng.n; n++) {
		enum capture_next got = drain(&ng, n, &frames, fault);

		assert_true(frames <= 2);
		if (got == CAPTURE_END) /* between two blocks */
			assert_int_equal(n % 4, 0);
		else if (n >= 12)
			assert_non_null(strstr(fault, "ends in the middle"));
	}
	assert_int_equal(drain(&ng, ng.n, &frames, fault), CAPTURE_END);
	assert_int_equal(frames, 2);
	put32(&old, 0xa1b2c3d4);
	put32(&old, 4u << 16 | 2);
	put32(&old, 0);
	put32(&old, 0);
	put32(&old, 65535);
	put32(&old, DLT_EN10MB);
	for (int i = 0; i < 2; i++) {
		put32(&old, 0);
		put32(&old, 0);
		put32(&old, 3);
		put32(&old, 3);
		put(&old, "one", 3);
	}
	for (size_t n = 0; n < old.n; n++) {
		enum capture_next got = drain(&old, n, &frames, fault);

		assert_int_equal(frames, n < 43 ? 0 : 1);
		assert_int_equal(got, n == 24 || n == 43 ? CAPTURE_END : CAPTURE_FAULT);
	}
}

static void test_capture_refuses_impossible_blocks(void **state)
{
	static const uint32_t lengths[] = {0, 4, 8, 11, 13, 0x7fffffff, 0xfffffffc};
	char fault[CAPTURE_WHY];
	unsigned frames;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct file f = {0};

		put_section(&f);
		put32(&f, 6);
		put32(&f, lengths[i]);
		put32(&f, 0);
		put32(&f, 0);
		assert_int_equal(drain(&f, f.n, &frames, fault), CAPTURE_FAULT);
	}
	for (int i = 0; i < 2; i++) {
		struct file f = {0};

		put_section(&f);
		if (i)
			put_interface(&f, 1, 0, 0);
		put_enhanced(&f, 1, 0, "of an interface that is not there");
		assert_int_equal(drain(&f, f.n, &frames, fault), CAPTURE_FAULT);
		assert_string_equal(fault, "a packet block is damaged");
	}
}

static void test_capture_filter_keeps_the_numbers_of_the_file(void **state)
{
	struct wire_tcp t = {.client = 1000, .server = 443};
	char why[CAPTURE_WHY];
	struct capture *c;
	struct frame f;
	struct wire w;
	struct capture_stats stats;

	(void)state;
	wire_init(&w, DLT_EN10MB);
	for (int i = 0; i < 4; i++) {
		t.server = i % 2 ? 443 : 80;
		wire_segment(&w, &t, WAY_TO_SERVER, TCP_ACK, NULL, 0);
	}
	c = wire_open(&w);
	assert_int_equal(capture_filter(c, "tcp porto 443", why), -1);
	assert_non_null(strstr(why, "the capture filter \"tcp porto 443\" is wrong"));
	assert_int_equal(capture_filter(c, "tcp port 443", why), 0);
	assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
	assert_int_equal(f.origin.frame, 2);
	assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
	assert_int_equal(f.origin.frame, 4);
	capture_stats(c, &stats);
	assert_int_equal(stats.frames, 2);
	assert_int_equal(stats.skipped, 2);
	assert_int_equal(stats.total, w.n);
	check_end(c);
	wire_fini(&w);
}

/* Writes bytes to a file of its own and returns its name. */
static char *store(const void *p, size_t n)
{
	static char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/test_analyse_capture.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
	return path;
}

/* Packs n bytes as one gzip member; returns its size. */
static size_t pack(const void *p, size_t n, uint8_t *to, size_t room)
{
	z_stream z = {0};
	size_t size;
	union {
		const void *from;
		uint8_t *to;
	} in = {p};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = in.to;
	z.avail_in = (uInt)n;
	z.next_out = to;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size = room - z.avail_out;
	deflateEnd(&z);
	return size;
}

static void test_capture_unpacks_gzip_and_names_what_is_broken(void **state)
{
	struct file f = {0};
	uint8_t packed[4096];
	char why[CAPTURE_WHY];
	struct capture *c;
	struct frame frame;
	size_t first, n;
	enum capture_next got;
	char *path;

	(void)state;
	put_section(&f);
	put_interface(&f, DLT_EN10MB, 0, 0);
	for (uint64_t i = 0; i < 20; i++)
		put_enhanced(&f, 0, i, "a packet, again and again");
	first = pack(f.p, 1000, packed, sizeof(packed)); /* two members, cut within a block */
	n = first + pack(f.p + 1000, f.n - 1000, packed + first, sizeof(packed) - first);
	path = store(packed, n);
	assert_int_equal(capture_open(&c, path, why), 0);
	for (uint64_t i = 0; i < 20; i++)
		check_frame(c, i + 1, i * 1000, "a packet, again and again", DLT_EN10MB);
	check_end(c);
	remove(path);
	for (size_t cut = 2; cut < n; cut++) {
		path = store(packed, cut);
		if (capture_open(&c, path, why) == 0) {
			while ((got = capture_next(c, &frame)) > CAPTURE_END)
				;
			assert_true(got == CAPTURE_FAULT || cut == first);
			capture_close(c);
		} else {
			assert_string_not_equal(why, "");
		}
		remove(path);
	}
	packed[first / 2] ^= 0x55;
	path = store(packed, n);
	if (capture_open(&c, path, why) == 0) {
		while ((got = capture_next(c, &frame)) > CAPTURE_END)
			;
		assert_int_equal(got, CAPTURE_FAULT);
		capture_close(c);
	}
	remove(path);
}

static void test_capture_reads_standard_input(void **state)
{
	struct file f = {0};
	char why[CAPTURE_WHY];
	struct capture *c;
	int pipes[2];
	int keep = dup(STDIN_FILENO);

	(void)state;
	put_section(&f);
	put_interface(&f, DLT_EN10MB, 0, 0);
	put_enhanced(&f, 0, 1, "through a pipe");
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], f.p, f.n), f.n);
	close(pipes[1]);
	dup2(pipes[0], STDIN_FILENO);
	close(pipes[0]);
	assert_int_equal(capture_open(&c, "-", why), 0);
	check_frame(c, 1, 1000, "through a pipe", DLT_EN10MB);
	check_end(c);
	dup2(keep, STDIN_FILENO);
	close(keep);
}

static void test_capture_says_why_a_file_cannot_be_read(void **state)
{
	char why[CAPTURE_WHY];
	struct capture *c;
	char *path;

	(void)state;
	assert_int_equal(capture_open(&c, "/tmp/nowhere/at/all", why), -1);
	assert_string_equal(why, "cannot open /tmp/nowhere/at/all: No such file or directory");
	assert_int_equal(capture_open(&c, "/tmp", why), -1);
	assert_non_null(strstr(why, "Is a directory"));
	path = store("abc", 3);
	assert_int_equal(capture_open(&c, path, why), -1);
	assert_non_null(strstr(why, "shorter than a file header"));
	remove(path);
	path = store("this is no capture at all", 25);
	assert_int_equal(capture_open(&c, path, why), -1);
	assert_non_null(strstr(why, "is no capture that can be read"));
	remove(path);
}

static void test_capture_live_says_why_it_cannot(void **state)
{
	struct capture_live how = {0};
	char why[CAPTURE_WHY];
	struct capture *c;

	(void)state;
	assert_int_equal(capture_open_live(&c, "no-such-interface", &how, why), -1);
	assert_non_null(strstr(why, "cannot capture on no-such-interface"));
}

static void test_capture_live_hands_out_what_passes_the_filter(void **state)
{
	struct capture_live how = {.filter = "udp port 20999 and host 127.0.0.1"};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(20999)};
	char why[CAPTURE_WHY];
	struct capture *c;
	struct frame f;
	enum capture_next got;
	int fd;

	(void)state;
	if (capture_open_live(&c, "lo", &how, why) < 0) {
		assert_non_null(strstr(why, "cannot capture on lo")); /* without the right to */
		skip();
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)), 5);
	close(fd);
	for (int i = 0; i < 100 && (got = capture_next(c, &f)) == CAPTURE_IDLE; i++)
		;
	assert_int_equal(got, CAPTURE_FRAME);
	assert_int_equal(f.link, DLT_EN10MB);
	assert_int_equal(f.n, 14 + 20 + 8 + 5);
	assert_memory_equal(f.bytes + 42, "hello", 5);
	assert_true(f.origin.ns > 1000000000u * UINT64_C(1600000000));
	capture_stop(c);
	assert_int_equal(capture_next(c, &f), CAPTURE_END);
	capture_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capture_reads_pcap_of_every_byte_order_and_resolution),
		cmocka_unit_test(test_capture_reads_pcapng_of_both_byte_orders),
		cmocka_unit_test(test_capture_hands_out_secrets_where_they_stand),
		cmocka_unit_test(test_capture_says_where_a_cut_off_file_ends),
		cmocka_unit_test(test_capture_refuses_impossible_blocks),
		cmocka_unit_test(test_capture_filter_keeps_the_numbers_of_the_file),
		cmocka_unit_test(test_capture_unpacks_gzip_and_names_what_is_broken),
		cmocka_unit_test(test_capture_reads_standard_input),
		cmocka_unit_test(test_capture_says_why_a_file_cannot_be_read),
		cmocka_unit_test(test_capture_live_says_why_it_cannot),
		cmocka_unit_test(test_capture_live_hands_out_what_passes_the_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
