/* SPDX-License-Identifier: MIT */
/*
 * Claims about lib/sstp/machine.c, and with it both tables: every transition of MS-SSTP is run. The
 * argument is tests/spec/transitions.tsv; states, next states, messages and timers are read there,
 * and every event and state of it is brought about through the machine's own doors.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sstp/error.h"
#include "tests/unit/sstp_rig.h"

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

/* The states of a role in a call, DISCONNECTED left out. */
static unsigned all_states(enum sstp_role role)
{
	unsigned set = 1u << SSTP_CONNECTED | 1u << SSTP_DISCONNECT_ACK_PENDING |
		       1u << SSTP_DISCONNECT_TIMEOUT_PENDING | 1u << SSTP_ABORT_PENDING |
		       1u << SSTP_ABORT_TIMEOUT_PENDING;

	return role == SSTP_SERVER ? set | 1u << SSTP_REQUEST_PENDING | 1u << SSTP_CONNECTED_PENDING
				   : set | 1u << SSTP_REQUEST_SENT | 1u << SSTP_ACK_RECEIVED;
}

static unsigned live_states(enum sstp_role role)
{
	return all_states(role) &
	       ~(1u << SSTP_DISCONNECT_ACK_PENDING | 1u << SSTP_DISCONNECT_TIMEOUT_PENDING |
		 1u << SSTP_ABORT_PENDING | 1u << SSTP_ABORT_TIMEOUT_PENDING);
}

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

/* --- events -------------------------------------------------------------------------------------
 */

typedef void stimulus_fn(struct rig *r);

static void on_disconnect_event(struct rig *r)
{
	static const struct sstp_why why = {.who = SSTP_BY_US, .err = SSTP_E_USER};

	machine_disconnect(&r->m, &why, r->now);
}

static void on_start(struct rig *r)
{
	machine_start(&r->m, r->now);
}

static void on_request(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_CONNECT_REQUEST);
}

static void on_bad_request(struct rig *r)
{
	rig_feed(r, "\x10\x01\x00\x0e\0\1\0\1\0\1\0\6\0\2", 14);
}

static void on_fourth_bad_request(struct rig *r)
{
	for (unsigned i = 0; i < 3; i++) {
		on_bad_request(r);
		assert_int_equal(r->m.state, SSTP_REQUEST_PENDING);
	}
	rig_quiet(r);
	on_bad_request(r);
}

static void on_ack(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_CONNECT_ACK);
}

static void on_bad_ack(struct rig *r)
{
	rig_feed(r, "\x10\x01\x00\x08\0\2\0\0", 8);
}

static void on_nak(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_CONNECT_NAK);
}

static void on_fourth_nak(struct rig *r)
{
	for (unsigned i = 0; i < 3; i++) {
		on_nak(r);
		assert_int_equal(r->m.state, SSTP_REQUEST_SENT);
	}
	rig_quiet(r);
	on_nak(r);
}

static void on_connected(struct rig *r)
{
	if (r->m.state == SSTP_CONNECTED_PENDING)
		machine_authenticated(&r->m, rig_hlak, r->now);
	rig_feed_type(r, SSTP_MSG_CALL_CONNECTED);
}

static void on_connected_without_binding(struct rig *r)
{
	rig_feed(r, "\x10\x01\x00\x08\0\4\0\0", 8);
}

static void on_connected_with_another_key(struct rig *r)
{
	static const uint8_t other[SSTP_HLAK] = {9};

	machine_authenticated(&r->m, other, r->now);
	rig_feed_type(r, SSTP_MSG_CALL_CONNECTED);
}

static void on_abort(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_ABORT);
}

static void on_disconnect(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_DISCONNECT);
}

static void on_disconnect_ack(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_DISCONNECT_ACK);
}

static void on_echo_request(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_ECHO_REQUEST);
}

static void on_echo_response(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_ECHO_RESPONSE);
}

static void on_invalid(struct rig *r)
{
	rig_feed_type(r, 99);
}

