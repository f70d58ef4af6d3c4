/* SPDX-License-Identifier: MIT */
/* The call without fault, and how it is damaged; see judge_stream.h. */
#include "judge_stream.h"

#include "lib/crypto/mschap.h"
#include "lib/crypto/nthash.h"

#include <stdio.h>
#include <stdlib.h>

#define USER     "alice"
#define PASSWORD "wonder123"
#define STEP_MS  10
#define NS_MS    1000000u
#define START_NS 1795357652000000000u

static const char request[] =
	"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
	"Content-Length: 18446744073709551615\r\n"
	"Host: vpn.example.test\r\n"
	"SSTPCORRELATIONID: {6A8A86B4-8E5F-2370-6359-E9FE00112233}\r\n"
	"\r\n";
static const char reply[] = "HTTP/1.1 200\r\n"
			    "Content-Length: 18446744073709551615\r\n"
			    "Server: Microsoft-HTTPAPI/2.0\r\n"
			    "Date: Sun, 22 Nov 2026 14:27:32 GMT\r\n"
			    "\r\n";

static int digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Reads hex digits up to the end or something else; blanks are skipped. Returns how many octets. */
static size_t read_hex(const char *text, uint8_t *out)
{
	size_t half = 0;

	for (; *text == ' ' || digit(*text) >= 0; text++)
		if (*text != ' ') {
			uint8_t *to = &out[half++ / 2];

			*to = (uint8_t)(*to << 4 | digit(*text));
		}
	return half / 2;
}

/* Adds a message of bytes at the end. */
static struct message *add(struct stream *s, const char *name, enum way way, const void *bytes,
			   size_t n)
{
	struct message *m = &s->message[s->n++];

	*m = (struct message){.way = way, .wait_ms = STEP_MS, .n = n};
	snprintf(m->name, sizeof(m->name), "%s", name);
	memcpy(m->bytes, bytes, n);
	return m;
}

static void add_text(struct stream *s, const char *name, enum way way, const char *text)
{
	add(s, name, way, text, strlen(text));
}

/* Adds a data packet with a PPP frame in hex. */
static void add_ppp(struct stream *s, const char *name, enum way way, const char *hex)
{
	uint8_t packet[512] = {0};
	size_t n = read_hex(hex, packet + SSTP_HEADER);

	sstp_put_data_header(packet, n);
	add(s, name, way, packet, SSTP_HEADER + n);
}

/* Adds a data packet with CHAP inside: code and what follows the identifier's length. */
static void add_chap(struct stream *s, const char *name, enum way way, uint8_t code,
		     const uint8_t *body, size_t n)
{
	uint8_t packet[512] = {0, 0, 0, 0, 0xff, 0x03, 0xc2, 0x23, code, 1, 0, (uint8_t)(n + 4)};

	memcpy(packet + 12, body, n);
	sstp_put_data_header(packet, n + 8);
	add(s, name, way, packet, n + 12);
}

/* MS-CHAPv2, and the CALL_CONNECTED that is bound to it. */
static void add_authentication(struct stream *s, const uint8_t nonce[SSTP_NONCE])
{
	static const uint8_t challenge[17] = {16, 1,  2,  3,  4,  5,  6,  7, 8,
					      9,  10, 11, 12, 13, 14, 15, 16};
	uint8_t response[55] = {49, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a};
	struct mschap m = {challenge + 1, response + 1, USER, strlen(USER)};
	uint8_t cert[32] = {0};
	uint8_t hash[NT_HASH_SIZE];
	uint8_t hlak[SSTP_HLAK];
	uint8_t packet[128];
	struct wr w = wr_init(packet, sizeof(packet));

	nt_hash(PASSWORD, strlen(PASSWORD), hash);
	mschap_nt_response(&m, hash, response + 1 + MSCHAP_NT_OFFSET);
	memcpy(response + 50, USER, strlen(USER));
	mschap_hlak(hash, response + 1 + MSCHAP_NT_OFFSET, hlak);
	add_chap(s, "challenge", WAY_TO_CLIENT, 1, challenge, sizeof(challenge));
	add_chap(s, "response", WAY_TO_SERVER, 2, response, sizeof(response));
	add_chap(s, "success", WAY_TO_CLIENT, 3, (const uint8_t *)"S=00 M=ok", 9);
	memcpy(cert, s->hash == SSTP_HASH_SHA1 ? s->cert_sha1 : s->cert_sha256,
	       s->hash == SSTP_HASH_SHA1 ? 20 : 32);
	sstp_put_connected(&w, s->hash, nonce, cert);
	binding_seal(packet, hlak);
	add(s, "connected", WAY_TO_SERVER, packet, wr_len(&w));
}

