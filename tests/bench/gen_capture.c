/* SPDX-License-Identifier: MIT */
/*
 * Makes a large capture of bulk SSTP calls, with its key log, for benchmarks of sstpdump:
 *
 *	gen_capture OUT.pcap OUT.keylog MEGABYTES
 *
 * Four calls run at once, each a real one between two links of libsstp over OpenSSL: AES-128-GCM
 *and AES-256-GCM, each with TLS 1.2 (key exchange ECDHE) and TLS 1.3. Two of them fill TLS records
 *of 16 KiB, two send one SSTP packet a record. User "bench", password "bench".
 */
#include "tests/unit/analyse_peers.h"

#include "sstp/link.h"

#define CALLS     4
#define PACKET    1400 /* of inner IP */
#define TURN      64   /* packets that a call sends in its turn */
#define FLUSH_AT  (4u << 20)
#define ACK_EVERY 4

struct call {
	struct peers peers;
	struct sstp_link *link[WAYS];
	bool full; /* fills records */
	bool up[WAYS];
	unsigned unacked;
	uint32_t id; /* of the last inner packet */
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
static bool pump(struct call *c)
{
	static uint8_t flight[1 << 20];
	struct peers *p = &c->peers;
	bool moved = false;

	for (int w = 0; w < WAYS; w++) {
		int n = BIO_read(SSL_get_wbio(p->ssl[w]), flight, sizeof(flight));

		if (n <= 0)
			continue;
		moved = true;
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
	return moved;
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
		peers_check(ev.type != SSTP_EV_DOWN, "the call");
	}
}

/* Moves what the links say through TLS until both are up. */
static void bring_up(struct call *c)
{
	uint8_t bytes[16384];
	const uint8_t *out;

	for (int turn = 0; turn < 1000 && !(c->up[0] && c->up[1]); turn++) {
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
	peers_check(c->up[0] && c->up[1], "bringing the call up");
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

/* Writes an inner UDP packet; what it carries is not worth looking at. */
static void put_inner(struct call *c, uint8_t *to)
{
	struct wr w = wr_init(to, PACKET);

	wr_bytes(&w, "\x45\0", 2);
	wr_be16(&w, PACKET);
	wr_be16(&w, (uint16_t)++c->id);
	wr_bytes(&w, "\x40\0\x40\x11\0\0\x0a\x09\0\x02\xc0\0\x02\x01", 14);
	wr_be16(&w, 5000);
	wr_be16(&w, 5001);
	wr_be16(&w, PACKET - 20);
	wr_be16(&w, 0);
	wr_zero(&w, PACKET - wr_len(&w));
}

/* Sends packets in the turn of a call: mostly from the server, as a download does. */
static void send_turn(struct call *c)
{
	static uint8_t bytes[TURN * (SSTP_HEADROOM + PACKET)];
	static uint8_t waste[65536];
	int end = c->id % 8 ? WAY_TO_CLIENT : WAY_TO_SERVER;
	size_t record = c->full ? sizeof(bytes) : SSTP_HEADROOM + PACKET;

	for (size_t i = 0; i < TURN; i++) {
		uint8_t *at = bytes + i * (SSTP_HEADROOM + PACKET) + SSTP_HEADROOM;

		put_inner(c, at);
		peers_check(sstp_link_send(c->link[end], at, PACKET, 1) == 0, "sending");
	}
	c->id += end == WAY_TO_SERVER;
	for (size_t at = 0; at < sizeof(bytes); at += record)
		peers_check(SSL_write(c->peers.ssl[end], bytes + at, (int)record) > 0, "SSL_write");
	pump(c);
	while (SSL_read(c->peers.ssl[!end], waste, sizeof(waste)) > 0)
		;
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
			send_turn(&calls[i]);
		flush(out, false);
	}
	for (int i = 0; i < CALLS; i++) {
		peers_close(&calls[i].peers);
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
