/* SPDX-License-Identifier: MIT */
/*
 * What can happen to a machine, brought about through its own doors; for tests of lib/sstp. After
 * cmocka.h.
 */
#ifndef TESTS_UNIT_SSTP_EVENTS_H
#define TESTS_UNIT_SSTP_EVENTS_H

#include "sstp/error.h"
#include "tests/unit/sstp_rig.h"

/* The states of a role in a call, DISCONNECTED left out. */
static inline unsigned all_states(enum sstp_role role)
{
	unsigned set = 1u << SSTP_CONNECTED | 1u << SSTP_DISCONNECT_ACK_PENDING |
		       1u << SSTP_DISCONNECT_TIMEOUT_PENDING | 1u << SSTP_ABORT_PENDING |
		       1u << SSTP_ABORT_TIMEOUT_PENDING;

	return role == SSTP_SERVER ? set | 1u << SSTP_REQUEST_PENDING | 1u << SSTP_CONNECTED_PENDING
				   : set | 1u << SSTP_REQUEST_SENT | 1u << SSTP_ACK_RECEIVED;
}

static inline unsigned live_states(enum sstp_role role)
{
	return all_states(role) &
	       ~(1u << SSTP_DISCONNECT_ACK_PENDING | 1u << SSTP_DISCONNECT_TIMEOUT_PENDING |
		 1u << SSTP_ABORT_PENDING | 1u << SSTP_ABORT_TIMEOUT_PENDING);
}

typedef void stimulus_fn(struct rig *r);

static inline void on_disconnect_event(struct rig *r)
{
	static const struct sstp_why why = {.who = SSTP_BY_US, .err = SSTP_E_USER};

	machine_disconnect(&r->m, &why, r->now);
}

static inline void on_start(struct rig *r)
{
	machine_start(&r->m, r->now);
}

static inline void on_request(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_CONNECT_REQUEST);
}

static inline void on_bad_request(struct rig *r)
{
	rig_feed(r, "\x10\x01\x00\x0e\0\1\0\1\0\1\0\6\0\2", 14);
}

static inline void on_fourth_bad_request(struct rig *r)
{
	for (unsigned i = 0; i < 3; i++) {
		on_bad_request(r);
		assert_int_equal(r->m.state, SSTP_REQUEST_PENDING);
	}
	rig_quiet(r);
	on_bad_request(r);
}

static inline void on_ack(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_CONNECT_ACK);
}

static inline void on_bad_ack(struct rig *r)
{
	rig_feed(r, "\x10\x01\x00\x08\0\2\0\0", 8);
}

static inline void on_nak(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_CONNECT_NAK);
}

static inline void on_fourth_nak(struct rig *r)
{
	for (unsigned i = 0; i < 3; i++) {
		on_nak(r);
		assert_int_equal(r->m.state, SSTP_REQUEST_SENT);
	}
	rig_quiet(r);
	on_nak(r);
}

static inline void on_connected(struct rig *r)
{
	if (r->m.state == SSTP_CONNECTED_PENDING)
		machine_authenticated(&r->m, rig_hlak, r->now);
	rig_feed_type(r, SSTP_MSG_CALL_CONNECTED);
}

static inline void on_connected_without_binding(struct rig *r)
{
	rig_feed(r, "\x10\x01\x00\x08\0\4\0\0", 8);
}

static inline void on_connected_with_another_key(struct rig *r)
{
	static const uint8_t other[SSTP_HLAK] = {9};

	machine_authenticated(&r->m, other, r->now);
	rig_feed_type(r, SSTP_MSG_CALL_CONNECTED);
}

static inline void on_abort(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_ABORT);
}

static inline void on_disconnect(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_DISCONNECT);
}

static inline void on_disconnect_ack(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_CALL_DISCONNECT_ACK);
}

static inline void on_echo_request(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_ECHO_REQUEST);
}

static inline void on_echo_response(struct rig *r)
{
	rig_feed_type(r, SSTP_MSG_ECHO_RESPONSE);
}

static inline void on_invalid(struct rig *r)
{
	rig_feed_type(r, 99);
}

static inline void on_any_message_but_abort(struct rig *r)
{
	for (unsigned type = 0; type < 12; type++)
		if (type != SSTP_MSG_CALL_ABORT)
			rig_feed_type(r, type);
}

static inline void on_any_message(struct rig *r)
{
	for (unsigned type = 0; type < 12; type++)
		rig_feed_type(r, type);
}

static inline void on_authenticated(struct rig *r)
{
	machine_authenticated(&r->m, rig_hlak, r->now);
}

static inline void on_deadline(struct rig *r)
{
	r->now = machine_deadline(&r->m);
	assert_true(r->now != TIME_NEVER);
	machine_tick(&r->m, r->now - 1); /* early: nothing happens */
	machine_tick(&r->m, r->now);
}

static inline void on_second_deadline(struct rig *r)
{
	on_deadline(r);
	rig_quiet(r);
	on_deadline(r);
}

static inline void on_data(struct rig *r)
{
	r->now += 30000;
	machine_data(&r->m, r->now);
}

static inline void on_eof(struct rig *r)
{
	machine_eof(&r->m, r->now);
}

static inline void on_delineation(struct rig *r)
{
	machine_delineation(&r->m, SSTP_E_VERSION, r->now);
}

#endif
