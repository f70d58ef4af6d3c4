/* SPDX-License-Identifier: MIT */
/* Claims about io/pump.c: a client's and a server's link, each with its pump, over TLS over a
 * socket pair, with a clock of the test's own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/cert.h"
#include "io/net.h"
#include "io/pump.h"

#define PACKETS_MAX 256

/*
 * Counts what the code under test, and OpenSSL for it, asks of the heap and of the kernel. The
 * sanitizers have a heap of their own, and leave the rest out of sight.
 */
static unsigned long allocations, system_calls;
static size_t send_sizes[64]; /* how much the last send()s were to send */
static unsigned sends;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define COUNTED false
#endif
#endif
#ifndef COUNTED
#define COUNTED true

void *__libc_malloc(size_t n);
void *__libc_realloc(void *p, size_t n);
void *__libc_calloc(size_t n, size_t each);

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}

void *calloc(size_t n, size_t each)
{
	allocations++;
	return __libc_calloc(n, each);
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	system_calls++;
	send_sizes[sends++ % (sizeof(send_sizes) / sizeof(send_sizes[0]))] = n;
	return sendto(fd, bytes, n, flags, NULL, 0);
}

ssize_t recv(int fd, void *bytes, size_t n, int flags)
{
	system_calls++;
	return recvfrom(fd, bytes, n, flags, NULL, NULL);
}
#endif

/* One side of the call. */
struct end {
	enum sstp_role role;
	int fd;
	struct tls *tls;
	struct sstp_link *link;
	struct pump pump;
	bool up4, connected, down;
	unsigned events, traces;
	unsigned packets;
	size_t lengths[PACKETS_MAX];
	uint32_t sum; /* of the packets' bytes */
	struct sstp_trace ring[64];
};

static struct {
	uint64_t now;
	struct end client, server;
	uint8_t buf[TLS_READ_SIZE];
} rig;

static char folder[] = "/tmp/test_io_pump.XXXXXX";
static char cert_file[64], key_file[64];

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_files(void **state)
{
	struct cert_pair pair;

	(void)state;
	if (!mkdtemp(folder) || cert_make("vpn.example.org", 2, &pair) != 0)
		return -1;
	snprintf(cert_file, sizeof(cert_file), "%s/cert", folder);
	snprintf(key_file, sizeof(key_file), "%s/key", folder);
	write_text(cert_file, pair.cert);
	write_text(key_file, pair.key);
	cert_wipe(&pair);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(cert_file);
	unlink(key_file);
	return rmdir(folder);
}

static void on_packet(void *arg, uint8_t *p, size_t n)
{
	struct end *e = arg;

	if (e->packets < PACKETS_MAX)
		e->lengths[e->packets] = n;
	e->packets++;
	for (size_t i = 0; i < n; i++)
		e->sum = e->sum * 31 + p[i];
	memset(p, 0xee, n); /* may be changed */
}

static void answer(struct end *e)
{
	struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

	snprintf(a.password, sizeof(a.password), "hunter2");
	sstp_link_answer(e->link, &a, rig.now);
}

static void on_event(void *arg, const struct sstp_event *ev)
{
	static const struct sstp_addresses addr = {.ip4_local = {10, 0, 0, 1},
						   .ip4_peer = {10, 0, 0, 2}};
	struct end *e = arg;

	e->events++;
	if (ev->type == SSTP_EV_NEED_AUTH)
		answer(e);
	else if (ev->type == SSTP_EV_NEED_ADDRESS)
		sstp_link_assign(e->link, &addr, rig.now);
	else if (ev->type == SSTP_EV_IP4_UP)
		e->up4 = true;
	else if (ev->type == SSTP_EV_CONNECTED)
		e->connected = true;
	else if (ev->type == SSTP_EV_DOWN)
		e->down = true;
}

static void on_trace(void *arg, const struct sstp_trace *t)
{
	struct end *e = arg;

	(void)t;
	e->traces++;
}

