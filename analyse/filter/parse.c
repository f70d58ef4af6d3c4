/* SPDX-License-Identifier: MIT */
/*
 * Tokens to tree, by recursive descent. From loose to tight: or, xor, and, not, comparison, &, + -,
 * * / %, minus sign. Knows which words are fields; what may be compared with what is check.c's.
 */
#include "analyse/filter/lex.h"
#include "analyse/filter/node.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct compile *c;
	struct lexer lexer;
	struct token now;  /* not yet used */
	struct token last; /* used last */
	unsigned nesting;
};

static const struct {
	const char *name;
	uint8_t min;
	uint8_t max;
} functions[FNS] = {
	[FN_LEN] = {"len", 1, 1},     [FN_COUNT] = {"count", 1, 1}, [FN_STRING] = {"string", 1, 1},
	[FN_UPPER] = {"upper", 1, 1}, [FN_LOWER] = {"lower", 1, 1}, [FN_MAX] = {"max", 1, 255},
	[FN_MIN] = {"min", 1, 255},   [FN_ABS] = {"abs", 1, 1},
};

static struct node *parse_test(struct parser *p);
static struct node *parse_operand(struct parser *p);

static struct node *fail_at(struct parser *p, const struct token *t, const char *text)
{
	filter_fail(p->c->err, t->at, t->n, "%s", text);
	return NULL;
}

/* Reports that the token at hand does not belong here. */
static struct node *fail_unexpected(struct parser *p, const char *wanted)
{
	const struct token *t = &p->now;

	if (t->kind == TOKEN_END)
		filter_fail(p->c->err, t->at, 1, "the filter ends where %s should stand", wanted);
	else
		filter_fail(p->c->err, t->at, t->n, "%.*s stands where %s should stand",
			    t->n > 40 ? 40 : (int)t->n, p->c->text + t->at, wanted);
	return NULL;
}

static bool advance(struct parser *p)
{
	p->last = p->now;
	return !lex_next(&p->lexer, &p->now);
}

/* Uses the token at hand if it is of this kind. */
static bool take(struct parser *p, enum token_kind kind, bool *failed)
{
	if (p->now.kind != kind)
		return false;
	*failed = !advance(p);
	return !*failed;
}

/* Makes a node for the part of the text that begins at `at`. */
static struct node *new_node(struct parser *p, enum node_kind kind, size_t at)
{
	struct node *n = arena_take(&p->c->filter->arena, sizeof(*n));

	if (!n) {
		filter_fail(p->c->err, at, 1, "there is no memory for this filter");
		return NULL;
	}
	memset(n, 0, sizeof(*n));
	n->kind = kind;
	n->type = TYPE_OPEN;
	n->at = at;
	n->n = p->last.at + p->last.n > at ? p->last.at + p->last.n - at : 1;
	return n;
}

/* Makes a node of two others. */
static struct node *join(struct parser *p, enum node_kind kind, enum op op, struct node *left,
			 struct node *right)
{
	struct node *n = new_node(p, kind, left->at);

	if (!n)
		return NULL;
	n->op = op;
	n->left = left;
	n->right = right;
	return n;
}

/*
 * Puts an operand on top of those it is made of. Each takes some of the stack when it is evaluated,
 * so there is a limit; NULL, and the error is told, when it is passed.
 */
static struct node *put_over(struct parser *p, struct node *n)
{
	unsigned below = n->right ? n->right->height : 0;

	for (const struct node *each = n->left; each; each = each->next)
		below = each->height > below ? each->height : below;
	n->height = below + 1;
	if (n->height <= FILTER_HEIGHT_MAX)
		return n;
	filter_fail(p->c->err, n->at, n->n, "more than %d operators work on each other's results",
		    FILTER_HEIGHT_MAX);
	return NULL;
}

static bool enter(struct parser *p)
{
	if (p->nesting++ < FILTER_NESTING_MAX)
		return true;
	filter_fail(p->c->err, p->now.at, p->now.n, "the filter is nested deeper than %d levels",
		    FILTER_NESTING_MAX);
	return false;
}

static struct node *leave(struct parser *p, struct node *n)
{
	p->nesting--;
	return n;
}

