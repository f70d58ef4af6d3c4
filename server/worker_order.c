/* SPDX-License-Identifier: MIT */
/* What main wants to know of a worker, or have done by it; see struct order. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/log.h"
#include "server/worker.h"

static void open_done(struct mail *m, void *arg)
{
	struct order *o = (struct order *)(void *)m; /* its first member */

	o->done(o, arg);
}

static void open_order(struct mail *m, void *arg)
{
	struct order *o = (struct order *)(void *)m;

	o->work(arg, o);
	o->mail.open = open_done;
	mail_post(o->back, &o->mail);
}

void order_post(struct worker *w, struct order *o)
{
	o->mail.open = open_order;
	mail_post(&w->box, &o->mail);
}

/* Returns whether the session has got so far that people call it one. */
static bool is_listed(const struct session *s)
{
	return s && (s->stage == STAGE_TLS || s->stage == STAGE_LINK);
}

/* Adds what the link knows. */
static void show_link(const struct session *s, json_t *o)
{
	size_t queued = tls_queued(s->tls) + s->pump.waiting.bytes;
	struct sstp_info info;

	sstp_link_info(s->link, &info);
	json_object_set_new(o, "sstp", json_string(info.state));
	json_object_set_new(o, "ppp", json_string(info.phase));
	json_object_set_new(o, "correlation_id", json_string(info.correlation_id));
	json_object_set_new(o, "agent", json_string(info.agent));
	json_object_set_new(o, "mtu", json_integer(info.mtu));
	json_object_set_new(o, "peer_mru", json_integer(info.peer_mru));
	json_object_set_new(o, "rx_packets", json_integer((json_int_t)info.rx_packets));
	json_object_set_new(o, "rx_bytes", json_integer((json_int_t)info.rx_bytes));
	json_object_set_new(o, "tx_packets", json_integer((json_int_t)info.tx_packets));
	json_object_set_new(o, "tx_bytes", json_integer((json_int_t)info.tx_bytes));
	json_object_set_new(o, "link_drops", json_integer((json_int_t)info.dropped));
	if (info.echo_ms)
		json_object_set_new(o, "rtt_ms", json_integer(info.echo_ms));
	json_object_set_new(o, "tls", json_string(tls_version(s->tls)));
	json_object_set_new(o, "cipher", json_string(tls_cipher(s->tls)));
	json_object_set_new(o, "queued", json_integer((json_int_t)queued));
	json_object_set_new(o, "queue_marks", json_integer((json_int_t)s->pump.waiting.marked));
}

/* Adds the addresses that were lent. */
static void show_addresses(const struct session *s, json_t *o)
{
	char buf[IP_NET_TEXT];

	if (s->lease.index4 != POOL_NONE)
		json_object_set_new(o, "ip4", json_string(ip_text(AF_INET, s->lease.ip4, buf)));
	if (s->lease.index6 != POOL_NONE) {
		json_t *text = json_sprintf("%s/64", ip_text(AF_INET6, s->lease.prefix6, buf));

		json_object_set_new(o, "ip6", text);
	}
}

/* Returns a text of a peer's as JSON: what is not UTF-8 is left out. */
static json_t *untrusted(const char *text)
{
	json_t *j = json_string(text);

	return j ? j : json_string("?");
}

