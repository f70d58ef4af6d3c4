/* SPDX-License-Identifier: MIT */
/*
 * A whole link, lib/link/link.c and lib/link/look.c, for golden tests. config: role=server|client
 * seed=OCTETS auth=METHOD user=NAME password=TEXT host=NAME cookie=TEXT bypass sha1 sha256 no-ip4
 * no-ip6 dns mtu=N mru=N, and the times http-ms=, negotiation-ms=, hello-ms=. The certificate's
 * hashes are 32 times 11 and 20 times 22. Verbs: answer password=TEXT | answer hash=OCTETS | answer
 * accept hlak=OCTETS | answer reject, assign (10.0.0.1 and 10.0.0.2, ::1 and ::2), no-address,
 * cookie valid|invalid, send n=N version=4|6, ping, close, eof. The log is the link's trace, a line
 * for each IP packet handed out, and why it ended.
 */
#include <string.h>

#include "sstp/link.h"
#include "lib/base/text.h"
#include "tests/golden/golden.h"

#define RING      128
#define LINK_SIZE 65536
#define LINES     16384

struct subject {
	struct sstp_trace ring[RING];
	char host[256], cookie[256];
	bool down;
	struct text lines; /* what happened since the last drain */
	char lines_buf[LINES];
	_Alignas(16) uint8_t link[LINK_SIZE];
};

static struct sstp_link *link_of(struct subject *s)
{
	return (struct sstp_link *)(void *)s->link;
}

/* Takes what the link has told: trace into lines, events and output to nowhere, for the trace has
 * them. */
static void attend(struct subject *s)
{
	struct sstp_link *l = link_of(s);
	struct sstp_event ev;
	struct sstp_trace t;
	const uint8_t *p;
	char line[1024];
	size_t n;

	while (sstp_link_trace(l, &t)) {
		sstp_trace_text(&t, line, sizeof(line));
		text_str(&s->lines, line);
		text_char(&s->lines, '\n');
	}
	while (sstp_link_event(l, &ev))
		s->down |= ev.type == SSTP_EV_DOWN;
	while ((n = sstp_link_output(l, &p)))
		sstp_link_sent(l, n);
}

static enum sstp_auth find_method(const char *name)
{
	for (int i = 1; name && i < SSTP_AUTHS; i++)
		if (!strcmp(name, sstp_auth_name((enum sstp_auth)i)))
			return (enum sstp_auth)i;
	return SSTP_AUTH_NONE;
}

static void copy_arg(struct golden_args *a, const char *key, char *out, size_t size)
{
	const char *v = golden_arg(a, key);

	if (v)
		strncat(out, v, size - 1);
}

static void read_config(struct subject *s, struct golden_args *a, struct sstp_config *c)
{
	const char *role = golden_arg(a, "role");

	c->role = role && !strcmp(role, "client") ? SSTP_CLIENT : SSTP_SERVER;
	golden_octets(a, "seed", c->seed, sizeof(c->seed));
	c->trace = s->ring;
	c->trace_n = RING;
	memset(c->cert_sha256, 0x11, sizeof(c->cert_sha256));
	memset(c->cert_sha1, 0x22, sizeof(c->cert_sha1));
	c->hashes = (uint8_t)(golden_flag(a, "sha1") * SSTP_HASH_SHA1 +
			      golden_flag(a, "sha256") * SSTP_HASH_SHA256);
	c->auth[0] = find_method(golden_arg(a, "auth"));
	copy_arg(a, "user", c->user, sizeof(c->user));
	copy_arg(a, "password", c->password, sizeof(c->password));
	copy_arg(a, "host", s->host, sizeof(s->host));
	copy_arg(a, "cookie", s->cookie, sizeof(s->cookie));
	c->host = s->host[0] ? s->host : NULL;
	c->cookie = s->cookie[0] ? s->cookie : NULL;
	c->bypass = golden_flag(a, "bypass");
	c->no_ip4 = golden_flag(a, "no-ip4");
	c->no_ip6 = golden_flag(a, "no-ip6");
	c->want_dns = golden_flag(a, "dns");
	c->mtu = (uint16_t)golden_number(a, "mtu", 0);
	c->mru = (uint16_t)golden_number(a, "mru", 0);
	c->http_ms = (uint32_t)golden_number(a, "http-ms", 0);
	c->negotiation_ms = (uint32_t)golden_number(a, "negotiation-ms", 0);
	c->hello_ms = (uint32_t)golden_number(a, "hello-ms", 0);
}

static const char *open_subject(void *self, struct golden_args *config)
{
	struct subject *s = self;
	struct sstp_config c = {0};

	if (sstp_link_size() > sizeof(s->link))
		return "a link is larger than this subject's memory for it";
	s->lines = text_init(s->lines_buf, sizeof(s->lines_buf));
	read_config(s, config, &c);
	if (sstp_link_init(s->link, &c, 0))
		return "the link refuses this configuration";
	attend(s);
	return NULL;
}