static void add_plain(struct stream *s, const char *name, enum way way, enum sstp_msg type)
{
	uint8_t packet[8];
	struct wr w = wr_init(packet, sizeof(packet));

	sstp_put_plain(&w, type);
	add(s, name, way, packet, wr_len(&w));
}

void stream_init(struct stream *s, uint8_t hash)
{
	uint8_t nonce[SSTP_NONCE];
	uint8_t packet[128];
	struct wr w;

	memset(s, 0, sizeof(*s));
	s->hash = hash;
	s->port = 443;
	s->calls = 1;
	s->password = USER ":" PASSWORD;
	for (size_t i = 0; i < SSTP_NONCE; i++) {
		nonce[i] = (uint8_t)(7 * i + 3);
		s->cert_sha256[i] = (uint8_t)(0xa0 + i);
	}
	memset(s->cert_sha1, 0x5c, sizeof(s->cert_sha1));
	add_text(s, "http-request", WAY_TO_SERVER, request);
	add_text(s, "http-reply", WAY_TO_CLIENT, reply);
	w = wr_init(packet, sizeof(packet));
	sstp_put_request(&w);
	add(s, "request", WAY_TO_SERVER, packet, wr_len(&w));
	w = wr_init(packet, sizeof(packet));
	sstp_put_ack(&w, hash == SSTP_HASH_SHA1 ? SSTP_HASH_SHA1 : 3, nonce);
	add(s, "ack", WAY_TO_CLIENT, packet, wr_len(&w));
	add_ppp(s, "lcp-server", WAY_TO_CLIENT,
		"ff03 c021 01010013 0305c22381 01040ffb 050611223344");
	add_ppp(s, "lcp-client", WAY_TO_SERVER, "ff03 c021 0101000e 01040ffb 050655667788");
	add_ppp(s, "lcp-ack-server", WAY_TO_CLIENT, "ff03 c021 0201000e 01040ffb 050655667788");
	add_ppp(s, "lcp-ack-client", WAY_TO_SERVER,
		"ff03 c021 02010013 0305c22381 01040ffb 050611223344");
	add_authentication(s, nonce);
	add_ppp(s, "ipcp-client", WAY_TO_SERVER, "ff03 8021 0101000a 0306 c0a83202");
	add_ppp(s, "ipcp-server", WAY_TO_CLIENT, "ff03 8021 0101000a 0306 c0a83201");
	add_ppp(s, "ipcp-ack-server", WAY_TO_CLIENT, "ff03 8021 0201000a 0306 c0a83202");
	add_ppp(s, "ipcp-ack-client", WAY_TO_SERVER, "ff03 8021 0201000a 0306 c0a83201");
	add_ppp(s, "data-up", WAY_TO_SERVER,
		"ff03 0021 45000018 00000000 40110000 c0a83202 c0a83201 00010002");
	add_ppp(s, "data-down", WAY_TO_CLIENT,
		"ff03 0021 45000018 00000000 40110000 c0a83201 c0a83202 00020001");
	add_plain(s, "echo-request", WAY_TO_SERVER, SSTP_MSG_ECHO_REQUEST);
	add_plain(s, "echo-response", WAY_TO_CLIENT, SSTP_MSG_ECHO_RESPONSE);
	add_ppp(s, "terminate", WAY_TO_SERVER, "ff03 c021 05020004");
	add_ppp(s, "terminate-ack", WAY_TO_CLIENT, "ff03 c021 06020004");
	w = wr_init(packet, sizeof(packet));
	sstp_put_disconnect(&w);
	add(s, "disconnect", WAY_TO_SERVER, packet, wr_len(&w));
	add_plain(s, "disconnect-ack", WAY_TO_CLIENT, SSTP_MSG_CALL_DISCONNECT_ACK);
}

