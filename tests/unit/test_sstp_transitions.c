/* SPDX-License-Identifier: MIT */
/*
 * The claim that every transition of MS-SSTP is as the specification says. The argument is
 * tests/spec/transitions.tsv: states, next states, messages and timers are read there, and every
 * event and state of it is brought about through the machine's own doors.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sstp_events.h"

static const char *transitions_path;

/* --- the rows of transitions.tsv ----------------------------------------------------------------
 */

enum {
	COL_ID,
	COL_ROW,
	COL_MACHINE,
	COL_SECTION,
	COL_STATE,
	COL_EVENT,
	COL_ACTION,
	COL_NEXT,
	COL_TIMERS,
	COLS
};

struct transition {
	char text[2048];
	char *col[COLS];
};

static struct transition rows[128];
static unsigned rows_n;

static int read_transitions(void **state)
{
	FILE *in = fopen(transitions_path, "r");

	(void)state;
	assert_non_null(in);
	while (fgets(rows[rows_n].text, sizeof(rows[0].text), in)) {
		struct transition *t = &rows[rows_n];
		char *p = t->text;

		t->text[strcspn(t->text, "\n")] = '\0';
		for (unsigned c = 0; c < COLS; c++)
			t->col[c] = strsep(&p, "\t");
		assert_non_null(t->col[COL_TIMERS]);
		if (strcmp(t->col[COL_ID], "transition") != 0)
			rows_n++;
	}
	fclose(in);
	assert_int_equal(rows_n, 76);
	return 0;
}

static const struct {
	const char *name;
	enum sstp_state state;
} state_names[] = {
	{"Client_Call_Disconnected", SSTP_DISCONNECTED},
	{"Client_Connect_Request_Sent", SSTP_REQUEST_SENT},
	{"Client_Connect_Ack_Received", SSTP_ACK_RECEIVED},
	{"Client_Call_Connected", SSTP_CONNECTED},
	{"Server_Call_Disconnected", SSTP_DISCONNECTED},
	{"Server_Connect_Request_Pending", SSTP_REQUEST_PENDING},
	{"Server_Call_Connected_Pending", SSTP_CONNECTED_PENDING},
	{"Server_Call_Connected", SSTP_CONNECTED},
	{"Call_Disconnect_Ack_Pending", SSTP_DISCONNECT_ACK_PENDING},
	{"Call_Disconnect_Timeout_Pending", SSTP_DISCONNECT_TIMEOUT_PENDING},
	{"Call_Abort_Pending", SSTP_ABORT_PENDING},
	{"Call_Abort_Timeout_Pending", SSTP_ABORT_TIMEOUT_PENDING},
};
#define STATE_NAMES (sizeof(state_names) / sizeof(state_names[0]))

/* Reads the states that a cell names, as a set of bits. */
static unsigned parse_states(const char *text, enum sstp_role role)
{
	unsigned set = 0;

	if (strstr(text, "C1-C3, V1-V3") || !strncmp(text, "any state where an abort", 24))
		return live_states(role);
	/* DISCONNECT and ABORT are taken in Call_Disconnect_Ack_Pending as well. */
	if (strstr(text, "outside the ignore list"))
		return live_states(role) | 1u << SSTP_DISCONNECT_ACK_PENDING;
	if (!strcmp(text, "any state"))
		return all_states(role);
	for (unsigned i = 0; i < STATE_NAMES; i++) {
		const char *at = text;
		size_t n = strlen(state_names[i].name);

		/* a whole name: ..._Connected is the beginning of ..._Connected_Pending */
		while ((at = strstr(at, state_names[i].name)) && at[n] == '_')
			at += n;
		if (at)
			set |= 1u << state_names[i].state;
	}
	return set;
}

