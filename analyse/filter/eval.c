/* SPDX-License-Identifier: MIT */
/*
 * Runs a checked filter over a packet. An operand's values are pushed on the filter's stack; a test
 * pops what its operands pushed. What slices and functions make lives in the scratch arena until
 * the packet is done.
 */
#include "analyse/filter/node.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct eval {
	struct filter *f;
	const struct field_tree *packet;
};

static void push_operand(struct eval *e, const struct node *n);

static void push(struct eval *e, struct fvalue v)
{
	struct filter *f = e->f;

	if (f->depth == f->room) {
		size_t room = f->room * 2;
		struct fvalue *stack = NULL;

		if (room <= FILTER_VALUES_MAX)
			stack = realloc(f->stack, room * sizeof(*stack));
		if (!stack)
			return;
		f->stack = stack;
		f->room = room;
	}
	f->stack[f->depth++] = v;
}

/* Returns whether n is in a range over `all` things of which the first has number `first`. */
static bool in_range(const struct range *r, int64_t n, int64_t first, int64_t all)
{
	int64_t from = r->from < 0 ? all + r->from + first : r->from;
	int64_t to = r->to == RANGE_END ? all + first
		     : r->counted       ? from + r->to - 1
		     : r->to < 0        ? all + r->to + first
					: r->to;

	return n >= from && n <= to;
}

static bool in_layers(const struct node *n, unsigned layer, unsigned last)
{
	for (unsigned i = 0; i < n->n_ranges; i++)
		if (in_range(&n->ranges[i], layer, 1, last))
			return true;
	return !n->n_ranges;
}

/* Returns whether a node of the packet is an occurrence of the field, which may be an "either". */
static bool is_field(enum field_id id, const struct field *node)
{
	const uint16_t *either = field_infos[id].either;

	return node->id == id || (either[0] && (node->id == either[0] || node->id == either[1]));
}

/* Returns the layer of the field's last occurrence. */
static unsigned last_layer(const struct eval *e, enum field_id id)
{
	for (uint32_t i = e->packet->count; i; i--)
		if (is_field(id, &e->packet->nodes[i - 1]))
			return e->packet->nodes[i - 1].layer;
	return 0;
}

/* Returns the octets that a node covers. */
static struct fvalue raw_value(const struct eval *e, const struct field *f)
{
	struct fvalue v = {.kind = FVALUE_OCTETS};

	if (f->source < e->packet->n_sources) {
		v.p = e->packet->sources[f->source].bytes + f->off;
		v.n = v.len = f->len;
	}
	return v;
}

static void push_field(struct eval *e, const struct node *n)
{
	unsigned last = n->n_ranges ? last_layer(e, n->field) : 0;

	for (uint32_t i = 0; i < e->packet->count; i++) {
		const struct field *node = &e->packet->nodes[i];

		if (is_field(n->field, node) && in_layers(n, node->layer, last))
			push(e, n->raw ? raw_value(e, node) : fvalue_of(node));
	}
}

/* Turns an address into octets, so that it can be cut; others are octets already. */
static bool to_octets(struct eval *e, struct fvalue *v)
{
	uint8_t *p;

	if (v->kind == FVALUE_IP4) {
		p = arena_take(&e->f->scratch, 4);
		if (!p)
			return false;
		for (unsigned i = 0; i < 4; i++)
			p[i] = (uint8_t)(v->u >> (24 - 8 * i));
		v->p = p;
	}
	v->n = v->len;
	v->kind = FVALUE_OCTETS;
	return true;
}

/* Finds where a range lies in `all` octets; false when it is not wholly inside. */
static bool find_range(const struct range *r, uint32_t all, uint32_t *from, uint32_t *n)
{
	int64_t start = r->from < 0 ? (int64_t)all + r->from : r->from;
	int64_t end = r->to == RANGE_END ? (int64_t)all
		      : r->counted       ? start + r->to
		      : r->to < 0        ? (int64_t)all + r->to + 1
					 : (int64_t)r->to + 1;

	if (start < 0 || start >= all || end <= start || end > all)
		return false;
	*from = (uint32_t)start;
	*n = (uint32_t)(end - start);
	return true;
}

