/* SPDX-License-Identifier: MIT */
/* A filter's text cut into tokens. The parser pulls them one by one. */
#ifndef ANALYSE_FILTER_LEX_H
#define ANALYSE_FILTER_LEX_H

#include "analyse/filter/filter.h"
#include "analyse/arena.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,   /* a field, a function or a value without quotes */
	TOKEN_STRING, /* "...", its escapes done, or r"..." */
	TOKEN_CHAR,   /* 'c': one byte of text */
	TOKEN_LPAREN,
	TOKEN_RPAREN,
	TOKEN_LBRACE,
	TOKEN_RBRACE,
	TOKEN_LBRACKET, /* what follows up to the bracket is for lex_range() */
	TOKEN_COMMA,
	TOKEN_DOTS,
	TOKEN_HASH,
	TOKEN_AT,
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_STAR,
	TOKEN_SLASH,
	TOKEN_PERCENT,
	TOKEN_BITAND,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_XOR,
	TOKEN_NOT,
	TOKEN_ANY_EQ,
	TOKEN_ALL_EQ,
	TOKEN_ANY_NE,
	TOKEN_ALL_NE,
	TOKEN_LT,
	TOKEN_LE,
	TOKEN_GT,
	TOKEN_GE,
	TOKEN_CONTAINS,
	TOKEN_MATCHES,
	TOKEN_IN,
	TOKEN_ANY,
	TOKEN_ALL,
	TOKENS
};

struct token {
	enum token_kind kind;
	size_t at; /* where it stands in the filter */
	size_t n;
	const char *text; /* of words, strings and characters: not terminated */
	size_t text_n;
};

struct lexer {
	const char *text;
	size_t n;
	size_t at; /* where the next token begins */
	struct arena *arena;
	struct filter_error *err;
};

/* Records an error at a part of the filter; returns -1. The first error stays. */
int filter_fail(struct filter_error *err, size_t at, size_t n, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Begins to read text. Strings with escapes are put into the arena, the rest are views of text. */
void lex_init(struct lexer *l, const char *text, struct arena *arena, struct filter_error *err);
/* Reads the next token. Returns 0; -1 and the error in err. */
int lex_next(struct lexer *l, struct token *out);
/* Reads the text up to `]` and passes it, as a word; for the insides of brackets. Else as above. */
int lex_range(struct lexer *l, struct token *out);

#endif
