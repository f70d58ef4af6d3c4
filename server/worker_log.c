/* SPDX-License-Identifier: MIT */
/*
 * The lines about calls: "connection refused", "call N failed", "login failed", "session N up",
 * "session N end", each with key=value pairs whose names do not change. What a peer sent is
 * escaped. A flood of calls does not become a flood of lines: what is over the budget is counted.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "io/clock.h"
#include "io/log.h"
#include "lib/base/text.h"
#include "server/worker.h"

#define BURST      200 /* lines at once */
#define PER_SECOND 20  /* lines a second after that */

/* Returns whether one more line may be printed. */
static bool may_log(struct worker *w)
{
	struct log_budget *b = &w->budget;
	uint64_t now = clock_ms();
	uint64_t more = (now - b->last_ms) * PER_SECOND / 1000;

	if (more) {
		b->tokens = b->tokens + more > BURST ? BURST : b->tokens + (uint32_t)more;
		b->last_ms = now;
	}
	if (b->tokens == 0) {
		b->lost++;
		w->stats.log_lost++;
		return false;
	}
	b->tokens--;
	return true;
}

void log_lost(struct worker *w)
{
	if (!w->budget.lost || !may_log(w))
		return;
	log_notice("%" PRIu64 " lines about calls were left out: too many at a time",
		   w->budget.lost);
	w->budget.lost = 0;
}

/* Appends key="value" with the value escaped; nothing when it is empty. */
static void add_quoted(struct text *t, const char *key, const char *value)
{
	if (!*value)
		return;
	text_key(t, key);
	text_char(t, '"');
	text_safe(t, (const uint8_t *)value, strlen(value));
	text_char(t, '"');
}

static void add_word(struct text *t, const char *key, const char *value)
{
	if (!*value)
		return;
	text_key(t, key);
	text_str(t, value);
}

static void add_number(struct text *t, const char *key, uint64_t value)
{
	text_key(t, key);
	text_dec(t, value);
}

static void add_from(struct text *t, const struct net_addr *from)
{
	char buf[NET_ADDR_TEXT];

	add_word(t, "from", net_addr_text(from, buf));
}

/* Appends where the call comes from, and the id that its client gave it (MS-SSTP 3.2.4.1). */
static void add_call(struct text *t, const struct session *s)
{
	struct sstp_info info;

	sstp_link_info(s->link, &info);
	add_from(t, &s->from);
	add_quoted(t, "correlation", info.correlation_id);
}

/* Appends the addresses that were lent. */
static void add_addresses(struct text *t, const struct session *s)
{
	char buf[IP_NET_TEXT];

	if (s->lease.index4 != POOL_NONE)
		add_word(t, "ip4", ip_text(AF_INET, s->lease.ip4, buf));
	if (s->lease.index6 != POOL_NONE) {
		add_word(t, "ip6", ip_text(AF_INET6, s->lease.prefix6, buf));
		text_str(t, "/64");
	}
}

void log_refused(struct worker *w, const struct net_addr *from, enum guard_verdict v)
{
	char buf[NET_ADDR_TEXT];

	if (may_log(w))
		log_notice("connection refused from=%s why=\"%s\"", net_addr_text(from, buf),
			   guard_text(v));
}

void log_tls_failed(struct session *s, const char *code, const char *why)
{
	char buf[600];
	struct text t = text_init(buf, sizeof(buf));

	if (!may_log(s->w))
		return;
	if (!why)
		why = tls_error(s->tls);
	add_from(&t, &s->from);
	add_word(&t, "stage", "tls");
	add_word(&t, "code", code);
	add_quoted(&t, "why", *why ? why : "the client closed the connection");
	log_notice("call %" PRIu64 " failed%s", s->id, buf);
}

void log_login_failed(struct session *s, int err)
{
	char buf[900];
	struct text t = text_init(buf, sizeof(buf));

	s->w->stats.logins_failed++;
	if (!tls_is_plain(s->tls))
		guard_failed(&s->w->server->guard, &s->from, clock_ms());
	if (!may_log(s->w))
		return;
	add_quoted(&t, "user", s->user);
	add_call(&t, s);
	add_word(&t, "method", sstp_auth_name(s->method));
	add_word(&t, "code", sstp_err_name(err));
	add_quoted(&t, "why", sstp_err_text(err));
	log_notice("login failed call=%" PRIu64 "%s", s->id, buf);
}