/* Reads a decimal, hexadecimal or octal number of a range at *s; false when there is none. */
static bool read_int(const char **s, const char *end, int32_t *out)
{
	char digits[24];
	size_t n = 0;
	char *stop;
	long v;

	while (*s < end && **s == ' ')
		(*s)++;
	while (*s + n < end && n < sizeof(digits) - 1 &&
	       (strchr("0123456789abcdefABCDEFxX", (*s)[n]) || (!n && (*s)[n] == '-')))
		n++;
	memcpy(digits, *s, n);
	digits[n] = 0;
	errno = 0;
	v = strtol(digits, &stop, 0);
	if (!n || *stop || errno || v > 0xffffff || v < -0xffffff)
		return false;
	*out = (int32_t)v;
	*s += n;
	while (*s < end && **s == ' ')
		(*s)++;
	return true;
}

/* Reads one range: [i:j] [i-j] [i] [:j] [i:]. */
static bool read_range(const char *s, const char *end, struct range *r)
{
	char between;

	*r = (struct range){.from = 0, .to = 1, .counted = true};
	while (s < end && *s == ' ')
		s++;
	if (s < end && *s != ':' && !read_int(&s, end, &r->from))
		return false;
	if (s == end)
		return end[-1] != ':';
	between = *s++;
	if (between != ':' && between != '-')
		return false;
	while (s < end && *s == ' ')
		s++;
	r->counted = between == ':';
	if (s == end) {
		r->to = RANGE_END;
		return r->counted;
	}
	if (!read_int(&s, end, &r->to) || s != end)
		return false;
	return r->counted ? r->to > 0 : (r->from < 0) != (r->to < 0) || r->from < r->to;
}

/* Reads what stands in brackets, the opening one being used; keeps the ranges in n. */
static bool parse_ranges(struct parser *p, struct node *n)
{
	struct token t;
	const char *s, *end;
	unsigned count = 1;

	if (lex_range(&p->lexer, &t))
		return false;
	for (size_t i = 0; i < t.text_n; i++)
		count += t.text[i] == ',';
	n->ranges = arena_take(&p->c->filter->arena, count * sizeof(*n->ranges));
	if (!n->ranges)
		return fail_at(p, &t, "there is no memory for these ranges");
	for (s = t.text; n->n_ranges < count; s = end + 1) {
		end = memchr(s, ',', (size_t)(t.text + t.text_n - s));
		if (!end)
			end = t.text + t.text_n;
		if (s == end || !read_range(s, end, &n->ranges[n->n_ranges++])) {
			filter_fail(p->c->err, (size_t)(s - p->c->text), (size_t)(end - s),
				    "a range is [i], [from:count], [from-to], [:count] or [from:]");
			return false;
		}
	}
	p->now.n = p->lexer.at - p->now.at;
	return advance(p);
}

/* Reads #n or #[...] behind a field. */
static bool parse_layers(struct parser *p, struct node *field)
{
	struct lexer *l = &p->lexer;
	int32_t layer = 0;
	size_t digits = 0;

	if (l->at < l->n && l->text[l->at] == '[') {
		l->at++;
		return parse_ranges(p, field);
	}
	for (; l->at < l->n && l->text[l->at] >= '0' && l->text[l->at] <= '9'; digits++, l->at++)
		layer = layer < 100000 ? layer * 10 + (l->text[l->at] - '0') : layer;
	field->ranges = arena_take(&p->c->filter->arena, sizeof(*field->ranges));
	if (!digits || !field->ranges) {
		filter_fail(p->c->err, p->now.at, 1,
			    "behind # stands the number of a layer, or ranges of them in [ ]");
		return false;
	}
	field->ranges[0] = (struct range){.from = layer, .to = 1, .counted = true};
	field->n_ranges = 1;
	p->now.n = digits + 1;
	return advance(p);
}

/* Makes the node of a word that names a field. */
static struct node *parse_field(struct parser *p, enum field_id id, bool raw, size_t at)
{
	struct node *n;

	if (!advance(p))
		return NULL;
	n = new_node(p, NODE_FIELD, at);
	if (!n)
		return NULL;
	n->field = id;
	n->raw = raw;
	n->type = raw ? FT_BYTES : field_infos[id].type;
	if (p->now.kind == TOKEN_HASH && !parse_layers(p, n))
		return NULL;
	n->n = p->last.at + p->last.n - at;
	field_set_add(&p->c->filter->fields, id);
	return n;
}

