/* SPDX-License-Identifier: MIT */
/* The user database, and the threads that look users up in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/login.h"

static char dir[] = "/tmp/sstp-users-XXXXXX";
static char path[64];

static int set_up(void **state)
{
	char why[512];
	struct users *u;

	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/users.db", dir);
	u = users_open(path, USERS_CREATE, why, sizeof(why));
	if (!u)
		fail_msg("%s", why);
	*state = u;
	return 0;
}

static int tear_down(void **state)
{
	char name[80];

	users_close(*state);
	snprintf(name, sizeof(name), "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
	unlink(path);
	rmdir(dir);
	return 0;
}

static struct user make_user(const char *name, const char *password, bool cleartext)
{
	struct user user = {.enabled = true};

	strcpy(user.name, name);
	assert_null(user_set_password(&user, password, strlen(password), cleartext));
	return user;
}

static void test_the_file_is_for_its_owner_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_a_user_is_found_as_added(void **state)
{
	/* RFC 2759 9.2: the NT hash of "clientPass" */
	static const uint8_t hash[16] = {0x44, 0xeb, 0xba, 0x8d, 0x53, 0x12, 0xb8, 0xd6,
					 0x11, 0x47, 0x44, 0x11, 0xf5, 0x69, 0x89, 0xae};
	struct user alice = make_user("alice", "clientPass", false), found;

	alice.has_ip4 = true;
	memcpy(alice.ip4, (uint8_t[4]){10, 0, 0, 9}, 4);
	alice.expires = 4000000000;
	assert_int_equal(users_add(*state, &alice), USERS_OK);
	assert_int_equal(users_find(*state, "alice", &found), USERS_OK);
	assert_memory_equal(found.nt_hash, hash, 16);
	assert_false(found.has_password);
	assert_string_equal(found.password, "");
	assert_true(found.enabled && found.has_ip4);
	assert_int_equal(found.ip4[3], 9);
	assert_int_equal(found.expires, 4000000000);
	assert_true(found.created > 1500000000 && found.changed == found.created);
}

static void test_names_are_matched_byte_for_byte(void **state)
{
	struct user alice = make_user("alice", "x", false), found;

	assert_int_equal(users_add(*state, &alice), USERS_OK);
	assert_int_equal(users_find(*state, "Alice", &found), USERS_NONE);
	assert_int_equal(users_find(*state, "alice ", &found), USERS_NONE);
	assert_int_equal(users_find(*state, "alice' OR '1'='1", &found), USERS_NONE);
	assert_int_equal(users_find(*state, "", &found), USERS_NONE);
	assert_int_equal(users_find(*state, "\xff\xfe", &found), USERS_NONE);
}

static void test_a_domain_in_front_is_a_second_try(void **state)
{
	struct user plain = make_user("alice", "x", false), full = make_user("D\\bob", "x", false);
	struct user found;

	assert_int_equal(users_add(*state, &plain), USERS_OK);
	assert_int_equal(users_add(*state, &full), USERS_OK);
	assert_int_equal(users_find_login(*state, "CORP\\alice", &found), USERS_OK);
	assert_string_equal(found.name, "alice");
	assert_int_equal(users_find_login(*state, "D\\bob", &found), USERS_OK);
	assert_string_equal(found.name, "D\\bob");
	assert_int_equal(users_find_login(*state, "bob", &found), USERS_NONE);
	assert_int_equal(users_find_login(*state, "alice\\", &found), USERS_NONE);
}

static void test_a_user_stands_once(void **state)
{
	struct user alice = make_user("alice", "x", false);

	assert_int_equal(users_add(*state, &alice), USERS_OK);
	assert_int_equal(users_add(*state, &alice), USERS_EXISTS);
	assert_int_equal(users_del(*state, "alice"), USERS_OK);
	assert_int_equal(users_del(*state, "alice"), USERS_NONE);
	assert_int_equal(users_set(*state, &alice, false), USERS_NONE);
}

