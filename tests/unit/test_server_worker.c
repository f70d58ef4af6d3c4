/* SPDX-License-Identifier: MIT */
/*
 * Two workers with their threads, serving real calls over loopback; the TUN device is a pair of
 * sockets. Needs no root, and is what shows races to the thread sanitizer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "server/worker.h"
#include "tests/unit/certs.h"
#include "tests/unit/server_calls.h"

#define WORKERS 2
#define CALLS   8

static char dir[] = "/tmp/sstp-worker-XXXXXX";
static char users_file[64], cert_file[64], key_file[64];

/* A server in this process, and its clients. */
static struct {
	struct test_loop test;
	struct mailbox box; /* main's */
	struct conf conf;
	struct server server;
	struct worker *workers[WORKERS];
	struct shown_cert cert;
	struct tls_ctx *client_tls;
	struct net_addr addr;
	struct net_addr plain_addr; /* where a TLS terminator would connect to */
	int tun[WORKERS];           /* our ends */
	struct loop_fd tun_io[WORKERS];
	unsigned from_tun; /* packets that came out of the TUN */
	uint8_t last[2048];
	unsigned gone; /* workers that ended */
	struct call *calls[CALLS];
	unsigned back; /* orders that came back */
} f;

static void on_gone(struct mail *m, void *arg)
{
	(void)m;
	(void)arg;
	f.gone++;
	call_look(&f.test);
}

static void on_tun(void *arg, unsigned ready)
{
	int fd = *(int *)arg;

	(void)ready;
	while (read(fd, f.last, sizeof(f.last)) > 0)
		f.from_tun++;
	call_look(&f.test);
}

static void write_cert(void)
{
	static const struct cert_wish wish = {
		.cn = "localhost", .alt = "DNS:localhost", .eku = "serverAuth", .to_days = 10};
	struct cert_made made = cert_issue(&wish, NULL);

	snprintf(cert_file, sizeof(cert_file), "%s/cert.pem", dir);
	snprintf(key_file, sizeof(key_file), "%s/key.pem", dir);
	cert_write(&made, NULL, cert_file, key_file);
	cert_drop(&made);
}

static void make_tls(void)
{
	struct tls_server_conf server = {.cert_file = cert_file, .key_file = key_file};
	struct tls_client_conf client = {.insecure = true};
	struct tls_err err;

	f.cert.tls = tls_server_ctx(&server, &err);
	if (!f.cert.tls)
		fail_msg("%s", err.text);
	assert_true(tls_file_hashes(cert_file, f.cert.plain_sha1, f.cert.plain_sha256, &err));
	f.client_tls = tls_client_ctx(&client, &err);
	assert_non_null(f.client_tls);
}

static void add_user(struct users *u, const char *name, const uint8_t *ip4)
{
	struct user user = {.enabled = true};

	strcpy(user.name, name);
	assert_null(user_set_password(&user, "secret", 6, false));
	if (ip4) {
		user.has_ip4 = true;
		memcpy(user.ip4, ip4, 4);
	}
	assert_int_equal(users_add(u, &user), USERS_OK);
}

static void make_users(void)
{
	char why[256];
	struct users *u;

	snprintf(users_file, sizeof(users_file), "%s/users.db", dir);
	u = users_open(users_file, USERS_CREATE, why, sizeof(why));
	assert_non_null(u);
	add_user(u, "alice", NULL);
	add_user(u, "fixed", (const uint8_t[4]){10, 0, 0, 77});
	users_close(u);
	f.server.logins = login_start(users_file, 2, why, sizeof(why));
	assert_non_null(f.server.logins);
}