/* Makes the node of a value. */
static struct node *parse_literal(struct parser *p)
{
	struct token t = p->now;
	struct node *n;

	if (!advance(p))
		return NULL;
	n = new_node(p, NODE_LITERAL, t.at);
	if (!n)
		return NULL;
	n->quoted = t.kind == TOKEN_STRING;
	n->character = t.kind == TOKEN_CHAR;
	n->text = t.text;
	n->text_n = t.text_n;
	return n;
}

/* Reads the arguments of a call; the name is used, the parenthesis is at hand. */
static struct node *parse_call(struct parser *p, const struct token *name)
{
	struct node *call, **end;
	unsigned f = 0, count = 0;
	bool failed = false;

	while (f < FNS && (strlen(functions[f].name) != name->n ||
			   memcmp(functions[f].name, name->text, name->n)))
		f++;
	if (f == FNS) {
		filter_fail(p->c->err, name->at, name->n,
			    "there is no function %.*s(); there are len, count, string, upper, "
			    "lower, max, min and abs",
			    name->n > 40 ? 40 : (int)name->n, name->text);
		return NULL;
	}
	if (!advance(p))
		return NULL;
	call = new_node(p, NODE_CALL, name->at);
	if (!call)
		return NULL;
	call->function = f;
	for (end = &call->left; p->now.kind != TOKEN_RPAREN; end = &(*end)->next) {
		if (count && !take(p, TOKEN_COMMA, &failed))
			return failed ? NULL : fail_unexpected(p, "a comma or )");
		*end = parse_operand(p);
		if (!*end)
			return NULL;
		count++;
	}
	if (!advance(p))
		return NULL;
	call->n = p->last.at + p->last.n - call->at;
	if (count >= functions[f].min && count <= functions[f].max)
		return put_over(p, call);
	filter_fail(p->c->err, call->at, call->n, "%s() takes %s, not %u", functions[f].name,
		    functions[f].max == 1 ? "one argument" : "one argument or more", count);
	return NULL;
}

/* Reads a word: a field, a call or a value. */
static struct node *parse_word(struct parser *p)
{
	struct token t = p->now;
	bool dot = t.n > 1 && t.text[0] == '.';
	enum field_id id = field_find(t.text + dot, t.n - dot);
	struct lexer ahead = p->lexer;
	struct token next;

	if (id)
		return parse_field(p, id, false, t.at);
	if (dot)
		return fail_at(p, &t,
			       "what begins with a dot must be a field, and there is none "
			       "of this name");
	if (!lex_next(&ahead, &next) && next.kind == TOKEN_LPAREN && next.at >= t.at + t.n)
		return advance(p) ? parse_call(p, &t) : NULL;
	return parse_literal(p);
}

/* Reads a field behind @. */
static struct node *parse_raw(struct parser *p)
{
	size_t at = p->now.at;
	enum field_id id;

	if (!advance(p))
		return NULL;
	id = p->now.kind == TOKEN_WORD ? field_find(p->now.text, p->now.n) : FIELD_INVALID;
	return id ? parse_field(p, id, true, at) : fail_unexpected(p, "a field (behind @)");
}

static struct node *parse_primary(struct parser *p)
{
	struct node *n = NULL;
	bool failed = false;

	switch (p->now.kind) {
	case TOKEN_WORD:
		n = parse_word(p);
		break;
	case TOKEN_STRING:
	case TOKEN_CHAR:
		n = parse_literal(p);
		break;
	case TOKEN_AT:
		n = parse_raw(p);
		break;
	case TOKEN_LBRACE:
		if (!advance(p))
			return NULL;
		n = parse_operand(p);
		if (n && !take(p, TOKEN_RBRACE, &failed))
			return failed ? NULL : fail_unexpected(p, "}");
		break;
	default:
		return fail_unexpected(p, "a field or a value");
	}
	while (n && p->now.kind == TOKEN_LBRACKET) {
		struct node *slice = new_node(p, NODE_SLICE, n->at);

		if (!slice || !parse_ranges(p, slice))
			return NULL;
		slice->left = n;
		slice->n = p->last.at + p->last.n - n->at;
		n = put_over(p, slice);
	}
	return n;
}

