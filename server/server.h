/* SPDX-License-Identifier: MIT */
/*
 * What the threads of sstpd share: made by main before the workers start, constant or locked inside
 * from then on.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdatomic.h>

#include "server/conf.h"
#include "server/guard.h"
#include "server/lease.h"
#include "server/login.h"
#include "server/mail.h"
#include "server/route.h"

struct worker;

struct server {
	const struct conf *conf;
	struct sstp_config link; /* what every link is made with, but seed, trace and hashes */
	struct leases leases;
	struct routes routes;
	struct guard guard;
	const char *congestion; /* control of the clients' connections; "": the system's */
	struct login_pool *logins;
	_Atomic uint64_t last_id; /* of a call */
	struct mailbox *main_box; /* letters to the main thread */
	unsigned workers_n;
	struct worker **workers;
};

#endif
