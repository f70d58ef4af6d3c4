/* SPDX-License-Identifier: MIT */
/*
 * The whole lower half against real sessions: every capture, opened by every kind of key that can
 * open it, gives the SSTP packets that an independent decoder found: as many, in order, of the same
 * length, in the same TLS record. Started with the directory of the captures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/analyse_collect.h"

static const char *dir;

static const char *const names[] = {
	"accel-fail-binding-certhash",
	"accel-fail-binding-hashproto",
	"accel-fail-binding-mac",
	"accel-fail-binding-nonce",
	"accel-fail-encap-nak",
	"accel-fail-http404-uri",
	"accel-fail-wrong-password",
	"accel-server-disconnect-hard",
	"accel-server-disconnect-lcpterm",
	"accel-sha1-binding",
	"accel-tls12-ecdhe",
	"accel-tls12-rsa-cbc-noems-noetm",
	"accel-tls12-rsa-cbc",
	"accel-tls12-rsa-gcm",
	"accel-tls13",
	"plainweb-fail-http501",
};

/* Returns DIR/SUB/NAME.EXT; valid until the next call but three. */
static const char *path_of(const char *sub, const char *name, const char *ext)
{
	static char room[4][512];
	static unsigned next;
	char *to = room[next++ % 4];

	snprintf(to, sizeof(room[0]), "%s/%s%s%s", dir, sub, name, ext);
	return to;
}

static void run_file(struct collect *all, const char *path, struct tls_keys *keys, bool more)
{
	struct flow_config how = {.more_keys = more};
	char why[CAPTURE_WHY];
	struct capture *c;

	if (capture_open(&c, path, why) < 0)
		fail_msg("%s", why);
	assert_int_equal(collect_run(all, c, keys, &how), CAPTURE_END);
	assert_false(all->broken);
	assert_int_equal(all->packets, all->done);
}

/* Returns how long the SSTP packet, or HTTP head, at the start of n bytes is; 0: not whole. */
static size_t packet_size(const uint8_t *p, size_t n, bool first)
{
	size_t size;

	if (first) {
		const uint8_t *end = memmem(p, n, "\r\n\r\n", 4);

		return end ? (size_t)(end - p) + 4 : 0;
	}
	if (n < 4)
		return 0;
	size = ((size_t)p[2] << 8 | p[3]) & 0xfff;
	return size >= 4 && size <= n ? size : 0;
}

/* Returns the record that byte `at` of a side came in. */
static uint64_t record_of(const struct collect_side *s, size_t at)
{
	size_t i = 0;

	while (i + 1 < s->marks && s->mark[i + 1].at <= at)
		i++;
	return s->mark[i].number;
}

/* Checks one line of truth against what stands at *at of a side. */
static void check_line(const char *name, char *line, struct collect_side *s, size_t *at)
{
	char way[4];
	char kind[8];
	unsigned long number, record, size;
	size_t got = packet_size(s->bytes + *at, s->n - *at, *at == 0);

	assert_int_equal(
		sscanf(line, "%lu\t%3s\t%lu\t%7s\t%lu", &number, way, &record, kind, &size), 5);
	if (got != size || record_of(s, *at) != record)
		fail_msg("%s line %lu: %lu bytes in record %lu, found %zu in record %lu", name,
			 number, size, record, got, (unsigned long)record_of(s, *at));
	*at += got;
}

/* Checks that the SSTP packets of the first connection are those of NAME.tsv; returns how many. */
static unsigned check_truth(struct collect *all, const char *name)
{
	FILE *truth = fopen(path_of("truth/", name, ".tsv"), "r");
	size_t at[WAYS] = {0};
	char line[512];
	unsigned count = 0;

	assert_non_null(truth);
	assert_true(all->conns > 0);
	while (fgets(line, sizeof(line), truth)) {
		enum way way = strstr(line, "C>S") ? WAY_TO_SERVER : WAY_TO_CLIENT;

		check_line(name, line, &all->conn[0]->side[way], &at[way]);
		count++;
	}
	fclose(truth);
	for (int w = 0; w < WAYS; w++)
		if (packet_size(all->conn[0]->side[w].bytes + at[w],
				all->conn[0]->side[w].n - at[w], false))
			fail_msg("%s: more packets than there are", name);
	return count;
}

