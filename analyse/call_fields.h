/* SPDX-License-Identifier: MIT */
/* The sstp.call.* fields: what is known of a call when a unit of it comes, as fields of the frame.
 */
#ifndef ANALYSE_CALL_FIELDS_H
#define ANALYSE_CALL_FIELDS_H

#include "analyse/call.h"
#include "analyse/field.h"

/* Adds the fields to a tree; findings from the fresh-th on are what the unit brought. */
void call_fields_add(struct field_tree *t, const struct call *c, const struct unit *u,
		     size_t fresh);
/* Adds the verdict, in the frame that ends the call. */
void call_fields_verdict(struct field_tree *t, const struct call *c);

#endif
