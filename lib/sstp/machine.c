/* SPDX-License-Identifier: MIT */
/*
 * Runs the state tables of client.c and server.c; see machine.h. What happens is decided there;
 * this file turns packets and times into events, and actions into packets and timers.
 */
#include "lib/sstp/machine.h"

#include "sstp/error.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/sstp/check.h"
#include "lib/sstp/table.h"

/* The timers of MS-SSTP 3.1.2, in ms. */
#define ABORT_1_MS      3000
#define ABORT_2_MS      1000
#define DISCONNECT_1_MS 5000
#define DISCONNECT_2_MS 1000
#define DEFAULT_MS      60000 /* Negotiation and Hello */

#define RETRIES 3 /* requests sent again, and NAKs sent */

/* What an event brings with it for the actions. */
struct matter {
	struct check check;
	struct sstp_refusal refusals[SSTP_REFUSALS_MAX];
	unsigned refusals_n;
	struct rd packet;
};

const char *sstp_state_name(enum sstp_state state)
{
	static const char *const names[SSTP_STATES] = {
		[SSTP_DISCONNECTED] = "call-disconnected",
		[SSTP_REQUEST_SENT] = "connect-request-sent",
		[SSTP_ACK_RECEIVED] = "connect-ack-received",
		[SSTP_REQUEST_PENDING] = "connect-request-pending",
		[SSTP_CONNECTED_PENDING] = "call-connected-pending",
		[SSTP_CONNECTED] = "call-connected",
		[SSTP_DISCONNECT_ACK_PENDING] = "call-disconnect-ack-pending",
		[SSTP_DISCONNECT_TIMEOUT_PENDING] = "call-disconnect-timeout-pending",
		[SSTP_ABORT_PENDING] = "call-abort-pending",
		[SSTP_ABORT_TIMEOUT_PENDING] = "call-abort-timeout-pending",
	};

	return (unsigned)state < SSTP_STATES ? names[state] : "unknown";
}

const char *machine_event_name(enum machine_event ev)
{
	static const char *const names[MACHINE_EVENTS] = {
		[EV_START] = "start",
		[EV_REQUEST] = "request",
		[EV_REQUEST_BAD] = "request-bad",
		[EV_REQUEST_LIMIT] = "request-limit",
		[EV_ACK] = "ack",
		[EV_NAK] = "nak",
		[EV_NAK_LIMIT] = "nak-limit",
		[EV_CONNECTED] = "connected",
		[EV_CONNECTED_EARLY] = "connected-early",
		[EV_ABORT] = "abort",
		[EV_DISCONNECT] = "disconnect",
		[EV_DISCONNECT_ACK] = "disconnect-ack",
		[EV_ECHO_REQUEST] = "echo-request",
		[EV_ECHO_RESPONSE] = "echo-response",
		[EV_INVALID] = "invalid",
		[EV_AUTHENTICATED] = "authenticated",
		[EV_CLOSE] = "close",
		[EV_FAULT] = "fault",
		[EV_NEGOTIATION] = "negotiation-timer",
		[EV_HELLO] = "hello-timer",
		[EV_HELLO_AGAIN] = "hello-timer-again",
		[EV_CLOSING] = "closing-timer",
		[EV_DELINEATION] = "delineation",
		[EV_EOF] = "eof",
	};

	return (unsigned)ev < MACHINE_EVENTS ? names[ev] : "unknown";
}

void machine_init(struct machine *m, const struct sstp_config *cfg, struct outq *out,
		  struct drbg *random, struct tracer *trace)
{
	memset(m, 0, sizeof(*m));
	m->role = cfg->role;
	m->hashes = cfg->hashes ? cfg->hashes : SSTP_HASH_SHA1 | SSTP_HASH_SHA256;
	memcpy(m->cert_sha1, cfg->cert_sha1, sizeof(m->cert_sha1));
	memcpy(m->cert_sha256, cfg->cert_sha256, sizeof(m->cert_sha256));
	m->negotiation_ms = cfg->negotiation_ms ? cfg->negotiation_ms : DEFAULT_MS;
	m->hello_ms = cfg->hello_ms ? cfg->hello_ms : DEFAULT_MS;
	m->out = out;
	m->random = random;
	m->trace = trace;
}

void machine_fini(struct machine *m)
{
	wipe(m->hlak, sizeof(m->hlak));
	m->have_key = false;
}

