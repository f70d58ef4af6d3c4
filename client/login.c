/* SPDX-License-Identifier: MIT */
/* login.h. */
#include "client/login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/tty.h"

#define CREDENTIAL "sstp.password"

/* Asks, and turns the answer's length or error into an exit code. */
static enum exit_code ask(const char *prompt, const char *what, const char *instead, bool echo,
			  char *buf, size_t n, char error[OPTIONS_ERROR])
{
	int got = tty_ask(prompt, echo, buf, n);

	if (got > 0)
		return EXIT_ASKED;
	if (got == -EINTR) {
		snprintf(error, OPTIONS_ERROR, "no %s was given", what);
	} else if (got == 0) {
		snprintf(error, OPTIONS_ERROR, "the %s is empty", what);
	} else if (got == -EMSGSIZE) {
		snprintf(error, OPTIONS_ERROR, "the %s is longer than %zu bytes", what, n - 1);
	} else {
		snprintf(error, OPTIONS_ERROR,
			 "there is no %s, and no terminal to ask for it: give %s", what, instead);
	}
	return EXIT_USAGE;
}

static enum exit_code read_file(struct login *l, const char *path, char error[OPTIONS_ERROR])
{
	bool shared = false;
	int got = tty_read_secret(path, l->password, sizeof(l->password), &shared);

	if (got > 0) {
		if (shared)
			log_warn("other users may read the password in %s: chmod 600 it", path);
		return EXIT_ASKED;
	}
	if (got == 0)
		snprintf(error, OPTIONS_ERROR,
			 "the first line of %s is empty: the password belongs "
			 "there",
			 path);
	else if (got == -EMSGSIZE)
		snprintf(error, OPTIONS_ERROR, "the password in %s is longer than %d bytes", path,
			 SSTP_PASSWORD_MAX);
	else if (got == -EBADMSG)
		snprintf(error, OPTIONS_ERROR, "the password in %s holds a zero byte", path);
	else
		snprintf(error, OPTIONS_ERROR, "the password cannot be read from %s: %s", path,
			 strerror(-got));
	return EXIT_USAGE;
}

/* Writes the path of systemd's credential into buf; false when there is none. */
static bool find_credential(char *buf, size_t n)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	int len;

	if (!dir)
		return false;
	len = snprintf(buf, n, "%s/" CREDENTIAL, dir);
	return len > 0 && (size_t)len < n && access(buf, R_OK) == 0;
}

enum exit_code login_get(struct login *l, const struct options *o, char error[OPTIONS_ERROR])
{
	const char *file = o->password_file ? o->password_file : getenv("SSTP_PASSWORD_FILE");
	char credential[4096], prompt[SSTP_NAME_MAX + NET_HOST_MAX + 32];
	enum exit_code code;

	if (o->user) {
		snprintf(l->user, sizeof(l->user), "%s", o->user);
	} else {
		snprintf(prompt, sizeof(prompt), "User for %s: ", o->host);
		code = ask(prompt, "user name", "-u USER", true, l->user, sizeof(l->user), error);
		if (code)
			return code;
	}
	if (file && *file)
		return read_file(l, file, error);
	if (find_credential(credential, sizeof(credential)))
		return read_file(l, credential, error);
	snprintf(prompt, sizeof(prompt), "Password of %s at %s: ", l->user, o->host);
	return ask(prompt, "password", "--password-file FILE", false, l->password,
		   sizeof(l->password), error);
}
