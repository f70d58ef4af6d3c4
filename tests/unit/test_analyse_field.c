/* SPDX-License-Identifier: MIT */
/* Claims about analyse/field.c and analyse/field_table.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "analyse/field.h"

static const uint8_t octets[] = {0x10, 0x01, 0x00, 0x0e, 0x00, 0x01, 0x00, 0x01, 10, 78, 0, 2};

static void fill(struct field_tree *t)
{
	uint32_t sstp, flags;

	field_source_add(t, "Frame", octets, sizeof(octets));
	sstp = field_add_protocol(t, FIELD_SSTP, 0, 4, sizeof(octets));
	field_open(t, sstp);
	field_add_bits(t, FIELD_SSTP_MAJORVERSION, 0, 1, 0x10);
	flags = field_add_bits(t, FIELD_SSTP_ISCONTROL, 1, 1, 0x01);
	field_open(t, flags);
	field_add_uint(t, FIELD_SSTP_LENGTH, 2, 2, 14);
	field_close(t);
	field_add_bytes(t, FIELD_SSTP_NONCE, 4, 4);
	field_add_ip4(t, FIELD_IP_SRC, 8);
	field_close(t);
	field_add_text(t, FIELD_SSTP_CALL_USER, "alice");
}

static void test_subtrees_are_contiguous_and_levels_count(void **state)
{
	struct field_tree t;

	(void)state;
	field_tree_init(&t);
	field_tree_reset(&t, NULL);
	fill(&t);
	assert_int_equal(t.count, 7);
	assert_int_equal(t.nodes[0].end, 6);
	assert_int_equal(t.nodes[2].end, 4);
	assert_int_equal(t.nodes[1].end, 2);
	assert_int_equal(t.nodes[0].depth, 0);
	assert_int_equal(t.nodes[3].depth, 2);
	assert_int_equal(t.nodes[5].depth, 1);
	assert_int_equal(t.nodes[6].depth, 0);
	assert_int_equal(t.nodes[0].len, 4);
	assert_int_equal(t.nodes[0].n, sizeof(octets));
	assert_int_equal(t.nodes[1].value.u, 1);
	assert_int_equal(t.nodes[5].value.u, 0x0a4e0002);
	assert_ptr_equal(t.nodes[4].value.p, octets + 4);
	assert_memory_equal(t.nodes[6].value.p, "alice", 5);
	field_tree_fini(&t);
}

static void test_unwanted_fields_are_not_kept(void **state)
{
	struct field_set wanted = {0};
	struct field_tree t;

	(void)state;
	field_set_add(&wanted, FIELD_SSTP_LENGTH);
	field_set_add(&wanted, FIELD_IP_ADDR);
	field_tree_init(&t);
	field_tree_reset(&t, &wanted);
	fill(&t);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.nodes[0].id, FIELD_SSTP_LENGTH);
	assert_int_equal(t.nodes[0].layer, 1); /* the protocol counts although it is not kept */
	assert_int_equal(t.nodes[0].depth, 0);
	assert_int_equal(t.nodes[1].id, FIELD_IP_SRC);
	assert_true(field_wanted_of(&t, FIELD_SSTP));
	assert_true(field_wanted_of(&t, FIELD_IP));
	assert_false(field_wanted_of(&t, FIELD_TCP));
	assert_false(field_wanted(&t, FIELD_SSTP));
	field_tree_fini(&t);
}

static void test_ranges_past_the_source_are_cut(void **state)
{
	struct field_tree t;

	(void)state;
	field_tree_init(&t);
	field_tree_reset(&t, NULL);
	field_source_add(&t, "Frame", octets, sizeof(octets));
	field_add_bytes(&t, FIELD_SSTP_NONCE, 10, 32);
	field_add_bytes(&t, FIELD_SSTP_NONCE, 100, 32);
	field_add_ip4(&t, FIELD_IP_SRC, 10);
	assert_int_equal(t.nodes[0].n, 2);
	assert_int_equal(t.nodes[1].n, 0);
	assert_int_equal(t.nodes[2].value.u, 0);
	field_set_len(&t, 0, 1);
	assert_int_equal(t.nodes[0].n, 1);
	field_set_len(&t, FIELD_SKIPPED, 1);
	field_tree_fini(&t);
}

