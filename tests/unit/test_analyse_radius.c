/* SPDX-License-Identifier: MIT */
/*
 * Keys out of RADIUS: an Access-Accept made by another program (Python's hashlib after RFC
 * 2548 2.4.2) gives the HLAK, with the right secret and for the request that it answers, and
 * nothing else does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyse/radius.h"
#include "tests/unit/unhex.h"

#include <stdlib.h>

static const char request[] = "9c400714002300000107001b404142434445464748494a4b4c4d4e4f"
			      "0107616c696365";
static const char accept[] =
	"07149c40007700000207006f00000000000000000000000000000000"
	"1a2a00000137102480018c287f73a41199bbff3e3a41811c9a4f2f92ee592a0b9e919ce75f01f2ddd64e"
	"1a2a00000137112480021ac668175c4322888d3b45e3e06ba326a269ba19ac3dfc86b8329dbb6a461bd2"
	"0107616c696365";
static const char hlak[] = "0102030405060708090a0b0c0d0e0f10"
			   "8182838485868788898a8b8c8d8e8f90";

/* Shows a datagram of n octets, from the SSTP server to RADIUS or back. */
static void show(struct radius *r, const uint8_t *bytes, size_t n, bool back)
{
	struct packet p = {.ip = {.version = 4, .protocol = 17}};
	uint8_t *own = malloc(n);

	assert_non_null(own);
	memcpy(own, bytes, n);
	p.ip.src[3] = back ? 2 : 1;
	p.ip.dst[3] = back ? 1 : 2;
	p.ip.payload = own;
	p.ip.n = p.ip.wire = (uint32_t)n;
	radius_packet(r, &p);
	free(own);
}

/* Makes a call whose CALL_CONNECTED is bound by the key. */
static void bind_call(struct call *c)
{
	uint8_t nonce[SSTP_NONCE] = {1};
	uint8_t cert[32] = {2};
	uint8_t key[SSTP_HLAK];
	struct wr w = wr_init(c->binding.msg, sizeof(c->binding.msg));

	memset(c, 0, sizeof(*c));
	unhex(hlak, key, sizeof(key));
	sstp_put_connected(&w, SSTP_HASH_SHA256, nonce, cert);
	binding_seal(c->binding.msg, key);
	c->binding.seen = true;
	c->binding.hash = SSTP_HASH_SHA256;
	c->auth.asked = PPP_EAP;
	c->auth.result = CALL_DONE;
	c->auth.eap_type = 25;
}

/* Shows request and answer, cut off to n octets, and returns whether the key was found. */
static bool finds_key(const char *secret, const char *asked, size_t n)
{
	struct call_secrets *s = call_secrets_new();
	struct radius *r = radius_new(s);
	char why[SECRETS_WHY];
	uint8_t bytes[256];
	struct call c;
	bool found;

	assert_int_equal(call_secrets_radius(s, secret, why), 0);
	show(r, bytes, unhex(asked, bytes, sizeof(bytes)), false);
	unhex(accept, bytes, sizeof(bytes));
	show(r, bytes, n, true);
	bind_call(&c);
	call_secrets_check(s, &c);
	found = c.binding.mac_ok == CHECK_OK;
	if (found) {
		assert_int_equal(c.binding.key, CALL_KEY_RADIUS);
		assert_hex_equal(c.binding.hlak, sizeof(c.binding.hlak), hlak);
	}
	radius_free(r);
	call_secrets_free(s);
	return found;
}

#define WHOLE (sizeof(accept) / 2)

static void test_accept_gives_the_key_with_the_right_secret_only(void **state)
{
	(void)state;
	assert_true(finds_key("testing123", request, WHOLE));
	assert_false(finds_key("testing124", request, WHOLE));
}

static void test_accept_needs_its_request(void **state)
{
	char other[sizeof(request)];

	(void)state;
	memcpy(other, request, sizeof(request));
	other[18] = '8'; /* another identifier */
	assert_false(finds_key("testing123", other, WHOLE));
}

static void test_every_truncation_of_an_accept_is_harmless(void **state)
{
	(void)state;
	for (size_t n = 0; n < WHOLE; n++)
		assert_false(finds_key("testing123", request, n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accept_gives_the_key_with_the_right_secret_only),
		cmocka_unit_test(test_accept_needs_its_request),
		cmocka_unit_test(test_every_truncation_of_an_accept_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