/* What brings the event of a row about: the first line whose text the event column begins with. */
static const struct {
	const char *event;
	stimulus_fn *fn;
} stimuli[] = {
	{"Disconnect SSTP tunnel event", on_disconnect_event},
	{"disconnect request from management", on_disconnect_event},
	{"higher-layer authentication failed", on_disconnect_event},
	{"HTTPS session established", on_start},
	{"New HTTPS Connection Received", on_start},
	{"SSTP_MSG_CALL_DISCONNECT received", on_disconnect},
	{"SSTP_MSG_CALL_DISCONNECT_ACK received", on_disconnect_ack},
	{"SSTP_MSG_CALL_ABORT received", on_abort},
	{"TIMER_VAL_", on_deadline},
	{"lower layer", on_eof},
	{"HTTPS connection disconnected", on_eof},
	{"abort condition", on_invalid},
	{"invalid SSTP message", on_invalid},
	{"any SSTP control message other than CALL_ABORT", on_any_message_but_abort},
	{"any SSTP control message", on_any_message},
	{"any SSTP packet received", on_data},
	{"CALL_CONNECT_ACK failing", on_bad_ack},
	{"valid CALL_CONNECT_ACK", on_ack},
	{"CALL_CONNECT_ACK", on_ack},
	{"CALL_CONNECT_NAK, retry count exceeded", on_fourth_nak},
	{"CALL_CONNECT_NAK", on_nak},
	{"CALL_CONNECT_REQUEST", on_request},
	{"acceptable CALL_CONNECT_REQUEST", on_request},
	{"unacceptable CALL_CONNECT_REQUEST, NAK count not exceeded", on_bad_request},
	{"unacceptable CALL_CONNECT_REQUEST, NAK count exceeded", on_fourth_bad_request},
	{"CALL_CONNECTED with Crypto Binding missing", on_connected_without_binding},
	{"CALL_CONNECTED with nonce", on_connected_with_another_key},
	{"valid CALL_CONNECTED", on_connected},
	{"CALL_CONNECTED", on_connected},
	{"CALL_ABORT", on_abort},
	{"CALL_DISCONNECT_ACK", on_disconnect_ack},
	{"CALL_DISCONNECT", on_disconnect},
	{"ECHO_REQUEST", on_echo_request},
	{"ECHO_RESPONSE", on_echo_response},
	{"Negotiation timer expires", on_deadline},
	{"Hello timer expires again", on_second_deadline},
	{"Hello timer expires", on_deadline},
	{"Inner Authentication Completed", on_authenticated},
	{"delineation failure", on_delineation},
};

static stimulus_fn *find_stimulus(const char *event)
{
	for (unsigned i = 0; i < sizeof(stimuli) / sizeof(stimuli[0]); i++)
		if (!strncmp(event, stimuli[i].event, strlen(stimuli[i].event)))
			return stimuli[i].fn;
	fail_msg("no stimulus for the event \"%s\"", event);
	return NULL;
}

/* --- what is due --------------------------------------------------------------------------------
 */

/* Returns the message that the action column says is sent, SSTP_MSG_NONE for none. */
static unsigned message_due(const struct transition *t)
{
	static const struct {
		const char *words;
		unsigned type;
	} sends[] = {
		{"send SSTP_MSG_CALL_DISCONNECT_ACK", SSTP_MSG_CALL_DISCONNECT_ACK},
		{"send SSTP_MSG_CALL_DISCONNECT", SSTP_MSG_CALL_DISCONNECT},
		{"send SSTP_MSG_CALL_ABORT", SSTP_MSG_CALL_ABORT},
		{"send CALL_CONNECT_REQUEST", SSTP_MSG_CALL_CONNECT_REQUEST},
		{"resend CALL_CONNECT_REQUEST", SSTP_MSG_CALL_CONNECT_REQUEST},
		{"send CALL_CONNECT_ACK", SSTP_MSG_CALL_CONNECT_ACK},
		{"send CALL_CONNECT_NAK", SSTP_MSG_CALL_CONNECT_NAK},
		{"send CALL_CONNECTED", SSTP_MSG_CALL_CONNECTED},
		{"send CALL_DISCONNECT_ACK", SSTP_MSG_CALL_DISCONNECT_ACK},
		{"send CALL_DISCONNECT", SSTP_MSG_CALL_DISCONNECT},
		{"send CALL_ABORT", SSTP_MSG_CALL_ABORT},
		{"send ECHO_REQUEST", SSTP_MSG_ECHO_REQUEST},
		{"send ECHO_RESPONSE", SSTP_MSG_ECHO_RESPONSE},
	};

	for (unsigned i = 0; i < sizeof(sends) / sizeof(sends[0]); i++)
		if (strstr(t->col[COL_ACTION], sends[i].words))
			return sends[i].type;
	return SSTP_MSG_NONE;
}

/* Returns the status that the action column says CALL_ABORT has, 0 when it names none. */
static unsigned status_due(const struct transition *t)
{
	static const char *const words[] = {"(Status ", "(recommended Status ", "EXCEEDED (",
					    "IN_MSG (", "SUPPORTED ("};

	for (unsigned i = 0; i < 5; i++) {
		const char *at = strstr(t->col[COL_ACTION], words[i]);

		if (at)
			return (unsigned)atoi(at + strlen(words[i]));
	}
	return 0;
}

