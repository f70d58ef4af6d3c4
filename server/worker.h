/* SPDX-License-Identifier: MIT */
/*
 * A worker: a thread with its loop, its listening sockets, its queue of the TUN device and its
 * sessions, which stay with it for their life. Its files are the stations of a call and of a
 * packet:
 *
 *	worker_accept.c   a connection comes
 *	worker_session.c  TLS, the link, the end
 *	worker_event.c    what the link tells and asks
 *	worker_rx.c       packets from the client to the TUN
 *	worker_tx.c       packets from the TUN to the client, or to another worker
 *	worker_ra.c       router advertisements
 *	worker_log.c      the lines about calls
 *	worker_order.c    what main wants to know or have done
 *	worker_main.c     the thread
 *
 * Other threads reach a worker through worker.box and worker.ring_bell only.
 */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include <jansson.h>
#include <pthread.h>

#include "io/loop.h"
#include "io/net.h"
#include "io/pump.h"
#include "io/tls.h"
#include "io/tun.h"
#include "server/mail.h"
#include "server/ring.h"
#include "server/server.h"

/* Where a call stands. */
enum stage {
	STAGE_TLS,    /* the handshake is on */
	STAGE_LINK,   /* the link is on */
	STAGE_DRAIN,  /* the call is over; what is left is being sent */
	STAGE_LINGER, /* all is sent; the peer is to close first */
	STAGE_DEAD,   /* freed at the end of the turn */
	STAGES
};

/* Packets of one session that were not carried, by reason. */
struct drops {
	uint64_t spoofed;  /* from the client, with a source that is not its own */
	uint64_t filtered; /* from the client, to where nothing is sent: martians, multicast */
	uint64_t queue;    /* to the client, who does not read as fast */
	uint64_t closed; /* to the client, whose link does not carry them: not yet, or too large */
};

struct session {
	struct worker *w;
	uint32_t slot; /* in w->slots */
	uint64_t id;
	enum stage stage;
	int fd;
	struct net_addr from;
	struct loop_fd io;
	struct loop_timer timer;
	struct loop_later again;
	struct tls *tls;
	struct sstp_link *link; /* NULL before STAGE_LINK */
	struct sstp_trace *trace;
	struct pump pump;
	bool dirty;           /* on w->dirty: packets were framed and not sent yet */
	struct session *next; /* on w->dirty or w->dead */
	struct session *next_awake, **at_awake; /* on w->awake: TLS has its buffers; at: what points
						   here, NULL when it is not on the list */

	char user[SSTP_NAME_MAX + 1];    /* as the client gave it, "" before */
	char account[SSTP_NAME_MAX + 1]; /* in the database, "" before */
	enum sstp_auth method;
	bool asking;    /* a login job is on its way */
	unsigned tried; /* how many logins were tried */
	bool authenticated;
	bool has_fixed4;
	uint8_t fixed4[4];

	struct lease lease;
	bool leased;
	struct sstp_addresses addr; /* agreed on */
	bool connected, ip4_up, ip6_up;
	bool up;   /* was connected and had an address: the "up" line is out */
	bool down; /* the link said so */
	const char
		*reached; /* how far the call has come: "http", "sstp", "lcp", "auth", "network" */
	uint8_t hash;

	uint64_t begin_ms; /* the connection came */
	uint64_t up_ms;
	int64_t up_unix;
	uint64_t active_ms; /* last IP packet */
	uint64_t limit_ms;  /* when the stage's own patience ends; UINT64_MAX: never */
	uint64_t ra_ms;     /* when the next router advertisement is due */
	uint64_t ra_last_ms;
	unsigned ra_sent;
	uint64_t echo_ms; /* when the next LCP echo is due */
	struct drops drops;
};

/* What a worker has counted since it started. */
struct worker_stats {
	uint64_t accepted;     /* connections let in */
	uint64_t refused;      /* connections turned away by the guard */
	uint64_t tls_failed;   /* TLS handshakes that came to nothing */
	uint64_t calls_failed; /* calls that ended before they were up */
	uint64_t logins_failed;
	uint64_t sessions_up;                                /* sessions that came up, ever */
	uint64_t sessions_ended;                             /* sessions that ended after that */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* IP, of ended sessions */
	struct drops drops;                                  /* of ended sessions */
	uint64_t no_route;                                   /* packets from the TUN for nobody */
	uint64_t handed_over; /* packets from the TUN for another worker */
	uint64_t ring_full;   /* of which found no room */
	uint64_t log_lost;    /* lines about calls that were one too many */
};

/* Lines about calls: so many at once, and then so many a second. */
struct log_budget {
	uint32_t tokens;
	uint64_t last_ms;
	uint64_t lost; /* since the last line about that */
};

/* What new calls are shown, and their crypto binding is checked against; replaced by reload. */
struct shown_cert {
	struct tls_ctx *tls;    /* NULL when only a terminator is listened to */
	uint8_t plain_sha1[20]; /* of the terminator's certificate */
	uint8_t plain_sha256[32];
};

/* A socket that a worker listens on. */
struct listener {
	struct worker *w;
	int fd;
	bool plain; /* a TLS terminator's: calls come without TLS, and all from its address */
	struct loop_fd io;
};

struct worker {
	struct server *server;
	unsigned index;
	pthread_t thread;
	bool started;
	struct mail gone; /* posted to main when the thread has nothing more to do */
	struct loop *loop;
	struct mailbox box;
	struct loop_bell ring_bell;
	struct ring **ring_in; /* from each other worker, which reads this; NULL from itself */

	unsigned listens_n;
	struct listener listens[2 * CONF_LISTEN_MAX];
	bool listening;

	struct shown_cert cert;
	uint8_t server_link_local[16];

