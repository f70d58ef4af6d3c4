/* SPDX-License-Identifier: MIT */
/* Claims about io/tls_records.c: our records with OpenSSL, with ourselves and with a peer that
 * breaks the rules. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>

#include "tests/unit/tls_pair.h"

/* The sides of a pair. */
enum side { CLIENT, SERVER };

static struct tls *end_of(struct pair *p, enum side side)
{
	return side == CLIENT ? p->client : p->server;
}

/* Connects with a cipher suite, NULL: any; both sides make their own records. */
static struct pair connected(const char *suite)
{
	struct pair p = usual_pair();

	if (suite)
		assert_int_equal(SSL_set_ciphersuites(p.client->ssl, suite), 1);
	assert_int_equal(shake(&p), TLS_OK);
	assert_true(p.client->records.on && p.server->records.on);
	return p;
}

/* tls_read() as a loop uses it: that it finds nothing once, for it knows that it has emptied the
 * socket, is no reason to wait. */
static long read_now(struct tls *t, void *buf, size_t n)
{
	long got = 0;

	for (int i = 0; i < 3 && !got; i++)
		got = tls_read(t, buf, n);
	return got;
}

/* The same where bytes are on their way. */
static long read_soon(struct tls *t, void *buf, size_t n)
{
	struct pollfd wait = {.fd = t->fd, .events = POLLIN};
	long got = 0;

	for (int i = 0; i < 100 && !got; i++) { /* a record may come in parts */
		got = tls_read(t, buf, n);
		if (!got)
			poll(&wait, 1, 10000);
	}
	return got;
}

/* Sends 200 pieces of many sizes from one end to the other, which may be OpenSSL's, and compares
 * them; every 20th time the reader sends something, too. */
static void carry(struct tls *from, struct tls *to)
{
	static uint8_t bytes[TLS_RECORD], got[TLS_RECORD];

	for (unsigned i = 0; i < 200; i++) {
		size_t n = 1 + i * i * 7 % TLS_RECORD, total = 0;

		for (size_t k = 0; k < n; k++)
			bytes[k] = (uint8_t)(k * 31 + i);
		assert_int_equal(tls_write(from, bytes, n), TLS_OK);
		assert_int_equal(tls_flush(from), TLS_OK);
		while (total < n) {
			long size = read_soon(to, got + total, sizeof(got) - total);

			assert_true(size > 0);
			total += (size_t)size;
		}
		assert_memory_equal(got, bytes, n);
		if (i % 20)
			continue;
		assert_int_equal(tls_write(to, "back", 4), TLS_OK);
		assert_int_equal(tls_flush(to), TLS_OK);
		assert_int_equal(read_soon(from, got, sizeof(got)), 4);
	}
}

static void test_openssl_reads_what_we_write_and_the_other_way_round_in_every_suite(void **state)
{
	static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
					     "TLS_CHACHA20_POLY1305_SHA256"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		for (enum side openssl = CLIENT; openssl <= SERVER; openssl++) {
			struct pair p = connected(suites[i]);

			assert_string_equal(tls_cipher(p.client), suites[i]);
			tls_records_stop(end_of(&p, openssl));
			carry(p.client, p.server);
			carry(p.server, p.client);
			drop_pair(&p);
		}
	}
}

static void test_new_keys_are_taken_when_the_limit_is_reached(void **state)
{
	(void)state;
	for (unsigned openssl = 0; openssl < 2; openssl++) {
		struct pair p = connected(NULL);
		uint8_t secret[TLS13_SECRET_MAX];

		memcpy(secret, p.client->records.send.secret, sizeof(secret));
		p.client->records.key_bytes = 70000;
		p.server->records.key_bytes = 1;
		if (!openssl) /* as after 2^24 records */
			p.server->records.send.sequence = p.client->records.receive.sequence =
				1 << 24;
		if (openssl)
			tls_records_stop(p.server);
		carry(p.client, p.server);
		carry(p.server, p.client);
		assert_memory_not_equal(secret, p.client->records.send.secret, sizeof(secret));
		assert_in_range(p.client->records.sent, 1, 70000 + TLS_RECORD);
		assert_true(openssl || p.server->records.send.sequence < 1 << 24);
		drop_pair(&p);
	}
}

