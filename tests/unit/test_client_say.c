/* SPDX-License-Identifier: MIT */
/* Claims about client/say.c and client/login.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/login.h"
#include "client/say.h"

static int saved_stdout, pipe_fd[2];

static void catch_stdout(void)
{
	fflush(stdout);
	assert_int_equal(pipe(pipe_fd), 0);
	saved_stdout = dup(STDOUT_FILENO);
	dup2(pipe_fd[1], STDOUT_FILENO);
}

static void release_stdout(char *text, size_t n)
{
	ssize_t got;

	dup2(saved_stdout, STDOUT_FILENO);
	close(saved_stdout);
	close(pipe_fd[1]);
	got = read(pipe_fd[0], text, n - 1);
	text[got > 0 ? got : 0] = '\0';
	close(pipe_fd[0]);
}

static void test_phases_are_lines_of_text_or_json(void **state)
{
	static const struct say_field fields[] = {
		{"name", "a\"b", 0}, {"n", NULL, -5}, {NULL, NULL, 0}};
	char text[600];

	(void)state;
	catch_stdout();
	say_init(false, false);
	say("tls", fields, "bad\nname %d", 1);
	say_init(false, true);
	say("tls", fields, "not printed");
	say_init(true, true);
	say("tls", fields, "bad\nname");
	say("end", NULL, "x");
	release_stdout(text, sizeof(text));
	assert_string_equal(text,
			    "tls       bad?name 1\n"
			    "{\"event\":\"tls\",\"text\":\"bad\\u000aname\",\"name\":\"a\\\"b\","
			    "\"n\":-5}\n{\"event\":\"end\",\"text\":\"x\"}\n");
	say_init(false, false);
}

/* Writes a password file and returns its path, the caller's to unlink. */
static const char *password_file(const char *text)
{
	static char path[32];
	int fd;

	strcpy(path, "/tmp/test_client.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static void test_the_password_comes_from_the_first_place_that_has_one(void **state)
{
	char error[OPTIONS_ERROR], other[] = "/tmp/test_login.XXXXXX", credential[64];
	struct options o = {.host = "h", .user = "alice"};
	struct login l;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(other));
	snprintf(credential, sizeof(credential), "%s/sstp.password", other);
	f = fopen(credential, "w");
	fputs("from systemd\n", f);
	fclose(f);
	setenv("CREDENTIALS_DIRECTORY", other, 1);
	unsetenv("SSTP_PASSWORD_FILE");
	assert_int_equal(login_get(&l, &o, error), EXIT_ASKED);
	assert_string_equal(l.user, "alice");
	assert_string_equal(l.password, "from systemd");
	setenv("SSTP_PASSWORD_FILE", password_file("from env\n"), 1);
	assert_int_equal(login_get(&l, &o, error), EXIT_ASKED);
	assert_string_equal(l.password, "from env");
	unlink(getenv("SSTP_PASSWORD_FILE"));
	o.password_file = password_file("from option\nsecond line\n");
	assert_int_equal(login_get(&l, &o, error), EXIT_ASKED);
	assert_string_equal(l.password, "from option");
	unlink(o.password_file);
	unsetenv("SSTP_PASSWORD_FILE");
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(credential);
	rmdir(other);
}

static void test_a_password_file_that_is_of_no_use_is_named(void **state)
{
	char error[OPTIONS_ERROR], longer[SSTP_PASSWORD_MAX + 2];
	struct options o = {.host = "h", .user = "alice", .password_file = "/nonexistent"};
	struct login l;

	(void)state;
	assert_int_equal(login_get(&l, &o, error), EXIT_USAGE);
	assert_string_equal(error, "the password cannot be read from /nonexistent: No such file or "
				   "directory");
	o.password_file = password_file("\n");
	assert_int_equal(login_get(&l, &o, error), EXIT_USAGE);
	assert_non_null(strstr(error, "is empty"));
	unlink(o.password_file);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	o.password_file = password_file(longer);
	assert_int_equal(login_get(&l, &o, error), EXIT_USAGE);
	assert_non_null(strstr(error, "longer than 255 bytes"));
	unlink(o.password_file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases_are_lines_of_text_or_json),
		cmocka_unit_test(test_the_password_comes_from_the_first_place_that_has_one),
		cmocka_unit_test(test_a_password_file_that_is_of_no_use_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
