/* SPDX-License-Identifier: MIT */
/* Claims about lib/ppp/automaton.c: it is the table of RFC 1661 4.1, typed in here a second time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/ppp/automaton.h"

/*
 * The rows as the RFC prints them: for each state "actions/state", with its marks [p], [r] and [x]
 * behind the state; "-" for what can not happen.
 */
static const char *const rfc[CP_EVENTS] = {
	[CP_EV_UP] = "2 irc,scr/6 - - - - - - - -",
	[CP_EV_DOWN] = "- - 0 tls/1 0 1 1 1 1 tld/1",
	[CP_EV_OPEN] = "tls/1 1 irc,scr/6 3r 5r 5r 6 7 8 9r",
	[CP_EV_CLOSE] = "0 tlf/0 2 2 4 4 irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4",
	[CP_EV_TIMEOUT] = "- - - - str/4 str/5 scr/6 scr/6 scr/8 -",
	[CP_EV_LAST_TIME] = "- - - - tlf/2 tlf/3 tlf/3p tlf/3p tlf/3p -",
	[CP_EV_RCR_GOOD] = "- - sta/2 irc,scr,sca/8 4 5 sca/8 sca,tlu/9 sca/8 tld,scr,sca/8",
	[CP_EV_RCR_BAD] = "- - sta/2 irc,scr,scn/6 4 5 scn/6 scn/7 scn/6 tld,scr,scn/6",
	[CP_EV_RCA] = "- - sta/2 sta/3 4 5 irc/7 scr/6x irc,tlu/9 tld,scr/6x",
	[CP_EV_RCN] = "- - sta/2 sta/3 4 5 irc,scr/6 scr/6x irc,scr/8 tld,scr/6x",
	[CP_EV_RTR] = "- - sta/2 sta/3 sta/4 sta/5 sta/6 sta/6 sta/6 tld,zrc,sta/5",
	[CP_EV_RTA] = "- - 2 3 tlf/2 tlf/3 6 6 8 tld,scr/6",
	[CP_EV_RUC] = "- - scj/2 scj/3 scj/4 scj/5 scj/6 scj/7 scj/8 scj/9",
	[CP_EV_RXJ_GOOD] = "- - 2 3 4 5 6 6 8 9",
	[CP_EV_RXJ_BAD] = "- - tlf/2 tlf/3 tlf/2 tlf/3 tlf/3 tlf/3 tlf/3 tld,irc,str/5",
	[CP_EV_RXR] = "- - 2 3 4 5 6 7 8 ser/9",
};

static const struct {
	const char *name;
	unsigned bit;
} actions[] = {
	{"tlu", CP_TLU}, {"tld", CP_TLD}, {"tls", CP_TLS}, {"tlf", CP_TLF}, {"irc", CP_IRC},
	{"zrc", CP_ZRC}, {"scr", CP_SCR}, {"sca", CP_SCA}, {"scn", CP_SCN}, {"str", CP_STR},
	{"sta", CP_STA}, {"scj", CP_SCJ}, {"ser", CP_SER},
};

/* Reads one cell of a row; sets *step as the RFC has it. */
static void read_cell(const char *cell, enum cp_state state, struct cp_step *step)
{
	char copy[32];
	char *slash, *name;

	step->actions = 0;
	step->next = (uint8_t)state;
	if (!strcmp(cell, "-")) {
		step->actions = CP_CANT;
		return;
	}
	assert_true(strlen(cell) < sizeof(copy));
	strcpy(copy, cell);
	slash = strchr(copy, '/');
	step->next = (uint8_t)atoi(slash ? slash + 1 : copy);
	if (!slash)
		return;
	*slash = '\0';
	for (name = strtok(copy, ","); name; name = strtok(NULL, ",")) {
		size_t i = 0;

		while (i < sizeof(actions) / sizeof(actions[0]) && strcmp(actions[i].name, name))
			i++;
		assert_true(i < sizeof(actions) / sizeof(actions[0]));
		step->actions |= (uint16_t)actions[i].bit;
	}
}

static void test_every_cell_is_the_one_of_the_rfc(void **state)
{
	(void)state;
	for (int ev = 0; ev < CP_EVENTS; ev++) {
		char cells[CP_STATES][32];
		int n = sscanf(rfc[ev], "%31s %31s %31s %31s %31s %31s %31s %31s %31s %31s",
			       cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6],
			       cells[7], cells[8], cells[9]);

		assert_int_equal(n, CP_STATES);
		for (int s = 0; s < CP_STATES; s++) {
			struct cp_step due,
				got = cp_transition((enum cp_state)s, (enum cp_event)ev);

			read_cell(cells[s], (enum cp_state)s, &due);
			if (due.actions != got.actions || due.next != got.next)
				fail_msg("event %d in state %s: actions %#x/%d, due %#x/%d", ev,
					 cp_state_name((enum cp_state)s), got.actions, got.next,
					 due.actions, due.next);
		}
	}
}

static void test_layer_up_and_down_are_told_exactly_when_opened_is_entered_and_left(void **state)
{
	(void)state;
	for (int ev = 0; ev < CP_EVENTS; ev++)
		for (int s = 0; s < CP_STATES; s++) {
			struct cp_step step = cp_transition((enum cp_state)s, (enum cp_event)ev);
			bool enters = s != CP_OPENED && step.next == CP_OPENED;
			bool leaves = s == CP_OPENED && step.next != CP_OPENED;

			assert_int_equal(!!(step.actions & CP_TLU), enters);
			assert_int_equal(!!(step.actions & CP_TLD), leaves);
		}
}

static void test_the_timer_runs_where_the_rfc_says(void **state)
{
	(void)state;
	for (int s = 0; s < CP_STATES; s++) {
		bool timeout = !(cp_transition((enum cp_state)s, CP_EV_TIMEOUT).actions & CP_CANT);

		/* RFC 1661 4.4: those states in which the timer can expire. */
		assert_int_equal(cp_timed((enum cp_state)s), timeout);
	}
}

static void test_what_waits_for_an_answer_is_in_a_state_with_a_timer(void **state)
{
	(void)state;
	for (int ev = 0; ev < CP_EVENTS; ev++)
		for (int s = 0; s < CP_STATES; s++) {
			struct cp_step step = cp_transition((enum cp_state)s, (enum cp_event)ev);

			if (step.actions & (CP_SCR | CP_STR | CP_ZRC))
				assert_true(cp_timed(step.next));
		}
}

static void test_states_have_names_of_their_own(void **state)
{
	(void)state;
	for (int a = 0; a < CP_STATES; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(cp_state_name((enum cp_state)a),
						cp_state_name((enum cp_state)b));
	assert_string_equal(cp_state_name(CP_STATES), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell_is_the_one_of_the_rfc),
		cmocka_unit_test(
			test_layer_up_and_down_are_told_exactly_when_opened_is_entered_and_left),
		cmocka_unit_test(test_the_timer_runs_where_the_rfc_says),
		cmocka_unit_test(test_what_waits_for_an_answer_is_in_a_state_with_a_timer),
		cmocka_unit_test(test_states_have_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
