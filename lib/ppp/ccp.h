/* SPDX-License-Identifier: MIT */
/*
 * The options of the Compression and Encryption Control Protocols (RFC 1962, RFC 1968, RFC 3078),
 * by name only: both protocols are refused by Protocol-Reject, for TLS encrypts already and
 * compressing before encrypting gives secrets away.
 */
#ifndef LIB_PPP_CCP_H
#define LIB_PPP_CCP_H

#include "lib/ppp/negotiate.h"

/* CCP's option rows. */
extern const struct cp_table ccp_options;
/* ECP's option rows. */
extern const struct cp_table ecp_options;

#endif
