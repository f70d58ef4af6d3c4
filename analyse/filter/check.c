/* SPDX-License-Identifier: MIT */
/*
 * What a filter means: gives every operand its type and every literal the type of what it is
 * compared with, and refuses what cannot be compared. Wireshark 4's rules; where it refuses what
 * has a plain meaning (a constant on the left, a protocol compared with bytes) ours takes it.
 */
#include "analyse/filter/lex.h"
#include "analyse/filter/node.h"

#include <stdio.h>
#include <string.h>

#define WORDS 64

static int check_operand(struct compile *c, struct node *n);

static int fail_node(struct compile *c, const struct node *n, const char *text)
{
	return filter_fail(c->err, n->at, n->n, "%s", text);
}

/* Writes a part of the filter's text into buf, shortened when long. */
static const char *quote(const struct compile *c, const struct node *n, char buf[WORDS])
{
	bool cut = n->n > WORDS - 4;

	snprintf(buf, WORDS, "%.*s%s", cut ? WORDS - 4 : (int)n->n, c->text + n->at,
		 cut ? "..." : "");
	return buf;
}

/* Returns whether families stand for values of the same kind. */
static bool comparable(enum field_type a, enum field_type b)
{
	return type_family(a) == type_family(b) && type_family(a) != FAMILY_NONE;
}

/* Finds the field whose names of values a literal beside n may use. */
static enum field_id names_of(const struct node *n)
{
	return n->kind == NODE_FIELD && !n->raw ? n->field : FIELD_INVALID;
}

/*
 * Gives an operand of literals the type of what it is compared with. An operand that has one (it
 * may have been compared before: a < 5 < b) must be of the same family.
 */
static int resolve(struct compile *c, struct node *n, enum field_type type, enum field_id names)
{
	char text[WORDS];

	if (n->type != TYPE_OPEN && type_family(n->type) != type_family(type))
		return filter_fail(c->err, n->at, n->n, "%s is compared with values of two kinds",
				   quote(c, n, text));
	switch (n->kind) {
	case NODE_LITERAL:
		if (literal_convert(c, n, type, names))
			return -1;
		break;
	case NODE_MINUS:
		if (type_family(type) != FAMILY_NUMBER && type_family(type) != FAMILY_DURATION)
			return filter_fail(c->err, n->at, n->n,
					   "a minus sign makes no sense before a value of type %s",
					   field_type_words(type));
		if (resolve(c, n->left, type, names))
			return -1;
		break;
	case NODE_ARITH:
		if (resolve(c, n->left, type, names) || resolve(c, n->right, type, names))
			return -1;
		n->type = TYPE_OPEN;
		if (check_operand(c, n))
			return -1;
		break;
	default:
		return fail_node(c, n, "this cannot stand beside a value of another kind");
	}
	n->type = (uint8_t)type;
	return 0;
}

/* Gives both sides of an operator one type; what: the operator in words. */
static int match_sides(struct compile *c, const struct node *op, struct node *left,
		       struct node *right)
{
	char a[WORDS], b[WORDS];

	if (left->type == TYPE_OPEN && right->type == TYPE_OPEN) {
		enum field_id near[3];
		unsigned n = left->kind == NODE_LITERAL && !left->quoted
				     ? filter_nearest(left->text, left->text_n, near, 3)
				     : 0;

		quote(c, left, a);
		if (n)
			return filter_fail(c->err, left->at, left->n,
					   "%s is not a field; did you mean %s%s%s?", a,
					   field_infos[near[0]].name, n > 1 ? " or " : "",
					   n > 1 ? field_infos[near[1]].name : "");
		return filter_fail(c->err, left->at, left->n,
				   "%s is not a field, and neither is the other side", a);
	}
	if (left->type == TYPE_OPEN)
		return resolve(c, left, right->type, names_of(right));
	if (right->type == TYPE_OPEN)
		return resolve(c, right, left->type, names_of(left));
	if (comparable(left->type, right->type))
		return 0;
	return filter_fail(c->err, op->at, op->n, "%s (%s) and %s (%s) cannot be compared",
			   quote(c, left, a), field_type_words(left->type), quote(c, right, b),
			   field_type_words(right->type));
}

/* Returns whether an operator takes values of a family. */
static bool takes(enum op op, enum family f)
{
	switch (op) {
	case OP_BITAND:
		return f == FAMILY_NUMBER || f == FAMILY_IP4 || f == FAMILY_IP6 ||
		       f == FAMILY_OCTETS;
	case OP_ADD:
	case OP_SUB:
		return f == FAMILY_NUMBER || f == FAMILY_DURATION;
	case OP_MUL:
	case OP_DIV:
	case OP_MOD:
		return f == FAMILY_NUMBER;
	case OP_CONTAINS:
	case OP_MATCHES:
		return f == FAMILY_STRING || f == FAMILY_OCTETS;
	default:
		return f != FAMILY_NONE;
	}
}

