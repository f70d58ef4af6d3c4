/* SPDX-License-Identifier: MIT */
/*
 * Follows the state machines of both sides (MS-SSTP 3.1 to 3.3) by libsstp's own tables. A message
 * on the wire is two events: its sender must have had a reason to send it, and its receiver moves
 * on.
 *
 * A reason is what the table made the sender owe (due), or something that it does of itself: a
 * timer, the end of the authentication, the wish to end the call. The capture sees messages earlier
 * than their receiver does, so a sender may also have been in the state before (messages that
 * cross).
 */
#include "analyse/call_follow.h"

#include "lib/sstp/check.h"
#include "lib/sstp/table.h"
#include "sstp/error.h"

#define HASHES (SSTP_HASH_SHA1 | SSTP_HASH_SHA256)

/* What a message is to its receiver, and the actions by which a sender comes to send it. */
static const struct {
	enum machine_event event;
	uint32_t actions;
} messages[SSTP_MSGS] = {
	[SSTP_MSG_NONE] = {EV_INVALID, 0},
	[SSTP_MSG_CALL_CONNECT_REQUEST] = {EV_REQUEST, ACT_SEND_REQUEST},
	[SSTP_MSG_CALL_CONNECT_ACK] = {EV_ACK, ACT_SEND_ACK},
	[SSTP_MSG_CALL_CONNECT_NAK] = {EV_NAK, ACT_SEND_NAK},
	[SSTP_MSG_CALL_CONNECTED] = {EV_CONNECTED, ACT_SEND_CONNECTED},
	[SSTP_MSG_CALL_ABORT] = {EV_ABORT, ACT_SEND_ABORT | ACT_ANSWER_ABORT},
	[SSTP_MSG_CALL_DISCONNECT] = {EV_DISCONNECT, ACT_SEND_DISCONNECT},
	[SSTP_MSG_CALL_DISCONNECT_ACK] = {EV_DISCONNECT_ACK, ACT_SEND_DISCONNECT_ACK},
	[SSTP_MSG_ECHO_REQUEST] = {EV_ECHO_REQUEST, ACT_SEND_ECHO_REQUEST},
	[SSTP_MSG_ECHO_RESPONSE] = {EV_ECHO_RESPONSE, ACT_SEND_ECHO_RESPONSE},
};

#define SENDS                                                                                      \
	(ACT_SEND_REQUEST | ACT_SEND_ACK | ACT_SEND_NAK | ACT_SEND_CONNECTED | ACT_SEND_ABORT |    \
	 ACT_ANSWER_ABORT | ACT_SEND_DISCONNECT | ACT_SEND_DISCONNECT_ACK |                        \
	 ACT_SEND_ECHO_REQUEST | ACT_SEND_ECHO_RESPONSE)

/* What happens to a machine without a message. */
static const enum machine_event own[] = {EV_AUTHENTICATED, EV_CLOSE, EV_FAULT, EV_NEGOTIATION,
					 EV_HELLO};

static const struct cell *cell_of(enum way side, enum machine_event ev, uint8_t state)
{
	return side == WAY_TO_SERVER ? &client_table[ev][state] : &server_table[ev][state];
}

static void go(uint8_t *state, const struct cell *cell)
{
	if (cell->next != SSTP_STATES)
		*state = cell->next;
}

static void step(struct call_track *t, enum way side, enum machine_event ev)
{
	const struct cell *cell = cell_of(side, ev, t->state);

	t->due |= cell->actions & SENDS;
	if (cell->actions)
		go(&t->state, cell);
}

/* Lets an event happen to a side; `taken` is what it is to one that does not see the fault. */
static void happen(struct call_machine *m, enum way side, enum machine_event ev,
		   enum machine_event taken)
{
	if (!m->doubt[side] && ev != taken) {
		m->doubt[side] = true;
		m->lax[side] = m->side[side];
	}
	if (m->doubt[side])
		step(&m->lax[side], side, taken);
	m->before[side] = m->side[side].state;
	step(&m->side[side], side, ev);
}