/* Of the server's certificate, as binding.txt tells. */
static const uint8_t cert_sha1[20] = {0x46, 0x6f, 0xfb, 0xf7, 0x51, 0xd6, 0x70, 0x21, 0x87, 0xcf,
				      0xa0, 0x03, 0x88, 0x4a, 0x2e, 0x60, 0xd3, 0x0c, 0x36, 0x69};
static const uint8_t cert_sha256[32] = {0xdb, 0xfd, 0xc2, 0x09, 0x1d, 0x12, 0x88, 0x41,
					0xad, 0xc6, 0xd5, 0xd2, 0x79, 0x34, 0xc5, 0x34,
					0xb8, 0x94, 0xd6, 0x44, 0x9b, 0xca, 0xfc, 0x25,
					0x44, 0x04, 0x89, 0xd9, 0xdf, 0x70, 0xdf, 0x73};

/* Opens a capture and checks it; returns by what it was opened. */
static enum tls_by check_capture(const char *sub, const char *name, const char *ext,
				 struct tls_keys *keys, bool more)
{
	struct collect *all = calloc(1, sizeof(*all));
	enum tls_by by;

	assert_non_null(all);
	run_file(all, path_of(sub, name, ext), keys, more);
	assert_true(check_truth(all, name) > 0);
	assert_true(all->conn[0]->closed);
	assert_int_equal(all->conn[0]->facts.bad, 0);
	assert_true(all->conn[0]->facts.has_cert_hash);
	assert_memory_equal(all->conn[0]->facts.cert_sha1, cert_sha1, 20);
	assert_memory_equal(all->conn[0]->facts.cert_sha256, cert_sha256, 32);
	by = all->conn[0]->facts.by;
	collect_fini(all);
	free(all);
	return by;
}

static struct tls_keys *new_keys(void)
{
	struct tls_keys *k = tls_keys_new();

	assert_non_null(k);
	return k;
}

static void test_flow_gives_every_packet_of_every_capture_with_its_key_log(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct tls_keys *k = new_keys();
		char why[TLS_KEYS_WHY];

		assert_int_equal(tls_keys_load_log(k, path_of("", names[i], ".keylog"), false, why),
				 0);
		assert_int_equal(check_capture("", names[i], ".pcap", k, false), TLS_BY_LOG);
		tls_keys_free(k);
	}
}

/* Returns whether a private key is enough to open a capture. */
static bool by_rsa(const char *name)
{
	return strcmp(name, "accel-tls12-ecdhe") != 0 && strcmp(name, "accel-tls13") != 0;
}

static void test_flow_gives_every_packet_with_the_private_key(void **state)
{
	static const struct {
		const char *file;
		const char *password;
	} files[] = {
		{"server.key", NULL}, {"server.pfx", "sstp"}, {"server-legacy3des.pfx", "sstp"}};

	(void)state;
	for (size_t f = 0; f < 3; f++) {
		struct tls_keys *k = new_keys();
		char why[TLS_KEYS_WHY];
		const char *path = path_of("", files[f].file, "");

		assert_int_equal(files[f].password
					 ? tls_keys_load_pfx(k, path, files[f].password, why)
					 : tls_keys_load_key(k, path, NULL, why),
				 TLS_LOAD_OK);
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (by_rsa(names[i]))
				assert_int_equal(check_capture("", names[i], ".pcap", k, false),
						 TLS_BY_RSA);
		tls_keys_free(k);
	}
}

static void test_flow_gives_every_packet_with_the_secrets_in_the_capture(void **state)
{
	static const char *const with[] = {"accel-tls12-ecdhe", "accel-tls13"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tls_keys *k = new_keys();

		assert_int_equal(check_capture("pcapng/", with[i], ".pcapng", k, true), TLS_BY_LOG);
		tls_keys_free(k);
	}
}

/* Returns what a capture says when it cannot be opened with these keys. */
static void check_closed(const char *name, struct tls_keys *keys, const char *want)
{
	struct collect *all = calloc(1, sizeof(*all));
	const struct collect_note *n;

	assert_non_null(all);
	run_file(all, path_of("", name, ".pcap"), keys, false);
	assert_int_equal(all->conns, 1);
	n = collect_find(all->conn[0], NOTE_CLOSED);
	assert_non_null(n);
	if (!strstr(n->text, want))
		fail_msg("%s: \"%s\" does not say \"%s\"", name, n->text, want);
	assert_int_equal(all->conn[0]->side[0].n + all->conn[0]->side[1].n, 0);
	collect_fini(all);
	free(all);
}

