/* SPDX-License-Identifier: MIT */
/* The owner of the automaton: packets into events, actions into packets; see cp.h. */
#include "lib/ppp/cp.h"

#include "sstp/error.h"

#define FRAME_OFFSET 2  /* octets of the protocol field, in front of the packet in a trace */
#define NAK_SPARE    64 /* octets by which a Configure-Nak may be longer than the request */
#define MAX_REFUSED  (2 * CP_MAX_FAILURE)

/* What an event's actions may need to know. */
struct cause {
	enum cp_event event;
	const struct cp_packet *packet; /* no_packet: the event is none */
	enum cp_verdict verdict;        /* of a Configure-Request */
	uint64_t now;
};

static const struct cp_packet no_packet;

void cp_init(struct cp *c, const struct cp_protocol *protocol, struct cp_env *env)
{
	*c = (struct cp){.protocol = protocol, .env = env, .state = CP_INITIAL};
}

uint8_t cp_new_id(struct cp *c)
{
	return ++c->last_id;
}

/* Returns how many octets a packet to the peer may have behind its head, of the n wanted. */
static size_t limit_data(const struct cp *c, size_t n)
{
	size_t most = (size_t)c->env->peer_mru - CP_HEAD;

	return n < most ? n : most;
}

/* Opens a packet with room for n octets of data. */
static struct wr begin_packet(struct cp *c, uint8_t code, uint8_t id, size_t n)
{
	struct wr w = ppp_begin_frame(c->env->out, c->protocol->number, CP_HEAD + n);

	wr_u8(&w, code);
	wr_u8(&w, id);
	wr_be16(&w, 0);
	return w;
}

/* Fills in the packet's length and sends it. */
static void end_packet(struct cp *c, struct wr *w)
{
	size_t head = PPP_UNIT_HEAD;

	wr_patch16(w, head + 2, (uint16_t)(wr_len(w) - head));
	ppp_end_frame(c->env->out, c->env->trace, w);
}

void cp_send(struct cp *c, uint8_t code, uint8_t id, struct view data)
{
	size_t n = limit_data(c, data.n);
	struct wr w = begin_packet(c, code, id, n);

	wr_bytes(&w, data.p, n);
	end_packet(c, &w);
}

static void fault(struct cp *c, int err, size_t off)
{
	trace_fault(c->env->trace, c->protocol->layer, err, FRAME_OFFSET + off);
}

/* Everything that was negotiated is forgotten: a negotiation begins. */
static void begin_negotiation(struct cp *c)
{
	c->off = 0;
	c->naks = c->rejects = c->refused = 0;
	c->err = 0;
	c->by_peer = false;
	c->message[0] = '\0';
	c->protocol->reset_ours(c);
}

/* Sends our Configure-Request: the last one once more when the timer expired, else a new one. */
static void send_request(struct cp *c, const struct cause *why)
{
	if (why->event != CP_EV_TIMEOUT) {
		struct wr w = wr_init(c->request, sizeof(c->request));

		cp_put_request(c, &w);
		c->request_len = (uint8_t)wr_len(&w);
		c->request_id = cp_new_id(c);
	}
	c->outstanding = true;
	cp_send(c, CP_CONFIGURE_REQUEST, c->request_id, (struct view){c->request, c->request_len});
}

static void send_ack(struct cp *c, const struct cp_packet *p)
{
	struct rd options = p->data;

	c->naks = c->rejects = 0;
	c->protocol->reset_theirs(c);
	cp_accept(c, options);
	cp_send(c, CP_CONFIGURE_ACK, p->id, rd_rest(&options));
}

static void send_refusal(struct cp *c, const struct cause *why)
{
	const struct cp_packet *p = why->packet;
	bool reject = why->verdict == CP_REJECT;
	struct wr w = begin_packet(c, reject ? CP_CONFIGURE_REJECT : CP_CONFIGURE_NAK, p->id,
				   limit_data(c, rd_left(&p->data) + NAK_SPARE));

	cp_put_refusal(c, p->data, why->verdict, &w);
	end_packet(c, &w);
	if (reject)
		c->rejects++;
	else
		c->naks++;
}

/* Executes the actions that send a packet; the restart timer starts with those that want an
 * answer. */
static void send_packets(struct cp *c, unsigned actions, const struct cause *why)
{
	struct rd rejected;

	if (actions & CP_SCR)
		send_request(c, why);
	if (actions & CP_SCA)
		send_ack(c, why->packet);
	if (actions & CP_SCN)
		send_refusal(c, why);
	if (actions & CP_STR)
		cp_send(c, CP_TERMINATE_REQUEST, cp_new_id(c), (struct view){NULL, 0});
	if (actions & CP_STA)
		cp_send(c, CP_TERMINATE_ACK, why->packet->id, (struct view){NULL, 0});
	if (actions & CP_SCJ) {
		rejected = why->packet->packet;
		cp_send(c, CP_CODE_REJECT, cp_new_id(c), rd_rest(&rejected));
	}
	if (actions & CP_SER)
		c->protocol->extra(c, why->packet, why->now);
}

