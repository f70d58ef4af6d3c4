/* SPDX-License-Identifier: MIT */
/* Judges control messages; see check.h. Changes no state. */
#include "lib/sstp/check.h"

#include "sstp/error.h"

#define BODY         8 /* offset of the first attribute in a packet */
#define PROTOCOL_PPP 1

static struct check invalid(int err, size_t off)
{
	return (struct check){err, SSTP_ATTRIB_STATUS_INFO, SSTP_STATUS_INVALID_FRAME_RECEIVED,
			      off};
}

/* CALL_CONNECT_ACK and CALL_CONNECTED with the wrong attributes (3.3.5.2.3, A-07). */
static struct check unsupported(int err, size_t off)
{
	return (struct check){err, SSTP_ATTRIB_STATUS_INFO, SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG,
			      off};
}

/* Checks that the message is exactly as many attributes as it says. */
static struct check check_shape(const struct sstp_control *c)
{
	struct rd r = c->attrs;
	struct sstp_attr a;

	for (unsigned i = 0; i < c->count; i++) {
		size_t off = BODY + (size_t)(r.p - c->attrs.p);

		if (!rd_left(&r))
			return invalid(SSTP_E_ATTR_COUNT, off);
		if (sstp_next_attr(&r, &a))
			return invalid(SSTP_E_TRUNCATED, off);
	}
	if (rd_left(&r))
		return invalid(SSTP_E_ATTR_COUNT, BODY + (size_t)(r.p - c->attrs.p));
	return (struct check){0};
}

struct check check_plain(struct sstp_control c)
{
	if (c.count || rd_left(&c.attrs))
		return invalid(SSTP_E_ATTR_COUNT, BODY);
	return (struct check){0};
}

struct check check_disconnect(struct sstp_control c)
{
	return check_shape(&c);
}

bool find_status(struct sstp_control c, struct sstp_status_info *out)
{
	struct sstp_attr a;

	while (rd_left(&c.attrs) && !sstp_next_attr(&c.attrs, &a))
		if (a.id == SSTP_ATTRIB_STATUS_INFO && !sstp_parse_status(a.value, out))
			return true;
	*out = (struct sstp_status_info){0};
	return false;
}

struct check check_nak(struct sstp_control c, struct sstp_status_info *out)
{
	struct check k = check_shape(&c);
	struct sstp_status_info info;
	struct rd r = c.attrs;
	struct sstp_attr a;

	*out = (struct sstp_status_info){0};
	if (k.err)
		return k;
	if (!c.count)
		return invalid(SSTP_E_ATTR_MISSING, BODY);
	while (rd_left(&r)) {
		size_t off = BODY + (size_t)(r.p - c.attrs.p);

		sstp_next_attr(&r, &a);
		if (a.id != SSTP_ATTRIB_STATUS_INFO)
			return invalid(SSTP_E_ATTR_UNKNOWN, off);
		if (sstp_parse_status(a.value, &info))
			return invalid(SSTP_E_ATTR_LENGTH, off);
		if (off == BODY)
			*out = info;
	}
	return k;
}

/*
 * Checks that the message holds one attribute, of kind `id`; *value is its value. A Status Info
 * with a status, and an attribute of another kind, are named as such.
 */
static struct check check_only(const struct sstp_control *c, enum sstp_attrib id, struct rd *value)
{
	struct rd r = c->attrs;
	bool found = false;
	struct sstp_attr a;

	while (rd_left(&r)) {
		size_t off = BODY + (size_t)(r.p - c->attrs.p);

		sstp_next_attr(&r, &a);
		if (a.id == SSTP_ATTRIB_STATUS_INFO)
			return unsupported(SSTP_E_STATUS_INFO, off);
		if (a.id != id)
			return unsupported(SSTP_E_ATTR_UNKNOWN, off);
		if (found)
			return unsupported(SSTP_E_ATTR_DUPLICATE, off);
		found = true;
		*value = a.value;
	}
	return found ? (struct check){0} : unsupported(SSTP_E_ATTR_MISSING, BODY);
}

struct check check_ack(struct sstp_control c, uint8_t hashes, struct sstp_binding_req *out)
{
	struct check k = check_shape(&c);
	struct rd value;

	if (!k.err)
		k = check_only(&c, SSTP_ATTRIB_CRYPTO_BINDING_REQ, &value);
	if (k.err)
		return k;
	if (sstp_parse_binding_req(value, out))
		return unsupported(SSTP_E_ATTR_LENGTH, BODY);
	if (!(out->hashes & hashes))
		return (struct check){SSTP_E_HASH_PROTOCOL, SSTP_ATTRIB_CRYPTO_BINDING_REQ,
				      SSTP_STATUS_VALUE_NOT_SUPPORTED, BODY + 7};
	return k;
}

struct check check_connected(struct sstp_control c, struct sstp_binding *out)
{
	struct check k = check_shape(&c);
	struct rd value;

	if (k.err)
		return unsupported(k.err, k.off);
	k = check_only(&c, SSTP_ATTRIB_CRYPTO_BINDING, &value);
	if (!k.err && sstp_parse_binding(value, out))
		return unsupported(SSTP_E_ATTR_LENGTH, BODY);
	return k;
}

/* Returns what is wrong with one attribute of a request; status 0 for nothing. */
static struct sstp_refusal judge_attr(const struct sstp_attr *a, bool again)
{
	struct view value = {a->value.p, rd_left(&a->value)};
	struct sstp_refusal r = {a->id, SSTP_STATUS_NO_ERROR, value};
	struct sstp_status_info info;
	struct sstp_binding_req req;
	struct sstp_binding binding;
	uint16_t protocol;
	int err;

	switch (a->id) {
	case SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID:
		err = sstp_parse_protocol(a->value, &protocol);
		if (!err && protocol != PROTOCOL_PPP)
			r.status = SSTP_STATUS_VALUE_NOT_SUPPORTED;
		break;
	case SSTP_ATTRIB_STATUS_INFO:
		err = sstp_parse_status(a->value, &info);
		if (!err && info.status != SSTP_STATUS_NO_ERROR)
			r.status = SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG;
		break;
	case SSTP_ATTRIB_CRYPTO_BINDING:
		err = sstp_parse_binding(a->value, &binding);
		break;
	case SSTP_ATTRIB_CRYPTO_BINDING_REQ:
		err = sstp_parse_binding_req(a->value, &req);
		break;
	default:
		r.status = SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE;
		r.value = (struct view){NULL, 0};
		return r;
	}
	if (err)
		r.status = SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH;
	else if (!r.status && again)
		r.status = SSTP_STATUS_DUPLICATE_ATTRIBUTE;
	return r;
}

struct check check_request(struct sstp_control c, struct sstp_refusal r[SSTP_REFUSALS_MAX],
			   unsigned *n)
{
	struct check k = check_shape(&c);
	unsigned seen[SSTP_ATTRIBS] = {0};
	struct sstp_attr a;

	*n = 0;
	if (k.err)
		return k;
	while (rd_left(&c.attrs)) {
		struct sstp_refusal refusal;

		sstp_next_attr(&c.attrs, &a);
		refusal = judge_attr(&a, a.id < SSTP_ATTRIBS && seen[a.id]++);
		if (refusal.status && *n < SSTP_REFUSALS_MAX)
			r[(*n)++] = refusal;
	}
	if (!seen[SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID]) {
		if (*n == SSTP_REFUSALS_MAX)
			--*n;
		r[(*n)++] = (struct sstp_refusal){SSTP_ATTRIB_ENCAPSULATED_PROTOCOL_ID,
						  SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING,
						  {NULL, 0}};
	}
	return k;
}