static struct node *parse_sign(struct parser *p)
{
	size_t at = p->now.at;
	bool failed = false;
	struct node *n, *minus;

	if (take(p, TOKEN_PLUS, &failed))
		return parse_primary(p);
	if (failed || p->now.kind != TOKEN_MINUS)
		return failed ? NULL : parse_primary(p);
	if (!enter(p) || !advance(p))
		return NULL;
	n = parse_sign(p);
	if (!n)
		return NULL;
	minus = new_node(p, NODE_MINUS, at);
	if (minus) {
		minus->left = n;
		minus = put_over(p, minus);
	}
	return leave(p, minus);
}

/* The operators between operands, by how tight they bind. */
static const struct {
	uint8_t level;
	enum op op;
} ariths[TOKENS] = {
	[TOKEN_BITAND] = {1, OP_BITAND}, [TOKEN_PLUS] = {2, OP_ADD},  [TOKEN_MINUS] = {2, OP_SUB},
	[TOKEN_STAR] = {3, OP_MUL},      [TOKEN_SLASH] = {3, OP_DIV}, [TOKEN_PERCENT] = {3, OP_MOD},
};

static struct node *parse_arith(struct parser *p, unsigned level)
{
	struct node *left = level > 3 ? parse_sign(p) : parse_arith(p, level + 1);

	while (level <= 3 && left && ariths[p->now.kind].level == level) {
		enum op op = ariths[p->now.kind].op;
		struct node *right;

		if (!advance(p))
			return NULL;
		right = parse_arith(p, level + 1);
		left = right ? join(p, NODE_ARITH, op, left, right) : NULL;
		if (left)
			left = put_over(p, left);
	}
	return left;
}

static struct node *parse_operand(struct parser *p)
{
	struct node *n = NULL;

	if (enter(p))
		n = parse_arith(p, 1);
	return leave(p, n);
}

/* Reads { a, b..c }. */
static struct node *parse_set(struct parser *p)
{
	struct node *first = NULL, **end = &first;
	bool failed = false;

	if (!take(p, TOKEN_LBRACE, &failed))
		return failed ? NULL : fail_unexpected(p, "a set in { }");
	do {
		struct node *item = parse_operand(p), *to;

		if (item && take(p, TOKEN_DOTS, &failed)) {
			to = parse_operand(p);
			item = to ? join(p, NODE_SPAN, OP_EQ, item, to) : NULL;
		}
		if (!item || failed)
			return NULL;
		*end = item;
		end = &item->next;
	} while (take(p, TOKEN_COMMA, &failed));
	if (failed)
		return NULL;
	if (!take(p, TOKEN_RBRACE, &failed))
		return failed ? NULL : fail_unexpected(p, "a comma or }");
	return first;
}

/* The comparisons; those of all values are the others' with another quantity. */
static const struct {
	bool is;
	enum op op;
	enum quantity quantity;
} comparisons[TOKENS] = {
	[TOKEN_ANY_EQ] = {true, OP_EQ, QUANTITY_ANY},
	[TOKEN_ALL_EQ] = {true, OP_EQ, QUANTITY_ALL},
	[TOKEN_ANY_NE] = {true, OP_NE, QUANTITY_ANY},
	[TOKEN_ALL_NE] = {true, OP_NE, QUANTITY_ALL},
	[TOKEN_LT] = {true, OP_LT, QUANTITY_ANY},
	[TOKEN_LE] = {true, OP_LE, QUANTITY_ANY},
	[TOKEN_GT] = {true, OP_GT, QUANTITY_ANY},
	[TOKEN_GE] = {true, OP_GE, QUANTITY_ANY},
	[TOKEN_CONTAINS] = {true, OP_CONTAINS, QUANTITY_ANY},
	[TOKEN_MATCHES] = {true, OP_MATCHES, QUANTITY_ANY},
};

/* Reads a comparison, or several in a row (a < b < c), whose first operand is read. */
static struct node *parse_comparison(struct parser *p, struct node *left, enum quantity quantity)
{
	struct node *all = NULL;

