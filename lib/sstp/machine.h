/* SPDX-License-Identifier: MIT */
/*
 * The SSTP state machines of MS-SSTP 3.1 to 3.3, client and server, as tables (client.c, server.c):
 * an event in a state gives actions and the next state. This file's object runs the tables: it
 * parses, checks, executes the actions on its own queue and timers, and leaves flags for the link,
 * which owns it and PPP. It knows nothing of HTTP and PPP.
 */
#ifndef LIB_SSTP_MACHINE_H
#define LIB_SSTP_MACHINE_H

#include "sstp/link.h"
#include "lib/base/drbg.h"
#include "lib/base/outq.h"
#include "lib/base/timer.h"
#include "lib/base/tracer.h"
#include "lib/sstp/packet.h"
#include "lib/sstp/binding.h"

enum sstp_state {
	SSTP_DISCONNECTED,           /* C0, V0: before HTTP is done, and after the call */
	SSTP_REQUEST_SENT,           /* C1 Client_Connect_Request_Sent */
	SSTP_ACK_RECEIVED,           /* C2 Client_Connect_Ack_Received */
	SSTP_REQUEST_PENDING,        /* V1 Server_Connect_Request_Pending */
	SSTP_CONNECTED_PENDING,      /* V2 Server_Call_Connected_Pending */
	SSTP_CONNECTED,              /* C3, V3 */
	SSTP_DISCONNECT_ACK_PENDING, /* Call_Disconnect_Ack_Pending */
	SSTP_DISCONNECT_TIMEOUT_PENDING,
	SSTP_ABORT_PENDING,
	SSTP_ABORT_TIMEOUT_PENDING,
	SSTP_STATES
};

/* What the link has to do; bits, cleared by machine_flags(). */
enum machine_flag {
	MACHINE_PPP_UP = 1 << 0,    /* ACK sent or received: ppp_up() */
	MACHINE_CONNECTED = 1 << 1, /* CALL_CONNECTED sent or verified: data may flow */
	MACHINE_PPP_DOWN = 1 << 2,  /* the call is ending: ppp_down() */
	MACHINE_CLOSED = 1 << 3,    /* the call is over: send the output, close TLS */
};

struct machine {
	enum sstp_role role;
	enum sstp_state state;
	unsigned flags;
	/* configuration */
	uint8_t hashes;
	uint8_t cert_sha1[20];
	uint8_t cert_sha256[32];
	uint32_t negotiation_ms;
	uint32_t hello_ms;
	/* the call */
	uint8_t nonce[SSTP_NONCE];
	uint8_t hash; /* in use; 0 before it is chosen */
	bool have_key;
	uint8_t hlak[SSTP_HLAK];
	bool held; /* server: CALL_CONNECTED came before the key */
	uint8_t held_msg[SSTP_CONNECTED_LEN];
	uint8_t retries;  /* requests resent, or NAKs sent */
	uint64_t last_rx; /* when the last packet came; hello counts from it */
	uint64_t echo_at; /* when hello expired and an echo request went out; it counts only while
			     it is later than last_rx */
	struct timer negotiation;
	struct timer closing; /* the abort or disconnect timer of the state */
	uint64_t dropped;     /* control messages ignored in the state they came in */
	uint32_t impossible;  /* events that the tables call impossible: 0, or there is a bug */
	/* why the call ends: the first reason stays */
	struct sstp_why why;
	char message[64]; /* what why.message points to: the peer's status in words */
	struct outq *out;
	struct drbg *random;
	struct tracer *trace;
};

/* Makes a machine in SSTP_DISCONNECTED; out, random and trace are borrowed. */
void machine_init(struct machine *m, const struct sstp_config *cfg, struct outq *out,
		  struct drbg *random, struct tracer *trace);
/* Wipes the key. */
void machine_fini(struct machine *m);
/* HTTP is done (3.2.4.1, 3.3.7.2): the client sends its request, the server waits for it. */
void machine_start(struct machine *m, uint64_t now);
/* Takes one whole control packet, header included, header already parsed as sane. */
void machine_control(struct machine *m, struct rd packet, uint64_t now);
/* Notes that a data packet came: restarts Hello, a single store. */
static inline void machine_data(struct machine *m, uint64_t now)
{
	m->last_rx = now;
}
/* The stream cannot be delineated (3.1.5.1): the call ends without a message. */
void machine_delineation(struct machine *m, int err, uint64_t now);
/* Inner authentication finished (3.2.7.1, 3.3.7.1): the key is here; the client sends
 * CALL_CONNECTED. */
void machine_authenticated(struct machine *m, const uint8_t hlak[SSTP_HLAK], uint64_t now);
/* The higher layer or the administrator ends the call (3.2.4.2, 3.3.4). why is kept. */
void machine_disconnect(struct machine *m, const struct sstp_why *why, uint64_t now);
/* A local fault that CALL_ABORT must tell (a missing key: BINDING_NO_KEY). */
void machine_abort(struct machine *m, int err, uint8_t attrib, uint32_t status, uint64_t now);
/* The lower layer is gone (3.1.7.2): clean up, no message. */
void machine_eof(struct machine *m, uint64_t now);
/* Returns and clears the flags. */
unsigned machine_flags(struct machine *m);
/* Returns whether PPP control frames pass in this state, either way (3.2.7.1, 3.3.7.1). */
static inline bool machine_passes_control(const struct machine *m)
{
	return m->state == SSTP_ACK_RECEIVED || m->state == SSTP_CONNECTED_PENDING ||
	       m->state == SSTP_CONNECTED;
}
/* Returns when machine_tick() is due, TIME_NEVER for never. */
uint64_t machine_deadline(const struct machine *m);
/* Runs what is due. */
void machine_tick(struct machine *m, uint64_t now);
/* Returns the state's name in MS-SSTP's words, in lower case with dashes. */
const char *sstp_state_name(enum sstp_state state);

#endif
