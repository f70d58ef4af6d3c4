/* SPDX-License-Identifier: MIT */
/*
 * One call from the name to the last packet: the stages, in order, each of which ends by starting
 * the next one or by call_fail(). Shared by the files call*.c only; main.c uses call_run().
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/exit.h"
#include "client/login.h"
#include "client/options.h"
#include "client/proxy.h"
#include "client/tunnel.h"
#include "io/dns.h"
#include "io/loop.h"
#include "io/pump.h"

#define CALL_SIGNALS 4
#define CALL_TRACE   256 /* records in the ring lent to the link */

struct call {
	const struct options *opt;
	struct login *login;
	struct loop *loop;
	struct loop_signal signals[CALL_SIGNALS];
	struct loop_timer limit; /* of the stage at hand */
	const char *limit_text;  /* what has not happened when it expires */
	enum exit_code limit_code;
	uint64_t asked_at; /* when the user asked to end; 0: not yet */

	struct dns *dns;
	struct net_dial dial;
	int fd; /* the socket; -1: none */
	struct net_addr peer;
	struct loop_fd sock;
	struct proxy proxy;
	struct tls_ctx *tls_ctx;
	struct tls *tls;

	/* the link: there once `linked` */
	bool linked;
	struct sstp_link *link; /* in locked memory, for it holds the password */
	struct sstp_trace *ring;
	struct pump pump;
	uint8_t *buf; /* TLS_RECORD bytes */
	struct loop_timer deadline;
	struct loop_later again;
	bool down;    /* the link has ended */
	bool binding; /* CALL_CONNECTED is sent: packets flow */
	bool up4, up6;
	bool without6; /* IPv6 cannot be set up on this machine */
	bool told;     /* "connected" was said */
	uint64_t since;

	/* the tunnel */
	struct tunnel *tunnel;
	struct loop_fd tun;
	struct loop_later more; /* more packets wait inside the TUN's queue */
	struct loop_timer solicit;
	struct loop_timer settle; /* for the address family that has not come up */

	enum exit_code code;
	bool over;
};

/* Runs one call. Returns how it ended, everything being undone. l is wiped as soon as the link has
 * it. */
enum exit_code call_run(const struct options *opt, struct login *l);

/* Ends the call: the sentence goes to the log, with what to do, if advice is not NULL. Only the
 * first end counts. */
void call_fail(struct call *c, enum exit_code code, const char *advice, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Ends the call without a fault. */
void call_over(struct call *c, enum exit_code code);
/* Starts the stage's clock: after ms the call fails with the code and the text. */
void call_limit(struct call *c, uint32_t ms, enum exit_code code, const char *text);
/* Begins the link's stage over the connection whose handshake is done. */
void call_start_link(struct call *c);
/* Begins an orderly end of the link's stage. */
void call_hang_up(struct call *c);
/* Frees what the link's stage holds; it may not have begun. */
void call_free_link(struct call *c);
/* Handles what the link tells: pump.h's event callback. arg is the call. */
void call_on_event(void *arg, const struct sstp_event *ev);
/* Takes a packet from the link: pump.h's packet callback. */
void call_on_packet(void *arg, uint8_t *p, size_t n);
/* Prints a trace record: pump.h's trace callback. */
void call_on_trace(void *arg, const struct sstp_trace *t);
/* Asks for a router advertisement, and again until one comes: a timer's callback. */
void call_solicit(void *arg);
/* Says "connected" once every address family that was asked for is there, or has had its time. */
void call_tell_connected(struct call *c, bool time_is_over);

#endif
