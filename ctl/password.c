/* SPDX-License-Identifier: MIT */
/* Asking for a new password: never on the command line, where every user of the machine sees it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "io/tty.h"
#include "lib/base/secret.h"

static int report(const struct ctl_run *r, int err)
{
	if (err == -EMSGSIZE)
		ctl_fail(r, CTL_FAILED, "the password is longer than %d bytes", SSTP_PASSWORD_MAX);
	else if (err == -EINTR)
		ctl_fail(r, CTL_FAILED, "interrupted; nothing was changed");
	else
		ctl_fail(r, CTL_FAILED, "no password can be read: %s", strerror(-err));
	return err;
}

int ctl_ask_password(const struct ctl_run *r, const char *user, char *buf, size_t n)
{
	char prompt[SSTP_NAME_MAX + 32];
	char again[SSTP_PASSWORD_MAX + 1];
	int len, len2;
	bool same;

	if (!isatty(STDIN_FILENO)) {
		len = tty_read_secret("-", buf, n, NULL);
		return len < 0 ? report(r, len) : len;
	}
	snprintf(prompt, sizeof(prompt), "Password for %s: ", user);
	len = tty_ask(prompt, false, buf, n);
	if (len < 0)
		return report(r, len);
	len2 = tty_ask("The same again: ", false, again, sizeof(again));
	if (len2 < 0)
		return report(r, len2);
	same = len == len2 && same_bytes(buf, again, (size_t)len);
	wipe(again, sizeof(again));
	if (same)
		return len;
	wipe(buf, n);
	ctl_fail(r, CTL_FAILED, "the two passwords are not the same; nothing was changed");
	return -1;
}
