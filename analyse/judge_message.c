/* SPDX-License-Identifier: MIT */
/* Rules about each message (MS-SSTP 2.2.9, 2.2.12 to 2.2.15, 4.7). */
#include "analyse/judge_rules.h"

#include "sstp/error.h"

#define STATUS_HEAD 12
#define BIT(status) (1u << (status))
#define NAK_STATUSES                                                                               \
	(BIT(SSTP_STATUS_DUPLICATE_ATTRIBUTE) | BIT(SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE) |          \
	 BIT(SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH) | BIT(SSTP_STATUS_VALUE_NOT_SUPPORTED) |     \
	 BIT(SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING) |                                             \
	 BIT(SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG))
#define ABORT_STATUSES                                                                             \
	(BIT(SSTP_STATUS_VALUE_NOT_SUPPORTED) | BIT(SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED) |       \
	 BIT(SSTP_STATUS_RETRY_COUNT_EXCEEDED) | BIT(SSTP_STATUS_INVALID_FRAME_RECEIVED) |         \
	 BIT(SSTP_STATUS_NEGOTIATION_TIMEOUT) | BIT(SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG))

/* Returns how many octets at the start of an attribute's value are reserved. */
static size_t reserved1(unsigned id)
{
	return id == SSTP_ATTRIB_STATUS_INFO || id == SSTP_ATTRIB_CRYPTO_BINDING ||
			       id == SSTP_ATTRIB_CRYPTO_BINDING_REQ
		       ? 3
		       : 0;
}

bool find_reserved(struct judge *j)
{
	const struct look *l = j->look;

	if (l->reserved || l->r)
		return say(j, "reserved bits in the header of %s are not 0", message_name(j));
	for (unsigned i = 0; i < l->control.n; i++) {
		const struct look_attr *a = &l->control.attr[i];
		size_t n = reserved1(a->attr.id);

		if (a->reserved || a->r)
			return say(j, "reserved bits in the header of %s in %s are not 0",
				   sstp_attrib_name(a->attr.id), message_name(j));
		if (rd_left(&a->attr.value) >= n && !look_zero(a->attr.value, 0, n))
			return say(j, "Reserved1 of %s in %s is not 0",
				   sstp_attrib_name(a->attr.id), message_name(j));
	}
	return false;
}

/* Returns the first attribute that is no Status Info; NULL when there is none. */
static const struct look_attr *find_other(const struct look *l)
{
	for (unsigned i = 0; i < l->control.n; i++)
		if (l->control.attr[i].attr.id != SSTP_ATTRIB_STATUS_INFO)
			return &l->control.attr[i];
	return NULL;
}

/* Asks about each Status Info that can be read. */
static bool any_status(struct judge *j, bool (*check)(struct judge *, const struct look_attr *,
						      const struct sstp_status_info *))
{
	struct sstp_status_info info;

	for (unsigned i = 0; i < j->look->control.n; i++) {
		const struct look_attr *a = &j->look->control.attr[i];

		if (a->attr.id == SSTP_ATTRIB_STATUS_INFO &&
		    !sstp_parse_status(a->attr.value, &info) && check(j, a, &info))
			return true;
	}
	return false;
}

/* --- CALL_CONNECT_REQUEST --- */

static const uint8_t request_due[] = {0x10, 0x01, 0x00, 0x0e, 0x00, 0x01, 0x00,
				      0x01, 0x00, 0x01, 0x00, 0x06, 0x00, 0x01};

/* S-2.2.9-01, S-4.7-01 */
static bool check_request_form(struct judge *j)
{
	int at = first_difference(j->look, request_due, sizeof(request_due));

	return at >= 0 && say(j,
			      "CALL_CONNECT_REQUEST is not the 14 bytes that it must be: it "
			      "differs at octet %d",
			      at);
}

/* S-2.2.9-02 */
static bool check_request_first(struct judge *j)
{
	return j->way == WAY_TO_SERVER && !j->seen->client_spoke && !j->call->middle &&
	       !j->seen->torn && look_type(j->look) != SSTP_MSG_CALL_CONNECT_REQUEST &&
	       say(j, "the client's first packet is no CALL_CONNECT_REQUEST");
}

