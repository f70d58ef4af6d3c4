/* SPDX-License-Identifier: MIT */
/*
 * Segmentation offload in user space, as pure functions: a super-packet that a TUN device hands
 * over is split into packets that fit the tunnel, and packets out of the tunnel are merged into
 * super-packets that the device takes whole. TCP over IPv4 and IPv6, and UDP. No system calls:
 * tun.c moves the bytes.
 *
 * What is written is byte for byte what the kernel's own segmentation writes. What cannot be split
 * or merged with certainty passes as it is.
 */
#ifndef IO_OFFLOAD_H
#define IO_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The fields of the kernel's struct virtio_net_hdr, in host order, with its values. */
struct offload {
	uint8_t flags; /* OFFLOAD_NEEDS_CSUM, OFFLOAD_DATA_VALID */
	uint8_t gso;   /* OFFLOAD_TCP4 ..., perhaps with OFFLOAD_ECN */
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
};

#define OFFLOAD_NEEDS_CSUM 1 /* the checksum field holds the pseudo header's sum only */
#define OFFLOAD_DATA_VALID 2 /* the checksum was verified */
#define OFFLOAD_NONE       0
#define OFFLOAD_TCP4       1
#define OFFLOAD_TCP6       4
#define OFFLOAD_UDP        5
#define OFFLOAD_ECN        0x80

/* A super-packet being split. Borrowed bytes; nothing to free. */
struct split {
	const uint8_t *p;
	size_t n;
	size_t l4;            /* where TCP or UDP begins */
	size_t headers;       /* bytes before the payload */
	size_t at;            /* payload taken so far */
	size_t size;          /* payload of a full segment */
	uint16_t index;       /* segments taken so far */
	bool ip6, udp, whole; /* whole: one packet, only copied, its checksum completed */
	uint16_t csum_start, csum_offset; /* whole: 0, 0 when the checksum is complete */
	uint16_t sum; /* of pseudo header and L4 header without what changes from segment to segment
		       */
};

/* How split_begin() went. */
enum split_result {
	SPLIT_OK,
	SPLIT_BAD,       /* the headers contradict each other or are not understood: drop it */
	SPLIT_TOO_LARGE, /* it does not fit the mtu and may not be cut: the sender has to hear of it
			  */
};

/*
 * Starts to split the n bytes at p, described by o, into packets of at most mtu bytes. TCP segments
 * become smaller than gso_size when the mtu demands it; UDP datagrams are never cut.
 */
enum split_result split_begin(struct split *s, const struct offload *o, const uint8_t *p, size_t n,
			      size_t mtu);
/* Returns the length of the longest packet that split_next() will write. */
static inline size_t split_longest(const struct split *s)
{
	return s->whole ? s->n : s->headers + s->size;
}
/* Writes the next packet to out, which has room for the longest, and returns its length; 0 when all
 * are out. */
size_t split_next(struct split *s, uint8_t *out);

#define MERGE_FLOWS   16
#define MERGE_MAX     65535 /* bytes of a super-packet */
#define MERGE_UDP_MAX 64    /* datagrams in one, as kernels allow */

/* A super-packet that grows. */
struct merge_flow {
	size_t n; /* bytes in `bytes`; 0: free */
	size_t headers, l4;
	size_t size;    /* payload of a full segment */
	uint16_t count; /* packets in it */
	uint16_t first_id;
	uint16_t last_id;
	uint32_t next_seq;
	bool ip6, udp;
	bool same_id;   /* all have the same id, DF set (RFC 6864: it means nothing) */
	bool ended;     /* nothing may follow: a short segment or PSH was last */
	uint8_t *bytes; /* MERGE_MAX + 1 of them, in struct merge */
};

/* Packets of a batch being merged. About 1 MiB: not for the stack. */
struct merge {
	bool udp;                /* UDP may be merged: the device takes it */
	unsigned next;           /* the flow that has to go when none is free */
	struct merge_flow *last; /* the one that the last packet went to */
	struct merge_flow flows[MERGE_FLOWS];
	uint8_t bytes[MERGE_FLOWS][MERGE_MAX + 1];
};

/* What merge_add() made of a packet. */
enum merge_result {
	MERGE_TAKEN, /* copied; the packet's bytes are free */
	MERGE_PASS,  /* write it as it is, now */
	MERGE_FIRST, /* write the flow *out, see merge_take(), then call again */
};

/* Makes m empty. udp: whether the device takes OFFLOAD_UDP. */
void merge_init(struct merge *m, bool udp);
/* Offers an IP packet of n bytes. */
enum merge_result merge_add(struct merge *m, const uint8_t *p, size_t n, struct merge_flow **out);
/* Returns a flow that has something, NULL when none has: to write all at the end of a batch. */
struct merge_flow *merge_pending(struct merge *m);
/* Finishes the flow's headers, fills *o, and returns the super-packet's length; the flow is free
 * when the caller has written flow->bytes and called merge_done(). */
size_t merge_take(struct merge_flow *f, struct offload *o);
void merge_done(struct merge_flow *f);

#endif
