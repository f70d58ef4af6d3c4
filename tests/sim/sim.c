/* SPDX-License-Identifier: MIT */
/*
 * The simulator: a client link and a server link, two pipes between them and a virtual clock. A
 * seed decides everything: how the bytes are cut and delayed, what goes wrong, and when. Each run
 * has to end, within bounds, the way its faults say it must. "sim --seed N --trace" repeats a run
 * and shows it.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sstp/link.h"
#include "tests/sim/pipe.h"

#define STEPS_MAX 200000
#define RING      256
#define NEVER     UINT64_MAX

/* What goes wrong in a run. */
enum fault {
	FAULT_NONE,
	FAULT_PASSWORD,     /* the client has a wrong one */
	FAULT_USER,         /* nobody knows the client */
	FAULT_CERT,         /* the client sees another certificate: somebody is in between */
	FAULT_METHODS,      /* no method in common */
	FAULT_NO_ADDRESS,   /* the pool is empty */
	FAULT_ANSWER_NEVER, /* the user data base never answers */
	FAULT_EOF_CLIENT,   /* the connection ends at some time, either way round */
	FAULT_EOF_SERVER,
	FAULT_SILENCE,      /* from some time on nothing gets through any more */
	FAULT_CLOSE_CLIENT, /* the user gives up at some time */
	FAULT_CLOSE_SERVER, /* the administrator does */
	FAULT_HASHES,       /* no crypto binding hash in common */
	FAULT_COOKIE_BAD,   /* bypass with a cookie that is not valid */
	FAULT_COOKIE_GOOD,
	FAULTS
};

static const char *const fault_names[FAULTS] = {
	"none",         "password",     "user",       "certificate", "methods",
	"no-address",   "no-answer",    "eof-client", "eof-server",  "silence",
	"close-client", "close-server", "hashes",     "bad-cookie",  "good-cookie",
};

struct side {
	struct sstp_link *link;
	struct sstp_trace ring[RING];
	struct pipe *in, *out;
	uint64_t tick_late; /* a timer that fires late by so much */
	uint64_t answer_at; /* the owed answer is given then; NEVER: none owed */
	uint64_t assign_at;
	uint64_t cookie_at;
	bool connected, authenticated, ip4, ip6, down, closed_pipe;
	bool waits;  /* the link takes nothing before it has its answer */
	bool was_up; /* IPv4 was agreed on at some time */
	struct sstp_addresses addr4;
	uint32_t sent, received; /* data packets, numbered */
	const char *name;
};

struct run {
	uint64_t seed;
	struct dice dice;
	enum fault fault;
	uint64_t now, fault_at, close_at;
	bool fault_done;
	bool trace;
	uint64_t digest; /* of everything that went over the pipes and when */
	struct side c, s;
	struct pipe up, dn;
	struct sstp_config ccfg, scfg;
	char failure[256];
};

static void __attribute__((format(printf, 2, 3))) fail(struct run *r, const char *fmt, ...)
{
	va_list ap;

	if (r->failure[0])
		return;
	va_start(ap, fmt);
	vsnprintf(r->failure, sizeof(r->failure), fmt, ap);
	va_end(ap);
}

static void mix(struct run *r, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		r->digest = (r->digest ^ b[i]) * 0x100000001b3u;
}

static void show_trace(struct run *r, struct side *s)
{
	struct sstp_trace t;
	char line[1024];

	while (sstp_link_trace(s->link, &t)) {
		sstp_trace_text(&t, line, sizeof(line));
		mix(r, line, strlen(line));
		if (strstr(line, "clientPass") || strstr(line, "wrongPass"))
			fail(r, "%s traced a password: %s", s->name, line);
		if (r->trace)
			printf("%s %s\n", s->name, line);
	}
}

/* Puts a numbered data packet together: an IPv4 or IPv6 header's first octet, then a pattern. */
static size_t make_packet(struct dice *d, uint8_t *p, uint32_t number, bool ip6, size_t max)
{
	size_t n = 20 + dice_below(d, (uint32_t)max - 19);

	memset(p, (int)(number * 7 + n), n);
	p[0] = ip6 ? 0x60 : 0x45;
	memcpy(p + 1, &number, sizeof(number));
	return n;
}

