/* SPDX-License-Identifier: MIT */
/* What the files with rules (judge_*.c) share. */
#ifndef ANALYSE_JUDGE_RULES_H
#define ANALYSE_JUDGE_RULES_H

#include "analyse/judge.h"

#define MESSAGE_HEAD 8 /* octets in front of the first attribute */

/* Columns of the tables, short. */
#define MUST   LEVEL_MUST, SEVERITY_ERROR
#define SHOULD LEVEL_SHOULD, SEVERITY_WARNING
#define INFO   LEVEL_INFO, SEVERITY_NOTE

/* A table of rules. */
struct rules {
	const struct rule *row;
	size_t n;
};
#define RULES(rows)                                                                                \
	{                                                                                          \
		(rows), sizeof(rows) / sizeof((rows)[0])                                           \
	}

extern const struct rules frame_rules;
extern const struct rules attr_rules;
extern const struct rules binding_rules;
extern const struct rules message_rules;
extern const struct rules http_rules;
extern const struct rules order_rules;
extern const struct rules own_rules;

/* Says what a rule has found; returns true. */
bool say(struct judge *j, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says octets of the peer as hex; for arguments of say(). Valid until the fourth next call. */
const char *say_hex(const uint8_t *p, size_t n);
/* Says bytes of the peer as printable text; likewise. */
const char *say_text(struct view v);
/* Returns the name of the message at hand. */
const char *message_name(const struct judge *j);
/* Looks for a reserved field of the message at hand that is not 0, and says which. */
bool find_reserved(struct judge *j);
/* Returns the first octet of the packet that is not as it must be, -1 when all n are. */
int first_difference(const struct look *l, const uint8_t *due, size_t n);

#endif
