/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/auth_show.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth_pump.h"
#include "lib/base/text.h"
#include "unhex.h"

static struct pump p;
static char line[1024];

/* Renders a packet written in hex. */
static const char *show(uint16_t proto, const char *hex)
{
	uint8_t wire[512];
	size_t n = unhex(hex, wire, sizeof(wire));
	struct text t = text_init(line, sizeof(line));

	auth_show(&t, proto, rd_init(wire, n));
	return line;
}

static void test_pap_is_shown_with_its_name_and_without_its_password(void **state)
{
	(void)state;
	assert_string_equal(show(PPP_PAP, "01 07 000f 05 616c696365 04 73656372"),
			    "pap authenticate-request id=7 name=\"alice\"");
	assert_string_equal(show(PPP_PAP, "02 07 0005 00"),
			    "pap authenticate-ack id=7 message=\"\"");
	assert_string_equal(show(PPP_PAP, "03 07 0007 02 6e6f"),
			    "pap authenticate-nak id=7 message=\"no\"");
	assert_string_equal(show(PPP_PAP, "09 07 0004"), "pap code-9 id=7");
}

static void test_chap_is_shown_with_its_challenge_and_without_its_response(void **state)
{
	(void)state;
	assert_string_equal(show(PPP_CHAP, "01 01 000a 02 aabb 76706e"),
			    "chap challenge id=1 value=aabb name=\"vpn\"");
	assert_string_equal(show(PPP_CHAP, "02 01 000a 02 aabb 76706e"),
			    "chap response id=1 name=\"vpn\"");
	assert_string_equal(show(PPP_CHAP, "04 01 0009 453d363931"),
			    "chap failure id=1 message=\"E=691\"");
}

static void test_a_proof_is_shown_as_three_stars(void **state)
{
	char hex[256] = "03 01 0032 533d";

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(hex, "41");
	assert_string_equal(show(PPP_CHAP, strcat(hex, "204d3d68")),
			    "chap success id=1 message=\"S=*** M=h\"");
	assert_string_equal(show(PPP_CHAP, "03 01 0008 533d4142"),
			    "chap success id=1 message=\"S=***\"");
}

static void test_eap_is_shown_down_to_the_method(void **state)
{
	(void)state;
	assert_string_equal(show(PPP_EAP, "01 01 0005 01"),
			    "eap request id=1 identity message=\"\"");
	assert_string_equal(show(PPP_EAP, "02 01 0008 01 626f62"),
			    "eap response id=1 identity name=\"bob\"");
	assert_string_equal(show(PPP_EAP, "01 01 0007 02 6869"),
			    "eap request id=1 notification message=\"hi\"");
	assert_string_equal(show(PPP_EAP, "02 02 0007 03 1a04"),
			    "eap response id=2 nak types=26,4");
	assert_string_equal(show(PPP_EAP, "01 03 0008 04 01 aa 62"),
			    "eap request id=3 md5 value=aa name=\"b\"");
	assert_string_equal(show(PPP_EAP, "02 03 0008 04 01 aa 62"),
			    "eap response id=3 md5 name=\"b\"");
	assert_string_equal(show(PPP_EAP, "01 03 000c 1a 01 03 0007 01 aa 62"),
			    "eap request id=3 mschapv2 challenge ms-id=3 value=aa name=\"b\"");
	assert_string_equal(show(PPP_EAP, "02 03 000c 1a 02 03 0007 01 aa 62"),
			    "eap response id=3 mschapv2 response ms-id=3 name=\"b\"");
	assert_string_equal(show(PPP_EAP, "02 03 0006 1a 03"),
			    "eap response id=3 mschapv2 success");
	assert_string_equal(show(PPP_EAP, "01 03 0006 19 20"), "eap request id=3 type=25");
	assert_string_equal(show(PPP_EAP, "03 03 0004"), "eap success id=3");
	assert_string_equal(show(PPP_EAP, "04 03 0004"), "eap failure id=3");
}

static void test_what_is_cut_off_says_so(void **state)
{
	(void)state;
	assert_string_equal(show(PPP_PAP, "01 07 000f 05 616c"),
			    "pap authenticate-request id=7 name=\"al\" cut-off");
	assert_string_equal(show(PPP_CHAP, ""), "chap code-0 id=0 cut-off");
	assert_string_equal(show(PPP_EAP, "01 01 0004"), "eap request id=1 cut-off");
	assert_string_equal(show(PPP_LCP, "01 01 0004"), "");
}

static void test_untrusted_names_are_escaped(void **state)
{
	(void)state;
	assert_string_equal(show(PPP_PAP, "01 07 000b 05 61220a5c00 00"),
			    "pap authenticate-request id=7 name=\"a\\x22\\x0a\\x5c\\x00\"");
}

/* Returns whether any run of `run` octets of the secret is in the n bytes at p. */
static bool holds_part(const void *hay, size_t n, const uint8_t *secret, size_t secret_n,
		       size_t run)
{
	for (size_t i = 0; i + run <= secret_n; i++)
		if (pump_holds(hay, n, secret + i, run))
			return true;
	return false;
}

/* Fails the test when n bytes hold a part of password, response, or proof, as they are or in hex.
 */
static void assert_clean(const void *hay, size_t n, const uint8_t *response, const char *proof)
{
	char hex[2 * MSCHAP_RESPONSE + 1];
	struct text t = text_init(hex, sizeof(hex));

	text_hexbytes(&t, response, MSCHAP_RESPONSE);
	assert_false(holds_part(hay, n, (const uint8_t *)PUMP_PASSWORD, strlen(PUMP_PASSWORD), 4));
	assert_false(holds_part(hay, n, response, 16, 4));
	assert_false(holds_part(hay, n, response + 24, 24, 4));
	assert_false(holds_part(hay, n, (const uint8_t *)hex, 32, 8));
	assert_false(holds_part(hay, n, (const uint8_t *)hex + 48, 48, 8));
	assert_false(holds_part(hay, n, (const uint8_t *)proof + 2, 40, 6));
}

