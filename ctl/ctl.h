/* SPDX-License-Identifier: MIT */
/*
 * sstpctl: users in the database, whether sstpd runs or not; sessions, counters and orders through
 * sstpd's control socket.
 *
 *	main.c       the command line and the table of commands
 *	user.c       user add, set, passwd, del, list
 *	password.c   asking for a password
 *	talk.c       the control socket
 *	server.c     sessions, kick, stats, reload, shutdown, version
 *	print.c      results for people and, with -j, for programs
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "server/conf.h"
#include "server/users.h"

/* Exit statuses; sstpctl(8) lists them. */
enum {
	CTL_DONE = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,       /* command line or configuration */
	CTL_NOT_RUNNING = 3, /* there is no sstpd to ask */
	CTL_NO_SUCH = 4,     /* no such user or session, or one that exists already */
};

/* A command on its way. */
struct ctl_run {
	struct conf conf;
	bool json;
	bool cleartext;
	bool by_user;        /* kick: the argument is a name, whatever it looks like */
	const char *ip4;     /* NULL: not given */
	const char *expires; /* NULL: not given */
	const char *enabled; /* "yes", "no"; NULL: not given */
	int argc;            /* arguments after the command's own words */
	char **argv;
};

/* The commands: each returns the exit status. */
int ctl_user_add(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_user_set(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_user_passwd(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_user_del(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_user_list(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_sessions(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_kick(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_stats(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_reload(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_shutdown(struct ctl_run *r);
/* See ctl_user_add(). */
int ctl_version(struct ctl_run *r);

/* Reports a failure, printf-like, to people or as JSON; returns status. */
int ctl_fail(const struct ctl_run *r, int status, const char *form, ...)
	__attribute__((format(printf, 3, 4)));
/* Prints a JSON result on one line and takes it over; returns CTL_DONE. */
int ctl_print_json(json_t *o);
/* Prints the sessions as a table, or one of them as a list. */
void ctl_print_sessions(const json_t *list, bool all_keys);
/* Prints counters, a line each. */
void ctl_print_stats(const json_t *stats);

/*
 * Asks for a password: twice on a terminal, else one line of standard input. Returns its length in
 * buf, whose owner wipes it, or a negative value when it was reported that there is none.
 */
int ctl_ask_password(const struct ctl_run *r, const char *user, char *buf, size_t n);

/*
 * Sends a request, which it takes over, and waits for the answer. Returns CTL_DONE with the answer
 * in *answer, the caller's; or the exit status after it reported what is wrong.
 */
int ctl_talk(const struct ctl_run *r, json_t *request, json_t **answer);

#endif
