/* SPDX-License-Identifier: MIT */
/*
 * Handshake messages: put together over records, told to the sink, and a table of what each of them
 * changes. Nothing is verified here beyond what records prove; a passive eye has no say.
 */
#include "analyse/tls_local.h"

#include "analyse/tls_hello.h"

#define MESSAGE_HEADER 4
#define MESSAGE_MAX    (128u << 10)

enum message {
	HELLO_REQUEST = 0,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	NEW_SESSION_TICKET = 4,
	END_OF_EARLY_DATA = 5,
	ENCRYPTED_EXTENSIONS = 8,
	CERTIFICATE = 11,
	SERVER_HELLO_DONE = 14,
	CLIENT_KEY_EXCHANGE = 16,
	FINISHED = 20,
	KEY_UPDATE = 24,
};

/* Copies a name for people: what is no visible ASCII becomes '?'. */
static void copy_name(char *to, size_t room, struct view from)
{
	size_t n = from.n < room - 1 ? from.n : room - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = from.p[i] > ' ' && from.p[i] < 127 ? (char)from.p[i] : '?';
	to[n] = 0;
}

/* Makes room for a new handshake; the one before, if any, is forgotten. */
static struct tls_hs *start_handshake(struct tls *t)
{
	tls_forget_handshake(t);
	t->hs = calloc(1, sizeof(*t->hs));
	return t->hs;
}

static void on_client_hello(struct tls *t, const struct tls_message *m)
{
	struct tls_hs *hs;
	struct tls_hello hello;
	const struct tls_session *known;

	if (m->way != WAY_TO_SERVER ||
	    tls_parse_client_hello(rd_init(m->body.p, m->body.n), &hello))
		return;
	if (t->facts.retried && t->facts.handshakes == 0) /* the answer to a HelloRetryRequest */
		return;
	hs = start_handshake(t);
	if (!hs)
		return;
	hs->whole = true;
	memcpy(hs->client_random, hello.random, 32);
	memcpy(t->facts.client_random, hello.random, 32);
	hs->client_session_n = (uint8_t)hello.session.n;
	if (hello.session.n)
		memcpy(hs->client_session, hello.session.p, hello.session.n);
	t->facts.client_hello = true;
	t->facts.early = hello.early;
	if (hello.sni.n)
		copy_name(t->facts.sni, sizeof(t->facts.sni), hello.sni);
	known = tls_keys_recall(t->env->keys, hello.ticket);
	if (!known)
		known = tls_keys_recall(t->env->keys, hello.session);
	hs->offers = known != NULL;
	if (known)
		hs->offered = *known;
}

static void on_server_hello(struct tls *t, const struct tls_message *m)
{
	struct tls_hello hello;
	struct tls_hs *hs = t->hs;

	if (m->way != WAY_TO_CLIENT ||
	    tls_parse_server_hello(rd_init(m->body.p, m->body.n), &hello))
		return;
	t->facts.version = hello.version;
	t->facts.suite = hello.suite;
	if (hello.retry) {
		t->facts.retried = true;
		return;
	}
	if (!hs)
		hs = start_handshake(t);
	if (!hs)
		return;
	hs->hello = true;
	hs->suite = tls_suite_by_id(hello.suite);
	hs->compression = hello.compression;
	hs->ems = hello.has_ems;
	hs->etm = hello.has_etm;
	hs->session_n = (uint8_t)hello.session.n;
	if (hello.session.n)
		memcpy(hs->session, hello.session.p, hello.session.n);
	memcpy(hs->server_random, hello.random, 32);
	memcpy(t->facts.server_random, hello.random, 32);
	t->facts.server_hello = true;
	t->facts.handshakes++;
	t->facts.suite_name = hs->suite ? hs->suite->name : NULL;
	t->facts.has_ems = hello.has_ems;
	t->facts.has_etm = hello.has_etm;
	if (hello.alpn.n)
		copy_name(t->facts.alpn, sizeof(t->facts.alpn), hello.alpn);
	if (hello.version == TLS_1_3) {
		t->facts.resumed = hello.psk;
		if (hello.psk)
			tls_secret_session_certificate(t);
	}
}

