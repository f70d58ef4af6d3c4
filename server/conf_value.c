/* SPDX-License-Identifier: MIT */
/*
 * Reads one value of the configuration, by the type of its row in conf.def, and says what would be
 * right when it is not. Knows nothing of files and lines (conf_read.c).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "io/cert.h"
#include "io/log.h"
#include "server/conf.h"

/* A value on its way into the configuration. */
struct target {
	const struct conf_row *row;
	const char *value;
	void *field;
	char *why;
	size_t n;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct target *t, const char *form, ...)
{
	va_list args;

	va_start(args, form);
	vsnprintf(t->why, t->n, form, args);
	va_end(args);
	return false;
}

/* Copies the next item of a list separated by commas or blanks; false at its end. */
static bool next_item(const char **at, char *item, size_t n)
{
	static const char gap[] = ", \t";
	size_t len;

	*at += strspn(*at, gap);
	len = strcspn(*at, gap);
	if (len == 0)
		return false;
	if (len >= n)
		len = n - 1; /* too long to be anything that is taken */
	memcpy(item, *at, len);
	item[len] = '\0';
	*at += strcspn(*at, gap);
	return true;
}

static bool read_text(struct target *t)
{
	size_t len = strlen(t->value);
	char **field = t->field;
	char *copy;

	if (t->row->max && len > t->row->max)
		return refuse(t, "is %zu characters long; at most %u are taken", len, t->row->max);
	if (len && len < t->row->min)
		return refuse(t, "is too short");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)t->value[i] < ' ' || t->value[i] == 127)
			return refuse(t, "has a control character in it; write text");
	copy = len ? strdup(t->value) : NULL;
	free(*field);
	*field = copy;
	return true;
}

/* Reads a DNS name or an IP address. */
static bool read_name(struct target *t)
{
	if (*t->value && !cert_name_usable(t->value))
		return refuse(t, "is neither a DNS name nor an IP address; write it as "
				 "vpn.example.org");
	return read_text(t);
}

/* Reads what the kernel takes as the name of an interface, or a pattern of one. */
static bool read_ifname(struct target *t)
{
	const char *pattern = strchr(t->value, '%');

	if (*t->value == '\0' || strcmp(t->value, ".") == 0 || strcmp(t->value, "..") == 0 ||
	    strpbrk(t->value, "/: \t"))
		return refuse(t, "is no name for an interface; write it as vpn0 or sstpd%%d");
	if (pattern && (pattern[1] != 'd' || strchr(pattern + 1, '%')))
		return refuse(t, "has a %% in it that is not the one %%d");
	return read_text(t);
}

static bool read_flag(struct target *t)
{
	static const char *const words[] = {"no", "yes", "off", "on", "false", "true", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(t->value, words[i]) == 0) {
			*(bool *)t->field = i % 2;
			return true;
		}
	return refuse(t, "is not yes or no");
}

static bool read_number(struct target *t)
{
	const char *unit = t->row->type == CONF_SECONDS ? " seconds" : "";
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(t->value, &end, 10); /* which takes signs, too */
	if (t->row->type == CONF_SECONDS && end != t->value) {
		static const struct {
			char name;
			unsigned seconds;
		} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

		for (size_t i = 0; i < 4 && *end; i++)
			if (*end == units[i].name && end[1] == '\0') {
				v = v > UINT32_MAX ? v : v * units[i].seconds;
				end++;
			}
	}
	if (strspn(t->value, "0123456789") == 0 || *end || errno)
		return refuse(t, "is not a number%s",
			      *unit ? " of seconds (or with m, h, d: minutes, hours, days)" : "");
	if (v < t->row->min || v > t->row->max)
		return refuse(t, "is out of range; %u to %u%s are taken", t->row->min, t->row->max,
			      unit);
	*(uint32_t *)t->field = (uint32_t)v;
	return true;
}

static bool read_level(struct target *t)
{
	enum log_level level;

	if (!log_level_parse(t->value, &level))
		return refuse(t, "is not one of error, warning, notice, info, debug");
	*(uint32_t *)t->field = level;
	return true;
}

static bool read_tls(struct target *t)
{
	static const char *const words[] = {
		[CONF_TLS_1_0] = "1.0",
		[CONF_TLS_1_2] = "1.2",
		[CONF_TLS_1_3] = "1.3",
	};

	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(t->value, words[i]) == 0) {
			*(uint32_t *)t->field = i;
			return true;
		}
	return refuse(t, "is not one of 1.0, 1.2, 1.3");
}

