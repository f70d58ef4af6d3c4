/* SPDX-License-Identifier: MIT */
/* Values as people write them, turned into the type of the field beside them. */
#include "analyse/filter/lex.h"
#include "analyse/filter/node.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define TEXT_MAX 128 /* of values that are not strings */
#define SECOND   1000000000

struct literal {
	struct compile *c;
	struct node *node;
	enum field_type type;
	enum field_id names;
	char text[TEXT_MAX]; /* terminated copy, "" when too long for anything but a string */
};

static int fail(const struct literal *l, const char *example)
{
	return filter_fail(l->c->err, l->node->at, l->node->n, "%.*s is not a value of type %s%s%s",
			   l->node->n > 60 ? 60 : (int)l->node->n, l->c->text + l->node->at,
			   field_type_words(l->type), *example ? ", such as " : "", example);
}

/* Reports an unknown name of a value, and shows the first ones that the field has. */
static int fail_name(const struct literal *l)
{
	char known[160] = "";
	size_t used = 0;

	for (const struct value_name *v = field_infos[l->names].names; v->name; v++) {
		size_t left = sizeof(known) - used;
		int n = snprintf(known + used, left, "%s%s", used ? ", " : "", v->name);

		if ((size_t)n + 8 > left) {
			snprintf(known + used, left, ", ...");
			break;
		}
		used += (size_t)n;
	}
	return filter_fail(l->c->err, l->node->at, l->node->n, "%s is not a value of %s; it has %s",
			   l->text, field_infos[l->names].name, known);
}

/* Looks the literal up among the names of the field's values. */
static bool find_name(struct literal *l)
{
	const struct value_name *v = l->names ? field_infos[l->names].names : NULL;

	for (; v && v->name; v++) {
		if (strcasecmp(v->name, l->text))
			continue;
		l->node->value = (struct fvalue){.u = v->value, .kind = FVALUE_NUMBER};
		return true;
	}
	return false;
}

/* Reads 443, 0x1bb, 0673, 0b1101. Returns 0, ERANGE or EINVAL. */
static int read_number(const char *s, uint64_t *out)
{
	int base = 10;
	char *end;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		base = 16;
	else if (s[0] == '0' && (s[1] == 'b' || s[1] == 'B'))
		base = 2;
	else if (s[0] == '0' && s[1])
		base = 8;
	if (base == 2 || base == 16)
		s += 2;
	if (!isxdigit((unsigned char)*s))
		return EINVAL;
	errno = 0;
	*out = strtoull(s, &end, base);
	return *end ? EINVAL : errno;
}

static int convert_number(struct literal *l)
{
	uint64_t v = 0, max = field_type_max(l->type);
	int error;

	if (!max)
		max = l->type == FT_INT16 ? INT16_MAX : INT32_MAX;
	if (l->node->character) {
		l->node->value =
			(struct fvalue){.u = (uint8_t)l->node->text[0], .kind = FVALUE_NUMBER};
		return 0;
	}
	if (l->node->quoted || !isdigit((unsigned char)l->text[0])) {
		if (find_name(l))
			return 0;
		if (l->names && field_infos[l->names].names)
			return fail_name(l);
		return fail(l, l->node->quoted ? "443 without quotes" : "443 or 0x1bb");
	}
	error = read_number(l->text, &v);
	if (error == EINVAL)
		return find_name(l) ? 0 : fail(l, "443 or 0x1bb");
	if (error || v > max)
		return filter_fail(l->c->err, l->node->at, l->node->n,
				   "%s is too large for a %s; the largest is %llu", l->text,
				   field_type_words(l->type), (unsigned long long)max);
	l->node->value = (struct fvalue){.u = v, .kind = FVALUE_NUMBER};
	return 0;
}

static int convert_boolean(struct literal *l)
{
	uint64_t v;

	l->node->value.kind = FVALUE_NUMBER;
	if (find_name(l))
		return 0;
	if (!l->node->quoted && (!strcasecmp(l->text, "true") || !strcasecmp(l->text, "false"))) {
		l->node->value.u = tolower((unsigned char)l->text[0]) == 't';
		return 0;
	}
	if (!l->node->quoted && !read_number(l->text, &v)) {
		l->node->value.u = v != 0;
		return 0;
	}
	return l->names && field_infos[l->names].names ? fail_name(l) : fail(l, "True or False");
}

