/* SPDX-License-Identifier: MIT */
/*
 * Claims about workers that serve real calls over loopback (worker_rig.h). Needs no root, and is
 * what shows races to the thread sanitizer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/worker_rig.h"

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

		give_order(i, &ask->order, work_stats, done_stats);
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

		ask->id = id;
		ask->err = SSTP_E_KICKED;
		strcpy(ask->user, user);
		give_order(i, &ask->order, work_kick, done_kick);
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

		order->cert = *cert;
		give_order(i, &order->order, work_cert, done_cert);
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

		ask->id = id;
		give_order(i, &ask->order, work_sessions, done_sessions);
	}
	assert_true(call_wait(&f.test, all_back, NULL));
	return sum.list;
}

/* An order that looks at a worker's list of sessions that did something lately. */
struct order_awake {
	struct order order;
	unsigned awake;
	unsigned sessions;
	bool sound; /* each is pointed at from where it says */
};

static void work_awake(struct worker *w, struct order *o)
{
	struct order_awake *ask = (struct order_awake *)(void *)o;

	ask->sound = true;
	ask->sessions = w->sessions_n;
	for (struct session **at = &w->awake; *at; at = &(*at)->next_awake) {
		ask->sound &= (*at)->at_awake == at && (*at)->stage == STAGE_LINK;
		ask->awake++;
	}
}

static struct {
	unsigned awake, sessions, sound;
} seen;

static void done_awake(struct order *o, void *main)
{
	struct order_awake *ask = (struct order_awake *)(void *)o;

	(void)main;
	seen.awake += ask->awake;
	seen.sessions += ask->sessions;
	seen.sound += ask->sound;
	free(ask);
	f.back++;
	call_look(&f.test);
}

/* Claims that n sessions are there, all on the list of those that did something lately. */
static void expect_awake(unsigned n)
{
	memset(&seen, 0, sizeof(seen));
	f.back = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		struct order_awake *ask = calloc(1, sizeof(*ask));

		give_order(i, &ask->order, work_awake, done_awake);
	}
	assert_true(call_wait(&f.test, all_back, NULL));
	assert_int_equal(seen.sound, WORKERS);
	assert_int_equal(seen.sessions, n);
	assert_int_equal(seen.awake, n);
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

static void test_calls_leave_the_list_of_those_awake_from_any_place(void **state)
{
	static const unsigned order[CALLS] = {3, 0, 7, 4, 1, 6, 2, 5}; /* within, first, last */

	(void)state;
	start_calls(CALLS, "alice");
	expect_awake(CALLS);
	for (unsigned i = 0; i < CALLS; i++) {
		call_free(f.calls[order[i]]); /* closes the connection */
		f.calls[order[i]] = NULL;
		do
			ask_stats();
		while (sum.stats.sessions_ended <= i);
		expect_awake(CALLS - 1 - i);
	}
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
		TEST(test_calls_leave_the_list_of_those_awake_from_any_place),
		TEST(test_a_new_certificate_is_shown_to_new_calls_only),
		TEST(test_a_solicitation_is_answered),
		TEST(test_at_the_end_every_client_is_told_goodbye),
		TEST(test_everything_lent_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
