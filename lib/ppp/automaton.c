/* SPDX-License-Identifier: MIT */
/* The state transition table of RFC 1661 4.1; see automaton.h. */
#include "lib/ppp/automaton.h"

#define TLD CP_TLD
#define IRC CP_IRC
#define ZRC CP_ZRC
#define SCR CP_SCR
#define SCA CP_SCA
#define SCN CP_SCN
#define STR CP_STR
#define STA CP_STA
#define SCJ CP_SCJ
#define SER CP_SER
#define TLU CP_TLU
#define TLS CP_TLS
#define TLF CP_TLF
/* The states as the RFC numbers them; the table's numbers are theirs. */
enum { S0, S1, S2, S3, S4, S5, S6, S7, S8, S9 };

/* clang-format off */
#define CANT {CP_CANT, 0}

static const struct cp_step table[CP_EVENTS][CP_STATES] = {
/*                     0 Initial  1 Starting      2 Closed       3 Stopped           4 Closing    5 Stopping */
/*                     6 Req-Sent        7 Ack-Rcvd        8 Ack-Sent        9 Opened                        */
[CP_EV_UP] =        { {0, S2},    {IRC|SCR, S6},  CANT,          CANT,               CANT,        CANT,
                       CANT,             CANT,             CANT,             CANT                            },
[CP_EV_DOWN] =      {  CANT,       CANT,          {0, S0},       {TLS, S1},          {0, S0},     {0, S1},
                      {0, S1},          {0, S1},          {0, S1},          {TLD, S1}                        },
[CP_EV_OPEN] =      { {TLS, S1},  {0, S1},        {IRC|SCR, S6}, {0, S3},            {0, S5},     {0, S5},
                      {0, S6},          {0, S7},          {0, S8},          {0, S9}                          },
[CP_EV_CLOSE] =     { {0, S0},    {TLF, S0},      {0, S2},       {0, S2},            {0, S4},     {0, S4},
                      {IRC|STR, S4},    {IRC|STR, S4},    {IRC|STR, S4},    {TLD|IRC|STR, S4}                },

[CP_EV_TIMEOUT] =   {  CANT,       CANT,           CANT,          CANT,              {STR, S4},   {STR, S5},
                      {SCR, S6},        {SCR, S6},        {SCR, S8},         CANT                            },
[CP_EV_LAST_TIME] = {  CANT,       CANT,           CANT,          CANT,              {TLF, S2},   {TLF, S3},
                      {TLF, S3},        {TLF, S3},        {TLF, S3},         CANT                            },

[CP_EV_RCR_GOOD] =  {  CANT,       CANT,          {STA, S2},     {IRC|SCR|SCA, S8},  {0, S4},     {0, S5},
                      {SCA, S8},        {SCA|TLU, S9},    {SCA, S8},        {TLD|SCR|SCA, S8}                },
[CP_EV_RCR_BAD] =   {  CANT,       CANT,          {STA, S2},     {IRC|SCR|SCN, S6},  {0, S4},     {0, S5},
                      {SCN, S6},        {SCN, S7},        {SCN, S6},        {TLD|SCR|SCN, S6}                },
[CP_EV_RCA] =       {  CANT,       CANT,          {STA, S2},     {STA, S3},          {0, S4},     {0, S5},
                      {IRC, S7},        {SCR, S6},        {IRC|TLU, S9},    {TLD|SCR, S6}                    },
[CP_EV_RCN] =       {  CANT,       CANT,          {STA, S2},     {STA, S3},          {0, S4},     {0, S5},
                      {IRC|SCR, S6},    {SCR, S6},        {IRC|SCR, S8},    {TLD|SCR, S6}                    },

[CP_EV_RTR] =       {  CANT,       CANT,          {STA, S2},     {STA, S3},          {STA, S4},   {STA, S5},
                      {STA, S6},        {STA, S6},        {STA, S6},        {TLD|ZRC|STA, S5}                },
[CP_EV_RTA] =       {  CANT,       CANT,          {0, S2},       {0, S3},            {TLF, S2},   {TLF, S3},
                      {0, S6},          {0, S6},          {0, S8},          {TLD|SCR, S6}                    },

[CP_EV_RUC] =       {  CANT,       CANT,          {SCJ, S2},     {SCJ, S3},          {SCJ, S4},   {SCJ, S5},
                      {SCJ, S6},        {SCJ, S7},        {SCJ, S8},        {SCJ, S9}                        },
[CP_EV_RXJ_GOOD] =  {  CANT,       CANT,          {0, S2},       {0, S3},            {0, S4},     {0, S5},
                      {0, S6},          {0, S6},          {0, S8},          {0, S9}                          },
[CP_EV_RXJ_BAD] =   {  CANT,       CANT,          {TLF, S2},     {TLF, S3},          {TLF, S2},   {TLF, S3},
                      {TLF, S3},        {TLF, S3},        {TLF, S3},        {TLD|IRC|STR, S5}                },

[CP_EV_RXR] =       {  CANT,       CANT,          {0, S2},       {0, S3},            {0, S4},     {0, S5},
                      {0, S6},          {0, S7},          {0, S8},          {SER, S9}                        },
};
/* clang-format on */

struct cp_step cp_transition(enum cp_state state, enum cp_event event)
{
	struct cp_step step = table[event][state];

	if (step.actions & CP_CANT)
		step.next = (uint8_t)state;
	return step;
}

bool cp_timed(enum cp_state state)
{
	return state >= CP_CLOSING && state <= CP_ACK_SENT;
}

const char *cp_state_name(enum cp_state state)
{
	static const char *const names[CP_STATES] = {
		[CP_INITIAL] = "initial",   [CP_STARTING] = "starting", [CP_CLOSED] = "closed",
		[CP_STOPPED] = "stopped",   [CP_CLOSING] = "closing",   [CP_STOPPING] = "stopping",
		[CP_REQ_SENT] = "req-sent", [CP_ACK_RCVD] = "ack-rcvd", [CP_ACK_SENT] = "ack-sent",
		[CP_OPENED] = "opened",
	};

	return (unsigned)state < CP_STATES ? names[state] : "unknown";
}
