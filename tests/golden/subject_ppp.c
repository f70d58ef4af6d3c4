/* SPDX-License-Identifier: MIT */
/*
 * PPP for golden tests. Each "<" is one frame, FF 03 and all.
 *
 * config: role=server|client bypass user=NAME password=TEXT name=NAME auth=METHOD[,METHOD...]
 *   mru=N restart=MS total=MS (authentication) no-ip4 no-ip6 want-dns ip=IP (client: asked for)
 *   id=OCTETS (client: interface identifier) seed=OCTETS octets (log what is sent in octets as
 * well) verbs: up, down, close, echo, accept password=TEXT, refuse [error=NUMBER], assign [local=IP
 * peer=IP dns1=IP dns2=IP nbns1=IP nbns2=IP id=OCTETS peer-id=OCTETS]
 */
#include <arpa/inet.h>
#include <string.h>

#include "lib/ppp/ppp_body.h"
#include "sstp/error.h"
#include "lib/base/text.h"
#include "tests/golden/golden.h"

#define RING 256

struct subject {
	struct ppp ppp;
	struct sstp_config cfg;
	struct drbg random;
	struct outq out;
	struct tracer trace;
	struct sstp_trace ring[RING];
	bool bypass;
	bool octets;
};

static void copy_arg(struct golden_args *a, const char *key, char *out, size_t size)
{
	const char *v = golden_arg(a, key);

	if (v)
		strncat(out, v, size - 1);
}

static const char *read_ip(struct golden_args *a, const char *key, uint8_t ip[4])
{
	const char *v = golden_arg(a, key);

	return v && inet_pton(AF_INET, v, ip) != 1 ? "not an IPv4 address" : NULL;
}

static const char *read_methods(struct golden_args *a, enum sstp_auth *out)
{
	static const char *const names[SSTP_AUTHS] = {
		[SSTP_AUTH_PAP] = "pap",
		[SSTP_AUTH_CHAP_MD5] = "chap-md5",
		[SSTP_AUTH_MSCHAPV2] = "mschapv2",
		[SSTP_AUTH_EAP_MD5] = "eap-md5",
		[SSTP_AUTH_EAP_MSCHAPV2] = "eap-mschapv2",
	};
	const char *v = golden_arg(a, "auth");

	for (unsigned n = 0; v && n + 1 < SSTP_AUTHS; n++) {
		size_t len = strcspn(v, ",");
		int m = SSTP_AUTHS - 1;

		while (m && (strlen(names[m]) != len || strncmp(names[m], v, len) != 0))
			m--;
		if (!m)
			return "no such authentication method";
		out[n] = (enum sstp_auth)m;
		v = v[len] ? v + len + 1 : NULL;
	}
	return NULL;
}

static const char *open_subject(void *self, struct golden_args *config)
{
	struct subject *s = self;
	struct sstp_config *c = &s->cfg;
	const char *role = golden_arg(config, "role");
	const char *complaint = read_methods(config, c->auth);
	uint8_t seed[32];

	if (!role || (strcmp(role, "server") != 0 && strcmp(role, "client") != 0))
		return "config role=server or role=client is needed";
	c->role = !strcmp(role, "server") ? SSTP_SERVER : SSTP_CLIENT;
	golden_octets(config, "seed", seed, sizeof(seed));
	golden_octets(config, "id", c->addr.ip6_local_id, IFID);
	if (!complaint)
		complaint = read_ip(config, "ip", c->addr.ip4_local);
	copy_arg(config, "user", c->user, sizeof(c->user));
	copy_arg(config, "password", c->password, sizeof(c->password));
	copy_arg(config, "name", c->name, sizeof(c->name));
	c->mru = (uint16_t)golden_number(config, "mru", 0);
	c->ppp_restart_ms = (uint32_t)golden_number(config, "restart", 0);
	c->auth_ms = (uint32_t)golden_number(config, "total", 0);
	c->no_ip4 = golden_flag(config, "no-ip4");
	c->no_ip6 = golden_flag(config, "no-ip6");
	c->want_dns = golden_flag(config, "want-dns");
	s->bypass = golden_flag(config, "bypass");
	s->octets = golden_flag(config, "octets");
	drbg_init(&s->random, seed);
	tracer_init(&s->trace, s->ring, RING);
	outq_init(&s->out);
	ppp_init(&s->ppp, c, &s->random, &s->out, &s->trace);
	return complaint;
}

static void feed(void *self, uint8_t *p, size_t n, uint64_t now)
{
	struct subject *s = self;

	s->trace.now = now;
	ppp_input(&s->ppp, rd_init(p, n), now);
}

static const char *answer(struct subject *s, bool accept, struct golden_args *args, uint64_t now)
{
	struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_REJECT};
	const char *error = golden_arg(args, "error");

	a.err = error ? -(int)golden_number(args, "error", 0) : SSTP_E_AUTH_FAILED;
	if (accept) {
		a.verdict = SSTP_ANSWER_SECRET;
		a.has_password = true;
		copy_arg(args, "password", a.password, sizeof(a.password));
	}
	ppp_answer(&s->ppp, &a, now);
	return NULL;
}

static const char *assign(struct subject *s, struct golden_args *args, uint64_t now)
{
	struct sstp_addresses a = {0};
	const char *complaint = read_ip(args, "local", a.ip4_local);

	complaint = complaint ? complaint : read_ip(args, "peer", a.ip4_peer);
	complaint = complaint ? complaint : read_ip(args, "dns1", a.dns4[0]);
	complaint = complaint ? complaint : read_ip(args, "dns2", a.dns4[1]);
	complaint = complaint ? complaint : read_ip(args, "nbns1", a.nbns4[0]);
	complaint = complaint ? complaint : read_ip(args, "nbns2", a.nbns4[1]);
	golden_octets(args, "id", a.ip6_local_id, IFID);
	golden_octets(args, "peer-id", a.ip6_peer_id, IFID);
	ppp_assign(&s->ppp, &a, now);
	return complaint;
}

