/* SPDX-License-Identifier: MIT */
/* Claims about io/net.c, io/net_dial.c and io/dns.c, over loopback. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/socket.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/dns.h"
#include "io/net.h"

static const uint8_t loopback[4] = {127, 0, 0, 1};

static void test_hosts_and_ports_are_split(void **state)
{
	static const struct {
		const char *text, *host;
		int port; /* -1: refused */
	} cases[] = {
		{"vpn.example.org", "vpn.example.org", 443},
		{"vpn.example.org:8443", "vpn.example.org", 8443},
		{"192.0.2.1:1", "192.0.2.1", 1},
		{"2001:db8::1", "2001:db8::1", 443},
		{"[2001:db8::1]", "2001:db8::1", 443},
		{"[2001:db8::1]:65535", "2001:db8::1", 65535},
		{"", NULL, -1},
		{":443", NULL, -1},
		{"host:", NULL, -1},
		{"host:0", NULL, -1},
		{"host:65536", NULL, -1},
		{"host:4294967739", NULL, -1},
		{"host:44x", NULL, -1},
		{"[::1", NULL, -1},
		{"[::1]443", NULL, -1},
		{"[]:443", NULL, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char host[NET_HOST_MAX];
		uint16_t port = 443;
		int err = net_split_host(cases[i].text, host, &port);

		assert_int_equal(err, cases[i].port < 0 ? -EINVAL : 0);
		if (err)
			continue;
		assert_string_equal(host, cases[i].host);
		assert_int_equal(port, cases[i].port);
	}
}

static void test_an_overlong_host_is_refused(void **state)
{
	char text[NET_HOST_MAX + 1], host[NET_HOST_MAX];
	uint16_t port = 1;

	(void)state;
	memset(text, 'a', NET_HOST_MAX);
	text[NET_HOST_MAX] = '\0';
	assert_int_equal(net_split_host(text, host, &port), -EINVAL);
	text[NET_HOST_MAX - 1] = '\0';
	assert_int_equal(net_split_host(text, host, &port), 0);
}

static void test_addresses_are_read_and_written(void **state)
{
	static const char *const whole[] = {"192.0.2.1:443", "[2001:db8::1]:8443", "0.0.0.0:1"};
	struct net_addr a;
	char text[NET_ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		assert_int_equal(net_addr_parse(whole[i], 9, &a), 0);
		assert_string_equal(net_addr_text(&a, text), whole[i]);
	}
	assert_int_equal(net_addr_parse("::1", 9, &a), 0);
	assert_string_equal(net_addr_text(&a, text), "[::1]:9");
	assert_string_equal(net_addr_ip(&a, text), "::1");
	assert_int_equal(net_addr_port(&a), 9);
	assert_int_equal(net_addr_parse("vpn.example.org:443", 9, &a), -EINVAL);
}

