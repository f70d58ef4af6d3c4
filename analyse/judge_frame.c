/* SPDX-License-Identifier: MIT */
/* Rules about packets as such (MS-SSTP 1.3, 1.8, 2.2.1, 2.2.2, 2.2.3). */
#include "analyse/judge_rules.h"

#include "sstp/error.h"

#define FLAG   0x7e /* HDLC's, and its escape (RFC 1662): neither is used in SSTP */
#define ESCAPE 0x7d

static bool is_version_fault(const struct judge *j)
{
	return j->look->unit->kind == UNIT_BAD && j->look->unit->err == SSTP_E_VERSION;
}

static uint8_t bad_octet(const struct judge *j, size_t at)
{
	const struct unit *u = j->look->unit;

	return look_octet(rd_init(u->bytes.p, u->bytes.n), at);
}

/* S-2.2.1-02, S-3.2.1-01, S-3.3.1-02 */
static bool check_version(struct judge *j)
{
	return is_version_fault(j) && say(j, "the %s sent a packet of version 0x%02x, not 0x10",
					  call_who(j->way), bad_octet(j, 0));
}

static bool check_client_version(struct judge *j)
{
	return j->way == WAY_TO_SERVER && check_version(j);
}

static bool check_server_version(struct judge *j)
{
	return j->way == WAY_TO_CLIENT && check_version(j);
}

/* S-2.2.1-01 */
static bool check_header(struct judge *j)
{
	const struct look *l = j->look;

	if (l->unit->kind == UNIT_BAD)
		return l->unit->err != SSTP_E_HTTP_TOO_LARGE &&
		       say(j, "%zu bytes of the %s can begin no packet: %s", l->unit->bytes.n,
			   call_who(j->way), sstp_err_text(l->unit->err));
	return (l->reserved || l->r) && say(j, "octets 1 and 2 of the header are 0x%02x and 0x%02x",
					    l->unit->bytes.p[1], l->unit->bytes.p[2]);
}

/* S-2.2.1-04 */
static bool check_reserved(struct judge *j)
{
	return j->look->reserved &&
	       say(j, "the seven reserved bits beside C are 0x%02x, not 0", j->look->reserved);
}

/* S-2.2.1-07 */
static bool check_r(struct judge *j)
{
	return j->look->r &&
	       say(j, "the four bits R in front of the length are 0x%x, not 0", j->look->r);
}

/* Returns whether the bytes behind a header look like a control message. */
static bool looks_like_control(struct rd body)
{
	struct sstp_control c;
	struct sstp_attr a;

	if (sstp_parse_control(body, &c) || !c.type || c.type >= SSTP_MSGS)
		return false;
	for (unsigned i = 0; i < c.count; i++)
		if (sstp_next_attr(&c.attrs, &a))
			return false;
	return rd_left(&c.attrs) == 0;
}

/* Returns whether they look like a PPP frame. */
static bool looks_like_ppp(struct rd body)
{
	struct ppp_frame f;

	return !ppp_parse_frame(body, &f) && f.address && ppp_protocol_name(f.protocol);
}

/* S-2.2.1-06 */
static bool check_c(struct judge *j)
{
	const struct look *l = j->look;

	if (l->unit->kind == UNIT_DATA)
		return looks_like_control(l->body) &&
		       say(j, "C is 0, but the packet holds a control message of type %u",
			   look_octet(l->body, 1));
	return looks_like_ppp(l->body) && say(j, "C is 1, but the packet holds a PPP frame");
}

/* S-2.2.2-02 */
static bool check_control_c(struct judge *j)
{
	return j->look->unit->kind == UNIT_DATA && check_c(j);
}

/* S-2.2.1-09 */
static bool check_length(struct judge *j)
{
	const struct unit *u = j->look->unit;

	return u->kind == UNIT_BAD && u->err != SSTP_E_HTTP_TOO_LARGE &&
	       say(j,
		   "the packet before does not end where the next begins, or this one says a "
		   "length of %u",
		   (bad_octet(j, 2) & 0x0fu) << 8 | bad_octet(j, 3));
}

/* S-2.2.1-10 */
static bool check_wrapped(struct judge *j)
{
	const struct look *l = j->look;
	size_t n = rd_left(&l->data.frame.payload);

	return l->data.is_ip && l->data.ip_total > n &&
	       say(j, "an IP packet of %u bytes is cut to the %zu that follow in its SSTP packet",
		   l->data.ip_total, n);
}

/* S-2.2.1-15, S-2.2.2-01 */
static bool check_stub(struct judge *j)
{
	return say(j, "a control packet of %zu bytes is too short for type and count",
		   j->look->unit->bytes.n);
}

/* S-2.2.2-03 */
static bool check_type(struct judge *j)
{
	unsigned type = j->look->control.c.type;

	return (!type || type >= SSTP_MSGS) &&
	       say(j, "message type 0x%04x is none of 0x0001 to 0x0009", type);
}

/* S-2.2.2-05 */
static bool check_count(struct judge *j)
{
	const struct look_control *k = &j->look->control;

	if (k->c.count > LOOK_ATTRS)
		return false;
	if (k->n < k->c.count && !k->attr_err)
		return say(j, "Num Attributes is %u, but there are %u", k->c.count, k->n);
	return k->left && !k->attr_err &&
	       say(j, "Num Attributes is %u, but %zu octets follow the last one", k->c.count,
		   k->left);
}