/* Keeps the restart timer and its counter. */
static void keep_time(struct cp *c, unsigned actions, uint64_t now)
{
	if (!cp_timed(c->state)) {
		timer_stop(&c->restart);
		return;
	}
	if (actions & (CP_SCR | CP_STR | CP_ZRC))
		timer_start(&c->restart, now, c->env->restart_ms);
	if ((actions & (CP_SCR | CP_STR)) && c->counter)
		c->counter--;
}

/* This layer is up: what went wrong on the way does not count any more. */
static void tell_up(struct cp *c)
{
	c->signals |= CP_SIG_UP;
	c->err = 0;
	c->by_peer = false;
	c->message[0] = '\0';
}

/* Runs one event through the table and executes its actions, in the table's order. */
static void run(struct cp *c, const struct cause *why)
{
	const enum cp_state old = c->state;
	const struct cp_step step = cp_transition(old, why->event);

	if (step.actions & CP_CANT) {
		trace_note(c->env->trace, c->protocol->layer, "cannot-happen", why->event);
		return;
	}
	c->state = step.next;
	if (c->state != old)
		trace_state(c->env->trace, c->protocol->layer, NULL, cp_state_name(old),
			    cp_state_name(c->state));
	if (step.actions & CP_TLD)
		c->signals = (c->signals & ~(unsigned)CP_SIG_UP) | CP_SIG_DOWN;
	if (step.actions & CP_IRC)
		c->counter = step.actions & CP_STR ? CP_MAX_TERMINATE : CP_MAX_CONFIGURE;
	if (step.actions & CP_ZRC)
		c->counter = 0;
	if ((step.actions & CP_SCR) && (old < CP_REQ_SENT || old == CP_OPENED))
		begin_negotiation(c);
	send_packets(c, step.actions, why);
	if (step.actions & CP_TLU)
		tell_up(c);
	if (step.actions & CP_TLF)
		c->signals |= CP_SIG_FINISHED;
	keep_time(c, step.actions, why->now);
}

static void run_event(struct cp *c, enum cp_event event, uint64_t now)
{
	run(c, &(struct cause){.event = event, .packet = &no_packet, .now = now});
}

static void run_packet(struct cp *c, enum cp_event event, const struct cp_packet *p, uint64_t now)
{
	run(c, &(struct cause){.event = event, .packet = p, .now = now});
}

void cp_open(struct cp *c, uint64_t now)
{
	run_event(c, CP_EV_OPEN, now);
}

void cp_close(struct cp *c, int err, uint64_t now)
{
	if (!c->err)
		c->err = err;
	run_event(c, CP_EV_CLOSE, now);
}

void cp_up(struct cp *c, uint64_t now)
{
	if (c->state < CP_CLOSED)
		run_event(c, CP_EV_UP, now);
}

void cp_down(struct cp *c, uint64_t now)
{
	if (c->state >= CP_CLOSED)
		run_event(c, CP_EV_DOWN, now);
}

static bool is_negotiating(const struct cp *c)
{
	return c->state >= CP_REQ_SENT && c->state <= CP_ACK_SENT;
}

/* No agreement is possible: closes in order. */
static void give_up(struct cp *c, int err, uint64_t now)
{
	trace_fault(c->env->trace, c->protocol->layer, err, 0);
	cp_close(c, err, now);
}

/*
 * Returns why the negotiation is not going to converge with this request, 0 when it may. A request
 * that lacks what it was told to have is judged good when it was told often enough (RFC 1661 4.6);
 * it is not, if that was vital.
 */
static int find_dead_end(const struct cp *c, const struct cp_packet *p, enum cp_verdict verdict)
{
	if (!is_negotiating(c))
		return 0;
	if (verdict != CP_ACK && c->rejects >= MAX_REFUSED)
		return SSTP_E_PPP_NO_AGREEMENT;
	return c->naks >= CP_MAX_FAILURE ? cp_vital(c, p->data) : 0;
}

static void on_request(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	struct cause why = {.packet = p, .now = now};
	int err;

	why.verdict = cp_judge(c, p->data);
	why.event = why.verdict == CP_ACK ? CP_EV_RCR_GOOD : CP_EV_RCR_BAD;
	err = find_dead_end(c, p, why.verdict);
	if (err)
		give_up(c, err, now);
	else
		run(c, &why);
}

/*
 * Returns whether p answers our outstanding request. One answer is taken only, so that the cells
 * that RFC 1661 4.1 marks as crossed connections, which take an opened link down, are not entered
 * by an answer that comes twice.
 */
static bool take_answer(struct cp *c, const struct cp_packet *p, bool matches)
{
	if (!c->outstanding || p->id != c->request_id || !matches) {
		fault(c, SSTP_E_PPP_ID, 1);
		return false;
	}
	c->outstanding = false;
	return true;
}

static void on_ack(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	struct rd options = p->data;
	struct view v = rd_rest(&options);

	/* RFC 1661 5.2: the options must be exactly those of the last request. */
	if (take_answer(c, p, v.n == c->request_len && !memcmp(v.p, c->request, v.n)))
		run_packet(c, CP_EV_RCA, p, now);
}

