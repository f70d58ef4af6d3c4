/* SPDX-License-Identifier: MIT */
/*
 * tun.h. With TUN_VNET every packet has a struct virtio_net_hdr before it and may be a
 * super-packet: offload.h splits and merges them. Without, one packet a system call.
 */
#include "io/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

/* Linux 6.2; older headers do not have them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define VNET_SIZE ((int)sizeof(struct virtio_net_hdr))
#define QUIET_US  1000 /* without a packet: the next one is thought to be alone */

/* Opens a queue of the device; 0, or -errno and t->fd is -1. */
static int attach(struct tun *t, const char *name, bool multi, bool vnet)
{
	int flags = IFF_TUN | IFF_NO_PI | (multi ? IFF_MULTI_QUEUE : 0) | (vnet ? IFF_VNET_HDR : 0);
	struct ifreq ifr;
	int err;

	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	memset(&ifr, 0, sizeof(ifr));
	memcpy(ifr.ifr_name, name, strlen(name));
	ifr.ifr_flags = (short)flags;
	if (ioctl(t->fd, TUNSETIFF, &ifr) == 0) {
		memcpy(t->name, ifr.ifr_name, sizeof(t->name));
		return 0;
	}
	err = -errno;
	tun_close(t);
	return err;
}

/* Fixes the size of the header before each packet; false when it is not, or may not be, ours. */
static bool set_header_size(struct tun *t)
{
	int size = VNET_SIZE;

	if (ioctl(t->fd, TUNSETVNETHDRSZ, &size) == 0)
		return true;
	return ioctl(t->fd, TUNGETVNETHDRSZ, &size) == 0 && size == VNET_SIZE;
}

/* Asks for as many offloads as wanted and granted. */
static void set_offloads(struct tun *t, unsigned wanted)
{
	static const struct {
		unsigned features;
		unsigned long flags;
	} rows[] = {
		{TUN_ALL,
		 TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6},
		{TUN_VNET | TUN_CSUM | TUN_TSO,
		 TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN},
		{TUN_VNET | TUN_CSUM, TUN_F_CSUM},
		{TUN_VNET, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].features & ~wanted)
			continue;
		t->features = rows[i].features;
		if (ioctl(t->fd, TUNSETOFFLOAD, rows[i].flags) == 0)
			return;
	}
}

/* Makes room for packets on their way to the kernel, if they are to be gathered; 0 or -errno. */
static int make_merge(struct tun *t)
{
	if (!(t->features & TUN_VNET))
		return 0;
	t->merge = malloc(sizeof(*t->merge));
	if (!t->merge)
		return -ENOMEM;
	merge_init(t->merge, t->features & TUN_USO);
	return 0;
}

/* Opens a queue with a header before each packet if that is wanted and works; 0 or -errno. */
static int attach_best(struct tun *t, const char *name, bool multi, unsigned wanted)
{
	if (wanted & TUN_VNET && attach(t, name, multi, true) == 0) {
		if (set_header_size(t)) {
			set_offloads(t, wanted);
			return 0;
		}
		tun_close(t); /* and the device with it, if we have made it */
	}
	return attach(t, name, multi, false);
}

/* Makes t a queue that is not open. */
static void make_closed(struct tun *t)
{
	memset(t->name, 0, sizeof(t->name));
	t->write_drops = t->read_drops = 0;
	t->features = 0;
	t->merge = NULL;
	t->splitting = t->shared = t->multi = false;
	t->fd = -1;
}

int tun_open_with(struct tun *t, const char *name, bool multi, unsigned features)
{
	int err;

	make_closed(t);
	if (strlen(name) >= IFNAMSIZ)
		return -ENAMETOOLONG;
	t->multi = multi && attach_best(t, name, true, features) == 0;
	err = t->multi ? 0 : attach_best(t, name, false, features);
	if (!err)
		err = make_merge(t);
	if (err)
		tun_close(t);
	return err;
}

