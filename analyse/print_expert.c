/* SPDX-License-Identifier: MIT */
/* --expert: findings, a line each; see print_call.h. */
#include "analyse/print_call.h"

void print_finding(FILE *out, const struct call *c, const struct finding *f)
{
	bool verdict = f->rule == judge_verdict_rule();

	fprintf(out, "%-7s ", severity_name(f->severity));
	if (c->number)
		fprintf(out, "call %u", c->number);
	else
		fprintf(out, "tcp.stream %u", c->stream);
	fprintf(out, " packet %llu ", (unsigned long long)f->at.frame);
	if (verdict)
		fputs("verdict: ", out);
	else
		fprintf(out, "%s %s %s %s: ", f->rule->id, rule_level_name(f->rule->level),
			f->rule->section, call_who(f->way));
	fputs(f->text ? f->text : "", out);
	if (f->count > 1)
		fprintf(out, " (%llu times)", (unsigned long long)f->count);
	fputc('\n', out);
}