static void on_any_message_but_abort(struct rig *r)
{
	for (unsigned type = 0; type < 12; type++)
		if (type != SSTP_MSG_CALL_ABORT)
			rig_feed_type(r, type);
}

static void on_any_message(struct rig *r)
{
	for (unsigned type = 0; type < 12; type++)
		rig_feed_type(r, type);
}

static void on_authenticated(struct rig *r)
{
	machine_authenticated(&r->m, rig_hlak, r->now);
}

static void on_deadline(struct rig *r)
{
	r->now = machine_deadline(&r->m);
	assert_true(r->now != TIME_NEVER);
	machine_tick(&r->m, r->now - 1); /* early: nothing happens */
	machine_tick(&r->m, r->now);
}

static void on_second_deadline(struct rig *r)
{
	on_deadline(r);
	rig_quiet(r);
	on_deadline(r);
}

static void on_data(struct rig *r)
{
	r->now += 30000;
	machine_data(&r->m, r->now);
}

static void on_eof(struct rig *r)
{
	machine_eof(&r->m, r->now);
}

static void on_delineation(struct rig *r)
{
	machine_delineation(&r->m, SSTP_E_VERSION, r->now);
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

/* --- claims that are no row ---------------------------------------------------------------------
 */

static void test_every_event_in_every_state_leaves_a_state_of_the_role(void **state)
{
	static stimulus_fn *const all[] = {
		on_disconnect_event,
		on_request,
		on_bad_request,
		on_ack,
		on_bad_ack,
		on_nak,
		on_connected,
		on_abort,
		on_disconnect,
		on_disconnect_ack,
		on_echo_request,
		on_echo_response,
		on_invalid,
		on_data,
		on_eof,
		on_delineation,
		on_any_message,
		on_connected_without_binding,
	};

	(void)state;
	for (unsigned role = SSTP_CLIENT; role <= SSTP_SERVER; role++)
		for (unsigned s = 0; s < SSTP_STATES; s++)
			for (unsigned e = 0; e < sizeof(all) / sizeof(all[0]); e++) {
				struct rig r;

				if (!((all_states(role) | 1u << SSTP_DISCONNECTED) & 1u << s))
					continue;
				rig_to(&r, role, s);
				all[e](&r);
				assert_true((all_states(role) | 1u << SSTP_DISCONNECTED) &
					    1u << r.m.state);
				assert_int_equal(r.m.impossible, 0);
				if (r.m.state == SSTP_DISCONNECTED && s != SSTP_DISCONNECTED)
					assert_int_not_equal(r.m.why.who, SSTP_BY_NOBODY);
			}
}

static void test_a_call_that_is_over_stays_over(void **state)
{
	uint8_t msg[SSTP_PACKET_MAX];

	(void)state;
	for (unsigned role = SSTP_CLIENT; role <= SSTP_SERVER; role++) {
		struct rig r;

		rig_to(&r, role, SSTP_CONNECTED);
		on_eof(&r);
		rig_quiet(&r);
		on_any_message(&r);
		on_authenticated(&r);
		on_disconnect_event(&r);
		on_eof(&r);
		on_delineation(&r);
		machine_tick(&r.m, r.now + 1000000);
		assert_int_equal(rig_sent(&r, msg), 0);
		assert_int_equal(machine_flags(&r.m), 0);
		assert_int_equal(r.m.state, SSTP_DISCONNECTED);
		assert_int_equal(r.m.why.err, SSTP_E_EOF);
	}
}

static void test_every_way_out_tells_ppp_once(void **state)
{
	static stimulus_fn *const ends[] = {on_disconnect_event, on_abort, on_disconnect,
					    on_invalid,          on_eof,   on_delineation};
	static const enum sstp_state from[][2] = {
		{SSTP_ACK_RECEIVED, SSTP_CONNECTED},
		{SSTP_CONNECTED_PENDING, SSTP_CONNECTED},
	};

	(void)state;
	for (unsigned role = SSTP_CLIENT; role <= SSTP_SERVER; role++)
		for (unsigned s = 0; s < 2; s++)
			for (unsigned e = 0; e < 6; e++) {
				struct rig r;

				rig_to(&r, role, from[role][s]);
				ends[e](&r);
				assert_true(machine_flags(&r.m) & MACHINE_PPP_DOWN);
				assert_false(machine_passes_control(&r.m));
				on_eof(&r);
				assert_false(machine_flags(&r.m) & MACHINE_PPP_DOWN);
			}
}

static void test_ppp_begins_with_the_ack_on_both_sides(void **state)
{
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_REQUEST_PENDING);
	assert_false(machine_passes_control(&r.m));
	on_request(&r);
	assert_int_equal(machine_flags(&r.m), MACHINE_PPP_UP);
	assert_true(machine_passes_control(&r.m));
	rig_to(&r, SSTP_CLIENT, SSTP_REQUEST_SENT);
	assert_false(machine_passes_control(&r.m));
	on_ack(&r);
	assert_int_equal(machine_flags(&r.m), MACHINE_PPP_UP);
	assert_true(machine_passes_control(&r.m));
}