static void on_certificate(struct tls *t, const struct tls_message *m)
{
	struct view leaf;

	if (m->way != WAY_TO_CLIENT)
		return;
	leaf = tls_parse_certificate(rd_init(m->body.p, m->body.n), t->facts.version == TLS_1_3);
	if (!leaf.n)
		return;
	free(t->facts.cert);
	t->facts.cert = malloc(leaf.n);
	t->facts.cert_size = t->facts.cert ? leaf.n : 0;
	if (!t->facts.cert)
		return;
	memcpy(t->facts.cert, leaf.p, leaf.n);
	tls_secret_certificate(t);
}

static void on_encrypted_extensions(struct tls *t, const struct tls_message *m)
{
	struct tls_hello hello;

	if (m->way != WAY_TO_CLIENT || !m->encrypted ||
	    tls_parse_encrypted_extensions(rd_init(m->body.p, m->body.n), &hello))
		return;
	if (hello.alpn.n)
		copy_name(t->facts.alpn, sizeof(t->facts.alpn), hello.alpn);
}

static void on_server_hello_done(struct tls *t, const struct tls_message *m)
{
	if (t->hs && m->way == WAY_TO_CLIENT)
		t->hs->server_done = true;
}

static void on_client_key_exchange(struct tls *t, const struct tls_message *m)
{
	struct rd r = rd_init(m->body.p, m->body.n);
	struct rd secret;

	if (!t->hs || m->way != WAY_TO_SERVER)
		return;
	t->hs->sealed = true;
	secret = rd_sub(&r, rd_be16(&r));
	if (!secret.bad)
		tls_buffer_add(t, &t->hs->premaster, secret.p, rd_left(&secret), 4096);
}

static void on_ticket(struct tls *t, const struct tls_message *m)
{
	struct view ticket =
		tls_parse_ticket(rd_init(m->body.p, m->body.n), t->facts.version == TLS_1_3);

	if (m->way != WAY_TO_CLIENT || !ticket.n)
		return;
	if (t->facts.version != TLS_1_3 && t->hs && !t->hs->has_master)
		tls_buffer_add(t, &t->hs->ticket, ticket.p, ticket.n, TLS_SCRIPT_MAX);
	else
		tls_secret_remember(t, ticket);
}

static void on_end_of_early_data(struct tls *t, const struct tls_message *m)
{
	if (m->encrypted && m->way == WAY_TO_SERVER && t->side[m->way].stage == STAGE_EARLY)
		tls_turn(t, m->way, STAGE_HANDSHAKE, m->last);
}

static void on_finished(struct tls *t, const struct tls_message *m)
{
	if (!m->encrypted || t->facts.version != TLS_1_3 ||
	    t->side[m->way].stage != STAGE_HANDSHAKE)
		return;
	tls_turn(t, m->way, STAGE_TRAFFIC, m->last);
	if (t->side[WAY_TO_SERVER].stage == STAGE_TRAFFIC &&
	    t->side[WAY_TO_CLIENT].stage == STAGE_TRAFFIC)
		tls_forget_handshake(t);
}

static void on_key_update(struct tls *t, const struct tls_message *m)
{
	struct tls_side *s = &t->side[m->way];
	struct tls_opener *made;

	if (!m->encrypted || t->facts.version != TLS_1_3 || s->stage != STAGE_TRAFFIC ||
	    s->state != SIDE_OPEN)
		return;
	made = tls_opener_updated(tls_keys_crypto(t->env->keys), s->opener);
	if (!made) {
		tls_shut(t, m->way, WHY_ALGORITHM, m->last);
		return;
	}
	tls_opener_free(s->opener);
	s->opener = made;
	t->facts.updates[m->way]++;
}