static void start_link(struct end *e)
{
	struct sstp_config cfg = {.role = e->role,
				  .seed = {(uint8_t)e->role},
				  .host = e->role == SSTP_CLIENT ? "vpn.example.org" : NULL,
				  .trace = e->ring,
				  .trace_n = 64,
				  .no_ip6 = true,
				  .user = "alice",
				  .password = "hunter2"};
	struct pump_owner owner = {on_packet, on_event, on_trace, e};

	if (e->role == SSTP_CLIENT)
		assert_true(tls_peer_hashes(e->tls, cfg.cert_sha1, cfg.cert_sha256));
	else
		assert_true(tls_own_hashes(e->tls, cfg.cert_sha1, cfg.cert_sha256));
	e->link = malloc(sstp_link_size());
	assert_non_null(e->link);
	assert_int_equal(sstp_link_init(e->link, &cfg, rig.now), 0);
	pump_init(&e->pump, e->link, e->tls, &owner);
}

/* Lets both ends shake hands and starts their links. */
static int start(void **state)
{
	struct tls_client_conf client_conf = {.ca_file = cert_file};
	struct tls_server_conf server_conf = {.cert_file = cert_file, .key_file = key_file};
	struct tls_err err;
	struct tls_ctx *client_ctx = tls_client_ctx(&client_conf, &err);
	struct tls_ctx *server_ctx = tls_server_ctx(&server_conf, &err);
	enum tls_result client = TLS_WANT_READ, server = TLS_WANT_READ;
	int fd[2];

	(void)state;
	memset(&rig, 0, sizeof(rig));
	assert_non_null(client_ctx);
	assert_non_null(server_ctx);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	rig.client = (struct end){.role = SSTP_CLIENT, .fd = fd[0]};
	rig.server = (struct end){.role = SSTP_SERVER, .fd = fd[1]};
	rig.client.tls = tls_new(client_ctx, fd[0], "vpn.example.org");
	rig.server.tls = tls_new(server_ctx, fd[1], NULL);
	tls_ctx_free(client_ctx);
	tls_ctx_free(server_ctx);
	for (int i = 0; i < 20 && (client > 0 || server > 0); i++) {
		if (client > 0)
			client = tls_handshake(rig.client.tls);
		if (server > 0)
			server = tls_handshake(rig.server.tls);
	}
	assert_int_equal(client, TLS_OK);
	assert_int_equal(server, TLS_OK);
	start_link(&rig.client);
	start_link(&rig.server);
	return 0;
}

static void drop_end(struct end *e)
{
	pump_fini(&e->pump);
	sstp_link_fini(e->link);
	free(e->link);
	tls_free(e->tls);
	close(e->fd);
}

static int stop(void **state)
{
	(void)state;
	drop_end(&rig.client);
	drop_end(&rig.server);
	return 0;
}

/* One turn of an end; returns what its input says. */
static enum pump_result turn(struct end *e, size_t buf_n)
{
	enum pump_result result = pump_input(&e->pump, rig.buf, buf_n, rig.now);

	pump_output(&e->pump, rig.now);
	pump_events(&e->pump);
	return result;
}

/* Lets both ends take turns until the call carries IPv4. */
static void bring_up(void)
{
	for (int i = 0; i < 40 && !(rig.client.up4 && rig.server.up4 && rig.client.connected &&
				    rig.server.connected);
	     i++) {
		rig.now++;
		turn(&rig.client, sizeof(rig.buf));
		turn(&rig.server, sizeof(rig.buf));
	}
	assert_true(rig.client.up4 && rig.server.up4);
	assert_true(rig.client.connected && rig.server.connected);
}

/* An IPv4 packet of n bytes at p, filled with a pattern. */
static void make_packet(uint8_t *p, size_t n, uint8_t seed)
{
	memset(p, seed, n);
	p[0] = 0x45;
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
}

static unsigned count_records(int fd)
{
	static uint8_t bytes[300000];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_PEEK);
	unsigned records = 0;

	for (ssize_t at = 0; at + 5 <= n; records++)
		at += 5 + (bytes[at + 3] << 8 | bytes[at + 4]);
	return records;
}

static void test_a_call_comes_up_and_tells_what_happens(void **state)
{
	(void)state;
	bring_up();
	assert_true(rig.client.events >= 5);
	assert_true(rig.server.events >= 6);
	assert_true(rig.client.traces > 10 && rig.server.traces > 10);
	assert_int_equal(pump_wants(&rig.client.pump), LOOP_READ);
	assert_false(pump_full(&rig.client.pump));
}

