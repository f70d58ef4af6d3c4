/* SPDX-License-Identifier: MIT */
/*
 * A dissected packet in memory: a flat tree of fields. This is the contract between those who
 * dissect (who fill it), filters (who ask it) and printers (who walk it). What a field is called
 * and how it is shown stands in fields.def; how a wire is parsed is no business of this file.
 *
 * Nodes lie in one array in the order of dissection, each subtree contiguous: the children of node
 * i are the nodes i + 1 .. nodes[i].end - 1. The array and the arena keep their memory from packet
 * to packet, so that filling a tree allocates nothing once it is warm.
 *
 * A tree may be asked for a few fields only (field_tree_reset()). Adding any other field then does
 * nothing and returns FIELD_SKIPPED, which every function here takes in place of a node. A
 * dissector therefore just adds; it asks field_wanted() only where finding a value costs something,
 * and field_wanted_of() before it goes through a whole protocol.
 */
#ifndef ANALYSE_FIELD_H
#define ANALYSE_FIELD_H

#include "analyse/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wireshark's types, as far as fields.def uses them, with its names. */
enum field_type {
	FT_NONE, /* a label; only its presence counts */
	FT_PROTOCOL,
	FT_BOOLEAN,
	FT_UINT8,
	FT_UINT16,
	FT_UINT24,
	FT_UINT32,
	FT_UINT64,
	FT_INT16,
	FT_INT32,
	FT_FRAMENUM,
	FT_ABSOLUTE_TIME,
	FT_RELATIVE_TIME,
	FT_STRING,
	FT_STRINGZ,
	FT_BYTES,
	FT_UINT_BYTES,
	FT_ETHER,
	FT_IPV4,
	FT_IPV6,
	FT_TYPES
};

enum field_base {
	BASE_NONE,
	BASE_DEC,
	BASE_HEX,
	BASE_DEC_HEX,
	BASE_OCT,
	BASE_W8, /* a boolean that is a bit of so many bits */
	BASE_W12,
	BASE_W16,
	BASE_W32,
};

enum field_id {
	FIELD_INVALID, /* no field */
#define P(id, name, title)                                 FIELD_##id,
#define F(id, proto, name, type, base, title)              FIELD_##id,
#define M(id, proto, name, type, base, mask, names, title) FIELD_##id,
#define A(id, proto, name, type, first, second, title)     FIELD_##id,
#include "analyse/fields.def"
#undef P
#undef F
#undef M
#undef A
	FIELDS
};

/* A value and its name; a table of them ends with a NULL name. */
struct value_name {
	uint64_t value;
	const char *name;
};

/* What fields.def says of a field. */
struct field_info {
	const char *name; /* as filters write it */
	const char *title;
	uint16_t protocol; /* field id of the protocol; a protocol's is its own */
	uint8_t type;      /* enum field_type */
	uint8_t base;      /* enum field_base */
	uint32_t mask; /* bits of the wire that the value is; 0 = all. Values are shifted down */
	const struct value_name *names;
	uint16_t either[2]; /* an A row: the two fields that it stands for; else 0 */
};
extern const struct field_info field_infos[FIELDS];

/* Returns the field called name, which need not be terminated; FIELD_INVALID when there is none. */
enum field_id field_find(const char *name, size_t n);
/* Returns the name of a field's value; NULL when it has none. */
const char *field_value_name(enum field_id id, uint64_t value);
/* Returns the type's name as -G fields prints it, and in words. */
const char *field_type_name(enum field_type type);
const char *field_type_words(enum field_type type);
/* Returns the highest value of an unsigned type, 0 when the type is not unsigned. */
uint64_t field_type_max(enum field_type type);

/* A set of fields. */
#define FIELD_WORDS ((FIELDS + 63) / 64)
struct field_set {
	uint64_t fields[FIELD_WORDS];
	uint64_t protocols[FIELD_WORDS]; /* those with a field in the set */
};
/* Adds a field, and of an A row its two fields; zeroed memory is the empty set. */
void field_set_add(struct field_set *s, enum field_id id);
/* Adds all fields of another set. */
void field_set_join(struct field_set *s, const struct field_set *other);

/* Bytes that nodes point into: the frame, or what was decrypted or put together from it. */
struct field_source {
	const char *name; /* "Frame", "Decrypted TLS" ...; borrowed */
	const uint8_t *bytes;
	size_t n;
};

#define FIELD_SKIPPED     UINT32_MAX
#define FIELD_NODES_MAX   65536 /* of a packet: more are dropped, and the tree is `full` */
#define FIELD_DEPTH_MAX   64
#define FIELD_SOURCES_MAX 250

enum field_flag {
	FIELD_GENERATED = 1, /* not on the wire: shown in brackets */
	FIELD_HIDDEN = 2,    /* filters see it, printers do not */
	FIELD_HEADER = 4,    /* a protocol whose slices and len() are of its header only: eth, ip */
};

/* One field of a packet. */
struct field {
	uint16_t id;
	uint8_t flags;  /* enum field_flag */
	uint8_t depth;  /* 0 at the top */
	uint8_t source; /* which bytes off counts in */
	uint8_t layer;  /* how often its protocol occurred so far in this packet, itself included */
	uint32_t off;
	uint32_t len;
	uint32_t end; /* index of the node after its subtree */
	union {
		uint64_t u;       /* unsigned, boolean, frame number; IPv4 in host order */
		int64_t i;        /* signed; times in ns, absolute ones since 1970 */
		const uint8_t *p; /* n octets; of a protocol with all that it carries */
	} value;
	uint32_t n;
	const char *label; /* text that replaces the title and value; NULL for most */
};

