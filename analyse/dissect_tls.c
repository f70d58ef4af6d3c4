/* SPDX-License-Identifier: MIT */
/* TLS records and handshake messages; tls.h opens them, tls_hello.h parses hellos, this shows. */
#include "analyse/dissect.h"
#include "analyse/flow.h"
#include "analyse/tls_hello.h"

#define RECORD_HEADER 5
#define NAMED_CURVE   3

enum message_type {
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_NEW_TICKET = 4,
	MESSAGE_CERTIFICATE = 11,
	MESSAGE_SERVER_KEY = 12,
	MESSAGE_CERTIFICATE_VERIFY = 15,
	MESSAGE_CLIENT_KEY = 16,
	MESSAGE_FINISHED = 20,
	MESSAGE_KEY_UPDATE = 24,
};

enum extension_type {
	EXTENSION_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_FORMATS = 11,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
	EXTENSION_KEY_SHARE = 51,
};

/* What has taken the place of the octets that are secret. */
static const char *const seen_words[] = {
	[TLS_SEEN_PLAIN] = "",
	[TLS_SEEN_DECRYPTED] = "",
	[TLS_SEEN_CLOSED] = " (not decrypted)",
	[TLS_SEEN_BAD] = " (its MAC or tag is wrong)",
	[TLS_SEEN_TORN] = " (incomplete in the capture)",
};

void dissect_leave_tls(struct dissect *d)
{
	if (d->record_open)
		field_close(&d->tree);
	if (d->tls_open)
		field_close(&d->tree);
	d->record_open = d->tls_open = false;
}

/* Returns where in the frame a record begins, and in *n how much of it lies there. */
static size_t place_record(const struct flow_packet *p, const struct tls_record *r, size_t *n)
{
	const struct tcp_header *t = &p->headers->tcp;
	uint64_t from = r->offset, to = from + RECORD_HEADER + r->length;
	uint64_t seg = p->seq - 1u, end = seg + t->n; /* the SYN counts as 0 */
	const uint8_t *source = p->headers->frame->bytes;

	*n = 0;
	if (p->headers->reassembled || to <= seg || from >= end ||
	    r->last.frame != p->headers->frame->origin.frame)
		return 0;
	if (from < seg)
		from = seg;
	if (to > end)
		to = end;
	*n = (size_t)(to - from);
	return (size_t)(t->payload - source) + (size_t)(from - seg);
}

/* Opens the TLS protocol node, or goes on in the one that is open. */
static void enter_tls(struct dissect *d, size_t at, size_t n)
{
	if (d->record_open)
		field_close(&d->tree);
	d->record_open = false;
	if (d->tls_open) {
		if (d->tls_node != FIELD_SKIPPED)
			field_set_len(&d->tree, d->tls_node,
				      at + n - d->tree.nodes[d->tls_node].off);
		return;
	}
	dissect_name(d, "tls");
	d->tls_node = field_add_protocol(&d->tree, FIELD_TLS, at, n, n);
	field_open(&d->tree, d->tls_node);
	d->tls_open = true;
}

static void show_alert(struct dissect *d, const struct tls_record *r)
{
	const char *level, *name;
	const uint8_t *copy;
	struct rd body;
	uint64_t a, b;
	uint32_t node;

	if (r->plain.n < 2) {
		column_text(&d->column, "Encrypted Alert");
		return;
	}
	copy = field_source_copy(&d->tree, "TLS alert", r->plain.p, r->plain.n);
	if (!copy)
		return;
	body = rd_init(copy, r->plain.n);
	node = field_add_none(&d->tree, FIELD_TLS_ALERT_MESSAGE, 0, 2);
	field_open(&d->tree, node);
	a = dissect_uint(d, &body, FIELD_TLS_ALERT_MESSAGE_LEVEL, 1);
	b = dissect_uint(d, &body, FIELD_TLS_ALERT_MESSAGE_DESC, 1);
	field_close(&d->tree);
	level = field_value_name(FIELD_TLS_ALERT_MESSAGE_LEVEL, a);
	name = field_value_name(FIELD_TLS_ALERT_MESSAGE_DESC, b);
	column_info(&d->column, "Alert (Level: %s, Description: %s)", level ? level : "?",
		    name ? name : "?");
}

void dissect_name_tls(struct dissect *d, const struct flow_packet *p)
{
	uint16_t version = p->conn && p->conn->tls ? p->conn->tls->version : 0;
	struct text t;

	if (!d->tls_named || !d->column.wanted || d->column.units)
		return;
	t = text_init(d->column.protocol, sizeof(d->column.protocol));
	if (!version)
		version = d->tls_version;
	text_str(&t, "TLSv1");
	if (version > TLS_1_0 && version <= TLS_1_3) {
		text_char(&t, '.');
		text_dec(&t, version - TLS_1_0);
	}
}

