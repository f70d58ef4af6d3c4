/* SPDX-License-Identifier: MIT */
/*
 * Everything that writes dissected frames for people and programs, one file a form: print_summary.c
 * (a line), print_tree.c (-V), print_hex.c (-x), print_json.c (-T json), print_fields.c (-T
 * fields), print_list.c (-G fields). They write to a stdio stream and keep no state but what is
 * passed in.
 */
#ifndef ANALYSE_PRINT_H
#define ANALYSE_PRINT_H

#include "analyse/dissect.h"
#include "analyse/flow.h"

#include <stdio.h>

#define PRINT_FIELDS_MAX 128

/* -T fields: which, and how. */
struct print_fields {
	enum field_id ids[PRINT_FIELDS_MAX];
	unsigned n;
	bool header;     /* -E header=y */
	bool bom;        /* -E bom=y: a byte order mark in front */
	char separator;  /* -E separator=... */
	char aggregator; /* -E aggregator=...: between the values of one field */
	char quote;      /* -E quote=d or s; 0: none */
	char occurrence; /* -E occurrence=f, l or a: first, last, all */
	bool escape;     /* -E escape=y: control characters and the separators by backslash */
};

/* Writes the packet's one line, as tshark does; color: for a terminal. */
void print_summary(FILE *out, const struct dissect *d, const struct flow_packet *p, bool color);
/* Writes the tree, each line with the octets it stands for when `offsets`. */
void print_tree(FILE *out, const struct dissect *d, bool offsets);
/* Writes the octets of all sources, the decrypted ones too. */
void print_hex(FILE *out, const struct dissect *d);
/* Writes the packet as one JSON object on one line. */
void print_json(FILE *out, const struct dissect *d, const struct flow_packet *p);

/* Sets what tshark takes by default. */
void print_fields_init(struct print_fields *f);
/* Adds a field by name; -1 when there is none, or too many. */
int print_fields_add(struct print_fields *f, const char *name);
/* Takes an -E option; -1 when it is none. */
int print_fields_option(struct print_fields *f, const char *option);
/* Adds the fields to a set, for field_tree_reset(). */
void print_fields_wanted(const struct print_fields *f, struct field_set *s);
/* Writes what stands before the first packet, and one packet's line. */
void print_fields_head(FILE *out, const struct print_fields *f);
void print_fields_line(FILE *out, const struct print_fields *f, const struct dissect *d);

/* Writes all fields, a line each, in the form of tshark's -G fields. */
void print_list(FILE *out);
/* Writes the names of the values of all fields, in the form of tshark's -G values. */
void print_values(FILE *out);

#endif
