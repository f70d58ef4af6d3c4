/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/ppp.c: a client and a server joined in memory, well and badly. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/ppp_rig.h"

#define BOTH_UP (PPP_EV_IP4_UP | PPP_EV_IP6_UP)

static struct wire w;

static const enum sstp_auth all_methods[] = {SSTP_AUTH_PAP, SSTP_AUTH_CHAP_MD5, SSTP_AUTH_MSCHAPV2,
					     SSTP_AUTH_EAP_MD5, SSTP_AUTH_EAP_MSCHAPV2};

/* Sets the methods whose bits are in `set`, in the order above. */
static void set_methods(struct rig *r, unsigned set)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 5; i++)
		if (set & 1u << i)
			r->cfg.auth[n++] = all_methods[i];
	r->cfg.auth[n] = SSTP_AUTH_NONE;
}

static enum sstp_auth method_of(struct rig *r)
{
	struct ppp_info info;

	ppp_info(&r->ppp, &info);
	return info.auth;
}

static int error_of(struct rig *r)
{
	struct ppp_info info;

	ppp_info(&r->ppp, &info);
	return info.err;
}

static void test_each_method_leads_to_both_networks_and_equal_keys(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		uint8_t a[32], b[32];

		wire_init(&w, (uint8_t)i);
		set_methods(&w.client, 1u << i);
		set_methods(&w.server, 1u << i);
		wire_start(&w, false);
		assert_int_equal(w.client.events & BOTH_UP, BOTH_UP);
		assert_int_equal(w.server.events & BOTH_UP, BOTH_UP);
		assert_int_equal(method_of(&w.client), all_methods[i]);
		assert_int_equal(method_of(&w.server), all_methods[i]);
		assert_int_equal(ppp_hlak(&w.client.ppp, a), 0);
		assert_int_equal(ppp_hlak(&w.server.ppp, b), 0);
		assert_memory_equal(a, b, 32);
		assert_memory_equal(w.client.ppp.agreed.ip4_local, "\x0a\0\0\2", 4);
		assert_memory_equal(w.client.ppp.agreed.ip4_peer, "\x0a\0\0\1", 4);
		assert_memory_equal(w.client.ppp.agreed.dns4[1], "\1\1\1\1", 4);
		assert_memory_equal(w.client.ppp.agreed.ip6_local_id, w.lease.ip6_peer_id, IFID);
		assert_memory_equal(w.server.ppp.agreed.ip6_peer_id, w.lease.ip6_peer_id, IFID);
		assert_string_equal(w.server.ppp.auth.user, "alice");
		wire_fini(&w);
	}
}

static void test_any_two_lists_of_methods_meet_in_a_common_one_or_part(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 32; c++)
		for (unsigned s = 1; s < 32; s++) {
			unsigned common = c & s;

			wire_init(&w, (uint8_t)(c * 32 + s));
			set_methods(&w.client, c);
			set_methods(&w.server, s);
			wire_start(&w, false);
			wire_wait(&w, 100000);
			if (common) {
				enum sstp_auth m = method_of(&w.server);
				unsigned at = 0;

				while (all_methods[at] != m)
					at++;
				assert_true(common & 1u << at);
				assert_int_equal(method_of(&w.client), m);
				assert_int_equal(w.client.events & BOTH_UP, BOTH_UP);
			} else {
				assert_int_equal(w.client.told, 1);
				assert_int_equal(w.server.told, 1);
				assert_false(w.server.events & PPP_EV_AUTHENTICATED);
				assert_false(w.client.events & PPP_EV_AUTHENTICATED);
			}
			wire_fini(&w);
		}
}