/* Cuts a value to the pieces of a slice, one behind the other; false when none is there. */
static bool cut(struct eval *e, const struct node *slice, struct fvalue *v)
{
	uint32_t from, n, all = 0;
	uint8_t *p;

	if (!to_octets(e, v))
		return false;
	if (slice->n_ranges == 1) {
		if (!find_range(slice->ranges, v->n, &from, &n))
			return false;
		v->p += from;
		v->n = v->len = n;
		return true;
	}
	for (unsigned i = 0; i < slice->n_ranges; i++)
		if (find_range(&slice->ranges[i], v->n, &from, &n))
			all += n;
	p = all ? arena_take(&e->f->scratch, all) : NULL;
	if (!p)
		return false;
	all = 0;
	for (unsigned i = 0; i < slice->n_ranges; i++) {
		if (!find_range(&slice->ranges[i], v->n, &from, &n))
			continue;
		memcpy(p + all, v->p + from, n);
		all += n;
	}
	v->p = p;
	v->n = v->len = all;
	return true;
}

static void push_slice(struct eval *e, const struct node *n)
{
	struct filter *f = e->f;
	size_t from = f->depth, kept = from;

	push_operand(e, n->left);
	for (size_t i = from; i < f->depth; i++) {
		struct fvalue v = f->stack[i];

		if (cut(e, n, &v))
			f->stack[kept++] = v;
	}
	f->depth = kept;
}

/* Turns a whole number into a value; false when it is past 64 bits. */
static bool keep_number(__int128 v, struct fvalue *out)
{
	if (v > UINT64_MAX || v < INT64_MIN)
		return false;
	*out = (struct fvalue){.u = (uint64_t)v, .kind = v < 0 ? FVALUE_MINUS : FVALUE_NUMBER};
	return true;
}

static __int128 number_of(const struct fvalue *v)
{
	return v->kind == FVALUE_NUMBER ? (__int128)v->u : (__int128)v->i;
}

/* a & b of octets; false when they are not equally long. */
static bool and_octets(struct eval *e, const struct fvalue *a, const struct fvalue *b,
		       struct fvalue *out)
{
	uint32_t n = a->kind == FVALUE_IP6 ? 16 : a->n;
	uint8_t *p;

	if (a->kind == FVALUE_OCTETS && a->n != b->n)
		return false;
	p = arena_take(&e->f->scratch, n ? n : 1);
	if (!p)
		return false;
	for (uint32_t i = 0; i < n; i++)
		p[i] = a->p[i] & b->p[i];
	*out = *a;
	out->p = p;
	return true;
}

/* Does one operation; false when it has no result (division by zero, overflow). */
static bool arith(struct eval *e, enum op op, const struct fvalue *a, const struct fvalue *b,
		  struct fvalue *out)
{
	bool time = a->kind == FVALUE_TIME;
	__int128 x = number_of(a), y = number_of(b);

	if (op == OP_BITAND && (a->kind == FVALUE_OCTETS || a->kind == FVALUE_IP6))
		return and_octets(e, a, b, out);
	if (op == OP_BITAND) {
		*out = *a;
		out->u = a->u & b->u;
		if (a->kind != FVALUE_IP4)
			out->kind = a->kind == FVALUE_MINUS && b->kind == FVALUE_MINUS
					    ? FVALUE_MINUS
					    : FVALUE_NUMBER;
		return true;
	}
	if ((op == OP_DIV || op == OP_MOD) && !y)
		return false;
	if (op == OP_MUL && __builtin_mul_overflow(x, y, &x))
		return false;
	x = op == OP_ADD   ? x + y
	    : op == OP_SUB ? x - y
	    : op == OP_DIV ? x / y
	    : op == OP_MOD ? x % y
			   : x;
	if (!keep_number(x, out) || (time && x > INT64_MAX))
		return false;
	if (time)
		out->kind = FVALUE_TIME;
	return true;
}

