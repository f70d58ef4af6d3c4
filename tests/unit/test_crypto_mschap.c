/* SPDX-License-Identifier: MIT */
/* Claims about lib/crypto/mschap.c: the vectors of RFC 2759 9.2 and 9.3, and of RFC 2433. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/crypto/mschap.h"
#include "lib/crypto/nthash.h"
#include "unhex.h"

static uint8_t auth_challenge[MSCHAP_CHALLENGE];
static uint8_t peer_challenge[MSCHAP_CHALLENGE];
static uint8_t hash[NT_HASH_SIZE];
static uint8_t response[MSCHAP_NT];

/* RFC 2759 9.2: user "User", password "clientPass". */
static struct mschap rfc2759(const char *user)
{
	unhex("5B5D7C7D7B3F2F3E3C2C602132262628", auth_challenge, sizeof(auth_challenge));
	unhex("21402324255E262A28295F2B3A337C7E", peer_challenge, sizeof(peer_challenge));
	unhex("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF", response, sizeof(response));
	assert_true(nt_hash("clientPass", 10, hash));
	return (struct mschap){auth_challenge, peer_challenge, user, strlen(user)};
}

static void test_rfc2759_challenge_hash(void **state)
{
	struct mschap m = rfc2759("User");
	uint8_t out[8];

	(void)state;
	mschap_challenge_hash(&m, out);
	assert_hex_equal(out, sizeof(out), "D02E4386BCE91226");
}

static void test_rfc2759_nt_response(void **state)
{
	struct mschap m = rfc2759("User");
	uint8_t out[MSCHAP_NT];

	(void)state;
	mschap_nt_response(&m, hash, out);
	assert_memory_equal(out, response, sizeof(out));
	assert_true(mschap_check_response(&m, hash, response));
}

static void test_rfc2759_password_hash_and_hash_hash(void **state)
{
	uint8_t out[16];

	(void)state;
	rfc2759("User");
	assert_hex_equal(hash, sizeof(hash), "44EBBA8D5312B8D611474411F56989AE");
	mschap_hash_hash(hash, out);
	assert_hex_equal(out, sizeof(out), "41C00C584BD2D91C4017A2A12FA59F3F");
}

static void test_rfc2759_authenticator_response(void **state)
{
	struct mschap m = rfc2759("User");
	char out[MSCHAP_PROOF];

	(void)state;
	mschap_proof(&m, hash, response, out);
	assert_memory_equal(out, "S=407A5589115FD0D6209F510FE9C04566932CDA56", sizeof(out));
	assert_true(mschap_check_proof(&m, hash, response, (const uint8_t *)out));
}

static void test_rfc2759_des_key_generation(void **state)
{
	static const char *const vectors[][2] = {
		{"FC156AF7EDCD6C", "FD0B5B5E7F6E34D9"},
		{"0EDDE3337D427F", "0E6E796737EA08FE"},
		{"00000000000000", "0101010101010101"},
		{"FFFFFFFFFFFFFF", "FEFEFEFEFEFEFEFE"},
	};
	uint8_t key[7];
	uint8_t out[8];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		unhex(vectors[i][0], key, sizeof(key));
		mschap_des_key(key, out);
		assert_hex_equal(out, sizeof(out), vectors[i][1]);
	}
}

static void test_rfc2433_challenge_response_of_mypw(void **state)
{
	uint8_t padded[21] = {0};
	uint8_t challenge[8];
	uint8_t out[24];

	(void)state;
	assert_true(nt_hash("MyPw", 4, padded));
	unhex("102DB5DF085D3041", challenge, sizeof(challenge));
	for (int i = 0; i < 3; i++)
		mschap_des(&padded[7 * i], challenge, &out[8 * i]);
	assert_hex_equal(out, sizeof(out), "4E9D3C8F9CFD385D5BF4D3246791956CA4C351AB409A3D61");
}

/* A hash may hold seven zero octets in a row, which is a weak DES key; it encrypts all the same. */
static void test_a_weak_des_key_encrypts_like_any_other(void **state)
{
	static const uint8_t zeros[7];
	uint8_t in[8] = {0x80};
	uint8_t out[8];

	(void)state;
	mschap_des(zeros, in, out);
	assert_hex_equal(out, sizeof(out), "95F8A5E5DD31D900");
}

static void test_a_domain_in_front_of_the_name_is_not_hashed(void **state)
{
	static const char *const same[] = {"User", "DOMAIN\\User", "\\User",
					   "FOREST\\DOMAIN\\User"};
	static const char *const other[] = {"user", "User\\", "User@DOMAIN", "DOMAIN/User", ""};
	struct mschap m;

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		m = rfc2759(same[i]);
		assert_true(mschap_check_response(&m, hash, response));
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		m = rfc2759(other[i]);
		assert_false(mschap_check_response(&m, hash, response));
	}
}

static void test_any_wrong_bit_is_noticed_in_response_and_proof(void **state)
{
	struct mschap m = rfc2759("User");
	uint8_t proof[MSCHAP_PROOF];

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(response); bit++) {
		response[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(mschap_check_response(&m, hash, response));
		response[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	memcpy(proof, "S=407A5589115FD0D6209F510FE9C04566932CDA56", sizeof(proof));
	for (size_t bit = 0; bit < 8 * sizeof(proof); bit++) {
		proof[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(mschap_check_proof(&m, hash, response, proof));
		proof[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_proof_in_lower_case_is_refused(void **state)
{
	struct mschap m = rfc2759("User");

	(void)state;
	assert_false(mschap_check_proof(
		&m, hash, response, (const uint8_t *)"S=407a5589115fd0d6209f510fe9c04566932cda56"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc2759_challenge_hash),
		cmocka_unit_test(test_rfc2759_nt_response),
		cmocka_unit_test(test_rfc2759_password_hash_and_hash_hash),
		cmocka_unit_test(test_rfc2759_authenticator_response),
		cmocka_unit_test(test_rfc2759_des_key_generation),
		cmocka_unit_test(test_rfc2433_challenge_response_of_mypw),
		cmocka_unit_test(test_a_weak_des_key_encrypts_like_any_other),
		cmocka_unit_test(test_a_domain_in_front_of_the_name_is_not_hashed),
		cmocka_unit_test(test_any_wrong_bit_is_noticed_in_response_and_proof),
		cmocka_unit_test(test_proof_in_lower_case_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