/* S-2.2.9-05 */
static bool check_request_count(struct judge *j)
{
	return j->look->control.c.count != 1 &&
	       say(j, "Num Attributes of CALL_CONNECT_REQUEST is %u, not 1",
		   j->look->control.c.count);
}

/* --- CALL_CONNECT_NAK --- */

/* S-2.2.12-01 */
static bool check_nak_form(struct judge *j)
{
	const struct look_control *k = &j->look->control;

	return (k->attr_err || k->left || (k->n < k->c.count && k->c.count <= LOOK_ATTRS)) &&
	       say(j, "CALL_CONNECT_NAK is not %u whole attributes", k->c.count);
}

/* S-2.2.12-02 */
static bool check_nak_status(struct judge *j)
{
	return !look_find(j->look, SSTP_ATTRIB_STATUS_INFO) &&
	       say(j, "CALL_CONNECT_NAK has no STATUS_INFO");
}

/* S-2.2.12-03, S-2.2.13-03, S-2.2.14-03 */
static bool check_other(struct judge *j)
{
	const struct look_attr *a = find_other(j->look);

	return a && say(j, "%s holds %s (0x%02x)", message_name(j), sstp_attrib_name(a->attr.id),
			a->attr.id);
}

/* S-2.2.12-06 */
static bool is_nak_attrib_wrong(struct judge *j, const struct look_attr *a,
				const struct sstp_status_info *info)
{
	(void)a;
	return (!info->attrib || info->attrib >= SSTP_ATTRIBS) &&
	       info->status != SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE && /* */
	       say(j, "AttribID 0x%02x in CALL_CONNECT_NAK is none of 0x01 to 0x04", info->attrib);
}

static bool check_nak_attrib(struct judge *j)
{
	return any_status(j, is_nak_attrib_wrong);
}

/* S-2.2.12-07 */
static bool is_nak_status_wrong(struct judge *j, const struct look_attr *a,
				const struct sstp_status_info *info)
{
	(void)a;
	return (info->status >= SSTP_STATUSES || !(NAK_STATUSES & BIT(info->status))) &&
	       say(j, "%s (0x%x) is no status for a CALL_CONNECT_NAK",
		   sstp_status_name(info->status), info->status);
}

static bool check_nak_statuses(struct judge *j)
{
	return any_status(j, is_nak_status_wrong);
}

/* S-2.2.12-08 */
static bool is_value_too_long(struct judge *j, const struct look_attr *a,
			      const struct sstp_status_info *info)
{
	(void)a;
	return info->value.n > SSTP_VALUE_MAX &&
	       say(j, "AttribValue in CALL_CONNECT_NAK has %zu octets, more than 64",
		   info->value.n);
}

static bool check_nak_value(struct judge *j)
{
	return any_status(j, is_value_too_long);
}

/* S-2.2.12-09 */
static bool is_value_misplaced(struct judge *j, const struct look_attr *a,
			       const struct sstp_status_info *info)
{
	(void)a;
	return info->value.n &&
	       (info->status == SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING ||
		info->status == SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE) &&
	       say(j, "CALL_CONNECT_NAK sends a value back for %s", sstp_status_name(info->status));
}

static bool check_nak_no_value(struct judge *j)
{
	return any_status(j, is_value_misplaced);
}

/* --- CALL_ABORT and CALL_DISCONNECT --- */

/* S-2.2.13-01, S-2.2.14-01: 20 bytes with a Status Info, 8 without */
static bool check_end_form(struct judge *j)
{
	const struct look_control *k = &j->look->control;
	size_t n = j->look->unit->bytes.n;

	if (k->attr_err)
		return say(j, "the attribute of %s does not fit", message_name(j));
	return n != MESSAGE_HEAD && n != MESSAGE_HEAD + STATUS_HEAD &&
	       say(j, "%s has %zu bytes: neither 20 nor 8", message_name(j), n);
}

/* S-2.2.13-02, S-2.2.14-02 */
static bool check_has_status(struct judge *j)
{
	return !j->look->control.c.count && say(j, "%s says no status", message_name(j));
}