/* Keeps why the call ends, unless a reason is known already. */
static void set_why(struct machine *m, int who, int err, size_t off, uint32_t status,
		    const char *message)
{
	if (m->why.who != SSTP_BY_NOBODY)
		return;
	m->why.who = who;
	m->why.layer = SSTP_LAYER_SSTP;
	m->why.err = err;
	m->why.off = (uint32_t)off;
	m->why.status = status;
	m->why.message = message;
}

/* Keeps what the peer's Status Info says as the reason for the call's end. */
static void set_peer_why(struct machine *m, int err, const struct sstp_status_info *info)
{
	struct text t;

	if (m->why.who != SSTP_BY_NOBODY)
		return;
	t = text_init(m->message, sizeof(m->message));
	if (info->status) {
		text_str(&t, sstp_status_name(info->status));
		text_str(&t, " (");
		text_str(&t, sstp_attrib_name(info->attrib));
		text_char(&t, ')');
	}
	set_why(m, SSTP_BY_PEER, err, 0, info->status, m->message);
}

/* Writes the CALL_CONNECTED of the call and seals it. */
static void put_connected(struct machine *m, struct wr *w)
{
	uint8_t cert[32] = {0};

	if (m->hash == SSTP_HASH_SHA1)
		memcpy(cert, m->cert_sha1, sizeof(m->cert_sha1));
	else
		memcpy(cert, m->cert_sha256, sizeof(m->cert_sha256));
	sstp_put_connected(w, m->hash, m->nonce, cert);
	if (!w->bad)
		binding_seal(w->start, m->hlak);
}

/* Writes the message that one action is about. */
static void put_message(struct machine *m, uint32_t action, const struct matter *x, struct wr *w)
{
	switch (action) {
	case ACT_SEND_REQUEST:
		sstp_put_request(w);
		break;
	case ACT_SEND_ACK:
		drbg_bytes(m->random, m->nonce, sizeof(m->nonce));
		sstp_put_ack(w, m->hashes, m->nonce);
		break;
	case ACT_SEND_NAK:
		sstp_put_nak(w, x->refusals, x->refusals_n);
		break;
	case ACT_SEND_CONNECTED:
		put_connected(m, w);
		break;
	case ACT_SEND_ABORT:
		sstp_put_abort(w, x->check.attrib, x->check.status);
		break;
	case ACT_ANSWER_ABORT:
		sstp_put_abort(w, 0, 0);
		break;
	case ACT_SEND_DISCONNECT:
		sstp_put_disconnect(w);
		break;
	case ACT_SEND_DISCONNECT_ACK:
		sstp_put_plain(w, SSTP_MSG_CALL_DISCONNECT_ACK);
		break;
	case ACT_SEND_ECHO_REQUEST:
		sstp_put_plain(w, SSTP_MSG_ECHO_REQUEST);
		break;
	case ACT_SEND_ECHO_RESPONSE:
		sstp_put_plain(w, SSTP_MSG_ECHO_RESPONSE);
		break;
	}
}

#define ACT_SENDS                                                                                  \
	(ACT_SEND_REQUEST | ACT_SEND_ACK | ACT_SEND_NAK | ACT_SEND_CONNECTED | ACT_SEND_ABORT |    \
	 ACT_ANSWER_ABORT | ACT_SEND_DISCONNECT | ACT_SEND_DISCONNECT_ACK |                        \
	 ACT_SEND_ECHO_REQUEST | ACT_SEND_ECHO_RESPONSE)

/* Sends the message of the one action in `actions` that sends, if any; false when the queue is
 * full.
 */
static bool send_message(struct machine *m, uint32_t actions, const struct matter *x)
{
	struct wr w;

	if (!(actions & ACT_SENDS))
		return true;
	w = outq_begin(m->out, actions & ACT_SEND_NAK ? SSTP_PACKET_MAX : SSTP_CONNECTED_LEN);
	put_message(m, actions & ACT_SENDS, x, &w);
	if (!outq_end(m->out, &w))
		return false;
	trace_msg(m->trace, SSTP_TRACE_TX, SSTP_LAYER_SSTP, w.start, wr_len(&w));
	return true;
}

static void start_timers(struct machine *m, uint32_t actions, uint64_t now)
{
	if (actions & ACT_NEGOTIATION)
		timer_start(&m->negotiation, now, m->negotiation_ms);
	if (actions & ACT_ABORT_1)
		timer_start(&m->closing, now, ABORT_1_MS);
	if (actions & ACT_ABORT_2)
		timer_start(&m->closing, now, ABORT_2_MS);
	if (actions & ACT_DISCONNECT_1)
		timer_start(&m->closing, now, DISCONNECT_1_MS);
	if (actions & ACT_DISCONNECT_2)
		timer_start(&m->closing, now, DISCONNECT_2_MS);
	if (actions & ACT_HELLO)
		m->last_rx = now;
	if (actions & ACT_SEND_ECHO_REQUEST)
		m->echo_at = now;
}