static void test_nonce_is_new_with_each_call(void **state)
{
	struct rig r;
	uint8_t first[SSTP_NONCE];

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED_PENDING);
	memcpy(first, r.m.nonce, sizeof(first));
	/* The next call of the same server: the same generator goes on. */
	machine_init(&r.m, &(struct sstp_config){.role = SSTP_SERVER}, &r.out, &r.random, &r.trace);
	on_start(&r);
	on_request(&r);
	assert_memory_not_equal(r.m.nonce, first, sizeof(first));
}

static void test_client_takes_sha256_when_both_offer_both(void **state)
{
	static const struct {
		uint8_t ours, theirs, hash;
	} cases[] = {{3, 3, 2}, {3, 1, 1}, {1, 3, 1}, {2, 3, 2}, {2, 2, 2}, {1, 1, 1}};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		uint8_t msg[48];
		const uint8_t nonce[SSTP_NONCE] = {1};
		struct wr w = wr_init(msg, sizeof(msg));
		struct rig r;

		rig_to(&r, SSTP_CLIENT, SSTP_REQUEST_SENT);
		r.m.hashes = cases[i].ours;
		sstp_put_ack(&w, cases[i].theirs, nonce);
		rig_feed(&r, msg, sizeof(msg));
		assert_int_equal(r.m.hash, cases[i].hash);
		assert_memory_equal(r.m.nonce, nonce, sizeof(nonce));
	}
}

static void test_server_offers_what_it_is_set_to(void **state)
{
	uint8_t msg[SSTP_PACKET_MAX];

	(void)state;
	for (unsigned hashes = 0; hashes <= 3; hashes++) {
		struct sstp_config cfg = {.role = SSTP_SERVER, .hashes = (uint8_t)hashes};
		struct rig r;

		rig_init(&r, SSTP_SERVER);
		machine_init(&r.m, &cfg, &r.out, &r.random, &r.trace);
		on_start(&r);
		on_request(&r);
		assert_int_equal(rig_sent(&r, msg), 48);
		assert_int_equal(msg[15], hashes ? hashes : 3);
		assert_memory_equal(msg + 16, r.m.nonce, SSTP_NONCE);
	}
}

static void test_call_connected_before_the_key_is_held_and_then_checked(void **state)
{
	static const uint8_t zeros[SSTP_HLAK];
	uint8_t msg[SSTP_PACKET_MAX];
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED_PENDING);
	rig_feed_type(&r, SSTP_MSG_CALL_CONNECTED);
	assert_int_equal(r.m.state, SSTP_CONNECTED_PENDING);
	assert_int_equal(rig_sent(&r, msg), 0);
	on_authenticated(&r);
	assert_int_equal(r.m.state, SSTP_CONNECTED);
	/* One made with the key that nobody has yet, zeros, is held just the same, and refused. */
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED_PENDING);
	rig_message(&r, SSTP_MSG_CALL_CONNECTED, msg);
	binding_seal(msg, zeros);
	rig_feed(&r, msg, SSTP_CONNECTED_LEN);
	assert_int_equal(r.m.state, SSTP_CONNECTED_PENDING);
	on_authenticated(&r);
	assert_int_equal(r.m.state, SSTP_ABORT_PENDING);
	assert_int_equal(r.m.why.err, SSTP_E_BINDING_MAC);
}