static void check_packet(struct run *r, struct side *s, const struct side *from, const uint8_t *p,
			 size_t n)
{
	uint32_t number;

	if (!s->connected)
		fail(r, "%s handed out data before CALL_CONNECTED", s->name);
	if (n < 20) {
		fail(r, "%s handed out %zu octets", s->name, n);
		return;
	}
	memcpy(&number, p + 1, sizeof(number));
	if (number < s->received || number >= from->sent)
		fail(r, "%s got packet %u after %u of %u", s->name, number, s->received,
		     from->sent);
	s->received = number + 1;
	for (size_t i = 5; i < n; i++)
		if (p[i] != (uint8_t)(number * 7 + n)) {
			fail(r, "%s got packet %u damaged at %zu", s->name, number, i);
			return;
		}
}

static void send_data(struct run *r, struct side *s)
{
	uint8_t buf[SSTP_HEADROOM + 1500];
	struct sstp_info info;
	bool ip6;

	if (!s->connected || s->down || pipe_room(s->out) < sizeof(buf) || !(s->ip4 || s->ip6))
		return;
	ip6 = s->ip6 && (!s->ip4 || dice_one_in(&r->dice, 2));
	sstp_link_info(s->link, &info);
	size_t n = make_packet(&r->dice, buf + SSTP_HEADROOM, s->sent, ip6, info.mtu);

	if (sstp_link_send(s->link, buf + SSTP_HEADROOM, n, r->now))
		return;
	s->sent++;
	mix(r, buf, n + SSTP_HEADROOM);
	pipe_write(s->out, &r->dice, buf, n + SSTP_HEADROOM, r->now);
}

static void drain_output(struct run *r, struct side *s)
{
	const uint8_t *p;
	size_t n;

	while ((n = sstp_link_output(s->link, &p)) && pipe_room(s->out) >= n) {
		if (dice_one_in(&r->dice, 8) && n > 1)
			n = 1 + dice_below(&r->dice, (uint32_t)n - 1);
		mix(r, p, n);
		pipe_write(s->out, &r->dice, p, n, r->now);
		sstp_link_sent(s->link, n);
	}
}

static void take_event(struct run *r, struct side *s, const struct sstp_event *ev)
{
	uint64_t later = r->now + (dice_one_in(&r->dice, 3) ? dice_below(&r->dice, 4000) : 0);

	if (s->down)
		fail(r, "%s told of event %d after DOWN", s->name, ev->type);
	switch (ev->type) {
	case SSTP_EV_NEED_AUTH:
		s->answer_at = r->fault == FAULT_ANSWER_NEVER ? NEVER : later;
		break;
	case SSTP_EV_NEED_ADDRESS:
		s->assign_at = later;
		break;
	case SSTP_EV_COOKIE:
		s->cookie_at = later;
		break;
	case SSTP_EV_AUTHENTICATED:
		s->authenticated = true;
		break;
	case SSTP_EV_CONNECTED:
		s->connected = true;
		break;
	case SSTP_EV_IP4_UP:
		s->ip4 = s->was_up = true;
		s->addr4 = *ev->addr;
		break;
	case SSTP_EV_IP6_UP:
		s->ip6 = true;
		break;
	case SSTP_EV_IP4_DOWN:
		s->ip4 = false;
		break;
	case SSTP_EV_IP6_DOWN:
		s->ip6 = false;
		break;
	case SSTP_EV_DOWN:
		s->down = true;
		break;
	default:
		break;
	}
}

/* What an owner does after each door: events, trace, output, and the end of TLS after DOWN. */
static void attend(struct run *r, struct side *s)
{
	struct sstp_event ev;
	const uint8_t *p;

	show_trace(r, s);
	while (sstp_link_event(s->link, &ev))
		take_event(r, s, &ev);
	drain_output(r, s);
	if (s->down && !s->closed_pipe && !sstp_link_output(s->link, &p)) {
		s->closed_pipe = true;
		pipe_close(s->out, r->now);
	}
}

