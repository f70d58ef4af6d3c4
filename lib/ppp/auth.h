/* SPDX-License-Identifier: MIT */
/*
 * Authentication inside PPP: one object that speaks whichever method LCP agreed on, in either role.
 * ppp.c owns it, feeds it packets and time, sends what it wants sent, and asks how it stands. It
 * knows nothing of LCP, SSTP or sockets.
 */
#ifndef LIB_PPP_AUTH_H
#define LIB_PPP_AUTH_H

#include "sstp/link.h"
#include "lib/base/cursor.h"
#include "lib/base/drbg.h"
#include "lib/base/timer.h"
#include "lib/base/tracer.h"

/* How an authentication stands. */
enum auth_status {
	AUTH_IDLE,    /* not started */
	AUTH_RUNNING, /* packets are going back and forth */
	AUTH_ASKING,  /* server: auth_request() waits for auth_answer() */
	AUTH_DONE,    /* success: method, user and HLAK are known */
	AUTH_FAILED,  /* err says why; may follow DONE, when a client fails a later challenge */
	AUTH_STATUSES
};

/* What auth_init() needs to know; borrowed for the object's life. */
struct auth_config {
	bool server;
	const char *user;     /* client */
	const char *password; /* client */
	const char *name;     /* server: its name in challenges */
	/* Methods allowed, preferred first, SSTP_AUTH_NONE ends: EAP negotiates among the EAP ones.
	 */
	const enum sstp_auth *methods;
	uint32_t restart_ms; /* retransmission */
	uint32_t total_ms;   /* for the whole of it */
	struct drbg *random;
	struct tracer *trace;
};

struct auth; /* the body is in auth_body.h, for ppp.c to embed and auth_*.c to use */

/* Makes an idle object. */
void auth_init(struct auth *a, const struct auth_config *cfg);
/* Wipes everything secret in a. */
void auth_fini(struct auth *a);
/*
 * Starts: `method` is what LCP agreed on (for EAP any EAP_ method stands for the protocol 0xc227).
 * The server's first packet, or PAP's request, is then in auth_output().
 */
void auth_start(struct auth *a, enum sstp_auth method, uint64_t now);
/*
 * Takes a packet of PPP protocol `proto` (0xc023 PAP, 0xc223 CHAP, 0xc227 EAP), its bytes after the
 * protocol field. Returns 0, or the error that made it discard the packet: never a reason to
 * answer. May also be called after AUTH_DONE: a duplicate response gets its success again (RFC
 * 1994 4.2).
 */
int auth_input(struct auth *a, uint16_t proto, struct rd packet, uint64_t now);
/*
 * Writes the packet that is due into w, without protocol field, and sets *proto; false when none
 * is. w needs AUTH_PACKET_MAX octets (auth_body.h). After AUTH_DONE and AUTH_FAILED the last word
 * to the peer may still be due. Recording packets is the owner's business.
 */
bool auth_output(struct auth *a, uint16_t *proto, struct wr *w);
/* Returns when auth_tick() is due, TIME_NEVER for never. */
uint64_t auth_deadline(const struct auth *a);
/* Retransmits or gives up, as due. */
void auth_tick(struct auth *a, uint64_t now);

/* Returns how it stands. */
enum auth_status auth_status(const struct auth *a);
/* Returns why it failed; SSTP_OK otherwise. */
int auth_error(const struct auth *a);
/* Returns the words that came with the peer's failure, printable, or "". */
const char *auth_message(const struct auth *a);
/* Returns the method in use: for EAP the one agreed on in EAP itself, once it is. */
enum sstp_auth auth_method(const struct auth *a);
/*
 * Returns the peer's name (server) or ours (client), "" until known. A peer whose name is longer
 * than SSTP_NAME_MAX or holds a NUL or control characters fails at once, without a question to the
 * owner and without a name.
 */
const char *auth_user(const struct auth *a);
/* Returns what auth_answer() is asked for, NULL unless AUTH_ASKING. */
const struct sstp_auth_request *auth_request(const struct auth *a);
/* Answers; ignored unless AUTH_ASKING. Wipes *ans. */
void auth_answer(struct auth *a, struct sstp_auth_answer *ans, uint64_t now);
/*
 * Copies the 32-byte higher-layer authentication key of a finished authentication:
 * MS-SSTP 3.2.5.2.2/.4; zeros for methods that make none. Returns SSTP_E_BINDING_NO_KEY when the
 * method should have made one and did not, SSTP_E_NOT_READY before AUTH_DONE.
 */
int auth_hlak(const struct auth *a, uint8_t hlak[32]);
/* Cuts passwords and responses out of a copy (n bytes, possibly shortened) of a packet of `proto`.
 */
void auth_redact(uint16_t proto, uint8_t *p, size_t n);
/* Writes an authentication packet in words: "chap response id=1 name=\"alice\"". */
struct text;
void auth_show(struct text *t, uint16_t proto, struct rd packet);

#endif