static void test_a_peer_may_change_its_keys_and_have_ours_changed(void **state)
{
	struct pair p = connected(NULL);
	uint8_t ours[TLS13_SECRET_MAX], theirs[TLS13_SECRET_MAX];

	(void)state;
	tls_records_stop(p.server);
	for (unsigned i = 0; i < 100; i++) {
		bool ask = i & 1;

		memcpy(ours, p.client->records.send.secret, sizeof(ours));
		memcpy(theirs, p.client->records.receive.secret, sizeof(theirs));
		assert_int_equal(SSL_key_update(p.server->ssl, ask ? SSL_KEY_UPDATE_REQUESTED
								   : SSL_KEY_UPDATE_NOT_REQUESTED),
				 1);
		carry(p.server, p.client);
		assert_memory_not_equal(theirs, p.client->records.receive.secret, sizeof(theirs));
		assert_int_equal(memcmp(ours, p.client->records.send.secret, sizeof(ours)) != 0,
				 ask);
		carry(p.client, p.server);
	}
	drop_pair(&p);
}

static void test_records_may_come_in_pieces(void **state)
{
	struct pair p = connected(NULL);
	uint8_t wire[3000], got[1000];
	size_t total = 0;
	ssize_t n;

	(void)state;
	tls_write(p.client, memset(got, 'a', sizeof(got)), 1000);
	tls_write(p.client, memset(got, 'b', sizeof(got)), 1);
	tls_write(p.client, memset(got, 'c', sizeof(got)), 700);
	assert_int_equal(tls_flush(p.client), TLS_OK);
	n = recv(p.fd[1], wire, sizeof(wire), 0);
	assert_int_equal(n, 1701 + 3 * TLS13_OVERHEAD);
	for (ssize_t i = 0; i < n; i++) {
		long size;

		assert_int_equal(send(p.fd[0], wire + i, 1, 0), 1);
		size = read_now(p.server, got, sizeof(got));
		if (size)
			assert_int_equal(tls_read(p.server, got, sizeof(got)), 0);
		assert_true(size == 0 || size == 1000 || size == 1 || size == 700);
		assert_null(p.server->in); /* between turns a part does not hold a big buffer */
		total += (size_t)size;
	}
	assert_int_equal(total, 1701);
	tls_rest(p.server);
	assert_null(p.server->records.part);
	drop_pair(&p);
}

static void test_a_part_of_a_record_survives_rest_and_is_no_goodbye(void **state)
{
	struct pair p = connected(NULL);
	uint8_t wire[200], got[200];
	ssize_t n;

	(void)state;
	tls_write(p.client, "hello, world", 12);
	tls_flush(p.client);
	n = recv(p.fd[1], wire, sizeof(wire), 0);
	send(p.fd[0], wire, 9, 0);
	assert_int_equal(read_now(p.server, got, sizeof(got)), 0);
	tls_rest(p.server);
	send(p.fd[0], wire + 9, (size_t)n - 9, 0);
	assert_int_equal(read_now(p.server, got, sizeof(got)), 12);
	assert_memory_equal(got, "hello, world", 12);
	send(p.fd[0], wire, 9, 0);
	shutdown(p.fd[0], SHUT_WR);
	assert_int_equal(read_now(p.server, got, sizeof(got)), TLS_FAILED);
	assert_string_equal(tls_error(p.server), "the peer hung up without a TLS goodbye");
	drop_pair(&p);
}

/* Sends a record that says anything. */
static void say(struct pair *p, enum side from, uint8_t type, const void *content, size_t n)
{
	static uint8_t record[TLS_RECORD + TLS13_OVERHEAD];
	size_t size = tls13_seal(&end_of(p, from)->records.send, type, content, n, record);

	assert_int_equal(size, n + TLS13_OVERHEAD);
	assert_int_equal(send(p->fd[from], record, size, 0), size);
}

/* A record that breaks the rules, the alert that answers it, and what is said of it. */
struct breach {
	uint8_t type;
	uint8_t bytes[12];
	size_t n;
	uint8_t alert;
	const char *text;
};

