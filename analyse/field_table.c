/* SPDX-License-Identifier: MIT */
/* The tables of fields.def and values_*.def as C, and the questions asked of them. */
#include "analyse/field.h"

#include <string.h>

#define T(name)    static const struct value_name values_##name[] = {
#define V(v, text) {v, text},
#define E()                                                                                        \
	{                                                                                          \
		0, NULL                                                                            \
	}                                                                                          \
	}                                                                                          \
	;
#include "analyse/values_net.def"
#include "analyse/values_tls.def"
#include "analyse/values_ppp.def"
#undef T
#undef V
#undef E

/* clang-format off */
const struct field_info field_infos[FIELDS] = {
	[FIELD_INVALID] = {.name = "", .title = ""},
#define P(id, name, title) \
	[FIELD_##id] = {name, title, FIELD_##id, FT_PROTOCOL, BASE_NONE, 0, NULL, {0, 0}},
#define F(id, proto, name, type, base, title) \
	[FIELD_##id] = {name, title, FIELD_##proto, FT_##type, BASE_##base, 0, NULL, {0, 0}},
#define M(id, proto, name, type, base, mask, names, title) \
	[FIELD_##id] = {name, title, FIELD_##proto, FT_##type, BASE_##base, mask, values_##names, {0, 0}},
#define A(id, proto, name, type, first, second, title) \
	[FIELD_##id] = {name, title, FIELD_##proto, FT_##type, BASE_NONE, 0, NULL, \
			{FIELD_##first, FIELD_##second}},
#define values_NONE NULL
#include "analyse/fields.def"
#undef P
#undef F
#undef M
#undef A
};

static const struct {
	const char *name;
	const char *words;
	uint64_t max;
} type_infos[FT_TYPES] = {
	[FT_NONE] = {"FT_NONE", "label", 0},
	[FT_PROTOCOL] = {"FT_PROTOCOL", "protocol", 0},
	[FT_BOOLEAN] = {"FT_BOOLEAN", "boolean", 0},
	[FT_UINT8] = {"FT_UINT8", "unsigned integer of 1 byte", UINT8_MAX},
	[FT_UINT16] = {"FT_UINT16", "unsigned integer of 2 bytes", UINT16_MAX},
	[FT_UINT24] = {"FT_UINT24", "unsigned integer of 3 bytes", 0xffffff},
	[FT_UINT32] = {"FT_UINT32", "unsigned integer of 4 bytes", UINT32_MAX},
	[FT_UINT64] = {"FT_UINT64", "unsigned integer of 8 bytes", UINT64_MAX},
	[FT_INT16] = {"FT_INT16", "signed integer of 2 bytes", 0},
	[FT_INT32] = {"FT_INT32", "signed integer of 4 bytes", 0},
	[FT_FRAMENUM] = {"FT_FRAMENUM", "frame number", UINT32_MAX},
	[FT_ABSOLUTE_TIME] = {"FT_ABSOLUTE_TIME", "date and time", 0},
	[FT_RELATIVE_TIME] = {"FT_RELATIVE_TIME", "duration", 0},
	[FT_STRING] = {"FT_STRING", "string", 0},
	[FT_STRINGZ] = {"FT_STRINGZ", "string", 0},
	[FT_BYTES] = {"FT_BYTES", "byte sequence", 0},
	[FT_UINT_BYTES] = {"FT_UINT_BYTES", "byte sequence", 0},
	[FT_ETHER] = {"FT_ETHER", "Ethernet address", 0},
	[FT_IPV4] = {"FT_IPv4", "IPv4 address", 0},
	[FT_IPV6] = {"FT_IPv6", "IPv6 address", 0},
};
/* clang-format on */

/* Names that Wireshark had before and still takes. */
static const char *const old_prefixes[][2] = {{"ssl", "tls"}};

static enum field_id find_exact(const char *name, size_t n)
{
	for (unsigned id = 1; id < FIELDS; id++)
		if (strlen(field_infos[id].name) == n && !memcmp(field_infos[id].name, name, n))
			return id;
	return FIELD_INVALID;
}

enum field_id field_find(const char *name, size_t n)
{
	enum field_id id = find_exact(name, n);

	for (unsigned i = 0; !id && i < sizeof(old_prefixes) / sizeof(*old_prefixes); i++) {
		const char *old = old_prefixes[i][0], *new = old_prefixes[i][1];
		size_t cut = strlen(old);
		char now[128];

		if (n < cut || memcmp(name, old, cut) || (n > cut && name[cut] != '.') ||
		    n - cut + strlen(new) > sizeof(now))
			continue;
		memcpy(now, new, strlen(new));
		memcpy(now + strlen(new), name + cut, n - cut);
		id = find_exact(now, strlen(new) + n - cut);
	}
	return id;
}

const char *field_value_name(enum field_id id, uint64_t value)
{
	const struct value_name *v = field_infos[id].names;

	for (; v && v->name; v++)
		if (v->value == value)
			return v->name;
	return NULL;
}

const char *field_type_name(enum field_type type)
{
	return type_infos[type].name;
}

const char *field_type_words(enum field_type type)
{
	return type_infos[type].words;
}

uint64_t field_type_max(enum field_type type)
{
	return type_infos[type].max;
}

static void set_bit(uint64_t *words, unsigned id)
{
	words[id / 64] |= (uint64_t)1 << (id % 64);
}

void field_set_add(struct field_set *s, enum field_id id)
{
	const struct field_info *info = &field_infos[id];

	set_bit(s->fields, id);
	set_bit(s->protocols, info->protocol);
	if (id == FIELD_WS_MALFORMED) /* what is malformed may lie deep in any protocol */
		memset(s->protocols, 0xff, sizeof(s->protocols));
	for (unsigned i = 0; i < 2; i++)
		if (info->either[i])
			field_set_add(s, info->either[i]);
}

void field_set_join(struct field_set *s, const struct field_set *other)
{
	for (size_t i = 0; i < FIELD_WORDS; i++) {
		s->fields[i] |= other->fields[i];
		s->protocols[i] |= other->protocols[i];
	}
}
