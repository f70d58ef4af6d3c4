/* SPDX-License-Identifier: MIT */
/*
 * Reads the keys of MS-CHAPv2 and EAP out of RADIUS (RFC 2865, RFC 2548 2.4) that passes in the
 * same capture, with the secret that the RADIUS server shares with the SSTP server: the HLAK is
 * MS-MPPE-Recv-Key, then MS-MPPE-Send-Key (MS-SSTP 3.2.5.2.2). Nothing else of RADIUS matters here.
 */
#ifndef ANALYSE_RADIUS_H
#define ANALYSE_RADIUS_H

#include "analyse/call_secrets.h"
#include "analyse/packet.h"

struct radius;

/* Makes a reader that adds keys to secrets, which it borrows; NULL without memory. */
struct radius *radius_new(struct call_secrets *secrets);
/* Frees r. NULL is allowed. */
void radius_free(struct radius *r);
/* Looks at a packet of the capture. */
void radius_packet(struct radius *r, const struct packet *p);

#endif
