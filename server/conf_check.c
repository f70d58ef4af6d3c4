/* SPDX-License-Identifier: MIT */
/* What no single value shows: keys that are missing, and keys that do not go together. */
#include <string.h>
#include <sys/un.h>

#include "lib/base/cursor.h"
#include "server/conf.h"

/* A check on its way. */
struct check {
	const struct conf *c;
	struct conf_faults *f;
};

/* Returns where the file gave a key. */
static struct conf_place place_of(const struct check *k, const char *section, const char *key)
{
	static const struct conf_place nowhere;

	return k->c->places ? k->c->places[conf_find(section, key) - conf_rows] : nowhere;
}

/* Complains that a key is missing or empty, unless it was complained about already. */
static void need(const struct check *k, bool there, const char *section, const char *key,
		 const char *what)
{
	struct conf_place at = place_of(k, section, key);

	if (!there && !at.wrong)
		conf_fault(k->f, k->c->path, at.line, "[%s] %s is %s; %s", section, key,
			   at.line ? "empty" : "missing", what);
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
	need(k, c->control, "control", "socket", "write a file name, such as control.sock");
	need(k, c->congestion, "server", "congestion",
	     "write \"auto\", or \"system\" for the system's own");
	need(k, c->server_header, "http", "server_header", "leave it out to send the default");
	if (!c->pool4.bits && !c->pool6.bits && !place_of(k, "ipv4", "pool").wrong &&
	    !place_of(k, "ipv6", "pool").wrong)
		conf_fault(k->f, c->path,
			   conf_line(c, conf_line(c, "ipv4", "pool") ? "ipv4" : "ipv6", "pool"),
			   "[ipv4] pool and [ipv6] pool are both missing; write at least one, such "
			   "as 10.0.0.0/24");
	if (c->plain_certificate && !c->plain_listen.n && !place_of(k, "plain", "listen").wrong)
		conf_fault(k->f, c->path, conf_line(c, "plain", "certificate"),
			   "[plain] certificate is set, but [plain] listen is not");
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

	unsigned line = conf_line(c, "ipv4", "server");

	if (!c->server4.n || place_of(k, "ipv4", "pool").wrong)
		return;
	at = ip4_number(c->server4.ip[0]) - base;
	if (!size)
		conf_fault(k->f, c->path, line, "[ipv4] server is set, but [ipv4] pool is not");
	else if (at == 0 || at >= size - 1)
		conf_fault(
			k->f, c->path, line,
			"[ipv4] server is not an address of [ipv4] pool; leave it out to take the "
			"first");
}

void conf_check(const struct conf *c, struct conf_faults *f)
{
	struct check k = {c, f};
	struct sockaddr_un un;

	check_required(&k);
	check_pool4(&k);
	if (c->pool6.bits && c->mtu < 1280)
		conf_fault(f, c->path, conf_line(c, "ppp", "mtu"),
			   "[ppp] mtu is %u, but [ipv6] pool needs at least 1280", c->mtu);
	if (c->control && strlen(c->control) >= sizeof(un.sun_path))
		conf_fault(f, c->path, conf_line(c, "control", "socket"),
			   "[control] socket %s is longer than the %zu characters that "
			   "a socket's name may have",
			   c->control, sizeof(un.sun_path) - 1);
}