static void test_packets_in_a_row_leave_in_one_record_and_arrive_apart(void **state)
{
	static uint8_t bytes[8 * (SSTP_HEADROOM + 1000)];
	uint32_t sum = 0;

	(void)state;
	bring_up();
	for (unsigned i = 0; i < 8; i++) {
		uint8_t *p = bytes + i * (SSTP_HEADROOM + 1000) + SSTP_HEADROOM;

		make_packet(p, 1000, (uint8_t)i);
		for (size_t k = 0; k < 1000; k++)
			sum = sum * 31 + p[k];
		assert_int_equal(pump_send(&rig.client.pump, p, 1000, rig.now), 0);
	}
	assert_int_equal(count_records(rig.server.fd), 0);
	assert_int_equal(pump_output(&rig.client.pump, rig.now), TLS_OK);
	assert_int_equal(count_records(rig.server.fd), 1);
	turn(&rig.server, sizeof(rig.buf));
	assert_int_equal(rig.server.packets, 8);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(rig.server.lengths[i], 1000);
	assert_int_equal(rig.server.sum, sum);
}

static void test_packets_apart_or_for_a_simple_peer_leave_in_records_of_their_own(void **state)
{
	static uint8_t apart[2][2 * SSTP_HEADROOM + 100], row[2 * (SSTP_HEADROOM + 100)];

	(void)state;
	bring_up();
	for (int i = 0; i < 2; i++) {
		make_packet(apart[i] + SSTP_HEADROOM, 100, 1);
		assert_int_equal(
			pump_send(&rig.client.pump, apart[i] + SSTP_HEADROOM, 100, rig.now), 0);
	}
	pump_output(&rig.client.pump, rig.now);
	assert_int_equal(count_records(rig.server.fd), 2);
	turn(&rig.server, sizeof(rig.buf));
	rig.client.pump.single = true;
	for (int i = 0; i < 2; i++) {
		uint8_t *p = row + i * (SSTP_HEADROOM + 100) + SSTP_HEADROOM;

		make_packet(p, 100, 2);
		assert_int_equal(pump_send(&rig.client.pump, p, 100, rig.now), 0);
	}
	pump_output(&rig.client.pump, rig.now);
	assert_int_equal(count_records(rig.server.fd), 2);
	turn(&rig.server, sizeof(rig.buf));
	assert_int_equal(rig.server.packets, 4);
}

static void test_records_are_never_over_16_kib(void **state)
{
	static uint8_t bytes[20 * (SSTP_HEADROOM + 1400)];

	(void)state;
	bring_up();
	for (unsigned i = 0; i < 20; i++) {
		uint8_t *p = bytes + i * (SSTP_HEADROOM + 1400) + SSTP_HEADROOM;

		make_packet(p, 1400, (uint8_t)i);
		assert_int_equal(pump_send(&rig.client.pump, p, 1400, rig.now), 0);
	}
	pump_output(&rig.client.pump, rig.now);
	assert_int_equal(count_records(rig.server.fd), 2);
	turn(&rig.server, sizeof(rig.buf));
	assert_int_equal(rig.server.packets, 20);
}

static void test_a_small_budget_takes_several_turns_and_loses_nothing(void **state)
{
	static uint8_t bytes[40 * (SSTP_HEADROOM + 1400)];
	unsigned turns = 1;

	(void)state;
	bring_up();
	for (unsigned i = 0; i < 40; i++) {
		uint8_t *p = bytes + i * (SSTP_HEADROOM + 1400) + SSTP_HEADROOM;

		make_packet(p, 1400, (uint8_t)i);
		assert_int_equal(pump_send(&rig.client.pump, p, 1400, rig.now), 0);
	}
	pump_output(&rig.client.pump, rig.now);
	while (turn(&rig.server, 1000) == PUMP_AGAIN) /* a record a turn */
		turns++;
	assert_int_equal(turns, 5);
	assert_int_equal(rig.server.packets, 40);
}

static void test_a_full_socket_is_told_and_recovers(void **state)
{
	static uint8_t bytes[11 * (SSTP_HEADROOM + 1400)];
	unsigned sent = 0;

	(void)state;
	bring_up();
	while (!pump_full(&rig.client.pump) && sent < 10000) {
		for (unsigned i = 0; i < 11; i++, sent++) {
			uint8_t *p = bytes + i * (SSTP_HEADROOM + 1400) + SSTP_HEADROOM;

			make_packet(p, 1400, (uint8_t)i);
			assert_int_equal(pump_send(&rig.client.pump, p, 1400, rig.now), 0);
		}
		pump_output(&rig.client.pump, rig.now);
	}
	assert_true(pump_full(&rig.client.pump));
	assert_int_equal(pump_wants(&rig.client.pump), LOOP_READ | LOOP_WRITE);
	for (int i = 0; i < 1000 && rig.server.packets < sent; i++) {
		turn(&rig.server, sizeof(rig.buf));
		turn(&rig.client, sizeof(rig.buf));
	}
	assert_int_equal(rig.server.packets, sent);
	assert_int_equal(pump_wants(&rig.client.pump), LOOP_READ);
}

