/* SPDX-License-Identifier: MIT */
/*
 * Claims about io/resolv.c: what it says to resolvectl and resolvconf. Both are scripts of the
 * test's, below a root of its own, which write down how they were called.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define RESOLV_ROOT "." /* the working directory, which is a new one */
#include "io/resolv.c"  /* with that root */

#include <stdlib.h>
#include <sys/stat.h>

#define RESOLVECTL RESOLV_ROOT "/usr/bin/resolvectl"
#define RESOLVCONF RESOLV_ROOT "/sbin/resolvconf"
#define CALLS      RESOLV_ROOT "/calls"

static const struct resolv_server servers[] = {
	{AF_INET, {10, 0, 0, 53}},
	{AF_INET6, {0xfd, 0, [15] = 0x53}},
};

static char folder[] = "/tmp/test_io_resolv.XXXXXX";

static void write_script(const char *path, const char *last)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\necho \"${0##*/} $*\" >>" CALLS "\n%s\n", last);
	fclose(f);
	chmod(path, 0755);
}

static int make_root(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	mkdir(RESOLV_ROOT "/usr", 0700);
	mkdir(RESOLV_ROOT "/usr/bin", 0700);
	mkdir(RESOLV_ROOT "/sbin", 0700);
	mkdir(RESOLV_ROOT "/run", 0700);
	return mkdir(RESOLV_ROOT "/run/systemd", 0700);
}

static int remove_root(void **state)
{
	(void)state;
	unlink(RESOLVECTL);
	unlink(RESOLVCONF);
	unlink(CALLS);
	rmdir(RESOLV_ROOT "/run/systemd/resolve");
	rmdir(RESOLV_ROOT "/run/systemd");
	rmdir(RESOLV_ROOT "/run");
	rmdir(RESOLV_ROOT "/sbin");
	rmdir(RESOLV_ROOT "/usr/bin");
	rmdir(RESOLV_ROOT "/usr");
	return rmdir(folder);
}

/* Claims what the scripts have written, and forgets it. */
static void said(const char *want)
{
	char text[1000] = "";
	FILE *f = fopen(CALLS, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	unlink(CALLS);
	assert_string_equal(text, want);
}

static void test_without_a_program_nothing_is_done(void **state)
{
	struct resolv r = {0};

	(void)state;
	assert_int_equal(resolv_set(&r, "sstp0", servers, 2, true), -ENOENT);
	assert_string_equal(resolv_by(&r), "");
	assert_int_equal(resolv_undo(&r), 0);
}

static void test_resolvconf_gets_a_record_and_gives_it_back(void **state)
{
	struct resolv r = {0};

	(void)state;
	write_script(RESOLVCONF, "cat >>" CALLS);
	assert_int_equal(resolv_set(&r, "sstp0", servers, 2, true), 0);
	said("resolvconf -a sstp0.sstp\nnameserver 10.0.0.53\nnameserver fd00::53\n");
	assert_string_equal(resolv_by(&r), "resolvconf");
	assert_int_equal(resolv_undo(&r), 0);
	said("resolvconf -d sstp0.sstp\n");
	assert_int_equal(resolv_undo(&r), 0);
	said("");
}

static void test_a_program_that_fails_is_told(void **state)
{
	struct resolv r = {0};

	(void)state;
	write_script(RESOLVCONF, "exit 1");
	assert_int_equal(resolv_set(&r, "sstp0", servers, 1, true), -EIO);
	said("resolvconf -a sstp0.sstp\n");
	assert_int_equal(resolv_undo(&r), -EIO); /* tried all the same: half may have been done */
	said("resolvconf -d sstp0.sstp\n");
}

static void test_resolved_is_preferred_when_it_runs(void **state)
{
	struct resolv r = {0};

	(void)state;
	write_script(RESOLVCONF, "true");
	write_script(RESOLVECTL, "true");
	assert_int_equal(resolv_set(&r, "sstp0", servers, 2, true), 0);
	said("resolvconf -a sstp0.sstp\n"); /* it is installed, and does not run */
	resolv_undo(&r);
	said("resolvconf -d sstp0.sstp\n");
	assert_int_equal(mkdir(RESOLV_ROOT "/run/systemd/resolve", 0700), 0);
	assert_int_equal(resolv_set(&r, "sstp0", servers, 2, true), 0);
	assert_string_equal(resolv_by(&r), "systemd-resolved");
	said("resolvectl dns sstp0 10.0.0.53 fd00::53\nresolvectl domain sstp0 ~.\n"
	     "resolvectl default-route sstp0 yes\n");
	assert_int_equal(resolv_set(&r, "sstp0", servers, 1, false), 0);
	said("resolvectl dns sstp0 10.0.0.53\nresolvectl domain sstp0 \n"
	     "resolvectl default-route sstp0 no\n");
	assert_int_equal(resolv_undo(&r), 0);
	said("resolvectl revert sstp0\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_program_nothing_is_done),
		cmocka_unit_test(test_resolvconf_gets_a_record_and_gives_it_back),
		cmocka_unit_test(test_a_program_that_fails_is_told),
		cmocka_unit_test(test_resolved_is_preferred_when_it_runs),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