/* Fills in what the configuration file would. */
static void make_shared(void)
{
	static const struct guard_limits limits = {1000, 1000, 1000, 100, 60};

	conf_defaults(&f.conf);
	assert_true(ip_net_parse("10.0.0.0/24", true, &f.conf.pool4));
	assert_true(ip_net_parse("fd00:77::/48", true, &f.conf.pool6));
	f.conf.dns.n = 1;
	memcpy(f.conf.dns.ip[0], (uint8_t[4]){9, 9, 9, 9}, 4);
	f.server.conf = &f.conf;
	f.server.main_box = &f.box;
	f.server.workers_n = WORKERS;
	f.server.workers = f.workers;
	f.server.link = (struct sstp_config){.role = SSTP_SERVER, .mtu = 1400};
	assert_true(leases_init(&f.server.leases, &f.conf.pool4, NULL, &f.conf.pool6,
				f.conf.server_id.ip[0] + 8, WORKERS));
	leases_reserve(&f.server.leases, (const uint8_t[1][4]){{10, 0, 0, 77}}, 1);
	assert_true(routes_init(&f.server.routes, &f.server.leases));
	assert_true(guard_init(&f.server.guard, &limits, 1));
}

/* Makes worker i, with a socket that listens and a pair of sockets for a TUN queue. */
static void make_worker(unsigned i)
{
	struct worker *w = worker_new(&f.server, i);
	int pair[2];

	assert_non_null(w);
	f.workers[i] = w;
	w->gone.open = on_gone;
	w->cert = f.cert;
	w->listens[0].fd = net_listen(&f.addr, 64);
	assert_true(w->listens[0].fd >= 0);
	w->listens[1].fd = net_listen(&f.plain_addr, 64);
	w->listens[1].plain = true;
	assert_true(w->listens[1].fd >= 0);
	w->listens_n = 2;
	assert_int_equal(net_local(w->listens[0].fd, &f.addr), 0); /* the port, for the next one */
	assert_int_equal(net_local(w->listens[1].fd, &f.plain_addr), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	w->tun.fd = pair[0];
	f.tun[i] = pair[1];
	loop_fd_init(f.test.loop, &f.tun_io[i], f.tun[i], on_tun, &f.tun[i]);
	loop_fd_want(&f.tun_io[i], LOOP_READ);
}

static int set_up(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	f.test.loop = loop_new();
	loop_timer_init(f.test.loop, &f.test.timer, call_late, &f.test);
	mail_init(&f.box, f.test.loop, &f);
	f.addr = net_addr_make(AF_INET, (uint8_t[4]){127, 0, 0, 1}, 0);
	f.plain_addr = f.addr;
	write_cert();
	make_tls();
	make_users();
	make_shared();
	for (unsigned i = 0; i < WORKERS; i++)
		make_worker(i);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(worker_start(f.workers[i]), 0);
	return 0;
}

static void free_order(struct order *o, void *main)
{
	(void)main;
	free(o);
}

static bool all_gone(void *arg)
{
	(void)arg;
	return f.gone == WORKERS;
}

static void stop_workers(uint32_t patience_ms)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		struct order_stop *stop = calloc(1, sizeof(*stop));

		stop->order.back = &f.box;
		stop->order.work = work_stop;
		stop->order.done = free_order;
		stop->patience_ms = patience_ms;
		order_post(f.workers[i], &stop->order);
	}
}

static void remove_file(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static int tear_down(void **state)
{
	(void)state;
	if (f.gone < WORKERS)
		stop_workers(0);
	assert_true(call_wait(&f.test, all_gone, NULL));
	for (unsigned i = 0; i < WORKERS; i++)
		worker_join(f.workers[i]);
	login_stop(f.server.logins);
	for (unsigned i = 0; i < CALLS; i++)
		if (f.calls[i])
			call_free(f.calls[i]);
	for (unsigned i = 0; i < WORKERS; i++) {
		loop_fd_want(&f.tun_io[i], 0);
		worker_free(f.workers[i]);
		close(f.tun[i]);
	}
	mail_fini(&f.box);
	routes_fini(&f.server.routes);
	leases_fini(&f.server.leases);
	guard_fini(&f.server.guard);
	tls_ctx_free(f.cert.tls);
	tls_ctx_free(f.client_tls);
	conf_free(&f.conf);
	loop_free(f.test.loop);
	remove_file("users.db");
	remove_file("users.db-wal");
	remove_file("users.db-shm");
	remove_file("cert.pem");
	remove_file("key.pem");
	rmdir(dir);
	return 0;
}

static bool is_up(void *arg)
{
	const struct call *c = arg;

	return c->connected && c->ip4 && c->ip6 && c->adverts > 0;
}

static bool all_up(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < CALLS; i++)
		if (f.calls[i] && !is_up(f.calls[i]))
			return false;
	return true;
}