static void test_each_choice_of_networks_comes_up_or_ends(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 64; set++) {
		bool ip4 = !(set & 1) && !(set & 4) && !(set & 16);
		bool ip6 = !(set & 2) && !(set & 8) && !(set & 32);

		wire_init(&w, (uint8_t)set);
		w.client.cfg.no_ip4 = set & 1;
		w.client.cfg.no_ip6 = set & 2;
		w.server.cfg.no_ip4 = set & 4;
		w.server.cfg.no_ip6 = set & 8;
		if (set & 16)
			memset(w.lease.ip4_local, 0, 4), memset(w.lease.ip4_peer, 0, 4);
		if (set & 32)
			memset(w.lease.ip6_local_id, 0, IFID), memset(w.lease.ip6_peer_id, 0, IFID);
		wire_start(&w, true);
		assert_int_equal(!!(w.client.events & PPP_EV_IP4_UP), ip4);
		assert_int_equal(!!(w.server.events & PPP_EV_IP4_UP), ip4);
		assert_int_equal(!!(w.client.events & PPP_EV_IP6_UP), ip6);
		assert_int_equal(!!(w.server.events & PPP_EV_IP6_UP), ip6);
		if (!ip4 && !ip6) {
			assert_int_equal(w.client.told, 1);
			assert_int_equal(w.server.told, 1);
		}
		wire_fini(&w);
	}
}

static void test_bypass_needs_no_password_and_makes_zero_keys(void **state)
{
	uint8_t key[32];

	(void)state;
	wire_init(&w, 1);
	w.password = "other";
	wire_start(&w, true);
	assert_int_equal(w.client.events & BOTH_UP, BOTH_UP);
	assert_int_equal(ppp_hlak(&w.client.ppp, key), 0);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(key[i], 0);
	wire_fini(&w);
}

static void test_a_client_with_bypass_authenticates_to_a_server_without(void **state)
{
	(void)state;
	wire_init(&w, 1);
	rig_start(&w.server, false);
	rig_start(&w.client, true);
	wire_settle(&w);
	assert_int_equal(w.client.events & BOTH_UP, BOTH_UP);
	assert_int_equal(method_of(&w.client), SSTP_AUTH_MSCHAPV2);
	wire_fini(&w);
}

static void test_a_server_with_bypass_is_left_by_a_client_without(void **state)
{
	(void)state;
	wire_init(&w, 1);
	rig_start(&w.server, true);
	rig_start(&w.client, false);
	wire_settle(&w);
	assert_false(w.client.events & PPP_EV_AUTHENTICATED);
	assert_int_equal(error_of(&w.client), SSTP_E_AUTH_NONE);
	wire_fini(&w);
}

static void test_a_wrong_password_ends_both_ends_for_each_method(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		wire_init(&w, (uint8_t)i);
		set_methods(&w.client, 1u << i);
		set_methods(&w.server, 1u << i);
		w.password = "wonder124";
		wire_start(&w, false);
		wire_wait(&w, 100000);
		assert_false(w.server.events & PPP_EV_AUTHENTICATED);
		assert_false(w.client.events & PPP_EV_AUTHENTICATED);
		assert_int_equal(error_of(&w.server), SSTP_E_AUTH_FAILED);
		assert_int_equal(error_of(&w.client), SSTP_E_AUTH_FAILED);
		assert_int_equal(w.client.told, 1);
		assert_int_equal(w.server.told, 1);
		wire_fini(&w);
	}
}

/*
 * SSTP runs over TCP and loses nothing; the automaton's retransmission is there all the same.
 * Authentication is spared: a CHAP Success that is lost is lost for good (RFC 1994 4.2).
 */
static void test_lost_frames_are_made_good(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 60; seed++) {
		wire_init(&w, (uint8_t)seed);
		w.lose = 3 + seed % 12;
		w.seed = seed;
		wire_start(&w, false);
		wire_wait(&w, 50000);
		assert_int_equal(w.client.events & BOTH_UP, BOTH_UP);
		assert_int_equal(w.server.events & BOTH_UP, BOTH_UP);
		wire_fini(&w);
	}
}