static void test_a_unix_socket_takes_the_place_of_a_dead_one_only(void **state)
{
	char path[] = "/tmp/test_io_net.XXXXXX", sock[64];
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(sock, sizeof(sock), "%s/ctl", path);
	fd = net_listen_unix(sock, 0600);
	assert_true(fd >= 0);
	assert_int_equal(stat(sock, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(net_listen_unix(sock, 0600), -EADDRINUSE);
	close(fd);
	fd = net_listen_unix(sock, 0660);
	assert_true(fd >= 0);
	assert_int_equal(stat(sock, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	close(fd);
	unlink(sock);
	rmdir(path);
}

/* Opens a listener on loopback on a port of the kernel's choice. */
static int listen_somewhere(struct net_addr *at)
{
	struct net_addr any = net_addr_make(AF_INET, loopback, 0);
	int fd = net_listen(&any, 4);

	assert_true(fd >= 0);
	assert_int_equal(net_local(fd, at), 0);
	return fd;
}

/* What a dial has told. */
struct told {
	struct loop *loop;
	int fd;
	int times;
	bool has_addr;
	struct net_addr to;
};

static void on_done(void *arg, int fd, const struct net_addr *to)
{
	struct told *t = arg;

	t->fd = fd;
	t->times++;
	t->has_addr = to != NULL;
	if (to)
		t->to = *to;
	loop_stop(t->loop);
}

/* Returns a connection to the address, as a dial makes it. */
static int dial(const struct net_addr *to)
{
	struct told told = {.loop = loop_new()};
	struct net_dial d;

	net_dial_start(&d, told.loop, to, 1, 5000, 0, on_done, &told);
	loop_run(told.loop);
	loop_free(told.loop);
	assert_true(told.fd >= 0);
	return told.fd;
}

static void test_two_listeners_share_a_port(void **state)
{
	struct net_addr at;
	int first = listen_somewhere(&at), second = net_listen(&at, 4);

	(void)state;
	assert_true(second >= 0);
	assert_int_equal(net_accept(first, NULL), -EAGAIN);
	close(first);
	close(second);
}

static void test_a_dial_passes_over_an_address_that_refuses(void **state)
{
	struct told told = {.loop = loop_new()};
	struct net_addr addr[2], peer;
	int listener = listen_somewhere(&addr[1]), closed = listen_somewhere(&addr[0]), fd, on = 0;
	socklen_t n = sizeof(on);
	struct net_dial d;
	uint64_t start = clock_ms();

	(void)state;
	close(closed); /* nobody listens at the first address */
	net_dial_start(&d, told.loop, addr, 2, 5000, 0, on_done, &told);
	assert_int_equal(told.times, 0); /* never from within the call */
	loop_run(told.loop);
	assert_int_equal(told.times, 1);
	assert_true(told.fd >= 0);
	assert_int_equal(net_addr_port(&told.to), net_addr_port(&addr[1]));
	assert_true(clock_ms() - start < 2000);
	fd = net_accept(listener, &peer);
	assert_true(fd >= 0);
	net_tune(told.fd, "");
	assert_int_equal(getsockopt(told.fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
	assert_int_equal(on, 1);
	close(fd);
	close(told.fd);
	close(listener);
	loop_free(told.loop);
}

static void test_a_connection_begins_with_the_congestion_control_that_is_wanted(void **state)
{
	static const char *const settings[][2] = {
		{"auto", NET_CONGESTION_AUTO},
		{"system", ""},
		{"reno", "reno"},
	};
	char before[NET_CONGESTION], now[NET_CONGESTION];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		assert_string_equal(net_wanted_congestion(settings[i][0]), settings[i][1]);
	net_congestion(fd, before);
	net_tune(fd, "");
	assert_string_equal(net_congestion(fd, now), before);
	net_tune(fd, "reno");
	assert_string_equal(net_congestion(fd, now), "reno");
	net_tune(fd, "nonesuch"); /* it stays with what it has */
	assert_string_equal(net_congestion(fd, now), "reno");
	close(fd);
}

/* Returns a number that a socket has. */
static int number_of(int fd, int option)
{
	int value = -1;
	socklen_t n = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, option, &value, &n), 0);
	return value;
}

static void test_only_a_near_peer_that_loses_nothing_is_sent_a_bounded_number_of_bytes(void **state)
{
	struct path path = {.is_near = true};
	int fd = socket(AF_INET, SOCK_STREAM, 0), locked, before;
	socklen_t n = sizeof(locked);

	(void)state;
	assert_true(fd >= 0);
	if (getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &locked, &n) < 0 || geteuid() != 0) {
		print_message("skipped: only root may, from Linux 5.15 on\n");
		skip();
	}
	before = number_of(fd, SO_SNDBUF);
	net_suit(fd, &path);
	assert_int_equal(number_of(fd, SO_SNDBUF), 1 << 20); /* the kernel doubles it */
	assert_int_not_equal(number_of(fd, SO_SNDBUF), before);
	assert_int_equal(number_of(fd, SO_BUF_LOCK), SOCK_SNDBUF_LOCK);
	path.calm_ms = 1;
	net_suit(fd, &path);
	assert_int_equal(number_of(fd, SO_BUF_LOCK), 0);
	path.calm_ms = 0;
	net_suit(fd, &path);
	assert_int_equal(number_of(fd, SO_BUF_LOCK), SOCK_SNDBUF_LOCK);
	path.is_near = false;
	net_suit(fd, &path);
	assert_int_equal(number_of(fd, SO_BUF_LOCK), 0);
	close(fd);
}

static void
test_bbr_forgets_what_it_knows_when_it_starts_anew_and_another_does_not_start(void **state)
{
	static const uint8_t bytes[100000];
	char name[NET_CONGESTION];
	uint8_t drain[4096];
	struct net_addr addr;
	int listener = listen_somewhere(&addr), out = dial(&addr), in = net_accept(listener, NULL);

	(void)state;
	assert_int_equal(net_set_congestion(out, "reno"), 0);
	assert_false(net_start_anew(out, NET_CONGESTION_AUTO));
	assert_string_equal(net_congestion(out, name), "reno");
	assert_false(net_path(out).is_starting);
	assert_int_equal(net_bbr(out).shortest_us, 0);
	if (net_set_congestion(out, NET_CONGESTION_AUTO) != 0) {
		print_message("skipped: this kernel has no BBR\n");
		skip();
	}
	assert_true(write(out, bytes, sizeof(bytes)) > 0);
	while (net_bbr(out).rate == 0) {
		struct pollfd wait = {.fd = in, .events = POLLIN};

		assert_int_equal(poll(&wait, 1, 5000), 1);
		assert_true(read(in, drain, sizeof(drain)) > 0);
	}
	assert_true(net_path(out).is_starting);
	assert_in_range(net_bbr(out).shortest_us, 1, 1000000);
	assert_true(net_start_anew(out, NET_CONGESTION_AUTO));
	assert_int_equal(net_bbr(out).rate, 0);
	assert_string_equal(net_congestion(out, name), NET_CONGESTION_AUTO);
	close(in);
	close(out);
	close(listener);
}

static void test_what_is_on_its_way_is_told_until_it_is_acknowledged(void **state)
{
	static const uint8_t bytes[65536];
	static uint8_t drain[65536];
	struct net_addr addr;
	int listener = listen_somewhere(&addr), out = dial(&addr), in = net_accept(listener, NULL);
	struct lull_flight flight;

	(void)state;
	flight = net_flight(-1);
	assert_true(lull_is_empty(&flight));
	while (write(out, bytes, sizeof(bytes)) > 0)
		; /* until the peer has no room, nor the kernel */
	flight = net_flight(out);
	assert_true(flight.unsent > 0 && flight.rtt_us > 0);
	for (uint64_t end = clock_ms() + 5000; !lull_is_empty(&flight) && clock_ms() < end;) {
		struct pollfd wait = {.fd = in, .events = POLLIN};

		if (poll(&wait, 1, 10) == 1)
			assert_true(read(in, drain, sizeof(drain)) > 0);
		flight = net_flight(out);
	}
	assert_true(lull_is_empty(&flight));
	close(in);
	close(out);
	close(listener);
}

/* Gives up the right to any congestion control, and starts fd's anew: its end is the process's exit
 * code. */
static void start_anew_without_privileges(int fd, const char *name)
{
	char now[NET_CONGESTION];
	bool is_kept;

	if (setresuid(65534, 65534, 65534) != 0)
		_exit(2);
	is_kept = !net_start_anew(fd, name);
	_exit(strcmp(net_congestion(fd, now), name) == 0 && is_kept ? 0 : 1);
}

static void test_nothing_starts_anew_that_could_not_come_back(void **state)
{
	static const char *const names[] = {"cubic", "bbr", "dctcp", "vegas"};
	char allowed[256] = "";
	FILE *in = fopen("/proc/sys/net/ipv4/tcp_allowed_congestion_control", "re");
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = -1;
	size_t i = 0;
	pid_t pid;

	(void)state;
	if (in) {
		assert_non_null(fgets(allowed, sizeof(allowed), in));
		fclose(in);
	}
	while (i < sizeof(names) / sizeof(names[0]) &&
	       (strstr(allowed, names[i]) || net_set_congestion(fd, names[i]) != 0))
		i++;
	if (!*allowed || i == sizeof(names) / sizeof(names[0])) {
		print_message("skipped: this kernel keeps no congestion control to itself\n");
		skip();
	}
	assert_true(net_start_anew(fd, names[i]));
	pid = fork();
	if (pid == 0)
		start_anew_without_privileges(fd, names[i]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
}

/* Returns the size of a super-packet to a listener that takes segments of mss bytes at most. */
static uint32_t super_size_to(int mss)
{
	struct net_addr addr;
	int listener = listen_somewhere(&addr), out;
	struct path_facts facts;

	assert_int_equal(setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss)), 0);
	out = dial(&addr);
	facts = net_path(out);
	close(out);
	close(listener);
	return facts.super_size;
}

static void test_a_super_packet_is_of_whole_segments(void **state)
{
	static const uint32_t stamps = 12; /* bytes of each segment, where the kernel sends them */

	(void)state;
	for (uint32_t mss = 1200; mss < 1210; mss++) {
		uint32_t size = super_size_to((int)mss);

		assert_true(size % mss == 0 || size % (mss - stamps) == 0);
		assert_in_range(size, 65536 - 2 * mss, 65535);
	}
	assert_int_equal(net_path(-1).super_size, 0);
}

static void test_a_limit_holds_until_it_is_lifted(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(uint64_t);
	uint64_t most;

	(void)state;
	net_limit(fd, 1234567);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &most, &n), 0);
	assert_int_equal(most, 1234567);
	net_limit(fd, 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &most, &n), 0);
	assert_true(most == UINT64_MAX);
	close(fd);
}