/* Runs a call and keeps what in it is secret. */
static void call_and_keep(enum sstp_auth m, const char *password, uint8_t *response, char *proof)
{
	pump_init(&p, pump_only(m));
	pump_side(&p.client, false, pump_only(m), PUMP_USER, password);
	p.answer_after = 1;
	pump_start(&p, m);
	pump_settle(&p);
	memset(response, 0xee, MSCHAP_RESPONSE);
	memset(proof, '#', 42);
	memcpy(response, p.server.auth.response, p.server.auth.response_len);
	pump_answer(&p);
	if (p.server.auth.has_hlak)
		memcpy(proof, p.server.auth.out + (m == SSTP_AUTH_MSCHAPV2 ? 4 : 9), 42);
	assert_int_equal(p.server.auth.has_hlak, proof[0] == 'S');
	p.answer_after = 0;
	pump_run(&p);
}

static void test_no_secret_survives_redaction_or_is_shown(void **state)
{
	static const char *const passwords[] = {PUMP_PASSWORD, "wrong-one"};
	uint8_t response[MSCHAP_RESPONSE];
	char proof[42];

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++)
		for (size_t k = 0; k < 2; k++) {
			call_and_keep(*m, passwords[k], response, proof);
			for (size_t i = 0; i < p.logged; i++)
				for (size_t n = 0; n <= p.log[i].n; n++) {
					struct pump_packet copy = p.log[i];
					struct text t = text_init(line, sizeof(line));

					auth_show(&t, copy.proto, rd_init(copy.bytes, n));
					assert_clean(line, text_len(&t), response, proof);
					auth_redact(copy.proto, copy.bytes, n);
					assert_clean(copy.bytes, n, response, proof);
					assert_false(pump_holds(copy.bytes, n, "wron", 4));
				}
		}
}

/* The two above, by the way that traces really take. */
static void test_no_secret_is_in_the_trace_of_a_call(void **state)
{
	uint8_t response[MSCHAP_RESPONSE];
	uint8_t frame[AUTH_PACKET_MAX + 2];
	char proof[42];

	(void)state;
	for (const enum sstp_auth *m = pump_methods; *m; m++) {
		call_and_keep(*m, PUMP_PASSWORD, response, proof);
		for (size_t i = 0; i < p.logged; i++) {
			frame[0] = (uint8_t)(p.log[i].proto >> 8);
			frame[1] = (uint8_t)p.log[i].proto;
			memcpy(frame + 2, p.log[i].bytes, p.log[i].n);
			ppp_trace_frame(&p.server.trace, SSTP_TRACE_RX,
					rd_init(frame, p.log[i].n + 2));
		}
		assert_true(p.server.trace.tail > p.logged);
		assert_clean(p.server.ring, sizeof(p.server.ring), response, proof);
		assert_clean(p.client.ring, sizeof(p.client.ring), response, proof);
	}
}

static void test_what_is_not_known_to_be_harmless_is_blotted(void **state)
{
	static const struct {
		uint16_t proto;
		const char *in, *out;
	} cases[] = {
		{PPP_PAP, "07 01 0008 73656372", "07 01 0008 2a2a2a2a"},
		{PPP_PAP, "01 01 0008 ff656372",
		 "01 01 0008 ff2a2a2a"}, /* length of the name is wrong */
		{PPP_PAP, "01 01 0009 01 61 02 7365 72",
		 "01 01 0009 01 61 02 2a2a 2a"},                          /* padding */
		{PPP_CHAP, "02 01 0008 03656372", "02 01 0008 032a2a2a"}, /* no response's size */
		{PPP_CHAP, "07 01 0008 73656372", "07 01 0008 2a2a2a2a"}, /* Change-Password */
		{PPP_EAP, "02 01 0008 06656372", "02 01 0008 062a2a2a"},  /* token card */
		{PPP_EAP, "07 01 0008 1a656372", "07 01 0008 1a2a2a2a"},
		{PPP_EAP, "02 01 000a 1a07010005 73", "02 01 000a 1a07010005 2a"},
		{PPP_EAP, "01 01 0007 01 6869", "01 01 0007 01 6869"}, /* a message, kept */
		{PPP_EAP, "02 01 0007 03 1a04", "02 01 0007 03 1a04"},
		{0x1234, "01 01 0006 7365", "01 01 0006 2a2a"},
	};
	uint8_t wire[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = unhex(cases[i].in, wire, sizeof(wire));
		auth_redact(cases[i].proto, wire, n);
		assert_hex_equal(wire, n, cases[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pap_is_shown_with_its_name_and_without_its_password),
		cmocka_unit_test(test_chap_is_shown_with_its_challenge_and_without_its_response),
		cmocka_unit_test(test_a_proof_is_shown_as_three_stars),
		cmocka_unit_test(test_eap_is_shown_down_to_the_method),
		cmocka_unit_test(test_what_is_cut_off_says_so),
		cmocka_unit_test(test_untrusted_names_are_escaped),
		cmocka_unit_test(test_no_secret_survives_redaction_or_is_shown),
		cmocka_unit_test(test_no_secret_is_in_the_trace_of_a_call),
		cmocka_unit_test(test_what_is_not_known_to_be_harmless_is_blotted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