/* Returns what the timers column says runs next, in ms; 0 when it does not say. */
static unsigned timer_due(const struct transition *t)
{
	static const struct {
		const char *words;
		unsigned ms;
	} timers[] = {
		{"start TIMER_VAL_DISCONNECT_STATE_TIMER_1", 5000},
		{"start TIMER_VAL_DISCONNECT_STATE_TIMER_2", 1000},
		{"start TIMER_VAL_ABORT_STATE_TIMER_1", 3000},
		{"start TIMER_VAL_ABORT_STATE_TIMER_2", 1000},
		{"start Negotiation", 60000},
		{"restart Negotiation", 60000},
		{"start (restart) Negotiation", 60000},
		{"start Hello", 60000},
		{"restart Hello", 60000},
	};

	for (unsigned i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		if (strstr(t->col[COL_TIMERS], timers[i].words))
			return timers[i].ms;
	return 0;
}

static void check_message(struct rig *r, const struct transition *t)
{
	unsigned type = message_due(t), status = status_due(t);
	uint8_t msg[SSTP_PACKET_MAX];
	size_t n = rig_sent(r, msg);
	struct sstp_header h;

	if (type == SSTP_MSG_NONE) {
		assert_int_equal(n, 0);
		return;
	}
	assert_true(n >= 8);
	assert_int_equal(sstp_parse_header(msg, &h), SSTP_OK);
	assert_int_equal(h.length, n);
	assert_true(h.control);
	assert_int_equal(msg[4] << 8 | msg[5], type);
	if (status)
		assert_int_equal(msg[19], status);
	assert_int_equal(rig_sent(r, msg), 0);
}

/* Runs one row in one state. */
static void run_row(const struct transition *t, enum sstp_role role, enum sstp_state from,
		    stimulus_fn *fn)
{
	unsigned next = strcmp(t->col[COL_NEXT], "unchanged") == 0
				? 1u << from
				: parse_states(t->col[COL_NEXT], role);
	struct rig r;
	unsigned flags;

	rig_to(&r, role, from);
	assert_int_equal(r.m.state, from);
	r.now += 10;
	fn(&r);
	if (!(next & 1u << r.m.state))
		fail_msg("%s from %s goes to %s", t->col[COL_ID], sstp_state_name(from),
			 sstp_state_name(r.m.state));
	check_message(&r, t);
	if (timer_due(t))
		assert_int_equal(machine_deadline(&r.m), r.now + timer_due(t));
	flags = machine_flags(&r.m);
	assert_int_equal(!!(flags & MACHINE_CLOSED), r.m.state == SSTP_DISCONNECTED);
	if (r.m.state == SSTP_DISCONNECTED)
		assert_int_equal(machine_deadline(&r.m), TIME_NEVER);
	assert_int_equal(r.m.impossible, 0);
	machine_fini(&r.m);
}

/* Rows that are about HTTP and the bypass cookie: the link's business, not this machine's. */
static bool is_elsewhere(const char *id)
{
	static const char *const ids[] = {"T-C-01", "T-V-23", "T-V-24", "T-V-25"};

	for (unsigned i = 0; i < 4; i++)
		if (!strcmp(id, ids[i]))
			return true;
	return false;
}

static void test_every_transition_of_the_specification(void **state)
{
	unsigned ran = 0, elsewhere = 0;

	(void)state;
	for (unsigned i = 0; i < rows_n; i++) {
		const struct transition *t = &rows[i];
		bool server = strcmp(t->col[COL_MACHINE], "client") != 0;
		bool client = strcmp(t->col[COL_MACHINE], "server") != 0;

		if (is_elsewhere(t->col[COL_ID])) {
			elsewhere++;
			continue;
		}
		for (unsigned role = SSTP_CLIENT; role <= SSTP_SERVER; role++) {
			unsigned set = parse_states(t->col[COL_STATE], role);

			if (role == SSTP_SERVER ? !server : !client)
				continue;
			assert_true(set != 0);
			for (unsigned s = 0; s < SSTP_STATES; s++)
				if (set & 1u << s) {
					run_row(t, role, s, find_stimulus(t->col[COL_EVENT]));
					ran++;
				}
		}
	}
	assert_int_equal(elsewhere, 4);
	assert_int_equal(ran, 190);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_transition_of_the_specification),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: test_sstp_transitions transitions.tsv\n");
		return 2;
	}
	transitions_path = argv[1];
	return cmocka_run_group_tests(tests, read_transitions, NULL);
}
