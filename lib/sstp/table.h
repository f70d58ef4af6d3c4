/* SPDX-License-Identifier: MIT */
/*
 * The form of the two state tables, client.c and server.c: event x state gives actions, the next
 * state, and the status that CALL_ABORT tells. For the files of this room and their tests only.
 */
#ifndef LIB_SSTP_TABLE_H
#define LIB_SSTP_TABLE_H

#include "lib/sstp/machine.h"

/*
 * What can happen to a machine. A message of known type is its own event; check.c turns it into
 * EV_*_BAD, EV_INVALID and so on where the state takes the message and its content is at fault.
 */
enum machine_event {
	EV_START, /* HTTP is done */
	EV_REQUEST,
	EV_REQUEST_BAD,   /* unacceptable, and NAKs are left */
	EV_REQUEST_LIMIT, /* unacceptable, and no NAK is left */
	EV_ACK,
	EV_NAK,
	EV_NAK_LIMIT, /* and no request is left */
	EV_CONNECTED,
	EV_CONNECTED_EARLY, /* the key is not here yet */
	EV_ABORT,
	EV_DISCONNECT,
	EV_DISCONNECT_ACK,
	EV_ECHO_REQUEST,
	EV_ECHO_RESPONSE,
	EV_INVALID,       /* the type is unknown, or the content is at fault */
	EV_AUTHENTICATED, /* the key is here */
	EV_CLOSE,         /* the higher layer ends the call */
	EV_FAULT,         /* a local fault that CALL_ABORT tells */
	EV_NEGOTIATION,   /* timers */
	EV_HELLO,
	EV_HELLO_AGAIN,
	EV_CLOSING,     /* the abort or disconnect timer of the state */
	EV_DELINEATION, /* the stream cannot be cut into packets */
	EV_EOF,
	MACHINE_EVENTS
};

/* What the runner does, in this order. */
enum machine_action {
	ACT_IGNORE = 1 << 0, /* nothing; a message is counted and traced as dropped */
	ACT_NOTHING = 1 << 1,
	ACT_SEND_REQUEST = 1 << 2,
	ACT_SEND_ACK = 1 << 3,
	ACT_SEND_NAK = 1 << 4,
	ACT_SEND_CONNECTED = 1 << 5,
	ACT_SEND_ABORT = 1 << 6,   /* with the cell's status, or the one that the check found */
	ACT_ANSWER_ABORT = 1 << 7, /* without Status Info */
	ACT_SEND_DISCONNECT = 1 << 8,
	ACT_SEND_DISCONNECT_ACK = 1 << 9,
	ACT_SEND_ECHO_REQUEST = 1 << 10,
	ACT_SEND_ECHO_RESPONSE = 1 << 11,
	ACT_NEGOTIATION = 1 << 12, /* start the timers */
	ACT_HELLO = 1 << 13,
	ACT_ABORT_1 = 1 << 14,
	ACT_ABORT_2 = 1 << 15,
	ACT_DISCONNECT_1 = 1 << 16,
	ACT_DISCONNECT_2 = 1 << 17,
	ACT_HOLD = 1 << 18, /* keep the CALL_CONNECTED for later */
	ACT_PPP_UP = 1 << 19,
	ACT_CONNECTED = 1 << 20,
	ACT_CLOSED = 1 << 21,
};

/* A cell of a table. All zero is the value "cannot happen". */
struct cell {
	uint32_t actions;
	uint8_t next;   /* enum sstp_state; SSTP_STATES: stays */
	uint8_t status; /* of ACT_SEND_ABORT; 0: what the check, or the owner, says */
};

/* The cells that both tables use; those of a column that is not the role's are impossible too. */
#define CANNOT                                                                                     \
	{                                                                                          \
		0, 0, 0                                                                            \
	}
#define IGNORE                                                                                     \
	{                                                                                          \
		ACT_IGNORE, SSTP_STATES, 0                                                         \
	}
#define STAY(actions)                                                                              \
	{                                                                                          \
		(actions), SSTP_STATES, 0                                                          \
	}
#define GO(actions, state)                                                                         \
	{                                                                                          \
		(actions), (state), 0                                                              \
	}
/* Call_Abort_In_Progress_1 and on to Call_Abort_Pending (3.1.1.1.2). */
#define ABORT(status)                                                                              \
	{                                                                                          \
		ACT_SEND_ABORT | ACT_ABORT_1, SSTP_ABORT_PENDING, (status)                         \
	}
/* Call_Abort_In_Progress_2 and on to Call_Abort_Timeout_Pending. */
#define ANSWER GO(ACT_ANSWER_ABORT | ACT_ABORT_2, SSTP_ABORT_TIMEOUT_PENDING)
/* Call_Disconnect_In_Progress_1 and on to Call_Disconnect_Ack_Pending (3.1.1.1.1). */
#define LEAVE GO(ACT_SEND_DISCONNECT | ACT_DISCONNECT_1, SSTP_DISCONNECT_ACK_PENDING)
/* Call_Disconnect_In_Progress_2 and on to Call_Disconnect_Timeout_Pending. */
#define LET_GO GO(ACT_SEND_DISCONNECT_ACK | ACT_DISCONNECT_2, SSTP_DISCONNECT_TIMEOUT_PENDING)
#define CLOSED GO(ACT_CLOSED, SSTP_DISCONNECTED)

/* The tables: [event][state]. */
extern const struct cell client_table[MACHINE_EVENTS][SSTP_STATES];
extern const struct cell server_table[MACHINE_EVENTS][SSTP_STATES];

/* Returns the event's name, for traces. */
const char *machine_event_name(enum machine_event ev);

#endif
