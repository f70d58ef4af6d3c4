/* SPDX-License-Identifier: MIT */
/* The text of a field's node: its value alone, and its whole line in a tree. Wireshark's forms. */
#ifndef ANALYSE_FIELD_TEXT_H
#define ANALYSE_FIELD_TEXT_H

#include "analyse/field.h"
#include "lib/base/text.h"

/* How octets are written. */
enum field_octets {
	FIELD_OCTETS_PLAIN, /* 0a4e: -T fields */
	FIELD_OCTETS_COLON, /* 0a:4e: -T json */
};

/*
 * Appends a node's value: numbers in the field's base, names left out, strings as they are (they
 * may hold any byte: what the text is for must escape them). Protocols give their name, labels "1".
 */
void field_value_text(struct text *t, const struct field *f, enum field_octets how);
/* Returns whether a value's text may hold bytes that a peer has chosen. */
bool field_is_text(const struct field *f);
/* Appends a node's line: "Message Type: SSTP_MSG_CALL_CONNECT_ACK (0x0002)". Always printable. */
void field_line(struct text *t, const struct field *f);
/* Appends a point in time: "Nov 22, 2026 14:27:32.829650000 UTC", in the local time zone. */
void field_date_text(struct text *t, int64_t ns);
/* Appends a duration in seconds with nine digits behind the dot. */
void field_duration_text(struct text *t, int64_t ns);

#endif
