/* SPDX-License-Identifier: MIT */
/* Claims about the dissectors, analyse/dissect_*.c: fields, lines, and what malformed bytes become.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/dissect.h"
#include "analyse/field_text.h"

static struct dissect d;

static int setup(void **state)
{
	(void)state;
	dissect_init(&d);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dissect_fini(&d);
	return 0;
}

/* Begins a frame of n octets, all fields wanted. */
static struct rd begin(const void *bytes, size_t n)
{
	struct origin now = {1, 1000};

	dissect_begin(&d, NULL, true, now);
	d.deep = true;
	field_source_add(&d.tree, "Frame", bytes, n);
	column_unit(&d.column);
	return rd_init(bytes, n);
}

/* Returns the i-th occurrence of a field, from 0; fails when there is none. */
static const struct field *find(enum field_id id, unsigned i)
{
	for (uint32_t n = 0; n < d.tree.count; n++)
		if (d.tree.nodes[n].id == id && !i--)
			return &d.tree.nodes[n];
	fail_msg("there is no %s", field_infos[id].name);
	return NULL;
}

static unsigned count(enum field_id id)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < d.tree.count; i++)
		n += d.tree.nodes[i].id == id;
	return n;
}

static uint64_t number(enum field_id id, unsigned i)
{
	return find(id, i)->value.u;
}

static void assert_text(enum field_id id, const char *text)
{
	const struct field *f = find(id, 0);

	assert_int_equal(f->n, strlen(text));
	assert_memory_equal(f->value.p, text, f->n);
}

static void test_connect_ack_is_shown_with_its_binding_request(void **state)
{
	uint8_t wire[48] = {0x10, 0x01, 0x00, 0x30, 0x00, 0x02, 0x00, 0x01,
			    0x00, 0x04, 0x00, 0x28, 0x00, 0x00, 0x00, 0x03};
	const struct field *nonce;

	(void)state;
	dissect_sstp(&d, begin(wire, sizeof(wire)));
	assert_int_equal(number(FIELD_SSTP_MAJORVERSION, 0), 1);
	assert_int_equal(number(FIELD_SSTP_ISCONTROL, 0), 1);
	assert_int_equal(number(FIELD_SSTP_LENGTH, 0), 48);
	assert_int_equal(number(FIELD_SSTP_MESSAGETYPE, 0), 2);
	assert_int_equal(number(FIELD_SSTP_NUMATTRIB, 0), 1);
	assert_int_equal(number(FIELD_SSTP_ATTRIBID, 0), 4);
	assert_int_equal(number(FIELD_SSTP_ATTRIBLENGTH, 0), 40);
	assert_int_equal(number(FIELD_SSTP_HASH, 0), 3);
	nonce = find(FIELD_SSTP_NONCE, 0);
	assert_int_equal(nonce->n, 32);
	assert_int_equal(nonce->off, 16);
	assert_string_equal(d.column.protocol, "SSTP");
	assert_string_equal(d.column.info, "SSTP-1.0 Type: CONTROL, SSTP_MSG_CALL_CONNECT_ACK; ");
	assert_int_equal(count(FIELD_WS_MALFORMED), 0);
}

static void test_both_hashes_of_a_binding_have_their_lengths(void **state)
{
	uint8_t wire[112] = {0x10, 0x01, 0x00, 0x70, 0x00, 0x04, 0x00, 0x01,
			     0x00, 0x03, 0x00, 0x68, 0x00, 0x00, 0x00, 0x01};

	(void)state;
	dissect_sstp(&d, begin(wire, sizeof(wire)));
	assert_int_equal(find(FIELD_SSTP_CERT_HASH, 0)->n, 20);
	assert_int_equal(find(FIELD_SSTP_COMPOUNDMAC, 0)->n, 20);
	assert_int_equal(count(FIELD_SSTP_PADDING), 2);
	assert_int_equal(find(FIELD_SSTP_PADDING, 1)->n, 12);
	wire[15] = 2;
	dissect_sstp(&d, begin(wire, sizeof(wire)));
	assert_int_equal(find(FIELD_SSTP_CERT_HASH, 0)->n, 32);
	assert_int_equal(find(FIELD_SSTP_COMPOUNDMAC, 0)->n, 32);
	assert_int_equal(count(FIELD_SSTP_PADDING), 0);
}

