/* SPDX-License-Identifier: MIT */
/*
 * Two workers with their threads, the files and tables they share, and calls to them over loopback;
 * the TUN device is a pair of sockets. For test_server_worker.c; include after cmocka.h.
 */
#ifndef TESTS_UNIT_WORKER_RIG_H
#define TESTS_UNIT_WORKER_RIG_H

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
	f.server.congestion = "";
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

/* Sends an order, which is theirs now, to one of the workers. */
static void give_order(unsigned worker, struct order *o,
		       void (*work)(struct worker *w, struct order *o),
		       void (*done)(struct order *o, void *main))
{
	o->back = &f.box;
	o->work = work;
	o->done = done;
	order_post(f.workers[worker], o);
}

static void stop_workers(uint32_t patience_ms)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		struct order_stop *stop = calloc(1, sizeof(*stop));

		stop->patience_ms = patience_ms;
		give_order(i, &stop->order, work_stop, free_order);
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

#endif