static const struct {
	uint8_t type;
	void (*work)(struct tls *t, const struct tls_message *m);
} messages[] = {
	{CLIENT_HELLO, on_client_hello},
	{SERVER_HELLO, on_server_hello},
	{NEW_SESSION_TICKET, on_ticket},
	{END_OF_EARLY_DATA, on_end_of_early_data},
	{ENCRYPTED_EXTENSIONS, on_encrypted_extensions},
	{CERTIFICATE, on_certificate},
	{SERVER_HELLO_DONE, on_server_hello_done},
	{CLIENT_KEY_EXCHANGE, on_client_key_exchange},
	{FINISHED, on_finished},
	{KEY_UPDATE, on_key_update},
};

/* Adds a message to the transcript, which the extended master secret hashes (RFC 7627 section 3).
 */
static void add_to_script(struct tls *t, enum way way, uint8_t type, struct view whole, bool sealed)
{
	struct tls_hs *hs = t->hs;

	if (!hs || type == HELLO_REQUEST || t->facts.version == TLS_1_3 || sealed ||
	    type == FINISHED)
		return;
	if (!tls_buffer_add(t, &hs->script[way], whole.p, whole.n, TLS_SCRIPT_MAX))
		hs->whole = false;
	if (type == CLIENT_HELLO && way == WAY_TO_SERVER && !hs->first_hello)
		hs->first_hello = hs->script[way].n;
}

/* Takes one whole message. */
static void take_message(struct tls *t, enum way way, const struct tls_in *in, bool encrypted,
			 struct view whole)
{
	struct rd r = rd_init(whole.p, whole.n);
	struct tls_message m = {
		.way = way,
		.encrypted = encrypted,
		.record = in->number,
		.last = in->last,
	};
	bool sealed = t->hs && t->hs->sealed;

	m.type = rd_u8(&r);
	rd_take(&r, 3);
	m.body = rd_rest(&r);
	t->env->sink->message(t->ctx, &m);
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		if (messages[i].type == m.type)
			messages[i].work(t, &m);
	add_to_script(t, way, m.type, whole, sealed && m.type != CLIENT_HELLO);
	if (t->side[way_back(way)].state == SIDE_WAIT)
		t->wake = true;
}

/* Returns how long the message at the start of v is, header included; 0: not known yet. */
static size_t message_size(struct view v)
{
	struct rd r = rd_init(v.p, v.n);
	uint32_t n;

	rd_take(&r, 1);
	n = (uint32_t)rd_u8(&r) << 16;
	n |= rd_be16(&r);
	return r.bad ? 0 : MESSAGE_HEADER + n;
}

void tls_handshake_torn(struct tls *t, enum way way)
{
	t->side[way].torn = true;
	t->side[way].message.n = 0;
	if (t->hs)
		t->hs->whole = false;
}

/* Takes the messages that begin and end in plain; returns how many bytes they are. */
static size_t take_whole_messages(struct tls *t, enum way way, const struct tls_in *in,
				  bool encrypted, struct view plain)
{
	size_t at = 0;

	for (;;) {
		struct view rest = {plain.p + at, plain.n - at};
		size_t n = message_size(rest);

		if (!n || n > rest.n)
			return at;
		take_message(t, way, in, encrypted, (struct view){rest.p, n});
		at += n;
	}
}

void tls_handshake_input(struct tls *t, enum way way, const struct tls_in *in, bool encrypted,
			 struct view plain)
{
	struct tls_side *s = &t->side[way];
	size_t took;

	if (s->message.n) {
		if (!tls_buffer_add(t, &s->message, plain.p, plain.n, MESSAGE_MAX)) {
			tls_handshake_torn(t, way);
			return;
		}
		plain = (struct view){s->message.p, s->message.n};
	}
	took = take_whole_messages(t, way, in, encrypted, plain);
	if (took == plain.n) {
		s->message.n = 0;
		return;
	}
	plain.p += took;
	plain.n -= took;
	if (message_size(plain) > MESSAGE_MAX) {
		tls_handshake_torn(t, way);
	} else if (s->message.n) {
		memmove(s->message.p, plain.p, plain.n);
		s->message.n = plain.n;
	} else if (!tls_buffer_add(t, &s->message, plain.p, plain.n, MESSAGE_MAX)) {
		tls_handshake_torn(t, way);
	}
}
