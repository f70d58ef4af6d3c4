/* SPDX-License-Identifier: MIT */
/* What no single value shows: keys that are missing, and keys that do not go together. */
#include <string.h>
#include <sys/un.h>

#include "lib/base/cursor.h"
#include "server/conf.h"

static void need(const struct conf *c, struct conf_faults *f, bool there, const char *what)
{
	if (!there)
		conf_fault(f, c->path, 0, "%s", what);
}

static void check_required(const struct conf *c, struct conf_faults *f)
{
	need(c, f, c->name,
	     "[server] name is missing; write the name that clients dial, such as "
	     "vpn.example.org");
	need(c, f, c->listen.n || c->plain_listen.n,
	     "[server] listen is missing; write ADDRESS:PORT, such as 0.0.0.0:443");
	need(c, f, c->certificate || !c->listen.n,
	     "[tls] certificate is missing; write the PEM file of the server's certificate");
	need(c, f, c->key || !c->listen.n,
	     "[tls] key is missing; write the PEM file of the certificate's key");
	need(c, f, c->plain_certificate || !c->plain_listen.n,
	     "[plain] certificate is missing; write the PEM file of the TLS terminator's "
	     "certificate");
	need(c, f, c->database,
	     "[auth] database is missing; write the file of the users, such as "
	     "users.db");
	need(c, f, c->control,
	     "[control] socket is empty; write a file name, such as control.sock");
	need(c, f, c->pool4.bits || c->pool6.bits,
	     "[ipv4] pool and [ipv6] pool are both missing; write at least one, such as "
	     "10.0.0.0/24");
}

static uint32_t ip4_number(const uint8_t ip[4])
{
	return (uint32_t)be16(ip[0], ip[1]) << 16 | be16(ip[2], ip[3]);
}

static void check_pool4(const struct conf *c, struct conf_faults *f)
{
	uint32_t base = ip4_number(c->pool4.addr);
	uint32_t size = c->pool4.bits ? 1u << (32 - c->pool4.bits) : 0;
	uint32_t at;

	if (!c->server4.n)
		return;
	at = ip4_number(c->server4.ip[0]) - base;
	if (!size)
		conf_fault(f, c->path, 0, "[ipv4] server is set, but [ipv4] pool is not");
	else if (at == 0 || at >= size - 1)
		conf_fault(f, c->path, 0,
			   "[ipv4] server is not an address of [ipv4] pool; leave it "
			   "out to take the first");
}

void conf_check(const struct conf *c, struct conf_faults *f)
{
	struct sockaddr_un un;

	check_required(c, f);
	check_pool4(c, f);
	if (c->pool6.bits && c->mtu < 1280)
		conf_fault(f, c->path, 0, "[ppp] mtu is %u, but [ipv6] pool needs at least 1280",
			   c->mtu);
	if (c->control && strlen(c->control) >= sizeof(un.sun_path))
		conf_fault(f, c->path, 0,
			   "[control] socket %s is longer than the %zu characters that "
			   "a socket's name may have",
			   c->control, sizeof(un.sun_path) - 1);
}
