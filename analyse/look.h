/* SPDX-License-Identifier: MIT */
/*
 * A unit taken apart once, by libsstp's parsers, for all who follow and judge a call. Adds to them
 * only the bits that they leave out because receivers ignore them: reserved fields.
 */
#ifndef ANALYSE_LOOK_H
#define ANALYSE_LOOK_H

#include "analyse/units.h"
#include "lib/ppp/frame.h"
#include "lib/ppp/ppp.h"

#define LOOK_ATTRS 32 /* of a control packet; more are counted, but not looked at */

/* An attribute with its reserved bits. */
struct look_attr {
	struct sstp_attr attr;
	uint8_t reserved; /* the octet in front of the id */
	uint8_t r;        /* the four bits in front of the length */
	uint16_t at;      /* where in the packet */
};

/* A control packet. */
struct look_control {
	struct sstp_control c;
	int err;      /* the body is too short for a control message */
	unsigned n;   /* attributes found, of c.count */
	int attr_err; /* why attribute n could not be cut */
	size_t left;  /* octets behind the last attribute */
	struct look_attr attr[LOOK_ATTRS];
};

/* An HTTP head. Views into it; a header that is not there has no bytes, and a count of 0. */
struct look_http {
	bool request;
	struct view line;
	struct view word[2]; /* of the first line */
	struct view rest;
	struct view host, length, id, cookie, server, date, version;
	unsigned hosts, lengths, ids, cookies, codings, others;
	bool malformed;
};

struct look {
	const struct unit *unit;
	enum way way;
	uint8_t reserved; /* the seven bits beside C */
	uint8_t r;        /* the four bits in front of the length */
	struct rd body;   /* behind the header */
	union {
		struct look_control control; /* UNIT_CONTROL */
		struct look_http http;       /* UNIT_HTTP */
		struct {                     /* UNIT_DATA */
			struct ppp_frame frame;
			int frame_err;
			bool has_cp; /* cp is filled in: the protocol is one of PPP's own */
			struct cp_packet cp;
			int cp_err;
			bool is_ip;
			uint32_t ip_total; /* bytes that the IP header says; 0: it is malformed */
		} data;
	};
};

/* Takes u apart; *out points into it. */
void look_at(const struct unit *u, struct look *out);
/* Returns the type of a control packet, 0 for all else. */
unsigned look_type(const struct look *l);
/* Returns the first attribute with this id; NULL when there is none. */
const struct look_attr *look_find(const struct look *l, unsigned id);
/* Returns the protocol of a PPP frame in a data packet; 0 for all else. */
uint16_t look_protocol(const struct look *l);
/* Returns the octet at `at` of a reader, 0 behind its end. */
uint8_t look_octet(struct rd r, size_t at);
/* Returns whether all n octets from `at` on are zero; false when they are not all there. */
bool look_zero(struct rd r, size_t at, size_t n);

#endif
