/* SPDX-License-Identifier: MIT */
/*
 * sstp-load: a load generator. Makes many SSTP calls from one process and one thread, without TUN:
 * what the server's own address echoes (ICMP) is the traffic. For benchmarks and endurance tests;
 * it verifies no certificate and knows one user.
 *
 *   sstp-load -s ADDRESS:PORT -u USER -w PASSWORD_FILE -n CALLS [-j PARALLEL]
 *             [-c | -k [-r KBIT -t SECONDS [-i MS]]]
 *
 * Makes CALLS calls, PARALLEL of them being set up at a time. Each is hung up once its addresses
 * are agreed on; with -k it is kept until a line, or the end, of standard input. With -r every kept
 * call sends KBIT kbit/s of pings, which come back, for SECONDS; those that are due in MS
 * (10) milliseconds leave together, as a window of TCP does. With -c calls come and go: another
 * one takes the place of each that was hung up, until a line, or the end, of standard input. Every
 * line printed is one JSON object.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/ip.h"
#include "io/loop.h"
#include "io/net.h"
#include "io/pump.h"
#include "io/random.h"
#include "io/tls.h"
#include "lib/base/cursor.h"
#include "sstp/link.h"

#define DIAL_MS   10000
#define TICK_MS   10 /* how often traffic is sent */
#define IP_HEAD   20
#define PING_SIZE 1400
#define PING_BITS (PING_SIZE * 8)

enum call_state { CALL_UNUSED, CALL_DIALLING, CALL_TLS, CALL_SETUP, CALL_UP, CALL_ENDED };

struct load;

struct call {
	struct load *load;
	enum call_state state;
	struct net_dial dial;
	struct loop_fd watch;
	struct loop_timer timer;
	struct tls *tls;
	struct sstp_link *link;
	struct pump pump;
	int fd;
	uint8_t local[4], peer[4];
	uint64_t owed; /* bits of traffic not yet sent */
	uint64_t sent; /* when the last was */
};

struct load {
	struct loop *loop;
	struct tls_ctx *tls;
	struct net_addr server;
	struct sstp_config link; /* what all calls share */
	struct call *calls;
	unsigned n, parallel;
	unsigned started, pending, up, failed, ended;
	unsigned came; /* calls made, those included that took another's place */
	bool keep, churn, stopping;
	uint32_t kbit, seconds;
	unsigned shares; /* calls are served in so many shares, one each tick */
	unsigned share;  /* whose turn it is */
	uint64_t began, traffic_began;
	uint64_t pings, echoes;
	struct loop_fd input;
	struct loop_timer traffic;
	uint8_t buffer[TLS_READ_SIZE];
	uint8_t ping[SSTP_HEADROOM + PING_SIZE];
};

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	fprintf(stderr, "sstp-load: %s: %s\n", what, why);
	exit(1);
}

static void start_more(struct load *l);
static void serve(struct call *c);

static double since(uint64_t then)
{
	return (double)(clock_ms() - then) / 1000;
}

/* Prints how the set-up went, once no call is under way any more. */
static void report_setup(const struct load *l)
{
	double took = since(l->began);

	printf("{\"calls\": %u, \"up\": %u, \"failed\": %u, \"seconds\": %.3f, "
	       "\"calls_per_second\": %.1f}\n",
	       l->came, l->up, l->failed, took, took > 0 ? l->up / took : 0);
	fflush(stdout);
}

static void report_traffic(const struct load *l)
{
	printf("{\"pings\": %llu, \"echoes\": %llu, \"mbit_per_second_each_way\": %.1f}\n",
	       (unsigned long long)l->pings, (unsigned long long)l->echoes,
	       (double)l->echoes * PING_BITS / 1e6 / l->seconds);
	fflush(stdout);
}

/* A call is no longer being set up. When it was the last one, the next part begins. */
static void set_up_is_over(struct load *l)
{
	l->pending--;
	start_more(l);
	if (l->churn || l->pending > 0 || l->started < l->n)
		return;
	report_setup(l);
	if (l->keep && l->kbit > 0) {
		l->traffic_began = clock_ms();
		loop_timer_at(&l->traffic, l->traffic_began + TICK_MS);
	}
}

