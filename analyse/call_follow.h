/* SPDX-License-Identifier: MIT */
/*
 * What the files that follow a call (call_*.c) share. Each on_x takes what was seen and notes it in
 * the call; none judges it (judge.h) and none prints. For the files of this folder that make calls.
 */
#ifndef ANALYSE_CALL_FOLLOW_H
#define ANALYSE_CALL_FOLLOW_H

#include "analyse/call.h"
#include "analyse/look.h"

/* --- small helpers: call.c --- */

/* Keeps bytes that a peer chose as printable text in *to, at most `most` of them, in place of what
 * was there. */
void call_keep(char **to, struct view bytes, size_t most);
/* Marks that a phase began, or is done, with this packet, if that was not known before. */
void call_begin(struct call *c, enum call_phase p, struct origin at);
void call_done(struct call *c, enum call_phase p, struct origin at);
/* Notes that a side ends the call, if nobody did before. */
void call_ends(struct call *c, enum way by, struct origin at);

/* --- the ladder: call_steps.c --- */

/* Adds a step with a text, which is copied; NULL for none. */
void call_step(struct call *c, enum call_step_kind kind, enum way way, struct origin at,
	       const char *text);
/* Counts a packet of IP, in the step before if that has some too. */
void call_step_data(struct call *c, enum way way, struct origin at, uint64_t bytes);
void call_steps_fini(struct call_steps *s);
/* Adds bytes to the throughput plot, if there is one. */
void call_plot_add(struct call *c, enum way way, uint64_t ns, uint64_t bytes);

/* --- what was seen --- */

/* call_http.c: a request or reply head. */
void call_on_http(struct call *c, const struct look *l);
/* call_http.c: the head of a CONNECT to a proxy, or its answer. */
void call_on_proxy(struct call *c, const struct look *l);
/* call_sstp.c: a control packet. */
void call_on_control(struct call *c, const struct look *l);
/* call_sstp.c: an echo is asked for; it is answered, which counts if a request waits for it. */
void call_echo_asked(struct call_echo *e, struct origin at);
void call_echo_answered(struct call_echo *e, struct origin at);
/* call_ppp.c: a data packet. */
void call_on_data(struct call *c, const struct look *l);
/* call_auth.c: a packet of PAP, CHAP or EAP. */
void call_on_auth(struct call *c, const struct look *l);
/* call_auth.c: the server's Authentication-Protocol option was acknowledged. */
void call_on_auth_option(struct call *c, struct rd value);
/*
 * call_binding.c: takes CALL_CONNECT_ACK's nonce, and checks what CALL_CONNECTED can be checked for
 * without a key. Before judging, for the rules ask for it.
 */
void call_on_binding(struct call *c, const struct look *l);
/*
 * call_state.c: moves both sides on in the state tables. Returns NULL, or in words what is wrong
 * with the sender's sending this.
 */
const char *call_on_state(struct call *c, const struct look *l);

#endif
