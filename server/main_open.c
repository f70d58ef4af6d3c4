/* SPDX-License-Identifier: MIT */
/* What has to be opened before privileges go: sockets, the TUN device and its addresses. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/log.h"
#include "io/netlink.h"
#include "server/main.h"

#define BACKLOG     4096
#define SPARE_FILES 256 /* descriptors besides those of the calls */

/* Makes room for a descriptor for each session. */
static void raise_file_limit(const struct conf *c)
{
	rlim_t want = (rlim_t)c->max_sessions + SPARE_FILES;
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_cur >= want)
		return;
	now.rlim_cur = want;
	if (now.rlim_max < want)
		now.rlim_max = want;
	if (setrlimit(RLIMIT_NOFILE, &now) == 0)
		return;
	getrlimit(RLIMIT_NOFILE, &now);
	now.rlim_cur = now.rlim_max;
	setrlimit(RLIMIT_NOFILE, &now);
	log_warn("[server] max_sessions is %u, but the system allows this process %llu open files",
		 c->max_sessions, (unsigned long long)now.rlim_max);
}

/*
 * Returns 0 when nobody listens at the address. SO_REUSEPORT, which lets our workers share it,
 * would let a second sstpd share it too, and take half of the calls.
 */
static int probe_address(const struct net_addr *a)
{
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	int one = 1;
	int err = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, &a->any, a->len) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Says why an address cannot be listened on, and what to do. */
static void complain_listen(const struct net_addr *a, int err)
{
	char text[NET_ADDR_TEXT];
	const char *hint = "";

	if (err == -EADDRINUSE)
		hint = "; another program listens there: stop it, or choose another port";
	else if (err == -EACCES)
		hint = "; run sstpd as root";
	else if (err == -EADDRNOTAVAIL)
		hint = "; no interface has this address";
	log_error("cannot listen on %s: %s%s", net_addr_text(a, text), strerror(-err), hint);
}

/* Says which congestion control the clients' connections get. */
static void tell_congestion(const struct daemon *d)
{
	char runs[NET_CONGESTION], why[512];

	net_congestion(d->server.workers[0]->listens[0].fd, runs);
	if (strcmp(d->conf.congestion, "auto") == 0 && strcmp(runs, NET_CONGESTION_AUTO) != 0 &&
	    !net_has_congestion(NET_CONGESTION_AUTO, why, sizeof(why)))
		log_notice("TCP congestion control: %s; on paths that lose packets %s is faster, "
			   "but %s",
			   runs, NET_CONGESTION_AUTO, why);
	else
		log_notice("TCP congestion control: %s", runs);
}

/* Opens each address once for each worker. */
static bool open_listeners(struct daemon *d, const struct conf_listens *list, bool plain)
{
	for (unsigned i = 0; i < list->n; i++) {
		const struct net_addr *a = &list->at[i];
		int fd = probe_address(a);

		for (unsigned k = 0; fd >= 0 && k < d->server.workers_n; k++) {
			struct worker *w = d->server.workers[k];

			fd = net_listen(a, BACKLOG);
			if (fd < 0)
				break;
			/* inherited by what it accepts; now we may load modules, use any */
			if (*d->server.congestion)
				(void)net_set_congestion(fd, d->server.congestion);
			w->listens[w->listens_n].fd = fd;
			w->listens[w->listens_n++].plain = plain;
		}
		if (fd < 0) {
			complain_listen(a, fd);
			return false;
		}
	}
	return true;
}

/* Opens a TUN queue for each worker; 0 or -errno. */
static int open_queues(struct daemon *d, const char *name)
{
	struct tun *first = &d->server.workers[0]->tun;
	int err = tun_open_with(first, name, d->server.workers_n > 1, d->conf.offload);

	for (unsigned k = 1; !err && k < d->server.workers_n; k++)
		err = tun_open_more(&d->server.workers[k]->tun, first);
	return err;
}

/* Returns how many queues the device has: a worker without one writes into the first. */
static unsigned count_queues(const struct daemon *d)
{
	unsigned n = 0;

	for (unsigned k = 0; k < d->server.workers_n; k++)
		n += !d->server.workers[k]->tun.shared;
	return n;
}

/* Says what the kernel does not do for us, and what that means. */
static void tell_refused(const struct daemon *d)
{
	const struct tun *first = &d->server.workers[0]->tun;
	char text[64];

	if (first->features != d->conf.offload)
		log_notice("the kernel grants the interface %s only these offloads: %s",
			   first->name, tun_features(first, text, sizeof(text)));
	if (d->queues < d->server.workers_n)
		log_notice("the kernel does not give the interface %s a queue for each worker: the "
			   "first one reads it and hands packets over",
			   first->name);
}

/* Has the kernel choose the queue of the worker that has the session. */
static void steer_queues(struct daemon *d)
{
	int err;

	if (d->queues == 1 || d->queues < d->server.workers_n)
		return; /* queues and workers are not one to one */
	err = routes_steer(&d->server.routes, d->server.workers[0]->tun.fd);
	if (err)
		log_notice("the kernel does not steer packets to the worker of their session (%s): "
			   "workers hand them over",
			   strerror(-err));
}

