/* SPDX-License-Identifier: MIT */
/* sstpd from start to end: the order in which its parts come up and go down, and reload. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/locked.h"
#include "io/log.h"
#include "io/random.h"
#include "lib/base/secret.h"
#include "server/main.h"

#define PATIENCE_MS 5000 /* for clients to answer the goodbye */

/* What every link is made with. */
static void make_link_config(const struct conf *c, struct sstp_config *l)
{
	memset(l, 0, sizeof(*l));
	l->role = SSTP_SERVER;
	l->hashes = (uint8_t)c->hashes;
	l->host = c->match_host ? c->name : NULL;
	l->server_header = c->server_header;
	memcpy(l->auth, c->methods.at, sizeof(l->auth));
	strncpy(l->name, c->name, sizeof(l->name) - 1);
	l->mru = (uint16_t)c->mru;
	l->mtu = (uint16_t)c->mtu;
	l->no_ip4 = c->pool4.bits == 0;
	l->no_ip6 = c->pool6.bits == 0;
	l->http_ms = c->http_s * 1000;
	l->negotiation_ms = c->negotiation_s * 1000;
	l->hello_ms = c->hello_s * 1000;
	l->ppp_restart_ms = c->restart_s * 1000;
	l->auth_ms = c->auth_s * 1000;
}

/* Makes what the workers share. */
static bool make_shared(struct daemon *d)
{
	const struct conf *c = &d->conf;
	struct server *v = &d->server;
	struct guard_limits limits = {
		.sessions = c->max_sessions,
		.unauth = c->max_unauth,
		.per_source = c->max_per_source,
		.fails = c->fail_limit,
		.fail_window_s = c->fail_window_s,
	};
	uint64_t key;

	v->conf = c;
	v->congestion = net_wanted_congestion(c->congestion);
	v->main_box = &d->box;
	v->workers_n = c->workers;
	if (!v->workers_n) {
		long cores = sysconf(_SC_NPROCESSORS_ONLN);

		v->workers_n = cores < 1 ? 1 : cores > 64 ? 64 : (unsigned)cores;
	}
	make_link_config(c, &v->link);
	random_bytes(&key, sizeof(key));
	if (leases_init(&v->leases, &c->pool4, c->server4.n ? c->server4.ip[0] : NULL, &c->pool6,
			c->server_id.ip[0] + 8, v->workers_n) &&
	    routes_init(&v->routes, &v->leases) && guard_init(&v->guard, &limits, key))
		return true;
	log_error("no memory for the pools");
	return false;
}

static void on_gone(struct mail *m, void *arg)
{
	struct daemon *d = arg;

	(void)m;
	if (++d->gone == d->server.workers_n)
		loop_stop(d->loop);
}

static bool make_workers(struct daemon *d)
{
	struct server *v = &d->server;

	v->workers = calloc(v->workers_n, sizeof(struct worker *));
	for (unsigned i = 0; v->workers && i < v->workers_n; i++) {
		struct worker *w = v->workers[i] = worker_new(v, i);

		if (!w) {
			log_error("worker %u cannot be made: no memory or no descriptors", i);
			return false;
		}
		w->gone.open = on_gone;
		w->cert = d->cert;
	}
	return v->workers != NULL;
}

/* Collects the addresses that belong to users. */
struct fixed {
	uint8_t (*ips)[4];
	size_t n;
};

static void add_fixed(void *arg, const struct user *user)
{
	struct fixed *f = arg;
	uint8_t(*more)[4];

	if (!user->has_ip4)
		return;
	more = realloc(f->ips, (f->n + 1) * sizeof(*more));
	if (!more)
		return;
	f->ips = more;
	memcpy(f->ips[f->n++], user->ip4, 4);
}

/* Keeps the users' own addresses out of the pool. */
static bool reserve_fixed(struct daemon *d, char *why, size_t n)
{
	struct users *u = users_open(d->conf.database, USERS_READ, why, n);
	struct fixed f = {NULL, 0};
	bool good;

	if (!u)
		return false;
	good = users_each(u, add_fixed, &f) == USERS_OK;
	if (good)
		leases_reserve(&d->server.leases, (const uint8_t(*)[4])f.ips, f.n);
	else
		snprintf(why, n, "the users cannot be listed: %s", users_error(u));
	users_close(u);
	free(f.ips);
	return good;
}

