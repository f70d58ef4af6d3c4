/* SPDX-License-Identifier: MIT */
/*
 * guard.h: a table of sources that cannot grow. A source stands in it while it has connections or
 * failed logins; when it is full, the source that failed least lately gives way, and a source for
 * which there is no room at all is let in uncounted: the other bounds still hold.
 */
#include "server/guard.h"

#include <stdlib.h>
#include <string.h>

#define NONE       UINT32_MAX
#define SPARE      4096 /* sources without connections that are remembered */
#define EVICT_LOOK 32   /* how many sources are looked at for one to give way */

struct guard_source {
	uint8_t address[8]; /* IPv4 in the first four; IPv6: the upper half */
	bool v6;
	bool used;
	uint32_t connections;
	uint32_t fails;
	uint64_t since; /* when the window of fails began */
	uint32_t next;  /* in its chain, or among the free ones */
};

bool guard_init(struct guard *g, const struct guard_limits *limits, uint64_t key)
{
	*g = (struct guard){.limits = *limits, .key = key | 1};
	g->sources_n = limits->sessions + SPARE;
	g->sources = calloc(g->sources_n, sizeof(*g->sources));
	g->buckets = malloc(g->sources_n * sizeof(*g->buckets));
	if (!g->sources || !g->buckets) {
		free(g->sources);
		free(g->buckets);
		g->sources = NULL;
		return false;
	}
	memset(g->buckets, 0xff, g->sources_n * sizeof(*g->buckets));
	for (uint32_t i = 0; i < g->sources_n; i++)
		g->sources[i].next = i + 1 < g->sources_n ? i + 1 : NONE;
	pthread_mutex_init(&g->lock, NULL);
	return true;
}

void guard_fini(struct guard *g)
{
	if (!g->sources)
		return;
	free(g->sources);
	free(g->buckets);
	g->sources = NULL;
	g->buckets = NULL;
	pthread_mutex_destroy(&g->lock);
}

