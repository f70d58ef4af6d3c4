/* SPDX-License-Identifier: MIT */
/*
 * The main thread of sstpd: it reads the configuration, opens everything, starts the workers, and
 * then waits for signals and for sstpctl.
 *
 *	main.c         the command line
 *	main_init.c    sstpd --init
 *	main_open.c    what needs privileges
 *	main_run.c     start, reload, stop
 *	main_privs.c   giving privileges up
 *	main_notify.c  systemd
 *	ctl_*.c        sstpctl's other end
 */
#ifndef SERVER_MAIN_H
#define SERVER_MAIN_H

#include "server/ctl.h"
#include "server/worker.h"

#define EXIT_USAGE 2 /* the command line or the configuration is wrong */

struct daemon {
	struct conf conf;
	struct server server;
	struct loop *loop;
	struct mailbox box;
	struct loop_signal on_term, on_int, on_hup;
	struct ctl ctl;
	struct shown_cert cert;  /* for new calls */
	struct tls_ctx *tls_old; /* replaced; freed when every worker has let go of it */
	unsigned tls_waiting;    /* workers that have not */
	char tun_name[IFNAMSIZ];
	unsigned queues; /* of the TUN device */
	unsigned gone;   /* workers whose threads have ended */
	bool stopping;
	uint64_t start_ms;
};

/* Runs sstpd over the configuration until it is told to stop; returns the exit status. */
int daemon_run(struct daemon *d);
/* Lets new calls see the certificate, and look-ups the database, as they are on disk now. Returns
 * true, or writes what went wrong, and what stays as it was, into why (n bytes). */
bool daemon_reload(struct daemon *d, char *why, size_t n);
/* Says goodbye to all clients and ends the program; when told again, at once. */
void daemon_stop(struct daemon *d);

/* Opens listening sockets and TUN queues for all workers, sets addresses, opens the control socket.
 * What fails is logged. */
bool open_everything(struct daemon *d);
/* Reads the configured certificates; false with the reason in err. The context is the caller's. */
bool open_cert(const struct conf *c, struct shown_cert *cert, struct tls_err *err);
/* Checks the files, the user and the congestion control that the configuration names; what is wrong
 * is told on standard error. */
bool check_files(const struct conf *c);

/* Gives up what privileges are no longer needed. What fails is logged. */
bool drop_privileges(const struct conf *c);

/* Tells systemd, if it has started us and wants to know: "READY=1" and the like. */
void notify_systemd(const char *state);

/* What `sstpd --init` was asked for. */
struct init_wish {
	const char *dir;
	const char *name;
	const char *const *listen;
	unsigned listen_n;
	const char *pool4; /* NULL: 10.0.0.0/24, unless pool6 is given */
	const char *pool6; /* NULL: none */
};

/* Writes a working set-up into a folder that is empty or not there; returns the exit status. */
int init_dir(const struct init_wish *wish);

#endif
