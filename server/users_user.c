/* SPDX-License-Identifier: MIT */
/* What makes a good user: names and passwords, without the database. */
#include <string.h>

#include "lib/base/secret.h"
#include "lib/crypto/nthash.h"
#include "server/users.h"

const char *user_name_fault(const char *name)
{
	size_t n = strlen(name);

	if (n == 0)
		return "the name is empty";
	if (n > SSTP_NAME_MAX)
		return "the name is longer than 255 bytes";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return "the name has a control character in it";
	return NULL;
}

const char *user_set_password(struct user *user, const char *password, size_t n, bool cleartext)
{
	if (n == 0)
		return "the password is empty";
	if (n > SSTP_PASSWORD_MAX)
		return "the password is longer than 255 bytes";
	if (memchr(password, '\0', n))
		return "the password has a NUL byte in it";
	if (!nt_hash(password, n, user->nt_hash))
		return "the password is not valid UTF-8";
	wipe(user->password, sizeof(user->password));
	user->has_password = cleartext;
	if (cleartext)
		memcpy(user->password, password, n);
	return NULL;
}