/* Keeps n octets as the literal's value. */
static int keep_octets(struct literal *l, const void *octets, size_t n, enum fvalue_kind kind)
{
	uint8_t *copy = arena_take(&l->c->filter->arena, n ? n : 1);

	if (!copy)
		return filter_fail(l->c->err, l->node->at, l->node->n,
				   "there is no memory for this value");
	if (n)
		memcpy(copy, octets, n);
	l->node->value = (struct fvalue){.p = copy, .n = (uint32_t)n, .kind = (uint8_t)kind};
	return 0;
}

static unsigned hex_value(char c)
{
	return (unsigned)(isdigit((unsigned char)c) ? c - '0'
						    : tolower((unsigned char)c) - 'a' + 10);
}

/*
 * Reads hex octets: pairs of digits, with or without : - . between them; a last digit may stand
 * alone. Returns how many octets there are, -1 when it is something else.
 */
static int read_octets(const char *s, size_t n, uint8_t *out)
{
	int count = 0;

	if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		if (n > 4) /* more than one octet would need a byte order */
			return -1;
		s += 2;
		n -= 2;
	}
	if (n && *s == ':')
		s++, n--;
	while (n) {
		size_t digits = n > 1 && isxdigit((unsigned char)s[1]) ? 2 : 1;

		if (!isxdigit((unsigned char)s[0]))
			return -1;
		out[count++] = (uint8_t)(digits == 2 ? hex_value(s[0]) << 4 | hex_value(s[1])
						     : hex_value(s[0]));
		s += digits;
		n -= digits;
		if (n > 1 && strchr(":-.", *s)) {
			s++;
			n--;
		}
	}
	return count ? count : -1;
}

static int convert_octets(struct literal *l)
{
	const struct node *n = l->node;
	uint8_t *octets;
	int count;

	if (n->quoted || n->character)
		return keep_octets(l, n->text, n->text_n, FVALUE_OCTETS);
	octets = arena_take(&l->c->filter->arena, n->text_n + 1);
	count = octets ? read_octets(n->text, n->text_n, octets) : -1;
	if (count < 0)
		return fail(l, "0a:4e:ff or \"text\"");
	l->node->value = (struct fvalue){.p = octets, .n = (uint32_t)count, .kind = FVALUE_OCTETS};
	return 0;
}

static int convert_ether(struct literal *l)
{
	uint8_t octets[TEXT_MAX];
	int n = l->node->quoted ? -1 : read_octets(l->text, strlen(l->text), octets);

	if (n != 6)
		return fail(l, "d6:34:29:af:19:02 (without quotes)");
	return keep_octets(l, octets, 6, FVALUE_OCTETS);
}

/* Cuts "/24" off the text; returns the prefix, `max` when there is none, -1 when it is wrong. */
static int cut_prefix(struct literal *l, int max)
{
	char *slash = strchr(l->text, '/');
	char *end;
	long bits;

	if (!slash)
		return max;
	*slash = 0;
	bits = strtol(slash + 1, &end, 10);
	if (*end || !slash[1] || bits < 0 || bits > max)
		return -1;
	return (int)bits;
}

static int convert_ip4(struct literal *l)
{
	int bits = cut_prefix(l, 32);
	struct in_addr a;

	if (bits < 0)
		return filter_fail(l->c->err, l->node->at, l->node->n,
				   "the prefix of an IPv4 address is a number from 0 to 32");
	if (l->node->quoted || inet_pton(AF_INET, l->text, &a) != 1)
		return fail(l, "192.168.50.1 or 10.0.0.0/8 (without quotes)");
	l->node->value =
		(struct fvalue){.u = ntohl(a.s_addr), .n = (uint32_t)bits, .kind = FVALUE_IP4};
	return 0;
}

static int convert_ip6(struct literal *l)
{
	int bits = cut_prefix(l, 128);
	uint8_t a[16];

	if (bits < 0)
		return filter_fail(l->c->err, l->node->at, l->node->n,
				   "the prefix of an IPv6 address is a number from 0 to 128");
	if (l->node->quoted || inet_pton(AF_INET6, l->text, a) != 1)
		return fail(l, "2001:db8::1 or fe80::/10 (without quotes)");
	if (keep_octets(l, a, 16, FVALUE_IP6))
		return -1;
	l->node->value.n = (uint32_t)bits;
	return 0;
}