/* Flips bits, cuts, lengthens or repeats parts of one frame in four. */
static void mutate(struct wire *x, uint8_t *frame, size_t *n)
{
	uint32_t how = wire_random(x) % 16;

	if (how == 0)
		frame[wire_random(x) % *n] ^= (uint8_t)(1u << wire_random(x) % 8);
	else if (how == 1)
		*n = wire_random(x) % (*n + 1);
	else if (how == 2)
		frame[wire_random(x) % *n] = (uint8_t)wire_random(x);
	else if (how == 3 && *n > 8)
		frame[4] = (uint8_t)(wire_random(x) % 16);
	else if (how == 4 && *n > 8)
		memmove(frame + 8, frame + 6, *n - 8);
}

static void test_damaged_frames_break_nothing_and_let_nobody_in(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 1500; seed++) {
		wire_init(&w, (uint8_t)seed);
		set_methods(&w.client, 1 + seed % 31);
		set_methods(&w.server, 1 + seed / 31 % 31);
		w.password = seed & 1 ? "wonder123" : "wonder124";
		w.damage = mutate;
		w.seed = seed;
		wire_start(&w, false);
		wire_wait(&w, 70000);
		if (!(seed & 1))
			assert_false(w.server.events & PPP_EV_AUTHENTICATED);
		assert_true(w.client.told <= 1 && w.server.told <= 1);
		if (w.server.events & PPP_EV_IP4_UP)
			assert_true(w.server.events & PPP_EV_AUTHENTICATED);
		w.damage = NULL;
		ppp_close(&w.client.ppp, w.client.now);
		ppp_close(&w.server.ppp, w.server.now);
		wire_wait(&w, 90000);
		assert_true(w.client.told == 1 && w.server.told == 1);
		wire_fini(&w);
	}
}

static void test_random_frames_of_known_protocols_break_nothing(void **state)
{
	static const uint8_t protocols[][2] = {{0xc0, 0x21}, {0x80, 0x21}, {0x80, 0x57},
					       {0xc2, 0x23}, {0xc2, 0x27}, {0xc0, 0x23}};

	(void)state;
	for (uint32_t seed = 0; seed < 300; seed++) {
		wire_init(&w, (uint8_t)seed);
		w.seed = seed;
		wire_start(&w, seed & 1);
		for (unsigned k = 0; k < 60; k++) {
			uint8_t frame[64] = {0xff, 0x03};
			struct rig *to = wire_random(&w) & 1 ? &w.server : &w.client;
			size_t len = 4 + wire_random(&w) % 24;

			memcpy(frame + 2, protocols[wire_random(&w) % 6], 2);
			for (size_t i = 4; i < 4 + len; i++)
				frame[i] = (uint8_t)(wire_random(&w) % 12);
			frame[6] = 0;
			frame[7] = (uint8_t)len;
			rig_feed_bytes(to, frame, 4 + len);
			wire_settle(&w);
		}
		wire_wait(&w, 60000);
		assert_true(w.client.told <= 1 && w.server.told <= 1);
		wire_fini(&w);
	}
}

/* The first frame of each kind as it was sent in a good session. */
struct recording {
	size_t n;
	uint8_t bytes[40][256];
	size_t len[40];
};

static struct recording heard; /* by the server */

static void record(struct wire *x, uint8_t *frame, size_t *n)
{
	(void)x;
	if (heard.n < 40 && *n <= 256) {
		memcpy(heard.bytes[heard.n], frame, *n);
		heard.len[heard.n++] = *n;
	}
}

static void test_every_truncation_of_every_frame_of_a_session_is_survived(void **state)
{
	(void)state;
	heard.n = 0;
	wire_init(&w, 9);
	w.damage = record;
	wire_start(&w, false);
	wire_fini(&w);
	assert_true(heard.n > 12);
	for (size_t i = 0; i < heard.n; i++)
		for (size_t cut = 0; cut < heard.len[i]; cut++) {
			wire_init(&w, 9);
			wire_start(&w, false);
			rig_feed_bytes(&w.server, heard.bytes[i], cut);
			rig_feed_bytes(&w.client, heard.bytes[i], cut);
			wire_settle(&w);
			assert_int_equal(w.server.told + w.client.told, 0);
			wire_fini(&w);
		}
}