static void test_attributes_go_on_behind_a_malformed_one(void **state)
{
	/* a binding request of 8 octets, then an encapsulated protocol */
	static const uint8_t wire[] = {0x10, 0x01, 0x00, 0x16, 0x00, 0x01, 0x00, 0x02,
				       0x00, 0x04, 0x00, 0x08, 1,    2,    3,    4,
				       0x00, 0x01, 0x00, 0x06, 0x00, 0x01};

	(void)state;
	dissect_sstp(&d, begin(wire, sizeof(wire)));
	assert_int_equal(count(FIELD_WS_MALFORMED), 1);
	assert_int_equal(find(FIELD_WS_MALFORMED, 0)->off, 12);
	assert_int_equal(number(FIELD_SSTP_ENCAPSULATEDPROTOCOL, 0), 1);
	assert_non_null(strstr(d.column.info, "Malformed"));
}

static void test_unknown_attributes_and_messages_are_shown(void **state)
{
	static const uint8_t wire[] = {0x10, 0x01, 0x00, 0x0e, 0x00, 0x77, 0x00,
				       0x01, 0x00, 0x99, 0x00, 0x06, 0xab, 0xcd};

	(void)state;
	dissect_sstp(&d, begin(wire, sizeof(wire)));
	assert_int_equal(find(FIELD_SSTP_DATAUNKNOWN, 0)->n, 2);
	assert_non_null(strstr(d.column.info, "unknown message 0x0077"));
	assert_int_equal(count(FIELD_WS_MALFORMED), 0);
}

static void test_a_wrong_count_of_attributes_is_told(void **state)
{
	static const uint8_t wire[] = {0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x01};

	(void)state;
	dissect_sstp(&d, begin(wire, sizeof(wire)));
	assert_int_equal(count(FIELD_WS_MALFORMED), 1);
}

static void test_lcp_options_have_wireshark_s_fields(void **state)
{
	static const uint8_t wire[] = {0xff, 0x03, 0xc0, 0x21, 0x01, 0x98, 0x00, 0x15, 0x03,
				       0x05, 0xc2, 0x23, 0x81, 0x01, 0x04, 0x05, 0x78, 0x05,
				       0x06, 0x61, 0x99, 0x81, 0xe4, 0x07, 0x02};

	(void)state;
	dissect_ppp(&d, begin(wire, sizeof(wire)));
	assert_int_equal(number(FIELD_PPP_PROTOCOL, 0), 0xc021);
	assert_int_equal(number(FIELD_PPP_CODE, 0), 1);
	assert_int_equal(number(FIELD_LCP_OPT_AUTH_PROTOCOL, 0), 0xc223);
	assert_int_equal(number(FIELD_LCP_OPT_ALGORITHM, 0), 129);
	assert_int_equal(number(FIELD_LCP_OPT_MRU, 0), 1400);
	assert_int_equal(number(FIELD_LCP_OPT_MAGIC_NUMBER, 0), 0x619981e4);
	assert_int_equal(count(FIELD_LCP_OPT_TYPE), 4);
	assert_int_equal(find(FIELD_LCP_OPT_FIELD_COMPRESS, 0)->len, 2);
	assert_string_equal(d.column.protocol, "PPP LCP");
	assert_string_equal(d.column.info, "Configuration Request");
	assert_int_equal(count(FIELD_WS_MALFORMED), 0);
}

