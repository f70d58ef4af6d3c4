/* SPDX-License-Identifier: MIT */
/*
 * Rules that are no row of the list of what can be seen: the verdict itself, the compound MAC,
 * which takes a key to check, and what the state tables do not allow.
 */
#include "analyse/judge_rules.h"

/* The verdict's row; verdict.c adds its finding itself. */
static bool check_nothing(struct judge *j)
{
	(void)j;
	return false;
}

static bool check_mac(struct judge *j)
{
	j->at = j->call->binding.at;
	return j->call->binding.mac_ok == CHECK_WRONG &&
	       say(j, "the compound MAC of CALL_CONNECTED is not the one that the %s gives",
		   j->call->binding.key == CALL_KEY_ZERO ? "zero key of a method without keys"
							 : "key of this authentication");
}

static bool check_unchecked(struct judge *j)
{
	const struct call_binding *b = &j->call->binding;

	return b->seen && b->mac_ok == CHECK_UNKNOWN && b->missing &&
	       say(j, "the compound MAC was not checked: %s", b->missing);
}

static bool check_state(struct judge *j)
{
	return say(j, "the %s sends %s %s", call_who(j->way), message_name(j), j->state);
}

static bool check_lost(struct judge *j)
{
	const struct call *c = j->call;

	return (c->lost[0] || c->lost[1] || c->holes) &&
	       say(j, "the capture lacks %llu bytes of the client and %llu of the server",
		   (unsigned long long)c->lost[WAY_TO_SERVER],
		   (unsigned long long)c->lost[WAY_TO_CLIENT]);
}

static bool check_broken(struct judge *j)
{
	return j->call->tls.bad && say(j, "%llu TLS records have a wrong MAC or are malformed",
				       (unsigned long long)j->call->tls.bad);
}

static bool check_keyless(struct judge *j)
{
	return j->call->binding.key == CALL_KEY_ZERO &&
	       say(j,
		   "%s makes no keys: the crypto binding does not protect against a man in the "
		   "middle",
		   call_auth_name(&j->call->auth) ? call_auth_name(&j->call->auth)
						  : "a bypassed authentication");
}

/* clang-format off */
static const struct rule rows[] = {
	{"call-verdict",    "-",         LEVEL_INFO, SEVERITY_NOTE, 0,        check_nothing},
	{"S-3.3.5.2.3-08",  "3.3.5.2.3", MUST, WHEN_CALL_CONNECTED | WHEN_END, check_mac},
	{"S-5.3.3-02",      "5.3.3",     INFO,                      WHEN_END, check_keyless},
	{"call-binding",    "3.2.5.2",   LEVEL_INFO, SEVERITY_NOTE, WHEN_END, check_unchecked},
	{"call-state",      "3",         LEVEL_MUST, SEVERITY_WARNING, WHEN_STATE | RULE_OF_ORDER, check_state},
	{"call-lost",       "-",         LEVEL_INFO, SEVERITY_NOTE, WHEN_END, check_lost},
	{"call-tls-record", "-",         LEVEL_INFO, SEVERITY_WARNING, WHEN_END, check_broken},
};
/* clang-format on */

const struct rules own_rules = RULES(rows);
