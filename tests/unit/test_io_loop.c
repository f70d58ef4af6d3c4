/* SPDX-License-Identifier: MIT */
/* Claims about io/loop.c and io/clock.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/loop.h"

/* What the callbacks of a test write down. */
static struct {
	struct loop *loop;
	char log[64];
	size_t n;
} seen;

static void begin(void)
{
	memset(&seen, 0, sizeof(seen));
	seen.loop = loop_new();
	assert_non_null(seen.loop);
}

static void end(void)
{
	loop_free(seen.loop);
}

static void note(char c)
{
	if (seen.n < sizeof(seen.log) - 1)
		seen.log[seen.n++] = c;
}

static void on_note(void *arg)
{
	note(*(const char *)arg);
}

static void on_stop(void *arg)
{
	note(*(const char *)arg);
	loop_stop(seen.loop);
}

static void test_timers_fire_in_order_and_once(void **state)
{
	struct loop_timer a, b, c;
	uint64_t now = clock_ms();

	(void)state;
	begin();
	loop_timer_init(seen.loop, &a, on_note, "a");
	loop_timer_init(seen.loop, &b, on_note, "b");
	loop_timer_init(seen.loop, &c, on_stop, "c");
	loop_timer_at(&c, now + 30);
	loop_timer_at(&b, now + 15);
	loop_timer_at(&a, now); /* already due */
	loop_run(seen.loop);
	assert_string_equal(seen.log, "abc");
	assert_true(clock_ms() >= now + 30);
	assert_true(a.at == UINT64_MAX);
	end();
}

static void test_a_timer_may_be_put_off_brought_forward_and_stopped(void **state)
{
	struct loop_timer late, soon, never, last;
	uint64_t now = clock_ms();

	(void)state;
	begin();
	loop_timer_init(seen.loop, &late, on_note, "l");
	loop_timer_init(seen.loop, &soon, on_note, "s");
	loop_timer_init(seen.loop, &never, on_note, "n");
	loop_timer_init(seen.loop, &last, on_stop, "x");
	loop_timer_at(&late, now + 5);
	loop_timer_at(&late, now + 25);
	loop_timer_at(&soon, now + 10000);
	loop_timer_at(&soon, now + 10);
	loop_timer_at(&never, now + 5);
	loop_timer_at(&never, UINT64_MAX);
	loop_timer_at(&last, now + 40);
	loop_run(seen.loop);
	assert_string_equal(seen.log, "slx");
	end();
}

static void test_later_runs_after_the_turn_and_again_without_sleeping(void **state)
{
	struct loop_later a, b, gone;
	struct loop_timer stop;
	uint64_t start = clock_ms();

	(void)state;
	begin();
	loop_later_init(&a, on_note, "a");
	loop_later_init(&b, on_note, "b");
	loop_later_init(&gone, on_note, "g");
	loop_timer_init(seen.loop, &stop, on_stop, "x");
	loop_later(seen.loop, &a);
	loop_later(seen.loop, &gone);
	loop_later(seen.loop, &b);
	loop_later(seen.loop, &a); /* queued once only */
	loop_later_cancel(seen.loop, &gone);
	loop_timer_at(&stop, start + 10);
	loop_run(seen.loop);
	assert_string_equal(seen.log, "abx");
	end();
}

/* Work in many pieces: one a turn. */
static struct loop_later piece;

static void on_piece(void *arg)
{
	unsigned *left = arg;

	note('p');
	if (--*left)
		loop_later(seen.loop, &piece);
	else
		loop_stop(seen.loop);
}

static void test_long_work_goes_on_without_sleeping(void **state)
{
	unsigned left = 20;
	uint64_t start = clock_ms();

	(void)state;
	begin();
	loop_later_init(&piece, on_piece, &left);
	loop_later(seen.loop, &piece);
	loop_run(seen.loop);
	assert_int_equal(seen.n, 20);
	assert_true(clock_ms() - start < 1000);
	end();
}

static void on_ready(void *arg, unsigned ready)
{
	struct loop_fd *w = arg;
	char c;

	note((char)('0' + ready));
	if (ready & LOOP_READ) {
		assert_int_equal(read(w->io.fd, &c, 1), 1);
		note(c);
		loop_fd_want(w, LOOP_WRITE);
	} else {
		loop_fd_want(w, 0);
		loop_stop(seen.loop);
	}
}

static void test_descriptors_are_waited_for_as_wanted(void **state)
{
	struct loop_fd w;
	int fd[2];

	(void)state;
	begin();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	assert_int_equal(write(fd[1], "q", 1), 1);
	loop_fd_init(seen.loop, &w, fd[0], on_ready, &w);
	loop_fd_want(&w, LOOP_READ);
	loop_run(seen.loop);
	assert_string_equal(seen.log, "1q2");
	close(fd[0]);
	close(fd[1]);
	end();
}

static void on_one_of_many(void *arg, unsigned ready)
{
	const bool more = loop_has_more(seen.loop);

	(void)ready;
	loop_fd_want(arg, 0);
	note(more ? '+' : '.');
	if (!more)
		loop_stop(seen.loop);
}

static void test_the_last_of_what_is_ready_knows_that_it_is(void **state)
{
	enum { MANY = 3 };
	struct loop_fd w[MANY];
	int fd[2];

	(void)state;
	begin();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	for (int i = 0; i < MANY; i++) {
		loop_fd_init(seen.loop, &w[i], dup(fd[0]), on_one_of_many, &w[i]);
		loop_fd_want(&w[i], LOOP_WRITE);
	}
	loop_run(seen.loop);
	assert_string_equal(seen.log, "++.");
	for (int i = 0; i < MANY; i++)
		close(w[i].io.fd);
	close(fd[0]);
	close(fd[1]);
	end();
}

static void *ring_bell(void *arg)
{
	loop_ring(arg);
	return NULL;
}

static void test_a_bell_is_heard_from_another_thread(void **state)
{
	struct loop_bell bell;
	pthread_t thread;

	(void)state;
	begin();
	loop_bell_start(seen.loop, &bell, on_stop, "r");
	assert_int_equal(pthread_create(&thread, NULL, ring_bell, &bell), 0);
	loop_run(seen.loop);
	pthread_join(thread, NULL);
	assert_string_equal(seen.log, "r");
	loop_bell_stop(&bell);
	loop_bell_stop(&bell);
	end();
}

static void on_signal(void *arg, int signo)
{
	(void)arg;
	note(signo == SIGUSR1 ? 'u' : '?');
	loop_stop(seen.loop);
}

static void test_a_signal_is_handled_in_the_loop(void **state)
{
	struct loop_signal s;

	(void)state;
	begin();
	loop_signal_start(seen.loop, &s, SIGUSR1, on_signal, NULL);
	raise(SIGUSR1);
	assert_int_equal(seen.n, 0);
	loop_run(seen.loop);
	assert_string_equal(seen.log, "u");
	loop_signal_stop(&s);
	loop_signal_stop(&s);
	end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_fire_in_order_and_once),
		cmocka_unit_test(test_a_timer_may_be_put_off_brought_forward_and_stopped),
		cmocka_unit_test(test_later_runs_after_the_turn_and_again_without_sleeping),
		cmocka_unit_test(test_long_work_goes_on_without_sleeping),
		cmocka_unit_test(test_descriptors_are_waited_for_as_wanted),
		cmocka_unit_test(test_the_last_of_what_is_ready_knows_that_it_is),
		cmocka_unit_test(test_a_bell_is_heard_from_another_thread),
		cmocka_unit_test(test_a_signal_is_handled_in_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
