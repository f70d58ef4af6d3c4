/* SPDX-License-Identifier: MIT */
/*
 * The server's state table (MS-SSTP 3.3, with 3.1 for both roles). machine.c runs it. Statuses:
 * 5 UNACCEPTED_FRAME_RECEIVED, 6 RETRY_COUNT_EXCEEDED, 8 NEGOTIATION_TIMEOUT; 0 what the check
 * says.
 */
#include "lib/sstp/table.h"

#define ACCEPT ACT_SEND_ACK | ACT_PPP_UP | ACT_NEGOTIATION
#define BOUND  ACT_CONNECTED | ACT_HELLO
#define V1     SSTP_REQUEST_PENDING
#define V2     SSTP_CONNECTED_PENDING
#define V3     SSTP_CONNECTED
#define ATP    SSTP_ABORT_TIMEOUT_PENDING

/* clang-format off */
#define ROW(v0, v1, v2, v3, dap, dtp, ap, atp) {                                                   \
	[SSTP_DISCONNECTED] = v0, [SSTP_REQUEST_PENDING] = v1, [SSTP_CONNECTED_PENDING] = v2,      \
	[SSTP_CONNECTED] = v3, [SSTP_DISCONNECT_ACK_PENDING] = dap,                                \
	[SSTP_DISCONNECT_TIMEOUT_PENDING] = dtp, [SSTP_ABORT_PENDING] = ap,                        \
	[SSTP_ABORT_TIMEOUT_PENDING] = atp }

const struct cell server_table[MACHINE_EVENTS][SSTP_STATES] = {
	/*                           V0      Request_Pending   Connected_Pending Connected                     Disc_Ack_P  Disc_Tmo_P  Abort_P                 Abort_Tmo_P */
	[EV_START]             = ROW(GO(ACT_NEGOTIATION, V1), CANNOT, CANNOT,    CANNOT,                       CANNOT,     CANNOT,     CANNOT,                 CANNOT),
	[EV_REQUEST]           = ROW(IGNORE, GO(ACCEPT, V2),   ABORT(5),         ABORT(5),                     IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_REQUEST_BAD]       = ROW(CANNOT, STAY(ACT_SEND_NAK), CANNOT,         CANNOT,                       CANNOT,     CANNOT,     CANNOT,                 CANNOT),
	[EV_REQUEST_LIMIT]     = ROW(CANNOT, ABORT(6),         CANNOT,           CANNOT,                       CANNOT,     CANNOT,     CANNOT,                 CANNOT),
	[EV_ACK]               = ROW(IGNORE, ABORT(5),         ABORT(5),         ABORT(5),                     IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_NAK]               = ROW(IGNORE, ABORT(5),         ABORT(5),         ABORT(5),                     IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_NAK_LIMIT]         = ROW(CANNOT, CANNOT,           CANNOT,           CANNOT,                       CANNOT,     CANNOT,     CANNOT,                 CANNOT),
	[EV_CONNECTED]         = ROW(IGNORE, ABORT(5),         GO(BOUND, V3),    ABORT(5),                     IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_CONNECTED_EARLY]   = ROW(CANNOT, CANNOT,           STAY(ACT_HOLD),   CANNOT,                       CANNOT,     CANNOT,     CANNOT,                 CANNOT),
	[EV_ABORT]             = ROW(IGNORE, ANSWER,           ANSWER,           ANSWER,                       ANSWER,     IGNORE,     GO(ACT_ABORT_2, ATP),   IGNORE),
	[EV_DISCONNECT]        = ROW(IGNORE, LET_GO,           LET_GO,           LET_GO,                       LET_GO,     IGNORE,     IGNORE,                 IGNORE),
	[EV_DISCONNECT_ACK]    = ROW(IGNORE, ABORT(5),         ABORT(5),         ABORT(5),                     CLOSED,     IGNORE,     IGNORE,                 IGNORE),
	[EV_ECHO_REQUEST]      = ROW(IGNORE, ABORT(5),         ABORT(5),         STAY(ACT_SEND_ECHO_RESPONSE), IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_ECHO_RESPONSE]     = ROW(IGNORE, ABORT(5),         ABORT(5),         STAY(ACT_NOTHING),            IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_INVALID]           = ROW(IGNORE, ABORT(0),         ABORT(0),         ABORT(0),                     IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_AUTHENTICATED]     = ROW(IGNORE, CANNOT,           STAY(ACT_NOTHING), IGNORE,                      IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_CLOSE]             = ROW(IGNORE, LEAVE,            LEAVE,            LEAVE,                        IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_FAULT]             = ROW(IGNORE, ABORT(0),         ABORT(0),         ABORT(0),                     IGNORE,     IGNORE,     IGNORE,                 IGNORE),
	[EV_NEGOTIATION]       = ROW(CANNOT, ABORT(8),         ABORT(8),         CANNOT,                       CANNOT,     CANNOT,     CANNOT,                 CANNOT),
	[EV_HELLO]             = ROW(CANNOT, CANNOT,           CANNOT,           STAY(ACT_SEND_ECHO_REQUEST),  CANNOT,     CANNOT,     CANNOT,                 CANNOT),
	[EV_HELLO_AGAIN]       = ROW(CANNOT, CANNOT,           CANNOT,           CLOSED,                       CANNOT,     CANNOT,     CANNOT,                 CANNOT),
	[EV_CLOSING]           = ROW(CANNOT, CANNOT,           CANNOT,           CANNOT,                       CLOSED,     CLOSED,     CLOSED,                 CLOSED),
	[EV_DELINEATION]       = ROW(IGNORE, CLOSED,           CLOSED,           CLOSED,                       CLOSED,     CLOSED,     CLOSED,                 CLOSED),
	[EV_EOF]               = ROW(IGNORE, CLOSED,           CLOSED,           CLOSED,                       CLOSED,     CLOSED,     CLOSED,                 CLOSED),
};
/* clang-format on */
