/* SPDX-License-Identifier: MIT */
/* The commands that change or show the users, straight in the database. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl.h"
#include "lib/base/cursor.h"
#include "lib/base/secret.h"

/* Opens the database; what is wrong is reported. */
static struct users *open_users(const struct ctl_run *r, enum users_mode mode)
{
	char why[512];
	struct users *u = users_open(r->conf.database, mode, why, sizeof(why));

	if (!u)
		ctl_fail(r, CTL_FAILED, "%s", why);
	return u;
}

/* Reports what the database said about a user; returns the exit status. */
static int report(const struct ctl_run *r, struct users *u, enum users_result result,
		  const char *name, const char *done)
{
	switch (result) {
	case USERS_NONE:
		return ctl_fail(r, CTL_NO_SUCH, "there is no user \"%s\"", name);
	case USERS_EXISTS:
		return ctl_fail(r, CTL_NO_SUCH,
				"there is a user \"%s\" already; user passwd sets a new password",
				name);
	case USERS_FAILED:
		return ctl_fail(r, CTL_FAILED, "the user database failed: %s", users_error(u));
	case USERS_OK:
		break;
	}
	if (r->json)
		return ctl_print_json(json_pack("{s:b, s:s}", "ok", 1, "user", name));
	printf("user %s %s\n", name, done);
	return CTL_DONE;
}

/* Returns whether the address may be given to a user: in the pool, and not the server's. */
static bool fits_pool(const struct conf *c, const uint8_t ip[4])
{
	uint32_t last = c->pool4.bits ? (UINT32_C(1) << (32 - c->pool4.bits)) - 1 : 0;
	struct rd net = rd_init(c->pool4.addr, 4), own = rd_init(ip, 4);
	struct rd server = rd_init(c->server4.ip[0], 4);
	uint32_t base = rd_be32(&net);
	uint32_t at = rd_be32(&own) - base;
	uint32_t server_at = c->server4.n ? rd_be32(&server) - base : 1;

	return at > 0 && at < last && at != server_at;
}

static bool set_ip4(const struct ctl_run *r, struct user *user)
{
	char net[IP_NET_TEXT] = "none";

	if (!r->ip4)
		return true;
	user->has_ip4 = strcmp(r->ip4, "none") != 0;
	memset(user->ip4, 0, 4);
	if (!user->has_ip4)
		return true;
	if (inet_pton(AF_INET, r->ip4, user->ip4) == 1 && fits_pool(&r->conf, user->ip4))
		return true;
	if (r->conf.pool4.bits)
		ip_net_text(&r->conf.pool4, net);
	ctl_fail(r, CTL_USAGE,
		 "--ip4 %s is not an address that [ipv4] pool (%s) has for a client; write one of "
		 "it, or none",
		 r->ip4, net);
	return false;
}

/* Reads YYYY-MM-DD, the end of which day counts in UTC, or "never". */
static bool set_expires(const struct ctl_run *r, struct user *user)
{
	struct tm day = {0};
	const char *end;

	if (!r->expires)
		return true;
	if (strcmp(r->expires, "never") == 0) {
		user->expires = 0;
		return true;
	}
	end = strptime(r->expires, "%Y-%m-%d", &day);
	if (end && !*end) {
		user->expires = timegm(&day) + 86400;
		return true;
	}
	ctl_fail(r, CTL_USAGE, "--expires %s is not a day; write it as 2030-12-31, or never",
		 r->expires);
	return false;
}

/* Applies the options to a user. */
static bool set_options(const struct ctl_run *r, struct user *user)
{
	if (r->enabled)
		user->enabled = strcmp(r->enabled, "yes") == 0;
	return set_ip4(r, user) && set_expires(r, user);
}

/* Asks for a password and sets it. */
static bool set_password(const struct ctl_run *r, struct user *user, bool cleartext)
{
	char password[SSTP_PASSWORD_MAX + 1];
	int n = ctl_ask_password(r, user->name, password, sizeof(password));
	const char *fault;

	if (n < 0)
		return false;
	fault = user_set_password(user, password, (size_t)n, cleartext);
	wipe(password, sizeof(password));
	if (fault)
		ctl_fail(r, CTL_FAILED, "%s; nothing was changed", fault);
	return fault == NULL;
}