static void test_a_looped_wire_is_noticed_in_both_roles(void **state)
{
	(void)state;
	for (int role = SSTP_CLIENT; role <= SSTP_SERVER; role++) {
		struct rig *r = &w.client;

		wire_init(&w, 3);
		rig_init(r, (enum sstp_role)role, 3);
		rig_start(r, false);
		for (unsigned i = 0; i < 200; i++)
			wire_move(&w, r, r);
		assert_int_equal(r->told, 1);
		assert_int_equal(error_of(r), SSTP_E_PPP_LOOP);
		rig_fini(r);
	}
}

static void test_nothing_of_the_network_phase_leaves_before_success_is_told(void **state)
{
	struct rig *c = &w.client;
	bool authenticated = false;

	(void)state;
	wire_init(&w, 4);
	rig_start(&w.server, false);
	rig_start(c, false);
	for (unsigned i = 0; i < 200; i++) {
		const uint8_t *unit;

		if (outq_peek(&c->out, &unit) && unit[6] == 0x80)
			assert_true(authenticated);
		wire_move(&w, c, &w.server);
		wire_move(&w, &w.server, c);
		authenticated = c->events & PPP_EV_AUTHENTICATED;
		/* What is sent in the same breath as success is no network packet. */
		if (!outq_peek(&c->out, &unit) && authenticated)
			break;
		wire_answer(&w);
	}
	assert_true(authenticated);
	assert_int_equal(outq_peek(&c->out, &(const uint8_t *){NULL}), 0);
	assert_true(ppp_deadline(&c->ppp) <= c->now);
	wire_fini(&w);
}

static void test_who_it_was_is_known_when_it_is_over(void **state)
{
	struct ppp_info info;

	(void)state;
	for (unsigned bad = 0; bad < 2; bad++) {
		wire_init(&w, 5);
		w.password = bad ? "wonder124" : "wonder123";
		wire_start(&w, false);
		ppp_close(&w.client.ppp, w.client.now);
		wire_wait(&w, 20000);
		assert_int_equal(w.server.told, 1);
		ppp_info(&w.server.ppp, &info);
		assert_string_equal(info.user, "alice");
		assert_int_equal(info.auth, SSTP_AUTH_MSCHAPV2);
		wire_fini(&w);
	}
}

static void test_both_ends_may_close_at_once(void **state)
{
	(void)state;
	wire_init(&w, 5);
	wire_start(&w, false);
	ppp_close(&w.client.ppp, w.client.now);
	ppp_close(&w.server.ppp, w.server.now);
	wire_settle(&w);
	assert_int_equal(w.client.told, 1);
	assert_int_equal(w.server.told, 1);
	assert_true(w.client.events & PPP_EV_IP4_DOWN);
	assert_true(w.server.events & PPP_EV_IP6_DOWN);
	assert_int_equal(ppp_deadline(&w.client.ppp), TIME_NEVER);
	wire_fini(&w);
}

static void test_closing_what_never_was_up_is_told_at_once(void **state)
{
	(void)state;
	rig_init(&w.client, SSTP_CLIENT, 1);
	ppp_init(&w.client.ppp, &w.client.cfg, &w.client.random, &w.client.out, &w.client.trace);
	ppp_close(&w.client.ppp, 0);
	assert_int_equal(ppp_events(&w.client.ppp), PPP_EV_DOWN);
	rig_fini(&w.client);
}

static void test_doors_that_are_not_due_do_nothing(void **state)
{
	struct sstp_auth_answer a = {.verdict = SSTP_ANSWER_ACCEPT, .password = "secret"};
	struct rig *s = &w.server;
	uint8_t key[32];

	(void)state;
	wire_init(&w, 1);
	rig_start(s, false);
	ppp_answer(&s->ppp, &a, s->now);
	assert_int_equal(a.password[0], 0);
	ppp_assign(&s->ppp, &w.lease, s->now);
	ppp_echo(&s->ppp, s->now);
	assert_int_equal(ppp_hlak(&s->ppp, key), SSTP_E_NOT_READY);
	assert_null(ppp_auth_request(&s->ppp));
	rig_sent(s);
	assert_string_equal(rig_sent(s), "");
	assert_int_equal(s->events, 0);
	rig_fini(s);
}