static struct message *find(struct stream *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->message[i].name, name))
			return &s->message[i];
	return NULL;
}

/* Makes room for a message at index `at`. */
static struct message *insert(struct stream *s, size_t at)
{
	if (s->n == STREAM_MESSAGES)
		return NULL;
	memmove(&s->message[at + 1], &s->message[at], (s->n - at) * sizeof(s->message[0]));
	s->n++;
	s->message[at] = (struct message){.wait_ms = STEP_MS};
	return &s->message[at];
}

static void drop(struct stream *s, struct message *m)
{
	size_t at = (size_t)(m - s->message);

	s->n--;
	memmove(m, m + 1, (s->n - at) * sizeof(*m));
}

/* "put NAME HEX": all of a message. */
static int put(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);

	if (!m)
		return -1;
	m->n = read_hex(rest, m->bytes);
	return 0;
}

/* "patch NAME OFFSET HEX": octets of a message. */
static int patch(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);
	char *hex;
	size_t at = strtoul(rest, &hex, 10);

	return m && read_hex(hex, m->bytes + at) ? 0 : -1;
}

/* "ppp NAME HEX": the PPP frame of a data packet. */
static int ppp(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);
	size_t n;

	if (!m)
		return -1;
	n = read_hex(rest, m->bytes + SSTP_HEADER);
	sstp_put_data_header(m->bytes, n);
	m->n = SSTP_HEADER + n;
	return 0;
}

/* "drop NAME" */
static int drop_named(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);

	(void)rest;
	if (!m)
		return -1;
	drop(s, m);
	return 0;
}

/* "end NAME": what comes after it is left out. */
static int end_after(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);

	(void)rest;
	if (!m)
		return -1;
	s->n = (size_t)(m - s->message) + 1;
	return 0;
}

/* "after NAME client|server HEX": a message more. */
static int after(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);
	char who[16];
	int used = 0;

	if (!m || sscanf(rest, " %15s%n", who, &used) != 1)
		return -1;
	m = insert(s, (size_t)(m - s->message) + 1);
	if (!m)
		return -1;
	m->way = strcmp(who, "client") ? WAY_TO_CLIENT : WAY_TO_SERVER;
	m->n = read_hex(rest + used, m->bytes);
	return 0;
}

/* "move NAME OTHER": to behind the other. */
static int move(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);
	struct message copy;

	if (!m || !find(s, rest))
		return -1;
	copy = *m;
	drop(s, m);
	m = insert(s, (size_t)(find(s, rest) - s->message) + 1);
	*m = copy;
	return 0;
}

/* "wait NAME SECONDS": so long passes before it. */
static int wait_before(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);

	if (!m)
		return -1;
	m->wait_ms = strtoul(rest, NULL, 10) * 1000;
	return 0;
}

/* "text NAME OLD => NEW": in a head; \n stands for CR LF. */
static int text(struct stream *s, const char *name, const char *rest)
{
	struct message *m = find(s, name);
	const char *arrow = strstr(rest, " => ");
	char *out = calloc(1, STREAM_BYTES + 1);
	size_t old = arrow ? (size_t)(arrow - rest) : 0;
	uint8_t *at = m && arrow ? memmem(m->bytes, m->n, rest, old) : NULL;
	size_t n = 0;

	if (!at || !out) {
		free(out);
		return -1;
	}
	n = (size_t)(at - m->bytes);
	memcpy(out, m->bytes, n);
	for (const char *p = arrow + 4; *p; p++) {
		bool line = p[0] == '\\' && p[1] == 'n';

		if (line)
			out[n++] = '\r';
		out[n++] = line ? '\n' : *p;
		p += line;
	}
	memcpy(out + n, at + old, m->n - (size_t)(at - m->bytes) - old);
	m->n = n + m->n - (size_t)(at - m->bytes) - old;
	memcpy(m->bytes, out, m->n);
	free(out);
	return 0;
}

