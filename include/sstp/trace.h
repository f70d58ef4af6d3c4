/* SPDX-License-Identifier: MIT */
/*
 * What happened inside a link: one record for every message, state change, timer, fault and drop.
 * The owner lends a ring of them (struct sstp_config) and drains it with sstp_link_trace(); without
 * a ring tracing costs one branch. Records hold no secrets: passwords and responses are cut out
 * before they are stored.
 */
#ifndef SSTP_TRACE_H
#define SSTP_TRACE_H

#include <stddef.h>
#include <stdint.h>

enum sstp_layer {
	SSTP_LAYER_LINK,
	SSTP_LAYER_HTTP,
	SSTP_LAYER_SSTP,
	SSTP_LAYER_PPP,
	SSTP_LAYER_LCP,
	SSTP_LAYER_PAP,
	SSTP_LAYER_CHAP,
	SSTP_LAYER_EAP,
	SSTP_LAYER_IPCP,
	SSTP_LAYER_IPV6CP,
	SSTP_LAYER_CCP,
	SSTP_LAYERS
};

enum sstp_trace_kind {
	SSTP_TRACE_RX,    /* bytes: a message received */
	SSTP_TRACE_TX,    /* bytes: a message sent */
	SSTP_TRACE_STATE, /* name: the machine (NULL = the layer's only one); from, to */
	SSTP_TRACE_TIMER, /* name: the timer that expired */
	SSTP_TRACE_FAULT, /* err, off: where in the message */
	SSTP_TRACE_DROP,  /* err, value: the PPP protocol or SSTP type dropped */
	SSTP_TRACE_NOTE,  /* name; value */
	SSTP_TRACE_KINDS
};

#define SSTP_TRACE_BYTES 176

struct sstp_trace {
	uint64_t now;  /* ms on the clock of the caller */
	uint8_t kind;  /* enum sstp_trace_kind */
	uint8_t layer; /* enum sstp_layer */
	int16_t err;
	uint32_t off;
	uint32_t value;
	const char *name; /* static text */
	const char *from; /* static text */
	const char *to;   /* static text */
	uint16_t len;     /* the message's whole length */
	uint16_t kept;    /* how many of its bytes are in `bytes` */
	uint8_t bytes[SSTP_TRACE_BYTES];
};

/*
 * Renders a record as one line of text without a line end into buf (n at least 1), and returns its
 * length. What does not fit is cut off. The form: "TIME MARK LAYER WORDS key=value ..." with the
 * marks < received, > sent, = state, @ timer, ! fault, - dropped, * note.
 */
size_t sstp_trace_text(const struct sstp_trace *t, char *buf, size_t n);
/*
 * Renders a record as one JSON object on one line, without a line end. Keys: t, kind, layer, and,
 * where they apply, text, name, from, to, error, off, len, hex.
 */
size_t sstp_trace_json(const struct sstp_trace *t, char *buf, size_t n);
/* Returns the layer's name in lower case. */
const char *sstp_layer_name(enum sstp_layer layer);

#endif
