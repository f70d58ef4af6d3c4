/* SPDX-License-Identifier: MIT */
/*
 * Claims about lib/sstp/machine.c that are no row of the specification's transitions; those are in
 * test_sstp_transitions.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/sstp_events.h"

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

/* Checks that an attribute may stand in a message of a type that we send, and what it holds. */
static void expect_attribute(unsigned type, const struct sstp_attr *a)
{
	struct sstp_status_info info;

	switch (type) {
	case SSTP_MSG_CALL_CONNECT_REQUEST:
		assert_int_equal(a->id, SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID);
		return;
	case SSTP_MSG_CALL_CONNECT_ACK:
		assert_int_equal(a->id, SSTP_ATTRIB_CRYPTO_BINDING_REQ);
		return;
	case SSTP_MSG_CALL_CONNECTED:
		assert_int_equal(a->id, SSTP_ATTRIB_CRYPTO_BINDING);
		return;
	}
	assert_int_equal(a->id, SSTP_ATTRIB_STATUS_INFO);
	assert_int_equal(sstp_parse_status(a->value, &info), SSTP_OK);
	if (type == SSTP_MSG_CALL_CONNECT_NAK) {
		assert_true(info.attrib >= 1 && info.attrib <= 4);
		assert_non_null(memchr("\x01\x02\x03\x04\x0a\x0b", (int)info.status, 6));
		assert_true(info.value.n <= SSTP_VALUE_MAX);
	} else if (type == SSTP_MSG_CALL_ABORT) {
		assert_true(info.attrib >= 1 && info.attrib <= 4);
		assert_true(info.status >= 4 && info.status <= 9);
		assert_int_equal(info.value.n, 0);
	} else {
		assert_int_equal(type, SSTP_MSG_CALL_DISCONNECT);
		assert_int_equal(info.attrib, SSTP_ATTRIB_NO_ERROR);
		assert_int_equal(info.status, SSTP_STATUS_NO_ERROR);
		assert_int_equal(info.value.n, 0);
	}
}

/* Checks one message that was sent against all that MS-SSTP 2.2 says of senders. */
static void expect_well_formed(const uint8_t *msg, size_t n)
{
	struct sstp_control c;
	struct sstp_attr a;

	assert_true(n >= 8 && n <= SSTP_PACKET_MAX);
	assert_memory_equal(msg, "\x10\x01", 2);
	assert_int_equal(msg[2] << 8 | msg[3], n);
	assert_int_equal(sstp_parse_control(rd_init(msg + 4, n - 4), &c), SSTP_OK);
	assert_true(c.type >= SSTP_MSG_CALL_CONNECT_REQUEST && c.type < SSTP_MSGS);
	for (unsigned i = 0; i < c.count; i++) {
		const uint8_t *at = c.attrs.p;

		assert_int_equal(sstp_next_attr(&c.attrs, &a), SSTP_OK);
		assert_int_equal(at[0], 0);
		assert_int_equal(at[2] << 8 | at[3], a.length);
		if (a.id != SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID)
			assert_memory_equal(at + 4, "\0\0\0", 3);
		expect_attribute(c.type, &a);
	}
	assert_int_equal(rd_left(&c.attrs), 0);
}

/* Authentication ends well, where PPP runs. */
static void on_key(struct rig *r)
{
	if (machine_passes_control(&r->m))
		on_authenticated(r);
}

static void test_everything_sent_is_well_formed(void **state)
{
	static stimulus_fn *const all[] = {
		on_disconnect_event,
		on_start,
		on_request,
		on_bad_request,
		on_ack,
		on_bad_ack,
		on_nak,
		on_connected,
		on_connected_without_binding,
		on_abort,
		on_disconnect,
		on_disconnect_ack,
		on_echo_request,
		on_echo_response,
		on_invalid,
		on_key,
		on_any_message,
	};
	unsigned sent = 0, types = 0;

	(void)state;
	for (unsigned role = SSTP_CLIENT; role <= SSTP_SERVER; role++)
		for (unsigned s = 0; s < SSTP_STATES; s++)
			for (unsigned e = 0; e < sizeof(all) / sizeof(all[0]); e++) {
				uint8_t msg[SSTP_PACKET_MAX];
				struct rig r;
				size_t n;

				if (!((all_states(role) | 1u << SSTP_DISCONNECTED) & 1u << s) ||
				    (all[e] == on_start && s != SSTP_DISCONNECTED))
					continue;
				rig_to(&r, role, s);
				all[e](&r);
				if (machine_deadline(&r.m) != TIME_NEVER)
					on_deadline(&r);
				for (; (n = rig_sent(&r, msg)); sent++) {
					expect_well_formed(msg, n);
					types |= 1u << msg[5];
				}
			}
	assert_int_equal(types, 0x3fe); /* each of the nine */
	assert_true(sent > 100);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event_in_every_state_leaves_a_state_of_the_role),
		cmocka_unit_test(test_everything_sent_is_well_formed),
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

	return cmocka_run_group_tests(tests, NULL, NULL);
}