static void test_protocol_reject_echo_and_identification(void **state)
{
	static const uint8_t reject[] = {0xc0, 0x21, 0x08, 0x01, 0x00, 0x08, 0x80, 0xfd, 1, 2};
	static const uint8_t echo[] = {0xc0, 0x21, 0x09, 0x01, 0x00, 0x0a, 1, 2, 3, 4, 'h', 'i'};
	static const uint8_t ident[] = {0xc0, 0x21, 0x0c, 0x01, 0x00, 0x0d, 1,  2,
					3,    4,    'M',  'S',  'R',  'A',  'S'};

	(void)state;
	dissect_ppp(&d, begin(reject, sizeof(reject)));
	assert_int_equal(number(FIELD_LCP_REJ_PROTO, 0), 0x80fd);
	assert_int_equal(find(FIELD_LCP_DATA, 0)->n, 2);
	assert_int_equal(count(FIELD_PPP_ADDRESS), 0);
	dissect_ppp(&d, begin(echo, sizeof(echo)));
	assert_int_equal(number(FIELD_LCP_MAGIC_NUMBER, 0), 0x01020304);
	assert_int_equal(find(FIELD_LCP_DATA, 0)->n, 2);
	dissect_ppp(&d, begin(ident, sizeof(ident)));
	assert_text(FIELD_LCP_MESSAGE, "MSRAS");
	assert_string_equal(d.column.info, "Identification: MSRAS");
}

static void test_mschapv2_response_has_its_parts(void **state)
{
	uint8_t wire[2 + 4 + 1 + 49 + 5] = {0xc2, 0x23, 0x02, 0x01, 0x00, 59, 49};

	(void)state;
	memset(wire + 7, 0xa1, 16);
	memset(wire + 7 + 24, 0xb2, 24);
	memcpy(wire + sizeof(wire) - 5, "alice", 5);
	dissect_ppp(&d, begin(wire, sizeof(wire)));
	assert_text(FIELD_CHAP_NAME, "alice");
	assert_int_equal(find(FIELD_CHAP_VALUE, 0)->n, 49);
	assert_int_equal(find(FIELD_CHAP_MSCHAPV2_PEER_CHALLENGE, 0)->value.p[15], 0xa1);
	assert_int_equal(find(FIELD_CHAP_MSCHAPV2_NT_RESPONSE, 0)->n, 24);
	assert_memory_equal(d.column.info, "Response (NAME='alice', VALUE=0xa1a1", 36);
}

static void test_chap_failure_tells_its_error(void **state)
{
	static const uint8_t wire[] = "\xc2\x23\x04\x01\x00\x16"
				      "E=691 R=1 M=no way";

	(void)state;
	dissect_ppp(&d, begin(wire, sizeof(wire) - 1));
	assert_int_equal(number(FIELD_CHAP_MSCHAPV2_ERROR, 0), 691);
	assert_int_equal(number(FIELD_CHAP_MSCHAPV2_RETRY, 0), 1);
}

static void test_pap_and_eap_show_who_it_is(void **state)
{
	static const uint8_t pap[] = "\xc0\x23\x01\x07\x00\x0e\x05"
				     "alice\x03pwd";
	static const uint8_t eap[] = "\xc2\x27\x02\x01\x00\x0a\x01"
				     "alice";
	static const uint8_t nak[] = {0xc2, 0x27, 0x02, 0x01, 0x00, 0x06, 0x03, 0x1a};
	static const uint8_t challenge[] = "\xc2\x27\x01\x02\x00\x1d\x1a\x01\x02\x00\x18\x10"
					   "0123456789abcdef"
					   "sst";

	(void)state;
	dissect_ppp(&d, begin(pap, sizeof(pap) - 1));
	assert_text(FIELD_PAP_PEER_ID, "alice");
	assert_text(FIELD_PAP_PASSWORD, "pwd");
	dissect_ppp(&d, begin(eap, sizeof(eap) - 1));
	assert_text(FIELD_EAP_IDENTITY, "alice");
	assert_string_equal(d.column.info, "Response, Identity 'alice'");
	dissect_ppp(&d, begin(nak, sizeof(nak)));
	assert_int_equal(number(FIELD_EAP_DESIRED_TYPE, 0), 26);
	dissect_ppp(&d, begin(challenge, sizeof(challenge) - 1));
	assert_int_equal(number(FIELD_EAP_MS_CHAP_V2_OPCODE, 0), 1);
	assert_text(FIELD_EAP_MS_CHAP_V2_CHALLENGE, "0123456789abcdef");
	assert_text(FIELD_EAP_MS_CHAP_V2_NAME, "sst");
}

