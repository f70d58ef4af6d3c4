/* SPDX-License-Identifier: MIT */
/* A parsed filter: the tree that parse.c builds, check.c gives types, and eval.c walks. */
#ifndef ANALYSE_FILTER_NODE_H
#define ANALYSE_FILTER_NODE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "analyse/filter/filter.h"
#include "analyse/filter/value.h"

enum node_kind {
	/* tests: yes or no */
	NODE_AND,
	NODE_OR,
	NODE_XOR,
	NODE_NOT,     /* left */
	NODE_EXISTS,  /* left: is there a value */
	NODE_COMPARE, /* left op right */
	NODE_IN,      /* left; right: chain of items */
	/* operands: values */
	NODE_FIELD,
	NODE_LITERAL,
	NODE_SLICE, /* left, ranges */
	NODE_ARITH, /* left op right */
	NODE_MINUS, /* left */
	NODE_CALL,  /* left: chain of arguments */
	/* in a set only */
	NODE_SPAN, /* left .. right */
};

enum op {
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_CONTAINS,
	OP_MATCHES,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_BITAND,
};

/* How many of the values must pass a test. */
enum quantity { QUANTITY_DEFAULT, QUANTITY_ANY, QUANTITY_ALL };

enum function { FN_LEN, FN_COUNT, FN_STRING, FN_UPPER, FN_LOWER, FN_MAX, FN_MIN, FN_ABS, FNS };

/* [i:j], [i-j], [i], [:j], [i:], and #[...]: a piece of bytes, or of layers. */
struct range {
	int32_t from; /* below 0: from the end */
	int32_t to;   /* last one, inclusive, or with `counted` how many; RANGE_END: to the end */
	bool counted;
};
#define RANGE_END INT32_MAX

/* A type that is not known before the other side is: literals and arithmetic of literals. */
#define TYPE_OPEN FT_TYPES

struct node {
	enum node_kind kind;
	size_t at; /* its part of the text */
	size_t n;
	unsigned height; /* of an operand: how many others are below it, at most */
	struct node *left;
	struct node *right;
	struct node *next; /* in a chain: of arguments, of a set's items */
	enum op op;
	enum quantity quantity;
	uint8_t type; /* enum field_type of the values, or TYPE_OPEN */
	/* NODE_FIELD */
	enum field_id field;
	bool raw; /* @field: its octets as they were on the wire */
	/* NODE_SLICE, and layers of NODE_FIELD */
	struct range *ranges;
	unsigned n_ranges;
	/* NODE_CALL */
	enum function function;
	/* NODE_LITERAL */
	bool quoted; /* a "string" */
	bool character;
	const char *text;
	size_t text_n;
	struct fvalue value;
	/* NODE_COMPARE with OP_MATCHES */
	struct regex *regex;
};

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	struct regex *next;
};

struct filter {
	struct arena arena; /* nodes and literals */
	struct node *root;  /* NULL: takes every packet */
	struct regex *regexes;
	struct field_set fields;
	/* of filter_match(), kept from packet to packet */
	struct fvalue *stack; /* never NULL */
	size_t depth;
	size_t room;
	struct arena scratch;
	pcre2_match_context *limits;
};

/* What compiling carries along. */
struct compile {
	struct filter *filter;
	const char *text;
	struct filter_error *err;
};

/* Parses the text into a tree, which belongs to c->filter. Returns 0; -1 and the error in c->err.
 */
int filter_parse(struct compile *c, struct node **root);
/* Gives every operand its type and every literal its value; returns 0, or -1 and the error. */
int filter_check(struct compile *c, struct node *test);
/*
 * Turns a literal's text into a value of a type; names: the field whose value names count, or
 * FIELD_INVALID. Returns 0; -1 and the error in c->err.
 */
int literal_convert(struct compile *c, struct node *literal, enum field_type type,
		    enum field_id names);
/* Returns whether a test holds for a packet. */
bool filter_test(struct filter *f, const struct node *test, const struct field_tree *packet);

#endif