static void feed(void *self, uint8_t *p, size_t n, uint64_t now)
{
	struct subject *s = self;
	char line[80];

	for (size_t at = 0, taken; at < n; at += taken) {
		uint8_t *packet;
		size_t len;

		taken = sstp_link_input(link_of(s), p + at, n - at, now);
		attend(s);
		len = sstp_link_packet(link_of(s), &packet);
		if (len) {
			struct text t = text_init(line, sizeof(line));

			text_dec(&t, now);
			text_str(&t, " < packet of ");
			text_dec(&t, len);
			text_str(&t, " octets: ");
			text_hexbytes(&t, packet, len < 8 ? len : 8);
			text_str(&s->lines, line);
			text_char(&s->lines, '\n');
		}
		if (!taken)
			return; /* it waits for an answer: the rest is lost to this test */
	}
}

static void answer(struct subject *s, struct golden_args *args, uint64_t now)
{
	struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_SECRET};

	if (golden_flag(args, "reject")) {
		a.verdict = SSTP_ANSWER_REJECT;
		a.err = SSTP_E_AUTH_FAILED;
	} else if (golden_flag(args, "accept")) {
		a.verdict = SSTP_ANSWER_ACCEPT;
	}
	copy_arg(args, "password", a.password, sizeof(a.password));
	a.has_password = a.password[0];
	a.has_nt_hash = golden_octets(args, "hash", a.nt_hash, sizeof(a.nt_hash)) == 16;
	a.has_hlak = golden_octets(args, "hlak", a.hlak, sizeof(a.hlak)) == 32;
	sstp_link_answer(link_of(s), &a, now);
}

static void send_packet(struct subject *s, struct golden_args *args, uint64_t now)
{
	uint8_t buf[SSTP_HEADROOM + 4096] = {0};
	size_t n = (size_t)golden_number(args, "n", 40);
	uint8_t *p = buf + SSTP_HEADROOM;
	int err;

	p[0] = (uint8_t)(golden_number(args, "version", 4) << 4);
	err = sstp_link_send(link_of(s), p, n <= 4096 ? n : 4096, now);
	text_dec(&s->lines, now);
	text_str(&s->lines, err ? " ! not sent: " : " > packet framed: ");
	if (err)
		text_str(&s->lines, sstp_err_name(err));
	else
		text_hexbytes(&s->lines, buf, SSTP_HEADROOM + 1);
	text_char(&s->lines, '\n');
}

static const char *verb(void *self, const char *name, struct golden_args *args, uint64_t now)
{
	static const struct sstp_addresses addr = {
		.ip4_local = {10, 0, 0, 1},
		.ip4_peer = {10, 0, 0, 2},
		.dns4 = {{10, 0, 0, 53}},
		.ip6_local_id = {0, 0, 0, 0, 0, 0, 0, 1},
		.ip6_peer_id = {0, 0, 0, 0, 0, 0, 0, 2},
	};
	struct subject *s = self;
	struct sstp_link *l = link_of(s);

	if (!strcmp(name, "answer"))
		answer(s, args, now);
	else if (!strcmp(name, "assign"))
		sstp_link_assign(l, &addr, now);
	else if (!strcmp(name, "no-address"))
		sstp_link_assign(l, NULL, now);
	else if (!strcmp(name, "cookie"))
		sstp_link_answer_cookie(l, golden_flag(args, "valid"), now);
	else if (!strcmp(name, "send"))
		send_packet(s, args, now);
	else if (!strcmp(name, "ping"))
		sstp_link_ping(l, now);
	else if (!strcmp(name, "close"))
		sstp_link_close(l, SSTP_E_USER, now);
	else if (!strcmp(name, "eof"))
		sstp_link_eof(l, now);
	else
		return "link does not know this verb";
	golden_flag(args, "invalid");
	attend(s);
	return NULL;
}

static uint64_t deadline(void *self)
{
	return sstp_link_deadline(link_of(self));
}

static void tick(void *self, uint64_t now)
{
	sstp_link_tick(link_of(self), now);
	attend(self);
}

static void drain(void *self, struct golden_log *log)
{
	struct subject *s = self;
	char *line = s->lines_buf, *end;

	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		golden_line(log, "%s", line);
		line = end + 1;
	}
	s->lines = text_init(s->lines_buf, sizeof(s->lines_buf));
	if (s->down) {
		struct sstp_why why = sstp_link_why(link_of(s));
		char text[512];

		sstp_why_text(&why, text, sizeof(text));
		golden_line(log, "over: %s", text);
		s->down = false;
	}
}

static void close_subject(void *self)
{
	sstp_link_fini(link_of(self));
}

const struct golden_subject golden_subject = {
	.name = "link",
	.size = sizeof(struct subject),
	.stream = true,
	.open = open_subject,
	.feed = feed,
	.verb = verb,
	.deadline = deadline,
	.tick = tick,
	.drain = drain,
	.close = close_subject,
};
