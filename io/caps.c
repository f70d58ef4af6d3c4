/* SPDX-License-Identifier: MIT */
/* caps.h over libcap-ng. */
#include "io/caps.h"

#include <cap-ng.h>
#include <errno.h>
#include <sys/prctl.h>

int caps_keep_net_admin(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN) < 0 ||
	    capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