/* Says in the summary what a record is; the messages of a handshake say it themselves. */
static void summarize_record(struct dissect *d, const struct tls_record *r, uint16_t version)
{
	if (d->column.units)
		return;
	if (!d->tls_named)
		column_protocol(&d->column, "TLS");
	d->tcp_pending = false;
	d->tls_named = true;
	d->tls_version = version;
	if (r->content == TLS_HANDSHAKE && r->seen != TLS_SEEN_CLOSED)
		return;
	column_comma(&d->column);
	if (r->content == TLS_HANDSHAKE)
		column_text(&d->column, "Encrypted Handshake Message");
	else if (r->content != TLS_ALERT)
		column_text(&d->column, r->content == TLS_CHANGE_CIPHER ? "Change Cipher Spec"
					: r->content == TLS_APPLICATION ? "Application Data"
									: "Heartbeat");
}

void dissect_record(struct dissect *d, const struct flow_packet *p, const struct tls_record *r)
{
	struct field_tree *t = &d->tree;
	uint16_t version = p->conn && p->conn->tls ? p->conn->tls->version : 0;
	const char *content = field_value_name(FIELD_TLS_RECORD_CONTENT_TYPE, r->content);
	bool inner = r->seen == TLS_SEEN_DECRYPTED && version == TLS_1_3;
	unsigned before = field_source_use(t, 0);
	size_t n, at = place_record(p, r, &n);

	if (!version)
		version = r->version;
	d->tls_seen = true;
	enter_tls(d, at, n);
	d->record_node = field_add_none(t, FIELD_TLS_RECORD, at, n);
	field_label(t, d->record_node, "%s Record Layer: %s%s", tls_version_name(version),
		    content ? content : "unknown", seen_words[r->seen]);
	field_open(t, d->record_node);
	d->record_open = true;
	if (inner)
		field_add_uint(t, FIELD_TLS_RECORD_OPAQUE_TYPE, at, n ? 1 : 0, r->type);
	field_add_uint(t, FIELD_TLS_RECORD_CONTENT_TYPE, at, inner || !n ? 0 : 1, r->content);
	field_add_uint(t, FIELD_TLS_RECORD_VERSION, at + 1, 2, r->version);
	field_add_uint(t, FIELD_TLS_RECORD_LENGTH, at + 3, 2, r->length);
	summarize_record(d, r, version);
	if (r->content == TLS_APPLICATION && n == RECORD_HEADER + (size_t)r->length)
		field_add_bytes(t, FIELD_TLS_APP_DATA, at + RECORD_HEADER, r->length);
	if (r->content == TLS_APPLICATION && r->seen == TLS_SEEN_DECRYPTED)
		field_flag(
			t,
			field_add_text(t, FIELD_TLS_APP_DATA_PROTO, field_infos[FIELD_HTTP].title),
			FIELD_GENERATED);
	if (r->content == TLS_CHANGE_CIPHER)
		field_add_none(t, FIELD_TLS_CHANGE_CIPHER_SPEC, at + RECORD_HEADER, 1);
	else if (r->content == TLS_ALERT)
		show_alert(d, r);
	field_source_use(t, before);
}

static void show_name(struct dissect *d, struct rd e)
{
	struct rd list = rd_sub(&e, rd_be16(&e));

	dissect_uint(d, &list, FIELD_TLS_HANDSHAKE_EXTENSIONS_SERVER_NAME_TYPE, 1);
	dissect_bytes(d, &list, FIELD_TLS_HANDSHAKE_EXTENSIONS_SERVER_NAME,
		      dissect_uint(d, &list, FIELD_TLS_HANDSHAKE_EXTENSIONS_SERVER_NAME_LEN, 2));
}

/* A list of numbers of `size` octets behind a length of `head` octets. */
static void show_list(struct dissect *d, struct rd e, enum field_id id, size_t head, size_t size)
{
	struct rd list = head ? rd_sub(&e, head == 1 ? rd_u8(&e) : rd_be16(&e)) : e;

	while (rd_left(&list) >= size)
		dissect_uint(d, &list, id, size);
}

static void show_key_shares(struct dissect *d, struct rd e, bool client)
{
	struct rd list = client ? rd_sub(&e, rd_be16(&e)) : e;

	while (rd_left(&list) >= 2) {
		dissect_uint(d, &list, FIELD_TLS_HANDSHAKE_EXTENSIONS_KEY_SHARE_GROUP, 2);
		rd_take(&list, rd_left(&list) ? rd_be16(&list) : 0u);
	}
}

