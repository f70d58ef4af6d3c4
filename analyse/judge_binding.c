/* SPDX-License-Identifier: MIT */
/*
 * Rules about crypto binding: CALL_CONNECT_ACK, CALL_CONNECTED and their attributes (MS-SSTP 1.7,
 * 2.2.6, 2.2.7, 2.2.10, 2.2.11, 3.2.1).
 */
#include "analyse/judge_rules.h"

#define REQ_LENGTH     40
#define BINDING_LENGTH 104
#define SHA1_SIZE      20
#define CERT_AT        36 /* in the value of the attribute: reserved, hash, nonce before it */
#define MAC_AT         68
#define FIELD          32 /* octets of hash and padding */
#define MASK_AT        3

/* Reads the attribute of a CALL_CONNECT_ACK or CALL_CONNECTED; NULL when there is none. */
static const struct look_attr *binding_attr(const struct judge *j)
{
	bool ack = look_type(j->look) == SSTP_MSG_CALL_CONNECT_ACK;

	return look_find(j->look,
			 ack ? SSTP_ATTRIB_CRYPTO_BINDING_REQ : SSTP_ATTRIB_CRYPTO_BINDING);
}

static bool read_req(const struct judge *j, struct sstp_binding_req *out)
{
	const struct look_attr *a = binding_attr(j);

	return a && !sstp_parse_binding_req(a->attr.value, out);
}

static bool read_binding(const struct judge *j, struct sstp_binding *out)
{
	const struct look_attr *a = binding_attr(j);

	return a && !sstp_parse_binding(a->attr.value, out);
}

/* S-2.2.6-01, S-2.2.7-01 */
static bool check_attr_form(struct judge *j)
{
	bool ack = look_type(j->look) == SSTP_MSG_CALL_CONNECT_ACK;
	const struct look_attr *a = binding_attr(j);
	unsigned due = ack ? REQ_LENGTH : BINDING_LENGTH;

	if (!a)
		return say(j, "%s lacks the %s attribute", message_name(j),
			   sstp_attrib_name(ack ? SSTP_ATTRIB_CRYPTO_BINDING_REQ
						: SSTP_ATTRIB_CRYPTO_BINDING));
	return a->attr.length != due && say(j, "%s says a length of %u, not %u",
					    sstp_attrib_name(a->attr.id), a->attr.length, due);
}

/* S-2.2.6-02, S-2.2.7-02, S-2.2.10-02, S-2.2.11-02 */
static bool check_reserved(struct judge *j)
{
	return find_reserved(j);
}

/* S-2.2.6-04: the parser leaves the upper bits out */
static bool check_mask(struct judge *j)
{
	const struct look_attr *a = binding_attr(j);
	uint8_t mask = a ? look_octet(a->attr.value, MASK_AT) : 0;

	return (mask & ~(SSTP_HASH_SHA1 | SSTP_HASH_SHA256)) != 0 &&
	       say(j, "the hash protocol bitmask is 0x%02x: bits beside 0x03 are set", mask);
}

/* S-2.2.6-05, S-2.2.10-04 */
static bool check_offer(struct judge *j)
{
	struct sstp_binding_req req;

	return read_req(j, &req) && !req.hashes &&
	       say(j, "CALL_CONNECT_ACK offers no hash protocol");
}

/* Looks a value up among those of earlier calls, and keeps it; returns whether it was there. */
static bool is_known(uint64_t *known, const uint8_t *p, size_t n)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	uint64_t *place;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * 1099511628211u;
	place = &known[hash % JUDGE_KNOWN];
	if (*place == hash)
		return true;
	*place = hash;
	return false;
}

/* S-2.2.6-07 */
static bool check_nonce_fresh(struct judge *j)
{
	struct sstp_binding_req req;
	unsigned values = 0;

	if (!read_req(j, &req))
		return false;
	for (size_t i = 0; i < SSTP_NONCE; i++)
		values += !memchr(req.nonce, req.nonce[i], i);
	if (values < SSTP_NONCE / 4)
		return say(j, "the nonce has only %u different octets: it is not random", values);
	return is_known(j->shared->nonces, req.nonce, SSTP_NONCE) &&
	       say(j, "the nonce was used in an earlier call of this capture");
}

/* S-1.7-02 */
static bool check_best_hash(struct judge *j)
{
	const struct call_binding *b = &j->call->binding;
	struct sstp_binding bound;

	return read_binding(j, &bound) && b->requested && (b->hashes & SSTP_HASH_SHA256) &&
	       bound.hash == SSTP_HASH_SHA1 &&
	       say(j, "the client chose SHA1 although the server offers SHA256");
}