static void test_a_new_password_replaces_hash_and_clear_text(void **state)
{
	struct user alice = make_user("alice", "first", true), found;

	assert_int_equal(users_add(*state, &alice), USERS_OK);
	assert_int_equal(users_find(*state, "alice", &found), USERS_OK);
	assert_string_equal(found.password, "first");
	assert_null(user_set_password(&found, "second", 6, false));
	assert_int_equal(users_set(*state, &found, true), USERS_OK);
	assert_int_equal(users_find(*state, "alice", &found), USERS_OK);
	assert_false(found.has_password);
	assert_string_equal(found.password, "");
	assert_memory_not_equal(found.nt_hash, alice.nt_hash, 16);
}

static void count_user(void *arg, const struct user *user)
{
	char *names = arg;

	strcat(names, user->name);
	strcat(names, ";");
}

static void test_users_are_listed_by_name(void **state)
{
	static const char *const names[] = {"carol", "alice", "bob"};
	char seen[64] = "";

	for (size_t i = 0; i < 3; i++) {
		struct user user = make_user(names[i], "x", false);

		assert_int_equal(users_add(*state, &user), USERS_OK);
	}
	assert_int_equal(users_each(*state, count_user, seen), USERS_OK);
	assert_string_equal(seen, "alice;bob;carol;");
}

static void test_bad_names_and_passwords_are_refused_with_a_reason(void **state)
{
	struct user user = {.name = "x"};
	char longest[400];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(user_name_fault("DOMAIN\\J\xc3\xb6rg O'Neil"));
	assert_non_null(user_name_fault(""));
	assert_non_null(user_name_fault("a\nb"));
	assert_non_null(user_name_fault(longest));
	assert_non_null(user_set_password(&user, "", 0, false));
	assert_non_null(user_set_password(&user, longest, 256, false));
	assert_null(user_set_password(&user, longest, 255, true));
	assert_non_null(user_set_password(&user, "a\0b", 3, false));
	assert_non_null(user_set_password(&user, "\xff", 1, false));
}

static void test_what_is_no_database_is_refused_with_what_to_do(void **state)
{
	char why[512];

	(void)state;
	assert_null(users_open("/tmp/no-such-folder/users.db", USERS_READ, why, sizeof(why)));
	assert_non_null(strstr(why, "sstpd --init makes one"));
	assert_null(users_open("/dev/null", USERS_READ, why, sizeof(why)));
	assert_non_null(strstr(why, "not a user database"));
	assert_null(users_open(path, USERS_CREATE, why, sizeof(why)));
	assert_non_null(strstr(why, "File exists"));
}

static void test_a_reader_sees_what_a_writer_adds(void **state)
{
	struct user alice = make_user("alice", "x", false), found;
	char why[512];
	struct users *reader = users_open(path, USERS_READ, why, sizeof(why));

	assert_non_null(reader);
	assert_int_equal(users_find(reader, "alice", &found), USERS_NONE);
	assert_int_equal(users_add(*state, &alice), USERS_OK);
	assert_int_equal(users_find(reader, "alice", &found), USERS_OK);
	assert_int_equal(users_del(*state, "alice"), USERS_OK);
	assert_int_equal(users_find(reader, "alice", &found), USERS_NONE);
	users_close(reader);
}

/* Looks a user up for a method; returns the answer's error, or 0 for a secret. */
static int look_up(struct users *u, const char *name, enum sstp_auth method, struct login_job *job)
{
	memset(job, 0, sizeof(*job));
	strcpy(job->user, name);
	job->method = method;
	login_look_up(u, job, 1000);
	return job->answer.verdict == SSTP_ANSWER_REJECT ? job->answer.err : 0;
}