	struct session **slots;
	uint32_t slots_n;
	uint32_t *free_slots; /* a stack */
	uint32_t free_n;
	uint32_t sessions_n;
	struct session *dirty;
	struct session *awake; /* those that did something lately */
	struct session *dead;

	struct loop_timer second; /* the slow clock; not beside what other workers read */
	struct loop_later bury;
	bool stopping;
	uint64_t stop_ms; /* when patience with the clients ends */
	struct log_budget budget;
	struct worker_stats stats;

	struct loop_fd tun_io;
	unsigned served; /* sessions that had their turn since the TUN was read */
	struct tun tun;
	uint8_t buf[TLS_RECORD]; /* plain bytes of whichever session is being read */
};

/* Makes worker `index`, with its loop and box; NULL when memory or descriptors are short. */
struct worker *worker_new(struct server *server, unsigned index);
/* Frees w, whose thread has ended or never was. NULL is ignored. */
void worker_free(struct worker *w);
/* Starts the thread. The listening sockets, the TUN queue and the certificate are in place. Returns
 * 0 or -errno. */
int worker_start(struct worker *w);
/* Waits for the thread's end; does nothing when it was not started. */
void worker_join(struct worker *w);
/* Stops listening and says goodbye to all clients; the thread ends when they are gone, at the
 * latest after patience_ms. */
void worker_stop(struct worker *w, uint32_t patience_ms);

/* Starts or pauses to listen. */
void worker_listen(struct worker *w, bool on);

/* Makes a session of an accepted connection that the guard has let in; fd is the session's.
 * plain: it comes from a TLS terminator. */
void session_new(struct worker *w, int fd, const struct net_addr *from, bool plain);
/* Brings a session up to date after any door of its link was used: sends, waits, ends. */
void session_settle(struct session *s);
/* Notes that the session is to be settled by the next worker_flush(). */
void session_make_dirty(struct session *s);
/* Lets the sessions that are idle rest: their buffers go back. The slow clock calls it. */
void session_rest_idle(struct worker *w, uint64_t now);
/* Ends a session in order, for the reason given (sstp_link_close()). */
void session_end(struct session *s, int err);
/* Ends a session at once, without a word. */
void session_kill(struct session *s);
/* Finds a session by slot and id; NULL when it is gone. */
struct session *session_find(struct worker *w, uint32_t slot, uint64_t id);

/* Takes an event of the session's link. */
void session_event(void *arg, const struct sstp_event *ev);
/* Gives back what the session was lent, and unlinks its routes. */
void session_give_back(struct session *s);

/* Takes an IP packet from the session's client: to the TUN, if it may go there. */
void session_packet(void *arg, uint8_t *p, size_t n);

/* Reads the TUN: as many batches as suit a turn. */
void worker_on_tun(void *arg, unsigned ready);
/* Takes the packets that other workers have handed over. */
void worker_on_ring(void *arg);
/* Settles the sessions that are dirty: sends what was framed for them. */
void worker_flush(struct worker *w);

/* Starts router advertisements on a link that has just become able to carry them. */
void ra_start(struct session *s, uint64_t now);
/* Answers a router solicitation, soon. */
void ra_solicited(struct session *s, uint64_t now);
/* Sends the advertisement that is due. */
void ra_tick(struct session *s, uint64_t now);

/* Logs that the guard turned a connection away. */
void log_refused(struct worker *w, const struct net_addr *from, enum guard_verdict v);
/* Logs that a call ended in the TLS handshake; why NULL takes TLS's own words. */
void log_tls_failed(struct session *s, const char *code, const char *why);
/* Logs a failed login. */
void log_login_failed(struct session *s, int err);
/* Logs that a session is up. */
void log_up(struct session *s);
/* Logs the end of a session that was up, or of a call that never was. */
void log_end(struct session *s);
/* Logs how many lines were left out, if any were. */
void log_lost(struct worker *w);
/* Prints a trace record of the session's link. */
void log_trace(void *arg, const struct sstp_trace *t);

/*
 * An order from main to a worker: posted into the worker's box, carried out there, and posted back
 * into main's, where `done` is called; it frees the order. First member of what is ordered.
 */
struct order {
	struct mail mail;
	struct mailbox *back;
	void (*work)(struct worker *w, struct order *o);
	void (*done)(struct order *o, void *main);
};

/* Sends an order out. */
void order_post(struct worker *w, struct order *o);

/* The orders. */
struct order_sessions {
	struct order order;
	uint64_t id;  /* only this one; 0: all */
	json_t *list; /* the answer: an array of objects, the receiver's */
	void *about;
};
struct order_kick {
	struct order order;
	uint64_t id; /* 0: by user */
	char user[SSTP_NAME_MAX + 1];
	int err;         /* SSTP_E_KICKED, SSTP_E_REPLACED */
	uint32_t kicked; /* the answer */
	void *about;
};
struct order_stats {
	struct order order;
	struct worker_stats stats; /* the answer */
	struct worker_stats live;  /* the answer: of sessions that go on */
	uint64_t tun_drops;
	uint32_t sessions, connections;
	void *about;
};
struct order_cert {
	struct order order;
	struct shown_cert cert;
	void *about;
};
struct order_stop {
	struct order order;
	uint32_t patience_ms;
};

/* order.work of each. */
void work_sessions(struct worker *w, struct order *o);
/* See work_sessions(). */
void work_kick(struct worker *w, struct order *o);
/* See work_sessions(). */
void work_stats(struct worker *w, struct order *o);
/* See work_sessions(). */
void work_cert(struct worker *w, struct order *o);
/* See work_sessions(). */
void work_stop(struct worker *w, struct order *o);
/* Ends session `id`, of whichever worker, because its fixed address went to a newer one. */
void replace_session(struct server *server, uint64_t id);

#endif