static bool read_hashes(struct target *t)
{
	const char *at = t->value;
	uint32_t bits = 0;
	char item[16];

	while (next_item(&at, item, sizeof(item))) {
		uint32_t bit = strcasecmp(item, "sha1") == 0     ? SSTP_HASH_SHA1
			       : strcasecmp(item, "sha256") == 0 ? SSTP_HASH_SHA256
								 : 0;

		if (!bit)
			return refuse(t, "has '%s' in it; sha256 and sha1 are known", item);
		if (bits & bit)
			return refuse(t, "has '%s' in it twice", item);
		bits |= bit;
	}
	if (!bits)
		return refuse(t, "is empty; write sha256, sha1 or both");
	*(uint32_t *)t->field = bits;
	return true;
}

static bool read_offload(struct target *t)
{
	static const char *const words[] = {"vnet", "csum", "tso", "uso"};
	const char *at = t->value;
	uint32_t bits = 0;
	char item[16];

	while (strcasecmp(t->value, "none") != 0 && next_item(&at, item, sizeof(item))) {
		uint32_t bit = 0;

		for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcasecmp(item, words[i]) == 0)
				bit = UINT32_C(1) << i; /* as enum tun_feature has them */
		if (!bit)
			return refuse(
				t, "has '%s' in it; known are vnet, csum, tso, uso, and none alone",
				item);
		if (bits & bit)
			return refuse(t, "has '%s' in it twice", item);
		bits |= bit;
	}
	if (!bits && strcasecmp(t->value, "none") != 0)
		return refuse(t, "is empty; write none for no offload");
	if (bits & (bits + 1))
		return refuse(
			t, "leaves one out that another one needs: vnet, csum, tso, uso, in this "
			   "order");
	*(uint32_t *)t->field = bits;
	return true;
}

static enum sstp_auth find_method(const char *name)
{
	for (unsigned m = SSTP_AUTH_NONE + 1; m < SSTP_AUTHS; m++)
		if (strcasecmp(name, sstp_auth_name((enum sstp_auth)m)) == 0)
			return (enum sstp_auth)m;
	return SSTP_AUTH_NONE;
}

static bool read_methods(struct target *t)
{
	struct conf_methods out = {{SSTP_AUTH_NONE}};
	const char *at = t->value;
	unsigned n = 0;
	char item[32];

	while (next_item(&at, item, sizeof(item))) {
		enum sstp_auth m = find_method(item);

		if (m == SSTP_AUTH_NONE)
			return refuse(t,
				      "has '%s' in it; known are mschapv2, eap-mschapv2, pap, "
				      "chap-md5, eap-md5",
				      item);
		for (unsigned i = 0; i < n; i++)
			if (out.at[i] == m)
				return refuse(t, "has '%s' in it twice", item);
		out.at[n++] = m;
	}
	if (n == 0)
		return refuse(t, "is empty; nobody could log in");
	*(struct conf_methods *)t->field = out;
	return true;
}

/* IP4: one address; IP4S: a list. */
static bool read_ip4s(struct target *t)
{
	unsigned most = t->row->type == CONF_IP4 ? 1 : t->row->max;
	struct conf_ip4s out = {0};
	const char *at = t->value;
	char item[64];

	while (next_item(&at, item, sizeof(item))) {
		if (out.n == most)
			return refuse(t, "has more addresses than the %u that are taken", most);
		if (inet_pton(AF_INET, item, out.ip[out.n]) != 1)
			return refuse(t, "has '%s' in it, which is not an IPv4 address", item);
		for (unsigned i = 0; i < out.n; i++)
			if (memcmp(out.ip[i], out.ip[out.n], 4) == 0)
				return refuse(t, "has '%s' in it twice", item);
		out.n++;
	}
	*(struct conf_ip4s *)t->field = out;
	return true;
}

static bool read_ip6s(struct target *t)
{
	struct conf_ip6s out = {0};
	const char *at = t->value;
	char item[64];

	while (next_item(&at, item, sizeof(item))) {
		if (out.n == t->row->max)
			return refuse(t, "has more addresses than the %u that are taken",
				      t->row->max);
		if (inet_pton(AF_INET6, item, out.ip[out.n]) != 1)
			return refuse(t, "has '%s' in it, which is not an IPv6 address", item);
		for (unsigned i = 0; i < out.n; i++)
			if (memcmp(out.ip[i], out.ip[out.n], 16) == 0)
				return refuse(t, "has '%s' in it twice", item);
		out.n++;
	}
	*(struct conf_ip6s *)t->field = out;
	return true;
}

