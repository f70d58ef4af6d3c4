/* SPDX-License-Identifier: MIT */
/*
 * Records calls between two links as golden tests: what one side received, and when its owner did
 * what, is all that the other side's run depends on. "record_pair > tests/golden/link/calls.md" and
 * tools/bless write the file anew when the protocol's words on the wire have changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sstp/link.h"

struct end {
	struct sstp_link *link;
	const char *name;
	char script[65536];
	size_t n;
	bool up, down;
};

static void note(struct end *e, const char *text)
{
	int room = (int)(sizeof(e->script) - e->n);
	int n = snprintf(e->script + e->n, (size_t)room, "%s\n", text);

	if (n >= room)
		abort();
	e->n += (size_t)n;
}

static void note_bytes(struct end *e, const uint8_t *p, size_t n)
{
	static char line[65536];
	size_t at = 0;

	at += (size_t)snprintf(line, sizeof(line), "<");
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%02x",
				       i && i % 28 == 0 ? "\n  " : " ", p[i]);
	note(e, line);
}

static void start(struct end *e, const char *name, struct sstp_config *c)
{
	e->link = malloc(sstp_link_size());
	e->name = name;
	e->n = 0;
	e->up = e->down = false;
	memset(c->cert_sha256, 0x11, sizeof(c->cert_sha256));
	memset(c->cert_sha1, 0x22, sizeof(c->cert_sha1));
	if (!e->link || sstp_link_init(e->link, c, 0))
		abort();
}

static void attend(struct end *e)
{
	static const struct sstp_addresses addr = {
		.ip4_local = {10, 0, 0, 1},
		.ip4_peer = {10, 0, 0, 2},
		.dns4 = {{10, 0, 0, 53}},
		.ip6_local_id = {0, 0, 0, 0, 0, 0, 0, 1},
		.ip6_peer_id = {0, 0, 0, 0, 0, 0, 0, 2},
	};
	struct sstp_event ev;

	while (sstp_link_event(e->link, &ev)) {
		struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};

		e->up |= ev.type == SSTP_EV_IP6_UP;
		e->down |= ev.type == SSTP_EV_DOWN;
		if (ev.type == SSTP_EV_NEED_AUTH) {
			strcpy(a.password, "clientPass");
			note(e, "answer password=clientPass");
			sstp_link_answer(e->link, &a, 0);
		} else if (ev.type == SSTP_EV_NEED_ADDRESS) {
			note(e, "assign");
			sstp_link_assign(e->link, &addr, 0);
		}
	}
}

static bool move(struct end *from, struct end *to)
{
	uint8_t buf[16384], *packet;
	const uint8_t *p;
	size_t n = sstp_link_output(from->link, &p);

	if (!n)
		return false;
	memcpy(buf, p, n);
	sstp_link_sent(from->link, n);
	note_bytes(to, buf, n);
	for (size_t at = 0, taken; at < n; at += taken) {
		taken = sstp_link_input(to->link, buf + at, n - at, 0);
		sstp_link_packet(to->link, &packet);
		attend(to);
		if (!taken)
			abort(); /* nothing here asks a question that is not answered at once */
	}
	return true;
}

static void talk(struct end *c, struct end *s)
{
	bool moved;

	do {
		attend(c);
		attend(s);
		moved = move(c, s);
		moved |= move(s, c);
	} while (moved);
}

static void print(const struct end *e, const char *method, const char *what, const char *config)
{
	printf("## The %s's side of a call by %s%s\n\n```in\nconfig role=%s auth=%s "
	       "%s\n%s```\n```log\n```\n\n",
	       e->name, method, what, e->name, method, config, e->script);
}

static void record(enum sstp_auth method, bool wrong)
{
	static struct end c, s;
	struct sstp_config cc = {.role = SSTP_CLIENT, .host = "vpn.example.org", .want_dns = true};
	struct sstp_config sc = {.role = SSTP_SERVER};
	const char *what = wrong ? " with a wrong password" : "";
	const char *name = sstp_auth_name(method);

	cc.seed[0] = 1;
	sc.seed[0] = 2;
	cc.auth[0] = sc.auth[0] = method;
	strcpy(cc.user, "User");
	strcpy(cc.password, wrong ? "wrongPass" : "clientPass");
	start(&c, "client", &cc);
	start(&s, "server", &sc);
	talk(&c, &s);
	if (c.up != !wrong || s.up != !wrong)
		abort();
	if (!wrong) {
		note(&c, "send n=40");
		note(&c, "close");
		sstp_link_close(c.link, SSTP_E_USER, 0);
		talk(&c, &s);
		note(&s, "eof");
		note(&c, "at 6000");
	}
	print(&s, name, what, "seed=02");
	print(&c, name, what,
	      wrong ? "seed=01 host=vpn.example.org dns user=User password=wrongPass"
		    : "seed=01 host=vpn.example.org dns user=User password=clientPass");
	sstp_link_fini(c.link);
	sstp_link_fini(s.link);
	free(c.link);
	free(s.link);
}

int main(void)
{
	printf("# Whole calls, each side by itself\n\n"
	       "Recorded by record_pair, octet by octet as the other side sent them: the "
	       "certificate's\n"
	       "hashes agree, the password is clientPass.\n\n");
	for (int m = SSTP_AUTH_PAP; m < SSTP_AUTHS; m++)
		record((enum sstp_auth)m, false);
	for (int m = SSTP_AUTH_PAP; m < SSTP_AUTHS; m++)
		record((enum sstp_auth)m, true);
	return 0;
}
