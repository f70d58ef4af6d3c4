/* SPDX-License-Identifier: MIT */
/*
 * Giving privileges up once everything is open: all capabilities, the user if one is configured,
 * and the way to get any of it back by executing a program.
 */
#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "io/log.h"
#include "io/net.h"
#include "server/main.h"

/* Becomes the configured user, with his groups. */
static bool become(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw) {
		log_error("[server] user: there is no user \"%s\"", name);
		return false;
	}
	if (initgroups(name, pw->pw_gid) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0) {
		log_error("[server] user: cannot become \"%s\": %s", name, strerror(errno));
		return false;
	}
	return true;
}

/* Says what will not work any more, while there is time to change it. */
static void warn_unreadable(const char *path, const char *what)
{
	if (path && access(path, R_OK) < 0)
		log_warn("the %s %s cannot be read without privileges: %s; a reload will keep the "
			 "old one",
			 what, path, strerror(errno));
}

/* Returns whether BBR is wanted, and a connection could leave it and come back. */
static bool has_bbr(const struct conf *c)
{
	char why[512];

	return strcmp(net_wanted_congestion(c->congestion), NET_CONGESTION_AUTO) == 0 &&
	       net_has_congestion(NET_CONGESTION_AUTO, why, sizeof(why));
}

bool drop_privileges(const struct conf *c)
{
	const bool had_bbr = has_bbr(c);

	if (c->user && !become(c->user))
		return false;
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0) {
		log_error("capabilities cannot be given up: %s", strerror(errno));
		return false;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		log_warn("no_new_privs cannot be set: %s", strerror(errno));
	warn_unreadable(c->certificate, "certificate");
	warn_unreadable(c->key, "key");
	warn_unreadable(c->plain_certificate, "certificate");
	if (had_bbr && !has_bbr(c))
		log_notice("without privileges bbr cannot be started anew where it misjudges a "
			   "path that loses packets; to allow that, add bbr to the sysctl "
			   "net.ipv4.tcp_allowed_congestion_control");
	return true;
}
