/* SPDX-License-Identifier: MIT */
/* The sstp.call.* fields; see call_fields.h. They stand in a tree of their own behind the unit. */
#include "analyse/call_fields.h"

#include "analyse/look.h"
#include "analyse/print_call.h"
#include "analyse/tls_suite.h"
#include "lib/ppp/cp.h"
#include "lib/sstp/machine.h"

#include <string.h>

/* Adds a field that is nowhere on the wire. */
static void generated(struct field_tree *t, uint32_t node)
{
	field_flag(t, node, FIELD_GENERATED);
}

static void add_text(struct field_tree *t, enum field_id id, const char *text)
{
	if (text && field_wanted(t, id))
		generated(t, field_add_text(t, id, text));
}

static void add_uint(struct field_tree *t, enum field_id id, uint64_t v)
{
	generated(t, field_add_uint(t, id, 0, 0, v));
}

static void add_check(struct field_tree *t, enum field_id id, enum call_check check)
{
	if (check != CHECK_UNKNOWN)
		generated(t, field_add_bool(t, id, 0, 0, check == CHECK_OK));
}

/* What is known of the call, whatever the unit. */
static void add_call(struct field_tree *t, const struct call *c)
{
	uint8_t ip[4];

	add_text(t, FIELD_SSTP_CALL_CORRELATION_ID, c->http.id);
	if (field_wanted(t, FIELD_SSTP_CALL_CLIENT))
		add_text(t, FIELD_SSTP_CALL_CLIENT, call_peer_text(&c->peer[WAY_TO_SERVER]));
	if (field_wanted(t, FIELD_SSTP_CALL_SERVER))
		add_text(t, FIELD_SSTP_CALL_SERVER, call_peer_text(&c->peer[WAY_TO_CLIENT]));
	if (c->tls.version)
		add_text(t, FIELD_SSTP_CALL_TLS, tls_version_name(c->tls.version));
	add_text(t, FIELD_SSTP_CALL_CIPHER, c->tls.suite);
	add_text(t, FIELD_SSTP_CALL_AUTH, call_auth_name(&c->auth));
	add_text(t, FIELD_SSTP_CALL_USER, c->auth.user);
	if (!field_wanted(t, FIELD_SSTP_CALL_ADDRESS))
		return;
	call_ip4(c, WAY_TO_SERVER, ip);
	if (memcmp(ip, "\0\0\0", 4) != 0)
		add_uint(t, FIELD_SSTP_CALL_ADDRESS,
			 (uint64_t)ip[0] << 24 | (unsigned)ip[1] << 16 | (unsigned)ip[2] << 8 |
				 ip[3]);
}

/* Round trips, with the packet that ends them. */
static void add_echo(struct field_tree *t, const struct call *c, const struct look *l)
{
	enum call_echo_kind kind = CALL_ECHO_SSTP;
	enum field_id id = FIELD_SSTP_CALL_ECHO_RTT;
	const struct call_echo *e;

	if (l->unit->kind == UNIT_DATA && look_protocol(l) == PPP_LCP && !l->data.cp_err &&
	    l->data.cp.code == CP_ECHO_REPLY) {
		kind = CALL_ECHO_LCP;
		id = FIELD_SSTP_CALL_LCP_ECHO_RTT;
	} else if (look_type(l) != SSTP_MSG_ECHO_RESPONSE) {
		return;
	}
	e = &c->echo[kind][way_back(l->way)];
	if (!e->answered)
		return;
	generated(t, field_add_time(t, id, (int64_t)e->last));
	add_uint(t, FIELD_SSTP_CALL_ECHO_REQUEST_IN, e->request.frame);
}

static void add_binding(struct field_tree *t, const struct call *c, const struct look *l)
{
	const struct call_binding *b = &c->binding;
	const char *text = "right";

	if (look_type(l) != SSTP_MSG_CALL_CONNECTED || !b->seen)
		return;
	if (b->hash_ok == CHECK_WRONG || b->nonce_ok == CHECK_WRONG || b->cert_ok == CHECK_WRONG ||
	    b->mac_ok == CHECK_WRONG)
		text = "wrong";
	else if (b->mac_ok == CHECK_UNKNOWN || b->cert_ok == CHECK_UNKNOWN)
		text = "not checked";
	add_text(t, FIELD_SSTP_CALL_BINDING, text);
	add_check(t, FIELD_SSTP_CALL_NONCE_OK, b->nonce_ok);
	add_check(t, FIELD_SSTP_CALL_CERT_HASH_OK, b->cert_ok);
	add_check(t, FIELD_SSTP_CALL_COMPOUNDMAC_OK, b->mac_ok);
}

static void add_findings(struct field_tree *t, const struct call *c, size_t fresh)
{
	for (size_t i = fresh; i < c->n_findings; i++) {
		const struct finding *f = &c->findings[i];
		uint32_t node = field_add_text(t, FIELD_SSTP_CALL_FINDING, f->rule->id);

		generated(t, node);
		field_label(t, node, "Finding: %s (%s, %s): %s", f->rule->id,
			    rule_level_name(f->rule->level), f->rule->section,
			    f->text ? f->text : "");
		add_uint(t, FIELD_SSTP_CALL_SEVERITY, f->severity);
	}
}

/* Opens the tree. */
static void open_tree(struct field_tree *t, const struct call *c)
{
	uint32_t node = field_add_none(t, FIELD_TEXT, 0, 0);

	generated(t, node);
	field_label(t, node, "SSTP call %u", c->number);
	field_open(t, node);
	add_uint(t, FIELD_SSTP_CALL_NUMBER, c->number);
}

void call_fields_add(struct field_tree *t, const struct call *c, const struct unit *u, size_t fresh)
{
	struct look l;

	if (!c->number || (u->kind != UNIT_HTTP && u->kind != UNIT_CONTROL &&
			   u->kind != UNIT_DATA && u->kind != UNIT_BAD))
		return;
	look_at(u, &l);
	open_tree(t, c);
	add_text(t, FIELD_SSTP_CALL_ROLE, call_who(u->way));
	add_text(t, FIELD_SSTP_CALL_STATE, sstp_state_name(c->machine.side[u->way].state));
	add_text(t, FIELD_SSTP_CALL_PEER_STATE,
		 sstp_state_name(c->machine.side[way_back(u->way)].state));
	add_call(t, c);
	add_uint(t, FIELD_SSTP_CALL_PACKET, c->traffic[0].packets + c->traffic[1].packets);
	generated(t, field_add_time(t, FIELD_SSTP_CALL_TIME, (int64_t)call_since(c, u->last.ns)));
	add_echo(t, c, &l);
	add_binding(t, c, &l);
	add_findings(t, c, fresh);
	field_close(t);
}

void call_fields_verdict(struct field_tree *t, const struct call *c)
{
	if (!c->number)
		return;
	open_tree(t, c);
	add_text(t, FIELD_SSTP_CALL_VERDICT, c->verdict);
	field_close(t);
}
