/* SPDX-License-Identifier: MIT */
/*
 * Passive decryption of sessions between two OpenSSL peers: every version and cipher that OpenSSL's
 * TLS still speaks, and every turn a session may take, byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/analyse_collect.h"
#include "tests/unit/analyse_peers.h"

enum by { BY_LOG, BY_KEY, BY_NOTHING };

/* Runs the capture with keys of one kind. */
static void run(struct collect *all, const struct wire *w, const struct peers *p, enum by by)
{
	struct tls_keys *k = tls_keys_new();
	struct flow_config how = {0};

	assert_non_null(k);
	if (by == BY_LOG) {
		assert_true(tls_keys_add_log(k, (struct view){(const uint8_t *)p->log, p->log_n}));
	} else if (by == BY_KEY) {
		char path[] = "/tmp/test_analyse_tls.XXXXXX";
		char why[TLS_KEYS_WHY];
		int fd = mkstemp(path);
		FILE *f = fdopen(fd, "w");

		assert_non_null(f);
		PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL);
		fclose(f);
		assert_int_equal(tls_keys_load_key(k, path, NULL, why), TLS_LOAD_OK);
		remove(path);
	}
	assert_int_equal(collect_run(all, wire_open(w), k, &how), CAPTURE_END);
	assert_false(all->broken);
	tls_keys_free(k);
}

/* Checks that the data of connections [first, last] are what the peers sent from byte at[] on. */
static void check_data(const char *what, struct collect *all, const struct peers *p)
{
	for (int w = 0; w < WAYS; w++) {
		size_t at = 0;

		for (size_t i = 0; i < all->conns; i++) {
			const struct collect_conn *c = all->conn[i];
			const struct collect_note *n = collect_find(c, NOTE_CLOSED);

			if (n)
				fail_msg("%s: %s", what, n->text);
			if (c->facts.bad)
				fail_msg("%s: %lu records do not verify", what,
					 (unsigned long)c->facts.bad);
			if (at + c->side[w].n > p->n[w] ||
			    (c->side[w].n &&
			     memcmp(p->sent[w] + at, c->side[w].bytes, c->side[w].n) != 0))
				fail_msg("%s: other data than were sent, way %d: %zu of %zu at %zu",
					 what, w, c->side[w].n, p->n[w], at);
			at += c->side[w].n;
		}
		if (at != p->n[w])
			fail_msg("%s: %zu bytes of %zu", what, at, p->n[w]);
	}
}

/* Data of all sizes, both ways. */
static void exchange(struct peers *p)
{
	static const size_t sizes[] = {1, 5, 100, 1400, 1448, 16384, 20000, 40000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		peers_send(p, WAY_TO_SERVER, sizes[i]);
		peers_send(p, WAY_TO_CLIENT, sizes[i] + i);
	}
}