int tun_open_more(struct tun *t, const struct tun *first)
{
	int err;

	make_closed(t);
	/* What the device does for one queue it does for all. */
	if (!first->multi || attach(t, first->name, true, first->features & TUN_VNET) < 0) {
		t->shared = true;
		t->fd = fcntl(first->fd, F_DUPFD_CLOEXEC, 0);
		if (t->fd < 0)
			return -errno;
		memcpy(t->name, first->name, sizeof(t->name));
	}
	t->multi = first->multi;
	t->features = first->features;
	err = make_merge(t);
	if (err)
		tun_close(t);
	return err;
}

int tun_open(struct tun *t, const char *name, bool multi)
{
	return tun_open_with(t, name, multi, TUN_ALL);
}

void tun_close(struct tun *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	free(t->merge);
	t->merge = NULL;
}

const char *tun_features(const struct tun *t, char *buf, size_t n)
{
	snprintf(buf, n, "%s%s%s%s%s", t->features ? "" : "none",
		 t->features & TUN_VNET ? "vnet" : "", t->features & TUN_CSUM ? " csum" : "",
		 t->features & TUN_TSO ? " tso" : "", t->features & TUN_USO ? " uso" : "");
	return buf;
}

/* Reads once, going on after signals; -errno for an error, -EAGAIN when nothing is there. */
static ssize_t read_once(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* Starts to split what is in t->raw; false when it makes no sense, or no batch has room for it. */
static bool begin_split(struct tun *t, const struct offload *o, size_t n, size_t mtu)
{
	const uint8_t *p = t->raw + VNET_SIZE;
	enum split_result result = split_begin(&t->split, o, p, n, mtu);

	if (result == SPLIT_TOO_LARGE) /* the caller's to cut, or to complain about */
		result = split_begin(&t->split, o, p, n, SIZE_MAX);
	return result == SPLIT_OK && split_longest(&t->split) <= sizeof(t->bytes) - TUN_HEADROOM;
}

/* Reads a packet, or a super-packet, with its header into t->raw and starts to split it; returns 0,
 * 1 when it was dropped, or -errno. */
static int read_super(struct tun *t, size_t mtu)
{
	ssize_t got = read_once(t->fd, t->raw, sizeof(t->raw));
	struct virtio_net_hdr h;
	struct offload o;

	if (got < 0)
		return (int)got;
	if (got <= VNET_SIZE) {
		t->read_drops++;
		return 1;
	}
	memcpy(&h, t->raw, sizeof(h));
	o = (struct offload){
		.flags = h.flags,
		.gso = h.gso_type,
		.hdr_len = h.hdr_len,
		.gso_size = h.gso_size,
		.csum_start = h.csum_start,
		.csum_offset = h.csum_offset,
	};
	t->splitting = begin_split(t, &o, (size_t)(got - VNET_SIZE), mtu);
	if (t->splitting)
		return 0;
	t->read_drops++;
	return 1;
}

/* Hands out what the super-packet at hand still has; returns how many packets stand in t->in. */
static int split_some(struct tun *t, int n, size_t *at)
{
	while (t->splitting && n < TUN_BATCH &&
	       *at + split_longest(&t->split) <= sizeof(t->bytes)) {
		size_t len = split_next(&t->split, t->bytes + *at);

		t->splitting = len != 0;
		if (!len)
			break;
		t->in[n++] = (struct tun_packet){t->bytes + *at, len};
		*at += len + TUN_HEADROOM;
	}
	return n;
}

static int read_supers(struct tun *t, size_t mtu, int most)
{
	size_t at = TUN_HEADROOM;
	int n = 0;

	for (;;) {
		int err;

		n = split_some(t, n, &at);
		if (t->splitting || n >= most)
			return n;
		err = read_super(t, mtu);
		t->dry = err == -EAGAIN;
		if (t->dry)
			return n;
		if (err < 0)
			return n ? n : err;
	}
}

static int read_plain(struct tun *t, size_t mtu, int most)
{
	size_t at = TUN_HEADROOM;
	int n = 0;

	while (n < most && at + mtu < sizeof(t->bytes)) {
		size_t room = sizeof(t->bytes) - at;
		ssize_t got = read_once(t->fd, t->bytes + at, room);

		t->dry = got == -EAGAIN;
		if (got < 0 && got != -EAGAIN)
			return n ? n : (int)got;
		if (got <= 0)
			break;
		if ((size_t)got == room) { /* cut, as read() does */
			t->read_drops++;
			continue;
		}
		t->in[n++] = (struct tun_packet){t->bytes + at, (size_t)got};
		at += (size_t)got + TUN_HEADROOM;
	}
	return n;
}

int tun_read(struct tun *t, size_t mtu, uint64_t now)
{
	const bool quiet = now >= t->read_us + QUIET_US;
	const int most = quiet ? 1 : TUN_BATCH;
	int n;

	t->dry = false;
	n = t->features & TUN_VNET ? read_supers(t, mtu, most) : read_plain(t, mtu, most);
	t->lone = quiet && n > 0;
	if (n > 0)
		t->read_us = now;
	return n;
}

/* Returns whether the packet is to go: it may be marked instead. */
static bool is_too_much(struct tun *t, const struct tun_packet *in, uint64_t since, uint64_t now)
{
	if (!codel_drop(&t->standing, since, now, SIZE_MAX) || codel_mark(in->p, in->n))
		return false;
	t->queue_drops++;
	return true;
}

int tun_keep_short(struct tun *t, int n, uint64_t now)
{
	const uint64_t since = t->wet_us ? t->wet_us : now;
	const bool stood = t->wet_us || t->standing.first_above || t->standing.dropping;
	int left = stood ? 0 : n;

	for (int i = 0; stood && i < n; i++)
		if (!is_too_much(t, &t->in[i], since, now))
			t->in[left++] = t->in[i];
	if (t->dry)
		t->wet_us = 0;
	else if (!t->wet_us)
		t->wet_us = now;
	return left;
}

/* Writes one packet, behind its header if the device wants one. */
static int write_packet(struct tun *t, const struct offload *o, const uint8_t *p, size_t n)
{
	struct virtio_net_hdr h = {
		.flags = o->flags,
		.gso_type = o->gso,
		.hdr_len = o->hdr_len,
		.gso_size = o->gso_size,
		.csum_start = o->csum_start,
		.csum_offset = o->csum_offset,
	};
	struct iovec v[2];
	int from = t->features & TUN_VNET ? 0 : 1;
	ssize_t sent;

	v[0].iov_base = &h;
	v[0].iov_len = sizeof(h);
	memcpy(&v[1].iov_base, &p, sizeof(p)); /* writev() does not write to it */
	v[1].iov_len = n;
	do
		sent = writev(t->fd, v + from, 2 - from);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	t->write_drops++;
	/* EIO: the device is down; EBADFD: it is gone. All else concerns this packet only. */
	return errno == EIO || errno == EBADFD ? -errno : 0;
}

/* Writes what a flow has gathered. */
static int write_flow(struct tun *t, struct merge_flow *f)
{
	struct offload o;
	size_t n = merge_take(f, &o);
	int err = write_packet(t, &o, f->bytes, n);

	merge_done(f);
	return err;
}

int tun_write(struct tun *t, const uint8_t *p, size_t n)
{
	static const struct offload none = {0};
	struct merge_flow *f;
	int err = 0, first;

	if (!(t->features & TUN_TSO))
		return write_packet(t, &none, p, n);
	for (;;) {
		switch (merge_add(t->merge, p, n, &f)) {
		case MERGE_TAKEN:
			return err;
		case MERGE_PASS:
			first = write_packet(t, &none, p, n);
			return err ? err : first;
		case MERGE_FIRST:
			first = write_flow(t, f);
			err = err ? err : first;
			break;
		}
	}
}

int tun_flush(struct tun *t)
{
	struct merge_flow *f;
	int err = 0;

	while (t->merge && (f = merge_pending(t->merge)) != NULL) {
		int one = write_flow(t, f);

		err = err ? err : one;
	}
	return err;
}