static const char *op_name(enum op op)
{
	static const char *const names[] = {
		[OP_EQ] = "==",           [OP_NE] = "!=",    [OP_LT] = "<",
		[OP_LE] = "<=",           [OP_GT] = ">",     [OP_GE] = ">=",
		[OP_ADD] = "+",           [OP_SUB] = "-",    [OP_CONTAINS] = "contains",
		[OP_MATCHES] = "matches", [OP_MUL] = "*",    [OP_DIV] = "/",
		[OP_MOD] = "%",           [OP_BITAND] = "&",
	};

	return names[op];
}

static int check_takes(struct compile *c, const struct node *n, enum op op)
{
	char text[WORDS];

	if (takes(op, type_family(n->type)))
		return 0;
	return filter_fail(c->err, n->at, n->n, "%s is of type %s: %s does not work on it",
			   quote(c, n, text), field_type_words(n->type), op_name(op));
}

static int check_arith(struct compile *c, struct node *n)
{
	if (check_operand(c, n->left) || check_operand(c, n->right))
		return -1;
	if (n->left->type == TYPE_OPEN && n->right->type == TYPE_OPEN)
		return 0; /* arithmetic of literals: its type comes from what it is compared with */
	if (match_sides(c, n, n->left, n->right) || check_takes(c, n->left, n->op))
		return -1;
	n->type = n->left->type;
	return 0;
}

/* The one argument of string(), upper() and such. */
static int check_text_argument(struct compile *c, struct node *call)
{
	struct node *arg = call->left;
	enum family f = type_family(arg->type);

	if (arg->type == TYPE_OPEN)
		return fail_node(c, arg, "the argument must be a field or an expression of fields");
	if (call->function == FN_STRING && (f == FAMILY_NONE || arg->type == FT_PROTOCOL))
		return fail_node(c, arg, "string() does not take labels and protocols");
	if ((call->function == FN_UPPER || call->function == FN_LOWER) && f != FAMILY_STRING)
		return fail_node(c, arg, "upper() and lower() take strings only");
	if (call->function == FN_ABS && f != FAMILY_NUMBER && f != FAMILY_DURATION)
		return fail_node(c, arg, "abs() takes numbers and durations only");
	return 0;
}

/* max() and min(): arguments of one family, the first that is not a literal giving the type. */
static int check_extreme(struct compile *c, struct node *call)
{
	struct node *first = call->left;
	char text[WORDS];

	while (first && first->type == TYPE_OPEN)
		first = first->next;
	if (!first)
		return fail_node(c, call, "at least one argument must be a field");
	for (struct node *arg = call->left; arg; arg = arg->next) {
		if (arg->type == TYPE_OPEN && resolve(c, arg, first->type, names_of(first)))
			return -1;
		if (!comparable(arg->type, first->type))
			return filter_fail(c->err, arg->at, arg->n,
					   "%s is of type %s, and the other argument of type %s",
					   quote(c, arg, text), field_type_words(arg->type),
					   field_type_words(first->type));
	}
	call->type = first->type;
	return 0;
}

static int check_call(struct compile *c, struct node *call)
{
	if (!call->left)
		return fail_node(c, call, "the argument is missing");
	for (struct node *arg = call->left; arg; arg = arg->next)
		if (check_operand(c, arg))
			return -1;
	if (call->function == FN_MAX || call->function == FN_MIN)
		return check_extreme(c, call);
	if (check_text_argument(c, call))
		return -1;
	switch (call->function) {
	case FN_LEN:
	case FN_COUNT:
		call->type = FT_UINT32;
		break;
	case FN_ABS:
		call->type = call->left->type;
		break;
	default:
		call->type = FT_STRING;
	}
	return 0;
}

static int check_slice(struct compile *c, struct node *n)
{
	enum family f;
	char text[WORDS];

	if (check_operand(c, n->left))
		return -1;
	f = type_family(n->left->type);
	if (n->left->type == TYPE_OPEN)
		return filter_fail(c->err, n->left->at, n->left->n,
				   "%s is not a field: only fields have slices",
				   quote(c, n->left, text));
	if (f != FAMILY_OCTETS && f != FAMILY_STRING && f != FAMILY_IP4 && f != FAMILY_IP6)
		return filter_fail(c->err, n->at, n->n,
				   "%s is of type %s and has no slices; for its bytes on the wire "
				   "write @ before it",
				   quote(c, n->left, text), field_type_words(n->left->type));
	n->type = FT_BYTES;
	return 0;
}

static int check_operand(struct compile *c, struct node *n)
{
	if (n->type != TYPE_OPEN)
		return 0;
	switch (n->kind) {
	case NODE_ARITH:
		return check_arith(c, n);
	case NODE_MINUS:
		if (check_operand(c, n->left))
			return -1;
		if (n->left->type != TYPE_OPEN && check_takes(c, n->left, OP_SUB))
			return -1;
		n->type = n->left->type;
		return 0;
	case NODE_CALL:
		return check_call(c, n);
	case NODE_SLICE:
		return check_slice(c, n);
	default:
		return 0;
	}
}