static void show_extension(struct dissect *d, const struct tls_extension *e, bool client)
{
	struct rd r = e->whole, alpn;

	dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_EXTENSION_TYPE, 2);
	dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_EXTENSION_LEN, 2);
	switch (e->type) {
	case EXTENSION_NAME:
		if (client)
			show_name(d, e->body);
		break;
	case EXTENSION_GROUPS:
		show_list(d, e->body, FIELD_TLS_HANDSHAKE_EXTENSIONS_SUPPORTED_GROUP, 2, 2);
		break;
	case EXTENSION_FORMATS:
		show_list(d, e->body, FIELD_TLS_HANDSHAKE_EXTENSIONS_EC_POINT_FORMAT, 1, 1);
		break;
	case EXTENSION_SIGNATURES:
		show_list(d, e->body, FIELD_TLS_HANDSHAKE_SIG_HASH_ALG, 2, 2);
		break;
	case EXTENSION_ALPN:
		alpn = e->body;
		for (rd_be16(&alpn); rd_left(&alpn);)
			dissect_bytes(d, &alpn, FIELD_TLS_HANDSHAKE_EXTENSIONS_ALPN_STR,
				      rd_u8(&alpn));
		break;
	case EXTENSION_VERSIONS:
		show_list(d, e->body, FIELD_TLS_HANDSHAKE_EXTENSIONS_SUPPORTED_VERSION,
			  client ? 1 : 0, 2);
		break;
	case EXTENSION_KEY_SHARE:
		show_key_shares(d, e->body, client);
		break;
	default:
		if (rd_left(&e->body))
			field_add_bytes(&d->tree, FIELD_TLS_HANDSHAKE_EXTENSION_DATA,
					dissect_at(d, e->body.p), rd_left(&e->body));
	}
}

static void show_hello(struct dissect *d, struct rd body, bool client)
{
	struct field_tree *t = &d->tree;
	struct tls_extension e;
	struct tls_hello h;
	struct rd r = body, list;

	if (client ? tls_parse_client_hello(body, &h) : tls_parse_server_hello(body, &h)) {
		dissect_malformed(d, &body, "the hello is malformed");
		return;
	}
	dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_VERSION, 2);
	dissect_bytes(d, &r, FIELD_TLS_HANDSHAKE_RANDOM, 32);
	dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_SESSION_ID_LENGTH, 1);
	if (h.session.n)
		dissect_bytes(d, &r, FIELD_TLS_HANDSHAKE_SESSION_ID, h.session.n);
	if (client) {
		dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_CIPHER_SUITES_LENGTH, 2);
		field_open(t, field_add_none(t, FIELD_TLS_HANDSHAKE_CIPHERSUITES,
					     dissect_at(d, r.p), h.suites.n));
		show_list(d, rd_sub(&r, h.suites.n), FIELD_TLS_HANDSHAKE_CIPHERSUITE, 0, 2);
		field_close(t);
		dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_COMP_METHODS_LENGTH, 1);
		show_list(d, rd_sub(&r, h.compressions.n), FIELD_TLS_HANDSHAKE_COMP_METHOD, 0, 1);
	} else {
		dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_CIPHERSUITE, 2);
		dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_COMP_METHOD, 1);
	}
	if (rd_left(&r))
		dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_EXTENSIONS_LENGTH, 2);
	list = rd_init(h.extensions.p, h.extensions.n);
	while (tls_next_extension(&list, &e))
		show_extension(d, &e, client);
}

/* The certificates of a Certificate message, of which tls_hello.h finds the first. */
static void show_certificate(struct dissect *d, struct rd body, bool tls13)
{
	struct view first = tls_parse_certificate(body, tls13);
	struct field_tree *t = &d->tree;
	uint32_t node;

	if (tls13)
		rd_take(&body, rd_u8(&body)); /* request context */
	dissect_uint(d, &body, FIELD_TLS_HANDSHAKE_CERTIFICATES_LENGTH, 3);
	node = field_add_none(t, FIELD_TLS_HANDSHAKE_CERTIFICATES, dissect_at(d, body.p),
			      rd_left(&body));
	field_open(t, node);
	if (first.n) {
		size_t at = dissect_at(d, first.p);

		field_add_uint(t, FIELD_TLS_HANDSHAKE_CERTIFICATE_LENGTH, at - 3, 3, first.n);
		field_add_bytes(t, FIELD_TLS_HANDSHAKE_CERTIFICATE, at, first.n);
	}
	field_close(t);
}

