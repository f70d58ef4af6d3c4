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

/* The layers, and the kinds of record with the fields that each fills: trace.def. */
enum sstp_layer {
#define LAYER(id, name) SSTP_LAYER_##id,
#include "sstp/trace.def"
#undef LAYER
	SSTP_LAYERS
};

enum sstp_trace_kind {
#define KIND(id, mark, name) SSTP_TRACE_##id,
#include "sstp/trace.def"
#undef KIND
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