/* S-2.2.7-04, S-2.2.11-04 */
static bool check_hash(struct judge *j)
{
	struct sstp_binding bound;

	return read_binding(j, &bound) && bound.hash != SSTP_HASH_SHA1 &&
	       bound.hash != SSTP_HASH_SHA256 &&
	       say(j, "the hash protocol is 0x%02x: neither SHA1 (1) nor SHA256 (2)", bound.hash);
}

/* S-2.2.7-06, S-2.2.11-05 */
static bool check_nonce(struct judge *j)
{
	return j->call->binding.nonce_ok == CHECK_WRONG &&
	       say(j, "the nonce is not the one of CALL_CONNECT_ACK");
}

/* S-2.2.7-07, S-3.2.1-02 */
static bool check_cert(struct judge *j)
{
	struct sstp_binding bound;

	return j->call->binding.cert_ok == CHECK_WRONG && read_binding(j, &bound) &&
	       say(j, "the certificate hash %s is not that of the server's certificate",
		   say_hex(bound.cert, bound.hash == SSTP_HASH_SHA1 ? SHA1_SIZE : FIELD));
}

/* S-4.5-03 */
static bool check_cert_by_proxy(struct judge *j)
{
	return j->call->http.via_proxy && check_cert(j);
}

/* Says that the octets of a SHA1 field behind the hash are not zero. */
static bool is_padding_set(struct judge *j, size_t at, const char *what)
{
	const struct look_attr *a = binding_attr(j);
	struct sstp_binding bound;

	return read_binding(j, &bound) && bound.hash == SSTP_HASH_SHA1 &&
	       !look_zero(a->attr.value, at + SHA1_SIZE, FIELD - SHA1_SIZE) &&
	       say(j, "%s is not 0", what);
}

/* S-2.2.7-08 */
static bool check_padding(struct judge *j)
{
	return is_padding_set(j, CERT_AT, "Padding behind the SHA1 certificate hash");
}

/* S-2.2.7-11 */
static bool check_padding1(struct judge *j)
{
	return is_padding_set(j, MAC_AT, "Padding1 behind the SHA1 compound MAC");
}

/* S-2.2.11-06 */
static bool check_paddings(struct judge *j)
{
	return check_padding(j) || check_padding1(j);
}

/* S-2.2.7-10: with SHA256 a MAC of 20 octets would leave zeros behind */
static bool check_mac_size(struct judge *j)
{
	const struct look_attr *a = binding_attr(j);
	struct sstp_binding bound;

	if (!read_binding(j, &bound))
		return false;
	if (bound.hash == SSTP_HASH_SHA256)
		return look_zero(a->attr.value, MAC_AT + SHA1_SIZE, FIELD - SHA1_SIZE) &&
		       say(j, "the compound MAC has 20 octets; with SHA256 it has 32");
	return bound.hash == SSTP_HASH_SHA1 && check_padding1(j) &&
	       say(j, "the compound MAC has more than 20 octets; with SHA1 it has 20");
}

/* S-2.2.10-01 */
static bool check_ack_form(struct judge *j)
{
	static const uint8_t due[] = {0x10, 0x01, 0x00, 0x30, 0x00, 0x02, 0x00, 0x01,
				      0x00, 0x04, 0x00, 0x28, 0x00, 0x00, 0x00};
	const struct unit *u = j->look->unit;

	if (u->bytes.n != 48)
		return say(j, "CALL_CONNECT_ACK has %zu bytes, not 48", u->bytes.n);
	for (size_t i = 0; i < sizeof(due); i++)
		if (u->bytes.p[i] != due[i])
			return say(j, "octet %zu of CALL_CONNECT_ACK is 0x%02x, not 0x%02x", i,
				   u->bytes.p[i], due[i]);
	return false;
}

/* S-2.2.10-06 */
static bool check_ack_due(struct judge *j)
{
	if (j->call->middle || j->seen->torn)
		return false;
	if (j->seen->acks)
		return say(j, "this is the second CALL_CONNECT_ACK of the call");
	if (!j->seen->requests)
		return say(j, "CALL_CONNECT_ACK without a CALL_CONNECT_REQUEST");
	return !j->seen->good_requests &&
	       say(j, "CALL_CONNECT_ACK answers a request that is not acceptable");
}

