/* SPDX-License-Identifier: MIT */
/* Claims about lib/link/trace.c: records as text and as JSON. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "sstp/error.h"
#include "sstp/trace.h"

static const struct sstp_trace echo = {
	.now = 7,
	.kind = SSTP_TRACE_RX,
	.layer = SSTP_LAYER_SSTP,
	.len = 8,
	.kept = 8,
	.bytes = {0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00},
};

static void assert_text(const struct sstp_trace *t, const char *want)
{
	char line[1024];
	size_t n = sstp_trace_text(t, line, sizeof(line));

	assert_string_equal(line, want);
	assert_int_equal(n, strlen(want));
}

static void test_every_kind_has_its_mark_and_words(void **state)
{
	struct sstp_trace cut = echo;

	(void)state;
	assert_text(&echo, "7 < sstp echo-request");
	cut.kind = SSTP_TRACE_TX;
	cut.len = 500;
	assert_text(&cut, "7 > sstp echo-request ...");
	assert_text(&(struct sstp_trace){.kind = SSTP_TRACE_STATE,
					 .layer = SSTP_LAYER_LCP,
					 .from = "closed",
					 .to = "req-sent"},
		    "0 = lcp closed -> req-sent");
	assert_text(&(struct sstp_trace){.kind = SSTP_TRACE_TIMER,
					 .layer = SSTP_LAYER_SSTP,
					 .name = "hello"},
		    "0 @ sstp hello");
	assert_text(&(struct sstp_trace){.kind = SSTP_TRACE_FAULT,
					 .layer = SSTP_LAYER_IPCP,
					 .err = SSTP_E_PPP_OPTION,
					 .off = 8},
		    "0 ! ipcp ppp-option off=8");
	assert_text(&(struct sstp_trace){.kind = SSTP_TRACE_DROP,
					 .layer = SSTP_LAYER_PPP,
					 .err = SSTP_E_PPP_PROTOCOL,
					 .value = 0x80fd},
		    "0 - ppp ppp-protocol value=0x80fd");
	assert_text(&(struct sstp_trace){.kind = SSTP_TRACE_NOTE,
					 .layer = SSTP_LAYER_LINK,
					 .name = "connected",
					 .value = 2},
		    "0 * link connected value=2");
}

static void test_json_is_valid_and_holds_what_the_text_says(void **state)
{
	char line[2048];
	json_error_t error;
	json_t *o;

	(void)state;
	sstp_trace_json(&echo, line, sizeof(line));
	o = json_loads(line, 0, &error);
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "t")), 7);
	assert_string_equal(json_string_value(json_object_get(o, "kind")), "rx");
	assert_string_equal(json_string_value(json_object_get(o, "layer")), "sstp");
	assert_string_equal(json_string_value(json_object_get(o, "text")), "sstp echo-request");
	assert_string_equal(json_string_value(json_object_get(o, "hex")), "1001000800080000");
	assert_int_equal(json_integer_value(json_object_get(o, "len")), 8);
	json_decref(o);
}

static void test_any_bytes_render_as_valid_json_and_one_line(void **state)
{
	uint32_t seed = 3;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct sstp_trace t = {.kind = SSTP_TRACE_RX};
		char line[4096];
		json_error_t error;
		json_t *o;

		seed = seed * 1664525 + 1013904223;
		t.layer = (uint8_t)((seed >> 8) % SSTP_LAYERS);
		t.kept = t.len = (uint16_t)((seed >> 16) % (SSTP_TRACE_BYTES + 1));
		for (size_t k = 0; k < t.kept; k++) {
			seed = seed * 1664525 + 1013904223;
			t.bytes[k] = (uint8_t)(seed >> 24);
		}
		sstp_trace_text(&t, line, sizeof(line));
		assert_null(strpbrk(line, "\r\n"));
		sstp_trace_json(&t, line, sizeof(line));
		o = json_loads(line, 0, &error);
		assert_non_null(o);
		json_decref(o);
	}
}

static void test_what_does_not_fit_is_cut_off(void **state)
{
	char line[16];

	(void)state;
	for (size_t n = 1; n <= sizeof(line); n++) {
		memset(line, 'x', sizeof(line));
		assert_int_equal(sstp_trace_text(&echo, line, n), n - 1);
		assert_int_equal(strlen(line), n - 1);
	}
}

static void test_every_layer_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < SSTP_LAYERS; i++)
		assert_true(strlen(sstp_layer_name((enum sstp_layer)i)) > 1);
	assert_string_equal(sstp_layer_name(SSTP_LAYERS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_has_its_mark_and_words),
		cmocka_unit_test(test_json_is_valid_and_holds_what_the_text_says),
		cmocka_unit_test(test_any_bytes_render_as_valid_json_and_one_line),
		cmocka_unit_test(test_what_does_not_fit_is_cut_off),
		cmocka_unit_test(test_every_layer_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
