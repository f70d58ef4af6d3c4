/* SPDX-License-Identifier: MIT */
/* Follows calls for the program and writes what is asked for; see report.h. */
#include "analyse/report.h"

#include "analyse/call_fields.h"
#include "analyse/print_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct report {
	struct report_config how;
	FILE *out;
	FILE *page; /* --html */
	struct calls *calls;
	uint64_t findings;
	uint32_t drawn;
	uint64_t left_out;       /* calls that the page has no room for */
	bool fields;             /* sstp.call.* are wanted */
	struct dissect *at_hand; /* the frame in which a connection closes; NULL: none */
};

/* The findings of a call in the order of their packets. */
static int compare(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a;
	const struct finding *y = *(const struct finding *const *)b;

	if (x->at.frame != y->at.frame)
		return x->at.frame < y->at.frame ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void list_findings(struct report *r, const struct call *c)
{
	const struct finding *sorted[JUDGE_FINDINGS];
	size_t n = 0;

	for (size_t i = 0; i < c->n_findings; i++)
		if (c->findings[i].severity >= r->how.least)
			sorted[n++] = &c->findings[i];
	qsort(sorted, n, sizeof(sorted[0]), compare);
	for (size_t i = 0; i < n; i++)
		print_finding(r->out, c, sorted[i]);
}

static void draw(struct report *r, const struct call *c)
{
	if (!c->number)
		return;
	if (r->drawn == REPORT_HTML_MAX) {
		r->left_out++;
		return;
	}
	r->drawn++;
	print_html_call(r->page, c);
}

/* Counts the findings that the exit code tells. */
static uint64_t count(const struct report *r, const struct call *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->n_findings; i++)
		n += c->findings[i].severity > SEVERITY_NOTE &&
		     c->findings[i].severity >= r->how.least;
	return n;
}

static void on_closed(void *ctx, struct call *c)
{
	struct report *r = ctx;

	r->findings += count(r, c);
	if (r->fields && r->at_hand)
		call_fields_verdict(&r->at_hand->tree, c);
	if (r->how.calls && r->how.json)
		print_call_json(r->out, c);
	else if (r->how.calls)
		print_call(r->out, c);
	if (r->how.ladder && c->number)
		print_ladder(r->out, c);
	if (r->how.expert)
		list_findings(r, c);
	if (r->page)
		draw(r, c);
	fflush(r->out); /* whoever watches a live capture waits for this */
}

int report_new(struct report **out, const struct report_config *how, FILE *to, char why[REPORT_WHY])
{
	static const struct calls_sink sink = {.closed = on_closed};
	struct calls_config config = {how->secrets, how->html != NULL};
	struct report *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r)
		r->calls = calls_new(&config, &sink, r);
	if (!r || !r->calls) {
		free(r);
		snprintf(why, REPORT_WHY, "there is no memory");
		return -1;
	}
	r->how = *how;
	r->out = to;
	r->fields = !how->wanted;
	for (int i = FIELD_SSTP_CALL_NUMBER; i <= FIELD_SSTP_CALL_VERDICT && !r->fields; i++)
		r->fields = how->wanted->fields[i / 64] >> (i % 64) & 1;
	if (how->html) {
		r->page = fopen(how->html, "we");
		if (!r->page) {
			snprintf(why, REPORT_WHY, "cannot write %s: %s", how->html,
				 strerror(errno));
			report_free(r);
			return -1;
		}
		print_html_head(r->page);
	}
	*out = r;
	return 0;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	calls_free(r->calls);
	if (r->page)
		fclose(r->page);
	free(r);
}

/* What a connection has: the report, and its call. */
struct mine {
	struct report *report;
	struct calls_conn *call;
};

void *report_opened(struct report *r, struct flow_conn *c)
{
	struct mine *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->report = r;
	m->call = calls_opened(r->calls, c);
	if (!m->call) {
		free(m);
		return NULL;
	}
	return m;
}

void report_unit(void *mine, struct dissect *d, const struct unit *u)
{
	struct mine *m = mine;
	size_t before;

	if (!m)
		return;
	before = calls_of(m->call)->n_findings;
	calls_unit(m->call, u);
	if (m->report->fields)
		call_fields_add(&d->tree, calls_of(m->call), u, before);
}

void report_note(void *mine, const struct note *n)
{
	struct mine *m = mine;

	if (m)
		calls_note(m->call, n);
}

void report_message(void *mine, const struct tls_message *msg)
{
	struct mine *m = mine;

	if (m)
		calls_message(m->call, msg);
}

void report_finished(void *mine, enum way way)
{
	struct mine *m = mine;

	if (m)
		calls_finished(m->call, way);
}

void report_closed(void *mine, struct dissect *d, enum flow_end why, enum way by)
{
	struct mine *m = mine;

	if (!m)
		return;
	m->report->at_hand = d;
	calls_closed(m->call, why, by);
	m->report->at_hand = NULL;
	free(m);
}

/* What frames.h tells of a connection is for what the report keeps of it. */
static void hear_note(void *ctx, struct dissect *d, struct flow_conn *c, const struct note *n)
{
	(void)ctx;
	(void)d;
	report_note(frames_mine(c), n);
}

static void hear_message(void *ctx, struct flow_conn *c, const struct tls_message *m)
{
	(void)ctx;
	report_message(frames_mine(c), m);
}

static void hear_finished(void *ctx, struct flow_conn *c, enum way way)
{
	(void)ctx;
	report_finished(frames_mine(c), way);
}

static void hear_closed(void *ctx, struct dissect *d, void *mine, enum flow_end why, enum way by)
{
	(void)ctx;
	report_closed(mine, d, why, by);
}

void report_listen(struct frames_config *config)
{
	config->note = hear_note;
	config->message = hear_message;
	config->finished = hear_finished;
	config->closed = hear_closed;
}

void report_packet(struct report *r, const struct flow_packet *p)
{
	calls_packet(r->calls, p);
}

int report_end(struct report *r, char why[REPORT_WHY])
{
	int bad = 0;

	if (!r->page)
		return 0;
	print_html_foot(r->page, calls_count(r->calls), r->left_out);
	bad = ferror(r->page);
	bad |= fclose(r->page);
	r->page = NULL;
	if (!bad)
		return 0;
	snprintf(why, REPORT_WHY, "cannot write %s", r->how.html);
	return -1;
}

uint64_t report_findings(const struct report *r)
{
	return r->findings;
}