static void test_a_second_call_connected_while_one_is_held_is_unexpected(void **state)
{
	uint8_t msg[SSTP_PACKET_MAX];
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED_PENDING);
	rig_feed_type(&r, SSTP_MSG_CALL_CONNECTED);
	rig_feed_type(&r, SSTP_MSG_CALL_CONNECTED);
	assert_int_equal(r.m.state, SSTP_ABORT_PENDING);
	assert_int_equal(rig_sent(&r, msg), 20);
	assert_int_equal(msg[19], SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED);
	assert_int_equal(r.m.why.err, SSTP_E_UNEXPECTED);
}

static void test_a_held_call_connected_does_not_stop_the_negotiation_timer(void **state)
{
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED_PENDING);
	r.now += 1000;
	rig_feed_type(&r, SSTP_MSG_CALL_CONNECTED);
	on_deadline(&r);
	assert_int_equal(r.now, 61000);
	assert_int_equal(r.m.state, SSTP_ABORT_PENDING);
	assert_int_equal(r.m.why.err, SSTP_E_NEGOTIATION_TIME);
}

static void test_negotiation_never_expires_in_a_connected_call(void **state)
{
	(void)state;
	for (unsigned role = SSTP_CLIENT; role <= SSTP_SERVER; role++) {
		struct rig r;

		rig_to(&r, role, SSTP_CONNECTED);
		for (unsigned i = 0; i < 100; i++) {
			on_data(&r);
			machine_tick(&r.m, r.now);
		}
		assert_int_equal(r.m.state, SSTP_CONNECTED);
	}
}

static void test_server_does_not_restart_negotiation_after_a_nak(void **state)
{
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_REQUEST_PENDING);
	r.now += 20000;
	on_bad_request(&r);
	assert_int_equal(machine_deadline(&r.m), 61000);
}

static void test_hello_counts_from_the_last_packet_received(void **state)
{
	uint8_t msg[SSTP_PACKET_MAX];
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED);
	on_data(&r); /* 31,000 */
	assert_int_equal(machine_deadline(&r.m), 91000);
	on_deadline(&r);
	assert_int_equal(rig_sent(&r, msg), 8);
	assert_int_equal(msg[5], SSTP_MSG_ECHO_REQUEST);
	assert_int_equal(machine_deadline(&r.m), 151000);
	on_data(&r); /* anything counts, not only the response: 121,000 */
	assert_int_equal(machine_deadline(&r.m), 181000);
	on_deadline(&r);
	assert_int_equal(rig_sent(&r, msg), 8);
	on_deadline(&r);
	assert_int_equal(r.now, 241000);
	assert_int_equal(r.m.state, SSTP_DISCONNECTED);
	assert_int_equal(rig_sent(&r, msg), 0);
	assert_int_equal(r.m.why.err, SSTP_E_HELLO_TIME);
}

static void test_a_late_tick_still_asks_before_it_gives_up(void **state)
{
	uint8_t msg[SSTP_PACKET_MAX];
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_CLIENT, SSTP_CONNECTED);
	r.now += 10 * 60000; /* the machine was suspended */
	machine_tick(&r.m, r.now);
	assert_int_equal(r.m.state, SSTP_CONNECTED);
	assert_int_equal(rig_sent(&r, msg), 8);
	assert_int_equal(machine_deadline(&r.m), r.now + 60000);
}

static void test_times_are_configurable(void **state)
{
	struct sstp_config cfg = {.role = SSTP_SERVER, .negotiation_ms = 700, .hello_ms = 900};
	struct rig r;

	(void)state;
	rig_init(&r, SSTP_SERVER);
	machine_init(&r.m, &cfg, &r.out, &r.random, &r.trace);
	on_start(&r);
	assert_int_equal(machine_deadline(&r.m), r.now + 700);
	on_request(&r);
	on_connected(&r);
	assert_int_equal(r.m.state, SSTP_CONNECTED);
	assert_int_equal(machine_deadline(&r.m), r.now + 900);
}