static void give_answers(struct run *r, struct side *s)
{
	if (s->answer_at <= r->now) {
		const struct sstp_auth_request *q = sstp_link_auth(s->link);
		struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

		strcpy(a.password, "clientPass");
		if (q && strcmp(q->user, "User") != 0)
			a = (struct sstp_auth_answer){.verdict = SSTP_ANSWER_REJECT,
						      .err = SSTP_E_AUTH_FAILED};
		sstp_link_answer(s->link, &a, r->now);
		s->answer_at = NEVER;
		attend(r, s);
	}
	if (s->cookie_at <= r->now) {
		sstp_link_answer_cookie(s->link, r->fault == FAULT_COOKIE_GOOD, r->now);
		s->cookie_at = NEVER;
		s->waits = false;
		attend(r, s);
	}
	if (s->assign_at <= r->now) {
		static const struct sstp_addresses addr = {
			.ip4_local = {10, 0, 0, 1},
			.ip4_peer = {10, 0, 0, 2},
			.dns4 = {{10, 0, 0, 53}},
			.ip6_local_id = {0, 0, 0, 0, 0, 0, 0, 1},
			.ip6_peer_id = {0, 0, 0, 0, 0, 0, 0, 2},
		};

		sstp_link_assign(s->link, r->fault == FAULT_NO_ADDRESS ? NULL : &addr, r->now);
		s->assign_at = NEVER;
		attend(r, s);
	}
}

/* Feeds what has arrived; stops when the link takes nothing more for now. */
static void feed(struct run *r, struct side *s, const struct side *from)
{
	uint8_t *b, *p;
	size_t n, taken;

	while ((n = pipe_peek(s->in, &r->dice, &b, r->now))) {
		taken = sstp_link_input(s->link, b, n, r->now);
		if (taken > n)
			fail(r, "%s took %zu of %zu octets", s->name, taken, n);
		n = sstp_link_packet(s->link, &p);
		if (n)
			check_packet(r, s, from, p, n);
		attend(r, s);
		pipe_take(s->in, taken);
		s->waits = !taken && s->cookie_at != NEVER;
		if (!taken)
			return;
	}
	if (s->in->first == s->in->last && s->in->eof_at <= r->now && !s->in->eof_told) {
		s->in->eof_told = true;
		sstp_link_eof(s->link, r->now);
		attend(r, s);
	}
}

static uint64_t side_due(const struct side *s)
{
	uint64_t t = sstp_link_deadline(s->link);
	uint64_t due = s->waits ? NEVER : pipe_due(s->in);

	if (t != NEVER)
		t += s->tick_late;
	t = t < due ? t : due;
	t = t < s->answer_at ? t : s->answer_at;
	t = t < s->assign_at ? t : s->assign_at;
	return t < s->cookie_at ? t : s->cookie_at;
}

static void step_side(struct run *r, struct side *s, const struct side *from)
{
	uint64_t due = sstp_link_deadline(s->link);

	if (due != NEVER && due + s->tick_late <= r->now) {
		s->tick_late = dice_one_in(&r->dice, 20) ? dice_below(&r->dice, 5000) : 0;
		sstp_link_tick(s->link, r->now);
		if (sstp_link_deadline(s->link) <= r->now)
			fail(r, "%s has a deadline that tick() does not move", s->name);
		attend(r, s);
	}
	give_answers(r, s);
	feed(r, s, from);
	attend(r, s);
}

static void do_fault(struct run *r)
{
	r->fault_done = true;
	switch (r->fault) {
	case FAULT_EOF_CLIENT:
		pipe_close(&r->up, r->now);
		break;
	case FAULT_EOF_SERVER:
		pipe_close(&r->dn, r->now);
		break;
	case FAULT_SILENCE:
		r->up.ready += 3600 * 1000;
		r->dn.ready += 3600 * 1000;
		break;
	case FAULT_CLOSE_CLIENT:
		sstp_link_close(r->c.link, SSTP_E_USER, r->now);
		break;
	case FAULT_CLOSE_SERVER:
		sstp_link_close(r->s.link, SSTP_E_KICKED, r->now);
		break;
	default:
		break;
	}
	attend(r, &r->c);
	attend(r, &r->s);
}

