/* SPDX-License-Identifier: MIT */
/*
 * One SSTP call as it was seen on the wire: who, when, what was agreed on, how it ended. Filled by
 * call_*.c from units, judged by judge.h, put into words by verdict.h, printed by print_*.c. Holds
 * facts, no opinions. calls.h makes and keeps calls.
 */
#ifndef ANALYSE_CALL_H
#define ANALYSE_CALL_H

#include "analyse/flow.h"
#include "analyse/units.h"
#include "lib/ppp/ppp.h"
#include "lib/sstp/binding.h"
#include "lib/sstp/machine.h"
#include "sstp/link.h"

/* The parts of a call, in the order in which they begin (MS-SSTP 1.3, 3.2.5.2). */
enum call_phase {
	CALL_TCP,
	CALL_TLS,
	CALL_HTTP,
	CALL_SSTP, /* CALL_CONNECT_REQUEST to CALL_CONNECT_ACK */
	CALL_LCP,
	CALL_AUTH,
	CALL_BINDING, /* CALL_CONNECTED */
	CALL_IPCP,
	CALL_IPV6CP,
	CALL_DATA, /* first to last IP packet */
	CALL_ENDING,
	CALL_PHASES
};

/* Packets with which something began and was done; frame 0: it was not. */
struct call_span {
	struct origin begin;
	struct origin end;
};

/* Control protocols of PPP that are followed. */
enum call_cp_id { CALL_CP_LCP, CALL_CP_IPCP, CALL_CP_IPV6CP, CALL_CP_CCP, CALL_CPS };

#define CALL_OPTIONS 96 /* octets kept of the options of a Configure-Request */

struct call_options {
	uint8_t id;
	uint8_t n;
	uint8_t bytes[CALL_OPTIONS];
};

/* A control protocol. [WAY_TO_SERVER] is what the client asked for. */
struct call_cp {
	struct call_options asked[WAYS];  /* in its last Configure-Request */
	struct call_options agreed[WAYS]; /* as the other side has acknowledged it */
	bool acked[WAYS];
	unsigned requests[WAYS];
	unsigned naks[WAYS];    /* that this way's requests got */
	unsigned rejects[WAYS]; /* likewise */
	bool refused[WAYS];     /* by Protocol-Reject: the side that asked in vain */
	bool open;
	bool terminated[WAYS]; /* Terminate-Request was sent this way */
	struct origin terminate_at;
};

enum call_result { CALL_NOT_BEGUN, CALL_RUNNING, CALL_DONE, CALL_FAILED };

#define CALL_WORDS 128

/* Authentication inside of PPP. */
struct call_auth {
	enum call_result result;
	enum sstp_auth method;  /* NONE: not known, or one that libsstp does not have */
	uint8_t eap_type;       /* 0: no EAP method was seen */
	uint16_t asked;         /* PPP protocol in the server's LCP option; 0: none */
	uint8_t algorithm;      /* CHAP's, in that option */
	char *user;             /* printable; NULL: not seen */
	char words[CALL_WORDS]; /* the server's message, printable */
	unsigned error;         /* E= of an MS-CHAPv2 failure (RFC 2759 6); 0: none */
	struct origin failed_at;
	unsigned tries;
	/* what the keys are derived from */
	bool has_challenge;
	bool has_response;
	uint8_t challenge[16];
	uint8_t response[49];
	uint8_t name[SSTP_NAME_MAX]; /* as it stood in the response */
	uint8_t name_n;
};

/* What became of one part of the crypto binding. */
enum call_check { CHECK_UNKNOWN, CHECK_OK, CHECK_WRONG };

/* Where the HLAK comes from. */
enum call_key {
	CALL_KEY_NONE, /* not known: missing says what it takes */
	CALL_KEY_ZERO, /* the method makes no keys, or authentication was bypassed */
	CALL_KEY_PASSWORD,
	CALL_KEY_NT_HASH,
	CALL_KEY_MSK,
	CALL_KEY_RADIUS,
	CALL_KEYS
};

