/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the SSTP machine, both roles, with its owner's doors and a virtual clock. Its messages
 * must be well-formed, its deadlines must move, a call ends once, and a server is never connected
 * without a right crypto binding.
 *
 * Input: role, then operations: code, argument, and for OP_FEED as many bytes as the argument says.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sstp/machine.h"
#include "sstp/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	OP_FEED,
	OP_GOOD,
	OP_DATA,
	OP_WAIT,
	OP_DEADLINE,
	OP_KEY,
	OP_CLOSE,
	OP_FAULT,
	OP_EOF,
	OP_NOISE,
	OPS
};

struct run {
	struct machine m;
	struct outq out;
	struct drbg random;
	struct tracer trace;
	struct sstp_trace ring[16];
	uint64_t now;
	bool bound; /* a CALL_CONNECTED with the right binding was fed */
	bool closed;
};

static const uint8_t key[SSTP_HLAK] = {1, 2, 3};

static void must(bool good)
{
	if (!good)
		abort();
}

/* Checks what the machine wants done, and does it. */
static void attend(struct run *r)
{
	struct sstp_trace t;
	const uint8_t *p;
	unsigned flags = machine_flags(&r->m);
	size_t n;

	while ((n = outq_peek(&r->out, &p))) {
		struct sstp_header h;

		must(n >= 8 && !sstp_parse_header(p, &h) && h.control && h.length == n);
		must(p[1] == 1 && !(p[2] & 0xf0)); /* reserved bits */
		must(p[4] == 0 && p[5] > SSTP_MSG_NONE && p[5] < SSTP_MSGS);
		must(!r->closed);
		outq_sent(&r->out, n);
	}
	while (tracer_next(&r->trace, &t))
		;
	if (flags & MACHINE_CLOSED) {
		must(!r->closed);
		r->closed = true;
	}
	must(r->closed == (r->m.state == SSTP_DISCONNECTED));
	must(!r->closed || r->m.why.who != SSTP_BY_NOBODY);
	must(!r->closed || machine_deadline(&r->m) == TIME_NEVER);
	must(r->m.impossible == 0);
	must(r->m.role == SSTP_CLIENT || r->m.state != SSTP_CONNECTED || r->bound);
}

static void feed(struct run *r, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n);

	must(copy != NULL);
	memcpy(copy, p, n);
	copy[0] = SSTP_VERSION;
	copy[1] |= 1;
	copy[2] = (uint8_t)(n >> 8);
	copy[3] = (uint8_t)n;
	machine_control(&r->m, rd_init(copy, n), r->now);
	free(copy);
}

/* Feeds the message of a type as a good peer sends it. */
static void feed_good(struct run *r, unsigned type)
{
	uint8_t msg[SSTP_CONNECTED_LEN];
	struct wr w = wr_init(msg, sizeof(msg));
	struct sstp_refusal refusal = {1, 4, {key, 2}};

	switch (type % SSTP_MSGS) {
	case SSTP_MSG_CALL_CONNECT_REQUEST:
		sstp_put_request(&w);
		break;
	case SSTP_MSG_CALL_CONNECT_ACK:
		sstp_put_ack(&w, type & 0x40 ? 1 : 3, key);
		break;
	case SSTP_MSG_CALL_CONNECT_NAK:
		sstp_put_nak(&w, &refusal, 1);
		break;
	case SSTP_MSG_CALL_CONNECTED:
		sstp_put_connected(&w, 2, r->m.nonce, r->m.cert_sha256);
		binding_seal(msg, key);
		r->bound = true;
		break;
	case SSTP_MSG_CALL_ABORT:
		sstp_put_abort(&w, 2, 7);
		break;
	case SSTP_MSG_CALL_DISCONNECT:
		sstp_put_disconnect(&w);
		break;
	default:
		sstp_put_plain(&w, type % SSTP_MSGS);
	}
	feed(r, msg, wr_len(&w));
}

static void go_to_deadline(struct run *r)
{
	uint64_t at = machine_deadline(&r->m);

	if (at == TIME_NEVER)
		return;
	r->now = at > r->now ? at : r->now;
	machine_tick(&r->m, r->now);
	must(machine_deadline(&r->m) > r->now);
}

static void do_op(struct run *r, unsigned op, uint8_t arg, const uint8_t *bytes, size_t n)
{
	static const struct sstp_why why = {.who = SSTP_BY_US, .err = SSTP_E_USER};

	switch (op) {
	case OP_FEED:
		if (n >= SSTP_HEADER)
			feed(r, bytes, n);
		break;
	case OP_GOOD:
		feed_good(r, arg);
		break;
	case OP_DATA:
		machine_data(&r->m, r->now);
		break;
	case OP_WAIT:
		r->now += (uint64_t)arg * arg;
		machine_tick(&r->m, r->now);
		break;
	case OP_DEADLINE:
		go_to_deadline(r);
		break;
	case OP_KEY:
		/* PPP, which has the key, runs in these states only. */
		if (machine_passes_control(&r->m))
			machine_authenticated(&r->m, key, r->now);
		break;
	case OP_CLOSE:
		machine_disconnect(&r->m, &why, r->now);
		break;
	case OP_FAULT:
		machine_abort(&r->m, SSTP_E_BINDING_NO_KEY, 3, 4, r->now);
		break;
	case OP_EOF:
		machine_eof(&r->m, r->now);
		break;
	case OP_NOISE:
		machine_delineation(&r->m, SSTP_E_VERSION, r->now);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run r;
	struct sstp_config cfg = {0};
	struct rd in = rd_init(data, size);
	const uint8_t seed[32] = {1};

	memset(&r, 0, sizeof(r));
	cfg.role = rd_u8(&in) & 1 ? SSTP_SERVER : SSTP_CLIENT;
	outq_init(&r.out);
	drbg_init(&r.random, seed);
	tracer_init(&r.trace, r.ring, 16);
	machine_init(&r.m, &cfg, &r.out, &r.random, &r.trace);
	machine_start(&r.m, 0);
	attend(&r);
	while (rd_left(&in) >= 2) {
		unsigned op = rd_u8(&in) % OPS;
		uint8_t arg = rd_u8(&in);
		size_t n = op == OP_FEED ? arg : 0;
		const uint8_t *bytes;

		n = n < rd_left(&in) ? n : rd_left(&in);
		bytes = rd_take(&in, n);
		do_op(&r, op, arg, bytes, n);
		attend(&r);
	}
	machine_fini(&r.m);
	return 0;
}