/* An interface identifier is written as the address with that lower half: ::1. */
static bool read_ifid(struct target *t)
{
	static const uint8_t zero[8];
	struct conf_ip6s out = {.n = 1};

	if (inet_pton(AF_INET6, t->value, out.ip[0]) != 1 || memcmp(out.ip[0], zero, 8) != 0 ||
	    memcmp(out.ip[0] + 8, zero, 8) == 0)
		return refuse(
			t, "is not an interface identifier, such as ::1 or ::211:22ff:fe33:4455");
	*(struct conf_ip6s *)t->field = out;
	return true;
}

/* Reads ADDRESS/BITS of a family. */
static bool read_net(struct target *t, int family, const char *example)
{
	struct ip_net net = {0};

	if (*t->value == '\0') {
		*(struct ip_net *)t->field = net;
		return true;
	}
	if (!strchr(t->value, '/') || !ip_net_parse(t->value, false, &net) || net.family != family)
		return refuse(t, "is not a network; write it as %s", example);
	if (net.bits < t->row->min || net.bits > t->row->max)
		return refuse(t, "has a prefix of %u bits; %u to %u are taken", net.bits,
			      t->row->min, t->row->max);
	if (!ip_net_parse(t->value, true, &net)) {
		char text[IP_NET_TEXT];

		return refuse(t, "is an address inside a network; the network is %s",
			      ip_net_text(&net, text));
	}
	*(struct ip_net *)t->field = net;
	return true;
}

static bool read_net4(struct target *t)
{
	return read_net(t, AF_INET, "10.0.0.0/24");
}

static bool read_net6(struct target *t)
{
	return read_net(t, AF_INET6, "fd00:1234::/48");
}

static bool same_address(const struct net_addr *a, const struct net_addr *b)
{
	char one[NET_ADDR_TEXT], other[NET_ADDR_TEXT];

	return strcmp(net_addr_text(a, one), net_addr_text(b, other)) == 0;
}

static bool read_listen(struct target *t)
{
	struct conf_listens *list = t->field;
	const char *at = t->value;
	char item[80];

	if (*t->value && list->n == t->row->max)
		return refuse(t, "is one more than the %u that are taken", t->row->max);
	while (next_item(&at, item, sizeof(item))) {
		struct net_addr one;

		if (list->n == t->row->max)
			return refuse(t, "makes more addresses than the %u that are taken",
				      t->row->max);
		if (net_addr_parse(item, 0, &one) < 0 || net_addr_port(&one) == 0)
			return refuse(t,
				      "has '%s' in it, which is not ADDRESS:PORT; write it as "
				      "0.0.0.0:443 or [::]:443",
				      item);
		for (unsigned i = 0; i < list->n; i++)
			if (same_address(&list->at[i], &one))
				return refuse(t, "names %s a second time", item);
		list->at[list->n++] = one;
	}
	return true;
}

bool conf_value(struct conf *c, const struct conf_row *row, const char *value, char *why, size_t n)
{
	static bool (*const readers[CONF_TYPES])(struct target *) = {
		[CONF_TEXT] = read_text,       [CONF_PATH] = read_text,
		[CONF_NAME] = read_name,       [CONF_IFNAME] = read_ifname,
		[CONF_FLAG] = read_flag,       [CONF_NUMBER] = read_number,
		[CONF_SECONDS] = read_number,  [CONF_LEVEL] = read_level,
		[CONF_TLS] = read_tls,         [CONF_HASHES] = read_hashes,
		[CONF_OFFLOAD] = read_offload, [CONF_LISTEN] = read_listen,
		[CONF_METHODS] = read_methods, [CONF_IP4] = read_ip4s,
		[CONF_IP4S] = read_ip4s,       [CONF_IP6S] = read_ip6s,
		[CONF_NET4] = read_net4,       [CONF_NET6] = read_net6,
		[CONF_IFID] = read_ifid,
	};
	struct target t = {row, value, (char *)c + row->offset, why, n};

	return readers[row->type](&t);
}