/* Crypto binding (MS-SSTP 2.2.6, 2.2.7, 3.2.5.2). */
struct call_binding {
	bool requested;
	uint8_t hashes; /* offered by CALL_CONNECT_ACK */
	uint8_t nonce[SSTP_NONCE];
	bool seen; /* CALL_CONNECTED */
	struct origin at;
	uint8_t msg[SSTP_CONNECTED_LEN];
	uint8_t hash;
	enum call_check hash_ok;
	enum call_check nonce_ok;
	enum call_check cert_ok;
	enum call_check mac_ok;
	enum call_key key;
	const char *missing;     /* what it takes to check the MAC; NULL: nothing */
	uint8_t hlak[SSTP_HLAK]; /* secret; of use when key is not NONE */
	uint8_t mac[32];         /* that the packet should have; likewise */
};

struct call_http {
	bool request; /* seen */
	bool reply;
	bool sstpc; /* the client has sstpc's habits */
	int err;    /* why libsstp's server would refuse the request; 0: it would not */
	unsigned code;
	bool is_1_1;    /* of the reply */
	char *target;   /* of the request, printable */
	char *host;     /* Host header, printable; NULL: none */
	char *id;       /* correlation id, printable; NULL: none */
	char *reason;   /* of the reply, printable */
	char *server;   /* Server header, printable; NULL: none */
	bool via_proxy; /* the connection began with CONNECT */
};

/* Round trips of one kind of echo, asked one way. */
struct call_echo {
	uint64_t asked;
	uint64_t answered;
	uint64_t unanswered;   /* that another request followed without an answer */
	struct origin waiting; /* the request that has no answer yet; frame 0: none */
	uint8_t id;            /* LCP: of that request */
	struct origin request; /* the request that was answered last */
	struct origin early;   /* an answer whose request has not been seen yet; frame 0: none */
	uint64_t least;        /* ns */
	uint64_t most;
	uint64_t sum;
	uint64_t last;
};
enum call_echo_kind { CALL_ECHO_SSTP, CALL_ECHO_LCP, CALL_ECHOES };

struct call_traffic {
	uint64_t packets; /* of SSTP */
	uint64_t bytes;   /* of them, headers included */
	uint64_t data;    /* packets with IP in them */
	uint64_t inner;   /* bytes of IP */
	struct origin last;
};

/* What ended the call, as far as seen. */
struct call_end {
	bool aborted[WAYS]; /* CALL_ABORT was sent this way */
	struct origin abort_at[WAYS];
	bool abort_has_status[WAYS];
	uint8_t abort_attrib[WAYS];
	uint32_t abort_status[WAYS];
	bool disconnected[WAYS]; /* CALL_DISCONNECT */
	struct origin disconnect_at[WAYS];
	bool disconnect_acked[WAYS];
	unsigned naks;
	uint8_t nak_attrib; /* of the first Status Info of the first CALL_CONNECT_NAK */
	uint32_t nak_status;
	struct origin nak_at;
	uint16_t asked_protocol;    /* of the CALL_CONNECT_REQUEST */
	char lcp_words[CALL_WORDS]; /* of the first LCP Terminate-Request */
	bool lcp_first_set;
	enum way lcp_first; /* who sent it */
	enum way first;     /* who ended the call first, by any message */
	bool first_set;
	bool alert[WAYS]; /* a TLS alert other than close_notify */
	uint8_t alert_code[WAYS];
	bool tls_closed[WAYS]; /* close_notify */
	struct origin fin[WAYS];
	bool over; /* the connection is gone: `how` */
	enum flow_end how;
	enum way reset_by;
};

/* A line of the ladder. */
enum call_step_kind {
	STEP_TCP,
	STEP_TLS,
	STEP_HTTP,
	STEP_SSTP,
	STEP_PPP,
	STEP_DATA, /* `count` packets of `bytes` of IP, both ways */
	STEP_NOTE,
	STEP_LEFT_OUT, /* `count` steps that did not fit */
};

struct call_step {
	uint8_t kind;
	uint8_t way;
	struct origin at;
	struct origin until; /* STEP_DATA */
	uint64_t count[WAYS];
	uint64_t bytes[WAYS];
	char *text; /* NULL: none */
};

#define CALL_STEPS_HEAD 256 /* steps kept of the beginning */
#define CALL_STEPS_TAIL 128 /* and of the end */