static void test_the_first_reason_stays(void **state)
{
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_CLIENT, SSTP_CONNECTED);
	on_invalid(&r);
	assert_int_equal(r.m.why.err, SSTP_E_MESSAGE_TYPE);
	assert_int_equal(r.m.why.status, SSTP_STATUS_INVALID_FRAME_RECEIVED);
	on_abort(&r);
	on_eof(&r);
	assert_int_equal(r.m.why.who, SSTP_BY_US);
	assert_int_equal(r.m.why.err, SSTP_E_MESSAGE_TYPE);
}

static void test_the_peers_status_is_kept_in_words(void **state)
{
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_CLIENT, SSTP_CONNECTED);
	rig_feed(&r, "\x10\x01\x00\x14\0\5\0\1\0\2\0\x0c\0\0\0\3\0\0\0\4", 20);
	assert_int_equal(r.m.why.who, SSTP_BY_PEER);
	assert_int_equal(r.m.why.err, SSTP_E_PEER_ABORT);
	assert_int_equal(r.m.why.status, SSTP_STATUS_VALUE_NOT_SUPPORTED);
	assert_string_equal(r.m.why.message, "VALUE_NOT_SUPPORTED (CRYPTO_BINDING)");
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED);
	on_disconnect(&r);
	assert_int_equal(r.m.why.err, SSTP_E_PEER_DISCONNECT);
	assert_string_equal(r.m.why.message, "");
	rig_to(&r, SSTP_CLIENT, SSTP_REQUEST_SENT);
	on_fourth_nak(&r);
	assert_int_equal(r.m.why.err, SSTP_E_NAK_LIMIT);
	assert_string_equal(r.m.why.message, "VALUE_NOT_SUPPORTED (ENCAPSULATED_PROTOCOL_ID)");
}

static void test_a_malformed_abort_is_an_abort(void **state)
{
	static const char *const bodies[] = {
		"\x10\x01\x00\x08\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		"\x10\x01\x00\x14\0\5\0\1\0\2\0\xff\0\0\0\3\0\0\0\4",
		"\x10\x01\x00\x14\0\5\0\7\0\2\0\x0c\0\0\0\3\xff\0\0\4",
		"\x10\x01\x00\x14\0\5\0\1\0\2\0\3\0\0\0\3\0\0\0\4",
	};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t msg[SSTP_PACKET_MAX];
		struct rig r;

		rig_to(&r, SSTP_SERVER, SSTP_CONNECTED);
		rig_feed(&r, bodies[i], (size_t)(uint8_t)bodies[i][3]);
		assert_int_equal(r.m.state, SSTP_ABORT_TIMEOUT_PENDING);
		assert_int_equal(rig_sent(&r, msg), 8);
		assert_memory_equal(msg, "\x10\x01\x00\x08\0\5\0\0", 8);
	}
}

static void test_a_full_queue_ends_the_call(void **state)
{
	static uint8_t filler[2000];
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED);
	while (outq_room(&r.out) >= SSTP_CONNECTED_LEN) {
		size_t n = outq_room(&r.out) < sizeof(filler) ? outq_room(&r.out) : sizeof(filler);
		struct wr w = outq_begin(&r.out, n);

		wr_bytes(&w, filler, n);
		assert_true(outq_end(&r.out, &w));
	}
	on_echo_request(&r);
	assert_int_equal(r.m.state, SSTP_DISCONNECTED);
	assert_int_equal(r.m.why.err, SSTP_E_OUTPUT_FULL);
	assert_true(machine_flags(&r.m) & MACHINE_CLOSED);
}

static void test_the_key_is_wiped_when_the_call_ends(void **state)
{
	static const uint8_t zeros[SSTP_HLAK];
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED);
	assert_memory_equal(r.m.hlak, rig_hlak, SSTP_HLAK);
	on_eof(&r);
	assert_memory_equal(r.m.hlak, zeros, SSTP_HLAK);
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED);
	machine_fini(&r.m);
	assert_memory_equal(r.m.hlak, zeros, SSTP_HLAK);
}