/* S-2.2.13-06, S-2.2.14-06 */
static bool check_end_count(struct judge *j)
{
	const struct look_control *k = &j->look->control;
	unsigned due = rd_left(&k->c.attrs) ? 1 : 0;

	return k->c.count != due &&
	       say(j, "Num Attributes of %s is %u, not %u", message_name(j), k->c.count, due);
}

/* S-2.2.13-07 */
static bool check_abort_id(struct judge *j)
{
	const struct look_control *k = &j->look->control;

	return k->n && k->attr[0].attr.id != SSTP_ATTRIB_STATUS_INFO &&
	       say(j, "the attribute of CALL_ABORT is 0x%02x, not 0x02", k->attr[0].attr.id);
}

/* S-2.2.13-08 */
static bool is_abort_attrib_wrong(struct judge *j, const struct look_attr *a,
				  const struct sstp_status_info *info)
{
	(void)a;
	return (!info->attrib || info->attrib >= SSTP_ATTRIBS) &&
	       say(j, "AttribID 0x%02x in CALL_ABORT is none of 0x01 to 0x04", info->attrib);
}

static bool check_abort_attrib(struct judge *j)
{
	return any_status(j, is_abort_attrib_wrong);
}

/* S-2.2.13-09 */
static bool is_abort_status_wrong(struct judge *j, const struct look_attr *a,
				  const struct sstp_status_info *info)
{
	(void)a;
	return (info->status >= SSTP_STATUSES || !(ABORT_STATUSES & BIT(info->status))) &&
	       say(j, "%s (0x%x) is no status for a CALL_ABORT", sstp_status_name(info->status),
		   info->status);
}

static bool check_abort_status(struct judge *j)
{
	return any_status(j, is_abort_status_wrong);
}

/* S-2.2.14-07 */
static bool is_disconnect_wrong(struct judge *j, const struct look_attr *a,
				const struct sstp_status_info *info)
{
	(void)a;
	return (info->attrib || info->status) &&
	       say(j, "CALL_DISCONNECT says AttribID 0x%02x, Status 0x%x; both must be 0",
		   info->attrib, info->status);
}

static bool check_disconnect_status(struct judge *j)
{
	const struct look_control *k = &j->look->control;

	if (k->n && k->attr[0].attr.id != SSTP_ATTRIB_STATUS_INFO)
		return say(j, "the attribute of CALL_DISCONNECT is 0x%02x, not 0x02",
			   k->attr[0].attr.id);
	return any_status(j, is_disconnect_wrong);
}

/* --- messages without attributes --- */

/* S-2.2.15-01 */
static bool check_plain_form(struct judge *j)
{
	const struct look *l = j->look;

	return (l->unit->bytes.n != MESSAGE_HEAD || l->control.c.count) &&
	       say(j, "%s has %zu bytes and %u attributes; it must have 8 and none",
		   message_name(j), l->unit->bytes.n, l->control.c.count);
}

/* S-2.2.15-02 and its like */
static bool check_reserved(struct judge *j)
{
	return find_reserved(j);
}

/* S-2.2.15-04 */
static bool check_answer(struct judge *j)
{
	unsigned type = look_type(j->look);
	enum way back = way_back(j->way);

	if (j->call->middle || j->seen->torn)
		return false;
	if (type == SSTP_MSG_ECHO_RESPONSE && !j->seen->echoes[back])
		return say(j, "ECHO_RESPONSE that no ECHO_REQUEST has asked for");
	if (type == SSTP_MSG_ECHO_REQUEST && j->seen->echoes[j->way]) {
		j->way = back;
		return say(j, "the %s did not answer an ECHO_REQUEST", call_who(back));
	}
	return type == SSTP_MSG_CALL_DISCONNECT_ACK && !j->seen->disconnects[back] &&
	       say(j, "CALL_DISCONNECT_ACK without a CALL_DISCONNECT");
}

/* S-2.2.15-04 again: who is gone already cannot answer, so this harms nobody */
static bool check_goodbye(struct judge *j)
{
	enum way asked = j->seen->disconnects[0] ? WAY_TO_SERVER : WAY_TO_CLIENT;
	const struct call_end *e = &j->call->end;

	if (!j->seen->disconnects[asked] || j->seen->torn || e->how == FLOW_END_CAPTURE ||
	    e->disconnected[way_back(asked)])
		return false;
	j->way = way_back(asked);
	return say(j, "the %s did not answer CALL_DISCONNECT", call_who(j->way));
}

