/* SPDX-License-Identifier: MIT */
/* Who logs in, and where the password comes from. Lives in locked memory. */
#ifndef CLIENT_LOGIN_H
#define CLIENT_LOGIN_H

#include "client/exit.h"
#include "client/options.h"
#include "sstp/link.h"

struct login {
	char user[SSTP_NAME_MAX + 1];
	char password[SSTP_PASSWORD_MAX + 1];
};

/*
 * Fills l: the user from the options or by a question, the password from --password-file, the file
 * that $SSTP_PASSWORD_FILE names, the systemd credential "sstp.password", or by a question, in this
 * order. Returns EXIT_ASKED (0), or the code to end with, error then saying why.
 */
enum exit_code login_get(struct login *l, const struct options *o, char error[OPTIONS_ERROR]);

#endif
