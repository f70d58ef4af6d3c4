/* SPDX-License-Identifier: MIT */
/* The commands that ask a running sstpd. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

/* Reads a session's id; 0 when the text is none. */
static json_int_t parse_id(const char *text)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno ? (json_int_t)v : 0;
}

/* Sends a verb without arguments; prints the answer with -j, else `done`. */
static int simple(const struct ctl_run *r, const char *verb, const char *done)
{
	json_t *answer;
	int status = ctl_talk(r, json_pack("{s:s}", "verb", verb), &answer);

	if (status != CTL_DONE)
		return status;
	if (r->json)
		return ctl_print_json(answer);
	json_decref(answer);
	puts(done);
	return CTL_DONE;
}

int ctl_sessions(struct ctl_run *r)
{
	json_t *request = json_pack("{s:s}", "verb", "sessions");
	json_t *answer;
	int status;

	if (r->argc == 1) {
		json_int_t id = parse_id(r->argv[0]);

		if (!id) {
			json_decref(request);
			return ctl_fail(r, CTL_USAGE, "'%s' is not the id of a session",
					r->argv[0]);
		}
		json_object_set_new(request, "id", json_integer(id));
	}
	status = ctl_talk(r, request, &answer);
	if (status != CTL_DONE)
		return status;
	if (r->json)
		return ctl_print_json(answer);
	ctl_print_sessions(json_object_get(answer, "sessions"), r->argc == 1);
	json_decref(answer);
	return CTL_DONE;
}

int ctl_kick(struct ctl_run *r)
{
	json_int_t id = r->by_user ? 0 : parse_id(r->argv[0]);
	json_t *request = id ? json_pack("{s:s, s:I}", "verb", "kick", "id", id)
			     : json_pack("{s:s, s:s}", "verb", "kick", "user", r->argv[0]);
	json_t *answer;
	int status;

	if (!request)
		return ctl_fail(r, CTL_USAGE, "the name is not valid UTF-8");
	status = ctl_talk(r, request, &answer);
	if (status != CTL_DONE)
		return status;
	if (r->json)
		return ctl_print_json(answer);
	printf("%d ended\n", (int)json_integer_value(json_object_get(answer, "kicked")));
	json_decref(answer);
	return CTL_DONE;
}

int ctl_stats(struct ctl_run *r)
{
	json_t *answer;
	int status = ctl_talk(r, json_pack("{s:s}", "verb", "stats"), &answer);

	if (status != CTL_DONE)
		return status;
	if (r->json)
		return ctl_print_json(answer);
	json_object_del(answer, "ok");
	ctl_print_stats(answer);
	json_decref(answer);
	return CTL_DONE;
}

int ctl_reload(struct ctl_run *r)
{
	return simple(r, "reload", "certificate and users were read anew");
}

int ctl_shutdown(struct ctl_run *r)
{
	return simple(r, "shutdown", "sstpd says goodbye to its clients and ends");
}

int ctl_version(struct ctl_run *r)
{
	json_t *answer;
	int status = ctl_talk(r, json_pack("{s:s}", "verb", "version"), &answer);

	if (status != CTL_DONE)
		return status;
	if (r->json)
		return ctl_print_json(answer);
	printf("sstpctl %s, sstpd %s\n", SSTP_VERSION,
	       json_string_value(json_object_get(answer, "version")));
	json_decref(answer);
	return CTL_DONE;
}