static void test_an_address_is_assigned_once_for_each_network_phase(void **state)
{
	struct sstp_addresses other = {.ip4_local = {10, 9, 9, 1}, .ip4_peer = {10, 9, 9, 2}};

	(void)state;
	wire_init(&w, 1);
	wire_start(&w, true);
	ppp_assign(&w.server.ppp, &other, w.server.now);
	wire_settle(&w);
	assert_memory_equal(w.client.ppp.agreed.ip4_local, w.lease.ip4_peer, 4);
	wire_fini(&w);
}

static void test_addresses_are_asked_for_once_in_a_links_life(void **state)
{
	(void)state;
	wire_init(&w, 1);
	rig_start(&w.server, true);
	rig_start(&w.client, true);
	for (unsigned round = 0; round < 5; round++) {
		wire_settle(&w);
		/* the client begins anew, again and again */
		cp_down(&w.client.ppp.lcp.cp, w.client.now);
		cp_up(&w.client.ppp.lcp.cp, w.client.now);
	}
	wire_settle(&w);
	assert_int_equal(w.asked, 1);
	assert_true(w.server.ppp.flows[PPP_NET_IP4] && w.client.ppp.flows[PPP_NET_IP4]);
	wire_fini(&w);
}

/* Has the client begin anew, as somebody else. */
static void come_back_as(const char *user)
{
	cp_down(&w.client.ppp.lcp.cp, w.client.now);
	strcpy(w.client.cfg.user, user);
	cp_up(&w.client.ppp.lcp.cp, w.client.now);
	w.server.events = 0;
	wire_settle(&w);
}