/* S-2.2.2-07 */
static bool check_padding(struct judge *j)
{
	const struct look_control *k = &j->look->control;

	if (k->attr_err)
		return say(j, "attribute %u at octet %u does not fit: its length is %u", k->n + 1,
			   k->attr[k->n].at, k->attr[k->n].attr.length);
	return k->c.count <= LOOK_ATTRS && k->left &&
	       say(j, "%zu octets stand behind the attributes", k->left);
}

/* S-2.2.3-01 */
static bool check_data_form(struct judge *j)
{
	return (j->look->reserved || j->look->r) &&
	       say(j, "a data packet begins with %s, not 10 00 0",
		   say_hex(j->look->unit->bytes.p, 3));
}

/* S-1.3-02 */
static bool check_ppp(struct judge *j)
{
	const struct look *l = j->look;

	if (!rd_left(&l->body))
		return say(j, "a data packet is empty");
	return l->data.frame_err &&
	       say(j, "a data packet holds no PPP frame: %s", sstp_err_text(l->data.frame_err));
}

/* S-2.2.3-03 */
static bool check_framing(struct judge *j)
{
	const struct look *l = j->look;
	uint8_t first = look_octet(l->body, 0);
	size_t all = rd_left(&l->data.frame.payload);

	if (rd_left(&l->body) && (first == FLAG || first == ESCAPE))
		return say(j, "the PPP frame begins with 0x%02x, as on a serial line", first);
	return l->data.has_cp && !l->data.cp_err && !l->data.frame_err &&
	       all == rd_left(&l->data.cp.packet) + 2 &&
	       say(j, "two octets stand behind the PPP packet, as a frame check sequence would");
}

/* S-2.2.3-02 */
static bool check_agreed(struct judge *j)
{
	return !j->call->middle && !j->seen->torn && !j->seen->acks &&
	       say(j, "the %s sent a data packet before CALL_CONNECT_ACK", call_who(j->way));
}

/* Finds what a status may not be. */
static bool has_private_status(struct judge *j, const struct look_attr *a)
{
	struct sstp_status_info info;

	return a->attr.id == SSTP_ATTRIB_STATUS_INFO && !sstp_parse_status(a->attr.value, &info) &&
	       info.status >= SSTP_STATUSES &&
	       say(j, "status 0x%08x is none of MS-SSTP's", info.status);
}

/* S-1.8-01 */
static bool check_private(struct judge *j)
{
	const struct look_control *k = &j->look->control;

	if (check_type(j))
		return true;
	for (unsigned i = 0; i < k->n; i++) {
		const struct look_attr *a = &k->attr[i];

		if (!a->attr.id || a->attr.id >= SSTP_ATTRIBS)
			return say(j, "attribute 0x%02x is none of MS-SSTP's", a->attr.id);
		if (has_private_status(j, a))
			return true;
	}
	return false;
}

/* clang-format off */
static const struct rule rows[] = {
	{"S-1.3-02",   "1.3",   INFO, WHEN_DATA,               check_ppp},
	{"S-1.8-01",   "1.8",   MUST, WHEN_CONTROL,            check_private},
	{"S-2.2.1-01", "2.2.1", MUST, WHEN_PACKET | WHEN_BAD,  check_header},
	{"S-2.2.1-02", "2.2.1", MUST, WHEN_BAD,                check_version},
	{"S-2.2.1-04", "2.2.1", MUST, WHEN_PACKET,             check_reserved},
	{"S-2.2.1-06", "2.2.1", MUST, WHEN_PACKET,             check_c},
	{"S-2.2.1-07", "2.2.1", MUST, WHEN_PACKET,             check_r},
	{"S-2.2.1-09", "2.2.1", MUST, WHEN_BAD,                check_length},
	{"S-2.2.1-10", "2.2.1", MUST, WHEN_DATA,               check_wrapped},
	{"S-2.2.1-15", "2.2.1", MUST, WHEN_STUB,               check_stub},
	{"S-2.2.2-01", "2.2.2", MUST, WHEN_STUB,               check_stub},
	{"S-2.2.2-02", "2.2.2", MUST, WHEN_DATA,               check_control_c},
	{"S-2.2.2-03", "2.2.2", MUST, WHEN_CONTROL,            check_type},
	{"S-2.2.2-05", "2.2.2", MUST, WHEN_CONTROL,            check_count},
	{"S-2.2.2-07", "2.2.2", MUST, WHEN_CONTROL,            check_padding},
	{"S-2.2.3-01", "2.2.3", MUST, WHEN_DATA,               check_data_form},
	{"S-2.2.3-02", "2.2.3", MUST, WHEN_DATA | RULE_OF_ORDER,               check_agreed},
	{"S-2.2.3-03", "2.2.3", INFO, WHEN_DATA,               check_framing},
	{"S-3.2.1-01", "3.2.1", MUST, WHEN_BAD,                check_client_version},
	{"S-3.3.1-02", "3.3.1", MUST, WHEN_BAD,                check_server_version},
};
/* clang-format on */

const struct rules frame_rules = RULES(rows);