static void set_pipe(struct run *r, struct pipe *p)
{
	pipe_init(p);
	p->delay_max = dice_one_in(&r->dice, 2) ? 0 : dice_below(&r->dice, 300);
	p->cut_max = dice_one_in(&r->dice, 3) ? 0 : 1 + dice_below(&r->dice, 40);
	p->stall_one_in = dice_one_in(&r->dice, 3) ? 50 : 0;
	p->stall_ms = dice_below(&r->dice, 8000);
}

/* Lets the dice choose methods; whether both sides share one is the fault's business. */
static void set_methods(struct run *r)
{
	static const enum sstp_auth all[] = {SSTP_AUTH_PAP, SSTP_AUTH_CHAP_MD5, SSTP_AUTH_MSCHAPV2,
					     SSTP_AUTH_EAP_MD5, SSTP_AUTH_EAP_MSCHAPV2};
	unsigned shared = dice_below(&r->dice, 5);
	unsigned other = (shared + 1 + dice_below(&r->dice, 4)) % 5;

	memset(r->ccfg.auth, 0, sizeof(r->ccfg.auth));
	memset(r->scfg.auth, 0, sizeof(r->scfg.auth));
	r->ccfg.auth[0] = all[shared];
	if (r->fault == FAULT_METHODS) {
		r->scfg.auth[0] = all[other];
	} else if (dice_one_in(&r->dice, 2)) {
		r->scfg.auth[0] = all[other];
		r->scfg.auth[1] = all[shared];
	} else {
		r->scfg.auth[0] = all[shared];
		r->ccfg.auth[1] = all[other];
	}
}

static void set_configs(struct run *r)
{
	struct sstp_config *c = &r->ccfg, *s = &r->scfg;

	*c = (struct sstp_config){.role = SSTP_CLIENT, .host = "vpn.example.org", .want_dns = true};
	*s = (struct sstp_config){.role = SSTP_SERVER};
	for (int i = 0; i < 32; i++) {
		c->seed[i] = (uint8_t)dice_u32(&r->dice);
		s->seed[i] = (uint8_t)dice_u32(&r->dice);
	}
	memset(c->cert_sha256, 0x11, 32);
	memset(c->cert_sha1, 0x22, 20);
	memcpy(s->cert_sha256, c->cert_sha256, 32);
	memcpy(s->cert_sha1, c->cert_sha1, 20);
	strcpy(c->user, r->fault == FAULT_USER ? "Nobody" : "User");
	strcpy(c->password, r->fault == FAULT_PASSWORD ? "wrongPass" : "clientPass");
	c->hashes = (uint8_t)(1 + dice_below(&r->dice, 3));
	if (r->fault == FAULT_CERT) {
		c->cert_sha1[3] ^= 1;
		c->cert_sha256[3] ^= 1;
	} else if (r->fault == FAULT_HASHES) {
		c->hashes = SSTP_HASH_SHA1;
		s->hashes = SSTP_HASH_SHA256;
	}
	if (r->fault == FAULT_COOKIE_BAD || r->fault == FAULT_COOKIE_GOOD) {
		c->bypass = s->bypass = true;
		c->cookie = "ticket=42";
	}
	c->no_ip6 = dice_one_in(&r->dice, 5);
	s->no_ip6 = dice_one_in(&r->dice, 5);
	c->mru = dice_one_in(&r->dice, 3) ? (uint16_t)(128 + dice_below(&r->dice, 3900)) : 0;
	set_methods(r);
}

static void start_side(struct run *r, struct side *s, const char *name, struct sstp_config *cfg,
		       struct pipe *in, struct pipe *out)
{
	struct sstp_link *mem = s->link;

