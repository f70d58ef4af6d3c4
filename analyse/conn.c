/* SPDX-License-Identifier: MIT */
/* A hash table with chains, salted so that captured strangers cannot choose who collides. */
#include "analyse/conn.h"

#include <sys/random.h>

#define TABLE_SIZE 16384

int conns_init(struct conns *c)
{
	*c = (struct conns){.size = TABLE_SIZE};
	c->table = calloc(c->size, sizeof(*c->table));
	if (getrandom(&c->salt, sizeof(c->salt), GRND_NONBLOCK) != sizeof(c->salt))
		c->salt = 0x9e3779b97f4a7c15u; /* early boot: collisions cost time, nothing else */
	return c->table ? 0 : -1;
}

void conns_fini(struct conns *c)
{
	free(c->table);
	c->table = NULL;
}

unsigned conn_key_of(const struct ip_header *ip, const struct tcp_header *tcp, struct conn_key *out)
{
	int order = memcmp(ip->src, ip->dst, 16);
	unsigned from = order > 0 || (order == 0 && tcp->from > tcp->to);

	memset(out, 0, sizeof(*out));
	memcpy(out->ip[from], ip->src, 16);
	memcpy(out->ip[!from], ip->dst, 16);
	out->port[from] = tcp->from;
	out->port[!from] = tcp->to;
	out->version = ip->version;
	return from;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9fb21c651e98df25u;
	return h ^ h >> 32;
}

static uint32_t slot_of(const struct conns *c, const struct conn_key *key)
{
	uint64_t words[4];
	uint64_t h = c->salt;

	memcpy(words, key->ip, sizeof(words));
	for (int i = 0; i < 4; i++)
		h = mix(h, words[i]);
	h = mix(h, (uint64_t)key->port[0] << 32 | (uint32_t)key->port[1] << 8 | key->version);
	return (uint32_t)(h >> 20) & (c->size - 1);
}

static bool is_same(const struct conn_key *a, const struct conn_key *b)
{
	return a->port[0] == b->port[0] && a->port[1] == b->port[1] && a->version == b->version &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static void unlink_age(struct conns *c, struct conn *conn)
{
	*(conn->older ? &conn->older->newer : &c->oldest) = conn->newer;
	*(conn->newer ? &conn->newer->older : &c->newest) = conn->older;
}

static void link_newest(struct conns *c, struct conn *conn)
{
	conn->older = c->newest;
	conn->newer = NULL;
	*(c->newest ? &c->newest->newer : &c->oldest) = conn;
	c->newest = conn;
}

struct conn *conns_find(struct conns *c, const struct conn_key *key)
{
	struct conn *conn = c->newest;

	if (conn && is_same(&conn->key, key)) /* packets come in bursts */
		return conn;
	conn = c->table[slot_of(c, key)];
	while (conn && !is_same(&conn->key, key))
		conn = conn->chain;
	if (conn) {
		unlink_age(c, conn);
		link_newest(c, conn);
	}
	return conn;
}

struct conn *conns_add(struct conns *c, const struct conn_key *key)
{
	struct conn *conn = calloc(1, sizeof(*conn));
	uint32_t slot = slot_of(c, key);

	if (!conn)
		return NULL;
	conn->key = *key;
	conn->chain = c->table[slot];
	c->table[slot] = conn;
	link_newest(c, conn);
	c->count++;
	return conn;
}

void conns_detach(struct conns *c, struct conn *conn)
{
	struct conn **at = &c->table[slot_of(c, &conn->key)];

	while (*at != conn)
		at = &(*at)->chain;
	*at = conn->chain;
	unlink_age(c, conn);
	c->count--;
	conn->older = conn->newer = NULL;
}
