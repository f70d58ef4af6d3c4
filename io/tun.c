/* SPDX-License-Identifier: MIT */
/* tun.h, one packet a system call. */
#include "io/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tun_open(struct tun *t, const char *name, bool multi)
{
	struct ifreq ifr;
	int err;

	memset(&ifr, 0, sizeof(ifr));
	memset(t->name, 0, sizeof(t->name));
	t->write_drops = 0;
	t->fd = -1;
	if (strlen(name) >= sizeof(ifr.ifr_name))
		return -ENAMETOOLONG;
	memcpy(ifr.ifr_name, name, strlen(name));
	ifr.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | (multi ? IFF_MULTI_QUEUE : 0));
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	if (ioctl(t->fd, TUNSETIFF, &ifr) < 0) {
		err = -errno;
		tun_close(t);
		return err;
	}
	memcpy(t->name, ifr.ifr_name, sizeof(t->name));
	return 0;
}

void tun_close(struct tun *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

int tun_read(struct tun *t, size_t mtu)
{
	size_t at = TUN_HEADROOM;
	int n = 0;

	/* One byte more than fits tells a long packet from a fitting one: read() cuts. */
	while (n < TUN_BATCH && at + mtu + 1 <= sizeof(t->bytes)) {
		ssize_t got = read(t->fd, t->bytes + at, mtu + 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno != EAGAIN)
			return n ? n : -errno;
		if (got <= 0)
			break;
		if ((size_t)got > mtu)
			continue;
		t->in[n].p = t->bytes + at;
		t->in[n].n = (size_t)got;
		n++;
		at += (size_t)got + TUN_HEADROOM;
	}
	return n;
}

int tun_write(struct tun *t, const uint8_t *p, size_t n)
{
	ssize_t sent;

	do
		sent = write(t->fd, p, n);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	t->write_drops++;
	/* EIO: the device is down; EBADFD: it is gone. All else concerns this packet only. */
	return errno == EIO || errno == EBADFD ? -errno : 0;
}

int tun_flush(struct tun *t)
{
	(void)t;
	return 0;
}
