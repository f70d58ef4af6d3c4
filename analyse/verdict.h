/* SPDX-License-Identifier: MIT */
/*
 * The verdict on a call: one line that says how it went, and, when it failed, what the cause is and
 * what to look at, for whoever runs the server or the client. From the facts of the call only.
 */
#ifndef ANALYSE_VERDICT_H
#define ANALYSE_VERDICT_H

#include "analyse/call.h"

#define VERDICT_TEXT 800

/* Writes the verdict on a call that is over, or cut off by the end of the capture; returns how bad
 * it is. */
enum severity verdict_write(const struct call *c, char text[VERDICT_TEXT]);
/* Returns the packet that the verdict is about: the one that ended the call. */
struct origin verdict_at(const struct call *c);

#endif