static void test_ipcp_and_ccp_options(void **state)
{
	static const uint8_t ipcp[] = {0x80, 0x21, 0x01, 0x01, 0x00, 0x10, 0x03, 0x06, 10,
				       0,    0,    5,    0x81, 0x06, 8,    8,    4,    4};
	static const uint8_t ccp[] = {0x80, 0xfd, 0x01, 0x01, 0x00, 0x0a,
				      0x12, 0x06, 0x01, 0x00, 0x00, 0x40};

	(void)state;
	dissect_ppp(&d, begin(ipcp, sizeof(ipcp)));
	assert_int_equal(number(FIELD_IPCP_OPT_IP_ADDRESS, 0), 0x0a000005);
	assert_int_equal(number(FIELD_IPCP_OPT_PRI_DNS_ADDRESS, 0), 0x08080404);
	dissect_ppp(&d, begin(ccp, sizeof(ccp)));
	assert_int_equal(number(FIELD_CCP_OPT_SUPPORTED_BITS, 0), 0x01000040);
	assert_int_equal(number(FIELD_CCP_OPT_SUPPORTED_BITS_H, 0), 1);
	assert_int_equal(number(FIELD_CCP_OPT_SUPPORTED_BITS_S, 0), 1);
	assert_int_equal(number(FIELD_CCP_OPT_SUPPORTED_BITS_C, 0), 0);
}

static void test_http_heads_of_both_sides(void **state)
{
	static const char request[] = "SSTP_DUPLEX_POST /sra_{1}/ HTTP/1.1\r\nHost: vpn\r\n"
				      "Content-Length: 18446744073709551615\r\nX-Odd: 1\r\n\r\n";
	static const char reply[] =
		"HTTP/1.1 404 Not Found\r\nServer: x\r\nContent-Length: 12\r\n\r\n";
	static const char broken[] = "GET / HTTP/1.1\r\nno colon here\r\n\r\n";

	(void)state;
	d.encrypted = true;
	dissect_http(&d, begin(request, sizeof(request) - 1), true);
	assert_text(FIELD_HTTP_REQUEST_METHOD, "SSTP_DUPLEX_POST");
	assert_text(FIELD_HTTP_REQUEST_URI, "/sra_{1}/");
	assert_text(FIELD_HTTP_HOST, "vpn");
	assert_text(FIELD_HTTP_CONTENT_LENGTH_HEADER, "18446744073709551615");
	assert_text(FIELD_HTTP_UNKNOWN_HEADER, "X-Odd: 1\r\n");
	assert_text(FIELD_HTTP_REQUEST_FULL_URI, "https://vpn/sra_{1}/");
	assert_int_equal(count(FIELD_HTTP_REQUEST_LINE), 3);
	dissect_http(&d, begin(reply, sizeof(reply) - 1), false);
	assert_int_equal(number(FIELD_HTTP_RESPONSE_CODE, 0), 404);
	assert_text(FIELD_HTTP_RESPONSE_PHRASE, "Not Found");
	assert_int_equal(number(FIELD_HTTP_CONTENT_LENGTH, 0), 12);
	dissect_http(&d, begin(broken, sizeof(broken) - 1), true);
	assert_int_equal(count(FIELD_WS_MALFORMED), 1);
}