struct call_steps {
	struct call_step *head;
	size_t n;
	struct call_step *tail; /* a ring */
	size_t tail_at;
	size_t tail_n;
	uint64_t left_out;
};

#define CALL_BINS 256 /* of the throughput plot */

struct call_plot {
	uint64_t width; /* ns a bin */
	uint64_t from;  /* ns since 1970 */
	uint64_t bytes[CALL_BINS][WAYS];
};

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR, SEVERITIES };

struct rule;

/* Something to say about the call. */
struct finding {
	const struct rule *rule;
	enum severity severity;
	enum way way;
	struct origin at; /* the first packet it is about */
	uint64_t count;   /* how often it was found */
	char *text;
};

struct call_tls {
	uint16_t version; /* 0: not known */
	const char *suite;
	char *sni;
	char *alpn;
	bool resumed;
	bool unanswered; /* there is a ClientHello, and no ServerHello */
	enum tls_by by;
	bool has_cert_hash;
	uint8_t cert_sha1[20];
	uint8_t cert_sha256[32];
	uint64_t bad;
};

/* Where a side is in its state table, and what it has to send: enum machine_action bits. */
struct call_track {
	uint8_t state; /* enum sstp_state */
	uint32_t due;
};

/* How the conversation stands by the state tables of MS-SSTP; see call_state.c. */
struct call_machine {
	struct call_track side[WAYS]; /* [WAY_TO_SERVER]: the client's */
	uint8_t before[WAYS];         /* the state before the last message came */
	bool doubt[WAYS];             /* a faulty message came; it is not clear what it did */
	struct call_track lax[WAYS];  /* where the side is if it took that message as good */
	bool blind;                   /* the capture lacks what came before */
};

struct call {
	uint32_t number; /* from 1, in order of appearance; 0: it is not known to be SSTP */
	uint32_t stream; /* flow_conn.number */
	enum flow_kind kind;
	bool middle; /* the capture lacks the beginning */
	struct flow_peer peer[WAYS];
	struct origin first;
	struct origin last;
	struct call_tls tls;
	struct call_span phase[CALL_PHASES];
	struct call_http http;
	struct call_machine machine;
	struct call_cp cp[CALL_CPS];
	struct call_auth auth;
	struct call_binding binding;
	struct call_echo echo[CALL_ECHOES][WAYS];
	struct call_traffic traffic[WAYS];
	struct call_end end;
	struct call_steps steps;
	struct call_plot *plot; /* NULL: not asked for */
	uint64_t lost[WAYS];    /* bytes of TCP payload that the capture has not got */
	uint64_t holes;         /* places where application data is missing */
	uint64_t bad;           /* places that are no SSTP */
	char *closed[WAYS];     /* why a direction cannot be read; NULL: it can */
	struct finding *findings;
	size_t n_findings;
	char *verdict;          /* once it is closed */
	enum severity severity; /* the verdict's */
};

/* Frees all that a call owns, and wipes it; for sinks of calls.h that have taken one, too. */
void call_free(struct call *c);
/* Returns a phase's name: "tcp", "tls" ... */
const char *call_phase_name(enum call_phase phase);
/* Returns a control protocol's number (PPP_LCP ...). */
uint16_t call_cp_protocol(enum call_cp_id id);
/* Returns the method in words: "ms-chapv2", "eap-mschapv2", "eap-tls" ...; NULL: none is known. */
const char *call_auth_name(const struct call_auth *a);
/* Returns whether the call got so far that user data could flow. */
bool call_is_up(const struct call *c);
/* Returns the inner IPv4 address of a side, 0.0.0.0 when none was agreed on. */
void call_ip4(const struct call *c, enum way side, uint8_t ip[4]);
/* Returns the interface identifier of a side's IPv6; false when none was agreed on. */
bool call_ip6_id(const struct call *c, enum way side, uint8_t id[8]);
/* Returns the MRU that a side said it takes; 0: none, 1500 counts then. */
uint16_t call_mru(const struct call *c, enum way side);
/* Returns the i-th step of the ladder; NULL behind the last. */
const struct call_step *call_step_at(const struct call *c, size_t i);
/* Writes who speaks that way: "client" or "server". */
const char *call_who(enum way way);
const char *severity_name(enum severity s);

#endif