static void end_call(struct call *c, const char *why)
{
	struct load *l = c->load;
	bool was_pending = c->state != CALL_UP;

	if (c->state == CALL_ENDED)
		return;
	c->state = CALL_ENDED;
	loop_fd_want(&c->watch, 0);
	loop_timer_at(&c->timer, UINT64_MAX);
	if (c->link != NULL) {
		pump_fini(&c->pump);
		sstp_link_fini(c->link);
		free(c->link);
	}
	tls_free(c->tls);
	close(c->fd);
	l->ended++;
	if (was_pending) {
		l->failed++;
		fprintf(stderr, "sstp-load: a call failed: %s\n", why);
		set_up_is_over(l);
	}
	if (l->churn && !l->stopping)
		loop_timer_at(&c->timer, clock_ms()); /* the next one's turn */
	else if (l->ended == l->started && (l->stopping || (!l->keep && l->started == l->n)))
		loop_stop(l->loop);
}

static void on_event(void *arg, const struct sstp_event *ev)
{
	struct call *c = arg;

	if (ev->type != SSTP_EV_IP4_UP || c->state != CALL_SETUP)
		return;
	memcpy(c->local, ev->addr->ip4_local, sizeof(c->local));
	memcpy(c->peer, ev->addr->ip4_peer, sizeof(c->peer));
	c->state = CALL_UP;
	c->load->up++;
	if (!c->load->keep)
		sstp_link_close(c->link, SSTP_E_USER, clock_ms());
	set_up_is_over(c->load);
}

static void on_packet(void *arg, uint8_t *p, size_t n)
{
	struct call *c = arg;
	struct ip_head ip;

	/* an echo reply (RFC 792) */
	if (ip_parse(p, n, &ip) && ip.proto == 1 && ip.payload.n > 0 && ip.payload.p[0] == 0)
		c->load->echoes++;
}

/* The handshake is done: the link begins. */
static bool start_link(struct call *c)
{
	struct sstp_config conf = c->load->link;
	const struct pump_owner owner = {on_packet, on_event, NULL, c};

	random_bytes(conf.seed, sizeof(conf.seed));
	tls_peer_hashes(c->tls, conf.cert_sha1, conf.cert_sha256);
	c->link = malloc(sstp_link_size());
	if (c->link == NULL || sstp_link_init(c->link, &conf, clock_ms()) != SSTP_OK)
		return false;
	pump_init(&c->pump, c->link, c->tls, &owner);
	c->state = CALL_SETUP;
	return true;
}

/* Sends what is due and waits for what comes next. */
static void wait_next(struct call *c, bool again)
{
	enum tls_result sent = pump_output(&c->pump, clock_ms());

	if (sent == TLS_FAILED || sent == TLS_CLOSED) {
		end_call(c, tls_error(c->tls));
	} else if (sstp_link_why(c->link).who != SSTP_BY_NOBODY && sent == TLS_OK) {
		struct sstp_why why = sstp_link_why(c->link);
		char text[256];

		sstp_why_text(&why, text, sizeof(text));
		tls_close(c->tls);
		tls_flush(c->tls);
		end_call(c, text);
	} else {
		loop_fd_want(&c->watch, pump_wants(&c->pump));
		loop_timer_at(&c->timer, again ? clock_ms() : pump_deadline(&c->pump));
	}
}

/* One turn of a call: the handshake, or the link. */
static void serve(struct call *c)
{
	enum tls_result done;
	enum pump_result more;

	if (c->state == CALL_TLS) {
		done = tls_handshake(c->tls);
		if (done == TLS_WANT_READ || done == TLS_WANT_WRITE) {
			loop_fd_want(&c->watch, done == TLS_WANT_READ ? LOOP_READ : LOOP_WRITE);
			return;
		}
		if (done != TLS_OK || !start_link(c)) {
			end_call(c, tls_error(c->tls));
			return;
		}
	}
	sstp_link_tick(c->link, clock_ms());
	more = pump_input(&c->pump, c->load->buffer, sizeof(c->load->buffer), clock_ms());
	pump_events(&c->pump);
	wait_next(c, more == PUMP_AGAIN);
}