/* Sends a batch of 44 packets from the client to the server: four records. */
static void carry_batch(uint8_t *bytes)
{
	for (unsigned i = 0; i < 44; i++) {
		uint8_t *p = bytes + i * (SSTP_HEADROOM + 1400) + SSTP_HEADROOM;

		make_packet(p, 1400, (uint8_t)i);
		assert_int_equal(pump_send(&rig.client.pump, p, 1400, rig.now), 0);
	}
	assert_int_equal(pump_output(&rig.client.pump, rig.now), TLS_OK);
	turn(&rig.server, PUMP_TURN);
}

static void test_packets_in_flow_cost_no_allocation_and_hardly_a_system_call(void **state)
{
	static uint8_t bytes[44 * (SSTP_HEADROOM + 1400)];
	unsigned long heap, kernel;

	(void)state;
	if (!COUNTED)
		skip();
	bring_up();
	carry_batch(bytes); /* what is kept from then on is allocated */
	rig.server.packets = 0;
	heap = allocations;
	kernel = system_calls;
	for (unsigned i = 0; i < 1000; i++)
		carry_batch(bytes);
	assert_int_equal(rig.server.packets, 44000);
	assert_int_equal(allocations - heap, 0);
	/* one send() and one or two recv() for each batch */
	assert_in_range(system_calls - kernel, 2000, 3000);
	tls_rest(rig.client.tls); /* an idle connection gives back what it had, */
	tls_rest(rig.server.tls);
	carry_batch(bytes); /* and goes on */
	assert_int_equal(rig.server.packets, 44044);
}

static void test_many_packets_leave_in_whole_super_packets_and_what_is_left_at_last(void **state)
{
	static uint8_t bytes[11 * (SSTP_HEADROOM + 1400)];
	size_t super;

	(void)state;
	if (!COUNTED)
		skip();
	bring_up();
	super = rig.client.pump.super_size = 12345;
	sends = 0;
	for (unsigned batch = 0; batch < 5; batch++) {
		for (unsigned i = 0; i < 11; i++) {
			uint8_t *p = bytes + i * (SSTP_HEADROOM + 1400) + SSTP_HEADROOM;

			make_packet(p, 1400, (uint8_t)i);
			assert_int_equal(pump_send(&rig.client.pump, p, 1400, rig.now), 0);
		}
		pump_flush_run(&rig.client.pump);
	}
	assert_int_equal(sends, 2); /* after the second batch, and after the fourth */
	assert_int_equal(send_sizes[0], 2 * super);
	assert_int_equal(send_sizes[1], 3 * super);
	assert_int_equal(pump_output(&rig.client.pump, rig.now), TLS_OK);
	assert_int_equal(sends, 3);
	turn(&rig.server, sizeof(rig.buf));
	assert_int_equal(rig.server.packets, 55);
}

static void test_packets_wait_while_the_socket_is_full_and_arrive_in_order(void **state)
{
	static uint8_t bytes[SSTP_HEADROOM + 1400];
	unsigned sent = 0;
	uint32_t sum = 0;

	(void)state;
	bring_up();
	while (rig.client.pump.waiting.bytes < 500000) {
		uint8_t *p = bytes + SSTP_HEADROOM;

		make_packet(p, 1400, (uint8_t)sent++);
		for (size_t k = 0; k < 1400; k++)
			sum = sum * 31 + p[k];
		assert_int_equal(pump_send(&rig.client.pump, p, 1400, rig.now), 0);
		pump_flush_run(&rig.client.pump);
	}
	assert_true(pump_full(&rig.client.pump));
	sstp_link_ping(rig.client.link, rig.now); /* the link's own words do not wait */
	for (int i = 0; i < 1000 && rig.server.packets < sent; i++) {
		turn(&rig.server, sizeof(rig.buf));
		turn(&rig.client, sizeof(rig.buf));
	}
	assert_int_equal(rig.server.packets, sent);
	assert_int_equal(rig.server.sum, sum);
	assert_null(rig.client.pump.waiting.head);
	assert_int_equal(rig.client.pump.waiting.dropped, 0);
}

