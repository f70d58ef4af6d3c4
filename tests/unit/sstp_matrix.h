/* SPDX-License-Identifier: MIT */
/*
 * Compares a state table of lib/sstp with the event x state matrix of MS-SSTP 3.1 to 3.3, written
 * down in words. After cmocka.h. A word a cell: "-" cannot happen, "ignore", "5" to "8" CALL_ABORT
 * with that status and on to Abort_Pending, "check" CALL_ABORT with what the check says, "answer"
 * CALL_ABORT without status and on to Abort_Timeout_Pending, "leave" CALL_DISCONNECT and on to
 * Disconnect_Ack_Pending, "letgo" CALL_DISCONNECT_ACK and on to Disconnect_Timeout_Pending, "close"
 * the call is cleared without a message; others are the test's own.
 */
#ifndef TESTS_UNIT_SSTP_MATRIX_H
#define TESTS_UNIT_SSTP_MATRIX_H

#include <string.h>

#include "lib/sstp/table.h"

struct matrix_word {
	const char *word;
	struct cell cell;
};

struct matrix_row {
	enum machine_event event;
	const char *cells[8];
};

static const struct matrix_word matrix_words[] = {
	{"-", {0, 0, 0}},
	{"ignore", {ACT_IGNORE, SSTP_STATES, 0}},
	{"5", {ACT_SEND_ABORT | ACT_ABORT_1, SSTP_ABORT_PENDING, 5}},
	{"6", {ACT_SEND_ABORT | ACT_ABORT_1, SSTP_ABORT_PENDING, 6}},
	{"8", {ACT_SEND_ABORT | ACT_ABORT_1, SSTP_ABORT_PENDING, 8}},
	{"check", {ACT_SEND_ABORT | ACT_ABORT_1, SSTP_ABORT_PENDING, 0}},
	{"answer", {ACT_ANSWER_ABORT | ACT_ABORT_2, SSTP_ABORT_TIMEOUT_PENDING, 0}},
	{"wait", {ACT_ABORT_2, SSTP_ABORT_TIMEOUT_PENDING, 0}},
	{"leave", {ACT_SEND_DISCONNECT | ACT_DISCONNECT_1, SSTP_DISCONNECT_ACK_PENDING, 0}},
	{"letgo", {ACT_SEND_DISCONNECT_ACK | ACT_DISCONNECT_2, SSTP_DISCONNECT_TIMEOUT_PENDING, 0}},
	{"close", {ACT_CLOSED, SSTP_DISCONNECTED, 0}},
	{"none", {ACT_NOTHING, SSTP_STATES, 0}},
	{"echo", {ACT_SEND_ECHO_REQUEST, SSTP_STATES, 0}},
	{"response", {ACT_SEND_ECHO_RESPONSE, SSTP_STATES, 0}},
};

static inline struct cell matrix_cell(const char *word, const struct matrix_word *own, size_t own_n)
{
	for (size_t i = 0; i < sizeof(matrix_words) / sizeof(matrix_words[0]); i++)
		if (!strcmp(word, matrix_words[i].word))
			return matrix_words[i].cell;
	for (size_t i = 0; i < own_n; i++)
		if (!strcmp(word, own[i].word))
			return own[i].cell;
	fail_msg("nobody knows the word \"%s\"", word);
	return (struct cell){0};
}

/* Compares all of a table; states are the columns' states, and every other state is impossible. */
static inline void matrix_compare(const struct cell table[MACHINE_EVENTS][SSTP_STATES],
				  const enum sstp_state states[8], const struct matrix_row *rows,
				  size_t rows_n, const struct matrix_word *own, size_t own_n)
{
	assert_int_equal(rows_n, MACHINE_EVENTS);
	for (size_t i = 0; i < rows_n; i++)
		for (unsigned s = 0; s < SSTP_STATES; s++) {
			const struct cell *is = &table[rows[i].event][s];
			struct cell due = {0};

			for (unsigned c = 0; c < 8; c++)
				if (states[c] == s)
					due = matrix_cell(rows[i].cells[c], own, own_n);
			if (is->actions != due.actions || is->next != due.next ||
			    is->status != due.status)
				fail_msg("%s in %s: %#x,%u,%u where %#x,%u,%u is due",
					 machine_event_name(rows[i].event),
					 sstp_state_name((enum sstp_state)s), is->actions, is->next,
					 is->status, due.actions, due.next, due.status);
		}
	for (size_t i = 0; i < rows_n; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(rows[i].event, rows[k].event);
}

#endif