static json_t *show_session(const struct session *s, uint64_t now)
{
	json_t *o = json_object();
	char buf[NET_ADDR_TEXT];

	json_object_set_new(o, "id", json_integer((json_int_t)s->id));
	json_object_set_new(o, "user", untrusted(*s->account ? s->account : s->user));
	json_object_set_new(o, "from", json_string(net_addr_text(&s->from, buf)));
	json_object_set_new(o, "up", json_boolean(s->up));
	json_object_set_new(
		o, "seconds",
		json_integer((json_int_t)(now - (s->up ? s->up_ms : s->begin_ms)) / 1000));
	if (s->up) {
		json_object_set_new(o, "since", json_integer(s->up_unix));
		json_object_set_new(o, "idle",
				    json_integer((json_int_t)(now - s->active_ms) / 1000));
		json_object_set_new(o, "hash",
				    json_string(s->hash == SSTP_HASH_SHA1 ? "sha1" : "sha256"));
	}
	if (s->authenticated)
		json_object_set_new(o, "method", json_string(sstp_auth_name(s->method)));
	show_addresses(s, o);
	if (s->link)
		show_link(s, o);
	json_object_set_new(o, "spoofed", json_integer((json_int_t)s->drops.spoofed));
	json_object_set_new(o, "filtered", json_integer((json_int_t)s->drops.filtered));
	json_object_set_new(o, "queue_drops", json_integer((json_int_t)s->drops.queue));
	json_object_set_new(o, "worker", json_integer(s->w->index));
	return o;
}

void work_sessions(struct worker *w, struct order *o)
{
	struct order_sessions *ask = (struct order_sessions *)(void *)o;
	uint64_t now = clock_ms();

	ask->list = json_array();
	for (uint32_t i = 0; i < w->slots_n; i++) {
		const struct session *s = w->slots[i];

		if (is_listed(s) && (!ask->id || s->id == ask->id))
			json_array_append_new(ask->list, show_session(s, now));
	}
}

void work_kick(struct worker *w, struct order *o)
{
	struct order_kick *kick = (struct order_kick *)(void *)o;

	for (uint32_t i = 0; i < w->slots_n; i++) {
		struct session *s = w->slots[i];

		if (!is_listed(s) || (kick->id && s->id != kick->id) ||
		    (!kick->id && strcmp(s->account, kick->user) != 0))
			continue;
		kick->kicked++;
		session_end(s, kick->err);
	}
}

void work_stats(struct worker *w, struct order *o)
{
	struct order_stats *ask = (struct order_stats *)(void *)o;

	ask->stats = w->stats;
	ask->tun_drops = w->tun.write_drops + w->tun.read_drops + w->tun.queue_drops;
	ask->connections = w->sessions_n;
	for (uint32_t i = 0; i < w->slots_n; i++) {
		const struct session *s = w->slots[i];
		struct sstp_info info;

		if (!s || s->stage != STAGE_LINK)
			continue;
		ask->sessions += s->up;
		sstp_link_info(s->link, &info);
		ask->stats.rx_packets += info.rx_packets;
		ask->stats.rx_bytes += info.rx_bytes;
		ask->stats.tx_packets += info.tx_packets;
		ask->stats.tx_bytes += info.tx_bytes;
		ask->stats.drops.spoofed += s->drops.spoofed;
		ask->stats.drops.filtered += s->drops.filtered;
		ask->stats.drops.queue += s->drops.queue;
		ask->stats.drops.closed += s->drops.closed;
	}
}

void work_cert(struct worker *w, struct order *o)
{
	struct order_cert *order = (struct order_cert *)(void *)o;
	struct shown_cert old = w->cert;

	w->cert = order->cert;
	order->cert = old;
}

void work_stop(struct worker *w, struct order *o)
{
	worker_stop(w, ((struct order_stop *)(void *)o)->patience_ms);
}

/* A kick that nobody waits for. */
struct lone_kick {
	struct mail mail;
	uint64_t id;
};

static void open_replaced(struct mail *m, void *arg)
{
	struct lone_kick *kick = (struct lone_kick *)(void *)m;
	struct worker *w = arg;

	for (uint32_t i = 0; i < w->slots_n; i++)
		if (is_listed(w->slots[i]) && w->slots[i]->id == kick->id)
			session_end(w->slots[i], SSTP_E_REPLACED);
	free(kick);
}

void replace_session(struct server *server, uint64_t id)
{
	for (unsigned i = 0; i < server->workers_n; i++) {
		struct lone_kick *kick = calloc(1, sizeof(*kick));

		if (!kick)
			return; /* the old session ends by itself, when nobody answers its hello */
		kick->mail.open = open_replaced;
		kick->id = id;
		mail_post(&server->workers[i]->box, &kick->mail);
	}
}