/* "sha1 -": begins anew with a call bound by SHA1. */
static int sha1(struct stream *s, const char *name, const char *rest)
{
	(void)name;
	(void)rest;
	stream_init(s, SSTP_HASH_SHA1);
	return 0;
}

static int port(struct stream *s, const char *name, const char *rest)
{
	(void)rest;
	s->port = (uint16_t)strtoul(name, NULL, 10);
	return 0;
}

static int twice(struct stream *s, const char *name, const char *rest)
{
	(void)name;
	(void)rest;
	s->calls = 2;
	return 0;
}

/* "proxy - HEAD": the call goes through a proxy, which was asked so. */
static int proxy(struct stream *s, const char *name, const char *rest)
{
	size_t n = 0;

	(void)name;
	for (; *rest && n < sizeof(s->proxy) - 3; rest++) {
		bool line = rest[0] == '\\' && rest[1] == 'n';

		if (line)
			s->proxy[n++] = '\r';
		s->proxy[n++] = line ? '\n' : *rest;
		rest += line;
	}
	return 0;
}

static enum way way_named(const char *name)
{
	return strcmp(name, "client") ? WAY_TO_CLIENT : WAY_TO_SERVER;
}

/* "close fin|reset|capture|evicted client|server": how the connection ends, and by whom. */
static int close_how(struct stream *s, const char *name, const char *rest)
{
	static const struct {
		const char *name;
		enum flow_end how;
	} hows[] = {{"fin", FLOW_END_FIN},
		    {"reset", FLOW_END_RESET},
		    {"capture", FLOW_END_CAPTURE},
		    {"evicted", FLOW_END_EVICTED}};

	s->by = way_named(rest);
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		if (!strcmp(name, hows[i].name)) {
			s->how = hows[i].how;
			return 0;
		}
	return -1;
}

/* "middle -": the capture lacks the beginning. */
static int middle(struct stream *s, const char *name, const char *rest)
{
	(void)name;
	(void)rest;
	s->middle = true;
	return 0;
}

/* "unanswered -": there is no ServerHello. */
static int unanswered(struct stream *s, const char *name, const char *rest)
{
	(void)name;
	(void)rest;
	s->unanswered = true;
	return 0;
}

/* "alert client|server NUMBER": a TLS alert at the end. */
static int alert(struct stream *s, const char *name, const char *rest)
{
	s->alert_way = way_named(name);
	s->alert = (uint8_t)strtoul(rest, NULL, 10);
	return s->alert ? 0 : -1;
}

/* "closed client|server TEXT": what the side sends cannot be read. */
static int closed(struct stream *s, const char *name, const char *rest)
{
	snprintf(s->closed[way_named(name)], sizeof(s->closed[0]), "%s", rest);
	return 0;
}

/* "password USER:PASSWORD", or "password -" for none. */
static int password(struct stream *s, const char *name, const char *rest)
{
	static char room[64];

	(void)rest;
	snprintf(room, sizeof(room), "%s", name);
	s->password = strcmp(name, "-") ? room : NULL;
	return 0;
}

int stream_damage(struct stream *s, const char *command)
{
	static const struct {
		const char *name;
		int (*run)(struct stream *, const char *, const char *);
	} commands[] = {
		{"put", put},
		{"patch", patch},
		{"ppp", ppp},
		{"drop", drop_named},
		{"end", end_after},
		{"after", after},
		{"move", move},
		{"wait", wait_before},
		{"text", text},
		{"sha1", sha1},
		{"port", port},
		{"twice", twice},
		{"proxy", proxy},
		{"password", password},
		{"close", close_how},
		{"middle", middle},
		{"alert", alert},
		{"closed", closed},
		{"unanswered", unanswered},
	};
	char verb[16];
	char name[40];
	int used = 0;

	if (sscanf(command, "%15s %39s%n", verb, name, &used) != 2)
		return -1;
	command += used + (command[used] == ' ');
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(verb, commands[i].name))
			return commands[i].run(s, name, command);
	return -1;
}

/* What turns messages into units of a call. */
struct feed {
	struct calls_conn *call;
	struct units *units;
};

static void take_unit(void *ctx, const struct unit *u)
{
	struct feed *f = ctx;

	calls_unit(f->call, u);
}