/* Fills in who the source is; returns its chain. */
static uint32_t *name_source(struct guard *g, const struct net_addr *from, struct guard_source *s)
{
	uint64_t h = g->key;

	*s = (struct guard_source){.used = true};
	s->v6 = from->any.sa_family == AF_INET6;
	if (s->v6)
		memcpy(s->address, &from->v6.sin6_addr, 8);
	else
		memcpy(s->address, &from->v4.sin_addr, 4);
	for (size_t i = 0; i < sizeof(s->address); i++) {
		h = (h ^ s->address[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return &g->buckets[h % g->sources_n];
}

static bool same_source(const struct guard_source *a, const struct guard_source *b)
{
	return a->v6 == b->v6 && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static struct guard_source *find(struct guard *g, const struct net_addr *from)
{
	struct guard_source want;
	uint32_t i = *name_source(g, from, &want);

	while (i != NONE && !same_source(&g->sources[i], &want))
		i = g->sources[i].next;
	return i == NONE ? NULL : &g->sources[i];
}

/* Forgets a source: out of its chain, to the free ones. */
static void forget(struct guard *g, struct guard_source *s)
{
	uint32_t at = (uint32_t)(s - g->sources);
	struct net_addr from = net_addr_make(AF_INET, s->address, 0);
	struct guard_source same;
	uint8_t full[16] = {0};
	uint32_t *link;

	memcpy(full, s->address, 8);
	if (s->v6)
		from = net_addr_make(AF_INET6, full, 0);
	link = name_source(g, &from, &same);
	while (*link != at)
		link = &g->sources[*link].next;
	*link = s->next;
	*s = (struct guard_source){.next = g->free_first};
	g->free_first = at;
}

/* Makes room: of some sources without connections the one that failed least lately gives way. */
static void evict(struct guard *g, uint64_t now)
{
	struct guard_source *oldest = NULL;
	uint32_t at = (uint32_t)((now * g->key >> 16) % g->sources_n);

	for (uint32_t k = 0; k < EVICT_LOOK; k++) {
		struct guard_source *s = &g->sources[(at + k) % g->sources_n];

		if (s->used && !s->connections && (!oldest || s->since < oldest->since))
			oldest = s;
	}
	if (oldest)
		forget(g, oldest);
}

/* Finds the source, or makes it; NULL when there is no room. */
static struct guard_source *find_or_make(struct guard *g, const struct net_addr *from, uint64_t now)
{
	struct guard_source *s = find(g, from);
	struct guard_source named;
	uint32_t *bucket;

	if (s)
		return s;
	if (g->free_first == NONE)
		evict(g, now);
	if (g->free_first == NONE)
		return NULL;
	bucket = name_source(g, from, &named);
	s = &g->sources[g->free_first];
	g->free_first = s->next;
	named.next = *bucket;
	*s = named;
	*bucket = (uint32_t)(s - g->sources);
	return s;
}

/* Forgets failures that are older than the window. */
static void let_age(const struct guard *g, struct guard_source *s, uint64_t now)
{
	if (s->fails && now - s->since >= g->limits.fail_window_s * UINT64_C(1000))
		s->fails = 0;
}

static enum guard_verdict judge(struct guard *g, struct guard_source *s, uint64_t now)
{
	if (g->sessions >= g->limits.sessions)
		return GUARD_SESSIONS;
	if (g->unauth >= g->limits.unauth)
		return GUARD_UNAUTH;
	if (!s)
		return GUARD_IN;
	let_age(g, s, now);
	if (g->limits.fails && s->fails >= g->limits.fails)
		return GUARD_FAILS;
	return s->connections >= g->limits.per_source ? GUARD_SOURCE : GUARD_IN;
}

enum guard_verdict guard_enter(struct guard *g, const struct net_addr *from, uint64_t now_ms)
{
	struct guard_source *s;
	enum guard_verdict v;

	pthread_mutex_lock(&g->lock);
	s = from ? find(g, from) : NULL;
	v = judge(g, s, now_ms);
	if (v == GUARD_IN) {
		s = from ? find_or_make(g, from, now_ms) : NULL;
		if (s)
			s->connections++;
		g->sessions++;
		g->unauth++;
	}
	pthread_mutex_unlock(&g->lock);
	return v;
}

void guard_authenticated(struct guard *g)
{
	pthread_mutex_lock(&g->lock);
	g->unauth--;
	pthread_mutex_unlock(&g->lock);
}

void guard_failed(struct guard *g, const struct net_addr *from, uint64_t now_ms)
{
	struct guard_source *s;

	if (!g->limits.fails)
		return;
	pthread_mutex_lock(&g->lock);
	s = find_or_make(g, from, now_ms);
	if (s) {
		let_age(g, s, now_ms);
		if (s->fails++ == 0)
			s->since = now_ms;
	}
	pthread_mutex_unlock(&g->lock);
}

void guard_leave(struct guard *g, const struct net_addr *from, bool authenticated)
{
	struct guard_source *s;

	pthread_mutex_lock(&g->lock);
	g->sessions--;
	if (!authenticated)
		g->unauth--;
	s = from ? find(g, from) : NULL;
	if (s && s->connections && --s->connections == 0 && !s->fails)
		forget(g, s);
	pthread_mutex_unlock(&g->lock);
}

void guard_count(struct guard *g, uint32_t *sessions, uint32_t *unauth)
{
	pthread_mutex_lock(&g->lock);
	*sessions = g->sessions;
	*unauth = g->unauth;
	pthread_mutex_unlock(&g->lock);
}

const char *guard_text(enum guard_verdict v)
{
	static const char *const texts[GUARD_VERDICTS] = {
		[GUARD_IN] = "nothing",
		[GUARD_SESSIONS] = "as many connections as [server] max_sessions allows are there",
		[GUARD_UNAUTH] = "as many connections as [server] max_unauthenticated allows have "
				 "not authenticated yet",
		[GUARD_SOURCE] = "as many connections as [server] max_per_source allows come from "
				 "this source",
		[GUARD_FAILS] = "as many logins as [auth] fail_limit allows have failed from this "
				"source",
	};

	return texts[v < GUARD_VERDICTS ? v : GUARD_IN];
}