/* Pushes the results of every value of the left with every value of the right. */
static void push_arith(struct eval *e, const struct node *n)
{
	struct filter *f = e->f;
	size_t left = f->depth, right, end, results, pairs = 0;

	push_operand(e, n->left);
	right = f->depth;
	push_operand(e, n->right);
	end = f->depth;
	for (size_t i = left; i < right; i++) {
		for (size_t j = right; j < end; j++) {
			struct fvalue out;

			if (++pairs > FILTER_PAIRS_MAX)
				goto done;
			if (arith(e, n->op, &f->stack[i], &f->stack[j], &out))
				push(e, out);
		}
	}
done:
	results = f->depth - end;
	memmove(f->stack + left, f->stack + end, results * sizeof(*f->stack));
	f->depth = left + results;
}

/* Turns the values from `from` on into their negatives. */
static void negate(struct eval *e, size_t from, bool only_below)
{
	struct filter *f = e->f;

	for (size_t i = from; i < f->depth; i++) {
		struct fvalue *v = &f->stack[i];
		__int128 x = number_of(v);
		bool time = v->kind == FVALUE_TIME;

		if (only_below && x >= 0)
			continue;
		if (keep_number(-x, v) && time)
			v->kind = FVALUE_TIME;
	}
}

/* Makes a value the text of it, in lower or upper case if so asked. */
static void make_text(struct eval *e, struct fvalue *v, enum function fn)
{
	char text[FVALUE_TEXT_MAX];
	const uint8_t *from = v->p;
	uint8_t *to;

	if (v->kind != FVALUE_STRING) {
		v->n = (uint32_t)fvalue_text(v, text, sizeof(text));
		from = (const uint8_t *)text;
	}
	to = arena_take(&e->f->scratch, v->n ? v->n : 1);
	if (!to)
		v->n = 0;
	for (uint32_t i = 0; i < v->n; i++)
		to[i] = fn == FN_UPPER   ? (uint8_t)toupper(from[i])
			: fn == FN_LOWER ? (uint8_t)tolower(from[i])
					 : from[i];
	v->p = to;
	v->len = v->n;
	v->kind = FVALUE_STRING;
}

/* Leaves the one value from `from` on that is the greatest, or the least. */
static void keep_extreme(struct filter *f, size_t from, bool greatest)
{
	for (size_t i = from + 1; i < f->depth; i++) {
		int c = fvalue_compare(&f->stack[i], &f->stack[from]);

		if (greatest ? c > 0 : c < 0)
			f->stack[from] = f->stack[i];
	}
	if (f->depth > from)
		f->depth = from + 1;
}

static void push_call(struct eval *e, const struct node *n)
{
	struct filter *f = e->f;
	size_t from = f->depth;

	for (const struct node *arg = n->left; arg; arg = arg->next)
		push_operand(e, arg);
	switch (n->function) {
	case FN_COUNT:
		if (f->depth > from) {
			f->stack[from] = fvalue_number((int64_t)(f->depth - from));
			f->depth = from + 1;
		}
		break;
	case FN_MAX:
	case FN_MIN:
		keep_extreme(f, from, n->function == FN_MAX);
		break;
	case FN_ABS:
		negate(e, from, true);
		break;
	case FN_LEN:
		for (size_t i = from; i < f->depth; i++)
			f->stack[i] = fvalue_number(f->stack[i].len);
		break;
	default:
		for (size_t i = from; i < f->depth; i++)
			make_text(e, &f->stack[i], n->function);
	}
}

static void push_operand(struct eval *e, const struct node *n)
{
	size_t from = e->f->depth;

	switch (n->kind) {
	case NODE_FIELD:
		push_field(e, n);
		break;
	case NODE_LITERAL:
		push(e, n->value);
		break;
	case NODE_SLICE:
		push_slice(e, n);
		break;
	case NODE_ARITH:
		push_arith(e, n);
		break;
	case NODE_MINUS:
		push_operand(e, n->left);
		negate(e, from, false);
		break;
	case NODE_CALL:
		push_call(e, n);
		break;
	default:
		break;
	}
}

static bool matches(const struct filter *f, const struct regex *r, const struct fvalue *v)
{
	return pcre2_match(r->code, (PCRE2_SPTR)v->p, v->n, 0, 0, r->match, f->limits) >= 0;
}

