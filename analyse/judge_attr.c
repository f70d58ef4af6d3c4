/* SPDX-License-Identifier: MIT */
/* Rules about attributes in any message (MS-SSTP 2.2.4, 2.2.5, 2.2.8). */
#include "analyse/judge_rules.h"

#include "sstp/error.h"

#define STATUS_HEAD 12 /* octets of a Status Info without AttribValue, its header included */
#define NAME_OF(a)  sstp_attrib_name((a)->attr.id)

/* Asks about each attribute of the message. */
static bool any_attr(struct judge *j, bool (*check)(struct judge *, const struct look_attr *))
{
	for (unsigned i = 0; i < j->look->control.n; i++)
		if (check(j, &j->look->control.attr[i]))
			return true;
	return false;
}

/* S-2.2.4-01 */
static bool check_layout(struct judge *j)
{
	const struct look_control *k = &j->look->control;

	return k->attr_err && say(j, "an attribute at octet %u of %s has a length of %u, which %s",
				  k->attr[k->n].at, message_name(j), k->attr[k->n].attr.length,
				  k->attr[k->n].attr.length < 4 ? "is below its header's"
								: "runs past the packet");
}

/* S-2.2.4-02 */
static bool is_reserved_set(struct judge *j, const struct look_attr *a)
{
	return a->reserved && say(j, "the reserved octet of %s in %s is 0x%02x, not 0", NAME_OF(a),
				  message_name(j), a->reserved);
}

static bool check_reserved(struct judge *j)
{
	return any_attr(j, is_reserved_set);
}

/* S-2.2.4-04 */
static bool is_unknown(struct judge *j, const struct look_attr *a)
{
	return (!a->attr.id || a->attr.id >= SSTP_ATTRIBS) &&
	       say(j, "attribute 0x%02x in %s is none of 0x01 to 0x04", a->attr.id,
		   message_name(j));
}

static bool check_id(struct judge *j)
{
	return any_attr(j, is_unknown);
}

/* S-2.2.4-05 */
static bool is_r_set(struct judge *j, const struct look_attr *a)
{
	return a->r && say(j, "the four bits R of %s in %s are 0x%x, not 0", NAME_OF(a),
			   message_name(j), a->r);
}

static bool check_r(struct judge *j)
{
	return any_attr(j, is_r_set);
}

/* Returns how long the attribute has to be; 0: any length will do. */
static unsigned due_length(unsigned id)
{
	static const uint8_t due[SSTP_ATTRIBS] = {
		[SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID] = 6,
		[SSTP_ATTRIB_CRYPTO_BINDING] = 104,
		[SSTP_ATTRIB_CRYPTO_BINDING_REQ] = 40,
	};

	return id < SSTP_ATTRIBS ? due[id] : 0;
}

/* S-2.2.4-07 */
static bool is_wrong_length(struct judge *j, const struct look_attr *a)
{
	unsigned due = due_length(a->attr.id);

	if (a->attr.id == SSTP_ATTRIB_STATUS_INFO && a->attr.length < STATUS_HEAD)
		due = STATUS_HEAD;
	return due && a->attr.length != due &&
	       say(j, "%s in %s says a length of %u, not %u", NAME_OF(a), message_name(j),
		   a->attr.length, due);
}

static bool check_length(struct judge *j)
{
	return check_layout(j) || any_attr(j, is_wrong_length);
}

/* S-2.2.5-01 */
static bool is_protocol_malformed(struct judge *j, const struct look_attr *a)
{
	return a->attr.id == SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID && is_wrong_length(j, a);
}

static bool check_protocol_form(struct judge *j)
{
	return any_attr(j, is_protocol_malformed);
}

/* S-2.2.5-02 */
static bool is_protocol_reserved(struct judge *j, const struct look_attr *a)
{
	return a->attr.id == SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID &&
	       (is_reserved_set(j, a) || is_r_set(j, a));
}

static bool check_protocol_reserved(struct judge *j)
{
	return any_attr(j, is_protocol_reserved);
}

/* S-2.2.5-04 */
static bool is_not_ppp(struct judge *j, const struct look_attr *a)
{
	uint16_t protocol;

	return a->attr.id == SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID &&
	       !sstp_parse_protocol(a->attr.value, &protocol) && protocol != 1 &&
	       say(j, "the client asks for protocol 0x%04x; there is only 0x0001, PPP", protocol);
}

static bool check_protocol(struct judge *j)
{
	return any_attr(j, is_not_ppp);
}

/* --- Status Info --- */

static bool is_status(const struct look_attr *a)
{
	return a->attr.id == SSTP_ATTRIB_STATUS_INFO;
}

/* S-2.2.8-01 */
static bool is_status_malformed(struct judge *j, const struct look_attr *a)
{
	return is_status(a) &&
	       (a->attr.length < STATUS_HEAD || a->attr.length > STATUS_HEAD + SSTP_VALUE_MAX) &&
	       say(j, "STATUS_INFO in %s says a length of %u, not one of 12 to 76", message_name(j),
		   a->attr.length);
}

static bool check_status_form(struct judge *j)
{
	return any_attr(j, is_status_malformed);
}

