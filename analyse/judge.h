/* SPDX-License-Identifier: MIT */
/*
 * Judges a call while it is followed: every row of the list of what MS-SSTP demands
 * (tests/spec/conformance.tsv) that can be tested by looking is a rule of a table here, and some
 * rules are our own. A rule is asked at the moments it names and says what it has found. Rules do
 * not change the call.
 */
#ifndef ANALYSE_JUDGE_H
#define ANALYSE_JUDGE_H

#include "analyse/call.h"
#include "analyse/look.h"

#define JUDGE_WORDS    400
#define JUDGE_KNOWN    4096 /* nonces and correlation ids remembered of earlier calls */
#define JUDGE_FINDINGS 512  /* of a call; more are not kept */

enum rule_level { LEVEL_INFO, LEVEL_MAY, LEVEL_SHOULD, LEVEL_MUST };

/* The moments at which a rule can be asked. */
enum rule_when {
	WHEN_REQUEST = 1 << 0, /* the head of the client's request */
	WHEN_REPLY = 1 << 1,
	WHEN_PROXY = 1 << 2,   /* the head of a CONNECT */
	WHEN_CONTROL = 1 << 3, /* a control packet that can be cut into a message */
	WHEN_DATA = 1 << 4,    /* a data packet; of those with IP inside only unusual ones */
	WHEN_BAD = 1 << 5,     /* something that is no SSTP packet */
	WHEN_IDLE = 1 << 6,    /* a packet that comes after a long silence */
	WHEN_END = 1 << 7,
	WHEN_STUB = 1 << 8,  /* a control packet too short for a message */
	WHEN_STATE = 1 << 9, /* a message that its sender's state does not allow */
	/* no moment: what the rule finds depends on what the other side has sent before */
	RULE_OF_ORDER = 1 << 15,
	/* a message of this type */
	WHEN_CALL_REQUEST = 1 << 16,
	WHEN_CALL_ACK = 1 << 17,
	WHEN_CALL_NAK = 1 << 18,
	WHEN_CALL_CONNECTED = 1 << 19,
	WHEN_CALL_ABORT = 1 << 20,
	WHEN_CALL_DISCONNECT = 1 << 21,
	WHEN_DISCONNECT_ACK = 1 << 22,
	WHEN_ECHO_REQUEST = 1 << 23,
	WHEN_ECHO_RESPONSE = 1 << 24,
};
#define WHEN_PLAIN  (WHEN_DISCONNECT_ACK | WHEN_ECHO_REQUEST | WHEN_ECHO_RESPONSE)
#define WHEN_PACKET (WHEN_CONTROL | WHEN_STUB | WHEN_DATA)

/* What the rules remember of a call. */
struct judge_call {
	bool client_spoke;      /* the client sent an SSTP packet */
	unsigned requests;      /* CALL_CONNECT_REQUESTs */
	unsigned good_requests; /* acceptable ones */
	unsigned refusals;      /* faults of the last one */
	unsigned acks;
	unsigned connects;          /* CALL_CONNECTEDs */
	unsigned disconnects[WAYS]; /* that wait for their answer */
	unsigned echoes[WAYS];      /* likewise */
	struct origin last;         /* SSTP packet, either way */
	bool torn;                  /* the capture lacks something: absence proves nothing */
};

/* What they remember of all calls of a capture. */
struct judge_shared {
	uint64_t nonces[JUDGE_KNOWN];
	uint64_t ids[JUDGE_KNOWN];
};

/* The rules' view of a moment. */
struct judge {
	const struct call *call;
	const struct judge_call *seen;
	struct judge_shared *shared;
	const struct look *look; /* NULL for WHEN_END */
	enum way way;            /* who is at fault, as who sends that way */
	struct origin at;        /* the packet that it is about; rules may name another */
	const char *state;       /* WHEN_STATE: what is wrong with it */
	const struct rule *rule;
	char words[JUDGE_WORDS];
};

/* Asks a rule. Returns whether it has found something, and says what in j->words. */
typedef bool rule_check(struct judge *j);

struct rule {
	const char *id;      /* of the row; "call-..." for our own rules */
	const char *section; /* of MS-SSTP */
	enum rule_level level;
	enum severity severity;
	unsigned
		when; /* enum rule_when bits; at the end it is asked only if it has found nothing */
	rule_check *check;
};

/* Returns the i-th rule; NULL behind the last. */
const struct rule *judge_rule(size_t i);
/* Returns the rule that findings of the verdict itself are of. */
const struct rule *judge_verdict_rule(void);
const char *rule_level_name(enum rule_level l);

/* Told about each finding, once for each rule and side of a call. */
typedef void judge_tell(void *ctx, const struct call *c, const struct finding *f);

struct judge_hand {
	struct judge_shared *shared;
	judge_tell *tell; /* may be NULL */
	void *ctx;
};

/* Asks the rules about a unit, before the call takes it. */
void judge_unit(const struct judge_hand *h, struct call *c, struct judge_call *seen,
		const struct look *l);
/* Asks the rules about the head of a CONNECT. */
void judge_proxy(const struct judge_hand *h, struct call *c, struct judge_call *seen,
		 const struct look *l);
/* Asks about a message that the sender should not send; state says why not. */
void judge_state(const struct judge_hand *h, struct call *c, struct judge_call *seen,
		 const struct look *l, const char *state);
/*
 * Bytes of a side are missing in the capture behind `last`, the last packet of it that was seen:
 * what rules of order have found about the other side since then proves nothing.
 */
void judge_lost(struct call *c, struct judge_call *seen, enum way side, struct origin last);
/* Asks the rules about the whole call, which has ended. */
void judge_end(const struct judge_hand *h, struct call *c, struct judge_call *seen);
/* Returns whether a data packet is as nearly all are, so that no rule needs to be asked. */
bool judge_is_usual(const struct call *c, const struct judge_call *seen, const struct look *l);
/* Adds a finding of the verdict. */
void judge_add_verdict(const struct judge_hand *h, struct call *c, enum severity s,
		       struct origin at, const char *text);

#endif
