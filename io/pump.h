/* SPDX-License-Identifier: MIT */
/*
 * The pump between one link and its TLS connection: plain bytes into the link, IP packets and
 * events out of it; the link's output and framed IP packets into TLS records. Client and server use
 * it alike; it waits for nothing and owns neither end.
 *
 * Packets are gathered: those that lie one after the other in memory (as tun_read() brings them)
 * leave in one TLS record of up to 16 KiB, without a copy. Peers that want one SSTP packet a record
 * get that.
 *
 * A turn of the owner's loop, when the socket is ready or a deadline has passed:
 *	pump_input()   takes some records from TLS, calls back for packets and events
 *	pump_output()  queues what the link has to say and sends
 * and for packets towards the peer:
 *	pump_send() for each, then pump_flush_run() before their memory is used again, and
 *	pump_output() at the end of the turn.
 *
 * While the socket is full the packets wait in a queue that CoDel keeps short (backlog.h); what the
 * link has to say itself goes before them.
 */
#ifndef IO_PUMP_H
#define IO_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/backlog.h"
#include "io/fit.h"
#include "io/loop.h"
#include "io/lull.h"
#include "io/path.h"
#include "io/tls.h"
#include "sstp/link.h"

/* How many super-packets of records are gathered before they are sent without waiting for
 * pump_output(): whole ones, see pump_flush_run(). */
#define PUMP_GATHER 2
/* Bytes of a super-packet, while it is not known. */
#define PUMP_SUPER 65536
/* How many bytes of packets leave the queue for a socket that was full, at a time: few, for what
 * is a TLS record already CoDel does not see any more. */
#define PUMP_SIP 32768
/* What a busy peer may cost in a turn of the loop, in bytes: beside others, and alone. */
#define PUMP_TURN       TLS_READ_SIZE
#define PUMP_TURN_ALONE (4 * PUMP_TURN)

struct pump;

/*
 * Whom the pump calls back, always from within its own calls. A callback may use the link's doors;
 * it must not use the pump, and must not free it or either of its ends.
 */
struct pump_owner {
	/* An IP packet came; p is valid, and may be changed, until the callback returns. */
	void (*packet)(void *arg, uint8_t *p, size_t n);
	/* The link tells something. */
	void (*event)(void *arg, const struct sstp_event *ev);
	/* A trace record; NULL when no ring was lent to the link. */
	void (*trace)(void *arg, const struct sstp_trace *t);
	void *arg;
};

struct pump {
	struct sstp_link *link;
	struct tls *tls;
	struct pump_owner to;
	uint8_t *run; /* framed packets not yet written to TLS: borrowed, contiguous */
	size_t run_n;
	bool single;            /* the peer wants one SSTP packet a record */
	bool try_kernel;        /* the owner's wish: let the kernel seal what is sent, if it can */
	uint16_t mtu;           /* largest packet that the link takes; 0: not known yet */
	bool eof;               /* the link was told of the stream's end */
	enum tls_result broken; /* TLS_CLOSED or TLS_FAILED once TLS is of no use */
	bool full;              /* the socket was, when it was last tried */
	struct backlog waiting; /* packets, while it is */
	uint64_t batch_us;      /* when the batch at hand came, 0: not asked yet */
	int fd;                 /* of the connection, -1: its path is not watched */
	size_t super_size;      /* what the kernel sends in one piece, bytes */
	struct path path;
	struct lull lull;
	bool has_asked;       /* in it: the peer, for an answer; from then on nothing is sent */
	uint64_t answered_ms; /* when a sender was last told that its packet does not fit */
	uint8_t *held; /* bytes that the link did not take yet; allocated while there are any */
	size_t held_n, held_at;
};

/* What is to be done before the pump is called again. */
enum pump_result {
	PUMP_WAIT,   /* wait for the socket */
	PUMP_AGAIN,  /* more may be there already: call pump_input() again in the next turn */
	PUMP_BROKEN, /* TLS has ended or failed (pump->broken, tls_error()); the link was told */
};

/* Prepares p for a link and a connection whose handshake is done; both stay the caller's. */
void pump_init(struct pump *p, struct sstp_link *link, struct tls *tls,
	       const struct pump_owner *to);
/* Watches the path of the TCP connection fd, the caller's: packets wait less long for a near peer,
 * and more bytes stand unsent in the kernel. That it changes is logged. And nothing is sent, as if
 * the socket were full, while that helps BBR (lull.h). */
void pump_watch(struct pump *p, int fd, uint64_t now);
/* Drops what is held. */
void pump_fini(struct pump *p);
/*
 * Takes record after record from TLS into the TLS_RECORD bytes at buf (the thread's own, free again
 * on return; they stay in the processor's cache), gives them to the link, and calls back. Fair: a
 * busy peer costs about `most` bytes a turn.
 */
enum pump_result pump_input(struct pump *p, uint8_t *buf, size_t most, uint64_t now);
/*
 * Frames the IP packet, which has SSTP_HEADROOM writable bytes before it, and gathers it; what the
 * link has to say itself goes first. The bytes must stay until pump_output() or pump_flush_run().
 * While the socket is full a copy waits instead, or is dropped and counted in p->waiting. Returns
 * what sstp_link_send() returns, or SSTP_E_CLOSED when TLS is of no use any more.
 */
int pump_send(struct pump *p, uint8_t *packet, size_t n, uint64_t now);
/* What the sender of a packet that does not fit is to be told: an ICMP error for it. */
struct pump_answer {
	size_t n; /* 0: nothing */
	uint8_t bytes[FIT_ERROR_MAX];
};

/*
 * Carries an IP packet of any size, from another network than the link's: as pump_send(), but a TCP
 * handshake's MSS is lowered to what fits, a packet that is too large goes in fragments where IP
 * allows that, and where not *answer says so, at most once a millisecond (RFC 4443 2.4 f). A packet
 * in fragments is the caller's again on return.
 */
int pump_carry(struct pump *p, uint8_t *packet, size_t n, uint64_t now, struct pump_answer *answer);
/* Lowers the MSS in a TCP handshake that came from the peer: what answers it must fit as well. */
void pump_clamp(const struct pump *p, uint8_t *packet, size_t n);
/*
 * Makes a TLS record of the packets gathered, so that their memory is free again; sends once
 * PUMP_GATHER super-packets of records have come together, and then whole ones only: a rest would
 * leave as a small packet of its own, and where TCP is paced, as by BBR, by a timer's interrupt.
 */
void pump_flush_run(struct pump *p);
/*
 * Queues the link's output, the gathered packets and those that wait, and sends. Returns TLS_OK
 * when all is gone, TLS_WANT_WRITE when the socket is full, TLS_FAILED or TLS_CLOSED when it is of
 * no use.
 */
enum tls_result pump_output(struct pump *p, uint64_t now);
/* Hands the link's events and trace records to the owner: after any door that the owner used. */
void pump_events(struct pump *p);
/*
 * Returns the LOOP_ bits to wait for on the socket. When it is ready, whatever for, call
 * pump_input() and pump_output().
 */
unsigned pump_wants(const struct pump *p);
/* Returns when to call sstp_link_tick() and pump_output() at the latest, UINT64_MAX: never. */
uint64_t pump_deadline(const struct pump *p);
/* Returns whether the socket is full, so that packets wait. */
bool pump_full(const struct pump *p);

#endif
