/* SPDX-License-Identifier: MIT */
/* Pieces of a call in words; see print_call.h. */
#include "analyse/print_call.h"

#include "lib/base/text.h"
#include "lib/ppp/negotiate.h"
#include "lib/ppp/show.h"

#include <string.h>
#include <time.h>

#define ROOMS 4
#define ROOM  512
#define NS    1000000000u

/* Returns one of a few rooms, in turn. */
static struct text next_room(void)
{
	static char rooms[ROOMS][ROOM];
	static unsigned next;

	return text_init(rooms[next++ % ROOMS], ROOM);
}

const char *call_peer_text(const struct flow_peer *p)
{
	struct text t = next_room();

	if (p->version == 6) {
		text_char(&t, '[');
		text_ip6(&t, p->ip);
		text_char(&t, ']');
	} else {
		text_ip4(&t, p->ip);
	}
	text_char(&t, ':');
	text_dec(&t, p->port);
	return t.start;
}

const char *call_ip4_text(const uint8_t ip[4])
{
	struct text t = next_room();

	text_ip4(&t, ip);
	return t.start;
}

const char *call_ip6_id_text(const uint8_t id[8])
{
	struct text t = next_room();
	uint8_t ip[16] = {0xfe, 0x80};

	memcpy(ip + 8, id, 8);
	text_ip6(&t, ip);
	return t.start;
}

const char *call_seconds_text(uint64_t ns)
{
	struct text t = next_room();

	snprintf(t.start, ROOM, "%llu.%06llu", (unsigned long long)(ns / NS),
		 (unsigned long long)(ns % NS / 1000));
	return t.start;
}

const char *call_time_text(uint64_t ns)
{
	struct text t = next_room();
	time_t s = (time_t)(ns / NS);
	struct tm tm;

	if (!gmtime_r(&s, &tm))
		return "?";
	snprintf(t.start, ROOM, "%04d-%02d-%02d %02d:%02d:%02d.%06u UTC", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (unsigned)(ns % NS / 1000));
	return t.start;
}

const char *call_options_text(const struct call *c, enum call_cp_id cp, enum way side)
{
	const struct call_options *o = &c->cp[cp].agreed[side];
	struct text t = next_room();

	if (c->cp[cp].acked[side])
		cp_show_options(&t, cp_options_of(call_cp_protocol(cp)), rd_init(o->bytes, o->n));
	return t.start;
}

const char *call_check_text(enum call_check check)
{
	static const char *const names[] = {"not checked", "right", "WRONG"};

	return names[check];
}

const char *call_opened_by_text(enum tls_by by)
{
	static const char *const names[] = {
		[TLS_BY_NONE] = "not opened",
		[TLS_BY_LOG] = "opened by logged secrets",
		[TLS_BY_RSA] = "opened by the server's private key",
		[TLS_BY_SESSION] = "opened by an earlier handshake's secret",
	};

	return names[by];
}

const char *call_key_text(enum call_key key)
{
	static const char *const names[CALL_KEYS] = {
		[CALL_KEY_NONE] = "no key",
		[CALL_KEY_ZERO] = "zero key of a method without keys",
		[CALL_KEY_PASSWORD] = "key from the password",
		[CALL_KEY_NT_HASH] = "key from the NT hash",
		[CALL_KEY_MSK] = "master session key given",
		[CALL_KEY_RADIUS] = "key from RADIUS",
	};

	return names[key];
}

bool call_name_server(const struct call *c, unsigned which, uint8_t ip[4])
{
	static const uint8_t types[] = {129, 131, 130, 132}; /* RFC 1877 1 */
	const struct call_options *o = &c->cp[CALL_CP_IPCP].agreed[WAY_TO_SERVER];
	struct rd r = rd_init(o->bytes, o->n);
	struct cp_item item;

	while (cp_next_item(&r, &item) > 0)
		if (item.type == types[which]) {
			rd_copy(&item.value, ip, 4);
			return true;
		}
	return false;
}

uint64_t call_since(const struct call *c, uint64_t ns)
{
	return ns > c->first.ns ? ns - c->first.ns : 0;
}
