/* SPDX-License-Identifier: MIT */
/*
 * TUN devices: the kernel's end of a tunnel. A device has one queue or several; each queue is an
 * object of its own and belongs to one thread. Packets are read in batches, laid out so that they
 * can be framed in place, and written singly, gathered until tun_flush(): callers do not see
 * whether the kernel moves one packet or a super-packet at a time.
 */
#ifndef IO_TUN_H
#define IO_TUN_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/codel.h"
#include "io/offload.h"

/* What a queue makes use of. Each needs the ones before it. */
enum tun_feature {
	TUN_VNET = 1 << 0, /* packets travel with a struct virtio_net_hdr */
	TUN_CSUM = 1 << 1, /* checksums are left to us */
	TUN_TSO = 1 << 2,  /* TCP super-packets, IPv4 and IPv6, both ways */
	TUN_USO = 1 << 3,  /* UDP super-packets, the same */
	TUN_ALL = TUN_VNET | TUN_CSUM | TUN_TSO | TUN_USO,
};

#define TUN_HEADROOM 8     /* free bytes before each packet that was read: SSTP_HEADROOM */
#define TUN_BATCH    128   /* most packets that one tun_read() hands out */
#define TUN_BUFFER   16384 /* bytes of a queue's read buffer: a TLS record, and soon in the cache */
/* batches that an owner reads in a turn of its loop: more cost latency, fewer processor time */
#define TUN_TURN 24
/* packets that the device's own queue should hold: a burst, until we get the processor */
#define TUN_QUEUE 8192
#define TUN_RAW   65600 /* bytes of a super-packet and its header */

/* A packet in a batch. */
struct tun_packet {
	uint8_t *p;
	size_t n;
};

/* One queue of a device. About 85 KiB, and 1 MiB more on the heap: not for the stack. */
struct tun {
	int fd;
	bool multi;  /* the kernel lets the device have more queues */
	bool shared; /* of tun_open_more(): another's queue, to write to only */
	char name[IFNAMSIZ];
	unsigned features;   /* of enum tun_feature: what the kernel granted */
	struct merge *merge; /* packets on their way to the kernel; NULL without TUN_VNET */
	struct split split;  /* the super-packet in `raw` that tun_read() is handing out */
	bool splitting;
	bool dry;              /* the last tun_read() has left nothing */
	bool lone;             /* it has brought the first packet after some quiet, alone */
	uint64_t read_us;      /* when a packet was read last */
	uint64_t wet_us;       /* since when the kernel's queue was not empty; 0: it was */
	struct codel standing; /* what tun_keep_short() remembers */
	uint64_t queue_drops;  /* packets that it took out */
	uint64_t read_drops;   /* packets that were too long or made no sense */
	struct tun_packet in[TUN_BATCH]; /* what tun_read() has brought */
	uint64_t write_drops;            /* packets that the kernel did not take */
	uint8_t bytes[TUN_BUFFER];
	uint8_t raw[TUN_RAW];
};

/*
 * Opens a queue of the TUN device `name` ("" or with a %d: the kernel chooses), which is made when
 * it does not exist and goes away with its last queue. multi asks for a device that may have more
 * queues, see tun_open_more(). t->name is the device's name. Returns 0 or -errno; t->fd is then -1.
 */
int tun_open(struct tun *t, const char *name, bool multi);
/*
 * The same, with no more than the features named. What the kernel refuses of them - old kernels,
 * containers - is done without; t->features and t->multi say what is left.
 */
int tun_open_with(struct tun *t, const char *name, bool multi, unsigned features);
/*
 * Opens one more queue of the device that `first` is of, with the same features, for another
 * thread. Where the kernel gives none (t->shared), packets written to t go into the queue of
 * `first`, and that one is read by its owner only. Returns 0 or -errno; t->fd is then -1.
 */
int tun_open_more(struct tun *t, const struct tun *first);
/* Writes the features by name ("vnet csum tso uso", "none") into buf. Returns buf. */
const char *tun_features(const struct tun *t, char *buf, size_t n);
/* Closes the queue; does nothing when it is not open. */
void tun_close(struct tun *t);
/*
 * Reads what is there, up to TUN_BATCH packets. TCP super-packets are split into packets of at most
 * `mtu` bytes; what cannot be is handed out longer. Returns how many stand in t->in, 0 for none, or
 * -errno. They are valid until the next call, may be changed in place, and lie one after the other
 * with exactly TUN_HEADROOM bytes before each, which are the caller's to write: so a run of framed
 * packets is one piece of memory. t->dry tells whether another call now would find nothing.
 * The first packet after a millisecond of quiet comes alone, and t->lone says so: it is mostly all
 * there is, and should be on its way before the next call finds that out. now: microseconds.
 */
int tun_read(struct tun *t, size_t mtu, uint64_t now);
/*
 * Keeps the kernel's queue short when we are slower than what comes: it tells nobody for how long a
 * packet has waited, but a queue that is not found empty for many turns is a standing one, and
 * CoDel takes packets out, or marks them, until it is. To be called after each tun_read() with what
 * that returned and the microseconds at the beginning of the turn; returns how many packets are
 * left in t->in, which may be none.
 */
int tun_keep_short(struct tun *t, int n, uint64_t now);
/*
 * Takes an IP packet for the kernel; the bytes are the caller's again on return. It may wait for
 * its successors until tun_flush(), which must be called at the end of each batch. A packet that
 * the kernel does not take is lost and counted, as on any wire. Returns 0, or -errno when the
 * device is gone or down.
 */
int tun_write(struct tun *t, const uint8_t *p, size_t n);
/* Hands everything taken to the kernel. Returns as tun_write(). */
int tun_flush(struct tun *t);

#endif
