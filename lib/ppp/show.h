/* SPDX-License-Identifier: MIT */
/*
 * Names of what is in control frames, from the same rows that negotiation is driven by: for traces,
 * the analyser and fuzz dictionaries. ppp_show() is in ppp.h.
 */
#ifndef LIB_PPP_SHOW_H
#define LIB_PPP_SHOW_H

#include "lib/ppp/negotiate.h"

/* Returns the option rows of a control protocol, NULL when it has none here. */
const struct cp_table *cp_options_of(uint16_t protocol);
/* Returns the name of a control protocol's code ("configure-request"), NULL when it has none. */
const char *cp_code_name(uint16_t protocol, uint8_t code);

#endif