	memset(s, 0, sizeof(*s));
	s->link = mem;
	s->name = name;
	s->in = in;
	s->out = out;
	s->answer_at = s->assign_at = s->cookie_at = NEVER;
	cfg->trace = s->ring;
	cfg->trace_n = RING;
	if (sstp_link_init(s->link, cfg, r->now))
		fail(r, "%s did not start", name);
	attend(r, s);
}

/* Returns whether the run's fault leaves the call a chance to come up. */
static bool may_connect(enum fault f)
{
	return f == FAULT_NONE || f == FAULT_NO_ADDRESS || f == FAULT_COOKIE_GOOD ||
	       (f >= FAULT_EOF_CLIENT && f <= FAULT_CLOSE_SERVER);
}

static void expect_why(struct run *r, const struct side *s, int err, int or_err)
{
	struct sstp_why why = sstp_link_why(s->link);

	if (why.err != err && why.err != or_err)
		fail(r, "%s ended by %s, not %s", s->name, sstp_err_name(why.err),
		     sstp_err_name(err));
}

/* Holds the outcome against what the fault demands. Slow pipes may time out first in any run. */
static void judge(struct run *r)
{
	bool slow = r->up.stall_one_in || r->dn.stall_one_in;

	if (!may_connect(r->fault) && r->s.connected)
		fail(r, "the server accepted a call with fault %s", fault_names[r->fault]);
	if (r->s.connected && !r->c.connected)
		fail(r, "the server is connected and the client never was");
	if (r->s.received > r->c.sent || r->c.received > r->s.sent)
		fail(r, "more came out than went in");
	if (slow)
		return;
	switch (r->fault) {
	case FAULT_NONE:
	case FAULT_COOKIE_GOOD:
		if (!r->s.connected || !r->s.was_up || !r->c.was_up)
			fail(r, "a call without fault did not come up");
		if (memcmp(r->c.addr4.ip4_local, r->s.addr4.ip4_peer, 4) != 0 ||
		    memcmp(r->c.addr4.ip4_peer, r->s.addr4.ip4_local, 4) != 0)
			fail(r, "the two ends do not agree on the addresses");
		if (r->c.received != r->s.sent || r->s.received != r->c.sent)
			fail(r, "data was lost: %u of %u, %u of %u", r->c.received, r->s.sent,
			     r->s.received, r->c.sent);
		break;
	case FAULT_PASSWORD:
	case FAULT_USER:
		expect_why(r, &r->c, SSTP_E_AUTH_FAILED, SSTP_E_AUTH_FAILED);
		expect_why(r, &r->s, SSTP_E_AUTH_FAILED, SSTP_E_AUTH_FAILED);
		break;
	case FAULT_CERT:
		expect_why(r, &r->s, SSTP_E_BINDING_CERT, SSTP_E_BINDING_CERT);
		expect_why(r, &r->c, SSTP_E_PEER_ABORT, SSTP_E_PEER_ABORT);
		break;
	case FAULT_HASHES:
		expect_why(r, &r->c, SSTP_E_HASH_PROTOCOL, SSTP_E_HASH_PROTOCOL);
		break;
	case FAULT_NO_ADDRESS:
		expect_why(r, &r->s, SSTP_E_NO_ADDRESS, SSTP_E_NO_ADDRESS);
		break;
	case FAULT_COOKIE_BAD:
		expect_why(r, &r->s, SSTP_E_HTTP_COOKIE, SSTP_E_HTTP_COOKIE);
		break;
	default:
		break;
	}
}

static bool is_over(const struct run *r)
{
	return r->c.down && r->s.down && r->c.closed_pipe && r->s.closed_pipe;
}

