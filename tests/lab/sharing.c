/* SPDX-License-Identifier: MIT */
/*
 * Finds cache lines that threads take from each other, without the processor's counters that
 * `perf c2c` needs: a runtime for code compiled with -fsanitize=thread, in libtsan's place. It
 * finds no races; libtsan does. tests/bench/sharing builds sstpd with it and reads what it writes.
 *
 * For each line of 64 bytes that the code touches it keeps what a coherent cache without end would:
 * which threads hold it. A read of a line that another thread wrote meanwhile, and a write to one
 * that others hold, moves the line. It moves for the sake of something shared if the thread, before
 * it loses the line again, touches a byte that the other wrote, or writes one that the other
 * touched (M. Dubois et al., "The detection and elimination of useless misses in multiprocessors",
 * 1993); else two threads' own data lie in one line.
 *
 * The first SIGUSR2 begins the record, the second ends it; at the program's end it is written to
 * the file that SHARING_REPORT names. Of what libraries and the kernel touch for us, only the bytes
 * that are given to some functions are seen, which the linker's --wrap leads here: mem*(), system
 * calls that carry packets, OpenSSL's ciphers; and where memory was allocated.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define LINE        64
#define THREADS     8         /* those after them are not recorded, but counted */
#define LINES       (1 << 17) /* a power of two */
#define PROBES      64        /* places where a line may stand */
#define CAUSES      8         /* different ones that are kept of a line */
#define BLOCKS      (1 << 18) /* of allocated memory; a power of two */
#define NOBODY      THREADS
#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

enum phase { PHASE_BEFORE, PHASE_RECORD, PHASE_AFTER };

/* Why a line moved: the access that took it, and the last one of the thread that had it. */
struct cause {
	uintptr_t to_pc, from_pc;
	uint8_t to, from; /* threads */
	bool write;
	uint64_t moves, shared; /* shared: those of the moves that were for something shared */
};

/* What a thread has to do with a line. Masks have a bit for each byte. */
struct holding {
	uintptr_t pc;           /* of its last access */
	uint64_t held;          /* touched since it got the line */
	uint64_t stale;         /* written by others since it lost the line */
	uint64_t pending_any;   /* if it touches one of these, the move was for something shared */
	uint64_t pending_write; /* if it writes one of these */
	uint8_t cause;          /* that the move was counted under */
	uint64_t read, written; /* ever */
};

struct line {
	_Atomic uintptr_t number; /* its address / LINE; 0: free */
	atomic_flag busy;
	uint8_t holders; /* a bit for each thread */
	uint8_t writer;  /* the last one */
	struct holding by[THREADS];
	struct cause causes[CAUSES + 1]; /* the last one is for all that find no room */
};

/* A piece of allocated memory. */
struct block {
	uintptr_t at; /* 0: free, 1: was freed */
	size_t n;
	uintptr_t pc; /* who asked for it */
};

/* A thread that was recorded. */
struct thread {
	_Alignas(LINE) char name[16];
	uint64_t accesses; /* to lines */
};

extern char __executable_start[], _end[];

static _Alignas(LINE) struct line lines[LINES];
static _Alignas(LINE) struct block blocks[BLOCKS];
static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int phase = PHASE_BEFORE;
static _Atomic uint64_t lost; /* accesses that found no room */
static _Atomic unsigned threads_n;
static struct thread threads[THREADS];
static _Thread_local unsigned self_plus_1; /* 0: not known yet */
static int report_fd = -1;

static bool is_recording(void)
{
	return atomic_load_explicit(&phase, memory_order_relaxed) == PHASE_RECORD;
}

/* Returns the number of the calling thread, at least THREADS when there are too many. */
static unsigned self(void)
{
	if (!self_plus_1) {
		self_plus_1 = atomic_fetch_add(&threads_n, 1) + 1;
		if (self_plus_1 <= THREADS)
			prctl(PR_GET_NAME, threads[self_plus_1 - 1].name);
	}
	return self_plus_1 - 1;
}

