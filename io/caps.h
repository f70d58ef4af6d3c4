/* SPDX-License-Identifier: MIT */
/* Giving up the privileges that a network client does not need. */
#ifndef IO_CAPS_H
#define IO_CAPS_H

/*
 * Keeps of the process's capabilities CAP_NET_ADMIN only, for addresses and routes, and gives up
 * for good to gain others by executing programs. Returns 0, or -errno and nothing is changed.
 */
int caps_keep_net_admin(void);

#endif