/* Enters a state: the timers of the one before stop, and PPP is told when it may not pass.
 */
static void enter(struct machine *m, enum sstp_state next)
{
	bool passed = machine_passes_control(m);

	if (next == m->state)
		return;
	trace_state(m->trace, SSTP_LAYER_SSTP, NULL, sstp_state_name(m->state),
		    sstp_state_name(next));
	m->state = next;
	timer_stop(&m->negotiation);
	timer_stop(&m->closing);
	if (passed && !machine_passes_control(m))
		m->flags |= MACHINE_PPP_DOWN;
}

/* The call ends here and now, without a message. */
static void clear_call(struct machine *m)
{
	enter(m, SSTP_DISCONNECTED);
	m->flags |= MACHINE_CLOSED;
	wipe(m->hlak, sizeof(m->hlak));
	m->have_key = false;
	m->held = false;
}

static const struct cell *cell_of(const struct machine *m, enum machine_event ev)
{
	return m->role == SSTP_CLIENT ? &client_table[ev][m->state] : &server_table[ev][m->state];
}

/* Fills in what CALL_ABORT says, and why the call ends by it. */
static void set_abort(struct machine *m, const struct cell *c, struct check *k)
{
	static const int errs[SSTP_STATUSES] = {
		[SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED] = SSTP_E_UNEXPECTED,
		[SSTP_STATUS_RETRY_COUNT_EXCEEDED] = SSTP_E_NAK_LIMIT,
		[SSTP_STATUS_NEGOTIATION_TIMEOUT] = SSTP_E_NEGOTIATION_TIME,
	};

	if (c->status)
		*k = (struct check){errs[c->status], SSTP_ATTRIB_STATUS_INFO, c->status, 0};
	set_why(m, SSTP_BY_US, k->err, k->off, k->status, NULL);
	trace_fault(m->trace, SSTP_LAYER_SSTP, k->err, k->off);
}

/* Runs one event through the table. */
static void run(struct machine *m, enum machine_event ev, struct matter *x, uint64_t now)
{
	const struct cell *c = cell_of(m, ev);

	if (!c->actions) {
		m->impossible++;
		trace_note(m->trace, SSTP_LAYER_SSTP, machine_event_name(ev), m->state);
		return;
	}
	if (c->actions & ACT_IGNORE)
		return;
	if (c->actions & ACT_SEND_ABORT)
		set_abort(m, c, &x->check);
	if (!send_message(m, c->actions, x)) {
		set_why(m, SSTP_BY_US, SSTP_E_OUTPUT_FULL, 0, 0, NULL);
		trace_fault(m->trace, SSTP_LAYER_SSTP, SSTP_E_OUTPUT_FULL, 0);
		clear_call(m);
		return;
	}
	if (c->actions & ACT_CLOSED) {
		clear_call(m);
		return;
	}
	if (c->actions & ACT_HOLD) {
		rd_copy(&x->packet, m->held_msg, sizeof(m->held_msg));
		m->held = true;
		trace_note(m->trace, SSTP_LAYER_SSTP, "held-until-authenticated", 0);
	}
	if (c->next != SSTP_STATES)
		enter(m, c->next);
	start_timers(m, c->actions, now);
	if (c->actions & ACT_PPP_UP)
		m->flags |= MACHINE_PPP_UP;
	if (c->actions & ACT_CONNECTED)
		m->flags |= MACHINE_CONNECTED;
}

/* Judges a CALL_CONNECT_REQUEST. */
static enum machine_event judge_request(struct machine *m, const struct sstp_control *c,
					struct matter *x)
{
	x->check = check_request(*c, x->refusals, &x->refusals_n);
	if (x->check.err)
		return EV_INVALID;
	if (!x->refusals_n)
		return EV_REQUEST;
	return m->retries++ < RETRIES ? EV_REQUEST_BAD : EV_REQUEST_LIMIT;
}

/* Judges a CALL_CONNECT_ACK, and takes nonce and hash from a good one. */
static enum machine_event judge_ack(struct machine *m, const struct sstp_control *c,
				    struct matter *x)
{
	struct sstp_binding_req req;