static void test_accepted_connections_inherit_the_congestion_control(void **state)
{
	char name[NET_CONGESTION];
	struct net_addr addr;
	int listener = listen_somewhere(&addr), out, in;

	(void)state;
	assert_int_equal(net_set_congestion(listener, "nonesuch"), -ENOENT);
	assert_int_equal(net_set_congestion(listener, "reno"), 0); /* every Linux has it */
	out = dial(&addr);
	in = net_accept(listener, NULL);
	assert_true(in >= 0);
	assert_string_equal(net_congestion(in, name), "reno");
	close(in);
	close(out);
	close(listener);
	assert_string_equal(net_congestion(STDIN_FILENO, name), "unknown");
}

static void
test_a_congestion_control_that_the_kernel_has_not_is_told_with_those_it_has(void **state)
{
	char why[300];

	(void)state;
	assert_true(net_has_congestion("reno", why, sizeof(why)));
	assert_false(net_has_congestion("nonesuch", why, sizeof(why)));
	assert_ptr_equal(
		strstr(why, "this kernel has no TCP congestion control \"nonesuch\"; it has "),
		why);
	assert_non_null(strstr(why, "reno"));
}

static void test_a_dial_tells_the_last_error(void **state)
{
	struct told told = {.loop = loop_new()};
	struct net_addr addr[2];
	struct net_dial d;

	(void)state;
	close(listen_somewhere(&addr[0]));
	addr[1] = addr[0];
	net_dial_start(&d, told.loop, addr, 2, 5000, 0, on_done, &told);
	loop_run(told.loop);
	assert_int_equal(told.times, 1);
	assert_int_equal(told.fd, -ECONNREFUSED);
	assert_false(told.has_addr);
	loop_free(told.loop);
}