/* Lets one seed run to its end; returns whether everything held. */
static bool run_seed(struct run *r, uint64_t seed, bool trace)
{
	struct sstp_link *cm = r->c.link, *sm = r->s.link;
	unsigned steps = 0;

	r->seed = seed;
	r->dice.state = seed;
	r->now = 1 + dice_below(&r->dice, 1000);
	r->trace = trace;
	r->digest = 0xcbf29ce484222325u;
	r->failure[0] = '\0';
	r->fault_done = false;
	r->fault = dice_one_in(&r->dice, 3) ? FAULT_NONE : (enum fault)dice_below(&r->dice, FAULTS);
	r->fault_at = r->now + dice_below(&r->dice, 1u << dice_below(&r->dice, 16));
	r->close_at = r->now + 200000;
	set_pipe(r, &r->up);
	set_pipe(r, &r->dn);
	set_configs(r);
	if (trace)
		printf("seed %llu fault %s at %llu\n", (unsigned long long)seed,
		       fault_names[r->fault], (unsigned long long)r->fault_at);
	start_side(r, &r->c, "client", &r->ccfg, &r->dn, &r->up);
	start_side(r, &r->s, "server", &r->scfg, &r->up, &r->dn);
	while (!is_over(r) && !r->failure[0]) {
		uint64_t next = side_due(&r->c);
		uint64_t other = side_due(&r->s);

		if (++steps > STEPS_MAX)
			fail(r, "it does not end");
		next = next < other ? next : other;
		if (!r->fault_done && r->fault_at < next)
			next = r->fault_at;
		if (r->close_at < next) {
			next = r->close_at;
			r->close_at = NEVER;
			sstp_link_close(r->c.link, SSTP_E_USER, next);
		}
		if (next == NEVER)
			fail(r, "nothing is due and it is not over");
		if (next > r->now)
			r->now = next;
		if (!r->fault_done && r->fault_at <= r->now)
			do_fault(r);
		step_side(r, &r->c, &r->s);
		step_side(r, &r->s, &r->c);
		if (r->c.sent < 20 && r->fault_done)
			send_data(r, &r->c);
		if (r->s.sent < 20 && r->fault_done)
			send_data(r, &r->s);
	}
	if (!r->failure[0])
		judge(r);
	show_trace(r, &r->c);
	show_trace(r, &r->s);
	sstp_link_fini(cm);
	sstp_link_fini(sm);
	return !r->failure[0];
}

static int usage(void)
{
	fputs("usage: sim [--seed N] [--runs N] [--trace]\n"
	      "  --seed N   first seed (1)\n"
	      "  --runs N   how many seeds (1 with --trace, else 10000)\n"
	      "  --trace    show what both links trace\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
						{"runs", required_argument, NULL, 'r'},
						{"trace", no_argument, NULL, 't'},
						{NULL, 0, NULL, 0}};
	unsigned long long seed = 1, runs = 0, failed = 0, per_fault[FAULTS] = {0};
	struct run *r = calloc(1, sizeof(*r));
	bool trace = false;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (o == 'r')
			runs = strtoull(optarg, NULL, 0);
		else if (o == 't')
			trace = true;
		else
			return usage();
	}
	if (!r || optind != argc)
		return usage();
	if (!runs)
		runs = trace ? 1 : 10000;
	r->c.link = malloc(sstp_link_size());
	r->s.link = malloc(sstp_link_size());
	if (!r->c.link || !r->s.link)
		return 1;
	for (unsigned long long i = seed; i < seed + runs; i++) {
		uint64_t digest;
		bool good = run_seed(r, i, trace);

		per_fault[r->fault]++;
		digest = r->digest;
		/* The same seed must give the same call, bit for bit. */
		if (good && i % 50 == 0) {
			good = run_seed(r, i, false);
			if (good && digest != r->digest) {
				fail(r, "the same seed gave another call");
				good = false;
			}
		}
		if (!good) {
			failed++;
			printf("not ok: seed %llu (fault %s): %s\n  repeat it: %s --seed %llu "
			       "--trace\n",
			       i, fault_names[r->fault], r->failure, argv[0], i);
			if (failed >= 10)
				break;
		}
	}
	for (int f = 0; f < FAULTS; f++)
		if (per_fault[f] && !trace)
			printf("# %6llu runs with fault %s\n", per_fault[f], fault_names[f]);
	printf("%llu passed, %llu failed\n", runs - failed, failed);
	free(r->c.link);
	free(r->s.link);
	free(r);
	return failed ? 1 : 0;
}
