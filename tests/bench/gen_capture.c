/* SPDX-License-Identifier: MIT */
/*
 * Makes a large capture of bulk SSTP calls, with its key log, for benchmarks of sstpdump:
 *
 *	gen_capture OUT.pcap OUT.keylog MEGABYTES
 *
 * Four calls run at once, each a real one between two links of libsstp over OpenSSL: AES-128-GCM
 * and AES-256-GCM, each with TLS 1.2 (key exchange ECDHE) and TLS 1.3. Two of them fill TLS records
 * of 16 KiB, two send one SSTP packet a record. Inside, a TCP stream is downloaded: full segments
 * from the server, an acknowledgement for every other from the client; in the turn of an upload the
 * other way round. User "bench", password "bench".
 */
#include "tests/unit/analyse_peers.h"

#include "sstp/link.h"

#define CALLS     4
#define PACKET    1400 /* of inner IP, full */
#define HEADERS   52   /* of inner IP and TCP, with timestamps */
#define TURN      64   /* packets that a call sends in its turn */
#define FLUSH_AT  (4u << 20)
#define ACK_EVERY 4 /* segments, outside and */
#define ACK_INNER 2 /* inside */
#define UPLOADS   8 /* one turn in so many */

struct call {
	struct peers peers;
	struct sstp_link *link[WAYS];
	bool full; /* fills records */
	bool up[WAYS];
	bool ending;
	unsigned unacked;
	unsigned turns;
	uint16_t id[WAYS];  /* of the last inner packet */
	uint32_t seq[WAYS]; /* of the inner stream */
};