/* Warns of a certificate that is about to become useless. */
static void log_certificate(const struct daemon *d)
{
	char text[400];
	int days;

	if (!d->cert.tls)
		return;
	days = tls_ctx_days_left(d->cert.tls);
	log_info("certificate: %s", tls_ctx_describe(d->cert.tls, text, sizeof(text)));
	if (days < 15)
		log_warn("the certificate %s expires in %d days", d->conf.certificate, days);
}

static bool start_workers(struct daemon *d)
{
	char why[512];

	d->server.logins = login_start(d->conf.database, d->conf.auth_threads, why, sizeof(why));
	if (!d->server.logins || !reserve_fixed(d, why, sizeof(why))) {
		log_error("%s", why);
		return false;
	}
	for (unsigned i = 0; i < d->server.workers_n; i++) {
		int err = worker_start(d->server.workers[i]);

		if (err) {
			log_error("worker %u cannot be started: %s", i, strerror(-err));
			return false;
		}
	}
	return true;
}

static void on_end_signal(void *arg, int signo)
{
	log_notice("%s: stopping", signo == SIGINT ? "SIGINT" : "SIGTERM");
	daemon_stop(arg);
}

static void on_reload_signal(void *arg, int signo)
{
	char why[TLS_ERROR_TEXT + 256];

	(void)signo;
	daemon_reload(arg, why, sizeof(why)); /* logs what went wrong itself */
}

static void free_order(struct order *o, void *main)
{
	(void)main;
	free(o);
}

void daemon_stop(struct daemon *d)
{
	if (!d->stopping)
		notify_systemd("STOPPING=1");
	for (unsigned i = 0; i < d->server.workers_n; i++) {
		struct order_stop *stop = calloc(1, sizeof(*stop));

		if (!stop) {
			loop_stop(d->loop);
			return;
		}
		stop->order.back = &d->box;
		stop->order.work = work_stop;
		stop->order.done = free_order;
		stop->patience_ms = d->stopping ? 0 : PATIENCE_MS;
		order_post(d->server.workers[i], &stop->order);
	}
	d->stopping = true;
}

/* A worker has let go of the old certificate. */
static void done_cert(struct order *o, void *arg)
{
	struct daemon *d = arg;

	free(o);
	if (--d->tls_waiting)
		return;
	tls_ctx_free(d->tls_old);
	d->tls_old = NULL;
}

/* Hands the new certificate to every worker. */
static bool show_certificate(struct daemon *d, const struct shown_cert *cert)
{
	struct order_cert *orders[64] = {NULL};
	unsigned n = d->server.workers_n;

	for (unsigned i = 0; i < n; i++) {
		orders[i] = calloc(1, sizeof(*orders[i]));
		if (!orders[i]) {
			while (i--)
				free(orders[i]);
			return false;
		}
	}
	d->tls_old = d->cert.tls;
	d->cert = *cert;
	d->tls_waiting = n;
	for (unsigned i = 0; i < n; i++) {
		orders[i]->order.back = &d->box;
		orders[i]->order.work = work_cert;
		orders[i]->order.done = done_cert;
		orders[i]->cert = *cert;
		order_post(d->server.workers[i], &orders[i]->order);
	}
	return true;
}

/* Reads certificate and key anew; what is wrong goes into why. */
static bool reload_certificate(struct daemon *d, char *why, size_t n)
{
	struct shown_cert cert;
	struct tls_err err;

	if (d->tls_waiting) {
		snprintf(why, n, "the reload before is not through yet");
		return false;
	}
	if (!open_cert(&d->conf, &cert, &err)) {
		snprintf(why, n, "the old certificate stays in use: %s", err.text);
		return false;
	}
	if (!show_certificate(d, &cert)) {
		tls_ctx_free(cert.tls);
		snprintf(why, n, "the old certificate stays in use: no memory");
		return false;
	}
	return true;
}

