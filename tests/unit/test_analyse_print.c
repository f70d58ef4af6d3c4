/* SPDX-License-Identifier: MIT */
/* Claims about analyse/print_*.c and field_text.c: the forms that frames are written in. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/field_text.h"
#include "analyse/print.h"

static struct dissect d;
static char *written;
static size_t written_n;

static const uint8_t wire[] = {0x10, 0x01, 'a', '"', '\\', '\n', 0x1b, 0xff, 10, 78, 0, 2, 1, 2};

/* Fills a frame with two SSTP layers, a string that needs care, and an address. */
static void fill(void)
{
	struct origin now = {7, 1704067200500000000};
	uint32_t node;

	dissect_init(&d);
	dissect_begin(&d, NULL, true, now);
	field_source_add(&d.tree, "Frame", wire, sizeof(wire));
	for (unsigned i = 0; i < 2; i++) {
		node = field_add_protocol(&d.tree, FIELD_SSTP, 0, 4, sizeof(wire));
		field_open(&d.tree, node);
		field_add_bits(&d.tree, FIELD_SSTP_MAJORVERSION, 0, 1, 0x10);
		field_add_bits(&d.tree, FIELD_SSTP_ISCONTROL, 1, 1, i);
		field_add_uint(&d.tree, FIELD_SSTP_MESSAGETYPE, 2, 2, i ? 4 : 0x77);
		field_add_bytes(&d.tree, FIELD_SSTP_NONCE, 0, 6);
		field_close(&d.tree);
	}
	field_add_bytes(&d.tree, FIELD_HTTP_HOST, 2, 6);
	field_add_ip4(&d.tree, FIELD_IP_SRC, 8);
	node = field_add_uint(&d.tree, FIELD_TCP_FLAGS, 0, 2, 0x18);
	field_open(&d.tree, node);
	field_add_bits(&d.tree, FIELD_TCP_FLAGS_ACK, 0, 2, 0x18);
	field_close(&d.tree);
	field_flag(&d.tree, field_add_time(&d.tree, FIELD_FRAME_TIME_DELTA, -1500000),
		   FIELD_GENERATED);
	field_flag(&d.tree, field_add_uint(&d.tree, FIELD_IP_VERSION, 0, 1, 4), FIELD_HIDDEN);
	column_protocol(&d.column, "SSTP");
	column_safe(&d.column, "x\"\x1b", 3);
	dissect_end(&d);
}

static FILE *open_out(void)
{
	FILE *out;

	free(written);
	written = NULL;
	out = open_memstream(&written, &written_n);
	assert_non_null(out);
	return out;
}

static void test_lines_of_a_tree_are_wireshark_s(void **state)
{
	FILE *out = open_out();

	(void)state;
	fill();
	print_tree(out, &d, false);
	fclose(out);
	assert_string_equal(written,
			    "Secure Socket Tunneling Protocol\n"
			    "    0001 .... = Major Version: 1\n"
			    "    .... ...0 = Control Packet: False\n"
			    "    Message Type: Unknown (0x0077)\n"
			    "    Nonce: 100161225c0a\n"
			    "Secure Socket Tunneling Protocol\n"
			    "    0001 .... = Major Version: 1\n"
			    "    .... ...1 = Control Packet: True\n"
			    "    Message Type: SSTP_MSG_CALL_CONNECTED (0x0004)\n"
			    "    Nonce: 100161225c0a\n"
			    "Host: a\"\\\\n\\x1b\\xff\n"
			    "Source Address: 10.78.0.2\n"
			    ".... 0000 0001 1000 = Flags: 0x018\n"
			    "    .... ...1 .... = Acknowledgment: Set\n"
			    "[Time delta from previous captured frame: -0.001500000 seconds]\n"
			    "\n");
	out = open_out();
	print_tree(out, &d, true);
	fclose(out);
	assert_non_null(strstr(written, "8-11          Source Address"));
	dissect_fini(&d);
}

static void test_hex_has_offsets_and_characters(void **state)
{
	FILE *out = open_out();

	(void)state;
	fill();
	print_hex(out, &d);
	fclose(out);
	assert_string_equal(written, "0000  10 01 61 22 5c 0a 1b ff 0a 4e 00 02 01 02         "
				     "..a\"\\....N....\n\n");
	dissect_fini(&d);
}

static void test_json_is_valid_and_has_each_name_once(void **state)
{
	struct frame frame = {.wire = 99};
	struct packet headers = {.frame = &frame};
	struct flow_packet p = {.headers = &headers};
	FILE *out = open_out();
	json_t *root, *layers, *sstp;
	json_error_t err;

	(void)state;
	fill();
	print_json(out, &d, &p);
	fclose(out);
	root = json_loads(written, JSON_REJECT_DUPLICATES, &err);
	if (!root)
		fail_msg("%s: %s", err.text, written);
	assert_ptr_equal(strchr(written, '\n'), written + written_n - 1);
	assert_int_equal(json_integer_value(json_object_get(root, "length")), 99);
	assert_int_equal(json_integer_value(json_object_get(root, "number")), 7);
	layers = json_object_get(root, "layers");
	sstp = json_object_get(layers, "sstp");
	assert_int_equal(json_array_size(sstp), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(sstp, 1), "sstp.messagetype")),
		"0x0004");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(sstp, 0), "sstp.nonce")),
		"10:01:61:22:5c:0a");
	assert_string_equal(json_string_value(json_object_get(layers, "tcp.flags")), "0x0018");
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(layers, "tcp.flags_tree"), "tcp.flags.ack")),
			    "1");
	json_decref(root);
	dissect_fini(&d);
}

