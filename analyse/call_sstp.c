/* SPDX-License-Identifier: MIT */
/* Follows SSTP's control messages (MS-SSTP 2.2.9 to 2.2.15). */
#include "analyse/call_follow.h"

#include "lib/base/text.h"
#include "sstp/error.h"

/* Reads the first Status Info; false when there is none of use. */
static bool read_status(const struct look *l, struct sstp_status_info *out)
{
	const struct look_attr *a = look_find(l, SSTP_ATTRIB_STATUS_INFO);

	return a && !sstp_parse_status(a->attr.value, out);
}

static void on_request(struct call *c, const struct look *l)
{
	const struct look_attr *a = look_find(l, SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID);

	call_begin(c, CALL_SSTP, l->unit->first);
	if (a)
		sstp_parse_protocol(a->attr.value, &c->end.asked_protocol);
}

static void on_ack(struct call *c, const struct look *l)
{
	call_done(c, CALL_SSTP, l->unit->last);
}

static void on_nak(struct call *c, const struct look *l)
{
	struct sstp_status_info info;

	if (c->end.naks++ == 0 && read_status(l, &info)) {
		c->end.nak_attrib = info.attrib;
		c->end.nak_status = info.status;
		c->end.nak_at = l->unit->last;
	}
}

static void on_connected(struct call *c, const struct look *l)
{
	call_done(c, CALL_BINDING, l->unit->last);
}

static void on_abort(struct call *c, const struct look *l)
{
	struct sstp_status_info info;

	call_ends(c, l->way, l->unit->last);
	if (c->end.aborted[l->way])
		return;
	c->end.aborted[l->way] = true;
	c->end.abort_at[l->way] = l->unit->last;
	if (read_status(l, &info)) {
		c->end.abort_has_status[l->way] = true;
		c->end.abort_attrib[l->way] = info.attrib;
		c->end.abort_status[l->way] = info.status;
	}
}

static void on_disconnect(struct call *c, const struct look *l)
{
	call_ends(c, l->way, l->unit->last);
	if (c->end.disconnected[l->way])
		return;
	c->end.disconnected[l->way] = true;
	c->end.disconnect_at[l->way] = l->unit->last;
}

static void on_disconnect_ack(struct call *c, const struct look *l)
{
	c->end.disconnect_acked[l->way] = true;
}

void call_echo_asked(struct call_echo *e, struct origin at)
{
	e->asked++;
	if (e->waiting.frame)
		e->unanswered++;
	e->waiting = at;
	/* Where segments are missing, one direction is late: the answer may have been seen before.
	 */
	if (e->early.frame > at.frame)
		call_echo_answered(e, e->early);
	e->early = (struct origin){0, 0};
}

void call_echo_answered(struct call_echo *e, struct origin at)
{
	uint64_t ns = at.ns > e->waiting.ns ? at.ns - e->waiting.ns : 0;

	if (!e->waiting.frame) {
		e->early = at;
		return;
	}
	if (!e->answered || ns < e->least)
		e->least = ns;
	if (ns > e->most)
		e->most = ns;
	e->sum += ns;
	e->last = ns;
	e->answered++;
	e->request = e->waiting;
	e->waiting = (struct origin){0, 0};
}

static void on_echo_request(struct call *c, const struct look *l)
{
	call_echo_asked(&c->echo[CALL_ECHO_SSTP][l->way], l->unit->last);
}

static void on_echo_response(struct call *c, const struct look *l)
{
	call_echo_answered(&c->echo[CALL_ECHO_SSTP][way_back(l->way)], l->unit->last);
}

/* Adds a message to the ladder: its name, and what matters of its attributes. */
static void step_message(struct call *c, const struct look *l, unsigned type)
{
	const struct look_attr *req = look_find(l, SSTP_ATTRIB_CRYPTO_BINDING_REQ);
	const struct look_attr *bound = look_find(l, SSTP_ATTRIB_CRYPTO_BINDING);
	struct sstp_status_info info;
	struct sstp_binding_req r;
	struct sstp_binding b;
	char room[160];
	struct text t = text_init(room, sizeof(room));

	text_str(&t, sstp_msg_name(type));
	if (type >= SSTP_MSGS) {
		text_char(&t, ' ');
		text_dec(&t, type);
	}
	if (read_status(l, &info)) {
		text_char(&t, ' ');
		text_str(&t, sstp_attrib_name(info.attrib));
		text_char(&t, ' ');
		text_str(&t, sstp_status_name(info.status));
	}
	if (req && !sstp_parse_binding_req(req->attr.value, &r)) {
		text_str(&t, r.hashes & SSTP_HASH_SHA1 ? " sha1" : "");
		text_str(&t, r.hashes & SSTP_HASH_SHA256 ? " sha256" : "");
	}
	if (bound && !sstp_parse_binding(bound->attr.value, &b))
		text_str(&t, b.hash == SSTP_HASH_SHA1     ? " sha1"
			     : b.hash == SSTP_HASH_SHA256 ? " sha256"
							  : "");
	call_step(c, STEP_SSTP, l->way, l->unit->last, room);
}

void call_on_control(struct call *c, const struct look *l)
{
	static void (*const takes[SSTP_MSGS])(struct call *, const struct look *) = {
		[SSTP_MSG_CALL_CONNECT_REQUEST] = on_request,
		[SSTP_MSG_CALL_CONNECT_ACK] = on_ack,
		[SSTP_MSG_CALL_CONNECT_NAK] = on_nak,
		[SSTP_MSG_CALL_CONNECTED] = on_connected,
		[SSTP_MSG_CALL_ABORT] = on_abort,
		[SSTP_MSG_CALL_DISCONNECT] = on_disconnect,
		[SSTP_MSG_CALL_DISCONNECT_ACK] = on_disconnect_ack,
		[SSTP_MSG_ECHO_REQUEST] = on_echo_request,
		[SSTP_MSG_ECHO_RESPONSE] = on_echo_response,
	};
	unsigned type = look_type(l);

	if (l->control.err) {
		call_step(c, STEP_SSTP, l->way, l->unit->last, "control packet, too short");
		return;
	}
	step_message(c, l, type);
	if (type < SSTP_MSGS && takes[type])
		takes[type](c, l);
}
