/* SPDX-License-Identifier: MIT */
/* Values and lines of fields as text; see field_text.h. */
#include "analyse/field_text.h"

#include <string.h>
#include <time.h>

#define OCTETS_SHOWN 36 /* of a line in a tree */
#define STRING_SHOWN 512
#define SECOND       1000000000

/* Returns the hexadecimal digits of an unsigned type. */
static unsigned digits_of(enum field_type type)
{
	uint64_t max = field_type_max(type);
	unsigned n = 0;

	for (; max; max >>= 4)
		n++;
	return n ? n : 1;
}

void field_duration_text(struct text *t, int64_t ns)
{
	uint64_t abs = ns < 0 ? -(uint64_t)ns : (uint64_t)ns, rest = abs % SECOND;

	if (ns < 0)
		text_char(t, '-');
	text_dec(t, abs / SECOND);
	text_char(t, '.');
	for (uint64_t unit = SECOND / 10; unit; unit /= 10)
		text_char(t, (char)('0' + rest / unit % 10));
}

void field_date_text(struct text *t, int64_t ns)
{
	time_t seconds = (time_t)(ns / SECOND);
	char day[40], zone[16];
	struct tm tm;
	int64_t rest = ns % SECOND;

	if (rest < 0) {
		rest += SECOND;
		seconds--;
	}
	if (!localtime_r(&seconds, &tm)) {
		field_duration_text(t, ns);
		return;
	}
	strftime(day, sizeof(day), "%b %e, %Y %H:%M:%S.", &tm);
	strftime(zone, sizeof(zone), " %Z", &tm);
	text_str(t, day);
	for (int64_t unit = SECOND / 10; unit; unit /= 10)
		text_char(t, (char)('0' + rest / unit % 10));
	text_str(t, zone);
}

/* Writes bytes that a peer may have chosen: printable ASCII as it is, all else so that it is seen.
 */
static void printable_text(struct text *t, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] >= ' ' && p[i] < 0x7f) {
			text_char(t, (char)p[i]);
		} else if (p[i] == '\r' || p[i] == '\n') {
			text_str(t, p[i] == '\r' ? "\\r" : "\\n");
		} else {
			text_str(t, "\\x");
			text_hex(t, p[i], 2);
		}
	}
}

