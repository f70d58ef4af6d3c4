/* SPDX-License-Identifier: MIT */
/*
 * The body of struct sstp_link, for the files of this room only. Everything a call needs is inside:
 * no pointer leads out of it but those that struct sstp_config lends.
 */
#ifndef LIB_LINK_BODY_H
#define LIB_LINK_BODY_H

#include "sstp/link.h"
#include "lib/base/drbg.h"
#include "lib/base/outq.h"
#include "lib/base/timer.h"
#include "lib/base/tracer.h"
#include "lib/http/http.h"
#include "lib/ppp/ppp.h"
#include "lib/ppp/ppp_body.h"
#include "lib/sstp/machine.h"

/* Where a link stands as a whole; SSTP and PPP have states of their own. */
enum link_phase { LINK_HTTP, LINK_SSTP, LINK_DOWN, LINK_PHASES };

#define LINK_EVENTS      32
#define LINK_FLOW_IP4    1
#define LINK_FLOW_IP6    2
#define LINK_TRACE_MIN   64   /* records that a lent ring must have */
#define LINK_PATIENCE_MS 2000 /* how long the network protocols wait for CALL_CONNECTED */
#define LINK_OUT_SPARE   6144 /* room in the output queue that a received packet may need */

/* An event as it waits; the rest of struct sstp_event comes from the link when it is handed out. */
struct link_event {
	uint8_t type;
	uint8_t auth;
	uint32_t value;
};

struct sstp_link {
	struct sstp_config cfg;
	enum link_phase phase;
	struct timer http_timer;

	/* the packet in flow */
	uint8_t *packet;
	size_t packet_len;
	uint8_t flows; /* LINK_FLOW_ bits: which IP versions may pass */
	uint16_t mtu;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, dropped;

	struct machine sstp;
	struct ppp ppp;
	struct drbg random;
	struct tracer trace;

	/* events waiting; the counters only grow */
	struct link_event events[LINK_EVENTS];
	uint32_t ev_head, ev_tail;

	/* server: the addresses given, until the network protocols may begin with them */
	struct sstp_addresses plan;
	bool planned;
	struct timer patience; /* with a client that wants IP first and CALL_CONNECTED then */

	/* from the HTTP head */
	char correlation_id[HTTP_ID_MAX + 1];
	char cookie[HTTP_COOKIE_MAX + 1];
	bool cookie_asked;
	bool bypass; /* authentication is not done in PPP on this call */
	bool sstpc;

	struct sstp_why why;
	char why_message[128];

	size_t have; /* bytes in `partial` */
	union {
		struct http http;                     /* LINK_HTTP */
		uint8_t partial[SSTP_PACKET_MAX + 1]; /* LINK_SSTP: a packet that came in pieces */
	};
	struct outq out;
};

#endif