static const struct peers_how hows[CALLS] = {
	{.version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"},
	{.version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES256-GCM-SHA384"},
	{.version = TLS1_3_VERSION, .ciphers = "TLS_AES_128_GCM_SHA256"},
	{.version = TLS1_3_VERSION, .ciphers = "TLS_AES_256_GCM_SHA384"},
};

static struct call calls[CALLS];
static struct wire wire;
static uint64_t written;

/* Writes what was made so far once it is much, or at the end. */
static void flush(FILE *out, bool all)
{
	if (!all && wire.n < FLUSH_AT)
		return;
	peers_check(fwrite(wire.p, 1, wire.n, out) == wire.n, "writing");
	written += wire.n;
	wire.n = 0;
}

/* Moves flights of TLS into segments, with an acknowledgement now and then. */
static void pump(struct call *c)
{
	static uint8_t flight[1 << 20];
	struct peers *p = &c->peers;

	for (int w = 0; w < WAYS; w++) {
		int n = BIO_read(SSL_get_wbio(p->ssl[w]), flight, sizeof(flight));

		if (n <= 0)
			continue;
		for (int at = 0; at < n;) {
			int some = n - at < (int)p->tcp.mss ? n - at : (int)p->tcp.mss;

			wire_segment(&wire, &p->tcp, (enum way)w, TCP_ACK | TCP_PSH, flight + at,
				     (size_t)some);
			at += some;
			if (++c->unacked % ACK_EVERY == 0)
				wire_segment(&wire, &p->tcp, (enum way) !w, TCP_ACK, NULL, 0);
		}
		peers_check(BIO_write(SSL_get_rbio(p->ssl[!w]), flight, n) == n, "BIO_write");
	}
}

/* Answers what an end of the call asks its owner. */
static void attend(struct call *c, int end)
{
	static const struct sstp_addresses addresses = {
		.ip4_local = {10, 9, 0, 1},
		.ip4_peer = {10, 9, 0, 2},
		.ip6_local_id = {0, 0, 0, 0, 0, 0, 0, 1},
		.ip6_peer_id = {0, 0, 0, 0, 0, 0, 0, 2},
	};
	struct sstp_auth_answer answer = {.verdict = SSTP_ANSWER_SECRET, .has_password = true};
	struct sstp_event ev;

	while (sstp_link_event(c->link[end], &ev)) {
		if (ev.type == SSTP_EV_NEED_AUTH) {
			strcpy(answer.password, "bench");
			sstp_link_answer(c->link[end], &answer, 1);
		} else if (ev.type == SSTP_EV_NEED_ADDRESS) {
			sstp_link_assign(c->link[end], &addresses, 1);
		} else if (ev.type == SSTP_EV_IP4_UP) {
			c->up[end] = true;
		}
		peers_check(ev.type != SSTP_EV_DOWN || c->ending, "the call");
	}
}

/* Moves what each link says through TLS to the other. */
static void exchange(struct call *c)
{
	uint8_t bytes[16384];
	const uint8_t *out;

	for (int end = 0; end < WAYS; end++) {
		size_t n;
		int got;

		attend(c, end);
		while ((n = sstp_link_output(c->link[end], &out))) {
			SSL_write(c->peers.ssl[end], out, (int)n);
			sstp_link_sent(c->link[end], n);
		}
		pump(c);
		while ((got = SSL_read(c->peers.ssl[!end], bytes, sizeof(bytes))) > 0) {
			sstp_link_input(c->link[!end], bytes, (size_t)got, 1);
			attend(c, !end);
		}
	}
}

static void bring_up(struct call *c)
{
	for (int i = 0; i < 1000 && !(c->up[0] && c->up[1]); i++)
		exchange(c);
	peers_check(c->up[0] && c->up[1], "bringing the call up");
}

/* The client ends the call: PPP, then SSTP, then TLS and TCP. */
static void end_call(struct call *c)
{
	c->ending = true;
	sstp_link_close(c->link[WAY_TO_SERVER], 0, 1);
	for (int i = 0; i < 10; i++)
		exchange(c);
	peers_close(&c->peers);
}

/* Makes the links of a call; the certificate's hashes are real, so that its binding verifies. */
static void make_links(struct call *c, uint8_t number)
{
	for (int end = 0; end < WAYS; end++) {
		struct sstp_config cfg = {
			.role = end == WAY_TO_SERVER ? SSTP_CLIENT : SSTP_SERVER,
			.host = end == WAY_TO_SERVER ? "vpn.test.example" : NULL,
			.user = "bench",
			.password = "bench",
			.auth = {SSTP_AUTH_MSCHAPV2},
			.seed = {(uint8_t)(number * 2 + end + 1)},
		};

		X509_digest(c->peers.cert, EVP_sha1(), cfg.cert_sha1, NULL);
		X509_digest(c->peers.cert, EVP_sha256(), cfg.cert_sha256, NULL);
		c->link[end] = malloc(sstp_link_size());
		peers_check(c->link[end] && sstp_link_init(c->link[end], &cfg, 1) == 0, "link");
	}
}

/* Writes an inner packet of n bytes: headers, and what looks like something encrypted. */
static void put_inner(struct call *c, enum way way, uint8_t *to, uint16_t n)
{
	const uint16_t ports[WAYS] = {(uint16_t)(40000 + (c - calls)), 5201};
	static const char *const ends[WAYS] = {"\x0a\x09\0\x02", "\xc0\0\x02\x01"};
	struct wr w = wr_init(to, n);
	uint64_t some = c->seq[way] | 1u;

	wr_bytes(&w, "\x45\0", 2);
	wr_be16(&w, n);
	wr_be16(&w, ++c->id[way]);
	wr_bytes(&w, "\x40\0\x40\x06\0\0", 6);
	wr_bytes(&w, ends[way], 4);
	wr_bytes(&w, ends[!way], 4);
	wr_be16(&w, ports[way]);
	wr_be16(&w, ports[!way]);
	wr_be32(&w, c->seq[way]);
	wr_be32(&w, c->seq[!way]);
	wr_bytes(&w, "\x80\x10\x01\xf6\0\0\0\0\1\1\x08\x0a", 12);
	wr_be32(&w, 1000 + c->turns);
	wr_be32(&w, 999 + c->turns);
	while (wr_len(&w) + 4 <= n) {
		some = some * 6364136223846793005u + 1442695040888963407u;
		wr_be32(&w, (uint32_t)(some >> 32));
	}
	c->seq[way] += n - HEADERS;
}

/* Sends count inner packets of n bytes each in one direction. */
static void send_packets(struct call *c, enum way way, size_t count, uint16_t n)
{
	static uint8_t bytes[TURN * (SSTP_HEADROOM + PACKET)];
	static uint8_t waste[65536];
	size_t each = SSTP_HEADROOM + n;
	size_t record = c->full ? count * each : each;

	for (size_t i = 0; i < count; i++) {
		uint8_t *at = bytes + i * each + SSTP_HEADROOM;

		put_inner(c, way, at, n);
		peers_check(sstp_link_send(c->link[way], at, n, 1) == 0, "sending");
	}
	for (size_t at = 0; at < count * each; at += record)
		peers_check(SSL_write(c->peers.ssl[way], bytes + at, (int)record) > 0, "SSL_write");
	pump(c);
	while (SSL_read(c->peers.ssl[!way], waste, sizeof(waste)) > 0)
		;
}

/* Moves a piece of a download, now and then of an upload, and acknowledges it. */
static void take_turn(struct call *c)
{
	enum way way = ++c->turns % UPLOADS ? WAY_TO_CLIENT : WAY_TO_SERVER;

	send_packets(c, way, TURN, PACKET);
	send_packets(c, (enum way) !way, TURN / ACK_INNER, HEADERS);
}

static void start_call(int i)
{
	struct call *c = &calls[i];

	peers_init(&c->peers, &wire, &hows[i]);
	c->peers.tcp.client = (uint16_t)(50000 + i);
	c->full = i % 2 == 0;
	make_links(c, (uint8_t)i);
	peers_connect(&c->peers, NULL);
	peers_shake(&c->peers);
	bring_up(c);
}

int main(int argc, char **argv)
{
	uint64_t want = argc == 4 ? strtoull(argv[3], NULL, 10) << 20 : 0;
	FILE *out = want ? fopen(argv[1], "wb") : NULL;
	FILE *log = want ? fopen(argv[2], "w") : NULL;

	if (!out || !log) {
		fprintf(stderr, "usage: gen_capture OUT.pcap OUT.keylog MEGABYTES\n");
		return 2;
	}
	wire_init(&wire, 1);
	for (int i = 0; i < CALLS; i++)
		start_call(i);
	while (written + wire.n < want) {
		for (int i = 0; i < CALLS; i++)
			take_turn(&calls[i]);
		flush(out, false);
	}
	for (int i = 0; i < CALLS; i++) {
		end_call(&calls[i]);
		peers_check(fwrite(calls[i].peers.log, 1, calls[i].peers.log_n, log) ==
				    calls[i].peers.log_n,
			    "writing");
		for (int end = 0; end < WAYS; end++) {
			sstp_link_fini(calls[i].link[end]);
			free(calls[i].link[end]);
		}
		peers_fini(&calls[i].peers);
	}
	flush(out, true);
	wire_fini(&wire);
	return fclose(out) == 0 && fclose(log) == 0 ? 0 : 1;
}