static void test_a_local_fault_is_told_as_given(void **state)
{
	uint8_t msg[SSTP_PACKET_MAX];
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED_PENDING);
	machine_abort(&r.m, SSTP_E_BINDING_NO_KEY, SSTP_ATTRIB_CRYPTO_BINDING,
		      SSTP_STATUS_VALUE_NOT_SUPPORTED, r.now);
	assert_int_equal(rig_sent(&r, msg), 20);
	assert_int_equal(msg[15], SSTP_ATTRIB_CRYPTO_BINDING);
	assert_int_equal(msg[19], SSTP_STATUS_VALUE_NOT_SUPPORTED);
	assert_int_equal(r.m.why.err, SSTP_E_BINDING_NO_KEY);
}

static void test_an_impossible_event_is_counted_and_traced(void **state)
{
	struct sstp_trace t;
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_CONNECTED);
	on_start(&r);
	assert_int_equal(r.m.impossible, 1);
	assert_int_equal(r.m.state, SSTP_CONNECTED);
	assert_true(tracer_next(&r.trace, &t));
	assert_int_equal(t.kind, SSTP_TRACE_NOTE);
	assert_string_equal(t.name, "start");
}

static void test_ignored_messages_are_counted_and_traced(void **state)
{
	struct sstp_trace t;
	struct rig r;

	(void)state;
	rig_to(&r, SSTP_SERVER, SSTP_ABORT_PENDING);
	on_echo_request(&r);
	assert_int_equal(r.m.dropped, 1);
	assert_true(tracer_next(&r.trace, &t));
	assert_int_equal(t.kind, SSTP_TRACE_RX);
	assert_true(tracer_next(&r.trace, &t));
	assert_int_equal(t.kind, SSTP_TRACE_DROP);
	assert_int_equal(t.value, SSTP_MSG_ECHO_REQUEST);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_transition_of_the_specification),
		cmocka_unit_test(test_every_event_in_every_state_leaves_a_state_of_the_role),
		cmocka_unit_test(test_a_call_that_is_over_stays_over),
		cmocka_unit_test(test_every_way_out_tells_ppp_once),
		cmocka_unit_test(test_ppp_begins_with_the_ack_on_both_sides),
		cmocka_unit_test(test_nonce_is_new_with_each_call),
		cmocka_unit_test(test_client_takes_sha256_when_both_offer_both),
		cmocka_unit_test(test_server_offers_what_it_is_set_to),
		cmocka_unit_test(test_call_connected_before_the_key_is_held_and_then_checked),
		cmocka_unit_test(test_a_second_call_connected_while_one_is_held_is_unexpected),
		cmocka_unit_test(test_a_held_call_connected_does_not_stop_the_negotiation_timer),
		cmocka_unit_test(test_negotiation_never_expires_in_a_connected_call),
		cmocka_unit_test(test_server_does_not_restart_negotiation_after_a_nak),
		cmocka_unit_test(test_hello_counts_from_the_last_packet_received),
		cmocka_unit_test(test_a_late_tick_still_asks_before_it_gives_up),
		cmocka_unit_test(test_times_are_configurable),
		cmocka_unit_test(test_the_first_reason_stays),
		cmocka_unit_test(test_the_peers_status_is_kept_in_words),
		cmocka_unit_test(test_a_malformed_abort_is_an_abort),
		cmocka_unit_test(test_a_full_queue_ends_the_call),
		cmocka_unit_test(test_the_key_is_wiped_when_the_call_ends),
		cmocka_unit_test(test_a_local_fault_is_told_as_given),
		cmocka_unit_test(test_an_impossible_event_is_counted_and_traced),
		cmocka_unit_test(test_ignored_messages_are_counted_and_traced),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: test_sstp_machine transitions.tsv\n");
		return 2;
	}
	transitions_path = argv[1];
	return cmocka_run_group_tests(tests, read_transitions, NULL);
}