static void test_answers_follow_the_users_state(void **state)
{
	struct user user = make_user("alice", "secret", false);
	struct login_job job;

	assert_int_equal(users_add(*state, &user), USERS_OK);
	assert_int_equal(look_up(*state, "X\\alice", SSTP_AUTH_MSCHAPV2, &job), 0);
	assert_true(job.answer.has_nt_hash && !job.answer.has_password);
	assert_memory_equal(job.answer.nt_hash, user.nt_hash, 16);
	assert_string_equal(job.account, "alice");
	assert_int_equal(look_up(*state, "bob", SSTP_AUTH_PAP, &job), SSTP_E_AUTH_FAILED);
	assert_int_equal(look_up(*state, "alice", SSTP_AUTH_CHAP_MD5, &job), SSTP_E_AUTH_FAILED);
	assert_int_equal(look_up(NULL, "alice", SSTP_AUTH_PAP, &job), SSTP_E_AUTH_BACKEND);
	user.expires = 1000;
	assert_int_equal(users_set(*state, &user, false), USERS_OK);
	assert_int_equal(look_up(*state, "alice", SSTP_AUTH_PAP, &job), SSTP_E_AUTH_EXPIRED);
	assert_false(job.answer.has_nt_hash);
	user.enabled = false;
	assert_int_equal(users_set(*state, &user, false), USERS_OK);
	assert_int_equal(look_up(*state, "alice", SSTP_AUTH_PAP, &job), SSTP_E_AUTH_DISABLED);
	user = make_user("carol", "clear", true);
	assert_int_equal(users_add(*state, &user), USERS_OK);
	assert_int_equal(look_up(*state, "carol", SSTP_AUTH_EAP_MD5, &job), 0);
	assert_string_equal(job.answer.password, "clear");
}

#define JOBS 300

/* Jobs that came back, in the asker's thread. */
struct asker {
	struct loop *loop;
	struct mailbox box;
	unsigned back, good;
};

static void open_answer(struct mail *m, void *arg)
{
	struct login_job *job = (struct login_job *)(void *)m;
	struct asker *a = arg;

	a->good += job->answer.verdict == SSTP_ANSWER_SECRET && job->slot % 2 == 0 &&
		   strcmp(job->account, "alice") == 0;
	if (++a->back == JOBS)
		loop_stop(a->loop);
	free(job);
}

static void test_threads_answer_every_job_while_users_change(void **state)
{
	struct user alice = make_user("alice", "x", false);
	struct asker a = {.loop = loop_new()};
	struct login_pool *pool;
	char why[512];

	assert_int_equal(users_add(*state, &alice), USERS_OK);
	mail_init(&a.box, a.loop, &a);
	pool = login_start(path, 3, why, sizeof(why));
	assert_non_null(pool);
	for (uint32_t i = 0; i < JOBS; i++) {
		struct login_job *job = calloc(1, sizeof(*job));

		strcpy(job->user, i % 2 ? "nobody" : "alice");
		job->method = SSTP_AUTH_MSCHAPV2;
		job->slot = i;
		job->mail.open = open_answer;
		job->reply_to = &a.box;
		login_ask(pool, job);
		if (i % 50 == 0) {
			alice.expires = 4000000000 + i;
			assert_int_equal(users_set(*state, &alice, false), USERS_OK);
			login_reload(pool);
		}
	}
	loop_run(a.loop);
	login_stop(pool);
	mail_fini(&a.box);
	loop_free(a.loop);
	assert_int_equal(a.back, JOBS);
	assert_int_equal(a.good, JOBS / 2);
}

static void test_threads_are_not_started_over_nothing(void **state)
{
	char why[512];

	(void)state;
	assert_null(login_start("/tmp/no-such-folder/users.db", 2, why, sizeof(why)));
	assert_non_null(strstr(why, "/tmp/no-such-folder/users.db"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_file_is_for_its_owner_alone),
		TEST(test_a_user_is_found_as_added),
		TEST(test_names_are_matched_byte_for_byte),
		TEST(test_a_domain_in_front_is_a_second_try),
		TEST(test_a_user_stands_once),
		TEST(test_a_new_password_replaces_hash_and_clear_text),
		TEST(test_users_are_listed_by_name),
		TEST(test_bad_names_and_passwords_are_refused_with_a_reason),
		TEST(test_what_is_no_database_is_refused_with_what_to_do),
		TEST(test_a_reader_sees_what_a_writer_adds),
		TEST(test_answers_follow_the_users_state),
		TEST(test_threads_answer_every_job_while_users_change),
		TEST(test_threads_are_not_started_over_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
