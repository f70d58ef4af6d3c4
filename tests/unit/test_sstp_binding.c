/* SPDX-License-Identifier: MIT */
/*
 * Claims about lib/sstp/binding.c. The argument is tests/vectors/binding.json: the examples of
 * MS-SSTP 4.7 (V1, V2), values derived with other tools (D), and messages to refuse (N).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/sstp/binding.h"
#include "sstp/error.h"
#include "sstp/link.h"
#include "tests/unit/unhex.h"

#define VECTORS_MAX 32

struct vector {
	char name[16];
	uint8_t hash;
	uint8_t hlak[SSTP_HLAK];
	uint8_t cmk[32];
	size_t cmk_n;
	uint8_t mac_input[SSTP_CONNECTED_LEN];
	uint8_t message[SSTP_CONNECTED_LEN];
	bool valid;
};

static const char *vectors_path;
static struct vector vectors[VECTORS_MAX];
static unsigned vectors_n;

/* Copies the value of a key out of the text of one object: "..." without its quotes, or a word. */
static void take_value(const char *object, const char *key, char *out, size_t size)
{
	char quoted[32];
	const char *at;
	size_t n;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	at = strstr(object, quoted);
	assert_non_null(at);
	at += strlen(quoted);
	at += *at == '"';
	n = strcspn(at, "\",\n");
	assert_true(n < size);
	memcpy(out, at, n);
	out[n] = '\0';
}

static int read_vectors(void **state)
{
	static char text[65536];
	FILE *in = fopen(vectors_path, "r");
	char value[512];

	(void)state;
	assert_non_null(in);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
	for (char *o = strchr(text, '{'); o; o = strchr(o + 1, '{')) {
		struct vector *v = &vectors[vectors_n++];

		assert_true(vectors_n < VECTORS_MAX);
		take_value(o, "name", v->name, sizeof(v->name));
		take_value(o, "hash_protocol", value, sizeof(value));
		v->hash = (uint8_t)atoi(value);
		take_value(o, "hlak", value, sizeof(value));
		assert_int_equal(unhex(value, v->hlak, sizeof(v->hlak)), SSTP_HLAK);
		take_value(o, "cmk", value, sizeof(value));
		v->cmk_n = unhex(value, v->cmk, sizeof(v->cmk));
		take_value(o, "mac_input", value, sizeof(value));
		assert_int_equal(unhex(value, v->mac_input, sizeof(v->mac_input)), 112);
		take_value(o, "message", value, sizeof(value));
		assert_int_equal(unhex(value, v->message, sizeof(v->message)), 112);
		take_value(o, "valid", value, sizeof(value));
		v->valid = !strcmp(value, "true");
	}
	assert_int_equal(vectors_n, 16);
	return 0;
}

static const struct vector *find(const char *name)
{
	for (unsigned i = 0; i < vectors_n; i++)
		if (!strcmp(vectors[i].name, name))
			return &vectors[i];
	fail_msg("no vector %s", name);
	abort(); /* never: fail_msg() does not return, but is not declared so */
}

/* Checks a message against the nonce and certificate of the vector `of`. */
static int check(const uint8_t *msg, const struct vector *of, uint8_t offered, const uint8_t *hlak)
{
	struct binding_expect e = {offered, of->message + 16, of->message + 48, of->message + 48,
				   hlak};
	struct sstp_binding b;

	assert_int_equal(sstp_parse_binding(rd_init(msg + 12, 100), &b), SSTP_OK);
	return binding_check(msg, &b, &e);
}

static void test_every_vector_gives_its_key_and_mac(void **state)
{
	(void)state;
	for (unsigned i = 0; i < vectors_n; i++) {
		const struct vector *v = &vectors[i];
		size_t n = v->hash == SSTP_HASH_SHA1 ? 20 : 32;
		uint8_t cmk[32], mac[32], again[32];

		assert_int_equal(binding_cmk(v->hash, v->hlak, cmk), n);
		assert_int_equal(v->cmk_n, n);
		assert_memory_equal(cmk, v->cmk, n);
		/* The zeroed input and the message give the same MAC: the zeroing is right. */
		binding_mac(v->hash, v->hlak, v->message, mac);
		binding_mac(v->hash, v->hlak, v->mac_input, again);
		assert_memory_equal(mac, again, 32);
		if (v->valid)
			assert_memory_equal(mac, v->message + 80, n);
	}
}

static void test_every_valid_vector_is_accepted(void **state)
{
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < vectors_n; i++)
		if (vectors[i].valid) {
			n++;
			assert_int_equal(check(vectors[i].message, &vectors[i], 3, vectors[i].hlak),
					 SSTP_OK);
		}
	assert_int_equal(n, 12);
}

static void test_examples_of_ms_sstp_4_7_are_accepted(void **state)
{
	(void)state;
	assert_int_equal(check(find("V1")->message, find("V1"), 3, find("V1")->hlak), SSTP_OK);
	assert_int_equal(check(find("V2")->message, find("V2"), 3, find("V2")->hlak), SSTP_OK);
}

static void test_negative_vectors_are_refused_each_for_its_reason(void **state)
{
	static const struct {
		const char *name;
		int err;
	} cases[] = {
		{"N1", SSTP_E_BINDING_MAC},
		{"N2", SSTP_E_BINDING_NONCE},
		{"N3", SSTP_E_BINDING_CERT},
		{"N4", SSTP_E_BINDING_MAC},
	};
	const struct vector *v1 = find("V1");

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_false(find(cases[i].name)->valid);
		assert_int_equal(check(find(cases[i].name)->message, v1, 3, v1->hlak),
				 cases[i].err);
	}
}

