/* SPDX-License-Identifier: MIT */
/*
 * The body of struct auth, for ppp.c to embed, and what the auth_*.c files share. Nothing here is
 * for anybody else: auth.h is the contract.
 *
 * At any time at most one packet of ours is of interest: the last one made. It stays in `out`, so
 * that it can be sent again; `due` says that auth_output() is to hand it out.
 */
#ifndef LIB_PPP_AUTH_BODY_H
#define LIB_PPP_AUTH_BODY_H

#include "lib/crypto/mschap.h"
#include "lib/ppp/auth.h"
#include "lib/ppp/auth_packet.h"
#include "lib/ppp/frame.h"

#define AUTH_PACKET_MAX  520 /* the longest packet made: a PAP request of two full fields, 516 */
#define AUTH_TRIES       5   /* transmissions of one packet (RFC 3748 4.3: 3-5 retransmissions) */
#define AUTH_MESSAGE_MAX 160
#define AUTH_CHALLENGE   16 /* octets of a challenge of ours, any method */

struct auth_method;
struct eap_method;

/* What EAP waits for. Server and client have their own steps. */
enum eap_step {
	EAP_STEP_IDENTITY,  /* server: the identity; client: any first request */
	EAP_STEP_OFFERED,   /* server: the answer to a method's first request, or a Nak */
	EAP_STEP_CONFIRM,   /* server: the peer's word on our proof */
	EAP_STEP_REFUSED,   /* server: the peer's word on our refusal; client: the Failure due */
	EAP_STEP_RESPONDED, /* client: what the server says to our response */
	EAP_STEP_PROVEN,    /* client: the Success; the server has proved itself */
	EAP_STEP_NAKKED,    /* client: another method, or the Failure */
};

struct eap {
	const struct eap_method *method; /* NULL until one was offered (server) or answered */
	enum eap_step step;
	unsigned offered; /* server: bits 1 << enum sstp_auth */
	uint8_t ms_id;    /* MS-CHAPv2-ID in use */
	bool answered;    /* client: a request was answered, the last one having id auth.id */
};

struct auth {
	struct auth_config cfg;
	const struct auth_method *method; /* row in use, NULL when idle */
	enum auth_status status;
	int err;
	int refusal;   /* server: why the peer is being refused, while it is being told */
	uint8_t id;    /* of the newest request, of ours or (as client) the peer's */
	uint8_t first; /* PAP client: id of the first request */
	uint8_t tries; /* transmissions of the request so far */
	bool awaiting; /* CHAP client: a response waits for its result */
	bool due;
	bool has_hlak;
	struct timer restart;
	struct timer total;
	struct sstp_auth_request request;
	struct eap eap;
	char user[SSTP_NAME_MAX + 1];         /* server: the peer's name */
	char password[SSTP_PASSWORD_MAX + 1]; /* PAP server: as received, until answered */
	uint8_t challenge[AUTH_CHALLENGE];    /* the authenticator's */
	uint8_t response[MSCHAP_RESPONSE];    /* received; MS-CHAPv2 client: sent */
	uint8_t response_len;
	uint8_t hlak[MSCHAP_HLAK];
	char proof[MSCHAP_PROOF];
	char message[AUTH_MESSAGE_MAX];
	size_t out_len;
	uint8_t out[AUTH_PACKET_MAX];
};

/* One method: how it starts, takes packets, repeats itself, checks and tells. */
struct auth_method {
	enum sstp_auth auth;
	uint16_t protocol;
	uint8_t layer; /* enum sstp_layer */
	bool keys;     /* makes keys for the crypto binding */
	void (*start)(struct auth *a, uint64_t now);
	int (*input)(struct auth *a, const struct cp_packet *p, uint64_t now);
	/* The restart timer expired and tries are left. */
	void (*again)(struct auth *a, uint64_t now);
	/* Server: returns 0 when the secret of the answer fits the response; makes proof and key.
	 */
	int (*check)(struct auth *a, const struct sstp_auth_answer *ans);
	/* Server: tells the peer that it is in (err 0) or why not. */
	void (*tell)(struct auth *a, int err, uint64_t now);
};