int ctl_user_add(struct ctl_run *r)
{
	const char *name = r->argv[0];
	const char *fault = user_name_fault(name);
	struct user user = {.enabled = true};
	int status = CTL_FAILED;
	struct users *u;

	if (fault)
		return ctl_fail(r, CTL_USAGE, "%s", fault);
	memcpy(user.name, name, strlen(name) + 1);
	if (!set_options(r, &user))
		return CTL_USAGE;
	u = open_users(r, USERS_WRITE);
	if (!u)
		return CTL_FAILED;
	if (users_find(u, name, &user) == USERS_OK) /* before the password is asked for */
		status = report(r, u, USERS_EXISTS, name, "");
	else if (set_password(r, &user, r->cleartext))
		status = report(r, u, users_add(u, &user), name, "was added");
	wipe(&user, sizeof(user));
	users_close(u);
	return status;
}

/* Reads a user, lets `change` at it, and writes it back. */
static int edit(struct ctl_run *r, bool (*change)(const struct ctl_run *r, struct user *user),
		bool new_password, const char *done)
{
	const char *name = r->argv[0];
	struct users *u = open_users(r, USERS_WRITE);
	enum users_result result;
	struct user user;
	int status = CTL_FAILED;

	if (!u)
		return CTL_FAILED;
	result = users_find(u, name, &user);
	if (result != USERS_OK)
		status = report(r, u, result, name, "");
	else if (change(r, &user))
		status = report(r, u, users_set(u, &user, new_password), name, done);
	wipe(&user, sizeof(user));
	users_close(u);
	return status;
}

int ctl_user_set(struct ctl_run *r)
{
	if (!r->ip4 && !r->expires && !r->enabled)
		return ctl_fail(r, CTL_USAGE,
				"user set needs something to set: --ip4, --expires, --enable, "
				"--disable");
	return edit(r, set_options, false, "was changed");
}

static bool change_password(const struct ctl_run *r, struct user *user)
{
	return set_password(r, user, r->cleartext);
}

int ctl_user_passwd(struct ctl_run *r)
{
	return edit(r, change_password, true, "has a new password");
}

int ctl_user_del(struct ctl_run *r)
{
	struct users *u = open_users(r, USERS_WRITE);
	int status;

	if (!u)
		return CTL_FAILED;
	status = report(r, u, users_del(u, r->argv[0]), r->argv[0], "was deleted");
	users_close(u);
	return status;
}

/* Writes a point in time as a day. */
static const char *day_text(int64_t at, char *buf, size_t n)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (!at || !gmtime_r(&t, &tm) || !strftime(buf, n, "%Y-%m-%d", &tm))
		snprintf(buf, n, "-");
	return buf;
}

static void print_user(void *arg, const struct user *user)
{
	char ip4[IP_NET_TEXT] = "-", changed[32], expires[32];

	(void)arg;
	if (user->has_ip4)
		ip_text(AF_INET, user->ip4, ip4);
	printf("%-24s %-9s %-15s %-11s %-11s %s\n", user->name,
	       user->enabled ? "enabled" : "disabled", ip4,
	       day_text(user->changed, changed, sizeof(changed)),
	       day_text(user->expires ? user->expires - 1 : 0, expires, sizeof(expires)),
	       user->has_password ? "clear text" : "hash");
}

static void list_user(void *arg, const struct user *user)
{
	json_t *o = json_pack("{s:s, s:b, s:b, s:I, s:I}", "name", user->name, "enabled",
			      user->enabled, "cleartext", user->has_password, "created",
			      (json_int_t)user->created, "changed", (json_int_t)user->changed);
	char ip4[IP_NET_TEXT];

	if (user->has_ip4)
		json_object_set_new(o, "ip4", json_string(ip_text(AF_INET, user->ip4, ip4)));
	if (user->expires)
		json_object_set_new(o, "expires", json_integer(user->expires));
	json_array_append_new(arg, o);
}

int ctl_user_list(struct ctl_run *r)
{
	struct users *u = open_users(r, USERS_READ);
	json_t *list = json_array();
	enum users_result result;

	if (!u) {
		json_decref(list);
		return CTL_FAILED;
	}
	if (!r->json)
		printf("%-24s %-9s %-15s %-11s %-11s %s\n", "NAME", "STATE", "IPV4", "PASSWORD OF",
		       "EXPIRES", "KEPT AS");
	result = users_each(u, r->json ? list_user : print_user, list);
	if (result != USERS_OK) {
		int status = report(r, u, result, "", "");

		json_decref(list);
		users_close(u);
		return status;
	}
	users_close(u);
	if (r->json)
		return ctl_print_json(json_pack("{s:b, s:o}", "ok", 1, "users", list));
	json_decref(list);
	return CTL_DONE;
}