struct field_tree {
	const struct field_set *wanted; /* NULL: everything */
	struct field *nodes;
	uint32_t count;
	uint32_t room;
	uint32_t depth; /* of field_open() */
	uint8_t level;  /* of kept open nodes: the depth of the next one */
	uint32_t open[FIELD_DEPTH_MAX];
	struct field_source sources[FIELD_SOURCES_MAX];
	unsigned n_sources;
	unsigned source;    /* what new nodes lie in */
	bool full;          /* a node, level or source was dropped for want of room */
	struct arena arena; /* copies and labels */
	uint8_t layers[FIELDS];
};

/* Makes an empty tree that owns nothing yet. */
void field_tree_init(struct field_tree *t);
/* Frees what t owns; field_tree_init() makes it usable again. */
void field_tree_fini(struct field_tree *t);
/*
 * Empties t for the next packet. Only fields of `wanted` will be kept; NULL keeps all. The set is
 * borrowed until the next reset, and may change between packets only.
 */
void field_tree_reset(struct field_tree *t, const struct field_set *wanted);

/* Returns whether adding the field would keep it. */
static inline bool field_wanted(const struct field_tree *t, enum field_id id)
{
	return !t->wanted || (t->wanted->fields[id / 64] >> (id % 64) & 1);
}

/* Returns whether the protocol, or any field of it, would be kept. */
static inline bool field_wanted_of(const struct field_tree *t, enum field_id protocol)
{
	return !t->wanted || (t->wanted->protocols[protocol / 64] >> (protocol % 64) & 1);
}

/*
 * Makes n bytes the source that the nodes added from here on lie in, and returns its number. They
 * are borrowed until the next reset.
 */
unsigned field_source_add(struct field_tree *t, const char *name, const uint8_t *bytes, size_t n);
/*
 * The same for bytes that are gone before the tree is: copies them first. Returns where the copy
 * is, NULL, and the tree full, when there is no room for it: nothing may be added of these bytes
 * then.
 */
const uint8_t *field_source_copy(struct field_tree *t, const char *name, const uint8_t *bytes,
				 size_t n);
/* Goes back to a source that field_source_add() returned; returns the one used until now. */
unsigned field_source_use(struct field_tree *t, unsigned source);

/*
 * Each adds one field at off of the current source, len octets long, below the innermost open node;
 * returns its index. Octets of bytes, strings, ether and IPv6 are views of the source. A range that
 * runs past the source's end is cut there.
 */
uint32_t field_add_none(struct field_tree *t, enum field_id id, size_t off, size_t len);
/*
 * A protocol: its header has len octets, and all that it carries, header included, has `all`.
 * Counts one more occurrence of the protocol, whether it is kept or not.
 */
uint32_t field_add_protocol(struct field_tree *t, enum field_id id, size_t off, size_t len,
			    size_t all);
uint32_t field_add_uint(struct field_tree *t, enum field_id id, size_t off, size_t len, uint64_t v);
uint32_t field_add_int(struct field_tree *t, enum field_id id, size_t off, size_t len, int64_t v);
uint32_t field_add_bool(struct field_tree *t, enum field_id id, size_t off, size_t len, bool v);
uint32_t field_add_bytes(struct field_tree *t, enum field_id id, size_t off, size_t len);
/* The address is read from the source: 4 octets at off. */
uint32_t field_add_ip4(struct field_tree *t, enum field_id id, size_t off);
/* Nanoseconds: since 1970, or a duration. */
uint32_t field_add_time(struct field_tree *t, enum field_id id, int64_t ns);
/* A string or bytes that do not stand in the source as they are: copied. off and len say whence. */
uint32_t field_add_copy(struct field_tree *t, enum field_id id, size_t off, size_t len,
			const void *bytes, size_t n);
/* The same of a NUL-terminated string that is nowhere in the source. */
uint32_t field_add_text(struct field_tree *t, enum field_id id, const char *text);
/* Adds the bits of `wire` (the value of len octets at off) that the field's mask selects. */
uint32_t field_add_bits(struct field_tree *t, enum field_id id, size_t off, size_t len,
			uint64_t wire);

/* Fields added from here on are children of node; each open is followed by one close. */
void field_open(struct field_tree *t, uint32_t node);
/* Ends the innermost open node. */
void field_close(struct field_tree *t);
/* Sets flags of a node. */
void field_flag(struct field_tree *t, uint32_t node, unsigned flags);
/* Sets how many octets a node covers, when that is known only after its children. */
void field_set_len(struct field_tree *t, uint32_t node, size_t len);
/*
 * Gives a node a text of its own, for what the table cannot say ("Transmission Control Protocol,
 * Src Port: 443 ..."). Does nothing, formatting included, in a tree that is filled for a filter.
 */
void field_label(struct field_tree *t, uint32_t node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Appends to the text of a node; begins with its title when it has no text yet. */
void field_label_more(struct field_tree *t, uint32_t node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Marks len octets at off as malformed, with the reason; filters see _ws.malformed. */
void field_malformed(struct field_tree *t, size_t off, size_t len, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Returns how many octets of memory t holds. */
size_t field_tree_memory(const struct field_tree *t);

#endif