/* Finds a line, which it adds if `add` says so; NULL when it is not there or has no room. */
static struct line *find_line(uintptr_t number, bool add)
{
	size_t at = number * HASH_FACTOR >> 32;

	for (size_t i = 0; i < PROBES; i++) {
		struct line *l = &lines[(at + i) % LINES];
		uintptr_t there = atomic_load_explicit(&l->number, memory_order_acquire);

		if (there == 0 && !add)
			return NULL;
		if (there == 0)
			atomic_compare_exchange_strong(&l->number, &there, number);
		if (there == 0 || there == number)
			return l;
	}
	return NULL;
}

static void lock_line(struct line *l)
{
	while (atomic_flag_test_and_set_explicit(&l->busy, memory_order_acquire))
		;
}

static void unlock_line(struct line *l)
{
	atomic_flag_clear_explicit(&l->busy, memory_order_release);
}

/* Returns from whom thread `me` takes the line with this access; NOBODY when it has it already. */
static unsigned taken_from(const struct line *l, unsigned me, bool write)
{
	unsigned others = l->holders & ~(1u << me);

	if (!write)
		return !(l->holders & 1u << me) && others && l->by[me].stale ? l->writer : NOBODY;
	if (!others)
		return NOBODY;
	return others & 1u << l->writer ? l->writer : (unsigned)__builtin_ctz(others);
}

/* Counts a move; returns under which cause. */
static uint8_t count_move(struct line *l, unsigned me, unsigned from, bool write, uintptr_t pc)
{
	uintptr_t from_pc = l->by[from].pc;
	uint8_t i;

	for (i = 0; i < CAUSES; i++) {
		struct cause *c = &l->causes[i];

		if (!c->moves)
			*c = (struct cause){pc, from_pc, (uint8_t)me, (uint8_t)from, write, 0, 0};
		if (c->to_pc == pc && c->from_pc == from_pc && c->to == me && c->from == from)
			break;
	}
	l->causes[i].moves++;
	return i;
}

/* The line moves to thread `me`. */
static void move_line(struct line *l, unsigned me, unsigned from, bool write, uintptr_t pc)
{
	struct holding *mine = &l->by[me];

	mine->pending_any = mine->stale;
	mine->pending_write = 0;
	for (unsigned t = 0; t < THREADS; t++)
		if (t != me)
			mine->pending_write |= l->by[t].held;
	mine->cause = count_move(l, me, from, write, pc);
}

/* Whoever else holds the line loses it. */
static void take_from_others(struct line *l, unsigned me, uint64_t mask)
{
	for (unsigned t = 0; t < THREADS; t++) {
		if (t == me)
			continue;
		l->by[t].held = 0;
		l->by[t].stale |= mask;
	}
	l->holders = (uint8_t)(1u << me);
	l->writer = (uint8_t)me;
}

/* An access to the bytes of mask. */
static void touch_line(uintptr_t number, uint64_t mask, bool write, uintptr_t pc)
{
	unsigned me = self(), from;
	struct line *l = me < THREADS ? find_line(number, true) : NULL;
	struct holding *mine;

	if (!l) {
		atomic_fetch_add(&lost, 1);
		return;
	}
	threads[me].accesses++;
	lock_line(l);
	mine = &l->by[me];
	from = taken_from(l, me, write);
	if (from != NOBODY)
		move_line(l, me, from, write, pc);
	if (mask & (mine->pending_any | (write ? mine->pending_write : 0))) {
		l->causes[mine->cause].shared++;
		mine->pending_any = mine->pending_write = 0;
	}
	l->holders |= (uint8_t)(1u << me);
	mine->stale = 0;
	if (write)
		take_from_others(l, me, mask);
	mine->held |= mask;
	mine->pc = pc;
	if (write)
		mine->written |= mask;
	else
		mine->read |= mask;
	unlock_line(l);
}

/* Returns the mask of bytes `from` to `to` (exclusive) of a line. */
static uint64_t bytes(size_t from, size_t to)
{
	uint64_t upto = to == LINE ? UINT64_MAX : (UINT64_C(1) << to) - 1;

	return upto & ~((UINT64_C(1) << from) - 1);
}

