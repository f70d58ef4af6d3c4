/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/ccp.c: its options are known by name and agreed to by nobody. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/ppp/ccp.h"
#include "tests/unit/unhex.h"

static void assert_shown(const struct cp_table *table, const char *hex, const char *words)
{
	uint8_t bytes[64];
	char buf[128];
	struct text t = text_init(buf, sizeof(buf));

	cp_show_options(&t, table, rd_init(bytes, unhex(hex, bytes, sizeof(bytes))));
	assert_string_equal(buf, words);
}

static void test_compression_and_encryption_are_named(void **state)
{
	(void)state;
	assert_shown(&ccp_options, "120601000061 1a047800 150368",
		     " mppe=0x01000061 deflate=7800 bsd=68");
	assert_shown(&ecp_options, "010a0102030405060708", " dese=0102030405060708");
}

static void test_nothing_of_it_can_be_agreed_on(void **state)
{
	static const struct cp_table *const tables[] = {&ccp_options, &ecp_options};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < tables[i]->n; k++) {
			assert_null(tables[i]->rows[k].judge);
			assert_null(tables[i]->rows[k].put);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compression_and_encryption_are_named),
		cmocka_unit_test(test_nothing_of_it_can_be_agreed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
