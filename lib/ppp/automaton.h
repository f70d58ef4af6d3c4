/* SPDX-License-Identifier: MIT */
/*
 * The option negotiation automaton of RFC 1661 4.1 as a table: (state, event) -> (actions, state).
 * It executes nothing and knows no protocol, packet or clock; cp.c does what the actions say. The
 * options [p] (passive) and [r] (restart) of the RFC are not used.
 */
#ifndef LIB_PPP_AUTOMATON_H
#define LIB_PPP_AUTOMATON_H

#include <stdbool.h>
#include <stdint.h>

/* The states, in the RFC's order and with its numbers. */
enum cp_state {
	CP_INITIAL,
	CP_STARTING,
	CP_CLOSED,
	CP_STOPPED,
	CP_CLOSING,
	CP_STOPPING,
	CP_REQ_SENT,
	CP_ACK_RCVD,
	CP_ACK_SENT,
	CP_OPENED,
	CP_STATES
};

/* The events, in the RFC's order. */
enum cp_event {
	CP_EV_UP,        /* the lower layer is up */
	CP_EV_DOWN,      /* the lower layer is down */
	CP_EV_OPEN,      /* administrative Open */
	CP_EV_CLOSE,     /* administrative Close */
	CP_EV_TIMEOUT,   /* TO+: the timer expired, the counter is above zero */
	CP_EV_LAST_TIME, /* TO-: the timer expired, the counter is at zero */
	CP_EV_RCR_GOOD,  /* RCR+: an acceptable Configure-Request */
	CP_EV_RCR_BAD,   /* RCR- */
	CP_EV_RCA,       /* a Configure-Ack */
	CP_EV_RCN,       /* a Configure-Nak or Configure-Reject */
	CP_EV_RTR,       /* a Terminate-Request */
	CP_EV_RTA,       /* a Terminate-Ack */
	CP_EV_RUC,       /* an unknown code */
	CP_EV_RXJ_GOOD,  /* RXJ+: a Code-Reject or Protocol-Reject that can be lived with */
	CP_EV_RXJ_BAD,   /* RXJ-: one that can not */
	CP_EV_RXR,       /* an Echo-Request, Echo-Reply or Discard-Request */
	CP_EVENTS
};

/* The actions: bits, to be executed in this order. */
enum cp_action {
	CP_TLD = 1 << 0,   /* this layer down */
	CP_IRC = 1 << 1,   /* initialize the restart counter */
	CP_ZRC = 1 << 2,   /* zero the restart counter */
	CP_SCR = 1 << 3,   /* send Configure-Request */
	CP_SCA = 1 << 4,   /* send Configure-Ack */
	CP_SCN = 1 << 5,   /* send Configure-Nak or Configure-Reject */
	CP_STR = 1 << 6,   /* send Terminate-Request */
	CP_STA = 1 << 7,   /* send Terminate-Ack */
	CP_SCJ = 1 << 8,   /* send Code-Reject */
	CP_SER = 1 << 9,   /* send Echo-Reply, or take it */
	CP_TLU = 1 << 10,  /* this layer up */
	CP_TLS = 1 << 11,  /* this layer started: the lower one is needed */
	CP_TLF = 1 << 12,  /* this layer finished: the lower one is not needed any more */
	CP_CANT = 1 << 13, /* the RFC's "-": the event has no meaning in the state */
};

struct cp_step {
	uint16_t actions;
	uint8_t next; /* enum cp_state */
};

/* Returns what `event` does in `state`. CP_CANT comes alone, with the state unchanged. */
struct cp_step cp_transition(enum cp_state state, enum cp_event event);
/* Returns whether the Restart timer runs in the state (RFC 1661 4.2). */
bool cp_timed(enum cp_state state);
/* Returns the state's name, as the RFC writes it, in lower case. */
const char *cp_state_name(enum cp_state state);

#endif