/* Compiles the pattern on the right of "matches". */
static int check_pattern(struct compile *c, struct node *n)
{
	struct node *pattern = n->right;
	struct regex *r;
	PCRE2_SIZE at;
	int error;
	char text[120];

	if (pattern->kind != NODE_LITERAL || !pattern->quoted)
		return fail_node(c, pattern,
				 "behind \"matches\" stands a pattern in double quotes");
	r = arena_take(&c->filter->arena, sizeof(*r));
	if (!r)
		return fail_node(c, pattern, "there is no memory for this pattern");
	r->code = pcre2_compile((PCRE2_SPTR)pattern->text, pattern->text_n,
				PCRE2_CASELESS | PCRE2_NEVER_UTF, &error, &at, NULL);
	if (!r->code) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof(text));
		return filter_fail(c->err, pattern->at, pattern->n,
				   "the pattern is wrong at its character %zu: %s", at + 1, text);
	}
	r->next = c->filter->regexes;
	c->filter->regexes = r;
	r->match = pcre2_match_data_create(1, NULL);
	if (!r->match)
		return fail_node(c, pattern, "there is no memory for this pattern");
	/* Without the compiler for patterns (no right to make code) matching is slower, no more. */
	(void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	n->regex = r;
	return 0;
}

static int check_compare(struct compile *c, struct node *n)
{
	struct node *left = n->left, *right = n->right;

	if (check_operand(c, left) || check_operand(c, right))
		return -1;
	if (n->op == OP_MATCHES) {
		if (check_pattern(c, n))
			return -1;
		/* The pattern gives the left side no type: one that has none is not a field. */
		return left->type == TYPE_OPEN ? match_sides(c, n, left, right)
					       : check_takes(c, left, n->op);
	}
	if (n->op == OP_CONTAINS && left->type != TYPE_OPEN) {
		bool string = type_family(left->type) == FAMILY_STRING;

		if (check_takes(c, left, n->op))
			return -1;
		if (right->type == TYPE_OPEN)
			return resolve(c, right, string ? FT_STRING : FT_BYTES, FIELD_INVALID);
		return check_takes(c, right, n->op);
	}
	if (left->type != TYPE_OPEN && check_takes(c, left, n->op))
		return -1;
	if (match_sides(c, n, left, right))
		return -1;
	return check_takes(c, left, n->op);
}

static int check_in(struct compile *c, struct node *n)
{
	if (check_operand(c, n->left))
		return -1;
	for (struct node *item = n->right; item; item = item->next) {
		if (item->kind != NODE_SPAN) {
			if (check_operand(c, item) || match_sides(c, n, n->left, item))
				return -1;
			continue;
		}
		if (check_operand(c, item->left) || check_operand(c, item->right) ||
		    match_sides(c, n, n->left, item->left) ||
		    match_sides(c, n, n->left, item->right))
			return -1;
	}
	return check_takes(c, n->left, OP_EQ);
}

/* Checks what is asked for its existence: a field, a piece of one, or arithmetic (not zero). */
static int check_exists(struct compile *c, struct node *n)
{
	struct node *left = n->left;
	enum field_id near[3];
	char text[WORDS];
	unsigned found;

	if (check_operand(c, left))
		return -1;
	if (left->kind == NODE_CALL)
		return fail_node(c, left,
				 "what a function returns is always there: compare it "
				 "with a value");
	if (left->type != TYPE_OPEN)
		return 0;
	found = left->kind == NODE_LITERAL && !left->quoted && !left->character
			? filter_nearest(left->text, left->text_n, near, 3)
			: 0;
	quote(c, left, text);
	if (!found)
		return filter_fail(c->err, left->at, left->n,
				   "%s is not a field or protocol (sstpdump -G fields lists them)",
				   text);
	return filter_fail(c->err, left->at, left->n,
			   "%s is not a field or protocol; did you mean %s%s%s%s%s?", text,
			   field_infos[near[0]].name, found > 1 ? ", " : "",
			   found > 1 ? field_infos[near[1]].name : "", found > 2 ? ", " : "",
			   found > 2 ? field_infos[near[2]].name : "");
}

int filter_check(struct compile *c, struct node *test)
{
	switch (test->kind) {
	case NODE_AND:
	case NODE_OR:
	case NODE_XOR:
		return filter_check(c, test->left) || filter_check(c, test->right) ? -1 : 0;
	case NODE_NOT:
		return filter_check(c, test->left);
	case NODE_COMPARE:
		return check_compare(c, test);
	case NODE_IN:
		return check_in(c, test);
	default:
		return check_exists(c, test);
	}
}