	x->check = check_ack(*c, m->hashes, &req);
	if (x->check.err)
		return EV_INVALID;
	memcpy(m->nonce, req.nonce, sizeof(m->nonce));
	m->hash = req.hashes & m->hashes & SSTP_HASH_SHA256 ? SSTP_HASH_SHA256 : SSTP_HASH_SHA1;
	return EV_ACK;
}

static enum machine_event judge_nak(struct machine *m, const struct sstp_control *c,
				    struct matter *x)
{
	struct sstp_status_info info;

	x->check = check_nak(*c, &info);
	if (x->check.err)
		return EV_INVALID;
	if (m->retries++ < RETRIES)
		return EV_NAK;
	set_peer_why(m, SSTP_E_NAK_LIMIT, &info);
	return EV_NAK_LIMIT;
}

/* Judges a CALL_CONNECTED: never against a key that is not there. */
static enum machine_event judge_connected(struct machine *m, const struct sstp_control *c,
					  struct matter *x)
{
	struct binding_expect expect = {m->hashes, m->nonce, m->cert_sha1, m->cert_sha256, m->hlak};
	uint8_t msg[SSTP_CONNECTED_LEN];
	struct rd r = x->packet;
	struct sstp_binding b;

	x->check = check_connected(*c, &b);
	if (x->check.err)
		return EV_INVALID;
	if (!m->have_key && !m->held)
		return EV_CONNECTED_EARLY;
	if (!m->have_key) {
		x->check = (struct check){SSTP_E_UNEXPECTED, SSTP_ATTRIB_STATUS_INFO,
					  SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED, 0};
		return EV_INVALID;
	}
	rd_copy(&r, msg, sizeof(msg));
	x->check = (struct check){binding_check(msg, &b, &expect), SSTP_ATTRIB_CRYPTO_BINDING,
				  SSTP_STATUS_VALUE_NOT_SUPPORTED, 0};
	if (x->check.err) {
		x->check.off = binding_offset(x->check.err);
		return EV_INVALID;
	}
	m->hash = b.hash;
	return EV_CONNECTED;
}

/* Judges the content of a message that the state takes. */
static enum machine_event judge(struct machine *m, enum machine_event ev,
				const struct sstp_control *c, struct matter *x)
{
	switch (ev) {
	case EV_REQUEST:
		return judge_request(m, c, x);
	case EV_ACK:
		return judge_ack(m, c, x);
	case EV_NAK:
		return judge_nak(m, c, x);
	case EV_CONNECTED:
		return judge_connected(m, c, x);
	case EV_ABORT:
		return ev; /* however malformed it is */
	case EV_DISCONNECT:
		x->check = check_disconnect(*c);
		break;
	default:
		x->check = check_plain(*c);
	}
	return x->check.err ? EV_INVALID : ev;
}

/* Keeps what the peer said when it ends the call. */
static void note_goodbye(struct machine *m, enum machine_event ev, const struct sstp_control *c)
{
	struct sstp_status_info info;

	if (ev != EV_ABORT && ev != EV_DISCONNECT)
		return;
	find_status(*c, &info);
	set_peer_why(m, ev == EV_ABORT ? SSTP_E_PEER_ABORT : SSTP_E_PEER_DISCONNECT, &info);
}

/* Runs a message: cell, content, cell of what the content makes of it. */
static void run_message(struct machine *m, struct rd packet, uint64_t now)
{
	static const uint8_t events[SSTP_MSGS] = {
		[SSTP_MSG_CALL_CONNECT_REQUEST] = EV_REQUEST,
		[SSTP_MSG_CALL_CONNECT_ACK] = EV_ACK,
		[SSTP_MSG_CALL_CONNECT_NAK] = EV_NAK,
		[SSTP_MSG_CALL_CONNECTED] = EV_CONNECTED,
		[SSTP_MSG_CALL_ABORT] = EV_ABORT,
		[SSTP_MSG_CALL_DISCONNECT] = EV_DISCONNECT,
		[SSTP_MSG_CALL_DISCONNECT_ACK] = EV_DISCONNECT_ACK,
		[SSTP_MSG_ECHO_REQUEST] = EV_ECHO_REQUEST,
		[SSTP_MSG_ECHO_RESPONSE] = EV_ECHO_RESPONSE,
	};
	struct matter x = {.packet = packet};
	enum machine_event ev = EV_INVALID;
	struct sstp_control c;
	int err;

	rd_take(&packet, SSTP_HEADER);
	err = sstp_parse_control(packet, &c);
	if (!err && c.type < SSTP_MSGS && events[c.type])
		ev = events[c.type];
	else if (!err)
		err = SSTP_E_MESSAGE_TYPE;
	x.check = (struct check){err, SSTP_ATTRIB_STATUS_INFO, SSTP_STATUS_INVALID_FRAME_RECEIVED,
				 SSTP_HEADER};
	if (ev != EV_INVALID && !(cell_of(m, ev)->actions & (ACT_IGNORE | ACT_SEND_ABORT)))
		ev = judge(m, ev, &c, &x);
	if (cell_of(m, ev)->actions & ACT_IGNORE) {
		m->dropped++;
		trace_drop(m->trace, SSTP_LAYER_SSTP, x.check.err ? x.check.err : SSTP_E_UNEXPECTED,
			   c.type);
		return;
	}
	note_goodbye(m, ev, &c);
	run(m, ev, &x, now);
}