/* clang-format off */
static const struct rule rows[] = {
	{"S-2.2.9-01",  "2.2.9",  MUST,   WHEN_CALL_REQUEST,    check_request_form},
	{"S-2.2.9-02",  "2.2.9",  MUST,   WHEN_PACKET | RULE_OF_ORDER,          check_request_first},
	{"S-2.2.9-03",  "2.2.9",  MUST,   WHEN_CALL_REQUEST,    check_reserved},
	{"S-2.2.9-05",  "2.2.9",  MUST,   WHEN_CALL_REQUEST,    check_request_count},
	{"S-2.2.12-01", "2.2.12", MUST,   WHEN_CALL_NAK,        check_nak_form},
	{"S-2.2.12-02", "2.2.12", MUST,   WHEN_CALL_NAK,        check_nak_status},
	{"S-2.2.12-03", "2.2.12", MUST,   WHEN_CALL_NAK,        check_other},
	{"S-2.2.12-04", "2.2.12", MUST,   WHEN_CALL_NAK,        check_reserved},
	{"S-2.2.12-06", "2.2.12", MUST,   WHEN_CALL_NAK,        check_nak_attrib},
	{"S-2.2.12-07", "2.2.12", MUST,   WHEN_CALL_NAK,        check_nak_statuses},
	{"S-2.2.12-08", "2.2.12", MUST,   WHEN_CALL_NAK,        check_nak_value},
	{"S-2.2.12-09", "2.2.12", MUST,   WHEN_CALL_NAK,        check_nak_no_value},
	{"S-2.2.13-01", "2.2.13", MUST,   WHEN_CALL_ABORT,      check_end_form},
	{"S-2.2.13-02", "2.2.13", SHOULD, WHEN_CALL_ABORT,      check_has_status},
	{"S-2.2.13-03", "2.2.13", MUST,   WHEN_CALL_ABORT,      check_other},
	{"S-2.2.13-04", "2.2.13", MUST,   WHEN_CALL_ABORT,      check_reserved},
	{"S-2.2.13-06", "2.2.13", MUST,   WHEN_CALL_ABORT,      check_end_count},
	{"S-2.2.13-07", "2.2.13", MUST,   WHEN_CALL_ABORT,      check_abort_id},
	/* the specification contradicts itself there; peers ignore the values */
	{"S-2.2.13-08", "2.2.13", LEVEL_MUST, SEVERITY_WARNING, WHEN_CALL_ABORT, check_abort_attrib},
	{"S-2.2.13-09", "2.2.13", LEVEL_MUST, SEVERITY_WARNING, WHEN_CALL_ABORT, check_abort_status},
	{"S-2.2.14-01", "2.2.14", MUST,   WHEN_CALL_DISCONNECT, check_end_form},
	{"S-2.2.14-02", "2.2.14", SHOULD, WHEN_CALL_DISCONNECT, check_has_status},
	{"S-2.2.14-03", "2.2.14", MUST,   WHEN_CALL_DISCONNECT, check_other},
	{"S-2.2.14-04", "2.2.14", MUST,   WHEN_CALL_DISCONNECT, check_reserved},
	{"S-2.2.14-06", "2.2.14", MUST,   WHEN_CALL_DISCONNECT, check_end_count},
	{"S-2.2.14-07", "2.2.14", MUST,   WHEN_CALL_DISCONNECT, check_disconnect_status},
	{"S-2.2.15-01", "2.2.15", MUST,   WHEN_PLAIN,           check_plain_form},
	{"S-2.2.15-02", "2.2.15", MUST,   WHEN_PLAIN,           check_reserved},
	{"S-2.2.15-04", "2.2.15", MUST,   WHEN_PLAIN | RULE_OF_ORDER,           check_answer},
	{"S-2.2.15-04", "2.2.15", LEVEL_MUST, SEVERITY_NOTE, WHEN_END | RULE_OF_ORDER, check_goodbye},
	{"S-4.7-01",    "4.7",    INFO,   WHEN_CALL_REQUEST,    check_request_form},
};
/* clang-format on */

const struct rules message_rules = RULES(rows);