/* The exchange of keys (RFC 5246 7.4.3, 7.4.7, RFC 8422 5.4, 5.7), as the suite says. */
static void show_keys(struct dissect *d, struct rd r, enum tls_exchange kx, bool client)
{
	if (client && kx == TLS_KX_RSA) {
		dissect_bytes(d, &r, FIELD_TLS_HANDSHAKE_EPMS,
			      dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_EPMS_LEN, 2));
	} else if (client) {
		dissect_bytes(d, &r, FIELD_TLS_HANDSHAKE_CLIENT_POINT, rd_u8(&r));
	} else if (dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_SERVER_CURVE_TYPE, 1) == NAMED_CURVE) {
		dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_SERVER_NAMED_CURVE, 2);
		dissect_bytes(d, &r, FIELD_TLS_HANDSHAKE_SERVER_POINT, rd_u8(&r));
		dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_SIG_HASH_ALG, 2);
		dissect_bytes(d, &r, FIELD_TLS_HANDSHAKE_SIG,
			      dissect_uint(d, &r, FIELD_TLS_HANDSHAKE_SIG_LEN, 2));
	}
}

static void show_message(struct dissect *d, const struct tls_message *m, struct rd body,
			 const struct tls_facts *facts)
{
	const struct tls_suite *suite = facts ? tls_suite_by_id(facts->suite) : NULL;
	bool tls13 = facts && facts->version == TLS_1_3;

	switch (m->type) {
	case MESSAGE_CLIENT_HELLO:
	case MESSAGE_SERVER_HELLO:
		show_hello(d, body, m->type == MESSAGE_CLIENT_HELLO);
		break;
	case MESSAGE_CERTIFICATE:
		show_certificate(d, body, tls13);
		break;
	case MESSAGE_NEW_TICKET:
		dissect_uint(d, &body, FIELD_TLS_HANDSHAKE_SESSION_TICKET_LIFETIME_HINT, 4);
		if (tls13) {
			rd_take(&body, 4);
			rd_take(&body, rd_u8(&body));
		}
		dissect_bytes(d, &body, FIELD_TLS_HANDSHAKE_SESSION_TICKET,
			      dissect_uint(d, &body, FIELD_TLS_HANDSHAKE_SESSION_TICKET_LENGTH, 2));
		break;
	case MESSAGE_CLIENT_KEY:
	case MESSAGE_SERVER_KEY:
		if (suite)
			show_keys(d, body, suite->kx, m->type == MESSAGE_CLIENT_KEY);
		break;
	case MESSAGE_CERTIFICATE_VERIFY:
		dissect_uint(d, &body, FIELD_TLS_HANDSHAKE_SIG_HASH_ALG, 2);
		break;
	case MESSAGE_FINISHED:
		field_add_none(&d->tree, FIELD_TLS_HANDSHAKE_VERIFY_DATA, dissect_at(d, body.p),
			       rd_left(&body));
		break;
	case MESSAGE_KEY_UPDATE:
		dissect_uint(d, &body, FIELD_TLS_HANDSHAKE_KEY_UPDATE_REQUEST_UPDATE, 1);
		break;
	default:
		break;
	}
}

void dissect_message(struct dissect *d, const struct flow_packet *p, const struct tls_message *m)
{
	const char *name = field_value_name(FIELD_TLS_HANDSHAKE_TYPE, m->type);
	struct field_tree *t = &d->tree;
	unsigned before = t->source;
	const uint8_t *copy;
	uint32_t node;

	if (!d->column.units) {
		column_comma(&d->column);
		column_text(&d->column, name ? name : "Unknown Handshake Message");
	}
	if (!field_wanted_of(t, FIELD_TLS))
		return;
	copy = field_source_copy(t, m->encrypted ? "Decrypted TLS handshake" : "TLS handshake",
				 m->body.p, m->body.n);
	if (!copy)
		return;
	node = field_add_none(t, FIELD_TLS_HANDSHAKE, 0, m->body.n);
	field_label(t, node, "Handshake Protocol: %s", name ? name : "unknown");
	field_open(t, node);
	field_add_uint(t, FIELD_TLS_HANDSHAKE_TYPE, 0, 0, m->type);
	field_add_uint(t, FIELD_TLS_HANDSHAKE_LENGTH, 0, 0, m->body.n);
	show_message(d, m, rd_init(copy, m->body.n), p->conn ? p->conn->tls : NULL);
	field_close(t);
	field_source_use(t, before);
}
