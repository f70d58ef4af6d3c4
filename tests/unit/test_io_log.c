/* SPDX-License-Identifier: MIT */
/* Claims about io/log.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/log.h"

/* Standard error goes to a pipe between the two. */
static int saved_stderr, pipe_fd[2];

static void catch_stderr(void)
{
	assert_int_equal(pipe(pipe_fd), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(pipe_fd[1], STDERR_FILENO);
}

static void release_stderr(char *text, size_t n)
{
	ssize_t got;

	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_fd[1]);
	got = read(pipe_fd[0], text, n - 1);
	text[got > 0 ? got : 0] = '\0';
	close(pipe_fd[0]);
}

static void test_levels_choose_what_is_printed_and_how(void **state)
{
	char text[400];

	(void)state;
	catch_stderr();
	log_init("name", LOG_AT_NOTICE);
	log_error("one %d", 1);
	log_warn("two");
	log_notice("three");
	log_info("four");
	log_set_level(LOG_AT_INFO);
	log_info("five");
	log_debug("six");
	release_stderr(text, sizeof(text));
	assert_string_equal(text,
			    "name: error: one 1\nname: warning: two\nname: three\nname: five\n");
	assert_true(log_wants(LOG_AT_INFO));
	assert_false(log_wants(LOG_AT_DEBUG));
}

static void test_a_line_cannot_be_forged_or_overlong(void **state)
{
	char text[1200], big[2000];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	catch_stderr();
	log_init("n", LOG_AT_NOTICE);
	log_notice("a\nn: error: \x1b[2Jb\x7f");
	log_notice("%s", big);
	errno = EXDEV;
	log_notice("c");
	release_stderr(text, sizeof(text));
	assert_int_equal(errno, EXDEV);
	assert_int_equal(strncmp(text, "n: a?n: error: ?[2Jb?\nn: xxx", 28), 0);
	assert_int_equal(strlen(strchr(text, '\n') + 1), 1001 + 5);
	assert_string_equal(text + strlen(text) - 6, "\nn: c\n");
}

static void test_the_journal_gets_priorities(void **state)
{
	char text[200], stream[64];
	struct stat st;

	(void)state;
	catch_stderr();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init("n", LOG_AT_DEBUG);
	log_error("e");
	log_debug("d");
	setenv("JOURNAL_STREAM", "1:1", 1); /* somebody else's: standard error was redirected */
	log_init("n", LOG_AT_DEBUG);
	log_notice("x");
	unsetenv("JOURNAL_STREAM");
	log_init("n", LOG_AT_NOTICE);
	release_stderr(text, sizeof(text));
	assert_string_equal(text, "<3>e\n<7>d\nn: x\n");
}

static void test_levels_have_names(void **state)
{
	enum log_level level = LOG_AT_ERROR;

	(void)state;
	for (int i = 0; i < LOG_LEVELS; i++) {
		assert_true(log_level_parse(log_level_name((enum log_level)i), &level));
		assert_int_equal(level, i);
	}
	assert_false(log_level_parse("loud", &level));
	assert_int_equal(level, LOG_LEVELS - 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_choose_what_is_printed_and_how),
		cmocka_unit_test(test_a_line_cannot_be_forged_or_overlong),
		cmocka_unit_test(test_the_journal_gets_priorities),
		cmocka_unit_test(test_levels_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