static bool is_down(void *arg)
{
	return ((const struct call *)arg)->down;
}

/* Starts n calls of a user and waits until they are up. */
static void start_calls(unsigned n, const char *user)
{
	for (unsigned i = 0; i < n; i++)
		f.calls[i] = call_start(&f.test, f.client_tls, &f.addr, user, "secret");
	assert_true(call_wait(&f.test, all_up, NULL));
}

/* Makes an IPv4 packet of 64 bytes with a mark at its end. */
static void make_packet(uint8_t p[64], const uint8_t src[4], const uint8_t dst[4], uint8_t mark)
{
	uint16_t sum;

	memset(p, 0, 64);
	p[0] = 0x45;
	p[3] = 64;
	p[8] = 64;
	p[9] = 253; /* RFC 3692: for experiments */
	memcpy(p + 12, src, 4);
	memcpy(p + 16, dst, 4);
	sum = ip_fold(ip_sum(p, 20, 0));
	p[10] = (uint8_t)(sum >> 8);
	p[11] = (uint8_t)sum;
	p[63] = mark;
}

static bool tun_got(void *arg)
{
	return f.from_tun >= *(unsigned *)arg;
}

static bool call_got(void *arg)
{
	return ((const struct call *)arg)->packets > 0;
}

static void test_calls_come_up_with_addresses_of_their_own(void **state)
{
	(void)state;
	start_calls(CALLS, "alice");
	for (unsigned i = 0; i < CALLS; i++) {
		const struct call *c = f.calls[i];

		assert_memory_equal(c->addr.ip4_peer, f.server.leases.server4, 4);
		assert_memory_equal(c->addr.ip4_local, "\x0a\0\0", 3);
		assert_memory_equal(c->addr.dns4[0], f.conf.dns.ip[0], 4);
		assert_true(c->advert.has_prefix && c->advert.autonomous);
		assert_int_equal(c->advert.prefix_bits, 64);
		assert_memory_equal(c->advert.prefix, f.conf.pool6.addr, 6);
		for (unsigned k = 0; k < i; k++) {
			assert_memory_not_equal(c->addr.ip4_local, f.calls[k]->addr.ip4_local, 4);
			assert_memory_not_equal(c->advert.prefix, f.calls[k]->advert.prefix, 8);
		}
	}
}

static void test_packets_reach_the_session_through_whichever_queue_they_come(void **state)
{
	static const uint8_t outside[4] = {192, 0, 2, 1};
	uint8_t p[64];

	(void)state;
	start_calls(CALLS, "alice");
	for (unsigned queue = 0; queue < WORKERS; queue++)
		for (unsigned i = 0; i < CALLS; i++) {
			struct call *c = f.calls[i];
			uint8_t mark = (uint8_t)(queue * CALLS + i);

			c->packets = 0;
			make_packet(p, outside, c->addr.ip4_local, mark);
			assert_int_equal(write(f.tun[queue], p, sizeof(p)), sizeof(p));
			assert_true(call_wait(&f.test, call_got, c));
			assert_int_equal(c->last_n, sizeof(p));
			assert_memory_equal(c->last, p, sizeof(p));
		}
}