static void line_of(struct print_fields *f)
{
	FILE *out = open_out();

	print_fields_head(out, f);
	print_fields_line(out, f, &d);
	fclose(out);
}

static void test_fields_follow_their_options(void **state)
{
	struct print_fields f;

	(void)state;
	fill();
	print_fields_init(&f);
	assert_int_equal(print_fields_add(&f, "sstp.messagetype"), 0);
	assert_int_equal(print_fields_add(&f, "ip.addr"), 0);
	assert_int_equal(print_fields_add(&f, "http.host"), 0);
	assert_int_equal(print_fields_add(&f, "udp.port"), 0);
	assert_int_equal(print_fields_add(&f, "sstp"), 0);
	assert_int_equal(print_fields_add(&f, "no.such"), -1);
	line_of(&f);
	assert_string_equal(written,
			    "0x0077,0x0004\t10.78.0.2\ta\"\\\\\\n\\x1b\xff\t\tsstp,sstp\n");
	assert_int_equal(print_fields_option(&f, "header=y"), 0);
	assert_int_equal(print_fields_option(&f, "separator=/s"), 0);
	assert_int_equal(print_fields_option(&f, "aggregator=;"), 0);
	assert_int_equal(print_fields_option(&f, "quote=d"), 0);
	assert_int_equal(print_fields_option(&f, "occurrence=l"), 0);
	line_of(&f);
	assert_string_equal(written,
			    "sstp.messagetype ip.addr http.host udp.port sstp\n"
			    "\"0x0004\" \"10.78.0.2\" \"a\"\"\\\\\\n\\x1b\xff\"  \"sstp\"\n");
	assert_int_equal(print_fields_option(&f, "occurrence=f"), 0);
	assert_int_equal(print_fields_option(&f, "quote=n"), 0);
	assert_int_equal(print_fields_option(&f, "header=n"), 0);
	assert_int_equal(print_fields_option(&f, "bom=y"), 0);
	line_of(&f);
	assert_memory_equal(written,
			    "\xef\xbb\xbf"
			    "0x0077 10.78.0.2",
			    19);
	assert_int_equal(print_fields_option(&f, "header=maybe"), -1);
	assert_int_equal(print_fields_option(&f, "separator="), -1);
	assert_int_equal(print_fields_option(&f, "occurrence=x"), -1);
	assert_int_equal(print_fields_option(&f, "nothing"), -1);
	dissect_fini(&d);
}

static void test_the_summary_is_one_line(void **state)
{
	struct frame frame = {.wire = 109};
	struct packet headers = {.frame = &frame};
	struct flow_packet p = {.headers = &headers};
	FILE *out = open_out();

	(void)state;
	fill();
	column_addresses(&d.column, 4, (const uint8_t[]){10, 0, 0, 1},
			 (const uint8_t[]){10, 0, 0, 2});
	print_summary(out, &d, &p, false);
	fclose(out);
	assert_string_equal(written,
			    "    7   0.000000     10.0.0.1 \xe2\x86\x92 10.0.0.2     SSTP 109 "
			    "x\\x22\\x1b\n");
	out = open_out();
	print_summary(out, &d, &p, true);
	fclose(out);
	assert_memory_equal(written, "\033[1;36m", 7);
	assert_string_equal(written + written_n - 5, "\033[0m\n");
	dissect_fini(&d);
}

static void test_lists_have_every_field(void **state)
{
	FILE *out = open_out();
	unsigned lines = 0;

	(void)state;
	print_list(out);
	fclose(out);
	for (const char *p = written; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, FIELDS - 1);
	assert_non_null(strstr(written, "P\tSecure Socket Tunneling Protocol\tsstp\n"));
	assert_non_null(strstr(written,
			       "F\tMajor Version\tsstp.majorversion\tFT_UINT8\tsstp\tBASE_DEC"
			       "\t0xf0\t"));
	out = open_out();
	print_values(out);
	fclose(out);
	assert_non_null(
		strstr(written, "V\tsstp.messagetype\t0x1\tSSTP_MSG_CALL_CONNECT_REQUEST\n"));
}

static void test_dates_are_local(void **state)
{
	char buf[64];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	setenv("TZ", "UTC", 1);
	field_date_text(&t, 1704067200500000000);
	assert_string_equal(buf, "Jan  1, 2024 00:00:00.500000000 UTC");
	t = text_init(buf, sizeof(buf));
	field_date_text(&t, -1);
	assert_string_equal(buf, "Dec 31, 1969 23:59:59.999999999 UTC");
}

static int teardown(void **state)
{
	(void)state;
	free(written);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_a_tree_are_wireshark_s),
		cmocka_unit_test(test_hex_has_offsets_and_characters),
		cmocka_unit_test(test_json_is_valid_and_has_each_name_once),
		cmocka_unit_test(test_fields_follow_their_options),
		cmocka_unit_test(test_the_summary_is_one_line),
		cmocka_unit_test(test_lists_have_every_field),
		cmocka_unit_test(test_dates_are_local),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
