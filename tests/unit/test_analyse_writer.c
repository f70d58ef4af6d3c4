/* SPDX-License-Identifier: MIT */
/*
 * What is written is what libpcap reads again: packets, times to the nanosecond, link types, and a
 * ring keeps the last files only. What -w saves of a frame is what the filter took.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyse/save.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TIME 1795357652123456789u

static char folder[] = "/tmp/test_writer_XXXXXX";

static const char *path_of(const char *name)
{
	static char room[2][300];
	static unsigned next;
	char *to = room[next++ % 2];

	snprintf(to, sizeof(room[0]), "%s/%s", folder, name);
	return to;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

/* Removes what the tests have left; returns how many files it were. */
static unsigned empty_folder(void)
{
	DIR *d = opendir(folder);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		if (e->d_name[0] == '.')
			continue;
		unlink(path_of(e->d_name));
		n++;
	}
	closedir(d);
	return n;
}

static int remove_folder(void **state)
{
	(void)state;
	empty_folder();
	return rmdir(folder);
}

static struct writer *open_writer(const char *name, struct writer_ring ring)
{
	char why[WRITER_WHY];
	struct writer *w;

	if (writer_open(&w, path_of(name), &ring, why) < 0)
		fail_msg("%s", why);
	return w;
}

static void close_writer(struct writer *w)
{
	char why[WRITER_WHY];

	assert_int_equal(writer_close(w, why), 0);
}

static struct capture *open_capture(const char *name)
{
	char why[CAPTURE_WHY];
	struct capture *c;

	if (capture_open(&c, path_of(name), why) < 0)
		fail_msg("%s", why);
	return c;
}

static void test_what_is_written_is_read_again(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
	struct writer *w = open_writer("a.pcapng", (struct writer_ring){0, 0, 0});
	struct capture *c;
	struct frame f;

	(void)state;
	for (uint32_t n = 0; n <= sizeof(bytes); n++)
		writer_put(w, n % 2 ? LINK_RAW : LINK_PPP, TIME + n, (struct view){bytes, n},
			   n + 10, n % 3);
	assert_int_equal(writer_count(w), 8);
	close_writer(w);
	c = open_capture("a.pcapng");
	for (uint32_t n = 0; n <= sizeof(bytes); n++) {
		assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
		assert_int_equal(f.n, n);
		assert_int_equal(f.wire, n + 10);
		assert_int_equal(f.origin.ns, TIME + n);
		assert_memory_equal(f.bytes, bytes, n);
	}
	assert_int_equal(capture_next(c, &f), CAPTURE_END);
	capture_close(c);
	assert_int_equal(empty_folder(), 1);
}

static void test_a_ring_keeps_the_last_files(void **state)
{
	static const uint8_t bytes[400];
	struct writer *w = open_writer("r.pcapng", (struct writer_ring){1000, 0, 3});

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		writer_put(w, LINK_RAW, TIME, (struct view){bytes, sizeof(bytes)}, sizeof(bytes),
			   WRITER_UNKNOWN);
	close_writer(w);
	assert_int_equal(empty_folder(), 3);
}

static void test_a_ring_turns_with_time(void **state)
{
	static const uint8_t byte[1];
	struct writer *w = open_writer("t.pcapng", (struct writer_ring){0, 10, 0});

	(void)state;
	for (unsigned s = 0; s < 35; s++)
		writer_put(w, LINK_RAW, TIME + s * 1000000000ull, (struct view){byte, 1}, 1,
			   WRITER_UNKNOWN);
	close_writer(w);
	assert_int_equal(empty_folder(), 4);
}

static void test_a_file_that_cannot_be_opened_is_named(void **state)
{
	char why[WRITER_WHY] = "";
	struct writer_ring ring = {0, 0, 0};
	struct writer *w;

	(void)state;
	assert_int_equal(writer_open(&w, path_of("no/such.pcapng"), &ring, why), -1);
	assert_null(w);
	assert_non_null(strstr(why, "no/such.pcapng"));
}

static void test_a_full_disk_is_told_at_the_end(void **state)
{
	static const uint8_t bytes[4000];
	struct writer_ring ring = {0, 0, 0};
	char why[WRITER_WHY] = "";
	struct writer *w;

	(void)state;
	assert_int_equal(writer_open(&w, "/dev/full", &ring, why), 0);
	for (unsigned i = 0; i < 10; i++)
		writer_put(w, LINK_RAW, TIME, (struct view){bytes, sizeof(bytes)}, sizeof(bytes),
			   WRITER_UNKNOWN);
	assert_int_equal(writer_close(w, why), -1);
	assert_non_null(strstr(why, "No space left"));
}

/* Saves two frames with a data packet each, of which the filter takes the second, and reads them.
 */
static void check_save(enum save_what what, int link, const uint8_t *due, size_t n)
{
	static const uint8_t packet[] = {0x10, 0, 0, 0x0c, 0xff, 3, 0, 0x21, 0x45, 1, 2, 3};
	struct unit u = {.kind = UNIT_DATA, .bytes = {packet, sizeof(packet)}, .last = {1, TIME}};
	struct unit control = {.kind = UNIT_CONTROL, .bytes = {packet, sizeof(packet)}};
	struct frame in = {.origin = {1, TIME}, .bytes = packet, .n = 5, .wire = 9, .link = 1};
	struct writer_ring ring = {0, 0, 0};
	char why[WRITER_WHY];
	struct capture *c;
	struct frame f;
	struct save *s;

	assert_int_equal(save_open(&s, path_of("s.pcapng"), what, &ring, why), 0);
	save_unit(s, &u);
	save_frame(s, &in, false);
	save_unit(s, &control);
	save_unit(s, &u);
	save_frame(s, &in, true);
	assert_int_equal(save_close(s, why), 0);
	c = open_capture("s.pcapng");
	assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
	assert_int_equal(f.n, n);
	assert_memory_equal(f.bytes, due, n);
	if (link == 1)
		assert_int_equal(f.link, link);
	assert_int_equal(capture_next(c, &f), CAPTURE_END);
	capture_close(c);
	empty_folder();
}

static void test_save_writes_what_the_filter_took(void **state)
{
	static const uint8_t frame[] = {0x10, 0, 0, 0x0c, 0xff};
	static const uint8_t ppp[] = {0xff, 3, 0, 0x21, 0x45, 1, 2, 3};

	(void)state;
	check_save(SAVE_RAW, 1, frame, sizeof(frame));
	check_save(SAVE_PPP, LINK_PPP, ppp, sizeof(ppp));
	check_save(SAVE_INNER, LINK_RAW, ppp + 4, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read_again),
		cmocka_unit_test(test_a_ring_keeps_the_last_files),
		cmocka_unit_test(test_a_ring_turns_with_time),
		cmocka_unit_test(test_a_file_that_cannot_be_opened_is_named),
		cmocka_unit_test(test_a_full_disk_is_told_at_the_end),
		cmocka_unit_test(test_save_writes_what_the_filter_took),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