/* A Configure-Nak or Configure-Reject was taken: asks again, or gives up with err. */
static void ask_again(struct cp *c, const struct cp_packet *p, int err, uint64_t now)
{
	if (!err && c->refused > MAX_REFUSED)
		err = SSTP_E_PPP_NO_AGREEMENT;
	if (err)
		give_up(c, err, now);
	else
		run_packet(c, CP_EV_RCN, p, now);
}

static void on_nak(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	if (!take_answer(c, p, rd_left(&p->data) != 0))
		return;
	if (!is_negotiating(c)) {
		run_packet(c, CP_EV_RCN, p, now);
		return;
	}
	c->refused++;
	ask_again(c, p, cp_take_naks(c, p->data), now);
}

static void on_reject(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	if (!take_answer(c, p, cp_is_part(rd_init(c->request, c->request_len), p->data)))
		return;
	if (!is_negotiating(c)) {
		run_packet(c, CP_EV_RCN, p, now);
		return;
	}
	c->refused++;
	ask_again(c, p, cp_take_rejects(c, p->data), now);
}

static void on_terminate_request(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	if (is_negotiating(c) || c->state == CP_OPENED) {
		c->by_peer = true;
		c->err = SSTP_E_PPP_TERMINATED;
		cp_copy_words(c->message, sizeof(c->message), p->data);
	}
	run_packet(c, CP_EV_RTR, p, now);
}

static void on_terminate_ack(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	run_packet(c, CP_EV_RTA, p, now);
}

static void on_code_reject(struct cp *c, const struct cp_packet *p, uint64_t now)
{
	struct rd rejected = p->data;
	uint8_t code = rd_u8(&rejected);

	if (rejected.bad)
		fault(c, SSTP_E_PPP_LENGTH, 2);
	else
		cp_rejected(c, code <= CP_CODE_REJECT, now);
}

void cp_rejected(struct cp *c, bool bad, uint64_t now)
{
	if (bad && !c->err && c->state >= CP_REQ_SENT) {
		c->err = SSTP_E_PPP_REJECTED;
		c->by_peer = true;
	}
	run_event(c, bad ? CP_EV_RXJ_BAD : CP_EV_RXJ_GOOD, now);
}

/* Returns whether the packet is one of options that can not be walked: discarded (RFC 1661 6). */
static bool has_bad_options(struct cp *c, const struct cp_packet *p)
{
	size_t off;

	if (p->code < CP_CONFIGURE_REQUEST || p->code > CP_CONFIGURE_REJECT)
		return false;
	if (!cp_check_items(p->data, &off))
		return false;
	fault(c, SSTP_E_PPP_OPTION, CP_HEAD + off);
	return true;
}

void cp_input(struct cp *c, struct rd payload, uint64_t now)
{
	static void (*const on[])(struct cp *, const struct cp_packet *, uint64_t) = {
		[CP_CONFIGURE_REQUEST] = on_request,
		[CP_CONFIGURE_ACK] = on_ack,
		[CP_CONFIGURE_NAK] = on_nak,
		[CP_CONFIGURE_REJECT] = on_reject,
		[CP_TERMINATE_REQUEST] = on_terminate_request,
		[CP_TERMINATE_ACK] = on_terminate_ack,
		[CP_CODE_REJECT] = on_code_reject,
	};
	struct cp_packet p;
	int err;

	if (c->state < CP_CLOSED) {
		trace_drop(c->env->trace, c->protocol->layer, SSTP_E_NOT_READY,
			   c->protocol->number);
		return;
	}
	err = cp_parse_packet(payload, &p);
	if (err) {
		fault(c, err, 2);
		return;
	}
	if (has_bad_options(c, &p))
		return;
	if (p.code && p.code <= CP_CODE_REJECT) {
		on[p.code](c, &p, now);
	} else if (p.code < 32 && (c->protocol->extra_codes & 1u << p.code)) {
		run_packet(c, CP_EV_RXR, &p, now);
	} else {
		fault(c, SSTP_E_PPP_CODE, 0);
		run_packet(c, CP_EV_RUC, &p, now);
	}
}

uint64_t cp_deadline(const struct cp *c)
{
	return timer_at(&c->restart);
}

void cp_tick(struct cp *c, uint64_t now)
{
	if (!timer_fired(&c->restart, now))
		return;
	trace_timer(c->env->trace, c->protocol->layer, "restart");
	if (!c->counter && is_negotiating(c) && !c->err)
		c->err = SSTP_E_PPP_TIME;
	run_event(c, c->counter ? CP_EV_TIMEOUT : CP_EV_LAST_TIME, now);
}

unsigned cp_signals(struct cp *c)
{
	unsigned signals = c->signals;

	c->signals = 0;
	return signals;
}

void cp_copy_words(char *out, size_t n, struct rd words)
{
	size_t len = 0;

	while (rd_left(&words) && len + 1 < n) {
		uint8_t b = rd_u8(&words);

		if (b < 0x20) {
			/* Windows sends a binary reason in its Terminate-Request: no words. */
			len = 0;
			break;
		}
		out[len++] = b < 0x7f ? (char)b : '?';
	}
	out[len] = '\0';
}
