/* SPDX-License-Identifier: MIT */
/* Claims about lib/sstp/client.c: the table is MS-SSTP's, typed here a second time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sstp_matrix.h"

static const enum sstp_state states[8] = {
	SSTP_DISCONNECTED,  SSTP_REQUEST_SENT,           SSTP_ACK_RECEIVED,
	SSTP_CONNECTED,     SSTP_DISCONNECT_ACK_PENDING, SSTP_DISCONNECT_TIMEOUT_PENDING,
	SSTP_ABORT_PENDING, SSTP_ABORT_TIMEOUT_PENDING,
};

static const struct matrix_word words[] = {
	{"request", {ACT_SEND_REQUEST | ACT_NEGOTIATION, SSTP_REQUEST_SENT, 0}},
	{"resend", {ACT_SEND_REQUEST | ACT_NEGOTIATION, SSTP_STATES, 0}},
	{"ppp", {ACT_PPP_UP | ACT_NEGOTIATION, SSTP_ACK_RECEIVED, 0}},
	{"bind", {ACT_SEND_CONNECTED | ACT_CONNECTED | ACT_HELLO, SSTP_CONNECTED, 0}},
};

/* clang-format off */
static const struct matrix_row rows[] = {
	/* 3.2.4.1: HTTP is done */
	{EV_START,           {"request", "-",      "-",      "-",        "-",      "-",      "-",      "-"}},
	/* 3.2.5.3.2 */
	{EV_ACK,             {"ignore",  "ppp",    "5",      "5",        "ignore", "ignore", "ignore", "ignore"}},
	/* 3.2.5.3.3 */
	{EV_NAK,             {"ignore",  "resend", "5",      "5",        "ignore", "ignore", "ignore", "ignore"}},
	{EV_NAK_LIMIT,       {"-",       "6",      "-",      "-",        "-",      "-",      "-",      "-"}},
	/* 3.2.5.3.4 */
	{EV_ABORT,           {"ignore",  "answer", "answer", "answer",   "answer", "ignore", "wait",   "ignore"}},
	/* 3.2.5.3.5 */
	{EV_DISCONNECT,      {"ignore",  "letgo",  "letgo",  "letgo",    "letgo",  "ignore", "ignore", "ignore"}},
	/* 3.2.5.3.6 */
	{EV_DISCONNECT_ACK,  {"ignore",  "5",      "5",      "5",        "close",  "ignore", "ignore", "ignore"}},
	/* 3.2.5.3.7, 3.2.5.3.8 */
	{EV_ECHO_REQUEST,    {"ignore",  "5",      "5",      "response", "ignore", "ignore", "ignore", "ignore"}},
	{EV_ECHO_RESPONSE,   {"ignore",  "5",      "5",      "none",     "ignore", "ignore", "ignore", "ignore"}},
	/* a server's business */
	{EV_REQUEST,         {"ignore",  "5",      "5",      "5",        "ignore", "ignore", "ignore", "ignore"}},
	{EV_CONNECTED,       {"ignore",  "5",      "5",      "5",        "ignore", "ignore", "ignore", "ignore"}},
	{EV_REQUEST_BAD,     {"-",       "-",      "-",      "-",        "-",      "-",      "-",      "-"}},
	{EV_REQUEST_LIMIT,   {"-",       "-",      "-",      "-",        "-",      "-",      "-",      "-"}},
	{EV_CONNECTED_EARLY, {"-",       "-",      "-",      "-",        "-",      "-",      "-",      "-"}},
	/* 3.1.5.1 */
	{EV_INVALID,         {"ignore",  "check",  "check",  "check",    "ignore", "ignore", "ignore", "ignore"}},
	/* 3.2.7.1, 3.2.4.2 */
	{EV_AUTHENTICATED,   {"ignore",  "-",      "bind",   "ignore",   "ignore", "ignore", "ignore", "ignore"}},
	{EV_CLOSE,           {"ignore",  "leave",  "leave",  "leave",    "ignore", "ignore", "ignore", "ignore"}},
	{EV_FAULT,           {"ignore",  "check",  "check",  "check",    "ignore", "ignore", "ignore", "ignore"}},
	/* 3.2.6.1, 3.1.2.3, 3.1.6 */
	{EV_NEGOTIATION,     {"-",       "8",      "8",      "-",        "-",      "-",      "-",      "-"}},
	{EV_HELLO,           {"-",       "-",      "-",      "echo",     "-",      "-",      "-",      "-"}},
	{EV_HELLO_AGAIN,     {"-",       "-",      "-",      "close",    "-",      "-",      "-",      "-"}},
	{EV_CLOSING,         {"-",       "-",      "-",      "-",        "close",  "close",  "close",  "close"}},
	/* 3.1.5.1, 3.1.7.2 */
	{EV_DELINEATION,     {"ignore",  "close",  "close",  "close",    "close",  "close",  "close",  "close"}},
	{EV_EOF,             {"ignore",  "close",  "close",  "close",    "close",  "close",  "close",  "close"}},
};
/* clang-format on */

static void test_client_table_is_the_matrix_of_the_specification(void **state)
{
	(void)state;
	matrix_compare(client_table, states, rows, sizeof(rows) / sizeof(rows[0]), words,
		       sizeof(words) / sizeof(words[0]));
}

static void test_client_never_enters_a_state_of_the_server(void **state)
{
	(void)state;
	for (unsigned e = 0; e < MACHINE_EVENTS; e++)
		for (unsigned s = 0; s < SSTP_STATES; s++) {
			assert_int_not_equal(client_table[e][s].next, SSTP_REQUEST_PENDING);
			assert_int_not_equal(client_table[e][s].next, SSTP_CONNECTED_PENDING);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_table_is_the_matrix_of_the_specification),
		cmocka_unit_test(test_client_never_enters_a_state_of_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
