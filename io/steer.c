/* SPDX-License-Identifier: MIT */
/*
 * steer.h. The program is short enough to be written in the kernel's instructions, which keeps a
 * compiler and a library out of the build. Linux 5.5 is needed for tables that a process can map.
 */
#include "io/steer.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROW sizeof(uint64_t) /* the kernel rounds smaller ones up */

static int bpf(int command, union bpf_attr *attr)
{
	long result = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return result < 0 ? -errno : (int)result;
}

/* Makes a table of n rows; its descriptor, or -errno. */
static int make_table(uint32_t n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = ROW;
	attr.max_entries = n ? n : 1;
	attr.map_flags = BPF_F_MMAPABLE;
	return bpf(BPF_MAP_CREATE, &attr);
}

/* Maps a table; NULL when that fails. */
static _Atomic uint64_t *map_table(int fd, uint32_t n)
{
	void *p = mmap(NULL, n * ROW, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* clang-format off */
#define REG(op, to, from)   {.code = BPF_ALU64 | BPF_X | (op), .dst_reg = (to), .src_reg = (from)}
#define NUM(op, to, n)      {.code = BPF_ALU64 | BPF_K | (op), .dst_reg = (to), .imm = (n)}
#define NUM32(op, to, n)    {.code = BPF_ALU | BPF_K | (op), .dst_reg = (to), .imm = (n)}
#define IF(op, reg, n, by)  {.code = BPF_JMP | BPF_K | (op), .dst_reg = (reg), .imm = (n), .off = (by)}
#define GOTO(by)            {.code = BPF_JMP | BPF_JA, .off = (by)}
/* r0 = what is at that place of the packet; the program ends with 0 when it is shorter */
#define PACKET(size, at)    {.code = BPF_LD | BPF_ABS | (size), .imm = (at)}
#define WIDE(to, kind, low, high) \
	{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = (to), .src_reg = (kind), .imm = (low)}, {.imm = (high)}
/* clang-format on */

enum { R0, R1, R2, R6 = 6, R7, R10 = 10 };

/* Loads the program that returns the queue of a packet; its descriptor, or -errno. */
static int load_program(const struct steer_nets *nets, int table4, int table6)
{
	const struct bpf_insn code[] = {
		REG(BPF_MOV, R6, R1), /* the packet, where PACKET wants it */
		PACKET(BPF_B, 0),
		NUM(BPF_RSH, R0, 4),
		IF(BPF_JEQ, R0, 6, 6),
		IF(BPF_JNE, R0, 4, 25),
		PACKET(BPF_W, 16), /* the IPv4 destination */
		NUM32(BPF_SUB, R0, (int32_t)nets->base4),
		WIDE(R1, BPF_PSEUDO_MAP_FD, table4, 0),
		GOTO(13),
		PACKET(BPF_W, 24), /* the upper half of the IPv6 destination */
		REG(BPF_MOV, R7, R0),
		NUM(BPF_LSH, R7, 32),
		PACKET(BPF_W, 28),
		REG(BPF_OR, R0, R7),
		WIDE(R1, 0, (int32_t)nets->base6, (int32_t)(nets->base6 >> 32)),
		REG(BPF_SUB, R0, R1),
		REG(BPF_MOV, R1, R0),
		NUM(BPF_RSH, R1, 32),
		IF(BPF_JNE, R1, 0, 9),
		WIDE(R1, BPF_PSEUDO_MAP_FD, table6, 0),
		/* look row r0 of table r1 up */
		{.code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = R10, .src_reg = R0, .off = -4},
		REG(BPF_MOV, R2, R10),
		NUM(BPF_ADD, R2, -4),
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},
		IF(BPF_JEQ, R0, 0, 2),
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = R0, .src_reg = R0},
		{.code = BPF_JMP | BPF_EXIT},
		NUM(BPF_MOV, R0, 0),
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = sizeof(code) / sizeof(code[0]);
	attr.license = (uintptr_t) "MIT";
	return bpf(BPF_PROG_LOAD, &attr);
}

/* Loads the program and has the device run it; 0 or -errno. */
static int attach_program(const struct steer *s, int tun_fd, int table4, int table6)
{
	int fd = load_program(&s->nets, table4, table6);
	int err;

	if (fd < 0)
		return fd;
	err = ioctl(tun_fd, TUNSETSTEERINGEBPF, &fd) < 0 ? -errno : 0;
	close(fd); /* the device keeps the program, and the program its tables */
	return err;
}

/* Maps the tables and starts the program; 0 or -errno. */
static int start(struct steer *s, int tun_fd, int table4, int table6)
{
	if (s->nets.n4)
		s->to4 = map_table(table4, s->nets.n4);
	if (s->nets.n6)
		s->to6 = map_table(table6, s->nets.n6);
	if ((s->nets.n4 && !s->to4) || (s->nets.n6 && !s->to6))
		return -errno;
	return attach_program(s, tun_fd, table4, table6);
}

int steer_start(struct steer *s, int tun_fd, const struct steer_nets *nets)
{
	int table4 = make_table(nets->n4);
	int table6 = make_table(nets->n6);
	int err = table4 < 0 ? table4 : table6 < 0 ? table6 : 0;

	*s = (struct steer){.nets = *nets};
	if (!err)
		err = start(s, tun_fd, table4, table6);
	if (err)
		steer_stop(s);
	if (table4 >= 0)
		close(table4);
	if (table6 >= 0)
		close(table6);
	return err;
}

bool steer_on(const struct steer *s)
{
	return s->to4 || s->to6;
}

static void unmap_table(_Atomic uint64_t *table, uint32_t n)
{
	if (table)
		munmap((void *)(uintptr_t)table, n * ROW);
}

void steer_stop(struct steer *s)
{
	unmap_table(s->to4, s->nets.n4);
	unmap_table(s->to6, s->nets.n6);
	*s = (struct steer){0};
}

void steer_set4(struct steer *s, uint32_t i, unsigned queue)
{
	if (s->to4 && i < s->nets.n4)
		atomic_store_explicit(&s->to4[i], queue, memory_order_relaxed);
}

void steer_set6(struct steer *s, uint32_t i, unsigned queue)
{
	if (s->to6 && i < s->nets.n6)
		atomic_store_explicit(&s->to6[i], queue, memory_order_relaxed);
}