/* Reads ".25", at most nine digits, as ns; moves *s behind it. */
static int64_t read_fraction(const char **s)
{
	int64_t ns = 0, unit = SECOND;

	if (**s != '.')
		return 0;
	for ((*s)++; isdigit((unsigned char)**s); (*s)++) {
		unit /= 10;
		ns += (**s - '0') * unit;
	}
	return ns;
}

static int convert_duration(struct literal *l)
{
	const char *s = l->text;
	char *end;
	long long seconds;
	int64_t ns;

	errno = 0;
	seconds = strtoll(s, &end, 10);
	if (l->node->quoted || end == s || !isdigit((unsigned char)*s) || errno ||
	    seconds > INT64_MAX / SECOND - 1)
		return fail(l, "0.5 (seconds)");
	s = end;
	ns = read_fraction(&s);
	if (*s == 's')
		s++;
	if (*s)
		return fail(l, "0.5 (seconds)");
	l->node->value = (struct fvalue){.i = seconds * SECOND + ns, .kind = FVALUE_TIME};
	return 0;
}

/* Reads what may stand behind a time: Z, UTC, +02:00. Returns whether it is all of s. */
static bool read_zone(const char *s, bool *utc, long *offset)
{
	int hours, minutes, used = 0;
	char sign;

	while (*s == ' ')
		s++;
	*offset = 0;
	*utc = true;
	if (!strcasecmp(s, "Z") || !strcasecmp(s, "UTC"))
		return true;
	/* Two digits each: there is nothing to overflow. NOLINTNEXTLINE(cert-err34-c) */
	if ((sscanf(s, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) == 3 ||
	     /* NOLINTNEXTLINE(cert-err34-c) */
	     sscanf(s, "%c%2d%2d%n", &sign, &hours, &minutes, &used) == 3) &&
	    !s[used] && (sign == '+' || sign == '-')) {
		*offset = (hours * 60L + minutes) * (sign == '-' ? -60 : 60);
		return true;
	}
	*utc = false;
	return !*s;
}

static int convert_date(struct literal *l)
{
	static const char *const forms[] = {
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",     "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
		"%Y-%m-%d",          "%b %d, %Y %H:%M:%S", "%b %d, %Y %H:%M"};
	static const char example[] = "\"2011-07-04 12:34:56\" or \"Nov 12, 1999 08:55:44.123\"";

	for (unsigned i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct tm tm = {.tm_isdst = -1, .tm_mday = 1};
		const char *s = strptime(l->text, forms[i], &tm);
		int64_t ns, seconds;
		long offset;
		bool utc;

		if (!s || (*s == ':' && forms[i][strlen(forms[i]) - 1] == 'M'))
			continue;
		ns = read_fraction(&s);
		if (!read_zone(s, &utc, &offset))
			continue;
		seconds = (utc ? timegm(&tm) : mktime(&tm)) - offset;
		if (seconds > INT64_MAX / SECOND - 1 || seconds < INT64_MIN / SECOND + 1)
			return fail(l, example);
		l->node->value = (struct fvalue){.i = seconds * SECOND + ns, .kind = FVALUE_TIME};
		return 0;
	}
	return fail(l, example);
}

int literal_convert(struct compile *c, struct node *literal, enum field_type type,
		    enum field_id names)
{
	struct literal l = {.c = c, .node = literal, .type = type, .names = names};

	if (literal->text_n < sizeof(l.text))
		snprintf(l.text, sizeof(l.text), "%.*s", (int)literal->text_n, literal->text);
	switch (type_family(type)) {
	case FAMILY_NONE:
		return filter_fail(c->err, literal->at, literal->n,
				   "a label has no value to be compared with");
	case FAMILY_BOOLEAN:
		return convert_boolean(&l);
	case FAMILY_NUMBER:
		return convert_number(&l);
	case FAMILY_DATE:
		return convert_date(&l);
	case FAMILY_DURATION:
		return convert_duration(&l);
	case FAMILY_STRING:
		return keep_octets(&l, literal->text, literal->text_n, FVALUE_STRING);
	case FAMILY_OCTETS:
		return type == FT_ETHER ? convert_ether(&l) : convert_octets(&l);
	case FAMILY_IP4:
		return convert_ip4(&l);
	case FAMILY_IP6:
		return convert_ip6(&l);
	}
	return -1;
}
