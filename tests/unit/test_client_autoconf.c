/* SPDX-License-Identifier: MIT */
/* Claims about client/autoconf.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "client/autoconf.h"
#include "io/ip.h"

static const uint8_t id[8] = {2, 0, 0, 0, 0, 0, 0, 7};
static const uint8_t router[16] = {0xfe, 0x80, [15] = 1};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};

static const struct nd_advert usual = {.router_life = 1800,
				       .has_prefix = true,
				       .prefix = {0xfd, 0, 0, 0x77, 0, 0, 0, 5},
				       .prefix_bits = 64,
				       .autonomous = true,
				       .valid = 86400,
				       .preferred = 14400};

static bool hear(struct autoconf *a, const struct nd_advert *advert)
{
	uint8_t p[ND_PACKET_MAX];
	size_t n = nd_put_advert(advert, router, all_nodes, p);

	return autoconf_advert(a, p, n);
}

static void test_an_address_is_prefix_and_identifier(void **state)
{
	struct autoconf a;

	(void)state;
	autoconf_start(&a, id);
	assert_memory_equal(a.local, "\xfe\x80\0\0\0\0\0\0\2\0\0\0\0\0\0\7", 16);
	assert_true(hear(&a, &usual));
	assert_true(a.has_global && a.answered);
	assert_memory_equal(a.global, "\xfd\0\0\x77\0\0\0\5\2\0\0\0\0\0\0\7", 16);
	assert_int_equal(a.global_bits, 128);
}

static void test_an_on_link_prefix_is_64_bits_wide(void **state)
{
	struct nd_advert advert = usual;
	struct autoconf a;

	(void)state;
	advert.on_link = true;
	autoconf_start(&a, id);
	assert_true(hear(&a, &advert));
	assert_int_equal(a.global_bits, 64);
}

static void test_solicitations_end_with_an_answer_or_after_three(void **state)
{
	uint8_t p[ND_PACKET_MAX];
	struct autoconf a;

	(void)state;
	autoconf_start(&a, id);
	for (int i = 0; i < AUTOCONF_SOLICITS; i++)
		assert_true(nd_is_solicit(p, autoconf_solicit(&a, p)));
	assert_int_equal(autoconf_solicit(&a, p), 0);
	autoconf_start(&a, id);
	assert_true(autoconf_solicit(&a, p) > 0);
	assert_memory_equal(p + 8, a.local, 16);
	assert_true(hear(&a, &usual));
	assert_int_equal(autoconf_solicit(&a, p), 0);
}

static void test_prefixes_not_for_us_give_no_address(void **state)
{
	struct nd_advert advert = usual;
	struct autoconf a;

	(void)state;
	autoconf_start(&a, id);
	advert.autonomous = false;
	assert_true(hear(&a, &advert));
	assert_false(a.has_global);
	advert = usual;
	advert.prefix_bits = 56;
	assert_true(hear(&a, &advert));
	assert_false(a.has_global);
	advert = usual;
	advert.has_prefix = false;
	assert_true(hear(&a, &advert));
	assert_true(a.answered);
	assert_false(a.has_global);
}

static void test_a_lifetime_of_zero_takes_the_address_away(void **state)
{
	struct nd_advert advert = usual;
	struct autoconf a;

	(void)state;
	autoconf_start(&a, id);
	assert_true(hear(&a, &usual));
	advert.valid = advert.preferred = 0;
	assert_true(hear(&a, &advert));
	assert_false(a.has_global);
}

static void test_a_forged_advertisement_changes_nothing(void **state)
{
	uint8_t p[ND_PACKET_MAX];
	size_t n = nd_put_advert(&usual, router, all_nodes, p);
	struct autoconf a;

	(void)state;
	autoconf_start(&a, id);
	p[7] = 64; /* hop limit: it came from farther away */
	assert_false(autoconf_advert(&a, p, n));
	assert_false(a.answered || a.has_global);
	memset(&a, 0, sizeof(a)); /* IPv6 is down */
	assert_false(hear(&a, &usual));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_is_prefix_and_identifier),
		cmocka_unit_test(test_an_on_link_prefix_is_64_bits_wide),
		cmocka_unit_test(test_solicitations_end_with_an_answer_or_after_three),
		cmocka_unit_test(test_prefixes_not_for_us_give_no_address),
		cmocka_unit_test(test_a_lifetime_of_zero_takes_the_address_away),
		cmocka_unit_test(test_a_forged_advertisement_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