static void test_a_dial_without_an_answer_ends_in_time(void **state)
{
	struct told told = {.loop = loop_new()};
	struct net_addr addr;
	int listener = socket(AF_INET, SOCK_STREAM, 0), filler[8];
	struct net_dial d;

	(void)state;
	/* A listener whose backlog is full leaves SYNs unanswered. */
	addr = net_addr_make(AF_INET, loopback, 0);
	assert_int_equal(bind(listener, &addr.any, addr.len), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(net_local(listener, &addr), 0);
	for (int i = 0; i < 8; i++) {
		filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(filler[i], &addr.any, addr.len);
	}
	net_dial_start(&d, told.loop, &addr, 1, 300, 0, on_done, &told);
	loop_run(told.loop);
	assert_int_equal(told.fd, -ETIMEDOUT);
	for (int i = 0; i < 8; i++)
		close(filler[i]);
	close(listener);
	loop_free(told.loop);
}

static void test_a_cancelled_dial_tells_nothing(void **state)
{
	struct told told = {.loop = loop_new()};
	struct net_addr addr;
	int listener = listen_somewhere(&addr);
	struct net_dial d;

	(void)state;
	net_dial_start(&d, told.loop, &addr, 1, 5000, 0, on_done, &told);
	net_dial_cancel(&d);
	net_dial_cancel(&d);
	loop_run(told.loop); /* returns: nothing is waited for */
	assert_int_equal(told.times, 0);
	close(listener);
	loop_free(told.loop);
}

/* What a look-up has told. */
struct found {
	struct loop *loop;
	unsigned n;
	int times;
	struct net_addr first;
	char error[100];
};

static void on_found(void *arg, const struct net_addr *addr, unsigned n, const char *error)
{
	struct found *f = arg;

	f->times++;
	f->n = n;
	if (n)
		f->first = addr[0];
	else
		snprintf(f->error, sizeof(f->error), "%s", error);
	loop_stop(f->loop);
}

static void test_an_address_is_its_own_look_up(void **state)
{
	struct found f = {.loop = loop_new()};
	char text[NET_ADDR_TEXT];

	(void)state;
	assert_non_null(dns_start(f.loop, "127.0.0.1", 20443, AF_UNSPEC, 5000, on_found, &f));
	loop_run(f.loop);
	assert_int_equal(f.times, 1);
	assert_int_equal(f.n, 1);
	assert_string_equal(net_addr_text(&f.first, text), "127.0.0.1:20443");
	loop_free(f.loop);
}

static void test_a_family_that_a_host_has_not_is_an_error_in_words(void **state)
{
	struct found f = {.loop = loop_new()};

	(void)state;
	assert_non_null(dns_start(f.loop, "127.0.0.1", 1, AF_INET6, 5000, on_found, &f));
	loop_run(f.loop);
	assert_int_equal(f.times, 1);
	assert_int_equal(f.n, 0);
	assert_string_equal(f.error, "there is no such host");
	loop_free(f.loop);
}

static void test_a_cancelled_look_up_tells_nothing(void **state)
{
	struct found f = {.loop = loop_new()};

	(void)state;
	dns_cancel(dns_start(f.loop, "127.0.0.1", 1, AF_UNSPEC, 5000, on_found, &f));
	loop_run(f.loop);
	assert_int_equal(f.times, 0);
	loop_free(f.loop);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts_and_ports_are_split),
		cmocka_unit_test(test_an_overlong_host_is_refused),
		cmocka_unit_test(test_addresses_are_read_and_written),
		cmocka_unit_test(test_a_unix_socket_takes_the_place_of_a_dead_one_only),
		cmocka_unit_test(test_two_listeners_share_a_port),
		cmocka_unit_test(test_a_dial_passes_over_an_address_that_refuses),
		cmocka_unit_test(
			test_a_connection_begins_with_the_congestion_control_that_is_wanted),
		cmocka_unit_test(
			test_only_a_near_peer_that_loses_nothing_is_sent_a_bounded_number_of_bytes),
		cmocka_unit_test(
			test_bbr_forgets_what_it_knows_when_it_starts_anew_and_another_does_not_start),
		cmocka_unit_test(test_what_is_on_its_way_is_told_until_it_is_acknowledged),
		cmocka_unit_test(test_nothing_starts_anew_that_could_not_come_back),
		cmocka_unit_test(test_a_super_packet_is_of_whole_segments),
		cmocka_unit_test(test_a_limit_holds_until_it_is_lifted),
		cmocka_unit_test(test_accepted_connections_inherit_the_congestion_control),
		cmocka_unit_test(
			test_a_congestion_control_that_the_kernel_has_not_is_told_with_those_it_has),
		cmocka_unit_test(test_a_dial_tells_the_last_error),
		cmocka_unit_test(test_a_dial_without_an_answer_ends_in_time),
		cmocka_unit_test(test_a_cancelled_dial_tells_nothing),
		cmocka_unit_test(test_an_address_is_its_own_look_up),
		cmocka_unit_test(test_a_family_that_a_host_has_not_is_an_error_in_words),
		cmocka_unit_test(test_a_cancelled_look_up_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