/* Opens the TUN device. */
static bool open_tun(struct daemon *d)
{
	const char *name = d->conf.tun_name ? d->conf.tun_name : "";
	int err = open_queues(d, name);

	if (err) {
		log_error("the TUN device %s cannot be opened: %s%s", name, strerror(-err),
			  err == -EPERM    ? "; run sstpd as root"
			  : err == -ENOENT ? "; load the kernel module tun"
			  : err == -EBUSY  ? "; another program has it"
					   : "");
		return false;
	}
	d->queues = count_queues(d);
	tell_refused(d);
	steer_queues(d);
	memcpy(d->tun_name, d->server.workers[0]->tun.name, sizeof(d->tun_name));
	return true;
}

/* Gives the interface its addresses, and with them the routes to the pools. */
static int set_addresses(struct daemon *d, struct netlink *nl)
{
	const struct conf *c = &d->conf;
	const struct leases *l = &d->server.leases;
	unsigned index = nl_ifindex(d->tun_name);
	int err = nl_link_addrgen_none(nl, index);

	if (err) /* an old kernel: it makes a link-local address, which nobody sees */
		log_debug("the interface %s gets a link-local address: %s", d->tun_name,
			  strerror(-err));
	err = nl_link_set(nl, index, true, c->mtu);
	if (!err)
		err = nl_link_queue(nl, index, TUN_QUEUE);
	if (!err && l->has4)
		err = nl_addr_add(nl, index, AF_INET, l->server4, c->pool4.bits, NULL);
	if (!err && l->has6)
		err = nl_addr_add(nl, index, AF_INET6, l->server6, c->pool6.bits, NULL);
	return err;
}

static bool set_up_interface(struct daemon *d)
{
	struct netlink *nl = nl_open();
	int err = nl ? set_addresses(d, nl) : -errno;

	nl_close(nl);
	if (err)
		log_error("the interface %s cannot be set up: %s", d->tun_name, strerror(-err));
	return err == 0;
}

static bool open_control(struct daemon *d)
{
	int fd = net_listen_unix(d->conf.control, 0600);

	if (fd < 0) {
		log_error("the control socket %s cannot be opened: %s%s", d->conf.control,
			  strerror(-fd),
			  fd == -EADDRINUSE ? "; another sstpd with this configuration runs" : "");
		return false;
	}
	ctl_start(&d->ctl, d, fd);
	return true;
}

bool open_everything(struct daemon *d)
{
	raise_file_limit(&d->conf);
	if (!open_control(d) || !open_listeners(d, &d->conf.listen, false) ||
	    !open_listeners(d, &d->conf.plain_listen, true))
		return false;
	tell_congestion(d);
	return open_tun(d) && set_up_interface(d);
}

bool open_cert(const struct conf *c, struct shown_cert *cert, struct tls_err *err)
{
	struct tls_server_conf tls = {
		.cert_file = c->certificate,
		.key_file = c->key,
		.tls13_only = c->tls_min == CONF_TLS_1_3,
		.tls10 = c->tls_min == CONF_TLS_1_0,
		.ciphers = c->ciphers,
		.rekey_mb = c->rekey_mb,
		.keylog_file = c->keylog,
	};

	memset(cert, 0, sizeof(*cert));
	if (c->plain_listen.n &&
	    !tls_file_hashes(c->plain_certificate, cert->plain_sha1, cert->plain_sha256, err))
		return false;
	if (c->listen.n)
		cert->tls = tls_server_ctx(&tls, err);
	return cert->tls || !c->listen.n;
}

/* Complains on standard error, as about the configuration, about a file or user that it names. */
static void complain_named(const struct conf *c, const char *what)
{
	char where[1024];

	fprintf(stderr, "%s%s\n", conf_blame(c, what, where, sizeof(where)), what);
}

/* Checks that the kernel has the congestion control, if the file asks for one: a default may fail.
 */
static bool check_congestion(const struct conf *c)
{
	unsigned line = conf_line(c, "server", "congestion");
	char why[512];

	if (!line || net_has_congestion(c->congestion, why, sizeof(why)))
		return true;
	fprintf(stderr,
		"%s:%u: [server] congestion: %s; or write \"system\" for the system's own\n",
		c->path, line, why);
	return false;
}

bool check_files(const struct conf *c)
{
	struct shown_cert cert;
	struct users *users;
	struct tls_err err;
	bool good = open_cert(c, &cert, &err);
	char why[512];

	if (!good)
		complain_named(c, err.text);
	users = users_open(c->database, USERS_READ, why, sizeof(why));
	if (!users)
		complain_named(c, why);
	if (c->user && !getpwnam(c->user)) {
		snprintf(why, sizeof(why), "there is no user \"%s\" on this system", c->user);
		complain_named(c, why);
		good = false;
	}
	good = check_congestion(c) && good;
	tls_ctx_free(cert.tls);
	users_close(users);
	return good && users;
}
