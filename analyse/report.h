/* SPDX-License-Identifier: MIT */
/*
 * What sstpdump says about calls: follows and judges them (calls.h) beside the dissection, adds the
 * sstp.call.* fields to frames, writes the forms asked for when a call ends, and knows at the end
 * how bad it was. main.c owns it and calls it from the hooks of frames.h.
 */
#ifndef ANALYSE_REPORT_H
#define ANALYSE_REPORT_H

#include "analyse/calls.h"
#include "analyse/frames.h"

#include <stdio.h>

#define REPORT_WHY      300
#define REPORT_HTML_MAX 500 /* calls drawn in a page; more are counted */

struct report_config {
	bool calls;                     /* --calls */
	bool json;                      /* as JSON */
	bool ladder;                    /* --ladder */
	bool expert;                    /* --expert */
	enum severity least;            /* findings below are neither listed nor counted */
	const char *html;               /* --html; NULL: no page */
	struct call_secrets *secrets;   /* borrowed */
	const struct field_set *wanted; /* of the frames' trees; NULL: everything */
};

struct report;

/* Makes a report that writes to out. Returns 0; -1 and the reason in why. */
int report_new(struct report **r, const struct report_config *how, FILE *out, char why[REPORT_WHY]);
/* Frees r. NULL is allowed. */
void report_free(struct report *r);

/* The hooks of frames.h; mine is what report_opened() returned, d is the frame at hand or NULL. */
void *report_opened(struct report *r, struct flow_conn *c);
void report_unit(void *mine, struct dissect *d, const struct unit *u);
void report_note(void *mine, const struct note *n);
void report_message(void *mine, const struct tls_message *m);
void report_finished(void *mine, enum way way);
void report_closed(void *mine, struct dissect *d, enum flow_end why, enum way by);
/* Has the frames of this configuration tell the report of notes, messages and ends by themselves;
 * `opened` and `unit` stay the caller's. */
void report_listen(struct frames_config *config);
/* Looks at each packet. */
void report_packet(struct report *r, const struct flow_packet *p);

/* Writes what stands at the end. Returns 0; -1 and the reason in why when a file was not written.
 */
int report_end(struct report *r, char why[REPORT_WHY]);
/* Returns how many findings there were that are more than notes, and of the least severity or more.
 */
uint64_t report_findings(const struct report *r);

#endif