static void test_a_tree_is_bounded_and_says_when_it_is_full(void **state)
{
	struct field_tree t;

	(void)state;
	field_tree_init(&t);
	field_tree_reset(&t, NULL);
	for (unsigned i = 0; i < FIELD_NODES_MAX + 10; i++)
		field_add_uint(&t, FIELD_SSTP_LENGTH, 0, 0, i);
	assert_int_equal(t.count, FIELD_NODES_MAX);
	assert_true(t.full);
	field_tree_reset(&t, NULL);
	assert_false(t.full);
	for (unsigned i = 0; i < FIELD_NODES_MAX; i++)
		field_label(&t, field_add_none(&t, FIELD_TLS_RECORD, 0, 0), "%0300u", i);
	assert_true(t.full);
	assert_true(field_tree_memory(&t) < 24u << 20);
	field_tree_reset(&t, NULL);
	for (unsigned i = 0; i < 2 * FIELD_DEPTH_MAX; i++)
		field_open(&t, field_add_none(&t, FIELD_TLS_RECORD, 0, 0));
	for (unsigned i = 0; i < 2 * FIELD_DEPTH_MAX; i++)
		field_close(&t);
	assert_true(t.full);
	assert_int_equal(t.nodes[0].end, 2 * FIELD_DEPTH_MAX);
	assert_int_equal(field_add_none(&t, FIELD_TLS_RECORD, 0, 0), 2 * FIELD_DEPTH_MAX);
	assert_int_equal(t.nodes[2 * FIELD_DEPTH_MAX].depth, 0);
	for (unsigned i = 0; i < FIELD_SOURCES_MAX + 5; i++)
		field_source_add(&t, "Frame", octets, 1);
	assert_int_equal(t.n_sources, FIELD_SOURCES_MAX);
	field_tree_fini(&t);
}

static void test_labels_are_made_for_printers_only(void **state)
{
	struct field_set wanted = {0};
	struct field_tree t;
	uint32_t node;

	(void)state;
	field_set_add(&wanted, FIELD_SSTP_LENGTH);
	field_tree_init(&t);
	field_tree_reset(&t, NULL);
	node = field_add_uint(&t, FIELD_SSTP_LENGTH, 0, 0, 1);
	field_label_more(&t, node, ": %d", 14);
	field_label_more(&t, node, " (%s)", "short");
	assert_string_equal(t.nodes[node].label, "Length-Packet: 14 (short)");
	field_malformed(&t, 0, 0, "the length is %d", 3);
	assert_string_equal(t.nodes[1].label, "Malformed: the length is 3");
	field_tree_reset(&t, &wanted);
	node = field_add_uint(&t, FIELD_SSTP_LENGTH, 0, 0, 1);
	field_label(&t, node, "x");
	assert_null(t.nodes[node].label);
	field_tree_fini(&t);
}

static void test_the_table_is_whole(void **state)
{
	(void)state;
	for (unsigned id = 1; id < FIELDS; id++) {
		const struct field_info *info = &field_infos[id];

		assert_true(strlen(info->name) && strlen(info->title));
		assert_int_equal(field_find(info->name, strlen(info->name)), id);
		assert_int_equal(field_infos[info->protocol].type, FT_PROTOCOL);
		assert_true(info->protocol <= id);
		for (unsigned i = 0; i < 2; i++)
			assert_true(!info->either[i] ||
				    field_infos[info->either[i]].type == info->type);
		assert_true(strlen(field_type_name(info->type)) > 3);
		assert_true(strlen(field_type_words(info->type)) > 3);
		if (info->mask && field_type_max(info->type))
			assert_true(info->mask <= field_type_max(info->type));
	}
	assert_int_equal(field_find("tls.nosuch", 10), FIELD_INVALID);
	assert_int_equal(field_find("ssl.record", 10), FIELD_TLS_RECORD);
	assert_int_equal(field_find("ssl", 3), FIELD_TLS);
	assert_int_equal(field_find("", 0), FIELD_INVALID);
	assert_string_equal(field_value_name(FIELD_SSTP_HASH, 2), "SHA256");
	assert_null(field_value_name(FIELD_SSTP_HASH, 77));
	assert_null(field_value_name(FIELD_SSTP_LENGTH, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subtrees_are_contiguous_and_levels_count),
		cmocka_unit_test(test_unwanted_fields_are_not_kept),
		cmocka_unit_test(test_ranges_past_the_source_are_cut),
		cmocka_unit_test(test_a_tree_is_bounded_and_says_when_it_is_full),
		cmocka_unit_test(test_labels_are_made_for_printers_only),
		cmocka_unit_test(test_the_table_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
