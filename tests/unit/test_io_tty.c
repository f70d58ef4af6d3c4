/* SPDX-License-Identifier: MIT */
/* Claims about io/tty.c and io/locked.c. The terminal is a pseudo one, in a session of its own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "io/locked.h"
#include "io/tty.h"

static char path[] = "/tmp/test_io_tty.XXXXXX";

static void write_file(const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void test_the_first_line_is_the_secret(void **state)
{
	static const struct {
		const char *file, *secret;
	} cases[] = {
		{"hunter2\n", "hunter2"},
		{"hunter2", "hunter2"},
		{"hunter2\r\n", "hunter2"},
		{"two words \nsecond line\n", "two words "},
		{"", ""},
		{"\nsecond\n", ""},
		{"p\xc3\xa4ss\n", "p\xc3\xa4ss"},
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].file, strlen(cases[i].file));
		assert_int_equal(tty_read_secret(path, buf, sizeof(buf), NULL),
				 strlen(cases[i].secret));
		assert_string_equal(buf, cases[i].secret);
	}
}

static void test_secrets_that_cannot_be_right_are_refused_and_wiped(void **state)
{
	static const char zero[8];
	char buf[8];

	(void)state;
	write_file("12345678", 8);
	assert_int_equal(tty_read_secret(path, buf, sizeof(buf), NULL), -EMSGSIZE);
	assert_memory_equal(buf, zero, sizeof(buf));
	write_file("1234567", 7);
	assert_int_equal(tty_read_secret(path, buf, sizeof(buf), NULL), 7);
	write_file("ab\0cd\n", 6);
	assert_int_equal(tty_read_secret(path, buf, sizeof(buf), NULL), -EBADMSG);
	assert_memory_equal(buf, zero, sizeof(buf));
	assert_int_equal(tty_read_secret("/nonexistent", buf, sizeof(buf), NULL), -ENOENT);
	assert_int_equal(tty_read_secret("/", buf, sizeof(buf), NULL), -EISDIR);
}

static void test_a_file_that_others_may_read_is_told(void **state)
{
	char buf[8];
	bool shared;

	(void)state;
	write_file("x\n", 2);
	chmod(path, 0600);
	assert_int_equal(tty_read_secret(path, buf, sizeof(buf), &shared), 1);
	assert_false(shared);
	chmod(path, 0640);
	assert_int_equal(tty_read_secret(path, buf, sizeof(buf), &shared), 1);
	assert_true(shared);
	chmod(path, 0600);
}

/* Runs in a session of its own, with the terminal as the controlling one; its exit status is the
 * answer's length, or 100 less the errno. */
static void ask_in_child(const char *terminal)
{
	char buf[16];
	int got;

	setsid();
	if (open(terminal, O_RDWR) < 0)
		_exit(90);
	got = tty_ask("Password: ", false, buf, sizeof(buf));
	_exit(got >= 0 && strcmp(buf, "hunter2") == 0 ? got : 100 + got);
}

/* Reads from the terminal's other end until the text has come. */
static void await_text(int fd, const char *text, char *all, size_t n)
{
	size_t at = strlen(all);

	while (!strstr(all, text)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t got;

		assert_int_equal(poll(&p, 1, 10000), 1);
		got = read(fd, all + at, n - 1 - at);
		assert_true(got > 0);
		at += (size_t)got;
		all[at] = '\0';
	}
}

/* Opens a pseudo terminal and asks on it in a child. */
static int ask_on_terminal(pid_t *child, struct termios *before)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	const char *name;

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd) | unlockpt(fd), 0);
	name = ptsname(fd);
	assert_non_null(name);
	assert_int_equal(tcgetattr(fd, before), 0);
	*child = fork();
	assert_true(*child >= 0);
	if (*child == 0)
		ask_in_child(name);
	return fd;
}

static void test_an_answer_is_read_and_not_shown(void **state)
{
	struct termios before, after;
	char all[200] = "";
	pid_t child;
	int fd = ask_on_terminal(&child, &before), status;

	(void)state;
	await_text(fd, "Password: ", all, sizeof(all));
	assert_int_equal(write(fd, "hunter2\n", 8), 8);
	await_text(fd, "\n", all, sizeof(all));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_null(strstr(all, "hunter"));
	assert_int_equal(tcgetattr(fd, &after), 0);
	assert_int_equal(before.c_lflag, after.c_lflag);
	close(fd);
}

static void test_a_signal_ends_the_question_and_brings_the_echo_back(void **state)
{
	struct termios before, after;
	char all[200] = "";
	pid_t child;
	int fd = ask_on_terminal(&child, &before), status;

	(void)state;
	await_text(fd, "Password: ", all, sizeof(all));
	assert_int_equal(write(fd, "\x03", 1), 1); /* Ctrl-C */
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 100 - EINTR);
	assert_int_equal(tcgetattr(fd, &after), 0);
	assert_int_equal(before.c_lflag, after.c_lflag);
	close(fd);
}

static void test_without_a_terminal_nothing_is_asked(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		char buf[8];

		setsid();
		_exit(tty_ask("?", true, buf, sizeof(buf)) == -ENXIO ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_locked_memory_is_zeroed_and_the_process_not_dumped(void **state)
{
	int status;
	pid_t child;
	uint8_t *p = locked_new(5000);

	(void)state;
	assert_non_null(p);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(p[i], 0);
	p[4999] = 1;
	locked_free(p, 5000);
	locked_free(NULL, 5000);
	child = fork();
	if (child == 0) {
		locked_process();
		_exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_line_is_the_secret),
		cmocka_unit_test(test_secrets_that_cannot_be_right_are_refused_and_wiped),
		cmocka_unit_test(test_a_file_that_others_may_read_is_told),
		cmocka_unit_test(test_an_answer_is_read_and_not_shown),
		cmocka_unit_test(test_a_signal_ends_the_question_and_brings_the_echo_back),
		cmocka_unit_test(test_without_a_terminal_nothing_is_asked),
		cmocka_unit_test(test_locked_memory_is_zeroed_and_the_process_not_dumped),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
