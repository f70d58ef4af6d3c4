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

#define TUN_HEADROOM 8      /* free bytes before each packet that was read: SSTP_HEADROOM */
#define TUN_BATCH    128    /* most packets that one tun_read() hands out */
#define TUN_BUFFER   147456 /* bytes of a queue's read buffer */

/* A packet in a batch. */
struct tun_packet {
	uint8_t *p;
	size_t n;
};

/* One queue of a device. About 150 KiB: not for the stack. */
struct tun {
	int fd;
	char name[IFNAMSIZ];
	struct tun_packet in[TUN_BATCH]; /* what tun_read() has brought */
	uint64_t write_drops;            /* packets that the kernel did not take */
	uint8_t bytes[TUN_BUFFER];
};

/*
 * Opens a queue of the TUN device `name` ("" or with a %d: the kernel chooses), which is made when
 * it does not exist and goes away with its last queue. multi asks for a device with several queues:
 * give it for each of them. t->name is the device's name. Returns 0 or -errno; t->fd is then -1.
 */
int tun_open(struct tun *t, const char *name, bool multi);
/* Closes the queue; does nothing when it is not open. */
void tun_close(struct tun *t);
/*
 * Reads what is there, up to TUN_BATCH packets of at most `mtu` bytes each; longer ones are
 * dropped. Returns how many stand in t->in, 0 for none, or -errno. They are valid until the next
 * call, may be changed in place, and lie one after the other with exactly TUN_HEADROOM bytes before
 * each, which are the caller's to write: so a run of framed packets is one piece of memory.
 */
int tun_read(struct tun *t, size_t mtu);
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