static void test_only_a_clients_own_source_goes_out(void **state)
{
	static const uint8_t outside[4] = {192, 0, 2, 1}, multicast[4] = {224, 0, 0, 251};
	static const uint8_t loopback[4] = {127, 0, 0, 1};
	unsigned one = 1;
	struct call *c;
	uint8_t p[64];

	(void)state;
	start_calls(2, "alice");
	c = f.calls[0];
	make_packet(p, f.calls[1]->addr.ip4_local, outside, 1); /* another client's address */
	assert_int_equal(call_send(c, p, sizeof(p)), SSTP_OK);
	make_packet(p, outside, outside, 2);
	assert_int_equal(call_send(c, p, sizeof(p)), SSTP_OK);
	make_packet(p, c->addr.ip4_local, multicast, 3);
	assert_int_equal(call_send(c, p, sizeof(p)), SSTP_OK);
	make_packet(p, c->addr.ip4_local, loopback, 4);
	assert_int_equal(call_send(c, p, sizeof(p)), SSTP_OK);
	p[0] = 0x46; /* a header that is longer than told */
	p[3] = 65;
	assert_int_equal(call_send(c, p, sizeof(p)), SSTP_OK);
	make_packet(p, c->addr.ip4_local, outside, 5);
	assert_int_equal(call_send(c, p, sizeof(p)), SSTP_OK);
	assert_true(call_wait(&f.test, tun_got, &one)); /* packets keep their order: */
	assert_int_equal(f.from_tun, 1);
	assert_memory_equal(f.last, p, sizeof(p));
}

/* An order to all workers, added up. */
struct sum {
	struct worker_stats stats;
	uint32_t sessions, kicked;
	json_t *list;
};
static struct sum sum;

static bool all_back(void *arg)
{
	(void)arg;
	return f.back == WORKERS;
}

static void done_stats(struct order *o, void *main)
{
	struct order_stats *ask = (struct order_stats *)(void *)o;

	(void)main;
	sum.sessions += ask->sessions;
	sum.stats.logins_failed += ask->stats.logins_failed;
	sum.stats.handed_over += ask->stats.handed_over;
	sum.stats.drops.spoofed += ask->stats.drops.spoofed;
	sum.stats.drops.filtered += ask->stats.drops.filtered;
	sum.stats.rx_packets += ask->stats.rx_packets;
	sum.stats.tx_packets += ask->stats.tx_packets;
	sum.stats.sessions_ended += ask->stats.sessions_ended;
	free(ask);
	f.back++;
	call_look(&f.test);
}

static void ask_stats(void)
{
	memset(&sum, 0, sizeof(sum));
	f.back = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		struct order_stats *ask = calloc(1, sizeof(*ask));

		ask->order.back = &f.box;
		ask->order.work = work_stats;
		ask->order.done = done_stats;
		order_post(f.workers[i], &ask->order);
	}
	assert_true(call_wait(&f.test, all_back, NULL));
}

static void done_kick(struct order *o, void *main)
{
	struct order_kick *kick = (struct order_kick *)(void *)o;

	(void)main;
	sum.kicked += kick->kicked;
	free(kick);
	f.back++;
	call_look(&f.test);
}

static void kick(uint64_t id, const char *user)
{
	memset(&sum, 0, sizeof(sum));
	f.back = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		struct order_kick *ask = calloc(1, sizeof(*ask));

		ask->order.back = &f.box;
		ask->order.work = work_kick;
		ask->order.done = done_kick;
		ask->id = id;
		ask->err = SSTP_E_KICKED;
		strcpy(ask->user, user);
		order_post(f.workers[i], &ask->order);
	}
	assert_true(call_wait(&f.test, all_back, NULL));
}

static void done_cert(struct order *o, void *main)
{
	(void)main;
	free(o);
	f.back++;
	call_look(&f.test);
}

/* Hands a certificate to the workers. */
static void give_cert(const struct shown_cert *cert)
{
	f.back = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		struct order_cert *order = calloc(1, sizeof(*order));

		order->order.back = &f.box;
		order->order.work = work_cert;
		order->order.done = done_cert;
		order->cert = *cert;
		order_post(f.workers[i], &order->order);
	}
	assert_true(call_wait(&f.test, all_back, NULL));
}

static void done_sessions(struct order *o, void *main)
{
	struct order_sessions *ask = (struct order_sessions *)(void *)o;

	(void)main;
	json_array_extend(sum.list, ask->list);
	json_decref(ask->list);
	free(ask);
	f.back++;
	call_look(&f.test);
}