bool daemon_reload(struct daemon *d, char *why, size_t n)
{
	bool good;

	notify_systemd("RELOADING=1");
	login_reload(d->server.logins);
	good = reload_certificate(d, why, n);
	if (!good)
		log_error("reload: %s", why);
	if (!reserve_fixed(d, why, n)) {
		log_error("reload: %s", why);
		good = false;
	}
	if (good) {
		log_notice(
			"reloaded certificate and users; the rest of the configuration is read at "
			"the start only");
		log_certificate(d);
	}
	notify_systemd("READY=1");
	return good;
}

/* Says what sstpd is about to serve. */
static void log_ready(const struct daemon *d)
{
	char net4[IP_NET_TEXT] = "-", net6[IP_NET_TEXT] = "-";
	char text[NET_ADDR_TEXT];

	if (d->conf.pool4.bits)
		ip_net_text(&d->conf.pool4, net4);
	if (d->conf.pool6.bits)
		ip_net_text(&d->conf.pool6, net6);
	for (unsigned i = 0; i < d->conf.listen.n; i++)
		log_notice("listening on %s", net_addr_text(&d->conf.listen.at[i], text));
	for (unsigned i = 0; i < d->conf.plain_listen.n; i++)
		log_notice("listening on %s without TLS, for a TLS terminator",
			   net_addr_text(&d->conf.plain_listen.at[i], text));
	if (d->conf.keylog)
		log_warn("TLS secrets are written to %s ([tls] keylog): whoever has that file can "
			 "read all traffic",
			 d->conf.keylog);
	log_notice("ready name=%s interface=%s ip4=%s ip6=%s workers=%u", d->conf.name, d->tun_name,
		   net4, net6, d->server.workers_n);
	notify_systemd("READY=1");
}

static bool start(struct daemon *d)
{
	struct tls_err err;

	d->loop = loop_new();
	if (!d->loop) {
		log_error("no event loop: %s", strerror(errno));
		return false;
	}
	mail_init(&d->box, d->loop, d);
	d->start_ms = clock_ms();
	if (!open_cert(&d->conf, &d->cert, &err)) {
		log_error("%s", err.text);
		return false;
	}
	return make_shared(d) && make_workers(d) && open_everything(d) &&
	       drop_privileges(&d->conf) && start_workers(d);
}

/* Takes everything down, in the order that nobody needs what is gone. */
static void clean_up(struct daemon *d)
{
	struct server *v = &d->server;

	for (unsigned i = 0; v->workers && i < v->workers_n; i++)
		if (v->workers[i])
			worker_join(v->workers[i]);
	login_stop(v->logins);
	ctl_stop(&d->ctl);
	for (unsigned i = 0; v->workers && i < v->workers_n; i++)
		worker_free(v->workers[i]);
	if (d->box.arg)
		mail_fini(&d->box); /* answers to orders: nobody asks any more */
	free(v->workers);
	routes_fini(&v->routes);
	leases_fini(&v->leases);
	guard_fini(&v->guard);
	tls_ctx_free(d->cert.tls);
	tls_ctx_free(d->tls_old);
	loop_signal_stop(&d->on_term);
	loop_signal_stop(&d->on_int);
	loop_signal_stop(&d->on_hup);
	if (d->loop)
		loop_free(d->loop);
}

int daemon_run(struct daemon *d)
{
	bool good;

	signal(SIGPIPE, SIG_IGN);
	locked_process();
	good = start(d);
	if (good) {
		loop_signal_start(d->loop, &d->on_term, SIGTERM, on_end_signal, d);
		loop_signal_start(d->loop, &d->on_int, SIGINT, on_end_signal, d);
		loop_signal_start(d->loop, &d->on_hup, SIGHUP, on_reload_signal, d);
		log_certificate(d);
		log_ready(d);
		loop_run(d->loop);
	} else {
		for (unsigned i = 0; d->server.workers && i < d->server.workers_n; i++)
			if (d->server.workers[i] && d->server.workers[i]->started)
				daemon_stop(d);
	}
	clean_up(d);
	if (good)
		log_notice("stopped");
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
