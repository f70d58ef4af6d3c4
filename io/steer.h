/* SPDX-License-Identifier: MIT */
/*
 * Which queue of a TUN device a packet comes out of: a program in the kernel (eBPF, run for each
 * packet) looks the destination up in two tables that it shares with this process. There is a row
 * for each IPv4 address of one network and for each /64 of one IPv6 network. A row is written with
 * one store, by any thread, without a system call. What is in neither table comes out of queue 0.
 */
#ifndef IO_STEER_H
#define IO_STEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The networks that are steered, and how many rows each has; 0: none. */
struct steer_nets {
	uint32_t base4; /* the first IPv4 address, as a number */
	uint32_t n4;
	uint64_t base6; /* the upper half of the first /64, as a number */
	uint32_t n6;
};

/* Zeroed: nothing is steered, and rows are written to nowhere. */
struct steer {
	struct steer_nets nets;
	_Atomic uint64_t *to4, *to6; /* NULL: not steered */
};

/*
 * Has the device of the queue tun_fd steered by s, all rows leading to queue 0. Queues are numbered
 * in the order in which they were opened. Returns 0, or -errno when the kernel does not do that, or
 * not for us (it takes CAP_BPF): s is then zeroed, and the kernel distributes by flow.
 */
int steer_start(struct steer *s, int tun_fd, const struct steer_nets *nets);
/* Frees the tables; the kernel goes on with what they say. Does nothing when not started. */
void steer_stop(struct steer *s);
/* Returns whether the kernel steers by s. */
bool steer_on(const struct steer *s);
/* Lets packets to address number i of the IPv4 network come out of a queue. */
void steer_set4(struct steer *s, uint32_t i, unsigned queue);
/* The same for /64 number i of the IPv6 network. */
void steer_set6(struct steer *s, uint32_t i, unsigned queue);

#endif
