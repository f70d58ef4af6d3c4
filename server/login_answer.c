/* SPDX-License-Identifier: MIT */
/* From a user in the database to the answer that a link wants. */
#include <string.h>

#include "io/log.h"
#include "lib/base/secret.h"
#include "server/login.h"

static void reject(struct login_job *job, int err)
{
	job->answer.verdict = SSTP_ANSWER_REJECT;
	job->answer.err = err;
}

/* Returns why the user may not log in with the method, SSTP_OK when he may. */
static int check_user(const struct user *user, enum sstp_auth method, int64_t now)
{
	if (!user->enabled)
		return SSTP_E_AUTH_DISABLED;
	if (user->expires && user->expires <= now)
		return SSTP_E_AUTH_EXPIRED;
	if ((method == SSTP_AUTH_CHAP_MD5 || method == SSTP_AUTH_EAP_MD5) && !user->has_password) {
		log_warn("user \"%s\" cannot log in with %s: it needs the password in clear text; "
			 "set it with sstpctl user passwd --cleartext",
			 user->name, sstp_auth_name(method));
		return SSTP_E_AUTH_FAILED;
	}
	return SSTP_OK;
}

static void give_secret(struct login_job *job, const struct user *user)
{
	job->answer.verdict = SSTP_ANSWER_SECRET;
	job->answer.has_nt_hash = true;
	memcpy(job->answer.nt_hash, user->nt_hash, sizeof(job->answer.nt_hash));
	if (user->has_password) {
		job->answer.has_password = true;
		memcpy(job->answer.password, user->password, sizeof(job->answer.password));
	}
	memcpy(job->account, user->name, sizeof(job->account));
	job->has_ip4 = user->has_ip4;
	memcpy(job->ip4, user->ip4, 4);
}

void login_look_up(struct users *u, struct login_job *job, int64_t now_unix)
{
	enum users_result result = USERS_FAILED;
	struct user user;
	int err;

	memset(&job->answer, 0, sizeof(job->answer));
	if (u)
		result = users_find_login(u, job->user, &user);
	if (result == USERS_FAILED) {
		log_error("the user database could not be asked for \"%s\": %s", job->user,
			  u ? users_error(u) : "it cannot be opened");
		reject(job, SSTP_E_AUTH_BACKEND);
		return;
	}
	if (result == USERS_NONE) {
		reject(job, SSTP_E_AUTH_FAILED);
		return;
	}
	err = check_user(&user, job->method, now_unix);
	if (err)
		reject(job, err);
	else
		give_secret(job, &user);
	wipe(&user, sizeof(user));
}