/* An IPv4 packet of n bytes from 10.0.0.2 to 10.0.0.1. */
static void make_ip4(uint8_t *p, size_t n, bool may_cut, uint8_t protocol)
{
	static const uint8_t from[] = {10, 0, 0, 2}, to[] = {10, 0, 0, 1};

	make_packet(p, n, 7);
	p[6] = may_cut ? 0 : 0x40;
	p[7] = 0;
	p[9] = protocol;
	memcpy(p + 12, from, 4);
	memcpy(p + 16, to, 4);
}

static void test_in_a_lull_what_is_queued_leaves_with_a_question_and_packets_wait(void **state)
{
	static uint8_t bytes[2 * (SSTP_HEADROOM + 1400)];
	uint8_t *first = bytes + SSTP_HEADROOM, *second = first + 1400 + SSTP_HEADROOM;
	struct pump *p = &rig.client.pump;

	(void)state;
	bring_up();
	make_packet(first, 1400, 1);
	make_packet(second, 1400, 2);
	assert_int_equal(pump_send(p, first, 1400, rig.now), 0);
	p->lull = (struct lull){.is_on = true, .look_ms = rig.now + 1};
	p->has_asked = false;
	assert_int_equal(pump_output(p, rig.now), TLS_WANT_WRITE);
	assert_int_equal(pump_deadline(p), rig.now + 1);
	assert_int_equal(pump_send(p, second, 1400, rig.now), 0);
	sstp_link_ping(rig.client.link, rig.now);
	assert_int_equal(pump_output(p, rig.now), TLS_WANT_WRITE);
	assert_true(pump_full(p));
	assert_true(tls_queued(rig.client.tls) > 0);
	assert_int_equal(pump_wants(p), LOOP_READ); /* the socket has room, which is of no use */
	turn(&rig.server, sizeof(rig.buf));
	assert_int_equal(rig.server.packets, 1);
	p->lull.is_on = false;
	assert_int_equal(pump_output(p, rig.now), TLS_OK);
	turn(&rig.server, sizeof(rig.buf));
	assert_int_equal(rig.server.packets, 2);
	assert_true(pump_deadline(p) > rig.now + 1);
}

/* Makes a connection over TCP whose BBR has seen what the path carries, and which holds more than
 * that; false where the kernel has no BBR. */
static bool fill_tcp_pair(int fd[2])
{
	static const uint8_t ip[4] = {127, 0, 0, 1};
	static uint8_t bytes[65536];
	struct net_addr at = net_addr_make(AF_INET, ip, 0);
	int listener = net_listen(&at, 1);
	bool has_bbr;

	assert_true(listener >= 0);
	assert_int_equal(net_local(listener, &at), 0);
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	has_bbr = net_set_congestion(fd[0], NET_CONGESTION_AUTO) == 0;
	assert_int_equal(connect(fd[0], &at.any, at.len), 0);
	fd[1] = net_accept(listener, NULL);
	close(listener);
	while (has_bbr && net_bbr(fd[0]).rate == 0) {
		struct pollfd wait = {.fd = fd[1], .events = POLLIN};

		assert_true(sendto(fd[0], bytes, sizeof(bytes), MSG_DONTWAIT, NULL, 0) > 0);
		assert_int_equal(poll(&wait, 1, 5000), 1);
		assert_true(recvfrom(fd[1], bytes, sizeof(bytes), 0, NULL, NULL) > 0);
	}
	while (sendto(fd[0], bytes, sizeof(bytes), MSG_DONTWAIT, NULL, 0) > 0)
		;
	return has_bbr;
}

static void test_bbr_that_holds_back_for_too_low_a_belief_starts_anew_at_once_if_far(void **state)
{
	struct pump *p = &rig.client.pump;
	int fd[2];

	(void)state;
	bring_up();
	if (fill_tcp_pair(fd)) {
		pump_watch(p, fd[0], rig.now);
		assert_true(path_is_near(&p->path));
		assert_true(net_flight(fd[0]).unsent > 0);
		p->path.best = UINT64_MAX;
		p->lull.look_ms = rig.now;
		pump_output(p, rig.now);
		assert_true(net_bbr(fd[0]).rate > 0); /* near: nothing is done */

		p->path.is_near = false;
		p->lull.look_ms = rig.now + 1;
		pump_output(p, rig.now);
		assert_true(net_bbr(fd[0]).rate > 0); /* a look too soon */
		pump_output(p, rig.now + 1);
		assert_int_equal(net_bbr(fd[0]).rate, 0);
		assert_false(path_exceeds(&p->path, 1)); /* once */
	} else {
		print_message("skipped: this kernel has no BBR\n");
	}
	close(fd[0]);
	close(fd[1]);
}