/* An access to n bytes at p. */
static void touch(const volatile void *p, size_t n, bool write, const void *pc)
{
	uintptr_t at = (uintptr_t)p, end = at + n;

	if (!is_recording())
		return;
	while (at < end) {
		uintptr_t next = (at / LINE + 1) * LINE;
		uintptr_t to = next < end ? next : end;

		touch_line(at / LINE, bytes(at % LINE, to - at / LINE * LINE), write,
			   (uintptr_t)pc - 1);
		at = to;
	}
}

/* The lines that lie in n bytes at p have a new life: who held them does not matter any more. */
static void forget_lines(uintptr_t p, size_t n)
{
	if (!is_recording())
		return;
	for (uintptr_t i = (p + LINE - 1) / LINE; i < (p + n) / LINE; i++) {
		struct line *l = find_line(i, false);

		if (!l)
			continue;
		lock_line(l);
		l->holders = 0;
		for (unsigned t = 0; t < THREADS; t++) {
			struct holding *h = &l->by[t];

			h->held = h->stale = h->pending_any = h->pending_write = 0;
		}
		unlock_line(l);
	}
}

/* Notes that n bytes at p were allocated; after the record nothing changes any more. */
static void *note_block(void *p, size_t n, const void *pc)
{
	size_t at = (uintptr_t)p * HASH_FACTOR >> 32;

	if (!p || atomic_load(&phase) == PHASE_AFTER)
		return p;
	forget_lines((uintptr_t)p, n);
	pthread_mutex_lock(&blocks_lock);
	for (size_t i = 0; i < PROBES; i++) {
		struct block *b = &blocks[(at + i) % BLOCKS];

		if (b->at > 1)
			continue;
		*b = (struct block){(uintptr_t)p, n, (uintptr_t)pc - 1};
		break;
	}
	pthread_mutex_unlock(&blocks_lock);
	return p;
}

/* Notes that the block at p is about to be freed. */
static void drop_block(void *p)
{
	size_t at = (uintptr_t)p * HASH_FACTOR >> 32, n = 0;

	if (!p || atomic_load(&phase) == PHASE_AFTER)
		return;
	pthread_mutex_lock(&blocks_lock);
	for (size_t i = 0; i < PROBES && !n; i++) {
		struct block *b = &blocks[(at + i) % BLOCKS];

		if (b->at == (uintptr_t)p) {
			n = b->n;
			b->at = 1;
		}
	}
	pthread_mutex_unlock(&blocks_lock);
	forget_lines((uintptr_t)p, n);
}

static void on_signal(int signo)
{
	int now = atomic_load(&phase);

	(void)signo;
	if (now < PHASE_AFTER)
		atomic_store(&phase, now + 1);
}

/* The file is opened at once: later the program may have given up its rights. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SHARING_REPORT");
	struct sigaction how = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	if (!path)
		return;
	report_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (report_fd < 0 || sigaction(SIGUSR2, &how, NULL) < 0) {
		fprintf(stderr, "sharing: %s: %s\n", path, strerror(errno));
		exit(1);
	}
}

static void report_line(const struct line *l)
{
	uintptr_t at = l->number * LINE;

	dprintf(report_fd, "line %#lx\n", (unsigned long)at);
	for (size_t i = 0; i < BLOCKS; i++) {
		const struct block *b = &blocks[i];

		if (b->at > 1 && b->at < at + LINE && b->at + b->n > at)
			dprintf(report_fd, "block %#lx %zu %#lx\n", (unsigned long)b->at, b->n,
				(unsigned long)b->pc);
	}
	for (unsigned t = 0; t < THREADS; t++)
		if (l->by[t].read | l->by[t].written)
			dprintf(report_fd, "touched %u %#lx %#lx\n", t,
				(unsigned long)l->by[t].read, (unsigned long)l->by[t].written);
	for (unsigned i = 0; i <= CAUSES; i++) {
		const struct cause *c = &l->causes[i];

		if (c->moves)
			dprintf(report_fd, "cause %u %u %d %#lx %#lx %lu %lu\n", c->to, c->from,
				c->write, (unsigned long)c->to_pc, (unsigned long)c->from_pc,
				(unsigned long)c->moves, (unsigned long)c->shared);
	}
}

__attribute__((destructor)) static void report(void)
{
	if (report_fd < 0)
		return;
	atomic_store(&phase, PHASE_AFTER);
	dprintf(report_fd, "program %p %p\nlost %lu\n", (void *)__executable_start, (void *)_end,
		(unsigned long)lost);
	for (unsigned t = 0; t < threads_n && t < THREADS; t++)
		dprintf(report_fd, "thread %u %s %lu\n", t, threads[t].name,
			(unsigned long)threads[t].accesses);
	for (size_t i = 0; i < LINES; i++)
		if (lines[i].causes[0].moves)
			report_line(&lines[i]);
	dprintf(report_fd, "end\n");
	close(report_fd);
}

/* What the compiler calls: declared and defined, since no header has it. */
#define ENTRY(type, name, ...)                                                                     \
	type name(__VA_ARGS__);                                                                    \
	type name(__VA_ARGS__)
