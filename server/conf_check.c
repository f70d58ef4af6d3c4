/* SPDX-License-Identifier: MIT */
/* What no single value shows: keys that are missing, and keys that do not go together. */
#include <string.h>
#include <sys/un.h>

#include "lib/base/cursor.h"
#include "server/conf.h"

/* A check on its way: `seen` tells for each row whether the file gave it, well or not. */
struct check {
	const struct conf *c;
	const unsigned *seen; /* NULL: nothing was given */
	struct conf_faults *f;
};

/* Complains that a key is missing, unless it was given and complained about already. */
static void need(const struct check *k, bool there, const char *section, const char *key,
		 const char *what)
{
	const struct conf_row *row = conf_find(section, key);

	if (!there && !(k->seen && k->seen[row - conf_rows]))
		conf_fault(k->f, k->c->path, 0, "[%s] %s is missing; %s", section, key, what);
}

static bool was_seen(const struct check *k, const char *section, const char *key)
{
	return k->seen && k->seen[conf_find(section, key) - conf_rows];
}

static void check_required(const struct check *k)
{
	const struct conf *c = k->c;

	need(k, c->name, "server", "name",
	     "write the name that clients dial, such as vpn.example.org");
	need(k, c->listen.n || c->plain_listen.n, "server", "listen",
	     "write ADDRESS:PORT, such as 0.0.0.0:443");
	need(k, c->certificate || !c->listen.n, "tls", "certificate",
	     "write the PEM file of the server's certificate");
	need(k, c->key || !c->listen.n, "tls", "key",
	     "write the PEM file of the certificate's key");
	need(k, c->plain_certificate || !c->plain_listen.n, "plain", "certificate",
	     "write the PEM file of the TLS terminator's certificate");
	need(k, c->database, "auth", "database", "write the file of the users, such as users.db");
	if (!c->control)
		conf_fault(k->f, c->path, 0,
			   "[control] socket is empty; write a file name, such as control.sock");
	if (!c->pool4.bits && !c->pool6.bits && !was_seen(k, "ipv4", "pool") &&
	    !was_seen(k, "ipv6", "pool"))
		conf_fault(k->f, c->path, 0,
			   "[ipv4] pool and [ipv6] pool are both missing; write at least one, such "
			   "as 10.0.0.0/24");
}

static uint32_t ip4_number(const uint8_t ip[4])
{
	return (uint32_t)be16(ip[0], ip[1]) << 16 | be16(ip[2], ip[3]);
}

static void check_pool4(const struct check *k)
{
	const struct conf *c = k->c;
	uint32_t base = ip4_number(c->pool4.addr);
	uint32_t size = c->pool4.bits ? 1u << (32 - c->pool4.bits) : 0;
	uint32_t at;

	if (!c->server4.n || (!size && was_seen(k, "ipv4", "pool")))
		return;
	at = ip4_number(c->server4.ip[0]) - base;
	if (!size)
		conf_fault(k->f, c->path, 0, "[ipv4] server is set, but [ipv4] pool is not");
	else if (at == 0 || at >= size - 1)
		conf_fault(
			k->f, c->path, 0,
			"[ipv4] server is not an address of [ipv4] pool; leave it out to take the "
			"first");
}

void conf_check(const struct conf *c, const unsigned *seen, struct conf_faults *f)
{
	struct check k = {c, seen, f};
	struct sockaddr_un un;

	check_required(&k);
	check_pool4(&k);
	if (c->pool6.bits && c->mtu < 1280)
		conf_fault(f, c->path, 0, "[ppp] mtu is %u, but [ipv6] pool needs at least 1280",
			   c->mtu);
	if (c->control && strlen(c->control) >= sizeof(un.sun_path))
		conf_fault(f, c->path, 0,
			   "[control] socket %s is longer than the %zu characters that "
			   "a socket's name may have",
			   c->control, sizeof(un.sun_path) - 1);
}