static void test_nobody_else_may_authenticate_on_a_link_that_had_a_user(void **state)
{
	static const char *const others[] = {"alicf", "alic", "alice2", "bob", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		for (unsigned m = 0; m < 5; m++) {
			wire_init(&w, (uint8_t)i);
			set_methods(&w.client, 1u << m);
			set_methods(&w.server, 1u << m);
			wire_start(&w, false);
			come_back_as("alice");
			assert_true(w.server.events & PPP_EV_AUTHENTICATED);
			assert_true(w.server.events & PPP_EV_IP4_UP);
			come_back_as(others[i]);
			assert_false(w.server.events & PPP_EV_AUTHENTICATED);
			assert_int_equal(w.server.told, 1);
			assert_int_equal(error_of(&w.server), SSTP_E_AUTH_AGAIN);
			wire_fini(&w);
		}
}

static void test_a_name_that_was_only_said_is_not_the_first_users(void **state)
{
	struct rig *s = &w.server;

	(void)state;
	wire_init(&w, 3);
	set_methods(&w.client, 1u << 4);
	set_methods(s, 1u << 4);
	wire_start(&w, false);
	/* bob says who he is, and begins anew before he is asked for more */
	cp_down(&w.client.ppp.lcp.cp, w.client.now);
	strcpy(w.client.cfg.user, "bob");
	cp_up(&w.client.ppp.lcp.cp, w.client.now);
	for (unsigned i = 0; i < 50 && strcmp(s->ppp.auth.user, "bob"); i++) {
		wire_move(&w, &w.client, s);
		if (strcmp(s->ppp.auth.user, "bob"))
			wire_move(&w, s, &w.client);
	}
	assert_string_equal(s->ppp.auth.user, "bob");
	assert_false(s->ppp.asking);
	come_back_as("bob");
	assert_false(s->events & PPP_EV_AUTHENTICATED);
	assert_int_equal(error_of(s), SSTP_E_AUTH_AGAIN);
	wire_fini(&w);
}

static void test_what_a_new_negotiation_makes_void_is_not_told(void **state)
{
	static const char begin[] = "\xc0\x21\x01\x09\x00\x04";
	struct rig *s = &w.server;
	struct rig *c = &w.client;

	(void)state;
	/* a request to the owner, and success, that nobody has heard of yet */
	wire_init(&w, 3);
	rig_start(s, false);
	rig_start(c, false);
	for (unsigned i = 0; i < 50 && !ppp_auth_request(&s->ppp); i++) {
		wire_move(&w, c, s);
		wire_move(&w, s, c);
	}
	s->ppp.events |= PPP_EV_NEED_AUTH | PPP_EV_AUTHENTICATED | PPP_EV_LCP_UP;
	ppp_input(&s->ppp, rd_init(begin, 6), s->now);
	assert_false(ppp_events(&s->ppp) &
		     (PPP_EV_NEED_AUTH | PPP_EV_AUTHENTICATED | PPP_EV_LCP_UP));
	wire_fini(&w);
	/* the client's network phase that was about to begin */
	rig_init(c, SSTP_CLIENT, 1);
	rig_open(c);
	assert_int_equal(ppp_deadline(&c->ppp), c->now);
	ppp_input(&c->ppp, rd_init(begin, 6), c->now);
	assert_int_not_equal(ppp_deadline(&c->ppp), c->now);
	rig_fini(c);
	/* a request that waited for addresses */
	rig_init(s, SSTP_SERVER, 1);
	s->cfg.no_ip6 = true;
	rig_open(s);
	rig_feed(s, "8021 0107000a 030600000000");
	assert_int_not_equal(s->ppp.waiting[PPP_NET_IP4].n, 0);
	ppp_input(&s->ppp, rd_init(begin, 6), s->now);
	assert_int_equal(s->ppp.waiting[PPP_NET_IP4].n, 0);
	rig_fini(s);
}

static void test_every_frame_that_goes_nowhere_is_counted(void **state)
{
	static const char *const nowhere[] = {
		"c0",            /* no frame */
		"0021 45000014", /* IPCP is not opened */
		"80fd 01010004", /* no such protocol here */
		"c223 01010004", /* nobody authenticates */
		"8021 02010004", /* no request, and too early for others */
		"8021 010100a5", /* its length is wrong */
		"4321 00",
	};
	struct rig *s = &w.server;
	struct ppp_info info;
	unsigned n = sizeof(nowhere) / sizeof(nowhere[0]);

	(void)state;
	rig_init(s, SSTP_SERVER, 1);
	rig_open(s);
	for (unsigned i = 0; i < n; i++)
		rig_feed(s, nowhere[i]);
	ppp_info(&s->ppp, &info);
	assert_int_equal(info.dropped, n);
	rig_fini(s);
	/* a packet that authentication has no use for counts as well */
	wire_init(&w, 1);
	wire_start(&w, false);
	rig_feed(s, "c223 09010004");
	ppp_info(&s->ppp, &info);
	assert_int_equal(info.dropped, 1);
	wire_fini(&w);
}

static void test_an_early_request_waits_if_it_is_not_too_long(void **state)
{
	struct rig *s = &w.server;

	(void)state;
	wire_init(&w, 1);
	for (size_t n = PPP_WAITING_MAX - 1; n <= PPP_WAITING_MAX + 1; n++) {
		uint8_t frame[4 + PPP_WAITING_MAX + 1] = {0xff, 3, 0x80, 0x21, 1, 1, 0, (uint8_t)n};

		rig_init(s, SSTP_SERVER, 1);
		s->cfg.no_ip6 = true;
		rig_open(s);
		/* one long unknown option */
		frame[8] = 99;
		frame[9] = (uint8_t)(n - 4);
		rig_feed_bytes(s, frame, 4 + n);
		if (n > PPP_WAITING_MAX)
			assert_int_equal(s->ppp.waiting[PPP_NET_IP4].n, 0);
		ppp_assign(&s->ppp, &w.lease, s->now);
		rig_expect(s, "ipcp configure-request id=1 ip-address=10.0.0.1");
		if (n > PPP_WAITING_MAX)
			rig_expect(s, "");
		else
			assert_non_null(strstr(rig_sent(s), "configure-reject id=1 option-99="));
		/* it is not answered twice when LCP begins anew */
		assert_int_equal(s->ppp.waiting[PPP_NET_IP4].n, 0);
		rig_fini(s);
	}
}

static void test_a_network_that_went_down_unheard_was_never_up(void **state)
{
	struct rig *c = &w.client;
	unsigned ev;

	(void)state;
	rig_init(c, SSTP_CLIENT, 1);
	c->cfg.no_ip6 = true;
	rig_open(c);
	rig_wait(c, c->now + 1);
	c->events = 0;
	rig_feed(c, "8021 0101000a 03060a000001");
	/* from here on nobody asks for events */
	ppp_input(&c->ppp, rd_init("\x80\x21\x03\x01\x00\x0a\x03\x06\x0a\x00\x00\x02", 12), c->now);
	ppp_input(&c->ppp, rd_init("\x80\x21\x02\x02\x00\x0a\x03\x06\x0a\x00\x00\x02", 12), c->now);
	assert_true(c->ppp.flows[PPP_NET_IP4]);
	ppp_input(&c->ppp, rd_init("\x80\x21\x05\x05\x00\x04", 6), c->now);
	ev = ppp_events(&c->ppp);
	assert_false(ev & (PPP_EV_IP4_UP | PPP_EV_IP4_DOWN));
	rig_fini(c);
}

static void test_a_change_of_address_is_told_as_down_and_up(void **state)
{
	unsigned ev;

	(void)state;
	wire_init(&w, 1);
	wire_start(&w, true);
	w.client.events = 0;
	memcpy(w.server.ppp.plan.ip4_peer, "\x0a\0\0\x63", 4);
	cp_down(&w.server.ppp.ipcp.cp, w.server.now);
	cp_up(&w.server.ppp.ipcp.cp, w.server.now);
	wire_settle(&w);
	ev = w.client.events;
	assert_true((ev & PPP_EV_IP4_DOWN) && (ev & PPP_EV_IP4_UP));
	assert_memory_equal(w.client.ppp.agreed.ip4_local, "\x0a\0\0\x63", 4);
	wire_fini(&w);
}

static void test_a_full_queue_loses_frames_and_time_makes_them_good(void **state)
{
	struct wr filler;

	(void)state;
	wire_init(&w, 6);
	rig_start(&w.server, false);
	filler = outq_begin(&w.client.out, OUTQ_SIZE - 2);
	wr_zero(&filler, OUTQ_SIZE - 2);
	assert_true(outq_end(&w.client.out, &filler));
	rig_start(&w.client, false);
	rig_wait(&w.client, 5000);
	outq_init(&w.client.out);
	rig_wait(&w.server, 5000);
	wire_wait(&w, 20000);
	assert_int_equal(w.client.events & BOTH_UP, BOTH_UP);
	wire_fini(&w);
}

static void test_going_down_below_ends_everything_in_silence(void **state)
{
	(void)state;
	wire_init(&w, 7);
	wire_start(&w, false);
	w.client.events = 0;
	ppp_down(&w.client.ppp, w.client.now);
	rig_events(&w.client);
	assert_string_equal(rig_sent(&w.client), "");
	assert_int_equal(w.client.events, PPP_EV_IP4_DOWN | PPP_EV_IP6_DOWN);
	assert_int_equal(w.client.ppp.phase, PPP_DEAD);
	assert_int_equal(ppp_deadline(&w.client.ppp), TIME_NEVER);
	wire_fini(&w);
}

static void test_going_down_below_before_lcp_is_up_is_the_same(void **state)
{
	(void)state;
	rig_init(&w.client, SSTP_CLIENT, 1);
	rig_start(&w.client, false);
	ppp_down(&w.client.ppp, w.client.now);
	assert_int_equal(ppp_events(&w.client.ppp), 0);
	assert_int_equal(w.client.ppp.phase, PPP_DEAD);
	assert_int_equal(ppp_deadline(&w.client.ppp), TIME_NEVER);
	rig_fini(&w.client);
}

static void test_the_default_methods_are_the_ones_with_keys(void **state)
{
	(void)state;
	wire_init(&w, 8);
	wire_start(&w, false);
	assert_int_equal(method_of(&w.client), SSTP_AUTH_MSCHAPV2);
	assert_int_equal(w.server.ppp.methods[1], SSTP_AUTH_EAP_MSCHAPV2);
	assert_int_equal(w.client.ppp.methods[0], SSTP_AUTH_EAP_MSCHAPV2);
	wire_fini(&w);
}

static void test_nothing_is_left_in_memory(void **state)
{
	const uint8_t *bytes = (const uint8_t *)&w.client.ppp;
	uint8_t any = 0;

	(void)state;
	wire_init(&w, 8);
	wire_start(&w, false);
	wire_fini(&w);
	for (size_t i = 0; i < sizeof(w.client.ppp); i++)
		any |= bytes[i];
	assert_int_equal(any, 0);
}

static void test_phases_have_names(void **state)
{
	(void)state;
	assert_string_equal(ppp_phase_name(PPP_NETWORK), "network");
	assert_string_equal(ppp_phase_name(PPP_PHASES), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_method_leads_to_both_networks_and_equal_keys),
		cmocka_unit_test(test_any_two_lists_of_methods_meet_in_a_common_one_or_part),
		cmocka_unit_test(test_each_choice_of_networks_comes_up_or_ends),
		cmocka_unit_test(test_bypass_needs_no_password_and_makes_zero_keys),
		cmocka_unit_test(test_a_client_with_bypass_authenticates_to_a_server_without),
		cmocka_unit_test(test_a_server_with_bypass_is_left_by_a_client_without),
		cmocka_unit_test(test_a_wrong_password_ends_both_ends_for_each_method),
		cmocka_unit_test(test_lost_frames_are_made_good),
		cmocka_unit_test(test_damaged_frames_break_nothing_and_let_nobody_in),
		cmocka_unit_test(test_random_frames_of_known_protocols_break_nothing),
		cmocka_unit_test(test_every_truncation_of_every_frame_of_a_session_is_survived),
		cmocka_unit_test(test_a_looped_wire_is_noticed_in_both_roles),
		cmocka_unit_test(test_nothing_of_the_network_phase_leaves_before_success_is_told),
		cmocka_unit_test(test_who_it_was_is_known_when_it_is_over),
		cmocka_unit_test(test_both_ends_may_close_at_once),
		cmocka_unit_test(test_closing_what_never_was_up_is_told_at_once),
		cmocka_unit_test(test_doors_that_are_not_due_do_nothing),
		cmocka_unit_test(test_an_address_is_assigned_once_for_each_network_phase),
		cmocka_unit_test(test_addresses_are_asked_for_once_in_a_links_life),
		cmocka_unit_test(test_nobody_else_may_authenticate_on_a_link_that_had_a_user),
		cmocka_unit_test(test_a_name_that_was_only_said_is_not_the_first_users),
		cmocka_unit_test(test_what_a_new_negotiation_makes_void_is_not_told),
		cmocka_unit_test(test_every_frame_that_goes_nowhere_is_counted),
		cmocka_unit_test(test_an_early_request_waits_if_it_is_not_too_long),
		cmocka_unit_test(test_a_network_that_went_down_unheard_was_never_up),
		cmocka_unit_test(test_a_change_of_address_is_told_as_down_and_up),
		cmocka_unit_test(test_a_full_queue_loses_frames_and_time_makes_them_good),
		cmocka_unit_test(test_going_down_below_ends_everything_in_silence),
		cmocka_unit_test(test_going_down_below_before_lcp_is_up_is_the_same),
		cmocka_unit_test(test_the_default_methods_are_the_ones_with_keys),
		cmocka_unit_test(test_nothing_is_left_in_memory),
		cmocka_unit_test(test_phases_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