static const char *verb(void *self, const char *name, struct golden_args *args, uint64_t now)
{
	struct subject *s = self;

	s->trace.now = now;
	if (!strcmp(name, "up"))
		ppp_up(&s->ppp, s->bypass, now);
	else if (!strcmp(name, "down"))
		ppp_down(&s->ppp, now);
	else if (!strcmp(name, "close"))
		ppp_close(&s->ppp, now);
	else if (!strcmp(name, "echo"))
		ppp_echo(&s->ppp, now);
	else if (!strcmp(name, "accept") || !strcmp(name, "refuse"))
		return answer(s, *name == 'a', args, now);
	else if (!strcmp(name, "assign"))
		return assign(s, args, now);
	else
		return "ppp does not know this verb";
	return NULL;
}

static uint64_t deadline(void *self)
{
	struct subject *s = self;

	return ppp_deadline(&s->ppp);
}

static void tick(void *self, uint64_t now)
{
	struct subject *s = self;

	s->trace.now = now;
	ppp_tick(&s->ppp, now);
}

/* Writes " key=a.b.c.d", nothing for no address. */
static void put_ip(struct text *t, const char *key, const uint8_t ip[4])
{
	if (!memcmp(ip, "\0\0\0\0", 4))
		return;
	text_key(t, key);
	text_ip4(t, ip);
}

static void log_address(struct golden_log *log, const struct sstp_addresses *a)
{
	char line[256];
	struct text t = text_init(line, sizeof(line));

	put_ip(&t, "local", a->ip4_local);
	put_ip(&t, "peer", a->ip4_peer);
	put_ip(&t, "dns1", a->dns4[0]);
	put_ip(&t, "dns2", a->dns4[1]);
	put_ip(&t, "nbns1", a->nbns4[0]);
	put_ip(&t, "nbns2", a->nbns4[1]);
	golden_line(log, "event ip4-up%s", line);
}

static void log_ids(struct golden_log *log, const struct sstp_addresses *a)
{
	char line[128];
	struct text t = text_init(line, sizeof(line));

	text_key(&t, "local");
	text_hexbytes(&t, a->ip6_local_id, IFID);
	text_key(&t, "peer");
	text_hexbytes(&t, a->ip6_peer_id, IFID);
	golden_line(log, "event ip6-up%s", line);
}

static void log_key(struct subject *s, struct golden_log *log, const struct ppp_info *info)
{
	char line[80];
	struct text t = text_init(line, sizeof(line));
	uint8_t key[32];
	int err = ppp_hlak(&s->ppp, key);

	text_hexbytes(&t, key, sizeof(key));
	golden_line(log, "event authenticated user=\"%s\" key=%s%s%s", info->user, line,
		    err ? " " : "", err ? sstp_err_name(err) : "");
}

static void log_request(struct subject *s, struct golden_log *log)
{
	const struct sstp_auth_request *r = ppp_auth_request(&s->ppp);

	golden_line(log, "event need-auth method=%u user=\"%s\"%s", r ? r->method : 0,
		    r ? r->user : "", r && r->password ? " with a password" : "");
}

static void log_events(struct subject *s, struct golden_log *log)
{
	unsigned ev = ppp_events(&s->ppp);
	struct ppp_info info;

	ppp_info(&s->ppp, &info);
	if (ev & PPP_EV_LCP_UP)
		golden_line(log, "event lcp-up peer-mru=%u", info.peer_mru);
	if (ev & PPP_EV_NEED_AUTH)
		log_request(s, log);
	if (ev & PPP_EV_AUTHENTICATED)
		log_key(s, log, &info);
	if (ev & PPP_EV_NEED_ADDRESS)
		golden_line(log, "event need-address");
	if (ev & PPP_EV_IP4_DOWN)
		golden_line(log, "event ip4-down");
	if (ev & PPP_EV_IP6_DOWN)
		golden_line(log, "event ip6-down");
	if (ev & PPP_EV_IP4_UP)
		log_address(log, info.addr);
	if (ev & PPP_EV_IP6_UP)
		log_ids(log, info.addr);
	if (ev & PPP_EV_DOWN)
		golden_line(log, "event down %s by-%s%s%s", sstp_err_name(info.err),
			    info.by_peer ? "peer" : "us", *info.message ? " message=" : "",
			    info.message);
}

static void drain(void *self, struct golden_log *log)
{
	struct subject *s = self;
	const uint8_t *unit;
	size_t n;

	golden_trace(log, &s->trace);
	while ((n = outq_peek(&s->out, &unit))) {
		/* The first four octets are the SSTP header's room. */
		if (s->octets)
			golden_hex(log, ">", unit + 4, n - 4);
		outq_sent(&s->out, n);
	}
	log_events(s, log);
}

static void close_subject(void *self)
{
	struct subject *s = self;

	ppp_fini(&s->ppp);
}

const struct golden_subject golden_subject = {
	.name = "ppp",
	.size = sizeof(struct subject),
	.stream = false,
	.open = open_subject,
	.feed = feed,
	.verb = verb,
	.deadline = deadline,
	.tick = tick,
	.drain = drain,
	.close = close_subject,
};