void log_up(struct session *s)
{
	char buf[900];
	struct text t = text_init(buf, sizeof(buf));
	struct sstp_info info;

	sstp_link_info(s->link, &info);
	add_quoted(&t, "user", s->account);
	add_call(&t, s);
	add_addresses(&t, s);
	add_word(&t, "tls", tls_version(s->tls));
	add_word(&t, "cipher", tls_cipher(s->tls));
	add_word(&t, "method", sstp_auth_name(s->method));
	add_word(&t, "hash", s->hash == SSTP_HASH_SHA1 ? "sha1" : "sha256");
	add_number(&t, "mtu", info.mtu);
	add_word(&t, "agent", info.agent);
	add_number(&t, "worker", s->w->index);
	log_notice("session %" PRIu64 " up%s", s->id, buf);
}

/* Appends who ended the call and why. */
static void add_why(struct text *t, const struct session *s)
{
	static const char *const by[] = {
		[SSTP_BY_NOBODY] = "nobody",
		[SSTP_BY_US] = "us",
		[SSTP_BY_PEER] = "peer",
		[SSTP_BY_NETWORK] = "network",
	};
	struct sstp_why why = sstp_link_why(s->link);
	char words[400];

	if (why.who == SSTP_BY_NOBODY) { /* sstpd stops and waits no longer */
		why.who = SSTP_BY_US;
		why.err = SSTP_E_SHUTDOWN;
	}
	sstp_why_text(&why, words, sizeof(words));
	add_word(t, "by", by[why.who]);
	add_word(t, "layer", sstp_layer_name(why.layer));
	add_word(t, "code", sstp_err_name(why.err));
	add_quoted(t, "why", words);
}

/* Appends what went through. */
static void add_traffic(struct text *t, const struct session *s, const struct sstp_info *info)
{
	uint64_t ms = clock_ms() - s->up_ms;
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
	add_word(t, "duration", seconds);
	add_number(t, "rx_packets", info->rx_packets);
	add_number(t, "rx_bytes", info->rx_bytes);
	add_number(t, "tx_packets", info->tx_packets);
	add_number(t, "tx_bytes", info->tx_bytes);
	add_number(t, "spoofed", s->drops.spoofed);
	add_number(t, "filtered", s->drops.filtered);
	add_number(t, "queue_drops", s->drops.queue);
}

/* Adds the session to what its worker has counted. */
static void count_end(struct session *s, const struct sstp_info *info)
{
	struct worker_stats *stats = &s->w->stats;

	if (s->up)
		stats->sessions_ended++;
	else
		stats->calls_failed++;
	stats->rx_packets += info->rx_packets;
	stats->rx_bytes += info->rx_bytes;
	stats->tx_packets += info->tx_packets;
	stats->tx_bytes += info->tx_bytes;
	stats->drops.spoofed += s->drops.spoofed;
	stats->drops.filtered += s->drops.filtered;
	stats->drops.queue += s->drops.queue;
	stats->drops.closed += s->drops.closed;
}

void log_end(struct session *s)
{
	char buf[960];
	struct text t = text_init(buf, sizeof(buf));
	struct sstp_why why = sstp_link_why(s->link);
	struct sstp_info info;

	sstp_link_info(s->link, &info);
	count_end(s, &info);
	if (!s->authenticated && s->tried && sstp_err_class(why.err) == SSTP_CLASS_AUTH) {
		log_login_failed(s, why.err);
		return; /* one event, one line */
	}
	if (!s->up && !may_log(s->w))
		return;
	add_quoted(&t, "user", *s->account ? s->account : s->user);
	add_call(&t, s);
	if (s->up) {
		add_addresses(&t, s);
		add_traffic(&t, s, &info);
	} else {
		add_word(&t, "stage", s->reached);
	}
	add_why(&t, s);
	log_notice("%s %" PRIu64 " %s%s", s->up ? "session" : "call", s->id,
		   s->up ? "end" : "failed", buf);
}

void log_trace(void *arg, const struct sstp_trace *t)
{
	struct session *s = arg;
	char line[700];

	sstp_trace_text(t, line, sizeof(line));
	log_debug("call %" PRIu64 ": %s", s->id, line);
}