static void test_what_the_link_does_not_take_yet_is_asked_for_when_all_was_sent(void **state)
{
	struct pump *p = &rig.client.pump;

	(void)state;
	bring_up();
	p->held = calloc(1, 1);
	assert_int_equal(tls_queued(rig.client.tls), 0);
	assert_int_equal(pump_wants(p), LOOP_WRITE);
}

static void test_a_packet_that_does_not_fit_goes_in_fragments(void **state)
{
	static uint8_t bytes[SSTP_HEADROOM + 4000];
	struct pump_answer answer;

	(void)state;
	bring_up();
	make_ip4(bytes + SSTP_HEADROOM, 4000, true, 17);
	assert_int_equal(
		pump_carry(&rig.client.pump, bytes + SSTP_HEADROOM, 4000, rig.now, &answer), 0);
	assert_int_equal(answer.n, 0);
	memset(bytes, 0, sizeof(bytes)); /* they are ours again */
	pump_output(&rig.client.pump, rig.now);
	turn(&rig.server, sizeof(rig.buf));
	assert_int_equal(rig.server.packets, 3);
	assert_int_equal(rig.server.lengths[0], 1396); /* 20 + 1376, a multiple of 8 */
	assert_int_equal(rig.server.lengths[2], 20 + 3980 - 2 * 1376);
}

static void test_a_packet_that_may_not_be_cut_is_answered_but_not_every_time(void **state)
{
	static uint8_t bytes[SSTP_HEADROOM + 1401];
	struct pump_answer answer;
	uint8_t *p = bytes + SSTP_HEADROOM;

	(void)state;
	bring_up();
	make_ip4(p, 1401, false, 17);
	assert_int_equal(pump_carry(&rig.client.pump, p, 1401, rig.now, &answer), SSTP_E_TOO_LARGE);
	assert_int_equal(answer.n, 576);
	assert_int_equal(answer.bytes[20], 3); /* fragmentation needed and DF set: */
	assert_int_equal(answer.bytes[21], 4);
	assert_int_equal(answer.bytes[26] << 8 | answer.bytes[27], 1400);
	assert_memory_equal(answer.bytes + 12, p + 16, 4); /* in the destination's name */
	assert_memory_equal(answer.bytes + 16, p + 12, 4);
	assert_int_equal(pump_carry(&rig.client.pump, p, 1401, rig.now, &answer), SSTP_E_TOO_LARGE);
	assert_int_equal(answer.n, 0);
	assert_int_equal(pump_carry(&rig.client.pump, p, 1401, rig.now + 1, &answer),
			 SSTP_E_TOO_LARGE);
	assert_int_equal(answer.n, 576);
}

static void test_a_handshake_through_the_tunnel_agrees_on_what_fits(void **state)
{
	static uint8_t bytes[SSTP_HEADROOM + 44];
	struct pump_answer answer;
	uint8_t *p = bytes + SSTP_HEADROOM;

	(void)state;
	bring_up();
	make_ip4(p, 44, false, 6);
	p[32] = 0x60; /* a TCP header of 24 bytes, */
	p[33] = 0x02; /* SYN, */
	p[40] = 2;    /* MSS 1460 */
	p[41] = 4;
	p[42] = 1460 >> 8;
	p[43] = 1460 & 255;
	pump_clamp(&rig.server.pump, p, 44);
	assert_int_equal(p[42] << 8 | p[43], 1360);
	p[43] = 1460 & 255;
	p[42] = 1460 >> 8;
	assert_int_equal(pump_carry(&rig.client.pump, p, 44, rig.now, &answer), 0);
	assert_int_equal(p[42] << 8 | p[43], 1360);
}