static void octets_text(struct text *t, const uint8_t *p, size_t n, bool colons)
{
	if (!colons) {
		text_hexbytes(t, p, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_char(t, ':');
		text_hex(t, p[i], 2);
	}
}

static void ip4_text(struct text *t, uint64_t v)
{
	const uint8_t ip[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
			       (uint8_t)v};

	text_ip4(t, ip);
}

/* Writes a number in the base of its field, hexadecimal ones with so many digits. */
static void number_text(struct text *t, const struct field_info *info, uint64_t v, unsigned digits)
{
	if (info->base == BASE_HEX) {
		text_str(t, "0x");
		text_hex(t, v, digits);
	} else {
		text_dec(t, v);
	}
}

bool field_is_text(const struct field *f)
{
	return field_infos[f->id].type == FT_STRING || field_infos[f->id].type == FT_STRINGZ;
}

void field_value_text(struct text *t, const struct field *f, enum field_octets how)
{
	const struct field_info *info = &field_infos[f->id];

	switch ((enum field_type)info->type) {
	case FT_NONE:
		text_char(t, '1');
		break;
	case FT_PROTOCOL:
		text_str(t, info->name);
		break;
	case FT_BOOLEAN:
		text_char(t, f->value.u ? '1' : '0');
		break;
	case FT_INT16:
	case FT_INT32:
		text_int(t, f->value.i);
		break;
	case FT_ABSOLUTE_TIME:
		field_date_text(t, f->value.i);
		break;
	case FT_RELATIVE_TIME:
		field_duration_text(t, f->value.i);
		break;
	case FT_STRING:
	case FT_STRINGZ:
		text_bytes(t, (const char *)f->value.p, f->n);
		break;
	case FT_BYTES:
	case FT_UINT_BYTES:
		octets_text(t, f->value.p, f->n, how == FIELD_OCTETS_COLON);
		break;
	case FT_ETHER:
		octets_text(t, f->value.p, f->n, true);
		break;
	case FT_IPV4:
		ip4_text(t, f->value.u);
		break;
	case FT_IPV6:
		if (f->n == 16)
			text_ip6(t, f->value.p);
		break;
	default:
		number_text(t, info, f->value.u, digits_of(info->type));
	}
}

/* Returns how many bits the octets around a masked value have. */
static unsigned width_of(const struct field_info *info)
{
	switch ((enum field_base)info->base) {
	case BASE_W8:
		return 8;
	case BASE_W12:
		return 12;
	case BASE_W16:
		return 16;
	case BASE_W32:
		return 32;
	default:
		return digits_of(info->type) * 4;
	}
}

/* Writes ".... ...1 = ": where the bits of a value lie. */
static void bits_text(struct text *t, const struct field_info *info, uint64_t v)
{
	unsigned shift = (unsigned)__builtin_ctz(info->mask);
	uint64_t wire = info->type == FT_BOOLEAN ? (v ? info->mask : 0) : v << shift;

	for (unsigned bit = width_of(info); bit--;) {
		if (!(info->mask >> bit & 1))
			text_char(t, '.');
		else
			text_char(t, wire >> bit & 1 ? '1' : '0');
		if (bit && bit % 4 == 0)
			text_char(t, ' ');
	}
	text_str(t, " = ");
}

/* Writes a number, and its name if it has one. */
static void named_text(struct text *t, const struct field *f)
{
	const struct field_info *info = &field_infos[f->id];
	const char *name = field_value_name(f->id, f->value.u);
	unsigned digits = digits_of(info->type);

	if (info->mask)
		digits = ((unsigned)__builtin_popcount(info->mask) + 3) / 4;
	if (info->type == FT_BOOLEAN) {
		text_str(t, name ? name : f->value.u ? "True" : "False");
		return;
	}
	if (info->names) {
		text_str(t, name ? name : "Unknown");
		text_str(t, " (");
	}
	number_text(t, info, f->value.u, digits);
	if (info->names) {
		text_char(t, ')');
	} else if (info->base == BASE_DEC_HEX) {
		text_str(t, " (0x");
		text_hex(t, f->value.u, digits);
		text_char(t, ')');
	}
}

/* Writes a value as it stands in a line. */
static void shown_text(struct text *t, const struct field *f)
{
	const struct field_info *info = &field_infos[f->id];

	switch ((enum field_type)info->type) {
	case FT_BOOLEAN:
	case FT_UINT8:
	case FT_UINT16:
	case FT_UINT24:
	case FT_UINT32:
	case FT_UINT64:
		named_text(t, f);
		break;
	case FT_INT16:
	case FT_INT32:
		if (field_value_name(f->id, f->value.u)) {
			named_text(t, f);
			break;
		}
		text_int(t, f->value.i);
		break;
	case FT_RELATIVE_TIME:
		field_duration_text(t, f->value.i);
		text_str(t, " seconds");
		break;
	case FT_STRING:
	case FT_STRINGZ:
		printable_text(t, f->value.p, f->n < STRING_SHOWN ? f->n : STRING_SHOWN);
		text_str(t, f->n > STRING_SHOWN ? "\xe2\x80\xa6" : "");
		break;
	case FT_BYTES:
	case FT_UINT_BYTES:
		octets_text(t, f->value.p, f->n < OCTETS_SHOWN ? f->n : OCTETS_SHOWN, false);
		text_str(t, f->n == 0 ? "<MISSING>" : f->n > OCTETS_SHOWN ? "\xe2\x80\xa6" : "");
		break;
	default:
		field_value_text(t, f, FIELD_OCTETS_PLAIN);
	}
}

void field_line(struct text *t, const struct field *f)
{
	const struct field_info *info = &field_infos[f->id];

	if (f->flags & FIELD_GENERATED)
		text_char(t, '[');
	if (f->label) {
		printable_text(t, (const uint8_t *)f->label, strlen(f->label));
	} else {
		if (info->mask)
			bits_text(t, info, f->value.u);
		text_str(t, info->title);
		if (info->type != FT_NONE && info->type != FT_PROTOCOL) {
			text_str(t, ": ");
			shown_text(t, f);
		}
	}
	if (f->flags & FIELD_GENERATED)
		text_char(t, ']');
}