/* Looks for something that a side does of itself in a state, by which it sends. */
static const struct cell *find_own(enum way side, uint8_t state, uint32_t actions)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		const struct cell *cell = cell_of(side, own[i], state);

		if (cell->actions & actions)
			return cell;
	}
	return NULL;
}

/* Returns whether a side has a reason to send, and moves it on. */
static bool may_send(struct call_track *t, enum way side, uint32_t actions)
{
	const struct cell *cell;

	if (t->due & actions) {
		t->due &= ~actions;
		return true;
	}
	cell = find_own(side, t->state, actions);
	if (cell)
		go(&t->state, cell);
	return cell != NULL;
}

/* Moves the sender on. Returns NULL, or what is wrong with its sending this. */
static const char *send(struct call_machine *m, enum way side, unsigned type)
{
	uint32_t actions = messages[type].actions;

	if (may_send(&m->side[side], side, actions)) {
		m->doubt[side] = false;
		return NULL;
	}
	if (m->doubt[side] && may_send(&m->lax[side], side, actions)) {
		m->doubt[side] = false;
		m->side[side] = m->lax[side];
		return "and goes on, though the faulty message before had to be refused";
	}
	/* It may not have received yet what we have seen. */
	return find_own(side, m->before[side], actions) ? NULL : "in a state that does not send it";
}

/* Returns what a message of known type is to its receiver, its content considered. */
static enum machine_event event_of(const struct call *c, const struct look *l, unsigned type)
{
	struct sstp_refusal refusals[SSTP_REFUSALS_MAX];
	const struct call_binding *b = &c->binding;
	struct sstp_binding_req req;
	struct sstp_status_info info;
	struct sstp_binding bound;
	unsigned n;

	switch (type) {
	case SSTP_MSG_CALL_CONNECT_REQUEST:
		if (check_request(l->control.c, refusals, &n).err)
			return EV_INVALID;
		return n ? EV_REQUEST_BAD : EV_REQUEST;
	case SSTP_MSG_CALL_CONNECT_ACK:
		return check_ack(l->control.c, HASHES, &req).err ? EV_INVALID : EV_ACK;
	case SSTP_MSG_CALL_CONNECT_NAK:
		return check_nak(l->control.c, &info).err ? EV_INVALID : EV_NAK;
	case SSTP_MSG_CALL_CONNECTED:
		if (check_connected(l->control.c, &bound).err || b->hash_ok == CHECK_WRONG ||
		    b->nonce_ok == CHECK_WRONG || b->cert_ok == CHECK_WRONG ||
		    b->mac_ok == CHECK_WRONG)
			return EV_INVALID;
		return EV_CONNECTED;
	case SSTP_MSG_CALL_DISCONNECT_ACK:
	case SSTP_MSG_ECHO_REQUEST:
	case SSTP_MSG_ECHO_RESPONSE:
		return check_plain(l->control.c).err ? EV_INVALID : messages[type].event;
	default:
		return messages[type].event;
	}
}

/* Where the capture lacks the beginning, both sides are taken to be connected. */
static void join(struct call_machine *m)
{
	m->blind = true;
	for (int w = 0; w < WAYS; w++)
		m->side[w].state = m->before[w] = SSTP_CONNECTED;
}

const char *call_on_state(struct call *c, const struct look *l)
{
	struct call_machine *m = &c->machine;
	unsigned type = look_type(l);
	const char *wrong;

	if (l->unit->kind == UNIT_HTTP) {
		if (c->http.code == 200 && c->http.reply && m->side[0].state == SSTP_DISCONNECTED) {
			happen(m, WAY_TO_CLIENT, EV_START, EV_START);
			happen(m, WAY_TO_SERVER, EV_START, EV_START);
		}
		return NULL;
	}
	if (!c->http.reply && !m->blind)
		join(m);
	if (l->unit->kind != UNIT_CONTROL)
		return NULL;
	if (type >= SSTP_MSGS)
		type = SSTP_MSG_NONE;
	wrong = type ? send(m, l->way, type) : NULL;
	happen(m, way_back(l->way), event_of(c, l, type), messages[type].event);
	return m->blind ? NULL : wrong;
}