	while (comparisons[p->now.kind].is) {
		enum token_kind kind = p->now.kind;
		struct node *right, *one;

		if (!advance(p))
			return NULL;
		right = parse_operand(p);
		one = right ? join(p, NODE_COMPARE, comparisons[kind].op, left, right) : NULL;
		if (!one)
			return NULL;
		one->quantity = quantity ? quantity : comparisons[kind].quantity;
		all = all ? join(p, NODE_AND, OP_EQ, all, one) : one;
		if (!all)
			return NULL;
		left = right;
	}
	return all;
}

static struct node *parse_membership(struct parser *p, struct node *left, enum quantity quantity)
{
	size_t at = left->at;
	bool failed = false, not = take(p, TOKEN_NOT, &failed);
	struct node *in, *set, *n;

	if (failed)
		return NULL;
	if (!take(p, TOKEN_IN, &failed))
		return failed ? NULL : fail_unexpected(p, "\"in\"");
	set = parse_set(p);
	in = set ? join(p, NODE_IN, OP_EQ, left, set) : NULL;
	if (!in)
		return NULL;
	in->quantity = not ? QUANTITY_ANY : quantity;
	if (!not )
		return in;
	n = new_node(p, NODE_NOT, at);
	if (n)
		n->left = in;
	return n;
}

/* Reads a comparison, a membership or an existence. */
static struct node *parse_relation(struct parser *p)
{
	enum quantity quantity = p->now.kind == TOKEN_ANY   ? QUANTITY_ANY
				 : p->now.kind == TOKEN_ALL ? QUANTITY_ALL
							    : QUANTITY_DEFAULT;
	struct node *left, *n;

	if (quantity && !advance(p))
		return NULL;
	left = parse_operand(p);
	if (!left)
		return NULL;
	if (comparisons[p->now.kind].is)
		return parse_comparison(p, left, quantity);
	if (p->now.kind == TOKEN_IN || p->now.kind == TOKEN_NOT)
		return parse_membership(p, left, quantity);
	if (quantity)
		return fail_unexpected(p, "a comparison");
	n = new_node(p, NODE_EXISTS, left->at);
	if (n)
		n->left = left;
	return n;
}

static struct node *parse_not(struct parser *p)
{
	size_t at = p->now.at;
	bool failed = false;
	struct node *n, *inner;

	if (!enter(p))
		return NULL;
	if (take(p, TOKEN_NOT, &failed)) {
		inner = parse_not(p);
		n = inner ? new_node(p, NODE_NOT, at) : NULL;
		if (n)
			n->left = inner;
	} else if (!failed && take(p, TOKEN_LPAREN, &failed)) {
		n = parse_test(p);
		if (n && !take(p, TOKEN_RPAREN, &failed))
			n = failed ? NULL : fail_unexpected(p, ")");
	} else {
		n = failed ? NULL : parse_relation(p);
	}
	return leave(p, n);
}

/* The operators between tests, loosest first. */
static const struct {
	enum token_kind token;
	enum node_kind node;
} logics[] = {{TOKEN_OR, NODE_OR}, {TOKEN_XOR, NODE_XOR}, {TOKEN_AND, NODE_AND}};

static struct node *parse_logic(struct parser *p, unsigned level)
{
	bool failed = false;
	struct node *left;

	if (level == sizeof(logics) / sizeof(*logics))
		return parse_not(p);
	left = parse_logic(p, level + 1);
	while (left && take(p, logics[level].token, &failed)) {
		struct node *right = parse_logic(p, level + 1);

		left = right ? join(p, logics[level].node, OP_EQ, left, right) : NULL;
	}
	return failed ? NULL : left;
}

static struct node *parse_test(struct parser *p)
{
	return parse_logic(p, 0);
}

int filter_parse(struct compile *c, struct node **root)
{
	struct parser p = {.c = c};

	*root = NULL;
	lex_init(&p.lexer, c->text, &c->filter->arena, c->err);
	if (!advance(&p))
		return -1;
	if (p.now.kind == TOKEN_END)
		return 0;
	*root = parse_test(&p);
	if (!*root)
		return -1;
	if (p.now.kind != TOKEN_END)
		return fail_unexpected(&p, "\"and\", \"or\", a comparison or the end") ? 0 : -1;
	return 0;
}
