/* SPDX-License-Identifier: MIT */
/* Claims about lib/sstp/packet_show.c: words for any bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/base/text.h"
#include "lib/sstp/packet.h"

static const char *show(const void *p, size_t n)
{
	static char buf[1024];
	uint8_t *copy = test_malloc(n + 1); /* its own memory: reading past n shows */
	struct text t = text_init(buf, sizeof(buf));

	memcpy(copy + 1, p, n);
	sstp_show(&t, rd_init(copy + 1, n));
	test_free(copy);
	return buf;
}

static void test_messages_read_like_the_specification(void **state)
{
	(void)state;
	assert_string_equal(show("\x10\x01\x00\x0e\0\1\0\1\0\1\0\6\0\1", 14),
			    "call-connect-request protocol=ppp");
	assert_string_equal(show("\x10\x01\x00\x0e\0\1\0\1\0\1\0\6\0\2", 14),
			    "call-connect-request protocol=0x0002");
	assert_string_equal(show("\x10\x01\x00\x08\0\x09\0\0", 8), "echo-response");
	assert_string_equal(show("\x10\x01\x00\x14\0\5\0\1\0\2\0\x0c\0\0\0\3\0\0\0\4", 20),
			    "call-abort status=value-not-supported attrib=crypto-binding");
	assert_string_equal(show("\x10\x01\x00\x16\0\3\0\1\0\2\0\x0e\0\0\0\1\0\0\0\4\0\2", 22),
			    "call-connect-nak status=value-not-supported "
			    "attrib=encapsulated-protocol-id value=0002");
}

static void test_bindings_show_the_octets_that_their_hash_has(void **state)
{
	uint8_t msg[SSTP_CONNECTED_LEN];
	const uint8_t nonce[SSTP_NONCE] = {0xab};
	const uint8_t cert[32] = {0xcd};
	struct wr w = wr_init(msg, sizeof(msg));

	(void)state;
	sstp_put_connected(&w, 1, nonce, cert);
	assert_string_equal(show(msg, sizeof(msg)),
			    "call-connected hash=sha1 nonce="
			    "ab00000000000000000000000000000000000000000000000000000000000000"
			    " cert=cd00000000000000000000000000000000000000"
			    " mac=0000000000000000000000000000000000000000");
	w = wr_init(msg, sizeof(msg));
	sstp_put_ack(&w, 3, nonce);
	assert_string_equal(show(msg, 48),
			    "call-connect-ack hashes=sha1,sha256 nonce="
			    "ab00000000000000000000000000000000000000000000000000000000000000");
}

static void test_what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_string_equal(show("\x10\x01\x00\x06\0\1", 6), "(truncated)");
	assert_string_equal(show("\x10\x01\x00\x08\0\x63\0\0", 8), "0x63");
	assert_string_equal(show("\x10\x01\x00\x08\0\1\0\2", 8), "call-connect-request count=2");
	assert_string_equal(show("\x10\x01\x00\x0c\0\1\0\1\0\1\0\3", 12),
			    "call-connect-request (truncated)");
	assert_string_equal(show("\x10\x01\x00\x0c\0\1\0\0\0\1\0\4", 12),
			    "call-connect-request behind=4");
	assert_string_equal(show("\x10\x01\x00\x11\0\1\0\2\0\1\0\5\7\0\x09\0\4", 17),
			    "call-connect-request attribute=encapsulated-protocol-id length=5"
			    " attribute=0x09 length=4");
}

static void test_every_truncation_is_shown_without_reading_past_it(void **state)
{
	uint8_t msg[SSTP_CONNECTED_LEN];
	const uint8_t nonce[SSTP_NONCE] = {0};
	const uint8_t cert[32] = {0};
	struct wr w = wr_init(msg, sizeof(msg));

	(void)state;
	sstp_put_connected(&w, 2, nonce, cert);
	for (size_t n = 0; n < sizeof(msg); n++)
		assert_string_equal(show(msg, n), n < 8 ? "(truncated)" : "call-connected");
	assert_non_null(strstr(show(msg, sizeof(msg)), " mac=00"));
}

static void test_a_short_buffer_cuts_the_words(void **state)
{
	char buf[8];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	sstp_show(&t, rd_init("\x10\x01\x00\x08\0\x09\0\0", 8));
	assert_string_equal(buf, "echo-re");
	assert_true(t.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_read_like_the_specification),
		cmocka_unit_test(test_bindings_show_the_octets_that_their_hash_has),
		cmocka_unit_test(test_what_is_wrong_is_said),
		cmocka_unit_test(test_every_truncation_is_shown_without_reading_past_it),
		cmocka_unit_test(test_a_short_buffer_cuts_the_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