/* S-2.2.11-01 */
static bool check_connected_form(struct judge *j)
{
	static const uint8_t due[] = {0x10, 0x01, 0x00, 0x70, 0x00, 0x04, 0x00, 0x01,
				      0x00, 0x03, 0x00, 0x68, 0x00, 0x00, 0x00};
	const struct unit *u = j->look->unit;

	if (u->bytes.n != SSTP_CONNECTED_LEN)
		return say(j, "CALL_CONNECTED has %zu bytes, not 112", u->bytes.n);
	for (size_t i = 0; i < sizeof(due); i++)
		if (u->bytes.p[i] != due[i])
			return say(j, "octet %zu of CALL_CONNECTED is 0x%02x, not 0x%02x", i,
				   u->bytes.p[i], due[i]);
	return false;
}

/* S-2.2.11-08 */
static bool check_connected_due(struct judge *j)
{
	const struct call *c = j->call;

	if (c->middle || j->seen->torn)
		return false;
	if (!j->seen->acks)
		return say(j, "CALL_CONNECTED comes before CALL_CONNECT_ACK");
	if (c->auth.asked && c->auth.result != CALL_DONE)
		return say(j, "CALL_CONNECTED comes before the end of PPP authentication");
	if (!c->cp[CALL_CP_LCP].open && c->auth.result != CALL_DONE)
		return say(j, "CALL_CONNECTED comes before LCP is opened");
	return (c->traffic[0].data || c->traffic[1].data) &&
	       say(j, "CALL_CONNECTED comes after IP packets");
}

/* clang-format off */
static const struct rule rows[] = {
	{"S-1.7-02",    "1.7",    INFO, WHEN_CALL_CONNECTED, check_best_hash},
	{"S-2.2.6-01",  "2.2.6",  MUST, WHEN_CALL_ACK,       check_attr_form},
	{"S-2.2.6-02",  "2.2.6",  MUST, WHEN_CALL_ACK,       check_reserved},
	{"S-2.2.6-04",  "2.2.6",  MUST, WHEN_CALL_ACK,       check_mask},
	{"S-2.2.6-05",  "2.2.6",  MUST, WHEN_CALL_ACK,       check_offer},
	{"S-2.2.6-07",  "2.2.6",  MUST, WHEN_CALL_ACK,       check_nonce_fresh},
	{"S-2.2.7-01",  "2.2.7",  MUST, WHEN_CALL_CONNECTED, check_attr_form},
	{"S-2.2.7-02",  "2.2.7",  MUST, WHEN_CALL_CONNECTED, check_reserved},
	{"S-2.2.7-04",  "2.2.7",  MUST, WHEN_CALL_CONNECTED, check_hash},
	{"S-2.2.7-06",  "2.2.7",  MUST, WHEN_CALL_CONNECTED, check_nonce},
	{"S-2.2.7-07",  "2.2.7",  MUST, WHEN_CALL_CONNECTED, check_cert},
	{"S-2.2.7-08",  "2.2.7",  MUST, WHEN_CALL_CONNECTED, check_padding},
	{"S-2.2.7-10",  "2.2.7",  MUST, WHEN_CALL_CONNECTED, check_mac_size},
	{"S-2.2.7-11",  "2.2.7",  MUST, WHEN_CALL_CONNECTED, check_padding1},
	{"S-2.2.10-01", "2.2.10", MUST, WHEN_CALL_ACK,       check_ack_form},
	{"S-2.2.10-02", "2.2.10", MUST, WHEN_CALL_ACK,       check_reserved},
	{"S-2.2.10-04", "2.2.10", MUST, WHEN_CALL_ACK,       check_offer},
	{"S-2.2.10-06", "2.2.10", MUST, WHEN_CALL_ACK | RULE_OF_ORDER,       check_ack_due},
	{"S-2.2.11-01", "2.2.11", MUST, WHEN_CALL_CONNECTED, check_connected_form},
	{"S-2.2.11-02", "2.2.11", MUST, WHEN_CALL_CONNECTED, check_reserved},
	{"S-2.2.11-04", "2.2.11", MUST, WHEN_CALL_CONNECTED, check_hash},
	{"S-2.2.11-05", "2.2.11", MUST, WHEN_CALL_CONNECTED, check_nonce},
	{"S-2.2.11-06", "2.2.11", MUST, WHEN_CALL_CONNECTED, check_paddings},
	{"S-2.2.11-08", "2.2.11", MUST, WHEN_CALL_CONNECTED | RULE_OF_ORDER, check_connected_due},
	{"S-3.2.1-02",  "3.2.1",  MUST, WHEN_CALL_CONNECTED, check_cert},
	{"S-4.5-03",    "4.5",    INFO, WHEN_CALL_CONNECTED, check_cert_by_proxy},
};
/* clang-format on */

const struct rules binding_rules = RULES(rows);