static void test_inner_packets_are_one_line(void **state)
{
	static const uint8_t dns[] = {0x45, 0,   0,   0x37, 0,   1, 0,    0,    64,   17,   0,
				      0,    10,  0,   0,    5,   8, 8,    8,    8,    0xc0, 0,
				      0,    53,  0,   35,   0,   0, 0x12, 0x34, 0x01, 0x00, 0,
				      1,    0,   0,   0,    0,   0, 0,    3,    'v',  'p',  'n',
				      4,    't', 'e', 's',  't', 0, 0,    1,    0,    1,    0};

	(void)state;
	dissect_ip(&d, begin(dns, sizeof(dns)));
	assert_text(FIELD_DNS_QRY_NAME, "vpn.test");
	assert_int_equal(number(FIELD_DNS_QRY_TYPE, 0), 1);
	assert_string_equal(d.column.protocol, "DNS");
	assert_string_equal(d.column.info, "Standard query 0x1234 A vpn.test");
	assert_int_equal(number(FIELD_UDP_DSTPORT, 0), 53);
	assert_int_equal(find(FIELD_IP, 0)->flags & FIELD_HEADER, FIELD_HEADER);
	assert_int_equal(find(FIELD_IP, 0)->len, 20);
}

/* In the options of IP and of TCP, which nobody looks at who asks for other fields. */
static void test_what_is_malformed_is_found_when_nothing_else_is_asked_for(void **state)
{
	static const uint8_t packet[] = {0x46, 0, 0, 0x30, 0, 1, 0, 0, 64, 6,    0,    0,
					 10,   0, 0, 1,    1, 1, 1, 1, 7,  1,    0,    0,
					 0,    9, 1, 0xbb, 0, 0, 0, 1, 0,  0,    0,    0,
					 0x60, 2, 0, 0,    0, 0, 0, 0, 2,  0xff, 0xff, 0xff};
	struct field_set wanted = {0};

	(void)state;
	field_set_add(&wanted, FIELD_WS_MALFORMED);
	dissect_begin(&d, &wanted, false, (struct origin){1, 1});
	field_source_add(&d.tree, "Frame", packet, sizeof(packet));
	dissect_ip(&d, rd_init(packet, sizeof(packet)));
	dissect_end(&d);
	assert_int_equal(count(FIELD_WS_MALFORMED), 2);
	assert_int_equal(d.tree.count, 2);
}

static void test_names_that_point_to_themselves_end(void **state)
{
	static const uint8_t loop[] = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1};

	(void)state;
	dissect_dns(&d, begin(loop, sizeof(loop)));
	assert_text(FIELD_DNS_QRY_NAME, "<Root>");
}

/* Packets of every kind, of which each beginning is dissected. */
static void test_every_truncation_is_dissected_and_told(void **state)
{
	uint8_t wire[4 + 4 + 112];
	static const uint8_t head[] = {0x10, 0x01, 0x00, 0x70, 0x00, 0x04, 0x00, 0x01,
				       0x00, 0x03, 0x00, 0x68, 0x00, 0x00, 0x00, 0x02};

	(void)state;
	memset(wire, 7, sizeof(wire));
	memcpy(wire, head, sizeof(head));
	for (size_t n = 0; n < 112; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		assert_non_null(copy);
		memcpy(copy, wire, n);
		dissect_sstp(&d, begin(copy, n));
		assert_true(count(FIELD_WS_MALFORMED) > 0);
		dissect_end(&d);
		free(copy);
	}
	dissect_sstp(&d, begin(wire, 112));
	assert_int_equal(count(FIELD_WS_MALFORMED), 0);
}

static void test_several_units_of_a_frame_share_its_line(void **state)
{
	static const uint8_t echo[] = {0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00};
	struct rd r;

	(void)state;
	r = begin(echo, sizeof(echo));
	dissect_sstp(&d, r);
	column_unit(&d.column);
	dissect_sstp(&d, r);
	assert_string_equal(d.column.info,
			    "SSTP SSTP-1.0 Type: CONTROL, SSTP_MSG_ECHO_REQUEST;  | SSTP SSTP-1.0 "
			    "Type: CONTROL, SSTP_MSG_ECHO_REQUEST; ");
	assert_int_equal(find(FIELD_SSTP_LENGTH, 1)->layer, 2);
	for (unsigned i = 0; i < 100; i++) {
		column_unit(&d.column);
		dissect_sstp(&d, r);
	}
	assert_true(d.column.text.cut);
	assert_true(strlen(d.column.info) < COLUMN_INFO);
}

