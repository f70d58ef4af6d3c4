/* SPDX-License-Identifier: MIT */
/*
 * Claims about lib/crypto/mschap_keys.c: the vectors of RFC 3079 3.5, and the key that MS-SSTP
 * 3.2.5.2.2 makes of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <nettle/arcfour.h>
#include <nettle/sha1.h>

#include "lib/crypto/mschap.h"
#include "lib/crypto/nthash.h"
#include "unhex.h"

static uint8_t master[MSCHAP_MASTER_KEY];
static uint8_t response[MSCHAP_NT];

/* Derives the master key of RFC 3079 3.5: password "clientPass", the NT-Response of RFC 2759 9.2.
 */
static void derive_master_key(void)
{
	uint8_t hash[NT_HASH_SIZE];
	uint8_t hash_hash[16];

	assert_true(nt_hash("clientPass", 10, hash));
	mschap_hash_hash(hash, hash_hash);
	unhex("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF", response, sizeof(response));
	mschap_master_key(hash_hash, response, master);
}

/*
 * Derives the session key that MPPE makes of a start key (RFC 3079 7.3), with the fixed octets of
 * the short ones (3.1, 3.2): a second way to see that the start keys are right.
 */
static void derive_session_key(const uint8_t *start, size_t n, unsigned bits, uint8_t *out)
{
	static const uint8_t salt40[3] = {0xd1, 0x26, 0x9e};
	uint8_t pad1[40] = {0};
	uint8_t pad2[40];
	uint8_t interim[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;

	memset(pad2, 0xf2, sizeof(pad2));
	sha1_init(&sha);
	sha1_update(&sha, n, start);
	sha1_update(&sha, sizeof(pad1), pad1);
	sha1_update(&sha, n, start);
	sha1_update(&sha, sizeof(pad2), pad2);
	sha1_digest(&sha, sizeof(interim), interim);
	memcpy(out, interim, n);
	if (bits != 128)
		memcpy(out, salt40, bits == 40 ? 3 : 1);
}

static void test_rfc3079_master_key(void **state)
{
	(void)state;
	derive_master_key();
	assert_hex_equal(master, sizeof(master), "FDECE3717A8C838CB388E527AE3CDD31");
}

static void test_rfc3079_start_keys_lead_to_the_sample_messages(void **state)
{
	static const struct {
		unsigned bits;
		size_t n;
		const char *start, *session, *message;
	} vectors[] = {
		{40, 8, "8B7CDC149B993A1B", "D1269EC49FA62E3E", "929137917E5803D668D75898"},
		{56, 8, "8B7CDC149B993A1B", "D15C00C49FA62E3E", "3F106833FA448DA842BC57B8"},
		{128, 16, "8B7CDC149B993A1BA118CB153F56DCCB", "405CB2247A7956E6E211007AE27B22D4",
		 "81848317DF68846272FB5ABE"},
	};
	uint8_t start[16];
	uint8_t session[16];
	uint8_t message[12];
	struct arcfour_ctx rc4;

	(void)state;
	derive_master_key();
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		mschap_start_key(master, true, true, start, vectors[i].n);
		assert_hex_equal(start, vectors[i].n, vectors[i].start);
		derive_session_key(start, vectors[i].n, vectors[i].bits, session);
		assert_hex_equal(session, vectors[i].n, vectors[i].session);
		arcfour_set_key(&rc4, vectors[i].n, session);
		arcfour_crypt(&rc4, sizeof(message), message, (const uint8_t *)"test message");
		assert_hex_equal(message, sizeof(message), vectors[i].message);
	}
}

static void test_what_one_side_sends_with_the_other_receives_with(void **state)
{
	uint8_t client[16];
	uint8_t server[16];

	(void)state;
	derive_master_key();
	mschap_start_key(master, true, false, client, 16);
	mschap_start_key(master, false, true, server, 16);
	assert_hex_equal(client, 16, "d5f0e9521e3ea9589645e86051c82226");
	assert_memory_equal(client, server, 16);
	mschap_start_key(master, false, false, client, 16);
	mschap_start_key(master, true, true, server, 16);
	assert_hex_equal(client, 16, "8b7cdc149b993a1ba118cb153f56dccb");
	assert_memory_equal(client, server, 16);
}

static void test_hlak_is_the_clients_send_key_then_its_receive_key(void **state)
{
	uint8_t hash[NT_HASH_SIZE];
	uint8_t hlak[MSCHAP_HLAK];

	(void)state;
	derive_master_key();
	assert_true(nt_hash("clientPass", 10, hash));
	mschap_hlak(hash, response, hlak);
	assert_hex_equal(hlak, sizeof(hlak),
			 "d5f0e9521e3ea9589645e86051c822268b7cdc149b993a1ba118cb153f56dccb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc3079_master_key),
		cmocka_unit_test(test_rfc3079_start_keys_lead_to_the_sample_messages),
		cmocka_unit_test(test_what_one_side_sends_with_the_other_receives_with),
		cmocka_unit_test(test_hlak_is_the_clients_send_key_then_its_receive_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
