/* SPDX-License-Identifier: MIT */
/*
 * Everything that writes calls for people and programs, one file a form: print_calls.c (--calls),
 * print_calls_json.c (--calls -T json), print_ladder.c (--ladder), print_html.c and print_svg.c
 * (--html), print_expert.c (--expert). They write to a stdio stream, read the call, and change
 * nothing. What a peer has chosen was made printable when the call took it.
 */
#ifndef ANALYSE_PRINT_CALL_H
#define ANALYSE_PRINT_CALL_H

#include "analyse/call.h"
#include "analyse/judge.h"

#include <stdio.h>

/* --- forms --- */

/* Writes a call as one block. */
void print_call(FILE *out, const struct call *c);
/* Writes a call as one JSON object on one line. */
void print_call_json(FILE *out, const struct call *c);
/* Writes a call as a ladder: client on the left, server on the right, time going down. */
void print_ladder(FILE *out, const struct call *c);
/* Writes a finding as one line. */
void print_finding(FILE *out, const struct call *c, const struct finding *f);

/* Writes what stands before, and behind, the calls of a page. */
void print_html_head(FILE *out);
void print_html_foot(FILE *out, uint32_t calls, uint64_t left_out);
/* Writes a call as a part of a page. */
void print_html_call(FILE *out, const struct call *c);
/* Writes the picture of its phases, its ladder and its throughput. */
void print_svg_phases(FILE *out, const struct call *c);
void print_svg_ladder(FILE *out, const struct call *c);
void print_svg_plot(FILE *out, const struct call *c);
/* Writes text so that it is only text in HTML. */
void print_html_text(FILE *out, const char *text);

/* --- words that several forms use; the text is valid until the fourth next call of its kind --- */

/* "10.0.0.1:443" or "[2001:db8::1]:443". */
const char *call_peer_text(const struct flow_peer *p);
/* "192.0.2.1". */
const char *call_ip4_text(const uint8_t ip[4]);
/* The link-local address with this identifier: "fe80::1". */
const char *call_ip6_id_text(const uint8_t id[8]);
/* Seconds with six digits. */
const char *call_seconds_text(uint64_t ns);
/* "2026-11-22 14:27:32.822685 UTC". */
const char *call_time_text(uint64_t ns);
/* The options that a side asked for and was granted: " mru=1400 magic=0x12345678"; "" for none. */
const char *call_options_text(const struct call *c, enum call_cp_id cp, enum way side);
/* "right", "WRONG" or "not checked". */
const char *call_check_text(enum call_check check);
/* By what a TLS stream was opened, in words. */
const char *call_opened_by_text(enum tls_by by);
/* Where the key of a crypto binding comes from, in words. */
const char *call_key_text(enum call_key key);
/* Returns a name server that the client was given: first or second, of DNS or WINS; false: none. */
bool call_name_server(const struct call *c, unsigned which, uint8_t ip[4]);
/* Returns the time since the call began. */
uint64_t call_since(const struct call *c, uint64_t ns);

#endif