static void test_sequence_numbers_count_from_the_syn(void **state)
{
	static const struct tcp_ends there = {.version = 4, .src = {1}, .dst = {2}};
	static const struct tcp_ends back = {.version = 4, .src = {2}, .dst = {1}};
	struct tcp_seen s = {.from = 9, .to = 443, .seq = 1000, .syn = true, .shift = 7, .ns = 5};
	struct tcp_shown shown;
	struct tcp_view v;

	(void)state;
	tcp_view_init(&v);
	tcp_view_segment(&v, &there, &s, &shown);
	assert_int_equal(shown.seq, 0);
	s = (struct tcp_seen){.from = 443,
			      .to = 9,
			      .seq = 0xffffffff,
			      .ack = 1001,
			      .syn = true,
			      .has_ack = true,
			      .shift = 2,
			      .ns = 6};
	tcp_view_segment(&v, &back, &s, &shown);
	assert_int_equal(shown.seq, 0);
	assert_int_equal(shown.ack, 1);
	assert_int_equal(shown.scale, 0);
	s = (struct tcp_seen){.from = 443,
			      .to = 9,
			      .seq = 4,
			      .ack = 1101,
			      .has_ack = true,
			      .shift = TCP_SCALE_NONE,
			      .ns = 9};
	tcp_view_segment(&v, &back, &s, &shown);
	assert_int_equal(shown.seq, 5);
	assert_int_equal(shown.ack, 101);
	assert_int_equal(shown.scale, 2);
	assert_int_equal(shown.number, 0);
	assert_int_equal(shown.first, 5);
	assert_int_equal(shown.before, 6);
	s = (struct tcp_seen){
		.from = 9, .to = 443, .seq = 77, .syn = true, .shift = TCP_SCALE_NONE};
	tcp_view_segment(&v, &there, &s, &shown);
	assert_int_equal(shown.number, 1); /* the ports are used again */
	for (unsigned i = 0; i < 3 * TCP_VIEWS; i++) {
		s.from = (uint16_t)i;
		tcp_view_segment(&v, &there, &s, &shown);
	}
	tcp_view_fini(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connect_ack_is_shown_with_its_binding_request),
		cmocka_unit_test(test_both_hashes_of_a_binding_have_their_lengths),
		cmocka_unit_test(test_attributes_go_on_behind_a_malformed_one),
		cmocka_unit_test(test_unknown_attributes_and_messages_are_shown),
		cmocka_unit_test(test_a_wrong_count_of_attributes_is_told),
		cmocka_unit_test(test_lcp_options_have_wireshark_s_fields),
		cmocka_unit_test(test_protocol_reject_echo_and_identification),
		cmocka_unit_test(test_mschapv2_response_has_its_parts),
		cmocka_unit_test(test_chap_failure_tells_its_error),
		cmocka_unit_test(test_pap_and_eap_show_who_it_is),
		cmocka_unit_test(test_ipcp_and_ccp_options),
		cmocka_unit_test(test_http_heads_of_both_sides),
		cmocka_unit_test(test_inner_packets_are_one_line),
		cmocka_unit_test(test_what_is_malformed_is_found_when_nothing_else_is_asked_for),
		cmocka_unit_test(test_names_that_point_to_themselves_end),
		cmocka_unit_test(test_every_truncation_is_dissected_and_told),
		cmocka_unit_test(test_several_units_of_a_frame_share_its_line),
		cmocka_unit_test(test_sequence_numbers_count_from_the_syn),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