static void test_an_end_of_the_stream_ends_the_link_once(void **state)
{
	struct sstp_why why;
	unsigned events;

	(void)state;
	bring_up();
	tls_close(rig.server.tls);
	assert_int_equal(tls_flush(rig.server.tls), TLS_OK);
	assert_int_equal(turn(&rig.client, sizeof(rig.buf)), PUMP_BROKEN);
	assert_true(rig.client.down);
	why = sstp_link_why(rig.client.link);
	assert_int_equal(why.err, SSTP_E_EOF);
	events = rig.client.events;
	assert_int_equal(turn(&rig.client, sizeof(rig.buf)), PUMP_BROKEN);
	assert_int_equal(rig.client.events, events);
	assert_int_equal(pump_wants(&rig.client.pump) & LOOP_READ, 0);
}

static void test_a_broken_connection_takes_no_more_packets(void **state)
{
	static uint8_t bytes[SSTP_HEADROOM + 100];

	(void)state;
	bring_up();
	shutdown(rig.server.fd, SHUT_RDWR);
	assert_int_equal(turn(&rig.client, sizeof(rig.buf)), PUMP_BROKEN);
	assert_int_equal(rig.client.pump.broken, TLS_FAILED);
	make_packet(bytes + SSTP_HEADROOM, 100, 1);
	assert_int_not_equal(pump_send(&rig.client.pump, bytes + SSTP_HEADROOM, 100, rig.now), 0);
	assert_true(pump_output(&rig.client.pump, rig.now) < 0);
}

static void test_hanging_up_reaches_the_other_end(void **state)
{
	(void)state;
	bring_up();
	sstp_link_close(rig.client.link, SSTP_E_USER, rig.now);
	for (int i = 0; i < 20 && !(rig.client.down && rig.server.down); i++) {
		uint64_t deadline = sstp_link_deadline(rig.server.link);

		turn(&rig.client, sizeof(rig.buf));
		turn(&rig.server, sizeof(rig.buf));
		if (deadline != UINT64_MAX && deadline > rig.now)
			rig.now = deadline;
		sstp_link_tick(rig.server.link, rig.now);
		sstp_link_tick(rig.client.link, rig.now);
	}
	assert_true(rig.client.down && rig.server.down);
	assert_int_equal(sstp_link_why(rig.client.link).err, SSTP_E_USER);
	assert_int_equal(sstp_link_why(rig.server.link).err, SSTP_E_PEER_DISCONNECT);
}

int main(void)
{
	/* clang-format off */
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_call_comes_up_and_tells_what_happens, start, stop),
		cmocka_unit_test_setup_teardown(test_packets_in_a_row_leave_in_one_record_and_arrive_apart, start, stop),
		cmocka_unit_test_setup_teardown(test_packets_apart_or_for_a_simple_peer_leave_in_records_of_their_own, start, stop),
		cmocka_unit_test_setup_teardown(test_records_are_never_over_16_kib, start, stop),
		cmocka_unit_test_setup_teardown(test_a_small_budget_takes_several_turns_and_loses_nothing, start, stop),
		cmocka_unit_test_setup_teardown(test_a_full_socket_is_told_and_recovers, start, stop),
		cmocka_unit_test_setup_teardown(test_packets_wait_while_the_socket_is_full_and_arrive_in_order, start, stop),
		cmocka_unit_test_setup_teardown(test_bbr_that_holds_back_for_too_low_a_belief_starts_anew_at_once_if_far, start, stop),
		cmocka_unit_test_setup_teardown(test_in_a_lull_what_is_queued_leaves_with_a_question_and_packets_wait, start, stop),
		cmocka_unit_test_setup_teardown(test_what_the_link_does_not_take_yet_is_asked_for_when_all_was_sent, start, stop),
		cmocka_unit_test_setup_teardown(test_many_packets_leave_in_whole_super_packets_and_what_is_left_at_last, start, stop),
		cmocka_unit_test_setup_teardown(test_packets_in_flow_cost_no_allocation_and_hardly_a_system_call, start, stop),
		cmocka_unit_test_setup_teardown(test_a_packet_that_does_not_fit_goes_in_fragments, start, stop),
		cmocka_unit_test_setup_teardown(test_a_packet_that_may_not_be_cut_is_answered_but_not_every_time, start, stop),
		cmocka_unit_test_setup_teardown(test_a_handshake_through_the_tunnel_agrees_on_what_fits, start, stop),
		cmocka_unit_test_setup_teardown(test_an_end_of_the_stream_ends_the_link_once, start, stop),
		cmocka_unit_test_setup_teardown(test_a_broken_connection_takes_no_more_packets, start, stop),
		cmocka_unit_test_setup_teardown(test_hanging_up_reaches_the_other_end, start, stop),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