static json_t *list_sessions(uint64_t id)
{
	f.back = 0;
	sum.list = json_array();
	for (unsigned i = 0; i < WORKERS; i++) {
		struct order_sessions *ask = calloc(1, sizeof(*ask));

		ask->order.back = &f.box;
		ask->order.work = work_sessions;
		ask->order.done = done_sessions;
		ask->id = id;
		order_post(f.workers[i], &ask->order);
	}
	assert_true(call_wait(&f.test, all_back, NULL));
	return sum.list;
}

/* Finds the id of a call by the address it comes from. */
static uint64_t id_of(const struct call *c)
{
	json_t *list = list_sessions(0);
	char text[NET_ADDR_TEXT];
	struct net_addr local;
	uint64_t id = 0;

	assert_int_equal(net_local(c->fd, &local), 0);
	net_addr_text(&local, text);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *one = json_array_get(list, i);

		if (strcmp(json_string_value(json_object_get(one, "from")), text) == 0)
			id = (uint64_t)json_integer_value(json_object_get(one, "id"));
	}
	json_decref(list);
	return id;
}

static void test_what_is_dropped_and_carried_is_counted(void **state)
{
	static const uint8_t outside[4] = {192, 0, 2, 1}, multicast[4] = {224, 0, 0, 251};
	unsigned one = 1;
	struct call *c;
	uint8_t p[64];

	(void)state;
	start_calls(1, "alice");
	c = f.calls[0];
	make_packet(p, outside, outside, 0);
	call_send(c, p, sizeof(p));
	call_send(c, p, sizeof(p));
	make_packet(p, c->addr.ip4_local, multicast, 0);
	call_send(c, p, sizeof(p));
	make_packet(p, c->addr.ip4_local, outside, 0);
	call_send(c, p, sizeof(p));
	assert_true(call_wait(&f.test, tun_got, &one));
	ask_stats();
	assert_int_equal(sum.sessions, 1);
	assert_int_equal(sum.stats.drops.spoofed, 2);
	assert_int_equal(sum.stats.drops.filtered, 1);
	assert_int_equal(sum.stats.rx_packets, 4);
	assert_int_equal(sum.stats.tx_packets, c->adverts);
}

static void test_sessions_are_listed_with_what_people_ask_for(void **state)
{
	json_t *list, *one;

	(void)state;
	start_calls(3, "alice");
	list = list_sessions(0);
	assert_int_equal(json_array_size(list), 3);
	one = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(one, "user")), "alice");
	assert_string_equal(json_string_value(json_object_get(one, "method")), "mschapv2");
	assert_string_equal(json_string_value(json_object_get(one, "hash")), "sha256");
	assert_true(json_is_true(json_object_get(one, "up")));
	json_decref(list);
	list = list_sessions(2);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	list = list_sessions(99);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

static void test_a_kicked_session_ends_and_no_other(void **state)
{
	(void)state;
	start_calls(2, "alice");
	kick(99, "");
	assert_int_equal(sum.kicked, 0);
	kick(0, "bob");
	assert_int_equal(sum.kicked, 0);
	kick(id_of(f.calls[0]), "");
	assert_int_equal(sum.kicked, 1);
	assert_true(call_wait(&f.test, is_down, f.calls[0]));
	assert_int_equal(sstp_link_why(f.calls[0]->link).who, SSTP_BY_PEER);
	assert_int_equal(sstp_link_why(f.calls[0]->link).err, SSTP_E_PEER_DISCONNECT);
	assert_false(f.calls[1]->down);
	f.calls[2] = call_start(&f.test, f.client_tls, &f.addr, "alice", "secret");
	assert_true(call_wait(&f.test, is_up, f.calls[2]));
	kick(0, "alice");
	assert_true(call_wait(&f.test, is_down, f.calls[1]));
	assert_true(call_wait(&f.test, is_down, f.calls[2]));
}

