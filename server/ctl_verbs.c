/* SPDX-License-Identifier: MIT */
/*
 * What sstpctl may ask for. Questions that only the workers can answer go to all of them as orders;
 * the answer leaves when the last order is back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/log.h"
#include "server/main.h"

/* A request on its way through the workers. */
struct gather {
	struct ctl *ctl;
	uint64_t client;
	unsigned waiting; /* orders that are not back yet */
	json_t *list;     /* sessions */
	uint64_t id;
	uint32_t kicked;
	struct worker_stats sum;
	json_t *workers; /* stats, worker by worker */
	uint64_t tun_drops;
	uint32_t sessions, connections;
};

static struct gather *make_gather(struct ctl *ctl, uint64_t client)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->ctl = ctl;
	g->client = client;
	return g;
}

/* Sends an order of n zeroed bytes to each worker; `fill` completes it. */
static void order_all(struct gather *g, size_t n, void (*work)(struct worker *, struct order *),
		      void (*done)(struct order *, void *),
		      void (*fill)(struct order *o, struct gather *g, const json_t *request),
		      const json_t *request)
{
	struct daemon *d = g->ctl->daemon;

	for (unsigned i = 0; i < d->server.workers_n; i++) {
		struct order *o = calloc(1, n);

		if (!o)
			break;
		o->back = &d->box;
		o->work = work;
		o->done = done;
		fill(o, g, request);
		g->waiting++;
		order_post(d->server.workers[i], o);
	}
	if (g->waiting == 0) { /* no answer will come, and none of `list` and the like is full */
		ctl_refuse(g->ctl, g->client, "no memory");
		json_decref(g->list);
		json_decref(g->workers);
		free(g);
	}
}

static int compare_ids(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "id"));
	json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "id"));

	return x < y ? -1 : x > y;
}

/* Returns the sessions in the order of their ids; takes the list over. */
static json_t *sort_sessions(json_t *list)
{
	size_t n = json_array_size(list);
	json_t **at = malloc((n + 1) * sizeof(json_t *));
	json_t *sorted = json_array();

	for (size_t i = 0; at && i < n; i++)
		at[i] = json_array_get(list, i);
	if (at)
		qsort(at, n, sizeof(json_t *), compare_ids);
	for (size_t i = 0; at && i < n; i++)
		json_array_append(sorted, at[i]);
	free(at);
	json_decref(list);
	return sorted;
}

static void done_sessions(struct order *o, void *arg)
{
	struct order_sessions *ask = (struct order_sessions *)(void *)o;
	struct gather *g = ask->about;

	(void)arg;
	json_array_extend(g->list, ask->list);
	json_decref(ask->list);
	free(ask);
	if (--g->waiting)
		return;
	if (g->id && json_array_size(g->list) == 0) {
		ctl_refuse(g->ctl, g->client, "there is no session with this id");
		json_decref(g->list);
	} else {
		ctl_answer(g->ctl, g->client,
			   json_pack("{s:b, s:o}", "ok", 1, "sessions", sort_sessions(g->list)));
	}
	free(g);
}

static void fill_sessions(struct order *o, struct gather *g, const json_t *request)
{
	struct order_sessions *ask = (struct order_sessions *)(void *)o;

	(void)request;
	ask->id = g->id;
	ask->about = g;
}

static void verb_sessions(struct gather *g, const json_t *request)
{
	g->id = (uint64_t)json_integer_value(json_object_get(request, "id"));
	g->list = json_array();
	order_all(g, sizeof(struct order_sessions), work_sessions, done_sessions, fill_sessions,
		  request);
}

static void done_kick(struct order *o, void *arg)
{
	struct order_kick *kick = (struct order_kick *)(void *)o;
	struct gather *g = kick->about;

	(void)arg;
	g->kicked += kick->kicked;
	free(kick);
	if (--g->waiting)
		return;
	if (g->kicked)
		ctl_answer(g->ctl, g->client,
			   json_pack("{s:b, s:i}", "ok", 1, "kicked", (int)g->kicked));
	else
		ctl_refuse(g->ctl, g->client, "there is no such session");
	free(g);
}

static void fill_kick(struct order *o, struct gather *g, const json_t *request)
{
	struct order_kick *kick = (struct order_kick *)(void *)o;
	const char *user = json_string_value(json_object_get(request, "user"));

	kick->id = g->id;
	kick->err = SSTP_E_KICKED;
	if (user)
		snprintf(kick->user, sizeof(kick->user), "%s", user);
	kick->about = g;
}

static void verb_kick(struct gather *g, const json_t *request)
{
	const char *user = json_string_value(json_object_get(request, "user"));

	g->id = (uint64_t)json_integer_value(json_object_get(request, "id"));
	if (!g->id == !user || (user && !*user)) {
		ctl_refuse(g->ctl, g->client, "kick needs either an id or a user");
		free(g);
		return;
	}
	order_all(g, sizeof(struct order_kick), work_kick, done_kick, fill_kick, request);
}

/* The numbers that are the same for a worker and for all of them. */
static json_t *show_stats(const struct worker_stats *s)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
		"s:I, s:I, s:I, s:I}",
		"accepted", (json_int_t)s->accepted, "refused", (json_int_t)s->refused,
		"tls_failed", (json_int_t)s->tls_failed, "calls_failed",
		(json_int_t)s->calls_failed, "logins_failed", (json_int_t)s->logins_failed,
		"sessions_up", (json_int_t)s->sessions_up, "sessions_ended",
		(json_int_t)s->sessions_ended, "rx_packets", (json_int_t)s->rx_packets, "rx_bytes",
		(json_int_t)s->rx_bytes, "tx_packets", (json_int_t)s->tx_packets, "tx_bytes",
		(json_int_t)s->tx_bytes, "spoofed", (json_int_t)s->drops.spoofed, "filtered",
		(json_int_t)s->drops.filtered, "queue_drops", (json_int_t)s->drops.queue,
		"closed_drops", (json_int_t)s->drops.closed, "no_route", (json_int_t)s->no_route,
		"handed_over", (json_int_t)s->handed_over, "ring_full", (json_int_t)s->ring_full,
		"log_lost", (json_int_t)s->log_lost);
}