static bool compare(const struct filter *f, const struct node *n, const struct fvalue *a,
		    const struct fvalue *b)
{
	switch (n->op) {
	case OP_EQ:
		return fvalue_compare(a, b) == 0;
	case OP_NE:
		return fvalue_compare(a, b) != 0;
	case OP_LT:
		return fvalue_compare(a, b) < 0;
	case OP_LE:
		return fvalue_compare(a, b) <= 0;
	case OP_GT:
		return fvalue_compare(a, b) > 0;
	case OP_GE:
		return fvalue_compare(a, b) >= 0;
	case OP_CONTAINS:
		return fvalue_contains(a, b);
	case OP_MATCHES:
		return matches(f, n->regex, a);
	default:
		return false;
	}
}

/*
 * Any: one pair of values passes. All: there are values on both sides, and every pair passes. Too
 * many pairs: the test fails.
 */
static bool test_compare(struct eval *e, const struct node *n)
{
	struct filter *f = e->f;
	bool all = n->quantity == QUANTITY_ALL, result;
	size_t left = f->depth, right, end, pairs = 0;

	push_operand(e, n->left);
	right = f->depth;
	if (right == left)
		return false;
	if (n->op == OP_MATCHES)
		push(e, (struct fvalue){.kind = FVALUE_NONE});
	else
		push_operand(e, n->right);
	end = f->depth;
	result = all && end > right;
	for (size_t i = left; i < right && result == all && end > right; i++) {
		for (size_t j = right; j < end && result == all; j++) {
			if (++pairs > FILTER_PAIRS_MAX)
				goto stop;
			result = compare(f, n, &f->stack[i], &f->stack[j]);
		}
	}
	f->depth = left;
	return result;
stop:
	f->depth = left;
	return false;
}

/* Returns whether v is in a set's item. */
static bool in_item(struct eval *e, const struct node *item, const struct fvalue *v)
{
	struct filter *f = e->f;
	size_t from = f->depth, to;
	bool found = false;

	push_operand(e, item->kind == NODE_SPAN ? item->left : item);
	to = f->depth;
	if (item->kind == NODE_SPAN)
		push_operand(e, item->right);
	for (size_t i = from; i < to && !found; i++) {
		int c = fvalue_compare(v, &f->stack[i]);

		found = item->kind == NODE_SPAN ? false : c == 0;
		for (size_t j = to; j < f->depth && !found && c >= 0; j++)
			found = fvalue_compare(v, &f->stack[j]) <= 0;
	}
	f->depth = from;
	return found;
}

static bool test_in(struct eval *e, const struct node *n)
{
	struct filter *f = e->f;
	bool all = n->quantity == QUANTITY_ALL, result = all;
	size_t from = f->depth, to;

	push_operand(e, n->left);
	to = f->depth;
	for (size_t i = from; i < to && result == all; i++) {
		struct fvalue v = f->stack[i];

		result = false;
		for (const struct node *item = n->right; item && !result; item = item->next)
			result = in_item(e, item, &v);
	}
	f->depth = from;
	return result && to > from;
}

static bool test_exists(struct eval *e, const struct node *n)
{
	struct filter *f = e->f;
	size_t from = f->depth;
	bool result = false;

	if (n->left->kind == NODE_FIELD && !n->left->n_ranges) {
		for (uint32_t i = 0; i < e->packet->count; i++)
			if (is_field(n->left->field, &e->packet->nodes[i]))
				return true;
		return false;
	}
	push_operand(e, n->left);
	for (size_t i = from; i < f->depth && !result; i++)
		result = n->left->kind == NODE_FIELD || n->left->kind == NODE_SLICE ||
			 fvalue_true(&f->stack[i]);
	f->depth = from;
	return result;
}

static bool test(struct eval *e, const struct node *n)
{
	switch (n->kind) {
	case NODE_AND:
		return test(e, n->left) && test(e, n->right);
	case NODE_OR:
		return test(e, n->left) || test(e, n->right);
	case NODE_XOR:
		return test(e, n->left) != test(e, n->right);
	case NODE_NOT:
		return !test(e, n->left);
	case NODE_COMPARE:
		return test_compare(e, n);
	case NODE_IN:
		return test_in(e, n);
	default:
		return test_exists(e, n);
	}
}

bool filter_test(struct filter *f, const struct node *n, const struct field_tree *packet)
{
	struct eval e = {f, packet};

	f->depth = 0;
	arena_reset(&f->scratch);
	return test(&e, n);
}
