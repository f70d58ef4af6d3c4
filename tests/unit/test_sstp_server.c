/* SPDX-License-Identifier: MIT */
/* Claims about lib/sstp/server.c: the table is MS-SSTP's, typed here a second time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sstp_matrix.h"

static const enum sstp_state states[8] = {
	SSTP_DISCONNECTED,  SSTP_REQUEST_PENDING,        SSTP_CONNECTED_PENDING,
	SSTP_CONNECTED,     SSTP_DISCONNECT_ACK_PENDING, SSTP_DISCONNECT_TIMEOUT_PENDING,
	SSTP_ABORT_PENDING, SSTP_ABORT_TIMEOUT_PENDING,
};

static const struct matrix_word words[] = {
	{"listen", {ACT_NEGOTIATION, SSTP_REQUEST_PENDING, 0}},
	{"ack", {ACT_SEND_ACK | ACT_PPP_UP | ACT_NEGOTIATION, SSTP_CONNECTED_PENDING, 0}},
	{"nak", {ACT_SEND_NAK, SSTP_STATES, 0}},
	{"accept", {ACT_CONNECTED | ACT_HELLO, SSTP_CONNECTED, 0}},
	{"hold", {ACT_HOLD, SSTP_STATES, 0}},
};

/* clang-format off */
static const struct matrix_row rows[] = {
	/* 3.3.2.1: a new HTTPS connection */
	{EV_START,           {"listen",  "-",      "-",      "-",        "-",      "-",      "-",      "-"}},
	/* 3.3.5.2.2 */
	{EV_REQUEST,         {"ignore",  "ack",    "5",      "5",        "ignore", "ignore", "ignore", "ignore"}},
	{EV_REQUEST_BAD,     {"-",       "nak",    "-",      "-",        "-",      "-",      "-",      "-"}},
	{EV_REQUEST_LIMIT,   {"-",       "6",      "-",      "-",        "-",      "-",      "-",      "-"}},
	/* 3.3.5.2.3, A-41 */
	{EV_CONNECTED,       {"ignore",  "5",      "accept", "5",        "ignore", "ignore", "ignore", "ignore"}},
	{EV_CONNECTED_EARLY, {"-",       "-",      "hold",   "-",        "-",      "-",      "-",      "-"}},
	/* 3.3.5.2.4 */
	{EV_ABORT,           {"ignore",  "answer", "answer", "answer",   "answer", "ignore", "wait",   "ignore"}},
	/* 3.3.5.2.5 */
	{EV_DISCONNECT,      {"ignore",  "letgo",  "letgo",  "letgo",    "letgo",  "ignore", "ignore", "ignore"}},
	/* 3.3.5.2.6 */
	{EV_DISCONNECT_ACK,  {"ignore",  "5",      "5",      "5",        "close",  "ignore", "ignore", "ignore"}},
	/* 3.3.5.2.7, 3.3.5.2.8 */
	{EV_ECHO_REQUEST,    {"ignore",  "5",      "5",      "response", "ignore", "ignore", "ignore", "ignore"}},
	{EV_ECHO_RESPONSE,   {"ignore",  "5",      "5",      "none",     "ignore", "ignore", "ignore", "ignore"}},
	/* a client's business */
	{EV_ACK,             {"ignore",  "5",      "5",      "5",        "ignore", "ignore", "ignore", "ignore"}},
	{EV_NAK,             {"ignore",  "5",      "5",      "5",        "ignore", "ignore", "ignore", "ignore"}},
	{EV_NAK_LIMIT,       {"-",       "-",      "-",      "-",        "-",      "-",      "-",      "-"}},
	/* 3.1.5.1 */
	{EV_INVALID,         {"ignore",  "check",  "check",  "check",    "ignore", "ignore", "ignore", "ignore"}},
	/* 3.3.7.1, 3.3.4 */
	{EV_AUTHENTICATED,   {"ignore",  "-",      "none",   "ignore",   "ignore", "ignore", "ignore", "ignore"}},
	{EV_CLOSE,           {"ignore",  "leave",  "leave",  "leave",    "ignore", "ignore", "ignore", "ignore"}},
	{EV_FAULT,           {"ignore",  "check",  "check",  "check",    "ignore", "ignore", "ignore", "ignore"}},
	/* 3.3.6.1, 3.1.2.3, 3.1.6 */
	{EV_NEGOTIATION,     {"-",       "8",      "8",      "-",        "-",      "-",      "-",      "-"}},
	{EV_HELLO,           {"-",       "-",      "-",      "echo",     "-",      "-",      "-",      "-"}},
	{EV_HELLO_AGAIN,     {"-",       "-",      "-",      "close",    "-",      "-",      "-",      "-"}},
	{EV_CLOSING,         {"-",       "-",      "-",      "-",        "close",  "close",  "close",  "close"}},
	/* 3.1.5.1, 3.1.7.2 */
	{EV_DELINEATION,     {"ignore",  "close",  "close",  "close",    "close",  "close",  "close",  "close"}},
	{EV_EOF,             {"ignore",  "close",  "close",  "close",    "close",  "close",  "close",  "close"}},
};
/* clang-format on */

static void test_server_table_is_the_matrix_of_the_specification(void **state)
{
	(void)state;
	matrix_compare(server_table, states, rows, sizeof(rows) / sizeof(rows[0]), words,
		       sizeof(words) / sizeof(words[0]));
}

static void test_server_never_enters_a_state_of_the_client(void **state)
{
	(void)state;
	for (unsigned e = 0; e < MACHINE_EVENTS; e++)
		for (unsigned s = 0; s < SSTP_STATES; s++) {
			assert_int_not_equal(server_table[e][s].next, SSTP_REQUEST_SENT);
			assert_int_not_equal(server_table[e][s].next, SSTP_ACK_RECEIVED);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_table_is_the_matrix_of_the_specification),
		cmocka_unit_test(test_server_never_enters_a_state_of_the_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