static void test_valid_mac_does_not_excuse_a_wrong_nonce_or_certificate(void **state)
{
	static const unsigned at[] = {16, 47, 48, 79};
	const struct vector *v1 = find("V1");

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t msg[SSTP_CONNECTED_LEN];

		memcpy(msg, v1->message, sizeof(msg));
		msg[at[i]] ^= 0x80;
		binding_seal(msg, v1->hlak);
		assert_int_equal(check(msg, v1, 3, v1->hlak),
				 at[i] < 48 ? SSTP_E_BINDING_NONCE : SSTP_E_BINDING_CERT);
	}
}

static void test_padding_of_sha1_is_ignored(void **state)
{
	const struct vector *d5 = find("D5-SHA1");

	(void)state;
	assert_memory_equal(d5->message + 68, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
			    12);
	assert_int_equal(check(d5->message, d5, 3, d5->hlak), SSTP_OK);
}

static void test_reserved_bits_are_ignored_but_part_of_the_mac(void **state)
{
	const struct vector *d6 = find("D6-SHA1");
	uint8_t msg[SSTP_CONNECTED_LEN];

	(void)state;
	assert_int_equal(check(d6->message, d6, 3, d6->hlak), SSTP_OK);
	memcpy(msg, d6->message, sizeof(msg));
	msg[12] = 0;
	assert_int_equal(check(msg, d6, 3, d6->hlak), SSTP_E_BINDING_MAC);
}

static void test_hash_that_is_none_or_was_not_offered_is_refused(void **state)
{
	const struct vector *v1 = find("V1"), *v2 = find("V2");
	uint8_t msg[SSTP_CONNECTED_LEN];

	(void)state;
	assert_int_equal(check(v1->message, v1, SSTP_HASH_SHA1, v1->hlak), SSTP_E_BINDING_HASH);
	assert_int_equal(check(v2->message, v2, SSTP_HASH_SHA256, v2->hlak), SSTP_E_BINDING_HASH);
	for (unsigned hash = 0; hash < 256; hash++) {
		memcpy(msg, v1->message, sizeof(msg));
		msg[15] = (uint8_t)hash;
		if (hash != 1 && hash != 2)
			assert_int_equal(check(msg, v1, 3, v1->hlak), SSTP_E_BINDING_HASH);
	}
}

static void test_every_flipped_bit_that_counts_is_noticed(void **state)
{
	const struct vector *v[] = {find("V1"), find("V2")};

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		for (unsigned bit = 0; bit < SSTP_CONNECTED_LEN * 8; bit++) {
			unsigned at = bit / 8;
			bool padding = i == 1 && ((at >= 68 && at < 80) || at >= 100);
			uint8_t msg[SSTP_CONNECTED_LEN];

			memcpy(msg, v[i]->message, sizeof(msg));
			msg[at] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(check(msg, v[i], 3, v[i]->hlak) == SSTP_OK, padding);
		}
}

static void test_every_bit_of_the_key_counts(void **state)
{
	const struct vector *v1 = find("V1");

	(void)state;
	for (unsigned bit = 0; bit < SSTP_HLAK * 8; bit++) {
		uint8_t hlak[SSTP_HLAK];

		memcpy(hlak, v1->hlak, sizeof(hlak));
		hlak[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(check(v1->message, v1, 3, hlak), SSTP_E_BINDING_MAC);
	}
}

static void test_seal_writes_the_mac_and_zero_padding(void **state)
{
	static const char *const names[] = {"V1", "V2"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const struct vector *v = find(names[i]);
		uint8_t msg[SSTP_CONNECTED_LEN];
		struct wr w = wr_init(msg, sizeof(msg));

		sstp_put_connected(&w, v->hash, v->message + 16, v->message + 48);
		binding_seal(msg, v->hlak);
		assert_memory_equal(msg, v->message, sizeof(msg));
	}
}

static void test_each_error_names_the_offset_of_its_field(void **state)
{
	(void)state;
	assert_int_equal(binding_offset(SSTP_E_BINDING_HASH), 15);
	assert_int_equal(binding_offset(SSTP_E_BINDING_NONCE), 16);
	assert_int_equal(binding_offset(SSTP_E_BINDING_CERT), 48);
	assert_int_equal(binding_offset(SSTP_E_BINDING_MAC), 80);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_vector_gives_its_key_and_mac),
		cmocka_unit_test(test_every_valid_vector_is_accepted),
		cmocka_unit_test(test_examples_of_ms_sstp_4_7_are_accepted),
		cmocka_unit_test(test_negative_vectors_are_refused_each_for_its_reason),
		cmocka_unit_test(test_valid_mac_does_not_excuse_a_wrong_nonce_or_certificate),
		cmocka_unit_test(test_padding_of_sha1_is_ignored),
		cmocka_unit_test(test_reserved_bits_are_ignored_but_part_of_the_mac),
		cmocka_unit_test(test_hash_that_is_none_or_was_not_offered_is_refused),
		cmocka_unit_test(test_every_flipped_bit_that_counts_is_noticed),
		cmocka_unit_test(test_every_bit_of_the_key_counts),
		cmocka_unit_test(test_seal_writes_the_mac_and_zero_padding),
		cmocka_unit_test(test_each_error_names_the_offset_of_its_field),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: test_sstp_binding binding.json\n");
		return 2;
	}
	vectors_path = argv[1];
	return cmocka_run_group_tests(tests, read_vectors, NULL);
}