static void on_ready(void *arg, unsigned ready)
{
	(void)ready;
	serve(arg);
}

static void start_call(struct call *c);

static void on_deadline(void *arg)
{
	struct call *c = arg;

	if (c->state != CALL_ENDED) {
		serve(c);
	} else if (!c->load->stopping) {
		c->load->ended--;
		start_call(c);
	}
}

static void on_dialled(void *arg, int fd, const struct net_addr *to)
{
	struct call *c = arg;

	(void)to;
	if (fd < 0) {
		c->fd = -1;
		end_call(c, strerror(-fd));
		return;
	}
	c->fd = fd;
	net_tune(fd, "");
	loop_fd_init(c->load->loop, &c->watch, fd, on_ready, c);
	c->tls = tls_new(c->load->tls, fd, "localhost");
	if (c->tls == NULL)
		die("TLS", "no memory");
	c->state = CALL_TLS;
	serve(c);
}

/* Dials, in a place that no call has or whose call has ended. */
static void start_call(struct call *c)
{
	struct load *l = c->load;

	c->state = CALL_DIALLING;
	c->tls = NULL;
	c->link = NULL;
	l->pending++;
	l->came++;
	loop_fd_init(l->loop, &c->watch, -1, on_ready, c);
	net_dial_start(&c->dial, l->loop, &l->server, 1, DIAL_MS, 0, on_dialled, c);
}

static void start_more(struct load *l)
{
	while (l->started < l->n && l->pending < l->parallel && !l->stopping) {
		struct call *c = &l->calls[l->started++];

		c->load = l;
		loop_timer_init(l->loop, &c->timer, on_deadline, c);
		start_call(c);
	}
}

/* Writes an echo request from the call's address to the server's (RFC 791, RFC 792). */
static void make_ping(struct load *l, const struct call *c)
{
	uint8_t *p = l->ping + SSTP_HEADROOM;
	struct wr w = wr_init(p, PING_SIZE);

	wr_be16(&w, 0x4500);
	wr_be16(&w, PING_SIZE);
	wr_be32(&w, 0);
	wr_be16(&w, 0x4001); /* 64 hops, ICMP */
	wr_be16(&w, 0);
	wr_bytes(&w, c->local, 4);
	wr_bytes(&w, c->peer, 4);
	wr_patch16(&w, 10, ip_fold(ip_sum(p, IP_HEAD, 0)));
	wr_be16(&w, 0x0800); /* echo request */
	wr_zero(&w, PING_SIZE - IP_HEAD - 2);
	wr_patch16(&w, IP_HEAD + 2, ip_fold(ip_sum(p + IP_HEAD, PING_SIZE - IP_HEAD, 0)));
}

/* Sends the pings that a call owes. A full connection loses them, as a full queue would. */
static void send_pings(struct call *c, uint64_t now)
{
	struct load *l = c->load;

	c->owed += l->kbit * (now - (c->sent ? c->sent : l->traffic_began));
	for (c->sent = now; c->owed >= PING_BITS; c->owed -= PING_BITS) {
		l->pings++;
		if (pump_full(&c->pump))
			continue;
		make_ping(l, c);
		pump_send(&c->pump, l->ping + SSTP_HEADROOM, PING_SIZE, clock_ms());
		pump_flush_run(&c->pump);
	}
	wait_next(c, false);
}