extern const struct auth_method auth_method_pap;
extern const struct auth_method auth_method_chap_md5;
extern const struct auth_method auth_method_mschapv2;
extern const struct auth_method auth_method_eap_md5;
extern const struct auth_method auth_method_eap_mschapv2;

/* A packet that a protocol takes: code, whose it is, in which status, and what is done with it. */
struct auth_rule {
	uint8_t code;
	bool server;
	unsigned when; /* bits 1 << enum auth_status */
	int (*on)(struct auth *a, const struct cp_packet *p, uint64_t now);
};

/*
 * Runs the rule for p among n. Returns what it returns, SSTP_E_PPP_CODE when no rule is for this
 * code and role, SSTP_E_UNEXPECTED when it is not for this status.
 */
int auth_apply(struct auth *a, const struct auth_rule *rules, size_t n, const struct cp_packet *p,
	       uint64_t now);
/* The rule of a server that has its answer already: sends it again (RFC 1994 4.1, RFC 1334 2.2.1).
 */
int auth_repeat(struct auth *a, const struct cp_packet *p, uint64_t now);

/* Begins the packet to send next and writes its head. */
struct wr auth_begin(struct auth *a, uint8_t code, uint8_t id);
/* Ends it: sets its length and makes it due. */
void auth_end(struct auth *a, struct wr *w);
/* Starts waiting for the answer to a new packet (or the same one, sent again): each wait is twice
 * as long as the one before. */
void auth_await(struct auth *a, bool again, uint64_t now);
/* Stops retransmitting. */
void auth_stop_waiting(struct auth *a);

/* Ends in success. */
void auth_done(struct auth *a);
/* Ends in failure for the reason err. */
void auth_fail(struct auth *a, int err);
/* Server: puts the response in a->response to the owner; id is what CHAP calls the identifier. */
void auth_ask(struct auth *a, uint8_t id);
/* Server: keeps the response in v, of at most MSCHAP_RESPONSE octets. */
void auth_keep_response(struct auth *a, struct view v);
/*
 * Server: keeps the peer's name. Returns false, with the name empty, when it is longer than
 * SSTP_NAME_MAX or holds control characters or a NUL: such a peer is refused without asking, so
 * that no log or database ever sees the name.
 */
bool auth_keep_name(struct auth *a, struct view name);
/* Keeps the peer's words, as far as they are printable; `code`, if not 0, is added as "(E=code)".
 */
void auth_keep_words(struct auth *a, struct view words, unsigned code);
/* Returns the words that a refused peer gets. */
const char *auth_refusal(int err);
/* Returns a NUL-terminated string as a view; at most max bytes of it. */
struct view auth_view(const char *s, size_t max);
/* Writes a NUL-terminated string. */
void auth_put_text(struct wr *w, const char *s);
/* Returns whether a method is among those allowed. */
bool auth_allows(const struct auth *a, enum sstp_auth method);

/* --- MS-CHAPv2 and MD5 as CHAP and EAP share them: auth_mschapv2.c, auth_md5.c --- */

/* Client: writes size, value and name of the Response to a challenge, for MS-CHAPv2 one of
 * MSCHAP_CHALLENGE octets. Returns 0, or SSTP_E_CONFIG when the password cannot be used. */
int mschapv2_put_response(struct auth *a, struct wr *w, uint8_t id, struct view challenge);
int md5_put_response(struct auth *a, struct wr *w, uint8_t id, struct view challenge);
/* Server: see struct auth_method. */
int mschapv2_check(struct auth *a, const struct sstp_auth_answer *ans);
int md5_check(struct auth *a, const struct sstp_auth_answer *ans);
/* Server: writes the message of a Success or Failure (RFC 2759 5, 6). */
void mschapv2_put_success(struct auth *a, struct wr *w);
void mschapv2_put_failure(struct auth *a, struct wr *w, int err);
/* Client: takes the message of a Success; makes the key. SSTP_E_AUTH_SERVER: no or a wrong proof.
 */
int mschapv2_take_success(struct auth *a, struct rd message);
/* Client: takes the message of a Failure and returns the error that it means, never 0. */
int mschapv2_take_failure(struct auth *a, struct rd message);

#endif