static const struct {
	int version;
	const char *cipher;
	const char *cert;
	bool rsa; /* the private key alone opens it */
} suites[] = {
	{TLS1_VERSION, "AES128-SHA", "RSA", true},
	{TLS1_VERSION, "AES256-SHA", "RSA", true},
	{TLS1_VERSION, "NULL-SHA", "RSA", true},
	{TLS1_VERSION, "NULL-MD5", "RSA", true},
	{TLS1_VERSION, "DHE-RSA-AES128-SHA", "RSA", false},
	{TLS1_VERSION, "DHE-DSS-AES256-SHA", "DSA", false},
	{TLS1_VERSION, "ECDHE-RSA-AES256-SHA", "RSA", false},
	{TLS1_VERSION, "ECDHE-ECDSA-AES128-SHA", "EC", false},
	{TLS1_VERSION, "ADH-AES128-SHA", "RSA", false},
	{TLS1_VERSION, "AECDH-AES256-SHA", "RSA", false},
	{TLS1_1_VERSION, "AES128-SHA", "RSA", true},
	{TLS1_1_VERSION, "AES256-SHA", "RSA", true},
	{TLS1_1_VERSION, "ECDHE-RSA-AES128-SHA", "RSA", false},
	{TLS1_1_VERSION, "DHE-RSA-AES256-SHA", "RSA", false},
	{TLS1_2_VERSION, "AES128-SHA", "RSA", true},
	{TLS1_2_VERSION, "AES256-SHA", "RSA", true},
	{TLS1_2_VERSION, "AES128-SHA256", "RSA", true},
	{TLS1_2_VERSION, "AES256-SHA256", "RSA", true},
	{TLS1_2_VERSION, "NULL-SHA256", "RSA", true},
	{TLS1_2_VERSION, "AES128-GCM-SHA256", "RSA", true},
	{TLS1_2_VERSION, "AES256-GCM-SHA384", "RSA", true},
	{TLS1_2_VERSION, "AES128-CCM", "RSA", true},
	{TLS1_2_VERSION, "AES256-CCM", "RSA", true},
	{TLS1_2_VERSION, "AES128-CCM8", "RSA", true},
	{TLS1_2_VERSION, "AES256-CCM8", "RSA", true},
	{TLS1_2_VERSION, "DHE-RSA-AES128-SHA256", "RSA", false},
	{TLS1_2_VERSION, "DHE-RSA-AES256-SHA256", "RSA", false},
	{TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", "RSA", false},
	{TLS1_2_VERSION, "DHE-RSA-AES256-GCM-SHA384", "RSA", false},
	{TLS1_2_VERSION, "DHE-RSA-AES128-CCM", "RSA", false},
	{TLS1_2_VERSION, "DHE-RSA-AES256-CCM8", "RSA", false},
	{TLS1_2_VERSION, "DHE-RSA-CHACHA20-POLY1305", "RSA", false},
	{TLS1_2_VERSION, "DHE-DSS-AES128-GCM-SHA256", "DSA", false},
	{TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", "RSA", false},
	{TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256", "RSA", false},
	{TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", "RSA", false},
	{TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "RSA", false},
	{TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", "RSA", false},
	{TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", "RSA", false},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES256-SHA384", "EC", false},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", "EC", false},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", "EC", false},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM", "EC", false},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES256-CCM8", "EC", false},
	{TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", "EC", false},
	{TLS1_2_VERSION, "ADH-AES256-GCM-SHA384", "RSA", false},
	{TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", "RSA", false},
	{TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", "EC", false},
	{TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", "RSA", false},
	{TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256", "RSA", false},
	{TLS1_3_VERSION, "TLS_AES_128_CCM_8_SHA256", "RSA", false},
};

/* One session in one suite, opened by all that opens it. */
static void check_session(size_t i, uint64_t options, size_t mss)
{
	struct peers_how how = {.version = suites[i].version,
				.ciphers = suites[i].cipher,
				.cert = suites[i].cert,
				.options = options};
	struct peers *p = calloc(1, sizeof(*p));
	struct wire w;

	assert_non_null(p);
	wire_init(&w, 1);
	peers_init(p, &w, &how);
	p->tcp.mss = mss;
	peers_connect(p, NULL);
	peers_shake(p);
	exchange(p);
	peers_close(p);
	for (enum by by = BY_LOG; by <= (suites[i].rsa ? BY_KEY : BY_LOG); by++) {
		struct collect *all = calloc(1, sizeof(*all));
		char what[128];

		snprintf(what, sizeof(what), "%s %s options %lx mss %zu by %d",
			 tls_version_name((uint16_t)how.version), how.ciphers,
			 (unsigned long)options, mss, by);
		assert_non_null(all);
		run(all, &w, p, by);
		assert_int_equal(all->conns, 1);
		check_data(what, all, p);
		assert_int_equal(all->conn[0]->facts.version, how.version);
		assert_true(all->conn[0]->facts.closed[0] && all->conn[0]->facts.closed[1]);
		assert_string_equal(all->conn[0]->facts.sni, "vpn.test.example");
		collect_fini(all);
		free(all);
	}
	peers_fini(p);
	free(p);
	wire_fini(&w);
}

static void test_tls_opens_every_version_and_cipher(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		check_session(i, 0, 1448);
}

static void test_tls_opens_without_encrypt_then_mac_and_extended_master_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		if (suites[i].version == TLS1_3_VERSION)
			continue;
		check_session(i, SSL_OP_NO_ENCRYPT_THEN_MAC, 1448);
		check_session(i, SSL_OP_NO_EXTENDED_MASTER_SECRET, 1448);
		check_session(i, SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_NO_EXTENDED_MASTER_SECRET,
			      1448);
	}
}

static void test_tls_does_not_care_how_records_lie_in_segments(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 6, 7, 100, 1000, 9000, 65000};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
		for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i += 15)
			check_session(i, 0, sizes[s]);
}

/* Two connections, the second resuming the first; the first is opened as by says. */
static void check_resumption(int version, const char *cipher, uint64_t options, enum by by)
{
	struct peers_how how = {.version = version, .ciphers = cipher, .options = options};
	struct peers *p = calloc(1, sizeof(*p));
	struct collect *all = calloc(1, sizeof(*all));
	SSL_SESSION *session;
	struct wire w;

	assert_non_null(p);
	assert_non_null(all);
	wire_init(&w, 1);
	peers_init(p, &w, &how);
	for (int i = 0; i < 3; i++) {
		peers_connect(p, i ? session : NULL);
		peers_shake(p);
		exchange(p);
		assert_int_equal(SSL_session_reused(p->ssl[WAY_TO_SERVER]), i > 0);
		if (i)
			SSL_SESSION_free(session);
		session = SSL_get1_session(p->ssl[WAY_TO_SERVER]);
		peers_close(p);
		p->tcp.client++;
	}
	SSL_SESSION_free(session);
	run(all, &w, p, by);
	check_data(cipher, all, p);
	assert_int_equal(all->conns, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(all->conn[i]->facts.resumed, i > 0);
		assert_true(all->conn[i]->facts.has_cert_hash);
		assert_memory_equal(all->conn[i]->facts.cert_sha256,
				    all->conn[0]->facts.cert_sha256, 32);
		if (by == BY_KEY)
			assert_int_equal(all->conn[i]->facts.by, i ? TLS_BY_SESSION : TLS_BY_RSA);
	}
	collect_fini(all);
	free(all);
	peers_fini(p);
	free(p);
	wire_fini(&w);
}

static void test_tls_follows_resumption_by_id_by_ticket_and_by_key_log(void **state)
{
	(void)state;
	check_resumption(TLS1_2_VERSION, "AES128-GCM-SHA256", SSL_OP_NO_TICKET, BY_KEY);
	check_resumption(TLS1_2_VERSION, "AES128-GCM-SHA256", 0, BY_KEY);
	check_resumption(TLS1_VERSION, "AES256-SHA", SSL_OP_NO_TICKET, BY_KEY);
	check_resumption(TLS1_VERSION, "AES256-SHA", SSL_OP_NO_EXTENDED_MASTER_SECRET, BY_KEY);
	check_resumption(TLS1_1_VERSION, "AES128-SHA", 0, BY_LOG);
	check_resumption(TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", 0, BY_LOG);
	check_resumption(TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", 0, BY_LOG);
}

static void test_tls_follows_renegotiation(void **state)
{
	static const struct {
		int version;
		const char *cipher;
	} cases[] = {{TLS1_VERSION, "AES128-SHA"},
		     {TLS1_1_VERSION, "AES256-SHA"},
		     {TLS1_2_VERSION, "AES128-SHA256"},
		     {TLS1_2_VERSION, "AES256-GCM-SHA384"}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct peers_how how = {.version = cases[i].version, .ciphers = cases[i].cipher};
		struct peers *p = calloc(1, sizeof(*p));
		struct wire w;

		assert_non_null(p);
		wire_init(&w, 1);
		peers_init(p, &w, &how);
		peers_connect(p, NULL);
		peers_shake(p);
		exchange(p);
		SSL_renegotiate(p->ssl[WAY_TO_SERVER]);
		peers_shake(p);
		exchange(p);
		peers_close(p);
		for (enum by by = BY_LOG; by <= BY_KEY; by++) {
			struct collect *all = calloc(1, sizeof(*all));

			assert_non_null(all);
			run(all, &w, p, by);
			check_data(cases[i].cipher, all, p);
			assert_int_equal(all->conn[0]->facts.handshakes, 2);
			collect_fini(all);
			free(all);
		}
		peers_fini(p);
		free(p);
		wire_fini(&w);
	}
}

static void test_tls_follows_key_updates_and_hello_retry(void **state)
{
	struct peers_how how = {.version = TLS1_3_VERSION,
				.ciphers = "TLS_AES_128_GCM_SHA256",
				.client_groups = "X25519:P-384",
				.server_groups = "P-384",
				.alpn = "http/1.1"};
	struct peers *p = calloc(1, sizeof(*p));
	struct collect *all = calloc(1, sizeof(*all));
	struct wire w;

	(void)state;
	assert_non_null(p);
	assert_non_null(all);
	wire_init(&w, 1);
	peers_init(p, &w, &how);
	peers_connect(p, NULL);
	peers_shake(p);
	exchange(p);
	SSL_key_update(p->ssl[WAY_TO_SERVER], SSL_KEY_UPDATE_REQUESTED);
	exchange(p);
	SSL_key_update(p->ssl[WAY_TO_CLIENT], SSL_KEY_UPDATE_NOT_REQUESTED);
	exchange(p);
	peers_close(p);
	run(all, &w, p, BY_LOG);
	check_data("key update", all, p);
	assert_true(all->conn[0]->facts.retried);
	assert_int_equal(all->conn[0]->facts.updates[WAY_TO_SERVER], 1);
	assert_int_equal(all->conn[0]->facts.updates[WAY_TO_CLIENT], 2);
	assert_string_equal(all->conn[0]->facts.alpn, "http/1.1");
	collect_fini(all);
	free(all);
	peers_fini(p);
	free(p);
	wire_fini(&w);
}

/* Keeps only the lines of the key log that have a word in them. */
static void keep_lines(struct peers *p, const char *word)
{
	size_t kept = 0;

	for (char *at = p->log; at < p->log + p->log_n;) {
		char *end = (char *)memchr(at, '\n', (size_t)(p->log + p->log_n - at)) + 1;
		size_t n = (size_t)(end - at);

		if (memmem(at, n, word, strlen(word))) {
			memmove(p->log + kept, at, n);
			kept += n;
		}
		at = end;
	}
	p->log_n = kept;
}

/* A session that a test has its own ideas about: made by `turn`, opened as by says. */
static void check_turn(const char *what, const struct peers_how *how, void (*turn)(struct peers *p),
		       const char *lines, enum by by)
{
	struct peers *p = calloc(1, sizeof(*p));
	struct collect *all = calloc(1, sizeof(*all));
	struct wire w;

	assert_non_null(p);
	assert_non_null(all);
	wire_init(&w, 1);
	peers_init(p, &w, how);
	turn(p);
	if (lines)
		keep_lines(p, lines);
	run(all, &w, p, by);
	check_data(what, all, p);
	collect_fini(all);
	free(all);
	peers_fini(p);
	free(p);
	wire_fini(&w);
}

static void usual_turn(struct peers *p)
{
	peers_connect(p, NULL);
	peers_shake(p);
	exchange(p);
	peers_close(p);
}

static void test_tls_opens_by_each_kind_of_key_log_line(void **state)
{
	struct peers_how rsa = {.version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"};
	struct peers_how tls13 = {.version = TLS1_3_VERSION, .ciphers = "TLS_AES_128_GCM_SHA256"};

	(void)state;
	check_turn("RSA line", &rsa, usual_turn, "RSA ", BY_LOG);
	rsa.options = SSL_OP_NO_EXTENDED_MASTER_SECRET;
	check_turn("RSA line", &rsa, usual_turn, "RSA ", BY_LOG);
	check_turn("CLIENT_RANDOM line", &rsa, usual_turn, "CLIENT_RANDOM ", BY_LOG);
	check_turn("only what application data need", &tls13, usual_turn, "TRAFFIC_SECRET_0 ",
		   BY_LOG);
}

static int accept_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

/* The client shows a certificate too, and the handshake's messages are cut over many records. */
static void mutual_turn(struct peers *p)
{
	SSL_CTX_set_verify(p->ctx[WAY_TO_CLIENT], SSL_VERIFY_PEER, accept_any);
	SSL_CTX_use_certificate(p->ctx[WAY_TO_SERVER], p->cert);
	SSL_CTX_use_PrivateKey(p->ctx[WAY_TO_SERVER], p->key);
	SSL_CTX_set_max_send_fragment(p->ctx[WAY_TO_CLIENT], 512);
	SSL_CTX_set_max_send_fragment(p->ctx[WAY_TO_SERVER], 512);
	usual_turn(p);
}

static void test_tls_hashes_client_certificates_and_messages_over_many_records(void **state)
{
	static const struct peers_how hows[] = {
		{.version = TLS1_VERSION, .ciphers = "AES128-SHA"},
		{.version = TLS1_2_VERSION, .ciphers = "AES128-SHA256"},
		{.version = TLS1_2_VERSION, .ciphers = "AES256-GCM-SHA384"},
	};
	struct peers_how tls13 = {.version = TLS1_3_VERSION, .ciphers = "TLS_AES_256_GCM_SHA384"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		check_turn(hows[i].ciphers, &hows[i], mutual_turn, NULL, BY_KEY);
	check_turn(tls13.ciphers, &tls13, mutual_turn, NULL, BY_LOG);
}

/* The server asks for a new handshake. */
static void asked_turn(struct peers *p)
{
	peers_connect(p, NULL);
	peers_shake(p);
	exchange(p);
	SSL_renegotiate(p->ssl[WAY_TO_CLIENT]);
	peers_shake(p);
	peers_settle(p);
	exchange(p);
	peers_close(p);
}

static void test_tls_follows_renegotiation_that_the_server_asks_for(void **state)
{
	struct peers_how how = {.version = TLS1_2_VERSION, .ciphers = "AES128-SHA"};

	(void)state;
	check_turn("HelloRequest", &how, asked_turn, NULL, BY_KEY);
}

/* A second connection that sends data before the server has said anything. */
static void early_turn(struct peers *p, bool refuse)
{
	SSL_SESSION *session;
	uint8_t bytes[1000];
	size_t n;

	SSL_CTX_set_max_early_data(p->ctx[WAY_TO_CLIENT], 16384);
	peers_connect(p, NULL);
	peers_shake(p);
	session = SSL_get1_session(p->ssl[WAY_TO_SERVER]);
	peers_close(p);
	p->tcp.client++;
	peers_connect(p, session);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = peers_byte(WAY_TO_SERVER, i);
	peers_check(SSL_write_early_data(p->ssl[WAY_TO_SERVER], bytes, sizeof(bytes), &n) == 1,
		    "early data");
	peers_pump(p);
	if (!refuse) {
		p->sent[WAY_TO_SERVER] = malloc(sizeof(bytes));
		memcpy(p->sent[WAY_TO_SERVER], bytes, sizeof(bytes));
		p->n[WAY_TO_SERVER] = sizeof(bytes);
		SSL_read_early_data(p->ssl[WAY_TO_CLIENT], bytes, sizeof(bytes), &n);
		peers_check(n == sizeof(bytes), "reading early data");
		while (SSL_read_early_data(p->ssl[WAY_TO_CLIENT], bytes, sizeof(bytes), &n) !=
		       SSL_READ_EARLY_DATA_FINISH) {
			SSL_do_handshake(p->ssl[WAY_TO_SERVER]);
			peers_check(peers_pump(p), "the end of early data");
		}
	}
	peers_shake(p);
	exchange(p);
	peers_close(p);
	SSL_SESSION_free(session);
}

static void accepted_turn(struct peers *p)
{
	early_turn(p, false);
}

static void refused_turn(struct peers *p)
{
	early_turn(p, true);
}

static void test_tls_opens_early_data_and_passes_over_what_was_refused(void **state)
{
	struct peers_how how = {.version = TLS1_3_VERSION,
				.ciphers = "TLS_AES_128_GCM_SHA256",
				.options = SSL_OP_NO_ANTI_REPLAY};

	(void)state;
	check_turn("early data", &how, accepted_turn, NULL, BY_LOG);
	check_turn("refused early data", &how, refused_turn, "TRAFFIC_SECRET_0 ", BY_LOG);
}

/* Resumes a session of which the capture has only this connection; the key log names the session.
 */
static void named_turn(struct peers *p)
{
	SSL_SESSION *session;
	const uint8_t *id;
	unsigned n;
	uint8_t master[48];

	peers_connect(p, NULL);
	peers_shake(p);
	session = SSL_get1_session(p->ssl[WAY_TO_SERVER]);
	peers_close(p);
	p->wire->n = 24; /* the capture starts here */
	p->tcp.client++;
	peers_connect(p, session);
	peers_shake(p);
	exchange(p);
	peers_close(p);
	id = SSL_SESSION_get_id(session, &n);
	SSL_SESSION_get_master_key(session, master, sizeof(master));
	p->log_n = (size_t)snprintf(p->log, PEERS_LOG, "RSA Session-ID:");
	for (unsigned i = 0; i < n; i++)
		p->log_n += (size_t)snprintf(p->log + p->log_n, 3, "%02X", id[i]);
	p->log_n += (size_t)snprintf(p->log + p->log_n, 20, " Master-Key:");
	for (unsigned i = 0; i < 48; i++)
		p->log_n += (size_t)snprintf(p->log + p->log_n, 3, "%02X", master[i]);
	SSL_SESSION_free(session);
}

static void test_tls_opens_a_resumed_session_that_the_key_log_names(void **state)
{
	struct peers_how how = {
		.version = TLS1_2_VERSION, .ciphers = "AES128-SHA", .options = SSL_OP_NO_TICKET};

	(void)state;
	check_turn("Session-ID line", &how, named_turn, NULL, BY_LOG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls_opens_every_version_and_cipher),
		cmocka_unit_test(
			test_tls_opens_without_encrypt_then_mac_and_extended_master_secret),
		cmocka_unit_test(test_tls_does_not_care_how_records_lie_in_segments),
		cmocka_unit_test(test_tls_follows_resumption_by_id_by_ticket_and_by_key_log),
		cmocka_unit_test(test_tls_follows_renegotiation),
		cmocka_unit_test(test_tls_follows_key_updates_and_hello_retry),
		cmocka_unit_test(test_tls_opens_by_each_kind_of_key_log_line),
		cmocka_unit_test(
			test_tls_hashes_client_certificates_and_messages_over_many_records),
		cmocka_unit_test(test_tls_follows_renegotiation_that_the_server_asks_for),
		cmocka_unit_test(test_tls_opens_early_data_and_passes_over_what_was_refused),
		cmocka_unit_test(test_tls_opens_a_resumed_session_that_the_key_log_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