static void test_flow_says_which_certificate_needs_a_key(void **state)
{
	struct tls_keys *k = new_keys();

	(void)state;
	check_closed(
		"accel-tls12-rsa-gcm", k,
		"no key for this certificate (certificate \"CN=vpn.example.test,O=SSTP "
		"lab\", SHA-256 "
		"fingerprint dbfdc2091d128841adc6d5d27934c534b894d6449bcafc25440489d9df70df73)");
	tls_keys_free(k);
}

static void test_flow_says_that_ephemeral_exchange_needs_a_key_log(void **state)
{
	struct tls_keys *k = new_keys();
	char why[TLS_KEYS_WHY];

	(void)state;
	assert_int_equal(tls_keys_load_key(k, path_of("", "server.key", ""), NULL, why), 0);
	check_closed("accel-tls12-ecdhe", k, "ephemeral key exchange needs a key log (TLS 1.2");
	check_closed("accel-tls13", k, "ephemeral key exchange needs a key log (TLS 1.3");
	assert_int_equal(
		tls_keys_load_log(k, path_of("", "accel-sha1-binding", ".keylog"), false, why), 0);
	check_closed("accel-tls12-ecdhe", k, "the key log has no secrets of this connection");
	tls_keys_free(k);
}

static const struct {
	const char *name;
	bool rsa;
	unsigned conns;
} sessions[] = {
	{"tls10-rc4-sha", true, 1},
	{"tls10-rc4-md5", true, 1},
	{"tls12-rc4-sha", true, 1},
	{"tls12-ecdhe-rc4", false, 1},
	{"tls10-3des", true, 1},
	{"tls10-3des-etm", true, 1},
	{"tls11-3des", true, 1},
	{"tls12-dhe-3des", false, 1},
	{"tls12-rsa-gcm-resumed", true, 2},
	{"tls13-resumed", false, 2},
	{"tls12-rsa-cbc-rehandshake", true, 1},
};

/* Checks that both sides of a session said `text`. */
static void check_echo(const char *name, struct tls_keys *keys, unsigned conns, const uint8_t *text,
		       size_t n)
{
	struct collect *all = calloc(1, sizeof(*all));

	assert_non_null(all);
	run_file(all, path_of("gnutls/", name, ".pcap"), keys, false);
	assert_int_equal(all->conns, conns);
	for (int w = 0; w < WAYS; w++) {
		size_t at = 0;

		for (size_t i = 0; i < all->conns; i++) {
			struct collect_side *s = &all->conn[i]->side[w];

			if (s->n > n - at || (s->n && memcmp(text + at, s->bytes, s->n) != 0))
				fail_msg("%s: other data than were sent", name);
			at += s->n;
		}
		if (at != n)
			fail_msg("%s: %zu bytes of %zu", name, at, n);
	}
	collect_fini(all);
	free(all);
}

static void test_flow_opens_rc4_3des_and_resumption_of_another_tls_library(void **state)
{
	static uint8_t text[65536];
	FILE *f = fopen(path_of("gnutls/", "text", ""), "r");
	size_t n;

	(void)state;
	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	for (size_t i = 0; i < sizeof(sessions) / sizeof(*sessions); i++) {
		struct tls_keys *k = new_keys();
		char why[TLS_KEYS_WHY];

		assert_int_equal(tls_keys_load_log(k,
						   path_of("gnutls/", sessions[i].name, ".keylog"),
						   false, why),
				 0);
		check_echo(sessions[i].name, k, sessions[i].conns, text, n);
		tls_keys_free(k);
		if (!sessions[i].rsa)
			continue;
		k = new_keys();
		assert_int_equal(tls_keys_load_key(k, path_of("", "server.key", ""), NULL, why), 0);
		check_echo(sessions[i].name, k, sessions[i].conns, text, n);
		tls_keys_free(k);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow_gives_every_packet_of_every_capture_with_its_key_log),
		cmocka_unit_test(test_flow_gives_every_packet_with_the_private_key),
		cmocka_unit_test(test_flow_gives_every_packet_with_the_secrets_in_the_capture),
		cmocka_unit_test(test_flow_opens_rc4_3des_and_resumption_of_another_tls_library),
		cmocka_unit_test(test_flow_says_which_certificate_needs_a_key),
		cmocka_unit_test(test_flow_says_that_ephemeral_exchange_needs_a_key_log),
	};

	dir = argc > 1 ? argv[1] : "tests/captures";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