static void test_a_wrong_password_ends_the_call_and_is_counted(void **state)
{
	uint64_t failed = 0;

	(void)state;
	f.calls[0] = call_start(&f.test, f.client_tls, &f.addr, "alice", "wrong");
	f.calls[1] = call_start(&f.test, f.client_tls, &f.addr, "nobody", "secret");
	assert_true(call_wait(&f.test, is_down, f.calls[0]));
	assert_true(call_wait(&f.test, is_down, f.calls[1]));
	assert_int_equal(sstp_link_why(f.calls[0]->link).err, SSTP_E_AUTH_FAILED);
	assert_int_equal(sstp_link_why(f.calls[1]->link).err, SSTP_E_AUTH_FAILED);
	stop_workers(10000);
	assert_true(call_wait(&f.test, all_gone, NULL));
	for (unsigned i = 0; i < WORKERS; i++) {
		worker_join(f.workers[i]);
		failed += f.workers[i]->stats.logins_failed;
	}
	assert_int_equal(failed, 2);
}

static void test_a_newer_session_takes_the_users_own_address(void **state)
{
	(void)state;
	start_calls(1, "fixed");
	assert_int_equal(f.calls[0]->addr.ip4_local[3], 77);
	f.calls[1] = call_start(&f.test, f.client_tls, &f.addr, "fixed", "secret");
	assert_true(call_wait(&f.test, is_down, f.calls[0]));
	assert_true(call_wait(&f.test, is_up, f.calls[1]));
	assert_int_equal(f.calls[1]->addr.ip4_local[3], 77);
}

static void test_strangers_are_sent_away_and_nobody_is_disturbed(void **state)
{
	static const char *const noise[] = {"", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
					    "\x16\x03\x01\x00\x05hello", "\x80\x80\x80\x80"};
	uint8_t p[64];

	(void)state;
	start_calls(1, "alice");
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		assert_int_equal(connect(fd, &f.addr.any, f.addr.len), 0);
		assert_int_equal(write(fd, noise[i], strlen(noise[i])), strlen(noise[i]));
		shutdown(fd, SHUT_WR);
		while (read(fd, p, sizeof(p)) > 0) /* until the server closes */
			;
		close(fd);
	}
	make_packet(p, (const uint8_t[4]){192, 0, 2, 1}, f.calls[0]->addr.ip4_local, 9);
	assert_int_equal(write(f.tun[0], p, sizeof(p)), sizeof(p));
	assert_true(call_wait(&f.test, call_got, f.calls[0]));
}

static void test_behind_a_terminator_its_certificate_counts(void **state)
{
	uint8_t other[32];

	(void)state;
	f.calls[0] =
		call_start_as(&f.test, NULL, f.cert.plain_sha256, &f.plain_addr, "alice", "secret");
	assert_true(call_wait(&f.test, is_up, f.calls[0]));
	memset(other, 0x5a, sizeof(other));
	f.calls[1] = call_start_as(&f.test, NULL, other, &f.plain_addr, "alice", "secret");
	assert_true(call_wait(&f.test, is_down, f.calls[1]));
	assert_int_equal(sstp_link_why(f.calls[1]->link).err, SSTP_E_PEER_ABORT);
	assert_int_equal(sstp_link_why(f.calls[1]->link).status, 4); /* VALUE_NOT_SUPPORTED */
	assert_false(f.calls[0]->down);
}

static void test_calls_that_end_disturb_no_other_and_new_ones_come(void **state)
{
	struct call *c;
	uint8_t p[64];

	(void)state;
	start_calls(3, "alice");
	c = f.calls[2];
	sstp_link_close(f.calls[0]->link, SSTP_E_USER, clock_ms()); /* CALL_DISCONNECT */
	call_settle(f.calls[0]);
	/* CALL_CONNECT_ACK is not a client's to send: CALL_ABORT follows. */
	tls_write(f.calls[1]->tls, "\x10\x01\x00\x08\x00\x02\x00\x00", 8);
	tls_flush(f.calls[1]->tls);
	f.calls[3] = call_start(&f.test, f.client_tls, &f.addr, "alice", "secret");
	assert_true(call_wait(&f.test, is_up, f.calls[3]));
	assert_true(call_wait(&f.test, is_down, f.calls[0]));
	assert_true(call_wait(&f.test, is_down, f.calls[1]));
	assert_int_equal(sstp_link_why(f.calls[1]->link).err, SSTP_E_PEER_ABORT);
	make_packet(p, (const uint8_t[4]){192, 0, 2, 1}, c->addr.ip4_local, 9);
	assert_int_equal(write(f.tun[0], p, sizeof(p)), sizeof(p));
	assert_true(call_wait(&f.test, call_got, c));
	assert_memory_equal(c->last, p, sizeof(p));
}