static void on_traffic(void *arg)
{
	struct load *l = arg;
	uint64_t now = clock_ms();

	if (since(l->traffic_began) >= l->seconds) {
		/* what is on the way has a moment to come back */
		if (since(l->traffic_began) >= l->seconds + 1) {
			report_traffic(l);
			return;
		}
	} else {
		for (unsigned i = l->share; i < l->n; i += l->shares)
			if (l->calls[i].state == CALL_UP)
				send_pings(&l->calls[i], now);
		l->share = (l->share + 1) % l->shares;
	}
	loop_timer_at(&l->traffic, now + TICK_MS);
}

/* Standard input spoke or ended: hang up every call. */
static void on_input(void *arg, unsigned ready)
{
	struct load *l = arg;

	(void)ready;
	loop_fd_want(&l->input, 0);
	loop_timer_at(&l->traffic, UINT64_MAX);
	l->stopping = true;
	if (l->ended == l->started)
		loop_stop(l->loop);
	for (unsigned i = 0; i < l->n; i++)
		if (l->calls[i].state == CALL_UP) {
			sstp_link_close(l->calls[i].link, SSTP_E_USER, clock_ms());
			wait_next(&l->calls[i], false);
		}
}

static void read_password(struct load *l, const char *path)
{
	FILE *f = fopen(path, "r");

	if (f == NULL || fgets(l->link.password, sizeof(l->link.password), f) == NULL)
		die(path, "the password cannot be read");
	l->link.password[strcspn(l->link.password, "\n")] = '\0';
	fclose(f);
}

static unsigned number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value > 1000000)
		die(text, "is not a number up to 1000000");
	return (unsigned)value;
}

static void parse_options(struct load *l, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "s:u:w:n:j:ckr:t:i:")) != -1)
		switch (option) {
		case 's':
			if (net_addr_parse(optarg, 443, &l->server) != 0)
				die(optarg, "is not ADDRESS:PORT");
			l->link.host = optarg;
			break;
		case 'u':
			snprintf(l->link.user, sizeof(l->link.user), "%s", optarg);
			break;
		case 'w':
			read_password(l, optarg);
			break;
		case 'n':
			l->n = number(optarg);
			break;
		case 'j':
			l->parallel = number(optarg);
			break;
		case 'c':
			l->churn = true;
			break;
		case 'k':
			l->keep = true;
			break;
		case 'r':
			l->kbit = number(optarg);
			break;
		case 'i':
			l->shares = (number(optarg) + TICK_MS - 1) / TICK_MS;
			break;
		case 't':
			l->seconds = number(optarg);
			break;
		default:
			exit(2);
		}
	if (l->link.host == NULL || l->shares == 0 || l->link.user[0] == '\0' || l->n == 0 ||
	    l->parallel == 0 || (l->kbit > 0 && (l->seconds == 0 || !l->keep)) ||
	    (l->churn && l->keep))
		die("usage", "-s ADDRESS:PORT -u USER -w PASSWORD_FILE -n CALLS [-j PARALLEL] "
			     "[-c | -k [-r KBIT -t SECONDS [-i MS]]]");
}

/* A call needs a descriptor. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	static struct load l = {
		.parallel = 8, .shares = 1, .link = {.role = SSTP_CLIENT, .no_ip6 = true}};
	struct tls_client_conf tls = {.insecure = true};
	struct tls_err error;

	parse_options(&l, argc, argv);
	allow_descriptors();
	l.loop = loop_new();
	l.tls = tls_client_ctx(&tls, &error);
	l.calls = calloc(l.n, sizeof(*l.calls));
	if (l.loop == NULL || l.calls == NULL)
		die("start", "no memory");
	if (l.tls == NULL)
		die("TLS", error.text);
	if (l.keep || l.churn) {
		loop_fd_init(l.loop, &l.input, STDIN_FILENO, on_input, &l);
		loop_fd_want(&l.input, LOOP_READ);
	}
	loop_timer_init(l.loop, &l.traffic, on_traffic, &l);
	l.began = clock_ms();
	start_more(&l);
	loop_run(l.loop);
	if (l.churn)
		report_setup(&l);
	tls_ctx_free(l.tls);
	free(l.calls);
	loop_free(l.loop);
	return l.failed > 0;
}