void machine_start(struct machine *m, uint64_t now)
{
	struct matter x = {0};

	run(m, EV_START, &x, now);
}

void machine_control(struct machine *m, struct rd packet, uint64_t now)
{
	trace_msg(m->trace, SSTP_TRACE_RX, SSTP_LAYER_SSTP, packet.p, rd_left(&packet));
	m->last_rx = now;
	run_message(m, packet, now);
}

void machine_delineation(struct machine *m, int err, uint64_t now)
{
	struct matter x = {0};

	trace_fault(m->trace, SSTP_LAYER_SSTP, err, 0);
	if (!(cell_of(m, EV_DELINEATION)->actions & ACT_IGNORE))
		set_why(m, SSTP_BY_US, err, 0, 0, NULL);
	run(m, EV_DELINEATION, &x, now);
}

void machine_authenticated(struct machine *m, const uint8_t hlak[SSTP_HLAK], uint64_t now)
{
	struct matter x = {0};

	if (m->state == SSTP_ACK_RECEIVED || m->state == SSTP_CONNECTED_PENDING) {
		memcpy(m->hlak, hlak, sizeof(m->hlak));
		m->have_key = true;
	}
	run(m, EV_AUTHENTICATED, &x, now);
	if (m->held && m->state == SSTP_CONNECTED_PENDING)
		run_message(m, rd_init(m->held_msg, sizeof(m->held_msg)), now);
}

void machine_disconnect(struct machine *m, const struct sstp_why *why, uint64_t now)
{
	struct matter x = {0};

	if (m->why.who == SSTP_BY_NOBODY && !(cell_of(m, EV_CLOSE)->actions & ACT_IGNORE))
		m->why = *why;
	run(m, EV_CLOSE, &x, now);
}

void machine_abort(struct machine *m, int err, uint8_t attrib, uint32_t status, uint64_t now)
{
	struct matter x = {.check = {err, attrib, status, 0}};

	run(m, EV_FAULT, &x, now);
}

void machine_eof(struct machine *m, uint64_t now)
{
	struct matter x = {0};

	if (!(cell_of(m, EV_EOF)->actions & ACT_IGNORE))
		set_why(m, SSTP_BY_NETWORK, SSTP_E_EOF, 0, 0, NULL);
	run(m, EV_EOF, &x, now);
}

unsigned machine_flags(struct machine *m)
{
	unsigned flags = m->flags;

	m->flags = 0;
	return flags;
}

/* Returns when Hello expires, TIME_NEVER outside the state that has it. */
static uint64_t hello_at(const struct machine *m)
{
	if (m->state != SSTP_CONNECTED)
		return TIME_NEVER;
	return (m->echo_at > m->last_rx ? m->echo_at : m->last_rx) + m->hello_ms;
}

uint64_t machine_deadline(const struct machine *m)
{
	return earlier(hello_at(m), earlier(timer_at(&m->negotiation), timer_at(&m->closing)));
}

void machine_tick(struct machine *m, uint64_t now)
{
	struct matter x = {0};

	if (timer_fired(&m->negotiation, now)) {
		trace_timer(m->trace, SSTP_LAYER_SSTP, "negotiation");
		run(m, EV_NEGOTIATION, &x, now);
	} else if (timer_fired(&m->closing, now)) {
		trace_timer(m->trace, SSTP_LAYER_SSTP, "closing");
		run(m, EV_CLOSING, &x, now);
	} else if (now >= hello_at(m)) {
		bool again = m->echo_at > m->last_rx;

		trace_timer(m->trace, SSTP_LAYER_SSTP, "hello");
		if (again)
			set_why(m, SSTP_BY_NETWORK, SSTP_E_HELLO_TIME, 0, 0, NULL);
		run(m, again ? EV_HELLO_AGAIN : EV_HELLO, &x, now);
	}
}