/* Adds each of the 64-bit counters that a worker_stats consists of. */
static void add_stats(struct worker_stats *sum, const struct worker_stats *s)
{
	uint64_t *to = (uint64_t *)(void *)sum;
	const uint64_t *from = (const uint64_t *)(const void *)s;

	_Static_assert(sizeof(*sum) % sizeof(*to) == 0, "only counters");
	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

/* Adds what the kernel grants the interface, and who chooses the worker that gets a packet. */
static void show_interface(const struct daemon *d, json_t *o)
{
	const struct tun *first = &d->server.workers[0]->tun;
	char text[64];

	json_object_set_new(o, "interface", json_string(d->tun_name));
	json_object_set_new(o, "offloads", json_string(tun_features(first, text, sizeof(text))));
	json_object_set_new(o, "queues", json_integer(d->queues));
	json_object_set_new(o, "steering",
			    json_string(steer_on(&d->server.routes.steer) ? "kernel"
					: d->server.workers_n == 1        ? "none"
									  : "workers"));
}

/* All orders are back: the answer. */
static void answer_stats(struct gather *g)
{
	struct daemon *d = g->ctl->daemon;
	uint32_t free4, n4, free6, n6, connections, unauth;
	json_t *o = show_stats(&g->sum);

	leases_count(&d->server.leases, &free4, &n4, &free6, &n6);
	guard_count(&d->server.guard, &connections, &unauth);
	json_object_set_new(o, "ok", json_true());
	json_object_set_new(o, "seconds",
			    json_integer((json_int_t)(clock_ms() - d->start_ms) / 1000));
	json_object_set_new(o, "version", json_string(SSTP_VERSION));
	show_interface(d, o);
	json_object_set_new(o, "sessions", json_integer(g->sessions));
	json_object_set_new(o, "connections", json_integer(connections));
	json_object_set_new(o, "unauthenticated", json_integer(unauth));
	json_object_set_new(o, "tun_drops", json_integer((json_int_t)g->tun_drops));
	json_object_set_new(o, "ip4_free", json_integer(free4));
	json_object_set_new(o, "ip4_all", json_integer(n4));
	json_object_set_new(o, "ip6_free", json_integer(free6));
	json_object_set_new(o, "ip6_all", json_integer(n6));
	if (d->cert.tls)
		json_object_set_new(o, "certificate_days",
				    json_integer(tls_ctx_days_left(d->cert.tls)));
	json_object_set_new(o, "workers", g->workers);
	ctl_answer(g->ctl, g->client, o);
	free(g);
}

static void done_stats(struct order *o, void *arg)
{
	struct order_stats *ask = (struct order_stats *)(void *)o;
	struct gather *g = ask->about;
	json_t *one = show_stats(&ask->stats);

	(void)arg;
	add_stats(&g->sum, &ask->stats);
	g->tun_drops += ask->tun_drops;
	g->sessions += ask->sessions;
	json_object_set_new(one, "sessions", json_integer(ask->sessions));
	json_object_set_new(one, "connections", json_integer(ask->connections));
	json_array_append_new(g->workers, one);
	free(ask);
	if (--g->waiting == 0)
		answer_stats(g);
}

static void fill_stats(struct order *o, struct gather *g, const json_t *request)
{
	(void)request;
	((struct order_stats *)(void *)o)->about = g;
}

static void verb_stats(struct gather *g, const json_t *request)
{
	g->workers = json_array();
	order_all(g, sizeof(struct order_stats), work_stats, done_stats, fill_stats, request);
}

static void verb_version(struct gather *g, const json_t *request)
{
	(void)request;
	ctl_answer(g->ctl, g->client, json_pack("{s:b, s:s}", "ok", 1, "version", SSTP_VERSION));
	free(g);
}

static void verb_reload(struct gather *g, const json_t *request)
{
	char why[TLS_ERROR_TEXT + 256];

	(void)request;
	if (daemon_reload(g->ctl->daemon, why, sizeof(why)))
		ctl_answer(g->ctl, g->client, json_pack("{s:b}", "ok", 1));
	else
		ctl_refuse(g->ctl, g->client, why);
	free(g);
}

static void verb_shutdown(struct gather *g, const json_t *request)
{
	(void)request;
	log_notice("sstpctl asks to stop");
	ctl_answer(g->ctl, g->client, json_pack("{s:b}", "ok", 1));
	daemon_stop(g->ctl->daemon);
	free(g);
}

void ctl_request(struct ctl *ctl, uint64_t client, const json_t *request)
{
	static const struct {
		const char *name;
		void (*run)(struct gather *g, const json_t *request); /* takes g over */
	} verbs[] = {
#define CTL_VERB(name, args, text) {#name, verb_##name},
#include "server/ctl_verbs.def"
#undef CTL_VERB
	};
	const char *verb = json_string_value(json_object_get(request, "verb"));
	struct gather *g = make_gather(ctl, client);

	for (size_t i = 0; g && verb && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verb, verbs[i].name) == 0) {
			verbs[i].run(g, request);
			return;
		}
	ctl_refuse(ctl, client, verb ? "the verb is unknown" : "the request has no verb");
	free(g);
}