/* S-2.2.8-02 */
static bool is_status_reserved(struct judge *j, const struct look_attr *a)
{
	if (!is_status(a))
		return false;
	if (is_reserved_set(j, a) || is_r_set(j, a))
		return true;
	return rd_left(&a->attr.value) >= 3 && !look_zero(a->attr.value, 0, 3) &&
	       say(j, "Reserved1 of STATUS_INFO in %s is not 0", message_name(j));
}

static bool check_status_reserved(struct judge *j)
{
	return any_attr(j, is_status_reserved);
}

/* S-2.2.8-04 */
static bool check_one_each(struct judge *j)
{
	unsigned n = 0;

	for (unsigned i = 0; i < j->look->control.n; i++)
		n += is_status(&j->look->control.attr[i]);
	return n && n < j->seen->refusals &&
	       say(j, "CALL_CONNECT_NAK has %u STATUS_INFO for %u attributes at fault", n,
		   j->seen->refusals);
}

/* S-2.2.8-05 */
static bool is_attrib_wrong(struct judge *j, const struct look_attr *a)
{
	struct sstp_status_info info;

	/* a NAK echoes the id that it does not know */
	return is_status(a) && !sstp_parse_status(a->attr.value, &info) &&
	       info.attrib >= SSTP_ATTRIBS && info.status != SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE &&
	       say(j, "AttribID 0x%02x in %s is none of 0x00 to 0x04", info.attrib,
		   message_name(j));
}

static bool check_status_attrib(struct judge *j)
{
	return any_attr(j, is_attrib_wrong);
}

/* S-2.2.8-06 */
static bool is_status_wrong(struct judge *j, const struct look_attr *a)
{
	struct sstp_status_info info;

	return is_status(a) && !sstp_parse_status(a->attr.value, &info) &&
	       info.status >= SSTP_STATUSES &&
	       say(j, "Status 0x%08x in %s is none of 0 to 0x0b", info.status, message_name(j));
}

static bool check_status(struct judge *j)
{
	return any_attr(j, is_status_wrong);
}

/* S-2.2.8-07 */
static bool is_not_no_error(struct judge *j, const struct look_attr *a)
{
	struct sstp_status_info info;

	return is_status(a) && !sstp_parse_status(a->attr.value, &info) && info.status &&
	       say(j, "CALL_DISCONNECT says %s (0x%x), though a disconnect has no error to report",
		   sstp_status_name(info.status), info.status);
}

static bool check_no_error(struct judge *j)
{
	return any_attr(j, is_not_no_error);
}

/* S-2.2.8-19 */
static bool check_has_protocol(struct judge *j)
{
	return !look_find(j->look, SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID) &&
	       say(j, "CALL_CONNECT_REQUEST lacks the Encapsulated Protocol ID");
}

/* S-2.2.8-24 */
static bool has_value(struct judge *j, const struct look_attr *a)
{
	return is_status(a) && a->attr.length > STATUS_HEAD &&
	       say(j,
		   "STATUS_INFO in %s has an AttribValue of %u octets, which only a NAK may have",
		   message_name(j), a->attr.length - STATUS_HEAD);
}

static bool check_no_value(struct judge *j)
{
	return any_attr(j, has_value);
}

/* clang-format off */
static const struct rule rows[] = {
	{"S-2.2.4-01", "2.2.4", MUST,   WHEN_CONTROL,      check_layout},
	{"S-2.2.4-02", "2.2.4", MUST,   WHEN_CONTROL,      check_reserved},
	{"S-2.2.4-04", "2.2.4", MUST,   WHEN_CONTROL,      check_id},
	{"S-2.2.4-05", "2.2.4", MUST,   WHEN_CONTROL,      check_r},
	{"S-2.2.4-07", "2.2.4", MUST,   WHEN_CONTROL,      check_length},
	{"S-2.2.5-01", "2.2.5", MUST,   WHEN_CONTROL,      check_protocol_form},
	{"S-2.2.5-02", "2.2.5", MUST,   WHEN_CONTROL,      check_protocol_reserved},
	{"S-2.2.5-04", "2.2.5", MUST,   WHEN_CONTROL,      check_protocol},
	{"S-2.2.8-01", "2.2.8", MUST,   WHEN_CONTROL,      check_status_form},
	{"S-2.2.8-02", "2.2.8", MUST,   WHEN_CONTROL,      check_status_reserved},
	{"S-2.2.8-04", "2.2.8", MUST,   WHEN_CALL_NAK,     check_one_each},
	{"S-2.2.8-05", "2.2.8", MUST,   WHEN_CONTROL,      check_status_attrib},
	{"S-2.2.8-06", "2.2.8", MUST,   WHEN_CONTROL,      check_status},
	{"S-2.2.8-07", "2.2.8", SHOULD, WHEN_CALL_DISCONNECT, check_no_error},
	{"S-2.2.8-19", "2.2.8", MUST,   WHEN_CALL_REQUEST, check_has_protocol},
	{"S-2.2.8-24", "2.2.8", MUST,   WHEN_CALL_ABORT | WHEN_CALL_DISCONNECT, check_no_value},
};
/* clang-format on */

const struct rules attr_rules = RULES(rows);