static void test_what_breaks_the_rules_is_answered_by_an_alert(void **state)
{
	static const struct breach breaches[] = {
		{22, {20, 0, 0, 1, 0}, 5, 10, "a TLS message came out of order"},
		{22, {4, 0, 0, 1, 0}, 5, 10, "a TLS message came out of order"}, /* to a server */
		{22, {24, 0, 0, 1, 2}, 5, 47, "a TLS message is malformed"},
		{22, {24, 0, 0, 2, 0, 0}, 6, 50, "a TLS message is malformed"},
		{22, {24, 0, 0, 0}, 4, 50, "a TLS message is malformed"},
		{22, {24, 0, 0, 1, 0, 24, 0, 0, 1, 0}, 10, 10, "a TLS message is malformed"},
		{20, {1}, 1, 10, "a TLS message came out of order"},
		{21, {1}, 1, 50, "a TLS alert is malformed"},
		{21, {1, 0, 0}, 3, 50, "a TLS alert is malformed"},
		{0,
		 {0, 0, 0},
		 3,
		 20,
		 "a TLS record was changed on its way, or decrypts to nothing"},
		{99, {0}, 1, 10, "a TLS message came out of order"},
	};
	uint8_t got[100];

	(void)state;
	for (unsigned i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
		const struct breach *b = &breaches[i];
		struct pair p = connected(NULL);

		say(&p, CLIENT, b->type, b->bytes, b->n);
		assert_int_equal(read_now(p.server, got, sizeof(got)), TLS_FAILED);
		assert_int_equal(tls_fault(p.server), TLS_FAULT_PROTOCOL);
		assert_string_equal(tls_error(p.server), b->text);
		assert_int_equal(tls_write(p.server, "x", 1), TLS_FAILED);
		/* OpenSSL at the other end understands why */
		tls_records_stop(p.client);
		assert_int_equal(read_now(p.client, got, sizeof(got)), TLS_FAILED);
		assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_AD_REASON_OFFSET + b->alert);
		ERR_clear_error();
		drop_pair(&p);
	}
}

static void test_headers_that_no_record_has_are_refused(void **state)
{
	static const uint8_t headers[][5] = {
		{23, 3, 3, 0x41, 0x01},     {23, 3, 3, 0, 16}, {23, 3, 3, 0xff, 0xff},
		{20, 3, 3, 0, 1},           {21, 3, 3, 0, 2},  {22, 3, 3, 0, 40},
		{0x47, 'E', 'T', ' ', '/'},
	};
	uint8_t got[100];

	(void)state;
	for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct pair p = connected(NULL);

		assert_int_equal(send(p.fd[0], headers[i], 5, 0), 5);
		assert_int_equal(read_now(p.server, got, sizeof(got)), TLS_FAILED);
		assert_int_equal(tls_fault(p.server), TLS_FAULT_PROTOCOL);
		drop_pair(&p);
	}
}

static void test_tickets_are_taken_in_parts_and_thrown_away(void **state)
{
	static uint8_t ticket[40000] = {4, 0, (39996 >> 8) & 255, 39996 & 255};
	struct pair p = connected(NULL);
	uint8_t got[10];

	(void)state;
	say(&p, SERVER, TLS13_HANDSHAKE, ticket, 3);
	assert_int_equal(read_now(p.client, got, sizeof(got)), 0);
	for (size_t at = 3; at < sizeof(ticket);) {
		size_t n = sizeof(ticket) - at < 9999 ? sizeof(ticket) - at : 9999;

		say(&p, SERVER, TLS13_HANDSHAKE, ticket + at, n);
		assert_int_equal(read_now(p.client, got, sizeof(got)), 0);
		at += n;
	}
	say(&p, SERVER, TLS13_APPLICATION, "data", 4);
	assert_int_equal(read_now(p.client, got, sizeof(got)), 4);
	say(&p, SERVER, TLS13_HANDSHAKE, ticket, 3);
	say(&p, SERVER, TLS13_APPLICATION, "data", 4); /* in the middle of a message */
	assert_int_equal(read_now(p.client, got, sizeof(got)), TLS_FAILED);
	drop_pair(&p);
}

static void test_records_without_content_are_few_or_an_attack(void **state)
{
	struct pair p = connected(NULL);
	uint8_t got[10];

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 20; i++)
			say(&p, CLIENT, TLS13_APPLICATION, "", 0);
		say(&p, CLIENT, TLS13_APPLICATION, "x", 1);
		assert_int_equal(read_now(p.server, got, sizeof(got)), 1);
	}
	for (unsigned i = 0; i < 40; i++)
		say(&p, CLIENT, TLS13_APPLICATION, "", 0);
	assert_int_equal(read_now(p.server, got, sizeof(got)), TLS_FAILED);
	drop_pair(&p);
}

static void test_alerts_end_the_connection_but_user_canceled(void **state)
{
	struct pair p = connected(NULL);
	uint8_t got[10];

	(void)state;
	say(&p, CLIENT, TLS13_ALERT, (uint8_t[]){1, 90}, 2);
	say(&p, CLIENT, TLS13_APPLICATION, "x", 1);
	assert_int_equal(read_now(p.server, got, sizeof(got)), 1);
	say(&p, CLIENT, TLS13_ALERT, (uint8_t[]){2, 80}, 2);
	assert_int_equal(read_now(p.server, got, sizeof(got)), TLS_FAILED);
	assert_string_equal(tls_error(p.server),
			    "the peer has a fault of its own (alert internal_error)");
	drop_pair(&p);
}