#define CALLER __builtin_return_address(0)

/* clang-format off */
#define PLAIN(n) \
	ENTRY(void, __tsan_read##n, void *p) { touch(p, n, false, CALLER); } \
	ENTRY(void, __tsan_write##n, void *p) { touch(p, n, true, CALLER); }
#define UNALIGNED(n) \
	ENTRY(void, __tsan_unaligned_read##n, void *p) { touch(p, n, false, CALLER); } \
	ENTRY(void, __tsan_unaligned_write##n, void *p) { touch(p, n, true, CALLER); }
#define FETCH(bits, name) \
	ENTRY(uint##bits##_t, __tsan_atomic##bits##_fetch_##name, volatile uint##bits##_t *p, \
	      uint##bits##_t v, int order) \
	{ \
		(void)order; \
		touch(p, bits / 8, true, CALLER); \
		return __atomic_fetch_##name(p, v, __ATOMIC_SEQ_CST); \
	}
#define COMPARE(bits, name) \
	ENTRY(bool, __tsan_atomic##bits##_compare_exchange_##name, volatile uint##bits##_t *p, \
	      uint##bits##_t *old, uint##bits##_t v, int order, int failed) \
	{ \
		(void)order; \
		(void)failed; \
		touch(p, bits / 8, true, CALLER); \
		return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_SEQ_CST, \
						   __ATOMIC_SEQ_CST); \
	}
#define ATOMIC(bits) \
	ENTRY(uint##bits##_t, __tsan_atomic##bits##_load, const volatile uint##bits##_t *p, \
	      int order) \
	{ \
		(void)order; \
		touch(p, bits / 8, false, CALLER); \
		return __atomic_load_n(p, __ATOMIC_SEQ_CST); \
	} \
	ENTRY(void, __tsan_atomic##bits##_store, volatile uint##bits##_t *p, uint##bits##_t v, \
	      int order) \
	{ \
		(void)order; \
		touch(p, bits / 8, true, CALLER); \
		__atomic_store_n(p, v, __ATOMIC_SEQ_CST); \
	} \
	ENTRY(uint##bits##_t, __tsan_atomic##bits##_exchange, volatile uint##bits##_t *p, \
	      uint##bits##_t v, int order) \
	{ \
		(void)order; \
		touch(p, bits / 8, true, CALLER); \
		return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); \
	} \
	FETCH(bits, add) FETCH(bits, sub) FETCH(bits, and) FETCH(bits, or) FETCH(bits, xor) \
	FETCH(bits, nand) COMPARE(bits, strong) COMPARE(bits, weak)

PLAIN(1) PLAIN(2) PLAIN(4) PLAIN(8) PLAIN(16)
UNALIGNED(2) UNALIGNED(4) UNALIGNED(8) UNALIGNED(16)
ATOMIC(8) ATOMIC(16) ATOMIC(32) ATOMIC(64)

ENTRY(void, __tsan_init, void) {}
ENTRY(void, __tsan_atomic_thread_fence, int order) { (void)order; __sync_synchronize(); }
ENTRY(void, __tsan_atomic_signal_fence, int order) { (void)order; }
ENTRY(void, __tsan_read_range, void *p, size_t n) { touch(p, n, false, CALLER); }
ENTRY(void, __tsan_write_range, void *p, size_t n) { touch(p, n, true, CALLER); }
/* clang-format on */

/* What the linker's --wrap=NAME makes of a call of NAME. */
#define WRAP(type, name, ...)                                                                      \
	type __real_##name(__VA_ARGS__);                                                           \
	ENTRY(type, __wrap_##name, __VA_ARGS__)

WRAP(void *, memcpy, void *to, const void *from, size_t n)
{
	touch(from, n, false, CALLER);
	touch(to, n, true, CALLER);
	return __real_memcpy(to, from, n);
}

WRAP(void *, __memcpy_chk, void *to, const void *from, size_t n, size_t room)
{
	touch(from, n, false, CALLER);
	touch(to, n, true, CALLER);
	return __real___memcpy_chk(to, from, n, room);
}

WRAP(void *, memmove, void *to, const void *from, size_t n)
{
	touch(from, n, false, CALLER);
	touch(to, n, true, CALLER);
	return __real_memmove(to, from, n);
}

WRAP(void *, memset, void *to, int value, size_t n)
{
	touch(to, n, true, CALLER);
	return __real_memset(to, value, n);
}

WRAP(int, memcmp, const void *one, const void *other, size_t n)
{
	touch(one, n, false, CALLER);
	touch(other, n, false, CALLER);
	return __real_memcmp(one, other, n);
}

/* What the kernel, or a library, has read from n bytes at p or written there: nothing if it failed.
 */
static ssize_t touched(const void *p, ssize_t n, bool write, const void *pc)
{
	if (n > 0)
		touch(p, (size_t)n, write, pc);
	return n;
}

WRAP(ssize_t, read, int fd, void *p, size_t n)
{
	return touched(p, __real_read(fd, p, n), true, CALLER);
}

WRAP(ssize_t, recv, int fd, void *p, size_t n, int flags)
{
	return touched(p, __real_recv(fd, p, n, flags), true, CALLER);
}

WRAP(ssize_t, send, int fd, const void *p, size_t n, int flags)
{
	return touched(p, __real_send(fd, p, n, flags), false, CALLER);
}

WRAP(ssize_t, writev, int fd, const struct iovec *v, int n)
{
	for (int i = 0; i < n; i++)
		touch(v[i].iov_base, v[i].iov_len, false, CALLER);
	return __real_writev(fd, v, n);
}

/* Of OpenSSL, which not everything has that is linked with us. */
__attribute__((weak)) int __real_EVP_CipherUpdate(void *ctx, void *out, int *n, const void *in,
						  int in_n);
ENTRY(int, __wrap_EVP_CipherUpdate, void *ctx, void *out, int *n, const void *in, int in_n)
{
	int result = __real_EVP_CipherUpdate(ctx, out, n, in, in_n);

	touched(in, in_n, false, CALLER);
	if (result && out)
		touched(out, *n, true, CALLER);
	return result;
}

WRAP(void *, malloc, size_t n)
{
	return note_block(__real_malloc(n), n, CALLER);
}

WRAP(void *, calloc, size_t n, size_t each)
{
	return note_block(__real_calloc(n, each), n * each, CALLER);
}

WRAP(void *, aligned_alloc, size_t alignment, size_t n)
{
	return note_block(__real_aligned_alloc(alignment, n), n, CALLER);
}

WRAP(void *, realloc, void *p, size_t n)
{
	drop_block(p);
	return note_block(__real_realloc(p, n), n, CALLER);
}

WRAP(void *, mmap64, void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	void *p = __real_mmap64(at, n, protection, flags, fd, offset);

	return p == MAP_FAILED ? p : note_block(p, n, CALLER);
}

WRAP(void, free, void *p)
{
	drop_block(p);
	__real_free(p);
}