static void test_a_new_certificate_is_shown_to_new_calls_only(void **state)
{
	uint8_t before[32], after[32], sha1[20];
	struct shown_cert fresh = f.cert;
	struct tls_server_conf conf = {.cert_file = cert_file, .key_file = key_file};
	struct tls_err err;

	(void)state;
	start_calls(1, "alice");
	assert_true(tls_peer_hashes(f.calls[0]->tls, sha1, before));
	write_cert();
	fresh.tls = tls_server_ctx(&conf, &err);
	assert_non_null(fresh.tls);
	give_cert(&fresh);
	f.calls[1] = call_start(&f.test, f.client_tls, &f.addr, "alice", "secret");
	assert_true(call_wait(&f.test, is_up, f.calls[1]));
	assert_true(tls_peer_hashes(f.calls[1]->tls, sha1, after));
	assert_memory_not_equal(before, after, sizeof(before));
	assert_false(f.calls[0]->down);
	tls_ctx_free(f.cert.tls); /* no worker uses it any more */
	f.cert = fresh;
}

static void test_a_solicitation_is_answered(void **state)
{
	uint8_t source[16], p[ND_PACKET_MAX];
	struct call *c;
	size_t n;

	(void)state;
	start_calls(1, "alice");
	c = f.calls[0];
	c->adverts = 0;
	ip6_link_local(c->addr.ip6_local_id, source);
	n = nd_put_solicit(source, p);
	assert_int_equal(call_send(c, p, n), SSTP_OK);
	assert_true(call_wait(&f.test, is_up, c)); /* is up with an advertisement */
	assert_int_equal(f.from_tun, 0);
}

static void test_at_the_end_every_client_is_told_goodbye(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	start_calls(CALLS, "alice");
	stop_workers(10000);
	for (unsigned i = 0; i < CALLS; i++) {
		assert_true(call_wait(&f.test, is_down, f.calls[i]));
		assert_int_equal(sstp_link_why(f.calls[i]->link).err, SSTP_E_PEER_DISCONNECT);
	}
	assert_true(call_wait(&f.test, all_gone, NULL));
	assert_int_equal(connect(fd, &f.addr.any, f.addr.len), -1); /* and nobody is let in */
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

static void test_everything_lent_is_given_back(void **state)
{
	uint32_t free4, n4, free6, n6, sessions, unauth;

	(void)state;
	start_calls(CALLS, "alice");
	stop_workers(10000);
	assert_true(call_wait(&f.test, all_gone, NULL));
	leases_count(&f.server.leases, &free4, &n4, &free6, &n6);
	guard_count(&f.server.guard, &sessions, &unauth);
	assert_int_equal(free4, n4 - 1); /* one is a user's own */
	assert_int_equal(free6, n6);
	assert_int_equal(sessions, 0);
	assert_int_equal(unauth, 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_calls_come_up_with_addresses_of_their_own),
		TEST(test_packets_reach_the_session_through_whichever_queue_they_come),
		TEST(test_only_a_clients_own_source_goes_out),
		TEST(test_what_is_dropped_and_carried_is_counted),
		TEST(test_sessions_are_listed_with_what_people_ask_for),
		TEST(test_a_kicked_session_ends_and_no_other),
		TEST(test_a_wrong_password_ends_the_call_and_is_counted),
		TEST(test_a_newer_session_takes_the_users_own_address),
		TEST(test_strangers_are_sent_away_and_nobody_is_disturbed),
		TEST(test_behind_a_terminator_its_certificate_counts),
		TEST(test_calls_that_end_disturb_no_other_and_new_ones_come),
		TEST(test_a_new_certificate_is_shown_to_new_calls_only),
		TEST(test_a_solicitation_is_answered),
		TEST(test_at_the_end_every_client_is_told_goodbye),
		TEST(test_everything_lent_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