/* Two TCP sockets that are connected through loopback. */
static void connect_tcp(int fd[2])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(a);

	assert_int_equal(bind(listener, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&a, n), 0);
	fd[1] = accept(listener, NULL, NULL);
	assert_true(fd[1] >= 0);
	for (int i = 0; i < 2; i++)
		fcntl(fd[i], F_SETFL, O_NONBLOCK);
	close(listener);
}

static struct pair connected_by_tcp(const char *suite)
{
	struct tls_client_conf client_conf = {.ca_file = ca_file};
	struct tls_server_conf server_conf = {.cert_file = cert_file, .key_file = key_file};
	struct pair p;
	int fd[2];

	connect_tcp(fd);
	p = pair_over(fd, &client_conf, &server_conf);
	assert_int_equal(SSL_set_ciphersuites(p.client->ssl, suite), 1);
	assert_int_equal(shake(&p), TLS_OK);
	return p;
}

/* With $SSTP_NEED_KTLS a kernel without it is a failure: tests/e2e runs this on one that has it. */
static void test_the_kernel_seals_what_openssl_reads(void **state)
{
	static const char *const suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
					     "TLS_CHACHA20_POLY1305_SHA256"};
	unsigned sealed = 0;
	char got[10];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct pair p = connected_by_tcp(suites[i]);
		int err;

		tls_records_stop(p.server); /* OpenSSL reads */
		tls_write(p.client, "before", 6);
		assert_int_equal(tls_offload(p.client), -EBUSY); /* that record is ours */
		tls_flush(p.client);
		assert_int_equal(read_soon(p.server, got, sizeof(got)), 6);
		err = tls_offload(p.client);
		assert_int_equal(tls_is_offloaded(p.client), err == 0);
		sealed += err == 0;
		carry(p.client, p.server); /* whoever seals: what is sent arrives, */
		carry(p.server, p.client);
		tls_close(p.client); /* and so does the goodbye */
		tls_flush(p.client);
		assert_int_equal(read_soon(p.server, got, sizeof(got)), TLS_CLOSED);
		drop_pair(&p);
	}
	if (getenv("SSTP_NEED_KTLS"))
		assert_int_equal(sealed, 3);
	print_message("%u of 3 cipher suites are the kernel's\n", sealed);
}

/* xorshift64: the tests' own numbers. */
static uint64_t next_number(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void test_random_content_of_any_type_never_does_more_than_end_it(void **state)
{
	static uint8_t bytes[300], got[TLS_RECORD];
	uint64_t seed = 0x5eed;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct pair p = connected(NULL);
		enum side from = round & 1 ? SERVER : CLIENT;
		struct tls *reader = end_of(&p, from == CLIENT ? SERVER : CLIENT);
		long result = 0;

		for (unsigned i = 0; i < 60 && result >= 0; i++) {
			size_t n = next_number(&seed) % sizeof(bytes);

			for (size_t k = 0; k < n; k++)
				bytes[k] = (uint8_t)(next_number(&seed) % (k < 4 ? 26 : 256));
			say(&p, from, (uint8_t)(20 + next_number(&seed) % 5), bytes, n);
			while ((result = read_now(reader, got, sizeof(got))) > 0)
				;
		}
		assert_true(result == 0 || tls_error(reader)[0]);
		drop_pair(&p);
	}
}

/* With an argument: only the tests that it matches. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_openssl_reads_what_we_write_and_the_other_way_round_in_every_suite),
		cmocka_unit_test(test_new_keys_are_taken_when_the_limit_is_reached),
		cmocka_unit_test(test_a_peer_may_change_its_keys_and_have_ours_changed),
		cmocka_unit_test(test_records_may_come_in_pieces),
		cmocka_unit_test(test_a_part_of_a_record_survives_rest_and_is_no_goodbye),
		cmocka_unit_test(test_what_breaks_the_rules_is_answered_by_an_alert),
		cmocka_unit_test(test_headers_that_no_record_has_are_refused),
		cmocka_unit_test(test_tickets_are_taken_in_parts_and_thrown_away),
		cmocka_unit_test(test_records_without_content_are_few_or_an_attack),
		cmocka_unit_test(test_alerts_end_the_connection_but_user_canceled),
		cmocka_unit_test(test_the_kernel_seals_what_openssl_reads),
		cmocka_unit_test(test_random_content_of_any_type_never_does_more_than_end_it),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
