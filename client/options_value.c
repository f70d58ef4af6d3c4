/* SPDX-License-Identifier: MIT */
/* options_value.h: each reader checks its value and says what would be right. */
#include "client/options_value.h"

#include <string.h>

#include "lib/base/text.h"

/* A reader that stores the text, and one that sets a switch. */
/* clang-format off */
#define TEXT_READER(name, field)					\
	const char *name(struct options *o, const char *value)		\
	{								\
		if (!*value)						\
			return "the value is empty";			\
		o->field = value;					\
		return NULL;						\
	}
#define SWITCH_READER(name, field)					\
	const char *name(struct options *o, const char *value)		\
	{								\
		(void)value;						\
		o->field = true;					\
		return NULL;						\
	}

/* clang-format on */

TEXT_READER(read_password_file, password_file)
TEXT_READER(read_ca, tls.ca_file)
TEXT_READER(read_crl, tls.crl_file)
TEXT_READER(read_ciphers, tls.ciphers)
TEXT_READER(read_keylog, tls.keylog_file)
SWITCH_READER(read_insecure, tls.insecure)
SWITCH_READER(read_any_usage, tls.eku_optional)
SWITCH_READER(read_tls10, tls.tls10)
SWITCH_READER(read_tls13, tls.tls13_only)
SWITCH_READER(read_ktls, ktls)
SWITCH_READER(read_default_route, default_route)
SWITCH_READER(read_no_dns, no_dns)
SWITCH_READER(read_no_ip4, no_ip4)
SWITCH_READER(read_no_ip6, no_ip6)
SWITCH_READER(read_json, json)

const char *read_user(struct options *o, const char *value)
{
	if (!*value)
		return "the value is empty";
	if (strlen(value) > SSTP_NAME_MAX)
		return "a user name has at most 255 bytes";
	o->user = value;
	return NULL;
}

const char *read_server_name(struct options *o, const char *value)
{
	if (!*value || strlen(value) >= NET_HOST_MAX || strpbrk(value, " \t/"))
		return "this is not a host's name";
	o->server_name = value;
	return NULL;
}

const char *read_ipv4(struct options *o, const char *value)
{
	(void)value;
	o->family = AF_INET;
	return NULL;
}

const char *read_ipv6(struct options *o, const char *value)
{
	(void)value;
	o->family = AF_INET6;
	return NULL;
}

const char *read_quiet(struct options *o, const char *value)
{
	(void)value;
	o->quiet = true;
	o->level = LOG_AT_ERROR;
	return NULL;
}

const char *read_verbose(struct options *o, const char *value)
{
	(void)value;
	o->level = o->level < LOG_AT_INFO ? LOG_AT_INFO : LOG_AT_DEBUG;
	return NULL;
}

/* Finds the method whose name the n bytes at word are. */
static enum sstp_auth find_method(const char *word, size_t n)
{
	for (int m = SSTP_AUTH_NONE + 1; m < SSTP_AUTHS; m++) {
		const char *name = sstp_auth_name((enum sstp_auth)m);

		if (strlen(name) == n && strncmp(name, word, n) == 0)
			return (enum sstp_auth)m;
	}
	return SSTP_AUTH_NONE;
}

const char *read_auth(struct options *o, const char *value)
{
	size_t count = 0;

	memset(o->auth, 0, sizeof(o->auth));
	while (*value) {
		size_t n = strcspn(value, ", ");
		enum sstp_auth method = find_method(value, n);

		if (method == SSTP_AUTH_NONE)
			return "the methods are pap, chap-md5, mschapv2, eap-md5 and eap-mschapv2, "
			       "with commas in between";
		for (size_t i = 0; i < count; i++)
			if (o->auth[i] == method)
				return "a method stands there twice";
		o->auth[count++] = method;
		value += n;
		value += strspn(value, ", ");
	}
	return count ? NULL : "the list is empty";
}

const char *read_pin(struct options *o, const char *value)
{
	size_t digits = 0;

	if (strncmp(value, "sha256:", 7) == 0)
		value += 7;
	for (; *value; value++) {
		int digit = text_hex_value(*value);

		if (*value == ':')
			continue;
		if (digit < 0 || digits == 64)
			return "a SHA-256 has 64 hex digits, with or without colons";
		if (digits % 2 == 0)
			o->tls.pin[digits / 2] = (uint8_t)(digit << 4);
		else
			o->tls.pin[digits / 2] = (uint8_t)(o->tls.pin[digits / 2] | digit);
		digits++;
	}
	o->tls.has_pin = true;
	return digits == 64 ? NULL : "a SHA-256 has 64 hex digits, with or without colons";
}

const char *read_proxy(struct options *o, const char *value)
{
	if (strncmp(value, "http://", 7) == 0)
		value += 7;
	o->proxy_port = 0;
	if (net_split_host(value, o->proxy_host, &o->proxy_port) < 0 || o->proxy_port == 0)
		return "this is not HOST:PORT";
	return NULL;
}

const char *read_route(struct options *o, const char *value)
{
	if (o->routes_n == OPTIONS_ROUTES)
		return "64 routes are the most";
	if (!ip_net_parse(value, false, &o->routes[o->routes_n]))
		return "a network is written as 10.0.0.0/8 or fd00::/48";
	o->routes_n++;
	return NULL;
}

/* Reads a decimal number of min to max; false when it is none. */
static bool read_number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint32_t value = 0;

	if (!*text || strlen(text) > 8)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint32_t)(*text - '0');
	}
	*out = value;
	return value >= min && value <= max;
}

const char *read_congestion(struct options *o, const char *value)
{
	if (!*value || strlen(value) >= NET_CONGESTION)
		return "a congestion control's name has 1 to 15 letters";
	o->congestion = value;
	return NULL;
}

const char *read_mtu(struct options *o, const char *value)
{
	uint32_t mtu;

	if (!read_number(value, 576, SSTP_MTU_MAX, &mtu))
		return "an MTU is 576 to 4087 bytes";
	o->mtu = (uint16_t)mtu;
	return NULL;
}

const char *read_rekey(struct options *o, const char *value)
{
	if (!read_number(value, 1, 1000000, &o->tls.rekey_mb))
		return "new keys are taken after 1 to 1000000 megabytes";
	return NULL;
}

const char *read_hello(struct options *o, const char *value)
{
	uint32_t seconds;

	if (!read_number(value, 1, 3600, &seconds))
		return "1 to 3600 seconds";
	o->hello_ms = seconds * 1000;
	return NULL;
}

const char *read_dev(struct options *o, const char *value)
{
	size_t n = strlen(value);

	if (n == 0 || n >= sizeof(o->dev) || strpbrk(value, "/ %:") || strcmp(value, ".") == 0 ||
	    strcmp(value, "..") == 0)
		return "an interface's name has 1 to 15 characters, none of them / % : or blank";
	memcpy(o->dev, value, n + 1);
	return NULL;
}

const char *read_trace(struct options *o, const char *value)
{
	if (!value || strcmp(value, "text") == 0)
		o->trace = OPTIONS_TRACE_TEXT;
	else if (strcmp(value, "json") == 0)
		o->trace = OPTIONS_TRACE_JSON;
	else
		return "the forms are text and json";
	return NULL;
}