static void set_peers(struct flow_conn *conn, const struct stream *s)
{
	static const uint8_t client[4] = {10, 0, 0, 2};
	static const uint8_t server[4] = {10, 0, 0, 3};

	conn->peer[WAY_TO_SERVER] = (struct flow_peer){.version = 4, .port = 40000};
	conn->peer[WAY_TO_CLIENT] = (struct flow_peer){.version = 4, .port = s->port};
	memcpy(conn->peer[WAY_TO_SERVER].ip, client, 4);
	memcpy(conn->peer[WAY_TO_CLIENT].ip, server, 4);
}

/* Shows the request to the proxy as the packet that it is. */
static void ask_proxy(const struct stream *s, struct calls *k, struct flow_conn *conn)
{
	struct frame frame = {.origin = {1, START_NS}};
	struct packet headers = {.frame = &frame};
	struct flow_packet p = {.headers = &headers, .conn = conn, .way = WAY_TO_SERVER};

	if (!s->proxy[0])
		return;
	headers.tcp.payload = (const uint8_t *)s->proxy;
	headers.tcp.n = (uint32_t)strlen(s->proxy);
	conn->kind = FLOW_UNKNOWN;
	calls_packet(k, &p);
	conn->kind = FLOW_TLS;
	conn->proxied = true;
}

/* Ends the connection as the stream says. */
static void end_call(const struct stream *s, struct feed *f, struct flow_conn *conn,
		     struct origin *now)
{
	struct note note = {.kind = NOTE_ALERT, .way = s->alert_way};

	if (s->alert) {
		note.at = *now;
		note.count = 2 << 8 | s->alert;
		calls_note(f->call, &note);
	}
	for (int w = 0; w < WAYS; w++) {
		struct note why = {NOTE_CLOSED, (enum way)w, *now, 0, 0, s->closed[w]};

		if (s->closed[w][0])
			calls_note(f->call, &why);
	}
	for (int i = 0; i < WAYS; i++) {
		enum way w = i ? way_back(s->by) : s->by;

		units_end(f->units, w);
		if (s->how != FLOW_END_FIN)
			continue;
		now->frame++;
		conn->last = *now;
		calls_finished(f->call, w);
	}
	calls_closed(f->call, s->how, s->by);
}

static void run_call(const struct stream *s, struct calls *k, uint32_t number, uint64_t *frame)
{
	struct tls_facts facts = {.version = TLS_1_2, .has_cert_hash = true};
	struct flow_conn conn = {
		.number = number, .kind = FLOW_TLS, .middle = s->middle, .tls = &facts};
	struct origin now = {++*frame, START_NS};
	struct feed f;

	facts.client_hello = true;
	facts.server_hello = !s->unanswered;
	memcpy(facts.cert_sha1, s->cert_sha1, sizeof(facts.cert_sha1));
	memcpy(facts.cert_sha256, s->cert_sha256, sizeof(facts.cert_sha256));
	set_peers(&conn, s);
	ask_proxy(s, k, &conn);
	conn.first = conn.last = now;
	f.call = calls_opened(k, &conn);
	f.units = units_new(take_unit, &f);
	for (size_t i = 0; i < s->n; i++) {
		const struct message *m = &s->message[i];
		struct tls_data d = {.way = m->way, .bytes = {m->bytes, m->n}};

		now.frame = ++*frame;
		now.ns += m->wait_ms * NS_MS;
		d.number = i + 1;
		d.first = d.last = conn.last = now;
		units_data(f.units, &d);
	}
	end_call(s, &f, &conn, &now);
	units_free(f.units);
}

void stream_judge(const struct stream *s, const struct calls_sink *sink, void *ctx)
{
	struct calls_config how = {.secrets = call_secrets_new()};
	char why[SECRETS_WHY];
	struct calls *k;
	uint64_t frame = 0;

	if (s->password && call_secrets_password(how.secrets, s->password, why) < 0)
		abort();
	k = calls_new(&how, sink, ctx);
	for (unsigned i = 0; i < s->calls; i++)
		run_call(s, k, i, &frame);
	calls_free(k);
	call_secrets_free(how.secrets);
}
